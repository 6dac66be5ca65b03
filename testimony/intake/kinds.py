"""The library of step kinds: what an editor can put into a call, described once.

The blocks of the admin, the compiler and the rules before publishing all read this table. Each
kind brings words in English and in French that a team can keep or change. What people agree to
(the consent's answers) and what stays out (free text about the person) is not for changing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LANGUAGES: Final = ("en", "fr")

FEWEST_OPTIONS: Final = 2
MOST_OPTIONS: Final = 12
MOST_BANDS: Final = 8
"""Of an answer list about the person. Finer lists tell who somebody is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to write, in each language of the call."""

    name: str
    label: str | Promise
    is_optional: bool = False
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step. ``items`` names its list of questions, where it has one."""

    name: str
    label: str | Promise
    icon: str
    help: str | Promise
    lines: tuple[Line, ...]
    items: str = ""
    item_lines: tuple[Line, ...] = ()
    has_options: bool = False
    asks: bool = True
    takes_text: bool = False


TITLE: Final = Line("title", _("title"))
NOTE: Final = Line("note", _("words before the questions"), is_optional=True, rows=2)
QUESTION: Final = Line("question", _("question"), rows=2)
HINT: Final = Line("hint", _("hint"), is_optional=True, rows=2)
LABEL: Final = Line("label", _("question"), rows=2)
OPTION: Final = Line("label", _("answer"))

_ABOUT_ONE: Final = (TITLE, NOTE, QUESTION, HINT)

AGE_CHECK: Final = "age_check"
CONSENT: Final = "consent"
CONTENT_NOTE: Final = "content_note"
STORY: Final = "story"
CLOSED: Final = "closed_questions"
ABOUT: Final = "about_you"
PICTURES: Final = "pictures"
HELPED: Final = "helped"
HOPES: Final = "hopes"

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            AGE_CHECK,
            _("Age check"),
            "user",
            _("Comes first. Nothing is kept before “yes”, and “no” leads to help for youth."),
            (
                TITLE,
                QUESTION,
                HINT,
                Line("yes", _("the answer “yes”")),
                Line("no", _("the answer “no”")),
            ),
        ),
        Kind(
            CONSENT,
            _("What you agree to"),
            "check",
            _(
                "Four choices, each starting with the least. The answers are the same in every "
                "call: they decide what readers may do."
            ),
            (
                TITLE,
                NOTE,
                Line("count", _("counting: the question"), rows=2),
                Line("count_hint", _("counting: a hint"), is_optional=True, rows=2),
                Line("words", _("words: the question"), rows=2),
                Line("words_hint", _("words: a hint"), is_optional=True, rows=2),
                Line("audience", _("who sees them: the question"), rows=2),
                Line("audience_hint", _("who sees them: a hint"), is_optional=True, rows=2),
                Line("members", _("who sees them: the answer “members”")),
                Line("describe", _("description: the question"), rows=2),
                Line("describe_hint", _("description: a hint"), is_optional=True, rows=2),
            ),
        ),
        Kind(
            CONTENT_NOTE,
            _("Content note"),
            "warning",
            _("A page of its own before one that may be hard. It says what comes, and how long."),
            (TITLE, Line("text", _("what the next page asks"), rows=3)),
            asks=False,
        ),
        Kind(
            STORY,
            _("Story"),
            "pilcrow",
            _("One topic a page, in a person's own words. Put a content note before it."),
            (TITLE, NOTE),
            items="prompts",
            item_lines=(LABEL, HINT),
            takes_text=True,
        ),
        Kind(
            CLOSED,
            _("Closed questions"),
            "list-ul",
            _("Questions with answers to pick. They can be counted."),
            (TITLE, NOTE),
            items="questions",
            item_lines=(LABEL, HINT),
            has_options=True,
        ),
        Kind(
            ABOUT,
            _("About you"),
            "group",
            _(
                "Broad answers only, so that nobody can tell who somebody is. “I would rather not "
                "say” is always there. Nothing is typed."
            ),
            (TITLE, NOTE),
            items="questions",
            item_lines=(LABEL, HINT),
            has_options=True,
        ),
        Kind(
            PICTURES,
            _("Pictures"),
            "image",
            _("A page for up to three pictures. Leave it out unless you need them."),
            _ABOUT_ONE,
        ),
        Kind(HELPED, _("What would help"), "help", "", _ABOUT_ONE, takes_text=True),
        Kind(
            HOPES,
            _("Hopes and strengths"),
            "pick",
            _("Comes last, so that nobody leaves with the hardest page."),
            _ABOUT_ONE,
            takes_text=True,
        ),
    )
}


def _both(name: str, english: str, french: str) -> dict[str, str]:
    return {f"{name}_en": english, f"{name}_fr": french}


def _option(code: str, english: str, french: str) -> dict[str, Any]:
    return {"code": code, **_both("label", english, french)}


