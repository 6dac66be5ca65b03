"""Sealed drafts: an unfinished journey, under a key that only the person's browser holds.

The server keeps one padded blob under a digest of the key. Whoever has the database has
neither the key nor the words. Expiry is kept in five-minute ticks and goes with the draft. So do
the pictures beside it (``attachments``): whatever deletes a draft here deletes them too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from testimony.vault import calendar, envelope, limits, sealing
from testimony.vault.envelope import Kind
from testimony.vault.models import DraftAttachment, SealedDraft

# Every page of every journey makes these two: written out, because the ORM would take longer to
# say them than the database to answer.
_LOAD: Final = "SELECT expires_tick, sealed FROM vault_sealeddraft WHERE id = %s"
_REPLACE: Final = (
    "UPDATE vault_sealeddraft SET expires_tick = %s, sealed = %s WHERE id = %s AND sealed = %s"
)


class DraftGone(Exception):
    """The draft was finished, erased or has expired, or the key is not one of ours."""


class DraftChanged(Exception):
    """Another window or a second press did something with the draft meanwhile."""


@dataclass(frozen=True, slots=True)
class DraftKey:
    """The 256-bit key in the browser's cookie, and what is derived from it."""

    secret: bytes

    @classmethod
    def new(cls) -> DraftKey:
        return cls(sealing.random_key())

    @classmethod
    def from_cookie(cls, value: str) -> DraftKey:
        """Read a key back from its cookie.

        Raises:
            DraftGone: when the cookie holds no such key.
        """
        try:
            secret = base64.urlsafe_b64decode(value.encode("ascii") + b"=")
        except (UnicodeEncodeError, binascii.Error, ValueError):
            raise DraftGone from None
        if len(secret) != sealing.KEY_LENGTH:
            raise DraftGone
        return cls(secret)

    @property
    def cookie(self) -> str:
        return base64.urlsafe_b64encode(self.secret).decode("ascii").rstrip("=")

    @property
    def draft_id(self) -> str:
        return hashlib.sha256(b"at-the-table/v1/draft-id/" + self.secret).hexdigest()


def tick_now() -> int:
    return calendar.tick_at(timezone.now().timestamp())


def load(key: DraftKey) -> dict[str, Any]:
    """Open a draft.

    Raises:
        DraftGone: when there is none, or it has expired.
    """
    return load_to_replace(key)[0]


def load_to_replace(key: DraftKey) -> tuple[dict[str, Any], bytes]:
    """A draft's contents, and the sealed bytes that ``replace`` may put others in the place of.

    Raises:
        DraftGone: as ``load``.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, [key.draft_id])
        found = cursor.fetchone()
    if found is None:
        raise DraftGone
    expires_tick, sealed = found[0], bytes(found[1])
    if expires_tick < tick_now():
        erase(key)
        raise DraftGone
    return _open(key, sealed), sealed


@contextmanager
def claimed(key: DraftKey) -> Iterator[dict[str, Any]]:
    """Open a draft for a change that must happen once, holding others off until it commits.

    Raises:
        DraftGone: as ``load``.
    """
    with transaction.atomic():
        yield _open(key, bytes(hold(key).sealed))


def hold(key: DraftKey) -> SealedDraft:
    """A draft that is there, so that nobody erases it before the caller's transaction ends.

    Raises:
        DraftGone: as ``load``.
    """
    row = (
        SealedDraft.objects.select_for_update()
        .filter(id=key.draft_id, expires_tick__gte=tick_now())
        .first()
    )
    if row is None:
        raise DraftGone
    return row


def save(
    key: DraftKey, contents: dict[str, Any], *, ends_tick: int, idle: int = limits.DRAFT_IDLE_TICKS
) -> bytes:
    """Seal a draft, new or in place of one that the caller has claimed; returns the sealed bytes.

    ``ends_tick`` is the absolute end; the row expires then, or ``idle`` ticks from now.

    Raises:
        TooLarge: when the contents pass 1 MiB.
    """
    row = _sealed(key, contents, ends_tick=ends_tick, idle=idle)
    SealedDraft.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["expires_tick", "sealed"],
    )
    return bytes(row.sealed)


def replace(key: DraftKey, contents: dict[str, Any], *, instead_of: bytes, ends_tick: int) -> bytes:
    """Seal a draft in place of what was loaded, and return the new sealed bytes.

    Raises:
        DraftChanged: when it was erased, sent or answered elsewhere since it was loaded: an erased
            draft must never come back, and a sent one never be sent again.
        TooLarge: when the contents pass 1 MiB.
    """
    row = _sealed(key, contents, ends_tick=ends_tick, idle=limits.DRAFT_IDLE_TICKS)
    with connection.cursor() as cursor:
        cursor.execute(_REPLACE, [row.expires_tick, bytes(row.sealed), row.id, instead_of])
        if not cursor.rowcount:
            raise DraftChanged
    return bytes(row.sealed)


def _sealed(key: DraftKey, contents: dict[str, Any], *, ends_tick: int, idle: int) -> SealedDraft:
    plaintext = json.dumps(contents, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    draft_id = key.draft_id
    return SealedDraft(
        id=draft_id,
        expires_tick=min(tick_now() + idle, ends_tick),
        sealed=sealing.seal_under(
            sealing.subkey(key.secret, "draft"),
            plaintext,
            kind=Kind.DRAFT,
            bound=(draft_id.encode("ascii"),),
            buckets=limits.DRAFT_BUCKETS,
        ),
    )


def erase(key: DraftKey) -> None:
    """Delete a draft and the pictures beside it; nothing happens when there is none."""
    with transaction.atomic():
        # The draft first: whoever adds a picture holds it, and then finds it gone.
        SealedDraft.objects.filter(id=key.draft_id).delete()
        DraftAttachment.objects.filter(draft_id=key.draft_id).delete()


def erase_expired() -> int:
    """Delete every expired draft, and every picture beside none. Returns how many drafts."""
    with transaction.atomic():
        count = SealedDraft.objects.filter(expires_tick__lt=tick_now()).delete()[0]
        DraftAttachment.objects.exclude(draft_id__in=SealedDraft.objects.values("id")).delete()
    return count


def _open(key: DraftKey, sealed: bytes) -> dict[str, Any]:
    try:
        plaintext = sealing.open_under(
            sealing.subkey(key.secret, "draft"),
            sealed,
            kind=Kind.DRAFT,
            bound=(key.draft_id.encode("ascii"),),
        )
    except (sealing.DoesNotOpen, envelope.EnvelopeError) as error:
        raise DraftGone from error
    contents: dict[str, Any] = json.loads(plaintext)
    return contents
