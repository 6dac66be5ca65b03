"""Reads the expressions of a workbook (``relevant``, ``constraint``). Pure; evaluates nothing.

An expression becomes a tree first. What a tree says about earlier answers becomes one of our
rules, what it says about the answer itself becomes bounds; any part that has no counterpart is
refused by name. XLSForm compares an empty answer as an empty text or as no number: each rule
made here holds for the same answers, empty ones included.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from consultation.survey.questionnaire import ANSWERED_BY_LISTS

MOST_DEPTH: Final = 40
MOST_LETTERS: Final = 2000
_DIGITS: Final = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?")

Rule = dict[str, Any]

_STRAIGHT: Final = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\xa0": " "})
_TOKEN: Final = re.compile(
    r"\s*(\$\{[^}]*\}|'[^']*'|\"[^\"]*\"|\d+(?:\.\d+)?|\.\d+|\.\.|!=|<=|>="
    r"|[A-Za-z_][\w.:-]*|\S)"
)
_SIGNS: Final = ("=", "!=", "<", "<=", ">", ">=")
_TURNED: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class ExpressionError(ValueError):
    """A part of an expression that has no counterpart here. The message is that part."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression.

    ``kind`` is ``or``, ``and``, ``not``, a sign, ``call``, ``answer`` (a name), ``self``,
    ``text`` or ``number``.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    value: Any = None

    def __str__(self) -> str:
        match self.kind:
            case "call":
                return f"{self.value}({', '.join(map(str, self.parts))})"
            case "answer":
                return f"${{{self.value}}}"
            case "self":
                return "."
            case "text":
                return f"'{self.value}'"
            case "number":
                return str(self.value)
            case "not":
                return f"not({self.parts[0]})"
        return f" {self.kind} ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Known:
    """A question an expression may look at. ``codes`` maps names of the workbook to ours."""

    key: str
    type: str
    codes: Mapping[str, str]

    @property
    def is_several(self) -> bool:
        return self.type in ANSWERED_BY_LISTS


