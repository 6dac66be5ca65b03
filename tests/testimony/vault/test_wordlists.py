from __future__ import annotations

import pytest

from testimony.vault import wordlists


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_two_words_share_their_first_four_letters(language: str) -> None:
    listed = wordlists.words(language)
    assert len(listed) >= 1_600
    assert len({wordlists.stub(word) for word in listed}) == len(listed)
    assert all(4 <= len(word) <= 8 for word in listed)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_six_words_hold_at_least_64_bits(language: str) -> None:
    assert len(wordlists.words(language)) ** wordlists.WORDS_IN_A_CODE >= 2**64


@pytest.mark.parametrize(
    "typed",
    ["École  BATEAU", "ecole-bateau", "ecol.bate", "  Écol,\tbate ", "E\u0301cole bateau"],
)
def test_case_spaces_accents_and_stubs_do_not_matter(typed: str) -> None:
    assert wordlists.as_typed(typed) == ("ecol", "bate")
