from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testimony.vault import sealing
from testimony.vault.envelope import EnvelopeError, Kind
from testimony.vault.sealing import DoesNotOpen, KdfParameters, UnknownSuite

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


def test_subkeys_of_one_key_are_apart() -> None:
    assert sealing.subkey(bytes(32), "draft") != sealing.subkey(bytes(32), "unlocked-keys")
