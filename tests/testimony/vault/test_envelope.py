from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testimony.vault import envelope, limits
from testimony.vault.envelope import EnvelopeError, Header, Kind, TooLarge


@given(st.binary(max_size=20_000))
def test_padding_comes_off_as_it_went_on(plaintext: bytes) -> None:
    assert envelope.unpad(envelope.pad(plaintext)) == plaintext


@given(st.binary(max_size=70_000))
def test_a_padded_text_says_only_its_bucket(plaintext: bytes) -> None:
    whole = len(envelope.pad(plaintext)) + envelope.SYMMETRIC_OVERHEAD
    assert whole in limits.RECORD_BUCKETS


def test_what_fits_no_bucket_is_refused_with_its_length() -> None:
    with pytest.raises(TooLarge) as refusal:
        envelope.pad(b"x" * 300_000)
    assert refusal.value.length == 300_000


@given(st.binary(max_size=200))
def test_no_bytes_make_the_decoder_fail_otherwise(raw: bytes) -> None:
    try:
        found = envelope.decode(raw, kind=Kind.RECORD)
    except EnvelopeError:
        return
    assert found.encode() == raw


@given(st.binary(max_size=100))
def test_no_bytes_make_unpadding_fail_otherwise(raw: bytes) -> None:
    with contextlib.suppress(EnvelopeError):
        assert len(envelope.unpad(raw)) <= len(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"ATTE",
        b"NOPE\x01\x02\x01\x00body",
        b"ATTE\x02\x02\x01\x00body",
        b"ATTE\x01\x02\x02\x00body",
        b"ATTE\x01\x02\x01\x09body",
    ],
)
def test_a_cut_foreign_newer_or_mislabelled_envelope_is_refused(raw: bytes) -> None:
    with pytest.raises(EnvelopeError):
        envelope.decode(raw, kind=Kind.RECORD)


def test_parts_can_not_slide_into_each_other_when_bound() -> None:
    header = Header(suite=2, kind=Kind.DATA_KEY)
    assert envelope.associated_data(header, b"ab", b"c") != envelope.associated_data(
        header, b"a", b"bc"
    )


def test_numbers_once_given_to_kinds_and_buckets_stay() -> None:
    assert {kind.name: kind.value for kind in Kind} == {
        "RECORD": 1,
        "DATA_KEY": 2,
        "DRAFT": 3,
        "EPOCH_KEY": 4,
        "KEYHOLDER_KEY": 5,
        "UNLOCKED_KEYS": 6,
        "RECOVERY_COPY": 7,
        "CHALLENGE": 8,
        "EXPORT": 9,
        "ATTACHMENT": 10,
    }
    assert limits.DRAFT_BUCKETS == (4096, 16384, 65536, 262144, 1048576)
    assert limits.ATTACHMENT_BUCKETS == (262144, 1048576, 4194304)


def test_the_description_names_every_kind() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "envelope.md"
    rows = page.read_text(encoding="utf-8").splitlines()
    for kind in Kind:
        wanted = f"| {kind.value} | {kind.name.lower().replace('_', ' ')} |"
        assert any(row.startswith(wanted) for row in rows), wanted


@pytest.mark.parametrize("length", [0, 1, 4055, 4056, 4057, 16344, 16345, 262104])
def test_a_bucket_is_filled_to_the_byte(length: int) -> None:
    padded = envelope.pad(b"x" * length)
    assert envelope.bucket_for(length) == len(padded) + envelope.SYMMETRIC_OVERHEAD
    assert envelope.unpad(padded) == b"x" * length


@pytest.mark.parametrize("length", [0, 4, 4055])
def test_padding_that_is_not_zeros_is_refused(length: int) -> None:
    padded = envelope.pad(b"x" * length)
    with pytest.raises(EnvelopeError, match="damaged"):
        envelope.unpad(padded[:-1] + b"\x01")
    with pytest.raises(EnvelopeError, match="damaged"):
        envelope.unpad((len(padded) - 3).to_bytes(4, "big") + padded[4:])


def test_a_part_too_long_to_be_bound_is_refused() -> None:
    header = Header(suite=0, kind=Kind.RECORD)
    assert envelope.associated_data(header, b"x" * 0xFFFF)
    with pytest.raises(EnvelopeError, match="too long"):
        envelope.associated_data(header, b"x" * 0x10000)
