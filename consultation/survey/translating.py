"""Languages beside English and French: what there is to say, and what was said. Pure.

A sentence is translated at its *place* (see ``questionnaire``). Beside each stands a digest of the
English and French words that it says, so that a translation whose words changed since is found.
Nothing here decides what may be published.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from consultation.survey.questionnaire import WRITTEN_IN, Written, places_of, sentences_of

DIGITS: Final = 16
"""Enough of a digest to tell two wordings of one sentence apart."""

_MARK: Final = re.compile(r"\[\[.*?\]\]|\{\w*\}|%\(\w+\)s")
_NUMBERED: Final = re.compile(r"(support|next_step)\.(\d+)(\.\w+)?")

Sentences = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One place to translate: what it says in English and French, and in the other language.

    ``is_stale`` tells that the words changed since somebody translated them.
    """

    place: str
    english: str
    french: str
    said: str
    source: str
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one page. The first has no key: it holds what stands around the pages."""

    key: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the sentences are there in one language, and how many say older words."""

    language: str
    done: int
    total: int
    stale: int = 0

    @property
    def is_whole(self) -> bool:
        return self.done == self.total


def is_translated(language: str) -> bool:
    """Whether a language is written beside the blocks, not in them."""
    return language not in WRITTEN_IN


def digest_of(text: str) -> str:
    """A short name for exactly these words."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def source_of(words: Mapping[str, str]) -> str:
    """A short name for what a place says in English and French."""
    return digest_of("\0".join(words.get(code, "") for code in WRITTEN_IN))


def sources_of(written: Written) -> dict[str, dict[str, str]]:
    """For each translated sentence, a digest of what its place says now, as in a file."""
    sources = {place: source_of(words) for place, words in places_of(written).items()}
    return {
        language: {place: sources[place] for place in said if place in sources}
        for language, said in written.translations.items()
    }


def pages_of(written: Written, translated_from: Sentences, language: str) -> tuple[Page, ...]:
    """Everything there is to say in ``language``, page by page, in order."""
    said, sources = written.translations.get(language, {}), translated_from.get(language, {})
    pages: dict[str, list[Line]] = {"": []}
    key = ""
    for place, words in places_of(written).items():
        key = _section_of(place) or key
        sentence, source = str(said.get(place) or "").strip(), source_of(words)
        is_stale = bool(sentence) and sources.get(place, source) != source
        line = Line(place, words["en"], words["fr"], sentence, source, is_stale)
        pages.setdefault(key, []).append(line)
    return tuple(Page(key, tuple(lines)) for key, lines in pages.items())


def coverage_of(document: Mapping[str, Any]) -> tuple[Coverage, ...]:
    """How far each language of a document is: one that was frozen knows no older words."""
    sentences = list(sentences_of(document).values())
    return tuple(
        Coverage(language, sum(1 for words in sentences if words[language]), len(sentences))
        for language in document["languages"]
    )


def coverage_of_draft(written: Written, translated_from: Sentences) -> tuple[Coverage, ...]:
    """How far each language of a text is: those of the blocks, and those beside them."""
    return tuple(_coverage(written, translated_from, language) for language in written.languages)


def _coverage(written: Written, translated_from: Sentences, language: str) -> Coverage:
    if not is_translated(language):
        found = [bool(words[language]) for words in places_of(written).values()]
        return Coverage(language, sum(found), len(found))
    lines = [line for page in pages_of(written, translated_from, language) for line in page.lines]
    return Coverage(
        language,
        sum(1 for line in lines if line.said),
        len(lines),
        sum(1 for line in lines if line.is_stale),
    )


def _section_of(place: str) -> str:
    kind, _dot, rest = place.partition(".")
    return rest.rpartition(".")[0] if kind == "section" else ""


def marks_lost(line: Line, sentence: str) -> list[str]:
    """What must stand in a translation letter by letter, as a placeholder does, and doesn't."""
    wanted = Counter(_MARK.findall(line.english or line.french))
    return sorted((wanted - Counter(_MARK.findall(sentence))).elements())


def follow(written: Written, translated_from: Sentences) -> tuple[dict[str, Any], dict[str, Any]]:
    """The translations, and what they say, after lines of support or next steps changed places.

    Those have no keys, only numbers. A sentence goes to where its words went; where they are
    nowhere any more, it stays, and is stale.
    """
    sources = {place: source_of(words) for place, words in places_of(written).items()}
    said = {language: dict(by_place) for language, by_place in written.translations.items()}
    digests = {language: dict(by_place) for language, by_place in translated_from.items()}
    for language, by_place in said.items():
        before = dict(digests.get(language, {}))
        held = {
            (_kind_of(place), before[place]): sentence
            for place, sentence in by_place.items()
            if _kind_of(place) and place in before
        }
        for place, source in sources.items():
            sentence = held.get((_kind_of(place), source))
            if sentence is not None and before.get(place) != source:
                by_place[place] = sentence
                digests.setdefault(language, {})[place] = source
    return said, digests


def _kind_of(place: str) -> str:
    found = _NUMBERED.fullmatch(place)
    return f"{found[1]}{found[3] or ''}" if found else ""
