"""Previews of surveys: every page of a questionnaire as a respondent would see it.

What a preview asks and prints, and that it keeps nothing, is said in `testimony.wizard.previews`.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consultation.survey.models import Questionnaire, Survey
from consultation.survey.permissions import LOOK, PUBLISH, WRITE
from testimony.vault.permissions import for_those_who
from testimony.wizard import definition as definitions
from testimony.wizard.previews import CLOSED, DRAFT, Printer, Seen
from testimony.wizard.privacy import private


def survey_preview_address(survey: Survey, state: str, language: str, step: str) -> str:
    return reverse("surveys_room:preview_survey", args=[survey.public_id, state, language, step])


@for_those_who(LOOK, WRITE, PUBLISH)
@private
@csrf_exempt
@require_http_methods(["GET", "POST"])
def preview_survey(
    request: HttpRequest, public_id: str, state: str, language: str, step: str
) -> HttpResponseBase:
    """The published version, as it is while the survey is open, or closed."""
    survey = get_object_or_404(Survey.objects.select_related("collection"), public_id=public_id)
    seen = Seen.published(
        state,
        survey.journey(),
        lambda code, step_name: survey_preview_address(survey, state, code, step_name),
    )
    return Printer(request, seen, language).answer(step)


def draft_preview_address(pk: int, state: str, language: str, step: str) -> str:
    return reverse("surveys_room:preview_draft", args=[pk, state, language, step])


@for_those_who(LOOK, WRITE, PUBLISH)
@private
@csrf_exempt
@require_http_methods(["GET", "POST"])
def preview_draft(
    request: HttpRequest, pk: int, state: str, language: str, step: str
) -> HttpResponseBase:
    """A questionnaire's newest draft, published or not."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    if state not in (DRAFT, CLOSED):
        raise Http404
    text = questionnaire.get_latest_revision_as_object()
    try:
        definition = definitions.parse(text.document(missing=_("[not written yet]")))
    except definitions.DefinitionError as error:
        # Not even a journey yet: the page that lists what is missing says more than one line.
        messages.info(request, _("This can't be shown as pages yet: %(why)s") % {"why": error})
        return redirect("surveys_room:publish", pk)
    seen = Seen(
        state=state,
        definition=definition,
        deadline=None,
        destroyed=None,
        closes_on=None,
        address=lambda code, name: draft_preview_address(pk, state, code, name),
    )
    return Printer(request, seen, language).answer(step)
