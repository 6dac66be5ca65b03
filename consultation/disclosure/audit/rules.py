"""The rules a publication is held to, one function each. Pure.

A rule reads what was published and what follows from it, and yields a finding for every breach.
On doubt there is a finding.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from consultation.disclosure.audit import differences, quotations, sentences
from consultation.disclosure.audit.axes import Node, is_status, variable_of
from consultation.disclosure.audit.case import UNANSWERED, Case, least_and_most_seen, point
from consultation.disclosure.audit.equations import Era, columns_of
from consultation.disclosure.audit.findings import Finding, unfinished
from consultation.disclosure.audit.policy import Policy
from consultation.disclosure.audit.published import (
    ANSWERED,
    MISSING,
    NOT_ASKED,
    TICKS,
    At,
    Figure,
    Table,
)
from consultation.disclosure.audit.ranges import Reach, Reasoning

NEEDS_BASE: Final = frozenset({"median", "q1", "q3"})
"""The statistics that may be shown of enough people. No other may."""


# What is printed


def small_counts(case: Case) -> Iterator[Finding]:
    """No number of 1 to k-1 people is printed, in a cell, a margin or a base."""
    seen = set()
    for told, figure, era in case.system.pinned:
        number = figure.said.number
        if number is None or not case.policy.is_small(number):
            continue
        if any(category == TICKS for _code, category in figure.at):
            continue
        if (era.key, told.name, told.source) not in seen:
            seen.add((era.key, told.name, told.source))
            yield Finding(
                "small_count",
                told.name,
                point(number),
                f"The number {number} is printed. It is small enough to point at somebody.",
                told.source,
            )


def whole_percents(case: Case) -> Iterator[Finding]:
    """A percentage is a whole number between 0 and 100, with a base large enough."""
    for era, edition in case.editions():
        for figure in edition.every_figure():
            if figure.measure != "percent" or figure.said.number is None:
                continue
            name = case.named(era, figure.at)
            if not figure.is_whole:
                yield Finding(
                    "percent_whole",
                    name,
                    None,
                    "A percentage with decimals tells more than a whole one.",
                    figure.place,
                )
            if figure.said.number > 100:
                yield Finding(
                    "contradiction",
                    name,
                    None,
                    f"{figure.said.number} % is more than everybody.",
                    figure.place,
                )
            low = case.least(era, figure.of)
            if low < case.policy.percent_base:
                yield Finding(
                    "percent_base",
                    name,
                    None,
                    f"A percentage is printed, and nothing shows that it is a share of "
                    f"{case.policy.percent_base} people or more.",
                    figure.place,
                )


def _bases_of(table: Table, figure: Figure) -> At:
    """Everybody in the subgroup that a cell of a table belongs to."""
    return tuple(
        (code, category if code == table.groups or dict(table.filter).get(code) else ANSWERED)
        for code, category in figure.at
    )


def small_bases(case: Case) -> Iterator[Finding]:
    """Nothing is shown of a table, or of a subgroup's column, below the smallest base."""
    limit = case.policy.min_base
    for era, _edition, table in case.tables():
        seen: set[At] = set()
        for figure in table.figures:
            shown = figure.said.manner in ("number", "band")
            special = any(c in (MISSING, NOT_ASKED, TICKS) for _v, c in figure.at)
            if not shown or special or not figure.at:
                continue
            base = _bases_of(table, figure)
            if base in seen:
                continue
            is_margin = figure.at == base
            if is_margin and any(c != ANSWERED for v, c in base if v not in dict(table.filter)):
                continue
            seen.add(base)
            columns = columns_of(case.system, era, base)
            if least_and_most_seen(case.reasoning, columns)[1] >= limit:
                continue
            reach = case.reasoning.reach(columns)
            high = reach.range.high
            name = f"Table {table.id}, {case.named(era, base)}"
            if not reach.is_certain:
                yield unfinished(name, figure.place)
            elif high is not None and 0 < high < limit:
                yield Finding(
                    "base",
                    name,
                    reach.range,
                    f"Numbers are shown of a group of {reach.range} people. "
                    f"The smallest group is {limit}.",
                    figure.place,
                )


