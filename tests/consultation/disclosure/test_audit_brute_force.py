"""The auditor against every possible table: its ranges are the true ones, no wider and no narrower.

Small true tables are drawn, and a suppressor that knows nothing hides at random. Then all tables of
whole numbers are listed that fit what is left, and their least and greatest values are what the
auditor must have found.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from consultation.disclosure.audit import Audit, Edition, Policy, audit
from consultation.disclosure.audit.published import (
    ANSWERED,
    HIDDEN,
    STRUCTURAL,
    At,
    Figure,
    Said,
    Statistic,
    Table,
    exactly,
)
from tests.consultation.disclosure.audit_editions import ALL, at, edition, variable

K = 5
REST = "rest"
People = tuple[str, ...]


@cache
def every_table(cells: int, people: int) -> Any:
    """All ways to spread some people over some cells, a row each."""
    bars = np.array(list(itertools.combinations(range(people + cells - 1), cells - 1)), dtype=int)
    edges = np.hstack(
        [
            np.full((len(bars), 1), -1),
            bars.reshape(len(bars), cells - 1),
            np.full((len(bars), 1), people + cells - 1),
        ]
    )
    return np.diff(edges, axis=1) - 1


class World:
    """Kinds of people by what they answered, and all the ways they could be spread."""

    def __init__(self, axes: Sequence[Sequence[str]], people: int) -> None:
        self.kinds: list[People] = list(itertools.product(*axes))
        self.tables = every_table(len(self.kinds), people)

    def sums(self, holds: Callable[[People], bool]) -> Any:
        """A count under every possible table."""
        return self.tables[:, [holds(kind) for kind in self.kinds]].sum(axis=1)


def holds(names: Sequence[str], place: At) -> Callable[[People], bool]:
    """Whether a kind of people is counted at a place."""
    wanted = dict(place)

    def check(kind: People) -> bool:
        said = dict(zip(names, kind, strict=True))
        return all(
            said[code] != REST if category == ANSWERED else said[code] == category
            for code, category in wanted.items()
        )

    return check


def brute(world: World, names: Sequence[str], figures: Sequence[Figure]) -> dict[At, Any]:
    """The values of every hidden place under each table that fits the printed ones."""
    fits = np.full(len(world.tables), fill_value=True)
    for figure in figures:
        number = figure.said.number
        if figure.said.manner == "structural":
            fits &= world.sums(holds(names, figure.at)) == 0
        elif figure.said.manner == "band":
            sums = world.sums(holds(names, figure.at))
            fits &= (sums >= figure.said.low) & (sums <= figure.said.high)
        elif number is not None and figure.measure == "percent":
            sums, base = world.sums(holds(names, figure.at)), world.sums(holds(names, figure.of))
            fits &= (base > 0) & ((200 * sums + base) // np.maximum(2 * base, 1) == number)
        elif number is not None:
            fits &= world.sums(holds(names, figure.at)) == number
    return {
        figure.at: world.sums(holds(names, figure.at))[fits]
        for figure in figures
        if figure.said.manner in ("hidden", "band")
    }


def found_in(result: Audit, at_names: dict[At, str]) -> dict[At, tuple[int, int | None]]:
    by_name = {c.name: (c.reach.range.low, c.reach.range.high) for c in result.hidden}
    return {place: by_name[name] for place, name in at_names.items()}


def words(place: At) -> str:
    shown = {ANSWERED: "all who answered"}
    return ", ".join(f"{code.capitalize()} = {shown.get(c, c.capitalize())}" for code, c in place)


def assert_exact(
    world: World, names: Sequence[str], figures: Sequence[Figure], published: Edition
) -> None:
    """The auditor's ranges, and its verdict on each hidden number, are those of brute force."""
    result = audit([published])
    truth = brute(world, names, figures)
    if any(figure.said == STRUCTURAL for figure in figures):
        # Where all of a place is zero by its nature, nothing was hidden.
        known = {cell.name for cell in result.hidden}
        truth = {p: values for p, values in truth.items() if values.any() or words(p) in known}
    assert found_in(result, {place: words(place) for place in truth}) == {
        place: (int(values.min()), int(values.max())) for place, values in truth.items()
    }
    deserted = {cell.name for cell in result.hidden if cell.is_deserted}
    assert all(not truth[place].any() for place in truth if words(place) in deserted)
    narrow = {
        words(place)
        for place, values in truth.items()
        if values.max() < K or values.max() - values.min() < K
    } - deserted
    assert {f.cell for f in result.findings if f.rule == "range"} == narrow
    if narrow:
        assert not result.is_adequate


