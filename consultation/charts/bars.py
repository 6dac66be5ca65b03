"""A bar chart of one protected table, as inline SVG. Pure.

Every bar has its label and value as text beside it; colour and pattern say nothing that the
words do not. A table without shown cells has no chart. ``title`` is a direct child of ``svg``,
which is what a PDF reader and a screen reader speak.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

WIDTH: Final = 640
LABEL_WIDTH: Final = 274
VALUE_WIDTH: Final = 88
BAR: Final = 13
LINE: Final = 14
GAP: Final = 6
LABEL_LETTERS: Final = 44
_FACE: Final = 'font-family="Paper Sans, sans-serif" font-size="11.4" fill="#1f1a17"'
_LABEL: Final = _FACE
_VALUE: Final = f'{_FACE} font-weight="700"'


def bar_chart(table: Mapping[str, Any], description: str) -> str:
    """SVG for a table's shown cells; empty when nothing may be shown.

    ``description`` becomes the title that is read aloud. Widths are proportional to counts, the
    longest bar standing for the whole base.
    """
    if table["verdict"] != "shown" or not table["base"]:
        return ""
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    rows = []
    top = 4
    for cell in table["cells"]:
        lines = textwrap.wrap(cell["label"], LABEL_LETTERS) or [""]
        height = max(BAR, LINE * len(lines))
        length = round(room * cell["count"] / table["base"], 1)
        middle = top + height / 2
        rows.append(_label(lines, middle))
        rows.append(
            f'<rect fill="#f1ebdf" x="{LABEL_WIDTH}" y="{middle - BAR / 2}" '
            f'width="{room}" height="{BAR}"/>'
        )
        if length:
            rows.append(
                f'<rect fill="#a81e19" x="{LABEL_WIDTH}" y="{middle - BAR / 2}" '
                f'width="{length}" height="{BAR}"/>'
            )
        rows.append(
            f'<text {_VALUE} x="{WIDTH}" y="{middle + 4.5}" '
            f'text-anchor="end">'
            f"{_value(cell, table['base'])}</text>"
        )
        top += height + GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" class="chart" '
        f'viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}">'
        f"<title>{escape(description)}</title>{''.join(rows)}</svg>"
    )


def _label(lines: list[str], middle: float) -> str:
    first = middle - LINE * (len(lines) - 1) / 2 + 4.5
    return "".join(
        f'<text {_LABEL} x="0" y="{first + LINE * number}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )


def _value(cell: Mapping[str, Any], base: int) -> str:
    if cell["percent"] is None:
        return f"{cell['count']} / {base}"
    return f"{cell['count']} · {cell['percent']} %"
