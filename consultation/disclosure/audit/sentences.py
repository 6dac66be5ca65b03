"""Numbers in words: no sentence says more than the tables do. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consultation.disclosure.audit import wording
from consultation.disclosure.audit.case import Case, point
from consultation.disclosure.audit.findings import Finding
from consultation.disclosure.audit.published import (
    ANSWERED,
    EVERYTHING,
    Edition,
    Figure,
    Sentence,
    Table,
)


def sentences(case: Case) -> Iterator[Finding]:
    """Every number in words near a table stands in the table, and every share anywhere does."""
    editions = [edition for _era, edition in case.editions()]
    everything: set[int] = set()
    of_table: dict[tuple[str, str], set[int]] = {}
    for edition in editions:
        everything |= shown_in(edition, None)
        for table in edition.tables:
            shown = shown_in(edition, table)
            everything |= shown
            of_table.setdefault((edition.name, table.id), set()).update(shown)
    others = wording.squeezed(" ".join(words for e in editions for words in e.others))
    for edition in editions:
        numbered = _labels_with_numbers(edition)
        for sentence in edition.sentences:
            shown = of_table.get((edition.name, sentence.about), everything)
            yield from _unexplained(sentence, numbered, shown, others)


def _labels_with_numbers(edition: Edition) -> list[str]:
    """The labels of answers that hold a number themselves, the longest first."""
    labels = {
        label
        for variable in edition.variables.values()
        for _code, label in (*variable.all_labels(), ("", variable.label))
        if any(letter.isdigit() for letter in label)
    }
    return sorted(labels, key=lambda label: (-len(label), label))


def _unexplained(
    sentence: Sentence, numbered: list[str], shown: set[int], others: str
) -> Iterator[Finding]:
    words = sentence.text
    for label in numbered:
        words = words.replace(label, " ")
    numbers = wording.numbers_in(words) if sentence.about else []
    for claimed, start, end in wording.claims_in(words):
        if not sentence.is_paper or not _is_known(words[start:end], others):
            numbers += claimed
    for number in dict.fromkeys(numbers):
        if number not in shown:
            is_of_table = sentence.about not in ("", EVERYTHING)
            yield Finding(
                "sentence",
                f"Table {sentence.about}" if is_of_table else "Text",
                point(number),
                f"The words say {number}, which stands in no table: “{sentence.text}”",
                sentence.place,
            )


def _is_known(claim: str, others: str) -> bool:
    """Whether a claim on paper is one that a page marks as about something else."""
    return bool(re.search(rf"(?<!\d){re.escape(wording.squeezed(claim))}(?!\d)", others))


def shown_in(edition: Edition, table: Table | None) -> set[int]:
    """Every number printed in a table and in the stated figures of its edition."""
    figures = [*edition.figures, *(table.figures if table else ())]
    shown = {0}
    for figure in figures:
        for number in (figure.said.low, figure.said.high, figure.said.of):
            if figure.said.manner in ("number", "band") and number is not None:
                shown.add(number)
    for item in table.statistics if table else ():
        shown |= set(wording.numbers_in(item.value))
    return shown


def bars(case: Case) -> Iterator[Finding]:
    """No bar is longer or shorter than the number beside it, and none stands for a hidden one.

    A bar drawn from a count that is not printed would give it back with a ruler.
    """
    editions = [edition for _era, edition in case.editions()]
    shown: dict[str, set[int]] = {}
    for edition in editions:
        for table in edition.tables:
            shown.setdefault(table.id, set()).update(shown_in(edition, table))
    for edition in editions:
        for bar in edition.bars:
            wholes = shown.get(bar.about, set())
            percents = wording.percents_in(bar.text)
            shares = [percent / 100 for percent in percents]
            for number in wording.counts_in(bar.text):
                shares += [number / whole for whole in wholes if whole]
            if not any(abs(bar.share - share) <= bar.slack for share in shares):
                yield Finding(
                    "bar",
                    f"Table {bar.about}" if bar.about else "Chart",
                    None,
                    f"A bar is {bar.share:.1%} of its ground, and beside it stands “{bar.text}”.",
                    bar.place,
                )


def hearsay(edition: Edition) -> list[Figure]:
    """What sentences say about cells that their own table hides.

    Only a sentence that names one answer of the table's rows is taken at its word.
    """
    heard = []
    for sentence in edition.sentences:
        for table in edition.tables:
            if table.id != sentence.about or table.rows not in edition.variables:
                continue
            heard += _heard(edition, table, sentence)
    return heard


def _heard(edition: Edition, table: Table, sentence: Sentence) -> list[Figure]:
    shares = wording.shares_in(sentence.text)
    at: dict[str, str] = dict(table.filter)
    for code in (table.rows, table.columns) if table.columns else (table.rows,):
        labels = edition.variables[code].all_labels() if code in edition.variables else ()
        named_here = [
            c
            for c, label in labels
            if label and any(q in sentence.text for q in (f"“{label}”", f"«\u00a0{label}\u00a0»"))
        ]
        if len(named_here) == 1:
            at[code] = named_here[0]
        elif code == table.rows:
            return []
        else:
            at[code] = ANSWERED
    where_hidden = {f.at for f in table.figures if f.said.manner == "hidden"}
    place = tuple(sorted(at.items()))
    if place not in where_hidden or not shares:
        return []
    count, base = shares[0]
    found = wording.read_count(f"{count} / {base}")
    of = tuple((v, c if v in dict(table.filter) else ANSWERED) for v, c in place)
    return [Figure(place, found, sentence.place, of=of)]
