"""Bad input, as real posts to a live survey: a clear page, nothing lost, nothing strange kept.

What was kept is read by opening the sealed record with the collection's key.
"""

from __future__ import annotations

import copy
import datetime as dt
import html
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from consultation.survey import actions
from testimony.vault import limits
from testimony.vault.models import PendingRecord, SealedDraft
from testimony.wizard import definition as definitions
from testimony.wizard.definition import DECLINED
from testimony.wizard.printing import NAMES_OF_LANGUAGES
from testimony.wizard.storage import as_posted
from tests.consultation.survey.everything import everything
from tests.consultation.survey.opening import open_everything, published
from tests.factories import Consultation
from tests.testimony.wizard.test_journey import HERE, HIDDEN, Phone
from tests.testimony.wizard.test_two_windows import Meanwhile, twin_of
from tests.walker import WORDS

FORM = "application/x-www-form-urlencoded"
AGREED = {"q_count": "yes", "q_words": "read", "q_audience": "public"}
WORK = {"q_setting": "outdoor", "q_area": "north", "q_called": "yes"}


class Respondent(Phone):
    """A phone at the survey that asks everything."""

    def to_work(self) -> Respondent:
        self.post(q_age="adult")
        self.post(**AGREED)
        return self

    def to_police(self, **work: Any) -> Respondent:
        self.to_work().post(**{**WORK, **work})
        self.past_the_note()
        return self

    def to_wants(self, **police: Any) -> Respondent:
        self.to_police().post(**police)
        return self

    def to_check(self, story: str = "") -> Respondent:
        self.to_wants(q_trust="t1", q_story=story).post(q_helps=["line"])
        self.post(q_which="Day and night").post(q_better="Listening", q_else="No")
        return self

    def change(self, page: str, **answers: Any) -> Respondent:
        self.post(go=f"change:{page}")
        self.post(**answers)
        return self

    def send_raw(self, body: bytes, kind: str = FORM, **headers: Any) -> Respondent:
        """A post made by hand, from the same browser."""
        given = {**HERE, **headers}
        self._see(self.client.generic("POST", self.path, body, content_type=kind, **given))
        if self.status == 303:
            self.get()
        return self

    def body(self, **fields: Any) -> bytes:
        """The page's own form as bytes, with these fields."""
        hidden = {name: html.unescape(value) for name, value in self.hidden.items()}
        return urlencode({**hidden, **fields}, doseq=True).encode()


@pytest.fixture
def consultation(consultation: Consultation) -> Consultation:
    today = timezone.now().date()
    consultation.survey = open_everything(
        consultation.collection,
        opens_on=today - dt.timedelta(days=1),
        closes_on=today + dt.timedelta(days=30),
    )
    return consultation


@pytest.fixture
def phone(consultation: Consultation) -> Respondent:
    return Respondent(consultation.survey_path)


def sent(consultation: Consultation, digest: str = "") -> dict[str, Any]:
    """The answers of the one record there is, opened."""
    grant = consultation.grant()
    (opened,) = grant.stream(digest or consultation.survey.version.definition_id)
    answers: dict[str, Any] = opened.payload["answers"]
    return answers


def close(consultation: Consultation) -> None:
    actions.close_survey(by=None, survey=consultation.survey)


def is_asked(phone: Phone, words: str) -> bool:
    return f"{words}</legend>" in phone.text or f">{words}</label>" in phone.text


def says(phone: Phone, status: int, sentence: str) -> None:
    """The page says what is wrong, in a summary at its top that leads to the field."""
    assert phone.status == status
    assert "<title>Error: Questions</title>" in phone.text
    summary = phone.text.split('class="error-summary"')[1].split("</ul>")[0]
    assert sentence in summary
    target = summary.split('href="#')[1].split('"')[0]
    assert f'id="{target}"' in phone.text


# The whole way, so that the rest means something.


