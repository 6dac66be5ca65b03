"""Checks the shape of a definition document against its published JSON Schema.

A draft may be unfinished, as in the editor: ``draft_problems`` lets texts and lists be empty and
looks at everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from testimony.wizard import definition

SCHEMA: Final = Path(definition.__file__).with_name("definition.schema.json")
MOST_PROBLEMS: Final = 100
_FINISHED: Final = frozenset({"minLength", "minItems", "minProperties"})
_PARTS: Final = ("", "section", "question")


def schema_problems(document: Any) -> list[str]:
    """A sentence for each place that breaks the schema; none when the shape is right."""
    return _sentences(_validator().iter_errors(document))


def draft_problems(document: Any) -> list[str]:
    """The same for a draft, which may have empty texts, lists and languages to come."""
    return _sentences(_draft_validator().iter_errors(document))


def fits_field(part: str, name: str, value: Any) -> bool:
    """Whether a value has the shape of a field of a ``section``, a ``question``, or (“”) the whole.

    False also for a part or a field that the schema doesn't know.
    """
    validator = _field_validator(part, name)
    return validator is not None and validator.is_valid(value)


def _sentences(errors: Iterator[ValidationError]) -> list[str]:
    found: list[str] = []
    for error in errors:
        place = "/".join(str(part) for part in error.absolute_path) or _("the whole document")
        found.append(
            _("At %(place)s: %(reason)s.") % {"place": place, "reason": error.message[:300]}
        )
        if len(found) == MOST_PROBLEMS:
            break
    return found


@cache
def _schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(_schema())


@cache
def _draft_validator() -> Draft202012Validator:
    return Draft202012Validator(_unfinished(_schema()))


@cache
def _field_validator(part: str, name: str) -> Draft202012Validator | None:
    if part not in _PARTS:
        return None
    schema = _unfinished(_schema())
    inside = schema["$defs"][part] if part else schema
    if name not in inside["properties"]:
        return None
    return Draft202012Validator({**inside["properties"][name], "$defs": schema["$defs"]})


def _unfinished(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            name: _unfinished(inside)
            for name, inside in schema.items()
            if name not in _FINISHED or not isinstance(inside, int)
        }
    if isinstance(schema, list):
        return [_unfinished(inside) for inside in schema]
    return schema
