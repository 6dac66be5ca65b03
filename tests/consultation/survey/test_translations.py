"""Languages beside English and French: written place by place, counted, and kept up to date."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import GroupApprovalTask, Workflow, WorkflowContentType, WorkflowTask

from consultation.survey import actions, drafting
from consultation.survey.coverage import languages_of_draft, languages_of_version
from consultation.survey.drafting import LanguageRefused, Said, TranslationRefused
from consultation.survey.models import Questionnaire
from consultation.survey.permissions import NotAllowed
from consultation.survey.questionnaire import compile_document, places_of, written_from
from consultation.survey.translating import (
    Line,
    coverage_of,
    coverage_of_draft,
    digest_of,
    follow,
    marks_lost,
    pages_of,
    sources_of,
)
from testimony.vault import audit
from testimony.vault.models import AuditEntry
from testimony.wizard import definition
from tests import factories
from tests.consultation.survey.test_questionnaire import with_everything
from tests.factories import Consultation, document, team_client

ARABIC = "العربية"


def everything() -> dict[str, Any]:
    """Every type of question, and everything around the pages."""
    found = with_everything()
    found["duty"] = {"en": "We may have to tell.", "fr": "Nous devrons peut-être le dire."}
    found["next_steps"] = [
        {"en": "We count.", "fr": "Nous comptons."},
        {"en": "We write.", "fr": "Nous écrivons."},
    ]
    return found


@pytest.fixture
def questionnaire(consultation: Consultation) -> Questionnaire:
    return Questionnaire.objects.get()


@pytest.fixture
def editor(consultation: Consultation) -> Client:
    return team_client(factories.user("an editor"), "Editors")


@pytest.fixture
def arabic(questionnaire: Questionnaire) -> Questionnaire:
    drafting.add_language(by=None, questionnaire=questionnaire, language="ar")
    questionnaire.refresh_from_db()
    return questionnaire


def draft(questionnaire: Questionnaire) -> Questionnaire:
    questionnaire.refresh_from_db()
    text: Questionnaire = questionnaire.get_latest_revision_as_object()
    return text


def lines_of(questionnaire: Questionnaire, language: str = "ar") -> dict[str, Line]:
    text = draft(questionnaire)
    pages = pages_of(text.written(), text.translated_from, language)
    return {line.place: line for page in pages for line in page.lines}


def said(line: Line, sentence: str, *, is_right: bool = False) -> Said:
    return Said(line.place, sentence, line.source, digest_of(line.said), is_right)


def say(questionnaire: Questionnaire, **sentences: str) -> int:
    lines = lines_of(questionnaire)
    return drafting.save_translations(
        by=None,
        questionnaire=questionnaire,
        language="ar",
        said=[said(lines[place], words) for place, words in sentences.items()],
    )


def say_all(questionnaire: Questionnaire) -> int:
    return say(questionnaire, **{place: f"ع {place}" for place in lines_of(questionnaire)})


def change(questionnaire: Questionnaire, **texts: str) -> None:
    text = draft(questionnaire)
    for name, words in texts.items():
        setattr(text, name, words)
    text.save_revision()


# Places.


def test_everything_that_is_said_has_a_place() -> None:
    written = written_from(everything() | {"languages": ["en", "fr", "ar"]})
    words = {place: f"«{place}»" for place in places_of(written)}
    found = compile_document(replace(written, translations={"ar": words}), version="1.0")
    parsed = definition.parse(found)
    assert parsed.languages == ("en", "fr", "ar")
    sentences = list(_in_arabic(found))
    assert all(one.startswith("«") for one in sentences)
    kinds = {one.strip("«»").split(".")[0] for one in sentences}
    assert kinds == {
        "title",
        "introduction",
        "duty",
        "support",
        "next_step",
        "section",
        "grid",
        "question",
        "option",
    }


def _in_arabic(part: Any) -> Any:
    if isinstance(part, dict):
        if {"en", "fr", "ar"} <= set(part):
            yield part["ar"]
        else:
            for inner in part.values():
                yield from _in_arabic(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _in_arabic(inner)


def test_lines_stand_page_by_page_in_the_order_of_the_pages() -> None:
    written = written_from(everything())
    pages = pages_of(written, {}, "ar")
    assert [page.key for page in pages] == ["", *(one["key"] for one in written.sections)]
    assert [line.place for line in pages[0].lines[:3]] == ["title", "introduction", "duty"]
    assert "support.0.detail" in {line.place for line in pages[0].lines}
    every = [line.place for page in pages for line in page.lines]
    assert every == list(places_of(written))


def test_coverage_counts_what_is_written() -> None:
    written = written_from(everything())
    total = len(places_of(written))
    some = replace(
        written_from(everything() | {"languages": ["en", "fr", "ar"]}),
        translations={"ar": {"title": "عنوان", "gone.place": "x"}},
    )
    english, french, arabic = coverage_of_draft(some, {"ar": {"title": "0" * 16}})
    assert (english.done, english.total, english.is_whole) == (total, total, True)
    assert (french.done, french.total) == (total, total)
    assert (arabic.done, arabic.total, arabic.stale) == (1, total, 1)
    frozen = coverage_of(everything())
    assert [(one.language, one.done, one.total) for one in frozen] == [
        ("en", total, total),
        ("fr", total, total),
    ]


def test_a_draft_and_its_document_are_counted_alike() -> None:
    languages = {"languages": ["en", "fr", "ar"]}
    some = replace(
        written_from(everything() | languages),
        translations={"ar": {"title": "عنوان", "duty": "واجب"}},
    )
    assert coverage_of_draft(some, {}) == coverage_of(compile_document(some, version="0.0"))


# Saving.


def test_sentences_are_saved_as_a_new_draft(arabic: Questionnaire) -> None:
    before = arabic.latest_revision_id
    assert say(arabic, title="السلامة", introduction="مقدمة") == 2
    text = draft(arabic)
    assert text.latest_revision_id != before
    assert text.translations["ar"]["title"] == "السلامة"
    assert text.document()["title"]["ar"] == "السلامة"
    arabic.refresh_from_db()
    assert arabic.translations == {}
    assert AuditEntry.objects.filter(action="questionnaire translated").count() == 1


def test_nothing_changed_makes_no_new_draft(arabic: Questionnaire) -> None:
    say(arabic, title="السلامة")
    before = draft(arabic).latest_revision_id
    assert say(arabic, title="السلامة") == 0
    assert draft(arabic).latest_revision_id == before


def test_an_emptied_sentence_is_missing_again(arabic: Questionnaire) -> None:
    say(arabic, title="السلامة")
    say(arabic, title="")
    assert "title" not in draft(arabic).translations["ar"]
    assert not lines_of(arabic)["title"].said


def test_a_whole_translation_is_published_and_counted_at_its_version(
    arabic: Questionnaire,
) -> None:
    assert actions.check_questionnaire(arabic).problems
    count = say_all(arabic)
    check = actions.check_questionnaire(draft(arabic))
    assert check.problems == []
    version = actions.publish_questionnaire(by=None, questionnaire=arabic, checked=check.digest)
    told = [one.in_words for one in languages_of_version(version)]
    assert told[2] == f"Arabic: {count} of {count} sentences"
    assert [one.code for one in languages_of_version(version)] == ["en", "fr", "ar"]


def test_what_changed_since_it_was_translated_is_marked(arabic: Questionnaire) -> None:
    say(arabic, title="السلامة", introduction="مقدمة")
    assert not lines_of(arabic)["title"].is_stale
    change(arabic, title_en="Safety, in other words")
    assert lines_of(arabic)["title"].is_stale
    assert not lines_of(arabic)["introduction"].is_stale
    told = languages_of_draft(draft(arabic))[2].in_words
    assert "2 of " in told
    assert "(1 sentence says older words)" in told


def test_a_sentence_that_still_holds_is_said_to(arabic: Questionnaire) -> None:
    say(arabic, title="السلامة")
    change(arabic, title_fr="La sécurité, autrement")
    line = lines_of(arabic)["title"]
    kept = [said(line, line.said, is_right=True)]
    drafting.save_translations(by=None, questionnaire=arabic, language="ar", said=kept)
    assert not lines_of(arabic)["title"].is_stale
    assert lines_of(arabic)["title"].said == "السلامة"


def test_what_is_written_anew_is_not_stale(arabic: Questionnaire) -> None:
    say(arabic, title="السلامة")
    change(arabic, title_en="Something else")
    say(arabic, title="شيء آخر")
    assert not lines_of(arabic)["title"].is_stale


def test_a_placeholder_is_never_lost_on_the_way(arabic: Questionnaire) -> None:
    change(arabic, title_en="Safety in [[our town]]")
    with pytest.raises(TranslationRefused) as refusal:
        say(arabic, title="السلامة", introduction="مقدمة")
    assert list(refusal.value.problems) == ["title"]
    assert "[[our town]]" in refusal.value.problems["title"]
    assert draft(arabic).translations.get("ar", {}) == {}
    say(arabic, title="السلامة في [[our town]]")


def test_every_kind_of_mark_is_looked_for() -> None:
    line = Line("title", "{name}, %(count)s of [[all]] {name}", "", "", "", is_stale=False)
    assert marks_lost(line, "{name} %(count)s [[all]] {name}") == []
    assert marks_lost(line, "{name}") == ["%(count)s", "[[all]]", "{name}"]
    only_french = Line("title", "", "{nom}", "", "", is_stale=False)
    assert marks_lost(only_french, "x") == ["{nom}"]


def test_words_that_changed_meanwhile_are_looked_at_again(arabic: Questionnaire) -> None:
    line = lines_of(arabic)["title"]
    change(arabic, title_en="Something else")
    with pytest.raises(TranslationRefused) as refusal:
        drafting.save_translations(
            by=None, questionnaire=arabic, language="ar", said=[said(line, "السلامة")]
        )
    assert "changed while you wrote" in refusal.value.problems["title"]


def test_two_translators_never_overwrite_each_other_unseen(arabic: Questionnaire) -> None:
    line = lines_of(arabic)["title"]
    say(arabic, title="الأولى")
    with pytest.raises(TranslationRefused) as refusal:
        drafting.save_translations(
            by=None, questionnaire=arabic, language="ar", said=[said(line, "الثانية")]
        )
    assert "“الأولى”" in refusal.value.problems["title"]
    same = [said(line, "الأولى")]
    drafting.save_translations(by=None, questionnaire=arabic, language="ar", said=same)


def test_two_translators_on_two_sentences_are_both_kept(arabic: Questionnaire) -> None:
    lines = lines_of(arabic)
    say(arabic, title="الأولى")
    drafting.save_translations(
        by=None,
        questionnaire=arabic,
        language="ar",
        said=[said(lines["title"], ""), said(lines["introduction"], "مقدمة")],
    )
    assert set(draft(arabic).translations["ar"]) == {"title", "introduction"}


def test_a_sentence_that_is_asked_no_more_is_not_dropped_in_silence(
    arabic: Questionnaire,
) -> None:
    given = Said("question.gone.label", "كلمات", "0" * 16, digest_of(""))
    with pytest.raises(TranslationRefused) as refusal:
        drafting.save_translations(by=None, questionnaire=arabic, language="ar", said=[given])
    assert "not asked any more" in refusal.value.problems["question.gone.label"]


# Lines without a key keep their translation when they change places.


def test_support_and_next_steps_take_their_translations_along(arabic: Questionnaire) -> None:
    text = draft(arabic)
    text.next_steps = [("next_step", {"en": "A", "fr": "A"}), ("next_step", {"en": "B", "fr": "B"})]
    text.save_revision()
    names = {place: f"ع {place}" for place in lines_of(arabic) if place.startswith("support.")}
    say(arabic, **names, **{"next_step.0": "أ", "next_step.1": "ب"})
    text = draft(arabic)
    lines = list(text.support)
    text.support = [(one.block_type, one.value) for one in (lines[2], lines[0], lines[1])]
    text.next_steps = [(one.block_type, one.value) for one in reversed(text.next_steps)]
    text.save_revision()
    found = draft(arabic).document()
    assert [one["name"]["ar"] for one in found["support"]] == [
        "ع support.2.name",
        "ع support.0.name",
        "ع support.1.name",
    ]
    assert found["support"][0]["detail"]["ar"] == "ع support.2.detail"
    assert [one["ar"] for one in found["next_steps"]] == ["ب", "أ"]
    assert not any(line.is_stale for line in lines_of(arabic).values())


@given(st.permutations(range(4)))
def test_every_order_of_lines_takes_its_words_along(order: list[int]) -> None:
    before = everything() | {"languages": ["en", "fr", "ar"]}
    before["next_steps"] = [{"en": f"step {n}", "fr": f"pas {n}"} for n in range(4)]
    written = replace(
        written_from(before), translations={"ar": {f"next_step.{n}": f"خ{n}" for n in range(4)}}
    )
    after = {**before, "next_steps": [before["next_steps"][n] for n in order]}
    moved = replace(written_from(after), translations=written.translations)
    found, sources = follow(moved, sources_of(written))
    assert [found["ar"][f"next_step.{place}"] for place in range(4)] == [f"خ{n}" for n in order]
    assert sources == sources_of(replace(moved, translations=found))


# Languages come and go.


def test_a_language_comes_and_goes_and_its_sentences_stay(arabic: Questionnaire) -> None:
    say(arabic, title="السلامة")
    drafting.remove_language(by=None, questionnaire=arabic, language="ar")
    assert draft(arabic).language_codes == ("en", "fr")
    assert "ar" not in draft(arabic).document()["title"]
    drafting.add_language(by=None, questionnaire=arabic, language="ar")
    assert lines_of(arabic)["title"].said == "السلامة"


@pytest.mark.parametrize("code", ["fr", "ar", "", "x", "AR", "ar,es", "arabic-in-a-long-code" * 3])
def test_what_is_no_new_language_is_refused(code: str, arabic: Questionnaire) -> None:
    with pytest.raises(LanguageRefused):
        drafting.add_language(by=None, questionnaire=arabic, language=code)


@pytest.mark.parametrize("code", ["en", "es"])
def test_only_a_language_beside_the_blocks_is_taken_away(code: str, arabic: Questionnaire) -> None:
    with pytest.raises(LanguageRefused):
        drafting.remove_language(by=None, questionnaire=arabic, language=code)


def test_the_last_language_stays(db: None) -> None:
    found = {**document("survey"), "key": "new"}
    made = actions.bring_in_questionnaire(document=found)
    text = made.get_latest_revision_as_object()
    text.languages = "ar"
    text.save_revision()
    made.refresh_from_db()
    with pytest.raises(LanguageRefused, match="at least"):
        drafting.remove_language(by=None, questionnaire=made, language="ar")


# Who may, and what is left when it fails.


def _all_changes(questionnaire: Questionnaire, by: Any) -> list[Any]:
    line = lines_of(questionnaire)["title"]
    return [
        lambda: drafting.add_language(by=by, questionnaire=questionnaire, language="es"),
        lambda: drafting.remove_language(by=by, questionnaire=questionnaire, language="ar"),
        lambda: drafting.save_translations(
            by=by, questionnaire=questionnaire, language="ar", said=[said(line, "السلامة")]
        ),
    ]


def test_only_those_who_write_change_languages(arabic: Questionnaire) -> None:
    before = draft(arabic).latest_revision_id
    for act in _all_changes(arabic, factories.user("somebody")):
        with pytest.raises(NotAllowed):
            act()
    assert draft(arabic).latest_revision_id == before


def test_a_lock_of_somebody_else_is_kept(arabic: Questionnaire) -> None:
    person, other = factories.user("an editor"), factories.user("another editor")
    team_client(person, "Editors")
    arabic.locked, arabic.locked_by, arabic.locked_at = True, other, timezone.now()
    arabic.save()
    before = draft(arabic).latest_revision_id
    for act in _all_changes(arabic, person):
        with pytest.raises(NotAllowed, match="locked"):
            act()
    assert draft(arabic).latest_revision_id == before
    arabic.locked_by = person
    arabic.save()
    drafting.add_language(by=person, questionnaire=arabic, language="es")


def test_a_text_that_somebody_is_looking_at_stays_as_it_is(arabic: Questionnaire) -> None:
    person = factories.user("an editor")
    team_client(person, "Editors")
    workflow = Workflow.objects.create(name="A second look")
    task = GroupApprovalTask.objects.create(name="Read it")
    task.groups.add(Group.objects.get(name="Publishers"))
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    kind = ContentType.objects.get_for_model(Questionnaire)
    WorkflowContentType.objects.create(workflow=workflow, content_type=kind)
    arabic.refresh_from_db()
    workflow.start(arabic, person)
    for act in _all_changes(arabic, person):
        with pytest.raises(NotAllowed, match="looking at it"):
            act()


class Sabotage(Exception):
    pass


def test_a_change_that_can_not_be_written_down_leaves_nothing_behind(
    arabic: Questionnaire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_entry: Any) -> None:
        raise Sabotage

    before, entries = draft(arabic).latest_revision_id, AuditEntry.objects.count()
    monkeypatch.setattr(audit, "append", fail)
    for act in _all_changes(arabic, None):
        with pytest.raises(Sabotage):
            act()
    assert draft(arabic).latest_revision_id == before
    assert arabic.revisions.count() == 2
    assert AuditEntry.objects.count() == entries


# The pages.


def _fields(page: str) -> dict[str, str]:
    """The names of the sentence fields on a page, by their place."""
    names = re.findall(r'<textarea name="(said-[^"]+)"', page)
    return {name.split("-", 3)[3]: name for name in names}


def _page(client: Client, questionnaire: Questionnaire, key: str = "") -> str:
    address = reverse("surveys_room:translate", args=[questionnaire.pk, "ar"])
    answer = client.get(address, {"page": key})
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def _post(client: Client, questionnaire: Questionnaire, given: dict[str, str]) -> Any:
    address = reverse("surveys_room:translate", args=[questionnaire.pk, "ar"])
    return client.post(address, given)


def test_an_editor_adds_a_language_and_writes_a_sentence(
    editor: Client, questionnaire: Questionnaire
) -> None:
    address = reverse("surveys_room:translations", args=[questionnaire.pk])
    assert "English (en)" in editor.get(address).content.decode()
    answer = editor.post(address, {"language": "ar", "code": ""}, follow=True)
    page = html.unescape(answer.content.decode())
    assert "Arabic is added." in page
    assert 'lang="ar" dir="rtl"' in page
    field = _fields(page)["title"]
    answer = _post(editor, questionnaire, {field: "السلامة", "go": "next", "next": "age"})
    assert answer["Location"].endswith("?page=age")
    assert lines_of(questionnaire)["title"].said == "السلامة"
    total = len(lines_of(questionnaire))
    assert f"Arabic: 1 of {total} sentences" in _page(editor, questionnaire)
    publishing = editor.get(reverse("surveys_room:publish", args=[questionnaire.pk]))
    assert f"Arabic: 1 of {total} sentences" in publishing.content.decode()


def test_a_page_shows_the_sentences_of_one_page_with_their_marks(
    editor: Client, arabic: Questionnaire
) -> None:
    page = _page(editor, arabic, "work")
    assert "Where do you mostly work?" in page
    assert "Où travaillez-vous le plus souvent?" in page
    assert "Are you 18 or older?" not in page
    assert set(_fields(page)) == {
        place
        for one in pages_of(draft(arabic).written(), {}, "ar")
        if one.key == "work"
        for place in (line.place for line in one.lines)
    }
    say(arabic, **{"section.work.title": "عملك"})
    text = draft(arabic)
    body = text.body.get_prep_value()
    body[2]["value"]["title"]["en"] = "Your work today"
    text.body = json.dumps(body)
    text.save_revision()
    page = _page(editor, arabic, "work")
    assert "The words changed since this was written." in page
    assert "It is still right" in page


def test_typed_words_survive_every_refusal(editor: Client, arabic: Questionnaire) -> None:
    change(arabic, title_en="Safety in [[our town]]")
    fields = _fields(_page(editor, arabic))
    answer = _post(editor, arabic, {fields["title"]: "السلامة", fields["introduction"]: "مقدمة"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "Nothing was saved yet." in page
    assert "This must stand in it as it is: [[our town]]" in page
    assert "السلامة</textarea>" in page
    assert "مقدمة</textarea>" in page
    change(arabic, title_en="Another title")
    answer = _post(editor, arabic, {fields["title"]: "السلامة"})
    page = html.unescape(answer.content.decode())
    assert "changed while you wrote" in page
    assert "السلامة</textarea>" in page
    again = _fields(page)["title"]
    assert _post(editor, arabic, {again: "السلامة"}).status_code == 302
    assert lines_of(arabic)["title"].said == "السلامة"


def test_typed_words_survive_a_lock_and_a_language_that_went(
    editor: Client, arabic: Questionnaire
) -> None:
    fields = _fields(_page(editor, arabic))
    other = factories.user("another editor")
    Questionnaire.objects.filter(pk=arabic.pk).update(locked=True, locked_by=other)
    answer = _post(editor, arabic, {fields["title"]: "السلامة"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "is locked" in page
    assert "السلامة</textarea>" in page
    Questionnaire.objects.filter(pk=arabic.pk).update(locked=False, locked_by=None)
    drafting.remove_language(by=None, questionnaire=arabic, language="ar")
    answer = _post(editor, arabic, {fields["title"]: "السلامة"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "not translated into this language any more" in page
    assert "السلامة</textarea>" in page


def test_words_for_a_question_that_went_are_given_back(
    editor: Client, arabic: Questionnaire
) -> None:
    field = f"said-{'0' * 16}-{digest_of('')}-question.gone.label"
    answer = _post(editor, arabic, {field: "كلمات لا تضيع"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "كلمات لا تضيع" in page
    assert "not asked any more" in page


@pytest.mark.parametrize("name", ["said-", "said-x-y", "said-" + "0" * 16 + "-", "other"])
def test_fields_that_are_none_change_nothing(
    name: str, editor: Client, arabic: Questionnaire
) -> None:
    before = draft(arabic).latest_revision_id
    assert _post(editor, arabic, {name: "x"}).status_code in (302, 422)
    assert draft(arabic).latest_revision_id == before


def test_after_saving_nobody_is_sent_elsewhere(editor: Client, arabic: Questionnaire) -> None:
    answer = _post(editor, arabic, {"go": "next", "next": "//elsewhere.example/"})
    assert answer["Location"] == reverse("surveys_room:translate", args=[arabic.pk, "ar"])


def test_a_language_is_taken_away_after_asking_once(editor: Client, arabic: Questionnaire) -> None:
    address = reverse("surveys_room:remove_language", args=[arabic.pk, "ar"])
    assert editor.get(address).status_code == 200
    assert "ar" in draft(arabic).language_codes
    editor.post(address)
    assert "ar" not in draft(arabic).language_codes
    assert editor.post(address).status_code == 422
    assert editor.get(reverse("surveys_room:translate", args=[arabic.pk, "ar"])).status_code == 404


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"language": "", "code": ""}, "Choose a language, or write its code."),
        ({"language": "", "code": "X9"}, "Two or three small letters"),
        ({"language": "", "code": "fr"}, "in this language already"),
    ],
)
def test_a_language_that_can_not_be_added_is_told(
    given: dict[str, str], words: str, editor: Client, questionnaire: Questionnaire
) -> None:
    answer = editor.post(reverse("surveys_room:translations", args=[questionnaire.pk]), given)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_language_that_is_not_listed_is_added_by_its_code(
    editor: Client, questionnaire: Questionnaire
) -> None:
    address = reverse("surveys_room:translations", args=[questionnaire.pk])
    assert editor.post(address, {"language": "", "code": "cr"}).status_code == 302
    assert draft(questionnaire).language_codes == ("en", "fr", "cr")


def test_those_who_only_publish_see_and_change_nothing(arabic: Questionnaire) -> None:
    publisher = team_client(factories.user("a publisher"), "Publishers")
    page = _page(publisher, arabic)
    assert "readonly" in page
    assert "Save as a draft" not in page
    field = _fields(page)["title"]
    assert _post(publisher, arabic, {field: "السلامة"}).status_code == 422
    remove = reverse("surveys_room:remove_language", args=[arabic.pk, "ar"])
    assert publisher.post(remove).status_code == 403
    assert draft(arabic).translations == {}
    reader = team_client(factories.user("a reader"), "Peer readers")
    assert reader.get(reverse("surveys_room:translations", args=[arabic.pk])).status_code == 403


def test_the_versions_page_tells_how_far_each_language_is(
    editor: Client, questionnaire: Questionnaire
) -> None:
    page = editor.get(reverse("surveys_room:versions", args=[questionnaire.pk])).content.decode()
    total = len(places_of(questionnaire.written()))
    assert f"English: {total} of {total} sentences" in page
    assert f"French: {total} of {total} sentences" in page


def test_a_file_in_three_languages_comes_in_with_nothing_stale(db: None) -> None:
    found = document("survey")

    def in_arabic(part: Any) -> Any:
        if isinstance(part, dict):
            if set(part) == {"en", "fr"}:
                return {**part, "ar": f"ع {part['en']}"}
            return {name: in_arabic(value) for name, value in part.items()}
        return [in_arabic(item) for item in part] if isinstance(part, list) else part

    made = actions.bring_in_questionnaire(
        document={**in_arabic(found), "key": "three", "languages": ["en", "fr", "ar"]}
    )
    assert not any(line.is_stale for line in lines_of(made).values())
    assert all(line.said for line in lines_of(made).values())
    change(made, title_en="Other words")
    assert [place for place, line in lines_of(made).items() if line.is_stale] == ["title"]
