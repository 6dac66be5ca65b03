"""A keyholder in the admin: a wrong passphrase, the right one, a tally, and the lock."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.journeys.conftest import Person
from tests.site import RunningSite


def test_a_keyholder_unlocks_counts_and_locks(keyholder: Person, site: RunningSite) -> None:
    login = site.logins["keyholder"]
    page = keyholder.page
    page.goto("/admin/vault/tallies/")
    keyholder.log_in("keyholder")
    assert page.url.endswith("/admin/vault/tallies/")
    page.get_by_role("link", name="Unlock the vault").click()
    page.get_by_label("Your vault passphrase").fill("never the right words at all")
    page.get_by_label("Why you are opening it").fill("To count")
    page.get_by_role("button", name="Unlock").click()
    assert "does not open the vault" in page.inner_text("main")
    assert "never the right words" not in page.content()
    page.get_by_label("Your vault passphrase").fill(login["passphrase"].upper())
    page.get_by_role("button", name="Unlock").click()
    assert page.url.endswith("/admin/vault/tallies/")
    assert "Your keys are open." in page.inner_text(".lock-bar")
    assert "minutes left" in page.inner_text(".lock-bar")
    page.get_by_role("button", name="Count the answers").click()
    for _look in range(60):
        if "Counting:" not in page.inner_text("main"):
            break
        page.wait_for_timeout(500)
        page.reload()
    text = page.inner_text("main")
    assert "Only protected tables are shown" in text
    assert "How much do you trust the police" in text
    page.get_by_role("button", name="Lock now").click()
    page.goto("/admin/vault/tallies/")
    assert page.locator(".lock-bar").count() == 0
    assert keyholder.complaints == []


def test_every_page_of_the_vault_has_no_barrier(keyholder: Person, site: RunningSite) -> None:
    """axe reads each guided page; nothing scrolls sideways; no script is stopped."""
    page = keyholder.page
    page.goto("/admin/vault/")
    keyholder.log_in("keyholder")
    collection = page.locator("a[href*='/vault/collections/']").first.get_attribute("href")
    steps = ("", "unlock/", "audit/", "keys/words/", "keys/code/", "keys/start-over/",
             "recovery-key/", "recovery-key/answer/", "collections/new/")  # fmt: skip
    for path in (*(f"/admin/vault/{step}" for step in steps), collection,
                 f"{collection}recover/", f"{collection}hold/", f"{collection}begin/"):  # fmt: skip
        page.goto(path)
        keyholder.has_no_barrier(within="main")
    page.goto("/admin/vault/unlock/")
    page.get_by_label("Your vault passphrase").fill(site.logins["keyholder"]["passphrase"])
    page.get_by_label("Why you are opening it").fill("To look around")
    page.get_by_role("button", name="Unlock").click()
    for path in (collection, f"{collection}grant/", f"{collection}trust/"):
        page.goto(path)
        keyholder.has_no_barrier(within="main")
        keyholder.has_no_barrier(within=".lock-bar")
    page.get_by_role("button", name="Lock now").click()


def test_the_lock_bar_works_without_script(browser: Browser, site: RunningSite) -> None:
    person = Person(browser, site)
    page = person.page
    page.goto("/admin/vault/unlock/")
    person.log_in("peer")
    page.get_by_label("Your vault passphrase").fill(site.logins["peer"]["passphrase"])
    page.get_by_label("Why you are opening it").fill("To read")
    page.get_by_role("button", name="Unlock").click()
    assert "Your keys are open." in page.inner_text(".lock-bar")
    page.get_by_role("button", name="Lock now").click()
    assert page.locator(".lock-bar").count() == 0
    person.close()


def test_a_stranger_reaches_no_editorial_page(keyholder: Person) -> None:
    keyholder.page.goto("/admin/vault/tallies/")
    assert "/admin/login/" in keyholder.page.url
