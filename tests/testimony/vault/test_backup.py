"""Archives are made and put back for real, on a copy of the suite's database made for each test."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import itertools
import json
import os
import sqlite3
import stat
import subprocess
import sys
import time
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone
from wagtail.models import Page, Site

from cms.accounts.models import User
from cms.models import HomePage
from consultation.report.models import Edition, Report, Snapshot
from testimony.curation import actions as curation
from testimony.curation.models import Excerpt, Theme
from testimony.intake.submitting import submit_testimony
from testimony.vault import (
    actions,
    agefile,
    archives,
    audit,
    backup,
    calendar,
    custody,
    drafts,
    folders,
    keyring,
    recovery,
    restoring,
    unlock,
    withdrawal,
)
from testimony.vault.agefile import Damaged, Member, NotOurs, WrongKey
from testimony.vault.archives import Kind, Refused
from testimony.vault.models import (
    AuditEntry,
    Chore,
    Collection,
    Custody,
    DataKey,
    Epoch,
    EpochGrant,
    Erasure,
    Keyholder,
    PendingRecord,
    QuotingStop,
    ReceiptVerifier,
    Record,
    RecoveryKey,
    SealedDraft,
    Tombstone,
    UnlockedKeys,
)
from tests import factories
from tests.factories import TESTIMONY, Consultation
from tests.testimony.vault import databases

ROOT = Path(__file__).resolve().parents[3]
PASSAGE = "They want me further away now, and I go there because the rent does not wait"
OTHER = "Nobody asked us before the lights on that street were taken away for good"
KEPT = "Since then I ask a friend to wait at the corner until I have waved to her"
KEYS = agefile.new_key_pair()


def _copied(source: Any, name: str, folder: Path) -> Any:
    """A connection to a copy of a database; on PostgreSQL the suite's is the template."""
    copied = source.copy()
    if source.vendor == "postgresql":
        source.creation._clone_test_db(name, verbosity=0)
        copied.settings_dict["NAME"] = source.creation.get_test_db_clone_settings(name)["NAME"]
        return copied
    source.ensure_connection()
    copied.settings_dict["NAME"] = str(folder / f"{name}.sqlite3")
    copied.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    target = sqlite3.connect(copied.settings_dict["NAME"])
    source.connection.backup(target)
    target.close()
    return copied


@pytest.fixture(scope="module")
def seeded(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Consultation]]:
    """A copy of the suite's database with a consultation in it, the same for each test."""
    suites = connections["default"]
    folder = tmp_path_factory.mktemp("seeded")
    with django_db_blocker.unblock():
        made = _copied(suites, "seeded", folder)
        connections["default"] = made
        try:
            if not Page.objects.exists():
                # A test that empties the suite's database may have gone before.
                Page.add_root(instance=Page(title="Root", slug="root"))
            consultation = factories.consultation()
            collection = consultation.collection
            Theme.objects.create(
                collection=collection, key="distance", title="Further", definition="Away."
            )
            Report.objects.create(
                collection=collection, title="A report",
                dated=dt.date(2026, 1, 1), reply_by=dt.date(2026, 3, 1),
            )  # fmt: skip
            if made.vendor == "postgresql":
                _keep(made)
        finally:
            connections["default"] = suites
    yield made, consultation
    with django_db_blocker.unblock():
        made.close()
        if suites.vendor == "postgresql":
            suites.creation._destroy_test_db(made.settings_dict["NAME"], verbosity=0)


@pytest.fixture
def db(seeded: tuple[Any, Consultation], django_db_blocker: Any, tmp_path: Path) -> Iterator[None]:
    """Here: a database of the test's own, in which things are really committed."""
    with django_db_blocker.unblock():
        own = seeded[0]
        if own.vendor == "postgresql":
            _put_back(own)
        else:
            own = _copied(own, "own", tmp_path)
        suites = connections["default"]
        connections["default"] = own
        try:
            yield
        finally:
            own.close()
            connections["default"] = suites


def _keep(made: Any) -> None:
    """Set every row aside: putting rows back takes a tenth of what another copy takes."""
    with made.cursor() as cursor:
        cursor.execute("CREATE SCHEMA kept")
        for table in made.introspection.table_names(cursor):
            cursor.execute(f'CREATE TABLE kept."{table}" AS TABLE public."{table}"')
        cursor.execute(
            "CREATE TABLE kept.sequences AS SELECT format('public.%I', sequencename) AS name, "
            "coalesce(last_value, start_value) AS number, last_value IS NOT NULL AS is_called "
            "FROM pg_sequences WHERE schemaname = 'public'"
        )


def _put_back(made: Any) -> None:
    """Every row as it was set aside, past every trigger and foreign key."""
    with made.cursor() as cursor:
        tables = made.introspection.table_names(cursor)
        steps = [
            f'DELETE FROM public."{table}"; '
            f'INSERT INTO public."{table}" SELECT * FROM kept."{table}"'
            for table in tables
        ]
        cursor.execute(
            "BEGIN; SET LOCAL session_replication_role = replica; "
            + "; ".join(steps)
            + "; SELECT setval(name::regclass, number, is_called) FROM kept.sequences; COMMIT"
        )


@dataclass
class Place:
    """A site with answers in it, its folders, and a folder for archives."""

    consultation: Consultation
    archives: Path
    media: Path
    editions: Path

    def tell(self, story: str) -> actions.Sealed:
        return submit_testimony(
            call=self.consultation.call, answers={**TESTIMONY, "story": story}, language="en"
        )

    def quote(self, told: actions.Sealed, text: str) -> Excerpt:
        excerpt = curation.propose_excerpt(
            by=self.consultation.keyholder,
            grant=self.consultation.grant(),
            record_id=told.record_id,
            question="story",
            text=text,
            theme=Theme.objects.get(),
        )
        return curation.approve_excerpt(by=self.consultation.peer, excerpt=excerpt)

    def print(self, excerpt: Excerpt, letter: str) -> Path:
        """A snapshot that quotes an excerpt, and its file."""
        stored = Snapshot.objects.create(
            digest=letter * 64,
            report=Report.objects.get(),
            canonical=excerpt.text.encode(),
            frozen_on=dt.date(2026, 1, 1),
        )
        stored.excerpts.set([excerpt])
        file = self.editions / f"{letter * 16}.pdf"
        file.write_bytes(excerpt.text.encode())
        Edition.objects.create(snapshot=stored, digest=letter * 64, pages=1, file=file.name)
        return file

    def stories(self) -> set[str]:
        grant = self.consultation.grant()
        return {
            one.payload["answers"]["story"]
            for one in grant.stream(self.consultation.call.definition_id)
        }

    def make(self, *kinds: Kind) -> dict[Kind, Path]:
        made = backup.make_archives(folder=self.archives, kinds=kinds or tuple(Kind))
        return dict(zip(kinds or tuple(Kind), made, strict=True))

    def forge(
        self,
        archive: Path,
        change: Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]],
        *,
        key: bytes = b"",
    ) -> Path:
        """An archive like another one, but for a change, as only the site itself could make it."""
        target = archive.with_name(f"forged-{uuid.uuid4()}-{archive.name}")
        with target.open("wb") as opened:
            members = [Member.of(name, contents) for name, contents in change(_members(archive))]
            agefile.write(
                members, opened, recipient=KEYS.public, key=key or archives.manifest_key()
            )
        return target


