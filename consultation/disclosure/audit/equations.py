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

from consultation.disclosure.audit.published import (
    ANSWERED,
    JOINED,
    MISSING,
    NOT_ASKED,
    TICKS,
    At,
    Edition,
    Figure,
    Quote,
    Statistic,
    Unreadable,
    Variable,
    exactly,
    parts_of,
)

MOST_CELLS: Final = 100_000
"""A classification with more cells than this is refused, not skipped."""
BOUNDLESS: Final = 1_000_000
"""Stands for “no limit” where nothing published limits a count."""

TICKED: Final = "ticked"
NOT_TICKED: Final = "not ticked"
REST: Final = "~rest"
ANY: Final = "any answer"
STATUS: Final = "?"
OPTION: Final = "/"

Node = tuple[str, ...]


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
class Axes:
    """How the variables of one collection are split into parts that don't overlap."""

    variables: dict[str, Variable]
    parts: dict[str, tuple[str, ...]]
    members: dict[str, dict[str, frozenset[str]]]
    """For each variable and category code, the parts it is made of."""


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
        system.axes[collection] = _axes_of(together)
    for era in system.eras:
        _lay_out(system, era, ring)
        _link_nodes(system, era)
        _state_routing(system, era)
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


# Variables and their parts


def _axes_of(editions: Sequence[Edition]) -> Axes:
    variables: dict[str, Variable] = {}
    used: dict[str, dict[str, None]] = {}
    for edition in editions:
        for code, variable in edition.variables.items():
            variables[code] = variables[code].joined(variable) if code in variables else variable
        for code, category in _used(edition):
            used.setdefault(code, {})[category] = None
    for code in used:
        variables.setdefault(code, Variable(code))
    for code in variables:
        if not code or set(code) & {OPTION, STATUS}:
            raise Unreadable(f"“{code}” is no code of a variable.")
    axes = Axes(variables, {}, {})
    for code, variable in sorted(variables.items()):
        if variable.kind == "tick_all":
            _split_options(axes, variable, used.get(code, {}))
        else:
            _split_categories(axes, variable, used.get(code, {}))
    return axes


def _used(edition: Edition) -> Iterator[tuple[str, str]]:
    """Every variable and category that something was published of."""
    for figure in edition.every_figure():
        yield from figure.at
        yield from figure.of
    for table in edition.tables:
        for item in table.statistics:
            yield from (*item.at, (item.variable, ANSWERED))
    for code, variable in edition.variables.items():
        yield from ((code, band) for band, _least, _most in variable.bounds)


def _unanswered(variable: Variable, used: Iterable[str]) -> tuple[str, ...]:
    if MISSING in used or NOT_ASKED in used or variable.asked_if:
        return (MISSING, NOT_ASKED)
    return (REST,)


def _split_categories(axes: Axes, variable: Variable, used: Iterable[str]) -> None:
    named = [c for c in used if c not in (ANSWERED, MISSING, NOT_ASKED)]
    declared = [code for code, _label in variable.categories]
    elements = list(dict.fromkeys(part for c in (*declared, *named) for part in parts_of(c)))
    signatures: dict[tuple[str, ...], list[str]] = {}
    for element in elements:
        inside = tuple(c for c in named if element in parts_of(c))
        signatures.setdefault(inside, []).append(element)
    parts = {JOINED.join(group): frozenset(group) for group in signatures.values()}
    parts = parts or {ANY: frozenset()}
    unanswered = _unanswered(variable, used)
    axes.parts[variable.code] = (*parts, *unanswered)
    members = {
        category: frozenset(
            part
            for part, codes in parts.items()
            if codes and codes <= frozenset(parts_of(category))
        )
        for category in named
    }
    members[ANSWERED] = frozenset(parts)
    members |= {code: frozenset({code}) for code in unanswered}
    members.setdefault(MISSING, frozenset({REST}))
    axes.members[variable.code] = members


def _split_options(axes: Axes, variable: Variable, used: Iterable[str]) -> None:
    unanswered = _unanswered(variable, used)
    options = [c for c in used if c not in (ANSWERED, MISSING, NOT_ASKED, TICKS)]
    for option in options:
        axes.parts[variable.code + OPTION + option] = (TICKED, NOT_TICKED, *unanswered)
    axes.parts[variable.code + STATUS] = (ANSWERED, *unanswered)
    axes.members[variable.code] = {code: frozenset({code}) for code in (ANSWERED, *unanswered)}
    axes.members[variable.code].setdefault(MISSING, frozenset({REST}))


