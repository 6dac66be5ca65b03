"""Previews: every page of a journey as somebody answering would see it, with nothing behind it.

A preview asks with the same forms and prints with the same templates. It opens no draft, sets no
cookie, seals nothing and keeps nothing: what is typed is checked and then forgotten, so a test
answer can't come among real ones. A post changes nothing at all, so it needs no token.
It is shared by calls and surveys, and knows neither: each gives it what is seen, and addresses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from testimony.vault import limits
from testimony.wizard import appearance
from testimony.wizard import forms as pages
from testimony.wizard.definition import Definition, Question, Section
from testimony.wizard.forms import CheckForm, FieldView
from testimony.wizard.journeys import Journey
from testimony.wizard.printing import NAMES_OF_LANGUAGES, render_private
from testimony.wizard.receipt_views import WITHDRAW_ADDRESS
from testimony.wizard.routing import Circumstances

DRAFT: Final = "draft"
LIVE: Final = "live"
CLOSED: Final = "closed"

START: Final = "start"
CHECK: Final = "check"
RECEIPT: Final = "receipt"
FINISHED: Final = "finished"
YOUTH: Final = "youth"
LEAVE: Final = "leave"

_MARKS: Final = {
    DRAFT: gettext_lazy("Preview of a text that is not published. Nothing you type is kept."),
    LIVE: gettext_lazy("Preview of what people see while it is open. Nothing you type is kept."),
    CLOSED: gettext_lazy("Preview of what people see while it is closed."),
}
_EXAMPLE_CODE: Final = ("one", "two", "three", "four", "five", "six")


@dataclass(frozen=True, slots=True)
class Seen:
    """One text under preview, and how to address its pages."""

    state: str
    definition: Definition
    deadline: dt.date | None
    destroyed: dt.date | None
    closes_on: dt.date | None
    address: Callable[[str, str], str]

    @classmethod
    def published(cls, state: str, journey: Journey, address: Callable[[str, str], str]) -> Seen:
        """What a door asks now, as it is while open or while closed.

        Raises:
            Http404: for a state that nothing published can be in.
        """
        if state not in (LIVE, CLOSED):
            raise Http404
        return cls(
            state=state,
            definition=journey.definition,
            deadline=journey.withdrawal_deadline,
            destroyed=journey.destruction_date,
            closes_on=journey.closes_on,
            address=address,
        )

    @property
    def steps(self) -> list[str]:
        """Every page in order, by name."""
        sections = [step_of(section.key) for section in self.definition.sections]
        return [START, *sections, CHECK, RECEIPT, FINISHED]

    def after(self, step: str) -> str:
        order = self.steps
        return order[min(order.index(step) + 1, len(order) - 1)]

    def before(self, step: str) -> str:
        order = self.steps
        return order[max(order.index(step) - 1, 0)]


def step_of(key: str) -> str:
    """The name of a section's page: no section can be taken for another page."""
    return f"page-{key}"


