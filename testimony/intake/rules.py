"""What must be so before a call is published: a table of rules, each with its sentence.

A problem stops publishing; a warning only asks to look again. The rules look at what was written
(``compiling.Written``), so that each sentence can say where in the editor's own words. They read
no database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from testimony.intake import compiling
from testimony.intake.compiling import Step, Written, written_in
from testimony.intake.kinds import (
    ABOUT,
    AGE_CHECK,
    CLOSED,
    CONSENT,
    CONTENT_NOTE,
    FEWEST_OPTIONS,
    HOPES,
    KINDS,
    MOST_BANDS,
    MOST_OPTIONS,
    PICTURES,
    STORY,
    Line,
)
from testimony.wizard.checking import Finding, Severity, language_name

Values = Mapping[str, Any]

LONG_IN_MINUTES: Final = 25
MOST_PROMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``broken`` yields the words of the sentence, once for each place it is broken."""

    name: str
    severity: Severity
    sentence: str | Promise
    broken: Callable[[Written], Iterator[Values]]


def findings(written: Written) -> list[Finding]:
    """Everything that stands in the way of publishing, and what to look at again."""
    return [
        Finding(rule.name, rule.severity, str(rule.sentence) % dict(values))
        for rule in RULES
        for values in rule.broken(written)
    ]


def place_of(written: Written, number: int) -> str:
    """A step as an editor finds it: its number from the top, and its title."""
    step = written.steps[number]
    title = next((found for code in _order(written) if (found := _said(step, "title", code))), "")
    label = title or str(KINDS[step.kind].label)
    return _("step %(number)s, “%(title)s”") % {"number": number + 1, "title": label}


def _order(written: Written) -> tuple[str, ...]:
    return written.languages or ("en",)


def _said(step: Step, name: str, language: str) -> str:
    return written_in(step.value, name, language)


def _first_said(value: Values, name: str, written: Written) -> str:
    return next((found for code in _order(written) if (found := written_in(value, name, code))), "")


def _items(step: Step) -> list[Values]:
    name = KINDS[step.kind].items
    return list(step.value.get(name) or ()) if name else []


def _numbers(written: Written, *kinds: str) -> list[int]:
    return [number for number, step in enumerate(written.steps) if step.kind in kinds]


def _asks_free_text(written: Written) -> bool:
    return any(KINDS[step.kind].takes_text for step in written.steps)


# The order of the pages.


def _not_one(kind: str) -> Callable[[Written], Iterator[Values]]:
    def broken(written: Written) -> Iterator[Values]:
        count = len(_numbers(written, kind))
        if count != 1:
            yield {"count": count}

    return broken


def _age_not_first(written: Written) -> Iterator[Values]:
    found = _numbers(written, AGE_CHECK)
    if found and found[0] != 0:
        yield {"place": place_of(written, found[0])}


def _consent_too_late(written: Written) -> Iterator[Values]:
    found = _numbers(written, CONSENT)
    earlier = [
        number
        for number, step in enumerate(written.steps)
        if found and number < found[0] and step.kind not in (AGE_CHECK, CONTENT_NOTE)
    ]
    if earlier:
        yield {"place": place_of(written, found[0]), "before": place_of(written, earlier[0])}


def _story_without_note(written: Written) -> Iterator[Values]:
    for number in _numbers(written, STORY):
        if number == 0 or written.steps[number - 1].kind != CONTENT_NOTE:
            yield {"place": place_of(written, number)}


def _note_before_nothing(written: Written) -> Iterator[Values]:
    for number in _numbers(written, CONTENT_NOTE):
        after = written.steps[number + 1 : number + 2]
        if not after or after[0].kind in (CONTENT_NOTE, AGE_CHECK, CONSENT):
            yield {"place": place_of(written, number)}


def _hard_end(written: Written) -> Iterator[Values]:
    if written.steps and written.steps[-1].kind != HOPES:
        yield {"place": place_of(written, len(written.steps) - 1)}


def _pictures_twice(written: Written) -> Iterator[Values]:
    for number in _numbers(written, PICTURES)[1:]:
        yield {"place": place_of(written, number)}


# What is in them.


