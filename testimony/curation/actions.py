"""What readers do: open a reading list, propose an excerpt, approve somebody else's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext_noop

from testimony.curation import permissions
from testimony.curation.models import Excerpt, ExcerptState, Theme
from testimony.curation.permissions import NotAllowed
from testimony.vault import audit, folders, quotas, unlock, withdrawal
from testimony.vault.unlock import Gone, Grant, Opened
from testimony.vault.withdrawal import Scope

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

ON_A_PAGE: Final = 20

WithdrawnHandler = Callable[[list[uuid.UUID]], None]
Keeper = Callable[[list[uuid.UUID]], set[uuid.UUID]]
_withdrawn_handlers: Final[list[WithdrawnHandler]] = []
_keepers: Final[list[Keeper]] = []


def open_reading_list(
    *, by: AbstractUser, grant: Grant, definition: str, reason: str, page: int = 0
) -> list[Opened]:
    """One page of the records of a definition, twenty at most, open for this request.

    One audit entry a page, in the order of the records' random ids. An empty page is the end.

    Raises:
        QuotaSpent: when too many pages were opened in the last hour.
    """
    with transaction.atomic():
        quotas.spend(
            by, gettext_noop("reading list opened"), subject=definition[:12], reason=reason
        )
    return grant.open_page(definition, page=page, size=ON_A_PAGE)


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
        QuotaSpent: when sixty transcripts were opened in the last hour already.
    """
    try:
        opened = unlock.open_transcript(
            by=by, grant=grant, record_id=record_id, reason="To propose an excerpt"
        )
    except Gone:
        raise NotAllowed("This testimony was withdrawn.") from None
    if not opened.may_be_quoted:
        raise NotAllowed("This person took back the permission to be quoted.")
    permissions.check_may_quote(
        text, opened.payload["answers"].get(question), opened.payload["consents"]
    )
    with transaction.atomic():
        withdrawal.take_turn()
        if not withdrawal.may_be_quoted(record_id):
            raise NotAllowed("This was withdrawn meanwhile.")
        permissions.check_may_propose_another(record_id)
        excerpt = Excerpt.objects.create(
            record_id=record_id,
            theme=theme,
            text=text,
            language=opened.payload["language"],
            proposed_by_id=by.pk,
        )
        audit.append(by=by, action=gettext_noop("excerpt proposed"), subject=str(excerpt.id))
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
        audit.append(by=by, action=gettext_noop("excerpt approved"), subject=str(locked.id))
    return locked


def take_down(*, by: AbstractUser | None, excerpt: Excerpt, reason: str) -> None:
    """Stop quoting the person an excerpt is from, everywhere and for good, as their receipt could.

    For when somebody is recognised. Their answers stay and are counted.
    """
    with transaction.atomic():
        withdrawal.take_turn()
        record_id = excerpt.record_id
        withdrawal.stop_quoting(record_id)
        withdrawal.bury(record_id, Scope.QUOTING)
        audit.append(
            by=by,
            action=gettext_noop("quoting stopped"),
            subject=audit.subject_of(record_id),
            reason=reason,
        )


def on_excerpts_withdrawn(handler: WithdrawnHandler) -> None:
    """Have ``handler(excerpt_ids)`` called, inside the withdrawal, before excerpts go."""
    _withdrawn_handlers.append(handler)


def on_excerpts_expiring(keeper: Keeper) -> None:
    """Have ``keeper(excerpt_ids)`` say which excerpts stay on the day of destruction.

    Those that somebody outside was handed, and that can't be taken back any more.
    """
    _keepers.append(keeper)


def withdraw_excerpts(record_id: uuid.UUID, scope: Scope) -> None:
    """Delete the excerpts of a record, and first whatever was made from them above.

    All of them when a person withdraws, or takes back the permission to quote. On the day of
    destruction, those that are in no finished edition.
    """
    found = list(Excerpt.objects.filter(record_id=record_id).values_list("id", flat=True))
    if scope is Scope.EXPIRY and found:
        kept = {excerpt_id for keeper in _keepers for excerpt_id in keeper(found)}
        found = [excerpt_id for excerpt_id in found if excerpt_id not in kept]
    if found:
        for handler in _withdrawn_handlers:
            handler(found)
        # Their keys are enough: the process that workers speak to may not read the words.
        Excerpt.objects.filter(id__in=found).only("id").delete()


def quoted_records() -> Iterable[uuid.UUID]:
    """Every record that an excerpt was taken from."""
    return Excerpt.objects.values_list("record_id", flat=True).distinct()


def on_erasing(kind: str, eraser: Callable[[str], None]) -> None:
    """Have ``eraser(name)`` delete a file of a kind that was made from excerpts."""
    withdrawal.register_eraser(kind, eraser)


def own_files(label: str, names: Callable[[], Iterable[str]]) -> None:
    """Say which files of a folder may exist: no archive brings back another, no day keeps one."""
    folders.register_file_owner(label, names)


def hold_withdrawals_off() -> None:
    """Have withdrawals wait until this transaction ends, so that it can't miss one."""
    withdrawal.take_turn()


def erase_file(kind: str, name: str) -> None:
    """Note that a file must go with this transaction; it is tried until it is gone."""
    withdrawal.erase_outside(kind, name)
