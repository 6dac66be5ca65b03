"""A survey that asks in every way there is, in three languages, with script and without.

Real Chromium. Each story presses buttons by what they do, whatever they are called there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.consultation.survey.everything import everything
from tests.journeys.conftest import Person
from tests.journeys.test_access import Keyboard
from tests.site import RunningSite

PHONE = {"width": 360, "height": 740}
FOUR_HUNDRED = {"width": 320, "height": 256}
"""What 1280 × 1024 has at 400 %."""
TYPED = {"en": "Half a sentence", "fr": "Une demi-phrase", "ar": "نصف جملة"}
OPEN = """
import json
from consultation.survey.models import Survey
from tests.consultation.survey.opening import open_everything
first = Survey.objects.order_by("pk").first()
survey = Survey.objects.filter(name="Every type").first() or open_everything(
    first.collection, opens_on=first.opens_on, closes_on=first.closes_on
)
"""
PAGES: dict[str, dict[str, Any]] = {one["key"]: one for one in everything()["sections"]}


@pytest.fixture(scope="module")
def survey(site: RunningSite) -> str:
    """The survey's public id, open on the served site."""
    found: str = site.shell(OPEN + "print(json.dumps(survey.public_id))")
    return found


def tallied(site: RunningSite, public_id: str) -> dict[str, Any]:
    """What a keyholder's count finds: how many took part, and what they picked."""
    found: dict[str, Any] = site.shell(
        "import json\n"
        "from cms.accounts.models import User\n"
        "from consultation.survey.models import Survey\n"
        "from consultation.survey.tally import Tally\n"
        "from testimony.vault import unlock\n"
        f"survey = Survey.objects.get(public_id={public_id!r})\n"
        "by = User.objects.get(username='keyholder')\n"
        f"secret = unlock.unlock(by=by, passphrase={site.logins['keyholder']['passphrase']!r},"
        " collection=survey.collection, reason='A test')\n"
        "grant = unlock.resume(secret, by=by)\n"
        "tally = Tally(survey.journey().definition)\n"
        "for opened in grant.stream(survey.digest):\n"
        "    tally.add(opened.payload)\n"
        "picked = {t.question: dict(t.counts) for t in tally.tables()}\n"
        "print(json.dumps({'people': tally.participants, 'picked': picked}))"
    )
    return found


class Respondent:
    """Somebody at the survey, in one language, who knows buttons by what they do."""

    def __init__(self, person: Person, public_id: str, language: str) -> None:
        self.person, self.language = person, language
        self.page = person.page
        self.path = f"/s/{public_id}/{language}/"
        self.looked: list[str] = []

    def words(self, text: Any) -> str:
        return str(text[self.language])

    def is_at(self, key: str) -> None:
        """Wait for a page of the survey by its title."""
        expect(self.page.locator("h1")).to_have_text(self.words(PAGES[key]["title"]))

    def press(self, value: str) -> None:
        self.page.locator(f'main button[name="go"][value="{value}"]:visible').last.click()

    def go_on_to(self, key: str) -> None:
        self.press("next")
        self.is_at(key)

    def pick(self, question: str, *codes: str) -> None:
        for code in codes:
            self.page.locator(f'[name="q-{question}"][value="{code}"]').check()

    def write(self, question: str, words: str) -> None:
        self.page.locator(f'[name="q-{question}"]').fill(words)

    def choose(self, control: str, value: str) -> None:
        self.page.locator(f'select[name="q-{control}"]').select_option(value)

    def to_work(self) -> None:
        self.page.goto(self.path)
        self.press("begin")
        self.is_at("age")
        self.pick("age", "adult")
        self.go_on_to("consent")
        self.pick("count", "yes")
        self.pick("words", "read")
        self.pick("audience", "public")
        self.go_on_to("work")

    def work(self, called: str = "yes") -> None:
        self.pick("setting", "online")
        self.pick("area", "north")
        self.pick("called", called)

    def is_told_what_is_wrong(self, *questions: str) -> None:
        """The summary has the focus, names each thing, and each line leads to its field."""
        summary = self.page.locator(".error-summary")
        expect(summary).to_be_focused()
        assert self.page.title() != "Questions"
        assert summary.get_by_role("link").count() == len(questions)
        for number, question in enumerate(questions):
            link = summary.get_by_role("link").nth(number)
            target = (link.get_attribute("href") or "").removeprefix("#")
            assert target.startswith(f"q-{question}")
            link.click()
            expect(self.page.locator(f'[id="{target}"]')).to_be_focused()
            assert self.page.locator(f'[id="q-{question}-error"]').is_visible()

    def look(self, name: str) -> None:
        """axe, 360 and 320 px, 400 %, the right language and direction."""
        self.looked.append(name)
        html = self.page.locator("html")
        right = "rtl" if self.language == "ar" else "ltr"
        assert (html.get_attribute("lang"), html.get_attribute("dir")) == (self.language, right)
        for size in (FOUR_HUNDRED, PHONE):
            self.page.set_viewport_size(size)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], f"{name} is {wide} px wide"
        self.person.looks_right(f"every-type-{self.language}-{name}")


