"""Calls in the admin: writing a text, publishing it, and setting when a call is open."""

from __future__ import annotations

import datetime as dt
import html
import importlib
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import include, path, reverse
from django.utils import timezone

from testimony.intake import actions
from testimony.intake.actions import (
    AlreadyAnswered,
    Opening,
    begin_text,
    check_text,
    close_call,
    publish_text,
    set_dates,
)
from testimony.intake.models import Call, CallText, CallVersion
from testimony.intake.permissions import NotAllowed
from testimony.intake.submitting import submit_testimony
from testimony.vault import audit, batches
from testimony.vault.models import AuditEntry, FrozenDefinition
from testimony.wizard.journeys import DatesRefused, read_definition
from testimony.wizard.publishing import timezone_choices
from testimony.wizard.versions import NotReady, PublishingRefused
from tests.factories import TESTIMONY, Consultation, document, team_client, user

TODAY = dt.date(2026, 3, 4)


@pytest.fixture
def text(db: Any) -> CallText:
    return begin_text(by=None, name="Housing")


def opening(consultation: Consultation) -> Opening:
    # It is yesterday still, in some places.
    yesterday = timezone.now().date() - dt.timedelta(days=1)
    return Opening(consultation.collection, yesterday, yesterday + dt.timedelta(days=20))


def publish(
    text: CallText, consultation: Consultation, *, by: Any = None, is_larger: bool = False
) -> CallVersion:
    return publish_text(
        by=by,
        text=text,
        checked=check_text(text).digest,
        opening=opening(consultation),
        is_larger=is_larger,
    )


def answer(version: CallVersion) -> None:
    submit_testimony(
        call=version.call,
        answers={**TESTIMONY, "years": "under_2"},
        language="en",
    )


def reworded(text: CallText, words: str = "Other words") -> CallText:
    text.refresh_from_db()
    text.introduction_en = words
    text.save()
    return text


def with_a_removed_answer(text: CallText) -> CallText:
    text.refresh_from_db()
    steps = text.steps.get_prep_value()
    closed = next(step for step in steps if step["type"] == "closed_questions")
    closed["value"]["questions"][0]["value"]["options"].pop()
    text.steps = steps
    text.save()
    return text


# Writing.


def test_a_new_text_is_ready_to_publish_and_to_answer(
    text: CallText, consultation: Consultation
) -> None:
    check = check_text(text)
    assert check.findings == ()
    assert check.is_ready
    version = publish(text, consultation)
    assert version.number == "1.0"
    answer(version)
    assert not actions.may_replace_version(version)


def test_a_text_can_be_saved_half_done_and_is_told_what_is_missing(text: CallText) -> None:
    text.title_fr = text.duty_en = ""
    text.support = []
    text.save()
    check = check_text(text)
    assert not check.is_ready
    said = [one.sentence for one in check.problems]
    assert "Not written in French yet: the title of the call." in said
    assert "Not written in English yet: the duty to report." in said
    with pytest.raises(NotReady, match="nobody to talk to"):
        publish_text(by=None, text=text, checked=check.digest)
    assert Call.objects.count() == 0


def test_names_in_the_data_are_kept_when_a_text_is_saved_again(text: CallText) -> None:
    before = [question.key for question in check_text(text).definition.questions()]
    steps = text.steps.get_prep_value()
    for step in steps:
        if "key" in step["value"]:
            step["value"]["key"] = ""
    text.steps = steps
    text.save()
    assert [question.key for question in check_text(text).definition.questions()] == before


def test_two_texts_with_one_name_in_the_address_are_two_definitions(db: Any) -> None:
    first, second = begin_text(by=None, name="Été"), begin_text(by=None, name="Été!")
    assert first.key != second.key
    assert re.fullmatch(r"ete-[a-z0-9]{10}", first.key)


# Publishing.


