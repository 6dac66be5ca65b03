"""Every way through a definition, walked page by page through its own forms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from testimony.wizard import definition as definitions
from testimony.wizard import forms as pages
from testimony.wizard import routing
from testimony.wizard.definition import (
    AGE_ADULT,
    CONSENT_TYPES,
    DECLINED,
    Definition,
    Question,
    Section,
    answers_named,
)
from testimony.wizard.routing import Circumstances
from testimony.wizard.storage import as_posted
from tests.factories import document

CHANNELS = ("web", "assisted")
MOST_PATHS = 20_000


def _text(words: str) -> dict[str, str]:
    return {"en": words, "fr": f"{words} (fr)"}


def _question(key: str, kind: str, codes: str = "", **more: Any) -> dict[str, Any]:
    options = [
        {"code": code.rstrip("!"), "label": _text(code), "exclusive": code.endswith("!")}
        for code in codes.split()
    ]
    return {"key": key, "type": kind, "label": _text(key), "options": options, **more}


def _section(key: str, *questions: dict[str, Any], condition: Any = None) -> dict[str, Any]:
    return {
        "key": key,
        "title": _text(key),
        "condition": condition,
        "questions": list(questions),
    }


CONSENT = _section("consent", _question("count", "consent", "no yes", permission="count"))
END = _section("end", _question("else", "long_text", prefer_not=True))


def _definition(key: str, *sections: dict[str, Any]) -> Definition:
    return definitions.parse(
        {
            "format": 1,
            "kind": "survey",
            "key": key,
            "version": "1.0",
            "languages": ["en", "fr"],
            "title": _text(key),
            "introduction": _text(key),
            "sections": [CONSENT, *sections, END],
        }
    )


def _is(key: str, code: Any) -> dict[str, Any]:
    return {"==": [{"answer": key}, code]}


NESTED = _definition(
    "nested",
    _section(
        "one",
        _question("a", "yes_no", "yes no prefer_not"),
        _question("n", "number", prefer_not=True),
    ),
    _section(
        "two", _question("b", "single_choice", "x y z"), condition={"not": [_is("a", "prefer_not")]}
    ),
    _section(
        "three",
        _question(
            "c", "yes_no", "yes no prefer_not", condition={"or": [_is("b", "x"), _is("b", "y")]}
        ),
        _question("d", "month", minimum=2000, maximum=2020, prefer_not=True),
        condition={"and": [_is("a", "yes"), {"!=": [{"answer": "b"}, "z"]}]},
    ),
    _section(
        "four",
        _question("e", "ranking", "p q r", prefer_not=True),
        condition={"or": [{"and": [_is("c", "yes"), _is("b", "x")]}, _is("a", "no")]},
    ),
)
SEVERAL = _definition(
    "several",
    _section("one", _question("m", "multiple_choice", "p q r none! prefer_not!")),
    _section(
        "two",
        _question("x", "yes_no", "yes no"),
        condition={"any-in": [{"answer": "m"}, ["p", "q"]]},
    ),
    _section(
        "three",
        _question("y", "yes_no", "yes no"),
        condition={"all-in": [{"answer": "m"}, ["p", "r"]]},
    ),
    _section(
        "four",
        _question("z", "yes_no", "yes no", condition={">=": [{"count": {"answer": "m"}}, 2]}),
        _question("w", "yes_no", "yes no", condition=_is("x", "yes")),
    ),
)
CIRCUMSTANCES = _definition(
    "circumstances",
    _section("one", _question("a", "yes_no", "yes no prefer_not")),
    _section(
        "french",
        _question("f", "yes_no", "yes no", required=True),
        condition={"==": [{"language": []}, "fr"]},
    ),
    _section(
        "helped",
        _question("h", "single_choice", "well badly"),
        condition={"and": [{"==": [{"channel": []}, "assisted"]}, _is("a", "yes")]},
    ),
    _section(
        "both",
        _question("g", "yes_no", "yes no"),
        condition={"or": [_is("f", "no"), _is("h", "badly")]},
    ),
)
DEFINITIONS = [
    definitions.parse(document("survey")),
    definitions.parse(document("call")),
    NESTED,
    SEVERAL,
    CIRCUMSTANCES,
]


def _looked_at(definition: Definition) -> set[str]:
    rules = [section.condition for section in definition.sections]
    rules += [question.condition for question in definition.questions()]
    return set().union(*map(answers_named, rules))


def _sets_of(question: Question) -> Iterator[list[str]]:
    """Every set of ticks a person may post: those beside others, and each exclusive one alone."""
    beside = [option.code for option in question.options if not option.exclusive]
    for bits in range(1, 2 ** len(beside)):
        yield [code for place, code in enumerate(beside) if bits >> place & 1]
    yield from ([option.code] for option in question.options if option.exclusive)


def _choices(question: Question, looked_at: set[str]) -> list[Any]:
    """The answers to branch over; None is no answer at all."""
    if question.type == "age_check":
        return [AGE_ADULT]
    if question.type in CONSENT_TYPES and question.key not in looked_at:
        return [question.codes[0]]
    blank = [] if question.required or question.type in CONSENT_TYPES else [None]
    declined = [dict(DECLINED)] if question.prefer_not else []
    given: list[Any]
    if question.is_multiple:
        given = list(_sets_of(question))
    elif question.is_ranking:
        given = [list(question.codes[: question.places])]
    elif question.options:
        given = list(question.codes)
    elif question.is_month:
        given = [f"{question.minimum}-01"]
    elif question.type == "number":
        given = [question.minimum or 1]
    else:
        given = ["words"] if question.is_free_text else []
    if question.key in looked_at:
        return [*blank, *given, *declined]
    return [*declined, *given, *blank][:1] or [None]


def _posts(questions: list[Question], looked_at: set[str]) -> Iterator[dict[str, Any]]:
    if not questions:
        yield {}
        return
    first, *rest = questions
    for later in _posts(rest, looked_at):
        for answer in _choices(first, looked_at):
            yield later if answer is None else {first.key: answer} | later


def _walks(
    definition: Definition, about: Circumstances, answers: dict[str, Any], walked: tuple[str, ...]
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Each whole walk, as the answers kept and the pages met."""
    path = routing.path(definition, answers, about)
    assert path == routing.path(definition, dict(reversed(answers.items())), about)
    section = next((item for item in path if item.key not in walked), None)
    if section is None:
        yield answers, walked
        return
    asked = [
        question
        for question in section.questions
        if question.is_asked and routing.asked(question, answers, about)
    ]
    for given in _posts(asked, _looked_at(definition)):
        accepted = _accepted(definition, section, given, answers, about)
        yield from _walks(definition, about, answers | accepted, (*walked, section.key))


