"""House rules as system checks: each fires when it should, and is silent when all is well."""

from __future__ import annotations

import copy
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage, registry
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from cms import checks
from testimony.vault import facade
from tests.factories import Consultation

ROOT = Path(__file__).resolve().parents[2]
SQLITE = "django.db.backends.sqlite3"
CAREFUL = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"


def _ids(messages: list[CheckMessage]) -> list[str]:
    return [str(message.id).removeprefix("at_the_table.") for message in messages]


def _database(**options: Any) -> dict[str, Any]:
    wanted = {"transaction_mode": "IMMEDIATE", "init_command": CAREFUL, **options}
    return {"default": {"ENGINE": SQLITE, "NAME": "x", "OPTIONS": wanted}}


class Deployed(SimpleNamespace):
    """The suite's settings but for what is set on this object."""

    def __getattr__(self, name: str) -> Any:
        return getattr(settings, name)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """Settings as production has them, for the checks alone: nothing connects by them."""
    site = Deployed()
    site.COOKIE_PREFIX = "__Host-"
    site.SESSION_COOKIE_NAME, site.CSRF_COOKIE_NAME = "__Host-s", "__Host-c"
    site.SESSION_COOKIE_SECURE = site.CSRF_COOKIE_SECURE = True
    site.SECURE_HSTS_SECONDS = checks.ONE_YEAR
    site.SECURE_SSL_REDIRECT = True
    site.DEBUG = False
    site.ALLOWED_HOSTS = ["example.org"]
    site.SECRET_KEY, site.VAULT_PEPPER = "s" * 60, "p" * 40
    site.VAULT_KDF = {"memory_kib": 256 * 1024, "passes": 3, "lanes": 1}
    site.BACKUP_RECIPIENT = "age1somebody"
    site.PROXY_IS_CHECKED = True
    site.DATABASES = _database()
    monkeypatch.setattr(checks, "settings", site)
    return site


def test_settings_as_production_has_them_break_no_rule(deployed: Deployed) -> None:
    assert checks.settings_keep_the_rules_of_production() == []
    assert checks.uploads_never_touch_the_disk() == []
    assert checks.logs_name_nobody() == []
    assert checks.archives_have_somebody_to_open_them() == []
    assert checks.proxy_was_looked_at() == []


@pytest.mark.parametrize(
    ("number", "name", "value"),
    [
        ("E001", "COOKIE_PREFIX", ""),
        ("E001", "SESSION_COOKIE_NAME", "sessionid"),
        ("E001", "CSRF_COOKIE_NAME", "csrftoken"),
        ("E002", "SITE_ROLE", "public"),
        ("E002", "SITE_ROLE", "editorial"),
        ("E003", "VAULT_PEPPER", "short"),
        ("E005", "SESSION_COOKIE_SECURE", False),
        ("E005", "CSRF_COOKIE_SECURE", False),
        ("E006", "SESSION_COOKIE_HTTPONLY", False),
        ("E006", "CSRF_COOKIE_HTTPONLY", False),
        ("E007", "SESSION_COOKIE_SAMESITE", "None"),
        ("E007", "CSRF_COOKIE_SAMESITE", False),
        ("E008", "SECURE_HSTS_SECONDS", checks.ONE_YEAR - 1),
        ("E009", "SECURE_SSL_REDIRECT", False),
        ("E010", "DEBUG", True),
        ("E011", "ALLOWED_HOSTS", ["*"]),
        ("E011", "ALLOWED_HOSTS", []),
        ("E012", "MIDDLEWARE", ["django.middleware.gzip.GZipMiddleware"]),
        ("E012", "MIDDLEWARE", ["django_brotli.middleware.BrotliMiddleware"]),
        ("E013", "DATABASES", _database(transaction_mode="DEFERRED")),
        ("E013", "DATABASES", _database(init_command=CAREFUL.replace("WAL", "DELETE"))),
        ("E013", "DATABASES", _database(init_command=CAREFUL.replace("FULL", "NORMAL"))),
        ("E013", "DATABASES", _database(init_command=CAREFUL.replace("=ON", "=FAST"))),
        ("E013", "DATABASES", _database(init_command="")),
        ("E014", "VAULT_KDF", {"memory_kib": 256 * 1024 - 1, "passes": 3, "lanes": 1}),
        ("E014", "VAULT_KDF", {"memory_kib": 256 * 1024, "passes": 2, "lanes": 1}),
    ],
)
def test_each_rule_of_production_fires_alone(
    deployed: Deployed, number: str, name: str, value: Any
) -> None:
    setattr(deployed, name, value)
    found = checks.settings_keep_the_rules_of_production()
    assert _ids(found) == [number]
    assert found[0].hint


