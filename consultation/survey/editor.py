"""What the editor of a questionnaire shows beside the blocks: menus, words, and what a check found.

The script of the editor (``survey/questionnaire-editor.js``) puts menus in front of keys and
codes. It knows no word and no type of question: both come from here. Findings are those of the
newest draft; each is told with the block that it concerns. Nothing here writes anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.forms import Media, Script
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.admin.panels import Panel

from consultation.survey import actions
from consultation.survey.questionnaire import GRID, PREFER_NOT, RATHER_NOT, YES_NO
from testimony.wizard.checking import Finding, Severity
from testimony.wizard.naming import Raw, inside, stored

if TYPE_CHECKING:
    from consultation.survey.models import Questionnaire

_ONE: Final = ("any", "none")
FITTING: Final[Mapping[str, tuple[str, ...]]] = {
    "single_choice": _ONE,
    YES_NO: _ONE,
    "scale": _ONE,
    "area": _ONE,
    "consent": _ONE,
    "age_check": _ONE,
    "multiple_choice": ("any", "none", "all", "count_at_least"),
    "ranking": ("any", "none", "all", "count_at_least"),
    "number": ("at_least", "at_most"),
}
"""The tests that make sense of an answer, by the type of its question. Others can't be asked of.

A month is kept as ``YYYY-MM``, which no number is compared with, and text is never compared.
"""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "rows": (GRID,),
    "row_type": (GRID,),
    "options": (
        "single_choice",
        "multiple_choice",
        YES_NO,
        "scale",
        GRID,
        "ranking",
        "area",
        "consent",
        "age_check",
    ),
    "picks": ("ranking",),
    "minimum": ("number", "month"),
    "maximum": ("number", "month"),
    "max_length": ("short_text", "long_text"),
    "prefer_not": (
        "single_choice",
        "multiple_choice",
        "scale",
        "area",
        GRID,
        "ranking",
        "number",
        "month",
        "short_text",
        "long_text",
    ),
}
"""The fields of a question that only some types need, and which those are."""

_WITH_WAY_OUT: Final = ("single_choice", "multiple_choice", "scale", "area", GRID)


def settings_of_script() -> dict[str, Any]:
    """Everything the script says or decides by, in the language of the person who edits."""
    french = (get_language() or "en").startswith("fr")
    language = "fr" if french else "en"
    return {
        "language": language,
        "fitting": FITTING,
        "needed": NEEDED,
        "wayOut": {"code": PREFER_NOT, "label": RATHER_NOT[language], "types": _WITH_WAY_OUT},
        "yesNo": [
            {"code": "yes", "label": _("Yes")},
            {"code": "no", "label": _("No")},
            {"code": PREFER_NOT, "label": RATHER_NOT[language]},
        ],
        "words": {
            "pick": _("Pick a question"),
            "none_before": _("No page before this one asks something to pick here"),
            "page": _("Page {number}: {title}"),
            "gone": _("(no longer there: {key})"),
            "not_before": _("(not on a page before: {label})"),
            "unnamed": _("{label} (save the draft once, then it can be picked)"),
            "no_answers": _("This question has no answers to pick yet."),
            "everybody": _("asked of everybody"),
            "only_if": _("only if {rule}"),
            "brought_in": _("Brought in: {rule}"),
            "discard": _("Leave this rule out, and pick conditions instead"),
            "below": _("findings below: {count}"),
            "and": _("and"),
            "or": _("or"),
            "not": _("not ({rule})"),
            "is": _("“{question}”: {answers}"),
            "any": _("“{question}”: one of {answers}"),
            "none": _("“{question}”: none of {answers}"),
            "all": _("“{question}”: all of {answers}"),
            "at_least": _("“{question}”: {answers} or more"),
            "at_most": _("“{question}”: {answers} or less"),
            "more": _("“{question}”: more than {answers}"),
            "less": _("“{question}”: less than {answers}"),
            "count_at_least": _("“{question}”: {answers} answers or more"),
            "count": _("number of answers to {question}"),
            "language": _("the language"),
            "channel": _("the way of answering"),
        },
    }


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, and the id of the block it concerns; none where it concerns the whole."""

    finding: Finding
    block: str

    @property
    def is_problem(self) -> bool:
        return self.finding.severity == Severity.PROBLEM


@dataclass(frozen=True, slots=True)
class Review:
    """What a check found in the newest draft, and how its blocks are named in the data."""

    told: tuple[Told, ...]
    names: Mapping[str, str]

    @property
    def problems(self) -> tuple[Told, ...]:
        return tuple(one for one in self.told if one.is_problem)

    @property
    def warnings(self) -> tuple[Told, ...]:
        return tuple(one for one in self.told if not one.is_problem)


@dataclass(frozen=True, slots=True)
class Named:
    """A block that has a name in the data. Findings about a row are told at its grid (``at``)."""

    kind: str
    ident: str
    name: str
    at: str


def review(questionnaire: Questionnaire) -> Review:
    """Check the newest draft, and say at which block each finding stands."""
    named = list(named_blocks(_newest_body(questionnaire)))
    places = {(one.kind, one.name): one.at for one in reversed(named)}
    return Review(
        told=tuple(
            Told(found, _block(found, places))
            for found in actions.check_questionnaire(questionnaire).findings
        ),
        names={one.ident: one.name for one in named if one.ident and one.name},
    )


def named_blocks(body: list[Raw]) -> Iterator[Named]:
    """Every block of a stored text that has a name: pages, questions, rows and answers."""
    for section in body:
        value, ident = section["value"], str(section.get("id") or "")
        yield Named("section", ident, str(value.get("key") or ""), ident)
        for item in value.get("questions") or ():
            question, here = inside(item)
            yield Named("question", here, str(question.get("key") or ""), here)
            for kind, name, field in (("question", "rows", "key"), ("answer", "options", "code")):
                for inner in question.get(name) or ():
                    part, own = inside(inner)
                    yield Named(kind, own, str(part.get(field) or ""), here)


def _newest_body(questionnaire: Questionnaire) -> list[Raw]:
    if questionnaire.latest_revision is not None:
        body: list[Raw] = json.loads(questionnaire.latest_revision.content["body"])
        return body
    return stored(questionnaire.body)


def _block(found: Finding, places: Mapping[tuple[str, str], str]) -> str:
    """The id of the block; none where the editor never saved it. The script then goes by name."""
    if found.question:
        return places.get(("question", found.question), "")
    return places.get(("section", found.section), "") if found.section else ""


class FindingsPanel(Panel):
    """At the top of the editor: what stands in the way of publishing. It brings the script."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "survey/findings_panel.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            context["settings"] = settings_of_script()
            # Wagtail keeps a new text while it is written; the script then learns its number.
            context["findings_url"] = findings_address(self.instance.pk or 0)
            if self.instance.pk is not None:
                context |= findings_context(self.instance)
            return context

        @cached_property
        def media(self) -> Media:
            return Media(
                css={"all": ["survey/questionnaire-editor.css"]},
                js=[Script("survey/questionnaire-editor.js", type="module")],  # type: ignore[list-item]
            )


def findings_context(questionnaire: Questionnaire) -> dict[str, Any]:
    """What the template of the findings needs."""
    return {
        "review": review(questionnaire),
        "publish_url": reverse("surveys_room:publish", args=[questionnaire.pk]),
    }


def findings_address(pk: int) -> str:
    return reverse("surveys_room:findings", args=[pk])
