"""The vault in the admin's menu."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem


class VaultMenuItem(MenuItem):
    """Shown to those who may try to unlock."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("vault.unlock_collection"))


@hooks.register("register_admin_menu_item")
def vault_menu_item() -> MenuItem:
    return VaultMenuItem(
        _("Vault"), reverse("vault:unlock"), name="vault", icon_name="lock", order=220
    )
