"""System checks: house rules that a setting, a machine or a database could break.

Rules are rows: an id, a small predicate, the sentence shown, and what to do. *Settings* are the
site's own and are errors. What a *machine* or a database server does can't be changed from here: it
is a warning, and where an administrator has looked and decided, ``ACKNOWLEDGED_CHECKS`` in the
environment names it. Checks of a database run with ``manage.py check --database default``.
"""

from __future__ import annotations

import os
import re
import resource
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections, transaction

from cms import database_roles
from cms.logging import WithoutRequest
from testimony.vault import facade

ONE_YEAR: Final = 31_536_000
LEAST_MEMORY_KIB: Final = 256 * 1024
LEAST_PASSES: Final = 3
_SHOWN: Final = 5
_FILTER: Final = f"{WithoutRequest.__module__}.{WithoutRequest.__qualname__}"

PROC: Path = Path("/proc")
SYS: Path = Path("/sys")


# Settings: rules that hold whatever the machine.


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the settings must keep to."""

    number: str
    holds: Callable[[Any], bool]
    sentence: str
    hint: str

    def message(self) -> CheckMessage:
        return Error(self.sentence, hint=self.hint, id=f"at_the_table.{self.number}")


_PRODUCTION: Final = "Use the production settings."
_NEW_SECRET: Final = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'"  # noqa: S105


def _has_host_cookies(site: Any) -> bool:
    names = (site.COOKIE_PREFIX, site.SESSION_COOKIE_NAME, site.CSRF_COOKIE_NAME)
    return all(name.startswith("__Host-") for name in names)


def _has_one_role_on_sqlite(site: Any) -> bool:
    return "sqlite" not in site.DATABASES["default"]["ENGINE"] or site.SITE_ROLE == "all"


def _has_a_pepper_of_its_own(site: Any) -> bool:
    pepper: str = site.VAULT_PEPPER
    return len(pepper) >= 32 and pepper != site.SECRET_KEY


def _has_strict_samesite(site: Any) -> bool:
    return {site.SESSION_COOKIE_SAMESITE, site.CSRF_COOKIE_SAMESITE} <= {"Lax", "Strict"}


def _names_its_hosts(site: Any) -> bool:
    return bool(site.ALLOWED_HOSTS) and "*" not in site.ALLOWED_HOSTS


def _compresses_no_page(site: Any) -> bool:
    return not any(
        re.search(r"gzip|brotli|deflate|zstd|compress", name, re.IGNORECASE)
        for name in site.MIDDLEWARE
    )


def _derives_slowly_enough(site: Any) -> bool:
    costs: Mapping[str, int] = site.VAULT_KDF
    return costs["memory_kib"] >= LEAST_MEMORY_KIB and costs["passes"] >= LEAST_PASSES


_PRAGMAS: Final = (
    r"journal_mode\s*=\s*WAL",
    r"synchronous\s*=\s*(FULL|EXTRA|2|3)",
    r"secure_delete\s*=\s*(ON|TRUE|1)",
)


def _has_careful_sqlite(site: Any) -> bool:
    database = site.DATABASES["default"]
    if "sqlite" not in database["ENGINE"]:
        return True
    options = database.get("OPTIONS", {})
    begun = options.get("init_command", "")
    is_immediate: bool = options.get("transaction_mode") == "IMMEDIATE"
    return is_immediate and all(
        re.search(rf"\b{pragma}\b", begun, re.IGNORECASE) for pragma in _PRAGMAS
    )


def _keeps_uploads_in_memory(site: Any) -> bool:
    wanted = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
    return list(site.FILE_UPLOAD_HANDLERS) == wanted


DEPLOYED: Final = (
    Rule(
        "E001",
        _has_host_cookies,
        "COOKIE_PREFIX, or the name of a cookie, does not begin with “__Host-”.",
        f"Another host of the same domain could plant a cookie. {_PRODUCTION}",
    ),
    Rule(
        "E002",
        _has_one_role_on_sqlite,
        "SQLite runs only with SITE_ROLE=all.",
        "Use PostgreSQL to run the public site apart from the editorial one.",
    ),
    Rule(
        "E003",
        _has_a_pepper_of_its_own,
        "VAULT_PEPPER is short, or the same as SECRET_KEY.",
        _NEW_SECRET,
    ),
    Rule(
        "E005",
        lambda site: site.SESSION_COOKIE_SECURE and site.CSRF_COOKIE_SECURE,
        "SESSION_COOKIE_SECURE or CSRF_COOKIE_SECURE is off.",
        f"A cookie could travel in clear. {_PRODUCTION}",
    ),
    Rule(
        "E006",
        lambda site: site.SESSION_COOKIE_HTTPONLY and site.CSRF_COOKIE_HTTPONLY,
        "SESSION_COOKIE_HTTPONLY or CSRF_COOKIE_HTTPONLY is off.",
        "A script could read a cookie. No script of ours needs one.",
    ),
    Rule(
        "E007",
        _has_strict_samesite,
        "SESSION_COOKIE_SAMESITE or CSRF_COOKIE_SAMESITE is neither “Lax” nor “Strict”.",
        "Another site could act with somebody's cookie.",
    ),
    Rule(
        "E008",
        lambda site: site.SECURE_HSTS_SECONDS >= ONE_YEAR,
        "SECURE_HSTS_SECONDS is less than a year.",
        f"A first request in clear tells the network which page was asked for. {_PRODUCTION}",
    ),
    Rule(
        "E009",
        lambda site: bool(site.SECURE_SSL_REDIRECT),
        "SECURE_SSL_REDIRECT is off.",
        "Only an onion host needs no HTTPS. If this is one, name this check in "
        "ACKNOWLEDGED_CHECKS.",
    ),
    Rule(
        "E010",
        lambda site: not site.DEBUG,
        "DEBUG is on.",
        f"An error page would show what somebody wrote. {_PRODUCTION}",
    ),
    Rule(
        "E011",
        _names_its_hosts,
        "ALLOWED_HOSTS is empty, or admits every host.",
        "Name the site's own hosts.",
    ),
    Rule(
        "E012",
        _compresses_no_page,
        "MIDDLEWARE compresses pages.",
        "A page that holds a secret token beside echoed text gives the token away by its length. "
        "Static files are compressed ahead.",
    ),
    Rule(
        "E013",
        _has_careful_sqlite,
        "SQLite runs without WAL, IMMEDIATE transactions, secure_delete or synchronous=FULL.",
        "Without them what was deleted stays in the file, or what was sent may be lost. "
        f"{_PRODUCTION}",
    ),
    Rule(
        "E014",
        _derives_slowly_enough,
        "VAULT_KDF costs less than 256 MiB of memory and three passes.",
        "A stolen database could be searched for passphrases.",
    ),
)

ALWAYS: Final = (
    Rule(
        "E004",
        _keeps_uploads_in_memory,
        "FILE_UPLOAD_HANDLERS lets an upload be spooled to disk in clear.",
        "Use the memory handler alone.",
    ),
)


def broken(rules: Iterable[Rule]) -> list[CheckMessage]:
    """What the settings do not keep to."""
    return [rule.message() for rule in rules if not rule.holds(settings)]


@register(deploy=True)
def settings_keep_the_rules_of_production(**_options: Any) -> list[CheckMessage]:
    """Every row of ``DEPLOYED``."""
    return broken(DEPLOYED)


@register()
def uploads_never_touch_the_disk(**_options: Any) -> list[CheckMessage]:
    """Only the memory handler: Django's default spools large uploads to a readable file."""
    return broken(ALWAYS)


