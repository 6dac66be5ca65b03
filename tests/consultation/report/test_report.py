from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from consultation.charts.bars import bar_chart
from consultation.disclosure.tables import AlreadyReleased
from consultation.report import actions, snapshot
from consultation.report.actions import SnapshotGone
from consultation.report.findings import OrphanEvidence
from consultation.report.models import Ask, Edition, ImmutableSnapshot, Report, Snapshot
from consultation.report.pdf import compile_pdf
from consultation.report.snapshot import NotASnapshot
from consultation.survey.counting import count
from consultation.survey.findings import NotTallied
from consultation.survey.models import TallyRun
from consultation.survey.submitting import submit_response
from testimony.curation import actions as curation
from testimony.curation.models import Theme
from testimony.intake.submitting import submit_testimony
from testimony.vault import actions as vault
from tests.consultation.report import sample
from tests.factories import TESTIMONY, Consultation, a_report, team_client

ROOT = Path(__file__).resolve().parents[3]
PASSAGE = "They want me further away now, and I go there because the rent does not wait"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pdf") / "report.pdf"
    file.write_bytes(compile_pdf(snapshot.freeze(sample.document())).pdf)
    return file


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_snapshot_thaws_to_itself_and_says_its_digest() -> None:
    frozen = snapshot.freeze(sample.document())
    assert snapshot.thaw(frozen.canonical) == frozen
    assert len(frozen.digest) == 64


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "format 1"),
        (sample.document(themes=None), "themes"),
        (sample.document(secret="x"), "no part “secret”"),
        (sample.document(asks=[{"number": 1, "owner": "", "evidence": []}]), "who decides"),
        (sample.document(questions=[sample.question(1, "margins", 3, 57)]), "hidden"),
    ],
)
def test_a_document_that_is_no_snapshot_is_refused(document: Any, sentence: str) -> None:
    with pytest.raises(NotASnapshot, match=sentence):
        snapshot.freeze(document)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"format": 1}'])
def test_bytes_that_are_no_snapshot_are_refused(raw: bytes) -> None:
    with pytest.raises(NotASnapshot):
        snapshot.thaw(raw)


def test_the_same_snapshot_prints_the_same_bytes_in_another_process(printed: Path) -> None:
    program = (
        "import django, hashlib; django.setup()\n"
        "from consultation.report import snapshot\n"
        "from consultation.report.pdf import compile_pdf\n"
        "from tests.consultation.report import sample\n"
        "print(compile_pdf(snapshot.freeze(sample.document())).digest)"
    )
    here = _run("sha256sum", str(printed)).split()[0]
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "TZ": "Asia/Tokyo",
                "DJANGO_SETTINGS_MODULE": "cms.settings.test",
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        assert there == here


def test_the_pdf_is_tagged_named_and_sound(printed: Path) -> None:
    info = _run("pdfinfo", str(printed))
    assert "Tagged:          yes" in info
    assert "Title:           What people told us" in info
    subprocess.run(["qpdf", "--check", str(printed)], check=True, capture_output=True)
    with pikepdf.open(printed) as pdf:
        metadata = pdf.Root.Metadata.read_bytes()
        assert pdf.Root.MarkInfo.Marked
    assert b"pdfuaid:part" in metadata


def test_the_tag_tree_has_headings_tables_figures_and_languages(printed: Path) -> None:
    tree = _run("pdfinfo", "-struct-text", str(printed))
    for tag in ("H1", "H2", "H3", "Table", "TH", "TD", "Figure", "Link"):
        assert tag in tree
    with pikepdf.open(printed) as pdf:
        spoken = [
            str(item.Alt)
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"
        ]
    assert spoken == ["Bar chart of question 1. Its numbers stand in the table below."]


