"""What was held apart is thrown away by a keyholder, and by nobody and nothing else."""

from __future__ import annotations

import datetime as dt
import html
import re
import time
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from testimony.curation.models import Excerpt
from testimony.intake.submitting import submit_testimony
from testimony.vault import actions, audit, custody, receipts, retention, weekly, withdrawal
from testimony.vault.actions import DiscardRefused
from testimony.vault.models import (
    Attachment,
    AuditEntry,
    DataKey,
    Keyholder,
    Lane,
    PendingRecord,
    ReceiptVerifier,
    Record,
    Tombstone,
)
from testimony.vault.unlock import Stale
from testimony.vault.withdrawal import Scope
from tests.factories import TESTIMONY, Consultation, team_client
from tests.testimony.vault.databases import check_whole, quoted

EARLIER = "2026-W20"


def sent(consultation: Consultation, lane: Lane = Lane.FLOOD) -> actions.Sealed:
    return submit_testimony(call=consultation.call, answers=TESTIMONY, language="en", lane=lane)


def flood(consultation: Consultation, count: int, week: str = EARLIER) -> list[uuid.UUID]:
    """Many records at once, with keys and receipts of their own, at rest in an earlier week."""
    pattern = PendingRecord.objects.get(id=sent(consultation).record_id)
    key = DataKey.objects.get(record_id=pattern.id)
    fields = [field.attname for field in PendingRecord._meta.concrete_fields]
    common = {name: getattr(pattern, name) for name in fields} | {"week": week}
    ids = [uuid.uuid4() for _number in range(count)]
    Record.objects.bulk_create([Record(**{**common, "id": one}) for one in ids], batch_size=500)
    DataKey.objects.bulk_create(
        [
            DataKey(record_id=one, epoch_id=key.epoch_id, sealed_data_key=key.sealed_data_key)
            for one in ids
        ],
        batch_size=500,
    )
    ReceiptVerifier.objects.bulk_create(
        [ReceiptVerifier(verifier=uuid.uuid4().hex * 2, record_id=one) for one in ids],
        batch_size=500,
    )
    withdrawal.erase_record(pattern.id, Scope.EVERYTHING)
    return ids


def discard(consultation: Consultation, **others: Any) -> int:
    wanted = {
        "by": consultation.keyholder,
        "grant": others.pop("grant", None) or consultation.grant(),
        "collection": consultation.collection,
        "weeks": weekly.held_apart(consultation.collection),
        "reason": "A flood",
        **others,
    }
    return actions.discard_lane(**wanted)


def test_what_was_held_apart_is_discarded_and_all_else_stays(consultation: Consultation) -> None:
    stays = [sent(consultation, lane) for lane in Lane if lane != Lane.FLOOD]
    goes = [sent(consultation) for _number in range(3)]
    actions.shuffle_pending()
    goes.append(sent(consultation))
    assert discard(consultation) == 4
    for sealed in goes:
        assert sealed.code
        assert receipts.look_up(" ".join(sealed.code)).state is receipts.State.NOTHING
    for sealed in stays:
        assert sealed.code
        assert receipts.look_up(" ".join(sealed.code)).state is receipts.State.HELD
    assert not Record.objects.filter(lane=Lane.FLOOD).exists()
    assert not PendingRecord.objects.filter(lane=Lane.FLOOD).exists()
    check_whole()


def test_nothing_of_a_discarded_record_is_left_in_any_table(consultation: Consultation) -> None:
    """Whatever the vault learns to keep by record must go here as it goes with a withdrawal."""
    (record_id,) = flood(consultation, 1)
    holders = [
        model
        for model in apps.get_app_config("vault").get_models()
        if any(field.name == "record_id" for field in model._meta.get_fields())
    ]
    assert {model.__name__ for model in holders} == {
        "Attachment",
        "DataKey",
        "HeldWithdrawal",
        "QuotingStop",
        "ReceiptVerifier",
    }
    Attachment.objects.create(record_id=record_id, bucket=1, sealed=b"x")
    withdrawal.stop_quoting(record_id)
    discard(consultation)
    for model in holders:
        assert not model._default_manager.filter(record_id=record_id).exists(), model
    assert Tombstone.objects.filter(token=withdrawal.token_of(record_id, Scope.EVERYTHING)).exists()


def test_what_was_made_from_a_discarded_record_goes_too(consultation: Consultation) -> None:
    sealed = sent(consultation, Lane.OPEN)
    quoted(consultation, sealed.record_id)
    PendingRecord.objects.update(lane=Lane.FLOOD)
    discard(consultation)
    assert not Excerpt.objects.exists()


