"""“See it as they will”: a person's own words as they would appear for each choice.

Shown at check-your-answers, before anything is sent. What is printed here follows the same codes
as the consent questions of a definition; a definition that asks for no permission to use words
shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from testimony.wizard.definition import Definition, Question
from testimony.wizard.forms import words_of
from testimony.wizard.records import consents_of

MOST_WORDS: Final = 40
"""A quotation is short, so the example is, too."""

_USE: Final[dict[str, str | Promise]] = {
    "discard": gettext_lazy("What you wrote is not kept. Your other answers are."),
    "read": gettext_lazy("Only our readers see it. It stands in no page and in no paper."),
    "reword": gettext_lazy("A peer says it in other words. Your own words are shown to nobody."),
    "quote": gettext_lazy(
        "A few of your words may be shown, just as you wrote them. Two people look first, and put "
        "names and places in brackets, like [street]."
    ),
}
_SEEN_BY: Final[dict[str, str | Promise]] = {
    "readers": gettext_lazy("Only the people who read it for us see this."),
    "members": gettext_lazy("Only our members see this."),
    "public": gettext_lazy("Anyone can see this, and that means the police too."),
}
_SHARED: Final = frozenset({"quote", "reword"})


@dataclass(frozen=True, slots=True)
class Appearance:
    """One choice, in words: what becomes of a story, who sees it, how its writer is described."""

    label: str
    use: str
    is_chosen: bool
    quote: str = ""
    described_as: tuple[str, ...] = ()
    seen_by: str = ""


def appearances(
    definition: Definition, answers: Mapping[str, Any], language: str
) -> list[Appearance]:
    """How it would look for each choice, the chosen one first. Empty when nothing was written."""
    asked = _asked_about_words(definition)
    sample = _sample(definition, answers)
    if asked is None or not sample:
        return []
    consents = consents_of(definition, answers)
    seen_by = str(_SEEN_BY.get(consents.get("audience", ""), ""))
    found = [
        Appearance(
            label=option.label.in_language(language),
            use=str(_USE[option.code]),
            is_chosen=option.code == consents.get("words"),
            quote=sample if option.code == "quote" else "",
            described_as=_described(definition, answers, language)
            if option.code in _SHARED
            else (),
            seen_by=seen_by if option.code in _SHARED else "",
        )
        for option in asked.options
        if option.code in _USE
    ]
    return sorted(found, key=lambda one: not one.is_chosen)


def _asked_about_words(definition: Definition) -> Question | None:
    return next(
        (
            question
            for question in definition.questions()
            if question.type == "consent" and (question.permission or question.key) == "words"
        ),
        None,
    )


def _sample(definition: Definition, answers: Mapping[str, Any]) -> str:
    """The first words of the first thing a person wrote."""
    for question in definition.questions():
        said = answers.get(question.key)
        if question.is_free_text and isinstance(said, str) and said.strip():
            words = said.split()
            return " ".join(words[:MOST_WORDS]) + (" […]" if len(words) > MOST_WORDS else "")
    return ""


def _described(
    definition: Definition, answers: Mapping[str, Any], language: str
) -> tuple[str, ...]:
    """How a person would be described: nothing, their broad answers, or those and the years."""
    levels = {"nothing": (), "broad": ("broad",), "broad_years": ("broad", "years")}
    allowed = levels.get(consents_of(definition, answers).get("describe", "nothing"), ())
    found = [
        " ".join(words_of(question, answers.get(question.key), language))
        for question in definition.questions()
        if question.is_closed and question.permission in allowed
    ]
    return tuple(text for text in found if text) or (_("Nothing at all"),)
