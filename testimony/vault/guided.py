"""One guided step of a ceremony: what it does in plain words, a form, and what became of it.

Every step of the vault's pages goes through here, so that each refusal is a sentence on the same
page, with what was typed kept (but for words and codes that open something).
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from testimony.vault.batches import BatchRefused
from testimony.vault.custody import CeremonyRefused
from testimony.vault.exports import ExportRefused
from testimony.vault.places import NoPlace
from testimony.vault.quotas import QuotaSpent
from testimony.vault.recovery import NotARecoveryFile
from testimony.vault.retention import HoldRefused
from testimony.vault.unlock import Stale

REFUSALS: Final = (
    BatchRefused,
    CeremonyRefused,
    ExportRefused,
    HoldRefused,
    NotARecoveryFile,
    QuotaSpent,
    Stale,
)
"""What a person may be told, each a sentence of its own."""


@sensitive_variables("form")
def step(
    request: HttpRequest,
    form: forms.BaseForm,
    act: Callable[[Any], HttpResponseBase],
    *,
    title: str,
    told: list[str],
    button: str,
    back: str,
    listed: list[dict[str, Any]] | None = None,
    facts: list[dict[str, Any]] | None = None,
    onward: dict[str, str] | None = None,
    is_recovery: bool = False,
) -> HttpResponseBase:
    """One guided step: what it does in plain words, a form, and what became of it."""
    problem, status = "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                return act(form)
            except REFUSALS as refusal:
                problem = str(refusal)
            except NoPlace:
                problem = _("Others are unlocking right now. Please try again in a moment.")
                status = HTTPStatus.SERVICE_UNAVAILABLE
    return render(
        request,
        "vault/step.html",
        {
            "title": title,
            "told": told,
            "form": form,
            "button": button,
            "problem": problem,
            "listed": listed or [],
            "facts": facts or [],
            "onward": onward,
            "back": back,
            "is_recovery": is_recovery,
        },
        status=status,
    )