def test_an_older_backup_does_not_bring_a_discarded_record_back(
    consultation: Consultation,
) -> None:
    sealed = sent(consultation)
    record = PendingRecord.objects.get(id=sealed.record_id)
    key = DataKey.objects.get(record_id=sealed.record_id)
    discard(consultation)
    record.save(force_insert=True)
    key.save(force_insert=True)
    assert withdrawal.replay() == 1
    assert not PendingRecord.objects.exists()


def test_only_the_chosen_weeks_go(consultation: Consultation) -> None:
    flood(consultation, 3)
    flood(consultation, 2, week="2026-W21")
    assert discard(consultation, weeks=["2026-W21", "2026-W21"]) == 2
    assert weekly.held_apart(consultation.collection) == [EARLIER]
    assert discard(consultation, weeks=[]) == 0


def test_the_log_has_one_entry_with_the_reason_and_a_rounded_number(
    consultation: Consultation,
) -> None:
    flood(consultation, 12)
    grant = consultation.grant()
    before = AuditEntry.objects.count()
    discard(consultation, grant=grant, reason=" Machines ")
    assert AuditEntry.objects.count() == before + 1
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.reason) == ("lane discarded", "Machines (10)")
    assert entry.subject == str(consultation.collection.pk)
    assert entry.actor_id == consultation.keyholder.pk
    assert entry.action in audit.ACTIONS


@pytest.mark.parametrize("lane", [lane for lane in Lane if lane != Lane.FLOOD])
def test_no_other_lane_can_be_discarded(consultation: Consultation, lane: Lane) -> None:
    sent(consultation, lane)
    with pytest.raises(DiscardRefused, match="held apart"):
        discard(consultation, lane=lane)
    assert PendingRecord.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "   ", "x" * 151])
def test_a_reason_is_needed(consultation: Consultation, reason: str) -> None:
    sent(consultation)
    with pytest.raises(DiscardRefused, match="say why"):
        discard(consultation, reason=reason)


def test_nothing_is_discarded_under_a_legal_hold(consultation: Consultation) -> None:
    sent(consultation)
    retention.place_hold(
        by=consultation.keyholder,
        collection=consultation.collection,
        statement="An order.",
        stops_withdrawals=False,
    )
    with pytest.raises(DiscardRefused, match="legal hold"):
        discard(consultation)
    assert PendingRecord.objects.count() == 1


def test_keys_of_another_person_or_collection_do_not_serve(consultation: Consultation) -> None:
    sent(consultation)
    with pytest.raises(DiscardRefused, match="Unlock"):
        discard(consultation, by=consultation.peer)
    today = timezone.now().date()
    other = custody.create_collection(
        by=None,
        name="Another",
        run_by="Us",
        kept_where="Here",
        withdrawal_deadline=today,
        destruction_date=today + dt.timedelta(days=100),
    )
    with pytest.raises(DiscardRefused, match="Unlock"):
        discard(consultation, collection=other)
    assert PendingRecord.objects.count() == 1


def test_keys_that_were_taken_away_do_not_serve(consultation: Consultation) -> None:
    sent(consultation)
    grant = consultation.grant()
    peer = custody.enrol_keyholder(by=None, user=consultation.peer).keyholder
    custody.grant_access(by=consultation.keyholder, grant=grant, keyholder=peer)
    first = Keyholder.objects.get(user=consultation.keyholder)
    custody.remove_keyholder(by=consultation.peer, keyholder=first)
    with pytest.raises((DiscardRefused, Stale)):
        discard(consultation, grant=grant)
    assert PendingRecord.objects.count() == 1


