"""A definition in words and boxes: conditions said as sentences, and what fits on a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from testimony.wizard import definition as definitions
from testimony.wizard import on_paper
from testimony.wizard.definition import Definition
from testimony.wizard.printing import direction_of


def _text(words: str) -> dict[str, str]:
    return {"en": words, "fr": f"{words} (fr)"}


def _question(key: str, kind: str, codes: str = "", **more: Any) -> dict[str, Any]:
    options = [
        {"code": code.rstrip("!"), "label": _text(code.rstrip("!")), "exclusive": code[-1] == "!"}
        for code in codes.split()
    ]
    return {"key": key, "type": kind, "label": _text(key), "options": options, **more}


def _section(key: str, *questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"key": key, "title": _text(key), "questions": list(questions), **more}


FIRST = _section(
    "first",
    _question("one", "single_choice", "a b c d"),
    _question("nod", "yes_no", "yes no"),
    _question("many", "multiple_choice", "x y z!"),
    _question("hours", "number", minimum=0, maximum=100),
    _question("since", "month", minimum=2000, maximum=2026),
    _question("first", "ranking", "p q r"),
)


def _definition(*sections: dict[str, Any]) -> Definition:
    return definitions.parse(
        {
            "format": 1,
            "kind": "survey",
            "key": "paper",
            "version": "1.0",
            "languages": ["en", "fr"],
            "title": _text("Paper"),
            "introduction": _text("Paper"),
            "duty": None,
            "support": [],
            "next_steps": [],
            "sections": list(sections),
        }
    )


def _sections(rule: Any, language: str = "en") -> tuple[on_paper.PaperSection, ...]:
    later = _section("later", _question("later", "short_text"), condition=rule)
    with translation.override("en"):
        return on_paper.sections_of(_definition(FIRST, later), language)


def _of(key: str) -> dict[str, str]:
    return {"answer": key}


SAID = [
    ({"==": [_of("nod"), "yes"]}, "Only if you answered “yes” to question 2."),
    ({"in": [_of("one"), ["a", "b"]]}, "Only if you answered “a” or “b” to question 1."),
    (
        {"!=": [_of("one"), "a"]},
        "Only if you answered something other than “a” to question 1.",
    ),
    ({"in": [_of("one"), ["a", "b", "c", "d"]]}, "Only if you answered question 1."),
    ({"not": [{"==": [_of("nod"), "yes"]}]}, "Only if you did not answer “yes” to question 2."),
    ({"any-in": [_of("many"), ["x", "y"]]}, "Only if you ticked “x” or “y” at question 3."),
    ({"in": ["x", _of("many")]}, "Only if you ticked “x” at question 3."),
    ({"all-in": [["x", "y"], _of("many")]}, "Only if you ticked “x” and “y” at question 3."),
    (
        {"all-in": [_of("many"), ["x", "y"]]},
        "Only if you ticked nothing but “x” or “y” at question 3.",
    ),
    (
        {"not": [{"any-in": [_of("many"), ["x", "y"]]}]},
        "Only if you did not tick “x” or “y” at question 3.",
    ),
    (
        {">=": [{"count": _of("many")}, 2]},
        "Only if how many you ticked at question 3 is 2 or more.",
    ),
    ({">": [_of("hours"), 40]}, "Only if what you wrote at question 4 is more than 40."),
    ({">": [40, _of("hours")]}, "Only if what you wrote at question 4 is less than 40."),
    ({"not": [{"<=": [_of("hours"), 40]}]}, "Not if what you wrote at question 4 is 40 or less."),
    ({"<": [_of("since"), "2020"]}, "Only if what you wrote at question 5 is less than 2020."),
    ({"any-in": [_of("first"), ["p"]]}, "Only if you gave “p” a place at question 6."),
    (
        {"and": [{"==": [_of("nod"), "yes"]}, {"any-in": [_of("many"), ["x"]]}]},
        "Only if you answered “yes” to question 2 and you ticked “x” at question 3.",
    ),
    (
        {
            "and": [
                {"==": [_of("nod"), "yes"]},
                {"or": [{">": [_of("hours"), 9]}, {"any-in": [_of("many"), ["x"]]}]},
            ]
        },
        "Only if you answered “yes” to question 2 and (what you wrote at question 4 is more than 9 "
        "or you ticked “x” at question 3).",
    ),
    (
        {"not": [{"and": [{"==": [_of("nod"), "yes"]}, {"==": [_of("one"), "a"]}]}]},
        "Only if you did not answer “yes” to question 2 or you did not answer “a” to question 1.",
    ),
    (
        {"not": [{"not": [{"==": [_of("nod"), "yes"]}]}]},
        "Only if you answered “yes” to question 2.",
    ),
    (
        {"and": [{"==": [{"language": []}, "en"]}, {"==": [_of("nod"), "no"]}]},
        "Only if you answered “no” to question 2.",
    ),
    ({"==": [_of("one"), _of("nod")]}, "This may not be for you."),
]


@pytest.mark.parametrize(("rule", "sentence"), SAID)
def test_a_condition_is_said_in_words(rule: Any, sentence: str) -> None:
    assert _sections(rule)[1].condition.startswith(sentence)


@pytest.mark.parametrize(
    "rule",
    [
        None,
        {"==": [{"channel": []}, "assisted"]},
        {"==": [{"language": []}, "en"]},
        {"or": [{"==": [_of("nod"), "yes"]}, {"!=": [{"channel": []}, "web"]}]},
        {"not": [{"==": [{"channel": []}, "web"]}]},
        {"not": [{"==": [_of("one"), "nothing like it"]}]},
    ],
)
def test_what_is_always_asked_on_paper_has_no_condition(rule: Any) -> None:
    assert _sections(rule)[1].condition == ""


@pytest.mark.parametrize(
    "rule",
    [
        {"==": [{"channel": []}, "web"]},
        {"==": [{"language": []}, "fr"]},
        {"and": [{"==": [_of("nod"), "yes"]}, {"==": [{"channel": []}, "web"]}]},
        {"==": [_of("one"), "nothing like it"]},
    ],
)
def test_what_is_never_asked_on_paper_is_not_printed(rule: Any) -> None:
    assert [one.title for one in _sections(rule)] == ["first"]


def test_a_rule_on_the_language_is_settled_by_the_language_of_the_sheet() -> None:
    rule = {"==": [{"language": []}, "fr"]}
    assert len(_sections(rule, "en")) == 1
    assert len(_sections(rule, "fr")) == 2


def test_what_depends_on_something_that_is_not_on_paper_is_not_on_paper_either() -> None:
    web = _section("web", _question("web", "yes_no", "yes no"), condition=_channel("web"))
    after = _section(
        "after",
        _question("after", "yes_no", "yes no", condition={"==": [_of("web"), "yes"]}),
        _question("always", "yes_no", "yes no"),
    )
    found = on_paper.sections_of(_definition(FIRST, web, after), "en")
    assert [one.title for one in found] == ["first", "after"]
    (last,) = found[1].questions
    assert (last.key, last.number) == ("always", "7"), "Numbers have no gap."


def _channel(name: str) -> dict[str, Any]:
    return {"==": [{"channel": []}, name]}


GRID = {"key": "grid", "label": _text("Of these")}


@pytest.mark.parametrize(
    ("codes", "is_large", "is_table"),
    [
        ("never rarely sometimes often", False, True),
        ("never rarely sometimes often", True, False),
        ("no yes", True, True),
        ("extraordinarily unquestionably incomprehensibly", False, True),
        ("extraordinarily unquestionably incomprehensibly straightforwardly", False, False),
    ],
)
def test_a_grid_is_a_table_where_its_columns_fit(
    codes: str, is_large: bool, is_table: bool
) -> None:
    rows = [_question(key, "single_choice", codes, grid=GRID) for key in ("r1", "r2")]
    found = on_paper.sections_of(_definition(_section("s", *rows)), "en", is_large=is_large)
    (grid,) = found[0].blocks
    assert isinstance(grid, on_paper.PaperGrid)
    assert grid.is_table is is_table
    assert [row.number for row in grid.rows] == ["1", "2"]


def test_a_row_that_needs_an_answer_says_so_by_itself() -> None:
    rows = [
        _question("r1", "single_choice", "a b", grid=GRID, required=True),
        _question("r2", "single_choice", "a b", grid=GRID),
    ]
    (grid,) = on_paper.sections_of(_definition(_section("s", *rows)), "en")[0].blocks
    assert isinstance(grid, on_paper.PaperGrid)
    assert [row.must for row in grid.rows] == ["This one needs an answer.", ""]
    printed = render_to_string("paper/grid.html", {"block": grid, "frame": ""})
    assert printed.count("This one needs an answer.") == 1


@pytest.mark.parametrize("language", ["ar", "ckb", "fa", "he", "ps", "ur", "yi"])
def test_a_language_of_arabic_or_hebrew_letters_runs_from_right_to_left(language: str) -> None:
    assert direction_of(language) == "rtl"


def test_two_grids_side_by_side_stay_two() -> None:
    other = {"key": "other", "label": _text("And of these")}
    rows = [
        _question("r1", "scale", "a b", grid=GRID),
        _question("r2", "scale", "a b", grid=other),
    ]
    (section,) = on_paper.sections_of(_definition(_section("s", *rows)), "en")
    assert [getattr(block, "label", "") for block in section.blocks] == ["Of these", "And of these"]


@pytest.mark.parametrize(
    ("more", "how"),
    [
        ({}, "A number."),
        ({"minimum": 2}, "A number, 2 or more."),
        ({"maximum": 9}, "A number, 9 or less."),
        ({"minimum": 0, "maximum": 9}, "A number from 0 to 9."),
        ({"required": True, "prefer_not": True}, "A number. This one needs an answer."),
    ],
)
def test_a_number_says_what_it_takes(more: dict[str, Any], how: str) -> None:
    (section,) = on_paper.sections_of(
        _definition(_section("s", _question("q", "number", **more))), "en"
    )
    assert section.questions[0].how == how


def test_letters_of_a_long_ranking_go_on_after_z() -> None:
    codes = " ".join(f"c{number}" for number in range(28))
    (section,) = on_paper.sections_of(
        _definition(_section("s", _question("q", "ranking", codes, picks=1))), "en"
    )
    (question,) = section.questions
    assert [one.letter for one in question.options][24:] == ["Y", "Z", "AA", "BB"]
    assert question.how == "Write one letter in the box."
    assert question.places == ("First",)
