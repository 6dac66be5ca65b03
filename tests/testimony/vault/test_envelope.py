from __future__ import annotations

import contextlib

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
