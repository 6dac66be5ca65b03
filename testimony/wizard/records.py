"""What is sealed of a finished journey. Pure: a mapping in, a mapping out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testimony.wizard.definition import Definition, is_declined


def record_payload(
    definition: Definition, answers: Mapping[str, Any], *, language: str, channel: str = "web"
) -> dict[str, Any]:
    """What is sealed: answers and consents apart, the definition's digest, language, channel.

    Words a person asked us not to keep are left out here, before anything is sealed; that they
    would rather not say is no word of theirs, and stays. The age
    check's answer is not kept: nobody else gets this far.
    """
    kept = {
        question.key: answers[question.key]
        for question in definition.questions()
        if question.key in answers
        and question.type not in ("consent", "age_check", "pictures")
        and (
            keeps_words(definition, answers)
            or not question.is_free_text
            or is_declined(answers[question.key])
        )
    }
    return {
        "definition": definition.digest,
        "answers": kept,
        "consents": consents_of(definition, answers),
        "language": language,
        "channel": channel,
        "attachments": [],
    }


def consents_of(definition: Definition, answers: Mapping[str, Any]) -> dict[str, str]:
    """What a person agreed to, by what each choice decides."""
    return {
        question.permission or question.key: answers[question.key]
        for question in definition.questions()
        if question.type == "consent" and question.key in answers
    }


def keeps_words(definition: Definition, answers: Mapping[str, Any]) -> bool:
    """Whether a person lets us keep what they wrote, and the pictures they added."""
    return consents_of(definition, answers).get("words") != "discard"
