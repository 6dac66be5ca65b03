"""How a figure is written, and what it says. Pure.

One grammar for every form of publication: a web page, a download, the text of a PDF. English and
French, as the editions are. What can't be read is not guessed at.
"""

from __future__ import annotations

import re
from typing import Final

from consultation.disclosure.audit.published import HIDDEN, NOTHING, STRUCTURAL, Said, exactly

SPACES: Final = "\u2009\u202f\u00a0\u2007"
"""The spaces that may stand inside a number: thin, narrow no-break, no-break, figure."""

_NUMBER: Final = rf"\d{{1,3}}(?:[,{SPACES} ]\d{{3}}){{1,2}}|\d{{1,9}}"
_OF: Final = r"(?:of|out of|sur|/)"

_WHOLE: Final = re.compile(rf"({_NUMBER})")
_SHARE: Final = re.compile(rf"({_NUMBER})\s*{_OF}\s*({_NUMBER})")
_AT_MOST: Final = re.compile(
    rf"({_NUMBER})(?:\s*{_OF}\s*({_NUMBER}))?\s+(?:or fewer|or less|ou moins)"
    rf"|(?:at most|au plus)\s+({_NUMBER})(?:\s*{_OF}\s*({_NUMBER}))?"
    rf"|≤\s*({_NUMBER})"
)
_FEWER: Final = re.compile(rf"(?:fewer than|less than|under|moins de|<)\s*({_NUMBER})")
_AT_LEAST: Final = re.compile(
    rf"({_NUMBER})(?:\s*{_OF}\s*({_NUMBER}))?\s+(?:or more|ou plus)"
    rf"|(?:at least|au moins)\s+({_NUMBER})(?:\s*{_OF}\s*({_NUMBER}))?"
    rf"|≥\s*({_NUMBER})"
)
_MORE: Final = re.compile(rf"(?:more than|over|plus de|>)\s*({_NUMBER})")
_BETWEEN: Final = re.compile(
    rf"(?:between\s+|entre\s+)?({_NUMBER})\s*(?:–|-|to|and|à|et)\s*({_NUMBER})"
)
_PERCENT: Final = re.compile(
    rf"(\d{{1,9}}(?:[.,]\d{{1,9}})?)\s*[{SPACES}]?\s*(?:%|per cent|percent|pour cent)"
)
STATISTIC_WORDS: Final = (
    ("mean", re.compile(r"\b(mean|average|moyenne?)\b", re.IGNORECASE)),
    ("min", re.compile(r"\b(minimum|lowest|least|smallest)\b", re.IGNORECASE)),
    ("max", re.compile(r"\b(maximum|highest|greatest|largest)\b", re.IGNORECASE)),
    ("range", re.compile(r"\b(range|étendue)\b", re.IGNORECASE)),
    ("median", re.compile(r"\b(median|médiane?)\b", re.IGNORECASE)),
    ("q1", re.compile(r"\b(lower|first|premier) quartile\b", re.IGNORECASE)),
    ("q3", re.compile(r"\b(upper|third|troisième) quartile\b", re.IGNORECASE)),
)
_PEOPLE: Final = re.compile(
    rf"(?<![\d.,])({_NUMBER})\s+(?:people|persons?|workers?|respondents?|participants?|answers|"
    r"personnes?|travailleu(?:rs|ses)|répondants?|réponses)\b"
)
_SPELT: Final = {
    word: number
    for number, words in enumerate(
        ("one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept",
         "eight huit", "nine neuf"), start=1
    )
    for word in words.split()
}  # fmt: skip
_PEOPLE_WORDS: Final = (
    r"(?:people|persons?|workers?|respondents?|participants?|personnes?|travailleu(?:rs|ses)|"
    r"répondants?)"
)
# “One person” is said of anybody; “one of 21” is a count.
_SPELT_OF: Final = re.compile(
    rf"\b({'|'.join(_SPELT)})\s+(?:(?<!\bone )(?<!\bun )(?<!\bune ){_PEOPLE_WORDS}\b|"
    rf"{_OF}\s*(?:the\s+)?\d)",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"\b(?:tables?|tableaux?|questions?|figures?|themes?|thèmes?|sections?|editions?|éditions?|"
    r"versions?|weeks?|semaines?|pages?|annex|annexe|Q|T|no\.?|n°)\s*\d+(?:[.:–-]\d+)*",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    r"\b\d{4}-\d{2}(?:-\d{2})?\b|\b\d{1,2}(?:st|nd|rd|th|er)?\s+(?:January|February|March|April|May|June|"
    r"July|August|September|October|November|December|janvier|février|mars|avril|mai|juin|"
    r"juillet|août|septembre|octobre|novembre|décembre)(?:\s+\d{4})?\b|\b(?:January|February|March|"
    r"April|May|June|July|August|September|October|November|December|janvier|février|mars|avril|"
    r"mai|juin|juillet|août|septembre|octobre|novembre|décembre)\s+\d{4}\b",
    re.IGNORECASE,
)
_BLANKS: Final = frozenset({"", "–", "-", "—", "n/a", ".."})


