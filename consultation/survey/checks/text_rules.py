"""Rules on what a questionnaire says to people: in all languages, before they write, and enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consultation.survey.checks import cues
from consultation.survey.checks.written import Broken, Place, Rule, Written, items, maps, said
from testimony.wizard.checking import Severity, language_name
from testimony.wizard.definition import (
    CONSENT_TYPES,
    NUMBER_TYPES,
    SILENT_TYPES,
    TEXT_TYPES,
)

MOST_QUESTIONS: Final = 8
MOST_MINUTES: Final = 25


def _incomplete(written: Written) -> Iterator[Broken]:
    document = written.document
    where = _("the title and introduction")
    texts = [document.get("title"), document.get("introduction")]
    yield from _missing(written, None, texts, where)
    where = _("the duty to report")
    yield from _missing(written, None, _optional(document.get("duty")), where)
    for number, line in enumerate(maps(document.get("support")), start=1):
        where = _("support line %(number)s") % {"number": number}
        yield from _missing(written, None, [line.get("name"), line.get("detail")], where)
    for number, step in enumerate(items(document.get("next_steps")), start=1):
        where = _("what happens next, line %(number)s") % {"number": number}
        yield from _missing(written, None, [step], where)
    for place in written.sections:
        texts = [place.section.get("title"), *_optional(place.section.get("note"))]
        yield from _missing(written, place, texts)
    for grid in written.grids:
        yield from _missing(written, grid.place, [grid.place.asked.get("label")])
    for place in written.questions:
        texts = [place.asked.get("label"), *_optional(place.asked.get("hint"))]
        texts += [option.get("label") for option in place.options]
        yield from _missing(written, place, texts)


def _optional(text: Any) -> list[Any]:
    return [] if text is None else [text]


def _missing(
    written: Written, place: Place | None, texts: list[Any], where: str = ""
) -> Iterator[Broken]:
    missing = [
        language_name(code)
        for code in written.languages
        if any(not said(text, code) for text in texts)
    ]
    if missing:
        yield place, {"place": place.words if place else where, "languages": ", ".join(missing)}


def _no_duty(written: Written) -> Iterator[Broken]:
    duty = written.document.get("duty")
    if not any(said(duty, code) for code in written.languages):
        for place in list(written.of_type(*TEXT_TYPES))[:1]:
            yield place, {}


def _no_support(written: Written) -> Iterator[Broken]:
    if not items(written.document.get("support")):
        yield None, {}


def _one_support(written: Written) -> Iterator[Broken]:
    if len(items(written.document.get("support"))) == 1:
        yield None, {}


def _no_next_steps(written: Written) -> Iterator[Broken]:
    if not items(written.document.get("next_steps")):
        yield None, {}


def _no_buttons(written: Written) -> Iterator[Broken]:
    """The words around the questions are the product's own, in the languages it was given."""
    ours = {code for code, _name in settings.LANGUAGES}
    for code in written.languages:
        if code not in ours:
            theirs = language_name(settings.LANGUAGE_CODE)
            yield None, {"language": language_name(code), "ours": theirs}


def _crowded(written: Written) -> Iterator[Broken]:
    for place in written.sections:
        count = len(written.by_section[place.number])
        if count > MOST_QUESTIONS:
            yield place, {"count": count}


def _long(written: Written) -> Iterator[Broken]:
    minutes = [place.section.get("minutes") for place in written.sections]
    total = sum(number for number in minutes if isinstance(number, int))
    if total > MOST_MINUTES:
        yield None, {"minutes": total}


def _asks_who(written: Written) -> Iterator[Broken]:
    """Nobody needs a name to be heard; what is asked for will be given."""
    for place in written.of_type(*TEXT_TYPES | NUMBER_TYPES):
        for name in ("label", "hint"):
            for code in written.languages:
                cue = cues.asks_who(said(place.asked.get(name), code))
                if cue:
                    yield place, {"cue": cue}
                    break


def _hard_without_note(written: Written) -> Iterator[Broken]:
    for place in written.sections:
        if not _prepares(written, place):
            hard, cue = _hard_question(written, place.number)
            if hard is not None:
                yield place, {"cue": cue}


def _hard_question(written: Written, number: int) -> tuple[Place | None, str]:
    for place in written.by_section[number]:
        if place.type not in CONSENT_TYPES | {"age_check"}:
            for code in written.languages:
                if found := cues.is_hard(said(place.asked.get("label"), code)):
                    return place, found
    return None, ""


def _prepares(written: Written, place: Place) -> bool:
    """Whether a page has a content note, is one, or follows one."""
    here = written.by_section[place.number]
    if here and all(one.type in SILENT_TYPES for one in here):
        return True
    if any(said(place.section.get("note"), code) for code in written.languages):
        return True
    before = written.by_section.get(place.number - 1)
    return bool(before) and all(one.type in SILENT_TYPES for one in before or ())


_PROBLEM, _WARNING = Severity.PROBLEM, Severity.WARNING

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "languages_complete",
        _PROBLEM,
        gettext_lazy("Not written in %(languages)s yet: %(place)s."),
        _incomplete,
    ),
    Rule(
        "asks_who",
        _PROBLEM,
        gettext_lazy(
            "%(place)s asks who somebody is (“%(cue)s”). Nobody needs to say that to be heard."
        ),
        _asks_who,
    ),
    Rule(
        "content_note",
        _PROBLEM,
        gettext_lazy(
            "%(place)s may be hard (“%(cue)s”). Give it a content note, so that people can "
            "get ready, or skip it."
        ),
        _hard_without_note,
    ),
    Rule(
        "duty_told",
        _PROBLEM,
        gettext_lazy(
            "People write in their own words in %(place)s, so they must be told first when you "
            "would have to report something. Write the duty to report."
        ),
        _no_duty,
    ),
    Rule(
        "support_given",
        _PROBLEM,
        gettext_lazy(
            "There is nobody to talk to. Add at least one line of support that is not the police."
        ),
        _no_support,
    ),
    Rule(
        "more_support",
        _WARNING,
        gettext_lazy("There is only one line of support. Is somebody there day and night?"),
        _one_support,
    ),
    Rule(
        "buttons_translated",
        _WARNING,
        gettext_lazy(
            "Buttons and help have no words in %(language)s yet. People will read them in %(ours)s."
        ),
        _no_buttons,
    ),
    Rule(
        "few_questions",
        _WARNING,
        gettext_lazy("There are %(count)s questions on %(place)s. Fewer on a page are easier."),
        _crowded,
    ),
    Rule(
        "short_enough",
        _WARNING,
        gettext_lazy("All pages take about %(minutes)s minutes. That is a lot on a phone."),
        _long,
    ),
    Rule(
        "what_happens_next",
        _WARNING,
        gettext_lazy("Nothing says what happens next. People gave you something: tell them."),
        _no_next_steps,
    ),
)
