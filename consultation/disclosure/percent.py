"""Percentages and middle values from protected numbers. Pure.

A percentage says nothing that its count and base do not, so it is given only where both are
shown. One that stands without them is a statement all the same: ``interval`` says which.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from consultation.disclosure.tables import Policy


def whole_percent(count: int | None, base: int | None, policy: Policy) -> int | None:
    """A whole per cent, half up; none below a base of thirty, none where a number is hidden."""
    if count is None or base is None or base < policy.percent_base:
        return None
    return (200 * count + base) // (2 * base)


def interval(percent: int, base: int) -> tuple[int, int]:
    """The counts that a whole per cent of a known base leaves possible, both included."""
    low = max(0, -(-(2 * percent - 1) * base // 200))
    high = min(base, -(-(2 * percent + 1) * base // 200) - 1)
    return low, high


def quartiles(counts: Mapping[int, int], policy: Policy, *, step: int) -> tuple[int, ...] | None:
    """Lower quartile, median and upper quartile of numbers people gave, rounded to ``step``.

    None below a base of twenty. Never a minimum, a maximum or a range. The value at the place
    ``q (n + 1)`` is taken, the mean of two where that falls between, and a half rounds up.
    """
    values = sorted(value for value, count in counts.items() for _one in range(count))
    if len(values) < policy.median_base:
        return None
    found = []
    for quarter in (1, 2, 3):
        place = Fraction(quarter * (len(values) + 1), 4) - 1
        below = values[int(place)]
        above = values[min(int(place) + 1, len(values) - 1)]
        exact = Fraction(below) if place.denominator == 1 else Fraction(below + above, 2)
        found.append(math.floor(exact / step + Fraction(1, 2)) * step)
    return tuple(found)
