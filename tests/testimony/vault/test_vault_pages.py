"""The vault's guided pages, walked as the team walks them: by people with roles, in a browser."""

from __future__ import annotations

import html
import re
import secrets
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cms.accounts.models import User
from testimony.vault import (
    chores,
    custody,
    recovery,
    recovery_codes,
    retention,
    sealing,
    unlock,
)
from testimony.vault.models import (
    AuditEntry,
    Chore,
    Collection,
    Custody,
    Epoch,
    Keyholder,
    LegalHold,
    RecoveryKey,
    UnlockedKeys,
)
from tests.factories import Consultation, team_client, user
from tests.testimony.vault.test_custody import grant_of, opened, seal
from tests.testimony.vault.test_retention import expire

VAULT = "/admin/vault/"


def text_of(response: HttpResponse) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))


def words_shown(response: HttpResponse) -> str:
    block = re.search(r'<ol class="vault__words".*?</ol>', response.content.decode(), re.DOTALL)
    assert block
    return " ".join(re.findall(r"<li>(\w+)</li>", block[0]))


def code_shown(response: HttpResponse) -> str:
    found = re.search(r'name="code" value="([0-9A-Z-]+)"', response.content.decode())
    assert found
    return found[1]


def unlocked(client: Client, consultation: Consultation, passphrase: str = "") -> Client:
    response = client.post(
        f"{VAULT}unlock/",
        {
            "collection": consultation.collection.pk,
            "passphrase": passphrase or consultation.passphrase,
            "reason": "A ceremony",
        },
    )
    assert response.status_code == 302, text_of(response)
    return client


@pytest.fixture
def keyholder(consultation: Consultation) -> Client:
    return team_client(consultation.keyholder, "Keyholders")


@pytest.fixture
def administrator(db: Any) -> Client:
    return team_client(user("administrator"), "Administrators")


def at(consultation: Consultation, step: str = "") -> str:
    return f"{VAULT}collections/{consultation.collection.pk}/{step}"


def test_a_new_collection_goes_from_nothing_to_its_first_record(
    consultation: Consultation, administrator: Client, keyholder: Client
) -> None:
    today = timezone.now().date()
    made = administrator.post(
        f"{VAULT}collections/new/",
        {
            "name": "Another consultation",
            "run_by": "The organisation",
            "kept_where": "Here",
            "withdrawal_deadline": today,
            "destruction_date": today.replace(year=today.year + 1),
            "keep_months": 6,
        },
    )
    assert made.status_code == 302
    collection = Collection.objects.get(name="Another consultation")
    holder = Keyholder.objects.get()
    response = administrator.post(made["Location"], {"keyholders": [holder.pk]}, follow=True)
    assert "Keys are made for 4 months" in text_of(response)
    assert collection.epochs.count() == 4
    grant_of(
        Consultation(**{**vars(consultation), "collection": collection}),
        consultation.keyholder,
        consultation.passphrase,
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"destruction_date": "2020-01-01"}, "must not be before the withdrawal deadline"),
        ({"name": ""}, "This field is required"),
        ({"keep_months": 0}, "kept_between_a_month_and_ten_years"),
        ({"destruction_date": "soon"}, "Enter a valid date"),
    ],
)
def test_a_collection_with_a_slip_is_explained_and_keeps_what_was_typed(
    administrator: Client, change: dict[str, Any], sentence: str
) -> None:
    typed = {
        "name": "Typed name",
        "run_by": "Typed organisation",
        "kept_where": "Here",
        "withdrawal_deadline": "2027-01-01",
        "destruction_date": "2028-01-01",
        "keep_months": 6,
        **change,
    }
    response = administrator.post(f"{VAULT}collections/new/", typed)
    assert response.status_code == 422
    if "kept_between" not in sentence:
        assert sentence in text_of(response)
    assert "Typed organisation" in response.content.decode()
    assert not Collection.objects.exists()


