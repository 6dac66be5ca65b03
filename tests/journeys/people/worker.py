"""What workers live through with the form, told as stories. Real server, Debian's Chromium.

Each story is one person on one evening. What they type carries a mark, and at the end nothing of
it may lie anywhere on the server's disk (``test_nothing_of_their_stories_lies_on_the_disk``).
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.journeys.conftest import Person
from tests.journeys.test_storage import everything_kept, holds
from tests.site import RunningSite

MARK = "Kolibri7Zq"
STORY = f"They want me further away now. I go, because the rent does not wait. {MARK}"
HISTOIRE = f"On me veut plus loin. J’y vais, parce que le loyer n’attend pas. {MARK}"


def _words(person: Person) -> list[str]:
    """The six words on the screen, as somebody copies them onto paper."""
    found = person.page.locator(".code li").all_inner_texts()
    assert len(found) == 6
    return [text.split()[-1] for text in found]


def _agrees(person: Person) -> None:
    person.page.get_by_label("Yes", exact=True).check()
    person.page.get_by_label("You may quote my words").check()
    person.page.get_by_label("Anyone, and that means the police too").check()
    person.go_on()


def _of_age(person: Person) -> None:
    person.page.get_by_label("Yes, I am 18 or older").check()
    person.go_on()


def _lanes(site: RunningSite) -> dict[str, int]:
    found: dict[str, int] = site.shell(
        "import json\n"
        "from collections import Counter\n"
        "from testimony.vault.models import PendingRecord, Record\n"
        "print(json.dumps(Counter([*PendingRecord.objects.values_list('lane', flat=True),"
        " *Record.objects.values_list('lane', flat=True)])))"
    )
    return found


def test_at_home_on_an_old_phone(worker: Person, site: RunningSite) -> None:
    """No script, a small screen, little time. She reads the first page before anything else."""
    before = site.records()
    worker.page.goto("/safer/")
    worker.page.get_by_role("link", name="Tell your story").click()
    assert worker.page.title() == "Questions"
    assert worker.page.get_by_text("Press the button at the bottom of the screen").is_visible()
    worker.looks_right("start")
    assert worker.context.cookies() == []
    worker.go_on("Start")
    worker.looks_right("age")
    assert worker.context.cookies() == []
    _of_age(worker)
    worker.looks_right("consent")
    _agrees(worker)
    worker.looks_right("content-note")
    worker.go_on()
    worker.page.get_by_label("What has changed for you").fill(STORY)
    worker.looks_right("story")
    worker.go_on()
    worker.page.get_by_label("Outdoors").check()
    worker.looks_right("about")
    worker.go_on()
    worker.go_on()
    assert worker.heading() == "Check your answers"
    assert STORY in worker.page.inner_text("main")
    assert worker.page.locator("blockquote").first.inner_text() == STORY
    worker.looks_right("check-answers")
    worker.go_on("Send my answers")
    assert len(_words(worker)) == 6
    worker.looks_right("receipt")
    worker.go_on("I have written it down")
    assert worker.heading() == "Thank you. We have your answers."
    assert worker.page.get_by_text("at the latest, the keys and all answers").is_visible()
    worker.looks_right("finished")
    assert site.records() == before + 1
    assert [c for c in worker.context.cookies() if c["name"].startswith("d-")] == []


def test_past_the_hard_page_with_one_button(worker: Person) -> None:
    """She does not want to tell it today. Nobody asks why."""
    worker.begin()
    _of_age(worker)
    _agrees(worker)
    worker.go_on("Skip the next page")
    assert worker.heading() == "A little about you"
    worker.go_on()
    worker.go_on()
    assert worker.heading() == "Check your answers"
    assert worker.page.get_by_text("Skipped").count() >= 4


def test_watched_and_leaving(browser: Browser, site: RunningSite) -> None:
    """Somebody comes in while she writes. She presses the button; Back shows nothing of it."""
    person = Person(browser, site, script=True)
    count = "from testimony.vault.models import SealedDraft as D; print(D.objects.count())"
    drafts = site.shell(count)
    person.page.route("https://weather.gc.ca/**", lambda route: route.fulfill(body="Weather"))
    person.begin()
    _of_age(person)
    _agrees(person)
    person.go_on()
    person.page.get_by_label("What has changed for you").fill(STORY)
    person.page.get_by_role("link", name="Leave this page now").click()
    person.page.wait_for_url("https://weather.gc.ca/**")
    person.page.go_back()
    person.page.wait_for_load_state()
    assert MARK not in person.page.content()
    assert site.shell(count) == drafts
    person.outside.clear()  # The weather is elsewhere; nothing else was.
    person.close()


def test_in_french_changing_the_language_on_the_way(worker: Person, site: RunningSite) -> None:
    """Elle commence en anglais, passe au français au milieu d’une phrase, et garde tout."""
    before = site.records()
    worker.begin()
    _of_age(worker)
    _agrees(worker)
    worker.go_on()
    worker.page.get_by_label("What has changed for you").fill(HISTOIRE)
    worker.go_on("Français")
    assert worker.page.locator("html").get_attribute("lang") == "fr"
    assert worker.page.get_by_label("Qu’est-ce qui a changé").input_value() == HISTOIRE
    worker.looks_right("story-fr")
    for _page in range(3):
        worker.go_on("Continuer")
    assert HISTOIRE in worker.page.inner_text("main")
    worker.looks_right("check-answers-fr")
    worker.go_on("Envoyer mes réponses")
    assert len(_words(worker)) == 6
    assert site.records() == before + 1


def test_by_voucher_at_the_drop_in(
    worker: Person, browser: Browser, site: RunningSite, tmp_path: Path
) -> None:
    """A peer prints cards; a worker types the code of hers on the shared computer."""
    before = _lanes(site)
    door = site.paths()["call"].split("/")[2]
    peer = Person(browser, site, script=True)
    peer.log_in("keyholder")
    peer.page.goto(f"/admin/vault/doors/{door}/cards/")
    peer.page.get_by_label("How many").fill("10")
    with peer.page.expect_download() as sheet:
        peer.page.get_by_role("button", name="Make the cards").click()
    printed = tmp_path / "cards.pdf"
    sheet.value.save_as(printed)
    peer.close()
    text = subprocess.run(
        ["pdftotext", "-layout", printed, "-"], capture_output=True, text=True, check=True
    ).stdout
    code = re.findall(r"\b[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}\b", text)[0]
    assert "Safe Space" not in text
    worker.page.goto("/v/")
    worker.page.get_by_label("The code").fill(code.upper().replace("-", " "))
    worker.looks_right("card")
    worker.go_on("Go on")
    worker.looks_right("card-known")
    worker.go_on("English")
    assert worker.page.get_by_text("Your card works.").is_visible()
    worker.go_on("Start")
    _of_age(worker)
    _agrees(worker)
    worker.go_on()
    worker.page.get_by_label("What has changed for you").fill(STORY)
    for _page in range(3):
        worker.go_on()
    worker.go_on("Send my answers")
    assert len(_words(worker)) == 6
    after = _lanes(site)
    assert after["voucher"] == before.get("voucher", 0) + 1
    worker.page.goto("/v/")
    worker.page.get_by_label("The code").fill(code)
    worker.go_on("Go on")
    assert worker.page.get_by_text("We do not know this code.").first.is_visible()


WITH_PICTURES = """
import datetime as dt, json
from testimony.intake.actions import publish_call
from testimony.intake.models import Call
first = Call.objects.first()
document = json.loads(bytes(first.definition.canonical)) | {"key": "pictures-2026"}
words = {"en": "Add pictures, if you like", "fr": "Ajoutez des images, si vous voulez"}
document["sections"].insert(-1, {"key": "pictures", "title": words, "note": None, "minutes": 2,
    "condition": None, "questions": [{"key": "photos", "type": "pictures", "label": words}]})
