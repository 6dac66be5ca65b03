"""The day of destruction: what has expired is destroyed, a legal hold pauses it, both in the open.

Destroying an epoch deletes every copy of its private key, so that everything sealed to it is
unreadable wherever it still lies, in old content archives too; and then the sealed records
themselves. The daily job does it; nobody has to remember.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from testimony.vault import actions, audit, withdrawal
from testimony.vault.models import (
    Attachment,
    Collection,
    DataKey,
    Destruction,
    Epoch,
    EpochGrant,
    HeldWithdrawal,
    LegalHold,
    PendingRecord,
    QuotingStop,
    ReceiptVerifier,
    Record,
    UnlockedKeys,
)
from testimony.vault.unlock import Grant
from testimony.vault.withdrawal import Scope

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

ROUNDED_TO: Final = 5
_ROWS_AT_ONCE: Final = 500


class HoldRefused(Exception):
    """The hold can't be set or lifted. The sentence says why."""


@dataclass(frozen=True, slots=True)
class Due:
    """What has expired in one collection, and whether an order pauses its destruction."""

    collection: Collection
    epochs: tuple[Epoch, ...]
    records: int
    hold: LegalHold | None

    @property
    def months(self) -> tuple[str, ...]:
        return tuple(sorted({epoch.month for epoch in self.epochs}))


def find_due() -> list[Due]:
    """Every collection with something at its last day. The first half of a dry run."""
    today = timezone.now().date()
    found = []
    for collection in Collection.objects.order_by("name"):
        epochs = tuple(
            Epoch.objects.filter(
                collection=collection, expires__lte=today, destroyed_on__isnull=True
            ).order_by("month", "generation")
        )
        if epochs:
            records = DataKey.objects.filter(epoch__in=epochs).count()
            found.append(Due(collection, epochs, records, hold_of(collection)))
    return found


def destroy_expired(*, by: AbstractUser | None) -> list[Destruction]:
    """Destroy what has expired and is not under a hold. One transaction for each collection."""
    return [
        destroyed
        for due in find_due()
        if due.hold is None and (destroyed := _destroy(due.collection, by=by)) is not None
    ]


def hold_of(collection: Collection) -> LegalHold | None:
    """The hold that is in force, or None."""
    return LegalHold.objects.filter(collection=collection, lifted_on__isnull=True).first()


def statement_for(collection_id: uuid.UUID) -> str:
    """What people are told of a hold before they answer, or an empty text."""
    found = LegalHold.objects.filter(collection_id=collection_id, lifted_on__isnull=True)
    return found.values_list("statement", flat=True).first() or ""


def place_hold(
    *,
    by: AbstractUser,
    collection: Collection,
    statement: str,
    stops_withdrawals: bool,
    grant: Grant | None = None,
) -> LegalHold:
    """Pause automatic destruction, and say so in public.

    To forbid withdrawals as well takes a keyholder with open keys: an account that only manages
    can't keep people from taking back what they sent.

    Raises:
        HoldRefused: when there is one already, or keys are not open that must be.
    """
    if stops_withdrawals and (grant is None or grant.collection_id != collection.pk):
        raise HoldRefused(
            _("Only a keyholder who has unlocked this collection can forbid withdrawals.")
        )
    with transaction.atomic():
        locked = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
        if hold_of(locked) is not None:
            raise HoldRefused(_("There is a legal hold already. Lift it first."))
        hold = LegalHold.objects.create(
            collection=locked,
            statement=statement,
            stops_withdrawals=stops_withdrawals,
            since=timezone.now().date(),
        )
        audit.append(by=by, action="legal hold placed", subject=str(locked.id))
    return hold


def lift_hold(*, by: AbstractUser, hold: LegalHold) -> int:
    """End a hold, and carry out the withdrawals that waited for it. Returns how many."""
    with transaction.atomic():
        withdrawal.take_turn()
        changed = LegalHold.objects.filter(pk=hold.pk, lifted_on__isnull=True).update(
            lifted_on=timezone.now().date()
        )
        if not changed:
            raise HoldRefused(_("This hold was lifted already."))
        audit.append(by=by, action="legal hold lifted", subject=str(hold.collection_id))
        return actions.carry_out_held_withdrawals()


def _destroy(collection: Collection, *, by: AbstractUser | None) -> Destruction | None:
    today = timezone.now().date()
    with transaction.atomic():
        withdrawal.take_turn()
        locked = Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
        epochs = list(
            Epoch.objects.filter(
                collection=locked, expires__lte=today, destroyed_on__isnull=True
            ).order_by("month", "generation")
        )
        if hold_of(locked) is not None or not epochs:
            return None
        months = sorted({epoch.month for epoch in epochs})
        ids = set(DataKey.objects.filter(epoch__in=epochs).values_list("record_id", flat=True))
        here = Q(collection=locked, month__in=months)
        for model in (Record, PendingRecord):
            ids |= set(model.objects.filter(here).values_list("id", flat=True))
        grants = EpochGrant.objects.filter(epoch__in=epochs).delete()[0]
        # Keys that somebody has open right now are copies too.
        UnlockedKeys.objects.filter(collection=locked).delete()
        for record_id in ids & withdrawal.referenced():
            withdrawal.run(record_id, Scope.EXPIRY)
        _delete_by_record(ids)
        for model in (Record, PendingRecord):
            model.objects.filter(here).delete()
        Epoch.objects.filter(pk__in=[epoch.pk for epoch in epochs]).update(destroyed_on=today)
        entry = audit.append(by=by, action="epochs destroyed", subject=str(locked.id))
        facts: dict[str, Any] = {
            "months": months,
            "keys": len(epochs),
            "copies": grants,
            "records_about": ROUNDED_TO * round(len(ids) / ROUNDED_TO),
            "audit_number": entry.number,
            "audit_digest": entry.digest,
            "by_daily_job": by is None,
        }
        return Destruction.objects.create(collection=locked, destroyed_on=today, facts=facts)


def _delete_by_record(ids: set[uuid.UUID]) -> None:
    listed = list(ids)
    for start in range(0, len(listed), _ROWS_AT_ONCE):
        some = listed[start : start + _ROWS_AT_ONCE]
        for model in (DataKey, ReceiptVerifier, QuotingStop, HeldWithdrawal, Attachment):
            model._default_manager.filter(record_id__in=some).delete()
