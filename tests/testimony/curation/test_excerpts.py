from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from consultation.report.models import Report
from testimony.curation import actions
from testimony.curation.models import Excerpt, ExcerptState, Theme
from testimony.curation.permissions import NotAllowed, may_approve_excerpt
from testimony.intake.submitting import submit_testimony
from testimony.vault import actions as vault
from tests.factories import TESTIMONY, Consultation

PASSAGE = "They want me further away now, and I go there because the rent does not wait"


@pytest.fixture
def theme(consultation: Consultation) -> Theme:
    return Theme.objects.create(
        collection=consultation.collection, key="distance", title="Further", definition="Away."
    )


def _told(consultation: Consultation, **answers: Any) -> Any:
    return submit_testimony(call=consultation.call, answers={**TESTIMONY, **answers}, language="en")


def _propose(consultation: Consultation, theme: Theme, record: Any, text: str = PASSAGE) -> Excerpt:
    return actions.propose_excerpt(
        by=consultation.keyholder,
        grant=consultation.grant(),
        record_id=record,
        question="story",
        text=text,
        theme=theme,
    )


def test_two_people_stand_behind_an_excerpt(consultation: Consultation, theme: Theme) -> None:
    excerpt = _propose(consultation, theme, _told(consultation).record_id)
    assert not may_approve_excerpt(consultation.keyholder, excerpt)
    with pytest.raises(NotAllowed, match="second person"):
        actions.approve_excerpt(by=consultation.keyholder, excerpt=excerpt)
    approved = actions.approve_excerpt(by=consultation.peer, excerpt=excerpt)
    assert approved.state == ExcerptState.APPROVED
    assert list(Excerpt.objects.approved()) == [excerpt]
    with pytest.raises(NotAllowed, match="already"):
        actions.approve_excerpt(by=consultation.peer, excerpt=excerpt)


def test_the_database_itself_refuses_one_person_twice(
    consultation: Consultation, theme: Theme
) -> None:
    excerpt = _propose(consultation, theme, _told(consultation).record_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Excerpt.objects.filter(pk=excerpt.pk).update(
            state=ExcerptState.APPROVED, approved_by=consultation.keyholder
        )


@pytest.mark.parametrize(
    ("answers", "text", "sentence"),
    [
        ({"words": "read"}, PASSAGE, "did not agree to be quoted"),
        ({"words": "reword"}, PASSAGE, "did not agree to be quoted"),
        ({"audience": "members"}, PASSAGE, "the public"),
        ({}, PASSAGE.replace("further", "farther"), "own words"),
        ({}, "They want me further away now", "10 to 80 words"),
        ({"story": "word " * 81}, ("word " * 81).strip(), "10 to 80 words"),
    ],
)
def test_what_consent_wording_or_length_do_not_allow_is_refused(
    consultation: Consultation, theme: Theme, answers: Any, text: str, sentence: str
) -> None:
    record = _told(consultation, **answers).record_id
    with pytest.raises(NotAllowed, match=sentence):
        _propose(consultation, theme, record, text)
    assert Excerpt.objects.count() == 0


def test_one_person_gives_two_excerpts_at_most(consultation: Consultation, theme: Theme) -> None:
    record = _told(consultation).record_id
    _propose(consultation, theme, record)
    _propose(consultation, theme, record)
    with pytest.raises(NotAllowed, match="Two quotations"):
        _propose(consultation, theme, record)


def test_a_withdrawal_takes_the_excerpt_with_it(consultation: Consultation, theme: Theme) -> None:
    told = _told(consultation)
    other = _propose(consultation, theme, _told(consultation).record_id)
    _propose(consultation, theme, told.record_id)
    vault.withdraw_record(code=" ".join(told.code))
    assert list(Excerpt.objects.all()) == [other]
    assert Report.objects.count() == 0
    with pytest.raises(NotAllowed, match="withdrawn"):
        _propose(consultation, theme, told.record_id)
