"""For commands that run on a machine without a network: no database, no secret, nothing kept."""

import secrets

from cms.settings.base import *

SECRET_KEY = secrets.token_urlsafe(48)
VAULT_PEPPER = secrets.token_urlsafe(48)
DATABASES: dict[str, dict[str, str]] = {}
INSTALLED_APPS = [
    "cms.accounts",
    "testimony.vault",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]
