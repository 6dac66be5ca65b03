"""A survey that uses every type of question, in English, French and Arabic.

Its conditions reach over several pages: whether the police were called opens two pages, and an
answer on the second of them opens a question on the last page.
"""

from __future__ import annotations

import copy
from typing import Any, Final

LANGUAGES: Final = ("en", "fr", "ar")
Words = tuple[str, str, str]


def _text(words: Words) -> dict[str, str]:
    return dict(zip(LANGUAGES, words, strict=True))


def _options(*options: tuple[str, Words]) -> list[dict[str, Any]]:
    return [
        {"code": code.rstrip("!"), "label": _text(words), "exclusive": code.endswith("!")}
        for code, words in options
    ]


def _question(key: str, kind: str, words: Words, *options: tuple[str, Words], **more: Any) -> Any:
    return {
        "key": key,
        "type": kind,
        "label": _text(words),
        "hint": None,
        "options": _options(*options),
        "required": False,
        "condition": None,
        "sensitivity": "opinion",
        "headline": False,
        "permission": None,
        "max_length": None,
        "minimum": None,
        "maximum": None,
        **more,
    }


def _section(key: str, title: Words, *questions: Any, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "title": _text(title),
        "note": None,
        "minutes": 1,
        "condition": None,
        "questions": list(questions),
        **more,
    }


YES: Final = ("yes", ("Yes", "Oui", "نعم"))
NO: Final = ("no", ("No", "Non", "لا"))
RATHER_NOT: Final = (
    "prefer_not",
    ("I would rather not say", "Je préfère ne pas répondre", "أفضّل ألا أجيب"),
)
TREATED: Final = (
    ("well", ("Well", "Bien", "جيدة")),
    ("badly", ("Badly", "Mal", "سيئة")),
    ("never", ("I was not there", "Je n’y suis pas allée", "لم أذهب إلى هناك")),
)
OFFICES: Final = {
    "grid": {
        "key": "offices",
        "label": _text(
            (
                "How were you treated at these places?",
                "Comment vous a-t-on traitée à ces endroits?",
                "كيف كانت معاملتك في هذه الأماكن؟",
            )
        ),
    }
}
WAS_ASKED: Final = {"in": [{"answer": "called"}, ["yes", "no"]]}

