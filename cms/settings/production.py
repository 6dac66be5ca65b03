"""For a real site: everything that differs comes from the environment.

A missing variable stops the start and says which one, and how to make it.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from cms.settings.base import *

_environment = environ.Env()

_ADVICE = {
    "SECRET_KEY": "a long random text: "
    "python -c 'import secrets; print(secrets.token_urlsafe(48))'",
    "VAULT_PEPPER": "another long random text, never the same as SECRET_KEY, kept for good: "
    "without it no receipt can be recognised",
    "DATABASE_URL": "postgres://user:password@host/name",
    "ALLOWED_HOSTS": "the site's host names, separated by commas",
    "SITE_ADDRESS": "the site's address with https://, as editors see it",
    "DATA_DIR": "a folder for media, static files and finished reports",
    "SITE_ROLE": "public, editorial, or all",
}


def _required(name: str) -> str:
    value = str(_environment.str(name, default=""))
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment: {_ADVICE[name]}.")
    return value


DEBUG = False
SECRET_KEY = _required("SECRET_KEY")
VAULT_PEPPER = _required("VAULT_PEPPER")
ALLOWED_HOSTS = [host.strip() for host in _required("ALLOWED_HOSTS").split(",")]
WAGTAILADMIN_BASE_URL = _required("SITE_ADDRESS")
CSRF_TRUSTED_ORIGINS = [WAGTAILADMIN_BASE_URL]
SITE_ROLE = _required("SITE_ROLE")
if SITE_ROLE not in {"public", "editorial", "all"}:
    raise ImproperlyConfigured(f"SITE_ROLE is {_ADVICE['SITE_ROLE']}.")
if SITE_ROLE == "public":
    DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

_required("DATABASE_URL")
DATABASES = {"default": _environment.db("DATABASE_URL")}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

DATA_DIR = Path(_required("DATA_DIR"))
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
REPORT_ARCHIVE_DIR = DATA_DIR / "editions"
VAULT_RUN_DIR = DATA_DIR / "run"
BACKUP_FOLDERS = {"media": MEDIA_ROOT, "editions": REPORT_ARCHIVE_DIR}
BACKUP_RECIPIENT = str(_environment.str("BACKUP_RECIPIENT", default=""))

# The daily note goes out by the organisation's own mail server, where there is one.
NOTICE_RECIPIENTS = _environment.list("NOTICE_RECIPIENTS", default=[])
DEFAULT_FROM_EMAIL = str(_environment.str("DEFAULT_FROM_EMAIL", default="notes@localhost"))
EMAIL_HOST = str(_environment.str("EMAIL_HOST", default="localhost"))
EMAIL_PORT = _environment.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = str(_environment.str("EMAIL_HOST_USER", default=""))
EMAIL_HOST_PASSWORD = str(_environment.str("EMAIL_HOST_PASSWORD", default=""))
EMAIL_USE_TLS = _environment.bool("EMAIL_USE_TLS", default=False)

# What differs for the people who answer.
LEAVE_URL = str(_environment.str("LEAVE_URL", default=LEAVE_URL))
PUBLIC_ADDRESS = str(_environment.str("PUBLIC_ADDRESS", default=""))
ONION_HOST = str(_environment.str("ONION_HOST", default=""))
SOURCE_CODE_URL = str(_environment.str("SOURCE_CODE_URL", default=""))

# Only over HTTPS, and cookies that no other host can set.
COOKIE_PREFIX = "__Host-"
SESSION_COOKIE_NAME = COOKIE_PREFIX + "s"
CSRF_COOKIE_NAME = COOKIE_PREFIX + "c"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = _environment.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# What `check --deploy` says of the machine can't be changed from here: the administrator looks,
# decides, and names the check, separated by commas (docs/runbooks/deploy.md). Our own rules are not
# advice; of them only the one on HTTPS gives way, to an onion host.
PROXY_IS_CHECKED = _environment.bool("PROXY_IS_CHECKED", default=False)
_acknowledged = str(_environment.str("ACKNOWLEDGED_CHECKS", default="")).split(",")
SILENCED_SYSTEM_CHECKS = [name.strip() for name in _acknowledged if name.strip()]
for _name in SILENCED_SYSTEM_CHECKS:
    if _name.startswith("at_the_table.E") and _name != "at_the_table.E009":
        raise ImproperlyConfigured(f"{_name} is a rule: it can't be acknowledged, only kept.")
