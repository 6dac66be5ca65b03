"""Languages beside English and French, in the admin: sentence by sentence, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from django import forms
from django.conf.locale import LANG_INFO
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consultation.survey import drafting
from consultation.survey.coverage import Language, languages_of_draft, name_of
from consultation.survey.drafting import LanguageRefused, Said, TranslationRefused
from consultation.survey.models import Questionnaire
from consultation.survey.permissions import (
    LOOK,
    PUBLISH,
    WRITE,
    NotAllowed,
    check_may_write_questionnaire,
    refusal_of,
)
from consultation.survey.translating import (
    DIGITS,
    Coverage,
    Line,
    Page,
    digest_of,
    is_translated,
    pages_of,
)
from testimony.vault.permissions import for_those_who
from testimony.wizard.printing import direction_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_PLACES: Final = {
    "title": gettext_lazy("Title"),
    "introduction": gettext_lazy("Introduction"),
    "duty": gettext_lazy("Duty to report"),
    "support.name": gettext_lazy("Support: name"),
    "support.detail": gettext_lazy("Support: how to reach them"),
    "next_step": gettext_lazy("What happens next"),
    "section.title": gettext_lazy("Title of the page"),
    "section.note": gettext_lazy("Content note"),
    "grid.label": gettext_lazy("Question of a grid"),
    "question.label": gettext_lazy("Question"),
    "question.hint": gettext_lazy("Hint"),
    "option": gettext_lazy("Answer"),
}
_SAID, _RIGHT = "said", "right"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, as it is shown: with what was typed, and what is wrong with it."""

    line: Line
    kind: str
    value: str
    problem: str
    field: str
    right_field: str
    is_marked_right: bool


class AddLanguageForm(forms.Form):
    """A language to add, from the list or by its code."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    code = forms.RegexField(
        label=gettext_lazy("Or its code"),
        regex=r"^[a-z]{2,3}(-[a-z]+)?$",
        required=False,
        help_text=gettext_lazy("Two or three small letters, such as cr. For languages not listed."),
        error_messages={"invalid": gettext_lazy("Two or three small letters, such as cr.")},
    )

    def __init__(self, *args: Any, present: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = [code for code in LANG_INFO if is_translated(code) and code not in present]
        plain = [code for code in codes if code.isalpha() and "name" in LANG_INFO[code]]
        language: Any = self.fields["language"]
        language.choices = [
            ("", _("Choose a language")),
            *sorted(((code, name_of(code)) for code in plain), key=lambda pair: pair[1]),
        ]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not (given.get("language") or given.get("code")):
            self.add_error("language", _("Choose a language, or write its code."))
        return given

    @property
    def picked(self) -> str:
        return str(self.cleaned_data.get("code") or self.cleaned_data.get("language"))


@for_those_who(WRITE, LOOK, PUBLISH)
@require_http_methods(["GET", "POST"])
def languages(request: HttpRequest, pk: int) -> HttpResponseBase:
    """How far each language is, and the way to add one."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    text = questionnaire.get_latest_revision_as_object()
    form = AddLanguageForm(request.POST or None, present=text.language_codes)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            drafting.add_language(
                by=cast("AbstractUser", request.user),
                questionnaire=questionnaire,
                language=form.picked,
            )
        except (LanguageRefused, NotAllowed) as refusal:
            problem = str(refusal)
        else:
            messages.success(
                request,
                _("%(language)s is added. Its sentences are waiting to be written.")
                % {"language": name_of(form.picked)},
            )
            return redirect("surveys_room:translate", pk, form.picked)
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "questionnaire": questionnaire,
        "languages": languages_of_draft(text),
        "form": form,
        "problem": problem,
        "refusal": refusal_of(check_may_write_questionnaire, request.user, questionnaire),
    }
    return render(request, "survey/languages.html", context, status=status)


