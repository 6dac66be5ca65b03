"""The ladder: what is tried when a table hides too much. Pure.

From the top: the table as it is; its answers joined as the question allows; statements that
straddle k in place of its numbers; its margins alone; nothing, with the reason. A table never
climbs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from consultation.disclosure.tables import (
    Band,
    Group,
    Grouping,
    Reason,
    Table,
    Verdict,
)

_BELOW: Final[dict[Verdict, Verdict]] = {
    "shown": "bands",
    "bands": "margins",
    "margins": "withheld",
}


@dataclass(slots=True)
class Rung:
    """Where a table stands on the ladder."""

    table: Table
    merged: list[int] = field(default_factory=list)
    verdict: Verdict = "shown"
    reason: Reason = ""

    def __post_init__(self) -> None:
        self.merged = self.merged or [0] * len(self.table.variables)

    def groupings(self) -> tuple[Grouping, ...]:
        """How the answers of each variable are joined here."""
        return tuple(
            variable.grouping(step)
            for variable, step in zip(self.table.variables, self.merged, strict=True)
        )

    def is_merged(self) -> bool:
        """Whether any answers are joined."""
        return any(self.merged)

    def step_down(self, reason: Reason) -> bool:
        """Take the next rung; false at the bottom."""
        if self.verdict == "withheld":
            return False
        self.reason = reason
        if self.table.whole:
            self.verdict = "margins" if self.verdict == "shown" else "withheld"
        elif self.verdict == "shown" and self._merge():
            self.reason = ""
        else:
            self.verdict = _BELOW[self.verdict]
        return True

    def withhold(self, reason: Reason) -> None:
        """Take the lowest rung."""
        self.verdict, self.reason = "withheld", reason

    def _merge(self) -> bool:
        """Join answers of the variable that has most of them; of two alike, of the later."""
        open_ = [
            (len(variable.grouping(step)), number)
            for number, (variable, step) in enumerate(
                zip(self.table.variables, self.merged, strict=True)
            )
            if step < len(variable.merges)
        ]
        if not open_:
            return False
        self.merged[max(open_)[1]] += 1
        return True


def label(group: Group) -> str:
    """What merged codes are called in a place."""
    return "+".join(group)


def band_of(count: int, k: int) -> Band:
    """A statement that is true of a count and says neither that it is small nor that it is not.

    “9 or fewer” holds small counts and others; whoever is above can be small in nobody's eyes.
    """
    most = 2 * k - 1
    return Band(0, most) if count <= most else Band(most + 1, None)


def complement_band(count: int, base: int, k: int) -> Band:
    """The same for one of two answers that share a base: “at least 34 of 43”."""
    most = 2 * k - 1
    if count <= most:
        return Band(0, most)
    return Band(max(base - most, 0), None) if base - count <= most else Band(most + 1, None)
