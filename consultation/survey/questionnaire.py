"""Compiling a questionnaire: from what an editor wrote to a definition's document. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from testimony.wizard.definition import FORMAT

LANGUAGES: Final = ("en", "fr")


def compile_document(
    *,
    key: str,
    version: str,
    title: Mapping[str, str],
    introduction: Mapping[str, str],
    sections: Iterable[Mapping[str, Any]],
    support: Iterable[Mapping[str, Any]] = (),
    next_steps: Iterable[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """The document of a survey definition, ready to be parsed and frozen.

    ``sections`` are section block values; an empty optional text becomes null.
    """
    return {
        "format": FORMAT,
        "kind": "survey",
        "key": key,
        "version": version,
        "languages": list(LANGUAGES),
        "title": _text(title),
        "introduction": _text(introduction),
        "support": [
            {"name": _text(item["name"]), "detail": _text(item["detail"])} for item in support
        ],
        "next_steps": [_text(step) for step in next_steps],
        "sections": [_section(section) for section in sections],
    }


def _section(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": value["key"],
        "title": _text(value["title"]),
        "note": _optional_text(value["note"]),
        "minutes": value["minutes"],
        "condition": None,
        "questions": [_question(question) for question in value["questions"]],
    }


def _question(value: Mapping[str, Any]) -> dict[str, Any]:
    condition = (
        {"==": [{"answer": value["asked_when"]}, value["asked_when_answer"]]}
        if value["asked_when"]
        else None
    )
    return {
        "key": value["key"],
        "type": value["type"],
        "label": _text(value["label"]),
        "hint": _optional_text(value["hint"]),
        "options": [
            {
                "code": option["code"],
                "label": _text(option["label"]),
                "exclusive": bool(option["exclusive"]),
            }
            for option in value["options"]
        ],
        "required": bool(value["required"]),
        "condition": condition,
        "sensitivity": value["sensitivity"],
        "headline": bool(value["headline"]),
        "permission": value["permission"] or None,
        "max_length": value["max_length"],
        "minimum": value["minimum"],
        "maximum": value["maximum"],
    }


def _text(value: Mapping[str, str]) -> dict[str, str]:
    return {language: str(value[language]) for language in LANGUAGES}


def _optional_text(value: Mapping[str, str]) -> dict[str, str] | None:
    text = {language: str(value.get(language) or "") for language in LANGUAGES}
    return text if any(text.values()) else None
