"""Pictures from strangers: what is left of them, and that nobody but the sandbox is hurt by one."""

from __future__ import annotations

import contextlib
import os
import resource
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from PIL import Image, PngImagePlugin

from testimony.vault import limits
from testimony.vault.places import place
from testimony.wizard import pictures, reencode, uploads
from testimony.wizard.pictures import (
    Damaged,
    FromAPhone,
    NotAPicture,
    NotNow,
    PictureRefused,
    TooBig,
    TookTooLong,
    TooManyAtOnce,
    TooManyPixels,
)
from testimony.wizard.plain_language import grade
from testimony.wizard.uploads import ReceivedPicture

MARK = b"MARK-OF-A-PERSON"
TEXT = MARK.decode()


def drawing(width: int = 60, height: int = 40) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


def as_file(picture: Image.Image, kind: str, **options: Any) -> bytes:
    written = BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def exif_with_place(orientation: int = 1) -> Image.Exif:
    """What a phone writes into a picture: which phone, when, where, and a preview of it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = f"{TEXT} phone"
    exif[0x9286] = f"{TEXT} comment"
    exif[0x0132] = "2026:05:01 23:59:59"
    exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 39.0, 4.0), 29: "2026:05:01", 18: TEXT})
    return exif


def comment_in_png() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", TEXT)
    return info


def photo(orientation: int = 1, **size: int) -> bytes:
    """A JPEG with everything in it that must not come out."""
    return as_file(
        drawing(**size),
        "JPEG",
        exif=exif_with_place(orientation),
        icc_profile=b"profile " + MARK,
        xmp=b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>",
        comment=MARK,
    )


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8) -> bytes:
    """A PNG made by hand: what it says of its size need not be so."""
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", header), *chunks, (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + body


def segments(jpeg: bytes) -> list[int]:
    """The markers of a JPEG up to its picture data, and the proof that nothing comes after."""
    assert jpeg.startswith(b"\xff\xd8")
    found, at = [], 2
    while True:
        assert jpeg[at] == 0xFF
        marker = jpeg[at + 1]
        found.append(marker)
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker == 0xDA:
            break
    assert jpeg.index(b"\xff\xd9", at) == len(jpeg) - 2, "Something hangs behind the picture."
    return found


def check_clean(made: pictures.Picture) -> Image.Image:
    """A JPEG of JFIF, tables, frame and scan: no EXIF, profile, XMP, comment or preview."""
    assert set(segments(made.data)) <= {0xE0, 0xDB, 0xC0, 0xC4, 0xDA}
    assert MARK not in made.data
    assert b"Exif" not in made.data
    opened = Image.open(BytesIO(made.data))
    assert opened.format == "JPEG"
    assert set(opened.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not opened.getexif()
    assert opened.size == (made.width, made.height)
    return opened


def colour(picture: Image.Image, x: float, y: float = 0.5) -> str:
    """Which colour a place has, with the places from 0 to 1."""
    red, green, blue = picture.convert("RGB").getpixel(  # type: ignore[misc]
        (int(x * (picture.width - 1)), int(y * (picture.height - 1)))
    )
    names = {(1, 0, 0): "red", (0, 0, 1): "blue", (1, 1, 1): "white", (0, 0, 0): "black"}
    return names[red > 127, green > 127, blue > 127]  # type: ignore[index]


def test_place_camera_comment_profile_and_preview_are_gone() -> None:
    data = photo()
    assert data.count(MARK) >= 5
    assert Image.open(BytesIO(data)).getexif().get_ifd(0x8825)
    opened = check_clean(pictures.reencode(data))
    assert (colour(opened, 0.1), colour(opened, 0.9)) == ("red", "blue")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            as_file(
                drawing(),
                "PNG",
                exif=exif_with_place(),
                icc_profile=b"profile " + MARK,
                pnginfo=comment_in_png(),
            ),
            id="PNG",
        ),
        pytest.param(
            as_file(
                drawing(),
                "WEBP",
                lossless=True,
                exif=exif_with_place(),
                xmp=b"<x/>" + MARK,
                icc_profile=b"profile " + MARK,
            ),
            id="WebP",
        ),
    ],
)
def test_other_kinds_come_out_as_clean_jpegs_too(data: bytes) -> None:
    assert MARK in data
    opened = check_clean(pictures.reencode(data))
    assert (colour(opened, 0.1), colour(opened, 0.9)) == ("red", "blue")


def test_a_turned_phone_does_not_turn_the_picture() -> None:
    expected = {
        1: ("red", "blue", (60, 40)), 2: ("blue", "red", (60, 40)),
        3: ("blue", "red", (60, 40)), 4: ("red", "blue", (60, 40)),
        5: ("red", "blue", (40, 60)), 6: ("red", "blue", (40, 60)),
        7: ("blue", "red", (40, 60)), 8: ("blue", "red", (40, 60)),
    }  # fmt: skip
    for orientation, (first, last, size) in expected.items():
        opened = check_clean(pictures.reencode(photo(orientation)))
        assert opened.size == size
        far = (0.9, 0.5) if size == (60, 40) else (0.5, 0.9)
        near = (0.1, 0.5) if size == (60, 40) else (0.5, 0.1)
        assert (colour(opened, *near), colour(opened, *far)) == (first, last), orientation


def test_a_spoilt_note_of_the_camera_does_not_spoil_the_picture() -> None:
    data = as_file(drawing(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + MARK)
    check_clean(pictures.reencode(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_picture_is_made_smaller(kind: str) -> None:
    made = pictures.reencode(as_file(drawing(5000, 2500), kind))
    assert (made.width, made.height) == (2048, 1024)
    opened = check_clean(made)
    assert (colour(opened, 0.1), colour(opened, 0.9)) == ("red", "blue")


def test_a_narrow_picture_keeps_a_line() -> None:
    made = pictures.reencode(as_file(drawing(30_000, 3), "PNG"))
    assert (made.width, made.height) == (2048, 1)


def test_the_whole_view_of_a_good_phone_is_taken() -> None:
    """108 million pixels: libjpeg makes it smaller while it reads."""
    made = pictures.reencode(as_file(Image.new("RGB", (12_000, 9_000), "red"), "JPEG"))
    assert (made.width, made.height) == (2048, 1536)


def _see_through(mode: str) -> bytes:
    picture = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 30, 40))
    if mode == "key":
        grey = Image.new("L", (60, 40), 7)
        grey.paste(0, (0, 0, 30, 40))
        return as_file(grey, "PNG", transparency=7)
    if mode == "one bit":
        return as_file(picture.convert("L").convert("1"), "PNG", transparency=0)
    if mode == "palette":
        return as_file(picture.quantize(8, method=Image.Quantize.FASTOCTREE), "PNG")
    return as_file(picture.convert(mode), "PNG")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "palette", "key", "one bit"])
def test_what_was_clear_is_white(mode: str) -> None:
    opened = check_clean(pictures.reencode(_see_through(mode)))
    assert colour(opened, 0.95) == "white"


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "1", "I;16", "LA"])
def test_every_way_of_keeping_colours_is_read(mode: str) -> None:
    grey = Image.new("L", (60, 40), 255)
    grey.paste(0, (30, 0, 60, 40))
    if mode == "I;16":
        picture = Image.new("I;16", (60, 40), 0xFFF0)
        picture.paste(0x0100, (30, 0, 60, 40))
    else:
        picture = (grey.convert("RGB") if mode in ("CMYK", "P") else grey).convert(mode)
    opened = check_clean(pictures.reencode(as_file(picture, "JPEG" if mode == "CMYK" else "PNG")))
    assert (colour(opened, 0.1), colour(opened, 0.9)) == ("white", "black")


def test_sixteen_bits_a_colour_are_read() -> None:
    row = b"\0" + b"\xff\xff\0\0\0\0" * 4
    header = struct.pack(">IIBBBBB", 4, 1, 16, 2, 0, 0, 0)
    data = png(1, 1, (b"IDAT", zlib.compress(row)))
    old = data[16:33]
    new = header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    opened = check_clean(pictures.reencode(data.replace(old, new)))
    assert opened.size == (4, 1)
    assert colour(opened, 0.5) == "red"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_moving_pictures_the_first_is_kept(kind: str) -> None:
    moving = as_file(
        drawing(), kind, save_all=True, append_images=[Image.new("RGB", (60, 40), "white")],
        duration=100,
    )  # fmt: skip
    assert Image.open(BytesIO(moving)).n_frames == 2  # type: ignore[attr-defined]
    opened = check_clean(pictures.reencode(moving))
    assert (colour(opened, 0.1), colour(opened, 0.9)) == ("red", "blue")


def test_the_quality_is_lowered_until_the_picture_fits() -> None:
    noise = as_file(Image.frombytes("RGB", (400, 400), os.urandom(400 * 400 * 3)), "PNG")
    whole, *_size = reencode.make_new(noise, longest_side=400, at_most=10**7)
    smaller, *_size = reencode.make_new(noise, longest_side=400, at_most=len(whole) // 2)
    assert len(smaller) <= len(whole) // 2
    with pytest.raises(reencode.Refused):
        reencode.make_new(noise, longest_side=400, at_most=1000)


def test_the_noisiest_picture_fits_the_largest_bucket() -> None:
    noise = Image.frombytes("RGB", (1024, 1024), os.urandom(1024 * 1024 * 3))
    data = as_file(noise.resize((2048, 2048), Image.Resampling.NEAREST), "JPEG", quality=95)
    assert len(pictures.reencode(data).data) <= limits.ATTACHMENT_BUCKETS[-1]


# Wrong things.

_JPEG = as_file(drawing(), "JPEG")
_WRONG = {
    "nothing": b"",
    "one byte": b"\xff",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "PDF": b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n%%EOF",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "ELF": Path(sys.executable).resolve().read_bytes()[:100_000],
    "ZIP": b"PK\x03\x04" + b"\0" * 200,
    "GIF": as_file(drawing(), "GIF"),
    "BMP": as_file(drawing(), "BMP"),
    "TIFF": as_file(drawing(), "TIFF"),
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "text": b"Words, not a picture. Des mots, pas une image.",
    "zeros": bytes(5000),
}


@pytest.mark.parametrize("name", _WRONG)
def test_what_is_no_picture_is_refused_kindly(name: str) -> None:
    with pytest.raises(NotAPicture, match="JPEG, PNG and WebP"):
        pictures.reencode(_WRONG[name])


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_a_phones_own_kind_is_named(brand: bytes) -> None:
    with pytest.raises(FromAPhone, match="screenshot"):
        pictures.reencode(b"\0\0\0\x18ftyp" + brand + bytes(200))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_picture_cut_short_is_refused(kind: str, part: float) -> None:
    noise = Image.frombytes("RGB", (90, 90), os.urandom(90 * 90 * 3))
    data = as_file(noise, kind)
    with pytest.raises(Damaged, match="only a part"):
        pictures.reencode(data[: int(len(data) * part)])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xd8\xff" + bytes(100), id="JPEG by its first bytes"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(100), id="PNG by its first bytes"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8 " + bytes(100), id="WebP by its first bytes"),
        pytest.param(png(0, 0), id="no width"),
        pytest.param(png(4, 4), id="no data"),
        pytest.param(png(4, 4, (b"IDAT", b"nonsense")), id="data that is none"),
    ],
)
def test_what_only_begins_like_a_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Damaged):
        pictures.reencode(data)


_TAIL = {
    "JPEG and ZIP": _JPEG + b"PK\x03\x04" + MARK + b"PK\x05\x06" + bytes(18),
    "JPEG and HTML": _JPEG + b"<script>" + MARK + b"</script>",
    "JPEG and HTML in a comment": as_file(drawing(), "JPEG", comment=b"<script>" + MARK),
    "PNG and PHP": as_file(drawing(), "PNG") + b"<?php echo '" + MARK + b"';",
    "PNG and PHP in a chunk": png(
        4, 4, (b"tEXt", b"Comment\0<?php " + MARK), (b"IDAT", zlib.compress(bytes(20)))
    ),
    "WebP and JavaScript": as_file(drawing(), "WEBP") + b"*/alert('" + MARK + b"')",
}


@pytest.mark.parametrize("name", _TAIL)
def test_of_a_thing_that_is_two_things_only_the_picture_is_left(name: str) -> None:
    data = _TAIL[name]
    assert MARK in data
    made = pictures.reencode(data)
    check_clean(made)
    for trace in (b"PK\x03\x04", b"<script", b"<?php", b"alert("):
        assert trace not in made.data


def test_more_than_ten_megabytes_are_refused_before_anything_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "_run", lambda data: pytest.fail("It was read."))
    with pytest.raises(TooBig, match="10 MB"):
        pictures.reencode(_JPEG + bytes(limits.PICTURE_BYTES))


# Bombs. The process that asks survives, and does not grow by what the picture would need.


def _bombs() -> dict[str, bytes]:
    lines = zlib.compressobj(9)
    packed = b"".join(lines.compress(bytes(30_001)) for _line in range(2_000)) + lines.flush()
    bomb = {
        "PNG of 30,000 by 30,000": png(30_000, 30_000, (b"IDAT", packed)),
        "PNG of 2 thousand million by 1": png(2**31 - 1, 1, (b"IDAT", packed)),
        "PNG just over": png(7_100, 7_100, (b"IDAT", packed)),
        "JPEG of 65,000 by 65,000": _with_jpeg_size(65_000, 65_000),
        "WebP of 16,383 by 16,383": as_file(
            Image.new("L", (16_383, 16_383)), "WEBP", lossless=True, method=0
        ),
    }
    assert all(len(data) < limits.PICTURE_BYTES for data in bomb.values())
    return bomb


def _with_jpeg_size(width: int, height: int) -> bytes:
    frame = _JPEG.index(b"\xff\xc0")
    return _JPEG[: frame + 5] + struct.pack(">HH", height, width) + _JPEG[frame + 9 :]


def test_bombs_go_off_where_nobody_is_and_take_little_time() -> None:
    bombs = _bombs()
    _warm = pictures.reencode(_JPEG)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    for name, data in bombs.items():
        started = time.monotonic()
        with pytest.raises(TooManyPixels, match="screenshot"):
            pictures.reencode(data)
        assert time.monotonic() - started < 3, name
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 30_000, "kilobytes"
    check_clean(pictures.reencode(_JPEG))


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param((b"tEXt", b"a\0b"), id="text"),
        pytest.param((b"juNK", b""), id="unknown"),
        pytest.param((b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6), 9)), id="packed text"),
    ],
)
def test_a_png_of_very_many_chunks_ends_in_time(chunk: tuple[bytes, bytes]) -> None:
    count = (limits.PICTURE_BYTES - 1000) // (len(chunk[1]) + 12)
    data = png(4, 4, *[chunk] * count, (b"IDAT", zlib.compress(bytes(20))))
    started = time.monotonic()
    with contextlib.suppress(PictureRefused):  # either is right
        check_clean(pictures.reencode(data))
    assert time.monotonic() - started < pictures.SECONDS + 1


def test_a_packed_profile_that_swells_is_no_bomb() -> None:
    swells = zlib.compress(bytes(2 * 10**9 // 4), 9)
    data = png(4, 4, (b"iCCP", b"a\0\0" + swells), (b"IDAT", zlib.compress(bytes(20))))
    with contextlib.suppress(PictureRefused):  # either is right
        check_clean(pictures.reencode(data))


# The child.


def _child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> None:
    """Put another script in the sandbox's place."""
    script = tmp_path / "other.py"
    script.write_text(f"import os, signal, sys, time\n{body}\n", encoding="utf-8")
    monkeypatch.setattr(pictures, "_SCRIPT", str(script))


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _child(monkeypatch, tmp_path, "time.sleep(60)")
    monkeypatch.setattr(pictures, "SECONDS", 1.0)
    started = time.monotonic()
    with pytest.raises(TookTooLong):
        pictures.reencode(_JPEG)
    assert time.monotonic() - started < 3


