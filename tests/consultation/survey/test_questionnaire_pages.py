"""Writing, checking and publishing a questionnaire, as the team does it in the admin."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook
from wagtail.models import GroupApprovalTask, Workflow, WorkflowContentType, WorkflowTask

from consultation.survey import actions
from consultation.survey.models import Questionnaire, Survey
from consultation.survey.previews import draft_preview_address, survey_preview_address
from testimony.vault.models import PendingRecord
from tests import factories
from tests.factories import Consultation, team_client
from tests.testimony.wizard.test_journey import Phone


@pytest.fixture
def questionnaire(consultation: Consultation) -> Questionnaire:
    return Questionnaire.objects.get()


@pytest.fixture
def editor(consultation: Consultation) -> Client:
    return team_client(factories.user("an editor"), "Editors")


@pytest.fixture
def publisher(consultation: Consultation) -> Client:
    return team_client(factories.user("a publisher"), "Publishers")


def _page(client: Client, name: str, questionnaire: Questionnaire) -> str:
    response = client.get(reverse(f"surveys_room:{name}", args=[questionnaire.pk]))
    assert response.status_code == 200
    return response.content.decode()


def _draft(questionnaire: Questionnaire, **texts: str) -> None:
    text = questionnaire.get_latest_revision_as_object()
    for name, words in texts.items():
        setattr(text, name, words)
    text.save_revision()
    questionnaire.refresh_from_db()


def _checked(page: str) -> str:
    found = re.search(r'name="checked" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def test_an_editor_reaches_list_form_and_history(
    editor: Client, questionnaire: Questionnaire
) -> None:
    for name in ("list", "add"):
        assert editor.get(reverse(f"questionnaires:{name}")).status_code == 200
    for name in ("edit", "history"):
        page = editor.get(reverse(f"questionnaires:{name}", args=[questionnaire.pk]))
        assert page.status_code == 200
    body = editor.get(reverse("questionnaires:edit", args=[questionnaire.pk])).content.decode()
    assert reverse("surveys_room:publish", args=[questionnaire.pk]) in body


def test_an_editor_sees_what_changed_but_does_not_publish(
    editor: Client, questionnaire: Questionnaire
) -> None:
    _draft(questionnaire, title_en="Safety, in short")
    page = _page(editor, "publish", questionnaire)
    assert "<ins>Safety, in short</ins>" in page
    assert "Somebody with the role Publishers publishes it." in page
    assert "Publish version" not in page
    checked = actions.check_questionnaire(questionnaire).digest
    address = reverse("surveys_room:publish", args=[questionnaire.pk])
    answer = editor.post(address, {"checked": checked})
    assert answer.status_code == 422
    assert questionnaire.versions.count() == 1


def test_a_publisher_publishes_what_was_looked_at(
    publisher: Client, questionnaire: Questionnaire
) -> None:
    _draft(questionnaire, title_en="Safety, in short")
    page = _page(publisher, "publish", questionnaire)
    assert "Publish version 1.1" in page
    address = reverse("surveys_room:publish", args=[questionnaire.pk])
    answer = publisher.post(address, {"checked": _checked(page)}, follow=True)
    assert "Version 1.1 is published." in answer.content.decode()
    assert [one.number for one in questionnaire.versions.all()] == ["1.1", "1.0"]


def test_a_publisher_may_choose_the_larger_number(
    publisher: Client, questionnaire: Questionnaire
) -> None:
    _draft(questionnaire, title_en="Something else altogether")
    page = _page(publisher, "publish", questionnaire)
    address = reverse("surveys_room:publish", args=[questionnaire.pk])
    publisher.post(address, {"checked": _checked(page), "is_larger": "yes"})
    assert questionnaire.versions.first().number == "2.0"  # type: ignore[union-attr]


def test_a_text_that_changed_meanwhile_is_looked_at_again(
    publisher: Client, questionnaire: Questionnaire
) -> None:
    _draft(questionnaire, title_en="First")
    checked = _checked(_page(publisher, "publish", questionnaire))
    _draft(questionnaire, title_en="Second")
    address = reverse("surveys_room:publish", args=[questionnaire.pk])
    answer = publisher.post(address, {"checked": checked})
    assert answer.status_code == 422
    assert "changed while you looked" in answer.content.decode()
    assert questionnaire.versions.count() == 1


def test_where_there_is_a_workflow_only_what_went_through_it_is_published(
    publisher: Client, questionnaire: Questionnaire
) -> None:
    workflow = Workflow.objects.create(name="A second look")
    task = GroupApprovalTask.objects.create(name="Read it")
    task.groups.add(Group.objects.get(name="Publishers"))
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    kind = ContentType.objects.get_for_model(Questionnaire)
    WorkflowContentType.objects.create(workflow=workflow, content_type=kind)
    _draft(questionnaire, title_en="Not looked at")
    page = _page(publisher, "publish", questionnaire)
    assert "Nobody has approved this text yet." in page
    assert "Publish version" not in page
    questionnaire.latest_revision.publish()
    questionnaire.refresh_from_db()
    assert "Publish version 1.1" in _page(publisher, "publish", questionnaire)


def test_two_versions_stand_side_by_side(publisher: Client, questionnaire: Questionnaire) -> None:
    _draft(questionnaire, title_en="Safety, in short")
    checked = actions.check_questionnaire(questionnaire).digest
    actions.publish_questionnaire(by=None, questionnaire=questionnaire, checked=checked)
    page = _page(publisher, "versions", questionnaire)
    assert "From 1.0 to 1.1" in page
    assert "<del>Safety at work: a short survey</del>" in page
    assert "Only the words changed" in page
    address = reverse("surveys_room:versions", args=[questionnaire.pk])
    swapped = publisher.get(address, {"older": "1.1", "newer": "1.0"}).content.decode()
    assert "<ins>Safety at work: a short survey</ins>" in swapped
    strange = publisher.get(address, {"older": "9.9", "newer": "<b>"})
    assert strange.status_code == 200


def test_the_pages_are_for_those_who_write_or_publish(questionnaire: Questionnaire) -> None:
    reader = team_client(factories.user("a reader"), "Peer readers")
    for name in ("publish", "versions"):
        address = reverse(f"surveys_room:{name}", args=[questionnaire.pk])
        assert reader.get(address).status_code == 403
        assert Client().get(address).status_code == 302


# Opening and closing.


def _opening(
    consultation: Consultation, questionnaire: Questionnaire, **others: str
) -> dict[str, str]:
    today = timezone.now().date()
    return {
        "name": "A second survey",
        "version": str(questionnaire.versions.get().pk),
        "collection": str(consultation.collection.pk),
        "opens_on": (today - dt.timedelta(days=1)).isoformat(),
        "closes_on": (today + dt.timedelta(days=9)).isoformat(),
        "timezone": "America/Toronto",
        **others,
    }


def test_a_survey_is_opened_with_a_published_version(
    editor: Client, consultation: Consultation, questionnaire: Questionnaire
) -> None:
    address = reverse("surveys_room:open", args=[questionnaire.pk])
    assert editor.get(address).status_code == 200
    answer = editor.post(address, _opening(consultation, questionnaire), follow=True)
    survey = Survey.objects.get(name="A second survey")
    page = answer.content.decode()
    assert survey.address_in("fr") in page
    assert "It is open today." in page
    assert Client().get(survey.address_in("en")).status_code == 200


def test_wrong_days_are_told_beside_what_was_typed(
    editor: Client, consultation: Consultation, questionnaire: Questionnaire
) -> None:
    late = (consultation.collection.withdrawal_deadline + dt.timedelta(days=1)).isoformat()
    wrong = _opening(consultation, questionnaire, closes_on=late)
    answer = editor.post(reverse("surveys_room:open", args=[questionnaire.pk]), wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "nobody could take their words back" in page
    assert 'value="A second survey"' in page
    assert Survey.objects.count() == 1


def test_a_name_that_is_taken_is_told(
    editor: Client, consultation: Consultation, questionnaire: Questionnaire
) -> None:
    taken = _opening(consultation, questionnaire, name=consultation.survey.name)
    answer = editor.post(reverse("surveys_room:open", args=[questionnaire.pk]), taken)
    assert "There is a survey with this name already." in answer.content.decode()


def test_nothing_is_opened_before_something_is_published(editor: Client) -> None:
    draft = actions.bring_in_questionnaire(document=factories.document("survey") | {"key": "new"})
    answer = editor.get(reverse("surveys_room:open", args=[draft.pk]), follow=True)
    assert "Publish a version first." in answer.content.decode()


def test_an_open_survey_moves_to_a_newer_version_and_those_inside_stay(
    editor: Client, consultation: Consultation, questionnaire: Questionnaire
) -> None:
    inside = Phone(consultation.survey_path)
    inside.begin()
    inside.post(q_age="adult")
    _draft(questionnaire, title_en="Safety, in short")
    checked = actions.check_questionnaire(questionnaire).digest
    newer = actions.publish_questionnaire(by=None, questionnaire=questionnaire, checked=checked)
    survey = consultation.survey
    given = {
        "name": survey.name,
        "version": str(newer.pk),
        "opens_on": survey.opens_on.isoformat(),
        "closes_on": survey.closes_on.isoformat(),
        "timezone": survey.timezone,
    }
    editor.post(reverse("surveys:edit", args=[survey.pk]), given)
    survey.refresh_from_db()
    assert survey.version == newer
    assert "Safety, in short" in Client().get(consultation.survey_path).content.decode()
    inside.post(q_count="yes", q_words="quote", q_audience="public")
    for answers in ({"q_setting": "online"}, {"q_trust": "t2"}, {"q_first_ask": "consult"}):
        inside.post(**answers)
    inside.post(go="submit", q_receipt="yes")
    record = PendingRecord.objects.get()
    assert record.definition_id == questionnaire.versions.get(minor=0).definition_id


def test_a_survey_never_asks_the_version_of_another_questionnaire(
    editor: Client, consultation: Consultation
) -> None:
    other = actions.bring_in_questionnaire(document=factories.document("survey") | {"key": "other"})
    checked = actions.check_questionnaire(other).digest
    version = actions.publish_questionnaire(by=None, questionnaire=other, checked=checked)
    survey = consultation.survey
    with pytest.raises(actions.VersionRefused, match="stays with its questionnaire"):
        actions.set_survey(
            by=None,
            survey=survey,
            name=survey.name,
            version=version,
            opens_on=survey.opens_on,
            closes_on=survey.closes_on,
            timezone=survey.timezone,
        )


def test_a_survey_is_closed_with_one_button_after_asking_once(
    editor: Client, consultation: Consultation
) -> None:
    address = reverse("surveys_room:close", args=[consultation.survey.public_id])
    assert editor.get(address).status_code == 200
    consultation.survey.refresh_from_db()
    assert consultation.survey.is_open
    editor.post(address)
    consultation.survey.refresh_from_db()
    assert not consultation.survey.is_open


# Previews.


def test_a_draft_is_looked_at_page_by_page_before_it_is_published(
    editor: Client, questionnaire: Questionnaire
) -> None:
    _draft(questionnaire, title_en="Safety, in short")
    first = draft_preview_address(questionnaire.pk, "draft", "en", "start")
    page = editor.get(first).content.decode()
    assert "Safety, in short" in page
    assert "not published" in page
    for step in ("page-consent", "page-calling", "check", "finished"):
        found = editor.get(draft_preview_address(questionnaire.pk, "draft", "fr", step))
        assert found.status_code == 200
    edit = editor.get(reverse("questionnaires:edit", args=[questionnaire.pk]))
    assert first in edit.content.decode()


def test_a_draft_that_asks_nothing_yet_leads_to_what_is_missing(editor: Client) -> None:
    empty = Questionnaire.objects.create(title_en="Nothing yet")
    empty.save_revision()
    answer = editor.get(draft_preview_address(empty.pk, "draft", "en", "start"), follow=True)
    assert "can’t be shown as pages yet" in answer.content.decode().replace("&#x27;", "’")
    assert "exactly one age check" in answer.content.decode()


def test_the_page_of_a_survey_leads_to_its_previews(
    editor: Client, consultation: Consultation
) -> None:
    page = editor.get(reverse("surveys:edit", args=[consultation.survey.pk])).content.decode()
    assert survey_preview_address(consultation.survey, "live", "fr", "start") in page


# Files.


def _bring(client: Client, name: str, data: bytes) -> tuple[int, str]:
    file = SimpleUploadedFile(name, data)
    answer = client.post(reverse("surveys_room:bring_in"), {"file": file}, follow=True)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("kind", ["json", "xlsx"])
def test_what_is_taken_out_can_be_brought_in_and_asks_the_same(
    kind: str, editor: Client, questionnaire: Questionnaire
) -> None:
    address = reverse("surveys_room:take_out", args=[questionnaire.pk, kind])
    file = editor.get(address)
    assert "attachment" in file["Content-Disposition"]
    status, page = _bring(editor, f"a.{kind}", file.content)
    assert status == 200
    assert "It is here as a draft." in page
    made = Questionnaire.objects.exclude(pk=questionnaire.pk).get()
    assert made.key != questionnaire.key
    assert not made.live
    assert made.document() | {"key": ""} == questionnaire.document() | {"key": ""}


def test_what_can_not_be_taken_in_is_told_by_row_and_nothing_is_kept(editor: Client) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "survey"
    for row in (
        ("type", "name", "label"),
        ("begin repeat", "visits", "Visits"),
        ("text", "what", "What happened?"),
        ("end repeat", "", ""),
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    status, page = _bring(editor, "form.xlsx", out.getvalue())
    assert status == 422
    assert "row 2" in page
    assert "Repeated groups are not kept" in page
    assert Questionnaire.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "data"), [("a.json", b"{}"), ("a.json", b"\xff"), ("a.xlsx", b"no"), ("a.txt", b"x")]
)
def test_a_file_of_another_kind_is_told_plainly(name: str, data: bytes, editor: Client) -> None:
    status, page = _bring(editor, name, data)
    assert status == 422
    assert "Nothing was kept." in page


def test_only_those_who_add_questionnaires_bring_files_in(publisher: Client) -> None:
    assert publisher.get(reverse("surveys_room:bring_in")).status_code == 403
