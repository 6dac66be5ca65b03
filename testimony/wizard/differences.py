"""What changed between two versions of what a journey asks, and which number the new one gets.

A change of words alone is a minor version. What changes the meaning of an answer (a question that
comes, goes or becomes another; an answer that comes or goes; what a consent says) is a major one:
answers of both are not put together without thinking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from testimony.wizard.checking import language_name
from testimony.wizard.definition import (
    Definition,
    Option,
    Question,
    Section,
    Text,
    canonical_json,
)

FIRST: Final = (1, 0)

Number = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed, with the words before and after."""

    what: str
    before: str = ""
    after: str = ""
    is_major: bool = False


def differences(old: Definition, new: Definition) -> list[Difference]:
    """Everything that changed, in the order of the pages."""
    return [
        *_languages(old, new),
        *_words(_("Title"), old.title, new.title),
        *_words(_("Introduction"), old.introduction, new.introduction),
        *_words(_("Duty to report"), old.duty, new.duty),
        *_support(old, new),
        *_next_steps(old, new),
        *_order(old, new),
        *_sections(old, new),
        *_questions(old, new),
    ]


def next_number(previous: Number | None, *, is_major: bool) -> Number:
    """The number of the version that follows ``previous``."""
    if previous is None:
        return FIRST
    return (previous[0] + 1, 0) if is_major else (previous[0], previous[1] + 1)


def _languages(old: Definition, new: Definition) -> Iterator[Difference]:
    if old.languages != new.languages:
        yield Difference(
            _("Languages"),
            ", ".join(map(language_name, old.languages)),
            ", ".join(map(language_name, new.languages)),
        )


def _words(
    what: str, old: Text | None, new: Text | None, *, is_major: bool = False
) -> Iterator[Difference]:
    before = dict(old.by_language) if old else {}
    after = dict(new.by_language) if new else {}
    # A language that comes or goes is one difference, not one for each sentence.
    shared = before.keys() & after.keys() if before and after else before.keys() | after.keys()
    for language in sorted(shared):
        was, now = before.get(language, ""), after.get(language, "")
        if was != now:
            label = _("%(what)s, %(language)s") % {
                "what": what,
                "language": language_name(language),
            }
            yield Difference(label, was, now, is_major)


def _support(old: Definition, new: Definition) -> Iterator[Difference]:
    def lines(one: Definition, language: str) -> str:
        return "\n".join(
            f"{item.name.in_language(language)}: {item.detail.in_language(language)}"
            for item in one.support
        )

    yield from _lists(old, new, _("Support"), lines)


def _next_steps(old: Definition, new: Definition) -> Iterator[Difference]:
    def lines(one: Definition, language: str) -> str:
        return "\n".join(item.in_language(language) for item in one.next_steps)

    yield from _lists(old, new, _("What happens next"), lines)


def _lists(
    old: Definition, new: Definition, what: str, lines: Callable[[Definition, str], str]
) -> Iterator[Difference]:
    for language in sorted(set(old.languages) & set(new.languages)):
        before, after = lines(old, language), lines(new, language)
        if before != after:
            label = _("%(what)s, %(language)s") % {
                "what": what,
                "language": language_name(language),
            }
            yield Difference(label, before, after)


def _order(old: Definition, new: Definition) -> Iterator[Difference]:
    def standing(one: Definition, other: Definition) -> list[str]:
        return [section.key for section in one.sections if section.key in other.section_by_key]

    if standing(old, new) != standing(new, old):
        yield Difference(_("Order of the pages"), _titles(old), _titles(new))


def _titles(one: Definition) -> str:
    return "\n".join(section.title.in_language(one.languages[0]) for section in one.sections)


def _sections(old: Definition, new: Definition) -> Iterator[Difference]:
    for section in old.sections:
        if section.key not in new.section_by_key:
            yield Difference(_("A page was removed"), before=_title(section, old))
    for section in new.sections:
        was = old.section_by_key.get(section.key)
        if was is None:
            yield Difference(_("A page was added"), after=_title(section, new))
            continue
        name = _title(section, new)
        yield from _words(_("Title of “%(page)s”") % {"page": name}, was.title, section.title)
        yield from _words(_("Note on “%(page)s”") % {"page": name}, was.note, section.note)
        if was.minutes != section.minutes:
            label = _("Minutes for “%(page)s”") % {"page": name}
            yield Difference(label, str(was.minutes), str(section.minutes))
        if was.condition != section.condition:
            label = _("When “%(page)s” is shown") % {"page": name}
            yield Difference(label, _rule(was.condition), _rule(section.condition), is_major=True)
        if was.support != section.support:
            label = _("Whether support stands open on “%(page)s”") % {"page": name}
            yield Difference(label, _yes_no(was.support), _yes_no(section.support))


