"""Previews of calls: every page of a call's journey as a worker would see it.

What a preview asks and prints, and that it keeps nothing, is said in `testimony.wizard.previews`.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from testimony.intake import compiling
from testimony.intake.models import Call, CallText
from testimony.intake.permissions import LOOK, PUBLISH, WRITE
from testimony.vault.permissions import for_those_who
from testimony.wizard import definition as definitions
from testimony.wizard.previews import CHECK, CLOSED, DRAFT, LIVE, START, Printer, Seen, step_of
from testimony.wizard.privacy import private

__all__ = [
    "CHECK",
    "CLOSED",
    "DRAFT",
    "LIVE",
    "START",
    "call_preview_address",
    "preview_call",
    "preview_text",
    "step_of",
    "text_preview_address",
]


def text_preview_address(text: CallText, state: str, language: str, step: str) -> str:
    return reverse("calls_room:preview_text", args=[text.pk, state, language, step])


def call_preview_address(call: Call, state: str, language: str, step: str) -> str:
    return reverse("calls_room:preview_call", args=[call.public_id, state, language, step])


@for_those_who(LOOK, WRITE, PUBLISH)
@private
@csrf_exempt
@require_http_methods(["GET", "POST"])
def preview_text(
    request: HttpRequest, pk: int, state: str, language: str, step: str
) -> HttpResponseBase:
    """A text as it is written now, published or not."""
    text = get_object_or_404(CallText.objects.select_related("call__collection"), pk=pk)
    if state not in (DRAFT, CLOSED):
        raise Http404
    document = compiling.compile_document(
        text.written(), version="0.0", missing=_("[not written yet]")
    )
    try:
        definition = definitions.parse(document)
    except definitions.DefinitionError as error:
        return _not_yet(request, text, str(error))
    call = text.call
    seen = Seen(
        state=state,
        definition=definition,
        deadline=call.collection.withdrawal_deadline if call else None,
        destroyed=call.collection.destruction_date if call else None,
        closes_on=call.closes_on if call else None,
        address=lambda code, name: text_preview_address(text, state, code, name),
    )
    return Printer(request, seen, language).answer(step)


@for_those_who(LOOK, WRITE, PUBLISH)
@private
@csrf_exempt
@require_http_methods(["GET", "POST"])
def preview_call(
    request: HttpRequest, public_id: str, state: str, language: str, step: str
) -> HttpResponseBase:
    """The published version, as it is while the call is open, or closed."""
    call = get_object_or_404(Call.objects.select_related("collection"), public_id=public_id)
    seen = Seen.published(
        state,
        call.journey(),
        lambda code, step_name: call_preview_address(call, state, code, step_name),
    )
    return Printer(request, seen, language).answer(step)


def _not_yet(request: HttpRequest, text: CallText, problem: str) -> HttpResponseBase:
    """A text that is not even a journey yet: say why, and where to mend it."""
    return render(
        request,
        "intake/no_preview.html",
        {"text": text, "problem": problem},
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
    )
