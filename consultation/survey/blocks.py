"""The blocks a questionnaire is written in: a stream of sections, each a list of questions.

Little is required here, so that a draft can be saved half done; what is missing is told before
publishing (``rules``). Keys left empty are made on saving (``naming``). The editor puts menus in
front of keys and codes (``editor``); what is stored is what stands here.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks import BlockGroup

KEY: dict[str, Any] = {
    "regex": r"^[a-z][a-z0-9_]{0,39}$",
    "required": False,
    "error_messages": {"invalid": _("Small letters, digits and _ only, starting with a letter.")},
}
_NAMED = _("Its name in the data. Leave it empty to have one made. It never changes afterwards.")
_IN_THE_DATA = _("In the data")


def _rarely_used(heading: Any, names: list[str], icon: str = "cog") -> BlockGroup:
    """Fields that stand folded away below the others."""
    return BlockGroup(names, heading=heading, classname="collapsed", icon=icon, label_format="")


class TextBlock(blocks.StructBlock):
    """A sentence in each language that editors write in. Others are translations of it."""

    en = blocks.TextBlock(label=_("English"), rows=2, required=False)
    fr = blocks.TextBlock(label=_("French"), rows=2, required=False)

    class Meta:
        icon = "pilcrow"
        form_classname = "struct-block questionnaire-text"


class OptionBlock(blocks.StructBlock):
    """One answer to pick."""

    label = TextBlock(label=_("label"))
    exclusive = blocks.BooleanBlock(
        label=_("can't stand beside another"), required=False, default=False
    )
    code = blocks.RegexBlock(label=_("code"), help_text=_NAMED, **KEY)

    class Meta:
        label = _("answer")
        label_format = "{label}"
        icon = "radio-empty"
        form_classname = "struct-block questionnaire-option"
        form_layout = BlockGroup(
            ["label", "exclusive", _rarely_used(_IN_THE_DATA, ["code"], icon="code")]
        )


class TestBlock(blocks.StructBlock):
    """One thing that must be so about an earlier answer."""

    question = blocks.RegexBlock(label=_("the answer to"), **{**KEY, "required": True})
    test = blocks.ChoiceBlock(
        label=_("is"),
        default="any",
        choices=[
            ("any", _("one of these")),
            ("none", _("none of these")),
            ("all", _("all of these")),
            ("at_least", _("this number or more")),
            ("at_most", _("this number or less")),
            ("count_at_least", _("this many answers or more")),
        ],
    )
    answers = blocks.RegexBlock(
        label=_("answers"),
        regex=r"^[a-z0-9_ ]*$",
        required=False,
        error_messages={"invalid": _("Codes as they stand at the answers, with spaces between.")},
    )
    number = blocks.IntegerBlock(label=_("number"), required=False)

    class Meta:
        label = _("test")
        label_format = ""
        icon = "view"
        form_attrs = {"data-controller": "survey-test"}


class WhenBlock(blocks.StructBlock):
    """When something is asked at all. Without a test it is asked of everybody."""

    match = blocks.ChoiceBlock(
        label=_("how many must be so"),
        default="all",
        choices=[("all", _("all of them")), ("any", _("at least one of them"))],
    )
    tests = blocks.ListBlock(TestBlock(), label=_("only if"), default=[], min_num=0)
    rule = blocks.TextBlock(
        label=_("a rule that was brought in"),
        help_text=_("It says more than the fields above can. While it stands, it decides."),
        required=False,
        rows=2,
    )

    def clean(self, value: Any) -> Any:
        """Refuse what is no rule at all: nothing could be compiled from it."""
        found = super().clean(value)
        if found["rule"] and not _is_rule(found["rule"]):
            raise blocks.StructBlockValidationError(
                {"rule": ValidationError(_("This is not a rule that can be read."))}
            )
        return found

    class Meta:
        label_format = ""
        icon = "view"
        collapsed = True
        form_attrs = {"data-controller": "survey-condition"}


def _is_rule(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


class RowBlock(blocks.StructBlock):
    """One row of a grid: asked as a question of its own."""

    label = TextBlock(label=_("row"))
    key = blocks.RegexBlock(label=_("key"), help_text=_NAMED, **KEY)

    class Meta:
        label = _("row")
        label_format = "{label}"
        icon = "bars"
        form_classname = "struct-block questionnaire-option"
        form_layout = BlockGroup(["label", _rarely_used(_IN_THE_DATA, ["key"], icon="code")])


class QuestionBlock(blocks.StructBlock):
    """One question. What it is called in data (its key) stays the same across versions."""

    type = blocks.ChoiceBlock(
        label=_("type"),
        default="single_choice",
        choices=[
            ("single_choice", _("one answer")),
            ("multiple_choice", _("several answers")),
            ("yes_no", _("yes, no, prefer not to say")),
            ("scale", _("scale")),
            ("grid", _("grid: the same answers for several rows")),
            ("ranking", _("ranking")),
            ("area", _("area from a list")),
            ("number", _("number")),
            ("month", _("month, or about when")),
            ("short_text", _("short text")),
            ("long_text", _("long text")),
            ("information", _("information, nothing asked")),
            ("consent", _("consent")),
            ("age_check", _("age check")),
        ],
    )
    label = TextBlock(label=_("question"))
    hint = TextBlock(label=_("hint"))
    rows = blocks.ListBlock(RowBlock(), label=_("rows of a grid"), default=[], min_num=0)
    row_type = blocks.ChoiceBlock(
        label=_("each row of a grid asks for"),
        default="single_choice",
        choices=[("single_choice", _("one answer")), ("scale", _("a point on a scale"))],
    )
    options = blocks.ListBlock(OptionBlock(), label=_("answers to pick"), default=[], min_num=0)
    prefer_not = blocks.BooleanBlock(
        label=_("offer “I would rather not say”"), required=False, default=True
    )
    required = blocks.BooleanBlock(label=_("required"), required=False, default=False)
    when = WhenBlock(label=_("condition"))
    sensitivity = blocks.ChoiceBlock(
        label=_("sensitivity"),
        default="opinion",
        choices=[
            ("opinion", _("an opinion")),
            ("experience", _("an experience")),
            ("attribute", _("something about the person")),
        ],
    )
    headline = blocks.BooleanBlock(label=_("headline of the report"), required=False)
    merge = blocks.ListBlock(
        blocks.RegexBlock(
            label=_("codes that may be put together"), regex=r"^[a-z0-9_ ]*$", required=False
        ),
        label=_("order of merging, when numbers are small"),
        default=[],
        min_num=0,
    )
    permission = blocks.ChoiceBlock(
        label=_("permission asked, or needed to describe"),
        required=False,
        choices=[
            ("count", _("count my answers")),
            ("words", _("my words")),
            ("audience", _("who may see them")),
            ("describe", _("describe me as")),
            ("broad", _("may describe those who agree to a broad description")),
            ("years", _("may describe those who agree to years, too")),
        ],
    )
    max_length = blocks.IntegerBlock(label=_("longest text"), required=False, min_value=1)
    minimum = blocks.IntegerBlock(label=_("smallest number, or first year"), required=False)
    maximum = blocks.IntegerBlock(label=_("largest number, or last year"), required=False)
    picks = blocks.IntegerBlock(
        label=_("places of a ranking"), required=False, min_value=1, max_value=5
    )
    key = blocks.RegexBlock(label=_("key"), help_text=_NAMED, **KEY)

    class Meta:
        label = _("question")
        label_format = "{label}"
        icon = "help"
        form_classname = "struct-block questionnaire-question"
        form_attrs = {"data-controller": "survey-question"}
        form_layout = BlockGroup(
            [
                "type",
                "label",
                "hint",
                "rows",
                "row_type",
                "options",
                "picks",
                "minimum",
                "maximum",
                "max_length",
                "prefer_not",
                "required",
                "when",
                _rarely_used(_("For the report"), ["sensitivity", "headline", "merge"], "table"),
                _rarely_used(_IN_THE_DATA, ["permission", "key"], icon="code"),
            ]
        )


class SectionBlock(blocks.StructBlock):
    """One page of the questionnaire."""

    title = TextBlock(label=_("title"))
    note = TextBlock(label=_("content note"))
    support = blocks.BooleanBlock(label=_("support stands open on this page"), required=False)
    minutes = blocks.IntegerBlock(label=_("minutes it takes"), default=1, min_value=1)
    when = WhenBlock(label=_("condition"))
    questions = blocks.ListBlock(QuestionBlock(), label=_("questions"), collapsed=True)
    key = blocks.RegexBlock(label=_("key"), help_text=_NAMED, **KEY)

    class Meta:
        label_format = "{title}"
        icon = "doc-full"
        form_layout = BlockGroup(
            [
                "title",
                "note",
                "questions",
                "when",
                "support",
                "minutes",
                _rarely_used(_IN_THE_DATA, ["key"], icon="code"),
            ]
        )


class SupportBlock(blocks.StructBlock):
    """Somebody to talk to."""

    name = TextBlock(label=_("name"))
    detail = TextBlock(label=_("how to reach them"))
