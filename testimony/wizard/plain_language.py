"""How hard a text is to read, as a school grade. Pure: letters in, a number out.

A grade is a warning light, not proof. Both measures know only how long sentences and words are;
they can't see a strange word that is short, or an order that confuses. A text that passes may
still be hard, so people read it to people as well.

English: the grade level of Kincaid, Fishburne, Rogers and Chissom, *Derivation of new readability
formulas for Navy enlisted personnel*, Research Branch Report 8-75, 1975.

French: the reading ease of Kandel and Moles, *Application de l'indice de Flesch à la langue
française*, Cahiers d'études de radio-télévision 19, 1958 (207 - 1.015 words a sentence - 73.6
syllables a word), read off as a grade by Flesch's own table (*The Art of Readable Writing*, 1949),
in which 80 to 90 is sixth grade. Its limits: it was fitted to few texts, long ago, and the table
is an American one; it tells easy from hard, not one school year from the next.

Syllables are counted by groups of vowels, with the rules below. They are right for about nine
words in ten and err to the side of more, so that a text seems harder, not easier. A hyphenation
dictionary would say less: it names the places where a word may be broken, and leaves out the
others (“idea” has none).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_LETTERS: Final = "A-Za-zÀ-ÖØ-öø-ÿŒœ"
_WORD: Final = re.compile(rf"[{_LETTERS}]+(?:['’][{_LETTERS}]+)*|\d+(?:[.,\u202f\u00a0]\d+)*")
_END: Final = re.compile(r"[.!?…]+(?=[\s»”\")\]’']|$)|\n+")

_ENGLISH_GROUP: Final = re.compile(r"[aeiouy]+")
_ENGLISH_APART: Final = re.compile(
    r"i[ao](?!us)|eo(?!u)|(?<![qg])ua[lt]|uou|[^g]ui[nt]g?$|yi|creat|e[a]te$"
)
_ENGLISH_TOGETHER: Final = re.compile(r"[tcsgl]i(?:on|ous|al|an)|people|jeo")
_ENGLISH_SILENT: Final = re.compile(
    r"(?:[^aeiouyl]|[aeiouy]l|ll|rl)e$|[^aeiouytd]ed$|[aeiouy][^aeiouy]?[^aeiouyszxcg]es$"
)
_ENGLISH_MIDDLE: Final = re.compile(
    r"(?:some|there|where|care|use|safe|like|home|life)(?=[bcfhlmnptw])|every|even[if]"
)
_ENGLISH_KNOWN: Final = {
    "area": 3,
    "being": 2,
    "client": 2,
    "clients": 2,
    "everyone": 3,
    "experience": 4,
    "going": 2,
    "idea": 3,
    "ideas": 3,
    "quiet": 2,
    "science": 2,
    "someone": 2,
    "violent": 3,
    "violence": 3,
}

_FRENCH_GROUP: Final = re.compile(r"[aàâeéèêëiîïoôuùûüyœæ]+")
_FRENCH_APART: Final = re.compile(
    r"é[aàâeèêioôuyœ](?!$|s$)|[ao]y[aeéè](?!s?$)|[aoue]ï|aë|oë|oé|(?<![qg])ué"
)
_FRENCH_SILENT: Final = re.compile(r"(?:[^aàâeéèêëiîïoôuùûüyœæ]|[qg]u)es?$")


class NotMeasured(ValueError):
    """There is no measure for this language here."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of each a text has."""

    sentences: int
    words: int
    syllables: int


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text: up to a full stop, a question mark, or the end of a line."""
    start = 0
    for end in _END.finditer(text):
        sentence = text[start : end.end()].strip()
        start = end.end()
        if _WORD.search(sentence):
            yield sentence
    rest = text[start:].strip()
    if _WORD.search(rest):
        yield rest


def words(text: str) -> list[str]:
    """The words of a text. A number is one; what a hyphen joins are two."""
    return _WORD.findall(text)


def syllables(word: str, language: str) -> int:
    """About how many syllables a word has: at least one. A number counts as one."""
    return _measure(language).syllables(word.lower())


def counted(text: str, language: str) -> Counted:
    """The numbers that a grade is made of.

    Raises:
        NotMeasured: for a language without a measure.
    """
    count = _measure(language).syllables
    found = words(text)
    return Counted(
        sentences=sum(1 for _sentence in sentences(text)),
        words=len(found),
        syllables=sum(count(word.lower()) for word in found),
    )


def grade(text: str, language: str) -> float:
    """The school grade in which a text can be read; 0 for a text without a word.

    Raises:
        NotMeasured: for a language without a measure.
    """
    found = counted(text, language)
    if not found.words:
        return 0.0
    length = found.words / found.sentences
    weight = found.syllables / found.words
    return max(0.0, _measure(language).formula(length, weight))


def _kincaid(words_a_sentence: float, syllables_a_word: float) -> float:
    return 0.39 * words_a_sentence + 11.8 * syllables_a_word - 15.59


_GRADE_OF_EASE: Final = (
    (150.0, 0.0),
    (90.0, 5.0),
    (80.0, 6.0),
    (70.0, 7.0),
    (60.0, 9.0),
    (50.0, 12.0),
    (30.0, 16.0),
    (0.0, 18.0),
)
"""Flesch's table: the least ease of each grade, the hardest text that still belongs to it."""


def _kandel_moles(words_a_sentence: float, syllables_a_word: float) -> float:
    ease = 207 - 1.015 * words_a_sentence - 73.6 * syllables_a_word
    for (easier, low), (harder, high) in pairwise(_GRADE_OF_EASE):
        if ease >= harder:
            share = (min(ease, easier) - harder) / (easier - harder)
            return high - share * (high - low)
    return _GRADE_OF_EASE[-1][1] - ease / 10


def _english(word: str) -> int:
    if word[0].isdigit():
        return 1
    plain = re.sub(r"['’]s$", "", word).replace("’", "").replace("'", "")
    if plain in _ENGLISH_KNOWN:
        return _ENGLISH_KNOWN[plain]
    found = len(_ENGLISH_GROUP.findall(plain))
    found += len(_ENGLISH_APART.findall(plain))
    found -= len(_ENGLISH_TOGETHER.findall(plain))
    found -= len(_ENGLISH_SILENT.findall(plain))
    found -= len(_ENGLISH_MIDDLE.findall(plain))
    return max(1, found)


def _french(word: str) -> int:
    if word[0].isdigit():
        return 1
    plain = word.replace("’", "").replace("'", "")
    found = len(_FRENCH_GROUP.findall(plain))
    found += len(_FRENCH_APART.findall(plain))
    found -= len(_FRENCH_SILENT.findall(plain))
    return max(1, found)


@dataclass(frozen=True, slots=True)
class _Measure:
    syllables: Callable[[str], int]
    formula: Callable[[float, float], float]


_MEASURES: Final = {
    "en": _Measure(_english, _kincaid),
    "fr": _Measure(_french, _kandel_moles),
}


def _measure(language: str) -> _Measure:
    try:
        return _MEASURES[language]
    except KeyError:
        raise NotMeasured(f"No measure of reading for “{language}”.") from None
