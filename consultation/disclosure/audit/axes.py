"""How variables are split into parts that don't overlap, and what classifications share. Pure.

A question's categories are completed by those who skipped it and those who were not asked. Of
categories that overlap, as a merged one does with its parts, the smallest pieces are the parts. A
question where several answers may be ticked has an axis for each answer, ticked or not, and one
for who answered at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from consultation.disclosure.audit.published import (
    ANSWERED,
    JOINED,
    MISSING,
    NOT_ASKED,
    TICKS,
    At,
    Edition,
    Unreadable,
    Variable,
    parts_of,
)

TICKED: Final = "ticked"
NOT_TICKED: Final = "not ticked"
REST: Final = "~rest"
ANY: Final = "any answer"
STATUS: Final = "?"
OPTION: Final = "/"

Node = tuple[str, ...]


@dataclass(slots=True)
class Axes:
    """How the variables of one collection are split into parts that don't overlap."""

    variables: dict[str, Variable]
    parts: dict[str, tuple[str, ...]]
    members: dict[str, dict[str, frozenset[str]]]
    """For each variable and category code, the parts it is made of."""


def axes_of(editions: Sequence[Edition]) -> Axes:
    """The axes of everything that some editions of one collection published.

    Raises:
        Unreadable: when a variable has no proper code.
    """
    variables: dict[str, Variable] = {}
    used: dict[str, dict[str, None]] = {}
    for edition in editions:
        for code, variable in edition.variables.items():
            variables[code] = variables[code].joined(variable) if code in variables else variable
        for code, category in _used(edition):
            used.setdefault(code, {})[category] = None
    for code in used:
        variables.setdefault(code, Variable(code))
    for code in variables:
        if not code or set(code) & {OPTION, STATUS}:
            raise Unreadable(f"“{code}” is no code of a variable.")
    axes = Axes(variables, {}, {})
    for code, variable in sorted(variables.items()):
        if variable.kind == "tick_all":
            _split_options(axes, variable, used.get(code, {}))
        else:
            _split_categories(axes, variable, used.get(code, {}))
    return axes


def _used(edition: Edition) -> Iterator[tuple[str, str]]:
    """Every variable and category that something was published of."""
    for figure in edition.every_figure():
        yield from figure.at
        yield from figure.of
    for table in edition.tables:
        for item in table.statistics:
            yield from (*item.at, (item.variable, ANSWERED))
    for code, variable in edition.variables.items():
        yield from ((code, band) for band, _least, _most in variable.bounds)


def _unanswered(variable: Variable, used: Iterable[str]) -> tuple[str, ...]:
    if MISSING in used or NOT_ASKED in used or variable.asked_if:
        return (MISSING, NOT_ASKED)
    return (REST,)


def _split_categories(axes: Axes, variable: Variable, used: Iterable[str]) -> None:
    named = [c for c in used if c not in (ANSWERED, MISSING, NOT_ASKED)]
    declared = [code for code, _label in variable.categories]
    elements = list(dict.fromkeys(part for c in (*declared, *named) for part in parts_of(c)))
    signatures: dict[tuple[str, ...], list[str]] = {}
    for element in elements:
        inside = tuple(c for c in named if element in parts_of(c))
        signatures.setdefault(inside, []).append(element)
    parts = {JOINED.join(group): frozenset(group) for group in signatures.values()}
    parts = parts or {ANY: frozenset()}
    unanswered = _unanswered(variable, used)
    axes.parts[variable.code] = (*parts, *unanswered)
    members = {
        category: frozenset(
            part
            for part, codes in parts.items()
            if codes and codes <= frozenset(parts_of(category))
        )
        for category in named
    }
    members[ANSWERED] = frozenset(parts)
    members |= {code: frozenset({code}) for code in unanswered}
    members.setdefault(MISSING, frozenset({REST}))
    axes.members[variable.code] = members


