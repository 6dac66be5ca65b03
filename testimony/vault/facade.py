"""What the site may ask of the vault: facts about a collection, and the demo's key ceremony.

Pages and the dashboard import this module and no other of the vault. It hands out no key and
opens no record.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import AbstractUser
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from testimony.vault import archives, calendar, chores, limits, retention
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
    LegalHold,
    PendingRecord,
    Record,
)
from testimony.vault.permissions import permissions_of
from testimony.vault.unlock import Grant, Refused, lock, resume, unlock
from testimony.vault.unlock import close_all_of as close_keys_of

__all__ = [
    "KEEPING",
    "Collection",
    "Grant",
    "Keeping",
    "Keyholder",
    "PublicFacts",
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
    "public_facts",
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


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long things are kept, and how much is taken: the vault's own limits, for people."""

    draft_minutes: int
    draft_hours: int
    answers_archive_days: int
    keys_archive_days: int
    pictures: int
    picture_megabytes: int


KEEPING: Final = Keeping(
    draft_minutes=limits.DRAFT_IDLE_TICKS * calendar.TICK_SECONDS // 60,
    draft_hours=limits.DRAFT_LONGEST_TICKS * calendar.TICK_SECONDS // 3600,
    answers_archive_days=archives.LIFETIMES[archives.Kind.CONTENT].days,
    keys_archive_days=archives.LIFETIMES[archives.Kind.KEYRING].days,
    pictures=limits.PICTURES,
    picture_megabytes=limits.PICTURE_BYTES // 1_000_000,
)


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What anybody may know of a collection that holds, or may still take, answers."""

    id: uuid.UUID
    name: str
    run_by: str
    kept_where: str
    withdrawal_deadline: dt.date
    destruction_date: dt.date
    keep_months: int
    kept_until: dt.date
    """The last day on which what is sent today is kept, if no order says otherwise."""
    keyholders: int
    has_recovery_kit: bool
    hold: str
    hold_stops_withdrawals: bool


def public_facts() -> list[PublicFacts]:
    """The facts of every collection that is not over, by name. Three queries, however many.

    One whose last day has passed is here too, as long as an order keeps it.
    """
    today = timezone.now().date()
    holds = {
        hold.collection_id: hold
        for hold in LegalHold.objects.filter(lifted_on__isnull=True).order_by("since")
    }
    going_on = Q(destruction_date__gte=today) | Q(pk__in=list(holds))
    collections = list(Collection.objects.filter(going_on).order_by("name"))
    roster = Custody.objects.filter(collection__in=collections)
    holders: Counter[uuid.UUID] = Counter()
    kits: set[uuid.UUID] = set()
    for collection_id, recovery_key in roster.values_list("collection_id", "recovery_key_id"):
        if recovery_key is None:
            holders[collection_id] += 1
        else:
            kits.add(collection_id)
    return [
        PublicFacts(
            id=one.pk,
            name=one.name,
            run_by=one.run_by,
            kept_where=one.kept_where,
            withdrawal_deadline=one.withdrawal_deadline,
            destruction_date=one.destruction_date,
            keep_months=one.keep_months,
            kept_until=calendar.expiry_of(
                calendar.month_of(today),
                keep_months=one.keep_months,
                at_latest=one.destruction_date,
            ),
            keyholders=holders[one.pk],
            has_recovery_kit=one.pk in kits,
            hold=holds[one.pk].statement if one.pk in holds else "",
            hold_stops_withdrawals=one.pk in holds and holds[one.pk].stops_withdrawals,
        )
        for one in collections
    ]


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
