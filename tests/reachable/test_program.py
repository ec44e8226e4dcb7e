"""From an instance to its units, sums and fixed vertices: the definitions of docs/certificates.md, case by case."""

from __future__ import annotations

from math import comb
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.evaluation import outputs
from dnnt.exact import Number
from dnnt.reachable.execute import execute
from dnnt.reachable.expression import Sum
from dnnt.reachable.from_graph import fixed_values, program_of_graph
from dnnt.reachable.from_layers import MANY_UNITS, is_grouped, program_of
from dnnt.reachable.program import Program, distinct_inputs, joined
from dnnt.running import Run
from dnnt.testing import all_parameters, random_two_layer
from tests.reachable.nodes import decoded

HUGE = 10**100


def graph(
    vertices: str, outs: str, edges: list[tuple[str, Any, Any]], samples: Any = None, **kinds: Any
) -> dnnt.Instance:
    """A graph on vertices with names of one letter (relu, or of the kind given): edges (ends, weight, bias)."""
    samples = [([1], [0] * len(outs)), ([2], [0] * len(outs))] if samples is None else samples
    inputs = len(samples[0][0]) if samples else 1
    made = []
    for ends, weight, bias in edges:
        spaces = [weight] * inputs if ends[0] == "s" else [weight]
        made.append({"from": ends[0], "to": ends[1], "weights": spaces, "bias": bias})
    return dnnt.graph(inputs, [(name, kinds.get(name, "relu")) for name in vertices], list(outs), made, samples)


def parts(instance: dnnt.Instance) -> tuple[str, str, str]:
    """The names of the fixed vertices, of the units (groups apart, by a bar) and of the sums."""
    network = instance.network.graph()
    names = [vertex.id for vertex in network.vertices]
    program = program_of(instance)
    fixed = fixed_values(network, distinct_inputs(instance), network.live)
    groups = []
    for unit in program.units:
        groups.append("".join(names[v] for first, count in unit.members for v in range(first, first + count)))
        assert unit.count == sum(count for _, count in unit.members)
    units = "".join(groups)
    live = {name for name, alive in zip(names, network.live, strict=True) if alive}
    sums = sorted(live - set(units) - {names[v] for v in fixed})
    return "".join(names[v] for v in sorted(fixed)), "|".join(groups), "".join(sums)


def states(program: Program) -> set[tuple[Number, ...]]:
    """All reachable states."""
    units = tuple((unit.node, unit.count) for unit in program.units)
    return decoded(execute(Sum((*units, (program.rest.node, 1)), program.width), Run()))


ANY = [-1, 1]