def test_a_person_becomes_a_keyholder_and_sees_words_and_code_once(
    consultation: Consultation,
) -> None:
    client = team_client(consultation.peer, "Peer readers")
    page = client.get(f"{VAULT}keys/enrol/")
    assert "shown once" in text_of(page)
    response = client.post(f"{VAULT}keys/enrol/", {"language": "fr"})
    words, code = words_shown(response), code_shown(response)
    assert len(words.split()) == 6
    assert response["Cache-Control"] == "no-store"
    kit = client.post(f"{VAULT}keys/kit/", {"code": code})
    assert kit.content.startswith(b"%PDF")
    assert kit["Cache-Control"] == "no-store"
    keyholder = Keyholder.objects.get(user=consultation.peer)
    custody.grant_access(by=consultation.keyholder, grant=consultation.grant(), keyholder=keyholder)
    assert grant_of(consultation, consultation.peer, words)
    again = client.post(f"{VAULT}keys/enrol/", {"language": "fr"})
    assert "You hold keys already" in text_of(again)
    assert client.session.get("words") is None
    assert words not in str(dict(client.session))


def test_a_kit_with_a_made_up_code_is_not_printed(
    consultation: Consultation, keyholder: Client
) -> None:
    response = keyholder.post(f"{VAULT}keys/kit/", {"code": "ABCDE"})
    assert response.status_code == 302


def test_words_are_changed_and_never_printed_back(
    consultation: Consultation, keyholder: Client
) -> None:
    wrong = keyholder.post(
        f"{VAULT}keys/words/", {"passphrase": "wrong secret words", "language": "en"}
    )
    assert wrong.status_code == 422
    assert "wrong secret words" not in wrong.content.decode()
    unlocked(keyholder, consultation)
    response = keyholder.post(
        f"{VAULT}keys/words/",
        {"passphrase": consultation.passphrase.upper(), "language": "en", "new_code": "on"},
    )
    fresh, code = words_shown(response), code_shown(response)
    assert not UnlockedKeys.objects.exists()
    assert grant_of(consultation, consultation.keyholder, fresh)
    recovered = keyholder.post(f"{VAULT}keys/code/", {"code": code.lower(), "language": "en"})
    assert grant_of(consultation, consultation.keyholder, words_shown(recovered))


def test_a_slip_in_the_code_is_named_on_the_page(
    consultation: Consultation, keyholder: Client
) -> None:
    groups = consultation.code.split("-")
    groups[0] = "00000" if groups[0] != "00000" else "00001"
    response = keyholder.post(f"{VAULT}keys/code/", {"code": "-".join(groups), "language": "en"})
    assert response.status_code == 422
    assert "group 1" in text_of(response) or "does not open" in text_of(response)


def test_a_colleague_lets_in_somebody_who_started_over(
    consultation: Consultation, keyholder: Client
) -> None:
    seal(consultation)
    enrolled = custody.enrol_keyholder(by=None, user=consultation.peer)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    peer = team_client(consultation.peer, "Peer readers")
    unsure = peer.post(f"{VAULT}keys/start-over/", {"language": "en"})
    assert unsure.status_code == 422
    shown = peer.post(f"{VAULT}keys/start-over/", {"is_sure": "on", "language": "en"})
    words = words_shown(shown)
    refused = keyholder.get(at(consultation, "grant/"))
    assert refused["Location"].startswith(reverse("vault:unlock"))
    unlocked(keyholder, consultation)
    fresh = Keyholder.objects.get(user=consultation.peer, state="active")
    page = keyholder.get(at(consultation, "grant/"))
    assert recovery.in_groups(sealing.fingerprint(fresh.suite, bytes(fresh.public_key))) in text_of(
        page
    )
    hasty = keyholder.post(at(consultation, "grant/"), {"keyholder": fresh.pk})
    assert hasty.status_code == 422
    done = keyholder.post(
        at(consultation, "grant/"), {"keyholder": fresh.pk, "compared": "on"}, follow=True
    )
    assert "sealed to them" in text_of(done)
    assert opened(consultation, grant_of(consultation, consultation.peer, words)) == 1


def test_a_keyholder_is_removed_by_a_page_that_asks_once_more(
    consultation: Consultation, administrator: Client
) -> None:
    enrolled = custody.enrol_keyholder(by=None, user=consultation.peer)
    page = reverse("vault:remove", args=[enrolled.keyholder.pk])
    assert administrator.post(page, {}).status_code == 422
    done = administrator.post(page, {"is_sure": "on"}, follow=True)
    assert "Their keys are gone" in text_of(done)
    last = reverse("vault:remove", args=[Keyholder.objects.get(state="active").pk])
    refused = administrator.post(last, {"is_sure": "on"})
    assert "Nobody else could open" in text_of(refused)
    assert administrator.get(reverse("vault:remove", args=[uuid.uuid4()])).status_code == 404


