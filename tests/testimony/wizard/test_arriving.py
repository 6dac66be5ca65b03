"""Beginning a journey, changing its language, skipping, and seeing one's words as others will."""

from __future__ import annotations

import html
import itertools
import json
import re
from typing import Any

import pytest
from django.test import Client

from testimony.vault import limits
from testimony.vault.actions import freeze_definition
from testimony.vault.models import Lane, PendingRecord, SealedDraft
from testimony.wizard import arrival, definition, journeys, lanes
from tests.factories import Consultation
from tests.testimony.wizard.test_journey import HERE, Phone


@pytest.fixture
def phone(consultation: Consultation) -> Phone:
    return Phone(consultation.call_path)


def _lane() -> Lane:
    return Lane(PendingRecord.objects.get().lane)


def test_the_first_page_asks_nothing_and_says_how_to_leave(consultation: Consultation) -> None:
    client = Client()
    page = client.get(consultation.call_path)
    text = html.unescape(page.content.decode())
    assert "Press the button at the bottom of the screen" in text
    assert "press Shift three times" in text
    assert 'type="radio"' not in text
    assert "45 minutes" in text
    assert not client.cookies
    assert SealedDraft.objects.count() == 0


def test_pressing_start_keeps_nothing_either(phone: Phone) -> None:
    assert "First, your age" in phone.text
    assert not phone.client.cookies
    assert SealedDraft.objects.count() == 0


def test_one_mark_is_carried_from_the_first_page_so_that_it_can_ripen(
    consultation: Consultation,
) -> None:
    phone = Phone(consultation.call_path)
    mark = phone.hidden["n"]
    phone.post(works=False)
    assert phone.status == 422
    assert phone.hidden["n"] == mark


# Lanes, over the whole journey.


