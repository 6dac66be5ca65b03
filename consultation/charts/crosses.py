"""A bar chart of one protected cross-table, as inline SVG. Pure.

Each answer is a group of bars, one for each column of the table, and every bar carries its column's
name and its value as text: a pattern helps the eye along, and nothing is said by it alone. Lengths
are shares of each column, because columns differ in size. A hidden number has no bar, and says so.
A statement such as “9 or fewer” has none either, because its length would be a guess.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

WIDTH: Final = 640
LABEL_WIDTH: Final = 190
COLUMN_WIDTH: Final = 150
VALUE_WIDTH: Final = 96
BAR: Final = 12
LINE: Final = 14
GAP: Final = 10
MOST_COLUMNS: Final = 6
_LABEL_LETTERS: Final = 30
_COLUMN_LETTERS: Final = 24
_FACE: Final = 'font-family="Paper Sans, sans-serif" font-size="11.4" fill="#1f1a17"'
_GROUND: Final = "#f1ebdf"
_INK: Final = "#a81e19"


@dataclass(frozen=True, slots=True)
class Bar:
    """One number of a cross-table.

    Attributes:
        column: the name of its column.
        share: its part of the column, from nought to one; None where there is nothing to draw.
        value: the number, or what stands in its place, in words.
    """

    column: str
    share: float | None
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """One answer, across the columns."""

    label: str
    bars: tuple[Bar, ...]


def cross_chart(groups: Sequence[Group], description: str, name: str) -> str:
    """SVG of a cross-table; empty where no number may be drawn, or there are too many columns.

    ``description`` becomes the title that is read aloud; ``name`` keeps the ids of two charts on
    one page apart.
    """
    columns = {bar.column: number for number, bar in enumerate(groups[0].bars)} if groups else {}
    drawn = [bar for group in groups for bar in group.bars if bar.share is not None]
    if not drawn or len(columns) > MOST_COLUMNS:
        return ""
    parts: list[str] = []
    top = 4.0
    for group in groups:
        lines = textwrap.wrap(group.label, _LABEL_LETTERS) or [""]
        height = max(LINE * len(lines), (LINE + 2) * len(group.bars))
        parts.extend(_label(lines, top))
        for number, bar in enumerate(group.bars):
            parts.extend(_bar(bar, top + (LINE + 2) * number, columns[bar.column], name))
        top += height + GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" class="chart" '
        f'viewBox="0 0 {WIDTH} {top:g}" width="{WIDTH}" height="{top:g}">'
        f"<title>{escape(description)}</title><defs>"
        f"{''.join(_patterns(name, len(columns)))}</defs>{''.join(parts)}</svg>"
    )


def _label(lines: list[str], top: float) -> Iterator[str]:
    for number, line in enumerate(lines):
        y = top + LINE * number + 10.5
        yield f'<text {_FACE} font-weight="700" x="0" y="{y:g}">{escape(line)}</text>'


def _bar(bar: Bar, top: float, number: int, name: str) -> Iterator[str]:
    start, room = LABEL_WIDTH + COLUMN_WIDTH, WIDTH - LABEL_WIDTH - COLUMN_WIDTH - VALUE_WIDTH
    middle = top + 10.5
    column = bar.column
    if len(column) > _COLUMN_LETTERS:
        column = f"{column[: _COLUMN_LETTERS - 1].rstrip()}…"
    yield f'<text {_FACE} x="{LABEL_WIDTH}" y="{middle:g}">{escape(column)}</text>'
    if bar.share is not None:
        share = min(1.0, max(0.0, bar.share))
        yield f'<rect fill="{_GROUND}" x="{start}" y="{top:g}" width="{room}" height="{BAR}"/>'
        if share:
            fill = quoteattr(f"url(#{name}-{number})" if number else _INK)
            yield (
                f'<rect fill={fill} stroke="{_INK}" x="{start}" y="{top:g}" '
                f'width="{room * share:.1f}" height="{BAR}"/>'
            )
    yield (
        f'<text {_FACE} font-weight="700" x="{WIDTH}" y="{middle:g}" text-anchor="end">'
        f"{escape(bar.value)}</text>"
    )


_DRAWINGS: Final = (
    '<path d="M0 6L6 0" stroke="{ink}" stroke-width="1.6"/>',
    '<circle cx="3" cy="3" r="1.5" fill="{ink}"/>',
    '<path d="M0 3H6" stroke="{ink}" stroke-width="1.6"/>',
    '<path d="M3 0V6" stroke="{ink}" stroke-width="1.6"/>',
    '<path d="M0 0L6 6M0 6L6 0" stroke="{ink}" stroke-width="1.1"/>',
)


def _patterns(name: str, columns: int) -> Iterator[str]:
    """A pattern for each column but the first, which is solid."""
    for number, drawing in enumerate(_DRAWINGS[: max(0, columns - 1)], start=1):
        yield (
            f'<pattern id="{name}-{number}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<rect width="6" height="6" fill="#ffffff"/>{drawing.format(ink=_INK)}</pattern>'
        )
