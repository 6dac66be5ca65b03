"""What a browser's list of pages says of a journey, and what happens when sending goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Route

from testimony.wizard import arrival
from tests.journeys.conftest import Person, paths, stalled
from tests.site import RunningSite

STORY = "They want me further away now."


@pytest.fixture
def hurried(browser: Browser, site: RunningSite) -> Iterator[Person]:
    """Somebody whose phone runs our script."""
    person = Person(browser, site, script=True)
    yield person
    person.close()


Note = Callable[[str], None]


def _whole_journey(person: Person, note: Note) -> None:
    """Every kind of step there is: errors, Back, a change, another language, the receipt."""
    page = person.page
    person.begin()
    note("Start")
    person.go_on()
    page.locator(".error-summary").wait_for()
    note("an error")
    page.locator(".error-summary a").click()
    note("the link of an error")
    page.get_by_label("Yes, I am 18 or older").check()
    person.go_on()
    person.arrives_at("What you agree to")
    note("Continue")
    page.get_by_role("navigation", name="Language").get_by_text("Français").click()
    page.locator("html[lang=fr]").wait_for()
    note("another language")
    page.get_by_role("navigation", name="Langue").get_by_text("English").click()
    page.locator("html[lang=en]").wait_for()
    note("another language")
    page.get_by_label("You may quote my words").check()
    person.go_on_to("Your story")
    note("Continue")
    page.locator("textarea").first.fill(STORY)
    person.go_on_to("A little about you")
    note("Continue")
    person.go_on("Back")
    person.arrives_at("Your story")
    note("Back, the button")
    person.go_on_to("A little about you")
    note("Continue")
    person.go_on_to("What you hope for")
    note("Continue")
    person.go_on_to("Check your answers")
    note("Continue")
    page.get_by_role("button", name="Change: Your story").click()
    person.arrives_at("Your story")
    note("Change")
    person.go_on_to("Check your answers")
    note("Continue")
    person.go_on("Send my answers")
    page.locator(".code li").first.wait_for()
    note("Send")
    person.go_on("I have written it down")
    person.arrives_at("Thank you. We have your answers.")
    note("the last page")


def test_with_script_a_whole_journey_is_one_entry(hurried: Person) -> None:
    hurried.page.goto("/check/")
    seen: list[str] = []

    def note(step: str) -> None:
        seen.append(step)
        entries = hurried.entries()
        assert len(entries) == 3, f"{step}: {entries}"
        assert hurried.page.evaluate("history.length") == 3
        assert hurried.page.title() in ("Questions", "Error: Questions")

    _whole_journey(hurried, note)
    assert len(seen) > 12
    assert [title for _url, title in hurried.entries()][-1] == "Questions"
    hurried.page.go_back()
    assert hurried.page.url.endswith("/check/")


def test_with_script_back_leaves_the_journey_and_forward_returns_to_the_page(
    hurried: Person,
) -> None:
    hurried.page.goto("/check/")
    hurried.to_the_story(STORY)
    hurried.go_on_to("A little about you")
    hurried.page.go_back(wait_until="commit")
    assert hurried.page.url.endswith("/check/")
    hurried.page.go_forward(wait_until="commit")
    hurried.arrives_at("A little about you")


def test_without_script_back_asks_the_server_where_one_is(worker: Person) -> None:
    worker.to_the_story(STORY)
    worker.go_on_to("A little about you")
    for _step in range(2):
        worker.page.go_back()
        assert worker.heading() == "A little about you"


def test_without_script_each_page_is_an_entry_and_all_say_the_same(
    worker: Person, site: RunningSite
) -> None:
    """Measured, not wished for. ``docs/decisions/0011-leaving-and-history.md`` says it."""
    worker.page.goto("/check/")
    before = len(worker.entries())
    grew = {}

    def note(step: str) -> None:
        grew[step] = len(worker.entries())

    _whole_journey(worker, note)
    print(f"\nentries after each step, without script: {json.dumps(grew)}")
    ours = worker.entries()[before:]
    assert 15 <= len(ours) <= 20
    english = paths(site)["call"]
    addresses = {url.removeprefix(site.address).partition("#")[0] for url, _title in ours}
    assert addresses == {english, english.replace("/en/", "/fr/")}
    assert {title for _url, title in ours} <= {
        "Questions",
        "Error: Questions",
        "Erreur : Questions",
    }


def test_a_page_loaded_again_is_the_page_where_one_was(hurried: Person) -> None:
    hurried.to_the_story(STORY)
    hurried.go_on_to("A little about you")
    hurried.page.reload()
    assert hurried.heading() == "A little about you"
    assert len(hurried.entries()) == 2


def test_the_new_page_is_read_out_from_its_heading_or_from_its_errors(hurried: Person) -> None:
    hurried.begin()
    focused = "document.activeElement.tagName + '.' + document.activeElement.className"
    assert hurried.page.evaluate(focused) == "H1."
    hurried.page.mouse.wheel(0, 500)
    hurried.go_on()
    hurried.page.locator(".error-summary").wait_for()
    assert hurried.page.evaluate(focused) == "DIV.error-summary"
    assert hurried.page.evaluate("scrollY") == 0
    hurried.page.locator(".error-summary a").click()
    assert hurried.page.evaluate("document.activeElement.type") == "radio"


# When the network or the server fails.


def test_words_survive_a_send_that_fails(hurried: Person, site: RunningSite) -> None:
    hurried.to_the_story(STORY)
    hurried.page.route(f"{site.address}/t/**", lambda route: route.abort())
    hurried.go_on()
    note = hurried.page.get_by_role("alert")
    note.wait_for()
    assert note.inner_text() == "That was not sent. Your words are still here. Please try again."
    note_box = note.bounding_box()
    button = hurried.page.get_by_role("button", name="Continue", exact=True).bounding_box()
    assert note_box is not None
    assert button is not None
    assert 0 < button["y"] - note_box["y"] < 250, "It stands near the button."
    assert hurried.page.locator("textarea").first.input_value() == STORY
    hurried.page.unroute_all()
    hurried.go_on_to("A little about you")


def test_a_second_failure_is_said_once(hurried: Person, site: RunningSite) -> None:
    hurried.to_the_story(STORY)
    hurried.page.route(f"{site.address}/t/**", lambda route: route.abort("timedout"))
    for _press in range(2):
        hurried.go_on()
        hurried.page.get_by_role("alert").wait_for()
    hurried.page.wait_for_timeout(300)
    assert hurried.page.get_by_role("alert").count() == 1
    assert hurried.page.locator("textarea").first.input_value() == STORY


def test_pressing_twice_sends_once(hurried: Person, site: RunningSite) -> None:
    hurried.to_the_story(STORY)
    posts: list[str] = []
    hurried.page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" else None
    )
    button = hurried.page.get_by_role("button", name="Continue", exact=True)
    with stalled(site):
        for _press in range(3):
            button.click()
        hurried.page.get_by_text("Sending…").wait_for()
        assert button.is_enabled(), "Nobody is trapped."
    hurried.arrives_at("A little about you")
    assert len(posts) == 1


def test_a_slow_connection_is_said_and_one_may_press_again(
    hurried: Person, site: RunningSite
) -> None:
    hurried.to_the_story(STORY)
    hurried.page.clock.install()

    def once(route: Route) -> None:
        held.append(route)

    held: list[Route] = []
    hurried.page.route(f"{site.address}/t/**", once, times=1)
    hurried.go_on()
    hurried.page.clock.run_for(8500)
    hurried.page.get_by_text("The connection is slow.").wait_for()
    assert hurried.page.locator("textarea").first.input_value() == STORY
    hurried.go_on_to("A little about you")
    assert len(held) == 1
    held[0].abort()


# The small things script does.


def test_the_count_says_how_much_room_is_left(hurried: Person) -> None:
    hurried.to_the_story("Rent.")
    count = hurried.page.locator(".count").first
    assert count.inner_text() == "Characters left: 49,995"
    area = hurried.page.locator("textarea").first
    area.fill("x" * 50_003)
    assert count.inner_text() == "Characters too many: 3"
    described = area.get_attribute("aria-describedby") or ""
    assert (count.get_attribute("id") or "-") in described.split()


def test_the_work_for_a_mark_is_done_in_the_background_and_sent(hurried: Person) -> None:
    hurried.begin()
    hurried.page.locator("[name=w]:not([value=''])").wait_for(state="attached")
    mark = hurried.page.locator("form").first.get_attribute("data-mark") or ""
    number = hurried.page.locator("[name=w]").input_value()
    assert arrival.is_worked_for(mark, number)
    with hurried.page.expect_request(lambda request: request.method == "POST") as sent:
        hurried.page.get_by_label("Yes, I am 18 or older").check()
        hurried.go_on()
    assert f"w={number}" in (sent.value.post_data or "")
    hurried.arrives_at("What you agree to")
    assert hurried.page.locator("[data-mark]").count() == 0, "It is asked for once."


def test_typing_does_not_wait_for_the_work(hurried: Person) -> None:
    """The longest time that nothing else could happen, while the numbers are tried."""
    hurried.page.goto(paths(hurried.site)["call"])
    longest = hurried.page.evaluate(
        """() => new Promise((done) => {
          let last = performance.now(), longest = 0;
          const look = () => {
            const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now;
            if (document.querySelector("[name=w]").value) done(longest);
            else setTimeout(look, 5);
          };
          look();
        })"""
    )
    print(f"\nthe longest wait beside the work: {longest:.0f} ms")
    assert longest < 200
