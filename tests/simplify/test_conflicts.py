"""What contradictory targets cost at least: never more than the least loss, and the checker sees it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.certificate import Certificate, Lower
from dnnt.formats import certificate_file, instance_file
from dnnt.instance import Instance
from dnnt.simplify.conflicts import conflict_bound, grounds
from dnnt.testing import oracle
from dnnt_check import check

LOSSES: tuple[Any, ...] = (
    "squared",
    "absolute",
    {"kind": "hinge", "margin": "3/2"},
    "zero_one",
    "misclassified",
    "maximum",
)


def drawn(seed: int) -> Instance:
    """Few inputs, many samples: targets contradict each other."""
    rng = Random(seed)
    loss = rng.choice(LOSSES)
    outputs = 1 if loss == "misclassified" else rng.choice((1, 2))
    samples = []
    for _ in range(rng.randint(2, 7)):
        y = [rng.choice((-1, 1)) if loss == "misclassified" else rng.choice((-2, 0, 1, "1/2")) for _ in range(outputs)]
        samples.append(([rng.choice((-1, 2))], y, rng.choice((1, 1, "1/3", 0))))
    activation = rng.choice(("identity", "relu", "sign", "square"))
    layers = [{"units": outputs, "activation": activation, "weights": [-1, 0, 1], "bias": ["-1/2", 0, 1]}]
    return dnnt.layered(1, layers, samples, loss)


@pytest.mark.parametrize("seed", range(120))
def test_the_bound_holds_and_is_checked(seed: int) -> None:
    instance = drawn(seed)
    bound, least = conflict_bound(instance), oracle(instance).least
    assert least is not None and bound <= least
    if bound:
        claim = Certificate(instance_file.sha256(instance), None, Lower(bound, False, grounds(bound)))
        raw = instance_file.to_bytes(instance)
        assert check(raw, certificate_file.to_bytes(claim)).line == f"VALID loss >= {dnnt.exact.text(bound)}"
        above = least + 1
        false = Certificate(instance_file.sha256(instance), None, Lower(above, False, grounds(above)))
        assert check(raw, certificate_file.to_bytes(false)).line.startswith("INVALID")


def test_known_bounds() -> None:
    def bound(loss: Any, *targets: Any) -> Any:
        edge = {"from": "s", "to": "t", "weights": [[0, 1]], "bias": [0]}
        samples = [((1,), (y,), weight) for y, weight in targets]
        return conflict_bound(dnnt.graph(1, [("t", "identity")], ["t"], [edge], samples, loss))

    assert bound("squared", (0, 1), (3, 2)) == 6
    assert bound("absolute", (0, 1), (3, 2)) == 3
    assert bound("zero_one", (0, 1), (3, 2), (0, 2)) == 2
    assert bound("misclassified", (-1, "1/2"), (1, 1)) == dnnt.exact.number("1/2")
    assert bound({"kind": "hinge", "margin": 1}, (-1, 1), (1, 3)) == 2
    assert bound("squared", (3, 1), (3, 1)) == 0
    assert bound("maximum", (0, 1), (2, 1)) == 2


def test_it_is_the_bound_of_a_run_that_has_no_time() -> None:
    samples = [((1, 2), (y,)) for y in (0, 0, 4)]
    layers = [{"units": 3, "activation": "relu", "weights": {"from": -9, "to": 9}, "bias": [0, 1]}] * 3
    instance = dnnt.layered(2, [*layers, {**layers[0], "units": 1}], samples)
    answer = dnnt.solve(instance, time_limit=0)
    assert answer.bound == conflict_bound(instance) == dnnt.exact.number("32/3")
    assert (answer.stop, answer.status) == ("time", "feasible")