CASES: dict[str, tuple[dnnt.Instance, tuple[str, str, str]]] = {
    "one hidden unit": (graph("ht", "t", [("sh", ANY, [0]), ("ht", ANY, [0])]), ("", "h", "t")),
    "no hidden unit": (graph("t", "t", [("st", ANY, [0])]), ("", "", "t")),
    "no edge": (graph("t", "t", []), ("t", "", "")),
    "a constant": (graph("t", "t", [("st", ANY, [0])], t={"kind": "constant", "value": 5}), ("t", "", "")),
    "one option everywhere": (graph("ht", "t", [("sh", [2], [1]), ("ht", [3], [0])]), ("ht", "", "")),
    "one option below": (graph("ht", "t", [("sh", [2], [1]), ("ht", ANY, [0])]), ("h", "", "t")),
    "two options of a bias": (graph("ht", "t", [("sh", [2], [0, 1]), ("ht", [3], [0])]), ("", "h", "t")),
    "inputs that are zero": (
        graph("ht", "t", [("sh", ANY, [3]), ("ht", ANY, [0])], samples=[([0], [1])]),
        ("h", "", "t"),
    ),
    "values that are zero": (
        graph("hut", "t", [("sh", [-1], [0]), ("hu", ANY, [3]), ("ut", ANY, [0])]),
        ("hu", "", "t"),
    ),
    "fixed vertices feed units": (
        graph("cdut", "t", [("sc", [1], [0]), ("cd", [2], [0]), ("du", ANY, [0]), ("ut", ANY, [0])]),
        ("cd", "u", "t"),
    ),
    "a unit that is an output": (graph("ht", "ht", [("sh", ANY, [0]), ("ht", ANY, [0])]), ("", "h", "t")),
    "an output that feeds a dead vertex": (graph("td", "t", [("st", ANY, [0]), ("td", ANY, [0])]), ("", "", "t")),
    "a skip edge": (graph("ht", "t", [("sh", ANY, [0]), ("ht", ANY, [0]), ("st", ANY, [1])]), ("", "h", "t")),
    "parallel edges": (
        graph("ht", "t", [("sh", ANY, [0]), ("sh", [1], [0]), ("ht", ANY, [0]), ("ht", [2], ANY)]),
        ("", "h", "t"),
    ),
    "dead vertices": (
        graph("hdet", "t", [("sh", ANY, [0]), ("sd", ANY, [0]), ("hd", ANY, [0]), ("de", ANY, [0]), ("ht", ANY, [0])]),
        ("", "h", "t"),
    ),
    "what flows into a constant": (
        graph("hct", "tc", [("sh", ANY, [0]), ("hc", ANY, [0]), ("st", ANY, [0])], c={"kind": "constant", "value": 1}),
        ("c", "h", "t"),
    ),
    "three layers, the first fixed": (
        graph("aht", "t", [("sa", [2], [1]), ("ah", ANY, [0]), ("ht", ANY, [0])]),
        ("a", "h", "t"),
    ),
    "equal units": (
        graph("hijt", "t", [*((f"s{v}", ANY, [0, 1]) for v in "hij"), *((f"{v}t", [1, 2], [0]) for v in "jhi")]),
        ("", "hij", "t"),
    ),
    "units of different kinds": (
        graph("hit", "t", [*((f"s{v}", ANY, [0]) for v in "hi"), *((f"{v}t", [1], [0]) for v in "hi")], i="abs"),
        ("", "h|i", "t"),
    ),
    "units with different spaces": (
        graph("hit", "t", [("sh", ANY, [0]), ("si", ANY, [0, 1]), ("ht", [1], [0]), ("it", [1], [0])]),
        ("", "h|i", "t"),
    ),
    "units with different ways out": (
        graph(
            "hijt", "t",
            [*((f"s{v}", ANY, [0]) for v in "hij"), ("ht", [1], [0]), ("it", ANY, [0]), ("jt", [1], ANY)],
        ),
        ("", "hj|i", "t"),
    ),
    "a unit that is an output is no other's equal": (
        graph("hit", "th", [*((f"s{v}", ANY, [0]) for v in "hi"), *((f"{v}t", [1], [0]) for v in "hi")]),
        ("", "h|i", "t"),
    ),
    "edges in another order": (
        graph(
            "hit", "t",
            [("sh", [1, 2], [0]), ("si", [3], ANY), ("sh", [3], ANY), ("si", [1, 2], [0]), ("ht", ANY, [0]),
             ("it", ANY, [5])],
        ),
        ("", "hi", "t"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_parts(name: str) -> None:
    instance, right = CASES[name]
    assert parts(instance) == right


@pytest.mark.parametrize("name", CASES)
def test_reachable_states_are_what_choices_give(name: str) -> None:
    """The outputs of every choice of parameters, and of every state, are the same."""
    instance, _ = CASES[name]
    assert reached(instance) == tried(instance)


@pytest.mark.parametrize("seed", range(60))
def test_random_instances(seed: int) -> None:
    instance = random_two_layer(Random(seed))
    if not instance.has_empty_space:
        assert reached(instance) == tried(instance)


Outputs = tuple[tuple[Number, ...], ...]


def tried(instance: dnnt.Instance) -> set[Outputs]:
    """The outputs over the distinct inputs of every choice of parameters."""
    samples = [dnnt.Sample(x, ()) for x in distinct_inputs(instance)]
    network = instance.network
    return {tuple(outputs(network, chosen, sample) for sample in samples) for chosen in all_parameters(instance)}


def reached(instance: dnnt.Instance) -> set[Outputs]:
    """The outputs over the distinct inputs of every reachable state."""
    program = program_of(instance)
    n = len(program.inputs)
    found = set()
    for state in states(program):
        rows = []
        for i in range(n):
            row: list[Number] = []
            for output in program.outputs:
                if output.block is None:
                    row.append(output.values[i])
                else:
                    z = state[output.block * n + i]
                    row.append(z if output.activation is None else output.activation(z))
            rows.append(tuple(row))
        found.add(tuple(rows))
    return found


@pytest.mark.parametrize(
    ("vertices", "edges"),
    [
        ("abt", [("sa", ANY, [0]), ("ab", ANY, [0]), ("bt", ANY, [0])]),
        ("abt", [("sa", ANY, [0]), ("sb", ANY, [0]), ("ab", [1], [0]), ("bt", [1], [0])]),
        ("abt", [("sa", [1], [0, 1]), ("ab", [1], [0]), ("bt", [1], [0])]),
    ],
)
def test_three_free_layers_are_refused(vertices: str, edges: Any) -> None:
    """The refusal names an edge."""
    with pytest.raises(dnnt.MethodUnsuitable, match="from a to b"):
        program_of(graph(vertices, "t", edges))


def layered(units: Any, outs: int = 1, **more: Any) -> dnnt.Instance:
    """Two layers."""
    last = {"units": outs, "activation": "identity", "weights": [-1, 1], "bias": [0, 1]}
    hidden = {"units": units, "activation": "relu", "weights": [-1, 2], "bias": [0, 3], **more}
    return dnnt.layered(2, [hidden, last], [([1, 2], [0] * outs), ([0, 3], [1] * outs)])


@pytest.mark.parametrize(
    "instance",
    [
        layered(1), layered(2), layered(2, outs=2), layered(3, weights=[1]), layered(2, bias=[1]),
        layered(2, weights=[1], bias=[1]), layered(2, activation={"kind": "constant", "value": 2}),
    ],
    ids=["one", "two", "two outputs", "one weight", "one bias", "fixed", "constant"],
)  # fmt: skip
def test_layers_are_their_graph(instance: dnnt.Instance) -> None:
    """The program of a group of units and that of the written-out network have the same states."""
    assert states(program_of(instance)) == states(program_of_graph(instance, instance.network.graph()))
    assert reached(instance) == tried(instance)


def test_huge_layers_are_one_group() -> None:
    instance = layered(HUGE)
    assert isinstance(instance.network, dnnt.Layered)
    assert is_grouped(instance.network, ((1,),))
    (unit,) = program_of(instance).units
    assert (unit.count, unit.members) == (HUGE, ((0, HUGE),))


@pytest.mark.parametrize(
    ("more", "x"),
    [({"weights": [1]}, 1), ({"activation": {"kind": "constant", "value": 1}}, 1), ({}, 0)],
    ids=["one option", "constant", "inputs that are zero"],
)
def test_huge_fixed_layers_are_one_group(more: Any, x: int) -> None:
    """Equal units that no parameter changes are a group like others: what comes out of them is still to be chosen."""
    layers = [
        {"units": HUGE, "activation": "step", "weights": [0, 1], "bias": [0], **more},
        {"units": 1, "activation": "identity", "weights": [1, 3], "bias": [0, -6]},
    ]
    samples = [([x], [HUGE + 5]), ([2 * x], [-HUGE])]  # 0 at weight 0; HUGE + 2·i at weight 1
    answer = dnnt.solve(dnnt.layered(1, layers, samples, loss="absolute"), time_limit=20)
    assert (answer.loss, answer.bound, answer.assurance) == (2 * HUGE + 5, 2 * HUGE + 5, "checked")


@pytest.mark.parametrize("units", [MANY_UNITS, MANY_UNITS + 1])
@pytest.mark.parametrize(
    "more",
    [{"weights": [2]}, {"activation": {"kind": "constant", "value": 2}, "bias": [0, 1]}],
    ids=["one option", "constant"],
)
def test_fixed_layers_count_the_same_however_they_are_taken(units: int, more: Any) -> None:
    """A fixed layer counts weight by weight up to a number of units, as a group beyond: both read the same numbers."""
    layers = [
        {"units": units, "activation": "relu", "weights": [0, 1], "bias": [0], **more},
        {"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]},
    ]
    instance = dnnt.layered(1, layers, [([1], [7]), ([1], [5])], loss="absolute", gamma=2)
    hidden = 1 if "weights" in more else 4**units
    assert dnnt.count(instance).count == hidden * comb(units, 3)
    answer = dnnt.solve(instance, method="reachable", goal="minimize")
    assert (answer.loss, answer.bound, answer.assurance) == (2, 2, "checked")


def test_huge_outputs_are_refused() -> None:
    with pytest.raises(dnnt.TooLarge, match="outputs"):
        program_of(dnnt.layered(1, [{"units": 2, "activation": "relu", "weights": [0, 1], "bias": [0]},
                                    {"units": 10_000, "activation": "relu", "weights": [0, 1], "bias": [0]}],
                                [([1], [0] * 10_000)]))  # fmt: skip


@pytest.mark.parametrize(
    ("runs", "right"),
    [
        ([], ()),
        ([(3, 1), (0, 2), (2, 1)], ((0, 4),)),
        ([(5, 2), (0, 1)], ((0, 1), (5, 2))),
        ([(0, HUGE)], ((0, HUGE),)),
    ],
)
def test_joined(runs: Any, right: Any) -> None:
    assert joined(runs) == right
