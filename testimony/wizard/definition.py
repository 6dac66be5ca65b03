"""A frozen definition: what a journey asks, in one canonical JSON document.

A call and a questionnaire version both compile to this. Everything that asks, checks,
reviews, prints, tallies or reads follows the same document, found by its digest. This
module is pure: no Django, no database, no clock.

Shape (``format`` 1)::

    {"format": 1, "kind": "call" | "survey", "key": str, "version": "major.minor",
     "languages": ["en", ...], "title": Text, "introduction": Text, "duty": Text | null,
     "support": [{"name": Text, "detail": Text}], "next_steps": [Text],
     "sections": [{"key": str, "title": Text, "note": Text | null, "minutes": int,
                   "condition": Rule | null, "support": bool, "questions": [Question, ...]}]}

    Text     = {language: str}, one entry for each language of the definition
    Question = {"key", "type", "label": Text, "hint": Text | null, "required": bool,
                "options": [{"code", "label": Text, "exclusive": bool}],
                "condition": Rule | null, "sensitivity": "opinion" | "experience" | "attribute",
                "headline": bool, "max_length": int | null, "minimum": int | null,
                "maximum": int | null, "permission": str | null,
                "grid": {"key": str, "label": Text} | null, "picks": int | null,
                "prefer_not": bool, "merge": [[code, ...], ...] | null}
    Rule     = {operator: [operand, ...]} (see ``routing``)

``duty`` is the sentence on the duty to report harm to a young person; it is shown before every
question that takes free text. A section that asks nothing is a *content note*: a page of its own
before a page that may be hard, with a way past it. ``permission`` names what a consent question
decides (``count``, ``words``, ``audience``, ``describe``) or, on a closed question about the
person, how far it may describe them: ``broad`` or ``years``.

``grid``, ``picks``, ``prefer_not``, ``merge`` and a section's ``support`` may be absent. The
answer to a ``ranking`` is the list of codes in order, at most ``picks`` of them; to a ``month``
it is ``YYYY-MM``, or ``YYYY`` where the month is not known, between the years ``minimum`` and
``maximum``. Rows of one ``grid`` stand together on one page and share their options.
``prefer_not`` gives a question without radio buttons a way out, whose answer is ``DECLINED``.
``merge`` is the order in which answers may be put together where numbers are small.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, TypeGuard

from testimony.vault import limits

FORMAT: Final = 1

KINDS: Final = ("call", "survey")
CHOICE_TYPES: Final = frozenset({"single_choice", "yes_no", "scale", "area", "age_check"})
MULTIPLE_TYPES: Final = frozenset({"multiple_choice"})
TEXT_TYPES: Final = frozenset({"short_text", "long_text"})
NUMBER_TYPES: Final = frozenset({"number"})
SILENT_TYPES: Final = frozenset({"information"})
CONSENT_TYPES: Final = frozenset({"consent"})
PICTURE_TYPES: Final = frozenset({"pictures"})
RANKING_TYPES: Final = frozenset({"ranking"})
MONTH_TYPES: Final = frozenset({"month"})
GRID_TYPES: Final = frozenset({"single_choice", "scale"})
DECLINABLE_TYPES: Final = TEXT_TYPES | NUMBER_TYPES | RANKING_TYPES | MONTH_TYPES
QUESTION_TYPES: Final = (
    CHOICE_TYPES
    | MULTIPLE_TYPES
    | TEXT_TYPES
    | NUMBER_TYPES
    | SILENT_TYPES
    | CONSENT_TYPES
    | PICTURE_TYPES
    | RANKING_TYPES
    | MONTH_TYPES
)
SENSITIVITIES: Final = ("opinion", "experience", "attribute")

MOST_PLACES: Final = 5
"""The most places a ranking asks for: more is a burden, and the last ones mean little."""

LONGEST_SPAN: Final = 130
"""The most years a question about a month may reach over: nobody remembers further."""

DECLINED: Final[Mapping[str, bool]] = MappingProxyType({"prefer_not": True})
"""The answer of a person who would rather not say, apart from no answer. Kept as a plain dict."""

AGE_ADULT: Final = "adult"
"""The code of the answer that lets an age check pass; every other code ends the journey."""


class DefinitionError(ValueError):
    """The document is not a definition this version can read. The message names the place."""


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in each language of a definition."""

    by_language: tuple[tuple[str, str], ...]

    def in_language(self, language: str) -> str:
        """The sentence in ``language``, or in the definition's first language."""
        for code, words in self.by_language:
            if code == language:
                return words
        return self.by_language[0][1]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer a person may pick. ``exclusive`` means it can't stand beside another."""

    code: str
    label: Text
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """What the rows of one grid share: the question above them."""

    key: str
    label: Text