@st.composite
def spread(draw: st.DrawFn, cells: int, people: int) -> list[int]:
    """A true table: so many people over so many cells."""
    bars = sorted(draw(st.sets(
        st.integers(0, people + cells - 2), min_size=cells - 1, max_size=cells - 1
    )))  # fmt: skip
    return [b - a - 1 for a, b in itertools.pairwise([-1, *bars, people + cells - 1])]


SHAPES = st.sampled_from([((2, 2), 10), ((2, 3), 7), ((3, 2), 7)])


@given(SHAPES, st.data())
@settings(max_examples=60)
def test_random_hiding_in_a_cross_is_caught_exactly_when_a_range_is_too_narrow(
    shape: tuple[tuple[int, int], int], data: st.DataObject
) -> None:
    (rows, columns), people = shape
    axes = [[f"r{n}" for n in range(rows)], [f"c{n}" for n in range(columns)]]
    names = ["row", "column"]
    world = World([[*axis, REST] for axis in axes], people)
    true = data.draw(spread(len(world.kinds), people))

    def count(place: At) -> int:
        check = holds(names, place)
        return sum(n for n, kind in zip(true, world.kinds, strict=True) if check(kind))

    places = [at(row=r, column=c) for r, c in itertools.product(*([*a, ANSWERED] for a in axes))]
    places += [at(row=r) for r in axes[0]]
    figures = [Figure((), exactly(people), "cover")]
    for place in places:
        choice = data.draw(st.sampled_from(["shown", "hidden", "hidden", "none", "band", "zero"]))
        number = count(place)
        said: Said | None = None
        if choice == "shown":
            said = exactly(number)
        elif choice == "band":
            low = max(0, number - data.draw(st.integers(0, 3)))
            said = Said("band", low, number + data.draw(st.integers(0, 3)))
        elif choice == "zero" and number == 0:
            said = STRUCTURAL
        elif choice == "hidden":
            said = HIDDEN
        if said is not None:
            figures.append(Figure(place, said, "page"))
    table = Table("1", "", "row", "column", "column", figures=tuple(figures))
    published = edition(table, variables=[variable("row", *axes[0]), variable("column", *axes[1])])
    assert_exact(world, names, figures, published)


@given(st.data())
@settings(max_examples=60)
def test_two_crosses_that_share_a_question_are_read_as_one(data: st.DataObject) -> None:
    """Against all joint tables of three questions: where no three are crossed in a ring, exact."""
    people = 10
    names = ["a", "b", "c"]
    world = World([["x", "y"]] * 3, people)
    true = data.draw(spread(8, people))
    pairs = [("a", "b"), ("a", "c")]
    figures = [Figure((), exactly(people), "cover")]
    for name in names:
        figures.append(Figure(at(**{name: ANSWERED}), exactly(people), "base"))
    for one, two in pairs:
        for first, second in itertools.product(["x", "y", ANSWERED], repeat=2):
            if (first, second) == (ANSWERED, ANSWERED):
                continue
            place = at(**{one: first, two: second})
            check = holds(names, place)
            number = sum(n for n, kind in zip(true, world.kinds, strict=True) if check(kind))
            is_shown = data.draw(st.sampled_from([True, False, False]))
            figures.append(Figure(place, exactly(number) if is_shown else HIDDEN, "page"))
    unique = list({(f.at, f.said.manner): f for f in figures}.values())
    published = edition(
        Table("1", "", "a", "b", "b", figures=tuple(unique)),
        variables=[variable(name, "x", "y") for name in names],
    )
    assert_exact(world, names, unique, published)