def test_one_that_closes_its_end_and_hangs_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _child(monkeypatch, tmp_path, "os.close(0); os.close(1); time.sleep(60)")
    monkeypatch.setattr(pictures, "SECONDS", 1.0)
    with pytest.raises(TookTooLong):
        pictures.reencode(_JPEG)


def test_one_that_writes_without_end_fills_no_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _child(monkeypatch, tmp_path, "while True: os.write(1, bytes(65536))")
    tracemalloc.start()
    with pytest.raises(PictureRefused):
        pictures.reencode(_JPEG)
    assert tracemalloc.get_traced_memory()[1] < 4 * limits.ATTACHMENT_BUCKETS[-1]
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS"])
def test_one_that_crashes_is_the_pictures_fault_and_nobody_elses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    _child(monkeypatch, tmp_path, f"os.kill(os.getpid(), signal.{name})")
    with pytest.raises(Damaged):
        pictures.reencode(_JPEG + bytes(limits.PICTURE_BYTES // 2))


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"\0" * 8,
        struct.pack(">II", 60, 40) + b"<script>alert(1)</script>",
        struct.pack(">II", 60, 40) + _JPEG + b"more",
        struct.pack(">II", 0, 40) + _JPEG,
        struct.pack(">II", 60_000, 40) + _JPEG,
    ],
)
def test_what_a_child_that_was_taken_over_writes_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: bytes
) -> None:
    _child(monkeypatch, tmp_path, f"sys.stdin.buffer.read(); os.write(1, {written!r})")
    with pytest.raises(Damaged):
        pictures.reencode(_JPEG)


