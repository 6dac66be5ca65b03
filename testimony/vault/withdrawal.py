"""The registry through which a withdrawal reaches up.

The vault knows no excerpt, page or report. Whoever keeps something made from a record says so
here, in ``AppConfig.ready``, and is called inside the withdrawal's own transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

Handler = Callable[[uuid.UUID], None]

_handlers: Final[dict[str, Handler]] = {}


def register(reference: str, handler: Handler) -> None:
    """Have ``handler(record_id)`` delete what ``reference`` (app.Model.field) points with.

    The handler runs inside the withdrawal's transaction and raises to stop it.
    """
    _handlers[reference] = handler


def handlers() -> Mapping[str, Handler]:
    """Every registered handler, by the reference it answers for."""
    return MappingProxyType(_handlers)


def run(record_id: uuid.UUID) -> None:
    """Call every handler for one record."""
    for handler in _handlers.values():
        handler(record_id)
