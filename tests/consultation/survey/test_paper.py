"""A survey from a batch of paper to a sealed answer that a peer typed in, and back again."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from consultation.survey.models import Questionnaire, Survey
from testimony.vault import batches, vouchers
from testimony.vault.models import Lane, PaperBatch, PendingRecord, SealedDraft, Voucher
from testimony.wizard.definition import DECLINED
from tests.consultation.survey.opening import open_everything
from tests.factories import Consultation, team_client
from tests.testimony.wizard.test_journey import HERE, Phone
from tests.walker import WORDS

CODE = re.compile(r"\b[0-9b-df-hjkmnp-tv-z]{4}-[0-9b-df-hjkmnp-tv-z]{4}-[0-9b-df-hjkmnp-tv-z]{4}\b")


def read(pdf: bytes, tmp_path: Path) -> str:
    """The words of a PDF, in one line."""
    file = tmp_path / "sheet.pdf"
    file.write_bytes(pdf)
    shown = subprocess.run(
        ["pdftotext", "-raw", file, "-"], capture_output=True, text=True, check=True
    )
    return " ".join(shown.stdout.split())


def text_of(response: HttpResponse) -> str:
    body = response.content.decode().split("<main", 1)[-1]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def survey(consultation: Consultation) -> Survey:
    today = timezone.now().date()
    return open_everything(
        consultation.collection,
        opens_on=today - dt.timedelta(days=1),
        closes_on=today + dt.timedelta(days=20),
    )


@pytest.fixture
def reader(consultation: Consultation) -> Client:
    return team_client(consultation.peer, "Peer readers")


def at(survey: Survey, page: str) -> str:
    return f"/admin/vault/doors/{survey.public_id}/{page}/"


def a_batch(reader: Client, survey: Survey, **others: Any) -> HttpResponse:
    answer = reader.post(at(survey, "batches/print"), {"count": 20, "language": "en", **others})
    assert answer["Content-Type"] == "application/pdf", text_of(answer)
    return answer


class Peer(Phone):
    """A peer with a code, on a phone where nobody of the team is logged in, script off."""

    def __init__(self, survey: Survey, code: str, language: str = "en") -> None:
        self.client = Client(headers={"accept-language": language})
        self.path = survey.address_in(language)
        self._see(self.client.post("/v/", {"v": code}))
        form = self.text[self.text.index(f'action="{self.path}"') :]
        self.hidden = dict(re.findall(r'name="([nv])" value="([^"]+)"', form)[:2])
        self.post(go="start")
        self.post(go="begin")

    def post(self, **given: Any) -> Peer:
        given.setdefault("works", False)
        super().post(**given)
        return self

    def types_the_paper(self) -> Peer:
        """One answered paper: every kind of question, one of them left out and one declined."""
        self.post(q_age="adult")
        self.post(q_count="yes", q_words="read", q_audience="public")
        self.post(
            **{
                "q_setting": "outdoor",
                "q_area": "prefer_not",
                "q-days": "5",
                "q-since-year": "2021",
                "q-since-month": "",
                "q_called": "yes",
            }
        )
        self.past_the_note()
        self.post(
            q_trust="t2",
            q_at_station="badly",
            q_at_court="",
            **{"q-story": "", "q-story-none": "yes"},
        )
        self.post(**{"q-order-1": "peace", "q-order-2": "pay", "q_helps": ["line", "place"]})
        self.post(q_which="Open at night")
        return self.post(q_better="Being asked", q_else="Written small, in pencil")


def a_code(consultation: Consultation, survey: Survey) -> str:
    (code,) = vouchers.make_vouchers(
        by=consultation.peer,
        collection=survey.collection,
        door=survey.public_id,
        kind=Voucher.Kind.ASSISTED,
        count=1,
        expires=timezone.now().date(),
    )
    return code


def test_a_paper_goes_from_its_batch_to_a_sealed_answer_and_can_be_taken_back(
    consultation: Consultation, survey: Survey, reader: Client, tmp_path: Path
) -> None:
    pdf = a_batch(reader, survey).content
    assert "every-type · Version 1.0" in read(pdf, tmp_path)
    assert "Batch 1" in read(pdf, tmp_path)
    code = a_code(consultation, survey)

    peer = Peer(survey, code)
    assert "You are typing for somebody else" in peer.text
    assert f"Version 1.0 · {survey.digest[:8]}" in peer.text
    peer.types_the_paper()
    assert "Check your answers" in peer.text
    assert 'name="batch"' in peer.text
    peer.post(go="submit", q_receipt="yes", batch="1")
    assert "Here are your six words" in peer.text
    words = " ".join(WORDS.findall(peer.text)[:6])

    record = PendingRecord.objects.get()
    assert record.lane == Lane.ASSISTED
    (opened,) = consultation.grant().stream(survey.digest)
    assert opened.payload["channel"] == "assisted"
    assert opened.payload["answers"] == {
        "setting": "outdoor",
        "area": "prefer_not",
        "days": 5,
        "since": "2021",
        "called": "yes",
        "trust": "t2",
        "at_station": "badly",
        "story": dict(DECLINED),
        "order": ["peace", "pay"],
        "helps": ["line", "place"],
        "which": "Open at night",
        "better": "Being asked",
        "else": "Written small, in pencil",
    }
    assert opened.payload["consents"]["words"] == "read"
    assert PaperBatch.objects.get().typed_in == 1
    assert not Voucher.objects.exists()

    peer.post(go="noted")
    receipt = Client()
    mark = re.search(r'name="n" value="([^"]+)"', receipt.get("/receipt/en/").content.decode())
    assert mark
    said = receipt.post(
        "/receipt/en/", {"n": html.unescape(mark[1]), "code": words, "go": "withdraw"}, **HERE
    )
    assert said.status_code == 200
    assert not PendingRecord.objects.exists()
    assert PaperBatch.objects.get().typed_in == 1, "A batch counts papers, not what is kept."


def test_the_batch_is_in_no_draft_and_in_no_record(
    consultation: Consultation, survey: Survey, reader: Client
) -> None:
    a_batch(reader, survey)
    peer = Peer(survey, a_code(consultation, survey)).types_the_paper()
    before = bytes(SealedDraft.objects.get().sealed)
    peer.post(go="submit", q_receipt="", batch="1")
    assert peer.status == 422
    assert '<option value="1" selected>' in peer.text
    assert PaperBatch.objects.get().typed_in == 0
    peer.post(go="change:end", batch="1")
    peer.post(q_better="Being asked", q_else="")
    assert '<option value="1" selected>' not in peer.text
    assert len(before) == len(bytes(SealedDraft.objects.get().sealed))
    peer.post(go="submit", q_receipt="no", batch="1")
    (opened,) = consultation.grant().stream(survey.digest)
    assert "batch" not in json.dumps(opened.payload)
    columns = {field.name for field in PendingRecord._meta.get_fields()}
    assert not [name for name in columns if "batch" in name]
    assert PaperBatch.objects.get().typed_in == 1


@pytest.mark.parametrize("typed", ["", "2", "99999", "-1", "one", "١", "1; --"])
def test_a_batch_that_is_not_out_counts_nothing_and_loses_nothing(
    consultation: Consultation, survey: Survey, reader: Client, typed: str
) -> None:
    a_batch(reader, survey)
    peer = Peer(survey, a_code(consultation, survey)).types_the_paper()
    peer.post(go="submit", q_receipt="no", batch=typed)
    assert "Thank you. We have your answers." in peer.text
    assert PendingRecord.objects.count() == 1
    assert PaperBatch.objects.get().typed_in == 0


def test_a_count_that_fails_costs_nobody_an_answer(
    consultation: Consultation, survey: Survey, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_batch(reader, survey)
    peer = Peer(survey, a_code(consultation, survey)).types_the_paper()

    def sabotage(**_given: Any) -> bool:
        raise DatabaseError("The table is locked.")

    monkeypatch.setattr(batches, "note_typed_in", sabotage)
    peer.post(go="submit", q_receipt="no", batch="1")
    assert "Thank you. We have your answers." in peer.text
    assert PendingRecord.objects.get().lane == Lane.ASSISTED


def test_pressing_send_twice_counts_one_paper(
    consultation: Consultation, survey: Survey, reader: Client
) -> None:
    a_batch(reader, survey)
    peer = Peer(survey, a_code(consultation, survey)).types_the_paper()
    hidden = dict(peer.hidden)
    peer.post(go="submit", q_receipt="yes", batch="1")
    peer.hidden = hidden
    peer.post(go="submit", q_receipt="yes", batch="1")
    assert PendingRecord.objects.count() == 1
    assert PaperBatch.objects.get().typed_in == 1


def test_who_comes_without_a_code_is_not_asked_and_counts_nothing(
    consultation: Consultation, survey: Survey, reader: Client
) -> None:
    a_batch(reader, survey)
    phone = Peer.__new__(Peer)
    Phone.__init__(phone, survey.address_in("en"))
    phone.types_the_paper()
    assert 'name="batch"' not in phone.text
    phone.post(go="submit", q_receipt="no", batch="1")
    assert PendingRecord.objects.count() == 1
    assert PaperBatch.objects.get().typed_in == 0


def test_a_peer_types_in_right_to_left_as_well(
    consultation: Consultation, survey: Survey, reader: Client, tmp_path: Path
) -> None:
    pdf = a_batch(reader, survey, language="ar", is_large="on").content
    assert "tell" not in read(pdf, tmp_path)
    assert "/receipt/en/" in read(pdf, tmp_path), "A receipt page that the site has."
    peer = Peer(survey, a_code(consultation, survey), "ar").types_the_paper()
    assert 'dir="rtl"' in peer.text
    peer.post(go="submit", q_receipt="no", batch="1")
    (opened,) = consultation.grant().stream(survey.digest)
    assert (opened.payload["language"], opened.payload["channel"]) == ("ar", "assisted")
    assert PaperBatch.objects.get().typed_in == 1


# The team's pages.


def test_figures_are_rounded_while_a_batch_is_out_and_exact_when_it_is_counted(
    consultation: Consultation, survey: Survey, reader: Client
) -> None:
    a_batch(reader, survey)
    for _paper in range(7):
        batches.note_typed_in(door=survey.public_id, number=1)
    shown = text_of(reader.get(at(survey, "batches")))
    assert "about 5" in shown
    assert " 7 " not in shown
    answer = reader.post(at(survey, "batches/1/count"), {"blank": 9, "destroyed": 6}, follow=True)
    shown = text_of(answer)
    assert "Batch 1 is counted." in shown
    assert re.search(r"in week \d{4}-W\d\d 20 7 9 6 .* 5\b", shown)
    assert "More were typed in than were destroyed" in shown
    assert reader.get(at(survey, "batches/1/count")).status_code == 404


def test_more_than_was_printed_is_refused_in_a_sentence(survey: Survey, reader: Client) -> None:
    a_batch(reader, survey)
    answer = reader.post(at(survey, "batches/1/count"), {"blank": 15, "destroyed": 6})
    assert answer.status_code == 422
    assert "more than the 20 copies that were printed" in text_of(answer)
    assert PaperBatch.objects.get().is_out


@pytest.mark.parametrize("given", [{"count": 4}, {"count": 501}, {"count": 21, "with_codes": "on"}])
def test_a_batch_that_can_t_be_is_refused_and_prints_nothing(
    survey: Survey, reader: Client, given: dict[str, Any]
) -> None:
    answer = reader.post(at(survey, "batches/print"), {"language": "en", **given})
    assert answer.status_code == 422
    assert not PaperBatch.objects.exists()
    assert not Voucher.objects.exists()


def test_a_batch_with_codes_has_one_on_each_copy_and_one_number(
    survey: Survey, reader: Client, tmp_path: Path
) -> None:
    shown = read(a_batch(reader, survey, count=5, with_codes="on").content, tmp_path)
    assert len(set(CODE.findall(shown))) == Voucher.objects.count() == 5
    assert set(re.findall(r"Batch (\d+)", shown)) == {"1"}


@pytest.mark.parametrize("page", ["batches", "batches/print", "batches/1/count"])
@pytest.mark.parametrize("role", ["Editors", "Publishers", "Administrators"])
def test_who_may_not_hold_keys_sees_no_batch(
    consultation: Consultation, survey: Survey, page: str, role: str
) -> None:
    other = team_client(consultation.keyholder, role)
    assert other.get(at(survey, page)).status_code in (302, 403)
    assert other.post(at(survey, page), {"count": 9, "language": "en"}).status_code in (
        302,
        403,
        405,
    )
    assert not PaperBatch.objects.exists()


def test_an_editor_prints_a_survey_without_a_number(
    consultation: Consultation, survey: Survey, tmp_path: Path
) -> None:
    editor = team_client(consultation.keyholder, "Editors")
    shown = read(editor.post(at(survey, "paper"), {"count": 1, "language": "fr"}).content, tmp_path)
    assert "À propos de votre travail" in shown
    assert "Batch" not in shown
    assert "Batches" not in text_of(editor.get(at(survey, "paper")))


def test_no_batch_is_printed_for_a_closed_door(survey: Survey, reader: Client) -> None:
    yesterday = timezone.now().date() - dt.timedelta(days=1)
    Survey.objects.filter(pk=survey.pk).update(opens_on=yesterday, closes_on=yesterday)
    reader.post(at(survey, "batches/print"), {"count": 20, "language": "en"})
    assert not PaperBatch.objects.exists()
    assert "No new batch can be printed" in text_of(reader.get(at(survey, "batches")))


def test_a_version_is_printed_as_a_specimen_before_a_survey_asks_it(
    consultation: Consultation, survey: Survey, tmp_path: Path
) -> None:
    editor = team_client(consultation.keyholder, "Editors")
    questionnaire = Questionnaire.objects.get(key="every-type")
    where = f"/admin/vault/questionnaires/{questionnaire.pk}/versions"
    assert f"{where}/1.0/paper/" in editor.get(f"{where}/").content.decode()
    answer = editor.post(f"{where}/1.0/paper/", {"language": "ar"})
    shown = read(answer.content, tmp_path)
    assert "Specimen: nobody answers on this" in shown
    assert "Every type" not in shown
    for number in ("2.0", "1", "x.y"):
        assert editor.get(f"{where}/{number}/paper/").status_code == 404
