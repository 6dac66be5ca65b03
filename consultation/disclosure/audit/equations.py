"""What a reader can write down: one linear system over whole numbers. Pure, and without a solver.

Unknowns are the numbers of people in the cells of every cross-classification that was published,
with the smaller ones between them. A question's categories are completed by those who skipped it
and those who were not asked, so that a one-way table, a cross-table's totals and the stated number
of participants all speak of the same people and link exactly:

    sum over b of x[A=a, B=b] = x[A=a]        for every published cross of A and B

A question where several answers may be ticked is a question of its own for each answer, ticked or
not, and all of them were answered by the same people. Editions that count the same people share
their unknowns. Where a later edition counts more people, or fewer, the smaller set is taken to be
inside the larger one, and the people between the two are unknowns as well.

The system is what the published classifications say about each other, pair by pair. It does not
hold the classification by every question at once, which has too many cells; where three questions
are published two by two, a reader with more patience could know a little more. ``ring`` adds those
three as one classification (see the limits in ``docs/features/auditing.md``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from consultation.disclosure.audit.axes import (
    OPTION,
    STATUS,
    TICKED,
    Axes,
    Node,
    axes_of,
    covers,
    family,
    named,
    options_of,
    own_axes,
    projected,
    status_of,
    where,
)
from consultation.disclosure.audit.layout import nodes_of
from consultation.disclosure.audit.published import (
    ANSWERED,
    NOT_ASKED,
    TICKS,
    At,
    Edition,
    Figure,
    Statistic,
    Unreadable,
    exactly,
    parts_of,
)

MOST_CELLS: Final = 100_000
"""A classification with more cells than this is refused, not skipped."""
BOUNDLESS: Final = 1_000_000
"""Stands for “no limit” where nothing published limits a count."""


@dataclass(frozen=True, slots=True)
class Row:
    """``low <= sum(coefficient * unknown) <= high``; None is no limit."""

    columns: tuple[int, ...]
    coefficients: tuple[int, ...]
    low: int | None
    high: int | None
    origin: str = ""

    @classmethod
    def total(cls, columns: Iterable[int], low: int | None, high: int | None, origin: str) -> Row:
        """A plain sum between two limits."""
        ordered = tuple(sorted(columns))
        return cls(ordered, (1,) * len(ordered), low, high, origin)

    def value(self, numbers: Sequence[int]) -> int:
        """The row's sum under an assignment."""
        return sum(
            coefficient * numbers[column]
            for column, coefficient in zip(self.columns, self.coefficients, strict=True)
        )

    def holds(self, numbers: Sequence[int]) -> bool:
        """Whether an assignment keeps the row."""
        value = self.value(numbers)
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Sum:
    """A number of people, as a sum of unknowns, under a name a person can read.

    Attributes:
        source: the names of the editions and the place it was printed or hidden in.
    """

    name: str
    columns: frozenset[int]
    source: str = ""


@dataclass(slots=True)
class Era:
    """Editions that count the same people."""

    key: str
    collection: str
    editions: list[Edition] = field(default_factory=list)
    nodes: dict[Node, dict[tuple[str, ...], int]] = field(default_factory=dict)

    @property
    def participants(self) -> int | None:
        """The number of people, if some edition states it."""
        for edition in self.editions:
            if edition.participants is not None:
                return edition.participants
        return None


@dataclass(slots=True)
class System:
    """The reader's whole system.

    Attributes:
        names: one for each unknown.
        pinned: the sum and the figure of everything printed as a number.
        veiled: the sum and the figure of everything hidden or banded.
    """

    names: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    eras: list[Era] = field(default_factory=list)
    axes: dict[str, Axes] = field(default_factory=dict)
    between: list[tuple[Era, Era, Era]] = field(default_factory=list)
    pinned: list[tuple[Sum, Figure, Era]] = field(default_factory=list)
    veiled: list[tuple[Sum, Figure, Era]] = field(default_factory=list)
    structural: set[int] = field(default_factory=set)

    def column(self, name: str) -> int:
        """A new unknown."""
        self.names.append(name)
        return len(self.names) - 1


