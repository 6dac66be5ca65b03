from __future__ import annotations

import dataclasses
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testimony.intake.submitting import submit_testimony
from testimony.vault import envelope, keyring, sealing
from testimony.vault.envelope import EnvelopeError, Kind
from testimony.vault.keyring import OpenEpochKey
from testimony.vault.models import DataKey, Epoch
from testimony.vault.sealing import DoesNotOpen, KdfParameters, Opener, UnknownSuite
from tests.factories import TESTIMONY, Consultation

PAIRS = {suite: sealing.generate_key_pair(suite) for suite in sealing.SUITES}
BOUND = (b"record", b"collection", b"definition")


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_what_is_sealed_to_a_key_opens_with_its_other_half(suite: int) -> None:
    pair = PAIRS[suite]
    sealed = sealing.seal_to(pair.public, b"words", suite=suite, kind=Kind.DATA_KEY, bound=BOUND)
    assert b"words" not in sealed
    assert sealing.open_with(pair.private, sealed, kind=Kind.DATA_KEY, bound=BOUND) == b"words"


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_a_seal_moved_to_another_record_does_not_open(suite: int) -> None:
    pair = PAIRS[suite]
    sealed = sealing.seal_to(pair.public, b"words", suite=suite, kind=Kind.DATA_KEY, bound=BOUND)
    with pytest.raises(DoesNotOpen):
        sealing.open_with(pair.private, sealed, kind=Kind.DATA_KEY, bound=(b"other", *BOUND[1:]))


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_somebody_elses_key_opens_nothing(suite: int) -> None:
    sealed = sealing.seal_to(
        PAIRS[suite].public, b"words", suite=suite, kind=Kind.DATA_KEY, bound=BOUND
    )
    other = sealing.generate_key_pair(suite)
    with pytest.raises(DoesNotOpen):
        sealing.open_with(other.private, sealed, kind=Kind.DATA_KEY, bound=BOUND)


def test_a_seal_relabelled_to_the_weaker_suite_does_not_open() -> None:
    sealed = sealing.seal_to(PAIRS[2].public, b"w", suite=2, kind=Kind.DATA_KEY, bound=BOUND)
    downgraded = sealed[:5] + b"\x01" + sealed[6:]
    with pytest.raises((DoesNotOpen, EnvelopeError)):
        sealing.open_with(PAIRS[2].private, downgraded, kind=Kind.DATA_KEY, bound=BOUND)


def test_an_unknown_suite_is_named() -> None:
    with pytest.raises(UnknownSuite, match="Suite 9"):
        sealing.generate_key_pair(9)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_flipped_bit_anywhere_keeps_an_envelope_shut(data: st.DataObject) -> None:
    key = bytes(32)
    sealed = bytearray(sealing.seal_under(key, b"words", kind=Kind.RECORD, bound=BOUND))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises((DoesNotOpen, EnvelopeError)):
        sealing.open_under(key, bytes(sealed), kind=Kind.RECORD, bound=BOUND)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_make_opening_fail_otherwise(raw: bytes) -> None:
    for prefix in (b"", b"ATTE\x01\x00\x01\x00", b"ATTE\x01\x02\x02\x00"):
        with pytest.raises((DoesNotOpen, EnvelopeError)):
            sealing.open_under(bytes(32), prefix + raw, kind=Kind.RECORD, bound=BOUND)
        with pytest.raises((DoesNotOpen, EnvelopeError)):
            sealing.open_with(PAIRS[2].private, prefix + raw, kind=Kind.DATA_KEY, bound=BOUND)


def test_the_passphrase_key_depends_on_passphrase_and_salt() -> None:
    costs = KdfParameters(memory_kib=64, passes=2, lanes=1)
    first = sealing.key_from_passphrase("six words", b"0123456789abcdef", costs)
    assert first == sealing.key_from_passphrase("six words", b"0123456789abcdef", costs)
    assert first != sealing.key_from_passphrase("six wordz", b"0123456789abcdef", costs)
    assert first != sealing.key_from_passphrase("six words", b"0123456789abcdeg", costs)
    assert len(first) == 32


