"""Sealing a testimony that did not come through a browser: with a peer, or as an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testimony.intake.models import Call
from testimony.vault.actions import Sealed
from testimony.vault.models import Lane
from testimony.wizard import walking


def submit_testimony(
    *,
    call: Call,
    answers: Mapping[str, Any],
    language: str,
    lane: Lane = Lane.OPEN,
    wants_receipt: bool = True,
) -> Sealed:
    """Check the answers page by page and seal them, as the journey does.

    Raises:
        NotAnswered: naming the page and the questions that are not accepted.
    """
    return walking.submit(
        call.journey(),
        answers,
        language=language,
        lane=lane,
        wants_receipt=wants_receipt,
    )
