"""The simplest honest rule for a set of one-way tables. Pure.

A table is shown whole, or with its margins only, or not at all. It is never shown with one
cell missing, because the total would give that cell back. A table is unsafe when any number in
it (a cell, those who skipped, those not asked, or, where several answers may be ticked, those
who did *not* tick) is 1 … k-1; for a question about the person, also when a cell is empty or
holds everybody. A question that only some people met repeats the count that decided who met
it, so it is withheld whenever that other table is not shown.

This rule hides more than it must. It does not treat cross-tables, which are not published yet.
"""

from __future__ import annotations

from collections.abc import Iterable

from consultation.disclosure.tables import (
    CountedTable,
    Policy,
    Protected,
    ProtectedCell,
    ProtectedTable,
    Reason,
    Verdict,
)


class AlreadyReleased(Exception):
    """Another count of the same question is public; the two together could be subtracted."""


def protect(
    tables: Iterable[CountedTable],
    *,
    policy: Policy,
    released: Iterable[ProtectedTable] = (),
) -> Protected:
    """What may be published of these tables, given what was published before.

    Raises:
        AlreadyReleased: when an earlier release holds another count of one of the questions.
            This rule can't audit two counts together, so it refuses the second.
    """
    earlier = {table.question: table for table in released}
    verdicts: dict[str, Verdict] = {}
    protected = []
    for table in tables:
        shown = _protect_one(table, policy, verdicts)
        verdicts[table.question] = shown.verdict
        before = earlier.get(table.question)
        if before is not None and before != shown:
            raise AlreadyReleased(
                f"The question “{table.question}” was published before with other counts."
            )
        protected.append(shown)
    return Protected(tables=tuple(protected))


def _protect_one(
    table: CountedTable, policy: Policy, verdicts: dict[str, Verdict]
) -> ProtectedTable:
    if table.participants < policy.min_base:
        return _hidden(table, "withheld", "few_people")
    if any(verdicts.get(parent) != "shown" for parent in table.depends_on):
        return _hidden(table, "withheld", "linked")
    if table.base < policy.min_base or policy.is_small(table.not_asked):
        return _hidden(table, "withheld", "small_base")
    if policy.is_small(table.missing):
        return _hidden(table, "withheld", "small_count")
    if any(_is_unsafe(count, table, policy) for _code, count in table.counts):
        return _hidden(table, "margins", "small_count")
    return ProtectedTable(
        question=table.question,
        type=table.type,
        is_multiple=table.is_multiple,
        verdict="shown",
        reason="",
        participants=table.participants,
        base=table.base,
        missing=table.missing,
        not_asked=table.not_asked,
        cells=tuple(
            ProtectedCell(code, count, _percent(count, table.base, policy))
            for code, count in table.counts
        ),
    )


def _is_unsafe(count: int, table: CountedTable, policy: Policy) -> bool:
    rest = table.base - count
    if policy.is_small(count) or policy.is_small(rest):
        return True
    return table.sensitivity == "attribute" and (count == 0 or rest == 0)


def _hidden(table: CountedTable, verdict: Verdict, reason: Reason) -> ProtectedTable:
    """A table without its cells; its margins too are left out when it is withheld."""
    keeps_margins = verdict == "margins"
    return ProtectedTable(
        question=table.question,
        type=table.type,
        is_multiple=table.is_multiple,
        verdict=verdict,
        reason=reason,
        participants=None if reason == "few_people" else table.participants,
        base=table.base if keeps_margins else None,
        missing=table.missing if keeps_margins else None,
        not_asked=table.not_asked if keeps_margins else None,
        cells=tuple(ProtectedCell(code, None, None) for code, _count in table.counts),
    )


def _percent(count: int, base: int, policy: Policy) -> int | None:
    """A whole per cent, half up; none below a base of thirty."""
    return (200 * count + base) // (2 * base) if base >= policy.percent_base else None
