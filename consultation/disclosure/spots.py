"""The numbers that a table holds, those it lets a reader work out, and which of them are unsafe.

Pure. A spot knows whom it counts and how many they are; what it means for other tables is the
system's business.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consultation.disclosure.ladder import Rung, band_of, complement_band, label
from consultation.disclosure.system import Region, System
from consultation.disclosure.tables import (
    ANSWERED,
    MISSING,
    NOT_ASKED,
    Band,
    Group,
    Grouping,
    Place,
    Policy,
    Table,
    Variable,
    not_ticked,
)

Values = tuple[frozenset[str] | None, ...]
"""For each variable the codes that count; None where anything does."""

_STATES = frozenset({ANSWERED, MISSING, NOT_ASKED})


@dataclass(slots=True)
class Spot:
    """One number of a table.

    Attributes:
        rung: the table it belongs to, by its place in the set.
        place: where it stands, merged codes joined.
        values: whom it counts; of them, ``less`` are taken away.
        is_published: false for a number that nobody publishes and a reader could work out.
        is_unsafe: it may not be shown for its own sake.
        band: the statement made in its place.
    """

    rung: int
    place: Place
    options: Place
    values: Values
    count: int
    is_cell: bool = False
    is_published: bool = True
    is_unsafe: bool = False
    is_impossible: bool = False
    less: Values | None = None
    band: Band | None = None
    number: int = -1

    @property
    def is_base(self) -> bool:
        """Whether it counts all who answered all questions of its table."""
        return self.is_published and set(self.place) == {ANSWERED}


def spots_of(number: int, rung: Rung, policy: Policy) -> list[Spot]:
    """Every number that a table publishes on its rung, and every unsafe one it would give away."""
    return list(_Reader(number, rung, policy).spots())


def region_of(spot: Spot, values: Values, table: Table, system: System) -> Region:
    """Whom a spot counts, in the system's terms."""
    return system.region(
        (variable, option, codes)
        for variable, option, codes in zip(table.variables, spot.options, values, strict=True)
        if codes is not None
    )


def codes_at(variables: Sequence[Variable], groups: Sequence[Group]) -> tuple[Place, Values]:
    """The options meant at a place, and the codes that count there."""
    options, values = [], []
    for group, variable in zip(groups, variables, strict=True):
        option = ""
        if variable.is_multiple:
            option = variable.codes[0] if group[0] in _STATES else group[0]
        answers = (option, not_ticked(option)) if variable.is_multiple else variable.codes
        options.append(option)
        values.append(frozenset(answers if group == (ANSWERED,) else group))
    return tuple(options), tuple(values)


def base_of(table: Table) -> int:
    """Those who answered all questions of a table."""
    reader = _Reader(0, Rung(table), Policy())
    return reader.count(*reader.read(tuple((ANSWERED,) for _variable in table.variables)))


