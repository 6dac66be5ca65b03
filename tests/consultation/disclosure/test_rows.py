from __future__ import annotations

import pytest

from consultation.disclosure.rows import Rows, count_rows
from consultation.disclosure.tables import MISSING, NOT_ASKED, Variable
from tests.consultation.disclosure.samples import SAFE, SETTING

WANTS = Variable("wants", ("a", "b"), is_multiple=True)
PEOPLE = [
    {"safe": "yes", "setting": "street", "wants": ["a"]},
    {"safe": "yes", "setting": "", "wants": ["a", "b"]},
    {"setting": "online", "wants": []},
    {"safe": "nonsense", "setting": "online"},
]


def test_everybody_is_counted_those_who_skipped_or_were_not_asked_too() -> None:
    assert dict(count_rows((SAFE, SETTING), PEOPLE).counts) == {
        ("yes", "street"): 1,
        ("yes", MISSING): 1,
        (NOT_ASKED, "online"): 1,
        (MISSING, "online"): 1,
    }


def test_each_option_is_ticked_or_not_over_the_same_base() -> None:
    table = count_rows((WANTS,), PEOPLE)
    assert dict(table.counts) == {
        ("a",): 2, ("b",): 1, ("(not) b",): 1, (MISSING,): 1, (NOT_ASKED,): 1,
    }  # fmt: skip
    assert table.participants == 4


def test_two_halves_are_counted_like_the_whole() -> None:
    crossed = [(SAFE,), (WANTS, SETTING)]
    whole, one, other = Rows(crossed), Rows(crossed), Rows(crossed)
    for number, person in enumerate(PEOPLE):
        whole.add(person)
        (one if number % 2 else other).add(person)
    assert (one + other).tables() == whole.tables()
    with pytest.raises(ValueError, match="different"):
        one + Rows([(SAFE,)])


def test_headlines_and_empty_places_are_named_by_the_questions() -> None:
    counted = Rows([(SAFE,), (SAFE, SETTING)])
    nobody = frozenset({("no", "online")})
    plain, crossed = counted.tables(
        headlines=frozenset({"safe"}), zeros={("safe", "setting"): nobody}
    )
    assert (plain.is_headline, plain.zeros) == (True, frozenset())
    assert crossed.zeros == nobody