@pytest.fixture(
    params=[("en", True), ("fr", False), ("ar", False), ("ar", True)],
    ids=["English, script", "French, no script", "Arabic, no script", "Arabic, script"],
)
def respondent(
    request: pytest.FixtureRequest, browser: Browser, site: RunningSite, survey: str
) -> Iterator[Respondent]:
    language, script = request.param
    person = Person(browser, site, script=script)
    yield Respondent(person, survey, language)
    person.close()


def test_every_type_of_question_from_the_first_page_to_the_last(respondent: Respondent) -> None:
    one, typed = respondent, TYPED[respondent.language]
    page, look = one.page, one.look
    page.goto(one.path)
    look("start")
    assert page.context.cookies() == []
    one.press("begin")
    one.is_at("age")
    one.press("next")
    one.is_told_what_is_wrong("age")
    look("age-error")
    one.pick("age", "adult")
    one.go_on_to("consent")
    one.pick("count", "yes")
    one.pick("words", "read")
    one.pick("audience", "public")
    look("consent")
    one.go_on_to("work")
    one.write("days", "many")
    one.choose("since-month", "05")
    one.press("next")
    one.is_told_what_is_wrong("area", "days", "since")
    assert page.locator('[name="q-days"]').input_value() == "many"
    assert page.locator('[name="q-since-month"]').input_value() == "05"
    look("work-error")
    one.work()
    one.write("days", "5")
    one.choose("since-year", "2019")
    one.go_on_to("before")
    look("note")
    one.go_on_to("police")
    assert page.locator("aside.support details").evaluate("one => one.open")
    one.pick("trust", "t1")
    one.pick("at_station", "badly")
    one.write("story", typed)
    look("grid")
    one.press("back")
    one.is_at("before")
    one.go_on_to("police")
    assert page.locator('[name="q-story"]').input_value() == typed
    assert page.locator('[name="q-trust"][value="t1"]').is_checked()
    one.go_on_to("wants")
    one.choose("order-1", "rest")
    one.choose("order-2", "rest")
    one.pick("helps", "line", "none")
    one.press("next")
    one.is_told_what_is_wrong("order", "helps")
    look("ranking-error")
    one.choose("order-2", "pay")
    page.locator('[name="q-helps"][value="none"]').uncheck()
    one.go_on_to("line")
    one.write("which", typed)
    look("line")
    one.go_on_to("end")
    one.write("better", typed)
    one.press("next")
    check_and_send(one, typed)
    assert len(one.looked) == 11


def check_and_send(one: Respondent, typed: str) -> None:
    """Read it through, change an answer that closes a page, send it, keep the six words."""
    page = one.page
    review = page.locator("dl.review")
    review.first.wait_for()
    shown = "\n".join(review.all_inner_texts())
    assert shown.count(typed) == 3
    place = one.words(PAGES["wants"]["questions"][0]["options"][2]["label"])
    assert f"1. {place}" in shown
    grid = one.words(PAGES["police"]["questions"][1]["grid"]["label"])
    assert f"{grid} · " in shown
    side = "right" if one.language == "ar" else "left"
    for answer in review.locator("dd").all():
        assert answer.evaluate("one => getComputedStyle(one).textAlign") == side
    one.look("check")
    one.press("change:work")
    one.is_at("work")
    assert page.locator('[name="q-setting"][value="online"]').is_checked()
    one.pick("called", "prefer_not")
    one.press("next")
    expect(review.first).to_be_visible()
    shown = "\n".join(review.all_inner_texts())
    assert grid not in shown
    assert shown.count(typed) == 1, "what the change closed is not sent, so it is not shown"
    one.press("submit")
    expect(page.locator(".code li")).to_have_count(6)
    one.look("receipt")
    one.press("noted")
    expect(page.locator("form")).to_have_count(0)
    one.look("finished")


