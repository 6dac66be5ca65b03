"""Printed codes that speak for a person, and marks that count once. Both are forgotten on use.

A *voucher* is a code on a card handed out by somebody who knows whom they hand it to, or a code
with which a peer types in for somebody. Almost sixty random bits in twelve signs; only a keyed
digest is stored, with the pepper of the environment, so the database alone can't be searched for a
card that was found. A code that is used is deleted, and nothing is ever stored that ties it to what
was sent with it. Where a *mark* of a first page was used to send, its digest is kept until it has
expired.

**What a disk shows until the daily job has run.** The row of a used code is deleted, and that of a
used mark written, in the transaction that writes the record. PostgreSQL keeps that transaction's
number in all of them: ``xmax`` in the dead row of the code, ``xmin`` in the record. An image of
the disk, taken before the daily shuffle writes the record anew and the sweep rewrites the tables,
can tie them together, and says which printed batch a card was of: all codes of one batch carry
the ``xmin`` of their making. After that nothing does. SQLite keeps no such numbers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from testimony.vault import audit
from testimony.vault.models import Collection, SpentToken, Voucher
from testimony.vault.permissions import may

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

PERMISSION: Final = "vault.hold_keys"
"""Who reads what comes in decides whom to trust: the same people make codes and take them back."""

MOST: Final = 200
SIGNS: Final = 12
_GROUP: Final = 4
_ALPHABET: Final = "0123456789bcdfghjkmnpqrstvwxyz"
"""Crockford's base 32, less its vowels: no letter that is taken for a digit, and no code that
spells a word on somebody's card. Letters that are typed for a digit are read back."""
_READ_AS: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "u": "v"})
_MARK_LIVES: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """What a code stands for: its kind, and the address part of the door it opens."""

    kind: Voucher.Kind
    door: str


# Making and taking back.


@sensitive_variables("codes")
def make_vouchers(
    *,
    by: AbstractUser,
    collection: Collection,
    door: str,
    kind: Voucher.Kind,
    count: int,
    expires: dt.date,
) -> list[str]:
    """Make codes for one door and return them: the only time that anybody sees them.

    They hold through the day ``expires`` (UTC). The log learns how many, and nothing else. The
    rows are written in an order of their own: where one stands says nothing of where its card
    stood on the sheet.

    Raises:
        PermissionDenied: for somebody who may not hold keys.
        ValueError: for no code at all, or more than 200 at once.
    """
    codes = draw(by, count)
    keep(codes, by=by, collection=collection, door=door, kind=kind, expires=expires)
    return codes


@sensitive_variables("codes", "printed")
def make_printed(
    press: Callable[[list[str]], bytes],
    *,
    by: AbstractUser,
    collection: Collection,
    door: str,
    kind: Voucher.Kind,
    count: int,
    expires: dt.date,
) -> bytes:
    """Make codes as ``make_vouchers`` does, and return what ``press`` made of them.

    The press works first, outside any transaction: nobody waits for it, and a code that could not
    be printed is never kept.
    """
    codes = draw(by, count)
    printed = press(codes)
    keep(codes, by=by, collection=collection, door=door, kind=kind, expires=expires)
    return printed


def draw(by: AbstractUser, count: int) -> list[str]:
    """New codes that nobody holds yet: they open nothing until they are kept.

    Raises:
        PermissionDenied: for somebody who may not hold keys.
        ValueError: for no code at all, or more than 200 at once.
    """
    _check_may_make(by)
    if not 1 <= count <= MOST:
        raise ValueError(f"From one to {MOST} codes are made at once.")
    return [_new_code() for _number in range(count)]


@sensitive_variables("codes")
def keep(
    codes: list[str],
    *,
    by: AbstractUser,
    collection: Collection,
    door: str,
    kind: Voucher.Kind,
    expires: dt.date,
) -> None:
    """Keep codes that were drawn, as digests. From here on they hold.

    Raises:
        PermissionDenied: for somebody who may not hold keys.
    """
    _check_may_make(by)
    rows = [
        Voucher(
            digest=_digest_of(code), collection=collection, door=door, kind=kind, expires=expires
        )
        for code in codes
    ]
    secrets.SystemRandom().shuffle(rows)
    with transaction.atomic():
        Voucher.objects.bulk_create(rows, batch_size=MOST)
        audit.append(
            by=by,
            action=_MADE[kind],
            subject=str(collection.pk),
            reason=f"{door}: {len(codes)}",
        )


