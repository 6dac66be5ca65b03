"""Bands of numbers among answers to pick: which overlap, and which numbers fit none. Pure.

“1 to 5” and “5 to 10” overlap; between “1 to 4” and “6 to 10” is a gap. Bands are read in English
and in French, in whole numbers. Answers without a number are left out; answers in several units,
or with parts of a number, are not judged.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_NUMBER: Final = re.compile(r"\d+(?:[,\u00a0\u202f ]\d{3})*")
_NOT_WHOLE: Final = re.compile(
    r"\d[.,:h]\d{1,2}(?!\d)|\d\s?(?:am|pm|h)\b|\d\s?[/]\s?\d", re.IGNORECASE
)
_FEWER: Final = re.compile(
    r"\b(?:less|fewer|lower|under|below|before|moins|avant)\b", re.IGNORECASE
)
_OR_FEWER: Final = re.compile(
    r"\b(?:or|and|ou|et) (?:less|fewer|under|younger|below|moins)\b|\b(?:up to|at most|no more than"
    r"|jusqu[’']à|au plus)\b",
    re.IGNORECASE,
)
_MORE: Final = re.compile(r"\b(?:more|over|above|after|plus|après)\b", re.IGNORECASE)
_OR_MORE: Final = re.compile(
    r"\b(?:or|and|ou|et) (?:more|over|older|above|plus)\b|\b(?:at least|au moins)\b|\d\s?\+",
    re.IGNORECASE,
)
_UNIT: Final = re.compile(r"[^\W\d_]{2,}")
_NO_UNIT: Final = frozenset(
    _UNIT.findall(
        "or and to up at no than less fewer lower under below more over older younger above least "
        "most from between before after about the of ou et de du des au plus moins jusqu entre "
        "avant après environ les le la"
    )
)


@dataclass(frozen=True, slots=True)
class Band:
    """The whole numbers that one answer is for; None where it is open at an end."""

    low: int | None
    high: int | None
    unit: str

    @property
    def is_range(self) -> bool:
        return self.low is None or self.high is None or self.low < self.high


def band_of(label: str) -> Band | None:
    """The band that an answer speaks of, or None where it speaks of none."""
    numbers = [int(re.sub(r"\D", "", found)) for found in _NUMBER.findall(label)]
    if not 1 <= len(numbers) <= 2 or _NOT_WHOLE.search(label):
        return None
    unit = _unit(label)
    if len(numbers) == 2:
        low, high = numbers
        return Band(low, high, unit) if low <= high else None
    (number,) = numbers
    if _OR_MORE.search(label):
        return Band(number, None, unit)
    if _OR_FEWER.search(label):
        return Band(None, number, unit)
    if _MORE.search(label):
        return Band(number + 1, None, unit)
    if _FEWER.search(label):
        return Band(None, number - 1, unit)
    return Band(number, number, unit)


def _unit(label: str) -> str:
    words = [word.casefold() for word in _UNIT.findall(label)]
    return next((word.removesuffix("s") for word in words if word not in _NO_UNIT), "")


def shared(labels: Iterable[str]) -> int | None:
    """A number that two answers are both for, or None."""
    for one, other in itertools.pairwise(_in_order(labels)):
        if one.high is None or (other.low is not None and other.low <= one.high):
            return other.low if other.low is not None else one.high
        if other.low is None:
            return one.high
    return None


def missing(labels: Iterable[str]) -> int | None:
    """A number between two answers that no answer is for, or None."""
    highest: int | None = None
    for one, other in itertools.pairwise(_in_order(labels)):
        if one.high is None or other.low is None:
            return None
        highest = one.high if highest is None else max(highest, one.high)
        if other.low > highest + 1:
            return highest + 1
    return None


def _in_order(labels: Iterable[str]) -> list[Band]:
    """The bands, the lowest first; none where they can't be compared."""
    found = [band for label in labels if (band := band_of(label)) is not None]
    units = {band.unit for band in found if band.unit}
    if len(found) < 2 or len(units) > 1 or not any(band.is_range for band in found):
        return []
    return sorted(found, key=lambda one: (one.low is not None, one.low or 0, one.high or 0))
