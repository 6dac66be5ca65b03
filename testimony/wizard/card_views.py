"""Cards to hand out and codes to type in with: printed in the admin.

The codes exist in the answer to one request, and nowhere else: in no message, log, session or
cache. Whoever prints holds the only copy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from testimony.vault import vouchers, weekly
from testimony.vault.collection_views import actor
from testimony.vault.forms import SureForm
from testimony.vault.guided import step
from testimony.vault.models import Voucher
from testimony.vault.permissions import may, requires
from testimony.wizard import journeys, papers
from testimony.wizard.cards import CARD_ADDRESS
from testimony.wizard.journeys import JourneyModel

FEWEST_CARDS: Final = 10
MOST_ASSISTED: Final = 50
AFTER_CLOSING: Final = dt.timedelta(days=1)
"""A code lives a day longer than its door: for those still inside, and for clocks west of us."""


class CardsForm(forms.Form):
    """How many, and in which language."""

    count = forms.IntegerField(
        label=gettext_lazy("How many"),
        help_text=gettext_lazy("Ten fit on one page."),
        min_value=FEWEST_CARDS,
        max_value=vouchers.MOST,
        initial=50,
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))

    def __init__(self, data: Any, *, door: JourneyModel) -> None:
        super().__init__(data)
        self.fields["language"].choices = languages_of(door)  # type: ignore[attr-defined]


class AssistedForm(CardsForm):
    """The same, in smaller numbers."""

    count = forms.IntegerField(
        label=gettext_lazy("How many"),
        help_text=gettext_lazy("One for each person. Ten fit on one page."),
        min_value=1,
        max_value=MOST_ASSISTED,
        initial=10,
    )


@requires(vouchers.PERMISSION)
@require_http_methods(["GET", "POST"])
def cards(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Make cards for one door, and answer with the only copy of them."""
    return _codes_step(
        request,
        public_id,
        kind=Voucher.Kind.CARD,
        form=CardsForm,
        title=_("Cards for “%(name)s”"),
        told=[
            _("A card says: somebody on the team knows whom they gave this to."),
            _("What comes in with a card goes into a lane of its own, which flooding can’t reach."),
            _("Print them at their true size, on one side, and cut along the lines."),
            _("Hand them out by hand. Take no photo of them, and do not write down who got one."),
            _("This file is the only copy. When it is printed, delete it, and empty the bin."),
        ],
        button=_("Make the cards and download them"),
        printed=papers.outreach_cards,
        file="cards.pdf",
    )


@requires(vouchers.PERMISSION)
@require_http_methods(["GET", "POST"])
def assisted(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Make codes with which a peer types in for others."""
    return _codes_step(
        request,
        public_id,
        kind=Voucher.Kind.ASSISTED,
        form=AssistedForm,
        title=_("Codes for typing in, for “%(name)s”"),
        told=[
            _("For a peer who types in what somebody says, or wrote on paper."),
            _("What comes in with such a code is marked as typed in by a peer."),
            _("They type outside of any login of the team, on a phone or a library computer."),
            _("The first page tells them how. Read it together before they begin."),
            _("This file is the only copy. When it is printed, delete it, and empty the bin."),
        ],
        button=_("Make the codes and download them"),
        printed=papers.assisted_codes,
        file="codes.pdf",
    )


@requires(vouchers.PERMISSION)
@require_http_methods(["GET", "POST"])
def take_back(request: HttpRequest, public_id: str, kind: str) -> HttpResponseBase:
    """Delete every code of a kind that nobody used yet."""
    door = door_at(public_id)
    if kind not in Voucher.Kind:
        raise Http404
    back = reverse(_PAGE_OF[Voucher.Kind(kind)], args=[public_id])

    def act(_form: Any) -> HttpResponseBase:
        vouchers.revoke_unused(by=actor(request), door=door.public_id, kind=Voucher.Kind(kind))
        messages.success(request, _("They are taken back. None of them works any more."))
        return redirect(back)

    return step(
        request,
        SureForm(request.POST or None),
        act,
        title=_("Take back unused codes of “%(name)s”") % {"name": door.name},
        told=[
            _("Do this when a sheet was lost, or somebody copied it."),
            _("Every code that nobody used yet stops working, those in good hands too."),
            _("Whoever comes with one is told so, and can still take part without it."),
        ],
        facts=facts_of(door, Voucher.Kind(kind), site=site_of(request)),
        button=_("Take them back"),
        back=back,
    )


# Pieces.

_PAGE_OF: Final = {Voucher.Kind.CARD: "cards:cards", Voucher.Kind.ASSISTED: "cards:assisted"}


def _codes_step(
    request: HttpRequest,
    public_id: str,
    *,
    kind: Voucher.Kind,
    form: type[CardsForm],
    title: str,
    told: list[str],
    button: str,
    printed: Callable[..., bytes],
    file: str,
) -> HttpResponseBase:
    door = door_at(public_id)
    site = site_of(request)
    today = timezone.now().date()

    def act(valid: Any) -> HttpResponseBase:
        def press(codes: list[str]) -> bytes:
            return printed(
                codes,
                site=site,
                expires=door.closes_on,
                language=valid.cleaned_data["language"],
                day=today,
            )

        return download(made(request, door, kind, valid, press), file)

    if door.is_over:
        messages.info(request, _("This is closed. Nobody could use a code any more."))
        return redirect(back_of(request, door))
    return step(
        request,
        form(request.POST or None, door=door),
        act,
        title=title % {"name": door.name},
        told=told,
        facts=facts_of(door, kind, site=site),
        button=button,
        onward={
            "url": reverse("cards:take_back", args=[public_id, kind.value]),
            "text": _("Take back what nobody used yet"),
        },
        back=back_of(request, door),
    )


def made(
    request: HttpRequest,
    door: JourneyModel,
    kind: Voucher.Kind,
    valid: Any,
    press: Callable[[list[str]], bytes],
) -> bytes:
    return vouchers.make_printed(
        press,
        by=actor(request),
        collection=door.collection,
        door=door.public_id,
        kind=kind,
        count=valid.cleaned_data["count"],
        expires=door.closes_on + AFTER_CLOSING,
    )


def facts_of(door: JourneyModel, kind: Voucher.Kind, *, site: str) -> list[dict[str, Any]]:
    return [
        {"name": _("They lead to"), "value": f"{site}{CARD_ADDRESS}"},
        {
            "name": _("Out, and not used yet"),
            "value": weekly.in_words(vouchers.count_unused(door.public_id, kind)),
        },
        {"name": _("Good until"), "value": door.closes_on.isoformat()},
    ]


def door_at(public_id: str) -> JourneyModel:
    found = journeys.find_door(public_id)
    if found is None:
        raise Http404
    return found


def languages_of(door: JourneyModel) -> list[tuple[str, Any]]:
    """The languages a door asks in that cards can be printed in: those the site speaks."""
    asked = journeys.read_definition(door.digest).languages
    return [(code, name) for code, name in settings.LANGUAGES if code in asked]


def site_of(request: HttpRequest) -> str:
    """The address that workers use, as https://host: set, or the one this page was asked at."""
    address: str = settings.PUBLIC_ADDRESS or request.build_absolute_uri("/")
    return address.rstrip("/")


def back_of(request: HttpRequest, door: JourneyModel) -> str:
    """The list that a door stands in, for those who may see it."""
    about = door._meta
    if may(request.user, f"{about.app_label}.view_{about.model_name}"):
        return reverse(f"{about.model_name}s:index")
    return reverse("vault:index")


def download(pdf: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