def test_a_recovery_key_is_pasted_trusted_used_and_retired(
    consultation: Consultation, keyholder: Client
) -> None:
    seal(consultation)
    seed = secrets.token_bytes(32)
    half = recovery.public_half_of(seed)
    wrong = keyholder.post(f"{VAULT}recovery-key/", {"public_half": "not a key"})
    assert "not a whole public half" in text_of(wrong)
    assert "not a key" in wrong.content.decode()
    kept = keyholder.post(f"{VAULT}recovery-key/", {"public_half": half.as_text()}, follow=True)
    assert recovery.in_groups(half.fingerprint) in text_of(kept)
    key = RecoveryKey.objects.get()
    unlocked(keyholder, consultation)
    done = keyholder.post(
        at(consultation, "trust/"), {"key": key.pk, "compared": "on"}, follow=True
    )
    assert "Two sheets of that kit" in text_of(done)
    shown = keyholder.post(f"{VAULT}keys/start-over/", {"is_sure": "on", "language": "en"})
    fresh = Keyholder.objects.get(state="active")
    bundle = keyholder.post(at(consultation, "recover/"), {"key": key.pk, "keyholder": fresh.pk})
    assert bundle["Content-Type"] == "application/json"
    bad = keyholder.post(f"{VAULT}recovery-key/answer/", {"answer": "{}"})
    assert bad.status_code == 422
    answer = recovery.answer_bundle(bundle.content.decode(), seed)
    back = keyholder.post(f"{VAULT}recovery-key/answer/", {"answer": answer}, follow=True)
    assert "can open 8 months again" in text_of(back)
    assert (
        opened(consultation, grant_of(consultation, consultation.keyholder, words_shown(shown)))
        == 1
    )
    retired = keyholder.post(
        reverse("vault:retire", args=[consultation.collection.pk, key.pk]),
        {"is_sure": "on"},
        follow=True,
    )
    assert "open nothing here any more" in text_of(retired)
    assert not Custody.objects.filter(recovery_key=key).exists()


def test_a_hold_is_set_shown_and_lifted(consultation: Consultation, administrator: Client) -> None:
    assert administrator.post(at(consultation, "hold/"), {}).status_code == 422
    administrator.post(at(consultation, "hold/"), {"statement": "A court told us to keep it."})
    page = administrator.get(at(consultation))
    assert "A court told us to keep it." in text_of(page)
    assert administrator.post(at(consultation, "lift/"), {}).status_code == 422
    lifted = administrator.post(at(consultation, "lift/"), {"is_sure": "on"}, follow=True)
    assert "The hold is lifted" in text_of(lifted)
    assert LegalHold.objects.get().lifted_on is not None
    assert administrator.post(at(consultation, "lift/")).status_code == 404


def test_a_certificate_is_offered_after_a_destruction(
    consultation: Consultation, administrator: Client
) -> None:
    seal(consultation)
    expire(consultation)
    (row,) = retention.destroy_expired(by=None)
    address = reverse("vault:certificate", args=[row.pk])
    assert address in administrator.get(at(consultation)).content.decode()
    assert administrator.get(address).content.startswith(b"%PDF")


def test_what_has_expired_is_shown_first_and_destroyed_by_a_page(
    consultation: Consultation, administrator: Client
) -> None:
    seal(consultation)
    assert "Nothing has expired" in text_of(administrator.get(f"{VAULT}destroy/"))
    expire(consultation)
    assert consultation.collection.name in text_of(administrator.get(f"{VAULT}destroy/"))
    assert administrator.post(f"{VAULT}destroy/", {}).status_code == 422
    done = administrator.post(f"{VAULT}destroy/", {"is_sure": "on"}, follow=True)
    assert "Its page has the certificate" in text_of(done)
    assert consultation.collection.destructions.get().facts["by_daily_job"] is False


