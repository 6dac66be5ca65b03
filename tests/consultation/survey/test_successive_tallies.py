"""One count after another: what stays of the earlier one can't be subtracted from the later."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from consultation.report import actions as reports
from consultation.report.models import Report, Snapshot
from consultation.survey import counting, findings
from consultation.survey.counting import count
from consultation.survey.models import Survey, TallyRun
from consultation.survey.submitting import submit_response
from testimony.vault import actions as vault
from testimony.vault import custody, disk
from testimony.wizard import definition as definitions
from tests import factories
from tests.factories import Consultation, team_client
from tests.testimony.vault.databases import IS_POSTGRESQL, OwnDatabase, segments_thrown_away

ANSWERS = {
    "age": "adult",
    "count": "yes",
    "words": "discard",
    "audience": "readers",
    "setting": "online",
}


def _answer(consultation: Consultation, times: int, trust: str = "t1") -> list[vault.Sealed]:
    return [
        submit_response(
            survey=consultation.survey, answers={**ANSWERS, "trust": trust}, language="en"
        )
        for _number in range(times)
    ]


def _begun(consultation: Consultation) -> TallyRun:
    return TallyRun.objects.create(
        collection=consultation.collection, definition_id=consultation.survey.version.definition_id
    )


def _counted(consultation: Consultation) -> TallyRun:
    return count(_begun(consultation).pk, consultation.grant())


def _report(consultation: Consultation, title: str = "What people told us") -> Report:
    today = timezone.now().date()
    made: Report = Report.objects.create(
        collection=consultation.collection,
        survey=consultation.survey,
        campaign="A campaign",
        title=title,
        addressee_office="Chief of Police",
        addressee_organisation="Police Service",
        sender_organisation="The organisation",
        sender_contact_role="coordinator",
        dated=today,
        reply_by=today + dt.timedelta(weeks=12),
        summary="[]",
        about="[]",
        method="[]",
        limits="[]",
    )
    made.asks.create(
        text="Consult.", owner="Chief", action="Meet.", by_when=today, evidence="trust"
    )
    return made


def _texts() -> Iterator[str]:
    """Every value of every row of every table, as text."""
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values_list():
            for value in row:
                raw = bytes(value) if isinstance(value, bytes | memoryview) else value
                yield (
                    raw.decode("latin-1")
                    if isinstance(raw, bytes)
                    else json.dumps(raw, default=str)
                )


def _numbers_of_trust() -> set[tuple[Any, ...]]:
    """Each count of the question “trust” that can be read anywhere in the database."""
    found = set()

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("question") == "trust" and "cells" in value:
                cells = tuple((cell["code"], cell["count"]) for cell in value["cells"])
                found.add((value["base"], *cells))
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    for text in _texts():
        try:
            look(json.loads(text))
        except ValueError:
            continue
    return found


def test_after_one_more_answer_nothing_kept_lets_one_subtract(consultation: Consultation) -> None:
    _answer(consultation, 30)
    _answer(consultation, 10, trust="t5")
    _counted(consultation)
    first = _numbers_of_trust()
    assert len(first) == 1, "The test must be able to find them."
    stored = reports.freeze_snapshot(by=None, report=_report(consultation))
    assert _numbers_of_trust() == first
    (late,) = _answer(consultation, 1, trust="t5")
    _counted(consultation)
    assert len(_numbers_of_trust()) == 1
    assert _numbers_of_trust() != first
    assert not Snapshot.objects.filter(pk=stored.pk).exists()
    vault.withdraw_record(code=" ".join(late.code or ()))
    _counted(consultation)
    assert _numbers_of_trust() == first


def test_what_is_kept_of_an_earlier_count_is_that_it_was_made(consultation: Consultation) -> None:
    _answer(consultation, 24)
    runs = [_counted(consultation) for _number in range(3)]
    kept = [TallyRun.objects.get(pk=run.pk) for run in runs]
    assert [bool(run.tables) for run in kept] == [False, False, True]
    assert [run.is_replaced for run in kept] == [True, True, False]
    assert {run.state for run in kept} == {TallyRun.State.DONE}
    assert {run.created_on for run in kept} == {timezone.now().date()}
    assert list(TallyRun.objects.all()) == kept[::-1]


def test_whichever_count_ends_last_holds_the_only_tables(consultation: Consultation) -> None:
    _answer(consultation, 24)
    slow, unfinished = _begun(consultation), _begun(consultation)
    TallyRun.objects.filter(pk=unfinished.pk).update(tables={"participants": 24})
    _answer(consultation, 1)
    quick = _counted(consultation)
    assert not TallyRun.objects.get(pk=unfinished.pk).tables
    done = count(slow.pk, consultation.grant())
    assert not TallyRun.objects.get(pk=quick.pk).tables
    digest = consultation.survey.version.definition_id
    found = findings.of(consultation.collection.id, digest, "en")
    assert found.analysed == done.tables["participants"] == 25


def test_the_counts_of_another_source_stay(consultation: Consultation) -> None:
    _answer(consultation, 24)
    ours = _counted(consultation)
    other = TallyRun.objects.create(
        collection=consultation.collection, definition_id=consultation.call.definition_id
    )
    count(other.pk, consultation.grant())
    assert TallyRun.objects.get(pk=ours.pk).tables == ours.tables


def test_the_database_itself_holds_one_count_of_a_source(consultation: Consultation) -> None:
    _answer(consultation, 24)
    run = _counted(consultation)
    with pytest.raises(IntegrityError), transaction.atomic():
        TallyRun.objects.create(
            collection=run.collection, definition=run.definition, tables={"participants": 24}
        )


def test_a_count_that_can_not_be_kept_takes_nothing_from_the_one_before(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer(consultation, 24)
    run = _counted(consultation)

    def fail(*_given: Any) -> None:
        raise OSError("the last step failed")

    monkeypatch.setattr(counting, "_counted_handlers", [fail])
    with pytest.raises(OSError, match="last step"):
        _counted(consultation)
    assert TallyRun.objects.get(pk=run.pk).tables == run.tables


def test_the_list_of_tallies_and_each_of_them_open(consultation: Consultation) -> None:
    _answer(consultation, 24)
    before, after = _counted(consultation), _counted(consultation)
    client = team_client(consultation.peer, "Analysts")
    listed = client.get(reverse("tallies:index")).content.decode()
    assert reverse("tallies:run", args=[before.pk]) in listed
    shown = client.get(reverse("tallies:run", args=[before.pk])).content.decode()
    assert "A later count took the place of this one" in shown
    assert "Only protected tables" not in shown
    shown = client.get(reverse("tallies:run", args=[after.pk])).content.decode()
    assert "A later count" not in shown
    assert "Only protected tables" in shown


# On the disk.


@pytest.fixture
def thrown_away() -> Iterator[None]:
    """A cluster that is set up as the runbook says."""
    with segments_thrown_away():
        yield


def test_no_file_of_the_database_keeps_the_earlier_count(
    own: OwnDatabase, thrown_away: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "PATIENCE", 60.0)
    marker = "qvxzjk"
    with own.connected():
        consultation = factories.consultation()
        _answer(consultation, 12)
        first = _counted(consultation)
        # PostgreSQL writes numbers in a form of its own: a word goes with them.
        TallyRun.objects.filter(pk=first.pk).update(
            tables={marker: 1, "participants": 12, "received": 10, "tables": []}
        )
        _checkpoint()
        assert _holds(own, marker), "The test must be able to fail."
        _answer(consultation, 1)
        second = _counted(consultation)
        TallyRun.objects.filter(pk=second.pk).update(tables={**second.tables, "tables": []})
        assert disk.sweep().is_clean
        assert not _holds(own, marker)
        if not IS_POSTGRESQL:
            assert _holds(own, '"participants": 13')
            assert not _holds(own, '"participants": 12')


def _checkpoint() -> None:
    if IS_POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")


def _holds(database: OwnDatabase, text: str) -> bool:
    return any(text.encode() in _read(file) for file in database.files())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


# The tables of before.


@pytest.mark.django_db(transaction=True)
def test_older_counts_are_brought_to_a_day_and_to_one_of_a_source() -> None:
    before = [("survey", "0001_initial")]
    after = [("survey", "0004_one_count_of_a_source")]
    executor = MigrationExecutor(connection)
    executor.migrate(before)
    try:
        old = executor.loader.project_state(before).apps
        consultation = _bare()
        run = old.get_model("survey", "TallyRun")
        made = [
            run.objects.create(**consultation, state="done", tables={"participants": number})
            for number in (40, 41)
        ]
        run.objects.filter(pk=made[0].pk).update(
            created_at=dt.datetime(2026, 3, 4, 22, 33, 44, 555666, tzinfo=dt.UTC)
        )
        executor = MigrationExecutor(connection)
        executor.migrate(after)
        rows = {row.pk: row for row in TallyRun.objects.all()}
        assert [rows[one.pk].tables for one in made] == [{}, {"participants": 41}]
        assert rows[made[0].pk].created_on == dt.date(2026, 3, 4)
        with connection.cursor() as cursor:
            cursor.execute("SELECT created_on FROM survey_tallyrun ORDER BY id")
            assert str(cursor.fetchone()[0]) == "2026-03-04"
        executor = MigrationExecutor(connection)
        executor.migrate(before)
        back = executor.loader.project_state(before).apps.get_model("survey", "TallyRun")
        assert back.objects.get(pk=made[0].pk).created_at == dt.datetime(2026, 3, 4, tzinfo=dt.UTC)
    finally:
        latest = MigrationExecutor(connection)
        latest.migrate(latest.loader.graph.leaf_nodes())


def _bare() -> dict[str, Any]:
    """A collection and a definition, by the models of now: their tables did not change."""
    today = timezone.now().date()
    collection = custody.create_collection(
        by=None,
        name="A consultation",
        run_by="The organisation",
        kept_where="Here",
        withdrawal_deadline=today + dt.timedelta(days=60),
        destruction_date=today + dt.timedelta(days=700),
    )
    found = definitions.parse(factories.document("survey"))
    frozen = vault.freeze_definition(canonical=found.canonical, digest=found.digest)
    return {"collection_id": collection.pk, "definition_id": frozen.pk}


# What can't be added in a form.


@pytest.fixture
def editor(consultation: Consultation) -> Client:
    return team_client(consultation.peer, "Editors")


@pytest.fixture
def superuser(consultation: Consultation) -> Client:
    consultation.keyholder.is_superuser = True
    consultation.keyholder.save()
    return team_client(consultation.keyholder)


@pytest.mark.parametrize("who", ["editor", "superuser"])
def test_a_survey_is_opened_by_an_action_and_not_added_in_a_form(
    who: str, request: pytest.FixtureRequest, consultation: Consultation
) -> None:
    client = request.getfixturevalue(who)
    survey = consultation.survey
    typed = {
        "name": "Another",
        "version": str(survey.version_id),
        "opens_on": survey.opens_on.isoformat(),
        "closes_on": survey.closes_on.isoformat(),
        "timezone": survey.timezone,
    }
    for response in (
        client.get(reverse("surveys:add")),
        client.post(reverse("surveys:add"), typed),
    ):
        assert response.status_code in (302, 403)
        if response.status_code == 302:
            assert response["Location"] == "/admin/"
    with pytest.raises(NoReverseMatch):
        reverse("surveys:copy", args=[survey.pk])
    assert list(Survey.objects.all()) == [survey]
    listed = client.get(reverse("surveys:index"))
    assert listed.status_code == 200
    assert reverse("surveys:add") not in listed.content.decode()
    edited = client.post(reverse("surveys:edit", args=[survey.pk]), typed)
    assert edited.status_code == 302
    assert Survey.objects.get().name == "Another"
