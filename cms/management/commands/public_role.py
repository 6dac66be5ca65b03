"""Give a PostgreSQL role exactly what the public process needs, and take everything else.

Run it as the role that owns the tables, after every ``migrate``. It begins by revoking, so running
it again is how a right is taken back, and a table made since has no rights until it is named in
``cms.database_roles``. Nothing is changed unless the role ends up with exactly what is meant.
"""

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cms import database_roles
from cms.database_roles import NotARoleName, quoted

PASSWORD_VARIABLE = "PUBLIC_ROLE_PASSWORD"  # noqa: S105 - the name of a variable
SHORTEST_PASSWORD = 20
_SHOWN = 5


class Command(BaseCommand):
    help = "Grant a database role what SITE_ROLE=public needs, table by table, and no more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", required=True, help="the role, such as table_public")
        parser.add_argument(
            "--create",
            action="store_true",
            help=f"make the role if there is none; its password comes from {PASSWORD_VARIABLE} "
            "or from standard input",
        )
        parser.add_argument(
            "--print",
            action="store_true",
            dest="only_print",
            help="print the SQL and run nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            role = database_roles.check_role_name(options["role"])
        except NotARoleName as error:
            raise CommandError(str(error)) from None
        if options["only_print"]:
            self._print(role, create=options["create"])
            return
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles. SQLite runs SITE_ROLE=all alone.")
        self._check_tables()
        with transaction.atomic(), connection.cursor() as cursor:
            if options["create"] and not _exists(cursor, role):
                self._create(cursor, role)
                self.stdout.write(f"Made the role {role}.")
            _check_standing(cursor, role)
            for statement in database_roles.statements(
                role, schema=_schema(cursor), database=connection.settings_dict["NAME"]
            ):
                cursor.execute(statement)
            _check_rights(cursor, role)
        self.stdout.write(
            f"{role} can use {len(database_roles.PUBLIC_ROLE)} tables as the public process "
            "needs them, and nothing else."
        )

    def _print(self, role: str, *, create: bool) -> None:
        schema, database = "public", None
        if connection.vendor == "postgresql":
            database = connection.settings_dict["NAME"]
            with connection.cursor() as cursor:
                schema = _schema(cursor)
        if create:
            self.stdout.write(f"CREATE ROLE {quoted(role)} LOGIN NOINHERIT;")
            self.stdout.write(f"-- and in psql: \\password {role}")
        for statement in database_roles.statements(role, schema=schema, database=database):
            self.stdout.write(f"{statement};")

    def _check_tables(self) -> None:
        there = set(connection.introspection.table_names())
        absent = sorted(set(database_roles.PUBLIC_ROLE) - there)
        if absent:
            raise CommandError(f"Run “manage.py migrate” first: there is no {absent[0]} yet.")

    def _create(self, cursor: CursorWrapper, role: str) -> None:
        password = os.environ.get(PASSWORD_VARIABLE) or _typed_password()
        if len(password) < SHORTEST_PASSWORD:
            raise CommandError(
                f"Give it a password of at least {SHORTEST_PASSWORD} characters, in "
                f"{PASSWORD_VARIABLE} or on standard input."
            )
        # The server gets the password's verifier only, so that no log of statements can hold it.
        verifier = connection.connection.pgconn.encrypt_password(
            password.encode(), role.encode(), b"scram-sha-256"
        ).decode()
        cursor.execute(f"CREATE ROLE {quoted(role)} LOGIN NOINHERIT PASSWORD %s", [verifier])


def _typed_password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("A password for the role: ")
    return sys.stdin.readline().rstrip("\n")


def _schema(cursor: CursorWrapper) -> str:
    cursor.execute("SELECT current_schema()")
    return str(cursor.fetchone()[0])


def _exists(cursor: CursorWrapper, role: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    return cursor.fetchone() is not None


def _check_standing(cursor: CursorWrapper, role: str) -> None:
    """Refuse a role that is more than an ordinary one: no grant could hold it back.

    What the grants themselves put right is looked at after them.
    """
    found = database_roles.standing_of(cursor, role)
    if found is None:
        raise CommandError(f"There is no role {role}. Make it first, or say --create.")
    lasting = [sentence for sentence in found if sentence in database_roles.LASTING]
    if lasting:
        raise CommandError(f"{role} {lasting[0]}. The public process needs an ordinary role.")


def _check_rights(cursor: CursorWrapper, role: str) -> None:
    standing = database_roles.standing_of(cursor, role) or []
    if standing:
        raise CommandError(f"Nothing was changed: {role} {standing[0]}.")
    held = database_roles.rights_of(cursor, role)
    for what, found in (
        ("has rights that this account can't take back", database_roles.excess(held)),
        ("did not get every right", database_roles.missing(held)),
    ):
        if found:
            listed = "; ".join(str(right) for right in found[:_SHOWN])
            raise CommandError(f"Nothing was changed: {role} {what}: {listed}.")
