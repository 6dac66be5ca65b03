"""Which pages and questions some person can come to, over whole paths. Pure.

A condition holds only together with the conditions of the questions that it looks at: an answer
is there only where it was asked for. So each comparison is taken together with all that must hold
for its question to be asked, and a diagram is made of them (``diagrams``). Then the answers of
each question are gone through (``distinctions``), and ``routing.holds``, by which people are led,
judges every comparison.

The work is bounded. Where the bound is reached the answer is ``UNTRIED``, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from consultation.survey.checks.diagrams import ALWAYS, NEVER, Diagrams, TooMuchWork
from consultation.survey.checks.distinctions import Takes, TooManyAnswers, answers
from testimony.wizard.definition import (
    CHOICE_TYPES,
    CONSENT_TYPES,
    MULTIPLE_TYPES,
    PICTURE_TYPES,
    SILENT_TYPES,
)
from testimony.wizard.routing import Circumstances, holds

MOST_STEPS: Final = 100_000
"""The most steps in making the diagrams of one questionnaire."""
MOST_TRIES: Final = 60_000
"""The most answers tried for one questionnaire."""
MOST_LEVELS: Final = 40
"""The deepest that a condition is nested."""
MOST_VALUES: Final = 64
"""The most answers of one question that another question's are compared with, one by one."""

CHANNELS: Final = ("web", "assisted")

_TESTS_OF_ONE: Final = 10_000
"""The most tests of one questionnaire, so that a test's number also says its variable."""
_COMPARISONS: Final = frozenset({"==", "!=", "in", "any-in", "all-in", "<", "<=", ">", ">="})
_LANGUAGE, _CHANNEL = "language", "channel"
ANSWERED_NEVER: Final = SILENT_TYPES | PICTURE_TYPES

Rule = Any


class Found(Enum):
    """Whether somebody can come to a place."""

    SOMEBODY = "somebody"
    NOBODY = "nobody"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Asking:
    """One question, and the condition it is asked under."""

    takes: Takes
    condition: Rule


