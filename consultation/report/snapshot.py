"""A snapshot: one canonical JSON document under its digest. Pure.

Everything an edition says is in it, in one language; nothing else may enter an edition. It is
checked for shape when it is frozen and when it is read back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

FORMAT: Final = 1

_PARTS: Final[dict[str, type]] = {
    "language": str,
    "campaign": str,
    "report": dict,
    "summary": list,
    "about": list,
    "asks": list,
    "method": dict,
    "limits": list,
    "questions": list,
    "themes": list,
    "support": list,
    "questionnaires": list,
}


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
    for part, kind in _PARTS.items():
        if not isinstance(document.get(part), kind):
            raise NotASnapshot(f"The part “{part}” is missing or of the wrong kind.")
    unknown = set(document) - set(_PARTS) - {"format"}
    if unknown:
        raise NotASnapshot(f"A snapshot has no part “{sorted(unknown)[0]}”.")
    for question in document["questions"]:
        table = question.get("table", {})
        hidden = table.get("verdict") != "shown"
        if hidden and any(cell.get("count") is not None for cell in table.get("cells", ())):
            raise NotASnapshot(f"Question “{question.get('key')}” shows a number that is hidden.")
    for ask in document["asks"]:
        if not ask.get("owner") or not ask.get("evidence"):
            raise NotASnapshot("Each ask names who decides, and what it rests on.")
