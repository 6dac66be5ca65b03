"""Make the key pair that archives are sealed to. Meant for a machine that is not the server."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.vault import agefile


class Command(BaseCommand):
    help = "Make a key pair for backups: the secret half into a file, the public half shown."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to", type=Path, required=True, help="A new file for the secret half."
        )

    def handle(self, *args: Any, to: Path, **options: Any) -> None:
        pair = agefile.new_key_pair()
        try:
            descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(f"{to} is there already, and is never overwritten.") from None
        except OSError as problem:
            raise CommandError(f"{to} can't be written: {problem.strerror}.") from None
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"# public key: {pair.public}\n{pair.secret}\n")
            file.flush()
            os.fsync(file.fileno())
        self.stdout.write(
            "The public half. Put this line into the server's environment:\n\n"
            f"    BACKUP_RECIPIENT={pair.public}\n\n"
            f"The secret half is in {to}. Without it no archive opens; with it every one does.\n"
            "Carry it away on two sticks, kept in two places, and leave no copy on the server:\n\n"
            f"    shred -u {to}"
        )
