from __future__ import annotations

from typing import Any

import pytest

from consultation.survey.counting import count
from consultation.survey.models import TallyRun
from consultation.survey.submitting import submit_response
from consultation.survey.tally import Tally
from testimony.vault.models import PendingRecord
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
