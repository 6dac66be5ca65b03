"""Bringing a questionnaire in from a file, and taking one out, in the admin."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from consultation.survey import actions, exchange, xlsform, xlsform_writing
from consultation.survey.models import Questionnaire
from consultation.survey.permissions import ADD, LOOK, PUBLISH, WRITE
from consultation.survey.xlsform import Placed
from testimony.vault.permissions import for_those_who

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHAPE: Final = gettext_lazy("A part of the questionnaire has the wrong shape.")


class BringInForm(forms.Form):
    """One file, as XLSForm or as JSON."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("An XLSForm workbook (.xlsx), or a questionnaire as .json."),
    )


@for_those_who(ADD)
@require_http_methods(["GET", "POST"])
def bring_in(request: HttpRequest) -> HttpResponseBase:
    """Read a file into a new draft, or say sheet by sheet, row by row, what can't be taken in."""
    form = BringInForm(request.POST or None, request.FILES or None)
    problems: tuple[Placed, ...] = ()
    if request.method == "POST" and form.is_valid():
        document, problems, warnings = _read(form.cleaned_data["file"])
        if document is not None and not problems:
            try:
                made = actions.bring_in_questionnaire(
                    by=cast("AbstractUser", request.user), document=document
                )
            except (KeyError, TypeError, ValueError, AttributeError):
                problems = (Placed("", 0, "", str(_SHAPE)),)
            else:
                for one in warnings:
                    messages.warning(request, _in_words(one))
                messages.success(request, _("It is here as a draft. Look at every page."))
                return redirect("questionnaires:edit", made.pk)
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "problems": [_in_words(one) for one in problems]}
    return render(request, "survey/bring_in.html", context, status=status)


@for_those_who(LOOK, WRITE, PUBLISH)
@require_GET
def take_out(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """The newest draft as a file."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    document = questionnaire.get_latest_revision_as_object().document()
    if kind == "json":
        body, content_type = exchange.to_json(document), "application/json"
    elif kind == "xlsx":
        body, content_type = xlsform_writing.write_workbook(document), _XLSX
    else:
        raise Http404
    name = f"{questionnaire.key}.{kind}"
    return HttpResponse(
        body,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _read(file: Any) -> tuple[dict[str, Any] | None, tuple[Placed, ...], tuple[Placed, ...]]:
    data = file.read(exchange.MOST_BYTES + 1)
    if file.name.lower().endswith(".json"):
        try:
            document = exchange.from_json(data)
        except exchange.ExchangeError as error:
            return None, (Placed("", 0, "", str(error)),), ()
        return _under_a_free_key(document), (), ()
    found = xlsform.read_workbook(data)
    taken = _under_a_free_key(found.document) if found.document else None
    return taken, found.problems, found.warnings


def _under_a_free_key(document: dict[str, Any]) -> dict[str, Any]:
    """A key that is taken, or none of ours, is left out, so that a new one is made."""
    key = str(document.get("key") or "")
    return {**document, "key": key if Questionnaire.may_be_called(key) else ""}


def _in_words(one: Placed) -> str:
    """The sentence, with the place in the workbook where it has one."""
    if not one.sheet:
        return one.sentence
    return _("Sheet “%(sheet)s”, row %(row)s, column “%(column)s”: %(sentence)s") % {
        "sheet": one.sheet,
        "row": one.row,
        "column": one.column,
        "sentence": one.sentence,
    }
