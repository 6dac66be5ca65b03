"""Reads a questionnaire from an XLSForm workbook: nothing in it is evaluated or trusted.

What has no place in our definition is named with its sheet, row and column, never dropped
in silence. Expressions are parsed into our own rules; formulas in cells are refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any, Final

import openpyxl
from django.utils.translation import gettext as _

from testimony.wizard.definition import answers_named

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_UNPACKED: Final = 40 * 1024 * 1024
MOST_ROWS: Final = 5000
MOST_COLUMNS: Final = 200
MOST_OPTIONS: Final = 500
MOST_DEPTH: Final = 40
EXTRAS: Final = "at_the_table"
FIRST_YEAR: Final = 1950
LAST_YEAR: Final = 2030

LANGUAGE_CODES: Final = {
    "english": "en", "french": "fr", "français": "fr", "spanish": "es", "español": "es",
    "romanian": "ro", "română": "ro", "portuguese": "pt", "português": "pt", "arabic": "ar",
    "polish": "pl", "polski": "pl", "italian": "it", "german": "de", "dutch": "nl",
}  # fmt: skip
_META: Final = frozenset({
    "start", "end", "today", "deviceid", "username", "phonenumber",
    "email", "simserial", "subscriberid", "audit",
})  # fmt: skip
_MEDIA: Final = frozenset({
    "image", "audio", "video", "file", "barcode", "geopoint",
    "geotrace", "geoshape",
})  # fmt: skip
_TEXT_COLUMNS: Final = ("label", "hint")
_EXCLUSIVE: Final = frozenset({"none", "none_of_the_above", "none_of_these", "prefer_not"})


@dataclass(frozen=True, slots=True)
class Placed:
    """A plain sentence about one place of the workbook."""

    sheet: str
    row: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read; ``document`` is None when there is nothing to read."""

    document: dict[str, Any] | None
    problems: tuple[Placed, ...]
    warnings: tuple[Placed, ...]


class ExpressionError(ValueError):
    """A part of an expression that has no counterpart in our rules."""


@dataclass
class _Notes:
    problems: list[Placed] = field(default_factory=list)
    warnings: list[Placed] = field(default_factory=list)

    def problem(self, sheet: str, row: int, column: str, sentence: str) -> None:
        self.problems.append(Placed(sheet, row, column, sentence))

    def warning(self, sheet: str, row: int, column: str, sentence: str) -> None:
        self.warnings.append(Placed(sheet, row, column, sentence))


Row = tuple[int, dict[str, str]]


def read_workbook(data: bytes, *, first_language: str = "en") -> Imported:
    """Read an XLSForm; problems stop the import, warnings ask to look again."""
    notes = _Notes()
    refusal = _refusal(data)
    sheets: dict[str, list[Row]] = {}
    if not refusal:
        try:
            sheets = _sheets(data, notes)
        except Exception:  # a broken file fails in many ways inside the reader
            refusal = _("The file can't be read as an XLSX workbook.")
        if not refusal and "survey" not in sheets:
            refusal = _("The workbook has no sheet named “survey”.")
    if refusal:
        notes.problem("", 0, "", refusal)
        return Imported(None, tuple(notes.problems), ())
    document = _Reader(sheets, notes, first_language).read()
    return Imported(document, tuple(notes.problems), tuple(notes.warnings))


