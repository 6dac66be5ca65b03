"""Each rule is told when it is broken, where it is broken, and not when it is kept."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultation.survey.checks import cues
from consultation.survey.checks.rules import RULES, Asked, findings
from testimony.wizard import definition as definitions
from testimony.wizard.checking import Severity
from tests.consultation.survey.small import (
    AGE,
    AUDIENCE,
    CONSENT,
    COUNT,
    DESCRIBE,
    SUPPORT,
    WORDS,
    Document,
    asking,
    both,
    equals,
    page,
    question,
    row,
    survey,
    text,
    whole,
)

SURVEY = json.loads(Path("cms/demo/survey.json").read_text())
FIRST, SECOND = page("one", question("a")), page("two", question("b"))
SETTING = question(
    "setting", "single_choice", "indoors outdoors prefer_not",
    permission="broad", sensitivity="attribute",
)  # fmt: skip
DESCRIBED = page("consent", COUNT, WORDS, AUDIENCE, DESCRIBE)


def but(thing: Document, **changes: Any) -> Document:
    return {**copy.deepcopy(thing), **changes}


def options(*codes: str, **label: str) -> list[Document]:
    return [{"code": code, "label": label or text(code), "exclusive": False} for code in codes]


def pages_with(condition: Any, *, on: str = "page") -> Document:
    """Two pages, of which the second, or its question, has a condition."""
    if on == "page":
        return survey(FIRST, but(SECOND, condition=condition))
    return survey(FIRST, page("two", question("b", condition=condition)))


CODES = " ".join(f"c{number}" for number in range(30))


def tangled(name: str) -> Document:
    """A condition on thirty ticks at once, and on how many there are."""
    ticked = [{"in": [code, {"answer": "m"}]} for code in CODES.split()]
    count = {name: [{"count": {"answer": "m"}}, len(ticked)]}
    end = page("two", question("b"), condition=both(*ticked, count))
    return survey(page("one", question("m", "multiple_choice", CODES)), end)


@dataclass(frozen=True)
class Row:
    """A questionnaire that breaks a rule, where, and one like it that does not.

    ``also`` names the rules that are broken with it, as the same fault breaks them, too.
    """

    broken: Document
    kept: Document
    section: str = ""
    question: str = ""
    also: frozenset[str] = field(default_factory=frozenset)


def told(*names: str) -> frozenset[str]:
    return frozenset(names)


ROWS: dict[str, Row] = {
    # Keys and answers.
    "section_keys": Row(survey(FIRST, but(SECOND, key="one")), survey(FIRST, SECOND), "one"),
    "question_keys": Row(
        asking(question("a"), question("a")), asking(question("a"), question("b")), "one", "a"
    ),
    "enough_options": Row(
        asking(question("a", "single_choice", "x")),
        asking(question("a", "single_choice", "x y")),
        "one", "a",
    ),
    "few_options": Row(
        asking(question("a", "area", " ".join(f"c{n}" for n in range(10_000)))),
        asking(question("a", "area", "north south")),
        "one", "a",
    ),
    "many_options": Row(
        asking(question("a", "area", " ".join(f"c{n}" for n in range(13)))),
        asking(question("a", "area", " ".join(f"c{n}" for n in range(12)))),
        "one", "a",
    ),
    "codes_differ": Row(
        asking(question("a", options=[*options("x"), *options("x", en="Other", fr="Autre")])),
        asking(question("a", options=[*options("x"), *options("y", en="Other", fr="Autre")])),
        "one", "a",
    ),
    "labels_differ": Row(
        asking(question("a", options=options("x", "y", en="Same", fr="Pareil"))),
        asking(question("a", options=options("x", "y"))),
        "one", "a",
    ),
    "exclusive_last": Row(
        asking(question("a", "multiple_choice", "none! x y")),
        asking(question("a", "multiple_choice", "x y none!")),
        "one", "a",
    ),
    "way_out": Row(
        asking(question("a", "single_choice", "x y", required=True)),
        asking(question("a", "single_choice", "x y prefer_not", required=True)),
        "one", "a",
    ),
    "headline_closed": Row(
        asking(question("a", "number", headline=True)), asking(question("a", headline=True)),
        "one", "a",
    ),
    # Bounds.
    "bounds_in_order": Row(
        asking(question("a", "number", minimum=7, maximum=5)),
        asking(question("a", "number", minimum=5, maximum=5)),
        "one", "a",
    ),
    "years_plausible": Row(
        asking(question("a", "month", minimum=20, maximum=2020)),
        asking(question("a", "month", minimum=2015, maximum=2020)),
        "one", "a",
    ),
    "room_to_write": Row(
        asking(question("a", "long_text", max_length=0)),
        asking(question("a", "long_text", max_length=1)),
        "one", "a",
    ),
    # Grids and rankings.
    "grid_rows": Row(
        asking(row("g", "a")), asking(row("g", "a"), row("g", "b")), "one", "g"
    ),
    "grid_alike": Row(
        asking(row("g", "a"), row("g", "b", "yes no")),
        asking(row("g", "a"), row("g", "b")),
        "one", "b",
    ),
    "grid_together": Row(
        asking(row("g", "a"), question("x"), row("g", "b")),
        asking(row("g", "a"), row("g", "b"), question("x")),
        "one", "g",
    ),
    "places_fit": Row(
        asking(question("a", "ranking", "x y z", picks=4)),
        asking(question("a", "ranking", "x y z", picks=3)),
        "one", "a",
    ),
    "way_out_not_ranked": Row(
        asking(question("a", "ranking", "x y prefer_not")),
        asking(question("a", "ranking", "x y", prefer_not=True)),
        "one", "a",
    ),
    # Permission, and what may tell who somebody is.
    "permission_fits": Row(
        asking(question("a", permission="words")), asking(question("a")), "one", "a"
    ),
    "consent_once": Row(
        whole(AGE, page("consent", COUNT, but(COUNT, key="again")), FIRST),
        whole(AGE, page("consent", COUNT), FIRST),
        "consent", "again",
    ),
    "consent_least_first": Row(
        whole(AGE, page("consent", but(COUNT, options=options("yes", "no"))), FIRST),
        whole(AGE, page("consent", but(COUNT, options=options("no", "yes"))), FIRST),
        "consent", "count",
    ),
    "describing_is_attribute": Row(
        whole(AGE, DESCRIBED, page("one", but(SETTING, sensitivity="opinion"))),
        whole(AGE, DESCRIBED, page("one", SETTING)),
        "one", "setting",
    ),
    "describing_agreed": Row(
        asking(SETTING), whole(AGE, DESCRIBED, page("one", SETTING)), "one", "setting"
    ),
    "attribute_not_written": Row(
        asking(question("a", "short_text", sensitivity="attribute")),
        asking(question("a", "short_text")),
        "one", "a",
    ),
    "asks_who": Row(
        asking(question("a", "short_text", label=text("What is your name?"))),
        asking(question("a", "short_text", label=text("What would help?"))),
        "one", "a",
    ),
    # Putting answers together.
    "merge_known": Row(
        asking(question("a", "scale", merge=[["1", "2"], ["4", "9"]])),
        asking(question("a", "scale", merge=[["1", "2"], ["4", "5"]])),
        "one", "a",
    ),
    "merge_pairs": Row(
        asking(question("a", "single_choice", "x y z", merge=[["x", "x"]])),
        asking(question("a", "single_choice", "x y z", merge=[["x", "z"]])),
        "one", "a",
    ),
    "merge_neighbours": Row(
        asking(question("a", "scale", merge=[["1", "3"]])),
        asking(question("a", "scale", merge=[["3", "2"]])),
        "one", "a",
    ),
    # Conditions.
    "page_asks": Row(survey(FIRST, page("two")), survey(FIRST, SECOND), "two"),
    "condition_readable": Row(
        pages_with({"and": [equals("a"), {"maybe": []}]}), pages_with(both(equals("a"))), "two"
    ),
    "condition_known": Row(pages_with(equals("nobody")), pages_with(equals("a")), "two"),
    "condition_not_itself": Row(
        pages_with(equals("b"), on="question"), pages_with(equals("a"), on="question"), "two", "b"
    ),
    "condition_not_same_page": Row(
        asking(question("a"), question("b", condition=equals("a"))),
        pages_with(equals("a"), on="question"),
        "one", "b",
    ),
    "condition_not_later": Row(
        survey(but(FIRST, condition=equals("b")), SECOND),
        survey(FIRST, but(SECOND, condition=equals("a"))),
        "one",
    ),
    "condition_answers_known": Row(
        pages_with({"in": [{"answer": "a"}, ["no", "maybe"]]}),
        pages_with({"in": [{"answer": "a"}, ["no", "prefer_not"]]}),
        "two",
    ),
    "reachable": Row(
        pages_with(both(equals("a"), equals("a", "no"))),
        pages_with({"or": [equals("a"), equals("a", "no")]}),
        "two",
    ),
    "reachable_on_path": Row(
        survey(
            FIRST,
            but(SECOND, condition=equals("a", "no")),
            page("three", question("c", condition=both(equals("a"), equals("b")))),
        ),
        survey(
            FIRST,
            but(SECOND, condition=equals("a", "no")),
            page("three", question("c", condition=both(equals("a", "no"), equals("b")))),
        ),
        "three", "c",
    ),
    "paths_tried": Row(tangled("<"), tangled("<="), "two", also=told("many_options")),
    "end_reachable": Row(
        asking(question("a", "number", required=True, minimum=7, maximum=5)),
        asking(question("a", "number", required=True, minimum=5, maximum=7, prefer_not=True)),
        "one", "a", also=told("bounds_in_order", "way_out"),
    ),
    # The first pages.
    "one_age_check": Row(
        whole(AGE, CONSENT, page("one", but(AGE["questions"][0], key="again"))),
        whole(AGE, CONSENT, FIRST),
        "one", "again",
    ),
    "age_check_first": Row(whole(CONSENT, AGE, FIRST), whole(AGE, CONSENT, FIRST), "age", "adult"),
    "age_check_passes": Row(
        whole(page("age", question("adult", "age_check", "yes no", required=True)), CONSENT, FIRST),
        whole(AGE, CONSENT, FIRST),
        "age", "adult", also=told("end_reachable"),
    ),
    "consent_asked": Row(
        whole(AGE, page("consent", COUNT), page("one", question("a", "long_text"))),
        whole(AGE, page("consent", COUNT), page("one", question("a"))),
    ),
    "consent_first": Row(
        whole(AGE, FIRST, CONSENT), whole(AGE, CONSENT, FIRST), "consent", "count"
    ),
    "consent_not_skipped": Row(
        whole(AGE, page("consent", COUNT), page("words", but(WORDS, condition=equals("count"))),
              FIRST),
        whole(AGE, page("consent", COUNT),
              page("words", but(WORDS, condition={"in": [{"answer": "count"}, ["no", "yes"]]})),
              FIRST),
        "words", "words",
    ),
    # What is said.
    "languages_complete": Row(
        asking(question("a", label={"en": "Only English"})),
        asking(question("a", label={"en": "Both", "fr": "Les deux"})),
        "one", "a",
    ),
    "content_note": Row(
        asking(question("a", label=text("Did you call the police?"))),
        survey(page("one", question("a", label=text("Did you call the police?")), note=text("!"))),
        "one",
    ),
    "duty_told": Row(
        asking(question("a"), question("b", "long_text"), duty=None),
        asking(question("a"), duty=None),
        "one", "b",
    ),
    "support_given": Row(asking(question("a"), support=[]), asking(question("a"))),
    "more_support": Row(
        asking(question("a"), support=[SUPPORT]), asking(question("a"), support=[SUPPORT] * 2)
    ),
    "buttons_translated": Row(
        json.loads(json.dumps(asking(question("a"))).replace('"fr"', '"ar"')),
        asking(question("a")),
    ),
    "few_questions": Row(
        asking(*(question(f"q{n}") for n in range(9))),
        asking(*(question(f"q{n}") for n in range(8))),
        "one",
    ),
    "short_enough": Row(
        survey(but(FIRST, minutes=24)), survey(but(FIRST, minutes=23))
    ),
    "what_happens_next": Row(asking(question("a"), next_steps=[]), asking(question("a"))),
}  # fmt: skip


def test_every_rule_has_a_row():
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert set(names) == {*ROWS, "type_kept"}


@pytest.mark.parametrize("name", ROWS)
def test_a_broken_rule_is_told_at_its_place(name):
    found = findings(ROWS[name].broken)
    (first, *_others) = [one for one in found if one.rule == name]
    assert (first.section, first.question) == (ROWS[name].section, ROWS[name].question)
    assert {one.rule for one in found} == {name} | ROWS[name].also


@pytest.mark.parametrize("name", ROWS)
def test_a_rule_that_is_kept_is_not_told(name):
    assert {one.rule for one in findings(ROWS[name].kept)} <= ROWS[name].also - {name}
    definitions.parse(ROWS[name].kept)


@pytest.mark.parametrize("name", ROWS)
def test_a_finding_is_a_sentence_that_names_its_place(name):
    for one in findings(ROWS[name].broken):
        assert one.sentence.endswith((".", "?"))
        assert "%(" not in one.sentence
        assert "“" in one.sentence or not one.section or one.rule == "one_age_check"


def test_a_key_keeps_its_type():
    before = {"setting": Asked("number", "1.0")}
    (found,) = (one for one in findings(SURVEY, asked_before=before) if one.rule == "type_kept")
    assert (found.section, found.question) == ("work", "setting")
    assert "Where do you mostly work?" in found.sentence
    same = {"setting": Asked("single_choice", "1.0")}
    assert "type_kept" not in {one.rule for one in findings(SURVEY, asked_before=same)}


def test_the_example_survey_has_no_problem():
    found = findings(SURVEY)
    assert not [one for one in found if one.severity == Severity.PROBLEM]
    assert {one.rule for one in found} <= {"what_happens_next"}


@pytest.mark.parametrize(
    "change",
    [
        {"duty": {"en": "We may have to tell.", "fr": " "}},
        {"support": [SUPPORT, but(SUPPORT, detail={"en": "Come in."})]},
        {"next_steps": [{"fr": "Nous l’écrivons."}]},
        {"introduction": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_people_read_is_written_in_every_language(change):
    (found,) = (one for one in findings(asking(question("a"), **change)))
    assert found.rule == "languages_complete"


def test_the_words_above_a_grid_are_told_at_the_grid():
    shared = {"key": "g", "label": {"en": "How safe?"}}
    document = asking(*(but(row("g", key), grid=shared) for key in "ab"))
    (found,) = findings(document)
    assert (found.rule, found.section, found.question) == ("languages_complete", "one", "g")


@pytest.mark.parametrize("name", ["page", "question"])
def test_who_is_led_past_a_page_is_told_which_conditions_to_look_at(name):
    found = [one for one in findings(pages_with(equals("a"), on=name)) if one.section]
    assert found == []
    document = survey(
        but(FIRST, condition=equals("count", "no")),
        but(SECOND, condition=both(equals("a"), equals("count"))),
    )
    (found,) = findings(document)
    assert found.rule == "reachable_on_path"
    assert "“Page one”" in found.sentence


def test_a_page_that_nobody_comes_to_is_told_once_not_for_each_question():
    second = page("two", *(question(f"q{n}", condition=equals("a")) for n in range(3)))
    found = findings(survey(FIRST, but(second, condition=both(equals("a"), equals("a", "no")))))
    assert [(one.rule, one.section, one.question) for one in found] == [("reachable", "two", "")]


def test_a_consent_that_could_not_be_tried_is_not_let_pass():
    ticked = page("ticks", question("m", "multiple_choice", CODES))
    end = tangled("<")["sections"][-1]
    words = page("words", WORDS, condition={"not": [end["condition"]]})
    found = findings(whole(AGE, page("consent", COUNT), ticked, words))
    assert {one.question for one in found if one.rule == "consent_not_skipped"} == {"words"}


NAMES = (
    "sections", "questions", "options", "key", "label", "type", "condition", "languages", "code",
    "merge", "grid", "minimum", "maximum", "picks", "permission", "required", "support", "duty",
)  # fmt: skip
LEAVES = st.sampled_from(
    [None, True, 0, -3, 7, 10**400, 2.5, float("nan"), float("inf"), "", "en", "a", "\ud800",
     "age_check", "consent", "ranking", "month", "number", "scale", "multiple_choice", "long_text"]
)  # fmt: skip
ANYTHING = st.deferred(
    lambda: (
        LEAVES
        | st.lists(ANYTHING, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4)
    )
)
OPERANDS = st.deferred(
    lambda: (
        LEAVES
        | st.lists(LEAVES, max_size=3)
        | st.builds(lambda key: {"answer": key}, st.sampled_from(["a", "b", 3, None]))
        | st.builds(lambda inner: {"count": inner}, OPERANDS)
    )
)
CONDITIONS = st.deferred(
    lambda: (
        ANYTHING
        | st.builds(
            lambda name, operands: {name: operands},
            st.sampled_from(["==", "<", "in", "any-in", "all-in", "maybe"]),
            st.lists(OPERANDS, min_size=1, max_size=3),
        )
        | st.builds(
            lambda name, parts: {name: parts},
            st.sampled_from(["and", "or", "not"]),
            st.lists(CONDITIONS, max_size=3),
        )
    )
)
KINDS = ["single_choice", "multiple_choice", "ranking", "month", "number", "long_text", "consent"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_a_half_written_questionnaire_never_breaks_the_check(document):
    findings(document)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(NAMES[6:]), ANYTHING, max_size=4),
    CONDITIONS,
)
def test_a_half_written_condition_never_breaks_the_check(kind, changes, condition):
    odd = {**question("a", kind, "a b"), **changes}
    second = page("two", question("b", condition=condition), condition=condition)
    findings(survey(page("one", odd), second))


def test_a_condition_may_be_nested_deep_and_is_then_not_readable():
    condition = equals("a")
    for _level in range(400):
        condition = {"not": [condition]}
    found = findings(pages_with(condition))
    assert {one.rule for one in found} == {"condition_readable"}


@pytest.mark.parametrize(
    "words",
    [
        "What is your first name?",
        "Please write your e-mail address.",
        "A phone number where we can reach you",
        "Where do you live?",
        "Quel est votre nom?",
        "Votre courriel, si vous voulez",
        "Où habitez-vous?",
        "Date de naissance",
    ],
)
def test_asking_who_somebody_is_is_told_in_both_languages(words):
    assert cues.asks_who(words)


@pytest.mark.parametrize(
    "words",
    [
        "Please leave out names, streets and dates.",
        "Do not write your name. Tell us what happened.",
        "N’écrivez pas votre nom, s’il vous plaît.",
        "How is your work named in the by-law?",
        "What would you tell the officer’s supervisor?",
    ],
)
def test_asking_to_leave_names_out_is_no_cue(words):
    assert not cues.asks_who(words)


def test_a_note_on_the_page_before_prepares_for_a_hard_one():
    hard = page("one", question("a", label=text("Did you call the police?")))
    panel = page("ready", question("panel", "information"))
    assert findings(survey(panel, hard)) == []


def test_pictures_that_must_be_given_do_not_stop_anybody():
    asked = asking(question("a"), question("pics", "pictures", required=True))
    assert "end_reachable" not in {one.rule for one in findings(asked)}


def test_a_page_that_only_prepares_needs_no_note_of_its_own():
    ready = page("ready", question("told", "information", label=text("Next: about the police.")))
    assert findings(survey(ready, page("one", question("a")))) == []