@pytest.fixture
def place(
    db: None, seeded: tuple[Any, Consultation], tmp_path: Path, settings: Any, monkeypatch: Any
) -> Place:
    settings.BACKUP_RECIPIENT = KEYS.public
    settings.REPORT_ARCHIVE_DIR = tmp_path / "editions"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BACKUP_FOLDERS = {"media": tmp_path / "media", "editions": tmp_path / "editions"}
    for name in ("archives", "media", "editions"):
        (tmp_path / name).mkdir()
    monkeypatch.setitem(
        folders._file_owners, "editions", lambda: Edition.objects.values_list("file", flat=True)
    )
    consultation = copy.copy(seeded[1])
    return Place(consultation, *(tmp_path / name for name in ("archives", "media", "editions")))


def _members(archive: Path, keys: agefile.KeyPair = KEYS) -> list[tuple[str, bytes]]:
    with (
        archive.open("rb") as source,
        agefile.opened(
            source, agefile.read_identities(keys.secret), key=archives.manifest_key()
        ) as members,
    ):
        return [(member.name, member.contents()) for member in members]


def _restore(**kwargs: Any) -> restoring.Restored:
    return restoring.restore(identity=KEYS.secret, **kwargs)


def _everything() -> dict[str, list[str]]:
    """Every row of every table, to see that nothing changed."""
    return {
        model._meta.label: sorted(
            map(
                _plain,
                model._base_manager.values_list(*[f.attname for f in archives.columns_of(model)]),
            )
        )
        for model in archives.all_tables()
        if not model._meta.db_table.endswith("_fts")
    }


def _plain(row: tuple[Any, ...]) -> str:
    return str([bytes(value) if isinstance(value, memoryview) else value for value in row])


