"""What published numbers say about each other: one linear system over respondent cells. Pure.

The unknowns are people in the cells of the cross-classifications that are published: the largest
tables, with a code of its own for those who skipped a question and those who never met it. Every
published number is a sum of such cells. Tables that share a variable share its margin, so that
sum is one number in both; options of one question share its base; a question that only some met
shares its base with the answer that decided. What two tables share is found here by comparing
sets of cells, so one number has one column, however many tables show it.

Earlier releases of other people are further blocks of cells: the smaller population is taken as a
part of the larger, which is what a reader would guess.

Where variables are not crossed in one table, their joint distribution is not among the unknowns,
but for small rings of three: beyond them, cells that agree in every margin count as possible, even
if no joint distribution has them all.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from consultation.disclosure.tables import (
    ANSWERED,
    MISSING,
    NOT_ASKED,
    Place,
    Table,
    Variable,
    not_ticked,
)

Dimension = tuple[str, ...]
"""A way to divide people: by an answer, by having answered, or by an answer that decides."""
Region = Mapping[Dimension, frozenset[str]]
"""People with one of the values in each dimension; everybody where nothing is said."""

EVERYBODY: Final[Region] = {}
_JOINT_CELLS: Final = 300
"""As long as rings of three have no more cells than this, they are looked at as joint tables."""
_STATES: Final = (ANSWERED, MISSING, NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Axis:
    """A variable as the system sees it: an answer, or one option that is ticked or not."""

    key: str
    family: str
    domain: tuple[str, ...]
    asked_of: tuple[str, frozenset[str]] | None

    def state(self, value: str) -> str:
        """Answered, missing or not asked."""
        return value if value in (MISSING, NOT_ASKED) else ANSWERED


@dataclass(slots=True)
class Crossing:
    """One cross-classification: its possible cells, and how each dimension divides them."""

    axes: tuple[Axis, ...]
    cells: list[Place]
    dimensions: dict[Dimension, list[str]]
    counts: dict[int, list[int]] = field(default_factory=dict)
    """What is known to us: for each block, the people in each cell."""

    def select(self, region: Region) -> frozenset[int] | None:
        """The cells in a region; None when this classification can't tell."""
        found = set(range(len(self.cells)))
        for dimension, values in region.items():
            having = self.dimensions.get(dimension)
            if having is None:
                return None
            found = {cell for cell in found if having[cell] in values}
        return frozenset(found)


def axis_key(variable: Variable, option: str) -> str:
    """The name of a variable's axis, or of one of its options’."""
    return f"{variable.key}/{option}" if variable.is_multiple else variable.key


Cells = tuple[int, frozenset[int], tuple[int, ...]]
"""Some cells of one classification (by its place in the system), over some blocks."""


