"""Forms of the team: when a call is open, and publishing a text."""

from __future__ import annotations

from testimony.intake.models import Call
from testimony.wizard.publishing import OpenDaysForm, OpeningFields, PublishForm


class DatesForm(OpenDaysForm):
    """When a published call is open."""

    class Meta:
        model = Call
        fields = ["name", "opens_on", "closes_on", "timezone"]


class OpenForm(OpeningFields, PublishForm):
    """The first time: also where answers are gathered, and when it is open."""
