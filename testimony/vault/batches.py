"""Numbered batches of blank paper: printed, typed in, handed back, destroyed. Counts, and no more.

**One number for all sheets of a batch**, given by the system for each door: 1, 2, 3. No sheet has a
number of its own: whoever noted who took which would know, from any sheet that was found, whose it
is. For the same reason a batch has at least five sheets.

**Nothing ties an answer to its batch.** A peer who types a paper in may say which batch it is of.
Then the batch's count goes up by one, in a transaction of its own, after the answers are sealed;
neither the record nor what is sealed in it learns the number. A count that went wrong costs nobody
an answer.

**What a count tells while it grows.** Whoever looks at an exact figure every hour knows when one
person's paper was typed in. So pages show it rounded while a batch is out. To count a batch ends
it: from then on nothing can be typed in under its number, and its figures are shown as they are, to
the people who hold keys. They are for them, and stand in no report. Two images of the disk, of one
day and the next, show by how much each batch grew between them, as they show how many records came
in; where a single paper was typed in that day, they tell which batch it was of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from testimony.vault import audit, calendar, vouchers
from testimony.vault.models import Collection, LegalHold, PaperBatch, Voucher
from testimony.vault.permissions import may

if TYPE_CHECKING:
    import datetime as dt

    from django.contrib.auth.models import AbstractUser

PERMISSION: Final = vouchers.PERMISSION
"""Whoever prints codes for typing in counts the papers, too."""

FEWEST: Final = 5
MOST: Final = 500
_TRIES: Final = 3


class BatchRefused(Exception):
    """A batch can't be made or counted like this. The sentence says why."""


# What the team does.


@sensitive_variables("codes", "printed")
def make_batch(
    press: Callable[[int, list[str]], bytes],
    *,
    by: AbstractUser,
    collection: Collection,
    door: str,
    definition: str,
    language: str,
    is_large: bool,
    count: int,
    codes_expire: dt.date | None = None,
) -> bytes:
    """Give the next number of a door to a batch, and return what ``press`` printed for it.

    ``press`` takes the number and the codes for typing in: as many as sheets where
    ``codes_expire`` is given, or none. It works first, outside any transaction: nobody waits for
    it, and what could not be printed has no number.

    Raises:
        PermissionDenied: for somebody who may not hold keys.
        BatchRefused: for too few sheets or too many, or when others print at the same moment.
    """
    _check_may(by)
    if not FEWEST <= count <= MOST:
        raise BatchRefused(
            _(
                "A batch has from %(fewest)s to %(most)s copies. With fewer, its number would "
                "point at a person: print those without a number."
            )
            % {"fewest": FEWEST, "most": MOST}
        )
    codes = vouchers.draw(by, count) if codes_expire else []
    for _attempt in range(_TRIES):
        number = _next_number(door)
        printed = press(number, codes)
        with transaction.atomic():
            audit.wait_for_turn()
            if _next_number(door) != number:
                continue
            PaperBatch.objects.create(
                collection=collection,
                door=door,
                number=number,
                definition_id=definition,
                language=language,
                is_large=is_large,
                week=calendar.week_of(timezone.now().date()),
                printed=count,
            )
            if codes_expire:
                vouchers.keep(
                    codes,
                    by=by,
                    collection=collection,
                    door=door,
                    kind=Voucher.Kind.ASSISTED,
                    expires=codes_expire,
                )
            audit.append(
                by=by,
                action="paper batch printed",
                subject=str(collection.pk),
                reason=f"{door}: {number}",
            )
        return printed
    raise BatchRefused(_("Somebody else is printing at this moment. Please try again."))


def count_batch(*, by: AbstractUser, batch: PaperBatch, blank: int, destroyed: int) -> PaperBatch:
    """Say how many sheets came back blank, and how many written ones were destroyed. Ends it.

    Raises:
        PermissionDenied: for somebody who may not hold keys.
        BatchRefused: when it was counted before, or more came back than was printed.
    """
    _check_may(by)
    with transaction.atomic():
        audit.wait_for_turn()
        found = PaperBatch.objects.select_for_update().get(pk=batch.pk)
        if not found.is_out:
            raise BatchRefused(_("This batch was counted already."))
        if min(blank, destroyed) < 0 or blank + destroyed > found.printed:
            raise BatchRefused(
                _("That is more than the %(printed)s copies that were printed.")
                % {"printed": found.printed}
            )
        found.state, found.blank, found.destroyed = PaperBatch.State.COUNTED, blank, destroyed
        found.save(update_fields=["state", "blank", "destroyed"])
        audit.append(
            by=by,
            action="paper batch counted",
            subject=str(found.collection_id),
            reason=f"{found.door}: {found.number}",
        )
    return found


def batches_of(door: str) -> list[PaperBatch]:
    """Every batch of a door, the newest first."""
    return list(PaperBatch.objects.filter(door=door).order_by("-number"))


def is_on_paper(definition: str) -> bool:
    """Whether a text was printed in a batch, so that its number must go on meaning that text."""
    return PaperBatch.objects.filter(definition=definition).exists()


def forget_destroyed() -> int:
    """Delete the counts of collections whose last day has come. Returns how many there were.

    A legal hold keeps them, as it keeps everything.
    """
    held = LegalHold.objects.filter(lifted_on__isnull=True).values("collection_id")
    over = PaperBatch.objects.filter(collection__destruction_date__lte=timezone.now().date())
    deleted: int = over.exclude(collection_id__in=held).delete()[0]
    return deleted


# What the public process does. It reads numbers and adds one; it sees no count.


def numbers_out(door: str) -> list[int]:
    """The numbers under which a paper of this door may be typed in."""
    rows = PaperBatch.objects.filter(door=door, state=PaperBatch.State.OUT)
    return list(rows.order_by("number").values_list("number", flat=True))


def note_typed_in(*, door: str, number: int) -> bool:
    """One paper of a batch was typed in. False when there is no such batch, or it was counted."""
    rows = PaperBatch.objects.filter(door=door, number=number, state=PaperBatch.State.OUT)
    return bool(rows.update(typed_in=F("typed_in") + 1))


def _check_may(user: AbstractUser) -> None:
    if not may(user, PERMISSION):
        raise PermissionDenied


def _next_number(door: str) -> int:
    last: int | None = PaperBatch.objects.filter(door=door).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1
