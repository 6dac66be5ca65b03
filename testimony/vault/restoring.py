"""Putting archives back, in one transaction: all of it, or nothing.

Restoring never sets back what was withdrawn, destroyed or removed since: marks that the live
database holds are kept, and every withdrawal is carried out again before anybody can see what was
restored. What an archive is, and which may be used: ``archives``. What the live keyring says
beside an older one: ``meanwhile``.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, Final

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.models import sql

from testimony.vault import agefile, archives, audit, custody, folders, withdrawal
from testimony.vault.agefile import OpenedMember
from testimony.vault.archives import (
    TABLE_PART,
    Archive,
    Column,
    Kind,
    Model,
    Refused,
    all_tables,
    columns_of,
    names_of,
    tables_of,
    tables_of_neither,
)
from testimony.vault.meanwhile import Meanwhile
from testimony.vault.models import (
    FLEETING,
    KEYRING,
    AuditEntry,
    Chore,
    Collection,
    DataKey,
    Destruction,
    Erasure,
    HeldWithdrawal,
    LegalHold,
    QuotingStop,
    ReceiptVerifier,
    Tombstone,
)

_LIVE_STANDS: Final[frozenset[Model]] = frozenset(
    {Collection, Tombstone, QuotingStop, HeldWithdrawal, LegalHold, Destruction}
)
"""What somebody asked for or ended. An archive adds what is missing here, and changes nothing."""

_OF_ANSWERS: Final[frozenset[Model]] = frozenset({DataKey, ReceiptVerifier})
"""A row for each answer. An archive replaces the rows that it knows too."""

_KEPT_THROUGH_A_RESTORE: Final = frozenset({Erasure, Chore})
"""In no archive, and still true afterwards: files that have yet to go, and jobs that were done."""

_ROWS_AT_ONCE: Final = 500

LOCK_PATIENCE: Final = "30s"
"""How long to wait for others on PostgreSQL: they wait behind us meanwhile."""


@dataclass(slots=True)
class Restored:
    """What a restore did."""

    withdrawn_again: int = 0
    people_kept: int = 0
    files: int = 0
    is_live_audit_kept: bool = True


def restore(
    *,
    content: Path | None = None,
    keyring: Path | None = None,
    identity: str,
    may_lose_newer: bool = False,
) -> Restored:
    """Put archives back, in one transaction: all of it, or nothing.

    The content replaces every content table and keeps the live keyring and audit log. The keyring
    puts back every row that it knows, keeps ended what was ended meanwhile, and leaves beside it
    what was made meanwhile, if the audit log goes on from the archived one. Then every withdrawal
    is carried out again, before anybody can see what was restored, and after a keyring what comes
    in is sealed to new epochs, of whoever is on the roster then.

    ``identity`` is the text of the offline key's file. ``may_lose_newer`` takes the keyring as it
    is, without what was made meanwhile, even if it lacks the keys of answers that are here.

    Raises:
        Refused, AgeError: when an archive does not open, is damaged, has expired, or does not fit.
            Nothing was changed.
    """
    given = {Kind.KEYRING: keyring, Kind.CONTENT: content}
    identities = agefile.read_identities(identity)
    with ExitStack() as sources:
        verified = {
            kind: archives.verify(kind, sources.enter_context(_open(file)), identities)
            for kind, file in given.items()
            if file is not None
        }
        if not verified:
            raise Refused("Say which archive to restore: --content, --keyring, or both.")
        return _restore(verified, may_lose_newer=may_lose_newer)


def _open(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as problem:
        raise Refused(f"{file} can't be read: {problem.strerror}.") from None


def _restore(given: dict[Kind, Archive], *, may_lose_newer: bool) -> Restored:
    files = folders.Placing()
    try:
        with files, transaction.atomic(durable=True):
            transaction.on_commit(files.settle)
            done = _replace(given, files, may_lose_newer=may_lose_newer)
    except DatabaseError as problem:
        if files.is_settled:
            raise  # restored, and something went wrong afterwards
        raise Refused(_said_of(problem)) from None
    for cache in caches.all():
        cache.clear()
    if Kind.CONTENT in given and apps.is_installed("wagtail.search"):
        call_command("update_index", verbosity=0)
    return done


def _said_of(problem: DatabaseError) -> str:
    """What to do about it. What the database itself says may repeat a row."""
    if isinstance(problem, IntegrityError | DataError):
        return (
            "The database refused what the archive holds: it does not fit together with what is "
            "here. Restore the content and the keyring of the same day, into an empty database."
        )
    return f"The database failed ({type(problem).__name__}). Stop the site, and try again."


def _replace(
    given: dict[Kind, Archive], files: folders.Placing, *, may_lose_newer: bool
) -> Restored:
    """Everything that happens inside the transaction."""
    done, content = Restored(), given.get(Kind.CONTENT)
    _hold_everyone_off()
    people = _rows_of_people()
    if Kind.KEYRING in given:
        _restore_keyring(given, done, may_lose_newer=may_lose_newer)
    if content is not None:
        _restore_tables(content)
    _keep_people(people, done)
    _reset_sequences(given)
    ContentType.objects.clear_cache()
    done.withdrawn_again = withdrawal.replay()
    for kind, archive in given.items():
        made_on = archive.about.made_on.isoformat()
        audit.append(by=None, action=f"{kind.value} restored", subject=made_on)
    if Kind.KEYRING in given:
        # Whoever was on an older roster may hold every epoch that came back.
        custody.start_new_generations(by=None)
    if content is not None:
        files.stage(content)
    connection.check_constraints()
    done.files = files.put_in_place()
    return done


def _hold_everyone_off() -> None:
    """Keep a site that was not stopped from seeing half of this, or writing into it.

    On PostgreSQL whoever asks waits for the commit. On SQLite, whose immediate transaction has the
    write lock already, readers go on seeing what was there before; who writes waits and gives up.
    """
    if connection.vendor == "postgresql":
        quote = connection.ops.quote_name
        tables = ", ".join(quote(model._meta.db_table) for model in all_tables())
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_PATIENCE])
            cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")


def _restore_keyring(given: dict[Kind, Archive], done: Restored, *, may_lose_newer: bool) -> None:
    archive = given[Kind.KEYRING]
    known = Meanwhile.remembered()
    done.is_live_audit_kept = _continues(archive.about.audit_head)
    # Only a log that goes on from the archived one says that what is here came later.
    brings_along = done.is_live_audit_kept and not may_lose_newer
    # An older content takes the newer answers themselves away, and that is asked first.
    keeps_answers = brings_along and Kind.CONTENT not in given
    replaced = [
        model
        for model in KEYRING
        if model not in _LIVE_STANDS and not (model is AuditEntry and done.is_live_audit_kept)
    ]
    for model in (*_fleeting_tables(), *replaced):
        if not (keeps_answers and model in _OF_ANSWERS):
            _empty(model)
    _load(archive, {*replaced, *(_LIVE_STANDS & set(KEYRING))})
    known.end_again()
    if brings_along:
        known.bring_along()
    lost = known.count_lost()
    if lost and not may_lose_newer:
        raise Refused(
            f"The keyring here holds the keys of {lost} records that nobody could open any more: "
            "the archive knows neither them nor who was let in since. They would be lost for "
            "good. If the keyring here is beyond use all the same, say --lose-newer-answers."
        )


def _continues(head: tuple[int, str] | None) -> bool:
    """Whether the live audit log is whole, and goes on from where the archived one ended."""
    if head is None:
        return True
    live = AuditEntry.objects.filter(number=head[0]).values_list("digest", flat=True).first()
    if live != head[1]:
        return False
    try:
        audit.check_chain()
    except audit.BrokenChain:
        return False
    return True


def _restore_tables(archive: Archive) -> None:
    user_model = get_user_model()
    inactive = list(user_model._base_manager.filter(is_active=False).values_list("pk", flat=True))
    tables = [model for model in tables_of(Kind.CONTENT) if model not in _LIVE_STANDS]
    for model in (*_tables_to_empty(), *tables):
        _empty(model)
    _load(archive, set(tables_of(Kind.CONTENT)))
    # An account that was closed meanwhile stays closed.
    user_model._base_manager.filter(pk__in=inactive).update(is_active=False)


def _fleeting_tables() -> list[Model]:
    """What ends with any restore: sessions, drafts, unlocked keys."""
    return [
        model
        for model in _tables_to_empty()
        if model in FLEETING or model._meta.label == "sessions.Session"
    ]


def _tables_to_empty() -> list[Model]:
    """What is in no archive and may point at what is replaced. A full-text table empties itself."""
    return [
        model
        for model in tables_of_neither()
        if model not in _KEPT_THROUGH_A_RESTORE and not model._meta.db_table.endswith("_fts")
    ]


def _empty(model: Model) -> None:
    """Delete every row of one table and of no other; who points at it is checked at the end."""
    model._base_manager.all()._raw_delete(using=connection.alias)


def _load(archive: Archive, tables: set[Model]) -> None:
    """Insert an archive's rows, of these tables alone, as they are: no signal, no default."""
    by_label = {model._meta.label: model for model in tables}
    with archive.members() as members:
        for member in members:
            part = TABLE_PART.fullmatch(member.name)
            if part is not None and part[1] in by_label:
                _load_part(by_label[part[1]], member)


