"""The auditor's own narrow door to the solver: the least and the greatest value of a sum.

HiGHS (Huangfu and Hall, 2018, doi:10.1007/s12532-017-0130-5) works in floating point, so nothing
it says is taken on trust: every answer is rounded to whole numbers and checked against every row
by plain arithmetic. An assignment that passes is a witness. A bound is believed only with a
witness that reaches it; what has none counts as unfinished.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from consultation.disclosure.audit.equations import Row
from consultation.disclosure.audit.ranges import Answer, Outcome

_SLACK: Final = 1e-6


def _libraries() -> tuple[Any, Any]:
    """The solver, and the arrays it speaks in. Not needed by whoever only checks a proof."""
    return importlib.import_module("highspy"), importlib.import_module("numpy")


class Programme:
    """One block of unknowns that hang together, kept warm between questions.

    Columns are numbered from 0 here. Bounds are whole numbers.
    """

    def __init__(
        self, lower: Sequence[int], upper: Sequence[int], rows: Sequence[Row], *, seconds: float
    ) -> None:
        self._lower, self._upper, self._rows = lower, upper, rows
        self._seconds = seconds
        self._highspy, self._np = _libraries()
        self._relaxed = self._loaded(is_whole=False)
        self._whole: Any = None

    def _loaded(self, *, is_whole: bool) -> Any:
        highspy, np = self._highspy, self._np
        solver = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("log_to_console", False),
            ("threads", 1),
            ("random_seed", 1),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 0.999),
        ):
            solver.setOptionValue(option, value)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self._lower), len(self._rows)
        model.col_cost_ = np.zeros(len(self._lower))
        model.col_lower_ = np.array(self._lower, dtype=float)
        model.col_upper_ = np.array(self._upper, dtype=float)
        infinite = highspy.kHighsInf
        model.row_lower_ = np.array(
            [-infinite if row.low is None else row.low for row in self._rows], dtype=float
        )
        model.row_upper_ = np.array(
            [infinite if row.high is None else row.high for row in self._rows], dtype=float
        )
        starts = [0]
        index: list[int] = []
        value_of: list[int] = []
        for row in self._rows:
            index.extend(row.columns)
            value_of.extend(row.coefficients)
            starts.append(len(index))
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(index, dtype=np.int32)
        model.a_matrix_.value_ = np.array(value_of, dtype=float)
        if is_whole:
            model.integrality_ = [highspy.HighsVarType.kInteger] * len(self._lower)
        solver.passModel(model)
        return solver

    def extreme(self, weights: Mapping[int, int], *, greatest: bool, known: int | None) -> Answer:
        """The least or greatest ``sum(weight * unknown)`` over whole numbers.

        ``known`` is a value that some witness already reaches. When the relaxation shows that
        nothing beats it, the answer is ``found`` with that value and without numbers.
        """
        outcome, bound, numbers = self._asked(self._relaxed, weights, greatest=greatest)
        if outcome != "found":
            return Answer(outcome)
        best = math.floor(bound + _SLACK) if greatest else math.ceil(bound - _SLACK)
        if known is not None and (known >= best if greatest else known <= best):
            return Answer("found", known)
        witness = self._checked(numbers)
        if witness is not None and _weighed(weights, witness) == best:
            return Answer("found", best, witness)
        if self._whole is None:
            self._whole = self._loaded(is_whole=True)
        outcome, bound, numbers = self._asked(self._whole, weights, greatest=greatest)
        if outcome != "found":
            return Answer(outcome)
        witness = self._checked(numbers)
        best = math.floor(bound + _SLACK) if greatest else math.ceil(bound - _SLACK)
        if witness is None or _weighed(weights, witness) != best:
            return Answer("unfinished")
        return Answer("found", best, witness)

    def _asked(
        self, solver: Any, weights: Mapping[int, int], *, greatest: bool
    ) -> tuple[Outcome, float, Any]:
        highspy, np = self._highspy, self._np
        count = len(self._lower)
        costs = np.zeros(count)
        for column, weight in weights.items():
            costs[column] = weight
        solver.changeColsCost(count, np.arange(count, dtype=np.int32), costs)
        sense = highspy.ObjSense.kMaximize if greatest else highspy.ObjSense.kMinimize
        solver.changeObjectiveSense(sense)
        solver.setOptionValue("time_limit", solver.getRunTime() + self._seconds)
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return "impossible", 0.0, None
        if status != highspy.HighsModelStatus.kOptimal:
            return "unfinished", 0.0, None
        information = solver.getInfo()
        is_whole = solver is self._whole
        bound = information.mip_dual_bound if is_whole else information.objective_function_value
        return "found", bound, solver.getSolution().col_value

    def _checked(self, numbers: Any) -> tuple[int, ...] | None:
        """The solver's numbers as whole ones, if they keep every row exactly."""
        whole = tuple(round(number) for number in numbers)
        inside = all(
            low <= number <= high
            for low, number, high in zip(self._lower, whole, self._upper, strict=True)
        )
        return whole if inside and all(row.holds(whole) for row in self._rows) else None


def _weighed(weights: Mapping[int, int], numbers: Sequence[int]) -> int:
    return sum(weight * numbers[column] for column, weight in weights.items())
