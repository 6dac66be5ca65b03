"""The journey by keyboard, with large letters, in people's own colours, on a narrow phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import AXE, Person, paths
from tests.site import RunningSite

STORY = "They want me further away now."

SEEN = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const bar = document.querySelector(".leave").getBoundingClientRect();
  const style = getComputedStyle(at);
  return {
    name: at.innerText || at.name || at.tagName,
    tag: at.tagName,
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    top: box.top,
    bottom: box.bottom,
    bar: at.closest(".leave") ? innerHeight : bar.top,
  };
}"""


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def person(request: pytest.FixtureRequest, browser: Browser, site: RunningSite) -> Iterator[Person]:
    somebody = Person(browser, site, script=request.param)
    yield somebody
    somebody.close()


def _each_page(person: Person, look: Callable[[str], None]) -> None:
    """Walk the whole journey, looking at every page and at an error."""
    page = person.page
    page.goto(paths(person.site)["call"])
    look("the first page")
    person.begin()
    look("age")
    person.go_on()
    page.locator(".error-summary").wait_for()
    look("an error")
    page.get_by_label("Yes, I am 18 or older").check()
    person.go_on()
    person.arrives_at("What you agree to")
    look("consent")
    page.get_by_label("You may quote my words").check()
    person.go_on_to("Your story")
    page.locator("textarea").first.fill(STORY)
    look("story")
    for heading in ("A little about you", "What you hope for", "Check your answers"):
        person.go_on_to(heading)
        look(heading)
    person.go_on("Send my answers")
    page.locator(".code li").first.wait_for()
    look("six words")
    person.go_on("I have written it down")
    person.arrives_at("Thank you. We have your answers.")
    look("the last page")


def _has_no_barrier(page: Page, name: str, reader: Page, *, but: str = "") -> None:
    reader.set_content(
        page.content().replace("<head>", f'<head><base href="{page.url}">', 1), wait_until="load"
    )
    left_out = {but: {"enabled": False}} if but else {}
    found = Axe().run(reader, options={**AXE, "resultTypes": ["violations"], "rules": left_out})
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"


@pytest.mark.parametrize(
    ("width", "height"), [(320, 640), (320, 256), (360, 300)], ids=["320 px", "400 %", "keyboard"]
)
def test_every_page_fits_and_has_no_barrier(person: Person, width: int, height: int) -> None:
    """320 × 256 is what 1280 × 1024 has at 400 %: nothing scrolls sideways."""
    person.page.set_viewport_size({"width": width, "height": height})
    person.reader_page.set_viewport_size({"width": width, "height": height})

    def look(name: str) -> None:
        wide = person.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide"
        # What the bar lies over changes with every scroll; how large things are does not.
        but = "" if height > 300 else "target-size"
        _has_no_barrier(person.page, name, person.reader_page, but=but)

    _each_page(person, look)


def test_every_page_works_in_a_persons_own_colours(person: Person) -> None:
    """Borders and outlines carry what colour would, because forced colours take colours away."""
    for window in (person.page, person.reader_page):
        window.emulate_media(forced_colors="active")

    def look(name: str) -> None:
        # The colours are the person's. Chromium still names ours when axe asks for them.
        _has_no_barrier(person.page, name, person.reader_page, but="color-contrast")
        for part in (".button", ".choice", ".text", ".error-summary", ".code li", ".leave .button"):
            for one in person.page.locator(part).all():
                if not one.is_visible():
                    continue
                edge = one.evaluate("e => getComputedStyle(e).borderTopWidth")
                assert edge != "0px", f"{name}: {part} has no border"

    _each_page(person, look)


def test_nothing_moves(person: Person) -> None:
    """Not for those who asked for less motion, and not for anybody else."""
    moving = """() => [...document.querySelectorAll("*")].filter((e) => {
      const s = getComputedStyle(e);
      return s.animationName !== "none" || s.transitionDuration !== "0s"
        || s.scrollBehavior === "smooth";
    }).length"""

    for wish in ("reduce", "no-preference"):
        person.page.emulate_media(reduced_motion=wish)  # type: ignore[arg-type]
        _each_page(person, lambda name: _is_zero(person.page.evaluate(moving), name))
        person.context.clear_cookies()