def test_every_type_of_question_is_answered_and_sealed(
    phone: Respondent, consultation: Consultation
) -> None:
    phone.to_work().post(
        q_setting="online",
        q_area="south",
        q_days="5",
        **{"q-since-year": "2019", "q-since-month": "03"},
        q_called="no",
    )
    phone.past_the_note().post(
        q_trust="t2", q_at_station="badly", q_at_court="never", q_story="It took long."
    )
    phone.post(**{"q-order-1": "peace", "q-order-2": "pay"}, q_helps=["line", "place"])
    phone.post(q_which="Day and night", q_chat="yes").post(q_better="Listening", q_else="No")
    assert "Check your answers" in phone.text
    for words in ("March 2019", "1. To be left in peace", "2. Better pay", "A safe place"):
        assert words in phone.text
    phone.send()
    assert "Here are your six words" in phone.text
    assert sent(consultation) == {
        "setting": "online",
        "area": "south",
        "days": 5,
        "since": "2019-03",
        "called": "no",
        "trust": "t2",
        "at_station": "badly",
        "at_court": "never",
        "story": "It took long.",
        "order": ["peace", "pay"],
        "helps": ["line", "place"],
        "which": "Day and night",
        "chat": "yes",
        "better": "Listening",
        "else": "No",
    }


# A new version while somebody is inside.


def test_options_that_changed_under_a_draft_stay_those_it_began_with(
    phone: Respondent, consultation: Consultation
) -> None:
    began = consultation.survey.version.definition_id
    phone.to_work()
    newer = everything()
    for option in newer["sections"][2]["questions"][0]["options"]:
        option["code"] = option["code"].replace("outdoor", "outside")
    questionnaire = consultation.survey.version.questionnaire
    written = actions.compiling.written_from(newer)
    questionnaire.body = actions._stream("section", written.sections)
    questionnaire.translations = written.translations
    questionnaire.save_revision()
    version = published(questionnaire)
    assert version.number == "2.0"
    survey = consultation.survey
    actions.set_survey(
        by=None,
        survey=survey,
        name=survey.name,
        version=version,
        opens_on=survey.opens_on,
        closes_on=survey.closes_on,
        timezone=survey.timezone,
    )
    phone.post(**WORK)
    assert phone.status == 200
    phone.past_the_note().post().post().post().send()
    assert "Here are your six words" in phone.text
    assert sent(consultation, began)["setting"] == "outdoor"
    later = Respondent(consultation.survey_path).to_work()
    assert 'value="outside"' in later.text
    later.post(**WORK)
    says(later, 422, "not one of ours")
    assert PendingRecord.objects.get().definition_id == began


# What was never offered.


@pytest.mark.parametrize(
    "posted",
    [
        {"q_setting": "the moon"},
        {"q_setting": "outdoor\x00"},
        {"q_setting": "OUTDOOR"},
        {"q_area": "\u202enorth"},
        {"q_called": "prefer-not"},
        {"q-since-year": "1999"},
        {"q-since-year": "2019", "q-since-month": "13"},
        {"q-since-year": "2019", "q-since-month": "3"},
        {"q-since-year": "２０１９"},
        {"q-since-year": "2019\x00"},
    ],
)
def test_an_answer_nobody_offered_is_refused(
    phone: Respondent, consultation: Consultation, posted: dict[str, str]
) -> None:
    phone.to_work().post(**{**WORK, **posted})
    says(phone, 422, "That answer is not one of ours. Please pick again.")
    phone.post(**WORK).past_the_note().post().post().post().send()
    assert sent(consultation) == {"setting": "outdoor", "area": "north", "called": "yes"}


def test_keys_that_do_not_exist_are_never_kept(
    phone: Respondent, consultation: Consultation
) -> None:
    strange = {"q-name": "Somebody", "evil": "yes", "q-": "x", "q-setting-none": "yes", "": "x"}
    phone.to_work().post(**WORK, **strange)
    assert phone.status == 200
    phone.past_the_note().post().post().post().send()
    assert sent(consultation) == {"setting": "outdoor", "area": "north", "called": "yes"}


