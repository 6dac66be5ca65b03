"""Put archives back. Stop the site first; docs/runbooks/restore.md says what to do when."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.vault import restoring
from testimony.vault.agefile import AgeError
from testimony.vault.archives import Refused


class Command(BaseCommand):
    help = "Restore a content archive, a keyring archive, or both, all or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--content", type=Path, help="A content archive.")
        parser.add_argument("--keyring", type=Path, help="A keyring archive.")
        parser.add_argument(
            "--identity", required=True, help="The offline key's file, or - to read it from a pipe."
        )
        parser.add_argument(
            "--lose-newer-answers",
            action="store_true",
            help="Take the keyring as it is, even if it lacks the keys of answers that are here.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = restoring.restore(
                content=options["content"],
                keyring=options["keyring"],
                identity=_identity(options["identity"]),
                may_lose_newer=options["lose_newer_answers"],
            )
        except (Refused, AgeError) as problem:
            raise CommandError(f"{problem} Nothing was changed.") from problem
        self.stdout.write(
            f"Restored. {done.withdrawn_again} withdrawals and destructions carried out again, "
            f"{done.files} files written."
        )
        if done.people_kept:
            self.stdout.write(
                f"{done.people_kept} accounts that the keyring or the audit log names were kept, "
                "closed. Look through the list of users before the site serves."
            )
        if not done.is_live_audit_kept:
            self.stdout.write(
                "The audit log here was not a continuation of the archived one, which took its "
                "place."
            )
        self.stdout.write("Everybody is signed out, and drafts are gone.")


def _identity(named: str) -> str:
    try:
        if named == "-":
            return sys.stdin.read()
        return Path(named).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CommandError("The key file can't be read.") from None
