"""The rules a publication is held to, one function each. Pure.

A rule reads what was published and what follows from it, and yields a finding for every breach.
On doubt there is a finding.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from consultation.disclosure.audit import differences, wording
from consultation.disclosure.audit.axes import Node, is_status, named, variable_of
from consultation.disclosure.audit.equations import Era, System, columns_of, place_of
from consultation.disclosure.audit.findings import Finding, HiddenCell
from consultation.disclosure.audit.layout import labelled
from consultation.disclosure.audit.policy import Policy
from consultation.disclosure.audit.published import (
    ANSWERED,
    MISSING,
    NOT_ASKED,
    TICKS,
    At,
    Edition,
    Figure,
    Sentence,
    Table,
    Unreadable,
)
from consultation.disclosure.audit.ranges import Range, Reach, Reasoning

FORBIDDEN: Final = frozenset({"min", "max", "range", "mean"})
NEEDS_BASE: Final = frozenset({"median", "q1", "q3"})
_UNANSWERED: Final = frozenset({MISSING, NOT_ASKED, "~rest"})


@dataclass(slots=True)
class Case:
    """What is before the auditor."""

    policy: Policy
    system: System
    reasoning: Reasoning
    hidden: list[HiddenCell] = field(default_factory=list)

    def editions(self) -> Iterator[tuple[Era, Edition]]:
        """Every edition with the era it belongs to."""
        for era in self.system.eras:
            for edition in era.editions:
                yield era, edition

    def tables(self) -> Iterator[tuple[Era, Edition, Table]]:
        """Every table of every edition."""
        for era, edition in self.editions():
            for table in edition.tables:
                yield era, edition, table

    def named(self, era: Era, at: At) -> str:
        """An ``at`` in words."""
        return named(self.system.axes[era.collection], at)

    def reach(self, era: Era, at: At) -> Reach:
        """The exact range of an ``at``."""
        return self.reasoning.reach(columns_of(self.system, era, at))

    def least(self, era: Era, at: At) -> int:
        """A number of people that an ``at`` surely has, from what is printed and forced."""
        columns = columns_of(self.system, era, at)
        printed = [
            figure.said.number or 0
            for told, figure, _era in self.system.pinned
            if told.columns == columns
        ]
        return max(printed, default=sum(self.reasoning.lower[column] for column in columns))


def _point(number: int) -> Range:
    return Range(number, number)


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
                _point(number),
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
            if _least_and_most_seen(case.reasoning, columns)[1] >= limit:
                continue
            reach = case.reasoning.reach(columns)
            high = reach.range.high
            if high is not None and 0 < high < limit:
                yield Finding(
                    "base",
                    f"Table {table.id}, {case.named(era, base)}",
                    reach.range,
                    f"Numbers are shown of a group of {reach.range} people. "
                    f"The smallest group is {limit}.",
                    figure.place,
                )


def statistics(case: Case) -> Iterator[Finding]:
    """No least, greatest, range or mean; medians and quartiles only of enough people."""
    for era, _edition, table in case.tables():
        for item in table.statistics:
            name = f"Table {table.id}, {item.kind} of {case.named(era, ((item.variable, '*'),))}"
            if item.kind in FORBIDDEN:
                yield Finding(
                    "statistic",
                    name,
                    None,
                    f"A {item.kind} can be one person's answer.",
                    item.place,
                )
            elif item.kind in NEEDS_BASE:
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
        if not cell.reach.is_certain:
            yield Finding("time_out", cell.name, None, "The range was not found in time.", place)
        elif found.high is not None and (found.high < k or found.high - found.low < k):
            yield Finding(
                "range",
                cell.name,
                found,
                f"This number is hidden, and yet a reader knows that it is {found}.",
                place,
            )


def _publishes(case: Case, era: Era) -> bool:
    return any(its_era is era for _told, _figure, its_era in case.system.pinned)


def subtractions(case: Case) -> Iterator[Finding]:
    """No printed sum minus its printed parts is 1 to k-1 people."""
    for era in case.system.eras:
        for node, printed in differences.printed_in(case.system, era).items():
            yield from _small_rests(case, node, printed, "difference")
    for small, large, gap in case.system.between:
        for node, printed in differences.common(case.system, small, large, gap).items():
            yield from _small_rests(case, node, printed, "editions")


def _small_rests(
    case: Case, _node: Node, printed: list[differences.Printed], rule: str
) -> Iterator[Finding]:
    seen = {item.mask for item in printed}
    for rest in differences.rests(printed):
        if case.policy.is_small(rest.value) and rest.mask not in seen:
            seen.add(rest.mask)
            places = dict.fromkeys(item.place for item in (rest.whole, *rest.parts))
            yield Finding(
                rule,
                rest.name,
                _point(rest.value),
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
                if any(parts[axis] in _UNANSWERED for axis in summed):
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
        return Reach(_point(forced)) if small(forced) else None
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
    least, most = _least_and_most_seen(reasoning, columns)
    return least == 0 or most >= policy.k


def _least_and_most_seen(reasoning: Reasoning, columns: Iterable[int]) -> tuple[int, int]:
    """The least and greatest value of a sum under the assignments that are known already.

    Every block has one, except where time ran out; there the bounds close up to nothing known.
    """
    given, weights = reasoning.weigh(columns)
    least = most = given
    for number, wanted in weights.items():
        values = [
            sum(numbers[place] for place in wanted)
            for numbers in reasoning.blocks[number].assignments
        ] or [1]
        least, most = least + min(values), most + max(values)
    return least, most


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
                    _point(abs(number - before)),
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
                            _point(0),
                            "This is about the person, and a reader knows that it is true of "
                            "nobody in this group.",
                            era.key,
                        )


def _answered_lines(cells: dict[tuple[str, ...], int], place: int) -> Iterator[list[int]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for parts, column in cells.items():
        if not any(part in _UNANSWERED for part in parts):
            found.setdefault(parts[:place] + parts[place + 1 :], []).append(column)
    yield from found.values()


# Quotations and sentences


def attributions(case: Case) -> Iterator[Finding]:
    """Enough people share each label, and enough are left over when it leaves a detail out."""
    limit = case.policy.k_attr
    for era, edition in case.editions():
        axes = case.system.axes[era.collection]
        known = labelled(axes, edition)
        seen: set[tuple[str, At]] = set()
        for quote in edition.quotes:
            details = tuple(pair for pair in quote.details if pair[0] in known)
            if details and ("attribution", details) not in seen:
                seen.add(("attribution", details))
                found = case.reach(era, details).range
                if found.high is not None and found.high < limit:
                    yield Finding(
                        "attribution",
                        case.named(era, details),
                        found,
                        f"A quotation's label fits {found} people. It should fit {limit}.",
                        quote.place,
                    )
            left_out = [code for code in known if code not in dict(quote.details)]
            for code in left_out:
                key = (code, details)
                if key in seen:
                    continue
                seen.add(key)
                reach = _left_over(case, era, edition, details, code)
                high = None if reach is None else reach.range.high
                if reach is not None and high is not None and 0 < high < limit:
                    yield Finding(
                        "left_over",
                        f"{case.named(era, details)}, {axes.variables[code].label or code} "
                        "left out",
                        reach.range,
                        f"Where this detail is left out, only {reach.range} people are left whom "
                        f"the quotation can be from. It should be {limit}.",
                        quote.place,
                    )


def _left_over(case: Case, era: Era, edition: Edition, details: At, code: str) -> Reach | None:
    """How many people a label without one detail can still be about.

    A reader takes it that the detail was given wherever it could be. So it is about somebody in a
    category that no label tells and that is too small to be told, or who gave no answer.
    """
    axes = case.system.axes[era.collection]
    told = {category for quote in edition.quotes for v, category in quote.details if v == code}
    tellable: frozenset[str] = frozenset().union(
        *(axes.members[code].get(category, frozenset()) for category in told)
    )
    for part in axes.parts[code]:
        sole = era.nodes[(code,)][(part,)]
        forced = case.reasoning.forced([sole])
        if part not in _UNANSWERED and forced is not None and forced >= case.policy.k_attr:
            tellable |= {part}
    all_parts = columns_of(
        case.system, era, tuple(sorted({**dict(details), code: ANSWERED}.items()))
    )
    node = place_of(era)[next(iter(all_parts))][0] if all_parts else ()
    if code not in node:
        return None
    place = node.index(code)
    chosen = dict(details)
    left = [
        column
        for parts, column in era.nodes[node].items()
        if parts[place] not in tellable
        and all(
            parts[node.index(other)] in axes.members[other][category]
            for other, category in chosen.items()
        )
    ]
    return case.reasoning.reach(left) if left else None


def sentences(case: Case) -> Iterator[Finding]:
    """Every number in words near a table stands in the table, and every share anywhere does."""
    editions = [edition for _era, edition in case.editions()]
    everything: set[int] = set()
    of_table: dict[tuple[str, str], set[int]] = {}
    for edition in editions:
        everything |= shown_in(edition, None)
        for table in edition.tables:
            shown = shown_in(edition, table)
            everything |= shown
            of_table.setdefault((edition.name, table.id), set()).update(shown)
    for edition in editions:
        numbered = _labels_with_numbers(edition)
        for sentence in edition.sentences:
            shown = of_table.get((edition.name, sentence.about), everything)
            yield from _unexplained(sentence, numbered, shown)


def _labels_with_numbers(edition: Edition) -> list[str]:
    """The labels of answers that hold a number themselves, the longest first."""
    labels = {
        label
        for variable in edition.variables.values()
        for _code, label in (*variable.all_labels(), ("", variable.label))
        if any(letter.isdigit() for letter in label)
    }
    return sorted(labels, key=lambda label: (-len(label), label))


def _unexplained(sentence: Sentence, numbered: list[str], shown: set[int]) -> Iterator[Finding]:
    words = sentence.text
    for label in numbered:
        words = words.replace(label, " ")
    if sentence.about:
        numbers = wording.numbers_in(words)
    else:
        numbers = [n for share in wording.shares_in(words) for n in share]
        numbers += [int(float(p.replace(",", "."))) for p in wording.percents_in(words)]
    numbers += wording.people_in(words)
    for number in dict.fromkeys(numbers):
        if number not in shown:
            yield Finding(
                "sentence",
                f"Table {sentence.about}" if sentence.about else "Text",
                _point(number),
                f"The words say {number}, which stands in no table: “{sentence.text}”",
                sentence.place,
            )


def shown_in(edition: Edition, table: Table | None) -> set[int]:
    """Every number printed in a table and in the stated figures of its edition."""
    figures = [*edition.figures, *(table.figures if table else ())]
    shown = {0}
    for figure in figures:
        for number in (figure.said.low, figure.said.high, figure.said.of):
            if figure.said.manner in ("number", "band") and number is not None:
                shown.add(number)
    for item in table.statistics if table else ():
        shown |= set(wording.numbers_in(item.value))
    return shown


def hearsay(edition: Edition) -> list[Figure]:
    """What sentences say about cells that their own table hides.

    Only a sentence that names one answer of the table's rows is taken at its word.
    """
    heard = []
    for sentence in edition.sentences:
        for table in edition.tables:
            if table.id != sentence.about or table.rows not in edition.variables:
                continue
            heard += _heard(edition, table, sentence)
    return heard


def _heard(edition: Edition, table: Table, sentence: Sentence) -> list[Figure]:
    shares = wording.shares_in(sentence.text)
    at: dict[str, str] = dict(table.filter)
    for code in (table.rows, table.columns) if table.columns else (table.rows,):
        labels = edition.variables[code].all_labels() if code in edition.variables else ()
        named_here = [
            c
            for c, label in labels
            if label and any(q in sentence.text for q in (f"“{label}”", f"«\u00a0{label}\u00a0»"))
        ]
        if len(named_here) == 1:
            at[code] = named_here[0]
        elif code == table.rows:
            return []
        else:
            at[code] = ANSWERED
    where_hidden = {f.at for f in table.figures if f.said.manner == "hidden"}
    place = tuple(sorted(at.items()))
    if place not in where_hidden or not shares:
        return []
    count, base = shares[0]
    found = wording.read_count(f"{count} / {base}")
    of = tuple((v, c if v in dict(table.filter) else ANSWERED) for v, c in place)
    return [Figure(place, found, sentence.place, of=of)]


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
        attributions,
        sentences,
    )


__all__ = ["Case", "Unreadable", "all_rules", "hearsay"]
