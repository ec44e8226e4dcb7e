"""Count, histogram, sample, enumerate and the second goals agree with every choice of parameters tried literally."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings, strategies as st

import dnnt
from dnnt.instance import Instance
from dnnt.testing import check_annotations, random_any, random_two_layer
from dnnt.testing.annotation_contract import WAYS, forced_ways, truth_of

CASES = {
    "no samples": dnnt.layered(2, [{"units": 2, "activation": "relu", "weights": [-1, 0, 1], "bias": [0, 1]}]),
    "no samples, gamma below 0": dnnt.layered(
        1, [{"units": 1, "activation": "relu", "weights": [0, 1], "bias": [0]}], gamma=-1
    ),
    "an empty space": dnnt.layered(
        1, [{"units": 1, "activation": "identity", "weights": [], "bias": [0]}], [((1,), (1,))]
    ),
    "a sample of weight 0": dnnt.layered(
        1, [{"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0, 3]}], [((1,), (9,), 0)]
    ),
    "a column of zeros": dnnt.layered(
        2, [{"units": 1, "activation": "identity", "weights": [-1, 0, 2], "bias": [0, 1]}], [((0, 1), (1,))]
    ),
    "only columns of zeros": dnnt.layered(
        2,
        [
            {"units": 2, "activation": "relu", "weights": [1, 2], "bias": [0]},
            {"units": 1, "activation": "identity", "weights": [1, 3], "bias": [0, 1]},
        ],
        [((0, 0), (1,))],
    ),
    "equal columns, one that is a bias's": dnnt.layered(
        3, [{"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}], [((2, 2, 1), (3,))]
    ),
    "three equal units, two outputs": dnnt.layered(
        1,
        [
            {"units": 3, "activation": "abs", "weights": [-1, 2], "bias": ["1/2"]},
            {"units": 2, "activation": "identity", "weights": [-1, 1], "bias": [0]},
        ],
        [((1,), (2, "1/2")), ((-2,), (1, 1))],
    ),
    "a dead vertex, parallel edges": dnnt.graph(
        1,
        [("h", "relu"), ("dead", "square"), ("t", "identity")],
        ["t"],
        [
            {"from": "s", "to": "h", "weights": [[-1, 0, 1]], "bias": [0, 1]},
            {"from": "s", "to": "h", "weights": [[-1, 0, 1]], "bias": [0]},
            {"from": "h", "to": "dead", "weights": [[3, "1/2"]], "bias": [5, 6]},
            {"from": "h", "to": "t", "weights": [[-1, 1]], "bias": [0]},
            {"from": "h", "to": "t", "weights": [[0, "2/3"]], "bias": [0]},
        ],
        [((1,), (1,)), ((2,), (2,))],
    ),
    "an edge into a constant": dnnt.graph(
        1,
        [("c", {"kind": "constant", "value": 2}), ("t", "identity")],
        ["t"],
        [
            {"from": "s", "to": "c", "weights": [[4, 5]], "bias": [0, 1]},
            {"from": "c", "to": "t", "weights": [[-1, 1]], "bias": [0]},
        ],
        [((1,), (1,))],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str) -> None:
    check_annotations(CASES[name])


@pytest.mark.parametrize("draw", [random_two_layer, random_any])
def test_random_instances(draw: object) -> None:
    for seed in range(25):
        check_annotations(draw(Random(seed)))  # type: ignore[operator]


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from(WAYS), st.sampled_from([0.0, 1e-5, 0.02]))
def test_the_ways_of_large_sets(seed: int, way: str, affordable: float) -> None:
    """Sums by maps, sorting and polynomials; states listed by loss, formed at once, or first one and then the other."""
    instance = random_two_layer(Random(seed))
    truth = truth_of(instance)
    with forced_ways(way, affordable):
        check_annotations(instance, truth)


@settings(max_examples=8)
@given(st.integers(0, 2**32))
def test_lists_do_not_depend_on_the_way(seed: int) -> None:
    instance: Instance = random_two_layer(Random(seed))
    listed = list(dnnt.enumerate_(instance))
    for way in WAYS:
        for affordable in (0.0, 1e-5, 0.02):
            with forced_ways(way, affordable):
                assert list(dnnt.enumerate_(instance)) == listed
                assert dnnt.sample(instance, 3, seed=5) == dnnt.sample(instance, 3, seed=5)
