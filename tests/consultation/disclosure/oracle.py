"""What a reader can work out, by brute force: every number's exact range over the joint table.

Shares nothing with the code under test but the shape of what is published. The unknowns are people
in the cells of the cross-classification of all variables at once, so it knows more than a reader
who looks at one table after another. Small sets only.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import highspy
import numpy as np

from consultation.disclosure.tables import (
    ANSWERED,
    MISSING,
    NOT_ASKED,
    PublishedNumber,
    PublishedTable,
    Variable,
)


def _axes(variable: Variable, asked_all: bool) -> list[str]:
    states = [MISSING] if asked_all else [MISSING, NOT_ASKED]
    if not variable.is_multiple:
        return [*variable.codes, *states]
    ticks = itertools.product("01", repeat=len(variable.codes))
    return ["".join(tick) for tick in ticks if "1" in tick] + states


def _counts(variable: Variable, answer: str, code: str) -> bool:
    """Whether somebody with this answer is counted at a code, or at a group of codes."""
    is_answer = answer not in (MISSING, NOT_ASKED)
    if code == ANSWERED:
        return is_answer
    if code in (MISSING, NOT_ASKED):
        return answer == code
    if variable.is_multiple:
        return is_answer and answer[variable.codes.index(code)] == "1"
    return answer in code.split("+")


class Reader:
    """Somebody who holds every table and is very patient."""

    def __init__(
        self,
        tables: Sequence[PublishedTable],
        participants: int,
        earlier: Sequence[tuple[Sequence[PublishedTable], int]] = (),
    ) -> None:
        """``earlier`` releases, each with its participants: part of these people, or more."""
        releases = [(tables, participants), *earlier]
        sizes = sorted({people for _tables, people in releases})
        self.releases = [
            ([table for table in held if table.verdict != "withheld"], sizes.index(people))
            for held, people in releases
        ]
        self.tables = [table for held, _block in self.releases for table in held]
        self.blocks = {id(table): block for held, block in self.releases for table in held}
        self.variables: dict[str, Variable] = {}
        for table in self.tables:
            for variable in table.variables:
                self.variables[variable.key] = variable
        filtered = {key for key, one in self.variables.items() if one.asked_of}
        filtered |= {
            table.keys[0]
            for table in self.tables
            for number in table.margins
            if number.place == (NOT_ASKED,)
        }
        axes = [_axes(one, key not in filtered) for key, one in self.variables.items()]
        people = [cell for cell in itertools.product(*axes) if self._possible(cell)]
        self.cells = [(block, cell) for block in range(len(sizes)) for cell in people]
        self.participants = sizes[-1]
        self.rows: list[tuple[list[int], float, float]] = [
            ([at for at, (one, _cell) in enumerate(self.cells) if one <= block], size, size)
            for block, size in enumerate(sizes)
        ]
        for table, number in self.numbers():
            if number.is_impossible:
                self.rows.append((self.members(table, number), 0, 0))
            elif number.count is not None:
                self.rows.append((self.members(table, number), number.count, number.count))
            elif number.band is not None:
                high = self.participants if number.band.high is None else number.band.high
                self.rows.append((self.members(table, number), number.band.low, high))

    def _possible(self, cell: tuple[str, ...]) -> bool:
        having = dict(zip(self.variables, cell, strict=True))
        for key, variable in self.variables.items():
            decides = variable.asked_of
            if decides is None or decides.question not in having:
                continue
            parent = self.variables[decides.question]
            is_asked = any(
                _counts(parent, having[decides.question], code) for code in decides.codes
            )
            if is_asked == (having[key] == NOT_ASKED):
                return False
        return True

    def numbers(self) -> Iterator[tuple[PublishedTable, PublishedNumber]]:
        for table in self.tables:
            for number in (*table.cells, *table.margins):
                yield table, number

    def members(self, table: PublishedTable, number: PublishedNumber) -> list[int]:
        keys = list(self.variables)
        wanted = [
            (keys.index(variable.key), variable, code)
            for variable, code in zip(table.variables, number.place, strict=True)
        ]
        return [
            at
            for at, (block, cell) in enumerate(self.cells)
            if block <= self.blocks[id(table)]
            and all(_counts(variable, cell[place], code) for place, variable, code in wanted)
        ]

    def range_of(self, members: Sequence[int]) -> tuple[int, int]:
        """The least and the most people in some cells, exactly."""
        found = []
        for sign in (1.0, -1.0):
            lp = highspy.HighsLp()
            lp.num_col_, lp.num_row_ = len(self.cells), len(self.rows)
            costs = np.zeros(len(self.cells))
            costs[list(members)] = sign
            lp.col_cost_ = costs
            lp.col_lower_ = np.zeros(len(self.cells))
            lp.col_upper_ = np.full(len(self.cells), float(self.participants))
            lp.row_lower_ = np.array([low for _cells, low, _high in self.rows], dtype=float)
            lp.row_upper_ = np.array([high for _cells, _low, high in self.rows], dtype=float)
            lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
            lp.a_matrix_.start_ = np.cumsum([0, *(len(cells) for cells, *_rest in self.rows)])
            index = [cell for cells, *_rest in self.rows for cell in cells]
            lp.a_matrix_.index_ = np.array(index)
            lp.a_matrix_.value_ = np.ones(len(index))
            lp.integrality_ = [highspy.HighsVarType.kInteger] * len(self.cells)
            highs = highspy.Highs()
            highs.setOptionValue("output_flag", False)
            highs.setOptionValue("threads", 1)
            highs.setOptionValue("mip_rel_gap", 0.0)
            highs.passModel(lp)
            highs.run()
            assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
            found.append(round(sign * highs.getInfo().objective_function_value))
        return found[0], found[1]

    def changes(self, k: int) -> list[str]:
        """Every group of 1 … k-1 who joined or left between releases and can be made out."""
        found = []
        for (one, here), (other, there) in itertools.combinations(self.releases, 2):
            for table, before in itertools.product(one, other):
                if here == there or table.keys != before.keys:
                    continue
                held = {number.place: number for number in (*before.cells, *before.margins)}
                for number in (*table.cells, *table.margins):
                    if number.place not in held:
                        continue
                    members = set(self.members(table, number))
                    members ^= set(self.members(before, held[number.place]))
                    low, high = self.range_of(sorted(members))
                    if low > 0 and high < k:
                        found.append(f"{number.place} changed by {low} … {high}")
        return found

    def remainders(self, k: int) -> list[str]:
        """Every published number that leaves 1 … k-1 people when another is taken from it."""
        shown = {frozenset(range(len(self.cells))): self.participants}
        for table, number in self.numbers():
            if number.count is not None:
                shown[frozenset(self.members(table, number))] = number.count
        return [
            f"{count} - {less} people"
            for (people, count), (part, less) in itertools.permutations(shown.items(), 2)
            if part < people and 0 < count - less < k
        ]

    def breaches(self, k: int) -> list[str]:
        """Every number that is shown and small, or hidden and not covered, with its range."""
        found = []
        for table, number in self.numbers():
            if number.is_impossible:
                continue
            name = f"{' × '.join(table.keys)} {number.place}"
            if number.count is not None:
                if 0 < number.count < k:
                    found.append(f"{name} is {number.count}")
                continue
            low, high = self.range_of(self.members(table, number))
            if high < k or high - low < k:
                found.append(f"{name} is {low} … {high}")
        return found
