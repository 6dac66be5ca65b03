"""Forget somebody's phone and recovery codes, so that they can set up others."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.accounts.models import User
from cms.accounts.second_factor import reset_second_factor


class Command(BaseCommand):
    help = "Reset the second factor of one person. It opens no testimony."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("There is nobody of this name.")
        reset_second_factor(by=None, user=user)
        self.stdout.write("Done. They set up another at their next login.")
