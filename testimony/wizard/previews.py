"""Previews: every page of a journey as somebody answering would see it, with nothing behind it.

A preview asks with the same forms, follows the same path and prints with the same templates. It
opens no draft, sets no cookie, seals nothing and keeps nothing. What was tried so far travels in
the page itself, in one signed hidden field that only a preview of the same text reads: a test
answer can't come among real ones. A post changes nothing at all, so it needs no token. A post is
answered with the next page, not with a redirect to it, because an address could carry no answers.
It is shared by calls and surveys, and knows neither: each gives it what is seen, and addresses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from testimony.vault import limits
from testimony.wizard import appearance, routing
from testimony.wizard import forms as pages
from testimony.wizard.definition import Definition, Question, Section
from testimony.wizard.forms import CheckForm, FieldView
from testimony.wizard.journeys import Journey
from testimony.wizard.printing import NAMES_OF_LANGUAGES, about_minutes, render_private
from testimony.wizard.receipt_views import withdraw_address
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
_NOT_ON_THE_WAY: Final = gettext_lazy("With these answers nobody comes to this page.")
_EXAMPLES: Final = gettext_lazy("Nothing was answered yet, so these answers are examples.")
TRIED_FIELD: Final = "tried"
_SALT: Final = "at-the-table.preview"
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
        """Every page in order, by name, whether anybody comes to it or not."""
        sections = [step_of(section.key) for section in self.definition.sections]
        return [START, *sections, CHECK, RECEIPT, FINISHED]


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried in a preview so far: carried from page to page, and kept nowhere.

    ``typed`` is what stands in the fields of pages that were gone away from, by page.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    completed: tuple[str, ...] = ()
    typed: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)

    @classmethod
    def read(cls, carried: str, digest: str) -> Tried:
        """What a page of a preview of this text carried; nothing, where it is another's."""
        try:
            answers, completed, typed = signing.loads(carried, salt=f"{_SALT}.{digest}")
        except signing.BadSignature:
            return cls()
        return cls(answers, tuple(completed), typed)

    def carried(self, digest: str) -> str:
        """The hidden field's value. Signed, so that whatever comes back is ours."""
        whole = (self.answers, self.completed, self.typed)
        return signing.dumps(whole, salt=f"{_SALT}.{digest}", compress=True)

    def complete(self, step: str, section: Section, answers: Mapping[str, Any]) -> Tried:
        """With the answers of one page in place of what it had before."""
        asked = {question.key for question in section.questions}
        kept = {key: value for key, value in self.answers.items() if key not in asked}
        return Tried(
            answers={**kept, **answers},
            completed=tuple(dict.fromkeys((*self.completed, step))),
            typed={name: typed for name, typed in self.typed.items() if name != step},
        )


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
        self.tried = Tried()
        # The marks are for the team, in the team's language; the page for workers, in theirs.
        self.mark = str(_MARKS[seen.state])
        self.not_on_the_way = f"{self.mark} {_NOT_ON_THE_WAY}"
        self.examples = f"{self.mark} {_EXAMPLES}"

    def answer(self, step: str) -> HttpResponseBase:
        if step == LEAVE:
            return self._leave()
        with translation.override(self.language):
            if self.seen.state == CLOSED:
                return self._print("wizard/closed.html", {"typed": []}, step=step)
            if step not in (*self.seen.steps, YOUTH):
                raise Http404
            if self.request.method != "POST":
                return self._show(step)
            try:
                posted = self.request.POST
            except (SuspiciousOperation, MultiPartParserError, BadRequest):
                return self._not_read(step)
            self.tried = Tried.read(posted.get(TRIED_FIELD, ""), self.seen.definition.digest)
            return self._post(step, posted)

    def _post(self, step: str, posted: QueryDict) -> HttpResponseBase:
        go = posted.get("go", "next")
        verb, _colon, object_ = go.partition(":")
        if verb == "erase" or step == YOUTH:
            return self._to(START)
        if verb == "language":
            return self._in_language(step, object_, posted)
        if verb in ("back", "change"):
            self._keep_what_stands_there(step, posted)
            named = step_of(object_)
            known = named in self.seen.steps
            return self._show(self._before(step) if verb == "back" else named if known else step)
        section = self._section(step)
        if verb == "skip" and section is not None and section.is_note:
            return self._skip(step, section)
        form = self._form(step, posted)
        if form is not None and not form.is_valid():
            return self._show(step, data=posted, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if form is not None and section is not None:
            answers = form.cleaned_answers()
            if section.is_age_check and not pages.is_adult(self.seen.definition, answers):
                return self._to(YOUTH)
            self.tried = self.tried.complete(step, section, answers)
        return self._show(self._after(step))

    def _skip(self, step: str, note: Section) -> HttpResponseBase:
        """Past a content note and the page it speaks of, as the real button does."""
        self.tried = self.tried.complete(step, note, {})
        following = self._section(self._after(step))
        if following is not None and following.may_be_skipped:
            self.tried = self.tried.complete(step_of(following.key), following, {})
        return self._show(self._after(step))

    def _in_language(self, step: str, language: str, posted: QueryDict) -> HttpResponseBase:
        """The same page in another language, with what stands in its fields."""
        self._keep_what_stands_there(step, posted)
        if language in self.seen.definition.languages:
            self.language = language
            self.about = replace(self.about, language=language)
        with translation.override(self.language):
            return self._show(step)

    def _keep_what_stands_there(self, step: str, posted: QueryDict) -> None:
        """As the journey does: a page answered before takes the change, another waits."""
        section = self._section(step)
        if section is None:
            return
        if step in self.tried.completed and not section.is_age_check:
            form = self._form(step, posted)
            if form.is_valid():
                self.tried = self.tried.complete(step, section, form.cleaned_answers())
                return
        names = [name for one in section.questions for name in pages.names_of(one)]
        standing = {name: posted.getlist(name) for name in names if name in posted}
        self.tried = replace(self.tried, typed={**self.tried.typed, step: standing})

    def _not_read(self, step: str) -> HttpResponseBase:
        context = {
            "heading": _("That was more than we can take at once"),
            "message": _("Please go back to the page before and make your text shorter."),
        }
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return self._print("wizard/problem.html", context, step=step, status=status)

    # Where one is.

    def _standing(self) -> dict[str, Any]:
        """The answers that count: what a later change closed is left out."""
        return routing.on_path(self.seen.definition, self.tried.answers, self.about)

    def _way(self, *, with_step: str = "") -> list[str]:
        """The pages that these answers lead to, in order, and one that was opened by address."""
        path = routing.path(self.seen.definition, self._standing(), self.about)
        found = {START, *(step_of(section.key) for section in path), CHECK, RECEIPT, FINISHED}
        return [step for step in self.seen.steps if step in found or step == with_step]

    def _after(self, step: str) -> str:
        """The next page that was not answered yet."""
        way = self._way(with_step=step)
        later = way[way.index(step) + 1 :] or [step]
        return next(one for one in later if one not in self.tried.completed)

    def _before(self, step: str) -> str:
        way = self._way(with_step=step)
        return way[max(way.index(step) - 1, 0)]

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
            made = pages.new_section_form(self.seen.definition, section, self.language)
            return made(data=data, prefix=pages.PREFIX, answers=self._standing(), about=self.about)
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
            "minutes": about_minutes(section.minutes),
            "can_skip_next": section.is_note,
            "can_skip": section.may_be_skipped and not section.is_note,
            "support_is_open": section.support,
            "can_erase": not section.is_age_check,
            "can_go_back": not section.is_age_check,
        }
        if section.takes_pictures:
            context |= {"pictures": [], "picture_limit": limits.PICTURES}
        if self.tried.completed and step not in self._way():
            context["preview"] = self.not_on_the_way
        return self._print("wizard/step.html", context, step=step, status=status)

    def _show_check(self, data: Any, status: int) -> HttpResponseBase:
        """What was tried, to be read through; where nothing was, examples."""
        definition, answers = self.seen.definition, self._standing()
        if not self.tried.completed:
            answers = routing.on_path(definition, example_answers(definition), self.about)
        context = {
            **self._asking(CHECK, data),
            "preview": self.mark if self.tried.completed else self.examples,
            "heading": _("Check your answers"),
            "sections": pages.review(definition, answers, self.language, self.about),
            "appearances": appearance.appearances(definition, answers, self.language),
            "can_erase": True,
            "can_go_back": True,
        }
        return self._print("wizard/check.html", context, step=CHECK, status=status)

    def _asking(self, step: str, data: Any) -> dict[str, Any]:
        typed = self.tried.typed.get(step)
        standing = data if data is not None else MultiValueDict(typed) if typed else None
        views: list[FieldView] = list(self._form(step, standing).views(checked=data is not None))
        way = self._way(with_step=step)
        order = [one for one in way if one not in (START, RECEIPT, FINISHED)]
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
            "withdraw_url": withdraw_address(self.language),
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
            "withdraw_url": withdraw_address(self.language),
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
            "hidden": [
                {"name": TRIED_FIELD, "value": self.tried.carried(definition.digest)},
            ],
            "languages": [
                {
                    "code": code,
                    "name": NAMES_OF_LANGUAGES.get(code, code),
                    "url": self.seen.address(code, step),
                    "value": f"language:{code}" if "fields" in context else "",
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
    if question.is_ranking:
        return list(question.codes[: question.places])
    if question.is_multiple:
        return [question.codes[0]]
    if question.options:
        return question.codes[0]
    if question.is_month:
        return f"{max(question.minimum or 0, (question.maximum or 0) - 1)}-06"
    if question.type == "number":
        return _number_between(question.minimum, question.maximum)
    if question.is_free_text:
        words = _("Here is what somebody might write. It is an example, and nobody said it.")
        return words[: question.text_limit]
    return None


def _number_between(least: int | None, most: int | None) -> int:
    """A small number that the question takes."""
    number = 3 if least is None else max(3, least)
    return number if most is None else min(number, most)
