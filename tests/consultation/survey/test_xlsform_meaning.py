"""A questionnaire means the same in a workbook: judged by lxml's XPath, which knows nothing of us.

XLSForm's conditions are XPath 1.0 with two functions more. Here they are evaluated as XPath over
an XML of answers, as form clients do it, and compared with our rules over the same answers.
"""

import io
import itertools
import json
import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from consultation.survey import exchange
from consultation.survey.questionnaire import compile_document, written_from
from consultation.survey.xlsform import reading
from consultation.survey.xlsform.expressions import ExpressionError, Known, parse, rule_of
from consultation.survey.xlsform.writing import write_workbook
from testimony.wizard.routing import Circumstances, holds
from tests.consultation.survey import small
from tests.consultation.survey.definitions import documents

SLOW = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
ABOUT = Circumstances()

KNOWN = {
    "one": Known("one", "single_choice", {"a": "a", "b": "b", "c": "c"}),
    "lots": Known("lots", "multiple_choice", {"a": "a", "b": "b", "c": "c"}),
    "level": Known("level", "scale", {"1": "p1", "2": "p2", "3": "p3"}),
    "count": Known("count", "number", {}),
    "words": Known("words", "short_text", {}),
}
ANSWERS = {
    "one": [None, "a", "b"],
    "lots": [[], ["a"], ["a", "b"], ["c"]],
    "level": [None, "p1", "p3"],
    "count": [None, 0, 2, 3],
    "words": [None, "a", "b c"],
}
VALUES = {"p1": "1", "p2": "2", "p3": "3"}


def _selected(_context, nodes, value):
    return value in _string(nodes).split(" ")


def _count_selected(_context, nodes):
    return float(len(_string(nodes).split()))


def _string(nodes):
    return (nodes[0].text or "") if nodes else ""


FUNCTIONS = {(None, "selected"): _selected, (None, "count-selected"): _count_selected}


def xpath_holds(expression, answers):
    """Whether a form client shows the question: the expression over an XML of the answers."""
    root = etree.Element("data")
    for name, answer in answers.items():
        values = answer if isinstance(answer, list) else [answer] if answer is not None else []
        etree.SubElement(root, name).text = " ".join(
            VALUES.get(value, str(value)) for value in values
        )
    path = re.sub(r"\$\{(\w+)\}", r"/data/\1", expression)
    return bool(etree.XPath(f"boolean({path})", extensions=FUNCTIONS)(root))


def combinations(names, answers=ANSWERS):
    for picked in itertools.product(*(answers[name] for name in names)):
        yield dict(zip(names, picked, strict=True))


EXPRESSIONS = st.recursive(
    st.one_of(
        st.builds("${{{0}}} {1} '{2}'".format, st.sampled_from(["one", "lots"]),
                  st.sampled_from(["=", "!="]), st.sampled_from("abc")),
        st.builds("'{1}' {0} ${{one}}".format, st.sampled_from(["=", "!="]), st.sampled_from("ab")),
        st.builds("${{{0}}} {1} {2}".format, st.sampled_from(["count", "level"]),
                  st.sampled_from(["<", "<=", ">", ">="]),
                  st.sampled_from(["0", "2", "1.5", "-1"])),
        st.builds("2 {0} ${{count}}".format, st.sampled_from(["<", "<=", ">", ">=", "=", "!="])),
        st.builds("count-selected(${{lots}}) {0} {1}".format,
                  st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), st.integers(0, 2)),
        st.builds("selected(${{{0}}}, '{1}')".format, st.sampled_from(["one", "lots"]),
                  st.sampled_from("abc")),
        st.builds("${{{0}}} {1} ''".format, st.sampled_from(sorted(KNOWN)),
                  st.sampled_from(["=", "!="])),
        st.builds("string-length(${{words}}) {0}".format, st.sampled_from(["> 0", "= 0", "< 1"])),
        st.builds("${{words}} {0} 'a'".format, st.sampled_from(["=", "!="])),
    ),
    lambda inner: st.one_of(
        st.builds("({0} and {1})".format, inner, inner),
        st.builds("{0} or {1}".format, inner, inner),
        st.builds("not({0})".format, inner),
    ),
    max_leaves=4,
)  # fmt: skip


@settings(derandomize=True, max_examples=250, **SLOW)
@given(EXPRESSIONS)
def test_a_condition_that_comes_in_holds_for_the_same_answers(expression):
    rule = rule_of(parse(expression), KNOWN)
    names = sorted(set(re.findall(r"\$\{(\w+)\}", expression)))
    for answers in combinations(names):
        assert holds(rule, answers, ABOUT) == xpath_holds(expression, answers), (rule, answers)


@pytest.mark.parametrize(
    "expression",
    [
        "${one} = ${words}", "${nobody} = 'a'", "today() > '2026-01-01'", "pulldata('a', 'b')",
        "regex(${words}, 'a+')", "${count} + 1 > 2", "${count} = 2.5", "${count} > 'many'",
        "selected(${words}, 'a')", "../one = 'a'", "${lots} > 1", "coalesce(${one}, 'a') = 'a'",
        "${one}", "true()", "${one} = 'A'", "", "and", "${one} = 'a' and", "${one} = = 'a'",
        "1 = 1", "position(..) = 1", "${one} = 'a", "jr:choice-name(${one}, '${one}') = 'x'",
        "${count} < 1 < 2", "not(${one} = 'a', 1)", "if(${one} = 'a', 1, 0) = 1",
    ],
)  # fmt: skip
def test_what_no_rule_can_say_is_refused_and_never_guessed(expression):
    with pytest.raises(ExpressionError):
        rule_of(parse(expression), KNOWN)


