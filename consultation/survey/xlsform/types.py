"""What the types and columns of an XLSForm are here, and why some of them are not taken in. Pure.

The names are those of the XLSForm reference (xlsform.org), with the older ones that pyxform
still reads, and those that Kobo and SurveyCTO add.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Asked:
    """A type of ours. ``low`` and ``high`` are what it brings; ``note`` is what changes by it."""

    type: str
    low: int | None = None
    high: int | None = None
    step: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True)
class Selects:
    """A choice from a list: ``select_one``, ``select_multiple`` or ``rank``."""

    verb: str
    list_name: str
    or_other: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A question that is not taken in, the column that says so, and why."""

    sentence: str
    column: str = "type"


class Container(Enum):
    """What a row can begin and end, with the column that names its list of answers."""

    GROUP = "group"
    REPEAT = "repeat"
    SCORE = "score"
    RANK = "rank"
    MATRIX = "kobomatrix"
    TEST = "literacytest"

    @property
    def list_column(self) -> str:
        return {
            "score": "kobo--score-choices",
            "rank": "kobo--rank-items",
            "kobomatrix": "kobo--matrix_list",
        }.get(self.value, "")

    @property
    def refusal(self) -> str | Promise:
        """Why it is not taken in; empty where it is."""
        return _CONTAINERS_REFUSED.get(self.value, "")


_CONTAINERS_REFUSED: Final = {
    "repeat": gettext_lazy("Repeated groups are not kept: each person answers once."),
    "literacytest": gettext_lazy("Nobody is tested here."),
}
_CONTAINER: Final = re.compile(
    r"(begin|end)[ _]+(?:(looped|l)[ _]?)?(group|repeat|loop|score|rank|kobomatrix|literacytest)"
    r"(?: over \S+)?",
    re.IGNORECASE,
)
_SELECT: Final = re.compile(
    r"(?:add[ _])?(?P<verb>select[ _]?(?:one|multiple|all[ _]that[ _]apply)|select1|rank)"
    r"(?:[ _](?:prompt[ _])?using)?(?P<file>[ _](?:from[ _]file|external))?(?:[ _]from)?"
    r"\s+(?P<list>\S+)(?P<other>\s+or[ _](?:specify[ _])?other)?",
    re.IGNORECASE,
)
_TEXT: Final = frozenset({"text", "string"})
_WHOLE: Final = frozenset({"integer", "int", "percentage"})
_META: Final = frozenset({
    "start", "end", "today", "deviceid", "device id", "imei", "username", "phonenumber",
    "phone number", "email", "simserial", "sim id", "subscriberid", "subscriber id", "audit",
    "start time", "end time", "start-geopoint", "background-audio", "text audit", "audio audit",
    "speed violations count", "speed violations list", "speed violations audit", "caseid",
    "comments", "last-saved",
})  # fmt: skip
_PLACES: Final = frozenset({"geopoint", "geotrace", "geoshape", "location", "gps", "osm"})
_MEDIA: Final = frozenset({"image", "photo", "picture", "audio", "video", "file", "barcode"})
_CLOCK: Final = frozenset({"time", "datetime", "date time"})
_FROM_OUTSIDE: Final = frozenset({"csv-external", "xml-external", "entity"})

_COLUMNS_LEFT_OUT: Final[Mapping[str, str | Promise]] = {
    "calculation": gettext_lazy("Nothing is worked out behind the page."),
    "default": gettext_lazy("No answer is filled in beforehand."),
    "trigger": gettext_lazy("Nothing changes on a page while it is read."),
    "read_only": gettext_lazy("Every question can be answered."),
    "constraint_message": gettext_lazy("Our own sentence says what is wrong with an answer."),
    "kobo--rank-constraint-message": gettext_lazy(
        "Our own sentence says what is wrong with an answer."
    ),
    "required_message": gettext_lazy("Our own sentence says that an answer is missing."),
    "guidance_hint": gettext_lazy("There is one hint. This further one is left out."),
    "choice_filter": gettext_lazy(
        "Answers can’t depend on another answer. All of them are offered to everybody."
    ),
    "save_to": gettext_lazy("No answer is kept for another form."),
    "media": gettext_lazy("Pictures, sounds and films don’t stand beside words here."),
}


