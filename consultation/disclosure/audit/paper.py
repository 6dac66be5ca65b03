"""Reading the text of our own PDF editions, as ``pdftotext -layout`` (poppler) lays it out. Pure.

A table is known by its caption, “Table 3. …”, a line of headings and a line for each row with as
many figures as there are headings. Variables and categories are those of the table with the same
number in another form of the edition; where there is none, each table's rows and columns are
variables of their own, and what follows from one table for another can't be seen.

What this can't read it refuses. It does not see pictures; the words in a chart are text
and are seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from consultation.disclosure.audit.downloads import Frame, figure_of
from consultation.disclosure.audit.gathering import Draft
from consultation.disclosure.audit.lines import PrintedTable, headings, tables_in
from consultation.disclosure.audit.published import (
    ANSWERED,
    JOINED,
    MISSING,
    NOT_ASKED,
    Edition,
    Figure,
    File,
    Remark,
    Sentence,
    Statistic,
    Table,
    Unreadable,
    Variable,
)
from consultation.disclosure.audit.wording import (
    STATISTIC_WORDS,
    plain,
    squeezed,
)

_COUNTS: Final = frozenset({"people", "count", "number", "n", "personnes", "nombre", "effectif"})
_PERCENTS: Final = frozenset({"per cent", "percent", "%", "pour cent"})
_SPECIAL: Final = {
    "answered (the base)": ANSWERED,
    "base": ANSWERED,
    "total": ANSWERED,
    "all": ANSWERED,
    "ont répondu (la base)": ANSWERED,
    "ensemble": ANSWERED,
    "skipped the question": MISSING,
    "skipped": MISSING,
    "missing": MISSING,
    "ont passé la question": MISSING,
    "were not asked": NOT_ASKED,
    "not asked": NOT_ASKED,
    "n’ont pas eu la question": NOT_ASKED,
}
_EDITION: Final = re.compile(r"\b[EÉeé]dition\s+(\w[\w.-]*)")


def edition_named(text: str) -> str:
    """The edition a paper says it is, or nothing."""
    found = _EDITION.search(text)
    return found[1] if found else ""


def read_paper(text: str, file: File, known: Sequence[Edition] = ()) -> list[Draft]:
    """An edition from the text of its PDF: a draft for each set of people it tells of.

    ``known`` is the same edition as read from another form. A table belongs where a table with
    its number is known; what is not known belongs to the first.

    Raises:
        Unreadable: when a caption has no table under it, or a table's lines don't fit.
    """
    drafts = [_draft(file, edition) for edition in known] or [Draft(file, edition_named(text))]
    owners = {
        table.id: (draft, table)
        for draft, edition in zip(drafts, known, strict=False)
        for table in edition.tables
    }
    labels = {
        number: frozenset(_codes(draft, table.rows)) | frozenset(map(squeezed, _SPECIAL))
        for number, (draft, table) in owners.items()
    }
    tables, rest = tables_in(text, file.name, labels)
    for printed in tables:
        draft, table = owners.get(printed.number, (drafts[0], None))
        draft.tables.append(_read(printed, table, draft, file))
    for number, words in rest:
        drafts[0].sentences.append(
            Sentence(words, "", f"{file.name}, line {number}", is_paper=True)
        )
    return drafts


def _draft(file: File, edition: Edition) -> Draft:
    return Draft(
        file,
        edition.name,
        edition.collection,
        edition.population,
        variables=dict(edition.variables),
    )


def _read(printed: PrintedTable, known: Table | None, draft: Draft, file: File) -> Table:
    place = f"{file.name}, table {printed.number}"
    heads = headings(printed, _known_heads(draft, known), file.name)
    measures = [_measure(head) for head in heads]
    is_crossed = not all(measures)
    rows = known.rows if known else f"rows of table {printed.number}"
    columns = known.columns if known else f"columns of table {printed.number}"
    if not is_crossed:
        columns = "" if known is None else columns
        if columns:
            raise Unreadable(f"{place}: elsewhere this table has columns.")
    frame = Frame(rows, columns, known.filter if known else ())
    statistics: list[Statistic] = []
    figures: list[Figure] = []
    codes = None if known is None else _codes(draft, columns)
    over = [
        "" if measure else _category(head, columns, draft, codes, place)
        for head, measure in zip(heads, measures, strict=True)
    ]
    codes = None if known is None else _codes(draft, rows)
    for found in printed.rows:
        label, values, number = found.label, found.values, found.line
        kind = _statistic(label)
        if kind:
            base = tuple(sorted({**dict(frame.filter), rows: ANSWERED}.items()))
            said = values[0].text
            statistics.append(Statistic(kind, rows, base, f"{place}, line {number}", said))
            continue
        row = _category(label, rows, draft, codes, place)
        for value, measure, column in zip(values, measures, over, strict=True):
            at = {rows: row} | ({columns: column} if column else {})
            is_share = measure == "percent" or "%" in value.text
            figures.append(
                figure_of(
                    at,
                    value.text,
                    frame=frame,
                    place=f"{place}, line {number}",
                    measure="percent" if is_share else "count",
                )
            )
    told = tuple(figure for figure in figures if figure.said.manner != "none")
    if known is not None:
        draft.remarks += _left_out(known, told, place)
    return Table(
        id=printed.number,
        title=printed.title,
        rows=rows,
        columns=columns if is_crossed else "",
        groups=(known.groups if known else "") or (columns if is_crossed else ""),
        filter=frame.filter,
        figures=told,
        statistics=tuple(statistics),
        place=place,
    )


def _left_out(known: Table, told: Sequence[Figure], place: str) -> list[Remark]:
    """What another form of the table has and paper has not: perhaps it was not found on paper."""
    read = {figure.at for figure in told if figure.measure == "count"}
    for figure in known.figures:
        if figure.measure == "count" and figure.said.manner != "none" and figure.at not in read:
            words = f"{place} lacks what stands in {figure.place}."
            return [Remark("mismatch", f"Table {known.id}", words)]
    return []


def _known_heads(draft: Draft, known: Table | None) -> frozenset[str]:
    own = _codes(draft, known.columns) if known and known.columns else {}
    return frozenset(map(squeezed, (*_COUNTS, *_PERCENTS, *_SPECIAL))) | own.keys()


def _measure(head: str) -> str:
    words = head.lower()
    if words in _COUNTS:
        return "count"
    return "percent" if words in _PERCENTS else ""


def _statistic(label: str) -> str:
    for kind, pattern in STATISTIC_WORDS:
        if pattern.fullmatch(plain(label)):
            return kind
    return ""


def _codes(draft: Draft, variable: str) -> dict[str, str]:
    known = draft.variables.get(variable)
    return {squeezed(label): code for code, label in known.all_labels()} if known else {}


def _category(
    label: str, variable: str, draft: Draft, codes: dict[str, str] | None, place: str
) -> str:
    """A category's code by its label; on paper alone the label is the code."""
    if codes and squeezed(label) in codes:
        return codes[squeezed(label)]
    special = _SPECIAL.get(plain(label).lower())
    if special:
        return special
    if codes is not None:
        raise Unreadable(f"{place}: “{label}” is no answer of this table elsewhere.")
    known = draft.variables.get(variable, Variable(variable))
    code = label.replace(JOINED, "/")
    if code not in known.labels():
        draft.variables[variable] = replace(known, categories=(*known.categories, (code, label)))
    return code
