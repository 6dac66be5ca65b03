"""A reader keeps every edition. What is published now is safe beside all that was."""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest

from consultation.disclosure.rows import count_rows
from consultation.disclosure.suppression import protect
from consultation.disclosure.tables import (
    ANSWERED,
    NOT_ASKED,
    AlreadyReleased,
    Filter,
    Policy,
    Table,
    Variable,
)
from tests.consultation.disclosure.oracle import Reader
from tests.consultation.disclosure.samples import (
    SAFE,
    SETTING,
    WORKED,
    grid,
    random_rows,
    random_set,
)

POLICY = Policy()
SETS = int(os.environ.get("DISCLOSURE_SETS", "15"))
TRUST = Variable("trust", ("high", "some", "none"))


def test_the_same_tables_come_out_the_same_again() -> None:
    first = protect([WORKED], policy=POLICY)
    assert protect([WORKED], policy=POLICY, released=[first]).tables == first.tables


def test_a_table_that_would_uncover_an_earlier_one_hides_what_does() -> None:
    one_way = grid({("high",): 30, ("some",): 27, ("none",): 3}, TRUST)
    first = protect([one_way], policy=POLICY)
    assert [cell.count for cell in first.tables[0].cells] == [30, None, None]
    crossed = grid(
        {
            ("high", "street"): 10, ("high", "online"): 20,
            ("some", "street"): 10, ("some", "online"): 17,
            ("none", "street"): 0, ("none", "online"): 3,
        },
        TRUST, SETTING,
    )  # fmt: skip
    second = protect([crossed], policy=POLICY, released=[first])
    reader = Reader([*second.tables, *first.tables], 60)
    assert not reader.breaches(POLICY.k)
    assert second.tables[0].number("some", ANSWERED).count is None


def test_what_was_hidden_stays_hidden() -> None:
    one_way = grid({("high",): 30, ("some",): 27, ("none",): 3}, TRUST)
    first = protect([one_way], policy=POLICY)
    ((_high, some, _none),) = [table.cells for table in first.tables]
    assert some.mark == "[c]"
    merged = Variable("trust", TRUST.codes, merges=((("high",), ("some", "none")),))
    again = protect(
        [Table((merged,), one_way.counts, is_headline=True)], policy=POLICY, released=[first]
    )
    assert again.tables[0].number("some").mark == "[c]"


def test_a_few_newcomers_are_a_small_group_too() -> None:
    first = protect([grid({("yes",): 30, ("no",): 20}, SAFE)], policy=POLICY)
    with pytest.raises(AlreadyReleased, match="a few people joined or left"):
        protect([grid({("yes",): 32, ("no",): 20}, SAFE)], policy=POLICY, released=[first])


def test_a_number_that_changed_by_a_little_is_not_shown_again() -> None:
    first = protect([grid({("yes",): 30, ("no",): 20}, SAFE)], policy=POLICY)
    grown = protect([grid({("yes",): 38, ("no",): 22}, SAFE)], policy=POLICY, released=[first])
    assert [cell.count for cell in grown.tables[0].cells] == [None, None]


def test_enough_newcomers_may_be_published() -> None:
    first = protect([grid({("yes",): 30, ("no",): 20}, SAFE)], policy=POLICY)
    grown = protect([grid({("yes",): 38, ("no",): 26}, SAFE)], policy=POLICY, released=[first])
    assert [cell.count for cell in grown.tables[0].cells] == [38, 26]


def test_people_who_came_while_others_left_are_compared_number_by_number() -> None:
    first = protect([grid({("yes",): 30, ("no",): 20}, SAFE)], policy=POLICY)
    changed = protect([grid({("yes",): 28, ("no",): 22}, SAFE)], policy=POLICY, released=[first])
    assert [cell.count for cell in changed.tables[0].cells] == [None, None]


def test_a_question_with_other_answers_is_another_question() -> None:
    first = protect([grid({("yes",): 30, ("no",): 20}, SAFE)], policy=POLICY)
    other = Variable("safe", ("yes", "no", "unsure"))
    second = protect(
        [grid({("yes",): 20, ("no",): 15, ("unsure",): 15}, other)],
        policy=POLICY,
        released=[first],
    )
    assert [cell.count for cell in second.tables[0].cells] == [20, 15, 15]


def test_tables_that_would_all_uncover_an_earlier_one_are_refused() -> None:
    first = protect([grid({("high",): 30, ("some",): 27, ("none",): 3}, TRUST)], policy=POLICY)
    follow = Variable("why", ("a", "b"), asked_of=Filter("trust", frozenset({"some"})))
    counts = ((("a",), 15), (("b",), 12), ((NOT_ASKED,), 33))
    alone = protect([Table((follow,), counts, whole=True)], policy=POLICY)
    assert alone.tables[0].verdict == "shown"
    with pytest.raises(AlreadyReleased, match="every one of these tables"):
        protect([Table((follow,), counts, whole=True)], policy=POLICY, released=[first])


def test_an_earlier_release_that_is_not_safe_itself_is_refused() -> None:
    first = protect([grid({("high",): 30, ("some",): 27, ("none",): 3}, TRUST)], policy=POLICY)
    with pytest.raises(AlreadyReleased, match="whatever else is published"):
        protect([WORKED], policy=Policy(k=40, min_base=40), released=[first])


def test_a_percentage_that_went_out_without_its_count_is_known_all_the_same() -> None:
    first = protect([grid({("high",): 30, ("some",): 27, ("none",): 3}, TRUST)], policy=POLICY)
    (table,) = first.tables
    high, some, none = table.cells
    told = replace(table, cells=(high, replace(some, percent=45), none))
    with pytest.raises(AlreadyReleased, match="whatever else is published"):
        protect([WORKED], policy=POLICY, released=[replace(first, tables=(told,))])


@pytest.mark.parametrize("fifth", range(5))
def test_no_reader_of_two_editions_of_the_same_people_gains(fifth: int) -> None:
    for seed in range(fifth, SETS, 5):
        tables, people = random_set(seed)
        if people < POLICY.min_base:
            continue
        chance = random.Random(seed)
        early = [table for table in tables if chance.random() < 0.5]
        late = [table for table in tables if table not in early or chance.random() < 0.3]
        first = protect(early, policy=POLICY)
        try:
            second = protect(late, policy=POLICY, released=[first])
        except AlreadyReleased:
            continue
        reader = Reader(second.tables, people, [(first.tables, people)])
        assert not reader.breaches(POLICY.k), seed


@pytest.mark.parametrize("grows", [True, False])
@pytest.mark.parametrize("fifth", range(5))
def test_no_reader_of_two_editions_finds_out_who_came_or_left(fifth: int, grows: bool) -> None:
    for seed in range(fifth, SETS, 5):
        crossed, rows = random_rows(seed)
        chance = random.Random(seed)
        chance.shuffle(rows)
        fewer = rows[chance.randint(1, len(rows) // 3) :]
        if len(fewer) < POLICY.min_base:
            continue
        then, now = (fewer, rows) if grows else (rows, fewer)
        first = protect([count_rows(one, then) for one in crossed], policy=POLICY)
        try:
            second = protect(
                [count_rows(one, now) for one in crossed if chance.random() < 0.8],
                policy=POLICY,
                released=[first],
            )
        except AlreadyReleased:
            continue
        reader = Reader(second.tables, len(now), [(first.tables, len(then))])
        assert not reader.breaches(POLICY.k), seed
        assert not reader.changes(POLICY.k), seed
