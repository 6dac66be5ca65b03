"""The registry through which a withdrawal reaches up, and the marks that outlive a backup.

The vault knows no excerpt, page or report. Whoever keeps something made from a record says so
here, in ``AppConfig.ready``, and is called inside the withdrawal's own transaction. What lies
outside the database (a printed file) is written down in the same transaction, tried at once after
it, and again by the daily job until it is gone.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from testimony.vault import calendar
from testimony.vault.models import (
    Attachment,
    DataKey,
    Erasure,
    HeldWithdrawal,
    PendingRecord,
    QuotingStop,
    ReceiptVerifier,
    Record,
    Tombstone,
)

_log = logging.getLogger(__name__)

_LOCK_NUMBER: Final = 0x41545452

TOMBSTONE_MONTHS: Final = 4
"""Longer than any content archive lives (90 days), and in whole months."""


class Scope(enum.Enum):
    """How far a withdrawal reaches."""

    EVERYTHING = "everything"
    """All that was sent, and all that was made from it."""

    QUOTING = "quoting"
    """The person's words leave every page and paper that was not sent; the answers stay."""

    EXPIRY = "expiry"
    """The day of destruction: what nobody outside was handed goes with the answers."""


Handler = Callable[[uuid.UUID, Scope], None]
References = Callable[[], Iterable[uuid.UUID]]
Eraser = Callable[[str], None]

_handlers: Final[dict[str, Handler]] = {}
_references: Final[dict[str, References]] = {}
_erasers: Final[dict[str, Eraser]] = {}


def register(reference: str, handler: Handler, *, references: References) -> None:
    """Have ``handler(record_id, scope)`` delete what ``reference`` (app.Model.field) points with.

    The handler runs inside the withdrawal's transaction and raises to stop it.
    ``references()`` names every record that is pointed at now, for a replay after a restore.
    """
    _handlers[reference] = handler
    _references[reference] = references


def handlers() -> Mapping[str, Handler]:
    """Every registered handler, by the reference it answers for."""
    return MappingProxyType(_handlers)


def referenced() -> set[uuid.UUID]:
    """Every record that something above the vault points at now."""
    return {record_id for references in _references.values() for record_id in references()}


def run(record_id: uuid.UUID, scope: Scope) -> None:
    """Call every handler for one record."""
    for handler in _handlers.values():
        handler(record_id, scope)


# What must be gone from the database.


def take_turn() -> None:
    """Wait until nobody else withdraws, moves or destroys records. The first act of a transaction.

    Moving writes rows anew: a deletion that waited for the old row would pass over the new one,
    and a data key would outlive its record. SQLite's immediate transactions see to it already.

    Raises:
        TransactionManagementError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A turn lasts as long as its transaction.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_NUMBER])


def erase_record(record_id: uuid.UUID, scope: Scope) -> None:
    """Delete a record, its pictures, its keys and everything made from it, inside a transaction."""
    run(record_id, scope)
    for model in (DataKey, ReceiptVerifier, QuotingStop, HeldWithdrawal, Attachment):
        model.objects.filter(record_id=record_id).delete()
    for sealed in (PendingRecord, Record):
        sealed.objects.filter(id=record_id).delete()


def may_be_quoted(record_id: uuid.UUID) -> bool:
    """Whether a record is still there and its words may still be quoted, as far as we keep it."""
    return (
        DataKey.objects.filter(record_id=record_id).exists()
        and not QuotingStop.objects.filter(record_id=record_id).exists()
        and not HeldWithdrawal.objects.filter(record_id=record_id).exists()
    )


def stop_quoting(record_id: uuid.UUID) -> None:
    """Take a person's words out of everything not sent, for good, inside a transaction."""
    run(record_id, Scope.QUOTING)
    QuotingStop.objects.bulk_create([QuotingStop(record_id=record_id)], ignore_conflicts=True)


# Tombstones.


def token_of(record_id: uuid.UUID, scope: Scope) -> str:
    """The keyed digest that marks a withdrawal: HMAC-SHA256, 64 hexadecimal digits."""
    pepper = settings.VAULT_PEPPER.encode("utf-8")
    message = b"tombstone/v1/" + scope.value.encode("ascii") + b"/" + record_id.bytes
    return hmac.new(pepper, message, hashlib.sha256).hexdigest()


def bury(record_id: uuid.UUID, scope: Scope) -> None:
    """Leave the mark that keeps an older archive from bringing this back."""
    month = calendar.month_of(timezone.now().date())
    Tombstone.objects.bulk_create(
        [
            Tombstone(
                token=token_of(record_id, scope),
                forget_after=calendar.last_day(calendar.months_later(month, TOMBSTONE_MONTHS)),
            )
        ],
        ignore_conflicts=True,
    )


def forget_tombstones() -> int:
    """Delete marks that no living archive needs any more and return how many there were."""
    return Tombstone.objects.filter(forget_after__lt=timezone.now().date()).delete()[0]


def replay() -> int:
    """Withdraw again whatever a restored archive brought back. Returns how many records.

    A record with a tombstone goes with all that was made from it. One whose data key is gone
    was destroyed with its epoch: it can't be opened, and what was handed to nobody goes too.
    """
    with transaction.atomic():
        take_turn()
        marks = set(Tombstone.objects.values_list("token", flat=True))
        keys = set(DataKey.objects.values_list("record_id", flat=True))
        known = keys | set(ReceiptVerifier.objects.values_list("record_id", flat=True))
        known |= set(Attachment.objects.values_list("record_id", flat=True))
        for sealed in (PendingRecord, Record):
            known |= set(sealed.objects.values_list("id", flat=True))
        known |= referenced()
        touched = 0
        for record_id in known:
            if token_of(record_id, Scope.EVERYTHING) in marks:
                erase_record(record_id, Scope.EVERYTHING)
            elif record_id not in keys:
                erase_record(record_id, Scope.EXPIRY)
            elif token_of(record_id, Scope.QUOTING) in marks:
                stop_quoting(record_id)
            else:
                continue
            touched += 1
    return touched


# What lies outside the database.


def register_eraser(kind: str, eraser: Eraser) -> None:
    """Have ``eraser(name)`` delete one thing of a kind. It may find it gone already."""
    _erasers[kind] = eraser


def erase_outside(kind: str, name: str) -> None:
    """Write down that something outside must go, and try it when this transaction commits."""
    row = Erasure.objects.create(kind=kind, name=name)
    transaction.on_commit(partial(_try, row))


def erase_recorded() -> int:
    """Try everything still written down again and return how many things remain."""
    for row in Erasure.objects.all():
        _try(row)
    return Erasure.objects.count()


def _try(row: Erasure) -> None:
    eraser = _erasers.get(row.kind)
    if eraser is None:
        return
    try:
        eraser(row.name)
    except OSError:
        _log.warning("A thing of the kind %s could not be erased; it will be tried again", row.kind)
        return
    row.delete()
