"""From what an editor wrote to what people are asked, and back."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from consultation.survey import actions
from consultation.survey.models import Questionnaire, QuestionnaireVersion
from consultation.survey.naming import give_names
from consultation.survey.questionnaire import (
    compile_document,
    places_of,
    rule_of,
    when_of,
    written_from,
)
from testimony.vault.models import FrozenDefinition
from testimony.wizard.versions import NotReady, PublishingRefused
from tests.factories import Consultation, document

SEVERAL = frozenset({"many"})


def survey() -> dict[str, Any]:
    return copy.deepcopy(document("survey"))


def question(key: str, kind: str, **others: Any) -> dict[str, Any]:
    return {
        "key": key,
        "type": kind,
        "label": {"en": f"{key}?", "fr": f"{key} ?"},
        "hint": None,
        "options": [],
        "required": False,
        "condition": None,
        "sensitivity": "opinion",
        "headline": False,
        "permission": None,
        "max_length": None,
        "minimum": None,
        "maximum": None,
        **others,
    }


def options(*codes: str) -> list[dict[str, Any]]:
    return [
        {"code": code, "label": {"en": code, "fr": code.upper()}, "exclusive": False}
        for code in codes
    ]


def with_everything() -> dict[str, Any]:
    """A document that uses every type the blocks hold."""
    found = survey()
    grid = {"key": "offices", "label": {"en": "How did they treat you?", "fr": "Comment?"}}
    found["sections"].append(
        {
            "key": "all",
            "title": {"en": "All", "fr": "Tout"},
            "note": {"en": "Hard.", "fr": "Dur."},
            "minutes": 3,
            "support": True,
            "condition": {"in": [{"answer": "setting"}, ["online", "outdoor"]]},
            "questions": [
                question("at_police", "single_choice", options=options("well", "badly"), grid=grid),
                question("at_clinic", "single_choice", options=options("well", "badly"), grid=grid),
                question("ranked", "ranking", options=options("a", "b", "c"), picks=2),
                question("since", "month", minimum=2000, maximum=2026, prefer_not=True),
                question("years_at_it", "number", minimum=0, maximum=80, prefer_not=True),
                question("words_of", "short_text", max_length=80),
                question("last", "scale", options=options("s1", "s2", "s3"), merge=[["s1", "s2"]]),
                question(
                    "nested",
                    "single_choice",
                    options=options("x", "y", "prefer_not"),
                    condition={
                        "and": [
                            {"==": [{"answer": "would_call"}, "no"]},
                            {
                                "or": [
                                    {"==": [{"language": []}, "fr"]},
                                    {"not": [{"==": [{"answer": "trust"}, "t1"]}]},
                                ]
                            },
                        ]
                    },
                ),
            ],
        }
    )
    return found


# Into blocks, and out again.


@pytest.mark.parametrize("make", [survey, with_everything], ids=["example", "every type"])
def test_a_document_goes_into_blocks_and_out_again_unchanged(make: Any) -> None:
    before = make()
    assert compile_document(written_from(before), version=before["version"]) == before


def test_a_language_beside_english_and_french_is_a_translation_of_each_place() -> None:
    def in_arabic(part: Any) -> Any:
        if isinstance(part, dict):
            if set(part) == {"en", "fr"}:
                return {**part, "ar": f"«{part['en']}»"}
            return {name: in_arabic(value) for name, value in part.items()}
        return [in_arabic(item) for item in part] if isinstance(part, list) else part

    before = in_arabic(with_everything()) | {"languages": ["en", "fr", "ar"]}
    written = written_from(before)
    assert set(written.translations) == {"ar"}
    assert set(written.translations["ar"]) <= set(places_of(written))
    assert compile_document(written, version="1.0") == before


def test_what_is_not_written_yet_compiles_with_a_mark_in_its_place() -> None:
    written = written_from(survey() | {"languages": ["en", "es"]})
    found = compile_document(written, version="0.0", missing="[missing]")
    assert found["title"]["en"] != "[missing]"
    assert found["title"]["es"] == "[missing]"


def test_prefer_not_to_say_is_added_last_to_what_is_picked_from() -> None:
    before = survey()
    written = written_from(before)
    for section in written.sections:
        for item in section["questions"]:
            item["prefer_not"] = True
    asked = {
        item["key"]: item
        for section in compile_document(written, version="1.0")["sections"]
        for item in section["questions"]
    }
    assert asked["setting"]["options"][-1]["code"] == "prefer_not"
    assert asked["effects"]["options"][-1] | {"label": 0} == {
        "code": "prefer_not",
        "label": 0,
        "exclusive": True,
    }
    assert asked["else"]["prefer_not"] is True
    assert "prefer_not" not in asked["age"]
    assert [item["code"] for item in asked["count"]["options"]] == ["no", "yes"]


# Conditions.

codes = st.sampled_from(["a", "b", "c"])
keys = st.sampled_from(["one", "two", "many"])
leaves = st.one_of(
    st.builds(lambda k, c: {"==": [{"answer": k}, c]}, keys, codes),
    st.builds(lambda k, c: {"!=": [{"answer": k}, c]}, keys, codes),
    st.builds(lambda k, c: {"in": [{"answer": k}, c]}, keys, st.lists(codes)),
    st.builds(lambda k, c: {"any-in": [{"answer": k}, c]}, keys, st.lists(codes)),
    st.builds(lambda k, c: {"all-in": [c, {"answer": k}]}, keys, st.lists(codes)),
    st.builds(lambda k, n: {">=": [{"answer": k}, n]}, keys, st.integers(0, 9)),
    st.builds(lambda k, n: {"<": [{"answer": k}, n]}, keys, st.integers(0, 9)),
    st.builds(lambda k, n: {">=": [{"count": {"answer": k}}, n]}, keys, st.integers(0, 9)),
)
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"and": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"or": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": [part]}, inner),
    ),
    max_leaves=6,
)


@given(rules)
def test_no_rule_changes_by_being_written_in_blocks(rule: dict[str, Any]) -> None:
    assert rule_of(when_of(rule, SEVERAL), SEVERAL) == rule


@pytest.mark.parametrize(
    "rule",
    [
        {"==": [{"answer": "one"}, "a"]},
        {"in": [{"answer": "one"}, ["a", "b"]]},
        {"any-in": [{"answer": "many"}, ["a", "b"]]},
        {"not": [{"==": [{"answer": "one"}, "a"]}]},
        {"and": [{"==": [{"answer": "one"}, "a"]}, {"<=": [{"answer": "two"}, 4]}]},
        {"or": [{">=": [{"count": {"answer": "many"}}, 2]}, {"==": [{"answer": "one"}, "b"]}]},
    ],
)
def test_common_rules_stand_as_tests_that_an_editor_can_change(rule: dict[str, Any]) -> None:
    found = when_of(rule, SEVERAL)
    assert found["tests"]
    assert not found["rule"]


def test_a_note_that_was_taken_out_is_gone_though_its_translation_is_kept() -> None:
    whole = written_from({**document("survey"), "languages": ["en", "fr"]})
    first, *rest = whole.sections
    key = first["key"]
    kept = {"ar": {f"section.{key}.note": "ملاحظة"}}
    emptied = replace(
        whole,
        languages=("en", "fr", "ar"),
        sections=({**first, "note": {"en": "", "fr": ""}}, *rest),
        translations=kept,
    )
    assert compile_document(emptied, version="0.0")["sections"][0]["note"] is None
    noted = replace(emptied, sections=({**first, "note": {"en": "Hard", "fr": "Dur"}}, *rest))
    assert compile_document(noted, version="0.0")["sections"][0]["note"] == {
        "en": "Hard",
        "fr": "Dur",
        "ar": kept["ar"][f"section.{key}.note"],
    }


# Names.


def _named(*labels: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "section",
            "id": "s",
            "value": {
                "title": {"en": "My page", "fr": ""},
                "questions": [
                    {
                        "type": "item",
                        "id": str(number),
                        "value": {
                            "type": "single_choice",
                            "label": {"en": label, "fr": ""},
                            "options": [{"label": {"en": "Prefer not", "fr": ""}, "code": ""}],
                        },
                    }
                    for number, label in enumerate(labels)
                ],
            },
        }
    ]


def _keys(stream: list[dict[str, Any]]) -> list[str]:
    return [item["value"]["key"] for item in stream[0]["value"]["questions"]]


def test_names_come_from_the_first_words_and_outlive_them() -> None:
    first = give_names(_named("How safe is it?", "How safe is it?"), before=[])
    assert first[0]["value"]["key"] == "my_page"
    assert _keys(first) == ["how_safe_is_it", "how_safe_is_it_2"]
    later = give_names(_named("Something else", "How safe is it?"), before=first)
    assert _keys(later) == ["how_safe_is_it", "how_safe_is_it_2"]


def test_a_name_made_while_somebody_types_grows_with_the_words() -> None:
    stream = give_names(_named(""), before=[])
    assert _keys(stream) == ["item"]
    for words, name in (
        ("Ho", "ho"),
        ("How safe", "how_safe"),
        ("How safe is it at night?", "how_safe_is_it_at"),
        ("How safe is it at night? And by day?", "how_safe_is_it_at"),
        ("Is it safe?", "how_safe_is_it_at"),
    ):
        typed = copy.deepcopy(stream)
        typed[0]["value"]["questions"][0]["value"]["label"]["en"] = words
        stream = give_names(typed, before=stream)
        assert _keys(stream) == [name], words


def test_a_name_stays_once_a_condition_or_a_version_goes_by_it() -> None:
    before = give_names(_named("Ho"), before=[])
    typed = copy.deepcopy(before)
    typed[0]["value"]["questions"][0]["value"]["label"]["en"] = "How safe is it?"
    published = give_names(copy.deepcopy(typed), before=before, past=frozenset({"ho"}))
    assert _keys(published) == ["ho"]
    typed[0]["value"]["when"] = {"tests": [{"value": {"question": "ho", "answers": ""}}]}
    assert _keys(give_names(typed, before=before)) == ["ho"]


def test_a_name_that_somebody_chose_does_not_grow() -> None:
    before = give_names(_named("Ho"), before=[])
    before[0]["value"]["questions"][0]["value"]["key"] = "safety"
    typed = copy.deepcopy(before)
    typed[0]["value"]["questions"][0]["value"]["label"]["en"] = "How safe is it?"
    assert _keys(give_names(typed, before=before)) == ["safety"]


def test_an_answer_never_takes_the_name_of_the_way_out() -> None:
    [section] = give_names(_named("Q"), before=[])
    [item] = section["value"]["questions"]
    assert item["value"]["options"][0]["code"] == "prefer_not_2"


# Drafts and versions.


@pytest.fixture
def questionnaire(consultation: Consultation) -> Questionnaire:
    return Questionnaire.objects.get()


def test_bringing_in_makes_a_draft_that_nobody_approved(questionnaire: Questionnaire) -> None:
    again = actions.bring_in_questionnaire(document=survey() | {"key": "another"})
    assert not again.live
    assert again.latest_revision is not None
    assert again.document(version="1.0") == survey() | {"key": "another"}


def test_publishing_makes_the_draft_live_and_freezes_it(questionnaire: Questionnaire) -> None:
    questionnaire.refresh_from_db()
    assert questionnaire.live
    version = questionnaire.versions.get()
    assert version.number == "1.0"


def _draft(questionnaire: Questionnaire, **texts: str) -> None:
    text = questionnaire.get_latest_revision_as_object()
    for name, words in texts.items():
        setattr(text, name, words)
    text.save_revision()
    questionnaire.refresh_from_db()


def _publish(questionnaire: Questionnaire) -> QuestionnaireVersion:
    checked = actions.check_questionnaire(questionnaire).digest
    return actions.publish_questionnaire(by=None, questionnaire=questionnaire, checked=checked)


def test_new_words_make_a_minor_version_and_people_are_still_asked_the_old_one(
    questionnaire: Questionnaire, consultation: Consultation
) -> None:
    _draft(questionnaire, title_en="Safety, in short")
    check = actions.check_questionnaire(questionnaire)
    assert check.number == (1, 1)
    assert check.larger == (2, 0)
    assert [one.what for one in check.differences] == ["Title, English"]
    assert _publish(questionnaire).number == "1.1"
    consultation.survey.refresh_from_db()
    assert consultation.survey.version.number == "1.0"


def test_a_removed_answer_makes_a_major_version(questionnaire: Questionnaire) -> None:
    text = questionnaire.get_latest_revision_as_object()
    body = [dict(item) for item in text.body.get_prep_value()]
    for item in body[2]["value"]["questions"]:
        value = item.get("value", item)
        if value["key"] == "setting":
            value["options"].pop()
    text.body = body
    text.save_revision()
    questionnaire.refresh_from_db()
    assert _publish(questionnaire).number == "2.0"


def test_nothing_new_is_not_published_again(questionnaire: Questionnaire) -> None:
    check = actions.check_questionnaire(questionnaire)
    assert [one.rule for one in check.problems] == ["something_changed"]
    with pytest.raises(NotReady, match=r"Nothing has changed since version 1\.0"):
        actions.publish_questionnaire(by=None, questionnaire=questionnaire, checked=check.digest)


def test_a_rule_that_nobody_can_follow_stops_publishing(questionnaire: Questionnaire) -> None:
    text = questionnaire.get_latest_revision_as_object()
    body = [dict(item) for item in text.body.get_prep_value()]
    rule = json.dumps({"xor": [{"answer": "setting"}, "online"]})
    body[3]["value"]["when"] = {"match": "all", "tests": [], "rule": rule}
    text.body = body
    text.save_revision()
    questionnaire.refresh_from_db()
    assert not actions.check_questionnaire(questionnaire).is_ready


def test_what_changed_while_somebody_looked_is_not_published(
    questionnaire: Questionnaire,
) -> None:
    _draft(questionnaire, title_en="First")
    checked = actions.check_questionnaire(questionnaire).digest
    _draft(questionnaire, title_en="Second")
    with pytest.raises(PublishingRefused, match="changed while you looked"):
        actions.publish_questionnaire(by=None, questionnaire=questionnaire, checked=checked)


def test_a_published_version_can_not_be_changed_even_by_hand(
    questionnaire: Questionnaire,
) -> None:
    version = questionnaire.versions.get()
    for column, value in (("key", "'x'"), ("major", "7"), ("minor", "7")):
        with (
            pytest.raises((IntegrityError, DatabaseError), match="never edited"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                f"UPDATE survey_questionnaireversion SET {column} = {value} WHERE id = %s",
                [version.pk],
            )
    with (
        pytest.raises((IntegrityError, DatabaseError), match="never edited"),
        transaction.atomic(),
    ):
        FrozenDefinition.objects.filter(pk=version.definition_id).update(canonical=b"{}")


def test_deleting_a_questionnaire_leaves_its_versions(questionnaire: Questionnaire) -> None:
    version = questionnaire.versions.get()
    questionnaire.delete()
    version.refresh_from_db()
    assert version.questionnaire is None
    assert version.definition_id
