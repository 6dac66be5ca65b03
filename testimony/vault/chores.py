"""The daily job, in order, and whether it was done lately. A command and the dashboard read it.

Each chore stands alone: one that fails must not keep the next from forgetting the order of arrival
or cleaning the disk. That is the reason for the broad ``except`` here; the log gets the kind of
error and its place, and the command ends with a failure.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from testimony.vault import (
    actions,
    batches,
    custody,
    digest,
    disk,
    drafts,
    folders,
    retention,
    unlock,
    vouchers,
    withdrawal,
)
from testimony.vault.models import Chore

_log = logging.getLogger(__name__)

DAILY: Final = "daily"
LATE_AFTER: Final = dt.timedelta(days=2)


@dataclass(slots=True)
class Done:
    """What was done, and what must be looked at, as sentences."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def do_all() -> Done:
    """Do every chore. Safe to run at any time, and again."""
    done = Done()
    failed = False
    for name, chore in _CHORES.items():
        try:
            chore(done)
        except Exception:
            _log.exception("A daily chore failed")
            done.problems.append(f"This could not be done: {name}.")
            failed = True
    if not failed:
        Chore.objects.update_or_create(name=DAILY, defaults={"done_on": timezone.now().date()})
    return done


def close_only() -> Done:
    """Erase drafts and close keys whose time ran out. For every few minutes."""
    done = Done()
    _close(done)
    return done


def is_late() -> bool:
    """Whether the daily job has not been done whole for two days, or never."""
    last = Chore.objects.filter(name=DAILY).values_list("done_on", flat=True).first()
    return last is None or timezone.now().date() - last >= LATE_AFTER


def _close(done: Done) -> None:
    expired, closed = drafts.erase_expired(), unlock.close_expired()
    done.lines.append(f"{expired} expired drafts erased, {closed} unlocked sessions closed.")


def _renew(done: Done) -> None:
    done.lines.append(f"{custody.renew_all_epochs()} epoch keys made ahead.")


def _carry_out(done: Done) -> None:
    count = actions.carry_out_held_withdrawals()
    done.lines.append(f"{count} waiting withdrawals carried out.")


def _destroy(done: Done) -> None:
    done.lines.append(f"{len(retention.destroy_expired(by=None))} destructions.")
    done.lines += [
        f"Not destroyed, because of a legal hold: {due.collection.name}."
        for due in retention.find_due()
    ]


def _shuffle(done: Done) -> None:
    done.lines.append(f"{actions.shuffle_pending()} records moved among the others.")


def _erase(done: Done) -> None:
    remaining = withdrawal.erase_recorded()
    if remaining:
        done.problems.append(f"{remaining} files could not be erased yet.")
    with transaction.atomic():
        withdrawal.take_turn()
        count = folders.delete_unnamed()
    done.lines.append(f"{count} files that nothing names any more deleted.")


def _forget(done: Done) -> None:
    count = withdrawal.forget_tombstones()
    done.lines.append(f"{count} withdrawal marks older than any archive forgotten.")


def _forget_codes(done: Done) -> None:
    codes, marks = vouchers.forget_expired()
    done.lines.append(f"{codes} codes and {marks} marks past their last day forgotten.")
    papers = batches.forget_destroyed()
    done.lines.append(f"{papers} batches of paper past their last day forgotten.")


def _clear_sessions(done: Done) -> None:
    call_command("clearsessions", verbosity=0)
    done.lines.append("Sessions of the team that ran out are cleared.")


def _sweep(done: Done) -> None:
    swept = disk.sweep()
    done.lines.append(f"{swept.tables} tables rewritten on the disk.")
    done.problems += swept.remains


def _tell(done: Done) -> None:
    """Last of all, so that it can say whether the others went well."""
    try:
        was_sent = digest.send_daily(had_problems=bool(done.problems))
    except digest.NotSent as problem:
        # Told, but no failure of the job: the backup that waits for it must not wait for mail.
        done.lines.append(str(problem))
        return
    done.lines.append("The daily note is sent." if was_sent else "No daily note was due.")


_CHORES: Final[dict[str, Callable[[Done], None]]] = {
    "closing what has run out": _close,
    "making the months ahead": _renew,
    "carrying out withdrawals that waited": _carry_out,
    "destroying what has expired": _destroy,
    "forgetting the order of arrival": _shuffle,
    "erasing files": _erase,
    "forgetting old withdrawal marks": _forget,
    "forgetting old codes and marks": _forget_codes,
    "clearing sessions": _clear_sessions,
    "cleaning the disk": _sweep,
    "sending the daily note": _tell,
}