def relevants(data):
    """Each question and page of a written workbook by its name, with its condition."""
    sheet = load_workbook(io.BytesIO(data))["survey"]
    heads = [cell.value for cell in sheet[1]]
    for line in sheet.iter_rows(min_row=2, values_only=True):
        row = dict(zip(heads, line, strict=True))
        if row["name"]:
            yield row["name"], row.get("relevant") or ""


def possible(question):
    codes = [option["code"] for option in question["options"]]
    if question["type"] in ("multiple_choice", "ranking"):
        return [[], *([code] for code in codes[:3]), codes[:2]]
    if question["type"] == "number":
        return [None, 0, 1, 3]
    return [None, *(codes[:4] or ["written"])]


@pytest.mark.parametrize(
    "expression",
    ["${count} = '1e3000000'", "${count} > '1e400000'", "${level} > 'nan'", "${level} < 'inf'",
     "${count} = '" + "9" * 400 + "'"],
)  # fmt: skip
def test_a_number_that_is_no_row_of_digits_is_refused_at_once(expression):
    with pytest.raises(ExpressionError):
        rule_of(parse(expression), KNOWN)


@pytest.mark.parametrize(
    "rule", [{"==": [{"answer": "a"}]}, {"==": []}, {"not": []}, {"not": [{}]}]
)
def test_a_half_written_rule_goes_out_and_comes_back(rule):
    document = small.survey(small.page("p", small.question("b")))
    document["sections"][-1]["questions"][0]["condition"] = rule
    assert reading.read_workbook(write_workbook(document)).document is not None


@settings(derandomize=True, max_examples=30, **SLOW)
@given(documents())
def test_a_condition_that_goes_out_holds_for_the_same_answers(document):
    written = dict(relevants(write_workbook(document)))
    asked = {q["key"]: q for section in document["sections"] for q in section["questions"]}
    answers = {key: possible(question) for key, question in asked.items()}
    checked = 0
    for key, question in asked.items():
        expression = written[key]
        names = sorted(set(re.findall(r"\$\{(\w+)\}", expression)))
        if len(names) > 4:
            continue
        for given_answers in combinations(names, answers):
            checked += 1
            wanted = holds(question["condition"], given_answers, ABOUT)
            got = xpath_holds(expression, given_answers) if expression else True
            assert wanted == got, (expression, question["condition"], given_answers)
    assume(checked)


@settings(derandomize=True, max_examples=30, **SLOW)
@given(documents())
def test_any_questionnaire_goes_out_and_in_the_same_and_pyxform_takes_it(document):
    data = write_workbook(document)
    found = reading.read_workbook(data)
    assert found.problems == ()
    assert found.warnings == ()
    assert found.document == document
    assert convert(io.BytesIO(data), file_type=".xlsx", validate=False).warnings == []


@settings(derandomize=True, max_examples=20, **SLOW)
@given(documents())
def test_what_only_our_own_sheet_knows_is_all_that_another_tool_loses(document):
    book = load_workbook(io.BytesIO(write_workbook(document)))
    del book[reading.EXTRAS]
    held = io.BytesIO()
    book.save(held)
    found = reading.read_workbook(held.getvalue(), first_language=document["languages"][0])
    given_asked = [q for section in document["sections"] for q in section["questions"]]
    asked = {q["key"]: q for section in found.document["sections"] for q in section["questions"]}
    for question in given_asked:
        back = asked[question["key"]]
        assert back["label"] == {code: _as_read(words) for code, words in question["label"].items()}
        codes = [option["code"] for option in question["options"]]
        assert [option["code"] for option in back["options"]][: len(codes)] == codes
        assert back["required"] == (question["required"] and question["type"] != "information")
        assert (back["minimum"], back["maximum"]) == (question["minimum"], question["maximum"])
        assert back["max_length"] == question["max_length"]


def _as_read(words):
    return words.replace("\x01", "").replace("${", "$\u2060{").strip()


@settings(derandomize=True, max_examples=30, **SLOW)
@given(documents())
def test_json_goes_out_and_in_exactly_the_same(document):
    assert exchange.from_json(exchange.to_json(document)) == document


@settings(derandomize=True, max_examples=30, **SLOW)
@given(documents())
def test_a_draft_is_compared_with_what_came_in(document):
    kept = compile_document(written_from(document), version="1.0")
    lost = exchange.not_kept(document)
    assert bool(lost) == (json.dumps(_plain(kept)) != json.dumps(_plain(document)))


def _plain(value):
    """A document without what says nothing, in one order."""
    if isinstance(value, dict):
        said = {name: _plain(inside) for name, inside in sorted(value.items()) if inside}
        return {name: inside for name, inside in said.items() if inside}
    if isinstance(value, list):
        return [_plain(inside) for inside in value]
    return value