def mark(value: Any) -> str:
    """A short digest that tells whether a value read is still the one that was written."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _refusal(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        return _("The file is larger than 2 MiB.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > MOST_UNPACKED:
                return _("The file unpacks to more than 40 MiB.")
            if "[Content_Types].xml" not in archive.namelist():
                return _("The file is not an XLSX workbook.")
    except zipfile.BadZipFile:
        return _("The file is not an XLSX workbook.")
    return ""


def _sheets(data: bytes, notes: _Notes) -> dict[str, list[Row]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    found: dict[str, list[Row]] = {}
    for sheet in book.worksheets:
        name = sheet.title.strip().lower()
        if name not in ("survey", "choices", "settings", EXTRAS):
            continue
        heads: list[str] = []
        rows: list[Row] = []
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
            if number > MOST_ROWS:
                notes.problem(name, number, "", _("The sheet has more than 5,000 rows."))
                break
            values: dict[str, str] = {}
            for index, cell in enumerate(cells):
                head = heads[index] if index < len(heads) else ""
                if cell.data_type == "f":
                    notes.problem(name, number, head, _("The cell holds a formula."))
                    words = ""
                else:
                    words = _words(cell.value)
                if not heads and number == 1:
                    values[str(index)] = words
                elif head and words:
                    values[head] = words
            if number == 1:
                heads = [_head(word) for word in values.values()]
            elif values:
                rows.append((number, values))
        found[name] = rows
    return found


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _head(word: str) -> str:
    name, colons, rest = word.partition("::")
    return f"{name.strip().lower()}::{rest.strip()}" if colons else word.strip().lower()


def _code(language: str) -> str:
    found = re.search(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\)\s*$", language)
    if found:
        return found[1]
    plain = language.strip()
    return LANGUAGE_CODES.get(plain.lower(), plain)


class _Reader:
    """One reading of one workbook."""

    def __init__(self, sheets: dict[str, list[Row]], notes: _Notes, first: str) -> None:
        self.survey = sheets["survey"]
        self.notes = notes
        self.settings = (sheets.get("settings") or [(2, {})])[0][1]
        self.extras = sheets.get(EXTRAS, [])
        default = self.settings.get("default_language", "")
        self.first = _code(default) if default and default != "default" else first
        self.languages = self._languages([*self.survey, *sheets.get("choices", [])])
        self.lists = self._lists(sheets.get("choices", []))
        self.names: dict[str, str] = {}
        self.used: set[str] = set()
        self.types: dict[str, dict[str, Any]] = {}
        self.sections: list[dict[str, Any]] = []
        self.follow: list[dict[str, Any]] = []
        self.others: dict[str, dict[str, Any]] = {}
        self.section_keys: set[str] = set()

    def read(self) -> dict[str, Any]:
        """The document, with what the extras sheet knows put in its place."""
        self._walk()
        title = self.settings.get("form_title") or _("Questionnaire")
        document: dict[str, Any] = {
            "format": 1,
            "kind": "survey",
            "key": _key(self.settings.get("form_id", "questionnaire"), set()),
            "version": self.settings.get("version") or "1.0",
            "languages": self.languages,
            "title": dict.fromkeys(self.languages, title),
            "introduction": dict.fromkeys(self.languages, ""),
            "duty": None,
            "support": [],
            "next_steps": [],
            "sections": self.sections,
        }
        self._apply(document)
        return document

    def _languages(self, rows: list[Row]) -> list[str]:
        found = [self.first]
        for _row, values in rows:
            for head in values:
                name, colons, language = head.partition("::")
                if colons and name in _TEXT_COLUMNS and _code(language) not in found:
                    found.append(_code(language))
        return found

    def _text(self, sheet: str, row: int, values: dict[str, str], name: str) -> dict[str, str]:
        text = dict.fromkeys(self.languages, "")
        for head, words in values.items():
            column, colons, language = head.partition("::")
            if column == name:
                text[_code(language) if colons else self.first] = words
        if any(text.values()):
            for code, words in text.items():
                if not words:
                    sentence = _("There is no translation into “%s”.") % code
                    self.notes.warning(sheet, row, name, sentence)
        return text

    def _lists(self, rows: list[Row]) -> dict[str, list[dict[str, Any]]]:
        lists: dict[str, list[dict[str, Any]]] = {}
        for number, values in rows:
            name = values.get("list_name") or values.get("list name") or ""
            options = lists.setdefault(name, [])
            code = values.get("name") or values.get("value") or ""
            if not code:
                self.notes.problem("choices", number, "name", _("The option has no name."))
            elif code in {option["code"] for option in options}:
                self.notes.problem("choices", number, "name", _("The list has this name twice."))
            elif len(options) == MOST_OPTIONS:
                sentence = _("The list has more than 500 options.")
                self.notes.problem("choices", number, "list_name", sentence)
            if code and len(options) < MOST_OPTIONS:
                label = self._text("choices", number, values, "label")
                options.append({"code": code, "label": label, "exclusive": False})
        return lists

    def _walk(self) -> None:  # noqa: PLR0912
        groups: list[dict[str, Any]] = []
        repeats = 0
        open_page = False
        for number, values in self.survey:
            kind = re.sub(r"\s+", " ", values.get("type", "")).strip()
            word = kind.lower().replace("_", " ")
            if word == "begin repeat":
                repeats += 1
                sentence = _("Repeated groups are not kept: each person answers once.")
                self.notes.problem("survey", number, "type", sentence)
            elif word == "end repeat":
                repeats = max(0, repeats - 1)
            elif repeats:
                continue
            elif word == "begin group":
                group = {
                    "name": values.get("name", "page"),
                    "rule": self._rule(number, values),
                    "grid": "table-list" in values.get("appearance", ""),
                    "label": self._text("survey", number, values, "label"),
                }
                if not groups:
                    self._section(group["name"], group["label"], group["rule"])
                    open_page = True
                groups.append(group)
            elif word == "end group":
                if groups:
                    groups.pop()
                else:
                    self.notes.problem("survey", number, "type", _("No group is open here."))
                open_page = bool(groups)
            elif kind:
                question = self._question(number, values, kind)
                if question:
                    if not open_page:
                        self._section("page", self._title(), None)
                        open_page = True
                    self._place(number, question, groups)
        if groups or repeats:
            self.notes.problem("survey", 0, "type", _("A group is not closed."))
        if self.follow:
            self._section("other", self._title(), None)
        self.sections = [section for section in self.sections if section["questions"]]
        if not self.sections:
            self.notes.problem("survey", 0, "", _("The workbook asks nothing."))

    def _title(self) -> dict[str, str]:
        title = self.settings.get("form_title") or _("Questionnaire")
        return dict.fromkeys(self.languages, title)

    def _section(self, name: str, title: dict[str, str], rule: Any) -> None:
        key = _key(name, self.section_keys)
        self.sections.append(
            {"key": key, "title": title, "note": None, "minutes": 1, "condition": rule,
             "questions": []}
        )  # fmt: skip
        if self.follow:
            self.sections[-1]["questions"], self.follow = self.follow, []

    def _place(self, number: int, question: dict[str, Any], groups: list[dict[str, Any]]) -> None:
        rules = [group["rule"] for group in groups[1:]] + [question["condition"]]
        rules = [rule for rule in rules if rule]
        question["condition"] = {"and": rules} if len(rules) > 1 else (rules or [None])[0]
        here = {item["key"] for item in self.sections[-1]["questions"]}
        if answers_named(question["condition"]) & here:
            last = self.sections[-1]
            self._section(last["key"], last["title"], last["condition"])
            sentence = _("The page is split here: a condition looks at earlier pages only.")
            self.notes.warning("survey", number, "relevant", sentence)
        in_grid = bool(groups) and groups[-1]["grid"]
        if in_grid and question["type"] in ("single_choice", "scale"):
            question["grid"] = {"key": groups[-1]["name"], "label": groups[-1]["label"]}
        self.sections[-1]["questions"].append(question)
        if question["key"] in self.others:
            self.follow.append(self.others.pop(question["key"]))

    def _rule(self, number: int, values: dict[str, str]) -> Any:
        expression = values.get("relevant") or values.get("relevance") or ""
        if not expression:
            return None
        try:
            return _Parser(expression, self.names, self.types).whole()
        except ExpressionError as error:
            sentence = _("This part of the condition is not understood: %s") % error
            self.notes.problem("survey", number, "relevant", sentence)
            return None

    def _question(self, number: int, values: dict[str, str], kind: str) -> dict[str, Any] | None:
        words = kind.split()
        base = words[0].lower()
        if base in ("select", "rank") and len(words) > 1 and words[1] in ("one", "multiple"):
            base, words = f"select_{words[1]}", [words[0], *words[2:]]
        mapped = self._type(number, values, base, words)
        if mapped is None:
            return None
        name = values.get("name", "question")
        key = _key(name, self.used)
        self.names[name] = key
        label = self._text("survey", number, values, "label")
        hint = self._text("survey", number, values, "hint")
        question: dict[str, Any] = {
            "key": key, "type": mapped[0], "label": label,
            "hint": hint if any(hint.values()) else None,
            "required": values.get("required", "").lower() in ("yes", "true", "true()", "1"),
            "options": mapped[1], "condition": self._rule(number, values),
            "sensitivity": "opinion", "headline": False, "max_length": None,
            "minimum": None, "maximum": None, "permission": None,
        }  # fmt: skip
        if not any(label.values()):
            self.notes.problem("survey", number, "label", _("The question has no label."))
        if mapped[0] == "month":
            question["minimum"], question["maximum"] = FIRST_YEAR, LAST_YEAR
        if base == "range" and mapped[0] == "number":
            question["minimum"], question["maximum"] = self._range(values)[:2]
        self._constraint(number, values, question)
        self.types[key] = question
        if "or_other" in words and mapped[1]:
            self._other(number, question)
        return question

    def _other(self, number: int, question: dict[str, Any]) -> None:
        sentence = _("“Other” became an option; its words need a question on a later page.")
        self.notes.warning("survey", number, "type", sentence)
        if "other" not in {option["code"] for option in question["options"]}:
            label = dict.fromkeys(self.languages, _("Other"))
            question["options"].append({"code": "other", "label": label, "exclusive": False})
        answer: Any = {"answer": question["key"]}
        several = question["type"] in ("multiple_choice", "ranking")
        self.others[question["key"]] = {
            **question,
            "key": _key(f"{question['key']}_other", self.used),
            "type": "short_text", "options": [], "required": False, "hint": None,
            "condition": {"in": ["other", answer]} if several else {"==": [answer, "other"]},
        }  # fmt: skip

    def _type(
        self, number: int, values: dict[str, str], base: str, words: list[str]
    ) -> tuple[str, list[dict[str, Any]]] | None:
        appearance = values.get("appearance", "")
        sentence = ""
        if base in _META:
            self.notes.warning(
                "survey", number, "type", _("“%s” is left out: we never collect it.") % base
            )
            return None
        if base == "text":
            return ("long_text" if "multiline" in appearance else "short_text"), []
        if base in ("integer", "int", "decimal"):
            if base == "decimal":
                self.notes.warning("survey", number, "type", _("Only whole numbers are kept."))
            return "number", []
        if base == "note":
            return "information", []
        if base == "range":
            return self._scale(number, values)
        if base == "date":
            if "year" in appearance:
                return "month", []
            sentence = _("Days are finer than we keep: ask for the month.")
        elif base in ("select_one", "select_multiple", "rank"):
            return self._choice(number, values, base, words)
        elif base in _MEDIA:
            sentence = _("“%s” is refused: media and places could show who a person is.") % base
        elif base == "acknowledge":
            sentence = _("“acknowledge” is refused: ask a question with two answers.")
        elif base in ("calculate", "hidden"):
            sentence = _("“%s” is refused: nothing is calculated or hidden.") % base
        self.notes.problem(
            "survey", number, "type", sentence or _("The type “%s” is not known.") % base
        )
        return None

    def _choice(
        self, number: int, values: dict[str, str], base: str, words: list[str]
    ) -> tuple[str, list[dict[str, Any]]] | None:
        name = words[1] if len(words) > 1 else ""
        if values.get("choice_filter"):
            sentence = _("Options that depend on another answer are not kept.")
            self.notes.problem("survey", number, "choice_filter", sentence)
        if len(self.lists.get(name, ())) < 2:
            sentence = _("The list “%s” is not in the workbook with two options or more.") % name
            self.notes.problem("survey", number, "type", sentence)
            return None
        options = [dict(option) for option in self.lists[name]]
        codes = {option["code"] for option in options}
        if base == "rank":
            return "ranking", options
        if base == "select_one":
            closed = {"yes", "no"} <= codes <= {"yes", "no", "prefer_not"}
            return ("yes_no" if closed else "single_choice"), options
        for option in options:
            if option["code"] in _EXCLUSIVE:
                option["exclusive"] = True
                sentence = _("“%s” can't stand beside another answer.") % option["code"]
                self.notes.warning("survey", number, "type", sentence)
        return "multiple_choice", options

    def _range(self, values: dict[str, str]) -> tuple[int, int, int]:
        found = dict(re.findall(r"(start|end|step)\s*=\s*(-?\d+)", values.get("parameters", "")))
        start, end = int(found.get("start", 1)), int(found.get("end", 10))
        return start, end, max(1, int(found.get("step", 1)))

    def _scale(
        self, number: int, values: dict[str, str]
    ) -> tuple[str, list[dict[str, Any]]] | None:
        start, end, step = self._range(values)
        points = range(start, end + 1, step)
        if len(points) < 2:
            self.notes.problem("survey", number, "parameters", _("The range has no two points."))
            return None
        if len(points) > 11:
            return "number", []
        return "scale", [
            {"code": str(point), "label": dict.fromkeys(self.languages, str(point)),
             "exclusive": False}
            for point in points
        ]  # fmt: skip

    def _constraint(self, number: int, values: dict[str, str], question: dict[str, Any]) -> None:
        expression = values.get("constraint", "")
        for part in filter(None, re.split(r"\s+and\s+", expression)):
            length = re.fullmatch(r"string-length\(\s*\.\s*\)\s*<=\s*(\d{1,6})", part.strip())
            bound = re.fullmatch(r"\.\s*(>=|<=)\s*(-?\d{1,9})", part.strip())
            if length:
                question["max_length"] = int(length[1])
            elif bound and question["type"] == "number":
                question["minimum" if bound[1] == ">=" else "maximum"] = int(bound[2])
            elif year := re.fullmatch(r"\.\s*(>=|<=)\s*date\('(\d{4})-\d\d-\d\d'\)", part.strip()):
                question["minimum" if year[1] == ">=" else "maximum"] = int(year[2])
            else:
                sentence = _("This check is dropped: %s") % part
                self.notes.warning("survey", number, "constraint", sentence)

    def _apply(self, document: dict[str, Any]) -> None:
        places: dict[str, dict[str, Any]] = {"": document}
        for section in document["sections"]:
            places[f"section {section['key']}"] = section
            for question in section["questions"]:
                places[f"question {question['key']}"] = question
        joined: dict[tuple[str, str], list[Any]] = {}
        for number, values in self.extras:
            spot = (values.get("key", ""), values.get("field", ""))
            kept = joined.setdefault(spot, [number, values.get("was", ""), ""])
            kept[2] += values.get("value", "")
        for (key, name), (number, was, value) in joined.items():
            place = places.get(key)
            if place is None or mark(place.get(name)) != was:
                sentence = _("“%s” is left as the other sheets say.") % name
                self.notes.warning(EXTRAS, number, "field", sentence)
                continue
            try:
                if value:
                    place[name] = json.loads(value)
                else:
                    place.pop(name, None)
            except (ValueError, RecursionError):
                self.notes.problem(EXTRAS, number, "value", _("The value can't be read."))


def _key(name: str, used: set[str]) -> str:
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "question"
    if not key[0].isalpha():
        key = f"q_{key}"
    unique, count = key, 2
    while unique in used:
        unique, count = f"{key}_{count}", count + 1
    used.add(unique)
    return unique


_TOKEN: Final = re.compile(
    r"\s*(\$\{[^}]+\}|'[^']*'|\"[^\"]*\"|-?\d+|!=|<=|>=|[=<>(),]|[A-Za-z-]+|\S)"
)


class _Parser:
    """Reads one ``relevant`` into a rule; anything it does not know is refused by name."""

    def __init__(
        self, source: str, names: dict[str, str], types: dict[str, dict[str, Any]]
    ) -> None:
        self.parts = _TOKEN.findall(source)
        self.at = 0
        self.depth = 0
        self.names = names
        self.types = types

    def whole(self) -> dict[str, Any]:
        rule = self._many("or")
        if self.at < len(self.parts):
            raise ExpressionError(" ".join(self.parts[self.at :]))
        return rule

    def _next(self) -> str:
        return self.parts[self.at] if self.at < len(self.parts) else ""

    def _take(self, wanted: str = "") -> str:
        part = self._next()
        if not part or (wanted and part != wanted):
            raise ExpressionError(part or _("the end"))
        self.at += 1
        return part

    def _many(self, word: str) -> dict[str, Any]:
        parts = [self._many("and") if word == "or" else self._one()]
        while self._next() == word:
            self.at += 1
            parts.append(self._many("and") if word == "or" else self._one())
        return parts[0] if len(parts) == 1 else {word: parts}

    def _one(self) -> dict[str, Any]:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ExpressionError(self._next())
        try:
            return self._inner()
        finally:
            self.depth -= 1

    def _inner(self) -> dict[str, Any]:
        part = self._next()
        if part in ("not", "("):
            self.at += 1
            if part == "not":
                self._take("(")
            rule = self._many("or")
            self._take(")")
            return {"not": [rule]} if part == "not" else rule
        if part == "selected":
            self.at += 1
            self._take("(")
            key = self._answer()
            self._take(",")
            value = self._literal()
            self._take(")")
            if self.types[key]["type"] in ("multiple_choice", "ranking"):
                return {"in": [value, {"answer": key}]}
            return {"==": [{"answer": key}, value]}
        counted = part == "count-selected"
        if counted:
            self.at += 1
            self._take("(")
        key = self._answer()
        if counted:
            self._take(")")
        sign = self._take()
        if sign not in ("=", "!=", "<", "<=", ">", ">="):
            raise ExpressionError(sign)
        return self._comparison(key, sign, self._literal(), counted)

    def _comparison(self, key: str, sign: str, value: Any, counted: bool) -> dict[str, Any]:
        left: dict[str, Any] = {"answer": key}
        if value == "" and not counted and sign in ("=", "!="):
            answered = {"!=": [left, ""]}
            return answered if sign == "!=" else {"not": [answered]}
        question = self.types[key]
        if counted:
            left = {"count": left}
        if counted or question["type"] == "number":
            if not re.fullmatch(r"-?\d+", str(value)):
                raise ExpressionError(str(value))
            value = int(value)
        elif sign not in ("=", "!="):
            codes = [option["code"] for option in question["options"]]
            if question["type"] != "scale" or str(value) not in codes:
                raise ExpressionError(f"{sign} {value}")
            limit = int(value)
            kept = [code for code in codes if _compares(int(code), sign, limit)]
            return {"in": [left, kept]}
        else:
            value = str(value)
        if sign == "!=":
            return {"not": [{"==": [left, value]}]}
        return {"==" if sign == "=" else sign: [left, value]}

    def _answer(self) -> str:
        part = self._take()
        key = self.names.get(part[2:-1].strip()) if part.startswith("${") else None
        if key is None or key not in self.types:
            raise ExpressionError(part)
        return key

    def _literal(self) -> Any:
        part = self._take()
        if part[0] in "'\"" and len(part) > 1:
            return part[1:-1]
        if re.fullmatch(r"-?\d+", part):
            return int(part)
        raise ExpressionError(part)


def _compares(left: int, sign: str, right: int) -> bool:
    if sign == "<":
        return left < right
    if sign == "<=":
        return left <= right
    return left > right if sign == ">" else left >= right
