"""A definition as it stands on paper: its pages, questions and choices, with boxes to write in.

The paper is a projection of the frozen definition, as the journey is: the same pages, notes and
choices, in the same order. Paper can't turn its own pages, so a condition is said in words, with
the numbers of the questions it looks at. Whoever types a paper in does so for somebody else, so a
rule on the language or on how an answer comes in is settled here: what could never be met from
paper is not printed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, groupby
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from testimony.paper.cleaning import clean
from testimony.wizard import routing
from testimony.wizard.definition import (
    CONSENT_TYPES,
    Definition,
    Option,
    Question,
    Section,
    Text,
)
from testimony.wizard.routing import Circumstances

LONG_LINES: Final = 13
_SHORT_TEXT_OF_ONE_LINE: Final = 80
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLACES: Final = (
    gettext_lazy("First"),
    gettext_lazy("Second"),
    gettext_lazy("Third"),
    gettext_lazy("Fourth"),
    gettext_lazy("Fifth"),
)

# Measures of a page, for what stands side by side on it.
_MOST_IN_A_ROW: Final = 7
_ROW_OF_LETTERS: Final = 64
_BESIDE_EACH: Final = 6
_ROOM_FOR_COLUMNS: Final = 108.0
_LETTER_WIDE: Final = {False: 1.9, True: 2.9}
_AROUND_A_COLUMN: Final = 4.0
_MANY_OPTIONS: Final = 12


@dataclass(frozen=True, slots=True)
class PaperOption:
    """One choice. ``letter`` stands for it in a ranking; ``is_alone`` can't go with another."""

    label: str
    code: str
    letter: str = ""
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class PaperQuestion:
    """A question as it stands on paper. ``number`` is empty for a panel that asks nothing.

    ``kind`` says what to draw: ``panel``, ``ticks``, ``ranking``, ``month``, ``number``, ``text``
    or ``pictures``. ``how`` says how to answer, and ends with ``must``, which a row of a grid says
    by itself.
    """

    kind: str
    number: str
    key: str
    label: str
    hint: str
    condition: str
    how: str
    must: str
    options: tuple[PaperOption, ...] = ()
    is_multiple: bool = False
    is_in_row: bool = False
    has_columns: bool = False
    lines: range = range(0)
    places: tuple[str, ...] = ()
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class PaperGrid:
    """Rows that share a sentence and their choices: a table, where it fits the page."""

    label: str
    how: str
    options: tuple[PaperOption, ...]
    rows: tuple[PaperQuestion, ...]
    is_table: bool
    kind: str = "grid"


@dataclass(frozen=True, slots=True)
class PaperSection:
    """One page of the journey. ``support`` says whether the people to talk to stand on it."""

    title: str
    note: str
    condition: str
    minutes: int
    duty: str
    is_age_check: bool
    is_note: bool
    may_be_skipped: bool
    support: bool
    blocks: tuple[PaperQuestion | PaperGrid, ...]

    @property
    def questions(self) -> tuple[PaperQuestion, ...]:
        """Every question on it, the rows of its grids among them."""
        return tuple(
            question
            for block in self.blocks
            for question in (block.rows if isinstance(block, PaperGrid) else (block,))
        )


def sections_of(
    definition: Definition,
    language: str,
    *,
    covered: Collection[int] | None = None,
    is_large: bool = False,
) -> tuple[PaperSection, ...]:
    """Every page of a definition that paper can hold, with its questions numbered through.

    What is asked is in ``language``; what we say about it is in the language that is active.
    ``covered`` are the code points that can be printed.
    """
    say = Sayer(language, covered)
    words = Conditions(definition, Circumstances(language, "assisted"), say)
    kept = words.on_paper()
    return tuple(
        _section(section, questions, words, definition.duty, is_large=is_large)
        for section, questions in kept
    )


class Sayer:
    """Texts of a definition in one language, fit for paper. No text says nothing."""

    def __init__(self, language: str, covered: Collection[int] | None = None) -> None:
        self._language = language
        self._covered = covered

    def __call__(self, text: Text | None) -> str:
        return "" if text is None else clean(text.in_language(self._language), self._covered)


