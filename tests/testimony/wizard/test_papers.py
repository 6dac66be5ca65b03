"""What a call or a survey prints, read back from the PDFs; and the pages that print it."""

from __future__ import annotations

import datetime as dt
import html
import json
import logging
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import segno
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from testimony.vault import vouchers
from testimony.vault.models import AuditEntry, Voucher
from testimony.wizard import card_views, on_paper, papers
from testimony.wizard import definition as definitions
from testimony.wizard.definition import Definition
from testimony.wizard.journeys import read_definition
from tests.factories import Consultation, team_client
from tests.testimony.wizard.pseudo import in_arabic_letters

SITE = "https://tell.example"
DAY = dt.date(2026, 10, 5)
CODE = re.compile(r"\b[0-9b-df-hjkmnp-tv-z]{4}-[0-9b-df-hjkmnp-tv-z]{4}-[0-9b-df-hjkmnp-tv-z]{4}\b")
DUTY = "If you write that a child is being hurt, we may have to tell somebody."


def read(pdf: bytes, tmp_path: Path) -> str:
    """The words of a PDF, in one line."""
    file = tmp_path / "sheet.pdf"
    file.write_bytes(pdf)
    shown = subprocess.run(
        ["pdftotext", "-raw", file, "-"], capture_output=True, text=True, check=True
    )
    return " ".join(shown.stdout.split())


def pages(pdf: bytes, tmp_path: Path) -> int:
    file = tmp_path / "sheet.pdf"
    file.write_bytes(pdf)
    shown = subprocess.run(["pdfinfo", file], capture_output=True, text=True, check=True).stdout
    assert "Tagged:          yes" in shown
    found = re.search(r"Pages: +(\d+)", shown)
    assert found
    return int(found[1])


def structure(pdf: bytes, tmp_path: Path) -> str:
    """The tags of a PDF with their words."""
    file = tmp_path / "sheet.pdf"
    file.write_bytes(pdf)
    return subprocess.run(
        ["pdfinfo", "-struct-text", file], capture_output=True, text=True, check=True
    ).stdout


def rich_document() -> dict[str, Any]:
    """A call with everything a definition can hold, in two languages."""

    def text(words: str) -> dict[str, str]:
        return {"en": f"{words}, in English", "fr": f"{words}, en français"}

    def option(code: str) -> dict[str, Any]:
        return {"code": code, "label": text(f"Choice {code}")}

    def question(key: str, kind: str, *codes: str, **others: Any) -> dict[str, Any]:
        options = [{**option(code.rstrip("!")), "exclusive": code.endswith("!")} for code in codes]
        return {
            "key": key,
            "type": kind,
            "label": text(f"Asked about {key}"),
            "options": options,
            **others,
        }

    def section(key: str, *questions: dict[str, Any], **others: Any) -> dict[str, Any]:
        return {"key": key, "title": text(f"Part {key}"), "questions": list(questions), **others}

    either = {"in": [{"answer": "setting"}, ["outdoor", "online"]]}
    both = {
        "and": [
            {"!=": [{"answer": "change"}, "same"]},
            {"==": [{"answer": "setting"}, "visits"]},
        ]
    }
    strange = {"==": [{"answer": "setting"}, {"answer": "change"}]}
    grid = {"key": "often", "label": text("How often, lately")}
    return {
        "format": 1,
        "kind": "call",
        "key": "rich",
        "version": "3.2",
        "languages": ["en", "fr"],
        "title": text("A rich call"),
        "introduction": text("Somebody asks"),
        "duty": {"en": DUTY, "fr": DUTY},
        "support": [{"name": text("A friend"), "detail": text("Call them")}],
        "next_steps": [text("First this"), text("Then that")],
        "sections": [
            section("first", question("age", "age_check", "adult", "younger", required=True)),
            section(
                "agreeing",
                question("count", "consent", "no", "yes", permission="count"),
                question("words", "consent", "discard", "read", "quote", hint=text("Less later")),
                note=text("Each choice is yours"),
            ),
            section("warning", question("ahead", "information"), note=text("It may be hard")),
            section("story", question("story", "long_text"), minutes=10, note=text("Take a break")),
            section(
                "about",
                question("setting", "single_choice", "outdoor", "visits", "online"),
                question("change", "single_choice", "less", "same"),
            ),
            section(
                "more",
                question("many", "multiple_choice", "m1", "m2", "m3!"),
                question("nod", "yes_no", "y", "n"),
                question("much", "scale", "s1", "s2", "s3"),
                question("far", "number", minimum=0, maximum=60, prefer_not=True),
                question("short", "short_text", hint=text("A hint")),
                question("panel", "information"),
                question("after", "short_text", condition=both),
                question("odd", "short_text", condition=strange),
                condition=either,
            ),
            section(
                "parts",
                question("rank", "ranking", "r1", "r2", "r3", picks=2, prefer_not=True),
                question("since", "month", minimum=2019, maximum=2026, prefer_not=True),
                question("row1", "scale", "g1", "g2", grid=grid),
                question("row2", "scale", "g1", "g2", grid=grid, hint=text("Or nearly")),
                question("where", "area", *(f"a{number}" for number in range(1, 15))),
                support=True,
            ),
            section("pictures", question("pictures", "pictures")),
        ],
    }


