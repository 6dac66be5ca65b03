"""The envelope: how sealed bytes are laid out. Pure: no key, no cipher, no database.

Layout of version 1, in bytes::

    0..3   magic "ATTE"
    4      version, 1
    5      suite (1 or 2; 0 where no public key is involved)
    6      kind (see ``Kind``)
    7      reserved, 0
    8..    body: nonce (12) and ciphertext for a symmetric seal; the HPKE encapsulated key
           and ciphertext for a public-key seal

The header and a list of context parts (record, collection, definition) are bound as
associated data, so an envelope that is moved, swapped or re-labelled does not open.
Plaintext is padded to a fixed bucket before it is sealed: a symmetric envelope's size is
exactly its bucket, and says nothing more about what is inside.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from testimony.vault.limits import RECORD_BUCKETS

MAGIC: Final = b"ATTE"
VERSION: Final = 1
HEADER_LENGTH: Final = 8
NONCE_LENGTH: Final = 12
TAG_LENGTH: Final = 16
LENGTH_PREFIX: Final = 4
SYMMETRIC_OVERHEAD: Final = HEADER_LENGTH + NONCE_LENGTH + TAG_LENGTH


class Kind(enum.IntEnum):
    """What an envelope holds. Part of the header, so one kind never passes for another."""

    RECORD = 1
    DATA_KEY = 2
    DRAFT = 3
    EPOCH_KEY = 4
    KEYHOLDER_KEY = 5
    UNLOCKED_KEYS = 6
    RECOVERY_COPY = 7
    CHALLENGE = 8
    EXPORT = 9
    ATTACHMENT = 10


class EnvelopeError(ValueError):
    """The bytes are not an envelope this version can read."""


class TooLarge(EnvelopeError):
    """The plaintext does not fit the largest bucket."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"{length} bytes do not fit the largest envelope, {limit} bytes.")
        self.length = length
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Header:
    """The eight bytes every envelope starts with."""

    suite: int
    kind: Kind

    def encode(self) -> bytes:
        return MAGIC + bytes((VERSION, self.suite, self.kind, 0))


@dataclass(frozen=True, slots=True)
class Envelope:
    """A decoded envelope: its header and the sealed body behind it."""

    header: Header
    body: bytes

    def encode(self) -> bytes:
        return self.header.encode() + self.body


def decode(raw: bytes, *, kind: Kind) -> Envelope:
    """Read the header and split off the body.

    Raises:
        EnvelopeError: for a wrong magic, an unknown version, another kind, or a truncation.
    """
    if len(raw) <= HEADER_LENGTH:
        raise EnvelopeError("The envelope is cut short.")
    if raw[:4] != MAGIC:
        raise EnvelopeError("These bytes are not an envelope.")
    version, suite, found, reserved = raw[4:HEADER_LENGTH]
    if version != VERSION or reserved != 0:
        raise EnvelopeError(f"Envelope version {version} is not known here.")
    if found != kind:
        raise EnvelopeError("The envelope holds another kind of thing than expected.")
    return Envelope(header=Header(suite=suite, kind=kind), body=raw[HEADER_LENGTH:])


def associated_data(header: Header, *parts: bytes) -> bytes:
    """What is bound to an envelope: its header, then each part after its length (two bytes).

    Raises:
        EnvelopeError: for a part of more than 65,535 bytes.
    """
    bound = bytearray(header.encode())
    for part in parts:
        if len(part) > 0xFFFF:
            raise EnvelopeError("A bound part is too long.")
        bound += len(part).to_bytes(2, "big") + part
    return bytes(bound)


def bucket_for(length: int, buckets: tuple[int, ...] = RECORD_BUCKETS) -> int:
    """The smallest bucket that holds ``length`` bytes of plaintext once sealed.

    Raises:
        TooLarge: when no bucket does.
    """
    needed = length + LENGTH_PREFIX + SYMMETRIC_OVERHEAD
    for bucket in buckets:
        if needed <= bucket:
            return bucket
    raise TooLarge(length, buckets[-1] - LENGTH_PREFIX - SYMMETRIC_OVERHEAD)


def pad(plaintext: bytes, buckets: tuple[int, ...] = RECORD_BUCKETS) -> bytes:
    """Length prefix, plaintext, zeros: so that the envelope fills its bucket to the byte."""
    bucket = bucket_for(len(plaintext), buckets)
    prefixed = len(plaintext).to_bytes(LENGTH_PREFIX, "big") + plaintext
    return prefixed.ljust(bucket - SYMMETRIC_OVERHEAD, b"\0")


def unpad(padded: bytes) -> bytes:
    """Undo ``pad``.

    Raises:
        EnvelopeError: when the length prefix does not fit, or the padding is not zeros.
    """
    if len(padded) < LENGTH_PREFIX:
        raise EnvelopeError("The padding is cut short.")
    length = int.from_bytes(padded[:LENGTH_PREFIX], "big")
    end = LENGTH_PREFIX + length
    if end > len(padded) or padded[end:] != bytes(len(padded) - end):
        raise EnvelopeError("The padding is damaged.")
    return padded[LENGTH_PREFIX:end]
