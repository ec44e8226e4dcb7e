"""`evaluate` against a second evaluator that is written here, straight from the definition of an instance."""

from __future__ import annotations

import json
from fractions import Fraction
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.activations import activation
from dnnt.evaluation import evaluate
from dnnt.exact import Number, to_json
from dnnt.losses import loss
from dnnt.parameters import Run, first_choice, of_edges
from dnnt.testing import all_parameters, random_any, random_two_layer

Chosen = list[tuple[tuple[Number, ...], Number]]


def written_out(body: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]], list[str]]:
    """Activations by vertex, edges as (tail, head), and outputs; layers as the format defines them."""
    if "layers" not in body:
        activations = {v["id"]: v["activation"] for v in body["vertices"]}
        return activations, [(e["from"], e["to"]) for e in body["edges"]], body["outputs"]
    activations, edges, before = {}, [], ["s"]
    for index, layer in enumerate(body["layers"], start=1):
        names = [f"L{index}.{unit}" for unit in range(1, layer["units"] + 1)]
        for name in names:
            activations[name] = layer["activation"]
            edges += [(tail, name) for tail in before]
        before = names
    return activations, edges, before


def exactly(value: Any) -> Any:
    """A JSON value with its decimals as integers or strings, which dnnt's tables of activations and losses take."""
    if isinstance(value, list):
        return [exactly(v) for v in value]
    if isinstance(value, dict):
        return {key: exactly(v) for key, v in value.items()}
    if isinstance(value, float):
        return int(value) if value.is_integer() else str(value)
    return value


class Second:
    """The network of an instance as its raw JSON has it, with a choice of parameters."""

    def __init__(self, instance: dnnt.Instance, chosen: Chosen) -> None:
        assert instance.source is not None
        self.body = json.loads(instance.source)
        self.activations, edges, self.outputs = written_out(self.body)
        self.edges = list(zip(edges, chosen, strict=True))

    def value(self, name: str, x: list[Fraction]) -> Number:
        """The value of a vertex, by recursion."""
        pre = Fraction(0)
        for (tail, head), (weights, bias) in self.edges:
            if head == name:
                z = x if tail == "s" else [self.value(tail, x)]
                pre += sum((Fraction(w) * v for w, v in zip(weights, z, strict=True)), Fraction(0)) + bias
        return activation(exactly(self.activations[name]))(pre)

    def result(self) -> tuple[Number, list[list[Number]]]:
        """The total loss and the outputs on every sample."""
        total: Number = 0
        said = []
        for sample in self.body["samples"]:
            x = [Fraction(str(value)) for value in sample["x"]]
            f = tuple(self.value(name, x) for name in self.outputs)
            y = tuple(Fraction(str(v)) for v in sample["y"])
            total += Fraction(str(sample.get("weight", 1))) * loss(exactly(self.body["loss"]))(f, y)
            said.append(list(f))
        return total, said


@pytest.mark.parametrize("seed", range(60))
def test_second_evaluator_agrees(seed: int) -> None:
    rng = Random(seed)
    instance = (random_two_layer if seed % 2 else random_any)(rng)
    everything = list(all_parameters(instance))
    for parameters in rng.sample(everything, min(4, len(everything))):
        chosen = [(run.weights, run.bias) for run in parameters.edges()]
        said = dnnt.evaluate(instance, parameters)
        total, outputs = Second(instance, chosen).result()
        assert said.total == total
        assert [list(s.output) for s in said.samples] == outputs
        assert said.inside
        assert type(said.total) is int or said.total.denominator > 1
        assert dnnt.evaluate(instance, parameters.to_json()) == said


@pytest.mark.parametrize("seed", range(40))
def test_layers_are_their_graph(seed: int) -> None:
    rng = Random(seed)
    units = [rng.randint(1, 3) for _ in range(rng.randint(1, 4))]
    instance = dnnt.layered(
        rng.randint(0, 2),
        [
            {
                "units": n,
                "activation": rng.choice(("relu", "sign", "square", "floor")),
                "weights": "real",
                "bias": "real",
            }
            for n in units
        ],
    )
    layered = instance.network
    graph = layered.graph()
    x = tuple(rng.randint(-2, 2) for _ in range(layered.inputs))
    samples = (dnnt.Sample(x, (0,) * units[-1]),)
    values = [
        (tuple(rng.choice((-1, 0, Fraction(1, 2), 2)) for _ in edge.weights), rng.choice((0, 0, 0, 1, -2)))
        for edge in graph.edges
    ]
    one = dnnt.evaluate(dnnt.Instance(layered, samples), of_edges(values))
    two = dnnt.evaluate(dnnt.Instance(graph, samples), of_edges(values))
    assert one.samples == two.samples
    # Only a unit's first edge may have a bias.
    firsts = {e.target: index for index, e in reversed(list(enumerate(graph.edges)))}
    others = [bias for index, (_, bias) in enumerate(values) if firsts[graph.edges[index].target] != index]
    assert one.inside == two.inside == (not any(others))


