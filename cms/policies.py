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

# The two shapes Wagtail prints: a date or time picker with an id and a JSON object, and an inline
# panel with one quoted JSON text. No parenthesis or angle bracket fits inside their arguments.
_PICKER: Final = rb"""init(?:Date|Time|DateTime)Chooser\("[^"<>()]*",\s*\{[^<>()]*\}\);"""
_PANEL: Final = (
    rb"""\(function\(\) \{\s*var panel = new InlinePanel"""
    rb"""\(JSON\.parse\("[^"<>()]*"\)\);\s*\}\)\(\);"""
)
_INITIALISER: Final = re.compile(
    rb"<script>(\s*(?:" + _PICKER + rb"|" + _PANEL + rb")\s*)</script>"
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
