"""The normal form: it loses no loss that is possible, leads back to parameters, and the checker builds the same."""

from __future__ import annotations

from dataclasses import asdict
from itertools import product
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.evaluation import evaluate
from dnnt.formats import instance_file
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form
from dnnt.testing import oracle, random_any, random_two_layer
from dnnt_check.budget import Work
from dnnt_check.checking import _network
from dnnt_check.forming import form_of as checked_form_of
from dnnt_check.instance import read_instance


def drawn(seed: int) -> dnnt.Instance:
    """A random instance that has a normal form."""
    rng = Random(seed)
    while True:
        instance = (random_any if seed % 3 else random_two_layer)(rng)
        if not instance.has_empty_space and not instance.is_continuous:
            return instance


@pytest.mark.parametrize("seed", range(150))
def test_possible_losses(seed: int) -> None:
    instance = drawn(seed)
    form = form_of(instance)
    rng = Random(seed)
    losses = set()
    for chosen in product(*[variable.values for variable in form.variables]):
        total = form.total(chosen)
        losses.add(total)
        if rng.random() < 0.1:
            said = evaluate(instance, form.parameters(chosen))
            assert said.inside
            assert said.total == total
            assert form.values_of(form.parameters(chosen)) == chosen
    assert tuple(sorted(losses)) == oracle(instance).losses


@pytest.mark.parametrize("seed", range(100))
def test_same_in_the_checker(seed: int) -> None:
    instance = drawn(seed)
    form = form_of(instance)
    work = Work()
    read, _ = read_instance(instance_file.to_bytes(instance), "", work)
    known = checked_form_of(read, _network(read, {}, work, written_out=True), work)
    assert known.names == tuple([variable.id for variable in form.variables])
    assert known.values == tuple([variable.values for variable in form.variables])
    assert known.outputs == form.outputs
    assert [_fields(unit) for unit in known.units] == [_fields(unit) for unit in form.units]


def _fields(unit: Any) -> dict[str, Any]:
    said = {**asdict(unit), "activation": unit.activation.kind}
    said["products"] = [list(each.values()) for each in said["products"]]
    return said


def built(**given: Any) -> Form:
    """The normal form of a network without an activation of its own."""
    return form_of(dnnt.graph(**given))


def test_equal_columns_are_one_variable() -> None:
    """Two equal inputs, the bias, and a parallel edge's bias."""
    edges = [
        {"from": "s", "to": "t", "weights": [[0, 1], [0, 1], [0, 5]], "bias": [0, 10]},
        {"from": "s", "to": "t", "weights": [[0], [1], [0, 5]], "bias": [0, 100]},
    ]
    form = built(
        inputs=3,
        vertices=[("t", "relu")],
        outputs=["t"],
        edges=edges,
        samples=[((2, 2, 0), (1,)), ((3, 3, 0), (1,))],
    )
    assert [variable.id for variable in form.variables] == [(0, 0), (0, 3)]
    assert [variable.values for variable in form.variables] == [(1, 2, 3), (0, 10, 100, 110)]
    assert form.units[0].terms == ((0, (2, 3)), (1, (1, 1)))


def test_linear_units_dissolve() -> None:
    """A hidden unit with known outgoing weights is seen through, also where it feeds two outputs."""
    edges = [
        {"from": "s", "to": "h", "weights": [[1, 2]], "bias": [7]},
        {"from": "h", "to": "t", "weights": [[3]], "bias": [0]},
        {"from": "h", "to": "u", "weights": [[5]], "bias": [0, 1]},
    ]
    form = built(
        inputs=1,
        vertices=[("h", {"kind": "scale", "factor": 2}), ("t", "identity"), ("u", "identity")],
        outputs=["t", "u"],
        edges=edges,
        samples=[((2,), (0, 0))],
    )
    assert [unit.position for unit in form.units] == [1, 2]
    assert form.units[0].constant == (42,)
    assert form.units[0].terms == ((0, (12,)),)
    assert form.units[1].terms == ((0, (20,)), (1, (1,)))
    assert len(form.variables) == 2


def test_dead_and_constant_vertices_are_gone() -> None:
    """What feeds only a constant, or nothing, is no unit."""
    edges = [
        {"from": "s", "to": "a", "weights": [[0, 1]], "bias": [0]},
        {"from": "a", "to": "c", "weights": [[0, 1]], "bias": [0]},
        {"from": "c", "to": "t", "weights": [[0, 1]], "bias": [0]},
        {"from": "s", "to": "dead", "weights": [[0, 1]], "bias": [0]},
    ]
    form = built(
        inputs=1,
        vertices=[("a", "relu"), ("c", {"kind": "constant", "value": 4}), ("t", "identity"), ("dead", "relu")],
        outputs=["t"],
        edges=edges,
        samples=[((1,), (0,))],
    )
    assert [unit.position for unit in form.units] == [2]
    assert form.units[0].terms == ((0, (4,)),)


def test_long_numbers_are_refused() -> None:
    """Squares of squares grow past all measure."""
    vertices = [(f"v{i}", "square") for i in range(40)] + [("t", "relu")]
    tails = ["s", *[f"v{i}" for i in range(40)]]
    edges: list[dict[str, Any]] = [
        {"from": tail, "to": head, "weights": [[1]], "bias": [0]}
        for tail, (head, _) in zip(tails, vertices, strict=True)
    ]
    edges[-1]["weights"] = [[1, 2]]
    with pytest.raises(dnnt.MethodUnsuitable, match="more than 100,000 bits"):
        built(inputs=1, vertices=vertices, outputs=["t"], edges=edges, samples=[((3,), (0,))])


def test_too_many_values_are_refused() -> None:
    """A variable's values are listed, so not too many may be left."""
    edges = [{"from": "s", "to": "t", "weights": [{"from": 0, "to": 10**7}], "bias": [0]}]
    with pytest.raises(dnnt.MethodUnsuitable, match="more than 1,000,000 values"):
        built(inputs=1, vertices=[("t", "abs")], outputs=["t"], edges=edges, samples=[((1,), (0,))])
