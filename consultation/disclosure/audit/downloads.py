"""Reading the downloads of an edition: JSON, and CSV with its ``datapackage.json``. Pure.

Both hold the same things. ``docs/features/auditing.md`` describes them field by field.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from consultation.disclosure.audit.gathering import Draft
from consultation.disclosure.audit.published import (
    ANSWERED,
    GREATEST,
    LEAST,
    At,
    Figure,
    File,
    Kind,
    Quote,
    Said,
    Sensitivity,
    Sentence,
    State,
    Statistic,
    Table,
    Unreadable,
    Variable,
    exactly,
)
from consultation.disclosure.audit.wording import Unclear, read_count, read_percent

FORMAT: Final = "at-the-table/published/1"
PROPERTY: Final = "at-the-table"
COLUMNS: Final = ("table", "rows", "row", "columns", "column", "filter", "measure", "of", "value")


def read_json(text: str, file: File) -> Draft:
    """An edition from its JSON download.

    Raises:
        Unreadable: when it is not JSON, or not ours.
    """
    content = _loaded(text, file)
    if content.get("format") != FORMAT:
        raise Unreadable(f"{file.name}: the format is not “{FORMAT}”.")
    draft = _heading(content, file)
    for item in _list(content, "tables", file):
        draft.tables.append(_table(item, draft, file))
    return draft


def read_package(text: str, file: File, resources: Mapping[str, tuple[str, File]]) -> list[Draft]:
    """An edition from a data package and the CSV files it names.

    ``resources`` holds the text of each CSV file that was handed in, by its name.

    Raises:
        Unreadable: when a named file was not handed in, or one of them is not ours.
    """
    package = _loaded(text, file)
    content = package.get(PROPERTY)
    if not isinstance(content, dict):
        raise Unreadable(f"{file.name}: it has no property “{PROPERTY}”.")
    draft = _heading(content, file)
    drafts = [draft]
    tables = {str(item.get("id", "")): item for item in _list(content, "tables", file)}
    for resource in _list(package, "resources", file):
        name = str(resource.get("path", ""))
        if name not in resources:
            raise Unreadable(f"{file.name}: it names “{name}”, which was not given.")
        words, of_file = resources[name]
        part = _heading(content, of_file)
        part.sentences, part.quotes, part.figures = [], [], []
        part.tables = list(_from_csv(words, of_file, tables, part.variables))
        drafts.append(part)
    return drafts


def _loaded(text: str, file: File) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{file.name}: this is not JSON ({error}).") from None
    if not isinstance(content, dict):
        raise Unreadable(f"{file.name}: an object is expected at the top.")
    return content


def _list(content: Mapping[str, Any], name: str, file: File) -> list[dict[str, Any]]:
    items = content.get(name, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unreadable(f"{file.name}: “{name}” is not a list of objects.")
    return items


def _mapping(content: Mapping[str, Any], name: str, file: File) -> dict[str, str]:
    found = content.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise Unreadable(f"{file.name}: “{name}” is not an object of words.")
    return found


def _at(content: Mapping[str, Any], name: str, file: File) -> At:
    return tuple(sorted(_mapping(content, name, file).items()))


def _one_of(value: Any, choices: Any, file: File, name: str) -> Any:
    if value not in get_args(choices):
        raise Unreadable(f"{file.name}: “{value}” is no {name}.")
    return value


def _heading(content: Mapping[str, Any], file: File) -> Draft:
    draft = Draft(
        file,
        str(content.get("edition", "")),
        str(content.get("collection", "")),
        str(content.get("population", "")),
    )
    for item in _list(content, "variables", file):
        variable = _variable(item, file)
        draft.variables[variable.code] = variable
    if (participants := content.get("participants")) is not None:
        said = _said(participants, f"{file.name}, participants")
        draft.figures.append(Figure((), said, f"{file.name}, participants"))
    for number, item in enumerate(_list(content, "sentences", file), start=1):
        place = f"{file.name}, sentence {number}"
        text, about = str(item.get("text", "")), str(item.get("about", ""))
        draft.sentences.append(Sentence(text, about, place))
    for number, item in enumerate(_list(content, "quotes", file), start=1):
        details = _at(item, "details", file)
        draft.quotes.append(Quote(details, f"{file.name}, quotation {number}"))
    return draft


def _variable(item: Mapping[str, Any], file: File) -> Variable:
    code = item.get("code")
    if not isinstance(code, str) or not code:
        raise Unreadable(f"{file.name}: a variable has no code.")
    kind: Kind = _one_of(item.get("kind", "single"), Kind, file, "kind of variable")
    sensitivity: Sensitivity = _one_of(
        item.get("sensitivity", "opinion"), Sensitivity, file, "sensitivity"
    )
    return Variable(
        code=code,
        label=str(item.get("label", "")),
        kind=kind,
        sensitivity=sensitivity,
        categories=tuple(
            (str(c.get("code", "")), str(c.get("label", "")))
            for c in _list(item, "categories", file)
        ),
        asked_if=_at(item, "asked_if", file),
        bounds=tuple(
            (str(c.get("code", "")), _end(c, "from", LEAST), _end(c, "to", GREATEST))
            for c in _list(item, "categories", file)
            if "from" in c or "to" in c
        ),
        exclusive=str(item.get("exclusive", "")),
        within=str(item.get("within", "")),
        ranked=str(item.get("ranked", "")),
    )


def _end(category: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = category.get(name)
    return value if type(value) is int else otherwise


def _said(value: Any, place: str) -> Said:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return exactly(value)
    try:
        return read_count(str(value))
    except Unclear:
        raise Unreadable(f"{place}: “{value}” can't be read.") from None


def _table(item: Mapping[str, Any], draft: Draft, file: File) -> Table:
    number = str(item.get("id", ""))
    rows = item.get("rows")
    if not number or not isinstance(rows, str) or not rows:
        raise Unreadable(f"{file.name}: a table has no id or no row variable.")
    place = f"{file.name}, table {number}"
    frame = Frame(rows, str(item.get("columns") or ""), _at(item, "filter", file))
    figures = [
        figure_of(
            _mapping(entry, "at", file),
            entry.get("value"),
            frame=frame,
            place=f"{place}, {_told(_at(entry, 'at', file))}",
            measure=str(entry.get("measure", "")),
            share=str(entry.get("of", "")),
        )
        for entry in _list(item, "figures", file)
    ]
    statistics = tuple(
        Statistic(
            kind=str(entry.get("kind", "")),
            variable=str(entry.get("variable", rows)),
            at=_at(entry, "at", file),
            place=place,
            value=str(entry.get("value", "")),
            base=entry["base"] if type(entry.get("base")) is int else None,
            rounded=entry["rounded"] if type(entry.get("rounded")) is int else 1,
        )
        for entry in _list(item, "statistics", file)
    )
    for text in item.get("sentences", []):
        draft.sentences.append(Sentence(str(text), number, place))
    return _shell(item, file, figures, statistics)


def _told(at: At) -> str:
    return " ".join(f"{code}:{category}" for code, category in at) or "everybody"


def _shell(
    item: Mapping[str, Any],
    file: File,
    figures: Iterable[Figure],
    statistics: tuple[Statistic, ...] = (),
) -> Table:
    state: State = _one_of(item.get("state", "shown"), State, file, "state of a table")
    columns = str(item.get("columns") or "")
    return Table(
        id=str(item.get("id", "")),
        title=str(item.get("title", "")),
        rows=str(item.get("rows", "")),
        columns=columns,
        groups=str(item.get("groups") or columns),
        filter=_at(item, "filter", file),
        state=state,
        figures=tuple(figures),
        statistics=statistics,
        place=file.name,
    )


Share = Literal["base", "row", "column"]


@dataclass(frozen=True, slots=True)
class Frame:
    """What every figure of a table has in common: its variables and its filter."""

    rows: str = ""
    columns: str = ""
    filter: At = ()

    def base_of(self, at: At, share: str = "base") -> At:
        """The ``at`` of what a percentage is a share of: the base, its row or its column."""
        kept = {code for code, _category in self.filter}
        kept |= {{"row": self.rows, "column": self.columns}.get(share, "")}
        return tuple((code, category if code in kept else ANSWERED) for code, category in at)


def figure_of(
    at: Mapping[str, str],
    value: Any,
    *,
    frame: Frame,
    place: str,
    measure: str = "",
    share: str = "",
) -> Figure:
    """A figure from its parts, as every form holds them.

    Raises:
        Unreadable: when its words can't be read.
    """
    whole = tuple(sorted((dict(frame.filter) | dict(at)).items()))
    base = frame.base_of(whole, share)
    if measure in ("", "count"):
        return Figure(whole, _said(value, place), place, of=base)
    if measure != "percent" or share not in ("", *get_args(Share)):
        raise Unreadable(f"{place}: “{measure} {share}” is no measure.")
    try:
        said, is_whole = read_percent(str(value))
    except Unclear:
        raise Unreadable(f"{place}: “{value}” can't be read.") from None
    if said.of is not None:
        return Figure(whole, said, place, of=base)
    return Figure(whole, said, place, "percent", base, is_whole)


def _from_csv(
    text: str,
    file: File,
    tables: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Variable],
) -> Iterable[Table]:
    found: dict[str, tuple[dict[str, Any], list[Figure]]] = {}
    for number, row in enumerate(_lines(text, file), start=2):
        place = f"{file.name}, line {number}"
        for code in (row["rows"], row["columns"]):
            if code and code not in variables:
                raise Unreadable(f"{place}: “{code}” is not in the data package.")
        shell = dict(tables.get(row["table"], {})) | {
            "id": row["table"],
            "rows": row["rows"],
            "columns": row["columns"],
            "filter": dict(read_at(row["filter"], place)),
        }
        found.setdefault(row["table"], (shell, []))[1].append(_line(row, shell, place))
    for item, figures in found.values():
        yield _shell(item, file, figures)


def _lines(text: str, file: File) -> list[dict[str, str]]:
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Unreadable(f"{file.name}: this is not CSV ({error}).") from None
    if not lines or tuple(lines[0]) != COLUMNS:
        raise Unreadable(f"{file.name}: the columns are not {', '.join(COLUMNS)}.")
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(COLUMNS):
            raise Unreadable(f"{file.name}, line {number}: the number of columns is wrong.")
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines[1:]]


def _line(row: Mapping[str, str], shell: Mapping[str, Any], place: str) -> Figure:
    frame = Frame(row["rows"], row["columns"], tuple(sorted(shell["filter"].items())))
    at = {row["rows"]: row["row"]} if row["row"] else {}
    if row["columns"] and row["column"]:
        at[row["columns"]] = row["column"]
    return figure_of(
        at, row["value"], frame=frame, place=place, measure=row["measure"], share=row["of"]
    )


def read_at(words: str, place: str) -> At:
    """An ``at`` from words such as ``member:yes region:north``.

    Raises:
        Unreadable: when a part has no colon.
    """
    pairs = []
    for word in words.split():
        code, found, category = word.partition(":")
        if not found or not code or not category:
            raise Unreadable(f"{place}: “{word}” is not a variable and a category.")
        pairs.append((code, category))
    return tuple(sorted(pairs))
