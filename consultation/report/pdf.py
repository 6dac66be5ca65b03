"""A snapshot as a PDF: tagged, bookmarked, the same bytes every time."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consultation.report.rendering import to_html
from consultation.report.snapshot import Snapshot
from testimony.paper import fonts
from testimony.paper.print import to_pdf

_STYLE: Final = Path(__file__).parent / "print.css"


@dataclass(frozen=True, slots=True)
class CompiledPdf:
    """A finished file, its digest (SHA-256), its pages, and the HTML it was made from.

    ``fonts`` names each font file with its SHA-256, for the manifest.
    """

    pdf: bytes
    digest: str
    pages: int
    html: str
    fonts: tuple[tuple[str, str], ...]


def compile_pdf(
    snapshot: Snapshot, *, progress: Callable[[str], object] | None = None
) -> CompiledPdf:
    """Print a snapshot.

    Raises:
        OutsideFetch, BuildFailed, MissingFont: as ``testimony.paper.print.to_pdf``.
    """
    say = progress or (lambda _words: None)
    say("Setting the pages")
    html = to_html(snapshot)
    date = dt.date.fromisoformat(snapshot.document["report"]["date"])
    epoch = int(dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC).timestamp())
    say("Printing the PDF")
    printed = to_pdf(html, style=_STYLE.read_text(encoding="utf-8"), epoch=epoch)
    return CompiledPdf(
        pdf=printed.pdf,
        digest=hashlib.sha256(printed.pdf).hexdigest(),
        pages=printed.pages,
        html=html,
        fonts=fonts.digests(),
    )
