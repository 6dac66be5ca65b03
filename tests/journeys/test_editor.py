"""An editor in the admin, with script: every screen opens under the strict content policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journeys.conftest import Person
from tests.site import RunningSite


@pytest.fixture(scope="module")
def editor(browser: Browser, site: RunningSite) -> Person:
    person = Person(browser, site, script=True)
    person.log_in("editor")
    return person


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/pages/",
        "/admin/calls/",
        "/admin/calls/edit/1/",
        "/admin/call_texts/",
        "/admin/call_texts/new/",
        "/admin/call_texts/edit/1/",
        "/admin/questionnaires/",
        "/admin/questionnaires/edit/1/",
        "/admin/surveys/edit/1/",
        "/admin/consultation_reports/edit/1/",
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


@pytest.mark.parametrize("path", ["/admin/vault/unlock/", "/admin/vault/tallies/"])
@pytest.mark.parametrize("is_superuser", [False, True])
def test_an_editor_reaches_no_vault_not_even_as_a_superuser(
    editor: Person, site: RunningSite, path: str, is_superuser: bool
) -> None:
    change = "from cms.accounts.models import User as U; print(U.objects.filter(username='editor')"
    try:
        site.shell(f"{change}.update(is_superuser={is_superuser}))")
        response = editor.page.goto(path)
        assert response is not None
        assert response.status == 403 or "/admin/second-factor/" in editor.page.url
        assert editor.page.get_by_label("passphrase").count() == 0
        assert editor.page.get_by_role("button", name="Unlock").count() == 0
    finally:
        site.shell(f"{change}.update(is_superuser=False))")
