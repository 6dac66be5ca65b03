"""The sheets of a recovery kit, as people type them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import combine_mnemonics, generate_mnemonics

from testimony.vault import shares
from testimony.vault.shares import (
    DifferentKits,
    ForeignSheet,
    MistypedSheet,
    NoSeed,
    SameSheet,
    TooFewSheets,
    UnknownWord,
    WrongLength,
)

SEED = bytes(range(32))
KIT = shares.split(SEED)
seldom = settings(max_examples=25, deadline=None)


@seldom
@given(st.binary(min_size=32, max_size=32), st.permutations(range(3)), st.integers(2, 3))
def test_any_two_or_three_sheets_give_the_seed_back(
    seed: bytes, order: list[int], count: int
) -> None:
    kit = shares.split(seed)
    assert all(len(sheet.split()) == 33 for sheet in kit)
    assert shares.combine([kit[place] for place in order[:count]]) == seed


def test_one_sheet_says_nothing_that_two_kits_of_one_seed_share() -> None:
    assert not set(KIT) & set(shares.split(SEED))


@seldom
@given(st.data())
def test_case_spacing_numbering_and_cut_words_do_not_matter(data: st.DataObject) -> None:
    def typed(sheet: str) -> str:
        words = []
        for number, word in enumerate(sheet.split(), start=1):
            cut = word[: data.draw(st.integers(4, len(word)))]
            shown = data.draw(st.sampled_from([cut, cut.upper(), cut.title()]))
            words.append(data.draw(st.sampled_from(["", f"{number}. ", f"{number:02d}) "])) + shown)
        return data.draw(st.sampled_from([" ", "  ", "\n", ",\t", " \u00a0", "-"])).join(words)

    assert shares.combine([typed(KIT[2]), "", typed(KIT[0])]) == SEED


def test_a_foreign_word_is_named_by_its_place_and_not_repeated() -> None:
    words = KIT[1].split()
    words[13] = "secretword"
    with pytest.raises(UnknownWord, match=r"Sheet 2: word 14 ") as refusal:
        shares.combine([KIT[0], " ".join(words)])
    assert "secretword" not in str(refusal.value)


def test_a_word_with_a_wrong_ending_or_of_three_letters_is_not_guessed_at() -> None:
    for wrong in ("academix", "aca"):
        words = KIT[0].split()
        words[0] = wrong
        with pytest.raises(UnknownWord, match="word 1 "):
            shares.combine([" ".join(words), KIT[1]])


@seldom
@given(st.integers(0, 32), st.integers(1, 1023))
def test_one_word_taken_for_another_is_noticed(place: int, step: int) -> None:
    words = KIT[0].split()
    known = shares.WORDLIST.index(words[place])
    words[place] = shares.WORDLIST[(known + step) % 1024]
    with pytest.raises(MistypedSheet, match="Sheet 1"):
        shares.combine([" ".join(words), KIT[1]])


def test_words_that_changed_places_are_noticed() -> None:
    words = KIT[2].split()
    words[5], words[6] = ("academic", "acid") if words[5] == words[6] else (words[6], words[5])
    with pytest.raises(MistypedSheet, match="Sheet 2"):
        shares.combine([KIT[1], " ".join(words)])


@pytest.mark.parametrize(("typed", "count"), [(KIT[0][: KIT[0].rindex(" ")], 32), ("acid", 1)])
def test_a_sheet_with_a_word_too_few_says_how_many_it_has(typed: str, count: int) -> None:
    with pytest.raises(WrongLength, match=f"has {count} words"):
        shares.combine([typed, KIT[1]])


def test_two_copies_of_one_sheet_are_one_sheet() -> None:
    with pytest.raises(SameSheet, match="1 and 3"):
        shares.combine([KIT[0], KIT[1], KIT[0].upper()])


def test_sheets_of_two_kits_are_told_apart() -> None:
    other = shares.split(SEED)
    with pytest.raises(DifferentKits, match="1 and 2"):
        shares.combine([KIT[0], other[1]])


@pytest.mark.parametrize("sheets", [[], [""], ["", " 1. ", KIT[0]]])
def test_one_sheet_is_too_few(sheets: list[str]) -> None:
    with pytest.raises(TooFewSheets, match="Two"):
        shares.combine(sheets)


def test_a_sheet_of_another_scheme_is_not_taken_for_ours() -> None:
    makers = [(1, [(3, 5)], 1), (2, [(2, 3), (2, 3)], 1), (1, [(2, 3)], 0), (1, [(2, 5)], 1)]
    for threshold, groups, exponent in makers:
        made = generate_mnemonics(threshold, groups, SEED, iteration_exponent=exponent)
        with pytest.raises(ForeignSheet, match="Sheet 2"):
            shares.combine([KIT[0], made[-1][-1]])
    shorter = generate_mnemonics(1, [(2, 3)], SEED[:16])[0]
    with pytest.raises(WrongLength, match="20 words"):
        shares.combine(shorter)


def test_a_seed_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        shares.split(SEED[:16])


def test_the_sheets_are_read_without_this_program() -> None:
    for one, other in itertools.combinations(KIT, 2):
        assert combine_mnemonics([one, other]) == SEED


listed = st.sampled_from(shares.WORDLIST)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=60),
            st.lists(listed, min_size=31, max_size=35).map(" ".join),
            st.sampled_from(KIT),
        ),
        max_size=4,
    )
)
def test_nothing_typed_makes_it_fail_otherwise(typed: list[str]) -> None:
    try:
        seed = shares.combine(typed)
    except NoSeed as refusal:
        sentence = str(refusal)
    else:
        sentence = ""
        assert seed == SEED
    assert "%" not in sentence
