"""Reads a questionnaire from an XLSForm workbook: nothing in it is evaluated or trusted.

What has no place in our definition is named with its sheet, row and column, never dropped
in silence (``notes``). Groups become pages, tables become grids, and every group's
condition stays with each page inside it. An answer can change what follows on later pages only,
so a page is split where a question looks at an answer above it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from consultation.survey.questionnaire import ANSWERED_BY_LISTS, PREFER_NOT, RATHER_NOT
from consultation.survey.schema import fits_field
from consultation.survey.xlsform import sheets
from consultation.survey.xlsform.expressions import (
    ExpressionError,
    Known,
    bounds_of,
    parse,
    rule_of,
)
from consultation.survey.xlsform.languages import code_of
from consultation.survey.xlsform.notes import Imported, Notes, Placed, rows_in_words
from consultation.survey.xlsform.pages import Group, Pages
from consultation.survey.xlsform.sheets import EXTRAS, Row, plain
from consultation.survey.xlsform.types import (
    Asked,
    Container,
    Refused,
    Selects,
    container_of,
    left_out,
    type_of,
)
from consultation.survey.xlsform.words import AnswerList, Words, key_of
from testimony.wizard.definition import LONGEST_SPAN, MOST_PLACES

__all__ = ["EXTRAS", "Imported", "Placed", "key_of", "mark", "read_workbook"]

MOST_QUESTIONS: Final = 1000
LONGEST_TITLE: Final = 120
FIRST_YEAR: Final = 1950
LAST_YEAR: Final = 2030
MOST_POINTS: Final = 11

_ALONE: Final = frozenset({"none", "none_of_the_above", "none_of_these", PREFER_NOT})
_OTHER: Final = {"en": "Other", "fr": "Autre"}
_WHAT_OTHER: Final = {
    "en": "You picked “Other”. What is it?",
    "fr": "Vous avez choisi « Autre ». Quoi?",
}
_LAYOUT_APPEARANCES: Final = re.compile(
    r"field-list|multiline|month-year|year|no-calendar|quick|minimal|compact(?:-\d+)?|quickcompact"
    r"|horizontal(?:-compact)?|columns(?:-\w+)?|likert|list|w\d+|numbers|thousands-sep|autocomplete"
    r"|table-list|label|list-nolabel|vertical|picker|no-ticks|hide-input|theme-grid|pages|full"
)


def read_workbook(data: bytes, *, first_language: str = "en") -> Imported:
    """Read an XLSForm. ``first_language`` is that of words whose column names none."""
    notes = Notes()
    refused = sheets.refusal(data)
    found: dict[str, list[Row]] = {}
    if not refused:
        try:
            found = sheets.sheets(data, notes)
        except Exception:  # a broken file fails in many ways inside the reader
            refused = _("The file can’t be read as an XLSX workbook.")
        if not refused and "survey" not in found:
            refused = _("The workbook has no sheet named “survey”.")
    if refused:
        return _refused(refused)
    document = _Reader(found, notes, first_language).read()
    if notes.are_too_many:
        return _refused(
            _("More than 1,000 things in this workbook can’t be taken in. Is it an XLSForm?")
        )
    return Imported(document, tuple(notes.problems), tuple(notes.warnings))


def mark(value: Any) -> str:
    """A short digest that tells whether a value read is still the one that was written."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _refused(sentence: str) -> Imported:
    return Imported(None, (Placed("", 0, "", sentence),), ())


@dataclass(slots=True)
class _Skipped:
    """A part that is left out whole, from its first row on."""

    row: int
    sentence: str
    depth: int = 1
    last: int = 0


