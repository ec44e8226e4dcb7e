"""Sources of reductions that the tests of the command line reduce, solve, extract and lift, with their answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dnnt as package
from tests.cli.commands import Body, Dnnt, Ended, instance, write


def problem(kind: str, **fields: Any) -> Body:
    """The body of a problem file."""
    return {"format": "dnnt-problem", "version": 1, "kind": kind, **fields}


def edge(tail: str, head: str, weights: Any, bias: Any = (0,)) -> Body:
    """An edge with one weight."""
    return {"from": tail, "to": head, "weights": [weights], "bias": list(bias) if isinstance(bias, tuple) else bias}


def network(vertices: dict[str, Any], outputs: list[str], edges: list[Body], **more: Any) -> Body:
    """An instance with one input; vertices by name, with their activations."""
    listed = [{"id": name, "activation": kind} for name, kind in vertices.items()]
    loss_and_gamma = {"loss": "squared", "gamma": 0}
    return instance(inputs=1, vertices=listed, outputs=outputs, edges=edges, **{**loss_and_gamma, **more})


def neuron(weights: Any, y: Any, **more: Any) -> Body:
    """One identity with one weight and the input 1, to give y."""
    return network({"t": "identity"}, ["t"], [edge("s", "t", weights)], samples=[{"x": [1], "y": [y]}], **more)


SUBSET = problem("subset-sum", items=[3, 5, 7], target=12)
NO_SUBSET = {**SUBSET, "target": 11}
STEPS = [["+", 0, 0], ["*", 1, 1], ["-", 2, 0]]
THREE = problem("slp", steps=STEPS)
MINUS_THREE = problem("slp", steps=[*STEPS, ["-", 0, 2]])
COLORS = problem(
    "csp",
    alphabet=["r", 1, "1"],
    variables=["x", "y", "z"],
    constraints=[
        {"scope": ["x", "y"], "allowed": [["r", 1], [1, "1"]]},
        {"scope": ["x", "y"], "allowed": [["r", 1]]},
        {"scope": ["y", "y"], "allowed": [[1, 1], [1, "r"]]},
        {"scope": ["x"], "allowed": [["r"], [1]]},
    ],
)
NO_COLORS = {**COLORS, "constraints": [*COLORS["constraints"], {"scope": ["x", "x"], "allowed": [["r", 1]]}]}
PAIRS = {**COLORS, "constraints": COLORS["constraints"][:2]}
COVER = problem("exact-cover", universe=[1, "1", 2], sets=[[1], ["1", 2], ["1", 2], []], count=3)
NO_COVER = {**COVER, "count": 4}
ONE = neuron([0, 1], 1)
NOT_ONE = neuron([0, 2], 1)
NAMES = network(
    {"r": "identity", "k0.0": "relu", "h0": "identity", "^h0": "identity", "h0'": "identity", "^h0'": "step"},
    ["r", "^h0'"],
    [
        edge("s", "r", [0, 1], [0, 2]),
        edge("s", "r", [1]),
        edge("r", "k0.0", [1, 2]),
        edge("k0.0", "h0", [1]),
        edge("h0", "h0'", [-1]),
        edge("h0'", "^h0", [1]),
        edge("^h0", "^h0'", [1]),
    ],
    samples=[{"x": [1], "y": [3, 0], "weight": "1/3"}, {"x": [1], "y": [4, 0], "weight": 0}],
    loss="absolute",
    gamma="1/5",
)
"""Its vertices are called as those that reductions add."""

LAYERS = instance(
    inputs=2,
    layers=[
        {"units": 2, "activation": "relu", "weights": {"from": -1, "to": 1}, "bias": [0]},
        {"units": 1, "activation": "identity", "weights": ["-1/2", "1/2"], "bias": {"from": 0, "to": 1}},
    ],
    samples=[{"x": [1, 2], "y": ["3/2"]}, {"x": [1, -2], "y": [0], "weight": "1/2"}],
    loss="squared",
    gamma="1/4",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A source, the rule and variant that it is reduced by, and whether it has a solution."""

    rule: str
    variant: str
    source: Body
    solvable: bool

    def __str__(self) -> str:
        return f"{self.rule}-{self.variant}-{'yes' if self.solvable else 'no'}"


