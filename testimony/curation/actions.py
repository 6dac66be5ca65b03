"""What readers do: open a reading list, propose an excerpt, approve somebody else's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from django.db import transaction

from testimony.curation import permissions
from testimony.curation.models import Excerpt, ExcerptState, Theme
from testimony.curation.permissions import NotAllowed
from testimony.vault import audit
from testimony.vault.unlock import Grant, Opened

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

WithdrawnHandler = Callable[[list[uuid.UUID]], None]
_withdrawn_handlers: Final[list[WithdrawnHandler]] = []


def open_reading_list(
    *, by: AbstractUser, grant: Grant, definition: str, reason: str
) -> list[Opened]:
    """Every record of one definition, open in memory for one sitting. One audit entry."""
    with transaction.atomic():
        audit.append(by=by, action="reading list opened", subject=definition[:12], reason=reason)
    return list(grant.stream(definition))


def propose_excerpt(
    *,
    by: AbstractUser,
    grant: Grant,
    record_id: uuid.UUID,
    question: str,
    text: str,
    theme: Theme,
) -> Excerpt:
    """Propose a few of a person's words for quoting.

    Raises:
        NotAllowed: when consent, wording or length do not allow it, or the record is gone.
    """
    opened = grant.open_one(record_id)
    if opened is None:
        raise NotAllowed("This testimony was withdrawn.")
    permissions.check_may_quote(
        text, opened.payload["answers"].get(question), opened.payload["consents"]
    )
    with transaction.atomic():
        permissions.check_may_propose_another(record_id)
        excerpt = Excerpt.objects.create(
            record_id=record_id,
            theme=theme,
            text=text,
            language=opened.payload["language"],
            proposed_by_id=by.pk,
        )
        audit.append(by=by, action="excerpt proposed", subject=str(excerpt.id))
    return excerpt


def approve_excerpt(*, by: AbstractUser, excerpt: Excerpt) -> Excerpt:
    """Stand behind an excerpt that somebody else proposed.

    Raises:
        NotAllowed: for the proposer, or an excerpt that is approved already.
    """
    with transaction.atomic():
        locked = Excerpt.objects.select_for_update().get(pk=excerpt.pk)
        permissions.check_may_approve_excerpt(by, locked)
        locked.state = ExcerptState.APPROVED
        locked.approved_by_id = by.pk
        locked.save(update_fields=["state", "approved_by"])
        audit.append(by=by, action="excerpt approved", subject=str(locked.id))
    return locked


def on_excerpts_withdrawn(handler: WithdrawnHandler) -> None:
    """Have ``handler(excerpt_ids)`` called, inside the withdrawal, before excerpts go."""
    _withdrawn_handlers.append(handler)


def withdraw_excerpts(record_id: uuid.UUID) -> None:
    """Delete every excerpt of a record, and first whatever was made from them above."""
    ids: Iterable[uuid.UUID] = Excerpt.objects.filter(record_id=record_id).values_list(
        "id", flat=True
    )
    found = list(ids)
    if found:
        for handler in _withdrawn_handlers:
            handler(found)
        Excerpt.objects.filter(id__in=found).delete()
