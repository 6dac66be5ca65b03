"""A questionnaire as a JSON file: to carry it elsewhere, and to take one in without trusting it.

What is taken in becomes a draft, so it may be unfinished; it may not have a wrong shape, names
that our data can't hold, or anything that the editor would drop (``not_kept``).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from consultation.survey.questionnaire import compile_document, written_from
from consultation.survey.schema import draft_problems
from testimony.wizard.definition import FORMAT

SCHEMA_ADDRESS: Final = "/schemas/definition-1.json"
"""Where every installation serves the JSON Schema of this format; the schema names itself so."""

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_QUESTIONS: Final = 1000
MOST_OPTIONS: Final = 500
LONGEST_TITLE: Final = 120
LONGEST_LANGUAGES: Final = 60
MOST_SAID: Final = 5

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z]+)?")
_DEFAULTS: Final = {"sensitivity": "opinion", "minutes": 1}
_APART: Final = frozenset({"key", "version"})


class ExchangeError(ValueError):
    """The file is not a questionnaire that can be taken in. The message says why."""


def to_json(document: Mapping[str, Any]) -> bytes:
    """The document as people can read and compare it: indented, keys sorted."""
    return (
        json.dumps(
            {**document, "$schema": SCHEMA_ADDRESS},
            sort_keys=True,
            indent=2,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    ).encode()


def from_json(data: bytes) -> dict[str, Any]:
    """Read a document, and check that an editor can go on writing it.

    Raises:
        ExchangeError: with a sentence for the person who brought the file.
    """
    if len(data) > MOST_BYTES:
        raise ExchangeError(_("The file is larger than 4 MiB."))
    try:
        document = json.loads(
            data.decode("utf-8-sig"), parse_constant=_refuse, object_pairs_hook=_once
        )
    except ExchangeError:
        raise
    except (ValueError, RecursionError) as error:
        raise ExchangeError(_("The file is not JSON.")) from error
    if not isinstance(document, dict):
        raise ExchangeError(_("The file does not hold one questionnaire."))
    document.pop("$schema", None)
    _check_kind(document)
    try:
        problems = draft_problems(document)
    except RecursionError as error:
        raise ExchangeError(_("A part of the questionnaire has the wrong shape.")) from error
    if problems:
        said = " ".join(problems[:MOST_SAID])
        raise ExchangeError(
            _("A part of the questionnaire has the wrong shape. %(places)s") % {"places": said}
        )
    check_can_be_kept(document)
    return document


def check_can_be_kept(document: Mapping[str, Any]) -> None:
    """Whether a draft can hold this document at all.

    Raises:
        ExchangeError: for its size, its names, its languages, or letters no database takes.
    """
    questions = [question for section in document["sections"] for question in _questions(section)]
    if len(questions) > MOST_QUESTIONS:
        raise ExchangeError(_("There are more than 1,000 questions."))
    if any(len(question.get("options") or ()) > MOST_OPTIONS for question in questions):
        raise ExchangeError(_("A question has more than 500 answers to pick."))
    languages = document["languages"]
    if not languages or not all(_LANGUAGE.fullmatch(code) for code in languages):
        raise ExchangeError(_("The languages are codes, such as en or fr."))
    if len(",".join(languages)) > LONGEST_LANGUAGES:
        raise ExchangeError(_("There are more languages than one questionnaire holds."))
    if any(len(words) > LONGEST_TITLE for words in document["title"].values()):
        raise ExchangeError(_("The title is longer than 120 letters."))
    for kind, names in _names(document, questions):
        _check_names(kind, names)
    try:
        written = json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ExchangeError(_("A word in the file holds a letter that can’t be kept.")) from error
    if b"\\u0000" in written:
        raise ExchangeError(_("A word in the file holds a letter that can’t be kept."))


def not_kept(document: Mapping[str, Any]) -> list[str]:
    """The places of a document that a draft made from it would say differently, or not at all."""
    kept = compile_document(written_from(document), version=str(document["version"]))
    return list(_differing(document, kept, ()))


def _check_kind(document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise ExchangeError(
            _("Only definitions of format %(number)s can be read.") % {"number": FORMAT}
        )
    if document.get("kind") == "call":
        raise ExchangeError(_("The file holds a call for testimony, not a questionnaire."))


def _questions(section: Mapping[str, Any]) -> list[dict[str, Any]]:
    return section.get("questions") or []


def _names(
    document: Mapping[str, Any], questions: list[dict[str, Any]]
) -> Iterator[tuple[str, list[str]]]:
    yield _("page"), [section["key"] for section in document["sections"]]
    yield _("question"), [question["key"] for question in questions]
    for question in questions:
        codes = [option["code"] for option in question.get("options") or ()]
        yield _("answer to “%(question)s”") % {"question": question["key"]}, codes


def _check_names(kind: str, names: list[str]) -> None:
    for name, times in Counter(names).items():
        about = {"kind": kind, "name": name[:60]}
        if not _NAME.fullmatch(name):
            raise ExchangeError(
                _("Names are small letters, digits and _. This %(kind)s has another: “%(name)s”.")
                % about
            )
        if times > 1:
            raise ExchangeError(_("Two of the same %(kind)s: “%(name)s”.") % about)


def _differing(given: Any, kept: Any, place: tuple[str, ...]) -> Iterator[str]:
    """Where two documents differ, apart from what says nothing (no value, or the usual one)."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for name in {**given, **kept}:
            if place or name not in _APART:
                usual = _DEFAULTS.get(name)
                inside = (given.get(name) or usual, kept.get(name) or usual)
                yield from _differing(*inside, (*place, name))
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, inside in enumerate(zip(given, kept, strict=True)):
            yield from _differing(*inside, (*place, str(number)))
    elif given != kept and (given or kept):
        yield "/".join(place)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = Counter(name for name, _value in pairs).most_common(1)[0][0]
        raise ExchangeError(
            _("The name “%(name)s” stands twice in one place.") % {"name": name[:60]}
        )
    return found


def _refuse(name: str) -> None:
    raise ValueError(name)
