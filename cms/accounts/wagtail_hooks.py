"""The second factor in the admin's menus, and who may touch whose account there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.auth import permission_denied
from wagtail.admin.widgets.button import Button

from cms.accounts.models import User
from cms.accounts.permissions import may_manage


@hooks.register("register_account_menu_item")
def second_factor(_request: HttpRequest) -> dict[str, Any]:
    """In the page of one's own account."""
    return {
        "url": reverse("second_factor"),
        "label": _("Second factor"),
        "help_text": _("Your phone and your recovery codes."),
    }


@hooks.register("register_user_listing_buttons")
def reset_button(user: User, request_user: User) -> Iterator[Button]:
    """In the list of users, for those who may reset somebody's second factor."""
    if may_manage(request_user, user) and user != request_user:
        yield Button(
            _("Reset the second factor"),
            reverse("second_factor_reset", args=[user.pk]),
            icon_name="mobile-alt",
            priority=40,
        )


@hooks.register("register_log_actions")
def log_actions(actions: Any) -> None:
    """What the second factor writes to Wagtail's log."""
    for name, label, message in (
        ("set_up", _("Set up the second factor"), _("Second factor set up")),
        ("new_codes", _("Make recovery codes"), _("New recovery codes made")),
        ("recovery_code", _("Use a recovery code"), _("A recovery code was used")),
        ("removed", _("Remove the second factor"), _("Second factor removed")),
        ("reset", _("Reset the second factor"), _("Second factor reset")),
    ):
        actions.register_action(f"accounts.second_factor.{name}", label, message)


@hooks.register("before_edit_user")
def before_edit_user(request: HttpRequest, user: User) -> HttpResponse | None:
    """Superusers are changed by superusers alone."""
    return None if may_manage(request.user, user) else _refuse(request)  # type: ignore[arg-type]


@hooks.register("before_bulk_action")
def before_bulk_action(
    request: HttpRequest, _kind: str, things: Iterable[Any], _action: Any
) -> HttpResponse | None:
    """Many users at once: the same rule, and never oneself, as no role is given to oneself."""
    users = [thing for thing in things if isinstance(thing, User)]
    if not users:
        return None
    me: User = request.user  # type: ignore[assignment]
    if me.needs_second_factor and not me.is_verified():
        return redirect("second_factor")
    if me in users and not me.is_superuser:
        return _refuse(request)
    return None if all(may_manage(me, user) for user in users) else _refuse(request)


def _refuse(request: HttpRequest) -> HttpResponse:
    return permission_denied(request)  # type: ignore[no-any-return]
