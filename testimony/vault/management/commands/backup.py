"""Make the two archives, and delete those of ours that have expired."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.vault import backup, folders
from testimony.vault.agefile import AgeError
from testimony.vault.archives import Kind, Refused


class Command(BaseCommand):
    help = "Seal the content and the keyring into two archives, and delete expired ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, required=True, help="The folder for archives.")
        parser.add_argument("--only", choices=[kind.value for kind in Kind])

    def handle(self, *args: Any, to: Path, only: str | None, **options: Any) -> None:
        try:
            backup.check_folder(to)
            # First, and whatever happens next: an archive that expired must not stay.
            for name in backup.delete_expired(to):
                self.stdout.write(f"Expired and deleted: {name}")
            if left := folders.delete_half_written():
                self.stdout.write(f"Left half written by something killed, and deleted: {left}")
            for made in backup.make_archives(folder=to, kinds=[Kind(only)] if only else [*Kind]):
                self.stdout.write(f"Made: {made.name} ({made.stat().st_size:,} bytes)")
        except (Refused, AgeError) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"A file can't be read or written: {problem.strerror}.") from problem
