"""The user, somebody on the team who logs in, and what a login keeps beside the password.

Nothing here says from where somebody logged in, or with what: no address, no user agent.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import AbstractUser, Permission
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

VAULT: Final = "vault"


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """A member of the team.

    Our own model from the first migration, so that it can grow. Logging in gives no access
    to testimony: that takes a keyholder's passphrase, which is not kept anywhere.
    """

    @cached_property
    def vault_permissions(self) -> frozenset[str]:
        """What this person may try in the vault, given to them or to a role of theirs."""
        if self.pk is None or not self.is_active:
            return frozenset()
        given = Permission.objects.filter(content_type__app_label=VAULT).filter(
            models.Q(user=self) | models.Q(group__user=self)
        )
        return frozenset(
            f"{VAULT}.{codename}" for codename in given.values_list("codename", flat=True)
        )

    @property
    def needs_second_factor(self) -> bool:
        """Whether a password alone is too little: for any right in the vault, and a superuser."""
        return self.is_superuser or bool(self.vault_permissions)

    def is_verified(self) -> bool:
        """Whether this session gave a second factor. Without the middleware, it did not."""
        return getattr(self, "otp_device", None) is not None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As ever, except that being a superuser gives no right in the vault."""
        if perm.startswith(f"{VAULT}."):
            return self.is_active and perm in self.vault_permissions
        return super().has_perm(perm, obj)


class LoginTries(models.Model):
    """How often one account name was tried in vain, whether or not there is such an account.

    The name stands here as a keyed digest only, and the time as a count of whole minutes.
    """

    wagtail_reference_index_ignore = True
    never_backed_up = True

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveSmallIntegerField()
    minute = models.PositiveBigIntegerField(help_text=_("Whole minutes since 1970."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(key__regex=r"^[0-9a-f]{64}$"), name="login_tries_key_is_hex"
            )
        ]

    def __str__(self) -> str:
        return "login tries"


class RecoveryCode(models.Model):
    """One code that stands in for a lost phone, as a keyed digest. Using it deletes it."""

    wagtail_reference_index_ignore = True

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once"),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"),
                name="recovery_code_digest_is_hex",
            ),
        ]

    def __str__(self) -> str:
        return "recovery code"
