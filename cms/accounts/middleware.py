"""The second factor stands before the whole admin, for whoever needs one.

A password alone, stolen or guessed, opens the pages where a second factor is given or set up, and
no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

ADMIN: Final = "/admin/"
_OPEN: Final = (
    "/admin/login/",
    "/admin/logout/",
    "/admin/jsi18n/",
    "/admin/sprite",
    settings.SECOND_FACTOR_ADDRESS,
)


class SecondFactorMiddleware:
    """Sends a team member who needs a second factor, and did not give it, to give it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Stand aside in a public process: it has no admin, and may not read a session.

        Raises:
            MiddlewareNotUsed: there.
        """
        if settings.SITE_ROLE == "public":
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path
        if path.startswith(ADMIN) and not path.startswith(_OPEN):
            user = request.user
            if user.is_authenticated and user.needs_second_factor and not user.is_verified():
                query = urlencode({"next": path})
                return HttpResponseRedirect(f"{settings.SECOND_FACTOR_ADDRESS}?{query}")
        return self.get_response(request)
