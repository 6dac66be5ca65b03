"""Somebody comes in: a worker leaves, with script and without, and what is found afterwards."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests.journeys import weather
from tests.journeys.conftest import (
    CHROMIUM,
    Person,
    is_kept,
    paths,
    stalled,
    street_args,
)
from tests.site import RunningSite
from tests.walker import AGREE, Walker

STORY = "They want me further away now."
LEAVE = "Leave this page now"

# What the second frame after the press shows. Chromium answers no question of ours while a page
# is being left, so the page itself has to say it.
PAINTED = """() => document.querySelector("[data-leave]").addEventListener("click", () => {
  requestAnimationFrame(() => requestAnimationFrame(() => console.log(
    `painted ${document.title} with ${document.documentElement.innerText.length} letters`)));
})"""


@pytest.fixture
def watched(street: Browser, site: RunningSite) -> Iterator[Person]:
    person = Person(street, site, script=True, elsewhere=(weather.ADDRESS,))
    yield person
    person.close()


@pytest.fixture
def without_script(street: Browser, site: RunningSite) -> Iterator[Person]:
    person = Person(street, site, elsewhere=(weather.ADDRESS,))
    yield person
    person.close()


def _leave(person: Person) -> None:
    person.page.get_by_role("link", name=LEAVE).click()


def _is_at_the_weather(person: Person) -> None:
    person.page.wait_for_url(weather.ADDRESS)
    assert person.page.title() == "Weather"


def _back(page: Page) -> None:
    """As the Back button does it: also to pages that the browser kept whole.

    Before it goes back to what a post showed, a browser asks whether to send the post again. The
    person who comes in says yes.
    """
    try:
        page.go_back(wait_until="commit")
    except PlaywrightError as question:
        if "ERR_CACHE_MISS" not in str(question):
            raise
        page.wait_for_timeout(500)
        page.reload(wait_until="commit")
    page.wait_for_timeout(500)


def _everything_shown(page: Page) -> str:
    """All words of a page, in fields too."""
    fields = [one.input_value() for one in page.locator("textarea, input").all()]
    return "\n".join([page.content(), *fields])


def _is_gone_soon(site: RunningSite, cookie: str) -> bool:
    """A beacon is sent when the page is left, and read when the server has time."""
    return any(not is_kept(site, cookie) for _attempt in range(3))


# With script.


def test_leaving_by_one_press_erases_the_draft_and_the_entry(
    watched: Person, site: RunningSite
) -> None:
    watched.to_the_story(STORY)
    cookie = watched.draft_cookie()
    assert is_kept(site, cookie)
    _leave(watched)
    _is_at_the_weather(watched)
    assert _is_gone_soon(site, cookie)
    assert watched.draft_cookie() == ""
    assert [url for url, _title in watched.entries()] == ["about:blank", weather.ADDRESS]


def test_shift_three_times_leaves_from_within_a_text(watched: Person, site: RunningSite) -> None:
    watched.to_the_story()
    cookie = watched.draft_cookie()
    watched.page.locator("textarea").first.press_sequentially("They want me")
    for _time in range(3):
        watched.page.keyboard.press("Shift")
    _is_at_the_weather(watched)
    assert _is_gone_soon(site, cookie)


def test_shift_three_times_leaves_from_the_first_page(watched: Person, site: RunningSite) -> None:
    watched.page.goto(paths(site)["call"])
    for _time in range(3):
        watched.page.keyboard.press("Shift")
    _is_at_the_weather(watched)


def test_capital_letters_and_slow_fingers_do_not_leave(watched: Person) -> None:
    watched.to_the_story()
    area = watched.page.locator("textarea").first
    area.focus()
    keyboard = watched.page.keyboard
    for letter in "RENT":
        keyboard.down("Shift")
        keyboard.press(letter)
        keyboard.up("Shift")
    assert area.input_value() == "RENT"
    for _time in range(3):
        keyboard.press("Shift")
        watched.page.wait_for_timeout(800)
    keyboard.press("Shift")
    watched.page.mouse.click(5, 5)
    keyboard.press("Shift")
    keyboard.down("Shift")
    keyboard.press("A")
    keyboard.up("Shift")
    watched.page.wait_for_timeout(300)
    assert watched.heading() == "Your story"


def test_the_screen_is_empty_before_the_weather_answers(
    watched: Person, weather_page: weather.Weather
) -> None:
    watched.to_the_story(STORY)
    watched.page.evaluate(PAINTED)
    icon = watched.page.locator("link[rel=icon]").get_attribute("href") or ""
    assert Path(icon).name.startswith("plain.")
    painted = watched.page.expect_console_message(
        lambda message: message.text.startswith("painted"), timeout=2000
    )
    with weather_page.held(), painted as said:
        watched.page.get_by_role("link", name=LEAVE).click(no_wait_after=True)
    assert said.value.text == f"painted {weather.HOST} with 0 letters"
    _is_at_the_weather(watched)


def test_a_server_that_does_not_answer_holds_nobody(watched: Person, site: RunningSite) -> None:
    watched.to_the_story(STORY)
    cookie = watched.draft_cookie()
    with stalled(site):
        began = time.perf_counter()
        _leave(watched)
        _is_at_the_weather(watched)
        assert time.perf_counter() - began < 2
    assert _is_gone_soon(site, cookie), "The last word was read when the server woke."


def test_leaving_in_the_middle_of_sending_shows_nothing_afterwards(
    watched: Person, site: RunningSite
) -> None:
    watched.to_the_story(STORY)
    with stalled(site):
        watched.go_on()
        watched.page.wait_for_timeout(200)
        _leave(watched)
        _is_at_the_weather(watched)
    watched.page.goto(paths(site)["call"])
    assert STORY not in _everything_shown(watched.page)


def test_a_dead_server_holds_nobody_and_erases_at_the_next_visit(
    watched: Person, site: RunningSite
) -> None:
    watched.to_the_story(STORY)
    watched.go_on_to("A little about you")
    cookie = watched.draft_cookie()
    watched.page.route(f"{site.address}/**", lambda route: route.abort())
    _leave(watched)
    _is_at_the_weather(watched)
    watched.page.unroute_all()
    assert is_kept(site, cookie), "Nobody could tell the server."
    watched.page.goto(paths(site)["call"])
    assert watched.page.get_by_role("button", name="Start", exact=True).count() == 1
    assert not is_kept(site, cookie)
    assert watched.context.cookies() == []


def test_back_after_leaving_is_the_page_before_the_journey(watched: Person) -> None:
    watched.page.goto("/check/")
    watched.to_the_story(STORY)
    watched.go_on_to("A little about you")
    _leave(watched)
    _is_at_the_weather(watched)
    _back(watched.page)
    assert watched.page.url.endswith("/check/")
    watched.page.go_forward(wait_until="commit")
    assert watched.page.url == weather.ADDRESS


# Without script.


def test_without_script_the_link_erases_and_leaves(
    without_script: Person, site: RunningSite
) -> None:
    without_script.to_the_story(STORY)
    cookie = without_script.draft_cookie()
    _leave(without_script)
    _is_at_the_weather(without_script)
    assert not is_kept(site, cookie)
    assert without_script.context.cookies() == []


def test_without_script_no_step_back_shows_an_answer(without_script: Person) -> None:
    person = without_script
    person.page.goto("/check/")
    person.to_the_story(STORY)
    person.go_on_to("A little about you")
    person.go_on("Back")
    person.page.locator("textarea").last.fill(STORY)
    _leave(person)
    _is_at_the_weather(person)
    steps = 0
    while not person.page.url.endswith("/check/"):
        _back(person.page)
        steps += 1
        assert STORY not in _everything_shown(person.page)
        assert person.page.title() != "Weather"
    assert steps > 4


def test_without_script_a_page_with_an_error_does_not_come_back_either(
    without_script: Person,
) -> None:
    """A page with an error is not the answer to a post, so there is nothing to send again."""
    person = without_script
    person.page.goto("/check/")
    person.to_the_story(STORY + " " * 10 + "." * 50_000)
    person.go_on()
    assert person.page.title() == "Error: Questions"
    assert STORY in _everything_shown(person.page)
    _leave(person)
    _is_at_the_weather(person)
    while not person.page.url.endswith("/check/"):
        _back(person.page)
        assert STORY not in _everything_shown(person.page)


# Later.


def test_the_same_browser_later_knows_nothing(watched: Person, street: Browser) -> None:
    watched.to_the_story(STORY)
    watched.go_on_to("A little about you")
    address = watched.page.url
    _leave(watched)
    _is_at_the_weather(watched)
    again = street.new_context(storage_state=watched.context.storage_state())
    page = again.new_page()
    page.goto(address)
    assert page.get_by_role("button", name="Start", exact=True).count() == 1
    assert STORY not in _everything_shown(page)
    again.close()


def _opened(folder: Path, street: Browser, weather_page: weather.Weather) -> BrowserContext:
    """A browser with its own profile on the disk, that opens the tabs of last time."""
    return street.browser_type.launch_persistent_context(
        folder,
        executable_path=CHROMIUM,
        args=[*street_args(weather_page), "--restore-last-session"],
        viewport={"width": 360, "height": 740},
    )


def _to_the_story(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Start", exact=True).click()
    page.get_by_label("Yes, I am 18 or older").check()
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_label("You may quote my words").check()
    for heading in ("What you agree to", "Before the next page"):
        if page.locator("h1").inner_text() == heading:
            page.get_by_role("button", name="Continue", exact=True).click()
            expect(page.locator("h1")).not_to_have_text(heading)
    page.locator("textarea").first.fill(STORY)
    page.wait_for_timeout(3000)


def _on_disk(folder: Path, words: str) -> list[Path]:
    """The files of a profile that hold some words, in either of Chromium's encodings."""
    wanted = (words.encode(), words.encode("utf-16-le"))
    return [
        file
        for file in folder.rglob("*")
        if file.is_file() and any(one in file.read_bytes() for one in wanted)
    ]


