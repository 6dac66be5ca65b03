"""Taking a copy out: one keyholder asks, another approves, and the first downloads it sealed."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from testimony.vault import archives, exports
from testimony.vault.collection_views import actor, grant_for, name_of, unlock_first
from testimony.vault.exports import ExportFailed, ExportRefused
from testimony.vault.forms import ApproveForm, ExportForm
from testimony.vault.guided import step
from testimony.vault.models import Collection
from testimony.vault.permissions import requires
from testimony.vault.quotas import QuotaSpent
from testimony.vault.unlock import Locked, Stale
from testimony.vault.views import cookie_name

_GROUP = 5


@requires("vault.export_collection")
@sensitive_post_parameters("recipient")
@sensitive_variables("form")
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Ask for a copy, sealed to a key that was made offline."""
    collection = get_object_or_404(Collection, pk=pk)
    if grant_for(request, collection) is None:
        return unlock_first(request)
    back = reverse("vault:collection", args=[collection.pk])

    def act(valid: Any) -> HttpResponseBase:
        try:
            exports.ask_export(by=actor(request), secret=_secret(request), **valid.cleaned_data)
        except Locked:
            return unlock_first(request)
        messages.success(request, _("Asked. Now another keyholder must approve it."))
        return redirect(back)

    days = archives.LIFETIMES[archives.Kind.KEYRING].days
    return step(
        request,
        ExportForm(request.POST if request.method == "POST" else None),
        act,
        title=_("Take a copy of “%(name)s” out") % {"name": collection.name},
        told=[
            _(
                "The file holds everything that people said here, with every answer whole. "
                "It opens with one key, which you make now, away from this computer."
            ),
            _("Step 1. On a computer without a network, make the key with this command:"),
            "age-keygen -o key.txt",
            _(
                "It shows a line that starts with age1. Bring that line here. The file key.txt "
                "stays there: whoever has it opens the copy."
            ),
            _("Step 2. Another keyholder approves, under their own login, with open keys."),
            _("Step 3. Download the file, carry it to that computer, and open it only there:"),
            "age -d -i key.txt copy.age > records.jsonl",
            _(
                "A copy can't be called back. When people withdraw their answers, they go from "
                "here and stay in your file. So delete them there by hand, or the whole file."
            ),
            _(
                "We promise people that %(days)s days after they withdraw, nobody can bring their "
                "answers back. So delete the file within %(days)s days, or put a fresh copy in its "
                "place, and never keep it beyond %(date)s."
            )
            % {"days": days, "date": date_format(collection.destruction_date, "j F Y")},
        ],
        button=_("Ask for the copy"),
        back=back,
    )


@requires("vault.export_collection")
@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Say yes to what a colleague asks for, after looking at what it is."""
    try:
        found = exports.open_request(pk)
    except ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("vault:index")
    collection = found.asked_with.collection
    keys = grant_for(request, collection)
    if keys is None:
        return unlock_first(request)
    back = reverse("vault:collection", args=[collection.pk])

    def act(_form: Any) -> HttpResponseBase:
        try:
            exports.approve_export(by=actor(request), secret=_secret(request), request=found)
        except Locked:
            return unlock_first(request)
        messages.success(
            request,
            _("Approved, for as long as your keys are open. To take it back, lock."),
        )
        return redirect(back)

    return step(
        request,
        ApproveForm(request.POST or None),
        act,
        title=_("Approve a copy of “%(name)s”?") % {"name": collection.name},
        told=[
            _(
                "You let all of this out of our hands: everything people said here, in one file "
                "that whoever has its key can read. It can't be called back."
            ),
            _(
                "Speak with the person who asks, face to face or on a line you trust. Look at the "
                "other computer together: is the key there the same as below, sign by sign?"
            ),
            _(
                "Your yes holds while your keys are open. In that time they can write the file "
                "again, if a download broke off. When you lock, it is over at once."
            ),
            _("If you are not sure, do nothing. Without your yes nothing happens."),
        ],
        facts=[
            {"name": _("Asked by"), "value": name_of(found.asked_with.keyholder)},
            {"name": _("Why"), "value": found.reason},
            {"name": _("Records in it"), "value": exports.how_many(keys)},
            {
                "name": _("Sealed to the key"),
                "value": _in_groups(found.recipient),
                "is_print": True,
            },
            {
                "name": _("Its name in the audit log"),
                "value": exports.fingerprint_of(found.recipient),
                "is_print": True,
            },
        ],
        button=_("Approve the copy"),
        back=back,
    )


@requires("vault.export_collection")
@require_POST
def write(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The sealed copy itself, as a child process writes it."""
    try:
        found = exports.open_request(pk)
    except ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("vault:index")
    collection = found.asked_with.collection
    back = redirect("vault:collection", collection.pk)
    keys = grant_for(request, collection)
    if keys is None:
        messages.info(request, _("Unlock this collection first."))
        return redirect(f"{reverse('vault:unlock')}?next={back['Location']}")
    try:
        copy = exports.stream_export(by=actor(request), grant=keys, request=found)
    except (ExportRefused, ExportFailed, QuotaSpent, Stale) as refusal:
        messages.error(request, str(refusal))
        return back
    return StreamingHttpResponse(
        copy,
        content_type="application/octet-stream",
        headers={"Content-Disposition": 'attachment; filename="copy.age"'},
    )


def _secret(request: HttpRequest) -> str:
    return request.COOKIES.get(cookie_name(), "")


def _in_groups(recipient: str) -> str:
    """A public key in groups of five signs, to be compared aloud."""
    starts = range(0, len(recipient), _GROUP)
    return " ".join(recipient[start : start + _GROUP] for start in starts)