def statistics(case: Case) -> Iterator[Finding]:
    """Medians and quartiles only of enough people; no least, greatest, range, mean or other."""
    for era, _edition, table in case.tables():
        for item in table.statistics:
            name = f"Table {table.id}, {item.kind} of {case.named(era, ((item.variable, '*'),))}"
            if item.kind not in NEEDS_BASE:
                yield Finding(
                    "statistic",
                    name,
                    None,
                    f"A {item.kind} can tell one person's answer.",
                    item.place,
                )
            else:
                low = item.base if item.base is not None else case.least(era, item.at)
                if low < case.policy.median_base:
                    yield Finding(
                        "median_base",
                        name,
                        None,
                        f"A {item.kind} is shown, and nothing shows that it is of "
                        f"{case.policy.median_base} people or more.",
                        item.place,
                    )


def tick_totals(case: Case) -> Iterator[Finding]:
    """The ticks of a question with several answers are never added up."""
    for era, edition in case.editions():
        for figure in edition.every_figure():
            if any(category == TICKS for _code, category in figure.at):
                yield Finding(
                    "tick_total",
                    case.named(era, figure.at),
                    None,
                    "All ticks together are printed; with them a hidden answer is a subtraction.",
                    figure.place,
                )


# What follows


def ranges(case: Case) -> Iterator[Finding]:
    """What can't be ruled out of a hidden number reaches k and spans k."""
    k = case.policy.k
    for cell in case.hidden:
        found = cell.reach.range
        place = "; ".join(cell.places)
        if cell.is_deserted:
            continue
        if not cell.reach.is_certain:
            yield unfinished(cell.name, place)
        elif found.high is not None and (found.high < k or found.high - found.low < k):
            yield Finding(
                "range",
                cell.name,
                found,
                f"This number is hidden, and yet a reader knows that it is {found}.",
                place,
            )


def subtractions(case: Case) -> Iterator[Finding]:
    """No printed sum minus its printed parts is 1 to k-1 people."""
    for era in case.system.eras:
        for printed in differences.printed_in(case.system, era).values():
            yield from _small_rests(case, printed, "difference")
    for small, large, gap in case.system.between:
        for printed in differences.common(case.system, small, large, gap).values():
            yield from _small_rests(case, printed, "editions")


def _small_rests(case: Case, printed: list[differences.Printed], rule: str) -> Iterator[Finding]:
    seen = {item.mask for item in printed}
    for rest in differences.rests(printed):
        if case.policy.is_small(rest.value) and rest.mask not in seen:
            seen.add(rest.mask)
            places = dict.fromkeys(item.place for item in (rest.whole, *rest.parts))
            yield Finding(
                rule,
                rest.name,
                point(rest.value),
                f"What is left of a printed number, its printed parts taken off, is {rest.value}.",
                "; ".join(places),
            )


def deductions(case: Case) -> Iterator[Finding]:
    """Nothing that was not printed is certainly 1 to k-1 people."""
    told = {t.columns for t, _f, _e in (*case.system.pinned, *case.system.veiled)}
    said: set[frozenset[int]] = set()
    eras = [(era, "difference") for era in case.system.eras]
    eras += [(gap, "editions") for _small, _large, gap in case.system.between]
    for era, rule in eras:
        for node, cells in era.nodes.items():
            for columns, name in _sums_of(case, era, node, cells):
                if columns in told or columns in said:
                    continue
                reach = certainly_small(case, columns)
                if reach is not None:
                    said.add(columns)
                    yield Finding(
                        rule if reach.is_certain else "time_out",
                        name,
                        reach.range,
                        f"This was not printed, and yet a reader knows that it is {reach.range}.",
                        era.key,
                    )