def _asks_nothing(written: Written) -> Iterator[Values]:
    for number, step in enumerate(written.steps):
        if KINDS[step.kind].items and not _items(step):
            yield {"place": place_of(written, number)}


def _has_own_answers(step: Step, item: Values) -> bool:
    """Whether the answers of a question are written by the editor. Yes and no are always ours."""
    return step.kind == ABOUT or item.get("type") != "yes_no"


def _lists_of_answers(written: Written) -> Iterator[tuple[int, Values, list[Values]]]:
    for number in _numbers(written, CLOSED, ABOUT):
        for item in _items(written.steps[number]):
            if _has_own_answers(written.steps[number], item):
                yield number, item, list(item.get("options") or ())


def _question_place(written: Written, number: int, item: Values) -> str:
    label = _first_said(item, "label", written)
    where = place_of(written, number)
    return _("%(place)s, question “%(question)s”") % {"place": where, "question": label}


def _most(written: Written, number: int) -> int:
    return MOST_BANDS if written.steps[number].kind == ABOUT else MOST_OPTIONS


def _too_few_answers(written: Written) -> Iterator[Values]:
    for number, item, options in _lists_of_answers(written):
        if len(options) < FEWEST_OPTIONS:
            yield {
                "place": _question_place(written, number, item),
                "count": len(options),
                "fewest": FEWEST_OPTIONS,
            }


def _too_many_answers(written: Written) -> Iterator[Values]:
    for number, item, options in _lists_of_answers(written):
        most = _most(written, number)
        if len(options) > most:
            yield {
                "place": _question_place(written, number, item),
                "count": len(options),
                "most": most,
            }


def _same_answers(written: Written) -> Iterator[Values]:
    for number, item, options in _lists_of_answers(written):
        for language in written.languages:
            labels = Counter(written_in(one, "label", language).casefold() for one in options)
            for label, count in labels.items():
                if label and count > 1:
                    yield {
                        "place": _question_place(written, number, item),
                        "label": label,
                        "language": language_name(language),
                    }


def _same_codes(written: Written) -> Iterator[Values]:
    for number, item, options in _lists_of_answers(written):
        codes = [str(one.get("code") or "") for one in options]
        if "" in codes or compiling.PREFER_NOT in codes or len(set(codes)) != len(codes):
            yield {"place": _question_place(written, number, item)}


def _keys(written: Written) -> Iterator[tuple[int, str, str]]:
    """Each question that an answer is kept for: its step, its key and its type."""
    document = compiling.compile_document(written, version="0.0", missing="…")
    for number, section in enumerate(document["sections"]):
        for question in section["questions"]:
            yield number, question["key"], question["type"]


def _same_keys(written: Written) -> Iterator[Values]:
    document = compiling.compile_document(written, version="0.0", missing="…")
    sections = Counter(section["key"] for section in document["sections"])
    questions = Counter(key for _number, key, _type in _keys(written))
    several = {AGE_CHECK, CONSENT}
    for number, section in enumerate(document["sections"]):
        if written.steps[number].kind in several:
            continue
        keys = [question["key"] for question in section["questions"]]
        if (
            not section["key"]
            or sections[section["key"]] > 1
            or any(not key or questions[key] > 1 for key in keys)
        ):
            yield {"place": place_of(written, number)}


_TYPES: Final = {
    "single_choice": gettext_lazy("one answer"),
    "multiple_choice": gettext_lazy("several answers"),
    "yes_no": gettext_lazy("yes or no"),
    "long_text": gettext_lazy("a person's own words"),
    "pictures": gettext_lazy("pictures"),
    "information": gettext_lazy("a note"),
}


def _type_changed(written: Written) -> Iterator[Values]:
    for number, key, kind in _keys(written):
        before = written.asked_before.get(key)
        if before is not None and before.type != kind:
            yield {
                "place": place_of(written, number),
                "before": str(_TYPES.get(before.type, before.type)),
                "now": str(_TYPES.get(kind, kind)),
                "version": before.version,
                "question": _label_of(written, number, key),
            }


def _label_of(written: Written, number: int, key: str) -> str:
    step = written.steps[number]
    for item in _items(step):
        if item.get("key") == key:
            return _first_said(item, "label", written)
    return _first_said(step.value, "question", written) or _first_said(step.value, "text", written)


