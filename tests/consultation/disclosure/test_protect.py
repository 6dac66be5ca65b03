from __future__ import annotations

import os

import pytest

from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import ANSWERED, Policy
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
