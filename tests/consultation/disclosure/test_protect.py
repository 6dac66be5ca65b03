from __future__ import annotations

import os

import pytest

from consultation.disclosure.cover import Coverer
from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import ANSWERED, Band, Policy
from tests.consultation.disclosure.oracle import Reader
from tests.consultation.disclosure.samples import WORKED, random_set

POLICY = Policy()
SETS = int(os.environ.get("DISCLOSURE_SETS", "100"))


def test_the_worked_example_hides_all_four_cells_and_keeps_the_totals() -> None:
    (table,) = protect([WORKED], policy=POLICY).tables
    assert [cell.mark for cell in table.cells] == ["[c]"] * 4
    assert {margin.place: margin.count for margin in table.margins} == {
        ("street", ANSWERED): 21,
        ("online", ANSWERED): 39,
        (ANSWERED, "yes"): 43,
        (ANSWERED, "no"): 17,
        (ANSWERED, ANSWERED): 60,
    }
    reader = Reader([table], 60)
    assert reader.range_of(reader.members(table, table.number("street", "no"))) == (0, 17)


@pytest.mark.parametrize("tenth", range(10))
def test_no_reader_can_pin_down_a_number_of_any_set_of_tables(tenth: int) -> None:
    for seed in range(tenth, SETS, 10):
        tables, people = random_set(seed)
        protected = protect(tables, policy=POLICY)
        if people < POLICY.min_base:
            assert {table.verdict for table in protected.tables} <= {"withheld"}
            continue
        reader = Reader(protected.tables, people)
        assert not reader.breaches(POLICY.k), seed
        assert not reader.remainders(POLICY.k), seed


def _found_in(seeds: range) -> list[str]:
    found: list[str] = []
    for seed in seeds:
        tables, people = random_set(seed)
        if people >= POLICY.min_base:
            reader = Reader(protect(tables, policy=POLICY).tables, people)
            found += reader.breaches(POLICY.k) + reader.remainders(POLICY.k)
    return found


def test_the_reader_finds_what_is_left_uncovered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Coverer, "_audit", lambda *_rest, **_named: [])
    monkeypatch.setattr(Coverer, "_cuts_of_rows", lambda _self: iter(()))
    assert _found_in(range(8))


def test_the_reader_finds_the_people_that_a_margin_leaves_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consultation.disclosure.spots._Reader._left_over", lambda *_rest: ())
    assert _found_in(range(12))


def test_a_statement_that_would_say_too_much_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "consultation.disclosure.spots.band_of", lambda count, k: Band(max(count - 2, 0), count)
    )
    assert not _found_in(range(8))
