"""Protected tables as plain data that can be kept, and back. Pure.

What is kept holds no number that is not published, so it may stand in a snapshot; read back, it is
an earlier release for ``protect``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consultation.disclosure.tables import (
    Band,
    Explanation,
    Filter,
    Protected,
    PublishedNumber,
    PublishedTable,
    Variable,
)

FORMAT: Final = 1


class NotProtected(ValueError):
    """The data is not a set of protected tables in a format that is known."""


def as_document(protected: Protected) -> dict[str, Any]:
    """Plain lists, dictionaries, strings and whole numbers."""
    return {
        "format": FORMAT,
        "is_optimal": protected.is_optimal,
        "tables": [_table(table) for table in protected.tables],
        "explanations": [
            {
                "table": list(one.table),
                "place": list(one.place),
                "code": one.code,
                "parameters": dict(one.parameters),
            }
            for one in protected.explanations
        ],
    }


def from_document(document: Mapping[str, Any]) -> Protected:
    """The tables that were kept.

    Raises:
        NotProtected: when the data has another shape.
    """
    if document.get("format") != FORMAT:
        raise NotProtected(f"The format “{document.get('format')}” is not known.")
    try:
        return Protected(
            tables=tuple(_read_table(table) for table in document["tables"]),
            explanations=tuple(
                Explanation(
                    tuple(one["table"]),
                    tuple(one["place"]),
                    one["code"],
                    tuple(one["parameters"].items()),
                )
                for one in document["explanations"]
            ),
            is_optimal=document["is_optimal"],
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise NotProtected(f"The tables lack something: {problem}") from problem


def _table(table: PublishedTable) -> dict[str, Any]:
    return {
        "variables": [_variable(one) for one in table.variables],
        "groupings": [[list(group) for group in grouping] for grouping in table.groupings],
        "verdict": table.verdict,
        "reason": table.reason,
        "participants": table.participants,
        "cells": [_number(one) for one in table.cells],
        "margins": [_number(one) for one in table.margins],
    }


def _read_table(kept: Mapping[str, Any]) -> PublishedTable:
    return PublishedTable(
        variables=tuple(_read_variable(one) for one in kept["variables"]),
        groupings=tuple(
            tuple(tuple(group) for group in grouping) for grouping in kept["groupings"]
        ),
        verdict=kept["verdict"],
        reason=kept["reason"],
        participants=kept["participants"],
        cells=tuple(_read_number(one) for one in kept["cells"]),
        margins=tuple(_read_number(one) for one in kept["margins"]),
    )


def _variable(variable: Variable) -> dict[str, Any]:
    decides = variable.asked_of
    return {
        "key": variable.key,
        "codes": list(variable.codes),
        "type": variable.type,
        "is_multiple": variable.is_multiple,
        "exclusive": variable.exclusive,
        "sensitivity": variable.sensitivity,
        "merges": [[list(group) for group in grouping] for grouping in variable.merges],
        "asked_of": decides and {"question": decides.question, "codes": sorted(decides.codes)},
        "depends_on": list(variable.depends_on),
    }


def _read_variable(kept: Mapping[str, Any]) -> Variable:
    decides = kept["asked_of"]
    return Variable(
        key=kept["key"],
        codes=tuple(kept["codes"]),
        type=kept["type"],
        is_multiple=kept["is_multiple"],
        exclusive=kept["exclusive"],
        sensitivity=kept["sensitivity"],
        merges=tuple(tuple(tuple(group) for group in grouping) for grouping in kept["merges"]),
        asked_of=Filter(decides["question"], frozenset(decides["codes"])) if decides else None,
        depends_on=tuple(kept["depends_on"]),
    )


def _number(number: PublishedNumber) -> dict[str, Any]:
    return {
        "place": list(number.place),
        "count": number.count,
        "percent": number.percent,
        "band": [number.band.low, number.band.high] if number.band else None,
        "is_impossible": number.is_impossible,
        "mark": number.mark,
    }


def _read_number(kept: Mapping[str, Any]) -> PublishedNumber:
    band = kept["band"]
    return PublishedNumber(
        place=tuple(kept["place"]),
        count=kept["count"],
        percent=kept["percent"],
        band=Band(band[0], band[1]) if band else None,
        is_impossible=kept["is_impossible"],
    )
