"""A questionnaire goes out as JSON and comes in again, without trust."""

import json
from pathlib import Path

import pytest

from consultation.survey import exchange, schema
from consultation.survey.questionnaire import compile_document, written_from

SURVEY = json.loads(Path("cms/demo/survey.json").read_text())


def test_out_and_in_is_the_same_document():
    assert exchange.from_json(exchange.to_json(SURVEY)) == SURVEY


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no", "not JSON"),
        (b"[1]", "one questionnaire"),
        (b'{"format": 2}', "format 1"),
        (b" " * (exchange.MOST_BYTES + 1), "4 MiB"),
        (b'{"format": 1, "kind": "survey", "languages": 3}', "wrong shape"),
        (b'{"format": NaN}', "not JSON"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_what_can_not_be_taken_in_is_said_plainly(data, words):
    with pytest.raises(exchange.ExchangeError, match=words):
        exchange.from_json(data)


@pytest.mark.parametrize("name", ["call", "survey"])
def test_the_demonstration_follows_the_schema(name):
    document = json.loads(Path(f"cms/demo/{name}.json").read_text())
    assert schema.schema_problems(document) == []


def test_a_break_of_the_schema_names_its_place():
    document = json.loads(json.dumps(SURVEY))
    document["sections"][0]["minutes"] = "two"
    assert schema.schema_problems(document)[0].startswith("At sections/0/minutes: ")


def test_the_schema_in_the_docs_is_the_same():
    assert schema.SCHEMA.read_bytes() == Path("docs/definition.schema.json").read_bytes()


def changed(change):
    document = json.loads(json.dumps(SURVEY))
    change(document)
    return json.dumps(document).encode()


def _first(document):
    return document["sections"][0]["questions"][0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(kind="call"), "a call for testimony"),
        (lambda d: d.update(extra=1), "extra"),
        (lambda d: _first(d).update(key="Not A Key"), "“Not A Key”"),
        (lambda d: d["sections"].append(d["sections"][0]), "Two of the same page"),
        (lambda d: _first(d)["options"][0].update(code="1"), "another: “1”"),
        (lambda d: _first(d)["options"].append(_first(d)["options"][0]), "Two of the same answer"),
        (lambda d: _first(d).update(condition={"and": [{"never": []}]}), "wrong shape"),
        (lambda d: d.update(languages=["English"]), "codes, such as en"),
        (lambda d: d.update(languages=[]), "codes, such as en"),
        (lambda d: d.update(languages=[f"{a}{b}" for a in "abcde" for b in "abcde"]), "languages"),
        (lambda d: d["title"].update(en="x" * 121), "120 letters"),
        (lambda d: d["title"].update(en="a\x00b"), "can’t be kept"),
        (lambda d: d["title"].update(en="a\ud800b"), "can’t be kept"),
        (lambda d: _first(d).update(options=[
            {"code": f"a{n}", "label": {"en": "x"}} for n in range(10_000)]), "500 answers"),
        (lambda d: d.update(sections=[{"key": "a", "title": {}, "questions": [
            {"key": f"q{n}", "type": "number", "label": {}} for n in range(1001)]}]), "1,000"),
    ],
)  # fmt: skip
def test_what_a_draft_can_not_hold_is_refused_with_its_reason(change, words):
    with pytest.raises(exchange.ExchangeError, match=words):
        exchange.from_json(changed(change))


def test_a_name_that_stands_twice_is_never_silently_the_last():
    with pytest.raises(exchange.ExchangeError, match="“kind” stands twice"):
        exchange.from_json(b'{"format": 1, "kind": "survey", "kind": "call"}')


def test_a_draft_half_written_goes_out_and_in_the_same():
    written = written_from(SURVEY | {"languages": ["en", "fr", "ar"]})
    draft = compile_document(written, version="0.0")
    assert draft["title"]["ar"] == ""
    assert exchange.from_json(exchange.to_json(draft)) == draft


def test_what_the_editor_has_no_place_for_is_named_with_its_place():
    document = json.loads(json.dumps(SURVEY))
    assert exchange.not_kept(document) == []
    _first(document)["minimum"] = 3
    assert exchange.not_kept(document) == ["sections/0/questions/0/minimum"]


@pytest.mark.parametrize(
    ("part", "name", "value", "fits"),
    [
        ("", "duty", None, True),
        ("", "sections", [], True),
        ("", "sections", [{"key": 3}], False),
        ("section", "note", {"en": ""}, True),
        ("question", "picks", 2, True),
        ("question", "picks", "2", False),
        ("question", "condition", {"==": [{"answer": "a"}, "b"]}, True),
        ("question", "condition", {"eval": ["1"]}, False),
        ("question", "invented", 1, False),
        ("elsewhere", "key", "a", False),
    ],
)
def test_a_field_has_the_shape_that_the_schema_gives_it(part, name, value, fits):
    assert schema.fits_field(part, name, value) == fits
