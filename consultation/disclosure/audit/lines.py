"""Finding tables in text that was laid out in lines, as ``pdftotext -layout`` does. Pure.

A table begins with its caption, “Table 3. …”. Under it stand the headings, then a line for each row
with a figure in every column. What does not fit on a line goes on under its own column. On a new
page the headings stand again.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from consultation.disclosure.audit.published import Unreadable
from consultation.disclosure.audit.wording import Unclear, claims_in, plain, read_percent, squeezed

_CAPTION: Final = re.compile(r"\s*(?:Table|Tableau)\s+([\w.-]*\w)\s?[.:]\s+(\S.*?)\s*")
_PIECE: Final = re.compile(r"\S+(?: \S+)*")
_BEGINS: Final = re.compile(
    r"(?:(?:at|at least|au|au moins|at most|au plus|fewer|fewer than|less|less than|moins|moins de|"
    r"more|more than|plus|plus de|between|entre)\s*)?(?:[\d,\u202f]+\s*)?"
    r"(?:of|sur|/|or|ou|to|à|–|%|per|pour)?",
    re.IGNORECASE,
)
_MOST_HEADS: Final = 6
_MOST_WORDS: Final = 18

Labels = frozenset[str]
"""The labels that the rows of a table can have, without white space; empty when not known."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stand together on a line, and from where to where."""

    text: str
    start: int
    end: int

    @property
    def middle(self) -> float:
        """The place of its centre."""
        return (self.start + self.end) / 2


@dataclass(slots=True)
class PrintedRow:
    """A row's label and the figures of its columns."""

    label: str
    values: list[Piece]
    line: int


@dataclass(slots=True)
class PrintedTable:
    """A table as found on paper. ``labels`` are those its rows can have."""

    number: str
    title: str
    line: int
    labels: Labels
    heads: list[list[Piece]] = field(default_factory=list)
    rows: list[PrintedRow] = field(default_factory=list)

    @property
    def wide(self) -> int:
        """How many columns of figures it has."""
        return len(self.rows[0].values) if self.rows else 0

    def repeats_heads(self, pieces: Sequence[Piece]) -> bool:
        """Whether a line is one of its headings again, as on a new page."""
        words = [squeezed("".join(piece.text for piece in line)) for line in (pieces, *self.heads)]
        return bool(self.rows) and words[0] in words[1:]

    def take(self, line: str, number: int, *, was_blank: bool) -> bool:
        """Take a line that is a heading, a row, or the rest of one; false when it is neither."""
        pieces = pieces_of(line)
        figures = _figures(pieces)
        if not self.rows:
            if 0 < len(figures) < len(pieces):
                self._begin(pieces, len(figures), number)
                return True
            return self._take_head(pieces)
        if self.repeats_heads(pieces):
            return True
        if len(figures) >= self.wide and len(pieces) > self.wide:
            self._begin(pieces, self.wide, number)
            return True
        return not was_blank and self._take_rest(pieces)

    def _begin(self, pieces: Sequence[Piece], wide: int, number: int) -> None:
        label = " ".join(piece.text for piece in pieces[: len(pieces) - wide])
        self.rows.append(PrintedRow(label, list(pieces[len(pieces) - wide :]), number))

    def _take_head(self, pieces: list[Piece]) -> bool:
        if not self.heads and len(pieces) == 1 and pieces[0].start <= 2:
            self.title = f"{self.title} {pieces[0].text}"
            return True
        self.heads.append(pieces)
        return len(self.heads) <= _MOST_HEADS

    def _take_rest(self, pieces: Sequence[Piece]) -> bool:
        row = self.rows[-1]
        label, values = row.label, list(row.values)
        for piece in pieces:
            if piece.end < values[0].start:
                label = f"{label} {piece.text}"
                if not self._can_be(label):
                    return False
                continue
            place = min(range(self.wide), key=lambda n: abs(values[n].middle - piece.middle))
            words = f"{values[place].text} {piece.text}"
            start, end = values[place].start, values[place].end
            if piece.end < start - 2 or piece.start > end + 2 or not _is_figure(words):
                return False
            values[place] = Piece(words, min(start, piece.start), max(end, piece.end))
        row.label, row.values = label, values
        return True

    def _can_be(self, label: str) -> bool:
        """Whether a row's label can go on like this. Without known labels, it makes no claim."""
        if self.labels:
            return any(known.startswith(squeezed(label)) for known in self.labels)
        return not claims_in(label)

    def knows(self, line: str) -> bool:
        """Whether a line that stands apart is a row of this table: its label is a known one."""
        pieces = pieces_of(line)
        label = "".join(piece.text for piece in pieces[: len(pieces) - self.wide])
        return len(_figures(pieces)) >= self.wide > 0 and squeezed(label) in self.labels


