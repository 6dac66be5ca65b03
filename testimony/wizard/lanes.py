"""Which lane a record comes in by. It is decided once, when answers are sent, and refuses nobody.

What is held apart is sealed, counted and withdrawn like the rest; readers only see it as a heap
of its own, which a keyholder may throw away. The room of a door is held in memory, by each
process for itself, so that no row anywhere tells when somebody came.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings

from testimony.vault.models import Lane, Voucher


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known about a post's arrival. All of it is forgotten with the draft."""

    voucher: Voucher.Kind | None
    says_where_from: bool
    fell_into_trap: bool
    is_spoken_for: bool
    """Its mark has ripened or was worked for, and was not used before."""


def lane_of(signs: Signs, has_room: Callable[[], bool]) -> Lane:
    """The lane, asking for room only where room decides.

    A printed code is trusted, whatever else: a machine has none.
    """
    if signs.voucher == Voucher.Kind.ASSISTED:
        return Lane.ASSISTED
    if signs.voucher == Voucher.Kind.CARD:
        return Lane.VOUCHER
    if not signs.says_where_from or signs.fell_into_trap or not signs.is_spoken_for:
        return Lane.FLOOD
    return Lane.OPEN if has_room() else Lane.FLOOD


@dataclass(slots=True)
class Room:
    """A token bucket: ``at_once`` places, and ``an_hour`` new ones each hour."""

    at_once: float
    an_hour: float
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _seen: float = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._left = self.at_once
        self._seen = self.clock()

    def take(self) -> bool:
        """Take a place; False when there is none."""
        with self._lock:
            now = self.clock()
            grown = self._left + (now - self._seen) * self.an_hour / 3600
            self._left, self._seen = min(self.at_once, grown), now
            if self._left < 1:
                return False
            self._left -= 1
            return True


_rooms: Final[dict[str, Room]] = {}


def has_room(door: str) -> bool:
    """Whether a door takes one more into the open lane at this moment; takes the place if so."""
    room = _rooms.get(door)
    if room is None:
        size = settings.OPEN_LANE_ROOM
        room = _rooms.setdefault(door, Room(size["at_once"], size["an_hour"]))
    return room.take()