def test_somebody_who_left_with_their_keys_is_pointed_out(
    consultation: Consultation, keyholder: Client
) -> None:
    assert "still holds keys" not in text_of(keyholder.get(VAULT))
    enrolled = custody.enrol_keyholder(by=None, user=consultation.peer)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    assert "peer still holds keys" in text_of(keyholder.get(VAULT))


def test_guesses_at_words_and_codes_count_wherever_they_are_made(
    consultation: Consultation, keyholder: Client
) -> None:
    foreign = recovery_codes.as_text(recovery_codes.new_code())
    for _try in range(5):
        keyholder.post(f"{VAULT}keys/words/", {"passphrase": "wrong", "language": "en"})
        keyholder.post(f"{VAULT}keys/code/", {"code": foreign, "language": "en"})
    assert AuditEntry.objects.filter(action="unlock refused").count() == 10
    for page, data in (
        ("keys/words/", {"passphrase": consultation.passphrase, "language": "en"}),
        ("keys/code/", {"code": consultation.code, "language": "en"}),
    ):
        response = keyholder.post(VAULT + page, data)
        assert "That is all for this hour" in text_of(response)


def test_missing_months_are_made_by_a_button(consultation: Consultation, keyholder: Client) -> None:
    Epoch.objects.order_by("-month")[0].delete()
    said = keyholder.post(at(consultation, "renew/"), follow=True)
    assert "A key for 1 more month is made" in text_of(said)


def test_the_audit_page_shows_the_head_and_a_broken_chain(
    consultation: Consultation, administrator: Client
) -> None:
    page = text_of(administrator.get(f"{VAULT}audit/"))
    assert "The chain holds" in page
    assert "custody begun" in page

    AuditEntry.objects.filter(number=1).update(action="nothing happened")
    assert "Entry 1 was changed" in text_of(administrator.get(f"{VAULT}audit/"))


def test_the_lock_bar_is_on_every_editorial_page_while_keys_are_open(
    consultation: Consultation, keyholder: Client
) -> None:
    for page in ("/admin/", "/admin/calls/", f"{VAULT}tallies/", VAULT):
        assert "lock-bar" not in keyholder.get(page).content.decode(), page
    unlocked(keyholder, consultation)
    for page in ("/admin/", "/admin/calls/", f"{VAULT}tallies/", VAULT):
        shown = text_of(keyholder.get(page))
        assert "Your keys are open." in shown, page
        assert "15 minutes left" in shown or "14 minutes left" in shown, page
        assert "Lock now" in shown
    keyholder.post(f"{VAULT}lock/")
    assert "lock-bar" not in keyholder.get("/admin/").content.decode()
    assert not UnlockedKeys.objects.exists()


def test_looking_at_pages_does_not_keep_keys_open(
    consultation: Consultation, keyholder: Client
) -> None:
    unlocked(keyholder, consultation)
    before = UnlockedKeys.objects.get().last_used_at
    UnlockedKeys.objects.update(last_used_at=before - unlock.IDLE / 2)
    keyholder.get("/admin/")
    assert UnlockedKeys.objects.get().last_used_at == before - unlock.IDLE / 2


def test_logging_out_closes_what_is_open_on_every_device(
    consultation: Consultation, keyholder: Client
) -> None:
    unlocked(keyholder, consultation)
    unlocked(team_client(consultation.keyholder, "Keyholders"), consultation)
    assert UnlockedKeys.objects.count() == 2
    keyholder.post(reverse("wagtailadmin_logout"))
    assert not UnlockedKeys.objects.exists()


def test_two_colleagues_of_one_name_are_told_apart_where_one_is_chosen(
    consultation: Consultation, keyholder: Client
) -> None:
    prints = []
    for name in ("maria", "puppet"):
        person = user(name, first_name="Maria", last_name="Gomez")
        holder = custody.enrol_keyholder(by=None, user=person).keyholder
        prints.append(
            recovery.in_groups(sealing.fingerprint(holder.suite, bytes(holder.public_key)))
        )
    unlocked(keyholder, consultation)
    page = keyholder.get(at(consultation, "grant/")).content.decode()
    labels = re.findall(r"<label[^>]*>\s*<input[^>]*type=\"radio\"[^>]*>\s*([^<]+)</label>", page)
    assert {label.strip() for label in labels} == {
        f"Maria Gomez ({name}), {fingerprint}"
        for name, fingerprint in zip(("maria", "puppet"), prints, strict=True)
    }