def _on_disk(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def _known_of(told: actions.Sealed) -> int:
    """In how many places the vault still knows a record."""
    return sum(
        model._base_manager.filter(**{name: told.record_id}).count()
        for model, name in (
            (Record, "id"), (PendingRecord, "id"), (DataKey, "record_id"),
            (ReceiptVerifier, "record_id"), (Excerpt, "record_id"),
        )
    )  # fmt: skip


def _code(told: actions.Sealed) -> str:
    assert told.code is not None
    return " ".join(told.code)


# The restore drill.


def test_what_was_withdrawn_after_a_backup_does_not_come_back(place: Place) -> None:
    withdrawn, unquoted = place.tell(PASSAGE), place.tell(OTHER)
    place.tell(KEPT)
    file = place.print(place.quote(withdrawn, PASSAGE), "a")
    stays = place.print(place.quote(place.tell(KEPT), KEPT), "c")
    place.quote(unquoted, OTHER)
    made = place.make()
    assert actions.withdraw_record(code=_code(withdrawn))
    assert actions.withdraw_quoting(code=_code(unquoted))
    assert not file.exists()

    done = _restore(content=made[Kind.CONTENT])

    assert done.withdrawn_again >= 2
    assert _known_of(withdrawn) == 0
    assert place.stories() == {OTHER, KEPT}
    assert [excerpt.text for excerpt in Excerpt.objects.all()] == [KEPT]
    assert [stored.pk for stored in Snapshot.objects.all()] == ["c" * 64]
    assert QuotingStop.objects.filter(record_id=unquoted.record_id).exists()
    assert not file.exists()
    assert stays.read_bytes() == KEPT.encode()
    last = AuditEntry.objects.order_by("number").last()
    assert last is not None
    audit.check_chain()
    entry = AuditEntry.objects.get(action="content restored")
    assert (entry.subject, entry.actor) == (timezone.now().date().isoformat(), None)


def test_a_withdrawal_outlives_an_older_keyring_too(place: Place) -> None:
    withdrawn, _other = place.tell(PASSAGE), place.tell(OTHER)
    made = place.make()
    assert actions.withdraw_record(code=_code(withdrawn))
    _restore(keyring=made[Kind.KEYRING])
    assert _known_of(withdrawn) == 0
    assert place.stories() == {OTHER}
    _restore(**{kind.value: file for kind, file in made.items()})
    assert _known_of(withdrawn) == 0
    assert place.stories() == {OTHER}


def test_after_the_loss_of_the_whole_machine_both_archives_bring_everything_back(
    place: Place,
) -> None:
    place.print(place.quote(place.tell(PASSAGE), PASSAGE), "a")
    place.tell(OTHER)
    actions.shuffle_pending()
    withdrawable = place.tell(KEPT)
    (place.media / "images").mkdir()
    (place.media / "images" / "été.png").write_bytes(b"a picture")
    root = Page.objects.get(depth=1)
    home = root.add_child(
        instance=HomePage(title="Lanterns", lead="Come in", organisation="We", slug="welcome")
    )
    home.save_revision().publish()
    before = {
        label: rows
        for label, rows in _everything().items()
        if label not in {"wagtailsearch.IndexEntry", "vault.UnlockedKeys"}
    }
    made = place.make()

    call_command("flush", interactive=False, verbosity=0)
    for file in ("images/été.png", f"../editions/{'a' * 16}.pdf"):
        (place.media / file).unlink()
    assert not Keyholder.objects.exists()
    done = _restore(**{kind.value: file for kind, file in made.items()})

    assert done.files == 2
    after = _everything()
    # Nothing is missing, and nothing is new but the log's entries and the keys made at once.
    grown = {"vault.AuditEntry": 3, "vault.Epoch": 4, "vault.EpochGrant": 4}
    for label, more in grown.items():
        assert set(before[label]) < set(after[label])
        assert len(after[label]) == len(before[label]) + more
    assert {label: after[label] for label in before if label not in grown} == {
        label: rows for label, rows in before.items() if label not in grown
    }
    audit.check_chain()
    assert place.stories() == {PASSAGE, OTHER, KEPT}
    assert (place.media / "images" / "été.png").read_bytes() == b"a picture"
    assert HomePage.objects.get().title == "Lanterns"
    assert [page.pk for page in Page.objects.search("Lanterns")] == [home.pk]
    # New rows are numbered after the ones that came back, and receipts still withdraw.
    factories.user("newcomer")
    place.print(Excerpt.objects.get(), "b")
    assert actions.withdraw_record(code=_code(withdrawable))
    assert place.stories() == {PASSAGE, OTHER}


def test_an_old_content_under_a_newer_keyring_brings_nothing_withdrawn_back(place: Place) -> None:
    """The drill of docs/runbooks/restore.md: archives of two days, on an empty machine."""
    withdrawn, unquoted = place.tell(PASSAGE), place.tell(OTHER)
    file = place.print(place.quote(withdrawn, PASSAGE), "a")
    place.quote(unquoted, OTHER)
    content = place.make(Kind.CONTENT)[Kind.CONTENT]
    later = factories.user("later")
    with transaction.atomic():
        audit.append(by=later, action="something")
    assert actions.withdraw_record(code=_code(withdrawn))
    assert actions.withdraw_quoting(code=_code(unquoted))
    place.tell(KEPT)
    keyring = place.make(Kind.KEYRING)[Kind.KEYRING]
    call_command("flush", interactive=False, verbosity=0)
    done = _restore(content=content, keyring=keyring)
    assert done.people_kept == 1
    assert place.stories() == {OTHER}
    assert not Excerpt.objects.exists()
    assert not file.exists()
    assert not actions.withdraw_record(code=_code(withdrawn))


def test_content_without_its_keyring_gives_back_the_site_and_no_answer(place: Place) -> None:
    told = place.tell(PASSAGE)
    made = place.make(Kind.CONTENT)
    call_command("flush", interactive=False, verbosity=0)
    _restore(content=made[Kind.CONTENT])
    assert _known_of(told) == 0
    assert Report.objects.get().collection == Collection.objects.get()


def test_answers_that_came_later_are_not_lost_to_an_older_keyring_unasked(place: Place) -> None:
    place.tell(PASSAGE)
    made = place.make()
    place.tell(OTHER)
    with pytest.raises(Refused, match="keys of 1 records"):
        _restore(**{kind.value: file for kind, file in made.items()})
    _restore(keyring=made[Kind.KEYRING])
    assert place.stories() == {PASSAGE, OTHER}
    EpochGrant.objects.all().delete()
    DataKey.objects.all().update(sealed_data_key=b"spoilt")
    AuditEntry.objects.filter(number=1).update(action="something else")
    before = _everything()
    with pytest.raises(Refused, match="keys of 1 records"):
        _restore(keyring=made[Kind.KEYRING])
    assert _everything() == before
    _restore(keyring=made[Kind.KEYRING], may_lose_newer=True)
    assert place.stories() == {PASSAGE}


def test_an_older_keyring_gives_nobody_their_keys_back(place: Place) -> None:
    place.tell(PASSAGE)
    made = place.make()
    holder = Keyholder.objects.get()
    Keyholder.objects.update(
        state="removed", sealed_private_key=b"", recovery_sealed_private_key=b""
    )
    EpochGrant.objects.all().delete()
    _restore(keyring=made[Kind.KEYRING])
    holder.refresh_from_db()
    assert (holder.state, bytes(holder.sealed_private_key)) == ("removed", b"")
    assert not EpochGrant.objects.filter(keyholder=holder).exists()
    assert not holder.custodies.exists()


def test_a_month_that_was_destroyed_stays_destroyed(place: Place) -> None:
    told = place.tell(PASSAGE)
    made = place.make()
    epoch = DataKey.objects.get().epoch
    day = timezone.now().date()
    EpochGrant.objects.filter(epoch=epoch).delete()
    withdrawal.erase_record(told.record_id, withdrawal.Scope.EXPIRY)
    Epoch.objects.filter(pk=epoch.pk).update(destroyed_on=day)
    _restore(**{kind.value: file for kind, file in made.items()})
    assert _known_of(told) == 0
    assert not EpochGrant.objects.filter(epoch=epoch).exists()
    assert Epoch.objects.get(pk=epoch.pk).destroyed_on == day


# What was ended in the keyring stays ended.


def _let_in(place: Place, user: User) -> tuple[Keyholder, str]:
    """A second person on the roster, and their words."""
    enrolled = custody.enrol_keyholder(by=None, user=user)
    there = place.consultation
    custody.grant_access(by=there.keyholder, grant=there.grant(), keyholder=enrolled.keyholder)
    return enrolled.keyholder, enrolled.passphrase


def _trust_kit(place: Place) -> RecoveryKey:
    half = recovery.public_half_of(os.urandom(recovery.SEED_LENGTH))
    there = place.consultation
    kit = custody.register_recovery_key(by=there.keyholder, suite=half.suite, public=half.public)
    custody.trust_recovery_key(by=there.keyholder, grant=there.grant(), key=kit)
    return kit


def _held_by(recipient: Keyholder | RecoveryKey) -> set[uuid.UUID]:
    return set(recipient.grants.values_list("epoch_id", flat=True))


def _to_come(place: Place) -> set[uuid.UUID]:
    """The epochs that answers of this month and the months ahead are sealed to."""
    month, found = calendar.month_of(timezone.now().date()), set()
    for _ahead in range(custody.MONTHS_AHEAD + 1):
        found.add(keyring.current_epoch(place.consultation.collection.pk, month).pk)
        month = calendar.next_month(month)
    return found


def _read_by(place: Place, user: User, passphrase: str) -> set[str]:
    there = copy.copy(place.consultation)
    there.keyholder, there.passphrase = user, passphrase
    return Place(there, place.archives, place.media, place.editions).stories()


def test_whoever_was_removed_gets_no_key_of_what_is_still_to_come(place: Place) -> None:
    """The same for a keyring that is put back over an older content."""
    place.tell(PASSAGE)
    removed, _words = _let_in(place, place.consultation.peer)
    once_held = _held_by(removed)
    made = place.make()
    custody.remove_keyholder(by=None, keyholder=removed)
    for kinds in ([Kind.KEYRING], list(Kind)):
        before = _to_come(place)
        _restore(**{kind.value: made[kind] for kind in kinds})
        custody.renew_all_epochs()
        assert not _to_come(place) & (once_held | before)
        assert not _held_by(removed)
        assert not removed.custodies.exists()
    place.tell(OTHER)
    assert place.stories() == {PASSAGE, OTHER}
    audit.check_chain()


def test_a_restore_on_an_empty_machine_starts_new_keys_too(place: Place) -> None:
    place.tell(PASSAGE)
    kit = _trust_kit(place)
    before = _to_come(place)
    made = place.make()
    call_command("flush", interactive=False, verbosity=0)
    _restore(**{kind.value: file for kind, file in made.items()})
    assert not _to_come(place) & before
    assert _to_come(place) <= _held_by(kit)
    assert kit.custodies.exists()
    last = AuditEntry.objects.order_by("-number")[:1].get()
    assert (last.action, last.actor) == ("epochs created", None)
    assert last.subject == str(place.consultation.collection.pk)
    place.tell(OTHER)
    assert place.stories() == {PASSAGE, OTHER}


def test_a_collection_without_a_roster_or_a_future_gets_no_new_keys(place: Place) -> None:
    today = timezone.now().date()
    made = place.make()
    (collection,) = Collection.objects.all()
    _restore(keyring=made[Kind.KEYRING])
    made = place.make()
    Collection.objects.update(
        withdrawal_deadline=today - dt.timedelta(days=2),
        destruction_date=today - dt.timedelta(days=1),
    )
    custody.create_collection(
        by=None, name="Nobody's", run_by="We", kept_where="Here",
        withdrawal_deadline=today, destruction_date=today,
    )  # fmt: skip
    before = set(Epoch.objects.values_list("pk", flat=True))
    _restore(keyring=made[Kind.KEYRING])
    assert set(Epoch.objects.values_list("pk", flat=True)) == before
    assert Epoch.objects.filter(collection=collection).exists()


def test_a_retired_recovery_kit_stays_out(place: Place) -> None:
    place.tell(PASSAGE)
    kit, kept = _trust_kit(place), _trust_kit(place)
    once_held = _held_by(kit)
    made = place.make()
    there = place.consultation
    custody.retire_recovery_key(by=there.keyholder, collection=there.collection, key=kit)
    _restore(keyring=made[Kind.KEYRING])
    custody.renew_all_epochs()
    assert not kit.custodies.exists()
    assert not _held_by(kit)
    assert kept.custodies.exists()
    assert _to_come(place) <= _held_by(kept) - once_held


def test_a_roster_that_was_lost_whole_retires_no_recovery_kit(place: Place) -> None:
    """The last way in can't be taken off: where nobody is, the table is what was spoilt."""
    place.tell(PASSAGE)
    kit = _trust_kit(place)
    made = place.make()
    Custody.objects.all().delete()
    EpochGrant.objects.all().delete()
    _restore(keyring=made[Kind.KEYRING])
    assert kit.custodies.exists()
    assert _to_come(place) <= _held_by(kit)
    assert place.stories() == {PASSAGE}


@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize("is_log_whole", [False, True])
def test_old_words_and_codes_open_nothing_again(
    place: Place, flag: bool, is_log_whole: bool
) -> None:
    place.tell(PASSAGE)
    there = place.consultation
    old, code = there.passphrase, there.code
    made = place.make()
    fresh = custody.change_passphrase(by=there.keyholder, passphrase=old, with_new_code=True)
    if not is_log_whole:
        AuditEntry.objects.filter(number=1).update(action="something else")
    _restore(keyring=made[Kind.KEYRING], may_lose_newer=flag)
    with pytest.raises(unlock.Refused):
        there.grant()
    with pytest.raises(custody.CeremonyRefused, match="does not open"):
        custody.recover_with_code(by=there.keyholder, typed=code)
    there.passphrase = fresh.passphrase
    assert place.stories() == {PASSAGE}
    again = custody.recover_with_code(by=there.keyholder, typed=fresh.code)
    there.passphrase = again.passphrase
    assert place.stories() == {PASSAGE}


def test_a_key_that_was_spoilt_comes_back_under_the_same_words(place: Place) -> None:
    place.tell(PASSAGE)
    made = place.make()
    Keyholder.objects.update(sealed_private_key=b"spoilt", public_key=b"spoilt")
    _restore(keyring=made[Kind.KEYRING])
    assert place.stories() == {PASSAGE}


# What was made in the keyring since is not lost.


def test_who_was_let_in_since_and_what_came_in_since_stay(place: Place) -> None:
    place.tell(PASSAGE)
    removed, _words = _let_in(place, factories.user("removed"))
    made = place.make()
    peer, words = _let_in(place, place.consultation.peer)
    custody.remove_keyholder(by=None, keyholder=removed)
    late = place.tell(OTHER)
    assert DataKey.objects.get(record_id=late.record_id).epoch.generation == 2
    kit = _trust_kit(place)
    EpochGrant.objects.exclude(keyholder=peer).filter(epoch__generation=1).delete()
    _restore(keyring=made[Kind.KEYRING])
    assert place.stories() == {PASSAGE, OTHER}
    assert _read_by(place, place.consultation.peer, words) == {PASSAGE, OTHER}
    assert _to_come(place) <= _held_by(peer) & _held_by(kit)
    assert actions.withdraw_record(code=_code(late))
    assert place.stories() == {PASSAGE}


def test_whoever_started_over_since_keeps_the_new_keys(place: Place) -> None:
    """The old ones stay destroyed: without the new ones, nobody could open anything."""
    place.tell(PASSAGE)
    made = place.make()
    peer, words = _let_in(place, place.consultation.peer)
    there = place.consultation
    fresh = custody.start_over(by=there.keyholder)
    there.passphrase = fresh.passphrase
    secret = unlock.unlock(
        by=there.peer, passphrase=words, collection=there.collection, reason="Test"
    )
    custody.grant_access(
        by=there.peer, grant=unlock.resume(secret, by=there.peer), keyholder=fresh.keyholder
    )
    custody.remove_keyholder(by=None, keyholder=peer)
    _restore(keyring=made[Kind.KEYRING])
    assert place.stories() == {PASSAGE}
    assert Custody.objects.get().keyholder == fresh.keyholder
    AuditEntry.objects.filter(number=1).update(action="something else")
    before = _everything()
    with pytest.raises(Refused, match="keys of 1 records"):
        _restore(keyring=made[Kind.KEYRING])
    assert _everything() == before


def test_a_log_that_does_not_go_on_from_the_archive_vouches_for_nothing_here(
    place: Place,
) -> None:
    place.tell(PASSAGE)
    made = place.make()
    stranger, _words = _let_in(place, place.consultation.peer)
    AuditEntry.objects.filter(number=1).update(action="something else")
    _restore(keyring=made[Kind.KEYRING])
    assert not Keyholder.objects.filter(pk=stranger.pk).exists()
    assert not EpochGrant.objects.filter(keyholder_id=stranger.pk).exists()
    place.tell(OTHER)
    AuditEntry.objects.filter(number=1).update(action="something else")
    with pytest.raises(Refused, match="keys of 1 records"):
        _restore(keyring=made[Kind.KEYRING])


def test_keys_that_are_made_twice_do_not_stop_a_restore(place: Place) -> None:
    """A restore over a restore, and a person and a kit that were entered anew meanwhile."""
    place.tell(PASSAGE)
    first = place.make()[Kind.KEYRING].rename(place.archives / "first")
    there = place.consultation
    kit = _trust_kit(place)
    custody.retire_recovery_key(
        by=there.keyholder, collection=there.collection, key=_trust_kit(place)
    )
    second = place.make()[Kind.KEYRING].rename(place.archives / "second")
    head = AuditEntry.objects.order_by("-number").values_list("number", flat=True)[:1].get()
    _restore(keyring=first, may_lose_newer=True)
    assert AuditEntry.objects.filter(number__gt=head).exists()
    RecoveryKey.objects.all().delete()
    Keyholder.objects.all().delete()
    custody.register_recovery_key(by=None, suite=kit.suite, public=bytes(kit.public_key))
    again = custody.enrol_keyholder(by=None, user=there.keyholder)
    Custody.objects.create(collection=there.collection, keyholder=again.keyholder)
    custody.start_new_generations(by=None)
    place.tell(OTHER)
    generations = set(Epoch.objects.values_list("pk", flat=True))
    before = _everything()
    with pytest.raises(Refused, match="keys of 1 records"):
        _restore(keyring=second)
    assert _everything() == before
    DataKey.objects.filter(epoch__generation__gt=1).delete()
    _restore(keyring=second)
    assert generations <= set(Epoch.objects.values_list("pk", flat=True))
    assert Keyholder.objects.get(pk=again.keyholder.pk).state == "removed"
    assert place.stories() == {PASSAGE}
    assert RecoveryKey.objects.filter(pk=kit.pk).exists()


# Who is who afterwards.


def test_a_person_whom_the_audit_log_names_is_kept_and_closed(place: Place) -> None:
    made = place.make()
    later = factories.user("later")
    with transaction.atomic():
        audit.append(by=later, action="something")
    peer = place.consultation.peer
    User.objects.filter(pk=peer.pk).update(is_active=False)
    done = _restore(content=made[Kind.CONTENT])
    assert done.people_kept == 1
    later.refresh_from_db()
    assert (later.username, later.is_active) == ("later", False)
    peer.refresh_from_db()
    assert not peer.is_active
    assert User.objects.get(pk=place.consultation.keyholder.pk).is_active


def test_a_person_whom_only_an_archived_keyring_knows_comes_back_as_a_closed_account(
    place: Place,
) -> None:
    made = place.make(Kind.KEYRING)
    call_command("flush", interactive=False, verbosity=0)
    done = _restore(keyring=made[Kind.KEYRING])
    (user,) = User.objects.all()
    assert (done.people_kept, user.pk) == (1, place.consultation.keyholder.pk)
    assert not user.is_active
    assert not user.has_usable_password()


def test_two_people_of_one_name_do_not_stop_a_restore(place: Place) -> None:
    peer = place.consultation.peer
    made = place.make()
    User.objects.filter(pk=peer.pk).update(username="someone")
    namesake = factories.user("peer")
    with transaction.atomic():
        audit.append(by=namesake, action="something")
    _restore(content=made[Kind.CONTENT])
    assert User.objects.get(pk=namesake.pk).username == f"person-{namesake.pk}"
    assert User.objects.get(pk=peer.pk).username == "peer"


def test_everybody_is_signed_out_and_drafts_end(place: Place) -> None:
    place.tell(PASSAGE)
    made = place.make()
    for given in ({"content": made[Kind.CONTENT]}, {"keyring": made[Kind.KEYRING]}):
        place.consultation.grant()
        SealedDraft.objects.create(id="a" * 64, expires_tick=drafts.tick_now() + 5, sealed=b"x")
        session = apps.get_model("sessions.Session")
        session.objects.create(session_key="k", session_data="d", expire_date=timezone.now())
        Chore.objects.update_or_create(name="daily", defaults={"done_on": dt.date(2026, 1, 1)})
        Erasure.objects.get_or_create(kind="something", name="that must still go")
        assert UnlockedKeys.objects.exists()
        _restore(**given)
        assert not UnlockedKeys.objects.exists()
        assert not SealedDraft.objects.exists()
        assert not session.objects.exists()
        assert Chore.objects.filter(name="daily").exists()
        assert Erasure.objects.count() == 1


def test_the_audit_log_is_kept_when_it_goes_on_from_the_archived_one(place: Place) -> None:
    made = place.make()
    with transaction.atomic():
        audit.append(by=None, action="later")
    assert _restore(keyring=made[Kind.KEYRING]).is_live_audit_kept
    assert AuditEntry.objects.filter(action="later").exists()
    audit.check_chain()


def test_an_audit_log_that_was_changed_gives_way_to_the_archived_one(place: Place) -> None:
    made = place.make()
    AuditEntry.objects.filter(number=1).update(action="something else")
    assert not _restore(keyring=made[Kind.KEYRING]).is_live_audit_kept
    audit.check_chain()
    for _cut_off in range(3):
        AuditEntry.objects.order_by("-number")[:1].get().delete()
    assert not _restore(keyring=made[Kind.KEYRING]).is_live_audit_kept
    audit.check_chain()


# What is refused, with nothing changed.


def _older(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    day = timezone.now().date() + dt.timedelta(days=days)
    monkeypatch.setattr(archives, "today", lambda: day)


@pytest.mark.parametrize(("kind", "days"), [(Kind.KEYRING, 14), (Kind.CONTENT, 90)])
def test_an_archive_past_its_day_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, kind: Kind, days: int
) -> None:
    archive = {kind.value: place.make(kind)[kind]}
    _older(monkeypatch, days - 1)
    _restore(**archive)
    _older(monkeypatch, days)
    before = _everything()
    with pytest.raises(Refused, match="has expired"):
        _restore(**archive)
    _older(monkeypatch, -1)
    with pytest.raises(Refused, match="clock"):
        _restore(**archive)
    assert _everything() == before


def test_whatever_is_damaged_or_does_not_fit_is_refused_in_a_sentence(
    place: Place, settings: Any
) -> None:
    place.tell(PASSAGE)
    (place.media / "file").write_bytes(os.urandom(200_000))
    made = place.make()
    content, keyring = made[Kind.CONTENT], made[Kind.KEYRING]
    place.tell(OTHER)
    before, files = _everything(), _on_disk(place.media)
    raw = content.read_bytes()

    def other(contents: bytes) -> Path:
        file = content.with_name(f"other-{uuid.uuid4()}.age")
        file.write_bytes(contents)
        return file

    middle = len(raw) // 2
    flipped = raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]
    about = json.loads(_members(content)[0][1])

    def saying(**changes: Any) -> Path:
        changed = json.dumps({**about, **changes}).encode()
        return place.forge(content, lambda members: [("about.json", changed), *members[1:]])

    older = {app: names[:-1] if app == "intake" else names for app, names in
             about["migrations"].items()}  # fmt: skip
    newer = {**about["migrations"], "intake": [*about["migrations"]["intake"], "0099_more"]}
    columns = {**about["tables"], "curation.Theme": {"columns": ["id"], "rows": 1}}
    fewer = {**about["tables"], "curation.Theme": {**about["tables"]["curation.Theme"], "rows": 9}}
    cases: list[tuple[Any, type[Exception], str]] = [
        ({"content": other(flipped)}, Damaged, "cut off, or changed"),
        ({"content": other(raw[:middle])}, Damaged, "cut off, or changed"),
        ({"content": other(raw[:-1])}, Damaged, "cut off, or changed"),
        ({"content": other(b"")}, WrongKey, "does not open"),
        ({"content": keyring}, Refused, "This is the keyring archive"),
        ({"keyring": content}, Refused, "This is the content archive"),
        ({"content": content.with_name("none.age")}, Refused, "can't be read"),
        ({}, Refused, "Say which"),
        ({"content": saying(format=1)}, Refused, "format 1"),
        ({"content": saying(format=3)}, Refused, "format 3"),
        ({"content": saying(tables="none")}, Refused, "no archive"),
        ({"content": saying(migrations={"\x1b[2J": []})}, Refused, "no archive"),
        (
            {
                "content": place.forge(
                    content, lambda members: [("about.json", b"[" * 900_000), *members[1:]]
                )
            },
            Refused,
            "no archive",
        ),
        (
            {
                "content": place.forge(
                    content, lambda members: [("about.json", bytes(1_100_000)), *members[1:]]
                )
            },
            Damaged,
            "larger",
        ),
        ({"content": saying(migrations=older)}, Refused, r"intake \(only here: "),
        ({"content": saying(migrations=newer)}, Refused, r"only in the archive: 0099_more"),
        ({"content": saying(tables=columns)}, Refused, "the table curation.Theme"),
        ({"content": saying(tables=fewer)}, Refused, "not the rows"),
        ({"content": place.forge(content, lambda members: members[1:])}, Refused, "no archive"),
        ({"content": place.forge(content, lambda _members: [])}, Refused, "no archive"),
        (
            {"content": place.forge(content, lambda members: [*members, ("tables/x", b"")])},
            Refused,
            "holds something",
        ),
    ]
    for given, problem, sentence in cases:
        with pytest.raises(problem, match=sentence):
            _restore(**given)
        # A good archive beside a bad one is not restored either.
        if given.get("content") is not None and problem is not Refused:
            with pytest.raises(problem, match=sentence):
                _restore(keyring=keyring, **given)
    with pytest.raises(WrongKey, match="does not open"):
        restoring.restore(content=content, identity=agefile.new_key_pair().secret)
    for text in ("", KEYS.public, "AGE-SECRET-KEY-1QQQQ"):
        with pytest.raises(agefile.NotAKey) as raised:
            restoring.restore(content=content, identity=text)
        assert "QQQQ" not in str(raised.value)
    settings.VAULT_PEPPER = "another pepper"
    with pytest.raises(Refused, match="VAULT_PEPPER"):
        _restore(content=content)
    assert _everything() == before
    assert _on_disk(place.media) == files


