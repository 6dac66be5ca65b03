"""Freezing a questionnaire, opening a survey, and recording what a tally found."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from consultation.survey import placeholders, translating
from consultation.survey import questionnaire as compiling
from consultation.survey.checks import linter, rules
from consultation.survey.models import Questionnaire, QuestionnaireVersion, Survey
from consultation.survey.permissions import (
    check_may_add_questionnaire,
    check_may_publish_questionnaire,
    check_may_set_dates,
)
from consultation.survey.schema import schema_problems
from testimony.vault import actions as vault
from testimony.vault import audit
from testimony.vault.models import Collection
from testimony.wizard import versions
from testimony.wizard.checking import Finding, Severity
from testimony.wizard.differences import Difference, differences, next_number
from testimony.wizard.journeys import DEFAULT_TIMEZONE, check_may_be_open, read_definition

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


class VersionRefused(Exception):
    """A survey can't ask this version. The sentence says why."""


@dataclass(frozen=True, slots=True)
class Check(versions.Check):
    """The check of a questionnaire: also its newest version so far."""

    published: QuestionnaireVersion | None


def check_questionnaire(questionnaire: Questionnaire) -> Check:
    """Look at the newest draft: problems, warnings, changes and the number it would get."""
    text = questionnaire.get_latest_revision_as_object()
    document = text.document()
    asked = {key: rules.Asked(*how) for key, how in questionnaire.asked_before().items()}
    found = [
        *rules.findings(document, asked_before=asked),
        *placeholders.findings(document),
        *linter.findings(document),
    ]
    compiled, problem = versions.compiled(document)
    if problem and not any(one.severity == Severity.PROBLEM for one in found):
        found.append(Finding("definition", Severity.PROBLEM, problem))
    if not any(one.severity == Severity.PROBLEM for one in found):
        found += [Finding("schema", Severity.PROBLEM, said) for said in schema_problems(document)]
    if _waits_for_approval(questionnaire):
        sentence = _("Nobody has approved this text yet. Submit it, so that somebody looks at it.")
        found.append(Finding("approved", Severity.PROBLEM, sentence))
    published = questionnaire.versions.order_by("-major", "-minor").first()
    changed: list[Difference] = []
    if compiled and published:
        before = read_definition(published.definition_id)
        changed = differences(before, compiled)
        if versions.is_same(before, compiled, but_for=("version",)):
            same = _("Nothing has changed since version %(number)s.") % {"number": published.number}
            found.append(Finding("something_changed", Severity.PROBLEM, same))
    previous = (published.major, published.minor) if published else None
    number = next_number(previous, is_major=any(one.is_major for one in changed))
    return Check(
        findings=tuple(found),
        definition=versions.numbered(compiled, number) if compiled else None,
        number=number,
        larger=next_number(previous, is_major=True),
        differences=tuple(changed),
        published=published,
    )


def publish_questionnaire(
    *,
    by: AbstractUser | None,
    questionnaire: Questionnaire,
    checked: str,
    is_larger: bool = False,
) -> QuestionnaireVersion:
    """Freeze the newest draft as a version.

    ``checked`` is the digest of what the person looked at (``Check.digest``). With ``is_larger``
    the version gets a new major number, whatever changed.

    Raises:
        NotAllowed: when ``by`` may not publish.
        NotReady: with everything that is missing or wrong.
        PublishingRefused: when the text, or the version before it, changed since.
    """
    if by is not None:
        check_may_publish_questionnaire(by)
    with transaction.atomic():
        questionnaire = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
        check = check_questionnaire(questionnaire)
        found = check.to_publish(checked=checked, is_larger=is_larger)
        major, _dot, minor = found.version.partition(".")
        frozen = vault.freeze_definition(canonical=found.canonical, digest=found.digest)
        if questionnaire.latest_revision_id != questionnaire.live_revision_id:
            # Before there is a version, so that a key which the draft changed is still taken.
            questionnaire.latest_revision.publish(user=by)
        version = QuestionnaireVersion.objects.create(
            questionnaire=questionnaire,
            key=found.key,
            major=int(major),
            minor=int(minor),
            definition=frozen,
        )
        audit.append(by=by, action=gettext_noop("questionnaire published"), subject=str(version))
    return version


