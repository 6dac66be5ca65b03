"""Forms made from a frozen definition: asking, checking and showing back follow one description.

A form class is made once for each section and language of a definition and kept. It never
touches the database.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import dates, formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from testimony.wizard import routing
from testimony.wizard.definition import (
    AGE_ADULT,
    CHOICE_TYPES,
    CONSENT_TYPES,
    DECLINED,
    Definition,
    Question,
    Section,
    is_declined,
)
from testimony.wizard.routing import Circumstances

PREFIX: Final = "q"
RECEIPT_FIELD: Final = "receipt"
_MONTHS: Final = tuple(f"{month:02}" for month in range(1, 13))
_KEPT_CONTROLS: Final = frozenset("\n\t")


@dataclass(frozen=True, slots=True)
class OptionView:
    """One radio button or tick box, ready to print."""

    value: str
    id: str
    label: str
    is_checked: bool
    is_exclusive: bool = False


@dataclass(frozen=True, slots=True)
class SelectView:
    """One list to pick from, with an empty first line, ready to print."""

    name: str
    id: str
    label: str
    empty: str
    options: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question, ready to print. ``components/field.html`` knows nothing else."""

    kind: str
    name: str
    id: str
    label: str
    hint: str = ""
    value: str = ""
    options: tuple[OptionView, ...] = ()
    errors: tuple[str, ...] = ()
    described_by: str = ""
    limit: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    count: int | None = None
    selects: tuple[SelectView, ...] = ()
    way_out: OptionView | None = None
    grid: str = ""
    grid_id: str = ""

    @property
    def target(self) -> str:
        """The id an error summary's link jumps to: the first control of a group."""
        if self.selects:
            return self.selects[0].id
        return self.options[0].id if self.options else self.id


@dataclass(frozen=True, slots=True)
class ErrorLink:
    """One line of the error summary."""

    target: str
    message: str


def without_controls(text: str) -> str:
    """Text without invisible control characters, its line ends as one kind.

    What a person wrote is otherwise left as it is: scripts, accents, emoji, direction marks.
    """
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        letter
        for letter in unified
        if letter in _KEPT_CONTROLS or unicodedata.category(letter) not in ("Cc", "Cs")
    )


class AnswerText(forms.CharField):
    """Free text: control characters dropped, length counted, never cut."""

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        super().__init__(strip=True, **kwargs)
        self.limit = limit
        self.validators = []

    def to_python(self, value: Any) -> str:
        return str(super().to_python(without_controls(value) if value else ""))

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.limit:
            raise ValidationError(
                _(
                    "You have written %(count)s characters. The most we can take is %(limit)s. "
                    "All your words are still here: please make them a little shorter."
                )
                % {"count": f"{len(value):,}", "limit": f"{self.limit:,}"}
            )


