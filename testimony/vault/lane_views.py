"""What came in, by lane and week, and throwing away what was held apart. In the admin.

The pages show rounded figures and nothing of what was sent. To discard takes open keys; looking at
the figures does not.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from testimony.vault import actions, retention, weekly
from testimony.vault.collection_views import actor, grant_for, unlock_first
from testimony.vault.guided import step
from testimony.vault.models import Collection, Lane
from testimony.vault.permissions import may, requires

ALL_WEEKS: Final = "all"


class DiscardForm(forms.Form):
    """Which weeks, why, and a word that nobody types by mistake."""

    weeks = forms.ChoiceField(label=gettext_lazy("Which weeks"))
    reason = forms.CharField(
        label=gettext_lazy("Why you discard it"),
        help_text=gettext_lazy("A short reason. It is kept in the audit log."),
        max_length=actions.LONGEST_REASON,
    )
    typed = forms.CharField(
        label=gettext_lazy("To go on, type the name of the collection"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any, *, collection: Collection, weeks: list[str]) -> None:
        super().__init__(data)
        self._collection = collection
        self._weeks = weeks
        self.fields["weeks"].choices = [  # type: ignore[attr-defined]
            *((week, week) for week in weeks),
            (ALL_WEEKS, _("All of these weeks")),
        ]

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"])
        if " ".join(typed.split()).casefold() != self._collection.name.casefold():
            raise forms.ValidationError(
                _("That is not its name. It is: %(name)s") % {"name": self._collection.name}
            )
        return typed

    @property
    def chosen(self) -> list[str]:
        week = self.cleaned_data["weeks"]
        return self._weeks if week == ALL_WEEKS else [week]


@requires("vault.hold_keys", "vault.manage_collection")
@require_GET
def lanes(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """How much came in each week, and by which lane. Rounded."""
    collection = get_object_or_404(Collection, pk=pk)
    return render(
        request,
        "vault/lanes.html",
        {
            "collection": collection,
            "lanes": [lane.label for lane in Lane],
            "weeks": weekly.table_of(collection),
            "is_held_apart": bool(weekly.held_apart(collection)),
            "may_discard": may(request.user, "vault.hold_keys"),
            "hold": retention.hold_of(collection),
        },
    )


@requires("vault.hold_keys")
@require_http_methods(["GET", "POST"])
def discard(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Throw away what was held apart, in one week or in all. It can't be undone."""
    collection = get_object_or_404(Collection, pk=pk)
    keys = grant_for(request, collection)
    if keys is None:
        return unlock_first(request)
    back = reverse("vault:lanes", args=[collection.pk])
    weeks = weekly.held_apart(collection)
    if not weeks:
        messages.info(request, _("Nothing is held apart."))
        return redirect(back)

    def act(form: Any) -> HttpResponseBase:
        actions.discard_lane(
            by=actor(request),
            grant=keys,
            collection=collection,
            weeks=form.chosen,
            reason=form.cleaned_data["reason"],
        )
        messages.success(request, _("It is discarded. Its receipts find nothing any more."))
        return redirect(back)

    return step(
        request,
        DiscardForm(request.POST or None, collection=collection, weeks=weeks),
        act,
        title=_("Discard what was held apart in “%(name)s”") % {"name": collection.name},
        told=[
            _("Most of it was sent by machines. Some of it may have been sent by people."),
            _(
                "A person with an old browser, or somebody who came while machines were flooding "
                "the page, is held apart too. Discard only what you are sure was a flood."
            ),
            _("Discarding is like withdrawing for all of them: no backup brings it back."),
            _("Only this lane can be discarded. What came by voucher or by itself stays."),
        ],
        facts=[
            {"name": row.week, "value": row.figures[list(Lane).index(Lane.FLOOD)]}
            for row in weekly.table_of(collection)
            if row.week in weeks
        ],
        button=_("Discard it for good"),
        back=back,
    )
