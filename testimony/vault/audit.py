"""The audit log: what members of the team did with the vault, each entry chained to the last.

Only staff actions stand here, to the minute. Nothing a worker does makes an entry, and no
entry holds a word of what was read. A changed or missing entry breaks the chain.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.utils import timezone

from testimony.vault.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

FIRST: Final = "0" * 64
_LOCK_NUMBER: Final = 0x41545441


class BrokenChain(Exception):
    """The audit log was changed; the message names the first entry that does not follow."""


def append(
    *, by: AbstractUser | None, action: str, subject: str = "", reason: str = ""
) -> AuditEntry:
    """Add one entry, inside the caller's transaction.

    Raises:
        TransactionManagementError: outside a transaction, where the entry could outlive
            an action that failed.
    """
    _wait_for_turn()
    last = AuditEntry.objects.order_by("-number").first()
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=timezone.now().replace(second=0, microsecond=0),
        actor_id=by.pk if by else None,
        action=action,
        subject=subject,
        reason=reason,
        previous=last.digest if last else FIRST,
    )
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    return entry


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 over the previous digest and every other field, as canonical JSON."""
    at = entry.at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%MZ")
    fields = [
        entry.previous,
        entry.number,
        at,
        entry.actor_id,
        entry.action,
        entry.subject,
        entry.reason,
    ]
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def check_chain(entries: Iterable[AuditEntry] | None = None) -> int:
    """Walk the whole log and return how many entries it has.

    Raises:
        BrokenChain: at the first entry that is missing, moved or changed.
    """
    previous, number = FIRST, 0
    for entry in entries if entries is not None else AuditEntry.objects.order_by("number"):
        number += 1
        if entry.number != number or entry.previous != previous:
            raise BrokenChain(f"Entry {number} is missing, or does not follow the one before it.")
        if entry.digest != digest_of(entry):
            raise BrokenChain(f"Entry {number} was changed.")
        previous = entry.digest
    return number


def _wait_for_turn() -> None:
    """One writer at a time. SQLite's immediate transactions see to it already."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An audit entry is part of an action.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_NUMBER])
