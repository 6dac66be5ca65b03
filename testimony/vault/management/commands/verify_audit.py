"""Walk the audit log from its first entry and say whether it was changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.vault import audit


class Command(BaseCommand):
    help = (
        "Check every entry of the audit log against the one before it. With --noted, also that "
        "the log still holds a head that was written down earlier."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--noted",
            nargs=2,
            metavar=("NUMBER", "DIGEST"),
            help="A head noted on paper: its number and the first signs of its digest.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        noted = options["noted"]
        try:
            number, digest = audit.check_chain(
                noted=(int(noted[0]), noted[1].lower()) if noted else None
            )
        except ValueError as error:
            raise CommandError("The number of a noted head is a whole number.") from error
        except audit.BrokenChain as broken:
            raise CommandError(str(broken)) from broken
        self.stdout.write(f"The chain holds: {number} entries.")
        self.stdout.write(f"Its head, to note on paper: {number} {digest[:16]}")