def container_of(kind: str) -> tuple[Container | None, bool]:
    """What a row of this type begins (True) or ends (False), if it does."""
    found = _CONTAINER.fullmatch(kind)
    if not found:
        return None, False
    name = "repeat" if found[2] or found[3].lower() == "loop" else found[3].lower()
    return Container(name), found[1].lower() == "begin"


def type_of(kind: str, values: Mapping[str, str]) -> Asked | Selects | Refused:
    """What a row of this type asks here."""
    selects = _SELECT.fullmatch(kind)
    if selects:
        return _selects(selects, values)
    word = re.sub(r"^(add|q|get) | prompt$", "", kind.lower().replace("_", " "))
    appearance = values.get("appearance", "").split()
    if word in _TEXT:
        return Asked("long_text" if "multiline" in appearance else "short_text")
    if word == "percentage":
        return Asked("number", 0, 100)
    if word in _WHOLE:
        return Asked("number")
    if word == "decimal":
        return Asked("number", note=_("Only whole numbers are asked for."))
    if word == "note":
        return Asked("information")
    if word == "range":
        return _range(values)
    if word == "date":
        is_month = "month-year" in appearance or "year" in appearance
        return Asked("month", note="" if is_month else _("The month is asked for, not the day."))
    return _refused(word, kind)


def left_out(column: str) -> str:
    """Why what stands in this column of a question is left out; empty where it is not."""
    name = "media" if column.startswith("media::") else column
    return str(_COLUMNS_LEFT_OUT.get(name, ""))


def _selects(found: re.Match[str], values: Mapping[str, str]) -> Selects | Refused:
    verb = found["verb"].lower().replace("_", " ").replace(" ", "_")
    verb = {
        "select1": "select_one",
        "selectone": "select_one",
        "selectmultiple": "select_multiple",
        "select_all_that_apply": "select_multiple",
    }.get(verb, verb)
    if found["file"] or ("." in found["list"] and found["list"].rsplit(".")[-1] in ("csv", "xml")):
        return Refused(_("The answers stand in another file. Put them in the sheet “choices”."))
    if "search(" in values.get("appearance", ""):
        sentence = _("The answers come from another file. Put them in the sheet “choices”.")
        return Refused(sentence, "appearance")
    if found["list"].startswith("${"):
        return Refused(_("The answers are those of another question. Write them out."))
    return Selects(verb, found["list"], bool(found["other"]))


def _range(values: Mapping[str, str]) -> Asked | Refused:
    """A range of whole steps. Without parameters it goes from 1 to 10, as in the reference."""
    found = dict(re.findall(r"(start|end|step)\s*=\s*(-?[\d.]+)", values.get("parameters", "")))
    try:
        low, high, step = (
            int(float(number)) if float(number).is_integer() else None
            for number in (found.get("start", "1"), found.get("end", "10"), found.get("step", "1"))
        )
    except ValueError:
        low = high = step = None
    if low is None or high is None or step is None:
        return Refused(_("The steps are not whole numbers."), "parameters")
    if step < 1 or low + step > high or abs(low) > 10**9 or abs(high) > 10**9:
        return Refused(_("The range has fewer than two points."), "parameters")
    return Asked("scale", low, high, step)


def _refused(word: str, kind: str) -> Refused:
    about = {"type": kind[:100]}
    if word in _META or word.startswith(("sensor ", "uri:")):
        return Refused(
            _("“%(type)s” would store a time, a device or a name. None is kept.") % about
        )
    if word in _PLACES:
        return Refused(_("“%(type)s” would store where a person is. No place is kept.") % about)
    if word in _MEDIA:
        return Refused(
            _("“%(type)s” is left out: pictures, sounds and files can show who a person is.")
            % about
        )
    if word in _CLOCK:
        return Refused(
            _("“%(type)s” would store a time of day. At most a month is asked for.") % about
        )
    if word == "calculate":
        return Refused(_("“%(type)s” is left out: nothing is worked out behind the page.") % about)
    if word == "hidden":
        return Refused(_("“%(type)s” is left out: nothing is kept that people can’t see.") % about)
    if word in ("acknowledge", "trigger"):
        return Refused(_("“%(type)s” is left out: ask a question with two answers.") % about)
    if word in _FROM_OUTSIDE:
        return Refused(_("“%(type)s” is left out: no other file is read.") % about)
    return Refused(_("The type “%(type)s” is not known here.") % about)