def rich_definition() -> Definition:
    return definitions.parse(rich_document())


def pack(definition: Definition, consultation: Consultation, **others: Any) -> bytes:
    wanted = {
        "collection": consultation.collection,
        "site": SITE,
        "language": "en",
        "copies": 1,
        "day": DAY,
        **others,
    }
    return papers.paper_pack(definition, **wanted)


def flat(words: str) -> str:
    return " ".join(words.split())


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_note_question_and_choice_of_a_call_is_on_paper(
    consultation: Consultation, tmp_path: Path, language: str, is_large: bool
) -> None:
    definition = rich_definition()
    text = read(
        pack(definition, consultation, language=language, is_large=is_large), tmp_path
    ).replace("- ", "-")

    def stands(words: Any) -> None:
        said = flat(words.in_language(language)).replace("- ", "-")
        assert said in text, said

    stands(definition.title)
    stands(definition.introduction)
    for section in definition.sections:
        stands(section.title)
        if section.note:
            stands(section.note)
        for question in section.questions:
            stands(question.label)
            if question.hint:
                stands(question.hint)
            if question.is_asked:
                assert re.search(rf"\b{question.key}\b", text), question.key
            for option in question.options:
                stands(option.label)
                assert re.search(rf"\b{option.code}\b", text), option.code
    for one in definition.support:
        stands(one.name)
        stands(one.detail)
    for step in definition.next_steps:
        stands(step)


def test_the_order_of_questions_and_choices_is_the_definition_s(
    consultation: Consultation, tmp_path: Path
) -> None:
    definition = rich_definition()
    text = read(pack(definition, consultation), tmp_path)
    consent = next(section for section in definition.sections if section.key == "agreeing")
    wanted = [
        words.in_language("en")
        for question in consent.questions
        for words in (question.label, *(option.label for option in question.options))
    ]
    place = 0
    for words in wanted:
        place = text.index(flat(words), place)


def test_version_and_digest_stand_on_the_paper_whole(
    consultation: Consultation, tmp_path: Path
) -> None:
    definition = rich_definition()
    text = read(pack(definition, consultation), tmp_path)
    assert "Version 3.2 of the questions" in text
    assert definition.digest in text.replace(" ", "")
    assert text.count(f"Version 3.2 · {definition.digest[:8]}") >= 5


def test_the_duty_to_report_stands_before_all_free_text(
    consultation: Consultation, tmp_path: Path
) -> None:
    definition = rich_definition()
    text = read(pack(definition, consultation), tmp_path)
    with_text = sum(section.takes_text for section in definition.sections)
    assert text.count(DUTY) == 1 + with_text
    sections = on_paper.sections_of(definition, "en")
    assert [bool(one.duty) for one in sections] == [one.takes_text for one in definition.sections]


def test_a_duty_that_a_note_gives_already_is_not_said_twice() -> None:
    whole = rich_document()
    whole["duty"] = whole["sections"][3]["note"]
    story = on_paper.sections_of(definitions.parse(whole), "en")[3]
    assert story.note
    assert not story.duty


