"""Whom a quotation can be from: those its label fits, and those left over. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from consultation.disclosure.audit.case import UNANSWERED, Case
from consultation.disclosure.audit.equations import Era, columns_of, place_of
from consultation.disclosure.audit.findings import Finding, unfinished
from consultation.disclosure.audit.layout import labelled
from consultation.disclosure.audit.published import ANSWERED, At, Edition
from consultation.disclosure.audit.ranges import Reach


def attributions(case: Case) -> Iterator[Finding]:
    """Enough people share each label, and enough are left over when it leaves a detail out."""
    limit = case.policy.k_attr
    for era, edition in case.editions():
        axes = case.system.axes[era.collection]
        known = labelled(axes, edition)
        seen: set[tuple[str, At]] = set()
        for quote in edition.quotes:
            details = tuple(pair for pair in quote.details if pair[0] in known)
            if details and ("attribution", details) not in seen:
                seen.add(("attribution", details))
                label = case.reach(era, details)
                found = label.range
                if not label.is_certain:
                    yield unfinished(case.named(era, details), quote.place)
                elif found.high is not None and found.high < limit:
                    yield Finding(
                        "attribution",
                        case.named(era, details),
                        found,
                        f"A quotation's label fits {found} people. It should fit {limit}.",
                        quote.place,
                    )
            left_out = [code for code in known if code not in dict(quote.details)]
            for code in left_out:
                key = (code, details)
                if key in seen:
                    continue
                seen.add(key)
                reach = _left_over(case, era, edition, details, code)
                high = None if reach is None else reach.range.high
                name = f"{case.named(era, details)}, {axes.variables[code].label or code} left out"
                if reach is not None and not reach.is_certain:
                    yield unfinished(name, quote.place)
                elif reach is not None and high is not None and 0 < high < limit:
                    yield Finding(
                        "left_over",
                        name,
                        reach.range,
                        f"Where this detail is left out, only {reach.range} people are left whom "
                        f"the quotation can be from. It should be {limit}.",
                        quote.place,
                    )


def _left_over(case: Case, era: Era, edition: Edition, details: At, code: str) -> Reach | None:
    """How many people a label without one detail can still be about.

    A reader takes it that the detail was given wherever it could be. So it is about somebody in a
    category that no label tells and that is too small to be told, or who gave no answer.
    """
    axes = case.system.axes[era.collection]
    told = {category for quote in edition.quotes for v, category in quote.details if v == code}
    tellable: frozenset[str] = frozenset().union(
        *(axes.members[code].get(category, frozenset()) for category in told)
    )
    for part in axes.parts[code]:
        sole = era.nodes[(code,)][(part,)]
        forced = case.reasoning.forced([sole])
        if part not in UNANSWERED and forced is not None and forced >= case.policy.k_attr:
            tellable |= {part}
    all_parts = columns_of(
        case.system, era, tuple(sorted({**dict(details), code: ANSWERED}.items()))
    )
    node = place_of(era)[next(iter(all_parts))][0] if all_parts else ()
    if code not in node:
        return None
    place = node.index(code)
    chosen = dict(details)
    left = [
        column
        for parts, column in era.nodes[node].items()
        if parts[place] not in tellable
        and all(
            parts[node.index(other)] in axes.members[other][category]
            for other, category in chosen.items()
        )
    ]
    return case.reasoning.reach(left) if left else None
