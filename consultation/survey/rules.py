"""What must be so before a questionnaire is published: a table of rules, each with its sentence.

A problem stops publishing; a warning asks to look again. The rules read the plain definition
document, which may be half written, and no database. They judge order, keys, answers and
conditions; the wording is judged by ``linter``.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consultation.survey import cues
from testimony.wizard.checking import Finding, Severity, language_name
from testimony.wizard.definition import (
    CHOICE_TYPES,
    CONSENT_TYPES,
    DECLINABLE_TYPES,
    MULTIPLE_TYPES,
    NUMBER_TYPES,
    RANKING_TYPES,
    SILENT_TYPES,
    TEXT_TYPES,
    answers_named,
)
from testimony.wizard.routing import Circumstances, RuleError, holds

MOST_OPTIONS: Final = 60
MOST_QUESTIONS: Final = 8
MOST_MINUTES: Final = 25
MOST_STATES: Final = 5_000

_WITH_OPTIONS: Final = CHOICE_TYPES | MULTIPLE_TYPES | CONSENT_TYPES | RANKING_TYPES


@dataclass(frozen=True, slots=True)
class Asked:
    """How a key was asked in an earlier version: its type, and the version that asked it."""

    type: str
    version: str


@dataclass(frozen=True, slots=True)
class Place:
    """A section, or a question in it, as an editor finds it."""

    number: int
    section: Mapping[str, Any]
    question: Mapping[str, Any] | None = None

    @property
    def words(self) -> str:
        title = _first(self.section.get("title"))
        where = _("page %(number)s, “%(title)s”") % {"number": self.number + 1, "title": title}
        if self.question is None:
            return where
        label = _first(self.question.get("label"))
        return _("“%(question)s” on %(place)s") % {"question": label, "place": where}


@dataclass(frozen=True, slots=True)
class Written:
    """The document, read with care: whatever is missing is empty."""

    document: Mapping[str, Any]
    asked_before: Mapping[str, Asked]
    sections: tuple[Place, ...]
    questions: tuple[Place, ...]
    languages: tuple[str, ...]


Broken = tuple[Place | None, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``broken`` yields each place where it is broken, and the words to name it."""

    name: str
    severity: Severity
    sentence: str | Promise
    broken: Callable[[Written], Iterator[Broken]]


def findings(
    document: Mapping[str, Any], *, asked_before: Mapping[str, Asked] | None = None
) -> list[Finding]:
    """Everything that stands in the way of publishing, and what to look at again."""
    written = _read(document, asked_before or {})
    found = []
    for rule in RULES:
        for place, values in rule.broken(written):
            where = {"place": place.words} if place else {}
            question = place.question if place else None
            found.append(
                Finding(
                    rule.name,
                    rule.severity,
                    str(rule.sentence) % {**where, **values},
                    _key(place.section) if place else "",
                    _key(question) if question is not None else "",
                )
            )
    return found


def _read(document: Mapping[str, Any], asked_before: Mapping[str, Asked]) -> Written:
    sections = tuple(
        Place(number, section) for number, section in enumerate(_maps(document.get("sections")))
    )
    questions = tuple(
        Place(place.number, place.section, question)
        for place in sections
        for question in _maps(place.section.get("questions"))
    )
    languages = tuple(code for code in _list(document.get("languages")) if isinstance(code, str))
    return Written(document, asked_before, sections, questions, languages)