def test_paper_says_for_whom_a_question_is() -> None:
    more = on_paper.sections_of(rich_definition(), "en")[5]
    assert more.condition == (
        "Only if you answered “Choice outdoor, in English” or “Choice online, in English” "
        "to question 5."
    )
    by_key = {one.key: one for one in more.questions}
    assert by_key["after"].condition == (
        "Only if you answered “Choice less, in English” to question 6 and "
        "you answered “Choice visits, in English” to question 5."
    )
    assert by_key["odd"].condition.startswith("This may not be for you.")
    assert by_key["far"].how == "A number from 0 to 60."
    assert by_key["panel"].number == ""
    numbers = [
        int(question.number)
        for section in on_paper.sections_of(rich_definition(), "en")
        for question in section.questions
        if question.number
    ]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_can_t_be_skipped_is_not_called_skippable() -> None:
    sections = on_paper.sections_of(rich_definition(), "en")
    assert [one.may_be_skipped for one in sections] == [False, False, *[True] * 6]


def test_every_kind_of_question_has_its_own_place_to_write(
    consultation: Consultation, tmp_path: Path
) -> None:
    definition = rich_definition()
    parts = next(one for one in on_paper.sections_of(definition, "en") if "parts" in one.title)
    rank, since, grid, where = parts.blocks
    assert isinstance(rank, on_paper.PaperQuestion)
    assert isinstance(since, on_paper.PaperQuestion)
    assert isinstance(grid, on_paper.PaperGrid)
    assert isinstance(where, on_paper.PaperQuestion)
    assert [one.letter for one in rank.options] == ["A", "B", "C"]
    assert rank.places == ("First", "Second")
    assert since.how.startswith("From 2019 to 2026.")
    assert grid.is_table
    assert [row.key for row in grid.rows] == ["row1", "row2"]
    assert where.has_columns
    assert rank.way_out == since.way_out == "I would rather not say"
    text = read(pack(definition, consultation), tmp_path)
    for words in (
        "A Choice r1, in English",
        "First Second",
        "Month Year",
        "How often, lately, in English Tick one in each row.",
        "If you tick this, tick no other.",
    ):
        assert words in text, words
    assert text.count("I would rather not say") == 3


def test_a_grid_is_a_table_whose_rows_and_columns_have_headers(
    consultation: Consultation, tmp_path: Path
) -> None:
    tree = structure(pack(rich_definition(), consultation), tmp_path)
    table = tree[tree.index("Table") :]
    assert table.count("TH <") == 4
    assert len(re.findall(r"Headers \[\(\d+-[12]-0\) \(\d+-0-[12]\)\]", table)) == 4


def test_people_to_talk_to_stand_on_the_page_that_asks_for_it(
    consultation: Consultation, tmp_path: Path
) -> None:
    text = read(pack(rich_definition(), consultation), tmp_path)
    assert text.count("People you can talk to") == 2
    whole = rich_document()
    for section in whole["sections"]:
        section.pop("support", None)
    text = read(pack(definitions.parse(whole), consultation), tmp_path)
    assert text.count("People you can talk to") == 1


def test_a_batch_s_number_is_on_every_page_and_no_sheet_has_another(
    consultation: Consultation, tmp_path: Path
) -> None:
    pdf = pack(rich_definition(), consultation, batch=7)
    text = read(pdf, tmp_path)
    digest = rich_definition().digest[:8]
    printed = text.count(f"rich · Version 3.2 · {digest} · Batch 7")
    assert printed >= pages(pdf, tmp_path) - 1, "The back of one sheet may be empty."
    assert "pick batch 7" in text
    assert pack(rich_definition(), consultation, batch=7) == pdf
    assert "Batch" not in read(pack(rich_definition(), consultation), tmp_path)


def test_nothing_on_paper_asks_who_somebody_is(consultation: Consultation, tmp_path: Path) -> None:
    text = read(pack(rich_definition(), consultation, batch=7), tmp_path)
    assert "Write no names" in text
    assert not re.search(r"\b(Name|Address|Phone|Signature|Date|Sheet|Number):", text)


def test_without_a_collection_it_is_a_specimen_and_says_so(
    consultation: Consultation, tmp_path: Path
) -> None:
    text = read(pack(rich_definition(), consultation, collection=None), tmp_path)
    assert text.count("Specimen: nobody answers on this") >= 5
    assert "everything is destroyed" not in text