@given(st.data())
@settings(max_examples=60)
def test_three_questions_in_a_ring_are_exact_when_read_as_one(data: st.DataObject) -> None:
    """Pair by pair a range may be wider than the truth: the known limit. As one it is exact."""
    people = 9
    names = ["a", "b", "c"]
    world = World([["x", "y"]] * 3, people)
    true = data.draw(spread(8, people))
    figures = [Figure((), exactly(people), "cover")]
    for one, two in itertools.combinations(names, 2):
        for first, second in itertools.product(["x", "y"], repeat=2):
            place = at(**{one: first, two: second})
            check = holds(names, place)
            number = sum(n for n, kind in zip(true, world.kinds, strict=True) if check(kind))
            is_shown = data.draw(st.booleans())
            figures.append(Figure(place, exactly(number) if is_shown else HIDDEN, "page"))
    for name in names:
        figures.append(Figure(at(**{name: ANSWERED}), exactly(people), "base"))
    published = edition(
        Table("1", "", "a", "b", "b", figures=tuple(figures)),
        variables=[variable(name, "x", "y") for name in names],
    )
    truth = brute(world, names, figures)
    places = {place: words(place) for place in truth}
    loose = found_in(audit([published]), places)
    exact = found_in(audit([published], policy=Policy(ring=64)), places)
    for place, values in truth.items():
        assert exact[place] == (int(values.min()), int(values.max()))
        low, high = loose[place]
        assert low <= values.min()
        assert high is not None
        assert values.max() <= high


@given(st.data())
@settings(max_examples=60)
def test_percentages_narrow_a_range_exactly_as_their_rounding_does(data: st.DataObject) -> None:
    people = data.draw(st.integers(6, 24))
    categories = ["x", "y", "z"]
    world = World([[*categories, REST]], people)
    true = data.draw(spread(4, people))
    base = people - true[3]
    figures = [Figure((), exactly(people), "cover")]
    is_based = data.draw(st.booleans())
    figures.append(Figure(at(q=ANSWERED), exactly(base) if is_based else HIDDEN, "page"))
    for category, number in zip(categories, true, strict=False):
        figures.append(Figure(at(q=category), HIDDEN, "page"))
        if base and data.draw(st.booleans()):
            percent = (200 * number + base) // (2 * base)
            figures.append(
                Figure(at(q=category), exactly(percent), "page", "percent", at(q=ANSWERED))
            )
    if not is_based and not any(f.measure == "percent" for f in figures):
        return
    published = edition(
        Table("1", "", "q", figures=tuple(figures)), variables=[variable("q", *categories)]
    )
    truth = brute(world, ["q"], figures)
    result = audit([published])
    assert found_in(result, {place: words(place) for place in truth}) == {
        place: (int(values.min()), int(values.max())) for place, values in truth.items()
    }


