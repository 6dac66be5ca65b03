"""Forms built as people build them elsewhere come in as far as they can, and say what can't."""

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from consultation.survey import actions, exchange
from consultation.survey.questionnaire import compile_document, written_from
from consultation.survey.xlsform import reading
from tests.consultation.survey.forms_elsewhere import FORMS, PYXFORM_REFUSES, made
from tests.consultation.survey.outlines import outline

EXPECTED = Path(__file__).with_name("forms")


def read(survey, *rest, **more):
    return reading.read_workbook(made(survey, *rest, **more))


@pytest.mark.parametrize("name", FORMS)
def test_exactly_this_comes_out(name):
    assert outline(reading.read_workbook(FORMS[name]())) == (EXPECTED / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", FORMS)
def test_it_is_a_real_form_because_pyxform_takes_it(name):
    held = io.BytesIO(FORMS[name]())
    if name in PYXFORM_REFUSES:
        with pytest.raises(PyXFormError):
            convert(held, file_type=".xlsx", validate=False)
    else:
        assert convert(held, file_type=".xlsx", validate=False).xform


@pytest.mark.parametrize("name", FORMS)
def test_every_place_that_is_named_stands_in_the_workbook(name):
    data = FORMS[name]()
    found = reading.read_workbook(data)
    book = load_workbook(io.BytesIO(data))
    for note in (*found.problems, *found.warnings):
        sheet = book[note.sheet]
        if note.row:
            assert any(cell.value is not None for cell in sheet[note.row]), note
            assert note.column, note


@pytest.mark.parametrize("name", FORMS)
def test_the_editor_keeps_all_that_came_out(name):
    document = reading.read_workbook(FORMS[name]()).document
    exchange.check_can_be_kept(document)
    assert exchange.not_kept(document) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", FORMS)
def test_the_draft_made_of_it_asks_the_same(name):
    document = reading.read_workbook(FORMS[name]()).document
    made = actions.bring_in_questionnaire(document=document | {"key": ""})
    kept = made.document(version=document["version"])
    whole = compile_document(written_from(document), version=document["version"])
    assert kept["sections"] == whole["sections"]


SURVEY_HEAD = ["type", "name", "label", "relevant", "appearance", "required", "disabled"]
YES_NO = [["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"],
          ["one", "only", "Only"], ["num", 1, "1"], ["num", 2, "2"]]  # fmt: skip


def questions(found):
    return [q for section in found.document["sections"] for q in section["questions"]]


def places(notes):
    return [(note.sheet, note.row, note.column) for note in notes]


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([[None, "a", "A row without a type"]], ("survey", 2, "type")),
        ([["end group"]], ("survey", 2, "type")),
        ([["begin group", "g", "G"], ["text", "a", "A"]], ("survey", 2, "type")),
        ([["begin repeat", "g", "G"], ["text", "a", "A"]], ("survey", 2, "type")),
        ([["text", "a"]], ("survey", 2, "label")),
        ([["text", "a", "A"], ["text", "a", "B"]], ("survey", 3, "name")),
        ([["select_one one", "a", "A"]], ("survey", 2, "type")),
        ([["select_one nowhere", "a", "A"]], ("survey", 2, "type")),
        ([["select_one", "a", "A"]], ("survey", 2, "type")),
        ([["select_one ${a}", "b", "B"]], ("survey", 2, "type")),
        ([["text", "a", "A", None, None, None, "yes"]], ("survey", 2, "disabled")),
        ([["range", "a", "A"], ["text", "b", "B", "${a} > 'x'"]], ("survey", 3, "relevant")),
        ([["text", "b", "B", "${b} = 'x'"]], ("survey", 2, "relevant")),
        ([["select_one yn", "a", "A"], ["text", "b", "B", "${a} = 'Yes'"]],
         ("survey", 3, "relevant")),
        ([["text", "b", "B", None, None, "${a} = 1"]], ("survey", 2, "required")),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_told_at_its_place(rows, place):
    found = read([SURVEY_HEAD, ["text", "before", "Before"], *rows], YES_NO)
    shifted = (place[0], place[1] + 1, place[2])
    assert shifted in places(found.problems)


def test_a_group_with_two_lists_becomes_two_tables():
    found = read(
        [SURVEY_HEAD, ["begin group", "g", "G", None, "table-list"],
         ["select_one yn", "a", "A"], ["select_one num", "b", "B"], ["select_one num", "c", "C"],
         ["end group"]],
        YES_NO,
    )  # fmt: skip
    assert [question["grid"]["key"] for question in questions(found)] == ["g", "g_2", "g_2"]
    assert found.problems == ()


def test_rows_under_another_condition_or_duty_stand_in_a_table_of_their_own():
    found = read(
        [SURVEY_HEAD, ["select_one yn", "first", "First"],
         ["begin group", "g", "G", None, "table-list"],
         ["select_one yn", "a", "A"], ["select_one yn", "b", "B", "${first} = 'yes'"],
         ["select_one yn", "c", "C", None, None, "yes"], ["end group"]],
        YES_NO,
    )  # fmt: skip
    keys = [question["grid"]["key"] for question in questions(found)[1:]]
    assert len(set(keys)) == 3
    exchange.check_can_be_kept(found.document)
    assert exchange.not_kept(found.document) == []


def test_a_row_that_looks_at_another_row_goes_to_a_page_and_table_of_its_own():
    found = read(
        [SURVEY_HEAD, ["begin group", "g", "G", None, "table-list"], ["select_one yn", "a", "A"],
         ["select_one yn", "b", "B", "${a} = 'yes'"], ["end group"]],
        YES_NO,
    )  # fmt: skip
    assert [len(section["questions"]) for section in found.document["sections"]] == [1, 1]
    assert len({question["grid"]["key"] for question in questions(found)}) == 2


def test_what_other_is_keeps_the_condition_of_its_page():
    found = read(
        [SURVEY_HEAD, ["select_one yn", "first", "First"],
         ["begin group", "g", "G", "${first} = 'yes'"], ["select_one num or_other", "a", "A"],
         ["end group"], ["begin group", "h", "H", "${first} = 'no'"], ["text", "b", "B"],
         ["end group"]],
        YES_NO,
    )  # fmt: skip
    sections = found.document["sections"]
    assert [q["key"] for q in sections[2]["questions"]] == ["a_other"]
    assert sections[2]["condition"] == sections[1]["condition"]
    assert sections[3]["condition"] == {"==": [{"answer": "first"}, "no"]}


def test_other_has_no_words_in_a_language_that_nobody_translated_it_into():
    found = read(
        [["type", "name", "label::English (en)", "label::Polski (pl)"],
         ["select_one num or_other", "a", "A", "A"]],
        [["list_name", "name", "label::English (en)", "label::Polski (pl)"],
         ["num", 1, "1", "1"], ["num", 2, "2", "2"]],
    )  # fmt: skip
    assert questions(found)[0]["options"][-1]["label"] == {"en": "Other", "pl": ""}


def test_a_language_without_a_code_is_named_and_left_out():
    found = read(
        [["type", "name", "label::English (en)", "label::Our village’s own"],
         ["text", "a", "A", "A"]]
    )  # fmt: skip
    assert found.document["languages"] == ["en"]
    assert places(found.problems) == [("survey", 1, "label::Our village’s own")]


@pytest.mark.parametrize(
    ("head", "code"),
    [("Tagalog (tl)", "tl"), ("العربية", "ar"), ("swahili", "sw"), ("FR", "fr"), ("fr-CA", "fr-ca"),
     ("Español (es-419)", "es"), ("Zh_Hans", "zh-hans")],
)  # fmt: skip
def test_languages_are_found_however_they_are_written(head, code):
    found = read([["type", "name", f"label::{head}"], ["text", "a", "A"]])
    assert found.problems == ()
    assert found.document["languages"] == ["en", code]


def test_words_without_a_language_are_in_the_one_that_was_said():
    data = made([["type", "name", "label"], ["text", "a", "Quoi?"]])
    document = reading.read_workbook(data, first_language="fr").document
    assert document["languages"] == ["fr"]
    assert document["sections"][0]["questions"][0]["label"] == {"fr": "Quoi?"}


def test_a_title_above_the_heads_is_passed_over():
    found = read([["All about offices"], [None], ["type", "name", "label"], ["text", "a", "A"]])
    assert found.problems == ()
    assert questions(found)[0]["key"] == "a"


def test_a_sheet_without_heads_and_columns_named_twice_are_told():
    assert places(read([["kind", "label"], ["text", "A"]]).problems)[0] == ("survey", 0, "")
    twice = read([["type", "name", "label", "label"], ["text", "a", "A", "B"]])
    assert places(twice.problems) == [("survey", 1, "label")]
    assert questions(twice)[0]["label"] == {"en": "A"}


def test_a_list_longer_than_we_take_is_told_once_and_cut():
    rows = [["big", f"a{number}", str(number)] for number in range(10_000)]
    found = read([SURVEY_HEAD, ["select_one big", "a", "A"]], [YES_NO[0], *rows])
    assert len(questions(found)[0]["options"]) == 500
    assert places(found.problems) == [("choices", 502, "list_name")]
    assert "10000 answers" in found.problems[0].sentence


def test_a_workbook_with_nothing_but_trouble_is_refused_whole():
    rows = [["start", f"s{number}"] for number in range(1100)]
    found = read([SURVEY_HEAD, ["text", "a", "A"], *rows])
    assert found.document is None
    assert "1,000" in found.problems[0].sentence


def test_conditions_nested_without_end_are_refused_in_their_row():
    deep = "(" * 3000 + "${a} = 'x'" + ")" * 3000
    found = read([SURVEY_HEAD, ["text", "a", "A"], ["text", "b", "B", deep]])
    assert places(found.problems) == [("survey", 3, "relevant")]


def test_the_outlines_are_of_forms_that_stand_here():
    assert {path.stem for path in EXPECTED.iterdir()} == set(FORMS)
    assert len(set(FORMS) - PYXFORM_REFUSES) >= 10
