from __future__ import annotations

import json
import os
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.survey import counting
from consultation.survey.counting import TallyFailed, count, count_from_pipe
from consultation.survey.models import TallyRun
from consultation.survey.submitting import submit_response
from consultation.survey.tally import Tally
from testimony.vault import actions as vault
from testimony.vault import sealing
from testimony.vault.models import PendingRecord, Record
from testimony.vault.sealing import DoesNotOpen
from testimony.vault.unlock import Grant
from testimony.wizard import definition as definitions
from testimony.wizard.walking import NotAnswered
from tests.factories import Consultation, document

SURVEY = definitions.parse(document("survey"))


def _payload(count_me: str = "yes", **answers: Any) -> dict[str, Any]:
    return {
        "answers": answers,
        "consents": {"count": count_me},
        "language": "en",
        "channel": "web",
    }


def _tables(*payloads: dict[str, Any]) -> dict[str, Any]:
    tally = Tally(SURVEY)
    for payload in payloads:
        tally.add(payload)
    return {table.question: table for table in tally.tables()}


def test_each_closed_question_is_counted_with_its_base_and_who_skipped_it() -> None:
    tables = _tables(
        _payload(setting="outdoor"),
        _payload(setting="outdoor"),
        _payload(setting="online"),
        _payload(),
    )
    setting = tables["setting"]
    assert dict(setting.counts)["outdoor"] == 2
    assert dict(setting.counts)["shared"] == 0
    assert (setting.participants, setting.base, setting.missing, setting.not_asked) == (4, 3, 1, 0)


def test_who_asked_not_to_be_counted_is_not() -> None:
    tables = _tables(_payload(setting="outdoor"), _payload("no", setting="outdoor"))
    assert tables["setting"].participants == 1


def test_ticks_are_counted_by_person() -> None:
    tables = _tables(_payload(effects=["moved", "alone"]), _payload(effects=["moved"]))
    assert dict(tables["effects"].counts)["moved"] == 2
    assert tables["effects"].base == 2


def test_who_never_met_a_question_is_told_from_who_skipped_it() -> None:
    tables = _tables(
        _payload(would_call="yes"),
        _payload(would_call="no"),
        _payload(would_call="no", why_not=["home"]),
    )
    why = tables["why_not"]
    assert (why.not_asked, why.missing, why.base) == (1, 1, 1)
    assert why.depends_on == ("would_call",)


def test_a_code_that_is_not_in_the_questionnaire_is_not_counted() -> None:
    assert _tables(_payload(setting="moon"))["setting"].missing == 1


codes = st.sampled_from(["outdoor", "online", "moon", None])
effects = st.lists(st.sampled_from(["moved", "alone", "none", "moon"]), max_size=3)
payloads = st.lists(
    st.builds(
        lambda count_me, setting, chosen: _payload(count_me, setting=setting, effects=chosen),
        st.sampled_from(["yes", "yes", "no"]),
        codes,
        effects,
    ),
    max_size=12,
)


