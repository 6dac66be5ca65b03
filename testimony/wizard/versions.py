"""From a text to a version of it: what a check says, what refuses it, which number it gets.

One piece of code for calls and questionnaires. What is compiled, and by which rules, is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from testimony.wizard import definition as definitions
from testimony.wizard.checking import Finding, Severity
from testimony.wizard.definition import Definition
from testimony.wizard.differences import Difference, Number


class PublishingRefused(Exception):
    """A text can't be published as it stands. The sentence says what to do."""


class NotReady(PublishingRefused):
    """Something in the text is missing or in the wrong place; ``findings`` say what."""

    def __init__(self, found: list[Finding]) -> None:
        super().__init__(" ".join(finding.sentence for finding in found))
        self.findings = found


@dataclass(frozen=True, slots=True)
class Check:
    """What would happen if a text were published now, and what stands in the way.

    ``number`` is what the changes ask for, ``larger`` what the editor may choose instead when the
    new words mean something else. ``digest`` names exactly what was looked at.
    """

    findings: tuple[Finding, ...]
    definition: Definition | None
    number: Number
    larger: Number
    differences: tuple[Difference, ...]

    @property
    def problems(self) -> list[Finding]:
        return [one for one in self.findings if one.severity == Severity.PROBLEM]

    @property
    def warnings(self) -> list[Finding]:
        return [one for one in self.findings if one.severity == Severity.WARNING]

    @property
    def is_ready(self) -> bool:
        return not self.problems and self.definition is not None

    @property
    def digest(self) -> str:
        return self.definition.digest if self.definition else ""

    def to_publish(self, *, checked: str, is_larger: bool) -> Definition:
        """The definition to freeze, with its number. ``checked`` is the digest that was looked at.

        Raises:
            NotReady: with everything that is missing.
            PublishingRefused: when the text, or the version before it, changed since.
        """
        if self.definition is None or self.problems:
            raise NotReady(self.problems)
        if self.digest != checked:
            raise PublishingRefused(
                _("The text, or the version before it, changed while you looked. Look again.")
            )
        return numbered(self.definition, self.larger) if is_larger else self.definition


def compiled(document: Mapping[str, Any]) -> tuple[Definition | None, str]:
    """The definition of a document, or what is wrong with it."""
    try:
        return definitions.parse(document), ""
    except definitions.DefinitionError as error:
        return None, str(error)


def numbered(definition: Definition, number: Number) -> Definition:
    """The same definition under another number."""
    document = json.loads(definition.canonical)
    return definitions.parse({**document, "version": f"{number[0]}.{number[1]}"})


def is_same(old: Definition, new: Definition, *, but_for: tuple[str, ...]) -> bool:
    """Whether two definitions ask the same, letter by letter, whatever stands in ``but_for``."""
    first, second = json.loads(old.canonical), json.loads(new.canonical)
    for name in but_for:
        first.pop(name), second.pop(name)
    return bool(first == second)
