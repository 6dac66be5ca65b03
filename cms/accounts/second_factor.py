"""The second factor: a phone that makes six digits, and ten codes for when it is lost.

django-otp keeps the phone's secret and refuses a code that was used before. The secret stands
readable in the database, because the server has to reckon the same digits: it guards a login,
and a login opens no testimony. Recovery codes are kept as keyed digests.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import secrets
import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from typing import Final

import segno
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice
from wagtail.log_actions import log

from cms.accounts.models import RecoveryCode, User
from cms.accounts.tries import Kind, count_try, forgive_tries
from testimony.vault import facade

CODES: Final = 10
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without i, l, o, 0 and 1, which look alike on paper."""
GROUP: Final = 5
SETTING_UP: Final = dt.timedelta(minutes=15)
"""How long a secret that was shown may wait for its first code."""
MOST_FAILURES: Final = 10
"""django-otp doubles its wait without end. From here on, ours is the longer one."""


class WrongCode(Exception):
    """Neither a code of now nor a recovery code. ``minutes`` is the wait that follows, if any."""

    def __init__(self, minutes: int = 0) -> None:
        super().__init__("This code is not right.")
        self.minutes = minutes


class NotBegun(Exception):
    """Nothing waits to be confirmed: it was confirmed already, or took too long."""


@dataclass(frozen=True)
class Proof:
    """A second factor that was given. ``codes_left`` is set when it was a recovery code."""

    device: TOTPDevice
    codes_left: int | None = None


def device_of(user: User) -> TOTPDevice | None:
    """The phone this person proved to have, or None."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    return found


def device_in_waiting(user: User) -> TOTPDevice | None:
    """The secret that was shown and waits for its first code, or None."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(
        user=user, confirmed=False, created_at__gt=timezone.now() - SETTING_UP
    ).first()
    return found


def secret_in_groups(device: TOTPDevice) -> list[str]:
    """The secret as an app takes it by hand, in groups of four."""
    text = b32encode(device.bin_key).decode()
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def picture_of(device: TOTPDevice) -> bytes:
    """The secret as a QR code, in SVG without any style or script."""
    out = io.BytesIO()
    segno.make_qr(device.config_url, error="m").save(
        out, kind="svg", scale=4, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return out.getvalue()


# What changes it. Each writes to Wagtail's log, which members of the team can read.


def begin_second_factor(*, by: User) -> TOTPDevice:
    """Make a secret for somebody's phone. It counts for nothing until a code confirms it."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=by, confirmed=False).delete()
        made: TOTPDevice = TOTPDevice.objects.create(user=by, name="app", confirmed=False)
    return made


def confirm_second_factor(*, by: User, code: str) -> tuple[TOTPDevice, list[str]]:
    """Confirm the secret with its first code; return the phone and ten new recovery codes.

    An older phone and its codes end here. Raises ``NotBegun`` and ``WrongCode``.
    """
    with transaction.atomic():
        device = device_in_waiting(by)
        device = device and TOTPDevice.objects.select_for_update().filter(pk=device.pk).first()
        if device is None:
            raise NotBegun
        # A wrong code must be counted, so it may not undo the transaction.
        is_right = device.verify_token(_tidy(code))
        if is_right:
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            TOTPDevice.objects.filter(user=by).exclude(pk=device.pk).delete()
            codes = _new_codes(by)
            log(instance=by, action="accounts.second_factor.set_up", user=by)
    if not is_right:
        raise WrongCode
    return device, codes


def prove_second_factor(*, by: User, code: str) -> Proof:
    """Check six digits or a recovery code. Either counts once.

    Raises ``TooManyTries`` and ``WrongCode``; both cases cost the same count.
    """
    minutes = count_try(kind=Kind.SECOND_FACTOR, name=by.get_username())
    tidy = _tidy(code)
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=by, confirmed=True).first()
        proof = None
        if device is not None and len(tidy) == 6 and tidy.isdecimal():
            device.throttling_failure_count = min(device.throttling_failure_count, MOST_FAILURES)
            proof = Proof(device) if device.verify_token(tidy) else None
        elif device is not None:
            used, _kinds = by.recovery_codes.filter(digest=_digest(by, tidy)).delete()
            if used:
                proof = Proof(device, codes_left=by.recovery_codes.count())
                log(instance=by, action="accounts.second_factor.recovery_code", user=by)
    if proof is None:
        raise WrongCode(minutes)
    forgive_tries(kind=Kind.SECOND_FACTOR, name=by.get_username())
    return proof


def make_recovery_codes(*, by: User) -> list[str]:
    """Ten new codes. The old ones end."""
    with transaction.atomic():
        codes = _new_codes(by)
        log(instance=by, action="accounts.second_factor.new_codes", user=by)
    return codes


def remove_second_factor(*, by: User) -> None:
    """Forget the phone and the recovery codes of the person who asks."""
    with transaction.atomic():
        _forget(by)
        log(instance=by, action="accounts.second_factor.removed", user=by)


def reset_second_factor(*, by: User | None, user: User) -> None:
    """Forget somebody else's phone and codes. They set up another at their next login.

    It opens no testimony: their keys stay under their passphrase.
    """
    with transaction.atomic():
        _forget(user)
        facade.close_keys_of(user)
        log(instance=user, action="accounts.second_factor.reset", user=by)


def _forget(user: User) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    user.recovery_codes.all().delete()


def _new_codes(user: User) -> list[str]:
    user.recovery_codes.all().delete()
    plain = [
        "".join(secrets.choice(ALPHABET) for _place in range(2 * GROUP)) for _n in range(CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_digest(user, code)) for code in plain
    )
    return [f"{code[:GROUP]}-{code[GROUP:]}" for code in plain]


def _digest(user: User, code: str) -> str:
    return salted_hmac(
        "cms.accounts.recovery-code", f"{user.pk}:{code}", algorithm="sha256"
    ).hexdigest()


def _tidy(code: str) -> str:
    """As typed, without spaces, dashes and capitals."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", unicodedata.normalize("NFKC", code)).casefold()