HUGE = 10**100


def huge(activation: Any = "relu", first: Any = "real", last: Any = "real") -> dnnt.Instance:
    """One input, 10^100 hidden units, one output."""
    return dnnt.layered(
        1,
        [
            {"units": HUGE, "activation": activation, "weights": first, "bias": [0, 1]},
            {"units": 1, "activation": "identity", "weights": last, "bias": [0, 5]},
        ],
        [((2,), (0,)), ((-3,), (1,))],
        loss="absolute",
    )


def test_huge_layer() -> None:
    parameters = [
        {"weights": [3], "bias": 1, "repeat": HUGE - 1},
        {"weights": [-1], "bias": 0},
        {"weights": [1], "bias": 5},
        {"weights": [1], "bias": 0, "repeat": HUGE - 2},
        {"weights": [7], "bias": 0},
    ]
    said = dnnt.evaluate(huge(), parameters)
    assert [s.output for s in said.samples] == [(7 * (HUGE - 1) + 5,), (7 * 3 + 5,)]
    assert said.total == 7 * (HUGE - 1) + 5 + 25
    assert said.inside
    assert not dnnt.evaluate(huge(first=[0, 3]), parameters).inside
    assert not dnnt.evaluate(huge(last=[1]), parameters).inside


def test_one_run_over_layers() -> None:
    parameters = [{"weights": [1], "bias": 0, "repeat": 2 * HUGE}]
    said = dnnt.evaluate(huge(first=[1], last=[1]), parameters)
    assert [s.output for s in said.samples] == [(2 * HUGE,), (0,)]
    assert said.inside
    biased = [{"weights": [1], "bias": 1, "repeat": HUGE}, {"weights": [1], "bias": 5}]
    biased.append({"weights": [1], "bias": 5, "repeat": HUGE - 1})
    assert not dnnt.evaluate(huge(), biased).inside
    assert dnnt.evaluate(huge(), biased).samples[0].output == (3 * HUGE + 5 * HUGE,)


def test_first_choice_of_a_huge_layer() -> None:
    instance = huge(first=[2, 3], last=[-1, 1])
    chosen = first_choice(instance.network)
    assert dnnt.evaluate(instance, chosen).inside
    assert len(chosen.runs) <= 3


def square_chain(depth: int, x: int) -> dnnt.Instance:
    """Squares of squares of x."""
    layers = [{"units": 1, "activation": "square", "weights": [1], "bias": [0]}] * depth
    return dnnt.layered(1, layers, [((x,), (0,))], loss="absolute")


def test_max_bits() -> None:
    instance = square_chain(10, 2)
    parameters = [{"weights": [1], "bias": 0, "repeat": 10}]
    assert dnnt.evaluate(instance, parameters).total == 2 ** (2**10)
    assert dnnt.evaluate(instance, parameters, max_bits=1100).total == 2 ** (2**10)
    with pytest.raises(dnnt.TooLarge, match="bits"):
        dnnt.evaluate(instance, parameters, max_bits=1000)
    with pytest.raises(dnnt.TooLarge, match="100,000,000"):
        dnnt.evaluate(square_chain(40, 2), [{"weights": [1], "bias": 0, "repeat": 40}])
    product = dnnt.layered(
        1, [{"units": 1, "activation": "identity", "weights": "real", "bias": [0]}], [((2**500,), (0,))]
    )
    with pytest.raises(dnnt.TooLarge):
        dnnt.evaluate(product, [{"weights": [2**600], "bias": 0}], max_bits=1000)


def test_poll_is_called() -> None:
    class Stopped(Exception):
        pass

    def poll() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        evaluate(square_chain(2, 1), [{"weights": [1], "bias": 0, "repeat": 2}], poll=poll)


