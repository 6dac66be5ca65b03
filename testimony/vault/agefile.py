"""Age files, of named members or of one plain stream: an adapter over pyrage, and over tar.

What is written streams from a generator straight into encryption, and what is read comes out of
decryption a piece at a time: nothing lies in clear on a disk, and memory stays flat. The stock
tools open it: ``age -d -i key file | tar t``. The last member is a manifest of the SHA-256 of
every other one, under a mark that only a holder of the site's own key can make: anybody can seal
a file to a public key, and age does not say who did.

The reader knows the tar that the writer writes and no other: regular files, and extended headers
for long names and sizes. Links, devices, sparse files that unfold without end: a list of what may
pass needs no list of those. Until the manifest was read, nobody vouches for anything.

Knows nothing of what the members mean. No error says a word of what is inside.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tarfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO, Final

import pyrage

MANIFEST: Final = "manifest.json"
LARGEST_HELD: Final = 128 * 1024 * 1024
"""Bytes of a member that is held in memory whole. Written is no larger one either."""

MOST_MEMBERS: Final = 1_000_000

_BLOCK: Final = tarfile.BLOCKSIZE
_LONGEST_EXTENSION: Final = 64 * 1024
_EXTENSIONS: Final = {b"path", b"size", b"hdrcharset"}
"""What Python's tar writes in an extended header of ours."""

_TOO_LARGE: Final = "A part of the archive is larger than a part may be."
_TOO_MANY: Final = "There are more than a million members, the most that an archive may hold."
_STRANGE: Final = "The file holds something that no archive of ours holds."
_PIECE: Final = 64 * 1024
_SECRET_PREFIX: Final = "AGE-SECRET-KEY-1"  # noqa: S105 - how such a line begins


class AgeError(Exception):
    """The key or the file is not what it should be. The sentence says which."""


class NotAKey(AgeError):
    """What was given is no age key."""


class WrongKey(AgeError):
    """The key does not open the file, or the file's first bytes are damaged."""


class Damaged(AgeError):
    """The file was cut off or changed, or holds something that no archive of ours holds."""


class NotOurs(AgeError):
    """The file is whole, and was made by somebody who does not have the site's key."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An age key pair as text. The secret half is never printed."""

    public: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """Something to write: its name, its exact size in bytes, its permissions, its pieces."""

    name: str
    size: int
    pieces: Iterable[bytes]
    mode: int = 0o600

    @classmethod
    def of(cls, name: str, contents: bytes) -> Member:
        """A member that is in memory already.

        Raises:
            Damaged: when it is larger than the reader would hold.
        """
        if len(contents) > LARGEST_HELD:
            raise Damaged(_TOO_LARGE)
        return cls(name, len(contents), [contents])


class OpenedMember:
    """Something read: a name, permissions, and contents to be read once, before the next one."""

    def __init__(self, header: _Header, source: _Tar) -> None:
        self.name = header.name
        self.mode = header.mode
        self._left = header.size
        self._filling = -header.size % _BLOCK
        self._source = source
        self._digest = hashlib.sha256()

    def pieces(self) -> Iterator[bytes]:
        """The contents, in pieces of at most 64 KiB."""
        while self._left:
            piece = self._source.exactly(min(self._left, _PIECE))
            self._left -= len(piece)
            self._digest.update(piece)
            yield piece
        self._source.exactly(self._filling)
        self._filling = 0

    def contents(self, *, at_most: int | None = None) -> bytes:
        """The whole, in memory.

        Raises:
            Damaged: when it is larger than ``at_most``, or than anything that is held so.
        """
        if self._left > (LARGEST_HELD if at_most is None else at_most):
            raise Damaged(_TOO_LARGE)
        return b"".join(self.pieces())

    def digest(self) -> str:
        """SHA-256 of the whole, read to its end."""
        for _piece in self.pieces():
            pass
        return self._digest.hexdigest()


# Keys.


def new_key_pair() -> KeyPair:
    """A fresh X25519 key pair, as ``age-keygen`` would make it."""
    identity = pyrage.x25519.Identity.generate()
    return KeyPair(public=str(identity.to_public()), secret=str(identity))


def check_recipient(text: str) -> None:
    """Make sure that ``text`` is a public age key.

    Raises:
        NotAKey: when it is not.
    """
    _recipient(text)


