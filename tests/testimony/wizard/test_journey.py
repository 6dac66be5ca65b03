"""The journey over HTTP: everything that can go wrong is a clear page, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import html
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from testimony.vault import actions
from testimony.vault.models import (
    DataKey,
    Epoch,
    Lane,
    PendingRecord,
    SealedDraft,
)
from testimony.wizard import arrival, privacy, storage
from tests.factories import Consultation

HERE = {"HTTP_ORIGIN": "http://testserver", "HTTP_SEC_FETCH_SITE": "same-origin"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def work_for(mark: str) -> str:
    """The number that script finds for a mark."""
    return next(
        number for number in map(str, itertools.count()) if arrival.is_worked_for(mark, number)
    )


class Phone:
    """A browser at one journey's address."""

    def __init__(self, path: str, **client: Any) -> None:
        self.client = Client(**client)
        self.path = path
        self.begin()

    def begin(self) -> Phone:
        """From the first page, which asks nothing, to the first question."""
        self.get()
        return self.post(go="begin") if 'value="begin"' in self.text else self

    def get(self) -> Phone:
        return self._see(self.client.get(self.path))

    def _see(self, response: Any) -> Phone:
        self.response = response
        self.status = response.status_code
        self.text = html.unescape(response.content.decode())
        self.hidden = dict(HIDDEN.findall(response.content.decode()))
        return self

    def post(
        self, *, follow: bool = True, headers: Any = None, works: bool = True, **fields: Any
    ) -> Phone:
        hidden = {name: html.unescape(value) for name, value in self.hidden.items()}
        if works and "n" in hidden and "step" in hidden:
            hidden["w"] = work_for(hidden["n"])
        given = {key.replace("q_", "q-", 1): value for key, value in fields.items()}
        sent = HERE if headers is None else headers
        self._see(self.client.post(self.path, {**hidden, **given}, **sent))
        if follow and self.status == 303:
            assert self.response["Location"] == self.path
            self.get()
        return self

    def to_story(self) -> Phone:
        self.post(q_age="adult")
        self.agree()
        return self.past_the_note()

    def agree(self, **others: str) -> Phone:
        """To everything, and to be described by nothing."""
        usual = {
            "q_count": "yes",
            "q_words": "quote",
            "q_audience": "public",
            "q_describe": "nothing",
        }
        return self.post(**{**usual, **others})

    def past_the_note(self) -> Phone:
        return self.post() if 'value="skip"' in self.text else self

    def to_check(self, story: str = "My words") -> Phone:
        self.to_story().post(q_story=story)
        self.post(q_setting="outdoor")
        return self.post()

    def send(self, receipt: str = "yes") -> Phone:
        return self.post(go="submit", q_receipt=receipt)


@pytest.fixture
def phone(consultation: Consultation) -> Phone:
    return Phone(consultation.call_path)


def _stored(consultation: Consultation) -> list[dict[str, Any]]:
    grant = consultation.grant()
    return [one.payload for one in grant.stream(consultation.call.definition_id)]


def test_looking_keeps_nothing_and_sets_no_cookie(phone: Phone) -> None:
    assert phone.status == 200
    assert not phone.client.cookies
    assert SealedDraft.objects.count() == 0


def test_a_whole_journey_is_sealed_once_and_the_receipt_appears_once(
    phone: Phone, consultation: Consultation
) -> None:
    phone.to_check("Rien à cacher, 🌂 and <b>bold</b>")
    assert "Rien à cacher, 🌂 and <b>bold</b>" in phone.text
    phone.send()
    assert "Here are your six words" in phone.text
    phone.post(go="noted")
    assert "Thank you. We have your answers." in phone.text
    phone.get()
    assert "six words." not in phone.text
    assert SealedDraft.objects.count() == 0
    (payload,) = _stored(consultation)
    assert payload["answers"] == {
        "story": "Rien à cacher, 🌂 and <b>bold</b>",
        "setting": "outdoor",
    }
    assert payload["consents"]["words"] == "quote"


def test_no_receipt_is_shown_to_who_wants_none(phone: Phone) -> None:
    phone.to_check().send("no")
    assert "Thank you. We have your answers." in phone.text
    assert SealedDraft.objects.count() == 0


def test_a_second_press_of_the_last_button_shows_the_same_receipt(phone: Phone) -> None:
    phone.to_check()
    hidden = phone.hidden
    words = re.compile(r"<li>([^<]+)</li>")
    first = words.findall(phone.send().text)
    phone.hidden = hidden
    assert words.findall(phone.send().text) == first
    assert len(first) == 6
    assert PendingRecord.objects.count() == 1