AGE: Final = _section(
    "age",
    ("First, your age", "D’abord, votre âge", "عمرك أولًا"),
    _question(
        "age",
        "age_check",
        ("Are you 18 or older?", "Avez-vous 18 ans ou plus?", "هل عمرك 18 سنة أو أكثر؟"),
        ("adult", ("Yes, I am 18 or older", "Oui, j’ai 18 ans ou plus", "نعم، عمري 18 أو أكثر")),
        ("younger", ("No, I am younger", "Non, je suis plus jeune", "لا، أنا أصغر")),
        required=True,
    ),
)
CONSENT: Final = _section(
    "consent",
    ("What you agree to", "Ce que vous acceptez", "ما توافقين عليه"),
    _question(
        "count",
        "consent",
        ("May we count your answers?", "Pouvons-nous compter vos réponses?", "هل نعدّ إجاباتك؟"),
        NO,
        YES,
        permission="count",
    ),
    _question(
        "words",
        "consent",
        (
            "What may we do with your words?",
            "Que pouvons-nous faire de vos mots?",
            "ماذا نفعل بكلماتك؟",
        ),
        (
            "discard",
            ("Do not keep what I write", "Ne gardez pas ce que j’écris", "لا تحفظوا ما أكتب"),
        ),
        ("read", ("Read it, but do not quote it", "Lisez, mais ne citez pas", "اقرؤوه ولا تنقلوه")),
        permission="words",
    ),
    _question(
        "audience",
        "consent",
        ("Who may see your words?", "Qui peut voir vos mots?", "من يرى كلماتك؟"),
        ("readers", ("Only the readers", "Seulement les paires qui lisent", "من يقرأن فقط")),
        ("public", ("Anyone", "Tout le monde", "الجميع")),
        permission="audience",
    ),
)
WORK: Final = _section(
    "work",
    ("Your work", "Votre travail", "عملك"),
    _question(
        "setting",
        "single_choice",
        (
            "Where do you mostly work?",
            "Où travaillez-vous le plus souvent?",
            "أين تعملين في الغالب؟",
        ),
        ("outdoor", ("Outdoors", "Dehors", "في الخارج")),
        ("indoor", ("Indoors", "À l’intérieur", "في الداخل")),
        ("online", ("Online", "En ligne", "على الإنترنت")),
        RATHER_NOT,
    ),
    _question(
        "area",
        "area",
        (
            "In which part of the city?",
            "Dans quelle partie de la ville?",
            "في أي جزء من المدينة؟",
        ),
        ("north", ("North", "Nord", "الشمال")),
        ("south", ("South", "Sud", "الجنوب")),
        RATHER_NOT,
        required=True,
        sensitivity="attribute",
    ),
    _question(
        "days",
        "number",
        (
            "How many days a week do you work?",
            "Combien de jours par semaine travaillez-vous?",
            "كم يومًا في الأسبوع تعملين؟",
        ),
        minimum=0,
        maximum=7,
        prefer_not=True,
    ),
    _question(
        "since",
        "month",
        ("Since when?", "Depuis quand?", "منذ متى؟"),
        minimum=2000,
        maximum=2026,
        prefer_not=True,
    ),
    _question(
        "called",
        "yes_no",
        (
            "Did you call the police in the last year?",
            "Avez-vous appelé la police depuis un an?",
            "هل اتصلت بالشرطة في السنة الماضية؟",
        ),
        YES,
        NO,
        RATHER_NOT,
    ),
    note=_text(
        (
            "This page asks about your work and the police. You can skip it.",
            "Cette page porte sur votre travail et la police. Vous pouvez la passer.",
            "تسأل هذه الصفحة عن عملك وعن الشرطة. يمكنك تخطّيها.",
        )
    ),
)
NOTE: Final = _section(
    "before",
    ("Before the next page", "Avant la page suivante", "قبل الصفحة التالية"),
    _question(
        "prepared",
        "information",
        (
            "The next page asks how you were treated. You can go past it.",
            "La page suivante demande comment on vous a traitée. Vous pouvez la passer.",
            "تسأل الصفحة التالية كيف عوملت. يمكنك تجاوزها.",
        ),
    ),
    condition=WAS_ASKED,
)
POLICE: Final = _section(
    "police",
    ("How you were treated", "Comment on vous a traitée", "كيف عوملت"),
    _question(
        "trust",
        "scale",
        (
            "How much do you trust the police?",
            "À quel point faites-vous confiance à la police?",
            "ما مدى ثقتك بالشرطة؟",
        ),
        ("t1", ("Not at all", "Pas du tout", "لا أثق أبدًا")),
        ("t2", ("A little", "Un peu", "قليلًا")),
        ("t3", ("Fully", "Tout à fait", "تمامًا")),
        sensitivity="experience",
    ),
    _question(
        "at_station", "single_choice", ("Police station", "Poste", "المركز"), *TREATED, **OFFICES
    ),
    _question("at_court", "single_choice", ("Court", "Tribunal", "المحكمة"), *TREATED, **OFFICES),
    _question(
        "story",
        "long_text",
        ("What happened?", "Que s’est-il passé?", "ماذا حدث؟"),
        max_length=500,
        prefer_not=True,
        sensitivity="experience",
    ),
    condition=WAS_ASKED,
    support=True,
)
WANTS: Final = _section(
    "wants",
    ("What should change", "Ce qui devrait changer", "ما الذي يجب أن يتغيّر"),
    _question(
        "order",
        "ranking",
        ("What comes first for you?", "Qu’est-ce qui passe d’abord?", "ما الأهم لك؟"),
        ("pay", ("Better pay", "Être mieux payée", "أجر أفضل")),
        ("peace", ("To be left in peace", "Qu’on me laisse en paix", "أن أُترك بسلام")),
        ("rest", ("A place to rest", "Un endroit où me reposer", "مكان للراحة")),
        picks=2,
        prefer_not=True,
    ),
    _question(
        "helps",
        "multiple_choice",
        ("What would help?", "Qu’est-ce qui aiderait?", "ما الذي يساعد؟"),
        ("line", ("A line to call", "Une ligne à appeler", "خط هاتفي")),
        ("place", ("A safe place", "Un lieu sûr", "مكان آمن")),
        ("none!", ("None of these", "Rien de cela", "لا شيء مما سبق")),
    ),
)
LINE: Final = _section(
    "line",
    ("A line or a place", "Une ligne ou un lieu", "خط أو مكان"),
    _question(
        "told",
        "information",
        (
            "We bring these wishes to the city.",
            "Nous portons ces souhaits à la ville.",
            "نحمل هذه الرغبات إلى المدينة.",
        ),
    ),
    _question(
        "which",
        "short_text",
        (
            "What should it be like?",
            "Comment devrait-ce être?",
            "كيف يجب أن يكون؟",
        ),
        max_length=80,
    ),
    _question(
        "chat",
        "yes_no",
        ("Would you use a chat?", "Utiliseriez-vous un clavardage?", "هل تستعملين الدردشة؟"),
        YES,
        NO,
        RATHER_NOT,
        condition={"==": [{"answer": "setting"}, "online"]},
    ),
    condition={"any-in": [{"answer": "helps"}, ["line", "place"]]},
)
END: Final = _section(
    "end",
    ("The last page", "La dernière page", "الصفحة الأخيرة"),
    _question(
        "better",
        "short_text",
        (
            "What would make you trust more?",
            "Qu’est-ce qui vous donnerait plus confiance?",
            "ما الذي يزيد ثقتك؟",
        ),
        condition={"in": [{"answer": "trust"}, ["t1", "t2"]]},
        max_length=80,
    ),
    _question(
        "else",
        "long_text",
        ("Anything else?", "Autre chose?", "هل من شيء آخر؟"),
    ),
)


