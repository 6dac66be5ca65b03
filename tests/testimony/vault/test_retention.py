"""The day of destruction, legal holds, certificates, and the daily job."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import subprocess
import uuid
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from testimony.curation.models import Excerpt
from testimony.vault import (
    actions,
    audit,
    calendar,
    chores,
    disk,
    facade,
    papers,
    retention,
)
from testimony.vault.keyring import NoValidKey
from testimony.vault.models import (
    DataKey,
    Destruction,
    Epoch,
    EpochGrant,
    LegalHold,
    PendingRecord,
    ReceiptVerifier,
    Record,
    UnlockedKeys,
)
from testimony.vault.retention import HoldRefused
from tests.factories import Consultation
from tests.testimony.vault.test_custody import opened, seal
from tests.testimony.vault.test_receipts import quote, sent


def expire(consultation: Consultation) -> None:
    """Let this month's epoch be past its day."""
    month = calendar.month_of(timezone.now().date())
    Epoch.objects.filter(collection=consultation.collection, month=month).update(
        expires=timezone.now().date() - dt.timedelta(days=1)
    )


def test_each_epoch_expires_after_the_months_kept_and_never_later_than_announced(
    consultation: Consultation,
) -> None:
    collection = consultation.collection
    for epoch in Epoch.objects.all():
        assert epoch.expires <= collection.destruction_date
    sealed = seal(consultation)
    row = PendingRecord.objects.get(id=sealed.record_id)
    assert row.expires == Epoch.objects.get(month=row.month).expires
    assert calendar.expiry_of("2026-11", keep_months=3, at_latest=dt.date(2030, 1, 1)) == dt.date(
        2027, 2, 28
    )


def test_a_dry_run_says_what_would_go_and_destroys_nothing(
    consultation: Consultation, capsys: pytest.CaptureFixture[str]
) -> None:
    seal(consultation)
    call_command("destroy_expired", "--dry-run")
    assert "Nothing has expired" in capsys.readouterr().out
    expire(consultation)
    call_command("destroy_expired", "--dry-run")
    shown = capsys.readouterr().out
    assert "1 keys, 1 records" in shown
    assert "nothing was destroyed" in shown
    assert (
        PendingRecord.objects.count()
        == EpochGrant.objects.filter(epoch__expires__lt=timezone.now().date()).count()
        == 1
    )


def test_destroying_an_epoch_leaves_no_key_no_record_and_no_receipt(
    consultation: Consultation,
) -> None:
    seal(consultation)
    actions.shuffle_pending()
    seal(consultation)
    quote(consultation, sent(consultation))
    expire(consultation)
    (destroyed,) = retention.destroy_expired(by=None)
    for model in (DataKey, Record, PendingRecord, ReceiptVerifier, Excerpt):
        assert not model._default_manager.exists(), model
    epoch = Epoch.objects.get(destroyed_on__isnull=False)
    assert not epoch.grants.exists()
    assert destroyed.facts["keys"] == destroyed.facts["copies"] == 1
    assert destroyed.facts["records_about"] == 5
    assert opened(consultation, consultation.grant()) == 0
    with pytest.raises(NoValidKey):
        seal(consultation)
    assert retention.destroy_expired(by=None) == []


def test_other_months_and_other_collections_stay(consultation: Consultation) -> None:
    seal(consultation)
    expire(consultation)
    retention.destroy_expired(by=None)
    assert EpochGrant.objects.count() == 3


def test_a_legal_hold_pauses_destruction_and_shows_everywhere(consultation: Consultation) -> None:
    seal(consultation)
    expire(consultation)
    statement = "A court told us on 1 March to keep everything."
    hold = retention.place_hold(
        by=consultation.keyholder,
        collection=consultation.collection,
        statement=statement,
        stops_withdrawals=False,
    )
    assert retention.destroy_expired(by=None) == []
    assert PendingRecord.objects.count() == 1
    assert facade.hold_statement(consultation.collection) == statement
    assert any(statement in worry.sentence for worry in facade.worries())
    with pytest.raises(HoldRefused, match="already"):
        retention.place_hold(
            by=consultation.keyholder,
            collection=consultation.collection,
            statement="Another",
            stops_withdrawals=True,
            grant=consultation.grant(),
        )
    retention.lift_hold(by=consultation.keyholder, hold=hold)
    with pytest.raises(HoldRefused, match="lifted already"):
        retention.lift_hold(by=consultation.keyholder, hold=hold)
    assert len(retention.destroy_expired(by=None)) == 1
    assert LegalHold.objects.count() == 1


