"""Laying the forms of an edition together: page, download and paper are one publication. Pure.

A number that any of them prints is printed. Where two of them disagree, that is a finding, and the
reader is taken to know both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from consultation.disclosure.audit.published import (
    At,
    Bar,
    Edition,
    Figure,
    File,
    Quote,
    Remark,
    Sentence,
    State,
    Statistic,
    Table,
    Variable,
)


@dataclass(slots=True)
class Draft:
    """One file's part of an edition, while it is read."""

    file: File
    name: str = ""
    collection: str = ""
    population: str = ""
    variables: dict[str, Variable] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def gathered(drafts: Iterable[Draft]) -> list[Edition]:
    """Editions of what was read, in the order in which they were first met."""
    together: dict[tuple[str, str, str], list[Draft]] = {}
    for draft in drafts:
        key = (draft.name, draft.collection, draft.population)
        together.setdefault(key, []).append(draft)
    return [_edition(parts) for parts in together.values()]


def _edition(parts: list[Draft]) -> Edition:
    first = parts[0]
    variables: dict[str, Variable] = {}
    remarks: list[Remark] = []
    for draft in parts:
        for code, variable in draft.variables.items():
            variables[code] = variables[code].joined(variable) if code in variables else variable
        remarks += draft.remarks
    tables: dict[str, Table] = {}
    for draft in parts:
        for table in draft.tables:
            known = tables.get(table.id)
            if known is None:
                tables[table.id] = table
                continue
            tables[table.id] = _joined(known, table)
            remarks += _disagreements(known, table)
    return Edition(
        name=first.name,
        collection=first.collection,
        population=first.population,
        variables=variables,
        figures=tuple(figure for draft in parts for figure in draft.figures),
        tables=tuple(tables.values()),
        others=tuple(dict.fromkeys(words for draft in parts for words in draft.others)),
        sentences=tuple(item for draft in parts for item in draft.sentences),
        bars=tuple(item for draft in parts for item in draft.bars),
        quotes=tuple(item for draft in parts for item in draft.quotes),
        remarks=tuple(remarks),
        files=tuple(dict.fromkeys(draft.file for draft in parts)),
    )


def _joined(known: Table, other: Table) -> Table:
    state: State = "shown" if "shown" in (known.state, other.state) else known.state
    statistics: tuple[Statistic, ...] = known.statistics + other.statistics
    return replace(
        known,
        title=known.title or other.title,
        groups=known.groups or other.groups,
        state=state,
        figures=known.figures + other.figures,
        statistics=statistics,
    )


def _printed(table: Table) -> Mapping[tuple[str, At, At], Figure]:
    return {
        (figure.measure, figure.at, figure.of if figure.measure == "percent" else ()): figure
        for figure in table.figures
        if figure.said.manner != "none"
    }


def _disagreements(known: Table, other: Table) -> list[Remark]:
    before = _printed(known)
    remarks = []
    if "withheld" in (known.state, other.state) and known.state != other.state:
        words = f"{known.place} and {other.place} don't agree that it is withheld."
        remarks.append(Remark("mismatch", f"Table {other.id}", words))
    for key, figure in _printed(other).items():
        first = before.get(key)
        if first is None:
            continue
        one, two = first.said, figure.said
        if (one.manner, one.low, one.high) != (two.manner, two.low, two.high):
            remarks.append(
                Remark(
                    "mismatch",
                    f"Table {other.id}",
                    f"{first.place} and {figure.place} don't say the same.",
                )
            )
    return remarks
