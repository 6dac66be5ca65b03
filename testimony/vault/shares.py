"""Sheets of words: a 256-bit seed split among three people, any two of whom bring it back.

An adapter over SLIP-39 (github.com/satoshilabs/slips, slip-0039), so that other programs read
the sheets too: one group, two of three, 33 words each, no passphrase. Nothing here prints,
stores or logs; no error repeats a word that somebody typed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _
from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

SEED_LENGTH: Final = 32
SHEETS: Final = 3
NEEDED: Final = 2
WORDS_ON_A_SHEET: Final = 33
STUB_LENGTH: Final = 4
"""No two words of the list share their first four letters, and none is shorter."""

_EXPONENT: Final = 1
_BY_STUB: Final[dict[str, str]] = {word[:STUB_LENGTH]: word for word in WORDLIST}


class NoSeed(Exception):
    """The sheets do not give the seed back. The sentence says which sheet or word is wrong.

    Sheets and words are counted from one, in the order they were typed in.
    """

    message = _("These sheets do not open the kit.")

    def __init__(self, **places: int) -> None:
        super().__init__(places)
        self.places = places

    def __str__(self) -> str:
        return str(self.message) % self.places


class UnknownWord(NoSeed):
    message = _("Sheet %(sheet)d: word %(word)d is not a word of the list. Read it again.")


class WrongLength(NoSeed):
    message = _("Sheet %(sheet)d has %(words)d words. There are %(wanted)d on a sheet.")


class MistypedSheet(NoSeed):
    message = _(
        "Sheet %(sheet)d: every word is known, but they don't belong together. "
        "One is mistaken for another, or two changed places."
    )


class ForeignSheet(NoSeed):
    message = _("Sheet %(sheet)d is not a sheet of such a kit.")


class SameSheet(NoSeed):
    message = _(
        "Sheets %(first)d and %(second)d are the same sheet. Two different ones are needed."
    )


class DifferentKits(NoSeed):
    message = _("Sheets %(first)d and %(second)d are from different kits.")


class TooFewSheets(NoSeed):
    message = _("Two sheets are needed.")


def split(seed: bytes) -> tuple[str, str, str]:
    """Three sheets of 33 words, any two of which give ``seed`` back. Each call makes a new kit.

    Raises:
        ValueError: for a seed that is not 32 bytes.
    """
    if len(seed) != SEED_LENGTH:
        raise ValueError("A seed is exactly 32 bytes.")
    ((first, second, third),) = generate_mnemonics(
        group_threshold=1,
        groups=[(NEEDED, SHEETS)],
        master_secret=seed,
        iteration_exponent=_EXPONENT,
    )
    return first, second, third


def combine(mnemonics: Sequence[str]) -> bytes:
    """The seed, from two or three sheets as somebody typed them.

    Case, spacing, numbering and punctuation do not matter, and four letters of a word are
    enough. An empty sheet is passed over.

    Raises:
        NoSeed: one of the subclasses above, for what is wrong.
    """
    sheets = {
        number: _read(number, typed)
        for number, typed in enumerate(mnemonics, start=1)
        if _words(typed)
    }
    numbers = sorted(sheets)
    for place, first in enumerate(numbers):
        for second in numbers[place + 1 :]:
            _check_pair(sheets[first], sheets[second], first=first, second=second)
    if len(numbers) < NEEDED:
        raise TooFewSheets
    first, *others = numbers
    seeds = {_together(sheets[first], sheets[second], first, second) for second in others}
    if len(seeds) > 1:
        raise DifferentKits(first=first, second=others[-1])
    return seeds.pop()


def _words(typed: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", typed.casefold())


def _read(number: int, typed: str) -> Share:
    words = []
    for place, found in enumerate(_words(typed), start=1):
        word = _BY_STUB.get(found[:STUB_LENGTH])
        if word is None or not word.startswith(found):
            raise UnknownWord(sheet=number, word=place)
        words.append(word)
    if len(words) != WORDS_ON_A_SHEET:
        raise WrongLength(sheet=number, words=len(words), wanted=WORDS_ON_A_SHEET)
    try:
        share = Share.from_mnemonic(" ".join(words))
    except MnemonicError:
        raise MistypedSheet(sheet=number) from None
    shape = (share.group_index, share.group_threshold, share.group_count, share.member_threshold)
    of_this_kind = shape == (0, 1, 1, NEEDED) and share.iteration_exponent == _EXPONENT
    if not of_this_kind or not share.extendable or share.index >= SHEETS:
        raise ForeignSheet(sheet=number)
    return share


def _check_pair(one: Share, other: Share, *, first: int, second: int) -> None:
    if one.group_parameters() != other.group_parameters():
        raise DifferentKits(first=first, second=second)
    if one.index == other.index:
        kind = SameSheet if one.value == other.value else DifferentKits
        raise kind(first=first, second=second)


def _together(one: Share, other: Share, first: int, second: int) -> bytes:
    try:
        return bytes(combine_mnemonics([one.mnemonic(), other.mnemonic()]))
    except MnemonicError:
        raise DifferentKits(first=first, second=second) from None
