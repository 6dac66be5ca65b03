"""Take a person's words out of everything at once, when somebody was recognised."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.curation.actions import take_down
from testimony.curation.models import Excerpt

_MOST_WORDS = 200


class Command(BaseCommand):
    help = (
        "Stop quoting one person, everywhere and for good. Asks for a few of the words, so that "
        "they stand in no command."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="Kept in the audit log. Name nobody.")

    def handle(self, *args: Any, **options: Any) -> None:
        words = self._ask("Some of the words: ")[:_MOST_WORDS]
        found = list(Excerpt.objects.filter(text__contains=words)) if words else []
        people = {excerpt.record_id for excerpt in found}
        if len(people) != 1:
            raise CommandError(f"{len(people)} people said this. Give words that only one said.")
        if self._ask("One person said this. Stop quoting them, for good? Type yes: ") != "yes":
            raise CommandError("Nothing was changed.")
        take_down(by=None, excerpt=found[0], reason=options["reason"])
        self.stdout.write("Done. Print the report again if it lost an edition.")

    def _ask(self, question: str) -> str:
        self.stdout.write(question)
        return sys.stdin.readline().strip()