@pytest.mark.parametrize("is_large", [False, True])
def test_a_language_from_right_to_left_is_set_so_with_its_own_letters(
    consultation: Consultation, tmp_path: Path, is_large: bool
) -> None:
    definition = definitions.parse(in_arabic_letters(rich_document()))
    assert papers.languages_on_paper(definition) == ("ar", "en")
    pdf = pack(definition, consultation, language="ar", is_large=is_large, batch=2)
    file = tmp_path / "sheet.pdf"
    file.write_bytes(pdf)
    listed = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout
    assert "Paper-Other" in listed
    text = read(pdf, tmp_path)
    assert "[U+" not in text
    assert "Before you start" in text
    with pikepdf.open(file) as opened:
        assert str(opened.Root.Lang) == "ar"


def test_a_language_without_a_face_is_not_offered_on_paper() -> None:
    whole = rich_document()
    told = json.dumps(whole, ensure_ascii=False).replace("en français", "中文")
    assert papers.languages_on_paper(definitions.parse(json.loads(told))) == ("en",)


def test_each_copy_carries_a_code_of_its_own_and_begins_at_page_one(
    consultation: Consultation, tmp_path: Path
) -> None:
    codes = [vouchers._new_code() for _number in range(3)]
    pdf = pack(rich_definition(), consultation, copies=3, codes=codes)
    text = read(pdf, tmp_path)
    assert [found for found in CODE.findall(text) if found in codes] == codes
    assert "The code of this copy" in text
    assert len(re.findall(r"Version 3\.2 · [0-9a-f]{8} 1\b", text)) == 3


def test_without_codes_the_paper_says_what_is_needed(
    consultation: Consultation, tmp_path: Path
) -> None:
    text = read(pack(rich_definition(), consultation, copies=2), tmp_path)
    assert "type a code that is meant for typing in" in text
    assert "The code of this copy" not in text


def test_the_paper_says_what_becomes_of_it(consultation: Consultation, tmp_path: Path) -> None:
    text = read(pack(rich_definition(), consultation), tmp_path)
    for words in (
        "The same day the paper is destroyed",
        "shred or burn every sheet",
        "This paper is not locked",
        "A court could order them",
        "Yours to keep",
        "tell.example/receipt/en/",
    ):
        assert words in text


def test_large_print_is_large(consultation: Consultation, tmp_path: Path) -> None:
    normal = pages(pack(rich_definition(), consultation), tmp_path)
    assert pages(pack(rich_definition(), consultation, is_large=True), tmp_path) > normal + 3


def test_a_sign_that_no_face_draws_does_not_stop_the_press(
    consultation: Consultation, tmp_path: Path
) -> None:
    whole = rich_document()
    whole["title"]["en"] = "A story 🧿"
    assert "[U+1F9FF]" in read(pack(definitions.parse(whole), consultation), tmp_path)


def test_the_same_sheet_of_the_same_day_is_the_same_bytes(consultation: Consultation) -> None:
    definition = rich_definition()
    assert pack(definition, consultation) == pack(definition, consultation)


# Cards.


def cards_of(codes: list[str], **others: Any) -> bytes:
    wanted = {"site": SITE, "expires": dt.date(2026, 11, 30), "language": "en", "day": DAY}
    return papers.outreach_cards(codes, **(wanted | others))


def test_cards_carry_the_code_and_where_to_type_it_and_no_name(tmp_path: Path) -> None:
    codes = [vouchers._new_code() for _number in range(23)]
    pdf = cards_of(codes)
    text = read(pdf, tmp_path)
    assert CODE.findall(text) == codes
    assert text.count("tell.example/v/") == 23
    assert "until 30 November 2026" in text
    assert pages(pdf, tmp_path) == 3
    for word in ("sex", "work", "police", "Safe Space", "table", "testimony", "story"):
        assert word.lower() not in text.lower()


def test_the_square_leads_to_the_code_s_own_address() -> None:
    drawn = papers.square_of(f"{SITE}/v/abcd-efgh-jkmn/")
    again = segno.make_qr("https://tell.example/v/abcd-efgh-jkmn/", error="m")
    path = re.search(r' d="([^"]+)"', drawn)
    assert path
    assert path[1] in again.svg_inline(border=0, lineclass=None)
    assert "<title>" in drawn
    assert "style" not in drawn


