"""Naming the permission of an editorial view, where everyone (and the suite) can see it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

ADMIN = "wagtailadmin.access_admin"


def requires(permission: str) -> Callable[[View], View]:
    """Let a view be reached only by team members with ``permission`` (``app.codename``).

    Somebody who is not logged in is sent to log in; somebody without the right is refused.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.path, reverse("wagtailadmin_login"))
            if not request.user.has_perms([ADMIN, permission]):
                raise PermissionDenied
            response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark
