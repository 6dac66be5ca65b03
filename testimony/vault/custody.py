"""Key ceremonies: who holds a collection's keys, from the first day to the last.

The one door to keyholders, rosters, epochs and grants. Everything here is one transaction with its
audit entry inside, and changes to one collection's roster wait for each other. Making an epoch
needs public keys only; giving somebody access to what is there already needs a keyholder whose
keys are open. Nobody else can: neither the administrator nor the machine.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from testimony.vault import (
    audit,
    calendar,
    keyring,
    quotas,
    recovery_codes,
    sealing,
    wordlists,
)
from testimony.vault.envelope import EnvelopeError
from testimony.vault.keyring import OpenEpochKey
from testimony.vault.models import (
    Collection,
    Custody,
    Epoch,
    EpochGrant,
    Keyholder,
    RecoveryKey,
    UnlockedKeys,
)
from testimony.vault.unlock import Grant, Stale, a_derivation_place

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

MONTHS_AHEAD: Final = 3
MOST_MONTHS_KEPT: Final = 120
WRONG_KEY: Final = "unlock refused"


class CeremonyRefused(Exception):
    """The step can't be taken. The sentence says why, to the person who tried."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a new keyholder is shown once: six words to remember, and a code to keep on paper."""

    keyholder: Keyholder
    passphrase: str
    code: str


# Collections.


def create_collection(
    *,
    by: AbstractUser | None,
    name: str,
    run_by: str,
    kept_where: str,
    withdrawal_deadline: dt.date,
    destruction_date: dt.date,
    keep_months: int = 24,
) -> Collection:
    """Open a collection. It takes nothing in until it has a keyholder and epochs.

    Raises:
        CeremonyRefused: when its days or months make no sense, or the name is taken.
    """
    if destruction_date < withdrawal_deadline:
        raise CeremonyRefused(_("The destruction date is before the withdrawal deadline."))
    if not 1 <= keep_months <= MOST_MONTHS_KEPT:
        raise CeremonyRefused(_("A month's answers are kept from one to 120 months."))
    with transaction.atomic():
        if Collection.objects.filter(name=name).exists():
            raise CeremonyRefused(_("There is a collection of this name already."))
        collection = Collection.objects.create(
            name=name,
            run_by=run_by,
            kept_where=kept_where,
            withdrawal_deadline=withdrawal_deadline,
            destruction_date=destruction_date,
            keep_months=keep_months,
        )
        audit.append(by=by, action="collection created", subject=str(collection.id))
    return collection


def begin_custody(
    *, by: AbstractUser | None, collection: Collection, keyholders: Iterable[Keyholder]
) -> list[Epoch]:
    """The first ceremony: who holds the keys, and the epochs of this month and the next three.

    Raises:
        CeremonyRefused: without a keyholder, or when the collection has keys already: from then
            on only somebody who holds them can let another person in.
    """
    wanted = sorted(keyholder.pk for keyholder in keyholders)
    with transaction.atomic():
        chosen = [_locked_active(pk) for pk in wanted]
        locked = _locked(collection)
        if not chosen:
            raise CeremonyRefused(_("Choose at least one keyholder, better two."))
        if Epoch.objects.filter(collection=locked).exists():
            raise CeremonyRefused(
                _("This collection has keys already. A keyholder can let another person in.")
            )
        for keyholder in chosen:
            Custody.objects.create(collection=locked, keyholder=keyholder)
        audit.append(by=by, action="custody begun", subject=str(locked.id))
        return _make_missing_epochs(locked, by=by)


def renew_epochs(*, by: AbstractUser | None, collection: Collection) -> list[Epoch]:
    """Make the epochs that are missing up to three months ahead, for everybody on the roster.

    Raises:
        CeremonyRefused: when nobody is on the roster: what came in could never be opened.
    """
    with transaction.atomic():
        return _make_missing_epochs(_locked(collection), by=by)


def renew_all_epochs() -> int:
    """The same for every collection that has a roster and a future. Returns how many were made."""
    today = timezone.now().date()
    made = 0
    for collection in Collection.objects.filter(
        destruction_date__gte=today, roster__isnull=False
    ).distinct():
        made += len(renew_epochs(by=None, collection=collection))
    return made


