from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from cms.accounts.roles import sync_roles
from testimony.vault import audit, unlock
from testimony.vault.models import AuditEntry, UnlockedKeys
from testimony.vault.unlock import Grant, Locked, Refused
from tests.factories import Consultation, user


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
    consultation: Consultation, client: Client
) -> None:
    sync_roles()
    consultation.keyholder.groups.add(Group.objects.get(name="Keyholders"))
    client.force_login(consultation.keyholder)
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
    assert audit.check_chain() == AuditEntry.objects.count()
    middle = AuditEntry.objects.order_by("number")[2]
    AuditEntry.objects.filter(pk=middle.pk).update(reason="nothing to see")
    with pytest.raises(audit.BrokenChain, match="Entry 3"):
        audit.check_chain()


def test_a_missing_entry_breaks_the_chain(consultation: Consultation) -> None:
    _unlock(consultation)
    AuditEntry.objects.filter(number=2).delete()
    with pytest.raises(audit.BrokenChain, match="Entry 2"):
        audit.check_chain()
