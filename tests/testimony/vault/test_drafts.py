from __future__ import annotations

import pytest

from testimony.vault import drafts
from testimony.vault.drafts import DraftGone, DraftKey
from testimony.vault.models import SealedDraft

pytestmark = pytest.mark.django_db


def _kept() -> DraftKey:
    key = DraftKey.new()
    drafts.save(key, {"answers": {"story": "secret words"}}, ends_tick=drafts.tick_now() + 36)
    return key


def test_a_draft_opens_with_its_cookie_alone() -> None:
    key = _kept()
    again = DraftKey.from_cookie(key.cookie)
    assert drafts.load(again) == {"answers": {"story": "secret words"}}
    with pytest.raises(DraftGone):
        drafts.load(DraftKey.new())


def test_the_database_has_neither_key_nor_words() -> None:
    key = _kept()
    row = SealedDraft.objects.get()
    held = bytes(row.sealed) + row.id.encode()
    assert b"secret words" not in held
    assert key.secret not in held
    assert key.cookie.encode() not in held


def test_an_expired_draft_is_gone_as_soon_as_somebody_asks_for_it() -> None:
    key = _kept()
    SealedDraft.objects.update(expires_tick=drafts.tick_now() - 1)
    with pytest.raises(DraftGone):
        drafts.load(key)
    assert SealedDraft.objects.count() == 0


def test_expired_drafts_nobody_asks_for_are_erased_too() -> None:
    _kept()
    kept = _kept()
    SealedDraft.objects.exclude(id=kept.draft_id).update(expires_tick=drafts.tick_now() - 1)
    assert drafts.erase_expired() == 1
    assert SealedDraft.objects.get().id == kept.draft_id


def test_the_absolute_end_wins_over_the_sliding_one() -> None:
    key = DraftKey.new()
    ends = drafts.tick_now() + 2
    drafts.save(key, {}, ends_tick=ends)
    assert SealedDraft.objects.get().expires_tick == ends


@pytest.mark.parametrize("cookie", ["", "short", "ü" * 43, "A" * 44, "!" * 43])
def test_a_cookie_that_is_no_key_is_no_draft(cookie: str) -> None:
    with pytest.raises(DraftGone):
        drafts.load(DraftKey.from_cookie(cookie))