@pytest.mark.parametrize(
    ("salt", "costs"),
    [
        (b"short", KdfParameters(64, 2, 1)),
        (bytes(16), KdfParameters(64, 0, 1)),
        (bytes(16), KdfParameters(0, 1, 1)),
        (bytes(16), KdfParameters(64, 1, 0)),
        (bytes(16), KdfParameters(2**40, 1, 1)),
    ],
)
def test_costs_that_somebody_tampered_with_open_nothing(salt: bytes, costs: KdfParameters) -> None:
    with pytest.raises(DoesNotOpen):
        sealing.key_from_passphrase("six words", salt, costs)


def test_subkeys_of_one_key_are_apart() -> None:
    assert sealing.subkey(bytes(32), "draft") != sealing.subkey(bytes(32), "unlocked-keys")


# Key pairs, codes, fingerprints.


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_a_seed_gives_one_working_key_pair_a_suite(suite: int) -> None:
    pair = sealing.key_pair_from_seed(b"s" * 32, suite)
    assert pair == sealing.key_pair_from_seed(b"s" * 32, suite)
    assert pair.private != sealing.key_pair_from_seed(b"t" * 32, suite).private
    assert len(pair.private) == {1: 32, 2: 96}[suite]
    sealed = sealing.seal_to(pair.public, b"w", suite=suite, kind=Kind.EPOCH_KEY, bound=BOUND)
    assert sealing.open_with(pair.private, sealed, kind=Kind.EPOCH_KEY, bound=BOUND) == b"w"


def test_the_suites_draw_different_keys_from_one_seed() -> None:
    one, two = (sealing.key_pair_from_seed(bytes(32), suite) for suite in (1, 2))
    assert one.private not in two.private


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(EnvelopeError, match="32 bytes"):
        sealing.key_pair_from_seed(bytes(length), 2)


def test_a_code_opens_with_its_own_salt_alone() -> None:
    key = sealing.key_from_code(b"c" * 20, b"s" * 16)
    assert len(key) == 32
    assert key == sealing.key_from_code(b"c" * 20, b"s" * 16)
    assert key != sealing.key_from_code(b"c" * 20, b"t" * 16)
    assert key != sealing.key_from_code(b"d" * 20, b"s" * 16)


def test_a_fingerprint_tells_keys_and_suites_apart() -> None:
    found = {
        sealing.fingerprint(suite, public)
        for suite, public in ((1, b"k"), (2, b"k"), (1, b"l"), (1, b"kk"))
    }
    assert len(found) == 4
    assert all(len(one) == 64 and int(one, 16) for one in found)


def test_a_printed_key_pair_does_not_show_its_private_half() -> None:
    pair = PAIRS[1]
    assert repr(pair.private) not in repr(pair)
    assert repr(pair.private) not in repr(Opener(pair.private, 1))


@pytest.mark.parametrize(("suite", "public"), [(1, b""), (1, bytes(31)), (2, bytes(32)), (2, b"")])
def test_what_is_no_public_key_seals_nothing(suite: int, public: bytes) -> None:
    with pytest.raises(EnvelopeError):
        sealing.seal_to(public, b"w", suite=suite, kind=Kind.DATA_KEY, bound=BOUND)


def test_a_lattice_key_with_numbers_too_large_seals_nothing() -> None:
    with pytest.raises(EnvelopeError, match="suite 2"):
        sealing.seal_to(b"\xff" * 1216, b"w", suite=2, kind=Kind.DATA_KEY, bound=BOUND)


# An opener opens what its one key may open, and fails as one envelope would.


def _sealed_to(suite: int, plaintext: bytes = b"words") -> bytes:
    return sealing.seal_to(
        PAIRS[suite].public, plaintext, suite=suite, kind=Kind.DATA_KEY, bound=BOUND
    )


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_an_opener_opens_many(suite: int) -> None:
    opener = Opener(PAIRS[suite].private, suite)
    for number in range(5):
        sealed = _sealed_to(suite, b"%d" % number)
        assert opener.open(sealed, kind=Kind.DATA_KEY, bound=BOUND) == b"%d" % number


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_an_opener_refuses_an_envelope_of_another_suite(suite: int) -> None:
    opener = Opener(PAIRS[suite].private, suite)
    with pytest.raises(EnvelopeError, match="another suite"):
        opener.open(_sealed_to(3 - suite), kind=Kind.DATA_KEY, bound=BOUND)


