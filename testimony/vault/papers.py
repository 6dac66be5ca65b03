"""What the vault prints: a keyholder's recovery kit, three share sheets, a certificate."""

from __future__ import annotations

import datetime as dt
from typing import Final

from testimony.paper.sheets import print_sheet
from testimony.vault import recovery, sealing, shares
from testimony.vault.models import Destruction

_DIGITS_IN_A_GROUP: Final = 8


def keyholder_kit(*, code: str, suite: int, public: bytes, day: dt.date) -> bytes:
    """The sheet with a personal recovery code, as a PDF. The code is kept nowhere."""
    return print_sheet(
        "paper/keyholder_kit.html",
        {
            "groups": code.split("-"),
            "fingerprint": recovery.in_groups(sealing.fingerprint(suite, public)),
        },
        day=day,
    )


def share_sheets(seed: bytes, *, organisation: str, day: dt.date) -> tuple[bytes, ...]:
    """The three sheets of a recovery kit, as PDFs. Any two give the seed back."""
    fingerprint = recovery.in_groups(recovery.public_half_of(seed).fingerprint)
    return tuple(
        print_sheet(
            "paper/share_sheet.html",
            {
                "number": number,
                "count": shares.SHEETS,
                "needed": shares.NEEDED,
                "organisation": organisation,
                "words": words.split(),
                "fingerprint": fingerprint,
            },
            day=day,
        )
        for number, words in enumerate(shares.split(seed), start=1)
    )


def certificate(destruction: Destruction) -> bytes:
    """The certificate of one destruction, as a PDF. The same facts give the same bytes."""
    digest = str(destruction.facts["audit_digest"])
    return print_sheet(
        "paper/destruction_certificate.html",
        {
            "collection": destruction.collection,
            "destruction": destruction,
            "facts": destruction.facts,
            "digest_groups": [
                digest[start : start + _DIGITS_IN_A_GROUP]
                for start in range(0, len(digest), _DIGITS_IN_A_GROUP)
            ],
        },
        day=destruction.destroyed_on,
    )
