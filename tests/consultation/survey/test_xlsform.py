"""An XLSForm comes in, and ours goes out, with nothing lost in silence."""

import copy
import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from consultation.survey import xlsform
from consultation.survey.xlsform_writing import write_workbook
from testimony.wizard import definition
from tests.consultation.survey.workbooks import book, row

SURVEY = json.loads(Path("cms/demo/survey.json").read_text())


def read(*rows):
    return xlsform.read_workbook(book(*rows))


def questions(found):
    return [q for section in found.document["sections"] for q in section["questions"]]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (row("text", "a"), "short_text"),
        (row("text", "a", appearance="multiline"), "long_text"),
        (row("integer", "a", constraint=". >= 0 and . <= 120"), "number"),
        (row("decimal", "a"), "number"),
        (row("range", "a", parameters="start=0 end=10 step=1"), "scale"),
        (row("range", "a", parameters="start=0 end=100 step=1"), "number"),
        (row("select_one yn", "a"), "yes_no"),
        (row("select_one help", "a"), "single_choice"),
        (row("select_multiple help", "a"), "multiple_choice"),
        (row("rank help", "a"), "ranking"),
        (row("date", "a", appearance="month-year"), "month"),
        (row("note", "a"), "information"),
    ],
)
def test_a_type_has_its_counterpart(line, kind):
    found = read(line)
    assert found.problems == ()
    assert [q["type"] for q in questions(found)] == [kind]


@pytest.mark.parametrize(
    "line",
    [row(kind, "a") for kind in ("date", "acknowledge", "calculate", "image", "geopoint", "odd")]
    + [row("select_one yn", "a", choice_filter="x = 1"), row("select_one nowhere", "a")],
)
def test_what_we_do_not_keep_is_refused_in_its_row(line):
    assert read(row("text", "b"), line).problems[0].row == 3


def test_metadata_is_left_out_with_a_warning():
    found = read(row("start", "s"), row("text", "b"))
    assert found.problems == ()
    assert "never collect" in found.warnings[0].sentence


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("${q} = 'yes'", {"==": [{"answer": "q"}, "yes"]}),
        ("${q} != 'yes'", {"not": [{"==": [{"answer": "q"}, "yes"]}]}),
        ("selected(${m}, 'union')", {"in": ["union", {"answer": "m"}]}),
        ("count-selected(${m}) >= 2", {">=": [{"count": {"answer": "m"}}, 2]}),
        ("not(${n} > 3)", {"not": [{">": [{"answer": "n"}, 3]}]}),
    ],
)
def test_a_condition_becomes_a_rule_on_a_later_page(expression, rule):
    found = read(
        row("select_one yn", "q"), row("select_multiple help", "m"), row("integer", "n"),
        row("text", "t", expression),
    )  # fmt: skip
    assert found.problems == ()
    assert questions(found)[-1]["condition"] == rule
    assert len(found.document["sections"]) == 2


def test_a_condition_that_is_not_understood_names_its_part_and_place():
    found = read(row("text", "q"), row("text", "t", "pulldata('x') = 1"))
    assert (found.problems[0].row, found.problems[0].column) == (3, "relevant")
    assert "pulldata" in found.problems[0].sentence


def test_other_becomes_an_option_and_a_question_on_the_next_page():
    found = read(row("select_one help or_other", "h"))
    assert [len(section["questions"]) for section in found.document["sections"]] == [1, 1]
    assert questions(found)[1]["type"] == "short_text"


def test_groups_are_pages_tables_are_grids_and_repeats_are_refused():
    found = read(
        row("begin group", "g"), row("begin group", "t", appearance="table-list"),
        row("select_one help", "a"), row("end group", ""), row("end group", ""),
        row("begin repeat", "r"), row("text", "x"), row("end repeat", ""),
    )  # fmt: skip
    assert questions(found)[0]["grid"]["key"] == "t"
    assert [problem.row for problem in found.problems] == [7]


def test_a_formula_is_refused_and_a_file_that_is_no_workbook_too():
    assert "formula" in read(row("text", "=1+1")).problems[0].sentence
    assert "not an XLSX" in xlsform.read_workbook(b"PK no").problems[0].sentence
    assert "2 MiB" in xlsform.read_workbook(b"x" * 2**21 + b"x").problems[0].sentence


