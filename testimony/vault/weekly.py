"""How much came in, by lane and week: rounded, and never finer than a week.

Small numbers are not told apart: a team that watched a number grow by one would know when one
person wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Count
from django.utils.translation import gettext as _

from testimony.vault import calendar
from testimony.vault.models import Lane, PendingRecord, Record

if TYPE_CHECKING:
    import datetime as dt

    from testimony.vault.models import Collection

STEP: Final = 5


@dataclass(frozen=True, slots=True)
class Week:
    """One week of one collection, as the team may see it."""

    week: str
    monday: dt.date
    figures: tuple[str, ...]
    """One for each lane, in the order of ``Lane``."""


def nearest(count: int) -> int | None:
    """A count to the nearest five; None for fewer than five, which none of them tells apart."""
    return None if count < STEP else STEP * ((count + STEP // 2) // STEP)


def in_words(count: int) -> str:
    """A count as pages show it."""
    near = nearest(count)
    return _("fewer than 5") if near is None else _("about %(count)s") % {"count": near}


def table_of(collection: Collection) -> list[Week]:
    """Every week in which something came in that is still there, the latest first."""
    counts = _counts(collection=collection)
    weeks = sorted({week for week, _lane in counts}, reverse=True)
    return [
        Week(
            week=week,
            monday=calendar.monday_of(week),
            figures=tuple(in_words(counts[week, lane]) for lane in Lane.values),
        )
        for week in weeks
    ]


def held_apart(collection: Collection) -> list[str]:
    """The weeks in which something was held apart that is still there, the latest first."""
    counts = _counts(collection=collection, lane=Lane.FLOOD)
    return sorted((week for week, _lane in counts), reverse=True)


def counts_in(week: str) -> Sequence[tuple[Lane, int]]:
    """How many came in during one week, over all collections, by lane. Not for showing as it is."""
    counts = _counts(week=week)
    return [(lane, counts[week, lane.value]) for lane in Lane]


def _counts(**wanted: object) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for model in (Record, PendingRecord):
        rows = model._default_manager.filter(**wanted).values_list("week", "lane")
        for week, lane, count in rows.annotate(count=Count("pk")):
            counts[week, lane] += count
    return counts