@dataclass(frozen=True, slots=True)
class Page:
    """One page, its condition, and its questions in order."""

    condition: Rule
    asks: tuple[Asking, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """What was found for one page or question.

    Attributes:
        comes: whether somebody comes to it.
        alone: where nobody comes, whether its own condition could hold if everything that it looks
            at were asked.
        goes_by: whether somebody is led past it.
    """

    comes: Found
    alone: Found
    goes_by: Found


@dataclass(frozen=True, slots=True)
class Reached:
    """What was found for one page, and for each question on it."""

    page: Reach
    asks: tuple[Reach, ...]


def is_readable(rule: Rule, levels: int = MOST_LEVELS) -> bool:
    """Whether ``routing.holds`` can judge a rule for all answers, without an error."""
    if not isinstance(rule, Mapping) or len(rule) != 1 or levels == 0:
        return False
    ((name, operands),) = rule.items()
    if not isinstance(operands, list) or not operands:
        return False
    if name in _COMPARISONS:
        return len(operands) == 2 and all(map(_is_operand, operands))
    if name in ("and", "or") or (name == "not" and len(operands) == 1):
        return all(is_readable(part, levels - 1) for part in operands)
    return False


def _is_operand(operand: Any) -> bool:
    if isinstance(operand, list):
        return not any(isinstance(part, list | Mapping) for part in operand)
    if not isinstance(operand, Mapping):
        return True
    if len(operand) != 1:
        return False
    ((name, inner),) = operand.items()
    if name == "count":
        return isinstance(inner, Mapping) and "count" not in inner and _is_operand(inner)
    return isinstance(inner, str) if name == "answer" else name in (_LANGUAGE, _CHANNEL)


def _named(operands: Sequence[Any]) -> set[tuple[str, str]]:
    """What a comparison looks at: answers by their key, the language, the channel."""
    return {found for operand in operands if (found := _names(operand)) is not None}


def _names(operand: Any) -> tuple[str, str] | None:
    if not isinstance(operand, Mapping):
        return None
    if "answer" in operand:
        return "answer", operand["answer"]
    if "count" in operand:
        return _names(operand["count"])
    return (_LANGUAGE, "") if _LANGUAGE in operand else (_CHANNEL, "")


def _with(operand: Any, name: tuple[str, str], value: Any) -> Any:
    """An operand with a value in the place of what it looks at."""
    if _names(operand) != name:
        return operand
    return {"count": _with(operand["count"], name, value)} if "count" in operand else value


def walk(pages: Sequence[Page], languages: Sequence[str]) -> list[Reached]:
    """What can be found about every page, in order. Every condition is readable, or None."""
    return list(_Walk(tuple(languages) or ("en",)).pages(pages))


@dataclass
class _Walk:
    """One look at a whole questionnaire.

    A *variable* is the language, the channel or a question; its number is its place in the order
    of the pages. A test's number says its variable, so that the tests of one stand together.
    """

    languages: tuple[str, ...]
    diagrams: Diagrams = field(default_factory=lambda: Diagrams(MOST_STEPS))
    variables: list[tuple[str, str]] = field(
        default_factory=lambda: [(_LANGUAGE, ""), (_CHANNEL, "")]
    )
    numbers: dict[tuple[str, str], int] = field(
        default_factory=lambda: {(_LANGUAGE, ""): 0, (_CHANNEL, ""): 1}
    )
    takes: dict[int, Takes] = field(default_factory=dict)
    asked: dict[int, int | None] = field(default_factory=dict)
    """The diagram of a question's being asked; None where that was too much work."""
    tests: dict[tuple[int, str], int] = field(default_factory=dict)
    comparisons: dict[int, Rule] = field(default_factory=dict)
    some: dict[int, bool | None] = field(default_factory=lambda: {NEVER: False, ALWAYS: True})
    """Whether somebody's answers make a diagram hold; None while that is not found out."""
    tries_left: int = MOST_TRIES

    def pages(self, pages: Sequence[Page]) -> Iterator[Reached]:
        for page in pages:
            led = self._diagram(page.condition)
            asks = [self._both(led, self._diagram(one.condition)) for one in page.asks]
            yield Reached(
                self._reach(led, page.condition),
                tuple(map(self._reach, asks, (one.condition for one in page.asks))),
            )
            # Only now: a condition looks at earlier pages.
            for one, diagram in zip(page.asks, asks, strict=True):
                self._add(one.takes, diagram)

    def _reach(self, diagram: int | None, rule: Rule) -> Reach:
        comes = self._found(diagram)
        is_odd = comes is Found.NOBODY
        return Reach(
            comes=comes,
            alone=self._found(self._diagram(rule, alone=True)) if is_odd else comes,
            goes_by=self._found(self._opposite(diagram)),
        )

    def _add(self, takes: Takes, diagram: int | None) -> None:
        name = "answer", takes.key
        if name not in self.numbers:
            number = self.numbers[name] = len(self.variables)
            self.variables.append(name)
            self.takes[number] = takes
            self.asked[number] = NEVER if takes.type in ANSWERED_NEVER else diagram

    def _diagram(self, rule: Rule, *, alone: bool = False) -> int | None:
        if rule is None:
            return ALWAYS
        try:
            return self._of(rule, alone=alone)
        except (TooMuchWork, TooManyAnswers):
            return None

    def _both(self, first: int | None, second: int | None) -> int | None:
        if NEVER in (first, second):
            return NEVER
        try:
            return None if first is None or second is None else self.diagrams.both(first, second)
        except TooMuchWork:
            return None

    def _opposite(self, diagram: int | None) -> int | None:
        try:
            return None if diagram is None else self.diagrams.opposite(diagram)
        except TooMuchWork:
            return None

    def _found(self, diagram: int | None) -> Found:
        if diagram is None:
            return Found.UNTRIED
        try:
            return Found.SOMEBODY if self._is_for_some(diagram) else Found.NOBODY
        except (TooMuchWork, TooManyAnswers):
            return Found.UNTRIED

    # Rules as diagrams.

    def _of(self, rule: Rule, *, alone: bool) -> int:
        ((name, operands),) = rule.items()
        if name == "not":
            return self.diagrams.opposite(self._of(operands[0], alone=alone))
        if name in ("and", "or"):
            join = self.diagrams.both if name == "and" else self.diagrams.either
            found = ALWAYS if name == "and" else NEVER
            for part in operands:
                found = join(found, self._of(part, alone=alone))
            return found
        return self._comparison(name, operands, alone=alone)

    def _comparison(self, name: str, operands: list[Any], *, alone: bool) -> int:
        named = sorted(_named(operands), key=lambda one: self.numbers.get(one, -1))
        if not named:
            return ALWAYS if holds({name: operands}, {}, Circumstances()) else NEVER
        if any(one not in self.numbers for one in named):
            # Nothing was asked by this key so far: it is missing.
            return NEVER
        if len(named) == 1:
            return self._test(self.numbers[named[0]], {name: operands}, alone=alone)
        found = NEVER
        first, values = self._fewest(named)
        for value in values:
            same = self._comparison("==", [_operand(first), value], alone=alone)
            rest = [_with(operand, first, value) for operand in operands]
            both = self.diagrams.both(same, self._comparison(name, rest, alone=alone))
            found = self.diagrams.either(found, both)
        return found

    def _test(self, variable: int, rule: Rule, *, alone: bool) -> int:
        key = variable, repr(rule)
        test = self.tests.get(key)
        if test is None:
            if len(self.tests) == _TESTS_OF_ONE:
                raise TooMuchWork
            test = variable * _TESTS_OF_ONE + len(self.tests)
            self.tests[key], self.comparisons[test] = test, rule
        holding = self.diagrams.holds(test)
        asked = ALWAYS if alone else self.asked.get(variable, ALWAYS)
        if asked is None:
            raise TooMuchWork
        return self.diagrams.both(holding, asked)

    def _fewest(self, named: list[tuple[str, str]]) -> tuple[tuple[str, str], list[Any]]:
        """What can be compared value by value, with its values. An answer, if missing, is false."""
        found = [(len(values), one, values) for one in named if (values := self._values(one))]
        if not found:
            raise TooManyAnswers
        _count, name, values = min(found, key=lambda one: one[0])
        if len(values) > MOST_VALUES:
            raise TooManyAnswers
        return name, values

    def _values(self, name: tuple[str, str]) -> list[Any]:
        """Every value of a variable that has few of them."""
        number = self.numbers[name]
        if number not in self.takes:
            return list(self.languages if name[0] == _LANGUAGE else CHANNELS)
        takes = self.takes[number]
        if takes.type in CHOICE_TYPES | CONSENT_TYPES:
            return list(takes.codes)
        if takes.type in MULTIPLE_TYPES and 2 ** len(takes.codes) <= MOST_VALUES:
            tests = [{"in": [code, _operand(name)]} for code in takes.codes]
            return [value for value in answers(takes, tests) if value is not None]
        if takes.minimum is not None and takes.maximum is not None and takes.type == "number":
            return list(range(takes.minimum, min(takes.maximum, takes.minimum + MOST_VALUES) + 1))
        return []

    # Diagrams and answers.

    def _is_for_some(self, diagram: int) -> bool:
        """Whether somebody's answers make a diagram hold."""
        if diagram in self.some:
            known = self.some[diagram]
            if known is None:
                raise TooManyAnswers
            return known
        self.some[diagram] = None
        variable = self.diagrams.node(diagram).test // _TESTS_OF_ONE
        tests = self._tests_of(variable, diagram)
        reached: set[int] = set()
        found = False
        for value in self._tried(variable, tests):
            after = self._after(diagram, variable, value)
            if after not in reached:
                reached.add(after)
                if self._is_for_some(after):
                    found = True
                    break
        self.some[diagram] = found
        return found

    def _tried(self, variable: int, tests: set[int]) -> Iterator[Any]:
        takes = self.takes.get(variable)
        if takes is None:
            yield from self.languages if variable == self.numbers[_LANGUAGE, ""] else CHANNELS
            return
        for value in answers(takes, [self.comparisons[test] for test in sorted(tests)]):
            self.tries_left -= 1
            if self.tries_left < 0:
                raise TooMuchWork
            yield value

    def _tests_of(self, variable: int, diagram: int) -> set[int]:
        """The tests of one variable with which a diagram begins."""
        found, waiting, seen = set[int](), [diagram], {diagram}
        while waiting:
            node = self.diagrams.node(waiting.pop())
            if node.test >= 0 and node.test // _TESTS_OF_ONE == variable:
                found.add(node.test)
                waiting += {node.no, node.yes} - seen
                seen |= {node.no, node.yes}
        return found

    def _after(self, diagram: int, variable: int, value: Any) -> int:
        """Where a diagram leads once the value of its first variable is known."""
        kind, key = self.variables[variable]
        about = Circumstances(
            value if kind == _LANGUAGE else self.languages[0],
            value if kind == _CHANNEL else CHANNELS[0],
        )
        given = {key: value} if kind == "answer" and value is not None else {}
        node = self.diagrams.node(diagram)
        while node.test >= 0 and node.test // _TESTS_OF_ONE == variable:
            does_hold = holds(self.comparisons[node.test], given, about)
            diagram = node.yes if does_hold else node.no
            node = self.diagrams.node(diagram)
        return diagram


def _operand(name: tuple[str, str]) -> dict[str, Any]:
    return {"answer": name[1]} if name[0] == "answer" else {name[0]: []}
