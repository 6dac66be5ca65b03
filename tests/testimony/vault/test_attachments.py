"""A picture's way: beside the draft, with the record, to a keyholder, and gone with either."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from PIL import Image

from testimony.vault import (
    actions,
    attachments,
    audit,
    chores,
    disk,
    drafts,
    envelope,
    limits,
    quotas,
    receipts,
    retention,
    unlock,
    withdrawal,
)
from testimony.vault.attachments import Held, Picture, PictureGone, TooManyPictures
from testimony.vault.drafts import DraftGone, DraftKey
from testimony.vault.envelope import TooLarge
from testimony.vault.models import (
    Attachment,
    AuditEntry,
    DataKey,
    DraftAttachment,
    HeldWithdrawal,
    Lane,
    PendingRecord,
    Record,
    SealedDraft,
    Tombstone,
)
from testimony.vault.quotas import QuotaSpent
from testimony.vault.sealing import DoesNotOpen
from testimony.vault.unlock import Grant, Opened
from testimony.wizard import pictures as from_people
from tests import factories
from tests.factories import Consultation
from tests.testimony.vault.databases import (
    IS_POSTGRESQL,
    OwnDatabase,
    at_once,
    segments_thrown_away,
)
from tests.testimony.vault.test_disk import _checkpoint, _lie_there
from tests.testimony.vault.test_order import NONE, _as_it_lies, _rank_correlation
from tests.testimony.vault.test_retention import expire
from tests.testimony.wizard.test_pictures import MARK, check_clean, photo

SAID: dict[str, Any] = {
    "answers": {"story": "words"},
    "consents": {},
    "language": "en",
    "channel": "web",
    "attachments": [],
}


def picture(size: int = 1000) -> Picture:
    """Bytes that stand for a picture: nothing here looks at what is in one."""
    return Picture(os.urandom(size), 640, 480)


def begun() -> DraftKey:
    key = DraftKey.new()
    drafts.save(key, {"answers": {}}, ends_tick=drafts.tick_now() + 36)
    return key


def sent(consultation: Consultation, *pictures: Picture, lane: Lane = Lane.OPEN) -> actions.Sealed:
    return actions.seal_record(
        collection_id=consultation.collection.id,
        definition=consultation.call.definition_id,
        payload=SAID,
        lane=lane,
        language="en",
        wants_receipt=True,
        pictures=pictures,
    )


def code_of(sealed: actions.Sealed) -> str:
    assert sealed.code is not None
    return " ".join(sealed.code)


def opened(
    consultation: Consultation, sealed: actions.Sealed, grant: Grant | None = None
) -> Opened:
    return unlock.open_transcript(
        by=consultation.keyholder,
        grant=grant or consultation.grant(),
        record_id=sealed.record_id,
        reason="To read",
    )


def looked_at(
    consultation: Consultation,
    sealed: actions.Sealed,
    picture_id: uuid.UUID,
    grant: Grant | None = None,
) -> bytes:
    return unlock.open_picture(
        by=consultation.keyholder,
        grant=grant or consultation.grant(),
        record_id=sealed.record_id,
        picture_id=picture_id,
        reason="To look",
    )


# From end to end.


def test_a_photo_with_a_place_goes_in_and_a_keyholder_sees_a_clean_picture(
    consultation: Consultation,
) -> None:
    data = photo(orientation=6, width=3000, height=2000)
    assert MARK in data
    key = begun()
    held = attachments.add(key, from_people.reencode(data))
    assert (held.width, held.height) == (1365, 2048)
    with drafts.claimed(key):
        sealed = sent(consultation, *attachments.take(key, [held.id]))
        drafts.save(key, {"done": {}}, ends_tick=drafts.tick_now() + 36)
    assert not DraftAttachment.objects.exists()

    grant = consultation.grant()
    transcript = opened(consultation, sealed, grant)
    (picture_id,) = transcript.pictures
    assert transcript.payload["attachments"] == [
        {"id": str(picture_id), "width": 1365, "height": 2048, "bytes": held.size}
    ]
    jpeg = looked_at(consultation, sealed, picture_id, grant)
    check_clean(Picture(jpeg, 1365, 2048))
    assert len(jpeg) == held.size
    assert Image.open(BytesIO(jpeg)).size == (1365, 2048)


# Beside a draft.


@pytest.mark.django_db
def test_a_picture_beside_a_draft_opens_with_its_key_alone() -> None:
    key, one = begun(), picture()
    held = attachments.add(key, one)
    assert held == Held(held.id, 640, 480, 1000)
    assert attachments.held(key) == [held]
    assert attachments.open_one(key, held.id) == one
    other = begun()
    assert attachments.held(other) == []
    assert attachments.open_all(other, [held.id]) == []
    with pytest.raises(PictureGone):
        attachments.open_one(other, held.id)
    attachments.remove(other, held.id)
    assert attachments.held(key) == [held]


@pytest.mark.django_db
def test_the_database_has_neither_the_picture_nor_its_size_nor_the_key() -> None:
    key = begun()
    for size, bucket in ((1, 262144), (262_100, 262144), (262_101, 1048576), (1_048_533, 4194304)):
        held = attachments.add(key, Picture(b"j" * size, 1, 1))
        row = DraftAttachment.objects.get()
        assert len(bytes(row.sealed)) == row.bucket == bucket
        assert key.secret not in bytes(row.sealed) + row.draft_id.encode()
        assert b"jjjj" not in bytes(row.sealed)
        attachments.remove(key, held.id)
    with pytest.raises(TooLarge):
        attachments.add(key, Picture(bytes(attachments.LARGEST + 1), 1, 1))
    attachments.add(key, Picture(bytes(attachments.LARGEST), 1, 1))


@pytest.mark.django_db
def test_a_fourth_picture_is_one_too_many_until_one_is_taken_away() -> None:
    key = begun()
    held = [attachments.add(key, picture()) for _number in range(limits.PICTURES)]
    with pytest.raises(TooManyPictures, match="three"):
        attachments.add(key, picture())
    attachments.remove(key, held[0].id)
    attachments.remove(key, held[0].id)
    attachments.add(key, picture())
    assert len(attachments.held(key)) == 3


@pytest.mark.django_db
def test_pictures_come_back_in_the_order_asked_for_and_without_those_taken_away() -> None:
    key = begun()
    all_three = [picture() for _number in range(3)]
    held = [attachments.add(key, one) for one in all_three]
    ids = [one.id for one in held]
    assert attachments.open_all(key, ids) == all_three
    assert attachments.open_all(key, reversed(ids)) == all_three[::-1]
    attachments.remove(key, ids[1])
    assert attachments.open_all(key, [*ids, uuid.uuid4()]) == [all_three[0], all_three[2]]


@pytest.mark.django_db
def test_a_row_that_was_moved_or_swapped_does_not_open() -> None:
    key, other = begun(), begun()
    first, second = attachments.add(key, picture()), attachments.add(key, picture())
    bytes_of = {row.id: bytes(row.sealed) for row in DraftAttachment.objects.all()}
    DraftAttachment.objects.filter(id=first.id).update(sealed=bytes_of[second.id])
    with pytest.raises(DraftGone):
        attachments.open_one(key, first.id)
    DraftAttachment.objects.filter(id=second.id).update(draft_id=other.draft_id)
    with pytest.raises(DraftGone):
        attachments.open_one(other, second.id)


@pytest.mark.django_db
def test_without_a_draft_there_is_nothing_to_stand_beside() -> None:
    with pytest.raises(DraftGone):
        attachments.add(DraftKey.new(), picture())
    expired = begun()
    SealedDraft.objects.update(expires_tick=drafts.tick_now() - 1)
    with pytest.raises(DraftGone):
        attachments.add(expired, picture())
    assert not DraftAttachment.objects.exists()


@pytest.mark.django_db
def test_the_pictures_go_with_the_draft_however_it_goes() -> None:
    erased, expired, asked_for, kept = begun(), begun(), begun(), begun()
    for key in (erased, expired, asked_for, kept):
        attachments.add(key, picture())
    drafts.erase(erased)
    SealedDraft.objects.filter(id__in=[expired.draft_id, asked_for.draft_id]).update(
        expires_tick=drafts.tick_now() - 1
    )
    with pytest.raises(DraftGone):
        drafts.load(asked_for)
    assert DraftAttachment.objects.count() == 2
    assert drafts.erase_expired() == 1
    assert DraftAttachment.objects.get().draft_id == kept.draft_id


@pytest.mark.django_db
def test_the_chore_of_every_few_minutes_leaves_no_picture_without_a_draft() -> None:
    key, kept = begun(), begun()
    attachments.add(key, picture())
    attachments.add(kept, picture())
    SealedDraft.objects.filter(id=key.draft_id).delete()
    chores.close_only()
    assert DraftAttachment.objects.get().draft_id == kept.draft_id


def test_pictures_are_taken_only_as_a_record_is_sealed(own: OwnDatabase) -> None:
    with own.connected():
        key = begun()
        held = attachments.add(key, picture())
        with pytest.raises(TransactionManagementError):
            attachments.take(key, [held.id])
        assert attachments.held(key) == [held]


def test_what_is_left_beside_the_draft_is_not_sent_and_goes_too(
    consultation: Consultation,
) -> None:
    key = begun()
    wanted, _left = attachments.add(key, picture()), attachments.add(key, picture())
    with transaction.atomic():
        sealed = sent(consultation, *attachments.take(key, [wanted.id]))
    assert not DraftAttachment.objects.exists()
    assert len(opened(consultation, sealed).pictures) == 1


def test_when_sending_fails_the_pictures_are_still_beside_the_draft(
    own: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own.connected():
        consultation = factories.consultation()
        key = begun()
        held = attachments.add(key, picture())

        def fail(*_args: Any, **_more: Any) -> None:
            raise DatabaseError("the last write")

        monkeypatch.setattr(DataKey.objects, "bulk_create", fail)
        with pytest.raises(DatabaseError), drafts.claimed(key):
            sent(consultation, *attachments.take(key, [held.id]))
        monkeypatch.undo()
        assert attachments.held(key) == [held]
        assert not Attachment.objects.exists()
        assert not PendingRecord.objects.exists()
        with drafts.claimed(key):
            sent(consultation, *attachments.take(key, [held.id]))
        assert Attachment.objects.count() == 1


def test_a_picture_that_is_added_while_the_draft_is_erased_is_left_nowhere(
    own: OwnDatabase,
) -> None:
    with own.connected():
        for _round in range(12):
            key = begun()
            at_once(lambda: attachments.add(key, picture()), lambda: drafts.erase(key))  # noqa: B023
        assert not SealedDraft.objects.exists()
        assert not DraftAttachment.objects.exists()


def test_four_pictures_at_once_leave_three(own: OwnDatabase) -> None:
    with own.connected():
        key = begun()
        results = at_once(*[lambda: attachments.add(key, picture())] * 6)
        assert sum(isinstance(one, Held) for one in results) == 3
        assert sum(isinstance(one, TooManyPictures) for one in results) == 3
        assert DraftAttachment.objects.count() == 3


# With a record.


def test_pictures_are_sealed_with_the_record_under_new_ids(consultation: Consultation) -> None:
    key = begun()
    several = [picture(500), picture(300_000), picture(1_100_000)]
    held = [attachments.add(key, one) for one in several]
    with transaction.atomic():
        sealed = sent(consultation, *attachments.take(key, [one.id for one in held]))
    transcript = opened(consultation, sealed)
    assert [one["bytes"] for one in transcript.payload["attachments"]] == [500, 300_000, 1_100_000]
    assert not {one.id for one in held} & set(transcript.pictures)
    for picture_id, one in zip(transcript.pictures, several, strict=True):
        assert looked_at(consultation, sealed, picture_id) == one.data
        row = Attachment.objects.get(pk=picture_id)
        assert len(bytes(row.sealed)) == row.bucket
        assert one.data[:20] not in bytes(row.sealed)
    buckets = Attachment.objects.order_by("bucket").values_list("bucket", flat=True)
    assert list(buckets) == list(limits.ATTACHMENT_BUCKETS)


def test_a_record_without_pictures_is_sealed_as_before(consultation: Consultation) -> None:
    sealed = sent(consultation)
    assert opened(consultation, sealed).payload == SAID
    assert opened(consultation, sealed).pictures == ()
    assert not Attachment.objects.exists()


def test_a_picture_moved_to_another_record_or_changed_does_not_open(
    consultation: Consultation,
) -> None:
    first, second = sent(consultation, picture(), picture()), sent(consultation, picture())
    one, another = opened(consultation, first).pictures
    Attachment.objects.filter(pk=one).update(record_id=second.record_id)
    with pytest.raises(DoesNotOpen):
        looked_at(consultation, second, one)
    with pytest.raises(PictureGone):
        looked_at(consultation, first, one)
    sealed = bytearray(Attachment.objects.get(pk=another).sealed)
    sealed[100] ^= 1
    Attachment.objects.filter(pk=another).update(sealed=bytes(sealed))
    with pytest.raises(DoesNotOpen):
        looked_at(consultation, first, another)


def test_two_pictures_of_a_record_swapped_in_place_do_not_open(consultation: Consultation) -> None:
    sealed = sent(consultation, picture(), picture())
    first, second = opened(consultation, sealed).pictures
    bytes_of = {row.pk: bytes(row.sealed) for row in Attachment.objects.all()}
    Attachment.objects.filter(pk=first).update(sealed=bytes_of[second])
    with pytest.raises(DoesNotOpen):
        looked_at(consultation, sealed, first)


def test_a_picture_under_another_definition_or_kind_does_not_open(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation, picture())
    (picture_id,) = opened(consultation, sealed).pictures
    row = Attachment.objects.get(pk=picture_id)
    with pytest.raises(envelope.EnvelopeError):
        envelope.decode(bytes(row.sealed), kind=envelope.Kind.RECORD)
    PendingRecord.objects.update(definition_id=consultation.survey.version.definition_id)
    with pytest.raises(DoesNotOpen):
        looked_at(consultation, sealed, picture_id)


def test_a_picture_too_large_for_its_bucket_stops_the_sending(consultation: Consultation) -> None:
    with pytest.raises(TooLarge), transaction.atomic():
        sent(consultation, picture(limits.ATTACHMENT_BUCKETS[-1]))
    assert not PendingRecord.objects.exists()
    assert not Attachment.objects.exists()


# Looking at them.


def test_looking_at_the_pictures_of_an_open_transcript_makes_no_second_entry(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation, picture(), picture())
    grant = consultation.grant()
    transcript = opened(consultation, sealed, grant)
    for picture_id in transcript.pictures:
        looked_at(consultation, sealed, picture_id, grant)
    assert AuditEntry.objects.filter(action="transcript opened").count() == 1
    assert quotas.left(consultation.keyholder, "transcript opened") == 59


def test_a_picture_without_its_transcript_counts_as_one(consultation: Consultation) -> None:
    sealed, other = sent(consultation, picture()), sent(consultation, picture())
    (picture_id,) = opened(consultation, other).pictures
    AuditEntry.objects.filter(action="transcript opened").delete()
    row = Attachment.objects.get(record_id=sealed.record_id)
    looked_at(consultation, sealed, row.pk)
    entry = AuditEntry.objects.get(action="transcript opened")
    assert (entry.actor, entry.reason) == (consultation.keyholder, "To look")
    assert entry.subject == audit.subject_of(sealed.record_id)
    looked_at(consultation, sealed, row.pk)
    assert AuditEntry.objects.filter(action="transcript opened").count() == 1
    looked_at(consultation, other, picture_id)
    assert AuditEntry.objects.filter(action="transcript opened").count() == 2


def test_a_transcript_opened_by_somebody_else_or_long_ago_opens_no_picture(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation, picture())
    (picture_id,) = opened(consultation, sealed).pictures
    openings = AuditEntry.objects.filter(action="transcript opened")
    openings.update(actor=consultation.peer)
    looked_at(consultation, sealed, picture_id)
    assert openings.count() == 2
    openings.update(at=timezone.now() - dt.timedelta(minutes=17))
    looked_at(consultation, sealed, picture_id)
    assert openings.count() == 3


def test_pictures_are_no_way_around_the_hours_quota(
    consultation: Consultation, settings: Any
) -> None:
    settings.VAULT_QUOTAS = {**settings.VAULT_QUOTAS, "transcript opened": 2}
    several = [sent(consultation, picture()) for _number in range(3)]
    ids = [Attachment.objects.get(record_id=one.record_id).pk for one in several]
    for sealed, picture_id in list(zip(several, ids, strict=True))[:2]:
        looked_at(consultation, sealed, picture_id)
    with pytest.raises(QuotaSpent):
        looked_at(consultation, several[2], ids[2])
    looked_at(consultation, several[1], ids[1])


def test_without_keys_of_its_month_or_collection_no_picture_opens(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation, picture())
    (picture_id,) = opened(consultation, sealed).pictures
    grant = consultation.grant()
    keyless = Grant(grant.collection_id, grant.keyholder_id, ())
    elsewhere = Grant(uuid.uuid4(), grant.keyholder_id, grant.keys)
    for wrong in (keyless, elsewhere):
        with pytest.raises(PictureGone):
            looked_at(consultation, sealed, picture_id, wrong)
    with pytest.raises(PictureGone):
        looked_at(consultation, sealed, uuid.uuid4())


# Gone with the record.


@pytest.mark.parametrize("moved", [False, True])
def test_withdrawing_takes_the_pictures_too(consultation: Consultation, moved: bool) -> None:
    sealed, kept = sent(consultation, picture(), picture()), sent(consultation, picture())
    gone = opened(consultation, sealed).pictures
    if moved:
        actions.shuffle_pending()
    assert actions.withdraw_record(code=code_of(sealed))
    assert Attachment.objects.get().record_id == kept.record_id
    with pytest.raises(PictureGone):
        looked_at(consultation, sealed, gone[0])


def test_taking_back_the_quoting_leaves_the_pictures_to_the_team(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation, picture())
    assert actions.withdraw_quoting(code=code_of(sealed))
    (picture_id,) = opened(consultation, sealed).pictures
    assert looked_at(consultation, sealed, picture_id)


def test_while_an_order_forbids_a_withdrawal_nobody_sees_the_pictures(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation, picture())
    grant = consultation.grant()
    (picture_id,) = opened(consultation, sealed, grant).pictures
    hold = retention.place_hold(
        by=consultation.keyholder,
        collection=consultation.collection,
        statement="A court ordered it.",
        stops_withdrawals=True,
        grant=grant,
    )
    assert actions.withdraw_record(code=code_of(sealed))
    assert HeldWithdrawal.objects.exists()
    assert Attachment.objects.count() == 1
    with pytest.raises(PictureGone):
        looked_at(consultation, sealed, picture_id, grant)
    assert retention.lift_hold(by=consultation.keyholder, hold=hold) == 1
    assert not Attachment.objects.exists()


def test_what_is_held_apart_is_discarded_with_its_pictures(consultation: Consultation) -> None:
    sealed = sent(consultation, picture(), lane=Lane.FLOOD)
    kept = sent(consultation, picture())
    week = PendingRecord.objects.get(pk=sealed.record_id).week
    actions.discard_lane(
        by=consultation.keyholder,
        grant=consultation.grant(),
        collection=consultation.collection,
        weeks=[week],
        reason="False answers",
    )
    assert Attachment.objects.get().record_id == kept.record_id


def test_the_day_of_destruction_takes_the_pictures_too(consultation: Consultation) -> None:
    sent(consultation, picture(), picture())
    actions.shuffle_pending()
    sent(consultation, picture())
    expire(consultation)
    assert retention.destroy_expired(by=None)
    assert not Attachment.objects.exists()
    assert not Record.objects.exists()


def test_pictures_that_come_back_after_a_withdrawal_go_again(consultation: Consultation) -> None:
    """As a restored content would bring them: with the record, or alone."""
    sealed, kept = sent(consultation, picture()), sent(consultation, picture())
    row = Attachment.objects.get(record_id=sealed.record_id)
    actions.withdraw_record(code=code_of(sealed))
    assert Tombstone.objects.exists()
    Attachment.objects.bulk_create([row])
    assert withdrawal.replay() == 1
    assert Attachment.objects.get().record_id == kept.record_id
    orphan = Attachment(record_id=uuid.uuid4(), bucket=row.bucket, sealed=bytes(row.sealed))
    Attachment.objects.bulk_create([orphan])
    assert withdrawal.replay() == 1
    assert Attachment.objects.get().record_id == kept.record_id


# The order of arrival, and the disk.


def test_the_pictures_lie_in_no_order_once_the_daily_job_has_run(own: OwnDatabase) -> None:
    with own.connected():
        consultation = factories.consultation()
        first_day = [sent(consultation, picture()).record_id for _number in range(120)]
        assert _rank_correlation(first_day, _as_it_lies(Attachment)) == 1, (
            "It must be able to fail."
        )
        before = {row.pk: bytes(row.sealed) for row in Attachment.objects.all()}
        actions.shuffle_pending()
        _check_no_order(first_day)
        second_day = [sent(consultation, picture()).record_id for _number in range(120)]
        actions.shuffle_pending()
        _check_no_order(first_day + second_day)
        after = {row.pk: bytes(row.sealed) for row in Attachment.objects.filter(pk__in=before)}
        assert after == before, "Nothing else about them has changed."
        if IS_POSTGRESQL:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(DISTINCT xmin::text) FROM vault_attachment")
                assert cursor.fetchone()[0] == 1


def _check_no_order(arrived: list[uuid.UUID]) -> None:
    lies = _as_it_lies(Attachment)
    slack = NONE * (240 / len(arrived)) ** 0.5
    assert abs(_rank_correlation(arrived, lies)) < slack
    for other in (Record, DataKey):
        assert abs(_rank_correlation(_as_it_lies(other, set(arrived)), lies)) < slack


def test_withdrawn_and_destroyed_pictures_lie_on_no_disk_after_the_sweep(
    own: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "PATIENCE", 60.0)  # others of the suite may write meanwhile
    with segments_thrown_away(), own.connected():
        consultation = factories.consultation()
        withdrawn, kept = sent(consultation, picture()), sent(consultation, picture())
        key = begun()
        attachments.add(key, picture())
        actions.shuffle_pending()
        wanted = _bytes_of(withdrawn.record_id)
        wanted["beside a draft"] = bytes(DraftAttachment.objects.get().sealed)
        staying = _bytes_of(kept.record_id)
        _checkpoint()
        assert _lie_there(own, wanted).keys() == wanted.keys(), "It must be able to fail."
        actions.withdraw_record(code=code_of(withdrawn))
        drafts.erase(key)
        assert disk.sweep().is_clean
        assert _lie_there(own, wanted) == {}
        assert _lie_there(own, staying).keys() == staying.keys()

        expire(consultation)
        assert retention.destroy_expired(by=None)
        assert disk.sweep().is_clean
        assert _lie_there(own, staying) == {}


def _bytes_of(record_id: uuid.UUID) -> dict[str, Any]:
    row = Attachment.objects.get(record_id=record_id)
    return {f"picture {row.pk}": bytes(row.sealed), f"id of {row.pk}": row.pk}


def test_a_receipt_shows_nothing_of_pictures(consultation: Consultation) -> None:
    with_one, without = sent(consultation, picture()), sent(consultation)
    assert receipts.look_up(code_of(with_one)) == receipts.look_up(code_of(without))
