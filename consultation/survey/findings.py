"""What a survey or a call hands to the report: words and protected tables, never an answer.

The report imports this module and asks by collection and definition, so that the closed
questions of a call and of a survey are reported alike.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from consultation.survey.models import TallyRun
from consultation.survey.words import questionnaire_in_words, section_titles, table_in_words
from testimony.vault.models import Lane, PendingRecord, Record
from testimony.wizard.journeys import read_definition


class NotTallied(Exception):
    """There is no finished tally of these answers yet."""


@dataclass(frozen=True, slots=True)
class Findings:
    """One source, counted and in words.

    Attributes:
        received: records counted or set aside, rounded to five.
        analysed: people whose answers were counted; None when too few to say.
        tables: protected tables with labels, wording, section and type.
    """

    kind: str
    title: str
    languages: tuple[str, ...]
    received: int
    analysed: int | None
    first_week: str
    last_week: str
    tables: tuple[dict[str, Any], ...]
    definition: str

    def questionnaire(self, language: str, numbers: dict[str, int]) -> dict[str, Any]:
        """The questions and consent texts, for the annex."""
        return questionnaire_in_words(read_definition(self.definition), language, numbers)

    def support(self, language: str) -> list[dict[str, str]]:
        """The support lines that stood on every page."""
        return [
            {"name": line.name.in_language(language), "detail": line.detail.in_language(language)}
            for line in read_definition(self.definition).support
        ]


def of(collection_id: uuid.UUID, definition_digest: str, language: str) -> Findings:
    """The findings of the latest finished tally of one source.

    Raises:
        NotTallied: when there is none.
    """
    run = (
        TallyRun.objects.filter(
            collection_id=collection_id, definition_id=definition_digest, state=TallyRun.State.DONE
        )
        .exclude(tables={})
        .first()
    )
    if run is None:
        raise NotTallied
    definition = read_definition(definition_digest)
    sections = dict(section_titles(definition, language))
    weeks = sorted(
        week
        for model in (Record, PendingRecord)
        for week in model.objects.filter(
            collection_id=collection_id, definition_id=definition_digest
        )
        .exclude(lane=Lane.FLOOD)
        .values_list("week", flat=True)
        .distinct()
        .order_by()
    )
    return Findings(
        kind=definition.kind,
        title=definition.title.in_language(language),
        languages=definition.languages,
        received=run.tables["received"],
        analysed=run.tables["participants"],
        first_week=weeks[0] if weeks else "",
        last_week=weeks[-1] if weeks else "",
        tables=tuple(
            {
                **table_in_words(table, definition, language),
                "section": sections[table["question"]],
            }
            for table in run.tables["tables"]
        ),
        definition=definition_digest,
    )
