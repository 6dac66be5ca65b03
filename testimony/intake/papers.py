"""What a call prints: cards to hand out, codes to type in with, and its questions on paper.

The paper is a projection of the frozen definition, as the journey is: the same pages, notes,
choices and codes, in the same order, under the same version and digest. Codes of cards are handed
in and go into the PDF; nothing here keeps one.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, zip_longest
from typing import Any, Final

import segno
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from testimony.paper import fonts
from testimony.paper.cleaning import clean
from testimony.paper.sheets import print_sheet
from testimony.vault.models import Collection
from testimony.wizard.cards import CARD_ADDRESS
from testimony.wizard.definition import Definition, Question, Section, Text
from testimony.wizard.receipt_views import WITHDRAW_ADDRESS

CARDS_ON_A_PAGE: Final = 10
MOST_COPIES: Final = 20
_LONG_LINES: Final = 13
_SHORT_LINES: Final = 1
_DIGITS_IN_A_GROUP: Final = 8
_OPERANDS: Final = 2


@dataclass(frozen=True, slots=True)
class Card:
    """One code as it is printed: in type, and as a square for a camera."""

    code: str
    square: str


@dataclass(frozen=True, slots=True)
class PaperOption:
    label: str
    code: str


@dataclass(frozen=True, slots=True)
class PaperQuestion:
    """A question as it stands on paper. ``number`` is empty for a panel that asks nothing."""

    number: str
    key: str
    label: str
    hint: str
    condition: str
    how: str
    is_multiple: bool
    lines: range
    options: tuple[PaperOption, ...]


@dataclass(frozen=True, slots=True)
class PaperSection:
    title: str
    note: str
    condition: str
    minutes: int
    duty: str
    is_age_check: bool
    may_be_skipped: bool
    questions: tuple[PaperQuestion, ...]


@sensitive_variables("codes", "cards")
def outreach_cards(
    codes: Sequence[str], *, site: str, expires: dt.date, language: str, day: dt.date
) -> bytes:
    """Cards to hand out, ten on a page, as a PDF. ``site`` is its address, as https://host."""
    cards = [_card(code, site) for code in codes]
    with translation.override(language):
        return print_sheet("paper/cards.html", _sheet_of(cards, site, expires), day=day)


@sensitive_variables("codes", "cards")
def assisted_codes(
    codes: Sequence[str], *, site: str, expires: dt.date, language: str, day: dt.date
) -> bytes:
    """Codes for peers who type in for others, after a page that says how, as a PDF."""
    cards = [_card(code, site) for code in codes]
    with translation.override(language):
        return print_sheet("paper/assisted_codes.html", _sheet_of(cards, site, expires), day=day)


@sensitive_variables("codes", "cards", "copies")
def paper_pack(
    definition: Definition,
    *,
    collection: Collection,
    site: str,
    language: str,
    copies: int,
    codes: Sequence[str] = (),
    is_large: bool = False,
    day: dt.date,
) -> bytes:
    """The whole of a call on paper in one language, so many times, as a PDF.

    With ``codes``, each copy carries one of its own with which a peer types it in.
    """
    with translation.override(language):
        say = _Sayer(language)
        cards = [_card(code, site) for code in codes]
        pages = sections_of(definition, language)
        return print_sheet(
            "paper/paper_pack.html",
            {
                "copies": [card for _number, card in zip_longest(range(copies), cards[:copies])],
                "is_large": is_large,
                "title": say(definition.title),
                "introduction": say(definition.introduction),
                "duty": say(definition.duty),
                "minutes": sum(page.minutes for page in pages),
                "sections": pages,
                "next_steps": [say(step) for step in definition.next_steps],
                "support": [
                    {"name": say(one.name), "detail": say(one.detail)} for one in definition.support
                ],
                "version": definition.version,
                "digest_groups": [
                    definition.digest[start : start + _DIGITS_IN_A_GROUP]
                    for start in range(0, len(definition.digest), _DIGITS_IN_A_GROUP)
                ],
                "collection": collection,
                "words": range(1, 7),
                "type_at": _shown(site) + CARD_ADDRESS,
                "withdraw_at": _shown(site) + WITHDRAW_ADDRESS.format(language=language),
            },
            day=day,
        )


# The definition on paper.


def sections_of(definition: Definition, language: str) -> tuple[PaperSection, ...]:
    """Every page of a definition, with questions numbered through, in one language."""
    with translation.override(language):
        number = count(1)
        numbers = {
            question.key: next(number) for question in definition.questions() if question.is_asked
        }
        words = _Conditions(definition, numbers, _Sayer(language))
        return tuple(
            _section(section, numbers, words, definition.duty) for section in definition.sections
        )


