"""The worker's journey through a call."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import reverse

from testimony.intake.models import Call
from testimony.wizard.journeys import Journey
from testimony.wizard.views import JourneyView


class CallJourney(JourneyView):
    """The wizard, asking a call's questions."""

    def find_journey(self, public_id: str) -> Journey:
        call = get_object_or_404(Call.objects.select_related("collection"), public_id=public_id)
        return call.journey(call.definition_id)

    def address_in(self, language: str) -> str:
        return reverse("intake:journey", args=[self.journey.public_id, language])
