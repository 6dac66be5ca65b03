"""The survey that asks everything, written, published and opened by the product's own actions."""

from __future__ import annotations

import datetime as dt

from consultation.survey import actions
from consultation.survey.models import Questionnaire, QuestionnaireVersion, Survey
from testimony.vault.models import Collection
from tests.consultation.survey.everything import everything


def published(questionnaire: Questionnaire) -> QuestionnaireVersion:
    """The newest draft, frozen as a version."""
    checked = actions.check_questionnaire(questionnaire).digest
    return actions.publish_questionnaire(by=None, questionnaire=questionnaire, checked=checked)


def open_everything(collection: Collection, *, opens_on: dt.date, closes_on: dt.date) -> Survey:
    """The survey, written, published and open, by the product's own actions."""
    questionnaire = actions.bring_in_questionnaire(document=everything())
    return actions.open_survey(
        by=None,
        name="Every type",
        collection=collection,
        version=published(questionnaire),
        opens_on=opens_on,
        closes_on=closes_on,
    )
