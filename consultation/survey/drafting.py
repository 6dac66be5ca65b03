"""What is done with drafts: beginning one, and changing one from a page beside the editor.

Each change is a new revision of the newest draft, so nothing that stands is lost, and each asks
first whether a lock or a workflow holds the draft for somebody else. Nothing is published here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from consultation.survey.actions import bring_in_questionnaire
from consultation.survey.models import Questionnaire
from consultation.survey.permissions import (
    check_may_add_questionnaire,
    check_may_write_questionnaire,
)
from consultation.survey.starters import starter
from consultation.survey.translating import (
    Line,
    digest_of,
    is_translated,
    marks_lost,
    pages_of,
)
from testimony.vault import audit
from testimony.wizard.naming import stored

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_COPIED: Final = (
    "introduction_en",
    "introduction_fr",
    "duty_en",
    "duty_fr",
    "languages",
    "translations",
    "translated_from",
)
_LONGEST_TITLE: Final = 120


def copy_questionnaire(*, by: AbstractUser | None, questionnaire: Questionnaire) -> Questionnaire:
    """A new draft that asks what the newest draft of another asks, under a key of its own.

    The keys of its questions stay, so that answers to both can be compared. Versions and surveys
    stay with the first.

    Raises:
        NotAllowed: when ``by`` may not begin a questionnaire.
    """
    if by is not None:
        check_may_add_questionnaire(by)
    with transaction.atomic():
        text = Questionnaire.objects.get(pk=questionnaire.pk).get_latest_revision_as_object()
        made = Questionnaire(
            **{name: getattr(text, name) for name in _COPIED},
            title_en=_title_of_a_copy(text.title_en, "en"),
            title_fr=_title_of_a_copy(text.title_fr, "fr"),
            body=json.dumps(stored(text.body)),
            support=json.dumps(stored(text.support)),
            next_steps=json.dumps(stored(text.next_steps)),
            live=False,
        )
        made.save()
        made.save_revision(user=by)
        audit.append(by=by, action=gettext_noop("questionnaire copied"), subject=made.key)
    return made


def _title_of_a_copy(title: str, language: str) -> str:
    if not title:
        return ""
    with override(language):
        return (_("Copy of %(title)s") % {"title": title})[:_LONGEST_TITLE]


def begin_from_template(*, by: AbstractUser | None, name: str) -> Questionnaire:
    """A new draft from one of our templates.

    Raises:
        NotAllowed: when ``by`` may not begin a questionnaire.
        LookupError: for a name that no template has.
    """
    return bring_in_questionnaire(by=by, document={**starter(name).document, "key": ""})


Change = Callable[[Questionnaire], None]


def change_draft(
    *, by: AbstractUser | None, questionnaire: Questionnaire, change: Change
) -> Questionnaire:
    """Change the newest draft into a newer one, inside the caller's transaction.

    Raises:
        NotAllowed: when ``by`` may not write it now.
    """
    held = Questionnaire.objects.select_for_update(of=("self",)).get(pk=questionnaire.pk)
    if by is not None:
        check_may_write_questionnaire(by, held)
    text: Questionnaire = held.get_latest_revision_as_object()
    change(text)
    text.save_revision(user=by, log_action="wagtail.edit")
    return text


# Languages beside English and French.


class LanguageRefused(Exception):
    """A language can't be added or taken away. The sentence says why."""


