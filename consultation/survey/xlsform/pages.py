"""Lays the questions of a workbook out on pages, by the groups around them. Pure.

A group with words or a condition of its own is a page; the questions of its parent after it go on
on another page of the parent. A page holds when the conditions of all the groups around it hold,
and its title is made of all their labels. A question goes to a new page of the same group when
it looks at an answer above it, and so does what “Other” is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from testimony.wizard.definition import GRID_TYPES, answers_named

Question = dict[str, Any]
Text = dict[str, str]
KeyOf = Callable[[str, set[str], str], str]


@dataclass(slots=True)
class Group:
    """A group that is open. ``table`` holds the words above its rows where it is a table."""

    row: int
    name: str
    label: Text
    rule: dict[str, Any] | None = None
    table: Text | None = None
    has_page: bool = True


@dataclass(slots=True)
class Placed:
    """Where a question went: on a page that was split for it, in a new table, or beside one."""

    is_split: bool = False
    is_first_row: bool = False
    is_apart: bool = False


@dataclass(slots=True)
class Pages:
    """The pages so far. ``title`` is that of questions outside every group."""

    title: Text
    key_of: KeyOf
    sections: list[dict[str, Any]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    _keys: set[str] = field(default_factory=set)
    _grid_keys: set[str] = field(default_factory=set)
    _around: tuple[int, ...] | None = None
    _name: str = "page"
    _waiting: list[Question] = field(default_factory=list)
    _grid: dict[str, Any] | None = None
    _first: Question | None = None

    def begin(self, group: Group) -> None:
        """Open a group. It has a page of its own where it says anything, and always outermost."""
        says = group.rule is not None or (group.table is None and any(group.label.values()))
        group.has_page = says or not self.groups
        self.groups.append(group)
        self._grid = None

    def end(self) -> bool:
        """Close the innermost group; False where none is open."""
        self._grid = None
        return bool(self.groups and self.groups.pop())

    def place(self, question: Question) -> Placed:
        """Put a question on the page where it belongs."""
        placed = Placed()
        self._place_waiting()
        if not self.sections or self._around != self._here():
            self._open()
        above = {item["key"] for item in self.sections[-1]["questions"]}
        if answers_named(question["condition"]) & above:
            self._go_on()
            placed.is_split = True
        self._in_table(question, placed)
        self.sections[-1]["questions"].append(question)
        return placed

    def follow(self, question: Question) -> None:
        """Put a question on the page after this one, which is the first chance to ask it."""
        self._waiting.append(question)

    def done(self) -> list[dict[str, Any]]:
        """The pages, when nothing more comes."""
        self._place_waiting()
        return self.sections

    def _here(self) -> tuple[int, ...]:
        return tuple(group.row for group in self.groups if group.has_page)

    def _place_waiting(self) -> None:
        if self._waiting:
            self._go_on()
            self.sections[-1]["questions"] += self._waiting
            self._waiting = []

    def _go_on(self) -> None:
        """Another page of the same group."""
        last = self.sections[-1]
        self._add(self._name, last["title"], last["condition"])

    def _open(self) -> None:
        rules: list[Any] = [group.rule for group in self.groups if group.rule]
        labels = [group.label for group in self.groups if group.has_page]
        title = {
            code: ": ".join(label[code] for label in labels if label.get(code))
            for code in self.title
        }
        named = [group.name for group in self.groups if group.has_page]
        self._add(
            named[-1] if named else "page",
            title if any(title.values()) else self.title,
            {"and": rules} if len(rules) > 1 else (rules or [None])[0],
        )
        self._around = self._here()

    def _add(self, name: str, title: Text, condition: Any) -> None:
        self._name = name
        key = self.key_of(name, self._keys, "page")
        self.sections.append(
            {
                "key": key,
                "title": title,
                "note": None,
                "minutes": 1,
                "condition": condition,
                "questions": [],
            }
        )
        self._grid = None

    def _in_table(self, question: Question, placed: Placed) -> None:
        group = self.groups[-1] if self.groups else None
        if group is None or group.table is None:
            return
        if question["type"] not in GRID_TYPES:
            self._grid = None
            placed.is_apart = True
            return
        if self._grid is None or not self._is_alike(question):
            key = self.key_of(group.name, self._grid_keys, "table")
            self._grid = {"key": key, "label": group.table}
            self._first = question
            placed.is_first_row = True
        question["grid"] = self._grid

    def _is_alike(self, question: Question) -> bool:
        """Rows of one table offer the same answers, under the same condition."""
        first = self._first or question
        codes = [[option["code"] for option in one["options"]] for one in (first, question)]
        shared = ("type", "required", "condition")
        return codes[0] == codes[1] and all(first[name] == question[name] for name in shared)
