"""Records: sealing what a person sent, taking it back, and forgetting the order of arrival.

Each is one transaction. What a worker does leaves no audit entry and no trace of when; what a
keyholder discards makes one. Keys and keyholders have a door of their own (``custody``), and so has
the day of destruction (``retention``).
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from testimony.vault import audit, calendar, keyring, receipts, weekly, withdrawal
from testimony.vault.attachments import Picture
from testimony.vault.custody import CeremonyRefused
from testimony.vault.models import (
    Attachment,
    Collection,
    DataKey,
    FrozenDefinition,
    HeldWithdrawal,
    Keyholder,
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

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

    from testimony.vault.unlock import Grant

LONGEST_REASON: Final = 150
_ROWS_AT_ONCE: Final = 500
_PICTURES_AT_ONCE: Final = 8


class DiscardRefused(CeremonyRefused):
    """What is held apart can't be discarded now. The sentence says why."""


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
    pictures: Sequence[Picture] = (),
) -> Sealed:
    """Seal what a person sent and store it: record, pictures, data key, receipt, all or nothing.

    Raises:
        NoValidKey: when the collection has no key for this month, or its last day has passed.
        TooLarge: when the payload passes 256 KiB, or a picture 4 MiB.
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
        sealed, data_key, attachments = keyring.seal_record_with_pictures(
            dict(payload), pictures, record_id=record_id, epoch=epoch, definition=definition
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
        Attachment.objects.bulk_create(attachments)
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
    """Withdraw all behind a receipt: data key, record, pictures, verifier, what was made of them.

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


def discard_lane(
    *,
    by: AbstractUser,
    grant: Grant,
    collection: Collection,
    weeks: Iterable[str],
    reason: str,
    lane: Lane = Lane.FLOOD,
) -> int:
    """Throw away what was held apart in these weeks, each record as if it were withdrawn.

    Its key, receipt, pictures and ciphertext go, with all that was made from it; a keyed mark
    keeps an older backup from bringing it back; its receipt shows what every unknown code shows.
    Takes a keyholder with open keys of the collection, and makes one entry in the audit log, with
    the number rounded. Returns how many records went.

    Raises:
        DiscardRefused: for any other lane, without open keys or a reason, or under a legal hold.
        Stale: when the keys were taken away, or newer ones were made since they were opened.
    """
    if lane != Lane.FLOOD:
        raise DiscardRefused(_("Only what is held apart can be discarded."))
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise DiscardRefused(_("Please say why, in a few words."))
    wanted = sorted(set(weeks))
    with transaction.atomic():
        withdrawal.take_turn()
        locked = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
        is_theirs = Keyholder.objects.filter(
            pk=grant.keyholder_id, user_id=by.pk, state=Keyholder.State.ACTIVE
        ).exists()
        if grant.collection_id != locked.pk or not is_theirs:
            raise DiscardRefused(_("Unlock this collection first."))
        grant.check_up_to_date()
        if LegalHold.objects.filter(collection=locked, lifted_on__isnull=True).exists():
            raise DiscardRefused(_("A legal hold is in force. Nothing may be discarded."))
        ids = [
            record_id
            for model in (PendingRecord, Record)
            for record_id in model._default_manager.filter(
                collection=locked, lane=Lane.FLOOD, week__in=wanted
            ).values_list("id", flat=True)
        ]
        _withdraw_all(ids)
        audit.append(
            by=by,
            action="lane discarded",
            subject=str(locked.id),
            reason=f"{reason.strip()} ({weekly.nearest(len(ids)) or '<5'})",
        )
    return len(ids)


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
    one random order, and so are their data keys, receipt verifiers and pictures, each table in an
    order of its own: at rest nothing finer than the week can be read from a table's layout. This
    week and the last are written anew each day, because a database also keeps the number of the
    transaction that wrote a row: a week in which one record came would tell its day. The marks of
    withdrawals are written anew for the same reason, all of them. Until this has run, an image of
    the disk sees the order of that day. Returns how many records moved.
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
        _write_pictures_anew(ids)
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


def _withdraw_all(ids: list[uuid.UUID]) -> None:
    """What ``_withdraw`` does, for many records in few statements.

    Handlers are asked only about records that something points at: to the others they do nothing.
    """
    for record_id in withdrawal.referenced().intersection(ids):
        withdrawal.run(record_id, Scope.EVERYTHING)
    month = calendar.month_of(timezone.now().date())
    forget_after = calendar.last_day(calendar.months_later(month, withdrawal.TOMBSTONE_MONTHS))
    marks = [
        Tombstone(token=withdrawal.token_of(one, Scope.EVERYTHING), forget_after=forget_after)
        for one in ids
    ]
    secrets.SystemRandom().shuffle(marks)
    Tombstone.objects.bulk_create(marks, batch_size=_ROWS_AT_ONCE, ignore_conflicts=True)
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        some = ids[start : start + _ROWS_AT_ONCE]
        for model in (DataKey, ReceiptVerifier, QuotingStop, HeldWithdrawal, Attachment):
            model._default_manager.filter(record_id__in=some).delete()
        for sealed in (PendingRecord, Record):
            sealed._default_manager.filter(id__in=some).delete()


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


def _write_pictures_anew(ids: list[uuid.UUID]) -> None:
    """The same for the pictures of these records, a few at a time: all may be more than memory."""
    found: list[uuid.UUID] = []
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        some = ids[start : start + _ROWS_AT_ONCE]
        found += Attachment.objects.filter(record_id__in=some).values_list("id", flat=True)
    secrets.SystemRandom().shuffle(found)
    for start in range(0, len(found), _PICTURES_AT_ONCE):
        rows = Attachment.objects.in_bulk(found[start : start + _PICTURES_AT_ONCE])
        Attachment.objects.filter(id__in=list(rows)).delete()
        _write_anew(list(rows.values()))
