"""What each role may do in the admin. Nobody can read testimony by role alone."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import Group, Permission

ROLES: Final[dict[str, tuple[str, ...]]] = {
    "Keyholders": (
        "wagtailadmin.access_admin",
        "vault.unlock_collection",
        "vault.tally_collection",
        "intake.view_call",
        "survey.view_survey",
        "report.view_report",
        "report.compile_report",
    ),
    "Peer readers": (
        "wagtailadmin.access_admin",
        "vault.unlock_collection",
        "vault.tally_collection",
        "intake.view_call",
        "survey.view_survey",
    ),
}


def sync_roles() -> None:
    """Make the groups and give each exactly the permissions of the table."""
    for name, permissions in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set(
            [
                Permission.objects.get(
                    content_type__app_label=label.split(".")[0], codename=label.split(".")[1]
                )
                for label in permissions
            ]
        )
