"""Table sets to protect: the worked example, and random ones from made-up answers."""

from __future__ import annotations

import random
from collections.abc import Mapping

from consultation.disclosure.rows import count_rows
from consultation.disclosure.tables import Filter, Place, Table, Variable

Row = dict[str, str | list[str]]

SETTING = Variable("setting", ("street", "online"))
SAFE = Variable("safe", ("yes", "no"))
WORKED = Table(
    (SETTING, SAFE),
    (
        (("street", "yes"), 18),
        (("street", "no"), 3),
        (("online", "yes"), 25),
        (("online", "no"), 14),
    ),
)


def grid(counts: Mapping[Place, int], *variables: Variable) -> Table:
    return Table(variables, tuple(counts.items()))


def small_cells(seed: int, rows: int, columns: int, small: int) -> Table:
    """A table with so many cells of 1 to 4, and larger ones."""
    chance = random.Random(seed)
    one = Variable("one", tuple(f"a{number}" for number in range(rows)))
    other = Variable("other", tuple(f"b{number}" for number in range(columns)))
    places = [(row, column) for row in one.codes for column in other.codes]
    few = set(chance.sample(places, small))
    return Table(
        (one, other),
        tuple(
            (place, chance.randint(1, 4) if place in few else chance.randint(5, 60))
            for place in places
        ),
    )


def _variable(chance: random.Random, number: int, decider: Variable | None) -> Variable:
    codes = tuple(f"c{number}{code}" for code in range(chance.randint(2, 4)))
    is_multiple = chance.random() < 0.2 and len(codes) <= 3
    merges = ()
    if len(codes) >= 3 and not is_multiple and chance.random() < 0.5:
        merges = ((codes[:2], *((code,) for code in codes[2:])),)
    return Variable(
        f"q{number}",
        codes,
        is_multiple=is_multiple,
        sensitivity=chance.choice(("opinion", "opinion", "attribute")),
        merges=merges,
        asked_of=_filter(chance, decider) if decider and chance.random() < 0.25 else None,
    )


def _filter(chance: random.Random, decider: Variable) -> Filter:
    few = 1 if decider.is_multiple else chance.randint(1, len(decider.codes) - 1)
    return Filter(decider.key, frozenset(decider.codes[:few]))


def _given(answer: str | list[str]) -> set[str]:
    return {answer} if isinstance(answer, str) else set(answer)


def random_set(seed: int) -> tuple[list[Table], int]:
    """Up to three questions, their one-way tables and some cross-tables, and how many answered."""
    crossed, rows = random_rows(seed)
    return [count_rows(variables, rows) for variables in crossed], len(rows)


def random_rows(seed: int) -> tuple[list[tuple[Variable, ...]], list[Row]]:
    """The same, not counted yet."""
    chance = random.Random(seed)
    variables = [_variable(chance, 0, None)]
    for number in range(1, chance.randint(1, 3)):
        variables.append(_variable(chance, number, variables[0]))
    weights = [[chance.random() ** 2 + 0.02 for _code in one.codes] for one in variables]
    skipping = chance.choice((0, 0, 0.1, 0.2))
    rows: list[Row] = []
    for _person in range(chance.choice((12, 20, 30, 60, 120))):
        row: Row = {}
        for variable, weight in zip(variables, weights, strict=True):
            decides = variable.asked_of
            if decides and not decides.codes & _given(row[decides.question]):
                continue
            if chance.random() < skipping:
                row[variable.key] = ""
            elif variable.is_multiple:
                ticked = [code for code in variable.codes if chance.random() < 0.5]
                row[variable.key] = ticked or [variable.codes[0]]
            else:
                row[variable.key] = chance.choices(variable.codes, weight)[0]
        rows.append(row)
    crossed = [(one,) for one in variables if chance.random() < 0.7]
    pairs = [(one, other) for one in variables for other in variables if one.key < other.key]
    crossed += [pair if chance.random() < 0.5 else pair[::-1] for pair in pairs[:2]]
    if len(variables) == 3 and chance.random() < 0.2:
        crossed.append(tuple(variables))
    return crossed, rows


def report_set(seed: int, *, tables: int, people: int, skipping: float) -> list[Table]:
    """Ten questions and so many tables of them, as in a whole report."""
    chance = random.Random(seed)
    variables = [
        Variable(f"q{number}", tuple(f"c{code}" for code in range(chance.randint(2, 6))))
        for number in range(10)
    ]
    weights = [[chance.random() ** 2 + 0.05 for _code in one.codes] for one in variables]
    rows = [
        {
            one.key: "" if chance.random() < skipping else chance.choices(one.codes, weight)[0]
            for one, weight in zip(variables, weights, strict=True)
        }
        for _person in range(people)
    ]
    pairs = [(one, other) for one in variables for other in variables if one.key < other.key]
    chance.shuffle(pairs)
    crossed = [(one,) for one in variables] + pairs[: tables - len(variables)]
    return [count_rows(variables, rows) for variables in crossed]