def tables_in(
    text: str, name: str, labels: Mapping[str, Labels]
) -> tuple[list[PrintedTable], list[tuple[int, str]]]:
    """The tables, and every paragraph outside of them with the line it begins on.

    ``labels`` holds those that the rows of each table can have, by the table's number.

    Raises:
        Unreadable: when a caption has no table under it, a figure can't be read, or a hidden
            number stands outside of a table.
    """
    tables: list[PrintedTable] = []
    rest: list[tuple[int, str]] = []
    current: PrintedTable | None = None
    was_blank = False
    for number, line in _lines(text):
        pieces = pieces_of(line)
        caption = _CAPTION.fullmatch(line)
        if not pieces:
            was_blank = True
            continue
        if caption and len(pieces) == 1:
            current = PrintedTable(caption[1], caption[2], number, labels.get(caption[1], Labels()))
            tables.append(current)
        elif current is None or not current.take(line, number, was_blank=was_blank):
            last = tables[-1] if tables else None
            current = None
            if last is not None and (last.repeats_heads(pieces) or last.knows(line)):
                current = last
                last.take(line, number, was_blank=False)
            elif len(pieces) > 1 and pieces[-1].text in ("[c]", "[z]"):
                raise Unreadable(f"{name}, line {number}: a row stands outside of a table.")
            elif was_blank or not rest:
                rest.append((number, plain(line)))
            else:
                rest[-1] = (rest[-1][0], f"{rest[-1][1]} {plain(line)}")
        was_blank = False
    for table in tables:
        _check(table, name)
    return tables, rest


def _check(table: PrintedTable, name: str) -> None:
    if not table.rows:
        raise Unreadable(f"{name}, line {table.line}: there is no table under this caption.")
    for row in table.rows:
        for value in row.values:
            if not _is_value(value.text):
                raise Unreadable(f"{name}, line {row.line}: “{value.text}” can't be read.")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, without the page numbers that stand alone at the end of a page."""
    pages = text.split("\f")
    number = 0
    for position, page in enumerate(pages, start=1):
        for line in page.split("\n"):
            number += 1
            found = re.fullmatch(r"\s*(\d+)(?:\s*(?:/|of|sur)\s*(\d+))?\s*", line)
            is_folio = (
                found and int(found[1]) == position and found[2] in (None, str(len(pages) - 1))
            )
            yield number, "" if is_folio else line


def pieces_of(line: str) -> list[Piece]:
    """The words of a line that stand together: two spaces part them."""
    return [Piece(m[0], m.start(), m.end()) for m in _PIECE.finditer(line)]


def _is_value(text: str) -> bool:
    try:
        read_percent(text)
    except Unclear:
        return False
    return True


def _is_figure(text: str) -> bool:
    """Whether words are a figure, or how one can begin."""
    return _is_value(text) or bool(_BEGINS.fullmatch(text))


def _figures(pieces: Sequence[Piece]) -> list[Piece]:
    """The figures at the end of a line, or their beginnings."""
    found = list(itertools.takewhile(lambda piece: _is_figure(piece.text), reversed(pieces)))
    return found[::-1]


def headings(table: PrintedTable, known: Labels, name: str) -> list[str]:
    """The words over each column of figures.

    A heading of one line is cut where it fits the columns best, and where every cut then has a
    heading that is known, if there is such a cut. Words of more lines go to the nearest column.

    Raises:
        Unreadable: when a column has none.
    """
    values = table.rows[0].values
    words = [
        [Piece(m[0], p.start + m.start(), p.start + m.end()) for p in line for m in _words(p.text)]
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
        raise Unreadable(f"{name}, line {table.line}: a column has no heading.")
    return found


def _words(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(r"\S+", text)


def _cuts(
    words: Sequence[Piece], values: Sequence[Piece]
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
