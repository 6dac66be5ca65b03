"""Reading our own web pages. Pure.

What a reader sees is taken from the visible text; attributes only say which variable and category
a place belongs to (``docs/features/auditing.md`` lists them). Whatever else a file holds is read as
well: alternative texts, titles, the words in a chart, comments and data for scripts. Where an
attribute says another number than the words, both are known to the reader, and it is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, get_args

from consultation.disclosure.audit.downloads import Frame, figure_of, read_at
from consultation.disclosure.audit.drawings import bars_of
from consultation.disclosure.audit.gathering import Draft
from consultation.disclosure.audit.markup import Comment, Element, tree_of
from consultation.disclosure.audit.published import (
    ANSWERED,
    EVERYTHING,
    GREATEST,
    LEAST,
    MISSING,
    NOT_ASKED,
    TICKS,
    At,
    Figure,
    File,
    Kind,
    Quote,
    Remark,
    Sensitivity,
    Sentence,
    Statistic,
    Table,
    Unreadable,
    Variable,
    exactly,
)
from consultation.disclosure.audit.wording import (
    STATISTIC_WORDS,
    claims_in,
    numbers_in,
    plain,
    whole,
)

MARGINS: Final = {
    "base": ANSWERED,
    "total": ANSWERED,
    "missing": MISSING,
    "not-asked": NOT_ASKED,
    "ticks": TICKS,
}
MEASURES: Final = {
    "count": ("count", ""),
    "percent": ("percent", "base"),
    "percent-of-row": ("percent", "row"),
    "percent-of-column": ("percent", "column"),
}
_TOTAL: Final = re.compile(r"\b(total|ticks|ensemble|coches)\b", re.IGNORECASE)
_BLOCKS: Final = frozenset({
    "html", "head", "body", "main", "article", "section", "div", "p", "li", "ul", "ol", "dl",
    "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "table", "caption", "thead", "tbody", "tfoot",
    "tr", "td", "th", "figure", "figcaption", "blockquote", "svg", "text", "title", "desc",
    "header", "footer", "aside", "nav", "form", "fieldset", "legend", "details", "summary", "pre",
    "option", "button", "label",
})  # fmt: skip
_SAYING: Final = (
    "alt", "title", "aria-label", "aria-description", "aria-valuetext", "summary", "content",
    "placeholder", "data-text", "label",
)  # fmt: skip
_LAYOUT: Final = frozenset({
    "colspan", "rowspan", "id", "class", "headers", "scope", "tabindex", "href", "src", "width",
    "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "d", "viewbox",
    "points", "transform", "fill", "stroke", "stroke-width", "font-size", "font-weight", "lang",
    "dir", "data-table", "data-rows", "data-columns", "data-groups", "data-filter",
    "data-category", "data-margin", "data-measure", "data-statistic", "data-edition",
    "data-collection", "data-population", "data-about", "data-at", "data-wording",
    "data-others", "data-scale",
    "data-details", "data-state", "data-asked-if",
})  # fmt: skip
_ELSEWHERE: Final = ("data-wording", "data-others", "data-scale", "data-quote", "data-rounded")
"""Marks of words whose numbers are not about those who answered, or are rounded."""
_STEPS: Final = frozenset({"5", "10", "50", "100"})
_NUMERAL: Final = re.compile(r"\s*(\d[\d\u2009\u202f\u00a0,]*)\s*%?\s*")


def read_page(text: str, file: File) -> list[Draft]:
    """The editions on a page: one for each set of people it tells of.

    Raises:
        Unreadable: when the page is broken, or a number stands where nothing says what it is.
    """
    reader = _Page(file)
    reader.walk(tree_of(text, file.name))
    return reader.finished()


@dataclass(frozen=True, slots=True)
class _Cell:
    element: Element
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is needed to read a cell of a table."""

    draft: Draft
    frame: Frame
    place: str
    heads: list[_Cell]

    def heads_of(self, cell: _Cell) -> tuple[list[Element], list[Element]]:
        """The headings of a cell's row and of its column."""
        return (
            [h.element for h in self.heads if h.row == cell.row and _is_row_head(h)],
            [h.element for h in self.heads if h.column == cell.column and not _is_row_head(h)],
        )


