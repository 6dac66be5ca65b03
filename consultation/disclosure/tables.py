"""Tables before and after disclosure control, and the policy between them. Pure.

The setting is nearly a census: some local groups number about two hundred people, so every
table is treated as full-population data.

A table crosses one variable or several, and its counts hold everybody: those who skipped a
question and those who never met it have codes of their own. A question that takes several ticks
has no total that adds up: each of its options is ticked or not ticked, over the same base.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

Verdict = Literal["shown", "bands", "margins", "withheld"]
Reason = Literal["", "few_people", "small_base", "small_count", "linked", "mostly_hidden"]
Sensitivity = Literal["opinion", "experience", "attribute"]
Place = tuple[str, ...]
"""Where a number stands: one code for each variable of its table."""
Group = tuple[str, ...]
"""Codes that stand as one row or column."""
Grouping = tuple[Group, ...]

SMALL_FLOOR: Final = 5
"""No policy lets a count of 1 to 4 through."""

MISSING: Final = "(missing)"
"""The code of those who met a question and skipped it."""
NOT_ASKED: Final = "(not asked)"
"""The code of those who never met a question."""
ANSWERED: Final = "(answered)"
"""Stands in a place for everybody who answered: the place of a margin."""
HIDDEN: Final = "[c]"
"""The one mark of every hidden number, so that nobody can tell which of them was small."""
IMPOSSIBLE: Final = "[z]"
"""The mark of a number that is nought by definition."""

_NOT_TICKED: Final = "(not) "


class NotATable(ValueError):
    """The counts or the description of a table contradict themselves; says in what."""


class AlreadyReleased(Exception):
    """What was published before leaves no safe way to publish these tables; says why."""


def not_ticked(option: str) -> str:
    """The code of those who answered and did not tick an option."""
    return _NOT_TICKED + option


@dataclass(frozen=True, slots=True)
class Policy:
    """The parameters of disclosure control.

    Attributes:
        k: 1 … k-1 is a small count. At least five.
        min_base: no table, and no column of a subgroup, below this many people.
        base: what figures that change over time are rounded to.
        percent_base: no percentage below this many people.
        median_base: no median or quartile below this many people.
        dominant: so many people may not give …
        dominant_percent: … more than this share of a sum of money.
        seconds: how long the programme may search. After that more is hidden, never less.
    """

    k: int = SMALL_FLOOR
    min_base: int = 10
    base: int = 5
    percent_base: int = 30
    median_base: int = 20
    dominant: int = 2
    dominant_percent: int = 90
    seconds: float = 20.0

    def __post_init__(self) -> None:
        if self.k < SMALL_FLOOR:
            raise ValueError(f"The smallest k is {SMALL_FLOOR}.")
        if self.min_base < self.k:
            raise ValueError("A base can't be smaller than the smallest count that is shown.")

    def is_small(self, count: int) -> bool:
        """Whether a count is so small that it could point at somebody."""
        return 0 < count < self.k

    def rounded(self, count: int) -> int:
        """A count that is updated over time, to the nearest multiple of ``base``, half up."""
        return (count + self.base // 2) // self.base * self.base


@dataclass(frozen=True, slots=True)
class Filter:
    """A question is asked of those whose answer to ``question`` is one of ``codes``; of no others.

    Only a single test can be said so. Whatever else decides goes to ``Variable.depends_on``.
    """

    question: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Variable:
    """A closed question, or something known of everybody, such as the language.

    Attributes:
        codes: the answers, in the questionnaire's order.
        is_multiple: several may be ticked.
        exclusive: the option that rules the others out, such as “none of these”.
        sensitivity: for an attribute, nobody and everybody disclose too.
        merges: groupings of the codes, each coarser than the one before.
        asked_of: whose answer decides who meets the question.
        depends_on: questions that decide in a way ``asked_of`` can't say.
    """

    key: str
    codes: tuple[str, ...]
    type: str = "single_choice"
    is_multiple: bool = False
    exclusive: str = ""
    sensitivity: Sensitivity = "opinion"
    merges: tuple[Grouping, ...] = ()
    asked_of: Filter | None = None
    depends_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.codes)) != len(self.codes):
            raise NotATable(f"“{self.key}” has the same code twice.")
        if self.exclusive and self.exclusive not in self.codes:
            raise NotATable(f"“{self.key}” has no option “{self.exclusive}”.")
        finer: Grouping = self.finest
        for grouping in self.merges:
            if self.is_multiple:
                raise NotATable(f"“{self.key}” takes several ticks: its options can't be merged.")
            if sorted(itertools.chain.from_iterable(grouping)) != sorted(self.codes):
                raise NotATable(f"A merge of “{self.key}” does not hold every answer once.")
            if len(grouping) >= len(finer) or any(
                not any(set(group) <= set(wider) for wider in grouping) for group in finer
            ):
                raise NotATable(
                    f"The merges of “{self.key}” contradict each other: each must join groups "
                    "of the one before."
                )
            finer = grouping

    @property
    def finest(self) -> Grouping:
        """Every answer by itself."""
        return tuple((code,) for code in self.codes)

    def grouping(self, step: int) -> Grouping:
        """The answers after so many merges."""
        return self.merges[step - 1] if step else self.finest


@dataclass(frozen=True, slots=True)
class Table:
    """One table, counted. These numbers stay in memory and are never stored or shown.

    The first variable is what was asked; the others say of whom, and make the columns.

    Attributes:
        counts: people at each place, everybody included; a place that is not named holds nobody.
            At an option of a question that takes several ticks the code is the option, or
            ``not_ticked(option)``.
        zeros: places that are empty by definition. They are marked, and are never cover.
        is_headline: hiding its numbers is dear.
        whole: with one number hidden, all are.
    """

    variables: tuple[Variable, ...]
    counts: tuple[tuple[Place, int], ...]
    zeros: frozenset[Place] = frozenset()
    is_headline: bool = False
    headline_cells: frozenset[Place] = frozenset()
    whole: bool = False
    participants: int = field(init=False)

    def __post_init__(self) -> None:
        keys = [variable.key for variable in self.variables]
        if not keys or len(set(keys)) != len(keys):
            raise NotATable("A table crosses one variable or several different ones.")
        allowed = [_codes_of(variable) for variable in self.variables]
        sums: dict[Place, int] = {}
        seen: set[Place] = set()
        for place, count in self.counts:
            if len(place) != len(keys) or any(
                code not in codes for code, codes in zip(place, allowed, strict=True)
            ):
                raise NotATable(f"{place} is no place in the table of {', '.join(keys)}.")
            if count < 0 or place in seen:
                raise NotATable(f"{place} is counted twice, or below nought.")
            if count and place in self.zeros:
                raise NotATable(f"{place} is empty by definition, and somebody is there.")
            seen.add(place)
            for options in self._options_of(place):
                sums[options] = sums.get(options, 0) + count
        if len(set(sums.values())) > 1:
            raise NotATable(f"The options of {', '.join(keys)} are counted over different people.")
        object.__setattr__(self, "participants", next(iter(sums.values()), 0))

    @property
    def keys(self) -> tuple[str, ...]:
        """What it crosses, in order."""
        return tuple(variable.key for variable in self.variables)

    def options(self) -> Iterator[Place]:
        """The single tables it is made of: one for each option of what takes several ticks."""
        yield from itertools.product(
            *(variable.codes if variable.is_multiple else ("",) for variable in self.variables)
        )

    def _options_of(self, place: Place) -> Iterator[Place]:
        """The single tables that count the people at a place."""
        yield from itertools.product(
            *(
                ((code.removeprefix(_NOT_TICKED),) if _is_answer(code) else variable.codes)
                if variable.is_multiple
                else ("",)
                for variable, code in zip(self.variables, place, strict=True)
            )
        )


def _codes_of(variable: Variable) -> frozenset[str]:
    unticked = map(not_ticked, variable.codes) if variable.is_multiple else ()
    return frozenset((*variable.codes, *unticked, MISSING, NOT_ASKED))


def _is_answer(code: str) -> bool:
    return code not in (MISSING, NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Band:
    """A statement in place of a number: it lies between the two, both included."""

    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class PublishedNumber:
    """A number as it is published; ``count`` is None where it is hidden.

    In ``place``, merged codes are joined by “+”, and ``ANSWERED`` stands for all who answered.
    """

    place: Place
    count: int | None
    percent: int | None = None
    band: Band | None = None
    is_impossible: bool = False

    @property
    def mark(self) -> str:
        """What stands in place of the number; empty where it is shown."""
        if self.is_impossible:
            return IMPOSSIBLE
        return HIDDEN if self.count is None and self.band is None else ""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """What may be published of one table.

    Attributes:
        groupings: how the codes of each variable are joined here.
        cells: the numbers within, in the order of the codes.
        margins: its totals. Of a table of one question also those who skipped it and those who
            never met it.
    """

    variables: tuple[Variable, ...]
    groupings: tuple[Grouping, ...]
    verdict: Verdict
    reason: Reason
    participants: int | None
    cells: tuple[PublishedNumber, ...]
    margins: tuple[PublishedNumber, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What it crosses, in order."""
        return tuple(variable.key for variable in self.variables)

    def number(self, *place: str) -> PublishedNumber:
        """The number at a place.

        Raises:
            KeyError: when there is no such place.
        """
        for number in (*self.cells, *self.margins):
            if number.place == place:
                return number
        raise KeyError(place)

    @property
    def base(self) -> int | None:
        """Those who answered all its questions; None where that is hidden."""
        return self.number(*(ANSWERED for _variable in self.variables)).count


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one number is hidden, as a code with its parameters. Tells nothing that is not public."""

    table: tuple[str, ...]
    place: Place
    code: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Protected:
    """What may be published of a set of tables, and why the rest may not.

    Attributes:
        explanations: for the analyst, one for each hidden number.
        is_optimal: nothing less could have been hidden on this rung of the ladder.
    """

    tables: tuple[PublishedTable, ...]
    explanations: tuple[Explanation, ...] = ()
    is_optimal: bool = True


@dataclass(frozen=True, slots=True)
class CountedTable:
    """One question, counted. These numbers stay in memory and are never stored or shown.

    Attributes:
        participants: everyone whose answers may be counted.
        not_asked: those who never met the question.
        missing: those who met it and skipped it.
        counts: people for each code, in the questionnaire's order; zero included.
        depends_on: questions whose answers decided who met this one.
    """

    question: str
    type: str
    is_multiple: bool
    sensitivity: str
    participants: int
    not_asked: int
    missing: int
    counts: tuple[tuple[str, int], ...]
    depends_on: tuple[str, ...] = ()

    @property
    def base(self) -> int:
        """Those who answered."""
        return self.participants - self.not_asked - self.missing


@dataclass(frozen=True, slots=True)
class ProtectedCell:
    """A published cell; None stands for a hidden number."""

    code: str
    count: int | None
    percent: int | None


@dataclass(frozen=True, slots=True)
class ProtectedTable:
    """What may be published of one question."""

    question: str
    type: str
    is_multiple: bool
    verdict: Verdict
    reason: Reason
    participants: int | None
    base: int | None
    missing: int | None
    not_asked: int | None
    cells: tuple[ProtectedCell, ...]
