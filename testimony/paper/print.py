"""HTML to PDF/UA-1, with a closed fetcher and the faces of the house.

Deterministic: the same HTML, style and date give the same bytes, on any day, in any process.
A warning from the typesetter stops the build, because it means something was left out.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from testimony.paper import fonts
from testimony.paper.fetching import BASE_ADDRESS, ClosedFetcher

VARIANT: Final = "pdf/ua-1"
_FONTCONFIG: Final = Path(__file__).with_name("fonts.conf")


class BuildFailed(Exception):
    """The typesetter reported a problem; the message is its own."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished file."""

    pdf: bytes
    pages: int


def to_pdf(
    html: str, *, style: str, epoch: int, faces: tuple[fonts.Face, ...] = fonts.FACES
) -> Printed:
    """Print a document.

    ``html`` is a whole page with ``lang`` and ``title``; ``style`` is its stylesheet; ``epoch``
    (seconds since 1970) is the only time that may enter the file; ``faces`` are what it is set in.

    Raises:
        OutsideFetch: when the document asks for anything that was not handed in.
        BuildFailed: when the typesetter warns of anything.
        MissingFont: when a face is not installed.
    """
    held = {face.address: (fonts.contents(face), "font/ttf") for face in faces}
    fetcher = ClosedFetcher(held)
    with _surroundings(epoch), _strict():
        configuration = FontConfiguration()
        sheet = CSS(
            string=fonts.stylesheet(faces) + style,
            base_url=BASE_ADDRESS,
            url_fetcher=fetcher,
            font_config=configuration,
        )
        document = HTML(string=html, base_url=BASE_ADDRESS, url_fetcher=fetcher).render(
            stylesheets=[sheet], font_config=configuration, pdf_variant=VARIANT
        )
        pdf = document.write_pdf(pdf_variant=VARIANT, pdf_identifier=False)
    return Printed(pdf=pdf, pages=len(document.pages))


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _strict() -> Iterator[None]:
    listener = _Listener()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(listener)
    try:
        yield
    finally:
        logger.removeHandler(listener)
    if listener.messages:
        raise BuildFailed("; ".join(dict.fromkeys(listener.messages)))


@contextmanager
def _surroundings(epoch: int) -> Iterator[None]:
    """The machine as the typesetter may see it: one fixed time, and no fonts but ours.

    fontTools stamps subset fonts with the clock unless it is told a time. Fontconfig would lend
    a letter from any font installed on the machine, and apply that machine's rules.
    """
    wanted = {"SOURCE_DATE_EPOCH": str(epoch), "FONTCONFIG_FILE": str(_FONTCONFIG)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