def test_where_no_sandbox_can_be_made_nothing_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _child(
        monkeypatch,
        tmp_path,
        f"sys.path.insert(0, {str(Path(reencode.__file__).parent)!r})\n"
        "import platform; platform.machine = lambda: 'abacus'\n"
        "import reencode\n"
        "reencode.make_new = None\n"
        "os._exit(reencode.main(2048, 10**6))",
    )
    with pytest.raises(NotNow):
        pictures.reencode(_JPEG)


def test_only_a_few_are_read_at_once_on_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PATIENCE", 0.1)
    with (
        place("picture", at_once=pictures.AT_ONCE, patience=0),
        place("picture", at_once=pictures.AT_ONCE, patience=0),
        pytest.raises(TooManyAtOnce, match="Many people"),
    ):
        pictures.reencode(_JPEG)
    check_clean(pictures.reencode(_JPEG))


def test_several_people_add_a_picture_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PATIENCE", 30.0)
    with ThreadPoolExecutor(6) as people:
        for made in people.map(pictures.reencode, [photo()] * 12):
            check_clean(made)


_ATTEMPTS = {
    "open a file": "open('/etc/hostname')",
    "make a file": "open('/tmp/left-behind', 'wb')",
    "make a file in memory": "os.memfd_create('x')",
    "list a folder": "os.listdir('/')",
    "delete a file": "os.unlink('/tmp/left-behind')",
    "open a socket": "socket.socket()",
    "open a pair of sockets": "socket.socketpair()",
    "start a process": "os.fork()",
    "become a program": "os.execv('/bin/true', ['/bin/true'])",
    "start a thread": "threading.Thread(target=int).start()",
    "end its parent": "os.kill(os.getppid() or 1, 9)",
    "take its limits back": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "look at another process": "ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) and 1 / 0",
    "have more memory": "bytearray(2 * 10**9)",
}


