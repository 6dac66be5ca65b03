"""Rules on one question at a time: its key, its answers, its bounds, and what it is used for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext_lazy

from consultation.survey.checks.written import (
    PREFER_NOT,
    WITH_OPTIONS,
    Broken,
    Grid,
    Place,
    Rule,
    Written,
    items,
    said,
    whole,
    word,
)
from testimony.wizard.checking import Severity, language_name
from testimony.wizard.definition import (
    CHOICE_TYPES,
    CONSENT_TYPES,
    DECLINABLE_TYPES,
    GRID_TYPES,
    LONGEST_SPAN,
    MONTH_TYPES,
    MOST_PLACES,
    MULTIPLE_TYPES,
    NUMBER_TYPES,
    RANKING_TYPES,
    SILENT_TYPES,
    TEXT_TYPES,
)

MOST_OPTIONS: Final = 60
MANY_OPTIONS: Final = 12
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100

CONSENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "count": ("no", "yes"),
    "words": ("discard", "read", "reword", "quote"),
    "audience": ("readers", "members", "public"),
    "describe": ("nothing", "broad", "broad_years"),
}
"""What can be agreed to, and the codes that readers and exports go by, the least first."""

DESCRIBING: Final = frozenset({"broad", "years"})
"""The permissions by which the answer to a closed question may describe a person."""

_CLOSED: Final = CHOICE_TYPES - {"age_check"} | MULTIPLE_TYPES


def _same_section_keys(written: Written) -> Iterator[Broken]:
    counts = Counter(place.key for place in written.sections)
    for place in written.sections:
        if not place.key or counts[place.key] > 1:
            yield place, {}


def _same_question_keys(written: Written) -> Iterator[Broken]:
    counts = Counter(place.key for place in written.questions)
    for place in written.questions:
        if not place.key or counts[place.key] > 1:
            yield place, {}


def _type_changed(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        before = written.asked_before.get(place.key)
        if before is not None and before.type != place.type:
            yield place, {"version": before.version}


def _too_few(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if place.type in WITH_OPTIONS and len(place.codes) < 2:
            yield place, {}


def _too_many(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if len(place.codes) > MOST_OPTIONS:
            yield place, {"count": len(place.codes), "most": MOST_OPTIONS}


def _many(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if MANY_OPTIONS < len(place.codes) <= MOST_OPTIONS:
            yield place, {"count": len(place.codes)}


def _same_codes(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if "" in place.codes or len(set(place.codes)) < len(place.codes):
            yield place, {}


def _same_labels(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        for language in written.languages:
            labels = [said(option.get("label"), language).casefold() for option in place.options]
            given = [label for label in labels if label]
            if len(set(given)) < len(given):
                yield place, {"language": language_name(language)}


def _exclusive_not_last(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        flags = [bool(option.get("exclusive")) for option in place.options]
        if any(flags) and (place.type not in MULTIPLE_TYPES or flags != sorted(flags)):
            yield place, {}


def _no_way_out(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        kind = place.type
        if not place.asked.get("required") or kind in CONSENT_TYPES | SILENT_TYPES | {"age_check"}:
            continue
        by_flag = kind in DECLINABLE_TYPES and bool(place.asked.get("prefer_not"))
        if not by_flag and PREFER_NOT not in place.codes:
            yield place, {}


def _bounds_crossed(written: Written) -> Iterator[Broken]:
    for place in written.of_type(*NUMBER_TYPES | MONTH_TYPES):
        least, most = whole(place.asked, "minimum"), whole(place.asked, "maximum")
        if least is not None and most is not None and least > most:
            yield place, {"least": least, "most": most}


def _years_odd(written: Written) -> Iterator[Broken]:
    for place in written.of_type(*MONTH_TYPES):
        years = whole(place.asked, "minimum"), whole(place.asked, "maximum")
        given = [year for year in years if year is not None]
        is_sensible = len(given) == 2 and all(FIRST_YEAR <= year <= LAST_YEAR for year in given)
        if not is_sensible or given[1] - given[0] > LONGEST_SPAN:
            yield place, {"first": FIRST_YEAR, "last": LAST_YEAR, "span": LONGEST_SPAN}


def _too_short(written: Written) -> Iterator[Broken]:
    for place in written.of_type(*TEXT_TYPES):
        if (
            place.asked.get("max_length") is not None
            and (whole(place.asked, "max_length") or 0) < 1
        ):
            yield place, {}


def _one_row(written: Written) -> Iterator[Broken]:
    for grid in written.grids:
        if len(grid.rows) < 2:
            yield grid.place, {}


def _rows_differ(written: Written) -> Iterator[Broken]:
    for grid in written.grids:
        first = grid.rows[0]
        for row in grid.rows:
            if _shared(row) != _shared(first) or row.type not in GRID_TYPES:
                yield row, {"grid": grid.place.words}


def _shared(row: Place) -> tuple[object, ...]:
    """What every row of a grid has alike."""
    return row.type, row.asked.get("options"), row.asked.get("grid"), row.number


def _rows_apart(written: Written) -> Iterator[Broken]:
    for grid in written.grids:
        page = written.by_section[grid.place.number]
        places = [number for number, one in enumerate(page) if _is_row(grid, one)]
        if places and places[-1] - places[0] >= len(places):
            yield grid.place, {}


def _is_row(grid: Grid, place: Place) -> bool:
    return any(place.question is row.question for row in grid.rows)


def _places_unfit(written: Written) -> Iterator[Broken]:
    for place in written.of_type(*RANKING_TYPES):
        picks, count = place.asked.get("picks"), len(place.codes)
        if picks is None or count < 2:
            continue
        most = min(count, MOST_PLACES)
        if not 1 <= (whole(place.asked, "picks") or 0) <= most:
            yield place, {"picks": picks, "most": most}


def _way_out_ranked(written: Written) -> Iterator[Broken]:
    for place in written.of_type(*RANKING_TYPES):
        if PREFER_NOT in place.codes:
            yield place, {}


def _permission_misplaced(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        permission = word(place.asked, "permission")
        if place.type in CONSENT_TYPES:
            is_fit = permission in CONSENTS
        else:
            is_fit = not permission or (permission in DESCRIBING and place.type in _CLOSED)
        if not is_fit:
            yield place, {}


def _agreed_twice(written: Written) -> Iterator[Broken]:
    met: set[str] = set()
    for place in written.of_type(*CONSENT_TYPES):
        permission = word(place.asked, "permission")
        if permission and permission in met:
            yield place, {}
        met.add(permission)


def _other_consents(written: Written) -> Iterator[Broken]:
    """The first answer stands where nobody picked, so it is the one that gives the least."""
    for place in written.of_type(*CONSENT_TYPES):
        ours = CONSENTS.get(word(place.asked, "permission"))
        if ours is None or not place.codes:
            continue
        if place.codes[0] != ours[0] or place.codes != [one for one in ours if one in place.codes]:
            yield place, {"codes": ", ".join(ours)}


def _describes(place: Place) -> bool:
    return place.type not in CONSENT_TYPES and word(place.asked, "permission") in DESCRIBING


def _describes_openly(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if _describes(place) and place.asked.get("sensitivity") != "attribute":
            yield place, {}


def _describes_unasked(written: Written) -> Iterator[Broken]:
    asked = {word(place.asked, "permission") for place in written.of_type(*CONSENT_TYPES)}
    for place in written.questions:
        if _describes(place) and "describe" not in asked:
            yield place, {}


def _open_attribute(written: Written) -> Iterator[Broken]:
    for place in written.of_type(*TEXT_TYPES):
        if place.asked.get("sensitivity") == "attribute":
            yield place, {}


def _steps(place: Place) -> list[list[str]]:
    return [[str(code) for code in items(step)] for step in items(place.asked.get("merge"))]


def _merge_unknown(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        for step in _steps(place):
            if unknown := [code for code in step if code not in place.codes]:
                yield place, {"code": unknown[0]}
                break


def _merge_unfit(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        steps = _steps(place)
        has_odd = any(len(step) < 2 or len(step) > len(set(step)) for step in steps)
        if has_odd or (steps and place.type not in _CLOSED | RANKING_TYPES):
            yield place, {}


def _merge_apart(written: Written) -> Iterator[Broken]:
    for place in written.of_type("scale"):
        points = {code: number for number, code in enumerate(place.codes)}
        for step in _steps(place):
            known = sorted(points[code] for code in step if code in points)
            if PREFER_NOT in step or any(after - before > 1 for before, after in pairwise(known)):
                yield place, {}
                break


def _headline_open(written: Written) -> Iterator[Broken]:
    for place in written.questions:
        if place.asked.get("headline") and place.type not in CHOICE_TYPES | MULTIPLE_TYPES:
            yield place, {}


_PROBLEM, _WARNING = Severity.PROBLEM, Severity.WARNING

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "section_keys",
        _PROBLEM,
        gettext_lazy("The key of %(place)s is empty or used twice."),
        _same_section_keys,
    ),
    Rule(
        "question_keys",
        _PROBLEM,
        gettext_lazy("The key of %(place)s is empty or used twice."),
        _same_question_keys,
    ),
    Rule(
        "type_kept",
        _PROBLEM,
        gettext_lazy(
            "The kind of answer to %(place)s is not that of version %(version)s. "
            "Add a new question with a new key."
        ),
        _type_changed,
    ),
    Rule(
        "enough_options",
        _PROBLEM,
        gettext_lazy("Give %(place)s at least two answers to pick."),
        _too_few,
    ),
    Rule(
        "few_options",
        _PROBLEM,
        gettext_lazy("There are %(count)s answers to %(place)s. At most %(most)s are allowed."),
        _too_many,
    ),
    Rule(
        "codes_differ",
        _PROBLEM,
        gettext_lazy("Two answers to %(place)s have the same code, or one has none."),
        _same_codes,
    ),
    Rule(
        "labels_differ",
        _PROBLEM,
        gettext_lazy("Two answers to %(place)s read the same in %(language)s."),
        _same_labels,
    ),
    Rule(
        "exclusive_last",
        _PROBLEM,
        gettext_lazy(
            "An answer that stands alone comes last, and only where several can be picked: "
            "%(place)s."
        ),
        _exclusive_not_last,
    ),
    Rule(
        "way_out",
        _PROBLEM,
        gettext_lazy(
            "An answer to %(place)s must be given. Let people say that they would rather not."
        ),
        _no_way_out,
    ),
    Rule(
        "bounds_in_order",
        _PROBLEM,
        gettext_lazy(
            "No number fits %(place)s: the smallest is %(least)s, the largest %(most)s. "
            "Change one of them."
        ),
        _bounds_crossed,
    ),
    Rule(
        "years_plausible",
        _PROBLEM,
        gettext_lazy(
            "Give %(place)s a first and a last year, between %(first)s and %(last)s and at most "
            "%(span)s years apart."
        ),
        _years_odd,
    ),
    Rule(
        "room_to_write",
        _PROBLEM,
        gettext_lazy("There is no room to write in %(place)s. Let its longest text be 1 or more."),
        _too_short,
    ),
    Rule(
        "grid_rows",
        _PROBLEM,
        gettext_lazy("The grid %(place)s has one row. Add another, or make it a question."),
        _one_row,
    ),
    Rule(
        "grid_alike",
        _PROBLEM,
        gettext_lazy(
            "%(place)s is a row of the grid %(grid)s, but does not have the same answers, words "
            "above it or page. Rows are single choices or scales."
        ),
        _rows_differ,
    ),
    Rule(
        "grid_together",
        _PROBLEM,
        gettext_lazy("Another question stands between the rows of the grid %(place)s. Move it."),
        _rows_apart,
    ),
    Rule(
        "places_fit",
        _PROBLEM,
        gettext_lazy(
            "%(place)s asks for %(picks)s places. Let it ask for 1 to %(most)s: no more than it "
            "has answers."
        ),
        _places_unfit,
    ),
    Rule(
        "way_out_not_ranked",
        _PROBLEM,
        gettext_lazy(
            "To rather not say is an answer to be ranked in %(place)s. Remove it, and offer the "
            "way out instead."
        ),
        _way_out_ranked,
    ),
    Rule(
        "permission_fits",
        _PROBLEM,
        gettext_lazy(
            "The permission of %(place)s does not fit. A consent asks for one of four; of other "
            "questions only a closed one may describe people."
        ),
        _permission_misplaced,
    ),
    Rule(
        "consent_once",
        _PROBLEM,
        gettext_lazy("People are asked twice for the same: %(place)s. Remove one."),
        _agreed_twice,
    ),
    Rule(
        "consent_least_first",
        _PROBLEM,
        gettext_lazy(
            "Readers would not understand what was agreed to in %(place)s. Its codes are some of "
            "these, in this order, and the first of them: %(codes)s."
        ),
        _other_consents,
    ),
    Rule(
        "describing_is_attribute",
        _PROBLEM,
        gettext_lazy(
            "The answer to %(place)s may describe people, so it says something about the person. "
            "Set its sensitivity to that."
        ),
        _describes_openly,
    ),
    Rule(
        "merge_known",
        _PROBLEM,
        gettext_lazy(
            "“%(code)s” is to be put together with others, but is no answer to %(place)s."
        ),
        _merge_unknown,
    ),
    Rule(
        "merge_pairs",
        _PROBLEM,
        gettext_lazy(
            "Each step of putting answers together names two or more, each once, of a question "
            "with answers to pick. Not so in %(place)s."
        ),
        _merge_unfit,
    ),
    Rule(
        "merge_neighbours",
        _PROBLEM,
        gettext_lazy(
            "Only points that stand next to each other on the scale can be put together. Not so "
            "in %(place)s."
        ),
        _merge_apart,
    ),
    Rule(
        "headline_closed",
        _PROBLEM,
        gettext_lazy("Only answers that can be counted make a headline. Not %(place)s."),
        _headline_open,
    ),
    Rule(
        "many_options",
        _WARNING,
        gettext_lazy("There are %(count)s answers to %(place)s. Twelve or fewer are easier."),
        _many,
    ),
    Rule(
        "describing_agreed",
        _WARNING,
        gettext_lazy(
            "The answer to %(place)s may describe people, but nobody is asked how they want to be "
            "described. It is never used so."
        ),
        _describes_unasked,
    ),
    Rule(
        "attribute_not_written",
        _WARNING,
        gettext_lazy(
            "%(place)s asks for something about the person in their own words. Broad answers to "
            "pick give less away."
        ),
        _open_attribute,
    ),
)
