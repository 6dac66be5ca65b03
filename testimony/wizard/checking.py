"""Before a text is published: what a check finds, and what refuses it.

One shape for calls and questionnaires.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext_lazy

from testimony.wizard.printing import NAMES_OF_LANGUAGES

_LANGUAGES: Final = {"en": gettext_lazy("English"), "fr": gettext_lazy("French")}


class Severity(StrEnum):
    """What a finding does: a problem stops publishing, a warning asks to look again."""

    PROBLEM = "problem"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken, at one place, in a sentence that an editor can act on.

    ``section`` and ``question`` are the keys of the place, where the place has one.
    """

    rule: str
    severity: Severity
    sentence: str
    section: str = ""
    question: str = ""


def language_name(code: str) -> str:
    """A language as the team calls it; one the team does not write in, by its own name."""
    return str(_LANGUAGES.get(code) or NAMES_OF_LANGUAGES.get(code, code))
