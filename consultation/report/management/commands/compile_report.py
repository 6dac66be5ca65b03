"""Freeze a report and print it: the command line's way to the same file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consultation.disclosure.tables import AlreadyReleased
from consultation.report import actions
from consultation.report.findings import OrphanEvidence
from consultation.report.models import Report
from consultation.survey.findings import NotTallied


class Command(BaseCommand):
    help = "Freeze a report's snapshot and print its PDF. Says where the file is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", type=int, help="the report's number in the admin")
        parser.add_argument("--language", default="en", choices=["en", "fr"])
        parser.add_argument(
            "--replace",
            action="store_true",
            help="first destroy the report's earlier snapshots and files, if nobody has them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = Report.objects.get(pk=options["report"])
        except Report.DoesNotExist:
            raise CommandError(f"There is no report {options['report']}.") from None
        if options["replace"]:
            for earlier in report.snapshots.all():
                actions.destroy_snapshot(stored=earlier)
        try:
            stored = actions.freeze_snapshot(by=None, report=report, language=options["language"])
        except NotTallied:
            raise CommandError("The answers were not counted yet: start a tally first.") from None
        except (OrphanEvidence, AlreadyReleased) as problem:
            raise CommandError(str(problem)) from None
        try:
            edition = actions.print_edition(by=None, stored=stored, progress=self.stderr.write)
        except actions.SnapshotGone as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"{actions.path_of(edition)}")
        self.stdout.write(f"snapshot {stored.digest}")
        self.stdout.write(f"file     {edition.digest}, {edition.pages} pages")
