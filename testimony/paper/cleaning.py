"""Cleaning text for paper. Pure: what makes a file invalid or endless is taken out or shown.

One control character, or one that no face can draw, makes a whole PDF fail its standard; one
word of a hundred thousand letters takes minutes. Words are never shortened.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

MOST_MARKS: Final = 4
"""Combining marks in a row; what is beyond them is dropped."""

LONGEST_RUN: Final = 40
BREAK_EVERY: Final = 30
ZERO_WIDTH_SPACE: Final = "\u200b"
_DROPPED: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Cf"})


def clean(text: str, covered: Collection[int] | None = None) -> str:
    """Text that can be printed.

    Normalised to NFC; without control, direction, private and unassigned characters; at most
    four combining marks in a row; a place to break in any run of more than forty letters; and,
    with ``covered``, ``[U+1F9FF]`` in place of a character that no face draws.
    """
    printable = "".join(_printable(letter) for letter in text)
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", printable):
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= MOST_MARKS:
            kept.append(letter if _is_drawn(letter, covered) else f"[U+{ord(letter):04X}]")
    return _with_breaks("".join(kept))


def clean_all(value: object, covered: Collection[int] | None = None) -> object:
    """The same for every text in a JSON document."""
    if isinstance(value, str):
        return clean(value, covered)
    if isinstance(value, list):
        return [clean_all(item, covered) for item in value]
    if isinstance(value, dict):
        return {key: clean_all(item, covered) for key, item in value.items()}
    return value


def _printable(letter: str) -> str:
    """The letter itself, a space for other white space, or nothing."""
    if letter == "\n" or letter in "\u00ad\u200b":
        return letter
    if letter in "\t\r\u2028\u2029":
        return " "
    return "" if unicodedata.category(letter) in _DROPPED else letter


def _is_drawn(letter: str, covered: Collection[int] | None) -> bool:
    return covered is None or ord(letter) in covered or letter in "\n\u200b"


def _with_breaks(text: str) -> str:
    out: list[str] = []
    words = text.split(" ")
    for position, word in enumerate(words):
        if position:
            out.append(" ")
        if len(word) <= LONGEST_RUN:
            out.append(word)
            continue
        run = 0
        for letter in word:
            may_break = letter in "\n\u200b"
            if run >= BREAK_EVERY and not may_break and not unicodedata.combining(letter):
                out.append(ZERO_WIDTH_SPACE)
                run = 0
            out.append(letter)
            run = 0 if may_break else run + 1
    return "".join(out)
