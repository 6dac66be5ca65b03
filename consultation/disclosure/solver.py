"""The one place that knows the solver: HiGHS, through highspy.

highspy was chosen over SciPy, which wraps the same solver: its wheel is 3 MB against 35 MB, it
keeps a basis from one objective to the next, and it gives reduced costs. One thread and one seed:
the same tables always give the same answer. Answers come as floating-point numbers. Nobody relies
on them: what they propose is checked in whole numbers by ``cover``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import highspy
import numpy as np
from highspy._core import _Highs as Highs  # the public wrapper prints a banner when it is made

Row = tuple[Mapping[int, float], float, float]
"""Coefficients by column, and what they sum to at least and at most."""
INFINITE: Final = highspy.kHighsInf

NODES: Final = 2_000
"""How many branches a search may try. A limit by time would not give the same answer twice."""

Status = Literal["optimal", "impossible", "stopped"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver found.

    Attributes:
        status: ``stopped`` when time ran out; ``columns`` then holds the best so far, or nothing.
        duals: for a linear programme, the price of each row when it is solved as a least cost.
    """

    status: Status
    value: float
    columns: list[float]
    duals: list[float]


class Programme:
    """A linear or whole-number programme, asked with one objective after another."""

    def __init__(
        self,
        lower: Sequence[float],
        upper: Sequence[float],
        rows: Sequence[Row],
        *,
        costs: Sequence[float] | None = None,
        is_whole: bool = False,
    ) -> None:
        self._size = len(lower)
        lp = highspy.HighsLp()
        lp.num_col_ = self._size
        lp.num_row_ = len(rows)
        lp.col_lower_ = np.array(lower, dtype=np.float64)
        lp.col_upper_ = np.array(upper, dtype=np.float64)
        lp.col_cost_ = np.array(costs if costs is not None else [0.0] * self._size)
        lp.row_lower_ = np.array([low for _terms, low, _high in rows], dtype=np.float64)
        lp.row_upper_ = np.array([high for _terms, _low, high in rows], dtype=np.float64)
        starts = [0]
        index: list[int] = []
        value: list[float] = []
        for terms, _low, _high in rows:
            index.extend(terms.keys())
            value.extend(terms.values())
            starts.append(len(index))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(value, dtype=np.float64)
        if is_whole:
            lp.integrality_ = [highspy.HighsVarType.kInteger] * self._size
        self._is_whole = is_whole
        self._highs = Highs()
        for option, setting in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 1),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 1e-7),
            ("mip_max_nodes", NODES),
        ):
            self._highs.setOptionValue(option, setting)
        self._highs.passModel(lp)
        self._objective: dict[int, float] = {}

    def require(self, terms: Mapping[int, float], low: float) -> None:
        """Add a row: these columns sum to at least so much."""
        self._highs.addRow(
            low,
            INFINITE,
            len(terms),
            np.array(list(terms.keys()), dtype=np.int32),
            np.array(list(terms.values()), dtype=np.float64),
        )

    def most(self, column: int, seconds: float) -> Answer:
        """The largest value of one column."""
        return self._extreme(column, -1.0, seconds)

    def least(self, column: int, seconds: float) -> Answer:
        """The smallest value of one column."""
        return self._extreme(column, 1.0, seconds)

    def _extreme(self, column: int, sign: float, seconds: float) -> Answer:
        for before in self._objective:
            self._highs.changeColCost(before, 0.0)
        self._objective = {column: sign}
        self._highs.changeColCost(column, sign)
        found = self.solve(seconds)
        return Answer(found.status, found.value * sign, found.columns, found.duals)

    def settle_for(self, share: float) -> None:
        """Be content with what costs at most this share more than the least."""
        self._highs.setOptionValue("mip_rel_gap", share)

    def start_from(self, columns: Sequence[float]) -> None:
        """Search from columns that are known to do."""
        known = highspy.HighsSolution()
        known.col_value = list(columns)
        self._highs.setSolution(known)

    def solve(self, seconds: float) -> Answer:
        """The least costly columns."""
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + max(seconds, 0.001))
        self._highs.run()
        status = self._highs.getModelStatus()
        solution = self._highs.getSolution()
        value = self._highs.getInfo().objective_function_value
        if status == highspy.HighsModelStatus.kModelEmpty:
            return Answer("optimal", 0.0, list(solution.col_value) or [0.0] * self._size, [])
        if status == highspy.HighsModelStatus.kOptimal:
            duals = [] if self._is_whole else list(solution.row_dual)
            return Answer("optimal", value, list(solution.col_value), duals)
        if status in (
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        ):
            return Answer("impossible", 0.0, [], [])
        has_some = self._is_whole and solution.value_valid
        return Answer("stopped", value, list(solution.col_value) if has_some else [], [])
