"""A door's written address is the one its room's routes lead to."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from testimony.wizard import journeys
from testimony.wizard.forms import section_form
from tests.factories import Consultation


@pytest.mark.parametrize(("name", "route"), [("call", "intake"), ("survey", "survey")])
def test_the_address_of_a_door_is_where_its_route_leads(
    consultation: Consultation, name: str, route: str
) -> None:
    door = getattr(consultation, name)
    assert door.address_in("fr") == reverse(f"{route}:journey", args=[door.public_id, "fr"])
    assert journeys.find_door(door.public_id) == door


@pytest.mark.parametrize("name", ["call", "survey"])
def test_the_journey_found_at_an_address_is_the_doors_own(
    consultation: Consultation, name: str
) -> None:
    door = getattr(consultation, name)
    door.journey()
    with CaptureQueriesContext(connection) as queries:
        found = type(door).journey_at(door.public_id)
    assert found == door.journey()
    assert found.address_in("fr") == door.address_in("fr")
    assert len(queries) == 1


def test_a_door_that_was_closed_is_found_closed_at_once(consultation: Consultation) -> None:
    door = consultation.survey
    before = type(door).journey_at(door.public_id)
    assert before is not None
    assert before.is_open
    door.close()
    after = type(door).journey_at(door.public_id)
    assert after is not None
    assert not after.is_open


def test_nothing_is_found_where_there_is_no_door(consultation: Consultation) -> None:
    assert type(consultation.call).journey_at(consultation.survey.public_id) is None
    assert type(consultation.call).journey_at("' OR '1'='1") is None


def test_two_forms_of_one_page_hold_nothing_of_each_other(consultation: Consultation) -> None:
    definition = consultation.survey.journey().definition
    section = next(one for one in definition.sections if one.takes_text)
    text = next(question for question in section.questions if question.is_free_text)
    page = section_form(definition, section, "en")
    mine = page({f"q-{text.key}": "my words"}, prefix="q", answers={})
    other = page({}, prefix="q", answers={})
    assert mine.is_valid()
    assert other.is_valid()
    assert mine.cleaned_answers()[text.key] == "my words"
    assert text.key not in other.cleaned_answers()
    assert "my words" not in {view.value for view in other.views(checked=True)}
