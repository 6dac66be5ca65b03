"""The preview in the editor's side panel: every page of a text in one, as people would see it.

It prints what stands in the editor, saved or not, and asks nothing: there is no form to send, no
script, no draft and no cookie. Only the admin's own pages may frame it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from testimony.wizard import definition as definitions
from testimony.wizard import forms as pages
from testimony.wizard import privacy
from testimony.wizard.definition import Definition, DefinitionError, Section
from testimony.wizard.printing import render_private

if TYPE_CHECKING:
    from consultation.survey.models import Questionnaire

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def preview(text: Questionnaire, language: str) -> HttpResponse:
    """The pages of a text in one of its languages; what is in the way, where there are none yet."""
    text.give_names()
    # The mark is for the team, in the team's language; the pages are in the language of the mode.
    mark = _("Preview of a text that is not published, all pages in one. Nothing you type is kept.")
    document = text.document(missing=_("[not written yet]"))
    conditional = _conditional(document)
    try:
        definition = definitions.parse(_without_conditions(document))
        if language not in definition.languages:
            language = definition.languages[0]
        context = _pages(definition, language, conditional)
    except DefinitionError as error:
        sentence = _("This can't be shown as pages yet: %(why)s") % {"why": error}
        language = translation.get_language() or "en"
        context = {"problem": sentence}
    with translation.override(language):
        response = render_private(
            "survey/preview.html", {**context, "mark": mark, "language": language}
        )
    privacy.apply(response)
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _conditional(document: dict[str, Any]) -> frozenset[str]:
    """The keys of the pages that not everybody comes to."""
    return frozenset(
        section["key"] for section in document["sections"] if section["condition"] is not None
    )


def _without_conditions(document: dict[str, Any]) -> dict[str, Any]:
    """Every page is shown, so a condition that is still wrong is not in the way."""
    sections = [
        {
            **section,
            "condition": None,
            "questions": [{**question, "condition": None} for question in section["questions"]],
        }
        for section in document["sections"]
    ]
    return {**document, "sections": sections}


def _pages(definition: Definition, language: str, conditional: frozenset[str]) -> dict[str, Any]:
    return {
        "heading": definition.title.in_language(language),
        "introduction": definition.introduction.in_language(language),
        "pages": [
            {
                **_page(definition, section, language),
                "is_conditional": section.key in conditional,
            }
            for section in definition.sections
        ],
        "support": [
            {
                "name": line.name.in_language(language),
                "detail": line.detail.in_language(language),
            }
            for line in definition.support
        ],
        "next_steps": [one.in_language(language) for one in definition.next_steps],
    }


def _page(definition: Definition, section: Section, language: str) -> dict[str, Any]:
    duty = definition.duty
    with translation.override(language):
        form = pages.new_section_form(definition, section, language)(
            data=None, prefix=pages.PREFIX, answers={}
        )
        return {
            "heading": section.title.in_language(language),
            "note": section.note.in_language(language) if section.note else "",
            "duty": duty.in_language(language) if duty and section.takes_text else "",
            "fields": list(form.views(checked=False)),
        }
