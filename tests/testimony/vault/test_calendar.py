from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from testimony.vault import calendar

DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2060, 12, 31))


@given(DAYS)
def test_all_days_of_a_week_share_one_epoch_month(day: dt.date) -> None:
    monday = day - dt.timedelta(days=day.weekday())
    months = {calendar.month_of(monday + dt.timedelta(days=n)) for n in range(7)}
    assert len(months) == 1


@given(DAYS)
def test_the_month_is_that_of_the_weeks_thursday(day: dt.date) -> None:
    thursday = day - dt.timedelta(days=day.weekday()) + dt.timedelta(days=3)
    assert calendar.month_of(day) == f"{thursday:%Y-%m}"


def test_december_is_followed_by_january() -> None:
    assert calendar.next_month("2026-12") == "2027-01"
    assert calendar.last_day("2028-02") == dt.date(2028, 2, 29)