class _Page:
    def __init__(self, file: File) -> None:
        self.file = file
        self.drafts: dict[tuple[str, str, str], Draft] = {}
        self.labels: list[tuple[Draft, list[tuple[str, str]], Element]] = []

    def draft(self, element: Element) -> Draft:
        key = (
            element.inherited("data-edition"),
            element.inherited("data-collection"),
            element.inherited("data-population"),
        )
        return self.drafts.setdefault(key, Draft(self.file, *key))

    def place(self, element: Element) -> str:
        return f"{self.file.name}, line {element.line}"

    def finished(self) -> list[Draft]:
        for draft, details, element in self.labels:
            self._check_label(draft, details, element)
        drafts = list(self.drafts.values())
        telling = [d for d in drafts if d.tables or d.figures or d.quotes] or drafts[-1:]
        for draft in drafts:
            if draft not in telling:
                telling[0].sentences += draft.sentences
                telling[0].remarks += draft.remarks
                telling[0].others += draft.others
                telling[0].bars += draft.bars
        if len(drafts) > 1 and any(not (d.name or d.collection) for d in telling):
            raise Unreadable(f"{self.file.name}: figures stand outside of an edition.")
        return telling or [Draft(self.file)]

    # Walking

    def walk(self, element: Element) -> None:
        """Read everything under an element."""
        self._attributes(element)
        if element.has("data-edition"):
            self.draft(element)
        if element.has("data-table"):
            if element.tag == "table":
                self._table(element)
            else:
                self._withheld(element)
        if element.has("data-figure"):
            self._figure(element)
        if element.has("data-quote"):
            self._quote(element)
        if element.tag == "svg":
            self.draft(element).bars += bars_of(element, self._about(element), self.place(element))
        if any(element.has(mark) for mark in _ELSEWHERE):
            self._elsewhere(element)
        self._words(element)
        for child in element.children:
            if isinstance(child, Element):
                self.walk(child)
            elif isinstance(child, Comment):
                self._say(element, plain(child.text), self._about(element) or EVERYTHING)

    def _about(self, element: Element) -> str:
        return element.inherited("data-about") or element.inherited("data-table")

    def _elsewhere(self, element: Element) -> None:
        """Words about something else; what is said to be rounded has to be."""
        words = element.text()
        draft = self.draft(element)
        draft.others.append(words)
        if not element.has("data-rounded"):
            return
        step = element.get("data-rounded")
        if step not in _STEPS or any(number % int(step) for number in numbers_in(words)):
            place = self.place(element)
            draft.remarks.append(
                Remark("mismatch", "Text", f"{place}: “{words}” is not rounded to {step or 5}.")
            )

    def _words(self, element: Element) -> None:
        """The text of a block, without that of blocks inside it."""
        if element.tag == "script":
            words = plain("".join(c for c in element.children if isinstance(c, str)))
            self._say(element, words, self._about(element) or EVERYTHING)
            return
        if element.tag not in _BLOCKS or element.tag == "style":
            return
        if element.tag in ("td", "th") and element.inherited("data-table"):
            return
        self._say(element, plain("".join(_own_text(element))))

    def _say(self, element: Element, words: str, about: str | None = None) -> None:
        if (re.search(r"\d", words) or claims_in(words)) and not _is_elsewhere(element):
            table = self._about(element) if about is None else about
            self.draft(element).sentences.append(Sentence(words, table, self.place(element)))

    def _attributes(self, element: Element) -> None:
        for name in _SAYING:
            if element.has(name) and not (
                element.tag == "meta" and element.get("name") == "viewport"
            ):
                self._say(element, plain(element.get(name)))

    # Tables

    def _withheld(self, element: Element) -> None:
        table = Table(
            id=element.get("data-table"),
            title="",
            rows=element.get("data-rows"),
            columns=element.get("data-columns"),
            state="withheld",
            place=self.place(element),
        )
        self.draft(element).tables.append(table)

    def _table(self, element: Element) -> None:
        draft = self.draft(element)
        number, rows = element.get("data-table"), element.get("data-rows")
        if not number or not rows:
            raise Unreadable(f"{self.place(element)}: a table has no number or no row variable.")
        columns = element.get("data-columns")
        kept = read_at(element.get("data-filter"), self.place(element))
        frame = Frame(rows, columns, kept)
        self._declare(draft, element, "rows", rows)
        if columns:
            self._declare(draft, element, "columns", columns)
        cells = list(_laid_out(element, self.file.name))
        heads = [cell for cell in cells if cell.element.tag == "th"]
        for head in heads:
            self._head(draft, head, frame)
        figures: list[Figure] = []
        statistics: list[Statistic] = []
        for cell in cells:
            if cell.element.tag == "td":
                reading = _Reading(draft, frame, f"{self.file.name}, table {number}", heads)
                for found in self._cell(reading, cell):
                    if isinstance(found, Figure):
                        figures.append(found)
                    else:
                        statistics.append(found)
        state = element.get("data-state", "shown")
        if state not in ("shown", "margins", "withheld"):
            raise Unreadable(f"{self.place(element)}: “{state}” is no state of a table.")
        captions = [e.text() for e in element.elements() if e.tag == "caption"]
        draft.tables.append(
            Table(
                id=number,
                title=captions[0] if captions else "",
                rows=rows,
                columns=columns,
                groups=element.get("data-groups") or columns,
                filter=kept,
                state=state,  # type: ignore[arg-type]
                figures=tuple(figures),
                statistics=tuple(statistics),
                place=self.place(element),
            )
        )

    def _declare(self, draft: Draft, element: Element, axis: str, code: str) -> None:
        kind = element.get(f"data-{axis}-kind", "single")
        sensitivity = element.get(f"data-{axis}-sensitivity", "opinion")
        if kind not in get_args(Kind) or sensitivity not in get_args(Sensitivity):
            raise Unreadable(f"{self.place(element)}: “{kind}, {sensitivity}” can't be read.")
        declared = Variable(
            code=code,
            label=element.get(f"data-{axis}-label"),
            kind=kind,  # type: ignore[arg-type]
            sensitivity=sensitivity,  # type: ignore[arg-type]
            asked_if=read_at(element.get(f"data-{axis}-asked-if"), self.place(element)),
            exclusive=element.get(f"data-{axis}-exclusive"),
            within=element.get(f"data-{axis}-within"),
            ranked=element.get(f"data-{axis}-ranked"),
        )
        known = draft.variables.get(code)
        draft.variables[code] = known.joined(declared) if known else declared

    def _head(self, draft: Draft, head: _Cell, frame: Frame) -> None:
        """Note a category's label; a code with two labels, or a label with two codes, is odd."""
        element = head.element
        code = element.get("data-category")
        self._stray_numbers(draft, element)
        if not code:
            return
        variable_code = frame.rows if _is_row_head(head) else frame.columns
        if not variable_code:
            raise Unreadable(
                f"{self.place(element)}: a column has a category, and the table no column variable."
            )
        variable = draft.variables[variable_code]
        label = element.text()
        known = variable.labels()
        if known.get(code, label) != label or any(
            other != code and words == label for other, words in variable.categories
        ):
            draft.remarks.append(
                Remark(
                    "mismatch",
                    f"{variable_code} = {code}",
                    f"{self.place(element)}: the label “{label}” and the mark “{code}” don't go "
                    "together elsewhere.",
                )
            )
        bounds = self._bounds(element, code)
        fresh = () if code in known else ((code, label),)
        draft.variables[variable_code] = replace(
            variable,
            categories=variable.categories + fresh,
            bounds=tuple(dict.fromkeys((*variable.bounds, *bounds))),
        )

    def _bounds(self, element: Element, code: str) -> tuple[tuple[str, int, int], ...]:
        ends = element.get("data-from"), element.get("data-to")
        if not any(ends):
            return ()
        if not all(re.fullmatch(r"-?\d{1,9}|", end) for end in ends):
            raise Unreadable(f"{self.place(element)}: “{' to '.join(ends)}” is no band.")
        return ((code, int(ends[0] or LEAST), int(ends[1] or GREATEST)),)

    def _stray_numbers(self, draft: Draft, element: Element) -> list[int]:
        found = []
        for inside in element.elements():
            for name, value in inside.attributes.items():
                if name not in _LAYOUT and (match := _NUMERAL.fullmatch(value)):
                    found.append(whole(match[1]))
        if element.tag == "th":
            for number in found:
                draft.remarks.append(
                    Remark(
                        "mismatch",
                        f"Heading “{element.text()}”",
                        f"{self.place(element)}: an attribute says {number}, the words don't.",
                    )
                )
        return found

    def _cell(self, reading: _Reading, cell: _Cell) -> Iterator[Figure | Statistic]:
        element, words = cell.element, cell.element.text()
        draft, frame = reading.draft, reading.frame
        place = f"{reading.place}, line {element.line}"
        rows, columns = reading.heads_of(cell)
        kind = _statistic(element, [*rows, *columns])
        row = self._category(rows, frame.rows, draft)
        column = self._category(columns, frame.columns, draft) if frame.columns else None
        if kind:
            base = {**dict(frame.filter), frame.rows: ANSWERED}
            if column:
                base[frame.columns] = column
            if re.search(r"\d", words):
                rounded = element.get("data-rounded", "1")
                if not re.fullmatch(r"[1-9]\d{0,5}", rounded):
                    raise Unreadable(f"{place}: “{rounded}” is nothing to round to.")
                at = tuple(sorted(base.items()))
                yield Statistic(kind, frame.rows, at, place, words, rounded=int(rounded))
            return
        if row is None or (frame.columns and column is None):
            if re.search(r"\d|\[c\]", words):
                raise Unreadable(f"{place}: nothing says what “{words}” counts.")
            return
        told = {frame.rows: row} | ({frame.columns: column} if column else {})
        measure, share = _measure(element, [*rows, *columns], place)
        figure = figure_of(told, words, frame=frame, place=place, measure=measure, share=share)
        yield figure
        for number in self._stray_numbers(draft, element):
            if number in (figure.said.number, figure.said.of):
                continue
            draft.remarks.append(
                Remark(
                    "mismatch",
                    f"{reading.place}, {_told(figure.at)}",
                    f"{place}: an attribute says {number}, the words say “{words}”.",
                )
            )
            if figure.measure == "count" and figure.said.number is None:
                yield Figure(figure.at, exactly(number), f"{place}, attribute")

    def _category(self, heads: list[Element], code: str, draft: Draft) -> str | None:
        is_multiple = code in draft.variables and draft.variables[code].kind == "tick_all"
        for head in heads:
            if head.get("data-category"):
                return head.get("data-category")
            margin = head.get("data-margin")
            if margin:
                if margin not in MARGINS:
                    raise Unreadable(f"{self.place(head)}: “{margin}” is no margin.")
                return TICKS if is_multiple and margin == "total" else MARGINS[margin]
            if is_multiple and _TOTAL.search(head.text()):
                return TICKS
        return None

    # Figures in the text, and quotations

    def _figure(self, element: Element) -> None:
        draft, place = self.draft(element), self.place(element)
        at = dict(read_at(element.get("data-at"), place))
        measure, share = _measure(element, [], place)
        words = element.text()
        draft.figures.append(
            figure_of(at, words, frame=Frame(), place=place, measure=measure, share=share)
        )

    def _quote(self, element: Element) -> None:
        draft, place = self.draft(element), self.place(element)
        details = list(read_at(element.get("data-details"), place))
        draft.quotes.append(Quote(tuple(details), place))
        self.labels.append((draft, details, element))

    def _check_label(self, draft: Draft, details: list[tuple[str, str]], element: Element) -> None:
        """A label's words tell its details, no more and no fewer."""
        shown = [e.text() for e in element.elements() if e.has("data-attribution")]
        pieces = [plain(piece) for words in shown for piece in re.split(r"[,;·|]", words)]
        known = {
            label: (variable.code, code)
            for variable in draft.variables.values()
            for code, label in variable.categories
            if label
        }
        said = [known[piece] for piece in pieces if piece in known]
        place = self.place(element)
        for pair in said:
            if pair not in details:
                draft.remarks.append(
                    Remark("mismatch", "Quotation", f"{place}: the label tells {pair[0]}, "
                           "and its marks don't.")
                )  # fmt: skip
                number = draft.quotes.index(Quote(tuple(details), place))
                draft.quotes[number] = Quote(tuple(sorted({*details, pair})), place)
                details.append(pair)
                details.sort()
        for pair in details:
            if pair not in said and pair in known.values():
                draft.remarks.append(
                    Remark("mismatch", "Quotation", f"{place}: the marks tell {pair[0]}, "
                           "and the label doesn't.")
                )  # fmt: skip


