"""Questions on paper, and the numbered batches they are handed out in. In the admin.

A file with codes for typing in exists in the answer to one request, and nowhere else.
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from testimony.vault import batches, vouchers, weekly
from testimony.vault.collection_views import actor
from testimony.vault.guided import step
from testimony.vault.models import PaperBatch, Voucher
from testimony.vault.permissions import may, requires
from testimony.wizard import journeys, papers
from testimony.wizard.card_views import (
    AFTER_CLOSING,
    back_of,
    door_at,
    download,
    facts_of,
    made,
    site_of,
)
from testimony.wizard.journeys import JourneyModel
from testimony.wizard.printing import NAMES_OF_LANGUAGES

PRINTERS: Final = (vouchers.PERMISSION, "intake.change_call", "survey.change_survey")
"""Whoever may say when a call or a survey is open may print what it asks."""


class PaperForm(forms.Form):
    """How the questions are printed."""

    language = forms.ChoiceField(label=gettext_lazy("Language"))
    is_large = forms.BooleanField(
        label=gettext_lazy("Large print"),
        help_text=gettext_lazy("Letters of 18 points, for tired eyes."),
        required=False,
    )
    count = forms.IntegerField(
        label=gettext_lazy("How many copies"),
        min_value=1,
        max_value=papers.MOST_COPIES,
        initial=1,
    )
    with_codes = forms.BooleanField(
        label=gettext_lazy("Print a code for typing in on each copy"),
        help_text=gettext_lazy("Each code works once, and marks what is typed in with it."),
        required=False,
    )

    def __init__(self, data: Any, *, door: JourneyModel, may_make_codes: bool = True) -> None:
        super().__init__(data)
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            (code, NAMES_OF_LANGUAGES.get(code, code))
            for code in papers.languages_on_paper(journeys.read_definition(door.digest))
        ]
        if not may_make_codes:
            del self.fields["with_codes"]


class BatchForm(PaperForm):
    """The same, for a batch: more of them, all under one number."""

    count = forms.IntegerField(
        label=gettext_lazy("How many copies"),
        help_text=gettext_lazy(
            "Without codes all copies are the same, so the file holds one: print it this often."
        ),
        min_value=1,
        max_value=batches.MOST,
        initial=20,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("with_codes") and given.get("count", 0) > papers.MOST_COPIES:
            self.add_error(
                "count",
                _("With codes, each copy is another: print %(most)s of them at once at most.")
                % {"most": papers.MOST_COPIES},
            )
        return given


class CountForm(forms.Form):
    """What came back of a batch."""

    blank = forms.IntegerField(
        label=gettext_lazy("Blank copies that came back, and were destroyed"), min_value=0
    )
    destroyed = forms.IntegerField(
        label=gettext_lazy("Copies with writing that came back, and were destroyed"),
        help_text=gettext_lazy("Typed in or not. Count those torn up on the way as well."),
        min_value=0,
    )


@requires(*PRINTERS)
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The questions on paper, in one language, without a number, with or without codes."""
    door, site = door_at(public_id), site_of(request)
    may_make = may(request.user, vouchers.PERMISSION)

    def act(valid: Any) -> HttpResponseBase:
        wanted = valid.cleaned_data

        def press(codes: list[str]) -> bytes:
            return _pack(door, site, wanted, copies=wanted["count"], codes=codes)

        if wanted.get("with_codes"):
            return download(made(request, door, Voucher.Kind.ASSISTED, valid, press), "paper.pdf")
        return download(press([]), "paper.pdf")

    return step(
        request,
        PaperForm(request.POST or None, door=door, may_make_codes=may_make),
        act,
        title=_("“%(name)s” on paper") % {"name": door.name},
        told=[
            _("The same questions, notes and choices as on the screen, in the same order."),
            _("Print on both sides, and staple each copy but for its last sheet."),
            _("A written paper is the most dangerous thing there is: anybody can read it."),
            _("It is typed in the same day, and then shredded or burned. Nobody keeps a copy."),
        ],
        facts=facts_of(door, Voucher.Kind.ASSISTED, site=site) if may_make else None,
        button=_("Download the paper"),
        onward={
            "url": reverse("cards:batches", args=[public_id]),
            "text": _("Print a numbered batch, or count one"),
        }
        if may_make
        else None,
        back=back_of(request, door),
    )