def start_new_generations(*, by: AbstractUser | None) -> int:
    """Make new epochs from this month on, for whoever is on each roster now, and nobody else.

    For when an older keyring was put back: the epochs in it may be held by somebody who is not on
    the roster any more. A collection without a roster or a future is left out. Returns for how
    many they were made.
    """
    made = 0
    with transaction.atomic():
        for collection in (
            Collection.objects.select_for_update(no_key=True)
            .filter(
                destruction_date__gte=timezone.now().date(),
                pk__in=Custody.objects.values("collection"),
            )
            .order_by("pk")
        ):
            if _start_new_generation(collection):
                audit.append(by=by, action="epochs created", subject=str(collection.id))
                made += 1
    return made


# Keyholders.


def enrol_keyholder(
    *, by: AbstractUser | None, user: AbstractUser, language: str = "en"
) -> Enrolled:
    """Make ``user`` a keyholder. Passphrase and code are shown once and kept nowhere.

    Raises:
        CeremonyRefused: for somebody who is one already.
    """
    if _active_of(user) is not None:
        raise CeremonyRefused(_("You hold keys already."))
    passphrase, code = _new_passphrase(language), recovery_codes.new_code()
    with a_derivation_place():
        keyholder = keyring.make_keyholder(user.pk, passphrase, code)
    with transaction.atomic():
        if _active_of(user) is not None:
            raise CeremonyRefused(_("You hold keys already."))
        keyholder.save(force_insert=True)
        audit.append(by=by, action="keyholder enrolled", subject=str(keyholder.id))
    return Enrolled(keyholder, passphrase, recovery_codes.as_text(code))


def grant_access(*, by: AbstractUser, grant: Grant, keyholder: Keyholder) -> int:
    """Seal every epoch key that is open to ``keyholder`` and put them on the roster.

    For a new colleague, and for one who lost their keys and started over. Returns how many keys
    were sealed to them.

    Raises:
        CeremonyRefused: when they are no active keyholder any more, or ``grant`` is out of date.
    """
    with transaction.atomic():
        fresh = _locked_active(keyholder.pk)
        locked = _locked_id(grant.collection_id)
        _check_up_to_date(grant)
        Custody.objects.get_or_create(collection=locked, keyholder=fresh)
        sealed = _seal_missing(grant.keys, fresh)
        audit.append(
            by=by, action="access granted", subject=str(locked.id), reason=f"to {fresh.id}"
        )
    return sealed


def remove_keyholder(*, by: AbstractUser | None, keyholder: Keyholder) -> None:
    """Take somebody's keys away and start new epochs at once, sealed to those who stay.

    Raises:
        CeremonyRefused: when nobody else could open a collection they are on the roster of.
    """
    with transaction.atomic():
        _remove(by=by, keyholder=keyholder)
        audit.append(by=by, action="keyholder removed", subject=str(keyholder.id))


def change_passphrase(
    *, by: AbstractUser, passphrase: str, with_new_code: bool = False, language: str = "en"
) -> Enrolled:
    """Six new words for the same keys, and a new recovery code if wanted.

    What was replaced opens nothing from now on. Without a new code, ``code`` is empty.

    Raises:
        CeremonyRefused: for somebody without keys, or a wrong passphrase.
    """
    keyholder = _required(by)
    quotas.check_may(by, WRONG_KEY)
    try:
        with a_derivation_place():
            private = keyring.open_keyholder(keyholder, passphrase)
    except (sealing.DoesNotOpen, EnvelopeError):
        _note_wrong_key(by, keyholder)
        raise CeremonyRefused(_("That passphrase does not open your keys.")) from None
    fresh, code, was = _new_passphrase(language), "", bytes(keyholder.salt)
    with a_derivation_place():
        keyring.wrap_under_passphrase(keyholder, private, fresh)
    if with_new_code:
        drawn = recovery_codes.new_code()
        keyring.wrap_under_code(keyholder, private, drawn)
        code = recovery_codes.as_text(drawn)
    with transaction.atomic():
        _save_wraps(keyholder, was=was)
        audit.append(by=by, action="passphrase changed", subject=str(keyholder.id))
    return Enrolled(keyholder, fresh, code)


# Recovery.