def _inside(attempt: str, *, is_locked: bool) -> bytes:
    """What becomes of an attempt in a process that is ready to read a picture."""
    code = (
        "import ctypes, importlib.util, os, resource, socket, sys, threading\n"
        "spec = importlib.util.spec_from_file_location('reencode', sys.argv[1])\n"
        "inside = importlib.util.module_from_spec(spec); spec.loader.exec_module(inside)\n"
        "inside.warm_up()\n"
        f"if {is_locked}: inside.lock_down()\n"
        f"try: {_ATTEMPTS[attempt]}\n"
        "except (OSError, RuntimeError, MemoryError, ValueError, ZeroDivisionError):\n"
        "    os.write(1, b'refused')\n"
        "else: os.write(1, b'done')\n"
        "os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code, reencode.__file__],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={},
        timeout=30,
    )
    return done.stdout


@pytest.mark.parametrize("attempt", _ATTEMPTS)
def test_inside_nothing_can_be_opened_sent_or_started(attempt: str) -> None:
    assert _inside(attempt, is_locked=True) == b"refused"


@pytest.mark.parametrize(
    "attempt", ["open a file", "make a file in memory", "open a socket", "start a thread"]
)
def test_without_the_sandbox_it_could(attempt: str) -> None:
    assert _inside(attempt, is_locked=False) == b"done"


