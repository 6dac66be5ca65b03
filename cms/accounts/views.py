"""Logging in, and looking after one's second factor.

Every page here works without script and allows none, is never cached, and takes no part in
Wagtail's own login view or its password reset by mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.admin.auth import require_admin_access

from cms.accounts import second_factor as factors
from cms.accounts import signing_in
from cms.accounts.forms import CodeForm, FirstCodeForm, SignInForm
from cms.accounts.models import User
from cms.accounts.permissions import may_manage
from cms.accounts.second_factor import NotBegun, Proof, WrongCode
from cms.accounts.signing_in import WrongPassword
from cms.accounts.tries import TooManyTries

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def guarded(view: View) -> View:
    """A page with a strict policy of its own, kept nowhere."""

    @wraps(view)
    def with_headers(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = POLICY
        response["Cache-Control"] = "no-store"
        return response

    return with_headers  # type: ignore[return-value]


def team_member(view: View) -> View:
    """A guarded page for somebody who is logged in to the admin."""
    return require_admin_access(guarded(view))  # type: ignore[no-any-return]


def verified(view: View) -> View:
    """A guarded page for somebody whose session gave a second factor."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not _me(request).is_verified():
            return redirect("second_factor")
        return view(request, *args, **kwargs)

    return team_member(checked)  # type: ignore[return-value]


# Logging in.


