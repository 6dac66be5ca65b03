"""Print the table of roles for the docs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation

from cms.accounts.roles import roles_table


class Command(BaseCommand):
    help = "Print the roles as a Markdown table, to be pasted into docs/roles.md."

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            self.stdout.write(roles_table())
