"""Two at the same moment: nothing is lost, nobody keeps what was taken away, no page breaks.

Each test lets two doors be gone through at once, and holds the first open long enough for the
second to run into it. What must hold after all stands in ``databases.check_whole``.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from testimony.vault import (
    actions,
    audit,
    chores,
    custody,
    disk,
    keyring,
    quotas,
    retention,
    unlock,
    withdrawal,
)
from testimony.vault.custody import CeremonyRefused
from testimony.vault.models import (
    AuditEntry,
    Custody,
    DataKey,
    Destruction,
    Epoch,
    EpochGrant,
    Keyholder,
    PendingRecord,
    ReceiptVerifier,
    Record,
)
from testimony.vault.unlock import Grant
from tests import factories
from tests.factories import Consultation
from tests.testimony.vault.databases import (
    OwnDatabase,
    at_once,
    check_whole,
    frozen,
    quoted,
    told,
)

HELD_OPEN = 0.4


class Two:
    """A consultation with two keyholders, and a third person who holds keys of nothing yet."""

    def __init__(self) -> None:
        self.consultation = factories.consultation()
        self.first = Keyholder.objects.get(user=self.consultation.keyholder)
        enrolled = custody.enrol_keyholder(by=None, user=self.consultation.peer)
        self.second, self.words = enrolled.keyholder, enrolled.passphrase
        custody.grant_access(
            by=self.consultation.keyholder, grant=self.consultation.grant(), keyholder=self.second
        )
        self.third = custody.enrol_keyholder(by=None, user=factories.user("third")).keyholder

    @property
    def by(self) -> tuple[Any, Any]:
        return self.consultation.keyholder, self.consultation.peer

    def grants(self) -> tuple[Grant, Grant]:
        secret = unlock.unlock(
            by=self.consultation.peer,
            passphrase=self.words,
            collection=self.consultation.collection,
            reason="A test",
        )
        return self.consultation.grant(), unlock.resume(secret, by=self.consultation.peer)


@pytest.fixture
def two(own: OwnDatabase) -> Iterator[Two]:
    with own.connected():
        yield Two()


@pytest.fixture
def hold_open(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType, str], None]:
    """Have a function wait when it is first called: whoever calls it stands inside its door."""

    def hold(module: ModuleType, name: str) -> None:
        function, called = getattr(module, name), []

        def slow(*args: Any, **kwargs: Any) -> Any:
            if not called:
                called.append(True)
                time.sleep(HELD_OPEN)
            return function(*args, **kwargs)

        monkeypatch.setattr(module, name, slow)

    return hold


def later(work: Callable[[], Any]) -> Callable[[], Any]:
    """The second through the door."""

    def waits() -> Any:
        time.sleep(HELD_OPEN / 4)
        return work()

    return waits


def at_statement(number: int, work: Callable[[], Any], meanwhile: Callable[[], Any]) -> bool:
    """Run ``work``, and ``meanwhile`` just before its n-th statement; if locks forbid, beside it.

    Returns whether there was an n-th statement.
    """
    reached, finished, count = threading.Event(), threading.Event(), itertools.count(1)

    def before(execute: Any, *args: Any) -> Any:
        if next(count) == number:
            reached.set()
            finished.wait(HELD_OPEN / 4)
        return execute(*args)

    def first() -> bool:
        with connection.execute_wrapper(before):
            work()
        was_reached = reached.is_set()
        reached.set()
        return was_reached

    def second() -> None:
        reached.wait()
        meanwhile()
        finished.set()

    results = at_once(first, second)
    assert _failures(results) == []
    return results[0]


def _failures(results: list[Any]) -> list[Any]:
    return [one for one in results if isinstance(one, Exception)]


# Keyholders.


def test_who_is_let_in_while_being_removed_keeps_nothing(two: Two, hold_open: Any) -> None:
    grant, _other = two.grants()
    first, second = two.by
    hold_open(custody, "_seal_missing")
    results = at_once(
        lambda: custody.grant_access(by=first, grant=grant, keyholder=two.third),
        later(lambda: custody.remove_keyholder(by=second, keyholder=two.third)),
    )
    assert _failures(results) == []
    check_whole()
    newest = Epoch.objects.order_by("month", "-generation").first()
    assert newest.generation == 2, "Keys that a removed person could open must not be used on."


def test_who_is_removed_while_being_let_in_keeps_nothing(two: Two, hold_open: Any) -> None:
    grant, _other = two.grants()
    first, second = two.by
    hold_open(custody, "_remove")
    results = at_once(
        lambda: custody.remove_keyholder(by=second, keyholder=two.third),
        later(lambda: custody.grant_access(by=first, grant=grant, keyholder=two.third)),
    )
    assert results[0] is None
    check_whole()
    assert not EpochGrant.objects.filter(keyholder=two.third).exists()


def test_two_who_let_the_same_person_in_give_them_each_key_once(two: Two, hold_open: Any) -> None:
    grants = two.grants()
    hold_open(custody, "_seal_missing")
    results = at_once(
        *(
            lambda by=by, grant=grant: custody.grant_access(by=by, grant=grant, keyholder=two.third)
            for by, grant in zip(two.by, grants, strict=True)
        )
    )
    assert sorted(results) == [0, Epoch.objects.count()]
    check_whole()


def test_two_who_remove_each_other_leave_one_who_can_open(two: Two, hold_open: Any) -> None:
    first, second = two.by
    hold_open(custody, "_start_new_generation")
    results = at_once(
        lambda: custody.remove_keyholder(by=first, keyholder=two.second),
        lambda: custody.remove_keyholder(by=second, keyholder=two.first),
    )
    assert [type(one) for one in _failures(results)] == [CeremonyRefused]
    assert Custody.objects.count() == 1
    check_whole()


def test_somebody_removed_meanwhile_lets_nobody_in(two: Two, hold_open: Any) -> None:
    _grant, grant = two.grants()
    first, second = two.by
    hold_open(custody, "_start_new_generation")
    results = at_once(
        lambda: custody.remove_keyholder(by=first, keyholder=two.second),
        later(lambda: custody.grant_access(by=second, grant=grant, keyholder=two.third)),
    )
    assert results[0] is None
    assert isinstance(results[1], CeremonyRefused)
    assert not EpochGrant.objects.filter(keyholder=two.third).exists()
    check_whole()


def test_open_keys_older_than_the_newest_epoch_let_nobody_in(two: Two) -> None:
    grant, _other = two.grants()
    first, _second = two.by
    custody.remove_keyholder(by=first, keyholder=two.second)
    with pytest.raises(CeremonyRefused, match="again"):
        custody.grant_access(by=first, grant=grant, keyholder=two.third)
    custody.grant_access(by=first, grant=two.consultation.grant(), keyholder=two.third)
    check_whole()


def test_of_two_new_passphrases_only_the_one_that_opens_is_shown(two: Two, hold_open: Any) -> None:
    first, _second = two.by
    hold_open(custody, "_save_wraps")
    work = lambda: custody.change_passphrase(by=first, passphrase=two.consultation.passphrase)  # noqa: E731
    results = at_once(work, work)
    assert [type(one) for one in _failures(results)] == [CeremonyRefused]
    (shown,) = (one.passphrase for one in results if not isinstance(one, Exception))
    assert keyring.open_keyholder(Keyholder.objects.get(pk=two.first.pk), shown)
    check_whole()


def test_a_passphrase_changed_while_its_holder_is_removed_brings_no_key_back(
    two: Two, hold_open: Any
) -> None:
    first, second = two.by
    hold_open(custody, "_start_new_generation")
    results = at_once(
        lambda: custody.remove_keyholder(by=first, keyholder=two.second),
        later(lambda: custody.change_passphrase(by=second, passphrase=two.words)),
    )
    assert results[0] is None
    assert isinstance(results[1], CeremonyRefused)
    check_whole()


# Records.


def _words(sealed: actions.Sealed) -> str:
    assert sealed.code is not None
    return " ".join(sealed.code)


def _is_gone(record_id: uuid.UUID) -> bool:
    """Whether nothing of a record is left: no key, no receipt, no answers."""
    return not any(
        model.objects.filter(**{field: record_id}).exists()
        for model, field in (
            (DataKey, "record_id"),
            (ReceiptVerifier, "record_id"),
            (PendingRecord, "id"),
            (Record, "id"),
        )
    )


def _sealed_one_by_one(consultation: Consultation, count: int) -> list[actions.Sealed]:
    return [told(consultation) for _number in range(count)]


def test_two_withdrawals_by_the_same_receipt_are_one(two: Two, hold_open: Any) -> None:
    sealed, other = _sealed_one_by_one(two.consultation, 2)
    frozen(two.consultation, quoted(two.consultation, sealed.record_id), "twice.pdf")
    hold_open(withdrawal, "run")
    results = at_once(*[lambda: actions.withdraw_record(code=_words(sealed))] * 2)
    assert _failures(results) == []
    assert True in results
    assert _is_gone(sealed.record_id)
    assert not _is_gone(other.record_id)
    check_whole()


@pytest.mark.parametrize("inside", ["_write_anew", "_taken_out"])
def test_a_withdrawal_while_records_are_moved_reaches_all_of_it(
    two: Two, hold_open: Any, inside: str
) -> None:
    stories = _sealed_one_by_one(two.consultation, 6)
    withdrawn, kept = stories[:3], stories[3:]
    hold_open(actions, inside)
    results = at_once(
        actions.shuffle_pending,
        *(later(lambda one=one: actions.withdraw_record(code=_words(one))) for one in withdrawn),
    )
    assert results == [6, True, True, True]
    assert all(_is_gone(one.record_id) for one in withdrawn)
    assert not any(_is_gone(one.record_id) for one in kept)
    check_whole()


def test_records_moved_while_one_is_withdrawn_do_not_bring_it_back(
    two: Two, hold_open: Any
) -> None:
    stories = _sealed_one_by_one(two.consultation, 6)
    hold_open(withdrawal, "bury")
    results = at_once(
        lambda: actions.withdraw_record(code=_words(stories[0])), later(actions.shuffle_pending)
    )
    assert _failures(results) == []
    assert _is_gone(stories[0].record_id)
    assert Record.objects.count() == 5
    check_whole()


def test_quoting_withdrawn_while_records_are_moved_stops(two: Two, hold_open: Any) -> None:
    sealed, _other = _sealed_one_by_one(two.consultation, 2)
    frozen(two.consultation, quoted(two.consultation, sealed.record_id), "stopped.pdf")
    hold_open(actions, "_write_anew")
    results = at_once(
        actions.shuffle_pending, later(lambda: actions.withdraw_quoting(code=_words(sealed)))
    )
    assert results == [2, True]
    grant = two.consultation.grant()
    assert grant.open_one(sealed.record_id).may_be_quoted is False
    check_whole()


def _expire_everything() -> None:
    Epoch.objects.update(expires=timezone.now().date() - dt.timedelta(days=1))


def test_a_withdrawal_on_the_day_of_destruction_breaks_neither(two: Two, hold_open: Any) -> None:
    stories = _sealed_one_by_one(two.consultation, 4)
    frozen(two.consultation, quoted(two.consultation, stories[0].record_id), "last.pdf")
    actions.shuffle_pending()
    _expire_everything()
    hold_open(retention, "_delete_by_record")
    results = at_once(
        lambda: retention.destroy_expired(by=None),
        *(later(lambda one=one: actions.withdraw_record(code=_words(one))) for one in stories),
    )
    assert _failures(results) == []
    assert all(_is_gone(one.record_id) for one in stories)
    check_whole()


def test_a_destruction_while_somebody_withdraws_breaks_neither(two: Two, hold_open: Any) -> None:
    stories = _sealed_one_by_one(two.consultation, 4)
    _expire_everything()
    hold_open(withdrawal, "bury")
    results = at_once(
        lambda: actions.withdraw_record(code=_words(stories[0])),
        later(lambda: retention.destroy_expired(by=None)),
    )
    assert _failures(results) == []
    assert all(_is_gone(one.record_id) for one in stories)
    check_whole()


def test_two_destructions_at_once_are_one(two: Two, hold_open: Any) -> None:
    _sealed_one_by_one(two.consultation, 2)
    _expire_everything()
    hold_open(retention, "_delete_by_record")
    results = at_once(*[lambda: retention.destroy_expired(by=None)] * 2)
    assert _failures(results) == []
    assert Destruction.objects.count() == 1
    check_whole()


def test_what_comes_in_before_any_statement_of_the_moving_is_not_lost(two: Two) -> None:
    arrived: list[uuid.UUID] = []

    def come_in() -> None:
        arrived.append(told(two.consultation).record_id)

    for number in itertools.count(1):
        come_in()
        went_on = at_statement(number, actions.shuffle_pending, come_in)
        held = {*Record.objects.values_list("id", flat=True)}
        held |= {*PendingRecord.objects.values_list("id", flat=True)}
        assert held == set(arrived), f"Lost before statement {number}."
        if not went_on:
            break
    assert number > 10
    check_whole()


def test_what_is_withdrawn_before_any_statement_of_the_moving_is_gone(two: Two) -> None:
    for number in itertools.count(1):
        stories = _sealed_one_by_one(two.consultation, 2)
        went_on = at_statement(
            number,
            actions.shuffle_pending,
            lambda one=stories[0]: actions.withdraw_record(code=_words(one)),
        )
        assert _is_gone(stories[0].record_id), f"Left before statement {number}."
        assert not _is_gone(stories[1].record_id), f"Lost before statement {number}."
        check_whole()
        if not went_on:
            break
    assert number > 10


def test_on_the_day_of_destruction_nothing_comes_in_that_would_be_left_over(
    two: Two, hold_open: Any
) -> None:
    told(two.consultation)
    _expire_everything()
    hold_open(retention, "_delete_by_record")
    results = at_once(
        lambda: retention.destroy_expired(by=None),
        *[later(lambda: told(two.consultation))] * 4,
    )
    assert [type(one) for one in _failures(results)] == [keyring.NoValidKey] * 4
    check_whole()
    assert not PendingRecord.objects.exists()


# The daily job.


def test_the_daily_job_twice_at_once_is_done_once(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "PATIENCE", 2.0)
    _sealed_one_by_one(two.consultation, 10)
    results = at_once(*[chores.do_all] * 2)
    assert _failures(results) == []
    assert Record.objects.count() == 10
    assert not chores.is_late()
    check_whole()


# What members of the team do.


def test_ten_openings_at_the_edge_of_the_quota_do_not_pass_it(two: Two, settings: Any) -> None:
    settings.VAULT_QUOTAS = {**settings.VAULT_QUOTAS, "transcript opened": 4}
    sealed = told(two.consultation)
    grant = two.consultation.grant()
    first, _second = two.by
    results = at_once(
        *[
            lambda: unlock.open_transcript(
                by=first, grant=grant, record_id=sealed.record_id, reason="A test"
            )
        ]
        * 10
    )
    assert [type(one) for one in _failures(results)] == [quotas.QuotaSpent] * 6
    assert AuditEntry.objects.filter(action="transcript opened").count() == 4
    check_whole()


def test_twenty_actions_at_once_make_one_chain(two: Two) -> None:
    def act(number: int) -> None:
        with transaction.atomic():
            audit.append(by=two.by[number % 2], action="tried", subject=str(number))

    results = at_once(*(lambda number=number: act(number) for number in range(20)))
    assert _failures(results) == []
    tried = AuditEntry.objects.filter(action="tried")
    assert sorted(int(entry.subject) for entry in tried) == list(range(20))
    check_whole()
