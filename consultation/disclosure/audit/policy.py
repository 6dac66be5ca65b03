"""What the auditor demands of a publication. Pure, and the auditor's own.

These are written down again on purpose. The auditor shares nothing with the code that hides
cells, so a slip in one can't excuse a slip in the other.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, Self

K_FLOOR: Final = 5


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits a publication is held to.

    Attributes:
        k: 1 … k-1 is a small count.
        min_base: nothing is shown of fewer people than this.
        percent_base: no percentage of fewer people than this.
        median_base: no median or quartile of fewer people than this.
        k_attr: people who must share the label of a quotation.
        ring: three questions published two by two are read as one classification when that has
            no more cells than this. A larger number makes a more patient reader, and a slower
            audit; 0 reads every pair by itself.
    """

    k: int = K_FLOOR
    min_base: int = 10
    percent_base: int = 30
    median_base: int = 20
    k_attr: int = 10
    ring: int = 0

    def __post_init__(self) -> None:
        if self.k < K_FLOOR or self.k_attr < K_FLOOR:
            raise ValueError(f"Neither k nor k_attr may be smaller than {K_FLOOR}.")
        if min(self.min_base, self.percent_base, self.median_base) < 1 or self.ring < 0:
            raise ValueError("Every limit is at least one, and the ring is not negative.")

    @classmethod
    def of(cls, policy: Any) -> Self:
        """The limits named alike on another policy; what it doesn't name keeps its default."""
        if isinstance(policy, cls):
            return policy
        named: dict[str, Any] = {
            field.name: getattr(policy, field.name, field.default) for field in fields(cls)
        }
        return cls(**named)

    def is_small(self, count: int) -> bool:
        """Whether a count could point at somebody."""
        return 0 < count < self.k

    def as_mapping(self) -> dict[str, int]:
        """Name and value of every limit, in order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
