"""Counting closed answers, one record at a time. Pure: no database, no key, no clock.

The counts live in the process that makes them and nowhere else. What leaves is a set of
``CountedTable`` for disclosure control, in the same process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from consultation.disclosure.tables import CountedTable
from testimony.wizard import routing
from testimony.wizard.definition import Definition, answers_named
from testimony.wizard.routing import Circumstances


class Tally:
    """The running counts of one definition's closed questions."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.participants = 0
        self.set_aside = 0
        self._asks_to_count = any(
            question.permission == "count" for question in definition.questions()
        )
        self._closed = [
            (section, question, frozenset(question.codes))
            for section in definition.sections
            for question in section.questions
            if question.is_closed
        ]
        self._counts: dict[str, Counter[str]] = {q.key: Counter() for _s, q, _c in self._closed}
        self._missing: Counter[str] = Counter()
        self._not_asked: Counter[str] = Counter()

    def add(self, payload: Mapping[str, Any]) -> None:
        """Count one opened record, unless the person asked not to be counted."""
        if self._asks_to_count and payload["consents"].get("count") != "yes":
            self.set_aside += 1
            return
        self.participants += 1
        answers = payload["answers"]
        about = Circumstances(payload["language"], payload["channel"])
        for section, question, codes in self._closed:
            if not routing.met(section, question, answers, about):
                self._not_asked[question.key] += 1
                continue
            answer = answers.get(question.key)
            chosen = codes.intersection(answer if isinstance(answer, list) else (answer,))
            if not chosen:
                self._missing[question.key] += 1
            counts = self._counts[question.key]
            for code in chosen:
                counts[code] += 1

    def __add__(self, other: Tally) -> Tally:
        """Both counts as one: what counting all their records in one go would have given.

        Raises:
            ValueError: when they count different definitions.
        """
        if self.definition.digest != other.definition.digest:
            raise ValueError("Two tallies of different definitions can't be added.")
        both = Tally(self.definition)
        for part in (self, other):
            both.participants += part.participants
            both.set_aside += part.set_aside
            both._missing.update(part._missing)
            both._not_asked.update(part._not_asked)
            for key, counts in part._counts.items():
                both._counts[key].update(counts)
        return both

    def tables(self) -> Iterator[CountedTable]:
        """One table for each closed question, in the questionnaire's order."""
        for section, question, _codes in self._closed:
            counts = self._counts[question.key]
            yield CountedTable(
                question=question.key,
                type=question.type,
                is_multiple=question.is_multiple,
                sensitivity=question.sensitivity,
                participants=self.participants,
                not_asked=self._not_asked[question.key],
                missing=self._missing[question.key],
                counts=tuple((code, counts[code]) for code in question.codes),
                depends_on=tuple(
                    sorted(answers_named(section.condition) | answers_named(question.condition))
                ),
            )
