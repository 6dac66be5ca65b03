"""The daily job: everything that must happen each day without anybody having to remember it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.vault import chores


class Command(BaseCommand):
    help = (
        "Forget the order of arrival, make the next months' keys, destroy what has expired, "
        "carry out what waited, and clean the disk of what was deleted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--close",
            action="store_true",
            help="Only erase expired drafts and keys left open. For every five minutes.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = chores.close_only() if options["close"] else chores.do_all()
        for line in done.lines:
            self.stdout.write(line)
        if done.problems:
            raise CommandError("\n".join(done.problems))
