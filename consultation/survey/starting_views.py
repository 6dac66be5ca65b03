"""Beginning a questionnaire in the admin: empty, from a template, as a copy, or from a file."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from consultation.survey import drafting
from consultation.survey.models import Questionnaire
from consultation.survey.permissions import ADD
from consultation.survey.starters import Starter, starters
from testimony.vault.permissions import for_those_who

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


class CopyForm(forms.Form):
    """Which questionnaire to copy."""

    questionnaire = forms.ModelChoiceField(
        label=gettext_lazy("Questionnaire"), queryset=Questionnaire.objects.all()
    )


@for_those_who(ADD)
@require_GET
def start(request: HttpRequest) -> HttpResponseBase:
    """The ways to begin."""
    return render(request, "survey/start.html", _ways(CopyForm()))


@for_those_who(ADD)
@require_POST
def start_from_template(request: HttpRequest, name: str) -> HttpResponseBase:
    """A draft from a template, and on to its editor."""
    try:
        made = drafting.begin_from_template(by=cast("AbstractUser", request.user), name=name)
    except LookupError as error:
        raise Http404 from error
    messages.success(
        request,
        _("It is here as a draft. Put your own words where double brackets stand."),
    )
    return redirect("questionnaires:edit", made.pk)


@for_those_who(ADD)
@require_POST
def start_from_copy(request: HttpRequest) -> HttpResponseBase:
    """A copy of the questionnaire that was picked."""
    form = CopyForm(request.POST)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "survey/start.html", _ways(form), status=status)
    return _copied(request, form.cleaned_data["questionnaire"])


@for_those_who(ADD)
@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask once, and copy one questionnaire."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    if request.method == "POST":
        return _copied(request, questionnaire)
    return render(request, "survey/copy.html", {"questionnaire": questionnaire})


def _copied(request: HttpRequest, questionnaire: Questionnaire) -> HttpResponseBase:
    made = drafting.copy_questionnaire(
        by=cast("AbstractUser", request.user), questionnaire=questionnaire
    )
    messages.success(request, _("This is the copy. Give it a title of its own."))
    return redirect("questionnaires:edit", made.pk)


def _ways(form: CopyForm) -> dict[str, Any]:
    language = get_language() or "en"
    return {
        "form": form,
        "templates": [_in_words(one, language) for one in starters()],
        "has_questionnaires": Questionnaire.objects.exists(),
    }


def _in_words(one: Starter, language: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title(language),
        "introduction": one.introduction(language),
        "pages": one.pages,
        "questions": one.questions,
        "minutes": one.minutes,
    }