def graph(weights: list[Any], bias: Any) -> dnnt.Instance:
    """Two inputs, one output."""
    return dnnt.graph(
        2,
        [("t", "identity")],
        ["t"],
        [{"from": "s", "to": "t", "weights": weights, "bias": bias}],
        [((1, 10), (0,))],
        loss="absolute",
    )


def test_outside_spaces() -> None:
    instance = graph([[0, 1], {"from": 0, "to": 4, "step": 2}], [0])
    inside = dnnt.evaluate(instance, [{"weights": [1, 4], "bias": 0}])
    assert (inside.total, inside.inside) == (41, True)
    for weights, bias in (((2, 4), 0), ((1, 3), 0), ((1, 4), Fraction(1, 2))):
        said = dnnt.evaluate(instance, [{"weights": weights, "bias": bias}])
        assert not said.inside
        assert said.total == weights[0] + 10 * weights[1] + bias


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ([], "edges"),
        ([{"weights": [1, 1], "bias": 0, "repeat": 2}], "edges"),
        ([{"weights": [1], "bias": 0}], "edges[0]"),
        ([{"weights": [1, 1, 1], "bias": 0}], "edges[0]"),
        ([{"weights": [1, 1]}], "edges[0]"),
        ([{"bias": 1}], "edges[0]"),
        ([{"weights": [1, 1], "bias": 0, "repeat": 0}], "edges[0].repeat"),
        ([{"weights": [1, 1], "bias": 0, "repeat": True}], "edges[0].repeat"),
        ([{"weights": [1, None], "bias": 0}], "edges[0].weights[1]"),
        ([{"weights": [1, 1], "bias": 0.5}], "edges[0].bias"),
        ([{"weights": [1, 1], "bias": 0, "note": 1}], "edges[0]"),
        ([5], "edges[0]"),
        (5, ""),
        ("edges", ""),
    ],
)
def test_wrong_shapes(parameters: Any, place: str) -> None:
    with pytest.raises(dnnt.InvalidInput) as caught:
        dnnt.evaluate(graph([[0], [0]], [0]), parameters)
    assert caught.value.place == place
    assert caught.value.remedy


def test_wrong_shape_of_layers() -> None:
    instance = huge()
    with pytest.raises(dnnt.InvalidParameters, match="entries"):
        dnnt.evaluate(instance, [{"weights": [1], "bias": 0, "repeat": 2 * HUGE - 1}])
    two = dnnt.layered(2, [{"units": 2, "activation": "relu", "weights": [1], "bias": [0]}] * 2)
    with pytest.raises(dnnt.InvalidParameters, match="weights") as caught:
        dnnt.evaluate(two, [{"weights": [1, 1], "bias": 0, "repeat": 3}, {"weights": [1], "bias": 0, "repeat": 3}])
    assert caught.value.place == "edges[0]"


def test_corner_cases() -> None:
    nothing = dnnt.graph(0, [], [], [], [((), ()), ((), ())], loss="zero_one")
    assert dnnt.evaluate(nothing, []).total == 0
    alone = dnnt.graph(3, [("t", "step")], ["t"], [], [((1, 2, 3), (0,), "1/2")])
    assert dnnt.evaluate(alone, []).total == Fraction(1, 2)
    assert dnnt.evaluate(alone, []).samples[0].loss == 1
    empty = graph([[], [1]], [0])
    assert not dnnt.evaluate(empty, [{"weights": [1, 1], "bias": 0}]).inside
    answer = dnnt.solve(graph([[0, 1], [0, 1]], [0]), goal="minimize")
    assert dnnt.evaluate(graph([[0, 1], [0, 1]], [0]), answer).total == 0


def test_equal_neighbours_are_one_run() -> None:
    run = Run((1,), 0)
    merged = dnnt.Parameters((run, run, Run((1,), 0, 3), Run((2,), 0)))
    assert [r.repeat for r in merged.runs] == [5, 1]
    assert merged.edge_count == 6
    assert merged.to_json() == [{"weights": [1], "bias": 0, "repeat": 5}, {"weights": [2], "bias": 0}]
    assert dnnt.Parameters((Run((Fraction(1, 2),), "3/1"),)).to_json() == [{"weights": ["1/2"], "bias": 3}]  # type: ignore[arg-type] # a text is taken too
    assert to_json(Fraction(1, 2)) == "1/2"