@dataclass(frozen=True, slots=True)
class Question:
    """One question, with everything needed to ask, check, print and count it."""

    key: str
    type: str
    label: Text
    hint: Text | None
    options: tuple[Option, ...]
    required: bool
    condition: Mapping[str, Any] | None
    sensitivity: str
    headline: bool
    max_length: int | None
    minimum: int | None
    maximum: int | None
    permission: str | None
    grid: Grid | None = None
    picks: int | None = None
    prefer_not: bool = False
    merge: tuple[tuple[str, ...], ...] | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the answers can be counted."""
        return self.type in CHOICE_TYPES | MULTIPLE_TYPES and self.type != "age_check"

    @property
    def is_free_text(self) -> bool:
        return self.type in TEXT_TYPES

    @property
    def is_pictures(self) -> bool:
        return self.type in PICTURE_TYPES

    @property
    def is_multiple(self) -> bool:
        return self.type in MULTIPLE_TYPES

    @property
    def is_ranking(self) -> bool:
        return self.type in RANKING_TYPES

    @property
    def is_month(self) -> bool:
        return self.type in MONTH_TYPES

    @property
    def places(self) -> int:
        """How many places a ranking asks for; none for other questions."""
        return min(self.picks or len(self.options), MOST_PLACES) if self.is_ranking else 0

    @property
    def parts(self) -> tuple[str, ...]:
        """What follows the question's name in the names of its controls, where it has several."""
        parts = tuple(str(place) for place in range(1, self.places + 1))
        if self.is_month:
            parts = ("month", "year")
        return (*parts, "none") if self.prefer_not else parts

    @property
    def is_asked(self) -> bool:
        """Whether an answer is expected: an information panel asks nothing."""
        return self.type not in SILENT_TYPES

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(option.code for option in self.options)

    @property
    def text_limit(self) -> int:
        """The most characters (Unicode code points) a text answer may have."""
        ceiling = limits.LONG_TEXT if self.type == "long_text" else limits.SHORT_TEXT
        return min(self.max_length or ceiling, ceiling)

    def option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)


@dataclass(frozen=True, slots=True)
class Section:
    """One page: a topic, an optional content note, and its questions."""

    key: str
    title: Text
    note: Text | None
    minutes: int
    condition: Mapping[str, Any] | None
    questions: tuple[Question, ...]
    support: bool = False

    @property
    def is_age_check(self) -> bool:
        return any(question.type == "age_check" for question in self.questions)

    @property
    def is_note(self) -> bool:
        """Whether this page only prepares a person for the next one."""
        return not any(question.is_asked for question in self.questions)

    @property
    def may_be_skipped(self) -> bool:
        """Whether nothing on it must be answered."""
        return not any(
            question.required or question.type in CONSENT_TYPES | {"age_check"}
            for question in self.questions
        )

    @property
    def takes_text(self) -> bool:
        return any(question.is_free_text for question in self.questions)

    @property
    def takes_pictures(self) -> bool:
        return any(question.is_pictures for question in self.questions)


@dataclass(frozen=True, slots=True)
class Support:
    """Somebody to talk to: peer support and non-police options."""

    name: Text
    detail: Text


