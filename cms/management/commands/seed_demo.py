"""The example campaign, end to end: sealed answers in, a submitted report out.

Everything goes through the same public actions that a browser and the team use. Running it
again finds what is there, renews the keys, and prints the same report.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page, Site

from cms.accounts.demo import give_second_factor, logins_file
from cms.accounts.models import User
from cms.accounts.roles import sync_roles
from cms.demo.responses import survey_responses
from cms.models import CampaignPage, HomePage, InformationPage
from consultation.report import actions as reports
from consultation.report.models import Ask, Report
from consultation.survey import actions as surveys
from consultation.survey.bank import fill_bank
from consultation.survey.counting import run_tally
from consultation.survey.models import Survey, TallyRun
from consultation.survey.submitting import submit_response
from testimony.curation import actions as curation
from testimony.curation.models import Theme
from testimony.intake.actions import begin_text, publish_call
from testimony.intake.models import Call, CallText
from testimony.intake.submitting import submit_testimony
from testimony.vault import facade

CAMPAIGN: Final = "Help make sex work safer in London"
SURVEY: Final = "Safety at work 2026"
CALL: Final = "Policing and our work 2026"
NEXT_CALL: Final = "A call that is being written"
CONTENT: Final = Path(__file__).resolve().parent.parent.parent / "demo"
PEOPLE: Final = {
    "editor": ("Editors", "Publishers"),
    "keyholder": ("Keyholders",),
    "peer": ("Peer readers", "Approvers", "Keyholders"),
    "analyst": ("Analysts",),
    "administrator": ("Administrators",),
}
KEYHOLDERS: Final = ("keyholder", "peer")
REASON: Final = "Example consultation"


def content(name: str) -> Any:
    """One file of the example campaign."""
    return json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))


class Command(BaseCommand):
    help = "Set up the example campaign and compile its report. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        sync_roles()
        kept = self._people()
        collection = facade.Collection.objects.filter(name=CAMPAIGN).first()
        if collection is None:
            collection = self._collection(kept)
        facade.renew_epochs(by=None, collection=collection)
        call, survey = self._doors(collection)
        self._answers(call, survey)
        self._pages(call, survey)
        report = self._report(collection, call, survey, kept)
        stored = reports.freeze_snapshot(by=None, report=report)
        edition = reports.print_edition(by=None, stored=stored, progress=self._say)
        self._say("Doing the daily job")
        for problem in facade.do_daily_chores().problems:
            self._say(problem)
        self._farewell(kept, reports.path_of(edition), edition.pages, stored.digest)

    def _say(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()

    # The team.

    def _people(self) -> dict[str, dict[str, str]]:
        """Example people with throw-away logins, kept in a file only its owner can read.

        Nobody is a superuser. Whoever may try the vault has a second factor.
        """
        file = logins_file()
        kept: dict[str, dict[str, str]] = (
            json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        )
        for name, roles in PEOPLE.items():
            user, created = User.objects.get_or_create(username=name)
            entry = kept.setdefault(name, {})
            if created or "password" not in entry:
                entry["password"] = secrets.token_urlsafe(9)
                user.set_password(entry["password"])
            user.is_superuser = user.is_staff = False
            user.save()
            user.groups.set(Group.objects.filter(name__in=roles))
            if user.needs_second_factor:
                entry["totp"] = give_second_factor(user, entry.get("totp", ""))
        _keep_private(file, kept)
        return kept

    def _collection(self, kept: dict[str, dict[str, str]]) -> facade.Collection:
        self._say("Making keys for two keyholders")
        today = timezone.now().date()
        administrator = User.objects.get(username="administrator")
        with transaction.atomic():
            collection = facade.create_collection(
                by=administrator,
                name=CAMPAIGN,
                run_by="Safe Space London, a peer-driven organisation of sex workers.",
                kept_where="On one computer that we look after ourselves, in Canada.",
                withdrawal_deadline=today + dt.timedelta(days=60),
                destruction_date=today + dt.timedelta(days=730),
            )
            holders = []
            for name in KEYHOLDERS:
                user = User.objects.get(username=name)
                enrolled = facade.enrol_keyholder(by=user, user=user)
                kept[name]["passphrase"] = enrolled.passphrase
                kept[name]["recovery code"] = enrolled.code
                holders.append(enrolled.keyholder)
            facade.begin_custody(by=administrator, collection=collection, keyholders=holders)
        _keep_private(logins_file(), kept)
        return collection

    # The doors, and what comes in through them.

    def _doors(self, collection: facade.Collection) -> tuple[Call, Survey]:
        today = timezone.now().date()
        dates = {
            "opens_on": today - dt.timedelta(days=28),
            "closes_on": today + dt.timedelta(days=42),
        }
        call = Call.objects.filter(name=CALL).first()
        if call is None:
            call = publish_call(
                by=None,
                name=CALL,
                collection=collection,
                document=content("call"),
                opens_on=dates["opens_on"],
                closes_on=dates["closes_on"],
            )
        if not CallText.objects.exists():
            begin_text(by=None, name=NEXT_CALL)
        fill_bank(by=None)
        survey = Survey.objects.filter(name=SURVEY).first()
        if survey is None:
            questionnaire = surveys.bring_in_questionnaire(document=content("survey"))
            version = surveys.publish_questionnaire(
                by=None,
                questionnaire=questionnaire,
                checked=surveys.check_questionnaire(questionnaire).digest,
            )
            survey = surveys.open_survey(
                by=None,
                name=SURVEY,
                collection=collection,
                version=version,
                opens_on=dates["opens_on"],
                closes_on=dates["closes_on"],
            )
        for door in (call, survey):
            if not door.is_open:
                door.closes_on = dates["closes_on"]
                door.save(update_fields=["closes_on"])
        return call, survey

    def _answers(self, call: Call, survey: Survey) -> None:
        testimonies, responses = content("testimonies"), survey_responses()
        held = facade.records_held(call.collection, call.definition_id)
        if held < len(testimonies):
            for item in testimonies[held:]:
                submit_testimony(call=call, answers=item["answers"], language=item["language"])
            self._say(f"{len(testimonies)} testimonies sealed")
        held = facade.records_held(survey.collection, survey.version.definition_id)
        if held < len(responses):
            for item in responses[held:]:
                submit_response(survey=survey, answers=item["answers"], language=item["language"])
            self._say(f"{len(responses)} survey responses sealed")

    # The pages.

    def _pages(self, call: Call, survey: Survey) -> None:
        if HomePage.objects.exists():
            return
        self._say("Publishing the pages")
        pages = content("pages")
        root = Page.objects.get(depth=1)
        Page.objects.filter(depth=2, slug="home").delete()
        root = Page.objects.get(pk=root.pk)
        home = root.add_child(
            instance=HomePage(
                slug="home",
                show_in_menus=False,
                **{key: pages["home"][key] for key in _HOME_FIELDS},
                body=json.dumps(pages["home"]["body"]),
            )
        )
        Site.objects.all().delete()
        Site.objects.create(
            hostname="localhost", root_page=home, is_default_site=True, site_name="Safe Space"
        )
        told = pages["campaign"]
        home.add_child(
            instance=CampaignPage(
                slug="safer",
                title=told["title"],
                lead=told["lead"],
                body=json.dumps(told["body"]),
                call=call,
                call_label=told["call_label"],
                survey=survey,
                survey_label=told["survey_label"],
            )
        )
        for slug in ("check", "privacy", "safety", "accessibility"):
            told = pages[slug]
            home.add_child(
                instance=InformationPage(
                    slug=slug,
                    title=told["title"],
                    short_title=told.get("menu", ""),
                    lead=told["lead"],
                    body=json.dumps(told["body"]),
                    shows=slug if slug in InformationPage.Shows.values else "",
                    show_in_menus=slug != "accessibility",
                )
            )

    # The report.

    def _report(
        self,
        collection: facade.Collection,
        call: Call,
        survey: Survey,
        kept: dict[str, dict[str, str]],
    ) -> Report:
        report: Report | None = Report.objects.filter(collection=collection).first()
        if report is not None:
            return report
        keyholder = User.objects.get(username="keyholder")
        peer = User.objects.get(username="peer")
        self._say("Unlocking with the keyholder's passphrase")
        secret = facade.unlock(
            by=keyholder,
            passphrase=kept["keyholder"]["passphrase"],
            collection=collection,
            reason=REASON,
        )
        grant = facade.resume(secret, by=keyholder)
        for digest, name in (
            (survey.version.definition_id, SURVEY),
            (call.definition_id, CALL),
        ):
            self._say(f"Counting: {name}")
            if not TallyRun.objects.filter(definition_id=digest, state="done").exists():
                run_tally(by=keyholder, grant=grant, definition=digest, reason=REASON)
        self._excerpts(collection, call, grant, keyholder, peer)
        facade.lock(secret, by=keyholder)
        return self._report_text(collection, call, survey)

    def _excerpts(
        self,
        collection: facade.Collection,
        call: Call,
        grant: facade.Grant,
        proposer: User,
        approver: User,
    ) -> None:
        themes = {
            item["key"]: Theme.objects.get_or_create(
                collection=collection,
                key=item["key"],
                defaults={
                    "title": item["title"],
                    "definition": item["definition"],
                    "position": position,
                },
            )[0]
            for position, item in enumerate(content("themes"))
        }
        passages = [item["passage"] for item in content("testimonies") if item["passage"]]
        opened: list[Any] = []
        for page in itertools.count():
            found = curation.open_reading_list(
                by=proposer, grant=grant, definition=call.definition_id, reason=REASON, page=page
            )
            if not found:
                break
            opened += found
        taken = 0
        for passage in passages:
            for record in opened:
                said = record.payload["answers"].get(passage["question"], "")
                if passage["text"] in said:
                    excerpt = curation.propose_excerpt(
                        by=proposer,
                        grant=grant,
                        record_id=record.record_id,
                        question=passage["question"],
                        text=passage["text"],
                        theme=themes[passage["theme"]],
                    )
                    curation.approve_excerpt(by=approver, excerpt=excerpt)
                    taken += 1
        self._say(f"{taken} excerpts proposed by one person and approved by another")

    def _report_text(self, collection: facade.Collection, call: Call, survey: Survey) -> Report:
        words = content("report")
        today = timezone.now().date()
        with transaction.atomic():
            report: Report = Report.objects.create(
                collection=collection,
                call=call,
                survey=survey,
                campaign=words["campaign"],
                title=words["title"],
                subtitle=words["subtitle"],
                addressee_office=words["addressee"]["office"],
                addressee_organisation=words["addressee"]["organisation"],
                sender_organisation=words["sender"]["organisation"],
                sender_contact_role=words["sender"]["contact_role"],
                dated=today,
                reply_by=today + dt.timedelta(weeks=12),
                **{part: _stream(words[part]) for part in ("summary", "about", "method", "limits")},
            )
            for order, ask in enumerate(words["asks"]):
                Ask.objects.create(
                    report=report,
                    sort_order=order,
                    text=ask["text"],
                    action=ask["action"],
                    owner=ask["owner"],
                    by_when=today + dt.timedelta(weeks=ask["weeks"]),
                    evidence=ask["evidence"],
                )
        return report

    def _farewell(
        self, kept: dict[str, dict[str, str]], file: Path, pages: int, digest: str
    ) -> None:
        self.stdout.write("")
        self.stdout.write(self.style.SUCCESS(f"The report is ready: {file} ({pages} pages)"))
        self.stdout.write(f"Its snapshot: {digest}")
        self.stdout.write("")
        self.stdout.write("Throw-away logins for /admin/ (kept in .demo/logins.json):")
        for name, entry in kept.items():
            passphrase = entry.get("passphrase")
            vault = f"   vault passphrase: {passphrase}" if passphrase else ""
            self.stdout.write(f"  {name:<14} password: {entry['password']}{vault}")
        self.stdout.write("")
        self.stdout.write("After the password, everyone but the editor is asked for six digits.")
        self.stdout.write("For a code: .venv/bin/python manage.py demo_code keyholder")


_HOME_FIELDS: Final = ("title", "organisation", "lead", "call_to_action_text")


def _stream(paragraphs: list[str]) -> str:
    return json.dumps([{"type": "paragraph", "value": text} for text in paragraphs])


def _keep_private(file: Path, kept: dict[str, dict[str, str]]) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(kept, opened, indent=1)
