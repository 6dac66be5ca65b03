"""The worker's journey through a call."""

from __future__ import annotations

from testimony.intake.models import Call
from testimony.wizard.views import JourneyView


class CallJourney(JourneyView):
    """The wizard, asking a call's questions."""

    doors = Call
