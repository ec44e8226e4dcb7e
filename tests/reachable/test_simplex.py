"""Linear programs with columns that are made when they are wanted: against all bases, and their own prices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from random import Random

import pytest

from dnnt.reachable.simplex import Column, Prices, least

Q = Fraction


def nobody(prices: Prices, costly: bool) -> Column | None:
    """An oracle that knows no columns."""
    return None


def solved_exactly(columns: Sequence[Column], right: Sequence[Fraction]) -> Fraction | None:
    """The least cost over all basic solutions; None where there are none. Costs are not negative."""
    best: Fraction | None = None
    for count in range(len(right) + 1):
        for chosen in combinations(columns, count):
            amounts = unique_solution([list(c.entries) for c in chosen], list(right))
            if amounts is not None and all(a >= 0 for a in amounts):
                cost = sum((c.cost * a for c, a in zip(chosen, amounts, strict=True)), Q(0))
                best = cost if best is None else min(best, cost)
    return best


def unique_solution(columns: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """X with columns · x = right, by elimination; None where there is none, or more than one."""
    rows = [[column[i] for column in columns] + [b] for i, b in enumerate(right)]
    done = 0
    for place in range(len(columns)):
        pivot = next((i for i in range(done, len(rows)) if rows[i][place]), None)
        if pivot is None:
            return None
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [v / rows[done][place] for v in rows[done]]
        for i in range(len(rows)):
            if i != done and rows[i][place]:
                factor = rows[i][place]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[done], strict=True)]
        done += 1
    return None if any(row[-1] for row in rows[done:]) else [row[-1] for row in rows[:done]]


@pytest.mark.parametrize("seed", range(8))
def test_random_programs(seed: int) -> None:
    """Cost, amounts and prices agree with each other and with all bases, degenerate ones among them."""
    rng = Random(seed)
    feasible = 0
    for _ in range(40):
        size = rng.randint(1, 3)

        def entry(rng: Random = rng) -> Fraction:
            return Q(rng.randint(-3, 3), rng.choice((1, 1, 2)))

        columns = [
            Column(Q(rng.randint(0, 5)), tuple(entry() for _ in range(size)), i) for i in range(rng.randint(1, 6))
        ]
        right = [entry() for _ in range(size)]
        hidden = columns[rng.randint(0, len(columns)) :]

        def oracle(prices: Prices, costly: bool, hidden: list[Column] = hidden) -> Column | None:
            for column in hidden:
                paid = sum((p * e for p, e in zip(prices, column.entries, strict=True)), Q(0))
                if paid > (column.cost if costly else 0):
                    return column
            return None

        shown = [column for column in columns if column not in hidden]
        solved, expected = least(shown, right, oracle, lambda: None), solved_exactly(columns, right)
        assert solved.feasible == (expected is not None)
        pays = [sum((p * e for p, e in zip(solved.prices, c.entries, strict=True)), Q(0)) for c in columns]
        worth = sum((p * b for p, b in zip(solved.prices, right, strict=True)), Q(0))
        if expected is None:
            assert all(pay <= 0 for pay in pays) and worth > 0
            continue
        feasible += 1
        assert solved.cost == expected == worth
        assert all(pay <= column.cost for pay, column in zip(pays, columns, strict=True))
        for i, b in enumerate(right):
            assert sum((a * c.entries[i] for c, a in solved.values), Q(0)) == b
        assert all(a > 0 for _, a in solved.values)
    assert feasible > 5


def test_numbers_of_any_size() -> None:
    """Fractions, not floats: a hundred digits and a difference of one."""
    huge = 10**100
    columns = [Column(Q(1), (Q(huge),)), Column(Q(1), (Q(huge + 1),)), Column(Q(3), (Q(1),))]
    solved = least(columns, [Q(huge * (huge + 1))], nobody, lambda: None)
    assert solved.feasible and solved.cost == huge
    assert [column for column, _ in solved.values] == [columns[1]]
