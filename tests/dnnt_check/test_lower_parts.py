"""Lower parts against brute force: every kind of grounds, true claims and claims that are off by a little."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

import dnnt_check
from dnnt_check import choices, dense, images, keys, meeting, points, summands
from tests.dnnt_check import lower
from tests.dnnt_check.cases import (
    Naive,
    certificate,
    encode,
    random_case,
    reachable,
)

SEEDS = range(40)

line = partial(lower.line, budget=1e9)


def some_left(instance: dict[str, Any], rng: random.Random) -> list[list[int]]:
    """Some run of positions, or none."""
    count = len(instance["vertices"])
    if not count or rng.random() < 0.3:
        return []
    first = rng.randrange(count)
    return [[first, rng.randint(1, count - first)]]


def agree(instance: dict[str, Any], loss: Fraction, grounds: dict[str, Any], rng: random.Random) -> None:
    """The least loss is proved, and nothing beyond it."""
    little = rng.choice([Fraction(1, 1000), Fraction(1, 3), Fraction(1)])
    first = line(instance, loss, False, grounds)
    if "does not apply" in first:
        assert grounds["kind"] == "reachable"
        return
    if first.startswith("INVALID too much work: a list of"):
        # A single output says nothing of these losses, so all digits of all coordinates would be listed.
        assert "guarded" in str(instance["loss"]) or instance["loss"] == "misclassified"
        assert grounds["last"] == "targets"
        return
    assert first.startswith("VALID loss >= ")
    assert line(instance, loss - little, True, grounds).startswith("VALID loss > ")
    assert line(instance, loss, True, grounds).startswith("INVALID lower")
    assert line(instance, loss + little, False, grounds).startswith("INVALID lower")
    assert line(instance, loss + little, True, grounds).startswith("INVALID lower")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("two_layer", [True, False])
def test_enumeration_agrees_with_brute_force(seed: int, two_layer: bool) -> None:
    instance, loss, _ = random_case(seed, two_layer)
    agree(instance, loss, {"kind": "enumeration"}, random.Random(seed))


@pytest.mark.parametrize("seed", range(40, 60))
@pytest.mark.parametrize("room", [0, 40, 400])
def test_enumeration_with_little_room(seed: int, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets that are too large to keep are run through one choice after another."""
    monkeypatch.setattr(choices, "LARGEST_SET", room)
    monkeypatch.setattr(choices, "MANY", 0)
    instance, loss, _ = random_case(seed, False, 300)
    agree(instance, loss, {"kind": "enumeration"}, random.Random(seed))


@pytest.mark.parametrize("seed", range(100, 220))
@pytest.mark.parametrize("last", ["points", "targets"])
def test_reachable_agrees_with_brute_force(seed: int, last: str) -> None:
    instance, loss, _ = random_case(seed, True, 300)
    rng = random.Random(seed)
    agree(instance, loss, reachable(some_left(instance, rng), last), rng)


@pytest.mark.parametrize("seed", range(320, 360))
@pytest.mark.parametrize("last", ["points", "targets"])
def test_reachable_as_long_integers(seed: int, last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With sets made to look expensive, everything that can be is done on long integers."""
    monkeypatch.setattr(keys, "ELEMENT", 1.0)
    monkeypatch.setattr(keys, "MAXIMUM_DENSE", 2**20)
    monkeypatch.setattr(images, "MAXIMUM_DENSE", 2**20)
    monkeypatch.setattr(summands, "MAXIMUM_DENSE", 2**20)
    monkeypatch.setattr(meeting, "MAXIMUM_DENSE", 2**20)
    for module, name in ((images, "VECTOR"), (summands, "VECTOR"), (summands, "CHOICE")):
        monkeypatch.setattr(module, name, 1.0)
    monkeypatch.setattr(meeting, "DIFFERENCE", 1.0)
    monkeypatch.setattr(points, "LOOK_UP", 1.0)
    for name in ("BLOCK", "SLICE", "BIT"):
        monkeypatch.setattr(points, name, 0.0)
    instance, loss, _ = random_case(seed, True, 300)
    rng = random.Random(seed)
    agree(instance, loss, reachable(some_left(instance, rng), last), rng)


@pytest.mark.parametrize("seed", range(330, 350))
@pytest.mark.parametrize("last", ["points", "targets"])
def test_reachable_as_sets(seed: int, last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With long integers made to look expensive, everything is done on sets."""
    monkeypatch.setattr(keys, "BYTE", 1.0)
    monkeypatch.setattr(dense, "RUN", 10.0)
    monkeypatch.setattr(meeting, "DIFFERENCE", 1e-12)
    monkeypatch.setattr(points, "SLICE", 1.0)
    for name in ("BLOCK", "LOOK_UP"):
        monkeypatch.setattr(points, name, 0.0)
    instance, loss, _ = random_case(seed, True, 300)
    rng = random.Random(seed)
    agree(instance, loss, reachable(some_left(instance, rng), last), rng)


def layered(rng: random.Random, units: int, weights: list[list[Any]], points: int) -> dict[str, Any]:
    """A two-layer network of equal units with one output."""
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 2,
        "layers": [
            {"units": units, "activation": rng.choice(["relu", "abs", "floor"]), "weights": weights[0], "bias": [0]},
            {"units": 1, "activation": "identity", "weights": weights[1], "bias": [0, "1/2"]},
        ],
        "samples": [{"x": [rng.randint(-3, 3), rng.randint(0, 3)], "y": [rng.randint(-5, 9)]} for _ in range(points)],
        "loss": rng.choice(["squared", "absolute", "zero_one", "maximum"]),
    }


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("last", ["points", "targets"])
def test_equal_units(seed: int, last: str) -> None:
    rng = random.Random(seed)
    instance = layered(rng, 2, [[-1, "1/2", 2], [-2, 1]], 2)
    loss, _ = Naive(instance).best()
    assert loss is not None
    for left in ([], [[0, 1]], [[0, 2]], [[0, 3]], [[1, 1]]):
        agree(instance, loss, reachable(left, last), rng)


