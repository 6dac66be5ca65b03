"""Calls: an invitation to testify, open between two days, asking one frozen definition.

The text of a call as an editor writes it (``CallText``) and the call itself are two things: what
people are asked is only ever a version that was frozen from it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from testimony.intake import kinds, naming
from testimony.intake.blocks import (
    WritingField,
    complete_steps,
    first_next_steps,
    first_support,
    next_step_blocks,
    step_blocks,
    support_blocks,
)
from testimony.intake.compiling import Asked, Step, Written
from testimony.vault.models import FrozenDefinition
from testimony.wizard.journeys import JourneyModel, new_public_id, read_definition
from testimony.wizard.naming import plain, stored


def at_first(name: str) -> Callable[[], str]:
    """A default that migrations name, and do not repeat."""
    return partial(kinds.words_at_first, name)


_DUTY = _("People read it before every page where they write in their own words.")


class Call(JourneyModel):
    """An open call for testimony."""

    address_begins = "t"
    asks = "definition_id"

    definition = models.ForeignKey(
        FrozenDefinition, on_delete=models.PROTECT, related_name="+", verbose_name=_("questions")
    )

    class Meta(JourneyModel.Meta):
        abstract = False
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        permissions = [("publish_call", "Can publish the text of a call")]

    @property
    def digest(self) -> str:
        return str(self.definition_id)

    @property
    def current_version(self) -> CallVersion | None:
        """The version that people are asked now."""
        return self.versions.filter(
            definition_id=self.definition_id, state=CallVersion.State.STANDING
        ).first()


class CallVersion(models.Model):
    """One text of a call, frozen. Never edited. When it was published, the audit log alone tells.

    ``replaced`` means that another text took its number before anybody had answered it. Whoever was
    inside by then may still send an answer to it, which counts as an answer to this text.
    """

    class State(models.TextChoices):
        STANDING = "standing", _("published")
        REPLACED = "replaced", _("another text took its number")

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="versions")
    major = models.PositiveSmallIntegerField()
    minor = models.PositiveSmallIntegerField()
    definition = models.ForeignKey(FrozenDefinition, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.STANDING)

    class Meta:
        ordering = ["-major", "-minor", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "major", "minor"],
                condition=models.Q(state="standing"),
                name="one_standing_version_a_number",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["standing", "replaced"]),
                name="call_version_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.major}.{self.minor}"


class CallText(models.Model):
    """The text of a call as an editor writes it. Nobody is asked anything from here."""

    class Languages(models.TextChoices):
        ENGLISH = "en", _("English")
        FRENCH = "fr", _("French")
        BOTH = "en,fr", _("English and French")

    name = models.CharField(_("name for the team"), max_length=120, unique=True)
    key = models.CharField(max_length=40, unique=True, editable=False)
    call = models.OneToOneField(
        Call, on_delete=models.SET_NULL, null=True, editable=False, related_name="text"
    )
    languages = models.CharField(
        _("languages"), max_length=5, choices=Languages, default=Languages.BOTH
    )
    title_en = models.CharField(
        _("title in English"), max_length=120, blank=True, default=at_first("title_en")
    )
    title_fr = models.CharField(
        _("title in French"), max_length=120, blank=True, default=at_first("title_fr")
    )
    introduction_en = models.TextField(
        _("introduction in English"), blank=True, default=at_first("introduction_en")
    )
    introduction_fr = models.TextField(
        _("introduction in French"), blank=True, default=at_first("introduction_fr")
    )
    duty_en = models.TextField(
        _("duty to report, in English"), blank=True, default=at_first("duty_en"), help_text=_DUTY
    )
    duty_fr = models.TextField(
        _("duty to report, in French"), blank=True, default=at_first("duty_fr"), help_text=_DUTY
    )
    steps = WritingField(
        step_blocks(), verbose_name=_("steps"), blank=True, default=complete_steps, collapsed=True
    )
    support = WritingField(
        support_blocks(), verbose_name=_("support"), blank=True, default=first_support
    )
    next_steps = WritingField(
        next_step_blocks(),
        verbose_name=_("what happens next"),
        blank=True,
        default=first_next_steps,
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("text of a call")
        verbose_name_plural = _("texts of calls")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(languages__in=["en", "fr", "en,fr"]),
                name="call_text_languages_known",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Give everything a name in the data that has none yet, and save."""
        if not self.key:
            self.key = f"{slugify(self.name)[:29] or 'call'}-{new_public_id()}"
        field = self._meta.get_field("steps")
        before = CallText.objects.filter(pk=self.pk).first() if self.pk else None
        self.steps = naming.give_names(  # type: ignore[assignment]
            stored(self.steps),
            before=stored(before.steps) if before else [],
            past=frozenset(self._asked_before()),
        )
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], field.name}
        super().save(*args, **kwargs)

    @property
    def language_codes(self) -> tuple[str, ...]:
        return tuple(self.languages.split(","))

    def written(self) -> Written:
        """The text as the compiler and the rules read it."""
        return Written(
            key=self.key,
            languages=self.language_codes,
            title=self._in_each("title"),
            introduction=self._in_each("introduction"),
            duty=self._in_each("duty"),
            support=tuple(item["value"] for item in stored(self.support)),
            next_steps=tuple(item["value"] for item in stored(self.next_steps)),
            steps=tuple(Step(item["type"], plain(item["value"])) for item in stored(self.steps)),
            asked_before=self._asked_before(),
        )

    def _in_each(self, name: str) -> dict[str, str]:
        return {code: getattr(self, f"{name}_{code}") for code in kinds.LANGUAGES}

    def _asked_before(self) -> dict[str, Asked]:
        """How each question stood in the versions published so far, the newest last."""
        if self.call_id is None:
            return {}
        return {
            question.key: Asked(question.type, version.number)
            for version in CallVersion.objects.filter(
                call=self.call_id, state=CallVersion.State.STANDING
            ).order_by("major", "minor")
            for question in read_definition(version.definition_id).questions()
        }
