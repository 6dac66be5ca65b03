"""A served site for the whole run, and Debian's Chromium."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys import weather
from tests.site import RunningSite, served

SHOTS = os.environ.get("SCREENSHOTS")
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with served(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def weather_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[weather.Weather]:
    """Where leaving leads."""
    server = weather.Weather(tmp_path_factory.mktemp("weather"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def street_args(weather_page: weather.Weather) -> list[str]:
    """For a browser that finds the weather page on this machine, under its real address."""
    return [
        *CHROMIUM_ARGS,
        "--ignore-certificate-errors",
        f"--host-resolver-rules=MAP {weather.HOST}:443 127.0.0.1:{weather_page.server_port}",
    ]


@pytest.fixture(scope="session")
def street(browser: Browser, weather_page: weather.Weather) -> Iterator[Browser]:
    """A browser that can leave. It keeps whole pages for Back, as people's browsers do."""
    running = browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=street_args(weather_page),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield running
    running.close()


@contextmanager
def stalled(site: RunningSite) -> Iterator[None]:
    """While the server takes connections and answers nothing."""
    everybody = [site.pid, *site.workers()]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(everybody):
            os.kill(pid, signal.SIGCONT)


_paths: dict[str, dict[str, str]] = {}


def paths(site: RunningSite) -> dict[str, str]:
    """The journeys' addresses, asked for once for each site."""
    if site.address not in _paths:
        _paths[site.address] = site.paths()
    return _paths[site.address]