class AnswerChoices(forms.MultipleChoiceField):
    """Tick boxes, where an exclusive option can't stand beside another."""

    def __init__(self, *, exclusive: frozenset[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.exclusive = exclusive

    def to_python(self, value: Any) -> list[str]:
        """Each tick once, however often it was posted, in the order they came."""
        return list(dict.fromkeys(super().to_python(value)))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > 1 and self.exclusive & set(value):
            raise ValidationError(
                _(
                    "You ticked an answer that stands alone, and something else. "
                    "Please keep one or the other."
                )
            )


class RankingParts(forms.Widget):
    """Reads the places of a ranking, in order, empty ones included."""

    def __init__(self, *, places: int) -> None:
        super().__init__()
        self.places = places

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        return [data.get(f"{name}-{place}") or "" for place in range(1, self.places + 1)]


class MonthParts(forms.Widget):
    """Reads the two lists of a month: year, then month."""

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Any, name: str
    ) -> tuple[str, str]:
        return data.get(f"{name}-year") or "", data.get(f"{name}-month") or ""


class AnswerRanking(forms.Field):
    """Options in the order a person put them; gaps are closed up."""

    def __init__(self, *, codes: tuple[str, ...], places: int, **kwargs: Any) -> None:
        super().__init__(widget=RankingParts(places=places), **kwargs)
        self.codes = codes

    def clean(self, value: list[str]) -> list[str]:
        ranked = [code for code in value if code]
        if self.required and not ranked:
            raise ValidationError(self.error_messages["required"])
        if any(code not in self.codes for code in ranked):
            raise ValidationError(_NOT_OURS)
        if len(set(ranked)) < len(ranked):
            raise ValidationError(
                _("You picked the same answer for two places. Please keep it in one of them.")
            )
        return ranked


class AnswerMonth(forms.Field):
    """``YYYY-MM``, or ``YYYY`` where only the year is known."""

    def __init__(self, *, first: int, last: int, **kwargs: Any) -> None:
        super().__init__(widget=MonthParts(), **kwargs)
        self.years = frozenset(str(year) for year in range(first, last + 1))

    def clean(self, value: tuple[str, str]) -> str:
        year, month = value
        if month and not year:
            raise ValidationError(
                _("You picked a month without a year. Please pick the year too, or no month.")
            )
        if not year:
            if self.required:
                raise ValidationError(self.error_messages["required"])
            return ""
        if year not in self.years or (month and month not in _MONTHS):
            raise ValidationError(_NOT_OURS)
        return f"{year}-{month}" if month else year


class PartsAndWayOut(forms.Widget):
    """Reads what another widget reads, and the tick of “I would rather not say” beside it."""

    def __init__(self, inner: forms.Widget) -> None:
        super().__init__()
        self.inner = inner

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[Any, bool]:
        return self.inner.value_from_datadict(data, files, name), bool(data.get(f"{name}-none"))


class AnswerOrDeclined(forms.Field):
    """A question with a way out: what another field takes, or that a person would rather not say.

    The two are never both taken: which of them counts is the person's to say.
    """

    def __init__(self, inner: forms.Field) -> None:
        super().__init__(required=inner.required, widget=PartsAndWayOut(inner.widget))
        self.inner = inner

    def clean(self, value: tuple[Any, bool]) -> Any:
        given, is_ticked = value
        if not is_ticked:
            return self.inner.clean(given)
        if any(part.strip() for part in ([given] if isinstance(given, str) else given or ())):
            raise ValidationError(
                _(
                    "You answered, and also ticked “I would rather not say”. "
                    "Your answer is still here: please keep one or the other."
                )
            )
        return dict(DECLINED)


class SectionForm(forms.Form):
    """One page of a journey. Made by ``section_form``; never used bare."""

    definition: Definition
    section: Section
    language: str
    made: Mapping[str, forms.Field]
    """The fields of the page, made once: they hold nothing of anybody, so forms share them."""

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        answers: Mapping[str, Any],
        about: Circumstances | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.answers = answers
        about = about or Circumstances(language=self.language)
        self.questions = [
            question
            for question in self.section.questions
            if routing.asked(question, answers, about)
        ]
        self.fields = {
            question.key: self.made[question.key]
            for question in self.questions
            if question.is_asked
        }

    def cleaned_answers(self) -> dict[str, Any]:
        """The answers given on this page; a skipped question has no entry."""
        return {
            key: value for key, value in self.cleaned_data.items() if value not in (None, "", [])
        }

    def views(self, *, checked: bool) -> Iterator[FieldView]:
        """Every question of the page, ready to print; ``checked`` says what is wrong, too."""
        grid = ""
        for question in self.questions:
            errors = tuple(map(str, self.errors.get(question.key, ()))) if checked else ()
            view = self._view(question, errors)
            if question.grid:
                grid_id = f"{PREFIX}-grid-{question.grid.key}"
                view = replace(
                    view,
                    grid=question.grid.label.in_language(self.language)
                    if question.grid.key != grid
                    else "",
                    grid_id=grid_id,
                    described_by=" ".join(filter(None, (grid_id, view.described_by))),
                )
            grid = question.grid.key if question.grid else ""
            yield view

    def _view(self, question: Question, errors: tuple[str, ...]) -> FieldView:
        name = f"{PREFIX}-{question.key}"
        hint = question.hint.in_language(self.language) if question.hint else ""
        described = [f"{name}-hint"] if hint else []
        if errors:
            described.append(f"{name}-error")
        label = question.label.in_language(self.language)
        if not question.is_asked:
            return FieldView("information", name, name, label, hint=hint)
        view = FieldView(
            kind=question.type,
            name=name,
            id=name,
            label=label,
            hint=hint,
            errors=errors,
            described_by=" ".join(described),
        )
        if question.is_pictures:
            return view
        value = self._typed(question, name)
        if question.is_ranking or question.is_month:
            return replace(
                view,
                selects=_places(question, name, value, self.language)
                if question.is_ranking
                else _year_and_month(question, name, value),
                way_out=self._way_out(question, name),
            )
        if question.options:
            chosen = set(value) if isinstance(value, list) else {value}
            return replace(
                view,
                kind="multiple" if question.is_multiple else "single",
                options=tuple(
                    OptionView(
                        value=option.code,
                        id=f"{name}-{position}",
                        label=option.label.in_language(self.language),
                        is_checked=option.code in chosen,
                        is_exclusive=option.exclusive,
                    )
                    for position, option in enumerate(question.options, start=1)
                ),
            )
        text = str(value or "")
        return replace(
            view,
            value=text,
            limit=question.text_limit if question.is_free_text else None,
            minimum=question.minimum,
            maximum=question.maximum,
            count=len(text) if errors and question.is_free_text else None,
            way_out=self._way_out(question, name),
        )

    def _way_out(self, question: Question, name: str) -> OptionView | None:
        if not question.prefer_not:
            return None
        is_ticked = (
            bool(self.data.get(f"{name}-none"))
            if self.is_bound
            else is_declined(self.answers.get(question.key))
        )
        return OptionView("yes", f"{name}-none", _("I would rather not say"), is_ticked)

    def _typed(self, question: Question, name: str) -> Any:
        """What stands in the field: typed just now, kept from before, or the least consent."""
        if question.is_ranking or question.is_month:
            return self._parts(question, name)
        if self.is_bound:
            if question.is_multiple:
                return self.data.getlist(name) if hasattr(self.data, "getlist") else []
            return self.data.get(name, "")
        if question.key in self.answers:
            kept = self.answers[question.key]
            return "" if is_declined(kept) else kept
        if question.type in CONSENT_TYPES:
            return question.codes[0]
        return [] if question.is_multiple else ""

    def _parts(self, question: Question, name: str) -> list[str] | tuple[str, str]:
        """What stands in the lists of a ranking, or of a month: year, then month."""
        if self.is_bound:
            widget = RankingParts(places=question.places) if question.is_ranking else MonthParts()
            return widget.value_from_datadict(self.data, None, name)
        kept = self.answers.get(question.key)
        if question.is_ranking:
            return kept if isinstance(kept, list) else []
        year, _dash, month = kept.partition("-") if isinstance(kept, str) else ("", "", "")
        return year, month


class CheckForm(forms.Form):
    """The last page: send, with a receipt or, by choice, without."""

    WANTED: Final = "yes"
    NOT_WANTED: Final = "no"

    use_required_attribute = False

    receipt = forms.ChoiceField(
        choices=[(WANTED, WANTED), (NOT_WANTED, NOT_WANTED)],
        error_messages={
            "required": gettext_lazy("Please choose: six words to keep, or none."),
            "invalid_choice": gettext_lazy("Please choose: six words to keep, or none."),
        },
    )

    def __init__(
        self,
        *args: Any,
        answers: Mapping[str, Any],
        about: Circumstances | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)

    def cleaned_answers(self) -> dict[str, Any]:
        return {}

    def views(self, *, checked: bool) -> Iterator[FieldView]:
        name = f"{PREFIX}-{RECEIPT_FIELD}"
        chosen = self.data.get(name) or ("" if checked else self.WANTED)
        errors = tuple(map(str, self.errors.get(RECEIPT_FIELD, ()))) if checked else ()
        labels = {
            self.WANTED: _("Yes, show me six words to keep"),
            self.NOT_WANTED: _("No, I do not want anything to keep"),
        }
        described = f"{name}-hint {name}-error" if errors else f"{name}-hint"
        yield FieldView(
            kind="single",
            name=name,
            id=name,
            label=_("Do you want a way to take this back later?"),
            hint=_(
                "Six plain words, shown once. With them you can take everything back. "
                "They can never show what you wrote, to you or to anyone."
            ),
            errors=errors,
            described_by=described,
            options=tuple(
                OptionView(value, f"{name}-{position}", label, value == chosen)
                for position, (value, label) in enumerate(labels.items(), start=1)
            ),
        )


def error_links(views: list[FieldView]) -> list[ErrorLink]:
    """The error summary of a page: one line for each thing that is wrong."""
    return [ErrorLink(view.target, error) for view in views for error in view.errors]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One question at check-your-answers."""

    label: str
    answers: tuple[str, ...] = ()

    @property
    def is_skipped(self) -> bool:
        return not self.answers


@dataclass(frozen=True, slots=True)
class ReviewSection:
    """One section at check-your-answers."""

    key: str
    title: str
    rows: list[ReviewRow] = field(default_factory=list)


def new_section_form(definition: Definition, section: Section, language: str) -> type[SectionForm]:
    """The form class of one page, made anew: for drafts, which change as somebody types."""
    return _section_form.__wrapped__(definition.digest, section.key, language, _Held(definition))


def section_form(definition: Definition, section: Section, language: str) -> type[SectionForm]:
    """The form class of one page, made once for each digest, section and language."""
    return _section_form(definition.digest, section.key, language, _Held(definition))


def words_of(question: Question, answer: Any, language: str) -> tuple[str, ...]:
    """An answer in words: option labels in the person's language, or what they typed."""
    if answer in (None, "", []):
        return ()
    if is_declined(answer):
        with translation.override(language):
            return (_("I would rather not say"),)
    if question.is_month:
        return (_month_in_words(str(answer), language),)
    if not question.options:
        return (str(answer),)
    codes = answer if isinstance(answer, list) else [answer]
    found = (question.option(code) for code in codes)
    words = tuple(option.label.in_language(language) for option in found if option)
    if question.is_ranking:
        return tuple(f"{place}. {label}" for place, label in enumerate(words, start=1))
    return words


def names_of(question: Question) -> tuple[str, ...]:
    """The names of every control a question has, as they are posted."""
    name = f"{PREFIX}-{question.key}"
    return (name, *(f"{name}-{part}" for part in question.parts))


def typed_words(question: Question, posted: Mapping[str, Any], language: str) -> str:
    """What was written or ranked in a post, to be shown back as words; nothing for ticks."""
    name = f"{PREFIX}-{question.key}"
    if question.is_ranking:
        ranked = [posted.get(f"{name}-{place}", "") for place in range(1, question.places + 1)]
        return "\n".join(words_of(question, ranked, language))
    if question.is_month:
        year, month = MonthParts().value_from_datadict(posted, None, name)
        return without_controls(" ".join(filter(None, (year, month))))
    if question.is_free_text or question.type == "number":
        return without_controls(posted.get(name, ""))
    return ""


def _month_in_words(answer: str, language: str) -> str:
    year, _dash, month = answer.partition("-")
    if not (year.isdecimal() and month in _MONTHS):
        return answer
    with translation.override(language):
        return str(
            formats.date_format(datetime.date(int(year), int(month), 1), "YEAR_MONTH_FORMAT")
        )


def _places(
    question: Question, name: str, ranked: list[str], language: str
) -> tuple[SelectView, ...]:
    labels = (_("First"), _("Second"), _("Third"), _("Fourth"), _("Fifth"))
    standing = [*ranked, *[""] * question.places]
    return tuple(
        SelectView(
            name=f"{name}-{place}",
            id=f"{name}-{place}",
            label=labels[place - 1],
            empty=_("Nothing here"),
            options=tuple(
                OptionView(
                    value=option.code,
                    id="",
                    label=option.label.in_language(language),
                    is_checked=option.code == standing[place - 1],
                )
                for option in question.options
            ),
        )
        for place in range(1, question.places + 1)
    )


def _year_and_month(
    question: Question, name: str, typed: tuple[str, str]
) -> tuple[SelectView, ...]:
    year, month = typed
    years = range(question.maximum or 0, (question.minimum or 0) - 1, -1)
    return (
        SelectView(
            name=f"{name}-month",
            id=f"{name}-month",
            label=_("Month"),
            empty=_("I do not know the month"),
            options=tuple(
                OptionView(code, "", str(dates.MONTHS[int(code)]), code == month)
                for code in _MONTHS
            ),
        ),
        SelectView(
            name=f"{name}-year",
            id=f"{name}-year",
            label=_("Year"),
            empty=_("No year"),
            options=tuple(OptionView(str(one), "", str(one), str(one) == year) for one in years),
        ),
    )


def review(
    definition: Definition,
    answers: Mapping[str, Any],
    language: str,
    about: Circumstances,
    *,
    pictures: int = 0,
) -> list[ReviewSection]:
    """Everything on the path, for reading through before sending."""
    shown = ngettext("%(count)s picture", "%(count)s pictures", pictures) % {"count": pictures}
    return [
        ReviewSection(
            key=section.key,
            title=section.title.in_language(language),
            rows=[
                ReviewRow(
                    _row_label(question, language),
                    ((shown,) if pictures else ())
                    if question.is_pictures
                    else words_of(question, answers.get(question.key), language),
                )
                for question in section.questions
                if question.is_asked and routing.asked(question, answers, about)
            ],
        )
        for section in routing.path(definition, answers, about)
        if not section.is_age_check and not section.is_note
    ]


def _row_label(question: Question, language: str) -> str:
    """A question away from its page: the row of a grid says what stands above it."""
    label = question.label.in_language(language)
    return f"{question.grid.label.in_language(language)} · {label}" if question.grid else label


class _Held:
    """Carries a definition past the cache's key: the digest already names it."""

    __slots__ = ("definition",)

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=512)
def _section_form(digest: str, key: str, language: str, held: _Held) -> type[SectionForm]:
    definition = held.definition
    section = definition.section_by_key[key]
    attributes = {
        "definition": definition,
        "section": section,
        "language": language,
        "made": {
            question.key: _field(question) for question in section.questions if question.is_asked
        },
    }
    return type("SectionFormOf", (SectionForm,), attributes)