class Printer:
    """Prints one page of a preview, and says where its button leads."""

    def __init__(self, request: HttpRequest, seen: Seen, language: str) -> None:
        if language not in seen.definition.languages:
            raise Http404
        self.request = request
        self.seen = seen
        self.language = language
        self.about = Circumstances(language=language)
        # The mark is for the team, in the team's language; the page for workers, in theirs.
        self.mark = str(_MARKS[seen.state])

    def answer(self, step: str) -> HttpResponseBase:
        if step == LEAVE:
            return self._leave()
        with translation.override(self.language):
            if self.seen.state == CLOSED:
                return self._print("wizard/closed.html", {"typed": []}, step=step)
            if step not in (*self.seen.steps, YOUTH):
                raise Http404
            if self.request.method == "POST":
                return self._post(step)
            return self._show(step)

    def _post(self, step: str) -> HttpResponseBase:
        go = self.request.POST.get("go", "next")
        if go == "erase" or step == YOUTH:
            return self._to(START)
        if go == "back":
            return self._to(self.seen.before(step))
        if go.startswith("change:"):
            key = go.removeprefix("change:")
            known = key in self.seen.definition.section_by_key
            return self._to(step_of(key) if known else step)
        if go == "skip":
            return self._to(self.seen.after(self.seen.after(step)))
        form = self._form(step, self.request.POST)
        if form is not None and not form.is_valid():
            return self._show(step, data=self.request.POST, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        section = self._section(step)
        if form is not None and section is not None and section.is_age_check:
            answers = form.cleaned_answers()
            if not pages.is_adult(self.seen.definition, answers):
                return self._to(YOUTH)
        return self._to(self.seen.after(step))

    def _leave(self) -> HttpResponseBase:
        """As the real way out, but for the draft: there is none to erase."""
        if self.request.method == "POST":
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return HttpResponseRedirect(settings.LEAVE_URL)

    def _to(self, step: str) -> HttpResponseBase:
        response = HttpResponseRedirect(self.seen.address(self.language, step))
        response.status_code = HTTPStatus.SEE_OTHER
        return response

    def _section(self, step: str) -> Section | None:
        key = step.removeprefix("page-")
        return self.seen.definition.section_by_key.get(key) if key != step else None

    def _form(self, step: str, data: Any) -> Any:
        """The form of a page, or None where nothing is asked."""
        section = self._section(step)
        if section is not None:
            made = pages.section_form(self.seen.definition, section, self.language)
            return made(data=data, prefix=pages.PREFIX, answers={})
        if step == CHECK:
            return CheckForm(data=data, prefix=pages.PREFIX, answers={})
        return None

    def _show(
        self, step: str, *, data: Any = None, status: int = HTTPStatus.OK
    ) -> HttpResponseBase:
        section = self._section(step)
        if section is not None:
            return self._show_section(step, section, data, status)
        if step == START:
            return self._print("wizard/start.html", self._start(), step=step)
        if step == CHECK:
            return self._show_check(data, status)
        if step == RECEIPT:
            return self._print("wizard/receipt.html", self._receipt(), step=step)
        if step == YOUTH:
            return self._print("wizard/youth.html", {}, step=step)
        return self._print("wizard/finished.html", self._finished(), step=step)

    def _show_section(
        self, step: str, section: Section, data: Any, status: int
    ) -> HttpResponseBase:
        duty = self.seen.definition.duty
        context = {
            **self._asking(step, data),
            "heading": section.title.in_language(self.language),
            "note": section.note.in_language(self.language) if section.note else "",
            "duty": duty.in_language(self.language) if duty and section.takes_text else "",
            "minutes": section.minutes,
            "can_skip_next": section.is_note,
            "is_age_check": section.is_age_check,
            "can_erase": not section.is_age_check,
            "can_go_back": not section.is_age_check,
        }
        if section.takes_pictures:
            context |= {"pictures": [], "picture_limit": limits.PICTURES}
        return self._print("wizard/step.html", context, step=step, status=status)

    def _show_check(self, data: Any, status: int) -> HttpResponseBase:
        answers = example_answers(self.seen.definition)
        context = {
            **self._asking(CHECK, data),
            "heading": _("Check your answers"),
            "sections": pages.review(self.seen.definition, answers, self.language, self.about),
            "appearances": appearance.appearances(self.seen.definition, answers, self.language),
            "can_erase": True,
            "can_go_back": True,
        }
        return self._print("wizard/check.html", context, step=CHECK, status=status)

    def _asking(self, step: str, data: Any) -> dict[str, Any]:
        views: list[FieldView] = list(self._form(step, data).views(checked=data is not None))
        order = [one for one in self.seen.steps if one not in (START, RECEIPT, FINISHED)]
        return {
            "fields": views,
            "errors": pages.error_links(views),
            "progress": {"number": order.index(step) + 1, "total": len(order)},
        }

    def _start(self) -> dict[str, Any]:
        definition = self.seen.definition
        return {
            "heading": definition.title.in_language(self.language),
            "introduction": definition.introduction.in_language(self.language),
            "closes_on": self.seen.closes_on,
            "hold": "",
            "has_card": False,
        }

    def _receipt(self) -> dict[str, Any]:
        return {
            "code": _EXAMPLE_CODE,
            "code_text": " ".join(_EXAMPLE_CODE),
            "withdrawal_deadline": self.seen.deadline,
            "withdraw_url": WITHDRAW_ADDRESS.format(language=self.language),
        }

    def _finished(self) -> dict[str, Any]:
        return {
            "heading": _("Thank you. We have your answers."),
            "closes_on": self.seen.closes_on,
            "deadline": self.seen.deadline,
            "destruction_date": self.seen.destroyed,
            "next_steps": [
                one.in_language(self.language) for one in self.seen.definition.next_steps
            ],
            "withdraw_url": WITHDRAW_ADDRESS.format(language=self.language),
        }

    def _print(
        self, template: str, context: dict[str, Any], *, step: str, status: int = HTTPStatus.OK
    ) -> HttpResponseBase:
        definition = self.seen.definition
        shared = {
            "preview": self.mark,
            "language": self.language,
            "address": self.seen.address(self.language, step),
            "leave_url": self.seen.address(self.language, LEAVE),
            "hidden": [],
            "languages": [
                {
                    "code": code,
                    "name": NAMES_OF_LANGUAGES.get(code, code),
                    "url": self.seen.address(code, step),
                    "value": "",
                    "is_current": code == self.language,
                }
                for code in definition.languages
            ],
            "support": [
                {
                    "name": item.name.in_language(self.language),
                    "detail": item.detail.in_language(self.language),
                }
                for item in definition.support
            ],
        }
        return render_private(template, shared | context, status=status)


def example_answers(definition: Definition) -> dict[str, Any]:
    """Answers to look at on the page before sending: the widest consent, and a sentence."""
    return {
        question.key: _example(question) for question in definition.questions() if question.is_asked
    }


def _example(question: Question) -> Any:
    if question.type == "consent":
        return question.codes[-1]
    if question.is_multiple:
        return [question.codes[0]]
    if question.options:
        return question.codes[0]
    if question.is_free_text:
        return _("Here is what somebody might write. It is an example, and nobody said it.")
    return None
