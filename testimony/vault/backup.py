"""Making archives, and deleting those that have expired. What an archive is: ``archives``."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, Final

from django.conf import settings
from django.db import connection, models, transaction

from testimony.vault import agefile, archives, folders
from testimony.vault.agefile import Member
from testimony.vault.archives import (
    ABOUT,
    HALF,
    LIFETIMES,
    About,
    Column,
    Kind,
    Model,
    Refused,
    columns_of,
    names_of,
    tables_of,
)

_OURS: Final = re.compile(r"(content|keyring)-([0-9]{4}-[0-9]{2}-[0-9]{2})\.age")
_PART_BYTES: Final = 1024 * 1024
_ROWS_AT_ONCE: Final = 500
_SEALED_ROWS_AT_ONCE: Final = 10


def make_archives(*, folder: Path, kinds: Iterable[Kind] = tuple(Kind)) -> list[Path]:
    """Write an archive of each kind into a folder, all of one moment. Each whole, or not at all.

    An archive made earlier on the same day is replaced.

    Raises:
        Refused: without a usable ``BACKUP_RECIPIENT``, or without the folder, which is never
            made here: a disk that is not mounted would look just like it.
    """
    check_folder(folder)
    recipient = _recipient()
    made = []
    # Before the moment, and once: what lives until a day must not be younger by its name.
    made_on = archives.today()
    with _one_moment():
        for kind in kinds:
            about = About.now(kind, made_on=made_on)
            target = folder / f"{kind.value}-{made_on.isoformat()}.age"
            with _whole_file(target) as half:
                agefile.write(
                    _members(about), half, recipient=recipient, key=archives.manifest_key()
                )
            made.append(target)
    return made


def check_folder(folder: Path) -> None:
    """Make sure that the folder for archives is there.

    Raises:
        Refused: when it is not.
    """
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}. Make it, or mount its disk, and try again.")


def delete_expired(folder: Path) -> list[str]:
    """Delete our archives whose day has passed, by their names, and return those.

    Goes too: what a backup that was killed more than a day ago left half written.
    """
    deleted = []
    for file in sorted(folder.iterdir()):
        if _is_due(file) and not file.is_dir():
            file.unlink()
            deleted.append(file.name)
    return deleted


def _is_due(file: Path) -> bool:
    named = _OURS.fullmatch(file.name)
    if named is None:
        return file.name.startswith(HALF) and folders.is_stale(file)
    try:
        return archives.today() - dt.date.fromisoformat(named[2]) >= LIFETIMES[Kind(named[1])]
    except ValueError:
        return False  # a day that no calendar has: not ours


def _recipient() -> str:
    recipient: str = settings.BACKUP_RECIPIENT
    if not recipient:
        raise Refused(
            "Set BACKUP_RECIPIENT in the environment to a public age key, so that archives can be "
            "sealed. Make a key pair with: manage.py backup_key --to FILE (docs/runbooks/backup.md)"
        )
    try:
        agefile.check_recipient(recipient)
    except agefile.NotAKey as problem:
        raise Refused(f"BACKUP_RECIPIENT is wrong. {problem}") from None
    return recipient


@contextmanager
def _one_moment() -> Iterator[None]:
    """One transaction that only reads, and sees the database as it was when it began.

    On SQLite it begins without the write lock, so that people can go on sending meanwhile.
    """
    connection.ensure_connection()
    mode = getattr(connection, "transaction_mode", None)
    try:
        if connection.vendor == "sqlite":
            setattr(connection, "transaction_mode", "DEFERRED")  # noqa: B010 - not of every backend
        with transaction.atomic(durable=True):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    finally:
        if connection.vendor == "sqlite":
            setattr(connection, "transaction_mode", mode)  # noqa: B010


@contextmanager
def _whole_file(target: Path) -> Iterator[BinaryIO]:
    """A file that is there in whole, readable by its owner alone, or not at all."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=HALF)
    try:
        with os.fdopen(descriptor, "wb") as half:
            yield half
            half.flush()
            os.fsync(half.fileno())
        os.replace(name, target)
        folders.sync_folder(target.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _members(about: About) -> Iterator[Member]:
    yield Member.of(ABOUT, about.to_json())
    for model in tables_of(about.kind):
        if not about.tables[model._meta.label].rows:
            continue
        for number, part in enumerate(_parts(model), start=1):
            yield Member.of(f"tables/{model._meta.label}/{number:04d}.jsonl", part)
    if about.kind is Kind.CONTENT:
        yield from folders.members()


def _parts(model: Model) -> Iterator[bytes]:
    """A table's rows as JSON lines, in parts of about a megabyte, ordered by primary key.

    Keys of what people sent are random, so the order says nothing of who came first.
    """
    columns = columns_of(model)
    is_sealed = any(isinstance(column, models.BinaryField) for column in columns)
    primary = model._meta.pk
    assert primary is not None  # noqa: S101 - every model has one
    rows = model._base_manager.order_by(primary.attname).values_list(*names_of(model))
    part: list[bytes] = []
    size = 0
    for row in rows.iterator(chunk_size=_SEALED_ROWS_AT_ONCE if is_sealed else _ROWS_AT_ONCE):
        line = _line(columns, row)
        part.append(line)
        size += len(line)
        if size >= _PART_BYTES:
            yield b"".join(part)
            part, size = [], 0
    if part:
        yield b"".join(part)


def _line(columns: list[Column], row: tuple[Any, ...]) -> bytes:
    names = [column.attname for column in columns]
    holder: Any = SimpleNamespace(**dict(zip(names, row, strict=True)))
    said = {
        column.attname: value
        if value is None or isinstance(value, int)
        else column.value_to_string(holder)
        for column, value in zip(columns, row, strict=True)
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
