"""Receipts: six words that can withdraw, and can never read.

Only a keyed digest of the words is stored. The key (the pepper) lives in the environment, so
the keyring alone can't be searched. Words are compared by their first four letters. A code that
was never one, one whose answers were destroyed and one that was used to withdraw take the same
path through the same queries, and get the same page.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import hmac
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from testimony.vault import wordlists
from testimony.vault.models import (
    Collection,
    DataKey,
    HeldWithdrawal,
    LegalHold,
    QuotingStop,
    ReceiptVerifier,
)
from testimony.vault.places import NoPlace, place

PATIENCE: Final = 2.0
"""Seconds that a person waits for a place on the receipt page before it asks them to try again."""


class TooMany(Exception):
    """More people use their receipts at this moment than the page takes at once."""


class State(enum.Enum):
    """What six words stand for. None of the four says what was sent, or by whom."""

    HELD = "held"
    NOT_QUOTED = "not-quoted"
    WAITING = "waiting"
    """Withdrawn, while an order forbids to delete. Nobody uses it; it goes when the order ends."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receipt page may show: a state, and the day after which a sent paper stays."""

    state: State
    deadline: dt.date | None = None


_NOTHING: Final = Receipt(State.NOTHING)


def new_code(language: str) -> tuple[str, ...]:
    """Six fresh words in the person's language."""
    return wordlists.draw(language)


def verifier_of(typed: str) -> str:
    """The keyed digest (HMAC-SHA256, 64 hexadecimal digits) of what a person typed."""
    stubs = " ".join(wordlists.as_typed(typed)[: wordlists.WORDS_IN_A_CODE])
    pepper = settings.VAULT_PEPPER.encode("utf-8")
    return hmac.new(pepper, b"receipt/v1/" + stubs.encode("ascii"), hashlib.sha256).hexdigest()


def record_for(typed: str) -> uuid.UUID | None:
    """The record a code belongs to; None for an unknown, expired or withdrawn code alike."""
    return (
        ReceiptVerifier.objects.filter(verifier=verifier_of(typed))
        .values_list("record_id", flat=True)
        .first()
    )


def look_up(typed: str) -> Receipt:
    """The state behind a code. Every code, known or not, costs the same five queries."""
    found = record_for(typed)
    record_id = found or uuid.uuid4()
    collection_id = (
        DataKey.objects.filter(record_id=record_id)
        .values_list("epoch__collection_id", flat=True)
        .first()
    )
    deadline = (
        Collection.objects.filter(id=collection_id or uuid.uuid4())
        .values_list("withdrawal_deadline", flat=True)
        .first()
    )
    waits = HeldWithdrawal.objects.filter(record_id=record_id).exists()
    is_not_quoted = QuotingStop.objects.filter(record_id=record_id).exists()
    if found is None or deadline is None:
        return _NOTHING
    if waits:
        return Receipt(State.WAITING, deadline)
    return Receipt(State.NOT_QUOTED if is_not_quoted else State.HELD, deadline)


def public_holds() -> list[str]:
    """What the receipt page says to everybody while an order forbids withdrawals."""
    return list(
        LegalHold.objects.filter(lifted_on__isnull=True, stops_withdrawals=True).values_list(
            "statement", flat=True
        )
    )


@contextmanager
def a_place() -> Iterator[None]:
    """One of the few places on the receipt page, so that guessing can't be done in parallel.

    Raises:
        TooMany: when none came free in two seconds.
    """
    try:
        with place("receipt", at_once=settings.VAULT_RECEIPTS_AT_ONCE, patience=PATIENCE):
            yield
    except NoPlace:
        raise TooMany from None
