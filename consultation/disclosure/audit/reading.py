"""Reading files: which form a file has, and which edition it belongs to."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consultation.disclosure.audit.downloads import PROPERTY, read_json, read_package
from consultation.disclosure.audit.gathering import Draft, gathered
from consultation.disclosure.audit.pages import read_page
from consultation.disclosure.audit.paper import edition_named, read_paper
from consultation.disclosure.audit.published import Edition, File, Unreadable

LARGEST: Final = 50 * 1024 * 1024
_PATIENCE: Final = 60


@dataclass(frozen=True, slots=True)
class Document:
    """A published file: its name, its bytes, and the edition somebody says it belongs to."""

    name: str
    content: bytes
    edition: str = ""


def from_paths(paths: Iterable[tuple[str, str]]) -> list[Document]:
    """Documents from pairs of an edition's name, or nothing, and a path.

    Raises:
        Unreadable: when a file can't be opened, is very large, or shares its name with another.
    """
    documents: list[Document] = []
    for edition, path in paths:
        where = Path(path)
        try:
            if where.stat().st_size > LARGEST:
                raise Unreadable(f"{path}: this file is larger than {LARGEST} bytes.")
            documents.append(Document(where.name, where.read_bytes(), edition))
        except OSError as error:
            raise Unreadable(f"{path}: {error.strerror}.") from None
    return documents


def read(documents: Sequence[Document]) -> list[Edition]:
    """The editions in some published files, in the order of the files.

    Raises:
        Unreadable: when a file is not one of ours, is broken, or its edition can't be told.
    """
    if not documents:
        raise Unreadable("No file was given.")
    files = [File(d.name, form_of(d), hashlib.sha256(d.content).hexdigest()) for d in documents]
    tables = {
        document.name: (_text(document), file)
        for document, file in zip(documents, files, strict=True)
        if file.form == "csv"
    }
    used: set[str] = set()
    drafts: list[Draft] = []
    papers: list[tuple[Document, File]] = []
    for document, file in zip(documents, files, strict=True):
        if file.form == "pdf":
            papers.append((document, file))
            continue
        found: list[Draft] = []
        if file.form == "html":
            found = read_page(_text(document), file)
        elif file.form == "json":
            found = [read_json(_text(document), file)]
        elif file.form == "datapackage":
            same = {
                n: t for n, t in tables.items() if _edition_of(documents, n) == document.edition
            }
            found = read_package(_text(document), file, same)
            used |= {draft.file.name for draft in found}
        for draft in found:
            draft.name = document.edition or draft.name
        drafts += found
    for name in tables:
        if name not in used:
            raise Unreadable(f"{name}: a CSV file needs its datapackage.json beside it.")
    known = gathered(drafts)
    for document, file in papers:
        text = _paper_text(document)
        found = read_paper(text, file, _editions_for(document, text, known))
        for draft in found:
            draft.name = document.edition or draft.name
        drafts += found
    return gathered(drafts)


def form_of(document: Document) -> str:
    """The form of a file, from its content.

    Raises:
        Unreadable: when it has none of the forms that can be read.
    """
    head = document.content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    name = document.name.lower()
    if head.startswith(b"%PDF-") or name.endswith(".txt"):
        return "pdf"
    if head.startswith(b"{"):
        try:
            content = json.loads(document.content)
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"{document.name}: this is not JSON ({error}).") from None
        return "datapackage" if PROPERTY in content or "resources" in content else "json"
    if head.startswith(b"<"):
        return "html"
    if name.endswith(".csv"):
        return "csv"
    raise Unreadable(f"{document.name}: neither HTML, JSON, CSV nor PDF.")


def _text(document: Document) -> str:
    try:
        return document.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(f"{document.name}: this is not UTF-8.") from None


def _edition_of(documents: Sequence[Document], name: str) -> str:
    return next(d.edition for d in documents if d.name == name)


def _paper_text(document: Document) -> str:
    """A PDF's text by poppler; a ``.txt`` file is taken to be that text already."""
    if not document.content.startswith(b"%PDF-"):
        return _text(document)
    try:
        done = subprocess.run(
            ["pdftotext", "-layout", "-enc", "UTF-8", "-", "-"],
            input=document.content,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        )
    except FileNotFoundError:
        raise Unreadable(f"{document.name}: pdftotext (poppler) is not installed.") from None
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise Unreadable(f"{document.name}: this PDF can't be read.") from None
    return done.stdout.decode("utf-8")


def _editions_for(document: Document, text: str, known: Sequence[Edition]) -> list[Edition]:
    names = list(dict.fromkeys(edition.name for edition in known))
    said = document.edition or edition_named(text)
    if said not in names and len(names) == 1 and not document.edition:
        said = names[0]
    if said in names or document.edition or not names:
        return [edition for edition in known if edition.name == said]
    raise Unreadable(f"{document.name}: say which edition this is (--edition NAME before it).")
