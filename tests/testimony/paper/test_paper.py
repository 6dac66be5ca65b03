from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testimony.paper import cleaning
from testimony.paper.fetching import OutsideFetch
from testimony.paper.print import BuildFailed, to_pdf


def page(body: str) -> str:
    head = '<html lang="en"><head><title>A page</title></head>'
    return f"{head}<body><h1>A page</h1>{body}</body></html>"


@pytest.mark.parametrize(
    "body",
    [
        '<img src="http://127.0.0.1:9/x.png" alt="x">',
        '<img src="file:///etc/hostname" alt="x">',
        '<img src="data:image/png;base64,AAAA" alt="x">',
        '<link rel="stylesheet" href="https://elsewhere.example/a.css">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<p style="background: url(//elsewhere.example/b.png)">x</p>',
        "<style>@import 'https://elsewhere.example/c.css';</style>",
        '<object data="file:///etc/passwd"></object>',
        '<svg><image href="http://127.0.0.1:9/y.png"/></svg>',
    ],
)
def test_nothing_outside_can_be_fetched_and_trying_stops_the_build(body: str) -> None:
    with pytest.raises((OutsideFetch, BuildFailed)):
        to_pdf(page(body), style="", epoch=0)


def test_a_style_that_is_not_understood_stops_the_build() -> None:
    with pytest.raises(BuildFailed):
        to_pdf(page(""), style="p { colour: red }", epoch=0)


@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = cleaning.clean(text)
    assert cleaning.clean(once) == once


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\x07c\ufeffd", "abcd"),
        ("e\u0301", "é"),
        ("\u202eabc\u202c", "abc"),
        ("tab\there", "tab here"),
        ("private \ue000 use", "private  use"),
        ("x" * 41, "x" * 30 + "\u200b" + "x" * 11),
        ("a" + "\u0332" * 30_000, "a" + "\u0332" * 4),
    ],
)
def test_what_breaks_paper_is_taken_out(text: str, cleaned: str) -> None:
    assert cleaning.clean(text) == cleaned


def test_a_letter_that_no_face_draws_is_shown_as_its_number() -> None:
    assert cleaning.clean("a🧿b", {ord("a"), ord("b")}) == "a[U+1F9FF]b"


def test_an_endless_word_does_not_hold_the_press_up() -> None:
    began = time.process_time()
    to_pdf(page(f"<p>{cleaning.clean('x' * 20_000)}</p>"), style="", epoch=0)
    assert time.process_time() - began < 20
