"""The daily job: forget the order of arrival, and delete what has run out."""

from typing import Any

from django.core.management.base import BaseCommand

from testimony.vault import actions, drafts, unlock


class Command(BaseCommand):
    help = "Move the day's records among the others, delete expired drafts and keys left open."

    def handle(self, *args: Any, **options: Any) -> None:
        moved = actions.shuffle_pending()
        expired = drafts.erase_expired()
        closed = unlock.close_expired()
        self.stdout.write(
            f"{moved} records moved, {expired} drafts erased, {closed} unlocked sessions closed."
        )
