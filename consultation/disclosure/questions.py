"""One-way tables of questions that are shown whole, or as margins, or not at all. Pure.

What the survey's tally and the report publish today: the special case of ``protect`` in which no
table shows some of its answers and hides others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import (
    ANSWERED,
    MISSING,
    NOT_ASKED,
    AlreadyReleased,
    CountedTable,
    Place,
    Policy,
    ProtectedCell,
    ProtectedTable,
    PublishedTable,
    Sensitivity,
    Table,
    Variable,
    not_ticked,
)


def protect_questions(
    tables: Iterable[CountedTable],
    *,
    policy: Policy,
    released: Iterable[ProtectedTable] = (),
) -> tuple[ProtectedTable, ...]:
    """What may be published of these questions, given what was published before.

    Raises:
        AlreadyReleased: when an earlier release holds another count of one of the questions.
    """
    counted = list(tables)
    earlier = {table.question: table for table in released}
    found = protect(map(whole_table, counted), policy=policy)
    protected = tuple(
        _as_question(before, after) for before, after in zip(counted, found.tables, strict=True)
    )
    for table in protected:
        if earlier.get(table.question, table) != table:
            raise AlreadyReleased(
                f"The question “{table.question}” was published before with other counts."
            )
    return protected


def whole_table(counted: CountedTable) -> Table:
    """One counted question as a table that hides all of its answers or none."""
    variable = Variable(
        key=counted.question,
        codes=tuple(code for code, _count in counted.counts),
        type=counted.type,
        is_multiple=counted.is_multiple,
        sensitivity=cast(Sensitivity, counted.sensitivity),
        depends_on=counted.depends_on,
    )
    counts: list[tuple[Place, int]] = [
        ((MISSING,), counted.missing),
        ((NOT_ASKED,), counted.not_asked),
    ]
    for code, count in counted.counts:
        counts.append(((code,), count))
        if counted.is_multiple:
            counts.append(((not_ticked(code),), counted.base - count))
    return Table((variable,), tuple(counts), whole=True)


def _as_question(counted: CountedTable, table: PublishedTable) -> ProtectedTable:
    margins = {number.place[0]: number.count for number in table.margins}
    is_withheld = table.verdict == "withheld"
    return ProtectedTable(
        question=counted.question,
        type=counted.type,
        is_multiple=counted.is_multiple,
        verdict=table.verdict,
        reason=table.reason,
        participants=table.participants,
        base=margins.get(ANSWERED),
        missing=margins.get(MISSING),
        not_asked=None if is_withheld else margins.get(NOT_ASKED, 0),
        cells=tuple(ProtectedCell(n.place[0], n.count, n.percent) for n in table.cells)
        or tuple(ProtectedCell(code, None, None) for code, _count in counted.counts),
    )
