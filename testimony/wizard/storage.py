"""The wizard's storage: a sealed draft in place of formtools' session.

formtools' own storages keep readable answers at rest, write on the first GET, and keep them
for weeks. This one keeps one sealed blob under a key in the person's cookie: cleaned answers,
and what was typed on a page they went back from. Nothing is written before a first
valid answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.datastructures import MultiValueDict
from formtools.wizard.storage.base import BaseStorage

from testimony.vault import attachments, drafts, limits
from testimony.vault.drafts import DraftGone, DraftKey
from testimony.wizard.definition import is_declined
from testimony.wizard.forms import PREFIX

COOKIE_STEM: Final = "d-"


LEFT_COOKIE: Final = "left"
"""Set by script when somebody leaves and the server does not answer."""


def cookie_name(prefix: str) -> str:
    """The cookie of one journey. It says nothing about which."""
    digest = hashlib.sha256(prefix.encode("utf-8")).hexdigest()[:10]
    return f"{settings.COOKIE_PREFIX}{COOKIE_STEM}{digest}"


def draft_cookies(request: HttpRequest) -> list[str]:
    """The names of every draft cookie a browser sent."""
    stem = settings.COOKIE_PREFIX + COOKIE_STEM
    return [name for name in request.COOKIES if name.startswith(stem)]


def expire_cookie(response: HttpResponseBase, name: str) -> None:
    """Have the browser forget a draft cookie."""
    response.delete_cookie(name, path="/", samesite="Strict")


def forget_leaving(request: HttpRequest, response: HttpResponseBase) -> None:
    """Have the browser forget that it left: what there was to erase is erased."""
    if LEFT_COOKIE in request.COOKIES:
        response.delete_cookie(LEFT_COOKIE, path="/", samesite="Strict")


def expire_token(request: HttpRequest, response: HttpResponseBase) -> None:
    """Have the browser forget the form token too, unless a member of the team is logged in."""
    name = settings.CSRF_COOKIE_NAME
    if name in request.COOKIES and settings.SESSION_COOKIE_NAME not in request.COOKIES:
        response.delete_cookie(name, path="/", samesite="Lax")


class SealedDraftStorage(BaseStorage):
    """One journey's draft, opened at most once a request and saved at most once."""

    def __init__(self, prefix: str, request: HttpRequest, file_storage: Any = None) -> None:
        super().__init__(prefix, request=request, file_storage=file_storage)
        self.cookie = cookie_name(prefix)
        self.key: DraftKey | None = None
        self.contents: dict[str, Any] | None = None
        self.is_gone = False
        self._is_new = False
        self._forget = False
        self._loaded: bytes | None = None
        sent = request.COOKIES.get(self.cookie)
        if sent is not None:
            try:
                self.key = DraftKey.from_cookie(sent)
                if request.COOKIES.get(LEFT_COOKIE):
                    # They left while the server could not be reached: it is erased now.
                    drafts.erase(self.key)
                    raise DraftGone
                self.contents, self._loaded = drafts.load_to_replace(self.key)
            except DraftGone:
                self.key = None
                self.is_gone = True

    # What the wizard asks of it.

    @property
    def exists(self) -> bool:
        return self.contents is not None

    @property
    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = self.contents.get("answers", {}) if self.contents else {}
        return found

    @property
    def completed(self) -> list[str]:
        """The steps answered so far, in no particular order."""
        found: list[str] = self.contents.get("completed", []) if self.contents else []
        return found

    @property
    def done(self) -> dict[str, Any] | None:
        """What was told to the person when it was sent, or None before that."""
        return self.contents.get("done") if self.contents else None

    @property
    def definition(self) -> str:
        """The digest of the questions this draft began with."""
        return str(self.contents["definition"]) if self.contents else ""

    @property
    def channel(self) -> str:
        return str(self.contents["channel"]) if self.contents else "web"

    @property
    def arrived(self) -> dict[str, Any]:
        """What is known about the first post, until the answers are sent."""
        found: dict[str, Any] = self.contents["arrived"] if self.contents else {}
        return found

    @property
    def pictures(self) -> list[dict[str, Any]]:
        """The pictures held beside the draft, in the order they came."""
        found: list[dict[str, Any]] = self.contents.get("pictures", []) if self.contents else []
        return found

    @property
    def is_new(self) -> bool:
        """Whether the draft began with this request."""
        return self._is_new

    @property
    def wrong(self) -> str | None:
        """The page whose typed values are to be shown with what is wrong about them."""
        return self.contents.get("wrong") if self.contents else None

    @wrong.setter
    def wrong(self, step: str | None) -> None:
        if self.contents is not None:
            self.contents["wrong"] = step

    def note_picture(self, held: attachments.Held) -> None:
        """Remember a picture that was sealed beside the draft."""
        self.pictures.append({"id": str(held.id), "width": held.width, "height": held.height})

    def forget_picture(self, picture: str) -> bool:
        """Strike a picture off the list; False when it is not on it."""
        before = len(self.pictures)
        self.pictures[:] = [one for one in self.pictures if one["id"] != picture]
        return len(self.pictures) < before

    def begin(self, *, definition: str, arrived: dict[str, Any], channel: str) -> None:
        """Start a draft, in memory; it is stored by ``keep``. Others that ran out are erased."""
        drafts.erase_expired()
        self.key = DraftKey.new()
        self._is_new = True
        self.contents = {
            "step": None,
            "answers": {},
            "completed": [],
            "typed": {},
            "pictures": [],
            "definition": definition,
            "arrived": arrived,
            "channel": channel,
            "ends": drafts.tick_now() + limits.DRAFT_LONGEST_TICKS,
        }

    def keep(self) -> None:
        """Seal and store the draft as it is now.

        Raises:
            DraftChanged: when another window erased, sent or answered it meanwhile.
            TooLarge: when it passes 1 MiB.
        """
        if self.key is None or self.contents is None:
            return
        ends = self.contents["ends"]
        if self._loaded is None:
            self._loaded = drafts.save(self.key, self.contents, ends_tick=ends)
        else:
            self._loaded = drafts.replace(
                self.key, self.contents, instead_of=self._loaded, ends_tick=ends
            )

    def keep_typed(self, step: str, typed: dict[str, list[str]], *, is_wrong: bool = False) -> None:
        """Remember what stands in the fields of a page that was not accepted, or gone back from."""
        if self.contents is not None:
            self.contents["typed"][step] = typed
            if is_wrong:
                self.wrong = step

    def erase(self) -> None:
        """Delete the draft and have the browser forget its key."""
        if self.key is not None:
            drafts.erase(self.key)
        self.contents = None
        self._is_new = False
        self._forget = True

    # What formtools asks of it.

    def init_data(self) -> None:
        """Nothing is stored until there is an answer to store."""

    def reset(self) -> None:
        """formtools calls this after ``done``; the draft then holds the receipt, and stays."""

    def _get_current_step(self) -> str | None:
        return self.contents.get("step") if self.contents else None

    def _set_current_step(self, step: str) -> None:
        if self.contents is not None:
            self.contents["step"] = step

    current_step = property(_get_current_step, _set_current_step)

    def get_step_data(self, step: str) -> MultiValueDict[str, str] | None:
        """A page's answers as a form would post them."""
        return as_posted(self.answers)

    def set_step_data(self, step: str, cleaned: dict[str, Any]) -> None:
        if self.contents is None:
            return
        self.contents["answers"].update(cleaned)
        self.contents["typed"].pop(step, None)
        if step not in self.contents["completed"]:
            self.contents["completed"].append(step)

    def forget_answers(self, keys: Iterable[str]) -> None:
        """Drop answers, so that a question skipped the second time stays skipped."""
        for key in keys:
            self.answers.pop(key, None)

    def typed_on(self, step: str) -> MultiValueDict[str, str] | None:
        """What was typed on a page and not yet accepted, or None."""
        typed = self.contents["typed"].get(step) if self.contents else None
        return MultiValueDict(typed) if typed else None

    @property
    def current_step_data(self) -> MultiValueDict[str, str] | None:
        return self.get_step_data(self.current_step)

    def get_step_files(self, step: str) -> None:
        return None

    def set_step_files(self, step: str, files: Any) -> None:
        """Pictures are sealed one by one as they come; formtools never holds a file."""

    def update_response(self, response: HttpResponseBase) -> None:
        forget_leaving(self.request, response)
        if self._forget or (self.is_gone and not self._is_new):
            expire_cookie(response, self.cookie)
            expire_token(self.request, response)
        elif self._is_new and self.key is not None and self.contents is not None:
            response.set_cookie(
                self.cookie,
                self.key.cookie,
                path="/",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )


def as_posted(answers: dict[str, Any]) -> MultiValueDict[str, str]:
    """Cleaned answers in the shape a browser posts them.

    An answer does not say which question type it belongs to, so a list is posted as ticks and as
    places, and a year or month as text and in parts. Each form reads the names it knows.
    """
    whole: dict[str, list[str]] = {}
    parts: dict[str, list[str]] = {}
    for key, value in answers.items():
        name = f"{PREFIX}-{key}"
        if is_declined(value):
            parts[f"{name}-none"] = ["yes"]
        elif isinstance(value, list):
            whole[name] = [str(item) for item in value]
            parts |= {f"{name}-{place}": [str(one)] for place, one in enumerate(value, start=1)}
        else:
            whole[name] = [str(value)]
            year, _dash, month = str(value).partition("-")
            if year.isdecimal() and len(year) == 4:
                parts |= {f"{name}-year": [year], f"{name}-month": [month]}
    return MultiValueDict(parts | whole)
