"""Previews of surveys: pages as a respondent sees them, with nothing behind them."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from consultation.survey.models import Questionnaire
from testimony.wizard import definition as definitions
from testimony.wizard import forms as pages
from testimony.wizard import routing
from testimony.wizard.previews import TRIED_FIELD, example_answers
from testimony.wizard.privacy import HEADERS
from testimony.wizard.routing import Circumstances
from testimony.wizard.storage import as_posted
from tests.consultation.survey.everything import everything
from tests.consultation.survey.opening import open_everything
from tests.factories import Consultation, team_client, user
from tests.testimony.wizard.test_journey import HERE, HIDDEN, Phone

FORM = re.compile(r'action="([^"]+)"')
LINK = re.compile(r'href="(/admin/[^"]+)" hreflang')


def rows() -> dict[str, int]:
    """How many rows each table has: all tables there are, not those somebody thought of."""
    return {
        model._meta.db_table: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


class Look:
    """An editor's browser in a preview. Whatever it does, no table may have another row."""

    def __init__(self, client: Client, path: str) -> None:
        self.client = client
        self.before = rows()
        self.get(path)

    def get(self, path: str) -> Look:
        self.path = path
        return self._see(self.client.get(path))

    def post(self, **fields: Any) -> Look:
        given = {key.replace("q_", "q-", 1): value for key, value in fields.items()}
        return self._see(self.client.post(self.path, {**self.hidden, **given}))

    def _see(self, response: Any) -> Look:
        if response.status_code == 303:
            return self.get(response["Location"])
        self.response, self.status = response, response.status_code
        raw = response.content.decode()
        self.text = html.unescape(raw)
        self.hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(raw)}
        if found := FORM.search(raw) or LINK.search(raw):
            self.path = found[1]
        assert rows() == self.before
        assert not response.cookies
        assert response["Cache-Control"] == HEADERS["Cache-Control"]
        assert '<p class="preview">Preview of ' in self.text
        return self

    @property
    def step(self) -> str:
        return self.path.rstrip("/").rsplit("/", 1)[1]

    @property
    def main(self) -> str:
        return self.text.split("<main")[1].split("</main>")[0]


@pytest.fixture
def consultation(consultation: Consultation) -> Consultation:
    today = timezone.now().date()
    consultation.survey = open_everything(
        consultation.collection, opens_on=today, closes_on=today + dt.timedelta(days=30)
    )
    return consultation


@pytest.fixture
def editor(db: Any) -> Client:
    return team_client(user("editor"), "Editors")


@pytest.fixture
def draft(consultation: Consultation) -> Questionnaire:
    return consultation.survey.version.questionnaire


def preview(
    consultation: Consultation, state: str = "live", step: str = "start", language: str = "en"
) -> str:
    address = f"surveys/{consultation.survey.public_id}/preview/{state}/{language}/{step}/"
    return f"/admin/vault/{address}"


def of_draft(draft: Questionnaire, step: str = "start", state: str = "draft") -> str:
    return f"/admin/vault/questionnaires/{draft.pk}/preview/{state}/en/{step}/"


AGREED = {"q_count": "yes", "q_words": "read", "q_audience": "public"}
WORK = {"q_setting": "online", "q_area": "north", "q_called": "no"}
WALK: list[tuple[str, dict[str, Any]]] = [
    ("start", {"go": "begin"}),
    ("page-age", {"q_age": "adult"}),
    ("page-consent", AGREED),
    ("page-work", {**WORK, "q-since-year": "2019", "q-since-month": "03", "q_days": "4"}),
    ("page-before", {}),
    ("page-police", {"q_trust": "t1", "q_at_court": "badly", "q_story": "Tested words"}),
    ("page-wants", {"q-order-1": "rest", "q-order-2": "pay", "q_helps": ["place"]}),
    ("page-line", {"q_which": "By night", "q_chat": "yes"}),
    ("page-end", {"q_better": "Listening", "q_else": "Enough"}),
    ("check", {"go": "submit", "q_receipt": "yes"}),
    ("receipt", {"go": "noted"}),
]
SHORT = {**WORK, "q_called": "prefer_not"}


