"""The JSON Schema of definitions, where its ``$id`` says: for anybody, and any cache in between.

It holds nothing of anybody's, sets no cookie and asks no database.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_safe

from consultation.survey.schema import SCHEMA

_A_DAY: Final = 24 * 60 * 60


@cache
def _schema() -> bytes:
    return SCHEMA.read_bytes()


def _etag(_request: HttpRequest) -> str:
    return quote_etag(hashlib.sha256(_schema()).hexdigest()[:32])


@require_safe
@condition(etag_func=_etag)
def definition_schema(_request: HttpRequest) -> HttpResponseBase:
    """The schema that a definition of format 1 follows, letter by letter as in the docs."""
    return HttpResponse(
        _schema(),
        content_type="application/schema+json",
        headers={
            "Cache-Control": f"public, max-age={_A_DAY}",
            "Access-Control-Allow-Origin": "*",
        },
    )
