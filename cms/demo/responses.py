"""Example answers to the survey: believable, correlated, and the same every time. Pure."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent
_SETTINGS: Final = {"outdoor": 44, "own_place": 62, "shared": 41, "visits": 48, "online": 52}
_NOT_COUNTED: Final = 8

Response = dict[str, Any]


def survey_responses(count: int = 252, seed: int = 2026) -> list[Response]:
    """Example responses: each with ``language`` and the ``answers`` a browser would post.

    Deterministic. Eight people ask not to be counted. A few questions are skipped by enough
    people that the numbers can be shown; one question has a rare answer, so that the report
    shows how such a table is hidden.
    """
    rng = random.Random(seed)
    comments: list[dict[str, str]] = json.loads(
        (_HERE / "comments.json").read_text(encoding="utf-8")
    )
    settings = [name for name, share in _SETTINGS.items() for _person in range(share)]
    rng.shuffle(settings)
    responses = []
    for number in range(count):
        comment = comments[number] if number < len(comments) else None
        language = comment["language"] if comment else ("fr" if number % 9 == 0 else "en")
        answers: dict[str, Any] = {
            "age": "adult",
            "count": "no" if number >= count - _NOT_COUNTED else "yes",
            "words": rng.choice(["read", "reword", "quote"]) if comment else "discard",
            "audience": rng.choice(["readers", "members", "public"]),
            **_work(rng, settings[number % len(settings)], rare=number % 29 == 8),
            **_safety(rng),
            **_asks(rng),
        }
        if comment:
            answers["else"] = comment["text"]
        for question, skipped_by in (("hours", 17), ("trust", 19), ("warned", 23)):
            if number % skipped_by == 5:
                del answers[question]
        responses.append({"language": language, "answers": answers})
    return responses


def _pick(rng: random.Random, **weights: int) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _work(rng: random.Random, setting: str, *, rare: bool) -> dict[str, Any]:
    exposed = setting in ("outdoor", "visits")
    hours = _pick(rng, more=64 if exposed else 46, same=28, less=12)
    talk = _pick(rng, less=66 if exposed else 44, same=40)
    effects = [
        code
        for code, share in (
            ("moved", 0.62 if exposed else 0.3),
            ("lower", 0.55 if hours == "more" else 0.3),
            ("alone", 0.42),
            ("support", 0.28),
        )
        if rng.random() < share
    ]
    return {
        "setting": setting,
        "hours": hours,
        "talk": "more" if rare else talk,
        "effects": effects or ["none"],
    }


def _safety(rng: random.Random) -> dict[str, Any]:
    trust = _pick(rng, t1=44, t2=27, t3=18, t4=9, t5=7)
    wary = trust in ("t1", "t2")
    would_call = _pick(rng, yes=14 if wary else 46, no=74 if wary else 40, prefer_not=11)
    answers: dict[str, Any] = {
        "would_call": would_call,
        "trust": trust,
        "warned": _pick(rng, yes=9, no=84, prefer_not=8),
        "shared_risk": _pick(rng, yes=13, no=76, prefer_not=10),
    }
    if would_call == "no":
        reasons = [
            code
            for code, share in (
                ("not_believed", 0.6),
                ("charged", 0.48),
                ("outed", 0.52),
                ("home", 0.36),
                ("past", 0.33),
            )
            if rng.random() < share
        ]
        answers["why_not"] = reasons or ["not_believed"]
    return answers


def _asks(rng: random.Random) -> dict[str, Any]:
    helps = [
        code
        for code, share in (
            ("together", 0.63),
            ("screen", 0.57),
            ("report", 0.5),
            ("place", 0.44),
        )
        if rng.random() < share
    ]
    return {
        "first_ask": _pick(rng, reverse=31, consult=24, risks=15, decrim=27, nothing=6),
        "would_help": helps or ["none"],
    }
