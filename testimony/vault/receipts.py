"""Receipts: six words that can withdraw, and can never read.

Only a keyed digest of the words is stored. The key (the pepper) lives in the environment, so
the keyring alone can't be searched. Words are compared by their first four letters.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid

from django.conf import settings

from testimony.vault import wordlists
from testimony.vault.models import ReceiptVerifier


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
