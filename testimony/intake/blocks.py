"""The blocks a call is written in: a stream of steps, made from the library of step kinds.

Nothing is required here, so that a text can be saved half done; what is missing is told before
publishing (``rules``). Names in the data are hidden and filled in on saving (``naming``).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.fields import StreamField

from testimony.intake.kinds import (
    ABOUT,
    AGE_CHECK,
    CLOSED,
    COMPLETE,
    CONSENT,
    CONTENT_NOTE,
    KINDS,
    LANGUAGES,
    MOST_BANDS,
    MOST_OPTIONS,
    NEXT_STEPS_AT_FIRST,
    OPTION,
    SUPPORT_AT_FIRST,
    Kind,
    Line,
    default_words,
)

Named = tuple[str, blocks.Block]


def _capital(words: str | Promise) -> str:
    text = str(words)
    return text[:1].upper() + text[1:]


capital = lazy(_capital, str)

_IN: dict[str, str | Promise] = {"en": _("in English"), "fr": _("in French")}


class WritingField(StreamField):
    """A stream whose blocks stay out of migrations: a new default word is no change of schema."""

    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        return name, path, [[]], kwargs

    def formfield(self, **kwargs: Any) -> Any:
        # Django would give the form a callable default as it is, and print it once more, hidden.
        settled = {
            "show_hidden_initial": False,
            "initial": lambda: self.to_python(self.get_default()),
        }
        return super().formfield(**{**settled, **kwargs})


class NameBlock(blocks.FieldBlock):
    """A name in the data. It is made on saving, never changes, and nobody needs to see it."""

    def __init__(self, **kwargs: Any) -> None:
        self.field = forms.CharField(required=False, widget=forms.HiddenInput)
        super().__init__(**kwargs)

    def get_form_state(self, value: Any) -> str:
        # Nothing, for a widget, is None, and the page's script would make a word of that.
        return str(value or "")

    class Meta:
        default = ""
        label = " "
        form_classname = "call-name"


def in_each_language(line: Line) -> list[Named]:
    """One text block a language for one thing to write."""
    return [
        (
            f"{line.name}_{language}",
            blocks.TextBlock(
                label=format_lazy("{} {}", capital(line.label), _IN[language]),
                rows=line.rows,
                required=False,
                default="",
            ),
        )
        for language in LANGUAGES
    ]


def _written(*lines: Line) -> list[Named]:
    return [block for line in lines for block in in_each_language(line)]


def _minutes() -> Named:
    return (
        "minutes",
        blocks.IntegerBlock(
            label=_("Minutes it takes"), required=False, min_value=1, max_value=60, default=1
        ),
    )


def _key() -> Named:
    return ("key", NameBlock())


def _answers(*, is_closed: bool) -> Named:
    inside = _written(OPTION)
    if is_closed:
        inside.append(
            (
                "exclusive",
                blocks.BooleanBlock(
                    label=_("Can't stand beside another"),
                    help_text=_("Such as “none of these”. Only where several can be picked."),
                    required=False,
                    default=False,
                ),
            )
        )
    inside.append(("code", NameBlock()))
    most = MOST_OPTIONS if is_closed else MOST_BANDS
    return (
        "options",
        blocks.ListBlock(
            blocks.StructBlock(inside, label=_("Answer")),
            label=_("Answers to pick"),
            help_text=_("For yes or no, leave this empty: the answers are there already.")
            if is_closed
            else _("Two to eight broad answers. “I would rather not say” is added to them."),
            default=[],
            collapsed=True,
            max_num=most,
        ),
    )


def _closed_question(kind: Kind) -> blocks.StructBlock:
    return blocks.StructBlock(
        [
            (
                "type",
                blocks.ChoiceBlock(
                    label=_("What can be picked"),
                    default="single_choice",
                    required=False,
                    choices=[
                        ("single_choice", _("one answer")),
                        ("multiple_choice", _("several answers")),
                        ("yes_no", _("yes, no, or rather not say")),
                    ],
                ),
            ),
            *_written(*kind.item_lines),
            _answers(is_closed=True),
            (
                "sensitivity",
                blocks.ChoiceBlock(
                    label=_("It asks about"),
                    default="experience",
                    required=False,
                    choices=[
                        ("opinion", _("what they think")),
                        ("experience", _("what they lived through")),
                    ],
                ),
            ),
            (
                "headline",
                blocks.BooleanBlock(
                    label=_("Among the first numbers of the report"), required=False, default=False
                ),
            ),
            _key(),
        ],
        label=_("Question"),
        label_format="{label_en}",
    )


def _about_question(kind: Kind) -> blocks.StructBlock:
    return blocks.StructBlock(
        [
            *_written(*kind.item_lines),
            _answers(is_closed=False),
            (
                "permission",
                blocks.ChoiceBlock(
                    label=_("May be used to describe them"),
                    help_text=_("Only with people who agree to be described this far."),
                    required=False,
                    default="",
                    choices=[
                        ("broad", _("by those who agree to a broad description")),
                        ("years", _("by those who agree to years, too")),
                    ],
                ),
            ),
            _key(),
        ],
        label=_("Question"),
        label_format="{label_en}",
    )


def _questions(kind: Kind) -> list[Named]:
    if not kind.items:
        return []
    if kind.name == CLOSED:
        item = _closed_question(kind)
    elif kind.name == ABOUT:
        item = _about_question(kind)
    else:
        item = blocks.StructBlock(
            [*_written(*kind.item_lines), _key()], label=_("Question"), label_format="{label_en}"
        )
    return [(kind.items, blocks.ListBlock(item, label=_("Questions"), default=[]))]


def _step(kind: Kind) -> Named:
    inside = _written(*kind.lines)
    if kind.name not in (AGE_CHECK, CONSENT, CONTENT_NOTE):
        inside.append(_minutes())
    inside += _questions(kind)
    if kind.name not in (AGE_CHECK, CONSENT):
        inside.append(_key())
    return (
        kind.name,
        blocks.StructBlock(
            inside,
            label=kind.label,
            icon=kind.icon,
            help_text=kind.help,
            default=dict(default_words(kind.name)),
            label_format="{title_en}",
        ),
    )


def step_blocks() -> list[Named]:
    """A block for each kind of step."""
    return [_step(kind) for kind in KINDS.values()]


def support_blocks() -> list[Named]:
    """Somebody to talk to."""
    lines = (Line("name", _("name")), Line("detail", _("how to reach them"), rows=2))
    return [
        (
            "support",
            blocks.StructBlock(
                _written(*lines), label=_("Support"), icon="help", label_format="{name_en}"
            ),
        )
    ]


def next_step_blocks() -> list[Named]:
    """What happens after the call."""
    return [
        (
            "next_step",
            blocks.StructBlock(
                _written(Line("sentence", _("sentence"), rows=2)),
                label=_("What happens next"),
                icon="arrow-right",
                label_format="{sentence_en}",
            ),
        )
    ]


def complete_steps() -> list[tuple[str, dict[str, Any]]]:
    """The steps of a new call."""
    return [(kind, dict(default_words(kind))) for kind in COMPLETE]


def first_support() -> list[tuple[str, dict[str, Any]]]:
    """The support list of a new call."""
    return [("support", dict(words)) for words in SUPPORT_AT_FIRST]


def first_next_steps() -> list[tuple[str, dict[str, Any]]]:
    """What happens next, in a new call."""
    return [("next_step", dict(words)) for words in NEXT_STEPS_AT_FIRST]
