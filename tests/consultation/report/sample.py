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


def table_of(key: str, counts: dict[str, int], **changes: Any) -> dict[str, Any]:
    """A shown table of single choices, with whole per cents from a base of thirty."""
    base = sum(counts.values())
    return {
        "question": key,
        "type": "single_choice",
        "is_multiple": False,
        "verdict": "shown",
        "reason": "",
        "participants": base + 6,
        "base": base,
        "missing": 6,
        "not_asked": 0,
        "cells": [
            {
                "code": f"c{number}",
                "label": label,
                "count": count,
                "percent": (200 * count + base) // (2 * base) if base >= 30 else None,
            }
            for number, (label, count) in enumerate(counts.items())
        ],
        **changes,
    }


def hidden(table: dict[str, Any], verdict: str, reason: str) -> dict[str, Any]:
    """The same table as disclosure control would hide it."""
    margins = {} if verdict == "margins" else {"base": None, "missing": None, "not_asked": None}
    blank = [{**cell, "count": None, "percent": None} for cell in table["cells"]]
    return {**table, **margins, "verdict": verdict, "reason": reason, "cells": blank}


_ASKED: tuple[tuple[str, dict[str, int]], ...] = (
    (
        "Do you have longer or shorter days than last spring?",
        {"Longer": 92, "Same": 61, "Less": 21},
    ),
    ("Where do you meet people now?", {"At home": 44, "On the street": 38, "Online first": 92}),
    ("Do you have time to check who somebody is?", {"Yes": 31, "Sometimes": 66, "No": 77}),
    ("Has your income changed?", {"It went down": 103, "No": 54, "It went up": 17}),
    ("Would you call for help in an emergency?", {"Yes": 40, "It depends": 70, "No": 64}),
    ("Did a warning about a dangerous person ever reach you?", {"Yes": 25, "No": 149}),
    ("How much notice did you have of the change?", {"None": 151, "A few days or more": 23}),
    ("Who do you turn to first when something goes wrong?", {"A friend": 12, "A peer worker": 13}),
    ("Which of these places do you mostly work in?", {"A hotel": 20, "A flat": 40, "A car": 30}),
    ("In which year did you begin?", {"Before 2015": 10, "Since then": 20}),
)

_SPOKEN: tuple[tuple[str, str, tuple[str, str, str]], ...] = (
    (
        "Moved along",
        "People told of being pushed to places that they did not choose.",
        (
            "I used to stand where there is light and a shop. Now I stand where there is neither.",
            "Every time they clear a corner we find a worse one, because we still have to eat.",
            "La rue où je travaillais était passante. Maintenant je suis loin de tout le monde.",
        ),
    ),
    (
        "Hurried",
        "People told of deciding in seconds what they once took minutes to decide.",
        (
            "He is looking over his shoulder the whole time, so I get in first and think later.",
            "I had a list of questions that I always asked. Nobody waits for the second one now.",
            "You learn a lot from a voice in three minutes and nothing at all in twenty seconds.",
        ),
    ),
    (
        "Nobody to ring",
        "People weighed what a call would cost them against what it might bring.",
        (
            "If I ring, my landlord hears of it before I have hung up, and then I have no home.",
            "I wrote the plate on my arm and told my friends. That was the report that I made.",
            "The officer was kind to me. The next one was not, and you can never know which.",
        ),
    ),
    (
        "Unasked",
        "People told of hearing about decisions on their lives from the news.",
        (
            "I read about it on the bus, like everybody else, and it was about my rent.",
            "We have met every week for years in the same room. The door is not locked.",
            "They asked other people what I need. I could have told them, and for nothing.",
        ),
    ),
    (
        "What would help",
        "People named small, plain things that could begin next month.",
        (
            "Tell us about the violent ones. We would tell you too, if it went both ways.",
            "One person with one phone number, who stays long enough to learn our names.",
            "Let two of us share a room without one of us being charged for the other.",
        ),
    ),
)

_WANTED: tuple[tuple[str, str, str, list[str]], ...] = (
    ("Stop the publishing of photos.", "Chief (operations)", "Withdraw it.", ["Q1", "Q4", "T1"]),
    ("End the campaigns on demand.", "Chief (operations)", "Close them.", ["Q3", "T2"]),
    ("Give notice of any change.", "Board (policy)", "Adopt a rule of notice.", ["Q7", "T4"]),
    ("Meet us through the year.", "Chief (operations)", "Name a contact.", ["T5"]),
    ("Share warnings of violence.", "Chief (operations)", "Send them to us.", ["Q6", "T5"]),
    ("Speak for decriminalisation.", "Board (policy)", "Say so in public.", ["Q5", "T3"]),
)


def realistic(**changes: Any) -> dict[str, Any]:
    """A report of the size that is really sent: ten questions, five themes, six asks, an annex."""
    tables = [table_of(f"q{number}", counts) for number, (_, counts) in enumerate(_ASKED, 1)]
    tables[8] = hidden(tables[8], "margins", "One of these numbers is too small to show.")
    tables[9] = hidden(tables[9], "withheld", "Too few people met this question.")
    consents = [
        {"number": None, "wording": wording, "hint": hint, "type": "consent", "options": options}
        for wording, hint, options in (
            ("May we count your answers?", "Small numbers stay hidden.", ["No", "Yes"]),
            ("What may we do with your words?", "", ["Do not keep them", "You may quote me"]),
        )
    ]
    printed = [
        {
            "number": number,
            "wording": wording,
            "hint": "",
            "type": "single_choice",
            "options": list(counts),
        }
        for number, (wording, counts) in enumerate(_ASKED, 1)
    ]
    whole = {
        **document(),
        "summary": ["People here were not asked before a policy began. They have now answered."],
        "about": ["We are a peer organisation. The people who asked do this work, or have."],
        "limits": ["Those who answered chose to. They are not a sample of everybody."],
        "asks": [
            {
                "number": number,
                "text": text,
                "owner": owner,
                "action": action,
                "by_when": "2027-02-16",
                "evidence": evidence,
            }
            for number, (text, owner, action, evidence) in enumerate(_WANTED, 1)
        ],
        "questions": [
            {
                "number": number,
                "key": f"q{number}",
                "section": "Your work" if number <= 5 else "Staying safe",
                "source": "survey",
                "wording": wording,
                "type": "single_choice",
                "sentence": "",
                "table": table,
            }
            for number, ((wording, _), table) in enumerate(zip(_ASKED, tables, strict=True), 1)
        ],
        "themes": [
            {
                "number": number,
                "key": f"t{number}",
                "title": title,
                "definition": definition,
                "excerpts": [
                    {
                        "text": text,
                        "language": "fr" if text.startswith("La ") else "en",
                        "attribution": "",
                    }
                    for text in texts
                ],
            }
            for number, (title, definition, texts) in enumerate(_SPOKEN, 1)
        ],
        "questionnaires": [
            {
                "title": "The survey",
                "version": "1.0",
                "digest": "a1" * 32,
                "kind": "survey",
                "sections": [
                    {"title": "What you agree to", "note": "", "questions": consents},
                    {"title": "Your work", "note": "Skip what you like.", "questions": printed},
                ],
            }
        ],
    }
    return {**whole, **changes}