@for_those_who(WRITE, LOOK, PUBLISH)
@require_http_methods(["GET", "POST"])
def translate(request: HttpRequest, pk: int, language: str) -> HttpResponseBase:
    """The sentences of one page, each with a field for it in ``language``."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    problems: Mapping[str, str] = {}
    problem, said = "", _said(request.POST)
    if request.method == "POST":
        try:
            count = drafting.save_translations(
                by=cast("AbstractUser", request.user),
                questionnaire=questionnaire,
                language=language,
                said=said,
            )
        except TranslationRefused as refusal:
            problems, problem = refusal.problems, str(refusal)
        except (LanguageRefused, NotAllowed) as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _saved(count))
            return redirect(_after(request, pk, language))
        # What was typed is shown above what stands, so the newest text is read again.
        questionnaire.refresh_from_db()
    text = questionnaire.get_latest_revision_as_object()
    found = {one.code: one for one in languages_of_draft(text)}
    if not is_translated(language) or (language not in found and not problem):
        raise Http404
    pages = pages_of(text.written(), text.translated_from, language)
    key = request.GET.get("page", "")
    here = next((page for page in pages if page.key == key), pages[0])
    typed = {one.place: one for one in said}
    standing = {line.place for line in here.lines}
    context = {
        "questionnaire": questionnaire,
        "language": found.get(language) or _gone(language),
        "pages": [_page_in_words(page, here) for page in pages],
        "here": here,
        "next_key": _next_key(pages, here),
        "rows": list(_rows(here, typed, problems)),
        "lost": [
            {"sentence": one.sentence, "problem": problems.get(one.place, "")}
            for one in said
            if one.is_changed and one.place not in standing
        ],
        "problem": problem,
        "refusal": refusal_of(check_may_write_questionnaire, request.user, questionnaire),
    }
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "survey/translate.html", context, status=status)


@for_those_who(WRITE)
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, pk: int, language: str) -> HttpResponseBase:
    """Ask once, and ask no more in this language."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    problem = ""
    if request.method == "POST":
        try:
            drafting.remove_language(
                by=cast("AbstractUser", request.user),
                questionnaire=questionnaire,
                language=language,
            )
        except (LanguageRefused, NotAllowed) as refusal:
            problem = str(refusal)
        else:
            sentence = _("The draft is not in %(language)s any more.")
            messages.success(request, sentence % {"language": name_of(language)})
            return redirect("surveys_room:translations", pk)
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"questionnaire": questionnaire, "name": name_of(language), "problem": problem}
    return render(request, "survey/remove_language.html", context, status=status)


def _said(posted: Any) -> tuple[Said, ...]:
    """What the form sent: a field's name holds its place, and what stood there when it was made."""
    return tuple(_read_fields(posted))


def _read_fields(posted: Any) -> Iterator[Said]:
    for name, sentence in posted.items():
        kind, _dash, rest = name.partition("-")
        if kind == _SAID and rest[DIGITS : DIGITS + 1] == "-":
            source, before, place = (*rest.split("-", 2), "", "")[:3]
            yield Said(
                place=place,
                sentence=sentence.replace("\r\n", "\n").strip(),
                source=source,
                before=before,
                is_right=f"{_RIGHT}-{rest}" in posted,
            )


def _rows(page: Page, typed: Mapping[str, Said], problems: Mapping[str, str]) -> Iterator[Row]:
    for line in page.lines:
        one = typed.get(line.place)
        rest = f"{line.source}-{digest_of(line.said)}-{line.place}"
        yield Row(
            line=line,
            kind=_kind(line.place),
            value=one.sentence if one and (one.is_changed or one.is_right) else line.said,
            problem=problems.get(line.place, ""),
            field=f"{_SAID}-{rest}",
            right_field=f"{_RIGHT}-{rest}",
            is_marked_right=bool(one and one.is_right),
        )


def _kind(place: str) -> str:
    first, *rest = place.split(".")
    return str(_PLACES[first if first in _PLACES else f"{first}.{rest[-1]}"])


def _page_in_words(page: Page, here: Page) -> dict[str, Any]:
    title = page.lines[0] if page.key else None
    in_french = title and (get_language() or "").startswith("fr") and title.french
    words = (in_french or title.english or title.french or page.key) if title else ""
    return {
        "key": page.key,
        "title": words or _("Around the pages"),
        "is_here": page.key == here.key,
        "missing": sum(1 for line in page.lines if not line.said),
        "stale": sum(1 for line in page.lines if line.is_stale),
    }


def _gone(code: str) -> Language:
    """A language that was taken away while somebody wrote in it."""
    return Language(code, name_of(code), direction_of(code), Coverage(code, 0, 0))


def _next_key(pages: tuple[Page, ...], here: Page) -> str:
    keys = [page.key for page in pages]
    following = keys[keys.index(here.key) + 1 :]
    return following[0] if following else ""


def _after(request: HttpRequest, pk: int, language: str) -> str:
    key = request.GET.get("page", "")
    if request.POST.get("go") == "next":
        key = request.POST.get("next", "")
    address = reverse("surveys_room:translate", args=[pk, language])
    return f"{address}?page={key}" if key.isidentifier() else address


def _saved(count: int) -> str:
    if not count:
        return _("Nothing was changed.")
    return ngettext(
        "%(number)s sentence is saved in a new draft.",
        "%(number)s sentences are saved in a new draft.",
        count,
    ) % {"number": count}
