"""Which values a reader can't rule out: exact least and greatest values, with witnesses.

First plain reasoning, in whole numbers: what a row forces is forced. What is left falls apart into
blocks that have nothing to do with each other, and each block is asked by itself. A witness is an
assignment of whole numbers to one block that keeps all of its rows; with the forced numbers and any
assignment of the other blocks it is one complete answer to everything that was published.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from consultation.disclosure.audit.equations import BOUNDLESS, Row, System

Outcome = Literal["found", "impossible", "unfinished"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver found: the extreme value, and whole numbers that reach it."""

    outcome: Outcome
    value: int = 0
    numbers: tuple[int, ...] = ()


class Solver(Protocol):
    """Finds the least or greatest value of a sum over one block."""

    def extreme(self, weights: Mapping[int, int], *, greatest: bool, known: int | None) -> Answer:
        """See ``programme.Programme``."""


class Contradiction(Exception):
    """No whole numbers fit everything that was published. Holds the origin of a row at odds."""


@dataclass(frozen=True, slots=True)
class Range:
    """The least and greatest count a reader can't rule out. ``high`` is None without a limit."""

    low: int
    high: int | None

    @property
    def is_point(self) -> bool:
        """Whether the value is known."""
        return self.low == self.high

    def __str__(self) -> str:
        if self.is_point:
            return f"exactly {self.low}"
        return f"{self.low} or more" if self.high is None else f"{self.low} to {self.high}"


Witness = tuple[tuple[int, int], ...]
"""Pairs of a block's number and the number of one of its assignments."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A range, and the witnesses of both ends. ``is_certain`` is false when time ran out."""

    range: Range
    least: Witness = ()
    greatest: Witness = ()
    is_certain: bool = True


@dataclass(slots=True)
class Block:
    """Unknowns that hang together. Rows number them by their place in ``columns``."""

    columns: tuple[int, ...]
    rows: tuple[Row, ...]
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    assignments: list[tuple[int, ...]] = field(default_factory=list)
    place: dict[int, int] = field(default_factory=dict)
    _known: dict[tuple[int, ...], int] = field(default_factory=dict)
    solver: Solver | None = None

    def __post_init__(self) -> None:
        self.place = {column: place for place, column in enumerate(self.columns)}

    def keep(self, numbers: tuple[int, ...]) -> int:
        """The number of an assignment, kept once."""
        if numbers not in self._known:
            self._known[numbers] = len(self.assignments)
            self.assignments.append(numbers)
        return self._known[numbers]