@given(payloads, payloads)
def test_two_parts_added_are_the_whole(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    tallies = [Tally(SURVEY), Tally(SURVEY), Tally(SURVEY)]
    for tally, part in zip(tallies, (one, other, one + other), strict=True):
        for payload in part:
            tally.add(payload)
    first, second, whole = tallies
    both = first + second
    assert list(both.tables()) == list(whole.tables())
    assert (both.participants, both.set_aside) == (whole.participants, whole.set_aside)


def test_parts_of_different_questionnaires_are_not_added() -> None:
    with pytest.raises(ValueError, match="different definitions"):
        Tally(SURVEY) + Tally(definitions.parse(document("call")))


ANSWERS = {
    "age": "adult",
    "count": "yes",
    "words": "discard",
    "audience": "readers",
    "setting": "online",
    "trust": "t1",
}


@pytest.fixture
def answered(consultation: Consultation) -> Consultation:
    for number in range(24):
        submit_response(
            survey=consultation.survey,
            answers={**ANSWERS, "trust": "t1" if number < 14 else "t5", "first_ask": "consult"}
            | ({"first_ask": "decrim"} if number < 2 else {}),
            language="en",
        )
    return consultation


def test_only_protected_tables_are_saved(answered: Consultation) -> None:
    run = TallyRun.objects.create(
        collection=answered.collection, definition_id=answered.survey.version.definition_id
    )
    done = count(run.pk, answered.grant())
    assert done.state == TallyRun.State.DONE
    tables = {table["question"]: table for table in done.tables["tables"]}
    assert done.tables["participants"] == 24
    assert done.tables["received"] == 25
    assert tables["trust"]["verdict"] == "shown"
    assert [cell["count"] for cell in tables["trust"]["cells"]] == [14, 0, 0, 0, 10]
    assert tables["first_ask"]["verdict"] == "margins"
    assert {cell["count"] for cell in tables["first_ask"]["cells"]} == {None}
    assert tables["setting"]["verdict"] == "margins"


def test_a_response_that_does_not_fit_the_questionnaire_is_not_sealed(
    consultation: Consultation,
) -> None:
    with pytest.raises(NotAnswered, match="work: setting"):
        submit_response(
            survey=consultation.survey, answers={**ANSWERS, "setting": "moon"}, language="en"
        )
    with pytest.raises(NotAnswered, match="adults only"):
        submit_response(
            survey=consultation.survey, answers={**ANSWERS, "age": "younger"}, language="en"
        )
    assert PendingRecord.objects.count() == 0


def test_a_questionnaire_goes_into_blocks_and_out_again_unchanged(
    consultation: Consultation,
) -> None:
    before = document("survey")
    frozen = definitions.parse_canonical(bytes(consultation.survey.version.definition.canonical))
    assert frozen.canonical == definitions.parse(before).canonical


# Counting in two processes.


def _run(consultation: Consultation) -> TallyRun:
    return TallyRun.objects.create(
        collection=consultation.collection, definition_id=consultation.survey.version.definition_id
    )


@pytest.fixture
def in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_WORTH_TWO", 1)


twice = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_the_parts_of_a_stream_hold_every_record_once(answered: Consultation, parts: int) -> None:
    vault.shuffle_pending()
    for _number in range(5):
        submit_response(survey=answered.survey, answers=ANSWERS, language="en")
    grant, digest = answered.grant(), answered.survey.version.definition_id
    found = [
        opened.record_id
        for part in range(parts)
        for opened in grant.stream(digest, shard=(part, parts))
    ]
    assert len(found) == len(set(found)) == 29
    assert set(found) == {one.record_id for one in grant.stream(digest)}


def test_a_record_moved_while_it_is_streamed_comes_once(answered: Consultation) -> None:
    stream = answered.grant().stream(answered.survey.version.definition_id)
    found = [next(stream).record_id]
    vault.shuffle_pending()
    found += [opened.record_id for opened in stream]
    assert PendingRecord.objects.count() == 0
    assert sorted(found) == sorted(Record.objects.values_list("id", flat=True))


def test_a_stream_goes_on_past_its_first_page(
    answered: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (1, 5, 24, 25):
        monkeypatch.setattr("testimony.vault.unlock._CHUNK", size)
        monkeypatch.setattr("testimony.vault.unlock._BATCH_BYTES", 3 * 4096)
        opened = answered.grant().stream(answered.survey.version.definition_id)
        assert len({one.record_id for one in opened}) == 24


def test_a_stream_makes_each_key_ready_once(
    answered: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = answered.grant()
    made: list[int] = []

    class Counted(sealing.Opener):
        def __init__(self, private: bytes, suite: int) -> None:
            made.append(suite)
            super().__init__(private, suite)

    monkeypatch.setattr(sealing, "Opener", Counted)
    assert len(list(grant.stream(answered.survey.version.definition_id))) == 24
    assert len(made) == 1


@twice
def test_two_processes_count_what_one_counts(
    answered: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = answered.grant()
    alone = count(_run(answered).pk, grant)
    monkeypatch.setattr(counting, "_WORTH_TWO", 1)
    monkeypatch.setattr(counting, "_REPORT_EVERY", 3)
    heard: list[int] = []
    parts: list[tuple[int, int]] = []
    count_part = counting._count_part
    monkeypatch.setattr(
        counting,
        "_count_part",
        lambda grant, asked, shard, report: (
            parts.append(shard) or count_part(grant, asked, shard, report)
        ),
    )
    together = count(_run(answered).pk, grant, heard.append)
    assert parts == [(0, 2)]
    assert together.state == TallyRun.State.DONE
    assert together.tables == alone.tables
    assert heard == sorted(heard)
    assert all(0 < one < 100 for one in heard)


@twice
@pytest.mark.parametrize("half", ["first", "second"])
def test_a_half_that_can_not_be_counted_fails_the_whole(
    answered: Consultation, half: str, in_two: None
) -> None:
    ids = list(PendingRecord.objects.order_by("id").values_list("id", flat=True))
    broken, other = (ids[0], ids[1]) if half == "first" else (ids[-1], ids[-2])
    assert (broken.int >> 127) == (half == "second")
    PendingRecord.objects.filter(pk=broken).update(
        sealed=bytes(PendingRecord.objects.get(pk=other).sealed)
    )
    run = _run(answered)
    message = json.dumps({"run": run.pk, "grant": answered.grant().to_pipe().decode()})
    with pytest.raises((TallyFailed, DoesNotOpen)):
        count_from_pipe(message.encode())
    run.refresh_from_db()
    assert (run.state, run.problem) == (TallyRun.State.FAILED, "DoesNotOpen")
    assert run.tables == {}


@twice
def test_a_half_whose_process_dies_fails_the_whole(
    answered: Consultation, in_two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "_count_other_half", lambda *_given: os._exit(9))
    run = _run(answered)
    message = json.dumps({"run": run.pk, "grant": answered.grant().to_pipe().decode()})
    with pytest.raises(TallyFailed, match="before its end"):
        count_from_pipe(message.encode())
    run.refresh_from_db()
    assert run.state == TallyRun.State.FAILED


def test_a_payload_of_another_shape_fails_the_run_and_says_no_word_of_it(
    answered: Consultation,
) -> None:
    vault.seal_record(
        collection_id=answered.collection.id,
        definition=answered.survey.version.definition_id,
        payload={"said": "secret words"},
        lane=PendingRecord.objects.all()[0].lane,
        language="en",
        wants_receipt=False,
    )
    run = _run(answered)
    message = json.dumps({"run": run.pk, "grant": answered.grant().to_pipe().decode()})
    with pytest.raises(KeyError):
        count_from_pipe(message.encode())
    run.refresh_from_db()
    assert (run.state, run.problem) == (TallyRun.State.FAILED, "KeyError")


def test_only_a_grant_of_this_collection_streams_it(answered: Consultation) -> None:
    grant = answered.grant()
    other = Grant(uuid.uuid4(), grant.keyholder_id, grant.keys)
    assert list(other.stream(answered.survey.version.definition_id)) == []
