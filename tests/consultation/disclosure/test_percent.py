from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.disclosure.percent import interval, quartiles, whole_percent
from consultation.disclosure.tables import Policy

POLICY = Policy()


@pytest.mark.parametrize(
    ("count", "base", "percent"),
    [(10, 29, None), (10, 30, 33), (1, 200, 1), (None, 60, None), (10, None, None), (0, 40, 0),
     (40, 40, 100)],
)  # fmt: skip
def test_a_percentage_is_whole_and_needs_thirty_people_and_two_shown_numbers(
    count: int | None, base: int | None, percent: int | None
) -> None:
    assert whole_percent(count, base, POLICY) == percent


@given(st.integers(30, 400), st.data())
def test_a_percentage_is_an_equation_too(base: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, base))
    percent = whole_percent(count, base, POLICY)
    assert percent is not None
    low, high = interval(percent, base)
    assert low <= count <= high
    possible = [one for one in range(base + 1) if whole_percent(one, base, POLICY) == percent]
    assert (low, high) == (possible[0], possible[-1])


def test_a_median_needs_twenty_people_and_is_rounded() -> None:
    assert quartiles(Counter(range(19)), POLICY, step=5) is None
    assert quartiles(Counter(range(1, 24)), POLICY, step=1) == (6, 12, 18)
    assert quartiles(Counter(range(1, 24)), POLICY, step=5) == (5, 10, 20)
    assert quartiles({-10: 30}, POLICY, step=5) == (-10, -10, -10)
    assert quartiles({-12: 30}, POLICY, step=5) == (-10, -10, -10)
    assert quartiles(Counter({10: 12, 30: 12}), POLICY, step=5) == (10, 20, 30)
