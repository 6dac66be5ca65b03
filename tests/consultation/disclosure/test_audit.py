"""The auditor finds what a reader could work out, and passes what is safe."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from consultation.disclosure import tables
from consultation.disclosure.audit import RULES, Audit, Edition, Policy, Range, audit
from consultation.disclosure.audit.programme import Programme
from consultation.disclosure.audit.published import (
    MISSING,
    NOT_ASKED,
    STRUCTURAL,
    TICKS,
    Figure,
    Quote,
    Sentence,
    Statistic,
    Table,
    Unreadable,
    exactly,
)
from tests.consultation.disclosure.audit_editions import (
    ALL,
    at,
    cross,
    edition,
    one_way,
    variable,
)

STREET = {
    ("yes", "street"): 18,
    ("no", "street"): 3,
    ("yes", "online"): 25,
    ("no", "online"): 14,
}
INNER = frozenset(STREET)
ANSWER = variable("answer", "yes", "no")
MODE = variable("mode", "street", "online")


def ranges(found: Audit) -> dict[str, tuple[int, int | None]]:
    return {cell.name: (cell.reach.range.low, cell.reach.range.high) for cell in found.hidden}


def breach(found: Audit, rule: str) -> list[str]:
    """The cells that break a rule."""
    assert rule in RULES
    return [finding.cell for finding in found.findings if finding.rule == rule]


# The worked example


def street(hide: frozenset[tuple[str, str]] | set[tuple[str, str]]) -> Audit:
    table = cross("answer", "mode", STREET, hide=hide)
    return audit([edition(table, variables=(ANSWER, MODE), participants=60)])


def test_one_hidden_cell_comes_back_by_subtraction() -> None:
    found = street({("no", "street")})
    assert not found.is_adequate
    finding = next(f for f in found.findings if f.rule == "range")
    assert finding.range == Range(3, 3)
    assert finding.cell == "Answer = No, Mode = Street"
    assert "exactly 3" in finding.sentence


def test_a_hidden_row_comes_back_by_subtraction() -> None:
    found = street({("no", "street"), ("yes", "street")})
    assert ranges(found)["Answer = No, Mode = Street"] == (3, 3)
    assert ranges(found)["Answer = Yes, Mode = Street"] == (18, 18)


def test_four_hidden_cells_with_true_totals_are_adequate() -> None:
    found = street(INNER)
    assert found.findings == ()
    assert ranges(found) == {
        "Answer = Yes, Mode = Street": (4, 21),
        "Answer = No, Mode = Street": (0, 17),
        "Answer = Yes, Mode = Online": (22, 39),
        "Answer = No, Mode = Online": (0, 17),
    }


# The tricks of an attacker, each with its mended twin


def test_two_hidden_in_every_row_and_column_are_not_enough() -> None:
    counts = {(f"r{r}", f"c{c}"): 20 for r in range(1, 5) for c in range(1, 5)}
    counts["r2", "c3"] = 4
    hide = {
        ("r1", "c1"), ("r1", "c2"), ("r2", "c1"), ("r2", "c2"), ("r2", "c3"),
        ("r3", "c3"), ("r3", "c4"), ("r4", "c3"), ("r4", "c4"),
    }  # fmt: skip
    found = audit([edition(cross("r", "c", counts, hide=hide))])
    assert breach(found, "range") == ["c = c3, r = r2"]
    assert ranges(found)["c = c3, r = r2"] == (4, 4)
    mended = audit([edition(cross("r", "c", counts, hide=hide | {("r1", "c3")}))])
    assert mended.is_adequate


def test_what_was_left_out_without_a_mark_is_worked_out_too() -> None:
    """The same table, with the hidden numbers missing instead of marked."""
    counts = {(f"r{r}", f"c{c}"): 20 for r in range(1, 5) for c in range(1, 5)}
    counts["r2", "c3"] = 4
    absent = {
        ("r1", "c1"), ("r1", "c2"), ("r2", "c1"), ("r2", "c2"), ("r2", "c3"),
        ("r3", "c3"), ("r3", "c4"), ("r4", "c3"), ("r4", "c4"),
    }  # fmt: skip
    table = cross("r", "c", counts, hide=absent)
    told = tuple(figure for figure in table.figures if figure.said.manner != "hidden")
    found = audit([edition(replace(table, figures=told))])
    assert found.hidden == ()
    assert breach(found, "difference") == ["hours#people=None [c=c3, r=r2]"]


def test_in_an_empty_group_there_is_nobody_to_protect() -> None:
    counts = {("yes", "a"): 20, ("no", "a"): 12, ("yes", "b"): 0, ("no", "b"): 0}
    found = audit([edition(cross("answer", "place", counts, hide={("yes", "b"), ("no", "b")}))])
    assert found.is_adequate


def test_a_range_must_reach_and_span_five() -> None:
    counts = {("yes", "a"): 2, ("no", "a"): 20, ("yes", "b"): 2, ("no", "b"): 20}
    found = audit([edition(cross("answer", "place", counts, hide=set(counts)))])
    assert ranges(found)["answer = yes, place = a"] == (0, 4)
    assert len(breach(found, "range")) == 4


def test_the_base_minus_the_ticks_are_those_who_did_not_tick() -> None:
    ticks = variable("needs", "pay", "rest", kind="tick_all")
    table = one_way("needs", {"pay": 37, "rest": 20, ALL: 40})
    found = audit([edition(table, variables=(ticks,), participants=40)])
    assert "(Needs = all who answered) less (Needs = Pay)" in breach(found, "difference")
    mended = one_way("needs", {"pay": 34, "rest": 20, ALL: 40})
    assert audit([edition(mended, variables=(ticks,), participants=40)]).is_adequate


def test_a_base_minus_all_its_printed_parts_is_a_number_too() -> None:
    answer = variable("answer", "yes", "no", "unsure", "other")
    table = one_way("answer", {"yes": 30, "no": 20, ALL: 53})
    told = "(Answer = all who answered) less (Answer = Yes) and (Answer = No)"
    assert told in breach(audit([edition(table, variables=(answer,))]), "difference")
    mended = one_way("answer", {"yes": 30, "no": 20, ALL: 56})
    assert audit([edition(mended, variables=(answer,))]).is_adequate


def test_the_ticks_together_give_a_hidden_answer_back() -> None:
    ticks = variable("needs", "pay", "rest", "hours", kind="tick_all")
    counts = {"pay": 30, "rest": 20, "hours": "[c]", ALL: 40}
    found = audit([edition(one_way("needs", {**counts, TICKS: 54}), variables=(ticks,))])
    assert breach(found, "tick_total") == ["Needs = all ticks"]
    assert ranges(found)["Needs = Hours"] == (4, 4)
    mended = audit([edition(one_way("needs", counts), variables=(ticks,))])
    assert mended.is_adequate
    assert ranges(mended)["Needs = Hours"] == (0, 40)


def test_options_of_one_question_were_answered_by_the_same_people() -> None:
    ticks = variable("needs", "pay", "rest", kind="tick_all")
    counts = {("pay", "a"): 15, ("pay", "b"): 22, ("rest", "a"): 11, ("rest", "b"): 8}
    table = cross("needs", "place", counts, totals=False)
    base = Figure(at(needs=ALL, place="a"), exactly(19), "table 2")
    crossed = Table("2", "", "needs", "place", "place", figures=(*table.figures, base))
    found = audit([edition(crossed, variables=(ticks,))])
    told = "(Needs = all who answered, place = a) less (Needs = Pay, place = a)"
    assert told in breach(found, "difference")


@pytest.mark.parametrize(("percent", "is_adequate"), [(5, False), (None, True)])
def test_a_percentage_gives_its_count_back(percent: int | None, is_adequate: bool) -> None:
    counts = {"yes": "[c]", "no": "[c]", "unsure": "[c]", ALL: 60}
    percents = {"no": percent} if percent is not None else {}
    found = audit([edition(one_way("answer", counts, percents=percents), participants=60)])
    assert found.is_adequate is is_adequate
    assert ranges(found)["answer = no"] == ((3, 3) if percent else (0, 60))


def test_whoever_answered_ticked_something() -> None:
    ticks = variable("needs", "pay", "rest", kind="tick_all")
    found = audit(
        [edition(one_way("needs", {"pay": 37, "rest": "[c]", ALL: 60}), variables=(ticks,))]
    )
    assert ranges(found)["Needs = Rest"] == (23, 60)


def test_none_of_these_is_ticked_alone() -> None:
    ticks = replace(variable("needs", "pay", "rest", "none", kind="tick_all"), exclusive="none")
    counts = {"pay": 56, "rest": 50, "none": "[c]", ALL: 60}
    found = audit([edition(one_way("needs", counts), variables=(ticks,))])
    assert ranges(found)["Needs = None"] == (0, 4)
    mended = one_way("needs", {**counts, "pay": "[c]"})
    assert audit([edition(mended, variables=(ticks,))]).is_adequate


def test_what_was_put_first_is_among_what_was_placed() -> None:
    placed = variable("placed", "pay", "rest", "hours", kind="tick_all")
    first = replace(variable("first", "pay", "rest", "hours"), within="placed")
    tables_of_both = (
        one_way("placed", {"pay": 40, "rest": 33, "hours": 28, ALL: 60}),
        one_way("first", {"pay": 37, "rest": 13, "hours": 10, ALL: 60}, number="2"),
    )
    found = audit([edition(*tables_of_both, variables=(placed, first))])
    assert "(Placed = Pay) less (First = Pay)" in breach(found, "difference")
    apart = audit([edition(*tables_of_both, variables=(placed, replace(first, within="")))])
    assert apart.is_adequate


def test_codes_may_hold_a_plus_sign() -> None:
    table = one_way("years", {"0-9": 20, "10-19": "[c]", "20+": "[c]", ALL: 46})
    merged = one_way("years", {"0-9": 20, "10-19|20+": 26, ALL: 46}, number="2")
    assert audit([edition(table, merged)]).is_adequate


def test_a_percentage_of_a_hidden_base_still_narrows_it() -> None:
    counts = {"yes": "[c]", "no": "[c]", ALL: "[c]"}
    table = one_way("answer", counts, percents={"yes": 91, "no": 9})
    found = audit([edition(table, participants=35)])
    assert breach(found, "percent_base")
    assert ranges(found)["answer = no"][1] == 3


def test_linked_tables_give_a_hidden_cell_back() -> None:
    answers = one_way("answer", {"yes": 43, "no": 17, ALL: 60})
    hidden = cross("answer", "mode", STREET, hide=INNER)
    ages = {("yes", "young"): 18, ("no", "young"): 7, ("yes", "old"): 25, ("no", "old"): 10}
    safe = audit([edition(answers, hidden, cross("answer", "age", ages, number="3"))])
    assert safe.is_adequate
    narrower = one_way("answer", {"yes": 18, "no": "[c]"}, number="4", filters={"mode": "street"})
    linked = audit([edition(answers, hidden, narrower)])
    assert ranges(linked)["answer = no, mode = street"] == (3, 3)
    assert breach(linked, "range")


def test_a_one_way_table_and_a_cross_tell_who_skipped_the_other_question() -> None:
    answers = one_way("answer", {"yes": 45, "no": 17, ALL: 62})
    inner = {**STREET, ("no", "street"): 6, ("no", "online"): 11}
    crossed = cross("answer", "mode", inner)
    found = audit([edition(answers, crossed, participants=62)])
    told = "(answer = yes) less (answer = yes, mode = all who answered)"
    assert told in breach(found, "difference")
    mended = one_way("answer", {"yes": 43, "no": 17, ALL: 60})
    assert audit([edition(mended, crossed, participants=60)]).is_adequate


def test_people_not_asked_are_found_through_the_question_that_decided() -> None:
    member = one_way("member", {"yes": "[c]", "no": "[c]", ALL: 40})
    asked = variable("dues", "fair", "high", asked_if={"member": "yes"})
    dues = one_way("dues", {"fair": 20, "high": 17, ALL: 37, MISSING: 0}, number="2")
    found = audit([edition(member, dues, variables=(asked,), participants=40)])
    assert ranges(found)["member = no"] == (3, 3)
    apart = variable("dues", "fair", "high")
    loose = audit([edition(member, dues, variables=(apart,), participants=40)])
    assert ranges(loose)["member = no"] == (0, 40)


def test_a_filtered_table_and_the_whole_one_differ_by_few() -> None:
    everyone = one_way("answer", {"yes": 30, "no": 20, ALL: 50})
    members = one_way(
        "answer", {"yes": 27, "no": 20, ALL: 47}, number="2", filters={"member": "yes"}
    )
    found = audit([edition(everyone, members, participants=50)])
    assert "(answer = yes) less (answer = yes, member = yes)" in breach(found, "difference")
    mended = one_way(
        "answer", {"yes": 20, "no": 12, ALL: 32}, number="2", filters={"member": "yes"}
    )
    assert audit([edition(everyone, mended, participants=50)]).is_adequate


def test_a_merged_category_beside_its_parts_gives_one_of_them_back() -> None:
    fine = one_way("age", {"young": 20, "middle": "[c]", "old": "[c]", ALL: 46})
    merged = one_way("age", {"young|middle": 43, "old": "[c]", ALL: 46}, number="2")
    found = audit([edition(fine, merged, participants=46)])
    assert ranges(found) == {"age = middle": (23, 23), "age = old": (3, 3)}
    assert audit([edition(fine, participants=46)]).is_adequate


def test_a_second_edition_is_subtracted_from_the_first() -> None:
    first = one_way("answer", {"yes": 43, "no": 17, ALL: 60})
    second = one_way("answer", {"yes": 42, "no": 17, ALL: 59})
    editions = [
        edition(first, participants=60),
        edition(second, participants=59, name="2"),
    ]
    found = audit(editions)
    assert "answer = yes" in breach(found, "editions")
    assert "everybody" in breach(found, "editions")
    assert audit(editions[:1]).is_adequate
    assert audit(editions[1:]).is_adequate


def test_a_third_edition_is_held_against_the_first() -> None:
    def numbered(name: str, yes: int) -> Edition:
        table = one_way("answer", {"yes": yes, "no": 17, ALL: yes + 17})
        return edition(table, participants=yes + 17, name=name)

    far = [numbered("1", 43), numbered("2", 60), numbered("3", 45)]
    assert "answer = yes" in breach(audit(far), "editions")
    assert audit([numbered("1", 43), numbered("2", 60), numbered("3", 50)]).is_adequate


def test_hidden_in_one_edition_and_printed_in_the_next_is_printed() -> None:
    first = one_way("answer", {"yes": 43, "no": "[c]", "unsure": "[c]", ALL: 60})
    second = one_way("answer", {"yes": 43, "no": 14, "unsure": "[c]", ALL: 60})
    editions = [edition(first, participants=60), edition(second, participants=60, name="2")]
    assert audit(editions[:1]).is_adequate
    assert ranges(audit(editions))["answer = unsure"] == (3, 3)


def test_a_grown_snapshot_tells_what_the_newcomers_said() -> None:
    def snapshot(yes: int, no: int, people: int, name: str) -> Edition:
        table = one_way("answer", {"yes": yes, "no": no, ALL: people})
        return edition(table, participants=people, name=name)

    first, later = snapshot(40, 20, 60, "1"), snapshot(43, 25, 68, "2")
    assert "answer = yes" in breach(audit([first, later]), "editions")
    mended = snapshot(46, 26, 72, "2")
    assert audit([first, mended]).is_adequate


def test_newcomers_are_found_though_no_two_printed_numbers_are_close() -> None:
    first = one_way("answer", {"yes": 40, "no": "[c]", "unsure": "[c]", ALL: 60})
    later = one_way("answer", {"yes": 47, "no": "[c]", "unsure": "[c]", ALL: 70})
    editions = [edition(first, participants=60), edition(later, participants=70, name="2")]
    found = audit(editions)
    assert "(answer = all who answered) less (answer = yes)" in breach(found, "editions")


@pytest.mark.parametrize(
    ("words", "is_adequate"),
    [
        ("The answer “No” was given by 3 of 60.", False),
        ("The answer “Yes” was given by 43 of 60.", True),
        ("See Table 3 and question 4, asked on 3 March 2026.", True),
        ("Only 3 people said no.", False),
    ],
)
def test_the_sentence_beside_the_table_says_no_more(words: str, is_adequate: bool) -> None:
    counts = {"yes": 43, "no": "[c]", "unsure": "[c]", ALL: 60}
    answer = variable("answer", "yes", "no", "unsure")
    sentence = Sentence(words, "1", "page")
    found = audit([edition(one_way("answer", counts), variables=(answer,), sentences=(sentence,))])
    assert found.is_adequate is is_adequate
    if "“No”" in words:
        assert ranges(found)["Answer = No"] == (3, 3)


def test_a_typed_share_anywhere_must_stand_in_a_table() -> None:
    table = one_way("answer", {"yes": 43, "no": 17, ALL: 60})
    typed = Sentence("In 2026, 12 of 60 told us that they were tired.", "", "page")
    assert breach(audit([edition(table, sentences=(typed,))]), "sentence")
    fine = Sentence("In 2026, 17 of 60 said no.", "", "page")
    assert audit([edition(table, sentences=(fine,))]).is_adequate


# Quotations


def quoted(*labels: dict[str, str], east: int = 12) -> Audit:
    counts = {"north": 20, "south": 25, "east": east, "west": 12, ALL: 57 + east}
    table = one_way("region", {**counts, MISSING: 0})
    quotes = tuple(Quote(at(**label), "page") for label in labels)
    return audit([edition(table, quotes=quotes, participants=57 + east)])


def test_a_label_that_fits_few_people_points_at_somebody() -> None:
    assert breach(quoted({"region": "east"}, east=9), "attribution") == ["region = east"]
    assert quoted({"region": "east"}).is_adequate


def test_a_detail_left_out_tells_who_is_left_over() -> None:
    found = quoted({"region": "north"}, {}, east=9)
    assert breach(found, "left_over") == ["everybody, region left out"]
    assert next(f for f in found.findings if f.rule == "left_over").range == Range(9, 9)
    assert quoted({}, {}, east=9).is_adequate
    assert quoted({"region": "north"}, {"region": "south"}, east=9).is_adequate


def test_a_label_of_two_details_is_checked_against_the_cross() -> None:
    table = cross("region", "mode", {("n", "a"): 8, ("n", "b"): 40, ("s", "a"): 30, ("s", "b"): 9})
    label = Quote(at(region="n", mode="a"), "page")
    found = audit([edition(table, quotes=(label,))])
    assert breach(found, "attribution") == ["mode = a, region = n"]
    alone = Quote(at(region="n"), "page")
    assert audit([edition(table, quotes=(alone,))]).is_adequate


# Rules about single numbers


@pytest.mark.parametrize("special", [MISSING, NOT_ASKED])
def test_few_who_skipped_or_were_not_asked_are_a_small_count(special: str) -> None:
    table = one_way("answer", {"yes": 30, "no": 20, ALL: 50, special: 3})
    assert breach(audit([edition(table)]), "small_count")
    mended = one_way("answer", {"yes": 30, "no": 20, ALL: 50, special: 6})
    assert audit([edition(mended)]).is_adequate


def test_a_small_printed_count_is_a_breach() -> None:
    found = audit([edition(one_way("answer", {"yes": 30, "no": 4, ALL: 34}))])
    assert breach(found, "small_count") == ["answer = no"]


@pytest.mark.parametrize(
    ("band", "is_adequate"),
    [
        ("9 or fewer", True),
        ("at least 34 of 43", True),
        ("fewer than 5", False),
        ("at least 40 of 43", False),
        ("4 to 8", False),
    ],
)
def test_a_band_must_straddle_five(band: str, is_adequate: bool) -> None:
    counts = {"yes": "[c]", "no": "[c]", "unsure": "[c]", ALL: 43}
    found = audit([edition(one_way("answer", {**counts, "no": band}))])
    assert found.is_adequate is is_adequate


def test_nobody_and_everybody_disclose_only_what_is_about_the_person() -> None:
    counts = {"yes": 30, "no": 0, ALL: 30}
    about = variable("status", "yes", "no", sensitivity="attribute")
    found = audit([edition(one_way("status", counts), variables=(about,))])
    assert breach(found, "attribute")
    opinion = variable("status", "yes", "no")
    assert audit([edition(one_way("status", counts), variables=(opinion,))]).is_adequate


def test_a_structural_zero_discloses_nothing_and_covers_nothing() -> None:
    about = variable("status", "a", "b", "c", sensitivity="attribute")
    table = one_way("status", {"a": "[c]", "b": "[c]", "c": "[z]", ALL: 30})
    assert audit([edition(table, variables=(about,))]).is_adequate
    counts = {"a": "[c]", "b": 27, "c": "[z]", ALL: 30}
    found = audit([edition(one_way("status", counts), variables=(about,))])
    assert ranges(found)["Status = A"] == (3, 3)
    assert STRUCTURAL.high == 0


def test_nothing_is_shown_of_fewer_than_ten() -> None:
    assert breach(audit([edition(one_way("answer", {"yes": 8, "no": 0, ALL: 8}))]), "base")
    assert audit([edition(one_way("answer", {"yes": 10, "no": 0, ALL: 10}))]).is_adequate


def test_no_subgroup_of_fewer_than_ten_is_shown() -> None:
    counts = {("yes", "a"): 9, ("no", "a"): 0, ("yes", "b"): 20, ("no", "b"): 15}
    found = audit([edition(cross("answer", "place", counts))])
    assert breach(found, "base") == ["Table 2, answer = all who answered, place = a"]
    hidden = {("yes", "a"), ("no", "a"), ("yes", "b"), ("no", "b")}
    assert not breach(audit([edition(cross("answer", "place", counts, hide=hidden))]), "base")


@pytest.mark.parametrize(("people", "is_adequate"), [(29, False), (30, True)])
def test_no_percentage_below_thirty(people: int, is_adequate: bool) -> None:
    counts = {"yes": people - 10, "no": 10, ALL: people}
    table = one_way("answer", counts, percents={"no": (1000 * 2 + people) // (2 * people)})
    assert audit([edition(table)]).is_adequate is is_adequate


def test_percentages_are_whole() -> None:
    table = one_way("answer", {"yes": 30, "no": 20, ALL: 50})
    share = Figure(at(answer="no"), exactly(40), "t", "percent", at(answer=ALL), is_whole=False)
    found = audit([edition(table, figures=(share,))])
    assert found.broken() == {"percent_whole"}


@pytest.mark.parametrize(
    ("kind", "people", "rule"),
    [
        ("mean", 50, "statistic"),
        ("min", 50, "statistic"),
        ("max", 50, "statistic"),
        ("range", 50, "statistic"),
        ("sum", 50, "statistic"),
        ("median", 19, "median_base"),
        ("q1", 19, "median_base"),
        ("median", 20, ""),
    ],
)
def test_statistics_of_few_and_of_extremes_are_kept_back(kind: str, people: int, rule: str) -> None:
    item = Statistic(kind, "hours", at(hours=ALL), "page", "38")
    table = one_way("hours", {ALL: people})
    with_it = Table("1", "", "hours", figures=table.figures, statistics=(item,))
    assert audit([edition(with_it)]).broken() == ({rule} if rule else set())


# Bad input and odd publications


def test_an_empty_publication_is_adequate() -> None:
    assert audit([]).is_adequate
    assert audit([edition()]).is_adequate


def test_numbers_that_can_not_all_be_true_are_a_breach() -> None:
    table = one_way("answer", {"yes": 30, "no": 20, ALL: 60})
    found = audit([edition(table, variables=(variable("answer", "yes", "no"),))])
    assert breach(found, "contradiction")


def test_a_figure_of_an_unknown_category_of_a_known_question_is_refused() -> None:
    stray = Figure(at(answer=TICKS), exactly(30), "page")
    with pytest.raises(Unreadable):
        audit([edition(one_way("answer", {"yes": 30}), figures=(stray,), quotes=())])


def test_time_running_out_is_a_breach() -> None:
    counts = {(f"r{r}", f"c{c}"): 7 + (r * c) % 5 for r in range(6) for c in range(6)}
    table = cross("r", "c", counts, hide=set(counts))
    found = audit([edition(table)], seconds=0.0)
    assert breach(found, "time_out")


@pytest.mark.parametrize(
    "wrong",
    [
        ("found", 999.0, [999.0] * 20),
        ("found", 17.0, [0.5] * 20),
        ("found", 3.0, [-1.0] * 20),
        ("unfinished", 0.0, None),
    ],
)
def test_a_solver_that_errs_is_not_believed(
    wrong: tuple[str, float, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Programme, "_asked", lambda *_args, **_named: wrong)
    found = street(INNER)
    assert breach(found, "time_out")
    assert not found.is_adequate


def test_a_classification_with_too_many_cells_is_refused_not_skipped() -> None:
    wide = [variable(name, *(f"c{n}" for n in range(400))) for name in ("one", "two")]
    figures = tuple(Figure(at(one=f"c{n}", two=f"c{n}"), exactly(9), "page") for n in range(400))
    table = Table("1", "", "one", "two", "two", figures=figures)
    with pytest.raises(Unreadable, match="too many cells"):
        audit([edition(table, variables=wide)])


def test_a_policy_of_another_kind_is_read_by_its_names() -> None:
    other = tables.Policy(k=7)
    counts = {"yes": 40, "no": 6, ALL: 46}
    assert breach(audit([edition(one_way("answer", counts))], policy=other), "small_count")
    assert audit([edition(one_way("answer", counts))], policy=Policy()).is_adequate


def test_no_policy_goes_below_the_floors() -> None:
    with pytest.raises(ValueError, match="smaller than 5"):
        Policy(k=4)
    with pytest.raises(ValueError, match="smaller than 5"):
        Policy(k_attr=4)


def test_the_auditor_loads_nothing_of_the_suppressor_and_no_solver_to_check() -> None:
    code = (
        "import sys, consultation.disclosure.audit.checking\n"
        "ours = [m for m in sys.modules if m.startswith('consultation.disclosure.')"
        " and not m.startswith('consultation.disclosure.audit')]\n"
        "assert not ours, ours\n"
        "assert 'highspy' not in sys.modules\n"
        "assert 'django' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
