"""Single sheets: recovery kits, share sheets, certificates. One stylesheet, one door.

A sheet is printed from a template and a mapping, in memory; nobody here knows what is on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import translation

from testimony.paper import fonts
from testimony.paper.print import to_pdf

_STYLE: Final = Path(__file__).with_name("sheets.css")


def print_sheet(
    template: str,
    context: Mapping[str, Any],
    *,
    day: dt.date,
    faces: tuple[fonts.Face, ...] = fonts.FACES,
) -> bytes:
    """A finished PDF/UA file of one template, in the language that is active.

    ``context`` may name another ``language``, with its ``direction``. ``day`` is the only date that
    enters the file: the same sheet of the same day is the same bytes.

    Raises:
        BuildFailed, MissingFont, OutsideFetch: as ``print.to_pdf``.
    """
    html = render_to_string(
        template,
        {"language": translation.get_language(), "direction": "ltr", **context, "day": day},
    )
    moment = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
    style = _STYLE.read_text(encoding="utf-8")
    return to_pdf(html, style=style, epoch=int(moment.timestamp()), faces=faces).pdf
