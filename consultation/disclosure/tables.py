"""Tables before and after disclosure control, and the policy between them. Pure.

The setting is nearly a census: some local groups number about two hundred people, so every
table is treated as full-population data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["shown", "margins", "withheld"]
Reason = Literal["", "few_people", "small_base", "small_count", "linked"]

SMALL_FLOOR: Final = 5
"""No policy lets a count of 1 to 4 through."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The parameters of disclosure control.

    Attributes:
        k: 1 … k-1 is a small count. At least five.
        min_base: no table below this many people.
        base: what figures that change over time are rounded to.
        percent_base: no percentage below this many people.
    """

    k: int = SMALL_FLOOR
    min_base: int = 10
    base: int = 5
    percent_base: int = 30

    def __post_init__(self) -> None:
        if self.k < SMALL_FLOOR:
            raise ValueError(f"The smallest k is {SMALL_FLOOR}.")

    def is_small(self, count: int) -> bool:
        """Whether a count is so small that it could point at somebody."""
        return 0 < count < self.k

    def rounded(self, count: int) -> int:
        """A count that is updated over time, to the nearest multiple of ``base``, half up."""
        return (count + self.base // 2) // self.base * self.base


@dataclass(frozen=True, slots=True)
class CountedTable:
    """One question, counted. These numbers stay in memory and are never stored or shown.

    Attributes:
        participants: everyone whose answers may be counted.
        not_asked: those who never met the question.
        missing: those who met it and skipped it.
        counts: people for each code, in the questionnaire's order; zero included.
        depends_on: questions whose answers decided who met this one.
    """

    question: str
    type: str
    is_multiple: bool
    sensitivity: str
    participants: int
    not_asked: int
    missing: int
    counts: tuple[tuple[str, int], ...]
    depends_on: tuple[str, ...] = ()

    @property
    def base(self) -> int:
        """Those who answered."""
        return self.participants - self.not_asked - self.missing


@dataclass(frozen=True, slots=True)
class ProtectedCell:
    """A published cell; None stands for a hidden number."""

    code: str
    count: int | None
    percent: int | None


@dataclass(frozen=True, slots=True)
class ProtectedTable:
    """What may be published of one question."""

    question: str
    type: str
    is_multiple: bool
    verdict: Verdict
    reason: Reason
    participants: int | None
    base: int | None
    missing: int | None
    not_asked: int | None
    cells: tuple[ProtectedCell, ...]


@dataclass(frozen=True, slots=True)
class Protected:
    """What may be published of a set of tables."""

    tables: tuple[ProtectedTable, ...]
