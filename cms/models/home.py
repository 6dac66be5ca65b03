"""The front door of the site."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from cms.models.base import BasePage
from cms.models.campaign import CampaignPage


class HomePage(BasePage):
    """The first page: who speaks, and the campaigns that are running."""

    organisation = models.CharField(_("organisation"), max_length=120)
    call_to_action_text = models.CharField(_("words on the main button"), max_length=60, blank=True)

    content_panels = [
        *BasePage.content_panels[:1],
        FieldPanel("organisation"),
        *BasePage.content_panels[1:],
        FieldPanel("call_to_action_text"),
    ]
    template = "cms/home_page.html"
    parent_page_types: ClassVar = ["wagtailcore.Page"]
    max_count = 1

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["campaigns"] = CampaignPage.objects.child_of(self).live().order_by("path")
        return context
