"""What the editor of a questionnaire shows beside its blocks: findings, menus, a preview."""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import translation

from consultation.survey import actions, blocks, editor, side_preview
from consultation.survey.blocks import QuestionBlock, WhenBlock
from consultation.survey.models import Questionnaire
from consultation.survey.questionnaire import TESTS, rule_of, when_of
from testimony.wizard.definition import QUESTION_TYPES
from testimony.wizard.naming import stored
from tests import factories
from tests.consultation.survey.test_questionnaire import options, question, survey
from tests.factories import team_client

pytestmark = pytest.mark.django_db

HARD_RULE = {">": [{"answer": "talk"}, 2]}


def written(document: dict[str, Any]) -> Questionnaire:
    """A draft that the editor saved: every block of it has an id."""
    draft = actions.bring_in_questionnaire(document=document)
    text = draft.get_latest_revision_as_object()
    assert [child.value for child in text.body]
    text.save_revision()
    draft.refresh_from_db()
    return draft


def with_page(*questions: dict[str, Any], **others: Any) -> dict[str, Any]:
    """The example survey with one more page, the last."""
    found = copy.deepcopy(survey())
    page = {
        "key": "more",
        "title": {"en": "More", "fr": "Plus"},
        "note": None,
        "minutes": 1,
        "condition": None,
        "questions": list(questions),
    }
    found["sections"].append({**page, **others})
    return found


def body(questionnaire: Questionnaire) -> list[dict[str, Any]]:
    return stored(questionnaire.get_latest_revision_as_object().body)


def last_page(questionnaire: Questionnaire) -> dict[str, Any]:
    return body(questionnaire)[-1]


def told(questionnaire: Questionnaire, rule: str) -> list[editor.Told]:
    return [one for one in editor.review(questionnaire).told if one.finding.rule == rule]


@pytest.fixture
def writer() -> Client:
    return team_client(factories.user("a writer"), "Editors")


# Findings.


def test_a_finding_about_a_question_stands_at_its_block() -> None:
    one_answer = question("pick", "single_choice", options=options("a"))
    draft = written(with_page(question("words_in", "short_text"), one_answer))
    (found,) = told(draft, "enough_options")
    assert found.is_problem
    assert found.block == last_page(draft)["value"]["questions"][1]["id"]


def test_a_finding_about_a_row_stands_at_its_grid() -> None:
    grid = {"key": "offices", "label": {"en": "Offices?", "fr": "Bureaux ?"}}
    rows = [
        question(key, "single_choice", options=options("a"), grid=grid)
        for key in ("at_police", "at_clinic")
    ]
    draft = written(with_page(*rows))
    blocks = {one.block for one in told(draft, "enough_options")}
    assert blocks == {last_page(draft)["value"]["questions"][0]["id"]}


def test_a_finding_about_a_page_stands_at_its_block() -> None:
    never = {"and": [{"==": [{"answer": "age"}, "adult"]}, {"==": [{"answer": "age"}, "no"]}]}
    draft = written(with_page(question("pick", "short_text"), condition=never))
    (found,) = told(draft, "reachable")
    assert found.block == last_page(draft)["id"]


def test_a_block_that_was_never_saved_by_the_editor_is_found_by_its_name() -> None:
    pick = question("pick", "single_choice", options=options("a"))
    draft = actions.bring_in_questionnaire(document=with_page(pick))
    (found,) = told(draft, "enough_options")
    assert (found.block, found.finding.question, found.finding.section) == ("", "pick", "more")


def test_a_finding_about_the_whole_stands_at_no_block() -> None:
    document = survey() | {"support": []}
    (found,) = told(written(document), "support_given")
    assert found.block == ""


def test_what_is_told_is_all_that_the_check_finds() -> None:
    draft = written(with_page(question("pick", "single_choice", options=options("a"))))
    check = actions.check_questionnaire(draft)
    review = editor.review(draft)
    assert [one.finding for one in review.told] == list(check.findings)
    assert len(review.problems) + len(review.warnings) == len(check.findings)


def test_every_block_that_has_a_name_is_named_by_its_id() -> None:
    draft = written(with_page(question("pick", "single_choice", options=options("a", "b"))))
    names = editor.review(draft).names
    page = last_page(draft)
    asked = page["value"]["questions"][0]
    assert names[page["id"]] == "more"
    assert names[asked["id"]] == "pick"
    assert [names[one["id"]] for one in asked["value"]["options"]] == ["a", "b"]