def _rule(condition: Mapping[str, Any] | None) -> str:
    return canonical_json(condition).decode() if condition else _("Always")


def _yes_no(value: bool) -> str:
    return _("Yes") if value else _("No")


def _title(section: Section, one: Definition) -> str:
    return section.title.in_language(one.languages[0])


def _questions(old: Definition, new: Definition) -> Iterator[Difference]:
    for question in old.questions():
        if question.key not in new.by_key:
            yield Difference(
                _("A question was removed"),
                before=_label(question, old),
                is_major=question.is_asked,
            )
    for question in new.questions():
        was = old.by_key.get(question.key)
        if was is None:
            yield Difference(
                _("A question was added"), after=_label(question, new), is_major=question.is_asked
            )
        else:
            yield from _question(was, question, _label(question, new), new.languages[0])


def _label(question: Question, one: Definition) -> str:
    return question.label.in_language(one.languages[0])


def _question(old: Question, new: Question, name: str, language: str) -> Iterator[Difference]:
    binding = new.type in ("consent", "age_check")
    yield from _words(
        _("Question “%(question)s”") % {"question": name}, old.label, new.label, is_major=binding
    )
    yield from _words(_("Hint of “%(question)s”") % {"question": name}, old.hint, new.hint)
    meanings = (
        (old.type, new.type),
        (old.permission or "", new.permission or ""),
        (str(old.minimum), str(new.minimum)),
        (str(old.maximum), str(new.maximum)),
    )
    for before, after in meanings:
        if before != after:
            label = _("What “%(question)s” asks for") % {"question": name}
            yield Difference(label, before, after, is_major=True)
    yield from _ways_to_answer(old, new, name, language)
    if (old.sensitivity, old.headline) != (new.sensitivity, new.headline):
        yield Difference(_("How “%(question)s” is reported") % {"question": name})
    yield from _options(old, new, name, language, is_binding=binding)


def _ways_to_answer(old: Question, new: Question, name: str, language: str) -> Iterator[Difference]:
    """When it is asked, above which rows, how many places it has, and the way out of it."""
    here = {"question": name}
    if old.condition != new.condition:
        label = _("When “%(question)s” is asked") % here
        yield Difference(label, _rule(old.condition), _rule(new.condition), is_major=True)
    if (old.grid and old.grid.key) != (new.grid and new.grid.key):
        label = _("The grid that “%(question)s” is a row of") % here
        yield Difference(label, _grid(old, language), _grid(new, language), is_major=True)
    elif old.grid and new.grid and old.grid.label != new.grid.label:
        label = _("Label of the grid above “%(question)s”") % here
        # A row is read together with what stands above it.
        yield from _words(label, old.grid.label, new.grid.label, is_major=True)
    if old.picks != new.picks:
        label = _("How many places “%(question)s” has") % here
        yield Difference(label, str(old.places), str(new.places), is_major=True)
    if old.prefer_not != new.prefer_not:
        label = _("Whether “%(question)s” has a way out") % here
        yield Difference(label, _yes_no(old.prefer_not), _yes_no(new.prefer_not), is_major=True)
    if old.merge != new.merge:
        label = _("Which answers to “%(question)s” may be put together") % here
        yield Difference(label, _merge(old, language), _merge(new, language))


def _grid(question: Question, language: str) -> str:
    return question.grid.label.in_language(language) if question.grid else ""


def _merge(question: Question, language: str) -> str:
    def words(code: str) -> str:
        option = question.option(code)
        return option.label.in_language(language) if option else code

    return "\n".join(" + ".join(map(words, group)) for group in question.merge or ())


def _options(
    old: Question, new: Question, name: str, language: str, *, is_binding: bool
) -> Iterator[Difference]:
    def words(option: Option) -> str:
        return option.label.in_language(language)

    here = {"question": name}
    for option in old.options:
        if new.option(option.code) is None:
            label = _("An answer to “%(question)s” was removed") % here
            yield Difference(label, before=words(option), is_major=True)
    for option in new.options:
        was = old.option(option.code)
        if was is None:
            label = _("An answer to “%(question)s” was added") % here
            yield Difference(label, after=words(option), is_major=True)
            continue
        label = _("An answer to “%(question)s”") % here
        yield from _words(label, was.label, option.label, is_major=is_binding)
        if was.exclusive != option.exclusive:
            label = _("What stands beside an answer to “%(question)s”") % here
            yield Difference(label, words(was), words(option), is_major=True)
    if set(old.codes) == set(new.codes) and old.codes != new.codes:
        label = _("Order of the answers to “%(question)s”") % here
        yield Difference(
            label, "\n".join(map(words, old.options)), "\n".join(map(words, new.options))
        )
