"""What the site may ask of the vault: facts about a collection, and the demo's key ceremony.

Pages and the dashboard import this module and no other of the vault. It hands out no key and
opens no record.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.utils import timezone
from django.utils.translation import gettext as _

from testimony.vault import calendar, chores, retention
from testimony.vault.actions import shuffle_pending
from testimony.vault.chores import do_all as do_daily_chores
from testimony.vault.custody import (
    begin_custody,
    create_collection,
    enrol_keyholder,
    renew_epochs,
)
from testimony.vault.models import (
    Collection,
    Custody,
    Epoch,
    Keyholder,
    PendingRecord,
    Record,
)
from testimony.vault.permissions import permissions_of
from testimony.vault.unlock import Grant, Refused, lock, resume, unlock
from testimony.vault.unlock import close_all_of as close_keys_of

__all__ = [
    "Collection",
    "Grant",
    "Keyholder",
    "Refused",
    "Worry",
    "begin_custody",
    "close_keys_of",
    "create_collection",
    "do_daily_chores",
    "enrol_keyholder",
    "has_key_for_next_month",
    "has_recovery_kit",
    "hold_statement",
    "keyholders_of",
    "lock",
    "may_see_worries",
    "records_held",
    "renew_epochs",
    "resume",
    "shuffle_pending",
    "unlock",
    "worries",
]


@dataclass(frozen=True, slots=True)
class Worry:
    """Something about a collection's keys, or the daily job, that the team should look at."""

    sentence: str
    collection: Collection | None = None


def keyholders_of(collection: Collection) -> int:
    """How many people can open what this collection holds."""
    return Custody.objects.filter(collection=collection, keyholder__isnull=False).count()


def has_recovery_kit(collection: Collection) -> bool:
    """Whether two sheets of paper could open what this collection holds."""
    return Custody.objects.filter(collection=collection, recovery_key__isnull=False).exists()


def hold_statement(collection: Collection) -> str:
    """What the public is told of a legal hold that is in force, or an empty text."""
    hold = retention.hold_of(collection)
    return hold.statement if hold else ""


def has_key_for_next_month(collection: Collection) -> bool:
    """Whether intake can go on when the month turns, if it should."""
    month = calendar.next_month(calendar.month_of(timezone.now().date()))
    if month > calendar.month_of(collection.destruction_date):
        return True
    return Epoch.objects.filter(
        collection=collection, month=month, destroyed_on__isnull=True
    ).exists()


def worries() -> list[Worry]:
    """What the dashboard and the system check warn of."""
    found = []
    today = timezone.now().date()
    for collection in Collection.objects.filter(destruction_date__gte=today).order_by("name"):
        if not Epoch.objects.filter(
            collection=collection,
            month=calendar.month_of(today),
            destroyed_on__isnull=True,
        ).exists():
            found.append(
                Worry(_("It has no key for this month, so it takes nothing in."), collection)
            )
        elif not has_key_for_next_month(collection):
            found.append(
                Worry(_("It has no key for next month. Intake will stop then."), collection)
            )
        if keyholders_of(collection) == 1:
            found.append(Worry(_("Only one person holds its keys."), collection))
        for holder in _keyholders_who_left(collection):
            sentence = _("%(name)s still holds keys, with a closed account or without the role.")
            found.append(Worry(sentence % {"name": holder.user.get_username()}, collection))
        hold = hold_statement(collection)
        if hold:
            found.append(
                Worry(
                    _("A legal hold pauses its destruction: %(text)s") % {"text": hold}, collection
                )
            )
    for due in retention.find_due():
        if due.hold is None:
            found.append(
                Worry(_("Something in it is past its day of destruction."), due.collection)
            )
    if chores.is_late():
        found.append(Worry(_("The daily job has not run for two days. See “tend_vault”.")))
    return found


def _keyholders_who_left(collection: Collection) -> list[Keyholder]:
    """Those on the roster who may no longer unlock: what comes in is still sealed to them."""
    holders = Keyholder.objects.filter(custodies__collection=collection).select_related("user")
    return [
        holder
        for holder in holders.order_by("user__username")
        if "vault.unlock_collection" not in permissions_of(holder.user)
    ]


def records_held(collection: Collection, definition: str) -> int:
    """How many sealed records answer a definition. For staff; pages show rounded figures."""
    return sum(
        model.objects.filter(collection=collection, definition=definition).count()
        for model in (Record, PendingRecord)
    )


def may_see_worries(user: AbstractUser) -> bool:
    """Whether a person has any part in looking after the vault."""
    return bool(permissions_of(user))
