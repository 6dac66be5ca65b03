"""Unlocking and locking, in the admin."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from testimony.vault import unlock as unlocking
from testimony.vault.forms import UnlockForm
from testimony.vault.permissions import requires
from testimony.vault.unlock import Grant, Locked, Refused

COOKIE: Final = "u"


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


@requires("vault.unlock_collection")
@sensitive_post_parameters("passphrase")
@sensitive_variables("form", "secret")
@require_http_methods(["GET", "POST"])
def unlock(request: HttpRequest) -> HttpResponseBase:
    """Ask for the passphrase and the reason; a wrong one says so, and no more."""
    form = UnlockForm(request.POST or None)
    problem, status = "", HTTPStatus.OK
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
            except Refused as refusal:
                problem = str(refusal)
            else:
                response = redirect("tallies:index")
                response.set_cookie(
                    cookie_name(),
                    secret,
                    path="/",
                    secure=settings.SESSION_COOKIE_SECURE,
                    httponly=True,
                    samesite="Strict",
                )
                return response
    return render(request, "vault/unlock.html", {"form": form, "problem": problem}, status=status)


@requires("vault.unlock_collection")
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Close the keys at once."""
    secret = request.COOKIES.get(cookie_name())
    if secret is not None:
        unlocking.lock(secret, by=request.user)  # type: ignore[arg-type]
    response = redirect("vault:unlock")
    response.delete_cookie(cookie_name(), path="/", samesite="Strict")
    return response
