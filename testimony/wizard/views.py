"""The journey: formtools' wizard over a frozen definition, at one address, kept sealed.

GET shows the page the draft is at and changes nothing. POST answers one page and redirects
back to the same address. The step lives in the sealed draft, never in the address. Whatever
goes wrong, what a person typed in that POST is shown back to them.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import get_token
from django.utils import translation
from django.utils.datastructures import MultiValueDict
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from formtools.wizard.views import WizardView

from testimony.vault import actions, attachments, drafts, keyring, limits, retention, vouchers
from testimony.vault.drafts import DraftChanged, DraftGone
from testimony.vault.envelope import TooLarge
from testimony.vault.keyring import NoValidKey
from testimony.vault.models import Lane, Voucher
from testimony.wizard import (
    appearance,
    arrival,
    lanes,
    paper_batches,
    pictures,
    routing,
    uploads,
)
from testimony.wizard import forms as pages
from testimony.wizard.definition import Definition, Section
from testimony.wizard.forms import CheckForm, FieldView, SectionForm
from testimony.wizard.journeys import Journey, JourneyModel, read_definition
from testimony.wizard.printing import NAMES_OF_LANGUAGES, about_minutes, render_private
from testimony.wizard.privacy import private
from testimony.wizard.receipt_views import withdraw_address
from testimony.wizard.records import keeps_words, record_payload
from testimony.wizard.routing import Circumstances
from testimony.wizard.storage import SealedDraftStorage

_log = logging.getLogger(__name__)

CHECK_STEP: Final = "check"
STEP_FIELD: Final = "step"
GO_FIELD: Final = "go"
VOUCHER_FIELD: Final = "v"
START: Final = "start"
BEGIN: Final = "begin"
LONGEST_CODE: Final = 40


@method_decorator([private, csrf_exempt], name="dispatch")
class JourneyView(WizardView):
    """One person's way through one definition. Subclasses say behind which doors."""

    http_method_names: ClassVar = ["get", "post", "head", "options"]
    storage_name = "testimony.wizard.storage.SealedDraftStorage"
    form_list: Any = [("stub", forms.Form)]

    doors: type[JourneyModel]
    journey: Journey
    definition: Definition
    language: str
    storage: SealedDraftStorage
    _standing: dict[str, Any]
    _mark: str = ""
    _way: tuple[object, dict[str, Any]] | None = None
    _card: vouchers.Found | None = None

    # The request.

    def dispatch(
        self, request: HttpRequest, *args: Any, public_id: str, language: str, **kwargs: Any
    ) -> HttpResponseBase:
        self.request = request
        uploads.take_pictures_in_memory(request)
        journey = self.doors.journey_at(public_id)
        if journey is None:
            raise Http404
        self.journey = journey
        self._check_speaks(language)
        self.initial_dict: dict[str, Any] = {}
        self.instance_dict: dict[str, Any] = {}
        self._speak(language)
        self._take_up(self.journey.definition)
        with translation.override(language):
            try:
                response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
            except (Http404, BadRequest, MultiPartParserError):
                raise  # what can't be read has a page of its own (``privacy``)
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

    def _check_speaks(self, language: str) -> None:
        """A language is spoken if the door speaks it, or if the draft inside began with it.

        Raises:
            Http404: when it is neither.
        """
        if language in self.journey.definition.languages:
            return
        draft = SealedDraftStorage(self.journey.public_id, self.request)
        began = read_definition(draft.definition) if draft.definition else None
        if began is None or language not in began.languages:
            raise Http404

    def _speak(self, language: str) -> None:
        self.language = language
        self.about = Circumstances(language=language)

    def _take_up(self, definition: Definition) -> None:
        """Ask the questions of one definition: the door's own, or the one a draft began with."""
        self.definition = definition
        self._pages = {section.key: section for section in definition.sections}
        self.form_list = {
            key: pages.section_form(definition, section, self.language)
            for key, section in self._pages.items()
        } | {CHECK_STEP: CheckForm}

    def _resume(self) -> None:
        """A draft stays with the questions, and the channel, it began with."""
        if not self.storage.exists or self.storage.done is not None:
            return
        if self.storage.definition != self.definition.digest:
            self._take_up(read_definition(self.storage.definition))
        self.about = Circumstances(language=self.language, channel=self.storage.channel)

    def get_prefix(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        return self.journey.public_id

    def get_form_list(self) -> dict[str, Any]:
        """The pages on this person's path, and the check page.

        formtools' hook for conditions would build every form to read one answer; the path is
        a pure function of the answers, so it is asked once for each state of the answers.
        """
        state = (self.definition.digest, self.about, dict(self.storage.answers))
        if self._way is None or self._way[0] != state:
            self._standing = routing.on_path(self.definition, self.storage.answers, self.about)
            path = routing.path(self.definition, self._standing, self.about)
            reachable = {section.key for section in path}
            self.condition_dict = {key: key in reachable for key in self._pages}
            self._way = (state, super().get_form_list())
        return self._way[1]

    def get_form_prefix(self, step: str | None = None, form: Any = None) -> str:
        return pages.PREFIX

    def get_form_kwargs(self, step: str | None = None) -> dict[str, Any]:
        return {"answers": self._answers_that_count(), "about": self.about}

    def _answers_that_count(self) -> dict[str, Any]:
        """The answers on the path. One that a later change closed opens nothing, and is not sent.

        The draft keeps it, for whoever changes their mind again.
        """
        self.get_form_list()
        return self._standing

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.storage.done is not None:
            return self._show_done()
        if not self.storage.exists:
            return self._closed_door() or self._start()
        self._resume()
        step = self._current_step()
        if self.storage.wrong == step:
            typed = self.storage.typed_on(step) or MultiValueDict()
            return self._show(step, data=typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return self._show(step)

    def post(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        go = self.request.POST.get(GO_FIELD, "next")
        if not self.storage.exists:
            return self._post_without_draft(go)
        if self._comes_from_before_the_draft(go):
            return self._return_or_make_room(go)
        if not arrival.has_valid_token(self.request):
            return self._problem(
                _("Please send that again"),
                _(
                    "We could not be sure that this came from our own page. Nothing was lost: "
                    "your words are below. Copy them if you like, then go on."
                ),
                status=HTTPStatus.FORBIDDEN,
            )
        if self.storage.done is not None:
            return self._after_done(go)
        if go == "erase":
            self.storage.erase()
            return self._erased()
        self._resume()
        return self._post_in_draft(go, self.request.POST.get(STEP_FIELD, ""))

    def _post_in_draft(self, go: str, step: str) -> HttpResponseBase:
        if step not in self.get_form_list():
            return self._problem(
                _("That page is not part of your way"),
                _("Your earlier answers are safe. What you just typed is below."),
                status=HTTPStatus.BAD_REQUEST,
            )
        if not self._may_visit(step):
            return self._skipped_ahead()
        self.storage.current_step = step
        self.storage.wrong = None
        self._note_work()
        verb, _colon, object_ = go.partition(":")
        acts: dict[str, Callable[[], HttpResponseBase]] = {
            "back": lambda: self._go_back(step),
            "skip": lambda: self._skip(step),
            "change": lambda: self._change(object_),
            "language": lambda: self._switch_language(step, object_),
            "remove": lambda: self._remove_picture(step, object_),
        }
        return acts.get(verb, lambda: self._answer(step))()

    def _comes_from_before_the_draft(self, go: str) -> bool:
        """Whether a post was made by a page that knew of no draft: a card, or one gone back to."""
        posted = self.request.POST
        return "csrfmiddlewaretoken" not in posted and (
            arrival.MARK_FIELD in posted or go in (START, BEGIN)
        )

    def _return_or_make_room(self, go: str) -> HttpResponseBase:
        """To where the draft is; or, where the last person is done and another has a card, anew."""
        if self.storage.done is not None and go == START:
            with contextlib.suppress(arrival.NotFromHere):
                arrival.says_where_from(self.request)
                self.storage.erase()
                return self._post_without_draft(go)
        return self._return()

    # Before there is a draft. Nothing is stored, and no cookie set, until a first valid answer.

    def _post_without_draft(self, go: str) -> HttpResponseBase:
        if go == "noted":
            return self._finished()
        if go == "erase":
            # What was sent is not erased by this, so it must not say so.
            return self._draft_gone()
        if go.startswith("language:"):
            return self._start_in(go.removeprefix("language:"))
        self._read_card()
        step = self.request.POST.get(STEP_FIELD, "")
        if step not in ("", self.steps.first):
            return self._draft_gone()
        closed = self._closed_door()
        if closed is not None:
            return closed
        try:
            says_where_from = arrival.says_where_from(self.request)
            self._mark = arrival.mark_of(self.request, self.journey.public_id)
        except arrival.NotFromHere:
            return self._problem(
                _("Please start from our own page"),
                _("Another site sent you here with answers filled in. Nothing was kept."),
                status=HTTPStatus.FORBIDDEN,
                start_again=True,
            )
        except arrival.MarkExpired:
            if not step:
                return self._start()
            return self._show(
                step,
                data=self.request.POST,
                notice=_("This page was open for a long time. Please send it once more."),
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        if not step:
            return self._start() if go == START else self._show(str(self.steps.first))
        return self._first_answer(step, says_where_from=says_where_from)

    def _first_answer(self, step: str, *, says_where_from: bool) -> HttpResponseBase:
        """The first page's answer: a draft begins only when it is valid."""
        form = self._bound(step, self.request.POST)
        if form.is_valid():
            if self._is_too_young(step, form):
                return render_private("wizard/youth.html", self._common_without_form())
            self.storage.begin(
                definition=self.definition.digest,
                arrived={
                    "says_where_from": says_where_from,
                    "trap": arrival.fell_into_trap(self.request),
                    "mark": self._mark,
                    "worked": False,
                    "voucher": self._voucher(),
                },
                channel=self.about.channel,
            )
            self._note_work()
            self._resume()
        return self._answer(step)

    def _start(self) -> HttpResponseBase:
        """The first page: who asks, how to leave, and what is kept. It asks nothing."""
        context = self._common() | {
            "heading": self.definition.title.in_language(self.language),
            "introduction": self.definition.introduction.in_language(self.language),
            "closes_on": self.journey.closes_on,
            "hold": retention.statement_for(self.journey.collection_id),
            "hidden": self._hidden(""),
            "has_card": self._card is not None,
            **self._work(),
        }
        return render_private("wizard/start.html", context)

    def _start_in(self, language: str) -> HttpResponseBase:
        """The first page in another language, where a link would lose a card's code."""
        if language in self.definition.languages:
            self._speak(language)
            self._take_up(self.definition)
        self._read_card()
        with translation.override(self.language):
            return self._closed_door() or self._start()

    def _read_card(self) -> None:
        """What the code in a form stands for, before there is a draft to keep it in."""
        code = self._voucher()
        found = vouchers.kind_of(code, door=self.journey.public_id) if code else None
        self._card = found
        if found is not None and found.kind == Voucher.Kind.ASSISTED:
            self.about = Circumstances(language=self.language, channel="assisted")

    def _voucher(self) -> str:
        return pages.without_controls(self._posted().get(VOUCHER_FIELD, "")[:LONGEST_CODE])

    def _posted(self) -> QueryDict:
        """The post, or none where it can't be read and the page that says so is being made."""
        try:
            return self.request.POST
        except Exception:
            return QueryDict()

    def _closed_door(self) -> HttpResponseBase | None:
        """What stands in the way of beginning, or None."""
        if not self.journey.is_open:
            return self._closed()
        if not keyring.is_ready(self.journey.collection_id):
            return self._not_safe_now()
        return None

    # One page answered.

    def _answer(self, step: str) -> HttpResponseBase:
        form = self._bound(step, self.request.POST)
        if not form.is_valid():
            return self._not_right(step)
        if step == CHECK_STEP:
            return self._finish(form)
        section = self._pages[step]
        if section.takes_pictures:
            problem = self._take_pictures(section)
            if problem is not None:
                return problem
        answers = form.cleaned_answers()
        if self._is_too_young(step, form):
            self.storage.erase()
            return render_private("wizard/youth.html", self._common_without_form())
        self._complete(section, answers)
        self.storage.current_step = self._first_unanswered()
        return self._keep_and_return(step)

    def _complete(self, section: Section, answers: dict[str, Any]) -> None:
        self.storage.forget_answers(question.key for question in section.questions)
        self.storage.set_step_data(section.key, answers)

    def _take_pictures(self, section: Section) -> HttpResponseBase | None:
        """Make each picture new and seal it beside the draft; an answer when one was not taken.

        Those that were taken stay, whatever became of the others.
        """
        key = self.storage.key
        if key is None:
            raise DraftGone
        (question,) = (one for one in section.questions if one.is_pictures)
        problems: list[str] = []
        for received in self.request.FILES.getlist(f"{pages.PREFIX}-{question.key}"):
            try:
                picture = uploads.made_new(received)
                with transaction.atomic():
                    self.storage.note_picture(attachments.add(key, picture))
                    self.storage.keep()
            except (pictures.TookTooLong, pictures.TooManyAtOnce) as refusal:
                problems.append(str(refusal))
                break  # the next would wait as long
            except (pictures.PictureRefused, attachments.TooManyPictures) as refusal:
                problems.append(str(refusal))
            except (DraftGone, DraftChanged):
                return self._changed_elsewhere()
        if not problems:
            return None
        return self._show(
            section.key,
            data=self.request.POST,
            problems={question.key: list(dict.fromkeys(problems))},
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )

    def _remove_picture(self, step: str, picture: str) -> HttpResponseBase:
        """Take one picture away, and stay on the page."""
        if self.storage.key is not None and self.storage.forget_picture(picture):
            attachments.remove(self.storage.key, uuid.UUID(picture))
        return self._keep_and_return(step)

    def _note_work(self) -> None:
        """Remember that script did its little work, once it has."""
        arrived = self.storage.arrived
        number = self.request.POST.get(arrival.WORK_FIELD, "")
        if not arrived["worked"] and arrival.is_worked_for(arrived["mark"], number):
            arrived["worked"] = True

    def _skip(self, step: str) -> HttpResponseBase:
        """Past a content note and the page it speaks of, with no answer there and no reason."""
        if step not in self._pages or not self._pages[step].is_note:
            return self._answer(step)
        order = list(self.get_form_list())
        self._complete(self._pages[step], {})
        following = self._pages.get(order[order.index(step) + 1])
        if following is not None and following.may_be_skipped:
            self._complete(following, {})
        self.storage.current_step = self._first_unanswered()
        return self._keep_and_return(step)

    def _keep_what_stands_there(self, step: str) -> None:
        """What is typed on a page that a person goes away from.

        On a page that was answered before, what they changed takes the place of the answer:
        otherwise the older words would be sent. On others it waits in the fields.
        """
        section = self._pages.get(step)
        if section is not None and step in self.storage.completed and not section.is_age_check:
            form = self._bound(step, self.request.POST)
            if form.is_valid():
                self._complete(section, form.cleaned_answers())
                return
        self.storage.keep_typed(step, self._whitelisted(step))

    def _switch_language(self, step: str, language: str) -> HttpResponseBase:
        """The same page in another language, with what stands in its fields."""
        self._keep_what_stands_there(step)
        if language in self.definition.languages:
            self._speak(language)
        return self._keep_and_return(step)

    def _not_right(self, step: str) -> HttpResponseBase:
        """The page again, with what is wrong on it.

        Fetched anew, where words are on it: a browser that goes back to the answer of a post
        offers to send the post again, and would show the words after somebody left.
        """
        if self._is_inside and step != CHECK_STEP and not self.storage.is_new:
            self.storage.keep_typed(step, self._whitelisted(step), is_wrong=True)
            try:
                self.storage.keep()
            except DraftChanged:
                return self._changed_elsewhere()
            except TooLarge:
                pass  # more than a draft holds, so it is shown from the post alone
            else:
                return self._return()
        self._live_on()
        return self._show(step, data=self.request.POST, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def _live_on(self) -> None:
        """A page with an error is a page too: the draft's 45 minutes begin again."""
        with contextlib.suppress(TooLarge, DraftChanged):
            self.storage.keep()

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
        except DraftChanged:
            return self._changed_elsewhere()
        return self._return()

    def _changed_elsewhere(self) -> HttpResponseBase:
        """Another window, or a second press, did something with the draft in the meantime."""
        try:
            contents = drafts.load(self.storage.key) if self.storage.key else {"done": None}
        except DraftGone:
            self.storage.contents = None
            self.storage.is_gone = True
            return self._draft_gone()
        if contents.get("done") is not None:
            return self._return()
        return self._problem(
            _("Something changed in another window"),
            _(
                "This page did not fit any more, so it was not saved. What you just typed is "
                "below, so that you can copy it. Then go on."
            ),
            status=HTTPStatus.CONFLICT,
        )

    def _go_back(self, step: str) -> HttpResponseBase:
        previous = self.get_prev_step(step)
        self._keep_what_stands_there(step)
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
            return self._post_without_draft("submit")
        except NoValidKey:
            self._live_on()
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
        is_typed_in = False
        with drafts.claimed(key) as contents:
            if contents.get("done") is None:
                answers = routing.on_path(self.definition, contents["answers"], self.about)
                lane = self._lane(contents["arrived"])
                wanted = self._pictures_to_send(contents["pictures"], answers)
                sealed = actions.seal_record(
                    collection_id=self.journey.collection_id,
                    definition=self.definition.digest,
                    payload=record_payload(
                        self.definition,
                        answers,
                        language=self.language,
                        channel="assisted" if lane is Lane.ASSISTED else "web",
                    ),
                    pictures=attachments.take(key, [uuid.UUID(one["id"]) for one in wanted])
                    if contents["pictures"]
                    else (),
                    lane=lane,
                    language=self.language,
                    wants_receipt=receipt == CheckForm.WANTED,
                )
                # However late it was sent: the words are seen for as long as anybody's.
                ends = drafts.tick_now() + limits.RECEIPT_SHOWN_TICKS
                drafts.save(
                    key,
                    {"ends": ends, "done": {"code": sealed.code}},
                    ends_tick=ends,
                    idle=limits.RECEIPT_SHOWN_TICKS,
                )
                is_typed_in = lane is Lane.ASSISTED
        if is_typed_in:
            paper_batches.note(self.journey.public_id, self.request.POST)
        return self._return()

    def _pictures_to_send(
        self, held: list[dict[str, Any]], answers: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Those that the check page showed, if the person lets us keep what they gave."""
        path = routing.path(self.definition, answers, self.about)
        is_shown = any(section.takes_pictures for section in path)
        return held if is_shown and keeps_words(self.definition, answers) else []

    def _lane(self, arrived: dict[str, Any]) -> Lane:
        """The lane of what is sent now. A code and a mark are used up by it."""
        door, mark = self.journey.public_id, arrived["mark"]
        speaks = arrived["worked"] or arrival.is_ripe(mark)
        return lanes.lane_of(
            lanes.Signs(
                voucher=vouchers.spend(arrived["voucher"], door=door)
                if arrived["voucher"]
                else None,
                says_where_from=arrived["says_where_from"],
                fell_into_trap=arrived["trap"],
                is_spoken_for=speaks and vouchers.use_once(mark),
            ),
            lambda: lanes.has_room(door),
        )

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
                "withdrawal_deadline": self.journey.withdrawal_deadline,
                "withdraw_url": withdraw_address(self.language),
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
                "closes_on": self.journey.closes_on,
                "deadline": self.journey.withdrawal_deadline,
                "destruction_date": self.journey.destruction_date,
                "next_steps": [
                    step.in_language(self.language) for step in self.definition.next_steps
                ],
                "withdraw_url": withdraw_address(self.language),
            },
        )

    def _erased(self) -> HttpResponseBase:
        return render_private(
            "wizard/problem.html",
            self._common_without_form()
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
        return self.journey.address_in(self.language)

    def _return(self) -> HttpResponseBase:
        response = HttpResponseRedirect(self._address)
        response.status_code = HTTPStatus.SEE_OTHER
        return response

    def _bound(self, step: str, data: Any) -> Any:
        return super().get_form(step=step, data=data)

    def _common(self) -> dict[str, Any]:
        # A link would lose what stands in the fields, or a card's code.
        keeps = self._is_inside or bool(self._voucher())
        return {
            "language": self.language,
            "address": self._address,
            "companion": self._companion() if self.about.channel == "assisted" else "",
            "languages": [
                {
                    "code": code,
                    "name": NAMES_OF_LANGUAGES.get(code, code),
                    "url": self.journey.address_in(code),
                    "value": f"language:{code}" if keeps else "",
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

    def _common_without_form(self) -> dict[str, Any]:
        """For a page that has no form: a button for a language would have nothing to send."""
        context = self._common()
        for item in context["languages"]:
            item["value"] = ""
        return context

    @property
    def _is_inside(self) -> bool:
        """Whether there is a draft that still takes answers."""
        storage = getattr(self, "storage", None)
        return storage is not None and storage.exists and storage.done is None

    def _companion(self) -> str:
        """What a peer is reminded of; before the first answer also what stands on the paper."""
        said = _(
            "You are typing for somebody else. Read each question out loud, and let them pick."
        )
        if self.storage.exists:
            return said
        paper = _("On paper, these questions say: Version %(version)s · %(mark)s.") % {
            "version": self.definition.version,
            "mark": self.definition.digest[:8],
        }
        return f"{said} {paper}"

    def _hidden(self, step: str) -> list[dict[str, str]]:
        hidden = [{"name": STEP_FIELD, "value": step}] if step else []
        if self.storage.exists:
            hidden.append({"name": "csrfmiddlewaretoken", "value": get_token(self.request)})
            return hidden
        hidden.append({"name": arrival.MARK_FIELD, "value": self._mark_or_new()})
        if self._voucher():
            hidden.append({"name": VOUCHER_FIELD, "value": self._voucher()})
        return hidden

    def _mark_or_new(self) -> str:
        """One mark from the first page on, so that it can ripen."""
        if not self._mark:
            self._mark = arrival.new_mark(self.journey.public_id)
        return self._mark

    def _work(self) -> dict[str, Any]:
        """The mark that script may still do its little work for."""
        if not self.storage.exists:
            return {
                "mark": self._mark_or_new(),
                "work_bits": arrival.WORK_BITS,
                "has_trap": True,
            }
        arrived = self.storage.arrived
        return (
            {} if arrived["worked"] else {"mark": arrived["mark"], "work_bits": arrival.WORK_BITS}
        )

    def _show(
        self,
        step: str,
        *,
        data: Any = None,
        notice: str = "",
        problems: dict[str, list[str]] | None = None,
        status: int = HTTPStatus.OK,
    ) -> HttpResponseBase:
        """Print one page, empty, as kept, or as just posted with what is wrong."""
        typed = data if data is not None else self.storage.typed_on(step)
        form = self._bound(step, typed)
        for key, sentences in (problems or {}).items():
            form.add_error(key, sentences)
        views: list[FieldView] = list(form.views(checked=data is not None))
        if step == CHECK_STEP and self.about.channel == "assisted":
            views += paper_batches.field_for(self.journey.public_id, self.request.POST)
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
            **self._work(),
        }
        if step == CHECK_STEP:
            context |= {
                "heading": _("Check your answers"),
                "sections": self._review(),
                "appearances": appearance.appearances(
                    self.definition,
                    self._answers_that_count(),
                    self.language,
                ),
            }
            return render_private("wizard/check.html", context, status=status)
        section = self._pages[step]
        context |= self._section_words(section)
        if section.takes_pictures:
            context["pictures"] = self.storage.pictures
            context["picture_limit"] = limits.PICTURES
        return render_private("wizard/step.html", context, status=status)

    def _section_words(self, section: Section) -> dict[str, Any]:
        duty = self.definition.duty
        return {
            "heading": section.title.in_language(self.language),
            "note": section.note.in_language(self.language) if section.note else "",
            "duty": duty.in_language(self.language) if duty and section.takes_text else "",
            "minutes": about_minutes(section.minutes),
            "can_skip_next": section.is_note,
            "can_skip": section.may_be_skipped and not section.is_note,
            "support_is_open": section.support,
        }

    def _review(self) -> list[pages.ReviewSection]:
        pictures = len(self.storage.pictures)
        return pages.review(
            self.definition,
            self._answers_that_count(),
            self.language,
            self.about,
            pictures=pictures,
        )

    def _closed(self) -> HttpResponseBase:
        return render_private(
            "wizard/closed.html",
            self._common_without_form() | {"typed": self._typed()},
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

    def _draft_gone(self) -> HttpResponseBase:
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
            self._common_without_form()
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
        posted = self._posted()
        found = []
        for question in self.definition.questions():
            text = pages.typed_words(question, posted, self.language)
            if text.strip():
                found.append({"label": question.label.in_language(self.language), "text": text})
        return found

    def _whitelisted(self, step: str) -> dict[str, list[str]]:
        """What was typed in the fields of one page, and nothing else from the post."""
        if step == CHECK_STEP:
            name = f"{pages.PREFIX}-{pages.RECEIPT_FIELD}"
            return {name: self.request.POST.getlist(name)}
        names = [name for one in self._pages[step].questions for name in pages.names_of(one)]
        posted: MultiValueDict[str, str] = self.request.POST
        return {name: posted.getlist(name) for name in names if name in posted}
