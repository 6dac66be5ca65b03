"""Checks the shape of a definition document against its published JSON Schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from testimony.wizard import definition

SCHEMA: Final = Path(definition.__file__).with_name("definition.schema.json")
MOST_PROBLEMS: Final = 100


def schema_problems(document: Any) -> list[str]:
    """A sentence for each place that breaks the schema; none when the shape is right."""
    found: list[str] = []
    for error in _validator().iter_errors(document):
        place = "/".join(str(part) for part in error.absolute_path) or _("the whole document")
        found.append(
            _("At %(place)s: %(reason)s.") % {"place": place, "reason": error.message[:300]}
        )
        if len(found) == MOST_PROBLEMS:
            break
    return found


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
