"""What every page has: a lead, a body of blocks, and the menu around it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from cms.blocks import BODY_BLOCKS


class BasePage(Page):
    """The ground of every page type. Abstract: Wagtail's own page model is not swapped."""

    short_title = models.CharField(
        _("title in the menu"), max_length=40, blank=True, help_text=_("If the title is long.")
    )
    lead = models.TextField(
        _("lead"), blank=True, help_text=_("One or two sentences under the title.")
    )
    body = StreamField(BODY_BLOCKS, blank=True, verbose_name=_("body"))

    content_panels = [*Page.content_panels, FieldPanel("lead"), FieldPanel("body")]
    promote_panels = [FieldPanel("short_title"), *Page.promote_panels]
    search_fields = [*Page.search_fields, index.SearchField("lead"), index.SearchField("body")]

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        root = self.get_site().root_page
        context["campaign_name"] = root.specific.title
        context["organisation"] = root.specific.organisation
        context["home_url"] = root.get_url(request)
        context["menu"] = [
            {
                "title": page.short_title or page.title,
                "url": page.get_url(request),
                "is_current": page.pk == self.pk,
            }
            for page in root.get_children().live().in_menu().specific().order_by("path")
        ]
        return context