@pytest.mark.parametrize("state", ["draft", "live"])
def test_a_whole_preview_is_walked_and_no_table_has_another_row(
    editor: Client, consultation: Consultation, draft: Questionnaire, state: str
) -> None:
    look = Look(editor, of_draft(draft) if state == "draft" else preview(consultation))
    for step, answers in WALK:
        assert (look.step, look.status) == (step, 200)
        if step == "check":
            for words in ("March 2019", "Tested words", "1. A place to rest", "By night"):
                assert words in look.main, "the page before sending shows what was tried"
            assert "It is an example" not in look.main
        look.post(**answers)
    assert look.step == "finished"
    assert "Thank you. We have your answers." in look.main


def test_a_preview_follows_the_conditions(editor: Client, consultation: Consultation) -> None:
    """A page is left out, a question on a page is left out, and a change opens them."""
    look = Look(editor, preview(consultation, step="page-work")).post(**SHORT)
    assert look.step == "page-wants"
    look.post(q_helps=["none"])
    assert look.step == "page-end"
    assert "What would make you trust more?" not in look.main
    look.post(q_else="Enough")
    assert look.step == "check"
    assert "How you were treated" not in look.main
    look.post(go="change:work").post(**WORK)
    assert look.step == "page-before"
    look.post().post(q_trust="t2", q_story="So")
    assert look.step == "check", "what was answered before is not asked again"
    assert "What would make you trust more?" in look.main
    look.post(go="change:work").post(**SHORT)
    assert look.step == "check"
    assert "So</dd>" not in look.main, "what a change closed is not shown"
    look.post(go="change:work").post(**WORK)
    assert "So</dd>" in look.main, "and it comes back when one's mind changes again"


def test_going_back_and_changing_the_language_keep_what_was_typed(
    editor: Client, consultation: Consultation
) -> None:
    look = Look(editor, preview(consultation, step="page-work")).post(**WORK).post()
    assert look.step == "page-police"
    look.post(go="back", q_story="Half a sen", q_trust="t3")
    assert look.step == "page-before"
    look.post()
    assert "\nHalf a sen</textarea>" in look.main
    look.post(go="language:fr", q_story="Half a sentence")
    assert "/fr/page-police/" in look.path
    assert '<html lang="fr"' in look.text
    assert "\nHalf a sentence</textarea>" in look.main
    assert look.post(go="language:ar").text.count('dir="rtl"') == 1
    assert look.post(go="language:xx").step == "page-police"


def test_what_is_wrong_is_said_and_the_rest_of_the_way_is_kept(
    editor: Client, consultation: Consultation
) -> None:
    look = Look(editor, preview(consultation, step="page-work")).post(q_setting="online")
    assert (look.step, look.status) == ("page-work", 422)
    assert "Please pick one of the answers." in look.main
    look.post(**{**SHORT, "q_days": "1e999"})
    assert "Please write a number, such as 12." in look.main
    look.post(**SHORT).post(q_helps=["line"])
    assert "Would you use a chat?" in look.main, "the setting of an earlier page opened it"


def test_one_button_leads_past_the_note_and_its_page(
    editor: Client, consultation: Consultation
) -> None:
    look = Look(editor, preview(consultation, step="page-work")).post(**WORK)
    assert look.post(go="skip").step == "page-wants"


def test_stopping_forgets_what_was_tried(editor: Client, consultation: Consultation) -> None:
    look = Look(editor, preview(consultation, step="page-work")).post(**SHORT)
    look.post(go="erase")
    assert look.step == "start"
    assert look.get(preview(consultation, step="check")).main.count("example") > 0


def test_somebody_too_young_is_shown_where_help_is(
    editor: Client, consultation: Consultation
) -> None:
    look = Look(editor, preview(consultation, step="page-age")).post(q_age="younger")
    assert "Thank you for telling us" in look.main


def test_a_page_opened_by_its_address_says_when_nobody_comes_there(
    editor: Client, consultation: Consultation
) -> None:
    look = Look(editor, preview(consultation, step="page-work")).post(**SHORT)
    tried = look.hidden
    look.get(preview(consultation, step="page-police"))
    assert "nobody comes to this page" not in look.text, "nothing was answered yet"
    look.hidden = tried
    look.post(q_days="x", go="language:en")
    assert "With these answers nobody comes to this page." in look.text
    assert look.post().step == "page-wants"


def test_where_nothing_was_answered_the_last_page_shows_examples(
    editor: Client, consultation: Consultation
) -> None:
    look = Look(editor, preview(consultation, step="check"))
    assert "Nothing was answered yet, so these answers are examples." in look.text
    for words in (
        "It is an example, and nobody said it.",
        "1. Better pay",
        "2. To be left in peace",
        "June 2025",
        '<dd dir="auto" translate="no">3</dd>',
        "How were you treated at these places? · Court",
    ):
        assert words in look.main
    assert "Skipped" not in look.main


