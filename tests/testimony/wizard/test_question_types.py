"""Rankings, months, grids and the way out: asked, checked, kept and shown back."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.template.loader import render_to_string

from testimony.wizard import definition as definitions
from testimony.wizard import forms as pages
from testimony.wizard import routing
from testimony.wizard.definition import DECLINED, Definition, DefinitionError, is_declined
from testimony.wizard.differences import differences
from testimony.wizard.records import record_payload
from testimony.wizard.routing import Circumstances
from testimony.wizard.storage import as_posted

HERE = Circumstances(language="en", channel="web")


def _text(words: str) -> dict[str, str]:
    return {"en": words}


def _question(key: str, kind: str, codes: str = "", **more: Any) -> dict[str, Any]:
    options = [{"code": code, "label": _text(code.title())} for code in codes.split()]
    return {"key": key, "type": kind, "label": _text(f"About {key}"), "options": options, **more}


def _document(*questions: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": 1,
        "kind": "survey",
        "key": "types",
        "version": "1.0",
        "languages": ["en"],
        "title": _text("Types"),
        "introduction": _text("All of them."),
        "sections": [{"key": "page", "title": _text("Page"), "questions": list(questions)}],
    }


GRID = {"key": "g", "label": _text("How safe is each of these?")}
WORDS = {"key": "words", "type": "consent", "label": _text("Keep"), "permission": "words"}
DOCUMENT = _document(
    WORDS | {"options": [{"code": c, "label": _text(c)} for c in ("discard", "quote")]},
    _question("order", "ranking", "pay peace police rest", picks=3, prefer_not=True),
    _question("when", "month", minimum=1990, maximum=2026, prefer_not=True),
    _question("street", "scale", "low high", grid=GRID),
    _question("flat", "scale", "low high", grid=GRID, merge=[["low", "high"]]),
    _question("tell", "long_text", prefer_not=True),
    _question("age", "number", prefer_not=True, minimum=18),
)
TYPES = definitions.parse(DOCUMENT)
CONSENT = {"q-words": "quote"}


def _form(posted: Mapping[str, str] | None = None, **answers: Any) -> pages.SectionForm:
    kind = pages.section_form(TYPES, TYPES.sections[0], "en")
    data = None if posted is None else CONSENT | dict(posted)
    return kind(data=data, prefix=pages.PREFIX, answers=answers, about=HERE)


def _html(form: pages.SectionForm, *, checked: bool) -> str:
    return "".join(
        render_to_string("components/field.html", {"field": view})
        for view in form.views(checked=checked)
    )


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        ({"q-order-1": "pay", "q-order-3": "rest"}, {"order": ["pay", "rest"]}),
        ({"q-when-year": "2020", "q-when-month": "05"}, {"when": "2020-05"}),
        ({"q-when-year": "2020"}, {"when": "2020"}),
        ({"q-when-none": "yes"}, {"when": dict(DECLINED)}),
        ({"q-order-none": "yes"}, {"order": dict(DECLINED)}),
        ({"q-tell-none": "yes", "q-tell": " "}, {"tell": dict(DECLINED)}),
        ({"q-age-none": "yes"}, {"age": dict(DECLINED)}),
        ({"q-age": "30", "q-tell": "So"}, {"age": 30, "tell": "So"}),
        ({}, {}),
    ],
)
def test_what_is_posted_becomes_the_answer(posted: Any, expected: Any) -> None:
    form = _form(posted)
    assert form.is_valid(), form.errors
    assert form.cleaned_answers() == {"words": "quote"} | expected


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"q-order-1": "pay", "q-order-2": "pay"}, "same answer for two places"),
        ({"q-order-1": "gold"}, "not one of ours"),
        ({"q-when-month": "05"}, "a month without a year"),
        ({"q-when-year": "1970"}, "not one of ours"),
        ({"q-when-year": "2020", "q-when-month": "13"}, "not one of ours"),
        ({"q-when-year": "2020", "q-when-none": "yes"}, "one or the other"),
        ({"q-order-2": "rest", "q-order-none": "yes"}, "one or the other"),
        ({"q-tell": "So", "q-tell-none": "yes"}, "one or the other"),
        ({"q-age": "30", "q-age-none": "yes"}, "one or the other"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(posted: Any, sentence: str) -> None:
    form = _form(posted)
    assert not form.is_valid()
    html = _html(form, checked=True)
    assert sentence in html
    [link] = pages.error_links(list(form.views(checked=True)))
    assert f'id="{link.target}"' in html
    for value in posted.values():
        assert (
            not re.fullmatch(r"pay|rest|2020|05|yes", value)
            or re.search(rf'value="{value}" (selected|checked|aria-describedby)', html)
            or f'value="{value}" selected' in html
        )
    assert "So" not in posted.values() or "\nSo</textarea>" in html


@pytest.mark.parametrize(
    "answers",
    [
        {"order": ["rest", "pay"], "when": "2001-12", "age": 44, "tell": "1999"},
        {"when": "2001", "street": "low", "flat": "high"},
        {key: dict(DECLINED) for key in ("order", "when", "tell", "age")},
    ],
)
def test_kept_answers_go_round_through_a_form(answers: dict[str, Any]) -> None:
    form = pages.section_form(TYPES, TYPES.sections[0], "en")(
        data=as_posted({"words": "quote"} | answers), prefix="q", answers={}, about=HERE
    )
    assert form.is_valid(), form.errors
    assert form.cleaned_answers() == {"words": "quote"} | answers


def test_kept_answers_stand_in_the_fields_again() -> None:
    html = _html(_form(order=["rest"], when="2001", tell=dict(DECLINED)), checked=False)
    assert '<option value="rest" selected>' in html
    assert '<option value="2001" selected>' in html
    assert re.search(r'name="q-tell-none"[^>]* checked', html)
    assert "prefer_not" not in html


def test_every_control_is_labelled_and_every_id_is_used_once() -> None:
    html = _html(_form(), checked=False)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for found in re.findall(r'<select[^>]* id="([^"]+)"', html):
        assert f'<label for="{found}">' in html
    for found in re.findall(r'aria-describedby="([^"]+)"', html):
        assert set(found.split()) <= set(ids)


def test_rows_of_a_grid_stand_under_one_heading() -> None:
    html = _html(_form(), checked=False)
    assert html.count("How safe is each of these?") == 1
    assert html.index("How safe is each of these?</h2>") < html.index("About street</legend>")


def test_every_posted_name_is_known_so_that_it_can_be_kept() -> None:
    form = _form()
    html = _html(form, checked=False)
    known = {name for question in TYPES.questions() for name in pages.names_of(question)}
    assert set(re.findall(r' name="([^"]+)"', html)) <= known


def test_answers_are_shown_back_in_words() -> None:
    words = {
        "order": ["rest", "pay"],
        "when": "2001-12",
        "tell": dict(DECLINED),
    }
    rows = pages.review(TYPES, words, "en", HERE)[0].rows
    said = {row.label: row.answers for row in rows}
    assert said["About order"] == ("1. Rest", "2. Pay")
    assert said["About when"] == ("December 2001",)
    assert said["About tell"] == ("I would rather not say",)
    assert "How safe is each of these? · About flat" in said


def test_only_free_text_is_left_out_when_words_are_not_to_be_kept() -> None:
    def kept(**answers: Any) -> Any:
        return record_payload(TYPES, {"words": "discard"} | answers, language="en")["answers"]

    assert kept(order=["pay"], when="2001") == {"order": ["pay"], "when": "2001"}
    assert kept(tell=dict(DECLINED)) == {"tell": dict(DECLINED)}
    assert kept(tell="So") == {}


@pytest.mark.parametrize("operator", ["==", "!=", "in", "any-in", "all-in", "<", ">="])
def test_a_rule_never_depends_on_what_a_person_would_rather_not_say(operator: str) -> None:
    rule = {operator: [{"answer": "age"}, ["prefer_not"]]}
    assert not routing.holds(rule, {"age": dict(DECLINED)}, HERE)


def test_counting_what_is_no_list_makes_a_comparison_false() -> None:
    assert not routing.holds({">=": [{"count": {"answer": "age"}}, 0]}, {"age": 30}, HERE)


def test_declined_is_not_blank() -> None:
    assert is_declined(dict(DECLINED))
    assert not any(map(is_declined, (None, "", [], {}, "prefer_not", {"prefer_not": False})))


ORDER, WHEN, STREET, FLAT, TELL = 1, 2, 3, 4, 5


def _with(number: int, **changes: Any) -> dict[str, Any]:
    other = copy.deepcopy(DOCUMENT)
    other["sections"][0]["questions"][number].update(changes)
    return other


@pytest.mark.parametrize(
    ("number", "changes", "sentence"),
    [
        (ORDER, {"picks": 0}, "1 to 4 places"),
        (ORDER, {"picks": 6}, "1 to 4 places"),
        (ORDER, {"options": []}, "at least two options"),
        (WHEN, {"minimum": None}, "first and the last year"),
        (WHEN, {"minimum": 2027}, "after its last year"),
        (WHEN, {"minimum": 1800}, "more than 130 years"),
        (WHEN, {"picks": 2}, "not a ranking"),
        (STREET, {"prefer_not": True}, "way out"),
        (STREET, {"type": "yes_no"}, "row of a grid"),
        (STREET, {"grid": {"key": "g"}}, "label of the grid is missing"),
        (STREET, {"grid": GRID | {"label": _text("Else?")}}, "in other words"),
        (STREET, {"merge": [["low", "middle"]]}, "middle"),
        (STREET, {"merge": [["low"]]}, "fewer than two"),
        (TELL, {"merge": [["low", "high"]]}, "put together"),
        (TELL, {"grid": GRID}, "row of a grid"),
        (TELL, {"key": "when-year"}, "has taken"),
    ],
)
def test_a_wrong_question_is_refused_with_the_reason(
    number: int, changes: Any, sentence: str
) -> None:
    with pytest.raises(DefinitionError, match=sentence):
        definitions.parse(_with(number, **changes))


def test_rows_of_a_grid_stand_together_with_the_same_answers() -> None:
    other = copy.deepcopy(DOCUMENT)
    questions = other["sections"][0]["questions"]
    questions.append(questions.pop(FLAT))
    with pytest.raises(DefinitionError, match="stands apart"):
        definitions.parse(other)
    options = [{"code": code, "label": _text(code)} for code in ("a", "b")]
    with pytest.raises(DefinitionError, match="other answers"):
        definitions.parse(_with(FLAT, options=options, merge=None))


RULE = {"==": [{"language": []}, "en"]}


@pytest.mark.parametrize(
    ("number", "changes", "is_major"),
    [
        (ORDER, {"picks": 2}, True),
        (ORDER, {"prefer_not": False}, True),
        (ORDER, {"condition": RULE}, True),
        (STREET, {"grid": None}, True),
        (FLAT, {"merge": None}, False),
    ],
)
def test_a_change_is_reported_with_its_weight(number: int, changes: Any, is_major: bool) -> None:
    [found] = differences(TYPES, definitions.parse(_with(number, **changes)))
    assert found.is_major is is_major


@pytest.mark.parametrize(
    ("changes", "is_major"), [({"condition": RULE}, True), ({"support": True}, False)]
)
def test_a_change_of_a_page_is_reported(changes: Any, is_major: bool) -> None:
    other = copy.deepcopy(DOCUMENT)
    other["sections"][0].update(changes)
    new: Definition = definitions.parse(other)
    [found] = differences(TYPES, new)
    assert found.is_major is is_major
