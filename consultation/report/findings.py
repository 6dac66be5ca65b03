"""Gathering what a report says: protected tables, approved excerpts, asks, and the facts.

Only what may be published is in reach here. The vault is not: this module, like the rest of
the report, never imports it.
"""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import get_language_info, override
from django.utils.translation import gettext as _

from consultation.disclosure.tables import Policy
from consultation.report.models import Report
from consultation.survey import findings as survey_findings
from consultation.survey.findings import Findings
from testimony.curation.models import Excerpt, Theme

FORMAT: Final = 1


class OrphanEvidence(Exception):
    """An ask rests on a question or theme that the report does not hold."""


def gather(report: Report, *, language: str) -> tuple[dict[str, Any], list[Excerpt]]:
    """A snapshot's document, and the excerpts it quotes.

    Raises:
        NotTallied: when a source was not counted yet.
        OrphanEvidence: when an ask names evidence that is not there.
    """
    sources = _sources(report, language)
    questions, numbers = _questions(sources)
    themes, excerpts = _themes(report)
    references = {
        key: f"Q{number}" for kind in ("call", "survey") for key, number in numbers[kind].items()
    }
    references |= {theme["key"]: f"T{theme['number']}" for theme in themes}
    with override(language):
        document = {
            "format": FORMAT,
            "language": language,
            "campaign": report.campaign,
            "report": _cover(report),
            "summary": _paragraphs(report.summary),
            "about": _paragraphs(report.about),
            "asks": _asks(report, references),
            "method": _method(report, sources),
            "limits": _paragraphs(report.limits),
            "questions": questions,
            "themes": themes,
            "support": _support(sources, language),
            "questionnaires": [
                source.questionnaire(language, numbers[source.kind]) for source in sources
            ],
        }
    return document, excerpts


def _sources(report: Report, language: str) -> list[Findings]:
    digests = []
    if report.survey:
        digests.append(report.survey.version.definition_id)
    if report.call:
        digests.append(report.call.definition_id)
    return [survey_findings.of(report.collection_id, digest, language) for digest in digests]


def _cover(report: Report) -> dict[str, Any]:
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "edition": str(report.snapshots.filter(edition__isnull=False).count() + 1),
        "date": report.dated.isoformat(),
        "reply_by": report.reply_by.isoformat(),
        "addressee": {
            "office": report.addressee_office,
            "organisation": report.addressee_organisation,
        },
        "sender": {
            "organisation": report.sender_organisation,
            "contact_role": report.sender_contact_role,
        },
    }


def _paragraphs(stream: Any) -> list[str]:
    return [str(block.value).strip() for block in stream]


def _questions(
    sources: list[Findings],
) -> tuple[list[dict[str, Any]], dict[str, dict[str, int]]]:
    """Every counted question, numbered through, and the numbers by kind of source and key."""
    questions: list[dict[str, Any]] = []
    numbers: dict[str, dict[str, int]] = {"call": {}, "survey": {}}
    for source in sources:
        for table in source.tables:
            number = len(questions) + 1
            numbers[source.kind][table["question"]] = number
            questions.append(
                {
                    "number": number,
                    "key": table["question"],
                    "section": table["section"],
                    "source": source.kind,
                    "wording": table["wording"],
                    "type": table["type"],
                    "sentence": sentence_about(table),
                    "table": {
                        key: value
                        for key, value in table.items()
                        if key not in ("section", "wording")
                    },
                }
            )
    return questions, numbers


def sentence_about(table: dict[str, Any]) -> str:
    """One plain sentence made from a protected table: the most frequent answer, with its base."""
    if table["verdict"] != "shown":
        return ""
    shown = [cell for cell in table["cells"] if cell["count"]]
    if not shown:
        return ""
    top = max(cell["count"] for cell in shown)
    leaders = [cell for cell in shown if cell["count"] == top]
    if len(leaders) > 1:
        return ""
    words = {"label": leaders[0]["label"], "count": top, "base": table["base"]}
    if table["is_multiple"]:
        return _("“%(label)s” was ticked most often: by %(count)s of %(base)s.") % words
    return _("The most frequent answer was “%(label)s”: %(count)s of %(base)s.") % words


def _themes(report: Report) -> tuple[list[dict[str, Any]], list[Excerpt]]:
    approved = (
        Excerpt.objects.approved().for_collection(report.collection_id).order_by("theme", "id")
    )
    by_theme: dict[int, list[Excerpt]] = {}
    for excerpt in approved:
        by_theme.setdefault(excerpt.theme_id, []).append(excerpt)
    themes: list[dict[str, Any]] = []
    for theme in Theme.objects.filter(collection_id=report.collection_id):
        quoted = by_theme.get(theme.pk)
        if quoted:
            themes.append(
                {
                    "number": len(themes) + 1,
                    "key": theme.key,
                    "title": theme.title,
                    "definition": theme.definition,
                    "excerpts": [
                        {"text": item.text, "language": item.language, "attribution": ""}
                        for item in quoted
                    ],
                }
            )
    return themes, [item for quoted in by_theme.values() for item in quoted]


def _asks(report: Report, references: dict[str, str]) -> list[dict[str, Any]]:
    asks = []
    for number, ask in enumerate(report.asks.all(), start=1):
        missing = [key for key in ask.evidence.split() if key not in references]
        if missing or not ask.evidence.split():
            raise OrphanEvidence(
                f"Ask {number} rests on what the report does not hold: {' '.join(missing)}."
            )
        asks.append(
            {
                "number": number,
                "text": ask.text,
                "owner": ask.owner,
                "action": ask.action,
                "by_when": ask.by_when.isoformat(),
                "evidence": [references[key] for key in ask.evidence.split()],
            }
        )
    return asks


def _method(report: Report, sources: list[Findings]) -> dict[str, Any]:
    doors = [door for door in (report.survey, report.call) if door is not None]
    policy = Policy()
    closes = max(door.closes_on for door in doors)
    return {
        "opened": min(door.opens_on for door in doors).isoformat(),
        "closed": closes.isoformat() if closes < report.dated else None,
        "first_week": min((s.first_week for s in sources if s.first_week), default=""),
        "last_week": max((s.last_week for s in sources if s.last_week), default=""),
        "modes": [_("A form on the web that works on any phone, without an account")],
        "languages": sorted(
            str(get_language_info(code)["name_translated"])
            for code in {code for source in sources for code in source.languages}
        ),
        "paragraphs": _paragraphs(report.method),
        "flow": [
            {
                "source": source.title,
                "received": source.received,
                "analysed": source.analysed,
            }
            for source in sources
        ],
        "protection": {
            "k": policy.k,
            "min_base": policy.min_base,
            "paragraphs": [
                _(
                    "Some groups spoken to here are small, so every table is treated as if "
                    "everybody had answered. A table with a count of 1 to %(most)s, or with a "
                    "number from which such a count could be worked out, is shown with its "
                    "margins only, or not at all, with the reason beside it."
                )
                % {"most": policy.k - 1},
                _(
                    "How many answers came in is rounded to the nearest %(base)s. Percentages "
                    "are whole numbers, and are given only where at least %(floor)s answered."
                )
                % {"base": policy.base, "floor": policy.percent_base},
                _(
                    "Each quotation was proposed by one peer reader and approved by another, "
                    "from a person who agreed to be quoted in public. Quotations carry no "
                    "name, no number and no description."
                ),
            ],
        },
        "software": ["At the Table 0.1"],
    }


def _support(sources: list[Findings], language: str) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for source in sources:
        for item in source.support(language):
            found.setdefault(item["name"], item)
    return list(found.values())