@register(deploy=True)
def logs_name_nobody(**_options: Any) -> list[CheckMessage]:
    """Every handler writes to the process's own stream, through the filter that drops requests."""
    found = sorted(_talkative_handlers(settings.LOGGING))
    if not found:
        return []
    return [
        checks.Warning(
            f"LOGGING may store addresses or words: {', '.join(found)}.",
            hint="Handlers write to a stream, through cms.logging.WithoutRequest. Django mails "
            "whole requests unless its logger “django” is given a handler here.",
            id="at_the_table.W009",
        )
    ]


def _talkative_handlers(config: Mapping[str, Any]) -> Iterator[str]:
    named = config.get("filters", {})
    careful = {name for name, given in named.items() if given.get("()") == _FILTER}
    for name, handler in config.get("handlers", {}).items():
        kind = handler.get("class", "")
        is_careful = kind == "logging.StreamHandler" and careful & set(handler.get("filters", ()))
        if kind != "logging.NullHandler" and not is_careful:
            yield f"handler {name}"
    if "handlers" not in config.get("loggers", {}).get("django", {}):
        yield "logger django"


@register(deploy=True)
def archives_have_somebody_to_open_them(**_options: Any) -> list[CheckMessage]:
    """Without a recipient no archive is made, and a broken disk loses everything."""
    if settings.BACKUP_RECIPIENT:
        return []
    return [
        checks.Warning(
            "BACKUP_RECIPIENT is empty: there are no backups.",
            hint="Make an age key on another computer, keep it there, and set its public half.",
            id="at_the_table.W008",
        )
    ]