def test_every_question_can_be_skipped_but_age_and_consent(phone: Phone) -> None:
    phone.post()
    assert phone.status == 422
    assert phone.text.count("Please pick one of the answers.") == 2
    phone.to_story().post().post().post()
    assert "Check your answers" in phone.text
    assert phone.text.count("Skipped") == 6


def test_fifty_thousand_characters_are_taken_and_one_more_is_counted_and_kept(
    phone: Phone, consultation: Consultation
) -> None:
    phone.to_story()
    phone.post(q_story="a" * 50_001)
    assert phone.status == 422
    assert "You have written 50,001 characters" in phone.text
    assert "a" * 50_001 in phone.text
    assert phone.text.startswith("<!doctype html>")
    assert "<title>Error: " in phone.text
    phone.post(q_story="é" * 50_000)
    assert phone.status == 200
    phone.post()
    phone.post()
    phone.send()
    assert _stored(consultation)[0]["answers"]["story"] == "é" * 50_000


def test_a_post_beyond_all_measure_is_a_clear_page(phone: Phone) -> None:
    phone.to_story().post(q_story="a" * 7_000_000)
    assert phone.status == 413
    assert "more than we can take at once" in phone.text
    assert "Your story" in phone.get().text


def test_answers_too_large_together_are_kept_on_the_page(phone: Phone) -> None:
    phone.to_story().post(q_story="🌂" * 50_000, q_helped="🌂" * 50_000)
    assert phone.status == 200
    phone.post(q_setting="outdoor")
    phone.post()
    phone.send()
    assert phone.status == 422
    assert "more than we can take" in phone.text
    assert "🌂" * 1000 in phone.text
    assert PendingRecord.objects.count() == 0


def test_control_characters_go_and_everything_else_stays(
    phone: Phone, consultation: Consultation
) -> None:
    phone.to_check("a\x00b\x07c\r\nשלום \u202eabc\u202c e\u0301 👩‍🚒").send()
    assert _stored(consultation)[0]["answers"]["story"] == (
        "abc\nשלום \u202eabc\u202c e\u0301 👩‍🚒"
    )


def test_typing_survives_going_back(phone: Phone) -> None:
    phone.to_story().post(go="back", q_story="Half a sentence")
    assert "Before the next page" in phone.text
    phone.past_the_note()
    assert "Half a sentence" in phone.text


def test_an_answer_taken_away_later_is_gone(phone: Phone, consultation: Consultation) -> None:
    phone.to_check()
    phone.post(go="change:about")
    phone.post()
    assert "Check your answers" in phone.text
    phone.send()
    assert "setting" not in _stored(consultation)[0]["answers"]


def test_a_page_reached_too_early_shows_the_typed_text_and_leads_back(phone: Phone) -> None:
    phone.post(q_age="adult")
    phone.post(step="hopes", q_hopes="Too early")
    assert phone.status == 409
    assert "Too early" in phone.text
    phone.post(step="check", go="submit", q_receipt="yes")
    assert PendingRecord.objects.count() == 0


@pytest.mark.parametrize("step", ["", "nonsense", "stub", "\x00"])
def test_an_unknown_page_is_refused_with_the_typed_text(phone: Phone, step: str) -> None:
    phone.to_story()
    phone.post(step=step, q_story="Still mine")
    assert phone.status == 400
    assert "Still mine" in phone.text


def test_an_option_that_does_not_exist_is_refused(phone: Phone) -> None:
    phone.to_story().post(q_story="x")
    phone.post(q_setting="the moon")
    assert phone.status == 422
    assert "not one of ours" in phone.text


def test_fields_nobody_asked_for_are_not_kept(phone: Phone, consultation: Consultation) -> None:
    phone.to_story().post(q_story="x", q_name="Somebody", evil="yes")
    phone.post()
    phone.post()
    phone.send()
    assert _stored(consultation)[0]["answers"] == {"story": "x"}


def test_a_draft_left_too_long_shows_the_typed_text_and_how_to_start_again(phone: Phone) -> None:
    phone.to_story()
    SealedDraft.objects.update(expires_tick=1)
    phone.post(q_story="Written slowly")
    assert phone.status == 410
    assert "Written slowly" in phone.text
    assert "Start again" in phone.text


def test_without_a_token_a_later_page_is_refused_with_the_typed_text(
    consultation: Consultation,
) -> None:
    phone = Phone(consultation.call_path, enforce_csrf_checks=True)
    phone.to_story()
    phone.hidden.pop("csrfmiddlewaretoken")
    phone.post(q_story="Not lost")
    assert phone.status == 403
    assert "Not lost" in phone.text


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "cross-site"},
    ],
)
def test_another_sites_form_starts_nothing(phone: Phone, headers: dict[str, str]) -> None:
    phone.post(headers=headers, q_age="adult")
    assert phone.status == 403
    assert SealedDraft.objects.count() == 0


