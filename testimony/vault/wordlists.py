"""The word lists for receipts and passphrases: over ten bits a word, in each language.

No two words of a list share their first four letters, accents aside, so a stub is enough.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

_FILES: Final = {"en": "english.txt", "fr": "french.txt"}
WORDS_IN_A_CODE: Final = 6


@cache
def words(language: str) -> tuple[str, ...]:
    """The list for a language; English where there is none of its own."""
    name = _FILES.get(language, _FILES["en"])
    file = Path(__file__).parent / "words" / name
    return tuple(file.read_text(encoding="utf-8").split())


def draw(language: str, count: int = WORDS_IN_A_CODE) -> tuple[str, ...]:
    """``count`` random words: more than 64 bits for six."""
    listed = words(language)
    return tuple(secrets.choice(listed) for _ in range(count))


def stub(word: str) -> str:
    """The first four letters, lower case, without accents: what tells a word from the others."""
    plain = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in plain if letter.isalpha() and letter.isascii())[:4]


def as_typed(text: str) -> tuple[str, ...]:
    """The stubs of whatever a person typed: any case, spacing, hyphens, dots or accents."""
    spaced = "".join(
        letter if letter.isalpha() or unicodedata.combining(letter) else " "
        for letter in text.replace("'", "").replace("’", "")
    )
    return tuple(found for found in (stub(word) for word in spaced.split()) if found)