def test_the_demonstration_goes_out_and_in_the_same_and_pyxform_takes_it():
    data = write_workbook(SURVEY)
    assert xlsform.read_workbook(data).document == SURVEY
    assert convert(io.BytesIO(data), file_type=".xlsx", validate=False).warnings == []


WORDS = st.text("ab =+-@é'\x01\n", min_size=1, max_size=8).map(lambda s: s + "x")


@settings(derandomize=True, max_examples=25, deadline=None, database=None)
@given(st.data())
def test_any_small_document_goes_out_and_in_the_same(data):
    document = copy.deepcopy(SURVEY)
    for section in document["sections"]:
        section["title"] = {code: data.draw(WORDS) for code in document["languages"]}
        for question in section["questions"][:2]:
            question["label"] = {code: data.draw(WORDS) for code in document["languages"]}
            question["prefer_not"] = data.draw(st.booleans())
    assert xlsform.read_workbook(write_workbook(document)).document == document


def test_two_hundred_questions_are_read_in_three_seconds():
    rows = [row("select_one help", f"q{number}") for number in range(200)]
    data = book(*rows)
    began = time.monotonic()
    found = xlsform.read_workbook(data)
    assert time.monotonic() - began < 3
    assert len(questions(found)) == 200
    assert definition.QUESTION_TYPES


def every_type():
    """A document with the types, conditions and extras that the demonstration lacks."""
    document = copy.deepcopy(SURVEY)
    said = dict.fromkeys(document["languages"], "= words")
    plain = {"label": said, "hint": None, "required": False, "condition": None, "options": []}
    options = [{"code": code, "label": said, "exclusive": False} for code in ("a", "b")]
    rows = {"options": options, "grid": {"key": "g", "label": said}}
    document["sections"] += [
        {
            "key": "every", "title": said, "note": None, "minutes": 2, "condition": None,
            "support": True,
            "questions": [
                {**plain, "key": "z_rank", "type": "ranking", "options": options, "picks": 2},
                {**plain, "key": "z_month", "type": "month", "minimum": 1990, "maximum": 2020},
                {**plain, "key": "z_number", "type": "number", "minimum": 0, "maximum": 9},
                {**plain, "key": "z_one", "type": "single_choice", **rows},
                {**plain, "key": "z_two", "type": "single_choice", **rows},
                {**plain, "key": "z_age", "type": "consent", "options": options},
                {**plain, "key": "z_many", "type": "multiple_choice", "options": options},
            ],
        },
        {
            "key": "after", "title": said, "note": said, "minutes": 1,
            "condition": {"or": [
                {"any-in": [{"answer": "z_many"}, ["a", "b"]]},
                {"!=": [{"answer": "z_one"}, "a"]},
                {">": [{"count": {"answer": "z_many"}}, 1]},
                {"not": [{"in": [{"answer": "z_two"}, ["a", "b"]]}]},
                {"<": [{"answer": "z_number"}, 4]},
            ]},
            "questions": [{**plain, "key": "z_text", "type": "short_text", "max_length": 20,
                           "prefer_not": True}],
        },
    ]  # fmt: skip
    return document


def test_every_type_goes_out_and_in_the_same_and_pyxform_takes_it():
    document = every_type()
    data = write_workbook(document)
    assert xlsform.read_workbook(data).document == document
    assert xlsform.read_workbook(data).problems == ()
    assert convert(io.BytesIO(data), file_type=".xlsx", validate=False).warnings == []


def test_a_change_in_the_other_sheets_wins_over_the_extras():
    made = load_workbook(io.BytesIO(write_workbook(every_type())))
    heads = [cell.value for cell in made["survey"][1]]
    for line in made["survey"].iter_rows():
        if line[heads.index("name")].value == "after":
            line[heads.index("relevant")].value = "${z_one} = 'b'"
    held = io.BytesIO()
    made.save(held)
    found = xlsform.read_workbook(held.getvalue())
    assert found.document["sections"][-1]["condition"] == {"==": [{"answer": "z_one"}, "b"]}
