"""Sums minus their parts: what a reader learns with nothing but a pencil. Pure.

Every printed number is laid over the cells of a classification as a set. Wherever one set lies
inside another, the rest is a number that was printed too, in all but name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consultation.disclosure.audit.axes import Node, covers, projected
from consultation.disclosure.audit.equations import Era, Row, System, place_of


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number over the cells of one classification, as a mask of bits."""

    name: str
    value: int
    mask: int
    place: str


@dataclass(frozen=True, slots=True)
class Rest:
    """A sum, what was taken off it, and what is left."""

    whole: Printed
    parts: tuple[Printed, ...]
    value: int
    mask: int

    @property
    def name(self) -> str:
        """The subtraction, in words."""
        return f"({self.whole.name}) less " + " and ".join(f"({part.name})" for part in self.parts)


def printed_in(system: System, era: Era) -> dict[Node, list[Printed]]:
    """For each classification with figures of its own, every printed number laid over it."""
    places = place_of(era)
    own: dict[Node, dict[frozenset[tuple[str, ...]], Printed]] = {}
    for told, figure, its_era in system.pinned:
        number = figure.said.number
        if its_era is era and number is not None and told.columns:
            nodes = {places[column][0] for column in told.columns}
            if len(nodes) == 1:
                cells = frozenset(places[column][1] for column in told.columns)
                own.setdefault(nodes.pop(), {}).setdefault(
                    cells, Printed(told.name, number, 0, told.source)
                )
    return {
        node: _laid_over(node, cells, own, system.structural)
        for node, cells in era.nodes.items()
        if node in own or not system.structural.isdisjoint(cells.values())
    }


def shortcuts(system: System) -> Iterator[Row]:
    """Rows that follow from the others, but not one by one.

    Where two printed numbers leave nobody, the cells between them are empty. Where a cell of a
    smaller classification then holds the same people as a printed number, it is that number. With
    these most cells are forced before any solver is asked.
    """
    for era in system.eras:
        for node, printed in printed_in(system, era).items():
            empty = 0
            for rest in rests(printed):
                if rest.value == 0:
                    empty |= rest.mask
            for number, column in enumerate(era.nodes[node].values()):
                if empty >> number & 1:
                    yield Row.total([column], 0, 0, "nobody is left")
            values = {item.mask & ~empty: item.value for item in printed}
            for smaller, cells in era.nodes.items():
                if smaller != node and covers(node, smaller):
                    bits = _bits(node, era.nodes[node], smaller, system.structural)
                    for parts, column in cells.items():
                        value = values.get(bits.get(parts, 0) & ~empty)
                        if value is not None:
                            yield Row.total([column], value, value, "the same people")


def common(system: System, small: Era, large: Era, gap: Era) -> dict[Node, list[Printed]]:
    """The same for the people between two editions: what both printed, as a difference."""
    before, after = printed_in(system, small), printed_in(system, large)
    found: dict[Node, list[Printed]] = {}
    for node in gap.nodes:
        earlier = {item.mask: item for item in before.get(node, ())}
        both = [
            Printed(item.name, item.value - earlier[item.mask].value, item.mask, item.place)
            for item in after.get(node, ())
            if item.mask in earlier and item.value >= earlier[item.mask].value
        ]
        if both:
            found[node] = both
    return found


def _laid_over(
    node: Node,
    cells: Mapping[tuple[str, ...], int],
    own: Mapping[Node, Mapping[frozenset[tuple[str, ...]], Printed]],
    empty: set[int],
) -> list[Printed]:
    """Every printed number as a set of a classification's cells, those left out that are empty."""
    laid: dict[int, Printed] = {}
    for smaller, figures in own.items():
        if not covers(node, smaller):
            continue
        bits = _bits(node, cells, smaller, empty)
        for inside, item in figures.items():
            mask = 0
            for parts in inside:
                mask |= bits.get(parts, 0)
            laid.setdefault(mask, Printed(item.name, item.value, mask, item.place))
    return list(laid.values())


def _bits(
    node: Node, cells: Mapping[tuple[str, ...], int], smaller: Node, empty: set[int]
) -> dict[tuple[str, ...], int]:
    """For each cell of a smaller classification, those of the larger one that add to it."""
    bits: dict[tuple[str, ...], int] = {}
    for number, (parts, column) in enumerate(cells.items()):
        if column not in empty:
            under = projected(node, parts, smaller)
            bits[under] = bits.get(under, 0) | 1 << number
    return bits


def rests(printed: list[Printed]) -> Iterator[Rest]:
    """What is left of each sum when one of its parts, or all that fit, are taken off."""
    ordered = sorted(printed, key=lambda item: (-item.mask.bit_count(), item.mask))
    for whole in ordered:
        inside = [p for p in ordered if p.mask != whole.mask and p.mask & ~whole.mask == 0]
        for part in inside:
            if part.mask:
                yield Rest(whole, (part,), whole.value - part.value, whole.mask & ~part.mask)
        for candidates in (inside, inside[::-1]):
            taken, left = [], whole.mask
            for part in candidates:
                if part.mask and part.mask & ~left == 0 and part.mask != left:
                    taken.append(part)
                    left &= ~part.mask
            if len(taken) > 1:
                value = whole.value - sum(part.value for part in taken)
                yield Rest(whole, tuple(taken), value, left)
