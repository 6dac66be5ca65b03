"""Who may manage whose account. Managing an account opens no testimony."""

from __future__ import annotations

from cms.accounts.models import User


def may_manage(by: User, user: User) -> bool:
    """Whether ``by`` may change the account of ``user``. Superusers are managed by superusers."""
    if user.is_superuser and not by.is_superuser:
        return False
    return by.has_perm("accounts.change_user")
