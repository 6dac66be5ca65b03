"""Nobody who holds the disk can tell who came first, once the daily job has run."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import pytest
from django.db import connection, models, transaction

from testimony.vault import actions, audit, disk
from testimony.vault.models import (
    AuditEntry,
    DataKey,
    Lane,
    PendingRecord,
    QuotingStop,
    ReceiptVerifier,
    Record,
    RecordBase,
    Tombstone,
)
from tests import factories
from tests.testimony.vault.databases import IS_POSTGRESQL, OwnDatabase

NONE = 0.3
"""For 240 records in random order, a correlation beyond it comes once in 300,000 times."""

AT_REST = (Record, DataKey, ReceiptVerifier)


def _rank_correlation(first: list[uuid.UUID], second: list[uuid.UUID]) -> float:
    """Spearman's rho of two orders of the same things: 1 the same, -1 reversed, 0 none."""
    assert sorted(first) == sorted(second)
    place = {one: number for number, one in enumerate(second)}
    squares = sum((number - place[one]) ** 2 for number, one in enumerate(first))
    return 1 - 6 * squares / (len(first) * (len(first) ** 2 - 1))


def _as_it_lies(model: type[models.Model], among: set[uuid.UUID] | None = None) -> list[uuid.UUID]:
    """The records of a table in the order in which their rows lie on the disk."""
    field = "id" if issubclass(model, RecordBase) else "record_id"
    where = "ctid" if IS_POSTGRESQL else "rowid"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {field} FROM {model._meta.db_table} ORDER BY {where}")
        rows = [uuid.UUID(str(row[0])) for row in cursor.fetchall()]
    return rows if among is None else [one for one in rows if one in among]


def _seal(consultation: factories.Consultation) -> actions.Sealed:
    return actions.seal_record(
        collection_id=consultation.collection.id,
        definition=consultation.call.definition_id,
        payload={"answers": {"story": "words"}, "consents": {}, "language": "en"},
        lane=Lane.OPEN,
        language="en",
        wants_receipt=True,
    )


def _arrive(consultation: factories.Consultation, count: int) -> list[uuid.UUID]:
    return [_seal(consultation).record_id for _number in range(count)]


def _check_no_order(arrived: list[uuid.UUID]) -> None:
    among = set(arrived)
    for model in AT_REST:
        found = _rank_correlation(arrived, _as_it_lies(model, among))
        assert abs(found) < NONE, f"{model.__name__} lies in the order of arrival: {found:.2f}."
    for one, other in itertools.combinations(AT_REST, 2):
        found = _rank_correlation(_as_it_lies(one, among), _as_it_lies(other, among))
        assert abs(found) < NONE, f"{one.__name__} and {other.__name__} lie alike: {found:.2f}."


def test_the_order_of_arrival_is_forgotten_over_two_days_of_a_week(own: OwnDatabase) -> None:
    with own.connected():
        consultation = factories.consultation()
        first_day = _arrive(consultation, 240)
        for model in (PendingRecord, DataKey, ReceiptVerifier):
            # Until the daily job has run, the day's order is there. So this can fail.
            assert _rank_correlation(first_day, _as_it_lies(model)) == 1
        actions.shuffle_pending()
        _check_no_order(first_day)

        second_day = _arrive(consultation, 120)
        assert _rank_correlation(second_day, _as_it_lies(PendingRecord)) == 1
        before = _as_it_lies(Record)
        actions.shuffle_pending()
        _check_no_order(first_day + second_day)
        among = set(first_day)
        assert abs(_rank_correlation(before, _as_it_lies(Record, among))) < NONE

        disk.sweep()
        _check_no_order(first_day + second_day)
        if IS_POSTGRESQL:
            _check_written_by_one_transaction()


def _check_written_by_one_transaction() -> None:
    """PostgreSQL notes in each row which transaction wrote it: for a week's rows, the same."""
    with connection.cursor() as cursor:
        for model in AT_REST:
            cursor.execute(f"SELECT count(DISTINCT xmin::text) FROM {model._meta.db_table}")
            assert cursor.fetchone()[0] == 1, model.__name__


@pytest.mark.skipif(not IS_POSTGRESQL, reason="SQLite keeps no number of a transaction")
def test_no_transaction_number_tells_the_day_of_a_quiet_week_or_of_a_withdrawal(
    own: OwnDatabase,
) -> None:
    """One record comes, one is withdrawn, one is not to be quoted; staff act before and after."""
    with own.connected():
        consultation = factories.consultation()
        codes = [
            " ".join(sealed.code or ()) for sealed in (_seal(consultation) for _number in range(3))
        ]
        actions.withdraw_record(code=codes[0])
        with transaction.atomic():
            audit.append(by=None, action="between")
        actions.withdraw_quoting(code=codes[1])
        actions.shuffle_pending()
        with transaction.atomic():
            audit.append(by=None, action="after")
        actions.shuffle_pending()
        numbers = {
            model: _transactions_of(model)
            for model in (Record, DataKey, ReceiptVerifier, QuotingStop, Tombstone)
        }
        assert len(set().union(*numbers.values())) == 1, "all were written anew by the last job"
        assert max(_transactions_of(AuditEntry), key=int) < max(numbers[Record], key=int)


def _transactions_of(model: type[models.Model]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT xmin::text FROM {model._meta.db_table}")
        return {row[0] for row in cursor.fetchall()}


def test_the_marks_of_withdrawals_lie_in_no_order(own: OwnDatabase) -> None:
    with own.connected():
        consultation = factories.consultation()
        sealed = [_seal(consultation) for _number in range(200)]
        for one in sealed:
            actions.withdraw_quoting(code=" ".join(one.code or ()))
        ids = [one.record_id for one in sealed]
        assert _rank_correlation(ids, _as_it_lies(QuotingStop)) == 1
        actions.shuffle_pending()
        assert abs(_rank_correlation(ids, _as_it_lies(QuotingStop))) < NONE


@pytest.mark.parametrize("model", [PendingRecord, *AT_REST])
def test_no_column_counts_or_tells_a_time(model: type[models.Model], db: Any) -> None:
    for field in model._meta.concrete_fields:
        assert not isinstance(field, models.AutoField | models.DateTimeField | models.TimeField)
        assert not isinstance(field, models.DateField) or field.name == "expires"
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if IS_POSTGRESQL:
            cursor.execute(
                "SELECT count(*) FROM information_schema.columns WHERE table_name = %s AND"
                " (column_default IS NOT NULL OR is_identity = 'YES' OR is_generated = 'ALWAYS')",
                [table],
            )
            assert cursor.fetchone()[0] == 0
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
            assert "AUTOINCREMENT" not in cursor.fetchone()[0].upper()


def test_a_months_last_day_is_the_only_date_and_all_of_a_week_share_it(own: OwnDatabase) -> None:
    with own.connected():
        _arrive(factories.consultation(), 5)
        kept = PendingRecord.objects.values_list("month", "week", "expires", "bucket").distinct()
        assert kept.count() == 1
