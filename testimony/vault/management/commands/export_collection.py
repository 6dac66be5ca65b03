"""An export at the server's own terminal, for collections too large for a browser's patience.

The same actions as the admin's pages. Both keyholders sit there: the words of each are asked for,
never taken as arguments, and both lock again whatever happens.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.vault import agefile, exports, unlock
from testimony.vault.models import Collection
from testimony.vault.permissions import may
from testimony.vault.places import NoPlace
from testimony.vault.quotas import QuotaSpent

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_REFUSALS = (
    agefile.NotAKey,
    exports.ExportRefused,
    QuotaSpent,
    unlock.Refused,
    unlock.Stale,
    OSError,
)


class Command(BaseCommand):
    help = "Write everything people said in a collection to one file, sealed to an offline age key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("collection")
        parser.add_argument("--holder", required=True, help="Who asks.")
        parser.add_argument("--approver", required=True, help="The other keyholder, who approves.")
        parser.add_argument("--recipient", required=True, help="The line that starts with age1.")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--to", required=True, type=Path, help="A file that is not there yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        collection = Collection.objects.filter(name=options["collection"]).first()
        if collection is None:
            raise CommandError("There is no collection of that name.")
        if len(options["reason"]) > exports.LONGEST_REASON:
            raise CommandError(f"A reason has {exports.LONGEST_REASON} letters at most.")
        holder, approver = self._user(options["holder"]), self._user(options["approver"])
        opened: list[tuple[str, AbstractUser]] = []
        try:
            for person in (holder, approver):
                opened.append((self._unlock(person, collection, options["reason"]), person))
            request = exports.ask_export(
                by=holder,
                secret=opened[0][0],
                recipient=options["recipient"],
                reason=options["reason"],
            )
            request = exports.approve_export(by=approver, secret=opened[1][0], request=request)
            grant = unlock.resume(opened[0][0], by=holder)
            count = self._write(options["to"], holder, grant, request)
        except _REFUSALS as refusal:
            raise CommandError(str(refusal)) from None
        except NoPlace:
            raise CommandError("Others are unlocking right now. Please try again.") from None
        finally:
            for secret, person in opened:
                unlock.lock(secret, by=person)
        self.stdout.write(f"Records sealed in {options['to']}: {count}. Both of you are locked.")

    def _write(self, file: Path, by: AbstractUser, grant: unlock.Grant, request: Any) -> int:
        """The copy in whole, readable by its owner alone, or no file."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as target:
                return exports.write_export(by=by, grant=grant, request=request, target=target)
        except BaseException:
            file.unlink(missing_ok=True)
            raise

    def _unlock(self, person: AbstractUser, collection: Collection, reason: str) -> str:
        return unlock.unlock(
            by=person,
            passphrase=self._words(f"The words of {person}: "),
            collection=collection,
            reason=reason,
        )

    def _words(self, question: str) -> str:
        if sys.stdin.isatty():
            return getpass.getpass(question)
        self.stdout.write(question)
        return sys.stdin.readline().strip()

    def _user(self, name: str) -> AbstractUser:
        user = get_user_model().objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is nobody called {name}.")
        if not may(user, "vault.export_collection"):
            raise CommandError(f"The role of {name} does not take copies out.")
        found: AbstractUser = user
        return found
