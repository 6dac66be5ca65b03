"""How hard our words are: the measure itself, and every word that workers read, in both languages.

A file is one text: a label of three words alone would say nothing. A long sentence may not hide
behind short ones, so each has a limit of its own.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from testimony.intake import kinds
from testimony.wizard import plain_language
from testimony.wizard.plain_language import Counted, NotMeasured, grade

ROOT = Path(__file__).resolve().parents[3]
SIXTH_GRADE = 6.0
ONE_SENTENCE = 9.0
SHORT = 8
"""A sentence of so few words is no sentence to measure."""

LABEL = 4
FEWEST_WORDS = 12
LANGUAGES = ("en", "fr")

# The measure.


@pytest.mark.parametrize(
    ("text", "counted", "expected"),
    [
        # The cat | sat on | the mat: 6 words, 6 syllables.
        ("The cat sat on the mat.", Counted(1, 6, 6), 0.0),
        # We read what you write. It helps us.
        ("We read what you write. It helps us.", Counted(2, 8, 8), 0.0),
        # No-bo-dy can read your an-swers, and you can take them back at a-ny time.
        (
            "Nobody can read your answers, and you can take them back at any time.",
            Counted(1, 14, 18),
            5.04,
        ),
        # The or-gan-i-sa-tion is re-spon-si-ble for a-non-y-mous in-for-ma-tion.
        (
            "The organisation is responsible for anonymous information.",
            Counted(1, 7, 20),
            20.85,
        ),
    ],
)
def test_english_is_graded_as_kincaid_did(text: str, counted: Counted, expected: float) -> None:
    assert plain_language.counted(text, "en") == counted
    assert grade(text, "en") == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("text", "counted", "expected"),
    [
        # Le chat dort sur le lit: 207 - 1.015 × 6 - 73.6 × 1 = 127.31, easier than fifth grade.
        ("Le chat dort sur le lit.", Counted(1, 6, 6), 1.89),
        # Vous pou-vez pas-ser chaque ques-tion: 207 - 1.015 × 5 - 73.6 × 8 / 5 = 84.165.
        ("Vous pouvez passer chaque question.", Counted(1, 5, 8), 5.58),
        # L’or-ga-ni-sa-tion ga-ran-tit la con-fi-den-tia-li-té: 207 - 4.06 - 276 = -73.06.
        ("L’organisation garantit la confidentialité.", Counted(1, 4, 15), 25.31),
    ],
)
def test_french_is_graded_by_kandel_and_moles(text: str, counted: Counted, expected: float) -> None:
    assert plain_language.counted(text, "fr") == counted
    assert grade(text, "fr") == pytest.approx(expected, abs=0.01)


SYLLABLES = {
    "en": "answers-2 consent-2 anonymous-4 organisation-5 sealed-1 locked-1 everybody-4 computer-3 "
    "erased-2 police-2 idea-3 people-2 pages-2 minutes-2 skipped-1 typed-1 started-2 because-2 "
    "everything-3 table-2 area-3 safe-1 safer-2 safely-2 somebody-3 someone-2 used-1 uses-2 "
    "places-2 times-1 little-2 history-3 phones-1 leaves-1 quiet-2 experience-4 vision-2 client-2 "
    "moved-1 possible-3 agreed-2 whole-1 where-1 destroyed-2 messages-3 languages-3 devices-3 "
    "administrator-5 keyholders-3 cookies-2 every-2 even-2 something-2 violence-3 people's-2",
    "fr": "réponses-2 consentement-4 personne-2 police-2 clés-1 idée-2 page-1 pages-1 question-2 "
    "histoire-2 travail-2 temps-1 vous-1 réalité-4 théâtre-2 naïf-2 oui-1 créer-2 vie-1 mots-1 "
    "téléphone-3 heures-1 aurait-2 l’idée-2 qu’elle-1 choisir-2 gardons-2 envoyer-3 lieux-1 "
    "autres-1 effacées-3 donnée-2 que-1 rien-1 payer-2",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_syllables_are_those_that_are_spoken(language: str) -> None:
    for known in SYLLABLES[language].split():
        word, count = known.rsplit("-", 1)
        assert plain_language.syllables(word, language) == int(count), word


def test_a_language_without_a_measure_is_refused() -> None:
    with pytest.raises(NotMeasured):
        grade("كلمة", "ar")


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=st.text())
def test_any_text_has_a_grade(language: str, text: str) -> None:
    assert 0 <= grade(text, language) < 10_000


@pytest.mark.parametrize("language", LANGUAGES)
@given(word=st.from_regex(r"[a-zéèàA-Z]{1,40}", fullmatch=True))
def test_every_word_has_a_syllable_and_no_more_than_letters(language: str, word: str) -> None:
    assert 1 <= plain_language.syllables(word, language) <= max(4, 2 * len(word))


@pytest.mark.parametrize("language", LANGUAGES)
@given(words=st.lists(st.sampled_from(["time", "page", "police", "question"]), min_size=1))
def test_the_same_words_in_one_long_sentence_are_never_easier(
    language: str, words: list[str]
) -> None:
    long = " ".join(words) + "."
    short = " ".join(f"{word}." for word in words)
    assert grade(long, language) >= grade(short, language)


@pytest.mark.parametrize("language", LANGUAGES)
@given(count=st.integers(1, 12))
def test_saying_it_twice_changes_nothing(language: str, count: int) -> None:
    text = "The police moved us away. Nobody asked us before, and nobody told us why."
    assert grade(" ".join([text] * count), language) == pytest.approx(grade(text, language))


# Every word that workers read.


@dataclass(frozen=True)
class Text:
    """One text: where it stands, and what it says in one language."""

    name: str
    language: str
    sayings: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}-{self.language}"

    @property
    def whole(self) -> str:
        """The sentences, one a line. Labels would only make it look easier."""
        return "\n".join(one for one in self.sayings if len(plain_language.words(one)) > LABEL)

    @property
    def is_long_enough(self) -> bool:
        """Whether there is enough to measure: a formula made for pages jumps on one label."""
        return len(plain_language.words(self.whole)) >= FEWEST_WORDS


_TRANSLATE = re.compile(r"""{% trans(?:late)? (?:"([^"]+)"|'([^']+)')""")
_BLOCK = re.compile(r"{% blocktrans(?:late)?\b[^%]*%}(.+?){% endblocktrans(?:late)? %}", re.DOTALL)
_PLURAL = re.compile(r"{% plural %}")
_VARIABLE = re.compile(r"{{ (\w+) }}")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_FUNCTIONS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}


