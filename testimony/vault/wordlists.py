"""The words of receipts and passphrases: 2,048 in each language, so 11 bits a word.

Six words carry 66 bits. No two words of a list share their first four letters, accents aside,
so a stub of four letters tells a word from all others, and stubs are all that is compared.
What a word may be, and may never be, is decided in ``docs/decisions/0005-receipt-words.md``.

This module reads words; it never keeps a code, and never says whether one exists.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

_FILES: Final = {"en": "english.txt", "fr": "french.txt"}
WORDS_IN_A_CODE: Final = 6
_STUB_LENGTH: Final = 4

_APOSTROPHES: Final = "'\u2018\u2019\u201b\u2032\u02bc\uff07"
# An accent typed as a key of its own (e´ for é). Unicode would turn some of them into a space.
_LOOSE_ACCENTS: Final = "`´^¨¸\u02c6"
_INSIDE_A_WORD: Final = str.maketrans("", "", _APOSTROPHES + _LOOSE_ACCENTS)
_ELIDED_ARTICLE: Final = re.compile(
    rf"(?<![^\W\d_])(?:[cdjlmnst]|qu)[{_APOSTROPHES}]\s*(?=[^\W\d_])", re.IGNORECASE
)
# Letters that no accent explains: ligatures, and the i without a dot of Turkish keyboards.
_LETTERS: Final = str.maketrans({"œ": "oe", "æ": "ae", "ı": "i"})
_ZERO_WIDTH_SPACE: Final = "\u200b"


@cache
def words(language: str) -> tuple[str, ...]:
    """The 2,048 words of a language, sorted; English where there is no list of its own."""
    name = _FILES.get(language, _FILES["en"])
    file = Path(__file__).parent / "words" / name
    return tuple(file.read_text(encoding="utf-8").split())


@cache
def known_stubs() -> frozenset[str]:
    """The stubs of every word of every list: what a typed word may be, whatever the language."""
    return frozenset(stub(word) for language in _FILES for word in words(language))


def draw(language: str, count: int = WORDS_IN_A_CODE) -> tuple[str, ...]:
    """``count`` words drawn evenly, with repeats: 11 bits a word, 66 bits for six."""
    listed = words(language)
    return tuple(secrets.choice(listed) for _ in range(count))


def stub(word: str) -> str:
    """The first four letters, lower case, without accents: what tells a word from the others.

    A word of three letters is its own stub. A ligature counts as its two letters.
    """
    return "".join(letter for letter in _plain(word) if "a" <= letter <= "z")[:_STUB_LENGTH]


def as_typed(text: str) -> tuple[str, ...]:
    """The stubs of whatever a person typed, in order; never raises.

    Any case, spacing, accent, hyphen, dot, comma or number between words will do, and so will
    stubs alone. An apostrophe never splits a word, and an article before one (l', d') is not
    taken for a word.
    """
    spaced = "".join(_within_a_word(character) for character in _plain(text))
    return tuple(found for found in (stub(word) for word in spaced.split()) if found)


def _plain(text: str) -> str:
    """Lower case, with accents apart from their letters and nothing invisible inside a word."""
    whole = _ELIDED_ARTICLE.sub("", text).translate(_INSIDE_A_WORD)
    return unicodedata.normalize("NFKD", whole.casefold()).casefold().translate(_LETTERS)


def _within_a_word(character: str) -> str:
    if character.isalpha() or unicodedata.combining(character):
        return character
    if unicodedata.category(character) == "Cf" and character != _ZERO_WIDTH_SPACE:
        return ""  # A soft hyphen, a joiner or a direction mark, as copying from a page leaves.
    return " "
