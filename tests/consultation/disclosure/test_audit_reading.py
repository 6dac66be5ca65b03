"""Pages, downloads and paper say the same to the auditor, and what is broken is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weasyprint import HTML

from consultation import report
from consultation.charts.bars import bar_chart
from consultation.charts.crosses import Bar, Group, cross_chart
from consultation.disclosure.audit import Audit, Edition, Unreadable, audit
from consultation.disclosure.audit.downloads import COLUMNS, FORMAT, PROPERTY
from consultation.disclosure.audit.published import Said, exactly
from consultation.disclosure.audit.reading import Document, read
from consultation.disclosure.audit.wording import (
    Unclear,
    claims_in,
    numbers_in,
    read_count,
    read_percent,
)
from testimony.paper.print import to_pdf

POPPLER = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not here")


# How figures are written


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("18", exactly(18)),
        (" 1,234 ", exactly(1234)),
        ("1 234", exactly(1234)),
        ("1\u202f234", exactly(1234)),
        ("5 / 21", exactly(5, 21)),
        ("5 of 21", exactly(5, 21)),
        ("[c]", Said("hidden")),
        ("'[c]", Said("hidden")),
        ("[z]", Said("structural", 0, 0)),
        ("–", Said("none")),
        ("", Said("none")),
        ("9 or fewer", Said("band", 0, 9)),
        ("9 ou moins", Said("band", 0, 9)),
        ("at least 34 of 43", Said("band", 34, 43, 43)),
        ("au moins 34 sur 43", Said("band", 34, 43, 43)),
        ("fewer than 5", Said("band", 0, 4)),
        ("more than 40", Said("band", 41, None)),
        ("5 to 9", Said("band", 5, 9)),
        ("5–9", Said("band", 5, 9)),
    ],
)
def test_a_count_is_read_as_it_is_written(words: str, said: Said) -> None:
    assert read_count(words) == said


@pytest.mark.parametrize("words", ["some", "-3", "12 people", "1.5", "9 to 5", "[d]", "0x10"])
def test_what_is_no_count_is_not_guessed(words: str) -> None:
    with pytest.raises(Unclear):
        read_count(words)


def test_percentages_are_read_with_and_without_their_sign() -> None:
    assert read_percent("43 %") == (exactly(43), True)
    assert read_percent("43\u202f%") == (exactly(43), True)
    assert read_percent("43") == (exactly(43), True)
    assert read_percent("43.5%") == (exactly(43), False)
    assert read_percent("[c]") == (Said("hidden"), True)
    assert read_percent("5 / 21") == (exactly(5, 21), True)


def test_dates_and_names_are_no_counts() -> None:
    words = "Table 3 and Q12: on 3 March 2026, in week 9, 18 of 1,234 (2 %) said yes."
    assert numbers_in(words) == [18, 1234, 2]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("Some 18 of 43 said so, 42 % in all.", [18, 43, 42]),
        ("Only 12 people and three workers came.", [12, 3]),
        ("Two of the 21 and one of 30 said no.", [2, 1]),
        ("One person reads, another approves; un travailleur, une personne.", []),
        ("Trois personnes sur 21, soit 14 pour cent.", [14, 3]),
        ("We ask for 14 days of notice by 3 March.", []),
    ],
)
def test_claims_about_people_are_found_in_prose(words: str, numbers: list[int]) -> None:
    assert [n for claimed, _start, _end in claims_in(words) for n in claimed] == numbers


# A page

ROW = '<tr><th scope="row" data-category="{0}">{1}</th><td>{2}</td><td>{3}</td><td>{4}</td></tr>'


def page(
    yes: tuple[str, str, str] = ("[c]", "[c]", "43"),
    no: tuple[str, str, str] = ("[c]", "[c]", "17"),
    *,
    around: str = "",
    head: str = "",
    attributes: str = "",
    edition: str = "1",
) -> bytes:
    rows = ROW.format("yes", "Yes", *yes) + ROW.format("no", "No", *no)
    return f"""<!doctype html><html lang="en"><head><title>Report</title>{head}</head><body>
