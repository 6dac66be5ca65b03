"""Cues in the words of a question: that it asks who somebody is, or for something hard. Pure.

A cue is a pattern that a reader would stop at, in English or in French. Cues err towards telling:
an editor can say the same in other words. They read labels and hints, never an answer.
"""

from __future__ import annotations

import re
from typing import Final

_WHO: Final = re.compile(
    r"""
    \byour\ (?:(?:full|first|last|real|legal|given|family|work|stage)\ )*(?:name|surname|nickname)\b
    | \bwhat\ are\ you\ called\b
    | \b(?:your|a|the)\ (?:\w+\ )?(?:phone|telephone|cell|mobile)(?:\ number)?\b
    | \byour\ (?:\w+\ )?(?:e-?mail|address|street|postal\ code|postcode|username|handle)\b
    | \bwhere\ (?:exactly\ )?do\ you\ live\b
    | \b(?:date\ of\ birth|birth\ ?date|birthday|when\ were\ you\ born)\b
    | \blicen[cs]e\ plate\b | \bplate\ number\b
    | \bvotre\ (?:(?:vrai|premier|petit)\ )*(?:nom|prénom|surnom|pseudo(?:nyme)?)\b
    | \bcomment\ vous\ appelez[- ]vous\b
    | \b(?:votre|un|le)\ (?:numéro\ de\ )?(?:téléphone|cellulaire|portable)\b
    | \bvotre\ (?:\w+\ )?(?:courriel|e-?mail|adresse|rue|code\ postal)\b
    | \boù\ habitez[- ]vous\b
    | \bdate\ de\ naissance\b | \bquand\ êtes[- ]vous\ née?\b
    | \b(?:votre|la|le\ numéro\ de)\ plaque\b
    """,
    re.IGNORECASE | re.VERBOSE,
)

_ASKS_TO_LEAVE_OUT: Final = re.compile(
    r"\b(?:leave out|do not|don[’']t|never|without|no need|ne|n[’']\w+ (?:pas|ni)|sans|évitez)\b",
    re.IGNORECASE,
)

_HARD: Final = re.compile(
    r"""
    \b(?:violen\w+|assault\w*|attacked|beaten|rap(?:e|ed)|abus(?:e|ed|ive)|threat\w*|strangl\w+
    | arrest\w*|police|jail\w*|prison|deport\w*|immigration|trafficking
    | overdos\w+|suicid\w+|self-harm|died|death|murder\w*|child(?:ren)?\ (?:services|protection)
    | agress\w+|frapp\w+|battue?s?|viol(?:s|ée?s?)?|menac\w+|étrangl\w+
    | arrêtée?s?|arrestations?|policiers?|policières?|prisons?|expuls\w+|traite
    | surdoses?|mortes?|meurtres?|protection\ de\ l[’']enfance)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def asks_who(words: str) -> str:
    """The words that ask for a name, a number or a place somebody can be found by, or nothing.

    A sentence that asks to leave such things out is no cue.
    """
    for sentence in re.split(r"(?<=[.!?:;])\s+", words):
        found = _WHO.search(sentence)
        if found and not _ASKS_TO_LEAVE_OUT.search(sentence):
            return found[0]
    return ""


def is_hard(words: str) -> str:
    """The word that shows that a question may be hard to read or to answer, or nothing."""
    found = _HARD.search(words)
    return found[0] if found else ""