def test_the_editor_counts_problems_and_links_each_to_its_block(writer: Client) -> None:
    draft = written(with_page(question("pick", "single_choice", options=options("a"))))
    page = writer.get(reverse("questionnaires:edit", args=[draft.pk])).content.decode()
    block = last_page(draft)["value"]["questions"][0]["id"]
    assert f'href="#block-{block}-section"' in page
    assert "1 problem," in page
    assert "Give “pick?” on page 7, “More” at least two answers to pick." in page


def test_a_new_questionnaire_says_that_the_check_comes_with_the_draft(writer: Client) -> None:
    page = writer.get(reverse("questionnaires:add")).content.decode()
    assert "Once the draft is saved" in page


def test_findings_are_asked_for_again_while_somebody_writes(writer: Client) -> None:
    draft = written(survey())
    address = reverse("surveys_room:findings", args=[draft.pk])
    before = writer.get(address).content.decode()
    text = draft.get_latest_revision_as_object()
    text.title_fr = ""
    text.save_revision()
    after = writer.get(address).content.decode()
    missing = "Not written in French yet: the title and introduction."
    assert missing not in before
    assert missing in after


def test_looking_at_findings_changes_nothing(writer: Client) -> None:
    draft = written(survey())
    address = reverse("surveys_room:findings", args=[draft.pk])
    assert writer.post(address).status_code == 405
    assert "no-cache" in writer.get(address)["Cache-Control"]
    newest = Questionnaire.objects.get(pk=draft.pk)
    assert newest.latest_revision_id == draft.latest_revision_id
    assert newest.revisions.count() == 2


def test_findings_are_for_those_who_write_or_publish() -> None:
    draft = written(survey())
    address = reverse("surveys_room:findings", args=[draft.pk])
    reader = team_client(factories.user("a reader"), "Peer readers")
    assert reader.get(address).status_code == 403
    assert Client().get(address).status_code == 302
    publisher = team_client(factories.user("a publisher"), "Publishers")
    assert publisher.get(address).status_code == 200


# Menus.


def test_every_type_that_is_asked_about_has_tests_and_every_test_a_type() -> None:
    offered = {test for tests in editor.FITTING.values() for test in tests}
    assert offered == set(TESTS)
    assert set(editor.FITTING) <= QUESTION_TYPES
    kinds = dict(blocks.TestBlock().child_blocks["test"].field.choices)
    assert set(kinds) == set(TESTS)


def test_no_menu_offers_a_test_that_could_never_hold() -> None:
    silent = QUESTION_TYPES - set(editor.FITTING)
    assert silent == {"short_text", "long_text", "month", "information", "pictures"}


def test_every_field_that_a_type_needs_is_a_field_of_the_block() -> None:
    block = QuestionBlock()
    types = {code for code, _label in block.child_blocks["type"].field.choices}
    for name, needing in editor.NEEDED.items():
        assert name in block.child_blocks
        assert set(needing) <= types


def test_a_folded_away_field_is_still_stored() -> None:
    block = QuestionBlock()
    laid_out = set(block.meta.form_layout.get_sorted_block_names())
    assert laid_out == set(block.child_blocks)


def test_the_script_speaks_the_language_of_the_person_who_edits() -> None:
    with translation.override("fr"):
        french = editor.settings_of_script()
    english = editor.settings_of_script()
    assert french["wayOut"]["label"] == "J’aime mieux ne pas le dire"
    assert english["wayOut"]["label"] == "I would rather not say"
    assert (french["language"], english["language"]) == ("fr", "en")
    json.dumps(french)


def test_no_word_of_the_script_is_taken_for_a_placeholder() -> None:
    values = {"number", "title", "key", "label", "rule", "count", "question", "answers"}
    for words in editor.settings_of_script()["words"].values():
        words.format(**dict.fromkeys(values, "x"))


@pytest.mark.parametrize("rule", ["not a rule", "[1, 2]", '{"==": '])
def test_what_is_no_rule_is_not_stored(rule: str) -> None:
    with pytest.raises(ValidationError):
        WhenBlock().clean(WhenBlock().to_python({"match": "all", "tests": [], "rule": rule}))