_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    AGE_CHECK: {
        **_both("title", "First, your age", "D’abord, votre âge"),
        **_both("question", "Are you 18 or older?", "Avez-vous 18 ans ou plus?"),
        **_both(
            "hint",
            "These questions are for adults. If you pick “no”, we keep nothing.",
            "Ces questions sont pour les adultes. Si vous répondez « non », nous ne gardons rien.",
        ),
        **_both("yes", "Yes, I am 18 or older", "Oui, j’ai 18 ans ou plus"),
        **_both("no", "No, I am younger", "Non, je suis plus jeune"),
    },
    CONSENT: {
        **_both("title", "What you agree to", "Ce que vous acceptez"),
        **_both(
            "note",
            "Each choice is yours alone. The first answer in each list shares the least.",
            "Chaque choix n’appartient qu’à vous. La première réponse de chaque liste partage le "
            "moins.",
        ),
        **_both("count", "May we count your answers?", "Pouvons-nous compter vos réponses?"),
        **_both(
            "count_hint",
            "We count how many people picked each answer. Small numbers are hidden.",
            "Nous comptons combien de personnes ont choisi chaque réponse. Les petits nombres "
            "sont cachés.",
        ),
        **_both("words", "What may we do with your words?", "Que pouvons-nous faire de vos mots?"),
        **_both(
            "words_hint",
            "You can ask for less later. We can never do more than you pick.",
            "Vous pourrez demander moins plus tard. Nous ne ferons jamais plus que votre choix.",
        ),
        **_both("audience", "Who may see your words?", "Qui peut voir vos mots?"),
        **_both(
            "audience_hint",
            "What is public can be read by the police.",
            "Ce qui est public peut être lu par la police.",
        ),
        **_both("members", "Our members too", "Nos membres aussi"),
        **_both("describe", "How may we describe you?", "Comment pouvons-nous vous décrire?"),
        **_both(
            "describe_hint",
            "We never use your name. We do not ask for it.",
            "Nous n’utilisons jamais votre nom. Nous ne le demandons pas.",
        ),
    },
    CONTENT_NOTE: {
        **_both("title", "Before the next page", "Avant la page suivante"),
        **_both(
            "text",
            "The next page asks about things that may be hard to think of. You can take a break. "
            "You can write a little, or skip it. You need no reason.",
            "La page suivante parle de choses auxquelles il peut être dur de penser. Vous pouvez "
            "faire une pause. Vous pouvez écrire un peu, ou la passer. Sans donner de raison.",
        ),
    },
    STORY: {
        **_both("title", "Your story", "Votre histoire"),
        **_both("note", "", ""),
        "minutes": 10,
        "prompts": [
            {
                "key": "story",
                **_both(
                    "label",
                    "What has changed for you, or not changed?",
                    "Qu’est-ce qui a changé pour vous, ou n’a pas changé?",
                ),
                **_both(
                    "hint",
                    "Please leave out names, streets and dates. Write as much or as little as you "
                    "like.",
                    "N’écrivez ni noms, ni rues, ni dates, s’il vous plaît. Écrivez autant ou "
                    "aussi peu que vous voulez.",
                ),
            }
        ],
    },
    CLOSED: {
        **_both("title", "What has changed", "Ce qui a changé"),
        **_both("note", "", ""),
        "minutes": 1,
        "questions": [
            {
                "key": "change",
                "type": "single_choice",
                "sensitivity": "experience",
                "headline": True,
                **_both(
                    "label",
                    "Has your work become safer or less safe in the last year?",
                    "Depuis un an, votre travail est-il devenu plus sûr ou moins sûr?",
                ),
                **_both("hint", "", ""),
                "options": [
                    _option("less_safe", "Less safe", "Moins sûr"),
                    _option("same", "About the same", "À peu près pareil"),
                    _option("safer", "Safer", "Plus sûr"),
                    _option("not_sure", "I am not sure", "Je ne sais pas"),
                ],
            }
        ],
    },
    ABOUT: {
        **_both("title", "A little about you", "Un peu sur vous"),
        **_both(
            "note",
            "Only broad answers, so that nobody can tell who you are.",
            "Des réponses larges seulement, pour que personne ne puisse savoir qui vous êtes.",
        ),
        "minutes": 1,
        "questions": [
            {
                "key": "setting",
                "permission": "broad",
                **_both(
                    "label", "Where do you mostly work?", "Où travaillez-vous le plus souvent?"
                ),
                **_both("hint", "Pick what fits best.", "Choisissez ce qui convient le mieux."),
                "options": [
                    _option("outdoor", "Outdoors", "Dehors"),
                    _option("own_place", "Indoors, on my own", "À l’intérieur, à mon compte"),
                    _option("shared", "Indoors, with others", "À l’intérieur, avec d’autres"),
                    _option("visits", "I go to clients", "Je me déplace chez les clients"),
                    _option("online", "Mostly online", "Surtout en ligne"),
                ],
            },
            {
                "key": "years",
                "permission": "years",
                **_both(
                    "label",
                    "For how long have you done this work?",
                    "Depuis combien de temps faites-vous ce travail?",
                ),
                **_both("hint", "", ""),
                "options": [
                    _option("under_2", "Less than 2 years", "Moins de 2 ans"),
                    _option("from_2", "2 to 10 years", "De 2 à 10 ans"),
                    _option("over_10", "More than 10 years", "Plus de 10 ans"),
                ],
            },
        ],
    },
    PICTURES: {
        **_both("title", "Pictures", "Images"),
        **_both(
            "note",
            "Only if you want to. A picture can show more than you mean: a face, a street, a sign.",
            "Seulement si vous voulez. Une image peut montrer plus que prévu : un visage, une rue, "
            "un panneau.",
        ),
        **_both(
            "question",
            "Is there a picture you want us to see?",
            "Y a-t-il une image que vous voulez nous montrer?",
        ),
        **_both("hint", "", ""),
        "minutes": 2,
    },
    HELPED: {
        **_both("title", "What would help", "Ce qui aiderait"),
        **_both("note", "", ""),
        **_both("question", "What would have helped you?", "Qu’est-ce qui vous aurait aidé?"),
        **_both(
            "hint",
            "Small things count, too.",
            "Les petites choses comptent aussi.",
        ),
        "minutes": 3,
    },
    HOPES: {
        **_both("title", "What you hope for", "Ce que vous espérez"),
        **_both("note", "", ""),
        **_both(
            "question",
            "What keeps you strong, or what do you hope for?",
            "Qu’est-ce qui vous donne de la force, ou qu’espérez-vous?",
        ),
        **_both("hint", "", ""),
        "minutes": 3,
    },
}


