"""Who may write a questionnaire, publish it, and say when a survey is open.

Editors write; somebody with ``publish_questionnaire`` publishes. Neither opens an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from consultation.survey.models import Questionnaire

ADD: Final = "survey.add_questionnaire"
WRITE: Final = "survey.change_questionnaire"
LOOK: Final = "survey.view_questionnaire"
PUBLISH: Final = "survey.publish_questionnaire"
BANK: Final = "survey.add_bankedquestion"
OPEN: Final = "survey.add_survey"
SET_DATES: Final = "survey.change_survey"


class NotAllowed(Exception):
    """The sentence says why, to the person who tried."""


def _has(user: AbstractBaseUser | AnonymousUser, permission: str) -> bool:
    return bool(getattr(user, "has_perm", lambda _name: False)(permission))


def may_add_questionnaire(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a person may begin a questionnaire: empty, from a template, as a copy, by a file."""
    return _has(user, ADD)


def check_may_add_questionnaire(user: AbstractBaseUser | AnonymousUser) -> None:
    """The raising form of ``may_add_questionnaire``.

    Raises:
        NotAllowed: without the permission.
    """
    if not may_add_questionnaire(user):
        raise NotAllowed(_("Somebody with the role Editors begins a questionnaire."))


def may_write_questionnaire(
    user: AbstractBaseUser | AnonymousUser, questionnaire: Questionnaire
) -> bool:
    """Whether a person may change a draft now: no lock and no workflow holds it for others."""
    lock = questionnaire.get_lock()
    return _has(user, WRITE) and not (lock and lock.for_user(user))


def refusal_of(check: Callable[..., None], *about: Any) -> str:
    """Why a check refuses, for a page that says so at once; empty where it does not."""
    try:
        check(*about)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


def check_may_write_questionnaire(
    user: AbstractBaseUser | AnonymousUser, questionnaire: Questionnaire
) -> None:
    """The raising form of ``may_write_questionnaire``.

    Raises:
        NotAllowed: without the permission, or while somebody else holds the draft.
    """
    if not _has(user, WRITE):
        raise NotAllowed(_("Somebody with the role Editors writes questionnaires."))
    if not may_write_questionnaire(user, questionnaire):
        raise NotAllowed(
            _("This questionnaire is locked, or somebody is looking at it. Nothing was saved.")
        )


def may_keep_in_bank(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a person may put a question into the bank."""
    return _has(user, BANK)


def check_may_keep_in_bank(user: AbstractBaseUser | AnonymousUser) -> None:
    """The raising form of ``may_keep_in_bank``.

    Raises:
        NotAllowed: without the permission.
    """
    if not may_keep_in_bank(user):
        raise NotAllowed(_("Somebody with the role Editors keeps questions in the bank."))


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
