"""The last step, by every way and from every split into halves: the optimum, and a certificate that is checked.

The ways are chosen by predicted cost, and small instances take the cheapest; here they are made to take each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

import dnnt
from dnnt import attempt
from dnnt.exact import text
from dnnt.reachable import cheapest, keysets, search
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.halves import Halves, Parts, halves_of, parts_of
from dnnt.reachable.terms import terms_of
from dnnt.running import Run
from dnnt.testing import oracle, random_two_layer

Patch = pytest.MonkeyPatch


def uneven(seed: int) -> Callable[..., tuple[int, ...]]:
    """A split of every group of units at random."""
    rng = Random(seed)
    return lambda parts, sizes: tuple(rng.randint(0, count) for count in parts.times)


def everything_left(parts: Parts, sizes: Any) -> tuple[int, ...]:
    """All units on the left."""
    return parts.times


def everything_right(parts: Parts, sizes: Any) -> tuple[int, ...]:
    """All units on the right."""
    return (0,) * len(parts.times)


@pytest.fixture(autouse=True)
def by_halves_alone(monkeypatch: Patch) -> None:
    """Leave out what mostly ends the search before halves are formed."""
    monkeypatch.setattr(attempt, "_probe", lambda instance, run: None)
    monkeypatch.setattr(search, "by_hull", lambda *given: None)


def targets(patch: Patch) -> None:
    """List states in order of loss, whatever that costs."""
    patch.setattr(search, "POINT_PAIRS", -1)
    patch.setattr(search, "TABLE_CELLS", 20_000)
    patch.setattr(search, "_points_seconds", lambda halves, terms, run: 1e9)


def arrays(patch: Patch) -> None:
    """Use NumPy from the first pair on."""
    patch.setattr(keysets, "SMALL_PAIRS", 0)
    patch.setattr(cheapest, "SMALL_PAIRS", 0)


def by_map(patch: Patch) -> None:
    """Test targets by a map of one half."""
    arrays(patch)
    patch.setattr(keysets, "BITSET_SPAN", 0)


def by_key(patch: Patch) -> None:
    """Test targets key by key."""
    patch.setattr(keysets, "BITSET_SPAN", 0)
    patch.setattr(keysets, "BITMAP_SPAN", 0)


WAYS: dict[str, list[Callable[[Patch], None]]] = {
    "points": [],
    "points, arrays": [arrays],
    "points, no bits": [arrays, by_key],
    "targets": [targets],
    "targets, arrays": [targets, arrays],
    "targets, a map": [targets, by_map],
    "targets, key by key": [targets, by_key],
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: Patch) -> Iterator[str]:
    """Each of the ways in turn."""
    for change in WAYS[request.param]:
        change(monkeypatch)
    yield request.param


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_every_way_from_every_split(way: str, start: int, monkeypatch: Patch) -> None:
    ended = set()
    for seed in range(start, start + 10):
        instance = random_two_layer(Random(seed))
        truth = oracle(instance)
        splits = (everything_left, everything_right, uneven(seed), uneven(-seed))
        monkeypatch.setattr(Parts, "split", splits[seed % len(splits)])
        answer = dnnt.solve(replace(instance, gamma=None), method="reachable")
        assert (answer.loss, answer.assurance) == (truth.least, "checked"), seed
        assert answer.status == ("infeasible" if truth.least is None else "optimal")
        ended.add(answer.stats.get("last"))
        if truth.least is None or not truth.least:
            continue
        for gamma in (truth.least, truth.least - Fraction(1, 3), truth.losses[-1]):
            decided = dnnt.solve(replace(instance, gamma=gamma), goal="decide", method="reachable")
            assert decided.answer == ("yes" if truth.least <= gamma else "no"), seed
            assert decided.assurance == "checked"
    assert way.partition(",")[0] in ended


def formed(instance: dnnt.Instance) -> Halves:
    """The halves that the search forms."""
    parts = parts_of(program_of(instance), Run())
    return halves_of(parts, parts.split([keys.size for keys in parts.keys]), Run())


def grounds_of(instance: dnnt.Instance) -> tuple[Any, Any]:
    """The halves of an instance, and the JSON of the certificate's grounds after solving it."""
    halves = formed(instance)
    answer = dnnt.solve(instance, method="reachable")
    assert answer.certificate is not None
    assert answer.certificate.lower is not None
    grounds: dict[str, Any] = answer.certificate.lower.grounds.to_json()
    return halves, grounds


def units(count: int, weights: Any = (-1, 0, 1, 2), last: Any = (1, 3)) -> dnnt.Instance:
    """`count` equal hidden units, and outputs far from the target, so that a proof is needed."""
    layers = [
        {"units": count, "activation": "relu", "weights": list(weights), "bias": [0, 1]},
        {"units": 1, "activation": "identity", "weights": list(last), "bias": [0]},
    ]
    samples = [([3, 7], [Fraction(1, 2)]), ([-2, 11], [Fraction(7, 2)]), ([101, -35], [-1])]
    return dnnt.layered(2, layers, samples, loss="absolute")