@dataclass(frozen=True)
class Definition:
    """A whole journey, immutable, with the digest that names it."""

    kind: str
    key: str
    version: str
    languages: tuple[str, ...]
    title: Text
    introduction: Text
    duty: Text | None
    support: tuple[Support, ...]
    next_steps: tuple[Text, ...]
    sections: tuple[Section, ...]
    canonical: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical).hexdigest()

    @cached_property
    def by_key(self) -> dict[str, Question]:
        return {question.key: question for question in self.questions()}

    @cached_property
    def section_by_key(self) -> dict[str, Section]:
        return {section.key: section for section in self.sections}

    def questions(self) -> Iterator[Question]:
        for section in self.sections:
            yield from section.questions

    def closed_questions(self) -> tuple[Question, ...]:
        return tuple(question for question in self.questions() if question.is_closed)

    def language_or_first(self, language: str) -> str:
        return language if language in self.languages else self.languages[0]


def canonical_json(document: Any) -> bytes:
    """Serialise to the one byte string that is hashed, sealed and compared.

    Keys sorted, no white space, UTF-8 without escapes, no NaN: the profile of RFC 8785
    for the value types used here (strings, integers, booleans, null, lists, objects).

    Raises:
        ValueError: for a float that JSON can't carry.
    """
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")


def parse(document: Mapping[str, Any]) -> Definition:
    """Read a definition from its JSON document.

    Raises:
        DefinitionError: naming the section or question that is wrong.
    """
    if document.get("format") != FORMAT:
        raise DefinitionError(f"This version reads definitions of format {FORMAT}.")
    kind = _word(document, "kind", "The definition")
    if kind not in KINDS:
        raise DefinitionError(f"The kind of a definition is one of {', '.join(KINDS)}.")
    languages = tuple(document.get("languages") or ())
    if not languages or not all(isinstance(code, str) and code for code in languages):
        raise DefinitionError("The definition names no language.")
    sections = tuple(_section(raw, languages) for raw in document.get("sections") or ())
    if not sections:
        raise DefinitionError("The definition has no section.")
    definition = Definition(
        kind=kind,
        key=_word(document, "key", "The definition"),
        version=_word(document, "version", "The definition"),
        languages=languages,
        title=_text(document.get("title"), languages, "The title"),
        introduction=_text(document.get("introduction"), languages, "The introduction"),
        duty=_optional_text(document.get("duty"), languages, "The duty to report"),
        support=tuple(
            Support(
                name=_text(item.get("name"), languages, "A support line"),
                detail=_text(item.get("detail"), languages, "A support line"),
            )
            for item in document.get("support") or ()
        ),
        next_steps=tuple(
            _text(item, languages, "A next step") for item in document.get("next_steps") or ()
        ),
        sections=sections,
        canonical=canonical_json(document),
    )
    _check_unique([section.key for section in sections], "section")
    _check_unique([question.key for question in definition.questions()], "question")
    _check_conditions(definition)
    _check_pictures(definition)
    _check_grids(definition)
    _check_parts(definition)
    return definition


def is_declined(answer: Any) -> bool:
    """Whether a person said that they would rather not say."""
    return isinstance(answer, Mapping) and answer == DECLINED


def answers_named(rule: Any) -> set[str]:
    """The keys of every question that a rule looks at, however deep."""
    found: set[str] = set()
    waiting = [rule]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if isinstance(part.get("answer"), str):
                found.add(part["answer"])
            else:
                waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def _check_conditions(definition: Definition) -> None:
    """A condition looks at earlier pages only: without script a page can't change as it is read."""
    earlier: set[str] = set()
    for section in definition.sections:
        for where, rule in (
            (f"Section “{section.key}”", section.condition),
            *((f"Question “{item.key}”", item.condition) for item in section.questions),
        ):
            for key in sorted(answers_named(rule) - earlier):
                raise DefinitionError(
                    f"{where} depends on “{key}”, which is not a question of an earlier page."
                )
        earlier |= {question.key for question in section.questions}


def _check_pictures(definition: Definition) -> None:
    """Pictures are asked for once, on a page of their own: what fails there loses no typed word."""
    pages = [section for section in definition.sections if section.takes_pictures]
    if len(pages) > 1:
        raise DefinitionError("Pictures are asked for on one page only.")
    for section in pages:
        if section is definition.sections[0]:
            raise DefinitionError("The first page can't ask for pictures.")
        if sum(question.is_asked for question in section.questions) > 1:
            raise DefinitionError(
                f"Section “{section.key}” asks for pictures, so it can't ask for anything else."
            )


