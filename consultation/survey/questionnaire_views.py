"""From a questionnaire to an open survey, in the admin: check, publish, compare, open, close."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from consultation.survey import actions
from consultation.survey.coverage import languages_of_draft, languages_of_version
from consultation.survey.forms import OpenSurveyForm
from consultation.survey.models import Questionnaire, QuestionnaireVersion, Survey
from consultation.survey.permissions import (
    LOOK,
    OPEN,
    PUBLISH,
    SET_DATES,
    WRITE,
    NotAllowed,
    check_may_publish_questionnaire,
    may_publish_questionnaire,
    refusal_of,
)
from testimony.vault.permissions import for_those_who
from testimony.wizard.checking import Finding
from testimony.wizard.differences import Difference, differences
from testimony.wizard.journeys import DatesRefused, read_definition
from testimony.wizard.publishing import PublishForm
from testimony.wizard.versions import PublishingRefused

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


@for_those_who(LOOK, WRITE, PUBLISH)
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What is wrong, what changed, and the button that freezes the draft as a version."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    check = actions.check_questionnaire(questionnaire)
    text = questionnaire.get_latest_revision_as_object()
    form = PublishForm(request.POST or None, check=check)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            version = actions.publish_questionnaire(
                by=cast("AbstractUser", request.user),
                questionnaire=questionnaire,
                checked=form.cleaned_data["checked"],
                is_larger=form.wants_larger,
            )
        except (PublishingRefused, NotAllowed) as refusal:
            problem = str(refusal)
        else:
            sentence = _("Version %(number)s is published.") % {"number": version.number}
            messages.success(request, sentence)
            return redirect("surveys_room:versions", pk)
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        request,
        "survey/publish.html",
        {
            "questionnaire": questionnaire,
            "check": check,
            "languages": languages_of_draft(text),
            "problems": _by_page(text, check.problems),
            "warnings": _by_page(text, check.warnings),
            "form": form,
            "problem": problem,
            "may_publish": may_publish_questionnaire(request.user),
            "refusal": refusal_of(check_may_publish_questionnaire, request.user),
            "edit_url": reverse("questionnaires:edit", args=[pk])
            if request.user.has_perm(WRITE)
            else "",
        },
        status=status,
    )


@for_those_who(LOOK, WRITE, PUBLISH)
@require_GET
def versions(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every published version, and any two of them side by side."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    found = list(questionnaire.versions.order_by("-major", "-minor"))
    by_number = {version.number: version for version in found}
    older = by_number.get(request.GET.get("older", ""))
    newer = by_number.get(request.GET.get("newer", ""))
    if older is None or newer is None:
        older, newer = (found[1], found[0]) if len(found) > 1 else (None, None)
    changed = _changed(older, newer)
    return render(
        request,
        "survey/versions.html",
        {
            "questionnaire": questionnaire,
            "versions": [
                {"version": version, "languages": languages_of_version(version)}
                for version in found
            ],
            "older": older,
            "newer": newer,
            "differences": changed,
            "is_major": any(one.is_major for one in changed),
        },
    )


@for_those_who(OPEN)
@require_http_methods(["GET", "POST"])
def open_survey(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Where answers to a published version are gathered, and when."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    if not questionnaire.versions.exists():
        messages.info(request, _("Publish a version first. A survey asks what is published."))
        return redirect("surveys_room:publish", pk)
    form = OpenSurveyForm(request.POST or None, questionnaire=questionnaire)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            survey = actions.open_survey(
                by=cast("AbstractUser", request.user),
                name=given["name"],
                collection=given["collection"],
                version=given["version"],
                opens_on=given["opens_on"],
                closes_on=given["closes_on"],
                timezone=given["timezone"],
            )
        except DatesRefused as refusal:
            form.add_error("closes_on", str(refusal))
        else:
            messages.success(request, _("“%(name)s” is set up.") % {"name": survey.name})
            return redirect("surveys:edit", survey.pk)
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"questionnaire": questionnaire, "form": form}
    return render(request, "survey/open.html", context, status=status)


@for_those_who(SET_DATES)
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Ask once more, and close a survey at once."""
    survey = get_object_or_404(Survey, public_id=public_id)
    if request.method == "POST":
        actions.close_survey(by=cast("AbstractUser", request.user), survey=survey)
        messages.success(request, _("“%(name)s” is closed.") % {"name": survey.name})
        return redirect("surveys:edit", survey.pk)
    return render(request, "survey/close.html", {"survey": survey})


def _changed(
    older: QuestionnaireVersion | None, newer: QuestionnaireVersion | None
) -> list[Difference]:
    if older is None or newer is None:
        return []
    return list(
        differences(read_definition(older.definition_id), read_definition(newer.definition_id))
    )


def _by_page(text: Questionnaire, found: list[Finding]) -> list[dict[str, object]]:
    """Findings gathered under the page they concern, in the order of the pages."""
    titles = {"": _("The whole questionnaire")}
    for section in text.written().sections:
        words = section.get("title") or {}
        titles[str(section.get("key"))] = str(words.get("en") or words.get("fr") or "")
    pages: dict[str, list[Finding]] = {key: [] for key in titles}
    for one in found:
        pages.setdefault(one.section, []).append(one)
    return [
        {"title": titles.get(key) or key, "findings": inside}
        for key, inside in pages.items()
        if inside
    ]
