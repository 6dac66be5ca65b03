"""Real objects, made by the product's own actions."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from cms.accounts.models import User
from cms.accounts.roles import sync_roles
from consultation.report.models import Report
from consultation.survey import actions as surveys
from consultation.survey.models import Survey
from testimony.intake.actions import publish_call
from testimony.intake.models import Call
from testimony.vault import custody, unlock
from testimony.vault.models import Collection
from testimony.vault.unlock import Grant

DEMO = Path(__file__).resolve().parent.parent.parent / "cms" / "demo"


def document(name: str) -> Any:
    return json.loads((DEMO / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class Consultation:
    """Everything one consultation has, ready to take answers."""

    collection: Collection
    keyholder: User
    peer: User
    passphrase: str
    code: str
    call: Call
    survey: Survey

    def grant(self) -> Grant:
        secret = unlock.unlock(
            by=self.keyholder,
            passphrase=self.passphrase,
            collection=self.collection,
            reason="A test",
        )
        return unlock.resume(secret, by=self.keyholder)

    @property
    def call_path(self) -> str:
        return f"/t/{self.call.public_id}/en/"

    @property
    def survey_path(self) -> str:
        return f"/s/{self.survey.public_id}/en/"


def user(name: str, **kwargs: Any) -> User:
    return User.objects.create_user(username=name, password="a long enough password", **kwargs)


def consultation() -> Consultation:
    today = timezone.now().date()
    collection = custody.create_collection(
        by=None,
        name="A consultation",
        run_by="The organisation",
        kept_where="Here",
        withdrawal_deadline=today + dt.timedelta(days=60),
        destruction_date=today + dt.timedelta(days=700),
    )
    keyholder, peer = user("keyholder"), user("peer")
    enrolled = custody.enrol_keyholder(by=None, user=keyholder)
    custody.begin_custody(by=None, collection=collection, keyholders=[enrolled.keyholder])
    dates = {"opens_on": today - dt.timedelta(days=1), "closes_on": today + dt.timedelta(days=30)}
    call = publish_call(
        by=None, name="Call", collection=collection, document=document("call"), **dates
    )
    questionnaire = surveys.bring_in_questionnaire(document=document("survey"))
    version = surveys.publish_questionnaire(
        by=None,
        questionnaire=questionnaire,
        checked=surveys.check_questionnaire(questionnaire).digest,
    )
    survey = surveys.open_survey(
        by=None, name="Survey", collection=collection, version=version, **dates
    )
    return Consultation(
        collection, keyholder, peer, enrolled.passphrase, enrolled.code, call, survey
    )


def a_report(consultation: Consultation, **texts: str) -> Report:
    """A report on the call, with what its pages say."""
    today = timezone.now().date()
    return Report.objects.create(
        collection=consultation.collection,
        call=consultation.call,
        campaign="A campaign",
        title="What people told us",
        addressee_office="Chief of Police",
        addressee_organisation="Police Service",
        sender_organisation="The organisation",
        sender_contact_role="coordinator",
        dated=today,
        reply_by=today + dt.timedelta(weeks=12),
        **texts,
    )


def team_client(person: User, *roles: str) -> Client:
    """A browser in which somebody with these roles is logged in, second factor given."""
    sync_roles()
    person.groups.set(Group.objects.filter(name__in=roles))
    device = TOTPDevice.objects.create(user=person, name="phone", confirmed=True)
    client = Client()
    client.force_login(person)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


TESTIMONY = {
    "age": "adult",
    "count": "yes",
    "words": "quote",
    "audience": "public",
    "describe": "nothing",
    "story": "They want me further away now, and I go there because the rent does not wait for me.",
    "setting": "outdoor",
    "change": "less_safe",
}
