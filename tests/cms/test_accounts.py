"""Logging in, the second factor, waits after failed tries, and roles."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import threading
import time
from base64 import b32decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.signals import user_login_failed
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, connections, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    ModelLogEntry,
    Page,
    ReferenceIndex,
)

from cms.accounts import roles, second_factor, tries
from cms.accounts.demo import give_second_factor, logins_file
from cms.accounts.models import LoginTries, RecoveryCode, User
from cms.accounts.roles import ROLES, UnknownPermission, sync_roles
from cms.accounts.tries import Kind, TooManyTries, count_try, wait_after

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long enough password"
LOGIN = "/admin/login/"
CODE = "/admin/login/code/"
FACTOR = "/admin/second-factor/"
VAULT = "/admin/vault/unlock/"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: float) -> None:
        self.at = at

    def forward(self, seconds: int) -> None:
        self.at += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    still = Clock(float(int(time.time()) // 60 * 60))
    monkeypatch.setattr("time.time", lambda: still.at)
    monkeypatch.setattr(
        "django.utils.timezone.now", lambda: dt.datetime.fromtimestamp(still.at, tz=dt.UTC)
    )
    return still


@pytest.fixture
def team(db: Any) -> None:
    sync_roles()


def person(name: str, *role_names: str, **kwargs: Any) -> User:
    user = User.objects.create_user(username=name, password=PASSWORD, **kwargs)
    user.groups.set(Group.objects.filter(name__in=role_names))
    assert user.groups.count() == len(role_names)
    return User.objects.get(pk=user.pk)


def with_phone(user: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=user, name="app", confirmed=True)


def digits(device: TOTPDevice, steps: int = 0) -> str:
    reckoned = TOTP(device.bin_key)
    reckoned.time = time.time() + 30 * steps
    return f"{reckoned.token():06}"


def give_password(client: Client, name: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"username": name, "password": password, **more})


def give_code(client: Client, code: str, at: str = CODE, **more: str) -> Any:
    return client.post(at, {"code": code, **more})


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def log_in(client: Client, user: User, device: TOTPDevice) -> None:
    """Password and code, then a clock that has moved on, so that the next code is a new one."""
    assert give_password(client, user.username).status_code == 302
    assert give_code(client, digits(device)).status_code == 302
    assert is_logged_in(client)


# Logging in.


def test_wagtails_login_is_ours(client: Client, db: Any) -> None:
    assert reverse("wagtailadmin_login") == LOGIN
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain == [(f"{LOGIN}?next=/admin/", 302)]
    assert "accounts/sign_in.html" in {template.name for template in response.templates}


def test_a_page_of_logging_in_has_no_script_and_is_kept_nowhere(client: Client, db: Any) -> None:
    response = client.get(LOGIN)
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "<script" not in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_a_password_alone_logs_in_where_no_vault_is_near(client: Client, team: None) -> None:
    person("editor", "Editors")
    response = give_password(client, "editor")
    assert response["Location"] == "/admin/"
    assert is_logged_in(client)
    assert client.get("/admin/pages/").status_code == 200


def test_somebody_with_a_right_in_the_vault_is_sent_to_set_up_a_second_factor(
    client: Client, team: None
) -> None:
    person("reader", "Peer readers")
    response = give_password(client, "reader", next=VAULT)
    assert response["Location"] == f"{FACTOR}?next=%2Fadmin%2Fvault%2Funlock%2F"
    page = client.get(response["Location"])
    assert "Your roles reach the vault" in page.content.decode()


def test_a_right_given_to_the_person_alone_counts_too(client: Client, team: None) -> None:
    editor = person("editor", "Editors")
    assert not editor.needs_second_factor
    editor.user_permissions.add(Permission.objects.get(codename="read_audit"))
    assert User.objects.get(pk=editor.pk).needs_second_factor
    assert give_password(client, "editor")["Location"] == FACTOR


def test_with_a_phone_nobody_is_logged_in_before_the_code(
    client: Client, team: None, clock: Clock
) -> None:
    user = person("keyholder", "Keyholders")
    device = with_phone(user)
    response = give_password(client, "keyholder", next="/admin/calls/")
    assert response["Location"] == f"{CODE}?next=%2Fadmin%2Fcalls%2F"
    assert not is_logged_in(client)
    assert set(client.session.keys()) == {"half_way"}
    assert client.get("/admin/calls/")["Location"].startswith(LOGIN)
    before = client.session.session_key
    response = give_code(client, digits(device), next="/admin/calls/")
    assert response["Location"] == "/admin/calls/"
    assert is_logged_in(client)
    assert client.session.session_key != before
    assert "half_way" not in client.session
    assert client.get(FACTOR).status_code == 200


def test_somebody_may_set_up_a_second_factor_without_having_to(
    client: Client, team: None, clock: Clock
) -> None:
    editor = person("editor", "Editors")
    device = with_phone(editor)
    assert give_password(client, "editor")["Location"] == CODE
    assert give_code(client, digits(device))["Location"] == "/admin/"


def test_the_password_is_good_for_ten_minutes_only(
    client: Client, team: None, clock: Clock
) -> None:
    device = with_phone(person("keyholder", "Keyholders"))
    give_password(client, "keyholder")
    clock.forward(601)
    assert give_code(client, digits(device))["Location"] == LOGIN
    assert not is_logged_in(client)


def test_a_changed_password_ends_what_was_half_way(
    client: Client, team: None, clock: Clock
) -> None:
    user = person("keyholder", "Keyholders")
    device = with_phone(user)
    give_password(client, "keyholder")
    user.set_password("another long password")
    user.save()
    assert give_code(client, digits(device))["Location"] == LOGIN


def test_a_code_without_a_password_is_sent_back(client: Client, db: Any) -> None:
    assert give_code(client, "123456")["Location"] == LOGIN


def test_a_wrong_code_logs_nobody_in(client: Client, team: None, clock: Clock) -> None:
    device = with_phone(person("keyholder", "Keyholders"))
    give_password(client, "keyholder")
    wrong = f"{(int(digits(device)) + 1) % 1_000_000:06}"
    response = give_code(client, wrong)
    assert response.status_code == 422
    assert "This code is not right" in response.content.decode()
    assert not is_logged_in(client)


def test_a_code_that_was_used_is_refused(client: Client, team: None, clock: Clock) -> None:
    user = person("keyholder", "Keyholders")
    device = with_phone(user)
    code = digits(device)
    log_in(client, user, device)
    thief = Client()
    give_password(thief, "keyholder")
    assert give_code(thief, code).status_code == 422
    assert not is_logged_in(thief)
    clock.forward(30)
    assert give_code(thief, digits(device)).status_code == 302


def test_logging_out_ends_the_session(client: Client, team: None) -> None:
    person("editor", "Editors")
    give_password(client, "editor")
    assert client.post("/admin/logout/")["Location"] == LOGIN
    assert client.get("/admin/")["Location"].startswith(LOGIN)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"]
)
def test_nobody_is_led_elsewhere_after_logging_in(
    client: Client, team: None, clock: Clock, elsewhere: str
) -> None:
    person("editor", "Editors")
    device = with_phone(person("keyholder", "Keyholders"))
    assert "evil" not in client.get(LOGIN, {"next": elsewhere}).content.decode()
    assert give_password(client, "keyholder", next=elsewhere)["Location"] == CODE
    assert give_code(client, digits(device), next=elsewhere)["Location"] == "/admin/"
    other = Client()
    assert give_password(other, "editor", next=elsewhere)["Location"] == "/admin/"


def test_nothing_is_reset_by_mail(client: Client, db: Any) -> None:
    assert client.get("/admin/password_reset/").status_code == 404
    assert "password_reset" not in client.get(LOGIN).content.decode()


def test_an_inactive_person_is_told_what_a_stranger_is_told(client: Client, team: None) -> None:
    person("gone", "Editors", is_active=False)
    gone, stranger = give_password(client, "gone"), give_password(client, "nobody")
    assert without_tokens(gone) == without_tokens(stranger).replace("nobody", "gone")


def without_tokens(response: Any) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())


# Waiting.


def test_the_wait_doubles_from_one_minute_to_fifteen() -> None:
    waits = [wait_after(failures) for failures in range(12)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]
    assert wait_after(1000) == 15


@pytest.mark.parametrize("name", ["editor", "nobody-of-this-name"])
def test_after_five_failures_the_waits_double(
    client: Client, team: None, clock: Clock, name: str
) -> None:
    person("editor", "Editors")
    for _try in range(4):
        assert "minute" not in give_password(client, name, "wrong").content.decode()
    for minutes in (1, 2, 4, 8, 15, 15):
        words = give_password(client, name, "wrong").content.decode()
        assert f"Wait {minutes} minute{'s' * (minutes > 1)}, then try again." in words
        refused = give_password(client, name)
        assert refused.status_code == 429
        assert "too many tries" in refused.content.decode()
        assert not is_logged_in(client)
        clock.forward(60 * minutes - 1)
        assert give_password(client, name).status_code == 429
        clock.forward(1)


def test_an_unknown_name_gets_the_very_same_answers(
    client: Client, team: None, clock: Clock
) -> None:
    person("editor", "Editors")
    for _try in range(7):
        known = give_password(client, "editor", "wrong")
        unknown = give_password(client, "nobody", "wrong")
        assert known.status_code == unknown.status_code
        assert without_tokens(known) == without_tokens(unknown).replace("nobody", "editor")


def test_an_unknown_name_costs_the_same_work(
    client: Client, team: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    person("editor", "Editors")
    work: list[str] = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(
        Argon2PasswordHasher, "encode", lambda *given: (work.append("x"), encode(*given))[1]
    )
    monkeypatch.setattr(
        Argon2PasswordHasher, "verify", lambda *given: (work.append("x"), verify(*given))[1]
    )
    give_password(client, "editor", "wrong")
    known = len(work)
    give_password(client, "nobody", "wrong")
    assert known == len(work) - known == 1


def test_the_right_password_clears_the_count(client: Client, team: None, clock: Clock) -> None:
    person("editor", "Editors")
    for _try in range(4):
        give_password(client, "editor", "wrong")
    give_password(client, "EDITOR", "wrong")
    assert LoginTries.objects.get().failures == 5, "a name is one name, however it is written"
    clock.forward(60)
    give_password(client, "editor")
    assert not LoginTries.objects.exists()


def test_a_right_password_forgives_no_wrong_code(client: Client, team: None, clock: Clock) -> None:
    device = with_phone(person("keyholder", "Keyholders"))
    for number in range(6):
        give_password(client, "keyholder")
        response = give_code(client, "000000" if digits(device) != "000000" else "000001")
        assert response.status_code == (422 if number < 5 else 429)
    assert "too many tries" in response.content.decode()
    assert give_code(client, digits(device)).status_code == 429
    clock.forward(60)
    assert give_code(client, digits(device)).status_code == 302
    assert not LoginTries.objects.exists()


def test_nobody_can_be_locked_out_for_longer_than_a_quarter_of_an_hour(
    client: Client, team: None, clock: Clock
) -> None:
    device = with_phone(person("keyholder", "Keyholders"))
    device.throttling_failure_count = 60
    device.throttling_failure_timestamp = timezone.now()
    device.save()
    give_password(client, "keyholder")
    clock.forward(9 * 60)
    assert give_code(client, digits(device)).status_code == 302


def test_old_counts_go_when_new_ones_are_written(db: Any, clock: Clock) -> None:
    count_try(kind=Kind.PASSWORD, name="long ago")
    clock.forward(60 * (tries.KEPT_MINUTES + 1))
    count_try(kind=Kind.PASSWORD, name="now")
    assert LoginTries.objects.count() == 1


def test_a_count_knows_no_name_no_address_and_no_second(client: Client, team: None) -> None:
    person("editor", "Editors")
    client.post(
        LOGIN,
        {"username": "editor", "password": "wrong"},
        HTTP_USER_AGENT="Peculiar/1.0",
        REMOTE_ADDR="203.0.113.77",
    )
    row = LoginTries.objects.values().get()
    assert set(row) == {"key", "failures", "minute"}
    assert "editor" not in row["key"]
    assert row["minute"] == int(time.time()) // 60 or row["minute"] == int(time.time()) // 60 - 1
    for name in ("LoginTries", "RecoveryCode"):
        model = apps.get_model("accounts", name)
        for field in model._meta.get_fields():
            assert not isinstance(
                field, models.GenericIPAddressField | models.DateTimeField | models.TextField
            )
        assert not ReferenceIndex.model_is_indexable(model)
    assert not [field for field in LoginTries._meta.get_fields() if field.is_relation]


def test_no_table_and_no_session_knows_from_where_somebody_logged_in(
    team: None, clock: Clock
) -> None:
    user = person("keyholder", "Keyholders")
    device = with_phone(user)
    client = Client(HTTP_USER_AGENT="Peculiar/1.0", REMOTE_ADDR="203.0.113.77")
    log_in(client, user, device)
    client.get(FACTOR)
    for session in Session.objects.all():
        kept = session.get_decoded()
        assert set(kept) <= {
            "_auth_user_id", "_auth_user_backend", "_auth_user_hash", "otp_device_id"
        }  # fmt: skip
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [table for row in cursor if "203.0.113" in str(row) or "Peculiar" in str(row)]
    assert found == []


def test_nobody_listens_to_what_failed() -> None:
    assert user_login_failed.receivers == []


def test_tries_at_the_same_moment_are_all_counted(transactional_db: Any) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("in-memory databases have one connection; the journeys try a real one")
    passed: list[bool] = []

    def attempt() -> None:
        try:
            count_try(kind=Kind.PASSWORD, name="editor")
            passed.append(True)
        except TooManyTries:
            passed.append(False)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt) for _number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(True) == 5
    assert LoginTries.objects.get().failures == 5


# The second factor.


def set_up(client: Client) -> tuple[TOTPDevice, list[str]]:
    """Through the pages: begin, read the secret, confirm it; return the phone and the codes."""
    assert client.post(f"{FACTOR}begin/")["Location"] == f"{FACTOR}set-up/"
    page = client.get(f"{FACTOR}set-up/").content.decode()
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    device = TOTPDevice.objects.get(confirmed=False)
    assert b32decode(secret) == device.bin_key
    shown = give_code(client, digits(device), at=f"{FACTOR}set-up/")
    assert shown.status_code == 200
    assert shown["Cache-Control"] == "no-store"
    return device, re.findall(r"<code>([a-z2-9-]+)</code>", shown.content.decode())


@pytest.fixture
def reader(client: Client, team: None, clock: Clock) -> User:
    user = person("reader", "Peer readers")
    give_password(client, "reader")
    return user


def test_a_phone_is_set_up_and_ten_codes_are_shown_once(
    client: Client, reader: User, clock: Clock
) -> None:
    before = client.session.session_key
    device, codes = set_up(client)
    assert len(set(codes)) == 10
    assert client.session.session_key != before
    assert client.session["otp_device_id"] == device.persistent_id
    for page in (FACTOR, f"{FACTOR}set-up/"):
        assert codes[0] not in client.get(page, follow=True).content.decode()
    assert RecoveryCode.objects.count() == 10
    stored = json.dumps(list(RecoveryCode.objects.values()))
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]


def test_the_secret_is_a_picture_only_until_it_is_confirmed(
    client: Client, reader: User, clock: Clock
) -> None:
    assert client.get(f"{FACTOR}picture.svg").status_code == 404
    client.post(f"{FACTOR}begin/")
    response = client.get(f"{FACTOR}picture.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "no-store"
    text = response.content.decode()
    assert "<svg" in text
    assert "style" not in text
    device = TOTPDevice.objects.get()
    give_code(client, digits(device), at=f"{FACTOR}set-up/")
    assert client.get(f"{FACTOR}picture.svg").status_code == 404


def test_a_secret_waits_fifteen_minutes_for_its_first_code(
    client: Client, reader: User, clock: Clock
) -> None:
    client.post(f"{FACTOR}begin/")
    device = TOTPDevice.objects.get()
    clock.forward(15 * 60)
    assert give_code(client, digits(device), at=f"{FACTOR}set-up/").status_code == 302
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_a_wrong_first_code_confirms_nothing(client: Client, reader: User, clock: Clock) -> None:
    client.post(f"{FACTOR}begin/")
    device = TOTPDevice.objects.get()
    wrong = f"{(int(digits(device)) + 1) % 1_000_000:06}"
    response = give_code(client, wrong, at=f"{FACTOR}set-up/")
    assert response.status_code == 422
    assert "look at the clock" in response.content.decode()
    device.refresh_from_db()
    assert not device.confirmed
    assert device.throttling_failure_count == 1


def test_a_recovery_code_counts_once(client: Client, reader: User, clock: Clock) -> None:
    _device, codes = set_up(client)
    code = codes[0].upper().replace("-", " ")
    first, second = Client(), Client()
    for browser in (first, second):
        give_password(browser, "reader")
    assert give_code(first, code).status_code == 302
    assert is_logged_in(first)
    assert "9 are left" in first.get(FACTOR).content.decode()
    assert give_code(second, code).status_code == 422
    assert not is_logged_in(second)
    assert RecoveryCode.objects.count() == 9


def test_a_recovery_code_of_somebody_else_counts_for_nothing(
    client: Client, reader: User, clock: Clock
) -> None:
    _device, codes = set_up(client)
    with_phone(person("keyholder", "Keyholders"))
    other = Client()
    give_password(other, "keyholder")
    assert give_code(other, codes[0]).status_code == 422
    assert RecoveryCode.objects.count() == 10


def test_new_codes_end_the_old_ones_and_ask_for_a_code_first(
    client: Client, reader: User, clock: Clock
) -> None:
    device, old = set_up(client)
    page = f"{FACTOR}codes/"
    assert client.get(page).status_code == 200
    assert give_code(client, "nonsense", at=page).status_code == 422
    clock.forward(30)
    new = re.findall(
        r"<code>([a-z2-9-]+)</code>", give_code(client, digits(device), at=page).content.decode()
    )
    assert len(new) == 10
    assert not set(new) & set(old)
    other = Client()
    give_password(other, "reader")
    assert give_code(other, old[0]).status_code == 422
    assert give_code(other, new[0]).status_code == 302


def test_another_phone_takes_over_only_when_it_is_confirmed(
    client: Client, reader: User, clock: Clock
) -> None:
    old, codes = set_up(client)
    clock.forward(30)
    response = give_code(client, digits(old), at=f"{FACTOR}replace/")
    assert response["Location"] == f"{FACTOR}set-up/"
    assert second_factor.device_of(reader) == old
    new = TOTPDevice.objects.get(confirmed=False)
    shown = give_code(client, digits(new), at=f"{FACTOR}set-up/")
    assert shown.status_code == 200
    assert second_factor.device_of(reader) == new
    assert TOTPDevice.objects.count() == 1
    other = Client()
    give_password(other, "reader")
    assert give_code(other, codes[0]).status_code == 422, "the old codes went with the old phone"
    assert client.get(FACTOR).status_code == 200


def test_a_lost_phone_is_replaced_with_recovery_codes(
    client: Client, reader: User, clock: Clock
) -> None:
    _lost, codes = set_up(client)
    other = Client()
    give_password(other, "reader")
    give_code(other, codes[0])
    assert give_code(other, codes[1], at=f"{FACTOR}replace/")["Location"] == f"{FACTOR}set-up/"


def test_removing_the_phone_asks_for_a_code_and_takes_the_codes_along(
    client: Client, reader: User, clock: Clock
) -> None:
    device, _codes = set_up(client)
    assert client.post(f"{FACTOR}remove/").status_code == 422
    assert second_factor.device_of(reader) == device
    clock.forward(30)
    assert give_code(client, digits(device), at=f"{FACTOR}remove/")["Location"] == FACTOR
    assert not TOTPDevice.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert "Set it up" in client.get(FACTOR).content.decode()


@pytest.mark.parametrize("step", ["codes", "replace", "remove"])
def test_a_session_that_gave_no_code_can_change_nothing(
    client: Client, reader: User, clock: Clock, step: str
) -> None:
    device = with_phone(reader)
    assert client.get(FACTOR)["Location"] == f"{FACTOR}code/"
    assert give_code(client, digits(device), at=f"{FACTOR}{step}/")["Location"] == FACTOR
    assert client.post(f"{FACTOR}begin/")["Location"] == FACTOR
    TOTPDevice.objects.create(user=reader, name="app", confirmed=False)
    assert client.get(f"{FACTOR}picture.svg").status_code == 404
    assert client.get(f"{FACTOR}set-up/").status_code == 302
    assert second_factor.device_of(reader) == device


def test_a_session_gives_its_code_later_when_the_phone_was_set_up_elsewhere(
    client: Client, reader: User, clock: Clock
) -> None:
    device = with_phone(reader)
    before = client.session.session_key
    response = give_code(client, digits(device), at=f"{FACTOR}code/", next=VAULT)
    assert response["Location"] == VAULT
    assert client.session.session_key != before
    assert client.get(FACTOR).status_code == 200


def test_every_page_of_the_second_factor_needs_a_login(client: Client, db: Any) -> None:
    for page in ("", "code/", "set-up/", "picture.svg", "codes/", "replace/", "remove/"):
        assert client.get(f"{FACTOR}{page}")["Location"].startswith(LOGIN)
    assert client.post(f"{FACTOR}begin/")["Location"].startswith(LOGIN)
    assert client.get(f"{FACTOR}reset/1/")["Location"].startswith(LOGIN)


# Somebody else's second factor.


def verified_client(user: User, clock: Clock) -> Client:
    client = Client()
    log_in(client, user, with_phone(user))
    clock.forward(30)
    return client


def test_an_administrator_resets_a_second_factor_and_the_log_says_so(
    client: Client, reader: User, clock: Clock
) -> None:
    set_up(client)
    boss = verified_client(person("boss", "Administrators"), clock)
    page = f"{FACTOR}reset/{reader.pk}/"
    assert "reader" in boss.get(page).content.decode()
    assert page in boss.get("/admin/users/").content.decode()
    assert boss.post(page).status_code == 302
    assert not TOTPDevice.objects.filter(user=reader).exists()
    assert not RecoveryCode.objects.exists()
    entry = ModelLogEntry.objects.filter(action="accounts.second_factor.reset").get()
    assert entry.user is not None
    assert entry.user.username == "boss"
    assert client.get(f"{FACTOR}codes/")["Location"] == FACTOR, "their session counts no more"


def test_the_command_resets_a_second_factor_and_says_who_is_not_there(
    client: Client, reader: User, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(client)
    call_command("reset_second_factor", "reader")
    assert not TOTPDevice.objects.exists()
    with pytest.raises(CommandError, match="nobody of this name"):
        call_command("reset_second_factor", "nobody")


@pytest.mark.parametrize("who", ["myself", "superuser"])
def test_an_administrator_resets_neither_themselves_nor_a_superuser(
    team: None, clock: Clock, who: str
) -> None:
    boss = person("boss", "Administrators")
    other = person("root", is_superuser=True)
    device = with_phone(other)
    client = verified_client(boss, clock)
    target = boss if who == "myself" else other
    client.post(f"{FACTOR}reset/{target.pk}/")
    assert second_factor.device_of(boss) is not None
    assert second_factor.device_of(other) == device


def test_an_editor_resets_nobody(client: Client, team: None, clock: Clock) -> None:
    person("editor", "Editors")
    keyholder = person("keyholder", "Keyholders")
    device = with_phone(keyholder)
    give_password(client, "editor")
    client.post(f"{FACTOR}reset/{keyholder.pk}/")
    assert second_factor.device_of(keyholder) == device


def test_accounts_are_managed_with_a_second_factor_only(client: Client, team: None) -> None:
    boss = person("boss", "Administrators")
    reader = person("reader", "Peer readers")
    give_password(client, "boss")
    for page in ("/admin/users/", "/admin/users/new/", f"/admin/users/edit/{reader.pk}/"):
        assert client.get(page)["Location"].split("?")[0] == FACTOR
    many = f"/admin/bulk/accounts/user/assign_role/?next=/admin/users/&id={reader.pk}"
    assert (
        client.post(many, {"role": Group.objects.get(name="Editors").pk})["Location"].split("?")[0]
        == FACTOR
    )
    assert not reader.groups.filter(name="Editors").exists()
    assert client.post(f"{FACTOR}reset/{reader.pk}/")["Location"].startswith(FACTOR)
    assert User.objects.filter(pk=boss.pk).exists()


def test_a_superuser_changes_roles_with_a_second_factor_only(
    client: Client, team: None, clock: Clock
) -> None:
    root = person("root", is_superuser=True)
    page = f"/admin/groups/edit/{Group.objects.get(name='Editors').pk}/"
    give_password(client, "root")
    assert client.get(page)["Location"].split("?")[0] == FACTOR
    assert client.get("/admin/groups/new/")["Location"].split("?")[0] == FACTOR
    assert verified_client(root, clock).get(page).status_code == 200


# Roles, and what a form can't give.


@pytest.fixture
def boss(team: None, clock: Clock) -> Client:
    return verified_client(person("boss", "Administrators"), clock)


def test_an_administrator_adds_somebody_by_a_username_and_a_role(boss: Client) -> None:
    assert boss.get("/admin/users/new/").status_code == 200
    response = boss.post(
        "/admin/users/new/",
        {
            "username": "newcomer",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "groups": [Group.objects.get(name="Peer readers").pk],
            "is_superuser": "on",
        },
    )
    assert response.status_code == 302
    newcomer = User.objects.get(username="newcomer")
    assert newcomer.check_password(PASSWORD)
    assert newcomer.has_perm("vault.unlock_collection")
    assert not newcomer.is_superuser, "nobody becomes a superuser in a form"
    assert not hasattr(newcomer, "keyholder"), "a role brings no key"


def test_nobody_becomes_a_superuser_in_a_form(boss: Client) -> None:
    reader = person("reader", "Peer readers")
    response = boss.post(
        f"/admin/users/edit/{reader.pk}/",
        {"username": "reader", "is_active": "on", "is_superuser": "on"},
    )
    assert response.status_code == 302
    reader.refresh_from_db()
    assert not reader.is_superuser


def test_an_administrator_changes_no_superuser(boss: Client) -> None:
    root = person("root", is_superuser=True)
    page = f"/admin/users/edit/{root.pk}/"
    new = "a stolen long password"
    boss.post(page, {"username": "root", "password1": new, "password2": new})
    root.refresh_from_db()
    assert root.check_password(PASSWORD)
    for action in ("set_active_state", "assign_role"):
        boss.post(
            f"/admin/bulk/accounts/user/{action}/?next=/admin/users/&id={root.pk}",
            {"mark_as_active": "false", "role": Group.objects.get(name="Keyholders").pk},
        )
    root.refresh_from_db()
    assert root.is_active
    assert not root.groups.exists()


def test_nobody_gives_themselves_a_role(boss: Client) -> None:
    me = User.objects.get(username="boss")
    keyholders = Group.objects.get(name="Keyholders")
    page = f"/admin/users/edit/{me.pk}/"
    assert boss.get(page).status_code == 200
    boss.post(page, {"username": "boss", "groups": [keyholders.pk]})
    boss.post(
        f"/admin/bulk/accounts/user/assign_role/?next=/admin/users/&id={me.pk}",
        {"role": keyholders.pk},
    )
    assert [group.name for group in me.groups.all()] == ["Administrators"]


def test_an_administrator_changes_no_role(boss: Client) -> None:
    editors = Group.objects.get(name="Editors")
    before = set(editors.permissions.all())
    boss.post(f"/admin/groups/edit/{editors.pk}/", {"name": "Editors"})
    assert set(editors.permissions.all()) == before


def test_being_a_superuser_gives_no_right_in_the_vault(team: None) -> None:
    root = person("root", is_superuser=True)
    assert root.has_perm("accounts.change_user")
    for permission in Permission.objects.filter(content_type__app_label="vault"):
        assert not root.has_perm(f"vault.{permission.codename}")
    assert root.needs_second_factor
    root.groups.add(Group.objects.get(name="Keyholders"))
    assert User.objects.get(pk=root.pk).has_perm("vault.unlock_collection")
    gone = person("gone", "Keyholders", is_active=False)
    assert not gone.has_perm("vault.unlock_collection")


@pytest.mark.parametrize("with_a_phone", [True, False])
def test_a_superuser_without_a_role_is_sent_away_from_the_vault(
    client: Client, team: None, clock: Clock, with_a_phone: bool
) -> None:
    root = person("root", is_superuser=True)
    if with_a_phone:
        client = verified_client(root, clock)
    else:
        assert give_password(client, "root")["Location"].split("?")[0] == FACTOR
    for page in (VAULT, "/admin/vault/tallies/"):
        response = client.get(page)
        assert response.status_code in (302, 403)
        assert b"passphrase" not in response.content


HAS = {
    "Editors": {"survey.change_questionnaire", "report.change_report", "intake.change_call"},
    "Peer readers": {"vault.hold_keys", "vault.unlock_collection", "vault.read_testimony"},
    "Approvers": {"vault.hold_keys", "vault.unlock_collection", "vault.read_testimony"},
    "Keyholders": {
        "vault.hold_keys", "vault.unlock_collection", "vault.tally_collection",
        "vault.manage_collection", "vault.read_audit", "vault.manage_retention",
        "vault.export_collection", "report.compile_report",
    },
    "Analysts": {"vault.hold_keys", "vault.unlock_collection", "vault.tally_collection"},
    "Publishers": {"report.compile_report"},
    "Administrators": {
        "accounts.add_user", "accounts.change_user", "vault.manage_collection",
        "vault.read_audit", "vault.manage_retention",
    },
}  # fmt: skip
HAS_NOT = {
    "Editors": {"vault.", "accounts.", "report.compile_report"},
    "Peer readers": {"accounts.", "vault.manage", "vault.read_audit", "vault.export", "report."},
    "Approvers": {"accounts.", "vault.manage", "vault.tally", "vault.export", "report."},
    "Keyholders": {"accounts.", "vault.read_testimony"},
    "Analysts": {"accounts.", "vault.manage", "vault.read_", "vault.export"},
    "Publishers": {"vault.", "accounts."},
    "Administrators": {
        "vault.hold_keys", "vault.unlock_collection", "vault.read_testimony",
        "vault.tally_collection", "vault.export", "auth.change", "auth.add", "accounts.delete",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_gives_what_it_says_and_no_more(team: None, role: roles.Role) -> None:
    user = person("somebody", role.name)
    given = user.get_all_permissions()
    assert given == set(role.permissions)
    assert given >= {"wagtailadmin.access_admin", *HAS[role.name]}
    for start in HAS_NOT[role.name]:
        assert not [name for name in given if name.startswith(start)]
    assert user.needs_second_factor == any(name.startswith("vault.") for name in given)
    group = Group.objects.get(name=role.name)
    root = Page.objects.get(depth=1)
    pages = GroupPagePermission.objects.filter(group=group)
    assert {row.page_id for row in pages} <= {root.pk}
    assert {f"wagtailcore.{row.permission.codename}" for row in pages} == set(role.pages)
    files = GroupCollectionPermission.objects.filter(group=group)
    assert {row.collection_id for row in files} <= {Collection.get_first_root_node().pk}
    assert len(files) == len(role.files)


def test_editors_write_pages_and_publishers_publish_them(team: None) -> None:
    page = Page.objects.get(depth=2)
    editor, publisher = person("editor", "Editors"), person("publisher", "Publishers")
    keyholder = person("keyholder", "Keyholders")
    assert page.permissions_for_user(editor).can_edit()
    assert not page.permissions_for_user(editor).can_publish()
    assert page.permissions_for_user(publisher).can_publish()
    assert not page.permissions_for_user(keyholder).can_edit()


def test_setting_the_roles_again_takes_away_what_was_added(team: None) -> None:
    editors = Group.objects.get(name="Editors")
    editors.permissions.add(Permission.objects.get(codename="unlock_collection"))
    GroupPagePermission.objects.create(
        group=editors,
        page=Page.objects.get(depth=2),
        permission=Permission.objects.get(codename="publish_page"),
    )
    call_command("sync_roles", stdout=io.StringIO())
    assert not editors.permissions.filter(content_type__app_label="vault").exists()
    assert set(editors.page_permissions.values_list("permission__codename", flat=True)) == {
        "add_page",
        "change_page",
    }


def test_a_permission_that_does_not_exist_is_named_and_nothing_changes(
    team: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Group.objects.get(name="Editors").permissions.count()
    wrong = (roles.Role("Editors", "", ()), roles.Role("Others", "", ("vault.read_minds",)))
    monkeypatch.setattr(roles, "ROLES", wrong)
    with pytest.raises(UnknownPermission, match=r"vault\.read_minds"):
        sync_roles()
    assert Group.objects.get(name="Editors").permissions.count() == before
    with pytest.raises(CommandError, match=r"vault\.read_minds"):
        call_command("sync_roles")


def test_the_docs_hold_the_table_of_roles(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("roles_table")
    table = capsys.readouterr().out.strip()
    assert table in (ROOT / "docs/roles.md").read_text(encoding="utf-8"), (
        "paste the output of manage.py roles_table into docs/roles.md"
    )


# The demo's people.


@pytest.fixture
def logins(team: None, tmp_path: Path, settings: Any) -> Callable[[str], User]:
    settings.MEDIA_ROOT = tmp_path / "media"

    def seeded(name: str) -> User:
        user = person(name, "Keyholders")
        logins_file().write_text(json.dumps({name: {"totp": give_second_factor(user)}}))
        return user

    return seeded


def test_the_demo_prints_a_code_that_counts_and_a_new_one_after_it(
    client: Client,
    logins: Callable[[str], User],
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logins("keyholder")
    for browser in (Client(), Client()):
        call_command("demo_code", "keyholder")
        give_password(browser, "keyholder")
        assert give_code(browser, capsys.readouterr().out.strip()).status_code == 302


def test_the_demo_keeps_a_phone_that_was_seeded_before(logins: Callable[[str], User]) -> None:
    user = logins("keyholder")
    before = TOTPDevice.objects.get()
    seed = give_second_factor(user)
    assert give_second_factor(user, seed) == seed
    assert TOTPDevice.objects.get() == before


def test_there_is_no_demo_code_where_there_is_no_demo(team: None) -> None:
    person("keyholder", "Keyholders")
    with pytest.raises(CommandError, match="no such login"):
        call_command("demo_code", "keyholder")


def test_the_settings_keep_the_second_factor_behind_the_login() -> None:
    order = settings.MIDDLEWARE
    login = order.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    assert order[login + 1] == "django_otp.middleware.OTPMiddleware"
    assert reverse("second_factor") == settings.SECOND_FACTOR_ADDRESS


# The whole admin, not the vault alone.


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/pages/", "/admin/calls/", "/admin/account/", "/admin/reports/"]
)
def test_a_password_alone_opens_no_page_to_whoever_needs_a_second_factor(
    page: str, team: None
) -> None:
    client = Client()
    client.force_login(person("hurried", "Keyholders", "Editors"))
    response = client.get(page)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/second-factor/")
    editor = Client()
    editor.force_login(person("writer", "Editors"))
    assert not editor.get(page).get("Location", "").startswith("/admin/second-factor/")


@pytest.mark.parametrize(
    "page", ["/_util/login/", "/_util/authenticate_with_password/1/1/", "/_util/"]
)
def test_there_is_no_second_door_beside_the_login(page: str, client: Client, db: Any) -> None:
    assert client.get(page).status_code == 404
    assert client.post(page, {"username": "x", "password": "y"}).status_code == 404


def test_a_session_of_the_team_lasts_a_working_day(settings: Any) -> None:
    assert settings.SESSION_COOKIE_AGE <= 12 * 3600
    assert settings.SESSION_EXPIRE_AT_BROWSER_CLOSE
