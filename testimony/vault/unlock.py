"""Unlocking: a keyholder's passphrase opens their keys for minutes, and leaves nothing usable.

The open keys are stored encrypted under a 256-bit secret that goes into the keyholder's
cookie, in a row found by the secret's hash. Any worker serves the next request; none keeps a
key beyond it. Fifteen minutes idle or two hours in all, and the row is gone.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from testimony.vault import audit, keyring, quotas, sealing
from testimony.vault.attachments import PictureGone
from testimony.vault.envelope import EnvelopeError, Kind
from testimony.vault.keyring import NotGranted, OpenEpochKey
from testimony.vault.limits import DRAFT_BUCKETS
from testimony.vault.models import (
    Attachment,
    AuditEntry,
    Collection,
    DataKey,
    EpochGrant,
    HeldWithdrawal,
    Keyholder,
    Lane,
    PendingRecord,
    QuotingStop,
    Record,
    RecordBase,
    UnlockedKeys,
)
from testimony.vault.places import place

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

IDLE: Final = dt.timedelta(minutes=15)
LONGEST: Final = dt.timedelta(hours=2)
DERIVATION_PATIENCE: Final = 15.0
_OPENED: Final = "transcript opened"
_CHUNK: Final = 500
_BATCH_BYTES: Final = 4 * 1024 * 1024


class Refused(Exception):
    """The vault stays shut. The message says no more than a person may know."""

    message = _("That passphrase does not open the vault. Nothing was opened.")

    def __str__(self) -> str:
        return str(self.message)


class Gone(Exception):
    """The record was withdrawn or destroyed."""


class Stale(Exception):
    """New keys were made since this person unlocked."""

    message = _(
        "New keys were made since you unlocked. Please lock, unlock again, and repeat this."
    )

    def __str__(self) -> str:
        return str(self.message)


class Locked(Exception):
    """No keys are open: never unlocked, locked by hand, or the time ran out."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One record in clear, in memory, for one request or one child process."""

    record_id: uuid.UUID
    definition: str
    payload: dict[str, Any]
    may_be_quoted: bool = True
    """False once the person took back the permission to quote, whatever the payload says."""

    @property
    def pictures(self) -> tuple[uuid.UUID, ...]:
        """The pictures that came with it, in the order the person added them."""
        return tuple(uuid.UUID(one["id"]) for one in self.payload.get("attachments") or ())


