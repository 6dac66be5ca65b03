"""Takes the pictures of ``docs/features/surveys.md``: ``python -m tests.journeys.pictures``.

It seeds and serves a site of its own, as the journeys do, and writes to ``docs/images/surveys``.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.journeys.conftest import CHROMIUM, CHROMIUM_ARGS, Person
from tests.journeys.test_survey import OPEN, Respondent
from tests.site import RunningSite, served

FOLDER: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "images" / "surveys"
COLOURS: Final = 48
DESK: Final = {"width": 1000, "height": 760}
_MAKE: Final = (
    OPEN
    + """
import copy
from consultation.survey import actions
from tests.consultation.survey.everything import everything
draft = survey.version.questionnaire

def write(document):
    written = actions.compiling.written_from(document)
    draft.body = actions._stream("section", written.sections)
    draft.translations = written.translations
    draft.save_revision()

newer = everything()
setting = newer["sections"][2]["questions"][0]
setting["label"]["en"] = "Where do you work most of the time?"
visits = {"en": "Visits", "fr": "Visites", "ar": "زيارات"}
setting["options"].insert(3, {"code": "visits", "label": visits, "exclusive": False})
write(newer)
checked = actions.check_questionnaire(draft).digest
actions.publish_questionnaire(by=None, questionnaire=draft, checked=checked)
newer["sections"][2]["note"] = None
newer["sections"][5]["questions"][1]["label"]["en"] = "Don't you agree that a line would help?"
newer["sections"][2]["questions"][2]["label"]["ar"] = ""
write(newer)
print(json.dumps([survey.public_id, draft.pk]))
"""
)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        served(Path(state)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        public_id, draft = site.shell(_MAKE)
        of_the_team(Person(browser, site, script=True), site, public_id, draft)
        for language in ("en", "ar"):
            of_a_respondent(Respondent(Person(browser, site), public_id, language))
        browser.close()


def keep(page: Page, name: str, *, tallest: int = 0) -> None:
    """One small picture, in few colours. Of a phone, the page down to ``tallest``."""
    if tallest:
        # As tall as the page, so that what sticks to the bottom is at the bottom.
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": 360, "height": min(tall, tallest)})
        page.evaluate("scrollTo(0, 0)")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    picture.save(FOLDER / f"{name}.png", optimize=True)
    if tallest:
        page.set_viewport_size({"width": 360, "height": 740})
    sys.stdout.write(f"{name}\n")


def of_the_team(editor: Person, site: RunningSite, public_id: str, draft: int) -> None:
    page = editor.page
    page.set_viewport_size(DESK)
    page.goto("/admin/questionnaires/")
    editor.log_in("editor")
    room = "/admin/vault/questionnaires"
    for name, path in (
        ("begin", f"{room}/start/"),
        ("check-and-publish", f"{room}/{draft}/publish/"),
        ("versions", f"{room}/{draft}/versions/"),
        ("translate", f"{room}/{draft}/translations/ar/"),
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        keep(page, name)
    page.goto(f"/admin/questionnaires/edit/{draft}/")
    page.locator("#body-root").wait_for()
    page.wait_for_load_state("networkidle")
    keep(page, "editor")
    for words in ("Your work", "Did you call the police"):
        heading = page.locator("[data-panel-heading]").filter(has_text=words).first
        block = heading.locator("xpath=ancestor::*[@data-streamfield-child][1]")
        toggle = block.locator("[data-panel-toggle]").first
        if toggle.get_attribute("aria-expanded") == "false":
            toggle.click()
        block.evaluate("one => one.scrollIntoView()")
    page.wait_for_timeout(500)
    keep(page, "editor-blocks")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/admin/vault/surveys/{public_id}/preview/live/en/page-work/")
    page.locator('[name="q-area"][value="north"]').check()
    page.locator('[name="q-called"][value="yes"]').check()
    page.locator('main button[value="next"]:visible').click()
    page.get_by_role("heading", level=1, name="Before the next page").wait_for()
    keep(page, "preview", tallest=1200)
    page.context.close()


def of_a_respondent(one: Respondent) -> None:
    page, language = one.page, one.language
    one.to_work()
    one.write("days", "many")
    one.press("next")
    one.is_at("work")
    keep(page, f"work-error-{language}", tallest=1200)
    if language != "en":
        page.context.close()
        return
    one.work()
    one.write("days", "5")
    one.choose("since-year", "2019")
    one.choose("since-month", "05")
    one.go_on_to("before")
    one.go_on_to("police")
    one.pick("trust", "t1")
    one.pick("at_station", "badly")
    keep(page, "grid-en", tallest=1200)
    one.go_on_to("wants")
    one.choose("order-1", "rest")
    one.choose("order-2", "pay")
    one.pick("helps", "line")
    keep(page, "ranking-en", tallest=1200)
    one.go_on_to("line")
    one.go_on_to("end")
    one.press("next")
    page.locator("dl.review").first.wait_for()
    keep(page, "check-en", tallest=1200)
    page.context.close()


if __name__ == "__main__":
    main()
