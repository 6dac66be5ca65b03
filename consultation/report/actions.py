"""Freezing a snapshot, printing an edition, and destroying what a withdrawal reaches."""

from __future__ import annotations

import calendar
import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from consultation.disclosure.tables import AlreadyReleased
from consultation.report import findings, snapshot
from consultation.report.models import Edition, Report, Snapshot
from consultation.report.pdf import compile_pdf
from testimony.curation.actions import erase_file, hold_withdrawals_off

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

Progress = Callable[[str], None]

EDITION_FILE: Final = "edition file"


class SnapshotGone(Exception):
    """A snapshot was destroyed while it was being printed, so there is no edition of it."""

    def __init__(self) -> None:
        super().__init__(
            "The snapshot was destroyed while it was being printed: somebody took back words that "
            "it quoted, or the answers were counted again. Freeze and print the report again."
        )


def freeze_snapshot(*, by: AbstractUser | None, report: Report, language: str = "en") -> Snapshot:
    """Freeze everything the report says right now, under its digest.

    What was frozen before with the very same content is returned as it is. What was frozen before
    and never printed is destroyed: it holds an older count, and nobody has it.

    Raises:
        NotTallied, OrphanEvidence: when the report is not ready.
        AlreadyReleased: when an edition that was printed before counts a question otherwise.
            A reader of both could subtract one from the other.
    """
    with transaction.atomic():
        hold_withdrawals_off()
        document, excerpts = findings.gather(report, language=language)
        existing = _same_but_for_edition(report, document)
        if existing is not None:
            _destroy_unprinted(report.snapshots.exclude(pk=existing.pk))
            return existing
        _check_against_earlier(report, document)
        frozen = snapshot.freeze(document)
        stored = Snapshot.objects.create(
            digest=frozen.digest,
            report=report,
            canonical=frozen.canonical,
            frozen_on=report.dated,
        )
        stored.excerpts.set(excerpts)
        _destroy_unprinted(report.snapshots.exclude(pk=stored.pk))
        Report.objects.filter(pk=report.pk).update(has_lost_an_edition=False)
    return stored


def print_edition(
    *, by: AbstractUser | None, stored: Snapshot, progress: Progress | None = None
) -> Edition:
    """Print a snapshot and keep the file. The same snapshot prints the same bytes.

    The file appears while withdrawals wait and goes again when the edition can't be noted, so that
    a withdrawal finds both or neither. What a process that was killed in between leaves behind, the
    daily job deletes, because no edition names it.

    Raises:
        SnapshotGone: when it was destroyed meanwhile. Nothing was kept.
    """
    compiled = compile_pdf(snapshot.thaw(bytes(stored.canonical)), progress=progress)
    name = f"{stored.digest[:16]}.pdf"
    target = archive_folder() / name
    is_new = False
    try:
        with transaction.atomic(durable=True):
            hold_withdrawals_off()
            if not Snapshot.objects.select_for_update().filter(pk=stored.pk).only("pk"):
                raise SnapshotGone
            edition, is_new = Edition.objects.update_or_create(
                snapshot_id=stored.pk,
                defaults={
                    "digest": hashlib.sha256(compiled.pdf).hexdigest(),
                    "pages": compiled.pages,
                    "file": name,
                },
            )
            keep_file(target, compiled.pdf, moment=calendar.timegm(stored.frozen_on.timetuple()))
    except BaseException:
        if is_new:
            target.unlink(missing_ok=True)
            _hide_times_of(target.parent)
        raise
    return edition


