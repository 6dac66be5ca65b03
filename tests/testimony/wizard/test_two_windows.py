"""Two windows, two presses, an old link: nothing comes back, nothing is lost, nothing lies."""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import pytest
from django.test import Client

from testimony.vault import drafts, limits
from testimony.vault.actions import freeze_definition
from testimony.vault.models import Attachment, PendingRecord, SealedDraft
from testimony.wizard import definition, journeys, storage
from tests.factories import Consultation
from tests.testimony.wizard.test_adding_pictures import a_photo, upload
from tests.testimony.wizard.test_journey import HERE, Phone


@pytest.fixture
def phone(consultation: Consultation) -> Phone:
    return Phone(consultation.call_path)


def twin_of(phone: Phone) -> Phone:
    """The same browser's other window, showing the same page."""
    twin = copy.copy(phone)
    twin.client = Client()
    twin.client.cookies = copy.deepcopy(phone.client.cookies)
    return twin


class Meanwhile:
    """Something that happens after a post has read its draft and before it writes it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
        real = storage.drafts.replace

        def late(*args: Any, **kwargs: Any) -> Any:
            monkeypatch.setattr(storage.drafts, "replace", real)
            act()
            return real(*args, **kwargs)

        monkeypatch.setattr(storage.drafts, "replace", late)


def test_an_erased_draft_never_comes_back(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.to_story()
    other = twin_of(phone)
    Meanwhile(monkeypatch, lambda: other.client.get("/leave"))
    phone.post(q_story="Typed while the other window left")
    assert phone.status == 410
    assert "Typed while the other window left" in phone.text
    assert SealedDraft.objects.count() == 0


def test_a_sent_draft_is_never_undone(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.to_check()
    other = twin_of(phone)
    Meanwhile(monkeypatch, other.send)
    phone.post(go="back")
    assert "Here are your six words" in phone.text
    assert PendingRecord.objects.count() == 1


def test_an_answer_of_another_window_is_not_written_over(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.to_story()
    other = twin_of(phone)
    Meanwhile(monkeypatch, lambda: other.post(q_story="The longer, better one"))
    phone.post(q_story="An older one")
    assert phone.status == 409
    assert "An older one" in phone.text
    phone.post(go="back", step="about")
    assert "The longer, better one" in phone.get().text


def test_erasing_after_sending_does_not_say_that_it_erased_what_was_sent(phone: Phone) -> None:
    phone.to_check()
    other = twin_of(phone)
    phone.send()
    other.post(go="erase")
    assert "Here are your six words" in other.text
    assert "are erased" not in other.text
    other.post(go="noted")
    phone.post(go="erase")
    assert phone.status == 410
    assert "you sent them already" in phone.text


def test_a_receipt_is_seen_however_late_it_was_sent(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.to_check()
    now = drafts.tick_now()
    monkeypatch.setattr(drafts, "tick_now", lambda: now + limits.DRAFT_LONGEST_TICKS - 1)
    SealedDraft.objects.update(expires_tick=now + limits.DRAFT_LONGEST_TICKS)
    phone.send()
    monkeypatch.setattr(drafts, "tick_now", lambda: now + limits.DRAFT_LONGEST_TICKS)
    assert "Here are your six words" in phone.get().text


def test_start_pressed_again_leads_back_to_where_the_draft_is(consultation: Consultation) -> None:
    phone = Phone(consultation.call_path, enforce_csrf_checks=True)
    first = dict(phone.hidden)
    phone.to_story()
    for fields in ({"go": "begin", "n": first["n"]}, {**first, "q-age": "adult"}):
        again = phone.client.post(phone.path, fields, **HERE)
        assert again.status_code == 303
    assert "What has changed for you" in phone.get().text


def test_who_comes_with_a_card_does_not_see_the_last_persons_words(
    consultation: Consultation,
) -> None:
    phone = Phone(consultation.call_path, enforce_csrf_checks=True)
    mark = phone.hidden["n"]
    phone.to_check().send()
    assert "Here are your six words" in phone.text
    page = phone.client.post(phone.path, {"go": "start", "n": mark, "v": "0000-0000-0000"}, **HERE)
    assert page.status_code == 200
    assert "six words." not in page.content.decode()
    assert SealedDraft.objects.count() == 0


def test_another_site_can_not_clear_the_receipt_from_the_screen(phone: Phone) -> None:
    phone.to_check().send()
    elsewhere = {"HTTP_ORIGIN": "https://elsewhere.example", "HTTP_SEC_FETCH_SITE": "cross-site"}
    phone.client.post(phone.path, {"go": "start"}, **elsewhere)
    assert "Here are your six words" in phone.get().text


def test_a_language_taken_out_of_a_call_loses_nobody_inside(
    consultation: Consultation,
) -> None:
    french = Phone(consultation.call_path.replace("/en/", "/fr/"))
    french.to_story()
    document = json.loads(journeys.read_definition(consultation.call.definition_id).canonical)
    only = json.loads(json.dumps(document), object_hook=_in_english_only)
    only["languages"] = ["en"]
    found = definition.parse(only)
    consultation.call.definition = freeze_definition(canonical=found.canonical, digest=found.digest)
    consultation.call.save()
    french.post(q_story="Mes mots")
    assert french.status == 200
    assert "Mes mots" in french.post().post().text
    assert Client().get(french.path).status_code == 404


def _in_english_only(found: dict[str, Any]) -> dict[str, Any]:
    return {"en": found["en"]} if set(found) == {"en", "fr"} else found


def test_what_was_changed_before_going_back_is_what_is_sent(
    phone: Phone, consultation: Consultation
) -> None:
    phone.to_check("The first words")
    phone.post(go="change:story")
    phone.post(go="back", q_story="The later words")
    phone.post()
    assert "The later words" in phone.text
    assert "The first words" not in phone.text


def test_an_error_page_gives_the_draft_its_time_again(phone: Phone) -> None:
    phone.to_story()
    now = drafts.tick_now()
    SealedDraft.objects.update(expires_tick=now)
    phone.post(q_story="a" * 50_001)
    assert phone.status == 422
    assert SealedDraft.objects.get().expires_tick == now + limits.DRAFT_IDLE_TICKS


def test_who_left_while_nobody_answered_finds_nothing_when_they_come_back(phone: Phone) -> None:
    phone.to_story()
    phone.client.cookies["left"] = "1"
    phone.get()
    assert "Start" in phone.text
    assert SealedDraft.objects.count() == 0
    assert not phone.client.cookies["left"].value


def test_no_for_the_six_words_stays_no_in_another_language(phone: Phone) -> None:
    phone.to_check()
    phone.path = phone.path.replace("/en/", "/fr/")
    phone.post(follow=False, go="language:fr", q_receipt="no")
    phone.get()
    chosen = phone.text.split('value="no"')[1].split(">")[0]
    assert "checked" in chosen


def test_a_browser_that_hides_its_origin_from_everybody_is_let_in(
    consultation: Consultation,
) -> None:
    hidden = {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "same-origin"}
    phone = Phone(consultation.call_path, enforce_csrf_checks=True)
    phone.post(headers=hidden, q_age="adult")
    phone.post(
        headers=hidden,
        q_count="yes",
        q_words="quote",
        q_audience="public",
        q_describe="nothing",
    )
    assert phone.status == 200
    assert "Before the next page" in phone.text


def test_pictures_of_a_page_that_is_no_longer_asked_are_not_sent(
    consultation: Consultation,
) -> None:
    document = json.loads(journeys.read_definition(consultation.call.definition_id).canonical)
    words = {"en": "Pictures", "fr": "Images"}
    document["sections"].insert(
        -1,
        {
            "key": "pictures",
            "title": words,
            "note": None,
            "minutes": 1,
            "condition": {"==": [{"answer": "setting"}, "outdoor"]},
            "questions": [{"key": "photos", "type": "pictures", "label": words}],
        },
    )
    found = definition.parse(document)
    consultation.call.definition = freeze_definition(canonical=found.canonical, digest=found.digest)
    consultation.call.save()
    phone = Phone(consultation.call_path)
    phone.to_story().post(q_story="x").post(q_setting="outdoor")
    phone.post(q_photos=upload(a_photo())).post()
    phone.post(go="change:about").post(q_setting="online")
    phone.send()
    assert "Here are your six words" in phone.text
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize("address", ["/receipt/en/", "/v/", "journey"])
@pytest.mark.parametrize(
    ("data", "kind", "headers"),
    [
        (b"x", "multipart/form-data", {}),
        (b"--b\r\n", "multipart/form-data; boundary=b; charset=hex", {}),
        (b"v=%00&code=%00&n=%00", "application/x-www-form-urlencoded", {}),
        (b"v=%FF%FE&q-story=%FF", "application/x-www-form-urlencoded; charset=utf-16", {}),
        (b"a=1", "application/x-www-form-urlencoded", {"HTTP_ORIGIN": "http://["}),
        (b"&".join(b"a%d=1" % n for n in range(2100)), "application/x-www-form-urlencoded", {}),
    ],
    ids=["no-boundary", "charset", "nul", "utf-16", "origin", "fields"],
)
def test_a_post_that_can_not_be_read_gets_a_private_page(
    consultation: Consultation, address: str, data: bytes, kind: str, headers: dict[str, str]
) -> None:
    path = consultation.call_path if address == "journey" else address
    client = Client(raise_request_exception=False)
    answer = client.generic("POST", path, data, content_type=kind, **{**HERE, **headers})
    assert answer["Permissions-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert b"data-leave" in answer.content
    assert answer.status_code < 600


@pytest.mark.parametrize("address", ["/receipt/en/", "/v/"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_taken(db: Any, address: str, method: str) -> None:
    answer = Client().generic(method, address, b"")
    assert answer.status_code == 405
    assert answer["Permissions-Policy"]


def test_forged_buttons_do_no_harm(phone: Phone) -> None:
    phone.to_story()
    for go in itertools.chain(
        (
            "change:",
            "change:nothing",
            "remove:",
            "language:",
            "language:xx",
            "back:x",
            "skip",
            "::",
        ),
        ("\x00", "é" * 50),
    ):
        phone.post(go=go, q_story="Still here")
        assert phone.status == 200, go
        phone.post(go="back", step="about") if "Where do you mostly work" in phone.text else None