# What was tried never becomes an answer.


def test_what_was_tried_is_read_by_a_preview_of_the_same_text_only(
    editor: Client, consultation: Consultation, draft: Questionnaire
) -> None:
    """Who works online is asked about a chat. Another text knows nothing of it."""
    look = Look(editor, preview(consultation, step="page-work")).post(**SHORT)
    carried = look.hidden[TRIED_FIELD]
    draft.title_en = "Another title"
    draft.save_revision()
    look.before = rows()
    for path, is_asked in (
        (preview(consultation, step="page-wants"), True),
        (of_draft(draft, "page-wants"), False),
    ):
        look.get(path)
        look.hidden[TRIED_FIELD] = carried
        look.post(q_helps=["line"])
        assert look.step == "page-line"
        assert ("Would you use a chat?" in look.main) is is_asked


@pytest.mark.parametrize("forged", ["", "x", "W10:1:x", "\x00", "é" * 1_000])
def test_what_was_not_signed_here_is_nothing(
    editor: Client, consultation: Consultation, forged: str
) -> None:
    look = Look(editor, preview(consultation, step="page-wants"))
    look.hidden[TRIED_FIELD] = forged
    assert look.post(q_helps=["none"]).step == "page-end"


def test_a_previews_page_sent_to_the_real_survey_begins_nothing(
    editor: Client, consultation: Consultation
) -> None:
    look = Look(editor, preview(consultation))
    path = consultation.survey_path
    before = rows()
    for step, answers in WALK:
        given = {key.replace("q_", "q-", 1): value for key, value in answers.items()}
        response = Client().post(path, {**look.hidden, **given, "step": step}, **HERE)
        assert response.status_code in (200, 410, 422)
        assert not response.cookies
        look.post(**answers)
    assert rows() == before


def test_what_was_tried_is_ignored_by_somebody_elses_draft(
    editor: Client, consultation: Consultation
) -> None:
    """Even where a browser has a real draft, a preview's field adds nothing to it."""
    look = Look(editor, preview(consultation, step="page-work")).post(**WORK).post()
    look.post(q_trust="t1", q_story="Tested words")
    phone = Phone(consultation.survey_path).post(q_age="adult").post(**AGREED)
    phone.post(**SHORT, **{TRIED_FIELD: look.hidden[TRIED_FIELD]}).post().post()
    assert "Check your answers" in phone.text
    phone.send()
    (record,) = consultation.grant().stream(consultation.survey.version.definition_id)
    assert record.payload["answers"] == {
        "setting": "online",
        "area": "north",
        "called": "prefer_not",
    }


def test_a_preview_takes_no_more_than_the_journey_does(
    editor: Client, consultation: Consultation
) -> None:
    look = Look(editor, preview(consultation, step="page-end")).post(q_else="x" * 50_001)
    assert look.status == 422
    assert "You have written 50,001 characters." in look.main
    look.post(q_else="x" * 7_000_000)
    assert look.status == 413
    assert "more than we can take at once" in look.main


# Who, and what is there.


def test_the_preview_of_a_closed_survey_shows_the_closed_page(
    editor: Client, consultation: Consultation, draft: Questionnaire
) -> None:
    for path in (preview(consultation, "closed"), of_draft(draft, state="closed")):
        assert "This is not open today" in Look(editor, path).main


def test_a_visitor_sees_no_preview_of_a_survey(consultation: Consultation) -> None:
    path = preview(consultation)
    assert Client().get(path)["Location"] == f"/admin/login/?next={path}"


def test_a_survey_has_no_draft_preview(editor: Client, consultation: Consultation) -> None:
    assert editor.get(preview(consultation, "draft")).status_code == 404


def test_every_example_is_an_answer_that_its_question_takes() -> None:
    """What is shown as an example could have been given."""
    found = definitions.parse(everything())
    about = Circumstances("en")
    examples = routing.on_path(found, example_answers(found), about)
    assert {question.type for question in found.questions() if question.key in examples} == (
        definitions.QUESTION_TYPES - {"pictures", "information"}
    )
    for section in routing.path(found, examples, about):
        form = pages.section_form(found, section, "en")(
            data=as_posted(examples), prefix=pages.PREFIX, answers=examples, about=about
        )
        assert form.is_valid(), form.errors
        assert form.cleaned_answers().items() <= examples.items()
