"""For the suite: either database, fixed secrets that protect nothing, quick derivation."""

import os
import tempfile
from pathlib import Path
from typing import Any

from cms.settings.base import *

_SCRATCH = Path(tempfile.mkdtemp(prefix="at-the-table-test-"))

SECRET_KEY = "the-suite-protects-nothing-with-this-key"
VAULT_PEPPER = "nor-with-this-pepper"
VAULT_KDF = {"memory_kib": 1024, "passes": 1, "lanes": 1}
VAULT_RUN_DIR = _SCRATCH / "run"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
WAGTAILADMIN_BASE_URL = "http://testserver"

DATABASES: dict[str, dict[str, Any]]
if os.environ.get("TEST_DATABASE") == "postgresql":
    # pg_virtualenv names its throw-away cluster through libpq's own variables.
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("PGDATABASE", "postgres"),
            "USER": os.environ.get("PGUSER", ""),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
            "HOST": os.environ.get("PGHOST", ""),
            "PORT": os.environ.get("PGPORT", ""),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _SCRATCH / "site.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON;",
            },
        }
    }
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = _SCRATCH / "static"
MEDIA_ROOT = _SCRATCH / "media"
REPORT_ARCHIVE_DIR = _SCRATCH / "editions"
STATIC_ROOT.mkdir(parents=True)
BACKUP_FOLDERS = {"media": MEDIA_ROOT, "editions": REPORT_ARCHIVE_DIR}
