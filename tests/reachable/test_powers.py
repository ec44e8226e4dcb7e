"""Layers of 10^6 and 10^100 equal units: from their contributions and a state to parameters that make it."""

from __future__ import annotations

import json
from random import Random
from time import process_time
from typing import Any

import pytest

import dnnt
from dnnt.certificate import Certificate, Upper
from dnnt.exact import Number, normal
from dnnt.formats.instance_file import sha256
from dnnt.network import Layered
from dnnt.parameters import Parameters
from dnnt.reachable.assemble import Solution, parameters_of
from dnnt.reachable.execute import execute
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.packing import packing_sum
from dnnt.reachable.powers import digit_vectors, found_units, key_of, power_window
from dnnt.reachable.recover import recover
from dnnt.running import Run

SAMPLES: list[dict[str, Any]] = [{"x": [1, 2]}, {"x": [2, -1]}, {"x": ["1/2", 0]}]


def layered(units: int, samples: int, outputs: int, last: str) -> dnnt.Instance:
    """One layer of equal ReLU units, fractions among its weights; outputs with biases that are never 0."""
    return dnnt.parse(
        json.dumps(
            {
                "format": "dnnt-instance",
                "version": 1,
                "inputs": 2,
                "layers": [
                    {"units": units, "activation": "relu", "weights": [-1, 0, "1/2", 1], "bias": [-1, 0, 1]},
                    {"units": outputs, "activation": last, "weights": [-1, 0, 2], "bias": [3, 5]},
                ],
                "samples": [{**sample, "y": [0] * outputs} for sample in SAMPLES[:samples]],
                "loss": "squared",
            }
        )
    )


def some_parameters(instance: dnnt.Instance, units: int, random: Random) -> tuple[Parameters, tuple[Number, ...]]:
    """A state that is reachable in an uneven way, found again as the search would: in a small box around it."""
    run = Run()
    program = program_of(instance)
    (unit,) = program.units
    part, rest = execute(unit.node, run), execute(program.rest.node, run)
    whole = packing_sum([(part.packing, units), (rest.packing, 1)], program.width)
    vectors = digit_vectors(part, whole)
    chosen = random.sample(vectors, min(4, len(vectors)))
    shares = [units // 3, units // 5, units // 7]
    shares.append(units - sum(shares))
    state = tuple(sum(s * v[c] for s, v in zip(shares, chosen, strict=True)) for c in range(program.width))
    low, high = (tuple(x + by for x in state) for by in (-1, 1))
    power = power_window(vectors, units, low, high, run)
    assert power.contains(state) and 1 <= power.size <= 3**program.width
    used = power.parts(state, run)
    assert used.total() == units
    other = rest.keys.listed()[-1]
    key = key_of(whole, state) + key_of(whole, digit_vectors(rest, whole)[-1])
    solution = Solution(
        (found_units(part, whole, used, run),),
        recover(rest, rest.packing.decode(other), run),
    )
    return parameters_of(instance.network, program, solution), whole.decode(key)


@pytest.mark.parametrize("units", [10**6, 10**100 + 1])
@pytest.mark.parametrize(
    ("samples", "outputs", "last"), [(1, 1, "identity"), (2, 1, "identity"), (3, 1, "relu"), (1, 2, "floor")]
)
def test_parameters_of_huge_layers(units: int, samples: int, outputs: int, last: str) -> None:
    """Few runs of parameters, inside their spaces, that make the state; the checker takes them in no time."""
    instance = layered(units, samples, outputs, last)
    given, state = some_parameters(instance, units, Random(units + samples))
    assert given.edge_count == units * (1 + outputs)
    assert len(given.runs) < 300
    started = process_time()
    evaluation = dnnt.evaluate(instance, given)
    assert process_time() - started < 0.1
    assert evaluation.inside
    assert isinstance(instance.network, Layered)
    act = instance.network.layers[-1].activation
    for s, result in enumerate(evaluation.samples):
        assert result.output == tuple(act(normal(state[t * samples + s])) for t in range(outputs))
    certificate = Certificate(sha256(instance), Upper(given, evaluation.total))
    assert dnnt.check(instance, certificate).valid
