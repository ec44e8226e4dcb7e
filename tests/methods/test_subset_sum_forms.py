"""Subset sums in several forms: a unit for each item, parallel edges, one unit with all inputs; nearest sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.certificate import ReachableStates
from dnnt.formats import instance_file
from dnnt.testing import check_method

Form = Callable[[Sequence[int], int, str, int | None], dnnt.Instance]


def joined(source: str, target: str, weights: Any, bias: Any) -> dnnt.Edge:
    """An edge with spaces as lists."""
    return dnnt.Edge(source, target, weights, bias)


def units(items: Sequence[int], label: int, loss: str, gamma: int | None) -> dnnt.Instance:
    """A unit for each item, which is the weight behind it."""
    edges = []
    for i, item in enumerate(items):
        edges += [joined("s", f"h{i}", ([0, 1],), [0]), joined(f"h{i}", "t", ([item],), [0])]
    vertices = [*((f"h{i}", "relu") for i in range(len(items))), ("t", "identity")]
    return dnnt.graph(1, vertices, ("t",), edges, [((1,), (label,))], loss, gamma)


def parallel(items: Sequence[int], label: int, loss: str, gamma: int | None) -> dnnt.Instance:
    """Parallel edges into the output."""
    edges = [joined("s", "t", ([0, item],), [0]) for item in items]
    return dnnt.graph(1, [("t", "identity")], ("t",), edges, [((1,), (label,))], loss, gamma)


def single(items: Sequence[int], label: int, loss: str, gamma: int | None) -> dnnt.Instance:
    """One edge whose weights multiply the items."""
    edge = joined("s", "t", ([0, 1],) * len(items), [0])
    return dnnt.graph(len(items), [("t", "identity")], ("t",), [edge], [(tuple(items), (label,))], loss, gamma)


def layer(items: Sequence[int], label: int, loss: str, gamma: int | None) -> dnnt.Instance:
    """The same as a single layer."""
    only: dict[str, Any] = {"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]}
    return dnnt.layered(len(items), [only], [(tuple(items), (label,))], loss, gamma)


def mixed(items: Sequence[int], label: int, loss: str, gamma: int | None) -> dnnt.Instance:
    """Some items as units, some as biases of the edges behind them, the others as parallel edges."""
    third = len(items) // 3
    edges = [joined("s", "t", ([0, item],), [0]) for item in items[2 * third :]]
    for i, (item, bias) in enumerate(zip(items[:third], items[third : 2 * third], strict=True)):
        edges += [joined("s", f"h{i}", ([0, 1],), [0]), joined(f"h{i}", "t", ([item],), [0, bias])]
    vertices = [*((f"h{i}", "identity") for i in range(third)), ("t", "identity")]
    return dnnt.graph(1, vertices, ("t",), edges, [((1,), (label,))], loss, gamma)


FORMS: list[Form] = [units, parallel, single, layer, mixed]


def grounds_of(answer: dnnt.Answer) -> ReachableStates:
    """What the bound of an answer rests on."""
    assert answer.certificate is not None and answer.certificate.lower is not None
    grounds = answer.certificate.lower.grounds
    assert isinstance(grounds, ReachableStates)
    return grounds


@pytest.mark.parametrize("form", FORMS)
def test_small_ones_against_the_oracle(form: Form) -> None:
    for seed in range(6):
        rng = Random(seed)
        items = [rng.choice([rng.randint(1, 40), rng.randint(1, 2**70), 12]) for _ in range(7)]
        label = rng.choice([sum(rng.sample(items, 3)), sum(items) // 2])
        for loss in ("absolute", "squared", "maximum"):
            check_method(form(items, label, loss, rng.choice([None, 0, 5])), "subset-sum")


@pytest.mark.parametrize("bits", [58, 300])
@pytest.mark.parametrize("form", FORMS)
def test_yes_and_no_are_checked(form: Form, bits: int) -> None:
    rng = Random(bits)
    items = [rng.getrandbits(bits) for _ in range(30)]
    yes = sum(rng.sample(items, 15))
    for label, answer in ((yes, "yes"), (yes + 1, "no")):
        said = dnnt.solve(form(items, label, "absolute", 0), method="subset-sum")
        assert (said.answer, said.assurance) == (answer, "checked")
        if answer == "no":
            sizes = dict(grounds_of(said).sizes)
            assert sizes["left"] <= 2**16 and sizes["right"] <= 2**16


@pytest.mark.parametrize("bits", [40, 60, 166])
@pytest.mark.parametrize("form", FORMS)
def test_the_nearest_sum_is_checked(form: Form, bits: int) -> None:
    """The gap is far too long to list its targets, so they are one range."""
    rng = Random(bits)
    items = [rng.getrandbits(bits) for _ in range(26)]
    label = sum(items) // 2 + 1
    found = {loss: dnnt.solve(form(items, label, loss, None), method="subset-sum") for loss in ("absolute", "squared")}
    assert all((said.status, said.assurance) == ("optimal", "checked") for said in found.values())
    gap = found["absolute"].loss
    assert isinstance(gap, int) and gap > 100 and found["squared"].loss == gap * gap
    grounds = grounds_of(found["absolute"])
    assert grounds.last == "ranges" and dict(grounds.sizes)["last"] == 1
    assert form is mixed or (grounds.rest > 0) == (form is not units)
    refused = dnnt.solve(form(items, label, "absolute", gap - 1), method="subset-sum")
    assert (refused.answer, refused.assurance) == ("no", "checked")
    taken = dnnt.solve(form(items, label, "absolute", gap), method="subset-sum")
    assert (taken.answer, taken.assurance) == ("yes", "checked")


@pytest.mark.parametrize("form", FORMS)
def test_a_common_divisor_says_no(form: Form) -> None:
    """No sum of 100 multiples of 6 is odd: no half is formed, by the solver or the checker."""
    rng = Random(6)
    items = [6 * rng.getrandbits(60) for _ in range(100)]
    instance = form(items, 6 * (sum(items) // 12) + 1, "absolute", 0)
    said = dnnt.solve(instance)
    assert (said.answer, said.assurance, said.method) == ("no", "checked", "subset-sum")
    again = dnnt.solve(instance_file.parse(instance_file.to_bytes(instance)), check=False)
    assert (again.answer, again.assurance) == ("no", "claimed")
    grounds = grounds_of(again)
    assert (grounds.rest, dict(grounds.sizes)["left"], dict(grounds.sizes)["right"]) == (0, 1, 1)
