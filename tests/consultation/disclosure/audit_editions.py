"""Small publications to audit, made from true counts and a list of what is hidden."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from consultation.disclosure.audit.published import (
    ANSWERED,
    HIDDEN,
    At,
    Edition,
    Figure,
    Kind,
    Said,
    Sensitivity,
    Table,
    Variable,
    exactly,
    placed,
)
from consultation.disclosure.audit.wording import read_count

ALL = ANSWERED


def variable(
    code: str,
    *categories: str,
    kind: Kind = "single",
    sensitivity: Sensitivity = "opinion",
    asked_if: Mapping[str, str] | None = None,
) -> Variable:
    return Variable(
        code,
        code.capitalize(),
        kind,
        sensitivity,
        tuple((category, category.capitalize()) for category in categories),
        placed(**(asked_if or {})),
    )


def said(value: Any) -> Said:
    return exactly(value) if isinstance(value, int) else read_count(value)


def one_way(
    code: str,
    counts: Mapping[str, Any],
    *,
    number: str = "1",
    filters: Mapping[str, str] | None = None,
    percents: Mapping[str, int] | None = None,
) -> Table:
    """A one-way table: a value for each category; ``*`` is the base."""
    kept = filters or {}
    base = placed(**{code: ALL}, **kept)
    place = f"table {number}"
    figures = [
        Figure(placed(**{code: category}, **kept), said(value), place, of=base)
        for category, value in counts.items()
    ]
    figures += [
        Figure(placed(**{code: category}, **kept), exactly(value), place, "percent", base)
        for category, value in (percents or {}).items()
    ]
    return Table(number, code, code, filter=placed(**kept), figures=tuple(figures))


def cross(
    rows: str,
    columns: str,
    counts: Mapping[tuple[str, str], int],
    *,
    hide: Collection[tuple[str, str]] = (),
    number: str = "2",
    totals: bool = True,
) -> Table:
    """A cross-table from its inner counts; ``*`` in ``hide`` stands for a total."""
    row_codes = list(dict.fromkeys(row for row, _column in counts))
    column_codes = list(dict.fromkeys(column for _row, column in counts))
    whole: dict[tuple[str, str], int] = dict(counts)
    for row, column in itertools.product([*row_codes, ALL], [*column_codes, ALL]):
        if ALL in (row, column):
            whole[row, column] = sum(
                count for (r, c), count in counts.items() if row in (r, ALL) and column in (c, ALL)
            )
    figures = [
        Figure(
            placed(**{rows: row, columns: column}),
            HIDDEN if (row, column) in hide else exactly(value),
            f"table {number}",
        )
        for (row, column), value in whole.items()
        if totals or ALL not in (row, column)
    ]
    return Table(number, f"{rows} by {columns}", rows, columns, columns, figures=tuple(figures))


def edition(
    *tables: Table,
    variables: Iterable[Variable] = (),
    participants: int | None = None,
    name: str = "1",
    **more: Any,
) -> Edition:
    figures: tuple[Figure, ...] = more.pop("figures", ())
    if participants is not None:
        figures = (Figure((), exactly(participants), "cover"), *figures)
    return Edition(
        name=name,
        collection="hours",
        variables={item.code: item for item in variables},
        figures=figures,
        tables=tables,
        **more,
    )


def at(**categories: str) -> At:
    return placed(**categories)
