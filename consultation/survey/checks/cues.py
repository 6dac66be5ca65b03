"""Cues in the words of a question: what it asks for, and how. Pure.

A cue is a pattern that a reader would stop at, in English or in French. Cues err towards telling:
an editor can say the same in other words. They read labels and hints, never an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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


# How something is asked, for each language that the cues know.

Cue = Mapping[str, re.Pattern[str]]


def _cue(**patterns: str) -> Cue:
    return {
        language: re.compile(pattern, re.IGNORECASE | re.VERBOSE)
        for language, pattern in patterns.items()
    }


LEADING: Final = _cue(
    en=r"""
    \b(?:do|would|are|is|should|could|have|has|did|does)n[’']t\ (?:you|it|we|they)\b
    | \b(?:obviously|of\ course|surely|clearly|undoubtedly|needless\ to\ say)\b
    | \b(?:do|would)\ you\ (?:not\ )?agree\b(?!\ or)
    | \bas\ (?:you|we\ all)\ know\b | \beverybody\ knows\b | \beveryone\ knows\b
    | \b(?:most\ people|experts)\ (?:think|say|agree|believe)\b
    | \bhow\ (?:bad|terrible|harmful|wonderful|great)\ (?:is|are|was|were)\b
    """,
    fr=r"""
    \bne\ (?:pensez|croyez|trouvez|voulez|devriez)[- ]vous\ pas\b | \bn[’']est[- ]ce\ pas\b
    | \b(?:évidemment|bien\ sûr|bien\ entendu|clairement|sans\ aucun\ doute)\b
    | \b(?:êtes|seriez)[- ]vous\ d[’']accord\b(?!\ ou)
    | \bcomme\ (?:vous\ le|on\ le|chacun\ le)\ sa(?:vez|it)\b | \btout\ le\ monde\ sait\b
    | \bla\ plupart\ des\ (?:gens|personnes)\ (?:pensent|disent|croient)\b
    """,
)
"""The question says which answer is wanted."""

ABSOLUTE: Final = _cue(
    en=r"\b(?:always|never|all\ the\ time|every\ single)\b",
    fr=r"\b(?:toujours|jamais|tout\ le\ temps)\b",
)
"""Little is always so."""

VAGUE: Final = _cue(
    en=r"""
    (?<!how\ )(?<!more\ )(?<!less\ )(?<!most\ )\boften\b
    | \b(?:sometimes|occasionally|regularly|frequently|rarely|seldom|recently|lately|nowadays)\b
    | \b(?:from\ time\ to\ time|once\ in\ a\ while|a\ while\ ago|these\ days)\b
    | \bin\ the\ past\b(?!\ \w)
    """,
    fr=r"""
    (?<!plus\ )(?<!moins\ )(?<!aussi\ )\bsouvent\b
    | \b(?:parfois|quelquefois|occasionnellement|régulièrement|fréquemment|rarement)\b
    | \b(?:récemment|dernièrement|ces\ derniers\ temps|de\ temps\ en\ temps|de\ temps\ à\ autre)\b
    | \b(?:il\ y\ a\ quelque\ temps|de\ nos\ jours|dans\ le\ passé)\b
    """,
)
"""A time, or a number of times, that everybody takes differently."""

TWO_THINGS: Final = _cue(
    en=r"\band/or\b | \?.*\?",
    fr=r"\bet/ou\b | \?.*\?",
)
"""Two questions in one."""

JOINED: Final = _cue(
    en=r"\b(?:and|as\ well\ as)\b",
    fr=r"\b(?:et|ainsi\ que)\b",
)
"""Two things joined, that one tick answers together."""

_BETWEEN: Final = re.compile(
    r"\b(?:between|entre)\b[^?.]*?\b(?:and|et)\b|\d\s+(?:and|et)\s+\d|\b(?:et quart|et demi\w*)\b",
    re.IGNORECASE,
)

NEGATION: Final = _cue(
    en=r"""
    \b(?:not|cannot|never|nobody|nothing|none|neither|nor|no\ longer|no\ one|\w+n[’']t)\b
    """,
    fr=r"""
    \b(?:ne\ |n[’'])(?:(?!\bque\b)[^.?!]){0,40}?
    \b(?:pas|plus|jamais|rien|personne|aucune?|guère|ni)\b
    """,
)
"""What is asked is that something is not so."""

OPPOSING: Final = _cue(
    en=r"""
    \b(?:without|unless|hardly|barely|unlikely|unable|unwilling|uncommon|unusual|unnecessary
    | impossible|disagree|opposed?|forbid(?:den)?|ban(?:ned)?|prevent(?:ed)?|refuse[ds]?|fail(?:ed)?
    | avoid(?:ed)?|den(?:y|ied)|lack(?:ed|s)?)\b
    """,
    fr=r"""
    \b(?:sans|impossibles?|improbables?|inutiles?|incapables?|désaccord|oppos\w+|interdi\w+|empêch\w+
    | refus\w+|évit\w+|manqu\w+|nie[rz]?)\b
    """,
)
"""A word that turns a sentence round: with a negation, it turns it twice."""

PLAIN: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "additional": "more",
        "advocate for": "speak up for",
        "approximately": "about",
        "assistance": "help",
        "attempt": "try",
        "commence": "start",
        "criminalization": "laws against our work",
        "demographic": "about you",
        "encounter": "meet",
        "endeavour": "try",
        "facilitate": "help",
        "implement": "carry out",
        "in the event": "if",
        "law enforcement": "police",
        "marginalized": "pushed aside",
        "mechanism": "way",
        "modality": "way",
        "obtain": "get",
        "participate": "take part",
        "prior to": "before",
        "purchase": "buy",
        "reside": "live",
        "respondent": "person who answers",
        "screening": "checking",
        "service provider": "people who help",
        "socioeconomic": "money and work",
        "stakeholder": "people concerned",
        "stigma": "being judged",
        "subsequent": "later",
        "sufficient": "enough",
        "terminate": "end",
        "utilis": "use",
        "utiliz": "use",
        "victimization": "being hurt",
        "with regard to": "about",
    },
    "fr": {
        "actuellement": "maintenant",
        "additionnel": "de plus",
        "afin de": "pour",
        "antérieur": "d’avant",
        "approximativement": "environ",
        "au sein de": "dans",
        "bénéficier de": "avoir",
        "criminalisation": "les lois contre notre travail",
        "débuter": "commencer",
        "effectuer": "faire",
        "forces de l’ordre": "police",
        "intervenant": "personne qui aide",
        "mettre en œuvre": "appliquer",
        "modalité": "façon",
        "nécessiter": "demander",
        "obtenir": "avoir",
        "parties prenantes": "personnes touchées",
        "préalablement": "avant",
        "procéder à": "faire",
        "répondant": "personne qui répond",
        "résider": "vivre",
        "socioéconomique": "d’argent et de travail",
        "stigmatisation": "être jugée ou jugé",
        "suffisamment": "assez",
        "ultérieur": "plus tard",
        "vis-à-vis": "envers",
    },
}
"""Hard words, by their beginning, and a plainer word for each."""

_HARD_WORDS: Final = {
    language: re.compile(
        r"\b(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")",
        re.IGNORECASE,
    )
    for language, words in PLAIN.items()
}


def found(cue: Cue, words: str, language: str) -> str:
    """The words that a cue stops at, or nothing."""
    pattern = cue.get(language)
    match = pattern.search(words) if pattern else None
    return match[0] if match else ""


def joins(words: str, language: str) -> str:
    """The word that joins two things in what is asked, or nothing. “Between 2 and 5” is one."""
    asked = re.split(r"(?<=[.!])\s+", words)[-1]
    return found(JOINED, _BETWEEN.sub("", asked), language)


def negates_twice(words: str, language: str) -> str:
    """The second word that turns the same sentence round, or nothing."""
    for sentence in re.split(r"(?<=[.!?:;])\s+", words):
        turns = [
            match[0]
            for cue in (NEGATION, OPPOSING)
            if language in cue
            for match in cue[language].finditer(sentence)
        ]
        if len(turns) > 1:
            return turns[1]
    return ""


def hard_word(words: str, language: str) -> tuple[str, str] | None:
    """A hard word as it begins, and a plainer one."""
    pattern = _HARD_WORDS.get(language)
    match = pattern.search(words.replace("'", "’")) if pattern else None
    if match is None:
        return None
    cue = match[0].casefold()
    plain = PLAIN[language].get(cue)  # none for a letter that only looks alike, such as “İ”
    return (cue, plain) if plain else None
