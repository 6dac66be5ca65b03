"""The linter warns of wording that is hard to answer, and lets plain wording pass."""

import pytest

from consultation.survey.linter import RULES, findings

HARD = (
    "Considering governmental implementation difficulties, evaluate organisational accountability "
    "mechanisms regarding municipal administration and multilateral negotiations."
)
CASES = [
    ("reading_grade", "en", HARD, 0),
    ("long_question", "en", "Did you go " + "on and " * 12 + "home?", 0),
    ("leading", "en", "Don’t you agree?", 0),
    ("leading", "fr", "Ne pensez-vous pas que oui?", 0),
    ("absolute", "en", "Are you always safe?", 0),
    ("absolute", "fr", "Avez-vous toujours peur?", 0),
    ("double", "en", "Do you work by day and/or night?", 0),
    ("double", "fr", "Travaillez-vous le jour et/ou la nuit?", 0),
    ("jargon", "en", "What do stakeholders need?", 0),
    ("jargon", "fr", "Que faire afin de vous aider?", 0),
    ("scale_points", "en", "How safe do you feel?", 11),
]  # fmt: skip


def asking(language, label, points=5):
    options = [{"code": str(number)} for number in range(points)]
    question = {"key": "q", "type": "scale", "label": {language: label}, "options": options}
    return {"sections": [{"key": "s", "questions": [question]}]}


def test_every_rule_has_a_row():
    assert {rule.name for rule in RULES} == {name for name, *_rest in CASES}


@pytest.mark.parametrize(("name", "language", "label", "points"), CASES)
def test_a_cue_is_told(name, language, label, points):
    found = [one for one in findings(asking(language, label, points)) if one.rule == name]
    assert [(one.section, one.question) for one in found] == [("s", "q")]


@pytest.mark.parametrize(
    ("language", "label"),
    [("en", "How safe do you feel at work?"), ("fr", "Vous sentez-vous en sécurité?")],
)
def test_plain_wording_passes(language, label):
    assert findings(asking(language, label)) == []


def test_a_half_written_questionnaire_is_read():
    assert findings({"sections": [None, {"questions": [{"label": None}, 3]}]}) == []
