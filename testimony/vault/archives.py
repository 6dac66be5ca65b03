"""What an archive is: which tables are in which, what it says of itself, whether it may be used.

A content archive opens nothing without the keyring; a keyring archive holds nobody's words. Each
is an age file sealed to a key that is kept offline (``agefile``), and each expires.

    about.json                         what this is, of which day, of which version
    tables/vault.Record/0001.jsonl     rows as JSON, one a line, in the order of their keys
    files/media/…                      files of the folders in ``BACKUP_FOLDERS`` (content only)
    manifest.json                      the SHA-256 of every member, marked under ``VAULT_PEPPER``

A table is in exactly one of: the keyring (``models.KEYRING``); neither (``models.FLEETING``, what
``_IN_NEITHER`` names, and any model with ``never_backed_up = True``); or the content, which is
everything else. Collections alone are in both, because the content can't stand without them.

Nothing here writes: ``backup`` makes archives, ``restoring`` puts them back.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from testimony.vault import agefile
from testimony.vault.agefile import OpenedMember
from testimony.vault.models import FLEETING, KEYRING, AuditEntry, Collection

Model: TypeAlias = type[models.Model]
Column: TypeAlias = "models.Field[Any, Any]"


class Kind(enum.StrEnum):
    """The two archives."""

    CONTENT = "content"
    KEYRING = "keyring"


LIFETIMES: Final = {Kind.CONTENT: dt.timedelta(days=90), Kind.KEYRING: dt.timedelta(days=14)}
"""From the day an archive is made to the first day on which it is of no use any more."""

FORMAT: Final = 2
"""1 had no mark: anybody with the public key could have made one. It is refused."""

ABOUT: Final = "about.json"

_IN_NEITHER: Final = frozenset(
    {"sessions.Session", "wagtailadmin.EditingSession", "wagtailadmin.FormState"}
)
"""Tables of others that are worth minutes."""

_REBUILT: Final = frozenset({"wagtailsearch", "modelsearch"})
"""Apps whose tables are made anew from the others."""

TABLE_PART: Final = re.compile(r"tables/([A-Za-z_]+\.[A-Za-z_0-9]+)/[0-9]{4,}\.jsonl")
HALF: Final = ".part-"
"""How a file is called that is still being written, here and in the report's folder."""

_ABOUT_BYTES: Final = 1024 * 1024
_STRANGE: Final = "The archive holds something that no archive of this site holds."
_NO_ARCHIVE: Final = "This is no archive of this site: it does not say what it is."


class Refused(Exception):
    """Nothing was done. The sentence says why, and what to do."""


def today() -> dt.date:
    return timezone.now().date()


def tables_of(kind: Kind) -> list[Model]:
    """The tables in an archive of this kind."""
    if kind is Kind.KEYRING:
        return list(KEYRING)
    return [model for model in all_tables() if _is_content(model)] + [Collection]


def tables_of_neither() -> list[Model]:
    """The tables in no archive."""
    return [model for model in all_tables() if model not in KEYRING and not _is_content(model)]


def all_tables() -> list[Model]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]


def _is_content(model: Model) -> bool:
    return not (
        model in KEYRING
        or model in FLEETING
        or model._meta.label in _IN_NEITHER
        or model._meta.app_label in _REBUILT
        or getattr(model, "never_backed_up", False)
    )


def columns_of(model: Model) -> list[Column]:
    """A table's own columns: of a child table, not its parents'."""
    return [column for column in model._meta.local_concrete_fields if not column.generated]


def names_of(model: Model) -> list[str]:
    return [column.attname for column in columns_of(model)]


@dataclass(frozen=True, slots=True)
class Table:
    """What an archive says of one table."""

    columns: list[str]
    rows: int


