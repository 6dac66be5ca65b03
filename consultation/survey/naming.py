"""Names in the data of a questionnaire: sections, questions, rows and answers have one. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from consultation.survey.questionnaire import GRID, PREFER_NOT
from testimony.wizard import naming
from testimony.wizard.naming import Node, Raw, inside

_RESERVED: Final = {naming.ANSWERS: frozenset({PREFER_NOT})}


def give_names(
    sections: list[Raw], *, before: list[Raw], past: frozenset[str] = frozenset()
) -> list[Raw]:
    """The sections with every name filled in (see ``testimony.wizard.naming``)."""
    return naming.give_names(
        sections, before=before, nodes_of=_nodes, reserved=_RESERVED, past=past
    )


def _nodes(sections: list[Raw]) -> Iterator[Node]:
    for section in sections:
        value = section["value"]
        yield _node(value, str(section.get("id") or ""), "page", "title")
        for item in value.get("questions") or ():
            question, ident = inside(item)
            scope = GRID if question.get("type") == GRID else "question"
            yield _node(question, ident, scope, "label")
            yield from _of_question(question, ident or str(id(question)))


def _of_question(question: Raw, owner: str) -> Iterator[Node]:
    for item in question.get("rows") or ():
        row, ident = inside(item)
        yield _node(row, ident, "question", "label")
    for item in question.get("options") or ():
        option, ident = inside(item)
        node = _node(option, ident, f"answers of {owner}", "label", field="code")
        if option.get("code") != PREFER_NOT:
            yield node


def _node(value: Raw, ident: str, scope: str, words: str, field: str = "key") -> Node:
    return Node(value, field, ident=ident, scope=scope, wish=_wish(value, words))


def _wish(value: dict[str, Any], name: str) -> str:
    words = value.get(name) or {}
    return naming.wish_of({f"label_{code}": words.get(code) for code in ("en", "fr")})