def test_publishing_opens_a_call_and_writes_it_down(
    text: CallText, consultation: Consultation
) -> None:
    editor = team_member("publisher", "Publishers")
    version = publish(text, consultation, by=editor)
    text.refresh_from_db()
    call = text.call
    assert call is not None
    assert (call.name, call.timezone, call.is_open) == ("Housing", "America/Toronto", True)
    assert call.definition_id == version.definition_id
    assert read_definition(call.digest).version == "1.0"
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.actor) == ("call published", editor)
    assert entry.subject == f"{call.public_id} 1.0"
    audit.check_chain()


def test_a_text_that_was_answered_stands_and_the_next_gets_a_number_of_its_own(
    text: CallText, consultation: Consultation
) -> None:
    first = publish(text, consultation)
    answer(first)
    second = publish(reworded(text), consultation)
    assert second.number == "1.1"
    call = Call.objects.get(text=text)
    assert call.definition_id == second.definition_id
    first.refresh_from_db()
    assert first.state == CallVersion.State.STANDING
    assert read_definition(first.definition_id).introduction.in_language("en") != "Other words"
    with pytest.raises(AlreadyAnswered, match=r"answered version 1\.0"):
        actions.check_may_replace_version(first)


def test_a_text_that_nobody_has_answered_is_replaced_under_the_same_number(
    text: CallText, consultation: Consultation
) -> None:
    first = publish(text, consultation)
    second = publish(reworded(text), consultation)
    assert (first.number, second.number) == ("1.0", "1.0")
    assert first.definition_id != second.definition_id
    first.refresh_from_db()
    assert first.state == CallVersion.State.REPLACED
    assert FrozenDefinition.objects.filter(pk=first.definition_id).exists(), (
        "somebody may be inside, answering it"
    )
    assert Call.objects.get(text=text).current_version == second


def test_a_version_that_is_out_on_paper_keeps_its_number(
    text: CallText, consultation: Consultation
) -> None:
    first = publish(text, consultation)
    call = Call.objects.get(text=text)
    team_client(consultation.keyholder, "Keyholders")
    batches.make_batch(
        lambda _number, _codes: b"",
        by=consultation.keyholder,
        collection=call.collection,
        door=call.public_id,
        definition=call.digest,
        language="en",
        is_large=False,
        count=20,
    )
    with pytest.raises(AlreadyAnswered, match=r"1\.0 is out on paper"):
        actions.check_may_replace_version(first)
    assert publish(reworded(text), consultation).number == "1.1"


def test_the_number_follows_what_changed_since_the_last_answered_version(
    text: CallText, consultation: Consultation
) -> None:
    answer(publish(text, consultation))
    assert publish(reworded(text), consultation).number == "1.1"
    # Nobody has answered 1.1: a change of meaning makes it 2.0, and words alone 1.1 again.
    whole = text.steps.get_prep_value()
    assert publish(with_a_removed_answer(text), consultation).number == "2.0"
    text.steps = whole
    text.save()
    last = publish(reworded(text, "Yet others"), consultation)
    assert last.number == "1.1"
    answer(last)
    assert publish(with_a_removed_answer(text), consultation).number == "2.0"


def test_an_editor_may_give_a_larger_number_when_the_words_mean_something_else(
    text: CallText, consultation: Consultation
) -> None:
    answer(publish(text, consultation))
    check = check_text(reworded(text))
    assert (check.number, check.larger) == ((1, 1), (2, 0))
    assert publish(text, consultation, is_larger=True).number == "2.0"


def test_nothing_is_published_twice(text: CallText, consultation: Consultation) -> None:
    publish(text, consultation)
    text.refresh_from_db()
    with pytest.raises(NotReady, match=r"changed since version 1\.0"):
        publish(text, consultation)


def test_only_what_was_looked_at_is_published(text: CallText, consultation: Consultation) -> None:
    looked_at = check_text(text).digest
    reworded(text)
    with pytest.raises(PublishingRefused, match="Look again"):
        publish_text(by=None, text=text, checked=looked_at, opening=opening(consultation))
    assert CallVersion.objects.filter(call__text=text).count() == 0