@requires(batches.PERMISSION)
@require_GET
def batches_of_door(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Every batch of a door: printed, typed in, handed back. Exact once it was counted."""
    door = door_at(public_id)
    return render(
        request,
        "vault/batches.html",
        {
            "door": door,
            "is_closed": door.is_over,
            "rows": [_row(batch) for batch in batches.batches_of(public_id)],
            "back": back_of(request, door),
        },
    )


@requires(batches.PERMISSION)
@require_http_methods(["GET", "POST"])
def print_batch(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Print blank papers under the next number, and answer with the file."""
    door, site = door_at(public_id), site_of(request)
    back = reverse("cards:batches", args=[public_id])
    if door.is_over:
        messages.info(request, _("This is closed. Nothing could be typed in any more."))
        return redirect(back)

    def act(valid: Any) -> HttpResponseBase:
        wanted = valid.cleaned_data
        numbers: list[int] = []

        @sensitive_variables("codes")
        def press(number: int, codes: list[str]) -> bytes:
            numbers.append(number)
            copies = wanted["count"] if codes else 1
            return _pack(door, site, wanted, copies=copies, codes=codes, batch=number)

        pdf = batches.make_batch(
            press,
            by=actor(request),
            collection=door.collection,
            door=door.public_id,
            definition=door.digest,
            language=wanted["language"],
            is_large=wanted["is_large"],
            count=wanted["count"],
            codes_expire=door.closes_on + AFTER_CLOSING if wanted["with_codes"] else None,
        )
        return download(pdf, f"paper-batch-{numbers[-1]}.pdf")

    return step(
        request,
        BatchForm(request.POST or None, door=door),
        act,
        title=_("A batch of paper for “%(name)s”") % {"name": door.name},
        told=[
            _(
                "All sheets of a batch carry the same number. No sheet has one of its own, so that "
                "a sheet that is found can’t be told to be anybody’s."
            ),
            _("Note nowhere who took one, or how many went where on which evening."),
            _(
                "When a paper is typed in, the peer picks the number, and it is counted. What was "
                "said is not tied to it."
            ),
            _("Print on both sides, and staple each copy but for its last sheet."),
        ],
        button=_("Number it and download the paper"),
        back=back,
    )


@requires(batches.PERMISSION)
@require_http_methods(["GET", "POST"])
def count_batch(request: HttpRequest, public_id: str, number: int) -> HttpResponseBase:
    """Say what came back of a batch. It ends it, and shows its figures."""
    door = door_at(public_id)
    batch = get_object_or_404(PaperBatch, door=public_id, number=number)
    back = reverse("cards:batches", args=[public_id])
    if not batch.is_out:
        raise Http404

    def act(valid: Any) -> HttpResponseBase:
        batches.count_batch(by=actor(request), batch=batch, **valid.cleaned_data)
        messages.success(
            request, _("Batch %(number)s is counted. Its figures are below.") % {"number": number}
        )
        return redirect(back)

    return step(
        request,
        CountForm(request.POST or None),
        act,
        title=_("Count batch %(number)s of “%(name)s”") % {"number": number, "name": door.name},
        told=[
            _(
                "Do this once, when all sheets that will come back are back. Count them, destroy "
                "them, and only then write the numbers here."
            ),
            _("From then on nobody can type in a paper under this number as one of the batch."),
            _(
                "The figures are for the team. Put them in no report and no minutes: small ones "
                "can point at people."
            ),
        ],
        facts=[
            {"name": _("Copies printed"), "value": batch.printed},
            {"name": _("Typed in so far"), "value": weekly.in_words(batch.typed_in)},
        ],
        button=_("Count it"),
        back=back,
    )


# Pieces.


@sensitive_variables("codes")
def _pack(
    door: JourneyModel,
    site: str,
    wanted: dict[str, Any],
    *,
    copies: int,
    codes: list[str],
    batch: int | None = None,
) -> bytes:
    return papers.paper_pack(
        journeys.read_definition(door.digest),
        collection=door.collection,
        site=site,
        language=wanted["language"],
        copies=copies,
        codes=codes,
        is_large=wanted["is_large"],
        batch=batch,
        day=timezone.now().date(),
    )


def _row(batch: PaperBatch) -> dict[str, Any]:
    """A batch as the team sees it: rounded while it is out."""
    return {
        "batch": batch,
        "language": NAMES_OF_LANGUAGES.get(batch.language, batch.language),
        "typed_in": weekly.in_words(batch.typed_in) if batch.is_out else batch.typed_in,
        "is_odd": not batch.is_out and batch.typed_in > batch.destroyed,
    }
