"""The proof file: what an audit found, with witnesses that anybody can check by addition.

For each hidden number two assignments of whole numbers to the unknowns, one with the least value a
reader can't rule out and one with the greatest, both in keeping with everything that was published.
Checking them needs no solver. So an adequate verdict rests on addition alone; only a breach rests
on the solver's word that nothing lies further out, and then the publication is not released anyway.

The same files, policy and versions give the same bytes.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any, Final

from consultation.disclosure.audit.findings import RULES, Audit, Finding, HiddenCell
from consultation.disclosure.audit.ranges import Range, Witness

FORMAT: Final = "at-the-table/audit-proof/1"


def proof_of(audit: Audit, *, versions: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An audit as the content of a proof file. ``versions`` are those it was made with."""
    return {
        "format": FORMAT,
        "verdict": "adequate" if audit.is_adequate else "breach",
        "policy": audit.policy.as_mapping(),
        "rules": dict(RULES),
        "editions": list(audit.editions),
        "reading": audit.reading,
        "files": [
            {"name": file.name, "form": file.form, "sha256": file.digest} for file in audit.files
        ],
        "versions": dict(versions or own_versions()),
        "findings": [_finding(finding) for finding in audit.findings],
        "hidden": [_hidden(cell, audit.names) for cell in audit.hidden],
        "forced": {
            audit.names[column]: value for column, value in sorted((audit.forced or {}).items())
        },
        "blocks": [
            {
                "cells": [audit.names[column] for column in block.columns],
                "assignments": [list(numbers) for numbers in block.assignments],
            }
            for block in audit.blocks
        ],
    }


def own_versions() -> dict[str, str]:
    """What the audit was made with."""
    return {
        "auditor": FORMAT,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "highspy": metadata.version("highspy"),
    }


def _range(found: Range | None) -> dict[str, int | None] | None:
    return None if found is None else {"low": found.low, "high": found.high}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "cell": finding.cell,
        "range": _range(finding.range),
        "sentence": finding.sentence,
        "place": finding.place,
    }


def _witness(witness: Witness) -> list[dict[str, int]]:
    return [{"block": block, "assignment": number} for block, number in witness]


def _hidden(cell: HiddenCell, names: Sequence[str]) -> dict[str, Any]:
    return {
        "cell": cell.name,
        "places": list(cell.places),
        "sum_of": [names[column] for column in cell.columns],
        "range": _range(cell.reach.range),
        "is_certain": cell.reach.is_certain,
        "is_deserted": cell.is_deserted,
        "least": _witness(cell.reach.least),
        "greatest": _witness(cell.reach.greatest),
    }


def written(proof: Mapping[str, Any]) -> bytes:
    """A proof file's bytes: JSON, sorted keys, one line for each entry of a list of entries."""
    lines = ["{"]
    for number, (name, value) in enumerate(sorted(proof.items())):
        comma = "," if number < len(proof) - 1 else ""
        if isinstance(value, list) and value and isinstance(value[0], dict):
            entries = ",\n  ".join(_compact(entry) for entry in value)
            lines.append(f" {_compact(name)}: [\n  {entries}\n ]{comma}")
        else:
            lines.append(f" {_compact(name)}: {_compact(value)}{comma}")
    return ("\n".join([*lines, "}"]) + "\n").encode("utf-8")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