def variable_of(axis: str) -> str:
    """The code of the variable an axis belongs to."""
    return axis.partition(OPTION)[0].removesuffix(STATUS)


def is_status(axis: str) -> bool:
    """Whether an axis only says who answered a question with several answers."""
    return axis.endswith(STATUS) and OPTION not in axis


def _family(axis: str) -> str:
    """The status axis of an option's axis; empty for any other."""
    code, found, _option = axis.partition(OPTION)
    return code + STATUS if found else ""


def _status(part: str) -> str:
    return ANSWERED if part in (TICKED, NOT_TICKED) else part


def covers(larger: Node, smaller: Node) -> bool:
    """Whether the larger classification adds up to the smaller one."""
    return set(smaller) <= set(larger) | {_family(axis) for axis in larger}


def _meet(one: Node, other: Node) -> Node:
    shared = (set(one) | {_family(a) for a in one}) & (set(other) | {_family(a) for a in other})
    shared -= {_family(axis) for axis in shared}
    return tuple(sorted(shared - {""}))


# Cells


def where(axes: Axes, at: At) -> tuple[Node, dict[str, frozenset[str]]]:
    """The classification an ``at`` belongs to, and the parts it allows on each axis.

    Raises:
        Unreadable: when it names a category twice, or one that is not there.
    """
    allowed: dict[str, frozenset[str]] = {}
    for code, category in at:
        variable = axes.variables.get(code)
        if variable is None:
            raise Unreadable(f"Nothing says what “{code}” is.")
        if variable.kind == "tick_all" and code + OPTION + category in axes.parts:
            axis, parts = code + OPTION + category, frozenset({TICKED})
        else:
            axis = code + STATUS if variable.kind == "tick_all" else code
            known = axes.members[code].get(category)
            if known is None:
                known = frozenset(p for p in axes.parts[axis] if p == category)
            if not known and category != NOT_ASKED:
                raise Unreadable(f"“{code}” has no category “{category}”.")
            parts = known
        if axis in allowed:
            parts &= allowed[axis]
        allowed[axis] = parts
    return tuple(sorted(allowed)), allowed


def _lay_out(system: System, era: Era, ring: int) -> None:
    """Every published classification, and those between them, as cells of unknowns."""
    axes = system.axes[era.collection]
    nodes: dict[Node, None] = {(): None}
    for edition in era.editions:
        for at in _places(edition):
            nodes[where(axes, at)[0]] = None
        for quote in edition.quotes:
            nodes.update(dict.fromkeys(_quoted(axes, edition, quote)))
    nodes.update(dict.fromkeys(_routed(axes)))
    nodes.update(dict.fromkeys(_rings(axes, list(nodes), ring)))
    for node in list(nodes):
        nodes[tuple(sorted({_family(axis) or axis for axis in node}))] = None
    for node in list(nodes):
        nodes.update({(axis,): None for axis in node})
    fresh = list(nodes)
    while fresh:
        known = list(nodes)
        met = {_meet(one, other): None for one in fresh for other in known}
        fresh = [node for node in met if node not in nodes]
        nodes.update(dict.fromkeys(fresh))
    for node in sorted(nodes, key=lambda node: (len(node), node)):
        era.nodes[node] = _cells(system, era.key, axes, node)


def _rings(axes: Axes, nodes: Sequence[Node], most: int) -> Iterator[Node]:
    """Three variables that are published two by two, where all three together are small enough."""
    pairs = {pair for node in nodes for pair in itertools.combinations(node, 2)}
    singles = sorted({axis for pair in pairs for axis in pair})
    for three in itertools.combinations(singles, 3) if most else ():
        size = 1
        for axis in three:
            size *= len(axes.parts[axis])
        if size <= most and all(pair in pairs for pair in itertools.combinations(three, 2)):
            yield three


def _places(edition: Edition) -> Iterator[At]:
    """Every ``at`` of an edition, apart from those that add up ticks."""
    for figure in edition.every_figure():
        for at in (figure.at, figure.of):
            if all(category != TICKS for _code, category in at):
                yield at
    for table in edition.tables:
        for item in table.statistics:
            yield item.at


