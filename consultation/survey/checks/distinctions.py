"""Every answer that a question takes, reduced to those that some tests can tell apart. Pure.

A number that is only compared with 5 is below, at or above it; of sixty answers to tick, those
that no test names are as good as each other. What is left are few answers that stand for all: for
each answer a person may give, one of them makes every test come out the same.

A *test* is a comparison as ``routing`` knows it, naming this question alone.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from testimony.wizard.definition import (
    AGE_ADULT,
    CHOICE_TYPES,
    CONSENT_TYPES,
    MONTH_TYPES,
    MOST_PLACES,
    MULTIPLE_TYPES,
    NUMBER_TYPES,
    RANKING_TYPES,
    TEXT_TYPES,
)

MOST_ANSWERS: Final = 8_192
"""The most answers to one question that are tried."""

_MONTHS: Final = tuple(f"-{month:02}" for month in range(1, 13))
_LISTED: Final = MULTIPLE_TYPES | RANKING_TYPES
_ORDERINGS: Final = frozenset({"<", "<=", ">", ">="})

Test = Mapping[str, Any]


class TooManyAnswers(Exception):
    """The tests tell more answers apart than can be tried."""


@dataclass(frozen=True, slots=True)
class Takes:
    """What one question takes as an answer, and whether it must have one."""

    key: str
    type: str
    codes: tuple[str, ...] = ()
    exclusive: frozenset[str] = frozenset()
    is_required: bool = False
    prefer_not: bool = False
    minimum: int | None = None
    maximum: int | None = None
    picks: int | None = None

    @property
    def must_be_answered(self) -> bool:
        if self.type in CONSENT_TYPES | {"age_check"}:
            return True
        return self.is_required and not self.prefer_not


def answers(takes: Takes, tests: Iterable[Test]) -> Iterator[Any]:
    """Answers that stand for all that can be given; None for no answer, or a declined one.

    Raises:
        TooManyAnswers: while they are gone through, when there are more than ``MOST_ANSWERS``.
    """
    if not takes.must_be_answered:
        yield None
    for number, answer in enumerate(_given(takes, list(tests))):
        if number == MOST_ANSWERS:
            raise TooManyAnswers(takes.key)
        yield answer


def _given(takes: Takes, tests: list[Test]) -> Iterator[Any]:
    kind = takes.type
    if kind == "age_check":
        # Whoever gives another answer leaves.
        yield from [code for code in takes.codes if code == AGE_ADULT]
    elif kind in CHOICE_TYPES | CONSENT_TYPES:
        yield from takes.codes
    elif kind in _LISTED:
        yield from _lists(takes, tests)
    elif kind in NUMBER_TYPES:
        yield from _numbers(takes, tests)
    elif kind in MONTH_TYPES:
        yield from _months(takes, tests)
    elif kind in TEXT_TYPES:
        yield from _texts(takes, tests)


def _numbers(takes: Takes, tests: list[Test]) -> Iterator[int]:
    """Each number a test names, its neighbours, and the bounds."""
    low, high = takes.minimum, takes.maximum
    found = {0, *(bound for bound in (low, high) if bound is not None)}
    for constant in _constants(tests):
        if isinstance(constant, int | float) and math.isfinite(constant):
            found |= {math.floor(constant) + step for step in (-1, 0, 1, 2)}
    for number in sorted(found):
        if (low is None or number >= low) and (high is None or number <= high):
            yield number


def _months(takes: Takes, tests: list[Test]) -> Iterator[str]:
    """Each month a test names, its neighbours, the first and the last."""
    if takes.minimum is None or takes.maximum is None:
        return
    years = range(max(takes.minimum, 0), min(takes.maximum, 9_999) + 1)
    if len(years) > MOST_ANSWERS:
        raise TooManyAnswers(takes.key)
    months = sorted(f"{year}{month}" for year in years for month in ("", *_MONTHS))
    if not all(_compares_whole(test) for test in tests):
        yield from months
        return
    places = {0, len(months) - 1}
    for constant in _constants(tests):
        if isinstance(constant, str):
            place = bisect_left(months, constant)
            places |= {place - 1, place, place + 1}
    yield from (months[place] for place in sorted(places) if 0 <= place < len(months))


def _texts(takes: Takes, tests: list[Test]) -> Iterator[str]:
    """Each text that a test names, and one that none names."""
    if not all(_compares_whole(test) and not _ORDERINGS & test.keys() for test in tests):
        raise TooManyAnswers(takes.key)
    named = {word for word in _constants(tests) if isinstance(word, str) and word == word.strip()}
    yield from sorted(named - {""})
    yield next(word for word in map(chr, itertools.count(ord("a"))) if word not in named)


def _compares_whole(test: Test) -> bool:
    """Whether a test of a text never looks into it: it compares, or looks for it in a list."""
    ((name, (_left, right)),) = test.items()
    if name == "in":
        return isinstance(right, list)
    return name not in ("any-in", "all-in")


def _lists(takes: Takes, tests: list[Test]) -> Iterator[list[str]]:
    """Sets of codes. Codes that every test treats alike stand for each other."""
    yield from ([code] for code in takes.codes if code in takes.exclusive)
    beside = [code for code in takes.codes if code not in takes.exclusive]
    is_ranking = takes.type in RANKING_TYPES
    most = min(takes.picks or len(beside), MOST_PLACES) if is_ranking else len(beside)
    by_set = all(_looks_at_sets(test, is_ranking=is_ranking) for test in tests)
    if is_ranking and not by_set:
        for size in range(1, most + 1):
            yield from map(list, itertools.permutations(beside, size))
        return
    kinds = [_names(test) for test in tests] if by_set else [frozenset([one]) for one in beside]
    groups: dict[tuple[bool, ...], list[str]] = {}
    for code in beside:
        groups.setdefault(tuple(code in names for names in kinds), []).append(code)
    totals = [
        math.floor(one)
        for one in _constants(tests)
        if isinstance(one, int | float) and math.isfinite(one)
    ]
    for pattern in _patterns(list(groups.values())):
        yield from _sets(pattern, beside, most, totals)


_Share = tuple[list[str], int, int]
"""Some codes that stand for each other, and the fewest and the most of them that are ticked."""


def _patterns(groups: list[list[str]]) -> Iterator[tuple[_Share, ...]]:
    """None, some or all of each group; the plain cases first, because they often do."""
    ways: list[list[_Share]] = [
        [(group, 0, 0), (group, len(group), len(group))]
        + ([(group, 1, len(group) - 1)] if len(group) > 1 else [])
        for group in groups
    ]
    yield tuple(way[1] for way in ways)
    for number, way in enumerate(ways):
        for one in way[1:]:
            yield tuple(one if place == number else other[0] for place, other in enumerate(ways))
    yield from itertools.product(*ways)


def _sets(
    pattern: tuple[_Share, ...], order: list[str], most: int, totals: list[int]
) -> Iterator[list[str]]:
    """A set for each number of ticks that a pattern allows and that a test may tell apart."""
    least = sum(low for _group, low, _high in pattern)
    fullest = min(sum(high for _group, _low, high in pattern), most)
    sizes = {least, fullest, *(total + step for total in totals for step in (-1, 0, 1, 2))}
    for size in sorted(sizes):
        if max(least, 1) <= size <= fullest:
            more, chosen = size - least, set[str]()
            for group, low, high in pattern:
                taken = min(high - low, more)
                chosen |= set(group[: low + taken])
                more -= taken
            yield [code for code in order if code in chosen]


def _looks_at_sets(test: Test, *, is_ranking: bool) -> bool:
    """Whether a test of a list asks only which codes are in it, or how many.

    What is ticked comes in the order of the options, so that to be equal is to be the same set.
    """
    ((name, (left, right)),) = test.items()
    if _is_count(left) or _is_count(right):
        return not (_is_answer(left) or _is_answer(right)) and _is_plain(left, right)
    if _is_answer(left) and _is_answer(right):
        return False
    if name in ("any-in", "all-in"):
        return isinstance(left, list) or isinstance(right, list)
    if name == "in":
        return _is_answer(right)
    return name in ("==", "!=") and not is_ranking


def _is_count(operand: Any) -> bool:
    return isinstance(operand, Mapping) and "count" in operand


def _is_answer(operand: Any) -> bool:
    return isinstance(operand, Mapping) and "answer" in operand


def _is_plain(left: Any, right: Any) -> bool:
    """Whether a count is compared with a number, not looked for in a list."""
    return not isinstance(left, list) and not isinstance(right, list)


def _names(test: Test) -> frozenset[str]:
    return frozenset(word for word in _constants([test]) if isinstance(word, str))


def _constants(tests: Iterable[Test]) -> Iterator[Any]:
    """Each word and number that the tests compare with."""
    for test in tests:
        for operands in test.values():
            yield from _leaves(operands)


def _leaves(operand: Any) -> Iterator[Any]:
    if isinstance(operand, list | tuple):
        for part in operand:
            yield from _leaves(part)
    elif not isinstance(operand, Mapping):
        yield operand
