"""The faces everything printed is set in: whole, static files from Debian's packages.

Each goes in under a family name of our own, so that nothing else on the machine is mixed in.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

from testimony.paper.fetching import BASE_ADDRESS

FOLDER: Final = Path("/usr/share/fonts/truetype/noto")
PACKAGE: Final = "fonts-noto-core"
_REGULAR: Final = 400


class MissingFont(Exception):
    """A face is not on this machine. The message names the package that brings it."""


@dataclass(frozen=True, slots=True)
class Face:
    """One font file and the family, weight and style it stands for."""

    family: str
    weight: int
    style: str
    file: str

    @property
    def address(self) -> str:
        return f"{BASE_ADDRESS}{self.file}"


FACES: Final = (
    Face("Paper Serif", 400, "normal", "NotoSerif-Regular.ttf"),
    Face("Paper Serif", 400, "italic", "NotoSerif-Italic.ttf"),
    Face("Paper Serif", 700, "normal", "NotoSerif-Bold.ttf"),
    Face("Paper Sans", 400, "normal", "NotoSans-Regular.ttf"),
    Face("Paper Sans", 700, "normal", "NotoSans-Bold.ttf"),
)


@cache
def contents(face: Face) -> bytes:
    """The bytes of a font file.

    Raises:
        MissingFont: when it is not installed.
    """
    try:
        return (FOLDER / face.file).read_bytes()
    except FileNotFoundError:
        raise MissingFont(f"{face.file} is missing: install the package {PACKAGE}.") from None


@cache
def digests() -> tuple[tuple[str, str], ...]:
    """Each font file with its SHA-256, for a manifest."""
    return tuple((face.file, hashlib.sha256(contents(face)).hexdigest()) for face in FACES)


@cache
def covered() -> frozenset[int]:
    """The code points that both text faces can draw."""
    text_faces = [face for face in FACES if face.weight == _REGULAR and face.style == "normal"]
    found = []
    for face in text_faces:
        with TTFont(io.BytesIO(contents(face)), lazy=True) as font:
            found.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*found)


def stylesheet() -> str:
    """The ``@font-face`` rules of every face."""
    return "\n".join(
        f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; '
        f'font-style: {face.style}; src: url("{face.address}"); }}'
        for face in FACES
    )
