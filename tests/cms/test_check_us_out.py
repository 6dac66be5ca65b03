"""“Check us out” and the safety page: what they tell follows what is set, and no editor's words."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, Site

from cms import facts, safety
from cms.accounts.roles import ROLES, sync_roles
from cms.models import HomePage, InformationPage
from consultation.report.models import Edition, Report, Snapshot
from testimony.intake.models import Call
from testimony.vault import custody, retention
from testimony.vault.models import Collection, Custody, RecoveryKey
from testimony.wizard import printing, storage
from tests import factories
from tests.factories import Consultation, team_client

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def pages(db: Any) -> dict[str, InformationPage]:
    root = Page.objects.filter(depth=1).get()
    home = root.add_child(
        instance=HomePage(title="Home", slug="front", organisation="The organisation")
    )
    made = {
        shows: home.add_child(
            instance=InformationPage(
                title=f"The editor's title of {shows}",
                slug=shows,
                lead="The editor's lead",
                shows=shows,
                body=json.dumps(
                    [{"type": "paragraph", "value": "<p>Ten thousand people hold a key.</p>"}]
                ),
            )
        )
        for shows in ("check", "safety")
    }
    site = Site.objects.filter(is_default_site=True).first()
    if site is None:
        Site.objects.create(is_default_site=True, hostname="localhost", root_page=home)
    else:
        site.root_page = home
        site.save()
    return made


def seen(path: str) -> str:
    """A page's text, as a person reads it."""
    response = Client().get(path)
    assert response.status_code == 200
    assert not response.cookies
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def told(path: str) -> str:
    """The part that the site writes itself."""
    return seen(path).partition("In our own words")[0]


# What is set is what is told.


def test_every_fact_of_a_collection_is_read_from_its_row(
    consultation: Consultation, pages: Any
) -> None:
    collection = consultation.collection
    collection.run_by = "Peers of the harbour"
    collection.kept_where = "In a cupboard in Halifax"
    collection.keep_months = 7
    collection.withdrawal_deadline = dt.date(2030, 2, 3)
    collection.destruction_date = dt.date(2031, 4, 5)
    collection.save()
    text = told("/check/")
    assert "Peers of the harbour" in text
    assert "In a cupboard in Halifax" in text
    assert "The answers of each month go 7 months later." in text
    assert "The last day for all of it is 5 April 2031." in text
    assert "Until 3 February 2030" in text
    assert "1 person holds a key" in text


def test_who_holds_a_key_is_counted_and_not_named(consultation: Consultation, pages: Any) -> None:
    assert "1 person holds a key" in told("/check/")
    another = custody.enrol_keyholder(by=None, user=consultation.peer)
    Custody.objects.create(collection=consultation.collection, keyholder=another.keyholder)
    text = told("/check/")
    assert "2 people hold a key" in text
    assert consultation.keyholder.username not in text


def test_a_recovery_kit_is_told_only_when_there_is_one(
    consultation: Consultation, pages: Any
) -> None:
    assert "sheet of paper" not in told("/check/")
    kit = RecoveryKey.objects.create(suite=2, public_key=b"k", fingerprint="f" * 64)
    Custody.objects.create(collection=consultation.collection, recovery_key=kit)
    assert "Three people each keep a sheet of paper" in told("/check/")
    assert "1 person holds a key" in told("/check/")


def test_a_legal_hold_is_told_first_and_changes_what_is_said_of_destruction(
    consultation: Consultation, pages: Any
) -> None:
    assert "Something you should know first" not in told("/check/")
    hold = retention.place_hold(
        by=consultation.keyholder,
        collection=consultation.collection,
        statement="A judge ordered it.",
        stops_withdrawals=True,
        grant=consultation.grant(),
    )
    text = told("/check/")
    assert text.index("A judge ordered it.") < text.index("What is open now")
    assert "Right now, we may not destroy it. The reason: A judge ordered it." in text
    assert "Right now we may not delete what you take back." in text
    assert "is the last day we keep what you send today" not in text
    retention.lift_hold(by=consultation.keyholder, hold=hold)
    assert "A judge ordered it." not in told("/check/")


