"""The blocks a page is made of. Their looks are in ``templates/cms/blocks/``."""

from typing import Any, Final

from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from testimony.curation.models import Excerpt

_WORDS_SHOWN: Final = 12
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


def approved_excerpts() -> list[tuple[str, str]]:
    """What an editor may choose from: the first words of each approved excerpt."""
    return [
        (str(excerpt.pk), Truncator(excerpt.text).words(_WORDS_SHOWN))
        for excerpt in Excerpt.objects.approved().only("id", "text")
    ]


class ExcerptBlock(blocks.ChoiceBlock):
    """A reference to an approved excerpt. Only an editor's form looks at the choices."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"choices": approved_excerpts, **kwargs})

    def to_python(self, value: Any) -> Any:
        return value

    def get_searchable_content(self, value: Any) -> list[str]:
        return []


class QuotationBlock(blocks.StructBlock):
    """Words of somebody who testified. The page holds a reference and never the words.

    They are looked up each time the page is shown: once they are withdrawn, no page, no earlier
    version of a page and no search index has them.
    """

    excerpt = ExcerptBlock(label=_("excerpt"))

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["quoted"] = Excerpt.objects.quotable(value.get("excerpt"))
        return context

    class Meta:
        icon = "openquote"
        template = "cms/blocks/quotation.html"


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
    ("quotation", QuotationBlock(label=_("quotation"))),
]
