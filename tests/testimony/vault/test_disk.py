"""What was deleted is on no byte of the database's files, once the daily job has run."""

from __future__ import annotations

import datetime as dt
import mmap
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from testimony.vault import actions, custody, disk, retention
from testimony.vault.models import (
    Collection,
    DataKey,
    Epoch,
    EpochGrant,
    Keyholder,
    Lane,
    PendingRecord,
    ReceiptVerifier,
    Record,
)
from tests import factories
from tests.testimony.vault.databases import (
    IS_POSTGRESQL,
    OwnDatabase,
    administer,
    frozen,
    quoted,
    segments_thrown_away,
    told,
)

sqlite_only = pytest.mark.skipif(IS_POSTGRESQL, reason="SQLite's own way")
postgresql_only = pytest.mark.skipif(not IS_POSTGRESQL, reason="PostgreSQL's own way")


@pytest.fixture(autouse=True)
def _segments_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cluster that is set up as the runbook says."""
    monkeypatch.setattr(disk, "PATIENCE", 60.0)  # others of the suite may write meanwhile
    with segments_thrown_away():
        yield


def _written(found: bytes | str | uuid.UUID) -> list[bytes]:
    """The forms in which a value may stand in a file: a stretch from its middle, raw and in hex."""
    if isinstance(found, uuid.UUID):
        return [found.bytes, found.hex.encode()]
    raw = found.encode() if isinstance(found, str) else bytes(found)
    middle = raw[len(raw) // 2 :][:20]
    return [middle, middle.hex().encode()]


def _lie_there(database: OwnDatabase, wanted: Mapping[str, Any]) -> dict[str, set[str]]:
    """Which of the values lie in which files."""
    found: dict[str, set[str]] = {}
    for path in database.files():
        try:
            with path.open("rb") as file:
                if not os.fstat(file.fileno()).st_size:
                    continue
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as bytes_of_file:
                    for name, value in wanted.items():
                        if any(bytes_of_file.find(form) >= 0 for form in _written(value)):
                            found.setdefault(name, set()).add(path.name)
        except FileNotFoundError:
            continue  # the server removed it meanwhile
    return found


def _checkpoint() -> None:
    """Have everything on the disk that is only in the server's memory."""
    if IS_POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")


def _bytes_of(record_id: uuid.UUID) -> dict[str, Any]:
    return {
        f"record id {record_id}": record_id,
        f"data key of {record_id}": DataKey.objects.get(pk=record_id).sealed_data_key,
        f"verifier of {record_id}": ReceiptVerifier.objects.get(record_id=record_id).verifier,
        f"record {record_id}": (
            PendingRecord.objects.filter(pk=record_id).first() or Record.objects.get(pk=record_id)
        ).sealed,
    }


def _doomed_collection(consultation: factories.Consultation) -> Collection:
    """Another collection of the same keyholder, whose last day will have come."""
    today = timezone.now().date()
    doomed = custody.create_collection(
        by=None,
        name="An older consultation",
        run_by="The organisation",
        kept_where="Here",
        withdrawal_deadline=today,
        destruction_date=today + dt.timedelta(days=100),
    )
    holder = Keyholder.objects.get(user=consultation.keyholder)
    custody.begin_custody(by=None, collection=doomed, keyholders=[holder])
    return doomed


def _sealed_in(collection: Collection, definition: str) -> actions.Sealed:
    return actions.seal_record(
        collection_id=collection.id,
        definition=definition,
        payload={"answers": {"story": "words"}, "consents": {}, "language": "en"},
        lane=Lane.OPEN,
        language="en",
        wants_receipt=True,
    )


def _note_statistics() -> None:
    """What the server does by itself now and then: it keeps values of each column."""
    if IS_POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _withdraw(sealed: actions.Sealed) -> None:
    assert sealed.code is not None
    assert actions.withdraw_record(code=" ".join(sealed.code))


