"""Checking a text, publishing it, and closing a call, in the admin."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from testimony.intake import actions, previews
from testimony.intake.actions import Check, Opening
from testimony.intake.forms import OpenForm
from testimony.intake.models import Call, CallText
from testimony.intake.permissions import (
    LOOK,
    PUBLISH,
    SET_DATES,
    WRITE,
    NotAllowed,
    check_may_publish_call,
    may_publish_call,
    may_set_dates,
)
from testimony.vault.permissions import for_those_who
from testimony.wizard import previews as journey_previews
from testimony.wizard.journeys import DatesRefused
from testimony.wizard.publishing import PublishForm
from testimony.wizard.versions import PublishingRefused

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


@for_those_who(LOOK, WRITE, PUBLISH)
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What is wrong, what changed, and the button that puts a text before the public."""
    text = get_object_or_404(CallText.objects.select_related("call__collection"), pk=pk)
    check = actions.check_text(text)
    form_class = PublishForm if text.call else OpenForm
    form = form_class(request.POST or None, check=check)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            version = actions.publish_text(
                by=cast("AbstractUser", request.user),
                text=text,
                checked=form.cleaned_data["checked"],
                opening=_opening(form),
                is_larger=form.wants_larger,
            )
        except (PublishingRefused, DatesRefused, NotAllowed) as refusal:
            problem = str(refusal)
        else:
            sentence = _("Version %(number)s is published.") % {"number": version.number}
            messages.success(request, sentence)
            return redirect(_call_address(request, version.call))
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        request,
        "intake/publish.html",
        {
            "text": text,
            "check": check,
            "form": form,
            "problem": problem,
            "may_publish": may_publish_call(request.user),
            "refusal": _refusal(request),
            "pages": _pages(text, check),
            "edit_url": reverse("call_texts:edit", args=[text.pk])
            if request.user.has_perm(WRITE)
            else "",
        },
        status=status,
    )


@for_those_who(SET_DATES)
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Ask once more, and close a call at once."""
    call = get_object_or_404(Call, public_id=public_id)
    if request.method == "POST":
        actions.close_call(by=cast("AbstractUser", request.user), call=call)
        messages.success(request, _("“%(name)s” is closed.") % {"name": call.name})
        return redirect("calls:edit", call.pk)
    return render(request, "intake/close.html", {"call": call})


def _call_address(request: HttpRequest, call: Call) -> str:
    """The page of a call for whoever may set its days; the list of calls for the others."""
    if may_set_dates(request.user):
        return reverse("calls:edit", args=[call.pk])
    return reverse("calls:index")


def _opening(form: PublishForm) -> Opening | None:
    if not isinstance(form, OpenForm):
        return None
    given = form.cleaned_data
    return Opening(
        collection=given["collection"],
        opens_on=given["opens_on"],
        closes_on=given["closes_on"],
        timezone=given["timezone"],
    )


def _refusal(request: HttpRequest) -> str:
    try:
        check_may_publish_call(request.user)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


def _pages(text: CallText, check: Check) -> list[dict[str, Any]]:
    """The pages of the journey in order, each with the address of its preview."""
    if check.definition is None:
        return []
    language = text.language_codes[0]

    def address(step: str) -> str:
        return previews.text_preview_address(text, journey_previews.DRAFT, language, step)

    middle = [
        {
            "title": section.title.in_language(language),
            "url": address(journey_previews.step_of(section.key)),
        }
        for section in check.definition.sections
    ]
    return [
        {"title": _("The first page"), "url": address(journey_previews.START)},
        *middle,
        {"title": _("Check your answers"), "url": address(journey_previews.CHECK)},
        {"title": _("The six words"), "url": address(journey_previews.RECEIPT)},
        {"title": _("The last page"), "url": address(journey_previews.FINISHED)},
        {"title": _("For those who are too young"), "url": address(journey_previews.YOUTH)},
        {
            "title": _("While it is closed"),
            "url": previews.text_preview_address(
                text, journey_previews.CLOSED, language, journey_previews.START
            ),
        },
    ]