def test_a_collection_past_its_day_is_told_of_as_long_as_an_order_keeps_it(
    consultation: Consultation, pages: Any
) -> None:
    consultation.collection.run_by = "Peers of long ago"
    consultation.collection.withdrawal_deadline = dt.date(2020, 1, 1)
    consultation.collection.destruction_date = dt.date(2020, 1, 1)
    consultation.collection.save()
    assert "Peers of long ago" not in told("/check/")
    retention.place_hold(
        by=consultation.keyholder,
        collection=consultation.collection,
        statement="A judge ordered it.",
        stops_withdrawals=False,
    )
    assert "Peers of long ago" in told("/check/")


def test_open_doors_are_told_with_their_days_and_timezone_and_closed_ones_are_not(
    consultation: Consultation, pages: Any
) -> None:
    call = Call.objects.get()
    call.opens_on, call.closes_on = dt.date(2026, 1, 2), dt.date(2099, 12, 30)
    call.timezone = "Africa/Porto-Novo"
    call.save()
    text = told("/check/")
    assert "Your story: policing and our work" in text
    assert "Open from 2 January 2026 to 30 December 2099, Porto-Novo time." in text
    page = Client().get("/check/").content.decode()
    for language in ("en", "fr"):
        assert f'href="{call.address_in(language)}" hreflang="{language}"' in page
    call.closes_on = timezone.now().date() - dt.timedelta(days=3)
    call.save()
    assert "Your story: policing and our work" not in told("/check/")
    consultation.survey.opens_on = consultation.survey.closes_on = call.closes_on
    consultation.survey.save()
    assert "Nothing is being asked here right now." in told("/check/")


def test_the_first_time_is_called_the_first_time(consultation: Consultation, pages: Any) -> None:
    assert "This is the first time we ask on this site." in told("/check/")


def _earlier(reply_by: dt.date, *, is_printed: bool = True) -> Report:
    """A consultation that is over, and its paper."""
    today = timezone.now().date()
    collection = Collection.objects.create(
        name="Earlier", run_by="x", kept_where="x",
        withdrawal_deadline=today, destruction_date=today + dt.timedelta(days=9),
    )  # fmt: skip
    Call.objects.create(
        name="Earlier", collection=collection, definition=Call.objects.get().definition,
        opens_on=today - dt.timedelta(days=90), closes_on=today - dt.timedelta(days=60),
    )  # fmt: skip
    report = Report.objects.create(
        collection=collection, campaign="x", title="What we were told",
        addressee_office="Mayor", addressee_organisation="City of London",
        sender_organisation="x", sender_contact_role="x",
        dated=reply_by - dt.timedelta(days=30), reply_by=reply_by,
    )  # fmt: skip
    if is_printed:
        digest = "a" * 64
        snapshot = Snapshot.objects.create(
            digest=digest, report=report, canonical=b"{}", frozen_on=today
        )
        Edition.objects.create(snapshot=snapshot, digest=digest, pages=1, file="x.pdf")
    return report


def test_what_came_of_an_earlier_consultation_is_told_once_its_answer_was_due(
    consultation: Consultation, pages: Any
) -> None:
    today = timezone.now().date()
    report = _earlier(today - dt.timedelta(days=1))
    text = told("/check/")
    assert "1 earlier call for answers is over." in text
    assert "“What we were told”" in text
    assert "for the Mayor, City of London" in text
    report.reply_by = today + dt.timedelta(days=1)
    report.save()
    text = told("/check/")
    assert "What we were told" not in text
    assert "No paper has come of it that we can show here yet." in text


def test_a_paper_that_was_never_printed_is_not_told(consultation: Consultation, pages: Any) -> None:
    _earlier(timezone.now().date() - dt.timedelta(days=1), is_printed=False)
    assert "What we were told" not in told("/check/")


def test_every_role_is_told_by_what_it_may_do(consultation: Consultation, pages: Any) -> None:
    assert {role.name for role in ROLES} == set(facts._JOBS)
    text = told("/check/")
    assert "Read what you wrote, with a key of their own: peer readers, approvers." in text
    assert "Hold no key and open nothing: editors, publishers, administrators." in text
    assert "only two of them together: key holders." in text


