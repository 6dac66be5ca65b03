"""Key ceremonies, done for real: keys are made, given, taken away and found again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from cms.accounts.roles import sync_roles
from testimony.vault import actions, audit, calendar, custody, keyring, recovery_codes, unlock
from testimony.vault.custody import CeremonyRefused, Enrolled
from testimony.vault.keyring import NotGranted
from testimony.vault.models import (
    AuditEntry,
    Custody,
    Epoch,
    EpochGrant,
    Keyholder,
    Lane,
    UnlockedKeys,
)
from testimony.vault.unlock import Grant, Refused
from tests.factories import Consultation

PAYLOAD = {"answers": {"story": "words"}, "consents": {}, "language": "en", "channel": "web"}


def seal(consultation: Consultation) -> actions.Sealed:
    return actions.seal_record(
        collection_id=consultation.collection.id,
        definition=consultation.call.definition_id,
        payload=PAYLOAD,
        lane=Lane.OPEN,
        language="en",
        wants_receipt=True,
    )


def opened(consultation: Consultation, grant: Grant) -> int:
    return len(list(grant.stream(consultation.call.definition_id)))


def grant_of(consultation: Consultation, user: object, passphrase: str) -> Grant:
    secret = unlock.unlock(
        by=user, passphrase=passphrase, collection=consultation.collection, reason="A test"
    )
    return unlock.resume(secret, by=user)


def peer_enrolled(consultation: Consultation) -> Enrolled:
    return custody.enrol_keyholder(by=consultation.peer, user=consultation.peer)


def test_a_ceremony_makes_this_month_and_three_more(consultation: Consultation) -> None:
    month = calendar.month_of(timezone.now().date())
    months = [calendar.months_later(month, ahead) for ahead in range(4)]
    assert list(Epoch.objects.order_by("month").values_list("month", flat=True)) == months
    assert EpochGrant.objects.count() == 4


def test_a_second_first_ceremony_is_refused(consultation: Consultation) -> None:
    enrolled = peer_enrolled(consultation)
    with pytest.raises(CeremonyRefused, match="has keys already"):
        custody.begin_custody(
            by=consultation.peer,
            collection=consultation.collection,
            keyholders=[enrolled.keyholder],
        )
    assert Custody.objects.count() == 1


def test_months_ahead_are_made_in_time_for_everybody_on_the_roster(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = timezone.now() + dt.timedelta(days=95)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert custody.renew_all_epochs() >= 3
    assert custody.renew_all_epochs() == 0
    ahead = Epoch.objects.filter(month__gte=calendar.month_of(later.date()))
    assert ahead.count() == 4, "the month that it is then, and three more"
    for epoch in Epoch.objects.all():
        assert epoch.grants.count() == 1
    seal(consultation)
    assert opened(consultation, consultation.grant()) == 1


def test_no_keys_are_made_beyond_the_destruction_date(consultation: Consultation) -> None:
    collection = consultation.collection
    collection.destruction_date = collection.withdrawal_deadline = timezone.now().date()
    collection.save()
    Epoch.objects.all().delete()
    made = custody.renew_epochs(by=None, collection=collection)
    assert [epoch.month for epoch in made] == [calendar.month_of(timezone.now().date())]
    assert made[0].expires == collection.destruction_date


def test_only_open_keys_let_another_person_in_to_what_is_there(consultation: Consultation) -> None:
    seal(consultation)
    enrolled = peer_enrolled(consultation)
    with pytest.raises(Refused):
        grant_of(consultation, consultation.peer, enrolled.passphrase)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    theirs = grant_of(consultation, consultation.peer, enrolled.passphrase)
    assert opened(consultation, theirs) == 1


def test_a_person_let_in_receives_the_months_to_come_too(consultation: Consultation) -> None:
    enrolled = peer_enrolled(consultation)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    Epoch.objects.order_by("-month")[0].delete()
    (made,) = custody.renew_epochs(by=None, collection=consultation.collection)
    assert {grant.keyholder_id for grant in made.grants.all()} == set(
        Keyholder.objects.values_list("id", flat=True)
    )


def test_removing_a_keyholder_takes_the_keys_and_starts_new_ones(
    consultation: Consultation,
) -> None:
    enrolled = peer_enrolled(consultation)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    theirs = grant_of(consultation, consultation.peer, enrolled.passphrase)
    custody.remove_keyholder(by=consultation.keyholder, keyholder=enrolled.keyholder)
    gone = Keyholder.objects.get(pk=enrolled.keyholder.pk)
    assert gone.state == Keyholder.State.REMOVED
    assert bytes(gone.sealed_private_key) == bytes(gone.recovery_sealed_private_key) == b""
    assert not EpochGrant.objects.filter(keyholder=gone).exists()
    assert not UnlockedKeys.objects.filter(keyholder=gone).exists()
    assert Epoch.objects.filter(generation=2).count() == 4
    seal(consultation)
    assert opened(consultation, theirs) == 0
    assert opened(consultation, consultation.grant()) == 1


def test_the_last_person_who_can_open_a_collection_stays(consultation: Consultation) -> None:
    holder = Keyholder.objects.get()
    with pytest.raises(CeremonyRefused, match="Nobody else could open"):
        custody.remove_keyholder(by=None, keyholder=holder)
    with pytest.raises(CeremonyRefused, match="Nobody else could open"):
        custody.start_over(by=consultation.keyholder)
    assert EpochGrant.objects.filter(keyholder=holder).count() == 4


def test_new_words_open_the_same_keys_and_the_old_ones_nothing(consultation: Consultation) -> None:
    seal(consultation)
    before = bytes(Keyholder.objects.get().public_key)
    fresh = custody.change_passphrase(by=consultation.keyholder, passphrase=consultation.passphrase)
    assert fresh.code == ""
    with pytest.raises(Refused):
        consultation.grant()
    consultation.passphrase = fresh.passphrase
    assert opened(consultation, consultation.grant()) == 1
    assert bytes(Keyholder.objects.get().public_key) == before


def test_a_wrong_passphrase_changes_nothing(consultation: Consultation) -> None:
    with pytest.raises(CeremonyRefused, match="does not open"):
        custody.change_passphrase(by=consultation.keyholder, passphrase="six words that are wrong")
    consultation.grant()


def test_a_passphrase_changed_twice_from_one_page_is_refused_the_second_time(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = Keyholder.objects.get()
    custody.change_passphrase(by=consultation.keyholder, passphrase=consultation.passphrase)
    monkeypatch.setattr(custody, "_active_of", lambda _user: stale)
    with pytest.raises(CeremonyRefused, match="changed meanwhile"):
        custody.change_passphrase(by=consultation.keyholder, passphrase=consultation.passphrase)


def test_the_printed_code_opens_the_keys_once_and_is_replaced(consultation: Consultation) -> None:
    seal(consultation)
    typed = consultation.code.lower().replace("-", " ")
    fresh = custody.recover_with_code(by=consultation.keyholder, typed=typed)
    consultation.passphrase = fresh.passphrase
    assert opened(consultation, consultation.grant()) == 1
    with pytest.raises(CeremonyRefused, match="does not open your keys"):
        custody.recover_with_code(by=consultation.keyholder, typed=consultation.code)


def test_a_slip_in_the_code_is_named_by_its_group(consultation: Consultation) -> None:
    groups = consultation.code.split("-")
    groups[3] = ("1" if groups[3][0] != "1" else "2") + groups[3][1:]
    with pytest.raises(CeremonyRefused, match="group 4"):
        custody.recover_with_code(by=consultation.keyholder, typed="-".join(groups))
    with pytest.raises(CeremonyRefused, match="eight groups"):
        custody.recover_with_code(by=consultation.keyholder, typed="too short")
    foreign = recovery_codes.as_text(recovery_codes.new_code())
    with pytest.raises(CeremonyRefused, match="does not open your keys"):
        custody.recover_with_code(by=consultation.keyholder, typed=foreign)


def test_somebody_who_lost_all_starts_over_and_a_colleague_lets_them_in(
    consultation: Consultation,
) -> None:
    seal(consultation)
    enrolled = peer_enrolled(consultation)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    fresh = custody.start_over(by=consultation.peer)
    with pytest.raises(Refused):
        grant_of(consultation, consultation.peer, fresh.passphrase)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=fresh.keyholder
    )
    assert opened(consultation, grant_of(consultation, consultation.peer, fresh.passphrase)) == 1


def test_letting_in_somebody_who_was_removed_meanwhile_is_refused(
    consultation: Consultation,
) -> None:
    enrolled = peer_enrolled(consultation)
    grant = consultation.grant()
    custody.remove_keyholder(by=None, keyholder=enrolled.keyholder)
    with pytest.raises(CeremonyRefused, match="no keys any more"):
        custody.grant_access(by=consultation.keyholder, grant=grant, keyholder=enrolled.keyholder)
    assert not Custody.objects.filter(keyholder=enrolled.keyholder).exists()


def test_nothing_a_keyholder_is_shown_is_stored(consultation: Consultation) -> None:
    enrolled = peer_enrolled(consultation)
    row = Keyholder.objects.get(pk=enrolled.keyholder.pk)
    held = b"".join(
        bytes(getattr(row, name))
        for name in ("public_key", "salt", "sealed_private_key", "recovery_sealed_private_key")
    ) + bytes(row.recovery_salt)
    assert enrolled.passphrase.encode() not in held
    assert recovery_codes.from_text(enrolled.code) not in held
    with pytest.raises(CeremonyRefused, match="already"):
        peer_enrolled(consultation)


@pytest.mark.parametrize("act", ["enrol", "grant", "remove", "passphrase", "code"])
def test_when_the_audit_entry_fails_no_ceremony_has_happened(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    enrolled = peer_enrolled(consultation) if act != "enrol" else None
    grant = consultation.grant()

    def state() -> list[object]:
        return [
            sorted(map(str, Keyholder.objects.values_list("id", "state", "salt"))),
            sorted(map(str, EpochGrant.objects.values_list("id", flat=True))),
            sorted(map(str, Custody.objects.values_list("id", flat=True))),
            Epoch.objects.count(),
        ]

    before = state()

    def fail(**_kwargs: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(audit, "append", fail)
    acts = {
        "enrol": lambda: peer_enrolled(consultation),
        "grant": lambda: custody.grant_access(
            by=consultation.keyholder, grant=grant, keyholder=enrolled.keyholder
        ),
        "remove": lambda: custody.remove_keyholder(by=None, keyholder=enrolled.keyholder),
        "passphrase": lambda: custody.change_passphrase(
            by=consultation.keyholder, passphrase=consultation.passphrase
        ),
        "code": lambda: custody.recover_with_code(
            by=consultation.keyholder, typed=consultation.code
        ),
    }
    with pytest.raises(OSError, match="disk"):
        acts[act]()
    assert state() == before


def test_every_ceremony_leaves_a_chained_entry(consultation: Consultation) -> None:
    enrolled = peer_enrolled(consultation)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    custody.remove_keyholder(by=consultation.keyholder, keyholder=enrolled.keyholder)
    said = list(AuditEntry.objects.values_list("action", flat=True))
    assert said[:3] == ["collection created", "keyholder enrolled", "custody begun"]
    assert {"access granted", "keyholder removed", "epochs created"} <= set(said)
    assert audit.check_chain()[0] == len(said)


def test_the_command_line_holds_the_same_ceremonies(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io  # noqa: PLC0415

    def typed(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))

    with pytest.raises(CommandError, match="no role that holds keys"):
        call_command("keys", "enrol", "peer")
    sync_roles()
    consultation.peer.groups.add(Group.objects.get(name="Peer readers"))
    call_command("keys", "enrol", "peer", "--language", "fr")
    words = capsys.readouterr().out.splitlines()[1].strip()
    grant = ("grant", consultation.collection.name, "--holder", "keyholder", "--to", "peer")
    typed(consultation.passphrase + "\nno")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("keys", *grant)
    typed(consultation.passphrase + "\nyes")
    call_command("keys", *grant)
    assert "4 keys are sealed to peer" in capsys.readouterr().out
    assert grant_of(consultation, consultation.peer, words)
    typed(words)
    call_command("keys", "passphrase", "peer", "--new-code")
    *_lines, fresh, _told, code = capsys.readouterr().out.splitlines()
    assert grant_of(consultation, consultation.peer, fresh.strip())
    typed(code.strip())
    call_command("keys", "recover", "peer")
    assert grant_of(consultation, consultation.peer, capsys.readouterr().out.splitlines()[-3])
    call_command("keys", "remove", "peer")
    with pytest.raises(CommandError, match="holds no keys"):
        call_command("keys", "remove", "peer")
    with pytest.raises(CommandError, match="There are: A consultation"):
        call_command("keys", "renew", "Another")
    dates = ("--withdrawal-deadline", "2027-02-01", "--destruction-date", "2027-01-01")
    told = ("--run-by", "us", "--kept-where", "here")
    with pytest.raises(CommandError, match="before the withdrawal deadline"):
        call_command("keys", "create", "Another", *told, *dates)
    with pytest.raises(CommandError, match="from one to 120"):
        call_command(
            "keys",
            "create",
            "Another",
            *told,
            *dates[:2],
            *dates[2:3],
            "2028-01-01",
            "--keep-months",
            "0",
        )


def test_an_epoch_key_sealed_for_one_keyholder_is_not_anothers(consultation: Consultation) -> None:
    enrolled = peer_enrolled(consultation)
    private = keyring.open_keyholder(enrolled.keyholder, enrolled.passphrase)
    with pytest.raises(NotGranted):
        keyring.open_grants(enrolled.keyholder, private, consultation.collection)