class System:
    """The classifications of a set of tables, and the numbers that are sums over them."""

    def __init__(
        self,
        crossed: Iterable[Sequence[Variable]],
        *,
        zeros: Iterable[tuple[Sequence[Variable], Place]] = (),
        asked_all: frozenset[str] = frozenset(),
        blocks: int = 1,
    ) -> None:
        """Classify people by each of the ``crossed`` sets of variables.

        ``asked_all`` names the variables that everybody met.
        """
        self.blocks = blocks
        self.asked_all = asked_all
        self._axes: dict[str, Axis] = {}
        self._known_filters: set[tuple[str, frozenset[str]]] = set()
        self._family_filter: dict[str, tuple[str, frozenset[str]]] = {}
        self.facts: list[list[tuple[int, int]]] = []
        self._sums: list[dict[Cells, None]] = []
        self._by_cells: dict[Cells, int] = {}
        self._parent: list[int] = []
        sets = [list(variables) for variables in crossed]
        self._ticked = {one.key for variables in sets for one in variables if one.is_multiple}
        for variable in itertools.chain.from_iterable(sets):
            self._add_axes(variable)
        self._zeros = [self._zero(variables, place) for variables, place in zeros]
        self.crossings = [self._crossing(axes) for axes in self._largest(sets)]
        self._link_all()

    # Building.

    def _add_axes(self, variable: Variable) -> None:
        options = variable.codes if variable.is_multiple else ("",)
        asked_of = self._filter_of(variable)
        for option in options:
            key = axis_key(variable, option)
            answers = (option, not_ticked(option)) if variable.is_multiple else variable.codes
            unasked = () if variable.key in self.asked_all else (NOT_ASKED,)
            self._axes[key] = Axis(key, variable.key, (*answers, MISSING, *unasked), asked_of)
        if asked_of:
            self._known_filters.add(asked_of)
            self._family_filter[variable.key] = asked_of

    def _filter_of(self, variable: Variable) -> tuple[str, frozenset[str]] | None:
        decides = variable.asked_of
        if decides is None or variable.depends_on:
            return None
        if decides.question not in self._ticked:
            return decides.question, decides.codes
        if len(decides.codes) > 1:
            return None
        (option,) = decides.codes
        return f"{decides.question}/{option}", decides.codes

    def _zero(self, variables: Sequence[Variable], place: Place) -> dict[str, str]:
        return {
            axis_key(variable, code.removeprefix(not_ticked(""))): code
            for variable, code in zip(variables, place, strict=True)
        }

    def _largest(self, sets: list[list[Variable]]) -> list[tuple[Axis, ...]]:
        """The sets of axes that no other set holds, in the order they came."""
        found: dict[frozenset[str], tuple[Axis, ...]] = {}
        for variables in sets:
            for options in itertools.product(
                *(one.codes if one.is_multiple else ("",) for one in variables)
            ):
                axes = tuple(
                    self._axes[axis_key(one, option)]
                    for one, option in zip(variables, options, strict=True)
                )
                found.setdefault(frozenset(axis.key for axis in axes), axes)
        joint = list(self._joint(found))
        if sum(math.prod(len(axis.domain) for axis in axes) for axes in joint) <= _JOINT_CELLS:
            found |= {frozenset(axis.key for axis in axes): axes for axes in joint}
        return [axes for keys, axes in found.items() if not any(keys < other for other in found)]

    def _joint(self, found: Mapping[frozenset[str], object]) -> Iterator[tuple[Axis, ...]]:
        """Three variables that are crossed two by two.

        Tables that agree in every margin need not come from any answers at all when they form a
        ring. A reader could use that, so the cells of such a ring are counted one by one.
        """
        pairs = {pair for keys in found for pair in itertools.combinations(sorted(keys), 2)}
        for first, second in sorted(pairs):
            for third in sorted({key for pair in pairs for key in pair if key > second}):
                axes = tuple(self._axes[key] for key in (first, second, third))
                if (
                    {(first, third), (second, third)} <= pairs
                    and not any({first, second, third} <= keys for keys in found)
                    and len({axis.family for axis in axes}) == 3
                ):
                    yield axes

    def _crossing(self, axes: tuple[Axis, ...]) -> Crossing:
        cells = [
            cell
            for cell in itertools.product(*(axis.domain for axis in axes))
            if self._is_possible(axes, cell)
        ]
        dimensions: dict[Dimension, list[str]] = {}
        for place, axis in enumerate(axes):
            dimensions["answer", axis.key] = [cell[place] for cell in cells]
            dimensions["state", axis.family] = [axis.state(cell[place]) for cell in cells]
        by_key = {axis.key: place for place, axis in enumerate(axes)}
        for decider, codes in sorted(self._known_filters, key=lambda one: (one[0], sorted(one[1]))):
            dimension = ("decides", decider, *sorted(codes))
            if decider in by_key:
                place = by_key[decider]
                dimensions[dimension] = ["yes" if cell[place] in codes else "no" for cell in cells]
                continue
            for place, axis in enumerate(axes):
                if axis.asked_of == (decider, codes):
                    dimensions[dimension] = [
                        "no" if cell[place] == NOT_ASKED else "yes" for cell in cells
                    ]
        return Crossing(axes, cells, dimensions)

    def _is_possible(self, axes: tuple[Axis, ...], cell: Place) -> bool:
        having = {axis.key: value for axis, value in zip(axes, cell, strict=True)}
        states: dict[str, str] = {}
        for axis, value in zip(axes, cell, strict=True):
            if states.setdefault(axis.family, axis.state(value)) != axis.state(value):
                return False
            if axis.asked_of and axis.asked_of[0] in having:
                decider, codes = axis.asked_of
                if (having[decider] in codes) == (value == NOT_ASKED):
                    return False
        return not any(
            all(having.get(key) == value for key, value in zero.items()) for zero in self._zeros
        )

    def _link_all(self) -> None:
        """One number for every margin that two classifications share."""
        everything = tuple(range(self.blocks))
        self.find(EVERYBODY, everything)
        for first, second in itertools.combinations(range(len(self.crossings)), 2):
            shared = self._shared(first, second)
            if not shared:
                continue
            left, right = self._divided(first, shared), self._divided(second, shared)
            for key in sorted(left.keys() | right.keys()):
                for block in everything:
                    self._add(
                        (
                            (first, frozenset(left.get(key, ())), (block,)),
                            (second, frozenset(right.get(key, ())), (block,)),
                        )
                    )

    def _shared(self, first: int, second: int) -> list[Dimension]:
        one, other = self.crossings[first].dimensions, self.crossings[second].dimensions
        shared = sorted(one.keys() & other.keys())
        by_answer = {self._axes[name[1]].family for name in shared if name[0] == "answer"}
        return [name for name in shared if name[0] != "state" or name[1] not in by_answer]

    def _divided(self, number: int, shared: list[Dimension]) -> dict[Place, list[int]]:
        crossing = self.crossings[number]
        found: dict[Place, list[int]] = {}
        for cell in range(len(crossing.cells)):
            key = tuple(crossing.dimensions[dimension][cell] for dimension in shared)
            found.setdefault(key, []).append(cell)
        return found

    # Numbers.

    def region(self, parts: Iterable[tuple[Variable, str, Iterable[str]]]) -> Region:
        """People whose answer, or whose state at an option, is one of some values.

        Each part names a variable, an option where it takes several ticks, and the values.
        """
        found: dict[Dimension, frozenset[str]] = {}
        for variable, option, values in parts:
            part = self._coarsest(variable, option, frozenset(values))
            if part is not None:
                dimension, having = part
                found[dimension] = found.get(dimension, having) & having
        return found

    def _coarsest(
        self, variable: Variable, option: str, values: frozenset[str]
    ) -> tuple[Dimension, frozenset[str]] | None:
        """The least that must be known to tell such people apart; None when they are everybody."""
        axis = self._axes[axis_key(variable, option or variable.codes[0])]
        answers = frozenset(axis.domain) - {MISSING, NOT_ASKED}
        if ANSWERED in values:
            values = values - {ANSWERED} | answers
        values &= frozenset(axis.domain)
        if values == frozenset(axis.domain):
            return None
        if not values & answers or answers <= values:
            states = frozenset(axis.state(value) for value in values)
            decides = self._family_filter.get(axis.family)
            if decides and (
                states == {NOT_ASKED} or (NOT_ASKED not in states and len(states) == 2)
            ):
                return self._decided(decides, "no" if NOT_ASKED in states else "yes")
            return ("state", axis.family), states
        for decider, codes in self._known_filters:
            if decider == axis.key and values in (codes, frozenset(axis.domain) - codes):
                return self._decided((decider, codes), "yes" if values == codes else "no")
        return ("answer", axis.key), values

    @staticmethod
    def _decided(
        decides: tuple[str, frozenset[str]], value: str
    ) -> tuple[Dimension, frozenset[str]]:
        return ("decides", decides[0], *sorted(decides[1])), frozenset({value})

    def choices(self, variable: Variable) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every answer and state of a variable, at each of its options."""
        for option in variable.codes if variable.is_multiple else ("",):
            for value in self._axes[axis_key(variable, option)].domain:
                yield option, (value,)

    def find(self, region: Region, blocks: tuple[int, ...] = (0,)) -> int:
        """The number that counts a region over some blocks."""
        return self._add(
            (place, cells, blocks)
            for place, crossing in enumerate(self.crossings)
            if (cells := crossing.select(region)) is not None
        )

    def find_cell(self, place: int, cell: int, blocks: tuple[int, ...]) -> int:
        """The number that counts one cell of one classification over some blocks."""
        return self._add([(place, frozenset({cell}), blocks)])

    def without(self, wide: Region, narrow: Region, blocks: tuple[int, ...] = (0,)) -> int:
        """The number of those in the wide region who are not in the narrow one within it."""
        return self._add(
            (place, everyone - part, blocks)
            for place, crossing in enumerate(self.crossings)
            if (everyone := crossing.select(wide)) is not None
            and (part := crossing.select(narrow)) is not None
        )

    def _add(self, where: Iterable[Cells]) -> int:
        """The number that is the sum of these cells, and of any others it was known to be."""
        where = list(where)
        known = sorted(
            {self.root(self._by_cells[cells]) for cells in where if cells in self._by_cells}
        )
        if not known:
            known = [len(self._sums)]
            self._sums.append({})
            self._parent.append(known[0])
        number = known[0]
        for other in known[1:]:
            self._parent[other] = number
            self._sums[number].update(self._sums[other])
        for cells in where:
            self._sums[number][cells] = None
            self._by_cells[cells] = number
        return number

    @property
    def size(self) -> int:
        """How many numbers there are; some may turn out to be others."""
        return len(self._sums)

    def root(self, number: int) -> int:
        """The number that a number turned out to be."""
        while self._parent[number] != number:
            number = self._parent[number]
        return number

    # Columns and rows.

    def equations(self) -> Equations:
        """The system as columns and rows, once all numbers are known."""
        first: dict[tuple[int, int], int] = {}
        columns = 0
        for place, crossing in enumerate(self.crossings):
            for block in range(self.blocks):
                first[place, block] = columns
                columns += len(crossing.cells)
        values: list[int | None] = []
        for crossing in self.crossings:
            for block in range(self.blocks):
                values.extend(crossing.counts.get(block, [None] * len(crossing.cells)))
        column_of: dict[int, int] = {}
        rows: list[dict[int, int]] = []
        for number, sums in enumerate(self._sums):
            if self.root(number) != number:
                continue
            terms = [
                [first[place, block] + cell for block in blocks for cell in sorted(cells)]
                for place, cells, blocks in sums
            ]
            alone = next((term[0] for term in terms if len(term) == 1), None)
            if alone is None:
                alone = columns
                columns += 1
                values.append(_summed(terms, values))
            column_of[number] = alone
            rows.extend(
                _added([(alone, -1), *((column, 1) for column in term)])
                for term in terms
                if term != [alone]
            )
        facts = [
            _added([(column_of[self.root(number)], by) for number, by in fact])
            for fact in self.facts
        ]
        return Equations(column_of, values, rows, facts)


def _added(terms: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Coefficients by column; a column that stands twice counts twice."""
    found: dict[int, int] = {}
    for column, by in terms:
        found[column] = found.get(column, 0) + by
    return {column: by for column, by in found.items() if by}


