"""The public process's database role: what it can do, and what the database itself refuses it."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, models, transaction
from django.utils import timezone
from psycopg import sql
from wagtail.models import Locale, Page, Site

from cms import checks, database_roles
from cms.database_roles import PUBLIC_ROLE, Every, Held
from cms.models import CampaignPage, HomePage, InformationPage
from consultation.report.models import Edition, Report, Snapshot
from testimony.curation.models import Excerpt, ExcerptState, Theme
from testimony.intake.submitting import submit_testimony
from testimony.vault import actions as vault
from testimony.vault import batches, drafts, receipts, retention, withdrawal
from testimony.vault.drafts import DraftKey
from testimony.vault.models import (
    AuditEntry,
    DataKey,
    EpochGrant,
    Erasure,
    HeldWithdrawal,
    Keyholder,
    PaperBatch,
    PendingRecord,
    QuotingStop,
    Record,
    Tombstone,
)
from testimony.vault.receipts import State
from testimony.vault.withdrawal import Scope
from tests import factories
from tests.factories import TESTIMONY, Consultation
from tests.site import ROOT, free_port
from tests.walker import RESPONSE, Walker, walk
from tests.walker import TESTIMONY as PAGES

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="SQLite has no roles. Run with TEST_DATABASE=postgresql .ci/with-postgresql.",
)

_OUTSIDE_THE_SUITE = settings.DATABASES["default"]["NAME"]

EXPECTED = """
accounts_logintries: nothing
accounts_recoverycode: nothing
accounts_user: nothing
accounts_user_groups: nothing
accounts_user_user_permissions: nothing
auth_group: nothing
auth_group_permissions: nothing
auth_permission: nothing
cms_campaignpage: read all
cms_customdocument: nothing
cms_customimage: nothing
cms_customrendition: nothing
cms_homepage: read all
cms_informationpage: read all
curation_excerpt: read id record_id text language state, delete
curation_theme: nothing
django_content_type: read all
django_migrations: nothing
django_session: nothing
intake_call: read all
intake_calltext: nothing
intake_callversion: nothing
otp_totp_totpdevice: nothing
report_ask: nothing
report_edition: read id file snapshot_id, delete
report_report: read id title addressee_office addressee_organisation dated reply_by collection_id, update has_lost_an_edition
report_snapshot: read digest report_id, delete
report_snapshot_excerpts: read snapshot_id excerpt_id, delete
survey_bankedquestion: nothing
survey_questionnaire: nothing
survey_questionnaireversion: read all
survey_survey: read all
survey_tallyrun: nothing
taggit_tag: nothing
taggit_taggeditem: nothing
vault_attachment: read id record_id, insert, delete
vault_auditentry: nothing
vault_chore: nothing
vault_collection: read all
vault_custody: read collection_id keyholder_id recovery_key_id
vault_datakey: read record_id epoch_id, insert, delete
vault_destruction: nothing
vault_draftattachment: read all, insert, delete
vault_epoch: read all
vault_epochgrant: nothing
vault_erasure: read id, insert, delete
vault_exportrequest: nothing
vault_frozendefinition: read all
vault_heldwithdrawal: read all, insert, delete
vault_keyholder: nothing
vault_legalhold: read all
vault_paperbatch: read door number typed_in state, update typed_in
vault_pendingrecord: read id, insert, delete
vault_quotingstop: read all, insert, delete
vault_receiptverifier: read all, insert, delete
vault_record: read id, delete
vault_recoverykey: nothing
vault_sealeddraft: read all, insert, update expires_tick sealed, delete
vault_spenttoken: insert
vault_tombstone: insert
vault_unlockedkeys: nothing
vault_voucher: read digest door kind expires, delete
wagtailadmin_admin: nothing
wagtailadmin_editingsession: nothing
wagtailadmin_formstate: nothing
wagtailcore_apitoken: nothing
wagtailcore_collection: nothing
wagtailcore_collectionviewrestriction: nothing
wagtailcore_collectionviewrestriction_groups: nothing
wagtailcore_comment: nothing
wagtailcore_commentreply: nothing
wagtailcore_groupapprovaltask: nothing
wagtailcore_groupapprovaltask_groups: nothing
wagtailcore_groupcollectionpermission: nothing
wagtailcore_grouppagepermission: nothing
wagtailcore_groupsitepermission: nothing
wagtailcore_locale: read all
wagtailcore_modellogentry: nothing
wagtailcore_page: read all
wagtailcore_pagelogentry: nothing
wagtailcore_pagesubscription: nothing
wagtailcore_pageviewrestriction: read all
wagtailcore_pageviewrestriction_groups: nothing
wagtailcore_referenceindex: nothing
wagtailcore_revision: nothing
wagtailcore_site: read all
wagtailcore_task: nothing
wagtailcore_taskstate: nothing
wagtailcore_uploadedfile: nothing
wagtailcore_workflow: nothing
wagtailcore_workflowcontenttype: nothing
wagtailcore_workflowpage: nothing
wagtailcore_workflowstate: nothing
wagtailcore_workflowtask: nothing
wagtaildocs_document: nothing
wagtailembeds_embed: nothing
wagtailimages_image: nothing
wagtailimages_rendition: nothing
wagtailsearch_indexentry: nothing
wagtailusers_userprofile: nothing
"""  # noqa: E501 - a line of the table is a line here
"""Every table of the database, and what the public role may do with it. A new table stands in
neither list: before its line is pasted here, think whether a worker's page needs it."""


