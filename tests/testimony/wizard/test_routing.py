from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testimony.wizard import definition as definitions
from testimony.wizard import routing
from testimony.wizard.routing import Circumstances, RuleError
from tests.factories import document

HERE = Circumstances(language="en", channel="web")
SURVEY = definitions.parse(document("survey"))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, True),
        ({"==": [{"answer": "a"}, "x"]}, True),
        ({"!=": [{"answer": "a"}, "x"]}, False),
        ({"in": [{"answer": "a"}, ["x", "y"]]}, True),
        ({"any-in": [{"answer": "m"}, ["q", "p"]]}, True),
        ({"all-in": [{"answer": "m"}, ["p", "r"]]}, True),
        ({"==": [{"count": {"answer": "m"}}, 2]}, True),
        ({"<": [{"answer": "n"}, 4]}, True),
        ({">=": [{"answer": "n"}, 4]}, False),
        ({"and": [{"==": [{"answer": "a"}, "x"]}, {"==": [{"language": []}, "en"]}]}, True),
        ({"or": [{"==": [{"answer": "a"}, "z"]}, {"==": [{"channel": []}, "web"]}]}, True),
        ({"not": [{"==": [{"answer": "a"}, "x"]}]}, False),
        ({"==": [{"answer": "gone"}, "x"]}, False),
        ({"!=": [{"answer": "gone"}, "x"]}, False),
        ({"<": [{"answer": "a"}, 4]}, False),
    ],
)
def test_rules(rule: Any, expected: bool) -> None:
    answers = {"a": "x", "m": ["p", "r"], "n": 3}
    assert routing.holds(rule, answers, HERE) is expected


@pytest.mark.parametrize(
    "rule", [{"xor": [1, 2]}, {"==": 1}, {"a": [], "b": []}, {"==": [{"x": 1}, 1]}]
)
def test_a_rule_of_another_shape_is_refused(rule: Any) -> None:
    with pytest.raises(RuleError):
        routing.holds(rule, {}, HERE)


def _answers() -> st.SearchStrategy[dict[str, Any]]:
    def one(question: definitions.Question) -> st.SearchStrategy[Any]:
        if question.is_multiple:
            return st.none() | st.lists(st.sampled_from(question.codes), unique=True)
        if question.options:
            return st.none() | st.sampled_from(question.codes)
        return st.none() | st.text(max_size=5)

    return st.fixed_dictionaries({q.key: one(q) for q in SURVEY.questions()})


@given(_answers())
def test_what_is_kept_lies_on_the_path_and_keeping_twice_changes_nothing(
    answers: dict[str, Any],
) -> None:
    kept = routing.on_path(SURVEY, answers, HERE)
    assert routing.on_path(SURVEY, kept, HERE) == kept
    if answers["would_call"] != "no":
        assert "why_not" not in kept


def test_the_page_on_calling_is_met_only_by_those_who_would_not() -> None:
    keys = [s.key for s in routing.path(SURVEY, {"would_call": "no"}, HERE)]
    assert "calling" in keys
    assert "calling" not in [s.key for s in routing.path(SURVEY, {}, HERE)]


def test_the_answers_a_rule_names_are_found_however_deep_it_is() -> None:
    rule: dict[str, object] = {"==": [{"answer": "met"}, "yes"]}
    for _level in range(5000):
        rule = {"not": [rule]}
    assert definitions.answers_named({"and": [rule, {"in": [{"answer": "how"}, ["1"]]}]}) == {
        "met",
        "how",
    }
