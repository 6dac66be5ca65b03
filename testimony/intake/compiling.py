"""Compiling a call: from what an editor wrote to a definition's document. Pure.

Total: any text compiles, however incomplete. Whether it may be published is for ``rules``, and
whether it is a definition at all for ``testimony.wizard.definition.parse``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final

from testimony.vault import limits
from testimony.wizard.definition import AGE_ADULT, FORMAT

RESERVED_QUESTIONS: Final = frozenset({"age", "count", "words", "audience", "describe"})
RESERVED_SECTIONS: Final = frozenset({"age", "consent"})
PREFER_NOT: Final = "prefer_not"


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it stands in the text: its kind, and what was written in it."""

    kind: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question stood in a published version."""

    type: str
    version: str


@dataclass(frozen=True, slots=True)
class Written:
    """The whole text of a call. Texts are keyed by language; steps hold ``name_language``.

    ``asked_before`` holds how each key stood in the versions published so far.
    """

    key: str
    languages: tuple[str, ...]
    title: Mapping[str, str]
    introduction: Mapping[str, str]
    duty: Mapping[str, str]
    support: tuple[Mapping[str, Any], ...]
    next_steps: tuple[Mapping[str, Any], ...]
    steps: tuple[Step, ...]
    asked_before: Mapping[str, Asked] = field(default_factory=dict)


_YES_NO: Final = (
    ("yes", {"en": "Yes", "fr": "Oui"}),
    ("no", {"en": "No", "fr": "Non"}),
    (PREFER_NOT, {"en": "I would rather not say", "fr": "J’aime mieux ne pas le dire"}),
)

_CONSENTS: Final[Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]]] = {
    "count": (
        ("no", {"en": "No", "fr": "Non"}),
        ("yes", {"en": "Yes", "fr": "Oui"}),
    ),
    "words": (
        ("discard", {"en": "Do not keep what I write", "fr": "Ne gardez pas ce que j’écris"}),
        ("read", {"en": "Read it, but do not quote it", "fr": "Lisez, mais ne citez pas"}),
        (
            "reword",
            {"en": "Use it in other words", "fr": "Reprenez l’idée en d’autres mots"},
        ),
        ("quote", {"en": "You may quote my words", "fr": "Vous pouvez citer mes mots"}),
    ),
    "audience": (
        (
            "readers",
            {"en": "Only the peer readers", "fr": "Seulement les paires qui lisent"},
        ),
        ("members", {}),
        (
            "public",
            {
                "en": "Anyone, and that means the police too",
                "fr": "Tout le monde, donc la police aussi",
            },
        ),
    ),
    "describe": (
        ("nothing", {"en": "Say nothing about me", "fr": "Ne dites rien de moi"}),
        (
            "broad",
            {
                "en": "Say where I work, in a broad way",
                "fr": "Dites où je travaille, sans détail",
            },
        ),
        (
            "broad_years",
            {
                "en": "Say where I work, and for how long",
                "fr": "Dites où je travaille, et depuis combien de temps",
            },
        ),
    ),
}
"""What each consent decides, the least first. The codes are what readers and exports go by."""


def compile_document(written: Written, *, version: str, missing: str = "") -> dict[str, Any]:
    """The document of the call's definition, ready to be parsed and frozen.

    ``missing`` stands where a sentence was not written, for looking at a text half done.
    """
    return _Compiler(written.languages, missing).document(written, version)


def minutes_of(step: Step) -> int:
    """How long a page takes, in minutes: never less than one."""
    return max(1, int(step.value.get("minutes") or (2 if step.kind == "consent" else 1)))


def written_in(value: Mapping[str, Any], name: str, language: str) -> str:
    """One sentence of a step, or an empty text."""
    return str(value.get(f"{name}_{language}") or "").strip()


@dataclass(frozen=True, slots=True)
class _Compiler:
    languages: tuple[str, ...]
    missing: str

    def document(self, written: Written, version: str) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "kind": "call",
            "key": written.key,
            "version": version,
            "languages": list(self.languages),
            "title": self._plain(written.title),
            "introduction": self._plain(written.introduction),
            "duty": self._plain(written.duty) if any(written.duty.values()) else None,
            "support": [
                {"name": self._text(item, "name"), "detail": self._text(item, "detail")}
                for item in written.support
            ],
            "next_steps": [self._text(item, "sentence") for item in written.next_steps],
            "sections": [
                self._section(step, after)
                for step, after in zip_longest(written.steps, written.steps[1:])
            ],
        }

    def _section(self, step: Step, after: Step | None) -> dict[str, Any]:
        value = step.value
        fixed = {"age_check": "age", "consent": "consent"}
        return {
            "key": fixed.get(step.kind) or str(value.get("key") or ""),
            "title": self._text(value, "title"),
            "note": self._optional(value, "note"),
            "minutes": minutes_of(step),
            "condition": None,
            "questions": list(self._questions(step, after)),
        }

    def _questions(self, step: Step, after: Step | None) -> Iterator[dict[str, Any]]:
        value = step.value
        match step.kind:
            case "age_check":
                yield self._question(
                    "age",
                    "age_check",
                    self._text(value, "question"),
                    hint=self._optional(value, "hint"),
                    options=[
                        self._option(AGE_ADULT, self._text(value, "yes")),
                        self._option("younger", self._text(value, "no")),
                    ],
                    required=True,
                )
            case "consent":
                yield from self._consents(value)
            case "content_note":
                yield self._question(
                    str(value.get("key") or ""),
                    "information",
                    self._text(value, "text"),
                    hint=self._time(after) if after else None,
                )
            case "story":
                for item in value.get("prompts") or ():
                    yield self._free_text(item, "label", key=item.get("key"))
            case "closed_questions":
                for item in value.get("questions") or ():
                    yield self._closed(item)
            case "about_you":
                for item in value.get("questions") or ():
                    yield self._about(item)
            case "pictures":
                yield self._question(
                    str(value.get("key") or ""),
                    "pictures",
                    self._text(value, "question"),
                    hint=self._optional(value, "hint"),
                    sensitivity="experience",
                )
            case "helped" | "hopes":
                yield self._free_text(value, "question", key=value.get("key"))

    def _consents(self, value: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for key, answers in _CONSENTS.items():
            yield self._question(
                key,
                "consent",
                self._text(value, key),
                hint=self._optional(value, f"{key}_hint"),
                options=[
                    self._option(
                        code, self._plain(words) if words else self._text(value, "members")
                    )
                    for code, words in answers
                ],
                permission=key,
            )

    def _free_text(self, value: Mapping[str, Any], name: str, *, key: Any) -> dict[str, Any]:
        return self._question(
            str(key or ""),
            "long_text",
            self._text(value, name),
            hint=self._optional(value, "hint"),
            sensitivity="experience",
            max_length=limits.LONG_TEXT,
        )

    def _closed(self, value: Mapping[str, Any]) -> dict[str, Any]:
        kind = str(value.get("type") or "single_choice")
        options = (
            [self._option(code, self._plain(words)) for code, words in _YES_NO]
            if kind == "yes_no"
            else [
                self._option(
                    str(item.get("code") or ""),
                    self._text(item, "label"),
                    exclusive=kind == "multiple_choice" and bool(item.get("exclusive")),
                )
                for item in value.get("options") or ()
            ]
        )
        return self._question(
            str(value.get("key") or ""),
            kind,
            self._text(value, "label"),
            hint=self._optional(value, "hint"),
            options=options,
            sensitivity=str(value.get("sensitivity") or "experience"),
            headline=bool(value.get("headline")),
        )

    def _about(self, value: Mapping[str, Any]) -> dict[str, Any]:
        options = [
            self._option(str(item.get("code") or ""), self._text(item, "label"))
            for item in value.get("options") or ()
        ]
        options.append(self._option(PREFER_NOT, self._plain(_YES_NO[-1][1])))
        return self._question(
            str(value.get("key") or ""),
            "single_choice",
            self._text(value, "label"),
            hint=self._optional(value, "hint"),
            options=options,
            sensitivity="attribute",
            permission=str(value.get("permission") or "") or None,
        )

    def _question(
        self,
        key: str,
        kind: str,
        label: dict[str, str],
        *,
        hint: dict[str, str] | None = None,
        options: list[dict[str, Any]] | None = None,
        required: bool = False,
        sensitivity: str = "opinion",
        headline: bool = False,
        max_length: int | None = None,
        permission: str | None = None,
    ) -> dict[str, Any]:
        return {
            "key": key,
            "type": kind,
            "label": label,
            "hint": hint,
            "options": options or [],
            "required": required,
            "condition": None,
            "sensitivity": sensitivity,
            "headline": headline,
            "permission": permission,
            "max_length": max_length,
            "minimum": None,
            "maximum": None,
        }

    def _option(
        self, code: str, label: dict[str, str], *, exclusive: bool = False
    ) -> dict[str, Any]:
        return {"code": code, "label": label, "exclusive": exclusive}

    def _time(self, after: Step) -> dict[str, str]:
        """How long the page behind a content note takes, in words."""
        minutes = minutes_of(after)
        plural = "" if minutes == 1 else "s"
        words = {
            "en": f"It takes about {minutes} minute{plural}.",
            "fr": f"Il faut environ {minutes} minute{plural}.",
        }
        return {language: words[language] for language in self.languages}

    def _text(self, value: Mapping[str, Any], name: str) -> dict[str, str]:
        return {
            language: written_in(value, name, language) or self.missing
            for language in self.languages
        }

    def _optional(self, value: Mapping[str, Any], name: str) -> dict[str, str] | None:
        found = {language: written_in(value, name, language) for language in self.languages}
        if not any(found.values()):
            return None
        return {language: words or self.missing for language, words in found.items()}

    def _plain(self, words: Mapping[str, str]) -> dict[str, str]:
        return {
            language: str(words.get(language) or "").strip() or self.missing
            for language in self.languages
        }
