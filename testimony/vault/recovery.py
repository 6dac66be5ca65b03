"""The organisation's recovery key: made offline, split among three people, never on the server.

Three moments. *Making*: a seed is drawn on a machine without a network, printed as three sheets of
words, and only the public half leaves the room. *Asking*: the server writes a bundle, the epoch
keys as they are sealed to the recovery key, and for each epoch a riddle sealed to the epoch's own
key. *Answering*: two sheets open the bundle offline and seal the epoch keys to one keyholder;
the answers to the riddles show the server that this was no forgery, so that an administrator alone
can't put somebody on a roster.

Bundle and answer are JSON and hold nothing that opens without the sheets or that keyholder's words.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from testimony.vault import audit, custody, sealing
from testimony.vault.envelope import EnvelopeError, Kind
from testimony.vault.models import Collection, EpochGrant, Keyholder, RecoveryKey

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

FORMAT: Final = "at-the-table/recovery/1"
PUBLIC_PREFIX: Final = "attrk1"
SEED_LENGTH: Final = 32
SUITE: Final = 2
_SALT: Final = "at-the-table.recovery"
_NONCE_LENGTH: Final = 32
_DAYS_TO_ANSWER: Final = 14


class NotARecoveryFile(ValueError):
    """What was handed in is not what this step needs. The sentence says what is wrong."""


@dataclass(frozen=True, slots=True)
class PublicHalf:
    """The public half of a recovery key, as it is pasted in."""

    suite: int
    public: bytes

    @property
    def fingerprint(self) -> str:
        return sealing.fingerprint(self.suite, self.public)

    def as_text(self) -> str:
        """One line to paste: prefix, suite, key, and a short check of the whole."""
        body = bytes((self.suite,)) + self.public
        check = hashlib.sha256(body).digest()[:4]
        return PUBLIC_PREFIX + base64.urlsafe_b64encode(body + check).decode("ascii").rstrip("=")


def public_half_of(seed: bytes) -> PublicHalf:
    """The public half of the key that a seed stands for."""
    pair = sealing.key_pair_from_seed(seed, SUITE)
    return PublicHalf(pair.suite, pair.public)


def read_public_half(typed: str) -> PublicHalf:
    """Read what was pasted, line breaks and spaces aside.

    Raises:
        NotARecoveryFile: when it is cut short, mistyped, or something else.
    """
    text = "".join(typed.split())
    try:
        raw = base64.urlsafe_b64decode(text.removeprefix(PUBLIC_PREFIX) + "==")
    except (binascii.Error, ValueError):
        raw = b""
    body, check = raw[:-4], raw[-4:]
    is_whole = text.startswith(PUBLIC_PREFIX) and hashlib.sha256(body).digest()[:4] == check
    if not is_whole or len(body) < 2:
        raise NotARecoveryFile(
            _("This is not a whole public half. Paste the line that starts with attrk1.")
        )
    half = PublicHalf(body[0], body[1:])
    try:
        sealing.seal_to(half.public, b"", suite=half.suite, kind=Kind.CHALLENGE, bound=())
    except (EnvelopeError, ValueError):
        raise NotARecoveryFile(_("This public half is of a kind that is not known here.")) from None
    return half


def in_groups(fingerprint: str) -> str:
    """The first forty signs of a fingerprint in groups of five, as the sheets show them."""
    shown = fingerprint[:40].upper()
    return " ".join(shown[start : start + 5] for start in range(0, 40, 5))


def shown_fingerprint(keyholder: Keyholder) -> str:
    """The fingerprint of a keyholder's key, in groups, as their kit shows it."""
    return in_groups(sealing.fingerprint(keyholder.suite, bytes(keyholder.public_key)))


def write_bundle(
    *, by: AbstractUser | None, collection: Collection, key: RecoveryKey, keyholder: Keyholder
) -> str:
    """What two sheets need to let ``keyholder`` in again, as JSON. Opens nothing without them.

    An audit entry says for whom, because the bundle is a lasting copy of the sealed keys.

    Raises:
        NotARecoveryFile: when nothing of this collection was sealed to that recovery key.
    """
    epochs: list[dict[str, str]] = []
    riddles: dict[str, str] = {}
    grants = EpochGrant.objects.filter(
        recovery_key=key, epoch__collection=collection, epoch__destroyed_on__isnull=True
    ).select_related("epoch")
    for grant in grants.order_by("epoch__month", "epoch__generation"):
        epoch, nonce = grant.epoch, os.urandom(_NONCE_LENGTH)
        riddles[epoch.id.hex] = hashlib.sha256(nonce).hexdigest()
        riddle = sealing.seal_to(
            bytes(epoch.public_key),
            nonce,
            suite=epoch.suite,
            kind=Kind.CHALLENGE,
            bound=(epoch.id.bytes, keyholder.id.bytes),
        )
        epochs.append(
            {
                "id": epoch.id.hex,
                "sealed": _text(bytes(grant.sealed_epoch_key)),
                "riddle": _text(riddle),
            }
        )
    if not epochs:
        raise NotARecoveryFile(_("Nothing in this collection was sealed to that recovery key."))
    with transaction.atomic():
        audit.append(
            by=by,
            action="recovery bundle made",
            subject=str(collection.id),
            reason=f"for {keyholder.id}",
        )
    return json.dumps(
        {
            "format": FORMAT,
            "collection": {"id": collection.id.hex, "name": collection.name},
            "recovery_key": {"id": key.id.hex, "fingerprint": key.fingerprint},
            "keyholder": {
                "id": keyholder.id.hex,
                "suite": keyholder.suite,
                "public_key": _text(bytes(keyholder.public_key)),
                "fingerprint": sealing.fingerprint(keyholder.suite, bytes(keyholder.public_key)),
            },
            "epochs": epochs,
            "token": signing.dumps(
                [collection.id.hex, keyholder.id.hex, key.id.hex, riddles],
                salt=_SALT,
                compress=True,
            ),
        },
        indent=1,
    )


