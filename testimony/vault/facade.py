"""What the site may ask of the vault: facts about a collection, and the demo's key ceremony.

Pages and the dashboard import this module and no other of the vault. It hands out no key and
opens no record.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from testimony.vault import calendar
from testimony.vault.actions import (
    create_collection,
    create_epochs,
    enrol_keyholder,
    shuffle_pending,
)
from testimony.vault.models import Collection, Epoch, EpochGrant, Keyholder, PendingRecord, Record
from testimony.vault.unlock import Grant, Refused, lock, resume, unlock

__all__ = [
    "Collection",
    "Grant",
    "Keyholder",
    "Refused",
    "create_collection",
    "create_epochs",
    "enrol_keyholder",
    "has_key_for_next_month",
    "keyholders_of",
    "lock",
    "records_held",
    "resume",
    "shuffle_pending",
    "unlock",
]


def keyholders_of(collection: Collection) -> int:
    """How many people can open what this collection holds."""
    return (
        EpochGrant.objects.filter(epoch__collection=collection, keyholder__isnull=False)
        .values("keyholder")
        .distinct()
        .count()
    )


def has_key_for_next_month(collection: Collection) -> bool:
    """Whether intake can go on when the month turns."""
    month = calendar.next_month(calendar.month_of(timezone.now().date()))
    return Epoch.objects.filter(collection=collection, month=month).exists()


def records_held(collection: Collection, definition: str) -> int:
    """How many sealed records answer a definition. For staff; pages show rounded figures."""
    return sum(
        model.objects.filter(collection=collection, definition=definition).count()
        for model in (Record, PendingRecord)
    )


def is_keyholder(user: AbstractUser) -> bool:
    """Whether a person could unlock at all."""
    return Keyholder.objects.filter(user_id=user.pk, state=Keyholder.State.ACTIVE).exists()
