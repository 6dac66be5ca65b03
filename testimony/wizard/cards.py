"""Where a printed card leads: the door it belongs to, in each language, carrying the code on.

The code is used up only when answers are sent, and is tied to nothing. A code that is wrong, was
used or is too old gets a page that says so, and costs the same.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from testimony.vault import vouchers
from testimony.vault.models import Voucher
from testimony.wizard import arrival, journeys
from testimony.wizard import forms as pages
from testimony.wizard.printing import NAMES_OF_LANGUAGES, language_of_site, render_private
from testimony.wizard.privacy import private
from testimony.wizard.views import LONGEST_CODE, START, VOUCHER_FIELD

CARD_ADDRESS: Final = "/v/"


@private
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest, code: str = "") -> HttpResponseBase:
    """Look a card's code up, typed or scanned. Changes nothing, so anybody may post here."""
    language = _language_of(request)
    typed = pages.without_controls((code or request.POST.get(VOUCHER_FIELD, ""))[:LONGEST_CODE])
    with translation.override(language):
        context = {
            "language": language,
            "address": CARD_ADDRESS,
            "code_value": typed,
            "ways": [],
            "is_assisted": False,
        }
        if not typed:
            return render_private("wizard/card.html", context)
        found = vouchers.kind_of(typed)
        door = journeys.find_door(found.door) if found else None
        if found is None or door is None or not door.is_open:
            context["errors"] = [
                pages.ErrorLink(
                    "v",
                    _(
                        "We do not know this code. It may be mistyped, used already, or too old. "
                        "You can still take part without one."
                    ),
                )
            ]
            return render_private(
                "wizard/card.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY
            )
        definition = journeys.read_definition(door.digest)
        context |= {
            "is_assisted": found.kind == Voucher.Kind.ASSISTED,
            "voucher_field": VOUCHER_FIELD,
            "start": START,
            "ways": [
                {
                    "code": known,
                    "name": NAMES_OF_LANGUAGES.get(known, known),
                    "address": door.address_in(known),
                    "title": definition.title.in_language(known),
                    "hidden": [
                        {"name": VOUCHER_FIELD, "value": typed},
                        {
                            "name": arrival.MARK_FIELD,
                            "value": arrival.new_mark(door.public_id),
                        },
                    ],
                }
                for known in definition.languages
            ],
        }
        return render_private("wizard/card.html", context)


def _language_of(request: HttpRequest) -> str:
    """The first language the browser asks for that the site speaks."""
    found = translation.get_language_from_request(request)
    return language_of_site(found)
