"""Templates of common consultations, in English and French, to begin a questionnaire with.

A template asks nobody anything. What belongs to one place or one group stands in it in double
brackets, and ``placeholders`` keeps a draft that still holds one from being published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from consultation.survey.exchange import from_json

_HERE: Final = Path(__file__).parent
NAMES: Final = ("office", "first_this_year", "conditions")


@dataclass(frozen=True, slots=True)
class Starter:
    """One template: its name in addresses, and the document that a draft is made from."""

    name: str
    document: Mapping[str, Any]

    def title(self, language: str) -> str:
        return self._words("title", language)

    def introduction(self, language: str) -> str:
        return self._words("introduction", language)

    @property
    def pages(self) -> int:
        return len(self.document["sections"])

    @property
    def questions(self) -> int:
        """How many questions it asks, without the age check and what people agree to."""
        return sum(
            question["type"] not in ("age_check", "consent", "information")
            for section in self.document["sections"]
            for question in section["questions"]
        )

    @property
    def minutes(self) -> int:
        return sum(section["minutes"] for section in self.document["sections"])

    def _words(self, name: str, language: str) -> str:
        words: Mapping[str, str] = self.document[name]
        return words.get(language.partition("-")[0]) or words["en"]


def starters() -> tuple[Starter, ...]:
    return tuple(starter(name) for name in NAMES)


@cache
def starter(name: str) -> Starter:
    """One template by its name.

    Raises:
        LookupError: when there is none.
    """
    if name not in NAMES:
        raise LookupError(name)
    return Starter(name, from_json((_HERE / f"{name}.json").read_bytes()))
