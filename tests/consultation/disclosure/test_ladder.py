from __future__ import annotations

import pytest

from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import ANSWERED, Band, Policy, Table, Variable
from tests.consultation.disclosure.oracle import Reader
from tests.consultation.disclosure.samples import SAFE, SETTING, grid, small_cells

POLICY = Policy()
AGE = Variable(
    "age",
    ("18", "25", "35", "50"),
    merges=((("18", "25"), ("35", "50")),),
)
FEW_YOUNG = grid(
    {
        ("18", "street"): 3, ("18", "online"): 4, ("25", "street"): 4, ("25", "online"): 2,
        ("35", "street"): 3, ("35", "online"): 30, ("50", "street"): 21, ("50", "online"): 33,
    },
    AGE, SETTING,
)  # fmt: skip


def test_answers_are_merged_before_anything_else_is_given_up() -> None:
    (table,) = protect([FEW_YOUNG], policy=POLICY).tables
    assert table.verdict == "shown"
    assert table.groupings[0] == (("18", "25"), ("35", "50"))
    assert {cell.place: cell.count for cell in table.cells} == {
        ("18+25", "street"): 7,
        ("18+25", "online"): 6,
        ("35+50", "street"): 24,
        ("35+50", "online"): 63,
    }


def test_a_table_that_mostly_hides_makes_statements_that_straddle_k() -> None:
    (table,) = protect([small_cells(0, 8, 6, 25)], policy=POLICY).tables
    assert (table.verdict, table.reason) == ("bands", "mostly_hidden")
    assert {cell.band for cell in table.cells} <= {Band(0, 9), Band(10, None)}
    assert table.base is not None


def test_of_two_answers_the_larger_is_said_to_be_at_least_so_many_of_the_base() -> None:
    many = Variable("many", tuple("abcdef"), is_multiple=True)
    counts = []
    for code, ticked in zip(many.codes, (39, 2, 38, 3, 37, 1), strict=True):
        counts += [((code,), ticked), ((f"(not) {code}",), 43 - ticked)]
    (table,) = protect([Table((many,), tuple(counts))], policy=POLICY).tables
    assert table.verdict == "bands"
    assert table.number("a").band == Band(34, None)
    assert table.number("b").band == Band(0, 9)
    assert table.base == 43
    assert not Reader([table], 43).breaches(POLICY.k)


def test_half_hidden_is_no_reason_in_a_table_of_two_by_two() -> None:
    (table,) = protect(
        [
            grid(
                {
                    ("street", "yes"): 18, ("street", "no"): 3,
                    ("online", "yes"): 25, ("online", "no"): 14,
                },
                SETTING, SAFE,
            )
        ],
        policy=POLICY,
    ).tables  # fmt: skip
    assert table.verdict == "margins"


def test_a_table_with_one_answer_has_no_safe_margin_and_is_withheld() -> None:
    only = Variable("only", ("yes",), sensitivity="attribute")
    (table,) = protect([grid({("yes",): 30}, only)], policy=POLICY).tables
    assert (table.verdict, table.reason, table.cells, table.margins) == (
        "withheld", "small_count", (), (),
    )  # fmt: skip


def test_a_base_below_ten_is_withheld() -> None:
    asked = grid({("yes",): 5, ("no",): 4, ("(missing)",): 40}, SAFE)
    (table,) = protect([asked], policy=POLICY).tables
    assert (table.verdict, table.reason) == ("withheld", "small_base")


def test_a_subgroup_column_below_ten_shows_nothing_of_itself() -> None:
    thin = grid(
        {
            ("yes", "street"): 9, ("no", "street"): 0,
            ("yes", "online"): 40, ("no", "online"): 31,
        },
        SAFE, SETTING,
    )  # fmt: skip
    (table,) = protect([thin], policy=POLICY).tables
    assert table.number("yes", "street").count is None
    assert table.number("no", "street").count is None


def test_headline_numbers_are_kept_where_others_can_be_hidden() -> None:
    counts = {
        ("18", "street"): 3, ("18", "online"): 20, ("25", "street"): 12, ("25", "online"): 30,
        ("35", "street"): 40, ("35", "online"): 41, ("50", "street"): 42, ("50", "online"): 43,
    }  # fmt: skip
    plain = Table((AGE, SETTING), tuple(counts.items()))
    (table,) = protect([plain], policy=POLICY).tables
    assert table.number("25", "street").count is None
    dear = Table(
        (AGE, SETTING), tuple(counts.items()), headline_cells=frozenset({("25", "street")})
    )
    (table,) = protect([dear], policy=POLICY).tables
    assert table.number("25", "street").count == 12


def test_the_bottom_of_the_ladder_keeps_the_number_of_participants() -> None:
    (table,) = protect([grid({("yes",): 5, ("no",): 4, ("(missing)",): 40}, SAFE)],
                       policy=POLICY).tables  # fmt: skip
    assert table.participants == 49
    with pytest.raises(KeyError):
        table.number(ANSWERED)