def recover_with_code(*, by: AbstractUser, typed: str, language: str = "en") -> Enrolled:
    """Open the second copy with the printed code, and give six new words and a new code.

    Raises:
        CeremonyRefused: for somebody without keys, a mistyped code, or somebody else's.
    """
    keyholder = _required(by)
    quotas.check_may(by, WRONG_KEY)
    try:
        private = keyring.open_keyholder_by_code(keyholder, recovery_codes.from_text(typed))
    except recovery_codes.Mistyped as slip:
        if slip.group is None:
            raise CeremonyRefused(_("A recovery code has eight groups of five signs.")) from None
        raise CeremonyRefused(
            _("There is a slip in group %(group)s. Please compare it with the paper.")
            % {"group": slip.group}
        ) from None
    except (sealing.DoesNotOpen, EnvelopeError):
        _note_wrong_key(by, keyholder)
        raise CeremonyRefused(_("That code does not open your keys. Is it the latest?")) from None
    passphrase, code = _new_passphrase(language), recovery_codes.new_code()
    was = bytes(keyholder.salt)
    with a_derivation_place():
        keyring.wrap_under_passphrase(keyholder, private, passphrase)
    keyring.wrap_under_code(keyholder, private, code)
    with transaction.atomic():
        _save_wraps(keyholder, was=was)
        audit.append(by=by, action="keys recovered by code", subject=str(keyholder.id))
    return Enrolled(keyholder, passphrase, recovery_codes.as_text(code))


def start_over(*, by: AbstractUser, language: str = "en") -> Enrolled:
    """Give up keys that can't be opened any more and get new ones, which open nothing yet.

    A colleague with open keys, or two sheets of the recovery kit, then let the person in again.

    Raises:
        CeremonyRefused: for somebody without keys, or when nobody else could open a collection.
    """
    passphrase, code = _new_passphrase(language), recovery_codes.new_code()
    _required(by)
    with a_derivation_place():
        fresh = keyring.make_keyholder(by.pk, passphrase, code)
    with transaction.atomic():
        old = _required(by)
        _remove(by=by, keyholder=old)
        fresh.save(force_insert=True)
        audit.append(by=by, action="keyholder started over", subject=str(fresh.id))
    return Enrolled(fresh, passphrase, recovery_codes.as_text(code))


def register_recovery_key(*, by: AbstractUser, suite: int, public: bytes) -> RecoveryKey:
    """Keep the public half of a recovery key that was made offline. It receives nothing yet."""
    fingerprint = sealing.fingerprint(suite, public)
    with transaction.atomic():
        key, created = RecoveryKey.objects.get_or_create(
            fingerprint=fingerprint, defaults={"suite": suite, "public_key": public}
        )
        if created:
            audit.append(by=by, action="recovery key registered", subject=fingerprint[:32])
    return key


def trust_recovery_key(*, by: AbstractUser, grant: Grant, key: RecoveryKey) -> int:
    """Put a recovery key on the roster, after comparing its fingerprint with the printed sheets.

    Seals every open epoch key to it, and every epoch to come. Returns how many were sealed.
    """
    with transaction.atomic():
        locked = _locked_id(grant.collection_id)
        _check_up_to_date(grant)
        Custody.objects.get_or_create(collection=locked, recovery_key=key)
        sealed = _seal_missing(grant.keys, key)
        audit.append(
            by=by,
            action="recovery key trusted",
            subject=str(locked.id),
            reason=f"fingerprint {key.fingerprint[:32]}",
        )
    return sealed


def retire_recovery_key(*, by: AbstractUser, collection: Collection, key: RecoveryKey) -> None:
    """Take a recovery key off a roster, with its grants, and start new epochs at once."""
    with transaction.atomic():
        locked = _locked(collection)
        if not Custody.objects.filter(collection=locked, keyholder__isnull=False).exists():
            raise CeremonyRefused(_("Nobody else could open this collection."))
        Custody.objects.filter(collection=locked, recovery_key=key).delete()
        EpochGrant.objects.filter(epoch__collection=locked, recovery_key=key).delete()
        _start_new_generation(locked)
        audit.append(by=by, action="recovery key retired", subject=str(locked.id))