def test_a_question_never_becomes_another_type(text: CallText, consultation: Consultation) -> None:
    publish(text, consultation)
    text.refresh_from_db()
    steps = text.steps.get_prep_value()
    closed = next(step for step in steps if step["type"] == "closed_questions")
    closed["value"]["questions"][0]["value"]["type"] = "multiple_choice"
    text.steps = steps
    text.save()
    [problem] = check_text(text).problems
    assert problem.rule == "type_kept"
    assert "asked for one answer in version 1.0" in problem.sentence


def test_the_first_publishing_needs_a_collection_and_days(text: CallText) -> None:
    with pytest.raises(PublishingRefused, match="where and when"):
        publish_text(by=None, text=text, checked=check_text(text).digest)


def test_a_version_has_one_number_of_its_call(text: CallText, consultation: Consultation) -> None:
    version = publish(text, consultation)
    with pytest.raises(IntegrityError), transaction.atomic():
        CallVersion.objects.create(
            call=version.call, major=1, minor=0, definition_id=version.definition_id
        )


def test_a_finished_document_is_published_as_a_first_version(consultation: Consultation) -> None:
    [version] = consultation.call.versions.all()
    assert (version.number, version.definition_id) == ("1.0", consultation.call.definition_id)
    assert consultation.call.current_version == version


def test_calls_from_before_there_were_versions_get_one(consultation: Consultation) -> None:
    CallVersion.objects.all().delete()
    module = "testimony.intake.migrations.0003_the_version_of_each_call"
    importlib.import_module(module).note_versions(apps, None)
    [version] = CallVersion.objects.all()
    assert (version.call, version.number) == (consultation.call, document("call")["version"])


# A saboteur: when the last write fails, nothing is left of what went before.


class Sabotage(Exception):
    pass


def sabotage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_entry: Any) -> None:
        raise Sabotage

    monkeypatch.setattr(audit, "append", fail)


def traces() -> tuple[Any, ...]:
    return (
        list(Call.objects.values_list("pk", "definition_id", "opens_on", "closes_on", "timezone")),
        list(CallVersion.objects.values_list("pk", "state", "definition_id")),
        list(CallText.objects.values_list("pk", "call_id")),
        sorted(FrozenDefinition.objects.values_list("pk", flat=True)),
        AuditEntry.objects.count(),
    )


@pytest.mark.parametrize("was_published", [False, True])
def test_publishing_that_can_not_be_written_down_leaves_nothing_behind(
    text: CallText,
    consultation: Consultation,
    monkeypatch: pytest.MonkeyPatch,
    was_published: bool,
) -> None:
    if was_published:
        publish(text, consultation)
        reworded(text)
    before = traces()
    sabotage(monkeypatch)
    with pytest.raises(Sabotage):
        publish(text, consultation)
    assert traces() == before


