from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.disclosure.amounts import PublishedSums, may_show_sum, protect_sums
from consultation.disclosure.tables import Policy

POLICY = Policy()


@pytest.mark.parametrize(
    ("amounts", "may"),
    [
        ([10] * 10, True),
        ([10] * 9, False),
        ([1000, 1000, *[10] * 8], False),
        ([1000, 800, *[25] * 8], True),
        ([0] * 10, True),
        ([-5, *[10] * 12], False),
        ([], False),
    ],
)
def test_a_sum_of_money_that_two_people_give_is_not_shown(amounts: list[int], may: bool) -> None:
    assert may_show_sum(amounts, POLICY) is may


def test_one_hidden_sum_takes_another_with_it() -> None:
    groups = {"street": [500, 400, *[5] * 8], "online": [20] * 12, "office": [20] * 30}
    assert protect_sums(groups, policy=POLICY, step=10) == PublishedSums(
        1780, (("street", None), ("online", None), ("office", 600))
    )


def test_a_total_that_two_people_give_hides_everything() -> None:
    groups = {"street": [50_000, 40_000], "online": [20] * 30}
    assert protect_sums(groups, policy=POLICY) == PublishedSums(
        None, (("street", None), ("online", None))
    )


@given(
    st.dictionaries(
        st.sampled_from("abcdefghijklmnop"),
        st.lists(st.integers(0, 400), max_size=25),
        max_size=14,
    )
)
def test_what_the_total_leaves_over_is_fit_to_be_shown(groups: dict[str, list[int]]) -> None:
    found = protect_sums(groups, policy=POLICY)
    hidden = [group for group, total in found.sums if total is None]
    for group, total in found.sums:
        assert total is None or may_show_sum(groups[group], POLICY)
    if found.total is not None and hidden:
        assert len(hidden) > 1 or len(groups) == 1
        left_over = [amount for group in hidden for amount in groups[group]]
        assert may_show_sum(left_over, POLICY)
