"""What is done to a picture inside the sandbox: a script run by its path, with ``python -I``.

Reads one picture from standard input, makes it new, and writes it to standard output: eight bytes
of width and height, then a JPEG. Only what can be seen goes over. Camera, place, time, comments,
colour profile, preview and whatever hangs behind the picture stay in a process that ends at once.

It loads all it needs, then gives up nearly every system call for good, and only then reads the
first byte that a stranger sent. It never knows which journey a picture belongs to, opens no file
and imports nothing of ours. Who runs it, and what people are told: ``pictures``.
"""

from __future__ import annotations

import ctypes
import enum
import os
import platform
import resource
import struct
import sys
import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Final

from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin


class Answer(enum.IntEnum):
    """How the script ends. Anything else is an end that nobody planned."""

    DONE = 0
    NO_PICTURE = 10
    HEIC = 11
    TOO_MANY_PIXELS = 12
    DAMAGED = 13
    NO_SANDBOX = 14


class Refused(Exception):
    """The picture is not taken."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.name)
        self.answer = answer


SIZES: Final = struct.Struct(">II")

CPU_SECONDS: Final = 6
_MEMORY: Final = 768 * 1024 * 1024
_OPEN_FILES: Final = 3
_LIMITS: Final = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_NOFILE, _OPEN_FILES),
    (resource.RLIMIT_AS, _MEMORY),
    (resource.RLIMIT_CPU, CPU_SECONDS),
)

_READERS: Final[dict[str, Callable[[BytesIO], Image.Image]]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}
_MOST_PIXELS: Final = {"JPEG": 120_000_000, "PNG": 50_000_000, "WEBP": 25_000_000}
"""What fits the memory above. A JPEG is made smaller while it is read, so it may be larger."""

_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})

_QUALITIES: Final = (85, 75, 60, 45, 30, 15)
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture is turned for each value that a camera writes (Exif 2.32, tag 274)."""


# The picture.


def make_new(data: bytes, *, longest_side: int, at_most: int) -> tuple[bytes, int, int]:
    """A JPEG of what can be seen in ``data``, its width and its height.

    Raises:
        Refused: when it is no picture, too large, or damaged.
    """
    kind = _kind_of(data)
    most = _MOST_PIXELS[kind]
    # WebP's reader makes room for the picture as soon as it is opened, and asks this first.
    Image.MAX_IMAGE_PIXELS = most // 2
    try:
        picture = _READERS[kind](BytesIO(data))
        if picture.width * picture.height > most:
            raise Refused(Answer.TOO_MANY_PIXELS)
        picture.draft(None, (longest_side, longest_side))
        picture.load()
        if picture.width * picture.height > most:
            raise Refused(Answer.TOO_MANY_PIXELS)
        # Not before: asked for its notes, a PNG loads itself, and what went wrong would be missed.
        turn = _turn_of(picture)
        picture = _flat(_smaller(_plain(picture), longest_side))
        if turn is not None:
            picture = picture.transpose(turn)
    except Refused:
        raise
    except (MemoryError, Image.DecompressionBombError):
        raise Refused(Answer.TOO_MANY_PIXELS) from None
    except Exception:
        # The readers raise nearly anything for bytes that were made to confuse them.
        raise Refused(Answer.DAMAGED) from None
    return _as_jpeg(picture, at_most), picture.width, picture.height


def _kind_of(data: bytes) -> str:
    """Which reader a picture goes to, by its first bytes alone."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise Refused(Answer.HEIC)
    raise Refused(Answer.NO_PICTURE)


def _turn_of(picture: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except MemoryError:
        raise
    except Exception:
        # What a camera wrote about a picture may be spoilt where the picture is whole.
        return None


def _plain(picture: Image.Image) -> Image.Image:
    """The picture as grey, colours, or colours with transparency, eight bits each."""
    if picture.mode.startswith("I") or picture.mode == "F":
        # Sixteen bits of grey: the upper eight are what a screen shows.
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        return picture if picture.mode == "RGBA" else picture.convert("RGBA")
    return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")


def _smaller(picture: Image.Image, longest_side: int) -> Image.Image:
    scale = longest_side / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _flat(picture: Image.Image) -> Image.Image:
    """A fresh picture with white behind what was clear. Nothing else comes along."""
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    return flat


def _as_jpeg(picture: Image.Image, at_most: int) -> bytes:
    for quality in _QUALITIES:
        written = BytesIO()
        picture.save(written, "JPEG", quality=quality, optimize=True)
        if written.tell() <= at_most:
            return written.getvalue()
    raise Refused(Answer.TOO_MANY_PIXELS)


# The sandbox.


class NoSandbox(Exception):
    """This computer can't shut the process in, so it reads nothing."""


