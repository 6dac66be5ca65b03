"""System checks: house rules that a setting could break."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register


@register(deploy=True)
def cookies_are_host_only(**_options: Any) -> list[CheckMessage]:
    """Production cookies carry the ``__Host-`` prefix, so that no other host can set them."""
    if settings.COOKIE_PREFIX != "__Host-":
        return [
            Error(
                "COOKIE_PREFIX is not “__Host-”.",
                hint="Another host of the same domain could plant a cookie. Use the "
                "production settings.",
                id="at_the_table.E001",
            )
        ]
    return []


@register(deploy=True)
def sqlite_serves_one_role(**_options: Any) -> list[CheckMessage]:
    """On SQLite there are no database roles to keep the public process from the keyring."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if "sqlite" in engine and settings.SITE_ROLE != "all":
        return [
            Error(
                "SQLite runs only with SITE_ROLE=all.",
                hint="Use PostgreSQL to run the public site apart from the editorial one.",
                id="at_the_table.E002",
            )
        ]
    return []


@register(deploy=True)
def pepper_is_its_own_secret(**_options: Any) -> list[CheckMessage]:
    """The receipt pepper is long, and not the site's secret key."""
    pepper = settings.VAULT_PEPPER
    if len(pepper) < 32 or pepper == settings.SECRET_KEY:
        return [
            Error(
                "VAULT_PEPPER is short, or the same as SECRET_KEY.",
                hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
                id="at_the_table.E003",
            )
        ]
    return []


@register()
def uploads_never_touch_the_disk(**_options: Any) -> list[CheckMessage]:
    """Only the memory handler: Django's default spools large uploads to a readable file."""
    wanted = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
    if list(settings.FILE_UPLOAD_HANDLERS) != wanted:
        return [
            Error(
                "FILE_UPLOAD_HANDLERS lets an upload be spooled to disk in clear.",
                id="at_the_table.E004",
            )
        ]
    return []


@register(deploy=True)
def swap_is_off_or_encrypted(**_options: Any) -> list[CheckMessage]:
    """Memory that held words may be written to swap."""
    try:
        with open("/proc/swaps", encoding="ascii") as swaps:
            areas = swaps.read().splitlines()[1:]
    except OSError:
        return []
    if areas:
        return [
            checks.Warning(
                "This machine has swap: words in memory may be written to disk.",
                hint="Turn swap off, or encrypt it with a key made at each start.",
                id="at_the_table.W001",
            )
        ]
    return []
