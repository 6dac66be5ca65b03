from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.charts.bars import LABEL_WIDTH, VALUE_WIDTH, WIDTH, bar_chart
from tests.consultation.report import sample

SVG = "{http://www.w3.org/2000/svg}"


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("verdict", ["margins", "withheld"])
def test_a_table_that_hides_draws_nothing(verdict: str) -> None:
    table = sample.table_of("q", {"Yes": 40, "No": 3})
    assert bar_chart(sample.hidden(table, verdict, "Too small."), "A chart") == ""


def test_the_spoken_title_is_the_first_child_of_the_drawing() -> None:
    drawn = ET.fromstring(bar_chart(sample.table_of("q", {"Yes": 40}), "What is <spoken>"))
    assert drawn[0].tag == f"{SVG}title"
    assert drawn[0].text == "What is <spoken>"


def test_below_a_base_of_thirty_a_bar_says_how_many_of_how_many() -> None:
    svg = bar_chart(sample.table_of("q", {"A friend": 12, "A peer worker": 13}), "A chart")
    assert "12 / 25" in svg
    assert "%" not in svg


@given(st.dictionaries(st.text(min_size=1, max_size=90), st.integers(0, 10_000), min_size=1))
def test_any_words_and_numbers_make_a_drawing_that_stays_in_its_frame(
    counts: dict[str, int],
) -> None:
    # Text reaches a chart cleaned: without the control characters that no XML may hold.
    counts = {re.sub(r"[^\w<>&\"' ]", "", label): count for label, count in counts.items()}
    if not sum(counts.values()):
        return
    drawn = ET.fromstring(bar_chart(sample.table_of("q", counts), "A chart"))
    for bar in drawn.iter(f"{SVG}rect"):
        assert float(bar.get("x", 0)) >= LABEL_WIDTH
        assert float(bar.get("x", 0)) + float(bar.get("width", 0)) <= WIDTH - VALUE_WIDTH + 0.1
        assert float(bar.get("y", 0)) + float(bar.get("height", 0)) <= float(drawn.get("height", 0))


def test_a_bar_can_be_told_from_its_ground_without_colour() -> None:
    svg = bar_chart(sample.table_of("q", {"Yes": 40, "No": 20}), "A chart")
    dark, light = sorted(luminance(c) for c in set(re.findall(r'<rect fill="(#\w+)"', svg)))
    assert (light + 0.05) / (dark + 0.05) >= 3
