"""Questionnaires as they are written, as they were frozen, and the survey that asks one."""

from __future__ import annotations

import json
import re
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.fields import StreamField
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    WorkflowMixin,
)

from consultation.survey import naming, side_preview
from consultation.survey.blocks import QuestionBlock, SectionBlock, SupportBlock, TextBlock
from consultation.survey.questionnaire import Written, compile_document
from consultation.survey.translating import follow
from testimony.vault.models import Collection, FrozenDefinition
from testimony.wizard.checking import language_name
from testimony.wizard.journeys import JourneyModel, new_public_id, read_definition
from testimony.wizard.naming import plain, stored

_KEY = r"^[a-z][a-z0-9-]*$"
_LONGEST_KEY = 40
_DUTY = _("People read it before every page where they write in their own words.")


class Questionnaire(
    WorkflowMixin, DraftStateMixin, LockableMixin, PreviewableMixin, RevisionMixin, models.Model
):
    """A questionnaire as an editor writes it. Nothing at run time or in a report reads this.

    What people are asked is only ever a version that was frozen from it. That a text is *live*
    means, here, that it was approved: the newest approved text is what a version is made from.
    """

    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    title_fr = models.CharField(_("title in French"), max_length=120, blank=True)
    introduction_en = models.TextField(_("introduction in English"), blank=True)
    introduction_fr = models.TextField(_("introduction in French"), blank=True)
    duty_en = models.TextField(_("duty to report, in English"), blank=True, help_text=_DUTY)
    duty_fr = models.TextField(_("duty to report, in French"), blank=True, help_text=_DUTY)
    languages = models.CharField(
        _("languages"),
        max_length=60,
        default="en,fr",
        validators=[RegexValidator(r"^[a-z]{2,3}(-[a-z]+)?(,[a-z]{2,3}(-[a-z]+)?)*$")],
        help_text=_("Codes with commas between them, such as en,fr,ar. The first comes first."),
    )
    key = models.CharField(
        _("key"),
        max_length=_LONGEST_KEY,
        unique=True,
        blank=True,
        validators=[RegexValidator(_KEY)],
        help_text=_("Its name in the data. Leave it empty to have one made."),
    )
    body = StreamField(
        [("section", SectionBlock())],
        blank=True,
        default=list,
        collapsed=True,
        verbose_name=_("sections"),
    )
    support = StreamField(
        [("support", SupportBlock())], blank=True, default=list, verbose_name=_("support")
    )
    next_steps = StreamField(
        [("next_step", TextBlock())],
        blank=True,
        default=list,
        verbose_name=_("what happens next"),
    )
    translations = models.JSONField(
        _("translations"),
        blank=True,
        default=dict,
        help_text=_("For languages beside English and French: a sentence for each place."),
    )
    translated_from = models.JSONField(
        _("what was translated"),
        blank=True,
        default=dict,
        editable=False,
        help_text=_("For each translated sentence, a digest of the words that it says."),
    )
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        for_concrete_model=False,
    )
    revisions = GenericRelation(
        "wagtailcore.Revision",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="questionnaire",
        for_concrete_model=False,
    )

    class Meta:
        ordering = ["key"]
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")

    def __str__(self) -> str:
        return self.title_en or self.title_fr or self.key or str(_("a new questionnaire"))

    def clean(self) -> None:
        super().clean()
        self.check_key()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give everything a name in the data that has none yet, and save.

        Where only some fields are saved, as when a revision is noted, the text is not among them.

        Raises:
            ValidationError: for another key than that of the versions.
        """
        if kwargs.get("update_fields") is None:
            self.check_key()
            self.give_names()
            self.let_translations_follow()
        super().save(*args, **kwargs)

    def save_revision(self, *args: Any, **kwargs: Any) -> Any:
        """A draft, too, has a name for everything from the moment it is kept.

        Raises:
            ValidationError: for another key than that of the versions.
        """
        self.check_key()
        self.give_names()
        self.let_translations_follow()
        return super().save_revision(*args, **kwargs)

    def with_content_json(self, content: dict[str, Any]) -> Any:
        """A revision as an object. Once there is a version, no older draft brings back its key."""
        found = super().with_content_json(content)
        if self.is_key_fixed:
            found.key = self.key
        return found

    @property
    def is_key_fixed(self) -> bool:
        """Whether a version was published: from then on, surveys find versions by this key."""
        return self.pk is not None and self.versions.exists()

    def check_key(self) -> None:
        """Refuse another key than that of the versions, and one that other versions go by.

        Raises:
            ValidationError: with a sentence for the field.
        """
        if self.pk is not None and self.versions.exclude(key=self.key).exists():
            sentence = gettext("The key can’t change any more: published versions go by it.")
            raise ValidationError({"key": sentence})
        others = QuestionnaireVersion.objects.filter(key=self.key)
        if self.pk is not None:
            others = others.exclude(questionnaire=self.pk)
        if self.key and others.exists():
            sentence = gettext("Versions of another questionnaire go by this key. Take another.")
            raise ValidationError({"key": sentence})

    def give_names(self) -> None:
        """Fill in every name that is empty. Those that stand are kept."""
        if not self.key:
            words = slugify(self.title_en or self.title_fr)[:29].strip("-")
            self.key = f"{words if words[:1].isalpha() else 'survey'}-{new_public_id()}"
        before = self.latest_revision.content["body"] if self.latest_revision_id else "[]"
        self.body = naming.give_names(
            stored(self.body),
            before=json.loads(before),
            past=frozenset(self.asked_before()),
        )

    def let_translations_follow(self) -> None:
        """Let translations of lines without a key go where the lines went."""
        if self.translations:
            self.translations, self.translated_from = follow(self.written(), self.translated_from)

    @classmethod
    def may_be_called(cls, key: str) -> bool:
        """Whether a new questionnaire may have this key: well formed, and nobody else's."""
        is_key = len(key) <= _LONGEST_KEY and re.match(_KEY, key) is not None
        models_with_keys = (cls, QuestionnaireVersion)
        return is_key and not any(
            model._default_manager.filter(key=key).exists() for model in models_with_keys
        )

    @property
    def language_codes(self) -> tuple[str, ...]:
        return tuple(self.languages.split(","))

    def written(self) -> Written:
        """The text as the compiler reads it."""
        return Written(
            key=self.key,
            languages=self.language_codes,
            title={"en": self.title_en, "fr": self.title_fr},
            introduction={"en": self.introduction_en, "fr": self.introduction_fr},
            duty={"en": self.duty_en, "fr": self.duty_fr},
            sections=tuple(plain(item["value"]) for item in stored(self.body)),
            support=tuple(item["value"] for item in stored(self.support)),
            next_steps=tuple(item["value"] for item in stored(self.next_steps)),
            translations=self.translations,
        )

    def document(self, *, version: str = "0.0", missing: str = "") -> dict[str, Any]:
        """The document of the definition this text compiles to, complete or not."""
        return compile_document(self.written(), version=version, missing=missing)

    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        """What the side panel of the editor offers: a mode for each language."""
        return [(code, language_name(code)) for code in self.language_codes]

    def serve_preview(self, request: Any, mode_name: str) -> Any:
        return side_preview.preview(self, mode_name)

    def asked_before(self) -> dict[str, tuple[str, str]]:
        """How each question stood in the versions so far, the newest last: its type and number."""
        if self.pk is None:
            return {}
        return {
            question.key: (question.type, version.number)
            for version in self.versions.order_by("major", "minor")
            for question in read_definition(version.definition_id).questions()
        }


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
    asks = "version__definition_id"

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


