"""Protected tables and questionnaires in words: what a person reads in place of keys and codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from testimony.wizard.definition import Definition


def reason_in_words(reason: str) -> str:
    """Why a table, or its cells, are not shown."""
    sentences = {
        "few_people": _("Fewer than ten people answered, so nothing is shown."),
        "small_base": _("Too few people met this question to show it safely."),
        "small_count": _(
            "One of these numbers is so small that it could point at somebody. With the total "
            "known, hiding one number would not be enough, so all of them are hidden."
        ),
        "linked": _(
            "Who met this question depends on an answer that is hidden. Showing it would give "
            "that answer back."
        ),
    }
    return sentences.get(reason, "")


def table_in_words(
    table: Mapping[str, Any], definition: Definition, language: str
) -> dict[str, Any]:
    """A stored protected table, its codes as labels and its reason as a sentence."""
    question = definition.by_key[table["question"]]
    with override(language):
        reason = str(reason_in_words(table["reason"]))
    labels = {option.code: option.label.in_language(language) for option in question.options}
    return {
        **table,
        "wording": question.label.in_language(language),
        "reason": reason,
        "cells": [{**cell, "label": labels[cell["code"]]} for cell in table["cells"]],
    }


def questionnaire_in_words(
    definition: Definition, language: str, numbers: Mapping[str, int]
) -> dict[str, Any]:
    """The whole questionnaire with its consent texts, for an annex.

    ``numbers`` gives the report's number of each question that has one.
    """
    return {
        "title": definition.title.in_language(language),
        "version": definition.version,
        "digest": definition.digest,
        "kind": definition.kind,
        "sections": [
            {
                "title": section.title.in_language(language),
                "note": section.note.in_language(language) if section.note else "",
                "questions": [
                    {
                        "number": numbers.get(question.key),
                        "wording": question.label.in_language(language),
                        "hint": question.hint.in_language(language) if question.hint else "",
                        "type": question.type,
                        "options": [
                            option.label.in_language(language) for option in question.options
                        ],
                    }
                    for question in section.questions
                ],
            }
            for section in definition.sections
        ],
    }


def section_titles(definition: Definition, language: str) -> Iterator[tuple[str, str]]:
    """Each question's key with its section's title."""
    for section in definition.sections:
        for question in section.questions:
            yield question.key, section.title.in_language(language)
