"""The linter warns of wording that is hard to answer, and lets plain wording pass."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.survey.checks import bands, cues
from consultation.survey.checks.linter import RULES, findings
from testimony.wizard.checking import Severity
from tests.consultation.survey.small import asking, question, row

HARD = (
    "Considering governmental implementation difficulties, evaluate organisational accountability "
    "regarding municipal administration, multilateral negotiations, international delegations."
)
HARD_FR = (
    "Considérant les difficultés gouvernementales, évaluez la responsabilité organisationnelle de "
    "l’administration municipale et des négociations multilatérales internationales."
)


@dataclass(frozen=True)
class Row:
    """Wording that a rule stops at, and wording of the same that it lets pass."""

    language: str
    told: str
    passes: str
    type: str = "yes_no"


ROWS: list[tuple[str, Row]] = [
    ("reading_grade", Row("en", HARD, "How do you feel about what the city does for you?")),
    ("reading_grade", Row("fr", HARD_FR, "Que pensez-vous de ce que la ville fait pour vous?")),
    ("long_question", Row("en", "Did you go " + "on, on " * 12 + "home?", "Did you go home?")),
    ("long_question", Row("fr", "Êtes-vous allée " + "là, là " * 12 + "?", "Y allez-vous?")),
    ("leading", Row("en", "Don’t you feel safe?", "Do you feel safe?")),
    ("leading", Row("en", "Do you agree that it works?", "Do you agree or disagree?")),
    ("leading", Row("fr", "Ne pensez-vous pas que oui?", "Que pensez-vous?")),
    ("leading", Row("fr", "Êtes-vous d’accord avec eux?", "Êtes-vous d’accord ou non?")),
    ("absolute", Row("en", "Are you always safe?", "Are you safe at work?")),
    ("absolute", Row("fr", "Avez-vous toujours peur?", "Avez-vous peur au travail?")),
    ("vague_time", Row("en", "Do you often work at night?", "How often do you work at night?")),
    ("vague_time", Row("en", "Did they call recently?", "Did they call in the past month?")),
    ("vague_time", Row("fr", "Travaillez-vous souvent?", "Où travaillez-vous le plus souvent?")),
    ("vague_time", Row("fr", "Vous ont-ils appelée récemment?", "Vous ont-ils appelée en mai?")),
    ("double", Row("en", "Do you work by day and/or night?", "Do you work by day or night?")),
    ("double", Row("fr", "Le jour et/ou la nuit?", "Le jour ou la nuit?")),
    ("joined", Row("en", "Are pay and hours fair?", "Is the pay fair?")),
    ("joined", Row("en", "Is it safe as well as fair?", "Is it between 5 and 10 dollars?")),
    ("joined", Row("fr", "Le salaire et les heures sont-ils justes?", "Est-ce entre 5 et 10?")),
    ("negation", Row("en", "Should police not publish photos?", "Should police publish photos?")),
    ("negation", Row("fr", "La police ne doit-elle plus publier?", "La police doit-elle publier?")),
    ("double_negative", Row("en", "Is it not unlikely?", "Is it likely?")),
    ("double_negative", Row("fr", "N’est-il pas impossible d’y aller?", "Peut-on y aller?")),
    ("jargon", Row("en", "What do stakeholders need?", "What do people need?")),
    ("jargon", Row("fr", "Que faire afin de vous aider?", "Que faire pour vous aider?")),
]

OPTIONS: list[tuple[str, str, list[str], list[str]]] = [
    ("bands_apart", "en", ["1 to 5 times", "5 to 10 times"], ["1 to 4 times", "5 to 10 times"]),
    ("bands_apart", "fr", ["Moins de 5 ans", "De 2 à 9 ans"], ["Moins de 2 ans", "De 2 à 9 ans"]),
    ("bands_complete", "en", ["0 to 4", "6 or more"], ["0 to 4", "5 or more"]),
    ("bands_complete", "fr", ["De 1 à 3 ans", "5 ans et plus"], ["De 1 à 4 ans", "5 ans et plus"]),
    ("vague_time", "en", ["Often", "Rarely"], ["Each week", "Each month"]),
    ("vague_time", "fr", ["Souvent", "Rarement"], ["Chaque semaine", "Chaque mois"]),
]  # fmt: skip


def linted(language: str, label: str, kind: str = "yes_no", **more: Any) -> list[Any]:
    plain = {"en": "Is it so?", "fr": "Est-ce le cas?"}
    return findings(asking(question("q", kind, label={**plain, language: label}, **more)))


def picked_from(language: str, labels: list[str]) -> list[Any]:
    options = [
        {"code": f"c{number}", "label": {language: label}} for number, label in enumerate(labels)
    ]
    asked = question("q", "single_choice", options=options, label={language: "Which one?"})
    return findings(asking(asked))


def test_every_rule_has_a_row():
    told = {name for name, _row in ROWS} | {name for name, *_rest in OPTIONS}
    assert {rule.name for rule in RULES} == {*told, "scale_points"}


def test_every_rule_of_words_has_a_row_in_each_language():
    for name in {name for name, _row in ROWS}:
        assert {"en", "fr"} <= {row.language for one, row in ROWS if one == name}, name


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_a_cue_is_told_at_its_question(name, row):
    found = [one for one in linted(row.language, row.told) if one.rule == name]
    assert [(one.section, one.question) for one in found] == [("one", "q")]
    assert all(one.severity == Severity.WARNING for one in found)
    assert row.told in found[0].sentence


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_plain_wording_passes(name, row):
    assert linted(row.language, row.passes) == []


@pytest.mark.parametrize(("name", "language", "told", "passes"), OPTIONS)
def test_answers_to_pick_are_read_together(name, language, told, passes):
    found = [one for one in picked_from(language, told) if one.rule == name]
    assert [(one.section, one.question) for one in found] == [("one", "q")]
    assert picked_from(language, passes) == []


@pytest.mark.parametrize(("points", "is_told"), [(2, True), (3, False), (7, False), (11, True)])
def test_a_scale_has_few_points_but_for_the_way_out(points, is_told):
    codes = " ".join(f"p{number}" for number in range(points))
    found = findings(asking(question("q", "scale", f"{codes} prefer_not")))
    assert [one.rule == "scale_points" for one in found] == [True] * 2 * is_told


def test_what_is_agreed_to_is_plainer_than_the_rest():
    words = (
        "We will tell the committee everything about your situation whenever somebody requests it."
    )
    duty = findings(asking(question("q"), duty={"en": words}))
    assert [one.rule for one in duty] == ["reading_grade"]


def test_the_words_above_a_grid_are_read_once_at_the_grid():
    shared = {"key": "g", "label": {"en": "Are you always safe?"}}
    rows = [{**row("g", key), "grid": shared} for key in "ab"]
    found = findings(asking(*rows))
    assert [(one.rule, one.section, one.question) for one in found] == [("absolute", "one", "g")]


@pytest.mark.parametrize("name", ["survey", "call"])
def test_the_examples_are_plain(name):
    document = json.loads(Path(f"cms/demo/{name}.json").read_text())
    assert {one.rule for one in findings(document)} <= {"reading_grade"}


def test_a_half_written_questionnaire_is_read():
    assert findings({"sections": [None, {"questions": [{"label": None}, 3]}]}) == []


def test_a_language_that_the_cues_do_not_know_is_not_read():
    assert cues.found(cues.VAGUE, "often", "ar") == ""
    assert cues.negates_twice("not unlikely", "ar") == ""
    assert cues.hard_word("stakeholder", "ar") is None


def test_a_letter_that_only_looks_like_one_of_a_cue_breaks_nothing():
    assert cues.hard_word("CR\u0130M\u0130NAL\u0130ZATION", "en") is None
    assert cues.hard_word("CRIMINALIZATION", "en") is not None


@pytest.mark.parametrize(
    ("label", "band"),
    [
        ("1 to 5 times", (1, 5)),
        ("Between 2 and 4", (2, 4)),
        ("De 1 à 3 ans", (1, 3)),
        ("1–5", (1, 5)),
        ("$1,000 to $2,000", (1000, 2000)),
        ("Less than 2 years", (None, 1)),
        ("2 years or less", (None, 2)),
        ("Up to 2", (None, 2)),
        ("Moins de 2 ans", (None, 1)),
        ("2 ans ou moins", (None, 2)),
        ("More than 10", (11, None)),
        ("10 or more", (10, None)),
        ("65 and over", (65, None)),
        ("10+", (10, None)),
        ("Plus de 10 ans", (11, None)),
        ("10 ans et plus", (10, None)),
        ("Once: 1", (1, 1)),
    ],
)
def test_a_band_is_read(label, band):
    found = bands.band_of(label)
    assert found is not None
    assert (found.low, found.high) == band


@pytest.mark.parametrize("label", ["Often", "", "1.5 to 2", "9 am to 5 pm", "5 to 1", "1, 2 or 3"])
def test_what_is_no_band_is_left_out(label):
    assert bands.band_of(label) is None


@pytest.mark.parametrize(
    "labels",
    [
        ["1 to 6 months", "6 to 12 years"],
        ["1: not at all", "2", "5: fully"],
        ["1 to 5", "Never"],
        ["2019", "2021"],
        [],
    ],
)
def test_bands_that_cannot_be_compared_are_not_judged(labels):
    assert (bands.shared(labels), bands.missing(labels)) == (None, None)


CUTS = st.lists(st.integers(1, 60), min_size=2, max_size=6, unique=True).map(sorted)


@given(CUTS, st.randoms())
def test_bands_that_follow_each_other_are_let_pass_in_any_order(cuts, random):
    labels = [f"{low} to {high - 1}" for low, high in itertools.pairwise(cuts)]
    labels += [f"Less than {cuts[0]}", f"{cuts[-1]} or more"]
    random.shuffle(labels)
    assert (bands.shared(labels), bands.missing(labels)) == (None, None)


@given(CUTS, st.data())
def test_the_number_that_is_named_fits_two_answers_or_none(cuts, data):
    ranges = [
        (low, data.draw(st.integers(low + 1, high + 3))) for low, high in itertools.pairwise(cuts)
    ]
    labels = [f"{low} to {high}" for low, high in ranges]
    fits = {
        number: sum(low <= number <= high for low, high in ranges)
        for number in range(ranges[0][0], max(high for _low, high in ranges) + 1)
    }
    if len(labels) > 1:
        shared, missing = bands.shared(labels), bands.missing(labels)
        assert (shared is None) == all(count < 2 for count in fits.values())
        assert (missing is None) == all(count > 0 for count in fits.values())
        assert shared is None or fits[shared] > 1
        assert missing is None or fits[missing] == 0
