"""What a door prints: cards to hand out, codes to type in with, and its questions on paper.

What is asked stands in ``on_paper``; here it gets its frame, its version and its digest. Codes are
handed in and go into the PDF; nothing here keeps one.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

import segno
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from testimony.paper import fonts
from testimony.paper.sheets import print_sheet
from testimony.vault.models import Collection
from testimony.wizard.cards import CARD_ADDRESS
from testimony.wizard.definition import Definition
from testimony.wizard.on_paper import Sayer, sections_of
from testimony.wizard.printing import direction_of, language_of_site
from testimony.wizard.receipt_views import withdraw_address

CARDS_ON_A_PAGE: Final = 10
MOST_COPIES: Final = 20
_DIGITS_IN_A_GROUP: Final = 8


@dataclass(frozen=True, slots=True)
class Card:
    """One code as it is printed: in type, and as a square for a camera."""

    code: str
    square: str


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
    collection: Collection | None,
    site: str,
    language: str,
    copies: int,
    codes: Sequence[str] = (),
    is_large: bool = False,
    batch: int | None = None,
    day: dt.date,
) -> bytes:
    """Everything that a definition asks, on paper, in one of its languages, as a PDF.

    With ``codes``, each copy carries one of its own with which a peer types it in; without them
    all copies are the same. ``batch`` is the number that they share: nothing else on a sheet is
    counted, because a sheet with a number of its own would be somebody's. Without a collection it
    is a specimen, which says so on every page. What is asked stands in ``language``; where the
    site does not speak it, what we say about it stands in the site's own.
    """
    spoken = language_of_site(language)
    faces = fonts.faces_for(language)
    say = Sayer(language, fonts.covered(faces))
    with translation.override(spoken):
        cards = [_card(code, site) for code in codes]
        pages = sections_of(definition, language, covered=fonts.covered(faces), is_large=is_large)
        return print_sheet(
            "paper/paper_pack.html",
            {
                "language": language,
                "direction": direction_of(language),
                "frame": "" if spoken == language else frame_of(spoken),
                "copies": [card for _number, card in zip_longest(range(copies), cards[:copies])],
                "is_large": is_large,
                "is_specimen": collection is None,
                "title": say(definition.title),
                "introduction": say(definition.introduction),
                "duty": say(definition.duty),
                "minutes": sum(page.minutes for page in pages),
                "sections": pages,
                "next_steps": [say(step) for step in definition.next_steps],
                "support": [
                    {"name": say(one.name), "detail": say(one.detail)} for one in definition.support
                ],
                "key": definition.key,
                "version": definition.version,
                "batch": batch,
                "digest_groups": [
                    definition.digest[start : start + _DIGITS_IN_A_GROUP]
                    for start in range(0, len(definition.digest), _DIGITS_IN_A_GROUP)
                ],
                "collection": collection,
                "words": range(1, 7),
                "type_at": _shown(site) + CARD_ADDRESS,
                "withdraw_at": _shown(site) + withdraw_address(language),
            },
            day=day,
            faces=faces,
        )


def languages_on_paper(definition: Definition) -> tuple[str, ...]:
    """The languages of a definition whose letters our faces draw."""
    return tuple(
        language
        for language in definition.languages
        if not fonts.lacks_letters(
            _texts_of(definition, language), fonts.covered(fonts.faces_for(language))
        )
    )


def frame_of(language: str) -> str:
    """The attributes of a passage in another language than its page."""
    return format_html(' lang="{}" dir="{}"', language, direction_of(language))


def _texts_of(definition: Definition, language: str) -> Iterator[str]:
    yield definition.title.in_language(language)
    yield definition.introduction.in_language(language)
    for section in definition.sections:
        yield section.title.in_language(language)
        for question in section.questions:
            yield question.label.in_language(language)
            yield from (option.label.in_language(language) for option in question.options)


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
