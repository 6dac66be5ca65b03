"""The languages of a workbook: what people write at the head of a column, and our codes. Pure."""

from __future__ import annotations

import re
from typing import Final

from django.conf.locale import LANG_INFO

NAMES: Final = {
    "en": "English", "fr": "Français", "es": "Español", "ro": "Română", "pt": "Português",
    "ar": "العربية", "pl": "Polski", "it": "Italiano", "de": "Deutsch", "nl": "Nederlands",
}  # fmt: skip
_MORE: Final = {
    "amharic": "am", "chinese": "zh", "mandarin": "zh", "cantonese": "yue", "cree": "cr",
    "creole": "ht", "haitian creole": "ht", "dari": "fa", "farsi": "fa", "filipino": "tl",
    "tagalog": "tl", "inuktitut": "iu", "kurdish": "ku", "ojibwe": "oj", "pashto": "ps",
    "somali": "so", "tigrinya": "ti", "yoruba": "yo", "hausa": "ha", "wolof": "wo",
    "lingala": "ln", "twi": "tw", "nepali": "ne", "sinhala": "si",
}  # fmt: skip
_CODE: Final = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]+))?(?:[-_][a-z0-9]+)*")
_IN_BRACKETS: Final = re.compile(r"[(（]\s*([A-Za-z0-9_-]{2,20})\s*[)）]\s*$")


def _known() -> dict[str, str]:
    found = {name.casefold(): code for code, name in NAMES.items()} | _MORE
    for code, about in LANG_INFO.items():
        for name in (about.get("name"), about.get("name_local")):
            if name and "code" in about:
                found.setdefault(str(name).casefold(), code)
    return found


_KNOWN: Final = _known()


def code_of(language: str) -> str:
    """The code of a language: of “French (fr)”, “fr”, “Français” or “French”. Empty if unknown."""
    written = language.strip()
    bracketed = _IN_BRACKETS.search(written)
    if bracketed and (code := _as_code(bracketed[1])):
        return code
    plain = written[: bracketed.start()].strip() if bracketed else written
    known = _KNOWN.get(plain.casefold())
    return known or _as_code(plain)


def name_of(code: str) -> str:
    """A language as the head of a column: its own name, and its code in brackets."""
    about = LANG_INFO.get(code, {})
    name = NAMES.get(code) or about.get("name_local") or code
    return f"{name} ({code})"


def _as_code(written: str) -> str:
    found = _CODE.fullmatch(written.lower())
    if not found:
        return ""
    return f"{found[1]}-{found[2]}" if found[2] else found[1]