def test_two_hundred_cards_are_printed_while_a_person_waits(tmp_path: Path) -> None:
    assert pages(cards_of([vouchers._new_code() for _number in range(200)]), tmp_path) == 20


def test_a_long_address_does_not_push_the_code_off_a_card(tmp_path: Path) -> None:
    codes = [vouchers._new_code() for _number in range(10)]
    pdf = cards_of(codes, site="https://a-rather-long-name.of-an-organisation.example.org")
    assert CODE.findall(read(pdf, tmp_path)) == codes
    assert pages(pdf, tmp_path) == 1


def test_a_peer_is_told_how_to_type_in(tmp_path: Path) -> None:
    codes = [vouchers._new_code() for _number in range(2)]
    text = read(
        papers.assisted_codes(
            codes, site=SITE, expires=dt.date(2026, 11, 30), language="en", day=DAY
        ),
        tmp_path,
    )
    assert CODE.findall(text) == codes
    for words in (
        "Log out of the team’s pages",
        "Read every question out loud",
        "Keep no notes",
        "six words onto paper",
        "library computer",
    ):
        assert words in text


# The pages.


@pytest.fixture
def peer(consultation: Consultation) -> Client:
    return team_client(consultation.peer, "Peer readers")


def at(consultation: Consultation, page: str) -> str:
    return f"/admin/vault/doors/{consultation.call.public_id}/{page}/"


