"""Naming the permission of an editorial view, where everyone (and the suite) can see it.

Permissions of the vault come from a role that somebody was given, never from being a superuser;
and whoever has one needs a second factor before any view of the vault opens. Neither opens
testimony: that takes a passphrase that is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

ADMIN: Final = "wagtailadmin.access_admin"
VAULT: Final = "vault"


def permissions_of(user: AbstractBaseUser | AnonymousUser) -> frozenset[str]:
    """The vault's permissions that a person was given, by a role or by name. Not by superpower.

    The user model answers; without its answer there are none.
    """
    given: frozenset[str] = getattr(user, "vault_permissions", frozenset())
    return given


def may(user: Any, permission: str) -> bool:
    """Whether a person has a permission; those of the vault by role alone."""
    if permission.startswith(f"{VAULT}."):
        return permission in permissions_of(user)
    return bool(user.has_perm(permission))


def is_verified(user: Any) -> bool:
    """Whether the second factor was given in this session."""
    check = getattr(user, "is_verified", None)
    return bool(check and check())


def requires(*permissions: str) -> Callable[[View], View]:
    """Let a view be reached only by team members with one of ``permissions`` (``app.codename``).

    Somebody who is not logged in is sent to log in; somebody without the right is refused; and
    somebody without a second factor is sent to set it up.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.path, reverse("wagtailadmin_login"))
            allowed = any(may(request.user, permission) for permission in permissions)
            if not (allowed and request.user.has_perm(ADMIN)):
                raise PermissionDenied
            if not is_verified(request.user):
                query = urlencode({"next": request.path})
                return HttpResponseRedirect(f"{settings.SECOND_FACTOR_ADDRESS}?{query}")
            response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        guarded.permission = permissions[0]  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def for_those_who(*permissions: str) -> Callable[[View], View]:
    """Let a view of the admin be reached only with one of ``permissions`` (``app.codename``).

    Somebody who is not logged in is sent to log in; somebody without the right is refused.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not user.is_authenticated:
                return redirect_to_login(request.path, reverse("wagtailadmin_login"))
            if not user.has_perm(ADMIN) or not any(map(user.has_perm, permissions)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permissions[0]  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark
