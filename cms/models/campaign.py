"""A campaign's page: its story, and the doors to its call and its survey."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from cms.models.base import BasePage


class CampaignPage(BasePage):
    """The story of one campaign. A closed door is not shown."""

    call = models.ForeignKey(
        "intake.Call", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    call_label = models.CharField(_("words on the call's button"), max_length=60, blank=True)
    survey = models.ForeignKey(
        "survey.Survey", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    survey_label = models.CharField(_("words on the survey's button"), max_length=60, blank=True)

    content_panels = [
        *BasePage.content_panels,
        MultiFieldPanel([FieldPanel("call"), FieldPanel("call_label")], heading=_("Call")),
        MultiFieldPanel([FieldPanel("survey"), FieldPanel("survey_label")], heading=_("Survey")),
    ]
    template = "cms/campaign_page.html"
    parent_page_types: ClassVar = ["cms.HomePage"]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        for name, door in (("call", self.call), ("survey", self.survey)):
            route = {"call": "intake:journey", "survey": "survey:journey"}[name]
            context[f"{name}_address"] = (
                reverse(route, args=[door.public_id, "en"]) if door and door.is_open else ""
            )
        return context