def _load_part(model: Model, member: OpenedMember) -> None:
    columns = columns_of(model)
    try:
        rows = [_row(columns, json.loads(line)) for line in member.contents().splitlines()]
        if model in _LIVE_STANDS:
            here = set(model._base_manager.values_list("pk", flat=True))
            primary = model._meta.pk
            assert primary is not None  # noqa: S101 - every model has one
            rows = [row for row in rows if getattr(row, primary.attname) not in here]
        if model in _OF_ANSWERS:
            _make_room(model, rows)
        _insert(model, rows)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, ValidationError):
        raise Refused(
            f"The archive is damaged: a row of {model._meta.label} has no meaning."
        ) from None


def _make_room(model: Model, rows: list[Any]) -> None:
    """Delete what stands in the place of these rows, by their key or their record."""
    primary = model._meta.pk
    assert primary is not None  # noqa: S101 - every model has one
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        for name in {primary.attname, "record_id"}:
            taken = [getattr(row, name) for row in some]
            model._base_manager.filter(**{f"{name}__in": taken}).delete()


def _row(columns: list[Column], said: dict[str, Any]) -> Any:
    values = {
        column.attname: None
        if said[column.attname] is None
        else column.to_python(said[column.attname])
        for column in columns
    }
    return SimpleNamespace(**values)