_SYSTEM_CALLS: Final = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0, "write": 1, "fstat": 5, "lseek": 8, "mmap": 9, "mprotect": 10,
            "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14,
            "rt_sigreturn": 15, "sched_yield": 24, "mremap": 25, "madvise": 28, "getpid": 39,
            "sigaltstack": 131, "gettid": 186, "futex": 202, "clock_gettime": 228, "exit": 60,
            "exit_group": 231, "getrandom": 318,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "read": 63, "write": 64, "fstat": 80, "lseek": 62, "mmap": 222, "mprotect": 226,
            "munmap": 215, "brk": 214, "rt_sigaction": 134, "rt_sigprocmask": 135,
            "rt_sigreturn": 139, "sched_yield": 124, "mremap": 216, "madvise": 233, "getpid": 172,
            "sigaltstack": 132, "gettid": 178, "futex": 98, "clock_gettime": 113, "exit": 93,
            "exit_group": 94, "getrandom": 278,
        },
    ),
}  # fmt: skip
"""By machine: its number (linux/audit.h), and all that may still be asked of the kernel then.

To read and write what is open, to have memory, to end. No file, no socket, no other process.
"""

_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_KILL: Final = 0x80000000
_NOT_PERMITTED: Final = 0x00050001
_ALLOW: Final = 0x7FFF0000


class _Program(ctypes.Structure):
    """``struct sock_fprog`` of linux/filter.h."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def lock_down() -> None:
    """Give up files, sockets, processes and most else, for good; bound memory and time.

    Limits of resources hold for every account but root, and a filter of system calls (seccomp,
    Documentation/userspace-api/seccomp_filter.rst) for root too.

    Raises:
        NoSandbox: where there is no such filter. Nothing may be read then.
    """
    if sys.platform != "linux":
        raise NoSandbox
    try:
        for limit, value in _LIMITS:
            resource.setrlimit(limit, (value, value))
        library = ctypes.CDLL(None, use_errno=True)
        architecture, allowed = _SYSTEM_CALLS[platform.machine()]
    except (OSError, ValueError, KeyError) as error:
        raise NoSandbox from error
    program = _filter(architecture, tuple(allowed.values()))
    pointer = _Program(len(program) // 8, program)
    for call in (
        (_PR_SET_DUMPABLE, 0, 0, 0, 0),
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(pointer), 0, 0),
    ):
        if library.prctl(*call) != 0:
            raise NoSandbox


def _filter(architecture: int, allowed: tuple[int, ...]) -> bytes:
    """The program of the filter: another architecture dies, what is not listed is not permitted."""
    count = len(allowed)
    steps = [
        (_LOAD, 0, 0, 4),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        *((_JUMP_IF_EQUAL, count - place, 0, call) for place, call in enumerate(allowed)),
        (_RETURN, 0, 0, _NOT_PERMITTED),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def warm_up() -> None:
    """Have Pillow load all that it loads late, while files can still be opened."""
    Image.init()
    TiffImagePlugin.ImageFileDirectory_v2()
    for kind, reader in _READERS.items():
        written = BytesIO()
        exif = Image.Exif()
        exif[_ORIENTATION] = 6
        Image.new("RGB", (2, 2)).save(written, kind, exif=exif)
        picture = reader(BytesIO(written.getvalue()))
        picture.load()
        _turn_of(picture)
        _as_jpeg(_flat(_smaller(_plain(picture), 1)), 100_000)
    Image.new("I;16", (2, 2)).convert("I").point(lambda value: value * (1 / 256)).convert("L")


def main(longest_side: int, at_most: int) -> Answer:
    """Shut this process in, make one picture new, and say how it went."""
    warnings.simplefilter("ignore")
    warm_up()
    try:
        lock_down()
    except NoSandbox:
        return Answer.NO_SANDBOX
    try:
        made, width, height = make_new(
            sys.stdin.buffer.read(), longest_side=longest_side, at_most=at_most
        )
    except Refused as refused:
        return refused.answer
    except MemoryError:
        return Answer.TOO_MANY_PIXELS
    sys.stdout.buffer.write(SIZES.pack(width, height) + made)
    sys.stdout.buffer.flush()
    return Answer.DONE


if __name__ == "__main__":
    # At once: no handler runs on the way out, and nothing is kept.
    os._exit(main(int(sys.argv[1]), int(sys.argv[2])))
