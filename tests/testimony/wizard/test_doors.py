"""A door's written address is the one its room's routes lead to."""

from __future__ import annotations

import pytest
from django.urls import reverse

from testimony.wizard import journeys
from tests.factories import Consultation


@pytest.mark.parametrize(("name", "route"), [("call", "intake"), ("survey", "survey")])
def test_the_address_of_a_door_is_where_its_route_leads(
    consultation: Consultation, name: str, route: str
) -> None:
    door = getattr(consultation, name)
    assert door.address_in("fr") == reverse(f"{route}:journey", args=[door.public_id, "fr"])
    assert journeys.find_door(door.public_id) == door
