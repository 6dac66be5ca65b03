"""The audit: read the system a reader could write down, find the ranges, hold it to the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from consultation.disclosure.audit import differences, rules, sentences
from consultation.disclosure.audit.case import Case
from consultation.disclosure.audit.equations import Era, System, build, columns_of
from consultation.disclosure.audit.findings import Audit, Finding, HiddenCell
from consultation.disclosure.audit.policy import Policy
from consultation.disclosure.audit.programme import Programme
from consultation.disclosure.audit.published import ANSWERED, At, Edition, File
from consultation.disclosure.audit.ranges import Block, Contradiction, Reasoning

SECONDS: Final = 5.0
"""What one question to the solver may take. Longer counts as a breach."""


def audit(published: Iterable[Edition], *, policy: Any = None, seconds: float = SECONDS) -> Audit:
    """Whether what was published is adequate.

    Args:
        published: every edition, the earliest first.
        policy: the auditor's ``Policy``, or any object that names its limits alike.
        seconds: what one question to the solver may take.

    Raises:
        Unreadable: when an edition names what it does not hold.
    """
    limits = Policy.of(policy) if policy is not None else Policy()
    editions = tuple(published)
    first: Contradiction | None = None

    def solver_for(block: Block) -> Programme:
        return Programme(block.lower, block.upper, block.rows, seconds=seconds)

    for reading in range(READINGS):
        try:
            system = system_of(editions, reading, ring=limits.ring)
            reasoning = Reasoning(system, solver_for)
            slow = reasoning.fits()
            early = [_slow(name) for name in slow]
            if first is not None:
                early.append(_contradiction(first))
            return judged(editions, limits, reasoning, reading, early)
        except Contradiction as contradiction:
            first = first or contradiction
    assert first is not None  # noqa: S101
    findings = (*_remarks(editions), _contradiction(first))
    return Audit(limits, findings, (), _files(editions), _names(editions), READINGS)


READINGS: Final = 4


def system_of(editions: Sequence[Edition], reading: int, *, ring: int = 0) -> System:
    """The system under one reading; each next one makes less of what was published.

    0: everything, sentences taken at their word. 1: without sentences. 2: without taking the
    people of one edition to be among those of another. 3: every edition by itself. Only when the
    numbers contradict each other is any but the first one used, and that is a breach already.

    Raises:
        Unreadable: see ``equations.build``.
    """
    if reading == 0:
        editions = [
            replace(edition, figures=(*edition.figures, *sentences.hearsay(edition)))
            for edition in editions
        ]
    if reading == 3:
        editions = [
            replace(edition, population=f"{edition.population} {number}")
            for number, edition in enumerate(editions, start=1)
        ]
    system = build(editions, beside=reading < 2, ring=ring)
    system.rows.extend(list(differences.shortcuts(system)))
    return system


def judged(
    editions: Sequence[Edition],
    limits: Policy,
    reasoning: Reasoning,
    reading: int,
    early: Iterable[Finding] = (),
) -> Audit:
    """Every rule applied to what follows from the editions."""
    system = reasoning.system
    case = Case(limits, system, reasoning, _hidden(system, reasoning))
    findings = [*early, *_remarks(editions)]
    for rule in rules.all_rules():
        findings.extend(rule(case))
    forced = {
        column: value
        for column in range(len(system.names))
        if (value := reasoning.value(column)) is not None
    }
    return Audit(
        limits,
        tuple(dict.fromkeys(findings)),
        tuple(case.hidden),
        _files(editions),
        _names(editions),
        reading,
        tuple(system.names),
        forced,
        tuple(reasoning.blocks),
    )


def _files(editions: Sequence[Edition]) -> tuple[File, ...]:
    return tuple(dict.fromkeys(file for edition in editions for file in edition.files))


def _names(editions: Sequence[Edition]) -> tuple[str, ...]:
    return tuple(
        " ".join(word for word in (e.collection, e.name, e.population) if word) for e in editions
    )


def _remarks(editions: Sequence[Edition]) -> tuple[Finding, ...]:
    return tuple(
        Finding(remark.rule, remark.cell, None, remark.sentence, edition.name)
        for edition in editions
        for remark in edition.remarks
    )


def _is_deserted(system: System, reasoning: Reasoning, era: Era, at: At) -> bool:
    """Whether nobody at all is in the group a number is about: then there is nobody to protect."""
    for code, category in at:
        if category != ANSWERED:
            group = tuple((c, ANSWERED if c == code else own) for c, own in at)
            if reasoning.forced(columns_of(system, era, group)) == 0:
                return True
    return False


def _slow(name: str) -> Finding:
    return Finding("time_out", name, None, "No numbers that fit were found in time.")


def _contradiction(contradiction: Contradiction) -> Finding:
    return Finding(
        "contradiction",
        str(contradiction),
        None,
        "The published numbers can't all be true. Where they disagree, a reader learns which one "
        "was changed.",
    )


def _hidden(system: System, reasoning: Reasoning) -> list[HiddenCell]:
    """Every hidden number once, with its range."""
    names: dict[frozenset[int], str] = {}
    places: dict[frozenset[int], dict[str, None]] = {}
    deserted: set[frozenset[int]] = set()
    for told, figure, era in system.veiled:
        if told.columns and not told.columns <= system.structural:
            names.setdefault(told.columns, told.name)
            places.setdefault(told.columns, {})[figure.place] = None
            if _is_deserted(system, reasoning, era, figure.at):
                deserted.add(told.columns)
    return [
        HiddenCell(
            name,
            tuple(places[columns]),
            tuple(sorted(columns)),
            reasoning.reach(columns),
            columns in deserted,
        )
        for columns, name in names.items()
    ]