def _field(question: Question) -> forms.Field:
    plain = _plain_field(question)
    return AnswerOrDeclined(plain) if question.prefer_not else plain


def _plain_field(question: Question) -> forms.Field:
    required = question.required or question.type in CONSENT_TYPES | {"age_check"}
    if question.is_multiple:
        return AnswerChoices(
            required=required,
            choices=[(code, code) for code in question.codes],
            exclusive=frozenset(o.code for o in question.options if o.exclusive),
            error_messages={"required": _PICK, "invalid_choice": _NOT_OURS},
        )
    if question.type in CHOICE_TYPES | CONSENT_TYPES:
        return forms.ChoiceField(
            required=required,
            choices=[(code, code) for code in question.codes],
            error_messages={"required": _PICK, "invalid_choice": _NOT_OURS},
        )
    if question.is_ranking:
        return AnswerRanking(
            codes=question.codes,
            places=question.places,
            required=required,
            error_messages={"required": _PICK},
        )
    if question.is_month:
        return AnswerMonth(
            first=question.minimum or 0,
            last=question.maximum or 0,
            required=required,
            error_messages={"required": gettext_lazy("Please pick at least the year.")},
        )
    if question.is_pictures:
        # Files never pass through a form: each is made anew and sealed as it comes.
        return forms.Field(required=False)
    if question.type == "number":
        return forms.IntegerField(
            required=required,
            min_value=question.minimum,
            max_value=question.maximum,
            error_messages={
                "invalid": _NUMBER,
                "min_value": gettext_lazy("Please write %(limit_value)s or more."),
                "max_value": gettext_lazy("Please write %(limit_value)s or less."),
            },
        )
    return AnswerText(
        limit=question.text_limit,
        required=required,
        error_messages={"required": gettext_lazy("Please write something here.")},
    )


_PICK: Final = gettext_lazy("Please pick one of the answers.")
_NOT_OURS: Final = gettext_lazy("That answer is not one of ours. Please pick again.")
_NUMBER: Final = gettext_lazy("Please write a number, such as 12.")


def is_adult(definition: Definition, answers: Mapping[str, Any]) -> bool:
    """Whether the age check, where there is one, was answered with the adult option."""
    for question in definition.questions():
        if question.type == "age_check":
            return answers.get(question.key) == AGE_ADULT
    return True
