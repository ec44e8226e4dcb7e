"""Outputs that share no free parameter: each group of them is an instance of its own.

Where the loss is a sum over outputs, the least total is the sum of the least totals of the parts. Where it is 0 only
if every output is right (zero_one, maximum), a part's loss never exceeds the whole one's, so that parts give bounds,
and parameters of loss 0 if all of them have some.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import Number
from dnnt.instance import Instance, Sample
from dnnt.parameters import Parameters, of_edges
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Address, Form

JOINT = frozenset(("zero_one", "maximum"))
"""Losses of several outputs that are at least the loss of any of them."""

MOST_WORK = 2_000_000
"""Slots times points up to which parts are looked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the outputs (indices), the instance with these alone, its normal form, and the slots it depends on."""

    outputs: tuple[int, ...]
    instance: Instance
    form: Form
    slots: frozenset[Address]


@dataclass(frozen=True, slots=True)
class Parts:
    """All outputs in parts that share no slot; `additive`: the total loss is the sum of the parts' losses."""

    parts: tuple[Part, ...]
    additive: bool

    def assembled(self, base: Parameters, chosen: Sequence[Parameters]) -> Parameters:
        """Parameters that agree on the slots of each part with what was chosen for it, and elsewhere with `base`."""
        edges = [list(run.slots) for run in base.edges()]
        for part, given in zip(self.parts, chosen, strict=True):
            values = [run.slots for run in given.edges()]
            for edge, slot in part.slots:
                edges[edge][slot] = values[edge][slot]
        return of_edges([(tuple(slots[:-1]), slots[-1]) for slots in edges])


def parts_of(instance: Instance) -> Parts | None:
    """The parts of an instance; None where there is one only, the loss does not allow it, or looking takes long."""
    if not (instance.loss.separable or instance.loss.kind in JOINT) or instance.network.output_count < 2:
        return None
    network = instance.network
    if (network.edge_count + network.inputs) * (len(instance.samples) + 1) > MOST_WORK:
        return None
    try:
        form = form_of(instance)
    except (MethodUnsuitable, TooLarge):
        return None
    groups = _groups(form)
    if len(groups) < 2:
        return None
    return Parts(tuple([_part(instance, form, group) for group in groups]), instance.loss.separable)


def _groups(form: Form) -> list[tuple[int, ...]]:
    """Outputs in groups that share no variable; those with known values are one group."""
    needed: list[frozenset[int]] = []
    for unit in form.units:
        own = {variable for variable, _ in unit.terms}
        own.update(product.variable for product in unit.products if product.variable is not None)
        needed.append(frozenset(own).union(*[needed[product.source] for product in unit.products]))
    groups: list[tuple[set[int], list[int]]] = []
    known: list[int] = []
    for output, of in enumerate(form.outputs):
        if not isinstance(of, int):
            known.append(output)
            continue
        variables, outputs = set(needed[of]), [output]
        apart = []
        for group in groups:
            if variables.isdisjoint(group[0]):
                apart.append(group)
            else:
                variables |= group[0]
                outputs += group[1]
        groups = [*apart, (variables, outputs)]
    made = [tuple(sorted(outputs)) for _, outputs in groups]
    if known:
        made.append(tuple(known))
    return sorted(made)


def _part(instance: Instance, form: Form, outputs: tuple[int, ...]) -> Part:
    network = form.network
    alone = part_of(replace(instance, network=network), outputs)
    own = form_of(alone)
    slots = {address for variable in own.variables for address in variable.slots}
    return Part(outputs, alone, own, frozenset(slots))


def part_of(instance: Instance, outputs: Sequence[int], gamma: Number | None = None) -> Instance:
    """The instance with some of its outputs alone; vertices and edges stay, so that their positions do."""
    network = instance.network.graph()
    names = tuple([network.outputs[output] for output in outputs])
    samples = [Sample(s.x, tuple([s.y[output] for output in outputs]), s.weight) for s in instance.samples]
    return Instance(replace(network, outputs=names), tuple(samples), instance.loss, gamma, instance.name)
