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

from consultation.survey.xlsform import reading
from consultation.survey.xlsform.writing import write_workbook
from tests.consultation.survey.workbooks import book, row

SURVEY = json.loads(Path("cms/demo/survey.json").read_text())


def read(*rows):
    return reading.read_workbook(book(*rows))


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
    [row(kind, "a") for kind in ("time", "acknowledge", "calculate", "image", "geopoint", "odd")]
    + [row("select_one yn", "a", choice_filter="x = 1"), row("select_one nowhere", "a")],
)
def test_what_we_do_not_keep_is_refused_in_its_row(line):
    assert read(row("text", "b"), line).problems[0].row == 3


@pytest.mark.parametrize("kind", ["start", "end", "today", "deviceid", "username", "audit"])
def test_what_would_record_a_person_is_left_out_with_its_reason(kind):
    found = read(row(kind, "s"), row("text", "b"))
    assert "would store a time, a device or a name" in found.problems[0].sentence
    assert [q["key"] for q in questions(found)] == ["b"]


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
    assert "not an XLSX" in reading.read_workbook(b"PK no").problems[0].sentence
    assert "2 MiB" in reading.read_workbook(b"x" * 2**21 + b"x").problems[0].sentence


def test_the_demonstration_goes_out_and_in_the_same_and_pyxform_takes_it():
    data = write_workbook(SURVEY)
    assert reading.read_workbook(data).document == SURVEY
    assert convert(io.BytesIO(data), file_type=".xlsx", validate=False).warnings == []


def test_a_letter_that_no_cell_holds_leaves_no_reference_behind():
    document = copy.deepcopy(SURVEY)
    document["title"] = dict.fromkeys(document["languages"], "$\x01{x")
    data = write_workbook(document)
    assert convert(io.BytesIO(data), file_type=".xlsx", validate=False).warnings == []
    assert reading.read_workbook(data).document == document


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
    assert reading.read_workbook(write_workbook(document)).document == document


def two_hundred_questions():
    """200 questions on 20 pages in three languages, a third of them with a condition."""
    languages = ("en", "fr", "ar")
    kinds = ("single_choice", "multiple_choice", "short_text", "number", "ranking")
    sections = []
    for page in range(20):
        questions = []
        for number in range(10):
            kind = kinds[number % 5]
            said = {code: f"Question {page}, {number} in {code}" for code in languages}
            rule = {"==": [{"answer": f"q{page - 1}_0"}, "a"]} if page and number < 4 else None
            codes = ("a", "b", "c", "d") if kind in kinds[:2] or kind == "ranking" else ()
            questions.append(
                {
                    "key": f"q{page}_{number}", "type": kind, "label": said, "hint": said,
                    "options": [{"code": code, "label": said, "exclusive": False}
                                for code in codes],
                    "required": False, "condition": rule, "sensitivity": "opinion",
                    "headline": False, "permission": None, "max_length": None, "minimum": None,
                    "maximum": None,
                }
            )  # fmt: skip
        sections.append(
            {"key": f"p{page}", "title": said, "note": None, "minutes": 1, "condition": None,
             "questions": questions}
        )  # fmt: skip
    return SURVEY | {
        "languages": list(languages), "title": said, "introduction": said, "sections": sections,
        "support": [],
    }  # fmt: skip


def test_two_hundred_questions_in_three_languages_take_little_time():
    document = two_hundred_questions()
    began = time.process_time()
    data = write_workbook(document)
    written = time.process_time()
    found = reading.read_workbook(data)
    read_back = time.process_time()
    assert found.document == document
    assert written - began < 3  # 0.34 s on a quiet core
    assert read_back - written < 2  # 0.20 s


def test_twice_the_questions_take_no_more_than_thrice_the_time():
    def seconds(count):
        data = book(*(row("select_one help", f"q{number}", "${q0} = 'union'" if number else "")
                      for number in range(count)))  # fmt: skip
        began = time.process_time()
        assert len(questions(reading.read_workbook(data))) == count
        return time.process_time() - began

    seconds(50)
    assert min(seconds(800) for _ in range(3)) < 3 * min(seconds(400) for _ in range(3))


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
    assert reading.read_workbook(data).document == document
    assert reading.read_workbook(data).problems == ()
    assert convert(io.BytesIO(data), file_type=".xlsx", validate=False).warnings == []


