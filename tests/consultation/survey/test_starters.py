"""Beginning a questionnaire: empty, from a template, as a copy. And the key, which then stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import NoReverseMatch, reverse

from consultation.survey import actions, drafting, placeholders, schema
from consultation.survey.checks import cues, linter, rules
from consultation.survey.models import Questionnaire, Survey
from consultation.survey.permissions import NotAllowed
from consultation.survey.questionnaire import compile_document, sentences_of, written_from
from consultation.survey.starters import NAMES, Starter, starter, starters
from testimony.vault import audit
from testimony.vault.models import AuditEntry
from testimony.wizard import definition
from testimony.wizard.checking import Severity
from testimony.wizard.versions import NotReady
from tests import factories
from tests.factories import Consultation, document, team_client

TEMPLATES = starters()


@pytest.fixture
def questionnaire(consultation: Consultation) -> Questionnaire:
    return Questionnaire.objects.get()


@pytest.fixture
def editor(consultation: Consultation) -> Client:
    return team_client(factories.user("an editor"), "Editors")


@pytest.fixture
def publisher(consultation: Consultation) -> Client:
    return team_client(factories.user("a publisher"), "Publishers")


# Templates.


def _filled_in(part: Any) -> Any:
    """A template as a group would use it: with words of its own where double brackets stand."""
    if isinstance(part, str):
        return part.replace("[[", "").replace("]]", "")
    if isinstance(part, dict):
        return {name: _filled_in(value) for name, value in part.items()}
    return [_filled_in(item) for item in part] if isinstance(part, list) else part


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_a_template_lacks_nothing_but_what_only_its_users_know(template: Starter) -> None:
    found = _filled_in(dict(template.document))
    assert rules.findings(found) == []
    assert linter.findings(found) == []
    assert schema.schema_problems(found) == []
    assert list(placeholders.findings(found)) == []
    definition.parse(found)


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_a_template_is_whole_in_both_languages(template: Starter) -> None:
    assert template.document["languages"] == ["en", "fr"]
    for place, words in sentences_of(template.document).items():
        assert all(words.values()), place
        assert words["en"] != words["fr"] or words["en"].isdigit(), place


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_a_template_asks_nobody_who_they_are(template: Starter) -> None:
    for place, words in sentences_of(template.document).items():
        assert not any(cues.asks_who(sentence) for sentence in words.values()), place


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_a_template_is_short_and_asks_in_several_ways(template: Starter) -> None:
    questions = [one for section in template.document["sections"] for one in section["questions"]]
    kinds = {one["type"] for one in questions}
    assert 3 <= template.pages <= 6
    assert template.minutes <= 15
    assert {"age_check", "consent", "single_choice", "multiple_choice", "ranking"} < kinds
    assert "long_text" in kinds
    assert any(one["headline"] for one in questions)
    assert any(one.get("merge") for one in questions)


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_a_template_says_how_long_it_takes(template: Starter) -> None:
    english, french = {10: ("ten", "dix"), 12: ("twelve", "douze")}[template.minutes]
    assert f"about {english} minutes" in template.introduction("en")
    assert f"environ {french} minutes" in template.introduction("fr")


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_a_template_goes_into_blocks_and_out_again_unchanged(template: Starter) -> None:
    written = written_from(template.document)
    assert compile_document(written, version="0.0") == template.document


def test_what_stands_in_double_brackets_is_never_published(db: None) -> None:
    made = drafting.begin_from_template(by=None, name="office")
    check = actions.check_questionnaire(made)
    problems = [one for one in check.findings if one.severity == Severity.PROBLEM]
    assert {one.rule for one in problems} == {"filled_in"}
    assert any("Peer support near you" in one.sentence for one in problems)
    assert {one.section for one in problems} == {"", "contact"}
    with pytest.raises(NotReady):
        actions.publish_questionnaire(by=None, questionnaire=made, checked=check.digest)


def test_brackets_that_nobody_closed_are_found_too() -> None:
    found = document("survey") | {"title": {"en": "Safety in [[our town", "fr": "Ici"}}
    assert [one.rule for one in placeholders.findings(found)] == ["filled_in"]


def test_an_editor_begins_with_a_template(editor: Client) -> None:
    page = editor.get(reverse("surveys_room:start")).content.decode()
    for template in TEMPLATES:
        assert template.title("en") in page
    address = reverse("surveys_room:start_from_template", args=["conditions"])
    answer = editor.post(address, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/admin/questionnaires/edit/")
    made = Questionnaire.objects.get(title_en="Working conditions and safety at work")
    assert made.key.startswith("working-conditions-and-safety")
    assert not made.live
    again = editor.post(address, follow=True)
    assert again.status_code == 200
    assert Questionnaire.objects.filter(title_en=made.title_en).count() == 2


def test_a_template_that_does_not_exist_is_not_found(editor: Client) -> None:
    address = reverse("surveys_room:start_from_template", args=["nothing"])
    assert editor.post(address).status_code == 404


def test_the_ways_to_begin_are_for_those_who_add(
    publisher: Client, questionnaire: Questionnaire
) -> None:
    assert publisher.get(reverse("surveys_room:start")).status_code == 403
    for address in (
        reverse("surveys_room:start_from_template", args=["office"]),
        reverse("surveys_room:start_from_copy"),
        reverse("surveys_room:copy", args=[questionnaire.pk]),
    ):
        assert publisher.post(address).status_code == 403
    assert Questionnaire.objects.count() == 1


def test_the_list_leads_to_the_ways_to_begin(editor: Client, questionnaire: Questionnaire) -> None:
    page = editor.get(reverse("questionnaires:list")).content.decode()
    assert f'href="{reverse("surveys_room:start")}"' in page
    assert f'href="{reverse("questionnaires:add")}"' not in page
    assert reverse("surveys_room:copy", args=[questionnaire.pk]) in page


def test_a_template_is_known_by_its_name_alone() -> None:
    assert starter("office").title("fr-ca") == starter("office").title("fr")
    with pytest.raises(LookupError):
        starter("../demo/survey")


# Copies.


def test_a_copy_asks_the_same_under_a_key_of_its_own(
    editor: Client, questionnaire: Questionnaire
) -> None:
    text = questionnaire.get_latest_revision_as_object()
    text.languages = "en,fr,ar"
    text.translations = {"ar": {"title": "السلامة"}}
    text.translated_from = {"ar": {"title": "0" * 16}}
    text.save_revision()
    answer = editor.post(reverse("surveys_room:copy", args=[questionnaire.pk]), follow=True)
    assert "This is the copy." in answer.content.decode()
    made = Questionnaire.objects.exclude(pk=questionnaire.pk).get()
    own = {"key": "", "title": {}}
    assert made.document() | own == text.document() | own
    assert made.title_en == "Copy of Safety at work: a short survey"
    assert made.title_fr.startswith("Cop")
    assert made.translations == text.translations
    assert made.translated_from == text.translated_from
    assert made.key not in ("", questionnaire.key)
    assert not made.live
    assert made.latest_revision_id is not None


def test_a_copy_leaves_versions_and_surveys_where_they_are(
    questionnaire: Questionnaire, consultation: Consultation
) -> None:
    made = drafting.copy_questionnaire(by=None, questionnaire=questionnaire)
    assert made.versions.count() == 0
    assert questionnaire.versions.count() == 1
    assert Survey.objects.get().version.questionnaire == questionnaire
    assert not made.is_key_fixed


def test_a_copy_is_of_the_newest_draft(questionnaire: Questionnaire) -> None:
    text = questionnaire.get_latest_revision_as_object()
    text.introduction_en = "Written this morning."
    text.save_revision()
    questionnaire.refresh_from_db()
    made = drafting.copy_questionnaire(by=None, questionnaire=questionnaire)
    assert made.introduction_en == "Written this morning."


def test_a_copy_of_a_long_title_fits(questionnaire: Questionnaire) -> None:
    questionnaire.title_en = "t" * 120
    questionnaire.title_fr = ""
    questionnaire.save()
    made = drafting.copy_questionnaire(by=None, questionnaire=questionnaire)
    assert len(made.title_en) == 120
    assert made.title_fr == ""


def test_a_copy_of_a_copy_can_be_published_beside_the_first(questionnaire: Questionnaire) -> None:
    made = drafting.copy_questionnaire(by=None, questionnaire=questionnaire)
    again = drafting.copy_questionnaire(by=None, questionnaire=made)
    assert again.key not in (made.key, questionnaire.key)
    checked = actions.check_questionnaire(again).digest
    version = actions.publish_questionnaire(by=None, questionnaire=again, checked=checked)
    assert (version.key, version.number) == (again.key, "1.0")


def test_the_start_page_copies_what_is_picked(editor: Client, questionnaire: Questionnaire) -> None:
    address = reverse("surveys_room:start_from_copy")
    wrong = editor.post(address, {"questionnaire": ""})
    assert wrong.status_code == 422
    title = wrong.content.decode().partition("<title>")[2]
    assert title.strip().startswith("Error:")
    editor.post(address, {"questionnaire": questionnaire.pk})
    assert Questionnaire.objects.count() == 2


def test_only_those_who_add_copy_and_begin(questionnaire: Questionnaire) -> None:
    somebody = factories.user("somebody")
    with pytest.raises(NotAllowed):
        drafting.copy_questionnaire(by=somebody, questionnaire=questionnaire)
    with pytest.raises(NotAllowed):
        drafting.begin_from_template(by=somebody, name="office")
    assert Questionnaire.objects.count() == 1


class Sabotage(Exception):
    pass


def sabotage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_entry: Any) -> None:
        raise Sabotage

    monkeypatch.setattr(audit, "append", fail)


def test_a_copy_that_can_not_be_written_down_leaves_nothing_behind(
    questionnaire: Questionnaire, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = AuditEntry.objects.count()
    sabotage(monkeypatch)
    with pytest.raises(Sabotage):
        drafting.copy_questionnaire(by=None, questionnaire=questionnaire)
    with pytest.raises(Sabotage):
        drafting.begin_from_template(by=None, name="office")
    assert Questionnaire.objects.count() == 1
    assert AuditEntry.objects.count() == entries


def test_wagtails_own_copy_can_not_take_the_key_along(
    editor: Client, questionnaire: Questionnaire
) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("questionnaires:copy", args=[questionnaire.pk])
    assert editor.get(f"/admin/questionnaires/copy/{questionnaire.pk}/").status_code == 404


# The key.


def test_the_key_stays_once_a_version_is_published(questionnaire: Questionnaire) -> None:
    questionnaire.key = "another"
    for keep in (questionnaire.save, questionnaire.save_revision, questionnaire.full_clean):
        with pytest.raises(ValidationError, match="can’t change any more"):
            keep()
    questionnaire.refresh_from_db()
    assert questionnaire.key == questionnaire.versions.get().key


def test_the_key_of_a_draft_may_still_change_and_the_first_version_takes_it(db: None) -> None:
    made = actions.bring_in_questionnaire(document=document("survey") | {"key": "first"})
    text = made.get_latest_revision_as_object()
    text.key = "second"
    text.save_revision()
    made.refresh_from_db()
    checked = actions.check_questionnaire(made).digest
    version = actions.publish_questionnaire(by=None, questionnaire=made, checked=checked)
    made.refresh_from_db()
    assert made.key == version.key == "second"


def test_an_older_draft_does_not_bring_an_older_key_back(db: None) -> None:
    made = actions.bring_in_questionnaire(document=document("survey") | {"key": "first"})
    older = made.latest_revision
    text = made.get_latest_revision_as_object()
    text.key = "second"
    text.save_revision()
    made.refresh_from_db()
    checked = actions.check_questionnaire(made).digest
    actions.publish_questionnaire(by=None, questionnaire=made, checked=checked)
    made.refresh_from_db()
    assert older.as_object().key == "second"
    older.as_object().save_revision()


def test_a_key_that_versions_go_by_is_never_given_to_another(questionnaire: Questionnaire) -> None:
    key = questionnaire.key
    Survey.objects.all().delete()
    questionnaire.delete()
    assert not Questionnaire.may_be_called(key)
    with pytest.raises(ValidationError, match="Versions of another questionnaire"):
        Questionnaire(title_en="New", key=key).save()


def test_the_editor_shows_the_key_and_takes_no_other(
    editor: Client, questionnaire: Questionnaire
) -> None:
    page = editor.get(reverse("questionnaires:edit", args=[questionnaire.pk])).content.decode()
    field = page[page.index('name="key"') :].partition(">")[0]
    assert "disabled" in field
    assert "It can’t change any more" in page
    draft = actions.bring_in_questionnaire(document=document("survey") | {"key": "new"})
    page = editor.get(reverse("questionnaires:edit", args=[draft.pk])).content.decode()
    assert "disabled" not in page[page.index('name="key"') :].partition(">")[0]


def test_a_posted_key_changes_nothing_after_publishing(
    editor: Client, questionnaire: Questionnaire
) -> None:
    empty = {
        f"{name}-{count}": "0" for name in ("body", "support", "next_steps") for count in ("count",)
    }
    given = {"key": "another", "title_en": "New", "languages": "en,fr", **empty}
    editor.post(reverse("questionnaires:edit", args=[questionnaire.pk]), given)
    questionnaire.refresh_from_db()
    text = questionnaire.get_latest_revision_as_object()
    assert text.title_en == "New"
    assert text.key == questionnaire.key == questionnaire.versions.get().key
