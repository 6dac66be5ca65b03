"""The power fails before and after every single statement: all of an action is there, or nothing.

A child process runs the action on a real database and kills itself (SIGKILL, so that nothing is
tidied up) at the n-th moment; n goes up until the child finishes. After each death the parent opens
the database and finds it wholly as before, or wholly as after, and ``databases.check_whole`` holds.
That what was committed also survives the machine is the database's part: ``synchronous=FULL`` on
SQLite, ``fsync`` on PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import signal
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from consultation.report.actions import archive_folder
from consultation.report.models import Edition, Snapshot
from testimony.curation.models import Excerpt
from testimony.vault import (
    actions,
    custody,
    keyring,
    recovery_codes,
    retention,
    sealing,
    withdrawal,
)
from testimony.vault.models import (
    Collection,
    Custody,
    DataKey,
    Destruction,
    Epoch,
    EpochGrant,
    Erasure,
    Keyholder,
    Lane,
    PendingRecord,
    QuotingStop,
    ReceiptVerifier,
    Record,
    Tombstone,
)
from testimony.vault.unlock import Grant
from testimony.vault.withdrawal import Scope
from tests import factories
from tests.testimony.vault.databases import OwnDatabase, check_whole, frozen, quoted, told

pytestmark = pytest.mark.django_db
PRINTED = "power-cut.pdf"
TOO_MANY = 400


@dataclass
class World:
    """A consultation with two keyholders, a third person, testimonies, a report, an old one."""

    database: OwnDatabase
    consultation: factories.Consultation
    grant: Grant
    second: Keyholder
    third: Keyholder
    stories: list[actions.Sealed]
    old: Collection

    @property
    def printed(self) -> Path:
        return archive_folder() / PRINTED


@pytest.fixture(scope="module")
def world(migrated_database: OwnDatabase, django_db_blocker: Any) -> Iterator[World]:
    database = migrated_database.copy()
    with django_db_blocker.unblock():
        with database.connected():
            made = _make_world(database)
        yield made
        database.drop()


def _make_world(database: OwnDatabase) -> World:
    consultation = factories.consultation()
    first = Keyholder.objects.get(user=consultation.keyholder)
    second = custody.enrol_keyholder(by=None, user=consultation.peer).keyholder
    custody.grant_access(by=consultation.keyholder, grant=consultation.grant(), keyholder=second)
    third = custody.enrol_keyholder(by=None, user=factories.user("third")).keyholder
    stories = [told(consultation) for _number in range(4)]
    actions.shuffle_pending()
    stories += [told(consultation) for _number in range(2)]
    frozen(consultation, quoted(consultation, stories[0].record_id), PRINTED)
    today = timezone.now().date()
    old = custody.create_collection(
        by=None,
        name="An older consultation",
        run_by="The organisation",
        kept_where="Here",
        withdrawal_deadline=today,
        destruction_date=today + dt.timedelta(days=1),
    )
    custody.begin_custody(by=None, collection=old, keyholders=[first, second])
    for _number in range(2):
        actions.seal_record(
            collection_id=old.id,
            definition=consultation.call.definition_id,
            payload={"answers": {}, "consents": {}, "language": "en"},
            lane=Lane.OPEN,
            language="en",
            wants_receipt=True,
        )
    return World(database, consultation, consultation.grant(), second, third, stories, old)


# The cutting.


def _dies_at(database: OwnDatabase, action: Callable[[], Any], moment: int) -> bool:
    """Run the action in a child that dies at that moment. False when it finished before."""
    child = os.fork()
    if child == 0:
        try:
            with database.connected():
                _run_until(moment, action)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "The action failed; its traceback is above."
    return False


def _run_until(moment: int, action: Callable[[], Any]) -> None:
    moments = itertools.count(1)

    def may_die() -> None:
        if next(moments) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(execute: Any, *args: Any) -> Any:
        may_die()
        result = execute(*args)
        may_die()
        return result

    connection.ensure_connection()
    commit = connection._commit
    connection._commit = lambda: around(commit)
    with connection.execute_wrapper(around):
        action()


def _everything() -> dict[str, list[str]]:
    """Every row of the vault and of what is made from it."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("vault_", "curation_", "report_")):
                cursor.execute(f'SELECT * FROM "{table}"')
                found[table] = sorted(
                    repr([bytes(one) if isinstance(one, memoryview) else one for one in row])
                    for row in cursor.fetchall()
                )
    return found


