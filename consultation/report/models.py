"""Reports: what is being put together, what was frozen, and what was printed from it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel
from wagtail.fields import StreamField
from wagtail.models import Orderable

_PARAGRAPHS = [("paragraph", blocks.TextBlock(label=_("paragraph"), rows=4))]


class LostEditionPanel(HelpPanel):
    """Tells an editor that an edition was destroyed, and nothing about whose words it held."""

    class BoundPanel(HelpPanel.BoundPanel):
        def is_shown(self) -> bool:
            return bool(self.instance.has_lost_an_edition)


class Report(ClusterableModel):
    """A consultation report in the making, addressed to an office."""

    collection = models.ForeignKey(
        "vault.Collection", on_delete=models.PROTECT, related_name="+", verbose_name=_("collection")
    )
    call = models.ForeignKey(
        "intake.Call",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("call"),
    )
    survey = models.ForeignKey(
        "survey.Survey",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("survey"),
    )
    campaign = models.CharField(_("campaign"), max_length=160)
    title = models.CharField(_("title"), max_length=160)
    subtitle = models.CharField(_("subtitle"), max_length=200, blank=True)
    addressee_office = models.CharField(
        _("addressed to"), max_length=120, help_text=_("An office, never a person.")
    )
    addressee_organisation = models.CharField(_("of"), max_length=120)
    sender_organisation = models.CharField(_("from"), max_length=120)
    sender_contact_role = models.CharField(
        _("contact"), max_length=120, help_text=_("A role, never a person.")
    )
    dated = models.DateField(_("dated"))
    reply_by = models.DateField(_("reply asked by"))
    has_lost_an_edition = models.BooleanField(default=False, editable=False)
    summary = StreamField(_PARAGRAPHS, verbose_name=_("summary"))
    about = StreamField(_PARAGRAPHS, verbose_name=_("who we are"))
    method = StreamField(_PARAGRAPHS, verbose_name=_("how we listened"))
    limits = StreamField(_PARAGRAPHS, verbose_name=_("what this cannot show"))

    panels = [
        LostEditionPanel(
            content=_(
                "An edition of this report was destroyed, because somebody took back words that "
                "it quoted. Freeze and print it again: the words are out of it already."
            )
        ),
        FieldPanel("title"),
        FieldPanel("subtitle"),
        FieldPanel("campaign"),
        FieldPanel("collection"),
        FieldPanel("call"),
        FieldPanel("survey"),
        FieldPanel("addressee_office"),
        FieldPanel("addressee_organisation"),
        FieldPanel("sender_organisation"),
        FieldPanel("sender_contact_role"),
        FieldPanel("dated"),
        FieldPanel("reply_by"),
        FieldPanel("summary"),
        FieldPanel("about"),
        FieldPanel("method"),
        FieldPanel("limits"),
        InlinePanel("asks", label=_("ask")),
    ]

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        permissions = [("compile_report", "Can freeze and compile a report")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reply_by__gt=models.F("dated")),
                name="reply_asked_after_the_date",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Ask(Orderable):
    """One thing the report asks for: of whom, what, by when, and on what evidence."""

    report = ParentalKey(Report, on_delete=models.CASCADE, related_name="asks")
    text = models.TextField(_("ask"))
    owner = models.CharField(_("who decides"), max_length=120)
    action = models.CharField(_("what they would do"), max_length=200)
    by_when = models.DateField(_("by when"))
    evidence = models.CharField(
        _("evidence"),
        max_length=300,
        help_text=_("Keys of the questions and themes it rests on, with spaces between."),
    )

    panels = [
        FieldPanel("text"),
        FieldPanel("owner"),
        FieldPanel("action"),
        FieldPanel("by_when"),
        FieldPanel("evidence"),
    ]

    def __str__(self) -> str:
        return self.text[:60]


class Snapshot(models.Model):
    """Everything one edition says, frozen under its digest. Never edited; it may be destroyed."""

    digest = models.CharField(max_length=64, primary_key=True)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="snapshots")
    canonical = models.BinaryField()
    frozen_on = models.DateField()
    excerpts = models.ManyToManyField("curation.Excerpt", related_name="+")

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="snapshot_digest_is_hex"
            )
        ]

    def __str__(self) -> str:
        return self.digest[:12]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only ever a first time.

        Raises:
            ImmutableSnapshot: for a snapshot that is stored already.
        """
        if not self._state.adding:
            raise ImmutableSnapshot
        super().save(*args, **{**kwargs, "force_insert": True})


class ImmutableSnapshot(Exception):
    """A snapshot is never edited. Freeze another one."""


class Edition(models.Model):
    """A PDF printed from a snapshot, and the digest of its bytes."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.CASCADE, related_name="edition")
    digest = models.CharField(max_length=64)
    pages = models.PositiveIntegerField()
    file = models.CharField(max_length=120)

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")

    def __str__(self) -> str:
        return self.file
