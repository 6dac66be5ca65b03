"""Themes, and the excerpts two people stand behind: the first and only plaintext stored."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from testimony.vault.models import Collection


class Theme(models.Model):
    """Something several people spoke of, named and defined by the readers."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    key = models.SlugField(_("key"), max_length=40)
    title = models.CharField(_("title"), max_length=120)
    definition = models.TextField(_("definition"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "key"]
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        constraints = [
            models.UniqueConstraint(fields=["collection", "key"], name="one_theme_a_key")
        ]

    def __str__(self) -> str:
        return self.title


class ExcerptState(models.TextChoices):
    """Where an excerpt stands. Only an approved one may be quoted."""

    PROPOSED = "proposed", _("proposed")
    APPROVED = "approved", _("approved")


class ExcerptQuerySet(models.QuerySet["Excerpt"]):
    """Chains like speech: ``Excerpt.objects.approved().for_collection(id)``."""

    def approved(self) -> ExcerptQuerySet:
        return self.filter(state=ExcerptState.APPROVED)

    def quotable(self, excerpt_id: Any) -> Excerpt | None:
        """The approved excerpt of this id, or None: never approved, withdrawn, or not an id."""
        try:
            wanted = self.approved().filter(pk=uuid.UUID(str(excerpt_id)))
            return wanted.only("id", "text", "language").first()
        except ValueError:
            return None

    def for_collection(self, collection_id: Any) -> ExcerptQuerySet:
        return self.filter(theme__collection_id=collection_id)


class Excerpt(models.Model):
    """A few words of one person, quoted as they consented, gone when they withdraw."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.UUIDField(db_index=True, editable=False)
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="excerpts")
    text = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(max_length=10, choices=ExcerptState, default=ExcerptState.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = ExcerptQuerySet.as_manager()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("excerpt")
        verbose_name_plural = _("excerpts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=ExcerptState.PROPOSED, approved_by__isnull=True)
                | models.Q(state=ExcerptState.APPROVED, approved_by__isnull=False)
                & ~models.Q(approved_by=models.F("proposed_by")),
                name="excerpt_approved_by_somebody_else",
            )
        ]

    def __str__(self) -> str:
        return f"excerpt {self.id}"