@dataclass(frozen=True)
class Login:
    """A role that can connect."""

    name: str
    password: str


@dataclass(frozen=True)
class Database:
    """A database of its own: a copy of the suite's, owned by one role and served by another."""

    name: str
    owner: Login
    public: Login

    @contextmanager
    def used_by(self, login: Login) -> Iterator[None]:
        """Point Django's connection here, as one of the two."""
        before = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict |= {
            "NAME": self.name,
            "USER": login.name,
            "PASSWORD": login.password,
        }
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(before)

    def connect(self, login: Login) -> psycopg.Connection[tuple[Any, ...]]:
        """A plain connection, with nothing of Django between."""
        return _connect(self.name, login.name, login.password)

    def address_for(self, login: Login) -> str:
        host, port = settings.DATABASES["default"]["HOST"], settings.DATABASES["default"]["PORT"]
        return f"postgres://{login.name}:{login.password}@{host}:{port}/{self.name}"


def _connect(name: str, user: str, password: str) -> psycopg.Connection[tuple[Any, ...]]:
    given = settings.DATABASES["default"]
    return psycopg.connect(
        host=given["HOST"],
        port=given["PORT"],
        dbname=name,
        user=user,
        password=password,
        autocommit=True,
    )


def _as_administrator(name: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
    given = settings.DATABASES["default"]
    return _connect(name, given["USER"], given["PASSWORD"])


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[Database]:
    """A copy of the suite's own database, and two real roles: its owner and the public one."""
    tag = f"{os.getpid()}_{secrets.token_hex(3)}"
    made = Database(
        f"site_{tag}",
        Login(f"owner_{tag}", secrets.token_urlsafe(24)),
        Login(f"public_{tag}", secrets.token_urlsafe(24)),
    )
    name = connection.settings_dict["NAME"]
    # Run alone, no test here asks pytest-django for a database, and there is none to copy.
    copied = "template0" if name == _OUTSIDE_THE_SUITE else name
    connection.close()
    with _as_administrator() as administrator:
        administrator.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(
                sql.Identifier(made.owner.name), sql.Literal(made.owner.password)
            )
        )
        administrator.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(made.name),
                sql.Identifier(copied),
                sql.Identifier(made.owner.name),
            )
        )
    with _as_administrator(made.name) as administrator:
        tables = administrator.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        for (table,) in tables:
            administrator.execute(
                sql.SQL("ALTER TABLE {} OWNER TO {}").format(
                    sql.Identifier(table), sql.Identifier(made.owner.name)
                )
            )
    cache.clear()
    with django_db_blocker.unblock():
        try:
            with made.used_by(made.owner):
                call_command("migrate", verbosity=0)
                _grant(made)
            yield made
        finally:
            connection.close()
            cache.clear()
            with _as_administrator() as administrator:
                administrator.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(made.name))
                )
                for login in (made.public, made.owner):
                    administrator.execute(
                        sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login.name))
                    )


