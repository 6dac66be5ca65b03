"""Sealing: the one place that touches a cipher. An adapter, with no opinion of its own.

Public-key seals are HPKE (RFC 9180) in base mode. Suite 1 is X25519, HKDF-SHA256,
ChaCha20-Poly1305. Suite 2, the default, has the hybrid ML-KEM-768 + X25519 in its place, so
that what is recorded today does not open when large quantum computers exist. Symmetric
seals are ChaCha20-Poly1305 (RFC 8439). Passphrases go through Argon2id (RFC 9106).

Nothing here logs, and no error says more than "does not open".
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from argon2.exceptions import HashingError
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
    private 96 bytes (64-byte ML-KEM seed then X25519). The private half is never printed.
    """

    suite: int
    public: bytes
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KdfParameters:
    """Argon2id costs. They are stored beside what they protect, so they can be raised later."""

    memory_kib: int
    passes: int
    lanes: int


@dataclass(frozen=True, slots=True)
class _SuiteParts:
    hpke: Any
    private_length: int
    public_of: Callable[[bytes], bytes]
    load_public: Callable[[bytes], Any]
    load_private: Callable[[bytes], Any]


def _x25519_public(private: bytes) -> bytes:
    return x25519.X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _hybrid_public(private: bytes) -> bytes:
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED_LENGTH])
    return lattice.public_key().public_bytes_raw() + _x25519_public(private[_MLKEM_SEED_LENGTH:])


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
        private_length=_X25519_LENGTH,
        public_of=_x25519_public,
        load_public=x25519.X25519PublicKey.from_public_bytes,
        load_private=x25519.X25519PrivateKey.from_private_bytes,
    ),
    2: _SuiteParts(
        hpke=hpke.Suite(
            hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305
        ),
        private_length=_MLKEM_SEED_LENGTH + _X25519_LENGTH,
        public_of=_hybrid_public,
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
    parts = _suite(suite)
    try:
        return parts.load_public(raw)
    except ValueError:
        raise EnvelopeError(f"These bytes are not a public key of suite {suite}.") from None


def generate_key_pair(suite: int) -> KeyPair:
    """A fresh key pair for ``suite``.

    Raises:
        UnknownSuite: for a suite that is not implemented.
    """
    return _key_pair(suite, os.urandom(_suite(suite).private_length))


def key_pair_from_seed(seed: bytes, suite: int) -> KeyPair:
    """The one key pair of ``suite`` that a 256-bit seed stands for, today and always.

    HKDF-SHA256 (RFC 5869) without salt, with the info ``at-the-table/v1/key-pair/suite-N``,
    stretches the seed to the private bytes: 32 in suite 1; 96 in suite 2, the ML-KEM seed
    (FIPS 203, d then z) and the X25519 key.

    Raises:
        UnknownSuite: for a suite that is not implemented.
        EnvelopeError: for a seed that is not 32 bytes.
    """
    parts = _suite(suite)
    if len(seed) != KEY_LENGTH:
        raise EnvelopeError("A seed is exactly 32 bytes.")
    private = _expanded(seed, f"key-pair/suite-{suite}", length=parts.private_length)
    return _key_pair(suite, private)


def _key_pair(suite: int, private: bytes) -> KeyPair:
    return KeyPair(suite=suite, public=_suite(suite).public_of(private), private=private)


def fingerprint(suite: int, public: bytes) -> str:
    """What people compare to know a public key: 64 hexadecimal digits.

    SHA-256 over ``at-the-table/v1/public-key/``, the suite as one byte, and the key.
    """
    labelled = b"at-the-table/v1/public-key/" + bytes((suite,)) + public
    return hashlib.sha256(labelled).hexdigest()


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


class Opener:
    """A private key of one suite, made ready once to open many envelopes.

    Making a hybrid key ready costs as much as opening with it. An opener lives as long as the
    request or the child process that made it; nothing here keeps one.
    """

    __slots__ = ("_key", "_parts", "suite")

    def __init__(self, private: bytes, suite: int) -> None:
        """Make ``private`` ready.

        Raises:
            UnknownSuite: for a suite that is not implemented.
            DoesNotOpen: when the bytes are not a private key of this suite.
        """
        self.suite = suite
        self._parts = _suite(suite)
        try:
            self._key = self._parts.load_private(private)
        except ValueError as error:
            raise DoesNotOpen from error

    @classmethod
    def for_envelope(cls, private: bytes, sealed: bytes, *, kind: Kind) -> Opener:
        """``private`` made ready for the suite that an envelope names.

        Raises:
            EnvelopeError, DoesNotOpen: as ``open_with``.
        """
        return cls(private, envelope.decode(sealed, kind=kind).header.suite)

    def open(self, sealed: bytes, *, kind: Kind, bound: tuple[bytes, ...]) -> bytes:
        """Open what ``seal_to`` sealed in this key's suite.

        Raises:
            EnvelopeError: when the bytes are not such an envelope, or are of another suite.
            DoesNotOpen: when key or binding is not the one it was sealed with.
        """
        found = envelope.decode(sealed, kind=kind)
        if found.header.suite != self.suite:
            raise EnvelopeError("The envelope is of another suite than the key.")
        try:
            plaintext = self._parts.hpke.decrypt(
                found.body, self._key, envelope.associated_data(found.header, *bound)
            )
        except (InvalidTag, ValueError) as error:
            raise DoesNotOpen from error
        return bytes(plaintext)


def open_with(private: bytes, sealed: bytes, *, kind: Kind, bound: tuple[bytes, ...]) -> bytes:
    """Open one envelope that ``seal_to`` sealed. For many, make one ``Opener``.

    Raises:
        EnvelopeError: when the bytes are not such an envelope.
        DoesNotOpen: when key or binding is not the one it was sealed with.
    """
    return Opener.for_envelope(private, sealed, kind=kind).open(sealed, kind=kind, bound=bound)


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
    return _expanded(key, label)


def key_from_code(code: bytes, salt: bytes) -> bytes:
    """A 256-bit key from a keyholder's printed recovery code (160 random bits) and its salt.

    HKDF-SHA256 (RFC 5869): a code drawn at random needs no slow derivation.
    """
    return _expanded(code, "recovery-code", salt=salt)


def _expanded(
    key: bytes, label: str, *, salt: bytes | None = None, length: int = KEY_LENGTH
) -> bytes:
    info = b"at-the-table/v1/" + label.encode("ascii")
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(key)


def key_from_passphrase(passphrase: str, salt: bytes, costs: KdfParameters) -> bytes:
    """A 256-bit key from a passphrase, by Argon2id version 1.3.

    Slow and large on purpose: at the default costs 256 MiB and about a second.

    Raises:
        DoesNotOpen: for costs or a salt that Argon2id does not allow, or this host can't bear.
    """
    try:
        return hash_secret_raw(
            secret=passphrase.encode("utf-8"),
            salt=salt,
            time_cost=costs.passes,
            memory_cost=costs.memory_kib,
            parallelism=costs.lanes,
            hash_len=KEY_LENGTH,
            type=Type.ID,
        )
    except (HashingError, OverflowError) as error:
        raise DoesNotOpen from error