def test_a_rule_that_was_brought_in_is_kept_letter_by_letter() -> None:
    when = when_of(HARD_RULE, frozenset())
    assert when["rule"]
    cleaned = WhenBlock().clean(WhenBlock().to_python(when))
    assert rule_of(WhenBlock().get_prep_value(cleaned), frozenset()) == HARD_RULE


# The preview in the side panel.


def test_the_preview_shows_every_page_of_what_stands_in_the_editor() -> None:
    draft = written(with_page(question("pick", "single_choice", options=options("a", "b"))))
    text = draft.get_latest_revision_as_object()
    text.title_en = "Not saved yet"
    page = side_preview.preview(text, "en").content.decode()
    assert "Not saved yet" in page
    assert "not published" in page
    assert [f"Page {number} of 7" in page for number in range(1, 8)] == [True] * 7
    assert 'name="q-pick"' in page or "pick?" in page
    assert draft.get_latest_revision_as_object().title_en != "Not saved yet"


def test_the_preview_speaks_the_language_of_its_mode() -> None:
    draft = written(survey())
    assert draft.preview_modes == [("en", "English"), ("fr", "French")]
    page = side_preview.preview(draft, "fr").content.decode()
    assert '<html lang="fr" dir="ltr">' in page
    assert "La sécurité au travail" in page


def test_a_page_with_a_condition_says_so() -> None:
    rule = {"==": [{"answer": "setting"}, "online"]}
    plain = side_preview.preview(written(with_page(question("pick", "short_text"))), "en")
    assert "it has a condition" not in plain.content.decode()
    draft = written(with_page(question("pick", "short_text"), condition=rule) | {"key": "other"})
    assert "it has a condition" in side_preview.preview(draft, "en").content.decode()


def test_a_condition_that_is_still_wrong_is_not_in_the_way_of_looking() -> None:
    gone = {"==": [{"answer": "nowhere"}, "yes"]}
    draft = written(with_page(question("pick", "short_text", condition=gone)))
    page = side_preview.preview(draft, "en").content.decode()
    assert "pick?" in page
    assert "Page 7 of 7" in page


def test_a_text_that_is_no_journey_yet_says_what_is_in_the_way() -> None:
    page = side_preview.preview(Questionnaire(title_en="Nothing yet"), "en").content.decode()
    assert "There are no pages to show yet" in page
    assert "has no section" in page
    assert not Questionnaire.objects.exists()


def test_the_preview_has_nothing_to_send_and_runs_nothing() -> None:
    page = side_preview.preview(written(survey()), "en").content.decode()
    for part in ("<form", "<script", "<button", "style=", "<a "):
        assert part not in page


def typed(draft: Questionnaire) -> str:
    """What the editor's form holds, as a browser sends it, when somebody took out every page."""
    fields = {
        "title_en": "Only looked at",
        "languages": "en",
        "key": draft.key,
        "body-count": "0",
        "support-count": "0",
        "next_steps-count": "0",
    }
    others = ("title_fr", "introduction_en", "introduction_fr", "duty_en", "duty_fr")
    return urlencode(fields | dict.fromkeys(others, ""))


def look_at_typed(client: Client, draft: Questionnaire) -> Any:
    """As the side panel asks: what was typed is sent, then the page is fetched."""
    address = reverse("questionnaires:preview_on_edit", args=[draft.pk])
    sent = client.post(address, typed(draft), "application/x-www-form-urlencoded")
    assert sent.json() == {"is_valid": True, "is_available": True}
    return client.get(address, {"mode": "en"})


def test_only_the_admin_frames_the_preview(writer: Client) -> None:
    draft = written(survey())
    answer = look_at_typed(writer, draft)
    assert answer.status_code == 200
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


def test_the_preview_is_for_those_who_write() -> None:
    draft = written(survey())
    address = reverse("questionnaires:preview_on_edit", args=[draft.pk])
    reader = team_client(factories.user("a reader"), "Peer readers")
    assert reader.get(address).status_code == 302
    assert Client().get(address).status_code == 302


def test_looking_at_unsaved_words_keeps_no_draft_of_them(writer: Client) -> None:
    draft = written(survey())
    page = look_at_typed(writer, draft).content.decode()
    assert "There are no pages to show yet" in page
    newest = Questionnaire.objects.get(pk=draft.pk)
    assert newest.get_latest_revision_as_object().title_en == "Safety at work: a short survey"
    assert newest.latest_revision_id == draft.latest_revision_id
