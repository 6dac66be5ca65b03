"""The personal recovery code: 160 bits on paper, opening a second copy of one private key. Pure.

Eight groups of five signs. The fifth of each group checks the other four and the group's place, so
that a slip of the pen is named by group instead of costing the keys. The signs are Crockford's
base 32: no letter that is easily taken for a digit, and those that are taken are read back.
"""

from __future__ import annotations

import secrets
from typing import Final

LENGTH: Final = 20
"""Bytes in a code."""

GROUPS: Final = 8
_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_PRIME: Final = 31
_DATA_SIGNS: Final = 4


class Mistyped(ValueError):
    """The code is not one of ours. ``group`` (from 1) is where, or None for its length."""

    def __init__(self, group: int | None) -> None:
        super().__init__("The code does not check." if group is None else f"Group {group}.")
        self.group = group


def new_code() -> bytes:
    """A fresh code: 20 random bytes."""
    return secrets.token_bytes(LENGTH)


def as_text(code: bytes) -> str:
    """A code as it is printed: eight groups of five signs with hyphens between."""
    number = int.from_bytes(code, "big")
    signs = [_SIGNS[number >> 5 * place & 31] for place in range(31, -1, -1)]
    groups = ["".join(signs[start : start + _DATA_SIGNS]) for start in range(0, 32, _DATA_SIGNS)]
    return "-".join(group + _check_sign(group, place) for place, group in enumerate(groups))


def from_text(typed: str) -> bytes:
    """Read a code back, in any case, with or without hyphens and spaces.

    Raises:
        Mistyped: naming the group that does not check.
    """
    signs = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(_READ_AS)
    if len(signs) != GROUPS * (_DATA_SIGNS + 1):
        raise Mistyped(None)
    number = 0
    for place in range(GROUPS):
        group = signs[place * 5 : place * 5 + 5]
        if any(sign not in _SIGNS for sign in group) or group[4] != _check_sign(group[:4], place):
            raise Mistyped(place + 1)
        for sign in group[:_DATA_SIGNS]:
            number = number << 5 | _SIGNS.index(sign)
    return number.to_bytes(LENGTH, "big")


def _check_sign(group: str, place: int) -> str:
    """A weighted sum modulo 31: any one wrong sign but one pair, and two swapped, are caught."""
    weighted = sum((weight + 2) * _SIGNS.index(sign) for weight, sign in enumerate(group))
    return _SIGNS[(weighted + 7 * place) % _PRIME]