def _grant(database: Database, *options: str, role: str | None = None) -> str:
    """Run the command as the owner, with the public role's password in the environment."""
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PUBLIC_ROLE_PASSWORD", database.public.password)
        call_command(
            "public_role",
            "--create",
            *options,
            role=role or database.public.name,
            stdout=told,
        )
    return told.getvalue()


@dataclass
class Story:
    """What stands in the database before the public process touches it."""

    consultation: Consultation
    theme: Theme
    report: Report
    home: HomePage

    def quote(self, record_id: uuid.UUID, *, folder: Path | None = None) -> Excerpt:
        """An approved excerpt of a record, in a frozen snapshot with a printed edition."""
        excerpt = Excerpt.objects.create(
            record_id=record_id,
            theme=self.theme,
            text="Some of her own words.",
            language="en",
            state=ExcerptState.APPROVED,
            proposed_by=self.consultation.keyholder,
            approved_by=self.consultation.peer,
        )
        stored = Snapshot.objects.create(
            digest=secrets.token_hex(32),
            report=self.report,
            canonical=b"What the report says.",
            frozen_on=timezone.now().date(),
        )
        stored.excerpts.set([excerpt])
        name = f"{stored.digest[:16]}.pdf"
        Edition.objects.create(snapshot=stored, digest="0" * 64, pages=1, file=name)
        shelf = folder or Path(settings.REPORT_ARCHIVE_DIR)
        shelf.mkdir(parents=True, exist_ok=True)
        (shelf / name).write_bytes(b"%PDF")
        return excerpt


@pytest.fixture(scope="module")
def story(database: Database) -> Story:
    """A consultation with pages, a theme and a report, made by the owner."""
    today = timezone.now().date()
    with database.used_by(database.owner):
        made = factories.consultation()
        theme = Theme.objects.create(
            collection=made.collection, key="distance", title="Further", definition="Away."
        )
        report = Report.objects.create(
            collection=made.collection,
            campaign="A campaign",
            title="What people told us",
            addressee_office="Chief of Police",
            addressee_organisation="City Police",
            sender_organisation="The organisation",
            sender_contact_role="Coordinator",
            dated=today,
            reply_by=today + dt.timedelta(days=30),
        )
        # A test that empties the suite's database takes Wagtail's first page and language away.
        Locale.objects.get_or_create(language_code="en")
        root = Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")
        home = root.add_child(
            instance=HomePage(title="Home", slug="front", organisation="The organisation")
        )
        home.add_child(
            instance=CampaignPage(
                title="The campaign",
                slug="campaign",
                call=made.call,
                call_label="Tell us",
                survey=made.survey,
                survey_label="Answer",
                show_in_menus=True,
            )
        )
        home.add_child(
            instance=InformationPage(
                title="Check us out", slug="check", shows="check", show_in_menus=True
            )
        )
        site, _made = Site.objects.get_or_create(
            is_default_site=True, defaults={"hostname": "localhost", "root_page": home}
        )
        site.root_page = home
        site.save()
    return Story(made, theme, report, home)


@pytest.fixture
def told(database: Database, story: Story) -> vault.Sealed:
    """A testimony, sealed by the public role, with an excerpt, a snapshot and an edition behind."""
    with database.used_by(database.public):
        sealed = submit_testimony(call=story.consultation.call, answers=TESTIMONY, language="en")
    with database.used_by(database.owner):
        story.quote(sealed.record_id)
    return sealed


# The table of rights.


