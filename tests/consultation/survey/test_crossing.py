"""Answers of every kind become tables: alone, crossed, by profile, and across versions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.disclosure.tables import MISSING, NOT_ASKED, Filter, Table, not_ticked
from consultation.survey.crossing import CrossTally, Plan, UnknownVariable
from consultation.survey.variables import CHANNEL, FIRST, LANGUAGE, bands_between, variables_of
from testimony.wizard import definition as definitions
from testimony.wizard.definition import Definition


def _words(text: str) -> dict[str, str]:
    return {"en": text}


def _options(*codes: str, exclusive: str = "") -> list[dict[str, Any]]:
    return [{"code": code, "label": _words(code), "exclusive": code == exclusive} for code in codes]


def _question(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": _words(key), **more}


def _definition(*, key: str = "met", version: str = "1.0") -> Definition:
    later = {"==": [{"answer": key}, "yes"]}
    return definitions.parse(
        {
            "format": 1,
            "kind": "survey",
            "key": "offices",
            "version": version,
            "languages": ["en"],
            "title": _words("Offices"),
            "introduction": _words("About offices."),
            "sections": [
                {
                    "key": "first",
                    "title": _words("First"),
                    "questions": [
                        _question(
                            "count", "consent", options=_options("no", "yes"), permission="count"
                        ),
                        _question(key, "yes_no", options=_options("yes", "no", "prefer_not")),
                        _question(
                            "needs",
                            "multiple_choice",
                            options=_options("time", "money", "none", exclusive="none"),
                        ),
                        _question(
                            "order", "ranking", options=_options("a", "b", "c"), picks=2,
                            prefer_not=True,
                        ),
                        _question("hours", "number", minimum=0, maximum=60, prefer_not=True),
                        _question("since", "month", minimum=2019, maximum=2026),
                        _question("words", "long_text"),
                    ],
                },
                {
                    "key": "then",
                    "title": _words("Then"),
                    "condition": later,
                    "questions": [
                        _question(
                            "how", "scale", options=_options("1", "2", "3"),
                            merge=[["1", "2"], ["1", "2", "3"]],
                        )
                    ],
                },
            ],
        }
    )  # fmt: skip


def _payload(**answers: Any) -> dict[str, Any]:
    return {
        "consents": {"count": "yes"},
        "answers": answers,
        "language": "en",
        "channel": "web",
    }


def _tally(*payloads: dict[str, Any], crosses: Any = ()) -> CrossTally:
    definition = _definition()
    tally = CrossTally(definition, Plan.of(definition, crosses))
    for payload in payloads:
        tally.add(payload)
    return tally


def _counts(tally: CrossTally, *keys: str) -> dict[Any, int]:
    found: Table = next(table for table in tally.tables() if table.keys == keys)
    return {place if len(place) > 1 else place[0]: n for place, n in found.counts}


def test_whoever_asked_not_to_be_counted_is_in_no_table() -> None:
    tally = _tally(_payload(met="yes") | {"consents": {"count": "no"}})
    assert (tally.participants, tally.set_aside) == (0, 1)
    assert _counts(tally, "met") == {}


def test_a_choice_a_skip_and_a_question_that_was_not_met_are_three_things() -> None:
    tally = _tally(_payload(met="yes", how="2"), _payload(met="yes"), _payload(met="no"))
    assert _counts(tally, "met") == {"yes": 2, "no": 1}
    assert _counts(tally, "how") == {"2": 1, MISSING: 1, NOT_ASKED: 1}


def test_each_tick_is_counted_over_all_who_answered() -> None:
    tally = _tally(_payload(needs=["time", "money"]), _payload(needs=["none"]), _payload())
    assert _counts(tally, "needs") == {
        "time": 1,
        not_ticked("time"): 1,
        "money": 1,
        not_ticked("money"): 1,
        "none": 1,
        not_ticked("none"): 1,
        MISSING: 1,
    }


def test_a_ranking_tells_what_came_first_and_what_was_placed_at_all() -> None:
    tally = _tally(
        _payload(order=["b", "a"]), _payload(order=["b"]), _payload(order={"prefer_not": True})
    )
    assert _counts(tally, "order" + FIRST) == {"b": 2, "prefer_not": 1}
    placed = _counts(tally, "order")
    assert (placed["a"], placed["b"], placed[not_ticked("c")], placed[MISSING]) == (1, 2, 2, 1)


def test_numbers_and_months_fall_into_bands_that_no_answer_moves() -> None:
    tally = _tally(_payload(hours=9, since="2020-03"), _payload(hours=10, since="2026"))
    assert _counts(tally, "hours") == {"0-9": 1, "10-19": 1}
    assert _counts(tally, "since") == {"2020": 1, "2026": 1}
    assert dict(tally.numbers("hours")) == {9: 1, 10: 1}
    empty = next(t for t in _tally().tables() if t.keys == ("hours",))
    full = next(t for t in tally.tables() if t.keys == ("hours",))
    assert empty.variables == full.variables


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_every_number_between_two_bounds_has_one_band(low: int, width: int) -> None:
    bands = bands_between(low, low + width)
    assert len(bands) <= 8 or bands[0].low == bands[0].high
    for value in {low, low + width // 2, low + width}:
        assert sum(band.holds(value) for band in bands) == 1
    assert not any(band.holds(low - 1) or band.holds(low + width + 1) for band in bands)


@pytest.mark.parametrize(
    ("minimum", "maximum", "values"),
    [(None, None, (-5, 0, 3, 1000)), (0, None, (0, 1, 99, 100, 5000)), (3, None, (3, 4, 5, 200)),
     (None, 30, (-2, 0, 30)), (0, 0, (0,))],
)  # fmt: skip
def test_open_bounds_leave_no_number_without_a_band(
    minimum: int | None, maximum: int | None, values: tuple[int, ...]
) -> None:
    bands = bands_between(minimum, maximum)
    assert len({band.code for band in bands}) == len(bands)
    for value in values:
        assert sum(band.holds(value) for band in bands) == 1, value


def test_a_cross_holds_everybody_and_marks_where_nobody_can_be() -> None:
    payloads = [_payload(met="yes", how="3"), _payload(met="no"), _payload()]
    tally = _tally(*payloads, crosses=[("how", "met")])
    assert _counts(tally, "how", "met") == {
        ("3", "yes"): 1,
        (NOT_ASKED, "no"): 1,
        (NOT_ASKED, MISSING): 1,
    }
    table = next(t for t in tally.tables() if t.keys == ("how", "met"))
    assert ("1", "no") in table.zeros
    assert (MISSING, "prefer_not") in table.zeros
    assert ("1", "yes") not in table.zeros
    assert table.participants == 3


def test_what_decides_who_is_asked_is_known_to_the_table() -> None:
    variables = {one.key: one.variable for one in variables_of(_definition())}
    assert variables["how"].asked_of == Filter("met", frozenset({"yes"}))
    assert variables["how"].merges == ((("1", "2"), ("3",)), (("1", "2", "3"),))
    assert variables["needs"].exclusive == "none"
    assert "words" not in variables
    assert "count" not in variables


def test_a_profile_is_crossed_like_an_answer() -> None:
    assisted = _payload(met="no") | {"channel": "assisted"}
    tally = _tally(_payload(met="yes"), assisted, crosses=[("met", CHANNEL), ("met", LANGUAGE)])
    assert _counts(tally, "met", CHANNEL) == {("yes", "web"): 1, ("no", "assisted"): 1}
    assert _counts(tally, "met", LANGUAGE) == {("yes", "en"): 1, ("no", "en"): 1}
    assert ("met",) in {table.keys for table in tally.tables()}
    assert (CHANNEL,) not in {table.keys for table in tally.tables()}


@pytest.mark.parametrize("cross", [("met",), ("met", "met"), ("met", "words"), ("no", "met")])
def test_a_cross_of_what_is_not_counted_is_refused(cross: tuple[str, ...]) -> None:
    with pytest.raises(UnknownVariable):
        Plan.of(_definition(), [cross])


def test_an_older_version_is_counted_into_the_newer_ones_tables() -> None:
    new, old = _definition(key="met", version="2.0"), _definition(key="reached")
    plan = Plan.of(new, [("how", "met")])
    newer, older = CrossTally(new, plan), CrossTally(old, plan, renamed={"met": "reached"})
    newer.add(_payload(met="yes", how="1"))
    older.add(_payload(reached="yes", how="1"))
    assert _counts(newer + older, "how", "met") == {("1", "yes"): 2}
    apart = CrossTally(old, plan)
    apart.add(_payload(reached="yes", how="1"))
    assert _counts(newer + apart, "met") == {"yes": 1, NOT_ASKED: 1}


_ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "met": st.sampled_from(["yes", "no", "prefer_not"]),
        "needs": st.sampled_from([["time"], ["time", "money"], ["none"]]),
        "order": st.sampled_from([["a"], ["b", "c"]]),
        "hours": st.integers(0, 60),
        "how": st.sampled_from(["1", "2", "3"]),
    },
)


@given(st.lists(_ANSWERS, max_size=12), st.integers(0, 12))
def test_two_halves_are_the_whole_and_each_table_holds_everybody(
    answers: list[dict[str, Any]], cut: int
) -> None:
    crosses = [("how", "met"), ("needs", "met"), ("hours", "needs")]
    payloads = [_payload(**one) for one in answers]
    whole = list(_tally(*payloads, crosses=crosses).tables())
    halves = _tally(*payloads[:cut], crosses=crosses) + _tally(*payloads[cut:], crosses=crosses)
    assert list(halves.tables()) == whole
    assert {table.participants for table in whole} == {len(answers)}
