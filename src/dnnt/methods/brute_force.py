"""Method `brute-force`: every choice of parameters, in exact arithmetic. The oracle.

Depth first along a topological order: for every choice of a vertex's incoming parameters its values over the distinct
inputs are computed once and handed down. Parameters that feed only dead vertices keep one value: they change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log10
from typing import Any

from dnnt.activations import Activation
from dnnt.analysis.plan import Plan
from dnnt.certificate import Enumeration
from dnnt.exact import Number, bits, normal, power, several
from dnnt.instance import Instance, mixed_order
from dnnt.methods.base import CONTINUOUS, Cost, Goal, Method, one_step
from dnnt.network import MAX_EDGES, SOURCE, Layered, Network
from dnnt.parameters import Parameters, Run as EdgeRun
from dnnt.running import Run, Stop
from dnnt.spaces import Finite, Real, Space, Values, finite, preferred

MAX_BITS = 10**6
"""Values longer than this end the run: one multiplication of them would outlast a poll."""

COMPUTED = 2.5e-6
"""Seconds for an edge into a vertex without a choice, for each distinct input."""

WRITING = 4e-6
"""Seconds to write out an edge of a layer."""

Vector = list[Number]
Slots = Sequence[tuple[Finite, Sequence[Number]]]


class BruteForce(Method):
    """Exact enumeration of all parameters."""

    name = "brute-force"
    summary = "tries every choice of parameters"

    def assess(self, instance: Instance) -> Cost | str:
        """Takes every discrete instance: choices (of live parameters) times the work of the last vertex on every
        distinct input.
        """
        if instance.is_continuous:
            return CONTINUOUS
        network = instance.network
        if network.edge_count > MAX_EDGES:
            return Cost(float("inf"), float("inf"), f"more than {MAX_EDGES:,} edges")
        exponent = choices_log10(network)
        inputs = len({sample.x for sample in instance.samples})
        each = 1.2e-6 + inputs * (0.9e-6 + COMPUTED * _computed(network))
        seconds = WRITING * network.edge_count + (10**exponent * each if exponent < 300 else float("inf"))
        return Cost(
            seconds,
            1.0 + network.edge_count * 0.002,
            f"{power(exponent, 'choice')} on {several(inputs, 'distinct input')}",
        )

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line: there is nothing to plan."""
        return one_step("enumeration", "every choice of parameters", self.assess(instance))

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Try everything; stops early at a loss that reaches the goal by itself."""
        network = instance.network.graph()
        search = _Search(instance, network, run)
        total = choices_log10(instance.network)
        tried = 0
        for loss in search.losses():
            tried += 1
            run.poll()
            if tried % 4096 == 0 and total < 300:
                run.progress(f"{tried:,} choices tried", min(1.0, tried / 10**total))
            if loss is not None:
                run.offer(search.parameters(), loss)
                if goal.satisfied(loss):
                    return {"choices_tried": tried}
        if run.incumbent is not None:
            run.prove(run.incumbent.loss, False, Enumeration())
        return {"choices_tried": tried}


def choices_log10(network: Network | Layered) -> float:
    """The decimal logarithm of the number of choices of live parameters (no space may be empty or real)."""
    live = (True,) if isinstance(network, Layered) else network.live
    if isinstance(network, Layered) or all(live):
        return sum(count * log10(of.size) for of, count in network.shared_spaces() if not isinstance(of, Real))
    total = 0.0
    for edge in network.edges:
        if live[network.position[edge.target]]:
            total += sum(log10(of.size) for of in edge.slots if not isinstance(of, Real))
    return total


def _computed(network: Network | Layered) -> int:
    """The edges into vertices that come after the last choice: each choice computes these."""
    if isinstance(network, Layered):
        return 0
    edges = 0
    for v in reversed(network.order):
        if any(not isinstance(of, Real) and of.size > 1 for e in network.incoming[v] for of in network.edges[e].slots):
            break
        edges += len(network.incoming[v])
    return edges


def _longest(network: Network, inputs: Sequence[Sequence[Number]]) -> float:
    """An upper bound on the bits of any value of a vertex; infinite where an activation may do anything."""
    longest_input = max((bits(x) for sample in inputs for x in sample), default=0)
    values: dict[str, float] = {SOURCE: longest_input}
    for v in network.order:
        activation = network.vertices[v].activation
        pre = 0.0
        for e in network.incoming[v]:
            edge = network.edges[e]
            # A sum's numerator and denominator have at most the bits of all its terms together.
            pre += sum(_space_bits(of) + values[edge.source] + 2 for of in edge.weights) + _space_bits(edge.bias) + 2
        given = sum(bits(q) for _, value in activation.arguments for q in _numbers_in(value))
        doubled = 2 if activation.doubles else 1
        values[network.vertices[v].id] = float("inf") if activation.is_custom else doubled * (pre + given) + 4
    return max(values.values())


def _space_bits(of: Space) -> int:
    if isinstance(of, Values):
        return max(map(bits, of.values), default=0)
    return 0 if isinstance(of, Real) else bits(of.low) + bits(of.high) + bits(of.step)


def _numbers_in(value: Any) -> Iterator[Number]:
    if isinstance(value, tuple):
        for part in value:
            yield from _numbers_in(part)
    elif isinstance(value, Activation):
        yield from _numbers_in(tuple(argument for _, argument in value.arguments))
    elif not callable(value):
        yield value


def every_choice(instance: Instance, run: Run) -> Iterator[tuple[Number, Callable[[], Parameters]]]:
    """Every choice of the parameters into live vertices, always in the same order: its total loss, and what makes it
    parameters (those into dead vertices close to 0). Raises `TooLarge` for networks too large to write out.
    """
    search = _Search(instance, instance.network.graph(), run, every=True)
    for loss in search.losses():
        run.poll()
        assert loss is not None, "every loss is computed to its end"
        yield loss, search.parameters


class _Search:
    """The depth-first walk; `choice` and `values` hold where it is. `every`: also losses not below the incumbent's."""

    def __init__(self, instance: Instance, network: Network, run: Run, every: bool = False) -> None:
        self.network = network
        self.run = run
        self.every = every
        self.inputs = list(dict.fromkeys(sample.x for sample in instance.samples))
        live = network.live
        self.order = [v for v in network.order if live[v]]
        self.values: dict[int, Vector] = {}
        self.choice: dict[int, tuple[Number, ...]] = {}
        self.columns = [[x[j] for x in self.inputs] for j in range(network.inputs)]
        self.ones = [1] * len(self.inputs)
        self.outputs = [network.position[name] for name in network.outputs]
        self.loss = instance.loss
        position = {x: i for i, x in enumerate(self.inputs)}
        self.targets: list[dict[tuple[Number, ...], Number]] = [{} for _ in self.inputs]
        for sample in instance.samples:
            at = self.targets[position[sample.x]]
            at[sample.y] = at.get(sample.y, 0) + sample.weight
        self.turn = mixed_order(len(self.inputs))
        self.may_be_long = _longest(network, self.inputs) > MAX_BITS
        self.known: list[dict[tuple[Number, ...], Number]] = [{} for _ in self.inputs]

    def losses(self) -> Iterator[Number | None]:
        """For every choice in turn its total loss, or None where it is not below the incumbent's."""
        if not self.order:
            yield self._total()
            return
        walk = [self._choices(self.order[0])]
        while walk:
            depth = len(walk) - 1
            step = next(walk[-1], None)
            if step is None:
                walk.pop()
                continue
            v = self.order[depth]
            self.choice[v], self.values[v] = step
            if len(walk) == len(self.order):
                yield self._total()
            else:
                walk.append(self._choices(self.order[len(walk)]))

    def _slots(self, v: int) -> Slots:
        slots: list[tuple[Finite, Sequence[Number]]] = []
        for e in self.network.incoming[v]:
            edge = self.network.edges[e]
            if edge.source == SOURCE:
                slots.extend(zip(map(finite, edge.weights), self.columns, strict=True))
            else:
                slots.append((finite(edge.weights[0]), self.values[self.network.position[edge.source]]))
            slots.append((finite(edge.bias), self.ones))
        return slots

    def _choices(self, v: int) -> Iterator[tuple[tuple[Number, ...], Vector]]:
        """Every choice of the parameters into v, with the values of v over the inputs."""
        apply = self.network.vertices[v].activation.apply
        for chosen, pre in _sums(self._slots(v), len(self.inputs), self.run):
            if self.may_be_long and max(map(bits, pre), default=0) > MAX_BITS:
                raise Stop("memory", f"values of more than {MAX_BITS:,} bits")
            yield chosen, [apply(z if type(z) is int else normal(z)) for z in pre]

    def _total(self) -> Number | None:
        """The total loss of the present choice; None once it reaches the incumbent's (terms are never negative)."""
        total: Number = 0
        best = None if self.every or self.run.incumbent is None else self.run.incumbent.loss
        for i in self.turn:
            known = self.known[i]
            f = tuple([self.values[v][i] for v in self.outputs])
            cost = known.get(f)
            if cost is None:
                if len(known) > 100_000:
                    known.clear()
                cost = known[f] = sum(w * self.loss(f, y) for y, w in self.targets[i].items())
            total += cost
            if best is not None and total >= best:
                return None
        return normal(total)

    def parameters(self) -> Parameters:
        """The present choice as parameters; dead vertices get values close to 0."""
        runs: list[EdgeRun | None] = [None] * len(self.network.edges)
        for v, chosen in self.choice.items():
            start = 0
            for e in self.network.incoming[v]:
                count = len(self.network.edges[e].weights)
                runs[e] = EdgeRun(chosen[start : start + count], chosen[start + count])
                start += count + 1
        for e, edge in enumerate(self.network.edges):
            if runs[e] is None:
                runs[e] = EdgeRun(tuple(preferred(of) for of in edge.weights), preferred(edge.bias))
        return Parameters(tuple(run for run in runs if run is not None))


def _sums(slots: Slots, n: int, run: Run) -> Iterator[tuple[tuple[Number, ...], Vector]]:
    """Every choice of one value a slot, with the sum of value times column."""
    partial: list[Vector] = [[0] * n]
    chosen: list[Number] = []
    turns = [iter(slots[0][0])] if slots else []
    if not slots:
        yield (), partial[0]
    steps = 0
    while turns:
        w = next(turns[-1], None)
        if w is None:
            turns.pop()
            partial.pop()
            if chosen:
                chosen.pop()
            continue
        depth = len(turns)
        column = slots[depth - 1][1]
        added = [p + w * x for p, x in zip(partial[-1], column, strict=True)] if w else partial[-1]
        if depth == len(slots):
            yield (*chosen, w), added
            continue
        steps += 1
        if steps % 1000 == 0:
            run.poll()
        chosen.append(w)
        partial.append(added)
        turns.append(iter(slots[depth][0]))


METHOD = BruteForce()
