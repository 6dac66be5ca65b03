"""The child process of a tally. Started by ``counting``, which feeds it the keys by pipe."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from consultation.survey.counting import count_from_pipe


class Command(BaseCommand):
    help = "Count sealed answers with keys read from standard input. Not for use by hand."

    def handle(self, *args: Any, **options: Any) -> None:
        count_from_pipe(sys.stdin.buffer.read())
