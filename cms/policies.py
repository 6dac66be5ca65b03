"""Content policies: one for public pages, one for the admin. Private pages bring their own.

Wagtail 8 still prints a few widget initialisers inline. The admin's policy admits those, by
nonce, and only those: an inline script of any other shape gets no nonce and does not run.
"""

from __future__ import annotations

import re
from typing import Any, Final

from csp.middleware import CSPMiddleware
from django.conf import settings

ADMIN_PREFIX: Final = "/admin/"

# An initialiser: one or more calls of a known name, with JSON-like arguments only.
_ARGUMENT: Final = rb"""[\w\s"'\-.,:;/\\\[\]{}#&+%|@!?=$^*<>~`]*"""
_KNOWN_CALLS: Final = (
    rb"initDateChooser|initTimeChooser|initDateTimeChooser|initTagField|InlinePanel|"
    rb"createPageChooser|createTaskChooser|buildExpandingFormset|"
    rb"new ChooserFactory|wagtail\.\w+|window\.\w+"
)
_INITIALISER: Final = re.compile(
    rb"<script>(\s*(?:(?:" + _KNOWN_CALLS + rb")\(" + _ARGUMENT + rb"\);?\s*)+)</script>"
)


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp, with the admin's own directives under the admin's addresses."""

    def process_response(self, request: Any, response: Any) -> Any:
        if "Content-Security-Policy" in response:
            return response
        if request.path.startswith(ADMIN_PREFIX):
            response._csp_replace = settings.ADMIN_CONTENT_SECURITY_POLICY
            if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
                nonce = str(request.csp_nonce).encode()
                response.content = _INITIALISER.sub(
                    rb'<script nonce="' + nonce + rb'">\1</script>', response.content
                )
        return super().process_response(request, response)
