"""Who may write a questionnaire, publish it, and say when a survey is open.

Editors write; somebody with ``publish_questionnaire`` publishes. Neither opens an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

ADD: Final = "survey.add_questionnaire"
WRITE: Final = "survey.change_questionnaire"
LOOK: Final = "survey.view_questionnaire"
PUBLISH: Final = "survey.publish_questionnaire"
OPEN: Final = "survey.add_survey"
SET_DATES: Final = "survey.change_survey"


class NotAllowed(Exception):
    """The sentence says why, to the person who tried."""


def _has(user: AbstractBaseUser | AnonymousUser, permission: str) -> bool:
    return bool(getattr(user, "has_perm", lambda _name: False)(permission))


def may_publish_questionnaire(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a person may freeze a text as a version."""
    return _has(user, PUBLISH)


def check_may_publish_questionnaire(user: AbstractBaseUser | AnonymousUser) -> None:
    """The raising form of ``may_publish_questionnaire``.

    Raises:
        NotAllowed: without the permission.
    """
    if not may_publish_questionnaire(user):
        raise NotAllowed(
            _("You can write this text. Somebody with the role Publishers publishes it.")
        )


def may_set_dates(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a person may say when a survey is open."""
    return _has(user, SET_DATES)


def check_may_set_dates(user: AbstractBaseUser | AnonymousUser) -> None:
    """The raising form of ``may_set_dates``.

    Raises:
        NotAllowed: without the permission.
    """
    if not may_set_dates(user):
        raise NotAllowed(_("Somebody with the role Editors sets when a survey is open."))
