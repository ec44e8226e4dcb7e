"""Predicted sizes of sums of equal sets: never below the number of multisets, and close to it."""

from __future__ import annotations

from math import comb, log2

from hypothesis import given, strategies as st

import dnnt
from dnnt.analysis.reachable_cost import bounds_of
from dnnt.choice import choose
from dnnt.reachable.folding_cost import multisets
from dnnt.reachable.from_layers import program_of


@given(st.integers(2, 3000), st.integers(1, 3000))
def test_multisets(size: int, times: int) -> None:
    number = log2(comb(size + times - 1, times))
    assert number <= multisets(log2(size), times) + 1e-9 <= 1.2 * number + 2


@given(st.floats(61, 300), st.integers(1, 50))
def test_multisets_of_large_sets(size: float, times: int) -> None:
    number = log2(comb(round(2**size) + times - 1, times))
    assert number <= multisets(size, times) <= number + 2


@given(st.floats(0.5, 1e6), st.integers(1, 10**9) | st.just(10**100), st.integers(0, 10**100))
def test_more_units_have_no_fewer_sums(size: float, times: int, more: int) -> None:
    assert 0 < multisets(size, times) <= multisets(size, times + more) * (1 + 1e-9)


def test_equal_units_are_no_ordered_choices() -> None:
    """Four units of 24 contributions each: 17,550 multisets, of 331,776 choices."""
    layers = [
        {"units": 4, "activation": "identity", "weights": [-1, 1], "bias": [0, 1, 2]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ]
    samples = [((7 * k % 11, 5 * k % 13), (k,)) for k in range(20)]
    whole = bounds_of(program_of(dnnt.layered(2, layers, samples))).whole.size
    assert log2(17_550) <= whole < log2(18_000)


def test_one_neuron_of_many_samples_is_branched_on() -> None:
    """No two choices of it have the same outputs, so sets of states only add to the work."""
    samples = [((7 * k % 11 - 5, 5 * k % 13 - 6), (k % 2 * 2 - 1,)) for k in range(60)]
    layers = [{"units": 1, "activation": "sign", "weights": [-2, -1, 0, 1, 2], "bias": list(range(-90, 91))}]
    chosen = choose(dnnt.layered(2, layers, samples, loss="misclassified"), "auto", 1 << 30)
    assert chosen.method.name == "branch"
