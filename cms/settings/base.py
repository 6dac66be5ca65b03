"""Settings every installation shares. What differs stands in development, test, production."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SITE_ROLE = "all"
"""``public`` serves no admin route, ``editorial`` no public one, ``all`` both."""

INSTALLED_APPS = [
    "cms.accounts",
    "cms",
    "consultation.report",
    "consultation.survey",
    "testimony.curation",
    "testimony.intake",
    "testimony.vault",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "cms.accounts.apps.TeamUsersConfig",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "csp",
    "formtools",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cms.policies.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "cms.accounts.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
    {
        # The pages of a journey, by name: printed for every step of everybody who answers.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "private",
        "DIRS": [BASE_DIR / "templates" / "private"],
        "OPTIONS": {"environment": "testimony.wizard.printing.private_environment"},
    },
]

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Logging in (cms.accounts). Nothing is ever reset by mail: an administrator sets a new password.
SECOND_FACTOR_ADDRESS = "/admin/second-factor/"
"""Where a person is sent who still owes a second factor."""
WAGTAIL_PASSWORD_RESET_ENABLED = False
OTP_TOTP_ISSUER = "At the Table"
OTP_TOTP_SYNC = False

# Languages and places. Deadlines name their own timezone; weeks are reckoned in UTC.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Cookies. Nothing is set before a first valid answer; none outlives the browser.
COOKIE_PREFIX = ""
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_AGE = None
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "cms.views.csrf_failure"

# Headers. Private pages set a stricter policy of their own (testimony.wizard.privacy).
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
ADMIN_CONTENT_SECURITY_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF, NONCE],
    "style-src": [SELF],
    "img-src": [SELF, "data:", "blob:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
}

# Uploads stay in memory: Django would spool larger ones to a readable file.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
# A questionnaire of 200 questions is saved as some ten thousand fields. A process for the public
# alone takes fewer (``production``).
DATA_UPLOAD_MAX_NUMBER_FIELDS = 60_000

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Nothing that could name a visitor is ever written: no access log, no request in a record.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["without_request"],
        }
    },
    "filters": {"without_request": {"()": "cms.logging.WithoutRequest"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}

# Wagtail.
WAGTAIL_SITE_NAME = "At the Table"
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAILIMAGES_IMAGE_MODEL = "cms.CustomImage"
WAGTAILDOCS_DOCUMENT_MODEL = "cms.CustomDocument"
WAGTAILDOCS_EXTENSIONS = ["pdf", "csv", "odt", "docx", "txt"]
WAGTAILDOCS_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_WORKFLOW_ENABLED = True

# The vault.
VAULT_SUITE = 2
VAULT_KDF = {"memory_kib": 256 * 1024, "passes": 3, "lanes": 1}
VAULT_PEPPER = ""
VAULT_DERIVATIONS_AT_ONCE = 2
VAULT_RUN_DIR = BASE_DIR / "var" / "run"
VAULT_RECEIPTS_AT_ONCE = 4
VAULT_QUOTAS = {
    "transcript opened": 60,
    "reading list opened": 60,
    "tally started": 20,
    "export made": 4,
    "unlock refused": 10,
}
"""How many such entries one person may make in the audit log in an hour."""

BACKUP_RECIPIENT = ""
"""The public half of the age key that archives are sealed to. The other half is kept offline."""

# Where "Leave now" goes: a dull page that needs no account. Nothing is ever fetched from it.
LEAVE_URL = "https://weather.gc.ca/"
CHECK_US_OUT_URL = "/check/"
"""The page that says who asks, who can read what, and when it is destroyed."""

# How many answers a door takes into the open lane at once, and how many more each hour, in each
# worker process. What comes beyond is taken too, and held apart.
OPEN_LANE_ROOM = {"at_once": 60, "an_hour": 240}

# The daily note to the team. An empty list sends none. It never holds anything finer than a week.
NOTICE_RECIPIENTS: list[str] = []
EMAIL_TIMEOUT = 20
PUBLIC_ADDRESS = ""
"""Where workers find the site, for cards: ``https://…``. Empty means: where the admin is."""
ONION_HOST = ""
SOURCE_CODE_URL = ""
"""Told on the pages that say how we work; nothing is said of what is empty."""

# The report's finished files.
REPORT_ARCHIVE_DIR = BASE_DIR / "var" / "editions"

# Folders that go into the content archive, beside the database.
MEDIA_ROOT = BASE_DIR / "var" / "media"
BACKUP_FOLDERS = {"media": MEDIA_ROOT, "editions": REPORT_ARCHIVE_DIR}
