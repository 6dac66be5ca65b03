"""Numbered batches of paper: one number for all sheets, counts alone, and who may."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from testimony.vault import audit, batches, calendar, retention, vouchers
from testimony.vault.batches import BatchRefused
from testimony.vault.models import AuditEntry, Collection, PaperBatch, Voucher
from tests.factories import Consultation, team_client, user


def made(consultation: Consultation, **others: Any) -> bytes:
    wanted = {
        "by": consultation.keyholder,
        "collection": consultation.collection,
        "door": consultation.survey.public_id,
        "definition": consultation.survey.digest,
        "language": "en",
        "is_large": False,
        "count": 20,
        **others,
    }
    press = wanted.pop("press", lambda number, codes: f"{number} {len(codes)}".encode())
    return batches.make_batch(press, **wanted)


@pytest.fixture
def ready(consultation: Consultation) -> Consultation:
    team_client(consultation.keyholder, "Keyholders")
    return consultation


def the_batch() -> PaperBatch:
    return PaperBatch.objects.get()


def test_a_batch_gets_the_next_number_of_its_own_door(ready: Consultation) -> None:
    assert made(ready) == b"1 0"
    assert made(ready) == b"2 0"
    other = made(ready, door=ready.call.public_id, definition=ready.call.digest)
    assert other == b"1 0"
    found = batches.batches_of(ready.survey.public_id)
    assert [(one.number, one.printed, one.typed_in) for one in found] == [(2, 20, 0), (1, 20, 0)]


def test_a_batch_keeps_the_week_and_nothing_finer(ready: Consultation) -> None:
    made(ready)
    row = PaperBatch.objects.values().get()
    assert row["week"] == calendar.week_of(timezone.now().date())
    assert not [value for value in row.values() if isinstance(value, dt.date)]


@pytest.mark.parametrize("count", [0, 1, 4, 501])
def test_a_batch_is_never_so_small_that_its_number_is_a_person_s(
    ready: Consultation, count: int
) -> None:
    with pytest.raises(BatchRefused, match="from 5 to 500"):
        made(ready, count=count)
    assert not PaperBatch.objects.exists()


def test_codes_of_a_batch_are_kept_with_it_or_not_at_all(
    ready: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = timezone.now().date() + dt.timedelta(days=1)
    assert made(ready, count=6, codes_expire=tomorrow) == b"1 6"
    assert Voucher.objects.count() == 6

    def sabotage(**_given: Any) -> None:
        raise RuntimeError("The log is full.")

    monkeypatch.setattr(audit, "append", sabotage)
    with pytest.raises(RuntimeError):
        made(ready, count=6, codes_expire=tomorrow)
    assert Voucher.objects.count() == 6
    assert PaperBatch.objects.count() == 1


def test_what_could_not_be_printed_has_no_number(ready: Consultation) -> None:
    def sabotage(_number: int, _codes: list[str]) -> bytes:
        raise RuntimeError("The press stands still.")

    with pytest.raises(RuntimeError):
        made(ready, press=sabotage)
    assert not PaperBatch.objects.exists()
    assert not AuditEntry.objects.filter(action="paper batch printed").exists()


def test_who_prints_at_the_same_moment_gets_another_number(ready: Consultation) -> None:
    printed: list[int] = []

    def press(number: int, _codes: list[str]) -> bytes:
        if not printed:
            printed.append(number)
            made(ready)
        printed.append(number)
        return str(number).encode()

    assert made(ready, press=press) == b"2"
    assert printed == [1, 1, 2]
    assert sorted(PaperBatch.objects.values_list("number", flat=True)) == [1, 2]


def test_a_batch_is_counted_once_and_ends_with_it(ready: Consultation) -> None:
    made(ready)
    door = ready.survey.public_id
    for _paper in range(13):
        assert batches.note_typed_in(door=door, number=1)
    assert batches.numbers_out(door) == [1]
    found = batches.count_batch(by=ready.keyholder, batch=the_batch(), blank=4, destroyed=14)
    assert (found.typed_in, found.missing) == (13, 2)
    assert batches.numbers_out(door) == []
    assert not batches.note_typed_in(door=door, number=1)
    with pytest.raises(BatchRefused, match="counted already"):
        batches.count_batch(by=ready.keyholder, batch=found, blank=0, destroyed=0)
    assert the_batch().typed_in == 13


def test_a_count_that_the_log_does_not_learn_of_is_not_kept(
    ready: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(ready)

    def sabotage(**_given: Any) -> None:
        raise RuntimeError("The log is full.")

    monkeypatch.setattr(audit, "append", sabotage)
    with pytest.raises(RuntimeError):
        batches.count_batch(by=ready.keyholder, batch=the_batch(), blank=1, destroyed=1)
    assert the_batch().is_out


@pytest.mark.parametrize(("blank", "destroyed"), [(21, 0), (0, 21), (11, 10), (-1, 3)])
def test_no_more_comes_back_than_was_printed(
    ready: Consultation, blank: int, destroyed: int
) -> None:
    made(ready)
    with pytest.raises(BatchRefused, match="more than the 20"):
        batches.count_batch(by=ready.keyholder, batch=the_batch(), blank=blank, destroyed=destroyed)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperBatch.objects.update(state="counted", blank=15, destroyed=15)


def test_a_number_that_nobody_printed_counts_nothing(ready: Consultation) -> None:
    made(ready)
    assert not batches.note_typed_in(door=ready.survey.public_id, number=2)
    assert not batches.note_typed_in(door=ready.call.public_id, number=1)
    assert the_batch().typed_in == 0


@pytest.mark.parametrize("role", ["Editors", "Publishers", "Administrators"])
def test_who_may_not_hold_keys_neither_prints_nor_counts_a_batch(
    ready: Consultation, role: str
) -> None:
    made(ready)
    other = user("somebody")
    team_client(other, role)
    with pytest.raises(PermissionDenied):
        made(ready, by=other)
    with pytest.raises(PermissionDenied):
        batches.count_batch(by=other, batch=the_batch(), blank=0, destroyed=0)
    with pytest.raises(PermissionDenied):
        vouchers.draw(other, 5)
    assert PaperBatch.objects.count() == 1
    assert the_batch().is_out


def test_counts_go_with_the_collection_s_last_day_unless_a_hold_stands(
    ready: Consultation,
) -> None:
    made(ready)
    assert batches.forget_destroyed() == 0
    today = timezone.now().date()
    Collection.objects.filter(pk=ready.collection.pk).update(
        withdrawal_deadline=today, destruction_date=today
    )
    hold = retention.place_hold(
        by=ready.keyholder,
        collection=ready.collection,
        statement="A court says so.",
        stops_withdrawals=False,
    )
    assert batches.forget_destroyed() == 0
    retention.lift_hold(by=ready.keyholder, hold=hold)
    assert batches.forget_destroyed() == 1


def test_the_log_learns_the_number_and_no_count(ready: Consultation) -> None:
    made(ready)
    batches.count_batch(by=ready.keyholder, batch=the_batch(), blank=4, destroyed=14)
    reasons = AuditEntry.objects.filter(action__startswith="paper batch").values_list(
        "reason", flat=True
    )
    assert list(reasons) == [f"{ready.survey.public_id}: 1"] * 2
