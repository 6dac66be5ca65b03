"""From a password to a session, by way of a second factor where there is one.

Between the two pages the session holds one signed marker that says who gave a password. It is
good for ten minutes and ends with the password. Nobody is logged in by it.
"""

from __future__ import annotations

from typing import Final

from django.contrib.auth import authenticate, login
from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django_otp import login as remember_device
from django_otp.plugins.otp_totp.models import TOTPDevice

from cms.accounts.models import User
from cms.accounts.tries import Kind, count_try, forgive_tries

MARKER: Final = "half_way"
SALT: Final = "cms.accounts.half-way"
MARKER_SECONDS: Final = 600


class WrongPassword(Exception):
    """No such name with such a password. ``minutes`` is the wait that follows, if any."""

    def __init__(self, minutes: int) -> None:
        super().__init__("The username and the password do not match.")
        self.minutes = minutes


def check_password(*, name: str, password: str) -> User:
    """The person with this name and password. Logs nobody in.

    An unknown name costs the same work as a known one. Raises ``TooManyTries`` and
    ``WrongPassword``, which don't tell whether there is such a name.
    """
    minutes = count_try(kind=Kind.PASSWORD, name=name)
    user = authenticate(username=name, password=password)
    if not isinstance(user, User):
        raise WrongPassword(minutes)
    forgive_tries(kind=Kind.PASSWORD, name=name)
    return user


def mark_half_way(request: HttpRequest, user: User) -> None:
    """Remember, for ten minutes, whose password was given."""
    request.session[MARKER] = signing.dumps(
        {"user": user.pk, "hash": user.get_session_auth_hash()}, salt=SALT
    )


def who_is_half_way(request: HttpRequest) -> User | None:
    """The person whose password was given in this session, or None."""
    try:
        kept = signing.loads(
            str(request.session.get(MARKER, "")), salt=SALT, max_age=MARKER_SECONDS
        )
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), kept["hash"]):
        return None
    return user


def complete_login(request: HttpRequest, user: User, device: TOTPDevice | None = None) -> None:
    """Log in under a new session key, and note the second factor that was given."""
    request.session.pop(MARKER, None)
    request.session.cycle_key()
    login(request, user)
    if device is not None:
        remember_device(request, device)


def note_second_factor(request: HttpRequest, device: TOTPDevice) -> None:
    """Note a second factor given within a session, which goes on under a new key."""
    request.session.cycle_key()
    remember_device(request, device)
