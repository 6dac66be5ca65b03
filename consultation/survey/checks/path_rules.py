"""Rules on conditions and order: what leads where, over whole paths, and what nobody may miss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy

from consultation.survey.checks import distinctions
from consultation.survey.checks.paths import ANSWERED_NEVER, Found
from consultation.survey.checks.written import (
    WITH_OPTIONS,
    Broken,
    Place,
    Rule,
    Written,
    first_said,
    items,
    maps,
    takes_of,
    word,
)
from testimony.wizard.checking import Severity
from testimony.wizard.definition import (
    AGE_ADULT,
    CONSENT_TYPES,
    SILENT_TYPES,
    TEXT_TYPES,
)

NOBODY_MISSES: Final = CONSENT_TYPES | {"age_check"}


def _conditions(written: Written) -> Iterator[tuple[Place, Any]]:
    for place in (*written.sections, *written.questions):
        if place.condition is not None:
            yield place, place.condition


def _looks(written: Written) -> Iterator[tuple[Place, str, Place | None]]:
    for place, _rule in _conditions(written):
        for key in sorted(written.named(place) or ()):
            yield place, key, written.by_key.get(key)


def _empty(written: Written) -> Iterator[Broken]:
    for place in written.sections:
        if not written.by_section[place.number]:
            yield place, {}


def _unreadable(written: Written) -> Iterator[Broken]:
    for place, _rule in _conditions(written):
        if written.named(place) is None:
            yield place, {}


def _unknown(written: Written) -> Iterator[Broken]:
    for place, key, other in _looks(written):
        if other is None:
            yield place, {"key": key}


def _itself(written: Written) -> Iterator[Broken]:
    for place, _name, other in _looks(written):
        if other is not None and place.question is other.question:
            yield place, {}


def _same_page(written: Written) -> Iterator[Broken]:
    for place, _name, other in _looks(written):
        if (
            other is not None
            and place.number == other.number
            and place.question is not other.question
        ):
            yield place, {"other": first_said(other.asked.get("label"))}


def _later_page(written: Written) -> Iterator[Broken]:
    for place, _name, other in _looks(written):
        if other is not None and other.number > place.number:
            yield place, {"other": other.words}


def _unknown_answers(written: Written) -> Iterator[Broken]:
    """A code that no answer has makes a condition say less than it seems to."""
    for place, rule in _conditions(written):
        named = () if written.named(place) is None else _codes_named(rule)
        for key, code in sorted(set(named)):
            other = written.by_key.get(key)
            if other is not None and other.type in WITH_OPTIONS and code not in other.codes:
                yield place, {"code": code, "other": other.words}


def _codes_named(rule: Any) -> Iterator[tuple[str, str]]:
    """Each answer's key with each word that it is compared with."""
    if isinstance(rule, Mapping):
        for operands in rule.values():
            parts = items(operands)
            keys = [
                part["answer"]
                for part in maps(parts)
                if isinstance(part.get("answer"), str) and len(part) == 1
            ]
            words = [
                one
                for part in parts
                for one in (part if isinstance(part, list | tuple) else [part])
                if isinstance(one, str)
            ]
            yield from ((key, one) for key in keys for one in words)
            for part in parts:
                yield from _codes_named(part)


# Whole paths. What another rule tells of a condition is not told again.


def _told_alone(written: Written) -> Iterator[Broken]:
    for place, reach in written.reached:
        if reach.comes is Found.NOBODY and reach.alone is Found.NOBODY:
            yield place, {}


def _told_together(written: Written) -> Iterator[Broken]:
    for place, reach in written.reached:
        if reach.comes is Found.NOBODY and reach.alone is not Found.NOBODY:
            others = " · ".join(other.words for other in _behind(written, place))
            yield place, {"others": others or place.words}


def _behind(written: Written, place: Place) -> Iterator[Place]:
    """The places whose conditions a condition hangs on: its page, and the questions it names."""
    if place.question is not None and place.section.get("condition") is not None:
        yield Place(place.number, place.section)
    for key in sorted(written.named(place) or ()):
        other = written.by_key[key]
        if other.condition is not None:
            yield other
        elif other.section.get("condition") is not None:
            yield Place(other.number, other.section)


def _untried(written: Written) -> Iterator[Broken]:
    for place, reach in written.reached:
        if reach.comes is Found.UNTRIED:
            yield place, {}


def _missed(written: Written) -> Iterator[Broken]:
    """Whoever is led past it, and whoever may be: what was not found out is not let pass."""
    for place in written.of_type(*NOBODY_MISSES):
        conditions = [place.section.get("condition"), place.condition]
        if any(rule is not None for rule in conditions):
            reach = written.reach_of(place)
            if reach is None or reach.goes_by is not Found.NOBODY:
                yield place, {}


def _no_way_on(written: Written) -> Iterator[Broken]:
    """Every path ends, as pages only follow each other, unless a question takes no answer."""
    for place in written.questions:
        takes = takes_of(place)
        if takes.must_be_answered and place.type not in ANSWERED_NEVER and _takes_nothing(takes):
            yield place, {}


