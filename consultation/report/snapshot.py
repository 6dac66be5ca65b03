"""A snapshot: one canonical JSON document under its digest. Pure.

Everything an edition says is in it, in one language; nothing else may enter an edition. It is
checked for shape when it is frozen and when it is read back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

FORMAT: Final = 1
_VERDICTS: Final = frozenset({"shown", "margins", "withheld"})

_MAYBE_NUMBER: Final = (int, type(None))

_TABLE: Final[dict[str, Any]] = {
    "question": str,
    "type": str,
    "is_multiple": bool,
    "verdict": str,
    "reason": str,
    "participants": _MAYBE_NUMBER,
    "base": _MAYBE_NUMBER,
    "missing": _MAYBE_NUMBER,
    "not_asked": _MAYBE_NUMBER,
    "cells": [{"code": str, "label": str, "count": _MAYBE_NUMBER, "percent": _MAYBE_NUMBER}],
}

_SHAPE: Final[dict[str, Any]] = {
    "format": int,
    "language": str,
    "campaign": str,
    "report": {
        "title": str,
        "subtitle": str,
        "edition": str,
        "date": dt.date,
        "reply_by": dt.date,
        "addressee": {"office": str, "organisation": str},
        "sender": {"organisation": str, "contact_role": str},
    },
    "summary": [str],
    "about": [str],
    "asks": [
        {
            "number": int,
            "text": str,
            "owner": str,
            "action": str,
            "by_when": dt.date,
            "evidence": [str],
        }
    ],
    "method": {
        "opened": dt.date,
        "closed": (dt.date, type(None)),
        "first_week": str,
        "last_week": str,
        "modes": [str],
        "languages": [str],
        "paragraphs": [str],
        "flow": [{"source": str, "received": int, "analysed": _MAYBE_NUMBER}],
        "protection": {"k": int, "min_base": int, "paragraphs": [str]},
        "software": [str],
    },
    "limits": [str],
    "questions": [
        {
            "number": int,
            "key": str,
            "section": str,
            "source": str,
            "wording": str,
            "type": str,
            "sentence": str,
            "table": _TABLE,
        }
    ],
    "themes": [
        {
            "number": int,
            "key": str,
            "title": str,
            "definition": str,
            "excerpts": [{"text": str, "language": str, "attribution": str}],
        }
    ],
    "support": [{"name": str, "detail": str}],
    "questionnaires": [
        {
            "title": str,
            "version": str,
            "digest": str,
            "kind": str,
            "sections": [
                {
                    "title": str,
                    "note": str,
                    "questions": [
                        {
                            "number": _MAYBE_NUMBER,
                            "wording": str,
                            "hint": str,
                            "type": str,
                            "options": [str],
                        }
                    ],
                }
            ],
        }
    ],
}
"""What may stand in a snapshot, place by place. A part that is not named here is refused, so
that a new field of a table stays out of print until somebody lets it in."""


class NotASnapshot(ValueError):
    """The document is not a snapshot. The message names the part that is wrong."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen document, its canonical bytes, and their SHA-256 (64 hexadecimal digits)."""

    document: Mapping[str, Any]
    canonical: bytes
    digest: str


def freeze(document: Mapping[str, Any]) -> Snapshot:
    """Freeze a document.

    Raises:
        NotASnapshot: when a part is missing or of the wrong kind, or a table shows a number
            that its own verdict hides.
    """
    _check(document)
    canonical = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")
    return Snapshot(
        document=json.loads(canonical),
        canonical=canonical,
        digest=hashlib.sha256(canonical).hexdigest(),
    )


def thaw(canonical: bytes) -> Snapshot:
    """Read a snapshot back from its bytes.

    Raises:
        NotASnapshot: when they are not what ``freeze`` made.
    """
    try:
        document = json.loads(canonical)
    except ValueError as error:
        raise NotASnapshot("The bytes are not JSON.") from error
    found = freeze(document)
    if found.canonical != canonical:
        raise NotASnapshot("The bytes are not in canonical form.")
    return found


def _check(document: Mapping[str, Any]) -> None:
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise NotASnapshot(f"This version reads snapshots of format {FORMAT}.")
    for ask in _things(document.get("asks")):
        if not ask.get("owner") or not ask.get("evidence"):
            raise NotASnapshot("Each ask names who decides, and what it rests on.")
    _check_shape(document, _SHAPE, "")
    for question in document["questions"]:
        _check_hidden(question)
    _check_evidence(document)


def _things(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _check_shape(value: Any, shape: Any, place: str) -> None:
    """Hold a value against its shape; the message names the place, as in ``asks[0].text``."""
    if isinstance(shape, dict):
        if not isinstance(value, Mapping):
            raise _wrong(place)
        for name in sorted(set(value) - set(shape), key=str):
            raise NotASnapshot(f"A snapshot has no part “{_below(place, name)}”.")
        for name, inner in shape.items():
            if name not in value:
                raise _wrong(_below(place, name))
            _check_shape(value[name], inner, _below(place, name))
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise _wrong(place)
        for number, item in enumerate(value):
            _check_shape(item, shape[0], f"{place}[{number}]")
    elif not any(_is_a(value, kind) for kind in (shape if isinstance(shape, tuple) else (shape,))):
        raise _wrong(place)


def _below(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _wrong(place: str) -> NotASnapshot:
    return NotASnapshot(f"The part “{place or 'snapshot'}” is missing or of the wrong kind.")


def _is_a(value: Any, kind: type) -> bool:
    """Like isinstance; but true and false are no numbers, and a date is its ISO text."""
    if kind is dt.date:
        try:
            return isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, kind)


def _check_hidden(question: Mapping[str, Any]) -> None:
    """A verdict is kept: no number stands in a place that the verdict hides."""
    table = question["table"]
    key = question["key"]
    if table["verdict"] not in _VERDICTS:
        raise NotASnapshot(f"Question “{key}” has no verdict that is known.")
    counts = [cell["count"] for cell in table["cells"]]
    percents = [cell["percent"] for cell in table["cells"]]
    margins = [table["base"], table["missing"], table["not_asked"]]
    if table["verdict"] == "shown":
        if None in counts or None in margins:
            raise NotASnapshot(f"Question “{key}” is shown, and lacks a number.")
        return
    kept_back = counts + percents + (margins if table["verdict"] == "withheld" else [])
    if any(number is not None for number in kept_back):
        raise NotASnapshot(f"Question “{key}” shows a number that is hidden.")
    if table["verdict"] == "margins" and None in margins:
        raise NotASnapshot(f"Question “{key}” lacks a margin.")
    if not table["reason"]:
        raise NotASnapshot(f"Question “{key}” hides numbers and gives no reason.")


def _check_evidence(document: Mapping[str, Any]) -> None:
    """Every reference of an ask leads somewhere."""
    held = {f"Q{question['number']}" for question in document["questions"]}
    held |= {f"T{theme['number']}" for theme in document["themes"]}
    for ask in document["asks"]:
        for reference in ask["evidence"]:
            if reference not in held:
                raise NotASnapshot(
                    f"Ask {ask['number']} rests on “{reference}”, which is not in the snapshot."
                )
