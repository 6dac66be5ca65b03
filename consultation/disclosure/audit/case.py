"""What is before the auditor: the policy, the reader's system, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from consultation.disclosure.audit.axes import REST, named
from consultation.disclosure.audit.equations import Era, System, columns_of
from consultation.disclosure.audit.findings import HiddenCell
from consultation.disclosure.audit.policy import Policy
from consultation.disclosure.audit.published import MISSING, NOT_ASKED, At, Edition, Table
from consultation.disclosure.audit.ranges import Range, Reach, Reasoning

UNANSWERED: Final = frozenset({MISSING, NOT_ASKED, REST})
"""The parts of an axis that hold no answer."""


@dataclass(slots=True)
class Case:
    """What is before the auditor."""

    policy: Policy
    system: System
    reasoning: Reasoning
    hidden: list[HiddenCell] = field(default_factory=list)

    def editions(self) -> Iterator[tuple[Era, Edition]]:
        """Every edition with the era it belongs to."""
        for era in self.system.eras:
            for edition in era.editions:
                yield era, edition

    def tables(self) -> Iterator[tuple[Era, Edition, Table]]:
        """Every table of every edition."""
        for era, edition in self.editions():
            for table in edition.tables:
                yield era, edition, table

    def named(self, era: Era, at: At) -> str:
        """An ``at`` in words."""
        return named(self.system.axes[era.collection], at)

    def reach(self, era: Era, at: At) -> Reach:
        """The exact range of an ``at``."""
        return self.reasoning.reach(columns_of(self.system, era, at))

    def least(self, era: Era, at: At) -> int:
        """A number of people that an ``at`` surely has, from what is printed and forced."""
        columns = columns_of(self.system, era, at)
        printed = [
            figure.said.number or 0
            for told, figure, _era in self.system.pinned
            if told.columns == columns
        ]
        return max(printed, default=sum(self.reasoning.lower[column] for column in columns))


def point(number: int) -> Range:
    """The range of a number that is known."""
    return Range(number, number)


def least_and_most_seen(reasoning: Reasoning, columns: Iterable[int]) -> tuple[int, int]:
    """The least and greatest value of a sum under the assignments that are known already.

    Every block has one, except where time ran out; there the bounds close up to nothing known.
    """
    given, weights = reasoning.weigh(columns)
    least = most = given
    for number, wanted in weights.items():
        values = [
            sum(numbers[place] for place in wanted)
            for numbers in reasoning.blocks[number].assignments
        ] or [1]
        least, most = least + min(values), most + max(values)
    return least, most
