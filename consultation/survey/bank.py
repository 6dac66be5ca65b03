"""The question bank: keeping questions of a questionnaire, and putting kept ones into another.

A question goes in and out as a copy. It takes its key along, so that answers to it can be compared
from one consultation to the next, unless the key means something else where it goes.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from consultation.survey.drafting import change_draft
from consultation.survey.exchange import from_json
from consultation.survey.models import BankedQuestion, Questionnaire
from consultation.survey.permissions import check_may_keep_in_bank
from consultation.survey.questionnaire import GRID, WRITTEN_IN, written_from
from testimony.vault import audit
from testimony.wizard.naming import Raw, inside, plain, stored

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

NEW_PAGE: Final = ""
NEVER_BANKED: Final = frozenset({"age_check", "consent"})
"""Each questionnaire has its own; a second one would break it."""

_STANDARD: Final = Path(__file__).parent / "starters" / "bank.json"


class BankRefused(Exception):
    """A question can't go into the bank, or come out of it. The sentence says why."""


@dataclass(frozen=True, slots=True)
class Added:
    """One question of the bank, and the key that its copy has in the questionnaire."""

    banked: BankedQuestion
    key: str

    @property
    def has_another_key(self) -> bool:
        return self.key != self.banked.key


@dataclass(frozen=True, slots=True)
class Kept:
    """A question of a draft, as somebody picks it for the bank."""

    page: str
    value: Mapping[str, Any]

    @property
    def key(self) -> str:
        return str(self.value.get("key") or "")


def questions_of(text: Questionnaire) -> Iterator[Kept]:
    """The questions of a draft that may be kept in the bank, in order."""
    for section in text.written().sections:
        for value in section.get("questions") or ():
            if value.get("type") not in NEVER_BANKED and value.get("key"):
                yield Kept(str(section.get("key") or ""), value)


def keep_in_bank(
    *, by: AbstractUser | None, questionnaire: Questionnaire, keys: Collection[str], topic: str
) -> list[BankedQuestion]:
    """Put questions of the newest draft into the bank, by their keys, with their translations.

    Raises:
        NotAllowed: when ``by`` may not.
        BankRefused: for a key that the draft doesn't ask under, or that the bank has already.
    """
    if by is not None:
        check_may_keep_in_bank(by)
    with transaction.atomic():
        text = Questionnaire.objects.get(pk=questionnaire.pk).get_latest_revision_as_object()
        found = {one.key: one for one in questions_of(text)}
        made = []
        for key in keys:
            if key not in found:
                raise BankRefused(_("This questionnaire does not ask “%(key)s”.") % {"key": key})
            names = {key}
            translations = {
                language: _under(said, names | _row_keys(found[key].value))
                for language, said in text.translations.items()
            }
            made.append(_bank(found[key].value, topic, translations))
        audit.append(
            by=by, action=gettext_noop("questions kept in the bank"), subject=questionnaire.key
        )
    return made


def _bank(
    value: Mapping[str, Any], topic: str, translations: Mapping[str, Mapping[str, str]]
) -> BankedQuestion:
    banked = BankedQuestion(
        topic=topic,
        question=json.dumps([{"type": "question", "value": dict(value)}]),
        translations={language: said for language, said in translations.items() if said},
    )
    try:
        banked.full_clean()
    except ValidationError as error:
        raise BankRefused(" ".join(error.messages)) from error
    banked.save()
    return banked


def fill_bank(*, by: AbstractUser | None) -> list[BankedQuestion]:
    """Put our standard questions into the bank: those whose key it does not have yet.

    Raises:
        NotAllowed: when ``by`` may not.
    """
    if by is not None:
        check_may_keep_in_bank(by)
    with transaction.atomic():
        there = set(BankedQuestion.objects.values_list("key", flat=True))
        made = [
            _bank(value, section["key"], {})
            for section in written_from(standard_questions()).sections
            for value in section["questions"]
            if value["key"] not in there
        ]
        if made:
            audit.append(by=by, action=gettext_noop("question bank filled"))
    return made


@cache
def standard_questions() -> dict[str, Any]:
    """Our standard questions, as a document whose pages are the topics of the bank."""
    return from_json(_STANDARD.read_bytes())


