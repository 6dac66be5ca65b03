"""Freezing a snapshot, printing an edition, and destroying what a withdrawal reaches."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from consultation.disclosure.suppression import AlreadyReleased
from consultation.report import findings, snapshot
from consultation.report.models import Edition, Report, Snapshot
from consultation.report.pdf import compile_pdf

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

Progress = Callable[[str], None]


def freeze_snapshot(*, by: AbstractUser | None, report: Report, language: str = "en") -> Snapshot:
    """Freeze everything the report says right now, under its digest.

    What was frozen before with the very same content is returned as it is.

    Raises:
        NotTallied, OrphanEvidence: when the report is not ready.
        AlreadyReleased: when an edition that was printed before counts a question otherwise.
            A reader of both could subtract one from the other.
    """
    with transaction.atomic():
        document, excerpts = findings.gather(report, language=language)
        existing = _same_but_for_edition(report, document)
        if existing is not None:
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
    return stored


def print_edition(
    *, by: AbstractUser | None, stored: Snapshot, progress: Progress | None = None
) -> Edition:
    """Print a snapshot and keep the file. The same snapshot prints the same bytes."""
    compiled = compile_pdf(snapshot.thaw(bytes(stored.canonical)), progress=progress)
    name = f"{stored.digest[:16]}.pdf"
    keep_file(archive_folder() / name, compiled.pdf)
    edition, _created = Edition.objects.update_or_create(
        snapshot=stored,
        defaults={
            "digest": hashlib.sha256(compiled.pdf).hexdigest(),
            "pages": compiled.pages,
            "file": name,
        },
    )
    return edition


def archive_folder() -> Path:
    """Where finished files stand."""
    folder = Path(settings.REPORT_ARCHIVE_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def path_of(edition: Edition) -> Path:
    return archive_folder() / edition.file


def keep_file(target: Path, contents: bytes) -> None:
    """Write a whole file or none: to a name of its own, flushed, then moved into place."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as part:
            part.write(contents)
            part.flush()
            os.fsync(part.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def destroy_snapshot(*, stored: Snapshot) -> None:
    """Destroy a snapshot and its edition; the file goes once that is certain.

    For a snapshot that nobody outside was handed. What was handed out stays known outside.
    """
    with transaction.atomic():
        files = [path_of(edition) for edition in Edition.objects.filter(snapshot=stored)]
        stored.excerpts.clear()
        stored.delete()
        for file in files:
            transaction.on_commit(partial(file.unlink, missing_ok=True))


def destroy_snapshots_quoting(excerpt_ids: list[uuid.UUID]) -> None:
    """Destroy every snapshot that quotes one of these, and its file once that is certain."""
    doomed = list(Snapshot.objects.filter(excerpts__in=excerpt_ids).distinct())
    for stored in doomed:
        destroy_snapshot(stored=stored)


def _check_against_earlier(report: Report, document: dict[str, Any]) -> None:
    now = _published(document)
    for stored in report.snapshots.filter(edition__isnull=False):
        before = _published(snapshot.thaw(bytes(stored.canonical)).document)
        for question in sorted(before.keys() & now.keys()):
            if before[question] != now[question]:
                raise AlreadyReleased(
                    f"Edition {stored.pk[:12]} counts the question “{question[1]}” otherwise: "
                    "together the two would give answers away. Destroy that edition if nobody "
                    "outside has it; otherwise keep to its counts."
                )


def _published(document: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """The numbers a document publishes, by source and question, whatever its language."""
    found = {}
    for question in document["questions"]:
        table = question["table"]
        found[question["source"], question["key"]] = (
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
