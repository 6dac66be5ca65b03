"""Hides no more than it must: held to every other choice, on small tables."""

from __future__ import annotations

import itertools
import os
import random

import pytest

from consultation.disclosure import suppression
from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import (
    ANSWERED,
    Place,
    Policy,
    PublishedNumber,
    PublishedTable,
    Table,
)
from tests.consultation.disclosure.oracle import Reader
from tests.consultation.disclosure.samples import small_cells

POLICY = Policy(min_base=5)
TABLES = int(os.environ.get("DISCLOSURE_SETS", "16"))


def _published(table: Table, hidden: frozenset[Place]) -> PublishedTable:
    def number(place: Place) -> PublishedNumber:
        count = sum(
            count
            for other, count in table.counts
            if all(code in (one, ANSWERED) for one, code in zip(other, place, strict=True))
        )
        return PublishedNumber(place, None if place in hidden else count)

    places = list(itertools.product(*((*variable.codes, ANSWERED) for variable in table.variables)))
    return PublishedTable(
        variables=table.variables,
        groupings=tuple(variable.finest for variable in table.variables),
        verdict="shown",
        reason="",
        participants=table.participants,
        cells=tuple(number(place) for place in places if ANSWERED not in place),
        margins=tuple(number(place) for place in places if ANSWERED in place),
    )


def _least(table: Table) -> tuple[int, int]:
    """How few cells, and then how few people in them, can be hidden: by trying everything."""
    counts = dict(table.counts)
    small = {place for place, count in counts.items() if POLICY.is_small(count)}
    others = sorted(counts.keys() - small)
    for more in range(len(others) + 1):
        choices = sorted(
            (sum(counts[place] for place in small.union(extra)), extra)
            for extra in itertools.combinations(others, more)
        )
        for people, extra in choices:
            hidden = frozenset(small.union(extra))
            if _is_plainly_unsafe(hidden):
                continue
            if not Reader([_published(table, hidden)], table.participants).breaches(POLICY.k):
                return len(hidden), people
    raise AssertionError("Hiding everything is safe.")


def _is_plainly_unsafe(hidden: frozenset[Place]) -> bool:
    """A cell hidden alone in its row or column: spares most of the trying."""
    return any(
        sum(other[side] == place[side] for other in hidden) == 1
        for place in hidden
        for side in (0, 1)
    )


@pytest.mark.parametrize("seed", range(TABLES))
def test_nothing_cheaper_would_do(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_HALF", 2.0)
    monkeypatch.setattr(suppression, "_HOPELESS", 2.0)
    chance = random.Random(seed)
    rows, columns = chance.choice([(2, 3), (3, 3), (3, 4), (2, 5), (2, 4)])
    table = small_cells(seed, rows, columns, chance.randint(1, 2))
    protected = protect([table], policy=POLICY)
    (found,) = protected.tables
    hidden = [cell.place for cell in found.cells if cell.count is None]
    counts = dict(table.counts)
    assert all(margin.count is not None for margin in found.margins)
    assert (len(hidden), sum(counts[place] for place in hidden)) == _least(table)
    assert protected.is_optimal
