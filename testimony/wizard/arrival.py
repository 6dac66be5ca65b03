"""A first post, before there is a cookie: is it from our own page, and in which lane?

Checked by ``Origin`` or ``Sec-Fetch-Site`` and a signed, expiring nonce in the form. A browser
so old that it sends neither header is let in on the nonce alone, in the lane that is held apart.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from testimony.vault import limits
from testimony.vault.models import Lane

NONCE_FIELD: Final = "n"
_SALT: Final = "at-the-table.arrival"


class NotFromHere(Exception):
    """The post was made by another site's page."""


class NonceExpired(Exception):
    """The page was open too long, or the nonce is not one of ours."""


def new_nonce(public_id: str) -> str:
    """A signed mark that this page of ours was fetched in the last hours. Names nobody."""
    return signing.TimestampSigner(salt=_SALT).sign(public_id)


def lane_of(request: HttpRequest, public_id: str) -> Lane:
    """The lane of a first post.

    Raises:
        NotFromHere: when a browser says the post came from elsewhere.
        NonceExpired: when the nonce is missing, forged, or older than twelve hours.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise NotFromHere
    if origin is not None and urlsplit(origin).netloc != request.get_host():
        raise NotFromHere
    check_nonce(request, public_id)
    return Lane.FLOOD if origin is None and site is None else Lane.OPEN


def check_nonce(request: HttpRequest, public_id: str) -> None:
    """Whether the form's nonce is ours and fresh.

    Raises:
        NonceExpired: when it is not.
    """
    try:
        signed_for = signing.TimestampSigner(salt=_SALT).unsign(
            request.POST.get(NONCE_FIELD, ""), max_age=limits.NONCE_HOURS * 3600
        )
    except signing.BadSignature:
        raise NonceExpired from None
    if signed_for != public_id:
        raise NonceExpired


class _TokenCheck(CsrfViewMiddleware):
    """Django's own check, answering with its reason instead of its page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def _unprotected(request: HttpRequest) -> HttpResponse:
    """Stands in for a view, so that Django's check looks at the request alone."""
    return HttpResponse()


def has_valid_token(request: HttpRequest) -> bool:
    """Whether a later post passes Django's CSRF check."""
    return _TokenCheck(_unprotected).process_view(request, _unprotected, (), {}) is None
