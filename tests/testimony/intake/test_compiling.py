"""From what an editor wrote to what people are asked: compiling, rules, names, numbers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from testimony.intake import kinds, rules
from testimony.intake.compiling import Asked, Step, Written, compile_document
from testimony.intake.naming import give_names
from testimony.intake.rules import RULES, Severity
from testimony.wizard import definition as definitions
from testimony.wizard.definition import Definition
from testimony.wizard.differences import differences, next_number

LANGUAGES = {"en": ("en",), "fr": ("fr",), "both": ("en", "fr")}


def named(steps: list[tuple[str, dict[str, Any]]]) -> tuple[Step, ...]:
    raw = [
        {"type": kind, "value": copy.deepcopy(value), "id": str(number)}
        for number, (kind, value) in enumerate(steps)
    ]
    return tuple(Step(item["type"], item["value"]) for item in give_names(raw, before=[]))


def in_each(name: str) -> dict[str, str]:
    return {code: kinds.words_at_first(f"{name}_{code}") for code in ("en", "fr")}


def complete(languages: tuple[str, ...] = ("en", "fr"), **others: Any) -> Written:
    """The text a new call starts with."""
    return replace(
        Written(
            key="policing",
            languages=languages,
            title=in_each("title"),
            introduction=in_each("introduction"),
            duty=in_each("duty"),
            support=kinds.SUPPORT_AT_FIRST,
            next_steps=kinds.NEXT_STEPS_AT_FIRST,
            steps=named([(kind, dict(kinds.default_words(kind))) for kind in kinds.COMPLETE]),
        ),
        **others,
    )


def compiled(written: Written, version: str = "1.0") -> Definition:
    return definitions.parse(compile_document(written, version=version))


def broken(written: Written, severity: Severity = Severity.PROBLEM) -> set[str]:
    return {found.rule for found in rules.findings(written) if found.severity == severity}


def sentences(written: Written) -> list[str]:
    return [found.sentence for found in rules.findings(written)]


def without(written: Written, *kind: str) -> Written:
    return replace(written, steps=tuple(one for one in written.steps if one.kind not in kind))


def changed(written: Written, kind: str, change: Callable[[dict[str, Any]], Any]) -> Written:
    """The text with the first step of a kind changed."""
    steps, done = [], False
    for step in written.steps:
        value = copy.deepcopy(dict(step.value))
        if step.kind == kind and not done:
            change(value)
            done = True
        steps.append(Step(step.kind, value))
    assert done
    return replace(written, steps=tuple(steps))


def set_to(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda value: value.update(values)


def first_question(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda value: value["questions"][0].update(values)


# What a new call is.


@pytest.mark.parametrize("languages", LANGUAGES.values(), ids=LANGUAGES)
def test_a_new_call_can_be_published_by_changing_words_only(languages: tuple[str, ...]) -> None:
    written = complete(languages)
    assert rules.findings(written) == []
    found = compiled(written)
    assert (found.kind, found.languages) == ("call", languages)
    assert [section.key for section in found.sections] == [
        "age", "consent", "note", "story", "helped", "questions", "about", "hopes",
    ]  # fmt: skip


def test_consent_has_the_codes_permissions_and_order_that_readers_go_by(
    documents: dict[str, Any],
) -> None:
    example = definitions.parse(documents["call"])
    theirs = next(one for one in example.sections if one.key == "consent").questions
    ours = next(one for one in compiled(complete()).sections if one.key == "consent").questions
    assert [(one.key, one.type, one.permission, one.codes) for one in ours] == [
        (one.key, one.type, one.permission, one.codes) for one in theirs
    ]


def test_every_question_but_the_age_check_can_be_skipped() -> None:
    for question in compiled(complete()).questions():
        assert question.required == (question.type == "age_check")


def test_a_content_note_is_a_page_of_its_own_and_says_how_long_the_next_one_takes() -> None:
    found = compiled(changed(complete(), "story", set_to(minutes=7)))
    note = found.section_by_key["note"]
    assert note.is_note
    [information] = note.questions
    assert "may be hard" in information.label.in_language("en")
    assert information.hint is not None
    assert information.hint.in_language("en") == "It takes about 7 minutes."
    assert information.hint.in_language("fr") == "Il faut environ 7 minutes."


def test_about_you_takes_broad_answers_only() -> None:
    about = compiled(complete()).section_by_key["about"]
    for question in about.questions:
        assert question.type == "single_choice"
        assert question.sensitivity == "attribute"
        assert question.codes[-1] == "prefer_not"
        assert 3 <= len(question.codes) <= kinds.MOST_BANDS + 1
    assert [one.permission for one in about.questions] == ["broad", "years"]


def test_pictures_are_asked_for_only_when_the_step_is_there() -> None:
    assert not any(one.takes_pictures for one in compiled(complete()).sections)
    steps = list(complete().steps)
    steps.insert(-1, *named([(kinds.PICTURES, dict(kinds.default_words(kinds.PICTURES)))]))
    written = complete(steps=tuple(steps))
    assert broken(written) == set()
    [page] = [one for one in compiled(written).sections if one.takes_pictures]
    assert [one.type for one in page.questions] == ["pictures"]


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("yes_no", ("yes", "no", "prefer_not")),
        ("single_choice", ("less_safe", "same", "safer", "not_sure")),
    ],
)
def test_yes_or_no_brings_its_own_answers(kind: str, codes: tuple[str, ...]) -> None:
    written = changed(complete(), kinds.CLOSED, first_question(type=kind))
    assert compiled(written).by_key["change"].codes == codes


# The rules, a row each.


def _move(written: Written, kind: str, to: int) -> Written:
    steps = list(written.steps)
    step = next(one for one in steps if one.kind == kind)
    steps.remove(step)
    steps.insert(to, step)
    return replace(written, steps=tuple(steps))


def _doubled(written: Written, kind: str) -> Written:
    steps = [step for one in written.steps for step in ([one, one] if one.kind == kind else [one])]
    return replace(written, steps=tuple(steps))


def _many(count: int) -> list[dict[str, str]]:
    return [
        {"code": f"c{number}", "label_en": f"Answer {number}", "label_fr": f"Réponse {number}"}
        for number in range(count)
    ]


_SAME = [
    {"code": "a", "label_en": "Often", "label_fr": "Souvent"},
    {"code": "b", "label_en": "often", "label_fr": "Rarement"},
]
_PICTURES = named([(kinds.PICTURES, dict(kinds.default_words(kinds.PICTURES)))] * 2)

BROKEN: dict[str, tuple[Callable[[], Written], str]] = {
    "one_age_check": (
        lambda: without(complete(), kinds.AGE_CHECK),
        "A call has exactly one age check. Here are 0.",
    ),
    "age_check_first": (
        lambda: _move(complete(), kinds.AGE_CHECK, 1),
        "The age check is step 2, “First, your age”. Move it to the top: nothing comes before it.",
    ),
    "one_consent": (
        lambda: _doubled(complete(), kinds.CONSENT),
        "A call has exactly one step “What you agree to”. Here are 2.",
    ),
    "consent_before_questions": (
        lambda: _move(complete(), kinds.CONSENT, 3),
        "People agree before they answer. Move step 4, “What you agree to” up, so that it stands "
        "before step 3, “Your story”.",
    ),
    "note_before_story": (
        lambda: without(complete(), kinds.CONTENT_NOTE),
        "Nothing warns people of step 3, “Your story”. Put a content note right before it: what it "
        "asks, and that it can be skipped.",
    ),
    "note_before_questions": (
        lambda: _move(complete(), kinds.CONTENT_NOTE, 7),
        "The content note in step 8, “Before the next page” has no page of questions right behind "
        "it. Move it before the page it speaks of, or remove it.",
    ),
    "kind_end": (
        lambda: without(complete(), kinds.HOPES),
        "The last page is step 7, “A little about you”. Let a step “Hopes and strengths” come "
        "last, so that nobody leaves with a hard page.",
    ),
    "pictures_once": (
        lambda: complete(steps=(*complete().steps[:-1], *_PICTURES, complete().steps[-1])),
        "Pictures are asked for on one page only. Remove step 9, “Pictures”.",
    ),
    "asks_something": (
        lambda: changed(complete(), kinds.STORY, set_to(prompts=[])),
        "There is no question in step 4, “Your story”. Add one, or remove the step.",
    ),
    "enough_answers": (
        lambda: changed(complete(), kinds.CLOSED, first_question(options=_many(1))),
        "There are too few answers to pick in step 6, “What has changed”, question “Has your work "
        "become safer or less safe in the last year?”. It has 1 and needs at least 2.",
    ),
    "few_answers": (
        lambda: changed(complete(), kinds.ABOUT, first_question(options=_many(9))),
        "There are too many answers in step 7, “A little about you”, question “Where do you mostly "
        "work?”. It has 9, and at most 8 are allowed: join some of them. Fine steps can tell who "
        "somebody is.",
    ),
    "answers_differ": (
        lambda: changed(complete(), kinds.CLOSED, first_question(options=_SAME)),
        "Two answers are the same in English in step 6, “What has changed”, question “Has your "
        "work become safer or less safe in the last year?”: “often”. Change or remove one.",
    ),
    "answers_named": (
        lambda: changed(
            complete(),
            kinds.CLOSED,
            lambda value: value["questions"][0]["options"][0].update(code="same"),
        ),
        "Save the text once more: an answer in step 6, “What has changed”, question “Has your work "
        "become safer or less safe in the last year?” has no name in the data.",
    ),
    "questions_named": (
        lambda: changed(complete(), kinds.HOPES, set_to(key="story")),
        "Save the text once more: something in step 8, “What you hope for” has no name in the "
        "data.",
    ),
    "type_kept": (
        lambda: complete(asked_before={"change": Asked("multiple_choice", "1.0")}),
        "“Has your work become safer or less safe in the last year?” (step 6, “What has changed”) "
        "asked for several answers in version 1.0 and now asks for one answer. Answers of both "
        "can't be put together: remove it, and add a new question.",
    ),
    "languages_complete": (
        lambda: changed(complete(), kinds.STORY, set_to(title_fr=" ")),
        "Not written in French yet: step 4, “Your story”: title.",
    ),
    "support_given": (
        lambda: complete(support=()),
        "There is nobody to talk to. Add at least one line of support that is not the police.",
    ),
    "duty_told": (
        lambda: complete(duty={"en": "", "fr": ""}),
        "People write in their own words here, so they must be told first when you would have to "
        "report something. Write the duty to report.",
    ),
    "more_support": (
        lambda: complete(support=kinds.SUPPORT_AT_FIRST[:1]),
        "There is only one line of support. Is somebody there day and night?",
    ),
    "what_happens_next": (
        lambda: complete(next_steps=()),
        "Nothing says what happens next. People gave you something: tell them.",
    ),
    "short_enough": (
        lambda: changed(complete(), kinds.STORY, set_to(minutes=40)),
        "All pages together take about 51 minutes. More than 25 is a lot on a phone.",
    ),
    "one_topic": (
        lambda: changed(
            complete(),
            kinds.STORY,
            lambda value: value.update(
                prompts=[{**value["prompts"][0], "key": f"p{number}"} for number in range(3)]
            ),
        ),
        "There are 3 things to write about in step 4, “Your story”. One topic a page is easier.",
    ),
    "description_asked": (
        lambda: without(complete(), kinds.ABOUT),
        "People can agree to be described by where and how long they work, but no question “About "
        "you” asks for both.",
    ),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_broken_rule_is_told_in_a_sentence_to_act_on(rule: rules.Rule) -> None:
    written, sentence = BROKEN[rule.name][0](), BROKEN[rule.name][1]
    assert sentence in [
        found.sentence
        for found in rules.findings(written)
        if (found.rule, found.severity) == (rule.name, rule.severity)
    ]


def test_a_missing_sentence_is_named_with_its_place_and_language() -> None:
    written = changed(complete(), kinds.ABOUT, first_question(hint_fr=""))
    written = replace(written, title={"en": "", "fr": "Votre histoire"})
    support = ({**kinds.SUPPORT_AT_FIRST[0], "detail_en": "", "detail_fr": ""},)
    said = sentences(replace(written, support=support))
    assert "Not written in English yet: the title of the call." in said
    assert "Not written in French yet: step 7, “A little about you”, question 1: hint." in said
    assert "Not written in English, French yet: support line 1: how to reach them." in said


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_call_in_one_language_needs_no_word_in_the_other(language: str) -> None:
    other = {"en": "fr", "fr": "en"}[language]

    def emptied(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: "" if name.endswith(f"_{other}") else emptied(inner)
                for name, inner in value.items()
            }
        return [emptied(one) for one in value] if isinstance(value, list) else value

    whole = complete((language,))
    written = replace(
        whole,
        title={**whole.title, other: ""},
        introduction={**whole.introduction, other: ""},
        duty={**whole.duty, other: ""},
        support=tuple(map(emptied, whole.support)),
        next_steps=tuple(map(emptied, whole.next_steps)),
        steps=tuple(Step(one.kind, emptied(dict(one.value))) for one in whole.steps),
    )
    assert broken(written) == set()
    assert compiled(written).languages == (language,)
    assert broken(replace(written, languages=("en", "fr"))) == {"languages_complete"}


# Names in the data.


def raw(*steps: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": ident, "type": kind, "value": copy.deepcopy(value)} for ident, kind, value in steps
    ]


def prompt(ident: str, label: str, key: str = "") -> dict[str, Any]:
    return {"type": "item", "id": ident, "value": {"label_en": label, "label_fr": "", "key": key}}


def keys(steps: list[dict[str, Any]]) -> list[str]:
    return [item["value"]["key"] for step in steps for item in step["value"].get("prompts", ())]


def test_a_question_is_named_after_its_first_words_and_keeps_its_name() -> None:
    first = give_names(
        raw(("s", kinds.STORY, {"prompts": [prompt("p", "What has changed for you, or not?")]})),
        before=[],
    )
    assert keys(first) == ["what_has_changed_for_you"]
    later = copy.deepcopy(first)
    later[0]["value"]["prompts"][0]["value"]["label_en"] = "Something else entirely"
    assert keys(give_names(later, before=first)) == ["what_has_changed_for_you"]
    # A form that was open since before the first saving knows no name yet.
    later[0]["value"]["prompts"][0]["value"]["key"] = ""
    assert keys(give_names(later, before=first)) == ["what_has_changed_for_you"]


@pytest.mark.parametrize("copy_comes_first", [False, True])
def test_a_copied_question_gets_a_name_of_its_own(copy_comes_first: bool) -> None:
    before = raw(("s", kinds.STORY, {"key": "story", "prompts": [prompt("p", "Why?", "why")]}))
    original, copied = prompt("p", "Why?", "why"), prompt("q", "Why?", "why")
    both = [copied, original] if copy_comes_first else [original, copied]
    found = give_names(raw(("s", kinds.STORY, {"key": "story", "prompts": both})), before=before)
    names = {item["id"]: item["value"]["key"] for item in found[0]["value"]["prompts"]}
    assert names == {"p": "why", "q": "why_2"}


def test_a_name_of_the_past_is_not_given_to_something_new() -> None:
    steps = raw(("s", kinds.STORY, {"prompts": [prompt("p", "Why?")]}))
    assert keys(give_names(steps, before=[], past=frozenset({"why"}))) == ["why_2"]


@given(
    labels=st.lists(st.text(max_size=30), min_size=1, max_size=6),
    options=st.lists(st.text(max_size=30), max_size=6),
)
def test_names_are_plain_and_never_the_same(labels: list[str], options: list[str]) -> None:
    closed = {
        "questions": [
            {
                "type": "item",
                "id": f"c{number}",
                "value": {
                    "label_en": label,
                    "options": [{"label_en": words, "code": ""} for words in options],
                },
            }
            for number, label in enumerate(labels)
        ]
    }
    story = {"prompts": [prompt(f"p{number}", label) for number, label in enumerate(labels)]}
    found = give_names(
        raw(("a", kinds.STORY, story), ("b", kinds.CLOSED, closed), ("c", kinds.HOPES, {})),
        before=[],
    )
    questions = [item["value"] for item in closed_items(found)]
    names = [*keys(found), *(one["key"] for one in questions), found[-1]["value"]["key"]]
    assert len(set(names)) == len(names)
    codes = [[one["code"] for one in question["options"]] for question in questions]
    for many in (names, *codes):
        assert len(set(many)) == len(many)
        assert all(name and name.isascii() and name[0].isalpha() for name in many)
        assert all(len(name) <= 40 for name in many)
    again = json.dumps(found)
    assert json.dumps(give_names(copy.deepcopy(found), before=found)) == again


def closed_items(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for step in found for item in step["value"].get("questions", ())]


# Any text at all.

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


def both(*names: str) -> dict[str, st.SearchStrategy[Any]]:
    return {f"{name}_{code}": words for name in names for code in ("en", "fr")}


answers = st.lists(
    st.fixed_dictionaries({**both("label"), "exclusive": st.booleans(), "code": st.just("")}),
    max_size=10,
)
question = st.fixed_dictionaries(
    {
        **both("label", "hint"),
        "options": answers,
        "type": st.sampled_from(["single_choice", "multiple_choice", "yes_no"]),
        "sensitivity": st.sampled_from(["opinion", "experience"]),
        "headline": st.booleans(),
        "permission": st.sampled_from(["", "broad", "years"]),
        "key": st.just(""),
    }
)


def step_of(kind: kinds.Kind) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    fields = both(*(line.name for line in kind.lines))
    fields["minutes"] = st.one_of(st.none(), st.integers(1, 60))
    if kind.items:
        fields[kind.items] = st.lists(question, max_size=3)
    made = st.fixed_dictionaries(fields)
    # Most steps are as they come, so that texts without a problem are met, too.
    kept = st.just(dict(kinds.default_words(kind.name)))
    return st.tuples(st.just(kind.name), st.one_of(kept, kept, made))


def with_notes(steps: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """The steps that may stand in the middle, each story behind a note."""
    note = (kinds.CONTENT_NOTE, dict(kinds.default_words(kinds.CONTENT_NOTE)))
    middle = [one for one in steps if one[0] not in (*_FRAME, kinds.CONTENT_NOTE, kinds.PICTURES)]
    return [one for step in middle for one in ([note, step] if step[0] == kinds.STORY else [step])]


any_steps = st.lists(st.one_of(*map(step_of, kinds.KINDS.values())), max_size=8)
whole_text = st.builds(
    lambda languages, middle, is_framed, title: complete(
        languages,
        title={**in_each("title"), "en": title},
        steps=named(
            [
                *[(one, dict(kinds.default_words(one))) for one in _FRAME if is_framed],
                *(with_notes(middle) if is_framed else middle),
                *[(kinds.HOPES, dict(kinds.default_words(kinds.HOPES))) for _ in range(is_framed)],
            ]
        ),
    ),
    st.sampled_from(list(LANGUAGES.values())),
    any_steps,
    st.booleans(),
    st.one_of(st.just("Your story"), words),
)
_FRAME = (kinds.AGE_CHECK, kinds.CONSENT)
often = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@often
@given(written=whole_text)
def test_a_text_without_a_problem_is_a_journey_that_keeps_every_promise(written: Written) -> None:
    document = compile_document(written, version="1.0")
    if broken(written):
        return
    found = definitions.parse(document)
    assert found.sections[0].is_age_check
    assert sum(section.is_age_check for section in found.sections) == 1
    assert [one.key for one in found.sections[1].questions] == [
        "count", "words", "audience", "describe",
    ] or found.sections[1].is_note  # fmt: skip
    assert found.sections[-1].takes_text
    assert found.support
    assert found.duty is not None
    for before, section in zip(found.sections, found.sections[1:], strict=False):
        if written.steps[found.sections.index(section)].kind == kinds.STORY:
            assert before.is_note
    for item in found.questions():
        assert not item.required or item.type == "age_check"
        if item.sensitivity == "attribute":
            assert item.type == "single_choice"
            assert item.codes[-1] == "prefer_not"
        assert item.permission in (None, "count", "words", "audience", "describe", "broad", "years")
        for text in (item.label, *(option.label for option in item.options)):
            assert [code for code, said in text.by_language if said] == list(written.languages)


@often
@given(written=whole_text)
def test_any_text_compiles_and_is_told_what_is_wrong(written: Written) -> None:
    document = compile_document(written, version="1.0", missing="…")
    assert document == compile_document(written, version="1.0", missing="…")
    said = rules.findings(written)
    assert all(found.sentence and "%(" not in found.sentence for found in said)
    with translation.override("fr"):
        rules.findings(written)
    try:
        definitions.parse(compile_document(written, version="1.0"))
    except definitions.DefinitionError:
        assert broken(written), "what is no definition is a problem for a rule, too"


# Versions.


@often
@given(title=words, sentence=words)
def test_a_change_of_words_alone_is_a_minor_version(title: str, sentence: str) -> None:
    old = complete()
    new = changed(old, kinds.STORY, set_to(title_en=title.strip() or "x", note_en="", note_fr=""))
    new = changed(new, kinds.HOPES, set_to(question_en=sentence.strip() or "x"))
    found = differences(compiled(old), compiled(replace(new, introduction={"en": "x", "fr": "y"})))
    assert found
    assert not any(one.is_major for one in found)


MAJOR: dict[str, Callable[[], Written]] = {
    "a question is gone": lambda: without(complete(), kinds.HELPED),
    "an answer is gone": lambda: changed(
        complete(), kinds.CLOSED, lambda value: value["questions"][0]["options"].pop()
    ),
    "an answer is new": lambda: changed(
        complete(),
        kinds.CLOSED,
        lambda value: value["questions"][0]["options"].append(
            {"code": "other", "label_en": "Other", "label_fr": "Autre"}
        ),
    ),
    "another type": lambda: changed(
        complete(), kinds.CLOSED, first_question(type="multiple_choice")
    ),
    "another permission": lambda: changed(
        complete(), kinds.ABOUT, first_question(permission="years")
    ),
    "what a consent says": lambda: changed(
        complete(), kinds.CONSENT, set_to(members_en="Members of every group too")
    ),
    "the age": lambda: changed(
        complete(), kinds.AGE_CHECK, set_to(question_en="Are you 21 or older?")
    ),
}


@pytest.mark.parametrize("what", MAJOR)
def test_what_changes_the_meaning_of_an_answer_is_a_major_version(what: str) -> None:
    found = differences(compiled(complete()), compiled(MAJOR[what]()))
    assert any(one.is_major for one in found)


def test_the_same_text_has_no_difference() -> None:
    assert differences(compiled(complete()), compiled(complete(), "3.4")) == []


def test_a_new_language_is_one_difference_and_a_minor_one() -> None:
    [found] = differences(compiled(complete(("en",))), compiled(complete()))
    assert (found.before, found.after, found.is_major) == ("English", "English, French", False)


def test_numbers_follow_one_another() -> None:
    assert next_number(None, is_major=True) == (1, 0)
    assert next_number((1, 4), is_major=False) == (1, 5)
    assert next_number((1, 4), is_major=True) == (2, 0)
