"""The privacy policy of every page that asks, shows or follows an answer.

A view marked ``private`` sends these headers whatever it answers, and so does every error
page it makes. ``tests/architecture`` walks the routes and fails for one that is not marked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from django.utils.translation import gettext as _

from testimony.wizard.printing import language_of_site, render_private

_log = logging.getLogger(__name__)

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

_DENIED: Final = (
    "accelerometer",
    "autoplay",
    "bluetooth",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "web-share",
    "xr-spatial-tracking",
)

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cache-Control": "no-store",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _DENIED),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, noarchive",
}
"""Sent with every private response. HSTS is the whole site's and stands in the settings.

Referrer-Policy is ``same-origin``, not ``no-referrer``: with the latter browsers send
``Origin: null`` and Django refuses the post over HTTPS.
"""


def apply(response: HttpResponseBase) -> HttpResponseBase:
    """Put the policy on a response."""
    for name, value in HEADERS.items():
        response[name] = value
    return response


def _missing(wanted: str) -> HttpResponseBase:
    """The page for what is not there, in the language of the address where it is one of ours."""
    language = language_of_site(wanted)
    with translation.override(language):
        return render_private(
            "wizard/missing.html", {"language": language}, status=HTTPStatus.NOT_FOUND
        )


def _unreadable() -> HttpResponseBase:
    return _problem(
        _("That could not be read"),
        _("Please go back and try again. If you added a picture, try a smaller one."),
        status=HTTPStatus.BAD_REQUEST,
    )


def _failed() -> HttpResponseBase:
    return _problem(
        _("Something went wrong on our side"),
        _("It is not your fault. Please go back and try again in a little while."),
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def _problem(heading: str, message: str, *, status: int) -> HttpResponseBase:
    language = translation.get_language() or settings.LANGUAGE_CODE
    context = {"language": language, "heading": heading, "message": message, "typed": []}
    return render_private("wizard/problem.html", context, status=status)


def private(view: _View) -> _View:
    """Mark a view as private and put the policy on all it answers."""

    @wraps(view)
    def with_policy(*args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return apply(view(*args, **kwargs))
        except Http404:
            # The site's own page for what is missing names the campaign; this one names nothing.
            return apply(_missing(str(kwargs.get("language", ""))))
        except (SuspiciousOperation, BadRequest, MultiPartParserError):
            return apply(_unreadable())
        except Exception:
            # A view that is private fails in private: no page of the site's, no headers of others.
            _log.exception("A private page failed")
            return apply(_failed())

    with_policy.is_private = True  # type: ignore[attr-defined]
    return with_policy  # type: ignore[return-value]
