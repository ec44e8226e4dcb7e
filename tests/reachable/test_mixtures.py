"""Exchanges sum to the target and use vectors and units that exist."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from dnnt.reachable.clouds import Cloud
from dnnt.reachable.mixtures import Exchanges, Mixture, rounded
from dnnt.reachable.projection import nearest
from dnnt.running import Run
from tests.reachable.hulls import made_clouds, random_clouds, sums


def checked(clouds: tuple[Cloud, ...], mixture: Mixture) -> None:
    """The mixture has all units, each at a vector of its own."""
    for cloud, counter in zip(clouds, mixture.used, strict=True):
        assert sum(counter.values()) == cloud.times
        assert all(count > 0 for count in counter.values())
        assert set(counter) <= cloud.members
    assert mixture.key == sum(key * count for counter in mixture.used for key, count in counter.items())


@pytest.mark.parametrize("start", range(0, 90, 30))
def test_random_targets(start: int) -> None:
    """What is found is right; what is reachable with up to three units is always found, nothing that is not ever."""
    for seed in range(start, start + 30):
        rng = Random(seed)
        clouds = random_clouds(rng)
        if sum(cloud.times for cloud in clouds) > 5:
            clouds = clouds[:1]
        width = len(clouds[0].packing.axes)
        wanted = [Fraction(rng.randint(-2, 9)) for _ in range(width)]
        start_at = rounded(clouds, nearest(clouds, wanted, [Fraction(1)] * width, lambda: None).vertices)
        checked(clouds, start_at)
        reachable = sums(clouds)
        exchanges = Exchanges(clouds, Run())
        for key in range(min(clouds[0].packing.span, 200)):
            before = [dict(counter) for counter in start_at.used]
            found = exchanges.reach(start_at, key)
            assert [dict(counter) for counter in start_at.used] == before
            if found is not None:
                checked(clouds, found)
                assert found.key == key
                assert key in reachable
            elif sum(cloud.times for cloud in clouds) <= 3:
                assert key not in reachable, (seed, key)


@pytest.mark.parametrize("times", [8, 10**6, 10**20, 10**100])
def test_many_units(times: int) -> None:
    clouds = made_clouds([[(0, 0), (3, 1), (1, 4), (2, 2)], [(0, 0), (1, 0)]], [times, 1])
    wanted = [Fraction(times), Fraction(2 * times)]
    near = nearest(clouds, wanted, [Fraction(1)] * 2, lambda: None)
    start = rounded(clouds, near.vertices)
    checked(clouds, start)
    exchanges = Exchanges(clouds, Run())
    stride = clouds[0].packing.strides[1]
    hits = 0
    for dx in range(-2, 3):
        for dy in range(-2, 3):
            found = exchanges.reach(start, start.key + dx + dy * stride)
            if found is not None:
                checked(clouds, found)
                assert found.key == start.key + dx + dy * stride
                hits += 1
    assert hits > 8