@pytest.mark.parametrize("action", ["dates", "close", "document", "begin"])
def test_no_other_action_leaves_half_of_itself(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    call, before = consultation.call, traces()
    sabotage(monkeypatch)
    days = {"opens_on": TODAY, "closes_on": TODAY}
    doings: dict[str, Callable[[], Any]] = {
        "dates": lambda: set_dates(by=None, call=call, name="Other", timezone="UTC", **days),
        "close": lambda: close_call(by=None, call=call),
        "begin": lambda: begin_text(by=None, name="Another"),
        "document": lambda: actions.publish_call(
            by=None,
            name="Another",
            collection=consultation.collection,
            document={**document("call"), "key": "another"},
            **days,
        ),
    }
    with pytest.raises(Sabotage):
        doings[action]()
    assert traces() == before


# When it is open.


def test_a_call_is_open_by_the_midnight_of_its_own_timezone(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = consultation.call
    days = {"opens_on": TODAY, "closes_on": TODAY}
    call = set_dates(by=None, call=call, name="Call", timezone="America/Vancouver", **days)
    for day, hour, is_open in ((4, 7, False), (4, 9, True), (5, 7, True), (5, 8, False)):
        now = dt.datetime(2026, 3, day, hour, tzinfo=dt.UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        assert call.is_open == is_open
        assert (call.today() == TODAY) == is_open


def test_closing_a_call_is_at_once_and_whenever_it_opened(consultation: Consultation) -> None:
    for opens_on in (-5, 0, 3):
        today = timezone.now().date()
        call = set_dates(
            by=None,
            call=consultation.call,
            name="Call",
            opens_on=today + dt.timedelta(days=opens_on),
            closes_on=today + dt.timedelta(days=30),
            timezone="UTC",
        )
        call = close_call(by=None, call=call)
        assert not call.is_open
        assert call.opens_on <= call.closes_on < today


def test_a_call_closes_before_the_freeze_date(consultation: Consultation) -> None:
    deadline = consultation.collection.withdrawal_deadline
    with pytest.raises(DatesRefused, match="nobody could take their words back"):
        set_dates(
            by=None,
            call=consultation.call,
            name="Call",
            opens_on=deadline,
            closes_on=deadline + dt.timedelta(days=1),
            timezone="UTC",
        )
    with pytest.raises(DatesRefused, match="before the first"):
        set_dates(
            by=None,
            call=consultation.call,
            name="Call",
            opens_on=deadline,
            closes_on=deadline - dt.timedelta(days=1),
            timezone="UTC",
        )


def test_timezones_are_real_places() -> None:
    names = {
        name
        for key, inside in timezone_choices()
        for name, _label in ([(key, key)] if isinstance(inside, str) else inside)
    }
    assert {"America/Toronto", "Europe/Paris", "UTC"} <= names
    assert not names & {"Factory", "localtime", "EST5EDT", "posixrules"}


# Who may.


def team_member(name: str, *roles: str) -> Any:
    person = user(name)
    team_client(person, *roles)
    return type(person).objects.get(pk=person.pk)


def test_editors_write_and_publishers_publish(text: CallText, consultation: Consultation) -> None:
    editor, publisher = team_member("e", "Editors"), team_member("p", "Publishers")
    with pytest.raises(NotAllowed, match="Publishers publishes it"):
        publish(text, consultation, by=editor)
    version = publish(text, consultation, by=publisher)
    days = {"opens_on": TODAY, "closes_on": TODAY}
    with pytest.raises(NotAllowed, match="Editors"):
        set_dates(by=publisher, call=version.call, name="x", timezone="UTC", **days)
    with pytest.raises(NotAllowed, match="Editors"):
        close_call(by=publisher, call=version.call)
    set_dates(by=editor, call=version.call, name="x", timezone="UTC", **days)


@pytest.fixture
def editor(db: Any) -> Client:
    return team_client(user("editor"), "Editors")


@pytest.fixture
def publisher(db: Any) -> Client:
    return team_client(user("publisher"), "Publishers")


def paths(text: CallText, call: Call) -> dict[str, str]:
    return {
        "texts": "/admin/call_texts/",
        "calls": "/admin/calls/",
        "publish": f"/admin/intake/texts/{text.pk}/publish/",
        "edit": f"/admin/call_texts/edit/{text.pk}/",
        "preview": f"/admin/intake/texts/{text.pk}/preview/draft/en/start/",
        "live": f"/admin/intake/calls/{call.public_id}/preview/live/en/start/",
        "close": f"/admin/intake/calls/{call.public_id}/close/",
        "dates": f"/admin/calls/edit/{call.pk}/",
    }


# Wagtail answers a page of its own that somebody may not see with the way back to the dashboard.
PAGES = ("texts", "calls", "publish", "edit", "preview", "live", "close", "dates")
MAY = {
    "Editors": (200, 200, 200, 200, 200, 200, 200, 200),
    "Publishers": (200, 200, 200, 302, 200, 200, 403, 302),
    "Analysts": (302, 200, 403, 302, 403, 403, 403, 302),
    "": (302, 302, 302, 302, 302, 302, 302, 302),
}


@pytest.mark.parametrize("role", MAY)
def test_each_page_opens_for_whom_it_is_meant(
    text: CallText, consultation: Consultation, role: str
) -> None:
    client = team_client(user("somebody"), role) if role else Client()
    got = {
        name: client.get(path).status_code for name, path in paths(text, consultation.call).items()
    }
    assert got == dict(zip(PAGES, MAY[role], strict=True))


def test_a_process_for_the_team_alone_shows_every_page(
    editor: Client,
    text: CallText,
    consultation: Consultation,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = consultation.call
    assert call.address_in("fr") == reverse("intake:journey", args=[call.public_id, "fr"])
    routes = ModuleType("routes_of_the_team")
    routes.urlpatterns = [path("admin/", include("cms.urls.editorial"))]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, routes.__name__, routes)
    settings.ROOT_URLCONF = routes.__name__
    for address in paths(text, call).values():
        assert editor.get(address).status_code == 200, address


@pytest.mark.parametrize("name", ["publish", "close"])
def test_a_page_of_the_team_asks_a_visitor_to_log_in_first(
    text: CallText, consultation: Consultation, name: str
) -> None:
    address = paths(text, consultation.call)[name]
    response = Client().post(address)
    assert response.status_code == 302
    assert response["Location"] == f"/admin/login/?next={address}"
    consultation.call.refresh_from_db()
    assert consultation.call.is_open


# In the admin.


def seen(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_a_text_is_begun_in_the_admin_with_every_step(editor: Client, db: Any) -> None:
    page = seen(editor.get("/admin/call_texts/new/"))
    for words in (
        "First, your age",
        "Ce que vous acceptez",
        "9-8-8, day and night",
        "Votre histoire",
    ):
        assert words in page


def test_checking_shows_problems_and_no_button(editor: Client, text: CallText) -> None:
    text.title_fr = ""
    text.save()
    page = seen(editor.get(f"/admin/intake/texts/{text.pk}/publish/"))
    assert "Before it can be published" in page
    assert "Not written in French yet: the title of the call." in page
    assert "Publish version" not in page


def test_an_editor_sees_everything_but_the_button(editor: Client, text: CallText) -> None:
    page = seen(editor.get(f"/admin/intake/texts/{text.pk}/publish/"))
    assert "Nothing is missing." in page
    assert "Somebody with the role Publishers publishes it." in page
    assert "Publish version" not in page


def fields(text: CallText, consultation: Consultation) -> dict[str, str]:
    today = timezone.now().date()
    return {
        "checked": check_text(text).digest,
        "collection": str(consultation.collection.pk),
        "opens_on": str(today),
        "closes_on": str(today + dt.timedelta(days=9)),
        "timezone": "America/Winnipeg",
    }


def test_a_publisher_publishes_and_then_sees_what_changed(
    publisher: Client, text: CallText, consultation: Consultation
) -> None:
    address = f"/admin/intake/texts/{text.pk}/publish/"
    assert "Publish version 1.0" in seen(publisher.get(address))
    listed = seen(publisher.get("/admin/call_texts/"))
    assert address in listed
    assert "not published yet" in listed
    response = publisher.post(address, fields(text, consultation))
    assert "published as 1.0" in seen(publisher.get("/admin/call_texts/"))
    text.refresh_from_db()
    assert text.call is not None
    assert response["Location"] == "/admin/calls/"
    assert text.call.timezone == "America/Winnipeg"
    answer(text.call.versions.get())
    with_a_removed_answer(reworded(text, "A new beginning"))
    page = seen(publisher.get(address))
    assert "What changed since version 1.0" in page
    assert "A new beginning" in page
    assert (
        "An answer to “Has your work become safer or less safe in the last year?” was removed"
        in page
    )
    assert "(changes what an answer means)" in page
    assert "Publish version 2.0" in page
    assert 'name="collection"' not in page
    publisher.post(address, {"checked": check_text(text).digest})
    assert [one.number for one in text.call.versions.all()] == ["2.0", "1.0"]


def test_an_editor_can_not_publish_by_sending_the_form_anyway(
    editor: Client, text: CallText, consultation: Consultation
) -> None:
    response = editor.post(f"/admin/intake/texts/{text.pk}/publish/", fields(text, consultation))
    assert response.status_code == 422
    assert "Somebody with the role Publishers" in seen(response)
    text.refresh_from_db()
    assert text.call is None


def test_wrong_days_are_told_and_nothing_typed_is_lost(
    publisher: Client, text: CallText, consultation: Consultation
) -> None:
    late = consultation.collection.withdrawal_deadline + dt.timedelta(days=1)
    sent = {**fields(text, consultation), "closes_on": str(late)}
    response = publisher.post(f"/admin/intake/texts/{text.pk}/publish/", sent)
    assert response.status_code == 422
    page = seen(response)
    assert "nobody could take their words back" in page
    assert f'value="{late}"' in page
    assert Call.objects.filter(text=text).count() == 0


def test_dates_are_set_in_the_admin_with_the_freeze_date_beside_them(
    editor: Client, consultation: Consultation
) -> None:
    call = consultation.call
    address = f"/admin/calls/edit/{call.pk}/"
    page = seen(editor.get(address))
    assert "The freeze date is" in page
    assert "People already inside may finish" in page
    assert "asked now" in page
    today = timezone.now().date()
    sent = {
        "name": "Another name",
        "opens_on": str(today),
        "closes_on": str(today + dt.timedelta(days=1)),
        "timezone": "Europe/Paris",
    }
    assert editor.post(address, sent).status_code == 302
    call.refresh_from_db()
    assert (call.name, call.timezone) == ("Another name", "Europe/Paris")
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.subject) == ("call dates set", call.public_id)
    late = consultation.collection.withdrawal_deadline + dt.timedelta(days=1)
    refused = editor.post(address, {**sent, "closes_on": str(late), "name": "A third"})
    assert "nobody could take their words back" in seen(refused)
    nowhere = editor.post(address, {**sent, "timezone": "Middle/Earth"})
    assert "Middle/Earth is not one of the available choices" in seen(nowhere)
    call.refresh_from_db()
    assert (call.name, call.timezone) == ("Another name", "Europe/Paris")


def test_a_call_is_closed_with_one_button_after_asking_once(
    editor: Client, consultation: Consultation
) -> None:
    address = f"/admin/intake/calls/{consultation.call.public_id}/close/"
    assert "Whoever is inside may finish" in seen(editor.get(address))
    consultation.call.refresh_from_db()
    assert consultation.call.is_open
    assert editor.post(address).status_code == 302
    consultation.call.refresh_from_db()
    assert not consultation.call.is_open


def test_a_call_is_neither_added_nor_deleted_in_a_form(consultation: Consultation) -> None:
    root = team_client(user("root", is_superuser=True))
    assert root.get("/admin/calls/new/").status_code == 302
    assert root.post(f"/admin/calls/delete/{consultation.call.pk}/").status_code == 302
    assert Call.objects.filter(pk=consultation.call.pk).exists()


def test_a_failing_database_says_nothing_was_published(
    publisher: Client, text: CallText, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_given: Any) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(actions.vault, "freeze_definition", fail)
    publisher.raise_request_exception = False
    response = publisher.post(f"/admin/intake/texts/{text.pk}/publish/", fields(text, consultation))
    assert response.status_code == 500
    assert Call.objects.filter(text=text).count() == 0
