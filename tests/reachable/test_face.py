"""States near a face: which sums are kept, how many there are, and from which slack on a loss is too large."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import inf, log2
from random import Random

import pytest

from dnnt.reachable import face
from dnnt.reachable.face import Excess, Slack, excess_of, log_count, slacks_of
from dnnt.reachable.key_kinds import BitKeys, Keys, NumpyKeys, PythonKeys
from dnnt.reachable.projection import Cut, cut_in
from tests.reachable.hulls import made_clouds, random_case, random_clouds, sums


def test_the_least_slack() -> None:
    """All states of at least that slack cost at least that much, and it is the least such number."""
    for seed in range(300):
        rng = Random(seed)
        excess = Excess(rng.randint(-30, 50), rng.randint(1, 6), Fraction(rng.randint(1, 40), rng.randint(1, 9)))
        for cost in (rng.randint(-5, 3), rng.randint(0, 500), 10**30):
            slack = excess.slack(cost)

            def enough(s: int, excess: Excess = excess, cost: int = cost) -> bool:
                beyond = excess.value + excess.q * s
                return beyond >= 0 and Fraction(beyond * beyond) / excess.inverse >= cost

            assert slack >= 0
            assert enough(slack)
            assert slack == 0 or not enough(slack - 1)


def test_states_of_more_slack_cost_more() -> None:
    seen = 0
    for seed in range(30):
        case = random_case(f"face {seed}", 200)
        if case.costs is None or not case.costs.coordinates:
            continue
        width = len(case.parts.packing.axes)
        rng = Random(seed)
        direction = tuple(rng.randint(-2, 2) if axis.count > 1 else 0 for axis in case.parts.packing.axes)
        if not any(direction):
            continue
        cut = cut_in(direction, case.clouds)
        excess = excess_of(case.costs, cut)
        if excess is None:
            continue
        for key in case.states:
            digits = [
                key // s % a.count for s, a in zip(case.parts.packing.strides, case.parts.packing.axes, strict=True)
            ]
            slack = cut.most - sum(c * d for c, d in zip(direction, digits, strict=True))
            cost = sum(at.cost(digits[at.axis]) for at in case.costs.coordinates)
            assert slack >= 0
            # A slack that is enough for one more than the cost cannot be this one.
            assert slack < excess.slack(cost + 1)
            seen += 1
        assert len(direction) == width
    assert seen > 500


def test_the_count_is_an_upper_bound() -> None:
    for seed in range(120):
        rng = Random(seed)
        clouds = random_clouds(rng)
        direction = tuple(rng.randint(-3, 3) for _ in clouds[0].packing.axes)
        cut = cut_in(direction, clouds)
        slacks = slacks_of(clouds, cut)
        assert all(min(values) == 0 for values in slacks)
        for most in (0, 1, 5, 100):
            near = Slack(cut, most, clouds[0].packing).near(
                PythonKeys(frozenset(sums(clouds))), [cloud.times for cloud in clouds]
            )
            assert log2(near.size) <= log_count(clouds, slacks, most) + 1e-9, seed


def test_counts_of_many_units() -> None:
    """One best vector: few sums however many units there are; two: as many as units, or too many to say."""
    for times in (10**6, 10**100):
        one = made_clouds([[(0,), (5,), (7,)]], [times])
        assert log_count(one, slacks_of(one, cut_in((1,), one)), 6) <= 3
        two = made_clouds([[(0, 0), (5, 0), (5, 1)]], [times])
        said = log_count(two, slacks_of(two, cut_in((1, 0), two)), 0)
        assert said == inf or 2**said >= times


@pytest.mark.parametrize("kind", ["python", "numpy", "bits"])
def test_what_is_kept(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    monkeypatch.setattr(face, "SMALL", 0)
    for seed in range(60):
        rng = Random(seed)
        clouds = random_clouds(rng)
        packing = clouds[0].packing
        direction = tuple(rng.randint(-3, 3) for _ in packing.axes)
        cut = cut_in(direction, clouds)
        counts = [rng.randint(0, cloud.times) for cloud in clouds]
        total = {0}
        for cloud, count in zip(clouds, counts, strict=True):
            for _ in range(count):
                total = {a + b for a in total for b in cloud.listed}
        held: Keys = PythonKeys(frozenset(total))
        if kind == "numpy":
            held = NumpyKeys(np.array(sorted(total), np.int64))
        elif kind == "bits":
            held = BitKeys(sum(1 << key for key in total))
        top = sum(c * g for c, g in zip(counts, cut.greatest, strict=True))
        for most in (0, 2, 9, 10**30):
            kept = Slack(cut, most, packing).near(held, counts)
            axes = list(zip(direction, packing.strides, packing.axes, strict=True))
            expected = {k for k in total if sum(c * (k // s % a.count) for c, s, a in axes) >= top - most}
            assert set(kept.listed()) == expected
            assert kept.size == len(expected)


def test_wide_keys() -> None:
    """Wider than any machine word."""
    clouds = made_clouds([[(0, 0), (10**40, 1), (10**40, 0)]], [2])
    cut = cut_in((1, 0), clouds)
    keys = PythonKeys(frozenset(sums(clouds)))
    assert Slack(cut, 0, clouds[0].packing).near(keys, [2]).size == 3
    assert Slack(Cut((10**30, 1), 2 * 10**70 + 2, (10**70 + 1,)), 1, clouds[0].packing).near(keys, [2]).size == 2


def test_a_direction_over_all_vectors() -> None:
    """The greatest values of a cut are those of brute force, by floats and by integers."""
    for seed in range(40):
        clouds = random_clouds(Random(seed))
        for direction in product((-(10**17), 3), repeat=len(clouds[0].packing.axes)):
            for cloud in clouds:
                values = [sum(c * d for c, d in zip(direction, v, strict=True)) for v in cloud.vectors]
                assert cloud.values(direction) == values
                assert cloud.greatest(direction) == max(values)
