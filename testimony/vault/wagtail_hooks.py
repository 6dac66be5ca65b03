"""The vault in the admin's menu."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from testimony.vault.permissions import permissions_of


class VaultMenuItem(MenuItem):
    """Shown to those who have a part in looking after the vault."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(permissions_of(request.user))


@hooks.register("register_admin_menu_item")
def vault_menu_item() -> MenuItem:
    return VaultMenuItem(
        _("Vault"), reverse("vault:index"), name="vault", icon_name="lock", order=220
    )
