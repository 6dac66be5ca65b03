"""How often a login may be tried: five times at once, then after waits that double.

Counted by account name alone, under a keyed digest. No address is looked at, so nobody is told
apart by where they are; the price is that somebody who knows a name can make its owner wait, for
a quarter of an hour at most. Names that do not exist are counted the same, and answered the same.
"""

from __future__ import annotations

import enum
import unicodedata
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from cms.accounts.models import LoginTries

FREE_TRIES: Final = 5
LONGEST_WAIT: Final = 15
KEPT_MINUTES: Final = 24 * 60


class Kind(enum.Enum):
    """What is tried. Each has a count of its own, so that a right password forgives no code."""

    PASSWORD = "password"  # noqa: S105 - the name of a count
    SECOND_FACTOR = "second factor"


class TooManyTries(Exception):
    """This name was tried too often. ``minutes`` is how long it has to wait."""

    def __init__(self, minutes: int) -> None:
        super().__init__("Too many tries for this account.")
        self.minutes = minutes


def wait_after(failures: int) -> int:
    """Minutes to wait after so many failures: none, then 1, 2, 4, 8, and 15 from there on."""
    return 0 if failures < FREE_TRIES else min(LONGEST_WAIT, 1 << min(failures - FREE_TRIES, 4))


def count_try(*, kind: Kind, name: str) -> int:
    """Count a try before it is checked, and return the minutes to wait should it fail.

    Counting first means that tries made at the same moment can't all pass unseen. Raises
    ``TooManyTries`` while a wait lasts; such a try is neither counted nor checked.
    """
    minute = _minute()
    LoginTries.objects.filter(minute__lt=minute - KEPT_MINUTES).delete()
    with transaction.atomic():
        tries, _new = LoginTries.objects.select_for_update().get_or_create(
            key=_key(kind, name), defaults={"failures": 0, "minute": minute}
        )
        left = tries.minute + wait_after(tries.failures) - minute
        if left > 0:
            raise TooManyTries(left)
        tries.failures = min(tries.failures + 1, 1000)
        tries.minute = minute
        tries.save(update_fields=["failures", "minute"])
    return wait_after(tries.failures)


def forgive_tries(*, kind: Kind, name: str) -> None:
    """Forget the count: the right password, or the right code, was given."""
    LoginTries.objects.filter(key=_key(kind, name)).delete()


def _minute() -> int:
    return int(timezone.now().timestamp()) // 60


def _key(kind: Kind, name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    return salted_hmac(f"cms.accounts.tries.{kind.value}", folded, algorithm="sha256").hexdigest()
