"""The blocks a questionnaire is written in: a stream of sections, each a stream of questions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

KEY = {
    "regex": r"^[a-z][a-z0-9_]{0,39}$",
    "error_messages": {"invalid": _("Small letters, digits and _ only, starting with a letter.")},
}


class TextBlock(blocks.StructBlock):
    """A sentence in each language."""

    en = blocks.TextBlock(label=_("English"), rows=2)
    fr = blocks.TextBlock(label=_("French"), rows=2)


class OptionalTextBlock(blocks.StructBlock):
    """A sentence that may be left out in every language."""

    en = blocks.TextBlock(label=_("English"), rows=2, required=False)
    fr = blocks.TextBlock(label=_("French"), rows=2, required=False)


class OptionBlock(blocks.StructBlock):
    """One answer to pick."""

    code = blocks.RegexBlock(label=_("code"), **KEY)
    label = TextBlock(label=_("label"))
    exclusive = blocks.BooleanBlock(
        label=_("can't stand beside another"), required=False, default=False
    )


class QuestionBlock(blocks.StructBlock):
    """One question. What it is called in data (its key) stays the same across versions."""

    key = blocks.RegexBlock(label=_("key"), **KEY)
    type = blocks.ChoiceBlock(
        label=_("type"),
        choices=[
            ("single_choice", _("one answer")),
            ("multiple_choice", _("several answers")),
            ("yes_no", _("yes, no, prefer not to say")),
            ("scale", _("scale")),
            ("area", _("area from a list")),
            ("short_text", _("short text")),
            ("long_text", _("long text")),
            ("number", _("number")),
            ("information", _("information, nothing asked")),
            ("consent", _("consent")),
            ("age_check", _("age check")),
        ],
    )
    label = TextBlock(label=_("question"))
    hint = OptionalTextBlock(label=_("hint"))
    options = blocks.ListBlock(OptionBlock(), label=_("answers to pick"), default=[], min_num=0)
    required = blocks.BooleanBlock(label=_("required"), required=False)
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
    permission = blocks.ChoiceBlock(
        label=_("permission asked (consent only)"),
        required=False,
        choices=[
            ("count", _("count my answers")),
            ("words", _("my words")),
            ("audience", _("who may see them")),
            ("describe", _("describe me as")),
        ],
    )
    max_length = blocks.IntegerBlock(label=_("longest text"), required=False, min_value=1)
    minimum = blocks.IntegerBlock(label=_("smallest number"), required=False)
    maximum = blocks.IntegerBlock(label=_("largest number"), required=False)
    asked_when = blocks.CharBlock(
        label=_("asked only when the question with this key"), required=False
    )
    asked_when_answer = blocks.CharBlock(label=_("was answered with this code"), required=False)


class SectionBlock(blocks.StructBlock):
    """One page of the questionnaire."""

    key = blocks.RegexBlock(label=_("key"), **KEY)
    title = TextBlock(label=_("title"))
    note = OptionalTextBlock(label=_("content note"))
    minutes = blocks.IntegerBlock(label=_("minutes it takes"), default=1, min_value=1)
    questions = blocks.ListBlock(QuestionBlock(), label=_("questions"))

    class Meta:
        icon = "doc-full"


class SupportBlock(blocks.StructBlock):
    """Somebody to talk to."""

    name = TextBlock(label=_("name"))
    detail = TextBlock(label=_("how to reach them"))


def from_definition(document: dict[str, Any]) -> list[dict[str, Any]]:
    """A definition's sections as raw stream data, for bringing a questionnaire in.

    Conditions of the shape ``{"==": [{"answer": key}, code]}`` or the same with ``any-in`` and
    one code are kept; others can't be written in these blocks.

    Raises:
        ValueError: for a condition of another shape, naming the question.
    """
    return [
        {
            "type": "section",
            "value": {
                "key": section["key"],
                "title": section["title"],
                "note": section.get("note") or {"en": "", "fr": ""},
                "minutes": section.get("minutes", 1),
                "questions": [_question_value(question) for question in section["questions"]],
            },
        }
        for section in document["sections"]
    ]


def _question_value(question: dict[str, Any]) -> dict[str, Any]:
    key, code = _simple_condition(question)
    return {
        "key": question["key"],
        "type": question["type"],
        "label": question["label"],
        "hint": question.get("hint") or {"en": "", "fr": ""},
        "options": [
            {
                "code": option["code"],
                "label": option["label"],
                "exclusive": option.get("exclusive", False),
            }
            for option in question.get("options") or []
        ],
        "required": question.get("required", False),
        "sensitivity": question.get("sensitivity") or "opinion",
        "headline": question.get("headline", False),
        "permission": question.get("permission") or "",
        "max_length": question.get("max_length"),
        "minimum": question.get("minimum"),
        "maximum": question.get("maximum"),
        "asked_when": key,
        "asked_when_answer": code,
    }


def _simple_condition(question: dict[str, Any]) -> tuple[str, str]:
    rule = question.get("condition")
    if rule is None:
        return "", ""
    match rule:
        case {"==": [{"answer": str(key)}, str(code)]}:
            return key, code
    raise ValueError(f"The condition of “{question['key']}” can't be written in blocks.")
