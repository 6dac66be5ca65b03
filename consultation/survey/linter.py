"""What to look at again in the wording of a questionnaire: a table of cues. It only warns.

The cues are short lists for English and French; they can't judge whether a question is fair or
kind. Other languages are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from testimony.wizard import plain_language
from testimony.wizard.checking import Finding, Severity, language_name

HARDEST_GRADE: Final = 8
FEWEST_WORDS: Final = 12
"""A grade of fewer words says little."""
MOST_WORDS: Final = 25
SCALE_POINTS: Final = range(3, 8)
LANGUAGES: Final = ("en", "fr")

_LEADING: Final = re.compile(
    r"\b(?:don['’]t you|wouldn['’]t you|isn['’]t it|obviously|of course|surely"
    r"|ne pensez-vous pas|n['’]est-ce pas|évidemment|bien sûr)\b",
    re.IGNORECASE,
)
_ABSOLUTE: Final = re.compile(r"\b(?:always|never|toujours|jamais)\b", re.IGNORECASE)
_DOUBLE: Final = re.compile(r"\b(?:and/or|et/ou)\b|\?.*\?", re.IGNORECASE)
_PLAIN: Final = {
    "utilize": "use",
    "commence": "start",
    "prior to": "before",
    "stakeholder": "people concerned",
    "criminalization": "laws against our work",
    "préalablement": "avant",
    "parties prenantes": "personnes touchées",
    "afin de": "pour",
    "intervenant": "personne qui aide",
}


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence to read: its words, its language and its place."""

    text: str
    language: str
    section: str
    question: str
    is_label: bool
    points: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One cue. ``found`` gives the words for its sentence, or None."""

    name: str
    sentence: str | Promise
    found: Callable[[Words], Mapping[str, Any] | None]


def findings(document: Mapping[str, Any]) -> list[Finding]:
    """Each cue that is met, once for each sentence that meets it."""
    found = []
    for words in _sentences(document):
        shown = {"text": words.text, "language": language_name(words.language)}
        for rule in RULES:
            values = rule.found(words)
            if values is not None:
                sentence = str(rule.sentence) % {**shown, **values}
                found.append(
                    Finding(rule.name, Severity.WARNING, sentence, words.section, words.question)
                )
    return found


def _sentences(document: Mapping[str, Any]) -> Iterator[Words]:
    yield from _texts(document.get("introduction"))
    for section in _maps(document.get("sections")):
        key = str(section.get("key") or "")
        yield from _texts(section.get("note"), key)
        for question in _maps(section.get("questions")):
            name = str(question.get("key") or "")
            is_scale = question.get("type") == "scale"
            points = len(_maps(question.get("options"))) if is_scale else 0
            yield from _texts(question.get("label"), key, name, is_label=True, points=points)
            yield from _texts(question.get("hint"), key, name)


def _maps(raw: Any) -> list[Mapping[str, Any]]:
    return [item for item in raw if isinstance(item, Mapping)] if isinstance(raw, list) else []


def _texts(
    raw: Any, section: str = "", question: str = "", *, is_label: bool = False, points: int = 0
) -> Iterator[Words]:
    for language in LANGUAGES if isinstance(raw, Mapping) else ():
        text = raw.get(language)
        if isinstance(text, str) and text.strip():
            yield Words(text.strip(), language, section, question, is_label, points)


def _hard(words: Words) -> Mapping[str, Any] | None:
    if len(plain_language.words(words.text)) < FEWEST_WORDS:
        return None
    grade = plain_language.grade(words.text, words.language)
    return {"grade": round(grade)} if grade > HARDEST_GRADE else None


def _long(words: Words) -> Mapping[str, Any] | None:
    count = len(plain_language.words(words.text))
    return {"count": count} if words.is_label and count > MOST_WORDS else None


def _cue(pattern: re.Pattern[str]) -> Callable[[Words], Mapping[str, Any] | None]:
    def found(words: Words) -> Mapping[str, Any] | None:
        match = pattern.search(words.text) if words.is_label else None
        return {"cue": match[0]} if match else None

    return found


def _jargon(words: Words) -> Mapping[str, Any] | None:
    text = words.text.casefold()
    cue = next((cue for cue in _PLAIN if re.search(rf"\b{cue}", text)), None)
    return {"cue": cue, "plain": _PLAIN[cue]} if cue else None


def _scale(words: Words) -> Mapping[str, Any] | None:
    is_odd = words.points and words.points not in SCALE_POINTS
    return {"count": words.points} if is_odd else None


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
        _cue(_LEADING),
    ),
    Rule(
        "absolute",
        gettext_lazy("“%(cue)s” is hard to answer, as little is always so: “%(text)s”"),
        _cue(_ABSOLUTE),
    ),
    Rule(
        "double",
        gettext_lazy("This may ask two things at once. Make it two questions: “%(text)s”"),
        _cue(_DOUBLE),
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
)