def _told(at: At) -> str:
    return ", ".join(f"{code} = {category}" for code, category in at)


def _is_elsewhere(element: Element) -> bool:
    """Whether an element's words are about something else; a quotation's label is not."""
    for around in (element, *_around(element)):
        if around.has("data-attribution"):
            return False
        if any(around.has(mark) for mark in _ELSEWHERE):
            return around.tag != "td" or not around.inherited("data-table")
    return False


def _own_text(element: Element) -> Iterator[str]:
    """The text of a block, without the blocks in it and what is about something else."""
    for child in element.children:
        if isinstance(child, str):
            yield child
        elif isinstance(child, Element):
            if child.tag == "br":
                yield " "
            elif child.tag not in {*_BLOCKS, "script", "style"} and not _is_elsewhere(child):
                yield from _own_text(child)


def _is_row_head(head: _Cell) -> bool:
    scope = head.element.get("scope")
    if scope:
        return scope.startswith("row")
    return not any(parent.tag == "thead" for parent in _around(head.element))


def _around(element: Element) -> Iterator[Element]:
    at = element.parent
    while at is not None:
        yield at
        at = at.parent


def _statistic(element: Element, heads: list[Element]) -> str:
    for source in (element, *heads):
        if source.get("data-statistic"):
            return source.get("data-statistic")
    for head in heads:
        if head.get("data-category") or head.get("data-margin"):
            continue
        for kind, pattern in STATISTIC_WORDS:
            if pattern.search(head.text()):
                return kind
    return ""


