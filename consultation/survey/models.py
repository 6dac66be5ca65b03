"""Questionnaires as they are written, as they were frozen, and the survey that asks one."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField

from consultation.survey.blocks import SectionBlock, SupportBlock
from testimony.vault.models import Collection, FrozenDefinition
from testimony.wizard.journeys import JourneyModel


class Questionnaire(models.Model):
    """A questionnaire as an editor writes it. Nothing at run time or in a report reads this."""

    key = models.CharField(
        _("key"), max_length=40, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9-]*$")]
    )
    title_en = models.CharField(_("title in English"), max_length=120)
    title_fr = models.CharField(_("title in French"), max_length=120)
    introduction_en = models.TextField(_("introduction in English"))
    introduction_fr = models.TextField(_("introduction in French"))
    body = StreamField([("section", SectionBlock())], verbose_name=_("sections"))
    support = StreamField([("support", SupportBlock())], blank=True, verbose_name=_("support"))

    panels = [
        FieldPanel("key"),
        FieldPanel("title_en"),
        FieldPanel("title_fr"),
        FieldPanel("introduction_en"),
        FieldPanel("introduction_fr"),
        FieldPanel("body"),
        FieldPanel("support"),
    ]

    class Meta:
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")

    def __str__(self) -> str:
        return self.title_en


class QuestionnaireVersion(models.Model):
    """A questionnaire as it was frozen. Never edited; a change is another version."""

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.SET_NULL, null=True, related_name="versions"
    )
    key = models.CharField(max_length=40)
    major = models.PositiveSmallIntegerField()
    minor = models.PositiveSmallIntegerField()
    definition = models.OneToOneField(
        FrozenDefinition, on_delete=models.PROTECT, related_name="questionnaire_version"
    )

    class Meta:
        ordering = ["key", "-major", "-minor"]
        constraints = [
            models.UniqueConstraint(fields=["key", "major", "minor"], name="one_version_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.number}"

    @property
    def number(self) -> str:
        return f"{self.major}.{self.minor}"


class Survey(JourneyModel):
    """A door to one questionnaire version."""

    address_begins = "s"

    version = models.ForeignKey(
        QuestionnaireVersion,
        on_delete=models.PROTECT,
        related_name="surveys",
        verbose_name=_("version"),
    )

    class Meta(JourneyModel.Meta):
        abstract = False
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")

    @property
    def digest(self) -> str:
        return str(self.version.definition_id)


class TallyRun(models.Model):
    """One count of a collection's answers to one definition: how far it is, and what survived.

    ``tables`` holds protected tables only. An unprotected count never reaches the database. Only
    the newest count of a source (collection and definition) keeps its tables, and every count its
    day, not its moment: two counts with one answer between them, subtracted, would be that answer.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("counting")
        DONE = "done", _("done")
        FAILED = "failed", _("stopped")

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    definition = models.ForeignKey(FrozenDefinition, on_delete=models.PROTECT, related_name="+")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    hundredths = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    tables = models.JSONField(default=dict)
    created_on = models.DateField(auto_now_add=True)

    class Meta:
        ordering = ["-created_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "definition"],
                condition=~models.Q(tables={}),
                name="one_count_of_a_source",
            ),
            models.CheckConstraint(
                condition=models.Q(hundredths__lte=100), name="tally_progress_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"tally {self.pk}"

    @property
    def is_replaced(self) -> bool:
        """Whether it was finished, and a later count took its place."""
        return self.state == self.State.DONE and not self.tables
