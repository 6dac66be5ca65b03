"""Counting people into several tables at once, one after another. Pure.

The counts live in the process that makes them and nowhere else. Two halves of the people may be
counted apart and added.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from consultation.disclosure.tables import (
    MISSING,
    NOT_ASKED,
    Place,
    Table,
    Variable,
    not_ticked,
)

Answers = Mapping[str, str | Sequence[str]]
"""A code, or the ticked codes, by variable. No key: not asked. Empty or unknown: missing."""


class Rows:
    """The running counts of some cross-classifications."""

    def __init__(self, crossed: Iterable[Sequence[Variable]]) -> None:
        self.crossed = [tuple(variables) for variables in crossed]
        self._variables = {one.key: one for variables in self.crossed for one in variables}
        self._codes = {key: frozenset(one.codes) for key, one in self._variables.items()}
        self._plain = [not any(one.is_multiple for one in variables) for variables in self.crossed]
        self._keys = [tuple(one.key for one in variables) for variables in self.crossed]
        self._counts: list[Counter[Place]] = [Counter() for _variables in self.crossed]

    def add(self, answers: Answers) -> None:
        """Count one person."""
        codes = {key: self._read(answers, key) for key in self._variables}
        for keys, is_plain, counts in zip(self._keys, self._plain, self._counts, strict=True):
            if is_plain:
                counts[tuple([codes[key][0] for key in keys])] += 1
            else:
                counts.update(itertools.product(*(codes[key] for key in keys)))

    def _read(self, answers: Answers, key: str) -> tuple[str, ...]:
        """Where somebody is counted: at one code, or at each option, ticked or not."""
        if key not in answers:
            return (NOT_ASKED,)
        answer = answers[key]
        known = self._codes[key]
        variable = self._variables[key]
        if not variable.is_multiple:
            return (answer,) if isinstance(answer, str) and answer in known else (MISSING,)
        ticked = known.intersection((answer,) if isinstance(answer, str) else answer)
        if not ticked:
            return (MISSING,)
        return tuple(code if code in ticked else not_ticked(code) for code in variable.codes)

    def __add__(self, other: Rows) -> Rows:
        """Both counts as one.

        Raises:
            ValueError: when they count other classifications.
        """
        if self.crossed != other.crossed:
            raise ValueError("Counts of different classifications can't be added.")
        both = Rows(self.crossed)
        for into, one, more in zip(both._counts, self._counts, other._counts, strict=True):
            into.update(one)
            into.update(more)
        return both

    def tables(
        self,
        *,
        headlines: frozenset[str] = frozenset(),
        zeros: Mapping[Place, frozenset[Place]] | None = None,
    ) -> list[Table]:
        """What was counted so far, in order.

        ``headlines`` names questions whose numbers are dear; ``zeros`` gives, for the keys of a
        table, the places that are empty by definition.
        """
        return [
            Table(
                variables,
                tuple(sorted(counts.items())),
                zeros=(zeros or {}).get(keys, frozenset()),
                is_headline=keys[0] in headlines,
            )
            for variables, keys, counts in zip(self.crossed, self._keys, self._counts, strict=True)
        ]


def count_rows(variables: Sequence[Variable], rows: Iterable[Answers]) -> Table:
    """One table of some people."""
    counted = Rows([variables])
    for row in rows:
        counted.add(row)
    (table,) = counted.tables()
    return table