def test_layers_and_edges_say_the_same() -> None:
    for seed in range(20):
        rng = random.Random(seed)
        instance = layered(rng, rng.randint(1, 2), [[-1, 1, 2], [0, -2]], 1)
        loss, parameters = Naive(instance).best()
        assert loss is not None
        assert parameters is not None
        agree(instance, loss, {"kind": "enumeration"}, rng)
        data = encode(instance)
        verdict = dnnt_check.check(data, encode(certificate(data, (parameters, loss))))
        assert verdict.valid
        assert verdict.upper == loss


# ---------------------------------------------------------------- single facts


def edge(source: str, target: str, weights: list[Any], bias: Any) -> dict[str, Any]:
    return {"from": source, "to": target, "weights": weights, "bias": bias}


def network(vertices: dict[str, Any], outputs: list[str], edges: list[Any], samples: list[Any], **more: Any) -> Any:
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": len(samples[0][0]) if samples else 1,
        "vertices": [{"id": name, "activation": kind} for name, kind in vertices.items()],
        "outputs": outputs,
        "edges": edges,
        "samples": [{"x": x, "y": y} for x, y in samples],
        "loss": "absolute",
        **more,
    }


SUM = network({"t": "identity"}, ["t"], [edge("s", "t", [[0, 3]], [0, "1/2"])], [([1], [2])])


@pytest.mark.parametrize("last", ["points", "targets"])
def test_a_proof_that_fails_names_the_loss(last: str) -> None:
    assert line(SUM, Fraction(1), True, reachable([], last)) == "INVALID lower: a state with the loss 1 is reachable"


def test_an_enumeration_that_fails_names_the_loss() -> None:
    expected = "INVALID lower: there are parameters with the loss 1"
    assert line(SUM, Fraction(1), True, {"kind": "enumeration"}) == expected


@pytest.mark.parametrize(("bound", "strict", "valid"), [(0, False, True), (-1, True, True), (0, True, False)])
def test_nonnegative(bound: int, strict: bool, valid: bool) -> None:
    found = line(SUM, Fraction(bound), strict, {"kind": "nonnegative"})
    assert found.startswith("VALID") == valid


def test_nonnegative_proves_nothing_above_zero() -> None:
    assert line(SUM, Fraction(1, 10**9), False, {"kind": "nonnegative"}).startswith("INVALID lower: that no loss")


def test_empty() -> None:
    instance = network({"t": "identity"}, ["t"], [edge("s", "t", [[]], [0])], [])
    data = encode(instance)
    claim = certificate(data, None, (None, False, {"kind": "empty"}))
    assert dnnt_check.check(data, encode(claim)).line == "VALID infeasible"
    other = encode(SUM)
    claim = certificate(other, None, (None, False, {"kind": "empty"}))
    assert dnnt_check.check(other, encode(claim)).line == "INVALID lower: no space is empty"


@pytest.mark.parametrize("grounds", [{"kind": "enumeration"}, reachable([], "points"), reachable([], "targets")])
def test_without_parameters_every_bound_holds(grounds: dict[str, Any]) -> None:
    instance = network({"t": "identity"}, ["t"], [edge("s", "t", [[]], [0])], [([1], [1])])
    assert line(instance, Fraction(10**6), True, grounds) == "VALID loss > 1000000"


@pytest.mark.parametrize("grounds", [{"kind": "enumeration"}, reachable([], "points"), reachable([], "targets")])
def test_real_spaces_cannot_be_tried(grounds: dict[str, Any]) -> None:
    instance = network({"t": "identity"}, ["t"], [edge("s", "t", ["real"], [0])], [([1], [1])])
    assert "may take any real value" in line(instance, Fraction(0), False, grounds)


def test_reachable_does_not_apply_to_three_layers() -> None:
    chain = [edge("s", "a", [[0, 1]], [0]), edge("a", "b", [[0, 1]], [0]), edge("b", "t", [[1]], [0])]
    instance = network({"a": "relu", "b": "relu", "t": "identity"}, ["t"], chain, [([1], [2])])
    assert "does not apply" in line(instance, Fraction(0), False, reachable([], "points"))
    assert line(instance, Fraction(1), False, {"kind": "enumeration"}) == "VALID loss >= 1"