def _summed(terms: list[list[int]], values: list[int | None]) -> int | None:
    for term in terms:
        parts = [values[column] for column in term]
        if None not in parts:
            return sum(part for part in parts if part is not None)
    return None


@dataclass(frozen=True, slots=True)
class Equations:
    """Columns that are people, none below nought, and rows that sum to nought.

    Attributes:
        column_of: the column of each number.
        values: what we know of each column.
        facts: what sums to nought or more.
    """

    column_of: dict[int, int]
    values: list[int | None]
    rows: list[dict[int, int]]
    facts: list[dict[int, int]]


def spread(table: Table, system: System) -> Iterator[tuple[int, list[int]]]:
    """The classifications that are this very table, with the people in each of their cells."""
    by_key = {
        frozenset(axis.key for axis in crossing.axes): number
        for number, crossing in enumerate(system.crossings)
    }
    for options in table.options():
        keys = [
            axis_key(variable, option)
            for variable, option in zip(table.variables, options, strict=True)
        ]
        number = by_key.get(frozenset(keys))
        if number is None:
            continue
        crossing = system.crossings[number]
        order = [keys.index(axis.key) for axis in crossing.axes]
        having = dict(table.counts)
        yield (
            number,
            [having.get(_inverse(cell, order), 0) for cell in crossing.cells],
        )