def build(editions: Sequence[Edition], *, beside: bool = True, ring: int = 0) -> System:
    """The system of several editions together.

    ``ring`` is the number of cells up to which three questions that were published two by two are
    read as one classification.

    ``beside`` says whether an edition that counts other people is taken to count more or fewer
    of the same ones.

    Raises:
        Unreadable: when a classification has too many cells, or names what is not there.
    """
    system = System()
    for edition in editions:
        _era_for(system, edition).editions.append(edition)
    for collection in dict.fromkeys(era.collection for era in system.eras):
        together = [e for era in system.eras if era.collection == collection for e in era.editions]
        system.axes[collection] = axes_of(together)
    for era in system.eras:
        axes = system.axes[era.collection]
        for node in nodes_of(axes, era.editions, ring):
            era.nodes[node] = _cells(system, era.key, axes, node)
        _link_nodes(system, era)
        _state_routing(system, era)
        _state_ticks(system, era)
        _state_within(system, era)
        _state_ranks(system, era)
        _state_figures(system, era)
        _state_medians(system, era)
    if beside:
        _link_eras(system)
    return system


def _era_for(system: System, edition: Edition) -> Era:
    counted = edition.population or f"people={edition.participants}"
    key = f"{edition.collection}#{counted}"
    for era in system.eras:
        if era.key == key:
            return era
    era = Era(key, edition.collection)
    system.eras.append(era)
    return era


def _cells(system: System, key: str, axes: Axes, node: Node) -> dict[tuple[str, ...], int]:
    size = 1
    for axis in node:
        size *= len(axes.parts[axis])
    if size > MOST_CELLS:
        raise Unreadable(f"The classification by {', '.join(node)} has too many cells to audit.")
    cells = {}
    for parts in itertools.product(*(axes.parts[axis] for axis in node)):
        statuses: dict[str, set[str]] = {}
        for axis, part in zip(node, parts, strict=True):
            if status := family(axis):
                statuses.setdefault(status, set()).add(status_of(part))
        if all(len(found) == 1 for found in statuses.values()):
            named = ", ".join(f"{a}={p}" for a, p in zip(node, parts, strict=True))
            cells[parts] = system.column(f"{key} [{named or 'everybody'}]")
    return cells


def place_of(era: Era) -> dict[int, tuple[Node, tuple[str, ...]]]:
    """For each unknown of an era its classification and cell."""
    return {
        column: (node, parts)
        for node, cells in era.nodes.items()
        for parts, column in cells.items()
    }


def _link_nodes(system: System, era: Era) -> None:
    """Each classification adds up to the next smaller ones that were published."""
    nodes = list(era.nodes)
    for larger in nodes:
        below = [node for node in nodes if node != larger and covers(larger, node)]
        for smaller in below:
            if any(other != smaller and covers(other, smaller) for other in below):
                continue
            sums: dict[tuple[str, ...], list[int]] = {cell: [] for cell in era.nodes[smaller]}
            for parts, column in era.nodes[larger].items():
                sums[projected(larger, parts, smaller)].append(column)
            for cell, columns in sums.items():
                target = era.nodes[smaller][cell]
                system.rows.append(
                    Row((*columns, target), (*[1] * len(columns), -1), 0, 0, "adds up")
                )


def _state_routing(system: System, era: Era) -> None:
    """Nobody answered a question they did not meet."""
    axes = system.axes[era.collection]
    for node, cells in era.nodes.items():
        for code, variable in axes.variables.items():
            for other, codes in variable.asked_if:
                own = [i for i, axis in enumerate(node) if axis in own_axes(axes, code)]
                if other not in node or not own:
                    continue
                deciding = node.index(other)
                met = frozenset().union(
                    *(axes.members[other].get(c, frozenset()) for c in parts_of(codes))
                ) or frozenset(parts_of(codes))
                for parts, column in cells.items():
                    was_met = parts[deciding] in met
                    if was_met == (parts[own[0]] == NOT_ASKED):
                        system.rows.append(Row.total([column], 0, 0, "routing"))
                        system.structural.add(column)


