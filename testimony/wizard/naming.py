"""Names in the data: a key for each page and question, a code for each answer. Pure.

A name is made from the first words of what it names, and then kept, whatever becomes of the words:
it is what counts, exports and later versions go by. Editors seldom see one. The names of a call's
past are not given to anything new.

The editor saves by itself while somebody types, so a name may be made from half a word, or none.
Such a name grows with its words, as long as no version has it and no condition names it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

ANSWERS: Final = "answers"
"""The scope whose reserved names hold within the answers of every question."""
_WORDS: Final = 5
_LONGEST: Final = 32
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
NO_WORDS: Final = "item"
"""What something is called that has no words yet."""
_IS_NO_REFERENCE: Final = re.compile(r"(^|_)(en|fr)$|^(id|key|code|type)$")
"""Fields that hold words for people, or a thing's own name and kind."""

Raw = dict[str, Any]


NodesOf = Callable[[list[Raw]], Iterable["Node"]]


def give_names(
    stream: list[Raw],
    *,
    before: list[Raw],
    nodes_of: NodesOf,
    reserved: Mapping[str, frozenset[str]],
    past: frozenset[str] = frozenset(),
) -> list[Raw]:
    """The stream with every name filled in. Those that have one keep it.

    ``stream`` and ``before`` (what was stored until now) are a stream's stored form: mappings with
    ``type``, ``value`` and ``id``. Where two claim one name, as after copying a block, it belongs
    to the one that had it; the other gets a new one. ``nodes_of`` finds what has a name,
    ``reserved`` says which names of a scope are ours, and ``past`` holds the question keys of
    published versions.
    """
    earlier = [node for node in nodes_of(before) if node.name and node.id]
    owners = {_mark(node): node.name for node in earlier}
    wishes = {_mark(node): node.wish for node in earlier}
    nodes = list(nodes_of(stream))
    named = frozenset(_named_elsewhere(stream)) | past
    for node in nodes:
        if not node.name and node.id and _mark(node) in owners:
            node.name = owners[_mark(node)]
        if _grew(node, owners.get(_mark(node), ""), wishes.get(_mark(node), ""), named):
            node.name = ""
    standing = {_mark(node) for node in nodes}
    taken: dict[str, set[str]] = {scope: set(names) for scope, names in reserved.items()}
    nameless = []
    # First those whose name was theirs before; then those who brought one; then the rest.
    for node in sorted(nodes, key=lambda node: owners.get(_mark(node)) != node.name):
        here = taken.setdefault(node.scope, set(reserved.get(ANSWERS, ())))
        rightful = owners.get(_mark(node)) == node.name or not _belongs_to_another(
            node, owners, standing
        )
        if node.name and _NAME.fullmatch(node.name) and node.name not in here and rightful:
            here.add(node.name)
            if node.is_page_and_question:
                taken.setdefault("question", set()).add(node.name)
        else:
            nameless.append(node)
    for node in nameless:
        here = taken.setdefault(node.scope, set(reserved.get(ANSWERS, ())))
        others = taken.setdefault("question", set()) if node.is_page_and_question else set()
        gone = past if node.scope == "question" or node.is_page_and_question else frozenset()
        node.name = _free(node.wish, here | others | gone)
        here.add(node.name)
        if node.is_page_and_question:
            others.add(node.name)
    return stream


class Node:
    """One thing that has a name: where it is kept, and what it would like to be called."""

    def __init__(
        self, value: Raw, field: str, *, ident: str, scope: str, wish: str, both: bool = False
    ) -> None:
        self.value, self.field = value, field
        self.id, self.scope, self.wish = ident, scope, wish
        self.is_page_and_question = both

    @property
    def name(self) -> str:
        return str(self.value.get(self.field) or "")

    @name.setter
    def name(self, name: str) -> None:
        self.value[self.field] = name


def _mark(node: Node) -> tuple[str, str, str]:
    return (node.scope, node.field, node.id)


def _grew(node: Node, name: str, wish: str, named: frozenset[str]) -> bool:
    """Whether a name was made from the first part of the words, and nothing goes by it."""
    is_made = bool(name) and re.fullmatch(rf"{re.escape(wish)}(_\d+)?", name) is not None
    has_more = node.wish != wish and (wish == NO_WORDS or node.wish.startswith(wish))
    return is_made and has_more and node.name == name and name not in named


def _named_elsewhere(value: Any, field: str = "") -> Iterator[str]:
    """Every word of a stream that could be somebody else's name, such as in a condition."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _named_elsewhere(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _named_elsewhere(inner, field)
    elif isinstance(value, str) and not _IS_NO_REFERENCE.search(field):
        yield from _NAME.findall(value)


def _belongs_to_another(
    node: Node, owners: Mapping[tuple[str, str, str], str], standing: set[tuple[str, str, str]]
) -> bool:
    return any(
        name == node.name and mark in standing and mark[0] == node.scope and mark != _mark(node)
        for mark, name in owners.items()
    )


def inside(item: Raw) -> tuple[Raw, str]:
    """A list item's value and id, whether it is stored with an id or bare."""
    if item.get("type") == "item" and "value" in item:
        return item["value"], str(item.get("id") or "")
    return item, ""


def wish_of(value: Mapping[str, Any]) -> str:
    words = str(value.get("label_en") or "") or str(value.get("label_fr") or "")
    plain = unicodedata.normalize("NFKD", words.casefold()).encode("ascii", "ignore").decode()
    found = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    name = "_".join(found[:_WORDS])[:_LONGEST].strip("_")
    if not name:
        return NO_WORDS
    return name if name[0].isalpha() else f"n_{name}"


def _free(wish: str, taken: set[str] | frozenset[str]) -> str:
    name, number = wish, 2
    while name in taken:
        name, number = f"{wish}_{number}", number + 1
    return name


def stored(stream: Any) -> list[dict[str, Any]]:
    """A stream as it is stored: type, value and id of each block."""
    return [dict(item) for item in stream.get_prep_value()]


def plain(value: Any) -> Any:
    """Stored values without the wrapping that a list gives its items."""
    if isinstance(value, dict):
        if value.get("type") == "item" and "value" in value:
            return plain(value["value"])
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
