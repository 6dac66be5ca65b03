"""Which pages and questions a person meets, as a pure function of what they answered.

Rules have the shape of JSON logic (jsonlogic.com): ``{"and": [...]}``, ``or``, ``not``,
``==``, ``!=``, ``in``, ``any-in``, ``all-in``, ``count``, ``<``, ``<=``, ``>``, ``>=`` over
``{"answer": key}``, ``{"language": []}`` and ``{"channel": []}``. A missing or declined answer
makes a comparison false, so a rule never depends on what a person chose not to say.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from testimony.wizard.definition import Definition, Question, Section, is_declined

Answers = Mapping[str, Any]


class RuleError(ValueError):
    """A rule uses an operator or an operand this version does not know."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a rule may look at besides answers."""

    language: str = "en"
    channel: str = "web"


_MISSING: Final = object()

_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda item, many: item in many,
    "any-in": lambda some, many: bool(set(some) & set(many)),
    "all-in": lambda some, many: set(some) <= set(many),
}


def holds(rule: Mapping[str, Any] | None, answers: Answers, about: Circumstances) -> bool:
    """Whether ``rule`` holds; no rule always holds.

    Raises:
        RuleError: for an unknown operator or a rule of the wrong shape.
    """
    if rule is None:
        return True
    name, operands = _one(rule)
    if name == "and":
        return all(holds(part, answers, about) for part in operands)
    if name == "or":
        return any(holds(part, answers, about) for part in operands)
    if name == "not":
        return not holds(operands[0], answers, about)
    compare = _COMPARISONS.get(name)
    if compare is None:
        raise RuleError(f"The rule operator “{name}” is not known.")
    left, right = (_value(operand, answers, about) for operand in operands)
    if left is _MISSING or right is _MISSING:
        return False
    try:
        return compare(left, right)
    except TypeError:
        return False


def path(definition: Definition, answers: Answers, about: Circumstances) -> list[Section]:
    """The sections a person with these answers meets, in order."""
    return [
        section
        for section in definition.sections
        if holds(section.condition, answers, about)
        and any(asked(question, answers, about) for question in section.questions)
    ]


def asked(question: Question, answers: Answers, about: Circumstances) -> bool:
    """Whether this question stands on its page for these answers."""
    return holds(question.condition, answers, about)


def met(section: Section, question: Question, answers: Answers, about: Circumstances) -> bool:
    """Whether a person with these answers met a question: its page is asked, and it is asked."""
    return holds(section.condition, answers, about) and asked(question, answers, about)


def on_path(definition: Definition, answers: Answers, about: Circumstances) -> dict[str, Any]:
    """The answers that lie on the path; everything else is dropped.

    Runs until nothing more falls away, because dropping one answer can close a branch.
    """
    kept = dict(answers)
    while True:
        reachable = {
            question.key
            for section in path(definition, kept, about)
            for question in section.questions
            if question.is_asked and asked(question, kept, about)
        }
        smaller = {key: value for key, value in kept.items() if key in reachable}
        if len(smaller) == len(kept):
            return smaller
        kept = smaller


def _one(rule: Mapping[str, Any]) -> tuple[str, list[Any]]:
    if not isinstance(rule, Mapping) or len(rule) != 1:
        raise RuleError("A rule is an object with exactly one operator.")
    name, operands = next(iter(rule.items()))
    if not isinstance(operands, list):
        raise RuleError(f"The operands of “{name}” stand in a list.")
    return name, operands


def _value(operand: Any, answers: Answers, about: Circumstances) -> Any:
    if not isinstance(operand, Mapping):
        return operand
    if "answer" in operand:
        answer = answers.get(operand["answer"], _MISSING)
        return _MISSING if answer in (None, "", []) or is_declined(answer) else answer
    if "count" in operand:
        chosen = _value(operand["count"], answers, about)
        return len(chosen) if isinstance(chosen, list) else _MISSING
    if "language" in operand:
        return about.language
    if "channel" in operand:
        return about.channel
    raise RuleError("An operand is a value, an answer, a count, the language or the channel.")
