"""What bringing a workbook in found: sentences about places of it, for whoever brought it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

MOST_NOTES: Final = 1000
"""A person reads the list before going on: beyond this, the file is not the questionnaire meant."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A plain sentence about one place of the workbook. Row 0 is the sheet, or the file, whole."""

    sheet: str
    row: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read; ``document`` is None when there is nothing to go on with.

    ``problems`` is what can't be taken in, ``warnings`` what is taken in as something else.
    """

    document: dict[str, Any] | None
    problems: tuple[Placed, ...]
    warnings: tuple[Placed, ...]


@dataclass
class Notes:
    """The two lists as they grow."""

    problems: list[Placed] = field(default_factory=list)
    warnings: list[Placed] = field(default_factory=list)

    def problem(self, sheet: str, row: int, column: str, sentence: str) -> None:
        _add(self.problems, Placed(sheet, row, column, sentence))

    def warning(self, sheet: str, row: int, column: str, sentence: str) -> None:
        _add(self.warnings, Placed(sheet, row, column, sentence))

    @property
    def are_too_many(self) -> bool:
        return len(self.problems) + len(self.warnings) > MOST_NOTES


def _add(notes: list[Placed], note: Placed) -> None:
    if note not in notes[-9:]:  # the same of each language of a row is said once
        notes.append(note)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list a person reads: one sentence, with every row it is about."""

    rows: str
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SheetLines:
    """The lines about one sheet. The name is empty for the file as a whole."""

    sheet: str
    lines: tuple[Line, ...]


def by_sheet(notes: Iterable[Placed]) -> tuple[SheetLines, ...]:
    """The notes as a person reads them: sheet by sheet, each sentence once, with its rows."""
    rows: dict[str, dict[tuple[str, str], list[int]]] = {}
    for note in sorted(notes, key=lambda note: (note.sheet, note.row)):
        said = rows.setdefault(note.sheet, {})
        said.setdefault((note.column, note.sentence), []).append(note.row)
    return tuple(
        SheetLines(
            sheet,
            tuple(Line(rows_in_words(at), column, said) for (column, said), at in found.items()),
        )
        for sheet, found in rows.items()
    )


def rows_in_words(rows: Iterable[int]) -> str:
    """Row numbers with runs put together: “row 4”, or “rows 3, 5 to 9”. Row 0 says nothing."""
    runs: list[list[int]] = []
    for row in sorted(set(rows) - {0}):
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    if not runs:
        return ""
    said = ", ".join(
        str(first) if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}
        for first, last in runs
    )
    is_one = len(runs) == 1 and runs[0][0] == runs[0][1]
    return (_("row %(row)s") if is_one else _("rows %(row)s")) % {"row": said}