@pytest.mark.parametrize("table", sorted(PUBLIC_ROLE))
def test_every_right_names_a_table_and_columns_that_exist(table: str) -> None:
    known: dict[str, type[models.Model]] = {
        model._meta.db_table: model for model in apps.get_models(include_auto_created=True)
    }
    columns = {field.column for field in known[table]._meta.concrete_fields}
    rights = PUBLIC_ROLE[table]
    read = set(rights.read) if isinstance(rights.read, tuple) else set()
    assert read | set(rights.update) <= columns


def test_whole_tables_are_given_only_where_any_visitor_may_read() -> None:
    whole = {table for table, rights in PUBLIC_ROLE.items() if rights.read is Every}
    assert all(table.startswith(("cms_", "wagtailcore_", "django_content_type")) for table in whole)
    assert not any(PUBLIC_ROLE[table].insert or PUBLIC_ROLE[table].delete for table in whole)


@pytest.mark.parametrize("name", ["", "Public", "a-b", "1st", 'x"; DROP ROLE y', "x" * 64])
def test_a_role_has_a_plain_name(name: str) -> None:
    with pytest.raises(CommandError, match="small letters"):
        call_command("public_role", role=name, only_print=True)


def test_the_sql_can_be_printed_without_being_run(db: Any) -> None:
    told = io.StringIO()
    call_command("public_role", "--print", "--create", role="table_public", stdout=told)
    printed = told.getvalue()
    assert printed.startswith('CREATE ROLE "table_public" LOGIN NOINHERIT;')
    assert "PASSWORD" not in printed
    assert "vault_epochgrant" not in printed
    assert printed.index("REVOKE ALL ON ALL TABLES") < printed.index("GRANT SELECT")


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL has roles.")
def test_sqlite_has_no_roles_to_grant() -> None:
    with pytest.raises(CommandError, match="SITE_ROLE=all alone"):
        call_command("public_role", role="table_public")


def test_what_is_beyond_and_what_is_lacking_is_told_apart() -> None:
    needed = set(database_roles.missing([]))
    assert database_roles.excess(needed) == []
    more = Held("vault_epochgrant", "sealed_epoch_key", "SELECT")
    assert database_roles.excess({*needed, more}) == [more]
    less = Held("vault_datakey", "record_id", "SELECT")
    assert database_roles.missing(needed - {less}) == [less]


# The database itself, table by table.


@on_postgresql
def test_the_database_gives_the_public_role_exactly_this(database: Database) -> None:
    with database.connect(database.public) as public, database.connect(database.owner) as owner:
        found = "\n".join(sorted(_line_for(public, *table) for table in _tables(owner)))
    expected = "\n".join(sorted(EXPECTED.strip().splitlines()))
    new = sorted(set(found.splitlines()) - set(expected.splitlines()))
    assert found == expected, "if the public process needs this, paste:\n" + "\n".join(new)


def _tables(owner: psycopg.Connection[tuple[Any, ...]]) -> list[tuple[str, list[str]]]:
    return owner.execute(
        "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') "
        "AND n.nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1"
    ).fetchall()  # type: ignore[return-value]


def _line_for(public: psycopg.Connection[tuple[Any, ...]], table: str, columns: list[str]) -> str:
    """What the database lets through when each thing is really tried."""
    name = sql.Identifier(table)

    def passes(statement: str, **parts: sql.Composable) -> bool:
        tried = sql.SQL(statement).format(table=name, **parts)
        try:
            with public.transaction(force_rollback=True):
                public.execute(tried)
        except psycopg.errors.InsufficientPrivilege:
            return False
        except psycopg.errors.IntegrityError:
            return True
        return True

    one = {column: {"column": sql.Identifier(column)} for column in columns}
    read = [c for c in columns if passes("SELECT {column} FROM {table} LIMIT 0", **one[c])]
    written = [
        c for c in columns if passes("UPDATE {table} SET {column} = NULL WHERE false", **one[c])
    ]
    assert not passes("TRUNCATE {table} CASCADE")
    assert not passes("ALTER TABLE {table} ADD COLUMN x int")
    parts = []
    if read:
        parts.append("read " + ("all" if read == columns else " ".join(read)))
    if passes("INSERT INTO {table} DEFAULT VALUES"):
        parts.append("insert")
    if written:
        parts.append("update " + " ".join(written))
    if passes("DELETE FROM {table} WHERE false"):
        parts.append("delete")
    return f"{table}: {', '.join(parts) or 'nothing'}"


