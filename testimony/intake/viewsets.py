"""Calls in the admin: where they stand and when they are open. The questions are frozen."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.viewsets.model import ModelViewSet

from testimony.intake.models import Call


class CallViewSet(ModelViewSet):
    """The list of calls, and their dates."""

    model = Call
    name = "calls"
    menu_label = _("Testimony")
    icon = "form"
    add_to_admin_menu = True
    menu_order = 210
    inspect_view_enabled = True
    list_display = ["name", "collection", "opens_on", "closes_on"]
    panels = [
        FieldPanel("name"),
        FieldPanel("opens_on"),
        FieldPanel("closes_on"),
        FieldPanel("timezone"),
    ]
