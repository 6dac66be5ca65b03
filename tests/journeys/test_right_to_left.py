"""A journey in Arabic letters, and one in longer words, on the narrowest phone. Real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator

from tests.journeys.conftest import Person
from tests.site import RunningSite

NARROW = {"width": 320, "height": 640}


def _publish(site: RunningSite, name: str, change: str, language: str) -> str:
    """Another call of the example collection, and its address."""
    public_id = site.shell(
        "import json\n"
        "from testimony.intake.actions import publish_call\n"
        "from testimony.intake.models import Call\n"
        "from tests.factories import document\n"
        f"from tests.testimony.wizard.pseudo import {change}\n"
        "first = Call.objects.order_by('pk').first()\n"
        f"call = publish_call(by=None, name={name!r}, collection=first.collection,"
        f" document={change}(document('call')) | {{'key': {name!r}}},"
        " opens_on=first.opens_on, closes_on=first.closes_on)\n"
        "print(json.dumps(call.public_id))"
    )
    return f"/t/{public_id}/{language}/"


@pytest.fixture(scope="module")
def arabic(site: RunningSite) -> str:
    return _publish(site, "right-to-left", "in_arabic_letters", "ar")


@pytest.fixture(scope="module")
def longer(site: RunningSite) -> str:
    return _publish(site, "longer-words", "in_longer_words", "en")


@pytest.fixture
def narrow(browser: Browser, site: RunningSite) -> Iterator[Person]:
    person = Person(browser, site)
    person.page.set_viewport_size(NARROW)
    yield person
    person.close()


def _middle(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2


def _press(person: Person, value: str) -> None:
    """The button that does this, whatever it is called in this language."""
    person.page.locator(f'main button[name="go"][value="{value}"]:visible').last.click()


def _walk(person: Person, path: str, look: Callable[[str], None]) -> None:
    """Every page of a journey, and the errors on the way, by what the buttons do."""
    page = person.page

    def pick(*options: str) -> None:
        for option in options:
            page.locator(f'input[value="{option}"]').first.check()

    page.goto(path)
    look("start")
    _press(person, "begin")
    look("age")
    _press(person, "next")
    look("age-error")
    pick("adult")
    _press(person, "next")
    pick("yes", "quote", "public", "broad_years")
    look("consent")
    _press(person, "next")
    look("note")
    _press(person, "next")
    look("story")
    page.locator("textarea").first.fill("كلمة " * 20)
    _press(person, "next")
    pick("outdoor", "under_2", "less_safe")
    look("about")
    _press(person, "next")
    look("hopes")
    _press(person, "next")
    look("check")
    for summary in page.locator("summary").all():
        summary.click()
    look("check-open")
    _press(person, "submit")
    look("receipt")
    _press(person, "noted")
    look("finished")


def _fits(person: Person, name: str) -> None:
    """Nothing is wider than the screen, and nothing is cut off at either side."""
    wide = person.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW["width"], f"{name} is {wide} px wide"
    outside = person.page.evaluate(
        """() => [...document.querySelectorAll("main *, .leave *, .topline *, .support *")]
            .filter(one => one.checkVisibility() && !one.closest(".extra, [hidden]"))
            .map(one => [one.tagName, one.className, one.getBoundingClientRect()])
            .filter(([, , box]) => box.width && (box.left < -1 || box.right > 321))
            .map(([tag, name, box]) => `${tag}.${name} ${box.left} to ${box.right}`)"""
    )
    assert outside == [], name


def test_a_journey_from_right_to_left_fits_the_narrowest_phone(narrow: Person, arabic: str) -> None:
    seen = []

    def look(name: str) -> None:
        seen.append(name)
        html = narrow.page.locator("html")
        assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl"), name
        _fits(narrow, name)
        narrow.looks_right(f"rtl-{name}")
        narrow.page.set_viewport_size(NARROW)

    _walk(narrow, arabic, look)
    assert len(seen) == 12


def test_what_has_a_side_changes_it_with_the_direction(narrow: Person, arabic: str) -> None:
    page = narrow.page

    def sides(path: str) -> tuple[bool, bool, str]:
        page.context.clear_cookies()
        page.goto(path)
        _press(narrow, "begin")
        choice = page.locator(".choice").first
        dot_is_right = _middle(choice.locator("input")) > _middle(choice.locator("span"))
        _press(narrow, "next")
        error = page.locator(".field__error")
        bar_is_right = error.evaluate(
            "one => parseFloat(getComputedStyle(one).borderRightWidth) > 0"
        )
        return (
            dot_is_right,
            bar_is_right,
            page.evaluate("getComputedStyle(document.querySelector('h1')).direction"),
        )

    assert sides(arabic) == (True, True, "rtl")
    assert sides(arabic.replace("/ar/", "/en/")) == (False, False, "ltr")


def test_the_way_out_is_as_wide_in_either_direction(narrow: Person, arabic: str) -> None:
    boxes = []
    for path in (arabic, arabic.replace("/ar/", "/en/")):
        narrow.page.goto(path)
        box = narrow.page.locator(".leave a").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        boxes.append((box["x"], box["width"]))
        assert abs(box["x"] + box["width"] / 2 - 160) <= 1
    assert boxes[0] == boxes[1]


def test_what_is_typed_finds_its_own_direction(narrow: Person, arabic: str) -> None:
    page = narrow.page
    page.goto(arabic)
    _press(narrow, "begin")
    page.locator('input[value="adult"]').check()
    _press(narrow, "next")
    _press(narrow, "next")
    _press(narrow, "next")
    field = page.locator("textarea").first
    for words, direction in (("An English word", "ltr"), ("كلمة عربية", "rtl")):
        field.fill(words)
        assert field.evaluate("one => getComputedStyle(one).direction") == direction


def test_words_two_fifths_longer_still_fit(narrow: Person, longer: str) -> None:
    _walk(narrow, longer, lambda name: _fits(narrow, name))


def test_buttons_two_fifths_longer_still_fit(narrow: Person, longer: str) -> None:
    """Labels of our own, too: the catalogue of another language may need the room."""
    page = narrow.page

    def look(name: str) -> None:
        page.evaluate(
            """() => document.querySelectorAll("button, a, summary, legend, label, h1, h2")
                .forEach(one => {
                    const text = [...one.childNodes].find(part => part.nodeType === 3
                        && part.data.trim());
                    if (text) text.data += " " + text.data.slice(0, text.data.length * 0.4);
                })"""
        )
        _fits(narrow, name)

    _walk(narrow, longer, look)