def test_a_forged_nonce_starts_nothing_and_asks_again(phone: Phone) -> None:
    phone.hidden["n"] = "forged"
    phone.post(q_age="adult")
    assert phone.status == 422
    assert "open for a long time" in phone.text
    assert not phone.client.cookies


def test_an_old_browser_without_headers_gets_in_on_the_lane_apart(phone: Phone) -> None:
    phone.post(headers={}, q_age="adult")
    phone.agree().past_the_note()
    phone.post().post().post()
    phone.send()
    assert PendingRecord.objects.get().lane == Lane.FLOOD


def test_the_usual_browser_is_on_the_open_lane(phone: Phone) -> None:
    phone.to_check().send()
    assert PendingRecord.objects.get().lane == Lane.OPEN


def test_a_younger_person_leaves_no_trace(phone: Phone) -> None:
    phone.post(q_age="younger")
    assert "Thank you for telling us" in phone.text
    assert SealedDraft.objects.count() == 0
    assert not phone.client.cookies


def test_erasing_deletes_the_draft_and_the_cookie(phone: Phone) -> None:
    phone.to_story().post(go="erase", q_story="gone")
    assert "Your answers are erased" in phone.text
    assert "gone" not in phone.text
    assert SealedDraft.objects.count() == 0


def test_leaving_deletes_the_draft_and_redirects(phone: Phone) -> None:
    phone.to_story()
    response = phone.client.get("/leave")
    assert response.status_code == 302
    assert SealedDraft.objects.count() == 0
    assert "Start" in phone.get().text
    assert phone.client.post("/leave").status_code == 204


def test_a_closed_call_is_a_kind_page_and_lets_those_inside_finish(
    phone: Phone, consultation: Consultation
) -> None:
    phone.to_check()
    today = timezone.now().date()
    consultation.call.closes_on = today - dt.timedelta(days=2)
    consultation.call.opens_on = today - dt.timedelta(days=9)
    consultation.call.save()
    assert "This is not open today" in Phone(consultation.call_path).text
    assert "Here are your six words" in phone.send().text


def test_without_a_valid_key_intake_fails_closed_and_keeps_the_draft(phone: Phone) -> None:
    phone.to_check()
    kept = list(Epoch.objects.all())
    Epoch.objects.all().delete()
    phone.send()
    assert phone.status == 503
    assert "safely just now" in phone.text
    assert PendingRecord.objects.count() == 0
    Epoch.objects.bulk_create(kept)
    assert "Here are your six words" in phone.get().send().text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_without_a_valid_key_nobody_is_asked_anything(
    consultation: Consultation, language: str
) -> None:
    Epoch.objects.update(expires=timezone.now().date() - dt.timedelta(days=1))
    phone = Phone(f"/t/{consultation.call.public_id}/{language}/")
    assert phone.status == 503
    assert "<form" not in phone.text
    assert phone.client.cookies == {}
    assert "not your fault" in phone.text or "pas votre faute" in phone.text


def test_a_first_answer_sent_after_the_key_ran_out_is_not_kept(phone: Phone) -> None:
    Epoch.objects.all().delete()
    phone.post(q_age="adult")
    assert phone.status == 503
    assert SealedDraft.objects.count() == 0


