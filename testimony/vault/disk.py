"""Deleted means gone from the disk too: what the daily job does after the last delete.

**SQLite** overwrites deleted content (``secure_delete``), but a page that was split keeps copies
until the file is rewritten, and the write-ahead log keeps older pages until it is truncated. So:
rewrite the file, then empty the log. A connection that reads the whole time forbids the second.

**PostgreSQL** keeps deleted rows until their table is rewritten, and keeps values of a table once
more in its statistics. Rewriting keeps what a transaction older than the deletion may still see, so
those are waited for. Files of before stay until a checkpoint; the write-ahead log keeps copies
until its segments are removed, which a checkpoint does with those that are complete, and with
``wal_recycle`` off: otherwise a segment is renamed for later use with everything in it.

**The delay**: until this has run, an image of the disk holds what was deleted since it last ran:
at most a day. **The privileges** on PostgreSQL: to own the tables and the database,
``pg_checkpoint``, and EXECUTE on ``pg_switch_wal()``. What could not be done is said in
``Swept.remains``, never passed over; ``docs/runbooks/daily-job.md`` says what to do about it.

**Not promised**: what lies in blocks that a file gave back to the file system, on a drive that
spreads its writes, on a file system that copies on write, in a snapshot taken by the hosting
company, in swap. Encrypting the whole disk is the answer to those.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import OperationalError, ProgrammingError, connection, transaction

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

ATTEMPTS: Final = 3
"""How often each step is tried while another connection is in its way."""

WAIT_SECONDS: Final = 5
"""How long one attempt waits. A table that waits for its lock makes others wait behind it."""

PATIENCE: Final = 30.0
"""Seconds to wait for transactions that were open before the sweep."""

_LOOK_AGAIN: Final = 0.1


@dataclass(frozen=True, slots=True)
class Swept:
    """What was done, and in plain sentences what may still lie on the disk."""

    tables: int
    is_log_clean: bool
    remains: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        return self.is_log_clean and not self.remains


def sweep() -> Swept:
    """Rewrite every table of the database and empty the write-ahead log.

    Every table, because a person's words may have reached any: a page, a session, an index. Runs
    outside any transaction. Takes a lock on each table for as long as its rewriting takes, and
    needs free space for a second copy of the largest (on SQLite, twice the whole file).

    Raises:
        TransactionManagementError: inside a transaction.
    """
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("Sweeping stands outside a transaction.")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with _short_waits(cursor):
                return _sweep_postgresql(cursor)
        return _sweep_sqlite(cursor)


# SQLite.


def _sweep_sqlite(cursor: CursorWrapper) -> Swept:
    before = _value(cursor, "PRAGMA busy_timeout")
    cursor.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
    # The copy that VACUUM makes on the way must not lie in a temporary file.
    cursor.execute("PRAGMA temp_store=MEMORY")
    try:
        is_rewritten = any(_vacuums(cursor) for _attempt in range(ATTEMPTS))
        is_log_clean = any(_truncates_log(cursor) for _attempt in range(ATTEMPTS))
    finally:
        cursor.execute("PRAGMA temp_store=DEFAULT")
        cursor.execute(f"PRAGMA busy_timeout={before}")
    tables = _value(cursor, "SELECT count(*) FROM sqlite_master WHERE type = 'table'")
    remains = []
    if not is_rewritten:
        remains.append("The file was not rewritten, because another connection kept writing.")
    if not is_log_clean:
        remains.append("The log was not emptied, because another connection kept reading.")
    return Swept(tables if is_rewritten else 0, is_log_clean, tuple(remains))


def _vacuums(cursor: CursorWrapper) -> bool:
    try:
        cursor.execute("VACUUM")
    except OperationalError as error:
        if "locked" not in str(error):
            raise
        return False
    return True


def _truncates_log(cursor: CursorWrapper) -> bool:
    busy = _value(cursor, "PRAGMA wal_checkpoint(TRUNCATE)")
    return bool(busy == 0)


# PostgreSQL.

_TABLES: Final = """
    SELECT c.oid, c.oid::regclass::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
       AND (n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            OR c.oid = 'pg_catalog.pg_statistic'::regclass)
     ORDER BY c.oid = 'pg_catalog.pg_statistic'::regclass, 2
