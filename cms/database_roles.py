"""What the public process may do in the database, table by table. Knows no framework.

A list of what may pass: a table that is not named here gives the public role nothing, and where
columns are named, no other column can be read. ``manage.py public_role`` grants exactly this, the
system check compares what a public process really holds, and the suite tries each table of a real
database. Why these rights and no fewer stands in docs/decisions/0008-public-role.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class NotARoleName(ValueError):
    """A role's name is small letters, digits and underscores, and begins with no digit."""


class Every:
    """All columns of a table, those of tomorrow too. Only for what any visitor may see."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be done with one table."""

    read: tuple[str, ...] | type[Every] = ()
    insert: bool = False
    update: tuple[str, ...] = ()
    delete: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """One right that a role holds; ``column`` is empty where a right is the whole table's."""

    table: str
    column: str
    privilege: str

    def __str__(self) -> str:
        place = f"{self.table}.{self.column}" if self.column else self.table
        return f"{self.privilege} on {place}"


_DOOR: Final = (
    "id",
    "public_id",
    "name",
    "collection_id",
    "opens_on",
    "closes_on",
    "timezone",
)

PUBLIC_ROLE: Final[Mapping[str, Rights]] = {
    # Pages, as anybody sees them. Their drafts are revisions, and those stay closed.
    "django_content_type": Rights(read=Every),
    "wagtailcore_site": Rights(read=Every),
    "wagtailcore_locale": Rights(read=Every),
    "wagtailcore_page": Rights(read=Every),
    "wagtailcore_pageviewrestriction": Rights(read=Every),
    "cms_homepage": Rights(read=Every),
    "cms_campaignpage": Rights(read=Every),
    "cms_informationpage": Rights(read=Every),
    # The doors, and what they ask.
    "intake_call": Rights(read=(*_DOOR, "definition_id")),
    "survey_survey": Rights(read=(*_DOOR, "version_id")),
    "survey_questionnaireversion": Rights(
        read=("id", "questionnaire_id", "key", "major", "minor", "definition_id")
    ),
    "vault_frozendefinition": Rights(read=("digest", "canonical")),
    # Facts about a collection that anyone may check. Who holds keys is a number, not a name.
    "vault_collection": Rights(
        read=(
            "id",
            "name",
            "run_by",
            "kept_where",
            "withdrawal_deadline",
            "destruction_date",
            "keep_months",
        )
    ),
    "vault_custody": Rights(read=("collection_id", "keyholder_id", "recovery_key_id")),
    "vault_legalhold": Rights(
        read=("id", "collection_id", "statement", "stops_withdrawals", "since", "lifted_on")
    ),
    # Sealing: the public halves of keys are read, what is sealed is only ever written.
    "vault_epoch": Rights(
        read=(
            "id",
            "collection_id",
            "month",
            "generation",
            "suite",
            "public_key",
            "expires",
            "destroyed_on",
        )
    ),
    "vault_pendingrecord": Rights(read=("id",), insert=True, delete=True),
    "vault_record": Rights(read=("id",), delete=True),
    "vault_attachment": Rights(read=("id", "record_id"), insert=True, delete=True),
    "vault_voucher": Rights(read=("digest", "door", "kind", "expires"), delete=True),
    "vault_spenttoken": Rights(insert=True),
    # A peer names the batch of a paper; to add one to a count is to read it.
    "vault_paperbatch": Rights(read=("door", "number", "state", "typed_in"), update=("typed_in",)),
    "vault_datakey": Rights(read=("record_id", "epoch_id"), insert=True, delete=True),
    # A draft is opened with a key that only the person's browser holds.
    "vault_draftattachment": Rights(
        read=("id", "draft_id", "bucket", "sealed"), insert=True, delete=True
    ),
    "vault_sealeddraft": Rights(
        read=("id", "expires_tick", "sealed"),
        insert=True,
        update=("expires_tick", "sealed"),
        delete=True,
    ),
    # Receipts, and what a withdrawal reaches.
    "vault_receiptverifier": Rights(read=("verifier", "record_id"), insert=True, delete=True),
    "vault_quotingstop": Rights(read=("record_id",), insert=True, delete=True),
    "vault_heldwithdrawal": Rights(read=("record_id",), insert=True, delete=True),
    "vault_tombstone": Rights(insert=True),
    "vault_erasure": Rights(read=("id",), insert=True, delete=True),
    # A page that quotes an approved excerpt looks its words up.
    "curation_excerpt": Rights(read=("id", "record_id", "text", "language", "state"), delete=True),
    "report_report": Rights(
        read=(
            "id",
            "collection_id",
            "title",
            "addressee_office",
            "addressee_organisation",
            "dated",
            "reply_by",
        ),
        update=("has_lost_an_edition",),
    ),
    "report_snapshot": Rights(read=("digest", "report_id"), delete=True),
    "report_snapshot_excerpts": Rights(read=("snapshot_id", "excerpt_id"), delete=True),
    "report_edition": Rights(read=("id", "snapshot_id", "file"), delete=True),
}


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def check_role_name(role: str) -> str:
    """The name itself.

    Raises:
        NotARoleName: for a name that would need care wherever it is written.
    """
    if not _NAME.fullmatch(role):
        raise NotARoleName(
            "A role's name is small letters, digits and underscores, and begins with no digit."
        )
    return role


