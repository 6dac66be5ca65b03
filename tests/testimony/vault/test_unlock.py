from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from consultation.survey.counting import run_tally
from testimony.intake.submitting import submit_testimony
from testimony.vault import audit, custody, unlock
from testimony.vault.models import AuditEntry, Epoch, UnlockedKeys
from testimony.vault.quotas import QuotaSpent
from testimony.vault.unlock import Gone, Grant, Locked, Refused, Stale
from tests.factories import TESTIMONY, Consultation, team_client, user


def _unlock(consultation: Consultation, **kwargs: Any) -> str:
    wanted = {
        "by": consultation.keyholder,
        "passphrase": consultation.passphrase,
        "collection": consultation.collection,
        "reason": "To count",
        **kwargs,
    }
    return unlock.unlock(**wanted)


def test_a_wrong_passphrase_opens_nothing_and_is_logged(consultation: Consultation) -> None:
    with pytest.raises(Refused, match="does not open"):
        _unlock(consultation, passphrase="six other words that are wrong")
    assert UnlockedKeys.objects.count() == 0
    assert AuditEntry.objects.get(action="unlock refused").actor == consultation.keyholder


def test_a_login_without_keys_gets_the_same_sentence(consultation: Consultation) -> None:
    boss = user("boss", is_superuser=True)
    with pytest.raises(Refused, match="does not open"):
        _unlock(consultation, by=boss)


def test_the_server_keeps_nothing_that_opens(consultation: Consultation) -> None:
    secret = _unlock(consultation)
    row = UnlockedKeys.objects.get()
    assert secret.encode() not in bytes(row.sealed) + row.id.encode()
    grant = unlock.resume(secret, by=consultation.keyholder)
    assert all(key.private not in bytes(row.sealed) for key in grant.keys)


def test_somebody_elses_cookie_opens_nothing(consultation: Consultation) -> None:
    secret = _unlock(consultation)
    with pytest.raises(Locked):
        unlock.resume(secret, by=consultation.peer)


@pytest.mark.parametrize(
    ("field", "ago"),
    [("last_used_at", dt.timedelta(minutes=16)), ("opened_at", dt.timedelta(hours=2, minutes=1))],
)
def test_the_keys_close_when_idle_or_after_two_hours(
    consultation: Consultation, field: str, ago: dt.timedelta
) -> None:
    secret = _unlock(consultation)
    UnlockedKeys.objects.update(**{field: timezone.now() - ago})
    with pytest.raises(Locked):
        unlock.resume(secret, by=consultation.keyholder)
    assert UnlockedKeys.objects.count() == 0


def test_locking_closes_at_once(consultation: Consultation) -> None:
    secret = _unlock(consultation)
    unlock.lock(secret, by=consultation.keyholder)
    with pytest.raises(Locked):
        unlock.resume(secret, by=consultation.keyholder)


@pytest.mark.parametrize("secret", ["", "not base64!", "AAAA", "é"])
def test_a_made_up_cookie_is_just_locked(consultation: Consultation, secret: str) -> None:
    with pytest.raises(Locked):
        unlock.resume(secret, by=consultation.keyholder)


def test_a_grant_goes_through_a_pipe_whole(consultation: Consultation) -> None:
    grant = consultation.grant()
    assert Grant.from_pipe(grant.to_pipe()) == grant