def _around(era: Era, axes: Iterable[str]) -> Iterator[Node]:
    """Everything that each of some axes was published together with, nothing included."""
    wanted = list(axes)
    for node in era.nodes if wanted else ():
        if wanted[0] in node:
            rest = tuple(axis for axis in node if axis != wanted[0])
            if all(tuple(sorted((*rest, axis))) in era.nodes for axis in wanted):
                yield rest


def _groups(
    era: Era, axis: str, around: Node, parts: Iterable[str]
) -> dict[tuple[str, ...], list[int]]:
    """For each group, the unknowns of those who are in some parts of an axis."""
    node, kept = tuple(sorted((*around, axis))), frozenset(parts)
    found: dict[tuple[str, ...], list[int]] = {}
    for cell, column in era.nodes[node].items():
        if cell[node.index(axis)] in kept:
            found.setdefault(projected(node, cell, around), []).append(column)
    return found


def _weighed(
    plus: Iterable[int], minus: Iterable[int], low: int | None, high: int | None, origin: str
) -> Row:
    weights: dict[int, int] = {}
    for columns, weight in ((plus, 1), (minus, -1)):
        for column in columns:
            weights[column] = weights.get(column, 0) + weight
    kept = {column: weight for column, weight in sorted(weights.items()) if weight}
    return Row(tuple(kept), tuple(kept.values()), low, high, origin)


def _state_ticks(system: System, era: Era) -> None:
    """Whoever answered a question with several answers ticked one; who ticked “none”, no other."""
    axes = system.axes[era.collection]
    for code, variable in axes.variables.items():
        options = options_of(axes, code)
        told = {axis.partition(OPTION)[2] for axis in options}
        if variable.kind != "tick_all" or not options:
            continue
        for around in _around(era, [*options, code + STATUS]):
            answered = _groups(era, code + STATUS, around, [ANSWERED])
            ticked = {axis: _groups(era, axis, around, [TICKED]) for axis in options}
            for group, people in answered.items():
                if told >= {category for category, _label in variable.categories}:
                    ticks = [c for axis in options for c in ticked[axis].get(group, ())]
                    system.rows.append(_weighed(ticks, people, 0, None, "ticked something"))
                alone = ticked.get(code + OPTION + variable.exclusive, {}).get(group, [])
                for axis in options if alone else ():
                    if axis != code + OPTION + variable.exclusive:
                        both = [*alone, *ticked[axis].get(group, ())]
                        system.rows.append(_weighed(both, people, None, 0, "ticked alone"))


def _state_within(system: System, era: Era) -> None:
    """What was put first is among what was placed."""
    axes = system.axes[era.collection]
    for code, variable in axes.variables.items():
        if variable.kind != "single" or not variable.within:
            continue
        for axis in options_of(axes, variable.within):
            own = axes.members[code].get(axis.partition(OPTION)[2], frozenset())
            for around in _around(era, [code, axis]):
                ticked = _groups(era, axis, around, [TICKED])
                for group, first in _groups(era, code, around, own).items():
                    placed = ticked.get(group, [])
                    system.rows.append(_weighed(first, placed, None, 0, "placed"))
            node = tuple(sorted((code, axis)))
            for cell, column in era.nodes.get(node, {}).items():
                if cell[node.index(code)] in own and cell[node.index(axis)] != TICKED:
                    system.rows.append(Row.total([column], 0, 0, "placed"))
                    system.structural.add(column)


