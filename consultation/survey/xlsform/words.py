"""The words of a workbook: its languages, its texts in them, and its lists of answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from consultation.survey.questionnaire import PREFER_NOT
from consultation.survey.xlsform.languages import code_of
from consultation.survey.xlsform.notes import Notes
from consultation.survey.xlsform.sheets import Row, plain
from consultation.survey.xlsform.types import left_out

MOST_OPTIONS: Final = 500
LONGEST_KEY: Final = 40
LONGEST_LANGUAGES: Final = 60

_WAYS_OUT: Final = frozenset({
    "prefer_not_to_say", "prefer_not_to_answer", "prefer_not_say", "rather_not_say", "rather_not",
})  # fmt: skip
_SHOWN_ANSWER: Final = re.compile(r"\$\{[^}]*\}")


def key_of(name: str, used: set[str], otherwise: str = "question") -> str:
    """A name in the data made from one of the workbook; noted in ``used``."""
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or otherwise
    if not key[0].isalpha():
        key = f"q_{key}"
    key = key[: LONGEST_KEY - 4].rstrip("_") if len(key) > LONGEST_KEY else key
    unique, count = key, 2
    while unique in used:
        unique, count = f"{key}_{count}", count + 1
    used.add(unique)
    return unique


@dataclass(slots=True)
class AnswerList:
    """One list of answers. ``codes`` maps names of the workbook to ours, in order."""

    options: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    first_row: int = 0


class Words:
    """What the sheets of one workbook say. ``codes`` maps languages as written to their codes."""

    def __init__(self, found: Mapping[str, list[Row]], notes: Notes, first: str) -> None:
        self.notes = notes
        self.first = first
        self.codes: dict[str, str] = {}
        self.languages = self._languages(found)
        self.lists = self._lists(found.get("choices", []))

    def _languages(self, found: Mapping[str, list[Row]]) -> list[str]:
        languages = [self.first]
        for sheet in ("survey", "choices"):
            heads = dict.fromkeys(
                head for _number, values in found.get(sheet, ()) for head in values
            )
            for head in heads:
                name, colons, language = head.partition("::")
                if not colons or name not in ("label", "hint"):
                    continue
                code = self.codes[language] = code_of(language)
                if not code:
                    sentence = _("This language has no code. Write it as “Name (code)”.")
                    self.notes.problem(sheet, 1, plain(head), sentence)
                elif code not in languages:
                    if len(",".join([*languages, code])) > LONGEST_LANGUAGES:
                        self.codes[language] = ""
                        sentence = _("There are more languages than one questionnaire holds.")
                        self.notes.problem(sheet, 1, plain(head), sentence)
                    else:
                        languages.append(code)
        return languages

    def text(self, sheet: str, row: int, values: Mapping[str, str], name: str) -> dict[str, str]:
        """The words of a column in every language; what is missing or can't stand is told."""
        text = dict.fromkeys(self.languages, "")
        for head, words in values.items():
            column, colons, language = head.partition("::")
            if column == name:
                code = self.codes.get(language, "") if colons else self.first
                if code and (colons or not text[code]):
                    text[code] = words
        for code, words in text.items():
            if _SHOWN_ANSWER.search(words):
                shown = ", ".join(_SHOWN_ANSWER.findall(words))
                sentence = _("Answers are never shown in a sentence: “…” stands for %(answers)s.")
                sentence %= {"answers": shown}
                self.notes.problem(sheet, row, name, sentence)
                text[code] = _SHOWN_ANSWER.sub("…", words)
        missing = [code for code, words in text.items() if not words]
        if missing and len(missing) < len(text):
            sentence = _("There is no translation into “%(languages)s”.")
            sentence %= {"languages": ", ".join(missing)}
            self.notes.warning(sheet, row, name, sentence)
        return text

    def _lists(self, rows: list[Row]) -> dict[str, AnswerList]:
        lists: dict[str, AnswerList] = {}
        for number, values in rows:
            name = values.get("list_name", "")
            written = values.get("name", "")
            if not name or not written:
                column = "name" if name else "list_name"
                self.notes.problem("choices", number, column, _("The answer has no name here."))
                continue
            here = lists.setdefault(name, AnswerList(first_row=number))
            if written in here.codes:
                self.notes.problem("choices", number, "name", _("The list has this name twice."))
            elif len(here.options) == MOST_OPTIONS:
                here.left_out.append(number)
            else:
                self._option(number, values, here, written)
        for name, here in lists.items():
            self._tell_list(name, here)
        return lists

    def _option(self, number: int, values: dict[str, str], here: AnswerList, written: str) -> None:
        code = _code_of(written, set(here.codes.values()))
        if code != written:
            here.renamed.append(f"{written} → {code}")
        here.codes[written] = code
        label = self.text("choices", number, values, "label")
        if not any(label.values()):
            self.notes.problem("choices", number, "label", _("The answer has no words."))
        if any(head.startswith("media::") for head in values):
            self.notes.problem("choices", number, "media", left_out("media::"))
        here.options.append({"code": code, "label": label, "exclusive": False})

    def _tell_list(self, name: str, here: AnswerList) -> None:
        if here.left_out:
            sentence = _(
                "The list “%(list)s” has %(count)s answers. The first 500 are taken in."
            ) % {
                "list": name,
                "count": len(here.options) + len(here.left_out),
            }
            self.notes.problem("choices", here.left_out[0], "list_name", sentence)
        if here.renamed:
            some = ", ".join(here.renamed[:8]) + (" …" if len(here.renamed) > 8 else "")
            sentence = _("Names in the data are small letters and digits: %(names)s.")
            sentence %= {"names": some}
            self.notes.warning("choices", here.first_row, "name", sentence)


def _code_of(written: str, used: set[str]) -> str:
    """The code of an answer: as it is written where it can be a name in our data."""
    plain_name = re.sub(r"[^a-z0-9]+", "_", written.lower()).strip("_")
    if plain_name in _WAYS_OUT and PREFER_NOT not in used:
        return PREFER_NOT
    if re.fullmatch(r"[a-z][a-z0-9_]*", written) and len(written) <= LONGEST_KEY:
        plain_name = written
    elif not plain_name[:1].isalpha():
        sign = "m" if written.startswith("-") else "a"
        plain_name = f"{sign}{plain_name}" if plain_name else "answer"
    code = plain_name[: LONGEST_KEY - 4] if len(plain_name) > LONGEST_KEY else plain_name
    unique, count = code, 2
    while unique in used:
        unique, count = f"{code}_{count}", count + 1
    return unique
