"""What the team does with calls: checking a text, publishing it, and setting when it is open.

A text is frozen when it is first used. As long as nobody has answered a version, publishing again
replaces it under the same number; from the first answer on it stands, and the next one gets a
number of its own. What was frozen is never deleted: somebody may be inside, answering it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from testimony.intake import compiling, rules
from testimony.intake.models import Call, CallText, CallVersion
from testimony.intake.permissions import check_may_publish_call, check_may_set_dates
from testimony.vault import actions as vault
from testimony.vault import audit, batches
from testimony.vault.models import Collection, PendingRecord, Record
from testimony.wizard import definition as definitions
from testimony.wizard import versions
from testimony.wizard.checking import Finding, Severity
from testimony.wizard.definition import Definition
from testimony.wizard.differences import FIRST, Number, differences, next_number
from testimony.wizard.journeys import DEFAULT_TIMEZONE, check_may_be_open, read_definition
from testimony.wizard.versions import PublishingRefused

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


class AlreadyAnswered(PublishingRefused):
    """A version that somebody has answered stands as it is."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a call gathers what people send, and when it is open."""

    collection: Collection
    opens_on: dt.date
    closes_on: dt.date
    timezone: str = DEFAULT_TIMEZONE


@dataclass(frozen=True, slots=True)
class Check(versions.Check):
    """The check of a call's text: also the version asked now, and whether its number is reused."""

    published: CallVersion | None
    replaces: CallVersion | None


def check_text(text: CallText) -> Check:
    """Look at a text as it is stored: problems, warnings, changes and the number it would get."""
    written = text.written()
    found = rules.findings(written)
    standing = list(
        CallVersion.objects.filter(
            call=text.call_id, state=CallVersion.State.STANDING
        ).select_related("definition")
        if text.call_id
        else ()
    )
    published = standing[0] if standing else None
    replaces = published if published is not None and may_replace_version(published) else None
    previous = next((one for one in standing if one != replaces), None)
    compiled, problem = versions.compiled(compiling.compile_document(written, version="1.0"))
    if problem and not any(one.severity == Severity.PROBLEM for one in found):
        found.append(Finding("definition", Severity.PROBLEM, problem))
    changed = (
        differences(read_definition(published.definition_id), compiled)
        if compiled and published
        else []
    )
    if (
        compiled
        and published
        and versions.is_same(
            read_definition(published.definition_id), compiled, but_for=("version", "key")
        )
    ):
        sentence = _("Nothing has changed since version %(number)s.") % {"number": published.number}
        found.append(Finding("something_changed", Severity.PROBLEM, sentence))
    number, larger = _numbers(compiled, previous, replaces)
    return Check(
        findings=tuple(found),
        definition=versions.numbered(compiled, number) if compiled else None,
        number=number,
        larger=larger,
        differences=tuple(changed),
        published=published,
        replaces=replaces,
    )


def check_may_replace_version(version: CallVersion) -> None:
    """Whether a version may be published anew under its own number.

    Raises:
        AlreadyAnswered: once there is a record of it, or a batch of paper. From then on a change
            is a new version.
    """
    for model in (PendingRecord, Record):
        if model.objects.filter(definition=version.definition_id).exists():
            raise AlreadyAnswered(
                _("Somebody has answered version %(number)s, so it stays as it is.")
                % {"number": version.number}
            )
    if batches.is_on_paper(str(version.definition_id)):
        raise AlreadyAnswered(
            _("Version %(number)s is out on paper, so it stays as it is.")
            % {"number": version.number}
        )


def may_replace_version(version: CallVersion) -> bool:
    """The boolean form of ``check_may_replace_version``."""
    try:
        check_may_replace_version(version)
    except AlreadyAnswered:
        return False
    return True


def begin_text(*, by: AbstractUser | None, name: str, languages: str = "en,fr") -> CallText:
    """A new text with every step a decent call has, ready for its own words."""
    with transaction.atomic():
        text = CallText.objects.create(name=name, languages=languages)
        audit.append(by=by, action=gettext_noop("call text begun"), subject=text.key)
    return text