def know_of_ticks(variables: Sequence[Variable], system: System, block: int = 0) -> None:
    """Add what everybody knows of a question that takes several ticks.

    Whoever answered it ticked something; whoever ticked the exclusive option ticked nothing else.
    This holds among those with any given answers to the other questions.
    """
    for place, variable in enumerate(variables):
        if not variable.is_multiple:
            continue
        others = [one for at, one in enumerate(variables) if at != place]
        for beside in itertools.product(*(system.choices(one) for one in others)):
            parts = [(one, *chosen) for one, chosen in zip(others, beside, strict=True)]
            base, *ticks = (
                system.find(system.region([(variable, option, (code,)), *parts]), (block,))
                for option, code in (("", ANSWERED), *((one, one) for one in variable.codes))
            )
            system.facts.append([(base, -1), *((tick, 1) for tick in ticks)])
            if variable.exclusive:
                alone = ticks.pop(variable.codes.index(variable.exclusive))
                system.facts.append([(base, -1), (alone, 1), *((tick, 1) for tick in ticks)])
                system.facts += [[(base, 1), (alone, -1), (tick, -1)] for tick in ticks]


def _inverse(cell: Place, order: list[int]) -> Place:
    found = [""] * len(cell)
    for value, place in zip(cell, order, strict=True):
        found[place] = value
    return tuple(found)
