"""A questionnaire goes out as JSON and comes in again, without trust."""

import json
from pathlib import Path

import pytest

from consultation.survey import exchange, schema

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