def _sums_of(
    case: Case, era: Era, node: Node, cells: dict[tuple[str, ...], int]
) -> Iterator[tuple[frozenset[int], str]]:
    """Each cell of a classification, and each sum over those who answered along its axes."""
    for column in cells.values():
        yield frozenset({column}), case.system.names[column]
    for size in range(1, len(node)):
        for summed in itertools.combinations(range(len(node)), size):
            sums: dict[tuple[str, ...], list[int]] = {}
            for parts, column in cells.items():
                if any(parts[axis] in UNANSWERED for axis in summed):
                    continue
                kept = tuple(ANSWERED if a in summed else p for a, p in enumerate(parts))
                sums.setdefault(kept, []).append(column)
            for kept, columns in sums.items():
                words = ", ".join(f"{a}={p}" for a, p in zip(node, kept, strict=True))
                yield frozenset(columns), f"{era.key} [{words}]"


def certainly_small(case: Case, columns: frozenset[int]) -> Reach | None:
    """The range of a sum when all of it lies between 1 and k-1, or when time ran out."""
    reasoning, small = case.reasoning, case.policy.is_small
    forced = reasoning.forced(columns)
    if forced is not None:
        return Reach(point(forced)) if small(forced) else None
    if can_be_harmless(reasoning, columns, case.policy):
        return None
    reach = reasoning.reach(columns)
    found = reach.range
    if not reach.is_certain:
        return reach
    return (
        reach if found.low > 0 and found.high is not None and found.high < case.policy.k else None
    )


def can_be_harmless(reasoning: Reasoning, columns: Iterable[int], policy: Policy) -> bool:
    """Whether some known assignment makes a sum nobody, or at least k people."""
    least, most = least_and_most_seen(reasoning, columns)
    return least == 0 or most >= policy.k


def changes(case: Case) -> Iterator[Finding]:
    """No number differs by 1 to k-1 between two editions."""
    seen: dict[tuple[str, At], dict[int, str]] = {}
    for _told, figure, era in case.system.pinned:
        number = figure.said.number
        if number is None:
            continue
        known = seen.setdefault((era.collection, figure.at), {})
        for before, place in known.items():
            if case.policy.is_small(abs(number - before)):
                yield Finding(
                    "editions",
                    case.named(era, figure.at),
                    point(abs(number - before)),
                    f"Another edition says {before}, this one {number}: the difference is small "
                    "enough to point at somebody.",
                    f"{place}; {figure.place}",
                )
        known.setdefault(number, figure.place)


def attributes(case: Case) -> Iterator[Finding]:
    """Of a question about the person, no group holds nobody or everybody."""
    value = case.reasoning.value
    for era in case.system.eras:
        axes = case.system.axes[era.collection]
        for node, cells in era.nodes.items():
            for place, axis in enumerate(node):
                sensitivity = axes.variables[variable_of(axis)].sensitivity
                if is_status(axis) or sensitivity != "attribute":
                    continue
                for line in _answered_lines(cells, place):
                    free = [c for c in line if c not in case.system.structural]
                    is_peopled = any(value(column) != 0 for column in line)
                    empty = [column for column in free if value(column) == 0]
                    if is_peopled and empty:
                        yield Finding(
                            "attribute",
                            case.system.names[empty[0]],
                            point(0),
                            "This is about the person, and a reader knows that it is true of "
                            "nobody in this group.",
                            era.key,
                        )


def _answered_lines(cells: dict[tuple[str, ...], int], place: int) -> Iterator[list[int]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for parts, column in cells.items():
        if not any(part in UNANSWERED for part in parts):
            found.setdefault(parts[:place] + parts[place + 1 :], []).append(column)
    yield from found.values()


def all_rules() -> tuple[Callable[[Case], Iterator[Finding]], ...]:
    """Every rule that reads a whole case, in the order of the report."""
    return (
        ranges,
        small_counts,
        subtractions,
        deductions,
        changes,
        attributes,
        small_bases,
        whole_percents,
        statistics,
        tick_totals,
        quotations.attributions,
        sentences.sentences,
        sentences.bars,
    )