def _cut_everywhere(
    world: World, action: Callable[[], Any], check_after: Callable[[], None]
) -> None:
    """Kill the action at every moment; each time all is as before, or ``check_after`` holds."""
    world.printed.write_bytes(b"printed")
    database = world.database.copy()
    with database.connected():
        before = _everything()
    befores = afters = 0
    for moment in range(1, TOO_MANY):
        died = _dies_at(database, action, moment)
        with database.connected():
            check_whole()
            if died and _everything() == before:
                befores += 1
                assert world.printed.exists(), f"Moment {moment}: the file went before its row."
                continue
            afters += 1
            check_after()
        if not died:
            break
        database.drop()
        world.printed.write_bytes(b"printed")
        database = world.database.copy()
    else:
        pytest.fail(f"Not finished after {TOO_MANY} cuts.")
    database.drop()
    print(f"{befores + afters} cuts: {befores} left all as before, {afters} left it done.")
    assert befores > 2, f"{befores} of {befores + afters} cuts left all as before."
    assert afters > 1, f"{afters} of {befores + afters} cuts left it done."


def _words(sealed: actions.Sealed) -> str:
    assert sealed.code is not None
    return " ".join(sealed.code)


def test_the_cutting_finds_an_action_that_is_two_halves(world: World) -> None:
    record_id = world.stories[1].record_id

    def two_halves() -> None:
        ReceiptVerifier.objects.filter(record_id=record_id).delete()
        QuotingStop.objects.create(record_id=record_id)

    def check_after() -> None:
        assert QuotingStop.objects.exists(), "Half done."

    with pytest.raises(AssertionError, match="Half done"):
        _cut_everywhere(world, two_halves, check_after)


# What a person does.


def test_a_power_cut_keeps_all_of_a_testimony_or_nothing(world: World) -> None:
    counts = {PendingRecord: 5, DataKey: 9, ReceiptVerifier: 9}

    def check_after() -> None:
        assert {model: model.objects.count() for model in counts} == counts

    _cut_everywhere(world, lambda: told(world.consultation), check_after)


def _check_quote_is_gone(world: World) -> None:
    assert not Excerpt.objects.exists()
    assert not Snapshot.objects.exists()
    assert not Edition.objects.exists()
    if world.printed.exists():
        assert Erasure.objects.exists(), "A file that nobody knows of any more."
    withdrawal.erase_recorded()
    assert not world.printed.exists()
    assert not Erasure.objects.exists()


def _buried(record_id: uuid.UUID, scope: Scope) -> bool:
    return Tombstone.objects.filter(token=withdrawal.token_of(record_id, scope)).exists()


@pytest.mark.parametrize("which", [0, -1], ids=["at rest and quoted", "of today"])
def test_a_power_cut_withdraws_all_or_nothing(world: World, which: int) -> None:
    sealed = world.stories[which]

    def check_after() -> None:
        for model in (DataKey, ReceiptVerifier):
            assert not model.objects.filter(record_id=sealed.record_id).exists()
        for model in (Record, PendingRecord):
            assert not model.objects.filter(id=sealed.record_id).exists()
        assert _buried(sealed.record_id, Scope.EVERYTHING)
        assert DataKey.objects.count() == 7
        if which == 0:
            _check_quote_is_gone(world)

    _cut_everywhere(world, lambda: actions.withdraw_record(code=_words(sealed)), check_after)


def test_a_power_cut_withdraws_quoting_wholly_or_not_at_all(world: World) -> None:
    sealed = world.stories[0]

    def check_after() -> None:
        assert QuotingStop.objects.filter(record_id=sealed.record_id).exists()
        assert _buried(sealed.record_id, Scope.QUOTING)
        opened = world.grant.open_one(sealed.record_id)
        assert opened is not None
        assert not opened.may_be_quoted
        _check_quote_is_gone(world)

    _cut_everywhere(world, lambda: actions.withdraw_quoting(code=_words(sealed)), check_after)


# What keyholders do.


def test_a_power_cut_removes_a_keyholder_wholly_or_not_at_all(world: World) -> None:
    by = world.consultation.keyholder

    def check_after() -> None:
        assert Keyholder.objects.get(pk=world.second.pk).state == Keyholder.State.REMOVED
        here = Epoch.objects.filter(collection=world.consultation.collection)
        for month in set(here.values_list("month", flat=True)):
            newest = here.filter(month=month).latest("generation")
            assert newest.generation == 2
            assert newest.grants.count() == 1

    _cut_everywhere(
        world, lambda: custody.remove_keyholder(by=by, keyholder=world.second), check_after
    )


