"""The profile of an instance: what `dnnt info` says before anything is solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from dnnt.analysis.facts import facts
from dnnt.analysis.plan import Plan
from dnnt.analysis.ranges import VertexRange, ranges
from dnnt.analysis.theorems import Statement, regime, statements
from dnnt.by_parts import Apart, apart, cost_json
from dnnt.choice import Prospect, best, choose, plan_of, prospects
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import MAX_DIGITS, bits, to_json
from dnnt.instance import Instance
from dnnt.network import SOURCE, Layered, Network
from dnnt.running import Run, Stop, ticking
from dnnt.spaces import Real, Values

_PRECISE = Context(prec=40, Emax=10**17, Emin=-(10**17))


@dataclass(frozen=True, slots=True)
class Profile:
    """Sizes and facts of an instance.

    `units` counts vertices without s, `depth` the edges of the longest path from s to an output, `layers` is None for a
    graph; `parameter_choices` is None when continuous or past 100,000 digits. `restricted`: every parameter has one
    option. `two_layer`: no path from s to an output is longer than two edges and no output feeds a vertex. `methods`
    speak of the whole instance. `plan` is that of the chosen method. Where `parts` are solved one by one, and the total
    loss is the sum of theirs, `chosen` are the methods that solve them, joined by "+", and `plan` is that of the part
    that takes longest.
    """

    name: str | None
    inputs: int
    samples: int
    distinct_inputs: int
    outputs: int
    units: int
    edges: int
    parameters: int
    depth: int
    layers: tuple[int, ...] | None
    restricted: bool
    two_layer: bool
    continuous: bool
    parameter_choices: int | None
    log10_parameter_choices: Decimal | None
    ranges: tuple[VertexRange, ...]
    regime: tuple[str, ...]
    theorems: tuple[Statement, ...]
    methods: tuple[Prospect, ...]
    chosen: str | None
    reason: str
    plan: Plan | None = None
    parts: Apart | None = None

    def to_json(self) -> dict[str, Any]:
        """The object that `info --json` prints."""
        log10 = self.log10_parameter_choices
        return {
            "name": self.name,
            "inputs": self.inputs,
            "samples": self.samples,
            "distinct_inputs": self.distinct_inputs,
            "outputs": self.outputs,
            "units": self.units,
            "edges": self.edges,
            "parameters": self.parameters,
            "depth": self.depth,
            "layers": None if self.layers is None else list(self.layers),
            "restricted": self.restricted,
            "two_layer": self.two_layer,
            "continuous": self.continuous,
            "parameter_choices": self.parameter_choices,
            "log10_parameter_choices": None if log10 is None else _json_number(log10),
            "ranges": [_range_json(each) for each in self.ranges],
            "regime": list(self.regime),
            "theorems": [{"theorem": s.theorem, "says": s.says} for s in self.theorems],
            "methods": [_method_json(each) for each in self.methods],
            "chosen": self.chosen,
            "reason": self.reason,
            "plan": None if self.plan is None else self.plan.to_json(),
            "parts": None if self.parts is None else self.parts.to_json(),
        }


def profile(instance: Instance, run: Run | None = None, wanted: str = "auto") -> Profile:
    """The profile of an instance; nothing is solved. Where a limit of the run comes first, methods are left out.

    `wanted` is the method that would be asked for. Raises `MethodUnsuitable` where that is another than `auto`, and
    does not take the instance.
    """
    run = run or Run()
    network = instance.network
    groups = [(of, count) for of, count, _ in network.slot_groups() if count]
    continuous = any(isinstance(of, Real) for of, _ in groups)
    empty = instance.has_empty_space
    choices, log10 = _choices(groups, continuous)
    distinct = len({sample.x for sample in instance.samples})
    restricted = all(isinstance(of, Values) and of.size == 1 for of, _ in groups)
    depth, two_layer = shape(network)
    about = facts(
        instance,
        empty=empty,
        restricted=restricted,
        two_layer=two_layer,
        continuous=continuous,
        depth=depth,
        distinct=distinct,
    )
    said = _methods(instance, empty, wanted, run)
    return Profile(
        name=instance.name,
        inputs=network.inputs,
        samples=len(instance.samples),
        distinct_inputs=distinct,
        outputs=network.output_count,
        units=network.unit_count,
        edges=network.edge_count,
        parameters=sum(count for _, count in groups),
        depth=depth,
        layers=tuple(layer.units for layer in network.layers) if isinstance(network, Layered) else None,
        restricted=restricted,
        two_layer=two_layer,
        continuous=continuous,
        parameter_choices=choices,
        log10_parameter_choices=log10,
        ranges=() if empty else ranges(instance),
        regime=regime(about),
        theorems=statements(about),
        methods=said.methods,
        chosen=said.chosen,
        reason=said.reason,
        plan=said.plan,
        parts=said.parts,
    )


def _choices(groups: list[tuple[Any, int]], continuous: bool) -> tuple[int | None, Decimal | None]:
    """The exact number of parameter choices (None past 100,000 digits) and its decimal logarithm."""
    if continuous:
        return None, None
    sizes: dict[int, int] = {}
    for of, count in groups:
        sizes[of.size] = sizes.get(of.size, 0) + count
    if 0 in sizes:
        return 0, None
    log10 = Decimal(0)
    for size, count in sizes.items():
        log10 = _PRECISE.add(log10, _PRECISE.multiply(_PRECISE.log10(Decimal(size)), Decimal(count)))
    if log10 >= MAX_DIGITS:
        return None, log10
    product = 1
    for size, count in sizes.items():
        product *= size**count if size > 1 else 1
    return product, log10


def shape(network: Network | Layered) -> tuple[int, bool]:
    """The edges of the longest path from s to an output (0 if there is none), and whether the network is two-layer."""
    if isinstance(network, Layered):
        return len(network.layers), len(network.layers) <= 2
    reach: list[int | None] = [None] * len(network.vertices)
    for v in network.order:
        for e in network.incoming[v]:
            source = network.edges[e].source
            before = 0 if source == SOURCE else reach[network.position[source]]
            if before is not None:
                reach[v] = max(reach[v] or 0, before + 1)
    depth = max((reach[network.position[name]] or 0 for name in network.outputs), default=0)
    outputs = set(network.outputs)
    return depth, depth <= 2 and not any(edge.source in outputs for edge in network.edges)


@dataclass(slots=True)
class _Said:
    """What is known of methods so far: a limit may end it at any place."""

    methods: tuple[Prospect, ...] = ()
    chosen: str | None = None
    reason: str = ""
    plan: Plan | None = None
    parts: Apart | None = None


def _methods(instance: Instance, empty: bool, wanted: str, run: Run) -> _Said:
    said = _Said()
    if empty:
        said.reason = "a space is empty: there are no parameters, whatever the method"
        return said
    try:
        run.poll()
        with ticking(run.check):
            said.methods = prospects(instance)
            said.parts = apart(instance, wanted, run)
            if said.parts is not None and said.parts.additive:
                said.chosen, said.reason, said.plan = said.parts.methods, said.parts.reason, said.parts.plan
                return said
            choice = best(instance, said.methods, run.room) if wanted == "auto" else choose(instance, wanted, run.room)
    except (MethodUnsuitable, TooLarge) as error:
        if wanted != "auto" and isinstance(error, MethodUnsuitable):
            raise
        said.reason = str(error)
    except Stop as stop:
        said.reason = f"no plan was made before the limit ({stop.kind})"
    else:
        said.chosen, said.reason = choice.method.name, choice.reason
        said.plan = plan_of(instance, said.chosen, run)
        if said.parts is not None:
            said.reason = f"{said.parts.reason}; then, if their bounds leave it open, the whole: {said.reason}"
    return said


def _json_number(value: Decimal) -> Any:
    """A logarithm as a JSON number: to 12 digits, or the integer part where a float cannot hold it."""
    return int(value) if value > Decimal("1e300") else float(round(value, 12)) if value < 10**15 else float(value)


def _range_json(each: VertexRange) -> Mapping[str, Any]:
    def ends(of: tuple[Any, Any] | None) -> Any:
        if of is None or max(map(bits, of)) > 3 * MAX_DIGITS:
            return None
        return [to_json(of[0]), to_json(of[1])]

    return {"id": each.id, "pre": ends(each.pre), "value": ends(each.value)}


def _method_json(each: Prospect) -> Mapping[str, Any]:
    taken = {"name": each.name, "takes": each.refusal is None, "refusal": each.refusal}
    return {**taken, **cost_json(each.cost)}
