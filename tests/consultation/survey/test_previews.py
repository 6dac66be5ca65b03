"""Previews of surveys: pages as a respondent sees them, with nothing behind them."""

from __future__ import annotations

import pytest
from django.test import Client

from testimony.vault.models import PendingRecord, Record, SealedDraft
from tests.factories import Consultation, team_client, user


def kept() -> list[int]:
    return [model._default_manager.count() for model in (SealedDraft, PendingRecord, Record)]


def preview(consultation: Consultation, state: str = "live", step: str = "start") -> str:
    address = f"surveys/{consultation.survey.public_id}/preview/{state}/en/{step}/"
    return f"/admin/vault/{address}"


@pytest.mark.parametrize("step", ["start", "check", "receipt", "finished"])
def test_each_page_of_a_survey_is_seen_and_nothing_is_kept(
    consultation: Consultation, step: str
) -> None:
    editor = team_client(user("editor"), "Editors")
    before = kept()
    for response in (
        editor.get(preview(consultation, step=step)),
        editor.post(preview(consultation, step=step), {"go": "back"}),
    ):
        assert response.status_code in (200, 303)
        assert not response.cookies
    assert kept() == before


def test_a_visitor_sees_no_preview_of_a_survey(consultation: Consultation) -> None:
    path = preview(consultation)
    assert Client().get(path)["Location"] == f"/admin/login/?next={path}"


def test_a_survey_has_no_draft_preview(consultation: Consultation) -> None:
    editor = team_client(user("editor"), "Editors")
    assert editor.get(preview(consultation, "draft")).status_code == 404
