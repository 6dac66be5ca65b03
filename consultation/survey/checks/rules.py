"""What must be so before a questionnaire is published: a table of rules, each with its sentence.

A problem stops publishing; a warning asks to look again. The rules read the plain definition
document, which may be half written, and no database. They judge order, keys, answers, conditions
and what is said to people; the wording is judged by ``linter``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.text import capfirst

from consultation.survey.checks import path_rules, question_rules, text_rules
from consultation.survey.checks.written import Asked, Place, Rule, read
from testimony.wizard.checking import Finding

__all__ = ["RULES", "Asked", "Rule", "findings"]

RULES: Final[tuple[Rule, ...]] = (*path_rules.RULES, *question_rules.RULES, *text_rules.RULES)


def findings(
    document: Mapping[str, Any], *, asked_before: Mapping[str, Asked] | None = None
) -> list[Finding]:
    """Everything that stands in the way of publishing, and what to look at again.

    A finding about a row of a grid names the row's key as its question, one about what all its
    rows share the grid's.
    """
    written = read(document, asked_before or {})
    return [
        _finding(rule, place, values) for rule in RULES for place, values in rule.broken(written)
    ]


def _finding(rule: Rule, place: Place | None, values: Mapping[str, Any]) -> Finding:
    where = {"place": place.words} if place else {}
    return Finding(
        rule.name,
        rule.severity,
        capfirst(str(rule.sentence) % {**where, **values}),
        place.section_key if place else "",
        place.key if place and place.question is not None else "",
    )
