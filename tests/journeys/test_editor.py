"""An editor in the admin, with script: every screen opens under the strict content policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import Person
from tests.site import RunningSite


@pytest.fixture(scope="module")
def editor(browser: Browser, site: RunningSite) -> Person:
    person = Person(browser, site, script=True)
    person.page.goto("/admin/login/")
    person.page.get_by_label("Username").fill("editor")
    person.page.get_by_label("Password").fill(site.logins["editor"]["password"])
    person.page.get_by_role("button", name="Sign in").click()
    return person


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/pages/",
        "/admin/calls/",
        "/admin/calls/edit/1/",
        "/admin/questionnaires/",
        "/admin/questionnaires/edit/1/",
        "/admin/surveys/edit/1/",
        "/admin/consultation_reports/edit/1/",
        "/admin/vault/tallies/",
        "/admin/images/",
        "/admin/documents/",
    ],
)
def test_a_screen_opens_and_its_scripts_run(editor: Person, path: str) -> None:
    editor.complaints.clear()
    response = editor.page.goto(path)
    assert response is not None
    assert response.status == 200
    editor.page.wait_for_load_state("networkidle")
    assert not [line for line in editor.complaints if "script-src" in line]
    assert editor.outside == []


def test_an_editor_changes_a_page_and_publishes_it(editor: Person, site: RunningSite) -> None:
    page = editor.page
    number = site.shell(
        "from cms.models import InformationPage as P; print(P.objects.get(slug='privacy').pk)"
    )
    page.goto(f"/admin/pages/{number}/edit/")
    page.locator("[name=lead]").fill("What is kept here, and what never is.")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/admin/pages/**")
    page.goto("/privacy/")
    assert "What is kept here, and what never is." in page.inner_text("main")


def test_an_editor_reaches_no_vault_by_being_a_superuser(editor: Person) -> None:
    page = editor.page
    page.goto("/admin/vault/unlock/")
    page.get_by_label("Your vault passphrase").fill("some six words or other here")
    page.get_by_label("Why you are opening it").fill("To look")
    page.get_by_role("button", name="Unlock").click()
    assert "does not open the vault" in page.inner_text("main")