def everything(**changes: Any) -> dict[str, Any]:
    """The questionnaire's document."""
    found = {
        "format": 1,
        "kind": "survey",
        "key": "every-type",
        "version": "1.0",
        "languages": list(LANGUAGES),
        "title": _text(("About your work", "À propos de votre travail", "عن عملك")),
        "introduction": _text(
            (
                "A few pages about work, and about what should change.",
                "Quelques pages sur le travail et sur ce qui devrait changer.",
                "بضع صفحات عن العمل وعمّا يجب أن يتغيّر.",
            )
        ),
        "duty": _text(
            (
                "If you write that a child is in danger, we may have to report it.",
                "Si vous écrivez qu’un enfant est en danger, nous devrons peut-être le signaler.",
                "إذا كتبت أن طفلًا في خطر فقد نضطر إلى الإبلاغ.",
            )
        ),
        "support": [
            {
                "name": _text(("The drop-in", "Le local", "المركز")),
                "detail": _text(
                    (
                        "Come in during open hours. Nobody asks for your name.",
                        "Passez aux heures d’ouverture. Personne ne demande votre nom.",
                        "تعالي في أوقات الدوام. لا يسألك أحد عن اسمك.",
                    )
                ),
            }
        ],
        "next_steps": [
            _text(
                (
                    "We count the answers together.",
                    "Nous comptons les réponses ensemble.",
                    "نعدّ الإجابات معًا.",
                )
            )
        ],
        "sections": [AGE, CONSENT, WORK, NOTE, POLICE, WANTS, LINE, END],
    }
    return copy.deepcopy({**found, **changes})