def archive_folder() -> Path:
    """Where finished files stand."""
    folder = Path(settings.REPORT_ARCHIVE_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def path_of(edition: Edition) -> Path:
    return archive_folder() / edition.file


def keep_file(target: Path, contents: bytes, *, moment: int = 0) -> None:
    """Write a whole file or none: to a name of its own, flushed, then moved into place.

    ``moment`` (seconds since 1970) is the time the file says of itself, never the time of writing.
    """
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as part:
            part.write(contents)
            part.flush()
            os.fsync(part.fileno())
        os.utime(name, (moment, moment))
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _hide_times_of(target.parent)


def _hide_times_of(folder: Path) -> None:
    """Have a folder not say when a file last came or went.

    Only the account it belongs to may do that; the daily job does it again. The disk notes when
    times were set, which nobody can choose: until the daily job sets them anew, that is kept.
    """
    with suppress(PermissionError):
        os.utime(folder, (0, 0))


def destroy_snapshot(*, stored: Snapshot) -> None:
    """Destroy a snapshot and its edition; the file goes once that is certain.

    For a snapshot that nobody outside was handed. What was handed out stays known outside.
    """
    with transaction.atomic():
        hold_withdrawals_off()
        for name in Edition.objects.filter(snapshot=stored).values_list("file", flat=True):
            erase_file(EDITION_FILE, name)
        stored.excerpts.clear()
        stored.delete()


def destroy_snapshots_quoting(excerpt_ids: list[uuid.UUID]) -> None:
    """Destroy every snapshot that quotes one of these, and its file once that is certain.

    The report then says so to whoever opens it, until another snapshot is frozen.
    """
    # Their keys are enough: a withdrawal runs where what a snapshot says may not be read.
    doomed = list(Snapshot.objects.filter(excerpts__in=excerpt_ids).only("pk").distinct())
    Report.objects.filter(snapshots__in=doomed).update(has_lost_an_edition=True)
    for stored in doomed:
        destroy_snapshot(stored=stored)


def destroy_unprinted_snapshots(collection_id: uuid.UUID) -> None:
    """Destroy what was frozen of a collection and never printed. Called when it is counted again.

    The count in it and the new one could be subtracted from each other.
    """
    _destroy_unprinted(Snapshot.objects.filter(report__collection_id=collection_id))


def _destroy_unprinted(snapshots: QuerySet[Snapshot]) -> None:
    for stored in snapshots.filter(edition__isnull=True).only("pk"):
        destroy_snapshot(stored=stored)


def excerpts_in_editions(excerpt_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these stand in a finished edition."""
    return set(
        Snapshot.excerpts.through.objects.filter(
            excerpt_id__in=excerpt_ids, snapshot__edition__isnull=False
        ).values_list("excerpt_id", flat=True)
    )


def edition_files() -> list[str]:
    """The printed files that an edition names."""
    return list(Edition.objects.values_list("file", flat=True))


def erase_edition_file(name: str) -> None:
    """Delete a printed file; nothing happens when it is gone already.

    Raises:
        OSError: when the folder is not there: this process may not see it, so it is tried again.
    """
    folder = Path(settings.REPORT_ARCHIVE_DIR)
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    (folder / Path(name).name).unlink(missing_ok=True)
    _hide_times_of(folder)


def _check_against_earlier(report: Report, document: dict[str, Any]) -> None:
    """Against every edition of every report on the same collection: a reader may hold them all."""
    now = _published(document)
    printed = Snapshot.objects.filter(
        report__collection_id=report.collection_id, edition__isnull=False
    )
    for stored in printed:
        before = _published(snapshot.thaw(bytes(stored.canonical)).document)
        for question in sorted(before.keys() & now.keys()):
            if before[question] != now[question]:
                raise AlreadyReleased(
                    f"Edition {stored.pk[:12]} counts the question “{question[1]}” otherwise: "
                    "together the two would give answers away. Destroy that edition if nobody "
                    "outside has it; otherwise keep to its counts."
                )


def _published(document: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """The numbers a document publishes, by definition and question, whatever its language."""
    definitions = {asked["kind"]: asked["digest"] for asked in document["questionnaires"]}
    found = {}
    for question in document["questions"]:
        table = question["table"]
        found[definitions[question["source"]], question["key"]] = (
            table["verdict"],
            table["base"],
            table["missing"],
            table["not_asked"],
            tuple((cell["code"], cell["count"]) for cell in table["cells"]),
        )
    return found


def _same_but_for_edition(report: Report, document: dict[str, Any]) -> Snapshot | None:
    """The report's latest snapshot, when it says the same as ``document`` but for its number."""
    stored: Snapshot
    for stored in report.snapshots.all():
        before = snapshot.thaw(bytes(stored.canonical))
        cover = {**document["report"], "edition": before.document["report"]["edition"]}
        if snapshot.freeze({**document, "report": cover}).digest == stored.digest:
            return stored
    return None
