from django.apps import AppConfig
from wagtail.users.apps import WagtailUsersAppConfig


class AccountsConfig(AppConfig):
    name = "cms.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
    default = True


class TeamUsersConfig(WagtailUsersAppConfig):
    """Wagtail's users and groups, with forms in which nobody becomes a superuser."""

    group_viewset = "cms.accounts.viewsets.RolesViewSet"
    user_viewset = "cms.accounts.viewsets.TeamViewSet"
