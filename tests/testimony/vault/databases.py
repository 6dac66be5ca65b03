"""Real databases of a test's own: a file, or a database of the cluster, with the migrated schema.

For tests that must see what the suite's rolled-back transactions hide: a process killed between two
statements, bytes on the disk, two connections at once. And what those tests put in: a record that
was quoted, and a snapshot that quotes it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.utils import timezone

from consultation.report.models import Edition, Snapshot
from testimony.curation import actions as curation
from testimony.curation.models import Excerpt, Theme
from testimony.intake.submitting import submit_testimony
from testimony.vault import actions, audit
from testimony.vault.models import (
    Collection,
    Custody,
    DataKey,
    Epoch,
    EpochGrant,
    Keyholder,
    PendingRecord,
    QuotingStop,
    ReceiptVerifier,
    Record,
)
from tests.factories import TESTIMONY, Consultation, a_report

IS_POSTGRESQL = os.environ.get("TEST_DATABASE") == "postgresql"


class OwnDatabase:
    """A migrated database that several connections and processes share. Dropped at the end."""

    def __init__(self, name: str) -> None:
        self.name = name

    @contextmanager
    def connected(self, **others: str) -> Iterator[None]:
        """Within this, Django's connections, in threads too, lead here. ``others``: settings."""
        outer, settings = connections["default"], connections.settings["default"]
        connections.settings["default"] = {**settings, "NAME": self.name, **others}
        connections["default"] = connections.create_connection("default")
        # What Django remembers of one database's content types is not true of another's.
        ContentType.objects.clear_cache()
        try:
            yield
        finally:
            connections["default"].close()
            connections["default"] = outer
            connections.settings["default"] = settings
            ContentType.objects.clear_cache()

    def files(self) -> list[Path]:
        """All on the disk that may hold something of this database: logs and catalogs included.

        On PostgreSQL, every file of the cluster but the tables of other databases.
        """
        if not IS_POSTGRESQL:
            here = Path(self.name)
            return sorted(here.parent.glob(f"{here.name}*"))
        with self.connected(), connection.cursor() as cursor:
            cursor.execute("SHOW data_directory")
            root = Path(cursor.fetchone()[0])
            cursor.execute("SELECT oid FROM pg_database WHERE datname <> current_database()")
            others = {root / "base" / str(row[0]) for row in cursor.fetchall()}
        return sorted(
            path for path in root.rglob("*") if path.is_file() and path.parent not in others
        )

    def copy(self) -> OwnDatabase:
        """Another one with the same content. Nobody may be connected to this one."""
        other = OwnDatabase(_new_name(Path(self.name).parent))
        if IS_POSTGRESQL:
            administer(f'CREATE DATABASE "{other.name}" TEMPLATE "{self.name}"')
        else:
            with sqlite3.connect(self.name) as source:
                source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            source.close()
            shutil.copyfile(self.name, other.name)
        return other

    def drop(self) -> None:
        if IS_POSTGRESQL:
            administer(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        else:
            for file in self.files():
                file.unlink()


def migrated(folder: Path) -> OwnDatabase:
    """A fresh one, copied from the suite's test database, which must be open to us."""
    made = OwnDatabase(_new_name(folder))
    if IS_POSTGRESQL:
        template = connection.settings_dict["NAME"]
        connection.close()
        administer(f'CREATE DATABASE "{made.name}" TEMPLATE "{template}"')
    else:
        connection.ensure_connection()
        with sqlite3.connect(made.name) as target:
            connection.connection.backup(target)
            target.execute("PRAGMA journal_mode=WAL")
        target.close()
    return made


def _new_name(folder: Path) -> str:
    if IS_POSTGRESQL:
        return f"own_{uuid.uuid4().hex[:12]}"
    return str(folder / f"{uuid.uuid4().hex[:12]}.sqlite3")


def administer(*statements: str) -> None:
    """Run statements on the cluster's own database, as pg_virtualenv's variables name it."""
    with psycopg.connect("dbname=postgres", autocommit=True) as direct:
        for statement in statements:
            direct.execute(statement)


@contextmanager
def segments_thrown_away() -> Iterator[None]:
    """A cluster that is set up as the runbook says, for one test at a time.

    The setting is the whole cluster's: another process of the suite waits for its turn.
    """
    if not IS_POSTGRESQL:
        yield
        return
    with psycopg.connect("dbname=postgres", autocommit=True) as turn:
        while turn.execute("SELECT pg_try_advisory_lock(7)").fetchone() != (True,):
            time.sleep(0.2)
        turn.execute("ALTER SYSTEM SET wal_recycle = off")
        turn.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            turn.execute("ALTER SYSTEM RESET wal_recycle")
            turn.execute("SELECT pg_reload_conf()")


def at_once(*works: Callable[[], Any], seconds: float = 60) -> list[Any]:
    """Run each in a thread with a connection of its own, all at once; results or exceptions."""
    start = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(number: int) -> None:
        try:
            start.wait(timeout=seconds)
            results[number] = works[number]()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=seconds)
        assert not thread.is_alive(), "A thread waits for ever."
    return results


