"""A web page as a tree. Pure, from the standard library alone.

Our own pages are well formed, so a tag that is not closed is an error and not a riddle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from consultation.disclosure.audit.published import Unreadable

_VOID: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
})  # fmt: skip
_OPTIONAL: Final = frozenset({
    "p", "li", "td", "th", "tr", "thead", "tbody", "tfoot", "dt", "dd", "option", "html", "body",
})  # fmt: skip


DEEPEST: Final = 200


@dataclass(slots=True)
class Element:
    """An element with its attributes and what is in it: text, comments and further elements."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str | Comment] = field(default_factory=list)
    parent: Element | None = None
    line: int = 0

    def get(self, name: str, default: str = "") -> str:
        """An attribute's value."""
        return self.attributes.get(name, default)

    def has(self, name: str) -> bool:
        """Whether an attribute is there, even without a value."""
        return name in self.attributes

    def elements(self) -> Iterator[Element]:
        """The element itself and every one inside, in order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.elements()

    def inherited(self, name: str) -> str:
        """An attribute's value here or on the nearest element around that has it."""
        element: Element | None = self
        while element is not None:
            if element.has(name):
                return element.get(name)
            element = element.parent
        return ""

    def text(self) -> str:
        """All text inside, with single spaces."""
        words: list[str] = []
        for child in self.children:
            if isinstance(child, str):
                words.append(child)
            elif isinstance(child, Element) and child.tag not in ("script", "style"):
                words.append(" " if child.tag == "br" else child.text())
        return " ".join("".join(words).split())


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment's text."""

    text: str


class _Builder(HTMLParser):
    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name = name
        self.root = Element("#document")
        self.here = self.root
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [key for key, _value in attrs]
        if len(names) != len(set(names)):
            raise Unreadable(f"{self.name}, line {self.getpos()[0]}: an attribute stands twice.")
        depth = self.depth + (tag not in _VOID)
        if depth > DEEPEST:
            raise Unreadable(f"{self.name}, line {self.getpos()[0]}: too deeply nested.")
        self.depth = depth
        element = Element(
            tag,
            {key: value or "" for key, value in attrs},
            parent=self.here,
            line=self.getpos()[0],
        )
        self.here.children.append(element)
        if tag not in _VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        at: Element = self.here
        while at.tag != tag:
            if at.tag not in _OPTIONAL or at.parent is None:
                raise Unreadable(
                    f"{self.name}, line {self.getpos()[0]}: </{tag}> closes what is not open."
                )
            at = at.parent
            self.depth -= 1
        self.here = at.parent or self.root
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)

    def handle_comment(self, data: str) -> None:
        self.here.children.append(Comment(data))


def tree_of(text: str, name: str) -> Element:
    """The tree of a page.

    Raises:
        Unreadable: when tags don't close, or an attribute stands twice on one element.
    """
    builder = _Builder(name)
    builder.feed(text)
    builder.close()
    at: Element | None = builder.here
    while at is not None and at.tag != "#document":
        if at.tag not in _OPTIONAL:
            raise Unreadable(f"{name}: <{at.tag}> of line {at.line} is never closed.")
        at = at.parent
    return builder.root
