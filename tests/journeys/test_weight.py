"""What a journey costs on the wire, measured in Chromium, and how it goes on a bad connection."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.journeys.conftest import Person, paths
from tests.site import RunningSite

STORY = "They want me further away now. I go, because rent does not wait."
FIRST_PAGE = 14 * 1024
HTML = 9 * 1024
SCRIPT = 3 * 1024


class Wire:
    """Counts what really travels: nothing from a cache, headers and bodies as they were sent."""

    def __init__(self, session: CDPSession) -> None:
        self.urls: dict[str, str] = {}
        self.cached: set[str] = set()
        self.bodies: dict[str, int] = {}
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.requestServedFromCache", lambda it: self.cached.add(it["requestId"]))
        session.on("Network.loadingFinished", self._finished)
        self.trips: list[str] = []

    def _asked(self, event: dict[str, object]) -> None:
        request = event["request"]
        assert isinstance(request, dict)
        self.urls[str(event["requestId"])] = request["url"]
        self.trips.append(f"{request['method']} {request['url']}")

    def _answered(self, event: dict[str, object]) -> None:
        response = event["response"]
        assert isinstance(response, dict)
        if response.get("fromDiskCache"):
            self.cached.add(str(event["requestId"]))

    def _finished(self, event: dict[str, object]) -> None:
        key = str(event["requestId"])
        if key not in self.cached:
            self.bodies[key] = int(str(event["encodedDataLength"]).split(".")[0])

    def take(self) -> dict[str, int]:
        """Bytes by kind, and trips, since the last time."""
        kinds = {"html": 0, "css": 0, "js": 0, "svg": 0}
        for key, size in self.bodies.items():
            ending = self.urls[key].rpartition(".")[2]
            kinds[ending if ending in kinds else "html"] += size
        cached = {self.urls[key] for key in self.cached}
        trips = [one for one in self.trips if one.partition(" ")[2] not in cached]
        self.bodies, self.trips, self.cached = {}, [], set()
        return {**kinds, "trips": len(trips)}


@pytest.fixture(params=[False, True], ids=["without script", "with script"])
def phone(request: pytest.FixtureRequest, browser: Browser, site: RunningSite) -> Iterator[Person]:
    person = Person(browser, site, script=request.param)
    yield person
    person.close()


def _has_script(phone: Person) -> bool:
    return phone.page.locator("[data-script]:visible").count() > 0


LAST = "Thank you. We have your answers."


BUTTONS = {
    "Check your answers": "Send my answers",
    "We have your answers. Here are your six words.": "I have written it down",
}


def _steps(phone: Person) -> Iterator[tuple[str, float]]:
    """Go from the first page to the last: the name of each next page, and the seconds it took."""
    at = phone.heading()
    button = "Start"
    while at != LAST:
        began = time.perf_counter()
        phone.go_on(button)
        while phone.heading() == at and time.perf_counter() - began < 30:
            time.sleep(0.02)
        seconds = time.perf_counter() - began
        at = phone.heading()
        yield at, seconds
        _fill(phone, at)
        button = BUTTONS.get(at, "Continue")


def _fill(phone: Person, heading: str) -> None:
    page = phone.page
    if heading == "First, your age":
        page.get_by_label("Yes, I am 18 or older").check()
    if heading == "What you agree to":
        page.get_by_label("You may quote my words").check()
    for area in page.locator("textarea").all():
        area.fill(STORY)


def test_no_page_weighs_more_than_it_may(phone: Person, site: RunningSite) -> None:
    wire = Wire(phone.context.new_cdp_session(phone.page))
    phone.page.goto(paths(site)["call"], wait_until="networkidle")
    first = wire.take()
    has_script = _has_script(phone)
    measured = {"first": first}
    assert first["html"] <= HTML
    assert first["html"] + first["css"] + first["svg"] <= FIRST_PAGE
    assert first["js"] <= SCRIPT + 700, "Three kilobytes and its headers"
    # To be read and used a page needs itself and its style. The icon, and the script where there
    # is any, come beside them, once.
    assert first["trips"] <= 2 + 1 + has_script
    for heading, _seconds in _steps(phone):
        phone.page.wait_for_timeout(300)
        measured[heading] = later = wire.take()
        assert later["html"] <= HTML, f"{heading}: {later}"
        assert later["css"] + later["js"] + later["svg"] == 0, f"{heading}: {later}"
        assert later["trips"] <= 2, f"{heading}: {later}"
    print(f"\n{'with' if has_script else 'without'} script: {json.dumps(measured, indent=1)}")


def test_every_step_takes_under_four_seconds_on_a_bad_connection(
    phone: Person, site: RunningSite
) -> None:
    """Fifty kilobits a second, and a second until the first byte."""
    session = phone.context.new_cdp_session(phone.page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 1000, "downloadThroughput": 6250, "uploadThroughput": 6250},
    )
    took = {}
    began = time.perf_counter()
    phone.page.goto(paths(site)["call"], wait_until="commit")
    phone.page.get_by_role("button", name="Start", exact=True).wait_for()
    # Usable: it stands there in its own style, whatever still comes beside it.
    while (
        phone.page.evaluate("getComputedStyle(document.querySelector('.page')).maxWidth[0]") == "n"
    ):
        phone.page.wait_for_timeout(50)
    took["first"] = time.perf_counter() - began
    phone.page.wait_for_load_state()
    took["first, with all beside it"] = time.perf_counter() - began
    for heading, seconds in _steps(phone):
        took[heading] = seconds
    print("\n" + json.dumps({step: round(seconds, 1) for step, seconds in took.items()}, indent=1))
    late = took.pop("first, with all beside it")
    assert max(took.values()) < 4, took
    assert late < 6
