"""Lanes: decided at the end, from what spoke for a person, and nobody is refused."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testimony.vault.models import Lane, Voucher
from testimony.wizard import arrival
from testimony.wizard.lanes import Room, Signs, lane_of


def _signs(**given: object) -> Signs:
    usual = {
        "voucher": None,
        "says_where_from": True,
        "fell_into_trap": False,
        "is_spoken_for": True,
    }
    return Signs(**{**usual, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "room", "lane"),
    [
        ({}, True, Lane.OPEN),
        ({}, False, Lane.FLOOD),
        ({"says_where_from": False}, True, Lane.FLOOD),
        ({"fell_into_trap": True}, True, Lane.FLOOD),
        ({"is_spoken_for": False}, True, Lane.FLOOD),
        ({"voucher": Voucher.Kind.CARD}, False, Lane.VOUCHER),
        ({"voucher": Voucher.Kind.CARD, "says_where_from": False}, False, Lane.VOUCHER),
        ({"voucher": Voucher.Kind.CARD, "is_spoken_for": False}, True, Lane.VOUCHER),
        ({"voucher": Voucher.Kind.ASSISTED}, False, Lane.ASSISTED),
    ],
)
def test_what_speaks_for_a_person_decides(given: dict[str, object], room: bool, lane: Lane) -> None:
    assert lane_of(_signs(**given), lambda: room) == lane


def test_what_is_held_apart_anyway_takes_no_room_from_others() -> None:
    def no_room_is_asked_for() -> bool:
        raise AssertionError

    assert lane_of(_signs(fell_into_trap=True), no_room_is_asked_for) == Lane.FLOOD
    assert lane_of(_signs(voucher=Voucher.Kind.CARD), no_room_is_asked_for) == Lane.VOUCHER


def test_room_runs_out_and_grows_again_with_time_but_never_beyond_its_size() -> None:
    now = [0.0]
    room = Room(3, 60, clock=lambda: now[0])
    assert [room.take() for _time in range(4)] == [True, True, True, False]
    now[0] += 59
    assert not room.take()
    now[0] += 1
    assert room.take()
    now[0] += 100_000
    assert [room.take() for _time in range(4)] == [True, True, True, False]


@given(
    st.lists(st.floats(min_value=0, max_value=5000), max_size=60),
    st.integers(min_value=1, max_value=20),
    st.integers(min_value=1, max_value=600),
)
def test_room_never_gives_more_than_it_has(pauses: list[float], at_once: int, an_hour: int) -> None:
    now = [0.0]
    room = Room(at_once, an_hour, clock=lambda: now[0])
    given_out = 0
    for pause in pauses:
        now[0] += pause
        given_out += room.take()
    assert given_out <= at_once + an_hour * now[0] / 3600 + 1e-6


def test_work_is_found_by_trying_and_can_not_be_moved_to_another_mark() -> None:
    mark, other = arrival.new_mark("door"), arrival.new_mark("door")
    assert mark != other
    number = next(n for n in map(str, itertools.count()) if arrival.is_worked_for(mark, n))
    assert not arrival.is_worked_for(other, number)


@given(st.text(max_size=40))
def test_no_text_passes_for_work_but_a_short_number(text: str) -> None:
    assert not arrival.is_worked_for("", text)
    if arrival.is_worked_for("mark", text):
        assert text.isascii()
        assert text.isdigit()
        assert len(text) <= 20


def test_a_mark_ripens_and_a_forged_one_never_does(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = arrival.new_mark("door")
    assert not arrival.is_ripe(mark)
    assert not arrival.is_ripe("forged")
    monkeypatch.setattr("testimony.vault.limits.RIPE_SECONDS", -1)
    assert arrival.is_ripe(mark)
    assert not arrival.is_ripe("forged")