def test_rows_that_make_no_sense_are_refused_and_not_repeated(place: Place) -> None:
    place.tell(PASSAGE)
    content = place.make(Kind.CONTENT)[Kind.CONTENT]
    before = _everything()

    def with_rows(label: str, change: Callable[[dict[str, Any]], object]) -> Path:
        def changed(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
            found = []
            for name, contents in members:
                rows = contents
                if name.startswith(f"tables/{label}/"):
                    said = [change(json.loads(line)) for line in contents.splitlines()]
                    rows = b"".join(json.dumps(one).encode() + b"\n" for one in said)
                found.append((name, rows))
            return found

        return place.forge(content, changed)

    secret = "told-in-confidence"
    for archive, sentence in (
        (with_rows("curation.Theme", lambda row: {**row, "id": secret}), "has no meaning"),
        (with_rows("curation.Theme", lambda _row: {}), "has no meaning"),
        (with_rows("curation.Theme", lambda _row: []), "has no meaning"),
        (with_rows("curation.Theme", lambda row: {**row, "id": 10**30}), "no meaning|does not fit"),
        (with_rows("curation.Theme", lambda row: {**row, "key": None}), "does not fit"),
        (
            with_rows("curation.Theme", lambda row: {**row, "collection_id": "0" * 32}),
            "does not fit",
        ),
    ):
        with pytest.raises(Refused, match=sentence) as raised:
            _restore(content=archive)
        assert secret not in str(raised.value)
        assert _everything() == before


OUTSIDE = [
    "files/media/../../evil",
    "files/media//etc/evil",
    "files/media/inside/../../evil",
    "files/media/./evil",
    "files/media/",
    "files/media",
    "files/elsewhere/evil",
    "files/../evil",
    "files/media/link/evil",
    "files/media/.part-evil",
    "../evil",
    "/evil",
]


def test_a_file_that_would_lie_outside_its_folder_is_refused(place: Place) -> None:
    (place.media / "link").symlink_to(place.archives)
    content = place.make(Kind.CONTENT)[Kind.CONTENT]
    before = _everything()
    for name in OUTSIDE:
        forged = place.forge(content, lambda members, name=name: [*members, (name, b"evil")])
        with pytest.raises((Refused, Damaged), match=r"outside|holds|has not"):
            _restore(content=forged)
        assert not [file for file in place.archives.parent.rglob("*") if "evil" in file.name]
        assert _on_disk(place.media).keys() <= {"link"}
    assert _everything() == before


def test_a_name_that_no_disk_holds_is_refused(place: Place) -> None:
    content = place.make(Kind.CONTENT)[Kind.CONTENT]
    before = _everything()
    for name, sentence in (
        (f"files/media/{'e' * 100}\0/evil", "outside"),
        (f"files/media/{'e' * 300}", "written"),
    ):
        forged = place.forge(content, lambda members, name=name: [*members, (name, b"evil")])
        with pytest.raises(Refused, match=sentence):
            _restore(content=forged)
    assert _everything() == before
    assert _on_disk(place.media) == {}


def test_an_archive_that_somebody_else_made_is_refused_with_nothing_changed(place: Place) -> None:
    """The public key is no secret, and an archive of accounts could hold a superuser of theirs."""
    place.tell(PASSAGE)
    made = place.make()
    before = _everything()
    for kind, archive in made.items():
        forged = place.forge(archive, lambda members: members, key=b"without the pepper")
        with pytest.raises(NotOurs, match="does not have this site's own key"):
            _restore(**{kind.value: forged})
    assert _everything() == before


def test_an_archive_that_is_changed_after_it_was_read_once_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read a second time while rows are put back: what differs then goes no further."""
    (place.media / "file").write_bytes(b"x")
    content = place.make(Kind.CONTENT)[Kind.CONTENT]
    (place.media / "file").unlink()
    forged = place.forge(
        content,
        lambda members: [(name, held or b"evil") for name, held in members],
        key=b"without the pepper",
    )
    before = _everything()
    real = archives.verify

    def verify_and_change(*args: Any) -> archives.Archive:
        archive = real(*args)
        content.write_bytes(forged.read_bytes())
        return archive

    monkeypatch.setattr(archives, "verify", verify_and_change)
    with pytest.raises(NotOurs):
        _restore(content=content)
    assert _everything() == before
    assert _on_disk(place.media) == {}


# All or nothing.


def test_a_restore_that_fails_at_the_last_step_leaves_all_as_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.print(place.quote(place.tell(PASSAGE), PASSAGE), "a")
    (place.media / "new").write_bytes(b"new")
    (place.media / "changed").write_bytes(b"as archived")
    made = {kind.value: file for kind, file in place.make().items()}
    (place.media / "new").unlink()
    (place.media / "changed").write_bytes(b"as it is now")
    AuditEntry.objects.filter(number=1).update(action="something else")
    before, files = _everything(), _on_disk(place.media)
    steps = [
        (withdrawal, "replay"),
        (audit, "append"),
        (custody, "start_new_generations"),
        (connections["default"], "check_constraints"),
        (folders.Placing, "put_in_place"),
    ]
    for (where, step), problem in itertools.product(steps, (OSError, KeyboardInterrupt)):
        real = getattr(where, step)

        def fail(
            *args: Any, real: Any = real, problem: type[BaseException] = problem, **kwargs: Any
        ) -> None:
            real(*args, **kwargs)
            raise problem("the lights went out")

        with monkeypatch.context() as patched:
            patched.setattr(where, step, fail)
            with pytest.raises(problem, match="lights"):
                _restore(**made)
        assert _everything() == before
        assert _on_disk(place.media) == files
        assert _on_disk(place.editions).keys() == {f"{'a' * 16}.pdf"}


def test_a_restore_that_is_killed_leaves_the_database_as_it_was(place: Place) -> None:
    place.tell(PASSAGE)
    (place.media / "lost").write_bytes(b"lost")
    made = {kind.value: file for kind, file in place.make().items()}
    (place.media / "lost").unlink()
    AuditEntry.objects.filter(number=1).update(action="something else")
    before = _everything()
    connection.close()
    child = os.fork()
    if child == 0:
        # Nothing of this process may run any further than here.
        folders.Placing.put_in_place = lambda _files: os.kill(os.getpid(), 9)  # type: ignore
        try:
            _restore(**made)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    assert _everything() == before
    assert all(name.startswith(".part-") for name in _on_disk(place.media))
    _restore(**made)
    assert place.stories() == {PASSAGE}
    assert (place.media / "lost").read_bytes() == b"lost"


@pytest.mark.parametrize("problem", [ZeroDivisionError, OperationalError])
def test_what_goes_wrong_after_the_commit_takes_nothing_back(
    place: Place, monkeypatch: pytest.MonkeyPatch, problem: type[Exception]
) -> None:
    """And is not called a refusal, which would say that nothing was changed."""

    def fail(_name: str) -> None:
        raise problem

    told = place.tell(PASSAGE)
    place.print(place.quote(told, PASSAGE), "a")
    (place.media / "changed").write_bytes(b"as archived")
    made = place.make()
    (place.media / "changed").write_bytes(b"as it is now")
    with monkeypatch.context() as patched:
        patched.setitem(withdrawal._erasers, "edition file", fail)
        with pytest.raises(problem):
            actions.withdraw_record(code=_code(told))
        with pytest.raises(problem):
            _restore(content=made[Kind.CONTENT])
    assert (place.media / "changed").read_bytes() == b"as archived"
    assert _on_disk(place.media).keys() == {"changed"}
    assert _on_disk(place.editions) == {}
    assert AuditEntry.objects.filter(action="content restored").exists()


# Files.


def test_files_come_back_and_an_edition_that_nobody_knows_does_not(place: Place) -> None:
    known = place.print(place.quote(place.tell(PASSAGE), PASSAGE), "a")
    (place.editions / "unknown.pdf").write_bytes(b"of a snapshot that was destroyed")
    (place.editions / ".part-xyz").write_bytes(b"half a file")
    (place.media / "deep" / "er").mkdir(parents=True)
    (place.media / "deep" / "er" / "picture.png").write_bytes(b"a picture")
    (place.media / "deep" / "er" / "picture.png").chmod(0o644)
    (place.media / "same").write_bytes(b"the same")
    (place.media / "away").symlink_to("/etc/passwd")
    made = place.make(Kind.CONTENT)
    names = {name for name, _contents in _members(made[Kind.CONTENT])}
    assert "files/media/away" not in names
    assert "files/editions/.part-xyz" not in names

    known.unlink()
    (place.editions / "unknown.pdf").unlink()
    (place.editions / "later.pdf").write_bytes(b"of a report frozen after the backup")
    (place.media / "deep" / "er" / "picture.png").write_bytes(b"spoilt")
    (place.media / "uploaded-later").write_bytes(b"stays")
    inode = (place.media / "same").stat().st_ino
    done = _restore(content=made[Kind.CONTENT])

    assert done.files == 2
    assert _on_disk(place.editions) == {known.name: PASSAGE.encode()}
    picture = place.media / "deep" / "er" / "picture.png"
    assert picture.read_bytes() == b"a picture"
    assert stat.S_IMODE(picture.stat().st_mode) == 0o644
    assert (place.media / "same").stat().st_ino == inode
    assert _on_disk(place.media).keys() == {
        "deep/er/picture.png", "same", "uploaded-later", "away",
    }  # fmt: skip


# What an archive is.


def test_the_stock_tools_open_an_archive_and_list_it(place: Place, tmp_path: Path) -> None:
    place.tell(PASSAGE)
    (place.media / ("a long name " * 15)).write_bytes(b"x")
    made = place.make()
    key = tmp_path / "key"
    key.write_text(KEYS.secret)
    for kind, archive in made.items():
        assert stat.S_IMODE(archive.stat().st_mode) == 0o600
        assert archive.name == f"{kind.value}-{timezone.now():%Y-%m-%d}.age"
        assert archive.read_bytes().startswith(b"age-encryption.org/v1\n")
        listed = subprocess.run(
            f"age -d -i {key} {archive} | tar tv",
            shell=True,
            capture_output=True,
            text=True,
            check=False,
        )
        assert listed.returncode == 0
        assert listed.stderr == ""
        lines = listed.stdout.splitlines()
        assert lines[0].endswith(" about.json")
        assert lines[-1].endswith(" manifest.json")
        assert all("1970-01-01" in line for line in lines), "a file's time would tell the hour"
        assert any(f"tables/{_one_of(kind)}/0001.jsonl" in line for line in lines)
    assert sorted(file.name for file in place.archives.iterdir()) == sorted(
        file.name for file in made.values()
    )


def _one_of(kind: Kind) -> str:
    return "vault.DataKey" if kind is Kind.KEYRING else "vault.PendingRecord"


def test_an_opened_archive_holds_no_word_of_a_record_and_no_order_of_arrival(
    place: Place,
) -> None:
    arrived = [place.tell(f"{PASSAGE}, as number {number}").record_id for number in range(30)]
    grant = place.consultation.grant()
    made = place.make()
    keyholder = Keyholder.objects.get()
    secrets = [PASSAGE.encode(), place.consultation.passphrase.encode()]
    secrets += [key.private for key in grant.keys]
    for archive in made.values():
        held = b"".join(contents for _name, contents in _members(archive))
        for secret in secrets:
            for form in (secret, base64.b64encode(secret)[:-4], secret.hex().encode()):
                assert form not in held
    keyring = dict(_members(made[Kind.KEYRING]))
    assert (
        base64.b64encode(bytes(keyholder.sealed_private_key))
        in keyring["tables/vault.Keyholder/0001.jsonl"]
    )
    for archive, name, key in (
        (Kind.CONTENT, "vault.PendingRecord", "id"),
        (Kind.KEYRING, "vault.DataKey", "record_id"),
        (Kind.KEYRING, "vault.ReceiptVerifier", "verifier"),
    ):
        lines = dict(_members(made[archive]))[f"tables/{name}/0001.jsonl"].splitlines()
        keys = [json.loads(line)[key] for line in lines]
        assert keys == sorted(keys)
        assert keys != [str(record_id) for record_id in arrived]
        assert len(keys) == 30
    about = json.loads(_members(made[Kind.KEYRING])[0][1])
    made_on = dt.date.fromisoformat(about["made_on"])
    assert dt.date.fromisoformat(about["expires_on"]) - made_on == dt.timedelta(days=14)


def test_every_table_is_in_one_archive_or_in_neither() -> None:
    content, keyring = (set(archives.tables_of(kind)) for kind in Kind)
    assert content & keyring == {Collection}
    assert content | keyring | set(archives.tables_of_neither()) == set(archives.all_tables())
    assert {model._meta.label for model in archives.tables_of_neither()} >= {
        "sessions.Session",
        "vault.SealedDraft",
        "vault.UnlockedKeys",
        "vault.Chore",
        "vault.Erasure",
        "wagtailsearch.IndexEntry",
    }


def test_a_model_can_say_that_it_is_never_backed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Theme, "never_backed_up", True, raising=False)
    assert Theme not in archives.tables_of(Kind.CONTENT)
    assert Theme in archives.tables_of_neither()


def test_people_can_go_on_sending_while_a_backup_is_made(place: Place) -> None:
    """And what they send meanwhile is in neither archive, not in one of the two."""
    beside = connection.copy()
    try:
        with backup._one_moment():
            tombstones = Tombstone.objects.count()
            with beside.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO vault_tombstone (token, forget_after) VALUES (%s, %s)",
                    ["a" * 64, "2027-01-01"],
                )
            assert Tombstone.objects.count() == tombstones
        assert Tombstone.objects.count() == tombstones + 1
    finally:
        beside.close()
    place.tell(PASSAGE)


def test_a_restore_does_not_wait_for_ever_for_a_site_that_was_not_stopped(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite waits as long as its settings say")
    made = place.make()
    monkeypatch.setattr(restoring, "LOCK_PATIENCE", "50ms")
    beside = connection.copy()
    try:
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM vault_tombstone")
        with pytest.raises(Refused, match="Stop the site"):
            _restore(content=made[Kind.CONTENT])
    finally:
        beside.close()


def test_a_large_file_passes_through_little_memory(place: Place) -> None:
    with (place.media / "large").open("wb") as large:
        large.truncate(16 * 1024 * 1024)
    tracemalloc.start()
    try:
        made = place.make(Kind.CONTENT)
        (place.media / "large").unlink()
        _restore(content=made[Kind.CONTENT])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (place.media / "large").stat().st_size == 16 * 1024 * 1024
    assert peak < 6 * 1024 * 1024


def test_what_is_made_over_midnight_is_of_the_day_before(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are of one moment: a keyring that bore the next day's name would live a day too long."""
    day = timezone.now().date()
    days = itertools.chain([day], itertools.repeat(day + dt.timedelta(days=1)))
    monkeypatch.setattr(archives, "today", lambda: next(days))
    made = place.make()
    assert {file.name for file in made.values()} == {f"{kind}-{day}.age" for kind in Kind}
    for file in made.values():
        assert json.loads(_members(file)[0][1])["made_on"] == day.isoformat()


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.media / "shut").mkdir()
    real = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(PermissionError):
        place.make(Kind.CONTENT)
    with pytest.raises(CommandError, match=r"can't be read or written: Permission denied"):
        call_command("backup", "--to", place.archives)
    assert list(place.archives.iterdir()) == []


