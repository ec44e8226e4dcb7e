"""Grids, their images and costs on them, compared with lists of all values."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

from dnnt_check.activations import read_activation
from dnnt_check.budget import Invalid, Work
from dnnt_check.grids import Grid, Images, around, digit_of, grid, single, total
from dnnt_check.loss_reading import read_loss
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, normal
from dnnt_check.point_costs import JointCost, OutputCost, Region, joint_grid
from dnnt_check.reading import parse
from tests.dnnt_check.cases import encode, random_activation, random_loss

Q = Fraction
NUMBERS: list[Number] = [0, 1, -1, 2, -3, Q(1, 2), Q(-1, 3), 5, Q(7, 4)]


def random_grid(rng: random.Random, most: int = 30) -> Grid:
    """A grid of a few numbers."""
    top = rng.randint(0, most)
    low: Number = rng.choice(NUMBERS) - rng.randint(0, most // 2)
    step = rng.choice((1, 2, Q(1, 2), Q(2, 3)))
    return grid(normal(low), normal(low + top * step), step if top else 0)


def exact(value: Any) -> Any:
    """A JSON value as the checker reads it."""
    return parse(encode(value), "", Work())


def smallest(values: list[Number]) -> tuple[Number, Number, Number]:
    """Ends, and the greatest step, of a grid that has these values."""
    found = around(values)
    return found.low, found.high, found.step


def test_values_and_digits() -> None:
    rng = random.Random(1)
    for _ in range(200):
        of = random_grid(rng)
        values = list(of.values())
        assert len(values) == of.top + 1
        assert (values[0], values[-1]) == (of.low, of.high)
        assert [digit_of(value, of) for value in values] == list(range(of.top + 1))
        assert digit_of(of.low - 1, of) is None
        assert digit_of(of.high + Q(1, 7), of) is None
        first = rng.randint(0, of.top)
        last = rng.randint(first, of.top)
        assert list(of.part(first, last).values()) == values[first : last + 1]
        if of.step:
            assert digit_of(of.low + of.step / Q(2), of) is None


def test_sums_and_products_lie_on_grids() -> None:
    rng = random.Random(2)
    for _ in range(300):
        one, other = random_grid(rng, 6), random_grid(rng, 6)
        factors = rng.choice(NUMBERS), rng.choice(NUMBERS)
        pairs = [(a, b) for a in one.values() for b in other.values()]
        sums: list[Number] = [normal(1 + factors[0] * a + factors[1] * b) for a, b in pairs]
        assert smallest(sums) == as_triple(total(1, list(zip(factors, (one, other), strict=True))))
        products = [normal(a * b) for a, b in pairs]
        found = one.by(other, Work())
        assert (found.low, found.high) == smallest(products)[:2]
        assert all(digit_of(product, found) is not None for product in products)


def as_triple(of: Grid) -> tuple[Number, Number, Number]:
    """Ends and step."""
    return of.low, of.high, of.step


def test_images_are_the_smallest_grids() -> None:
    """Exact for all activations but floor, whose step may be 1 where values are further apart."""
    rng = random.Random(3)
    kinds = set()
    for _ in range(1500):
        activation = read_activation(exact(random_activation(rng)), "", Work())
        of = random_grid(rng)
        images = Images(activation, Work())
        values = [images.function(value) for value in of.values()]
        found = images.image(of)
        assert (found.low, found.high) == (min(values), max(values))
        assert all(digit_of(value, found) is not None for value in values)
        if activation.kind != "floor":
            assert found == around(values)
        kinds.add(activation.kind)
        starts = images.pieces(of)
        for first, last in zip(starts, [*[start - 1 for start in starts[1:]], of.top], strict=True):
            piece = values[first : last + 1]
            assert piece == sorted(piece) or piece == sorted(piece, reverse=True)
    assert len(kinds) > 12


def test_little_is_known_of_digits() -> None:
    images = Images(read_activation("digit_code", "", Work()), Work())
    assert images.image(grid(0, 999, 1)).low == 0
    with pytest.raises(Invalid, match="digit_code of more than 1000 different numbers"):
        images.image(grid(0, 1000, 1))


def random_region(rng: random.Random, most: int) -> tuple[Region, list[Number]]:
    """A region, and the numbers in it."""
    of = random_grid(rng, most)
    holes = []
    for _ in range(rng.randint(0, 3)):
        first = rng.randint(0, of.top)
        holes.append((first, rng.randint(first, of.top)))
    holes = [hole for hole in holes if hole[0] > 0 and hole[1] < of.top]
    values = list(of.values())
    left = [value for digit, value in enumerate(values) if not any(a <= digit <= b for a, b in holes)]
    return Region(of, tuple(holes)), left


def random_samples(rng: random.Random, loss: Any, outputs: int) -> list[tuple[Number, Vector]]:
    """One to three samples with labels that the loss allows."""
    samples: list[tuple[Number, Vector]] = []
    for _ in range(rng.randint(1, 3)):
        if loss == "misclassified":
            hot = rng.randrange(outputs)
            labels: Vector = tuple([int(j == hot) for j in range(outputs)]) if outputs > 1 else (rng.choice((-1, 1)),)
        else:
            labels = tuple([rng.choice(NUMBERS) for _ in range(outputs)])
        samples.append((rng.choice((1, 2, Q(1, 2))), labels))
    return samples


def drawn(rng: random.Random, outputs: int) -> tuple[Any, list[tuple[Number, Vector]]]:
    """A loss that is not guarded, and samples."""
    while True:
        labels = [[rng.choice((0, 1, -1, 2)) for _ in range(outputs)] for _ in range(3)]
        written = random_loss(rng, outputs, labels)
        if not isinstance(written, dict) or written["kind"] != "guarded":
            return read_loss(exact(written), outputs, "", Work()), random_samples(rng, written, outputs)


def test_costs_of_one_output_are_exact() -> None:
    rng = random.Random(4)
    for _ in range(1500):
        loss, samples = drawn(rng, 1)
        region, left = random_region(rng, 40)
        function = loss.function(Work())
        costs = [normal(sum(weight * function((value,), y) for weight, y in samples)) for value in left]
        cost = OutputCost(loss, 0, 1, samples, Work())
        assert region.count() == len(left)
        assert cost.extremes(region) == (min(costs), max(costs))
        if not region.holes:
            assert cost.grid(region.grid) == around(costs)


def test_costs_of_several_outputs_are_bounded() -> None:
    rng = random.Random(5)
    exact = 0
    for _ in range(800):
        loss, samples = drawn(rng, 2)
        if loss.separable:
            continue
        regions, lists = zip(*[random_region(rng, 6) for _ in range(2)], strict=True)
        function = loss.function(Work())
        costs = [normal(sum(weight * function((a, b), y) for weight, y in samples)) for a in lists[0] for b in lists[1]]
        joint = JointCost(loss, samples, regions, Work())
        least = joint.least({})
        assert least <= min(costs)
        exact += least == min(costs)
        found = joint_grid(loss, samples, regions, least, Work())
        assert all(digit_of(value, found) is not None for value in costs)
        # Asked for with smaller regions of one output or of both.
        for places in ((0,), (1,), (0, 1)):
            chosen = {place: single(rng.choice(lists[place])) for place in places}
            inner = [
                normal(sum(weight * function((a, b), y) for weight, y in samples))
                for a in ([chosen[0].low] if 0 in chosen else lists[0])
                for b in ([chosen[1].low] if 1 in chosen else lists[1])
            ]
            bound = joint.least({place: Region(of) for place, of in chosen.items()})
            assert bound <= min(inner)
            assert len(places) == 1 or bound == inner[0]
    assert exact > 300
