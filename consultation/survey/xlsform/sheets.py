"""Opens a workbook without trusting it, and gives the rows of the sheets an XLSForm has.

Nothing is evaluated, followed or unpacked beyond a limit. A formula counts as an empty cell and
is named; macros, passwords and other kinds of file are refused whole.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import openpyxl
from django.utils.translation import gettext as _

from consultation.survey.xlsform.notes import Notes

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_UNPACKED: Final = 20 * 1024 * 1024
MOST_TAGS: Final = 800_000
"""A cell is about five; reading takes about two seconds for this many."""
MOST_PARTS: Final = 1000
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 200
MOST_EMPTY_ROWS: Final = 500
HEADS_WITHIN: Final = 10
EXTRAS: Final = "at_the_table"

_SHEETS: Final = ("survey", "choices", "settings", EXTRAS)
_ELSEWHERE: Final = ("external_choices", "osm", "entities")
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_DECLARATIONS: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CHUNK: Final = 1024 * 1024

# Names of columns that mean the same: what pyxform and older forms call them, to what they are.
_SURVEY_NAMES: Final = {
    "caption": "label", "command": "type", "tag": "name", "value": "name",
    "relevance": "relevant", "calculate": "calculation", "readonly": "read_only",
    "constraining_message": "constraint_message", "requiredmsg": "required_message",
    "count": "repeat_count", "jr::count": "repeat_count", "image": "media::image",
    "audio": "media::audio", "video": "media::video", "big-image": "media::big-image",
    "bind::relevant": "relevant", "bind::required": "required", "bind::constraint": "constraint",
    "bind::jr:constraintmsg": "constraint_message", "bind::jr:requiredmsg": "required_message",
    "bind::calculate": "calculation", "bind::readonly": "read_only",
    "body::appearance": "appearance", "control::appearance": "appearance",
}  # fmt: skip
_CHOICE_NAMES: Final = {
    "caption": "label", "value": "name", "image": "media::image", "audio": "media::audio",
    "video": "media::video", "big-image": "media::big-image",
}  # fmt: skip
_SETTING_NAMES: Final = {"set_form_title": "form_title", "set_form_id": "form_id"}
_NAMES: Final = {"survey": _SURVEY_NAMES, "choices": _CHOICE_NAMES, "settings": _SETTING_NAMES}
_WANTED: Final = {"survey": "type", "choices": "list_name"}
_BY_LANGUAGE: Final = frozenset({
    "label", "hint", "guidance_hint", "constraint_message", "required_message",
    "media::image", "media::audio", "media::video", "media::big-image",
})  # fmt: skip

Row = tuple[int, dict[str, str]]


def refusal(data: bytes) -> str:
    """Why these bytes are not opened at all; empty where they may be."""
    if len(data) > MOST_BYTES:
        return _("The file is larger than 2 MiB.")
    if data.startswith(_OLD_OFFICE):
        if _ENCRYPTED in data:
            return _("The workbook is locked with a password. Save it without one.")
        return _("The file is an old Excel workbook (.xls). Save it as .xlsx.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _refused_parts(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        return _not_a_workbook(data)


def sheets(data: bytes, notes: Notes) -> dict[str, list[Row]]:
    """The rows of each sheet of an XLSForm, by the sheet's name. A row is its number and cells.

    Cells stand under the plain name of their column; a column in a language is
    ``name::language``, with the language as it was written.
    """
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    found: dict[str, list[Row]] = {}
    for sheet in book.worksheets:
        name = sheet.title.strip().lower()
        if name in found:
            notes.problem(name, 0, "", _("Two sheets have this name. The first one is read."))
        elif name in _SHEETS:
            found[name] = list(_rows(name, sheet, notes))
        elif name in _ELSEWHERE:
            sentence = _(
                "This sheet is left out: only “survey”, “choices” and “settings” are read."
            )
            notes.problem(name, 0, "", sentence)
    return found


def _refused_parts(archive: zipfile.ZipFile) -> str:
    parts = archive.infolist()
    names = {part.filename.lower() for part in parts}
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        return _("The file unpacks to more than 20 MiB.")
    if any(part.flag_bits & 1 for part in parts):
        return _("The workbook is locked with a password. Save it without one.")
    if "mimetype" in names and "content.xml" in names:
        return _("The file is a LibreOffice table (.ods). Save it as .xlsx.")
    if "[content_types].xml" not in names or "xl/workbook.xml" not in names:
        return _("The file is not an XLSX workbook.")
    if any("vbaproject" in name or name.startswith("xl/macrosheets/") for name in names):
        return _("The workbook holds macros, small programs. Save it as .xlsx, without them.")
    tags = 0
    # Every part, whatever it is called: a sheet is what another part names as one.
    for part in parts:
        is_declared, here = _looked_over(archive, part)
        tags += here
        if is_declared:
            return _("The file is not a workbook that Excel or LibreOffice would write.")
        if tags > MOST_TAGS:
            return _("The workbook has more cells than a questionnaire needs.")
    return ""


def _looked_over(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> tuple[bool, int]:
    """Whether a part declares a document type, of which bombs are made, and its number of tags."""
    tags = 0
    with archive.open(part) as stream:
        before = b""
        while chunk := stream.read(_CHUNK):
            seen = before + chunk.replace(b"\x00", b"")  # also where it is UTF-16
            if _DECLARATIONS.search(seen):
                return True, tags
            tags += chunk.count(b"<")
            before = seen[-16:]
    return False, tags


def _not_a_workbook(data: bytes) -> str:
    begins = data[:2000]
    if b"\x00" not in begins and (b"," in begins or b";" in begins or b"\t" in begins):
        return _("The file is a text, perhaps a CSV. Open it in a table program, save it as .xlsx.")
    return _("The file is not an XLSX workbook.")


def _rows(name: str, sheet: Any, notes: Notes) -> Iterator[Row]:
    heads: list[str] = []
    is_blank = True
    empty = 0
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        if number > MOST_ROWS:
            if empty < MOST_EMPTY_ROWS:
                sentence = _("The sheet has more than 20,000 rows. What follows is left out.")
                notes.problem(name, number, "", sentence)
            return
        if not heads:
            words = [_head(name, _words(cell.value)) for cell in cells]
            wanted = _WANTED.get(name)
            is_blank = is_blank and not any(words)
            if (wanted in words) if wanted else any(words):
                heads = words
                _tell_twice(name, number, heads, notes)
            elif number > HEADS_WITHIN:
                break
            continue
        values = _values(name, number, zip(heads, cells, strict=False), notes)
        empty = 0 if values else empty + 1
        if values:
            yield number, values
    if not heads and not is_blank and name in _WANTED:
        sentence = _("The sheet has no column named “%(name)s”.") % {"name": _WANTED[name]}
        notes.problem(name, 0, "", sentence)


def _values(
    sheet: str, number: int, cells: Iterable[tuple[str, Any]], notes: Notes
) -> dict[str, str]:
    values: dict[str, str] = {}
    for head, cell in cells:
        if not head or cell.value is None:
            continue
        if cell.data_type == "f":
            sentence = _("The cell holds a formula. Put the words themselves in its place.")
            notes.problem(sheet, number, plain(head), sentence)
        elif cell.data_type == "e":
            notes.problem(sheet, number, plain(head), _("The cell holds an error."))
        elif words := _words(cell.value):
            values.setdefault(head, words)
    return values


def _tell_twice(sheet: str, number: int, heads: list[str], notes: Notes) -> None:
    for head, times in Counter(head for head in heads if head).items():
        if times > 1:
            sentence = _("Two columns have this name. Only the first is read.")
            notes.problem(sheet, number, plain(head), sentence)


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\xa0", " ").strip()


def _head(sheet: str, written: str) -> str:
    """The plain name of a column, with the language it is in where it has one."""
    if sheet == EXTRAS:
        return written.lower()
    parts = [part.strip() for part in re.split(r"::?" if "::" not in written else "::", written)]
    first = "_".join(parts[0].lower().split())
    names = _NAMES[sheet]
    if first in ("bind", "body", "control", "media") and len(parts) > 1:
        second = "_".join(parts[1].lower().split())
        name, rest = f"{first}::{second}", parts[2:]
        if first == "bind" and second == "jr" and rest:  # jr:constraintMsg after a single colon
            name, rest = f"bind::jr:{rest[0].lower()}", rest[1:]
    else:
        name, rest = first, parts[1:]
    name = names.get(name, name)
    if rest and name in _BY_LANGUAGE:
        return f"{name}::{rest[-1]}" if rest[-1] else name
    return "::".join([name, *rest])


def plain(head: str) -> str:
    """A column as a person finds it in the workbook."""
    return head.removeprefix("media::")
