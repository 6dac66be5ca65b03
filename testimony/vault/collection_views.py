"""A collection's pages: making it, its first ceremony, who holds its keys, and its end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from testimony.vault import calendar, custody, exports, papers, recovery, retention
from testimony.vault.forms import (
    AnswerForm,
    BeginForm,
    BundleForm,
    CollectionForm,
    GrantForm,
    HoldForm,
    RecoveryKeyForm,
    SureForm,
    TrustForm,
    active_keyholders,
)
from testimony.vault.guided import REFUSALS, step
from testimony.vault.models import (
    Collection,
    Custody,
    Destruction,
    Epoch,
    Keyholder,
    LegalHold,
    RecoveryKey,
)
from testimony.vault.permissions import may, requires
from testimony.vault.recovery import NotARecoveryFile
from testimony.vault.unlock import Grant
from testimony.vault.views import open_grant

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


def actor(request: HttpRequest) -> AbstractUser:
    return cast("AbstractUser", request.user)


@requires("vault.manage_collection", "vault.manage_retention", "vault.hold_keys")
@require_GET
def detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Everything about one collection's keys, and what may be done."""
    collection = get_object_or_404(Collection, pk=pk)
    custodies = Custody.objects.filter(collection=collection).select_related(
        "keyholder__user", "recovery_key"
    )
    epochs = Epoch.objects.filter(collection=collection).order_by("-month", "-generation")
    keys = grant_for(request, collection)
    return render(
        request,
        "vault/collection.html",
        {
            "collection": collection,
            "may_manage": may(request.user, "vault.manage_collection"),
            "may_hold": may(request.user, "vault.hold_keys"),
            "may_retain": may(request.user, "vault.manage_retention"),
            "holders": [_holder(row.keyholder) for row in custodies if row.keyholder],
            "recoveries": [
                {"key": row.recovery_key, "fingerprint": recovery.in_groups(_print_of(row))}
                for row in custodies
                if row.recovery_key
            ],
            "epochs": epochs,
            "this_month": calendar.month_of(timezone.now().date()),
            "is_open": keys is not None,
            "copies": _copies(request, collection, keys),
            "hold": retention.hold_of(collection),
            "past_holds": LegalHold.objects.filter(
                collection=collection, lifted_on__isnull=False
            ).order_by("-since"),
            "destructions": Destruction.objects.filter(collection=collection),
        },
    )


@requires("vault.manage_collection")
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponseBase:
    """Make a collection. It takes nothing in until somebody holds its keys."""

    def act(form: Any) -> HttpResponseBase:
        made = custody.create_collection(by=actor(request), **form.cleaned_data)
        return redirect("vault:begin", made.pk)

    return step(
        request,
        CollectionForm(request.POST or None),
        act,
        title=_("A new collection"),
        told=[
            _("A collection is everything one consultation gathers: its keys and its deadlines."),
            _("Workers are told these dates before they answer. They can't be moved later."),
        ],
        button=_("Go on to the keys"),
        back=reverse("vault:index"),
    )


@requires("vault.manage_collection")
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The first ceremony: who holds the keys."""
    collection = get_object_or_404(Collection, pk=pk)

    def act(form: Any) -> HttpResponseBase:
        made = custody.begin_custody(
            by=actor(request),
            collection=collection,
            keyholders=form.cleaned_data["keyholders"],
        )
        messages.success(
            request,
            _("Keys are made for %(count)s months. The collection can take answers in now.")
            % {"count": len(made)},
        )
        return redirect("vault:collection", collection.pk)

    return step(
        request,
        BeginForm(request.POST or None),
        act,
        title=_("Who holds the keys of “%(name)s”?") % {"name": collection.name},
        told=[
            _("First each of them becomes a keyholder, under their own login."),
            _(
                "You choose once, now. Later only somebody who holds the keys can let "
                "another person in."
            ),
        ],
        button=_("Make the keys"),
        back=reverse("vault:collection", args=[collection.pk]),
    )


@requires("vault.manage_collection", "vault.hold_keys")
@require_POST
def renew(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Make the keys of the months ahead that are missing. The daily job does the same."""
    collection = get_object_or_404(Collection, pk=pk)

    def act() -> str:
        made = len(custody.renew_epochs(by=actor(request), collection=collection))
        return ngettext(
            "A key for %(count)s more month is made.",
            "Keys for %(count)s more months are made.",
            made,
        ) % {"count": made}

    return _press(request, collection, act)


