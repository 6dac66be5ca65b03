"""While an edition is printed, people withdraw and machines die: no file outlives the words."""

from __future__ import annotations

import calendar
import datetime as dt
import io
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from consultation.report import actions, snapshot
from consultation.report.actions import SnapshotGone
from consultation.report.models import Edition, Snapshot
from consultation.report.pdf import CompiledPdf
from testimony.vault import actions as vault
from testimony.vault import chores
from tests import factories
from tests.consultation.report import sample
from tests.factories import Consultation
from tests.testimony.vault.databases import PASSAGE, OwnDatabase, frozen, quoted, told

committing = pytest.mark.django_db(transaction=True)
PDF = f"%PDF {PASSAGE}".encode()
DAY = dt.date(2026, 3, 4)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.REPORT_ARCHIVE_DIR = tmp_path / "editions"
    settings.BACKUP_FOLDERS = {"media": tmp_path / "media", "editions": tmp_path / "editions"}
    return actions.archive_folder()


@pytest.fixture(autouse=True)
def _a_quick_press(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "compile_pdf", _press())


def _press(meanwhile: Any = None) -> Any:
    def compile_pdf(_snapshot: Any, *, progress: Any = None) -> CompiledPdf:
        if meanwhile is not None:
            meanwhile()
        return CompiledPdf(pdf=PDF, digest="", pages=1, html="", fonts=())

    return compile_pdf


def _frozen(consultation: Consultation) -> tuple[Snapshot, vault.Sealed]:
    """A snapshot that nobody printed, and the testimony that it quotes."""
    sealed = told(consultation)
    excerpt = quoted(consultation, sealed.record_id)
    stand_in = frozen(consultation, excerpt, "none.pdf")
    stand_in.delete()
    said = snapshot.freeze(sample.document())
    stored = Snapshot.objects.create(
        digest=said.digest, report=stand_in.report, canonical=said.canonical, frozen_on=DAY
    )
    stored.excerpts.set([excerpt])
    return stored, sealed


def _withdraw(sealed: vault.Sealed) -> None:
    assert vault.withdraw_record(code=" ".join(sealed.code or ()))


