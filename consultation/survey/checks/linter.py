"""What to look at again in the wording of a questionnaire: a table of cues. It only warns.

The cues are short lists for English and French (``cues``); they can't judge whether a question is
fair or kind. Other languages are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from consultation.survey.checks import bands, cues
from consultation.survey.checks.written import Place, Written, items, maps, read, said
from testimony.wizard import plain_language
from testimony.wizard.checking import Finding, Severity, language_name
from testimony.wizard.definition import CHOICE_TYPES, CONSENT_TYPES, MULTIPLE_TYPES

HARDEST_GRADE: Final = 8
HARDEST_TO_AGREE: Final = 6
"""What people agree to, and what keeps them safe, is plainer still."""
FEWEST_WORDS: Final = 12
"""A grade of fewer words says little."""
MOST_WORDS: Final = 25
SCALE_POINTS: Final = range(3, 8)
LANGUAGES: Final = ("en", "fr")

_CLOSED: Final = (CHOICE_TYPES - {"age_check"}) | MULTIPLE_TYPES


class Kind(Enum):
    """What a sentence does: the same words do more harm in a question."""

    TOLD = "told"
    AGREED = "agreed"
    ASKED = "asked"
    PICKED = "picked"
    """The answers to one question, together."""


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence to read, or the answers to one question: words, language and place."""

    text: str
    language: str
    section: str
    question: str
    kind: Kind
    is_closed: bool = False
    points: int = 0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One cue. ``found`` gives the words for its sentence, or None."""

    name: str
    sentence: str | Promise
    found: Callable[[Words], Mapping[str, Any] | None]


def findings(document: Mapping[str, Any]) -> list[Finding]:
    """Each cue that is met, once for each sentence that meets it."""
    found = []
    for words in _sentences(read(document, {})):
        for rule in RULES:
            values = rule.found(words)
            if values is not None:
                shown = {"text": words.text, "language": language_name(words.language)}
                sentence = str(rule.sentence) % {**shown, **values}
                found.append(
                    Finding(rule.name, Severity.WARNING, sentence, words.section, words.question)
                )
    return found


def _sentences(written: Written) -> Iterator[Words]:
    document = written.document
    yield from _texts(document.get("introduction"), Kind.TOLD)
    yield from _texts(document.get("duty"), Kind.AGREED)
    for line in maps(document.get("support")):
        yield from _texts(line.get("detail"), Kind.AGREED)
    for step in items(document.get("next_steps")):
        yield from _texts(step, Kind.TOLD)
    for place in written.sections:
        yield from _texts(place.section.get("note"), Kind.TOLD, place)
    for grid in written.grids:
        yield from _texts(grid.place.asked.get("label"), Kind.ASKED, grid.place, is_closed=True)
    for place in written.questions:
        yield from _of_question(place)


def _of_question(place: Place) -> Iterator[Words]:
    agrees = place.type in CONSENT_TYPES | {"age_check"}
    kind = Kind.AGREED if agrees else Kind.ASKED
    if place.type == "information":
        kind = Kind.TOLD
    points = sum(code != "prefer_not" for code in place.codes) if place.type == "scale" else 0
    is_closed = place.type in _CLOSED
    yield from _texts(place.asked.get("label"), kind, place, is_closed=is_closed, points=points)
    yield from _texts(place.asked.get("hint"), Kind.AGREED if agrees else Kind.TOLD, place)
    for language in LANGUAGES if is_closed else ():
        labels = [said(option.get("label"), language) for option in place.options]
        if any(labels):
            text = " · ".join(filter(None, labels))
            yield Words(
                text, language, place.section_key, place.key, Kind.PICKED, labels=tuple(labels)
            )


def _texts(
    raw: Any, kind: Kind, place: Place | None = None, *, is_closed: bool = False, points: int = 0
) -> Iterator[Words]:
    section = place.section_key if place else ""
    question = place.key if place and place.question is not None else ""
    for language in LANGUAGES:
        if text := said(raw, language):
            yield Words(text, language, section, question, kind, is_closed, points)


def _hard(words: Words) -> Mapping[str, Any] | None:
    if words.kind is Kind.PICKED or len(plain_language.words(words.text)) < FEWEST_WORDS:
        return None
    hardest = HARDEST_TO_AGREE if words.kind is Kind.AGREED else HARDEST_GRADE
    grade = round(plain_language.grade(words.text, words.language))
    return {"grade": grade} if grade > hardest else None


def _long(words: Words) -> Mapping[str, Any] | None:
    if words.kind is not Kind.ASKED:
        return None
    count = len(plain_language.words(words.text))
    return {"count": count} if count > MOST_WORDS else None


def _cue(*kinds: Kind, cue: cues.Cue) -> Callable[[Words], Mapping[str, Any] | None]:
    def found(words: Words) -> Mapping[str, Any] | None:
        met = cues.found(cue, words.text, words.language) if words.kind in kinds else ""
        return {"cue": met} if met else None

    return found


def _joined(words: Words) -> Mapping[str, Any] | None:
    if words.kind is not Kind.ASKED or not words.is_closed:
        return None
    cue = cues.joins(words.text, words.language)
    return {"cue": cue} if cue else None


def _negated(words: Words) -> Mapping[str, Any] | None:
    """To tick “no” under a “not” says the opposite of what it seems to say."""
    if words.kind is not Kind.ASKED or not words.is_closed or _twice(words):
        return None
    cue = cues.found(cues.NEGATION, words.text, words.language)
    return {"cue": cue} if cue else None


def _twice(words: Words) -> Mapping[str, Any] | None:
    if words.kind not in (Kind.ASKED, Kind.AGREED):
        return None
    cue = cues.negates_twice(words.text, words.language)
    return {"cue": cue} if cue else None


def _jargon(words: Words) -> Mapping[str, Any] | None:
    found = cues.hard_word(words.text, words.language)
    return {"cue": found[0], "plain": found[1]} if found else None


def _scale(words: Words) -> Mapping[str, Any] | None:
    is_odd = words.points and words.points not in SCALE_POINTS
    return {"count": words.points} if is_odd else None


def _overlap(words: Words) -> Mapping[str, Any] | None:
    number = bands.shared(words.labels)
    return None if number is None else {"number": number}


def _gap(words: Words) -> Mapping[str, Any] | None:
    number = bands.missing(words.labels)
    return None if number is None else {"number": number}


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "reading_grade",
        gettext_lazy("Hard to read in %(language)s (about grade %(grade)s): “%(text)s”"),
        _hard,
    ),
    Rule(
        "long_question",
        gettext_lazy("A long question (%(count)s words). Can it be shorter? “%(text)s”"),
        _long,
    ),
    Rule(
        "leading",
        gettext_lazy("“%(cue)s” may lead people to an answer: “%(text)s”"),
        _cue(Kind.ASKED, cue=cues.LEADING),
    ),
    Rule(
        "absolute",
        gettext_lazy("“%(cue)s” is hard to answer, as little is always so: “%(text)s”"),
        _cue(Kind.ASKED, cue=cues.ABSOLUTE),
    ),
    Rule(
        "vague_time",
        gettext_lazy(
            "“%(cue)s” is not the same for everybody. Say how many times, or since when: “%(text)s”"
        ),
        _cue(Kind.ASKED, Kind.PICKED, cue=cues.VAGUE),
    ),
    Rule(
        "double",
        gettext_lazy("This may ask two things at once. Make it two questions: “%(text)s”"),
        _cue(Kind.ASKED, cue=cues.TWO_THINGS),
    ),
    Rule(
        "joined",
        gettext_lazy(
            "“%(cue)s” may join two things that people would answer apart. Ask for one: “%(text)s”"
        ),
        _joined,
    ),
    Rule(
        "negation",
        gettext_lazy(
            "With “%(cue)s” in it, a “no” is easily misread. Ask for what is so: “%(text)s”"
        ),
        _negated,
    ),
    Rule(
        "double_negative",
        gettext_lazy(
            "Two words turn this round, the second is “%(cue)s”. Say it without them: “%(text)s”"
        ),
        _twice,
    ),
    Rule(
        "jargon",
        gettext_lazy("“%(cue)s” is a hard word. Could it be “%(plain)s”? “%(text)s”"),
        _jargon,
    ),
    Rule(
        "scale_points",
        gettext_lazy("A scale is easiest with 3 to 7 points, not %(count)s: “%(text)s”"),
        _scale,
    ),
    Rule(
        "bands_apart",
        gettext_lazy("Two answers fit the number %(number)s. Let only one: “%(text)s”"),
        _overlap,
    ),
    Rule(
        "bands_complete",
        gettext_lazy("No answer fits the number %(number)s. Close the gap: “%(text)s”"),
        _gap,
    ),
)
