"""Beginning a journey, changing its language, skipping, and seeing one's words as others will."""

from __future__ import annotations

import html
import itertools
import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from cms.accounts.roles import sync_roles
from testimony.vault import limits, vouchers
from testimony.vault.actions import freeze_definition
from testimony.vault.models import Lane, PendingRecord, SealedDraft, Voucher
from testimony.wizard import arrival, definition, journeys, lanes
from tests.factories import Consultation
from tests.testimony.wizard.test_journey import HERE, Phone


@pytest.fixture
def consultation(consultation: Consultation) -> Consultation:
    """Its keyholder may make cards."""
    sync_roles()
    consultation.keyholder.groups.set(Group.objects.filter(name="Keyholders"))
    return consultation


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
    phone.agree().past_the_note()
    phone.post().post().post().send()
    assert _lane() == Lane.OPEN


def test_a_journey_in_no_time_without_script_is_held_apart_and_gets_its_receipt(
    consultation: Consultation,
) -> None:
    phone = Phone(consultation.call_path)
    phone.post(works=False, q_age="adult")
    phone.agree().past_the_note()
    phone.post().post().post().send()
    assert "Here are your six words" in phone.text
    assert _lane() == Lane.FLOOD


def test_work_that_was_done_late_counts_too(consultation: Consultation) -> None:
    phone = Phone(consultation.call_path)
    mark = phone.hidden["n"]
    phone.post(works=False, q_age="adult")
    assert f'data-mark="{mark}"' in phone.text
    number = next(n for n in map(str, itertools.count()) if arrival.is_worked_for(mark, n))
    phone.agree(w=number).past_the_note()
    assert "data-mark" not in phone.text
    phone.post().post().post().send()
    assert _lane() == Lane.OPEN


def test_who_falls_into_the_trap_sees_nothing_of_it_and_is_held_apart(phone: Phone) -> None:
    phone.post(q_age="adult", homepage="https://example.org")
    phone.agree().past_the_note()
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
    phone.agree(q_describe="broad").past_the_note()
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
    phone.agree(q_count="no", q_words="read", q_audience="readers").past_the_note()
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


# Past a hard page.


def test_one_button_leads_past_the_note_and_the_page_it_speaks_of(
    phone: Phone, consultation: Consultation
) -> None:
    phone.post(q_age="adult")
    phone.agree()
    assert "Skip the next page" in phone.text
    phone.post(go="skip")
    assert "A little about you" in phone.text
    phone.post().post().send()
    (record,) = consultation.grant().stream(consultation.call.definition_id)
    assert record.payload["answers"] == {}


def test_nothing_that_must_be_answered_can_be_skipped_by_a_forged_button(phone: Phone) -> None:
    phone.post(q_age="adult")
    phone.post(go="skip")
    assert phone.status == 422
    assert "What you agree to" in phone.text


# Printed codes.


def _card(consultation: Consultation, kind: Voucher.Kind = Voucher.Kind.CARD) -> str:
    (code,) = vouchers.make_vouchers(
        by=consultation.keyholder,
        collection=consultation.collection,
        door=consultation.call.public_id,
        kind=kind,
        count=1,
        expires=timezone.now().date(),
    )
    return code


def _by_card(consultation: Consultation, code: str) -> Phone:
    """From the card's own address, scanned or typed, without script, to the first question."""
    phone = Phone.__new__(Phone)
    phone.client, phone.path = Client(), consultation.call_path
    is_scanned = code.islower()
    phone._see(
        phone.client.get(f"/v/{code}/") if is_scanned else phone.client.post("/v/", {"v": code})
    )
    hidden = re.findall(r'name="([nv])" value="([^"]+)"', phone.text)
    phone.hidden = dict(hidden[:2])
    phone.post(go="start")
    return phone.post(go="begin")


def test_a_card_leads_to_the_call_and_to_the_trusted_lane(consultation: Consultation) -> None:
    code = _card(consultation)
    phone = _by_card(consultation, code.upper().replace("-", " "))
    assert "First, your age" in phone.text
    assert Voucher.objects.count() == 1
    phone.post(works=False, headers={}, q_age="adult")
    phone.agree().past_the_note().post().post().post().send()
    assert "Here are your six words" in phone.text
    assert _lane() == Lane.VOUCHER
    assert Voucher.objects.count() == 0


def test_a_card_used_twice_is_an_ordinary_answer_the_second_time(
    consultation: Consultation,
) -> None:
    code = _card(consultation)
    first, second = _by_card(consultation, code), _by_card(consultation, code)
    for phone in (first, second):
        phone.to_check().send()
        assert "Here are your six words" in phone.text
    assert sorted(PendingRecord.objects.values_list("lane", flat=True)) == [
        Lane.OPEN,
        Lane.VOUCHER,
    ]


def test_a_card_survives_a_change_of_language_before_the_first_answer(
    consultation: Consultation,
) -> None:
    code = _card(consultation)
    phone = _by_card(consultation, code)
    assert 'value="language:fr"' in phone.text
    phone.post(go="language:fr")
    assert '<html lang="fr"' in phone.text
    assert phone.hidden["v"] == code


@pytest.mark.parametrize("typed", ["nonsense", "0000-0000-0000", "'; --", "é" * 200])
def test_a_code_nobody_printed_gets_a_kind_page(typed: str, consultation: Consultation) -> None:
    page = Client().post("/v/", {"v": typed})
    assert page.status_code == 422
    assert "We do not know this code." in html.unescape(page.content.decode())
    assert not Client().cookies


def test_typing_the_code_is_as_good_as_scanning_it(consultation: Consultation) -> None:
    page = Client().post("/v/", {"v": _card(consultation)})
    assert page.status_code == 200
    assert consultation.call_path in page.content.decode()


def test_a_peer_types_in_for_somebody_and_it_is_marked(consultation: Consultation) -> None:
    phone = _by_card(consultation, _card(consultation, Voucher.Kind.ASSISTED))
    assert "You are typing for somebody else" in phone.text
    phone.to_check()
    assert "You are typing for somebody else" in phone.text
    phone.send()
    assert _lane() == Lane.ASSISTED
    (record,) = consultation.grant().stream(consultation.call.definition_id)
    assert record.payload["channel"] == "assisted"


def test_a_code_of_another_door_opens_nothing_here(consultation: Consultation) -> None:
    (code,) = vouchers.make_vouchers(
        by=consultation.keyholder,
        collection=consultation.collection,
        door="otherdoor2",
        kind=Voucher.Kind.CARD,
        count=1,
        expires=timezone.now().date(),
    )
    phone = Phone(consultation.call_path)
    phone.post(q_age="adult", v=code)
    phone.agree().past_the_note().post().post().post().send()
    assert _lane() == Lane.OPEN
    assert Voucher.objects.count() == 1
