"""A second reader, written from docs/envelope.md alone: HPKE by hand. Imports nothing of ours."""

import hashlib
import hmac
import json

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


def _extract(suite_id, salt, label, key):
    return hmac.digest(salt, b"HPKE-v1" + suite_id + label + key, "sha256")


def _expand(suite_id, key, label, info, length):
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info
    return hmac.digest(key, info + b"\x01", "sha256")[:length]


def _exchange(private, encapsulated):
    key = X25519PrivateKey.from_private_bytes(private)
    shared = key.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    return shared, encapsulated + key.public_key().public_bytes_raw()


def _decapsulate(suite, private, body):
    if suite == 1:
        shared, context = _exchange(private, body[:32])
        secret = _extract(b"KEM\x00\x20", b"", b"eae_prk", shared)
        return 0x0020, _expand(b"KEM\x00\x20", secret, b"shared_secret", context, 32), body[32:]
    lattice = MLKEM768PrivateKey.from_seed_bytes(private[:64]).decapsulate(body[:1088])
    shared, context = _exchange(private[64:], body[1088:1120])
    combined = lattice + shared + context + bytes.fromhex("5c2e2f2f5e5c")
    return 0x647A, hashlib.sha3_256(combined).digest(), body[1120:]


def open_public_key_envelope(private, envelope, kind, bound):
    assert envelope[:5] + envelope[6:8] == b"ATTE\x01" + bytes((kind, 0))
    info = envelope[:8] + b"".join(len(part).to_bytes(2, "big") + part for part in bound)
    kem, shared, ciphertext = _decapsulate(envelope[5], private, envelope[8:])
    suite_id = b"HPKE" + kem.to_bytes(2, "big") + b"\x00\x01\x00\x03"
    context = b"\x00" + _extract(suite_id, b"", b"psk_id_hash", b"")
    context += _extract(suite_id, b"", b"info_hash", info)
    secret = _extract(suite_id, shared, b"secret", b"")
    key = _expand(suite_id, secret, b"key", context, 32)
    nonce = _expand(suite_id, secret, b"base_nonce", context, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, b"")


def open_symmetric_envelope(key, envelope, kind, bound):
    assert envelope[:8] == b"ATTE\x01\x00" + bytes((kind, 0))
    bound_data = envelope[:8] + b"".join(len(part).to_bytes(2, "big") + part for part in bound)
    padded = ChaCha20Poly1305(key).decrypt(envelope[8:20], envelope[20:], bound_data)
    return padded[4 : 4 + int.from_bytes(padded[:4], "big")]


def open_record(private, data_key, record, bound, epoch):
    key = open_public_key_envelope(private, data_key, 2, (*bound, epoch))
    return json.loads(open_symmetric_envelope(key, record, 1, bound))