@dataclass(frozen=True, slots=True)
class OpenKeys:
    """Which collection's keys a person has open, and for how many minutes more."""

    collection: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Grant:
    """Open epoch keys of one collection, held by one keyholder for a stated reason."""

    collection_id: uuid.UUID
    keyholder_id: uuid.UUID
    keys: tuple[OpenEpochKey, ...]

    def to_pipe(self) -> bytes:
        """The grant as bytes for a child process's standard input. Never for a file."""
        return json.dumps(
            {
                "collection": self.collection_id.hex,
                "keyholder": self.keyholder_id.hex,
                "keys": [
                    [key.epoch_id.hex, base64.b64encode(key.private).decode("ascii")]
                    for key in self.keys
                ],
            }
        ).encode("ascii")

    @classmethod
    def from_pipe(cls, raw: bytes) -> Grant:
        """Read back what ``to_pipe`` wrote.

        Raises:
            Locked: for anything else.
        """
        try:
            found = json.loads(raw)
            return cls(
                collection_id=uuid.UUID(found["collection"]),
                keyholder_id=uuid.UUID(found["keyholder"]),
                keys=tuple(
                    OpenEpochKey(uuid.UUID(epoch), base64.b64decode(private, validate=True))
                    for epoch, private in found["keys"]
                ),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Locked from error

    def check_up_to_date(self) -> None:
        """Whether these keys are all that their holder has of the collection now.

        Raises:
            Stale: when they were taken away, or newer ones were made since the unlocking: what
                came in since would be passed over.
        """
        held = EpochGrant.objects.filter(
            keyholder=self.keyholder_id,
            epoch__collection=self.collection_id,
            epoch__destroyed_on__isnull=True,
        )
        here = [key.epoch_id for key in self.keys]
        if not held.exists() or held.exclude(epoch__in=here).exists():
            raise Stale

    def stream(self, definition: str, *, shard: tuple[int, int] = (0, 1)) -> Iterator[Opened]:
        """Every record of one definition, opened one by one, a few hundred rows at a time.

        Records whose key was destroyed meanwhile are passed over, and so are those in the lane
        that is held apart. The order says nothing. One that is moved among the others while
        this runs comes once. ``shard`` (i, n) takes the i-th of n equal parts of the space of
        record ids, so that several processes can share the work.

        Raises:
            DoesNotOpen: for a record that was changed or moved.
            EnvelopeError: for one that is not a record at all.
        """
        openers: dict[uuid.UUID, sealing.Opener] = {}
        of_today: set[bytes] = set()
        for model in (PendingRecord, Record):
            for ids in self._batches(model, definition, shard):
                found = model.objects.in_bulk([one for one in ids if one.bytes not in of_today])
                rows = [found[one] for one in ids if one in found]
                if model is PendingRecord:
                    of_today.update(row.id.bytes for row in rows)
                yield from self._open_all(rows, openers)

    def _batches(
        self, model: type[PendingRecord | Record], definition: str, shard: tuple[int, int]
    ) -> Iterator[list[uuid.UUID]]:
        """The ids of the records to open, in the order of ids, a few megabytes of records a time.

        Pages by primary key alone: each is a short statement that no planner can turn into a
        sort, and no cursor stays open while the caller writes its progress.
        """
        number, count = shard
        first = uuid.UUID(int=(number << 128) // count)
        last = uuid.UUID(int=((number + 1 << 128) // count) - 1)
        columns = ("id", "collection_id", "definition_id", "lane", "bucket")
        rows = model.objects.filter(id__lte=last).order_by("id").values_list(*columns)
        following = rows.filter(id__gte=first)
        while page := list(following[:_CHUNK]):
            following = rows.filter(id__gt=page[-1][0])
            ids, size = [], 0
            for one, collection, asked, lane, bucket in page:
                if (collection, asked) != (self.collection_id, definition) or lane == Lane.FLOOD:
                    continue
                ids.append(one)
                size += bucket
                if size >= _BATCH_BYTES:
                    yield ids
                    ids, size = [], 0
            if ids:
                yield ids

    def open_page(self, definition: str, *, page: int, size: int) -> list[Opened]:
        """One page of the records of a definition, in the order of their random ids."""
        ids = [
            one
            for model in (PendingRecord, Record)
            for batch in self._batches(model, definition, (0, 1))
            for one in batch
        ]
        here = sorted(ids)[page * size : (page + 1) * size]
        rows: list[RecordBase] = []
        for model in (PendingRecord, Record):
            rows += model.objects.in_bulk(here).values()
        return list(self._open_all(rows))

    def open_one(self, record_id: uuid.UUID) -> Opened | None:
        """One record, or None when it is gone."""
        for model in (Record, PendingRecord):
            row = model.objects.filter(collection_id=self.collection_id, id=record_id).first()
            if row is not None:
                return next(self._open_all([row]), None)
        return None

    def open_picture(self, record_id: uuid.UUID, picture_id: uuid.UUID) -> bytes | None:
        """One picture of a record, a JPEG, or None when either is gone or its key is not here."""
        picture = Attachment.objects.filter(id=picture_id, record_id=record_id).first()
        data_key = DataKey.objects.filter(record_id=record_id).first()
        held = HeldWithdrawal.objects.filter(record_id=record_id).exists()
        if picture is None or data_key is None or held:
            return None
        key = next((one for one in self.keys if one.epoch_id == data_key.epoch_id), None)
        for model in (Record, PendingRecord):
            found = model.objects.filter(collection_id=self.collection_id, id=record_id)
            definition = found.values_list("definition_id", flat=True).first()
            if key is not None and definition is not None:
                return keyring.open_picture(
                    picture,
                    data_key,
                    key,
                    collection_id=self.collection_id,
                    definition=definition,
                )
        return None

    def _open_all(
        self, rows: Sequence[RecordBase], openers: dict[uuid.UUID, sealing.Opener] | None = None
    ) -> Iterator[Opened]:
        """Open the rows whose keys are here. ``openers`` keeps keys made ready, by epoch."""
        by_epoch = {key.epoch_id: key for key in self.keys}
        ready = {} if openers is None else openers
        ids = [row.id for row in rows]
        data_keys = DataKey.objects.in_bulk(ids)
        for waiting in HeldWithdrawal.objects.filter(record_id__in=ids):
            data_keys.pop(waiting.record_id, None)
        not_quoted = set(QuotingStop.objects.filter(record_id__in=ids).values_list("pk", flat=True))
        for row in rows:
            data_key = data_keys.get(row.id)
            if data_key is None or data_key.epoch_id not in by_epoch:
                continue
            key = by_epoch[data_key.epoch_id]
            if key.epoch_id not in ready:
                ready[key.epoch_id] = sealing.Opener.for_envelope(
                    key.private, bytes(data_key.sealed_data_key), kind=Kind.DATA_KEY
                )
            yield Opened(
                record_id=row.id,
                definition=row.definition_id,
                payload=keyring.open_record(
                    bytes(row.sealed),
                    data_key,
                    key,
                    collection_id=row.collection_id,
                    definition=row.definition_id,
                    opener=ready[key.epoch_id],
                ),
                may_be_quoted=row.id not in not_quoted,
            )


def unlock(*, by: AbstractUser, passphrase: str, collection: Collection, reason: str) -> str:
    """Open the keys ``by`` is granted and return the secret for their cookie.

    Raises:
        Refused: for a wrong passphrase, somebody who is no keyholder, or no grant. The same
            sentence each time.
        QuotaSpent: after too many wrong passphrases in an hour.
        NoPlace: when too many others unlock at this moment.
    """
    keyholder = Keyholder.objects.filter(user_id=by.pk, state=Keyholder.State.ACTIVE).first()
    if keyholder is None:
        raise Refused
    quotas.check_may(by, "unlock refused")
    try:
        with a_derivation_place():
            private = keyring.open_keyholder(keyholder, passphrase)
        keys = keyring.open_grants(keyholder, private, collection)
    except (sealing.DoesNotOpen, EnvelopeError, NotGranted) as error:
        with transaction.atomic():
            audit.append(by=by, action="unlock refused", subject=str(collection.id))
        raise Refused from error
    close_expired()
    secret = sealing.random_key()
    row_id = _row_id(secret)
    grant = Grant(collection.id, keyholder.id, keys)
    now = _minute()
    with transaction.atomic():
        UnlockedKeys.objects.create(
            id=row_id,
            keyholder=keyholder,
            collection=collection,
            reason=reason,
            opened_at=now,
            last_used_at=now,
            sealed=sealing.seal_under(
                sealing.subkey(secret, "unlocked-keys"),
                grant.to_pipe(),
                kind=Kind.UNLOCKED_KEYS,
                bound=(row_id.encode("ascii"),),
                buckets=DRAFT_BUCKETS,
            ),
        )
        audit.append(by=by, action="unlocked", subject=str(collection.id), reason=reason)
    return base64.urlsafe_b64encode(secret).decode("ascii")


def resume(secret: str, *, by: AbstractUser) -> Grant:
    """The open keys behind a cookie's secret, for this request.

    Raises:
        Locked: when there are none, the time ran out, or they are somebody else's.
    """
    row, raw = _find(secret)
    now = timezone.now()
    expired = now - row.last_used_at > IDLE or now - row.opened_at > LONGEST
    if expired or row.keyholder.user_id != by.pk or row.keyholder.state != Keyholder.State.ACTIVE:
        row.delete()
        raise Locked
    try:
        opened = sealing.open_under(
            sealing.subkey(raw, "unlocked-keys"),
            bytes(row.sealed),
            kind=Kind.UNLOCKED_KEYS,
            bound=(row.id.encode("ascii"),),
        )
    except (sealing.DoesNotOpen, EnvelopeError) as error:
        raise Locked from error
    UnlockedKeys.objects.filter(pk=row.pk).update(last_used_at=_minute())
    return Grant.from_pipe(opened)


def status(secret: str, *, by: AbstractUser) -> OpenKeys | None:
    """What the lock bar of every editorial page shows, without using the keys or their time."""
    try:
        row, _raw = _find(secret)
    except Locked:
        return None
    if row.keyholder.user_id != by.pk:
        return None
    ends = ends_at(row)
    minutes = int((ends - timezone.now()).total_seconds() // 60) + 1
    return OpenKeys(row.collection.name, minutes) if ends > timezone.now() else None


def ends_at(row: UnlockedKeys) -> dt.datetime:
    """When open keys close by themselves, if nobody uses them before."""
    return min(row.last_used_at + IDLE, row.opened_at + LONGEST)


def is_open(row: UnlockedKeys) -> bool:
    """Whether the time of these keys has not run out, and their holder still is one."""
    holder = row.keyholder
    is_holder = holder.state == Keyholder.State.ACTIVE and holder.user.is_active
    return is_holder and ends_at(row) > timezone.now()


def row_of(secret: str, *, by: AbstractUser) -> UnlockedKeys:
    """The row of the keys behind a cookie's secret, without using them or their time.

    Raises:
        Locked: when there are none, the time ran out, or they are somebody else's.
    """
    row, _raw = _find(secret)
    if row.keyholder.user_id != by.pk or not is_open(row):
        raise Locked
    return row


def open_transcript(*, by: AbstractUser, grant: Grant, record_id: uuid.UUID, reason: str) -> Opened:
    """Open one record to be read, for this request: one audit row, counted against the quota.

    Raises:
        Gone: when it was withdrawn or destroyed.
        QuotaSpent: when sixty were opened in the last hour already.
    """
    with transaction.atomic():
        quotas.spend(by, _OPENED, subject=audit.subject_of(record_id), reason=reason)
        opened = grant.open_one(record_id)
        if opened is None:
            raise Gone
    return opened


def open_picture(
    *, by: AbstractUser, grant: Grant, record_id: uuid.UUID, picture_id: uuid.UUID, reason: str
) -> bytes:
    """Open one picture of a record to be looked at: a JPEG, for this request.

    A picture is part of its transcript. For whoever opened that in the last fifteen minutes, the
    entry that says so stands for its pictures too; for anybody else this is another opening of
    the transcript, with its own audit row, counted against the same quota.

    Raises:
        PictureGone: when it, or its record, was withdrawn or destroyed.
        QuotaSpent: when sixty were opened in the last hour already.
    """
    subject = audit.subject_of(record_id)
    since = _minute() - IDLE
    with transaction.atomic():
        if not AuditEntry.objects.filter(
            actor_id=by.pk, action=_OPENED, subject=subject, at__gte=since
        ).exists():
            quotas.spend(by, _OPENED, subject=subject, reason=reason)
        opened = grant.open_picture(record_id, picture_id)
        if opened is None:
            raise PictureGone
    return opened


def lock(secret: str, *, by: AbstractUser) -> None:
    """Close the keys at once; nothing happens when they are closed already."""
    close_expired()
    try:
        row, _raw = _find(secret)
    except Locked:
        return
    with transaction.atomic():
        audit.append(by=by, action="locked", subject=str(row.collection_id))
        row.delete()


def close_all_of(user: AbstractUser) -> int:
    """Close whatever a person has open, on every device. Returns how many there were."""
    return UnlockedKeys.objects.filter(keyholder__user_id=user.pk).delete()[0]


def close_expired() -> int:
    """Delete rows whose time ran out and return how many there were."""
    now = timezone.now()
    return (
        UnlockedKeys.objects.filter(last_used_at__lt=now - IDLE).delete()[0]
        + UnlockedKeys.objects.filter(opened_at__lt=now - LONGEST).delete()[0]
    )


def _find(secret: str) -> tuple[UnlockedKeys, bytes]:
    try:
        raw = base64.urlsafe_b64decode(secret.encode("ascii"))
    except ValueError:
        raise Locked from None
    row = (
        UnlockedKeys.objects.select_related("keyholder", "collection")
        .filter(id=_row_id(raw))
        .first()
    )
    if row is None:
        raise Locked
    return row, raw


def _row_id(secret: bytes) -> str:
    return hashlib.sha256(b"at-the-table/v1/unlock-id/" + secret).hexdigest()


def _minute() -> dt.datetime:
    return timezone.now().replace(second=0, microsecond=0)


def a_derivation_place() -> AbstractContextManager[None]:
    """One of the few places on this host for a derivation, which takes 256 MiB.

    Raises (on entering):
        NoPlace: when none came free in fifteen seconds.
    """
    return place(
        "derivation", at_once=settings.VAULT_DERIVATIONS_AT_ONCE, patience=DERIVATION_PATIENCE
    )