def test_a_reader_finds_the_facts_and_no_hidden_number(printed: Path) -> None:
    text = _run("pdftotext", "-layout", str(printed), "-")
    digest = snapshot.freeze(sample.document()).digest
    assert digest[:8] in text
    for words in (
        "Chief of Police",
        "Question 1: what changed?",
        "base 60",
        "Withheld.",
        "[c]",
        "I go further now. <script>x</script>",
        "Je vais plus loin.",
        "Not a random sample.",
        "Answer number 0 & <more>",
    ):
        assert words in text


def test_the_contents_lead_to_the_right_pages(printed: Path) -> None:
    pages = int(_run("pdfinfo", str(printed)).split("Pages:")[1].split()[0])
    contents = _run("pdftotext", "-layout", "-f", "2", "-l", "2", str(printed), "-")
    for line in contents.splitlines():
        if "What this cannot show" in line:
            number = int(line.split()[-1])
            assert "Not a random sample." in _run(
                "pdftotext", "-f", str(number), "-l", str(number), str(printed), "-"
            )
            break
    else:
        pytest.fail(f"no line in the contents of {pages} pages")


def test_a_french_edition_speaks_french() -> None:
    compiled = compile_pdf(snapshot.freeze(sample.document(language="fr")))
    assert 'lang="fr"' in compiled.html
    assert "Ce que nous demandons" in compiled.html


@pytest.mark.parametrize("verdict", ["margins", "withheld"])
def test_a_table_that_hides_has_no_chart(verdict: str) -> None:
    assert bar_chart(sample.question(1, verdict, None, None)["table"], "A chart") == ""


def test_a_chart_says_every_number_and_escapes_every_label() -> None:
    svg = bar_chart(sample.question(1, "shown", 20, 30, 10)["table"], "A <chart>")
    assert "<title>A &lt;chart&gt;</title>" in svg
    assert "&amp; &lt;more&gt;" in svg
    for value in ("20 · 33 %", "30 · 50 %", "10 · 16 %"):
        assert value in svg
    assert "style=" not in svg


# From sealed answers to an edition.


@pytest.fixture
def report(consultation: Consultation) -> Report:
    today = timezone.now().date()
    made = a_report(
        consultation,
        summary='[{"type": "paragraph", "value": "Summary."}]',
        about='[{"type": "paragraph", "value": "About."}]',
        method='[{"type": "paragraph", "value": "Method."}]',
        limits='[{"type": "paragraph", "value": "Limits."}]',
    )
    Ask.objects.create(
        report=made, text="Consult.", owner="Chief", action="Meet.", by_when=today,
        evidence="change distance",
    )  # fmt: skip
    return made


def _with_answers(consultation: Consultation) -> Any:
    told = [
        submit_testimony(
            call=consultation.call,
            answers=TESTIMONY | ({"change": "same"} if number % 2 else {}),
            language="en",
        )
        for number in range(12)
    ]
    theme = Theme.objects.create(
        collection=consultation.collection, key="distance", title="Further", definition="Away."
    )
    excerpt = curation.propose_excerpt(
        by=consultation.keyholder,
        grant=consultation.grant(),
        record_id=told[0].record_id,
        question="story",
        text=PASSAGE,
        theme=theme,
    )
    curation.approve_excerpt(by=consultation.peer, excerpt=excerpt)
    run = TallyRun.objects.create(
        collection=consultation.collection, definition_id=consultation.call.definition_id
    )
    count(run.pk, consultation.grant())
    return told


def test_a_report_needs_a_tally_first(consultation: Consultation, report: Report) -> None:
    with pytest.raises(NotTallied):
        actions.freeze_snapshot(by=None, report=report)


def test_an_ask_without_its_evidence_is_named(consultation: Consultation, report: Report) -> None:
    _with_answers(consultation)
    report.asks.update(evidence="change nothing_of_ours")
    with pytest.raises(OrphanEvidence, match="nothing_of_ours"):
        actions.freeze_snapshot(by=None, report=report)


