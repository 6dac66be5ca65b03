"""Records: sealing what a person sent, taking it back, and forgetting the order of arrival.

Each is one transaction. What a worker does leaves no audit entry and no trace of when. Keys and
keyholders have a door of their own (``custody``), and so has the day of destruction
(``retention``).
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from testimony.vault import calendar, keyring, receipts, withdrawal
from testimony.vault.models import (
    DataKey,
    FrozenDefinition,
    HeldWithdrawal,
    Lane,
    LegalHold,
    PendingRecord,
    QuotingStop,
    ReceiptVerifier,
    Record,
    RecordBase,
    Tombstone,
)
from testimony.vault.withdrawal import Scope

_ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the person is told: the receipt's words, or None when they wanted none."""

    record_id: uuid.UUID
    code: tuple[str, ...] | None


def freeze_definition(*, canonical: bytes, digest: str) -> FrozenDefinition:
    """Keep a definition for good, under its digest."""
    with transaction.atomic():
        return keyring.keep_definition(canonical, digest)


def seal_record(
    *,
    collection_id: uuid.UUID,
    definition: str,
    payload: Mapping[str, Any],
    lane: Lane,
    language: str,
    wants_receipt: bool,
) -> Sealed:
    """Seal what a person sent and store it: record, data key and receipt, all or nothing.

    Raises:
        NoValidKey: when the collection has no key for this month, or its last day has passed.
        TooLarge: when the payload passes 256 KiB.
    """
    today = timezone.now().date()
    week = calendar.week_of(today)
    month = calendar.epoch_month(week)
    record_id = uuid.uuid4()
    code = receipts.new_code(language) if wants_receipt else None
    with transaction.atomic():
        epoch = keyring.current_epoch(collection_id, month)
        if epoch.expires <= today:
            # It is destroyed today: what came in beside that would be left over for good.
            raise keyring.NoValidKey
        sealed, data_key = keyring.seal_record(
            dict(payload), record_id=record_id, epoch=epoch, definition=definition
        )
        PendingRecord.objects.bulk_create(
            [
                PendingRecord(
                    id=record_id,
                    collection_id=collection_id,
                    definition_id=definition,
                    month=month,
                    week=week,
                    lane=lane,
                    bucket=len(sealed),
                    expires=epoch.expires,
                    sealed=sealed,
                )
            ]
        )
        DataKey.objects.bulk_create([data_key])
        if code is not None:
            ReceiptVerifier.objects.bulk_create(
                [
                    ReceiptVerifier(
                        verifier=receipts.verifier_of(" ".join(code)), record_id=record_id
                    )
                ]
            )
    return Sealed(record_id=record_id, code=code)


def withdraw_record(*, code: str) -> bool:
    """Withdraw everything behind a receipt: data key, record, verifier and all made from them.

    Returns whether there was anything. Leaves no trace of who asked, or when; a keyed mark keeps
    an older backup from bringing it back. While an order forbids it, the words leave every page
    and paper at once, nobody reads or counts the answers any more, and they are deleted on the
    day the order ends.
    """
    with transaction.atomic():
        withdrawal.take_turn()
        record_id = receipts.record_for(code)
        if record_id is None:
            return False
        if _is_forbidden(record_id):
            withdrawal.stop_quoting(record_id)
            withdrawal.bury(record_id, Scope.QUOTING)
            HeldWithdrawal.objects.bulk_create(
                [HeldWithdrawal(record_id=record_id)], ignore_conflicts=True
            )
            return True
        _withdraw(record_id)
    return True


def withdraw_quoting(*, code: str) -> bool:
    """Take back only the permission to quote. Returns whether there was anything.

    It can't be given again: consent is reduced later, never widened.
    """
    with transaction.atomic():
        withdrawal.take_turn()
        record_id = receipts.record_for(code)
        if record_id is None:
            return False
        withdrawal.stop_quoting(record_id)
        withdrawal.bury(record_id, Scope.QUOTING)
    return True


def carry_out_held_withdrawals() -> int:
    """Delete what was withdrawn under an order that has ended. Returns how many records."""
    done = 0
    for record_id in HeldWithdrawal.objects.values_list("record_id", flat=True):
        with transaction.atomic():
            withdrawal.take_turn()
            if not _is_forbidden(record_id):
                _withdraw(record_id)
                done += 1
    return done


def shuffle_pending() -> int:
    """Move every pending record among the records at rest.

    All records of the same weeks, of this week and of the last are taken out and written anew in
    one random order, and so are their data keys and receipt verifiers, each table in an order of
    its own: at rest nothing finer than the week can be read from a table's layout. This week and
    the last are written anew each day, because a database also keeps the number of the transaction
    that wrote a row: a week in which one record came would tell its day. The marks of withdrawals
    are written anew for the same reason, all of them. Until this has run, an image of the disk
    sees the order of that day. Returns how many records moved.
    """
    with transaction.atomic():
        withdrawal.take_turn()
        pending = list(PendingRecord.objects.all())
        today = timezone.now().date()
        weeks = {row.week for row in pending}
        weeks |= {calendar.week_of(today), calendar.week_of(today - dt.timedelta(days=7))}
        resting = Record.objects.filter(week__in=weeks)
        rows: list[RecordBase] = [*pending, *resting]
        ids = [row.id for row in rows]
        resting.delete()
        # Only these: another may have come in since.
        _taken_out(PendingRecord, [row.id for row in pending])
        fields = [field.attname for field in PendingRecord._meta.concrete_fields]
        _write_anew([Record(**{name: getattr(row, name) for name in fields}) for row in rows])
        for model in (DataKey, ReceiptVerifier):
            _write_anew(_taken_out(model, ids))
        for marks in (QuotingStop, HeldWithdrawal, Tombstone):
            kept = list(marks._default_manager.all())
            marks._default_manager.all().delete()
            _write_anew(kept)
    return len(pending)


def _is_forbidden(record_id: uuid.UUID) -> bool:
    """Whether an order stops withdrawals from the collection a record belongs to."""
    return LegalHold.objects.filter(
        lifted_on__isnull=True,
        stops_withdrawals=True,
        collection__epochs__data_keys__record_id=record_id,
    ).exists()


def _withdraw(record_id: uuid.UUID) -> None:
    withdrawal.erase_record(record_id, Scope.EVERYTHING)
    withdrawal.bury(record_id, Scope.EVERYTHING)


def _taken_out(
    model: type[DataKey | ReceiptVerifier | PendingRecord], ids: list[uuid.UUID]
) -> list[Any]:
    """Remove the rows of these records from a table and return them."""
    field = "id__in" if model is PendingRecord else "record_id__in"
    found: list[Any] = []
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        some = model._default_manager.filter(**{field: ids[start : start + _ROWS_AT_ONCE]})
        found += list(some)
        some.delete()
    return found


def _write_anew(rows: list[Any]) -> None:
    """Write rows back in a random order of their own."""
    secrets.SystemRandom().shuffle(rows)
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=200)
