"""Writes a questionnaire as an XLSForm workbook that other survey tools open.

What XLSForm has no column for stands in the sheet ``at_the_table``, which other tools pass
over. It is found by reading the workbook back: every field that reads differently is written
there with a mark of what was read, so that a later change in the other sheets wins.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any, Final

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from consultation.survey import xlsform

LONGEST_CELL: Final = 30000
_NAMES: Final = {
    "en": "English", "fr": "Français", "es": "Español", "ro": "Română", "pt": "Português",
    "ar": "العربية", "pl": "Polski", "it": "Italiano", "de": "Deutsch", "nl": "Nederlands",
}  # fmt: skip
_TYPES: Final = {
    "short_text": "text", "long_text": "text", "number": "integer", "month": "date",
    "information": "note", "pictures": "note",
}  # fmt: skip

Table = list[dict[str, str]]


def write_workbook(document: Mapping[str, Any]) -> bytes:
    """The workbook of a definition document; reading it gives the same document back."""
    tables = _tables(document)
    read = xlsform.read_workbook(_book(tables, []), first_language=document["languages"][0])
    return _book(tables, _extras(document, read.document or {}))


def _language(code: str) -> str:
    return f"{_NAMES.get(code, code)} ({code})"


def _texts(column: str, text: Mapping[str, str] | None) -> dict[str, str]:
    return {f"{column}::{_language(code)}": words for code, words in (text or {}).items()}


def _tables(document: Mapping[str, Any]) -> dict[str, Table]:
    survey: Table = []
    choices: Table = []
    taken: set[str] = set()
    names: dict[str, str] = {}
    types: dict[str, str] = {}
    section_keys: set[str] = set()
    for section in document["sections"]:
        name = xlsform._key(section["key"], section_keys)
        survey.append(
            {"type": "begin group", "name": name, "appearance": "field-list",
             "relevant": _expression(section.get("condition"), names, types)}
            | _texts("label", section["title"])
        )  # fmt: skip
        grid: Any = None
        grids = 0
        for question in section.get("questions") or []:
            key = xlsform._key(question["key"], taken)
            names[question["key"]], types[question["key"]] = key, question["type"]
            here = question.get("grid")
            if here != grid:
                if grid:
                    survey.append({"type": "end group"})
                if here:
                    grids += 1
                    survey.append(
                        {"type": "begin group", "name": f"{name}_grid_{grids}",
                         "appearance": "table-list"} | _texts("label", here["label"])
                    )  # fmt: skip
                    listed = f"{name}_grid_{grids}"
                    choices += _options(listed, question)
                grid = here
            if not grid:
                listed = key
                choices += _options(listed, question)
            survey.append(_row(question, key, listed, names, types))
        if grid:
            survey.append({"type": "end group"})
        survey.append({"type": "end group"})
    settings = {
        "form_title": document["title"][document["languages"][0]],
        "form_id": xlsform._key(document["key"], set()),
        "version": document["version"],
        "default_language": _language(document["languages"][0]),
    }
    return {"survey": survey, "choices": choices, "settings": [settings]}


def _options(listed: str, question: Mapping[str, Any]) -> Table:
    return [
        {"list_name": listed, "name": option["code"]} | _texts("label", option["label"])
        for option in question.get("options") or []
    ]


def _row(
    question: Mapping[str, Any],
    key: str,
    listed: str,
    names: Mapping[str, str],
    types: Mapping[str, str],
) -> dict[str, str]:
    kind = question["type"]
    if question.get("options"):
        verb = {"multiple_choice": "select_multiple", "ranking": "rank"}.get(kind, "select_one")
        written = f"{verb} {listed}"
    else:
        written = _TYPES.get(kind, "note")
    row = {
        "type": written,
        "name": key,
        "required": "yes" if question.get("required") and written != "note" else "",
        "relevant": _expression(question.get("condition"), names, types),
        "constraint": _constraint(question),
        "appearance": {"long_text": "multiline", "month": "month-year"}.get(kind, ""),
    }
    return row | _texts("label", question["label"]) | _texts("hint", question.get("hint"))


def _constraint(question: Mapping[str, Any]) -> str:
    low, high = question.get("minimum"), question.get("maximum")
    parts: list[str] = []
    if question["type"] == "number":
        parts = [
            f". {sign} {edge}" for sign, edge in ((">=", low), ("<=", high)) if edge is not None
        ]
    elif question["type"] == "month":
        parts = [f". >= date('{low:04}-01-01')"] if low else []
        parts += [f". <= date('{high:04}-12-31')"] if high else []
    elif question["type"] in ("short_text", "long_text") and question.get("max_length"):
        parts = [f"string-length(.) <= {question['max_length']}"]
    return " and ".join(parts)


def _expression(rule: Any, names: Mapping[str, str], types: Mapping[str, str]) -> str:
    """The rule as XLSForm writes it; what it can't say (language, channel) is left always true."""
    if not rule:
        return ""
    name, operands = next(iter(rule.items()))
    if name in ("and", "or"):
        parts = [_expression(part, names, types) for part in operands]
        if not all(parts):
            return "" if name == "or" else f" {name} ".join(part for part in parts if part)
        return "(" + f" {name} ".join(parts) + ")"
    if name == "not":
        inner = _expression(operands[0], names, types)
        return f"not({inner})" if inner else ""
    left, right = operands
    if name in ("in", "any-in", "all-in"):
        if isinstance(left, dict) and isinstance(right, list):
            values, key = right, str(left.get("answer"))
        elif isinstance(right, dict):
            values, key = (left if isinstance(left, list) else [left]), str(right.get("answer"))
        else:
            return ""
        if key not in names:
            return ""
        several = types[key] in ("multiple_choice", "ranking")
        start, end = ("selected(", ")") if several else ("", "")
        joint = ", " if several else " = "
        word = " and " if name == "all-in" else " or "
        found = [f"{start}${{{names[key]}}}{joint}{_literal(value)}{end}" for value in values]
        return found[0] if len(found) == 1 else "(" + word.join(found) + ")" if found else ""
    counted = isinstance(left, dict) and isinstance(left.get("count"), dict)
    asked = left["count"] if counted else left
    key = str(asked.get("answer")) if isinstance(asked, dict) else ""
    if key not in names:
        return ""
    held = f"${{{names[key]}}}"
    place = f"count-selected({held})" if counted else held
    sign = "=" if name == "==" else name
    said = f"{place} {sign} {_literal(right)}"
    return f"(${{{names[key]}}} != '' and {said})" if sign == "!=" and right != "" else said


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "’") + "'"