@guarded
@sensitive_post_parameters("password")
@sensitive_variables("form")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Ask for a name and a password."""
    if request.method == "GET" and request.user.has_perm("wagtailadmin.access_admin"):
        return redirect(_onward(request, _me(request)))
    form = SignInForm(request.POST or None, label_suffix="")
    problem, status = "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                user = signing_in.check_password(
                    name=form.cleaned_data["username"], password=form.cleaned_data["password"]
                )
            except WrongPassword as wrong:
                problem = _("The username and the password do not match.")
                problem = _with_wait(problem, wrong.minutes)
            except TooManyTries as wait:
                problem, status = _too_many(wait.minutes), HTTPStatus.TOO_MANY_REQUESTS
            else:
                if factors.device_of(user) is not None:
                    signing_in.mark_half_way(request, user)
                    return redirect(_with_next("sign_in_code", _next(request)))
                signing_in.complete_login(request, user)
                return redirect(_onward(request, user))
    return _form_page(request, "accounts/sign_in.html", form, problem, status, next=_next(request))


@guarded
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponseBase:
    """Ask the person whose password was right for their second factor."""
    user = signing_in.who_is_half_way(request)
    if user is None or factors.device_of(user) is None:
        return redirect(_with_next("wagtailadmin_login", _next(request)))

    def go_on(proof: Proof) -> HttpResponseBase:
        signing_in.complete_login(request, user, proof.device)
        _say_codes_left(request, proof)
        return redirect(_onward(request, user))

    return _ask_code(
        request,
        user,
        go_on,
        title=_("Your second factor"),
        button=_("Sign in"),
        text=_("Your password is right. Now show that you have your phone, or a recovery code."),
        help_text=_(
            "Lost both? Somebody who administers this site can reset your second factor. "
            "Your keys stay as they are."
        ),
    )


# The second factor of the person who is logged in.


@team_member
@require_GET
def overview(request: HttpRequest) -> HttpResponseBase:
    """Say how things stand, and what can be done."""
    user = _me(request)
    has_device = factors.device_of(user) is not None
    if has_device and not user.is_verified():
        return redirect(_with_next("second_factor_code", _next(request)))
    return render(
        request,
        "accounts/second_factor.html",
        {
            "has_device": has_device,
            "is_needed": user.needs_second_factor,
            "codes_left": user.recovery_codes.count(),
            "next": _next(request),
            "steps": STEPS,
        },
    )


@team_member
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def prove(request: HttpRequest) -> HttpResponseBase:
    """Ask, within a session, for a second factor that was set up elsewhere."""
    user = _me(request)
    if user.is_verified() or factors.device_of(user) is None:
        return redirect("second_factor")

    def go_on(proof: Proof) -> HttpResponseBase:
        signing_in.note_second_factor(request, proof.device)
        _say_codes_left(request, proof)
        return redirect(_onward(request, user))

    return _ask_code(
        request,
        user,
        go_on,
        title=_("Your second factor"),
        button=_("Go on"),
        text=_("Show that you have your phone, or a recovery code."),
    )


@team_member
@require_POST
def begin(request: HttpRequest) -> HttpResponseBase:
    """Make a secret for a first phone."""
    user = _me(request)
    if factors.device_of(user) is not None:
        return redirect("second_factor")
    factors.begin_second_factor(by=user)
    return redirect(_with_next("second_factor_set_up", _next(request)))


@team_member
@sensitive_post_parameters("code")
@sensitive_variables("codes")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponseBase:
    """Show the secret, and confirm it with the first code."""
    user = _me(request)
    device = _waiting(user)
    if device is None:
        return redirect(_with_next("second_factor", _next(request)))
    form = FirstCodeForm(request.POST or None, label_suffix="")
    problem, status = "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                confirmed, codes = factors.confirm_second_factor(
                    by=user, code=form.cleaned_data["code"]
                )
            except WrongCode:
                problem = _(
                    "This code is not right. Wait for the next one, look at the clock of your "
                    "phone, and try again."
                )
            except NotBegun:
                return redirect("second_factor")
            else:
                signing_in.note_second_factor(request, confirmed)
                return _show_codes(request, codes)
    return _form_page(
        request,
        "accounts/set_up.html",
        form,
        problem,
        status,
        groups=factors.secret_in_groups(device),
        next=_next(request),
    )


@team_member
@require_GET
def picture(request: HttpRequest) -> HttpResponseBase:
    """The secret that waits for its first code, as a picture. Gone once it is confirmed."""
    device = _waiting(_me(request))
    if device is None:
        raise Http404
    return HttpResponse(factors.picture_of(device), content_type="image/svg+xml")


def _waiting(user: User) -> Any:
    """The secret in waiting, unless this session still owes the code of an older phone."""
    if factors.device_of(user) is not None and not user.is_verified():
        return None
    return factors.device_in_waiting(user)


# What a person does after giving a code once more.


@dataclass(frozen=True)
class Step:
    """Something that asks for a code first: its words, and what it then does."""

    name: str
    title: str | Promise
    text: str | Promise
    button: str | Promise
    act: Callable[[HttpRequest, User], HttpResponseBase]

    @property
    def url(self) -> str:
        return reverse(f"second_factor_{self.name}")


def _new_codes(request: HttpRequest, user: User) -> HttpResponseBase:
    return _show_codes(request, factors.make_recovery_codes(by=user))


def _replace(request: HttpRequest, user: User) -> HttpResponseBase:
    factors.begin_second_factor(by=user)
    return redirect("second_factor_set_up")


def _remove(request: HttpRequest, user: User) -> HttpResponseBase:
    factors.remove_second_factor(by=user)
    messages.success(request, _("Your second factor is removed."))
    return redirect("second_factor")


STEPS: Final = (
    Step(
        "codes",
        gettext_lazy("New recovery codes"),
        gettext_lazy("You get ten new codes. The old ones end at once."),
        gettext_lazy("Make new codes"),
        _new_codes,
    ),
    Step(
        "replace",
        gettext_lazy("Another phone"),
        gettext_lazy(
            "You set up another phone. The one you have now counts until the new one is confirmed."
        ),
        gettext_lazy("Set up another phone"),
        _replace,
    ),
    Step(
        "remove",
        gettext_lazy("Remove the second factor"),
        gettext_lazy(
            "Your phone and your recovery codes count no more. Anybody whose roles reach the "
            "vault has to set up another before they go on."
        ),
        gettext_lazy("Remove it"),
        _remove,
    ),
)


def step_view(step: Step) -> Callable[[HttpRequest], HttpResponseBase]:
    """The page of one step: ask for a code, then do it."""

    @verified
    @sensitive_post_parameters("code")
    @require_http_methods(["GET", "POST"])
    def ask(request: HttpRequest) -> HttpResponseBase:
        user = _me(request)
        return _ask_code(
            request,
            user,
            lambda _proof: step.act(request, user),
            title=step.title,
            text=step.text,
            button=step.button,
            back=reverse("second_factor"),
        )

    return ask


# Somebody else's second factor.


@team_member
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, number: int) -> HttpResponseBase:
    """An administrator forgets somebody's phone, so that they can set up another."""
    me = _me(request)
    user = get_object_or_404(User, pk=number)
    if not may_manage(me, user) or me == user:
        raise PermissionDenied
    if me.needs_second_factor and not me.is_verified():
        return redirect(_with_next("second_factor", request.path))
    if request.method == "POST":
        factors.reset_second_factor(by=me, user=user)
        messages.success(
            request, _("The second factor of %(name)s is reset.") % {"name": user.get_username()}
        )
        return redirect("wagtailusers_users:index")
    return render(request, "accounts/reset.html", {"person": user})