def test_a_child_starts_with_an_empty_environment_and_three_open_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = tmp_path / "report"
    _child(
        monkeypatch,
        tmp_path,
        f"open({str(report)!r}, 'w').write(repr((dict(os.environ), os.getcwd(),"
        " sorted(os.listdir('/proc/self/fd'))[:3], len(os.listdir('/proc/self/fd')),"
        " sys.flags.isolated)))",
    )
    monkeypatch.setenv("SECRET_KEY", "not for a child")
    with open(os.devnull) as _another, pytest.raises(PictureRefused):
        pictures.reencode(_JPEG)
    environment, folder, first, count, isolated = eval(report.read_text())
    assert set(environment) <= {"LC_CTYPE"}  # set by Python itself
    assert (folder, first, isolated) == ("/", ["0", "1", "2"], 1)
    assert count <= 5, "the report, and the folder that is being listed, are two"


# What people are told.


def test_every_refusal_is_one_plain_sentence_for_a_worried_person() -> None:
    for refusal in PictureRefused.__subclasses__() + NotAPicture.__subclasses__():
        sentence = str(refusal())
        assert grade(sentence, "en") <= 6, (refusal.__name__, grade(sentence, "en"), sentence)
        assert not {"invalid", "error", "failed", "decode"} & set(sentence.lower().split())


