"""How much one person may open in an hour, counted in the audit log itself.

A transcript is one entry; so is a page of a reading list, and a tally. Each has its own cap.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from testimony.vault import audit

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

HOUR: Final = dt.timedelta(hours=1)


class QuotaSpent(Exception):
    """So much was opened in the last hour that the vault waits. The message says so."""


def left(user: AbstractUser, action: str) -> int:
    """How often ``user`` may still do ``action`` this hour."""
    since = timezone.now().replace(second=0, microsecond=0) - HOUR
    cap: int = settings.VAULT_QUOTAS[action]
    return max(0, cap - audit.count_since(since, by=user, action=action))


def check_may(user: AbstractUser, action: str) -> None:
    """Whether the hour's quota allows one more.

    Raises:
        QuotaSpent: when it doesn't.
    """
    if not left(user, action):
        raise _spent(action)


def spend(user: AbstractUser, action: str, *, subject: str = "", reason: str = "") -> None:
    """Make the audit entry of one opening, inside a transaction, if the quota allows it.

    The entry is written first and counted with the others while the log is held, so two requests
    at once can't both take the last place.

    Raises:
        QuotaSpent: when it was one too many; the caller's transaction then keeps no entry.
    """
    audit.append(by=user, action=action, subject=subject, reason=reason)
    since = timezone.now().replace(second=0, microsecond=0) - HOUR
    if audit.count_since(since, by=user, action=action) > settings.VAULT_QUOTAS[action]:
        raise _spent(action)


def _spent(action: str) -> QuotaSpent:
    return QuotaSpent(
        _(
            "That is all for this hour: %(cap)s is the most. The limit is there so that a "
            "stolen session can't read everything. Please go on a little later."
        )
        % {"cap": settings.VAULT_QUOTAS[action]}
    )