# Conditions, in words.


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition in words. ``joins`` is the operator that its parts are joined by, if any."""

    words: str
    joins: str = ""

    def inside(self, name: str) -> str:
        """The words, held together where they stand among others joined differently."""
        return f"({self.words})" if self.joins and self.joins != name else self.words


_UNSAYABLE: Final = Clause("")
_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_OTHER_JOIN: Final = {"and": "or", "or": "and"}


class Conditions:
    """When a question is for somebody, in a sentence that names the questions by their numbers."""

    def __init__(self, definition: Definition, about: Circumstances, say: Sayer) -> None:
        self.definition = definition
        self.about = about
        self.say = say
        self.numbers: dict[str, int] = {}

    def on_paper(self) -> list[tuple[Section, list[Question]]]:
        """The pages and questions somebody may meet on paper; gives each question its number."""
        kept: list[tuple[Section, list[Question]]] = []
        number = count(1)
        for section in self.definition.sections:
            if self._told(section.condition) is False:
                continue
            here = [one for one in section.questions if self._told(one.condition) is not False]
            if not here:
                continue
            kept.append((section, here))
            self.numbers |= {one.key: next(number) for one in here if one.is_asked}
        return kept

    def sentence(self, rule: Mapping[str, Any] | None) -> str:
        """The condition as a sentence; empty for what everybody is asked."""
        told = self._told(rule)
        if isinstance(told, bool):
            return ""
        if told.words:
            return _("Only if %(what)s.") % {"what": told.words}
        against = self._told(rule["not"][0]) if rule and "not" in rule else _UNSAYABLE
        if isinstance(against, Clause) and against.words:
            return _("Not if %(what)s.") % {"what": against.words}
        return _("This may not be for you. If it does not fit what you answered before, skip it.")

    def _told(self, rule: Mapping[str, Any] | None) -> Clause | bool:
        """A rule in words, or whether it always or never holds on paper."""
        if rule is None:
            return True
        (name, operands), *_more = rule.items()
        if name in _OTHER_JOIN:
            return self._joined(name, [self._told(part) for part in operands])
        if name == "not":
            return self._denied(operands[0])
        return self._compared(name, operands, rule)

    def _joined(self, name: str, parts: list[Clause | bool]) -> Clause | bool:
        settles = name == "or"
        if settles in [part for part in parts if isinstance(part, bool)]:
            return settles
        open_ones = [part for part in parts if isinstance(part, Clause)]
        if not open_ones:
            return not settles
        if len(open_ones) == 1:
            return open_ones[0]
        if not all(part.words for part in open_ones):
            return _UNSAYABLE
        between = _(" or ") if settles else _(" and ")
        return Clause(between.join(part.inside(name) for part in open_ones), joins=name)

    def _denied(self, rule: Mapping[str, Any]) -> Clause | bool:
        (name, operands), *_more = rule.items()
        if name in _OTHER_JOIN:
            turned = [{"not": [part]} for part in operands]
            return self._told({_OTHER_JOIN[name]: turned})
        if name == "not":
            return self._told(operands[0])
        told = self._compared(name, operands, rule, is_denied=True)
        return not told if isinstance(told, bool) else told

    def _compared(
        self, name: str, operands: list[Any], rule: Mapping[str, Any], *, is_denied: bool = False
    ) -> Clause | bool:
        keys = [_key_of(operand) for operand in operands]
        named = [key for key in keys if key]
        if not named:
            return routing.holds(rule, {}, self.about)
        if any(key not in self.numbers for key in named):
            # Nobody is asked it on paper, and a missing answer makes a comparison false.
            return False
        if len(named) > 1:
            return _UNSAYABLE
        question = self.definition.by_key[named[0]]
        value = operands[1 - keys.index(named[0])]
        is_count = any(isinstance(one, Mapping) and "count" in one for one in operands)
        if question.options and not question.is_multiple and not question.is_ranking:
            return self._answered(question, rule, is_denied=is_denied)
        if is_count or not question.options:
            is_first = keys[0] is not None
            return (
                _UNSAYABLE
                if is_denied
                else self._measured(question, name, value, is_first=is_first, is_count=is_count)
            )
        return self._ticked(question, name, operands, is_denied=is_denied)

    def _answered(
        self, question: Question, rule: Mapping[str, Any], *, is_denied: bool
    ) -> Clause | bool:
        """A question with one answer: which of its choices fit is found by trying each."""
        fits = [
            option
            for option in question.options
            if routing.holds(rule, {question.key: option.code}, self.about)
        ]
        others = [option for option in question.options if option not in fits]
        if not fits:
            return False
        found = {"number": self.numbers[question.key], "labels": self._labels(fits, _(" or "))}
        if is_denied:
            return Clause(_("you did not answer %(labels)s to question %(number)s") % found)
        if not others:
            return Clause(_("you answered question %(number)s") % found)
        if len(others) == 1 < len(fits) - 1:
            found["labels"] = self._labels(others, _(" or "))
            return Clause(
                _("you answered something other than %(labels)s to question %(number)s") % found
            )
        return Clause(_("you answered %(labels)s to question %(number)s") % found)

    def _ticked(
        self, question: Question, name: str, operands: list[Any], *, is_denied: bool
    ) -> Clause | bool:
        """A question with several answers."""
        first, second = operands
        is_first = _key_of(first) is not None
        codes = second if is_first else first
        options = _options(question, codes if isinstance(codes, list) else [codes])
        if options is None:
            return _UNSAYABLE
        found = {
            "number": self.numbers[question.key],
            "labels": self._labels(options, _(" or ")),
            "all": self._labels(options, _(" and ")),
        }
        if name == "any-in" or (name == "in" and not is_first):
            if question.is_ranking:
                told = _("you gave %(labels)s a place at question %(number)s")
                denied = _("you gave %(labels)s no place at question %(number)s")
            else:
                told = _("you ticked %(labels)s at question %(number)s")
                denied = _("you did not tick %(labels)s at question %(number)s")
        elif name == "all-in" and not is_first and not question.is_ranking:
            told = _("you ticked %(all)s at question %(number)s")
            denied = _("you did not tick both of %(all)s at question %(number)s")
            if len(options) != 2:
                denied = _("you did not tick all of %(all)s at question %(number)s")
        elif name == "all-in" and is_first and not question.is_ranking:
            told = _("you ticked nothing but %(labels)s at question %(number)s")
            denied = ""
        else:
            return _UNSAYABLE
        return Clause((denied if is_denied else told) % found)

    def _measured(
        self, question: Question, name: str, value: Any, *, is_first: bool, is_count: bool
    ) -> Clause:
        """A number, a month, or how many were ticked."""
        sentence = _MEASURES.get(name if is_first else _MIRRORED.get(name, name))
        if sentence is None or isinstance(value, list | Mapping):
            return _UNSAYABLE
        what = (
            _("how many you ticked at question %(number)s")
            if is_count
            else _("what you wrote at question %(number)s")
        ) % {"number": self.numbers[question.key]}
        return Clause(str(sentence) % {"what": what, "value": value})

    def _labels(self, options: Collection[Option], between: str) -> str:
        return between.join(f"“{self.say(option.label)}”" for option in options)


_MEASURES: Final = {
    "==": gettext_lazy("%(what)s is %(value)s"),
    "!=": gettext_lazy("%(what)s is not %(value)s"),
    "<": gettext_lazy("%(what)s is less than %(value)s"),
    "<=": gettext_lazy("%(what)s is %(value)s or less"),
    ">": gettext_lazy("%(what)s is more than %(value)s"),
    ">=": gettext_lazy("%(what)s is %(value)s or more"),
}


def _key_of(operand: Any) -> str | None:
    """The question an operand looks at, itself or how many were ticked there."""
    if not isinstance(operand, Mapping):
        return None
    inner = operand.get("count", operand)
    return str(inner["answer"]) if isinstance(inner, Mapping) and "answer" in inner else None


def _options(question: Question, codes: Collection[Any]) -> list[Option] | None:
    found = [question.option(str(code)) for code in codes]
    return [one for one in found if one] if found and None not in found else None


# Pages and questions.


def _section(
    section: Section,
    questions: list[Question],
    words: Conditions,
    duty: Text | None,
    *,
    is_large: bool,
) -> PaperSection:
    say = words.say
    note, duty_said = say(section.note), say(duty)
    return PaperSection(
        title=say(section.title),
        note=note,
        condition=words.sentence(section.condition),
        minutes=section.minutes,
        duty="" if not section.takes_text or duty_said in note else duty_said,
        is_age_check=section.is_age_check,
        is_note=section.is_note,
        may_be_skipped=section.may_be_skipped,
        support=section.support,
        blocks=tuple(_blocks(questions, words, is_large=is_large)),
    )


def _blocks(
    questions: list[Question], words: Conditions, *, is_large: bool
) -> Iterator[PaperQuestion | PaperGrid]:
    for grid, members in groupby(questions, lambda one: one.grid):
        rows = [_question(one, words, is_large=is_large) for one in members]
        if grid is None:
            yield from rows
            continue
        yield PaperGrid(
            label=words.say(grid.label),
            how=_("Tick one in each row."),
            options=rows[0].options,
            rows=tuple(rows),
            is_table=_fits_beside_rows(rows[0].options, is_large=is_large),
        )


def _question(question: Question, words: Conditions, *, is_large: bool) -> PaperQuestion:
    say = words.say
    options = tuple(
        PaperOption(
            label=say(one.label),
            code=one.code,
            letter=_letter(place) if question.is_ranking else "",
            is_alone=one.exclusive and question.is_multiple,
        )
        for place, one in enumerate(question.options)
    )
    kind = _KINDS.get(question.type, "ticks")
    return PaperQuestion(
        kind=kind,
        number=str(words.numbers.get(question.key, "")),
        key=question.key,
        label=say(question.label),
        hint=say(question.hint),
        condition=words.sentence(question.condition),
        how=" ".join(filter(None, [_how(question), _must(question)])),
        must=_must(question),
        options=options,
        is_multiple=question.is_multiple,
        is_in_row=question.type in ("scale", "yes_no") and _fits_in_row(options, is_large=is_large),
        has_columns=kind == "ticks" and len(options) > _MANY_OPTIONS,
        lines=range(_lines(question)),
        places=tuple(str(PLACES[place]) for place in range(question.places)),
        way_out=_("I would rather not say") if question.prefer_not else "",
    )


_KINDS: Final = {
    "information": "panel",
    "ranking": "ranking",
    "month": "month",
    "number": "number",
    "short_text": "text",
    "long_text": "text",
    "pictures": "pictures",
}


def _letter(place: int) -> str:
    """A, B … Z, then AA, BB …: what a person writes for an option."""
    return _LETTERS[place % len(_LETTERS)] * (place // len(_LETTERS) + 1)


def _how(question: Question) -> str:
    how = _HOW.get(question.type)
    if question.options and how is None:
        return _("Tick one.")
    return how(question) if how else ""


def _must(question: Question) -> str:
    """What can't be left empty: consent that is, means its first choice, and says so itself."""
    needs = question.required and question.type not in CONSENT_TYPES | {"age_check"}
    return _("This one needs an answer.") if needs and question.is_asked else ""


