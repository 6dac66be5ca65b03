"""Complementary suppression: the cheapest numbers to hide so that every hidden one is covered.

The method is that of Fischetti and Salazar (Management Science 47, 2001): a master programme
chooses what to hide; for each hidden number two linear programmes give the values a reader can't
rule out; where those are too narrow, their duals give the master a cut. Here every hidden number
has to be covered, since a reader can't tell which of them were small.

Nothing rests on the floating-point answers. A number counts as covered only when whole-number
tables are at hand that agree with everything published, checked in whole numbers, and in which it
is far enough apart. Where the solver stops or errs, more is hidden, never less.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from consultation.disclosure.solver import INFINITE, Answer, Programme, Row

Guard = Literal["", "covered", "not_small"]
Whole = NDArray[np.int64]

_ROUGHLY: Final = 0.1
"""How far from the least cost the first choices may be, while there are cuts to find."""
_GRACE: Final = 2.0
"""Seconds past the deadline in which what was hidden in haste is looked through."""
_PATIENCE: Final = 10.0
"""Seconds for one question. Longer than any takes, unless something is wrong."""
_TINY: Final = 1e-7
_ROUNDING: Final = 0.01
"""How far from whole a proposal may be: once rounded, it is checked exactly."""
_WHOLE: Final = 1e-5


@dataclass(slots=True)
class Number:
    """A column that is published, or guarded though nobody publishes it.

    Attributes:
        cost: of hiding it; None when it stands as it is, or is not published anyway.
        is_hidden: it is hidden, whatever else is.
        guard: when hidden, it must be ``covered``: reach k and span k. ``not_small``: no reader
            may be sure that it is 1 … k-1.
        low, high: what a reader knows of it when it is hidden.
    """

    cost: float | None = None
    is_hidden: bool = False
    guard: Guard = ""
    low: int = 0
    high: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """The system, and the numbers in it.

    Attributes:
        reference: one value for each column that agrees with everything; the truth, where known.
        rows: each sums to nought.
        facts: each is nought or more.
        most: no column is larger.
    """

    reference: Sequence[int]
    rows: Sequence[dict[int, int]]
    facts: Sequence[dict[int, int]]
    numbers: dict[int, Number]
    most: int
    k: int


@dataclass(frozen=True, slots=True)
class Cover:
    """What to hide. ``is_optimal``: nothing cheaper would do."""

    hidden: frozenset[int]
    is_optimal: bool


@dataclass(frozen=True, slots=True)
class Uncovered:
    """No choice covers this number; these stand in the way."""

    column: int
    because: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Cut:
    """While ``column`` is hidden, the weights of the hidden must reach one."""

    column: int
    weights: dict[int, float]
    because: frozenset[int]


class _Part:
    """Free columns that depend on each other, as a programme of its own."""

    def __init__(self, columns: list[int], sources: list[int], rows: list[Row]) -> None:
        self.columns = np.array(columns, dtype=np.int64)
        self.sources = sources
        self.rows = rows
        self.place = {column: at for at, column in enumerate(columns)}
        self._starts = np.cumsum([0, *(len(terms) for terms, _low, _high in rows[:-1])])
        self._index = np.array([at for terms, *_rest in rows for at in terms], dtype=np.int64)
        self._by = np.array([by for terms, *_rest in rows for by in terms.values()], dtype=np.int64)
        self._least = np.array([low for _terms, low, _high in rows])
        self._most = np.array([high for _terms, _low, high in rows])
        self.bounds: tuple[list[int], list[int]] = ([], [])
        self._asked: dict[bool, Programme] = {}

    def programme(self, *, is_whole: bool) -> Programme:
        """Made when it is first asked for."""
        if is_whole not in self._asked:
            self._asked[is_whole] = Programme(*self.bounds, self.rows, is_whole=is_whole)
        return self._asked[is_whole]

    def read(self, answer: Answer) -> Whole | None:
        """A table that agrees with everything published, if the answer is one: checked exactly."""
        if not answer.columns:
            return None
        given = np.array(answer.columns)
        values: Whole = np.rint(given).astype(np.int64)
        if np.abs(given - values).max() > _ROUNDING:
            return None
        if (values < self.bounds[0]).any() or (values > self.bounds[1]).any():
            return None
        if len(self.rows):
            sums = np.add.reduceat(self._by * values[self._index], self._starts)
            if (sums < self._least).any() or (sums > self._most).any():
                return None
        return values


class Coverer:
    """Solves one problem."""

    def __init__(self, problem: Problem, seconds: float) -> None:
        self.problem = problem
        self.deadline = time.process_time() + seconds
        self._choices = sorted(
            column
            for column, number in problem.numbers.items()
            if number.cost is not None and not number.is_hidden
        )
        self._forced = frozenset(
            column for column, number in problem.numbers.items() if number.is_hidden
        )
        self._reference = np.array(problem.reference, dtype=np.int64)
        self._rows = [(row, True) for row in problem.rows] + [(row, False) for row in problem.facts]
        self._rows_of: dict[int, list[int]] = {}
        for number, (row, _is_equal) in enumerate(self._rows):
            for column in row:
                self._rows_of.setdefault(column, []).append(number)
        # Other tables that a reader could hold for true: how far columns are from the reference.
        self._moves: list[tuple[Whole, Whole]] = []
        self._lowest = np.zeros(len(self._reference), dtype=np.int64)
        self._highest = np.zeros(len(self._reference), dtype=np.int64)

    def solve(self, is_hopeless: Callable[[frozenset[int]], bool]) -> Cover | Uncovered:
        """The cheapest cover, or a number that can't be covered.

        A rough answer that ``is_hopeless`` is not improved: it will not be used.
        """
        cuts = list(self._cuts_of_rows())
        place = {column: number for number, column in enumerate(self._choices)}
        master = Programme(
            [0] * len(place),
            [1] * len(place),
            [],
            costs=[self.problem.numbers[column].cost or 0.0 for column in self._choices],
            is_whole=True,
        )
        master.settle_for(_ROUGHLY)
        is_rough = True
        best: frozenset[int] | None = None
        last = self._forced
        while True:
            for cut in cuts:
                if cut.column in self._forced and not cut.weights:
                    return Uncovered(cut.column, cut.because)
                self._require(master, cut, place)
            found = master.solve(self._left())
            if found.status == "impossible":
                return self._hardest()
            if (self._choices and not found.columns) or self._left() <= 0:
                break
            last = self._forced | {
                column for column in self._choices if found.columns[place[column]] > 0.5
            }
            cuts = self._audit(last)
            if cuts:
                continue
            best = last
            if found.status == "stopped":
                break
            if not is_rough or is_hopeless(last):
                return Cover(last, not is_rough)
            is_rough = False
            master.settle_for(0.0)
            master.start_from(found.columns)
        return self._thin_out(Cover(best, False) if best else self._hide_more(last))

    def _require(self, master: Programme, cut: _Cut, place: dict[int, int]) -> None:
        terms = {place[column]: weight for column, weight in cut.weights.items()}
        if cut.column in self._forced:
            master.require(terms, 1.0)
        else:
            master.require({**terms, place[cut.column]: -1.0}, 0.0)

    def _left(self) -> float:
        return self.deadline - time.process_time()

    def _hardest(self) -> Uncovered:
        """With everything hidden that may be, the first number that is still not covered."""
        for cut in self._audit(self._forced | frozenset(self._choices)):
            return Uncovered(cut.column, cut.because)
        column = min(self._forced)
        return Uncovered(column, frozenset({column}))

    def _hide_more(self, hidden: Iterable[int]) -> Cover | Uncovered:
        """Hide whatever would help until all is covered. Quick, and dearer than need be."""
        now = set(hidden)
        while True:
            cuts = self._audit(frozenset(now))
            if not cuts:
                return Cover(frozenset(now), False)
            before = len(now)
            for cut in cuts:
                now.update(cut.weights)
            if len(now) == before:
                return self._hardest()

    def _thin_out(self, found: Cover | Uncovered) -> Cover | Uncovered:
        """Show what need not be hidden, dearest first, while there is time."""
        if isinstance(found, Uncovered):
            return found
        now = found.hidden
        costs = {column: self.problem.numbers[column].cost or 0.0 for column in self._choices}
        for column in sorted(now & costs.keys(), key=lambda one: (-costs[one], one)):
            if self._left() <= -_GRACE:
                break
            if not self._audit(now - {column}, at_most=1):
                now -= {column}
        return Cover(now, False)

    def _cuts_of_rows(self) -> Iterator[_Cut]:
        """What one sum by itself says: a hidden number moves only as far as its neighbours let it.

        These are cuts too, found without asking anything.
        """
        for row in self.problem.rows:
            for column in row:
                number = self.problem.numbers.get(column)
                if number is not None and number.guard == "covered":
                    cut = self._cut_of_row(row, column)
                    if cut is not None:
                        yield cut

    def _cut_of_row(self, row: dict[int, int], column: int) -> _Cut | None:
        value = self.problem.reference[column]
        need = max(self.problem.k - value, 1)
        weights: dict[int, float] = {}
        for other, by in row.items():
            if other == column:
                continue
            low, high = self._bounds(other)
            beside = self.problem.reference[other]
            room = beside - low if by == row[column] else high - beside
            if value >= self.problem.k:
                # It may move inwards as well.
                room = max(beside - low, high - beside)
            number = self.problem.numbers.get(other)
            if number is None or number.is_hidden:
                need -= room
                if need <= 0:
                    return None
            elif number.cost is not None and room:
                weights[other] = float(room)
        return _Cut(
            column,
            {other: min(1.0, room / need) for other, room in sorted(weights.items())},
            frozenset(row.keys() & self.problem.numbers.keys()),
        )

    # What a reader can't rule out.

    def _audit(self, hidden: frozenset[int], at_most: int | None = None) -> list[_Cut]:
        """A cut for each hidden number that is not covered; of many, the first few."""
        is_free = np.ones(len(self._reference), dtype=bool)
        is_free[sorted(self.problem.numbers.keys() - hidden)] = False
        self._lowest[:] = 0
        self._highest[:] = 0
        for columns, by in self._moves:
            if is_free[columns].all():
                self._note(columns, by)
        cuts: list[_Cut] = []
        for part in self._parts(hidden, is_free):
            for column in part.place:
                number = self.problem.numbers.get(column)
                if number is None or not number.guard:
                    continue
                if self._is_covered(column, number):
                    continue
                cut = self._check(column, number, part, hidden)
                if cut is not None:
                    cuts.append(cut)
                    if len(cuts) == at_most:
                        return cuts
        return cuts

    def _note(self, columns: Whole, by: Whole) -> None:
        self._lowest[columns] = np.minimum(self._lowest[columns], by)
        self._highest[columns] = np.maximum(self._highest[columns], by)

    def _is_covered(self, column: int, number: Number) -> bool:
        """Whether the tables at hand show that a reader can't pin a number down."""
        value = int(self._reference[column])
        reaches = value + self._highest[column] >= self.problem.k
        if number.guard == "not_small":
            return bool(reaches or value + self._lowest[column] <= 0)
        return bool(reaches and self._highest[column] - self._lowest[column] >= self.problem.k)

    def _parts(self, hidden: frozenset[int], is_free: NDArray[np.bool_]) -> Iterator[_Part]:
        """The free columns, in groups that do not depend on each other."""
        seen: set[int] = set()
        for start in sorted(column for column in hidden if self.problem.numbers[column].guard):
            if start in seen:
                continue
            seen.add(start)
            columns, waiting = [], [start]
            rows: set[int] = set()
            while waiting:
                column = waiting.pop()
                columns.append(column)
                for row in self._rows_of.get(column, ()):
                    if row in rows:
                        continue
                    rows.add(row)
                    for other in self._rows[row][0]:
                        if is_free[other] and other not in seen:
                            seen.add(other)
                            waiting.append(other)
            yield self._part(sorted(columns), sorted(rows), is_free)

    def _part(self, columns: list[int], rows: list[int], is_free: NDArray[np.bool_]) -> _Part:
        place = {column: at for at, column in enumerate(columns)}
        made: list[Row] = []
        for row in rows:
            terms, is_equal = self._rows[row]
            rest = -sum(
                by * self.problem.reference[column]
                for column, by in terms.items()
                if not is_free[column]
            )
            inside = {place[column]: by for column, by in terms.items() if is_free[column]}
            made.append((inside, rest, rest if is_equal else INFINITE))
        part = _Part(columns, rows, made)
        bounds = [self._bounds(column) for column in columns]
        part.bounds = ([low for low, _high in bounds], [high for _low, high in bounds])
        return part

    def _bounds(self, column: int) -> tuple[int, int]:
        number = self.problem.numbers.get(column)
        return (number.low, number.high) if number else (0, self.problem.most)

    def _check(
        self, column: int, number: Number, part: _Part, hidden: frozenset[int]
    ) -> _Cut | None:
        """Look for whole-number tables that cover a number; else say what would help."""
        k = self.problem.k
        value = self.problem.reference[column]
        at = part.place[column]
        linear = part.programme(is_whole=False)
        most = linear.most(at, _PATIENCE)
        if self._learn(most, part) and self._is_covered(column, number):
            return None
        if most.status == "optimal" and most.value + _WHOLE < k and number.guard == "covered":
            return self._cut(column, [most], part, hidden, k - value)
        least = linear.least(at, _PATIENCE)
        if self._learn(least, part) and self._is_covered(column, number):
            return None
        if (
            most.status == least.status == "optimal"
            and most.value - least.value + _WHOLE < k
            and number.guard == "covered"
        ):
            return self._cut(column, [most, least], part, hidden, k)
        whole = part.programme(is_whole=True)
        for find in (whole.most, whole.least):
            if self._learn(find(at, _PATIENCE), part) and self._is_covered(column, number):
                return None
        return self._blunt(column, part, hidden)

    def _learn(self, answer: Answer, part: _Part) -> bool:
        """Keep an answer that is a table; false when it is none."""
        values = part.read(answer)
        if values is None:
            return False
        by = values - self._reference[part.columns]
        moved = by != 0
        if moved.any():
            self._moves.append((part.columns[moved], by[moved]))
            self._note(part.columns[moved], by[moved])
        return True

    def _cut(
        self, column: int, answers: list[Answer], part: _Part, hidden: frozenset[int], need: float
    ) -> _Cut:
        """What the duals say: how far each number, if hidden, would widen the range at most."""
        weights: dict[int, float] = {}
        because = {column}
        for answer, sign in zip(answers, (-1.0, 1.0), strict=False):
            prices, slack = self._prices(answer, part, column, sign)
            need -= slack
            for other, price in prices.items():
                number = self.problem.numbers.get(other)
                value = self.problem.reference[other]
                low, high = self._bounds(other)
                if number is not None:
                    because.add(other)
                room = price * (high - value) if price > 0 else -price * (value - low)
                if number is None or number.is_hidden or other == column:
                    need -= room
                elif number.cost is not None:
                    weights[other] = weights.get(other, 0.0) + room
        if need < _TINY:
            return self._blunt(column, part, hidden)
        return _Cut(
            column,
            {other: min(1.0, by / need) for other, by in sorted(weights.items()) if by > _TINY},
            frozenset(because),
        )

    def _prices(
        self, answer: Answer, part: _Part, column: int, sign: float
    ) -> tuple[dict[int, float], float]:
        """How much one more of each column, fixed ones included, may move ``column`` outwards.

        By the duals no table moves it further than the sum of these; the second number is what
        the facts leave open besides.
        """
        prices = {column: -sign}
        slack = 0.0
        for number, dual in zip(part.sources, answer.duals, strict=True):
            if abs(dual) < _TINY:
                continue
            terms, is_equal = self._rows[number]
            for other, by in terms.items():
                prices[other] = prices.get(other, 0.0) + dual * by
            if not is_equal:
                reference = self.problem.reference
                slack += dual * sum(by * reference[other] for other, by in terms.items())
        return {other: price for other, price in prices.items() if abs(price) > _TINY}, slack

    def _blunt(self, column: int, part: _Part, hidden: frozenset[int]) -> _Cut:
        """At least one more number that touches this part must be hidden."""
        touching = {other for row in part.sources for other in self._rows[row][0]}
        weights = dict.fromkeys(sorted((touching & set(self._choices)) - hidden), 1.0)
        return _Cut(column, weights, frozenset(touching) | {column})