"""
"""Every table, and last the statistics, which hold values of the others."""

_STATISTICS: Final = "pg_statistic"

_OPEN_TRANSACTIONS: Final = """
    SELECT DISTINCT l.virtualtransaction
      FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
       AND (l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock'
            OR l.locktype = 'virtualxid' AND a.datname = current_database())
"""
"""Who may still see a deleted row: all that read here, and all that write in this cluster."""


def _sweep_postgresql(cursor: CursorWrapper) -> Swept:
    remains = []
    is_alone = _nobody_sees_the_past(cursor)
    kept = []
    cursor.execute(_TABLES)
    tables = cursor.fetchall()
    for oid, name in tables:
        if name == _STATISTICS:
            # Rewriting the others replaced their statistics, only just.
            is_alone &= _nobody_sees_the_past(cursor)
        if not _is_rewritten(cursor, oid, name):
            kept.append(name)
    if not is_alone:
        remains.append(
            "A transaction stayed open that began before the sweep; what it may still see was kept."
        )
    if kept:
        remains.append(
            "Not rewritten, because another connection held them or this account does not own "
            f"them: {', '.join(kept)}."
        )
    in_log = _remains_of_log(cursor)
    return Swept(len(tables) - len(kept), not in_log, (*remains, *in_log))


@contextmanager
def _short_waits(cursor: CursorWrapper) -> Iterator[None]:
    """No statement here waits long for a lock, and none is cut off while it works."""
    cursor.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
    cursor.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        cursor.execute("RESET lock_timeout")
        cursor.execute("RESET statement_timeout")


def _nobody_sees_the_past(cursor: CursorWrapper) -> bool:
    """Wait until nothing deleted so far can be seen by anybody; False when it still can.

    Twice: what began while an older writer was still at work sees as far back as that one did,
    and so would the rewriting itself.
    """
    return _older_transactions_end(cursor) and _older_transactions_end(cursor)


def _older_transactions_end(cursor: CursorWrapper) -> bool:
    """Wait until every transaction that is open now has ended; False when one has not."""
    given_up = time.monotonic() + PATIENCE
    older = _open_transactions(cursor)
    while older:
        if time.monotonic() >= given_up:
            return False
        time.sleep(_LOOK_AGAIN)
        older &= _open_transactions(cursor)
    return True


def _open_transactions(cursor: CursorWrapper) -> set[str]:
    cursor.execute(_OPEN_TRANSACTIONS)
    return {row[0] for row in cursor.fetchall()}


def _is_rewritten(cursor: CursorWrapper, oid: int, name: str) -> bool:
    """Rewrite one table. PostgreSQL only warns when it may not, so its file is compared."""
    options = "FULL" if name == _STATISTICS else "FULL, ANALYZE"
    before = _value(cursor, "SELECT pg_relation_filenode(%s)", oid)
    for _attempt in range(ATTEMPTS):
        try:
            cursor.execute(f"VACUUM ({options}) {name}")
        except OperationalError:
            # Another connection holds the table, or both waited for each other.
            continue
        return bool(_value(cursor, "SELECT pg_relation_filenode(%s)", oid) != before)
    return False


def _remains_of_log(cursor: CursorWrapper) -> tuple[str, ...]:
    """Begin a new segment of the log, have the older ones removed, and say what stands against."""
    remains = []
    for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
        try:
            cursor.execute(statement)
        except ProgrammingError:
            remains.append(f"The log was not emptied: this account may not run “{statement}”.")
    if _value(cursor, "SHOW wal_recycle") != "off":
        remains.append("Old segments of the log are used again as they are: set wal_recycle = off.")
    if _value(cursor, "SHOW archive_mode") != "off" or _value(cursor, "SHOW wal_keep_size") != "0":
        remains.append("The log is archived or kept: archive_mode and wal_keep_size are not off.")
    if _value(cursor, "SELECT count(*) FROM pg_replication_slots"):
        remains.append("A replication slot keeps the log, and another server may hold a copy.")
    return tuple(remains)


def _value(cursor: CursorWrapper, statement: str, *parameters: int) -> Any:
    cursor.execute(statement, parameters or None)
    row = cursor.fetchone()
    return row[0] if row else None