<main data-edition="{edition}" data-collection="hours">
<p>Answers of <span data-figure data-at="">60</span> people.</p>
<section data-about="3"><h3 data-wording>3. Are your hours fixed?</h3>
<table data-table="3" data-rows="fixed" data-columns="mode" {attributes}>
<caption>Table 3. Are your hours fixed?</caption>
<thead><tr><td></td><th scope="col" data-category="street">Street</th>
<th scope="col" data-category="online">Online</th>
<th scope="col" data-margin="total">Total</th></tr></thead>
<tbody>{rows}
<tr><th scope="row" data-margin="base">Answered (the base)</th>
<td>21</td><td>39</td><td>60</td></tr></tbody></table>
{around}</section></main></body></html>""".encode()


def audited(*documents: Document | bytes) -> Audit:
    return audit(read([d if isinstance(d, Document) else Document("p.html", d) for d in documents]))


def ranges(found: Audit) -> dict[str, tuple[int, int | None]]:
    return {cell.name: (cell.reach.range.low, cell.reach.range.high) for cell in found.hidden}


def test_a_page_is_read_from_its_words() -> None:
    (edition,) = read([Document("report.html", page())])
    assert (edition.name, edition.collection, edition.participants) == ("1", "hours", 60)
    (table,) = edition.tables
    assert (table.id, table.rows, table.columns, table.groups) == ("3", "fixed", "mode", "mode")
    assert table.title == "Table 3. Are your hours fixed?"
    assert len(table.figures) == 9
    assert edition.variables["fixed"].labels() == {"yes": "Yes", "no": "No"}
    found = audited(page())
    assert found.findings == ()
    assert ranges(found)["fixed = No, mode = Street"] == (0, 17)


def test_a_page_with_one_cell_hidden_is_a_breach() -> None:
    found = audited(page(("18", "25", "43"), ("[c]", "14", "17")))
    assert ranges(found) == {"fixed = No, mode = Street": (3, 3)}
    assert found.broken() == {"range", "difference"}
    assert "line" in found.findings[0].place


@pytest.mark.parametrize(
    "cell",
    [
        '[c]</td><td data-count="14">[c]',
        '[c]</td><td><span title="14">[c]</span>',
        '[c]</td><td data-sort="14">[c]',
    ],
)
def test_a_number_in_an_attribute_is_known_too(cell: str) -> None:
    found = audited(
        page().replace(b"<td>[c]</td><td>[c]</td><td>17", f"<td>{cell}</td><td>17".encode())
    )
    assert "mismatch" in found.broken()
    assert ranges(found)["fixed = No, mode = Street"] == (3, 3)


def test_an_attribute_that_repeats_the_words_is_fine() -> None:
    assert audited(page().replace(b"<td>39</td>", b'<td data-count="39">39</td>')).is_adequate


@pytest.mark.parametrize(
    "around",
    [
        "<p>The answer “No” was given by 3 of 21.</p>",
        '<img src="chart.png" alt="Bars: 18 and 3">',
        "<svg role='img'><title>Chart</title><text>Street, no: 3</text></svg>",
        '<svg role="img" aria-label="18 said yes"></svg>',
        "<!-- street: 18, 3 -->",
        '<script type="application/json">{"street": [18, 3]}</script>',
        "<p hidden>18</p>",
        "<script>let x = 18;</script>",
        "<p>18 · 86 %</p>",
    ],
)
def test_words_around_the_table_say_no_more(around: str) -> None:
    assert "sentence" in audited(page(around=around)).broken()


@pytest.mark.parametrize(
    "around",
    [
        "<p>The most frequent answer was “Yes”: 43 of 60. See Table 3.</p>",
        "<svg role='img'><title>Chart of question 3</title><text>43</text>"
        "<g data-scale><text>50</text></g></svg>",
    ],
)
def test_words_that_repeat_the_table_are_fine(around: str) -> None:
    assert audited(page(around=around)).is_adequate


def test_a_number_in_an_answers_label_is_no_figure() -> None:
    labelled = page(around="<p>“Up to 18 hours” was ticked most often: by 43 of 60.</p>")
    assert audited(labelled.replace(b">Yes<", b">Up to 18 hours<")).is_adequate
    assert "sentence" in audited(labelled).broken()


def test_metadata_is_read_as_well() -> None:
    head = '<meta name="description" content="12 of 60 are tired">'
    assert "sentence" in audited(page(head=head)).broken()


def test_one_label_with_two_marks_is_a_mismatch() -> None:
    swapped = page().replace(b'data-category="no">No', b'data-category="no">Yes')
    assert "mismatch" in audited(swapped).broken()


def test_sensitivity_and_kind_are_read() -> None:
    counts = page(("21", "22", "43"), ("0", "17", "17"))
    assert audited(counts).is_adequate
    marked = page(
        ("21", "22", "43"), ("0", "17", "17"), attributes='data-rows-sensitivity="attribute"'
    )
    assert audited(marked).broken() == {"attribute"}


TICKS = """<main data-edition="1"><table data-table="4" data-rows="needs"
data-rows-kind="tick_all"><caption>Table 4. Needs</caption>
<thead><tr><th scope="col">Answer</th><th scope="col" data-measure="count">People</th>
<th scope="col" data-measure="percent">Per cent</th></tr></thead><tbody>
<tr><th scope="row" data-category="pay">Pay</th><td>30</td><td>75</td></tr>
<tr><th scope="row" data-category="rest">Rest</th><td>20</td><td>50 %</td></tr>
<tr><th scope="row" data-category="safe">Safety</th><td>[c]</td><td>[c]</td></tr>
{0}<tr><th scope="row" data-margin="base">Answered</th><td>40</td><td>–</td></tr>
</tbody></table></main>"""


def test_a_total_of_ticks_is_known_by_its_words() -> None:
    assert audited(TICKS.format("").encode()).is_adequate
    total = '<tr><th scope="row">All ticks</th><td>53</td><td>–</td></tr>'
    found = audited(TICKS.format(total).encode())
    assert "tick_total" in found.broken()
    assert ranges(found)["needs = Safety"] == (3, 3)


@pytest.mark.parametrize(
    ("words", "rule"), [("Average", "statistic"), ("Highest", "statistic"), ("Median", "")]
)
def test_statistics_are_known_by_their_words(words: str, rule: str) -> None:
    row = f'<tr><th scope="row">{words}</th><td>38</td><td>–</td></tr>'
    assert audited(TICKS.format(row).encode()).broken() == ({rule} if rule else set())


def test_a_percentage_beside_a_hidden_count_is_not_hidden() -> None:
    marked = TICKS.format("").replace("<td>[c]</td><td>[c]</td>", "<td>[c]</td><td>8</td>")
    assert ranges(audited(marked.encode()))["needs = Safety"] == (3, 3)


def test_quotations_are_read_from_marks_and_words() -> None:
    quote = (
        '<blockquote data-quote data-details="mode:street"><p>“Too long.”</p>'
        "<footer data-attribution>{0}</footer></blockquote>"
    )
    assert audited(page(around=quote.format("Street"))).is_adequate
    assert "mismatch" in audited(page(around=quote.format("Online"))).broken()
    assert "mismatch" in audited(page(around=quote.format("Street, No"))).broken()


def test_two_sources_on_one_page_are_two_sets_of_people() -> None:
    both = b"""<main data-edition="1"><section data-collection="survey">
