"""Printing private pages. No request goes into a template, so no session is ever touched."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.template import loader
from django.utils.translation import gettext as _

LEAVE_ADDRESS: Final = "/leave"
NAMES_OF_LANGUAGES: Final = {"en": "English", "fr": "Français", "ar": "العربية"}
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def direction_of(language: str) -> str:
    """The direction a language is written in, as HTML says it."""
    return "rtl" if language.split("-", maxsplit=1)[0] in RIGHT_TO_LEFT else "ltr"


def render_private(
    template: str, context: Mapping[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Print a private page with what every one of them needs."""
    whole = {
        "direction": direction_of(context["language"]),
        "page_title": _("Questions"),
        "leave_url": LEAVE_ADDRESS,
        "away_url": settings.LEAVE_URL,
        "check_url": f"{settings.CHECK_US_OUT_URL}?language={context['language']}",
        "languages": [],
        "support": [],
        "address": "",
        "hidden": [],
        "errors": [],
        **context,
    }
    return HttpResponse(loader.get_template(template).render(whole), status=status)
