"""Freezing a questionnaire, opening a survey, and recording what a tally found."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_noop

from consultation.survey import questionnaire as compiling
from consultation.survey.blocks import from_definition
from consultation.survey.models import Questionnaire, QuestionnaireVersion, Survey
from testimony.vault import actions as vault
from testimony.vault import audit
from testimony.vault.models import Collection
from testimony.wizard import definition as definitions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


def publish_questionnaire(
    *, by: AbstractUser | None, questionnaire: Questionnaire, major: int, minor: int
) -> QuestionnaireVersion:
    """Compile what the editor wrote and freeze it as a version.

    Raises:
        DefinitionError: when it does not compile, naming the section or question.
    """
    number = f"{major}.{minor}"
    document = compiling.compile_document(
        key=questionnaire.key,
        version=number,
        title={"en": questionnaire.title_en, "fr": questionnaire.title_fr},
        introduction={"en": questionnaire.introduction_en, "fr": questionnaire.introduction_fr},
        sections=[block.value for block in questionnaire.body],
        support=[block.value for block in questionnaire.support],
    )
    found = definitions.parse(document)
    with transaction.atomic():
        frozen = vault.freeze_definition(canonical=found.canonical, digest=found.digest)
        version = QuestionnaireVersion.objects.create(
            questionnaire=questionnaire,
            key=questionnaire.key,
            major=major,
            minor=minor,
            definition=frozen,
        )
        audit.append(by=by, action=gettext_noop("questionnaire published"), subject=str(version))
    return version


def open_survey(
    *,
    by: AbstractUser | None,
    name: str,
    collection: Collection,
    version: QuestionnaireVersion,
    opens_on: dt.date,
    closes_on: dt.date,
) -> Survey:
    """Open a door to a frozen version between two days."""
    with transaction.atomic():
        survey = Survey.objects.create(
            name=name,
            collection=collection,
            version=version,
            opens_on=opens_on,
            closes_on=closes_on,
        )
        audit.append(by=by, action=gettext_noop("survey opened"), subject=survey.public_id)
    return survey


def bring_in_questionnaire(*, document: dict[str, Any]) -> Questionnaire:
    """A questionnaire an editor can go on writing, from a definition's document.

    Raises:
        ValueError: when it uses something the blocks can't hold, naming the question.
    """
    return Questionnaire.objects.create(
        key=document["key"],
        title_en=document["title"]["en"],
        title_fr=document["title"]["fr"],
        introduction_en=document["introduction"]["en"],
        introduction_fr=document["introduction"]["fr"],
        body=json.dumps(from_definition(document)),
        support=json.dumps(
            [
                {"type": "support", "value": {"name": item["name"], "detail": item["detail"]}}
                for item in document.get("support", [])
            ]
        ),
    )
