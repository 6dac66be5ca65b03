"""Writing a questionnaire in the admin: conditions from menus, findings beside their blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect

from tests.factories import document
from tests.journeys.conftest import AXE, Person
from tests.site import RunningSite

PATIENCE = 20_000
"""Milliseconds for what waits for the server: keeping a draft, asking again, drawing a preview."""


def _question(key: str, words: str, kind: str = "short_text", **others: Any) -> dict[str, Any]:
    empty = ("hint", "condition", "permission", "max_length", "minimum", "maximum")
    return {
        **dict.fromkeys(empty),
        "key": key,
        "type": kind,
        "label": {"en": words, "fr": words},
        "options": [],
        "required": False,
        "sensitivity": "opinion",
        "headline": False,
        **others,
    }


def _page(key: str, *questions: dict[str, Any]) -> dict[str, Any]:
    title = {"en": key.capitalize(), "fr": key.capitalize()}
    return {
        "key": key,
        "title": title,
        "note": None,
        "minutes": 1,
        "condition": None,
        "questions": list(questions),
    }


def _document() -> dict[str, Any]:
    """The example survey with two more pages: numbers, and three questions with conditions."""
    found: dict[str, Any] = document("survey")
    gone = {"==": [{"answer": "nowhere"}, "yes"]}
    hard = {
        "and": [
            {"!=": [{"answer": "setting"}, "online"]},
            {">": [{"answer": "years"}, 2]},
        ]
    }
    number = {"minimum": 0, "maximum": 60, "prefer_not": True}
    found["sections"] += [
        _page("figures", _question("years", "Counted years?", "number", **number)),
        _page(
            "closing",
            _question("pick", "Pick this?"),
            _question("lost", "Lost one?", condition=gone),
            _question("ruled", "Ruled one?", condition=hard),
        ),
    ]
    return found


class Writing:
    """An editor with a draft open."""

    def __init__(self, person: Person) -> None:
        self.person, self.page = person, person.page
        self.page.goto("/admin/vault/questionnaires/bring-in/")
        file = {
            "name": "survey.json",
            "mimeType": "application/json",
            "buffer": json.dumps(_document()).encode(),
        }
        self.page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]
        self.page.get_by_role("button", name="Bring it in").click()
        self.page.wait_for_url("**/admin/questionnaires/edit/*/")
        self.pk = self.page.url.rstrip("/").rsplit("/", 1)[1]
        expect(self.page.locator(".questionnaire-check__count")).to_be_visible(timeout=PATIENCE)
        expect(self.page.locator("#body-root")).to_be_visible(timeout=PATIENCE)

    def stored(self) -> list[Any]:
        """The pages of the draft, as the server has it."""
        address = f"/admin/vault/questionnaires/{self.pk}/take-out/json/"
        found: list[Any] = self.page.request.get(address).json()["sections"]
        return found

    def stored_question(self, key: str) -> dict[str, Any]:
        return next(
            question
            for section in self.stored()
            for question in section["questions"]
            if question["key"] == key
        )

    def save(self) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Save draft").click()
        expect(self.page.locator(".messages")).to_contain_text("updated", timeout=PATIENCE)

    def block(self, words: str) -> Locator:
        """The section or question whose folded heading says these words, opened."""
        heading = self.page.locator("[data-panel-heading]").filter(has_text=words).first
        block = heading.locator("xpath=ancestor::*[@data-streamfield-child][1]")
        toggle = block.locator("[data-panel-toggle]").first
        if toggle.get_attribute("aria-expanded") == "false":
            toggle.click()
        return block

    def condition(self, page: str, question: str) -> Locator:
        """The condition of a question, opened."""
        self.block(page)
        block = self.block(question)
        found = block.locator(".questionnaire-question > [data-contentpath='when']")
        toggle = found.locator("[data-panel-toggle]").first
        if toggle.get_attribute("aria-expanded") == "false":
            toggle.click()
        return found

    def add_test(self, condition: Locator) -> Locator:
        condition.locator("[data-streamfield-list-add]").last.click()
        return condition.locator("[data-controller='survey-test']").last


@pytest.fixture(scope="module")
def person(browser: Browser, site: RunningSite) -> Iterator[Person]:
    person = Person(browser, site, script=True)
    person.log_in("editor")
    person.page.set_viewport_size({"width": 1280, "height": 900})
    yield person
    person.close()


@pytest.fixture
def writing(person: Person) -> Iterator[Writing]:
    person.complaints.clear()
    yield Writing(person)
    # Wagtail's rich text brings a style of its own, which the policy stops: nothing of ours.
    person.complaints[:] = [line for line in person.complaints if "style-src" not in line]


def test_a_condition_is_picked_from_menus(writing: Writing) -> None:
    test = writing.add_test(writing.condition("Closing", "Pick this?"))
    menu = test.get_by_label("the answer to")
    expect(menu.locator("optgroup")).to_have_count(7)
    menu.select_option(label="Where do you mostly work?")
    expect(test.get_by_label("number")).to_be_hidden()
    assert test.get_by_label("is", exact=False).last.locator("option").all_inner_texts() == [
        "one of these",
        "none of these",
    ]
    answers = test.get_by_role("group", name="answers")
    answers.get_by_label("Mostly online").check()
    writing.save()
    condition = writing.stored_question("pick")["condition"]
    assert condition == {"==": [{"answer": "setting"}, "online"]}
    again = writing.condition("Closing", "Pick this?")
    expect(again.locator("[data-panel-heading]").first).to_contain_text(
        "only if “Where do you mostly work?”: Mostly online"
    )
    ticked = again.get_by_role("group", name="answers").locator("input:checked")
    assert ticked.evaluate_all("boxes => boxes.map((box) => box.value)") == ["online"]


def test_several_answers_are_ticked_by_keyboard(writing: Writing) -> None:
    page = writing.page
    test = writing.add_test(writing.condition("Closing", "Pick this?"))
    test.get_by_label("the answer to").select_option(value="effects")
    test.get_by_label("the answer to").focus()
    page.keyboard.press("Tab")
    kinds = page.locator(":focus")
    assert kinds.locator("option").all_inner_texts() == [
        "one of these",
        "none of these",
        "all of these",
        "this many answers or more",
    ]
    kinds.select_option("all")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    writing.save()
    codes, answer = writing.stored_question("pick")["condition"]["all-in"]
    assert answer == {"answer": "effects"}
    assert len(codes) == 2


def test_a_number_is_compared_with_a_number(writing: Writing) -> None:
    test = writing.add_test(writing.condition("Closing", "Pick this?"))
    test.get_by_label("the answer to").select_option(label="Counted years?")
    expect(test.get_by_role("group", name="answers")).to_be_hidden()
    test.locator("[data-contentpath='test'] select").select_option(label="this number or less")
    test.get_by_label("number").fill("5")
    writing.save()
    assert writing.stored_question("pick")["condition"] == {"<=": [{"answer": "years"}, 5]}


def test_only_questions_of_pages_before_are_offered_by_the_words_they_have_now(
    writing: Writing,
) -> None:
    writing.block("Figures")
    years = writing.block("Counted years?")
    words = years.locator("[data-contentpath='label'] textarea").first
    words.fill("How many years was it?")
    menu = writing.add_test(writing.condition("Closing", "Pick this?")).get_by_label(
        "the answer to"
    )
    expect(menu).to_contain_text("How many years was it?")
    expect(menu).not_to_contain_text("Lost one?")
    assert menu.locator("option[value='pick']").count() == 0
    first = writing.add_test(writing.condition("What you agree to", "May we count"))
    texts = first.get_by_label("the answer to").locator("option").all_inner_texts()
    assert texts == ["Pick a question", "Are you 18 or older?"]


def test_a_question_that_is_gone_stays_in_sight_and_is_kept(writing: Writing) -> None:
    condition = writing.condition("Closing", "Lost one?")
    menu = condition.get_by_label("the answer to")
    assert menu.locator("option:checked").inner_text() == "(no longer there: nowhere)"
    gone = condition.get_by_role("group", name="answers").get_by_label("(no longer there: yes)")
    expect(gone).to_be_checked()
    writing.save()
    kept = writing.stored_question("lost")["condition"]
    assert kept == {"==": [{"answer": "nowhere"}, "yes"]}


def test_a_new_question_can_be_picked_once_the_draft_was_kept(writing: Writing) -> None:
    numbers = writing.block("Figures")
    numbers.locator("[data-contentpath='questions'] [data-streamfield-list-add]").last.click()
    fresh = numbers.locator(".questionnaire-question").last
    fresh.locator(":scope > [data-contentpath='label'] textarea").first.fill("Something new")
    menu = writing.add_test(writing.condition("Closing", "Pick this?")).get_by_label(
        "the answer to"
    )
    offered = menu.locator("option", has_text="Something new")
    expect(offered).to_be_attached()
    expect(offered).not_to_be_disabled(timeout=PATIENCE)
    assert offered.get_attribute("value")


def test_a_rule_that_no_menu_can_say_is_told_in_words_and_can_be_left_out(
    writing: Writing,
) -> None:
    condition = writing.condition("Closing", "Ruled one?")
    expect(condition).to_contain_text(
        "Brought in: not (“Where do you mostly work?”: Mostly online) "
        "and “Counted years?”: more than 2"
    )
    expect(condition.locator("textarea")).to_be_hidden()
    leave_out = condition.get_by_label("Leave this rule out, and pick conditions instead")
    writing.save()
    assert ">" in json.dumps(writing.stored_question("ruled")["condition"])
    condition = writing.condition("Closing", "Ruled one?")
    leave_out = condition.get_by_label("Leave this rule out, and pick conditions instead")
    leave_out.check()
    writing.save()
    assert writing.stored_question("ruled")["condition"] is None


def test_findings_stand_at_their_blocks_and_follow_what_is_written(writing: Writing) -> None:
    page = writing.page
    check = page.locator(".questionnaire-check")
    check.locator("summary").click()
    told = check.get_by_role("link", name="looks at “nowhere”", exact=False)
    told.click()
    beside = page.locator(".questionnaire-findings li", has_text="looks at “nowhere”")
    expect(beside).to_be_visible()
    expect(beside).to_contain_text("Problem:")
    block = beside.locator("xpath=ancestor::*[@data-streamfield-child][1]")
    expect(block.locator("[data-panel-toggle]").first).to_be_focused()
    before = check.locator(".questionnaire-check__count").inner_text()
    block.locator("[data-contentpath='when'] [data-panel-toggle]").first.click()
    block.get_by_label("the answer to").select_option(label="Where do you mostly work?")
    block.get_by_label("Mostly online").check()
    expect(beside).to_have_count(0, timeout=PATIENCE)
    expect(check.locator(".questionnaire-check__count")).not_to_have_text(before, timeout=PATIENCE)


def test_a_type_shows_only_the_fields_it_needs(writing: Writing) -> None:
    writing.block("Closing")
    block = writing.block("Pick this?").locator(".questionnaire-question")

    def shown() -> list[str]:
        found: list[str] = block.locator(":scope > [data-contentpath]").evaluate_all(
            "all => all.filter((one) => !one.hidden).map((one) => one.dataset.contentpath)"
        )
        return found

    assert "max_length" in shown()
    assert not {"rows", "row_type", "options", "picks", "minimum"} & set(shown())
    block.locator(":scope > [data-contentpath='type'] select").select_option("grid")
    assert {"rows", "row_type", "options"} <= set(shown())
    assert "max_length" not in shown()


def test_the_side_panel_shows_words_that_are_not_saved(writing: Writing) -> None:
    page = writing.page
    page.get_by_role("button", name="Toggle preview").click()
    pages = page.frame_locator("#w-preview-iframe")
    expect(pages.get_by_text("Page 8 of 8")).to_be_attached(timeout=PATIENCE)
    page.get_by_label("Title in English").fill("Quite another title")
    heading = pages.get_by_role("heading", level=1)
    expect(heading).to_have_text("Quite another title", timeout=PATIENCE)
    page.get_by_label("Preview mode").select_option(label="French")
    expect(pages.locator("html")).to_have_attribute("lang", "fr", timeout=PATIENCE)
    phone = page.locator("#w-preview-iframe").evaluate("frame => frame.clientWidth")
    page.get_by_role("radio", name="Preview in desktop size").check(force=True)
    desktop = page.locator("#w-preview-iframe").evaluate("frame => frame.clientWidth")
    assert phone < 400
    assert desktop > 1200
    assert not [line for line in writing.person.complaints if "frame" in line]
    page.get_by_role("button", name="Toggle preview").click()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_editor_has_no_barrier_that_axe_can_find(writing: Writing, width: int) -> None:
    page = writing.page
    page.set_viewport_size({"width": width, "height": 900})
    page.locator(".questionnaire-check summary").click()
    writing.add_test(writing.condition("Closing", "Pick this?")).get_by_label(
        "the answer to"
    ).select_option(value="setting")
    writing.condition("Closing", "Ruled one?")
    # Of the best practices one is Wagtail's to keep: its panels are landmarks with like names.
    rules = {"landmark-unique": {"enabled": False}}
    options = {**AXE, "resultTypes": ["violations"], "rules": rules}
    found = Axe().run(page, context=".w-form-width", options=options)
    assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_copy_of_a_question_is_offered_under_a_name_of_its_own(writing: Writing) -> None:
    writing.block("Figures")
    writing.block("Counted years?").locator("[data-streamfield-action='DUPLICATE']").first.click()
    test = writing.add_test(writing.condition("Closing", "Pick this?"))
    offered = test.get_by_label("the answer to").locator("option", has_text="Counted years?")
    expect(offered).to_have_count(2)
    first = offered.nth(0)
    expect(first).to_have_attribute("value", "years")
    expect(offered.nth(1)).to_have_attribute("value", "counted_years", timeout=PATIENCE)
