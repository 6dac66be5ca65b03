"""Downloading an edition, in the admin."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from consultation.report import actions
from consultation.report.models import Edition


@permission_required("report.compile_report", raise_exception=True)
@require_GET
def download(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The PDF of one snapshot."""
    edition = get_object_or_404(Edition, snapshot_id=digest)
    try:
        file = actions.path_of(edition).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, content_type="application/pdf", filename=edition.file)


download.permission = "report.compile_report"  # type: ignore[attr-defined]
