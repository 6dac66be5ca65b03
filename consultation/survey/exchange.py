"""A questionnaire as a JSON file: to carry it elsewhere, and to take one in without trusting it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from testimony.wizard import definition

SCHEMA_ADDRESS: Final = "urn:at-the-table:definition:1"
MOST_BYTES: Final = 4 * 1024 * 1024


class ExchangeError(ValueError):
    """The file is not a questionnaire that can be taken in. The message says why."""


def to_json(document: Mapping[str, Any]) -> bytes:
    """The document as people can read and compare it: indented, keys sorted."""
    return (
        json.dumps(
            {**document, "$schema": SCHEMA_ADDRESS},
            sort_keys=True,
            indent=2,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    ).encode()


def from_json(data: bytes) -> dict[str, Any]:
    """Read a document and check that it is a definition of this format.

    Raises:
        ExchangeError: with a sentence for the person who brought the file.
    """
    if len(data) > MOST_BYTES:
        raise ExchangeError(_("The file is larger than 4 MiB."))
    try:
        document = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ExchangeError(_("The file is not JSON.")) from error
    if not isinstance(document, dict):
        raise ExchangeError(_("The file does not hold one questionnaire."))
    document.pop("$schema", None)
    try:
        definition.parse(document)
    except definition.DefinitionError as error:
        raise ExchangeError(str(error)) from error
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ExchangeError(_("A part of the questionnaire has the wrong shape.")) from error
    return document


def _refuse(name: str) -> None:
    raise ValueError(name)
