"""The question bank in the admin: adding from it to a questionnaire, and keeping questions in it.

Looking and ticking leaves nothing behind: only the button does.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from consultation.survey import bank
from consultation.survey.bank import BankRefused, Kept
from consultation.survey.blocks import QuestionBlock
from consultation.survey.models import BankedQuestion, Questionnaire
from consultation.survey.permissions import (
    BANK,
    WRITE,
    NotAllowed,
    check_may_write_questionnaire,
    refusal_of,
)
from testimony.vault.permissions import for_those_who

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import AbstractUser


class AddFromBankForm(forms.Form):
    """Which questions, and the page that they go to."""

    banked = forms.ModelMultipleChoiceField(
        queryset=BankedQuestion.objects.all(),
        error_messages={"required": gettext_lazy("Pick at least one question.")},
    )
    page = forms.ChoiceField(label=gettext_lazy("The page that they go to"), required=False)

    def __init__(self, *args: Any, text: Questionnaire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page: Any = self.fields["page"]
        page.choices = [
            *(
                (section["key"], _words(section.get("title")) or section["key"])
                for section in text.written().sections
            ),
            (bank.NEW_PAGE, _("A new page at the end")),
        ]
        # The first pages are age check and consent, where little else belongs.
        page.initial = page.choices[-2][0] if len(page.choices) > 1 else bank.NEW_PAGE


class KeepInBankForm(forms.Form):
    """Which questions of a draft, and the topic that they belong to."""

    keys = forms.MultipleChoiceField(
        error_messages={"required": gettext_lazy("Pick at least one question.")}
    )
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), choices=BankedQuestion.Topic)

    def __init__(self, *args: Any, keys: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["keys"]
        choice.choices = [(key, key) for key in keys]


@for_those_who(WRITE)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The questions of the bank by topic, to be ticked and added to a page of the newest draft."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    text = questionnaire.get_latest_revision_as_object()
    form = AddFromBankForm(request.POST or None, text=text)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            added = bank.add_from_bank(
                by=cast("AbstractUser", request.user),
                questionnaire=questionnaire,
                banked=list(form.cleaned_data["banked"]),
                page=form.cleaned_data["page"],
            )
        except (BankRefused, NotAllowed) as refusal:
            problem = str(refusal)
        else:
            _tell(request, added)
            return redirect("questionnaires:edit", pk)
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "questionnaire": questionnaire,
        "form": form,
        "topics": _by_topic(text, set(request.POST.getlist("banked"))),
        "problem": problem or _told_at(form, "banked"),
        "refusal": refusal_of(check_may_write_questionnaire, request.user, questionnaire),
    }
    return render(request, "survey/add_from_bank.html", context, status=status)


@for_those_who(BANK)
@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The questions of the newest draft, to be ticked and kept in the bank."""
    questionnaire = get_object_or_404(Questionnaire, pk=pk)
    text = questionnaire.get_latest_revision_as_object()
    questions = list(bank.questions_of(text))
    form = KeepInBankForm(request.POST or None, keys=[one.key for one in questions])
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            kept = bank.keep_in_bank(
                by=cast("AbstractUser", request.user),
                questionnaire=questionnaire,
                keys=form.cleaned_data["keys"],
                topic=form.cleaned_data["topic"],
            )
        except (BankRefused, NotAllowed) as refusal:
            problem = str(refusal)
        else:
            sentence = ngettext(
                "%(number)s question is in the bank.",
                "%(number)s questions are in the bank.",
                len(kept),
            )
            messages.success(request, sentence % {"number": len(kept)})
            return redirect("questionnaires:edit", pk)
    status = HTTPStatus.OK if request.method == "GET" else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "questionnaire": questionnaire,
        "form": form,
        "pages": _by_page(text, questions, set(request.POST.getlist("keys"))),
        "problem": problem or _told_at(form, "keys"),
    }
    return render(request, "survey/keep_in_bank.html", context, status=status)


@for_those_who(BANK)
@require_http_methods(["GET", "POST"])
def fill(request: HttpRequest) -> HttpResponseBase:
    """Ask once, and put our standard questions into the bank."""
    if request.method == "POST":
        made = bank.fill_bank(by=cast("AbstractUser", request.user))
        sentence = ngettext(
            "%(number)s question is new in the bank.",
            "%(number)s questions are new in the bank.",
            len(made),
        )
        messages.success(request, sentence % {"number": len(made)})
        return redirect("question_bank:list")
    return render(request, "survey/fill_bank.html", {})


def _told_at(form: forms.Form, name: str) -> str:
    """What is wrong with a field that has no single place on the page."""
    return " ".join(str(one) for one in form.errors.get(name, ()))


def _tell(request: HttpRequest, added: list[bank.Added]) -> None:
    sentence = ngettext(
        "%(number)s question is added to a new draft.",
        "%(number)s questions are added to a new draft.",
        len(added),
    )
    messages.success(request, sentence % {"number": len(added)})
    for one in added:
        if one.has_another_key:
            messages.warning(
                request,
                _(
                    "“%(question)s” is called %(key)s here, as its own key is taken. Its answers "
                    "can’t be compared by key."
                )
                % {"question": one.banked, "key": one.key},
            )


def _by_topic(text: Questionnaire, ticked: set[str]) -> list[dict[str, Any]]:
    here = {one.key for one in bank.questions_of(text)}
    topics: dict[str, list[dict[str, Any]]] = {}
    for banked in BankedQuestion.objects.all():
        shown = {
            "pk": banked.pk,
            "is_here": banked.key in here,
            "is_ticked": str(banked.pk) in ticked,
            **_in_words(banked.value),
        }
        topics.setdefault(banked.topic, []).append(shown)
    names = dict(BankedQuestion.Topic.choices)
    return [{"name": names[key], "questions": topics[key]} for key in names if key in topics]


def _by_page(text: Questionnaire, questions: list[Kept], ticked: set[str]) -> list[dict[str, Any]]:
    banked = set(BankedQuestion.objects.values_list("key", flat=True))
    titles = {
        section.get("key"): _words(section.get("title")) for section in text.written().sections
    }
    pages: dict[str, list[dict[str, Any]]] = {}
    for one in questions:
        shown = {
            "key": one.key,
            "is_banked": one.key in banked,
            "is_ticked": one.key in ticked,
            **_in_words(one.value),
        }
        pages.setdefault(one.page, []).append(shown)
    return [{"title": titles.get(key) or key, "questions": pages[key]} for key in pages]


def _in_words(value: Mapping[str, Any]) -> dict[str, Any]:
    """A question as somebody reads it who chooses: words, kind, rows and answers."""
    kinds: dict[str, Any] = dict(QuestionBlock.base_blocks["type"].field.choices)
    return {
        "label": _words(value.get("label")) or value.get("key"),
        "kind": kinds.get(value["type"], value["type"]),
        "rows": [_words(row.get("label")) for row in value.get("rows") or ()],
        "options": [_words(option.get("label")) for option in value.get("options") or ()],
    }


def _words(text: Any) -> str:
    """A text of the blocks in the language of the reader, or in the other."""
    written: Mapping[str, str] = text or {}
    mine = (get_language() or "en").partition("-")[0]
    return written.get(mine) or written.get("en") or written.get("fr") or ""
