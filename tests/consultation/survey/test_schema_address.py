"""The JSON Schema of definitions stands at an address that anybody may keep a copy of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from jsonschema import Draft202012Validator

from consultation.survey import exchange
from tests.factories import document, team_client, user

ADDRESS = "/schemas/definition-1.json"


@pytest.fixture
def answer() -> Any:
    return Client().get(ADDRESS)


def test_the_schema_is_served_as_it_stands_in_the_docs(answer: Any) -> None:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/schema+json"
    assert answer.content == Path("docs/definition.schema.json").read_bytes()


def test_the_schema_names_the_address_it_stands_at(answer: Any) -> None:
    assert reverse("definition_schema") == ADDRESS == exchange.SCHEMA_ADDRESS
    schema = json.loads(answer.content)
    assert schema["$id"] == ADDRESS
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(document("survey"))) == []


def test_a_questionnaire_taken_out_as_a_file_names_its_schema() -> None:
    taken_out = json.loads(exchange.to_json(document("survey")))
    assert taken_out["$schema"] == ADDRESS


def test_anybody_may_keep_it_and_no_cookie_comes_with_it(answer: Any) -> None:
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert "Cookie" not in answer.get("Vary", "")
    assert not answer.cookies


def test_a_member_of_the_team_gets_the_same_without_a_cookie(db: None) -> None:
    client = team_client(user("an editor"), "Editors")
    answer = client.get(ADDRESS)
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert "Cookie" not in answer.get("Vary", "")
    assert not answer.cookies


def test_whoever_has_it_already_is_told_so(answer: Any) -> None:
    again = Client().get(ADDRESS, headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_can_be_sent_to_it() -> None:
    assert Client().post(ADDRESS).status_code == 405


def test_it_asks_no_database(answer: Any, django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        assert Client().get(ADDRESS).status_code == 200