class Person:
    """Somebody with a phone: a page without script, watched for outside requests and faults."""

    def __init__(
        self,
        browser: Browser,
        site: RunningSite,
        *,
        script: bool = False,
        elsewhere: tuple[str, ...] = (),
    ) -> None:
        self.elsewhere = ("data:", *elsewhere)
        self.context = browser.new_context(
            java_script_enabled=script,
            bypass_csp=False,
            viewport={"width": 360, "height": 740},
            base_url=site.address,
        )
        self.site = site
        self.page: Page = self.context.new_page()
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self._watch(request.url, site.address))
        self.page.on("console", lambda message: self._listen(message.type, message.text))
        # axe is a script: it reads the page in a second window that has script on.
        self.reader = browser.new_context(viewport={"width": 360, "height": 740}, bypass_csp=True)
        self.reader_page = self.reader.new_page()

    def _watch(self, url: str, home: str) -> None:
        if not url.startswith((home, *self.elsewhere)):
            self.outside.append(url)

    def _listen(self, kind: str, text: str) -> None:
        if kind == "error" and "Content Security Policy" in text:
            self.complaints.append(text)

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def go_on(self, name: str = "Continue") -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def arrives_at(self, heading: str) -> None:
        """Wait for a page: with script nothing else tells when the next one is there."""
        self.page.get_by_role("heading", level=1, name=heading, exact=True).wait_for()

    def go_on_to(self, heading: str) -> None:
        """Continue as far as a page: one that only tells something may stand before it."""
        at = self.page.locator("h1")
        for _page in range(3):
            before = self.heading()
            self.go_on()
            expect(at).not_to_have_text(before)
            if self.heading() == heading:
                return
        raise AssertionError(f"{heading} was not reached, but {self.heading()}")

    def begin(self, path: str = "") -> None:
        """Open a journey, and go past the page that comes before the first question."""
        self.page.goto(path or paths(self.site)["call"])
        start = self.page.get_by_role("button", name="Start", exact=True)
        if start.count():
            start.click()
        self.arrives_at("First, your age")

    def to_the_story(self, words: str = "") -> None:
        """As far as the first long answer, with ``words`` typed and not sent."""
        self.begin()
        self.page.get_by_label("Yes, I am 18 or older").check()
        self.go_on()
        self.arrives_at("What you agree to")
        self.page.get_by_label("Yes", exact=True).check()
        self.page.get_by_label("You may quote my words").check()
        self.page.get_by_label("Anyone, and that means the police too").check()
        self.go_on_to("Your story")
        self.page.locator("textarea").first.fill(words)

    def draft_cookie(self) -> str:
        """The key of the draft this browser holds, or nothing."""
        found = [one["value"] for one in self.context.cookies() if one["name"].startswith("d-")]
        return found[0] if found else ""

    def entries(self) -> list[tuple[str, str]]:
        """What the Back and Forward buttons lead to, as Chromium has it: address and title."""
        window = self.context.new_cdp_session(self.page)
        found = window.send("Page.getNavigationHistory")["entries"]
        window.detach()
        return [(one["url"], one["title"]) for one in found]

    def log_in(self, name: str) -> None:
        """As one of the example people: the password, then the code where there is a phone."""
        login = self.site.logins[name]
        if "/admin/login/" not in self.page.url:
            self.page.goto("/admin/login/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(login["password"])
        self.go_on("Sign in")
        if "totp" in login:
            self.give_code(name)
            self.go_on("Sign in")

    def give_code(self, name: str) -> None:
        """Type the digits that the phone of ``name`` shows: always some that were never used."""
        self.page.get_by_label("Six digits").fill(self.site.manage("demo_code", name).strip())

    def has_no_barrier(self, *, within: str) -> None:
        """axe finds nothing in one part of a page of the admin, and 320 px are enough for it."""
        found = Axe().run(self.page, context=within, options={**AXE, "resultTypes": ["violations"]})
        assert found.violations_count == 0, f"{self.page.url}: {found.generate_report()}"
        self.page.set_viewport_size({"width": 320, "height": 640})
        wide = self.page.evaluate("document.querySelector('main').scrollWidth")
        assert wide <= 320, f"{self.page.url} is {wide} px wide"
        self.page.set_viewport_size({"width": 360, "height": 740})

    def looks_right(self, name: str) -> None:
        """No barrier that axe can find, no sideways scroll at 320 px, and a picture if asked."""
        source = self.page.content().replace("<head>", f'<head><base href="{self.page.url}">', 1)
        self.reader_page.set_content(source, wait_until="load")
        # As tall as the page: at some scroll positions the bar to leave lies over a control, and
        # whether it does at the first is chance. That focus is never hidden has a test of its own.
        tall = self.reader_page.evaluate("document.documentElement.scrollHeight")
        self.reader_page.set_viewport_size({"width": 360, "height": max(740, tall)})
        found = Axe().run(self.reader_page, options={**AXE, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        self.reader_page.set_viewport_size({"width": 320, "height": 640})
        wide = self.reader_page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{name} is {wide} px wide"
        self.reader_page.set_viewport_size({"width": 360, "height": 740})
        if SHOTS:
            folder = Path(SHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            for width, scheme in ((360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")):
                # As tall as the page, so that what sticks to the bottom is at the bottom.
                self.reader_page.set_viewport_size({"width": width, "height": 740})
                tall = self.reader_page.evaluate("document.documentElement.scrollHeight")
                self.page.set_viewport_size({"width": width, "height": int(tall)})
                self.page.emulate_media(color_scheme=scheme)
                self.page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            self.reader_page.set_viewport_size({"width": 360, "height": 740})
            self.page.set_viewport_size({"width": 360, "height": 740})
            self.page.emulate_media(color_scheme="light")

    def close(self) -> None:
        self.context.close()
        self.reader.close()
        assert self.outside == [], "something was fetched from elsewhere"
        assert self.complaints == [], "the content policy stopped something"


def is_kept(site: RunningSite, cookie: str) -> bool:
    """Whether the server still has the draft that a cookie opens."""
    return bool(
        site.shell(
            "import json\n"
            "from testimony.vault.drafts import DraftKey\n"
            "from testimony.vault.models import SealedDraft\n"
            f"key = DraftKey.from_cookie({cookie!r})\n"
            "print(json.dumps(SealedDraft.objects.filter(id=key.draft_id).exists()))"
        )
    )


@pytest.fixture
def worker(browser: Browser, site: RunningSite) -> Iterator[Person]:
    person = Person(browser, site)
    yield person
    person.close()


@pytest.fixture
def keyholder(browser: Browser, site: RunningSite) -> Iterator[Person]:
    person = Person(browser, site, script=True)
    yield person
    person.close()
