from __future__ import annotations

import copy
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from consultation.report import snapshot
from consultation.report.pdf import CompiledPdf, compile_pdf
from consultation.report.snapshot import NotASnapshot
from testimony.paper import fonts
from tests.consultation.report import sample

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def compiled() -> CompiledPdf:
    return compile_pdf(snapshot.freeze(sample.realistic()))


@pytest.fixture(scope="module")
def file(compiled: CompiledPdf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    path.write_bytes(compiled.pdf)
    return path


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _no_date(document: dict[str, Any]) -> None:
    del document["report"]["date"]


def _no_such_day(document: dict[str, Any]) -> None:
    document["asks"][1]["by_when"] = "2027-02-30"


def _text_for_number(document: dict[str, Any]) -> None:
    document["questions"][3]["table"]["cells"][0]["count"] = "103"


def _yes_for_number(document: dict[str, Any]) -> None:
    document["themes"][0]["number"] = True


def _question_is_text(document: dict[str, Any]) -> None:
    document["questions"][0] = "a question"


def _raw_counts(document: dict[str, Any]) -> None:
    document["questions"][8]["table"]["counts"] = [20, 40, 30]


def _base_of_withheld(document: dict[str, Any]) -> None:
    document["questions"][9]["table"]["base"] = 30


def _percent_of_hidden(document: dict[str, Any]) -> None:
    document["questions"][8]["table"]["cells"][0]["percent"] = 22


def _no_reason(document: dict[str, Any]) -> None:
    document["questions"][8]["table"]["reason"] = ""


def _unknown_verdict(document: dict[str, Any]) -> None:
    document["questions"][0]["table"]["verdict"] = "maybe"


def _evidence_that_is_not_there(document: dict[str, Any]) -> None:
    document["asks"][0]["evidence"] = ["Q1", "Q99"]


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (_no_date, r"report\.date"),
        (_no_such_day, r"asks\[1\]\.by_when"),
        (_text_for_number, r"questions\[3\]\.table\.cells\[0\]\.count"),
        (_yes_for_number, r"themes\[0\]\.number"),
        (_question_is_text, r"questions\[0\]"),
        (_raw_counts, r"no part “questions\[8\]\.table\.counts”"),
        (_base_of_withheld, "“q10” shows a number that is hidden"),
        (_percent_of_hidden, "“q9” shows a number that is hidden"),
        (_no_reason, "“q9” hides numbers and gives no reason"),
        (_unknown_verdict, "“q1” has no verdict"),
        (_evidence_that_is_not_there, "Ask 1 rests on “Q99”"),
    ],
)
def test_a_refusal_names_the_place(
    break_it: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    document = copy.deepcopy(sample.realistic())
    break_it(document)
    with pytest.raises(NotASnapshot, match=sentence):
        snapshot.freeze(document)


def test_a_report_of_real_size_takes_less_than_six_seconds() -> None:
    began = time.process_time()
    compile_pdf(snapshot.freeze(sample.realistic()))
    assert time.process_time() - began < 6


def test_it_prints_the_same_bytes_in_another_process(compiled: CompiledPdf) -> None:
    program = (
        "import django; django.setup()\n"
        "from consultation.report import snapshot\n"
        "from consultation.report.pdf import compile_pdf\n"
        "from tests.consultation.report import sample\n"
        "print(compile_pdf(snapshot.freeze(sample.realistic())).digest)"
    )
    surroundings = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "TZ": "Pacific/Auckland",
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
    }
    there = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert there == compiled.digest == hashlib.sha256(compiled.pdf).hexdigest()


def test_it_says_which_faces_it_was_set_in(compiled: CompiledPdf) -> None:
    assert compiled.fonts == fonts.digests()
    for _name, digest in compiled.fonts:
        assert digest in compiled.html


def test_it_is_sound_tagged_and_bookmarked(file: Path) -> None:
    subprocess.run(["qpdf", "--check", file], check=True, capture_output=True)
    tree = _run("pdfinfo", "-struct-text", str(file))
    for tag in ("H1", "H2", "H3", "Table", "TH", "TD", "Figure", "Link", "BlockQuote"):
        assert tag in tree
    with pikepdf.open(file) as pdf:
        assert pdf.Root.Lang == "en"
        with pdf.open_outline() as outline:
            titles = [entry.title for entry in outline.root]
        spoken = [
            str(item.Alt)
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"
        ]
    assert titles[:3] == ["Contents", "What we ask", "Who we are"]
    shown = range(1, 9)
    for number in shown:
        assert any(words.startswith(f"Bar chart of question {number}.") for words in spoken)
    assert len(spoken) == len(shown)


def test_small_bases_read_so_many_of_so_many(compiled: CompiledPdf) -> None:
    assert '<td class="r">12 / 25</td>' in compiled.html


def test_every_hidden_cell_is_marked_and_its_reason_stands_below(file: Path) -> None:
    text = _run("pdftotext", "-layout", str(file), "-")
    hidden_rows = [line for line in text.splitlines() if "[c]" in line]
    assert len(hidden_rows) == 4
    assert "One of these numbers is too small to show." in text
    assert "Withheld. Too few people met this question." in " ".join(text.split())


def test_the_annex_holds_the_words_people_agreed_to(file: Path) -> None:
    text = _run("pdftotext", "-layout", str(file), "-")
    _before, _head, annex = text.rpartition("How this report was made")[0].partition(
        "Staying in touch\n\n"
    )
    for words in ("May we count your answers?", "Do not keep them", "You may quote me"):
        assert words in annex


def test_progress_is_told_in_words() -> None:
    told: list[str] = []
    compile_pdf(snapshot.freeze(sample.document()), progress=told.append)
    assert told == ["Setting the pages", "Printing the PDF"]


def test_hostile_words_are_printed_as_words() -> None:
    document = sample.document()
    document["themes"][0]["excerpts"][0]["text"] = (
        "<img src=http://127.0.0.1:9/x> \x00\u202eabc " + "w" * 5_000 + " 🧿 中"
    )
    html = compile_pdf(snapshot.freeze(document)).html
    assert "&lt;img src=http://127.0.0.1:9/x&gt;" in html
    assert "[U+1F9FF] [U+4E2D]" in html