def test_a_crash_shows_the_typed_text_and_stores_nothing(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("My words should not be in the log")

    phone.to_story()
    monkeypatch.setattr(storage.drafts, "replace", crash)
    phone.post(q_story="Not lost in a crash")
    assert phone.status == 500
    assert "Not lost in a crash" in phone.text


def test_when_sealing_fails_half_way_the_draft_is_still_there(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: Any, **_kwargs: Any) -> None:
        raise OSError("the disk is full")

    phone.to_check()
    with monkeypatch.context() as patched:
        patched.setattr(DataKey.objects, "bulk_create", crash)
        phone.send()
    assert phone.status == 500
    assert PendingRecord.objects.count() == 0
    assert "Here are your six words" in phone.get().send().text


def test_every_answer_of_a_journey_carries_the_privacy_policy(phone: Phone) -> None:
    seen = [phone.response]
    for go in ({"q_age": ""}, {"q_age": "adult"}, {"step": "nonsense"}):
        phone.post(follow=False, **go)
        seen.append(phone.response)
    for response in seen:
        for name, value in privacy.HEADERS.items():
            assert response[name] == value


def test_the_draft_cookie_is_strict_http_only_and_ends_with_the_session(phone: Phone) -> None:
    phone.post(q_age="adult")
    (cookie,) = [c for name, c in phone.client.cookies.items() if name.startswith("d-")]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["max-age"] == cookie["expires"] == ""


def test_over_https_every_cookie_is_bound_to_this_host(
    consultation: Consultation, settings: Any
) -> None:
    """As production has it: prefixed, secure, and with Django's stricter check of the origin."""
    settings.COOKIE_PREFIX = "__Host-"
    settings.CSRF_COOKIE_NAME = "__Host-c"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client(enforce_csrf_checks=True)
    here = {"HTTP_ORIGIN": "https://testserver", "HTTP_SEC_FETCH_SITE": "same-origin"}
    page = client.get(consultation.call_path, secure=True).content.decode()
    hidden = dict(HIDDEN.findall(page))
    page = client.post(
        consultation.call_path, {**hidden, "go": "begin"}, secure=True, **here
    ).content.decode()
    hidden = dict(HIDDEN.findall(page))
    begun = client.post(consultation.call_path, {**hidden, "q-age": "adult"}, secure=True, **here)
    assert begun.status_code == 303
    page = client.get(consultation.call_path, secure=True).content.decode()
    assert "What you agree to" in page
    for name, cookie in client.cookies.items():
        assert name.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["path"] == "/"
        assert not cookie["domain"]
    agreed = client.post(
        consultation.call_path,
        {
            **{name: html.unescape(value) for name, value in HIDDEN.findall(page)},
            "q-count": "yes",
            "q-words": "quote",
            "q-audience": "public",
            "q-describe": "nothing",
        },
        secure=True,
        **here,
    )
    assert agreed.status_code == 303
    left = client.get("/leave", secure=True)
    assert all(cookie["secure"] and not cookie.value for cookie in left.cookies.values())
    assert {name[:9] for name in left.cookies} == {"__Host-d-", "__Host-c"}


def test_the_language_can_change_midway_and_the_draft_stays(
    phone: Phone, consultation: Consultation
) -> None:
    phone.to_story()
    french = phone.client.get(consultation.call_path.replace("/en/", "/fr/"))
    assert "Votre histoire" in french.content.decode()
    assert 'lang="fr"' in french.content.decode()
    assert phone.client.get(consultation.call_path.replace("/en/", "/de/")).status_code == 404


def test_a_page_costs_at_most_twelve_queries(phone: Phone) -> None:
    counts = []

    def counted(act: Callable[[], Any]) -> None:
        with CaptureQueriesContext(connection) as queries:
            act()
        # The suite's own transaction turns the first BEGIN and COMMIT of a request into these.
        own = ("SAVEPOINT", "RELEASE SAVEPOINT")
        found = [one["sql"] for one in queries.captured_queries]
        outermost = 2 if any(sql.startswith(own) for sql in found) else 0
        counts.append(len(found) - outermost)

    counted(lambda: phone.post(follow=False, q_age="adult"))
    counted(phone.get)
    phone.agree().past_the_note().post().post().post()
    counted(lambda: phone.post(follow=False, go="submit", q_receipt="yes"))
    assert max(counts) <= 12


def test_a_private_page_stays_under_nine_kilobytes(phone: Phone) -> None:
    sizes = [len(phone.response.content)]
    phone.to_story()
    sizes.append(len(phone.response.content))
    for _page in range(3):
        phone.post()
        sizes.append(len(phone.response.content))
    assert max(sizes) <= 9 * 1024


class TestWithdrawing:
    """The receipt page."""

    def _ask(self, client: Client, code: str) -> Any:
        page = client.get("/receipt/en/").content.decode()
        nonce = dict(HIDDEN.findall(page))["n"]
        return client.post("/receipt/en/", {"n": nonce, "code": code, "go": "withdraw"}, **HERE)

    def test_any_six_words_of_ours_get_the_same_page(
        self, consultation: Consultation, client: Client
    ) -> None:
        sealed = actions.seal_record(
            collection_id=consultation.collection.id,
            definition=consultation.call.definition_id,
            payload={},
            lane=Lane.OPEN,
            language="en",
            wants_receipt=True,
        )
        assert sealed.code is not None
        strip = re.compile(r'name="n" value="[^"]*"')
        unknown = self._ask(client, "apple apple apple apple apple apple")
        found = self._ask(client, " ".join(sealed.code))
        again = self._ask(client, " ".join(sealed.code))
        pages = {strip.sub("", answer.content.decode()) for answer in (unknown, found, again)}
        assert len(pages) == 1
        assert PendingRecord.objects.count() == 0

    @pytest.mark.parametrize(
        ("code", "sentence"),
        [
            ("", "six words. You typed 0."),
            ("apple apple", "You typed 2."),
            ("apple apple xyzzy apple apple apple", "Word 3 is not one of our words"),
        ],
    )
    def test_a_slip_is_pointed_at_and_kept(
        self, consultation: Consultation, client: Client, code: str, sentence: str
    ) -> None:
        answer = self._ask(client, code)
        assert answer.status_code == 422
        assert sentence in html.unescape(answer.content.decode())
        assert f'value="{code}"' in answer.content.decode()
