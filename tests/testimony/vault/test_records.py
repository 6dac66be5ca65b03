"""Sealing, opening, withdrawing and shuffling records, on the real database."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction

from testimony.intake.submitting import submit_testimony
from testimony.vault import actions, withdrawal
from testimony.vault.keyring import NoValidKey
from testimony.vault.models import (
    DataKey,
    Epoch,
    Lane,
    PendingRecord,
    ReceiptVerifier,
    Record,
    RecordBase,
)
from testimony.vault.sealing import DoesNotOpen
from tests.factories import TESTIMONY, Consultation

SAID = {"answers": {"story": "words"}, "consents": {}, "language": "en", "channel": "web"}


def _seal(consultation: Consultation, **kwargs: object) -> actions.Sealed:
    wanted = {"lane": Lane.OPEN, "language": "en", "wants_receipt": True, **kwargs}
    return actions.seal_record(
        collection_id=consultation.collection.id,
        definition=consultation.call.definition_id,
        payload=SAID,
        **wanted,
    )


def test_a_record_opens_under_a_grant_and_holds_what_was_sent(consultation: Consultation) -> None:
    _seal(consultation)
    opened = list(consultation.grant().stream(consultation.call.definition_id))
    assert [one.payload for one in opened] == [SAID]


def test_a_stored_record_says_nothing_but_its_week_lane_and_size(
    consultation: Consultation,
) -> None:
    _seal(consultation)
    row = PendingRecord.objects.get()
    assert len(bytes(row.sealed)) == row.bucket == 4096
    assert b"words" not in bytes(row.sealed)
    fields = {field.name for field in RecordBase._meta.get_fields()}
    assert fields == {
        "id", "collection", "definition", "month", "week", "lane", "bucket", "expires", "sealed",
    }  # fmt: skip
    assert row.id.version == 4


def test_two_records_swapped_in_place_do_not_open(consultation: Consultation) -> None:
    _seal(consultation)
    _seal(consultation)
    first, second = PendingRecord.objects.all()
    PendingRecord.objects.filter(pk=first.pk).update(sealed=bytes(second.sealed))
    with pytest.raises(DoesNotOpen):
        list(consultation.grant().stream(consultation.call.definition_id))


def test_a_record_moved_to_another_definition_does_not_open(consultation: Consultation) -> None:
    _seal(consultation)
    PendingRecord.objects.update(definition_id=consultation.survey.version.definition_id)
    with pytest.raises(DoesNotOpen):
        list(consultation.grant().stream(consultation.survey.version.definition_id))


def test_without_its_data_key_a_record_is_gone(consultation: Consultation) -> None:
    _seal(consultation)
    DataKey.objects.all().delete()
    assert list(consultation.grant().stream(consultation.call.definition_id)) == []


def test_the_lane_held_apart_is_not_read_with_the_others(consultation: Consultation) -> None:
    _seal(consultation, lane=Lane.FLOOD)
    assert list(consultation.grant().stream(consultation.call.definition_id)) == []


def test_nothing_is_taken_in_without_a_key_for_the_month(consultation: Consultation) -> None:
    Epoch.objects.all().delete()
    with pytest.raises(NoValidKey):
        _seal(consultation)
    assert PendingRecord.objects.count() == 0


@pytest.mark.parametrize("broken", [DataKey, ReceiptVerifier])
def test_when_the_last_write_fails_nothing_is_left_behind(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch, broken: type
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(broken.objects, "bulk_create", fail)
    with pytest.raises(OSError, match="disk"):
        _seal(consultation)
    assert PendingRecord.objects.count() == 0
    assert DataKey.objects.count() == 0
    assert ReceiptVerifier.objects.count() == 0


def test_a_receipt_withdraws_everything_of_one_person_and_nothing_of_another(
    consultation: Consultation,
) -> None:
    sealed, other = _seal(consultation), _seal(consultation)
    assert sealed.code is not None
    assert actions.withdraw_record(code=" ".join(sealed.code)) is True
    left = {row.id for row in PendingRecord.objects.all()}
    assert left == {other.record_id}
    assert {row.record_id for row in DataKey.objects.all()} == left
    assert {row.record_id for row in ReceiptVerifier.objects.all()} == left
    assert actions.withdraw_record(code=" ".join(sealed.code)) is False


def test_a_withdrawal_that_fails_above_leaves_all_as_it_was(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_record: uuid.UUID, _scope: object) -> None:
        raise RuntimeError("a page would not let go")

    sealed = _seal(consultation)
    assert sealed.code is not None
    monkeypatch.setattr(withdrawal, "run", fail)
    with pytest.raises(RuntimeError):
        actions.withdraw_record(code=" ".join(sealed.code))
    assert PendingRecord.objects.count() == DataKey.objects.count() == 1


def test_a_receipt_is_none_when_none_was_wanted(consultation: Consultation) -> None:
    assert _seal(consultation, wants_receipt=False).code is None
    assert ReceiptVerifier.objects.count() == 0


def test_words_that_were_not_to_be_kept_are_never_sealed(consultation: Consultation) -> None:
    submit_testimony(
        call=consultation.call, answers={**TESTIMONY, "words": "discard"}, language="en"
    )
    (opened,) = consultation.grant().stream(consultation.call.definition_id)
    assert "story" not in opened.payload["answers"]
    assert opened.payload["answers"]["setting"] == "outdoor"


def test_shuffling_moves_all_records_and_forgets_their_order(consultation: Consultation) -> None:
    arrived = [_seal(consultation).record_id for _number in range(60)]
    assert actions.shuffle_pending() == 60
    assert PendingRecord.objects.count() == 0
    resting = list(Record.objects.order_by().values_list("id", flat=True))
    assert sorted(resting) == sorted(arrived)
    with transaction.atomic():
        late = _seal(consultation).record_id
    actions.shuffle_pending()
    assert Record.objects.filter(id=late).exists()
    assert len(list(consultation.grant().stream(consultation.call.definition_id))) == 61
