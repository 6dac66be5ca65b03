"""Who may do what with an excerpt, and when; each rule raising, with a sentence to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from testimony.curation.models import Excerpt, ExcerptState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

FEWEST_WORDS: Final = 10
MOST_WORDS: Final = 80
MOST_FROM_ONE_PERSON: Final = 2


class NotAllowed(Exception):
    """The sentence says why, to the person who tried."""


def check_may_quote(text: str, said: Any, consents: Mapping[str, str]) -> None:
    """Whether these words may be proposed: verbatim, consented to, neither short nor long.

    Raises:
        NotAllowed: with the first rule that is broken.
    """
    if consents.get("words") != "quote":
        raise NotAllowed(_("This person did not agree to be quoted."))
    if consents.get("audience") != "public":
        raise NotAllowed(_("This person did not agree that the public may see their words."))
    if not isinstance(said, str) or text not in said:
        raise NotAllowed(_("These are not the person's own words, letter by letter."))
    if not FEWEST_WORDS <= len(text.split()) <= MOST_WORDS:
        raise NotAllowed(
            _("A quotation has %(fewest)s to %(most)s words.")
            % {"fewest": FEWEST_WORDS, "most": MOST_WORDS}
        )


def check_may_propose_another(record_id: Any) -> None:
    """Whether one more excerpt may come from the same person.

    Raises:
        NotAllowed: when there are two already.
    """
    if Excerpt.objects.filter(record_id=record_id).count() >= MOST_FROM_ONE_PERSON:
        raise NotAllowed(_("Two quotations from one person are the most."))


def check_may_approve_excerpt(user: AbstractUser, excerpt: Excerpt) -> None:
    """Whether ``user`` may approve.

    Raises:
        NotAllowed: for the person who proposed it, or an excerpt approved already.
    """
    if excerpt.proposed_by_id == user.pk:
        raise NotAllowed(_("A second person approves: not the one who proposed it."))
    if excerpt.state != ExcerptState.PROPOSED:
        raise NotAllowed(_("This excerpt is approved already."))


def may_approve_excerpt(user: AbstractUser, excerpt: Excerpt) -> bool:
    try:
        check_may_approve_excerpt(user, excerpt)
    except NotAllowed:
        return False
    return True