# Off the path.


def test_answers_to_questions_that_are_not_asked_are_never_kept(
    phone: Respondent, consultation: Consultation
) -> None:
    """Of a page that is closed, of a question closed on an open page, and of a later page."""
    phone.to_work().post(**{**WORK, "q_called": "prefer_not"}, q_trust="t1", q_story="Off the path")
    assert "What comes first for you?" in phone.text
    phone.post(q_helps=["line"], q_which="Too early").post(q_chat="yes", q_which="A number")
    phone.post(q_better="Off the path").send()
    assert sent(consultation) == {
        "setting": "outdoor",
        "area": "north",
        "called": "prefer_not",
        "helps": ["line"],
        "which": "A number",
    }


@pytest.mark.parametrize("step", ["police", "before", "line"])
def test_a_page_that_is_not_on_the_way_is_refused_with_the_typed_words(
    phone: Respondent, step: str
) -> None:
    phone.to_work().post(**{**WORK, "q_called": "prefer_not"})
    phone.post(step=step, q_story="Still mine", q_which="Mine too")
    assert phone.status == 400
    assert "That page is not part of your way" in phone.text
    assert "Still mine" in phone.text
    assert "Mine too" in phone.text
    assert "What comes first for you?" in phone.get().text


def test_a_change_that_closes_a_page_takes_its_answers_and_what_they_opened_with_it(
    phone: Respondent, consultation: Consultation
) -> None:
    """Who called opens the page on trust; trust opens a question on the last page."""
    phone.to_check("A story")
    for words in ("A story", "Listening"):
        assert words in phone.text
    phone.change("work", **{**WORK, "q_called": "prefer_not"})
    assert "Check your answers" in phone.text
    for words in ("A story", "Listening", "How much do you trust", "What would make you trust"):
        assert words not in phone.text, "the check page shows what is sent, and nothing else"
    phone.send()
    assert sent(consultation) == {
        "setting": "outdoor",
        "area": "north",
        "called": "prefer_not",
        "helps": ["line"],
        "which": "Day and night",
        "else": "No",
    }


def test_a_question_that_a_change_closed_is_not_asked_again(phone: Respondent) -> None:
    phone.to_check().change("work", **{**WORK, "q_called": "prefer_not"})
    phone.post(go="change:end")
    assert is_asked(phone, "Anything else?")
    assert not is_asked(phone, "What would make you trust more?")


def test_changing_ones_mind_twice_loses_nothing(
    phone: Respondent, consultation: Consultation
) -> None:
    phone.to_check("A story")
    phone.change("work", **{**WORK, "q_called": "prefer_not"}).change("work", **WORK)
    assert "Check your answers" in phone.text
    phone.send()
    found = sent(consultation)
    assert (found["story"], found["better"]) == ("A story", "Listening")


def test_a_change_that_opens_a_page_leads_there(phone: Respondent) -> None:
    phone.to_work().post(**{**WORK, "q_called": "prefer_not"})
    phone.post(q_helps=["none"]).post()
    assert "Check your answers" in phone.text
    phone.change("wants", q_helps=["place"])
    assert is_asked(phone, "What should it be like?")


# Too much.


@pytest.fixture
def public_limits(settings: Any) -> None:
    """A process for the public alone takes fewer fields than one that has the editor too."""
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000


@pytest.mark.usefixtures("public_limits")
def test_ten_thousand_ticks_are_too_much_and_the_draft_stays(
    phone: Respondent, consultation: Consultation
) -> None:
    phone.to_wants()
    phone.send_raw(phone.body(**{"q-helps": ["line"] * 10_000}))
    assert phone.status == 413
    assert "That was more than we can take at once" in phone.text
    assert "What comes first for you?" in phone.get().text
    phone.post(q_helps=["line"]).post().post().send()
    assert sent(consultation)["helps"] == ["line"]


