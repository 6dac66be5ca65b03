"""A quotation on a page: there while consent lasts, and nowhere at all afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client
from wagtail.models import Page, ReferenceIndex, Revision, Site

from cms.blocks import approved_excerpts
from cms.models import HomePage
from consultation.report.models import Report
from testimony.curation.actions import approve_excerpt
from testimony.curation.models import Excerpt
from testimony.vault import actions
from tests.factories import Consultation, team_client
from tests.testimony.vault.test_receipts import QUOTED, code_of, quote, sent


@pytest.fixture
def home(db: Any) -> HomePage:
    root = Page.objects.get(depth=1)
    page = root.add_child(
        instance=HomePage(title="Campaign", slug="campaign", organisation="The organisation")
    )
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "testserver", "root_page": page}
    )
    return page


def put_on_page(home: HomePage, excerpt: Excerpt) -> None:
    home.body = json.dumps([{"type": "quotation", "value": {"excerpt": str(excerpt.pk)}}])
    home.save_revision().publish()


def approved(consultation: Consultation) -> tuple[Excerpt, str]:
    sealed = sent(consultation)
    excerpt = quote(consultation, sealed)
    approve_excerpt(by=consultation.peer, excerpt=excerpt)
    return excerpt, code_of(sealed)


def everything_readable() -> str:
    """Every value of every text column of every table, as one text."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(found)


def test_an_approved_excerpt_can_be_chosen_and_is_shown(
    consultation: Consultation, home: HomePage
) -> None:
    excerpt, _code = approved(consultation)
    proposed = quote(consultation, sent(consultation))
    choices = dict(approved_excerpts())
    assert str(excerpt.pk) in choices
    assert str(proposed.pk) not in choices
    put_on_page(home, excerpt)
    page = Client().get("/").content.decode()
    assert QUOTED in page
    assert "<blockquote" in page


def test_only_the_excerpt_itself_holds_the_words(
    consultation: Consultation, home: HomePage
) -> None:
    excerpt, _code = approved(consultation)
    put_on_page(home, excerpt)
    call_command("update_index", verbosity=0)
    assert everything_readable().count("does not wait for me") == 1


@pytest.mark.parametrize("take_back", [actions.withdraw_record, actions.withdraw_quoting])
def test_withdrawn_words_leave_pages_revisions_and_the_search_index(
    consultation: Consultation, home: HomePage, take_back: Any
) -> None:
    excerpt, code = approved(consultation)
    put_on_page(home, excerpt)
    call_command("update_index", verbosity=0)
    take_back(code=code)
    page = Client().get("/")
    assert page.status_code == 200
    assert "does not wait for me" not in page.content.decode()
    assert "<blockquote" not in page.content.decode()
    assert "does not wait for me" not in everything_readable()
    home.refresh_from_db()
    assert Revision.objects.for_instance(home).exists()
    home.get_latest_revision_as_object().save_revision().publish()
    assert "does not wait for me" not in Client().get("/").content.decode()
    assert not Page.objects.search("wait").get_queryset().exists()


def test_a_page_with_a_made_up_reference_shows_nothing(home: HomePage) -> None:
    home.body = json.dumps([{"type": "quotation", "value": {"excerpt": "not-an-id"}}])
    home.save_revision().publish()
    page = Client().get("/")
    assert page.status_code == 200
    assert "<blockquote" not in page.content.decode()


def test_the_reference_index_notes_no_excerpt(consultation: Consultation, home: HomePage) -> None:
    excerpt, _code = approved(consultation)
    put_on_page(home, excerpt)
    kind = ContentType.objects.get_for_model(Excerpt)
    assert not ReferenceIndex.objects.filter(to_content_type=kind).exists()


def test_an_editor_is_told_that_an_edition_was_destroyed(consultation: Consultation) -> None:
    report = Report.objects.create(
        collection=consultation.collection,
        campaign="Campaign",
        title="A report",
        addressee_office="The office",
        addressee_organisation="The institution",
        sender_organisation="The organisation",
        sender_contact_role="Co-ordinator",
        dated="2026-11-24",
        reply_by="2027-02-16",
        has_lost_an_edition=True,
    )
    client = team_client(consultation.peer, "Editors")
    page = f"/admin/consultation_reports/edit/{report.pk}/"
    assert "An edition of this report was destroyed" in client.get(page).content.decode()
    Report.objects.update(has_lost_an_edition=False)
    assert "An edition of this report was destroyed" not in client.get(page).content.decode()
