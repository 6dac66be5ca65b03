"""Destroy what is past its day, or say what would be. The daily job does the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.vault import disk, papers, retention


class Command(BaseCommand):
    help = "Destroy the keys and answers of expired months that are under no legal hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would be destroyed.")
        parser.add_argument("--certificates", type=Path, help="A folder for the certificates.")

    def handle(self, *args: Any, **options: Any) -> None:
        due = retention.find_due()
        if not due:
            self.stdout.write("Nothing has expired.")
            return
        for one in due:
            held = " — kept: a legal hold is in force" if one.hold else ""
            self.stdout.write(
                f"{one.collection.name}: {', '.join(one.months)}, "
                f"{len(one.epochs)} keys, {one.records} records{held}"
            )
        if options["dry_run"]:
            self.stdout.write("A dry run: nothing was destroyed.")
            return
        destroyed = retention.destroy_expired(by=None)
        for remains in disk.sweep().remains:
            self.stderr.write(remains)
        for row in destroyed:
            self.stdout.write(f"Destroyed: {row.collection.name}, {', '.join(row.facts['months'])}")
            if options["certificates"]:
                self._certify(row, options["certificates"])

    def _certify(self, row: Any, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / f"destruction-{row.destroyed_on}-{row.pk.hex[:8]}.pdf"
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise CommandError(f"{file} is there already.") from error
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(papers.certificate(row))
        self.stdout.write(f"Certificate: {file}")