class TranslationRefused(Exception):
    """Nothing was saved. ``problems`` has a sentence for each place that stands in the way."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(_("Nothing was saved yet. Look at what is marked."))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Said:
    """What a translator wrote at one place, and what they had in front of them.

    ``source`` names the English and French words that they read, ``before`` the translation that
    stood there. ``is_right`` says that the translation holds for these words, unchanged or not.
    """

    place: str
    sentence: str
    source: str
    before: str
    is_right: bool = False

    @property
    def is_changed(self) -> bool:
        return digest_of(self.sentence) != self.before


def save_translations(
    *, by: AbstractUser | None, questionnaire: Questionnaire, language: str, said: Iterable[Said]
) -> int:
    """Keep what was written in one language as a new draft. Returns how many sentences changed.

    All or nothing: while a sentence stands in the way, none is kept.

    Raises:
        NotAllowed: when ``by`` may not write the draft now.
        LanguageRefused: when the questionnaire is not in this language any more.
        TranslationRefused: with each sentence that somebody should look at first.
    """
    given = [one for one in said if one.is_changed or one.is_right]

    def change(text: Questionnaire) -> None:
        _check_has(text, language)
        pages = pages_of(text.written(), text.translated_from, language)
        lines = {line.place: line for page in pages for line in page.lines}
        problems = {one.place: _in_the_way(one, lines.get(one.place)) for one in given}
        if any(problems.values()):
            raise TranslationRefused({place: told for place, told in problems.items() if told})
        sentences = dict(text.translations.get(language, {}))
        sources = dict(text.translated_from.get(language, {}))
        for one in given:
            if one.sentence:
                sentences[one.place], sources[one.place] = one.sentence, one.source
            else:
                sentences.pop(one.place, None), sources.pop(one.place, None)
        text.translations = {**text.translations, language: sentences}
        text.translated_from = {**text.translated_from, language: sources}

    with transaction.atomic():
        if given:
            change_draft(by=by, questionnaire=questionnaire, change=change)
            audit.append(
                by=by, action=gettext_noop("questionnaire translated"), subject=questionnaire.key
            )
    return len(given)


def _in_the_way(one: Said, line: Line | None) -> str:
    """Why a sentence can't be kept as it is, or nothing."""
    if line is None:
        return _("This is not asked any more. Your words are here so that you can keep them.")
    if one.source != line.source:
        return _("The English or the French changed while you wrote. Look again, and save.")
    if one.is_changed and digest_of(line.said) not in (one.before, digest_of(one.sentence)):
        return _("Somebody else wrote here meanwhile: “%(words)s”. Save again to keep yours.") % {
            "words": line.said
        }
    lost = marks_lost(line, one.sentence) if one.sentence else []
    if lost:
        return _("This must stand in it as it is: %(marks)s") % {"marks": ", ".join(lost)}
    return ""


def add_language(
    *, by: AbstractUser | None, questionnaire: Questionnaire, language: str
) -> Questionnaire:
    """Let a questionnaire be asked in one more language, once its sentences are written.

    Raises:
        NotAllowed: when ``by`` may not write the draft now.
        LanguageRefused: when it is no language code, is there already, or is one too many.
    """

    def change(text: Questionnaire) -> None:
        if language in text.language_codes:
            raise LanguageRefused(_("The questionnaire is in this language already."))
        text.languages = ",".join((*text.language_codes, language))
        try:
            text.clean_fields(exclude=_all_but("languages"))
            is_one = "," not in language
        except ValidationError:
            is_one = False
        if not is_one:
            sentence = _("A code of two or three small letters, such as ar, and not too many.")
            raise LanguageRefused(sentence)

    with transaction.atomic():
        text = change_draft(by=by, questionnaire=questionnaire, change=change)
        audit.append(
            by=by, action=gettext_noop("language added"), subject=f"{questionnaire.key} {language}"
        )
    return text


def _all_but(name: str) -> set[str]:
    return {field.name for field in Questionnaire._meta.fields} - {name}


def remove_language(
    *, by: AbstractUser | None, questionnaire: Questionnaire, language: str
) -> Questionnaire:
    """Ask no more in a language beside English and French. Its sentences stay, in case it returns.

    Raises:
        NotAllowed: when ``by`` may not write the draft now.
        LanguageRefused: when it is not there, is one of the blocks', or is the last.
    """

    def change(text: Questionnaire) -> None:
        _check_has(text, language)
        rest = tuple(code for code in text.language_codes if code != language)
        if not rest:
            raise LanguageRefused(_("A questionnaire is in one language at least."))
        text.languages = ",".join(rest)

    with transaction.atomic():
        text = change_draft(by=by, questionnaire=questionnaire, change=change)
        audit.append(
            by=by,
            action=gettext_noop("language taken away"),
            subject=f"{questionnaire.key} {language}",
        )
    return text


def _check_has(text: Questionnaire, language: str) -> None:
    if not is_translated(language) or language not in text.language_codes:
        raise LanguageRefused(_("The questionnaire is not translated into this language any more."))