def of_template(file: Path) -> Iterator[str]:
    """The sentences of a template, as the catalogue holds them."""
    source = file.read_text(encoding="utf-8")
    for double, single in _TRANSLATE.findall(source):
        yield double or single
    for body in _BLOCK.findall(source):
        for form in _PLURAL.split(body):
            yield _VARIABLE.sub(r"%(\1)s", form)


def of_private_template(file: Path) -> Iterator[str]:
    """The sentences of a private page's template, which is Jinja's."""
    words = Environment(extensions=["jinja2.ext.i18n"])
    for _line, _function, message in words.extract_translations(file.read_text(encoding="utf-8")):
        assert isinstance(message, str), message
        yield message


def of_module(file: Path) -> Iterator[str]:
    """The sentences of a module that are marked for translation."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id in _FUNCTIONS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _catalogue() -> dict[str, str]:
    """The French of each English sentence, both of its numbers under its two English forms."""
    found: dict[str, str] = {}
    text = (ROOT / "locale/fr/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    for entry in text.split("\n\n"):
        parts: dict[str, str] = {}
        name = ""
        for line in entry.splitlines():
            start = re.match(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) (".*")$', line)
            if start:
                name = start[1]
                parts[name] = ast.literal_eval(start[2])
            elif line.startswith('"') and name:
                parts[name] += ast.literal_eval(line)
        if "msgid_plural" in parts:
            found[parts["msgid"]] = parts.get("msgstr[0]", "")
            found[parts["msgid_plural"]] = parts.get("msgstr[1]", "")
        elif "msgid" in parts:
            found[parts["msgid"]] = parts.get("msgstr", "")
    return found


CATALOGUE = _catalogue()
MODULES = tuple(
    ROOT / name
    for name in (
        "testimony/wizard/appearance.py",
        "testimony/wizard/cards.py",
        "testimony/wizard/forms.py",
        "testimony/wizard/printing.py",
        "testimony/wizard/receipt_views.py",
        "testimony/wizard/views.py",
        "cms/facts.py",
        "cms/safety.py",
    )
)
TEMPLATES = tuple(
    sorted(
        chain(
            (ROOT / "templates/components").glob("*.html"),
            (
                ROOT / "templates/cms/check_page.html",
                ROOT / "templates/cms/safety_page.html",
                ROOT / "templates/cms/blocks/own_words.html",
            ),
        )
    )
)
PRIVATE_TEMPLATES = tuple(sorted((ROOT / "templates/private").rglob("*.html")))


def _from_the_code() -> Iterator[Text]:
    reading = (
        (TEMPLATES, of_template),
        (PRIVATE_TEMPLATES, of_private_template),
        (MODULES, of_module),
    )
    for files, read in reading:
        for file in files:
            english = tuple(dict.fromkeys(read(file)))
            name = str(file.relative_to(ROOT))
            yield Text(name, "en", english)
            yield Text(name, "fr", tuple(filter(None, map(CATALOGUE.get, english))))


def _bilingual(value: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Each text in a document: what holds it, its language, its words."""
    if isinstance(value, dict):
        if set(value) == set(LANGUAGES):
            for language, words in value.items():
                yield path, language, words
            return
        for name, part in value.items():
            in_language = re.fullmatch(r".+_(en|fr)", name)
            if in_language and isinstance(part, str):
                yield path, in_language[1], part
            else:
                yield from _bilingual(part, path)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _bilingual(part, path)


