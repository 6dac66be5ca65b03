"""The journey: formtools' wizard over a frozen definition, at one address, kept sealed.

GET shows the page the draft is at and changes nothing. POST answers one page and redirects
back to the same address. The step lives in the sealed draft, never in the address. Whatever
goes wrong, what a person typed in that POST is shown back to them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template import loader
from django.utils import timezone, translation
from django.utils.datastructures import MultiValueDict
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from formtools.wizard.views import WizardView

from testimony.vault import (
    actions,
    drafts,
    keyring,
    limits,
    receipts,
    retention,
    wordlists,
)
from testimony.vault.drafts import DraftGone, DraftKey
from testimony.vault.envelope import TooLarge
from testimony.vault.keyring import NoValidKey
from testimony.vault.models import Lane
from testimony.wizard import arrival, routing
from testimony.wizard import forms as pages
from testimony.wizard.definition import Section
from testimony.wizard.forms import CheckForm, FieldView, SectionForm
from testimony.wizard.journeys import Journey
from testimony.wizard.privacy import private
from testimony.wizard.routing import Circumstances
from testimony.wizard.storage import (
    SealedDraftStorage,
    draft_cookies,
    expire_cookie,
    expire_token,
)

_log = logging.getLogger(__name__)

CHECK_STEP: Final = "check"
STEP_FIELD: Final = "step"
GO_FIELD: Final = "go"
LEAVE_ADDRESS: Final = "/leave"
WITHDRAW_ADDRESS: Final = "/receipt/{language}/"
_LONGEST_CODE: Final = 300

_NAMES_OF_LANGUAGES: Final = {"en": "English", "fr": "Français"}
_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def render_private(
    template: str, context: Mapping[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Print a private page. No request goes into the template, so no session is touched."""
    language = context["language"]
    whole = {
        "direction": "rtl" if language in _RIGHT_TO_LEFT else "ltr",
        "page_title": _("Questions"),
        "leave_url": LEAVE_ADDRESS,
        "languages": [],
        "support": [],
        "address": "",
        "hidden": [],
        "errors": [],
        **context,
    }
    return HttpResponse(loader.get_template(template).render(dict(whole)), status=status)


