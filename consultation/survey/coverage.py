"""How far a questionnaire is in each language, as the team reads it.

What is counted is decided by ``translating``; here are the words for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.conf.locale import LANG_INFO
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _

from consultation.survey.models import Questionnaire, QuestionnaireVersion
from consultation.survey.translating import Coverage, coverage_of, coverage_of_draft, is_translated
from testimony.wizard.journeys import read_definition
from testimony.wizard.printing import direction_of


@dataclass(frozen=True, slots=True)
class Language:
    """One language of a text: its name, its direction, and how much of it there is."""

    code: str
    name: str
    direction: str
    coverage: Coverage

    @property
    def is_translated(self) -> bool:
        return is_translated(self.code)

    @property
    def in_words(self) -> str:
        """“Arabic: 41 of 44 sentences”, and how many of them say older words."""
        return _("%(language)s: %(counted)s") % {"language": self.name, "counted": self.counted}

    @property
    def counted(self) -> str:
        """“41 of 44 sentences”, and how many of them say older words."""
        sentence = _("%(done)s of %(total)s sentences") % {
            "done": self.coverage.done,
            "total": self.coverage.total,
        }
        if not self.coverage.stale:
            return sentence
        older = ngettext(
            "%(number)s sentence says older words",
            "%(number)s sentences say older words",
            self.coverage.stale,
        ) % {"number": self.coverage.stale}
        return f"{sentence} ({older})"


def languages_of_draft(text: Questionnaire) -> list[Language]:
    """The languages of a text as it stands, in their order."""
    return [_named(one) for one in coverage_of_draft(text.written(), text.translated_from)]


def languages_of_version(version: QuestionnaireVersion) -> list[Language]:
    """The languages of a published version, in their order."""
    document = json.loads(read_definition(version.definition_id).canonical)
    return [_named(one) for one in coverage_of(document)]


def name_of(code: str) -> str:
    """A language as the reader calls it, where we know it; else its code."""
    if code not in LANG_INFO:
        return code
    return str(get_language_info(code)["name_translated"]).capitalize()


def _named(coverage: Coverage) -> Language:
    code = coverage.language
    return Language(code, name_of(code), direction_of(code), coverage)