class Unclear(ValueError):
    """A figure whose words can't be read."""


def plain(text: str) -> str:
    """Text with its runs of white space made single, and trimmed."""
    return " ".join(text.split())


def whole(text: str) -> int:
    """The value of a whole number with or without separators."""
    return int(re.sub(rf"[,{SPACES} ]", "", text))


def read_count(text: str) -> Said:
    """What a count's place says: ``18``, ``5 / 21``, ``[c]``, ``[z]``, ``9 or fewer``, ``–``.

    Raises:
        Unclear: when it is none of these.
    """
    words = plain(text).removeprefix("'")
    if words in _BLANKS:
        return NOTHING
    if words == "[c]":
        return HIDDEN
    if words == "[z]":
        return STRUCTURAL
    if found := _WHOLE.fullmatch(words):
        return exactly(whole(found[1]))
    if found := _SHARE.fullmatch(words):
        return exactly(whole(found[1]), whole(found[2]))
    band = _read_band(words)
    if band is None:
        raise Unclear(words)
    return band


def _read_band(words: str) -> Said | None:
    lowered = words.lower()
    for pattern, makes_low, shift in (
        (_AT_MOST, False, 0),
        (_FEWER, False, -1),
        (_AT_LEAST, True, 0),
        (_MORE, True, 1),
    ):
        if found := pattern.fullmatch(lowered):
            given = [whole(group) for group in found.groups() if group]
            bound, of = given[0] + shift, given[1] if len(given) > 1 else None
            return Said("band", bound, of, of) if makes_low else Said("band", 0, bound, of)
    if found := _BETWEEN.fullmatch(lowered):
        low, high = whole(found[1]), whole(found[2])
        if low <= high:
            return Said("band", low, high)
    return None


def read_percent(text: str) -> tuple[Said, bool]:
    """What a percentage's place says, and whether it is a whole per cent.

    Raises:
        Unclear: when it is neither a percentage nor a marker nor ``x / n``.
    """
    words = plain(text).removeprefix("'")
    found = _PERCENT.fullmatch(words) or re.fullmatch(r"(\d{1,9}(?:[.,]\d{1,9})?)", words)
    if found:
        shown = found[1].replace(",", ".")
        return exactly(int(float(shown))), "." not in shown
    return read_count(words), True


def numbers_in(text: str) -> list[int]:
    """Every whole number a sentence holds, apart from dates and names such as “Table 3”."""
    rest = _DATE.sub(" ", _NAMED.sub(" ", text))
    found = re.findall(rf"(?<![\dA-Za-z])(?:{_NUMBER})(?![\dA-Za-z])", rest)
    return [whole(item) for item in found]


def shares_in(text: str) -> list[tuple[int, int]]:
    """Every “x of n” a sentence holds."""
    return [(whole(a), whole(b)) for a, b in _SHARE.findall(text)]


def percents_in(text: str) -> list[int]:
    """The percentages of a sentence, as whole numbers."""
    return [int(float(m[1].replace(",", "."))) for m in _PERCENT.finditer(text)]


def counts_in(text: str) -> list[int]:
    """The whole numbers of a sentence that are no percentages."""
    return numbers_in(_PERCENT.sub(" ", text))


def claims_in(text: str) -> list[tuple[list[int], int, int]]:
    """Every number that is said as a share, as a percentage or of people, and from where to where.

    “18 of 43”, “42 %”, “12 people”, “three workers”, “two of 21”.
    """
    found = [([whole(m[1]), whole(m[2])], m) for m in _SHARE.finditer(text)]
    found += [([int(float(m[1].replace(",", ".")))], m) for m in _PERCENT.finditer(text)]
    found += [([whole(m[1])], m) for m in _PEOPLE.finditer(text)]
    found += [([_SPELT[m[1].lower()]], m) for m in _SPELT_OF.finditer(text)]
    return [(numbers, match.start(), match.end()) for numbers, match in found]


def squeezed(text: str) -> str:
    """Text without white space and hyphens, as a line break may have left it, in lower case."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", text).lower()