def test_a_recovery_code_is_never_printed_back(
    consultation: Consultation, keyholder: Client
) -> None:
    typed = consultation.code[:-1] + ("0" if consultation.code[-1] != "0" else "1")
    response = keyholder.post(f"{VAULT}keys/code/", {"code": typed, "language": "en"})
    assert response.status_code == 422
    assert typed not in response.content.decode()
    assert consultation.code[:20] not in response.content.decode()


def test_too_many_wrong_words_make_the_vault_wait(
    consultation: Consultation, keyholder: Client
) -> None:
    wrong = {"collection": consultation.collection.pk, "passphrase": "wrong", "reason": "x"}
    for _try in range(10):
        assert "does not open" in text_of(keyholder.post(f"{VAULT}unlock/", wrong))
    right = {**wrong, "passphrase": consultation.passphrase}
    assert "That is all for this hour" in text_of(keyholder.post(f"{VAULT}unlock/", right))


def test_unlocking_goes_on_to_our_own_pages_only(
    consultation: Consultation, keyholder: Client
) -> None:
    data = {
        "collection": consultation.collection.pk,
        "passphrase": consultation.passphrase,
        "reason": "x",
    }
    for onward, to in (
        ("/admin/vault/tallies/", "/admin/vault/tallies/"),
        ("https://elsewhere.example/", VAULT),
        ("//elsewhere.example/", VAULT),
    ):
        response = keyholder.post(f"{VAULT}unlock/", {**data, "next": onward})
        assert response["Location"] == to


# Who may.

PAGES = [
    "", "unlock/", "audit/", "keys/enrol/", "keys/words/", "keys/code/", "keys/start-over/",
    "recovery-key/", "recovery-key/answer/", "collections/new/",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_superuser_without_a_role_reaches_no_page_of_the_vault(db: Any, page: str) -> None:
    boss = User.objects.create_superuser("boss", password="a long enough password")
    client = team_client(boss)
    assert client.get(VAULT + page).status_code in (302, 403)
    assert "form" not in client.get(VAULT + page).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_without_a_second_factor_nobody_reaches_the_vault(
    consultation: Consultation, page: str
) -> None:
    client = team_client(consultation.keyholder, "Keyholders")
    session = client.session
    session.pop("otp_device_id")
    session.save()
    response = client.get(VAULT + page)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/second-factor/")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("Keyholders", set(PAGES)),
        ("Peer readers", set(PAGES) - {"audit/", "collections/new/"}),
        ("Analysts", set(PAGES) - {"audit/", "collections/new/"}),
        ("Approvers", set(PAGES) - {"audit/", "collections/new/"}),
        ("Administrators", {"", "audit/", "recovery-key/", "recovery-key/answer/",
                            "collections/new/"}),
        ("Editors", set()),
        ("Publishers", set()),
    ],
)  # fmt: skip
def test_each_role_reaches_its_pages_and_no_other(db: Any, role: str, allowed: set[str]) -> None:
    client = team_client(user("somebody"), role)
    reached = {page for page in PAGES if client.get(VAULT + page).status_code == 200}
    assert reached == allowed


def test_an_administrator_opens_nothing(consultation: Consultation, administrator: Client) -> None:
    assert (
        administrator.post(
            f"{VAULT}unlock/",
            {
                "collection": consultation.collection.pk,
                "passphrase": consultation.passphrase,
                "reason": "x",
            },
        ).status_code
        == 403
    )
    assert not UnlockedKeys.objects.exists()


def test_the_dashboard_tells_those_who_look_after_the_vault(
    consultation: Consultation, administrator: Client
) -> None:
    assert "daily job has not run" in text_of(administrator.get("/admin/"))
    Chore.objects.create(name=chores.DAILY, done_on=timezone.now().date())
    assert "daily job has not run" not in text_of(administrator.get("/admin/"))
    assert "Only one person holds its keys" in text_of(administrator.get("/admin/"))
    editor = team_client(user("editor"), "Editors")
    assert "Only one person holds" not in text_of(editor.get("/admin/"))
