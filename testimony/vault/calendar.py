"""Weeks, months and ticks: the only units of time that touch what a worker sends. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

TICK_SECONDS: Final = 300
"""A draft's expiry is kept in whole ticks of five minutes, and goes with the draft."""


def week_of(day: dt.date) -> str:
    """The ISO 8601 week of a day, such as ``2026-W48``."""
    year, week, _weekday = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def monday_of(week: str) -> dt.date:
    """The first day of a week.

    Raises:
        ValueError: when ``week`` is not such as ``2026-W48``.
    """
    year, _, number = week.partition("-W")
    return dt.date.fromisocalendar(int(year), int(number), 1)


def epoch_month(week: str) -> str:
    """The month a week belongs to, such as ``2026-11``: the month of its Thursday.

    Each week lies in exactly one month, so week and month together never narrow to a day.
    """
    return f"{monday_of(week) + dt.timedelta(days=3):%Y-%m}"


def month_of(day: dt.date) -> str:
    """The epoch month of a day, by way of its week."""
    return epoch_month(week_of(day))


def next_month(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def last_day(month: str) -> dt.date:
    following = next_month(month)
    return dt.date.fromisoformat(f"{following}-01") - dt.timedelta(days=1)


def months_later(month: str, count: int) -> str:
    """The month ``count`` months after another."""
    year, number = (int(part) for part in month.split("-"))
    years, rest = divmod(number - 1 + count, 12)
    return f"{year + years:04d}-{rest + 1:02d}"


def expiry_of(month: str, *, keep_months: int, at_latest: dt.date) -> dt.date:
    """The last day on which what came in ``month`` is kept: a month's end, or ``at_latest``."""
    return min(last_day(months_later(month, keep_months)), at_latest)


def tick_at(seconds: float) -> int:
    """The five-minute tick that a moment (seconds since 1970) falls in."""
    return int(seconds // TICK_SECONDS)
