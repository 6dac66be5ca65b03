"""Bringing a questionnaire in, through a real upload: nothing lost, nothing written early."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile

import openpyxl
import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from consultation.survey import exchange
from consultation.survey.models import Questionnaire
from consultation.survey.xlsform import sheets
from testimony.vault.models import AuditEntry
from tests import factories
from tests.consultation.survey.forms_elsewhere import checks, made, three_languages
from tests.factories import Consultation, team_client

HEAD = ["type", "name", "label"]


@pytest.fixture
def editor(consultation: Consultation) -> Client:
    return team_client(factories.user("an editor"), "Editors")


def whole() -> bytes:
    return made(
        [HEAD, ["text", "what", "What should change?"]],
        settings=[["form_title", "default_language"], ["Change", "English (en)"]],
    )


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def with_part(name: str, data: bytes) -> bytes:
    return packed(parts_of(whole()) | {name: data})


def sheet_of(rows: bytes) -> bytes:
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        b'<worksheet xmlns="' + space + b'"><sheetData>' + rows + b"</sheetData></worksheet>"
    )  # fmt: skip


def entity_bomb() -> bytes:
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    return b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "x">' + entities + b"]><x>&e9;</x>"


def outside_entity() -> bytes:
    return b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'


def old_workbook(words: bytes = b"") -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + words


def read_backwards(data: bytes) -> bytes:
    """The archive with every part marked as locked, which is what a password on a ZIP does."""
    return re.sub(rb"(?<=PK\x01\x02....)..", lambda _found: b"\x01\x00", data, flags=re.DOTALL)


def renamed() -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(whole()))
    book["survey"].title = "questions"
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


REFUSED = {
    "larger than we take": (lambda: whole() + b"\x00" * 2**21, "larger than 2 MiB"),
    "a bomb of zeros": (lambda: with_part("xl/media/a.bin", b"\x00" * 30 * 2**20), "20 MiB"),
    "a bomb of entities": (lambda: with_part("xl/sharedStrings.xml", entity_bomb()), "would write"),
    "a file of ours asked for": (
        lambda: with_part("xl/worksheets/sheet1.xml", outside_entity()), "would write",
    ),
    "a bomb in another alphabet": (
        lambda: with_part("xl/theme/theme1.xml", entity_bomb().decode().encode("utf-16")),
        "would write",
    ),
    "cells without end": (
        lambda: with_part("xl/worksheets/sheet1.xml", sheet_of(b"<row/>" * 10**6)), "more cells",
    ),
    "cells without end, in a part called otherwise": (
        lambda: with_part("xl/worksheets/sheet1.dat", sheet_of(b"<c/>" * 10**6)), "more cells",
    ),
    "parts without end": (
        lambda: packed(parts_of(whole()) | {f"a/{n}.bin": b"" for n in range(1100)}), "20 MiB",
    ),
    "macros": (lambda: with_part("xl/vbaProject.bin", b"Sub"), "macros"),
    "an old workbook": (old_workbook, "old Excel workbook"),
    "a password": (lambda: old_workbook("EncryptedPackage".encode("utf-16-le")), "password"),
    "a password on the archive": (lambda: read_backwards(whole()), "password"),
    "a LibreOffice table": (
        lambda: packed({"mimetype": b"x", "content.xml": b"<x/>"}), "LibreOffice",
    ),
    "a CSV": (lambda: b"type,name,label\ntext,a,A\n", "CSV"),
    "another archive": (lambda: packed({"a.txt": b"a"}), "not an XLSX"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "not an XLSX"),
    "half a workbook": (lambda: whole()[:900], "not an XLSX"),
    "a broken sheet": (lambda: with_part("xl/worksheets/sheet1.xml", b"<worksheet"), "be read"),
    "no sheet of questions": (renamed, "no sheet named"),
    "no question": (lambda: made([HEAD]), "asks nothing"),
    "nothing that can be asked": (lambda: made([HEAD, ["start", "s"]]), "asks nothing"),
}  # fmt: skip


def bring(client: Client, name: str, data: bytes, **more: str) -> tuple[int, str]:
    answer = client.post(
        reverse("surveys_room:bring_in"), {"file": SimpleUploadedFile(name, data), **more}
    )
    return answer.status_code, html.unescape(answer.content.decode())


def how_much_stands() -> tuple[int, int]:
    return Questionnaire.objects.count(), AuditEntry.objects.count()


def test_a_file_we_do_not_open_is_told_plainly_and_nothing_is_written(editor: Client) -> None:
    before = how_much_stands()
    for name, (make, words) in REFUSED.items():
        status, page = bring(editor, "form.xlsx", make())
        assert status == 422, name
        assert re.search(r"<title>\s*Error:", page), name
        assert words in page, name
        assert "Nothing was kept." in page, name
        assert "Make the draft" not in page, name
    assert how_much_stands() == before


def test_no_file_at_all_is_told_beside_the_field(editor: Client) -> None:
    answer = editor.post(reverse("surveys_room:bring_in"), {})
    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()


def test_links_to_other_files_are_never_followed(editor: Client) -> None:
    link = b'<externalLink xmlns="x"><externalBook r:id="rId1"/></externalLink>'
    rels = b'<Relationships><Relationship Target="https://example.org/a.xlsx"/></Relationships>'
    parts = {"xl/externalLinks/externalLink1.xml": link, "xl/externalLinks/_rels/a.rels": rels}
    status, _page = bring(editor, "form.xlsx", packed(parts_of(whole()) | parts))
    assert status == 302


def test_a_form_that_fits_becomes_a_draft_at_once(editor: Client) -> None:
    before, _entries = how_much_stands()
    status, _page = bring(editor, "form.xlsx", whole())
    assert status == 302
    assert Questionnaire.objects.count() == before + 1


def test_the_language_of_the_words_can_be_said(editor: Client) -> None:
    bring(editor, "form.xlsx", made([HEAD, ["text", "quoi", "Quoi?"]]), language="fr")
    assert Questionnaire.objects.latest("pk").languages == "fr"


def carried(page: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found
    return found[1]


def go_on(client: Client, **given: str) -> tuple[int, str]:
    answer = client.post(reverse("surveys_room:bring_in"), given)
    return answer.status_code, html.unescape(answer.content.decode())


def test_what_would_be_left_out_is_listed_by_sheet_and_row_before_anything_is_written(
    editor: Client,
) -> None:
    before = how_much_stands()
    status, page = bring(editor, "form.xlsx", three_languages())
    assert status == 422
    tables = re.findall(r"<caption>(.*?)</caption>", page)
    assert tables == ["Sheet “choices”", "Sheet “survey”", "Sheet “survey”"]
    assert re.search(r'<th scope="row">row 4</th><td>default</td>', page)
    assert "No answer is filled in beforehand." in page
    assert how_much_stands() == before


def test_one_sentence_about_many_rows_is_said_once(editor: Client) -> None:
    rows = [["text", f"q{n}", f"Question {n}", "x"] for n in range(6)]
    status, page = bring(editor, "form.xlsx", made([[*HEAD, "default"], *rows]))
    assert status == 422
    assert "rows 2 to 7" in page


def test_the_rest_becomes_a_draft_once_the_list_was_read(editor: Client) -> None:
    before, _entries = how_much_stands()
    _status, page = bring(editor, "form.xlsx", checks())
    status, _page = go_on(editor, carried=carried(page), seen="on")
    assert status == 302
    assert Questionnaire.objects.count() == before + 1
    made_of_it = Questionnaire.objects.latest("pk")
    assert not made_of_it.live
    asked = [q for section in made_of_it.document()["sections"] for q in section["questions"]]
    assert [q["key"] for q in asked][:3] == ["hours", "days", "odd"]


def test_without_saying_that_the_list_was_read_nothing_is_written(editor: Client) -> None:
    _status, page = bring(editor, "form.xlsx", checks())
    before = how_much_stands()
    status, again = go_on(editor, carried=carried(page))
    assert status == 422
    assert "Read the list, and say that you did." in again
    assert "regex(" in again
    assert carried(again) == carried(page)
    assert how_much_stands() == before


def test_what_travels_in_the_page_can_not_be_made_up(editor: Client) -> None:
    before = how_much_stands()
    for value in ("", "nothing", "a:b:c", signing.dumps([{}, [], []])):
        status, page = go_on(editor, carried=value, seen="on")
        assert status == 422
        assert "Choose the file again." in page
    assert how_much_stands() == before


def test_what_travels_in_the_page_is_one_persons(editor: Client) -> None:
    _status, page = bring(editor, "form.xlsx", checks())
    other = team_client(factories.user("another editor"), "Editors")
    status, _page = go_on(other, carried=carried(page), seen="on")
    assert status == 422


def test_only_those_who_may_add_go_on(editor: Client) -> None:
    _status, page = bring(editor, "form.xlsx", checks())
    publisher = team_client(factories.user("a publisher"), "Publishers")
    status, _page = go_on(publisher, carried=carried(page), seen="on")
    assert status == 403


def test_a_file_that_is_json_but_no_questionnaire_of_ours_is_told(editor: Client) -> None:
    before = how_much_stands()
    deep = b'{"format": 1, "kind": "survey", "sections": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for data, words in (
        (deep, "not JSON"),
        (json.dumps(factories.document("call")).encode(), "a call for testimony"),
        (b'{"format": 1, "kind": "survey", "kind": "survey"}', "stands twice"),
    ):
        status, page = bring(editor, "form.json", data)
        assert (status, words in page) == (422, True), page
    assert how_much_stands() == before


def test_what_the_editor_has_no_place_for_is_listed_from_json_too(editor: Client) -> None:
    document = factories.document("survey")
    document["sections"][0]["questions"][0]["max_length"] = 7
    status, page = bring(editor, "form.json", exchange.to_json(document))
    assert status == 422
    assert "sections/0/questions/0/max_length" in page
    assert "Make the draft" in page


def test_the_limits_are_those_we_say() -> None:
    assert sheets.MOST_BYTES == 2 * 2**20
    assert sheets.MOST_UNPACKED == 20 * 2**20
