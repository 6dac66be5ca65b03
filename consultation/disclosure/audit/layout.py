"""Which classifications a reader sees: those that were published, and those they share. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from consultation.disclosure.audit.axes import Axes, Node, family, meet, options_of, own_axes, where
from consultation.disclosure.audit.published import TICKS, At, Edition, Quote


def nodes_of(axes: Axes, editions: Sequence[Edition], ring: int) -> list[Node]:
    """Every published classification, and those between them, small ones first."""
    nodes: dict[Node, None] = {(): None}
    for edition in editions:
        for at in _places(edition):
            nodes[where(axes, at)[0]] = None
        for quote in edition.quotes:
            nodes.update(dict.fromkeys(_quoted(axes, edition, quote)))
    nodes.update(dict.fromkeys(_routed(axes)))
    nodes.update(dict.fromkeys(_rings(axes, list(nodes), ring)))
    for node in list(nodes):
        nodes[tuple(sorted({family(axis) or axis for axis in node}))] = None
    for node in list(nodes):
        nodes.update({(axis,): None for axis in node})
    fresh = list(nodes)
    while fresh:
        known = list(nodes)
        met = {meet(one, other): None for one in fresh for other in known}
        fresh = [node for node in met if node not in nodes]
        nodes.update(dict.fromkeys(fresh))
    return sorted(nodes, key=lambda node: (len(node), node))


def _places(edition: Edition) -> Iterator[At]:
    """Every ``at`` of an edition, apart from those that add up ticks."""
    for figure in edition.every_figure():
        for at in (figure.at, figure.of):
            if all(category != TICKS for _code, category in at):
                yield at
    for table in edition.tables:
        for item in table.statistics:
            yield item.at


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


def _routed(axes: Axes) -> Iterator[Node]:
    """The classifications that show who met a question, or who ticked what they put first."""
    for code, variable in axes.variables.items():
        for other, _codes in variable.asked_if:
            if other in axes.variables and axes.variables[other].kind != "tick_all":
                for axis in own_axes(axes, code):
                    yield tuple(sorted((axis, other)))
        if variable.kind == "single":
            yield from (tuple(sorted((code, axis))) for axis in options_of(axes, variable.within))


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
