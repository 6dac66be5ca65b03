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
from testimony.wizard.definition import Definition, Question, answers_named
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
            (section, question)
            for section in definition.sections
            for question in section.questions
            if question.is_closed
        ]
        self._counts: dict[str, Counter[str]] = {q.key: Counter() for _s, q in self._closed}
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
        for section, question in self._closed:
            met = routing.holds(section.condition, answers, about) and routing.asked(
                question, answers, about
            )
            if not met:
                self._not_asked[question.key] += 1
                continue
            chosen = self._known_codes(question, answers.get(question.key))
            if not chosen:
                self._missing[question.key] += 1
            self._counts[question.key].update(chosen)

    def tables(self) -> Iterator[CountedTable]:
        """One table for each closed question, in the questionnaire's order."""
        for section, question in self._closed:
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

    @staticmethod
    def _known_codes(question: Question, answer: Any) -> set[str]:
        given = answer if isinstance(answer, list) else [answer]
        return {code for code in given if code in question.codes}