def test_nothing_withdrawn_removed_or_destroyed_lies_on_the_disk_after_the_sweep(
    own: OwnDatabase,
) -> None:
    with own.connected():
        consultation = factories.consultation()
        peer = custody.enrol_keyholder(by=None, user=consultation.peer).keyholder
        custody.grant_access(by=consultation.keyholder, grant=consultation.grant(), keyholder=peer)
        doomed = _doomed_collection(consultation)
        # Words of this test alone: others of the suite write theirs to the same log meanwhile.
        passage = " ".join(uuid.uuid4().hex for _number in range(12))
        canonical = b"Frozen " + uuid.uuid4().hex.encode()
        withdrawn = [told(consultation, f"{passage}.") for _number in range(3)]
        destroyed = [_sealed_in(doomed, consultation.call.definition_id) for _number in range(3)]
        kept = told(consultation)
        excerpt = quoted(consultation, withdrawn[0].record_id, passage)
        frozen(consultation, excerpt, "printed.pdf", canonical)
        actions.shuffle_pending()
        gone: dict[str, Any] = {"excerpt": passage, "snapshot": canonical}
        for sealed in [*withdrawn, *destroyed]:
            gone |= _bytes_of(sealed.record_id)
        gone["private key"] = peer.sealed_private_key
        gone["recovery copy"] = peer.recovery_sealed_private_key
        for grant in EpochGrant.objects.filter(keyholder=peer):
            gone[f"grant {grant.id}"] = grant.sealed_epoch_key
        for grant in EpochGrant.objects.filter(epoch__collection=doomed):
            gone[f"grant {grant.id}"] = grant.sealed_epoch_key
        staying = _bytes_of(kept.record_id)
        _note_statistics()
        _checkpoint()
        assert _lie_there(own, gone).keys() == gone.keys(), "The test must be able to fail."

        for sealed in withdrawn:
            _withdraw(sealed)
        custody.remove_keyholder(by=consultation.keyholder, keyholder=peer)
        Epoch.objects.filter(collection=doomed).update(
            expires=timezone.now().date() - dt.timedelta(days=1)
        )
        assert retention.destroy_expired(by=None)
        _checkpoint()
        assert _lie_there(own, gone), "Before the sweep, copies still lie there."

        swept = disk.sweep()
        assert swept.is_clean, swept.remains
        assert swept.tables > 40
        assert _lie_there(own, gone) == {}
        assert _lie_there(own, staying).keys() == staying.keys()
        assert consultation.grant().open_one(kept.record_id) is not None


def test_the_sweep_stands_outside_any_transaction(own: OwnDatabase) -> None:
    with own.connected(), transaction.atomic(), pytest.raises(TransactionManagementError):
        disk.sweep()


# SQLite's own way.


@sqlite_only
def test_a_worker_that_only_keeps_its_connection_open_is_in_nobodys_way(own: OwnDatabase) -> None:
    idle = sqlite3.connect(own.name)
    idle.execute("SELECT count(*) FROM vault_record").fetchall()
    with own.connected():
        assert disk.sweep().is_clean
        log = Path(own.name + "-wal")
        assert not log.exists() or not log.stat().st_size
    idle.close()


@sqlite_only
def test_a_reader_who_stays_keeps_the_log_and_the_sweep_says_so_and_ends(
    own: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "WAIT_SECONDS", 0)
    reader = sqlite3.connect(own.name, isolation_level=None)
    with own.connected():
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM vault_record").fetchall()
        sealed = _sealed_in(*_anything())
        wanted = _bytes_of(sealed.record_id)
        _withdraw(sealed)
        swept = disk.sweep()
        assert not swept.is_log_clean
        assert "kept reading" in " ".join(swept.remains)
        assert _lie_there(own, wanted)
        reader.execute("COMMIT")
        assert disk.sweep().is_clean
        assert _lie_there(own, wanted) == {}
    reader.close()