def add_from_bank(
    *,
    by: AbstractUser | None,
    questionnaire: Questionnaire,
    banked: Sequence[BankedQuestion],
    page: str,
) -> list[Added]:
    """Copy questions of the bank to the end of a page, as a new draft.

    ``page`` is the key of a page, or ``NEW_PAGE`` for one at the end.

    Raises:
        NotAllowed: when ``by`` may not write the draft now.
        BankRefused: when nothing was picked, or the page is not there any more.
    """
    if not banked:
        raise BankRefused(_("Pick at least one question."))
    added: list[Added] = []

    def change(text: Questionnaire) -> None:
        body = stored(text.body)
        where = _page_of(body, page, banked[0])
        copies = [_copied(one, _taken(text, body, one)) for one in banked]
        standing = [_as_item(item) for item in where["value"].get("questions") or ()]
        where["value"]["questions"] = [*standing, *copies]
        text.body = json.dumps(body)
        text.give_names()
        named = [inside(item) for item in _items(stored(text.body))]
        by_id = {ident: value for value, ident in named}
        for one, item in zip(banked, copies, strict=True):
            value = by_id[item["id"]]
            added.append(Added(one, str(value["key"])))
            _translate(text, one, value)

    with transaction.atomic():
        change_draft(by=by, questionnaire=questionnaire, change=change)
        audit.append(
            by=by, action=gettext_noop("questions added from the bank"), subject=questionnaire.key
        )
    return added


def _page_of(body: list[Raw], page: str, first: BankedQuestion) -> Raw:
    if page == NEW_PAGE:
        title = {}
        for code in WRITTEN_IN:
            with override(code):
                title[code] = str(first.get_topic_display())
        made = {
            "type": "section",
            "id": str(uuid.uuid4()),
            "value": {"key": "", "title": title, "minutes": 1, "questions": []},
        }
        body.append(made)
        return made
    for section in body:
        if section["value"].get("key") == page:
            return section
    raise BankRefused(_("This page is not there any more. Pick another one."))


def _as_item(item: Raw) -> Raw:
    """An item of a list with an id of its own: what a file brought in has none yet."""
    value, ident = inside(item)
    return {"type": "item", "id": ident or str(uuid.uuid4()), "value": value}


def _items(body: list[Raw]) -> Iterator[Raw]:
    for section in body:
        yield from section["value"].get("questions") or ()


def _taken(text: Questionnaire, body: list[Raw], banked: BankedQuestion) -> frozenset[str]:
    """The keys that a copy can't have: those asked here, and those that meant something else."""
    kind = banked.value["type"]
    row_type = banked.value.get("row_type") if kind == GRID else kind
    here = {
        key
        for item in _items(body)
        for value in (plain(inside(item)[0]),)
        for key in (value.get("key"), *_row_keys(value))
        if key
    }
    before = {key for key, (was, _number) in text.asked_before().items() if was != row_type}
    return frozenset(here | before)


def _row_keys(value: Mapping[str, Any]) -> set[str]:
    return {str(row.get("key")) for row in value.get("rows") or () if row.get("key")}


def _copied(banked: BankedQuestion, taken: frozenset[str]) -> Raw:
    """A copy as an item of a list, without each key that is taken."""
    value = copy.deepcopy(banked.value)
    for named in (value, *(value.get("rows") or ())):
        if named.get("key") in taken:
            named["key"] = ""
    return {"type": "item", "id": str(uuid.uuid4()), "value": value}


def _under(said: Mapping[str, str], keys: Collection[str]) -> dict[str, str]:
    """The sentences whose places belong to these keys."""
    return {place: words for place, words in said.items() if _key_of(place) in keys}


def _key_of(place: str) -> str:
    parts = place.split(".")
    return parts[1] if parts[0] in ("question", "option", "grid") and len(parts) > 2 else ""


def _translate(text: Questionnaire, banked: BankedQuestion, value: Mapping[str, Any]) -> None:
    """Take the translations of a question along, under the key that its copy has."""
    now = plain(value)
    keys = {banked.value["key"]: now["key"]}
    rows = zip(banked.value.get("rows") or (), now.get("rows") or (), strict=True)
    keys |= {before["key"]: after["key"] for before, after in rows}
    for language, said in banked.translations.items():
        moved = {}
        for place, words in said.items():
            kind, key, rest = place.split(".", 2)
            if key in keys:  # the row may be gone from the bank since
                moved[f"{kind}.{keys[key]}.{rest}"] = words
        text.translations = {
            **text.translations,
            language: {**moved, **text.translations.get(language, {})},
        }
