"""What the analyst is told is made from what everybody may know."""

from __future__ import annotations

import pytest

from consultation.disclosure.explain import explain
from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import HIDDEN, Policy, Variable
from tests.consultation.disclosure.samples import (
    SETTING,
    WORKED,
    grid,
    random_set,
    small_cells,
)

POLICY = Policy()
TRUST = Variable("trust", ("high", "some", "none"))


def test_a_hidden_number_is_explained_by_the_total_it_would_come_out_of() -> None:
    protected = protect([grid({("high",): 30, ("some",): 27, ("none",): 3}, TRUST)], policy=POLICY)
    assert [(one.place, one.code, dict(one.parameters)) for one in protected.explanations] == [
        (("none",), "sum", {"total": "(answered)", "others": "some"}),
        (("some",), "sum", {"total": "(answered)", "others": "none"}),
    ]


def test_a_table_without_cells_is_explained_as_a_whole() -> None:
    (one, *_rest) = protect([WORKED], policy=POLICY).explanations
    assert (one.table, one.code) == (("setting", "safe"), "table")
    assert dict(one.parameters) == {"verdict": "margins", "reason": "small_count"}


def test_a_number_hidden_for_another_table_says_so() -> None:
    wide = Variable("wide", ("a", "b", "c"), is_multiple=True)
    counts = [(("a",), 38), (("(not) a",), 2), (("b",), 20), (("(not) b",), 20)]
    counts += [(("c",), 20), (("(not) c",), 20)]
    (one,) = protect([grid(dict(counts), wide)], policy=POLICY).explanations
    assert (one.place, one.code) == (("a",), "ticks")


@pytest.mark.parametrize("seed", range(12))
def test_every_hidden_number_is_explained_from_the_published_table_alone(seed: int) -> None:
    tables, _people = random_set(seed)
    protected = protect(tables, policy=POLICY)
    again = [one for table in protected.tables for one in explain(table)]
    assert list(protected.explanations) == again
    explained = {(one.table, one.place) for one in again}
    for table in protected.tables:
        for number in (*table.cells, *table.margins):
            if number.mark == HIDDEN:
                assert (table.keys, number.place) in explained


def test_the_small_number_and_its_cover_read_the_same() -> None:
    (table,) = protect([small_cells(3, 4, 4, 2)], policy=POLICY).tables
    codes = {one.code for one in explain(table)}
    assert codes == {"sum"}
    assert SETTING.key not in str(list(explain(table)))