class _Reader:
    """Counts people at places of one table."""

    def __init__(self, number: int, rung: Rung, policy: Policy) -> None:
        self.number = number
        self.rung = rung
        self.table = rung.table
        self.policy = policy
        self.groupings = rung.groupings()
        self._by_options: dict[Place, list[tuple[Place, int]]] = {}

    def spots(self) -> Iterator[Spot]:
        """Cells, margins, and what is between the lines."""
        choices: list[Grouping] = [(*grouping, (ANSWERED,)) for grouping in self.groupings]
        everywhere = list(itertools.product(*choices))
        cells = [groups for groups in everywhere if (ANSWERED,) not in groups]
        margins = [groups for groups in everywhere if (ANSWERED,) in groups]
        for groups in (*cells, *margins, *self._states()):
            yield self._published(groups)
        for groups in everywhere:
            yield from self._left_over(groups)
            yield from self._not_ticked(groups)
        if self.rung.is_merged():
            for groups in itertools.product(*(one.finest for one in self.table.variables)):
                options, values = self.read(groups)
                count = self.count(options, values)
                if self._is_unsafe(groups, count):
                    yield self._between(groups, options, values, count)

    def _states(self) -> Iterator[tuple[Group, ...]]:
        """A table of one question also tells who skipped it and who never met it."""
        if len(self.groupings) > 1:
            return
        yield ((MISSING,),)
        not_asked = ((NOT_ASKED,),)
        if self.table.variables[0].asked_of or self.count(*self.read(not_asked)):
            yield not_asked

    # Counting.

    def read(self, groups: tuple[Group, ...]) -> tuple[Place, Values]:
        """The options meant at a place, and the codes that count there."""
        return codes_at(self.table.variables, groups)

    def count(self, options: Place, values: Values) -> int:
        """People with these codes, looking at these options."""
        return sum(
            count
            for place, count in self._having(options)
            if all(
                codes is None or code in codes for code, codes in zip(place, values, strict=True)
            )
        )

    def _having(self, options: Place) -> list[tuple[Place, int]]:
        """The places that tell about these options."""
        found = self._by_options.get(options)
        if found is None:
            allowed = [
                {option, not_ticked(option), MISSING, NOT_ASKED} if option else None
                for option in options
            ]
            found = self._by_options[options] = [
                (place, count)
                for place, count in self.table.counts
                if all(
                    codes is None or code in codes
                    for code, codes in zip(place, allowed, strict=True)
                )
            ]
        return found

    # Safe or not.

    def _is_unsafe(self, groups: tuple[Group, ...], count: int) -> bool:
        """Whether a number may not be shown for its own sake."""
        if self._is_impossible(groups):
            return False
        if self.policy.is_small(count):
            return True
        for place, variable in enumerate(self.table.variables):
            if (
                variable.sensitivity == "attribute"
                and groups[place][0] not in _STATES
                and not self._is_decided(groups, place)
            ):
                base = self._margin(groups, place)
                if base and count in (0, base):
                    return True
        if len(groups) > 1 and groups[0][0] not in _STATES:
            return 0 < self._margin(groups, 0) < self.policy.min_base
        return False

    def _margin(self, groups: tuple[Group, ...], place: int) -> int:
        """All who answered that variable, of those who are at a place otherwise."""
        return self.count(*self.read((*groups[:place], (ANSWERED,), *groups[place + 1 :])))

    def _is_impossible(self, groups: tuple[Group, ...]) -> bool:
        """Whether a place is empty by definition, or by who was asked."""
        if self.table.zeros and all(
            place in self.table.zeros for place in itertools.product(*groups)
        ):
            return True
        return any(
            not self.table.variables[place].is_multiple
            and groups[place][0] not in _STATES
            and not codes & set(groups[place])
            for place, codes in self._deciding(groups)
        )

    def _is_decided(self, groups: tuple[Group, ...], place: int) -> bool:
        """Whether all who could be here have that answer, because nobody else was asked."""
        return any(
            at == place and codes <= set(groups[place]) for at, codes in self._deciding(groups)
        )

    def _deciding(self, groups: tuple[Group, ...]) -> Iterator[tuple[int, frozenset[str]]]:
        """The variables whose answer decided who met a question that is answered here."""
        for variable, group in zip(self.table.variables, groups, strict=True):
            decides = variable.asked_of
            if decides and not variable.depends_on and group[0] != NOT_ASKED:
                for place, other in enumerate(self.table.variables):
                    if other.key == decides.question:
                        yield place, decides.codes

    # Spots.

    def _published(self, groups: tuple[Group, ...]) -> Spot:
        options, values = self.read(groups)
        count = self.count(options, values)
        is_cell = all(group[0] not in _STATES for group in groups)
        is_impossible = self._is_impossible(groups)
        return Spot(
            rung=self.number,
            place=tuple(label(group) for group in groups),
            options=options,
            values=values,
            count=count,
            is_cell=is_cell,
            is_unsafe=self._is_unsafe(groups, count),
            is_impossible=is_impossible,
            band=self._band(groups, count) if is_cell and not is_impossible else None,
        )

    def _band(self, groups: tuple[Group, ...], count: int) -> Band | None:
        if self.rung.verdict != "bands":
            return None
        one = self.table.variables[0]
        if len(groups) == 1 and (one.is_multiple or len(self.groupings[0]) == 2):
            return complement_band(count, self._margin(groups, 0), self.policy.k)
        return band_of(count, self.policy.k)

    def _between(
        self,
        groups: tuple[Group, ...],
        options: Place,
        values: Values,
        count: int,
        less: Values | None = None,
    ) -> Spot:
        return Spot(
            rung=self.number,
            place=tuple(label(group) for group in groups),
            options=options,
            values=values,
            count=count,
            is_published=False,
            is_unsafe=True,
            less=less,
        )

    def _left_over(self, groups: tuple[Group, ...]) -> Iterator[Spot]:
        """Those whom a margin leaves out because they did not answer its other questions."""
        options, narrow = self.read(groups)
        answered = [at for at, group in enumerate(groups) if group == (ANSWERED,)]
        for size in range(1, len(answered) + 1):
            for chosen in itertools.combinations(answered, size):
                wide = tuple(None if at in chosen else codes for at, codes in enumerate(narrow))
                count = self.count(options, wide) - self.count(options, narrow)
                if self.policy.is_small(count):
                    yield self._between(groups, options, wide, count, narrow)

    def _not_ticked(self, groups: tuple[Group, ...]) -> Iterator[Spot]:
        """Those who answered and did not tick an option that the place names."""
        ticks = [
            at
            for at, variable in enumerate(self.table.variables)
            if variable.is_multiple and groups[at][0] not in _STATES
        ]
        options, values = self.read(groups)
        for size in range(1, len(ticks) + 1):
            for chosen in itertools.combinations(ticks, size):
                flipped = tuple(
                    frozenset({not_ticked(options[at])}) if at in chosen else codes
                    for at, codes in enumerate(values)
                )
                count = self.count(options, flipped)
                if self.policy.is_small(count):
                    yield self._between(groups, options, flipped, count)