PASSAGE = "They want me further away now, and I go there because the rent does not wait"
FROZEN = b"Frozen words of an edition that nobody was handed"


def told(consultation: Consultation, story: str = TESTIMONY["story"]) -> actions.Sealed:
    """A testimony that may be quoted."""
    return submit_testimony(
        call=consultation.call, answers={**TESTIMONY, "story": story}, language="en"
    )


def quoted(consultation: Consultation, record_id: uuid.UUID, passage: str = PASSAGE) -> Excerpt:
    """An excerpt of a record, approved by a second person."""
    theme = Theme.objects.create(
        collection=consultation.collection, key="distance", title="Further", definition="Away."
    )
    excerpt = curation.propose_excerpt(
        by=consultation.keyholder,
        grant=consultation.grant(),
        record_id=record_id,
        question="story",
        text=passage,
        theme=theme,
    )
    return curation.approve_excerpt(by=consultation.peer, excerpt=excerpt)


def frozen(
    consultation: Consultation, excerpt: Excerpt, file: str, canonical: bytes = FROZEN
) -> Snapshot:
    """A snapshot that quotes an excerpt, and its edition, printed to a file of that name."""
    today = timezone.now().date()
    report = a_report(consultation, summary="[]", about="[]", method="[]", limits="[]")
    snapshot = Snapshot.objects.create(
        digest="ab" * 32, report=report, canonical=canonical, frozen_on=today
    )
    snapshot.excerpts.set([excerpt])
    Edition.objects.create(snapshot=snapshot, digest="cd" * 32, pages=1, file=file)
    return snapshot


def check_whole() -> None:
    """What holds at every moment between two transactions, whatever was killed or ran at once."""
    pending = set(PendingRecord.objects.values_list("id", flat=True))
    resting = set(Record.objects.values_list("id", flat=True))
    keys = set(DataKey.objects.values_list("record_id", flat=True))
    assert not pending & resting, "A record stands in both tables."
    assert keys == pending | resting, "A record without its data key, or a data key without record."
    assert set(ReceiptVerifier.objects.values_list("record_id", flat=True)) <= keys
    assert set(QuotingStop.objects.values_list("record_id", flat=True)) <= keys
    in_editions = set(Edition.objects.values_list("snapshot__excerpts", flat=True))
    quoted_only = Excerpt.objects.exclude(id__in=in_editions - {None})
    assert set(quoted_only.values_list("record_id", flat=True)) <= keys
    assert not DataKey.objects.filter(epoch__destroyed_on__isnull=False).exists()
    for collection in Collection.objects.all():
        roster = set(Custody.objects.filter(collection=collection).values_list("keyholder_id"))
        for epoch in Epoch.objects.filter(collection=collection):
            granted = set(EpochGrant.objects.filter(epoch=epoch).values_list("keyholder_id"))
            if epoch.destroyed_on is None:
                assert roster, "A collection without anybody."
                assert granted == roster, f"{epoch}: {len(granted)} grants for {len(roster)}."
            else:
                assert not granted, "A destroyed epoch can be opened."
    for removed in Keyholder.objects.filter(state=Keyholder.State.REMOVED):
        assert not removed.grants.exists()
        assert not removed.custodies.exists()
        assert not removed.unlocked.exists()
        assert not bytes(removed.sealed_private_key)
        assert not bytes(removed.recovery_sealed_private_key)
    audit.check_chain()