def _from_documents() -> Iterator[Text]:
    """What a call and a survey ask and say: each section is a text."""
    held: list[tuple[str, Any]] = []
    for name in ("call", "survey"):
        document = json.loads((ROOT / f"cms/demo/{name}.json").read_text(encoding="utf-8"))
        sections = document.pop("sections")
        held.append((f"{name}, its frame", document))
        held += [(f"{name}, page {section['key']}", section) for section in sections]
    held += [(f"library, step {kind}", kinds.default_words(kind)) for kind in kinds.KINDS]
    held.append(("library, support", kinds.SUPPORT_AT_FIRST))
    held.append(("library, next steps", kinds.NEXT_STEPS_AT_FIRST))
    held.append(
        (
            "library, frame",
            {
                f"{name}_{language}": kinds.words_at_first(f"{name}_{language}")
                for name in ("title", "introduction", "duty")
                for language in LANGUAGES
            },
        )
    )
    for name, value in held:
        found = list(_bilingual(value, name))
        for language in LANGUAGES:
            yield Text(
                name, language, tuple(words for _p, code, words in found if code == language)
            )


def _spoken(saying: str) -> str:
    """A sentence as it is read: a number, a day or a name where the code puts one."""
    return _PLACEHOLDER.sub("12", saying)


TEXTS = tuple(
    Text(text.name, text.language, tuple(map(_spoken, text.sayings)))
    for text in chain(_from_the_code(), _from_documents())
)


def test_the_check_sees_every_place_where_workers_read() -> None:
    names = {text.name for text in TEXTS if text.is_long_enough}
    assert len(names) > 30
    said = {saying for text in TEXTS for saying in text.sayings}
    for known in (
        "Stop and erase my answers",
        "May we count your answers?",
        "Please pick one of the answers.",
        "How may we describe you?",
        "It erases the answers you have not sent.",
        "Pouvons-nous compter vos réponses?",
    ):
        assert known in said


@pytest.mark.parametrize("text", [text for text in TEXTS if text.is_long_enough], ids=str)
def test_a_text_can_be_read_in_sixth_grade(text: Text) -> None:
    found = grade(text.whole, text.language)
    hardest = sorted(
        plain_language.sentences(text.whole), key=lambda one: -grade(one, text.language)
    )[:3]
    assert found <= SIXTH_GRADE, f"grade {found:.1f}; the hardest: {hardest}"


@pytest.mark.parametrize("text", [text for text in TEXTS if text.whole], ids=str)
def test_no_sentence_hides_behind_short_ones(text: Text) -> None:
    hard = {
        sentence: round(found, 1)
        for sentence in plain_language.sentences(text.whole)
        if len(plain_language.words(sentence)) > SHORT
        and (found := grade(sentence, text.language)) > ONE_SENTENCE
    }
    assert not hard, hard