@on_postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM vault_epochgrant",
        "SELECT sealed_epoch_key FROM vault_epochgrant",
        "SELECT sealed_private_key FROM vault_keyholder",
        "SELECT recovery_sealed_private_key FROM vault_keyholder",
        "SELECT sealed_data_key FROM vault_datakey",
        "SELECT sealed FROM vault_record",
        "SELECT sealed FROM vault_pendingrecord",
        "DELETE FROM vault_record RETURNING sealed",
        "INSERT INTO vault_datakey SELECT * FROM vault_datakey ON CONFLICT DO NOTHING",
        "SELECT sealed FROM vault_unlockedkeys",
        "SELECT * FROM vault_auditentry",
        "DELETE FROM vault_auditentry",
        "SELECT token FROM vault_tombstone",
        "DELETE FROM vault_tombstone",
        "UPDATE vault_epoch SET public_key = ''",
        "UPDATE vault_collection SET destruction_date = now()",
        "UPDATE vault_legalhold SET lifted_on = now()",
        "UPDATE curation_excerpt SET state = 'approved'",
        "UPDATE curation_theme SET title = 'x'",
        "SELECT canonical FROM report_snapshot",
        "SELECT password FROM accounts_user",
        "SELECT key FROM otp_totp_totpdevice",
        "SELECT session_data FROM django_session",
        "INSERT INTO django_session VALUES ('a', 'b', now())",
        "SELECT content FROM wagtailcore_revision",
        "UPDATE wagtailcore_page SET title = 'x'",
        "CREATE TABLE x (a int)",
        "CREATE TEMPORARY TABLE x (a int)",
        "COPY vault_receiptverifier TO '/tmp/x'",
        "SET ROLE postgres",
        "SELECT pg_read_file('/etc/passwd')",
    ],
)
def test_the_database_refuses(database: Database, statement: str) -> None:
    with (
        database.connect(database.public) as public,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        public.execute(statement)  # type: ignore[call-overload]


# What the public process does all day.


@on_postgresql
def test_the_public_role_keeps_drafts(database: Database) -> None:
    key = DraftKey.new()
    with database.used_by(database.public):
        ends = drafts.tick_now() + 10
        drafts.save(key, {"answers": {}}, ends_tick=ends)
        drafts.save(key, {"answers": {"a": "b"}}, ends_tick=ends)
        with drafts.claimed(key) as contents:
            assert contents == {"answers": {"a": "b"}}
        drafts.erase(key)
        with pytest.raises(drafts.DraftGone):
            drafts.load(key)
        drafts.erase_expired()


@on_postgresql
def test_the_public_role_counts_a_paper_and_reads_no_batch_whole(
    database: Database, story: Story
) -> None:
    call = story.consultation.call
    with database.used_by(database.owner):
        PaperBatch.objects.create(
            collection=call.collection,
            door=call.public_id,
            number=1,
            definition_id=call.digest,
            language="en",
            is_large=False,
            week="2026-W48",
            printed=20,
        )
    with database.used_by(database.public):
        assert batches.numbers_out(call.public_id) == [1]
        assert batches.note_typed_in(door=call.public_id, number=1)
        with pytest.raises(ProgrammingError), transaction.atomic():
            PaperBatch.objects.get()
        with pytest.raises(ProgrammingError), transaction.atomic():
            PaperBatch.objects.update(state="counted")
    with database.used_by(database.owner):
        assert PaperBatch.objects.get().typed_in == 1
        PaperBatch.objects.all().delete()


@on_postgresql
def test_the_public_role_withdraws_everything_without_reading_it(
    database: Database, story: Story, told: vault.Sealed
) -> None:
    code = " ".join(told.code or ())
    with database.used_by(database.owner):
        vault.shuffle_pending()
        other = submit_testimony(call=story.consultation.call, answers=TESTIMONY, language="en")
        kept = story.quote(other.record_id)
    with database.used_by(database.public):
        assert receipts.look_up(code).state is State.HELD
        assert vault.withdraw_record(code=code)
        assert receipts.look_up(code).state is State.NOTHING
    with database.used_by(database.owner):
        assert list(Excerpt.objects.all()) == [kept]
        assert [list(stored.excerpts.all()) for stored in Snapshot.objects.all()] == [[kept]]
        assert Edition.objects.count() == 1
        assert not DataKey.objects.filter(record_id=told.record_id).exists()
        assert not Record.objects.filter(id=told.record_id).exists()
        assert Tombstone.objects.filter(
            token=withdrawal.token_of(told.record_id, Scope.EVERYTHING)
        ).exists()
        assert Erasure.objects.count() == 0
        assert Report.objects.get().has_lost_an_edition
        vault.withdraw_record(code=" ".join(other.code or ()))


@on_postgresql
def test_the_public_role_stops_quoting(
    database: Database, story: Story, told: vault.Sealed
) -> None:
    code = " ".join(told.code or ())
    with database.used_by(database.public):
        assert vault.withdraw_quoting(code=code)
        assert receipts.look_up(code).state is State.NOT_QUOTED
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            PendingRecord.objects.get(id=told.record_id)
    with database.used_by(database.owner):
        assert Excerpt.objects.count() == Snapshot.objects.count() == 0
        assert QuotingStop.objects.filter(record_id=told.record_id).exists()
        assert PendingRecord.objects.filter(id=told.record_id).exists()


@on_postgresql
def test_the_public_role_leaves_a_withdrawal_waiting_under_an_order(
    database: Database, story: Story, told: vault.Sealed
) -> None:
    code = " ".join(told.code or ())
    with database.used_by(database.owner):
        hold = retention.place_hold(
            by=story.consultation.keyholder,
            collection=story.consultation.collection,
            statement="A court ordered us to keep everything.",
            stops_withdrawals=True,
            grant=story.consultation.grant(),
        )
    try:
        with database.used_by(database.public):
            assert receipts.public_holds() == ["A court ordered us to keep everything."]
            assert vault.withdraw_record(code=code)
            assert receipts.look_up(code).state is State.WAITING
        with database.used_by(database.owner):
            assert Excerpt.objects.count() == 0
            assert HeldWithdrawal.objects.filter(record_id=told.record_id).exists()
    finally:
        with database.used_by(database.owner):
            assert retention.lift_hold(by=story.consultation.keyholder, hold=hold) == 1
            assert not PendingRecord.objects.filter(id=told.record_id).exists()


@on_postgresql
@pytest.mark.parametrize("model", [EpochGrant, Keyholder, AuditEntry, DataKey, Record, Snapshot])
def test_the_models_a_reader_uses_do_not_open_for_the_public_role(
    database: Database, model: type[models.Model]
) -> None:
    with (
        database.used_by(database.public),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
    ):
        model._default_manager.first()


# The real thing: gunicorn, production's own settings, the public role's own connection.


@contextmanager
def _served(database: Database, folder: Path) -> Iterator[tuple[str, Path]]:
    """The public process as it is deployed, but for HTTPS, which a proxy would end."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "cms.settings.production",
        "SITE_ROLE": "public",
        "DATABASE_URL": database.address_for(database.public),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "VAULT_PEPPER": settings.VAULT_PEPPER,
        "ALLOWED_HOSTS": "127.0.0.1",
        "SITE_ADDRESS": address,
        "SECURE_SSL_REDIRECT": "False",
        "DATA_DIR": str(folder),
        "TMPDIR": str(folder),
    }
    _name_static_files(folder / "static")
    log = folder / "server.log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "cms.wsgi:application",
                f"--bind=127.0.0.1:{port}",
                "--workers=1",
                "--no-control-socket",
                "--log-level=warning",
            ],
            cwd=ROOT,
            env=environment,
            stdout=written,
            stderr=written,
        )
        try:
            _wait_for(address)
            yield address, log
        finally:
            server.terminate()
            server.wait(30)


def _name_static_files(folder: Path) -> None:
    """The list that collectstatic would write, for the site's own files, which nobody fetches."""
    files = ROOT / "cms" / "static"
    names = [str(file.relative_to(files)) for file in files.rglob("*") if file.is_file()]
    folder.mkdir()
    (folder / "staticfiles.json").write_text(
        json.dumps({"version": "1.1", "hash": "", "paths": {name: name for name in names}})
    )


def _wait_for(address: str) -> None:
    for _attempt in range(100):
        try:
            Walker(address).get("/leave")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("The public process did not come up.")


@on_postgresql
@pytest.mark.slow
def test_a_worker_goes_all_the_way_through_a_public_process(
    database: Database, story: Story, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    with _served(database, tmp_path) as (address, log):
        visitor = Walker(address)
        # A member of the team may look at the site too, with a session the process can't read.
        visitor.cookies["__Host-s"] = "a" * 32
        for path, words in (
            ("/", "Home"),
            ("/campaign/", "Tell us"),
            ("/check/", "1 person holds"),
        ):
            visitor.get(path)
            assert (visitor.status, words in visitor.text) == (200, True), log.read_text()
        visitor.get("/no/such/page/")
        assert visitor.status == 404
        for path in ("/admin/", "/admin/login/"):
            visitor.get(path)
            assert visitor.status == 404
        call, survey = story.consultation.call_path, story.consultation.survey_path
        code = " ".join(walk(Walker(address), call, PAGES))
        other = " ".join(walk(Walker(address), survey, RESPONSE))
        with database.used_by(database.owner):
            record_id = receipts.record_for(code)
            assert record_id is not None
            excerpt = story.quote(record_id, folder=tmp_path / "editions")
            story.home.body = json.dumps(
                [{"type": "quotation", "value": {"excerpt": str(excerpt.pk)}}]
            )
            story.home.save()
        visitor.get("/")
        assert excerpt.text in visitor.text, log.read_text()
        for words, go in (
            (other, "look"),
            (other, "stop-quoting"),
            (code, "withdraw"),
        ):
            worker = Walker(address)
            worker.get("/receipt/en/")
            worker.post("/receipt/en/", ("code", words), ("go", go))
            assert worker.status == 200, log.read_text()
        with database.used_by(database.owner):
            assert Excerpt.objects.filter(record_id=record_id).count() == 0
            assert Snapshot.objects.count() == Edition.objects.count() == 0
            assert not PendingRecord.objects.filter(id=record_id).exists()
            assert QuotingStop.objects.filter(record_id=receipts.record_for(other)).exists()
            assert Erasure.objects.count() == 0
        assert list((tmp_path / "editions").iterdir()) == []
        visitor.get("/")
        assert (visitor.status, excerpt.text in visitor.text) == (200, False)
        leaver = Walker(address)
        leaver.get(call)
        leaver.post(call, ("go", "begin"))
        leaver.post(call, *PAGES[0])
        assert [name for name in leaver.cookies if "d-" in name]
        leaver.get("/leave")
        assert leaver.status == 302
    assert "permission denied" not in log.read_text()
    assert "Error" not in log.read_text()


# The command.


@on_postgresql
def test_running_it_again_takes_back_what_was_given_by_hand(database: Database) -> None:
    with database.connect(database.owner) as owner:
        name = sql.Identifier(database.public.name)
        owner.execute(sql.SQL("GRANT SELECT ON vault_epochgrant TO {}").format(name))
        owner.execute(sql.SQL("GRANT UPDATE (public_key) ON vault_epoch TO {}").format(name))
        owner.execute("GRANT SELECT ON vault_keyholder TO PUBLIC")
        owner.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC")
    with database.used_by(database.owner):
        assert "and nothing else" in _grant(database)
        with connection.cursor() as cursor:
            assert not database_roles.excess(database_roles.rights_of(cursor, database.public.name))


@on_postgresql
def test_a_new_table_starts_without_rights(database: Database) -> None:
    with (
        database.connect(database.owner) as owner,
        database.connect(database.public) as public,
        owner.transaction(force_rollback=False),
    ):
        owner.execute("CREATE TABLE something_new (a int)")
    try:
        with (
            database.connect(database.public) as public,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            public.execute("SELECT a FROM something_new")
    finally:
        with database.connect(database.owner) as owner:
            owner.execute("DROP TABLE something_new")


@on_postgresql
def test_a_right_that_the_owner_cannot_take_back_stops_the_command(database: Database) -> None:
    with _as_administrator(database.name) as administrator:
        administrator.execute("CREATE SCHEMA elsewhere")
        administrator.execute("CREATE TABLE elsewhere.keys (sealed bytea)")
        administrator.execute("GRANT SELECT ON elsewhere.keys TO PUBLIC")
        try:
            with (
                database.used_by(database.owner),
                pytest.raises(CommandError, match=r"SELECT on elsewhere\.keys\.sealed"),
            ):
                _grant(database)
        finally:
            administrator.execute("DROP SCHEMA elsewhere CASCADE")


@on_postgresql
def test_a_role_that_grants_cannot_hold_back_is_refused(database: Database) -> None:
    superuser = settings.DATABASES["default"]["USER"]
    with database.used_by(database.owner):
        with pytest.raises(CommandError, match="is a superuser"):
            _grant(database, role=superuser)
        with pytest.raises(CommandError, match="may create roles"):
            _grant(database, role=database.owner.name)
        with pytest.raises(CommandError, match="There is no role"):
            call_command("public_role", role="nobody_at_all")
        member = f"member_{database.public.name}"
        try:
            with _as_administrator() as administrator:
                administrator.execute(
                    sql.SQL("CREATE ROLE {} IN ROLE pg_read_all_data").format(
                        sql.Identifier(member)
                    )
                )
            with pytest.raises(CommandError, match="member of another role"):
                _grant(database, role=member)
        finally:
            with _as_administrator() as administrator:
                administrator.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(member)))


@on_postgresql
@pytest.mark.parametrize("password", ["", "too short"])
def test_a_new_role_needs_a_long_password(
    database: Database, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUBLIC_ROLE_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    with (
        database.used_by(database.owner),
        pytest.raises(CommandError, match="at least 20 characters"),
    ):
        call_command("public_role", "--create", role=f"other_{database.public.name}")


# The check that a public process runs of itself.


@on_postgresql
def test_the_check_is_silent_for_the_public_role_and_loud_for_the_owner(
    database: Database, settings: Any
) -> None:
    with database.used_by(database.owner):
        assert checks.public_process_reads_no_key(["default"]) == []
    settings.SITE_ROLE = "public"
    with database.used_by(database.public):
        assert checks.public_process_reads_no_key(["default"]) == []
        assert checks.vault_is_tended(["default"]) == []
    with database.used_by(database.owner):
        found = checks.public_process_reads_no_key(["default"])
    assert {message.id for message in found} == {"at_the_table.E015", "at_the_table.E016"}
    assert any("owns a table" in message.msg for message in found)
    assert checks.public_process_reads_no_key(None) == []


@on_postgresql
def test_the_check_says_what_a_role_lacks(database: Database, settings: Any) -> None:
    settings.SITE_ROLE = "public"
    with database.connect(database.owner) as owner:
        owner.execute(
            sql.SQL("REVOKE DELETE ON vault_record FROM {}").format(
                sql.Identifier(database.public.name)
            )
        )
    try:
        with database.used_by(database.public):
            found = checks.public_process_reads_no_key(["default"])
        assert [message.id for message in found] == ["at_the_table.E017"]
        assert "DELETE on vault_record" in found[0].msg
    finally:
        with database.used_by(database.owner):
            _grant(database)
