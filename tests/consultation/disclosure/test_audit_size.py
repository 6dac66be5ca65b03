"""A whole report is audited in seconds."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Collection

import pytest

from consultation.disclosure.audit import Edition, audit
from consultation.disclosure.audit.checking import objections
from consultation.disclosure.audit.proof import proof_of, written
from tests.consultation.disclosure.audit_editions import cross, edition, one_way, variable

Person = dict[str, str]
Counts = dict[tuple[str, str], int]


def people(count: int, sizes: dict[str, int], seed: int) -> list[Person]:
    draw = random.Random(seed)
    return [
        {name: f"c{min(int(draw.expovariate(0.5)), size - 1)}" for name, size in sizes.items()}
        for _person in range(count)
    ]


def counted(everyone: list[Person], rows: str, columns: str, sizes: dict[str, int]) -> Counts:
    counts = {
        (f"c{row}", f"c{column}"): 0
        for row, column in itertools.product(range(sizes[rows]), range(sizes[columns]))
    }
    for person in everyone:
        counts[person[rows], person[columns]] += 1
    return counts


def covered(counts: Counts) -> Collection[tuple[str, str]]:
    """Small cells, and for each lone one in its line the largest beside it: not always enough."""
    hide = {place for place, number in counts.items() if 0 < number < 5}
    for _round, side in itertools.product(range(4), (0, 1)):
        for line in {place[side] for place in counts}:
            own = [place for place in counts if place[side] == line]
            shown = [place for place in own if place not in hide]
            if len(own) - len(shown) == 1 and shown:
                hide.add(max(shown, key=lambda place: counts[place]))
    return hide


def report(tables: int, *, totals: bool = True, seed: int = 1) -> Edition:
    """Linked cross-tables of ten questions, with the one-way table of each."""
    draw = random.Random(seed)
    sizes = {f"q{number}": draw.randint(3, 8) for number in range(10)}
    everyone = people(600, sizes, seed)
    pairs = list(itertools.combinations(sizes, 2))[: tables - len(sizes)]
    published = [
        one_way(
            name,
            {f"c{n}": sum(p[name] == f"c{n}" for p in everyone) for n in range(size)},
            number=f"one {name}",
        )
        for name, size in sizes.items()
    ]
    for one, two in pairs:
        counts = counted(everyone, one, two, sizes)
        hide = covered(counts)
        published.append(cross(one, two, counts, hide=hide, number=f"{one} {two}", totals=totals))
    return edition(
        *published,
        variables=[variable(n, *(f"c{c}" for c in range(size))) for n, size in sizes.items()],
        participants=600,
    )


@pytest.mark.slow
def test_forty_linked_tables_take_less_than_thirty_seconds() -> None:
    published = report(40)
    began = time.process_time()
    found = audit([published])
    spent = time.process_time() - began
    assert len(published.tables) == 40
    assert len(found.hidden) > 100
    assert all(cell.reach.is_certain for cell in found.hidden)
    assert spent < 30
    began = time.process_time()
    assert objections(written(proof_of(found)), [published]) == []
    checked = time.process_time() - began
    assert checked < 30
    print(f"\n40 linked tables: audited in {spent:.1f} s, checked in {checked:.1f} s")


@pytest.mark.slow
def test_two_editions_of_forty_tables_take_less_than_thirty_seconds() -> None:
    first = report(40)
    second = Edition("2", first.collection, "", first.variables, first.figures, first.tables)
    began = time.process_time()
    audit([first, second])
    assert time.process_time() - began < 30


def test_one_large_table_takes_less_than_a_second() -> None:
    sizes = {"rows": 8, "columns": 6}
    counts = counted(people(250, sizes, 2), "rows", "columns", sizes)
    assert sum(0 < number < 5 for number in counts.values()) >= 20
    hide = covered(counts)
    began = time.process_time()
    audit([edition(cross("rows", "columns", counts, hide=hide))])
    assert time.process_time() - began < 1
