"""The audit log: what members of the team did with the vault, each entry chained to the last.

Only staff actions stand here, to the minute. Nothing a worker does makes an entry, and no
entry holds a word of what was read. A changed or missing entry breaks the chain. The chain is
keyed, so whoever can write to the database alone can't forge a new one; and its head can be noted
on paper, so that an end cut off shows too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from testimony.vault.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

FIRST: Final = "0" * 64
_LOCK_NUMBER: Final = 0x41545441


ACTIONS: Final = (
    gettext_noop("access granted"),
    gettext_noop("access recovered from sheets"),
    gettext_noop("assisted codes made"),
    gettext_noop("cards made"),
    gettext_noop("codes taken back"),
    gettext_noop("collection created"),
    gettext_noop("content restored"),
    gettext_noop("custody begun"),
    gettext_noop("epochs created"),
    gettext_noop("epochs destroyed"),
    gettext_noop("export approved"),
    gettext_noop("export asked for"),
    gettext_noop("export made"),
    gettext_noop("keyholder enrolled"),
    gettext_noop("keyholder removed"),
    gettext_noop("keyholder started over"),
    gettext_noop("keyring restored"),
    gettext_noop("keys recovered by code"),
    gettext_noop("lane discarded"),
    gettext_noop("legal hold lifted"),
    gettext_noop("legal hold placed"),
    gettext_noop("locked"),
    gettext_noop("paper batch counted"),
    gettext_noop("paper batch printed"),
    gettext_noop("passphrase changed"),
    gettext_noop("recovery answer refused"),
    gettext_noop("recovery bundle made"),
    gettext_noop("recovery key registered"),
    gettext_noop("recovery key retired"),
    gettext_noop("recovery key trusted"),
    gettext_noop("transcript opened"),
    gettext_noop("unlock refused"),
    gettext_noop("unlocked"),
)
"""What the vault itself writes, in the words the log keeps. Pages show them translated; rooms
above mark theirs for translation where they write them."""


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
    wait_for_turn()
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
    """HMAC-SHA256 over the previous digest and every other field, as canonical JSON.

    The key comes from the pepper in the environment: the database alone can't make a new chain.
    """
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
    return hmac.new(_key(), text.encode("utf-8"), hashlib.sha256).hexdigest()


def subject_of(record_id: uuid.UUID) -> str:
    """How an entry names a record: a keyed digest, so that the log can outlive the record."""
    return hmac.new(_key(), b"subject/" + record_id.bytes, hashlib.sha256).hexdigest()[:32]


def count_since(moment: dt.datetime, *, by: AbstractUser, action: str) -> int:
    """How many entries of one action a person made at or after a moment."""
    return AuditEntry.objects.filter(actor_id=by.pk, action=action, at__gte=moment).count()


def check_chain(
    entries: Iterable[AuditEntry] | None = None, *, noted: tuple[int, str] | None = None
) -> tuple[int, str]:
    """Walk the whole log and return its head: how many entries it has, and the last digest.

    ``noted`` is a head written down earlier (number, first hexadecimal digits of its digest): the
    log must still hold it.

    Raises:
        BrokenChain: at the first entry that is missing, moved or changed, or when the log no
            longer holds the noted head.
    """
    previous, number = FIRST, 0
    held = noted is None
    rows = AuditEntry.objects.order_by("number").iterator() if entries is None else entries
    for entry in rows:
        number += 1
        if entry.number != number or entry.previous != previous:
            raise BrokenChain(
                _("Entry %(number)s is missing, or does not follow the one before it.")
                % {"number": number}
            )
        if entry.digest != digest_of(entry):
            raise BrokenChain(_("Entry %(number)s was changed.") % {"number": number})
        previous = entry.digest
        if noted is not None and number == noted[0]:
            held = entry.digest.startswith(noted[1])
    if noted is not None and number >= noted[0] and not held:
        raise BrokenChain(
            _("Entry %(number)s is not the one that was noted.") % {"number": noted[0]}
        )
    if not held:
        raise BrokenChain(_("The log does not hold the head that was noted. Its end was cut off."))
    return number, previous


def _key() -> bytes:
    return hashlib.sha256(b"at-the-table/v1/audit/" + settings.VAULT_PEPPER.encode()).digest()


def wait_for_turn() -> None:
    """Be the log's one writer until the transaction ends. SQLite's transactions see to it already.

    An action calls it first when it looks at rows that locking deletes: locking writes its entry
    first too, so neither waits for the other for ever, and what was looked at still holds.

    Raises:
        TransactionManagementError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An audit entry is part of an action.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_NUMBER])