def _measure(element: Element, heads: list[Element], place: str) -> tuple[str, str]:
    for source in (element, *heads):
        if name := source.get("data-measure"):
            if name not in MEASURES:
                raise Unreadable(f"{place}: “{name}” is no measure.")
            return MEASURES[name]
    for head in heads:
        if re.search(r"%|per cent|pour cent", head.text(), re.IGNORECASE):
            return MEASURES["percent"]
    words = element.text()
    if re.search(r"%|per cent|pour cent", words):
        return MEASURES["percent"]
    return MEASURES["count"]


def _laid_out(table: Element, name: str) -> Iterator[_Cell]:
    """The cells of a table on a grid; a cell that spans several places stands in each."""
    taken: set[tuple[int, int]] = set()
    lines = [e for e in table.elements() if e.tag == "tr"]
    for row, line in enumerate(lines):
        column = 0
        for element in line.children:
            if not isinstance(element, Element) or element.tag not in ("td", "th"):
                continue
            while (row, column) in taken:
                column += 1
            try:
                wide, high = int(element.get("colspan", "1")), int(element.get("rowspan", "1"))
            except ValueError:
                raise Unreadable(f"{name}, line {element.line}: a span is no number.") from None
            if not (1 <= wide <= 100 and 1 <= high <= 1000):
                raise Unreadable(f"{name}, line {element.line}: a span is out of bounds.")
            for down in range(high):
                for across in range(wide):
                    taken.add((row + down, column + across))
                    yield _Cell(element, row + down, column + across)
            column += wide
