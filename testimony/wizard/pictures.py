"""Pictures that people add: made new by a process that is shut in and lives for a moment.

What a stranger sends is read by C code, so it is never read here. A child of this process does it,
with nothing open but two pipes, little memory, a few seconds and hardly a system call
(``reencode``). Whatever becomes of the child, this process goes on, and the person gets a sentence
that says what to do.

We take JPEG, PNG and WebP: what phones and their screenshots are made of. GIF and HEIC would each
bring in one more reader to be attacked; a phone turns HEIC into JPEG by itself when a form asks
for JPEG, and where it doesn't, a screenshot will do.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Final

from django.utils.translation import gettext_lazy as _

from testimony.vault import limits
from testimony.vault.attachments import LARGEST, Picture
from testimony.vault.places import NoPlace, place
from testimony.wizard import reencode as sandbox
from testimony.wizard.reencode import Answer

SECONDS: Final = 8.0
"""How long one picture may take. Three of them fit the thirty seconds that a request may take."""

AT_ONCE: Final = 2
PATIENCE: Final = 1.5

_SCRIPT: Final = str(Path(sandbox.__file__).resolve())
_PIECE: Final = 64 * 1024
_FIRST_AND_LAST: Final = (b"\xff\xd8\xff", b"\xff\xd9")


class PictureRefused(Exception):
    """The picture is not taken. The sentence says why, and what the person can do."""

    message = _("We could not take this picture.")

    def __str__(self) -> str:
        return str(self.message)


class TooBig(PictureRefused):
    """More bytes than we take."""

    message = _(
        "This picture is too big: we can take up to 10 MB. Take a screenshot of it, and add the "
        "screenshot."
    )


class TooManyPixels(PictureRefused):
    """More picture than our memory holds, however few bytes it came in."""

    message = _(
        "This picture is too wide or too high for us. Take a screenshot of it, and add the "
        "screenshot."
    )


class NotAPicture(PictureRefused):
    """Something else, or a kind of picture that we don't read."""

    message = _(
        "We can't read this file as a picture. We can take JPEG, PNG and WebP. If it is a "
        "picture, take a screenshot of it, and add the screenshot."
    )


class FromAPhone(NotAPicture):
    """HEIC, as some phones keep pictures."""

    message = _(
        "Your phone keeps this picture in a way we can't read (HEIC). Take a screenshot of it, "
        "and add the screenshot."
    )


class Damaged(PictureRefused):
    """It begins like a picture and can't be read to its end."""

    message = _(
        "This picture is damaged, or only a part of it came to us. Please try once more, or pick "
        "another one."
    )


class TookTooLong(PictureRefused):
    """It was not ready in time."""

    message = _(
        "This picture took us too long. Take a screenshot of it, and add the screenshot. Or go on "
        "without it."
    )


class TooManyAtOnce(PictureRefused):
    """Others add pictures at this moment, and each takes much memory."""

    message = _("Many people are here just now. Please wait a minute, and add the picture again.")


class NotNow(PictureRefused):
    """This computer can't shut the reader in, so no picture is read here."""

    message = _("We can't take pictures in safely just now. Please go on without it.")


_REFUSALS: Final[dict[int, type[PictureRefused]]] = {
    Answer.NO_PICTURE: NotAPicture,
    Answer.HEIC: FromAPhone,
    Answer.TOO_MANY_PIXELS: TooManyPixels,
    Answer.DAMAGED: Damaged,
    Answer.NO_SANDBOX: NotNow,
    -signal.SIGXCPU: TookTooLong,
    -signal.SIGKILL: TookTooLong,
}


def reencode(data: bytes) -> Picture:
    """Make a picture new: a JPEG of at most 2,048 pixels that holds only what can be seen.

    Raises:
        PictureRefused: by one of its kinds, each with a sentence for the person.
    """
    if len(data) > limits.PICTURE_BYTES:
        raise TooBig
    try:
        with place("picture", at_once=AT_ONCE, patience=PATIENCE):
            code, written = _run(data)
    except NoPlace:
        raise TooManyAtOnce from None
    if code != Answer.DONE:
        # A reader that was broken by what it read ends by another signal: it is the picture's.
        raise _REFUSALS.get(code, Damaged)
    return _checked(written)


def _checked(written: bytes) -> Picture:
    """What the child wrote, if it is what the child should write. It read a stranger's bytes."""
    head, made = written[: sandbox.SIZES.size], written[sandbox.SIZES.size :]
    first, last = _FIRST_AND_LAST
    if not (len(made) <= LARGEST and made.startswith(first) and made.endswith(last)):
        raise Damaged
    width, height = sandbox.SIZES.unpack(head)
    if not (0 < width <= limits.PICTURE_PIXELS and 0 < height <= limits.PICTURE_PIXELS):
        raise Damaged
    return Picture(data=made, width=width, height=height)


def _run(data: bytes) -> tuple[int, bytes]:
    """Let a child read ``data``. Returns how it ended, negative for a signal, and what it wrote."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", _SCRIPT, str(limits.PICTURE_PIXELS), str(LARGEST)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    assert child.stdin is not None  # noqa: S101 - both are pipes
    assert child.stdout is not None  # noqa: S101
    try:
        ends = time.monotonic() + SECONDS
        written = _talk(child.stdin, child.stdout, data, ends)
        if written is None:
            return -signal.SIGKILL, b""
        return child.wait(timeout=max(0.0, ends - time.monotonic())), written
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL, b""
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def _talk(source: IO[bytes], target: IO[bytes], data: bytes, ends: float) -> bytes | None:
    """Write ``data`` to the child while reading what it writes; None when the time ran out.

    None as well past what a picture may have: a child that was taken over fills no memory here.
    """
    most = sandbox.SIZES.size + LARGEST
    left = memoryview(data)
    read = bytearray()
    os.set_blocking(source.fileno(), False)
    with source, selectors.DefaultSelector() as pipes:
        pipes.register(source, selectors.EVENT_WRITE)
        pipes.register(target, selectors.EVENT_READ)
        while pipes.get_map():
            if time.monotonic() >= ends:
                return None
            for ready, _events in pipes.select(timeout=max(0.0, ends - time.monotonic())):
                if ready.fileobj is target:
                    piece = os.read(target.fileno(), _PIECE)
                    read += piece
                    if not piece:
                        return bytes(read)
                    if len(read) > most:
                        return None
                    continue
                try:
                    left = left[os.write(source.fileno(), left[:_PIECE]) :]
                except BrokenPipeError:
                    left = left[:0]  # The child has ended; why, its exit says.
                if not left:
                    pipes.unregister(source)
                    source.close()
    return bytes(read)
