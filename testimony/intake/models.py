"""Calls: an invitation to testify, open between two days, asking one frozen definition."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from testimony.vault.models import FrozenDefinition
from testimony.wizard.journeys import JourneyModel


class Call(JourneyModel):
    """An open call for testimony."""

    definition = models.ForeignKey(
        FrozenDefinition, on_delete=models.PROTECT, related_name="+", verbose_name=_("questions")
    )

    class Meta(JourneyModel.Meta):
        abstract = False
        verbose_name = _("call")
        verbose_name_plural = _("calls")

    @property
    def digest(self) -> str:
        return self.definition_id

    def address_in(self, language: str) -> str:
        return reverse("intake:journey", args=[self.public_id, language])