@requires("vault.hold_keys")
@require_http_methods(["GET", "POST"])
def grant(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Let another keyholder in, or one who started over, under open keys."""
    collection = get_object_or_404(Collection, pk=pk)
    keys = grant_for(request, collection)
    if keys is None:
        return unlock_first(request)
    form = GrantForm(request.POST or None)
    others = active_keyholders().exclude(user_id=request.user.pk)
    form.fields["keyholder"].queryset = others  # type: ignore[attr-defined]

    def act(valid: Any) -> HttpResponseBase:
        sealed = custody.grant_access(
            by=actor(request), grant=keys, keyholder=valid.cleaned_data["keyholder"]
        )
        messages.success(
            request,
            ngettext(
                "%(count)s month's key is sealed to them.",
                "%(count)s months' keys are sealed to them.",
                sealed,
            )
            % {"count": sealed},
        )
        return redirect("vault:collection", collection.pk)

    return step(
        request,
        form,
        act,
        title=_("Let a keyholder into “%(name)s”") % {"name": collection.name},
        told=[
            _("They will be able to open everything you can open here, and all that comes."),
            _("Sit together, or speak on a line you trust. Ask for the fingerprint on their kit."),
        ],
        listed=[_holder(one) for one in others],
        button=_("Let them in"),
        back=reverse("vault:collection", args=[collection.pk]),
    )


@requires("vault.manage_collection", "vault.hold_keys")
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, keyholder: uuid.UUID) -> HttpResponseBase:
    """Take somebody's keys away, everywhere, and start new keys at once."""
    found = get_object_or_404(
        Keyholder.objects.select_related("user"), pk=keyholder, state=Keyholder.State.ACTIVE
    )

    def act(_form: Any) -> HttpResponseBase:
        custody.remove_keyholder(by=actor(request), keyholder=found)
        messages.success(request, _("Their keys are gone, and new ones are in use."))
        return redirect("vault:index")

    return step(
        request,
        SureForm(request.POST or None),
        act,
        title=_("Remove the keys of %(name)s") % {"name": name_of(found)},
        told=[
            _("Their keys are destroyed in every collection, and any they have open are closed."),
            _("What comes in from now on is sealed to new keys, which they never held."),
            _(
                "What they read before can't be unread. If they kept a copy of the database and "
                "know their words, they could still open what was in it."
            ),
        ],
        button=_("Remove their keys"),
        back=reverse("vault:index"),
    )


# The recovery key.


@requires("vault.manage_collection", "vault.hold_keys")
@require_http_methods(["GET", "POST"])
def register_recovery_key(request: HttpRequest) -> HttpResponseBase:
    """Paste the public half of a key that was made offline."""

    def act(form: Any) -> HttpResponseBase:
        half = recovery.read_public_half(form.cleaned_data["public_half"])
        custody.register_recovery_key(by=actor(request), suite=half.suite, public=half.public)
        messages.success(
            request,
            _("Kept. A keyholder now compares its fingerprint and trusts it: %(fingerprint)s")
            % {"fingerprint": recovery.in_groups(half.fingerprint)},
        )
        return redirect("vault:index")

    return step(
        request,
        RecoveryKeyForm(request.POST or None),
        act,
        title=_("Recovery key"),
        told=[
            _("The recovery key is made on a computer without a network, with this command:"),
            "manage.py recovery_kit make --organisation … --out …",
            _("It prints three sheets for three people. Any two of them open everything."),
            _("Only the public half comes here. It opens nothing."),
        ],
        button=_("Keep the public half"),
        back=reverse("vault:index"),
    )


@requires("vault.hold_keys")
@require_http_methods(["GET", "POST"])
def trust(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Seal what is open, and all that comes, to a recovery key whose sheets are here."""
    collection = get_object_or_404(Collection, pk=pk)
    keys = grant_for(request, collection)
    if keys is None:
        return unlock_first(request)
    form = TrustForm(request.POST or None)
    form.fields["key"].queryset = RecoveryKey.objects.all()  # type: ignore[attr-defined]

    def act(valid: Any) -> HttpResponseBase:
        custody.trust_recovery_key(by=actor(request), grant=keys, key=valid.cleaned_data["key"])
        messages.success(request, _("Two sheets of that kit can open this collection now."))
        return redirect("vault:collection", collection.pk)

    return step(
        request,
        form,
        act,
        title=_("Trust a recovery key with “%(name)s”") % {"name": collection.name},
        told=[
            _("Take one of the three printed sheets and compare its fingerprint, sign by sign."),
            _("If one sign differs, stop: somebody may have put in a key of their own."),
        ],
        listed=[
            {"name": str(key), "fingerprint": recovery.in_groups(key.fingerprint)}
            for key in RecoveryKey.objects.all()
        ],
        button=_("Trust it"),
        back=reverse("vault:collection", args=[collection.pk]),
    )


@requires("vault.manage_collection", "vault.hold_keys")
@require_http_methods(["GET", "POST"])
def retire(request: HttpRequest, pk: uuid.UUID, key: uuid.UUID) -> HttpResponseBase:
    """Take a recovery key off the roster, when a sheet was lost or seen."""
    collection = get_object_or_404(Collection, pk=pk)
    found = get_object_or_404(RecoveryKey, pk=key, custodies__collection=collection)

    def act(_form: Any) -> HttpResponseBase:
        custody.retire_recovery_key(by=actor(request), collection=collection, key=found)
        messages.success(
            request, _("Its sheets open nothing here any more, and new keys are in use.")
        )
        return redirect("vault:collection", collection.pk)

    return step(
        request,
        SureForm(request.POST or None),
        act,
        title=_("Retire a recovery kit of “%(name)s”") % {"name": collection.name},
        told=[
            _("Do this when a sheet was lost, or may have been seen or copied."),
            _("Its copies of the keys are destroyed, and new keys are made for what comes in."),
            _("Then make another kit, and trust it here. Burn the old sheets."),
        ],
        listed=[{"name": str(found), "fingerprint": recovery.in_groups(found.fingerprint)}],
        button=_("Retire it"),
        back=reverse("vault:collection", args=[collection.pk]),
    )


@requires("vault.manage_collection", "vault.hold_keys")
@require_http_methods(["GET", "POST"])
def recover(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The third way back in: write a bundle, answer it offline with two sheets, take it in."""
    collection = get_object_or_404(Collection, pk=pk)
    form = BundleForm(request.POST or None)
    keys = RecoveryKey.objects.filter(custodies__collection=collection)
    form.fields["key"].queryset = keys  # type: ignore[attr-defined]
    form.fields["keyholder"].queryset = active_keyholders()  # type: ignore[attr-defined]

    def act(valid: Any) -> HttpResponseBase:
        bundle = recovery.write_bundle(
            by=actor(request),
            collection=collection,
            key=valid.cleaned_data["key"],
            keyholder=valid.cleaned_data["keyholder"],
        )
        return HttpResponse(
            bundle,
            content_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="bundle.json"'},
        )

    return step(
        request,
        form,
        act,
        title=_("Recover “%(name)s” with two sheets") % {"name": collection.name},
        told=[
            _("Only when no keyholder can open their keys any more."),
            _("Step 1. One person becomes a keyholder anew, under their own login."),
            _("Step 2. Download the bundle below, and carry it to a computer without a network."),
            _("There, two people with their sheets run: manage.py recovery_kit open bundle.json"),
            _("Step 3. Carry the answer back and take it in."),
        ],
        button=_("Download the bundle"),
        onward={"url": reverse("vault:answer"), "text": _("Step 3: take the answer in")},
        back=reverse("vault:collection", args=[collection.pk]),
    )


@requires("vault.manage_collection", "vault.hold_keys")
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest) -> HttpResponseBase:
    """Take in what two sheets answered."""

    def act(form: Any) -> HttpResponseBase:
        try:
            collection, keyholder, count = recovery.take_in(
                by=actor(request), text=form.cleaned_data["answer"]
            )
        except NotARecoveryFile:
            recovery.note_refusal(by=actor(request))
            raise
        messages.success(
            request,
            ngettext(
                "%(name)s can open %(count)s month again.",
                "%(name)s can open %(count)s months again.",
                count,
            )
            % {"name": name_of(keyholder), "count": count},
        )
        return redirect("vault:collection", collection.pk)

    return step(
        request,
        AnswerForm(request.POST or None),
        act,
        title=_("Take in the answer of two sheets"),
        told=[
            _("The answer proves that two real sheets were used. Anything else is refused."),
            _("It opens nothing by itself: it is sealed to the keyholder you chose."),
        ],
        button=_("Take it in"),
        back=reverse("vault:index"),
    )


# The end.


@requires("vault.manage_retention")
@require_http_methods(["GET", "POST"])
def hold(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Set a legal hold, in public."""
    collection = get_object_or_404(Collection, pk=pk)

    def act(form: Any) -> HttpResponseBase:
        retention.place_hold(
            by=actor(request),
            collection=collection,
            statement=form.cleaned_data["statement"],
            stops_withdrawals=form.cleaned_data["stops_withdrawals"],
            grant=grant_for(request, collection),
        )
        return redirect("vault:collection", collection.pk)

    return step(
        request,
        HoldForm(request.POST or None),
        act,
        title=_("A legal hold on “%(name)s”") % {"name": collection.name},
        told=[
            _("A hold pauses automatic destruction, and nothing else. Speak to a lawyer first."),
            _(
                "People can still take back what they sent, unless an order forbids it. "
                "To say that one does, a keyholder unlocks this collection first."
            ),
            _(
                "Your words are shown from this moment where people check us out, and on the "
                "receipt page too if withdrawals are forbidden."
            ),
        ],
        button=_("Set the hold"),
        back=reverse("vault:collection", args=[collection.pk]),
    )


@requires("vault.manage_retention")
@require_http_methods(["GET", "POST"])
def lift(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """End a hold."""
    collection = get_object_or_404(Collection, pk=pk)
    found = retention.hold_of(collection)
    if found is None:
        raise Http404

    def act(_form: Any) -> HttpResponseBase:
        done = retention.lift_hold(by=actor(request), hold=found)
        messages.success(
            request,
            _("The hold is lifted. Withdrawals that waited: %(count)s.") % {"count": done},
        )
        return redirect("vault:collection", collection.pk)

    return step(
        request,
        SureForm(request.POST or None),
        act,
        title=_("Lift the legal hold on “%(name)s”") % {"name": collection.name},
        told=[
            _("Withdrawals that waited are carried out at once."),
            _("What is past its day is destroyed by the next daily job. Neither can be undone."),
        ],
        button=_("Lift the hold"),
        back=reverse("vault:collection", args=[collection.pk]),
    )


@requires("vault.manage_retention")
@require_http_methods(["GET", "POST"])
def destroy(request: HttpRequest) -> HttpResponseBase:
    """Destroy now what the daily job would destroy next. Shows first what that is."""
    due = retention.find_due()

    def act(_form: Any) -> HttpResponseBase:
        count = len(retention.destroy_expired(by=actor(request)))
        messages.success(
            request,
            ngettext(
                "Destroyed, in %(count)s collection. Its page has the certificate.",
                "Destroyed, in %(count)s collections. Their pages have the certificates.",
                count,
            )
            % {"count": count},
        )
        return redirect("vault:index")

    told = [
        f"{one.collection.name}: {', '.join(one.months)}"
        + (f" – {_('kept, because of a legal hold')}" if one.hold else "")
        for one in due
    ]
    return step(
        request,
        SureForm(request.POST or None),
        act,
        title=_("Destroy what has expired"),
        told=[
            *(told or [_("Nothing has expired.")]),
            _("The daily job does this without being asked. It can't be undone."),
        ],
        button=_("Destroy it now"),
        back=reverse("vault:index"),
    )


@requires("vault.manage_retention", "vault.manage_collection")
@require_GET
def certificate(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The certificate of one destruction, as a PDF."""
    found = get_object_or_404(Destruction.objects.select_related("collection"), pk=pk)
    return HttpResponse(
        papers.certificate(found),
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="certificate.pdf"'},
    )


# Pieces.


def _press(
    request: HttpRequest, collection: Collection, act: Callable[[], str]
) -> HttpResponseBase:
    """One button on the collection's page: done with a sentence, or refused with one."""
    try:
        messages.success(request, act())
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    return redirect("vault:collection", collection.pk)


def grant_for(request: HttpRequest, collection: Collection) -> Grant | None:
    keys = open_grant(request)
    return keys if keys is not None and keys.collection_id == collection.pk else None


def unlock_first(request: HttpRequest) -> HttpResponseBase:
    messages.info(request, _("Unlock this collection first."))
    return redirect(f"{reverse('vault:unlock')}?next={request.path}")


def _copies(
    request: HttpRequest, collection: Collection, keys: Grant | None
) -> dict[str, Any] | None:
    """What is asked for and approved: for those who may do either, while their keys are open."""
    if keys is None or not may(request.user, "vault.export_collection"):
        return None
    asked = [
        {
            "id": found.pk,
            "by": name_of(found.asked_with.keyholder),
            "is_mine": found.asked_with.keyholder_id == keys.keyholder_id,
            "reason": found.reason,
            "approver": name_of(approver) if approver else "",
        }
        for found in exports.open_requests(collection)
        for approver in [exports.approver_of(found)]
    ]
    return {
        "mine": [row for row in asked if row["is_mine"]],
        "others": [row for row in asked if not row["is_mine"]],
    }


def _holder(keyholder: Keyholder) -> dict[str, Any]:
    return {
        "id": keyholder.pk,
        "name": name_of(keyholder),
        "fingerprint": recovery.shown_fingerprint(keyholder),
    }


def name_of(keyholder: Keyholder) -> str:
    return str(keyholder.user.get_full_name() or keyholder.user.get_username())


def _print_of(row: Custody) -> str:
    return row.recovery_key.fingerprint if row.recovery_key else ""
