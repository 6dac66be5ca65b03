"""Printing private pages. No request goes into a template, so no session is ever touched."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.template import loader
from django.template.defaultfilters import date
from django.templatetags.static import static
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext as _
from jinja2 import Environment

LEAVE_ADDRESS: Final = "/leave"
NAMES_OF_LANGUAGES: Final = {"en": "English", "fr": "Français", "ar": "العربية"}
RIGHT_TO_LEFT: Final = frozenset({"ar", "ckb", "fa", "he", "ps", "ur", "yi"})


def direction_of(language: str) -> str:
    """The direction a language is written in, as HTML says it."""
    return "rtl" if language.split("-", maxsplit=1)[0] in RIGHT_TO_LEFT else "ltr"


def language_of_site(language: str) -> str:
    """A language, or the site's own where the site does not speak it."""
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _said(message: str) -> str:
    return _said_in(get_language(), message)


@lru_cache(maxsize=2048)
def _said_in(language: str | None, message: str) -> str:
    """A sentence of a template in the language that is spoken now, looked up once for each."""
    return gettext(message)


def private_environment(**options: Any) -> Environment:
    """What the templates of private pages know: addresses of static files, words, dates.

    They are Jinja's, because printing them is most of the work of answering.
    """
    options.pop("autoescape", None)
    environment = Environment(autoescape=True, **options)
    environment.globals |= {"static": lru_cache(maxsize=64)(static), "_": _said}
    environment.filters["date"] = date
    return environment


def about_minutes(minutes: int) -> str:
    """How long a page takes, in words."""
    return ngettext("About %(minutes)s minute.", "About %(minutes)s minutes.", minutes) % {
        "minutes": minutes
    }


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
    return HttpResponse(loader.get_template(template, using="private").render(whole), status=status)