def statements(role: str, *, schema: str = "public", database: str | None = None) -> Iterator[str]:
    """The SQL that takes everything from a role and gives it what ``PUBLIC_ROLE`` says.

    Raises:
        NotARoleName: as ``check_role_name``.
    """
    who, where = quoted(check_role_name(role)), quoted(schema)
    for kind in ("TABLES", "SEQUENCES"):
        yield f"REVOKE ALL ON ALL {kind} IN SCHEMA {where} FROM {who}, PUBLIC"
        yield f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON {kind} FROM {who}, PUBLIC"
        yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {where} REVOKE ALL ON {kind} FROM {who}, PUBLIC"
    yield f"REVOKE CREATE ON SCHEMA {where} FROM {who}, PUBLIC"
    if database is not None:
        yield f"REVOKE CREATE, TEMPORARY ON DATABASE {quoted(database)} FROM {who}, PUBLIC"
        yield f"GRANT CONNECT ON DATABASE {quoted(database)} TO {who}"
    yield f"GRANT USAGE ON SCHEMA {where} TO {who}"
    for table, rights in PUBLIC_ROLE.items():
        given = []
        if rights.read is Every:
            given.append("SELECT")
        elif isinstance(rights.read, tuple) and rights.read:
            given.append(f"SELECT ({', '.join(map(quoted, rights.read))})")
        if rights.insert:
            given.append("INSERT")
        if rights.update:
            given.append(f"UPDATE ({', '.join(map(quoted, rights.update))})")
        if rights.delete:
            given.append("DELETE")
        yield f"GRANT {', '.join(given)} ON {where}.{quoted(table)} TO {who}"


def is_allowed(held: Held) -> bool:
    """Whether ``PUBLIC_ROLE`` gives this right."""
    rights = PUBLIC_ROLE.get(held.table)
    if rights is None:
        return False
    if held.privilege == "SELECT":
        return not isinstance(rights.read, tuple) or held.column in rights.read
    if held.privilege == "UPDATE":
        return held.column in rights.update
    return {"INSERT": rights.insert, "DELETE": rights.delete}.get(held.privilege, False)


def excess(held: Iterable[Held]) -> list[Held]:
    """Every right that a role holds beyond what the public process needs."""
    return sorted(right for right in held if not is_allowed(right))


def missing(held: Iterable[Held]) -> list[Held]:
    """Every right that the public process needs and a role does not hold."""
    has = set(held)
    places = {(right.table, right.privilege) for right in has}
    lacking = []
    for table, rights in PUBLIC_ROLE.items():
        if isinstance(rights.read, tuple):
            needed = {Held(table, column, "SELECT") for column in rights.read}
        else:
            needed = set() if (table, "SELECT") in places else {Held(table, "", "SELECT")}
        needed |= {Held(table, column, "UPDATE") for column in rights.update}
        lacking += list(needed - has)
        for privilege, wanted in (("INSERT", rights.insert), ("DELETE", rights.delete)):
            if wanted and (table, privilege) not in places:
                lacking.append(Held(table, "", privilege))
    return sorted(lacking)


# What a real database says.

_OUTSIDE_THE_SYSTEM: Final = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
)
_PLACE: Final = (
    "CASE WHEN n.nspname = current_schema() THEN c.relname ELSE n.nspname || '.' || c.relname END"
)

_HELD_QUERY: Final = f"""
SELECT {_PLACE}, a.attname, p.privilege
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('REFERENCES')) AS p (privilege)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OUTSIDE_THE_SYSTEM}
AND has_column_privilege(%(role)s, c.oid, a.attnum, p.privilege)
UNION ALL
SELECT {_PLACE}, '', p.privilege
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN (VALUES ('DELETE'), ('TRUNCATE'), ('TRIGGER')) AS p (privilege)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OUTSIDE_THE_SYSTEM}
AND has_table_privilege(%(role)s, c.oid, p.privilege)
UNION ALL
SELECT {_PLACE}, '', p.privilege
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN (VALUES ('USAGE'), ('SELECT'), ('UPDATE')) AS p (privilege)
WHERE c.relkind = 'S' AND {_OUTSIDE_THE_SYSTEM}
AND has_sequence_privilege(%(role)s, c.oid, p.privilege)
"""  # noqa: S608 - constants of this module

LASTING: Final = (
    "is a superuser",
    "may create roles",
    "may create databases",
    "may replicate the database",
    "passes by row security",
    "is a member of another role",
    "owns a table",
)
"""What no grant could hold back."""

STANDING: Final = (
    *LASTING,
    "may create things in the schema",
    "may create schemas in the database",
    "would be given rights on new tables",
)

_STANDING_QUERY: Final = """
SELECT r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
EXISTS (SELECT 1 FROM pg_auth_members WHERE member = r.oid),
EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid),
has_schema_privilege(r.oid, current_schema(), 'CREATE'),
has_database_privilege(r.oid, current_database(), 'CREATE'),
EXISTS (
    SELECT 1 FROM pg_default_acl d, aclexplode(d.defaclacl) AS given
    WHERE d.defaclobjtype IN ('r', 'S') AND given.grantee IN (0, r.oid)
)
FROM pg_roles r WHERE r.rolname = %(role)s
"""


class Cursor(Protocol):
    """As much of a database cursor as is needed to ask."""

    def execute(self, sql: str, params: Any = ..., /) -> Any: ...

    def fetchall(self) -> Any: ...


def rights_of(cursor: Cursor, role: str) -> set[Held]:
    """Every right a role holds on a table, a column or a sequence outside PostgreSQL's schemas."""
    cursor.execute(_HELD_QUERY, {"role": role})
    return {Held(table, column, privilege) for table, column, privilege in cursor.fetchall()}


def standing_of(cursor: Cursor, role: str) -> list[str] | None:
    """What makes a role more than an ordinary one, in words; None when there is no such role."""
    cursor.execute(_STANDING_QUERY, {"role": role})
    for row in cursor.fetchall():
        return [sentence for sentence, is_so in zip(STANDING, row, strict=True) if is_so]
    return None
