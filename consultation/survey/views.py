"""The respondent's journey through a survey."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import reverse

from consultation.survey.models import Survey
from testimony.wizard.journeys import Journey
from testimony.wizard.views import JourneyView


class SurveyJourney(JourneyView):
    """The wizard, asking a survey's frozen version."""

    def find_journey(self, public_id: str) -> Journey:
        survey = get_object_or_404(
            Survey.objects.select_related("collection", "version"), public_id=public_id
        )
        return survey.journey(survey.version.definition_id)

    def address_in(self, language: str) -> str:
        return reverse("survey:journey", args=[self.journey.public_id, language])