<table data-table="1" data-rows="a"><tr><th scope="row" data-category="x">X</th><td>30</td></tr>
<tr><th scope="row" data-margin="base">Base</th><td>30</td></tr></table></section>
<section data-collection="call"><table data-table="2" data-rows="a">
<tr><th scope="row" data-category="x">X</th><td>27</td></tr>
<tr><th scope="row" data-margin="base">Base</th><td>27</td></tr></table></section></main>"""
    assert [e.collection for e in read([Document("p.html", both)])] == ["survey", "call"]
    assert audited(both).is_adequate


def test_two_editions_are_audited_together() -> None:
    later = page(("18", "25", "43"), ("[c]", "[c]", "17"), edition="2")
    found = audited(Document("1.html", page()), Document("2.html", later))
    assert ranges(found)["fixed = No, mode = Street"] == (3, 3)
    assert found.editions == ("hours 1", "hours 2")


def drawn(*shares: tuple[float | None, str]) -> str:
    bars = tuple(Bar("All", share, words) for share, words in shares)
    return cross_chart([Group("Yes", bars)], "Chart of question 3.", "c3")


@pytest.mark.parametrize(
    ("chart", "is_adequate"),
    [
        (drawn((43 / 60, "43 of 60")), True),
        (drawn((0.72, "72 %")), True),
        (drawn((None, "[c]")), True),
        (drawn((None, "9 or fewer")), True),
        (drawn((3 / 21, "[c]")), False),
        (drawn((7 / 21, "9 or fewer")), False),
        (drawn((43 / 60, "72 %")), False),
        (drawn((18 / 21, "43 of 60")), False),
    ],
)
def test_a_bar_is_no_longer_than_its_words(chart: str, is_adequate: bool) -> None:
    told = '<span data-figure data-at="fixed:yes" data-measure="percent">72</span>'
    found = audited(page(around=told + chart))
    assert ("bar" in found.broken()) is not is_adequate


def test_rectangles_that_do_not_lie_on_each_other_are_no_bars() -> None:
    swatches = (
        '<svg role="img"><title>Key</title><rect x="0" y="0" width="12" height="12"/>'
        '<rect x="20" y="0" width="7" height="12"/><text>Street</text></svg>'
    )
    assert audited(page(around=swatches)).is_adequate


def test_our_own_one_way_chart_is_read() -> None:
    table = {
        "verdict": "shown",
        "base": 60,
        "cells": [
            {"label": "Yes", "count": 43, "percent": None},
            {"label": "No", "count": 17, "percent": None},
        ],
    }
    chart = bar_chart(table, "Chart of question 3.")
    assert audited(page(around=chart)).is_adequate
    table["cells"][0]["count"] = 44  # type: ignore[index]
    assert "bar" in audited(page(around=chart.replace(">43 /", ">17 /"))).broken()


ELSEWHERE = [
    "<p data-others>In a study of 2024, 42 % of 312 drivers were tired.</p>",
    "<section data-others><h2>Research</h2><p>Some 14 of 20 studies agree.</p></section>",
    '<blockquote data-quote data-details=""><p>“I worked 12 of 14 days.”</p></blockquote>',
    '<p>So far <span data-rounded="5">65 answers</span> came in.</p>',
    "<p>Asked: <span data-wording>Do 3 of 4 people agree?</span></p>",
]


@pytest.mark.parametrize("around", ELSEWHERE)
def test_numbers_about_something_else_are_marked(around: str) -> None:
    outside = page().replace(b"</main>", f"{around}</main>".encode())
    assert audited(outside).is_adequate
    for mark in (" data-others", " data-quote", ' data-rounded="5"', " data-wording"):
        outside = outside.replace(mark.encode(), b"")
    unmarked = outside.replace(b"<h3>3. Are your hours fixed?</h3>", b"")
    assert audited(unmarked).broken() == {"sentence"}


def test_a_claim_typed_again_without_its_mark_is_found() -> None:
    marked = "<p data-others>In the study 3 of 4 people agreed.</p>"
    again = page().replace(b"</main>", f"{marked}<p>So did 3 of 4 people here.</p></main>".encode())
    assert audited(again).broken() == {"sentence"}


def test_what_is_said_to_be_rounded_is_rounded() -> None:
    for words in ('<p data-rounded="5">63 came in.</p>', '<p data-rounded="1">65 came in.</p>'):
        assert audited(page(around=words)).broken() == {"mismatch"}


def test_a_comment_anywhere_may_hold_no_number() -> None:
    assert "sentence" in audited(page() + b"<!-- no: 3 -->").broken()


# Downloads


def content(**more: object) -> dict[str, object]:
    return {
        "format": FORMAT,
        "edition": "1",
        "collection": "hours",
        "participants": 60,
        "variables": [
            {
                "code": "fixed",
                "label": "Fixed hours",
                "categories": [{"code": "yes", "label": "Yes"}, {"code": "no", "label": "No"}],
            },
            {
                "code": "mode",
                "categories": [
                    {"code": "street", "label": "Street"},
                    {"code": "online", "label": "Online"},
                ],
            },
        ],
        **more,
    }


def figures(hidden: str = "[c]") -> list[dict[str, object]]:
    return [
        {"at": {"fixed": "yes", "mode": "street"}, "value": hidden},
        {"at": {"fixed": "no", "mode": "street"}, "value": "[c]"},
        {"at": {"fixed": "yes", "mode": "online"}, "value": "[c]"},
        {"at": {"fixed": "no", "mode": "online"}, "value": "[c]"},
        {"at": {"fixed": "yes", "mode": "*"}, "value": 43},
        {"at": {"fixed": "no", "mode": "*"}, "value": 17},
        {"at": {"fixed": "*", "mode": "street"}, "value": 21},
        {"at": {"fixed": "*", "mode": "online"}, "value": 39},
        {"at": {"fixed": "*", "mode": "*"}, "value": 60},
    ]


def as_json(hidden: str = "[c]") -> Document:
    table = {"id": "3", "rows": "fixed", "columns": "mode", "figures": figures(hidden)}
    return Document("edition.json", json.dumps(content(tables=[table])).encode())


def as_csv(hidden: str = "[c]") -> list[Document]:
    lines = [",".join(COLUMNS)]
    for figure in figures(hidden):
        places = figure["at"]
        assert isinstance(places, dict)
        value = f"'{figure['value']}" if figure["value"] == "[c]" else figure["value"]
        lines.append(f"3,fixed,{places['fixed']},mode,{places['mode']},,count,,{value}")
    package = {"resources": [{"path": "tables.csv"}], PROPERTY: content()}
    return [
        Document("datapackage.json", json.dumps(package).encode()),
        Document("tables.csv", "\r\n".join(lines).encode()),
    ]


def test_every_form_says_the_same() -> None:
    seen = [ranges(audited(page())), ranges(audited(as_json())), ranges(audited(*as_csv()))]
    assert [set(found.values()) for found in seen] == [{(4, 21), (0, 17), (22, 39)}] * 3
    found = audited(Document("p.html", page()), as_json(), *as_csv())
    assert found.findings == ()
    assert len(found.files) == 4


def test_what_one_form_prints_no_other_form_hides() -> None:
    found = audited(Document("p.html", page()), *as_csv("18"))
    assert "mismatch" in found.broken()
    assert (3, 3) in ranges(found).values()


def test_shares_of_rows_and_columns_are_told_apart() -> None:
    extra = [
        {"at": {"fixed": "no", "mode": "online"}, "measure": "percent", "of": "row", "value": 82},
    ]
    table = {"id": "3", "rows": "fixed", "columns": "mode", "figures": [*figures(), *extra]}
    found = audited(Document("e.json", json.dumps(content(tables=[table])).encode()))
    assert found.broken() == {"percent_base", "range"}
    assert (3, 3) in ranges(found).values()
    extra[0] |= {"of": "column", "value": 36}
    found = audited(Document("e.json", json.dumps(content(tables=[table])).encode()))
    assert found.broken() == {"range"}


def test_the_example_in_the_docs_is_read() -> None:
    docs = Path(__file__).resolve().parents[3] / "docs" / "features" / "auditing.md"
    example = docs.read_text(encoding="utf-8").split("```json")[1].split("```")[0]
    (read_edition,) = read([Document("example.json", example.encode())])
    assert read_edition.participants == 60
    assert len(read_edition.tables[0].figures) == 2
    audit([read_edition])


# Paper


def pdf(html: bytes) -> bytes:
    style = "<style>td, th { padding: 2pt 0 2pt 12pt; text-align: right }</style></head>"
    words = HTML(string=html.decode().replace("</head>", style)).write_pdf()
    assert isinstance(words, bytes)
    return words


@POPPLER
def test_paper_is_read_with_the_marks_of_the_page() -> None:
    paper = Document("report.pdf", pdf(page()))
    found = audited(Document("report.html", page()), paper)
    assert found.findings == ()
    assert [file.form for file in found.files] == ["html", "pdf"]
    assert any("report.pdf" in place for cell in found.hidden for place in cell.places)


@POPPLER
def test_what_only_the_paper_prints_is_printed() -> None:
    paper = Document("report.pdf", pdf(page(("18", "[c]", "43"))))
    found = audited(Document("report.html", page()), paper)
    assert "mismatch" in found.broken()
    assert ranges(found)["fixed = No, mode = Street"] == (3, 3)


@POPPLER
def test_what_the_paper_lacks_is_told() -> None:
    shorter = page().replace(ROW.format("no", "No", "[c]", "[c]", "17").encode(), b"")
    found = audited(Document("report.html", page()), Document("report.pdf", pdf(shorter)))
    assert found.broken() == {"mismatch"}


def test_a_table_withheld_in_one_form_is_withheld_in_all() -> None:
    held = b"""<main data-edition="1" data-collection="hours">