class Reasoning:
    """Everything that follows from a system.

    ``solver_for`` makes a solver for a block. Without one, only the assignments that a block holds
    already are known, and the ends of a range are the furthest of those.

    Raises:
        Contradiction: when nothing fits.
    """

    def __init__(self, system: System, solver_for: Callable[[Block], Solver] | None = None) -> None:
        self.system = system
        self._solver_for = solver_for
        self.lower = [0] * len(system.names)
        self.upper = [BOUNDLESS] * len(system.names)
        self._force()
        self.blocks = self._fall_apart()
        self.block_of = {
            column: number for number, block in enumerate(self.blocks) for column in block.columns
        }

    def value(self, column: int) -> int | None:
        """The number a column is forced to, if it is."""
        return self.lower[column] if self.lower[column] == self.upper[column] else None

    def forced(self, columns: Iterable[int]) -> int | None:
        """The number a sum is forced to by plain reasoning, if it is."""
        total = 0
        for column in columns:
            if self.lower[column] != self.upper[column]:
                return None
            total += self.lower[column]
        return total

    # Plain reasoning

    def _force(self) -> None:
        """Tighten the bounds of every unknown until no row tightens any further."""
        rows = self.system.rows
        touching: list[list[int]] = [[] for _name in self.system.names]
        for number, row in enumerate(rows):
            for column in row.columns:
                touching[column].append(number)
        waiting = deque(range(len(rows)))
        queued = [True] * len(rows)
        steps = 200 * len(rows) + 1000
        while waiting and steps:
            steps -= 1
            number = waiting.popleft()
            queued[number] = False
            for column in self._tighten(rows[number]):
                for other in touching[column]:
                    if not queued[other]:
                        queued[other] = True
                        waiting.append(other)

    def _tighten(self, row: Row) -> list[int]:
        lower, upper = self.lower, self.upper
        terms = list(zip(row.columns, row.coefficients, strict=True))
        least = sum(c * (lower[x] if c > 0 else upper[x]) for x, c in terms)
        most = sum(c * (upper[x] if c > 0 else lower[x]) for x, c in terms)
        if (row.high is not None and least > row.high) or (row.low is not None and most < row.low):
            raise Contradiction(row.origin)
        changed = []
        for x, c in terms:
            low, high = lower[x], upper[x]
            own_least, own_most = (c * low, c * high) if c > 0 else (c * high, c * low)
            if row.high is not None:
                room = row.high - (least - own_least)
                if c > 0:
                    high = min(high, room // c)
                else:
                    low = max(low, -(room // -c))
            if row.low is not None:
                room = row.low - (most - own_most)
                if c > 0:
                    low = max(low, -(-room // c))
                else:
                    high = min(high, (-room) // -c)
            if low > high:
                raise Contradiction(row.origin)
            if (low, high) != (lower[x], upper[x]):
                least += (c * low if c > 0 else c * high) - own_least
                most += (c * high if c > 0 else c * low) - own_most
                lower[x], upper[x] = low, high
                changed.append(x)
        return changed

    def _fall_apart(self) -> list[Block]:
        leader = list(range(len(self.system.names)))

        def lead(column: int) -> int:
            while leader[column] != column:
                leader[column] = leader[leader[column]]
                column = leader[column]
            return column

        reduced = [row for row in map(self._reduced, self.system.rows) if row is not None]
        for row in reduced:
            first = lead(row.columns[0])
            for column in row.columns[1:]:
                leader[lead(column)] = first
        together: dict[int, list[int]] = {}
        for column in range(len(leader)):
            if self.value(column) is None:
                together.setdefault(lead(column), []).append(column)
        rows_of: dict[int, dict[Row, None]] = {}
        for row in reduced:
            rows_of.setdefault(lead(row.columns[0]), {})[row] = None
        return [
            self._block(columns, list(rows_of.get(head, {}))) for head, columns in together.items()
        ]

    def _reduced(self, row: Row) -> Row | None:
        """A row without its forced unknowns; None when it says nothing any more."""
        given, columns, coefficients = 0, [], []
        least = most = 0
        for column, coefficient in zip(row.columns, row.coefficients, strict=True):
            value = self.value(column)
            if value is not None:
                given += coefficient * value
                continue
            columns.append(column)
            coefficients.append(coefficient)
            ends = coefficient * self.lower[column], coefficient * self.upper[column]
            least += min(ends)
            most += max(ends)
        low = None if row.low is None else row.low - given
        high = None if row.high is None else row.high - given
        if not columns:
            return None
        if (low is None or least >= low) and (high is None or most <= high):
            return None
        return Row(tuple(columns), tuple(coefficients), low, high)

    def _block(self, columns: Sequence[int], rows: Sequence[Row]) -> Block:
        place = {column: number for number, column in enumerate(columns)}
        return Block(
            tuple(columns),
            tuple(
                Row(tuple(place[c] for c in row.columns), row.coefficients, row.low, row.high)
                for row in rows
            ),
            tuple(self.lower[c] for c in columns),
            tuple(self.upper[c] for c in columns),
        )

    # Questions

    def weigh(self, columns: Iterable[int]) -> tuple[int, dict[int, dict[int, int]]]:
        """A sum as its forced part and, for each block, the weights of its own unknowns."""
        given = 0
        weights: dict[int, dict[int, int]] = {}
        for column in columns:
            value = self.value(column)
            if value is not None:
                given += value
                continue
            number = self.block_of[column]
            place = self.blocks[number].place[column]
            weights.setdefault(number, {})[place] = 1
        return given, weights

    def reach(self, columns: Iterable[int]) -> Reach:
        """The exact range of a sum, with witnesses.

        Raises:
            Contradiction: when nothing fits.
        """
        given, weights = self.weigh(columns)
        low = high = given
        least: list[tuple[int, int]] = []
        greatest: list[tuple[int, int]] = []
        is_certain = True
        for number, wanted in sorted(weights.items()):
            for is_greatest, found in ((False, least), (True, greatest)):
                end = self._extreme(number, wanted, greatest=is_greatest)
                if end is None:
                    is_certain = False
                    continue
                value, kept = end
                found.append((number, kept))
                low, high = (low, high + value) if is_greatest else (low + value, high)
        limit = None if high >= BOUNDLESS else high
        return Reach(Range(low, limit), tuple(least), tuple(greatest), is_certain)

    def _extreme(
        self, number: int, wanted: dict[int, int], *, greatest: bool
    ) -> tuple[int, int] | None:
        """The extreme value over one block, and the number of the assignment that reaches it."""
        block = self.blocks[number]
        best: tuple[int, int] | None = None
        for kept, numbers in enumerate(block.assignments):
            value = sum(numbers[place] * weight for place, weight in wanted.items())
            if best is None or (value > best[0] if greatest else value < best[0]):
                best = value, kept
        bounds = block.upper if greatest else block.lower
        ultimate = sum(bounds[place] * weight for place, weight in wanted.items())
        if best is not None and best[0] == ultimate:
            return best
        if self._solver_for is None:
            return best
        if block.solver is None:
            block.solver = self._solver_for(block)
        answer = block.solver.extreme(
            wanted, greatest=greatest, known=None if best is None else best[0]
        )
        if answer.outcome == "impossible":
            raise Contradiction("what hangs together with " + self.system.names[block.columns[0]])
        if answer.outcome == "unfinished":
            return None
        if not answer.numbers:
            return best
        return answer.value, block.keep(answer.numbers)

    def fits(self) -> list[str]:
        """Find an assignment of every block; the names of blocks where time ran out.

        Raises:
            Contradiction: when there is none.
        """
        slow = []
        for number, block in enumerate(self.blocks):
            if not block.assignments and self._extreme(number, {0: 1}, greatest=False) is None:
                slow.append(self.system.names[block.columns[0]])
        return slow