def test_a_change_in_the_other_sheets_wins_over_the_extras():
    made = load_workbook(io.BytesIO(write_workbook(every_type())))
    heads = [cell.value for cell in made["survey"][1]]
    for line in made["survey"].iter_rows():
        if line[heads.index("name")].value == "after":
            line[heads.index("relevant")].value = "${z_one} = 'b'"
    held = io.BytesIO()
    made.save(held)
    found = reading.read_workbook(held.getvalue())
    assert found.document["sections"][-1]["condition"] == {"==": [{"answer": "z_one"}, "b"]}


def with_extras(*rows):
    """A small workbook of ours with these rows in our own sheet."""
    made = load_workbook(io.BytesIO(book(row("text", "a"))))
    sheet = made.create_sheet(reading.EXTRAS)
    for line in (("key", "field", "value", "was"), *rows):
        sheet.append(line)
    held = io.BytesIO()
    made.save(held)
    return reading.read_workbook(held.getvalue())


NOTHING = reading.mark(None)


def test_our_own_sheet_says_what_the_others_can_not():
    found = with_extras(("question a", "prefer_not", "true", NOTHING))
    assert questions(found)[0]["prefer_not"] is True
    assert found.problems == ()


@pytest.mark.parametrize(
    "line",
    [
        ("question a", "prefer_not", '"yes"', NOTHING),
        ("question a", "invented", "1", NOTHING),
        ("question a", "condition", '{"eval": []}', NOTHING),
        ("question a", "condition", "{", NOTHING),
        ("question a", "condition", "[" * 20_000, NOTHING),
        ("", "sections", "[3]", "x"),
        ("question nobody", "prefer_not", "true", NOTHING),
    ],
)
def test_a_row_of_our_own_sheet_that_says_nonsense_changes_nothing(line):
    found = with_extras(line)
    assert found.problems or found.warnings
    assert questions(found) == questions(with_extras())


def cells(data, sheet, column):
    made = load_workbook(io.BytesIO(data))[sheet]
    heads = [cell.value for cell in made[1]]
    return [line[heads.index(column)].value for line in made.iter_rows(min_row=2)]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("it's", '${z_words} = "it\'s"'),
        ('say "no"', "${z_words} = 'say \"no\"'"),
        ("'\"", """${z_words} = concat('', "'", '"')"""),
    ],
)
def test_quotes_in_a_value_go_out_as_xpath_writes_them_and_come_back(value, written):
    document = every_type()
    document["sections"][-2]["questions"].append(
        {**document["sections"][-1]["questions"][0], "key": "z_words"}
    )
    rule = {"==": [{"answer": "z_words"}, value]}
    document["sections"][-1]["condition"] = rule
    data = write_workbook(document)
    assert written in cells(data, "survey", "relevant")
    assert reading.read_workbook(data).document == document
    assert convert(io.BytesIO(data), file_type=".xlsx", validate=False).warnings == []


def test_a_rule_that_other_tools_know_in_part_only_says_so_in_our_sheet():
    document = every_type()
    document["sections"][-1]["condition"] = {
        "and": [{"==": [{"language": []}, "fr"]}, {"==": [{"answer": "z_one"}, "a"]}]
    }
    data = write_workbook(document)
    assert "${z_one} = 'a'" in cells(data, "survey", "relevant")
    said = [about for about in cells(data, reading.EXTRAS, "about") if about]
    assert said == ["Other tools know a part of this rule only: they ask more people."]


def test_nothing_in_a_workbook_of_ours_is_a_formula():
    document = every_type()
    document["sections"][0]["title"] = dict.fromkeys(document["languages"], "=1+1")
    made = load_workbook(io.BytesIO(write_workbook(document)))
    kinds = {cell.data_type for sheet in made for line in sheet.iter_rows() for cell in line}
    assert kinds <= {"s", "n"}


def test_a_page_named_as_a_question_has_another_name_in_the_workbook():
    document = every_type()
    document["sections"][-2]["key"] = "z_one"
    data = write_workbook(document)
    names = [name for name in cells(data, "survey", "name") if name]
    assert len(names) == len(set(names))
    assert reading.read_workbook(data).document == document
    assert convert(io.BytesIO(data), file_type=".xlsx", validate=False).warnings == []