def text_of(response: HttpResponse) -> str:
    body = response.content.decode().split("<main", 1)[-1]
    return flat(html.unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_the_codes_of_cards_exist_in_one_answer_alone(
    consultation: Consultation,
    peer: Client,
    tmp_path: Path,
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    answer = peer.post(at(consultation, "cards"), {"count": 10, "language": "en"})
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    assert 'attachment; filename="cards.pdf"' in answer["Content-Disposition"]
    codes = CODE.findall(read(answer.content, tmp_path))
    assert len(set(codes)) == 10
    for code in codes:
        found = vouchers.kind_of(code)
        assert found == vouchers.Found(Voucher.Kind.CARD, consultation.call.public_id)
    seen = " ".join(
        [
            everything_logged.text,
            *(str(row) for row in AuditEntry.objects.values()),
            *(str(row) for row in Voucher.objects.values()),
            *(str(session.get_decoded()) for session in Session.objects.all()),
            str(getattr(cache, "_cache", {})),
            str(peer.cookies),
            peer.get(at(consultation, "cards")).content.decode(),
        ]
    )
    for code in codes:
        assert code not in seen
        assert code.replace("-", "") not in seen


def test_a_card_lives_a_day_longer_than_its_door(consultation: Consultation, peer: Client) -> None:
    peer.post(at(consultation, "cards"), {"count": 10, "language": "en"})
    expires = set(Voucher.objects.values_list("expires", flat=True))
    assert expires == {consultation.call.closes_on + dt.timedelta(days=1)}


def test_the_page_says_how_many_are_out_rounded_and_where_they_lead(
    consultation: Consultation, peer: Client
) -> None:
    assert "fewer than 5" in text_of(peer.get(at(consultation, "cards")))
    peer.post(at(consultation, "cards"), {"count": 12, "language": "fr"})
    text = text_of(peer.get(at(consultation, "cards")))
    assert "about 10" in text
    assert "http://testserver/v/" in text


def test_the_site_s_own_address_goes_before_the_one_that_was_asked(
    consultation: Consultation, peer: Client, tmp_path: Path, settings: Any
) -> None:
    settings.PUBLIC_ADDRESS = "https://tell.example/"
    answer = peer.post(at(consultation, "cards"), {"count": 10, "language": "en"})
    assert "tell.example/v/" in read(answer.content, tmp_path)


@pytest.mark.parametrize("slip", [{"count": 9}, {"count": 201}, {"count": ""}, {"language": "de"}])
def test_a_slip_makes_no_card(
    consultation: Consultation, peer: Client, slip: dict[str, Any]
) -> None:
    answer = peer.post(at(consultation, "cards"), {"count": 10, "language": "en", **slip})
    assert answer.status_code == 422
    assert not Voucher.objects.exists()


def test_a_sheet_that_can_t_be_printed_leaves_no_code_behind(
    consultation: Consultation, peer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sabotage(*_args: Any, **_kwargs: Any) -> bytes:
        raise RuntimeError("The press stands still.")

    monkeypatch.setattr(papers, "outreach_cards", sabotage)
    monkeypatch.setattr(card_views.papers, "print_sheet", sabotage)
    with pytest.raises(RuntimeError):
        peer.post(at(consultation, "typing-in"), {"count": 1, "language": "en"})
    assert not Voucher.objects.exists()
    assert not AuditEntry.objects.filter(action="assisted codes made").exists()


def test_unused_cards_are_taken_back_in_one_step(consultation: Consultation, peer: Client) -> None:
    peer.post(at(consultation, "cards"), {"count": 10, "language": "en"})
    peer.post(at(consultation, "typing-in"), {"count": 2, "language": "en"})
    assert (
        at(consultation, "take-back/card") in peer.get(at(consultation, "cards")).content.decode()
    )
    assert peer.post(at(consultation, "take-back/card"), {}).status_code == 422
    answer = peer.post(at(consultation, "take-back/card"), {"is_sure": "on"}, follow=True)
    assert "They are taken back" in text_of(answer)
    assert set(Voucher.objects.values_list("kind", flat=True)) == {"assisted"}
    assert peer.get(at(consultation, "take-back/other")).status_code == 404


def test_cards_of_a_closed_door_are_not_made(consultation: Consultation, peer: Client) -> None:
    yesterday = timezone.now().date() - dt.timedelta(days=1)
    type(consultation.call).objects.update(opens_on=yesterday, closes_on=yesterday)
    peer.post(at(consultation, "cards"), {"count": 10, "language": "en"})
    assert not Voucher.objects.exists()


def test_a_pack_with_codes_carries_as_many_as_copies(
    consultation: Consultation, peer: Client, tmp_path: Path
) -> None:
    answer = peer.post(
        at(consultation, "paper"), {"count": 2, "language": "en", "with_codes": "on"}
    )
    assert answer["Cache-Control"] == "no-store"
    codes = CODE.findall(read(answer.content, tmp_path))
    kinds = [vouchers.kind_of(code) for code in codes]
    assert kinds == [vouchers.Found(Voucher.Kind.ASSISTED, consultation.call.public_id)] * 2
    assert Voucher.objects.count() == 2


def test_an_editor_prints_the_paper_but_no_code(consultation: Consultation, tmp_path: Path) -> None:
    editor = team_client(consultation.keyholder, "Editors")
    answer = editor.post(
        at(consultation, "paper"),
        {"count": 1, "language": "fr", "is_large": "on", "with_codes": "on"},
    )
    title = read_definition(consultation.call.digest).title.in_language("fr")
    assert flat(title) in read(answer.content, tmp_path)
    assert not Voucher.objects.exists()
    assert "Print a code" not in text_of(editor.get(at(consultation, "paper")))


@pytest.mark.parametrize("role", ["Editors", "Publishers", "Administrators"])
@pytest.mark.parametrize("page", ["cards", "typing-in", "take-back/card"])
def test_who_may_not_hold_keys_makes_no_codes(
    consultation: Consultation, role: str, page: str
) -> None:
    client = team_client(consultation.keyholder, role)
    data = {"count": 10, "language": "en", "is_sure": "on"}
    assert client.post(at(consultation, page), data).status_code in (302, 403)
    assert not Voucher.objects.exists()
    assert not AuditEntry.objects.filter(action="codes taken back").exists()


def test_there_is_no_page_for_a_door_that_is_not_there(peer: Client) -> None:
    for page in ("cards", "typing-in", "take-back/card", "paper"):
        assert peer.get(f"/admin/vault/doors/nothinghere/{page}/").status_code == 404


def test_surveys_have_cards_and_paper_too(
    consultation: Consultation, peer: Client, tmp_path: Path
) -> None:
    here = f"/admin/vault/doors/{consultation.survey.public_id}"
    answer = peer.post(f"{here}/cards/", {"count": 10, "language": "en"})
    assert len(CODE.findall(read(answer.content, tmp_path))) == 10
    answer = peer.post(f"{here}/paper/", {"count": 1, "language": "en"})
    assert "For the person who types this in" in read(answer.content, tmp_path)
