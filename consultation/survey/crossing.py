"""Counting answers into tables, one record at a time. Pure: no database, no key, no clock.

The counts live in the process that makes them and nowhere else. What leaves is a set of tables for
disclosure control, in the same process.
"""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consultation.disclosure.rows import Rows
from consultation.disclosure.tables import (
    MISSING,
    Place,
    Table,
    Variable,
    not_ticked,
)
from consultation.survey.variables import (
    CHANNEL,
    LANE,
    LANGUAGE,
    Counted,
    profile_of,
    variables_of,
)
from testimony.wizard import routing
from testimony.wizard.definition import Definition, Question, Section
from testimony.wizard.routing import Circumstances

Cross = tuple[str, ...]
"""The keys of what one table crosses: what was asked first, then of whom."""


class UnknownVariable(ValueError):
    """A table was asked for over a key that nothing is counted under."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which tables are counted: each variable by itself, and the crosses asked for."""

    variables: tuple[Counted, ...]
    crosses: tuple[Cross, ...]

    @classmethod
    def of(
        cls,
        definition: Definition,
        crosses: Iterable[Cross] = (),
        *,
        lanes: tuple[str, ...] = (),
    ) -> Plan:
        """Every closed question of a definition, and these crosses of them or of the profile.

        Raises:
            UnknownVariable: for a cross of something that is not counted, or of one thing twice.
        """
        asked = tuple(variables_of(definition))
        known = {one.key: one for one in (*asked, *profile_of(definition, lanes))}
        wanted = tuple(dict.fromkeys(tuple(cross) for cross in crosses))
        for cross in wanted:
            if len(set(cross)) != len(cross) or len(cross) < 2:
                raise UnknownVariable("A table crosses two different questions or more.")
            for key in cross:
                if key not in known:
                    raise UnknownVariable(f"Nothing is counted under “{key}”.")
        profile = [known[key] for cross in wanted for key in cross if known[key] not in asked]
        return cls((*asked, *dict.fromkeys(profile)), wanted)

    @property
    def by_key(self) -> dict[str, Counted]:
        return {one.key: one for one in self.variables}

    def wanted(self) -> Iterator[Cross]:
        """What each table crosses, in order: one-way tables first."""
        for one in self.variables:
            if one.question is not None:
                yield (one.key,)
        yield from self.crosses


class CrossTally:
    """The running counts of one plan, over the records of one definition.

    A plan made for a newer version counts an older version's records too: ``renamed`` says which
    older question stands for a newer one. A question that the older version does not have, or has
    with other answers, counts as not asked there.
    """

    def __init__(
        self,
        definition: Definition,
        plan: Plan,
        *,
        renamed: Mapping[str, str] | None = None,
    ) -> None:
        self.plan = plan
        self.participants = 0
        self.set_aside = 0
        self._asks_to_count = any(
            question.permission == "count" for question in definition.questions()
        )
        self._asked = dict(_asked_in(definition, plan, renamed or {}))
        self._crossed = [[plan.by_key[key] for key in keys] for keys in plan.wanted()]
        self._rows = Rows([one.variable for one in crossed] for crossed in self._crossed)
        self._numbers: dict[str, Counter[int]] = {
            one.key: Counter()
            for one in plan.variables
            if one.question is not None and one.question.type == "number"
        }

    def add(self, payload: Mapping[str, Any], *, lane: str = "") -> None:
        """Count one opened record, unless the person asked not to be counted."""
        if self._asks_to_count and payload["consents"].get("count") != "yes":
            self.set_aside += 1
            return
        self.participants += 1
        answers = payload["answers"]
        about = Circumstances(payload["language"], payload["channel"])
        row: dict[str, str | Sequence[str]] = {
            LANGUAGE: about.language, CHANNEL: about.channel, LANE: lane
        }  # fmt: skip
        for key, (section, question, asked) in self._asked.items():
            if routing.met(section, question, answers, about):
                answer = answers.get(question.key)
                found = asked.codes_in(answer)
                row[key] = found if asked.variable.is_multiple else next(iter(found), "")
                if found and key in self._numbers and isinstance(answer, int):
                    self._numbers[key][answer] += 1
        self._rows.add(row)

    def __add__(self, other: CrossTally) -> CrossTally:
        """Both counts as one: what counting all their records in one go would have given.

        Raises:
            ValueError: when they count other tables.
        """
        both = copy.copy(self)
        both._rows = self._rows + other._rows
        both.participants = self.participants + other.participants
        both.set_aside = self.set_aside + other.set_aside
        both._numbers = {key: self._numbers[key] + other._numbers[key] for key in self._numbers}
        return both

    def numbers(self, key: str) -> Mapping[int, int]:
        """How many gave each number; for quartiles, in this process alone."""
        return self._numbers[key]

    def tables(self) -> Iterator[Table]:
        """Every table of the plan, in its order."""
        for crossed, table in zip(self._crossed, self._rows.tables(), strict=True):
            standing = {place for place, _count in table.counts}
            yield replace(
                table,
                zeros=frozenset(_impossible([one.variable for one in crossed]) - standing),
                is_headline=len(crossed) == 1 and crossed[0].is_headline,
            )


def _asked_in(
    definition: Definition, plan: Plan, renamed: Mapping[str, str]
) -> Iterator[tuple[str, tuple[Section, Question, Counted]]]:
    """What of a plan a definition asks, under the plan's keys, with the same answers or fewer."""
    own = {one.key: one for one in variables_of(definition)}
    for one in plan.variables:
        found = own.get(renamed.get(one.key, one.key))
        if (
            one.question is not None
            and found is not None
            and found.section is not None
            and found.question is not None
            and set(found.variable.codes) <= set(one.variable.codes)
        ):
            yield one.key, (found.section, found.question, found)


def _impossible(variables: list[Variable]) -> set[Place]:
    """Places where nobody can be: answers to a question of those who never met it."""
    found: set[Place] = set()
    for number, variable in enumerate(variables):
        decides = variable.asked_of
        for other, parent in enumerate(variables):
            if decides is None or parent.key != decides.question or parent.is_multiple:
                continue
            answers = [*variable.codes, *map(not_ticked, variable.codes), MISSING]
            barred = [*(code for code in parent.codes if code not in decides.codes), MISSING]
            axes = [
                [*one.codes, *(map(not_ticked, one.codes) if one.is_multiple else ()), MISSING]
                for one in variables
            ]
            axes[number] = answers if variable.is_multiple else [*variable.codes, MISSING]
            axes[other] = barred
            found.update(itertools.product(*axes))
    return found
