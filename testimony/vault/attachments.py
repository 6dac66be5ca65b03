"""Pictures, sealed from the moment they are new: first to the draft, then to the record.

Beside a draft, under a key derived from the one in the person's browser; the rows go with the
draft. With a record, under a key derived from the record's data key and the picture's id: what
destroys the data key destroys the pictures. Ids are drawn anew at sending, so that an image of the
disk taken before does not lead from a draft to a record.

Only JPEGs that were made new come here (``testimony.wizard.pictures``). What a phone sent, its
name and its metadata never do.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from testimony.vault import drafts, envelope, limits, sealing
from testimony.vault.drafts import DraftGone, DraftKey
from testimony.vault.envelope import EnvelopeError, Kind
from testimony.vault.models import Attachment, DraftAttachment

_SIZES: Final = struct.Struct(">HH")

LARGEST: Final = (
    limits.ATTACHMENT_BUCKETS[-1]
    - envelope.SYMMETRIC_OVERHEAD
    - envelope.LENGTH_PREFIX
    - _SIZES.size
)
"""How many bytes a picture may have to fit its bucket, in a draft and in a record."""


class TooManyPictures(Exception):
    """The draft holds as many pictures as one record may have."""

    message = _("You can add up to three pictures. Take one away first.")

    def __str__(self) -> str:
        return str(self.message)


class PictureGone(Exception):
    """The picture was taken away, or its draft or record is gone."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG that holds what can be seen and nothing else, and its size in pixels."""

    data: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Held:
    """A picture beside a draft: what a page needs to know to list it."""

    id: uuid.UUID
    width: int
    height: int
    size: int
    """In bytes."""


# Beside a draft.


def add(key: DraftKey, picture: Picture) -> Held:
    """Seal a picture beside a draft that is there.

    Raises:
        DraftGone: when the draft was erased or has expired: a picture never outlives its draft.
        TooManyPictures: when it would be the fourth.
        TooLarge: when it passes 4 MiB.
    """
    row = DraftAttachment(draft_id=key.draft_id)
    row.sealed = sealing.seal_under(
        _key_beside(key),
        _SIZES.pack(picture.width, picture.height) + picture.data,
        kind=Kind.ATTACHMENT,
        bound=_bound_beside(row),
        buckets=limits.ATTACHMENT_BUCKETS,
    )
    row.bucket = len(row.sealed)
    with transaction.atomic():
        drafts.hold(key)
        if DraftAttachment.objects.filter(draft_id=key.draft_id).count() >= limits.PICTURES:
            raise TooManyPictures
        DraftAttachment.objects.bulk_create([row])
    return _held(row, picture)


def held(key: DraftKey) -> list[Held]:
    """The pictures beside a draft, in an order that says nothing."""
    rows = DraftAttachment.objects.filter(draft_id=key.draft_id).order_by("id")
    return [_held(row, _open_beside(key, row)) for row in rows]


def open_one(key: DraftKey, picture_id: uuid.UUID) -> Picture:
    """One picture beside a draft, for the person who added it.

    Raises:
        PictureGone: when it is not there.
    """
    row = DraftAttachment.objects.filter(draft_id=key.draft_id, id=picture_id).first()
    if row is None:
        raise PictureGone
    return _open_beside(key, row)


def open_all(key: DraftKey, ids: Iterable[uuid.UUID]) -> list[Picture]:
    """Those of the pictures that are there, in the order asked for."""
    wanted = list(ids)
    rows = DraftAttachment.objects.filter(draft_id=key.draft_id).in_bulk(wanted)
    return [_open_beside(key, rows[one]) for one in wanted if one in rows]


def remove(key: DraftKey, picture_id: uuid.UUID) -> None:
    """Take one picture away; nothing happens when it is gone already."""
    DraftAttachment.objects.filter(draft_id=key.draft_id, id=picture_id).delete()


def take(key: DraftKey, ids: Iterable[uuid.UUID]) -> list[Picture]:
    """Open these pictures to be sent, and delete all that stand beside the draft.

    Part of the transaction that seals the record: when that fails, they are still there.

    Raises:
        TransactionManagementError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Pictures are taken as a record is sealed.")
    pictures = open_all(key, ids)
    DraftAttachment.objects.filter(draft_id=key.draft_id).delete()
    return pictures


def _held(row: DraftAttachment, picture: Picture) -> Held:
    return Held(row.id, picture.width, picture.height, len(picture.data))


def _open_beside(key: DraftKey, row: DraftAttachment) -> Picture:
    try:
        plaintext = sealing.open_under(
            _key_beside(key), bytes(row.sealed), kind=Kind.ATTACHMENT, bound=_bound_beside(row)
        )
    except (sealing.DoesNotOpen, EnvelopeError) as error:
        raise DraftGone from error
    width, height = _SIZES.unpack_from(plaintext)
    return Picture(plaintext[_SIZES.size :], width, height)


def _key_beside(key: DraftKey) -> bytes:
    return sealing.subkey(key.secret, "draft-attachment")


def _bound_beside(row: DraftAttachment) -> tuple[bytes, ...]:
    return row.draft_id.encode("ascii"), row.id.bytes


# With a record. The data key is ``keyring``'s: nobody else calls these.


def seal_with_record(
    data_key: bytes, picture: Picture, *, record_id: uuid.UUID, bound: tuple[bytes, ...]
) -> Attachment:
    """One picture's row, unsaved. ``bound`` is what the record itself is bound to.

    Raises:
        TooLarge: when it passes 4 MiB.
    """
    row = Attachment(id=uuid.uuid4(), record_id=record_id)
    row.sealed = sealing.seal_under(
        _key_within(data_key, row.id),
        picture.data,
        kind=Kind.ATTACHMENT,
        bound=(row.id.bytes, *bound),
        buckets=limits.ATTACHMENT_BUCKETS,
    )
    row.bucket = len(row.sealed)
    return row


def open_with_record(data_key: bytes, row: Attachment, *, bound: tuple[bytes, ...]) -> bytes:
    """The JPEG in one row.

    Raises:
        DoesNotOpen: when it was changed, or moved to another record or picture.
        EnvelopeError: when the bytes are not an envelope.
    """
    return sealing.open_under(
        _key_within(data_key, row.id),
        bytes(row.sealed),
        kind=Kind.ATTACHMENT,
        bound=(row.id.bytes, *bound),
    )


def listed(row: Attachment, picture: Picture) -> dict[str, object]:
    """What the sealed payload of the record says of a picture."""
    return {
        "id": str(row.id),
        "width": picture.width,
        "height": picture.height,
        "bytes": len(picture.data),
    }


def _key_within(data_key: bytes, picture_id: uuid.UUID) -> bytes:
    return sealing.subkey(data_key, f"attachment/{picture_id.hex}")