# How they come in.


def _post(*files: tuple[str, bytes], field: str = "q-pictures", **fields: str) -> Any:
    sent = [SimpleUploadedFile(name, data, content_type="image/x") for name, data in files]
    request = RequestFactory().post("/", {field: sent, **fields})
    uploads.take_pictures_in_memory(request)
    return request


def test_the_name_a_phone_gives_is_never_kept() -> None:
    request = _post((f"{TEXT}.jpg", _JPEG), step="pictures")
    (received,) = request.FILES.getlist("q-pictures")
    assert isinstance(received, ReceivedPicture)
    assert received.data == received.read() == _JPEG
    assert (received.name, received.content_type) == (None, None)
    assert TEXT not in repr(vars(received)) + repr(request.FILES) + repr(received)
    assert request.POST["step"] == "pictures"


def test_one_file_too_large_is_marked_and_not_kept_and_the_rest_is_there() -> None:
    large = bytes(limits.PICTURE_BYTES + 1)
    request = _post(("a", _JPEG), ("b", large), ("c", _JPEG), step="pictures")
    received = request.FILES.getlist("q-pictures")
    assert [one.is_too_big for one in received] == [False, True, False]
    assert [len(one.data) for one in received] == [len(_JPEG), 0, len(_JPEG)]
    assert request.POST["step"] == "pictures"


def test_a_file_of_exactly_ten_megabytes_is_kept() -> None:
    (received,) = _post(("a", bytes(limits.PICTURE_BYTES))).FILES.getlist("q-pictures")
    assert (received.is_too_big, received.size) == (False, limits.PICTURE_BYTES)


def test_a_fourth_file_is_marked_and_not_kept() -> None:
    received = _post(*[("a", _JPEG)] * 5).FILES.getlist("q-pictures")
    assert [one.is_one_too_many for one in received] == [False, False, False, True, True]
    assert [bool(one.data) for one in received] == [True, True, True, False, False]


def test_a_large_post_costs_no_more_memory_than_what_is_kept() -> None:
    request = _post(*[("a", bytes(15_000_000))] * 4)
    tracemalloc.start()
    received = request.FILES.getlist("q-pictures")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(one.is_too_big for one in received)
    assert peak < 12_000_000


def test_a_post_without_end_is_refused_before_it_is_read() -> None:
    request = _post(("a", _JPEG))
    request.META["CONTENT_LENGTH"] = str(uploads.LONGEST_REQUEST + 1)
    with pytest.raises(RequestDataTooBig):
        _ = request.POST


def test_files_in_fields_that_nobody_asked_for_are_passed_over() -> None:
    request = _post(("a", _JPEG), field="avatar", step="pictures")
    assert not request.FILES
    assert request.POST["step"] == "pictures"


def test_an_empty_picker_sends_no_file() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="q-pictures"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    request = RequestFactory().post("/", body, content_type="multipart/form-data; boundary=x")
    uploads.take_pictures_in_memory(request)
    assert not request.FILES


def test_nothing_is_written_to_a_disk_on_the_way_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tempfile.mkstemp", lambda *_args, **_more: pytest.fail("A file was made."))
    request = _post(("a", bytes(9_000_000)), ("b", photo()))
    made = [pictures.reencode(one.data) for one in request.FILES.getlist("q-pictures")[1:]]
    assert len(made) == 1
    assert not list(tmp_path.iterdir())