call = Call.objects.filter(name="With pictures").first() or publish_call(
    by=None, name="With pictures", collection=first.collection, document=document,
    opens_on=first.opens_on, closes_on=first.closes_on)
print(json.dumps(f"/t/{call.public_id}/en/"))
"""


def test_with_an_image(worker: Person, site: RunningSite, tmp_path: Path) -> None:
    """A photo of a letter. Where it was taken stays on her phone; a wrong file costs nothing."""
    before = site.records()
    worker.page.goto(site.shell(WITH_PICTURES))
    worker.go_on("Start")
    _of_age(worker)
    _agrees(worker)
    worker.go_on()
    worker.page.get_by_label("What has changed for you").fill(STORY)
    worker.go_on()
    worker.go_on()
    wrong = tmp_path / f"{MARK}.jpg"
    wrong.write_bytes(b"%PDF-1.7 not a picture " + MARK.encode())
    worker.page.get_by_label("Choose a picture").set_input_files(wrong)
    worker.go_on()
    _error(worker, "pictures-error", "We can't read this file as a picture.")
    right = tmp_path / f"{MARK}-street.jpg"
    exif = Image.Exif()
    exif[0x010E] = f"My street {MARK}"
    Image.new("RGB", (900, 600), "teal").save(right, exif=exif, comment=MARK.encode())
    worker.page.get_by_label("Choose a picture").set_input_files(right)
    worker.go_on()
    assert worker.heading() == "What you hope for"
    worker.go_on("Back")
    assert worker.page.get_by_text("Picture 1, 900 × 600").is_visible()
    worker.looks_right("pictures")
    worker.go_on()
    worker.go_on()
    assert worker.page.get_by_text("1 picture", exact=True).is_visible()
    worker.go_on("Send my answers")
    assert len(_words(worker)) == 6
    assert site.records() == before + 1


def test_withdrawing_a_week_later(worker: Person, browser: Browser, site: RunningSite) -> None:
    """Another phone, another day; she has the paper with six words, and that is enough."""
    worker.begin()
    _of_age(worker)
    _agrees(worker)
    worker.go_on()
    worker.page.get_by_label("What has changed for you").fill(STORY)
    for _page in range(3):
        worker.go_on()
    worker.go_on("Send my answers")
    words = _words(worker)
    before = site.records()
    site.manage("tend_vault")
    later = Person(browser, site)
    later.page.goto("/receipt/en/")
    later.page.get_by_label("Your six words").fill("  ".join(word[:4].upper() for word in words))
    later.go_on("Go on")
    assert later.heading() == "We hold what you sent"
    assert MARK not in later.page.content()
    later.looks_right("receipt-held")
    later.go_on("Take everything back")
    later.looks_right("withdrawn")
    assert site.records() == before - 1
    later.close()


def test_through_an_error_on_every_page(worker: Person, site: RunningSite) -> None:
    """Everything that can be wrong is said kindly, and what was typed is still there."""
    worker.begin()
    worker.go_on()
    _error(worker, "age-error", "Please pick one of the answers.")
    _of_age(worker)
    _agrees(worker)
    worker.go_on()
    long = f"{MARK} " * 5000
    worker.page.get_by_label("What has changed for you").fill(long)
    worker.go_on()
    _error(worker, "story-error", "characters. The most we can take is 50,000")
    assert worker.page.get_by_label("What has changed for you").input_value() == long
    worker.page.get_by_label("What has changed for you").fill(STORY)
    worker.go_on()
    # The draft is gone (another window erased it): the words in this post are shown back.
    worker.go_on()
    worker.page.get_by_label("What keeps you strong").fill(f"Friends. {MARK}")
    worker.context.request.get("/leave", max_redirects=0)
    worker.go_on()
    assert worker.heading() == "Your earlier answers are gone"
    assert f"Friends. {MARK}" in worker.page.locator("textarea").first.input_value()
    worker.looks_right("draft-gone")
    worker.page.goto("/receipt/en/")
    worker.page.get_by_label("Your six words").fill("one two")
    worker.go_on("Go on")
    _error(worker, "receipt-error", "A code has six words.")
    worker.page.goto("/v/")
    worker.page.get_by_label("The code").fill("no such code")
    worker.go_on("Go on")
    _error(worker, "card-error", "We do not know this code.")
    worker.page.goto("/t/nosuchdoor/en/")
    worker.looks_right("missing")


def _error(person: Person, name: str, words: str) -> None:
    assert person.page.title() == "Error: Questions"
    assert person.page.get_by_text(words).first.is_visible()
    person.looks_right(name)


def test_nothing_of_their_stories_lies_on_the_disk(site: RunningSite) -> None:
    """The canary: after all of the above, whatever way each of them ended."""
    found = [str(file) for file in everything_kept(site) if holds(file, MARK)]
    assert found == []
