"""The rules of a questionnaire hold for a good one, and each is told when it is broken."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultation.survey import cues
from consultation.survey.rules import RULES, Asked, findings
from testimony.wizard.checking import Severity

GOOD = json.loads(Path("cms/demo/survey.json").read_text())


def broken(change):
    document = copy.deepcopy(GOOD)
    change(document, document["sections"])
    return document


def question(sections, page, number=0):
    return sections[page]["questions"][number]


def looks_at(key, value="x"):
    return {"==": [{"answer": key}, value]}


CASES = {
    "asks_who": lambda d, s: question(s, 5, 2)["label"].update(en="What is your name?"),
    "content_note": lambda d, s: s[3].update(note=None),
    "headline_closed": lambda d, s: question(s, 5, 2).update(headline=True),
    "condition_answers_known": lambda d, s: question(s, 4).update(
        condition={"in": [{"answer": "would_call"}, ["no", "maybe"]]}
    ),
    "section_keys": lambda d, s: s[3].update(key=s[2]["key"]),
    "question_keys": lambda d, s: question(s, 3).update(key=""),
    "enough_options": lambda d, s: question(s, 2).update(options=[]),
    "few_options": lambda d, s: question(s, 2).update(
        options=[{"code": str(n)} for n in range(10_000)]
    ),
    "codes_differ": lambda d, s: question(s, 2)["options"][1].update(code="outdoor"),
    "labels_differ": lambda d, s: question(s, 2)["options"][1]["label"].update(en="outdoors"),
    "exclusive_last": lambda d, s: question(s, 2)["options"][-1].update(exclusive=True),
    "condition_known": lambda d, s: s[3].update(condition=looks_at("nobody")),
    "condition_not_itself": lambda d, s: question(s, 3).update(condition=looks_at("would_call")),
    "condition_not_same_page": lambda d, s: question(s, 3, 1).update(
        condition=looks_at("would_call", "no")
    ),
    "condition_not_later": lambda d, s: s[2].update(condition=looks_at("would_call", "no")),
    "reachable": lambda d, s: s[3].update(condition=looks_at("setting", "moon")),
    "one_age_check": lambda d, s: s.pop(0),
    "age_check_first": lambda d, s: s.insert(1, s.pop(0)),
    "consent_asked": lambda d, s: s.pop(1),
    "consent_first": lambda d, s: s.insert(2, s.pop(1)),
    "consent_not_skipped": lambda d, s: s[1].update(condition=looks_at("age", "adult")),
    "way_out": lambda d, s: question(s, 2).update(required=True),
    "languages_complete": lambda d, s: question(s, 2)["label"].update(fr=" "),
    "support_given": lambda d, s: d.update(support=[]),
    "few_questions": lambda d, s: s[2].update(questions=s[2]["questions"] * 3),
    "short_enough": lambda d, s: s[2].update(minutes=40),
    "what_happens_next": lambda d, s: d.update(next_steps=[]),
}


def test_every_rule_has_a_row():
    assert {rule.name for rule in RULES} == {*CASES, "type_kept"}


@pytest.mark.parametrize("name", CASES)
def test_a_broken_rule_is_told(name):
    assert name in {found.rule for found in findings(broken(CASES[name]))}


def test_a_good_questionnaire_has_no_problem():
    found = findings(GOOD)
    assert not [one for one in found if one.severity == Severity.PROBLEM]
    assert {one.rule for one in found} <= {"what_happens_next"}


def test_a_key_keeps_its_type():
    before = {"setting": Asked("number", "1.0")}
    (found,) = (one for one in findings(GOOD, asked_before=before) if one.rule == "type_kept")
    assert (found.section, found.question) == ("work", "setting")
    assert "Where do you mostly work?" in found.sentence


NAMES = ("sections", "questions", "options", "key", "label", "type", "condition", "languages", "==")
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "en", "age_check", "answer"])
)
ANYTHING = st.deferred(
    lambda: (
        LEAVES
        | st.lists(ANYTHING, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4)
    )
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING))
def test_a_half_written_questionnaire_never_breaks_the_check(document):
    findings(document)


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
    document = broken(lambda d, s: s[3].update(note=None))
    panel = {**copy.deepcopy(question(GOOD["sections"], 5, 2)), "type": "information"}
    page = {**copy.deepcopy(GOOD["sections"][2]), "key": "ready", "questions": [panel]}
    panel["key"] = "get_ready"
    document["sections"].insert(3, page)
    assert "content_note" not in {found.rule for found in findings(document)}
