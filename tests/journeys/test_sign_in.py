"""Logging in and looking after a second factor, without script, on a phone. Both databases."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import Person
from tests.site import RunningSite


@pytest.fixture
def member(browser: Browser, site: RunningSite) -> Iterator[Person]:
    """A member of the team with script turned off."""
    person = Person(browser, site)
    yield person
    person.close()


def test_a_newcomer_sets_up_a_phone_and_signs_in_with_it(member: Person, site: RunningSite) -> None:
    site.manage("reset_second_factor", "analyst")
    page, login = member.page, site.logins["analyst"]
    page.goto("/admin/login/")
    member.looks_right("sign-in")
    page.get_by_label("Username").fill("analyst")
    page.get_by_label("Password").fill("not the password")
    member.go_on("Sign in")
    assert page.title().startswith("Error: ")
    member.looks_right("sign-in-error")
    page.get_by_label("Password").fill(login["password"])
    member.go_on("Sign in")
    assert page.url.endswith("/admin/second-factor/")
    member.looks_right("second-factor-none")
    page.goto("/admin/vault/tallies/")
    assert page.get_by_role("button").filter(has_text="Count").count() == 0
    page.goto("/admin/second-factor/")
    member.go_on("Set it up")
    page.wait_for_load_state("load")
    assert page.locator("img").evaluate("image => image.naturalWidth > 0")
    page.get_by_label("six digits").fill("000000")
    member.go_on("Confirm")
    member.looks_right("second-factor-set-up")
    secret = "".join(page.locator(".account__secret span").all_inner_texts())
    code = site.shell(
        "import base64, json, time\n"
        "from django_otp.oath import TOTP\n"
        f"t = TOTP(base64.b32decode('{secret}'))\n"
        "t.time = time.time()\n"
        "print(json.dumps(f'{t.token():06}'))"
    )
    page.wait_for_timeout(1100)
    page.get_by_label("six digits").fill(code)
    member.go_on("Confirm")
    assert member.heading() == "Your recovery codes"
    member.looks_right("recovery-codes")
    codes = page.locator(".account__codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have them on paper").click()
    page.goto("/admin/second-factor/")
    member.looks_right("second-factor")
    page.get_by_role("link", name="New recovery codes").click()
    member.looks_right("new-recovery-codes")
    page.goto("/admin/second-factor/")
    member.go_on("Sign out")
    member.page.get_by_label("Username").fill("analyst")
    page.get_by_label("Password").fill(login["password"])
    member.go_on("Sign in")
    member.looks_right("sign-in-code")
    page.get_by_label("Six digits").fill(code)
    member.go_on("Sign in")
    assert "was used before" in page.inner_text("main")
    member.looks_right("sign-in-code-error")
    page.get_by_label("Six digits").fill(codes[0].upper())
    member.go_on("Sign in")
    page.goto("/admin/second-factor/")
    assert "You have 9 recovery codes left" in page.inner_text("main")
    # The demo's own phone comes back with the next seeding, and with a re-run.
    site.manage("seed_demo")
    assert site.logins["analyst"]["totp"] == login["totp"]


def test_an_administrator_resets_somebodys_second_factor(member: Person, site: RunningSite) -> None:
    member.log_in("administrator")
    number = site.shell(
        "from cms.accounts.models import User as U; print(U.objects.get(username='peer').pk)"
    )
    member.page.goto(f"/admin/second-factor/reset/{number}/")
    assert "peer" in member.page.inner_text("main")
    member.looks_right("reset-second-factor")


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/users/", "/admin/users/new/", "/admin/account/"]
)
def test_an_administrators_screens_open_and_their_scripts_run(
    administrator: Person, path: str
) -> None:
    administrator.complaints.clear()
    response = administrator.page.goto(path)
    assert response is not None
    assert response.status == 200
    administrator.page.wait_for_load_state("networkidle")
    assert not [line for line in administrator.complaints if "script-src" in line]


@pytest.fixture(scope="module")
def administrator(browser: Browser, site: RunningSite) -> Person:
    person = Person(browser, site, script=True)
    person.log_in("administrator")
    return person


def test_many_tries_at_the_same_moment_do_not_slip_through(site: RunningSite) -> None:
    def attempt(_number: int) -> int:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        opener.addheaders = []
        with opener.open(f"{site.address}/admin/login/") as page:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": "somebody", "password": "guess"}
        try:
            with opener.open(f"{site.address}/admin/login/", urlencode(form).encode()) as answer:
                return int(answer.status)
        except HTTPError as refused:
            refused.close()
            return int(refused.code)

    with ThreadPoolExecutor(12) as crowd:
        answers = sorted(crowd.map(attempt, range(12)))
    assert answers == [422] * 5 + [429] * 7