def test_a_power_cut_lets_somebody_in_wholly_or_not_at_all(world: World) -> None:
    by = world.consultation.keyholder

    def check_after() -> None:
        assert Custody.objects.filter(keyholder=world.third).count() == 1
        held = EpochGrant.objects.filter(keyholder=world.third).count()
        assert held == len(world.grant.keys)

    _cut_everywhere(
        world,
        lambda: custody.grant_access(by=by, grant=world.grant, keyholder=world.third),
        check_after,
    )


def test_a_power_cut_while_a_passphrase_changes_leaves_a_way_in(world: World) -> None:
    """The old words, or, when the new ones were never shown, the code on paper."""
    consultation = world.consultation

    def check_after() -> None:
        keyholder = Keyholder.objects.get(user=consultation.keyholder)
        with pytest.raises(sealing.DoesNotOpen):
            keyring.open_keyholder(keyholder, consultation.passphrase)
        private = keyring.open_keyholder_by_code(
            keyholder, recovery_codes.from_text(consultation.code)
        )
        assert keyring.open_grants(keyholder, private, consultation.collection)
        assert not keyholder.unlocked.exists()

    _cut_everywhere(
        world,
        lambda: custody.change_passphrase(
            by=consultation.keyholder, passphrase=consultation.passphrase
        ),
        check_after,
    )


# What the daily job does.


@contextmanager
def _expired(world: World, *collections: Collection) -> Iterator[World]:
    """The same world on the day after the last day of some collections."""
    yesterday = timezone.now().date() - dt.timedelta(days=1)
    database = world.database.copy()
    with database.connected():
        Epoch.objects.filter(collection__in=collections).update(expires=yesterday)
    yield replace(world, database=database)
    database.drop()


def _check_destroyed(collection: Collection) -> None:
    assert Destruction.objects.filter(collection=collection).count() == 1
    for left in (
        Epoch.objects.filter(collection=collection, destroyed_on__isnull=True),
        EpochGrant.objects.filter(epoch__collection=collection),
        DataKey.objects.filter(epoch__collection=collection),
        Record.objects.filter(collection=collection),
        PendingRecord.objects.filter(collection=collection),
    ):
        assert not left.exists()


def test_a_power_cut_destroys_a_collection_wholly_or_not_at_all(world: World) -> None:
    collection = world.consultation.collection

    def check_after() -> None:
        _check_destroyed(collection)
        assert ReceiptVerifier.objects.count() == DataKey.objects.count() == 2
        assert DataKey.objects.filter(epoch__collection=world.old).count() == 2
        # The excerpt stands in an edition that somebody may have been handed.
        assert world.printed.exists()

    with _expired(world, collection) as expired:
        _cut_everywhere(expired, lambda: retention.destroy_expired(by=None), check_after)


def test_a_power_cut_between_two_destructions_leaves_the_second_for_the_next_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    destroy, destroyed = retention._destroy, []

    def die_before_the_second(*args: Any, **kwargs: Any) -> Any:
        if destroyed:
            os.kill(os.getpid(), signal.SIGKILL)
        destroyed.append(True)
        return destroy(*args, **kwargs)

    with _expired(world, world.old, world.consultation.collection) as expired:
        with monkeypatch.context() as patched:
            patched.setattr(retention, "_destroy", die_before_the_second)
            assert _dies_at(expired.database, lambda: retention.destroy_expired(by=None), TOO_MANY)
        with expired.database.connected():
            check_whole()
            assert Destruction.objects.count() == 1
            retention.destroy_expired(by=None)
            _check_destroyed(world.old)
            _check_destroyed(world.consultation.collection)
            check_whole()


def test_a_power_cut_while_records_are_moved_loses_none(world: World) -> None:
    def check_after() -> None:
        assert not PendingRecord.objects.exists()
        assert Record.objects.count() == 8
        assert ReceiptVerifier.objects.count() == 8
        opened = world.grant.stream(world.consultation.call.definition_id)
        assert {one.record_id for one in opened} == {one.record_id for one in world.stories}

    _cut_everywhere(world, actions.shuffle_pending, check_after)