def test_when_the_last_write_fails_nothing_was_destroyed(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(consultation)
    expire(consultation)

    def fail(**_kwargs: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Destruction.objects, "create", fail)
    with pytest.raises(OSError, match="disk"):
        retention.destroy_expired(by=None)
    assert PendingRecord.objects.count() == DataKey.objects.count() == 1
    assert EpochGrant.objects.count() == 4
    assert not Epoch.objects.filter(destroyed_on__isnull=False).exists()


def test_the_certificate_tells_what_was_destroyed_and_names_the_audit_entry(
    consultation: Consultation, tmp_path: Path
) -> None:
    for _number in range(7):
        seal(consultation)
    expire(consultation)
    (destroyed,) = retention.destroy_expired(by=consultation.keyholder)
    pdf = papers.certificate(destroyed)
    assert pdf == papers.certificate(destroyed)
    file = tmp_path / "certificate.pdf"
    file.write_bytes(pdf)
    text = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
    ).stdout
    flat = " ".join(text.split())
    assert consultation.collection.name in flat
    assert "to the nearest five 5" in flat
    assert "a member of the team" in flat
    digest = destroyed.facts["audit_digest"]
    assert digest[:8] in flat
    assert audit.check_chain(noted=(destroyed.facts["audit_number"], digest))


def test_the_command_writes_certificates(
    consultation: Consultation,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(disk, "sweep", lambda: disk.Swept(tables=0, is_log_clean=True))
    seal(consultation)
    expire(consultation)
    call_command("destroy_expired", "--certificates", str(tmp_path))
    (file,) = tmp_path.glob("destruction-*.pdf")
    assert file.read_bytes().startswith(b"%PDF")
    assert str(file) in capsys.readouterr().out


def test_the_daily_job_does_every_chore_and_the_dashboard_knows(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "sweep", lambda: disk.Swept(tables=0, is_log_clean=True))
    seal(consultation)
    assert chores.is_late()
    assert any("daily job" in worry.sentence for worry in facade.worries())
    said = " ".join(chores.do_all().lines)
    assert "1 records moved" in said
    assert Record.objects.count() == 1
    assert not chores.is_late()
    later = timezone.now() + dt.timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert chores.is_late()


def test_the_dashboard_warns_before_the_keys_run_out(consultation: Consultation) -> None:
    month = calendar.month_of(timezone.now().date())
    Epoch.objects.filter(month__gt=month).delete()
    said = [worry.sentence for worry in facade.worries()]
    assert any("no key for next month" in sentence for sentence in said)
    Epoch.objects.all().delete()
    said = [worry.sentence for worry in facade.worries()]
    assert any("takes nothing in" in sentence for sentence in said)
    assert any("Only one person" in sentence for sentence in said)


def test_a_chore_that_fails_keeps_no_other_from_its_work_and_is_told(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise RuntimeError("somebody's words")

    monkeypatch.setattr(disk, "sweep", lambda: disk.Swept(tables=0, is_log_clean=True))
    monkeypatch.setattr(chores.custody, "renew_all_epochs", fail)
    seal(consultation)
    with pytest.raises(CommandError, match="making the months ahead") as refusal:
        call_command("tend_vault", stdout=io.StringIO())
    assert "somebody" not in str(refusal.value)
    assert Record.objects.count() == 1
    assert chores.is_late()


def test_what_the_sweep_could_not_do_ends_the_daily_job_with_a_failure(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = disk.Swept(tables=3, is_log_clean=False, remains=("The log was not emptied.",))
    monkeypatch.setattr(disk, "sweep", lambda: left)
    with pytest.raises(CommandError, match="not emptied"):
        call_command("tend_vault", stdout=io.StringIO())


@pytest.mark.parametrize("keys", ["none", "of another collection"])
def test_nobody_forbids_withdrawals_without_open_keys(
    consultation: Consultation, keys: str
) -> None:
    grant = None
    if keys != "none":
        grant = dataclasses.replace(consultation.grant(), collection_id=uuid.uuid4())
    with pytest.raises(HoldRefused, match="Only a keyholder"):
        retention.place_hold(
            by=consultation.keyholder,
            collection=consultation.collection,
            statement="Call this number.",
            stops_withdrawals=True,
            grant=grant,
        )
    assert not LegalHold.objects.exists()


def test_keys_that_are_open_while_they_are_destroyed_are_closed(
    consultation: Consultation,
) -> None:
    consultation.grant()
    expire(consultation)
    retention.destroy_expired(by=None)
    assert not UnlockedKeys.objects.exists()


def test_the_short_job_closes_what_has_run_out_and_nothing_else(
    consultation: Consultation, capsys: pytest.CaptureFixture[str]
) -> None:
    seal(consultation)
    consultation.grant()
    UnlockedKeys.objects.update(opened_at=timezone.now() - dt.timedelta(hours=3))
    call_command("tend_vault", "--close")
    assert "1 unlocked sessions closed" in capsys.readouterr().out
    assert PendingRecord.objects.count() == 1
    assert chores.is_late()
