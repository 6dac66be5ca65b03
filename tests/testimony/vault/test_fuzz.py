"""Whatever bytes or words come in, each decoder of the vault answers or refuses by name."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json
import string
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from testimony.vault import calendar, envelope, sealing, shares, unlock, wordlists
from testimony.vault.drafts import DraftGone, DraftKey
from testimony.vault.envelope import EnvelopeError, Header, Kind
from testimony.vault.sealing import DoesNotOpen, Opener
from testimony.vault.shares import NoSeed
from testimony.vault.unlock import Grant, Locked

PAIRS = {suite: sealing.generate_key_pair(suite) for suite in sealing.SUITES}
OPENERS = {suite: Opener(pair.private, suite) for suite, pair in PAIRS.items()}
REFUSED = (DoesNotOpen, EnvelopeError)
often = settings(max_examples=200, deadline=None)

headers = st.builds(
    lambda version, suite, kind, reserved: b"ATTE" + bytes((version, suite, kind, reserved)),
    st.sampled_from([1, 1, 1, 0, 2]),
    st.sampled_from([0, 1, 2, 3, 255]),
    st.sampled_from([*Kind, 0, 99]),
    st.sampled_from([0, 0, 0, 1]),
)
bodies = st.one_of(
    st.binary(max_size=80),
    st.integers(1_100, 1_200).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
)
envelopes = st.one_of(
    st.binary(max_size=120), st.builds(lambda head, body: head + body, headers, bodies)
)
kinds = st.sampled_from(Kind)
bindings = st.lists(st.binary(max_size=40), max_size=4).map(tuple)


@often
@given(envelopes, kinds)
def test_decoding_an_envelope(raw: bytes, kind: Kind) -> None:
    with contextlib.suppress(EnvelopeError):
        found = envelope.decode(raw, kind=kind)
        assert found.encode() == raw
        assert found.header.kind == kind
        assert found.body


@often
@given(st.binary(max_size=300), st.booleans())
def test_unpadding(raw: bytes, is_padded: bool) -> None:
    with contextlib.suppress(EnvelopeError):
        found = envelope.unpad(envelope.pad(raw) if is_padded else raw)
        assert len(found) <= max(len(raw), 0)
    assert envelope.unpad(envelope.pad(raw)) == raw


@often
@given(st.lists(st.binary(max_size=30), max_size=3), st.lists(st.binary(max_size=30), max_size=3))
def test_two_bindings_are_never_the_same_bytes(one: list[bytes], other: list[bytes]) -> None:
    header = Header(suite=2, kind=Kind.RECORD)
    same = envelope.associated_data(header, *one) == envelope.associated_data(header, *other)
    assert same == (one == other)


@often
@given(envelopes, kinds, bindings, st.sampled_from(sealing.SUITES))
def test_opening_with_a_private_key(
    raw: bytes, kind: Kind, bound: tuple[bytes, ...], suite: int
) -> None:
    with pytest.raises(REFUSED):
        sealing.open_with(PAIRS[suite].private, raw, kind=kind, bound=bound)
    with pytest.raises(REFUSED):
        OPENERS[suite].open(raw, kind=kind, bound=bound)


@often
@given(st.binary(max_size=130), envelopes)
def test_opening_with_bytes_that_are_no_private_key(private: bytes, raw: bytes) -> None:
    with pytest.raises(REFUSED):
        sealing.open_with(private, raw, kind=Kind.DATA_KEY, bound=())


@often
@given(st.sampled_from([bytes(32), b"", bytes(16), bytes(33)]), envelopes, kinds, bindings)
def test_opening_under_a_key(key: bytes, raw: bytes, kind: Kind, bound: tuple[bytes, ...]) -> None:
    with pytest.raises(REFUSED):
        sealing.open_under(key, raw, kind=kind, bound=bound)


@often
@given(st.one_of(st.text(max_size=60), st.text(string.printable, min_size=42, max_size=45)))
def test_reading_a_draft_cookie(value: str) -> None:
    try:
        key = DraftKey.from_cookie(value)
    except DraftGone:
        return
    assert len(key.secret) == 32
    assert len(key.draft_id) == 64
    assert DraftKey.from_cookie(key.cookie) == key


jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["collection", "keyholder", "keys", "other"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
HEX = "0" * 32
nearly = st.fixed_dictionaries(
    {
        "collection": st.sampled_from([HEX, "", "zz", None, 7]),
        "keyholder": st.sampled_from([HEX, [], {}]),
        "keys": st.lists(st.lists(st.sampled_from([HEX, "AAAA", "A", "é", None]), max_size=3))
        | jsons,
    }
)


@often
@given(
    st.one_of(
        st.binary(max_size=60), st.one_of(jsons, nearly).map(lambda v: json.dumps(v).encode())
    )
)
def test_reading_a_grant_from_a_pipe(raw: bytes) -> None:
    try:
        grant = Grant.from_pipe(raw)
    except Locked:
        return
    assert Grant.from_pipe(grant.to_pipe()) == grant


@often
@given(
    st.one_of(
        st.text(max_size=20),
        st.builds(lambda year, week: f"{year}-W{week}", st.integers(), st.integers()),
        st.text("0123456789-W+_ \u0663", max_size=12),
    )
)
def test_reading_a_week(week: str) -> None:
    with contextlib.suppress(ValueError):
        assert calendar.monday_of(week).weekday() == 0


@often
@given(st.dates(dt.date(2020, 1, 1), dt.date(2100, 1, 1)))
def test_every_day_lies_in_the_week_named_for_it(day: dt.date) -> None:
    assert 0 <= (day - calendar.monday_of(calendar.week_of(day))).days < 7


@often
@given(st.text(max_size=200))
def test_reading_typed_words(typed: str) -> None:
    stubs = wordlists.as_typed(typed)
    assert all(1 <= len(stub) <= 4 and stub.isascii() and stub.islower() for stub in stubs)
    assert wordlists.as_typed(" ".join(stubs)) == stubs


@often
@given(st.lists(st.text(max_size=300), max_size=4))
def test_combining_sheets(typed: list[str]) -> None:
    with pytest.raises(NoSeed) as refusal:
        shares.combine(typed)
    assert "%(" not in str(refusal.value)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.text(max_size=80),
        st.text(string.printable, min_size=40, max_size=48),
        st.binary(max_size=64).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
    )
)
def test_resuming_with_a_cookie(db: Any, secret: str) -> None:
    with pytest.raises(Locked):
        unlock.resume(secret, by=mock.Mock(pk=1))
    assert unlock.lock(secret, by=mock.Mock(pk=1)) is None
