"""The blocks a page is made of. Their looks are in ``templates/cms/blocks/``."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

_PLAIN = ["bold", "italic", "link", "ul", "ol"]


class HeadingBlock(blocks.StructBlock):
    """A heading inside a page."""

    text = blocks.CharBlock(label=_("words"), max_length=120)

    class Meta:
        icon = "title"
        template = "cms/blocks/heading.html"


class CalloutBlock(blocks.StructBlock):
    """Something that must not be missed."""

    title = blocks.CharBlock(label=_("title"), max_length=120)
    text = blocks.RichTextBlock(label=_("text"), features=_PLAIN)

    class Meta:
        icon = "warning"
        template = "cms/blocks/callout.html"


class NumberBlock(blocks.StructBlock):
    """A public fact as a number, with its words."""

    figure = blocks.CharBlock(label=_("number"), max_length=20)
    words = blocks.CharBlock(label=_("what it counts"), max_length=120)


class NumbersBlock(blocks.ListBlock):
    """A few public facts side by side."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(NumberBlock(), **kwargs)

    class Meta:
        icon = "list-ol"
        template = "cms/blocks/numbers.html"


BODY_BLOCKS = [
    ("heading", HeadingBlock(label=_("heading"))),
    (
        "paragraph",
        blocks.RichTextBlock(
            label=_("paragraph"), features=_PLAIN, template="cms/blocks/paragraph.html"
        ),
    ),
    ("callout", CalloutBlock(label=_("callout"))),
    ("numbers", NumbersBlock(label=_("numbers"))),
]