def publish_text(
    *,
    by: AbstractUser | None,
    text: CallText,
    checked: str,
    opening: Opening | None = None,
    is_larger: bool = False,
) -> CallVersion:
    """Freeze the text as a version, and open its call or let the open one ask it.

    ``checked`` is the digest of what the person looked at (``Check.digest``). The first time,
    ``opening`` says where and when; later it is not used. With ``is_larger`` the version gets a
    new major number, whatever changed.

    Raises:
        NotAllowed: when ``by`` may not publish.
        NotReady: with everything that is missing.
        PublishingRefused: when the text changed since, or has no collection yet.
        DatesRefused: when the call can't be open on these days.
    """
    if by is not None:
        check_may_publish_call(by)
    with transaction.atomic():
        text = CallText.objects.select_for_update().get(pk=text.pk)
        check = check_text(text)
        found = check.to_publish(checked=checked, is_larger=is_larger)
        frozen = vault.freeze_definition(canonical=found.canonical, digest=found.digest)
        call = text.call
        if call is None:
            if opening is None:
                raise PublishingRefused(_("Choose where and when this call is open."))
            check_may_be_open(opening.collection, opening.opens_on, opening.closes_on)
            call = Call.objects.create(
                name=text.name,
                collection=opening.collection,
                definition=frozen,
                opens_on=opening.opens_on,
                closes_on=opening.closes_on,
                timezone=opening.timezone,
            )
            text.call = call
            text.save(update_fields=["call"])
        else:
            call.definition = frozen
            call.save(update_fields=["definition"])
        if check.replaces is not None:
            check_may_replace_version(check.replaces)
            CallVersion.objects.filter(pk=check.replaces.pk).update(
                state=CallVersion.State.REPLACED
            )
        version = _keep_version(call, found)
        audit.append(
            by=by,
            action=gettext_noop("call published"),
            subject=f"{call.public_id} {version.number}",
        )
    return version


def publish_call(
    *,
    by: AbstractUser | None,
    name: str,
    collection: Collection,
    document: Mapping[str, Any],
    opens_on: dt.date,
    closes_on: dt.date,
    timezone: str = DEFAULT_TIMEZONE,
) -> Call:
    """Freeze a call's questions from a finished document and open its door between two days.

    Raises:
        DefinitionError: when the document is not a definition, naming the place.
    """
    found = definitions.parse(document)
    if found.kind != "call":
        raise definitions.DefinitionError("A call's definition is of the kind “call”.")
    with transaction.atomic():
        frozen = vault.freeze_definition(canonical=found.canonical, digest=found.digest)
        call = Call.objects.create(
            name=name,
            collection=collection,
            definition=frozen,
            opens_on=opens_on,
            closes_on=closes_on,
            timezone=timezone,
        )
        version = _keep_version(call, found)
        audit.append(
            by=by,
            action=gettext_noop("call published"),
            subject=f"{call.public_id} {version.number}",
        )
    return call


def set_dates(
    *,
    by: AbstractUser | None,
    call: Call,
    name: str,
    opens_on: dt.date,
    closes_on: dt.date,
    timezone: str,
) -> Call:
    """Say when a call is open, and what the team calls it. Those inside may finish.

    Raises:
        NotAllowed: when ``by`` may not.
        DatesRefused: when it can't be open on these days.
    """
    if by is not None:
        check_may_set_dates(by)
    with transaction.atomic():
        found: Call = Call.objects.select_for_update().get(pk=call.pk)
        check_may_be_open(found.collection, opens_on, closes_on)
        found.name, found.timezone = name, timezone
        found.opens_on, found.closes_on = opens_on, closes_on
        found.save(update_fields=["name", "timezone", "opens_on", "closes_on"])
        audit.append(by=by, action=gettext_noop("call dates set"), subject=found.public_id)
    return found


def close_call(*, by: AbstractUser | None, call: Call) -> Call:
    """Close a call at once: its last open day was yesterday. Those inside may finish.

    Raises:
        NotAllowed: when ``by`` may not.
    """
    if by is not None:
        check_may_set_dates(by)
    with transaction.atomic():
        found: Call = Call.objects.select_for_update().get(pk=call.pk)
        found.close()
        audit.append(by=by, action=gettext_noop("call closed"), subject=found.public_id)
    return found


def _numbers(
    compiled: Definition | None, previous: CallVersion | None, replaces: CallVersion | None
) -> tuple[Number, Number]:
    """The number a text would get, and the larger one that may be chosen instead."""
    if previous is None:
        number = (replaces.major, replaces.minor) if replaces else FIRST
        return number, number
    before = (previous.major, previous.minor)
    is_major = compiled is not None and any(
        one.is_major for one in differences(read_definition(previous.definition_id), compiled)
    )
    return next_number(before, is_major=is_major), next_number(before, is_major=True)


def _keep_version(call: Call, found: Definition) -> CallVersion:
    major, _dot, minor = found.version.partition(".")
    return CallVersion.objects.create(
        call=call, definition_id=found.digest, major=int(major), minor=int(minor or 0)
    )
