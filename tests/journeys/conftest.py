"""A served site for the whole run, and Debian's Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.site import RunningSite, served

SHOTS = os.environ.get("SCREENSHOTS")
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with served(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield running
        running.close()


class Person:
    """Somebody with a phone: a page without script, watched for outside requests and faults."""

    def __init__(self, browser: Browser, site: RunningSite, *, script: bool = False) -> None:
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
        if not url.startswith((home, "data:")):
            self.outside.append(url)

    def _listen(self, kind: str, text: str) -> None:
        if kind == "error" and "Content Security Policy" in text:
            self.complaints.append(text)

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def go_on(self, name: str = "Continue") -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

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
                self.page.set_viewport_size({"width": width, "height": 800})
                self.page.emulate_media(color_scheme=scheme)
                self.page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            self.page.set_viewport_size({"width": 360, "height": 740})
            self.page.emulate_media(color_scheme="light")

    def close(self) -> None:
        self.context.close()
        self.reader.close()
        assert self.outside == [], "something was fetched from elsewhere"
        assert self.complaints == [], "the content policy stopped something"


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
