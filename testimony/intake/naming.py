"""Names in the data of a call: which of its steps, questions and answers have one. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from testimony.intake.compiling import PREFER_NOT, RESERVED_QUESTIONS, RESERVED_SECTIONS
from testimony.wizard import naming
from testimony.wizard.naming import Node, Raw, inside, wish_of

_PAGES: Final = {
    "content_note": "note",
    "story": "story",
    "closed_questions": "questions",
    "about_you": "about",
    "pictures": "pictures",
    "helped": "helped",
    "hopes": "hopes",
}
"""What a page of each kind is called. The others have a name of their own already."""

_LISTS: Final = {"story": "prompts", "closed_questions": "questions", "about_you": "questions"}
_RESERVED: Final = {
    "page": RESERVED_SECTIONS,
    "question": RESERVED_QUESTIONS,
    naming.ANSWERS: frozenset({PREFER_NOT}),
}


def give_names(
    steps: list[Raw], *, before: list[Raw], past: frozenset[str] = frozenset()
) -> list[Raw]:
    """The steps of a call with every name filled in (see ``testimony.wizard.naming``)."""
    return naming.give_names(steps, before=before, nodes_of=_nodes, reserved=_RESERVED, past=past)


def _nodes(steps: list[Raw]) -> Iterator[Node]:
    for step in steps:
        kind, value = str(step["type"]), step["value"]
        ident = str(step.get("id") or "")
        if kind in _PAGES:
            yield Node(
                value, "key", ident=ident, scope="page", wish=_PAGES[kind], both=kind not in _LISTS
            )
        for item in value.get(_LISTS.get(kind, ""), ()) or ():
            inner, within = inside(item)
            yield Node(inner, "key", ident=within, scope="question", wish=wish_of(inner))
            for option in inner.get("options") or ():
                answer, answer_id = inside(option)
                yield Node(
                    answer,
                    "code",
                    ident=answer_id,
                    scope=f"answers of {within or id(inner)}",
                    wish=wish_of(answer),
                )