@pytest.mark.parametrize("suite", sealing.SUITES)
@pytest.mark.parametrize("length", [0, 31, 33, 95, 97])
def test_an_opener_is_not_made_from_what_is_no_key(suite: int, length: int) -> None:
    with pytest.raises(DoesNotOpen):
        Opener(bytes(length), suite)


def test_an_opener_of_an_unknown_suite_is_not_made() -> None:
    with pytest.raises(UnknownSuite, match="Suite 0"):
        Opener(bytes(32), 0)


# Envelopes that were changed on their way: each is refused by name.

REFUSED = (DoesNotOpen, EnvelopeError)


def _open_with(suite: int, sealed: bytes, **changed: Any) -> bytes:
    wanted = {"kind": Kind.DATA_KEY, "bound": BOUND, **changed}
    return sealing.open_with(PAIRS[suite].private, sealed, **wanted)


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_a_public_key_envelope_cut_anywhere_stays_shut(suite: int) -> None:
    sealed = _sealed_to(suite)
    for length in range(len(sealed)):
        with pytest.raises(REFUSED):
            _open_with(suite, sealed[:length])
    with pytest.raises(DoesNotOpen):
        _open_with(suite, sealed + b"\0")


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_a_public_key_envelope_with_any_byte_changed_stays_shut(suite: int) -> None:
    sealed = bytearray(_sealed_to(suite))
    for place in range(len(sealed)):
        bit = 1 << place % 8
        sealed[place] ^= bit
        with pytest.raises(REFUSED):
            _open_with(suite, bytes(sealed))
        sealed[place] ^= bit
    assert _open_with(suite, bytes(sealed)) == b"words"


HEADER, NONCE = envelope.HEADER_LENGTH, envelope.NONCE_LENGTH


@pytest.mark.parametrize(
    "length",
    [0, 1, 4, HEADER - 1, HEADER, HEADER + 1, HEADER + NONCE, HEADER + NONCE + 15,
     HEADER + NONCE + 16, HEADER + NONCE + 17, 4095, 4097, 8192],
)  # fmt: skip
def test_a_symmetric_envelope_cut_or_grown_stays_shut(length: int) -> None:
    sealed = sealing.seal_under(bytes(32), b"words", kind=Kind.RECORD, bound=BOUND)
    changed = sealed[:length].ljust(length, b"\0")
    with pytest.raises(REFUSED):
        sealing.open_under(bytes(32), changed, kind=Kind.RECORD, bound=BOUND)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.DATA_KEY])
def test_an_envelope_does_not_pass_for_another_kind(kind: Kind) -> None:
    sealed = _sealed_to(2)
    with pytest.raises(EnvelopeError, match="another kind"):
        _open_with(2, sealed, kind=kind)
    relabelled = sealed[:6] + bytes((kind,)) + sealed[7:]
    with pytest.raises(DoesNotOpen):
        _open_with(2, relabelled, kind=kind)


@pytest.mark.parametrize("claimed", [0, 1, 3, 255])
def test_a_downgraded_or_invented_suite_opens_nothing(claimed: int) -> None:
    sealed = _sealed_to(2)
    changed = sealed[:5] + bytes((claimed,)) + sealed[6:]
    with pytest.raises(REFUSED):
        _open_with(2, changed)
    with pytest.raises(EnvelopeError):
        Opener(PAIRS[2].private, 2).open(changed, kind=Kind.DATA_KEY, bound=BOUND)


@pytest.mark.parametrize("place", range(3))
def test_every_part_of_the_binding_counts(place: int) -> None:
    other = list(BOUND)
    other[place] = b"other"
    for bound in (tuple(other), BOUND[:place] + BOUND[place + 1 :], (*BOUND, b""), BOUND[::-1]):
        with pytest.raises(DoesNotOpen):
            _open_with(2, _sealed_to(2), bound=bound)
        sealed = sealing.seal_under(bytes(32), b"words", kind=Kind.RECORD, bound=BOUND)
        with pytest.raises(DoesNotOpen):
            sealing.open_under(bytes(32), sealed, kind=Kind.RECORD, bound=bound)


# Whole records: swapped, moved, re-bound, or left without their epoch.


