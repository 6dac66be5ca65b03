"""The safety page: how to leave, what stays behind, and how to be careful. No editor writes it.

Where leaving leads, how long unfinished answers live, and whether there is an onion address are
read from the settings. The rest is what browsers and phones do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from cms import facts
from cms.facts import Chapter, Fact
from testimony.vault.facade import KEEPING

NEUTRAL_TITLE: Final = "Questions"
"""The title of every private page, as ``testimony.wizard`` gives it; the suite compares."""


@dataclass(frozen=True, slots=True)
class Safety:
    """Everything the page shows that no editor wrote."""

    leave_url: str
    leave_host: str
    chapters: tuple[Chapter, ...]
    support: tuple[tuple[str, str], ...]


def safety() -> Safety:
    """How to leave quickly, what a phone still shows, and where to talk to somebody."""
    support = dict.fromkeys(line for door in facts.open_doors() for line in door.support)
    return Safety(
        leave_url=reverse("intake:leave"),
        leave_host=leave_host(),
        chapters=(
            Chapter("leave", gettext("Leaving quickly"), tuple(_leaving())),
            Chapter("behind", gettext("What stays in the browser"), tuple(_behind())),
            Chapter("phone", gettext("Your phone"), tuple(_phone())),
            Chapter("words", gettext("Your six words"), tuple(_words())),
        ),
        support=tuple(support),
    )


def leave_host() -> str:
    """Where leaving leads, as a browser's address bar shows it."""
    return urlsplit(settings.LEAVE_URL).netloc


def _leaving() -> Iterator[Fact]:
    yield Fact(
        gettext("How do I get away from a page?"),
        (
            gettext(
                "Each page with questions has a button at the bottom: “Leave this page now”. "
                "It works on any phone."
            ),
            gettext("On a keyboard you can press Shift three times, if your browser runs scripts."),
        ),
    )
    yield Fact(
        gettext("What does the button do?"),
        points=(
            gettext("It erases the answers you have not sent."),
            gettext("It takes our cookies off your browser."),
            gettext("It goes to %(host)s, a plain page that has nothing to do with us.")
            % {"host": leave_host()},
        ),
        is_in_order=True,
    )
    yield Fact(
        gettext("What does it not do?"),
        (
            gettext("It does not take back what you sent before. Your six words do that."),
            gettext("It can't erase the list of pages in your browser."),
            gettext(
                "If your line is slow, it may take a few seconds. You can also turn the phone over."
            ),
        ),
    )
    yield Fact(
        gettext("What if somebody looks over my shoulder?"),
        (
            gettext("Press the button first. You can come back later and start again."),
            gettext("You can also just lay the phone down, or lock it."),
            gettext(
                "If you do nothing, what you have not sent is erased by itself, %(minutes)s "
                "minutes after your last page. %(hours)s hours is the most."
            )
            % {"minutes": KEEPING.draft_minutes, "hours": KEEPING.draft_hours},
        ),
    )


def _behind() -> Iterator[Fact]:
    yield Fact(
        gettext("What does the list of pages show?"),
        (
            gettext(
                "The pages with questions are called “%(title)s”, and show no picture of ours. "
                "Their address is there too."
            )
            % {"title": NEUTRAL_TITLE},
            gettext("The page you read now is a public one. Its name is in the list."),
        ),
    )
    yield Fact(
        gettext("How do I clear it?"),
        (gettext("Take out only these pages. An empty list can make people ask why."),),
        (
            gettext(
                "Chrome on a phone: press the three dots, then History. "
                "Press the cross beside each of our pages."
            ),
            gettext(
                "Safari on an iPhone: press the open book, then the clock. "
                "Slide each of our pages to the left, and press Delete."
            ),
            gettext(
                "Firefox on a phone: press the three dots or lines, then History. "
                "Take each of our pages out."
            ),
            gettext(
                "On a computer: press Ctrl and H, or ⌘ and Y on a Mac. Take each of our pages out."
            ),
        ),
    )
    yield Fact(
        gettext("Is a private window better?"),
        (
            gettext("Yes. Once you close it, its list of pages is gone."),
            gettext("It does not hide you from the owner of the line, or from an app that spies."),
        ),
    )


def _phone() -> Iterator[Fact]:
    yield Fact(
        gettext("What if the phone is not only mine?"),
        (
            gettext("Use a private window, and close it when you are done."),
            gettext("Do not let the browser keep what you type, and take no photo of the screen."),
        ),
    )
    yield Fact(
        gettext("What if somebody watches my phone?"),
        (
            gettext(
                "An app can show somebody else all that you see and type. "
                "No button of ours can stop that."
            ),
            gettext("Use another phone: one of a friend, of a library, or of a peer you trust."),
            gettext("You do not have to answer at all. You are more important than our questions."),
        ),
    )
    yield Fact(
        gettext("Who sees that I was here?"),
        (
            gettext(
                "Who owns the line, or the Wi-Fi, can see the name of this site. "
                "They can't see what you read or write."
            ),
            gettext("Your own mobile data is safer than the Wi-Fi of a person you fear."),
        ),
    )
    onion = settings.ONION_HOST
    if onion:
        yield Fact(
            gettext("How do I hide that too?"),
            (
                gettext("With the Tor browser. There, this site has an address of its own:"),
                onion,
            ),
        )


def _words() -> Iterator[Fact]:
    yield Fact(
        gettext("Can somebody read my answers with them?"),
        (
            gettext("No. The words never show what you wrote, to you or to anyone."),
            gettext("They only take it back."),
        ),
    )
    yield Fact(
        gettext("How do I keep them?"),
        (
            gettext("On paper, in a place that is yours. Nothing on it needs to say what it is."),
            gettext("Not as a photo: many phones send photos on to other screens."),
            gettext("Or take none. You choose, on the last page before you send."),
        ),
    )
