"""Set the groups to the table of roles."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cms.accounts.roles import ROLES, UnknownPermission, sync_roles


class Command(BaseCommand):
    help = "Give each role exactly what cms/accounts/roles.py says. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sync_roles()
        except UnknownPermission as problem:
            raise CommandError(f"{problem} Nothing was changed.") from problem
        self.stdout.write(f"{len(ROLES)} roles are set.")
