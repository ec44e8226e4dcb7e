"""What the variants of slp-to-dnnt share: one vertex a value, copies on demand, one sample, one option per parameter.

The repaired variants use no parallel edges: an operand k of a step enters through a copy of its vertex, so that a step
with j = k has two different edges. Every weight is 1 or -1, every bias 0; the input and the target of the only sample
are 1.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from dnnt.instance import Instance, Sample
from dnnt.losses import loss
from dnnt.network import SOURCE, Edge, Network, Vertex
from dnnt.parameters import Parameters, first_choice
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.reductions.base import Reduction
from dnnt.reductions.parts import vertex
from dnnt.spaces import Values

WEIGHTS = {1: Values((1,)), -1: Values((-1,))}

Step = tuple[str, int, int]


class Builder:
    """Vertices and edges as they are made; value i of the program is the vertex `h{i}`, value 0 the source."""

    def __init__(self) -> None:
        self.vertices: list[Vertex] = []
        self.edges: list[Edge] = []
        self._made: dict[str, str] = {}

    def vertex(self, name: str, activation: str, *tails: tuple[str, int]) -> str:
        """A new vertex with an edge from each tail, of this weight; returns its name."""
        self.vertices.append(vertex(name, activation))
        self.edges.extend(Edge(tail, name, (WEIGHTS[weight],)) for tail, weight in tails)
        return name

    def once(self, name: str, activation: str, tail: str) -> str:
        """The vertex of this name, with one edge of weight 1 from the tail; made when it is first asked for."""
        if name not in self._made:
            self._made[name] = self.vertex(name, activation, (tail, 1))
        return name

    def copy(self, k: int) -> str:
        """A copy of value k."""
        return self.once(f"c{k}", "identity", value_name(k))


def value_name(index: int) -> str:
    """The vertex of a value of the program."""
    return f"h{index}" if index else SOURCE


class SlpToDnnt(Reduction):
    """The common part; a variant says how it multiplies."""

    rule = "slp-to-dnnt"
    source_kind = "slp"
    letters_meaning = "l steps (1 if there are none)"

    def letters(self, problem: StraightLineProgram) -> Mapping[str, int]:
        """l: the number of steps, at least 1."""
        return {"l": max(1, len(problem.steps))}

    def _refusal(self, problem: StraightLineProgram) -> str | None:
        return None

    @abstractmethod
    def _multiply(self, builder: Builder, i: int, j: int, k: int) -> None:
        """Make the vertex of value i = value j times value k."""

    def _target(self, problem: StraightLineProgram) -> tuple[Instance, Mapping[str, Any]]:
        # Without steps the value is 1, and s is no output: one step that changes nothing stands in.
        steps = problem.steps or (("*", 0, 0),)
        builder = Builder()
        for i, (operation, j, k) in enumerate(steps, start=1):
            if operation == "*":
                self._multiply(builder, i, j, k)
            else:
                sign = 1 if operation == "+" else -1
                builder.vertex(f"h{i}", "identity", (value_name(j), 1), (builder.copy(k), sign))
        network = Network(1, tuple(builder.vertices), (f"h{len(steps)}",), tuple(builder.edges))
        return Instance(network, (Sample((1,), (1,)),), loss("positive"), 1), {"value": f"h{len(steps)}"}

    def _lift(self, problem: StraightLineProgram, target: Instance, solution: Any) -> Parameters:
        return first_choice(target.network)

    def _extract(self, problem: StraightLineProgram, target: Instance, parameters: Parameters) -> Any:
        return {"sign": 1}