def _extras(document: Mapping[str, Any], read: dict[str, Any]) -> Table:
    sections, others = document["sections"], read.get("sections", [])
    same = len(sections) == len(others) and all(
        len(one.get("questions") or []) == len(other["questions"])
        for one, other in zip(sections, others, strict=False)
    )
    rows = _differences("", document, read, {"sections"} if same else set())
    if same:
        for one, other in zip(sections, others, strict=True):
            rows += _differences(f"section {other['key']}", one, other, {"questions"})
            pairs = zip(one.get("questions") or [], other["questions"], strict=True)
            for question, back in pairs:
                rows += _differences(f"question {back['key']}", question, back, set())
            if "questions" not in one:
                rows += _differences(f"section {other['key']}", {}, {"questions": []}, set())
    return rows


def _differences(
    key: str, wanted: Mapping[str, Any], read: Mapping[str, Any], besides: set[str]
) -> Table:
    rows: Table = []
    for name in sorted((set(wanted) | set(read)) - besides):
        if name in wanted and name in read and wanted[name] == read[name]:
            continue
        value = json.dumps(wanted[name], sort_keys=True) if name in wanted else ""
        if len(value) > LONGEST_CELL:  # a space at the edge of a cell would be trimmed
            value = json.dumps(wanted[name], separators=(",", ":")).replace(" ", "\\u0020")
        was = xlsform.mark(read.get(name))
        for start in range(0, max(1, len(value)), LONGEST_CELL):
            piece = value[start : start + LONGEST_CELL]
            rows.append({"key": key, "field": name, "value": piece, "was": was})
    return rows


def _book(tables: Mapping[str, Table], extras: Table) -> bytes:
    book = openpyxl.Workbook(write_only=False)
    book.remove(book.worksheets[0])
    for title, rows in {**tables, xlsform.EXTRAS: extras}.items():
        sheet = book.create_sheet(title)
        heads = list(dict.fromkeys(head for row in rows for head in row))
        for line, row in enumerate([dict(zip(heads, heads, strict=True)), *rows], start=1):
            for column, head in enumerate(heads, start=1):
                if row.get(head):
                    cell = sheet.cell(line, column)
                    cell.value = ILLEGAL_CHARACTERS_RE.sub("", row[head])[:32767]
                    cell.data_type = "s"  # text stays text, whatever it begins with
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()