def _takes_nothing(takes: distinctions.Takes) -> bool:
    return next(distinctions.answers(takes, ()), None) is None


# The order of the first pages.


def _not_one_age_check(written: Written) -> Iterator[Broken]:
    found = list(written.of_type("age_check"))
    if len(found) != 1:
        yield found[1] if found else None, {"count": len(found)}


def _age_check_late(written: Written) -> Iterator[Broken]:
    for place in list(written.of_type("age_check"))[:1]:
        if place.number != 0 or place.question is not written.questions[0].question:
            yield place, {}


def _nobody_adult(written: Written) -> Iterator[Broken]:
    for place in written.of_type("age_check"):
        if AGE_ADULT not in place.codes:
            yield place, {"code": AGE_ADULT}


def _consent_missing(written: Written) -> Iterator[Broken]:
    free_text = any(written.of_type(*TEXT_TYPES))
    wanted = ("count", "words", "audience") if free_text else ("count",)
    given = {word(place.asked, "permission") for place in written.of_type(*CONSENT_TYPES)}
    if missing := [name for name in wanted if name not in given]:
        yield None, {"missing": ", ".join(missing)}


def _consent_late(written: Written) -> Iterator[Broken]:
    early = False
    for place in written.questions:
        if place.type in CONSENT_TYPES and early:
            yield place, {}
        early = early or place.type not in NOBODY_MISSES | SILENT_TYPES | {""}


_PROBLEM, _WARNING = Severity.PROBLEM, Severity.WARNING

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "page_asks",
        _PROBLEM,
        gettext_lazy("Nothing stands on %(place)s. Add a question, or remove the page."),
        _empty,
    ),
    Rule(
        "condition_readable",
        _PROBLEM,
        gettext_lazy("The condition of %(place)s can't be read. Write it again."),
        _unreadable,
    ),
    Rule(
        "condition_known",
        _PROBLEM,
        gettext_lazy(
            "The condition of %(place)s looks at “%(key)s”, which no question has as its key."
        ),
        _unknown,
    ),
    Rule(
        "condition_not_itself",
        _PROBLEM,
        gettext_lazy("The condition of %(place)s looks at its own answer."),
        _itself,
    ),
    Rule(
        "condition_not_same_page",
        _PROBLEM,
        gettext_lazy(
            "The condition of %(place)s looks at “%(other)s” on the same page. Move one to "
            "another page."
        ),
        _same_page,
    ),
    Rule(
        "condition_not_later",
        _PROBLEM,
        gettext_lazy("The condition of %(place)s looks ahead, at %(other)s. Move that before it."),
        _later_page,
    ),
    Rule(
        "condition_answers_known",
        _PROBLEM,
        gettext_lazy(
            "The condition of %(place)s names “%(code)s”, which is no answer to %(other)s."
        ),
        _unknown_answers,
    ),
    Rule(
        "reachable",
        _PROBLEM,
        gettext_lazy("No answers lead to %(place)s: its condition can never hold."),
        _told_alone,
    ),
    Rule(
        "reachable_on_path",
        _PROBLEM,
        gettext_lazy(
            "No answers lead to %(place)s: its condition can't hold together with what it hangs "
            "on. Look at the conditions of these: %(others)s."
        ),
        _told_together,
    ),
    Rule(
        "end_reachable",
        _PROBLEM,
        gettext_lazy("Nobody gets past %(place)s: it must be answered, and no answer fits."),
        _no_way_on,
    ),
    Rule(
        "one_age_check",
        _PROBLEM,
        gettext_lazy("A questionnaire has exactly one age check. Here are %(count)s."),
        _not_one_age_check,
    ),
    Rule(
        "age_check_first",
        _PROBLEM,
        gettext_lazy("The age check comes before everything else. Move %(place)s to the top."),
        _age_check_late,
    ),
    Rule(
        "age_check_passes",
        _PROBLEM,
        gettext_lazy(
            "Nobody passes the age check %(place)s. Give an adult’s answer the code “%(code)s”."
        ),
        _nobody_adult,
    ),
    Rule(
        "consent_asked",
        _PROBLEM,
        gettext_lazy("People are not asked what they agree to. Missing: %(missing)s."),
        _consent_missing,
    ),
    Rule(
        "consent_first",
        _PROBLEM,
        gettext_lazy("People agree before they answer. Move %(place)s up."),
        _consent_late,
    ),
    Rule(
        "consent_not_skipped",
        _PROBLEM,
        gettext_lazy(
            "Everybody meets the age check and what they agree to. Remove the condition of "
            "%(place)s."
        ),
        _missed,
    ),
    Rule(
        "paths_tried",
        _WARNING,
        gettext_lazy(
            "It could not be tried whether any answers lead to %(place)s: there are too many "
            "ways there. Make its condition simpler, or try it by hand."
        ),
        _untried,
    ),
)