@committing
def test_a_withdrawal_while_the_pages_are_set_leaves_no_file(
    consultation: Consultation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, sealed = _frozen(consultation)
    monkeypatch.setattr(actions, "compile_pdf", _press(lambda: _withdraw(sealed)))
    with pytest.raises(SnapshotGone, match="destroyed while it was being printed"):
        actions.print_edition(by=None, stored=stored)
    assert Edition.objects.count() == Snapshot.objects.count() == 0
    assert list(folder.iterdir()) == []


@committing
def test_the_command_says_that_the_snapshot_is_gone(
    consultation: Consultation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, sealed = _frozen(consultation)
    monkeypatch.setattr(actions, "freeze_snapshot", lambda **_given: stored)
    monkeypatch.setattr(actions, "compile_pdf", _press(lambda: _withdraw(sealed)))
    with pytest.raises(CommandError, match="Freeze and print the report again"):
        call_command("compile_report", str(stored.report_id), stderr=io.StringIO())
    assert list(folder.iterdir()) == []


def test_a_withdrawal_while_the_file_is_written_waits_and_takes_it(
    own: OwnDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_file, seen = actions.keep_file, []

    def keep_slowly(target: Path, contents: bytes, **others: Any) -> None:
        other.start()
        time.sleep(0.5)
        seen.append(other.is_alive())
        keep_file(target, contents, **others)
        seen.append(target.exists())

    def withdraw() -> None:
        try:
            _withdraw(sealed)
        finally:
            connections.close_all()

    other = threading.Thread(target=withdraw, daemon=True)
    monkeypatch.setattr(actions, "keep_file", keep_slowly)
    with own.connected():
        stored, sealed = _frozen(factories.consultation())
        actions.print_edition(by=None, stored=stored)
        other.join(timeout=60)
        assert not other.is_alive()
        assert seen == [True, True]
        assert Edition.objects.count() == Snapshot.objects.count() == 0
        assert list(folder.iterdir()) == []


@committing
def test_a_print_that_can_not_be_noted_leaves_no_file(
    consultation: Consultation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, _sealed = _frozen(consultation)
    keep_file = actions.keep_file

    def keep_and_spoil(target: Path, contents: bytes, **others: Any) -> None:
        keep_file(target, contents, **others)
        transaction.set_rollback(True)
        raise DatabaseError("the last write failed")

    monkeypatch.setattr(actions, "keep_file", keep_and_spoil)
    with pytest.raises(DatabaseError, match="last write"):
        actions.print_edition(by=None, stored=stored)
    assert Edition.objects.count() == 0
    assert Snapshot.objects.count() == 1
    assert list(folder.iterdir()) == []


@committing
def test_a_second_print_that_fails_keeps_the_first(
    consultation: Consultation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, _sealed = _frozen(consultation)
    edition = actions.print_edition(by=None, stored=stored)

    def fail(*_given: Any, **_named: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(actions, "keep_file", fail)
    with pytest.raises(OSError, match="full"):
        actions.print_edition(by=None, stored=stored)
    assert actions.path_of(Edition.objects.get()) == actions.path_of(edition)
    assert actions.path_of(edition).read_bytes() == PDF


@pytest.mark.parametrize("moment", ["before it is in place", "before it is noted"])
def test_what_a_killed_print_left_is_gone_after_the_next_daily_job(
    own: OwnDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    with own.connected():
        consultation = factories.consultation()
        stored, sealed = _frozen(consultation)
        connections.close_all()
        child = os.fork()
        if child == 0:
            _print_and_die(stored, moment)
        _pid, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert Edition.objects.count() == 0
        (left,) = folder.iterdir()
        assert left.name.startswith(".part-") == (moment == "before it is in place")
        assert left.read_bytes() == PDF
        _withdraw(sealed)
        chores.do_all()
        assert list(folder.iterdir()) == []


def _print_and_die(stored: Snapshot, moment: str) -> None:
    def die(*_given: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    try:
        if moment == "before it is in place":
            actions.os.replace = die  # type: ignore[assignment]
        else:
            keep_file = actions.keep_file
            actions.keep_file = lambda *given, **named: (keep_file(*given, **named), die())  # type: ignore[assignment]
        actions.print_edition(by=None, stored=stored)
    finally:
        os._exit(1)


@committing
def test_the_daily_job_deletes_what_no_edition_names_and_nothing_else(
    consultation: Consultation, folder: Path, settings: Any
) -> None:
    stored, _sealed = _frozen(consultation)
    edition = actions.print_edition(by=None, stored=stored)
    (folder / "leftover.pdf").write_bytes(PDF)
    (folder / "inside").mkdir()
    (folder / "inside" / edition.file).write_bytes(PDF)
    media = Path(settings.BACKUP_FOLDERS["media"])
    media.mkdir()
    (media / "poster.png").write_bytes(b"a poster")
    done = chores.Done()
    chores._erase(done)
    assert [file for file in folder.rglob("*") if file.is_file()] == [actions.path_of(edition)]
    assert (media / "poster.png").exists()
    assert done.lines == ["2 files that nothing names any more deleted."]
    assert done.problems == []


# What the times of files say.


@committing
def test_no_time_in_the_folder_says_when_something_was_printed_or_withdrawn(
    consultation: Consultation, folder: Path
) -> None:
    stored, sealed = _frozen(consultation)
    edition = actions.print_edition(by=None, stored=stored)
    assert actions.path_of(edition).stat().st_mtime == calendar.timegm(DAY.timetuple())
    assert folder.stat().st_mtime == 0
    os.utime(folder)
    _withdraw(sealed)
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mtime == 0
    os.utime(folder)
    chores._erase(chores.Done())
    assert folder.stat().st_mtime == 0


@committing
def test_a_folder_of_somebody_else_loses_the_file_all_the_same(
    consultation: Consultation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, sealed = _frozen(consultation)
    actions.print_edition(by=None, stored=stored)

    def refuse(*_given: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(actions.os, "utime", refuse)
    _withdraw(sealed)
    assert list(folder.iterdir()) == []
