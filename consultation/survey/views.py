"""The respondent's journey through a survey."""

from __future__ import annotations

from consultation.survey.models import Survey
from testimony.wizard.views import JourneyView


class SurveyJourney(JourneyView):
    """The wizard, asking a survey's frozen version."""

    doors = Survey