def test_without_script_a_mark_that_ripened_is_enough(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RIPE_SECONDS", -1)
    phone = Phone(consultation.call_path)
    phone.post(works=False, q_age="adult")
    phone.post(q_count="yes", q_words="quote", q_audience="public", q_describe="nothing")
    phone.post().post().post().send()
    assert _lane() == Lane.OPEN


def test_a_journey_in_no_time_without_script_is_held_apart_and_gets_its_receipt(
    consultation: Consultation,
) -> None:
    phone = Phone(consultation.call_path)
    phone.post(works=False, q_age="adult")
    phone.post(q_count="yes", q_words="quote", q_audience="public", q_describe="nothing")
    phone.post().post().post().send()
    assert "Here are your six words" in phone.text
    assert _lane() == Lane.FLOOD


def test_work_that_was_done_late_counts_too(consultation: Consultation) -> None:
    phone = Phone(consultation.call_path)
    mark = phone.hidden["n"]
    phone.post(works=False, q_age="adult")
    assert f'data-mark="{mark}"' in phone.text
    number = next(n for n in map(str, itertools.count()) if arrival.is_worked_for(mark, n))
    phone.post(q_count="yes", q_words="quote", q_audience="public", q_describe="nothing", w=number)
    assert "data-mark" not in phone.text
    phone.post().post().post().send()
    assert _lane() == Lane.OPEN


def test_who_falls_into_the_trap_sees_nothing_of_it_and_is_held_apart(phone: Phone) -> None:
    phone.post(q_age="adult", homepage="https://example.org")
    phone.post(q_count="yes", q_words="quote", q_audience="public", q_describe="nothing")
    phone.post().post().post().send()
    assert "Here are your six words" in phone.text
    assert _lane() == Lane.FLOOD


def test_when_the_room_is_taken_the_rest_is_held_apart_and_nobody_is_refused(
    consultation: Consultation, settings: Any
) -> None:
    settings.OPEN_LANE_ROOM = {"at_once": 1, "an_hour": 0.001}
    lanes._rooms.pop(consultation.call.public_id, None)
    for _person in range(3):
        assert "Here are your six words" in Phone(consultation.call_path).to_check().send().text
    found = sorted(PendingRecord.objects.values_list("lane", flat=True))
    assert found == [Lane.FLOOD, Lane.FLOOD, Lane.OPEN]
    lanes._rooms.pop(consultation.call.public_id, None)


def test_one_mark_speaks_for_one_person_only(consultation: Consultation) -> None:
    first = Phone(consultation.call_path)
    hidden = dict(first.hidden)
    first.to_check().send()
    second = Phone(consultation.call_path)
    second.hidden = hidden
    second.to_check().send()
    assert sorted(PendingRecord.objects.values_list("lane", flat=True)) == [Lane.FLOOD, Lane.OPEN]


# The questions a draft began with.


def test_who_is_inside_stays_with_the_questions_they_began_with(
    phone: Phone, consultation: Consultation
) -> None:
    phone.to_story().post(q_story="Before the change")
    began = consultation.call.definition_id
    changed = _changed(began, "Another title for everybody who begins now")
    consultation.call.definition = changed
    consultation.call.save()
    phone.post(q_setting="outdoor").post().send()
    assert "Here are your six words" in phone.text
    assert PendingRecord.objects.get().definition_id == began
    assert "Another title for everybody" in Client().get(consultation.call_path).content.decode()


def _changed(digest: str, title: str) -> Any:
    document = json.loads(journeys.read_definition(digest).canonical)
    document["title"] = dict.fromkeys(document["languages"], title)
    found = definition.parse(document)
    return freeze_definition(canonical=found.canonical, digest=found.digest)


# Languages.


def test_another_language_keeps_the_draft_and_what_stands_in_the_fields(phone: Phone) -> None:
    phone.to_story()
    assert 'value="language:fr"' in phone.text
    french = phone.path.replace("/en/", "/fr/")
    phone.post(follow=False, go="language:fr", q_story="Half a sentence")
    assert phone.status == 303
    assert phone.response["Location"] == french
    phone.path = french
    phone.get()
    assert '<html lang="fr"' in phone.text
    assert "Half a sentence" in phone.text


def test_before_the_first_answer_a_language_is_a_plain_link(consultation: Consultation) -> None:
    page = Client().get(consultation.call_path).content.decode()
    assert f'href="{consultation.call_path.replace("/en/", "/fr/")}"' in page


def test_a_language_the_call_does_not_have_changes_nothing(phone: Phone) -> None:
    phone.to_story().post(go="language:tlh", q_story="Still here")
    assert phone.status == 200
    assert "Still here" in phone.text


# See it as they will.


def test_before_sending_a_person_sees_their_words_as_others_would(phone: Phone) -> None:
    phone.post(q_age="adult")
    phone.post(q_count="yes", q_words="quote", q_audience="public", q_describe="broad")
    phone.post(q_story="They told us to go where nobody sees us.")
    phone.post(q_setting="outdoor").post()
    seen = phone.text.split("How your words would look")[1].split("Before you send")[0]
    assert re.search(
        r"<blockquote[^>]*>They told us to go where nobody sees us\.</blockquote>", seen
    )
    assert "Anyone can see this, and that means the police too." in seen
    chosen, *others = seen.split("<details>")
    assert "blockquote" in chosen
    assert len(others) == 3
    assert not any("blockquote" in other for other in others)


def test_who_picked_less_still_sees_what_more_would_look_like(phone: Phone) -> None:
    phone.post(q_age="adult")
    phone.post(q_count="no", q_words="read", q_audience="readers", q_describe="nothing")
    phone.post(q_story="A long story that stays with the readers.").post().post()
    seen = phone.text.split("How your words would look")[1].split("Before you send")[0]
    chosen, *others = seen.split("<details>")
    assert "Only our readers see it." in chosen
    assert "blockquote" not in chosen
    assert "A long story that stays with the readers." in "".join(others)
    assert "Nothing at all" in "".join(others)


def test_who_wrote_nothing_is_shown_nothing(phone: Phone) -> None:
    phone.to_story().post().post().post()
    assert "How your words would look" not in phone.text


def test_what_the_script_needs_is_on_the_page_and_nothing_inline(phone: Phone) -> None:
    assert re.search(r'<form[^>]* id="page"[^>]* data-mark="[^"]+" data-bits="14"', phone.text)
    assert "<script>" not in phone.text
    assert "style=" not in phone.text


def test_a_post_that_only_starts_is_answered_like_a_look(consultation: Consultation) -> None:
    client = Client()
    page = client.get(consultation.call_path).content.decode()
    mark = re.search(r'name="n" value="([^"]+)"', page)
    assert mark is not None
    again = client.post(consultation.call_path, {"n": mark[1], "go": "start"}, **HERE)
    assert again.status_code == 200
    assert mark[1] in again.content.decode()