# The commands.


def _say(command: str, *args: Any, **kwargs: Any) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out, **kwargs)
    return out.getvalue()


def test_the_backup_command_says_what_it_made_and_deletes_what_expired(place: Place) -> None:
    day = timezone.now().date()
    names = {
        f"keyring-{day - dt.timedelta(days=13)}.age": True,
        f"keyring-{day - dt.timedelta(days=14)}.age": False,
        f"content-{day - dt.timedelta(days=89)}.age": True,
        f"content-{day - dt.timedelta(days=90)}.age": False,
        "keyring-2001-01-01.age.kept": True,
        "holiday.png": True,
        "content-2020-13-45.age": True,
        ".part-fresh": True,
        ".part-old": False,
    }
    for name in names:
        (place.archives / name).write_bytes(b"x")
    (place.archives / "keyring-2020-01-01.age").mkdir()
    os.utime(place.archives / ".part-old", (time.time() - 200_000,) * 2)
    for name, age in ((".part-fresh", 0), (".part-left", 200_000)):
        (place.editions / name).write_bytes(b"x")
        os.utime(place.editions / name, (time.time() - age,) * 2)
    said = _say("backup", "--to", place.archives)
    assert "killed, and deleted: 1" in said
    assert _on_disk(place.editions).keys() == {".part-fresh"}
    for name, stays in names.items():
        assert (place.archives / name).exists() is stays
        assert (name in said) is not stays
    for kind in Kind:
        assert f"Made: {kind.value}-{day}.age" in said
    said = _say("backup", "--to", place.archives, "--only", "keyring")
    assert "content" not in said


