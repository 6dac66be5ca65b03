"""What a reader holds in their hands: tables, sentences and quotations as they were published.

Nothing here knows a true number that was not printed. Every figure says where it stands, so that
a finding can point at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

EVERYTHING: Final = "*"
ANSWERED: Final = "*"
"""Everybody who answered the question: the category behind a total or a base."""
MISSING: Final = "~missing"
"""Those who met the question and skipped it."""
NOT_ASKED: Final = "~not_asked"
"""Those who never met the question."""
TICKS: Final = "~ticks"
"""The forbidden total of a question where several answers may be ticked."""
JOINED: Final = "|"
"""Stands between the codes of a category that was merged from several."""

LEAST: Final = -(10**9)
GREATEST: Final = 10**9
"""Stand for the missing end of a band such as “20 or more”."""

Kind = Literal["single", "tick_all"]
Sensitivity = Literal["opinion", "experience", "attribute"]
Measure = Literal["count", "percent"]
Manner = Literal["number", "hidden", "structural", "band", "none"]
State = Literal["shown", "margins", "withheld"]
At = tuple[tuple[str, str], ...]


class Unreadable(Exception):
    """A file that is not what it should be. The sentence names the file and the place."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is printed in one place, and the counts it leaves open. None is no limit."""

    manner: Manner
    low: int | None = None
    high: int | None = None
    of: int | None = None
    """The n of “x of n”, when it was printed with the figure."""

    @property
    def number(self) -> int | None:
        """The printed number, if one was printed."""
        return self.low if self.manner == "number" and self.low == self.high else None


HIDDEN: Final = Said("hidden")
STRUCTURAL: Final = Said("structural", 0, 0)
NOTHING: Final = Said("none")


def exactly(number: int, of: int | None = None) -> Said:
    """A printed number."""
    return Said("number", number, number, of)


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed place.

    Attributes:
        at: a category for each variable the figure is about; a variable not named is not looked
            at, so an empty ``at`` means everybody.
        of: for a percentage, the ``at`` of what it is a share of.
        place: the file, and where in it.
        is_whole: false for a percentage with decimals.
    """

    at: At
    said: Said
    place: str
    measure: Measure = "count"
    of: At = ()
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Statistic:
    """A median, quartile, mean or the like of a number question, and what it was rounded to."""

    kind: str
    variable: str
    at: At
    place: str
    value: str = ""
    base: int | None = None
    rounded: int = 1


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with numbers in them.

    ``about`` is the id of the table they speak of, or empty. Words with ``EVERYTHING`` are for no
    reader's eye, a comment or a script; no number in them goes without a table. Paper has no
    marks; there the page of the same edition says which words are about something else.
    """

    text: str
    about: str
    place: str
    is_paper: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: its share of the ground it lies on, and the words beside it.

    ``slack`` is how far the share may be off, from the precision it is drawn with.
    """

    share: float
    slack: float
    text: str
    about: str
    place: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation's details: variable and category, as its label tells them."""

    details: At
    place: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader of the file stumbled on; it becomes a finding."""

    rule: str
    cell: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A question, or a trait, by which people are counted.

    Attributes:
        categories: code and label, in order.
        asked_if: a variable and the codes joined by ``|`` of those who met this one.
        bounds: for categories that are bands of a number, code, least and greatest value.
        exclusive: of a question with several answers, the one that stands alone: “none of these”.
        within: a question with several answers, of which the answer to this one is among the
            ticked: what was put first is among what was placed.
        ranked: names the ranking this is one place of, or one thing of. In a ranking nobody
            gives two places to one thing, or one place to two.
        others: further codes and labels, as another language has them.
    """

    code: str
    label: str = ""
    kind: Kind = "single"
    sensitivity: Sensitivity = "opinion"
    categories: tuple[tuple[str, str], ...] = ()
    asked_if: At = ()
    bounds: tuple[tuple[str, int, int], ...] = ()
    exclusive: str = ""
    within: str = ""
    ranked: str = ""
    others: tuple[tuple[str, str], ...] = ()

    def labels(self) -> dict[str, str]:
        """The label of every category code."""
        return dict(self.categories)

    def all_labels(self) -> tuple[tuple[str, str], ...]:
        """Every code and label, in each language that was read."""
        return self.categories + self.others

    def joined(self, other: Variable) -> Variable:
        """What two files say of one variable: all categories, and the stricter of each trait."""
        labels = {c: label for c, label in (*other.categories, *self.categories) if label}
        codes = dict.fromkeys(c for c, _label in (*self.categories, *other.categories))
        known = {(c, labels.get(c, "")) for c in codes}
        said = dict.fromkeys((*self.all_labels(), *other.all_labels()))
        return Variable(
            code=self.code,
            label=self.label or other.label,
            kind="tick_all" if "tick_all" in (self.kind, other.kind) else "single",
            sensitivity="attribute"
            if "attribute" in (self.sensitivity, other.sensitivity)
            else self.sensitivity,
            categories=tuple((c, labels.get(c, "")) for c in codes),
            asked_if=self.asked_if or other.asked_if,
            bounds=self.bounds or other.bounds,
            exclusive=self.exclusive or other.exclusive,
            within=self.within or other.within,
            ranked=self.ranked or other.ranked,
            others=tuple(pair for pair in said if pair[1] and pair not in known),
        )


@dataclass(frozen=True, slots=True)
class Table:
    """A published table. ``groups`` is the variable whose categories are subgroups, or empty."""

    id: str
    title: str
    rows: str
    columns: str = ""
    groups: str = ""
    filter: At = ()
    state: State = "shown"
    figures: tuple[Figure, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    place: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        """Row variable, column variable and those of the filter."""
        own = (self.rows, self.columns) if self.columns else (self.rows,)
        return own + tuple(code for code, _category in self.filter if code not in own)


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read: its name without folders, its form and its SHA-256."""

    name: str
    form: str
    digest: str


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything published at one time about one set of people.

    Attributes:
        population: names the set of people who were counted. Two editions with the same one
            count the same people. When it is not said, the collection and the stated number
            of participants decide.
        figures: what is stated outside of tables.
        others: words whose numbers are about something else: research, quotations, wordings.
    """

    name: str
    collection: str = ""
    population: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    others: tuple[str, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    bars: tuple[Bar, ...] = ()
    quotes: tuple[Quote, ...] = ()
    remarks: tuple[Remark, ...] = ()
    files: tuple[File, ...] = ()

    def every_figure(self) -> Iterable[Figure]:
        """The figures of the text, then of every table."""
        yield from self.figures
        for table in self.tables:
            yield from table.figures

    @property
    def participants(self) -> int | None:
        """The stated number of people, if it is stated as a number."""
        for figure in self.every_figure():
            if not figure.at and figure.measure == "count" and figure.said.number is not None:
                return figure.said.number
        return None


def placed(**categories: str) -> At:
    """An ``at`` from keyword arguments, sorted by variable."""
    return tuple(sorted(categories.items()))


def parts_of(category: str) -> tuple[str, ...]:
    """The codes a category was merged from; a category that was not merged is its own part."""
    return tuple(category.split(JOINED))