# What the pages share.


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _ask_code(
    request: HttpRequest,
    user: User,
    go_on: Callable[[Proof], HttpResponseBase],
    **words: Any,
) -> HttpResponseBase:
    form = CodeForm(request.POST or None, label_suffix="")
    problem, status = "", HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                proof = factors.prove_second_factor(by=user, code=form.cleaned_data["code"])
            except WrongCode as wrong:
                problem = _("This code is not right, or was used before. Wait for the next one.")
                problem = _with_wait(problem, wrong.minutes)
            except TooManyTries as wait:
                problem, status = _too_many(wait.minutes), HTTPStatus.TOO_MANY_REQUESTS
            else:
                return go_on(proof)
    return _form_page(
        request, "accounts/code.html", form, problem, status, next=_next(request), **words
    )


def _form_page(
    request: HttpRequest,
    template: str,
    form: Form,
    problem: str,
    status: HTTPStatus,
    **more: Any,
) -> HttpResponse:
    """A page with one form: its faults stand in a summary that links to each field."""
    first = next(iter(form)).id_for_label
    errors = [{"target": first, "message": problem}] if problem else []
    errors += [
        {"target": form[name].id_for_label, "message": f"{form[name].label}: {fault}"}
        for name, faults in form.errors.items()
        for fault in faults
    ]
    return render(request, template, {"form": form, "errors": errors, **more}, status=status)


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return render(
        request,
        "accounts/recovery_codes.html",
        {"codes": codes, "onward": _next(request) or reverse("wagtailadmin_home")},
    )


def _say_codes_left(request: HttpRequest, proof: Proof) -> None:
    if proof.codes_left is not None:
        messages.warning(
            request,
            ngettext(
                "You used a recovery code. %(count)d is left.",
                "You used a recovery code. %(count)d are left.",
                proof.codes_left,
            )
            % {"count": proof.codes_left},
        )


def _too_many(minutes: int) -> str:
    return _with_wait(_("There were too many tries for this account."), minutes)


def _with_wait(problem: str, minutes: int) -> str:
    if not minutes:
        return problem
    wait = ngettext(
        "Wait %(count)d minute, then try again.", "Wait %(count)d minutes, then try again.", minutes
    ) % {"count": minutes}
    return f"{problem} {wait}"


def _next(request: HttpRequest) -> str:
    """Where the person was going, if that is a place on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else ""


def _onward(request: HttpRequest, user: User) -> str:
    """To the second factor if one is still owed, or else where the person was going."""
    wanted = _next(request)
    if user.needs_second_factor and not user.is_verified():
        asked = f"?{urlencode({'next': wanted})}" if wanted else ""
        return f"{settings.SECOND_FACTOR_ADDRESS}{asked}"
    return wanted or reverse("wagtailadmin_home")


def _with_next(name: str, wanted: str) -> str:
    return reverse(name) + (f"?{urlencode({'next': wanted})}" if wanted else "")