def _check_grids(definition: Definition) -> None:
    """The rows of a grid stand together, on one page, with the same options and label."""
    ended: set[str] = set()
    for section in definition.sections:
        first: Question | None = None
        for question in section.questions:
            grid, open_grid = question.grid, first.grid if first else None
            if open_grid and (grid is None or grid.key != open_grid.key):
                ended.add(open_grid.key)
                first = None
            if grid is None:
                continue
            where = f"Question “{question.key}”"
            if question.type not in GRID_TYPES:
                raise DefinitionError(
                    f"{where} can't be a row of a grid: a row is a single choice or a scale."
                )
            if grid.key in ended:
                raise DefinitionError(
                    f"{where} stands apart from the other rows of the grid “{grid.key}”."
                )
            if first is None:
                first = question
            elif (question.type, question.codes) != (first.type, first.codes):
                raise DefinitionError(
                    f"{where} has other answers than the other rows of the grid “{grid.key}”."
                )
            elif grid != first.grid:
                raise DefinitionError(f"{where} names the grid “{grid.key}” in other words.")
        if first is not None and first.grid is not None:
            ended.add(first.grid.key)


def _check_parts(definition: Definition) -> None:
    """A control of one question never has the name of another question."""
    names = {question.key: question.key for question in definition.questions()}
    for question in definition.questions():
        for part in question.parts:
            name = f"{question.key}-{part}"
            if name in names:
                raise DefinitionError(
                    f"Question “{question.key}” needs the name “{name}”, "
                    f"which question “{names[name]}” has taken."
                )
            names[name] = question.key


def parse_canonical(canonical: bytes) -> Definition:
    """Read a definition from its canonical bytes, as stored and hashed.

    Raises:
        DefinitionError: when the bytes are not JSON, or not a definition.
    """
    try:
        document = json.loads(canonical)
    except ValueError as error:
        raise DefinitionError("The stored definition is not JSON.") from error
    if not isinstance(document, dict):
        raise DefinitionError("The stored definition is not a JSON object.")
    return parse(document)


def _section(raw: Mapping[str, Any], languages: tuple[str, ...]) -> Section:
    key = _word(raw, "key", "A section")
    where = f"Section “{key}”"
    return Section(
        key=key,
        title=_text(raw.get("title"), languages, f"{where}: the title"),
        note=_optional_text(raw.get("note"), languages, f"{where}: the content note"),
        minutes=int(raw.get("minutes") or 1),
        condition=raw.get("condition"),
        support=bool(raw.get("support", False)),
        questions=tuple(_question(item, languages) for item in raw.get("questions") or ()),
    )


def _question(raw: Mapping[str, Any], languages: tuple[str, ...]) -> Question:
    key = _word(raw, "key", "A question")
    where = f"Question “{key}”"
    kind = _word(raw, "type", where)
    if kind not in QUESTION_TYPES:
        raise DefinitionError(f"{where} has the unknown type “{kind}”.")
    options = tuple(
        Option(
            code=_word(item, "code", where),
            label=_text(item.get("label"), languages, f"{where}: an option"),
            exclusive=bool(item.get("exclusive", False)),
        )
        for item in raw.get("options") or ()
    )
    if kind in CHOICE_TYPES | MULTIPLE_TYPES | CONSENT_TYPES and len(options) < 2:
        raise DefinitionError(f"{where} needs at least two options.")
    _check_unique([option.code for option in options], f"option of {where}")
    if kind == "age_check" and AGE_ADULT not in {option.code for option in options}:
        raise DefinitionError(f"{where} needs an option with the code “{AGE_ADULT}”.")
    sensitivity = raw.get("sensitivity") or "opinion"
    if sensitivity not in SENSITIVITIES:
        raise DefinitionError(f"{where} has the unknown sensitivity “{sensitivity}”.")
    codes = {option.code for option in options}
    _check_answerable(raw, kind, codes, where)
    return Question(
        key=key,
        type=kind,
        label=_text(raw.get("label"), languages, f"{where}: the label"),
        hint=_optional_text(raw.get("hint"), languages, f"{where}: the hint"),
        options=options,
        required=bool(raw.get("required", False)),
        condition=raw.get("condition"),
        sensitivity=sensitivity,
        headline=bool(raw.get("headline", False)),
        max_length=raw.get("max_length"),
        minimum=raw.get("minimum"),
        maximum=raw.get("maximum"),
        permission=raw.get("permission"),
        grid=_grid(raw.get("grid"), languages, where),
        picks=raw.get("picks"),
        prefer_not=bool(raw.get("prefer_not", False)),
        merge=_merge(raw.get("merge"), kind, codes, where),
    )


