from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cms.accounts.models import User
from cms.accounts.roles import sync_roles
from testimony.vault import audit, chores, vouchers
from testimony.vault.models import AuditEntry, SpentToken, Voucher
from tests import factories
from tests.factories import Consultation, user
from tests.testimony.vault.databases import OwnDatabase, at_once

DOOR = "abcdefghjk"
OTHER_DOOR = "zzzzzzzzzz"


def with_role(person: User, role: str) -> User:
    sync_roles()
    person.groups.set(Group.objects.filter(name=role))
    return User.objects.get(pk=person.pk)


@pytest.fixture
def peer(consultation: Consultation) -> User:
    return with_role(consultation.peer, "Peer readers")


def made(peer: User, consultation: Consultation, count: int = 1, **others: Any) -> list[str]:
    wanted = {
        "door": DOOR,
        "kind": Voucher.Kind.CARD,
        "expires": timezone.now().date(),
        **others,
    }
    return vouchers.make_vouchers(
        by=peer, collection=consultation.collection, count=count, **wanted
    )


def test_codes_have_almost_sixty_bits_no_look_alikes_and_spell_nothing(
    peer: User, consultation: Consultation
) -> None:
    codes = made(peer, consultation, 200)
    assert len(set(codes)) == 200
    signs = set("".join(codes)) - {"-"}
    assert not signs & set("aeilou")
    assert len(signs) == 30
    assert all(re.fullmatch(r"[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}", code) for code in codes)
    assert len(signs) ** vouchers.SIGNS > 2**58


def test_only_a_keyed_digest_is_stored(
    peer: User, consultation: Consultation, settings: Any
) -> None:
    (code,) = made(peer, consultation)
    row = Voucher.objects.values().get()
    assert code not in str(row)
    assert code.replace("-", "") not in str(row)
    settings.VAULT_PEPPER = "another"
    assert vouchers.kind_of(code) is None


def test_rows_stand_in_another_order_than_the_codes_on_the_sheet(
    peer: User, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[list[str]] = []
    monkeypatch.setattr(
        Voucher.objects, "bulk_create", lambda rows, **_kw: orders.append([r.digest for r in rows])
    )
    codes = made(peer, consultation, 100)
    assert orders[0] != [vouchers._digest_of(code) for code in codes]
    assert sorted(orders[0]) == sorted(vouchers._digest_of(code) for code in codes)


def test_the_log_learns_how_many_and_no_code(peer: User, consultation: Consultation) -> None:
    codes = made(peer, consultation, 12)
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.actor_id) == ("cards made", peer.pk)
    assert entry.reason == f"{DOOR}: 12"
    assert not any(code in f"{entry.subject} {entry.reason}" for code in codes)
    assert entry.action in audit.ACTIONS


@pytest.mark.parametrize("role", ["Editors", "Publishers", "Administrators"])
def test_codes_are_made_and_taken_back_by_those_alone_who_may_hold_keys(
    consultation: Consultation, role: str
) -> None:
    person = with_role(user("somebody"), role)
    with pytest.raises(PermissionDenied):
        made(person, consultation)
    with pytest.raises(PermissionDenied):
        vouchers.revoke_unused(by=person, door=DOOR)
    assert not Voucher.objects.exists()


@pytest.mark.parametrize("count", [0, 201])
def test_so_many_codes_are_not_made_at_once(
    peer: User, consultation: Consultation, count: int
) -> None:
    with pytest.raises(ValueError, match="200"):
        made(peer, consultation, count)


def test_a_failed_last_write_leaves_no_code_behind(
    peer: User, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sabotage(**_kwargs: Any) -> None:
        raise IntegrityError("The last write fails.")

    monkeypatch.setattr(audit, "append", sabotage)
    with pytest.raises(IntegrityError):
        made(peer, consultation, 3)
    assert not Voucher.objects.exists()


@given(st.data(), st.text(vouchers._ALPHABET, min_size=12, max_size=12))
def test_a_code_is_read_in_any_case_with_or_without_dashes_and_look_alikes(
    data: Any, code: str
) -> None:
    typed = ""
    for sign in code:
        alike = {"0": "0oO", "1": "1lLiI", "v": "vVuU"}.get(sign, sign + sign.upper())
        typed += data.draw(st.sampled_from(alike)) + data.draw(st.sampled_from(["", " ", "-", "–"]))
    assert vouchers._digest_of(typed) == vouchers._digest_of(code)


@pytest.mark.parametrize("typed", ["", "x" * 5000, "\ud800", "é" * 12, "\x00", "ab cd", "①②③④"])
def test_anything_typed_is_answered(db: Any, typed: str) -> None:
    assert vouchers.kind_of(typed) is None
    with transaction.atomic():
        assert vouchers.spend(typed, door=DOOR) is None


def test_looking_a_code_up_does_not_use_it_up(peer: User, consultation: Consultation) -> None:
    (code,) = made(peer, consultation, kind=Voucher.Kind.ASSISTED)
    for _time in range(3):
        assert vouchers.kind_of(code.upper()) == vouchers.Found(Voucher.Kind.ASSISTED, DOOR)
    assert vouchers.kind_of(code, door=DOOR) is not None
    assert vouchers.kind_of(code, door=OTHER_DOOR) is None


def test_a_code_is_used_once_and_its_row_is_gone(peer: User, consultation: Consultation) -> None:
    (code,) = made(peer, consultation)
    with transaction.atomic():
        assert vouchers.spend(code, door=DOOR) == Voucher.Kind.CARD
    assert not Voucher.objects.exists()
    with transaction.atomic():
        assert vouchers.spend(code, door=DOOR) is None
    assert vouchers.kind_of(code) is None


def test_a_code_opens_its_own_door_only(peer: User, consultation: Consultation) -> None:
    (code,) = made(peer, consultation)
    with transaction.atomic():
        assert vouchers.spend(code, door=OTHER_DOOR) is None
    assert vouchers.count_unused(DOOR) == 1


def test_a_code_holds_through_its_last_day(peer: User, consultation: Consultation) -> None:
    today = timezone.now().date()
    (last,) = made(peer, consultation, expires=today)
    (old,) = made(peer, consultation, expires=today - dt.timedelta(days=1))
    assert vouchers.kind_of(last) is not None
    assert vouchers.kind_of(old) is None
    with transaction.atomic():
        assert vouchers.spend(old, door=DOOR) is None
    assert vouchers.count_unused(DOOR) == 1


def test_a_code_holds_when_sending_failed(peer: User, consultation: Consultation) -> None:
    (code,) = made(peer, consultation)

    def send() -> None:
        with transaction.atomic():
            vouchers.spend(code, door=DOOR)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        send()
    assert vouchers.kind_of(code) is not None


@pytest.mark.django_db(transaction=True)
def test_a_code_is_used_within_an_action_only() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        vouchers.spend("abcd", door=DOOR)


def test_a_known_code_costs_what_an_unknown_one_costs(
    peer: User, consultation: Consultation
) -> None:
    (code,) = made(peer, consultation)
    (old,) = made(peer, consultation, expires=timezone.now().date() - dt.timedelta(days=1))

    def cost(typed: str, *, spent: bool) -> list[str]:
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            transaction.atomic(),
        ):
            if spent:
                vouchers.spend(typed, door=DOOR)
            else:
                vouchers.kind_of(typed)
        found = [re.sub(r"'[^']*'", "?", query["sql"]) for query in queries]
        return [re.sub(r"\"s\d+\S*\"|s\d+_x\d+", "s", sql) for sql in found]

    for spent in (False, True):
        unknown = cost("0000-0000-0000", spent=spent)
        assert cost(old, spent=spent) == unknown
        assert cost(code, spent=spent) == unknown


