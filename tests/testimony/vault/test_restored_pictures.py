"""Pictures are content: a backup holds them, and brings back none that was withdrawn."""

from __future__ import annotations

import os

from testimony.vault import actions, archives, attachments, drafts
from testimony.vault.archives import Kind
from testimony.vault.attachments import Picture
from testimony.vault.drafts import DraftKey
from testimony.vault.models import Attachment, DataKey, DraftAttachment, PendingRecord, Record
from tests.testimony.vault.test_attachments import code_of, looked_at, opened, picture, sent
from tests.testimony.vault.test_backup import (
    Place,
    _members,
    _restore,
    db,
    place,
    seeded,
)

__all__ = ["db", "place", "seeded"]  # fixtures


def test_pictures_are_in_the_content_alone_and_those_beside_drafts_in_neither() -> None:
    assert Attachment in archives.tables_of(Kind.CONTENT)
    assert Attachment not in archives.tables_of(Kind.KEYRING)
    assert DraftAttachment in archives.tables_of_neither()


def test_pictures_come_back_with_their_record_and_open(place: Place) -> None:
    consultation = place.consultation
    several = [picture(500), Picture(os.urandom(attachments.LARGEST), 2048, 2048)]
    sealed = sent(consultation, *several)
    key = DraftKey.new()
    drafts.save(key, {}, ends_tick=drafts.tick_now() + 36)
    attachments.add(key, picture())
    made = place.make()
    assert not [name for name, _ in _members(made[Kind.CONTENT]) if "DraftAttachment" in name]
    for model in (Attachment, PendingRecord, Record):
        model.objects.all().delete()
    _restore(content=made[Kind.CONTENT], keyring=made[Kind.KEYRING])
    ids = opened(consultation, sealed).pictures
    assert [looked_at(consultation, sealed, one) for one in ids] == [one.data for one in several]
    assert not DraftAttachment.objects.exists(), "Drafts end with any restore."


def test_a_picture_withdrawn_after_a_backup_stays_gone(place: Place) -> None:
    withdrawn, kept = sent(place.consultation, picture()), sent(place.consultation, picture())
    made = place.make()
    actions.withdraw_record(code=code_of(withdrawn))
    for keyring in (None, made[Kind.KEYRING]):
        _restore(content=made[Kind.CONTENT], keyring=keyring)
        assert Attachment.objects.get().record_id == kept.record_id
    (picture_id,) = opened(place.consultation, kept).pictures
    assert looked_at(place.consultation, kept, picture_id)


def test_a_picture_whose_key_was_destroyed_meanwhile_stays_gone(place: Place) -> None:
    destroyed, kept = sent(place.consultation, picture()), sent(place.consultation, picture())
    made = place.make()
    DataKey.objects.filter(pk=destroyed.record_id).delete()
    _restore(content=made[Kind.CONTENT])
    assert Attachment.objects.get().record_id == kept.record_id