# The words.


def _unwritten(written: Written) -> Iterator[Values]:
    for what, words in (
        (_("the title of the call"), written.title),
        (_("the introduction"), written.introduction),
    ):
        yield from _missing_in(written, what, words, is_optional=False)
    yield from _missing_in(written, _("the duty to report"), written.duty, is_optional=True)
    for position, item in enumerate(written.support, start=1):
        where = _("support line %(number)s") % {"number": position}
        for name, label in (("name", _("name")), ("detail", _("how to reach them"))):
            yield from _missing(written, item, Line(name, label), where)
    for position, item in enumerate(written.next_steps, start=1):
        where = _("what happens next, line %(number)s") % {"number": position}
        yield from _missing(written, item, Line("sentence", _("sentence")), where)
    for number, step in enumerate(written.steps):
        yield from _unwritten_step(written, number, step)


def _unwritten_step(written: Written, number: int, step: Step) -> Iterator[Values]:
    kind, where = KINDS[step.kind], place_of(written, number)
    for line in kind.lines:
        yield from _missing(written, step.value, line, where)
    for position, item in enumerate(_items(step), start=1):
        inside = _("%(place)s, question %(number)s") % {"place": where, "number": position}
        for line in kind.item_lines:
            yield from _missing(written, item, line, inside)
        if not kind.has_options or not _has_own_answers(step, item):
            continue
        for count, option in enumerate(item.get("options") or (), start=1):
            answer = _("%(place)s, answer %(number)s") % {"place": inside, "number": count}
            yield from _missing(written, option, Line("label", _("the words")), answer)


def _missing(written: Written, value: Values, line: Line, where: str) -> Iterator[Values]:
    words = {code: written_in(value, line.name, code) for code in written.languages}
    what = _("%(place)s: %(line)s") % {"place": where, "line": str(line.label)}
    yield from _missing_in(written, what, words, is_optional=line.is_optional)


def _missing_in(
    written: Written, what: str, words: Mapping[str, str], *, is_optional: bool
) -> Iterator[Values]:
    missing = [code for code in written.languages if not str(words.get(code) or "").strip()]
    if missing and not (is_optional and len(missing) == len(written.languages)):
        yield {"what": what, "languages": ", ".join(language_name(code) for code in missing)}


def _no_support(written: Written) -> Iterator[Values]:
    if not written.support:
        yield {}


def _no_duty(written: Written) -> Iterator[Values]:
    if _asks_free_text(written) and not any(
        str(written.duty.get(code) or "").strip() for code in written.languages
    ):
        yield {}


# What to look at again.


def _one_support(written: Written) -> Iterator[Values]:
    if len(written.support) == 1:
        yield {}


def _no_next_steps(written: Written) -> Iterator[Values]:
    if not written.next_steps:
        yield {}


def _long(written: Written) -> Iterator[Values]:
    minutes = sum(compiling.minutes_of(step) for step in written.steps if KINDS[step.kind].asks)
    if minutes > LONG_IN_MINUTES:
        yield {"minutes": minutes, "most": LONG_IN_MINUTES}


def _crowded(written: Written) -> Iterator[Values]:
    for number in _numbers(written, STORY):
        count = len(_items(written.steps[number]))
        if count > MOST_PROMPTS:
            yield {"place": place_of(written, number), "count": count}


def _nothing_to_describe(written: Written) -> Iterator[Values]:
    wanted = {"broad": False, "years": False}
    for number in _numbers(written, ABOUT):
        for item in _items(written.steps[number]):
            if item.get("permission") in wanted:
                wanted[str(item["permission"])] = True
    if _numbers(written, CONSENT) and not all(wanted.values()):
        yield {}


