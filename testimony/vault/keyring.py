"""The keyring: making key pairs, granting them, and finding the one that is valid now.

The private half of an epoch exists in clear only inside these functions and in an open
``unlock.Grant``; at rest it is sealed to each keyholder.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.utils import timezone

from testimony.vault import attachments, calendar, sealing, wordlists
from testimony.vault.attachments import Picture
from testimony.vault.envelope import EnvelopeError, Kind
from testimony.vault.models import (
    Attachment,
    Collection,
    DataKey,
    Epoch,
    EpochGrant,
    FrozenDefinition,
    Keyholder,
    RecoveryKey,
)
from testimony.vault.sealing import KdfParameters

SALT_LENGTH: Final = 16


class NoValidKey(Exception):
    """The collection has no key for this month, so nothing can be taken in."""


class NotGranted(Exception):
    """The keyholder holds no key of this collection."""


@dataclass(frozen=True, slots=True)
class OpenEpochKey:
    """An epoch's private key in clear, for as long as one request or one child process."""

    epoch_id: uuid.UUID
    private: bytes = field(repr=False)


def costs() -> KdfParameters:
    """The passphrase costs for new keyholders, from the settings."""
    return KdfParameters(**settings.VAULT_KDF)


def as_entered(passphrase: str) -> str:
    """The stubs of a passphrase's words with single spaces: what its key is derived from.

    Stubs tell all words of a list apart, so nothing is lost; and a capital letter, a missing
    accent or a second space does not keep somebody out.
    """
    return " ".join(wordlists.as_typed(passphrase))


def make_keyholder(user_id: int, passphrase: str, code: bytes) -> Keyholder:
    """A keyholder, unsaved: a fresh key pair under ``passphrase``, and a copy under ``code``."""
    pair = sealing.generate_key_pair(settings.VAULT_SUITE)
    keyholder = Keyholder(user_id=user_id, suite=pair.suite, public_key=pair.public)
    wrap_under_passphrase(keyholder, pair.private, passphrase)
    wrap_under_code(keyholder, pair.private, code)
    return keyholder


def wrap_under_passphrase(keyholder: Keyholder, private: bytes, passphrase: str) -> None:
    """Seal a keyholder's private key under a passphrase, with a fresh salt and today's costs."""
    salt, spent = os.urandom(SALT_LENGTH), costs()
    keyholder.salt = salt
    keyholder.kdf_memory_kib = spent.memory_kib
    keyholder.kdf_passes = spent.passes
    keyholder.kdf_lanes = spent.lanes
    keyholder.sealed_private_key = sealing.seal_under(
        sealing.key_from_passphrase(as_entered(passphrase), salt, spent),
        private,
        kind=Kind.KEYHOLDER_KEY,
        bound=(keyholder.id.bytes, bytes(keyholder.public_key)),
    )


def wrap_under_code(keyholder: Keyholder, private: bytes, code: bytes) -> None:
    """Seal a second copy under the 160-bit code that its holder keeps on paper."""
    salt = os.urandom(SALT_LENGTH)
    keyholder.recovery_salt = salt
    keyholder.recovery_sealed_private_key = sealing.seal_under(
        sealing.key_from_code(code, salt),
        private,
        kind=Kind.RECOVERY_COPY,
        bound=(keyholder.id.bytes, bytes(keyholder.public_key)),
    )


def open_keyholder(keyholder: Keyholder, passphrase: str) -> bytes:
    """The keyholder's private key.

    Raises:
        DoesNotOpen: for a wrong passphrase.
    """
    spent = KdfParameters(keyholder.kdf_memory_kib, keyholder.kdf_passes, keyholder.kdf_lanes)
    return sealing.open_under(
        sealing.key_from_passphrase(as_entered(passphrase), bytes(keyholder.salt), spent),
        bytes(keyholder.sealed_private_key),
        kind=Kind.KEYHOLDER_KEY,
        bound=(keyholder.id.bytes, bytes(keyholder.public_key)),
    )


def open_keyholder_by_code(keyholder: Keyholder, code: bytes) -> bytes:
    """The keyholder's private key, from the copy under their recovery code.

    Raises:
        DoesNotOpen: for a code that is not theirs.
    """
    return sealing.open_under(
        sealing.key_from_code(code, bytes(keyholder.recovery_salt)),
        bytes(keyholder.recovery_sealed_private_key),
        kind=Kind.RECOVERY_COPY,
        bound=(keyholder.id.bytes, bytes(keyholder.public_key)),
    )


def make_epoch(collection: Collection, month: str, generation: int) -> tuple[Epoch, OpenEpochKey]:
    """An epoch, unsaved, and its private key, to be granted before it is forgotten."""
    pair = sealing.generate_key_pair(settings.VAULT_SUITE)
    epoch = Epoch(
        collection=collection,
        month=month,
        generation=generation,
        suite=pair.suite,
        public_key=pair.public,
        expires=calendar.expiry_of(
            month, keep_months=collection.keep_months, at_latest=collection.destruction_date
        ),
    )
    return epoch, OpenEpochKey(epoch.id, pair.private)


def make_grant(key: OpenEpochKey, recipient: Keyholder | RecoveryKey) -> EpochGrant:
    """An epoch's private key sealed to a keyholder or a recovery key, unsaved."""
    is_person = isinstance(recipient, Keyholder)
    return EpochGrant(
        epoch_id=key.epoch_id,
        keyholder_id=recipient.id if is_person else None,
        recovery_key_id=None if is_person else recipient.id,
        sealed_epoch_key=sealing.seal_to(
            bytes(recipient.public_key),
            key.private,
            suite=recipient.suite,
            kind=Kind.EPOCH_KEY,
            bound=(key.epoch_id.bytes, recipient.id.bytes),
        ),
    )


