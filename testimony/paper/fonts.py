"""The faces everything printed is set in: whole, static files from Debian's packages.

Each goes in under a family name of our own, so that nothing else on the machine is mixed in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

from testimony.paper.fetching import BASE_ADDRESS

FOLDER: Final = Path("/usr/share/fonts/truetype/noto")
PACKAGE: Final = "fonts-noto-core"


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
    found = [
        frozenset(TTFont(FOLDER / name, lazy=True).getBestCmap())
        for name in ("NotoSerif-Regular.ttf", "NotoSans-Regular.ttf")
        if (FOLDER / name).exists()
    ]
    return frozenset.intersection(*found) if found else frozenset()


def stylesheet() -> str:
    """The ``@font-face`` rules of every face."""
    return "\n".join(
        f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; '
        f'font-style: {face.style}; src: url("{face.address}"); }}'
        for face in FACES
    )
