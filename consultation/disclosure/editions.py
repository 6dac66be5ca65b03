"""Earlier releases, as a reader holds them: numbers without the counts behind them. Pure.

A release that counts as many people is taken to count the same people. One that counts fewer or
more is taken to speak of a part of ours, or of ours and others: the people are split into blocks,
and each population is the blocks up to its own. That is what a reader would guess. Where the
numbers say otherwise, the edition is set apart. Those who joined or left between two releases are
a group of people too, and no release may give a small one away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from consultation.disclosure.ladder import label
from consultation.disclosure.percent import interval
from consultation.disclosure.spots import codes_at
from consultation.disclosure.system import Region, System
from consultation.disclosure.tables import (
    ANSWERED,
    Band,
    Protected,
    PublishedNumber,
    PublishedTable,
    Table,
    Variable,
)


@dataclass(slots=True)
class Edition:
    """One earlier release.

    Attributes:
        is_apart: no population holds the other, so only plain differences are looked at.
        blocks: the people it counts.
    """

    tables: tuple[PublishedTable, ...]
    participants: int
    is_apart: bool = False
    blocks: tuple[int, ...] = (0,)

    def numbers(self, system: System) -> Iterator[tuple[Region, PublishedNumber]]:
        """Every number it published, with the people it counts."""
        for table in self.tables:
            groups = [{label(group): group for group in grouping} for grouping in table.groupings]
            for number in (*table.cells, *table.margins):
                place = tuple(
                    known.get(code, (code,))
                    for known, code in zip(groups, number.place, strict=True)
                )
                options, values = codes_at(table.variables, place)
                parts = [
                    (variable, option, codes)
                    for variable, option, codes in zip(
                        table.variables, options, values, strict=True
                    )
                    if codes is not None
                ]
                yield system.region(parts), _as_statement(number, table)


def _as_statement(number: PublishedNumber, table: PublishedTable) -> PublishedNumber:
    """A percentage that stands without its count says between what the count lies."""
    if number.count is not None or number.percent is None:
        return number
    base = table.number(ANSWERED, *number.place[1:]).count
    if base is None:
        return number
    low, high = interval(number.percent, base)
    if number.band is not None:
        low = max(low, number.band.low)
        high = high if number.band.high is None else min(high, number.band.high)
    return replace(number, band=Band(low, high))


def editions_of(released: Iterable[Protected], tables: Iterable[Table]) -> list[Edition]:
    """The releases that say anything, their questions told apart from ours where they differ."""
    ours = {variable.key: variable for table in tables for variable in table.variables}
    found = []
    for release in released:
        shown = [table for table in release.tables if table.verdict != "withheld"]
        people = {table.participants for table in release.tables if table.participants is not None}
        if not people:
            continue
        found.append(
            Edition(
                tables=tuple(_told_apart(table, ours) for table in shown),
                participants=max(people),
            )
        )
    return found


def _told_apart(table: PublishedTable, ours: dict[str, Variable]) -> PublishedTable:
    """A question that has other answers now is another question."""
    return replace(
        table,
        variables=tuple(
            variable
            if ours.get(variable.key, variable).codes == variable.codes
            else replace(variable, key=f"{variable.key} (earlier)")
            for variable in table.variables
        ),
    )


def arrange(editions: list[Edition], participants: int) -> tuple[int, tuple[int, ...]]:
    """Give every edition its blocks; how many there are, and which are ours.

    Populations are ordered by their size. Those apart have no block: they are not in the system.
    """
    sizes = sorted({participants, *(one.participants for one in editions if not one.is_apart)})
    for edition in editions:
        if not edition.is_apart:
            edition.blocks = tuple(range(sizes.index(edition.participants) + 1))
    return len(sizes), tuple(range(sizes.index(participants) + 1))


def between(ours: tuple[int, ...], theirs: tuple[int, ...]) -> tuple[int, ...]:
    """The blocks of those who joined or left between two releases."""
    return tuple(sorted(set(ours) ^ set(theirs)))