@pytest.mark.usefixtures("public_limits")
def test_ten_thousand_options_nobody_offered_are_too_much(phone: Respondent) -> None:
    phone.to_wants()
    phone.send_raw(phone.body(**{"q-helps": [f"o{number}" for number in range(10_000)]}))
    assert phone.status == 413
    phone.get().send_raw(phone.body(**{"q-helps": [f"o{number}" for number in range(1_900)]}))
    says(phone, 422, "not one of ours")
    assert len(phone.response.content) < 20_000, "what nobody offered is not printed"


def test_the_same_tick_many_times_is_one_tick(
    phone: Respondent, consultation: Consultation
) -> None:
    phone.to_wants().post(q_helps=["place", "line", *["place"] * 1_000]).post().post().send()
    assert sent(consultation)["helps"] == ["place", "line"]


def test_the_most_options_a_questionnaire_may_have_are_taken(
    phone: Respondent, consultation: Consultation
) -> None:
    """Sixty, all ticked; the check before publishing allows no more."""
    wide = everything()
    options = [
        {"code": f"o{number}", "label": dict.fromkeys(wide["languages"], f"Wish {number}")}
        for number in range(60)
    ]
    wide["sections"][5]["questions"][1]["options"] = options
    wide["sections"][6]["condition"] = None
    found = definitions.parse(wide)
    frozen = actions.vault.freeze_definition(canonical=found.canonical, digest=found.digest)
    version = consultation.survey.version
    consultation.survey.version = type(version).objects.create(
        questionnaire=version.questionnaire, key=version.key, major=9, minor=0, definition=frozen
    )
    consultation.survey.save()
    phone = Respondent(consultation.survey_path).to_wants()
    codes = [option["code"] for option in options]
    phone.post(q_helps=codes).post().post().send()
    assert sent(consultation, found.digest)["helps"] == codes


def test_two_megabytes_in_one_answer_are_shown_back_whole(phone: Respondent) -> None:
    """More than a draft holds: the words stand in the field, and what was answered stays."""
    words = "rent " * 400_000
    phone.to_police().post(q_trust="t1", q_story=words)
    says(phone, 422, "You have written 1,999,999 characters. The most we can take is 500.")
    assert words.strip() in phone.text
    assert is_asked(phone.get(), "What happened?")


def test_two_megabytes_of_nothing_we_asked_for_change_nothing(
    phone: Respondent, consultation: Consultation
) -> None:
    phone.to_work().post(**WORK, junk="x" * 2_000_000)
    assert phone.status == 200
    phone.past_the_note().post().post().post().send()
    assert sent(consultation) == {"setting": "outdoor", "area": "north", "called": "yes"}


def test_a_body_beyond_all_measure_is_a_clear_page(phone: Respondent) -> None:
    phone.to_police().post(q_story="x" * 7_000_000)
    assert phone.status == 413
    assert "more than we can take at once" in phone.text
    assert is_asked(phone.get(), "What happened?")


# The survey closes.


def test_who_is_inside_when_it_closes_finishes(
    phone: Respondent, consultation: Consultation
) -> None:
    phone.to_wants(q_trust="t3")
    close(consultation)
    assert "This is not open today" in Respondent(consultation.survey_path).text
    phone.post(q_helps=["none"]).post().send()
    assert "Here are your six words" in phone.text
    assert sent(consultation)["trust"] == "t3"