def past_the_hard_page(one: Respondent) -> None:
    """As far as the page before sending, and one button past what is hard."""
    one.to_work()
    one.work()
    one.go_on_to("before")
    one.press("skip")
    one.is_at("wants")
    one.pick("helps", "none")
    one.go_on_to("end")
    one.press("next")
    expect(one.page.locator("dl.review").first).to_be_visible()
    police = one.page.locator("section", has=one.page.locator("#s-police"))
    skipped = len(PAGES["police"]["questions"])
    assert police.locator("dd").all_inner_texts() == ["Skipped"] * skipped


def test_past_the_hard_page_without_script(worker: Person, survey: str) -> None:
    """Nobody asks why."""
    past_the_hard_page(Respondent(worker, survey, "en"))


def test_six_words_take_an_answer_out_of_the_count(
    browser: Browser, site: RunningSite, survey: str
) -> None:
    """She skips what is hard, sends the rest, and takes it back: the count knows her no more."""
    person = Person(browser, site, script=True)
    one = Respondent(person, survey, "en")
    past_the_hard_page(one)
    one.press("submit")
    expect(one.page.locator(".code li")).to_have_count(6)
    words = [text.split()[-1] for text in one.page.locator(".code li").all_inner_texts()]
    counted = tallied(site, survey)
    one.page.goto("/receipt/en/")
    one.page.get_by_label("Your six words").fill(" ".join(words))
    person.go_on("Go on")
    person.arrives_at("We hold what you sent")
    person.go_on("Take everything back")
    expect(one.page.locator("h1")).not_to_have_text("We hold what you sent")
    left = tallied(site, survey)
    assert counted["people"] == left["people"] + 1
    assert counted["picked"]["helps"]["none"] == left["picked"]["helps"]["none"] + 1
    person.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_every_type_of_question_by_keyboard_alone(
    browser: Browser, site: RunningSite, survey: str, script: bool
) -> None:
    """At 400 %: radio buttons and lists by arrows, ticks by Space, every stop seen."""
    person = Person(browser, site, script=script)
    person.page.set_viewport_size(FOUR_HUNDRED)
    one, keys = Respondent(person, survey, "en"), Keyboard(person)

    def on() -> None:
        keys.to("Continue")
        keys.press("Enter")

    def to_list(control: str) -> None:
        """Tab on to a list to pick from: it is known by its name, not by its many answers."""
        while keys.tab():
            if person.page.evaluate("document.activeElement.name") == control:
                return
        raise AssertionError(control)

    person.page.goto(one.path)
    keys.to("Start")
    keys.press("Enter")
    one.is_at("age")
    keys.to("q-age")
    keys.press("Space")
    on()
    one.is_at("consent")
    keys.to("q-count")
    keys.press("ArrowDown")
    on()
    one.is_at("work")
    keys.to("q-area")
    keys.press("Space")
    keys.to("q-days")
    person.page.keyboard.type("x")
    on()
    one.page.locator(".error-summary").wait_for()
    expect(one.page.locator(".error-summary")).to_be_focused()
    keys.to("Please write a number, such as 12.")
    keys.press("Enter")
    expect(one.page.locator('[name="q-days"]')).to_be_focused()
    keys.press("Control+a")
    person.page.keyboard.type("4")
    to_list("q-since-year")
    person.page.keyboard.type("2019")
    keys.to("q-called")
    keys.press("Space")
    on()
    one.is_at("before")
    on()
    one.is_at("police")
    keys.to("q-trust")
    keys.press("Space", "ArrowDown")
    keys.to("q-at_court")
    keys.press("Space")
    keys.to("q-story-none")
    keys.press("Space")
    on()
    one.is_at("wants")
    to_list("q-order-1")
    person.page.keyboard.type("A place")
    keys.to("q-helps")
    keys.press("Space")
    on()
    one.is_at("line")
    on()
    one.is_at("end")
    on()
    person.arrives_at("Check your answers")
    shown = person.page.inner_text("main")
    for words in ("North", "4", "2019", "A little", "1. A place to rest", "A line to call"):
        assert words in shown
    keys.to("Change: Your work")
    keys.to("Send my answers")
    keys.press("Enter")
    expect(person.page.locator(".code li")).to_have_count(6)
    person.close()
