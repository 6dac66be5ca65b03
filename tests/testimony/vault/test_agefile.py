"""What an archive's reader makes of files that somebody crafted, and the writer of odd names."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import pyrage
import pytest

from testimony.vault import agefile
from testimony.vault.agefile import AgeError, Damaged, Member, NotOurs

KEYS = agefile.new_key_pair()
OURS = b"a key that only this site has"
WHO = pyrage.x25519.Recipient.from_str(KEYS.public)


def written(*members: Member, key: bytes = OURS) -> bytes:
    target = io.BytesIO()
    agefile.write(members, target, recipient=KEYS.public, key=key)
    return target.getvalue()


def read(archive: bytes, *, key: bytes = OURS) -> dict[str, bytes]:
    """Everything in it; never more than a megabyte, whatever it claims."""
    found: dict[str, bytes] = {}
    identities = agefile.read_identities(KEYS.secret)
    with agefile.opened(io.BytesIO(archive), identities, key=key) as members:
        for member in members:
            kept = bytearray()
            for piece in member.pieces():
                kept += piece
                assert len(kept) <= 1_000_000, "a bomb went off"
            found[member.name] = bytes(kept)
    return found


def tarred(*infos: tarfile.TarInfo, contents: bytes = b"x", form: int = tarfile.PAX_FORMAT) -> Any:
    """An archive of these members with a manifest that is right for them."""
    target = io.BytesIO()
    digests = {}
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(contents) if info.isreg() else None)
            digests[info.name] = hashlib.sha256(contents).hexdigest()
        manifest = agefile.manifest_of(digests, OURS)
        last = tarfile.TarInfo(agefile.MANIFEST)
        last.size = len(manifest)
        archive.addfile(last, io.BytesIO(manifest))
    return target.getvalue()


def sealed(tar: bytes) -> bytes:
    return bytes(pyrage.encrypt(tar, [WHO]))


def named(name: str = "about.json", size: int = 1, **said: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    for attribute, value in said.items():
        setattr(info, attribute, value)
    return info


def sparse(size: int) -> bytes:
    """A member of one byte that says it is a file with a hole of any size in front of it."""
    header = bytearray(named(type=tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT))
    header[386:398] = b"%011o\0" % (size - 1)
    header[398:410] = b"%011o\0" % 1
    header[483:495] = b"%011o\0" % size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + b"x".ljust(512, b"\0") + bytes(1024)


def extended(name: str = "about.json", **said: str) -> bytes:
    info = named(name)
    info.pax_headers = said
    return bytes(tarred(info))


CRAFTED: list[tuple[str, Callable[[], bytes]]] = [
    ("a sparse file", lambda: sparse(8 * 2**30)),
    ("a sparse file by its extended header", lambda: extended(**{"GNU.sparse.size": "9" * 12,
        "GNU.sparse.map": "0,1", "GNU.sparse.numblocks": "1"})),
    ("a sparse file whose map never ends", lambda: extended(**{"GNU.sparse.major": "1",
        "GNU.sparse.minor": "0"})),
    ("a size that is not there", lambda: extended(size=str(2**40))),
    ("a size below nothing", lambda: extended(size="-1")),
    ("a size that is no number", lambda: extended(size="many")),
    ("an extended header without sense", lambda: extended().replace(b"mtime=", b"mtime+")
        if b"mtime=" in extended() else extended(comment="strange")),
    ("a chain of extended headers", lambda: 2000 * extended(path="y" * 150)[:1536] + bytes(1024)),
    ("an extended header of megabytes", lambda: extended(path="y" * 2_000_000)),
    ("a name of GNU's own", lambda: tarred(named("y" * 150), form=tarfile.GNU_FORMAT)),
    ("an old file", lambda: tarred(named(type=tarfile.AREGTYPE))),
    ("a contiguous file", lambda: tarred(named(type=tarfile.CONTTYPE))),
    ("a link", lambda: tarred(named(type=tarfile.SYMTYPE, linkname="/etc/passwd", size=0))),
    ("a second name", lambda: tarred(named(type=tarfile.LNKTYPE, linkname="/etc/passwd", size=0))),
    ("a device", lambda: tarred(named(type=tarfile.BLKTYPE, size=0))),
    ("a pipe", lambda: tarred(named(type=tarfile.FIFOTYPE, size=0))),
    ("a folder", lambda: tarred(named(type=tarfile.DIRTYPE, size=0))),
    ("a member twice", lambda: tarred(named(), named())),
    ("a second manifest", lambda: tarred(named(agefile.MANIFEST))),
    ("something after the end", lambda: tarred(named()) + b"hidden"),
    ("a tar that does not end", lambda: bytes(tarred(named()))[:1024]),
    ("half a header", lambda: bytes(tarred(named()))[:100]),
    ("no tar", lambda: b"no tar at all" * 100),
    ("nothing", lambda: b""),
]  # fmt: skip


@pytest.mark.parametrize(("what", "craft"), CRAFTED, ids=[what for what, _craft in CRAFTED])
def test_what_no_archive_of_ours_holds_is_refused(what: str, craft: Callable[[], bytes]) -> None:
    with pytest.raises(Damaged):
        read(sealed(craft()))


def test_what_ours_holds_is_read() -> None:
    assert read(sealed(tarred(named(), named("tables/x")))) == {
        "about.json": b"x",
        "tables/x": b"x",
    }


def test_any_name_that_a_disk_can_hold_comes_back() -> None:
    names = [
        "é",
        "a" * 99,
        "a" * 101,
        "ü" * 300,
        "broken \udcff latin",
        "new\nline",
        "with = sign ",
    ]
    given = {name: name.encode("utf-8", "surrogateescape") for name in names}
    archive = written(*(Member.of(name, contents) for name, contents in given.items()))
    assert read(archive) == given


def test_an_archive_made_without_the_sites_key_is_refused() -> None:
    """The public key is public: what is sealed to it may come from anybody."""
    archive = written(Member.of("about.json", b"{}"), key=b"a guess")
    with pytest.raises(NotOurs, match="does not have"):
        read(archive)
    assert read(archive, key=b"a guess") == {"about.json": b"{}"}


def test_the_manifest_names_members_in_their_order() -> None:
    tar = tarred(named("a"), named("b"))
    assert list(read(sealed(tar))) == ["a", "b"]
    swapped = tar[1024:2048] + tar[:1024] + tar[2048:]
    with pytest.raises(Damaged):
        read(sealed(swapped))


def test_what_is_held_in_memory_has_a_limit_that_the_writer_keeps_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = written(Member.of("large", b"x" * 2000))
    monkeypatch.setattr(agefile, "LARGEST_HELD", 1999)
    with pytest.raises(Damaged, match="larger"):
        Member.of("large", b"x" * 2000)
    identities = agefile.read_identities(KEYS.secret)
    with (
        pytest.raises(Damaged, match="larger"),
        agefile.opened(io.BytesIO(archive), identities, key=OURS) as members,
    ):
        next(members).contents()


def test_there_may_be_only_so_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = written(*(Member.of(str(number), b"") for number in range(4)))
    monkeypatch.setattr(agefile, "MOST_MEMBERS", 3)
    with pytest.raises(Damaged, match="more than"):
        read(archive)
    with pytest.raises(Damaged, match="more than"):
        written(*(Member.of(str(number), b"") for number in range(4)))


def test_an_error_repeats_nothing_of_what_is_inside() -> None:
    for craft in (lambda: extended(comment="told in confidence"), lambda: b"told in confidence"):
        with pytest.raises(AgeError) as raised:
            read(sealed(craft()))
        assert "confidence" not in str(raised.value)


def test_who_stops_reading_leaves_nothing_running() -> None:
    def pieces() -> Iterator[bytes]:
        for _number in range(64):
            yield bytes(65536)

    archive = written(Member("a", 64 * 65536, pieces()), Member.of("b", b""))
    identities = agefile.read_identities(KEYS.secret)
    with agefile.opened(io.BytesIO(archive), identities, key=OURS) as members:
        assert next(members).name == "a"
