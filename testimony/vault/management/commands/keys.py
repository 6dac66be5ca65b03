"""The key ceremonies on the command line, for those who set a site up without the admin.

The same actions as the admin's pages. Passphrases and codes are asked for, never taken as
arguments: arguments stand in the shell's history and in the list of processes.
"""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from testimony.vault import custody, recovery, sealing, unlock
from testimony.vault.custody import CeremonyRefused, Enrolled
from testimony.vault.models import Collection, Keyholder, RecoveryKey
from testimony.vault.permissions import may
from testimony.vault.places import NoPlace
from testimony.vault.quotas import QuotaSpent
from testimony.vault.recovery import NotARecoveryFile

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_REASON = "Key ceremony on the command line"
_KEY_HELP = "First signs of the recovery key's fingerprint, where a collection trusts several."


class Command(BaseCommand):
    help = "Make collections, enrol keyholders, and let them in or out."

    def add_arguments(self, parser: CommandParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        create = steps.add_parser("create", help="Make a collection.")
        create.add_argument("name")
        create.add_argument("--run-by", required=True)
        create.add_argument("--kept-where", required=True)
        create.add_argument("--withdrawal-deadline", required=True, type=dt.date.fromisoformat)
        create.add_argument("--destruction-date", required=True, type=dt.date.fromisoformat)
        create.add_argument("--keep-months", type=int, default=24)
        begin = steps.add_parser("begin", help="The first ceremony of a collection.")
        begin.add_argument("collection")
        begin.add_argument("users", nargs="+")
        renew = steps.add_parser("renew", help="Make the keys of the months ahead.")
        renew.add_argument("collection")
        grant = steps.add_parser("grant", help="Let a keyholder in, with another's passphrase.")
        grant.add_argument("collection")
        grant.add_argument("--holder", required=True, help="Who opens their keys for it.")
        grant.add_argument("--to", required=True)
        remove = steps.add_parser("remove", help="Take somebody's keys away.")
        remove.add_argument("user")
        for name, told in (
            ("enrol", "Make somebody a keyholder."),
            ("passphrase", "New words for the same keys."),
            ("recover", "New words, by the printed recovery code."),
            ("start-over", "New keys that open nothing yet."),
        ):
            step = steps.add_parser(name, help=told)
            step.add_argument("user")
            step.add_argument(
                "--language", default="en", choices=["en", "fr"], help="Of the words."
            )
            if name == "passphrase":
                step.add_argument("--new-code", action="store_true", help="A recovery code too.")
        retire = steps.add_parser("retire", help="Take a recovery key off a collection's roster.")
        retire.add_argument("collection")
        retire.add_argument("--key", default="", help=_KEY_HELP)
        retire.add_argument("--by", required=True)
        trust = steps.add_parser("trust", help="Seal to a recovery key that was made offline.")
        trust.add_argument("collection")
        trust.add_argument("--holder", required=True)
        trust.add_argument("--public-half", required=True, help="The file public-half.txt.")
        bundle = steps.add_parser("bundle", help="Write what two sheets need to let one in.")
        bundle.add_argument("collection")
        bundle.add_argument("--to", required=True)
        bundle.add_argument("--key", default="", help=_KEY_HELP)
        answer = steps.add_parser("answer", help="Take in what two sheets answered.")
        answer.add_argument("file")
        answer.add_argument("--by", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        step = getattr(self, "_" + options["step"].replace("-", "_"))
        try:
            step(options)
        except (
            CeremonyRefused,
            NotARecoveryFile,
            QuotaSpent,
            ValueError,
            unlock.Refused,
            OSError,
        ) as refusal:
            raise CommandError(str(refusal)) from refusal
        except NoPlace as refusal:
            raise CommandError("Others are unlocking right now. Please try again.") from refusal

    # Steps.

    def _create(self, options: dict[str, Any]) -> None:
        collection = custody.create_collection(
            by=None,
            name=options["name"],
            run_by=options["run_by"],
            kept_where=options["kept_where"],
            withdrawal_deadline=options["withdrawal_deadline"],
            destruction_date=options["destruction_date"],
            keep_months=options["keep_months"],
        )
        self.stdout.write(f"Made. Next: enrol keyholders, then “keys begin” for {collection.name}.")

    def _enrol(self, options: dict[str, Any]) -> None:
        user = self._user(options["user"])
        if not may(user, "vault.hold_keys"):
            raise CeremonyRefused(f"{user} has no role that holds keys.")
        enrolled = custody.enrol_keyholder(by=None, user=user, language=options["language"])
        self._show(enrolled)

    def _begin(self, options: dict[str, Any]) -> None:
        made = custody.begin_custody(
            by=None,
            collection=self._collection(options["collection"]),
            keyholders=[self._keyholder(name) for name in options["users"]],
        )
        self.stdout.write(f"Keys are made for {', '.join(epoch.month for epoch in made)}.")

    def _renew(self, options: dict[str, Any]) -> None:
        made = custody.renew_epochs(by=None, collection=self._collection(options["collection"]))
        self.stdout.write(
            f"Keys made: {', '.join(epoch.month for epoch in made) or 'none missing'}."
        )

    def _grant(self, options: dict[str, Any]) -> None:
        user, grant = self._open(options)
        keyholder = self._keyholder(options["to"])
        self._compare(
            sealing.fingerprint(keyholder.suite, bytes(keyholder.public_key)),
            f"the recovery kit of {options['to']}",
        )
        count = custody.grant_access(by=user, grant=grant, keyholder=keyholder)
        self.stdout.write(f"{count} keys are sealed to {options['to']}.")

    def _remove(self, options: dict[str, Any]) -> None:
        custody.remove_keyholder(by=None, keyholder=self._keyholder(options["user"]))
        self.stdout.write("Their keys are gone, and new ones are in use.")

    def _passphrase(self, options: dict[str, Any]) -> None:
        user = self._user(options["user"])
        self._show(
            custody.change_passphrase(
                by=user,
                passphrase=self._secret("Words now: "),
                with_new_code=options["new_code"],
                language=options["language"],
            )
        )

    def _recover(self, options: dict[str, Any]) -> None:
        user = self._user(options["user"])
        typed = self._secret("Recovery code: ")
        self._show(custody.recover_with_code(by=user, typed=typed, language=options["language"]))

    def _start_over(self, options: dict[str, Any]) -> None:
        user = self._user(options["user"])
        self._show(custody.start_over(by=user, language=options["language"]))

    def _trust(self, options: dict[str, Any]) -> None:
        with open(options["public_half"], encoding="ascii") as file:
            half = recovery.read_public_half(file.read())
        user, grant = self._open(options)
        self._compare(half.fingerprint, "the printed sheets")
        key = custody.register_recovery_key(by=user, suite=half.suite, public=half.public)
        count = custody.trust_recovery_key(by=user, grant=grant, key=key)
        self.stdout.write(f"{count} keys are sealed to it, and every one to come.")

    def _bundle(self, options: dict[str, Any]) -> None:
        collection = self._collection(options["collection"])
        key = self._recovery_key(collection, options["key"])
        self.stdout.write(
            recovery.write_bundle(
                by=None, collection=collection, key=key, keyholder=self._keyholder(options["to"])
            )
        )

    def _retire(self, options: dict[str, Any]) -> None:
        collection = self._collection(options["collection"])
        custody.retire_recovery_key(
            by=self._user(options["by"]),
            collection=collection,
            key=self._recovery_key(collection, options["key"]),
        )
        self.stdout.write("Its sheets open nothing here any more, and new keys are in use.")

    def _answer(self, options: dict[str, Any]) -> None:
        with open(options["file"], encoding="utf-8") as file:
            text = file.read()
        collection, _keyholder, count = recovery.take_in(by=self._user(options["by"]), text=text)
        self.stdout.write(f"{count} keys of {collection.name} open again.")

    # Pieces.

    def _open(self, options: dict[str, Any]) -> tuple[AbstractUser, unlock.Grant]:
        user = self._user(options["holder"])
        secret = unlock.unlock(
            by=user,
            passphrase=self._secret(f"The words of {user}: "),
            collection=self._collection(options["collection"]),
            reason=_REASON,
        )
        grant = unlock.resume(secret, by=user)
        unlock.lock(secret, by=user)
        return user, grant

    def _compare(self, fingerprint: str, paper: str) -> None:
        """Nothing is sealed to a key that nobody compared with the paper."""
        self.stdout.write(f"Fingerprint: {recovery.in_groups(fingerprint)}")
        self.stdout.write(f"Is it the same on {paper}? Type yes: ")
        if sys.stdin.readline().strip().lower() != "yes":
            raise CeremonyRefused("Nothing was changed.")

    def _recovery_key(self, collection: Collection, wanted: str) -> RecoveryKey:
        signs = "".join(wanted.split()).lower()
        found = RecoveryKey.objects.filter(
            custodies__collection=collection, fingerprint__startswith=signs
        )
        if len(found) != 1:
            raise CeremonyRefused(
                f"{len(found)} recovery keys fit. Name one with --key and its first signs."
            )
        return found[0]

    def _show(self, enrolled: Enrolled) -> None:
        self.stdout.write("Shown once. Write them on paper:")
        self.stdout.write(f"    {enrolled.passphrase}")
        if enrolled.code:
            self.stdout.write("Recovery code, to be kept in another place:")
            self.stdout.write(f"    {enrolled.code}")

    def _secret(self, question: str) -> str:
        if sys.stdin.isatty():
            return getpass.getpass(question)
        self.stdout.write(question)
        return sys.stdin.readline().strip()

    def _user(self, name: str) -> AbstractUser:
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise CeremonyRefused(f"There is nobody called {name}.")
        found: AbstractUser = user
        return found

    def _keyholder(self, name: str) -> Keyholder:
        keyholder = Keyholder.objects.filter(
            user__username=name, state=Keyholder.State.ACTIVE
        ).first()
        if keyholder is None:
            raise CeremonyRefused(f"{name} holds no keys. First: keys enrol {name}")
        return keyholder

    def _collection(self, name: str) -> Collection:
        collection = Collection.objects.filter(name=name).first()
        if collection is None:
            known = ", ".join(Collection.objects.values_list("name", flat=True))
            raise CeremonyRefused(f"There is no collection of that name. There are: {known}")
        return collection