@pytest.mark.parametrize("hours", [1, 4])
def test_after_the_time_for_those_inside_the_typed_words_are_shown_back(
    phone: Respondent, consultation: Consultation, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The draft is erased 45 minutes after the last page, and after three hours at the most."""
    phone.to_police()
    close(consultation)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + dt.timedelta(hours=hours))
    phone.post(q_trust="t1", q_story="Written slowly")
    assert phone.status == 410
    assert "Your earlier answers are gone" in phone.text
    assert "Written slowly" in phone.text
    assert not phone.client.cookies[next(iter(phone.client.cookies))].value
    assert PendingRecord.objects.count() == 0
    assert "This is not open today" in phone.get().text


def test_a_first_answer_after_the_end_begins_nothing(
    phone: Respondent, consultation: Consultation
) -> None:
    close(consultation)
    phone.post(q_age="adult", follow=False)
    assert phone.status == 410
    assert "This is not open today" in phone.text
    assert SealedDraft.objects.count() == 0
    assert not phone.client.cookies


# Marks: once, in time, from here.


def test_one_mark_posted_twice_sends_one_answer(
    phone: Respondent, consultation: Consultation
) -> None:
    """A double click on the first page, and one on the last."""
    first = phone.body(**{"q-age": "adult"})
    phone.send_raw(first).send_raw(first)
    assert is_asked(phone, "May we count your answers?")
    assert SealedDraft.objects.count() == 1
    phone.post(**AGREED).post(**WORK).past_the_note().post().post().post()
    last = phone.body(go="submit", **{"q-receipt": "yes"})
    words = WORDS.findall(phone.send_raw(last).text)
    assert len(words) == 6
    assert WORDS.findall(phone.send_raw(last).text) == words
    assert PendingRecord.objects.count() == 1


def test_one_mark_in_two_browsers_counts_for_one(
    phone: Respondent, consultation: Consultation
) -> None:
    """Each is taken; the one that comes second speaks for nobody, and is held apart."""
    other = copy.copy(phone)
    other.client = Client()
    for one in (phone, other):
        one.post(q_age="adult").post(**AGREED)
        one.post(**WORK).past_the_note().post().post().post()
        assert "Here are your six words" in one.send().text
    assert sorted(PendingRecord.objects.values_list("lane", flat=True)) == ["flood", "open"]


def test_two_windows_of_one_browser_send_once(
    phone: Respondent, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.to_check()
    twin = twin_of(phone)
    Meanwhile(monkeypatch, twin.send)
    phone.post(go="change:work")
    assert "Here are your six words" in phone.text
    assert PendingRecord.objects.count() == 1


def test_a_mark_that_ran_out_asks_once_more_with_everything_still_there(
    phone: Respondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = signing.time.time() + (limits.NONCE_HOURS + 1) * 3600
    with monkeypatch.context() as patched:
        patched.setattr(signing.time, "time", lambda: late)
        phone.post(q_age="adult")
        says(phone, 422, "This page was open for a long time. Please send it once more.")
        assert 'value="adult" checked' in phone.text
        assert SealedDraft.objects.count() == 0
        phone.post(q_age="adult")
        assert is_asked(phone, "May we count your answers?")


@pytest.mark.parametrize("mark", ["", "forged", "\x00", "x" * 100_000, "a:b:c"])
def test_a_mark_that_is_not_ours_begins_nothing(phone: Respondent, mark: str) -> None:
    phone.hidden["n"] = mark
    phone.post(works=False, q_age="adult")
    says(phone, 422, "This page was open for a long time.")
    assert SealedDraft.objects.count() == 0


def test_the_mark_of_another_door_begins_nothing(
    phone: Respondent, consultation: Consultation
) -> None:
    phone.hidden["n"] = Phone(consultation.call_path).hidden["n"]
    phone.post(q_age="adult")
    says(phone, 422, "This page was open for a long time.")


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "cross-site"},
    ],
)
def test_another_sites_page_begins_nothing(phone: Respondent, headers: dict[str, str]) -> None:
    phone.post(headers={**HERE, **headers}, q_age="adult")
    assert phone.status == 403
    assert "Please start from our own page" in phone.text
    assert SealedDraft.objects.count() == 0


def test_another_sites_page_changes_nothing_inside(consultation: Consultation) -> None:
    """It can't read the token of the form, so it can't send it; the words come back."""
    phone = Respondent(consultation.survey_path, enforce_csrf_checks=True)
    phone.to_police()
    hidden = dict(phone.hidden)
    phone.hidden["csrfmiddlewaretoken"] = "a" * 64
    phone.post(q_trust="t1", q_story="Not lost", headers={"HTTP_ORIGIN": "https://else.example"})
    assert phone.status == 403
    assert "Not lost" in phone.text
    phone.hidden = hidden
    phone.post(q_trust="t3").post().post().send()
    assert sent(consultation)["trust"] == "t3"


# Letters and numbers.


def test_bytes_that_are_no_letters_become_question_marks_of_their_own(
    phone: Respondent, consultation: Consultation
) -> None:
    phone.to_police().send_raw(phone.body() + b"&q-story=caf%e9+%ff%fe+ok&q-trust=%ff")
    says(phone, 422, "not one of ours")
    assert "caf\ufffd \ufffd\ufffd ok" in phone.text
    phone.send_raw(phone.body() + b"&q-story=caf%e9+%ff%fe+ok").post().post().send()
    assert sent(consultation)["story"] == "caf\ufffd \ufffd\ufffd ok"


def test_controls_go_and_direction_marks_stay_where_they_were_typed(
    phone: Respondent, consultation: Consultation
) -> None:
    typed = "a\x00b\x07\u202egpj\u202c שלום \u2067x\u2069 e\u0301 👩‍🚒"
    kept = "ab\u202egpj\u202c שלום \u2067x\u2069 e\u0301 👩‍🚒"
    phone.to_police().post(q_story=typed).post().post(q_else=typed)
    assert f'<dd dir="auto" translate="no">{kept}</dd>' in phone.text, "nothing outside turns round"
    phone.send()
    assert (sent(consultation)["story"], sent(consultation)["else"]) == (kept, kept)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1e999", "Please write a number, such as 12."),
        ("9" * 5_000, "Please write a number, such as 12."),
        ("NaN", "Please write a number, such as 12."),
        ("0x10", "Please write a number, such as 12."),
        ("5\x00", "Please write a number, such as 12."),
        ("3.5", "Please write a number, such as 12."),
        ("five", "Please write a number, such as 12."),
        ("-1", "Please write 0 or more."),
        ("8", "Please write 7 or less."),
        ("999999999999999999999999", "Please write 7 or less."),
    ],
)
def test_what_is_no_number_is_said_and_stays_in_the_field(
    phone: Respondent, typed: str, sentence: str
) -> None:
    phone.to_work().post(**WORK, q_days=typed)
    says(phone, 422, sentence)
    assert f'value="{typed}"' in phone.text
    assert 'value="outdoor" checked' in phone.text


@pytest.mark.parametrize(
    ("typed", "kept"), [(" 5 ", 5), ("٥", 5), ("5.0", 5), ("05", 5), ("-0", 0)]
)
def test_a_number_may_be_written_as_people_write_it(
    phone: Respondent, consultation: Consultation, typed: str, kept: int
) -> None:
    phone.to_work().post(**WORK, q_days=typed).past_the_note().post().post().post().send()
    assert sent(consultation)["days"] == kept


# One or the other.


@pytest.mark.parametrize(
    ("page", "posted", "sentence"),
    [
        ("work", {"q_days": "3", "q-days-none": "yes"}, "Your answer is still here"),
        ("work", {"q-since-month": "05"}, "You picked a month without a year."),
        (
            "work",
            {"q-since-year": "2019", "q-since-none": "yes"},
            "Your answer is still here: please keep one or the other.",
        ),
        ("police", {"q_story": "So", "q-story-none": "yes"}, "Your answer is still here"),
        (
            "wants",
            {"q-order-1": "pay", "q-order-2": "pay"},
            "You picked the same answer for two places.",
        ),
        ("wants", {"q-order-2": "rest", "q-order-none": "yes"}, "Your answer is still here"),
        ("wants", {"q_helps": ["line", "none"]}, "Please keep one or the other."),
        ("wants", {"q-order-1": "gold"}, "not one of ours"),
    ],
)
def test_two_answers_that_can_not_both_be_meant_are_both_kept_and_asked_about(
    phone: Respondent, page: str, posted: dict[str, Any], sentence: str
) -> None:
    {"work": phone.to_work, "police": phone.to_police, "wants": phone.to_wants}[page]()
    phone.post(**{**(WORK if page == "work" else {}), **posted})
    says(phone, 422, sentence)
    for name, values in posted.items():
        for value in values if isinstance(values, list) else [values]:
            if value != "gold":
                shown = (f'value="{value}" checked', f'value="{value}" selected')
                typed = (f'value="{value}"', f"\n{value}</textarea>")
                assert any(one in phone.text for one in (*shown, *typed)), name


def test_rather_not_saying_is_an_answer_and_a_blank_is_none(
    phone: Respondent, consultation: Consultation
) -> None:
    ways_out = {f"q-{key}-none": "yes" for key in ("days", "since")}
    phone.to_work().post(**WORK, **ways_out).past_the_note()
    phone.post(**{"q-story-none": "yes"}).post(**{"q-order-none": "yes"}).post()
    assert phone.text.count("I would rather not say") == 4
    phone.send()
    found = sent(consultation)
    assert [found[key] for key in ("days", "since", "story", "order")] == [dict(DECLINED)] * 4
    assert not {"trust", "helps", "else"} & found.keys()


# Posts of another kind.


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"q-age": "adult"}', "application/json", 200),
        (b"q-age=adult", "text/plain", 200),
        (b"q-age=adult", "", 200),
        (b"x", "multipart/form-data", 400),
        (b"q-age=adult", f"{FORM}; charset=utf-16", 400),
    ],
)
def test_a_first_post_that_is_no_form_begins_nothing(
    phone: Respondent, body: bytes, kind: str, status: int
) -> None:
    phone.send_raw(body, kind)
    assert phone.status == status
    assert "data-leave" in phone.text
    assert SealedDraft.objects.count() == 0
    assert not phone.client.cookies


@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [
        ("application/json", 403, "Please send that again"),
        ("text/plain", 403, "Please send that again"),
        ("multipart/form-data", 400, "That could not be read"),
        (f"{FORM}; charset=utf-16", 400, "That could not be read"),
    ],
)
def test_a_later_post_that_is_no_form_changes_nothing(
    consultation: Consultation, kind: str, status: int, sentence: str
) -> None:
    phone = Respondent(consultation.survey_path, enforce_csrf_checks=True).to_work()
    phone.send_raw(phone.body(**{"q-area": "north"}), kind)
    assert phone.status == status
    assert sentence in phone.text
    assert is_asked(phone.get(), "Where do you mostly work?")


def test_pages_posted_as_several_parts_are_read_too(
    phone: Respondent, consultation: Consultation
) -> None:
    """Django's client posts multipart/form-data; a browser posts this one. Both are taken."""
    phone.to_work().send_raw(phone.body(**{"q-area": "north"}))
    assert is_asked(phone, "What comes first for you?")


def test_every_answer_in_the_fixture_goes_through_a_form_and_back() -> None:
    """Guards the tests above: the fixture has every type, in each of its languages."""
    found = definitions.parse(everything())
    assert {question.type for question in found.questions()} == (
        definitions.QUESTION_TYPES - {"pictures"}
    )
    assert set(found.languages) == {"en", "fr", "ar"} <= set(NAMES_OF_LANGUAGES)
    assert any(question.grid for question in found.questions())
    assert any(option.exclusive for one in found.questions() for option in one.options)
    assert as_posted({"since": "2019-03"})["q-since-month"] == "03"
    assert HIDDEN
