"""Tallies run in a child process, fed the keys by pipe: never in a web worker, never in a queue.

The child opens each record, counts it and forgets it. Where there are many, a second process
counts the other half of them, with the keys in its copy of the first one's memory. The tables
are protected before anything is written, and protected tables only are written. They take the
place of those of the count before: two counts side by side can be subtracted from each other.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection, connections, transaction
from django.utils.translation import gettext_noop

from consultation.disclosure.tables import Policy
from consultation.survey.models import TallyRun
from consultation.survey.tally import Tally
from testimony.vault import quotas, withdrawal
from testimony.vault.models import Lane, PendingRecord, Record
from testimony.vault.unlock import Grant
from testimony.wizard.definition import Definition
from testimony.wizard.journeys import read_definition

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_REPORT_EVERY: Final = 500
_WORTH_TWO: Final = 4_000
"""From this many records on, a second process takes half: below, starting it costs more."""
_STOPPED: Final = "The count stopped before its end."

CountedHandler = Callable[[uuid.UUID], None]
_counted_handlers: Final[list[CountedHandler]] = []


class TallyFailed(Exception):
    """The child process ended without a result."""


def on_counted(handler: CountedHandler) -> None:
    """Have ``handler(collection_id)`` delete what was made from earlier counts of a collection.

    It is called inside the transaction that keeps a new count, and raises to stop it.
    """
    _counted_handlers.append(handler)


def start_tally(*, by: AbstractUser, grant: Grant, definition: str, reason: str) -> TallyRun:
    """Begin counting in a child process and return at once; the run tells how far it is.

    Raises:
        QuotaSpent: when too many tallies were started in the last hour.
        Stale: when newer keys were made since the unlocking: the count would be short.
    """
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
    grant.check_up_to_date()
    with transaction.atomic():
        run = TallyRun.objects.create(
            collection_id=grant.collection_id, definition_id=definition, started_by_id=by.pk
        )
        quotas.spend(by, gettext_noop("tally started"), subject=str(run.pk), reason=reason)
    return run


def count(run_id: int, grant: Grant, progress: Callable[[int], None] | None = None) -> TallyRun:
    """Open, count, protect and save, in this process. The child calls it."""
    # The solver takes time and memory that a web process has no use for.
    from consultation.disclosure.questions import protect_questions  # noqa: PLC0415

    run = TallyRun.objects.get(pk=run_id)
    definition = read_definition(run.definition_id)
    total = sum(
        model.objects.filter(collection_id=grant.collection_id, definition_id=run.definition_id)
        .exclude(lane=Lane.FLOOD)
        .count()
        for model in (Record, PendingRecord)
    )

    def report(done: int) -> None:
        hundredths = min(99, 100 * done // max(total, 1))
        TallyRun.objects.filter(pk=run_id).update(hundredths=hundredths)
        if progress:
            progress(hundredths)

    if total >= _WORTH_TWO and not connection.in_atomic_block:
        tally = _count_in_two(grant, definition, report)
    else:
        tally = _count_part(grant, definition, (0, 1), report)
    protected = protect_questions(tally.tables(), policy=Policy())
    few = tally.participants < Policy().min_base
    _keep(
        run,
        {
            "participants": None if few else tally.participants,
            "received": Policy().rounded(tally.participants + tally.set_aside),
            "tables": [asdict(table) for table in protected],
        },
    )
    run.refresh_from_db()
    return run


def _keep(run: TallyRun, tables: dict[str, Any]) -> None:
    """Keep a finished count, and of every other count of its source only that it was made.

    Of a slower one too that began earlier and ends later. On the disk the earlier tables are gone
    after the next daily job.
    """
    with transaction.atomic():
        # Two counts that end at once come one after the other, and so does a report being frozen.
        withdrawal.take_turn()
        of_source = TallyRun.objects.filter(
            collection_id=run.collection_id, definition_id=run.definition_id
        )
        of_source.exclude(pk=run.pk).exclude(tables={}).update(tables={})
        of_source.filter(pk=run.pk).update(state=TallyRun.State.DONE, hundredths=100, tables=tables)
        for handler in _counted_handlers:
            handler(run.collection_id)


def _count_part(
    grant: Grant, definition: Definition, shard: tuple[int, int], report: Callable[[int], None]
) -> Tally:
    """Count one part of the records; ``report`` hears now and then how many it was so far."""
    tally = Tally(definition)
    for number, opened in enumerate(grant.stream(definition.digest, shard=shard), start=1):
        tally.add(opened.payload)
        if number % _REPORT_EVERY == 0:
            report(number)
    return tally


def _count_in_two(grant: Grant, definition: Definition, report: Callable[[int], None]) -> Tally:
    """Count one half here and the other in a second process, and add them up.

    The second process is a fork: the keys go with its memory, through no file and no argument.
    Both open database connections of their own.

    Raises:
        TallyFailed: when the other half could not be counted, naming its error.
    """
    context = multiprocessing.get_context("fork")
    hearing, telling = context.Pipe(duplex=False)
    connections.close_all()
    other = context.Process(
        target=_count_other_half, args=(telling, grant, definition), daemon=True
    )
    other.start()
    telling.close()
    heard: list[Tally] = []

    def listen() -> None:
        told = hearing.recv()
        if not isinstance(told, Tally):
            raise TallyFailed(told)
        heard.append(told)

    def report_both(done: int) -> None:
        report(2 * done)
        if not heard and hearing.poll():
            listen()

    try:
        tally = _count_part(grant, definition, (0, 2), report_both)
        if not heard:
            listen()
    except EOFError:
        raise TallyFailed(_STOPPED) from None
    finally:
        hearing.close()
        other.terminate()
        other.join()
    return tally + heard[0]


def _count_other_half(telling: Connection, grant: Grant, definition: Definition) -> None:
    """The second process's whole life: count, tell the tally or the error's name, end."""
    try:
        telling.send(_count_part(grant, definition, (1, 2), lambda _done: None))
    except Exception as error:
        telling.send(type(error).__name__)
    finally:
        connections.close_all()


def count_from_pipe(raw: bytes) -> None:
    """The child's whole life: read the keys, leave no memory image behind, count, end."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What is loaded stays: the collector need not walk it again, and a fork shares its pages.
    gc.freeze()
    found = json.loads(raw)
    run_id = int(found["run"])
    try:
        count(run_id, Grant.from_pipe(found["grant"].encode("ascii")))
    except TallyFailed as problem:
        _mark_failed(run_id, str(problem))
        raise
    except Exception as error:
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