def _accepted(
    definition: Definition,
    section: Section,
    given: dict[str, Any],
    answers: dict[str, Any],
    about: Circumstances,
) -> dict[str, Any]:
    form = pages.section_form(definition, section, about.language)(
        data=as_posted(given), prefix=pages.PREFIX, answers=answers, about=about
    )
    assert form.is_valid(), (section.key, given, form.errors)
    assert form.cleaned_answers() == given
    return form.cleaned_answers()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.key)
def test_every_way_ends_and_asks_for_consent(definition: Definition, channel: str) -> None:
    consents = {question.key for question in definition.questions() if question.type == "consent"}
    last = definition.sections[-1].key
    for language in definition.languages[:2]:
        about = Circumstances(language=language, channel=channel)
        number = 0
        for number, (answers, walked) in enumerate(_walks(definition, about, {}, ()), start=1):
            assert number <= MOST_PATHS
            assert walked == tuple(one.key for one in routing.path(definition, answers, about))
            assert walked[-1] == last
            assert consents <= answers.keys()
            kept = routing.on_path(definition, answers, about)
            assert kept == answers
            assert routing.on_path(definition, kept, about) == kept
        assert number


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.key)
def test_what_lies_off_the_path_is_never_kept(definition: Definition) -> None:
    """Each answer is changed to each other, as by going back: what it closed falls away."""
    about = Circumstances(language="en")
    looked_at = _looked_at(definition)
    for answers, _walked in _walks(definition, about, {}, ()):
        for key in looked_at & answers.keys():
            for other in _choices(definition.by_key[key], looked_at):
                changed = {name: value for name, value in answers.items() if name != key}
                changed |= {} if other is None else {key: other}
                kept = routing.on_path(definition, changed, about)
                assert routing.on_path(definition, kept, about) == kept
                standing = {
                    question.key
                    for section in routing.path(definition, kept, about)
                    for question in section.questions
                    if routing.asked(question, kept, about)
                }
                assert kept.keys() <= standing
                assert all(changed[name] == value for name, value in kept.items())


def test_the_walks_branch_where_a_condition_looks() -> None:
    ways = {walked for _a, walked in _walks(SEVERAL, Circumstances(), {}, ())}
    assert ("consent", "one", "end") in ways
    assert ("consent", "one", "two", "three", "four", "end") in ways
    french = Circumstances(language="fr", channel="assisted")
    assert any("helped" in walked for _a, walked in _walks(CIRCUMSTANCES, french, {}, ()))