def _list(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else []


def _maps(raw: Any) -> list[Mapping[str, Any]]:
    return [item for item in _list(raw) if isinstance(item, Mapping)]


def _first(text: Any) -> str:
    words = text.values() if isinstance(text, Mapping) else ()
    return next((word for word in words if isinstance(word, str) and word.strip()), "…")


def _key(raw: Mapping[str, Any]) -> str:
    return _word(raw, "key")


def _word(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _asked(place: Place) -> Mapping[str, Any]:
    return place.question or {}


def _type(place: Place) -> str:
    return _word(_asked(place), "type")


def _codes(place: Place) -> list[str]:
    return [_word(option, "code") for option in _maps(_asked(place).get("options"))]


def _same_section_keys(written: Written) -> Iterator[Broken]:
    counts = Counter(_key(place.section) for place in written.sections)
    for place in written.sections:
        if not _key(place.section) or counts[_key(place.section)] > 1:
            yield place, {}


def _same_question_keys(written: Written) -> Iterator[Broken]:
    counts = Counter(_key(_asked(place)) for place in written.questions)
    for place in written.questions:
        if not _key(_asked(place)) or counts[_key(_asked(place))] > 1:
            yield place, {}


def _type_changed(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        before = written.asked_before.get(_key(_asked(place)))
        if before is not None and before.type != _type(place):
            yield place, {"version": before.version}


def _too_few(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if _type(place) in _WITH_OPTIONS and len(_codes(place)) < 2:
            yield place, {}


def _too_many(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if len(_codes(place)) > MOST_OPTIONS:
            yield place, {"count": len(_codes(place)), "most": MOST_OPTIONS}


def _same_codes(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        codes = _codes(place)
        if "" in codes or len(set(codes)) < len(codes):
            yield place, {}


def _same_labels(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        options = _maps(_asked(place).get("options"))
        for language in written.languages:
            labels = Counter(_said(option.get("label"), language).casefold() for option in options)
            if any(label and count > 1 for label, count in labels.items()):
                yield place, {"language": language_name(language)}


def _said(text: Any, language: str) -> str:
    words = text.get(language) if isinstance(text, Mapping) else None
    return words.strip() if isinstance(words, str) else ""


def _exclusive_not_last(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        flags = [bool(option.get("exclusive")) for option in _maps(_asked(place).get("options"))]
        if any(flags) and (_type(place) not in MULTIPLE_TYPES or flags != sorted(flags)):
            yield place, {}


def _conditions(written: Written) -> Iterator[tuple[Place, Any]]:
    for place in (*written.sections, *written.questions):
        rule = (place.section if place.question is None else place.question).get("condition")
        if rule is not None:
            yield place, rule


def _looks(written: Written) -> Iterator[tuple[Place, str, Place | None]]:
    by_key = {_key(_asked(place)): place for place in written.questions}
    for place, rule in _conditions(written):
        for key in sorted(answers_named(rule)):
            yield place, key, by_key.get(key)


def _unknown(written: Written) -> Iterator[Broken]:
    for place, key, other in _looks(written):
        if other is None:
            yield place, {"key": key}


def _itself(written: Written) -> Iterator[Broken]:
    for place, _name, other in _looks(written):
        if other is not None and place.question is other.question:
            yield place, {}


def _same_page(written: Written) -> Iterator[Broken]:
    for place, _name, other in _looks(written):
        if (
            other is not None
            and place.number == other.number
            and place.question is not other.question
        ):
            yield place, {"other": _first(_asked(other).get("label"))}


def _later_page(written: Written) -> Iterator[Broken]:
    for place, _name, other in _looks(written):
        if other is not None and other.number > place.number:
            yield place, {"other": other.words}


def _never_holds(written: Written) -> Iterator[Broken]:
    by_key = {_key(_asked(place)): place for place in written.questions}
    for place, rule in _conditions(written):
        named = sorted(answers_named(rule))
        each = [_possible(by_key[key]) if key in by_key else [] for key in named]
        states = 1
        for possible in each:
            states *= len(possible)
        if not 0 < states <= MOST_STATES:
            continue
        abouts = [Circumstances(code, "web") for code in written.languages or ("en",)]
        abouts += [Circumstances(about.language, "assisted") for about in abouts]
        try:
            if not any(
                holds(rule, dict(zip(named, answers, strict=True)), about)
                for answers in itertools.product(*each)
                for about in abouts
            ):
                yield place, {}
        except (RuleError, TypeError, ValueError, LookupError, AttributeError):
            yield place, {}


def _possible(place: Place) -> list[Any]:
    """Every answer to a question with few answers; none where they can't all be tried."""
    codes = _codes(place)
    if _type(place) in CHOICE_TYPES | CONSENT_TYPES:
        return [None, *codes]
    if _type(place) in MULTIPLE_TYPES and len(codes) <= 8:
        sizes = range(len(codes) + 1)
        return [list(some) for size in sizes for some in itertools.combinations(codes, size)]
    return []


def _age_checks(written: Written) -> list[Place]:
    return [place for place in written.questions if _type(place) == "age_check"]


def _not_one_age_check(written: Written) -> Iterator[Broken]:
    if len(_age_checks(written)) != 1:
        yield None, {"count": len(_age_checks(written))}


def _age_check_late(written: Written) -> Iterator[Broken]:
    for place in _age_checks(written)[:1]:
        if place.number != 0 or place.question is not written.questions[0].question:
            yield place, {}


def _consent_missing(written: Written) -> Iterator[Broken]:
    free_text = any(_type(place) in TEXT_TYPES for place in written.questions)
    wanted = ("count", "words", "audience") if free_text else ("count",)
    given = {
        _word(_asked(place), "permission")
        for place in written.questions
        if _type(place) in CONSENT_TYPES
    }
    if missing := [name for name in wanted if name not in given]:
        yield None, {"missing": ", ".join(missing)}


def _consent_late(written: Written) -> Iterator[Broken]:
    early = False
    for place in written.questions:
        if _type(place) in CONSENT_TYPES and early:
            yield place, {}
        early = early or _type(place) not in CONSENT_TYPES | SILENT_TYPES | {"age_check", ""}


def _consent_skipped(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        conditions = (place.section.get("condition"), _asked(place).get("condition"))
        if _type(place) in CONSENT_TYPES | {"age_check"} and any(
            rule is not None for rule in conditions
        ):
            yield place, {}


def _no_way_out(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        asked, kind = _asked(place), _type(place)
        if not asked.get("required") or kind in CONSENT_TYPES | SILENT_TYPES | {"age_check"}:
            continue
        by_flag = kind in DECLINABLE_TYPES and bool(asked.get("prefer_not"))
        if not by_flag and "prefer_not" not in _codes(place):
            yield place, {}


def _incomplete(written: Written) -> Iterator[Broken]:
    for name in ("title", "introduction"):
        yield from _missing(written, None, [written.document.get(name)])
    for place in written.sections:
        texts = [place.section.get("title")]
        yield from _missing(written, place, [*texts, *_optional(place.section.get("note"))])
    for place in written.questions:
        asked = _asked(place)
        options = [option.get("label") for option in _maps(asked.get("options"))]
        texts = [asked.get("label"), *_optional(asked.get("hint")), *options]
        yield from _missing(written, place, texts)


def _optional(text: Any) -> list[Any]:
    return [] if text is None else [text]


def _missing(written: Written, place: Place | None, texts: list[Any]) -> Iterator[Broken]:
    missing = [
        language_name(code)
        for code in written.languages
        if any(not _said(text, code) for text in texts)
    ]
    if missing:
        where = place.words if place else _("the title and introduction")
        yield place, {"place": where, "languages": ", ".join(missing)}


def _no_support(written: Written) -> Iterator[Broken]:
    if not _list(written.document.get("support")):
        yield None, {}


def _crowded(written: Written) -> Iterator[Broken]:
    for place in written.sections:
        count = len(_maps(place.section.get("questions")))
        if count > MOST_QUESTIONS:
            yield place, {"count": count}


def _long(written: Written) -> Iterator[Broken]:
    minutes = [place.section.get("minutes") for place in written.sections]
    total = sum(number for number in minutes if isinstance(number, int))
    if total > MOST_MINUTES:
        yield None, {"minutes": total}


def _no_next_steps(written: Written) -> Iterator[Broken]:
    if not _list(written.document.get("next_steps")):
        yield None, {}


def _asks_who(written: Written) -> Iterator[Broken]:
    """Nobody needs a name to be heard; what is asked for will be given."""
    for place in written.questions:
        if _type(place) not in TEXT_TYPES | NUMBER_TYPES:
            continue
        for name in ("label", "hint"):
            for code in written.languages:
                cue = cues.asks_who(_said(_asked(place).get(name), code))
                if cue:
                    yield place, {"cue": cue}
                    break


def _hard_without_note(written: Written) -> Iterator[Broken]:
    for place in written.sections:
        found = _hard_word(written, place)
        if found and not _prepares(written, place):
            yield place, {"cue": found}


def _hard_word(written: Written, section: Place) -> str:
    for place in written.questions:
        if place.number != section.number or _type(place) in CONSENT_TYPES | {"age_check"}:
            continue
        for code in written.languages:
            found = cues.is_hard(_said(_asked(place).get("label"), code))
            if found:
                return found
    return ""


def _prepares(written: Written, place: Place) -> bool:
    """Whether a page has a content note, or follows a page that only prepares for it."""
    if any(_said(place.section.get("note"), code) for code in written.languages):
        return True
    before = [one for one in written.questions if one.number == place.number - 1]
    return bool(before) and all(_type(one) in SILENT_TYPES for one in before)


def _headline_open(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if _asked(place).get("headline") and _type(place) not in CHOICE_TYPES | MULTIPLE_TYPES:
            yield place, {}


def _unknown_answers(written: Written) -> Iterator[Broken]:
    """A code that no answer has makes a condition say less than it seems to."""
    by_key = {_key(_asked(place)): place for place in written.questions}
    for place, rule in _conditions(written):
        for key, code in sorted(set(_codes_named(rule))):
            other = by_key.get(key)
            if other is not None and _type(other) in _WITH_OPTIONS and code not in _codes(other):
                yield place, {"code": code, "other": other.words}


def _codes_named(rule: Any) -> Iterator[tuple[str, str]]:
    """Each answer's key with each word that it is compared with."""
    if isinstance(rule, Mapping):
        for operands in rule.values():
            parts = _list(operands)
            keys = [
                part["answer"]
                for part in _maps(parts)
                if isinstance(part.get("answer"), str) and len(part) == 1
            ]
            words = [
                word
                for part in parts
                for word in (part if isinstance(part, list | tuple) else [part])
                if isinstance(word, str)
            ]
            yield from ((key, word) for key in keys for word in words)
            for part in parts:
                yield from _codes_named(part)


_PROBLEM, _WARNING = Severity.PROBLEM, Severity.WARNING

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "asks_who",
        _PROBLEM,
        gettext_lazy(
            "%(place)s asks who somebody is (“%(cue)s”). Nobody needs to say that to be heard."
        ),
        _asks_who,
    ),
    Rule(
        "content_note",
        _PROBLEM,
        gettext_lazy(
            "%(place)s may be hard (“%(cue)s”). Give it a content note, so that people can "
            "get ready, or skip it."
        ),
        _hard_without_note,
    ),
    Rule(
        "headline_closed",
        _PROBLEM,
        gettext_lazy("Only answers that can be counted make a headline. Not %(place)s."),
        _headline_open,
    ),
    Rule(
        "condition_answers_known",
        _PROBLEM,
        gettext_lazy(
            "The condition of %(place)s names “%(code)s”, which is no answer to %(other)s."
        ),
        _unknown_answers,
    ),
    Rule(
        "section_keys",
        _PROBLEM,
        gettext_lazy("The key of %(place)s is empty or used twice."),
        _same_section_keys,
    ),
    Rule(
        "question_keys",
        _PROBLEM,
        gettext_lazy("The key of %(place)s is empty or used twice."),
        _same_question_keys,
    ),
    Rule(
        "type_kept",
        _PROBLEM,
        gettext_lazy(
            "The kind of answer to %(place)s is not that of version %(version)s. "
            "Add a new question with a new key."
        ),
        _type_changed,
    ),
    Rule(
        "enough_options",
        _PROBLEM,
        gettext_lazy("Give %(place)s at least two answers to pick."),
        _too_few,
    ),
    Rule(
        "few_options",
        _PROBLEM,
        gettext_lazy("There are %(count)s answers to %(place)s. At most %(most)s are allowed."),
        _too_many,
    ),
    Rule(
        "codes_differ",
        _PROBLEM,
        gettext_lazy("Two answers to %(place)s have the same code, or one has none."),
        _same_codes,
    ),
    Rule(
        "labels_differ",
        _PROBLEM,
        gettext_lazy("Two answers to %(place)s read the same in %(language)s."),
        _same_labels,
    ),
    Rule(
        "exclusive_last",
        _PROBLEM,
        gettext_lazy(
            "An answer that stands alone comes last, and only where several can be picked: "
            "%(place)s."
        ),
        _exclusive_not_last,
    ),
    Rule(
        "condition_known",
        _PROBLEM,
        gettext_lazy(
            "The condition of %(place)s looks at “%(key)s”, which no question has as its key."
        ),
        _unknown,
    ),
    Rule(
        "condition_not_itself",
        _PROBLEM,
        gettext_lazy("The condition of %(place)s looks at its own answer."),
        _itself,
    ),
    Rule(
        "condition_not_same_page",
        _PROBLEM,
        gettext_lazy(
            "The condition of %(place)s looks at “%(other)s” on the same page. Move one to "
            "another page."
        ),
        _same_page,
    ),
    Rule(
        "condition_not_later",
        _PROBLEM,
        gettext_lazy("The condition of %(place)s looks ahead, at %(other)s. Move that before it."),
        _later_page,
    ),
    Rule(
        "reachable",
        _PROBLEM,
        gettext_lazy("No answers lead to %(place)s: its condition can never hold."),
        _never_holds,
    ),
    Rule(
        "one_age_check",
        _PROBLEM,
        gettext_lazy("A questionnaire has exactly one age check. Here are %(count)s."),
        _not_one_age_check,
    ),
    Rule(
        "age_check_first",
        _PROBLEM,
        gettext_lazy("The age check comes before everything else. Move %(place)s to the top."),
        _age_check_late,
    ),
    Rule(
        "consent_asked",
        _PROBLEM,
        gettext_lazy("People are not asked what they agree to. Missing: %(missing)s."),
        _consent_missing,
    ),
    Rule(
        "consent_first",
        _PROBLEM,
        gettext_lazy("People agree before they answer. Move %(place)s up."),
        _consent_late,
    ),
    Rule(
        "consent_not_skipped",
        _PROBLEM,
        gettext_lazy(
            "Everybody meets the age check and what they agree to. Remove the condition of "
            "%(place)s."
        ),
        _consent_skipped,
    ),
    Rule(
        "way_out",
        _PROBLEM,
        gettext_lazy(
            "An answer to %(place)s must be given. Let people say that they would rather not."
        ),
        _no_way_out,
    ),
    Rule(
        "languages_complete",
        _PROBLEM,
        gettext_lazy("Not written in %(languages)s yet: %(place)s."),
        _incomplete,
    ),
    Rule(
        "support_given",
        _PROBLEM,
        gettext_lazy(
            "There is nobody to talk to. Add at least one line of support that is not the police."
        ),
        _no_support,
    ),
    Rule(
        "few_questions",
        _WARNING,
        gettext_lazy("There are %(count)s questions on %(place)s. Fewer on a page are easier."),
        _crowded,
    ),
    Rule(
        "short_enough",
        _WARNING,
        gettext_lazy("All pages take about %(minutes)s minutes. That is a lot on a phone."),
        _long,
    ),
    Rule(
        "what_happens_next",
        _WARNING,
        gettext_lazy("Nothing says what happens next. People gave you something: tell them."),
        _no_next_steps,
    ),
)