def test_the_limits_of_drafts_and_copies_are_those_of_the_vault(
    consultation: Consultation, pages: Any, monkeypatch: Any
) -> None:
    assert "For 45 minutes after your last page, and for 3 hours at most." in told("/check/")
    assert "after 90 days, a copy of the keys after 14 days" in told("/check/")
    changed = facts.facade.Keeping(11, 2, 33, 4, 5, 6)
    monkeypatch.setattr(facts, "KEEPING", changed)
    monkeypatch.setattr(safety, "KEEPING", changed)
    assert "For 11 minutes after your last page, and for 2 hours at most." in told("/check/")
    assert "after 33 days, a copy of the keys after 4 days" in told("/check/")
    assert "by itself, 11 minutes after your last page. 2 hours is the most." in told("/safety/")


def test_pictures_are_told_of_when_a_page_asks_for_them(
    consultation: Consultation, pages: Any
) -> None:
    assert "Not now. No page asks for one." in told("/check/")
    document = factories.document("call")
    document["key"] = "with-pictures"
    section = json.loads(json.dumps(document["sections"][-1]))
    section["key"] = section["questions"][0]["key"] = "pictures"
    section["questions"][0]["type"] = "pictures"
    document["sections"].append(section)
    today = timezone.now().date()
    factories.publish_call(
        by=None, name="Pictures", collection=consultation.collection, document=document,
        opens_on=today - dt.timedelta(days=1), closes_on=today + dt.timedelta(days=2),
    )  # fmt: skip
    text = told("/check/")
    assert "Not now." not in text
    assert "Up to 3, of 10 MB each." in text


def test_the_cookies_told_of_are_those_that_are_set(
    consultation: Consultation, pages: Any, settings: Any
) -> None:
    assert facts.DRAFT_COOKIE_STEM == storage.COOKIE_STEM
    settings.COOKIE_PREFIX = "__Host-"
    settings.CSRF_COOKIE_NAME = "__Host-c"
    text = told("/check/")
    assert "“__Host-d-…”" in text
    assert "“__Host-c”" in text


def test_the_version_and_where_the_code_is_are_told(
    consultation: Consultation, pages: Any, settings: Any
) -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version is not None
    assert f"At the Table, version {version[1]}." in told("/check/")
    assert "Ask us for it" in told("/check/")
    settings.SOURCE_CODE_URL = "https://code.example/at-the-table"
    assert "Ask us for it" not in told("/check/")
    assert 'href="https://code.example/at-the-table"' in Client().get("/check/").content.decode()


def test_what_can_not_be_promised_is_said(consultation: Consultation, pages: Any) -> None:
    text = told("/check/")
    assert "A court could order the people with a key to open what is there." in text
    assert "if somebody takes over the computer while it runs, they could read" in text
    assert "An honest answer can land there too." in text


# The safety page.


def test_leaving_leads_where_the_setting_says(pages: Any, settings: Any) -> None:
    assert "It goes to weather.gc.ca" in told("/safety/")
    settings.LEAVE_URL = "https://dull.example/cats?x=1"
    text = told("/safety/")
    assert "It goes to dull.example" in text
    assert "weather" not in text
    page = Client().get("/safety/").content.decode()
    assert f'href="{reverse("intake:leave")}" rel="noreferrer"' in page


def test_an_onion_address_is_told_only_where_there_is_one(pages: Any, settings: Any) -> None:
    assert "Tor" not in told("/safety/")
    settings.ONION_HOST = "abcdef.onion"
    assert "abcdef.onion" in told("/safety/")


def test_the_title_that_history_shows_is_the_one_private_pages_have(
    consultation: Consultation, pages: Any
) -> None:
    page = Client().get(consultation.call_path).content.decode()
    assert f"<title>{safety.NEUTRAL_TITLE}</title>" in page
    assert f"“{safety.NEUTRAL_TITLE}”" in told("/safety/")
    assert reverse("intake:leave") == printing.LEAVE_ADDRESS


