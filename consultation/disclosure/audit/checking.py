"""Checking a proof file against the published files, by plain arithmetic and without a solver.

The system is written down anew from the files. Every assignment in the proof must keep every row of
it. Then the audit is done again with those assignments as the only knowledge, and must come out the
same to the byte: the same ranges, the same findings, the same verdict.

So an adequate verdict is shown by addition alone: for every hidden number there is an assignment
that reaches k, and two that lie k apart. That a range goes no further is the solver's word; a range
that went further would only be safer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from consultation.disclosure.audit.auditing import READINGS, judged, system_of
from consultation.disclosure.audit.findings import Finding
from consultation.disclosure.audit.policy import Policy
from consultation.disclosure.audit.proof import FORMAT, proof_of, written
from consultation.disclosure.audit.published import Edition, Unreadable
from consultation.disclosure.audit.ranges import Block, Contradiction, Reasoning

_FROM_SOLVER = frozenset({"contradiction", "time_out"})


def read_proof(content: bytes) -> dict[str, Any]:
    """A proof file's content.

    Raises:
        Unreadable: when it is not one, or not written as proofs are.
    """
    try:
        proof = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The proof is not JSON ({error}).") from None
    if not isinstance(proof, dict) or proof.get("format") != FORMAT:
        raise Unreadable(f"The proof's format is not “{FORMAT}”.")
    if written(proof) != content:
        raise Unreadable("The proof's bytes are not as a proof is written.")
    return proof


def objections(content: bytes, editions: Sequence[Edition]) -> list[str]:
    """What is wrong with a proof; nothing when it holds.

    Raises:
        Unreadable: when it is no proof file.
    """
    proof = read_proof(content)
    try:
        return _objections(proof, content, editions)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise Unreadable(f"The proof lacks something or holds the wrong kind: {error}.") from None
    except ValueError as error:
        raise Unreadable(f"The proof can't be used: {error}") from None


def _objections(proof: dict[str, Any], content: bytes, editions: Sequence[Edition]) -> list[str]:
    own = sorted((f.name, f.digest) for edition in editions for f in set(edition.files))
    told = sorted((item["name"], item["sha256"]) for item in proof["files"])
    if sorted(set(own)) != told:
        return ["The proof is about other files."]
    early = [
        Finding(item["rule"], item["cell"], None, item["sentence"], item["place"])
        for item in proof["findings"]
        if item["rule"] in _FROM_SOLVER and item["range"] is None and not item["place"]
    ]
    if any(finding["rule"] == "time_out" for finding in proof["findings"]):
        return ["The solver ran out of time. That is a breach, and nothing more can be checked."]
    reading = proof["reading"]
    if reading and not early:
        return ["The proof leaves out a part of what was published, and does not say why."]
    if reading == READINGS:
        return []
    limits = Policy(**proof["policy"])
    try:
        reasoning = Reasoning(system_of(editions, reading, ring=limits.ring))
    except Contradiction as contradiction:
        return [f"The published numbers contradict each other: {contradiction}."]
    found = _load(proof, reasoning)
    if found:
        return found
    again = judged(editions, limits, reasoning, reading, early)
    expected = proof_of(again, versions=proof["versions"])
    return [
        f"“{name}” does not come out the same."
        for name in sorted(expected.keys() | proof.keys())
        if expected.get(name) != proof.get(name)
    ] or ([] if written(expected) == content else ["The bytes do not come out the same."])


def _load(proof: dict[str, Any], reasoning: Reasoning) -> list[str]:
    """Put the proof's assignments into the blocks, if they keep every row."""
    if len(proof["blocks"]) != len(reasoning.blocks):
        return ["The blocks of unknowns are others."]
    names = reasoning.system.names
    for number, (given, block) in enumerate(zip(proof["blocks"], reasoning.blocks, strict=True)):
        if given["cells"] != [names[column] for column in block.columns]:
            return [f"Block {number} is about other unknowns."]
        if not given["assignments"]:
            return [f"Block {number} has no assignment."]
        for place, numbers in enumerate(given["assignments"]):
            if not _keeps(block, numbers):
                return [f"Assignment {place} of block {number} does not fit what was published."]
            block.keep(tuple(numbers))
    return []


def _keeps(block: Block, numbers: Sequence[int]) -> bool:
    return (
        len(numbers) == len(block.columns)
        and all(type(number) is int for number in numbers)
        and all(
            low <= number <= high
            for low, number, high in zip(block.lower, numbers, block.upper, strict=True)
        )
        and all(row.holds(numbers) for row in block.rows)
    )
