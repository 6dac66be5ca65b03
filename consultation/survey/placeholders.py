"""Words in double brackets: what a template leaves to the people who use it. Pure.

``[[the name of your group]]`` says what belongs there. Nothing that holds one is ever published,
so a line of support that nobody filled in can't reach somebody who needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from consultation.survey.questionnaire import sentences_of
from testimony.wizard.checking import Finding, Severity

_PLACEHOLDER: Final = re.compile(r"\[\[.*?(?:\]\]|$)", re.DOTALL)


def findings(document: Mapping[str, Any]) -> Iterator[Finding]:
    """One for each different placeholder of a page, whatever the language."""
    for section, found in _by_section(document).items():
        for words in found:
            sentence = _("Put your own words in place of “%(placeholder)s”.") % {
                "placeholder": words
            }
            yield Finding("filled_in", Severity.PROBLEM, sentence, section)


def _by_section(document: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    section = ""
    for place, words in sentences_of(document).items():
        kind, _dot, rest = place.partition(".")
        section = rest.rpartition(".")[0] if kind == "section" else section
        here = found.setdefault(section, [])
        for sentence in words.values():
            here += [one for one in _PLACEHOLDER.findall(sentence) if one not in here]
    return found
