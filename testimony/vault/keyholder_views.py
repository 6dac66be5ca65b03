"""A keyholder's own pages: becoming one, new words, and two of the ways back in.

What opens something is shown on one page, once, and kept nowhere: not in a session, not in a log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from testimony.vault import custody, papers, recovery_codes
from testimony.vault.custody import Enrolled
from testimony.vault.forms import ChangeWordsForm, CodeForm, EnrolForm, StartOverForm
from testimony.vault.guided import step
from testimony.vault.permissions import requires
from testimony.vault.views import keyholder_of


@requires("vault.hold_keys")
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponseBase:
    """Become a keyholder."""
    return _guided(
        request,
        EnrolForm,
        title=_("Become a keyholder"),
        told=[
            _("You get six words. They open your keys, and nothing else does."),
            _("You also get a recovery code to print, in case you forget the words."),
            _(
                "Both are shown once. Nobody can find them again for you: not a colleague, "
                "not the people who run the computer."
            ),
            _("Have paper and a pen ready. Be alone, with nobody looking at the screen."),
        ],
        button=_("Show me my words"),
        act=lambda form: custody.enrol_keyholder(
            by=request.user,  # type: ignore[arg-type]
            user=request.user,  # type: ignore[arg-type]
            language=form["language"],
        ),
    )


@requires("vault.hold_keys")
@sensitive_post_parameters("passphrase")
@require_http_methods(["GET", "POST"])
def change_words(request: HttpRequest) -> HttpResponseBase:
    """Six new words for the same keys."""
    return _guided(
        request,
        ChangeWordsForm,
        title=_("Change my words"),
        told=[
            _("Do this when somebody may have seen or heard your words."),
            _("The old words open nothing from then on. Keys you have open now are closed."),
        ],
        button=_("Show me new words"),
        act=lambda form: custody.change_passphrase(
            by=request.user,  # type: ignore[arg-type]
            passphrase=form["passphrase"],
            with_new_code=form["new_code"],
            language=form["language"],
        ),
    )


@requires("vault.hold_keys")
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def use_code(request: HttpRequest) -> HttpResponseBase:
    """The first way back in: the printed code."""
    return _guided(
        request,
        CodeForm,
        title=_("I forgot my words"),
        told=[
            _("Take the recovery kit that you printed and type its code."),
            _("You get six new words and a new code. The old ones open nothing from then on."),
        ],
        button=_("Open my keys"),
        act=lambda form: custody.recover_with_code(
            by=request.user,  # type: ignore[arg-type]
            typed=form["code"],
            language=form["language"],
        ),
        is_recovery=True,
    )


@requires("vault.hold_keys")
@require_http_methods(["GET", "POST"])
def start_over(request: HttpRequest) -> HttpResponseBase:
    """The second and third way: new keys, and somebody who lets them in."""
    return _guided(
        request,
        StartOverForm,
        title=_("Start over with new keys"),
        told=[
            _("Only if you can find neither your words nor your code."),
            _("Your old keys are destroyed. The new ones open nothing yet."),
            _(
                "Then a colleague who holds keys lets you in again, on the collection's page. "
                "If there is no such colleague, two people with sheets of the recovery kit can."
            ),
        ],
        button=_("Start over"),
        act=lambda form: custody.start_over(
            by=request.user,  # type: ignore[arg-type]
            language=form["language"],
        ),
    )


@requires("vault.hold_keys")
@sensitive_post_parameters("code")
@sensitive_variables("code")
@require_POST
def kit(request: HttpRequest) -> HttpResponseBase:
    """The recovery kit as a PDF, from the code that the page before just showed."""
    keyholder = keyholder_of(request)
    try:
        code = recovery_codes.as_text(recovery_codes.from_text(request.POST.get("code", "")))
    except recovery_codes.Mistyped:
        keyholder = None
    if keyholder is None:
        return redirect("vault:index")
    pdf = papers.keyholder_kit(
        code=code,
        suite=keyholder.suite,
        public=bytes(keyholder.public_key),
        day=timezone.now().date(),
    )
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="sheet.pdf"'},
    )


@sensitive_variables("form", "enrolled")
def _guided(
    request: HttpRequest,
    form_class: type[forms.Form],
    *,
    title: str,
    told: list[str],
    button: str,
    act: Callable[[dict[str, Any]], Enrolled],
    is_recovery: bool = False,
) -> HttpResponseBase:
    """A guided step that ends with what is shown once."""

    @sensitive_variables("form", "enrolled")
    def show(form: forms.Form) -> HttpResponseBase:
        enrolled = act(form.cleaned_data)
        return render(
            request,
            "vault/shown_once.html",
            {"words": enrolled.passphrase.split(), "code": enrolled.code},
        )

    return step(
        request,
        form_class(request.POST or None),
        show,
        title=title,
        told=told,
        button=button,
        back=reverse("vault:index"),
        is_recovery=is_recovery,
    )