def test_a_backup_without_a_key_or_a_folder_says_what_to_do(place: Place, settings: Any) -> None:
    with pytest.raises(CommandError, match="mount its disk"):
        call_command("backup", "--to", place.archives / "none")
    expired = place.archives / "keyring-2020-01-01.age"
    for recipient, sentence in (("", "backup_key"), ("age1nonsense", "BACKUP_RECIPIENT is wrong")):
        settings.BACKUP_RECIPIENT = recipient
        expired.write_bytes(b"x")
        with pytest.raises(CommandError, match=sentence):
            call_command("backup", "--to", place.archives)
        assert not expired.exists()
    assert list(place.archives.iterdir()) == []


def test_a_backup_that_fails_leaves_no_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (earlier,) = place.make(Kind.CONTENT).values()
    before = earlier.read_bytes()

    def fail(*_args: object) -> Iterator[bytes]:
        yield b"some"
        raise OSError("the disk is full")

    monkeypatch.setattr(folders, "_pieces", fail)
    (place.media / "file").write_bytes(b"some and more")
    with pytest.raises(OSError, match="disk is full"):
        place.make(Kind.CONTENT)
    assert list(place.archives.iterdir()) == [earlier]
    assert earlier.read_bytes() == before
    monkeypatch.setattr(folders, "_pieces", lambda _source: iter([b"grown by one"]))
    with pytest.raises(Damaged, match="changed while it was being read"):
        place.make(Kind.CONTENT)
    assert list(place.archives.iterdir()) == [earlier]


