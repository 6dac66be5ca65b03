"""What answers are counted as: a definition's variables, and how an answer becomes codes. Pure.

A closed question is one variable. A ranking is two: what was put first and, where not everything
is ranked, what was placed at all. Numbers and months fall into bands that the definition decides
and no answer moves, because edges drawn from answers would tell of them. What is known of
everybody (the language, how it was sent, the lane) is a variable too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from consultation.disclosure.tables import Filter, Grouping, Sensitivity, Variable
from testimony.wizard.definition import (
    CONSENT_TYPES,
    Definition,
    Question,
    Section,
    answers_named,
    is_declined,
)

FIRST: Final = "~first"
"""Follows the key of a ranking where what was put first is counted."""

LANGUAGE: Final = "~language"
CHANNEL: Final = "~channel"
LANE: Final = "~lane"
"""What is known of everybody. No question's key begins like these."""

PREFER_NOT: Final = "prefer_not"
BELOW_NOUGHT: Final = "below-0"
MOST_BANDS: Final = 8
_STEPS: Final = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10000)
_OPEN_EDGES: Final = (0, 1, 5, 10, 20, 50, 100)
_CHANNELS: Final = ("web", "assisted")


@dataclass(frozen=True, slots=True)
class Counted:
    """One variable with the question it comes from; no question for what is known of everybody."""

    variable: Variable
    question: Question | None = None
    section: Section | None = None
    bands: tuple[Band, ...] = ()

    @property
    def key(self) -> str:
        return self.variable.key

    @property
    def is_headline(self) -> bool:
        return self.question is not None and self.question.headline

    def codes_in(self, answer: Any) -> list[str]:
        """The codes an answer to the question stands for; none when it was skipped."""
        question = self.question
        if question is None or answer in (None, "", []):
            return []
        if is_declined(answer):
            return [PREFER_NOT] if PREFER_NOT in self.variable.codes else []
        if question.is_ranking:
            ranked = answer if isinstance(answer, list) else []
            found = ranked[:1] if self.key.endswith(FIRST) else ranked
        elif self.bands:
            found = [band.code for band in self.bands if band.holds(answer)]
        else:
            found = answer if isinstance(answer, list) else [answer]
        return [code for code in found if code in self.variable.codes]


@dataclass(frozen=True, slots=True)
class Band:
    """Numbers, or years, from ``low`` to ``high``, both included; None stands for no end."""

    low: int | None
    high: int | None

    @property
    def code(self) -> str:
        if self.low is None:
            return BELOW_NOUGHT
        if self.high is None:
            return f"{self.low}+"
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def holds(self, answer: Any) -> bool:
        """Whether a number, or the year a month begins with, lies in it."""
        try:
            value = int(str(answer)[:4]) if isinstance(answer, str) else int(answer)
        except (TypeError, ValueError):
            return False
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


