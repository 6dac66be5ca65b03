"""Sealing: the one place that touches a cipher. An adapter, with no opinion of its own.

Public-key seals are HPKE (RFC 9180) in base mode. Suite 1 is X25519, HKDF-SHA256,
ChaCha20-Poly1305. Suite 2, the default, has the hybrid ML-KEM-768 + X25519 in its place, so
that what is recorded today does not open when large quantum computers exist. Symmetric
seals are ChaCha20-Poly1305 (RFC 8439). Passphrases go through Argon2id (RFC 9106).

Nothing here logs, and no error says more than "does not open".
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from testimony.vault import envelope, limits
from testimony.vault.envelope import Envelope, EnvelopeError, Header, Kind

KEY_LENGTH: Final = 32
_X25519_LENGTH: Final = 32
_MLKEM_SEED_LENGTH: Final = 64
_MLKEM_PUBLIC_LENGTH: Final = 1184


class DoesNotOpen(Exception):
    """The key is not the right one, or the bytes were changed, moved or re-labelled."""


class UnknownSuite(EnvelopeError):
    """The envelope names a suite that is not implemented."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair as raw bytes.

    Suite 1: 32-byte public and private. Suite 2: public 1,216 bytes (ML-KEM-768 then X25519),
    private 96 bytes (64-byte ML-KEM seed then X25519).
    """

    suite: int
    public: bytes
    private: bytes


@dataclass(frozen=True, slots=True)
class KdfParameters:
    """Argon2id costs. They are stored beside what they protect, so they can be raised later."""

    memory_kib: int
    passes: int
    lanes: int


@dataclass(frozen=True, slots=True)
class _SuiteParts:
    hpke: Any
    generate: Callable[[], tuple[bytes, bytes]]
    load_public: Callable[[bytes], Any]
    load_private: Callable[[bytes], Any]


def _generate_x25519() -> tuple[bytes, bytes]:
    private = x25519.X25519PrivateKey.generate()
    return private.public_key().public_bytes_raw(), private.private_bytes_raw()


def _generate_hybrid() -> tuple[bytes, bytes]:
    lattice = mlkem.MLKEM768PrivateKey.generate()
    public, private = _generate_x25519()
    return (
        lattice.public_key().public_bytes_raw() + public,
        lattice.private_bytes_raw() + private,
    )


def _load_hybrid_public(raw: bytes) -> Any:
    if len(raw) != _MLKEM_PUBLIC_LENGTH + _X25519_LENGTH:
        raise EnvelopeError("The public key has the wrong length.")
    return hpke.MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_LENGTH]),
        x25519.X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC_LENGTH:]),
    )


def _load_hybrid_private(raw: bytes) -> Any:
    if len(raw) != _MLKEM_SEED_LENGTH + _X25519_LENGTH:
        raise EnvelopeError("The private key has the wrong length.")
    return hpke.MLKEM768X25519PrivateKey(
        mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED_LENGTH]),
        x25519.X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED_LENGTH:]),
    )


_SUITES: Final = {
    1: _SuiteParts(
        hpke=hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305),
        generate=_generate_x25519,
        load_public=x25519.X25519PublicKey.from_public_bytes,
        load_private=x25519.X25519PrivateKey.from_private_bytes,
    ),
    2: _SuiteParts(
        hpke=hpke.Suite(
            hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305
        ),
        generate=_generate_hybrid,
        load_public=_load_hybrid_public,
        load_private=_load_hybrid_private,
    ),
}
SUITES: Final = tuple(_SUITES)


def _suite(number: int) -> _SuiteParts:
    try:
        return _SUITES[number]
    except KeyError:
        raise UnknownSuite(f"Suite {number} is not known here.") from None


@lru_cache(maxsize=64)
def _public_key(suite: int, raw: bytes) -> Any:
    return _suite(suite).load_public(raw)


def generate_key_pair(suite: int) -> KeyPair:
    """A fresh key pair for ``suite``.

    Raises:
        UnknownSuite: for a suite that is not implemented.
    """
    public, private = _suite(suite).generate()
    return KeyPair(suite=suite, public=public, private=private)


def random_key() -> bytes:
    """A 256-bit key from the operating system."""
    return os.urandom(KEY_LENGTH)


def seal_to(
    public: bytes, plaintext: bytes, *, suite: int, kind: Kind, bound: tuple[bytes, ...]
) -> bytes:
    """Seal to a public key (HPKE base mode; the bound parts go in as ``info``).

    Returns the whole envelope: 48 + 8 bytes longer than the plaintext in suite 1,
    1,136 + 8 in suite 2.
    """
    header = Header(suite=suite, kind=kind)
    body = _suite(suite).hpke.encrypt(
        plaintext, _public_key(suite, public), envelope.associated_data(header, *bound)
    )
    return Envelope(header, body).encode()


def open_with(private: bytes, sealed: bytes, *, kind: Kind, bound: tuple[bytes, ...]) -> bytes:
    """Open what ``seal_to`` sealed.

    Raises:
        EnvelopeError: when the bytes are not such an envelope.
        DoesNotOpen: when key or binding is not the one it was sealed with.
    """
    found = envelope.decode(sealed, kind=kind)
    parts = _suite(found.header.suite)
    try:
        key = parts.load_private(private)
        plaintext = parts.hpke.decrypt(
            found.body, key, envelope.associated_data(found.header, *bound)
        )
    except (InvalidTag, ValueError) as error:
        raise DoesNotOpen from error
    return bytes(plaintext)


def seal_under(
    key: bytes,
    plaintext: bytes,
    *,
    kind: Kind,
    bound: tuple[bytes, ...],
    buckets: tuple[int, ...] = limits.RECORD_BUCKETS,
) -> bytes:
    """Pad and seal under a 256-bit key (ChaCha20-Poly1305, random nonce).

    Returns an envelope of exactly one bucket's size.

    Raises:
        TooLarge: when the plaintext fits no bucket.
    """
    header = Header(suite=0, kind=kind)
    nonce = os.urandom(envelope.NONCE_LENGTH)
    ciphertext = ChaCha20Poly1305(key).encrypt(
        nonce, envelope.pad(plaintext, buckets), envelope.associated_data(header, *bound)
    )
    return Envelope(header, nonce + ciphertext).encode()


def open_under(key: bytes, sealed: bytes, *, kind: Kind, bound: tuple[bytes, ...]) -> bytes:
    """Open what ``seal_under`` sealed.

    Raises:
        EnvelopeError: when the bytes are not such an envelope.
        DoesNotOpen: when key or binding is not the one it was sealed with.
    """
    found = envelope.decode(sealed, kind=kind)
    if found.header.suite != 0:
        raise EnvelopeError("A symmetric envelope names no suite.")
    nonce = found.body[: envelope.NONCE_LENGTH]
    try:
        padded = ChaCha20Poly1305(key).decrypt(
            nonce,
            found.body[envelope.NONCE_LENGTH :],
            envelope.associated_data(found.header, *bound),
        )
    except (InvalidTag, ValueError) as error:
        raise DoesNotOpen from error
    return envelope.unpad(padded)


def subkey(key: bytes, label: str) -> bytes:
    """A 256-bit key of its own purpose, from another (HKDF-SHA256, RFC 5869)."""
    info = b"at-the-table/v1/" + label.encode("ascii")
    return HKDF(algorithm=hashes.SHA256(), length=KEY_LENGTH, salt=None, info=info).derive(key)


def key_from_passphrase(passphrase: str, salt: bytes, costs: KdfParameters) -> bytes:
    """A 256-bit key from a passphrase, by Argon2id version 1.3.

    Slow and large on purpose: at the default costs 256 MiB and about half a second.
    """
    return hash_secret_raw(
        secret=passphrase.encode("utf-8"),
        salt=salt,
        time_cost=costs.passes,
        memory_cost=costs.memory_kib,
        parallelism=costs.lanes,
        hash_len=KEY_LENGTH,
        type=Type.ID,
    )