def test_the_pepper_is_not_the_secret_key(deployed: Deployed) -> None:
    deployed.SECRET_KEY = deployed.VAULT_PEPPER
    assert _ids(checks.settings_keep_the_rules_of_production()) == ["E003"]


def test_rules_for_sqlite_say_nothing_of_postgresql(deployed: Deployed) -> None:
    deployed.DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
    deployed.SITE_ROLE = "public"
    assert checks.settings_keep_the_rules_of_production() == []


def test_an_upload_that_could_reach_the_disk_fires(settings: Any) -> None:
    settings.FILE_UPLOAD_HANDLERS = [
        "django.core.files.uploadhandler.MemoryFileUploadHandler",
        "django.core.files.uploadhandler.TemporaryFileUploadHandler",
    ]
    assert _ids(checks.uploads_never_touch_the_disk()) == ["E004"]


def _with_mail(config: dict[str, Any]) -> str:
    config["handlers"]["mail"] = {"class": "django.utils.log.AdminEmailHandler"}
    return "handler mail"


def _with_file(config: dict[str, Any]) -> str:
    config["handlers"]["kept"] = {
        "class": "logging.FileHandler",
        "filters": ["without_request"],
        "filename": "/var/log/site",
    }
    return "handler kept"


def _without_filter(config: dict[str, Any]) -> str:
    config["handlers"]["stderr"]["filters"] = []
    return "handler stderr"


def _with_another_filter(config: dict[str, Any]) -> str:
    config["filters"]["without_request"]["()"] = "django.utils.log.RequireDebugFalse"
    return "handler stderr"


def _with_djangos_own_mail(config: dict[str, Any]) -> str:
    del config["loggers"]["django"]
    return "logger django"


@pytest.mark.parametrize(
    "spoil",
    [_with_mail, _with_file, _without_filter, _with_another_filter, _with_djangos_own_mail],
)
def test_a_log_that_could_name_a_visitor_fires(
    settings: Any, spoil: Callable[[dict[str, Any]], str]
) -> None:
    config = copy.deepcopy(settings.LOGGING)
    named = spoil(config)
    settings.LOGGING = config
    found = checks.logs_name_nobody()
    assert _ids(found) == ["W009"]
    assert named in found[0].msg


def test_a_handler_that_drops_everything_is_fine(settings: Any) -> None:
    config = copy.deepcopy(settings.LOGGING)
    config["handlers"]["nothing"] = {"class": "logging.NullHandler"}
    settings.LOGGING = config
    assert checks.logs_name_nobody() == []


def test_no_recipient_means_no_backup(settings: Any) -> None:
    settings.BACKUP_RECIPIENT = ""
    assert _ids(checks.archives_have_somebody_to_open_them()) == ["W008"]


def test_somebody_must_say_they_looked_at_the_proxy(settings: Any) -> None:
    settings.PROXY_IS_CHECKED = False
    assert _ids(checks.proxy_was_looked_at()) == ["W007"]


