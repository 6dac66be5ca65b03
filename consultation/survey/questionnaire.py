"""Compiling a questionnaire: from what an editor wrote to a definition's document. Pure.

Total: whatever was written so far compiles, however incomplete. Whether it may be published is
for ``rules``, and whether it is a definition at all for ``testimony.wizard.definition.parse``.

Editors write in English and French, in blocks. Other languages are translations beside the
blocks, one sentence for each *place*; a place is named by stable keys (``question.hours.label``),
so that it outlives a change of order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from testimony.wizard.definition import FORMAT

WRITTEN_IN: Final = ("en", "fr")
"""The languages of the blocks."""

PREFER_NOT: Final = "prefer_not"
GRID: Final = "grid"
YES_NO: Final = "yes_no"
ANSWERED_BY_LISTS: Final = frozenset({"multiple_choice", "ranking"})
_CHOICES: Final = frozenset({"single_choice", "multiple_choice", "scale", "area"})
_PICKED: Final = _CHOICES | {YES_NO, "ranking", "consent", "age_check"}
_TEXTS: Final = frozenset({"short_text", "long_text"})
_WITH_NUMBERS: Final = frozenset({"number", "month"})

_YES_NO: Final = (
    ("yes", {"en": "Yes", "fr": "Oui"}),
    ("no", {"en": "No", "fr": "Non"}),
)
RATHER_NOT: Final = {"en": "I would rather not say", "fr": "J’aime mieux ne pas le dire"}

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """The whole text of a questionnaire, as stored.

    ``sections``, ``support`` and ``next_steps`` are block values; texts of blocks are
    ``{"en": str, "fr": str}``. ``translations`` holds ``{language: {place: sentence}}``.
    """

    key: str
    languages: tuple[str, ...]
    title: Mapping[str, str]
    introduction: Mapping[str, str]
    duty: Mapping[str, str]
    sections: tuple[Values, ...]
    support: tuple[Values, ...] = ()
    next_steps: tuple[Values, ...] = ()
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def compile_document(written: Written, *, version: str, missing: str = "") -> dict[str, Any]:
    """The document of a survey's definition, ready to be parsed and frozen.

    ``missing`` stands where a sentence was not written, for looking at a text half done.
    """
    say = _Sayer(written.languages, written.translations, missing)
    return _compile(written, version, say)


def places_of(written: Written) -> dict[str, Mapping[str, str]]:
    """Every place a sentence stands at, with its words in the languages of the blocks.

    In the order of the pages. Optional places that are empty everywhere are left out.
    """
    say = _Sayer(WRITTEN_IN, {}, "")
    _compile(written, "0.0", say)
    return say.met


def sentences_of(document: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """Every place of a document, in the order of the pages, with its words in its languages."""
    say = _Sayer(tuple(document["languages"]), {}, "")
    _say_all(document, say)
    return say.met


def _compile(written: Written, version: str, say: _Sayer) -> dict[str, Any]:
    several = frozenset(
        str(item.get("key"))
        for section in written.sections
        for item in section.get("questions") or ()
        if item.get("type") in ANSWERED_BY_LISTS
    )
    compiler = _Compiler(say, several)
    return {
        "format": FORMAT,
        "kind": "survey",
        "key": written.key,
        "version": version,
        "languages": list(written.languages),
        "title": say("title", written.title),
        "introduction": say("introduction", written.introduction),
        "duty": say.optional("duty", written.duty),
        "support": [
            {
                "name": say(f"support.{number}.name", item.get("name")),
                "detail": say(f"support.{number}.detail", item.get("detail")),
            }
            for number, item in enumerate(written.support)
        ],
        "next_steps": [
            say(f"next_step.{number}", item) for number, item in enumerate(written.next_steps)
        ],
        "sections": [compiler.section(section) for section in written.sections],
    }


class _Sayer:
    """Texts in each language: from the block, or from the translations of its place."""

    def __init__(
        self,
        languages: tuple[str, ...],
        translations: Mapping[str, Mapping[str, str]],
        missing: str,
    ) -> None:
        self.languages = languages
        self.translations = translations
        self.missing = missing
        self.met: dict[str, Mapping[str, str]] = {}

    def __call__(self, place: str, written: Any) -> dict[str, str]:
        found = self._found(place, written)
        self.met[place] = found
        return {code: words or self.missing for code, words in found.items()}

    def optional(self, place: str, written: Any) -> dict[str, str] | None:
        found = self._found(place, written)
        # What was taken out of the blocks is gone, though a translation of it is still kept.
        decide = [code for code in self.languages if code in WRITTEN_IN] or self.languages
        return self(place, written) if any(found[code] for code in decide) else None

    def _found(self, place: str, written: Any) -> dict[str, str]:
        own: Mapping[str, str] = written or {}
        return {
            code: str(own.get(code) or self.translations.get(code, {}).get(place) or "").strip()
            for code in self.languages
        }


@dataclass(frozen=True, slots=True)
class _Compiler:
    """``several`` names the questions whose answer is a list."""

    say: _Sayer
    several: frozenset[str]

    def section(self, value: Values) -> dict[str, Any]:
        key = str(value.get("key") or "")
        document: dict[str, Any] = {
            "key": key,
            "title": self.say(f"section.{key}.title", value.get("title")),
            "note": self.say.optional(f"section.{key}.note", value.get("note")),
            "minutes": max(1, int(value.get("minutes") or 1)),
            "condition": rule_of(value.get("when"), self.several),
            "questions": [
                question
                for item in value.get("questions") or ()
                for question in self.questions(item)
            ],
        }
        if value.get("support"):
            document["support"] = True
        return document

    def questions(self, value: Values) -> Iterator[dict[str, Any]]:
        if value.get("type") != GRID:
            yield self.question(value)
            return
        # A grid is asked as questions of its own, one for each row, under one sentence.
        key = str(value.get("key") or "")
        grid = {"key": key, "label": self.say(f"grid.{key}.label", value.get("label"))}
        kind = str(value.get("row_type") or "single_choice")
        for row in value.get("rows") or ():
            asked = {**value, "type": kind, "key": row.get("key"), "label": row.get("label")}
            yield {**self.question(asked, answers_of=key), "grid": grid}

    def question(self, value: Values, answers_of: str = "") -> dict[str, Any]:
        key, kind = str(value.get("key") or ""), str(value.get("type") or "single_choice")
        label = self.say(f"question.{key}.label", value.get("label"))
        hint = None if answers_of else self.say.optional(f"question.{key}.hint", value.get("hint"))
        document: dict[str, Any] = {
            "key": key,
            "type": kind,
            "label": label,
            "hint": hint,
            "options": list(self.options(value, kind, answers_of or key)),
            "required": bool(value.get("required")),
            "condition": rule_of(value.get("when"), self.several),
            "sensitivity": value.get("sensitivity") or "opinion",
            "headline": bool(value.get("headline")),
            "permission": value.get("permission") or None,
            "max_length": value.get("max_length") if kind in _TEXTS else None,
            "minimum": value.get("minimum") if kind in _WITH_NUMBERS else None,
            "maximum": value.get("maximum") if kind in _WITH_NUMBERS else None,
        }
        if value.get("prefer_not") and kind in _TEXTS | _WITH_NUMBERS | {"ranking"}:
            document["prefer_not"] = True
        if kind == "ranking" and value.get("picks"):
            document["picks"] = value["picks"]
        merge = [str(step).split() for step in value.get("merge") or () if str(step).strip()]
        if merge:
            document["merge"] = merge
        return document

    def options(self, value: Values, kind: str, key: str) -> Iterator[dict[str, Any]]:
        given = list(value.get("options") or ()) if kind in _PICKED else []
        if kind == YES_NO and not given:
            given = [{"code": code, "label": words} for code, words in _YES_NO]
        for item in given:
            code = str(item.get("code") or "")
            exclusive = kind == "multiple_choice" and bool(item.get("exclusive"))
            label = self.say(f"option.{key}.{code}", item.get("label"))
            yield _option(code, label, exclusive=exclusive)
        standing = {item.get("code") for item in given}
        offers = kind == YES_NO or (kind in _CHOICES and bool(value.get("prefer_not")))
        if offers and PREFER_NOT not in standing:
            label = self.say(f"option.{key}.{PREFER_NOT}", RATHER_NOT)
            yield _option(PREFER_NOT, label, exclusive=kind == "multiple_choice")


def _option(code: str, label: dict[str, str], *, exclusive: bool = False) -> dict[str, Any]:
    return {"code": code, "label": label, "exclusive": exclusive}


# Conditions: a list of tests picked from menus, or a rule brought in that no menu can hold.

TESTS: Final = ("any", "none", "all", "at_least", "at_most", "count_at_least")


def rule_of(when: Any, several: frozenset[str]) -> dict[str, Any] | None:
    """The rule of a condition as its blocks hold it, or None where there is none.

    ``several`` names the questions whose answer is a list.
    """
    if not when:
        return None
    if when.get("rule"):
        found = json.loads(when["rule"])
        return found if isinstance(found, dict) else None
    rules = [_test(item, several) for item in when.get("tests") or () if item.get("question")]
    if not rules:
        return None
    if len(rules) == 1:
        return rules[0]
    return {"or" if when.get("match") == "any" else "and": rules}


def _test(item: Values, several: frozenset[str]) -> dict[str, Any]:
    answer, codes = {"answer": item["question"]}, str(item.get("answers") or "").split()
    number = item.get("number") or 0
    match item.get("test"):
        case "none":
            return {"not": [_ticked(answer, codes, several)]}
        case "all":
            return {"all-in": [codes, answer]}
        case "at_least":
            return {">=": [answer, number]}
        case "at_most":
            return {"<=": [answer, number]}
        case "count_at_least":
            return {">=": [{"count": answer}, number]}
    return _ticked(answer, codes, several)


def _ticked(answer: dict[str, Any], codes: list[str], several: frozenset[str]) -> dict[str, Any]:
    """One of the codes was picked."""
    if answer["answer"] in several:
        return {"any-in": [answer, codes]}
    return {"==": [answer, codes[0]]} if len(codes) == 1 else {"in": [answer, codes]}


def when_of(rule: Mapping[str, Any] | None, several: frozenset[str]) -> dict[str, Any]:
    """A rule as the blocks hold it: as tests where menus can say it, whole where they can't.

    ``rule_of(when_of(rule, several), several) == rule`` for every rule.
    """
    empty: dict[str, Any] = {"match": "all", "tests": [], "rule": ""}
    if not rule:
        return empty
    (name, operands), *_rest = rule.items()
    parts, match = ([rule], "all")
    if name in ("and", "or") and len(operands) > 1:
        parts, match = operands, "any" if name == "or" else "all"
    tests = [_menu_test(part) for part in parts]
    found = {**empty, "match": match, "tests": tests}
    if all(tests) and rule_of(found, several) == rule:
        return found
    return {**empty, "rule": json.dumps(rule, sort_keys=True)}


def _menu_test(rule: Any) -> dict[str, Any] | None:
    found = {"question": "", "test": "any", "answers": "", "number": None}
    match rule:
        case {"==": [{"answer": str(key)}, str(code)]}:
            return {**found, "question": key, "answers": code}
        case {"in": [{"answer": str(key)}, [*codes]]} | {
            "any-in": [{"answer": str(key)}, [*codes]]
        }:
            return {**found, "question": key, "answers": _joined(codes)}
        case {"not": [inner]}:
            ticked = _menu_test(inner)
            is_plain = ticked is not None and ticked["test"] == "any"
            return {**ticked, "test": "none"} if ticked and is_plain else None
        case {"all-in": [[*codes], {"answer": str(key)}]}:
            return {**found, "question": key, "test": "all", "answers": _joined(codes)}
        case {">=": [{"answer": str(key)}, int(number)]}:
            return {**found, "question": key, "test": "at_least", "number": number}
        case {"<=": [{"answer": str(key)}, int(number)]}:
            return {**found, "question": key, "test": "at_most", "number": number}
        case {">=": [{"count": {"answer": str(key)}}, int(number)]}:
            return {**found, "question": key, "test": "count_at_least", "number": number}
    return None


def _joined(codes: Iterable[Any]) -> str:
    return " ".join(map(str, codes))


# The way back: a document as text that an editor can go on writing.


def written_from(document: Mapping[str, Any]) -> Written:
    """What an editor would have written for this document to come out.

    Sentences in languages that the blocks don't hold become translations of their places.
    """
    languages = tuple(document["languages"])
    several = frozenset(
        question["key"]
        for section in document["sections"]
        for question in section["questions"]
        if question["type"] in ANSWERED_BY_LISTS
    )
    return Written(
        key=str(document["key"]),
        languages=languages,
        title=_words(document["title"]),
        introduction=_words(document["introduction"]),
        duty=_words(document.get("duty")),
        sections=tuple(_section_value(section, several) for section in document["sections"]),
        support=tuple(
            {"name": _words(item["name"]), "detail": _words(item["detail"])}
            for item in document.get("support") or ()
        ),
        next_steps=tuple(_words(item) for item in document.get("next_steps") or ()),
        translations=dict(_translations(document, languages)),
    )


def _translations(
    document: Mapping[str, Any], languages: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, str]]]:
    for language in languages:
        if language in WRITTEN_IN:
            continue
        say = _Sayer((language,), {}, "")
        _say_all(document, say)
        yield language, {place: words[language] for place, words in say.met.items()}


def _say_all(document: Mapping[str, Any], say: _Sayer) -> None:
    say("title", document["title"])
    say("introduction", document["introduction"])
    say.optional("duty", document.get("duty"))
    for number, item in enumerate(document.get("support") or ()):
        say(f"support.{number}.name", item["name"])
        say(f"support.{number}.detail", item["detail"])
    for number, item in enumerate(document.get("next_steps") or ()):
        say(f"next_step.{number}", item)
    for section in document["sections"]:
        key = section["key"]
        say(f"section.{key}.title", section["title"])
        say.optional(f"section.{key}.note", section.get("note"))
        for question in section["questions"]:
            grid = question.get("grid")
            if grid:
                say(f"grid.{grid['key']}.label", grid["label"])
            say(f"question.{question['key']}.label", question["label"])
            say.optional(f"question.{question['key']}.hint", question.get("hint"))
            owner = grid["key"] if grid else question["key"]
            for option in question.get("options") or ():
                say(f"option.{owner}.{option['code']}", option["label"])


def _words(text: Any) -> dict[str, str]:
    return {code: str((text or {}).get(code) or "") for code in WRITTEN_IN}


def _section_value(section: Mapping[str, Any], several: frozenset[str]) -> dict[str, Any]:
    questions: list[dict[str, Any]] = []
    for question in section["questions"]:
        grid = question.get("grid")
        if grid and questions and questions[-1]["type"] == GRID:
            before = questions[-1]
            if before["key"] == grid["key"]:
                row = {"key": question["key"], "label": _words(question["label"])}
                before["rows"].append(row)
                continue
        questions.append(_question_value(question, several))
    return {
        "key": section["key"],
        "title": _words(section["title"]),
        "note": _words(section.get("note")),
        "minutes": section.get("minutes") or 1,
        "support": bool(section.get("support")),
        "when": when_of(section.get("condition"), several),
        "questions": questions,
    }


def _question_value(question: Mapping[str, Any], several: frozenset[str]) -> dict[str, Any]:
    grid, kind = question.get("grid"), question["type"]
    options = list(question.get("options") or ())
    return {
        "key": grid["key"] if grid else question["key"],
        "type": GRID if grid else kind,
        "label": _words(grid["label"] if grid else question["label"]),
        "hint": _words(question.get("hint")),
        "row_type": kind if grid else "single_choice",
        "rows": [{"key": question["key"], "label": _words(question["label"])}] if grid else [],
        "options": [
            {
                "code": option["code"],
                "label": _words(option["label"]),
                "exclusive": bool(option.get("exclusive")),
            }
            for option in options
        ],
        "required": bool(question.get("required")),
        "prefer_not": bool(question.get("prefer_not")),
        "sensitivity": question.get("sensitivity") or "opinion",
        "headline": bool(question.get("headline")),
        "permission": question.get("permission") or "",
        "max_length": question.get("max_length"),
        "minimum": question.get("minimum"),
        "maximum": question.get("maximum"),
        "picks": question.get("picks"),
        "merge": [" ".join(step) for step in question.get("merge") or ()],
        "when": when_of(question.get("condition"), several),
    }
