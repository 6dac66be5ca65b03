"""Unlocking: a keyholder's passphrase opens their keys for minutes, and leaves nothing usable.

The open keys are stored encrypted under a 256-bit secret that goes into the keyholder's
cookie, in a row found by the secret's hash. Any worker serves the next request; none keeps a
key beyond it. Fifteen minutes idle or two hours in all, and the row is gone.
"""

from __future__ import annotations

import base64
import datetime as dt
import fcntl
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from testimony.vault import audit, keyring, sealing
from testimony.vault.envelope import EnvelopeError, Kind
from testimony.vault.keyring import NotGranted, OpenEpochKey
from testimony.vault.limits import DRAFT_BUCKETS
from testimony.vault.models import (
    Collection,
    DataKey,
    Keyholder,
    Lane,
    PendingRecord,
    Record,
    RecordBase,
    UnlockedKeys,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

IDLE: Final = dt.timedelta(minutes=15)
LONGEST: Final = dt.timedelta(hours=2)
_CHUNK: Final = 500


class Refused(Exception):
    """The vault stays shut. The message says no more than a person may know."""

    message = _("That passphrase does not open the vault. Nothing was opened.")

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
        """Read back what ``to_pipe`` wrote."""
        found = json.loads(raw)
        return cls(
            collection_id=uuid.UUID(found["collection"]),
            keyholder_id=uuid.UUID(found["keyholder"]),
            keys=tuple(
                OpenEpochKey(uuid.UUID(epoch), base64.b64decode(private))
                for epoch, private in found["keys"]
            ),
        )

    def stream(self, definition: str) -> Iterator[Opened]:
        """Every record of one definition, opened one by one, a few hundred rows at a time.

        Records whose key was destroyed meanwhile are passed over, and so are those in the lane
        that is held apart. The order says nothing.

        Raises:
            DoesNotOpen: for a record that was changed or moved.
        """
        for model in (Record, PendingRecord):
            rows = (
                model.objects.filter(collection_id=self.collection_id, definition_id=definition)
                .exclude(lane=Lane.FLOOD)
                .order_by("id")
            )
            chunk: list[RecordBase] = []
            for row in rows.iterator(chunk_size=_CHUNK):
                chunk.append(row)
                if len(chunk) == _CHUNK:
                    yield from self._open_all(chunk)
                    chunk = []
            yield from self._open_all(chunk)

    def open_one(self, record_id: uuid.UUID) -> Opened | None:
        """One record, or None when it is gone."""
        for model in (Record, PendingRecord):
            row = model.objects.filter(collection_id=self.collection_id, id=record_id).first()
            if row is not None:
                return next(self._open_all([row]), None)
        return None

    def _open_all(self, rows: list[RecordBase]) -> Iterator[Opened]:
        by_epoch = {key.epoch_id: key for key in self.keys}
        data_keys = DataKey.objects.in_bulk([row.id for row in rows])
        for row in rows:
            data_key = data_keys.get(row.id)
            if data_key is None or data_key.epoch_id not in by_epoch:
                continue
            yield Opened(
                record_id=row.id,
                definition=row.definition_id,
                payload=keyring.open_record(
                    bytes(row.sealed),
                    data_key,
                    by_epoch[data_key.epoch_id],
                    collection_id=row.collection_id,
                    definition=row.definition_id,
                ),
            )


def unlock(*, by: AbstractUser, passphrase: str, collection: Collection, reason: str) -> str:
    """Open the keys ``by`` is granted and return the secret for their cookie.

    Raises:
        Refused: for a wrong passphrase, somebody who is no keyholder, or no grant. The same
            sentence each time.
    """
    keyholder = Keyholder.objects.filter(user_id=by.pk, state=Keyholder.State.ACTIVE).first()
    if keyholder is None:
        raise Refused
    try:
        with _derivation_place():
            private = keyring.open_keyholder(keyholder, passphrase)
        keys = keyring.open_grants(keyholder, private, collection)
    except (sealing.DoesNotOpen, EnvelopeError, NotGranted) as error:
        with transaction.atomic():
            audit.append(by=by, action="unlock refused", subject=str(collection.id))
        raise Refused from error
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


def lock(secret: str, *, by: AbstractUser) -> None:
    """Close the keys at once; nothing happens when they are closed already."""
    try:
        row, _raw = _find(secret)
    except Locked:
        return
    with transaction.atomic():
        audit.append(by=by, action="locked", subject=str(row.collection_id))
        row.delete()


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
    row = UnlockedKeys.objects.select_related("keyholder").filter(id=_row_id(raw)).first()
    if row is None:
        raise Locked
    return row, raw


def _row_id(secret: bytes) -> str:
    return hashlib.sha256(b"at-the-table/v1/unlock-id/" + secret).hexdigest()


def _minute() -> dt.datetime:
    return timezone.now().replace(second=0, microsecond=0)


@contextmanager
def _derivation_place() -> Iterator[None]:
    """Wait for one of the few places on this host: each derivation takes 256 MiB."""
    folder = Path(settings.VAULT_RUN_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = uuid.uuid4().int % settings.VAULT_DERIVATIONS_AT_ONCE
    descriptor = os.open(folder / f"derivation-{place}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
