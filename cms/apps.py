from typing import Any

from django.apps import AppConfig


def _close_keys(user: Any, **_about: Any) -> None:
    """Whoever logs out leaves no keys open, on any device."""
    from testimony.vault import facade

    if user is not None:
        facade.close_keys_of(user)


class CmsConfig(AppConfig):
    name = "cms"
    label = "cms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out

        from cms import checks  # noqa: F401

        user_logged_out.connect(_close_keys, dispatch_uid="close-keys")