def test_unused_codes_are_taken_back_by_kind(peer: User, consultation: Consultation) -> None:
    made(peer, consultation, 3)
    made(peer, consultation, 2, kind=Voucher.Kind.ASSISTED)
    made(peer, consultation, 4, door=OTHER_DOOR)
    assert vouchers.count_unused(DOOR) == 5
    assert vouchers.revoke_unused(by=peer, door=DOOR, kind=Voucher.Kind.CARD) == 3
    assert vouchers.count_unused(DOOR, Voucher.Kind.ASSISTED) == 2
    assert vouchers.revoke_unused(by=peer, door=DOOR) == 2
    assert vouchers.count_unused(OTHER_DOOR) == 4
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.subject, entry.reason) == ("codes taken back", DOOR, "2")
    audit.check_chain()


def test_a_mark_counts_once_and_is_stored_as_a_digest(db: Any) -> None:
    with transaction.atomic():
        assert vouchers.use_once("a mark")
        assert not vouchers.use_once("a mark")
        assert vouchers.use_once("another")
    rows = list(SpentToken.objects.all())
    assert len(rows) == 2
    assert all("mark" not in row.digest and len(row.digest) == 64 for row in rows)
    tomorrow = timezone.now().date() + dt.timedelta(days=1)
    assert {row.expires for row in rows} == {tomorrow}


def test_a_mark_counts_again_when_sending_failed(db: Any) -> None:
    def send() -> None:
        with transaction.atomic():
            vouchers.use_once("a mark")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        send()
    with transaction.atomic():
        assert vouchers.use_once("a mark")


def test_the_daily_job_forgets_codes_and_marks_past_their_day(
    peer: User, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.now().date()
    made(peer, consultation, 2, expires=today - dt.timedelta(days=1))
    made(peer, consultation, 1, expires=today)
    vouchers.use_once("young")
    SpentToken.objects.create(digest="ab" * 32, expires=today - dt.timedelta(days=1))
    done = chores.Done()
    chores._CHORES["forgetting old codes and marks"](done)
    assert done.lines == [
        "2 codes and 1 marks past their last day forgotten.",
        "0 batches of paper past their last day forgotten.",
    ]
    assert Voucher.objects.count() == 1
    assert SpentToken.objects.count() == 1


@pytest.fixture
def shared(own: OwnDatabase) -> Iterator[tuple[Consultation, User]]:
    with own.connected():
        consultation = factories.consultation()
        yield consultation, with_role(consultation.peer, "Peer readers")


def test_of_many_who_use_one_code_at_once_one_has_it(shared: tuple[Consultation, User]) -> None:
    consultation, peer = shared
    (code,) = made(peer, consultation)

    def use() -> Any:
        with transaction.atomic():
            found = vouchers.spend(code, door=DOOR)
            # The record is written here; whoever comes meanwhile waits.
            SpentToken.objects.filter(digest="none").delete()
            return found

    assert sorted(map(str, at_once(*[use] * 6))) == sorted(["card", *["None"] * 5])


def test_of_many_who_use_one_mark_at_once_one_counts_and_no_transaction_breaks(
    shared: tuple[Consultation, User],
) -> None:
    def use() -> Any:
        with transaction.atomic():
            was_first = vouchers.use_once("one mark")
            # The transaction goes on: what is written after it holds.
            vouchers.use_once(f"after {was_first}")
            return was_first

    assert sorted(at_once(*[use] * 6)) == [False] * 5 + [True]
    assert SpentToken.objects.count() == 3
