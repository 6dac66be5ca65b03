"""What the check says of paths is what happens to people who walk them."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consultation.survey.checks import diagrams, distinctions, linter, rules
from consultation.survey.checks.distinctions import Takes, TooManyAnswers
from consultation.survey.checks.paths import Found
from consultation.survey.checks.written import read
from testimony.wizard import definition as definitions
from testimony.wizard import routing
from testimony.wizard.definition import Definition, Question, answers_named
from testimony.wizard.routing import Circumstances, holds

LANGUAGES = ("en", "fr")
CHANNELS = ("web", "assisted")


def text(words: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, words)


def question(key: str, kind: str, codes: str = "", **more: Any) -> dict[str, Any]:
    options = [
        {"code": code.rstrip("!"), "label": text(code), "exclusive": code.endswith("!")}
        for code in codes.split()
    ]
    return {"key": key, "type": kind, "label": text(key), "options": options, **more}


def page(key: str, *questions: dict[str, Any], condition: Any = None) -> dict[str, Any]:
    return {
        "key": key,
        "title": text(key),
        "condition": condition,
        "questions": list(questions),
    }


def survey(*pages: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": 1,
        "kind": "survey",
        "key": "small",
        "version": "1.0",
        "languages": list(LANGUAGES),
        "title": text("small"),
        "introduction": text("small"),
        "sections": list(pages),
    }


def answer(key: str) -> dict[str, Any]:
    return {"answer": key}


# Questions with few answers, and the words and numbers that conditions compare them with.

KINDS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "single_choice": ({"codes": "x y z"}, ["x", "y", "z", "moon", ["x", "y"], ["z"]]),
    "yes_no": ({"codes": "yes no"}, ["yes", "no", ["yes", "no"]]),
    "multiple_choice": (
        {"codes": "x y z none!"},
        ["x", "y", "none", ["x"], ["x", "y"], ["y", "z"], ["none"], 0, 1, 2, 3],
    ),
    "number": ({"minimum": 1, "maximum": 4}, [0, 1, 2, 2.5, 3, 4, 5, [1, 4], "2"]),
    "month": (
        {"minimum": 2000, "maximum": 2001},
        ["2000", "2000-01", "2000-05", "2001-12", "1999", "2002", ["2000-12", "2001"], 2000],
    ),
    "ranking": ({"codes": "x y z", "picks": 2}, ["x", "y", ["x", "y"], ["y", "x"], ["z"], 1, 2]),
    "short_text": ({}, ["x", "yes", ["x"], 1]),
}
COMPARISONS = ["==", "!=", "in", "any-in", "all-in", "<", "<=", ">", ">="]


def every_answer(question: Question, constants: list[Any]) -> list[Any]:
    """Every answer to a question, by going through them all; None is no answer."""
    must = question.type == "consent" or (question.required and not question.prefer_not)
    given: list[Any]
    if question.is_multiple:
        beside = [option.code for option in question.options if not option.exclusive]
        alone = [[option.code] for option in question.options if option.exclusive]
        sizes = range(1, len(beside) + 1)
        given = [list(some) for size in sizes for some in itertools.combinations(beside, size)]
        given += alone
    elif question.is_ranking:
        sizes = range(1, question.places + 1)
        given = [
            list(some) for size in sizes for some in itertools.permutations(question.codes, size)
        ]
    elif question.is_month:
        years = range(question.minimum or 0, (question.maximum or 0) + 1)
        months = ["", *(f"-{month:02}" for month in range(1, 13))]
        given = [f"{year}{month}" for year in years for month in months]
    elif question.type == "number":
        given = list(range(question.minimum or 0, (question.maximum or 0) + 1))
    elif question.is_free_text:
        given = [*(one for one in constants if isinstance(one, str)), "something else"]
    else:
        given = list(question.codes)
    return given if must else [None, *given]


@st.composite
def _conditions(draw: st.DrawFn, earlier: list[dict[str, Any]], levels: int = 2) -> Any:
    if levels and draw(st.integers(0, 2)):
        name = draw(st.sampled_from(["and", "or", "not"]))
        count = 1 if name == "not" else draw(st.integers(1, 3))
        return {name: [draw(_conditions(earlier, levels - 1)) for _ in range(count)]}
    about: list[tuple[Any, list[Any]]] = [
        (answer(one["key"]), KINDS[one["type"]][1]) for one in earlier
    ]
    about += [
        ({"count": answer(one["key"])}, [0, 1, 2, 3, [1, 2]])
        for one in earlier
        if one["type"] in ("multiple_choice", "ranking")
    ]
    if draw(st.integers(0, 9)) == 0:
        about = [({"language": []}, ["en", "fr"]), ({"channel": []}, ["web", "assisted"])]
    operand, constants = draw(st.sampled_from(about))
    other = draw(st.sampled_from(constants))
    if draw(st.integers(0, 7)) == 0:
        other, _constants = draw(st.sampled_from(about))
    operands = [operand, other] if draw(st.integers(0, 2)) else [other, operand]
    return {draw(st.sampled_from(COMPARISONS)): operands}


@st.composite
def _surveys(draw: st.DrawFn) -> dict[str, Any]:
    earlier: list[dict[str, Any]] = []
    pages = []
    for number in range(draw(st.integers(2, 4))):
        asked = []
        for place in range(draw(st.integers(1, 2))):
            kind = draw(st.sampled_from(list(KINDS)))
            shape = dict(KINDS[kind][0])
            condition = draw(_conditions(earlier)) if earlier and draw(st.booleans()) else None
            asked.append(
                question(
                    f"q{number}{place}",
                    kind,
                    shape.pop("codes", ""),
                    required=draw(st.booleans()),
                    condition=condition,
                    **shape,
                )
            )
        condition = draw(_conditions(earlier)) if earlier and draw(st.booleans()) else None
        pages.append(page(f"p{number}", *asked, condition=condition))
        earlier += asked
    return survey(*pages)


class TooManyWays(Exception):
    pass


MOST_WAYS = 30_000


def walked(definition: Definition) -> tuple[set[str], set[str]]:
    """The pages and questions that somebody meets, and the questions that somebody does not."""
    met: set[str] = set()
    missed: set[str] = set()
    looked_at = set[str]()
    for section in definition.sections:
        looked_at |= answers_named(section.condition)
        for one in section.questions:
            looked_at |= answers_named(one.condition)
    ways = 0
    for language, channel in itertools.product(LANGUAGES, CHANNELS):
        about = Circumstances(language, channel)
        for answers, path in _ways(definition, about, looked_at):
            ways += 1
            if ways > MOST_WAYS:
                raise TooManyWays
            met |= {section.key for section in path}
            here = {
                one.key
                for section in path
                for one in section.questions
                if routing.asked(one, answers, about)
            }
            met |= here
            missed |= definition.by_key.keys() - here
    return met, missed


def _ways(
    definition: Definition, about: Circumstances, looked_at: set[str]
) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    waiting: list[tuple[dict[str, Any], tuple[str, ...]]] = [({}, ())]
    while waiting:
        answers, done = waiting.pop()
        path = routing.path(definition, answers, about)
        section = next((one for one in path if one.key not in done), None)
        if section is None:
            yield answers, path
            continue
        asked = [
            one
            for one in section.questions
            if one.key in looked_at and routing.asked(one, answers, about)
        ]
        each = [every_answer(one, KINDS[one.type][1]) for one in asked]
        for chosen in itertools.product(*each):
            new = {one.key: value for one, value in zip(asked, chosen, strict=True)}
            more = {key: value for key, value in new.items() if value is not None}
            waiting.append((answers | more, (*done, section.key)))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(_surveys())
def test_a_small_survey_is_judged_as_people_would_walk_it(document: dict[str, Any]) -> None:
    definition = definitions.parse(document)
    try:
        met, missed = walked(definition)
    except TooManyWays:
        return
    written = read(document, {})
    for section in written.sections:
        asks = [written.reach_of(one) for one in written.by_section[section.number]]
        for place, found in zip(written.by_section[section.number], asks, strict=True):
            assert found is not None
            if found.comes is not Found.UNTRIED:
                assert (found.comes is Found.SOMEBODY) == (place.key in met), place.key
            if found.goes_by is not Found.UNTRIED:
                assert (found.goes_by is Found.SOMEBODY) == (place.key in missed), place.key
        if all(one and one.comes is not Found.UNTRIED for one in asks):
            somebody = any(one and one.comes is Found.SOMEBODY for one in asks)
            assert somebody == (section.key in met)


# One contradiction of each kind, over whole paths.


def comes(document: dict[str, Any], key: str) -> Found:
    """Whether somebody comes to a page or to a question that has a condition."""
    return {place.key: reach.comes for place, reach in read(document, {}).reached}[key]


def compares(name: str, key: str, value: Any) -> dict[str, Any]:
    return {name: [answer(key), value]}


def counts(name: str, key: str, value: int) -> dict[str, Any]:
    return {name: [{"count": answer(key)}, value]}


MANY = " ".join(f"c{number}" for number in range(60))
ASKED = {
    "number": question("first", "number"),
    "month": question("first", "month", minimum=1990, maximum=2020),
    "ranking": question("first", "ranking", "p q r s t u v", picks=2),
    "ticks": question("first", "multiple_choice", f"{MANY} none!"),
    "required": question("first", "single_choice", "x y", required=True),
    "language": question("first", "yes_no", "yes no"),
}
TWICE: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # What leads to the second page; then a test that can't hold with it, and one that can.
    "numbers": (
        "number", compares(">", "first", 5), compares("<", "first", 6), compares("<", "first", 7)
    ),
    "months": (
        "month",
        compares(">=", "first", "2001-05"),
        compares("<", "first", "2001"),
        compares("<", "first", "2002"),
    ),
    "places of a ranking": (
        "ranking",
        {"all-in": [["p", "q"], answer("first")]},
        {"in": ["r", answer("first")]},
        {"any-in": [answer("first"), ["r", "q"]]},
    ),
    "an answer that stands alone": (
        "ticks",
        {"in": ["none", answer("first")]},
        {"any-in": [answer("first"), MANY.split()]},
        counts("==", "first", 1),
    ),
    "how many are ticked": (
        "ticks",
        {"all-in": [MANY.split()[:20], answer("first")]},
        counts("<", "first", 20),
        counts("<", "first", 21),
    ),
    "half of all ticks": (
        "ticks", counts(">", "first", 29), counts("<", "first", 30), counts("<", "first", 31)
    ),
    "an answer that must be given": (
        "required",
        {"not": [compares("==", "first", "x")]},
        {"not": [compares("==", "first", "y")]},
        compares("==", "first", "y"),
    ),
    "the language": (
        "language",
        {"==": [{"language": []}, "fr"]},
        {"!=": [{"language": []}, "fr"]},
        {"==": [{"channel": []}, "assisted"]},
    ),
}  # fmt: skip


def asked_twice(kind: str, before: Any, after: Any) -> dict[str, Any]:
    """The last page asks whoever said yes on the second, which asks whoever fits ``before``."""
    led = compares("==", "second", "yes")
    return survey(
        page("one", ASKED[kind]),
        page("two", question("second", "yes_no", "yes no"), condition=before),
        page("three", question("third", "yes_no", "yes no"), condition={"and": [led, after]}),
    )


@pytest.mark.parametrize("name", TWICE)
def test_conditions_that_contradict_each_other_over_pages_are_found(name: str) -> None:
    kind, before, contrary, fitting = TWICE[name]
    assert comes(asked_twice(kind, before, contrary), "three") is Found.NOBODY
    assert comes(asked_twice(kind, before, fitting), "three") is Found.SOMEBODY


def test_an_answer_is_there_only_where_it_was_asked_for() -> None:
    last = {"and": [compares("==", "c", "no"), compares("==", "a", "no")]}
    document = survey(
        page("one", question("a", "yes_no", "yes no")),
        page("two", question("b", "yes_no", "yes no"), condition=compares("==", "a", "yes")),
        page("three", question("c", "yes_no", "yes no"), condition=compares("!=", "b", "no")),
        page("four", question("d", "yes_no", "yes no"), condition=last),
    )
    assert comes(document, "four") is Found.NOBODY


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        ("number", {"<": [answer("a"), answer("b")]}),
        ("short_text", {">": [answer("a"), "m"]}),
    ],
)
def test_what_can_not_be_tried_is_said_to_be_untried(asked: str, condition: Any) -> None:
    first = page("one", question("a", asked), question("b", asked))
    document = survey(first, page("two", question("c", "number"), condition=condition))
    assert comes(document, "two") is Found.UNTRIED


def chain(length: int) -> dict[str, Any]:
    """Pages that each ask only whoever said yes on the one before; the last asks for a no, too."""
    pages = [page("p0", question("q0", "yes_no", "yes no"))]
    for number in range(1, length):
        led = compares("==", f"q{number - 1}", "yes")
        pages.append(page(f"p{number}", question(f"q{number}", "yes_no", "yes no"), condition=led))
    last = {"and": [compares("==", f"q{length - 1}", "yes"), compares("==", "q0", "no")]}
    return survey(*pages, page("last", question("end", "yes_no", "yes no"), condition=last))


def test_a_contradiction_over_two_hundred_pages_is_found() -> None:
    document = chain(200)
    assert comes(document, "p199") is Found.SOMEBODY
    assert comes(document, "last") is Found.NOBODY


def test_a_path_too_long_to_be_tried_is_said_to_be_untried() -> None:
    assert comes(chain(500), "p499") is Found.UNTRIED


def branching(sections: int, each: int) -> dict[str, Any]:
    """A long questionnaire in which nearly every question hangs on two earlier ones."""
    shapes = [("single_choice", "x y z"), ("multiple_choice", "x y z none!"), ("number", "")]
    pages: list[dict[str, Any]] = []
    for number in range(sections):
        asked = []
        for place in range(each):
            kind, codes = shapes[(number + place) % 3]
            two, one = (f"q{(number - back) * each + place}" for back in (1, 2))
            rule = {
                "single_choice": {"or": [{"in": ["x", answer(one)]}, compares(">", two, place)]},
                "multiple_choice": {"and": [compares(">", one, 3), compares("==", two, "x")]},
                "number": {"not": [{"or": [compares("==", one, "z"), counts(">", two, 2)]}]},
            }[kind]
            condition = rule if number > 1 else None
            asked.append(question(f"q{number * each + place}", kind, codes, condition=condition))
        pages.append(page(f"p{number}", *asked))
    return survey(*pages)


def test_two_hundred_questions_are_checked_in_less_than_a_second() -> None:
    document = branching(20, 10)
    began = time.process_time()
    found = [*rules.findings(document), *linter.findings(document)]
    assert time.process_time() - began < 1
    assert "paths_tried" not in {one.rule for one in found}
    assert len(read(document, {}).reached) == 180


def test_conditions_that_are_far_too_tangled_are_given_up_in_time() -> None:
    choose = random.Random(5)
    keys = [f"v{number}" for number in range(60)]

    def tangle() -> dict[str, Any]:
        some = [choose.sample(keys, 3) for _clause in range(250)]
        return {
            "and": [
                {"or": [compares("==", key, choose.choice(["yes", "no"])) for key in clause]}
                for clause in some
            ]
        }

    first = page("one", *(question(key, "yes_no", "yes no", required=True) for key in keys))
    others = [
        page(f"p{number}", question(f"q{number}", "yes_no", "yes no"), condition=tangle())
        for number in range(5)
    ]
    began = time.process_time()
    reached = read(survey(first, *others), {}).reached
    assert time.process_time() - began < 5
    assert {reach.comes for _place, reach in reached} == {Found.UNTRIED}


# The parts.


def _takes(one: Question) -> Takes:
    return Takes(
        key=one.key,
        type=one.type,
        codes=one.codes,
        exclusive=frozenset(option.code for option in one.options if option.exclusive),
        is_required=one.required,
        minimum=one.minimum,
        maximum=one.maximum,
        picks=one.picks,
    )


@st.composite
def _question_and_tests(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any]]:
    kind = draw(st.sampled_from(list(KINDS)))
    shape = dict(KINDS[kind][0])
    asked = question("q", kind, shape.pop("codes", ""), required=draw(st.booleans()), **shape)
    tests = []
    for _test in range(draw(st.integers(1, 4))):
        operand: Any = answer("q")
        if kind in ("multiple_choice", "ranking") and draw(st.booleans()):
            operand = {"count": operand}
        operands = [operand, draw(st.sampled_from(KINDS[kind][1]))]
        name = draw(st.sampled_from(COMPARISONS))
        tests.append({name: operands if draw(st.booleans()) else operands[::-1]})
    return asked, tests


@settings(max_examples=200, deadline=None)
@given(_question_and_tests())
def test_the_answers_tried_stand_for_all_answers(drawn: tuple[dict[str, Any], list[Any]]) -> None:
    asked, tests = drawn
    (one,) = definitions.parse(survey(page("one", asked))).questions()

    def outcomes(answers: Iterator[Any]) -> set[tuple[bool, ...]]:
        return {
            tuple(
                holds(test, {} if value is None else {"q": value}, Circumstances())
                for test in tests
            )
            for value in answers
        }

    every = outcomes(iter(every_answer(one, KINDS[one.type][1])))
    try:
        assert outcomes(distinctions.answers(_takes(one), tests)) == every
    except TooManyAnswers:
        assert one.is_free_text


FORMULAS = st.recursive(
    st.integers(0, 4),
    lambda parts: (
        st.tuples(st.just("not"), parts) | st.tuples(st.sampled_from(["and", "or"]), parts, parts)
    ),
    max_leaves=12,
)


def _diagram(made: diagrams.Diagrams, part: Any) -> int:
    if isinstance(part, int):
        return made.holds(part)
    name, *parts = part
    found = [_diagram(made, one) for one in parts]
    return {"not": made.opposite, "and": made.both, "or": made.either}[name](*found)


def _truth(part: Any, outcome: tuple[bool, ...]) -> bool:
    if isinstance(part, int):
        return outcome[part]
    name, *parts = part
    found = [_truth(one, outcome) for one in parts]
    return {"not": not found[0], "and": all(found), "or": any(found)}[name]


@given(FORMULAS)
def test_a_diagram_holds_where_its_tests_do(formula: Any) -> None:
    made = diagrams.Diagrams(10_000)
    whole = _diagram(made, formula)
    truths = set()
    for outcome in itertools.product([False, True], repeat=5):
        at = whole
        while at not in (diagrams.NEVER, diagrams.ALWAYS):
            node = made.node(at)
            at = node.yes if outcome[node.test] else node.no
        assert (at == diagrams.ALWAYS) == _truth(formula, outcome)
        truths.add(_truth(formula, outcome))
    # Each truth is kept once: what always says the same is no diagram at all.
    assert (len(truths) == 1) == (whole in (diagrams.NEVER, diagrams.ALWAYS))


def test_a_diagram_that_is_too_much_work_is_given_up() -> None:
    made = diagrams.Diagrams(3)
    with pytest.raises(diagrams.TooMuchWork):
        made.either(made.holds(1), made.both(made.holds(2), made.holds(3)))
