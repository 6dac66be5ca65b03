"""Tallies run in a child process, fed the keys by pipe: never in a web worker, never in a queue.

The child opens each record, counts it and forgets it. It protects the tables before anything is
written, and writes protected tables only.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction

from consultation.disclosure.suppression import AlreadyReleased, protect
from consultation.disclosure.tables import Policy
from consultation.survey.models import TallyRun
from consultation.survey.tally import Tally
from testimony.vault import audit
from testimony.vault.models import Lane, PendingRecord, Record
from testimony.vault.sealing import DoesNotOpen
from testimony.vault.unlock import Grant
from testimony.wizard.journeys import read_definition

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_REPORT_EVERY: Final = 200
_STOPPED: Final = "The count stopped before its end."


class TallyFailed(Exception):
    """The child process ended without a result."""


def start_tally(*, by: AbstractUser, grant: Grant, definition: str, reason: str) -> TallyRun:
    """Begin counting in a child process and return at once; the run tells how far it is."""
    run = _begin(by, grant, definition, reason)
    _feed_child(run, grant)
    return run


def run_tally(*, by: AbstractUser, grant: Grant, definition: str, reason: str) -> TallyRun:
    """The same, waiting for the end. For the command line.

    Raises:
        TallyFailed: when the child process could not finish.
    """
    run = _begin(by, grant, definition, reason)
    _feed_child(run, grant).wait()
    run.refresh_from_db()
    if run.state != TallyRun.State.DONE:
        _mark_failed(run.pk, run.problem or _STOPPED)
        raise TallyFailed(run.problem or _STOPPED)
    return run


def _begin(by: AbstractUser, grant: Grant, definition: str, reason: str) -> TallyRun:
    with transaction.atomic():
        run = TallyRun.objects.create(
            collection_id=grant.collection_id, definition_id=definition, started_by_id=by.pk
        )
        audit.append(by=by, action="tally started", subject=str(run.pk), reason=reason)
    return run


def count(run_id: int, grant: Grant, progress: Callable[[int], None] | None = None) -> TallyRun:
    """Open, count, protect and save, in this process. The child calls it."""
    run = TallyRun.objects.get(pk=run_id)
    definition = read_definition(run.definition_id)
    total = sum(
        model.objects.filter(collection_id=grant.collection_id, definition_id=run.definition_id)
        .exclude(lane=Lane.FLOOD)
        .count()
        for model in (Record, PendingRecord)
    )
    tally = Tally(definition)
    for number, opened in enumerate(grant.stream(run.definition_id), start=1):
        tally.add(opened.payload)
        if number % _REPORT_EVERY == 0:
            hundredths = min(99, 100 * number // max(total, 1))
            TallyRun.objects.filter(pk=run_id).update(hundredths=hundredths)
            if progress:
                progress(hundredths)
    protected = protect(tally.tables(), policy=Policy())
    few = tally.participants < Policy().min_base
    TallyRun.objects.filter(pk=run_id).update(
        state=TallyRun.State.DONE,
        hundredths=100,
        tables={
            "participants": None if few else tally.participants,
            "received": Policy().rounded(tally.participants + tally.set_aside),
            "tables": [asdict(table) for table in protected.tables],
        },
    )
    run.refresh_from_db()
    return run


def count_from_pipe(raw: bytes) -> None:
    """The child's whole life: read the keys, leave no memory image behind, count, end."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = json.loads(raw)
    run_id = int(found["run"])
    try:
        count(run_id, Grant.from_pipe(found["grant"].encode("ascii")))
    except (DoesNotOpen, AlreadyReleased) as error:
        _mark_failed(run_id, type(error).__name__)
        raise


def _mark_failed(run_id: int, problem: str) -> None:
    TallyRun.objects.filter(pk=run_id).update(state=TallyRun.State.FAILED, problem=problem)


def _feed_child(run: TallyRun, grant: Grant) -> subprocess.Popen[bytes]:
    """Start the child and hand it the keys by pipe; they never stand in a file or argument."""
    message = json.dumps({"run": run.pk, "grant": grant.to_pipe().decode("ascii")})
    environment: dict[str, Any] = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": os.environ.get(
            "DJANGO_SETTINGS_MODULE", settings.SETTINGS_MODULE
        ),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "django", "count_sealed_answers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment,
        cwd=settings.BASE_DIR,
        start_new_session=True,
    )
    if child.stdin is not None:
        child.stdin.write(message.encode("ascii"))
        child.stdin.close()
    return child