def test_few_states_are_not_split() -> None:
    """Where all is cheap every unit is on the left, and the rest alone on the right."""
    halves, grounds = grounds_of(units(1))
    assert halves.left == (1,)
    assert grounds["left"] == [[0, 1]]
    assert halves.right_fold.result.size == 1
    assert (grounds["sizes"]["left"], grounds["sizes"]["right"]) == (halves.left_fold.result.size, 1)


@pytest.mark.parametrize("count", [6, 7, 8])
def test_equal_units_are_halved(count: int) -> None:
    """Half of a group on each side: the certificate names the first ones."""
    halves, grounds = grounds_of(units(count))
    (left,) = halves.left
    assert 0 < left < count
    assert grounds["left"] == [[0, left]]
    assert abs(2 * left - count) <= 2
    assert grounds["sizes"]["left"] >= halves.left_fold.result.size
    assert grounds["sizes"]["right"] >= halves.right_fold.result.size


def test_unlike_units_are_shared_out() -> None:
    """Groups go left as a whole until about half of the work is there."""
    edges: list[Any] = []
    vertices: list[Any] = [("t", "identity")]
    for index in range(8):
        name = f"h{index}"
        vertices.append((name, {"kind": "clip", "low": -1000 - index, "high": 1000}))
        edges.append({"from": "s", "to": name, "weights": [[-1, 0, 1, 2]] * 2, "bias": [0, 1]})
        edges.append({"from": name, "to": "t", "weights": [[1, 3]], "bias": [0]})
    samples = [([3, 7], [Fraction(1, 2)]), ([-2, 11], [Fraction(7, 2)]), ([101, -35], [-1])]
    halves, grounds = grounds_of(dnnt.graph(2, vertices, ["t"], edges, samples, loss="absolute"))
    assert len(halves.left) == 8
    assert set(halves.left) == {0, 1}
    assert 2 <= sum(halves.left) <= 6
    taken = {v for first, count in grounds["left"] for v in range(first, first + count)}
    assert taken == {1 + index for index, left in enumerate(halves.left) if left}


@pytest.mark.parametrize("reach", [6, 15])
@pytest.mark.parametrize("samples", [2, 3, 5])
def test_against_all_choices_at_once(reach: int, samples: int) -> None:
    """One neuron with two weights and a bias: NumPy tries every choice in one go."""
    rng = Random(100 * reach + samples)
    x = [[rng.randint(-60, 60) for _ in range(2)] for _ in range(samples)]
    y = [Fraction(2 * rng.randint(-900, 900) + 1, 2) for _ in range(samples)]
    values = np.arange(-reach, reach + 1)
    w, v, b = np.meshgrid(values, values, values)
    doubled = sum(abs(2 * (w * a + v * c + b) - int(2 * target)) for (a, c), target in zip(x, y, strict=True))
    of = {"from": -reach, "to": reach}
    layers = [{"units": 1, "activation": "identity", "weights": of, "bias": of}]
    instance = dnnt.layered(2, layers, [(a, [t]) for a, t in zip(x, y, strict=True)], loss="absolute")
    answer = dnnt.solve(instance, method="reachable")
    assert (answer.loss, answer.assurance) == (Fraction(int(np.min(doubled)), 2), "checked")


def test_a_set_that_is_large_enough_for_arrays() -> None:
    """200,000 states of two coordinates, by the ways that are chosen for them."""
    of = {"from": -29, "to": 29}
    layers = [{"units": 1, "activation": "identity", "weights": of, "bias": of}]
    samples: list[Any] = [([1001, -77], [Fraction(31, 2)]), ([64, 909], [-3])]
    instance = dnnt.layered(2, layers, samples, loss="squared")
    values = np.arange(-29, 30)
    w, v, b = np.meshgrid(values, values, values)
    outputs = [(w * x[0] + v * x[1] + b) * 2 - int(2 * y[0]) for x, y in samples]
    least = Fraction(int(np.min(sum(each * each for each in outputs))), 4)
    answer = dnnt.solve(instance, method="reachable")
    assert (answer.status, text(answer.loss or 0), answer.assurance) == ("optimal", text(least), "checked")


def test_bounds_rise_while_targets_are_tested(monkeypatch: Patch) -> None:
    """What was excluded when a limit came is a proved bound."""
    targets(monkeypatch)
    instance = units(2)
    halves = formed(instance)
    terms = terms_of(instance, program_of(instance), halves.packing)
    told: list[tuple[Any, int]] = []
    found: list[Any] = []
    ended = search.by_halves(
        halves, terms, None, Run(), found.append, lambda loss, grounds: told.append((loss, grounds.count))
    )
    assert ended.found is not None
    assert [loss for loss, _ in told] == sorted(loss for loss, _ in told)
    assert [count for _, count in told] == sorted({count for _, count in told})
    assert told[-1][0] <= ended.found.loss and told[-1][1] <= ended.grounds.count
    losses = [each.loss for each in found]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] >= ended.found.loss == dnnt.solve(instance, method="brute-force").loss
