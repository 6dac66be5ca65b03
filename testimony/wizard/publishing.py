"""Publishing a call or a questionnaire, and the days it is open: the forms of both."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, Protocol
from zoneinfo import available_timezones

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput

from testimony.vault.models import Collection
from testimony.wizard.journeys import DEFAULT_TIMEZONE, DatesRefused, check_may_be_open

_REGIONS: Final = frozenset(
    {
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
        "Indian", "Pacific",
    }
)  # fmt: skip


_GRACE: Final = gettext_lazy(
    "The last day, until midnight. People already inside may finish: three hours at most."
)
_ZONE: Final = gettext_lazy("Whose midnight counts.")


def _deadline_hint(collection: Collection) -> str:
    return _(
        "The freeze date is %(date)s: close before it, so that everybody can take it back."
    ) % {"date": date_format(collection.withdrawal_deadline, "j F Y")}


class Numbered(Protocol):
    """What a check says about the number of the next version."""

    @property
    def number(self) -> tuple[int, int]: ...

    @property
    def larger(self) -> tuple[int, int]: ...

    @property
    def digest(self) -> str: ...


@lru_cache(maxsize=1)
def timezone_choices() -> tuple[tuple[str, Any], ...]:
    """Real timezones by their names, grouped by region."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        region, _slash, place = name.partition("/")
        if region in _REGIONS and place:
            groups.setdefault(region, []).append((name, name.replace("_", " ")))
    return (("UTC", "UTC"), *((region, tuple(places)) for region, places in groups.items()))


class PublishForm(forms.Form):
    """Publishing a text: exactly the one that was looked at, and the number it gets."""

    checked = forms.CharField(widget=forms.HiddenInput)
    is_larger = forms.ChoiceField(
        label=gettext_lazy("Number of this version"), widget=forms.RadioSelect, required=False
    )

    def __init__(self, *args: Any, check: Numbered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["checked"].initial = check.digest
        if check.number == check.larger:
            del self.fields["is_larger"]
            return
        number: Any = self.fields["is_larger"]
        number.choices = [
            ("", _("%(number)s: the words changed, not what an answer means") % _n(check.number)),
            ("yes", _("%(number)s: an answer now means something else") % _n(check.larger)),
        ]

    @property
    def wants_larger(self) -> bool:
        return self.cleaned_data.get("is_larger") == "yes"


class OpenDaysForm(WagtailAdminModelForm):
    """When a call or a survey is open."""

    timezone = forms.ChoiceField(
        label=gettext_lazy("Timezone of these dates"), choices=timezone_choices, help_text=_ZONE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hint = _deadline_hint(self.instance.collection)
        self.fields["closes_on"].help_text = f"{_GRACE} {hint}"

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean()
        opens_on, closes_on = given.get("opens_on"), given.get("closes_on")
        if opens_on and closes_on:
            try:
                check_may_be_open(self.instance.collection, opens_on, closes_on)
            except DatesRefused as refusal:
                self.add_error("closes_on", str(refusal))
        return given


class CollectionChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return _("%(name)s (freeze date %(date)s)") % {
            "name": obj.name,
            "date": date_format(obj.withdrawal_deadline, "j F Y"),
        }


class OpeningFields(forms.Form):
    """Where answers are gathered, and when it is open."""

    collection = CollectionChoice(
        label=gettext_lazy("Collection"),
        queryset=Collection.objects.order_by("name"),
        help_text=gettext_lazy(
            "Whose keys the answers are sealed to. This can't be changed later."
        ),
    )
    opens_on = forms.DateField(
        label=gettext_lazy("Opens on"),
        widget=AdminDateInput,
        help_text=gettext_lazy("The first day."),
    )
    closes_on = forms.DateField(
        label=gettext_lazy("Closes on"), widget=AdminDateInput, help_text=_GRACE
    )
    timezone = forms.ChoiceField(
        label=gettext_lazy("Timezone of these dates"),
        choices=timezone_choices,
        initial=DEFAULT_TIMEZONE,
        help_text=_ZONE,
    )


def _n(number: tuple[int, int]) -> dict[str, str]:
    return {"number": f"{number[0]}.{number[1]}"}