@given(st.data())
@settings(max_examples=60)
def test_ticked_answers_share_their_people_and_nothing_else(data: st.DataObject) -> None:
    """Against all tables of who ticked what by a group: two answers, two groups, some skipped."""
    people = 8
    kinds = [("0", "1"), ("1", "0"), ("1", "1"), (REST, REST)]
    world = World([["x", "y"]], 0)
    world.kinds = [(group, *ticks) for group in ("x", "y") for ticks in kinds]
    world.tables = every_table(len(world.kinds), people)
    true = data.draw(spread(8, people))

    def check(place: At) -> Callable[[People], bool]:
        wanted = dict(place)

        def inner(kind: People) -> bool:
            group, pay, rest = kind
            if wanted.get("group", ANSWERED) not in (ANSWERED, group):
                return False
            answer = wanted.get("needs")
            if answer is None:
                return True
            if answer == ANSWERED:
                return pay != REST
            return (pay if answer == "pay" else rest) == "1"

        return inner

    figures = [
        Figure((), exactly(people), "cover"),
        Figure(at(group=ANSWERED), exactly(people), "base"),
    ]
    for group, answer in itertools.product(["x", "y", None], ["pay", "rest", ANSWERED]):
        place = at(needs=answer, **({"group": group} if group else {}))
        number = sum(n for n, kind in zip(true, world.kinds, strict=True) if check(place)(kind))
        choice = data.draw(st.sampled_from(["shown", "hidden", "none"]))
        if choice != "none":
            figures.append(Figure(place, exactly(number) if choice == "shown" else HIDDEN, "page"))
    published = edition(
        Table("1", "", "needs", "group", "group", figures=tuple(figures)),
        variables=[variable("needs", "pay", "rest", kind="tick_all"), variable("group", "x", "y")],
    )
    fits = np.full(len(world.tables), fill_value=True)
    for figure in figures:
        if figure.said.number is not None:
            fits &= world.sums(check(figure.at)) == figure.said.number
    truth = {f.at: world.sums(check(f.at))[fits] for f in figures if f.said == HIDDEN}
    result = audit([published])
    assert found_in(result, {place: words(place) for place in truth}) == {
        place: (int(values.min()), int(values.max())) for place, values in truth.items()
    }


@given(st.data())
@settings(max_examples=60)
def test_what_is_first_is_placed_and_none_stands_alone(data: st.DataObject) -> None:
    """Against all lists of what was ticked and what of it came first. Never too narrow."""
    people = 6
    things = ["a", "b", "none"]
    kinds = [("a", "a"), ("b", "b"), ("none", "none"), ("a", "ab"), ("b", "ab"), (REST, REST)]
    tables = every_table(len(kinds), people)
    true = data.draw(spread(len(kinds), people))
    figures = [Figure((), exactly(people), "cover")]
    fits = np.full(len(tables), fill_value=True)
    hidden = {}

    def tell(place: At, own: list[bool]) -> None:
        nonlocal fits
        if data.draw(st.booleans()):
            count = sum(n for n, is_own in zip(true, own, strict=True) if is_own)
            fits &= tables[:, own].sum(axis=1) == count
            figures.append(Figure(place, exactly(count), "page"))
        else:
            hidden[place] = tables[:, own].sum(axis=1)
            figures.append(Figure(place, HIDDEN, "page"))

    for thing in things:
        tell(at(first=thing), [first == thing for first, _placed in kinds])
        told = [placed != REST and thing in (placed, *placed) for _first, placed in kinds]
        tell(at(placed=thing), told)
    for code in ("first", "placed"):
        tell(at(**{code: ALL}), [first != REST for first, _placed in kinds])
    published = edition(
        Table("1", "", "placed", figures=tuple(figures)),
        variables=[
            replace(variable("placed", *things, kind="tick_all"), exclusive="none"),
            replace(variable("first", *things), within="placed"),
        ],
    )
    found = found_in(audit([published]), {place: words(place) for place in hidden})
    for place, values in hidden.items():
        low, high = found[place]
        assert low <= values[fits].min()
        assert high is not None
        assert values[fits].max() <= high


@given(st.data())
@settings(max_examples=60)
def test_an_edition_inside_another_is_read_with_the_people_between(data: st.DataObject) -> None:
    small, newcomers = 8, data.draw(st.integers(1, 7))
    categories = ["x", "y", "z"]
    first, more = data.draw(spread(3, small)), data.draw(spread(3, newcomers))
    before, between = every_table(3, small), every_table(3, newcomers)
    pairs = [
        (np.array(a), np.array(a) + np.array(b)) for a in before.tolist() for b in between.tolist()
    ]
    early, late = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    fits = np.full(len(pairs), fill_value=True)
    editions, truth = [], {}
    for name, numbers, tables in (
        ("first", first, early),
        ("second", [a + b for a, b in zip(first, more, strict=True)], late),
    ):
        people = sum(numbers)
        figures = [
            Figure((), exactly(people), "cover"),
            Figure(at(q=ANSWERED), exactly(people), "page"),
        ]
        for number, (category, count) in enumerate(zip(categories, numbers, strict=True)):
            place = f"{name} {category}"
            if data.draw(st.booleans()):
                fits &= tables[:, number] == count
                figures.append(Figure(at(q=category), exactly(count), place))
            else:
                truth[place] = tables[:, number]
                figures.append(Figure(at(q=category), HIDDEN, place))
        editions.append(
            edition(
                Table("1", "", "q", figures=tuple(figures)),
                variables=[variable("q", *categories)],
                name=name,
            )
        )
    result = audit(editions)
    found = {c.places[0]: (c.reach.range.low, c.reach.range.high) for c in result.hidden}
    assert found == {
        place: (int(values[fits].min()), int(values[fits].max())) for place, values in truth.items()
    }
    if newcomers < K:
        assert "editions" in result.broken()


