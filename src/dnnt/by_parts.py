"""What will be done with an instance whose outputs fall into independent parts: their shapes, and the method for each.

Parts of one shape (as many units of each activation, parameters and distinct inputs) are alike: the first of them
stands for all, for the cost of a method goes by the shape more than by the targets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import inf, log10
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.choice import choose, parts_for, plan_of
from dnnt.instance import Instance
from dnnt.methods.base import Cost
from dnnt.running import Run
from dnnt.simplify.parts import Part


@dataclass(frozen=True, slots=True)
class Alike:
    """Parts of one shape: how many, the outputs (indices) of the first one, its units and distinct inputs in the normal
    form, the parameters that it alone depends on, the logarithm of its choices, and how it will be solved. A part
    without a choice takes no method.
    """

    count: int
    outputs: tuple[int, ...]
    units: int
    distinct_inputs: int
    parameters: int
    log10_choices: float
    method: str | None
    reason: str
    cost: Cost | None

    def to_json(self) -> dict[str, Any]:
        """The object in the list `alike` that `info --json` prints."""
        return {
            "count": self.count,
            "outputs": list(self.outputs),
            "units": self.units,
            "distinct_inputs": self.distinct_inputs,
            "parameters": self.parameters,
            "log10_choices": float(f"{self.log10_choices:.6g}"),
            "chosen": self.method,
            "reason": self.reason,
            **cost_json(self.cost),
        }


@dataclass(frozen=True, slots=True)
class Apart:
    """All parts, in groups; `additive`: the total loss is the sum of their losses, so that nothing else is looked at.
    `plan` is that of the first part of the group that takes longest.
    """

    alike: tuple[Alike, ...]
    additive: bool
    plan: Plan | None

    @property
    def count(self) -> int:
        """How many parts there are."""
        return sum(each.count for each in self.alike)

    @property
    def methods(self) -> str:
        """The methods that solve the parts, joined as in an answer."""
        return "+".join(dict.fromkeys(each.method for each in self.alike if each.method is not None))

    @property
    def reason(self) -> str:
        """What is done, in a sentence."""
        reasons = dict.fromkeys(each.reason for each in self.alike if each.method is not None)
        return f"{self.count} independent parts, each by itself ({'; '.join(reasons)})"

    def to_json(self) -> dict[str, Any]:
        """The object `parts` that `info --json` prints."""
        return {
            "count": self.count,
            "additive": self.additive,
            "alike": [each.to_json() for each in self.alike],
        }


def cost_json(cost: Cost | None) -> Mapping[str, Any]:
    """The figures of a prediction; what is past all measure is null."""
    return {
        "seconds": None if cost is None else _figure(cost.seconds),
        "mebibytes": None if cost is None else _figure(cost.mebibytes),
        "most": None
        if cost is None or cost.most is None
        else {"seconds": _figure(cost.most[0]), "mebibytes": _figure(cost.most[1])},
        "basis": None if cost is None else cost.basis,
        "note": None if cost is None or not cost.note else cost.note,
    }


def _figure(value: float) -> float | None:
    return None if value == inf else float(f"{value:.3g}")


def apart(instance: Instance, wanted: str, run: Run) -> Apart | None:
    """The parts of an instance, if it is solved by parts; `wanted` is `auto` or a method's name.

    Raises `MethodUnsuitable` where no method takes one of the parts, and `Stop`.
    """
    parts = parts_for(instance, wanted)
    if parts is None:
        return None
    groups: dict[Hashable, list[Part]] = {}
    for part in parts.parts:
        groups.setdefault(_shape(part), []).append(part)
    made = tuple([_alike(group, wanted, run) for group in groups.values()])
    longest = max(made, key=lambda each: -1.0 if each.cost is None else each.cost.seconds)
    part = next(group[0] for group in groups.values() if group[0].outputs == longest.outputs)
    plan = None if longest.method is None else plan_of(part.instance, longest.method, run)
    return Apart(made, parts.additive, plan)


def _shape(part: Part) -> Hashable:
    """What parts that are alike have in common."""
    form = part.form
    units = Counter((unit.activation.kind, len(unit.terms), len(unit.products)) for unit in form.units)
    values = Counter(len(variable.values) for variable in form.variables)
    sizes = (len(part.outputs), len(part.slots), len(form.points))
    return sizes, frozenset(units.items()), frozenset(values.items())


def _alike(group: list[Part], wanted: str, run: Run) -> Alike:
    part, form = group[0], group[0].form
    run.poll()
    name, reason, cost = None, "no choice: its loss is known", None
    if part.slots:
        choice = choose(part.instance, wanted, run.room)
        said = choice.method.assess(part.instance)
        name, reason, cost = choice.method.name, choice.reason, said if isinstance(said, Cost) else None
    return Alike(
        len(group),
        part.outputs,
        len(form.units),
        len(form.points),
        len(part.slots),
        sum(log10(len(variable.values)) for variable in form.variables),
        name,
        reason,
        cost,
    )