def revoke_unused(*, by: AbstractUser, door: str, kind: Voucher.Kind | None = None) -> int:
    """Take back every code of a door that nobody used yet. Returns how many there were.

    Raises:
        PermissionDenied: for somebody who may not hold keys.
    """
    _check_may_make(by)
    with transaction.atomic():
        audit.wait_for_turn()
        count: int = _of_door(door, kind).delete()[0]
        audit.append(by=by, action="codes taken back", subject=door, reason=str(count))
    return count


def count_unused(door: str, kind: Voucher.Kind | None = None) -> int:
    """How many codes of a door are out and can still be used. Pages show it rounded."""
    return _of_door(door, kind).filter(expires__gte=timezone.now().date()).count()


def forget_expired() -> tuple[int, int]:
    """Delete codes and marks past their last day. Returns how many of each."""
    today = timezone.now().date()
    with transaction.atomic():
        codes: int = Voucher.objects.filter(expires__lt=today).delete()[0]
        marks: int = SpentToken.objects.filter(expires__lt=today).delete()[0]
    return codes, marks


# Using.


def kind_of(code: str, door: str | None = None) -> Found | None:
    """What a code stands for, without using it up. None for one that is unknown, used or too old.

    Typed in any case, with or without dashes and spaces. With ``door``, only a code of that door.
    """
    found = _valid(code, door).values_list("kind", "door").first()
    return None if found is None else Found(Voucher.Kind(found[0]), found[1])


def spend(code: str, *, door: str) -> Voucher.Kind | None:
    """Use a code up, inside the caller's transaction: its kind, or None when it does not hold.

    Of two people who use one code at once, one has it. If the caller's transaction fails, the code
    still holds. A code that is unknown costs the same two statements as one that is not.

    Raises:
        TransactionManagementError: outside a transaction, where a code could be used for nothing.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A code is used as part of an action.")
    kind = _valid(code, door).values_list("kind", flat=True).first()
    deleted: int = _valid(code, door).delete()[0]
    return Voucher.Kind(kind) if kind is not None and deleted else None


def use_once(mark: str) -> bool:
    """Note that a first page's mark was used to send: True the first time, False ever after.

    For the caller's transaction. One statement that raises nothing and waits for whoever uses the
    same mark at this moment, so that nothing fails and the database's own log learns nothing.
    """
    expires = timezone.now().date() + _MARK_LIVES
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO vault_spenttoken (digest, expires) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [_keyed(b"mark/v1/", mark), expires.isoformat()],
        )
        return bool(cursor.rowcount)


# Pieces.

_MADE: Final = {
    Voucher.Kind.CARD: "cards made",
    Voucher.Kind.ASSISTED: "assisted codes made",
}


def _check_may_make(user: AbstractUser) -> None:
    if not may(user, PERMISSION):
        raise PermissionDenied


def _new_code() -> str:
    signs = "".join(secrets.choice(_ALPHABET) for _place in range(SIGNS))
    return "-".join(signs[start : start + _GROUP] for start in range(0, SIGNS, _GROUP))


def _digest_of(typed: str) -> str:
    """The keyed digest of a code as a person typed it."""
    signs = "".join(sign for sign in typed.lower() if sign.isalnum())
    return _keyed(b"voucher/v1/", signs.translate(_READ_AS))


def _keyed(label: bytes, text: str) -> str:
    pepper = settings.VAULT_PEPPER.encode("utf-8")
    message = label + text.encode("utf-8", "surrogatepass")
    return hmac.new(pepper, message, hashlib.sha256).hexdigest()


def _of_door(door: str, kind: Voucher.Kind | None) -> QuerySet[Voucher]:
    rows = Voucher.objects.filter(door=door)
    return rows if kind is None else rows.filter(kind=kind)


def _valid(code: str, door: str | None) -> QuerySet[Voucher]:
    rows = Voucher.objects.filter(digest=_digest_of(code), expires__gte=timezone.now().date())
    return rows if door is None else rows.filter(door=door)