@dataclass(slots=True)
class Bounds:
    """What a constraint says about one answer, and the parts it says that nothing here can."""

    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    alone: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def parse(source: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: naming the part where it stops being one.
    """
    if len(source) > MOST_LETTERS:
        raise ExpressionError(source[:40] + "…")
    return _Parser(source.translate(_STRAIGHT)).whole()


def rule_of(node: Node, known: Mapping[str, Known]) -> Rule:
    """The rule that holds for the same answers. ``known`` has the questions asked before, by name.

    Raises:
        ExpressionError: naming the first part that no rule can say.
    """
    return _Ruler(known).rule(node)


def bounds_of(node: Node, kind: str, codes: Mapping[str, str]) -> Bounds:
    """What a constraint on a question of type ``kind`` allows; ``codes`` are its answers' names."""
    bounds = Bounds()
    for part in node.parts if node.kind == "and" else (node,):
        if part.kind == "and":
            inner = bounds_of(part, kind, codes)
            bounds.dropped += inner.dropped
            bounds.alone += inner.alone
            for name in ("minimum", "maximum", "max_length"):
                if (value := getattr(inner, name)) is not None:
                    _narrow(bounds, name, value)
        elif not _bound(bounds, part, kind, codes):
            bounds.dropped.append(str(part))
    return bounds


class _Parser:
    """Reads by descending: ``or`` over ``and`` over comparisons over values."""

    def __init__(self, source: str) -> None:
        self.parts = _TOKEN.findall(source)
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self._many("or")
        if self.at < len(self.parts):
            raise ExpressionError(" ".join(self.parts[self.at :])[:200])
        return node

    def _next(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.parts[at] if at < len(self.parts) else ""

    def _take(self, wanted: str = "") -> str:
        part = self._next()
        if not part or (wanted and part != wanted):
            raise ExpressionError(part or _("the end"))
        self.at += 1
        return part

    def _many(self, word: str) -> Node:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ExpressionError(self._next())
        parts = [self._below(word)]
        while self._next() == word:
            self.at += 1
            parts.append(self._below(word))
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Node(word, tuple(parts))

    def _below(self, word: str) -> Node:
        return self._many("and") if word == "or" else self._comparison()

    def _comparison(self) -> Node:
        left = self._value()
        sign = self._next()
        if sign not in _SIGNS:
            return left
        self.at += 1
        right = self._value()
        if self._next() in _SIGNS:
            raise ExpressionError(self._next())
        return Node(sign, (left, right))

    def _value(self) -> Node:
        part = self._take()
        if part == "(":
            inside = self._many("or")
            self._take(")")
            return inside
        if part == "-" and re.fullmatch(r"[\d.]+", self._next()):
            return Node("number", value=-Decimal(self._take()))
        if part.startswith("${") and len(part) > 3:
            return Node("answer", value=part[2:-1].strip())
        if part == ".":
            return Node("self")
        if part[0] in "'\"" and len(part) > 1:
            return Node("text", value=part[1:-1])
        if re.fullmatch(r"\d+(?:\.\d+)?|\.\d+", part):
            return Node("number", value=Decimal(part))
        if self._next() == "(" and re.match(r"[A-Za-z]", part):
            return self._call(part)
        raise ExpressionError(part)

    def _call(self, name: str) -> Node:
        self._take("(")
        parts: list[Node] = []
        if self._next() != ")":
            parts.append(self._many("or"))
            while self._next() == ",":
                self.at += 1
                parts.append(self._many("or"))
        self._take(")")
        if name == "not" and len(parts) == 1:
            return Node("not", tuple(parts))
        if name == "concat" and parts and all(part.kind == "text" for part in parts):
            return Node("text", value="".join(part.value for part in parts))
        return Node("call", tuple(parts), name)


class _Ruler:
    def __init__(self, known: Mapping[str, Known]) -> None:
        self.known = known

    def rule(self, node: Node) -> Rule:
        if node.kind in ("and", "or"):
            return {node.kind: [self.rule(part) for part in node.parts]}
        if node.kind == "not":
            return {"not": [self.rule(node.parts[0])]}
        if node.kind in _SIGNS:
            return self._compared(node)
        if node.kind == "call" and node.value == "selected" and len(node.parts) == 2:
            return self._selected(node)
        raise ExpressionError(str(node))

    def _question(self, node: Node) -> Known:
        found = self.known.get(node.value) if node.kind == "answer" else None
        if found is None:
            raise ExpressionError(str(node))
        return found

    def _code(self, question: Known, node: Node) -> str:
        """Our code for the answer a comparison names."""
        if node.kind not in ("text", "number"):
            raise ExpressionError(str(node))
        written = str(node.value)
        if question.codes:
            return question.codes.get(written) or _unknown_code(question, node)
        return written

    def _selected(self, node: Node) -> Rule:
        question = self._question(node.parts[0])
        if not question.codes:
            raise ExpressionError(str(node))
        return self._picked(question, self._code(question, node.parts[1]))

    def _picked(self, question: Known, code: str) -> Rule:
        answer = {"answer": question.key}
        return {"in": [code, answer]} if question.is_several else {"==": [answer, code]}

    def _compared(self, node: Node) -> Rule:
        left, right, sign = node.parts[0], node.parts[1], node.kind
        if right.kind in ("answer", "call") and left.kind in ("text", "number"):
            left, right, sign = right, left, _TURNED[sign]
        if left.kind == "call" and len(left.parts) == 1:
            if left.value == "count-selected":
                return self._counted(left, sign, right)
            if left.value == "string-length" and right.kind == "number":
                return self._written(left, sign, right)
            if left.value in ("string", "number", "int"):
                left = left.parts[0]
        question = self._question(left)
        if right.kind == "text" and right.value == "" and sign in ("=", "!="):
            return _negated(_answered(question.key), sign == "=")
        if question.type == "number":
            return self._number({"answer": question.key}, sign, right)
        if question.type in ("month", "information"):
            raise ExpressionError(str(node))
        if sign not in ("=", "!="):
            return self._ordered(question, sign, right, node)
        rule = self._picked(question, self._code(question, right))
        if question.is_several:  # the whole answer is this one, so nothing stands beside it
            rule = {"and": [rule, {"==": [{"count": {"answer": question.key}}, 1]}]}
        return _negated(rule, sign == "!=")

    def _counted(self, left: Node, sign: str, right: Node) -> Rule:
        question = self._question(left.parts[0])
        if not question.is_several or right.kind != "number":
            raise ExpressionError(f"{left} {sign} {right}")
        if sign == "!=":
            return {"not": [self._counted(left, "=", right)]}
        rule = self._number({"count": {"answer": question.key}}, sign, right)
        if _compares(0, sign, right.value):  # nothing picked counts as none
            return {"or": [_negated(_answered(question.key), True), rule]}
        return rule

    def _written(self, left: Node, sign: str, right: Node) -> Rule:
        """Whether anything was written: ``string-length`` against nothing."""
        question = self._question(left.parts[0])
        if (sign, right.value) in ((">", 0), (">=", 1), ("!=", 0)):
            return _answered(question.key)
        if (sign, right.value) in (("=", 0), ("<", 1), ("<=", 0)):
            return _negated(_answered(question.key), True)
        raise ExpressionError(f"{left} {sign} {right}")

    def _number(self, left: Rule, sign: str, right: Node) -> Rule:
        value = _decimal(right)
        whole = int(value)
        if value != whole:
            if sign in ("=", "!="):
                raise ExpressionError(str(right))
            whole, sign = (
                (math.ceil(value), ">=") if sign in (">", ">=") else (math.floor(value), "<=")
            )
        rule = {"==" if sign in ("=", "!=") else sign: [left, whole]}
        return _negated(rule, sign == "!=")

    def _ordered(self, question: Known, sign: str, right: Node, node: Node) -> Rule:
        """An order of answers whose names are numbers: those that satisfy it, one by one."""
        names = list(question.codes)
        is_counted = all(re.fullmatch(r"-?\d{1,9}", name) for name in names)
        if question.is_several or not names or not is_counted or right.kind == "answer":
            raise ExpressionError(str(node))
        limit = _decimal(right)
        kept = [question.codes[name] for name in names if _compares(int(name), sign, limit)]
        return {"in": [{"answer": question.key}, kept]}


def _decimal(node: Node) -> Decimal:
    """The number that a number, or a quoted one, says in digits. An exponent could be any length.

    Raises:
        ExpressionError: for anything else.
    """
    if node.kind not in ("number", "text") or not _DIGITS.fullmatch(str(node.value)):
        raise ExpressionError(str(node))
    return Decimal(str(node.value))


def _answered(key: str) -> Rule:
    return {"!=": [{"answer": key}, ""]}


def _negated(rule: Rule, is_negated: bool) -> Rule:
    return {"not": [rule]} if is_negated else rule


def _compares(left: int, sign: str, right: Decimal) -> bool:
    return {
        "=": left == right, "!=": left != right, "<": left < right, "<=": left <= right,
        ">": left > right, ">=": left >= right,
    }[sign]  # fmt: skip


def _unknown_code(question: Known, node: Node) -> str:
    """A name that no answer has, kept readable: publishing tells that a condition names it."""
    code = re.sub(r"[^a-z0-9]+", "_", str(node.value).lower()).strip("_") or "_"
    if code in question.codes.values():
        raise ExpressionError(str(node))
    return code


def _bound(bounds: Bounds, node: Node, kind: str, codes: Mapping[str, str]) -> bool:
    """Take one part of a constraint into ``bounds``; False where nothing here can say it."""
    alone = _stands_alone(node)
    if alone is not None and kind == "multiple_choice" and alone in codes:
        bounds.alone.append(codes[alone])
        return True
    if node.kind not in ("<", "<=", ">", ">="):
        return False
    left, right, sign = node.parts[0], node.parts[1], node.kind
    if right.kind == "self" or (right.kind == "call" and left.kind == "number"):
        left, right, sign = right, left, _TURNED[sign]
    if left.kind == "call" and left.value == "string-length" and left.parts == (Node("self"),):
        if right.kind != "number" or sign not in ("<", "<=") or "text" not in kind:
            return False
        _narrow(bounds, "max_length", _edge(right.value, sign))
        return True
    if left.kind != "self":
        return False
    name = "minimum" if sign in (">", ">=") else "maximum"
    if kind == "number" and right.kind == "number":
        _narrow(bounds, name, _edge(right.value, sign))
        return True
    year = _year(right) if kind == "month" else None
    if year is not None and sign in ("<=", ">="):
        _narrow(bounds, name, year)
        return True
    return False


def _narrow(bounds: Bounds, name: str, value: int) -> None:
    before = getattr(bounds, name)
    narrower = max if name == "minimum" else min
    setattr(bounds, name, value if before is None else narrower(before, value))


def _edge(value: Decimal, sign: str) -> int:
    """The last whole number that a bound allows."""
    if sign == ">":
        return math.floor(value) + 1
    if sign == "<":
        return math.ceil(value) - 1
    return math.ceil(value) if sign == ">=" else math.floor(value)


def _year(node: Node) -> int | None:
    """The year of ``date('YYYY-01-01')`` or ``date('YYYY-12-31')``: whole years only."""
    is_date = node.kind == "call" and node.value == "date" and len(node.parts) == 1
    text = node.parts[0] if is_date else node
    if text.kind != "text":
        return None
    found = re.fullmatch(r"(\d{4})-(?:01-01|12-31)", text.value)
    return int(found[1]) if found else None


def _stands_alone(node: Node) -> str | None:
    """The name of an answer that a constraint allows only by itself, in the ways people write it.

    ``not(selected(., 'none') and count-selected(.) > 1)``, its ``or`` form, and the ``if`` form.
    """
    match node:
        case Node("not", (Node("and", (first, second)),)):
            picked, other = _selected_here(first), _more_than_one(second)
            if picked is None:
                picked, other = _selected_here(second), _more_than_one(first)
            return picked if other else None
        case Node("or", (Node("not", (first,)), second)) | Node(
            "or", (second, Node("not", (first,)))
        ):
            return _selected_here(first) if _only_one(second) else None
        case Node("call", (first, second, Node("call", (), "true")), "if"):
            return _selected_here(first) if _only_one(second) else None
    return None


def _selected_here(node: Node) -> str | None:
    match node:
        case Node("call", (Node("self"), Node("text" | "number", (), value)), "selected"):
            return str(value)
    return None


def _more_than_one(node: Node) -> bool:
    match node:
        case Node(">" | ">=" as sign, (Node("call", (Node("self"),), "count-selected"), limit)):
            return limit.kind == "number" and limit.value == (1 if sign == ">" else 2)
    return False


def _only_one(node: Node) -> bool:
    match node:
        case Node(
            "=" | "<=" | "<" as sign, (Node("call", (Node("self"),), "count-selected"), limit)
        ):
            return limit.kind == "number" and limit.value == (2 if sign == "<" else 1)
    return False
