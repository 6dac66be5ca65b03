"""A published version on paper, before a survey asks it: a specimen that nobody answers on.

What is handed out is printed for an open survey (``testimony.wizard.paper_views``), because only a
survey knows where answers go, when they are destroyed, and which batch a sheet is of.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from consultation.survey.models import QuestionnaireVersion
from consultation.survey.permissions import LOOK, PUBLISH, WRITE
from testimony.vault.guided import step
from testimony.vault.permissions import for_those_who
from testimony.wizard import papers
from testimony.wizard.card_views import download, site_of
from testimony.wizard.definition import Definition
from testimony.wizard.journeys import read_definition
from testimony.wizard.printing import NAMES_OF_LANGUAGES


class SpecimenForm(forms.Form):
    """In which language, and how large."""

    language = forms.ChoiceField(label=gettext_lazy("Language"))
    is_large = forms.BooleanField(
        label=gettext_lazy("Large print"),
        help_text=gettext_lazy("Letters of 18 points, for tired eyes."),
        required=False,
    )

    def __init__(self, data: Any, *, definition: Definition) -> None:
        super().__init__(data)
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            (code, NAMES_OF_LANGUAGES.get(code, code))
            for code in papers.languages_on_paper(definition)
        ]


@for_those_who(LOOK, WRITE, PUBLISH)
@require_http_methods(["GET", "POST"])
def specimen(request: HttpRequest, pk: int, number: str) -> HttpResponseBase:
    """One version as it will look on paper, marked on every page."""
    definition = read_definition(str(_version(pk, number).definition_id))
    site = site_of(request)

    def act(valid: Any) -> HttpResponseBase:
        pdf = papers.paper_pack(
            definition,
            collection=None,
            site=site,
            language=valid.cleaned_data["language"],
            copies=1,
            is_large=valid.cleaned_data["is_large"],
            day=timezone.now().date(),
        )
        return download(pdf, "specimen.pdf")

    return step(
        request,
        SpecimenForm(request.POST or None, definition=definition),
        act,
        title=_("Version %(number)s on paper") % {"number": number},
        told=[
            _("This is how it looks on paper. It says on every page that it is a specimen."),
            _(
                "The paper to hand out is printed for an open survey. Only there is it known when "
                "answers are destroyed."
            ),
            *_not_offered(definition),
        ],
        button=_("Download the specimen"),
        back=reverse("surveys_room:versions", args=[pk]),
    )


def _version(pk: int, number: str) -> QuestionnaireVersion:
    major, _dot, minor = number.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise Http404
    return get_object_or_404(
        QuestionnaireVersion, questionnaire=pk, major=int(major), minor=int(minor)
    )


def _not_offered(definition: Definition) -> list[str]:
    """Which languages can't be printed here, so that nobody looks for them in vain."""
    printed = papers.languages_on_paper(definition)
    lacking = [code for code in definition.languages if code not in printed]
    if not lacking:
        return []
    return [
        _("We have no letters to print these in: %(languages)s.")
        % {"languages": ", ".join(NAMES_OF_LANGUAGES.get(code, code) for code in lacking)}
    ]