def recipient_of(text: str) -> tuple[str, str]:
    """Whom a bundle lets in: the collection's name, and the fingerprint of their key, recomputed.

    Raises:
        NotARecoveryFile: when it is no bundle.
    """
    bundle = _read(text)
    try:
        person = bundle["keyholder"]
        fingerprint = sealing.fingerprint(int(person["suite"]), _bytes(person["public_key"]))
        return str(bundle["collection"]["name"]), in_groups(fingerprint)
    except (KeyError, TypeError, ValueError):
        raise NotARecoveryFile(_("This bundle is damaged, or was changed on the way.")) from None


def answer_bundle(text: str, seed: bytes) -> str:
    """Offline: open a bundle with the seed of two sheets and seal its keys to the keyholder.

    Raises:
        NotARecoveryFile: when the file is not a bundle, was changed, or is another key's.
    """
    bundle = _read(text)
    pair = sealing.key_pair_from_seed(seed, SUITE)
    try:
        recovery, person = bundle["recovery_key"], bundle["keyholder"]
        if recovery["fingerprint"] != sealing.fingerprint(pair.suite, pair.public):
            raise NotARecoveryFile(_("This bundle belongs to another recovery kit."))
        recovery_id, keyholder_id = uuid.UUID(recovery["id"]), uuid.UUID(person["id"])
        public = _bytes(person["public_key"])
        opener = sealing.Opener(pair.private, pair.suite)
        answers = {}
        for item in bundle["epochs"]:
            epoch_id = uuid.UUID(item["id"])
            private = opener.open(
                _bytes(item["sealed"]),
                kind=Kind.EPOCH_KEY,
                bound=(epoch_id.bytes, recovery_id.bytes),
            )
            nonce = sealing.open_with(
                private,
                _bytes(item["riddle"]),
                kind=Kind.CHALLENGE,
                bound=(epoch_id.bytes, keyholder_id.bytes),
            )
            grant = sealing.seal_to(
                public,
                private,
                suite=int(person["suite"]),
                kind=Kind.EPOCH_KEY,
                bound=(epoch_id.bytes, keyholder_id.bytes),
            )
            answers[epoch_id.hex] = {"grant": _text(grant), "answer": _text(nonce)}
    except (KeyError, TypeError, ValueError, sealing.DoesNotOpen) as error:
        if isinstance(error, NotARecoveryFile):
            raise
        raise NotARecoveryFile(_("This bundle is damaged, or was changed on the way.")) from None
    return json.dumps({"format": FORMAT, "token": bundle["token"], "epochs": answers}, indent=1)


def take_in(*, by: AbstractUser, text: str) -> tuple[Collection, Keyholder, int]:
    """Check an answer against its riddles and keep the grants. Returns whom, and how many.

    Raises:
        NotARecoveryFile: when it is no answer, is older than fourteen days, or was not made by
            somebody who could open those epochs.
        CeremonyRefused: when the keyholder was removed meanwhile.
    """
    answer = _read(text)
    try:
        collection_id, keyholder_id, key_id, riddles = signing.loads(
            answer.get("token", ""), salt=_SALT, max_age=_DAYS_TO_ANSWER * 86400
        )
        given: dict[str, dict[str, str]] = answer["epochs"]
        grants = {
            epoch: _bytes(item["grant"])
            for epoch, item in given.items()
            if hashlib.sha256(_bytes(item["answer"])).hexdigest() == riddles[epoch]
        }
        is_proven = bool(grants) and set(grants) == set(given) == set(riddles)
    except signing.BadSignature:
        raise NotARecoveryFile(
            _("This answer is not to a bundle of ours, or it is older than fourteen days.")
        ) from None
    except (KeyError, TypeError, ValueError, AttributeError):
        is_proven = False
    if not is_proven:
        raise NotARecoveryFile(_("This answer does not fit its bundle. Nothing was kept."))
    collection = Collection.objects.get(pk=uuid.UUID(collection_id))
    keyholder = Keyholder.objects.get(pk=uuid.UUID(keyholder_id))
    count = custody.take_in_recovered(
        by=by,
        collection=collection,
        keyholder=keyholder,
        key=RecoveryKey.objects.get(pk=uuid.UUID(key_id)),
        grants=grants,
    )
    return collection, keyholder, count


def note_refusal(*, by: AbstractUser) -> None:
    """An answer that does not fit may be somebody trying: the log keeps that it was handed in."""
    with transaction.atomic():
        audit.append(by=by, action="recovery answer refused")


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotARecoveryFile(_("This is not a file of the recovery kit."))
    return found


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