def _state_ranks(system: System, era: Era) -> None:
    """In a ranking a thing has one place at most, and exactly one where all are ranked.

    The variables of a ranking are its places, with the things as categories, or the other way
    round. In any group, the numbers of one category over all of them then add up to no more than
    the people; and to just those who answered where there are as many places as things.
    """
    axes = system.axes[era.collection]
    rankings: dict[str, list[str]] = {}
    for code, variable in axes.variables.items():
        if variable.ranked and variable.kind == "single":
            rankings.setdefault(variable.ranked, []).append(code)
    for codes in rankings.values():
        shared = set(axes.parts[codes[0]]).intersection(*(axes.parts[code] for code in codes))
        things = [part for part in axes.parts[codes[0]] if part in axes.members[codes[0]][ANSWERED]]
        is_full = len(things) == len(codes) and shared >= set(things)
        answered = axes.members[codes[0]][ANSWERED] if is_full else axes.parts[codes[0]]
        for around in _around(era, codes):
            people = _groups(era, codes[0], around, answered)
            for thing in [thing for thing in things if thing in shared]:
                places = [_groups(era, code, around, [thing]) for code in codes]
                for group, columns in people.items():
                    placed = [column for place in places for column in place.get(group, ())]
                    low = 0 if is_full else None
                    system.rows.append(_weighed(placed, columns, low, 0, "ranking"))


def _state_medians(system: System, era: Era) -> None:
    """No more than half lie below a median, or above it; of a quartile, a quarter on one side.

    ``1`` person is allowed for the different ways of reckoning quartiles.
    """
    axes = system.axes[era.collection]
    for edition in era.editions:
        for table in edition.tables:
            for item in table.statistics:
                quarters = {"q1": 1, "median": 2, "q3": 3}.get(item.kind)
                bounds = axes.variables[item.variable].bounds if quarters else ()
                value = re.fullmatch(r"\s*(\d{1,9})\s*", item.value)
                if quarters is None or value is None or not bounds:
                    continue
                low = int(value[1]) - item.rounded / 2
                high = int(value[1]) + item.rounded / 2
                below = [code for code, _least, most in bounds if most < low]
                above = [code for code, least, _most in bounds if least > high]
                for codes, share in ((below, quarters), (above, 4 - quarters)):
                    _state_share(system, era, item, codes, share)


def _state_share(system: System, era: Era, item: Statistic, codes: list[str], share: int) -> None:
    axes = system.axes[era.collection]

    def counted(bands: Iterable[str]) -> set[int]:
        found: set[int] = set()
        for band in bands:
            if band in axes.members[item.variable]:
                place = tuple(sorted((dict(item.at) | {item.variable: band}).items()))
                found |= columns_of(system, era, place)
        return found

    base = counted(band for band, _least, _most in axes.variables[item.variable].bounds)
    inside = counted(codes)
    if inside:
        order = sorted(base)
        weights = tuple((4 if column in inside else 0) - share for column in order)
        slack = 0 if item.kind == "median" else 4
        system.rows.append(Row(tuple(order), weights, None, slack, f"{item.kind} in {item.place}"))


# Figures


def columns_of(system: System, era: Era, at: At) -> frozenset[int]:
    """The unknowns that add up to the number of people an ``at`` speaks of.

    Raises:
        Unreadable: see ``where``.
    """
    axes = system.axes[era.collection]
    if any(category == TICKS for _code, category in at):
        return _ticks(system, era, at)
    node, allowed = where(axes, at)
    if node not in era.nodes:
        raise Unreadable(f"Nothing was published by {', '.join(node)}.")
    return frozenset(
        column
        for parts, column in era.nodes[node].items()
        if all(part in allowed[axis] for axis, part in zip(node, parts, strict=True))
    )


def _ticks(system: System, era: Era, at: At) -> frozenset[int]:
    code = next(code for code, category in at if category == TICKS)
    rest = tuple(pair for pair in at if pair[0] != code)
    axes = system.axes[era.collection]
    if axes.variables[code].kind != "tick_all":
        raise Unreadable(f"“{code}” has no ticks to add up.")
    options = [a.partition(OPTION)[2] for a in axes.parts if a.startswith(code + OPTION)]
    found: set[int] = set()
    for option in options:
        try:
            found |= columns_of(system, era, tuple(sorted(((code, option), *rest))))
        except Unreadable:
            continue
    return frozenset(found)