def take_in_recovered(
    *,
    by: AbstractUser,
    collection: Collection,
    keyholder: Keyholder,
    key: RecoveryKey,
    grants: dict[str, bytes],
) -> int:
    """Keep grants that two sheets of the recovery kit made offline. Returns how many.

    The caller has checked that whoever made them could open those epochs (``recovery.take_in``).

    Raises:
        CeremonyRefused: when the keyholder was removed meanwhile, the kit was retired, or newer
            keys were made: whoever can't open every living key does not come onto the roster.
    """
    with transaction.atomic():
        fresh = _locked_active(keyholder.pk)
        locked = _locked(collection)
        if not Custody.objects.filter(collection=locked, recovery_key=key).exists():
            raise CeremonyRefused(_("This recovery kit was retired meanwhile."))
        living = EpochGrant.objects.filter(
            recovery_key=key, epoch__collection=locked, epoch__destroyed_on__isnull=True
        ).values_list("epoch_id", flat=True)
        if not {epoch_id.hex for epoch_id in living} <= set(grants):
            raise CeremonyRefused(_("New keys were made meanwhile. Please make another bundle."))
        Custody.objects.get_or_create(collection=locked, keyholder=fresh)
        known = set(EpochGrant.objects.filter(keyholder=fresh).values_list("epoch_id", flat=True))
        rows = [
            EpochGrant(epoch=epoch, keyholder=fresh, sealed_epoch_key=grants[epoch.id.hex])
            for epoch in Epoch.objects.filter(collection=locked, destroyed_on__isnull=True)
            if epoch.id.hex in grants and epoch.id not in known
        ]
        EpochGrant.objects.bulk_create(rows)
        audit.append(
            by=by,
            action="access recovered from sheets",
            subject=str(locked.id),
            reason=f"to {fresh.id}",
        )
    return len(rows)


# Pieces.


def _locked(collection: Collection) -> Collection:
    """The collection, held until the transaction ends: ceremonies of one roster wait in line."""
    return _locked_id(collection.pk)


def _locked_id(collection_id: uuid.UUID) -> Collection:
    # Not against the keys that other rows point with: what comes in goes on coming in.
    return Collection.objects.select_for_update(no_key=True).get(pk=collection_id)


def _locked_active(keyholder_id: uuid.UUID) -> Keyholder:
    """A keyholder as they are now, held until the end. Always before any collection is.

    Raises:
        CeremonyRefused: when their keys were taken away.
    """
    fresh = Keyholder.objects.select_for_update(no_key=True).get(pk=keyholder_id)
    _check_active(fresh)
    return fresh


def _check_up_to_date(grant: Grant) -> None:
    """Whether open keys are still their holder's, and all that they hold of the collection.

    Raises:
        CeremonyRefused: when they were removed, or newer keys were made since they unlocked.
    """
    if not Custody.objects.filter(
        collection=grant.collection_id, keyholder=grant.keyholder_id
    ).exists():
        raise CeremonyRefused(_("Your keys were taken away."))
    try:
        grant.check_up_to_date()
    except Stale as stale:
        raise CeremonyRefused(str(stale)) from stale


def _active_of(user: AbstractUser) -> Keyholder | None:
    return Keyholder.objects.filter(user_id=user.pk, state=Keyholder.State.ACTIVE).first()


def _required(user: AbstractUser) -> Keyholder:
    keyholder = _active_of(user)
    if keyholder is None:
        raise CeremonyRefused(_("You hold no keys."))
    return keyholder


def _check_active(keyholder: Keyholder) -> None:
    if keyholder.state != Keyholder.State.ACTIVE:
        raise CeremonyRefused(_("This person holds no keys any more."))


def _new_passphrase(language: str) -> str:
    return " ".join(wordlists.draw(language))


def _note_wrong_key(by: AbstractUser, keyholder: Keyholder) -> None:
    """Guesses count against the hour's quota, wherever they are made."""
    with transaction.atomic():
        audit.append(by=by, action=WRONG_KEY, subject=str(keyholder.id))


