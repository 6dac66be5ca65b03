"""A small, whole snapshot document."""

from __future__ import annotations

from typing import Any


def cells(*counts: int | None) -> list[dict[str, Any]]:
    base = sum(count or 0 for count in counts)
    return [
        {
            "code": f"c{n}",
            "label": f"Answer number {n} & <more>",
            "count": count,
            "percent": None if count is None else 100 * count // base,
        }
        for n, count in enumerate(counts)
    ]


def question(number: int, verdict: str, *counts: int | None) -> dict[str, Any]:
    base = None if verdict == "withheld" else 60
    return {
        "number": number,
        "key": f"question_{number}",
        "section": "Your work",
        "source": "survey",
        "wording": f"Question {number}: what changed?",
        "type": "single_choice",
        "sentence": "",
        "table": {
            "question": f"question_{number}",
            "type": "single_choice",
            "is_multiple": False,
            "verdict": verdict,
            "reason": "" if verdict == "shown" else "One number is too small.",
            "participants": 60,
            "base": base,
            "missing": None if base is None else 0,
            "not_asked": None if base is None else 0,
            "cells": cells(*counts),
        },
    }


def document(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "format": 1,
        "language": "en",
        "campaign": "A campaign",
        "report": {
            "title": "What people told us",
            "subtitle": "A consultation",
            "edition": "1",
            "date": "2026-11-24",
            "reply_by": "2027-02-16",
            "addressee": {"office": "Chief of Police", "organisation": "Police Service"},
            "sender": {"organisation": "The organisation", "contact_role": "coordinator"},
        },
        "summary": ["A summary."],
        "about": ["About us."],
        "asks": [
            {
                "number": 1,
                "text": "Consult us.",
                "owner": "Chief",
                "action": "Meet.",
                "by_when": "2027-02-16",
                "evidence": ["Q1", "T1"],
            }
        ],
        "method": {
            "opened": "2026-11-01",
            "closed": None,
            "first_week": "2026-W45",
            "last_week": "2026-W48",
            "modes": ["web"],
            "languages": ["en", "fr"],
            "paragraphs": ["We asked."],
            "flow": [{"source": "Survey", "received": 60, "analysed": 60}],
            "protection": {"k": 5, "min_base": 10, "paragraphs": ["Small numbers are hidden."]},
            "software": ["At the Table"],
        },
        "limits": ["Not a random sample."],
        "questions": [
            question(1, "shown", 20, 30, 10),
            question(2, "margins", None, None),
            question(3, "withheld", None, None),
        ],
        "themes": [
            {
                "number": 1,
                "key": "distance",
                "title": "Further away",
                "definition": "People spoke of distance.",
                "excerpts": [
                    {
                        "text": "I go further now. <script>x</script>",
                        "language": "en",
                        "attribution": "",
                    },
                    {"text": "Je vais plus loin.", "language": "fr", "attribution": ""},
                ],
            }
        ],
        "support": [{"name": "A peer", "detail": "At the drop-in."}],
        "questionnaires": [
            {
                "title": "The survey",
                "version": "1.0",
                "digest": "0" * 64,
                "kind": "survey",
                "sections": [
                    {
                        "title": "Your work",
                        "note": "",
                        "questions": [
                            {
                                "number": 1,
                                "wording": "What changed?",
                                "hint": "",
                                "type": "single_choice",
                                "options": ["This", "That"],
                            }
                        ],
                    }
                ],
            }
        ],
    }
    return {**whole, **changes}
