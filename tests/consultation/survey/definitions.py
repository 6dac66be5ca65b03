"""Questionnaires made up by Hypothesis: every type, three languages, rules over earlier pages."""

from hypothesis import strategies as st

LETTERS = "ab'\"$ {}<>&%=+-@é’\n\x01\u0639\u200f\u0627"
LANGUAGES = ("en", "fr", "ar")
CODES = ("a", "b2", "none", "prefer_not", "c_d", "yes", "no")
TYPES = (
    "short_text", "long_text", "single_choice", "multiple_choice", "yes_no", "scale", "area",
    "number", "month", "ranking", "consent", "information", "age_check",
)  # fmt: skip
SINGLE = ("single_choice", "yes_no", "scale", "area", "consent", "age_check")


def texts(languages):
    words = st.text(LETTERS, max_size=8).map(lambda word: f"{word}x")
    return st.fixed_dictionaries(dict.fromkeys(languages, words))


@st.composite
def documents(draw, languages=None):
    """A document of a definition as an editor's questionnaire compiles to it."""
    languages = languages or draw(st.permutations(LANGUAGES))[: draw(st.integers(1, 3))]
    text = texts(languages)
    earlier = []
    numbers = iter(range(1000))
    sections = []
    for page in range(draw(st.integers(1, 4))):
        questions = []
        for _count in range(draw(st.integers(1, 3))):
            questions += draw(_asked(text, earlier, numbers))
        sections.append(
            {
                "key": draw(st.sampled_from([f"page_{page}", f"meta_{page}", f"q{page}"])),
                "title": draw(text),
                "note": draw(st.none() | text),
                "minutes": draw(st.integers(1, 9)),
                "condition": draw(rules(earlier)),
                "questions": questions,
            }
        )
        earlier = [*earlier, *(question for question in questions)]
    return {
        "format": 1, "kind": "survey", "key": "made-up", "version": "1.0",
        "languages": list(languages), "title": draw(text), "introduction": draw(text),
        "duty": draw(st.none() | text), "next_steps": draw(st.lists(text, max_size=2)),
        "support": [{"name": draw(text), "detail": draw(text)}], "sections": sections,
    }  # fmt: skip


@st.composite
def _asked(draw, text, earlier, numbers):
    kind = draw(st.sampled_from(TYPES))
    condition = draw(rules(earlier))
    if kind in ("single_choice", "scale") and draw(st.booleans()):
        shared = draw(_question(kind, text, condition, numbers)) | {"hint": None}
        grid = {"key": f"g{next(numbers)}", "label": draw(text)}
        return [
            {**shared, "key": f"q{next(numbers)}", "label": draw(text), "grid": grid}
            for _row in range(draw(st.integers(1, 3)))
        ]
    return [draw(_question(kind, text, condition, numbers))]


@st.composite
def _question(draw, kind, text, condition, numbers):
    question = {
        "key": f"q{next(numbers)}", "type": kind, "label": draw(text),
        "hint": draw(st.none() | text), "options": [], "required": draw(st.booleans()),
        "condition": condition, "sensitivity": draw(st.sampled_from(["opinion", "attribute"])),
        "headline": draw(st.booleans()), "permission": draw(st.sampled_from([None, "count"])),
        "max_length": None, "minimum": None, "maximum": None,
    }  # fmt: skip
    if kind in ("short_text", "long_text"):
        question["max_length"] = draw(st.none() | st.integers(1, 500))
    elif kind == "number":
        question["minimum"] = draw(st.none() | st.integers(-5, 5))
        question["maximum"] = draw(st.none() | st.integers(6, 500))
    elif kind == "month":
        question["minimum"], question["maximum"] = draw(st.integers(1900, 1950)), 2026
    elif kind != "information":
        codes = draw(st.lists(st.sampled_from(CODES), min_size=2, max_size=5, unique=True))
        if kind == "ranking":
            codes = ["a", "b2", "c_d"]
            question["picks"] = 2
        question["options"] = [
            {
                "code": code,
                "label": draw(text),
                "exclusive": kind == "multiple_choice" and draw(st.booleans()),
            }
            for code in codes
        ]
    return question


def rules(earlier):
    """A rule over the questions of earlier pages, or none."""
    asked = [question for question in earlier if question["type"] in (*SINGLE, *_OTHERS)]
    if not asked:
        return st.none()
    single = st.sampled_from(asked).flatmap(_test)
    return st.none() | st.recursive(
        single,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"and": parts}),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"or": parts}),
            inner.map(lambda part: {"not": [part]}),
        ),
        max_leaves=4,
    )


_OTHERS = ("multiple_choice", "ranking", "number", "short_text")


def _test(question):
    answer, kind = {"answer": question["key"]}, question["type"]
    whole = st.integers(-1, 4)
    if kind == "number":
        return st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), whole).map(
            lambda said: {said[0]: [answer, said[1]]}
        )
    if kind == "short_text":
        return st.just({"!=": [answer, ""]})
    codes = [option["code"] for option in question["options"]]
    some = st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True)
    code = st.sampled_from(codes)
    if kind in ("multiple_choice", "ranking"):
        return st.one_of(
            code.map(lambda one: {"in": [one, answer]}),
            some.map(lambda several: {"any-in": [answer, several]}),
            some.map(lambda several: {"all-in": [several, answer]}),
            st.tuples(st.sampled_from(["==", "!=", "<", ">="]), whole).map(
                lambda said: {said[0]: [{"count": answer}, said[1]]}
            ),
        )
    return st.one_of(
        code.map(lambda one: {"==": [answer, one]}),
        code.map(lambda one: {"!=": [answer, one]}),
        some.map(lambda several: {"in": [answer, several]}),
    )
