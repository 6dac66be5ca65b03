"""The example people's throw-away logins: only where the demo keeps its file of them."""

from __future__ import annotations

import json
import time
from base64 import b32decode, b32encode
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from cms.accounts.models import User

STEP: Final = 30


class NoSuchLogin(Exception):
    """This is not the demo, or nobody of this name has a second factor in it."""


def logins_file() -> Path:
    """The file of throw-away logins, beside the example database."""
    return Path(settings.MEDIA_ROOT).parent / "logins.json"


def give_second_factor(user: User, seed: str = "") -> str:
    """Make sure that ``user`` has a confirmed phone; return its secret in base32.

    ``seed`` is a secret kept from an earlier run, which stays valid.
    """
    device = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    key = b32decode(seed).hex() if seed else device.key if device else random_hex(20)
    if device is None or device.key != key:
        TOTPDevice.objects.filter(user=user).delete()
        TOTPDevice.objects.create(user=user, name="app", key=key, confirmed=True)
    return b32encode(bytes.fromhex(key)).decode()


def current_code(name: str) -> str:
    """Six digits that count now. Waits for the next ones when the last were used a moment ago.

    Raises ``NoSuchLogin``.
    """
    file = logins_file()
    logins: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    seed = logins.get(name, {}).get("totp")
    if not seed:
        raise NoSuchLogin
    device = TOTPDevice.objects.filter(user__username=name, confirmed=True).first()
    used = device.last_t if device else -1
    # One step ahead of the clock is still accepted; further is not.
    while used > int(time.time()) // STEP:
        time.sleep(1)
    at = max(int(time.time()) // STEP, used + 1)
    reckoned = TOTP(b32decode(seed), step=STEP)
    reckoned.time = at * STEP
    return f"{reckoned.token():06}"
