"""One note a day that has the same size whatever happened, and names nobody."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from testimony.vault import calendar, chores, digest, weekly
from testimony.vault.models import Chore, Collection, Epoch, Lane
from tests.factories import Consultation
from tests.testimony.vault.test_lanes import flood

TO = ["one@team.example", "two@team.example"]


@pytest.fixture(autouse=True)
def recipients(settings: Any) -> None:
    settings.NOTICE_RECIPIENTS = TO
    settings.DEFAULT_FROM_EMAIL = "notes@site.example"


@pytest.fixture(autouse=True)
def no_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "_closings", [])


def note(*, had_problems: bool = False) -> bytes:
    Chore.objects.filter(name=digest.NAME).delete()
    mail.outbox.clear()
    assert digest.send_daily(had_problems=had_problems)
    return bytes(mail.outbox[0].message().as_bytes())


def last_week() -> str:
    return calendar.week_of(timezone.now().date() - dt.timedelta(days=7))


def extremes(monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """Notes of days as different as days can be."""
    for count in (0, 4, 5, 12, 99, 1_000, 10_000, 99_994, 10_000_000):
        for problems in (False, True):
            for keys in (False, True):
                for days in ([], [dt.date(2026, 1, 1)], [dt.date(9999, 12, 31)]):
                    monkeypatch.setattr(
                        weekly, "counts_in", lambda _week, n=count: [(lane, n) for lane in Lane]
                    )
                    monkeypatch.setattr(digest, "_has_keys", lambda _month, have=keys: have)
                    monkeypatch.setattr(digest, "_closings", [lambda listed=days: listed])
                    yield note(had_problems=problems)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_note_has_one_size_whatever_happened(
    settings: Any, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    settings.LANGUAGE_CODE = language
    sizes = {len(one) for one in extremes(monkeypatch)}
    assert len(sizes) == 1


@pytest.mark.django_db
def test_its_headers_are_the_same_but_for_the_date_and_one_random_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = set()
    for one in extremes(monkeypatch):
        headers = dict(message_from_bytes(one).items())
        assert headers.pop("Message-ID").endswith("@site.example>")
        headers.pop("Date")
        seen.add(tuple(sorted(headers.items())))
    assert seen == {
        (
            ("Content-Transfer-Encoding", "8bit"),
            ("Content-Type", 'text/plain; charset="utf-8"'),
            ("From", "notes@site.example"),
            ("MIME-Version", "1.0"),
            ("Subject", "Daily note"),
            ("To", "one@team.example"),
        )
    }


@pytest.mark.django_db
def test_the_message_id_does_not_tell_the_machine_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda: "a-machine.secret.example")
    assert b"secret" not in note()


def test_the_note_says_what_came_last_week_and_nothing_finer(consultation: Consultation) -> None:
    flood(consultation, 12, week=last_week())
    flood(consultation, 300, week=calendar.week_of(timezone.now().date()))
    text = digest.text(had_problems=False)
    assert "    10  held apart" in text
    assert "    <5  open" in text
    assert "300" not in text
    assert f"in the week that began on {calendar.monday_of(last_week())}:" in text
    assert "[x] There are keys for this month." in text
    assert "[x] There are keys for next month." in text
    assert "[x] The daily job ran without a problem." in text
    assert "---------- is the day the next door closes." in text


def test_the_note_names_nobody_and_nothing_of_the_collection(consultation: Consultation) -> None:
    text = note().decode()
    named = (
        consultation.keyholder.username,
        consultation.collection.name,
        consultation.call.public_id,
        "127.0.0.1",
        "http",
    )
    assert not [word for word in named if word in text]


def test_an_empty_box_tells_of_missing_keys_and_of_problems(consultation: Consultation) -> None:
    month = calendar.next_month(calendar.month_of(timezone.now().date()))
    Epoch.objects.filter(month=month).delete()
    text = digest.text(had_problems=True)
    assert "[x] There are keys for this month." in text
    assert "[ ] There are keys for next month." in text
    assert "[ ] The daily job ran without a problem." in text


def test_a_collection_that_ends_needs_no_keys_beyond_its_end(consultation: Consultation) -> None:
    today = timezone.now().date()
    Collection.objects.update(withdrawal_deadline=today, destruction_date=today)
    Epoch.objects.exclude(month=calendar.month_of(today)).delete()
    assert "[x] There are keys for next month." in digest.text(had_problems=False)


def test_the_next_door_to_close_is_told(db: Any) -> None:
    today = timezone.now().date()
    later = [today - dt.timedelta(days=1), today + dt.timedelta(days=9), today]
    digest.tell_closing(lambda: later)
    digest.tell_closing(lambda: [])
    assert f"{today} is the day" in digest.text(had_problems=False)


def test_it_is_sent_once_a_day_to_each_alone_and_when_nothing_came(db: Any) -> None:
    assert digest.send_daily(had_problems=False)
    assert [one.to for one in mail.outbox] == [[address] for address in TO]
    assert all(not one.cc and not one.bcc for one in mail.outbox)
    assert not digest.send_daily(had_problems=False)
    assert len(mail.outbox) == 2
    yesterday = timezone.now().date() - dt.timedelta(days=1)
    Chore.objects.filter(name=digest.NAME).update(done_on=yesterday)
    assert digest.send_daily(had_problems=False)
    assert len(mail.outbox) == 4


def test_nobody_to_tell_is_no_problem(db: Any, settings: Any) -> None:
    settings.NOTICE_RECIPIENTS = []
    assert not digest.send_daily(had_problems=False)
    assert not Chore.objects.exists()


class Failing(EmailBackend):
    """A mail server that refuses, and says whom it refused."""

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({"one@team.example": (550, b"No such user")})


def test_a_mail_that_fails_is_told_holds_nothing_up_and_is_tried_again(
    db: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    done = chores.Done()
    chores._CHORES["sending the daily note"](done)
    assert done.lines == ["The daily note could not be sent (SMTPRecipientsRefused)."]
    assert done.problems == []
    assert "team.example" not in f"{done.problems} {caplog.text}"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    done = chores.Done()
    chores._CHORES["sending the daily note"](done)
    assert done.lines == ["The daily note is sent."]


def test_the_note_is_the_last_chore_so_that_it_knows_of_the_others() -> None:
    assert list(chores._CHORES)[-1] == "sending the daily note"


def test_the_daily_job_s_problems_reach_the_note(db: Any) -> None:
    done = chores.Done(problems=["Something."])
    chores._CHORES["sending the daily note"](done)
    assert "[ ] The daily job ran without a problem." in mail.outbox[0].body