def _state_figures(system: System, era: Era) -> None:
    axes = system.axes[era.collection]
    printed: dict[frozenset[int], int] = {}
    shares: list[tuple[Figure, frozenset[int]]] = []
    counted: set[At] = set()
    for edition in era.editions:
        for figure in edition.every_figure():
            columns = columns_of(system, era, figure.at)
            if figure.measure == "percent":
                shares.append((figure, columns))
                continue
            counted.add(figure.at)
            _state_count(system, era, figure, columns)
            number = figure.said.number
            if number is not None:
                printed[columns] = number
            if figure.said.of is not None:
                base = columns_of(system, era, figure.of)
                system.rows.append(
                    Row.total(base, figure.said.of, figure.said.of, f"base in {figure.place}")
                )
                printed[base] = figure.said.of
                told = Sum(named(axes, figure.of), base, figure.place)
                system.pinned.append((told, _base_of(figure), era))
    for figure, columns in shares:
        if figure.said.manner == "hidden" and figure.at not in counted:
            told = Sum(named(axes, figure.at), columns, figure.place)
            system.veiled.append((told, figure, era))
        elif figure.said.number is not None and figure.is_whole:
            base = columns_of(system, era, figure.of)
            system.rows.extend(_share(figure, columns, base, printed))


def _base_of(figure: Figure) -> Figure:
    """The base that was printed along with a figure, as a figure."""
    return Figure(figure.of, exactly(figure.said.of or 0), figure.place)


def _state_count(system: System, era: Era, figure: Figure, columns: frozenset[int]) -> None:
    axes, said = system.axes[era.collection], figure.said
    told = Sum(named(axes, figure.at), columns, figure.place)
    if said.manner == "structural":
        system.rows.extend(
            Row.total([column], 0, 0, f"[z] in {figure.place}") for column in sorted(columns)
        )
        system.structural |= columns
    elif said.manner == "number":
        system.rows.append(Row.total(columns, said.low, said.high, f"printed in {figure.place}"))
        if said.number is not None:
            system.pinned.append((told, figure, era))
    elif said.manner in ("hidden", "band"):
        if said.manner == "band":
            system.rows.append(Row.total(columns, said.low, said.high, f"band in {figure.place}"))
        system.veiled.append((told, figure, era))


def _share(
    figure: Figure,
    columns: frozenset[int],
    base: frozenset[int],
    printed: dict[frozenset[int], int],
) -> list[Row]:
    """A whole per cent p, rounded half up: ``(2p-1) n <= 200 x < (2p+1) n``."""
    percent = figure.said.number or 0
    origin = f"per cent in {figure.place}"
    known = printed.get(base)
    if known is not None:
        low = max(0, -(-(2 * percent - 1) * known // 200))
        high = -(-(2 * percent + 1) * known // 200) - 1
        return [Row.total(columns, low, high, origin)]
    order = sorted(columns | base)

    def weights(times: int) -> tuple[int, ...]:
        return tuple(
            (200 if column in columns else 0) - (times if column in base else 0) for column in order
        )

    return [
        Row(tuple(order), weights(2 * percent - 1), 0, None, origin),
        Row(tuple(order), weights(2 * percent + 1), None, -1, origin),
    ]


# Editions beside each other


def _link_eras(system: System) -> None:
    """The smaller set of people lies inside the larger one; the people between are unknowns."""
    for collection in system.axes:
        eras = [era for era in system.eras if era.collection == collection]
        for earlier, later in itertools.pairwise(eras):
            if earlier.participants is None or later.participants is None:
                continue
            small, large = sorted((earlier, later), key=lambda era: era.participants or 0)
            gap = Era(f"{large.key} without {small.key}", collection)
            for node in [node for node in large.nodes if node in small.nodes]:
                gap.nodes[node] = _cells(system, gap.key, system.axes[collection], node)
                for parts, column in gap.nodes[node].items():
                    system.rows.append(
                        Row(
                            (small.nodes[node][parts], column, large.nodes[node][parts]),
                            (1, 1, -1),
                            0,
                            0,
                            "one edition inside the other",
                        )
                    )
            system.between.append((small, large, gap))
