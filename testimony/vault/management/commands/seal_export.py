"""The child process of an export. Started by ``exports``, which feeds it the keys by pipe."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from testimony.vault.exports import ExportFailed, seal_from_pipe


class Command(BaseCommand):
    help = "Seal a copy of a collection with keys read from standard input. Not for use by hand."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seal_from_pipe(sys.stdin.buffer.read(), sys.stdout.buffer)
        except ExportFailed as failure:
            raise CommandError(f"A copy was not finished: {failure.args[0]}") from None
