from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.disclosure.questions import protect_questions
from consultation.disclosure.tables import AlreadyReleased, CountedTable, Policy

POLICY = Policy()


def table(
    *counts: int,
    question: str = "q",
    missing: int = 0,
    not_asked: int = 0,
    multiple: bool = False,
    sensitivity: str = "opinion",
    participants: int | None = None,
    depends_on: tuple[str, ...] = (),
) -> CountedTable:
    everyone = sum(counts) + missing + not_asked if participants is None else participants
    return CountedTable(
        question=question,
        type="multiple_choice" if multiple else "single_choice",
        is_multiple=multiple,
        sensitivity=sensitivity,
        participants=everyone,
        not_asked=not_asked,
        missing=missing,
        counts=tuple((f"c{n}", count) for n, count in enumerate(counts)),
        depends_on=depends_on,
    )


@pytest.mark.parametrize(
    ("counted", "verdict", "reason"),
    [
        (table(20, 30, 10), "shown", ""),
        (table(20, 30, 0), "shown", ""),
        (table(20, 30, 4), "margins", "small_count"),
        (table(20, 30, 1), "margins", "small_count"),
        (table(20, 30, missing=3), "withheld", "small_count"),
        (table(20, 30, missing=5), "shown", ""),
        (table(20, 30, not_asked=2), "withheld", "small_count"),
        (table(5, 0, not_asked=60), "withheld", "small_base"),
        (table(4, 5), "withheld", "few_people"),
        (table(0, 0, 0), "withheld", "few_people"),
        (table(38, 20, multiple=True, participants=40), "margins", "small_count"),
        (table(35, 20, multiple=True, participants=40), "shown", ""),
        (table(40, 20, multiple=True, participants=40), "shown", ""),
        (table(40, 20, multiple=True, participants=40, sensitivity="attribute"), "margins",
         "small_count"),
        (table(20, 0, 20, sensitivity="attribute"), "margins", "small_count"),
    ],
)  # fmt: skip
def test_the_rule(counted: CountedTable, verdict: str, reason: str) -> None:
    (shown,) = protect_questions([counted], policy=POLICY)
    assert (shown.verdict, shown.reason) == (verdict, reason)


def test_a_table_that_would_give_a_hidden_answer_back_is_withheld() -> None:
    parent = table(3, 57, 40, question="a")
    child = table(30, 27, question="b", not_asked=43, depends_on=("a",))
    _parent, shown = protect_questions([parent, child], policy=POLICY)
    assert (shown.verdict, shown.reason) == ("withheld", "linked")


def test_percentages_are_whole_and_need_thirty_people() -> None:
    (small,) = protect_questions([table(10, 19)], policy=POLICY)
    assert {cell.percent for cell in small.cells} == {None}
    (large,) = protect_questions([table(10, 20)], policy=POLICY)
    assert [cell.percent for cell in large.cells] == [33, 67]


def test_the_floor_of_k_can_not_be_lowered() -> None:
    with pytest.raises(ValueError, match="smallest k is 5"):
        Policy(k=4)


def test_a_second_count_of_a_published_question_is_refused() -> None:
    before = protect_questions([table(20, 30)], policy=POLICY)
    assert protect_questions([table(20, 30)], policy=POLICY, released=before) == before
    with pytest.raises(AlreadyReleased):
        protect_questions([table(20, 31)], policy=POLICY, released=before)


@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=4),
    st.integers(0, 12),
    st.integers(0, 12),
    st.booleans(),
)
def test_no_reader_can_pin_a_small_number_down(
    counts: list[int], missing: int, not_asked: int, multiple: bool
) -> None:
    """Every assignment a reader can't rule out is tried; a hidden cell keeps a range of k."""
    most = max(counts) if multiple else sum(counts)
    counted = table(
        *counts,
        missing=missing,
        not_asked=not_asked,
        multiple=multiple,
        participants=most + missing + not_asked,
    )
    (shown,) = protect_questions([counted], policy=POLICY)
    if shown.verdict == "shown":
        published = [cell.count for cell in shown.cells]
        assert not any(POLICY.is_small(count or 0) for count in published)
        assert not POLICY.is_small(missing)
        assert not POLICY.is_small(not_asked)
        if multiple:
            assert not any(POLICY.is_small(counted.base - (count or 0)) for count in published)
    else:
        assert all(cell.count is None and cell.percent is None for cell in shown.cells)
    if shown.verdict == "margins":
        assert shown.base is not None
        possible = [
            cells
            for cells in itertools.product(range(shown.base + 1), repeat=len(counts))
            if multiple or sum(cells) == shown.base
        ]
        for place in range(len(counts)):
            values = {cells[place] for cells in possible}
            assert max(values) - min(values) >= POLICY.k
