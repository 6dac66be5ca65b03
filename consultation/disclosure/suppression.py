"""What may be published of a set of linked tables, given what was published before. Pure.

``protect`` marks the numbers that may not be shown, finds the cheapest others to hide with them,
and takes a table down the ladder where too much of it would be hidden. Everything is decided for
all tables at once: a number that stands in several is shown in all of them or in none.

It never publishes on doubt. Where time runs out more is hidden; where an earlier release leaves
no safe way, it refuses and says why.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator

from consultation.disclosure.assembly import Assembled, Assembly, Disagreement, FewJoined, OutOfTime
from consultation.disclosure.cover import Coverer, Problem, Uncovered
from consultation.disclosure.editions import Edition, editions_of
from consultation.disclosure.explain import explain
from consultation.disclosure.ladder import Rung
from consultation.disclosure.percent import whole_percent
from consultation.disclosure.spots import Spot, base_of, spots_of
from consultation.disclosure.tables import (
    ANSWERED,
    AlreadyReleased,
    NotATable,
    Place,
    Policy,
    Protected,
    PublishedNumber,
    PublishedTable,
    Reason,
    Table,
    Verdict,
)

_HALF = 0.5
_HOPELESS = 0.6
_LEAST_SECONDS = 0.5
_TWO_BY_TWO = 4
"""Tables of more cells than this may not hide more than half of them."""


def protect(
    tables: Iterable[Table],
    *,
    policy: Policy,
    released: Iterable[Protected] = (),
) -> Protected:
    """What may be published of these tables, given what was published before.

    Raises:
        NotATable: when the tables contradict each other.
        AlreadyReleased: when an earlier release makes any new one unsafe.
    """
    listed, earlier = list(tables), list(released)
    found = _Protection(listed, policy, earlier).run()
    if earlier and all(table.verdict == "withheld" for table in found.tables):
        alone = _Protection(listed, policy, []).run()
        if any(table.verdict != "withheld" for table in alone.tables):
            raise AlreadyReleased(
                "Together with what was published before, every one of these tables would give "
                "a small number away. None can be published beside it."
            )
    return found


class _Protection:
    """One run over a set of tables."""

    def __init__(self, tables: list[Table], policy: Policy, released: list[Protected]) -> None:
        self.policy = policy
        self.editions = editions_of(released, tables)
        self.deadline = time.process_time() + policy.seconds
        self.rungs = [Rung(table) for table in tables]
        self.participants = _same_participants(tables)
        self.is_optimal = True
        self.spots: list[Spot] = []
        self.hidden: frozenset[int] = frozenset()
        self.column_of: dict[int, int] = {}

    def run(self) -> Protected:
        """Go down the ladder until everything published is safe."""
        if self.rungs and self.participants < self.policy.min_base:
            for rung in self.rungs:
                rung.withhold("few_people")
        for rung in self.rungs:
            if rung.verdict != "withheld" and base_of(rung.table) < self.policy.min_base:
                rung.withhold("small_base")
        while not self._is_settled():
            pass
        tables = tuple(self._tables())
        return Protected(
            tables,
            tuple(itertools.chain.from_iterable(map(explain, tables))),
            self.is_optimal,
        )

    def _is_settled(self) -> bool:
        """One round of looking for what to hide.

        False when a table went down a rung, so that all must be looked at again.
        """
        self._withhold_linked()
        self.spots = [
            spot
            for number, rung in enumerate(self.rungs)
            if rung.verdict != "withheld"
            for spot in spots_of(number, rung, self.policy)
        ]
        self.hidden = frozenset()
        if self._lower_whole() or self._lower_the_smallest():
            return False
        if not self.spots:
            return True
        left = self.deadline - time.process_time()
        found = Coverer(self._problem(), max(left / 2, _LEAST_SECONDS)).solve(self._is_hopeless)
        if isinstance(found, Uncovered):
            self._lower_one(found)
            return False
        self.hidden = found.hidden
        self.is_optimal = found.is_optimal
        return not (self._lower_the_bare() or self._withhold_linked())

    # The ladder.

    def _withhold_linked(self) -> bool:
        """A question that only some met repeats the count that decided who met it.

        Where the link can't be said as an equation, it is shown only if that count is.
        """
        shown = {
            rung.table.keys[0]
            for number, rung in enumerate(self.rungs)
            if len(rung.table.variables) == 1
            and rung.verdict == "shown"
            and not rung.is_merged()
            and not any(map(self._is_hidden, self._published_of(number)))
        }
        lowered = False
        for rung in self.rungs:
            parents = {key for one in rung.table.variables for key in one.depends_on}
            if rung.verdict != "withheld" and parents - shown:
                rung.withhold("linked")
                lowered = True
        return lowered

    def _lower_whole(self) -> bool:
        """Tables that are shown whole or not at all go down without a search."""
        lowered = False
        for number, rung in enumerate(self.rungs):
            if not rung.table.whole or rung.verdict == "withheld":
                continue
            unsafe = [spot for spot in self.spots if spot.rung == number and spot.is_unsafe]
            if any(spot.is_published and not spot.is_cell for spot in unsafe):
                rung.withhold("small_count")
                lowered = True
            elif unsafe and rung.verdict == "shown":
                lowered = rung.step_down("small_count")
        return lowered

    def _lower_the_smallest(self) -> bool:
        """Tables with more unsafe cells than safe ones go down without a search."""
        lowered = False
        for number, rung in enumerate(self.rungs):
            if rung.verdict == "shown":
                cells = [spot for spot in self._published_of(number) if self._may_count(spot)]
                unsafe = sum(spot.is_unsafe for spot in cells)
                if len(cells) > _TWO_BY_TWO and unsafe > _HALF * len(cells):
                    lowered = rung.step_down("mostly_hidden")
        return lowered

    def _lower_one(self, found: Uncovered) -> None:
        """Take down the table that stands most in the way of covering a number.

        Raises:
            AlreadyReleased: when no table of ours does.
        """
        for columns in ({found.column}, found.because):
            near = {spot.rung for spot in self.spots if self.column_of[spot.number] in columns}
            if near:
                self.rungs[max(near, key=self._expendable)].step_down("small_count")
                return
        raise AlreadyReleased(
            "What was published before, together with the number of people counted now, would "
            "give a small number away whatever else is published."
        )

    def _expendable(self, number: int) -> tuple[bool, int, int]:
        table = self.rungs[number].table
        return (not table.is_headline, len(table.variables), number)

    def _is_hopeless(self, hidden: frozenset[int]) -> bool:
        """Whether some table hides so much that it goes down, whatever else could be saved."""
        return any(
            rung.verdict == "shown" and self._hides(number, hidden) > _HOPELESS
            for number, rung in enumerate(self.rungs)
        )

    def _hides(self, number: int, hidden: frozenset[int]) -> float:
        """The share of its cells that a table larger than 2 × 2 hides."""
        cells = [spot for spot in self._published_of(number) if self._may_count(spot)]
        if len(cells) <= _TWO_BY_TWO:
            return 0.0
        return sum(self.column_of[spot.number] in hidden for spot in cells) / len(cells)

    @staticmethod
    def _may_count(spot: Spot) -> bool:
        return spot.is_cell and not spot.is_impossible

    def _lower_the_bare(self) -> bool:
        """Take down every table that hides more than it shows; false when there is none."""
        lowered = False
        for number, rung in enumerate(self.rungs):
            if rung.verdict != "withheld" and (reason := self._too_bare(number, rung)):
                lowered = rung.step_down(reason)
        return lowered

    def _too_bare(self, number: int, rung: Rung) -> Reason:
        """Why a table can't stay on its rung; empty when it can."""
        spots = self._published_of(number)
        hidden = [spot for spot in spots if self._is_hidden(spot)]
        hides_base = any(spot.is_base for spot in hidden)
        if rung.verdict != "shown":
            of_margins = [spot for spot in hidden if not spot.is_cell]
            return "small_count" if hides_base or (rung.table.whole and of_margins) else ""
        if self._hides(number, self.hidden) > _HALF:
            return "mostly_hidden"
        shows_no_cell = not any(spot.is_cell for spot in spots if spot not in hidden)
        is_torn = rung.table.whole and hidden
        return "small_count" if is_torn or (hides_base and shows_no_cell) else ""

    def _published_of(self, number: int) -> list[Spot]:
        return [spot for spot in self.spots if spot.rung == number and spot.is_published]

    def _is_hidden(self, spot: Spot) -> bool:
        return not spot.is_impossible and self.column_of.get(spot.number) in self.hidden

    # The problem.

    def _problem(self) -> Problem:
        """Everything as one system, with the earlier editions that fit in."""
        try:
            found = self._fitting()
        except OutOfTime:
            raise AlreadyReleased(
                "These tables could not be compared with an earlier release in time. "
                "Publish fewer of them together."
            ) from None
        except FewJoined:
            raise AlreadyReleased(
                "Only a few people joined or left since an earlier release. The two "
                "together would give their answers away. Wait until at least "
                f"{self.policy.k} more have come or gone, or keep to the earlier release."
            ) from None
        self.column_of = found.column_of
        return found.problem

    def _fitting(self) -> Assembled:
        """The system with every edition that can be true beside ours; the others are set apart."""
        while True:
            try:
                return self._assembled(self.editions)
            except Disagreement as problem:
                self._set_apart(problem.edition)

    def _assembled(self, editions: list[Edition]) -> Assembled:
        return Assembly(self.rungs, self.spots, editions, self.policy, self.participants).assemble()

    def _set_apart(self, edition: Edition | None) -> None:
        """Take out the edition that disagrees; where none does alone, the one least like ours."""
        if edition is None:
            fitting = [one for one in self.editions if not one.is_apart]
            edition = max(fitting, key=lambda one: abs(one.participants - self.participants))
            for one in fitting:
                try:
                    self._assembled([one])
                except Disagreement:
                    edition = one
                    break
        edition.is_apart = True

    # What comes out.

    def _tables(self) -> Iterator[PublishedTable]:
        for number, rung in enumerate(self.rungs):
            if rung.verdict == "withheld":
                yield PublishedTable(
                    variables=rung.table.variables,
                    groupings=rung.groupings(),
                    verdict="withheld",
                    reason=rung.reason,
                    participants=None if rung.reason == "few_people" else self.participants,
                    cells=(),
                    margins=(),
                )
                continue
            spots = self._published_of(number)
            shown = {spot.place: None if self._is_hidden(spot) else spot.count for spot in spots}
            written = {spot.place: self._written(spot, shown) for spot in spots}
            cells = tuple(written[spot.place] for spot in spots if spot.is_cell)
            hides = any(count is None for count in shown.values())
            yield PublishedTable(
                variables=rung.table.variables,
                groupings=rung.groupings(),
                verdict=_verdict(rung, cells),
                reason=rung.reason or ("small_count" if hides else ""),
                participants=self.participants,
                cells=cells,
                margins=tuple(written[spot.place] for spot in spots if not spot.is_cell),
            )

    def _written(self, spot: Spot, shown: dict[Place, int | None]) -> PublishedNumber:
        count = shown[spot.place]
        percent = None
        if spot.is_cell:
            base = shown[(ANSWERED, *spot.place[1:])]
            percent = whole_percent(count, base, self.policy)
        return PublishedNumber(
            place=spot.place,
            count=count,
            percent=percent,
            band=spot.band if count is None else None,
            is_impossible=spot.is_impossible,
        )


def _verdict(rung: Rung, cells: tuple[PublishedNumber, ...]) -> Verdict:
    """A table whose numbers are all hidden is its margins, whatever rung it stands on."""
    if rung.verdict == "shown" and all(cell.count is None for cell in cells):
        return "margins"
    return rung.verdict


def _same_participants(tables: list[Table]) -> int:
    """How many people the tables count.

    Raises:
        NotATable: when they count different numbers of people.
    """
    found = {table.participants for table in tables}
    if len(found) > 1:
        raise NotATable("The tables count different numbers of people.")
    return found.pop() if found else 0