def _waits_for_approval(questionnaire: Questionnaire) -> bool:
    """Where somebody set up a workflow, only what went through it can be published."""
    is_approved = questionnaire.latest_revision_id == questionnaire.live_revision_id
    return questionnaire.has_workflow and not is_approved


def open_survey(
    *,
    by: AbstractUser | None,
    name: str,
    collection: Collection,
    version: QuestionnaireVersion,
    opens_on: dt.date,
    closes_on: dt.date,
    timezone: str = DEFAULT_TIMEZONE,
) -> Survey:
    """Open a door to a frozen version between two days, both included.

    Raises:
        DatesRefused: when it can't be open on these days.
    """
    check_may_be_open(collection, opens_on, closes_on)
    with transaction.atomic():
        survey = Survey.objects.create(
            name=name,
            collection=collection,
            version=version,
            opens_on=opens_on,
            closes_on=closes_on,
            timezone=timezone,
        )
        audit.append(by=by, action=gettext_noop("survey opened"), subject=survey.public_id)
    return survey


def set_survey(
    *,
    by: AbstractUser | None,
    survey: Survey,
    name: str,
    version: QuestionnaireVersion,
    opens_on: dt.date,
    closes_on: dt.date,
    timezone: str,
) -> Survey:
    """Say when a survey is open, and which version it asks. Those inside keep their version.

    Raises:
        NotAllowed: when ``by`` may not.
        DatesRefused: when it can't be open on these days.
        VersionRefused: for a version of another questionnaire.
    """
    if by is not None:
        check_may_set_dates(by)
    with transaction.atomic():
        found: Survey = (
            Survey.objects.select_for_update(of=("self",))
            .select_related("collection", "version")
            .get(pk=survey.pk)
        )
        check_may_be_open(found.collection, opens_on, closes_on)
        if version.key != found.version.key:
            raise VersionRefused(
                _("A survey stays with its questionnaire. Open another one for this.")
            )
        found.name, found.version, found.timezone = name, version, timezone
        found.opens_on, found.closes_on = opens_on, closes_on
        found.save(update_fields=["name", "version", "opens_on", "closes_on", "timezone"])
        audit.append(by=by, action=gettext_noop("survey set"), subject=found.public_id)
    return found


def close_survey(*, by: AbstractUser | None, survey: Survey) -> Survey:
    """Close a survey at once: its last open day was yesterday. Those inside may finish.

    Raises:
        NotAllowed: when ``by`` may not.
    """
    if by is not None:
        check_may_set_dates(by)
    with transaction.atomic():
        found: Survey = Survey.objects.select_for_update().get(pk=survey.pk)
        found.close()
        audit.append(by=by, action=gettext_noop("survey closed"), subject=found.public_id)
    return found


def bring_in_questionnaire(
    *, by: AbstractUser | None = None, document: dict[str, Any]
) -> Questionnaire:
    """A questionnaire an editor can go on writing, from a definition's document.

    Raises:
        NotAllowed: when ``by`` may not begin one.
    """
    if by is not None:
        check_may_add_questionnaire(by)
    written = compiling.written_from(document)
    with transaction.atomic():
        questionnaire = Questionnaire.objects.create(
            key=written.key,
            languages=",".join(written.languages),
            title_en=written.title["en"],
            title_fr=written.title["fr"],
            introduction_en=written.introduction["en"],
            introduction_fr=written.introduction["fr"],
            duty_en=written.duty["en"],
            duty_fr=written.duty["fr"],
            body=_stream("section", written.sections),
            support=_stream("support", written.support),
            next_steps=_stream("next_step", written.next_steps),
            translations=written.translations,
            translated_from=translating.sources_of(written),
            live=False,
        )
        questionnaire.save_revision(user=by)
        audit.append(
            by=by, action=gettext_noop("questionnaire brought in"), subject=questionnaire.key
        )
    return questionnaire


def _stream(kind: str, values: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps([{"type": kind, "value": value} for value in values])
