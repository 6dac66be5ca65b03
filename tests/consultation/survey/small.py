"""The smallest questionnaire that may be published, and what to change in it."""

from __future__ import annotations

from typing import Any

LANGUAGES = ("en", "fr")

Document = dict[str, Any]


def text(words: str) -> dict[str, str]:
    """A sentence in each language."""
    return {"en": words, "fr": f"{words} (fr)"}


def question(key: str, kind: str = "yes_no", codes: str = "", **more: Any) -> Document:
    """A question; an option whose code ends in ``!`` stands alone."""
    codes = codes or {"yes_no": "yes no prefer_not", "scale": "1 2 3 4 5"}.get(kind, "")
    options = [
        {"code": code.rstrip("!"), "label": text(code), "exclusive": code.endswith("!")}
        for code in codes.split()
    ]
    return {
        "key": key, "type": kind, "label": text(f"About {key}"), "hint": None, "options": options,
        "required": False, "condition": None, "sensitivity": "opinion", "headline": False,
        "permission": None, "max_length": None, "minimum": None, "maximum": None, **more,
    }  # fmt: skip


def row(grid: str, key: str, codes: str = "less same more", **more: Any) -> Document:
    shared = {"key": grid, "label": text(f"Each of {grid}")}
    return question(key, "single_choice", codes, **{"grid": shared, **more})


def page(key: str, *questions: Document, **more: Any) -> Document:
    return {
        "key": key,
        "title": text(f"Page {key}"),
        "note": None,
        "minutes": 1,
        "condition": None,
        "questions": list(questions),
        **more,
    }


AGE = page("age", question("adult", "age_check", "adult younger", required=True))
COUNT = question("count", "consent", "no yes", permission="count")
WORDS = question("words", "consent", "discard read reword quote", permission="words")
AUDIENCE = question("audience", "consent", "readers members public", permission="audience")
DESCRIBE = question("describe", "consent", "nothing broad broad_years", permission="describe")
CONSENT = page("consent", COUNT, WORDS, AUDIENCE)
SUPPORT = {"name": text("A peer worker"), "detail": text("Come in when we are open.")}


def whole(*sections: Document, **changes: Any) -> Document:
    """A whole document of these pages, and nothing before them."""
    return {
        "format": 1,
        "kind": "survey",
        "key": "small",
        "version": "0.1",
        "languages": list(LANGUAGES),
        "title": text("A small one"),
        "introduction": text("It takes a minute."),
        "duty": text("We may have to tell somebody if a child is hurt."),
        "support": [SUPPORT, SUPPORT],
        "next_steps": [text("We write down what we learned.")],
        "sections": list(sections),
        **changes,
    }


def survey(*sections: Document, **changes: Any) -> Document:
    """A questionnaire with these pages after the age check and what people agree to."""
    return whole(AGE, CONSENT, *sections, **changes)


def asking(*questions: Document, **changes: Any) -> Document:
    """A questionnaire with one page of questions."""
    return survey(page("one", *questions), **changes)


def equals(key: str, value: Any = "yes") -> Document:
    return {"==": [{"answer": key}, value]}


def both(*rules: Document) -> Document:
    return {"and": list(rules)}