<p data-table="3" data-rows="fixed" data-state="withheld">Withheld.</p></main>"""
    assert audited(held).is_adequate
    assert "mismatch" in audited(Document("p.html", held), as_json()).broken()


@POPPLER
def test_paper_alone_is_read_by_its_words() -> None:
    safe = audited(Document("report.pdf", pdf(page())))
    assert safe.is_adequate
    assert len(safe.hidden) == 4
    found = audited(Document("report.pdf", pdf(page(("18", "25", "43"), ("[c]", "14", "17")))))
    assert list(ranges(found).values()) == [(3, 3)]


@POPPLER
@pytest.mark.parametrize("around", ELSEWHERE)
def test_paper_knows_from_its_page_what_is_about_something_else(around: str) -> None:
    both = page().replace(b"</main>", f"{around}</main>".encode())
    paper = Document("report.pdf", pdf(both))
    assert audited(Document("report.html", both), paper).findings == ()
    assert "sentence" in audited(Document("report.html", page()), paper).broken()


@POPPLER
def test_a_typed_share_on_paper_is_found() -> None:
    typed = page(around="<p>Of these, 3 of 21 said no.</p>")
    assert "sentence" in audited(Document("report.pdf", pdf(typed))).broken()


LONG = [
    "I get my hours less than a week before, and they change after that in most weeks of the year",
    "It depends on the office, the season, and who is on leave",
    "Never",
]


def long_page() -> bytes:
    rows = "".join(
        f'<tr><th scope="row" data-category="c{n}">{LONG[n % 3]}, in case {n}</th>'
        f"<td>[c]</td><td>{1000 + n}</td><td>9 or fewer</td><td>[c]</td></tr>"
        for n in range(60)
    )
    heads = "".join(
        f'<th scope="col" data-category="{code}">{label}</th>'
        for code, label in (("s", "Street stand"), ("o", "Online form"), ("p", "Paper"))
    )
    return f"""<!doctype html><html lang="en"><head><title>Report</title></head><body>