def _routed(axes: Axes) -> Iterator[Node]:
    """The classifications that show who met a question that not everybody met."""
    for code, variable in axes.variables.items():
        for other, _codes in variable.asked_if:
            if other in axes.variables and axes.variables[other].kind != "tick_all":
                for axis in _own_axes(axes, code):
                    yield tuple(sorted((axis, other)))
                    yield (axis,)


def labelled(axes: Axes, edition: Edition) -> list[str]:
    """The variables that labels of quotations tell of, and about which figures were published."""
    told = dict.fromkeys(code for quote in edition.quotes for code, _category in quote.details)
    return [
        code for code in told if code in axes.members and axes.variables[code].kind != "tick_all"
    ]


def _quoted(axes: Axes, edition: Edition, quote: Quote) -> list[Node]:
    """The classifications a label speaks of: its details, and each detail it leaves out."""
    known = labelled(axes, edition)
    own = [code for code, _category in quote.details if code in known]
    return [tuple(sorted({*own, code})) for code in (*own, *known)]


def _own_axes(axes: Axes, code: str) -> list[str]:
    if axes.variables[code].kind != "tick_all":
        return [code]
    return [axis for axis in axes.parts if axis == code + STATUS]


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
            if family := _family(axis):
                statuses.setdefault(family, set()).add(_status(part))
        if all(len(found) == 1 for found in statuses.values()):
            named = ", ".join(f"{a}={p}" for a, p in zip(node, parts, strict=True))
            cells[parts] = system.column(f"{key} [{named or 'everybody'}]")
    return cells


def projected(larger: Node, parts: tuple[str, ...], smaller: Node) -> tuple[str, ...]:
    """The cell of the smaller classification that a cell of the larger one adds to."""
    given = dict(zip(larger, parts, strict=True))
    statuses = {_family(axis): _status(part) for axis, part in given.items() if _family(axis)}
    return tuple(given.get(axis, statuses.get(axis, "")) for axis in smaller)


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
                own = [i for i, axis in enumerate(node) if axis in _own_axes(axes, code)]
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
        for node in era.nodes:
            around = tuple(axis for axis in node if axis != codes[0])
            nodes = [tuple(sorted((*around, code))) for code in codes]
            if codes[0] not in node or any(other not in era.nodes for other in nodes):
                continue
            for thing in [thing for thing in things if thing in shared]:
                _state_rank(system, era, codes, around, thing, is_full=is_full)


def _state_rank(
    system: System, era: Era, codes: list[str], around: Node, thing: str, *, is_full: bool
) -> None:
    answered = system.axes[era.collection].members[codes[0]][ANSWERED]
    sums: dict[tuple[str, ...], list[int]] = {}
    people: dict[tuple[str, ...], list[int]] = {}
    for code in codes:
        node = tuple(sorted((*around, code)))
        for parts, column in era.nodes[node].items():
            group = projected(node, parts, around)
            own = parts[node.index(code)]
            if own == thing:
                sums.setdefault(group, []).append(column)
            if code == codes[0] and (own in answered or not is_full):
                people.setdefault(group, []).append(column)
    for group, columns in sums.items():
        weights: dict[int, int] = {}
        for column in columns:
            weights[column] = weights.get(column, 0) + 1
        for column in people[group]:
            weights[column] = weights.get(column, 0) - 1
        kept = {column: weight for column, weight in sorted(weights.items()) if weight}
        system.rows.append(
            Row(tuple(kept), tuple(kept.values()), 0 if is_full else None, 0, "ranking")
        )


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
    known = [code for code in codes if code in axes.members[item.variable]]
    base = columns_of(system, era, item.at)
    inside: set[int] = set()
    for code in known:
        place = tuple(sorted((dict(item.at) | {item.variable: code}).items()))
        inside |= columns_of(system, era, place)
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


def named(axes: Axes, at: At) -> str:
    """An ``at`` in words: ``Where = Street, Answer = No``."""
    specials = {
        ANSWERED: "all who answered",
        MISSING: "skipped",
        NOT_ASKED: "not asked",
        TICKS: "all ticks",
    }
    words = []
    for code, category in at:
        variable = axes.variables.get(code, Variable(code))
        labels = variable.labels()
        told = specials.get(category) or labels.get(category)
        told = told or JOINED.join(labels.get(part, part) for part in parts_of(category))
        words.append(f"{variable.label or code} = {told}")
    return ", ".join(words) or "everybody"


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
