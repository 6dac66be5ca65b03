"""The receipt page: what six words stand for, and taking back what they stand for."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from testimony.vault import actions, receipts, wordlists
from testimony.wizard import arrival
from testimony.wizard import forms as pages
from testimony.wizard.printing import NAMES_OF_LANGUAGES, language_of_site, render_private
from testimony.wizard.privacy import private

WITHDRAW_ADDRESS: Final = "/receipt/{language}/"

_GO: Final = "go"
_LONGEST_CODE: Final = 300


def withdraw_address(language: str) -> str:
    """Where receipts are used: in this language, or the site's own where it does not speak it."""
    return WITHDRAW_ADDRESS.format(language=language_of_site(language))


@private
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, language: str) -> HttpResponseBase:
    """Look a receipt up, and take back everything or only the permission to quote.

    A code that was never one, one whose answers were destroyed and one that was used to withdraw
    get the same page by the same queries.
    """
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        context: dict[str, Any] = {
            "language": language,
            "address": request.path,
            "languages": [
                {
                    "code": code,
                    "name": NAMES_OF_LANGUAGES.get(code, name),
                    "url": WITHDRAW_ADDRESS.format(language=code),
                    "is_current": code == language,
                }
                for code, name in settings.LANGUAGES
            ],
            "state": "ask",
            "code_value": "",
            "holds": receipts.public_holds(),
        }
        status = HTTPStatus.OK
        if request.method == "POST":
            code = request.POST.get("code", "")[:_LONGEST_CODE]
            problem = _withdrawal_problem(request, code)
            if not problem:
                try:
                    with receipts.a_place():
                        context |= _use_receipt(code, request.POST.get(_GO, ""))
                except receipts.TooMany:
                    problem = _("Many people are here right now. Please try again in a minute.")
                    status = HTTPStatus.SERVICE_UNAVAILABLE
            if problem:
                if status == HTTPStatus.OK:
                    status = HTTPStatus.UNPROCESSABLE_ENTITY
                context |= {"errors": [pages.ErrorLink("code", problem)]}
            context["code_value"] = code
        context["hidden"] = [{"name": arrival.MARK_FIELD, "value": arrival.new_mark("receipt")}]
        return render_private("wizard/withdraw.html", context, status=status)


def _use_receipt(code: str, go: str) -> dict[str, Any]:
    """Do what was asked with a code, and say what it stands for now."""
    if go == "withdraw":
        actions.withdraw_record(code=code)
    elif go == "stop-quoting":
        actions.withdraw_quoting(code=code)
    receipt = receipts.look_up(code)
    return {
        "state": receipt.state.value,
        "deadline": receipt.deadline,
        "is_past_deadline": receipt.deadline is not None
        and timezone.now().date() > receipt.deadline,
        "done": go,
    }


def _withdrawal_problem(request: HttpRequest, code: str) -> str:
    try:
        arrival.says_where_from(request)
        arrival.mark_of(request, "receipt")
    except arrival.NotFromHere:
        return _("Please type the words on this page yourself.")
    except arrival.MarkExpired:
        return _("This page was open for a long time. Please send it once more.")
    stubs = wordlists.as_typed(code)
    if len(stubs) != wordlists.WORDS_IN_A_CODE:
        return _("A code has six words. You typed %(count)s.") % {"count": len(stubs)}
    known = wordlists.known_stubs()
    for position, stub in enumerate(stubs, start=1):
        if stub not in known:
            return _("Word %(position)s is not one of our words. Please look at it again.") % {
                "position": position
            }
    return ""
