"""A questionnaire's document as rules read it, half written as it may be.

Whatever is missing is empty, and whatever has the wrong shape is left out, so that a rule never
fails on a draft. What it says of paths is found by ``paths``; it judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from consultation.survey.checks import paths
from consultation.survey.checks.distinctions import Takes
from consultation.survey.checks.paths import Asking, Found, Page, Reach, Reached
from testimony.wizard.checking import Severity
from testimony.wizard.definition import (
    CHOICE_TYPES,
    CONSENT_TYPES,
    MULTIPLE_TYPES,
    RANKING_TYPES,
    answers_named,
)

WITH_OPTIONS: Final = CHOICE_TYPES | MULTIPLE_TYPES | CONSENT_TYPES | RANKING_TYPES
PREFER_NOT: Final = "prefer_not"


@dataclass(frozen=True, slots=True)
class Asked:
    """How a key was asked in an earlier version: its type, and the version that asked it."""

    type: str
    version: str


@dataclass(frozen=True, slots=True)
class Place:
    """A section, or a question in it, as an editor finds it.

    A grid is a place, too: its ``question`` is what its rows share, and names the grid's key.
    """

    number: int
    section: Mapping[str, Any]
    question: Mapping[str, Any] | None = None

    @property
    def words(self) -> str:
        title = first_said(self.section.get("title"))
        where = _("page %(number)s, “%(title)s”") % {"number": self.number + 1, "title": title}
        if self.question is None:
            return where
        label = first_said(self.question.get("label"))
        return _("“%(question)s” on %(place)s") % {"question": label, "place": where}

    @property
    def asked(self) -> Mapping[str, Any]:
        return self.question or {}

    @property
    def key(self) -> str:
        """The key of the question, or of the section where it is one."""
        return word(self.section if self.question is None else self.question, "key")

    @property
    def section_key(self) -> str:
        return word(self.section, "key")

    @property
    def type(self) -> str:
        return word(self.asked, "type")

    @property
    def options(self) -> list[Mapping[str, Any]]:
        return maps(self.asked.get("options"))

    @property
    def codes(self) -> list[str]:
        return [word(option, "code") for option in self.options]

    @property
    def condition(self) -> Any:
        return (self.section if self.question is None else self.question).get("condition")


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of one grid, in order, and the place of what they share."""

    place: Place
    rows: tuple[Place, ...]