<main data-edition="1"><h1>Report</h1>
<table data-table="7" data-rows="case" data-columns="mode"><caption>Table 7. How often do your hours
change, and who tells you about it before the change takes effect in the office you work for?
</caption><thead><tr><th scope="col">Answer</th>{heads}
<th scope="col" data-margin="total">Total</th></tr></thead><tbody>{rows}</tbody></table>
<p>Words after the table.</p></main></body></html>
""".encode()


@POPPLER
def test_a_long_table_of_our_own_typesetter_is_read_whole() -> None:
    """Over pages, with headings repeated, and a caption, headings, labels and figures that fold."""
    style = (Path(report.__file__).parent / "print.css").read_text(encoding="utf-8")
    printed = to_pdf(long_page().decode(), style=style, epoch=0)
    assert printed.pages > 2
    whole = read([Document("report.html", long_page()), Document("report.pdf", printed.pdf)])
    (table,) = whole[0].tables
    by_file = {
        name: {(f.at, f.said) for f in table.figures if f.place.startswith(name)}
        for name in ("report.html", "report.pdf")
    }
    assert len(by_file["report.html"]) == 240
    assert by_file["report.pdf"] == by_file["report.html"]
    assert whole[0].remarks == ()


@POPPLER
def test_a_long_table_is_read_whole_from_paper_alone() -> None:
    style = (Path(report.__file__).parent / "print.css").read_text(encoding="utf-8")
    printed = to_pdf(long_page().decode(), style=style, epoch=0)
    (edition,) = read([Document("report.pdf", printed.pdf)])
    (table,) = edition.tables
    assert len(table.figures) == 240
    labels = edition.variables["columns of table 7"].labels()
    assert list(labels.values()) == ["Street stand", "Online form", "Paper"]
    assert table.title.endswith("in the office you work for?")


def test_a_hidden_row_outside_of_its_table_is_refused() -> None:
    broken = PAPER + "\nSomewhere else                   [c]             [c]\n"
    with pytest.raises(Unreadable, match="outside of a table"):
        read([Document("paper.txt", broken.encode())])


PAPER = """
Table 5. What do you need most?
Answer                        People        Per cent
Better pay than
last year                         30              75
Rest                              20            50 %
Safety                           [c]             [c]
Answered (the base)               40               –
Skipped the question               0               –

