from __future__ import annotations

import copy
from typing import Any

import pytest

from testimony.wizard import definition as definitions
from testimony.wizard.definition import DefinitionError


def test_the_same_document_has_the_same_digest_in_any_key_order(documents: dict[str, Any]) -> None:
    document = documents["survey"]
    shuffled = dict(reversed(list(document.items())))
    assert definitions.parse(document).digest == definitions.parse(shuffled).digest


def test_a_definition_reads_back_from_its_canonical_bytes(documents: dict[str, Any]) -> None:
    found = definitions.parse(documents["call"])
    assert definitions.parse_canonical(found.canonical) == found


def _changed(document: Any, change: Any) -> Any:
    other = copy.deepcopy(document)
    change(other)
    return other


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.update(format=2), "format 1"),
        (lambda d: d.update(kind="poll"), "kind"),
        (lambda d: d.update(languages=[]), "no language"),
        (lambda d: d.update(sections=[]), "no section"),
        (lambda d: d["title"].pop("fr"), "missing in: fr"),
        (lambda d: d["sections"].append(d["sections"][1]), "Two of the same section"),
        (lambda d: d["sections"][2]["questions"][0].update(type="mood"), "unknown type"),
        (lambda d: d["sections"][2]["questions"][0].update(options=[]), "at least two options"),
        (
            lambda d: d["sections"][2]["questions"][0].update(
                condition={"==": [{"answer": "hours"}, "more"]}
            ),
            "not a question of an earlier page",
        ),
        (lambda d: d["sections"][0]["questions"][0]["options"].pop(0), "at least two options"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(
    documents: dict[str, Any], change: Any, sentence: str
) -> None:
    with pytest.raises(DefinitionError, match=sentence):
        definitions.parse(_changed(documents["survey"], change))


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b'{"format":1}'])
def test_bytes_that_are_no_definition_are_refused(raw: bytes) -> None:
    with pytest.raises(DefinitionError):
        definitions.parse_canonical(raw)
