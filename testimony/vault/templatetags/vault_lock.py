"""The lock bar: on every editorial page, while a person's keys are open."""

from __future__ import annotations

from typing import Any

from django import template

from testimony.vault.views import open_keys

register = template.Library()


@register.inclusion_tag("vault/lock_bar.html", takes_context=True)
def vault_lock_bar(context: dict[str, Any]) -> dict[str, Any]:
    """Which keys are open, for how many minutes more, and the button that closes them."""
    request = context.get("request")
    return {
        "open_keys": open_keys(request) if request is not None else None,
        "csrf_token": context.get("csrf_token"),
    }