def _save_wraps(keyholder: Keyholder, *, was: bytes) -> None:
    """Store a re-wrapped key, if nobody removed or re-wrapped it meanwhile, and close open keys.

    ``was`` is the salt of the wrap that was opened.
    """
    changed = Keyholder.objects.filter(
        pk=keyholder.pk, state=Keyholder.State.ACTIVE, salt=was
    ).update(
        salt=keyholder.salt,
        kdf_memory_kib=keyholder.kdf_memory_kib,
        kdf_passes=keyholder.kdf_passes,
        kdf_lanes=keyholder.kdf_lanes,
        sealed_private_key=keyholder.sealed_private_key,
        recovery_salt=keyholder.recovery_salt,
        recovery_sealed_private_key=keyholder.recovery_sealed_private_key,
    )
    if not changed:
        raise CeremonyRefused(_("Your keys were changed meanwhile. Please start again."))
    UnlockedKeys.objects.filter(keyholder=keyholder).delete()


def _remove(*, by: AbstractUser | None, keyholder: Keyholder) -> None:
    fresh = _locked_active(keyholder.pk)
    collections = list(
        Collection.objects.select_for_update(no_key=True)
        .filter(pk__in=fresh.custodies.values("collection"))
        .order_by("pk")
    )
    for collection in collections:
        if not Custody.objects.filter(collection=collection).exclude(keyholder=fresh).exists():
            raise CeremonyRefused(
                _(
                    "Nobody else could open “%(name)s”. Let another person in first, "
                    "or trust a recovery key."
                )
                % {"name": collection.name}
            )
    UnlockedKeys.objects.filter(keyholder=fresh).delete()
    EpochGrant.objects.filter(keyholder=fresh).delete()
    Custody.objects.filter(keyholder=fresh).delete()
    Keyholder.objects.filter(pk=fresh.pk).update(
        state=Keyholder.State.REMOVED,
        sealed_private_key=b"",
        recovery_salt=b"",
        recovery_sealed_private_key=b"",
    )
    for collection in collections:
        _start_new_generation(collection)


def _start_new_generation(collection: Collection) -> list[Epoch]:
    """New keys for this month and every later one that had some, for those on the roster now."""
    month = calendar.month_of(timezone.now().date())
    months = (
        Epoch.objects.filter(collection=collection, month__gte=month, destroyed_on__isnull=True)
        .order_by("month")
        .values_list("month", flat=True)
        .distinct()
    )
    made = []
    for later in list(months):
        latest = Epoch.objects.filter(collection=collection, month=later).latest("generation")
        made.append(_make_epoch(collection, later, latest.generation + 1))
    return made


def _make_missing_epochs(collection: Collection, *, by: AbstractUser | None) -> list[Epoch]:
    made: list[Epoch] = []
    month = calendar.month_of(timezone.now().date())
    last = calendar.month_of(collection.destruction_date)
    for _step in range(MONTHS_AHEAD + 1):
        exists = Epoch.objects.filter(collection=collection, month=month).exists()
        if not exists and month <= last:
            made.append(_make_epoch(collection, month, 1))
        month = calendar.next_month(month)
    if made:
        audit.append(by=by, action="epochs created", subject=str(collection.id))
    return made


def _make_epoch(collection: Collection, month: str, generation: int) -> Epoch:
    """One epoch with a grant for everybody on the roster; its private half is then forgotten."""
    custodies = Custody.objects.filter(collection=collection).select_related(
        "keyholder", "recovery_key"
    )
    recipients = [row.keyholder or row.recovery_key for row in custodies]
    if not recipients:
        raise CeremonyRefused(_("An epoch needs at least one person who can open it."))
    epoch, private = keyring.make_epoch(collection, month, generation)
    epoch.save(force_insert=True)
    EpochGrant.objects.bulk_create(
        [keyring.make_grant(private, recipient) for recipient in recipients if recipient]
    )
    return epoch


def _seal_missing(keys: tuple[OpenEpochKey, ...], recipient: Keyholder | RecoveryKey) -> int:
    """Seal those of ``keys`` that ``recipient`` has no grant for and that still exist."""
    held = set(recipient.grants.values_list("epoch_id", flat=True))
    living = set(
        Epoch.objects.filter(
            pk__in=[key.epoch_id for key in keys], destroyed_on__isnull=True
        ).values_list("pk", flat=True)
    )
    rows = [
        keyring.make_grant(key, recipient)
        for key in keys
        if key.epoch_id in living and key.epoch_id not in held
    ]
    EpochGrant.objects.bulk_create(rows)
    return len(rows)
