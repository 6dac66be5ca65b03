"""The daily note to the team: one e-mail a day of the same size, whatever came in, or nothing.

Mail is read on the way, and lies in mailboxes that are searched. So the note holds no number finer
than the last whole week's, rounded; no name, no code, no address of anybody; and it goes out when
nothing came as well. Nobody who counts mails or their bytes learns a thing. Signs and figures have
one width, and stand between the same words every day; its headers are the same but for the date
and one random number.

**What it can't hide.** A withdrawal within the week may move a rounded figure from one day's note
to the next. The mail server learns the host that hands the mail in.

Rooms above say what else it holds: ``tell_closing`` takes what knows the doors.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterable
from email.utils import parseaddr
from typing import Final

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from testimony.vault import calendar, weekly
from testimony.vault.models import Chore, Collection, Epoch

NAME: Final = "note"
_WIDTH: Final = 6
_MOST: Final = 99_995
_FEW: Final = "<5"
_NO_DAY: Final = "----------"
_RANDOM_BYTES: Final = 16

Closings = Callable[[], Iterable[dt.date]]
_closings: Final[list[Closings]] = []


class NotSent(Exception):
    """The note could not be sent. The sentence names nobody."""


def tell_closing(closings: Closings) -> None:
    """Have ``closings()`` say on which days the doors close that are open now, or will be."""
    if closings not in _closings:
        _closings.append(closings)


def send_daily(*, had_problems: bool) -> bool:
    """Send today's note to everybody who is to be told, once. Returns whether it was sent.

    Each gets a mail of their own, so that nobody's address stands in another's mailbox.

    Raises:
        NotSent: when the mail server did not take it. It is tried again when the job runs next.
    """
    to = list(settings.NOTICE_RECIPIENTS)
    if not to or not _claim():
        return False
    try:
        with mail.get_connection() as connection:
            connection.send_messages([_message(to=one, had_problems=had_problems) for one in to])
    except OSError as error:
        _give_back()
        # What a mail server answers may hold an address: only the kind of error is told.
        raise NotSent(f"The daily note could not be sent ({type(error).__name__}).") from None
    except BaseException:
        _give_back()
        raise
    return True


def text(*, had_problems: bool) -> str:
    """The note, in the site's own language. The same number of bytes every day."""
    today = timezone.now().date()
    week = calendar.week_of(today - dt.timedelta(days=7))
    month = calendar.month_of(today)
    with translation.override(settings.LANGUAGE_CODE):
        figures = [(_figure(count), lane.label) for lane, count in weekly.counts_in(week)]
        lines = [
            _("This note comes every day, also when there is nothing to tell."),
            "",
            _("Answers that came in, in the week that began on %(day)s:")
            % {"day": calendar.monday_of(week).isoformat()},
            *(f"{figure}  {name}" for figure, name in figures),
            _("All figures are rounded to the nearest 5."),
            "",
            f"{_sign(_has_keys(month))} {_('There are keys for this month.')}",
            f"{_sign(_has_keys(calendar.next_month(month)))} {_('There are keys for next month.')}",
            f"{_sign(not had_problems)} {_('The daily job ran without a problem.')}",
            f"{_closing(today)} {_('is the day the next door closes.')}",
            "",
            _("Where a box is empty, log in and open the vault’s first page."),
        ]
    return "\n".join(lines) + "\n"


def _message(*, to: str, had_problems: bool) -> EmailMessage:
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("Daily note")
    sender = settings.DEFAULT_FROM_EMAIL
    # Django would put this machine's own name into the Message-ID.
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return EmailMessage(
        subject=subject,
        body=text(had_problems=had_problems),
        from_email=sender,
        to=[to],
        headers={"Message-ID": f"<{secrets.token_hex(_RANDOM_BYTES)}@{domain}>"},
    )


def _figure(count: int) -> str:
    near = weekly.nearest(min(count, _MOST))
    return f"{_FEW if near is None else near:>{_WIDTH}}"


def _sign(holds: bool) -> str:
    return "[x]" if holds else "[ ]"


def _closing(today: dt.date) -> str:
    days = [day for closings in _closings for day in closings() if day >= today]
    return min(days).isoformat() if days else _NO_DAY


def _has_keys(month: str) -> bool:
    """Whether every collection that still takes something in then has a key for it."""
    today = timezone.now().date()
    return all(
        month > calendar.month_of(collection.destruction_date)
        or Epoch.objects.filter(
            collection=collection, month=month, destroyed_on__isnull=True
        ).exists()
        for collection in Collection.objects.filter(destruction_date__gte=today)
    )


def _claim() -> bool:
    """Take today's note, if nobody has. Written down at once: a mail server may take its time."""
    today = timezone.now().date()
    with transaction.atomic():
        if Chore.objects.filter(name=NAME, done_on__lt=today).update(done_on=today):
            return True
        return Chore.objects.get_or_create(name=NAME, defaults={"done_on": today})[1]


def _give_back() -> None:
    Chore.objects.filter(name=NAME).delete()