# The machine.


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of files: /proc and /sys under one folder."""
    monkeypatch.setattr(checks, "PROC", tmp_path / "proc")
    monkeypatch.setattr(checks, "SYS", tmp_path / "sys")
    (tmp_path / "sys/class/block").mkdir(parents=True)
    _write(tmp_path / "proc/sys/kernel/core_pattern", "core\n")
    return tmp_path


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _swap(machine: Path, *areas: str) -> None:
    header = "Filename\t\tType\t\tSize\tUsed\tPriority\n"
    lines = [f"{area}  partition\t1000\t0\t-2\n" for area in areas]
    _write(machine / "proc/swaps", header + "".join(lines))


def test_no_swap_is_no_worry(machine: Path) -> None:
    assert checks.swap_is_off_or_encrypted() == []
    _swap(machine)
    assert checks.swap_is_off_or_encrypted() == []


def test_swap_in_clear_fires_and_is_named(machine: Path) -> None:
    _swap(machine, "/dev/sdz9", "/dev/zram0")
    (machine / "sys/class/block/sdz9").mkdir()
    found = checks.swap_is_off_or_encrypted()
    assert _ids(found) == ["W001"]
    assert "/dev/sdz9" in found[0].msg
    assert "zram" not in found[0].msg


def test_swap_in_memory_is_safe_until_it_is_written_back(machine: Path) -> None:
    _swap(machine, "/dev/zram0")
    assert checks.swap_is_off_or_encrypted() == []
    _write(machine / "sys/class/block/zram0/backing_dev", "none\n")
    assert checks.swap_is_off_or_encrypted() == []
    _write(machine / "sys/class/block/zram0/backing_dev", "/dev/sda5\n")
    assert _ids(checks.swap_is_off_or_encrypted()) == ["W001"]


def test_encrypted_swap_is_safe_also_on_a_volume_over_it(machine: Path) -> None:
    _swap(machine, "/dev/dm-91", "/dev/dm-92")
    block = machine / "sys/class/block"
    _write(block / "dm-91/dm/uuid", "CRYPT-PLAIN-swap\n")
    _write(block / "dm-92/dm/uuid", "LVM-abc\n")
    _write(block / "dm-92/slaves/dm-90/dm/uuid", "CRYPT-LUKS2-abc-root\n")
    assert checks.swap_is_off_or_encrypted() == []
    (block / "dm-92/slaves/sdz1").mkdir()
    assert _ids(checks.swap_is_off_or_encrypted()) == ["W001"]


def test_a_swap_file_is_as_safe_as_the_disk_below_it(machine: Path) -> None:
    file = machine / "swap file"
    file.touch()
    _swap(machine, str(file).replace(" ", "\\040"))
    assert _ids(checks.swap_is_off_or_encrypted()) == ["W001"]
    number = file.stat().st_dev
    device = machine / f"sys/dev/block/{os.major(number)}:{os.minor(number)}"
    _write(device / "dm/uuid", "CRYPT-LUKS2-abc-root\n")
    assert checks.swap_is_off_or_encrypted() == []
    file.unlink()
    assert _ids(checks.swap_is_off_or_encrypted()) == ["W001"]


@pytest.mark.parametrize(
    ("limit", "pattern", "words"),
    [
        (0, "core", None),
        (1, "core", "this process"),
        (resource.RLIM_INFINITY, "core", "this process"),
        (0, "|/usr/lib/systemd/systemd-coredump %P", "systemd-coredump"),
    ],
)
def test_a_core_dump_that_could_be_kept_fires(
    machine: Path, monkeypatch: pytest.MonkeyPatch, limit: int, pattern: str, words: str | None
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (limit, limit))
    _write(machine / "proc/sys/kernel/core_pattern", pattern + "\n")
    found = checks.crashes_leave_no_memory_behind()
    assert _ids(found) == ([] if words is None else ["W006"])
    assert words is None or words in found[0].msg


def test_a_folder_that_others_may_use_fires(deployed: Deployed, tmp_path: Path) -> None:
    file = tmp_path / "site.sqlite3"
    file.touch(mode=0o600)
    deployed.DATABASES["default"]["NAME"] = file
    deployed.DATA_DIR = tmp_path
    deployed.REPORT_ARCHIVE_DIR = tmp_path / "not made yet"
    tmp_path.chmod(0o750)
    assert checks.folders_are_ours_alone() == []
    tmp_path.chmod(0o755)
    file.chmod(0o604)
    found = checks.folders_are_ours_alone()
    assert _ids(found) == ["W010"]
    assert str(file) in found[0].msg
    tmp_path.chmod(0o700)


# The database server.

QUIET = {
    "archive_mode": "off",
    "wal_recycle": "off",
    "track_commit_timestamp": "off",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_duration": "off",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def test_a_server_that_keeps_nothing_is_fine() -> None:
    assert checks.server_messages(QUIET, slots=0) == []
    assert checks.server_messages({}, slots=0) == []


@pytest.mark.parametrize(
    ("number", "name", "value"),
    [
        ("W002", "archive_mode", "on"),
        ("W002", "archive_mode", "always"),
        ("W003", "wal_recycle", "on"),
        ("W011", "track_commit_timestamp", "on"),
        ("W005", "log_statement", "all"),
        ("W005", "log_statement", "mod"),
        ("W005", "log_min_duration_statement", "0"),
        ("W005", "log_min_duration_sample", "100"),
        ("W005", "log_transaction_sample_rate", "0.5"),
        ("W005", "log_duration", "on"),
        ("W005", "log_min_error_statement", "error"),
        ("W005", "log_parameter_max_length", "-1"),
        ("W005", "log_parameter_max_length_on_error", "-1"),
        ("W005", "auto_explain.log_min_duration", "0"),
    ],
)
def test_a_server_that_keeps_what_should_be_gone_fires(number: str, name: str, value: str) -> None:
    found = checks.server_messages({**QUIET, name: value}, slots=0)
    assert _ids(found) == [number]
    assert name in found[0].msg


def test_a_replication_slot_fires() -> None:
    assert _ids(checks.server_messages(QUIET, slots=1)) == ["W004"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server.")
def test_a_real_server_is_asked(db: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL log_min_error_statement = 'error'; SET LOCAL log_statement = 'all';"
        )
    found = checks.postgresql_forgets(["default"])
    assert any("log_min_error_statement is “error”" in message.msg for message in found)
    assert any("log_statement is “all”" in message.msg for message in found)
    assert "W004" not in _ids(found)


def test_checks_of_a_database_ask_nothing_without_one() -> None:
    assert checks.postgresql_forgets(None) == []
    assert checks.public_process_reads_no_key(None) == []
    assert checks.vault_is_tended(None) == []


# The vault.


def test_each_of_the_vaults_worries_is_a_message(
    consultation: Consultation, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    worries = [
        facade.Worry("It has no key for next month.", consultation.collection),
        facade.Worry("The daily job has not run."),
    ]
    monkeypatch.setattr(facade, "worries", lambda: worries)
    found = checks.vault_is_tended(["default"])
    assert _ids(found) == ["W012", "W012"]
    assert found[0].msg == "A consultation: It has no key for next month."
    assert found[1].msg == "The daily job has not run."
    settings.SITE_ROLE = "public"
    assert checks.vault_is_tended(["default"]) == []


def test_a_collection_without_a_key_for_this_month_is_told_by_the_check(
    consultation: Consultation,
) -> None:
    def about_keys() -> list[CheckMessage]:
        return [m for m in checks.vault_is_tended(["default"]) if "no key" in m.msg]

    assert about_keys() == []
    consultation.collection.epochs.all().delete()
    assert [message.msg.split(":")[0] for message in about_keys()] == ["A consultation"]


def test_a_database_that_is_about_to_be_migrated_is_not_asked(
    db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_such_table() -> list[facade.Worry]:
        raise DatabaseError

    monkeypatch.setattr(facade, "worries", no_such_table)
    assert checks.vault_is_tended(["default"]) == []


# How they are run.


def test_only_the_vaults_own_check_asks_a_database_outside_a_deployment() -> None:
    asked = {
        check.__name__
        for check in registry.registry.get_checks(include_deployment_checks=False)
        if check.__module__ == checks.__name__
    }
    assert asked == {"uploads_never_touch_the_disk", "vault_is_tended"}


def test_the_check_command_reports_what_is_wrong(settings: Any) -> None:
    settings.FILE_UPLOAD_HANDLERS = []
    with pytest.raises(CommandError, match=r"at_the_table\.E004"):
        call_command("check")


def _check_in_production(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "cms.settings.production",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        "VAULT_PEPPER": "zyxwvutsrqponmlkjihgfedcba9876543210",
        "DATABASE_URL": "postgres://nobody@127.0.0.1/none",
        "ALLOWED_HOSTS": "example.org",
        "SITE_ADDRESS": "https://example.org",
        "DATA_DIR": str(tmp_path),
        "SITE_ROLE": "all",
        **environment,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_administrator_can_acknowledge_what_is_said_of_the_machine(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    said = _check_in_production(tmp_path).stderr
    assert "at_the_table.W007" in said
    assert "at_the_table.W008" in said
    machine = ", ".join(f"at_the_table.W00{number}" for number in (1, 6, 7))
    acknowledged = _check_in_production(
        tmp_path, ACKNOWLEDGED_CHECKS=machine, BACKUP_RECIPIENT="age1somebody"
    )
    assert acknowledged.returncode == 0, acknowledged.stderr


def test_a_rule_can_only_be_kept(tmp_path: Path) -> None:
    said = _check_in_production(tmp_path, ACKNOWLEDGED_CHECKS="at_the_table.E001")
    assert said.returncode != 0
    assert "at_the_table.E001 is a rule" in said.stderr
