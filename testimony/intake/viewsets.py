"""Calls in the admin: where they stand and when they are open. The questions are frozen."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from testimony.intake.models import Call


class PublishedOnly(ModelPermissionPolicy):
    """Calls are published by an action that freezes their questions, not added in a form."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action != "add" and bool(super().user_has_permission(user, action))


class CallViewSet(ModelViewSet):
    """The list of calls, and their dates."""

    model = Call
    name = "calls"
    menu_label = _("Testimony")
    icon = "form"
    add_to_admin_menu = True
    menu_order = 210
    inspect_view_enabled = True
    copy_view_enabled = False
    list_display = ["name", "collection", "opens_on", "closes_on"]
    panels = [
        FieldPanel("name"),
        FieldPanel("opens_on"),
        FieldPanel("closes_on"),
        FieldPanel("timezone"),
    ]