def read_identities(text: str) -> list[Any]:
    """The secret keys in a key file: every line of the kind ``AGE-SECRET-KEY-1…``.

    Raises:
        NotAKey: when there is none, or one is mistyped. What was given is not repeated.
    """
    lines = [line.strip() for line in text.splitlines()]
    secrets = [line for line in lines if line.startswith(_SECRET_PREFIX)]
    if not secrets:
        raise NotAKey(f"There is no secret key in the key file: no line begins {_SECRET_PREFIX}.")
    try:
        return [pyrage.x25519.Identity.from_str(secret) for secret in secrets]
    except pyrage.IdentityError:
        raise NotAKey("The secret key is mistyped or cut off.") from None


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise NotAKey("This is not a public age key: one begins age1 and has 62 letters.") from None


# Writing.


def write(members: Iterable[Member], target: BinaryIO, *, recipient: str, key: bytes) -> None:
    """Seal members to a public key, one after the other, and a manifest of them at the end.

    ``key`` is the site's own: who has it can tell this file from anybody else's.

    Raises:
        NotAKey: when ``recipient`` is no public age key.
        Damaged: when a member's pieces do not add up to its size.
    """
    seal(_tar(members, key), target, recipient=recipient)


def seal(pieces: Iterable[bytes], target: BinaryIO, *, recipient: str) -> None:
    """Seal a plain stream to a public key: ``age -d`` gives exactly these bytes back.

    What ``pieces`` raises is raised here, and what was written until then opens to no whole file.

    Raises:
        NotAKey: when ``recipient`` is no public age key.
    """
    sealed_to, source = _recipient(recipient), _Pulled(iter(pieces))
    try:
        pyrage.encrypt_io(source, target, [sealed_to])
    except (pyrage.EncryptError, OSError):
        if source.problem is not None:
            raise source.problem from None
        raise


def manifest_of(digests: dict[str, str], key: bytes) -> bytes:
    """The last member: every other one's SHA-256, in their order, and an HMAC-SHA256 of those."""
    listed = json.dumps(digests, indent=1)
    mark = hmac.new(key, listed.encode("ascii"), hashlib.sha256).hexdigest()
    return f'{{"members": {listed},\n"mark": "{mark}"}}\n'.encode("ascii")


class _Pulled:
    """A generator of bytes as a file to read from. It keeps what went wrong inside."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")
        self.problem: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._left:
                self._left = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except BaseException as problem:
            self.problem = problem
            raise
        piece = self._left[: size if size > 0 else None]
        self._left = self._left[len(piece) :]
        return bytes(piece)


def _tar(members: Iterable[Member], key: bytes) -> Iterator[bytes]:
    digests: dict[str, str] = {}
    for member in members:
        digest = hashlib.sha256()
        yield from _tar_member(member, digest)
        digests[member.name] = digest.hexdigest()
        if len(digests) > MOST_MEMBERS:
            raise Damaged(_TOO_MANY)
    yield from _tar_member(Member.of(MANIFEST, manifest_of(digests, key)), hashlib.sha256())
    yield bytes(2 * _BLOCK)


def _tar_member(member: Member, digest: Any) -> Iterator[bytes]:
    """One member. No owner, and no time: a file's time would tell the hour."""
    info = tarfile.TarInfo(member.name)
    info.size, info.mode = member.size, member.mode
    yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    written = 0
    for piece in member.pieces:
        digest.update(piece)
        written += len(piece)
        yield piece
    if written != member.size:
        raise Damaged("A file changed while it was being read. Run the backup again.")
    yield bytes(-written % _BLOCK)


# Reading.


@contextmanager
def opened(
    source: BinaryIO, identities: list[Any], *, key: bytes
) -> Iterator[Iterator[OpenedMember]]:
    """Open an age file and give its members, in order, without the manifest.

    Whoever iterates to the end knows that every byte was the one written, by a holder of ``key``.
    Whoever stops earlier knows nothing yet.

    Raises:
        WrongKey, Damaged, NotOurs: as they say; while iterating.
    """
    source.seek(0)
    reading, writing = os.pipe()
    decryption = _Decryption(source, identities, writing)
    decryption.start()
    stream = os.fdopen(reading, "rb")
    try:
        yield _members(_Tar(stream, decryption), key)
    finally:
        # Decryption stops at the closed pipe when nobody reads on.
        stream.close()
        decryption.join()


