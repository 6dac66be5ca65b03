"""Decision diagrams: everything that a combination of tests says, each truth kept once.

Reduced ordered binary decision diagrams (Bryant, *Graph-based algorithms for Boolean function
manipulation*, IEEE Transactions on Computers C-35, 1986). A diagram is a number: ``NEVER``,
``ALWAYS``, or a node that looks at one test and leads to another diagram for each outcome. Two
combinations that say the same are the same number. Pure; it knows nothing of what a test is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NEVER: Final = 0
ALWAYS: Final = 1
TALLEST: Final = 350
"""The most tests that one way through a diagram may look at: each is one call deeper."""


class TooMuchWork(Exception):
    """The bound on work was reached, so nothing was found out."""


@dataclass(frozen=True, slots=True)
class Node:
    """Look at ``test``: go on at ``yes`` or at ``no``. Larger tests are looked at first."""

    test: int
    no: int
    yes: int
    height: int


class Diagrams:
    """The diagrams of one questionnaire. ``most_steps`` bounds the work of making them."""

    def __init__(self, most_steps: int) -> None:
        self.steps_left = most_steps
        self._nodes: list[Node] = [Node(-1, NEVER, NEVER, 0), Node(-1, ALWAYS, ALWAYS, 0)]
        self._numbers: dict[tuple[int, int, int], int] = {}
        self._both: dict[tuple[int, int], int] = {}
        self._opposite: dict[int, int] = {NEVER: ALWAYS, ALWAYS: NEVER}

    def node(self, diagram: int) -> Node:
        return self._nodes[diagram]

    def holds(self, test: int) -> int:
        """The diagram of one test."""
        return self._number(test, NEVER, ALWAYS)

    def opposite(self, diagram: int) -> int:
        """Holds where ``diagram`` does not.

        Raises:
            TooMuchWork: as every method that makes diagrams.
        """
        found = self._opposite.get(diagram)
        if found is None:
            self._step()
            node = self._nodes[diagram]
            found = self._number(node.test, self.opposite(node.no), self.opposite(node.yes))
            self._opposite[diagram] = found
            self._opposite[found] = diagram
        return found

    def both(self, first: int, second: int) -> int:
        """Holds where both hold."""
        if NEVER in (first, second):
            return NEVER
        if first in (ALWAYS, second):
            return second
        if second == ALWAYS:
            return first
        pair = (first, second) if first < second else (second, first)
        found = self._both.get(pair)
        if found is None:
            self._step()
            one, other = self._nodes[first], self._nodes[second]
            test = max(one.test, other.test)
            no_one, yes_one = (one.no, one.yes) if one.test == test else (first, first)
            no_other, yes_other = (other.no, other.yes) if other.test == test else (second, second)
            found = self._number(test, self.both(no_one, no_other), self.both(yes_one, yes_other))
            self._both[pair] = found
        return found

    def either(self, first: int, second: int) -> int:
        """Holds where at least one holds."""
        return self.opposite(self.both(self.opposite(first), self.opposite(second)))

    def _number(self, test: int, no: int, yes: int) -> int:
        if no == yes:
            return no
        found = self._numbers.get((test, no, yes))
        if found is None:
            height = 1 + max(self._nodes[no].height, self._nodes[yes].height)
            if height > TALLEST:
                raise TooMuchWork
            found = self._numbers[test, no, yes] = len(self._nodes)
            self._nodes.append(Node(test, no, yes, height))
        return found

    def _step(self) -> None:
        self.steps_left -= 1
        if self.steps_left < 0:
            raise TooMuchWork
