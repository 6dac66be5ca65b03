"""What the editor of a questionnaire asks for while somebody writes. Nothing here writes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from consultation.survey.editor import findings_context
from consultation.survey.models import Questionnaire
from consultation.survey.permissions import LOOK, PUBLISH, WRITE
from testimony.vault.permissions import for_those_who


@for_those_who(LOOK, WRITE, PUBLISH)
@never_cache
@require_GET
def findings(request: HttpRequest, pk: int) -> HttpResponse:
    """The findings of the newest draft, for the panel of an editor that is open."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    return render(request, "survey/findings.html", findings_context(questionnaire))
