"""A cross-table's chart: everything said in words, nothing drawn that is hidden."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from consultation.charts.crosses import MOST_COLUMNS, WIDTH, Bar, Group, cross_chart

SVG = "{http://www.w3.org/2000/svg}"

STREET = (Bar("Street", 0.86, "18"), Bar("Online", 0.64, "25"))
HIDDEN = (Bar("Street", None, "[c]"), Bar("Online", None, "9 or fewer"))


def _texts(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_every_bar_says_its_column_and_its_value() -> None:
    svg = cross_chart([Group("Yes", STREET)], "How many called", "a")
    assert _texts(svg) == ["Yes", "Street", "18", "Online", "25"]
    assert ET.fromstring(svg)[0].text == "How many called"


def test_a_hidden_number_and_a_band_have_words_and_no_bar() -> None:
    svg = cross_chart([Group("Yes", STREET), Group("No", HIDDEN)], "A chart", "a")
    assert _texts(svg)[5:] == ["No", "Street", "[c]", "Online", "9 or fewer"]
    frames = [bar for bar in ET.fromstring(svg).iter(f"{SVG}rect") if bar.get("width") != "6"]
    assert len(frames) == 4


def test_nothing_is_drawn_where_every_number_is_hidden_or_columns_are_many() -> None:
    assert cross_chart([Group("No", HIDDEN)], "A chart", "a") == ""
    assert cross_chart([], "A chart", "a") == ""
    many = tuple(Bar(str(number), 0.5, "5") for number in range(MOST_COLUMNS + 1))
    assert cross_chart([Group("No", many)], "A chart", "a") == ""


def test_columns_are_told_apart_by_pattern_too_and_two_charts_keep_theirs() -> None:
    first, second = (cross_chart([Group("Yes", STREET)], "A chart", name) for name in "ab")
    assert 'fill="url(#a-1)"' in first
    assert 'id="a-1"' in first
    ids = re.findall(r'id="([^"]+)"', first + second)
    assert len(ids) == len(set(ids))


def test_a_column_of_one_long_word_keeps_its_beginning() -> None:
    bars = (Bar("Lebensmittellieferdienstleistung", 0.5, "5"), Bar("Online", 0.5, "5"))
    assert _texts(cross_chart([Group("Yes", bars)], "A chart", "a"))[1].startswith("Lebensmittel")


_LETTERS = st.text(st.characters(exclude_categories=["C"]), max_size=90)


@given(st.lists(st.tuples(_LETTERS, st.lists(st.floats(0, 1), min_size=2, max_size=2)), min_size=1))
def test_any_words_and_shares_stay_in_the_frame(rows: list[tuple[str, list[float]]]) -> None:
    groups = [
        Group(label, tuple(Bar(f"<column> {n}", share, "5") for n, share in enumerate(shares)))
        for label, shares in rows
    ]
    drawn = ET.fromstring(cross_chart(groups, "A <chart> & more", "a"))
    height = float(drawn.get("height", 0))
    for bar in drawn.iter(f"{SVG}rect"):
        if bar.get("width") != "6":
            assert float(bar.get("x", 0)) + float(bar.get("width", 0)) <= WIDTH
            assert float(bar.get("y", 0)) + float(bar.get("height", 0)) <= height