def test_a_report_is_frozen_printed_and_never_edited(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    stored = actions.freeze_snapshot(by=None, report=report)
    edition = actions.print_edition(by=None, stored=stored)
    first = actions.path_of(edition).read_bytes()
    assert PASSAGE.split(",", maxsplit=1)[0] in _run(
        "pdftotext", str(actions.path_of(edition)), "-"
    )
    assert actions.freeze_snapshot(by=None, report=report) == stored
    assert actions.print_edition(by=None, stored=stored).digest == edition.digest
    assert actions.path_of(edition).read_bytes() == first
    with pytest.raises(ImmutableSnapshot):
        stored.save()


def test_a_snapshot_can_not_be_changed_in_the_database_either(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    stored = actions.freeze_snapshot(by=None, report=report)
    with pytest.raises(IntegrityError), transaction.atomic():
        Snapshot.objects.filter(pk=stored.pk).update(canonical=b"{}")


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_destroys_the_snapshot_that_quotes_it_and_its_file(
    consultation: Consultation, report: Report
) -> None:
    told = _with_answers(consultation)
    edition = actions.print_edition(by=None, stored=actions.freeze_snapshot(by=None, report=report))
    file = actions.path_of(edition)
    assert file.exists()
    vault.withdraw_record(code=" ".join(told[0].code))
    assert Snapshot.objects.count() == 0
    assert Edition.objects.count() == 0
    assert not file.exists()


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(actions.os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        actions.keep_file(tmp_path / "report.pdf", b"pdf")
    assert list(tmp_path.iterdir()) == []


def test_the_same_key_in_survey_and_call_keeps_its_own_number(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    for number in range(12):
        submit_response(
            survey=consultation.survey,
            answers={
                "age": "adult",
                "count": "yes",
                "words": "discard",
                "audience": "readers",
                "setting": "online" if number % 2 else "visits",
            },
            language="en",
        )
    digest = consultation.survey.version.definition_id
    run = TallyRun.objects.create(collection=consultation.collection, definition_id=digest)
    count(run.pk, consultation.grant())
    report.survey = consultation.survey
    report.save()
    document = snapshot.thaw(
        bytes(actions.freeze_snapshot(by=None, report=report).canonical)
    ).document
    asked = {
        (source["kind"], question["wording"]): question["number"]
        for source in document["questionnaires"]
        for section in source["sections"]
        for question in section["questions"]
    }
    wording = "Where do you mostly work?"
    numbers = {
        (question["source"], question["wording"]): question["number"]
        for question in document["questions"]
    }
    assert asked["survey", wording] == numbers["survey", wording] == 1
    assert asked["call", wording] == numbers["call", wording] > 1
    assert document["method"]["languages"] == ["English", "French"]


def test_the_command_line_prints_the_same_report_in_french(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    told = io.StringIO()
    call_command("compile_report", str(report.pk), language="fr", stdout=told, stderr=io.StringIO())
    file = Path(told.getvalue().splitlines()[0])
    assert "Ce que nous demandons" in _run("pdftotext", str(file), "-")
    with pytest.raises(CommandError, match="no report 999"):
        call_command("compile_report", "999")


def test_two_printed_editions_can_not_be_subtracted_from_each_other(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    first = actions.freeze_snapshot(by=None, report=report)
    actions.print_edition(by=None, stored=first)
    submit_testimony(call=consultation.call, answers=TESTIMONY, language="en")
    run = TallyRun.objects.create(
        collection=consultation.collection, definition_id=consultation.call.definition_id
    )
    count(run.pk, consultation.grant())
    with pytest.raises(AlreadyReleased, match="change"):
        actions.freeze_snapshot(by=None, report=report)
    with pytest.raises(CommandError, match="give answers away"):
        call_command("compile_report", str(report.pk), stderr=io.StringIO())
    told = io.StringIO()
    call_command("compile_report", str(report.pk), replace=True, stdout=told, stderr=told)
    assert not Snapshot.objects.filter(pk=first.pk).exists()
    assert Snapshot.objects.count() == 1


def test_another_language_of_the_same_counts_is_no_second_count(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    for language in ("en", "fr"):
        stored = actions.freeze_snapshot(by=None, report=report, language=language)
        actions.print_edition(by=None, stored=stored)
    assert Snapshot.objects.count() == 2


def _tally(consultation: Consultation) -> None:
    run = TallyRun.objects.create(
        collection=consultation.collection, definition_id=consultation.call.definition_id
    )
    count(run.pk, consultation.grant())


def _freeze(report: Report, title: str) -> Snapshot:
    report.title = title
    report.save()
    return actions.freeze_snapshot(by=None, report=report)


def _edition_of(stored: Snapshot) -> str:
    return str(snapshot.thaw(bytes(stored.canonical)).document["report"]["edition"])


def test_freezing_anew_destroys_what_was_never_printed(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    first = _freeze(report, "One")
    printed = _freeze(report, "Two")
    assert list(Snapshot.objects.all()) == [printed]
    actions.print_edition(by=None, stored=printed)
    third = _freeze(report, "Three")
    assert set(Snapshot.objects.all()) == {printed, third}
    assert [_edition_of(stored) for stored in (first, printed, third)] == ["1", "1", "2"]
    assert _freeze(report, "Two") == printed
    assert list(Snapshot.objects.all()) == [printed]
    report.refresh_from_db()
    assert not report.has_lost_an_edition


def test_a_new_count_destroys_what_was_frozen_from_the_one_before(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    unprinted = actions.freeze_snapshot(by=None, report=report)
    submit_testimony(call=consultation.call, answers=TESTIMONY, language="en")
    _tally(consultation)
    assert Snapshot.objects.count() == 0
    with pytest.raises(SnapshotGone):
        actions.print_edition(by=None, stored=unprinted)
    printed = actions.freeze_snapshot(by=None, report=report)
    actions.print_edition(by=None, stored=printed)
    _tally(consultation)
    assert list(Snapshot.objects.all()) == [printed]


def test_another_report_does_not_publish_other_counts_of_the_same_answers(
    consultation: Consultation, report: Report
) -> None:
    _with_answers(consultation)
    actions.print_edition(by=None, stored=actions.freeze_snapshot(by=None, report=report))
    asks = list(report.asks.all())
    report.pk = None
    report.save()
    for ask in asks:
        ask.pk, ask.report = None, report
        ask.save()
    assert _freeze(report, "The same counts in another report")
    submit_testimony(call=consultation.call, answers=TESTIMONY, language="en")
    _tally(consultation)
    with pytest.raises(AlreadyReleased, match="change"):
        _freeze(report, "Other counts")


def test_reports_open_and_are_added_and_copied_without_a_fault(
    consultation: Consultation, report: Report
) -> None:
    consultation.peer.is_superuser = True
    consultation.peer.save()
    client = team_client(consultation.peer)
    typed = {
        field: str(getattr(report, field))
        for field in (
            "campaign", "title", "subtitle", "addressee_office", "addressee_organisation",
            "sender_organisation", "sender_contact_role", "dated", "reply_by",
        )
    }  # fmt: skip
    typed |= {"collection": str(report.collection_id), "call": str(report.call_id)}
    for part in ("summary", "about", "method", "limits"):
        typed |= {
            f"{part}-count": "1",
            f"{part}-0-deleted": "",
            f"{part}-0-order": "0",
            f"{part}-0-type": "paragraph",
            f"{part}-0-id": "",
            f"{part}-0-value": "Words.",
        }
    typed |= {
        "asks-TOTAL_FORMS": "0",
        "asks-INITIAL_FORMS": "0",
        "asks-MIN_NUM_FORMS": "0",
        "asks-MAX_NUM_FORMS": "1000",
    }
    for door, given in (("add", []), ("copy", [report.pk]), ("edit", [report.pk])):
        address = reverse(f"consultation_reports:{door}", args=given)
        assert client.get(address).status_code == 200
        assert client.post(address, {**typed, "dated": ""}).status_code == 200
        assert client.post(address, typed).status_code == 302
    assert Report.objects.count() == 2
