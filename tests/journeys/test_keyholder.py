"""A keyholder in the admin: a wrong passphrase, the right one, a tally, and the lock."""

from __future__ import annotations

from tests.journeys.conftest import Person
from tests.site import RunningSite


def test_a_keyholder_unlocks_counts_and_locks(keyholder: Person, site: RunningSite) -> None:
    login = site.logins["keyholder"]
    page = keyholder.page
    page.goto("/admin/vault/unlock/")
    page.get_by_label("Username").fill("keyholder")
    page.get_by_label("Password").fill(login["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Your vault passphrase").fill("never the right words at all")
    page.get_by_label("Why you are opening it").fill("To count")
    page.get_by_role("button", name="Unlock").click()
    assert "does not open the vault" in page.inner_text("main")
    assert "never the right words" not in page.content()
    page.get_by_label("Your vault passphrase").fill(login["passphrase"].upper())
    page.get_by_role("button", name="Unlock").click()
    assert "Your keys are open." in page.inner_text("main")
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
    assert "Your keys are open." not in page.inner_text("main")


def test_a_stranger_reaches_no_editorial_page(keyholder: Person) -> None:
    keyholder.page.goto("/admin/vault/tallies/")
    assert "/admin/login/" in keyholder.page.url
