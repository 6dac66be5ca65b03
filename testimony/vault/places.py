"""Places on this host: how many may do something costly or worth guarding at the same time.

Held by file locks in a folder of this host, so that every worker process shares them and a
process that dies gives its place back. Nothing is written about who waits.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings

_LOOK_AGAIN: Final = 0.02


class NoPlace(Exception):
    """Every place was taken for as long as the caller would wait."""


@contextmanager
def place(name: str, *, at_once: int, patience: float) -> Iterator[None]:
    """Hold one of ``at_once`` places, waiting at most ``patience`` seconds for it.

    Raises:
        NoPlace: when none came free in time.
    """
    folder = Path(settings.VAULT_RUN_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    given_up = time.monotonic() + patience
    while True:
        for number in range(at_once):
            descriptor = os.open(folder / f"{name}-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            try:
                yield
            finally:
                os.close(descriptor)
            return
        if time.monotonic() >= given_up:
            raise NoPlace
        time.sleep(_LOOK_AGAIN)
