"""The list of calls, or of surveys, in the admin: each with what can be printed for it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.views.generic import IndexView
from wagtail.admin.widgets import Button

from testimony.vault.permissions import may
from testimony.vault.vouchers import PERMISSION


class DoorIndexView(IndexView):
    """Those who hold keys find the cards and codes here; the others only the questions on paper."""

    def get_list_more_buttons(self, instance: Any) -> list[Any]:
        buttons: list[Any] = list(super().get_list_more_buttons(instance))
        where = [instance.public_id]
        if may(self.request.user, PERMISSION):
            buttons += [
                Button(
                    _("Print cards to hand out"),
                    url=reverse("cards:cards", args=where),
                    icon_name="doc-full",
                    priority=15,
                ),
                Button(
                    _("Type in with somebody"),
                    url=reverse("cards:assisted", args=where),
                    icon_name="edit",
                    priority=16,
                ),
                Button(
                    _("Print the questions"),
                    url=reverse("cards:paper", args=where),
                    icon_name="doc-full",
                    priority=17,
                ),
                Button(
                    _("Batches of paper"),
                    url=reverse("cards:batches", args=where),
                    icon_name="doc-full",
                    priority=18,
                ),
            ]
        return buttons