def bands_between(minimum: int | None, maximum: int | None) -> tuple[Band, ...]:
    """At most eight bands of equal, round width between two bounds; wider ones without bounds."""
    if minimum is None or maximum is None:
        edges = [edge for edge in _OPEN_EDGES if minimum is None or edge >= minimum]
        edges = [edge for edge in edges if maximum is None or edge <= maximum] or [0]
        ends = [edge - 1 for edge in edges[1:]]
        if minimum is not None and edges[0] > minimum:
            edges, ends = [minimum, *edges], [edges[0] - 1, *ends]
        found = [Band(low, high) for low, high in zip(edges, [*ends, maximum], strict=True)]
        return (Band(None, edges[0] - 1), *found) if minimum is None else tuple(found)
    step = next(
        (one for one in _STEPS if (maximum // one) - (minimum // one) + 1 <= MOST_BANDS),
        maximum - minimum + 1,
    )
    starts = range(minimum // step * step, maximum + 1, step)
    return tuple(Band(max(start, minimum), min(start + step - 1, maximum)) for start in starts)


def variables_of(definition: Definition) -> Iterator[Counted]:
    """Everything of a definition that is counted, in the order it is asked."""
    for section in definition.sections:
        for question in section.questions:
            if question.type in CONSENT_TYPES:
                continue
            for key, codes, bands in _counted(question):
                yield Counted(
                    _variable(definition, section, question, key, codes), question, section, bands
                )


def profile_of(definition: Definition, lanes: tuple[str, ...]) -> Iterator[Counted]:
    """What is known of everybody who answered."""
    for key, codes in ((LANGUAGE, definition.languages), (CHANNEL, _CHANNELS), (LANE, lanes)):
        yield Counted(Variable(key=key, codes=codes, type="profile"))


def _counted(question: Question) -> Iterator[tuple[str, tuple[str, ...], tuple[Band, ...]]]:
    out = (PREFER_NOT,) if question.prefer_not else ()
    if question.is_ranking:
        yield question.key + FIRST, (*question.codes, *out), ()
        if question.places < len(question.options):
            yield question.key, question.codes, ()
    elif question.is_closed:
        yield question.key, question.codes, ()
    elif question.is_month or question.type == "number":
        bands = bands_between(question.minimum, question.maximum)
        yield question.key, (*(band.code for band in bands), *out), bands


def _variable(
    definition: Definition,
    section: Section,
    question: Question,
    key: str,
    codes: tuple[str, ...],
) -> Variable:
    is_multiple = question.is_multiple or (question.is_ranking and not key.endswith(FIRST))
    exclusive = [option.code for option in question.options if option.exclusive]
    rules = [rule for rule in (section.condition, question.condition) if rule is not None]
    decides = _single_test(definition, rules)
    named = frozenset().union(*(answers_named(rule) for rule in rules))
    return Variable(
        key=key,
        codes=codes,
        type=question.type,
        is_multiple=is_multiple,
        exclusive=exclusive[0] if is_multiple and exclusive else "",
        sensitivity=cast(Sensitivity, question.sensitivity),
        merges=() if is_multiple else _merges(question, codes),
        asked_of=decides,
        depends_on=() if decides else tuple(sorted(named)),
    )


def _single_test(definition: Definition, rules: list[Mapping[str, Any]]) -> Filter | None:
    """The one test that decides who meets a question, where it is no more than one."""
    if len(rules) != 1:
        return None
    match rules[0]:
        case {"==": [{"answer": str(key)}, str(code)]}:
            codes = frozenset({code})
        case {"in": [{"answer": str(key)}, [*several]]}:
            codes = frozenset(map(str, several))
        case _:
            return None
    asked = definition.by_key.get(key)
    if asked is None or not asked.is_closed or asked.is_multiple or not codes <= set(asked.codes):
        return None
    return Filter(key, codes)


def _merges(question: Question, codes: tuple[str, ...]) -> tuple[Grouping, ...]:
    """Groupings of the codes, each coarser: as the editor ordered them, or of neighbours in bands.

    Answers that are no band, such as “I would rather not say”, stay by themselves.
    """
    steps: list[tuple[str, ...]] = [tuple(step) for step in question.merge or ()]
    grouping: Grouping = tuple((code,) for code in codes)
    found: list[Grouping] = []
    if not question.is_closed and not question.is_ranking:
        while sum(group != (PREFER_NOT,) for group in grouping) > 2:
            grouping = _paired(grouping)
            found.append(grouping)
        return tuple(found)
    for step in steps:
        joined = [group for group in grouping if set(group) & set(step)]
        if len(joined) < 2:
            continue
        whole = tuple(code for code in codes if any(code in group for group in joined))
        rest = [group for group in grouping if group not in joined]
        grouping = tuple(sorted((whole, *rest), key=lambda group: codes.index(group[0])))
        found.append(grouping)
    return tuple(found)


def _paired(grouping: Grouping) -> Grouping:
    bands = [group for group in grouping if group != (PREFER_NOT,)]
    apart = [group for group in grouping if group == (PREFER_NOT,)]
    pairs = [
        tuple(code for group in bands[start : start + 2] for code in group)
        for start in range(0, len(bands), 2)
    ]
    return (*pairs, *apart)
