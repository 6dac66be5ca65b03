"""What an audit says. Every finding names a cell, what a reader can learn of it, and the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from consultation.disclosure.audit.policy import Policy
from consultation.disclosure.audit.published import File
from consultation.disclosure.audit.ranges import Block, Range, Reach

RULES: Final[Mapping[str, str]] = {
    "range": "What a reader can't rule out of a hidden number reaches k and spans k.",
    "small_count": "No number of 1 to k-1 people is printed.",
    "difference": "No sum minus its parts is 1 to k-1 people.",
    "editions": "Two editions don't differ by 1 to k-1 people.",
    "attribute": "Of a question about the person, no group holds nobody or everybody.",
    "base": "Nothing is shown of a table or subgroup below the smallest base.",
    "percent_base": "No percentage is shown below the smallest base for one.",
    "percent_whole": "Percentages are whole numbers.",
    "statistic": "No least, greatest, range or mean is shown.",
    "median_base": "No median or quartile is shown below the smallest base for one.",
    "tick_total": "The ticks of a question with several answers are never added up.",
    "attribution": "Enough people share the label of a quotation.",
    "left_over": "Enough people are left over when a label leaves a detail out.",
    "sentence": "Every number in a sentence stands in a table too.",
    "bar": "No bar of a chart says more than the words beside it.",
    "mismatch": "Visible words, marks and the forms of an edition say the same.",
    "contradiction": "The published numbers fit each other.",
    "time_out": "Every range was found in time.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach.

    Attributes:
        cell: whose number it is, in words.
        range: what a reader can learn of it, where that is a range.
        place: the files and places it was read in.
    """

    rule: str
    cell: str
    range: Range | None
    sentence: str
    place: str = ""


def unfinished(cell: str, place: str = "") -> Finding:
    """A range that was not found in time counts as a breach."""
    return Finding("time_out", cell, None, "The range was not found in time.", place)


@dataclass(frozen=True, slots=True)
class HiddenCell:
    """A number that was hidden, with all that can be learned of it.

    ``is_deserted`` says that nobody is in its group at all, so that there is nobody to protect.
    """

    name: str
    places: tuple[str, ...]
    columns: tuple[int, ...]
    reach: Reach
    is_deserted: bool = False


@dataclass(frozen=True, slots=True)
class Audit:
    """The verdict on what was published.

    Attributes:
        reading: which reading of the editions fitted; see ``auditing.system_of``.
        names: the unknowns' names, for the proof.
        forced: the unknowns that follow by plain reasoning, with their values.
    """

    policy: Policy
    findings: tuple[Finding, ...]
    hidden: tuple[HiddenCell, ...]
    files: tuple[File, ...]
    editions: tuple[str, ...]
    reading: int = 0
    names: tuple[str, ...] = ()
    forced: Mapping[int, int] | None = None
    blocks: tuple[Block, ...] = ()

    @property
    def is_adequate(self) -> bool:
        """Whether no rule is broken."""
        return not self.findings

    def broken(self) -> frozenset[str]:
        """The names of the rules that are broken."""
        return frozenset(finding.rule for finding in self.findings)
