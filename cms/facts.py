"""What the site tells of itself before anybody answers: read from what is really set, each time.

Nothing here is kept, and no editor writes it: a fact is a setting, a row, or a limit of the code,
put into a plain sentence. What an editor writes stands beside it and can't change it.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from cms.accounts.roles import ROLES, Role
from consultation.report.models import Report
from consultation.survey.models import Survey
from testimony.intake.models import Call
from testimony.vault import facade
from testimony.vault.facade import KEEPING, PublicFacts

NAMES_OF_LANGUAGES: Final = {"en": "English", "fr": "Français", "ar": "العربية"}
DRAFT_COOKIE_STEM: Final = "d-"
"""How the draft's cookie begins, as ``testimony.wizard.storage`` names it; the suite compares."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way on: its words, its address, the language of what stands there."""

    words: str
    address: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One question and its answer: sentences, a list, and links."""

    question: str
    sentences: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    is_in_order: bool = False
    """Whether the points are steps, one after the other."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Facts that belong together, under a heading that can be jumped to."""

    key: str
    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A fact as a number or a day, with its words: read at a glance."""

    figure: str
    words: str


@dataclass(frozen=True, slots=True)
class Door:
    """A call or a survey, as its visitors see it."""

    title: str
    opens_on: dt.date
    closes_on: dt.date
    timezone: str
    links: tuple[Link, ...]
    takes_pictures: bool
    support: tuple[tuple[str, str], ...]


def day(date: dt.date) -> str:
    return date_format(date, "j F Y")


# The doors.


def _all_doors() -> list[Any]:
    """Every call and survey, in two queries."""
    calls = Call.objects.select_related("collection").order_by("opens_on", "name")
    surveys = Survey.objects.select_related("collection", "version").order_by("opens_on", "name")
    return [*calls, *surveys]


def _seen(door: Any) -> Door:
    language = get_language() or settings.LANGUAGE_CODE
    asked = door.journey().definition
    return Door(
        title=asked.title.in_language(language),
        opens_on=door.opens_on,
        closes_on=door.closes_on,
        timezone=door.timezone.rpartition("/")[2].replace("_", " "),
        links=tuple(
            Link(NAMES_OF_LANGUAGES.get(code, code), door.address_in(code), code)
            for code in asked.languages
        ),
        takes_pictures=any(section.takes_pictures for section in asked.sections),
        support=tuple(
            (item.name.in_language(language), item.detail.in_language(language))
            for item in asked.support
        ),
    )


def open_doors() -> list[Door]:
    """The calls and surveys that take answers today."""
    return [_seen(door) for door in _all_doors() if door.is_open]


def withdraw_links() -> tuple[Link, ...]:
    """Where six words are used, in each language of the site."""
    return tuple(
        Link(NAMES_OF_LANGUAGES.get(code, code), reverse("intake:withdraw", args=[code]), code)
        for code, _name in settings.LANGUAGES
    )


# “Before you answer: check us out”.


@dataclass(frozen=True, slots=True)
class CheckUsOut:
    """Everything the page shows that no editor wrote."""

    figures: tuple[Figure, ...]
    holds: tuple[str, ...]
    doors: tuple[Door, ...]
    chapters: tuple[Chapter, ...]


def check_us_out() -> CheckUsOut:
    """Who asks, who can read, how long it is kept, how to take it back, and what is not kept."""
    collections = facade.public_facts()
    all_doors = _all_doors()
    doors = tuple(_seen(door) for door in all_doors if door.is_open)
    is_one = len(collections) == 1
    return CheckUsOut(
        figures=tuple(_at_a_glance(collections[0])) if is_one else (),
        holds=tuple(one.hold for one in collections if one.hold),
        doors=doors,
        chapters=(
            Chapter(
                "who",
                gettext("Who is asking"),
                tuple(_each(collections, _who_asks) + _what_came_of_it(all_doors)),
            ),
            Chapter("read", gettext("Who can read it"), tuple(_who_can_read(collections))),
            Chapter("kept", gettext("How long it is kept"), tuple(_how_long(collections, doors))),
            Chapter("back", gettext("Taking it back"), tuple(_taking_back(collections))),
            Chapter("not", gettext("What we do not keep"), tuple(_not_kept())),
            Chapter("site", gettext("How this site works"), tuple(_this_site())),
        ),
    )


def _each(collections: list[PublicFacts], told: Any) -> list[Fact]:
    """A fact of each collection; where there are several, with the name of each."""
    found = []
    for one in collections:
        fact: Fact = told(one)
        if len(collections) > 1:
            fact = replace(fact, question=f"{fact.question} ({one.name})")
        found.append(fact)
    return found


def _at_a_glance(one: PublicFacts) -> Iterator[Figure]:
    yield Figure(
        str(one.keyholders),
        ngettext("person holds a key", "people hold a key", one.keyholders),
    )
    yield Figure(
        gettext("No name"),
        gettext("is asked for, and no internet address is stored"),
    )
    if not one.hold:
        yield Figure(
            date_format(one.kept_until, "j M Y"),
            gettext("is the last day we keep what you send today"),
        )


def _who_asks(one: PublicFacts) -> Fact:
    return Fact(gettext("Who runs this?"), (one.run_by,))


def _what_came_of_it(doors: list[Any]) -> list[Fact]:
    """Earlier consultations: those that are over. What is still being written stays unsaid."""
    question = gettext("What came of it the last time?")
    today = timezone.now().date()
    going_on = {door.collection_id for door in doors if door.is_open or door.closes_on >= today}
    over = {door.collection_id for door in doors} - going_on
    if not over:
        return [Fact(question, (gettext("This is the first time we ask on this site."),))]
    papers = (
        Report.objects.filter(
            collection__in=over, reply_by__lte=today, snapshots__edition__isnull=False
        )
        .distinct()
        .order_by("-dated", "title")
        .values_list(
            "title", "addressee_office", "addressee_organisation", "dated", "reply_by", named=True
        )
    )
    told = tuple(
        gettext(
            "“%(title)s”, a paper of %(dated)s for the %(office)s, %(organisation)s. "
            "It asked for an answer by %(reply_by)s."
        )
        % {
            "title": paper.title,
            "dated": day(paper.dated),
            "office": paper.addressee_office,
            "organisation": paper.addressee_organisation,
            "reply_by": day(paper.reply_by),
        }
        for paper in papers
    )
    ended = ngettext(
        "%(count)s earlier call for answers is over.",
        "%(count)s earlier calls for answers are over.",
        len(over),
    ) % {"count": len(over)}
    more = (
        gettext("This page can't tell what was answered. Ask us, or look at our other pages.")
        if told
        else gettext("No paper has come of it that we can show here yet.")
    )
    return [Fact(question, (ended, more), told)]


def _who_can_read(collections: list[PublicFacts]) -> Iterator[Fact]:
    yield from _each(collections, _who_holds_keys)
    yield Fact(
        gettext("What may each of the team do?"),
        (gettext("It depends on the job. One person may have more than one."),),
        tuple(_jobs()),
    )
    yield Fact(
        gettext("Can the people who run the computer read it?"),
        (
            gettext("No. Your answers are locked as they come in. The key is not on the computer."),
            gettext("If the computer is stolen or taken, nobody can read your answers in it."),
            gettext(
                "Only the few words that you let us quote, once two people have picked them, are "
                "kept open."
            ),
            gettext(
                "But if somebody takes over the computer while it runs, they could read what is "
                "sent from then on. We can't rule that out."
            ),
        ),
    )
    yield Fact(
        gettext("What if a court asks?"),
        (
            gettext("A court could order the people with a key to open what is there."),
            gettext("We do not ask for your name. Leave it out of what you write, too."),
            gettext("The longer ago, the less there is. What is destroyed can't be opened."),
        ),
    )
    if any(one.has_recovery_kit for one in collections):
        yield Fact(
            gettext("What if everybody loses their key?"),
            (
                gettext(
                    "Three people each keep a sheet of paper, far from the computer. Two of the "
                    "sheets together can open what is there. One alone can't."
                ),
            ),
        )


def _who_holds_keys(one: PublicFacts) -> Fact:
    return Fact(
        gettext("Who can read what I write?"),
        (
            ngettext(
                "%(count)s person holds a key. Nobody can read without one.",
                "%(count)s people hold a key. Nobody can read without one.",
                one.keyholders,
            )
            % {"count": one.keyholders},
            gettext(
                "To open it they type a secret that is stored nowhere, and say why. "
                "Each time is written down. It locks itself again after a short while."
            ),
        ),
    )


_JOBS: Final[dict[str, Promise]] = {
    "Editors": gettext_lazy("editors"),
    "Peer readers": gettext_lazy("peer readers"),
    "Approvers": gettext_lazy("approvers"),
    "Keyholders": gettext_lazy("key holders"),
    "Analysts": gettext_lazy("those who count"),
    "Publishers": gettext_lazy("publishers"),
    "Administrators": gettext_lazy("administrators"),
}
"""What each role is called here. A role that is not named is called by its own name."""


def _jobs() -> Iterator[str]:
    """What a role may do, from the one table of roles."""

    def those(*given: str, but_not: tuple[str, ...] = ()) -> str:
        return ", ".join(
            str(_JOBS.get(role.name, role.name))
            for role in ROLES
            if any(name in role.permissions for name in given)
            and not any(name in role.permissions for name in but_not)
        )

    for words, names in (
        (
            gettext("Read what you wrote, with a key of their own: %(names)s."),
            those("vault.read_testimony"),
        ),
        (
            gettext("Only count ticked boxes, with a key of their own: %(names)s."),
            those("vault.tally_collection", but_not=("vault.read_testimony",)),
        ),
        (
            gettext("Take out a copy of all of it, and only two of them together: %(names)s."),
            those("vault.export_collection"),
        ),
        (
            gettext("Hold no key and open nothing: %(names)s."),
            ", ".join(str(_JOBS.get(role.name, role.name)) for role in ROLES if not _opens(role)),
        ),
    ):
        if names:
            yield words % {"names": names}


def _opens(role: Role) -> bool:
    return bool({"vault.hold_keys", "vault.unlock_collection"} & set(role.permissions))


def _how_long(collections: list[PublicFacts], doors: Iterable[Door]) -> Iterator[Fact]:
    yield from _each(collections, lambda one: Fact(gettext("Where is it kept?"), (one.kept_where,)))
    yield from _each(collections, _when_destroyed)
    yield Fact(
        gettext("How long are answers kept that I do not send?"),
        (
            gettext(
                "For %(minutes)s minutes after your last page, and for %(hours)s hours at most. "
                "Then they are erased. They are locked too: only your own browser can open them."
            )
            % {"minutes": KEEPING.draft_minutes, "hours": KEEPING.draft_hours},
        ),
    )
    yield Fact(
        gettext("Are there safety copies?"),
        (
            gettext(
                "There may be, in case the computer breaks. They are locked. A copy of the "
                "answers is thrown away after %(answers)s days, a copy of the keys after "
                "%(keys)s days."
            )
            % {
                "answers": KEEPING.answers_archive_days,
                "keys": KEEPING.keys_archive_days,
            },
            gettext("The copy of the answers can't be opened without the keys."),
        ),
    )
    yield _pictures(doors)


def _when_destroyed(one: PublicFacts) -> Fact:
    question = gettext("When is it destroyed?")
    if one.hold:
        return Fact(
            question,
            (
                gettext("Right now, we may not destroy it. The reason: %(reason)s")
                % {"reason": one.hold},
                gettext("Once that ends, what is past its day is destroyed at once."),
                *_days(one),
            ),
        )
    return Fact(
        question,
        (
            *_days(one),
            gettext("A machine does it each day. Nobody has to think of it."),
        ),
    )


def _days(one: PublicFacts) -> tuple[str, ...]:
    return (
        ngettext(
            "The answers of each month go %(count)s month later.",
            "The answers of each month go %(count)s months later.",
            one.keep_months,
        )
        % {"count": one.keep_months},
        gettext("The last day for all of it is %(date)s.") % {"date": day(one.destruction_date)},
        gettext("A locked copy of the keys may be left for up to %(days)s days more.")
        % {"days": KEEPING.keys_archive_days},
    )


def _pictures(doors: Iterable[Door]) -> Fact:
    question = gettext("Do you take pictures?")
    if not any(door.takes_pictures for door in doors):
        return Fact(question, (gettext("Not now. No page asks for one."),))
    return Fact(
        question,
        (
            gettext("Yes, if you like. Up to %(count)s, of %(size)s MB each.")
            % {"count": KEEPING.pictures, "size": KEEPING.picture_megabytes},
            gettext(
                "We draw each one anew, so that it does not tell where or when it was taken. "
                "The file you chose is not kept. What the picture shows stays as it is."
            ),
            gettext("It is locked like your words, and goes when they go."),
        ),
    )


def _taking_back(collections: list[PublicFacts]) -> Iterator[Fact]:
    yield Fact(
        gettext("How do I take it back?"),
        (
            gettext("At the end you can have six words. Type them on this page:"),
            gettext("You can take back all of it, or only stop us from quoting you."),
        ),
        links=withdraw_links(),
    )
    yield from _each(collections, _until_when)
    yield Fact(
        gettext("What can somebody do who finds my six words?"),
        (
            gettext("They can see that we hold something, and take it back."),
            gettext("They can't see what you wrote. Nobody can, with those words."),
            gettext("We do not have them. So we can't find them again for you."),
        ),
    )


def _until_when(one: PublicFacts) -> Fact:
    question = gettext("Until when can I?")
    waiting = (
        (
            gettext(
                "Right now we may not delete what you take back. Nobody will read or use it. "
                "It is deleted on the day this ends."
            ),
        )
        if one.hold_stops_withdrawals
        else ()
    )
    return Fact(
        question,
        (
            gettext("On any day, as long as we hold it."),
            gettext("Until %(date)s, that also takes it out of the paper we send.")
            % {"date": day(one.withdrawal_deadline)},
            gettext("A paper that was sent already can't change."),
            *waiting,
        ),
    )


def _not_kept() -> Iterator[Fact]:
    yield Fact(
        gettext("What do you store about me?"),
        (gettext("Your answers, locked. And the week they came in, not the day or the hour."),),
    )
    yield Fact(
        gettext("What do you not store?"),
        points=(
            gettext("your name"),
            gettext("your address on the internet"),
            gettext("which phone or browser you have"),
            gettext("the day, the hour, or who came first"),
            gettext("which page you came from"),
        ),
    )
    yield Fact(
        gettext("Which cookies are set?"),
        (
            gettext("None, as long as you only read."),
            gettext(
                "With your first answer come two. One, “%(draft)s…”, opens the answers you have "
                "not sent. The other, “%(token)s”, shows that a form is ours."
            )
            % {
                "draft": settings.COOKIE_PREFIX + DRAFT_COOKIE_STEM,
                "token": settings.CSRF_COOKIE_NAME,
            },
            gettext("Both go when you finish, when you leave, or when you close the browser."),
        ),
    )


def _this_site() -> Iterator[Fact]:
    yield Fact(
        gettext("Is anybody turned away?"),
        (
            gettext("No. We take in every answer."),
            gettext(
                "When very many come at once, or it looks as if a machine wrote them, we put them "
                "on a heap of their own. We look at that heap apart. It may be thrown away."
            ),
            gettext(
                "An honest answer can land there too. With a card from a peer, yours will not."
            ),
        ),
    )
    yield Fact(
        gettext("Which languages can I answer in?"),
        (", ".join(NAMES_OF_LANGUAGES.get(code, str(name)) for code, name in settings.LANGUAGES),),
    )
    source = settings.SOURCE_CODE_URL
    yield Fact(
        gettext("Can I see how it is made?"),
        (
            gettext("This is At the Table, version %(version)s. Anyone may read its code.")
            % {"version": version()},
            *(() if source else (gettext("Ask us for it, and we give it to you."),)),
        ),
        links=(Link(gettext("Read the code"), source),) if source else (),
    )


@lru_cache(maxsize=1)
def version() -> str:
    """The version that runs, from the project's own file."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