def test_support_is_that_of_the_open_doors_and_named_once(
    consultation: Consultation, pages: Any
) -> None:
    assert told("/safety/").count("9-8-8, day and night") == 1


# An editor adds words, and nothing else.


def test_an_editors_words_stand_apart_from_the_facts(
    consultation: Consultation, pages: Any
) -> None:
    for path in ("/check/", "/safety/"):
        text = seen(path)
        assert "The editor's title" in text
        assert text.index("In our own words") < text.index("Ten thousand people hold a key.")
        assert "Ten thousand" not in told(path)


def test_a_page_with_facts_keeps_them_and_its_address(pages: Any) -> None:
    page = pages["check"]
    for name, value in (
        ("shows", ""),
        ("shows", "safety"),
        ("slug", "check-2"),
        ("expire_at", timezone.now()),
    ):
        page = InformationPage.objects.get(pk=pages["check"].pk)
        setattr(page, name, value)
        with pytest.raises(ValidationError):
            page.full_clean()
    InformationPage.objects.get(pk=page.pk).full_clean()


def test_a_second_page_with_the_same_facts_is_refused(pages: Any) -> None:
    other = InformationPage(title="Other", slug="other")
    pages["check"].get_parent().add_child(instance=other)
    with pytest.raises(IntegrityError), transaction.atomic():
        InformationPage.objects.filter(pk=other.pk).update(shows="check")


@pytest.mark.parametrize("shows", ["check", "safety"])
def test_nobody_of_the_team_can_take_the_page_away(pages: Any, shows: str) -> None:
    sync_roles()
    editor = factories.user("editor")
    client = team_client(editor, "Editors", "Publishers")
    page = pages[shows]
    assert client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 200
    for name in ("delete", "unpublish", "move", "copy", "set_privacy"):
        refused = (
            reverse(f"wagtailadmin_pages:{name}", args=[page.pk])
            if name != "set_privacy"
            else reverse("wagtailadmin_pages:set_privacy", args=[page.pk])
        )
        response = client.post(refused)
        assert response.status_code in (302, 403), name
    page.refresh_from_db()
    assert page.live
    assert page.url_path == f"/front/{shows}/"
    assert Client().get(f"/{shows}/").status_code == 200


# Its shape.


@pytest.mark.parametrize("path", ["/check/", "/safety/"])
def test_another_language_is_one_link_away_and_marks_what_is_not_in_it(
    consultation: Consultation, pages: Any, path: str
) -> None:
    page = Client().get(path).content.decode()
    assert f'href="{path}?language=fr" hreflang="fr"' in page
    french = Client().get(f"{path}?language=fr").content.decode()
    assert '<html lang="fr"' in french
    assert '<div lang="en">' in french
    assert "The editor's title" not in html.unescape(french)
    assert '<html lang="en"' in Client().get(f"{path}?language=xx").content.decode()


@pytest.mark.parametrize("path", ["/check/", "/safety/"])
def test_the_page_has_no_script_no_cookie_and_fetches_nothing_from_elsewhere(
    consultation: Consultation, pages: Any, path: str
) -> None:
    response = Client().get(path)
    page = response.content.decode()
    assert "<script" not in page
    assert not response.cookies
    assert "script-src 'none'" in response["Content-Security-Policy"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_queries_do_not_grow_with_collections_and_doors(
    consultation: Consultation, pages: Any
) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            Client().get("/check/")
        return len(queries)

    counted()
    before = counted()
    today = timezone.now().date()
    for number in range(4):
        collection = Collection.objects.create(
            name=f"Another {number}", run_by=f"Group {number}", kept_where="x",
            withdrawal_deadline=today, destruction_date=today + dt.timedelta(days=9),
        )  # fmt: skip
        Call.objects.create(
            name=f"Another {number}", collection=collection,
            definition=consultation.call.definition,
            opens_on=today - dt.timedelta(days=1), closes_on=today + dt.timedelta(days=1),
        )  # fmt: skip
    text = told("/check/")
    assert "Who runs this? (Another 3) Group 3" in text
    assert counted() == before
    assert before <= 20