def test_a_restored_tab_after_leaving_is_the_weather(
    street: Browser, site: RunningSite, weather_page: weather.Weather, tmp_path: Path
) -> None:
    first = _opened(tmp_path, street, weather_page)
    page = first.pages[0]
    _to_the_story(page, site.address + paths(site)["call"])
    page.get_by_role("link", name=LEAVE).click()
    page.wait_for_url(weather.ADDRESS)
    page.wait_for_timeout(3000)
    first.close()
    assert _on_disk(tmp_path, STORY) == []
    second = _opened(tmp_path, street, weather_page)
    second.pages[0].wait_for_timeout(1500)
    titles = {one.title() for one in second.pages}
    assert "Weather" in titles
    assert "Questions" not in titles
    second.close()


def test_a_restored_tab_does_not_bring_back_what_was_typed_and_not_sent(
    street: Browser, site: RunningSite, weather_page: weather.Weather, tmp_path: Path
) -> None:
    first = _opened(tmp_path, street, weather_page)
    _to_the_story(first.pages[0], site.address + paths(site)["call"])
    first.close()
    assert _on_disk(tmp_path, STORY) == []
    second = _opened(tmp_path, street, weather_page)
    second.pages[0].wait_for_timeout(1500)
    [page] = [one for one in second.pages if one.title() == "Questions"]
    page.reload()
    assert STORY not in _everything_shown(page)
    second.close()