@dataclass(frozen=True)
class Written:
    """The document, read with care."""

    document: Mapping[str, Any]
    asked_before: Mapping[str, Asked]
    sections: tuple[Place, ...]
    questions: tuple[Place, ...]
    languages: tuple[str, ...]

    @cached_property
    def by_key(self) -> dict[str, Place]:
        return {place.key: place for place in self.questions}

    @cached_property
    def by_section(self) -> dict[int, list[Place]]:
        """The questions of each page, by the page's number."""
        found: dict[int, list[Place]] = {place.number: [] for place in self.sections}
        for place in self.questions:
            found[place.number].append(place)
        return found

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        rows: dict[str, list[Place]] = {}
        for place in self.questions:
            shared = place.asked.get("grid")
            if isinstance(shared, Mapping):
                rows.setdefault(word(shared, "key"), []).append(place)
        return tuple(
            Grid(Place(found[0].number, found[0].section, found[0].asked["grid"]), tuple(found))
            for found in rows.values()
        )

    @cached_property
    def reached(self) -> tuple[tuple[Place, Reach], ...]:
        """Whether somebody comes to each place that has a condition which can be tried.

        A question on a page that nobody comes to is left out: its page is named.
        """
        return tuple(self._reached())

    def reach_of(self, place: Place) -> Reach | None:
        """Whether somebody comes to a question; None where a condition could not be tried."""
        if not (self._is_settled(place) and self._is_settled(Place(place.number, place.section))):
            return None
        here = zip(self.by_section[place.number], self._walk[place.number].asks, strict=True)
        return next((reach for one, reach in here if one.question is place.question), None)

    def named(self, place: Place) -> frozenset[str] | None:
        """The questions that a condition looks at, by key; None where it can't be read."""
        return frozenset() if place.condition is None else self._named[id(place.condition)]

    def of_type(self, *types: str) -> Iterator[Place]:
        return (place for place in self.questions if place.type in types)

    @cached_property
    def _walk(self) -> list[Reached]:
        return paths.walk(
            [
                Page(
                    self._tried(section),
                    tuple(
                        Asking(takes_of(place), self._tried(place))
                        for place in self.by_section[section.number]
                    ),
                )
                for section in self.sections
            ],
            self.languages,
        )

    def _reached(self) -> Iterator[tuple[Place, Reach]]:
        for section, found in zip(self.sections, self._walk, strict=True):
            if self._tried(section) is not None:
                yield section, found.page
            if found.page.comes is Found.NOBODY:
                continue
            for place, reach in zip(self.by_section[section.number], found.asks, strict=True):
                if self._tried(place) is not None:
                    yield place, reach

    def _tried(self, place: Place) -> Any:
        """A condition that can be tried; any other counts as none, as other rules tell of it."""
        return place.condition if self._is_settled(place) else None

    def _is_settled(self, place: Place) -> bool:
        """Whether a condition can be read, and looks at earlier pages alone."""
        named = self.named(place)
        return named is not None and all(
            key in self.by_key and self.by_key[key].number < place.number for key in named
        )

    @cached_property
    def _named(self) -> dict[int, frozenset[str] | None]:
        """What each condition looks at, by the identity of the rule; the document holds them."""
        rules = [place.condition for place in (*self.sections, *self.questions)]
        return {
            id(rule): frozenset(answers_named(rule)) if paths.is_readable(rule) else None
            for rule in rules
            if rule is not None
        }


Broken = tuple[Place | None, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``broken`` yields each place where it is broken, and the words to name it."""

    name: str
    severity: Severity
    sentence: str | Promise
    broken: Callable[[Written], Iterator[Broken]]


def read(document: Mapping[str, Any], asked_before: Mapping[str, Asked]) -> Written:
    """The document with its pages and questions numbered."""
    sections = tuple(
        Place(number, section) for number, section in enumerate(maps(document.get("sections")))
    )
    questions = tuple(
        Place(place.number, place.section, question)
        for place in sections
        for question in maps(place.section.get("questions"))
    )
    languages = tuple(code for code in items(document.get("languages")) if isinstance(code, str))
    return Written(document, asked_before, sections, questions, languages)


def takes_of(place: Place) -> Takes:
    """What a question takes as an answer."""
    exclusive = [option for option in place.options if option.get("exclusive")]
    is_multiple = place.type in MULTIPLE_TYPES
    return Takes(
        key=place.key,
        type=place.type,
        codes=tuple(place.codes),
        exclusive=frozenset(word(one, "code") for one in exclusive if is_multiple),
        is_required=bool(place.asked.get("required")),
        prefer_not=bool(place.asked.get("prefer_not")),
        minimum=whole(place.asked, "minimum"),
        maximum=whole(place.asked, "maximum"),
        picks=whole(place.asked, "picks"),
    )


def items(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else []


def maps(raw: Any) -> list[Mapping[str, Any]]:
    return [item for item in items(raw) if isinstance(item, Mapping)]


def word(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def whole(raw: Mapping[str, Any], name: str) -> int | None:
    """A whole number, or None for anything else."""
    value = raw.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def said(text: Any, language: str) -> str:
    """A sentence in a language, or nothing."""
    found = text.get(language) if isinstance(text, Mapping) else None
    return found.strip() if isinstance(found, str) else ""


def first_said(text: Any) -> str:
    """A sentence in whichever language has it first."""
    found = text.values() if isinstance(text, Mapping) else ()
    return next((words for words in found if isinstance(words, str) and words.strip()), "…")
