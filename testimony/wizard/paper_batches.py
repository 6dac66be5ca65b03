"""Which batch a paper is of, said by the peer who types it in. It stays out of draft and record.

The number is in the last post alone. It is not kept while the page is open, not sealed with the
answers, and counted only after they are: see ``testimony.vault.batches``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from testimony.vault import batches
from testimony.wizard.forms import FieldView, OptionView, SelectView

_log = logging.getLogger(__name__)

FIELD: Final = "batch"
_DIGITS: Final = 4


def field_for(door: str, posted: Mapping[str, Any] | None) -> list[FieldView]:
    """The question about the batch, where there are any out; with what was picked before."""
    numbers = batches.numbers_out(door)
    if not numbers:
        return []
    picked = named_in(posted or {})
    return [
        FieldView(
            kind="select",
            name=FIELD,
            id=FIELD,
            label=_("Is this from a paper?"),
            hint=_(
                "The batch stands at the foot of each sheet. It is counted, and not kept with "
                "the answers."
            ),
            described_by=f"{FIELD}-hint",
            selects=(
                SelectView(
                    name=FIELD,
                    id=f"{FIELD}-number",
                    label=_("Batch"),
                    empty=_("No batch, or no paper"),
                    options=tuple(
                        OptionView(str(number), "", str(number), number == picked)
                        for number in numbers
                    ),
                ),
            ),
        )
    ]


def named_in(posted: Mapping[str, Any]) -> int | None:
    """The number that was picked, if it is one."""
    typed = str(posted.get(FIELD) or "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS else None


def note(door: str, posted: Mapping[str, Any]) -> None:
    """Count one paper as typed in. The answers are in already, so a failure here costs nothing."""
    number = named_in(posted)
    if number is None:
        return
    try:
        with transaction.atomic():
            batches.note_typed_in(door=door, number=number)
    except DatabaseError:
        _log.warning("A paper that was typed in could not be counted")
