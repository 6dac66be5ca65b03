"""Print the six digits an example person's phone would show."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.accounts.demo import NoSuchLogin, current_code


class Command(BaseCommand):
    help = "Print a code for one of the demo's people. Refuses everywhere but in the demo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(current_code(options["name"]))
        except NoSuchLogin:
            raise CommandError(
                "There is no such login here. Codes exist only for the demo's people, "
                "after make demo."
            ) from None