def open_grants(
    keyholder: Keyholder, private: bytes, collection: Collection
) -> tuple[OpenEpochKey, ...]:
    """Every epoch key of a collection that this keyholder is granted.

    Raises:
        NotGranted: when there is none.
    """
    grants = EpochGrant.objects.filter(keyholder=keyholder, epoch__collection=collection)
    keys = tuple(
        OpenEpochKey(
            grant.epoch_id,
            sealing.open_with(
                private,
                bytes(grant.sealed_epoch_key),
                kind=Kind.EPOCH_KEY,
                bound=(grant.epoch_id.bytes, keyholder.id.bytes),
            ),
        )
        for grant in grants
    )
    if not keys:
        raise NotGranted
    return keys


def current_epoch(collection_id: uuid.UUID, month: str) -> Epoch:
    """The epoch that records of ``month`` are sealed to: its latest generation.

    Raises:
        NoValidKey: when none was made. Intake then fails closed.
    """
    epoch = (
        Epoch.objects.filter(collection_id=collection_id, month=month, destroyed_on__isnull=True)
        .order_by("-generation")
        .first()
    )
    if epoch is None:
        raise NoValidKey
    return epoch


def is_ready(collection_id: uuid.UUID) -> bool:
    """Whether a collection has a key for what comes in today."""
    today = timezone.now().date()
    return Epoch.objects.filter(
        collection_id=collection_id,
        month=calendar.month_of(today),
        destroyed_on__isnull=True,
        expires__gt=today,
    ).exists()


def seal_record(
    payload: dict[str, object],
    *,
    record_id: uuid.UUID,
    epoch: Epoch,
    definition: str,
) -> tuple[bytes, DataKey]:
    """Seal one record under a fresh data key, and the data key to the epoch.

    Returns the envelope (exactly one bucket long) and the data key's row, unsaved.

    Raises:
        TooLarge: when the payload passes 256 KiB.
    """
    sealed, data_key, _none = seal_record_with_pictures(
        payload, (), record_id=record_id, epoch=epoch, definition=definition
    )
    return sealed, data_key


def seal_record_with_pictures(
    payload: dict[str, object],
    pictures: Sequence[Picture],
    *,
    record_id: uuid.UUID,
    epoch: Epoch,
    definition: str,
) -> tuple[bytes, DataKey, list[Attachment]]:
    """The same, and each picture under a key derived from the data key, its row unsaved.

    The payload lists the pictures by id, in the order given, under ``attachments``.

    Raises:
        TooLarge: when the payload passes 256 KiB, or a picture 4 MiB.
    """
    data_key = sealing.random_key()
    bound = _bound(record_id, epoch.collection_id, definition)
    rows = [
        attachments.seal_with_record(data_key, picture, record_id=record_id, bound=bound)
        for picture in pictures
    ]
    if rows:
        listed = [attachments.listed(*both) for both in zip(rows, pictures, strict=True)]
        payload = {**payload, "attachments": listed}
    plaintext = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    sealed = sealing.seal_under(data_key, plaintext, kind=Kind.RECORD, bound=bound)
    wrapped = sealing.seal_to(
        bytes(epoch.public_key),
        data_key,
        suite=epoch.suite,
        kind=Kind.DATA_KEY,
        bound=(*bound, epoch.id.bytes),
    )
    return sealed, DataKey(record_id=record_id, epoch_id=epoch.id, sealed_data_key=wrapped), rows


def open_record(
    sealed: bytes,
    data_key: DataKey,
    epoch_key: OpenEpochKey,
    *,
    collection_id: uuid.UUID,
    definition: str,
    opener: sealing.Opener | None = None,
) -> dict[str, object]:
    """Open one record. For many of one epoch, ``opener`` holds its key made ready.

    Raises:
        DoesNotOpen: when a row was changed, moved, or belongs to another key.
        EnvelopeError: when the bytes are not an envelope, or hold no JSON object.
    """
    bound = _bound(data_key.record_id, collection_id, definition)
    key = _opened_key(data_key, epoch_key, bound, opener)
    plaintext = sealing.open_under(key, sealed, kind=Kind.RECORD, bound=bound)
    try:
        payload = json.loads(plaintext)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise EnvelopeError("The record holds no JSON object.")
    return payload


def open_picture(
    row: Attachment,
    data_key: DataKey,
    epoch_key: OpenEpochKey,
    *,
    collection_id: uuid.UUID,
    definition: str,
) -> bytes:
    """Open one picture of a record: a JPEG.

    Raises:
        DoesNotOpen, EnvelopeError: as ``open_record``.
    """
    bound = _bound(data_key.record_id, collection_id, definition)
    key = _opened_key(data_key, epoch_key, bound)
    return attachments.open_with_record(key, row, bound=bound)


def _opened_key(
    data_key: DataKey,
    epoch_key: OpenEpochKey,
    bound: tuple[bytes, ...],
    opener: sealing.Opener | None = None,
) -> bytes:
    wrapped = bytes(data_key.sealed_data_key)
    if opener is None:
        opener = sealing.Opener.for_envelope(epoch_key.private, wrapped, kind=Kind.DATA_KEY)
    return opener.open(wrapped, kind=Kind.DATA_KEY, bound=(*bound, epoch_key.epoch_id.bytes))


def keep_definition(canonical: bytes, digest: str) -> FrozenDefinition:
    """Store a definition under its digest, once."""
    frozen, _created = FrozenDefinition.objects.get_or_create(
        digest=digest, defaults={"canonical": canonical}
    )
    return frozen


def _bound(record_id: uuid.UUID, collection_id: uuid.UUID, definition: str) -> tuple[bytes, ...]:
    return record_id.bytes, collection_id.bytes, bytes.fromhex(definition)