CASES = [
    *(
        Case("slp-to-dnnt", v, s, yes)
        for v in ("repaired", "digits")
        for s, yes in ((THREE, True), (MINUS_THREE, False))
    ),
    Case("slp-to-dnnt", "printed", problem("slp", steps=[["+", 0, 0], ["*", 1, 1]]), False),
    Case("slp-to-dnnt", "repaired", problem("slp", steps=[]), True),
    Case("subset-sum-to-dnnt", "repaired", SUBSET, True),
    Case("subset-sum-to-dnnt", "repaired", NO_SUBSET, False),
    Case("subset-sum-to-dnnt", "repaired", problem("subset-sum", items=[0, 0, 2, 2], target=4), True),
    Case("subset-sum-to-dnnt", "repaired", problem("subset-sum", items=[], target=0), True),
    Case("subset-sum-to-dnnt", "repaired", problem("subset-sum", items=[1], target=-1), False),
    Case("csp-to-dnnt", "repaired", COLORS, True),
    Case("csp-to-dnnt", "repaired", NO_COLORS, False),
    Case("csp-to-dnnt", "repaired", problem("csp", alphabet=[], variables=[], constraints=[]), True),
    Case("csp-to-dnnt", "repaired", problem("csp", alphabet=[], variables=["x"], constraints=[]), False),
    Case("csp-to-dnnt", "repaired", problem("csp", alphabet=[1], variables=["x"], constraints=[]), True),
    Case("csp-to-dnnt", "printed", PAIRS, True),
    Case("exact-cover-to-dnnt", "repaired", COVER, True),
    Case("exact-cover-to-dnnt", "repaired", NO_COVER, False),
    Case("exact-cover-to-dnnt", "repaired", {**COVER, "count": None}, True),
    Case("exact-cover-to-dnnt", "repaired", problem("exact-cover", universe=[], sets=[], count=0), True),
    Case("exact-cover-to-dnnt", "repaired", problem("exact-cover", universe=[], sets=[[]], count=None), True),
    Case("exact-cover-to-dnnt", "repaired", problem("exact-cover", universe=[1], sets=[], count=0), False),
    *(
        Case("dnnt-to-cnnt", v, s, yes)
        for v in ("repaired", "probes")
        for s, yes in (
            (ONE, True),
            (NOT_ONE, False),
            (NAMES, True),
            (LAYERS, True),
            ({**ONE, "gamma": "-5/3"}, False),
            ({**ONE, "samples": []}, True),
            ({**ONE, "samples": [], "gamma": -1}, False),
            (neuron([], 1), False),
            (instance(inputs=0, vertices=[], outputs=[], edges=[], samples=[], loss="squared", gamma=0), True),
        )
    ),
]
"""Every rule and variant, except the printed dnnt-to-cnnt, which is never solved."""


def reduced(dnnt: Dnnt, folder: Path, case: Case, name: str = "bundle.json") -> Path:
    """The bundle of a case, in a file."""
    source, bundle = write(folder / "source.json", case.source), folder / name
    done = dnnt("reduce", case.rule, source, "-o", bundle, "--variant", case.variant, "--json")
    assert (done.status, done.err) == (0, "")
    return bundle


def accepted(bundle: Path, edges: Any) -> bool:
    """Whether parameters lie in their spaces, with a loss of at most gamma."""
    instance = package.read(bundle)
    said = package.evaluate(instance, edges)
    assert instance.gamma is not None
    return said.inside and said.total <= instance.gamma


def kept(folder: Path, name: str, done: Ended) -> Path:
    """What a command printed, in a file."""
    return write(folder / name, done.out)


def body_of(path: Path) -> Any:
    """The JSON in a file."""
    return json.loads(path.read_text(encoding="utf-8"))
