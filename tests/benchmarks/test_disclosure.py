"""How long protection takes, and how it fares against 2,000 random sets of tables.

Seconds are of this process alone, on one core. ``DISCLOSURE_SETS=2000`` with the tests of
``tests/consultation/disclosure`` puts every set to an exact reader as well.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import Policy, Table
from tests.consultation.disclosure.oracle import Reader
from tests.consultation.disclosure.samples import random_set, report_set, small_cells

POLICY = Policy()


def _timed(tables: list[Table]) -> tuple[float, Counter[str], bool]:
    began = time.process_time()
    protected = protect(tables, policy=POLICY)
    taken = time.process_time() - began
    return taken, Counter(table.verdict for table in protected.tables), protected.is_optimal


@pytest.mark.parametrize("small", [12, 25])
def test_a_table_of_eight_by_six(small: int) -> None:
    taken = [_timed([small_cells(seed, 8, 6, small)])[0] for seed in range(10)]
    print(f"\n8 × 6 with {small} small cells: {1000 * max(taken):.0f} ms at most")
    assert max(taken) < 0.5


@pytest.mark.parametrize("people", [400, 2_000, 10_000])
@pytest.mark.parametrize("skipping", [0.0, 0.05])
def test_a_report_of_forty_linked_tables(people: int, skipping: float) -> None:
    for seed in range(3):
        tables = report_set(seed, tables=40, people=people, skipping=skipping)
        taken, verdicts, is_optimal = _timed(tables)
        print(
            f"\n40 tables, {people} people, {skipping:.0%} skipping: {taken:.1f} s, "
            f"{dict(verdicts)}, {'optimal' if is_optimal else 'not proved optimal'}"
        )
        assert taken < 30


def test_two_thousand_random_sets_give_nothing_away() -> None:
    verdicts: Counter[str] = Counter()
    worst = 0.0
    for seed in range(2_000):
        tables, people = random_set(seed)
        began = time.process_time()
        protected = protect(tables, policy=POLICY)
        worst = max(worst, time.process_time() - began)
        verdicts.update(table.verdict for table in protected.tables)
        if people >= POLICY.min_base:
            assert not Reader(protected.tables, people).breaches(POLICY.k), seed
    print(f"\n2,000 sets: {dict(verdicts)}, {worst:.1f} s at most")
