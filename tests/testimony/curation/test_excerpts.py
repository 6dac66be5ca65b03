from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from consultation.report.models import Report
from testimony.curation import actions, permissions
from testimony.curation.models import Excerpt, ExcerptState, Theme
from testimony.curation.permissions import NotAllowed, may_approve_excerpt
from testimony.intake.submitting import submit_testimony
from testimony.vault import actions as vault
from testimony.vault.models import AuditEntry
from testimony.vault.quotas import QuotaSpent
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


def test_taking_down_stops_quoting_one_person_everywhere_and_for_good(
    consultation: Consultation,
    theme: Theme,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = _told(consultation).record_id
    other = _told(consultation, story="Nobody asked us before they began. We read it on the bus.")
    _propose(consultation, theme, record)
    kept = _propose(
        consultation, theme, other.record_id, "Nobody asked us before they began. We read it on"
    )

    def typed(*lines: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))

    for lines, refusal in (
        (("words that nobody said",), "0 people"),
        (("",), "0 people"),
        (("e",), "2 people"),
        (("further away now", "no"), "Nothing was changed"),
    ):
        typed(*lines)
        with pytest.raises(CommandError, match=refusal):
            call_command("take_down", "--reason", "Recognised")
    assert Excerpt.objects.count() == 2
    typed("further away now", "yes")
    call_command("take_down", "--reason", "Recognised")
    assert "Done" in capsys.readouterr().out
    assert Excerpt.objects.get().pk == kept.pk
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.reason) == ("quoting stopped", "Recognised")
    assert record.hex not in entry.subject
    with pytest.raises(NotAllowed, match="took back"):
        _propose(consultation, theme, record)
    assert len(list(consultation.grant().stream(consultation.call.definition_id))) == 2


def test_a_reading_list_opens_twenty_at_a_time_with_an_entry_for_each_page(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(actions, "ON_A_PAGE", 3)
    told = {_told(consultation).record_id for _number in range(7)}
    vault.shuffle_pending()
    told.add(_told(consultation).record_id)

    def read(page: int) -> list[Any]:
        found = actions.open_reading_list(
            by=consultation.keyholder,
            grant=consultation.grant(),
            definition=consultation.call.definition_id,
            reason="To read",
            page=page,
        )
        return [opened.record_id for opened in found]

    pages = [read(page) for page in range(4)]
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    assert {one for page in pages for one in page} == told
    assert AuditEntry.objects.filter(action="reading list opened").count() == 4
    settings.VAULT_QUOTAS = {**settings.VAULT_QUOTAS, "reading list opened": 4}
    with pytest.raises(QuotaSpent):
        read(0)


def test_a_withdrawal_between_reading_and_proposing_leaves_no_excerpt(
    consultation: Consultation, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = _told(consultation)
    check = permissions.check_may_quote

    def withdrawn_meanwhile(*arguments: Any) -> None:
        check(*arguments)
        vault.withdraw_record(code=" ".join(sealed.code))

    monkeypatch.setattr(permissions, "check_may_quote", withdrawn_meanwhile)
    with pytest.raises(NotAllowed, match="withdrawn meanwhile"):
        _propose(consultation, theme, sealed.record_id)
    assert not Excerpt.objects.exists()