def test_the_unlock_page_never_prints_the_passphrase_back(
    consultation: Consultation,
) -> None:
    client = team_client(consultation.keyholder, "Keyholders")
    response = client.post(
        "/admin/vault/unlock/",
        {"collection": consultation.collection.pk, "passphrase": "wrong-words", "reason": "x"},
    )
    assert response.status_code == 422
    assert b"wrong-words" not in response.content
    assert b"does not open the vault" in response.content
    response = client.post(
        "/admin/vault/unlock/",
        {
            "collection": consultation.collection.pk,
            "passphrase": consultation.passphrase,
            "reason": "x",
        },
    )
    assert response.status_code == 302
    cookie = response.cookies["u"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


def test_the_audit_chain_holds_until_an_entry_is_changed(consultation: Consultation) -> None:
    _unlock(consultation)
    assert audit.check_chain()[0] == AuditEntry.objects.count()
    middle = AuditEntry.objects.order_by("number")[2]
    AuditEntry.objects.filter(pk=middle.pk).update(reason="nothing to see")
    with pytest.raises(audit.BrokenChain, match="Entry 3"):
        audit.check_chain()


def test_a_missing_entry_breaks_the_chain(consultation: Consultation) -> None:
    _unlock(consultation)
    AuditEntry.objects.filter(number=2).delete()
    with pytest.raises(audit.BrokenChain, match="Entry 2"):
        audit.check_chain()


def test_a_transcript_is_one_entry_that_names_no_record(consultation: Consultation) -> None:
    sealed = submit_testimony(call=consultation.call, answers=TESTIMONY, language="en")
    opened = unlock.open_transcript(
        by=consultation.keyholder,
        grant=consultation.grant(),
        record_id=sealed.record_id,
        reason="To read",
    )
    assert opened.payload["answers"]["setting"] == "outdoor"
    entry = AuditEntry.objects.get(action="transcript opened")
    assert entry.subject == audit.subject_of(sealed.record_id)
    assert sealed.record_id.hex not in entry.subject + entry.reason


def test_sixty_transcripts_an_hour_are_the_most(consultation: Consultation, settings: Any) -> None:
    settings.VAULT_QUOTAS = {**settings.VAULT_QUOTAS, "transcript opened": 3}
    sealed = submit_testimony(call=consultation.call, answers=TESTIMONY, language="en")
    grant = consultation.grant()

    def read() -> None:
        unlock.open_transcript(
            by=consultation.keyholder, grant=grant, record_id=sealed.record_id, reason="x"
        )

    for _transcript in range(3):
        read()
    with pytest.raises(QuotaSpent, match="3 is the most"):
        read()
    assert AuditEntry.objects.filter(action="transcript opened").count() == 3
    hour_ago = timezone.now() - dt.timedelta(minutes=62)
    AuditEntry.objects.filter(action="transcript opened").update(at=hour_ago)
    read()


def test_a_record_that_is_gone_costs_no_quota(consultation: Consultation) -> None:
    with pytest.raises(Gone):
        unlock.open_transcript(
            by=consultation.keyholder,
            grant=consultation.grant(),
            record_id=uuid.uuid4(),
            reason="x",
        )
    assert not AuditEntry.objects.filter(action="transcript opened").exists()


def test_keys_opened_before_newer_ones_were_made_do_not_count(
    consultation: Consultation,
) -> None:
    grant = consultation.grant()
    grant.check_up_to_date()
    epoch = Epoch.objects.order_by("-month")[0]
    epoch.delete()
    custody.renew_epochs(by=None, collection=consultation.collection)
    with pytest.raises(Stale, match="unlock again"):
        grant.check_up_to_date()
    with pytest.raises(Stale):
        run_tally(
            by=consultation.keyholder,
            grant=grant,
            definition=consultation.survey.version.definition_id,
            reason="x",
        )


def test_the_command_checks_the_chain_and_a_head_noted_on_paper(
    consultation: Consultation, capsys: pytest.CaptureFixture[str]
) -> None:
    _unlock(consultation)
    call_command("verify_audit")
    shown = capsys.readouterr().out
    number, head = shown.split()[-2:]
    assert f"The chain holds: {number} entries" in shown
    _unlock(consultation)
    call_command("verify_audit", "--noted", number, head)
    with pytest.raises(CommandError, match="not the one that was noted"):
        call_command("verify_audit", "--noted", number, "0" * 16)
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_audit", "--noted", "999", head)
    with pytest.raises(CommandError, match="whole number"):
        call_command("verify_audit", "--noted", "x", head)


def test_an_end_cut_off_shows_against_the_noted_head(consultation: Consultation) -> None:
    _unlock(consultation)
    noted = audit.check_chain()
    AuditEntry.objects.filter(number=noted[0]).delete()
    assert audit.check_chain()[0] == noted[0] - 1, "the shorter chain is whole in itself"
    with pytest.raises(audit.BrokenChain, match="cut off"):
        audit.check_chain(noted=noted)


def test_whoever_has_the_database_alone_can_not_forge_the_chain(
    consultation: Consultation, settings: Any
) -> None:
    """Recompute every digest without the environment's pepper: the check still fails."""
    _unlock(consultation)
    pepper, settings.VAULT_PEPPER = settings.VAULT_PEPPER, "a guess at the pepper"
    previous = audit.FIRST
    for entry in AuditEntry.objects.order_by("number"):
        entry.previous, entry.reason = previous, "forged"
        previous = entry.digest = audit.digest_of(entry)
        entry.save()
    assert audit.check_chain()
    settings.VAULT_PEPPER = pepper
    with pytest.raises(audit.BrokenChain, match="Entry 1"):
        audit.check_chain()
