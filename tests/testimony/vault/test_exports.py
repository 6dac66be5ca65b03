"""Copies taken out: two people agree, the stock tool opens them, and nothing lies in clear."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cms.accounts.models import User
from testimony.vault import actions, agefile, audit, custody, exports, unlock
from testimony.vault.exports import ExportFailed, ExportRefused
from testimony.vault.models import (
    AuditEntry,
    Collection,
    DataKey,
    ExportRequest,
    HeldWithdrawal,
    Keyholder,
    Lane,
    PendingRecord,
    Record,
    UnlockedKeys,
)
from testimony.vault.quotas import QuotaSpent
from testimony.vault.unlock import Grant, Locked, Stale
from tests import factories
from tests.factories import Consultation, team_client, user
from tests.testimony.vault.databases import IS_POSTGRESQL, OwnDatabase
from tests.testimony.vault.test_vault_pages import at, text_of, unlocked

VAULT = "/admin/vault/"
WORDS = "The lantern by the harbour is our own word for a safe place"


@dataclass(frozen=True)
class OfflineKey:
    """What age-keygen makes on the other computer."""

    file: Path
    public: str

    def opens(self, sealed: bytes) -> bytes:
        """What the stock tool gives back.

        Raises:
            CalledProcessError: when it refuses the file.
        """
        return subprocess.run(
            ["age", "-d", "-i", str(self.file)], input=sealed, capture_output=True, check=True
        ).stdout

    def lines(self, sealed: bytes) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.opens(sealed).splitlines()]

    def records(self, sealed: bytes) -> dict[str, dict[str, Any]]:
        return {line["record"]: line for line in self.lines(sealed) if line["kind"] == "record"}


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> OfflineKey:
    file = tmp_path_factory.mktemp("offline") / "key.txt"
    subprocess.run(["age-keygen", "-o", str(file)], check=True, capture_output=True)
    public = subprocess.run(
        ["age-keygen", "-y", str(file)], check=True, capture_output=True, text=True
    ).stdout.strip()
    return OfflineKey(file, public)


@dataclass
class Pair:
    """Two people who hold the keys of one collection, both unlocked."""

    consultation: Consultation
    offline: OfflineKey
    second_words: str
    secret: str
    second_secret: str

    @property
    def first(self) -> User:
        return self.consultation.keyholder

    @property
    def second(self) -> User:
        return self.consultation.peer

    @property
    def grant(self) -> Grant:
        return unlock.resume(self.secret, by=self.first)

    def ask(self, **others: Any) -> ExportRequest:
        wanted = {
            "by": self.first,
            "secret": self.secret,
            "recipient": self.offline.public,
            "reason": "To read it offline",
            **others,
        }
        return exports.ask_export(**wanted)

    def approve(self, request: ExportRequest) -> ExportRequest:
        return exports.approve_export(by=self.second, secret=self.second_secret, request=request)

    def write(self, request: ExportRequest) -> bytes:
        target = io.BytesIO()
        exports.write_export(by=self.first, grant=self.grant, request=request, target=target)
        return target.getvalue()


def opened_by(person: User, words: str, collection: Collection) -> str:
    return unlock.unlock(by=person, passphrase=words, collection=collection, reason="A copy")


def paired(consultation: Consultation, offline: OfflineKey) -> Pair:
    enrolled = custody.enrol_keyholder(by=None, user=consultation.peer)
    custody.grant_access(
        by=consultation.keyholder, grant=consultation.grant(), keyholder=enrolled.keyholder
    )
    return Pair(
        consultation,
        offline,
        enrolled.passphrase,
        opened_by(consultation.keyholder, consultation.passphrase, consultation.collection),
        opened_by(consultation.peer, enrolled.passphrase, consultation.collection),
    )


@pytest.fixture
def pair(consultation: Consultation, offline: OfflineKey) -> Pair:
    return paired(consultation, offline)


def tell(consultation: Consultation, words: str = WORDS, **others: Any) -> actions.Sealed:
    wanted: dict[str, Any] = {
        "collection_id": consultation.collection.id,
        "definition": consultation.call.definition_id,
        "payload": {"answers": {"story": words}, "consents": {"quote": "yes"}, "language": "en"},
        "lane": Lane.OPEN,
        "language": "en",
        "wants_receipt": True,
        **others,
    }
    return actions.seal_record(**wanted)


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action))


# What a copy holds.


def test_the_stock_tool_opens_a_copy_and_its_lines_are_the_records(pair: Pair) -> None:
    told = [tell(pair.consultation, f"{WORDS}, {number}") for number in range(12)]
    actions.shuffle_pending()
    told += [tell(pair.consultation, f"{WORDS}, later {number}") for number in range(12)]
    survey = pair.consultation.survey.version.definition_id
    counted = tell(pair.consultation, definition=survey, payload={"answers": {"q": "a"}})
    sealed = pair.write(pair.approve(pair.ask()))
    about, *rest = pair.offline.lines(sealed)
    assert about == {
        "kind": "copy",
        "format": 1,
        "collection": "A consultation",
        "run_by": "The organisation",
        "delete_by": pair.consultation.collection.destruction_date.isoformat(),
    }
    definitions = [line for line in rest if line["kind"] == "definition"]
    assert {line["definition"] for line in definitions} == {
        pair.consultation.call.definition_id,
        survey,
    }
    assert len(definitions) == 2
    for line in definitions:
        digest = hashlib.sha256(line["canonical"].encode()).hexdigest()
        assert digest == line["definition"]
        assert json.loads(line["canonical"])
    found = pair.offline.records(sealed)
    assert set(found) == {str(one.record_id) for one in [*told, counted]}
    assert found[str(told[3].record_id)] == {
        "kind": "record",
        "record": str(told[3].record_id),
        "definition": pair.consultation.call.definition_id,
        "quoting_stopped": False,
        "payload": {
            "answers": {"story": f"{WORDS}, 3"},
            "consents": {"quote": "yes"},
            "language": "en",
        },
    }
    assert rest[-1] == {"kind": "end", "records": 25}


def test_the_order_of_a_copy_does_not_tell_what_came_in_today(pair: Pair) -> None:
    before = [tell(pair.consultation).record_id for _number in range(20)]
    actions.shuffle_pending()
    today = [tell(pair.consultation).record_id for _number in range(20)]
    found = list(pair.offline.records(pair.write(pair.approve(pair.ask()))))
    assert found == sorted(map(str, [*before, *today]))


def test_a_large_copy_is_written_in_parts_and_no_record_is_twice_in_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {str(tell(pair.consultation).record_id) for _number in range(30)}
    monkeypatch.setattr(exports, "_PART_BYTES", 8 * 1024)
    sealed = pair.write(pair.approve(pair.ask()))
    found = [line["record"] for line in pair.offline.lines(sealed) if line["kind"] == "record"]
    assert sorted(found) == sorted(told)
    assert found == sorted(found)


def test_what_was_withdrawn_held_or_flooded_is_not_in_a_copy(pair: Pair) -> None:
    kept, withdrawn, held = (tell(pair.consultation) for _number in range(3))
    stopped = tell(pair.consultation)
    tell(pair.consultation, lane=Lane.FLOOD)
    destroyed = tell(pair.consultation)
    DataKey.objects.filter(record_id=destroyed.record_id).delete()
    actions.withdraw_record(code=" ".join(withdrawn.code or ()))
    actions.withdraw_quoting(code=" ".join(stopped.code or ()))
    HeldWithdrawal.objects.create(record_id=held.record_id)
    assert exports.how_many(pair.grant) == 2
    found = pair.offline.records(pair.write(pair.approve(pair.ask())))
    assert {name: line["quoting_stopped"] for name, line in found.items()} == {
        str(kept.record_id): False,
        str(stopped.record_id): True,
    }


def test_another_collections_records_are_not_in_a_copy(pair: Pair) -> None:
    other = another_collection(pair)
    tell(pair.consultation, collection_id=other.id)
    mine = tell(pair.consultation)
    found = pair.offline.records(pair.write(pair.approve(pair.ask())))
    assert set(found) == {str(mine.record_id)}


def test_half_a_surrogate_pair_does_not_stop_a_copy() -> None:
    line = exports._line(payload={"story": "\ud800 é"})
    assert json.loads(line) == {"payload": {"story": "\ud800 é"}}
    assert "é".encode() in line


def test_a_copy_that_was_cut_off_or_changed_does_not_open_to_its_end(pair: Pair) -> None:
    tell(pair.consultation)
    sealed = pair.write(pair.approve(pair.ask()))
    for spoilt in (sealed[:-1], sealed[:-40], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(subprocess.CalledProcessError):
            pair.offline.opens(spoilt)


def test_another_key_opens_nothing(pair: Pair) -> None:
    tell(pair.consultation)
    sealed = pair.write(pair.approve(pair.ask()))
    assert WORDS.encode() not in sealed
    other = agefile.new_key_pair()
    pair.offline.file.with_name("other.txt").write_text(other.secret)
    with pytest.raises(subprocess.CalledProcessError):
        OfflineKey(pair.offline.file.with_name("other.txt"), other.public).opens(sealed)


# Who must agree.


def another_collection(pair: Pair) -> Collection:
    today = timezone.now().date()
    made = custody.create_collection(
        by=None,
        name="Another consultation",
        run_by="The organisation",
        kept_where="Here",
        withdrawal_deadline=today + dt.timedelta(days=60),
        destruction_date=today + dt.timedelta(days=700),
    )
    custody.begin_custody(
        by=None, collection=made, keyholders=Keyholder.objects.filter(state="active")
    )
    return made


def check_nothing_is_written(pair: Pair, request: ExportRequest, match: str) -> None:
    target = io.BytesIO()
    with pytest.raises(ExportRefused, match=match):
        exports.write_export(by=pair.first, grant=pair.grant, request=request, target=target)
    assert target.getvalue() == b""
    assert entries("export made") == []


def test_without_approval_nothing_is_written(pair: Pair) -> None:
    tell(pair.consultation)
    check_nothing_is_written(pair, pair.ask(), "Nobody whose keys are open now has approved")


def test_nobody_approves_what_they_asked_for_themselves(pair: Pair) -> None:
    request = pair.ask()
    for secret in (
        pair.secret,
        opened_by(pair.first, pair.consultation.passphrase, pair.consultation.collection),
    ):
        with pytest.raises(ExportRefused, match="Somebody else must approve"):
            exports.approve_export(by=pair.first, secret=secret, request=request)
    check_nothing_is_written(pair, request, "Nobody whose keys")


def test_an_approval_put_into_the_table_by_hand_for_oneself_does_not_count(pair: Pair) -> None:
    request = pair.ask()
    opened_by(pair.first, pair.consultation.passphrase, pair.consultation.collection)
    own = UnlockedKeys.objects.filter(keyholder__user=pair.first).exclude(pk=request.asked_with_id)[
        0
    ]
    ExportRequest.objects.update(approved_with=own)
    check_nothing_is_written(pair, request, "Nobody whose keys")
    with pytest.raises(IntegrityError, match="other_keys"), transaction.atomic():
        ExportRequest.objects.update(approved_with=request.asked_with_id)


def test_keys_of_another_collection_approve_nothing(pair: Pair) -> None:
    request = pair.ask()
    elsewhere = opened_by(pair.second, pair.second_words, another_collection(pair))
    with pytest.raises(ExportRefused, match="open for another collection"):
        exports.approve_export(by=pair.second, secret=elsewhere, request=request)
    ExportRequest.objects.update(
        approved_with=UnlockedKeys.objects.get(collection__name="Another consultation")
    )
    check_nothing_is_written(pair, request, "Nobody whose keys")


def test_somebody_elses_secret_approves_nothing(pair: Pair) -> None:
    request = pair.ask()
    with pytest.raises(Locked):
        exports.approve_export(by=pair.second, secret=pair.secret, request=request)
    with pytest.raises(Locked):
        exports.approve_export(by=pair.second, secret="", request=request)
    with pytest.raises(Locked):
        pair.ask(by=pair.second)


def test_once_the_approver_locks_nothing_is_written(pair: Pair) -> None:
    request = pair.approve(pair.ask())
    unlock.lock(pair.second_secret, by=pair.second)
    check_nothing_is_written(pair, request, "Nobody whose keys")
    assert ExportRequest.objects.get().approved_with is None


@pytest.mark.parametrize(
    ("field", "ago"),
    [("last_used_at", dt.timedelta(minutes=16)), ("opened_at", dt.timedelta(hours=2, minutes=1))],
)
def test_an_approval_ends_with_the_approvers_time(
    pair: Pair, field: str, ago: dt.timedelta
) -> None:
    request = pair.approve(pair.ask())
    UnlockedKeys.objects.filter(keyholder__user=pair.second).update(**{field: timezone.now() - ago})
    check_nothing_is_written(pair, request, "Nobody whose keys")


def test_a_request_ends_with_the_askers_time(pair: Pair) -> None:
    request = pair.ask()
    UnlockedKeys.objects.filter(keyholder__user=pair.first).update(
        last_used_at=timezone.now() - unlock.IDLE - dt.timedelta(minutes=1)
    )
    with pytest.raises(ExportRefused, match="This request is gone"):
        pair.approve(request)
    assert exports.open_requests(pair.consultation.collection) == []
    unlock.close_expired()
    assert not ExportRequest.objects.exists()


def test_once_the_asker_locks_the_request_is_gone(pair: Pair) -> None:
    request = pair.ask()
    unlock.lock(pair.secret, by=pair.first)
    with pytest.raises(ExportRefused, match="This request is gone"):
        pair.approve(request)


def test_an_approver_who_was_removed_or_whose_account_was_closed_does_not_count(
    pair: Pair,
) -> None:
    request = pair.approve(pair.ask())
    User.objects.filter(pk=pair.second.pk).update(is_active=False)
    check_nothing_is_written(pair, request, "Nobody whose keys")
    User.objects.filter(pk=pair.second.pk).update(is_active=True)
    custody.remove_keyholder(by=pair.first, keyholder=Keyholder.objects.get(user=pair.second))
    pair.secret = opened_by(pair.first, pair.consultation.passphrase, pair.consultation.collection)
    check_nothing_is_written(pair, request, "Nobody whose keys")


def test_only_whoever_asked_takes_the_copy_out(pair: Pair) -> None:
    request = pair.approve(pair.ask())
    theirs = unlock.resume(pair.second_secret, by=pair.second)
    target = io.BytesIO()
    for by, grant in ((pair.second, theirs), (pair.first, theirs)):
        with pytest.raises(ExportRefused, match="Somebody else asked"):
            exports.write_export(by=by, grant=grant, request=request, target=target)
    assert target.getvalue() == b""


def test_asking_anew_for_another_key_needs_a_new_approval(pair: Pair) -> None:
    first = pair.approve(pair.ask())
    second = pair.ask(recipient=agefile.new_key_pair().public)
    check_nothing_is_written(pair, first, "This request is gone")
    check_nothing_is_written(pair, second, "Nobody whose keys")
    pair.secret = opened_by(pair.first, pair.consultation.passphrase, pair.consultation.collection)
    third = pair.ask()
    assert exports.open_requests(pair.consultation.collection) == [third]
    with pytest.raises(ExportRefused, match="This request is gone"):
        pair.approve(first)


def test_keys_that_are_out_of_date_write_nothing(pair: Pair) -> None:
    third = custody.enrol_keyholder(by=None, user=user("third")).keyholder
    custody.grant_access(by=pair.first, grant=pair.grant, keyholder=third)
    custody.remove_keyholder(by=None, keyholder=third)
    request, target = pair.approve(pair.ask()), io.BytesIO()
    with pytest.raises(Stale):
        exports.write_export(by=pair.first, grant=pair.grant, request=request, target=target)
    assert target.getvalue() == b""
    assert entries("export made") == []


def test_the_table_refuses_what_is_no_public_key(pair: Pair) -> None:
    request = pair.ask()
    with pytest.raises(agefile.NotAKey):
        pair.ask(recipient="age1" + "q" * 58)
    with pytest.raises(IntegrityError, match="is_an_age_key"), transaction.atomic():
        ExportRequest.objects.filter(pk=request.pk).update(recipient="AGE-SECRET-KEY-1" + "Q" * 40)
    assert ExportRequest.objects.get().recipient == pair.offline.public


# The log and the quota.


def test_the_log_names_the_key_and_how_many_and_no_record(pair: Pair) -> None:
    told = [tell(pair.consultation) for _number in range(3)]
    pair.write(pair.approve(pair.ask()))
    mark = exports.fingerprint_of(pair.offline.public)
    assert mark == hashlib.sha256(pair.offline.public.encode()).hexdigest()[:32]
    second = Keyholder.objects.get(user=pair.second)
    (asked,), (approved,), (made,) = (
        entries(f"export {word}") for word in ("asked for", "approved", "made")
    )
    assert (asked.actor, asked.reason) == (pair.first, f"to {mark}: To read it offline")
    assert (approved.actor, approved.reason) == (pair.second, f"to {mark}")
    assert (made.actor, made.reason) == (
        pair.first,
        f"3 records to {mark}, approved by keyholder {second.pk}",
    )
    text = str(list(AuditEntry.objects.values_list("action", "subject", "reason")))
    for one in told:
        assert str(one.record_id) not in text
        assert one.record_id.hex not in text
        assert audit.subject_of(one.record_id) not in text
    assert WORDS not in text
    assert audit.check_chain()[0] == AuditEntry.objects.count()


def test_a_fifth_copy_in_an_hour_waits(pair: Pair) -> None:
    request = pair.approve(pair.ask())
    assert configured.VAULT_QUOTAS["export made"] == 4
    for _copy in range(4):
        pair.write(request)
    target = io.BytesIO()
    with pytest.raises(QuotaSpent, match="4 is the most"):
        exports.write_export(by=pair.first, grant=pair.grant, request=request, target=target)
    assert target.getvalue() == b""
    assert len(entries("export made")) == 4


@pytest.mark.parametrize("step", ["ask", "approve", "write"])
def test_when_the_audit_entry_fails_nothing_has_happened(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    tell(pair.consultation)
    request = None if step == "ask" else pair.ask()
    if step == "write" and request:
        pair.approve(request)
    grant, target = pair.grant, io.BytesIO()

    def fail(**_kwargs: object) -> None:
        raise OSError("the disk is full")

    acts = {
        "ask": pair.ask,
        "approve": lambda: pair.approve(request),
        "write": lambda: exports.write_export(
            by=pair.first, grant=grant, request=request, target=target
        ),
    }
    with monkeypatch.context() as patched:
        patched.setattr(audit, "append", fail)
        with pytest.raises(OSError, match="disk"):
            acts[step]()
    assert target.getvalue() == b""
    assert ExportRequest.objects.count() == (0 if step == "ask" else 1)
    assert ExportRequest.objects.filter(approved_with__isnull=False).exists() == (step == "write")
    assert entries("export made") == []


# The child process.


@pytest.fixture
def child_sees(own: OwnDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A child process that opens the same database, with settings read from its environment."""
    if IS_POSTGRESQL:
        given = connection.settings_dict
        address = (
            f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}"
            f"/{own.name}"
        )
    else:
        address = f"sqlite:///{own.name}"
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "cms.settings.development")
    monkeypatch.setenv("AT_THE_TABLE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with own.connected():
        yield


def all_bytes(*folders: Path) -> bytes:
    return b"".join(
        file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()
    )


@pytest.mark.slow
def test_a_child_process_seals_a_copy_and_leaves_nothing_in_clear(
    child_sees: None,
    own: OwnDatabase,
    offline: OfflineKey,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    pair = paired(factories.consultation(), offline)
    told = {str(tell(pair.consultation).record_id) for _number in range(40)}
    request = pair.approve(pair.ask())
    copy = exports.stream_export(by=pair.first, grant=pair.grant, request=request)
    sealed = b"".join(copy)
    copy.close()
    assert set(offline.records(sealed)) == told
    assert len(entries("export made")) == 1
    assert capfd.readouterr().err == ""
    left = all_bytes(tmp_path) + b"".join(file.read_bytes() for file in own.files())
    assert WORDS.encode() not in left
    assert b"age-encryption.org" not in left


@pytest.mark.slow
def test_a_record_that_does_not_open_stops_a_copy_and_no_message_says_more_than_that(
    child_sees: None, offline: OfflineKey, capfd: pytest.CaptureFixture[str]
) -> None:
    pair = paired(factories.consultation(), offline)
    tell(pair.consultation)
    spoilt = tell(pair.consultation)
    other = PendingRecord.objects.exclude(id=spoilt.record_id).get()
    PendingRecord.objects.filter(id=spoilt.record_id).update(sealed=other.sealed)
    request = pair.approve(pair.ask())
    with pytest.raises(ExportFailed, match="was not finished"):
        exports.stream_export(by=pair.first, grant=pair.grant, request=request)
    said = capfd.readouterr().err
    assert said == "CommandError: A copy was not finished: DoesNotOpen\n"


def test_a_child_that_dies_on_the_way_breaks_the_copy_off() -> None:
    def dying(script: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE)

    with pytest.raises(ExportFailed):
        exports.Copy(dying("echo half; exit 1"))
    broken = exports.Copy(dying("head -c 3000000 /dev/zero; exit 3"))
    with pytest.raises(ExportFailed):
        list(broken)
    broken.close()
    whole = exports.Copy(dying("head -c 3000000 /dev/zero"))
    assert sum(map(len, whole)) == 3_000_000
    whole.close()
    left = dying("head -c 3000000 /dev/zero; sleep 60")
    unread = exports.Copy(left)
    next(iter(unread))
    unread.close()
    assert left.returncode == -9


def test_the_keys_go_to_the_child_by_pipe_alone(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(pair.consultation)
    started: list[dict[str, Any]] = []

    class Child:
        def __init__(self, arguments: list[str], **kwargs: Any) -> None:
            self.stdin, self.stdout = io.BytesIO(), io.BytesIO()
            self.stdin.close = lambda: None  # type: ignore[method-assign]
            started.append({"arguments": arguments, **kwargs, "child": self})

    monkeypatch.setattr(subprocess, "Popen", Child)
    exports._start_child(pair.grant, pair.offline.public)
    (call,) = started
    fed = call["child"].stdin.getvalue()
    grant = json.loads(fed)["grant"]
    assert Grant.from_pipe(grant.encode()) == pair.grant
    for key in json.loads(grant)["keys"]:
        assert key[1] not in str(call["arguments"]) + str(call["env"])


def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal at once where a child would: a child can't see what a test rolls back."""

    class Done:
        def __init__(self, grant: Grant, recipient: str) -> None:
            message = {"recipient": recipient, "grant": grant.to_pipe().decode("ascii")}
            self.stdout = io.BytesIO()
            exports.seal_from_pipe(json.dumps(message).encode(), self.stdout)
            self.stdout.seek(0)

        def wait(self) -> int:
            return 0

        poll = wait

    monkeypatch.setattr(exports, "_start_child", Done)
    monkeypatch.setattr(exports.resource, "setrlimit", lambda *_args: None)
    monkeypatch.setattr(exports.gc, "freeze", lambda: None)


# The pages, walked by two people in two browsers.


@dataclass
class Two:
    """Two keyholders, each in a browser of their own, both with open keys."""

    pair: Pair
    first: Client
    second: Client

    @property
    def ask(self) -> str:
        return at(self.pair.consultation, "copy/")

    def asked(self) -> ExportRequest:
        done = self.first.post(
            self.ask, {"recipient": self.pair.offline.public, "reason": "To read it offline"}
        )
        assert done.status_code == 302, text_of(done)
        return ExportRequest.objects.get()

    def page(self, client: Client) -> str:
        return text_of(client.get(at(self.pair.consultation)))


@pytest.fixture
def two(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Two:
    in_this_process(monkeypatch)
    first = unlocked(team_client(pair.first, "Keyholders"), pair.consultation)
    second = unlocked(team_client(pair.second, "Keyholders"), pair.consultation, pair.second_words)
    return Two(pair, first, second)


def test_two_people_take_a_copy_out_by_the_pages(two: Two) -> None:
    told = tell(two.pair.consultation)
    assert "Ask for a copy" in two.page(two.first)
    guide = text_of(two.first.get(two.ask))
    for words in ("age-keygen -o key.txt", "delete them there by hand", "within 14 days"):
        assert words in guide
    request = two.asked()
    mine = two.page(two.first)
    assert "Not approved yet" in mine
    assert "Download the sealed copy" not in mine
    theirs = two.page(two.second)
    assert "keyholder asks for a copy: “To read it offline”" in theirs
    approve = reverse("vault:approve_export", args=[request.pk])
    looked = text_of(two.second.get(approve))
    groups = " ".join(two.pair.offline.public[start : start + 5] for start in range(0, 62, 5))
    for words in (groups, exports.fingerprint_of(two.pair.offline.public), "Records in it   1"):
        assert " ".join(words.split()) in " ".join(looked.split())
    hasty = two.second.post(approve, {})
    assert hasty.status_code == 422
    done = two.second.post(approve, {"compared": "on"}, follow=True)
    assert "Approved, for as long as your keys are open" in text_of(done)
    assert "Approved by peer" in two.page(two.first)
    response = two.first.post(reverse("vault:write_export", args=[request.pk]))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="copy.age"'
    assert response["Cache-Control"] == "no-store"
    found = two.pair.offline.records(b"".join(response.streaming_content))
    assert set(found) == {str(told.record_id)}
    log = text_of(two.first.get(f"{VAULT}audit/"))
    assert "export made" in log


def test_without_approval_the_button_is_not_there_and_pressing_it_is_refused(two: Two) -> None:
    request = two.asked()
    said = two.first.post(reverse("vault:write_export", args=[request.pk]), follow=True)
    assert "Nobody whose keys are open now has approved this" in text_of(said)
    assert "Download the sealed copy" not in text_of(said)


def test_one_cannot_approve_ones_own_on_the_page(two: Two) -> None:
    request = two.asked()
    approve = reverse("vault:approve_export", args=[request.pk])
    assert approve not in two.first.get(at(two.pair.consultation)).content.decode()
    refused = two.first.post(approve, {"compared": "on"})
    assert refused.status_code == 422
    assert "Somebody else must approve it" in text_of(refused)


def test_when_the_approver_locks_the_button_goes(two: Two) -> None:
    request = two.asked()
    two.second.post(reverse("vault:approve_export", args=[request.pk]), {"compared": "on"})
    assert "Download the sealed copy" in two.page(two.first)
    two.second.post(f"{VAULT}lock/")
    assert "Not approved yet" in two.page(two.first)
    said = two.first.post(reverse("vault:write_export", args=[request.pk]), follow=True)
    assert "Nobody whose keys are open now has approved this" in text_of(said)


def test_when_the_asker_locks_the_request_is_gone_for_the_other(two: Two) -> None:
    request = two.asked()
    two.first.post(f"{VAULT}lock/")
    assert "asks for a copy" not in two.page(two.second)
    for page in ("approve_export", "write_export"):
        said = two.second.post(reverse(f"vault:{page}", args=[request.pk]), follow=True)
        assert "This request is gone" in text_of(said)
    assert two.second.get(reverse("vault:approve_export", args=[uuid.uuid4()])).headers[
        "Location"
    ] == reverse("vault:index")


@pytest.mark.parametrize("typed", ["age1 is not a key", "ssh-ed25519 AAAAC3", "age1" + "q" * 58])
def test_a_wrong_key_is_explained_and_what_was_typed_is_kept(two: Two, typed: str) -> None:
    response = two.first.post(two.ask, {"recipient": typed, "reason": "My own reason"})
    assert response.status_code == 422
    assert "This is not a whole public key" in text_of(response)
    for kept in (typed, "My own reason"):
        assert f'value="{kept}"' in response.content.decode()
    assert not ExportRequest.objects.exists()


def test_a_secret_half_pasted_by_mistake_is_never_printed_back(two: Two) -> None:
    secret = agefile.new_key_pair().secret
    response = two.first.post(two.ask, {"recipient": f" {secret.lower()}", "reason": "Oh"})
    assert "That was the secret half" in text_of(response)
    assert secret[-20:].lower() not in response.content.decode().lower()
    assert 'value="Oh"' in response.content.decode()


def test_the_words_before_the_key_may_be_copied_along(two: Two) -> None:
    key = two.pair.offline.public
    two.first.post(two.ask, {"recipient": f"Public key: {key} ", "reason": "To read it"})
    assert ExportRequest.objects.get().recipient == key


def test_the_pages_need_open_keys_of_that_collection(two: Two) -> None:
    request = two.asked()
    two.second.post(f"{VAULT}lock/")
    assert "Take a copy out" not in two.page(two.second)
    here = at(two.pair.consultation)
    for page, onward in (
        (two.ask, two.ask),
        (reverse("vault:approve_export", args=[request.pk]), None),
        (reverse("vault:write_export", args=[request.pk]), here),
    ):
        response = two.second.post(page, {"compared": "on"})
        assert response["Location"] == f"{reverse('vault:unlock')}?next={onward or page}"
    assert ExportRequest.objects.get().approved_with is None


@pytest.mark.parametrize(
    "role", ["Peer readers", "Approvers", "Analysts", "Administrators", "Editors", "Publishers"]
)
def test_a_role_that_may_not_is_refused(pair: Pair, role: str) -> None:
    request = pair.ask()
    client = team_client(pair.second, role)
    if role in ("Peer readers", "Approvers", "Analysts"):
        unlocked(client, pair.consultation, pair.second_words)
        assert "Take a copy out" not in text_of(client.get(at(pair.consultation)))
    for page in (
        at(pair.consultation, "copy/"),
        reverse("vault:approve_export", args=[request.pk]),
        reverse("vault:write_export", args=[request.pk]),
    ):
        assert client.post(page, {"compared": "on"}).status_code == 403
        assert client.get(page).status_code == 403
    assert ExportRequest.objects.get().approved_with is None


def test_a_copy_that_fails_before_its_first_byte_is_said_on_the_page(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = two.asked()
    two.second.post(reverse("vault:approve_export", args=[request.pk]), {"compared": "on"})

    def fail(*_args: object) -> Any:
        return subprocess.Popen(["/bin/false"], stdout=subprocess.PIPE)

    monkeypatch.setattr(exports, "_start_child", fail)
    said = two.first.post(reverse("vault:write_export", args=[request.pk]), follow=True)
    assert "The copy was not finished" in text_of(said)


# The command line.


def run_command(pair: Pair, target: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    team_client(pair.first, "Keyholders")
    team_client(pair.second, "Keyholders")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(words) + "\n"))
    call_command(
        "export_collection",
        pair.consultation.collection.name,
        "--holder=keyholder",
        "--approver=peer",
        f"--recipient={pair.offline.public}",
        "--reason=To read it offline",
        f"--to={target}",
    )


def test_two_people_take_a_copy_out_at_the_terminal(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tell(pair.consultation)
    target, before = tmp_path / "copy.age", UnlockedKeys.objects.count()
    run_command(pair, target, monkeypatch, pair.consultation.passphrase, pair.second_words)
    assert set(pair.offline.records(target.read_bytes())) == {str(told.record_id)}
    assert os.stat(target).st_mode & 0o777 == 0o600
    assert f"Records sealed in {target}: 1." in capsys.readouterr().out
    assert UnlockedKeys.objects.count() == before
    assert WORDS.encode() not in all_bytes(tmp_path)
    with pytest.raises(CommandError, match="exists"):
        run_command(pair, target, monkeypatch, pair.consultation.passphrase, pair.second_words)
    assert set(pair.offline.records(target.read_bytes())) == {str(told.record_id)}


def test_at_the_terminal_one_person_is_not_enough(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(pair.consultation)
    target, before = tmp_path / "copy.age", UnlockedKeys.objects.count()
    own = pair.consultation.passphrase
    with pytest.raises(CommandError, match="does not open the vault"):
        run_command(pair, target, monkeypatch, own, own)
    assert not target.exists()
    assert UnlockedKeys.objects.count() == before


def test_nothing_of_a_copy_stays_in_the_vault(pair: Pair) -> None:
    records = Record.objects.count() + PendingRecord.objects.count()
    pair.write(pair.approve(pair.ask()))
    unlock.lock(pair.secret, by=pair.first)
    assert not ExportRequest.objects.exists()
    assert Record.objects.count() + PendingRecord.objects.count() == records