def _check_answerable(raw: Mapping[str, Any], kind: str, codes: set[str], where: str) -> None:
    """What a ranking, a month and a way out need to be asked at all."""
    picks = raw.get("picks")
    if kind in RANKING_TYPES:
        if len(codes) < 2:
            raise DefinitionError(f"{where} needs at least two options.")
        if "prefer_not" in codes:
            raise DefinitionError(f"{where} ranks “prefer_not”, which is a way out, not a place.")
        most = min(len(codes), MOST_PLACES)
        if picks is not None and not (_is_whole(picks) and 1 <= picks <= most):
            raise DefinitionError(f"{where} asks for 1 to {most} places.")
    elif picks is not None:
        raise DefinitionError(f"{where} has places to pick, but is not a ranking.")
    if kind in MONTH_TYPES:
        first, last = raw.get("minimum"), raw.get("maximum")
        if not (_is_year(first) and _is_year(last)):
            raise DefinitionError(f"{where} needs the first and the last year it asks about.")
        if first > last:
            raise DefinitionError(f"{where} has a first year after its last year.")
        if last - first > LONGEST_SPAN:
            raise DefinitionError(f"{where} reaches over more than {LONGEST_SPAN} years.")
    if kind in MONTH_TYPES | TEXT_TYPES | NUMBER_TYPES and codes:
        raise DefinitionError(f"{where} takes no options.")
    if raw.get("prefer_not") and kind not in DECLINABLE_TYPES:
        raise DefinitionError(
            f"{where} can't have the way out “prefer_not”: give it an option with that code."
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_year(value: Any) -> TypeGuard[int]:
    return _is_whole(value) and 1000 <= value <= 9999


def _grid(raw: Any, languages: tuple[str, ...], where: str) -> Grid | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise DefinitionError(f"{where} names its grid in the wrong way.")
    return Grid(
        key=_word(raw, "key", f"{where}: the grid"),
        label=_text(raw.get("label"), languages, f"{where}: the label of the grid"),
    )


def _merge(raw: Any, kind: str, codes: set[str], where: str) -> tuple[tuple[str, ...], ...] | None:
    if raw is None:
        return None
    if kind not in CHOICE_TYPES | MULTIPLE_TYPES | RANKING_TYPES:
        raise DefinitionError(f"{where} has no answers that could be put together.")
    if not isinstance(raw, list) or not all(isinstance(item, list) for item in raw):
        raise DefinitionError(f"{where}: the answers to put together stand in a list of lists.")
    for group in raw:
        if len(group) < 2:
            raise DefinitionError(f"{where} puts fewer than two answers together.")
        for code in group:
            if code not in codes:
                raise DefinitionError(f"{where} puts together “{code}”, which it doesn't offer.")
    return tuple(tuple(group) for group in raw)


def _word(raw: Mapping[str, Any], name: str, where: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise DefinitionError(f"{where} has no {name}.")
    return value


def _text(raw: Any, languages: tuple[str, ...], where: str) -> Text:
    if not isinstance(raw, Mapping):
        raise DefinitionError(f"{where} is missing.")
    missing = [code for code in languages if not raw.get(code)]
    if missing:
        raise DefinitionError(f"{where} is missing in: {', '.join(missing)}.")
    return Text(by_language=tuple((code, str(raw[code])) for code in languages))


def _optional_text(raw: Any, languages: tuple[str, ...], where: str) -> Text | None:
    return None if raw is None else _text(raw, languages, where)


def _check_unique(keys: list[str], what: str) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise DefinitionError(f"Two of the same {what}: “{key}”.")
        seen.add(key)