class _Decryption(threading.Thread):
    """Decryption pushes and tar pulls: a pipe between two threads turns one into the other."""

    def __init__(self, source: BinaryIO, identities: list[Any], writing: int) -> None:
        super().__init__(daemon=True)
        self._source, self._identities, self._writing = source, identities, writing
        self.problem: AgeError | None = None

    def run(self) -> None:
        try:
            with os.fdopen(self._writing, "wb") as target:
                pyrage.decrypt_io(self._source, target, self._identities)
        except pyrage.DecryptError:
            self.problem = WrongKey(
                "This key does not open this file, or the file's first bytes are damaged."
            )
        except BrokenPipeError:
            pass
        except OSError:
            self.problem = Damaged("The file is damaged: it was cut off, or changed.")


@dataclass(frozen=True, slots=True)
class _Header:
    """What a tar says of one member."""

    name: str
    size: int
    mode: int


class _Tar:
    """The tar inside, as the writer writes it."""

    def __init__(self, stream: IO[bytes], decryption: _Decryption) -> None:
        self._stream, self._decryption = stream, decryption

    def exactly(self, size: int) -> bytes:
        piece = self._stream.read(size)
        if len(piece) < size:
            self._check_decryption()
            raise Damaged("The file is damaged inside.")
        return piece

    def next_header(self) -> _Header | None:
        """The next member's, or nothing at the end.

        Raises:
            WrongKey, Damaged: when it is no header of ours.
        """
        try:
            info = self._block()
            said: dict[bytes, bytes] = {}
            if info is not None and info.type == tarfile.XHDTYPE:
                said = self._extension(info.size)
                info = self._block()
                if info is None:
                    raise Damaged(_STRANGE)
            if info is None:
                return None
            name = (
                said[b"path"].decode("utf-8", "surrogateescape") if b"path" in said else info.name
            )
            size = int(said.get(b"size", info.size))
        except (tarfile.HeaderError, ValueError):
            raise Damaged(_STRANGE) from None
        if info.type != tarfile.REGTYPE or size < 0:
            raise Damaged(_STRANGE)
        return _Header(name, size, info.mode)

    def _block(self) -> tarfile.TarInfo | None:
        try:
            return tarfile.TarInfo.frombuf(self.exactly(_BLOCK), "utf-8", "surrogateescape")
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # a block of zeros
            return None

    def _extension(self, size: int) -> dict[bytes, bytes]:
        """An extended header's records, each ``length key=value`` and a new line (POSIX pax)."""
        if not 0 <= size <= _LONGEST_EXTENSION:
            raise Damaged(_STRANGE)
        rest = self.exactly(size)
        self.exactly(-size % _BLOCK)
        said = {}
        while rest:
            length, _space, _record = rest.partition(b" ")
            record, rest = rest[: int(length)], rest[int(length) :]
            key, is_one, value = record[len(length) + 1 : -1].partition(b"=")
            if not is_one or not record.endswith(b"\n") or key not in _EXTENSIONS:
                raise Damaged(_STRANGE)
            said[key] = value
        return said

    def check_end(self) -> None:
        """Make sure that nothing but zeros follows, and that decryption found nothing wrong."""
        while piece := self._stream.read(_PIECE):
            if any(piece):
                raise Damaged(_STRANGE)
        self._check_decryption()

    def _check_decryption(self) -> None:
        """Say what decryption found wrong, now that it has said all it has."""
        self._decryption.join()
        if self._decryption.problem is not None:
            raise self._decryption.problem


def _members(tar: _Tar, key: bytes) -> Iterator[OpenedMember]:
    found: dict[str, str] = {}
    while (header := tar.next_header()) is not None:
        member = OpenedMember(header, tar)
        if header.name == MANIFEST:
            break
        if header.name in found:
            raise Damaged(_STRANGE)
        if len(found) >= MOST_MEMBERS:
            raise Damaged(_TOO_MANY)
        yield member
        found[header.name] = member.digest()
    else:
        tar.check_end()
        raise Damaged("The file is damaged: the list of its contents is missing.")
    given, expected = member.contents(), manifest_of(found, key)
    if tar.next_header() is not None:
        raise Damaged(_STRANGE)
    tar.check_end()
    if hmac.compare_digest(given, expected):
        return
    without_mark = expected.rindex(b'"mark"')
    if given[:without_mark] == expected[:without_mark]:
        raise NotOurs(
            "The file was made by somebody who does not have this site's own key. Do not use it, "
            "and find out who could write where it lay."
        )
    raise Damaged("The file is damaged: its contents are not the ones in its list.")
