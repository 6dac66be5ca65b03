"""Tallies in the admin: start one under open keys, watch it, see what survived."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from consultation.survey.counting import start_tally
from consultation.survey.models import Survey, TallyRun
from consultation.survey.words import table_in_words
from testimony.vault.permissions import requires
from testimony.vault.quotas import QuotaSpent
from testimony.vault.unlock import Stale
from testimony.vault.views import open_grant
from testimony.wizard.journeys import read_definition


@requires("vault.tally_collection")
@require_GET
def index(request: HttpRequest) -> HttpResponseBase:
    """The surveys that can be counted, the tallies so far, and whether keys are open."""
    return render(
        request,
        "survey/tallies.html",
        {
            "grant": open_grant(request),
            "surveys": Survey.objects.select_related("collection", "version"),
            "runs": [
                {"run": run, "title": read_definition(run.definition_id).title.in_language("en")}
                for run in TallyRun.objects.all()[:20]
            ],
        },
    )


@requires("vault.tally_collection")
@require_POST
def start(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Start counting one survey. Without open keys, ask for them first."""
    survey = get_object_or_404(Survey.objects.select_related("version"), public_id=public_id)
    grant = open_grant(request)
    if grant is None:
        return redirect("vault:unlock")
    if grant.collection_id != survey.collection_id:
        raise Http404
    try:
        run = start_tally(
            by=request.user,  # type: ignore[arg-type]
            grant=grant,
            definition=survey.version.definition_id,
            reason=_("Tally of %(name)s") % {"name": survey.name},
        )
    except (QuotaSpent, Stale) as refusal:
        messages.error(request, str(refusal))
        return redirect("tallies:index")
    return redirect("tallies:run", run.pk)


@requires("vault.tally_collection")
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One tally: how far it is, or the tables that survived disclosure control."""
    found = get_object_or_404(TallyRun.objects.select_related("collection"), pk=pk)
    tables: list[dict[str, Any]] = []
    if found.state == TallyRun.State.DONE:
        definition = read_definition(found.definition_id)
        tables = [
            table_in_words(table, definition, "en") for table in found.tables.get("tables", [])
        ]
    return render(
        request,
        "survey/tally.html",
        {"run": found, "tables": tables, "grant": open_grant(request)},
    )
