"""For trying out on one's own machine: SQLite, secrets made on the spot, plain HTTP.

Everything this machine keeps lies in ``.demo/`` (ignored by git, readable by its owner).
"""

import os
import secrets
from pathlib import Path

import environ

from cms.settings.base import *
from cms.settings.base import BASE_DIR

STATE_DIR = Path(os.environ.get("AT_THE_TABLE_STATE", BASE_DIR / ".demo"))
STATE_DIR.mkdir(mode=0o700, exist_ok=True, parents=True)


def _kept_secret(name: str) -> str:
    """A random secret kept in a file only its owner can read."""
    file = STATE_DIR / name
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii")


DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = _kept_secret("secret-key")
VAULT_PEPPER = _kept_secret("receipt-pepper")
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
WAGTAILADMIN_BASE_URL = "http://127.0.0.1:8000"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": STATE_DIR / "site.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
            ),
        },
    }
}
if os.environ.get("DATABASE_URL"):
    # To try the production database on this machine.
    DATABASES = {"default": {**environ.Env().db("DATABASE_URL"), "CONN_MAX_AGE": 60}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = STATE_DIR / "mail"
NOTICE_RECIPIENTS = ["team@localhost"]

STATIC_ROOT = STATE_DIR / "static"
MEDIA_ROOT = STATE_DIR / "media"
VAULT_RUN_DIR = STATE_DIR / "run"
REPORT_ARCHIVE_DIR = STATE_DIR / "editions"
BACKUP_FOLDERS = {"media": MEDIA_ROOT, "editions": REPORT_ARCHIVE_DIR}