class _Reader:
    """One reading of one workbook."""

    def __init__(self, found: dict[str, list[Row]], notes: Notes, first: str) -> None:
        self.survey = found["survey"]
        self.notes = notes
        self.settings_row, self.settings = (found.get("settings") or [(2, {})])[0]
        self.extras = found.get(EXTRAS, [])
        self.is_ours = EXTRAS in found
        default = self.settings.get("default_language", "")
        said = code_of(default) if default.lower() != "default" else ""
        self.words = Words(found, notes, said or first)
        self.languages, self.lists = self.words.languages, self.words.lists
        self.known: dict[str, Known] = {}
        self.used: set[str] = set()
        self.pages = Pages(self._title(), key_of)
        self.kobo: list[_Kobo | None] = []
        self.skipped: _Skipped | None = None
        self.asked = 0

    def read(self) -> dict[str, Any] | None:
        """The document, with what the extras sheet knows put in its place."""
        self._settings()
        for number, values in self.survey:
            self._row(number, values)
        self._ended()
        pages = self.pages.done()
        document: dict[str, Any] = {
            "format": 1,
            "kind": "survey",
            "key": key_of(self.settings.get("form_id", ""), set(), "questionnaire"),
            "version": self.settings.get("version") or "1.0",
            "languages": self.languages,
            "title": self.pages.title,
            "introduction": dict.fromkeys(self.languages, ""),
            "duty": None,
            "support": [],
            "next_steps": [],
            "sections": pages,
        }
        if not pages:
            self.notes.problem(
                "survey", 0, "", _("The workbook asks nothing that can be taken in.")
            )
            return None
        self._apply(document)
        return document

    # Settings.

    def _settings(self) -> None:
        row = self.settings_row
        for name in ("public_key", "submission_url", "auto_send", "auto_delete", "instance_name"):
            if self.settings.get(name):
                sentence = _("This is left out: answers stay here, sealed, and have no names.")
                self.notes.problem("settings", row, name, sentence)
        if len(self.settings.get("form_title", "")) > LONGEST_TITLE:
            sentence = _("The title is longer than 120 letters. It is cut.")
            self.notes.problem("settings", row, "form_title", sentence)

    def _title(self) -> dict[str, str]:
        title = self.settings.get("form_title") or _("Questionnaire")
        return dict.fromkeys(self.languages, title[:LONGEST_TITLE].rstrip())

    # The rows of the survey, one by one.

    def _row(self, number: int, values: dict[str, str]) -> None:
        kind = " ".join(values.get("type", "").split())
        container, is_begin = container_of(kind)
        if self.skipped:
            self._skip(number, container, is_begin)
        elif not kind:
            self.notes.problem("survey", number, "type", _("The row has no type. It is left out."))
        elif values.get("disabled", "").lower() in ("yes", "true", "true()", "1"):
            if container and is_begin:
                self.skipped = _Skipped(number, _("The group is switched off."))
            elif not container:
                sentence = _("The row is switched off. It is left out.")
                self.notes.problem("survey", number, "disabled", sentence)
        elif container and is_begin:
            self._begin(number, values, container)
        elif container:
            self._end(number)
        else:
            self._asks(number, values, kind)

    def _skip(self, number: int, container: Container | None, is_begin: bool) -> None:
        if self.skipped is None:
            return
        self.skipped.last = number
        if container:
            self.skipped.depth += 1 if is_begin else -1
        if self.skipped.depth == 0:
            self._tell_skipped()

    def _tell_skipped(self) -> None:
        if self.skipped is None:
            return
        first, last = self.skipped.row, max(self.skipped.row, self.skipped.last)
        sentence = _("%(reason)s Left out: %(rows)s.") % {
            "reason": self.skipped.sentence,
            "rows": rows_in_words(range(first, last + 1)),
        }
        self.notes.problem("survey", first, "type", sentence)
        self.skipped = None

    def _begin(self, number: int, values: dict[str, str], container: Container) -> None:
        if container.refusal:
            self.skipped = _Skipped(number, str(container.refusal))
            return
        is_table = "table-list" in values.get("appearance", "").split() or container in (
            Container.SCORE,
            Container.MATRIX,
        )
        label = self.words.text("survey", number, values, "label")
        rule = self._rule(number, values)
        kobo = None
        asked = self.asked
        if container is Container.RANK:
            self._question(
                number, {**values, "constraint": ""}, f"rank {_listed(container, values)}"
            )
            label = dict.fromkeys(self.languages, "")
        if container is not Container.GROUP:
            kobo = _Kobo(container, _listed(container, values), values.get("required", ""))
            if self.asked > asked:
                kobo.ranking = self.pages.sections[-1]["questions"][-1]
        else:
            self._also(number, values, is_group=True)
        self.kobo.append(kobo)
        self.pages.begin(
            Group(number, values.get("name", "page"), label, rule, label if is_table else None)
        )

    def _end(self, number: int) -> None:
        if not self.pages.end():
            self.notes.problem("survey", number, "type", _("No group is open here."))
            return
        kobo = self.kobo.pop()
        if kobo and kobo.ranking and 0 < kobo.levels < len(kobo.ranking["options"]):
            kobo.ranking["picks"] = min(kobo.levels, MOST_PLACES)

    def _ended(self) -> None:
        if self.skipped:
            self._tell_skipped()
        for group in self.pages.groups:
            self.notes.problem("survey", group.row, "type", _("This group is not closed."))

    def _asks(self, number: int, values: dict[str, str], kind: str) -> None:
        kobo = self.kobo[-1] if self.kobo else None
        if self.asked >= MOST_QUESTIONS:
            sentence = _("There are more than 1,000 questions. This one is left out.")
            self.notes.problem("survey", number, "", sentence)
        elif kobo and kobo.container is Container.RANK and kind == "rank__level":
            kobo.levels += 1
        elif kobo and kobo.container is Container.SCORE and kind == "score__row":
            row = {"required": kobo.required, **values}
            self._question(number, row, f"select_one {kobo.list_name}")
        elif kobo and kobo.container is Container.MATRIX:
            self._matrix_column(number, values, kind, kobo)
        else:
            self._question(number, values, kind)

    def _matrix_column(self, number: int, values: dict[str, str], kind: str, kobo: _Kobo) -> None:
        """Kobo's matrix asks its columns about each answer of a list. One column is a table."""
        asked = type_of(kind, values)
        items = self.lists.get(kobo.list_name)
        if (
            not isinstance(asked, Selects)
            or asked.verb != "select_one"
            or not items
            or kobo.is_full
        ):
            sentence = _(
                "Only the first column of a matrix is taken in, where it offers one answer."
            )
            self.notes.problem("survey", number, "type", sentence)
            return
        kobo.is_full = True
        for item in items.options:
            row = {name: words for name, words in values.items() if not name.startswith("label")}
            row["name"] = f"{values.get('name', '')}_{item['code']}"
            self.words.codes |= {code: code for code in item["label"]}
            row |= {f"label::{code}": words for code, words in item["label"].items() if words}
            self._question(number, row, kind)

    # One question.

    def _question(self, number: int, values: dict[str, str], kind: str) -> None:
        asked = type_of(kind, values)
        if isinstance(asked, Refused):
            self.notes.problem("survey", number, asked.column, asked.sentence)
            return
        if isinstance(asked, Selects) and "label" in values.get("appearance", "").split():
            self._table_head(number, values)
            return
        mapped = self._mapped(number, values, asked)
        if mapped is None:
            return
        kind, options, codes = mapped
        name = values.get("name", "")
        key = key_of(name, self.used)
        label = self.words.text("survey", number, values, "label")
        hint = self.words.text("survey", number, values, "hint")
        question: dict[str, Any] = {
            "key": key, "type": kind, "label": label,
            "hint": hint if any(hint.values()) else None,
            "required": kind != "information" and self._required(number, values),
            "options": options, "condition": self._rule(number, values),
            "sensitivity": "opinion", "headline": False, "max_length": None,
            "minimum": None, "maximum": None, "permission": None,
        }  # fmt: skip
        if not any(label.values()):
            self.notes.problem("survey", number, "label", _("The question has no words."))
        if isinstance(asked, Asked) and asked.note:
            self.notes.warning("survey", number, "type", asked.note)
        if isinstance(asked, Asked) and kind == "number":
            question["minimum"], question["maximum"] = asked.low, asked.high
        codes = dict(codes)
        self._constraint(number, values, question, codes)
        self._alone(number, question)
        self._also(number, values)
        self._place(number, question)
        if isinstance(asked, Selects) and asked.or_other:
            self._other(number, name, question, codes)
        if name in self.known:
            self.notes.problem("survey", number, "name", _("This name stands above already."))
        self.known[name] = Known(key, question["type"], codes)
        self.asked += 1

    def _mapped(
        self, number: int, values: dict[str, str], asked: Asked | Selects
    ) -> tuple[str, list[dict[str, Any]], dict[str, str]] | None:
        """Our type, the answers to pick, and how the workbook names them."""
        if isinstance(asked, Selects):
            return self._choice(number, values, asked)
        if asked.type != "scale":
            return asked.type, [], {}
        points = range(asked.low or 0, (asked.high or 0) + 1, asked.step)
        if len(points) > MOST_POINTS:
            return "number", [], {}
        codes = {str(point): f"p{point}" if point >= 0 else f"m{-point}" for point in points}
        options = [
            {"code": code, "label": dict.fromkeys(self.languages, point), "exclusive": False}
            for point, code in codes.items()
        ]
        return "scale", options, codes

    def _choice(
        self, number: int, values: dict[str, str], asked: Selects
    ) -> tuple[str, list[dict[str, Any]], dict[str, str]] | None:
        here = self.lists.get(asked.list_name, AnswerList())
        if len(here.options) + asked.or_other < 2:
            sentence = (
                _("The list “%(list)s” has fewer than two answers: there is nothing to pick.")
                if asked.list_name in self.lists
                else _("The list “%(list)s” is not in the sheet “choices”.")
            )
            self.notes.problem("survey", number, "type", sentence % {"list": asked.list_name})
            return None
        options = [dict(option) for option in here.options]
        if asked.verb == "rank":
            return "ranking", self._ranked(number, options), here.codes
        if asked.verb == "select_multiple":
            return "multiple_choice", options, here.codes
        codes = {option["code"] for option in options}
        group = self.pages.groups[-1] if self.pages.groups else None
        in_table = group is not None and group.table is not None
        if in_table or asked.or_other or not {"yes", "no"} <= codes <= {"yes", "no", PREFER_NOT}:
            return "single_choice", options, here.codes
        if PREFER_NOT not in codes and not self.is_ours:
            label = {code: RATHER_NOT.get(code, "") for code in self.languages}
            options.append({"code": PREFER_NOT, "label": label, "exclusive": False})
            sentence = _("People may also say that they would rather not.")
            self.notes.warning("survey", number, "type", sentence)
        return "yes_no", options, here.codes

    def _ranked(self, number: int, options: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = [option for option in options if option["code"] != PREFER_NOT]
        if len(kept) < len(options):
            sentence = _("“%(code)s” is left out: it is a way out, not a place in an order.")
            sentence %= {"code": PREFER_NOT}
            self.notes.problem("survey", number, "type", sentence)
        return kept

    def _required(self, number: int, values: Mapping[str, str]) -> bool:
        written = values.get("required", "").lower()
        if written in ("", "no", "false", "false()", "0"):
            return False
        if written in ("yes", "true", "true()", "1"):
            return True
        sentence = _("Whether an answer is needed can’t depend on others. It is not needed.")
        self.notes.problem("survey", number, "required", sentence)
        return False

    def _rule(self, number: int, values: Mapping[str, str]) -> dict[str, Any] | None:
        expression = values.get("relevant", "")
        if not expression or expression.lower() in ("yes", "true", "true()", "1"):
            return None
        try:
            return rule_of(parse(expression), self.known)
        except ExpressionError as error:
            sentence = _("This part of the condition can’t be kept: %(part)s. Everybody is asked.")
            self.notes.problem("survey", number, "relevant", sentence % {"part": str(error)[:200]})
            return None

    def _constraint(
        self,
        number: int,
        values: Mapping[str, str],
        question: dict[str, Any],
        codes: Mapping[str, str],
    ) -> None:
        kind = question["type"]
        dropped: list[str] = []
        if expression := values.get("constraint", ""):
            try:
                bounds = bounds_of(parse(expression), kind, codes)
            except ExpressionError:
                dropped = [expression]
            else:
                dropped = bounds.dropped
                question["max_length"] = bounds.max_length if "text" in kind else None
                for name in ("minimum", "maximum"):
                    if (value := getattr(bounds, name)) is not None:
                        question[name] = value
                for option in question["options"]:
                    option["exclusive"] = option["code"] in bounds.alone
        for part in dropped:
            sentence = _("This check is left out: %(check)s") % {"check": part[:200]}
            self.notes.problem("survey", number, "constraint", sentence)
        self._check_bounds(number, question)

    def _check_bounds(self, number: int, question: dict[str, Any]) -> None:
        low, high = question["minimum"], question["maximum"]
        if question["type"] == "month":
            if low is None or high is None:
                sentence = _("Which years may be meant is not said: 1950 to 2030 are offered.")
                self.notes.warning("survey", number, "constraint", sentence)
            low = FIRST_YEAR if low is None else low
            high = LAST_YEAR if high is None else high
            if not (1000 <= low <= high <= 9999 and high - low <= LONGEST_SPAN):
                sentence = _("These years can’t be offered. 1950 to 2030 are.")
                self.notes.problem("survey", number, "constraint", sentence)
                low, high = FIRST_YEAR, LAST_YEAR
        elif low is not None and high is not None and low > high:
            self.notes.problem("survey", number, "constraint", _("No number passes this check."))
            low = high = None
        question["minimum"], question["maximum"] = low, high

    def _alone(self, number: int, question: dict[str, Any]) -> None:
        """“None of these” stands alone also where no constraint says so."""
        if question["type"] != "multiple_choice" or self.is_ours:
            return
        for option in question["options"]:
            if option["code"] in _ALONE and not option["exclusive"]:
                option["exclusive"] = True
                sentence = _("“%(code)s” can’t stand beside another answer.")
                sentence %= {"code": option["code"]}
                self.notes.warning("survey", number, "type", sentence)

    def _other(
        self, number: int, name: str, question: dict[str, Any], codes: dict[str, str]
    ) -> None:
        """“Other” as an answer, and what it is on the page that follows."""
        sentence = _("“Other” is an answer of its own. What it is, is asked on the next page.")
        self.notes.warning("survey", number, "type", sentence)
        if "other" not in {option["code"] for option in question["options"]}:
            label = {code: _OTHER.get(code, "") for code in self.languages}
            question["options"].append({"code": "other", "label": label, "exclusive": False})
        answer: Any = {"answer": question["key"]}
        several = question["type"] in ANSWERED_BY_LISTS
        key = key_of(f"{question['key']}_other", self.used)
        self.pages.follow(
            {
                **question,
                "key": key,
                "type": "short_text",
                "label": {code: _WHAT_OTHER.get(code, "") for code in self.languages},
                "hint": None,
                "options": [],
                "required": False,
                "condition": {"in": ["other", answer]} if several else {"==": [answer, "other"]},
            }
        )
        codes["other"] = "other"
        self.known[f"{name}_other"] = Known(key, "short_text", {})

    def _also(self, number: int, values: Mapping[str, str], *, is_group: bool = False) -> None:
        """Columns that say something which has no place here."""
        told: set[str] = set()
        for head, words in values.items():
            name = "media::" if head.startswith("media::") else head.partition("::")[0]
            is_off = name == "read_only" and words.lower() in ("no", "false", "false()")
            sentence = "" if is_off else left_out(name)
            if is_group and name == "hint":
                sentence = _("A page has no hint. Put it into the label, or into a note.")
            if sentence and name not in told:
                told.add(name)
                self.notes.problem("survey", number, plain(head), sentence)
        if "randomize" in values.get("parameters", ""):
            sentence = _("Answers stand in the same order for everybody.")
            self.notes.problem("survey", number, "parameters", sentence)
        odd = [
            word
            for word in values.get("appearance", "").split()
            if not _LAYOUT_APPEARANCES.fullmatch(word)
        ]
        if odd:
            sentence = _("This look is not kept: %(look)s") % {"look": " ".join(odd)[:100]}
            self.notes.warning("survey", number, "appearance", sentence)

    # Pages, tables, and what only our own sheet says.

    def _place(self, number: int, question: dict[str, Any]) -> None:
        placed = self.pages.place(question)
        if placed.is_split:
            sentence = _("The page is split here: a condition looks at earlier pages only.")
            self.notes.warning("survey", number, "relevant", sentence)
        if placed.is_apart and question["type"] != "information":
            sentence = _("A row of a table offers one answer. This stands apart from the table.")
            self.notes.warning("survey", number, "type", sentence)
        if placed.is_first_row and not any(question["grid"]["label"].values()):
            sentence = _("Nothing stands above this table. Write what it asks.")
            self.notes.problem("survey", number, "label", sentence)
        if question.get("grid") and question["hint"]:
            question["hint"] = None
            self.notes.problem("survey", number, "hint", _("A row of a table has no hint."))

    def _table_head(self, number: int, values: Mapping[str, str]) -> None:
        """The row that stands above a table in ODK's and Kobo's way: only its words are kept."""
        label = self.words.text("survey", number, values, "label")
        if self.pages.groups:
            group = self.pages.groups[-1]
            group.table = label if any(label.values()) else group.label

    def _apply(self, document: dict[str, Any]) -> None:
        places: dict[str, dict[str, Any]] = {"": document}
        for section in document["sections"]:
            places[f"section {section['key']}"] = section
            for question in section["questions"]:
                places[f"question {question['key']}"] = question
        joined: dict[tuple[str, str], list[Any]] = {}
        for number, values in self.extras:
            if not values.get("field"):  # a sentence for the person who looks at the sheet
                continue
            spot = (values.get("key", ""), values.get("field", ""))
            kept = joined.setdefault(spot, [number, values.get("was", ""), ""])
            kept[2] += values.get("value", "")
        for (key, name), (number, was, value) in joined.items():
            place = places.get(key)
            if place is None or mark(place.get(name)) != was:
                sentence = _("“%(what)s” is left as the other sheets say.")
                sentence %= {"what": f"{key} {name}".strip()}
                self.notes.warning(EXTRAS, number, "field", sentence)
            elif not value:
                place.pop(name, None)
            else:
                self._put(place, key, name, number, value)

    def _put(self, place: dict[str, Any], key: str, name: str, number: int, value: str) -> None:
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            self.notes.problem(EXTRAS, number, "value", _("The value can’t be read."))
            return
        if fits_field(key.partition(" ")[0], name, read):
            place[name] = read
        else:
            self.notes.problem(EXTRAS, number, "value", _("The value has the wrong shape."))


@dataclass(slots=True)
class _Kobo:
    """An open group of a kind that only Kobo knows."""

    container: Container
    list_name: str
    required: str
    is_full: bool = False
    levels: int = 0
    ranking: dict[str, Any] | None = None


def _listed(container: Container, values: Mapping[str, str]) -> str:
    return values.get(container.list_column, "") or "—"