# The machine: what this process can see of it.


@register(deploy=True)
def swap_is_off_or_encrypted(**_options: Any) -> list[CheckMessage]:
    """Memory that held words may be written to swap. In memory (zram) or encrypted, it may."""
    clear = [area for area in swap_areas() if not is_safe_swap(area)]
    if not clear:
        return []
    return [
        checks.Warning(
            f"Words in memory may be written to disk: {', '.join(clear)} is swap in clear.",
            hint="Turn swap off, or encrypt it with a key made at each start "
            "(docs/runbooks/deploy.md).",
            id="at_the_table.W001",
        )
    ]


def swap_areas() -> list[str]:
    """Where this machine swaps to."""
    try:
        lines = (PROC / "swaps").read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return []
    return [line.split()[0].replace("\\040", " ") for line in lines if line.strip()]


def is_safe_swap(area: str) -> bool:
    """Whether a swap area keeps to memory, or lies on something encrypted. On doubt, no."""
    real = os.path.realpath(area)
    if real.startswith("/dev/"):
        device = SYS / "class/block" / real.removeprefix("/dev/")
        if re.fullmatch(r"zram\d+", device.name):
            return _line_of(device / "backing_dev") in {"", "none"}
    else:
        try:
            number = Path(area).stat().st_dev
        except OSError:
            return False
        device = SYS / "dev/block" / f"{os.major(number)}:{os.minor(number)}"
    return _is_encrypted(device)


def _is_encrypted(device: Path) -> bool:
    """Whether a block device is a dm-crypt mapping, or is made of such and nothing else."""
    if _line_of(device / "dm/uuid").startswith("CRYPT-"):
        return True
    below = device / "slaves"
    parts = list(below.iterdir()) if below.is_dir() else []
    return bool(parts) and all(_is_encrypted(part) for part in parts)


def _line_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


@register(deploy=True)
def crashes_leave_no_memory_behind(**_options: Any) -> list[CheckMessage]:
    """A core dump is a copy of memory, with words and keys in it."""
    found = []
    if resource.getrlimit(resource.RLIMIT_CORE)[0] != 0:
        found.append("this process may write one")
    pattern = _line_of(PROC / "sys/kernel/core_pattern")
    if pattern.startswith("|"):
        found.append(f"the kernel hands it to {pattern[1:].split(' ')[0]}")
    if not found:
        return []
    return [
        checks.Warning(
            f"A crash may copy memory to disk: {' and '.join(found)}.",
            hint="LimitCORE=0 for the service, and kernel.core_pattern=core or Storage=none for "
            "the collector (docs/runbooks/deploy.md).",
            id="at_the_table.W006",
        )
    ]


@register(deploy=True)
def proxy_was_looked_at(**_options: Any) -> list[CheckMessage]:
    """What stands before the site can't be seen from here, so somebody has to say they looked."""
    if getattr(settings, "PROXY_IS_CHECKED", False):
        return []
    return [
        checks.Warning(
            "Nobody has said that the proxy keeps no log, spools no request to disk and does not "
            "compress private pages.",
            hint="Follow docs/runbooks/deploy.md, then set PROXY_IS_CHECKED=True in the "
            "environment.",
            id="at_the_table.W007",
        )
    ]


@register(deploy=True)
def folders_are_ours_alone(**_options: Any) -> list[CheckMessage]:
    """Nobody else on this machine may look into what the site keeps."""
    places = [getattr(settings, "DATA_DIR", None), settings.REPORT_ARCHIVE_DIR]
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"]:
        places.append(database["NAME"])
    opened = [str(place) for place in places if place is not None and _is_open_to_all(Path(place))]
    if not opened:
        return []
    return [
        checks.Warning(
            f"Everybody on this machine may use {', '.join(opened)}.",
            hint="chmod o= for each of them.",
            id="at_the_table.W010",
        )
    ]


def _is_open_to_all(place: Path) -> bool:
    try:
        return bool(place.stat().st_mode & stat.S_IRWXO)
    except OSError:
        return False


# The database server: `check --deploy --database default`.


@dataclass(frozen=True, slots=True)
class ServerRule:
    """One setting of PostgreSQL, and the values it may have. One that is not there may be so."""

    number: str
    setting: str
    allowed: frozenset[str]
    why: str


_NO_WAL_KEPT: Final = "What is deleted lives on in old pieces of the write-ahead log."
_NO_STATEMENTS: Final = "A statement holds what was sent, sealed or not, and the log its second."