def default_words(kind: str) -> Mapping[str, Any]:
    """What a new step of a kind arrives with."""
    return _DEFAULTS[kind]


COMPLETE: Final = (AGE_CHECK, CONSENT, CONTENT_NOTE, STORY, HELPED, CLOSED, ABOUT, HOPES)
"""The steps a new call starts with: a decent call, when only its words are changed."""

_WORDS_AT_FIRST: Final = {
    **_both("title", "Your story", "Votre histoire"),
    **_both(
        "introduction",
        "We are sex workers and peers. We ask people who do this work what has changed for them. "
        "There are no right answers. You can stop at any time.",
        "Nous sommes des travailleuses et travailleurs du sexe et des pairs. Nous demandons aux "
        "personnes qui font ce travail ce qui a changé pour elles. Il n’y a pas de bonne réponse. "
        "Vous pouvez arrêter à tout moment.",
    ),
    **_both(
        "duty",
        "If you write that someone under 16 is being hurt, we may have to tell child services.",
        "Si vous écrivez que quelqu’un de moins de 16 ans subit du mal, nous devrons peut-être en "
        "parler à la protection de l’enfance.",
    ),
}


def words_at_first(name: str) -> str:
    """What stands in a field of a new call."""
    return _WORDS_AT_FIRST[name]


SUPPORT_AT_FIRST: Final = (
    {
        **_both("name", "A peer worker at the drop-in", "Une paire aidante au local"),
        **_both(
            "detail",
            "Come in during open hours. Nobody asks for your name.",
            "Passez aux heures d’ouverture. Personne ne vous demande votre nom.",
        ),
    },
    {
        **_both("name", "9-8-8, day and night", "9-8-8, jour et nuit"),
        **_both(
            "detail",
            "Call or text 9-8-8 when it gets too much. Someone will listen.",
            "Appelez ou textez le 9-8-8 quand c’est trop lourd. Quelqu’un vous écoute.",
        ),
    },
    {
        **_both("name", "2-1-1", "2-1-1"),
        **_both(
            "detail",
            "Call 2-1-1 to find food, a bed or a clinic near you. It is not the police.",
            "Appelez le 2-1-1 pour trouver de quoi manger, un lit ou une clinique près de vous. Ce "
            "n’est pas la police.",
        ),
    },
)
NEXT_STEPS_AT_FIRST: Final = (
    _both(
        "sentence",
        "Peer readers read what came in, with care, in the weeks after this closes.",
        "Des paires lisent ce qui est arrivé, avec soin, dans les semaines qui suivent la "
        "fermeture.",
    ),
    _both(
        "sentence",
        "We show the report to the people it speaks of before anyone else sees it.",
        "Nous montrons le rapport aux personnes dont il parle avant que quiconque d’autre le voie.",
    ),
    _both(
        "sentence",
        "Then it goes to the people we ask to change things, and we make their reply public.",
        "Puis il part aux personnes à qui nous demandons du changement, et nous rendons leur "
        "réponse publique.",
    ),
)