@dataclass(frozen=True, slots=True)
class About:
    """What an archive says of itself, in its first member."""

    kind: Kind
    made_on: dt.date
    migrations: dict[str, list[str]]
    tables: dict[str, Table]
    audit_head: tuple[int, str] | None
    pepper_mark: str

    @property
    def expires_on(self) -> dt.date:
        return self.made_on + LIFETIMES[self.kind]

    @classmethod
    def now(cls, kind: Kind, *, made_on: dt.date) -> About:
        """What an archive made in this transaction says of itself."""
        last = AuditEntry.objects.order_by("-number").first() if kind is Kind.KEYRING else None
        return cls(
            kind=kind,
            made_on=made_on,
            migrations=_migrations_of(tables_of(kind)),
            tables={
                model._meta.label: Table(names_of(model), model._base_manager.count())
                for model in tables_of(kind)
            },
            audit_head=(last.number, last.digest) if last else None,
            pepper_mark=_pepper_mark(),
        )

    def to_json(self) -> bytes:
        said = {
            "kind": self.kind.value,
            "format": FORMAT,
            "made_on": self.made_on.isoformat(),
            "expires_on": self.expires_on.isoformat(),
            "migrations": self.migrations,
            "tables": {
                label: {"columns": table.columns, "rows": table.rows}
                for label, table in self.tables.items()
            },
            "audit_head": self.audit_head,
            "pepper_mark": self.pepper_mark,
        }
        return json.dumps(said, indent=1).encode("ascii")

    @classmethod
    def from_json(cls, raw: bytes) -> About:
        """Read back what ``to_json`` wrote.

        Raises:
            Refused: when it is something else, or of another format.
        """
        try:
            said = json.loads(raw)
            if said["format"] != FORMAT:
                raise Refused(
                    f"The archive is of format {int(said['format'])}, and this version knows "
                    f"{FORMAT}. Restore it with the version that made it."
                )
            head = said["audit_head"]
            spoken = {*said["migrations"], *said["tables"]}.union(*said["migrations"].values())
            if not all(name.isprintable() for name in spoken):
                raise Refused(_NO_ARCHIVE)  # a refusal may repeat these on somebody's screen
            return cls(
                kind=Kind(said["kind"]),
                made_on=dt.date.fromisoformat(said["made_on"]),
                migrations={app: list(names) for app, names in said["migrations"].items()},
                tables={
                    label: Table(list(table["columns"]), int(table["rows"]))
                    for label, table in said["tables"].items()
                },
                audit_head=(int(head[0]), str(head[1])) if head else None,
                pepper_mark=str(said["pepper_mark"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise Refused(_NO_ARCHIVE) from None


def _migrations_of(tables: Iterable[Model]) -> dict[str, list[str]]:
    """The applied migrations of every app that has one of these tables."""
    labels = {model._meta.app_label for model in tables}
    found: dict[str, list[str]] = {label: [] for label in sorted(labels)}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        if app in labels:
            found[app].append(name)
    return found


def _pepper_mark() -> str:
    """What tells two peppers apart: under another one, no tombstone would be recognised."""
    pepper = settings.VAULT_PEPPER.encode("utf-8")
    return hmac.new(pepper, b"backup/v1/same-pepper", hashlib.sha256).hexdigest()


def manifest_key() -> bytes:
    """What marks this site's archives. A seized public key or a stolen archive does not give it."""
    pepper = settings.VAULT_PEPPER.encode("utf-8")
    return hmac.new(pepper, b"backup/v2/manifest", hashlib.sha256).digest()


# Reading an archive.


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was read to its end and found whole, and fit for this site."""

    source: BinaryIO
    identities: list[Any]
    about: About
    files: dict[str, str]
    """Files in it, by member name, and the SHA-256 of each."""

    def members(self) -> AbstractContextManager[Iterator[OpenedMember]]:
        return agefile.opened(self.source, self.identities, key=manifest_key())


def verify(kind: Kind, source: BinaryIO, identities: list[Any]) -> Archive:
    """Read an archive to its end without touching anything.

    Raises:
        Refused, AgeError: when it is damaged, or not fit for this site.
    """
    files: dict[str, str] = {}
    rows: dict[str, int] = {}
    with agefile.opened(source, identities, key=manifest_key()) as members:
        first = next(members, None)
        if first is None or first.name != ABOUT:
            raise Refused(_NO_ARCHIVE)
        about = About.from_json(first.contents(at_most=_ABOUT_BYTES))
        _check_fits(about, kind)
        for member in members:
            part = TABLE_PART.fullmatch(member.name)
            if part is not None and part[1] in about.tables:
                lines = sum(piece.count(b"\n") for piece in member.pieces())
                rows[part[1]] = rows.get(part[1], 0) + lines
            elif member.name.startswith("files/") and kind is Kind.CONTENT:
                target_of(member.name)
                files[member.name] = member.digest()
            else:
                raise Refused(_STRANGE)
    if any(table.rows != rows.get(label, 0) for label, table in about.tables.items()):
        raise Refused("The archive is damaged: a table has not the rows that it should have.")
    return Archive(source, identities, about, files)


def _check_fits(about: About, kind: Kind) -> None:
    """Whether an archive may be restored here and now.

    Raises:
        Refused: by the first rule that it breaks.
    """
    if about.kind is not kind:
        raise Refused(
            f"This is the {about.kind.value} archive, and was given as the {kind.value} archive."
        )
    if about.made_on > today():
        raise Refused("The archive was made on a day that has not come. Set this machine's clock.")
    if today() >= about.expires_on:
        days = LIFETIMES[kind].days
        raise Refused(
            f"The {kind.value} archive of {about.made_on} has expired: it may be used for {days} "
            "days, so that what was withdrawn or destroyed since can't come back. There is no way "
            "around this."
        )
    if about.pepper_mark != _pepper_mark():
        raise Refused(
            "The archive was made under another VAULT_PEPPER. Under this one, no receipt and no "
            "withdrawal would be recognised. Set the one that the site had."
        )
    differing = _differences(about, kind)
    if differing:
        raise Refused(
            "The archive was made by another version of the site. It differs in: "
            f"{'; '.join(differing)}. Restore it with the version that made it, on an empty "
            "database, and then migrate."
        )


def _differences(about: About, kind: Kind) -> list[str]:
    """What the archive's version and this one do not have in common, in words."""
    tables = tables_of(kind)
    here, there = _migrations_of(tables), about.migrations
    found = []
    for app in sorted(here.keys() | there.keys()):
        ours, theirs = set(here.get(app, ())), set(there.get(app, ()))
        sides = [("only here", ours - theirs), ("only in the archive", theirs - ours)]
        found += [f"{app} ({side}: {', '.join(sorted(of))})" for side, of in sides if of]
    expected = {model._meta.label: names_of(model) for model in tables}
    stated = {label: table.columns for label, table in about.tables.items()}
    if not found:
        found = [
            f"the table {label}"
            for label in sorted(expected.keys() | stated.keys())
            if expected.get(label) != stated.get(label)
        ]
    return found


def target_of(name: str) -> Path:
    """Where a file of an archive goes.

    Raises:
        Refused: when that would be outside its folder.
    """
    _files, label, inside = [*name.split("/", 2), "", ""][:3]
    folders: dict[str, Any] = settings.BACKUP_FOLDERS
    if label not in folders:
        raise Refused("The archive holds a folder that this site has not: see BACKUP_FOLDERS.")
    parts = inside.split("/")
    if "\0" in inside or any(part in {"", ".", ".."} or part.startswith(HALF) for part in parts):
        raise Refused("The archive holds a file that would lie outside its folder.")
    folder = Path(folders[label]).resolve()
    target = folder.joinpath(*parts)
    if not target.parent.resolve().is_relative_to(folder):
        raise Refused("The archive holds a file that would lie outside its folder.")
    return target
