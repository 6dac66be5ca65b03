"""Unlocking, locking, and the vault's first page, in the admin."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from testimony.vault import audit, facade, recovery
from testimony.vault import unlock as unlocking
from testimony.vault.forms import UnlockForm
from testimony.vault.models import AuditEntry, Collection, Keyholder, RecoveryKey
from testimony.vault.permissions import permissions_of, requires
from testimony.vault.places import NoPlace
from testimony.vault.quotas import QuotaSpent
from testimony.vault.unlock import Grant, Locked, Refused

COOKIE: Final = "u"
ENTRIES_ON_A_PAGE: Final = 50


def cookie_name() -> str:
    return f"{settings.COOKIE_PREFIX}{COOKIE}"


def open_grant(request: HttpRequest) -> Grant | None:
    """The keys this person has open right now, or None."""
    secret = request.COOKIES.get(cookie_name())
    if secret is None:
        return None
    try:
        return unlocking.resume(secret, by=request.user)  # type: ignore[arg-type]
    except Locked:
        return None


def open_keys(request: HttpRequest) -> unlocking.OpenKeys | None:
    """What the lock bar shows. Looking at it does not count as use."""
    secret = request.COOKIES.get(cookie_name())
    if secret is None or not request.user.is_authenticated:
        return None
    return unlocking.status(secret, by=request.user)


def keyholder_of(request: HttpRequest) -> Keyholder | None:
    """The keys of the person who asks, or None."""
    if not request.user.is_authenticated:
        return None
    return Keyholder.objects.filter(user_id=request.user.pk, state=Keyholder.State.ACTIVE).first()


@requires(
    "vault.unlock_collection",
    "vault.hold_keys",
    "vault.manage_collection",
    "vault.manage_retention",
    "vault.read_audit",
)
@require_GET
def index(request: HttpRequest) -> HttpResponseBase:
    """Your keys, the collections and their keys, and what to look at."""
    keyholder = keyholder_of(request)
    worries = facade.worries()
    return render(
        request,
        "vault/index.html",
        {
            "keyholder": keyholder,
            "fingerprint": recovery.shown_fingerprint(keyholder) if keyholder else "",
            "granted": set(keyholder.custodies.values_list("collection_id", flat=True))
            if keyholder
            else set(),
            "may": {name.removeprefix("vault."): True for name in permissions_of(request.user)},
            "collections": Collection.objects.order_by("name"),
            "worries": worries,
            "recovery_keys": [
                {"key": key, "fingerprint": recovery.in_groups(key.fingerprint)}
                for key in RecoveryKey.objects.all()
            ],
        },
    )


@requires("vault.unlock_collection")
@sensitive_post_parameters("passphrase")
@sensitive_variables("form", "secret")
@require_http_methods(["GET", "POST"])
def unlock(request: HttpRequest) -> HttpResponseBase:
    """Ask for the passphrase and the reason; a wrong one says so, and no more."""
    form = UnlockForm(request.POST or None)
    problem, status = "", HTTPStatus.OK
    onward = request.POST.get("next", request.GET.get("next", ""))
    if not url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
        onward = ""
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                secret = unlocking.unlock(
                    by=request.user,  # type: ignore[arg-type]
                    passphrase=form.cleaned_data["passphrase"],
                    collection=form.cleaned_data["collection"],
                    reason=form.cleaned_data["reason"],
                )
            except (Refused, QuotaSpent) as refusal:
                problem = str(refusal)
            except NoPlace:
                problem = _("Others are unlocking right now. Please try again in a moment.")
                status = HTTPStatus.SERVICE_UNAVAILABLE
            else:
                response = redirect(onward or "vault:index")
                response.set_cookie(
                    cookie_name(),
                    secret,
                    path="/",
                    secure=settings.SESSION_COOKIE_SECURE,
                    httponly=True,
                    samesite="Strict",
                )
                return response
    return render(
        request,
        "vault/unlock.html",
        {"form": form, "problem": problem, "onward": onward},
        status=status,
    )


@requires("vault.unlock_collection")
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Close the keys at once."""
    secret = request.COOKIES.get(cookie_name())
    if secret is not None:
        unlocking.lock(secret, by=request.user)  # type: ignore[arg-type]
    response = redirect("vault:index")
    response.delete_cookie(cookie_name(), path="/", samesite="Strict")
    return response


@requires("vault.read_audit")
@require_GET
def audit_log(request: HttpRequest) -> HttpResponseBase:
    """The audit log, newest first, and whether its chain holds."""
    try:
        number, digest = audit.check_chain()
        problem = ""
    except audit.BrokenChain as broken:
        number, digest, problem = 0, "", str(broken)
    entries = AuditEntry.objects.select_related("actor").order_by("-number")
    page = Paginator(entries, ENTRIES_ON_A_PAGE).get_page(request.GET.get("p"))
    context: dict[str, Any] = {
        "page": page,
        "rows": [{"entry": entry, "action": _(entry.action)} for entry in page],
        "number": number,
        "head": digest[:16],
        "problem": problem,
    }
    return render(request, "vault/audit.html", context)
