"""What a call and a survey have in common: an opaque address, dates, a frozen definition."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from testimony.vault.models import Collection, FrozenDefinition
from testimony.wizard import definition as definitions
from testimony.wizard.definition import Definition

_ALPHABET: Final = "abcdefghjkmnpqrstvwxyz23456789"
"""No letter or digit that is easily taken for another."""


DEFAULT_TIMEZONE: Final = "America/Toronto"


def new_public_id() -> str:
    """A random address part: ten signs, about 49 bits, saying nothing."""
    return "".join(secrets.choice(_ALPHABET) for _position in range(10))


@cache
def _statement_of(model: type[JourneyModel]) -> str:
    """The SQL that finds a door of one kind by its address, with what its journey needs beside."""
    doors = (
        model._default_manager.filter(public_id="?")
        .annotate(
            asked=F(model.asks),
            withdrawal_deadline=F("collection__withdrawal_deadline"),
            destruction_date=F("collection__destruction_date"),
        )
        .order_by()
    )
    sql, _places = doors.query.sql_with_params()
    return str(sql)


def _address(begins: str, public_id: str, language: str) -> str:
    """Written out: a process for the team alone has no public route to ask."""
    return f"/{begins}/{public_id}/{language}/"


class DatesRefused(Exception):
    """A call or survey can't be open on these days. The sentence says why."""


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class Journey:
    """One door: everything the engine needs to walk a person through it."""

    public_id: str
    address_begins: str
    definition: Definition
    collection_id: uuid.UUID
    withdrawal_deadline: dt.date
    destruction_date: dt.date
    closes_on: dt.date
    is_open: bool

    def address_in(self, language: str) -> str:
        """Where it stands, in one of its languages."""
        return _address(self.address_begins, self.public_id, language)


class JourneyModel(models.Model):
    """A door to the public: where it stands, when it is open, what it asks."""

    address_begins: ClassVar[str]
    """The first part of its address, as its room's ``urls`` has it."""

    asks: ClassVar[str]
    """Where the digest of the questions it asks now is found, as a query names it."""

    public_id = models.CharField(
        max_length=10,
        unique=True,
        default=new_public_id,
        editable=False,
        validators=[RegexValidator(f"^[{_ALPHABET}]{{10}}$")],
    )
    name = models.CharField(_("name for the team"), max_length=120, unique=True)
    collection = models.ForeignKey(
        Collection, on_delete=models.PROTECT, related_name="+", verbose_name=_("collection")
    )
    opens_on = models.DateField(_("opens on"))
    closes_on = models.DateField(
        _("closes on"), help_text=_("The last day. People already inside may finish.")
    )
    timezone = models.CharField(
        _("timezone of these dates"), max_length=40, default=DEFAULT_TIMEZONE
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_on__gte=models.F("opens_on")),
                name="%(class)s_closes_after_it_opens",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def digest(self) -> str:
        """The digest of the questions it asks now."""
        raise NotImplementedError

    def address_in(self, language: str) -> str:
        """Where it stands, in one of its languages."""
        return _address(self.address_begins, self.public_id, language)

    def today(self) -> dt.date:
        """The day it is where the door is."""
        zone = ZoneInfo(self.timezone) if _is_timezone(self.timezone) else dt.UTC
        return timezone.now().astimezone(zone).date()

    @property
    def is_open(self) -> bool:
        """Whether a person may begin today, in the door's own timezone."""
        return self.opens_on <= self.today() <= self.closes_on

    @property
    def is_over(self) -> bool:
        """Whether its last day has passed, in its own timezone."""
        return self.closes_on < self.today()

    def close(self) -> None:
        """End it at once: its last open day becomes yesterday. Another may set new days later."""
        self.closes_on = min(self.closes_on, self.today() - dt.timedelta(days=1))
        self.opens_on = min(self.opens_on, self.closes_on)
        self.save(update_fields=["opens_on", "closes_on"])

    def journey(self) -> Journey:
        """The door as the engine sees it, asking the questions it asks now."""
        return self._journey(
            self.digest, self.collection.withdrawal_deadline, self.collection.destruction_date
        )

    @classmethod
    def journey_at(cls, public_id: str) -> Journey | None:
        """The door at an address as the engine sees it, or None where there is none.

        Every page of a journey asks for it, so it is one statement whose SQL is made once.
        """
        found: Any = cls._default_manager.raw(_statement_of(cls), [public_id])
        for door in found:
            journey: Journey = door._journey(
                door.asked, door.withdrawal_deadline, door.destruction_date
            )
            return journey
        return None

    def _journey(
        self, digest: str, withdrawal_deadline: dt.date, destruction_date: dt.date
    ) -> Journey:
        return Journey(
            public_id=self.public_id,
            address_begins=self.address_begins,
            definition=read_definition(digest),
            collection_id=self.collection_id,
            withdrawal_deadline=withdrawal_deadline,
            destruction_date=destruction_date,
            closes_on=self.closes_on,
            is_open=self.is_open,
        )


def check_may_be_open(collection: Collection, opens_on: dt.date, closes_on: dt.date) -> None:
    """Whether a call or survey for a collection may be open between these days, both included.

    Raises:
        DatesRefused: when it would close before it opens, or after the freeze date.
    """
    if closes_on < opens_on:
        raise DatesRefused(gettext("The last day can't be before the first."))
    if closes_on > collection.withdrawal_deadline:
        raise DatesRefused(
            gettext(
                "Close it on %(date)s or before. After that day nobody could take their words back "
                "from the paper any more."
            )
            % {"date": date_format(collection.withdrawal_deadline, "j F Y")}
        )


def find_door(public_id: str) -> JourneyModel | None:
    """The call or survey at an address, whichever room it belongs to."""
    for model in JourneyModel.__subclasses__():
        found: JourneyModel | None = (
            model._default_manager.select_related("collection").filter(public_id=public_id).first()
        )
        if found is not None:
            return found
    return None


@lru_cache(maxsize=64)
def read_definition(digest: str) -> Definition:
    """A frozen definition by its digest. Frozen means it can be kept in memory for good.

    Raises:
        FrozenDefinition.DoesNotExist: for a digest that was never frozen.
        DefinitionError: when what is stored is not what its digest says.
    """
    canonical = bytes(FrozenDefinition.objects.get(pk=digest).canonical)
    found = definitions.parse_canonical(canonical)
    if found.digest != digest:
        raise definitions.DefinitionError("The stored definition does not match its digest.")
    return found