def test_the_restore_command_says_what_it_did_or_that_nothing_changed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = place.tell(PASSAGE)
    made = place.make()
    key = tmp_path / "key"
    key.write_text(f"# public key: {KEYS.public}\n{KEYS.secret}\n")
    actions.withdraw_record(code=_code(told))
    said = _say("restore", "--content", made[Kind.CONTENT], "--identity", key)
    assert "1 withdrawals and destructions carried out again" in said
    monkeypatch.setattr(sys, "stdin", StringIO(KEYS.secret))
    _say("restore", "--keyring", made[Kind.KEYRING], "--identity", "-", "--lose-newer-answers")
    with pytest.raises(CommandError, match=r"given as the content archive\. Nothing was changed"):
        call_command("restore", "--content", made[Kind.KEYRING], "--identity", key)
    with pytest.raises(CommandError, match="key file can't be read"):
        call_command("restore", "--content", made[Kind.CONTENT], "--identity", tmp_path / "none")


def test_a_backup_key_is_made_without_a_database_and_shown_in_half(tmp_path: Path) -> None:
    file = tmp_path / "key"
    program = ["manage.py", "backup_key", "--to", str(file)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "cms.settings.offline"}
    made = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = file.read_text()
    (secret,) = (line for line in written.splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    assert secret not in made.stdout + made.stderr
    (public,) = (
        line.strip().removeprefix("BACKUP_RECIPIENT=")
        for line in made.stdout.splitlines()
        if "BACKUP_RECIPIENT=" in line
    )
    known = subprocess.run(["age-keygen", "-y", file], capture_output=True, text=True, check=True)
    assert known.stdout.strip() == public
    with pytest.raises(CommandError, match="never overwritten"):
        call_command("backup_key", "--to", file)
    assert file.read_text() == written


# From one database to the other.

ELSEWHERE = """
import json, sys
from pathlib import Path
import django
from django.conf import settings
settings.DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
django.setup()
from django.core.management import call_command
from django.db import connection
assert connection.vendor == "sqlite"
call_command("migrate", verbosity=0)
from testimony.vault import backup, restoring
from testimony.intake.submitting import submit_testimony
from testimony.intake.models import Call
from testimony.vault.models import Collection
from tests import factories
given = json.loads(sys.stdin.read())
settings.BACKUP_RECIPIENT = given["public"]
made = factories.consultation()
submit_testimony(call=made.call, answers={**factories.TESTIMONY, "story": given["tell"]},
                 language="en")
backup.make_archives(folder=Path(given["to"]))
call_command("flush", interactive=False, verbosity=0)
restoring.restore(content=Path(given["content"]), keyring=Path(given["keyring"]),
                  identity=given["secret"])
from testimony.vault import unlock
from cms.accounts.models import User
collection = Collection.objects.get()
by = User.objects.get(username="keyholder")
grant = unlock.resume(
    unlock.unlock(by=by, passphrase=given["passphrase"], collection=collection, reason="Test"),
    by=by)
print(json.dumps({
    "passphrase": made.passphrase,
    "read": [one.payload["answers"]["story"]
             for one in grant.stream(Call.objects.get().definition_id)],
}))
"""


CROSSING = "test_an_archive_of_one_database_is_restored_in_the_other"


@pytest.fixture(scope="session", autouse=True)
def elsewhere(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str] | None]:
    """A site on SQLite in a process of its own. It makes its tables while other tests run."""
    if not databases.IS_POSTGRESQL or CROSSING not in {one.name for one in request.session.items}:
        yield None
        return
    environment = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE"}
    with subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True,
        env={**environment, "DJANGO_SETTINGS_MODULE": "cms.settings.test", "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        yield process
        process.kill()


def test_an_archive_of_one_database_is_restored_in_the_other(
    place: Place, tmp_path: Path, elsewhere: subprocess.Popen[str] | None
) -> None:
    if elsewhere is None:
        pytest.skip("needs PostgreSQL on the one side")
    place.tell(PASSAGE)
    Page.objects.get(depth=1).add_child(
        instance=HomePage(title="Lanterns", lead="Come in", organisation="We", slug="welcome")
    )
    made = place.make()
    (tmp_path / "elsewhere").mkdir()
    given = {
        "public": KEYS.public,
        "secret": KEYS.secret,
        "tell": OTHER,
        "to": str(tmp_path / "elsewhere"),
        "content": str(made[Kind.CONTENT]),
        "keyring": str(made[Kind.KEYRING]),
        "passphrase": place.consultation.passphrase,
    }
    said, complaint = elsewhere.communicate(json.dumps(given))
    assert elsewhere.returncode == 0, complaint
    found = json.loads(said)
    assert found["read"] == [PASSAGE]

    day = timezone.now().date()
    call_command("flush", interactive=False, verbosity=0)
    _restore(
        content=tmp_path / "elsewhere" / f"content-{day}.age",
        keyring=tmp_path / "elsewhere" / f"keyring-{day}.age",
    )
    there = place.consultation
    there.collection = Collection.objects.get()
    there.keyholder = User.objects.get(username="keyholder")
    there.passphrase = found["passphrase"]
    assert place.stories() == {OTHER}
    assert Site.objects.exists()
