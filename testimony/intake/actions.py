"""What the team does with calls, and what arrives through them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_noop

from testimony.intake.models import Call
from testimony.vault import actions as vault
from testimony.vault import audit
from testimony.vault.models import Collection
from testimony.wizard import definition as definitions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


def publish_call(
    *,
    by: AbstractUser | None,
    name: str,
    collection: Collection,
    document: Mapping[str, Any],
    opens_on: dt.date,
    closes_on: dt.date,
) -> Call:
    """Freeze a call's questions and open its door between two days.

    Raises:
        DefinitionError: when the document is not a definition, naming the place.
    """
    found = definitions.parse(document)
    if found.kind != "call":
        raise definitions.DefinitionError("A call's definition is of the kind “call”.")
    with transaction.atomic():
        frozen = vault.freeze_definition(canonical=found.canonical, digest=found.digest)
        call = Call.objects.create(
            name=name,
            collection=collection,
            definition=frozen,
            opens_on=opens_on,
            closes_on=closes_on,
        )
        audit.append(by=by, action=gettext_noop("call published"), subject=call.public_id)
    return call