def test_a_failed_last_write_discards_nothing(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = sent(consultation)
    grant = consultation.grant()

    def sabotage(**_kwargs: Any) -> None:
        raise IntegrityError("The last write fails.")

    monkeypatch.setattr(audit, "append", sabotage)
    with pytest.raises(IntegrityError):
        discard(consultation, grant=grant)
    monkeypatch.undo()
    assert sealed.code
    assert receipts.look_up(" ".join(sealed.code)).state is receipts.State.HELD
    assert not Tombstone.objects.exists()
    check_whole()


def test_ten_thousand_are_discarded_while_a_person_waits(consultation: Consultation) -> None:
    flood(consultation, 10_000)
    kept = sent(consultation, Lane.OPEN)
    began = time.perf_counter()
    assert discard(consultation) == 10_000
    took = time.perf_counter() - began
    assert took < 20, f"{took:.1f} seconds"
    assert list(DataKey.objects.values_list("record_id", flat=True)) == [kept.record_id]
    assert Tombstone.objects.count() == 10_000


# The figures.


@pytest.mark.parametrize(
    ("count", "near"),
    [
        (0, None),
        (1, None),
        (4, None),
        (5, 5),
        (7, 5),
        (8, 10),
        (12, 10),
        (13, 15),
        (10_002, 10_000),
    ],
)
def test_figures_are_rounded_to_the_nearest_five(count: int, near: int | None) -> None:
    assert weekly.nearest(count) == near
    assert weekly.in_words(count) == (f"about {near}" if near else "fewer than 5")


def test_the_page_shows_rounded_figures_by_week_and_lane(consultation: Consultation) -> None:
    flood(consultation, 8)
    for _number in range(3):
        sent(consultation, Lane.OPEN)
    client = team_client(consultation.keyholder, "Keyholders")
    text = text_of(client.get(at(consultation)))
    assert "about 10" in text
    assert EARLIER in text
    assert not re.search(
        r"\b(?:8|3)\b(?! May| June)", re.sub(r"\d{4}-W\d+|from \d+ \w+ \d+", "", text)
    )


# The pages.


def text_of(response: HttpResponse) -> str:
    body = response.content.decode().split("<main", 1)[-1]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def at(consultation: Consultation, step: str = "") -> str:
    return f"/admin/vault/collections/{consultation.collection.pk}/lanes/{step}"


def open_client(consultation: Consultation) -> Client:
    client = team_client(consultation.keyholder, "Keyholders")
    client.post(
        "/admin/vault/unlock/",
        {
            "collection": consultation.collection.pk,
            "passphrase": consultation.passphrase,
            "reason": "A ceremony",
        },
    )
    return client


def test_discarding_asks_to_unlock_first(consultation: Consultation) -> None:
    sent(consultation)
    client = team_client(consultation.keyholder, "Keyholders")
    answer = client.post(
        at(consultation, "discard/"), {"weeks": "all", "reason": "x", "typed": "A consultation"}
    )
    assert answer["Location"].startswith("/admin/vault/unlock/")
    assert PendingRecord.objects.count() == 1


@pytest.mark.parametrize(
    "slip", [{"typed": ""}, {"typed": "Another"}, {"reason": ""}, {"weeks": "2020-W01"}]
)
def test_a_slip_in_the_ceremony_discards_nothing(
    consultation: Consultation, slip: dict[str, str]
) -> None:
    sent(consultation)
    client = open_client(consultation)
    whole = {"weeks": "all", "reason": "Machines", "typed": "A consultation", **slip}
    answer = client.post(at(consultation, "discard/"), whole)
    assert answer.status_code == 422
    assert PendingRecord.objects.count() == 1


def test_a_keyholder_discards_in_one_ceremony(consultation: Consultation) -> None:
    sent(consultation)
    client = open_client(consultation)
    page = client.get(at(consultation, "discard/"))
    assert "fewer than 5" in text_of(page)
    answer = client.post(
        at(consultation, "discard/"),
        {"weeks": "all", "reason": "Machines", "typed": " a  Consultation "},
        follow=True,
    )
    assert "It is discarded" in text_of(answer)
    assert not PendingRecord.objects.exists()
    again = client.get(at(consultation, "discard/"), follow=True)
    assert "Nothing is held apart" in text_of(again)


def test_a_hold_is_said_on_the_page_and_refused_in_the_ceremony(
    consultation: Consultation,
) -> None:
    sent(consultation)
    client = open_client(consultation)
    retention.place_hold(
        by=consultation.keyholder,
        collection=consultation.collection,
        statement="An order.",
        stops_withdrawals=False,
    )
    assert "Nothing may be discarded" in text_of(client.get(at(consultation)))
    answer = client.post(
        at(consultation, "discard/"),
        {"weeks": "all", "reason": "Machines", "typed": "A consultation"},
    )
    assert answer.status_code == 422
    assert "legal hold" in text_of(answer)
    assert PendingRecord.objects.count() == 1


@pytest.mark.parametrize("role", ["Editors", "Publishers"])
def test_these_roles_see_no_figures(consultation: Consultation, role: str) -> None:
    client = team_client(consultation.peer, role)
    # The admin sends people without a permission to its first page, with a sentence.
    assert client.get(at(consultation)).status_code in (302, 403)
    assert client.get(at(consultation, "discard/")).status_code in (302, 403)


def test_administrators_see_figures_and_discard_nothing(consultation: Consultation) -> None:
    sent(consultation)
    client = team_client(consultation.peer, "Administrators")
    assert "fewer than 5" in text_of(client.get(at(consultation)))
    client.post(
        at(consultation, "discard/"), {"weeks": "all", "reason": "x", "typed": "A consultation"}
    )
    assert PendingRecord.objects.count() == 1
