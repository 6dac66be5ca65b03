"""Puts tables, their numbers and earlier editions together as one problem to solve. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from consultation.disclosure.cover import Guard, Number, Problem
from consultation.disclosure.editions import Edition, arrange, between
from consultation.disclosure.ladder import Rung
from consultation.disclosure.solver import INFINITE, Programme, Row
from consultation.disclosure.spots import Spot, region_of
from consultation.disclosure.system import (
    EVERYBODY,
    Equations,
    Region,
    System,
    know_of_ticks,
    spread,
)
from consultation.disclosure.tables import (
    NOT_ASKED,
    Band,
    NotATable,
    Policy,
    PublishedNumber,
    Table,
)

_CELL = 1.0
_MARGIN = 3.0
_BASE = 12.0
_HEADLINE = 6.0
_SECONDS = 30.0


class Disagreement(Exception):
    """An earlier edition does not count a part of our people, nor do we count a part of its."""

    def __init__(self, edition: Edition | None = None) -> None:
        """``edition`` is the one that disagrees, where one is known to."""
        super().__init__("An earlier edition counts other people.")
        self.edition = edition


class OutOfTime(Exception):
    """Whether an earlier edition fits ours was not found out in time."""


class FewJoined(Exception):
    """Between two editions so few people joined or left that their answers would show."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """The problem, and the column of each number in it."""

    problem: Problem
    column_of: dict[int, int]


class Assembly:
    """One problem in the making."""

    def __init__(
        self,
        rungs: Sequence[Rung],
        spots: Sequence[Spot],
        editions: Sequence[Edition],
        policy: Policy,
        participants: int,
    ) -> None:
        self.rungs = rungs
        self.spots = spots
        self.policy = policy
        self.participants = participants
        self.editions = [one for one in editions if not one.is_apart]
        self.apart = [one for one in editions if one.is_apart]
        self.tables = [rung.table for rung in rungs if rung.verdict != "withheld"]
        blocks, self.ours = arrange(self.editions, participants)
        self.crossed = [
            *(table.variables for table in self.tables),
            *(table.variables for edition in self.editions for table in edition.tables),
        ]
        self.system = System(
            self.crossed,
            zeros=[
                (table.variables, zero) for table in self.tables for zero in sorted(table.zeros)
            ],
            asked_all=_asked_all(self.tables, self.editions),
            blocks=blocks,
        )
        self.most = max([participants, *(edition.participants for edition in self.editions)])
        self.known: dict[int, int] = {}
        self.column_of: dict[int, int] = {}
        self.numbers: dict[int, Number] = {}

    def assemble(self) -> Assembled:
        """The problem.

        Raises:
            NotATable: when the tables contradict each other.
            Disagreement: when an edition can't be fitted to ours, and is to be set apart.
            FewJoined: when the people who joined or left since an edition are few.
            OutOfTime: when it can't be said in time whether an edition fits.
        """
        system = self.system
        self._count_ours()
        for spot in self.spots:
            spot.number = self._find(spot)
        earlier = [
            (edition, system.find(region, edition.blocks), region, number)
            for edition in self.editions
            for region, number in edition.numbers(system)
        ]
        everybody = [(system.find(EVERYBODY, self.ours), self.participants)]
        everybody += [
            (system.find(EVERYBODY, edition.blocks), edition.participants)
            for edition in self.editions
        ]
        changes = list(self._changes(earlier))
        for variables in {
            frozenset(one.key for one in variables): variables for variables in self.crossed
        }.values():
            for block in range(system.blocks):
                know_of_ticks(variables, system, block)
        equations = system.equations()
        self.column_of = {
            number: equations.column_of[system.root(number)] for number in range(system.size)
        }
        for number, count in (*self.known.items(), *everybody):
            self._set(equations, number, count)
        self._check(equations)
        for edition, number, _region, published in earlier:
            if published.is_impossible or published.count is not None:
                self._set(equations, number, published.count or 0, edition)
        self._publish()
        self._add_earlier([(number, published) for _e, number, _r, published in earlier])
        for number, guard in changes:
            self._guard(self.column_of[number], guard)
        for number, _count in everybody:
            self.numbers[self.column_of[number]] = Number()
        self._hide_small_differences()
        reference = self._reference(equations)
        facts = [
            fact
            for fact in equations.facts
            if sum(by * reference[column] for column, by in fact.items()) >= 0
        ]
        problem = Problem(reference, equations.rows, facts, self.numbers, self.most, self.policy.k)
        return Assembled(problem, self.column_of)

    # Numbers of ours.

    def _count_ours(self) -> None:
        """What we know of the cells: each of them where there is one block, else their sums."""
        for table in self.tables:
            for place, counts in spread(table, self.system):
                if self.ours == (0,):
                    self.system.crossings[place].counts[0] = counts
                    continue
                for cell, count in enumerate(counts):
                    self.known[self.system.find_cell(place, cell, self.ours)] = count

    def _find(self, spot: Spot) -> int:
        table = self.rungs[spot.rung].table
        region = region_of(spot, spot.values, table, self.system)
        if spot.less is None:
            number = self.system.find(region, self.ours)
        else:
            less = region_of(spot, spot.less, table, self.system)
            number = self.system.without(region, less, self.ours)
        self.known[number] = spot.count
        return number

    def _publish(self) -> None:
        """What may be hidden, at what cost, and what must be."""
        people = 1 + sum(spot.count for spot in self.spots if spot.is_published)
        for spot in self.spots:
            if spot.is_impossible:
                continue
            number = self._guard(self.column_of[spot.number], "covered", is_hidden=False)
            rung = self.rungs[spot.rung]
            if spot.is_published:
                number.cost = (number.cost or 0.0) + _cost(spot, rung) + spot.count / people
            if spot.is_unsafe or (spot.is_cell and rung.verdict in ("bands", "margins")):
                number.is_hidden = True
            if spot.band is not None:
                _narrow(number, spot.band)

    def _guard(self, column: int, guard: Guard, *, is_hidden: bool = True) -> Number:
        """A number that a reader may not work out."""
        number = self.numbers.setdefault(column, Number(high=self.most))
        if number.guard != "covered":
            number.guard = guard
        if number.cost is None:
            number.is_hidden = number.is_hidden or is_hidden
        return number

    # Earlier editions.

    def _add_earlier(self, earlier: Iterable[tuple[int, PublishedNumber]]) -> None:
        """What is out stays out, and what was hidden stays covered."""
        shown = {
            self.column_of[number]
            for number, published in earlier
            if published.count is not None or published.is_impossible
        }
        for number, published in earlier:
            column = self.column_of[number]
            if column in shown:
                self.numbers[column] = Number()
                continue
            # Shown now, it would tell that it was hidden then for another number's sake.
            kept = self._guard(column, "covered")
            kept.is_hidden = True
            if published.band is not None:
                _narrow(kept, published.band)

    def _changes(
        self, earlier: Sequence[tuple[Edition, int, Region, PublishedNumber]]
    ) -> Iterator[tuple[int, Guard]]:
        """The people who joined or left between an edition and now, at places both publish."""
        before = {
            (id(edition), self.system.root(number)): published.count
            for edition, number, _region, published in earlier
        }
        for edition in self.editions:
            blocks = between(self.ours, edition.blocks)
            if not blocks:
                continue
            self._check_few(edition)
            for spot in self.spots:
                if not spot.is_published or spot.is_impossible:
                    continue
                table = self.rungs[spot.rung].table
                region = region_of(spot, spot.values, table, self.system)
                key = id(edition), self.system.root(self.system.find(region, edition.blocks))
                if key not in before:
                    continue
                then = before[key]
                if then is None:
                    yield self.system.find(region, blocks), "not_small"
                elif self.policy.is_small(abs(spot.count - then)):
                    yield self.system.find(region, blocks), "covered"

    def _check_few(self, edition: Edition) -> None:
        if self.policy.is_small(abs(self.participants - edition.participants)):
            raise FewJoined

    def _hide_small_differences(self) -> None:
        """Of editions apart: a number that changed by a little is not published again."""
        for edition in self.apart:
            self._check_few(edition)
            before = {
                frozenset(zip(table.keys, number.place, strict=True)): number.count
                for table in edition.tables
                for number in (*table.cells, *table.margins)
            }
            for spot in self.spots:
                keys = self.rungs[spot.rung].table.keys
                then = before.get(frozenset(zip(keys, spot.place, strict=True)))
                if not spot.is_published or then is None:
                    continue
                if self.policy.is_small(abs(spot.count - then)):
                    self.numbers[self.column_of[spot.number]].is_hidden = True

    # Values.

    def _set(
        self, equations: Equations, number: int, count: int, edition: Edition | None = None
    ) -> None:
        column = self.column_of[number]
        before = equations.values[column]
        if before is not None and before != count:
            if edition is not None:
                raise Disagreement(edition)
            raise NotATable("The tables contradict each other: they count different people.")
        equations.values[column] = count

    def _check(self, equations: Equations) -> None:
        """Every sum whose terms are known adds up."""
        values = equations.values
        for row in equations.rows:
            terms = [
                (by, value) for column, by in row.items() if (value := values[column]) is not None
            ]
            total = sum(by * value for by, value in terms)
            if len(terms) == len(row) and total:
                self._disagree()

    def _disagree(self) -> NoReturn:
        if not self.editions:
            raise NotATable("The tables contradict each other: they count different people.")
        raise Disagreement

    def _reference(self, equations: Equations) -> list[int]:
        """One value for each column that agrees with what we know and what is out."""
        self._check(equations)
        values = equations.values
        unknown = [column for column, value in enumerate(values) if value is None]
        place = {column: at for at, column in enumerate(unknown)}
        rows: list[Row] = []
        for terms, high in [
            *((row, 0.0) for row in equations.rows),
            *((fact, INFINITE) for fact in equations.facts),
        ]:
            inside = {place[column]: by for column, by in terms.items() if column in place}
            if inside:
                rest = -sum(by * (values[column] or 0) for column, by in terms.items())
                rows.append((inside, rest, rest + high))
        if unknown:
            bounds = [self._bounds(column) for column in unknown]
            programme = Programme(
                [low for low, _high in bounds],
                [high for _low, high in bounds],
                rows,
                is_whole=True,
            )
            found = programme.solve(_SECONDS)
            if found.status == "impossible":
                self._disagree()
            if not found.columns:
                raise OutOfTime
            for column, value in zip(unknown, found.columns, strict=True):
                values[column] = round(value)
            self._check(equations)
        return [value for value in values if value is not None]

    def _bounds(self, column: int) -> tuple[int, int]:
        number = self.numbers.get(column)
        return (number.low, number.high) if number else (0, self.most)


def _narrow(number: Number, band: Band) -> None:
    """A reader knows the statement too."""
    number.low = max(number.low, band.low)
    if band.high is not None:
        number.high = min(number.high, band.high)


def _cost(spot: Spot, rung: Rung) -> float:
    """What it costs to hide a number: cells first, then margins, the base last."""
    if spot.is_base:
        return _BASE
    cost = _CELL if spot.is_cell else _MARGIN
    is_headline = rung.table.is_headline or spot.place in rung.table.headline_cells
    return cost * _HEADLINE if is_headline else cost


def _asked_all(tables: Sequence[Table], editions: Sequence[Edition]) -> frozenset[str]:
    """Questions that everybody met, as anybody can see who reads the questionnaire."""
    earlier = [table for edition in editions for table in edition.tables]
    variables = {
        variable.key: variable
        for crossed in (*(one.variables for one in tables), *(one.variables for one in earlier))
        for variable in crossed
    }
    unasked = {
        variable.key
        for table in tables
        for place, count in table.counts
        for variable, code in zip(table.variables, place, strict=True)
        if count and code == NOT_ASKED
    }
    unasked |= {
        table.keys[0]
        for table in earlier
        for number in table.margins
        if number.place == (NOT_ASKED,)
    }
    return frozenset(
        key
        for key, variable in variables.items()
        if not (variable.asked_of or variable.depends_on or key in unasked)
    )
