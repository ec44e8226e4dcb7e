"""Exchanges of units: which variables go together, and whether the form stays as it is."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import pytest

import dnnt
from dnnt.simplify.building import form_of
from dnnt.simplify.exchanges import Swap, is_symmetry, swap_of
from dnnt.simplify.form import Form


def form(first: Any = (0, 1), second: Any = (0, 1), after: Any = (-1, 1), activation: str = "relu") -> Form:
    """Two hidden units of two weights each, and one output; spaces and the second unit's activation may differ."""
    edges = [
        {"from": "s", "to": "a", "weights": [[0, 1], [0, 1]], "bias": [0]},
        {"from": "s", "to": "b", "weights": [list(first), list(second)], "bias": [0]},
        {"from": "a", "to": "t", "weights": [[-1, 1]], "bias": [0]},
        {"from": "b", "to": "t", "weights": [list(after)], "bias": [0]},
    ]
    samples = [((1, 2), (1,)), ((2, 1), (3,)), ((1, -1), (0,))]
    return form_of(dnnt.graph(2, [("a", "relu"), ("b", activation), ("t", "sign")], ["t"], edges, samples, "zero_one"))


def swap(of: Form) -> Swap | None:
    """The exchange of the two hidden units, variables paired by column and by place."""
    one, other = of.units[0], of.units[1]
    pairs: list[tuple[int | None, int | None]] = [(a, b) for (a, _), (b, _) in zip(one.terms, other.terms, strict=True)]
    behind = [product.variable for product in of.units[2].products]
    return swap_of(of, [*pairs, (behind[0], behind[1])])


def test_equal_units_are_exchanged() -> None:
    """The exchange keeps the total of every choice of values."""
    of = form()
    found = swap(of)
    assert found is not None and len(found) == 3
    assert is_symmetry(of, 0, 1, found)
    place = {**dict(found), **{b: a for a, b in found}}
    for chosen in product(*[variable.values for variable in of.variables]):
        moved = tuple([chosen[place.get(k, k)] for k in range(len(chosen))])
        assert of.total(moved) == of.total(chosen)


@pytest.mark.parametrize("changed", [{"first": (0, 2)}, {"after": (0, 1)}, {"second": (0, 1, 2)}])
def test_other_spaces_are_not(changed: Any) -> None:
    assert swap(form(**changed)) is None


def test_other_activations_are_not() -> None:
    of = form(activation="abs")
    found = swap(of)
    assert found is not None
    assert not is_symmetry(of, 0, 1, found)


def test_only_the_right_pairs() -> None:
    """Of all ways to pair the variables of two units, the one by columns is a symmetry."""
    of = form()
    (a, b), (c, d) = [[k for k, _ in of.units[u].terms] for u in (0, 1)]
    behind = [product.variable for product in of.units[2].products]
    right = 0
    for there in permutations((c, d, behind[1])):
        found = swap_of(of, zip((a, b, behind[0]), there, strict=True))
        right += found is not None and is_symmetry(of, 0, 1, found)
    assert right == 1


def test_a_variable_has_one_place() -> None:
    of = form()
    assert swap_of(of, [(0, 1), (1, 2)]) is None
    assert swap_of(of, [(0, None)]) is None
    assert swap_of(of, [(None, None), (2, 2)]) == ()
    assert swap_of(of, [(0, 1), (1, 0)]) == ((0, 1),)