def test_a_fixed_first_layer_leaves_two() -> None:
    """A vertex whose parameters have no choice counts as an input."""
    chain = [edge("s", "a", [[2]], [0]), edge("a", "b", [[0, 1]], [0]), edge("b", "t", [[1]], [0])]
    instance = network({"a": "relu", "b": "relu", "t": "identity"}, ["t"], chain, [([1], [3])])
    assert line(instance, Fraction(1), False, reachable([[1, 1]], "points")) == "VALID loss >= 1"


def test_a_constant_hides_what_feeds_it() -> None:
    kinds = {"a": "relu", "b": "relu", "c": {"kind": "constant", "value": 4}, "t": "identity"}
    chain = [edge("s", "a", [[0, 1]], [0]), edge("a", "b", [[0, 1]], [0]), edge("a", "c", [[0, 1]], [0])]
    chain += [edge("c", "t", [[1, 2]], [0])]
    instance = network(kinds, ["t"], chain, [([1], [7])])
    for grounds in ({"kind": "enumeration"}, reachable([], "targets")):
        assert line(instance, Fraction(1), False, grounds) == "VALID loss >= 1"
        assert line(instance, Fraction(1), True, grounds).startswith("INVALID")


def test_weights_on_zeros_need_no_choice() -> None:
    huge = {"from": 0, "to": 10**60}
    instance = network({"t": "identity"}, ["t"], [edge("s", "t", [huge, [0, 1]], [0])], [([0, 1], [2])])
    for grounds in ({"kind": "enumeration"}, reachable([], "points"), reachable([], "targets")):
        assert line(instance, Fraction(1), False, grounds) == "VALID loss >= 1"


@pytest.mark.parametrize("last", ["points", "targets"])
def test_many_inputs_make_long_keys(last: str) -> None:
    """400 distinct inputs: keys of thousands of bits."""
    samples = [([i, 1], [3 * i + 1]) for i in range(400)]
    hidden = [edge("s", "h", [[1, 2], [0]], [0, 1]), edge("s", "t", [[0, 1], [0]], [0])]
    instance = network({"h": "relu", "t": "identity"}, ["t"], [*hidden, edge("h", "t", [[1]], [0])], samples)
    assert line(instance, Fraction(0), False, reachable([[0, 1]], last)) == "VALID loss >= 0"
    assert line(instance, Fraction(1), False, reachable([[0, 1]], last)).startswith("INVALID")
    instance["edges"][0]["bias"] = [0]
    assert line(instance, Fraction(400), False, reachable([[0, 1]], last)) == "VALID loss >= 400"


@pytest.mark.parametrize("loss", ["squared", "absolute", "maximum", "zero_one"])
def test_targets_in_a_box_that_nobody_could_visit(loss: str) -> None:
    """Targets are found by bisection: coordinates here have 10^12 digits and more."""
    items = [3**25 + i * i for i in range(18)]
    names = [f"h{i}" for i in range(18)]
    vertices = {**dict.fromkeys(names, "identity"), "t": "relu"}
    edges = [edge("s", name, [[0, item]], [0]) for name, item in zip(names, items, strict=True)]
    edges += [edge(name, "t", [[1]], [0]) for name in names]
    reached = sum(items[::2])
    instance = network(vertices, ["t"], edges, [([1], [reached])], loss=loss)
    grounds = reachable([[0, 9]], "targets")
    assert line(instance, Fraction(0), True, grounds).startswith("INVALID lower: a state with the loss 0")
    instance["samples"][0]["y"] = [sum(items) + 1]
    assert line(instance, Fraction(1), False, grounds) == "VALID loss >= 1"


def test_every_activation_at_an_output() -> None:
    """Bisection relies on where activations are monotone."""
    points = {"kind": "piecewise_linear", "points": [[-2, 3], [0, -1], ["5/2", 4]], "left": -1, "right": "-1/2"}
    kinds: list[Any] = ["abs", "square", "quarter_square", "floor", "sign", "step", points]
    kinds += [{"kind": "leaky_relu", "slope": -2}, {"kind": "scale", "factor": "-3/2"}]
    kinds += [{"kind": "clip", "low": -1, "high": 2}, {"kind": "table", "values": [[1, 5], [-3, 0]], "otherwise": 2}]
    losses: list[Any] = ["squared", "absolute", "maximum", "zero_one", {"kind": "hinge", "margin": 2}]
    losses.append({"kind": "table", "values": [{"f": [2], "y": [1], "loss": 0}], "otherwise": 3})
    space = {"from": -6, "to": 6, "step": "1/2"}
    for kind in kinds:
        for loss in losses:
            samples = [([1], [1]), ([1], ["7/2"]), ([2], [-3])]
            instance = network({"t": kind}, ["t"], [edge("s", "t", [space], [0, 1])], samples, loss=loss)
            least, _ = Naive(instance).best()
            assert least is not None
            agree(instance, least, reachable([], "targets"), random.Random(0))