class _Sayer:
    """Texts of a definition in one language, fit for paper. No text says nothing."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, text: Text | None) -> str:
        return "" if text is None else clean(text.in_language(self._language), fonts.covered())


@dataclass(frozen=True, slots=True)
class _Conditions:
    """When a question is for somebody, in a sentence, because paper can't turn its own pages."""

    definition: Definition
    numbers: Mapping[str, int]
    say: _Sayer

    def sentence(self, rule: Mapping[str, Any] | None) -> str:
        if rule is None:
            return ""
        told = self._told(rule)
        return _("Only if %(what)s.") % {"what": told} if told else self._unsaid()

    def _unsaid(self) -> str:
        return _("This may not be for you. If it does not fit what you answered before, skip it.")

    def _told(self, rule: Mapping[str, Any]) -> str:
        (name, operands), *_more = rule.items()
        if name in ("and", "or"):
            parts = [self._told(part) for part in operands]
            if not all(parts):
                return ""
            return (_(" and ") if name == "and" else _(" or ")).join(parts)
        if name in ("==", "in", "any-in", "!=") and len(operands) == _OPERANDS:
            return self._ticked(name, *operands)
        return ""

    def _ticked(self, name: str, asked: Any, wanted: Any) -> str:
        key = asked.get("answer") if isinstance(asked, Mapping) else None
        question = self.definition.by_key.get(str(key))
        codes = wanted if isinstance(wanted, list) else [wanted]
        options = [question.option(str(code)) for code in codes] if question else []
        if question is None or not options or None in options:
            return ""
        labels = _(" or ").join(f"“{self.say(one.label)}”" for one in options if one)
        found = {"labels": labels, "number": self.numbers[question.key]}
        if name == "!=":
            return _("you did not tick %(labels)s at question %(number)s") % found
        return _("you ticked %(labels)s at question %(number)s") % found


def _section(
    section: Section, numbers: Mapping[str, int], words: _Conditions, duty: Text | None
) -> PaperSection:
    say = words.say
    note, duty_said = say(section.note), say(duty)
    return PaperSection(
        title=say(section.title),
        note=note,
        condition=words.sentence(section.condition),
        minutes=section.minutes,
        duty="" if not section.takes_text or duty_said in note else duty_said,
        is_age_check=section.is_age_check,
        may_be_skipped=not any(one.required or one.type == "consent" for one in section.questions),
        questions=tuple(_question(one, numbers, words) for one in section.questions),
    )


def _question(question: Question, numbers: Mapping[str, int], words: _Conditions) -> PaperQuestion:
    say = words.say
    return PaperQuestion(
        number=str(numbers.get(question.key, "")),
        key=question.key,
        label=say(question.label),
        hint=say(question.hint),
        condition=words.sentence(question.condition),
        how=_how(question),
        is_multiple=question.is_multiple,
        lines=range(_lines(question)),
        options=tuple(PaperOption(say(one.label), one.code) for one in question.options),
    )


def _how(question: Question) -> str:
    if question.is_multiple:
        return _("Tick all that fit.")
    if question.type == "consent":
        return _("Tick one. If you tick none, the first one counts.")
    if question.options:
        return _("Tick one.")
    if question.is_pictures:
        return _("Pictures can’t go on paper. To add some, answer on a phone.")
    if question.type == "number" and None not in (question.minimum, question.maximum):
        return _("A number from %(first)s to %(last)s.") % {
            "first": question.minimum,
            "last": question.maximum,
        }
    return ""


def _lines(question: Question) -> int:
    if question.type == "long_text":
        return _LONG_LINES
    return _SHORT_LINES if question.type in ("short_text", "number") else 0


# Codes.


def _sheet_of(cards: Sequence[Card], site: str, expires: dt.date) -> dict[str, Any]:
    return {
        "pages": [
            cards[start : start + CARDS_ON_A_PAGE]
            for start in range(0, len(cards), CARDS_ON_A_PAGE)
        ],
        "expires": expires,
        "type_at": _shown(site) + CARD_ADDRESS,
    }


def _shown(site: str) -> str:
    """An address as people type it."""
    return site.rstrip("/").partition("://")[2]


def _card(code: str, site: str) -> Card:
    return Card(code=code, square=square_of(f"{site.rstrip('/')}{CARD_ADDRESS}{code}/"))


def square_of(address: str) -> str:
    """An address as a QR code, in SVG without any style, for a sheet."""
    out = io.BytesIO()
    segno.make_qr(address, error="m").save(
        out,
        kind="svg",
        border=0,
        xmldecl=False,
        omitsize=True,
        title=_("A square for your camera. It leads to the address beside it."),
        svgclass="square",
        lineclass=None,
    )
    return out.getvalue().decode("utf-8")