class BankedQuestion(models.Model):
    """A question worth asking again, in the same words and under the same key.

    Questionnaires hold copies of it. Nothing that was asked changes when it does.
    """

    class Topic(models.TextChoices):
        WORK = "work", _("Work and conditions")
        SAFETY = "safety", _("Safety")
        REPORTING = "reporting", _("Telling somebody")
        OFFICES = "offices", _("Contact with offices")
        CARE = "care", _("Health and support")
        CHANGE = "change", _("What should change")
        PERSON = "person", _("About the person")
        OTHER = "other", _("Something else")

    topic = models.CharField(_("topic"), max_length=10, choices=Topic, default=Topic.OTHER)
    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    question = StreamField(
        [("question", QuestionBlock())], min_num=1, max_num=1, verbose_name=_("question")
    )
    translations = models.JSONField(_("translations"), blank=True, default=dict, editable=False)

    class Meta:
        ordering = ["topic", "key"]
        verbose_name = _("question of the bank")
        verbose_name_plural = _("question bank")
        constraints = [
            models.CheckConstraint(condition=~models.Q(key=""), name="a_banked_question_has_a_key")
        ]

    def __str__(self) -> str:
        label = self.value.get("label") or {}
        return str(label.get("en") or label.get("fr") or self.key or _("a new question"))

    def clean(self) -> None:
        super().clean()
        self.give_names()
        if BankedQuestion.objects.filter(key=self.key).exclude(pk=self.pk).exists():
            sentence = gettext("A question of the bank has the key “%(key)s” already.")
            raise ValidationError(sentence % {"key": self.key})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Name what has no name, and drop the condition: it is about another questionnaire."""
        self.give_names()
        super().save(*args, **kwargs)

    def give_names(self) -> None:
        """Fill in every name that is empty, and go by the name of the question."""
        raw = stored(self.question)
        if not raw:
            return
        value = raw[0]["value"]
        page = {"type": "section", "value": {"key": "bank", "questions": [value]}}
        others = BankedQuestion.objects.exclude(pk=self.pk).values_list("key", flat=True)
        naming.give_names([page], before=[], past=frozenset(others))
        value["when"] = {"match": "all", "tests": [], "rule": ""}
        self.question = json.dumps([{**raw[0], "value": value}])
        self.key = value["key"]

    @property
    def value(self) -> dict[str, Any]:
        """The question as its block holds it; empty before there is one."""
        raw = stored(self.question)
        return plain(raw[0]["value"]) if raw else {}


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