@sqlite_only
def test_a_reader_who_finishes_in_time_is_waited_for(own: OwnDatabase) -> None:
    reader = sqlite3.connect(own.name, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM vault_record").fetchall()
    leaving = threading.Timer(0.5, reader.execute, ["COMMIT"])
    leaving.start()
    with own.connected():
        assert disk.sweep().is_clean
    leaving.join()
    reader.close()


@sqlite_only
def test_a_writer_who_stays_keeps_the_file_as_it_is_and_the_sweep_says_so(
    own: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "WAIT_SECONDS", 0)
    with own.connected():
        writer = sqlite3.connect(own.name, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        swept = disk.sweep()
        assert swept.tables == 0
        assert "kept writing" in swept.remains[0]
        writer.execute("ROLLBACK")
        writer.close()
        assert disk.sweep().is_clean


# PostgreSQL's own way.


@postgresql_only
def test_a_transaction_that_may_still_see_a_deleted_row_is_named(
    own: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "PATIENCE", 0.3)
    monkeypatch.setattr(disk, "WAIT_SECONDS", 1)
    monkeypatch.setattr(disk, "ATTEMPTS", 1)
    with own.connected():
        sealed = _sealed_in(*_anything())
        wanted = _bytes_of(sealed.record_id)
        with psycopg.connect(f"dbname={own.name}") as reader:
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.execute("SELECT count(*) FROM vault_collection")
            _withdraw(sealed)
            swept = disk.sweep()
            assert not swept.is_clean
            assert "A transaction stayed open" in swept.remains[0]
            assert _lie_there(own, wanted)
        monkeypatch.setattr(disk, "PATIENCE", 60.0)
        assert disk.sweep().is_clean
        assert _lie_there(own, wanted) == {}


@postgresql_only
def test_a_table_that_another_connection_holds_is_named_and_nobody_waits_long(
    own: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "PATIENCE", 0.0)
    monkeypatch.setattr(disk, "WAIT_SECONDS", 1)
    monkeypatch.setattr(disk, "ATTEMPTS", 1)
    with own.connected(), psycopg.connect(f"dbname={own.name}") as other:
        other.execute("LOCK TABLE vault_record IN ACCESS SHARE MODE")
        swept = disk.sweep()
        assert any("vault_record." in sentence for sentence in swept.remains)
        assert not any("vault_datakey" in sentence for sentence in swept.remains)


USE_UP_OLD_SEGMENTS = """
    DO $$ BEGIN
      FOR segment IN 1..(SELECT count(*) FROM pg_ls_waldir()) LOOP
        PERFORM pg_logical_emit_message(false, '', '');
        PERFORM pg_switch_wal();
      END LOOP;
    END $$
"""
"""From docs/runbooks/daily-job.md: once, after wal_recycle was set to off on a running site."""


@postgresql_only
def test_segments_that_are_used_again_keep_what_they_held_and_are_named(own: OwnDatabase) -> None:
    administer("ALTER SYSTEM SET wal_recycle = on", "SELECT pg_reload_conf()")
    with own.connected():
        sealed = _sealed_in(*_anything())
        wanted = _bytes_of(sealed.record_id)
        _withdraw(sealed)
        swept = disk.sweep()
        assert not swept.is_log_clean
        assert any("wal_recycle = off" in sentence for sentence in swept.remains)
        assert _lie_there(own, wanted)

        administer("ALTER SYSTEM SET wal_recycle = off", "SELECT pg_reload_conf()")
        administer(USE_UP_OLD_SEGMENTS, "CHECKPOINT")
        assert disk.sweep().is_clean
        assert _lie_there(own, wanted) == {}


def test_the_runbook_says_how_to_use_up_old_segments() -> None:
    runbook = Path(__file__).parents[3] / "docs" / "runbooks" / "daily-job.md"
    words = " ".join(USE_UP_OLD_SEGMENTS.split())
    assert words in " ".join(runbook.read_text(encoding="utf-8").split())


@pytest.fixture
def account() -> Iterator[str]:
    """An account of the cluster that may nothing; its name is its password."""
    name = f"tender_{uuid.uuid4().hex[:12]}"
    administer(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
    yield name
    administer(f"DROP ROLE {name}")


@postgresql_only
def test_the_owner_of_the_tables_needs_two_privileges_more_and_is_told_which(
    account: str, own: OwnDatabase
) -> None:
    with own.connected(), connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{own.name}" OWNER TO {account}')
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'ALTER TABLE "{table}" OWNER TO {account}')
    with own.connected(USER=account, PASSWORD=account):
        swept = disk.sweep()
        assert swept.tables > 40
        assert [sentence.split("“")[1] for sentence in swept.remains] == [
            "SELECT pg_switch_wal()”.",
            "CHECKPOINT”.",
        ]
    with own.connected(), connection.cursor() as cursor:
        cursor.execute(f"GRANT pg_checkpoint TO {account}")
        cursor.execute(f"GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {account}")
    with own.connected(USER=account, PASSWORD=account):
        assert disk.sweep().is_clean


@postgresql_only
def test_an_account_that_owns_nothing_is_told_that_nothing_was_rewritten(
    account: str, own: OwnDatabase
) -> None:
    with own.connected(USER=account, PASSWORD=account):
        swept = disk.sweep()
        assert swept.tables == 0
        assert any("vault_datakey" in sentence for sentence in swept.remains)


def _anything() -> tuple[Collection, str]:
    consultation = factories.consultation()
    return consultation.collection, consultation.call.definition_id