# Where the way out is.


@pytest.mark.parametrize("height", [740, 300, 256])
@pytest.mark.parametrize("has_script", [True, False])
def test_the_way_out_is_on_the_screen_and_under_the_thumb(
    street: Browser, site: RunningSite, has_script: bool, height: int
) -> None:
    """300 pixels are what a keyboard on the screen leaves, 256 are four times as large letters."""
    person = Person(street, site, script=has_script)
    person.to_the_story(STORY)
    person.page.set_viewport_size({"width": 320 if height == 256 else 360, "height": height})
    for place in (person.page.locator("textarea").first, person.page.locator("summary")):
        place.focus()
        box = person.page.get_by_role("link", name=LEAVE).bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["width"] >= 280
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height
    bar = person.page.locator(".leave").bounding_box()
    assert bar is not None
    assert bar["height"] <= max(60, height / 4), "It leaves room for the questions."
    person.close()


# How fast.


def test_the_way_out_answers_in_under_300_milliseconds_while_others_answer(
    site: RunningSite,
) -> None:
    path = paths(site)["call"]
    stop = threading.Event()

    def answer() -> int:
        journeys = 0
        while not stop.is_set():
            _skip_through(Walker(site.address, works=False), path)
            journeys += 1
        return journeys

    times = []
    with ThreadPoolExecutor(4) as crowd:
        others = [crowd.submit(answer) for _one in range(4)]
        try:
            for _turn in range(30):
                person = Walker(site.address, works=False)
                person.get(path)
                person.post(path, ("go", "begin"))
                person.post(path, ("q-age", "adult"))
                assert any(name.startswith("d-") for name in person.cookies)
                times.append(_time_to_leave(site.address, person.cookies))
        finally:
            stop.set()
    assert sum(one.result() for one in others) > 3
    slow = statistics.quantiles(times, n=20)[-1]
    print(
        f"\n/leave: median {statistics.median(times) * 1000:.0f} ms, "
        f"p95 {slow * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms, "
        "while four others told their stories"
    )
    assert slow < 0.3


def _skip_through(walker: Walker, path: str) -> None:
    """A whole journey that answers as little as one may."""
    walker.get(path)
    walker.post(path, ("go", "begin"))
    walker.post(path, ("q-age", "adult"))
    for _page in range(20):
        if b'name="q-receipt"' in walker.body:
            break
        walker.post(path, *AGREE, ("q-describe", "nothing"))
        assert walker.status == 200, walker.text
    walker.post(path, ("go", "submit"), ("q-receipt", "no"))


def _time_to_leave(address: str, cookies: dict[str, str]) -> float:
    """From the press to the redirect, on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    began = time.perf_counter()
    connection.request("GET", "/leave", headers={"Cookie": header})
    response = connection.getresponse()
    took = time.perf_counter() - began
    assert response.status == 302
    assert response.headers["Location"] == weather.ADDRESS
    connection.close()
    return took
