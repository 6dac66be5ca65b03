"""Bringing a questionnaire in from a file, and taking one out, in the admin.

A file that can be taken in whole becomes a draft at once. Where something would be left out or
changed, the person reads the list first, and says so; until then nothing is written. What was
read travels in the page meanwhile, signed, so that nothing is kept for somebody who leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from consultation.survey import actions, exchange
from consultation.survey.models import Questionnaire
from consultation.survey.permissions import ADD, LOOK, PUBLISH, WRITE
from consultation.survey.questionnaire import WRITTEN_IN
from consultation.survey.xlsform import reading, writing
from consultation.survey.xlsform.notes import Placed, by_sheet
from testimony.vault.permissions import for_those_who
from testimony.wizard.checking import language_name

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AN_HOUR: Final = 60 * 60
_MOST_CARRIED: Final = 5 * 1024 * 1024
_SHAPE: Final = gettext_lazy("A part of the questionnaire has the wrong shape.")


class BringInForm(forms.Form):
    """One file, as XLSForm or as JSON."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("An XLSForm workbook (.xlsx), or a questionnaire as .json."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the words"),
        help_text=gettext_lazy("For a workbook that doesn’t say in which language it is written."),
        choices=[(code, code) for code in WRITTEN_IN],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, language_name(code)) for code in WRITTEN_IN]
        cast("forms.ChoiceField", self.fields["language"]).choices = choices


class GoOnForm(forms.Form):
    """What was read, with the list of what is left out, and that a person has read the list."""

    carried = forms.CharField(widget=forms.HiddenInput)
    seen = forms.BooleanField(
        label=gettext_lazy("I have read this list. Make a draft of the rest."),
        error_messages={"required": gettext_lazy("Read the list, and say that you did.")},
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What a file holds; ``document`` is None where there is nothing to go on with."""

    document: dict[str, Any] | None
    problems: tuple[Placed, ...] = ()
    warnings: tuple[Placed, ...] = ()

    @property
    def is_whole(self) -> bool:
        return self.document is not None and not self.problems and not self.warnings


@for_those_who(ADD)
@require_http_methods(["GET", "POST"])
def bring_in(request: HttpRequest) -> HttpResponseBase:
    """Read a file into a new draft, or say sheet by sheet, row by row, what can't be taken in."""
    if request.method == "POST" and "carried" in request.POST:
        return _go_on(request)
    form = BringInForm(request.POST, request.FILES) if request.method == "POST" else BringInForm()
    if not form.is_valid():
        return _page(request, form, _Read(None))
    read = _read(form.cleaned_data["file"], form.cleaned_data["language"] or WRITTEN_IN[0])
    if read.is_whole:
        return _made(request, read) or _page(request, form, _refused(str(_SHAPE)))
    if read.document is None:
        return _page(request, form, read)
    carried = _carried(request, read)
    if len(carried) > _MOST_CARRIED:
        return _page(request, form, _refused(_("The file holds too much to go on with.")))
    return _page(request, form, read, GoOnForm(initial={"carried": carried}))


@for_those_who(LOOK, WRITE, PUBLISH)
@require_GET
def take_out(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """The newest draft as a file."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    document = questionnaire.get_latest_revision_as_object().document()
    if kind == "json":
        body, content_type = exchange.to_json(document), "application/json"
    elif kind == "xlsx":
        body, content_type = writing.write_workbook(document), _XLSX
    else:
        raise Http404
    name = f"{questionnaire.key}.{kind}"
    return HttpResponse(
        body,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(
    request: HttpRequest, form: forms.Form, read: _Read, go_on: forms.Form | None = None
) -> HttpResponse:
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "form": form,
        "go_on": go_on,
        "refused": by_sheet(read.problems) if read.document is None else (),
        "left_out": by_sheet(read.problems) if read.document is not None else (),
        "changed": by_sheet(read.warnings),
        "is_wrong": bool(form.errors) or (request.method == "POST" and go_on is None),
    }
    return render(request, "survey/bring_in.html", context, status=status)


def _go_on(request: HttpRequest) -> HttpResponseBase:
    """Make the draft of what could be taken in, once the person has read what could not."""
    go_on = GoOnForm(request.POST)
    try:
        read = _carried_back(request)
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        sentence = _("This page has waited too long. Choose the file again.")
        return _page(request, BringInForm(), _refused(sentence))
    if not go_on.is_valid():
        return _page(request, BringInForm(), read, go_on)
    return _made(request, read) or _page(request, BringInForm(), _refused(str(_SHAPE)))


def _made(request: HttpRequest, read: _Read) -> HttpResponseBase | None:
    """The draft, or None where the document is not one after all."""
    if read.document is None:
        return None
    try:
        made = actions.bring_in_questionnaire(
            by=cast("AbstractUser", request.user), document=_under_a_free_key(read.document)
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    messages.success(request, _("It is here as a draft. Look at every page."))
    return redirect("questionnaires:edit", made.pk)


def _read(file: Any, language: str) -> _Read:
    """What an uploaded file holds, and everything that would not be as it is in the file."""
    data = file.read(exchange.MOST_BYTES + 1)
    try:
        if file.name.lower().endswith(".json"):
            found = _Read(exchange.from_json(data))
        else:
            imported = reading.read_workbook(data, first_language=language)
            found = _Read(imported.document, imported.problems, imported.warnings)
        if found.document is None:
            return found
        exchange.check_can_be_kept(found.document)
        lost = exchange.not_kept(found.document)
    except exchange.ExchangeError as error:
        return _refused(str(error))
    except (KeyError, TypeError, ValueError, AttributeError):
        return _refused(str(_SHAPE))
    sentence = _("The editor has no place for this.")
    extra = tuple(Placed("", 0, place, sentence) for place in lost)
    return _Read(found.document, (*found.problems, *extra), found.warnings)


def _refused(sentence: str) -> _Read:
    return _Read(None, (Placed("", 0, "", sentence),))


def _under_a_free_key(document: dict[str, Any]) -> dict[str, Any]:
    """A key that is taken, or none of ours, is left out, so that a new one is made."""
    key = str(document.get("key") or "")
    return {**document, "key": key if Questionnaire.may_be_called(key) else ""}


def _salt(request: HttpRequest) -> str:
    return f"survey.bring_in.{request.user.pk}"


def _carried(request: HttpRequest, read: _Read) -> str:
    notes = [
        [[note.sheet, note.row, note.column, note.sentence] for note in some]
        for some in (read.problems, read.warnings)
    ]
    return signing.dumps([read.document, *notes], salt=_salt(request), compress=True)


def _carried_back(request: HttpRequest) -> _Read:
    document, problems, warnings = signing.loads(
        request.POST["carried"], salt=_salt(request), max_age=_AN_HOUR
    )
    return _Read(
        document,
        tuple(Placed(*note) for note in problems),
        tuple(Placed(*note) for note in warnings),
    )
