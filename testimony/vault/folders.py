"""The folders that a content archive holds beside the database: read whole, put back all at once.

Files are written beside their places and moved there as the last thing before the database
commits, so that both go forward or neither does. Nothing is read or written through a link.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.conf import settings

from testimony.vault.agefile import Member, OpenedMember
from testimony.vault.archives import HALF, Archive, Refused, target_of

NamesThatMayExist = Callable[[], Iterable[str]]

_PIECE: Final = 64 * 1024
_A_DAY: Final = 86_400
_READABLE: Final = 0o644
"""The most that a file's permissions say, whatever they were: nobody else may write."""

_file_owners: Final[dict[str, NamesThatMayExist]] = {}


def register_file_owner(label: str, names_that_may_exist: NamesThatMayExist) -> None:
    """Have a restore ask which files of the folder ``label`` may exist, by the database.

    Called inside the restore's transaction, when every withdrawal was carried out again. What it
    does not name is not brought back, and is deleted where it stands. The daily job deletes it too:
    whoever writes a file takes a turn (``withdrawal.take_turn``) from before until it is named.
    ``label`` is a key of ``settings.BACKUP_FOLDERS``; names are paths inside that folder, with
    slashes. A folder without an owner gets back every file of the archive and loses none.
    """
    _file_owners[label] = names_that_may_exist


# Reading them.


def members() -> Iterator[Member]:
    """Every regular file of every folder, ready for an archive."""
    for label, folder in settings.BACKUP_FOLDERS.items():
        yield from _members_of(label, Path(folder))


def _members_of(label: str, folder: Path) -> Iterator[Member]:
    """Every regular file in a folder. What goes away meanwhile was meant to go."""
    for place, folders, names in os.walk(folder, onerror=_unless_gone):
        folders.sort()
        for name in sorted(names):
            if name.startswith(HALF):
                continue
            file = Path(place, name)
            try:
                descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                if file.exists() and not file.is_symlink():
                    raise
                continue
            with os.fdopen(descriptor, "rb") as source:
                found = os.fstat(source.fileno())
                if stat.S_ISREG(found.st_mode):
                    inside = file.relative_to(folder).as_posix()
                    called = f"files/{label}/{inside}"
                    yield Member(called, found.st_size, _pieces(source), found.st_mode & _READABLE)


def _unless_gone(problem: OSError) -> None:
    """A folder that can't be read must not look like one that is empty."""
    if not isinstance(problem, FileNotFoundError):
        raise problem


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece


# What was left half written.


def delete_half_written() -> int:
    """Delete what a restore or a print that was killed more than a day ago left in our folders.

    No row names such a file, so no withdrawal would reach it. Returns how many there were.
    """
    deleted = 0
    for folder in settings.BACKUP_FOLDERS.values():
        for place, _folders, names in os.walk(folder, onerror=_unless_gone):
            for file in (Path(place, name) for name in names if name.startswith(HALF)):
                if is_stale(file):
                    file.unlink(missing_ok=True)
                    deleted += 1
    return deleted


def delete_unnamed() -> int:
    """Delete every file that the owner of its folder does not name, and return how many.

    A process that is killed between writing a file and naming it leaves one that no withdrawal
    would reach. Called in a turn (``withdrawal.take_turn``), when nobody is between the two. The
    folders are left with no time that says when something in them went.
    """
    deleted = 0
    folders: dict[str, Any] = settings.BACKUP_FOLDERS
    for label in _file_owners.keys() & folders.keys():
        folder = Path(folders[label])
        for file in list(_unnamed(folder, set(_file_owners[label]()))):
            file.unlink(missing_ok=True)
            deleted += 1
        for place, _folders, _names in os.walk(folder, onerror=_unless_gone):
            os.utime(place, (0, 0))
    return deleted


def _unnamed(folder: Path, may_exist: set[str]) -> Iterator[Path]:
    for place, _folders, names in os.walk(folder, onerror=_unless_gone):
        for file in (Path(place, name) for name in names):
            if file.relative_to(folder).as_posix() not in may_exist:
                yield file


def is_stale(half: Path) -> bool:
    """Whether nobody is writing this any more. Whoever wrote it may be done this very moment."""
    try:
        return half.lstat().st_mtime < time.time() - _A_DAY
    except FileNotFoundError:
        return False


def sync_folder(folder: Path) -> None:
    """Have the disk keep what was renamed in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Putting files back.


@dataclass(slots=True)
class _Placed:
    """One file on its way: where it waits, where it goes, and what stood there before."""

    half: Path
    target: Path
    before: Path | None = None
    is_in_place: bool = False


@dataclass(slots=True)
class Placing:
    """Files written beside their places, moved there all at once, or taken back.

    Whatever goes wrong within it leaves every folder as it was found.
    """

    placed: list[_Placed] = field(default_factory=list)
    doomed: list[Path] = field(default_factory=list)
    is_settled: bool = False

    def __enter__(self) -> None:
        """Nothing was written yet."""

    def __exit__(self, kind: type[BaseException] | None, *_of: object) -> None:
        if kind is not None:
            self._take_back()

    def stage(self, archive: Archive) -> None:
        """Write what is not there yet beside its place. Called when withdrawals were replayed.

        Raises:
            Refused: when a file can't be written.
        """
        try:
            self._stage(archive)
        except OSError as problem:
            raise Refused(f"A file of the archive can't be written: {problem.strerror}.") from None

    def _stage(self, archive: Archive) -> None:
        may_exist = {label: set(names()) for label, names in _file_owners.items()}
        folders: dict[str, Any] = settings.BACKUP_FOLDERS
        for label in may_exist.keys() & folders.keys():
            self.doomed += _unnamed(Path(folders[label]), may_exist[label])
        with archive.members() as members:
            for member in members:
                if member.name in archive.files:
                    _, label, inside = member.name.split("/", 2)
                    if label not in may_exist or inside in may_exist[label]:
                        self._write(member, archive.files[member.name])

    def _write(self, member: OpenedMember, digest: str) -> None:
        target = target_of(member.name)
        if target.is_file() and not target.is_symlink():
            with target.open("rb") as standing:
                if hashlib.file_digest(standing, "sha256").hexdigest() == digest:
                    return
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=HALF)
        self.placed.append(_Placed(Path(name), target))
        with os.fdopen(descriptor, "wb") as half:
            for piece in member.pieces():
                half.write(piece)
            half.flush()
            os.fchmod(half.fileno(), member.mode & _READABLE)
            os.fsync(half.fileno())

    def put_in_place(self) -> int:
        """Move every file to its place, the last thing before the database commits."""
        for file in self.placed:
            if file.target.exists() or file.target.is_symlink():
                before = Path(f"{file.half}-before")
                os.link(file.target, before, follow_symlinks=False)
                file.before = before
            os.replace(file.half, file.target)
            file.is_in_place = True
        for folder in {file.target.parent for file in self.placed}:
            sync_folder(folder)
        return len(self.placed)

    def _take_back(self) -> None:
        """Leave every folder as it was found, unless the database committed already."""
        if self.is_settled:
            return
        for file in self.placed:
            file.half.unlink(missing_ok=True)
            if file.before is not None:
                os.replace(file.before, file.target)
            elif file.is_in_place:
                file.target.unlink(missing_ok=True)

    def settle(self) -> None:
        """The database committed: what stood before, and what nobody owns any more, goes."""
        self.is_settled = True
        for file in self.placed:
            if file.before is not None:
                file.before.unlink(missing_ok=True)
        for path in self.doomed:
            path.unlink(missing_ok=True)
