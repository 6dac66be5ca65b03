"""A language nobody speaks: the example call in Arabic letters, mirrored, and half as long again.

It stands in for any language that is written from right to left, or that needs more room than
English does, before there is a translation to look at.
"""

from __future__ import annotations

import copy
from typing import Any, Final

_LETTERS: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ?,",
    "ابسدهفغحيجكلمنوبقرستوفوخيز" * 2 + "؟،",
)
LONGER: Final = 1.4
LANGUAGE: Final = "ar"


def mirrored(words: str) -> str:
    """English in Arabic letters, which browsers order from right to left."""
    return stretched(words).translate(_LETTERS)


def stretched(words: str) -> str:
    """The same words, and enough of the first ones again to be two fifths longer."""
    room = round(len(words) * (LONGER - 1))
    more = (words + " ") * (room // (len(words) + 1) + 1)
    return f"{words} {more[:room].strip()}".strip()


def in_arabic_letters(document: dict[str, Any]) -> dict[str, Any]:
    """A definition's document in Arabic letters and in English."""
    return _told(copy.deepcopy(document), LANGUAGE, mirrored)


def in_longer_words(document: dict[str, Any]) -> dict[str, Any]:
    """A definition's document whose English is two fifths longer."""
    return _told(copy.deepcopy(document), "en", stretched)


def _told(document: dict[str, Any], language: str, change: Any) -> dict[str, Any]:
    def walked(part: Any) -> Any:
        if isinstance(part, dict):
            if set(part) == {"en", "fr"}:
                return {"en": part["en"], language: change(part["en"])}
            return {name: walked(value) for name, value in part.items()}
        if isinstance(part, list):
            return [walked(value) for value in part]
        return part

    told = walked(document)
    told["languages"] = list(dict.fromkeys([language, "en"]))
    return dict(told)
