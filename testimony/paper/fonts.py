"""The faces everything printed is set in: whole, static files from Debian's packages.

Each goes in under a family name of our own, so that nothing else on the machine is mixed in. A
sheet in a script that the house faces do not draw gets one more family, ``Paper Other``.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterable
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

OTHER: Final = "Paper Other"
_OTHER_SCRIPTS: Final = {
    "NotoNaskhArabic": ("ar", "ckb", "fa", "ps", "ur"),
    "NotoSansHebrew": ("he", "yi"),
    "NotoSansArmenian": ("hy",),
    "NotoSansBengali": ("as", "bn"),
    "NotoSansCanadianAboriginal": ("cr", "iu", "oj"),
    "NotoSansDevanagari": ("hi", "mr", "ne"),
    "NotoSansEthiopic": ("am", "ti"),
    "NotoSansGeorgian": ("ka",),
    "NotoSansGujarati": ("gu",),
    "NotoSansGurmukhi": ("pa",),
    "NotoSansKannada": ("kn",),
    "NotoSansKhmer": ("km",),
    "NotoSansLao": ("lo",),
    "NotoSansMalayalam": ("ml",),
    "NotoSansMyanmar": ("my",),
    "NotoSansSinhala": ("si",),
    "NotoSansTamil": ("ta",),
    "NotoSansTelugu": ("te",),
    "NotoSansThai": ("th",),
}


def faces_for(language: str) -> tuple[Face, ...]:
    """The faces of a sheet in a language: the house's, and those of its script."""
    code = language.split("-", maxsplit=1)[0]
    for name, languages in _OTHER_SCRIPTS.items():
        if code in languages:
            return (
                *FACES,
                Face(OTHER, 400, "normal", f"{name}-Regular.ttf"),
                Face(OTHER, 700, "normal", f"{name}-Bold.ttf"),
            )
    return FACES


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
def covered(faces: tuple[Face, ...] = FACES) -> frozenset[int]:
    """The code points that every text face can draw, or both weights of another script's."""
    plain = [_drawn_by(face) for face in faces if face.family != OTHER and _is_text(face)]
    other = [_drawn_by(face) for face in faces if face.family == OTHER]
    house = frozenset.intersection(*plain)
    return house | frozenset.intersection(*other) if other else house


def lacks_letters(texts: Iterable[str], drawn: Collection[int]) -> bool:
    """Whether any text has a letter that can't be drawn. Signs and pictures do not count."""
    return any(letter.isalpha() and ord(letter) not in drawn for text in texts for letter in text)


def stylesheet(faces: tuple[Face, ...] = FACES) -> str:
    """The ``@font-face`` rules of every face."""
    return "\n".join(
        f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; '
        f'font-style: {face.style}; src: url("{face.address}"); }}'
        for face in faces
    )


def _is_text(face: Face) -> bool:
    return face.weight == _REGULAR and face.style == "normal"


def _drawn_by(face: Face) -> frozenset[int]:
    with TTFont(io.BytesIO(contents(face)), lazy=True) as font:
        return frozenset(font.getBestCmap())
