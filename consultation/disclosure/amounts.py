"""Sums of money by group, and their total. Pure.

A sum is shown only where enough people give it and no two of them give most of it: whoever gave
one of two large amounts could work out the other. The sums that are hidden together make up what
a reader gets by taking the shown ones from the total, so that too must be fit to be shown.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from consultation.disclosure.tables import Policy

_TRIED: Final = 12
"""Up to so many groups every choice is tried; above, the smallest groups are hidden first."""


@dataclass(frozen=True, slots=True)
class PublishedSums:
    """A total and its parts, rounded; None where one is hidden."""

    total: int | None
    sums: tuple[tuple[str, int | None], ...]


def may_show_sum(amounts: Sequence[int], policy: Policy) -> bool:
    """Whether enough people give a sum, and no two of them most of it.

    The (n, k) dominance rule of the statistical offices, with n = 2 and 90 per cent.
    """
    if len(amounts) < policy.min_base or any(amount < 0 for amount in amounts):
        return False
    largest = sum(sorted(amounts, reverse=True)[: policy.dominant])
    return 100 * largest <= policy.dominant_percent * sum(amounts)


def protect_sums(
    groups: Mapping[str, Sequence[int]], *, policy: Policy, step: int = 1
) -> PublishedSums:
    """What may be published of the amounts that people of each group gave.

    Everything is rounded to ``step``, half up.
    """
    everything = [amount for amounts in groups.values() for amount in amounts]
    if not may_show_sum(everything, policy):
        return PublishedSums(None, tuple((group, None) for group in groups))
    hidden = _hidden(groups, policy)

    def rounded(amounts: Sequence[int]) -> int:
        return (2 * sum(amounts) + step) // (2 * step) * step

    return PublishedSums(
        rounded(everything),
        tuple(
            (group, None if group in hidden else rounded(amounts))
            for group, amounts in groups.items()
        ),
    )


def _hidden(groups: Mapping[str, Sequence[int]], policy: Policy) -> frozenset[str]:
    """The fewest groups, and then the fewest people, that are hidden together safely."""
    unfit = {group for group, amounts in groups.items() if not may_show_sum(amounts, policy)}
    if not unfit:
        return frozenset()
    others = sorted(groups.keys() - unfit, key=lambda group: (len(groups[group]), group))
    for more in range(len(others) + 1):
        choices = itertools.combinations(others, more) if len(groups) <= _TRIED else [others[:more]]
        safe = [
            chosen
            for chosen in (unfit.union(extra) for extra in choices)
            if len(chosen) > 1
            and may_show_sum([amount for one in chosen for amount in groups[one]], policy)
        ]
        if safe:
            return frozenset(
                min(safe, key=lambda one: (sum(len(groups[g]) for g in one), sorted(one)))
            )
    return frozenset(groups)