def _is_zero(count: int, name: str) -> None:
    assert count == 0, f"{name}: {count} parts move"


# By keyboard alone.


class Keyboard:
    """Tab, Space, Enter and arrows; every stop is looked at."""

    def __init__(self, person: Person) -> None:
        self.page = person.page
        self.stops = 0

    def tab(self) -> str:
        self.page.keyboard.press("Tab")
        at = self.page.evaluate(SEEN)
        if at["tag"] == "BODY":
            return ""
        self.stops += 1
        assert at["outline"] >= 2, f"{at['name']}: the focus is not seen"
        visible = min(at["bottom"], at["bar"]) - max(at["top"], 0)
        assert visible > 10, f"{at['name']} has the focus behind the bar: {at}"
        return str(at["name"]).strip()

    def to(self, name: str) -> None:
        """Tab on until a control is reached."""
        passed = []
        for _stop in range(60):
            at = self.tab()
            if at == name:
                return
            passed.append(at)
        raise AssertionError(f"{name} can't be reached; passed {passed}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@pytest.mark.parametrize(("width", "height"), [(360, 740), (320, 256)], ids=["phone", "400 %"])
def test_a_whole_journey_by_keyboard(person: Person, width: int, height: int) -> None:
    person.page.set_viewport_size({"width": width, "height": height})
    keys = Keyboard(person)
    person.page.goto(paths(person.site)["call"])
    keys.to("Start")
    keys.press("Enter")
    person.arrives_at("First, your age")
    keys.to("q-age")
    keys.press("Space")
    keys.to("Continue")
    keys.press("Enter")
    person.arrives_at("What you agree to")
    keys.to("q-count")
    keys.press("ArrowDown")
    keys.to("q-words")
    keys.press("ArrowDown", "ArrowDown", "ArrowDown")
    assert person.page.get_by_label("You may quote my words").is_checked()
    keys.to("Continue")
    keys.press("Space")
    expect(person.page.locator("h1")).not_to_have_text("What you agree to")
    if person.heading() != "Your story":
        keys.to("Continue")
        keys.press("Enter")
    person.arrives_at("Your story")
    keys.to("q-story")
    person.page.keyboard.type(STORY)
    keys.to("Continue")
    keys.press("Enter")
    for heading in ("A little about you", "What you hope for"):
        person.arrives_at(heading)
        keys.to("Continue")
        keys.press("Enter")
    person.arrives_at("Check your answers")
    assert STORY in person.page.inner_text("main")
    keys.to("Change: Your story")
    keys.to("Send my answers")
    keys.press("Enter")
    person.page.locator(".code li").first.wait_for()
    keys.to("I have written it down")
    keys.press("Enter")
    person.arrives_at("Thank you. We have your answers.")
    keys.to("Leave this page now")
    assert keys.stops > 30


def test_the_line_one_writes_in_is_not_behind_the_bar(browser: Browser, site: RunningSite) -> None:
    """With a keyboard on the screen and a long text, the place of the next letter stays in view."""
    person = Person(browser, site, script=True)
    person.to_the_story()
    person.page.set_viewport_size({"width": 360, "height": 300})
    area = person.page.locator("textarea").first
    area.focus()
    for _line in range(14):
        person.page.keyboard.type("rent")
        person.page.keyboard.press("Enter")
    covered = area.evaluate(
        """(area) => {
          const style = getComputedStyle(area);
          const line = parseFloat(style.lineHeight);
          const lines = area.value.split("\\n").length;
          const caret = area.getBoundingClientRect().top + parseFloat(style.paddingTop)
            + lines * line - area.scrollTop;
          return caret - document.querySelector(".leave").getBoundingClientRect().top;
        }"""
    )
    assert covered <= 2, f"The caret is {covered} px behind the bar"
    person.close()