def _insert(model: Model, rows: list[Any]) -> None:
    columns = columns_of(model)
    size = max(connection.ops.bulk_batch_size(columns, rows), 1)
    for start in range(0, len(rows), size):
        query = sql.InsertQuery(model)
        query.insert_values(columns, rows[start : start + size], raw=True)
        query.get_compiler(using=connection.alias).execute_sql()


def _reset_sequences(given: dict[Kind, Archive]) -> None:
    """Have the database number its next rows after the ones that were put back."""
    tables = {model for kind in given for model in tables_of(kind)}
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(tables)):
            cursor.execute(statement)


# People whom the keyring and the audit log name.


def _people_named() -> set[Any]:
    """The keys of the users that the live keyring and its audit log point at."""
    user_model = get_user_model()
    return {
        person
        for model in KEYRING
        for column in columns_of(model)
        if column.is_relation and column.related_model is user_model
        for person in model._base_manager.values_list(column.attname, flat=True).distinct()
        if person is not None
    }


def _rows_of_people() -> dict[Any, Any]:
    """Every account here, as it stands before the restore."""
    user_model = get_user_model()
    names = names_of(user_model)
    rows = user_model._base_manager.values_list(*names)
    people = (SimpleNamespace(**dict(zip(names, row, strict=True))) for row in rows)
    return {getattr(person, user_model._meta.pk.attname): person for person in people}


def _keep_people(known: dict[Any, Any], done: Restored) -> None:
    """Keep everyone the keyring names: as they were, or as a name without a face; never active."""
    user_model = get_user_model()
    name = user_model.USERNAME_FIELD
    here = set(user_model._base_manager.values_list("pk", flat=True))
    for key in sorted(_people_named() - here):
        person: Any = known.get(key)
        if person is None:
            person = user_model(pk=key)
            person.set_unusable_password()
        if (
            person is not known.get(key)
            or user_model._base_manager.filter(**{name: getattr(person, name)}).exists()
        ):
            setattr(person, name, f"person-{key}")
        person.is_active = False
        _insert(user_model, [person])
        done.people_kept += 1
