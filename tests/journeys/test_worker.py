"""A worker on an old phone, without script: from the campaign page to the receipt, and back."""

from __future__ import annotations

from tests.journeys.conftest import Person
from tests.site import RunningSite


def _to_the_story(worker: Person) -> None:
    worker.page.goto("/safer/")
    worker.page.get_by_role("link", name="Tell your story").click()
    worker.go_on("Start")
    worker.page.get_by_label("Yes, I am 18 or older").check()
    worker.go_on()
    worker.page.get_by_label("Yes", exact=True).check()
    worker.page.get_by_label("You may quote my words").check()
    worker.page.get_by_label("Anyone, and that means the police too").check()
    worker.go_on()
    assert worker.heading() == "Before the next page"
    worker.go_on()


def test_the_pages_on_the_way_to_the_call(worker: Person) -> None:
    worker.page.goto("/")
    worker.looks_right("home")
    worker.page.get_by_role("link", name="Read the campaign").click()
    worker.looks_right("campaign")
    worker.page.get_by_role("link", name="Tell your story").click()
    assert worker.page.title() == "Questions"


def test_going_back_keeps_what_was_typed_and_a_change_returns_to_the_check(worker: Person) -> None:
    _to_the_story(worker)
    worker.page.get_by_label("What has changed for you").fill("Half a sen")
    worker.go_on("Back")
    assert worker.heading() == "Before the next page"
    worker.go_on()
    assert worker.page.get_by_label("What has changed for you").input_value() == "Half a sen"
    worker.go_on()
    worker.go_on()
    worker.go_on()
    worker.page.get_by_role("button", name="Change: Your story").click()
    worker.page.get_by_label("What has changed for you").fill("A whole sentence.")
    worker.go_on()
    assert worker.heading() == "Check your answers"
    assert "A whole sentence." in worker.page.inner_text("main")


def test_stopping_erases_everything(worker: Person, site: RunningSite) -> None:
    count = "from testimony.vault.models import SealedDraft as D; print(D.objects.count())"
    _to_the_story(worker)
    drafts = site.shell(count)
    worker.go_on("Stop and erase my answers")
    assert worker.heading() == "Your answers are erased"
    worker.looks_right("erased")
    assert not [cookie for cookie in worker.context.cookies() if cookie["name"].startswith("d-")]
    assert site.shell(count) == drafts - 1


def test_leaving_erases_the_draft_and_ends_at_the_weather(worker: Person) -> None:
    _to_the_story(worker)
    address = worker.page.url
    response = worker.context.request.get("/leave", max_redirects=0)
    assert response.status == 302
    assert response.headers["location"] == "https://weather.gc.ca/"
    worker.page.goto(address)
    assert worker.heading() == "Your story: policing and our work"


def test_a_younger_person_is_met_kindly_and_nothing_is_kept(worker: Person) -> None:
    worker.page.goto("/safer/")
    worker.page.get_by_role("link", name="Tell your story").click()
    worker.go_on("Start")
    worker.page.get_by_label("No, I am younger").check()
    worker.go_on()
    assert worker.heading() == "Thank you for telling us"
    worker.looks_right("youth")
    assert worker.context.cookies() == []


def test_a_respondent_answers_in_french_and_takes_it_back(
    worker: Person, site: RunningSite
) -> None:
    path = site.paths()["survey"].replace("/en/", "/fr/")
    worker.page.goto(path)
    assert worker.page.locator("html").get_attribute("lang") == "fr"
    worker.go_on("Commencer")
    worker.page.get_by_label("Oui, j’ai 18 ans ou plus").check()
    worker.go_on("Continuer")
    worker.page.get_by_label("Oui", exact=True).check()
    worker.go_on("Continuer")
    worker.page.get_by_label("Surtout en ligne").check()
    worker.looks_right("survey-fr")
    worker.go_on("Continuer")
    worker.page.get_by_role("group", name="Si un client vous faisait du mal").get_by_label(
        "Non"
    ).check()
    worker.go_on("Continuer")
    assert worker.heading() == "Demander de l’aide"
    worker.go_on("Continuer")
    worker.go_on("Continuer")
    before = site.records()
    worker.go_on("Envoyer mes réponses")
    words = [text.split()[-1] for text in worker.page.locator(".code li").all_inner_texts()]
    assert site.records() == before + 1
    worker.page.goto("/receipt/fr/")
    worker.looks_right("withdraw")
    worker.page.get_by_label("Vos six mots").fill("  ".join(word[:4].upper() for word in words))
    worker.go_on("Continuer")
    worker.looks_right("receipt-held")
    worker.go_on("Tout reprendre")
    worker.looks_right("withdrawn")
    assert site.records() == before


def test_a_wrong_address_is_a_clear_page(worker: Person) -> None:
    worker.page.goto("/no/such/page/")
    worker.looks_right("not-found")


def test_the_information_pages_are_whole(worker: Person) -> None:
    for slug in ("check", "privacy", "safety", "accessibility"):
        worker.page.goto(f"/{slug}/")
        worker.looks_right(slug)
    worker.page.goto("/check/")
    assert "2 people hold a key" in worker.page.inner_text("main")
