"""Reading the bars of our own charts: with a ruler, as somebody might. Pure.

A bar is a rectangle that lies on another one, its ground, which stands for the whole. The words
beside it are the next that are drawn.
"""

from __future__ import annotations

import itertools

from consultation.disclosure.audit.markup import Element
from consultation.disclosure.audit.published import Bar, Unreadable


def bars_of(chart: Element, about: str, place: str) -> list[Bar]:
    """The bars of a chart, from left to right and top to bottom as they are drawn.

    Raises:
        Unreadable: when a rectangle has no proper size.
    """
    drawn = [e for e in chart.elements() if e.tag in ("rect", "text") and not _is_pattern(e)]
    found = []
    for position, (ground, bar) in enumerate(itertools.pairwise(drawn)):
        if ground.tag != "rect" or bar.tag != "rect":
            continue
        if any(ground.get(side) != bar.get(side) for side in ("x", "y", "height")):
            continue
        whole, part = _width(ground, place), _width(bar, place)
        words = [e.text() for e in drawn[position + 2 :] if e.tag == "text"]
        if whole > 0:
            # A tenth is the finest that is drawn; half of it may be lost, and a little more.
            found.append(Bar(part / whole, 0.06 / whole, words[0] if words else "", about, place))
    return found


def _is_pattern(element: Element) -> bool:
    around = element.parent
    while around is not None:
        if around.tag in ("pattern", "defs"):
            return True
        around = around.parent
    return False


def _width(element: Element, place: str) -> float:
    try:
        return float(element.get("width"))
    except ValueError:
        raise Unreadable(f"{place}: a rectangle of the chart has no proper width.") from None