def _split_options(axes: Axes, variable: Variable, used: Iterable[str]) -> None:
    unanswered = _unanswered(variable, used)
    options = [c for c in used if c not in (ANSWERED, MISSING, NOT_ASKED, TICKS)]
    for option in options:
        axes.parts[variable.code + OPTION + option] = (TICKED, NOT_TICKED, *unanswered)
    axes.parts[variable.code + STATUS] = (ANSWERED, *unanswered)
    axes.members[variable.code] = {code: frozenset({code}) for code in (ANSWERED, *unanswered)}
    axes.members[variable.code].setdefault(MISSING, frozenset({REST}))


def variable_of(axis: str) -> str:
    """The code of the variable an axis belongs to."""
    return axis.partition(OPTION)[0].removesuffix(STATUS)


def options_of(axes: Axes, code: str) -> list[str]:
    """The axes of the answers to a question where several may be ticked."""
    return [axis for axis in axes.parts if code and axis.startswith(code + OPTION)]


def is_status(axis: str) -> bool:
    """Whether an axis only says who answered a question with several answers."""
    return axis.endswith(STATUS) and OPTION not in axis


def family(axis: str) -> str:
    """The status axis of an option's axis; empty for any other."""
    code, found, _option = axis.partition(OPTION)
    return code + STATUS if found else ""


def status_of(part: str) -> str:
    """What a part of an option's axis says of who answered."""
    return ANSWERED if part in (TICKED, NOT_TICKED) else part


def covers(larger: Node, smaller: Node) -> bool:
    """Whether the larger classification adds up to the smaller one."""
    return set(smaller) <= set(larger) | {family(axis) for axis in larger}


def meet(one: Node, other: Node) -> Node:
    """The classification that two others share."""
    shared = (set(one) | {family(a) for a in one}) & (set(other) | {family(a) for a in other})
    shared -= {family(axis) for axis in shared}
    return tuple(sorted(shared - {""}))


def where(axes: Axes, at: At) -> tuple[Node, dict[str, frozenset[str]]]:
    """The classification an ``at`` belongs to, and the parts it allows on each axis.

    Raises:
        Unreadable: when it names a category twice, or one that is not there.
    """
    allowed: dict[str, frozenset[str]] = {}
    for code, category in at:
        variable = axes.variables.get(code)
        if variable is None:
            raise Unreadable(f"Nothing says what “{code}” is.")
        if variable.kind == "tick_all" and code + OPTION + category in axes.parts:
            axis, parts = code + OPTION + category, frozenset({TICKED})
        else:
            axis = code + STATUS if variable.kind == "tick_all" else code
            known = axes.members[code].get(category)
            if known is None:
                known = frozenset(p for p in axes.parts[axis] if p == category)
            if not known and category != NOT_ASKED:
                raise Unreadable(f"“{code}” has no category “{category}”.")
            parts = known
        if axis in allowed:
            parts &= allowed[axis]
        allowed[axis] = parts
    return tuple(sorted(allowed)), allowed


def own_axes(axes: Axes, code: str) -> list[str]:
    """The axes that say whether somebody met and answered a question."""
    if axes.variables[code].kind != "tick_all":
        return [code]
    return [axis for axis in axes.parts if axis == code + STATUS]


def projected(larger: Node, parts: tuple[str, ...], smaller: Node) -> tuple[str, ...]:
    """The cell of the smaller classification that a cell of the larger one adds to."""
    given = dict(zip(larger, parts, strict=True))
    statuses = {family(axis): status_of(part) for axis, part in given.items() if family(axis)}
    return tuple(given.get(axis, statuses.get(axis, "")) for axis in smaller)


def named(axes: Axes, at: At) -> str:
    """An ``at`` in words: ``Where = Street, Answer = No``."""
    specials = {
        ANSWERED: "all who answered",
        MISSING: "skipped",
        NOT_ASKED: "not asked",
        TICKS: "all ticks",
    }
    words = []
    for code, category in at:
        variable = axes.variables.get(code, Variable(code))
        labels = variable.labels()
        told = specials.get(category) or labels.get(category)
        told = told or JOINED.join(labels.get(part, part) for part in parts_of(category))
        words.append(f"{variable.label or code} = {told}")
    return ", ".join(words) or "everybody"
