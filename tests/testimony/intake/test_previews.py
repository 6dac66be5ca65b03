"""Previews: a call's pages as a worker sees them, with nothing behind them."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from testimony.intake.actions import begin_text, check_text, publish_text
from testimony.intake.models import Call, CallText
from testimony.vault.models import (
    AuditEntry,
    DataKey,
    FrozenDefinition,
    PendingRecord,
    ReceiptVerifier,
    Record,
    SealedDraft,
)
from testimony.wizard.privacy import HEADERS
from tests.factories import Consultation, team_client, user
from tests.testimony.intake.test_calls import opening, reworded
from tests.testimony.wizard.test_journey import HIDDEN

STORED = (
    SealedDraft,
    PendingRecord,
    Record,
    DataKey,
    ReceiptVerifier,
    FrozenDefinition,
    AuditEntry,
)


class Look:
    """An editor's browser in a preview: it follows the page's form, as a worker would."""

    def __init__(self, client: Client, path: str) -> None:
        self.client = client
        self.before = counts()
        self.cookies = dict(client.cookies.items())
        self.get(path)

    def get(self, path: str) -> Look:
        self.path = path
        return self._see(self.client.get(path))

    def post(self, **fields: Any) -> Look:
        assert self.form is not None
        assert self.form[1] == self.path, "a preview's form leads back to the preview"
        given = {key.replace("q_", "q-", 1): value for key, value in fields.items()}
        self._see(self.client.post(self.path, {**self.hidden, **given}))
        if self.status == 303:
            self.get(self.response["Location"])
        elif self.form is not None:
            self.path = self.form[1]
        else:
            self.path = re.sub(r"[\w-]+/$", "finished/", self.path)
        return self

    @property
    def form(self) -> re.Match[str] | None:
        return re.search(r'action="([^"]+)"', self.response.content.decode())

    @property
    def hidden(self) -> dict[str, str]:
        return dict(HIDDEN.findall(self.response.content.decode()))

    def _see(self, response: Any) -> Look:
        self.response, self.status = response, response.status_code
        self.text = html.unescape(response.content.decode())
        assert not response.cookies, "a preview sets no cookie"
        assert counts() == self.before, "a preview stores nothing"
        for name, value in HEADERS.items():
            assert response[name] == value
        return self

    @property
    def step(self) -> str:
        return self.path.rstrip("/").rsplit("/", 1)[1]

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(.+?)</h1>", self.text)
        assert found is not None
        return found[1]


def counts() -> list[int]:
    return [model._default_manager.count() for model in STORED]


@pytest.fixture
def editor(db: Any) -> Client:
    return team_client(user("editor"), "Editors")


@pytest.fixture
def text(db: Any) -> CallText:
    return begin_text(by=None, name="Housing")


@pytest.fixture
def call(text: CallText, consultation: Consultation) -> Call:
    checked = check_text(text).digest
    return publish_text(by=None, text=text, checked=checked, opening=opening(consultation)).call


def draft(text: CallText, step: str = "start", language: str = "en", state: str = "draft") -> str:
    return f"/admin/intake/texts/{text.pk}/preview/{state}/{language}/{step}/"


def published(call: Call, state: str, step: str = "start", language: str = "en") -> str:
    return f"/admin/intake/calls/{call.public_id}/preview/{state}/{language}/{step}/"


AGREED = {"q_count": "yes", "q_words": "quote", "q_audience": "public", "q_describe": "nothing"}

WALK: list[tuple[str, dict[str, Any]]] = [
    ("start", {"go": "begin"}),
    ("page-age", {"q_age": "adult"}),
    ("page-consent", AGREED),
    ("page-note", {}),
    ("page-story", {"q_story": "Test words that must never be kept."}),
    ("page-helped", {}),
    ("page-questions", {"q_change": "safer"}),
    ("page-about", {"q_setting": "online"}),
    ("page-hopes", {}),
    ("check", {"go": "submit", "q_receipt": "yes"}),
    ("receipt", {"go": "noted"}),
]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_unpublished_text_is_walked_from_the_first_page_to_the_last(
    editor: Client, text: CallText, language: str
) -> None:
    look = Look(editor, draft(text, language=language))
    for step, answers in WALK:
        assert look.step == step
        assert look.status == 200
        assert "Preview of a text that is not published. Nothing you type is kept." in look.text
        assert f'<html lang="{language}"' in look.text
        look.post(**answers)
    assert look.step == "finished"
    assert "Test words" not in look.text


def test_the_pages_say_what_a_worker_will_read(editor: Client, text: CallText) -> None:
    look = Look(editor, draft(text))
    assert look.heading == "Your story"
    assert "We are sex workers and peers." in look.text
    look.get(draft(text, "page-note"))
    assert "It takes about 10 minutes." in look.text
    assert "Skip the next page" in look.text
    look.get(draft(text, "page-story"))
    assert "we may have to tell child services" in look.text
    assert "9-8-8, day and night" in look.text
    look.get(draft(text, "page-about"))
    assert "I would rather not say" in look.text


def test_what_is_wrong_is_shown_as_a_worker_would_see_it(editor: Client, text: CallText) -> None:
    look = Look(editor, draft(text, "page-age")).post()
    assert (look.status, look.step) == (422, "page-age")
    assert "Please pick one of the answers." in look.text
    look = Look(editor, draft(text, "page-story")).post(q_story="x" * 50_001)
    assert look.status == 422
    assert "You have written 50,001 characters." in look.text


def test_the_way_back_and_past_a_hard_page_are_there(editor: Client, text: CallText) -> None:
    look = Look(editor, draft(text, "page-note")).post(go="skip")
    assert look.step == "page-helped"
    assert look.post(go="back").step == "page-story"
    assert look.post(go="erase").step == "start"
    look.get(draft(text, "check"))
    assert look.post(go="change:about").step == "page-about"


def test_somebody_too_young_is_shown_where_help_is(editor: Client, text: CallText) -> None:
    look = Look(editor, draft(text, "page-age")).post(q_age="younger")
    assert look.step == "youth"
    assert "Kids Help Phone" in look.text


def test_the_page_before_sending_shows_example_words_not_typed_ones(
    editor: Client, text: CallText
) -> None:
    look = Look(editor, draft(text, "page-story")).post(q_story="Secret test words")
    look.get(draft(text, "check"))
    assert "Secret test words" not in look.text
    assert "It is an example, and nobody said it." in look.text


def test_a_text_half_done_is_shown_with_its_gaps(editor: Client, text: CallText) -> None:
    text.introduction_fr = ""
    text.save()
    assert "[not written yet]" in Look(editor, draft(text, language="fr")).text


def test_a_text_that_is_no_journey_yet_says_why(editor: Client, text: CallText) -> None:
    text.steps = []
    text.save()
    response = editor.get(draft(text))
    assert response.status_code == 422
    assert "The definition has no section." in html.unescape(response.content.decode())


def test_the_live_preview_shows_the_published_text_and_the_draft_the_new_one(
    editor: Client, text: CallText, call: Call
) -> None:
    reworded(text, "Words that nobody has published")
    live = Look(editor, published(call, "live"))
    assert "Preview of what people see while it is open." in live.text
    assert "Words that nobody has published" not in live.text
    assert "Words that nobody has published" in live.get(draft(text)).text


def test_the_preview_of_a_closed_call_shows_the_closed_page(
    editor: Client, text: CallText, call: Call
) -> None:
    for path in (published(call, "closed"), draft(text, state="closed")):
        look = Look(editor, path)
        assert look.heading == "This is not open today"
        assert "Preview of what people see while it is closed." in look.text
    assert call.is_open


def test_an_open_call_takes_nothing_from_a_preview(editor: Client, call: Call) -> None:
    look = Look(editor, published(call, "live"))
    for _step, answers in WALK:
        look.post(**answers)
    assert look.step == "finished"
    assert call.is_open
    assert not any(name.startswith(f"{settings.COOKIE_PREFIX}d-") for name in editor.cookies)


def test_leaving_a_preview_goes_where_leaving_goes(editor: Client, text: CallText) -> None:
    look = Look(editor, draft(text))
    assert f'href="{draft(text, "leave")}"' in look.text
    response = editor.get(draft(text, "leave"))
    assert (response.status_code, response["Location"]) == (302, settings.LEAVE_URL)
    assert editor.post(draft(text, "leave")).status_code == 204


@pytest.mark.parametrize(
    ("state", "language", "step"),
    [
        ("live", "en", "start"),
        ("draft", "ar", "start"),
        ("draft", "en", "nowhere"),
        ("draft", "en", "page-nowhere"),
    ],
)
def test_there_is_no_preview_of_what_is_not_there(
    editor: Client, text: CallText, state: str, language: str, step: str
) -> None:
    response = editor.get(draft(text, step, language, state))
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"


def test_a_call_has_no_draft_preview(editor: Client, call: Call) -> None:
    assert editor.get(published(call, "draft")).status_code == 404


def test_a_visitor_and_a_colleague_without_the_right_see_no_preview(
    text: CallText, call: Call
) -> None:
    analyst = team_client(user("analyst"), "Analysts")
    for path in (draft(text), published(call, "live")):
        assert Client().get(path)["Location"] == f"/admin/login/?next={path}"
        assert analyst.get(path).status_code == 403
