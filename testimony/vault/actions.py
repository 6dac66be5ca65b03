"""The vault's one door: every write that matters, each in one transaction.

Staff actions say ``by=`` and leave an audit entry. What a worker does leaves none.
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from testimony.vault import audit, calendar, keyring, receipts, withdrawal, wordlists
from testimony.vault.models import (
    Collection,
    DataKey,
    Epoch,
    FrozenDefinition,
    Keyholder,
    Lane,
    PendingRecord,
    ReceiptVerifier,
    Record,
    RecordBase,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

MONTHS_AHEAD: Final = 3


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the person is told: the receipt's words, or None when they wanted none."""

    record_id: uuid.UUID
    code: tuple[str, ...] | None


def create_collection(
    *,
    by: AbstractUser | None,
    name: str,
    run_by: str,
    kept_where: str,
    withdrawal_deadline: dt.date,
    destruction_date: dt.date,
) -> Collection:
    """Open a collection. It takes nothing in until it has a keyholder and epochs."""
    with transaction.atomic():
        collection = Collection.objects.create(
            name=name,
            run_by=run_by,
            kept_where=kept_where,
            withdrawal_deadline=withdrawal_deadline,
            destruction_date=destruction_date,
        )
        audit.append(by=by, action="collection created", subject=str(collection.id))
    return collection


def enrol_keyholder(*, by: AbstractUser | None, user: AbstractUser) -> tuple[Keyholder, str]:
    """Make ``user`` a keyholder and return the passphrase: shown once, kept nowhere."""
    passphrase = " ".join(wordlists.draw("en"))
    keyholder = keyring.make_keyholder(user.pk, passphrase)
    with transaction.atomic():
        keyholder.save(force_insert=True)
        audit.append(by=by, action="keyholder enrolled", subject=str(keyholder.id))
    return keyholder, passphrase


def create_epochs(
    *,
    by: AbstractUser | None,
    collection: Collection,
    keyholders: list[Keyholder],
    months_ahead: int = MONTHS_AHEAD,
) -> list[Epoch]:
    """Make the epochs of this month and the next ones, where missing, granted to keyholders.

    Raises:
        ValueError: without a keyholder, because nobody could ever open what is sealed.
    """
    if not keyholders:
        raise ValueError("An epoch needs at least one keyholder who can open it.")
    made: list[Epoch] = []
    month = calendar.month_of(timezone.now().date())
    with transaction.atomic():
        for _step in range(months_ahead + 1):
            if not Epoch.objects.filter(collection=collection, month=month).exists():
                epoch, private = keyring.make_epoch(collection, month, generation=1)
                epoch.save(force_insert=True)
                for keyholder in keyholders:
                    keyring.make_grant(epoch, private, keyholder).save(force_insert=True)
                made.append(epoch)
            month = calendar.next_month(month)
        if made:
            audit.append(by=by, action="epochs created", subject=str(collection.id))
    return made


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
        NoValidKey: when the collection has no key for this month.
        TooLarge: when the payload passes 256 KiB.
    """
    week = calendar.week_of(timezone.now().date())
    month = calendar.epoch_month(week)
    record_id = uuid.uuid4()
    code = receipts.new_code(language) if wants_receipt else None
    with transaction.atomic():
        epoch = keyring.current_epoch(collection_id, month)
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
                    expires=calendar.last_day(month),
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

    Returns whether there was anything. Leaves no trace of who asked, or when.
    """
    with transaction.atomic():
        record_id = receipts.record_for(code)
        if record_id is None:
            return False
        withdrawal.run(record_id)
        DataKey.objects.filter(record_id=record_id).delete()
        ReceiptVerifier.objects.filter(record_id=record_id).delete()
        for model in (PendingRecord, Record):
            model.objects.filter(id=record_id).delete()
    return True


def shuffle_pending() -> int:
    """Move every pending record among the records at rest.

    All records of the same weeks are taken out and written anew in one random order, so that
    at rest nothing finer than the week can be read from a table's layout. Until this has run,
    an image of the disk sees the order of that day. Returns how many records moved.
    """
    order = secrets.SystemRandom()
    fields = [field.attname for field in PendingRecord._meta.concrete_fields]
    with transaction.atomic():
        pending = list(PendingRecord.objects.select_for_update())
        resting = Record.objects.filter(week__in={row.week for row in pending})
        rows: list[RecordBase] = [*pending, *resting.select_for_update()]
        order.shuffle(rows)
        resting.delete()
        Record.objects.bulk_create(
            [Record(**{name: getattr(row, name) for name in fields}) for row in rows],
            batch_size=200,
        )
        PendingRecord.objects.all().delete()
    return len(pending)
