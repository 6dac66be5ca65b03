"""Freezing a questionnaire, opening a survey, and recording what a tally found."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from consultation.survey import linter, rules
from consultation.survey import questionnaire as compiling
from consultation.survey.models import Questionnaire, QuestionnaireVersion, Survey
from testimony.vault import actions as vault
from testimony.vault import audit
from testimony.vault.models import Collection
from testimony.wizard import definition as definitions
from testimony.wizard.checking import Finding, Severity
from testimony.wizard.definition import Definition
from testimony.wizard.differences import FIRST, Difference, Number, differences, next_number
from testimony.wizard.journeys import DEFAULT_TIMEZONE, check_may_be_open, read_definition

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


_KEY: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


class PublishingRefused(Exception):
    """A questionnaire can't be published as it stands. The sentence says what to do."""


class NotReady(PublishingRefused):
    """Something is missing or in the wrong place; ``findings`` say what."""

    def __init__(self, found: list[Finding]) -> None:
        super().__init__(" ".join(finding.sentence for finding in found))
        self.findings = found


class VersionRefused(Exception):
    """A survey can't ask this version. The sentence says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """What would happen if a questionnaire were published now, and what stands in the way.

    ``number`` is what the changes ask for, ``larger`` what the editor may choose instead when the
    new words mean something else. ``digest`` names exactly what was looked at.
    """

    findings: tuple[Finding, ...]
    definition: Definition | None
    number: Number
    larger: Number
    published: QuestionnaireVersion | None
    differences: tuple[Difference, ...]

    @property
    def problems(self) -> list[Finding]:
        return [one for one in self.findings if one.severity == Severity.PROBLEM]

    @property
    def warnings(self) -> list[Finding]:
        return [one for one in self.findings if one.severity == Severity.WARNING]

    @property
    def is_ready(self) -> bool:
        return not self.problems and self.definition is not None

    @property
    def digest(self) -> str:
        return self.definition.digest if self.definition else ""


def check_questionnaire(questionnaire: Questionnaire) -> Check:
    """Look at the newest draft: problems, warnings, changes and the number it would get."""
    text = questionnaire.get_latest_revision_as_object()
    document = text.document()
    asked = {key: rules.Asked(*how) for key, how in questionnaire.asked_before().items()}
    found = [*rules.findings(document, asked_before=asked), *linter.findings(document)]
    compiled, problem = _compiled(text, FIRST)
    if problem and not any(one.severity == Severity.PROBLEM for one in found):
        found.append(Finding("definition", Severity.PROBLEM, problem))
    if _waits_for_approval(questionnaire):
        sentence = _("Nobody has approved this text yet. Submit it, so that somebody looks at it.")
        found.append(Finding("approved", Severity.PROBLEM, sentence))
    published = questionnaire.versions.order_by("-major", "-minor").first()
    changed: list[Difference] = []
    if compiled and published:
        before = read_definition(published.definition_id)
        changed = differences(before, compiled)
        if _is_same(before, compiled):
            same = _("Nothing has changed since version %(number)s.") % {"number": published.number}
            found.append(Finding("something_changed", Severity.PROBLEM, same))
    previous = (published.major, published.minor) if published else None
    number = next_number(previous, is_major=any(one.is_major for one in changed))
    if compiled:
        compiled, _problem = _compiled(text, number)
    return Check(
        tuple(found),
        compiled,
        number,
        next_number(previous, is_major=True),
        published,
        tuple(changed),
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
    the version gets a new major number, whatever changed. Who may is for the page to check.

    Raises:
        NotReady: with everything that is missing or wrong.
        PublishingRefused: when the text, or the version before it, changed since.
    """
    with transaction.atomic():
        questionnaire = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
        check = check_questionnaire(questionnaire)
        if not check.is_ready:
            raise NotReady(check.problems)
        if check.digest != checked:
            raise PublishingRefused(
                _("The text, or the version before it, changed while you looked. Look again.")
            )
        number = check.larger if is_larger else check.number
        found, problem = _compiled(questionnaire.get_latest_revision_as_object(), number)
        if found is None:
            raise PublishingRefused(problem)
        frozen = vault.freeze_definition(canonical=found.canonical, digest=found.digest)
        version = QuestionnaireVersion.objects.create(
            questionnaire=questionnaire,
            key=questionnaire.key,
            major=number[0],
            minor=number[1],
            definition=frozen,
        )
        if questionnaire.latest_revision_id != questionnaire.live_revision_id:
            questionnaire.latest_revision.publish(user=by)
        audit.append(by=by, action=gettext_noop("questionnaire published"), subject=str(version))
    return version


def _compiled(text: Questionnaire, number: Number) -> tuple[Definition | None, str]:
    """The definition with this number, or what is wrong with it."""
    try:
        return definitions.parse(text.document(version=f"{number[0]}.{number[1]}")), ""
    except definitions.DefinitionError as error:
        return None, str(error)


def _waits_for_approval(questionnaire: Questionnaire) -> bool:
    """Where somebody set up a workflow, only what went through it can be published."""
    is_approved = questionnaire.latest_revision_id == questionnaire.live_revision_id
    return questionnaire.has_workflow and not is_approved


def _is_same(old: Definition, new: Definition) -> bool:
    """Whether two definitions ask the same, letter by letter, whatever their number."""
    first, second = json.loads(old.canonical), json.loads(new.canonical)
    first.pop("version"), second.pop("version")
    return bool(first == second)


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
        DatesRefused: when it can't be open on these days.
        VersionRefused: for a version of another questionnaire.
    """
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
    """Close a survey at once: its last open day was yesterday. Those inside may finish."""
    with transaction.atomic():
        found: Survey = Survey.objects.select_for_update().get(pk=survey.pk)
        yesterday = found.today() - dt.timedelta(days=1)
        found.closes_on = min(found.closes_on, yesterday)
        found.opens_on = min(found.opens_on, found.closes_on)
        found.save(update_fields=["opens_on", "closes_on"])
        audit.append(by=by, action=gettext_noop("survey closed"), subject=found.public_id)
    return found


def is_key(key: str) -> bool:
    """Whether a questionnaire may be called this in the data."""
    return bool(_KEY.fullmatch(key))


def bring_in_questionnaire(
    *, by: AbstractUser | None = None, document: dict[str, Any]
) -> Questionnaire:
    """A questionnaire an editor can go on writing, from a definition's document."""
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
            live=False,
        )
        questionnaire.save_revision(user=by)
        audit.append(
            by=by, action=gettext_noop("questionnaire brought in"), subject=questionnaire.key
        )
    return questionnaire


def _stream(kind: str, values: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps([{"type": kind, "value": value} for value in values])