@method_decorator([private, csrf_exempt], name="dispatch")
class JourneyView(WizardView):
    """One person's way through one definition. Subclasses find the journey."""

    http_method_names: ClassVar = ["get", "post", "head", "options"]
    storage_name = "testimony.wizard.storage.SealedDraftStorage"
    form_list: Any = [("stub", forms.Form)]

    journey: Journey
    language: str
    storage: SealedDraftStorage

    # For subclasses.

    def find_journey(self, public_id: str) -> Journey:
        """The journey behind an address.

        Raises:
            Http404: when there is none.
        """
        raise NotImplementedError

    def address_in(self, language: str) -> str:
        """The journey's address in one of its languages."""
        raise NotImplementedError

    # The request.

    def dispatch(
        self, request: HttpRequest, *args: Any, public_id: str, language: str, **kwargs: Any
    ) -> HttpResponseBase:
        self.request = request
        self.journey = self.find_journey(public_id)
        self.definition = self.journey.definition
        if language not in self.definition.languages:
            raise Http404
        self.language = language
        self.about = Circumstances(language=language)
        self.initial_dict: dict[str, Any] = {}
        self.instance_dict: dict[str, Any] = {}
        self._pages = {section.key: section for section in self.definition.sections}
        self.form_list = {
            key: pages.section_form(self.definition, section, language)
            for key, section in self._pages.items()
        } | {CHECK_STEP: CheckForm}
        with translation.override(language):
            try:
                response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
            except Http404:
                raise
            except SuspiciousOperation:
                response = self._problem(
                    _("That was more than we can take at once"),
                    _("Please go back to the page before and make your text shorter."),
                    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                )
            except Exception:
                # Whatever failed, the words in this post are shown back; the log gets the place.
                _log.exception("A journey page failed")
                response = self._problem(
                    _("Something went wrong on our side"),
                    _("It is not your fault. What you just typed is below. Please try again."),
                    status=HTTPStatus.INTERNAL_SERVER_ERROR,
                )
        return response

    def get_prefix(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        return f"{self.journey.public_id}:{self.definition.digest}"

    def get_form_list(self) -> dict[str, Any]:
        """The pages on this person's path, and the check page.

        formtools' hook for conditions would build every form to read one answer; the path is
        a pure function of the answers, so it is asked once for each state of the answers.
        """
        path = routing.path(self.definition, self.storage.answers, self.about)
        reachable = {section.key for section in path}
        self.condition_dict = {key: key in reachable for key in self._pages}
        found: dict[str, Any] = super().get_form_list()
        return found

    def get_form_prefix(self, step: str | None = None, form: Any = None) -> str:
        return pages.PREFIX

    def get_form_kwargs(self, step: str | None = None) -> dict[str, Any]:
        return {"answers": self.storage.answers}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.storage.done is not None:
            return self._show_done()
        if not self.storage.exists:
            if not self.journey.is_open:
                return self._closed()
            if not keyring.is_ready(self.journey.collection_id):
                return self._not_safe_now()
        return self._show(self._current_step())

    def post(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        go = self.request.POST.get(GO_FIELD, "next")
        step = self.request.POST.get(STEP_FIELD, "")
        if not self.storage.exists:
            if go == "noted":
                return self._finished()
            if go == "erase":
                return self._erased()
            return self._first_post(step)
        if not arrival.has_valid_token(self.request):
            return self._problem(
                _("Please send that again"),
                _(
                    "We could not be sure that this came from our own page. Nothing was lost: "
                    "your words are below. Copy them if you like, then go on."
                ),
                status=HTTPStatus.FORBIDDEN,
            )
        if go == "erase":
            self.storage.erase()
            return self._erased()
        if self.storage.done is not None:
            return self._after_done(go)
        if step not in self.get_form_list():
            return self._problem(
                _("That page is not part of your way"),
                _("Your earlier answers are safe. What you just typed is below."),
                status=HTTPStatus.BAD_REQUEST,
            )
        if not self._may_visit(step):
            return self._skipped_ahead()
        self.storage.current_step = step
        if go == "back":
            return self._go_back(step)
        if go.startswith("change:"):
            return self._change(go.removeprefix("change:"))
        return self._answer(step)

    # One page answered.

    def _first_post(self, step: str) -> HttpResponseBase:
        """The first page's answer: a draft begins only when it is valid."""
        if step != self.steps.first:
            return self._problem(
                _("Your earlier answers are gone"),
                _(
                    "They were erased or left too long, or you sent them already. No unfinished "
                    "answers are kept here. What you just typed is below, so that you can copy "
                    "it. Then start again."
                ),
                status=HTTPStatus.GONE,
                start_again=True,
            )
        if not self.journey.is_open:
            return self._closed()
        if not keyring.is_ready(self.journey.collection_id):
            return self._not_safe_now()
        try:
            lane = arrival.lane_of(self.request, self.journey.public_id)
        except arrival.NotFromHere:
            return self._problem(
                _("Please start from our own page"),
                _("Another site sent you here with answers filled in. Nothing was kept."),
                status=HTTPStatus.FORBIDDEN,
                start_again=True,
            )
        except arrival.NonceExpired:
            return self._show(
                step,
                data=self.request.POST,
                notice=_("This page was open for a long time. Please send it once more."),
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        form = self._bound(step, self.request.POST)
        if form.is_valid():
            if self._is_too_young(step, form):
                return render_private("wizard/youth.html", self._common())
            self.storage.begin(lane=lane)
        return self._answer(step)

    def _answer(self, step: str) -> HttpResponseBase:
        form = self._bound(step, self.request.POST)
        if not form.is_valid():
            return self._show(step, data=self.request.POST, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if step == CHECK_STEP:
            return self._finish(form)
        section = self._pages[step]
        answers = form.cleaned_answers()
        if self._is_too_young(step, form):
            self.storage.erase()
            return render_private("wizard/youth.html", self._common())
        self.storage.forget_answers(question.key for question in section.questions)
        self.storage.set_step_data(step, answers)
        self.storage.current_step = self._first_unanswered()
        return self._keep_and_return(step)

    def _is_too_young(self, step: str, form: SectionForm) -> bool:
        return self._pages[step].is_age_check and not pages.is_adult(
            self.definition, form.cleaned_answers()
        )

    def _keep_and_return(self, step: str) -> HttpResponseBase:
        try:
            self.storage.keep()
        except TooLarge:
            return self._show(
                step,
                data=self.request.POST,
                notice=_(
                    "All your answers together are more than we can take. Nothing you typed "
                    "on this page is lost: please make it shorter."
                ),
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        return self._return()

    def _go_back(self, step: str) -> HttpResponseBase:
        previous = self.get_prev_step(step)
        self.storage.keep_typed(step, self._whitelisted(step))
        if previous is not None:
            self.storage.current_step = previous
        return self._keep_and_return(step)

    def _change(self, key: str) -> HttpResponseBase:
        if key in self.get_form_list() and self._may_visit(key):
            self.storage.current_step = key
        return self._keep_and_return(CHECK_STEP)

    # The end.

    def _finish(self, form: CheckForm) -> HttpResponseBase:
        """Check everything once more, by formtools' own walk, and send it."""
        if self._first_unanswered() != CHECK_STEP:
            return self._skipped_ahead()
        try:
            sent: HttpResponseBase = self.render_done(form)
            return sent
        except DraftGone:
            return self._first_post(CHECK_STEP)
        except NoValidKey:
            return self._problem(
                _("We can't take answers in safely just now"),
                _(
                    "The key that keeps answers safe is not ready. Your answers are still here, "
                    "sealed, for about 45 minutes. Please try again a little later."
                ),
                status=HTTPStatus.SERVICE_UNAVAILABLE,
            )
        except TooLarge:
            return self._show(
                CHECK_STEP,
                data=self.request.POST,
                notice=_(
                    "All your answers together are more than we can take. Nothing is lost: "
                    "please go back and make the longest one shorter."
                ),
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )

    def render_revalidation_failure(
        self, step: str, form: SectionForm, **kwargs: Any
    ) -> HttpResponseBase:
        self.storage.current_step = step
        return self._show(
            step,
            data=self.storage.get_step_data(step),
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )

    def done(
        self, form_list: list[Any], form_dict: dict[str, Any], **kwargs: Any
    ) -> HttpResponseBase:
        """Seal and store, once, however often the last button is pressed."""
        key = self.storage.key
        if key is None:
            raise DraftGone
        receipt = form_dict[CHECK_STEP].cleaned_data[pages.RECEIPT_FIELD]
        with drafts.claimed(key) as contents:
            if contents.get("done") is None:
                answers = routing.on_path(self.definition, contents["answers"], self.about)
                sealed = actions.seal_record(
                    collection_id=self.journey.collection_id,
                    definition=self.definition.digest,
                    payload=record_payload(self.definition, answers, language=self.language),
                    lane=Lane(contents["lane"]),
                    language=self.language,
                    wants_receipt=receipt == CheckForm.WANTED,
                )
                drafts.save(
                    key,
                    {
                        "step": None,
                        "answers": {},
                        "completed": [],
                        "typed": {},
                        "ends": contents["ends"],
                        "done": {"code": sealed.code},
                    },
                    ends_tick=contents["ends"],
                    idle=limits.RECEIPT_SHOWN_TICKS,
                )
        return self._return()

    def get_form_step_data(self, form: Any) -> Any:
        return form.cleaned_answers()

    def get_form(self, step: str | None = None, data: Any = None, files: Any = None) -> Any:
        """A form of one page. The check page's own answer is only ever in the post."""
        if step == CHECK_STEP:
            data = self.request.POST
        return super().get_form(step=step, data=data, files=None)

    def _show_done(self) -> HttpResponseBase:
        done = self.storage.done or {}
        if not done.get("code"):
            self.storage.erase()
            return self._finished()
        return render_private(
            "wizard/receipt.html",
            self._common()
            | {
                "code": done["code"],
                "code_text": " ".join(done["code"]),
                "withdrawal_deadline": self.journey.withdrawal_deadline,
                "withdraw_url": WITHDRAW_ADDRESS.format(language=self.language),
                "hidden": self._hidden(""),
            },
        )

    def _after_done(self, go: str) -> HttpResponseBase:
        if go == "noted":
            self.storage.erase()
            return self._finished()
        return self._return()

    def _finished(self) -> HttpResponseBase:
        return render_private(
            "wizard/finished.html",
            self._common()
            | {
                "heading": _("Thank you. We have your answers."),
                "deadline": self.journey.withdrawal_deadline,
                "next_steps": [
                    step.in_language(self.language) for step in self.definition.next_steps
                ],
                "withdraw_url": WITHDRAW_ADDRESS.format(language=self.language),
            },
        )

    def _erased(self) -> HttpResponseBase:
        return render_private(
            "wizard/problem.html",
            self._common()
            | {
                "heading": _("Your answers are erased"),
                "message": _("Nothing you typed is kept. You can close this page, or start again."),
                "typed": [],
                "start_again_url": self._address,
                "is_new_start": True,
            },
        )

    # Where the person is.

    def _current_step(self) -> str:
        if self.storage.exists:
            step = self.storage.current_step
            if step in self.get_form_list():
                return str(step)
            return self._first_unanswered()
        return str(self.steps.first)

    def _first_unanswered(self) -> str:
        completed = set(self.storage.completed)
        for step in self.get_form_list():
            if step not in completed:
                return str(step)
        return CHECK_STEP

    def _may_visit(self, step: str) -> bool:
        """Whether a page is at or before the first one not answered yet."""
        order = list(self.get_form_list())
        return order.index(step) <= order.index(self._first_unanswered())

    # Printing.

    @property
    def _address(self) -> str:
        return self.address_in(self.language)

    def _return(self) -> HttpResponseBase:
        response = HttpResponseRedirect(self._address)
        response.status_code = HTTPStatus.SEE_OTHER
        return response

    def _bound(self, step: str, data: Any) -> Any:
        return super().get_form(step=step, data=data)

    def _common(self) -> dict[str, Any]:
        return {
            "language": self.language,
            "address": self._address,
            "languages": [
                {
                    "code": code,
                    "name": _NAMES_OF_LANGUAGES.get(code, code),
                    "url": self.address_in(code),
                    "is_current": code == self.language,
                }
                for code in self.definition.languages
            ],
            "support": [
                {
                    "name": item.name.in_language(self.language),
                    "detail": item.detail.in_language(self.language),
                }
                for item in self.definition.support
            ],
        }

    def _hidden(self, step: str) -> list[dict[str, str]]:
        hidden = [{"name": STEP_FIELD, "value": step}] if step else []
        if self.storage.exists:
            hidden.append({"name": "csrfmiddlewaretoken", "value": get_token(self.request)})
        else:
            nonce = arrival.new_nonce(self.journey.public_id)
            hidden.append({"name": arrival.NONCE_FIELD, "value": nonce})
        return hidden

    def _show(
        self, step: str, *, data: Any = None, notice: str = "", status: int = HTTPStatus.OK
    ) -> HttpResponseBase:
        """Print one page, empty, as kept, or as just posted with what is wrong."""
        typed = data if data is not None else self.storage.typed_on(step)
        form = self._bound(step, typed)
        views: list[FieldView] = list(form.views(checked=data is not None))
        errors = pages.error_links(views)
        if notice:
            errors = [pages.ErrorLink(views[0].target if views else "main", notice), *errors]
        order = list(self.get_form_list())
        context = self._common() | {
            "hidden": self._hidden(step),
            "fields": views,
            "errors": errors,
            "can_go_back": self.storage.exists and order.index(step) > 0,
            "can_erase": self.storage.exists,
            "progress": {"number": order.index(step) + 1, "total": len(order)},
        }
        if step == CHECK_STEP:
            context |= {
                "heading": _("Check your answers"),
                "sections": pages.review(self.definition, self.storage.answers, self.language),
            }
            return render_private("wizard/check.html", context, status=status)
        section = self._pages[step]
        is_first = order.index(step) == 0
        context |= self._section_words(section, is_first=is_first)
        if is_first:
            context["hold"] = retention.statement_for(self.journey.collection_id)
        return render_private("wizard/step.html", context, status=status)

    def _section_words(self, section: Section, *, is_first: bool) -> dict[str, Any]:
        return {
            "heading": section.title.in_language(self.language),
            "introduction": self.definition.introduction.in_language(self.language)
            if is_first
            else "",
            "note": section.note.in_language(self.language) if section.note else "",
            "minutes": section.minutes,
        }

    def _closed(self) -> HttpResponseBase:
        return render_private(
            "wizard/closed.html",
            self._common() | {"typed": self._typed()},
            status=HTTPStatus.OK if self.request.method == "GET" else HTTPStatus.GONE,
        )

    def _not_safe_now(self) -> HttpResponseBase:
        """Without a key for this month nothing is asked, so nothing can be lost or lie open."""
        return self._problem(
            _("We can't take answers in safely just now"),
            _(
                "The key that keeps answers safe is not ready, so we ask nothing today. "
                "It is not your fault, and nothing of you was kept. Please come back in a day or "
                "two."
            ),
            status=HTTPStatus.SERVICE_UNAVAILABLE,
        )

    def _skipped_ahead(self) -> HttpResponseBase:
        """A page beyond the first unanswered one: back to where the person is."""
        if not self._typed():
            return self._return()
        return self._problem(
            _("There is a page before this one"),
            _("What you just typed is below. Go on, and you will come back here."),
            status=HTTPStatus.CONFLICT,
        )

    def _problem(
        self, heading: str, message: str, *, status: int, start_again: bool = False
    ) -> HttpResponseBase:
        return render_private(
            "wizard/problem.html",
            self._common()
            | {
                "heading": heading,
                "message": message,
                "typed": self._typed(),
                "start_again_url": self._address,
                "is_new_start": start_again,
            },
            status=status,
        )

    def _typed(self) -> list[dict[str, str]]:
        """The free text of this post, whichever page it belongs to, to be shown back."""
        try:
            posted = self.request.POST
        except SuspiciousOperation:
            return []
        found = []
        for question in self.definition.questions():
            if question.is_free_text or question.type == "number":
                text = pages.without_controls(posted.get(f"{pages.PREFIX}-{question.key}", ""))
                if text.strip():
                    found.append({"label": question.label.in_language(self.language), "text": text})
        return found

    def _whitelisted(self, step: str) -> dict[str, list[str]]:
        """What was typed in the fields of one page, and nothing else from the post."""
        if step == CHECK_STEP:
            return {}
        names = [f"{pages.PREFIX}-{question.key}" for question in self._pages[step].questions]
        posted: MultiValueDict[str, str] = self.request.POST
        return {name: posted.getlist(name) for name in names if name in posted}


def record_payload(
    definition: Any, answers: Mapping[str, Any], *, language: str, channel: str = "web"
) -> dict[str, Any]:
    """What is sealed: answers and consents apart, the definition's digest, language, channel.

    Words a person asked us not to keep are left out here, before anything is sealed. The age
    check's answer is not kept: nobody else gets this far.
    """
    consents = {
        question.permission or question.key: answers[question.key]
        for question in definition.questions()
        if question.type == "consent" and question.key in answers
    }
    keeps_words = consents.get("words") != "discard"
    kept = {
        question.key: answers[question.key]
        for question in definition.questions()
        if question.key in answers
        and question.type not in ("consent", "age_check")
        and (keeps_words or not question.is_free_text)
    }
    return {
        "definition": definition.digest,
        "answers": kept,
        "consents": consents,
        "language": language,
        "channel": channel,
        "attachments": [],
    }


@private
def leave(request: HttpRequest) -> HttpResponseBase:
    """Erase whatever draft this browser holds, and go somewhere dull. A plain link leads here."""
    response = HttpResponseRedirect(settings.LEAVE_URL)
    for name in draft_cookies(request):
        with contextlib.suppress(DraftGone):
            drafts.erase(DraftKey.from_cookie(request.COOKIES[name]))
        expire_cookie(response, name)
    expire_token(request, response)
    return response


@private
@csrf_exempt
def withdraw(request: HttpRequest, language: str) -> HttpResponseBase:
    """Look a receipt up, and take back everything or only the permission to quote.

    A code that was never one, one whose answers were destroyed and one that was used to withdraw
    get the same page by the same queries.
    """
    with translation.override(language):
        context: dict[str, Any] = {
            "language": language,
            "address": request.path,
            "languages": [
                {
                    "code": code,
                    "name": name,
                    "url": WITHDRAW_ADDRESS.format(language=code),
                    "is_current": code == language,
                }
                for code, name in _NAMES_OF_LANGUAGES.items()
            ],
            "state": "ask",
            "code_value": "",
            "holds": receipts.public_holds(),
        }
        status = HTTPStatus.OK
        if request.method == "POST":
            code = request.POST.get("code", "")[:_LONGEST_CODE]
            problem = _withdrawal_problem(request, code)
            if not problem:
                try:
                    with receipts.a_place():
                        context |= _use_receipt(code, request.POST.get(GO_FIELD, ""))
                except receipts.TooMany:
                    problem = _("Many people are here right now. Please try again in a minute.")
                    status = HTTPStatus.SERVICE_UNAVAILABLE
            if problem:
                if status == HTTPStatus.OK:
                    status = HTTPStatus.UNPROCESSABLE_ENTITY
                context |= {"errors": [pages.ErrorLink("code", problem)]}
            context["code_value"] = code
        context["hidden"] = [{"name": arrival.NONCE_FIELD, "value": arrival.new_nonce("receipt")}]
        return render_private("wizard/withdraw.html", context, status=status)


def _use_receipt(code: str, go: str) -> dict[str, Any]:
    """Do what was asked with a code, and say what it stands for now."""
    if go == "withdraw":
        actions.withdraw_record(code=code)
    elif go == "stop-quoting":
        actions.withdraw_quoting(code=code)
    receipt = receipts.look_up(code)
    return {
        "state": receipt.state.value,
        "deadline": receipt.deadline,
        "is_past_deadline": receipt.deadline is not None
        and timezone.now().date() > receipt.deadline,
        "done": go,
    }


def _withdrawal_problem(request: HttpRequest, code: str) -> str:
    try:
        arrival.lane_of(request, "receipt")
    except arrival.NotFromHere:
        return _("Please type the words on this page yourself.")
    except arrival.NonceExpired:
        return _("This page was open for a long time. Please send it once more.")
    stubs = wordlists.as_typed(code)
    if len(stubs) != wordlists.WORDS_IN_A_CODE:
        return _("A code has six words. You typed %(count)s.") % {"count": len(stubs)}
    known = wordlists.known_stubs()
    for position, stub in enumerate(stubs, start=1):
        if stub not in known:
            return _("Word %(position)s is not one of our words. Please look at it again.") % {
                "position": position
            }
    return ""
