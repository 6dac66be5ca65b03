"""Right to left: a journey in Arabic letters says so on every page, and no style says left."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from testimony.intake.actions import publish_call
from testimony.vault import limits
from testimony.wizard.printing import direction_of
from tests.factories import Consultation, document
from tests.testimony.wizard.pseudo import LANGUAGE, in_arabic_letters, mirrored
from tests.testimony.wizard.test_journey import Phone

ROOT = Path(__file__).resolve().parents[3]
HEAD = re.compile(r'<html lang="([^"]*)" dir="([^"]*)">')


@pytest.fixture
def path(consultation: Consultation) -> str:
    call = publish_call(
        by=None,
        name="Right to left",
        collection=consultation.collection,
        document=in_arabic_letters(document("call")) | {"key": "right-to-left"},
        opens_on=consultation.call.opens_on,
        closes_on=consultation.call.closes_on,
    )
    return f"/t/{call.public_id}/{LANGUAGE}/"


def head(text: str) -> tuple[str, str]:
    found = HEAD.search(text)
    assert found is not None, text[:200]
    return (found[1], found[2])


RIGHT = (LANGUAGE, "rtl")


def test_every_page_of_a_journey_says_its_language_and_direction(path: str) -> None:
    phone = Phone(path)
    seen: dict[str, str] = {}

    def look(name: str, status: int = 200) -> None:
        assert phone.status == status, name
        assert head(phone.text) == RIGHT, name
        seen[name] = phone.text

    phone.client.get(path)
    phone.get()
    look("first page")
    phone.begin()
    look("age")
    phone.post()
    look("age, with an error", 422)
    phone.post(q_age="adult")
    look("consent")
    phone.post(q_count="what", q_words="quote", q_audience="public", q_describe="nothing")
    look("consent, with an error", 422)
    phone.post(q_count="yes", q_words="quote", q_audience="public", q_describe="nothing")
    look("content note")
    phone.post()
    look("story")
    phone.post(q_story="س" * (limits.LONG_TEXT + 1))
    look("story, too long", 422)
    phone.post(q_story="قصة with English in it")
    look("about")
    phone.post(q_setting="outdoor")
    look("hopes")
    phone.post()
    look("check")
    phone.post(go="submit", q_receipt="")
    look("check, with an error", 422)
    phone.post(go="submit", q_receipt="yes")
    look("receipt")
    phone.post(go="noted")
    look("finished")
    assert mirrored("Your story") in seen["story"]
    assert mirrored("What you agree to") in seen["consent"]
    for name, text in seen.items():
        for field in re.findall(r"<(?:textarea|input type=\"text\")[^>]*>", text):
            assert 'dir="auto"' in field or "inputmode" in field, (name, field)
    for quoted in re.findall(r"<dd[^>]*translate=\"no\"[^>]*>", seen["check"]):
        assert 'dir="auto"' in quoted


def test_the_way_back_leads_somewhere_where_the_site_does_not_speak_the_language(
    path: str,
) -> None:
    phone = Phone(path)
    phone.to_check("قصة")
    phone.post(go="submit", q_receipt="yes")
    told = [phone.text, phone.post(go="noted").text]
    for text in told:
        links = re.findall(r'href="(/receipt/[^"]*)"', text)
        assert links
        assert Client().get(links[0]).status_code == 200


def test_what_goes_wrong_is_told_from_right_to_left_too(path: str) -> None:
    phone = Phone(path, enforce_csrf_checks=True)
    phone.to_story()
    phone.hidden["csrfmiddlewaretoken"] = "x" * 64
    phone.post(q_story="قصة")
    assert phone.status == 403
    assert head(phone.text) == RIGHT
    assert "قصة" in phone.text
    phone = Phone(path)
    phone.post(q_age="younger")
    assert head(phone.text) == RIGHT
    phone = Phone(path)
    phone.to_story().post(go="erase")
    assert head(phone.text) == RIGHT
    stranger = Phone(path)
    stranger.hidden = {"step": "story"}
    stranger.post(q_story="قصة")
    assert stranger.status == 410
    assert head(stranger.text) == RIGHT


def test_a_closed_call_and_a_missing_page_keep_the_direction(
    path: str, consultation: Consultation
) -> None:
    with override_settings(LANGUAGES=[("en", "English"), (LANGUAGE, "Arabic")]):
        missing = Client().get(f"/t/abcdefghjk/{LANGUAGE}/")
        assert missing.status_code == 404
        assert head(missing.content.decode()) == RIGHT
        receipt = Client().get(f"/receipt/{LANGUAGE}/")
        assert receipt.status_code == 200
        assert head(receipt.content.decode()) == RIGHT
    public_id = path.split("/")[2]
    type(consultation.call).objects.filter(public_id=public_id).update(
        opens_on="2020-01-01", closes_on="2020-01-02"
    )
    assert head(Client().get(path).content.decode()) == RIGHT


def test_the_other_language_of_the_same_journey_reads_from_left_to_right(path: str) -> None:
    assert head(Client().get(path.replace(f"/{LANGUAGE}/", "/en/")).content.decode()) == (
        "en",
        "ltr",
    )


@pytest.mark.parametrize(
    ("language", "direction"),
    [("ar", "rtl"), ("fa", "rtl"), ("he", "rtl"), ("ur", "rtl"), ("ar-EG", "rtl"), ("en", "ltr"),
     ("fr", "ltr")],
)  # fmt: skip
def test_the_direction_of_a_language(language: str, direction: str) -> None:
    assert direction_of(language) == direction


# Styles.

PHYSICAL = re.compile(
    r"""(?<![\w-])(?:
        (?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)
        | border-(?:top|bottom)-(?:left|right)-radius
        | (?:left|right|float|clear)\s*:
        | text-align\s*:\s*(?:left|right)
    )""",
    re.VERBOSE,
)
FOUR = re.compile(r"(?<![\w-])(margin|padding|inset|border-radius|border-width):\s*([^;}]+)")


@pytest.mark.parametrize("name", ["private.css", "site.css"])
def test_no_style_knows_left_from_right(name: str) -> None:
    css = (ROOT / "cms/static/cms" / name).read_text(encoding="utf-8")
    assert PHYSICAL.findall(css) == []
    for prop, value in FOUR.findall(css):
        sides = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", "", value).split()
        if len(sides) == 4:
            assert sides[1] == sides[3], f"{prop}: {value} differs from side to side"


def test_the_search_for_physical_sides_finds_them() -> None:
    for bad in ("margin-left: 1px", "{left: 0}", "text-align: right", "float: left", "{right:0"):
        assert PHYSICAL.search(bad), bad
    for fine in ("inset-inline-start: 0", "border-inline-start: 5px", "text-align: start"):
        assert not PHYSICAL.search(fine), fine


def test_templates_have_no_direction_of_their_own_but_the_readers() -> None:
    files = list((ROOT / "templates/private").rglob("*.html"))
    assert files
    for file in files:
        assert not re.search(r'dir="(?:ltr|rtl)"', file.read_text(encoding="utf-8")), file


def test_the_pseudo_words_are_arabic_letters_and_longer() -> None:
    words = "Continue to the next page"
    assert len(mirrored(words)) >= 1.35 * len(words)
    assert not re.search(r"[A-Za-z]", mirrored(words))


def test_no_page_turns_what_a_person_typed_around(path: str) -> None:
    phone = Phone(path)
    said: Any = "I said: مرحبا، then left"
    phone.to_check(said)
    assert f'<dd dir="auto" translate="no">{said}</dd>' in phone.text
