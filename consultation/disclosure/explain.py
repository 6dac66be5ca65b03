"""Why a number is hidden, said from what is public alone. Pure.

A sentence that said “this one is small” would tell the analyst what the marker hides. These
sentences name only a published total and the hidden numbers that add up to it, so they can be
made from the published table by anybody, and they read the same for the small number and for its
cover.
"""

from __future__ import annotations

from collections.abc import Iterator

from consultation.disclosure.tables import ANSWERED, Explanation, Place, PublishedTable


def explain(table: PublishedTable) -> Iterator[Explanation]:
    """One explanation for each hidden number.

    Codes: ``sum`` (together with ``others`` it makes up the shown number at ``total``),
    ``ticks`` (with the base known, those who did not tick would be known),
    ``table`` (the table as a whole hides its numbers: ``verdict`` and ``reason``),
    ``linked`` (another table or an earlier release would give it, or what it covers, away).
    """
    if table.verdict == "withheld":
        yield Explanation(table.keys, (), "table", _of_table(table))
        return
    hidden = {one.place for one in (*table.cells, *table.margins) if one.mark == "[c]"}
    banded = {one.place for one in table.cells if one.band is not None}
    shown = {
        one.place: one.count for one in (*table.cells, *table.margins) if one.count is not None
    }
    for place in sorted(hidden | banded):
        if table.verdict in ("bands", "margins") and ANSWERED not in place:
            yield Explanation(table.keys, place, "table", _of_table(table))
        elif found := _sum_with(place, table, hidden, set(shown)):
            total, others = found
            yield Explanation(
                table.keys,
                place,
                "sum",
                (("total", _named(total)), ("others", "; ".join(map(_named, others)))),
            )
        elif any(
            variable.is_multiple and code != ANSWERED
            for variable, code in zip(table.variables, place, strict=True)
        ):
            yield Explanation(table.keys, place, "ticks")
        else:
            yield Explanation(table.keys, place, "linked")


def _of_table(table: PublishedTable) -> tuple[tuple[str, str], ...]:
    return (("verdict", table.verdict), ("reason", table.reason))


def _named(place: Place) -> str:
    return ", ".join(place)


def _sum_with(
    place: Place, table: PublishedTable, hidden: set[Place], shown: set[Place]
) -> tuple[Place, list[Place]] | None:
    """The shown total with the fewest other hidden numbers that it sums up with this one."""
    found = []
    for at, code in enumerate(place):
        if code == ANSWERED or table.variables[at].is_multiple:
            continue
        total = (*place[:at], ANSWERED, *place[at + 1 :])
        others = sorted(
            other
            for other in hidden
            if other != place
            and other[at] != ANSWERED
            and other[:at] == place[:at]
            and other[at + 1 :] == place[at + 1 :]
        )
        if total in shown and others:
            found.append((len(others), total, others))
    return min(found)[1:] if found else None
