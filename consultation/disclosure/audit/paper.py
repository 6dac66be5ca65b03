"""Reading the text of our own PDF editions, as ``pdftotext -layout`` (poppler) lays it out. Pure.

A table is known by its caption, “Table 3. …”, a line of headings and a line for each row with as
many figures as there are headings. Variables and categories are those of the table with the same
number in another form of the edition; where there is none, each table's rows and columns are
variables of their own, and what follows from one table for another can't be seen.

What this can't read it refuses. It does not see pictures; the words in a chart are text
and are seen.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from consultation.disclosure.audit.downloads import Frame, figure_of
from consultation.disclosure.audit.gathering import Draft
from consultation.disclosure.audit.published import (
    ANSWERED,
    JOINED,
    MISSING,
    NOT_ASKED,
    Edition,
    Figure,
    File,
    Sentence,
    Statistic,
    Table,
    Unreadable,
    Variable,
)
from consultation.disclosure.audit.wording import (
    STATISTIC_WORDS,
    Unclear,
    plain,
    read_percent,
    squeezed,
)

_CAPTION: Final = re.compile(r"\s*(?:Table|Tableau)\s+([\w.-]*\w)\s?[.:]\s+(\S.*?)\s*")
_PIECE: Final = re.compile(r"\S+(?: \S+)*")
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


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    start: int
    end: int

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


@dataclass(slots=True)
class _Printed:
    """A table as found on paper."""

    number: str
    title: str
    line: int
    heads: list[list[_Piece]] = field(default_factory=list)
    rows: list[tuple[str, list[_Piece], int]] = field(default_factory=list)


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
    tables, rest = _found(text, file)
    owners = {
        table.id: (draft, table)
        for draft, edition in zip(drafts, known, strict=False)
        for table in edition.tables
    }
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


def _found(text: str, file: File) -> tuple[list[_Printed], list[tuple[int, str]]]:
    """The tables, and every paragraph outside of them with the line it begins on."""
    tables: list[_Printed] = []
    rest: list[tuple[int, str]] = []
    current: _Printed | None = None
    was_blank = False
    for number, line in _lines(text):
        caption = _CAPTION.fullmatch(line)
        if caption and not _values(_pieces(line)):
            current = _Printed(caption[1], caption[2], number)
            tables.append(current)
        elif not line.strip():
            was_blank = True
            continue
        elif current is None or not _belongs(current, line, number, was_blank):
            if current is not None and not current.rows and not current.heads:
                raise Unreadable(f"{file.name}, line {number}: the table is not under its caption.")
            current = None
            if was_blank or not rest:
                rest.append((number, plain(line)))
            else:
                rest[-1] = (rest[-1][0], f"{rest[-1][1]} {plain(line)}")
        was_blank = False
    for table in tables:
        if not table.rows:
            raise Unreadable(f"{file.name}, line {table.line}: this table has no rows.")
    return tables, rest


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, without the page numbers that stand alone at the end of a page."""
    pages = text.split("\f")
    number = 0
    for position, page in enumerate(pages, start=1):
        for line in page.split("\n"):
            number += 1
            yield number, _without_folio(line, position, len(pages) - 1)


def _without_folio(line: str, position: int, count: int) -> str:
    found = re.fullmatch(r"(.*?\s{2,}|\s*)(\d+)(?:\s*(?:/|of|sur)\s*(\d+))?\s*", line)
    if found and int(found[2]) == position and found[3] in (None, str(count)):
        return "" if not found[1].strip() or found[3] else line
    return line


def _pieces(line: str) -> list[_Piece]:
    return [_Piece(m[0], m.start(), m.end()) for m in _PIECE.finditer(line)]


def _is_value(text: str) -> bool:
    try:
        read_percent(text)
    except Unclear:
        return False
    return True


def _values(pieces: Sequence[_Piece]) -> list[_Piece]:
    """The figures at the end of a line."""
    found: list[_Piece] = []
    for piece in reversed(pieces):
        if not _is_value(piece.text):
            break
        found.append(piece)
    return found[::-1]


def _belongs(table: _Printed, line: str, number: int, was_blank: bool) -> bool:
    """Take a line into a table if it can be its heading, a row or the rest of a label."""
    pieces = _pieces(line)
    values = _values(pieces)
    wide = len(table.rows[0][1]) if table.rows else 0
    if values and len(values) < len(pieces) and (not wide or len(values) == wide):
        label = " ".join(piece.text for piece in pieces[: len(pieces) - len(values)])
        table.rows.append((label, values, number))
        return True
    if not table.rows:
        if values:
            return False
        table.heads.append(pieces)
        return len(table.heads) <= 4
    is_rest = not was_blank and len(pieces) == 1 and pieces[0].end < table.rows[-1][1][0].start
    if is_rest and not re.search(r"\d", line):
        label, found, at = table.rows[-1]
        table.rows[-1] = (f"{label} {pieces[0].text}", found, at)
        return True
    return False


def _headings(table: _Printed, known: frozenset[str], file: File) -> list[str]:
    """The words over each column of figures.

    A heading of one line is cut where it fits the columns best, and where every cut then has a
    heading that is known, if there is such a cut. Words of more lines go to the nearest column.
    """
    values = table.rows[0][1]
    words = [
        [_Piece(m[0], p.start + m.start(), p.start + m.end()) for p in line for m in _words(p.text)]
        for line in table.heads
    ]
    if len(words) == 1 and len(words[0]) <= _MOST_WORDS:
        cuts = sorted(_cuts(words[0], values), key=lambda cut: (cut[0], cut[1]))
        for _distance, heads in cuts:
            if all(squeezed(head) in known for head in heads):
                return list(heads)
        if cuts:
            return list(cuts[0][1])
    gathered: list[list[str]] = [[] for _value in values]
    for line in words:
        for piece in line:
            nearest = min(range(len(values)), key=lambda n: abs(values[n].middle - piece.middle))
            if piece.end >= values[0].start - 2 or nearest:
                gathered[nearest].append(piece.text)
    found = [" ".join(column) for column in gathered]
    if not all(found):
        raise Unreadable(f"{file.name}, line {table.line}: a column has no heading.")
    return found


_MOST_WORDS: Final = 18


def _words(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(r"\S+", text)


def _cuts(
    words: Sequence[_Piece], values: Sequence[_Piece]
) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Every way to give each column some of the words in order, with how far off that is.

    The first words may be the heading of the labels and belong to no column.
    """
    count = len(values)
    for edges in itertools.combinations(range(len(words)), count):
        groups = [words[start:end] for start, end in itertools.pairwise((*edges, len(words)))]
        off = 0.0
        for group, value in zip(groups, values, strict=True):
            off += min(
                abs(group[0].start - value.start),
                abs(group[-1].end - value.end),
                abs((group[0].start + group[-1].end) / 2 - value.middle),
            )
        off += sum(1.0 for word in words[: edges[0]] if word.end > values[0].start)
        yield off, tuple(" ".join(word.text for word in group) for group in groups)


def _read(printed: _Printed, known: Table | None, draft: Draft, file: File) -> Table:
    place = f"{file.name}, table {printed.number}"
    heads = _headings(printed, _known_heads(draft, known), file)
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
    for label, values, number in printed.rows:
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
    return Table(
        id=printed.number,
        title=printed.title,
        rows=rows,
        columns=columns if is_crossed else "",
        groups=(known.groups if known else "") or (columns if is_crossed else ""),
        filter=frame.filter,
        figures=tuple(figure for figure in figures if figure.said.manner != "none"),
        statistics=tuple(statistics),
        place=place,
    )


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