SERVER_RULES: Final = (
    ServerRule("W002", "archive_mode", frozenset({"off"}), _NO_WAL_KEPT),
    ServerRule("W003", "wal_recycle", frozenset({"off"}), _NO_WAL_KEPT),
    ServerRule(
        "W011",
        "track_commit_timestamp",
        frozenset({"off"}),
        "It keeps the moment of each commit, finer than the week.",
    ),
    *(
        ServerRule("W005", name, frozenset(allowed), _NO_STATEMENTS)
        for name, allowed in (
            ("log_statement", {"none", "ddl"}),
            ("log_min_duration_statement", {"-1"}),
            ("log_min_duration_sample", {"-1"}),
            ("log_transaction_sample_rate", {"0"}),
            ("log_duration", {"off"}),
            ("log_min_error_statement", {"fatal", "panic"}),
            ("log_parameter_max_length", {"0"}),
            ("log_parameter_max_length_on_error", {"0"}),
            ("auto_explain.log_min_duration", {"-1"}),
        )
    ),
)


def server_messages(found: Mapping[str, str], *, slots: int) -> list[CheckMessage]:
    """What a PostgreSQL server with these settings keeps that should be gone."""
    messages: list[CheckMessage] = [
        checks.Warning(
            f"PostgreSQL: {rule.setting} is “{found[rule.setting]}”. {rule.why}",
            hint=f"Set it to {' or '.join(sorted(rule.allowed))} (docs/runbooks/deploy.md).",
            id=f"at_the_table.{rule.number}",
        )
        for rule in SERVER_RULES
        if rule.setting in found and found[rule.setting] not in rule.allowed
    ]
    if slots:
        messages.append(
            checks.Warning(
                f"PostgreSQL keeps its write-ahead log for {slots} replication slots. "
                f"{_NO_WAL_KEPT}",
                hint="Drop the slots, or see that the machine at their other end is kept as this "
                "one is.",
                id="at_the_table.W004",
            )
        )
    return messages


@register(Tags.database, deploy=True)
def postgresql_forgets(databases: Collection[str] | None = None, **_o: Any) -> list[CheckMessage]:
    """The server keeps no copy of what was deleted, and no statement in its log."""
    messages: list[CheckMessage] = []
    for connection in _of_postgresql(databases):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
                [[rule.setting for rule in SERVER_RULES]],
            )
            found = dict(cursor.fetchall())
            cursor.execute("SELECT count(*) FROM pg_replication_slots")
            messages += server_messages(found, slots=cursor.fetchone()[0])
    return messages


@register(Tags.database, deploy=True)
def public_process_reads_no_key(
    databases: Collection[str] | None = None, **_o: Any
) -> list[CheckMessage]:
    """With SITE_ROLE=public, the database itself refuses what the public has no business with."""
    if settings.SITE_ROLE != "public":
        return []
    messages: list[CheckMessage] = []
    for connection in _of_postgresql(databases):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            role = cursor.fetchone()[0]
            standing = database_roles.standing_of(cursor, role) or []
            held = database_roles.rights_of(cursor, role)
        beyond = [str(right) for right in database_roles.excess(held)]
        lacking = [str(right) for right in database_roles.missing(held)]
        hint = (
            "Run “manage.py public_role” as the owner of the tables (docs/runbooks/public-role.md)."
        )
        for number, what, listed in (
            ("E015", "is more than an ordinary role", standing),
            ("E016", "may do more than the public process needs", beyond),
            ("E017", "may do less than the public process needs", lacking),
        ):
            if listed:
                messages.append(
                    Error(
                        f"The database role {role} {what}: {_a_few(listed)}.",
                        hint=hint,
                        id=f"at_the_table.{number}",
                    )
                )
    return messages


def _a_few(listed: list[str]) -> str:
    more = len(listed) - _SHOWN
    return "; ".join(listed[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _of_postgresql(databases: Collection[str] | None) -> Iterator[Any]:
    for alias in databases or ():
        if connections[alias].vendor == "postgresql":
            yield connections[alias]


@register(Tags.database)
def vault_is_tended(databases: Collection[str] | None = None, **_o: Any) -> list[CheckMessage]:
    """Every collection has the keys it needs, and the daily job runs: the dashboard's own list.

    A public process may not know, and a database that is about to be migrated can't say.
    """
    if "default" not in (databases or ()) or settings.SITE_ROLE == "public":
        return []
    try:
        with transaction.atomic():
            worries = facade.worries()
    except DatabaseError:
        return []
    return [
        checks.Warning(
            f"{worry.collection.name}: {worry.sentence}" if worry.collection else worry.sentence,
            id="at_the_table.W012",
        )
        for worry in worries
    ]
