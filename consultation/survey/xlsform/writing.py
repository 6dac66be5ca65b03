"""Writes a questionnaire as an XLSForm workbook that other survey tools open.

What XLSForm has no column for stands in the sheet ``at_the_table``, which other tools pass
over. It is found by reading the workbook back: every field that reads differently is written
there with a mark of what was read, so that a later change in the other sheets wins.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from consultation.survey.checks import paths
from consultation.survey.questionnaire import ANSWERED_BY_LISTS
from consultation.survey.xlsform import reading
from consultation.survey.xlsform.expressions import MOST_LETTERS
from consultation.survey.xlsform.languages import name_of

LONGEST_CELL: Final = 30000
_TYPES: Final = {
    "short_text": "text", "long_text": "text", "number": "integer", "month": "date",
    "information": "note", "pictures": "note",
}  # fmt: skip
_VERBS: Final = {"multiple_choice": "select_multiple", "ranking": "rank"}
_RESERVED: Final = frozenset({"meta", "data", "instanceid"})
_APART: Final = "\u2060"
"""Between ``$`` and ``{``, so that no tool takes a sentence for a question's name. Unseen."""

Table = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class _Named:
    """A question as the workbook names it, with the names of its answers."""

    name: str
    type: str
    codes: Mapping[str, str]

    @property
    def held(self) -> str:
        return f"${{{self.name}}}"

    @property
    def is_several(self) -> bool:
        return self.type in ANSWERED_BY_LISTS


@dataclass(slots=True)
class _Writer:
    """The tables of one workbook as they grow."""

    languages: list[str]
    survey: Table = field(default_factory=list)
    choices: Table = field(default_factory=list)
    named: dict[str, _Named] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    unsaid: set[str] = field(default_factory=set)

    def relevant(self, place: str, rule: Any) -> str:
        """The condition of a place, which is noted where other tools learn only a part of it."""
        said = _expression(rule, self.named) if paths.is_readable(rule) else ""
        said = said if len(said) <= MOST_LETTERS else ""
        if rule and not (said and _is_sayable(rule, self.named)):
            self.unsaid.add(place)
        return said


def write_workbook(document: Mapping[str, Any]) -> bytes:
    """The workbook of a definition document; reading it gives the same document back."""
    writer = _written(document)
    tables = {
        "survey": writer.survey, "choices": writer.choices, "settings": [_settings(document)]
    }  # fmt: skip
    read = reading.read_workbook(
        _book({**tables, reading.EXTRAS: []}), first_language=document["languages"][0]
    )
    extras = _extras(document, read.document or {}, writer.unsaid)
    return _book({**tables, reading.EXTRAS: extras})


def _settings(document: Mapping[str, Any]) -> dict[str, str]:
    first = document["languages"][0]
    return {
        "form_title": _plain(document["title"].get(first) or str(document["key"])),
        "form_id": reading.key_of(str(document["key"]), set(), "questionnaire"),
        "version": document["version"],
        "default_language": name_of(first),
    }


def _written(document: Mapping[str, Any]) -> _Writer:
    writer = _Writer(list(document["languages"]))
    questions = {
        question["key"] for section in document["sections"] for question in _questions(section)
    }
    writer.groups = {*_RESERVED, *(reading.key_of(key, set()) for key in questions)}
    writer.taken = set(_RESERVED)
    for section in document["sections"]:
        _section(writer, section)
    return writer


def _questions(section: Mapping[str, Any]) -> list[dict[str, Any]]:
    return section.get("questions") or []


def _section(writer: _Writer, section: Mapping[str, Any]) -> None:
    name = reading.key_of(section["key"], writer.groups, "page")
    writer.survey.append(
        {"type": "begin group", "name": name, "appearance": "field-list",
         "relevant": writer.relevant(f"section {name}", section.get("condition"))}
        | _texts(writer, "label", section["title"], section["key"])
    )  # fmt: skip
    table: Any = None
    listed = ""
    for question in _questions(section):
        here = question.get("grid")
        if here != table:
            if table:
                writer.survey.append({"type": "end group"})
            if here:
                listed = reading.key_of(f"{name}_table", writer.groups)
                writer.survey.append(
                    {"type": "begin group", "name": listed, "appearance": "table-list"}
                    | _texts(writer, "label", here["label"], here["key"])
                )
            table = here
        _question(writer, question, listed if here else "")
    if table:
        writer.survey.append({"type": "end group"})
    writer.survey.append({"type": "end group"})


def _question(writer: _Writer, question: Mapping[str, Any], shared: str) -> None:
    key, kind = reading.key_of(question["key"], writer.taken), question["type"]
    codes = _codes(question)
    verb = "select_one" if shared and codes else _TYPES.get(kind, "note")
    listed = shared or key
    if codes:
        verb = _VERBS.get(kind, "select_one")
        if not shared or not any(row["list_name"] == shared for row in writer.choices[-1:]):
            writer.choices += [
                {"list_name": listed, "name": codes[option["code"]]}
                | _texts(writer, "label", option["label"], option["code"])
                for option in question["options"]
            ]
        verb = f"{verb} {listed}"
    writer.survey.append(
        {
            "type": verb,
            "name": key,
            "required": "yes" if question.get("required") and verb != "note" else "",
            "relevant": writer.relevant(f"question {key}", question.get("condition")),
            "constraint": _constraint(question, codes),
            "appearance": {"long_text": "multiline", "month": "month-year"}.get(kind, ""),
        }
        | _texts(writer, "label", question["label"], question["key"])
        | (_texts(writer, "hint", question["hint"], "") if question.get("hint") else {})
    )
    writer.named[question["key"]] = _Named(key, kind, codes)


def _codes(question: Mapping[str, Any]) -> dict[str, str]:
    """Each answer's name in the workbook: its code, without the spaces that divide answers."""
    found: dict[str, str] = {}
    for option in question.get("options") or ():
        plain = re.sub(r"\s+", "_", str(option["code"])) or "_"
        unique, count = plain, 2
        while unique in found.values():
            unique, count = f"{plain}_{count}", count + 1
        found[option["code"]] = unique
    return found


def _texts(
    writer: _Writer, column: str, text: Mapping[str, str] | None, otherwise: str
) -> dict[str, str]:
    """A text in every language, so that no tool misses one; ``otherwise`` where there is none."""
    return {
        f"{column}::{name_of(code)}": _plain((text or {}).get(code) or otherwise)
        for code in writer.languages
    }


def _plain(words: str) -> str:
    # First what no cell may hold, or the two would meet where it stood.
    kept = ILLEGAL_CHARACTERS_RE.sub("", words)
    return kept.replace("${", "$" + _APART + "{")


def _constraint(question: Mapping[str, Any], codes: Mapping[str, str]) -> str:
    low, high = question.get("minimum"), question.get("maximum")
    kind = question["type"]
    parts: list[str] = []
    if kind == "number":
        parts = [
            f". {sign} {edge}" for sign, edge in ((">=", low), ("<=", high)) if edge is not None
        ]
    elif kind == "month":
        parts = [f". >= date('{low:04}-01-01')"] if low else []
        parts += [f". <= date('{high:04}-12-31')"] if high else []
    elif kind in ("short_text", "long_text") and question.get("max_length"):
        parts = [f"string-length(.) <= {question['max_length']}"]
    elif kind == "multiple_choice":
        parts = [
            f"not(selected(., {_literal(codes[option['code']])}) and count-selected(.) > 1)"
            for option in question["options"]
            if option.get("exclusive")
        ]
    return " and ".join(parts)


def _expression(rule: Any, named: Mapping[str, _Named]) -> str:
    """The rule as XLSForm writes it. What it can't say (language, channel) is left always true."""
    if not rule:
        return ""
    name, operands = next(iter(rule.items()))
    if name in ("and", "or"):
        parts = [_expression(part, named) for part in operands]
        if not all(parts):
            return "" if name == "or" else f" {name} ".join(part for part in parts if part)
        return parts[0] if len(parts) == 1 else "(" + f" {name} ".join(parts) + ")"
    if name == "not":
        inner = _expression(operands[0], named) if _is_sayable(operands[0], named) else ""
        return f"not({inner})" if inner else ""
    left, right = operands
    if name in ("in", "any-in", "all-in"):
        return _membership(name, left, right, named)
    return _comparison(name, left, right, named)


def _is_sayable(rule: Any, named: Mapping[str, _Named]) -> bool:
    """Whether every part of a rule can be said: only then may it be turned round."""
    name, operands = next(iter(rule.items()))
    if name in ("and", "or", "not"):
        return all(_is_sayable(part, named) for part in operands)
    return bool(_expression(rule, named))


def _asked(operand: Any, named: Mapping[str, _Named]) -> _Named | None:
    return named.get(str(operand.get("answer"))) if isinstance(operand, dict) else None


def _membership(name: str, left: Any, right: Any, named: Mapping[str, _Named]) -> str:
    """``in`` of one word among some, or a word, any or all of some among those picked."""
    question, values = _asked(left, named), right
    if question is None:
        question, values = _asked(right, named), left if isinstance(left, list) else [left]
    if question is None or not isinstance(values, list) or not _are_said(question, values):
        return ""
    picked_first = question is _asked(left, named)
    if question.is_several:
        if picked_first and name != "any-in":
            return ""
        found = [f"selected({question.held}, {_value(question, value)})" for value in values]
    elif picked_first and name == "in":
        found = [f"{question.held} = {_value(question, value)}" for value in values]
    else:
        return ""
    if not found:
        return (
            f"{question.held} != ''"
            if name == "all-in"
            else f"not({question.held} = {question.held})"
        )
    word = " and " if name == "all-in" else " or "
    return found[0] if len(found) == 1 else "(" + word.join(found) + ")"


def _are_said(question: _Named, values: list[Any]) -> bool:
    """Whether the values are of the kind that answers to this question are."""
    if question.type in ("month", "information", "pictures"):
        return False
    wanted = int if question.type == "number" else str
    return all(isinstance(value, wanted) and not isinstance(value, bool) for value in values)


def _comparison(name: str, left: Any, right: Any, named: Mapping[str, _Named]) -> str:
    counted = isinstance(left, dict) and isinstance(left.get("count"), dict)
    question = _asked(left["count"] if counted else left, named)
    if question is None or isinstance(right, bool | list | dict):
        return ""
    if counted:
        is_said = question.is_several and isinstance(right, int)
        said = f"count-selected({question.held}) {_sign(name)} {right}"
        return f"({question.held} != '' and {said})" if is_said else ""
    if right == "" and question.type != "information":
        return f"{question.held} != ''" if name == "!=" else ""
    is_number = question.type == "number"
    if question.is_several or not _are_said(question, [right]):
        return ""
    if name not in ("==", "!=") and not is_number:
        return ""
    said = f"{question.held} {_sign(name)} {_value(question, right)}"
    return f"({question.held} != '' and {said})" if name == "!=" else said


def _sign(name: str) -> str:
    return "=" if name == "==" else name


def _value(question: _Named, value: Any) -> str:
    return _literal(question.codes.get(value, value) if isinstance(value, str) else value)


def _literal(value: Any) -> str:
    """A value in an expression. XPath has no escapes, so the other mark goes around it."""
    if isinstance(value, int):
        return str(value)
    words = str(value)
    if "'" not in words:
        return f"'{words}'"
    if '"' not in words:
        return f'"{words}"'
    parts = [f"'{part}'" for part in words.split("'")]
    return "concat(" + ', "\'", '.join(parts) + ")"


def _extras(document: Mapping[str, Any], read: dict[str, Any], unsaid: set[str]) -> Table:
    sections, others = document["sections"], read.get("sections", [])
    same = len(sections) == len(others) and all(
        len(_questions(one)) == len(other["questions"])
        for one, other in zip(sections, others, strict=False)
    )
    rows = _differences("", document, read, {"sections"} if same else set())
    if same:
        for one, other in zip(sections, others, strict=True):
            rows += _differences(f"section {other['key']}", one, other, {"questions"})
            pairs = zip(_questions(one), other["questions"], strict=True)
            for question, back in pairs:
                rows += _differences(f"question {back['key']}", question, back, set())
            if "questions" not in one:
                rows += _differences(f"section {other['key']}", {}, {"questions": []}, set())
    for row in rows:
        if row["field"] == "condition" and row["key"] in unsaid:
            row["about"] = _("Other tools know a part of this rule only: they ask more people.")
    return [
        {"key": _("Only this website reads this sheet. Leave it as it is."), "field": ""},
        *rows,
    ]


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
        was = reading.mark(read.get(name))
        for start in range(0, max(1, len(value)), LONGEST_CELL):
            piece = value[start : start + LONGEST_CELL]
            rows.append({"key": key, "field": name, "value": piece, "was": was})
    return rows


def _book(tables: Mapping[str, Table]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for title, rows in tables.items():
        if not rows and title != reading.EXTRAS:
            continue
        sheet = book.create_sheet(title)
        heads = list(dict.fromkeys(head for row in rows for head in row))
        if heads:
            sheet.append(_cells(sheet, heads))
        for row in rows:
            sheet.append(_cells(sheet, (row.get(head, "") for head in heads)))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _cells(sheet: Any, words: Iterable[str]) -> list[Any]:
    """Cells of text, whatever it begins with: nothing in a workbook of ours is a formula."""
    cells = []
    for written in words:
        cell: Any = None
        if written:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", written)[:32767])
            cell.data_type = "s"
        cells.append(cell)
    return cells