def _how_many(question: Question) -> str:
    bounds = {"first": question.minimum, "last": question.maximum}
    if None not in bounds.values():
        return _("A number from %(first)s to %(last)s.") % bounds
    if question.minimum is not None:
        return _("A number, %(first)s or more.") % bounds
    if question.maximum is not None:
        return _("A number, %(last)s or less.") % bounds
    return _("A number.")


def _how_ranked(question: Question) -> str:
    if question.places == 1:
        return _("Write one letter in the box.")
    return _("Write one letter in each box. Use no letter twice. You may leave boxes empty.")


def _when(question: Question) -> str:
    bounds = {"first": question.minimum, "last": question.maximum}
    if question.minimum == question.maximum:
        return _("Write the month, in %(first)s. If you do not know it, write the year alone.") % (
            bounds
        )
    return (
        _(
            "From %(first)s to %(last)s. Write the month and the year. If you do not know the "
            "month, the year is enough."
        )
        % bounds
    )


_HOW: Final[Mapping[str, Callable[[Question], str]]] = {
    "multiple_choice": lambda _question: _("Tick all that fit."),
    "consent": lambda _question: _("Tick one. If you tick none, the first one counts."),
    "pictures": lambda _question: _("Pictures can’t go on paper. To add some, answer on a phone."),
    "number": _how_many,
    "ranking": _how_ranked,
    "month": _when,
}


def _lines(question: Question) -> int:
    if question.type == "long_text":
        return LONG_LINES
    if question.type == "short_text":
        return 1 if question.text_limit <= _SHORT_TEXT_OF_ONE_LINE else 2
    return 0


# What fits side by side.


def _fits_in_row(options: tuple[PaperOption, ...], *, is_large: bool) -> bool:
    letters = sum(len(one.label) + _BESIDE_EACH for one in options)
    room = _ROW_OF_LETTERS * _LETTER_WIDE[False] / _LETTER_WIDE[is_large]
    return len(options) <= _MOST_IN_A_ROW and letters <= room


def _fits_beside_rows(options: tuple[PaperOption, ...], *, is_large: bool) -> bool:
    """Whether every choice has a column of a table wide enough for its longest word."""
    longest = max(len(word) for one in options for word in one.label.split() or [""])
    column = longest * _LETTER_WIDE[is_large] + _AROUND_A_COLUMN
    return column * len(options) <= _ROOM_FOR_COLUMNS