People could tick more than one answer, so the numbers do not add up to the base.
"""


def test_a_label_on_two_lines_is_one_label() -> None:
    folded = PAPER.replace(
        "Better pay than\nlast year                         30",
        "Better pay than                   30",
    ).replace("75\n", "75\nlast year\n", 1)
    (edition,) = read([Document("paper.txt", folded.encode())])
    labels = list(edition.variables["rows of table 5"].labels())
    assert labels == ["Better pay than last year", "Rest", "Safety"]


@pytest.mark.parametrize(
    "broken",
    [
        "Table 5. Nothing under it\n\nA paragraph that says nothing.\n",
        "Table 5. Only headings\nAnswer        People\n",
        PAPER.replace("People        Per cent", ""),
        PAPER.replace("[c]             [c]", "9 or            [c]"),
    ],
)
def test_a_table_that_can_not_be_read_is_refused(broken: str) -> None:
    with pytest.raises(Unreadable):
        read([Document("paper.txt", broken.encode())])


# Bad input


def documents(name: str, words: str | bytes) -> list[Document]:
    return [Document(name, words.encode() if isinstance(words, str) else words)]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "No file"),
        (documents("a.bin", b"\x00\x01"), "neither HTML"),
        (documents("a.html", b"<p>\xff</p>"), "UTF-8"),
        (documents("a.html", "<main><p>x</p>"), "never closed"),
        (documents("a.html", "<main></section></main>"), "not open"),
        (documents("a.html", '<p a="1" a="2">x</p>'), "stands twice"),
        (documents("a.html", '<table data-table="1"></table>'), "no row variable"),
        (
            documents("a.html", '<table data-table="1" data-rows="a"><tr><td>5</td></tr></table>'),
            "nothing says",
        ),
        (
            documents(
                "a.html",
                '<table data-table="1" data-rows="a"><tr><th scope="row" data-category="x">X</th>'
                "<td>about five</td></tr></table>",
            ),
            "can't be read",
        ),
        (documents("a.json", "{"), "not JSON"),
        (documents("a.json", "{}"), "format"),
        (documents("a.json", json.dumps({"format": FORMAT, "tables": 3})), "list of objects"),
        (
            documents("a.json", json.dumps({"format": FORMAT, "tables": [{"id": "1"}]})),
            "no row variable",
        ),
        (
            documents("a.json", json.dumps({"format": FORMAT, "participants": -3})),
            "can't be read",
        ),
        (documents("t.csv", "a,b\n1,2\n"), "datapackage.json"),
        (
            documents("d.json", json.dumps({"resources": [{"path": "x.csv"}], PROPERTY: {}})),
            "was not given",
        ),
        ([as_csv()[0], Document("tables.csv", b"a,b\n1,2\n")], "columns are not"),
        (
            [as_csv()[0], Document("tables.csv", ",".join(COLUMNS).encode() + b"\n3,fixed\n")],
            "number of columns",
        ),
        (documents("a.pdf", b"%PDF-1.7 nothing"), "can't be read"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_place(given: list[Document], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(given)


def test_an_edition_without_tables_is_read() -> None:
    (edition,) = read(documents("a.html", "<main data-edition='1'><p>Nothing yet.</p></main>"))
    assert edition == Edition("1", files=edition.files)
    assert audit([edition]).is_adequate


def put_together(words: str, pieces: list[tuple[int, str]]) -> str:
    for place, piece in pieces:
        cut = place % (len(words) + 1)
        words = words[:cut] + piece + words[cut + len(piece) // 2 :]
    return words


SCRAPS = st.sampled_from([
    "<", ">", "</td>", "<td>", "<table data-table='9' data-rows='x'>", '"', "'", "[c]", "[z]", "-1",
    "99999999999999999999", "<!--", "-->", "{", "}", ":", ",", "null", "1e9", "0", "\x00", "\f",
    "Table 3. Again", "  7  ", "\u202e", "colspan='999999'", "rowspan='-1'", "data-at='a'", "\n",
    "~ticks", "*", "percent", "&#0;", "<svg>", "5 / 0", "200 %",
])  # fmt: skip
PIECES = st.lists(st.tuples(st.integers(0, 5000), SCRAPS), min_size=1, max_size=6)


@given(st.sampled_from(["page", "json", "package", "csv", "paper"]), PIECES)
@settings(max_examples=250)
def test_damage_is_refused_or_read_and_never_crashes(
    form: str, pieces: list[tuple[int, str]]
) -> None:
    package, csv = as_csv()
    given_files = {
        "page": [Document("p.html", page())],
        "json": [as_json()],
        "package": [package, csv],
        "csv": [csv, package],
        "paper": [Document("paper.txt", PAPER.encode())],
    }[form]
    first = given_files[0]
    damaged = put_together(first.content.decode(), pieces).encode("utf-8", "surrogatepass")
    with suppress(Unreadable):
        audit(read([Document(first.name, damaged), *given_files[1:]]))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(Unreadable, match="nested"):
        read(documents("a.html", "<div>" * 5000 + "</div>" * 5000))
    with pytest.raises(Unreadable):
        read(documents("a.json", '{"format": ' + "[" * 100000 + "]" * 100000 + "}"))


@POPPLER
def test_both_languages_of_paper_are_read_by_the_labels_of_their_pages() -> None:
    def french(words: bytes) -> bytes:
        for one, other in ((b">Yes<", b">Oui<"), (b">No<", b">Non<"), (b">Street<", b">Rue<")):
            words = words.replace(one, other)
        return words.replace(b"Answered (the base)", "Ont répondu (la base)".encode())

    files = [
        Document("en.html", page()),
        Document("fr.html", french(page())),
        Document("en.pdf", pdf(page())),
        Document("fr.pdf", pdf(french(page()))),
    ]
    assert audited(*files).findings == ()
    assert len(audited(*files).hidden) == 4


@POPPLER
def test_poppler_is_the_one_that_lays_text_out() -> None:
    done = subprocess.run(["pdftotext", "-v"], capture_output=True, check=False)
    assert b"poppler" in done.stderr.lower()
