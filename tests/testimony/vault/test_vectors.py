"""Known answers, fixed for good: what was sealed under version 1 opens with every later program.

The vectors are never made anew. A test here that fails means that stored records no longer open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from testimony.vault import attachments, drafts, keyring, sealing, shares
from testimony.vault.drafts import DraftKey
from testimony.vault.envelope import Kind
from testimony.vault.keyring import OpenEpochKey
from testimony.vault.models import Attachment, DataKey, Epoch
from testimony.vault.sealing import KdfParameters
from tests.testimony.vault import independent_reader

HERE = Path(__file__).parent / "vectors"


def _read(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def _by_suite(name: str) -> Any:
    return pytest.mark.parametrize("vector", _read(name), ids=lambda one: f"suite {one['suite']}")


@_by_suite("seeds")
def test_a_seed_stands_for_the_same_key_pair_for_good(vector: Any) -> None:
    pair = sealing.key_pair_from_seed(bytes.fromhex(vector["seed"]), vector["suite"])
    assert pair.private.hex() == vector["private"]
    assert pair.public == b64decode(vector["public"])
    assert sealing.fingerprint(pair.suite, pair.public) == vector["fingerprint"]


@_by_suite("records")
def test_a_stored_record_opens(vector: Any) -> None:
    assert vector["payload"] == keyring.open_record(
        b64decode(vector["sealed"]),
        DataKey(
            record_id=uuid.UUID(vector["record"]),
            sealed_data_key=b64decode(vector["sealed_data_key"]),
        ),
        OpenEpochKey(uuid.UUID(vector["epoch"]), bytes.fromhex(vector["private"])),
        collection_id=uuid.UUID(vector["collection"]),
        definition=vector["definition"],
    )


@_by_suite("records")
def test_a_stored_record_opens_without_this_program(vector: Any) -> None:
    names = ("record", "collection", "definition")
    bound = tuple(bytes.fromhex(vector[name]) for name in names)
    private, epoch = bytes.fromhex(vector["private"]), bytes.fromhex(vector["epoch"])
    wrapped, sealed = b64decode(vector["sealed_data_key"]), b64decode(vector["sealed"])
    key = independent_reader.open_public_key_envelope(private, wrapped, 2, (*bound, epoch))
    assert key.hex() == vector["data_key"]
    opened = independent_reader.open_record(private, wrapped, sealed, bound, epoch)
    assert opened == vector["payload"]


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_a_record_sealed_today_opens_without_this_program(suite: int) -> None:
    pair, record, digest = sealing.generate_key_pair(suite), uuid.uuid4(), "5a" * 32
    epoch = Epoch(collection_id=uuid.uuid4(), suite=suite, public_key=pair.public)
    for payload in ({"answers": {"story": "x" * size}} for size in (0, 3_000, 5_000, 60_000)):
        sealed, data_key = keyring.seal_record(
            payload, record_id=record, epoch=epoch, definition=digest
        )
        bound = (record.bytes, epoch.collection_id.bytes, bytes.fromhex(digest))
        assert payload == independent_reader.open_record(
            pair.private, data_key.sealed_data_key, sealed, bound, epoch.id.bytes
        )


@_by_suite("grants")
def test_a_stored_grant_and_challenge_open_both_ways(vector: Any) -> None:
    bound = (bytes.fromhex(vector["epoch"]), bytes.fromhex(vector["recipient"]))
    steps = [
        (Kind.EPOCH_KEY, "private", "sealed_epoch_key", "epoch_private"),
        (Kind.CHALLENGE, "epoch_private", "challenge", "answer"),
    ]
    for kind, key, sealed, expected in steps:
        private, envelope = bytes.fromhex(vector[key]), b64decode(vector[sealed])
        found = sealing.open_with(private, envelope, kind=kind, bound=bound)
        again = independent_reader.open_public_key_envelope(private, envelope, kind, bound)
        assert found.hex() == again.hex() == vector[expected]


def test_a_keyholders_key_opens_under_the_passphrase_and_under_the_code() -> None:
    vector = _read("keyholder")
    bound = (bytes.fromhex(vector["keyholder"]), b64decode(vector["public"]))
    costs = KdfParameters(vector["memory_kib"], vector["passes"], vector["lanes"])
    key = sealing.key_from_passphrase(vector["passphrase"], bytes.fromhex(vector["salt"]), costs)
    assert key.hex() == vector["key"]
    code_key = sealing.key_from_code(
        bytes.fromhex(vector["code"]), bytes.fromhex(vector["code_salt"])
    )
    assert code_key.hex() == vector["code_key"]
    for under, sealed, kind in (
        (key, "sealed_private_key", Kind.KEYHOLDER_KEY),
        (code_key, "sealed_copy", Kind.RECOVERY_COPY),
    ):
        envelope = b64decode(vector[sealed])
        found = sealing.open_under(under, envelope, kind=kind, bound=bound)
        again = independent_reader.open_symmetric_envelope(under, envelope, kind, bound)
        assert found.hex() == again.hex() == vector["private"]


def test_the_passphrase_key_is_plain_argon2id() -> None:
    vector = _read("keyholder")
    key = hash_secret_raw(
        vector["passphrase"].encode(),
        bytes.fromhex(vector["salt"]),
        time_cost=2,
        memory_cost=1024,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
        version=0x13,
    )
    assert key.hex() == vector["key"]


def _subkey(key: bytes, label: str) -> bytes:
    """RFC 5869 by hand: one block, no salt."""
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, b"at-the-table/v1/" + label.encode() + b"\x01", "sha256")


def test_a_stored_picture_opens_both_ways() -> None:
    """The vector is a quarter of a megabyte, so it stands there as its parts and its digest."""
    vector = _read("attachment")
    parts = ("picture", "record", "collection", "definition")
    picture, *others = (bytes.fromhex(vector[name]) for name in parts)
    jpeg, nonce = b64decode(vector["jpeg"]), bytes.fromhex(vector["nonce"])
    data_key = bytes.fromhex(vector["data_key"])

    header = b"ATTE\x01\x00\x0a\x00"
    bound = header + b"".join(len(part).to_bytes(2, "big") + part for part in (picture, *others))
    padded = (len(jpeg).to_bytes(4, "big") + jpeg).ljust(vector["bucket"] - 36, b"\0")
    key = _subkey(data_key, f"attachment/{picture.hex()}")
    envelope = header + nonce + ChaCha20Poly1305(key).encrypt(nonce, padded, bound)
    assert len(envelope) == vector["bucket"]
    assert hashlib.sha256(envelope).hexdigest() == vector["sha256"]

    row = Attachment(id=uuid.UUID(bytes=picture), sealed=envelope)
    assert attachments.open_with_record(data_key, row, bound=tuple(others)) == jpeg
    again = independent_reader.open_symmetric_envelope(key, envelope, 10, (picture, *others))
    assert again == jpeg


def test_a_picture_sealed_today_opens_without_this_program() -> None:
    data_key, record = sealing.random_key(), uuid.uuid4()
    bound = (record.bytes, uuid.uuid4().bytes, bytes.fromhex("5a" * 32))
    for size in (1, 300_000, attachments.LARGEST):
        picture = attachments.Picture(b"j" * size, 1, 1)
        row = attachments.seal_with_record(data_key, picture, record_id=record, bound=bound)
        key = _subkey(data_key, f"attachment/{row.id.hex}")
        found = independent_reader.open_symmetric_envelope(
            key, row.sealed, 10, (row.id.bytes, *bound)
        )
        assert found == picture.data


def test_a_stored_draft_opens_with_its_cookie() -> None:
    vector = _read("cookies")["draft"]
    key = DraftKey.from_cookie(vector["cookie"])
    assert key.draft_id == vector["id"]
    assert drafts._open(key, b64decode(vector["sealed"])) == vector["contents"]


def test_stored_open_keys_open_with_their_secret() -> None:
    vector = _read("cookies")["unlocked"]
    opened = sealing.open_under(
        sealing.subkey(bytes.fromhex(vector["secret"]), "unlocked-keys"),
        b64decode(vector["sealed"]),
        kind=Kind.UNLOCKED_KEYS,
        bound=(vector["id"].encode("ascii"),),
    )
    assert json.loads(opened) == vector["contents"]


def test_a_printed_kit_gives_its_seed_back() -> None:
    vector = _read("shares")
    one, two, three = vector["sheets"]
    for pair in ((one, two), (three, one), (two, three)):
        assert shares.combine(pair).hex() == vector["seed"]


def test_the_second_reader_is_short_and_imports_nothing_of_ours() -> None:
    text = Path(independent_reader.__file__).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert "testimony" not in text
