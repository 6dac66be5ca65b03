from __future__ import annotations

import itertools
from typing import Any

import pytest

from consultation.disclosure.rows import count_rows
from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import (
    MISSING,
    NOT_ASKED,
    Filter,
    NotATable,
    Policy,
    Table,
    Variable,
)
from tests.consultation.disclosure.oracle import Reader
from tests.consultation.disclosure.samples import SAFE, SETTING, WORKED, grid, random_set

POLICY = Policy()
ASKED = Variable("why", ("a", "b"), asked_of=Filter("safe", frozenset({"no"})))


def test_no_tables_give_no_tables() -> None:
    assert protect([], policy=POLICY).tables == ()


@pytest.mark.parametrize("rows", [[], [{"safe": "yes", "setting": "street"}]])
def test_an_empty_survey_and_a_single_respondent_show_nothing(rows: list[dict[str, str]]) -> None:
    tables = [count_rows((SAFE,), rows), count_rows((SAFE, SETTING), rows)]
    for table in protect(tables, policy=POLICY).tables:
        assert (table.verdict, table.reason) == ("withheld", "few_people")
        assert (table.participants, table.cells, table.margins) == (None, (), ())


def test_identical_answers_are_shown_for_an_opinion_and_not_for_an_attribute() -> None:
    rows = [{"safe": "no", "setting": "street"}] * 50
    tables = [count_rows((SAFE,), rows), count_rows((SAFE, SETTING), rows)]
    for table in protect(tables, policy=POLICY).tables:
        assert table.verdict == "shown"
    personal = Variable("safe", ("yes", "no"), sensitivity="attribute")
    tables = [count_rows((personal,), rows), count_rows((personal, SETTING), rows)]
    alone, crossed = protect(tables, policy=POLICY).tables
    assert [cell.count for cell in alone.cells] == [None, None]
    assert crossed.number("no", "street").count is None
    assert crossed.number("yes", "street").count is None


def test_nobody_answering_is_a_base_too_small() -> None:
    rows = [{"safe": "", "setting": "street"}] * 50
    tables = [count_rows((SAFE,), rows), count_rows((SAFE, SETTING), rows)]
    for table in protect(tables, policy=POLICY).tables:
        assert (table.verdict, table.reason) == ("withheld", "small_base")


@pytest.mark.parametrize("is_multiple", [False, True])
def test_sixty_options_are_protected(is_multiple: bool) -> None:
    wide = Variable("wide", tuple(f"o{n}" for n in range(60)), is_multiple=is_multiple)
    rows = [
        {
            "wide": [f"o{n * n % 60}", f"o{n % 11}"] if is_multiple else f"o{n * n % 60}",
            "setting": "street" if n % 3 else "online",
        }
        for n in range(400)
    ]
    tables = [count_rows((wide,), rows), count_rows((wide, SETTING), rows)]
    protected = protect(tables, policy=POLICY)
    numbers = [number for table in protected.tables for number in (*table.cells, *table.margins)]
    assert not any(POLICY.is_small(number.count or 0) for number in numbers)
    assert {table.verdict for table in protected.tables} != {"withheld"}


@pytest.mark.parametrize(
    "merges",
    [
        ((("a", "b"), ("c", "d")), (("a",), ("b", "c"), ("d",))),
        ((("a", "b"), ("c", "d")), (("a", "c"), ("b", "d"))),
        ((("a", "b"), ("c",)),),
        ((("a", "b"), ("b", "c", "d")),),
        ((("a",), ("b",), ("c",), ("d",)),),
    ],
)
def test_merges_that_contradict_each_other_are_refused(merges: Any) -> None:
    with pytest.raises(NotATable, match="merge"):
        Variable("q", ("a", "b", "c", "d"), merges=merges)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Table((SAFE,), ((("yes",), -1),)),
        lambda: Table((SAFE,), ((("yes",), 1), (("yes",), 2))),
        lambda: Table((SAFE,), ((("maybe",), 1),)),
        lambda: Table((SAFE, SAFE), ()),
        lambda: Table((), ()),
        lambda: Table((SAFE,), ((("yes",), 3),), zeros=frozenset({("yes",)})),
        lambda: Variable("q", ("a", "a")),
        lambda: Variable("q", ("a",), exclusive="b"),
        lambda: Table((Variable("q", ("a", "b"), is_multiple=True),), ((("a",), 9), (("b",), 3))),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(make: Any) -> None:
    with pytest.raises(NotATable):
        make()


@pytest.mark.parametrize(
    "tables",
    [
        [WORKED, grid({("yes",): 43, ("no",): 16}, SAFE)],
        [WORKED, grid({("yes",): 42, ("no",): 18}, SAFE)],
        [WORKED, grid({("yes",): 30, ("no",): 30}, Variable("safe", ("no", "yes")))],
        [
            grid({("a", "yes"): 30, (NOT_ASKED, "no"): 30}, ASKED, SAFE),
        ],
        [
            grid({("a",): 30, (NOT_ASKED,): 30}, ASKED),
            grid({("yes",): 40, ("no",): 20}, SAFE),
        ],
    ],
)
def test_tables_that_contradict_each_other_are_refused(tables: list[Table]) -> None:
    with pytest.raises(NotATable):
        protect(tables, policy=POLICY)


def test_a_condition_that_can_not_be_said_withholds_until_what_decides_is_shown() -> None:
    follow = Variable("why", ("a", "b"), depends_on=("safe",))
    table = grid({("a",): 20, ("b",): 20, (NOT_ASKED,): 20}, follow)
    hidden = grid({("yes",): 40, ("no",): 18, (MISSING,): 2}, SAFE)
    shown = grid({("yes",): 40, ("no",): 20}, SAFE)
    assert protect([hidden, table], policy=POLICY).tables[1].reason == "linked"
    assert protect([shown, table], policy=POLICY).tables[1].verdict == "shown"
    assert protect([table], policy=POLICY).tables[0].reason == "linked"


def test_structural_noughts_are_marked_and_cover_nothing() -> None:
    counts = {
        ("street", "yes"): 3, ("street", "no"): 30, ("online", "yes"): 30, ("online", "no"): 0,
    }  # fmt: skip
    zeros = frozenset({("online", "no")})
    (table,) = protect(
        [Table((SETTING, SAFE), tuple(counts.items()), zeros=zeros)], policy=POLICY
    ).tables
    assert table.number("online", "no").mark in ("[z]", "")
    assert not Reader([table], 63).breaches(POLICY.k)


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_where_time_runs_out_more_is_hidden_and_never_less(seconds: float) -> None:
    for seed in range(12):
        tables, people = random_set(seed)
        if people < POLICY.min_base:
            continue
        hasty = protect(tables, policy=Policy(seconds=seconds))
        assert not Reader(hasty.tables, people).breaches(POLICY.k), seed


def test_the_same_tables_always_come_out_the_same() -> None:
    for seed in range(6):
        tables, _people = random_set(seed)
        one, other = (protect(tables, policy=POLICY) for _time in range(2))
        assert one == other


def test_the_order_of_the_counts_does_not_matter() -> None:
    tables = [Table((SETTING, SAFE), counts) for counts in itertools.permutations(WORKED.counts, 4)]
    assert len({protect([table], policy=POLICY).tables[0] for table in tables}) == 1


@pytest.mark.parametrize(("k", "min_base"), [(4, 10), (0, 10), (8, 5)])
def test_no_policy_goes_below_the_floor(k: int, min_base: int) -> None:
    with pytest.raises(ValueError, match=r"smallest|smaller"):
        Policy(k=k, min_base=min_base)
