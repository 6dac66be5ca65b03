"""Who may write the text of a call, publish it, and say when it is open.

Editors write; somebody with ``publish_call`` publishes. Neither opens an answer, so no second
factor is asked for here beyond the one that a person's other roles ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

WRITE: Final = "intake.change_calltext"
LOOK: Final = "intake.view_calltext"
PUBLISH: Final = "intake.publish_call"
SET_DATES: Final = "intake.change_call"


class NotAllowed(Exception):
    """The sentence says why, to the person who tried."""


def may_publish_call(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a person may put a text before the public."""
    return bool(getattr(user, "has_perm", lambda _name: False)(PUBLISH))


def check_may_publish_call(user: AbstractBaseUser | AnonymousUser) -> None:
    """The raising form of ``may_publish_call``.

    Raises:
        NotAllowed: without the permission.
    """
    if not may_publish_call(user):
        raise NotAllowed(
            _("You can write this text. Somebody with the role Publishers publishes it.")
        )


def may_set_dates(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a person may say when a call is open."""
    return bool(getattr(user, "has_perm", lambda _name: False)(SET_DATES))


def check_may_set_dates(user: AbstractBaseUser | AnonymousUser) -> None:
    """The raising form of ``may_set_dates``.

    Raises:
        NotAllowed: without the permission.
    """
    if not may_set_dates(user):
        raise NotAllowed(_("Somebody with the role Editors sets when a call is open."))
