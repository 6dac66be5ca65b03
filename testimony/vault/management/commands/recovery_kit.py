"""The organisation's recovery kit, on a machine without a network: make it, check it, use it."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import sys
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from testimony.vault import papers, recovery, shares

_OWNER_ONLY: Final = 0o600
_YES: Final = frozenset({"yes", "oui"})


class Command(BaseCommand):
    help = (
        "Make a recovery key and print its three sheets; check two sheets; or open a bundle with "
        "two sheets. Needs no database and no network: run it on a machine that has none."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--language", default="en", choices=["en", "fr"], help="Of the sheets and questions."
        )
        steps = parser.add_subparsers(dest="step", required=True)
        make = steps.add_parser("make", help="Make a key, three sheets and the public half.")
        make.add_argument("--organisation", required=True)
        make.add_argument("--out", required=True, type=Path, help="A folder, best in memory.")
        steps.add_parser("check", help="Read two sheets and show the fingerprint of their kit.")
        answer = steps.add_parser("open", help="Answer a bundle with two sheets.")
        answer.add_argument("bundle", type=Path)
        answer.add_argument(
            "--out", default=Path("answer.json"), type=Path, help="Where the answer goes."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        steps = {"make": self._make, "check": self._check, "open": self._open}
        with translation.override(options["language"]):
            if options["language"] != "en" and _("Recovery kit") == "Recovery kit":
                raise CommandError(
                    "The French sentences are not compiled here. Run “manage.py compilemessages” "
                    "first; it needs the package gettext."
                )
            steps[options["step"]](options)

    def _make(self, options: dict[str, Any]) -> None:
        folder: Path = options["out"]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        seed = secrets.token_bytes(recovery.SEED_LENGTH)
        half = recovery.public_half_of(seed)
        sheets = papers.share_sheets(
            seed, organisation=options["organisation"], day=dt.datetime.now(dt.UTC).date()
        )
        for number, sheet in enumerate(sheets, start=1):
            self._write(folder / f"sheet-{number}-of-{len(sheets)}.pdf", sheet)
        self._write(folder / "public-half.txt", half.as_text().encode("ascii") + b"\n")
        self._say(_("Three sheets and the public half are in %(folder)s.") % {"folder": folder})
        self._show(half.fingerprint)
        self._say(
            _(
                "Print the three sheets, check any two with “recovery_kit check”, then erase the "
                "folder. Only public-half.txt goes to the server: paste it under Vault, Keep a "
                "recovery key."
            )
        )

    def _check(self, options: dict[str, Any]) -> None:
        half = recovery.public_half_of(self._seed())
        self._say(_("These two sheets belong together and open their kit."))
        self._show(half.fingerprint)

    def _open(self, options: dict[str, Any]) -> None:
        try:
            text = options["bundle"].read_text(encoding="utf-8")
            name, fingerprint = recovery.recipient_of(text)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(_("The bundle could not be read.")) from error
        except recovery.NotARecoveryFile as refusal:
            raise CommandError(str(refusal)) from refusal
        self._say(_("This bundle lets one keyholder into “%(name)s” again.") % {"name": name})
        self._say(_("Compare the fingerprint of their key with their recovery kit:"))
        self._say(f"    {fingerprint}")
        if self._ask(_("Is it the same? Type yes:")).strip().lower() not in _YES:
            raise CommandError(_("Nothing was opened."))
        try:
            answer = recovery.answer_bundle(text, self._seed())
        except recovery.NotARecoveryFile as refusal:
            raise CommandError(str(refusal)) from refusal
        self._write(options["out"], answer.encode("utf-8"))
        self._say(
            _("The answer is in %(file)s. Take it to the vault: Recover with two sheets, step 3.")
            % {"file": options["out"]}
        )

    def _seed(self) -> bytes:
        count = {"count": shares.WORDS_ON_A_SHEET}
        typed = [
            self._ask(_("The %(count)s words of the first sheet:") % count),
            self._ask(_("The %(count)s words of the second sheet:") % count),
        ]
        try:
            return shares.combine(typed)
        except shares.NoSeed as refusal:
            raise CommandError(str(refusal)) from refusal

    def _show(self, fingerprint: str) -> None:
        self._say(f"{_('Fingerprint:')} {recovery.in_groups(fingerprint)}")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)

    def _ask(self, question: str) -> str:
        self.stdout.write(question)
        line = sys.stdin.readline()
        if not line:
            raise CommandError(_("Nothing more was typed."))
        return line

    def _write(self, file: Path, contents: bytes) -> None:
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        except FileExistsError:
            raise CommandError(
                _("%(file)s is there already. Choose another place.") % {"file": file}
            ) from None
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(contents)