@given(st.data())
@settings(max_examples=60)
def test_a_full_ranking_is_read_as_one(data: st.DataObject) -> None:
    """Against all tables of orders: three things, each with one place."""
    people = 8
    things = ["a", "b", "c"]
    orders = [tuple(order) for order in itertools.permutations(things)]
    tables = every_table(len(orders), people)
    true = data.draw(spread(len(orders), people))
    figures = [Figure((), exactly(people), "cover")]
    fits = np.full(len(tables), fill_value=True)
    hidden = {}
    places = ["first", "second", "third"]
    for number, name in enumerate(places):
        figures.append(Figure(at(**{name: ANSWERED}), exactly(people), "page"))
        for thing in things:
            own = [order[number] == thing for order in orders]
            place = at(**{name: thing})
            if data.draw(st.booleans()):
                count = sum(n for n, is_own in zip(true, own, strict=True) if is_own)
                fits &= tables[:, own].sum(axis=1) == count
                figures.append(Figure(place, exactly(count), "page"))
            else:
                hidden[place] = tables[:, own].sum(axis=1)
                figures.append(Figure(place, HIDDEN, "page"))
    published = edition(
        Table("1", "", "first", figures=tuple(figures)),
        variables=[replace(variable(name, *things), ranked="wishes") for name in places],
    )
    found = found_in(audit([published]), {place: words(place) for place in hidden})
    # A square of places and things with equal margins is a sum of orders (Birkhoff): exact.
    assert found == {
        place: (int(values[fits].min()), int(values[fits].max()))
        for place, values in hidden.items()
    }


@given(st.data())
@settings(max_examples=60)
def test_a_median_narrows_the_bands_around_it(data: st.DataObject) -> None:
    """Against all answers in whole hours: never too narrow, and narrower than without it."""
    people = 7
    hours = list(range(6))
    tables = every_table(len(hours), people)
    true = data.draw(spread(len(hours), people))
    lists = np.repeat(np.tile(hours, (len(tables), 1)).ravel(), tables.ravel())
    medians = np.median(lists.reshape(len(tables), people), axis=1)
    middle = int(np.median(np.repeat(hours, true)))
    bands = {"low": (0, 1), "middle": (2, 3), "high": (4, 5)}
    asked = replace(
        variable("hours", *bands), bounds=tuple((b, *ends) for b, ends in bands.items())
    )
    figures = [Figure((), exactly(people), "c"), Figure(at(hours=ALL), exactly(people), "c")]
    figures += [Figure(at(hours=band), HIDDEN, "page") for band in bands]
    item = Statistic("median", "hours", at(hours=ALL), "page", str(middle), base=people)

    def found(*statistics: Statistic) -> dict[str, tuple[int, int | None]]:
        table = Table("1", "", "hours", figures=tuple(figures), statistics=statistics)
        result = audit([edition(table, variables=(asked,))])
        return {c.name: (c.reach.range.low, c.reach.range.high) for c in result.hidden}

    with_it, without = found(item), found()
    for band, (least, most) in bands.items():
        counts = tables[medians == middle][:, least : most + 1].sum(axis=1)
        low, high = with_it[f"Hours = {band.capitalize()}"]
        assert low <= counts.min()
        assert high is not None
        assert counts.max() <= high
    assert with_it != without