class Stored:
    """One sealed record of an epoch, and everything needed to open it."""

    def __init__(self, epoch: Epoch, private: bytes, payload: dict[str, object]) -> None:
        self.record_id, self.definition = uuid.uuid4(), "0d" * 32
        self.epoch_key = OpenEpochKey(epoch.id, private)
        self.collection_id = epoch.collection_id
        self.sealed, self.data_key = keyring.seal_record(
            payload, record_id=self.record_id, epoch=epoch, definition=self.definition
        )

    def opened(self, **changed: Any) -> dict[str, object]:
        found = {**vars(self), **changed}
        data_key = DataKey(
            record_id=found["record_id"], sealed_data_key=found["data_key"].sealed_data_key
        )
        return keyring.open_record(
            found["sealed"],
            data_key,
            found["epoch_key"],
            collection_id=found["collection_id"],
            definition=found["definition"],
        )


def _two_stored(suite: int = 2) -> tuple[Stored, Stored]:
    pair = PAIRS[suite]
    epoch = Epoch(collection_id=uuid.uuid4(), suite=suite, public_key=pair.public)
    return Stored(epoch, pair.private, {"one": 1}), Stored(epoch, pair.private, {"two": 2})


@pytest.mark.parametrize("suite", sealing.SUITES)
def test_a_record_opens_where_it_belongs_and_nowhere_else(suite: int) -> None:
    one, two = _two_stored(suite)
    assert (one.opened(), two.opened()) == ({"one": 1}, {"two": 2})
    private = one.epoch_key.private
    for changed in (
        {"sealed": two.sealed},
        {"data_key": two.data_key},
        {"sealed": two.sealed, "data_key": two.data_key},
        {"record_id": two.record_id},
        {"collection_id": uuid.uuid4()},
        {"definition": "0e" * 32},
        {"epoch_key": OpenEpochKey(uuid.uuid4(), private)},
        {"epoch_key": OpenEpochKey(one.epoch_key.epoch_id, PAIRS[3 - suite].private)},
    ):
        with pytest.raises(DoesNotOpen):
            one.opened(**changed)


def test_a_record_whose_epoch_was_destroyed_does_not_open_with_the_next_epochs_key() -> None:
    one, _two = _two_stored()
    later = sealing.generate_key_pair(2)
    with pytest.raises(DoesNotOpen):
        one.opened(epoch_key=OpenEpochKey(one.epoch_key.epoch_id, later.private))


@pytest.mark.parametrize(
    "plaintext", [b"", b"{", b"[]", b"1", b"null", b"\xff", b"[" * 4_000, b"9" * 4_000]
)
def test_a_record_that_holds_no_object_is_refused_by_name(plaintext: bytes) -> None:
    pair, record = PAIRS[1], uuid.uuid4()
    bound = (record.bytes, record.bytes, bytes(32))
    wrapped = sealing.seal_to(
        pair.public, bytes(32), suite=1, kind=Kind.DATA_KEY, bound=(*bound, record.bytes)
    )
    sealed = sealing.seal_under(bytes(32), plaintext, kind=Kind.RECORD, bound=bound)
    with pytest.raises(EnvelopeError, match="no JSON object"):
        keyring.open_record(
            sealed,
            DataKey(record_id=record, sealed_data_key=wrapped),
            OpenEpochKey(record, pair.private),
            collection_id=record,
            definition="00" * 32,
        )


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_data_key_of_another_length_opens_nothing(length: int) -> None:
    one, _two = _two_stored()
    bound = (one.record_id.bytes, one.collection_id.bytes, bytes.fromhex(one.definition))
    one.data_key.sealed_data_key = sealing.seal_to(
        PAIRS[2].public,
        bytes(length),
        suite=2,
        kind=Kind.DATA_KEY,
        bound=(*bound, one.epoch_key.epoch_id.bytes),
    )
    with pytest.raises(DoesNotOpen):
        one.opened()


def test_records_of_a_lost_epoch_are_passed_over(consultation: Consultation) -> None:
    submit_testimony(call=consultation.call, answers=TESTIMONY, language="en")
    grant = consultation.grant()
    definition = consultation.call.definition_id
    assert len(list(grant.stream(definition))) == 1
    assert list(dataclasses.replace(grant, keys=()).stream(definition)) == []