_PROBLEM, _WARNING = Severity.PROBLEM, Severity.WARNING

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "one_age_check",
        _PROBLEM,
        gettext_lazy("A call has exactly one age check. Here are %(count)s."),
        _not_one(AGE_CHECK),
    ),
    Rule(
        "age_check_first",
        _PROBLEM,
        gettext_lazy("The age check is %(place)s. Move it to the top: nothing comes before it."),
        _age_not_first,
    ),
    Rule(
        "one_consent",
        _PROBLEM,
        gettext_lazy("A call has exactly one step “What you agree to”. Here are %(count)s."),
        _not_one(CONSENT),
    ),
    Rule(
        "consent_before_questions",
        _PROBLEM,
        gettext_lazy(
            "People agree before they answer. Move %(place)s up, so that it stands before "
            "%(before)s."
        ),
        _consent_too_late,
    ),
    Rule(
        "note_before_story",
        _PROBLEM,
        gettext_lazy(
            "Nothing warns people of %(place)s. Put a content note right before it: what it asks, "
            "and that it can be skipped."
        ),
        _story_without_note,
    ),
    Rule(
        "note_before_questions",
        _PROBLEM,
        gettext_lazy(
            "The content note in %(place)s has no page of questions right behind it. Move it "
            "before the page it speaks of, or remove it."
        ),
        _note_before_nothing,
    ),
    Rule(
        "kind_end",
        _PROBLEM,
        gettext_lazy(
            "The last page is %(place)s. Let a step “Hopes and strengths” come last, so that "
            "nobody leaves with a hard page."
        ),
        _hard_end,
    ),
    Rule(
        "pictures_once",
        _PROBLEM,
        gettext_lazy("Pictures are asked for on one page only. Remove %(place)s."),
        _pictures_twice,
    ),
    Rule(
        "asks_something",
        _PROBLEM,
        gettext_lazy("There is no question in %(place)s. Add one, or remove the step."),
        _asks_nothing,
    ),
    Rule(
        "enough_answers",
        _PROBLEM,
        gettext_lazy(
            "There are too few answers to pick in %(place)s. It has %(count)s and needs at least "
            "%(fewest)s."
        ),
        _too_few_answers,
    ),
    Rule(
        "few_answers",
        _PROBLEM,
        gettext_lazy(
            "There are too many answers in %(place)s. It has %(count)s, and at most %(most)s are "
            "allowed: join some of them. Fine steps can tell who somebody is."
        ),
        _too_many_answers,
    ),
    Rule(
        "answers_differ",
        _PROBLEM,
        gettext_lazy(
            "Two answers are the same in %(language)s in %(place)s: “%(label)s”. Change or remove "
            "one."
        ),
        _same_answers,
    ),
    Rule(
        "answers_named",
        _PROBLEM,
        gettext_lazy("Save the text once more: an answer in %(place)s has no name in the data."),
        _same_codes,
    ),
    Rule(
        "questions_named",
        _PROBLEM,
        gettext_lazy("Save the text once more: something in %(place)s has no name in the data."),
        _same_keys,
    ),
    Rule(
        "type_kept",
        _PROBLEM,
        gettext_lazy(
            "“%(question)s” (%(place)s) asked for %(before)s in version %(version)s and now asks "
            "for %(now)s. Answers of both can't be put together: remove it, and add a new question."
        ),
        _type_changed,
    ),
    Rule(
        "languages_complete",
        _PROBLEM,
        gettext_lazy("Not written in %(languages)s yet: %(what)s."),
        _unwritten,
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
        "duty_told",
        _PROBLEM,
        gettext_lazy(
            "People write in their own words here, so they must be told first when you would have "
            "to report something. Write the duty to report."
        ),
        _no_duty,
    ),
    Rule(
        "more_support",
        _WARNING,
        gettext_lazy("There is only one line of support. Is somebody there day and night?"),
        _one_support,
    ),
    Rule(
        "what_happens_next",
        _WARNING,
        gettext_lazy("Nothing says what happens next. People gave you something: tell them."),
        _no_next_steps,
    ),
    Rule(
        "short_enough",
        _WARNING,
        gettext_lazy(
            "All pages together take about %(minutes)s minutes. More than %(most)s is a lot on a "
            "phone."
        ),
        _long,
    ),
    Rule(
        "one_topic",
        _WARNING,
        gettext_lazy(
            "There are %(count)s things to write about in %(place)s. One topic a page is easier."
        ),
        _crowded,
    ),
    Rule(
        "description_asked",
        _WARNING,
        gettext_lazy(
            "People can agree to be described by where and how long they work, but no question "
            "“About you” asks for both."
        ),
        _nothing_to_describe,
    ),
)
