"""The question bank: keeping questions, and asking them again under the same key."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from consultation.survey import actions, bank, drafting, schema
from consultation.survey.bank import BankRefused
from consultation.survey.checks import linter, rules
from consultation.survey.models import BankedQuestion, Questionnaire
from consultation.survey.permissions import NotAllowed
from consultation.survey.questionnaire import compile_document, sentences_of, written_from
from testimony.vault import audit
from testimony.vault.models import AuditEntry
from tests import factories
from tests.consultation.survey.test_questionnaire import with_everything
from tests.factories import Consultation, document, team_client

OTHER = {**document("survey"), "key": "other", "sections": document("survey")["sections"][:2]}


@pytest.fixture
def questionnaire(consultation: Consultation) -> Questionnaire:
    return Questionnaire.objects.get()


@pytest.fixture
def other(consultation: Consultation) -> Questionnaire:
    """Another questionnaire, with an age check and consent alone."""
    return actions.bring_in_questionnaire(document=OTHER)


@pytest.fixture
def rich(consultation: Consultation) -> Questionnaire:
    """A questionnaire with every type of question."""
    return actions.bring_in_questionnaire(document=with_everything() | {"key": "rich"})


@pytest.fixture
def editor(consultation: Consultation) -> Client:
    return team_client(factories.user("an editor"), "Editors")


def draft(questionnaire: Questionnaire) -> Questionnaire:
    questionnaire.refresh_from_db()
    text: Questionnaire = questionnaire.get_latest_revision_as_object()
    return text


def asked(questionnaire: Questionnaire) -> dict[str, dict[str, Any]]:
    """The questions of the newest draft, as they would be asked."""
    return {
        one["key"]: one
        for section in draft(questionnaire).document()["sections"]
        for one in section["questions"]
    }


def keep(questionnaire: Questionnaire, *keys: str) -> list[BankedQuestion]:
    return bank.keep_in_bank(by=None, questionnaire=questionnaire, keys=keys, topic="work")


def add(questionnaire: Questionnaire, *banked: BankedQuestion, page: str = "") -> list[bank.Added]:
    return bank.add_from_bank(by=None, questionnaire=questionnaire, banked=banked, page=page)


def _from_another(part: dict[str, Any]) -> dict[str, Any]:
    """A question as another questionnaire asks it: its condition stays behind."""
    return {**part, "condition": None}


# In and out.


def test_a_question_goes_through_the_bank_unchanged(
    rich: Questionnaire, other: Questionnaire
) -> None:
    keys = [one.key for one in bank.questions_of(draft(rich))]
    banked = keep(rich, *keys)
    assert [one.key for one in banked] == keys
    added = add(other, *banked)
    assert not any(one.has_another_key for one in added)
    before, after = asked(rich), asked(other)
    wanted = {
        key: _from_another(one)
        for key, one in before.items()
        if one["type"] not in bank.NEVER_BANKED
    }
    assert {key: after[key] for key in wanted} == wanted
    assert {one["key"] for one in wanted.values() if one.get("grid")} == {"at_police", "at_clinic"}


def test_questions_go_to_the_page_that_was_picked_as_a_new_draft(
    questionnaire: Questionnaire, other: Questionnaire
) -> None:
    banked = keep(questionnaire, "hours", "setting")
    before = other.latest_revision_id
    add(other, *banked, page="consent")
    text = draft(other)
    assert text.latest_revision_id != before
    sections = {one["key"]: one for one in text.document()["sections"]}
    assert [one["key"] for one in sections["consent"]["questions"]] == [
        "count",
        "words",
        "audience",
        "hours",
        "setting",
    ]
    other.refresh_from_db()
    assert not other.live
    assert [one.key for one in bank.questions_of(other)] == []


def test_a_new_page_bears_the_name_of_the_topic(
    questionnaire: Questionnaire, other: Questionnaire
) -> None:
    add(other, *keep(questionnaire, "hours"))
    last = draft(other).document()["sections"][-1]
    assert last["title"]["en"] == "Work and conditions"
    assert last["title"]["fr"]
    assert last["key"] not in ("", "age", "consent")


def test_a_key_that_is_taken_is_given_up(questionnaire: Questionnaire) -> None:
    (banked,) = keep(questionnaire, "hours")
    (added,) = add(questionnaire, banked, page="asks")
    assert added.has_another_key
    found = asked(questionnaire)
    assert found[added.key]["label"] == found["hours"]["label"]
    (again,) = add(questionnaire, banked, page="asks")
    assert again.key not in (added.key, "hours")


def test_a_key_that_meant_something_else_in_a_version_is_given_up(
    rich: Questionnaire, other: Questionnaire
) -> None:
    found = {**document("survey"), "key": "third"}
    found["sections"] = [*found["sections"][:2], *with_everything()["sections"][-1:]]
    found["sections"][-1] = {
        **found["sections"][-1],
        "condition": None,
        "questions": [{**found["sections"][-1]["questions"][5], "key": "ranked"}],
    }
    third = actions.bring_in_questionnaire(document=found)
    check = actions.check_questionnaire(third)
    actions.publish_questionnaire(by=None, questionnaire=third, checked=check.digest)
    text = draft(third)
    text.body = json.dumps(text.body.get_prep_value()[:2])
    text.save_revision()
    (ranked,) = keep(rich, "ranked")
    (added,) = add(third, ranked)
    assert added.has_another_key
    assert not any(
        one.rule == "type_kept" for one in actions.check_questionnaire(draft(third)).findings
    )
    (comes_along,) = add(other, ranked)
    assert comes_along.key == "ranked"


def test_rows_of_a_grid_give_their_keys_up_one_by_one(
    rich: Questionnaire, other: Questionnaire
) -> None:
    (grid,) = keep(rich, "offices")
    add(other, grid)
    (again,) = add(other, grid)
    rows = [one for one in asked(other).values() if one.get("grid")]
    assert len(rows) == 4
    assert len({one["key"] for one in rows}) == 4
    assert {one["grid"]["key"] for one in rows} == {"offices", again.key}


def test_translations_come_along_under_the_new_key(
    rich: Questionnaire, other: Questionnaire
) -> None:
    drafting.add_language(by=None, questionnaire=rich, language="ar")
    text = draft(rich)
    places = {
        place: f"ع {place}"
        for place in sentences_of(text.document())
        if place.split(".")[0] in ("grid", "question", "option")
    }
    text.translations = {"ar": places}
    text.save_revision()
    banked = keep(rich, "offices", "ranked")
    drafting.add_language(by=None, questionnaire=other, language="ar")
    add(other, *banked)
    found = asked(other)
    assert found["at_police"]["grid"]["label"]["ar"] == "ع grid.offices.label"
    assert found["at_police"]["label"]["ar"] == "ع question.at_police.label"
    assert found["at_police"]["options"][0]["label"]["ar"] == "ع option.offices.well"
    assert found["ranked"]["label"]["ar"] == "ع question.ranked.label"
    added = add(other, *banked)
    found = asked(other)
    assert all(one.has_another_key for one in added)
    assert found[added[1].key]["label"]["ar"] == "ع question.ranked.label"
    rows = [one for one in found.values() if (one.get("grid") or {}).get("key") == added[0].key]
    assert [one["label"]["ar"] for one in rows] == [
        "ع question.at_police.label",
        "ع question.at_clinic.label",
    ]


def test_a_row_that_is_gone_from_the_bank_takes_its_translation_with_it(
    rich: Questionnaire, other: Questionnaire
) -> None:
    drafting.add_language(by=None, questionnaire=rich, language="ar")
    text = draft(rich)
    text.translations = {
        "ar": {"question.at_police.label": "ع 1", "question.at_clinic.label": "ع 2"}
    }
    text.save_revision()
    (banked,) = keep(rich, "offices")
    value = banked.value
    value["rows"] = [row for row in value["rows"] if row["key"] != "at_clinic"]
    banked.question = [{**banked.question.raw_data[0], "value": value}]
    drafting.add_language(by=None, questionnaire=other, language="ar")
    add(other, banked)
    assert asked(other)["at_police"]["label"]["ar"] == "ع 1"
    assert "at_clinic" not in asked(other)


def test_a_condition_stays_behind(questionnaire: Questionnaire, other: Questionnaire) -> None:
    text = draft(questionnaire)
    body = text.body.get_prep_value()
    question = body[3]["value"]["questions"][0]
    question["when"] = {
        "match": "all",
        "tests": [{"question": "setting", "test": "any", "answers": "online", "number": None}],
        "rule": "",
    }
    text.body = json.dumps(body)
    text.save_revision()
    assert asked(questionnaire)[question["key"]]["condition"]
    add(other, *keep(questionnaire, question["key"]))
    assert asked(other)[question["key"]]["condition"] is None


# What the bank takes.


def test_age_check_and_consent_stay_out(questionnaire: Questionnaire) -> None:
    for key in ("age", "count", "words", "nothing_like_it"):
        with pytest.raises(BankRefused, match="does not ask"):
            keep(questionnaire, key)
    assert not BankedQuestion.objects.exists()


def test_the_bank_has_a_key_once_and_all_or_nothing_goes_in(questionnaire: Questionnaire) -> None:
    keep(questionnaire, "hours")
    with pytest.raises(BankRefused, match="has the key “hours” already"):
        keep(questionnaire, "setting", "hours")
    assert [one.key for one in BankedQuestion.objects.all()] == ["hours"]
    twin = BankedQuestion.objects.get()
    twin.pk = None
    with pytest.raises(ValidationError):
        twin.full_clean()
    with pytest.raises(IntegrityError):
        twin.save()


def test_a_question_written_in_the_bank_gets_a_key_and_keeps_it(db: None) -> None:
    value = {"type": "yes_no", "label": {"en": "Do you feel heard?", "fr": ""}}
    made = BankedQuestion(question=json.dumps([{"type": "question", "value": value}]))
    made.full_clean()
    made.save()
    assert made.key == made.value["key"] == "do_you_feel_heard"
    assert str(made) == "Do you feel heard?"
    made.save()
    assert BankedQuestion.objects.get().key == "do_you_feel_heard"


def test_nothing_is_added_when_nothing_or_no_page_was_picked(
    questionnaire: Questionnaire, other: Questionnaire
) -> None:
    banked = keep(questionnaire, "hours")
    before = other.latest_revision_id
    with pytest.raises(BankRefused, match="at least one"):
        add(other)
    with pytest.raises(BankRefused, match="not there any more"):
        add(other, *banked, page="gone")
    assert draft(other).latest_revision_id == before


def test_what_the_bank_loses_stays_in_questionnaires(
    questionnaire: Questionnaire, other: Questionnaire
) -> None:
    add(other, *keep(questionnaire, "hours"))
    BankedQuestion.objects.all().delete()
    assert "hours" in asked(other)


# Our standard questions.


def test_the_standard_questions_are_well_worded_in_both_languages() -> None:
    found = bank.standard_questions()
    allowed = {"one_age_check", "consent_asked", "describing_agreed", "duty_told"}
    around = {"support_given", "what_happens_next"}
    assert {one.rule for one in rules.findings(found)} <= allowed | around
    assert linter.findings(found) == []
    assert schema.schema_problems(found) == []
    assert compile_document(written_from(found), version="0.0") == found
    for place, words in sentences_of(found).items():
        assert all(words.values()), place


def test_the_standard_questions_cover_the_topics_and_order_of_merging() -> None:
    found = bank.standard_questions()
    topics = {one["key"] for one in found["sections"]}
    assert topics == set(BankedQuestion.Topic.values) - {"other"}
    by_key = {one["key"]: one for section in found["sections"] for one in section["questions"]}
    assert by_key["age_band"]["merge"]
    assert by_key["reporting_went"]["merge"]


def test_filling_the_bank_twice_adds_nothing_twice(questionnaire: Questionnaire) -> None:
    keep(questionnaire, "setting")
    made = bank.fill_bank(by=None)
    assert "setting" not in {one.key for one in made}
    assert {"age_band", "reporting_went", "office_treated"} <= {one.key for one in made}
    assert bank.fill_bank(by=None) == []
    assert len(made) + 1 == BankedQuestion.objects.count()


def test_a_standard_question_is_asked_as_it_stands(other: Questionnaire) -> None:
    bank.fill_bank(by=None)
    add(other, *BankedQuestion.objects.all())
    found = asked(other)
    for section in bank.standard_questions()["sections"]:
        for one in section["questions"]:
            assert found[one["key"]] == one


# Who may, and what is left when it fails.


def test_only_those_with_the_right_use_the_bank(
    questionnaire: Questionnaire, other: Questionnaire
) -> None:
    banked = keep(questionnaire, "hours")
    person = factories.user("somebody")
    with pytest.raises(NotAllowed):
        bank.keep_in_bank(by=person, questionnaire=questionnaire, keys=["setting"], topic="work")
    with pytest.raises(NotAllowed):
        bank.add_from_bank(by=person, questionnaire=other, banked=banked, page="")
    with pytest.raises(NotAllowed):
        bank.fill_bank(by=person)
    assert BankedQuestion.objects.count() == 1
    assert "hours" not in asked(other)


def test_a_locked_draft_takes_nothing_from_the_bank(
    questionnaire: Questionnaire, other: Questionnaire
) -> None:
    banked = keep(questionnaire, "hours")
    person, holder = factories.user("an editor"), factories.user("another editor")
    team_client(person, "Editors")
    other.locked, other.locked_by, other.locked_at = True, holder, timezone.now()
    other.save()
    with pytest.raises(NotAllowed, match="locked"):
        bank.add_from_bank(by=person, questionnaire=other, banked=banked, page="")
    assert "hours" not in asked(other)


class Sabotage(Exception):
    pass


def test_what_can_not_be_written_down_leaves_nothing_behind(
    questionnaire: Questionnaire, other: Questionnaire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_entry: Any) -> None:
        raise Sabotage

    banked = keep(questionnaire, "hours")
    before, entries = other.latest_revision_id, AuditEntry.objects.count()
    monkeypatch.setattr(audit, "append", fail)
    for act in (
        lambda: keep(questionnaire, "setting"),
        lambda: add(other, *banked),
        lambda: bank.fill_bank(by=None),
    ):
        with pytest.raises(Sabotage):
            act()
    assert [one.key for one in BankedQuestion.objects.all()] == ["hours"]
    assert draft(other).latest_revision_id == before
    assert AuditEntry.objects.count() == entries


# The pages.


def test_an_editor_ticks_questions_and_adds_them(
    editor: Client, questionnaire: Questionnaire, other: Questionnaire
) -> None:
    keep(questionnaire, "hours", "setting")
    address = reverse("surveys_room:add_from_bank", args=[other.pk])
    page = html.unescape(editor.get(address).content.decode())
    assert "Work and conditions" in page
    assert "Longer / About the same / Shorter" in page
    ticked = [str(one.pk) for one in BankedQuestion.objects.all()]
    answer = editor.post(address, {"banked": ticked, "page": "consent"}, follow=True)
    assert "2 questions are added to a new draft." in answer.content.decode()
    assert {"hours", "setting"} < set(asked(other))
    page = html.unescape(editor.get(address).content.decode())
    assert "It is in this questionnaire already." in page
    answer = editor.post(address, {"banked": ticked[:1], "page": ""}, follow=True)
    assert "as its own key is taken" in html.unescape(answer.content.decode())


def test_looking_and_ticking_leave_nothing_behind(
    editor: Client, questionnaire: Questionnaire, other: Questionnaire
) -> None:
    (banked,) = keep(questionnaire, "hours")
    address = reverse("surveys_room:add_from_bank", args=[other.pk])
    before = other.latest_revision_id
    editor.get(address)
    none = editor.post(address, {"page": "consent"})
    assert none.status_code == 422
    assert "Pick at least one question." in none.content.decode()
    wrong = editor.post(address, {"banked": banked.pk, "page": "gone"})
    assert wrong.status_code == 422
    assert f'value="{banked.pk}" checked' in wrong.content.decode()
    assert draft(other).latest_revision_id == before


def test_an_empty_bank_says_so(editor: Client, other: Questionnaire) -> None:
    page = editor.get(reverse("surveys_room:add_from_bank", args=[other.pk])).content.decode()
    assert "The bank is empty." in page


def test_an_editor_keeps_questions(editor: Client, questionnaire: Questionnaire) -> None:
    address = reverse("surveys_room:keep_in_bank", args=[questionnaire.pk])
    page = editor.get(address).content.decode()
    assert "Where do you mostly work?" in page
    assert "Are you 18 or older?" not in page
    answer = editor.post(address, {"keys": ["setting", "trust"], "topic": "safety"}, follow=True)
    assert "2 questions are in the bank." in answer.content.decode()
    assert "The bank has this one." in editor.get(address).content.decode()
    again = editor.post(address, {"keys": ["setting"], "topic": "safety"})
    assert again.status_code == 422
    assert "already" in html.unescape(again.content.decode())
    nothing = editor.post(address, {"topic": "safety"})
    assert "Pick at least one question." in nothing.content.decode()


def test_the_bank_is_listed_and_edited_and_has_no_copy(
    editor: Client, questionnaire: Questionnaire
) -> None:
    (banked,) = keep(questionnaire, "setting")
    page = editor.get(reverse("question_bank:list")).content.decode()
    assert "Where do you mostly work?" in page
    assert reverse("surveys_room:fill_bank") in page
    assert editor.get(reverse("question_bank:edit", args=[banked.pk])).status_code == 200
    with pytest.raises(NoReverseMatch):
        reverse("question_bank:copy", args=[banked.pk])


def test_the_standard_questions_are_put_in_after_asking_once(editor: Client) -> None:
    address = reverse("surveys_room:fill_bank")
    assert editor.get(address).status_code == 200
    assert not BankedQuestion.objects.exists()
    answer = editor.post(address, follow=True)
    assert "questions are new in the bank." in answer.content.decode()
    assert BankedQuestion.objects.count() > 15


def test_the_bank_is_for_those_who_write(questionnaire: Questionnaire) -> None:
    publisher = team_client(factories.user("a publisher"), "Publishers")
    for name in ("add_from_bank", "keep_in_bank"):
        address = reverse(f"surveys_room:{name}", args=[questionnaire.pk])
        assert publisher.get(address).status_code == 403
    assert publisher.post(reverse("surveys_room:fill_bank")).status_code == 403


def test_the_editor_leads_to_bank_languages_and_copy(
    editor: Client, questionnaire: Questionnaire
) -> None:
    page = editor.get(reverse("questionnaires:edit", args=[questionnaire.pk])).content.decode()
    for name in ("add_from_bank", "keep_in_bank", "translations", "copy"):
        assert reverse(f"surveys_room:{name}", args=[questionnaire.pk]) in page
