"""A first post, before there is a cookie: is it from our own page, and what speaks for it?

Checked by ``Origin`` or ``Sec-Fetch-Site`` and a *mark*: a random, signed, expiring value in the
form. Nothing here refuses an honest person. What a browser too old to send either header, a
filled trap or an unripe mark means for the lane is decided by ``lanes``, when answers are sent.

A mark speaks for a person when it has ripened, or when script found a number for it that is a
little work to find (a client puzzle after Dwork and Naor, 1992, as in Hashcash: leading zero
bits of SHA-256). It counts once.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from testimony.vault import limits

MARK_FIELD: Final = "n"
WORK_FIELD: Final = "w"
TRAP_FIELD: Final = "homepage"
"""A field that people do not see. A machine that fills in all it finds fills it in."""

WORK_BITS: Final = 14
_LONGEST_NUMBER: Final = 20
_SALT: Final = "at-the-table.arrival"


class NotFromHere(Exception):
    """The post was made by another site's page."""


class MarkExpired(Exception):
    """The page was open too long, or the mark is not one of ours."""


def new_mark(public_id: str) -> str:
    """A signed mark that this page of ours was fetched in the last hours. Names nobody."""
    return signing.TimestampSigner(salt=_SALT).sign(f"{public_id}.{secrets.token_urlsafe(12)}")


def says_where_from(request: HttpRequest) -> bool:
    """Whether the browser says which page a post came from. Only very old ones do not.

    Raises:
        NotFromHere: when it says that another site's page made the post.
    """
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise NotFromHere
    if origin == "null" and site == "same-origin":
        return True  # some browsers hide the origin from everybody, and from us
    if origin is not None and _host_of(origin) != request.get_host():
        raise NotFromHere
    return origin is not None or site is not None


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def mark_of(request: HttpRequest, public_id: str) -> str:
    """The mark in a post's form.

    Raises:
        MarkExpired: when it is missing, forged, older than twelve hours, or another page's.
    """
    mark = request.POST.get(MARK_FIELD, "")
    try:
        signed_for = _signer().unsign(mark, max_age=limits.NONCE_HOURS * 3600)
    except signing.BadSignature:
        raise MarkExpired from None
    if signed_for.rpartition(".")[0] != public_id:
        raise MarkExpired
    return mark


def is_ripe(mark: str) -> bool:
    """Whether a mark is as old as a person needs for a journey who reads nothing and skips all."""
    try:
        _signer().unsign(mark, max_age=limits.RIPE_SECONDS)
    except signing.SignatureExpired:
        return True
    except signing.BadSignature:
        return False
    return False


def is_worked_for(mark: str, number: str) -> bool:
    """Whether SHA-256 of ``mark:number`` begins with fourteen zero bits."""
    if not mark or not number.isascii() or not number.isdigit() or len(number) > _LONGEST_NUMBER:
        return False
    digest = hashlib.sha256(f"{mark}:{number}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - WORK_BITS) == 0


def fell_into_trap(request: HttpRequest) -> bool:
    return bool(request.POST.get(TRAP_FIELD))


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=_SALT)


class _TokenCheck(CsrfViewMiddleware):
    """Django's own check, answering with its reason instead of its page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason

    def _origin_verified(self, request: HttpRequest) -> bool:
        """As Django does, and as ``says_where_from`` does where the origin is hidden."""
        hidden = request.headers.get("Origin") == "null"
        if hidden and request.headers.get("Sec-Fetch-Site") == "same-origin":
            return True
        return bool(super()._origin_verified(request))  # type: ignore[misc]


def _unprotected(request: HttpRequest) -> HttpResponse:
    """Stands in for a view, so that Django's check looks at the request alone."""
    return HttpResponse()


def has_valid_token(request: HttpRequest) -> bool:
    """Whether a later post passes Django's CSRF check."""
    return _TokenCheck(_unprotected).process_view(request, _unprotected, (), {}) is None
