"""The normal form as the grounds "columns" see it: stages of units, and which of them may be exchanged or negated.

A variable that occurs in several units is given a value first, so that for the rest every unit has variables of its own
and is told by what it adds up: each summand is a column, or another unit, times one of several factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from dnnt_check.activations import Activation
from dnnt_check.budget import TooMuchWork, Work
from dnnt_check.form import Form
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, add, bits, multiply

#: A form of more units is not looked at: the search goes deeper with each.
MOST_UNITS = 150

#: Numbers of more bits are not looked at.
MOST_BITS = 4096

#: A summand: a column or the number of a unit, and its factors in increasing order.
Summand = tuple[Vector | int, tuple[Number, ...]]


@dataclass(frozen=True, slots=True)
class Adder:
    """A unit: its activation is applied to the constant plus one multiple of each summand."""

    activation: Activation
    constant: Vector
    summands: tuple[Summand, ...]

    def factors_of(self, unit: int) -> tuple[tuple[Number, ...], ...]:
        """By what the unit is multiplied here, each in increasing order."""
        return tuple(sorted([factors for what, factors in self.summands if what == unit and isinstance(what, int)]))


@dataclass(frozen=True, slots=True)
class Stage:
    """Inner units that read units of earlier stages only.

    Attributes:
        groups: units that may be exchanged, together.
        mirrored: for each group, may a column be replaced by its negative?
        passed: earlier units that later stages or outputs still look at.
        classes: masks of points that all later units could tell apart only by units up to this stage.
    """

    groups: tuple[tuple[int, ...], ...]
    mirrored: tuple[bool, ...]
    passed: tuple[int, ...]
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Net:
    """Units by their number in the form, stages, and the units at the ends, which are outputs that no unit reads."""

    adders: Mapping[int, Adder]
    stages: tuple[Stage, ...]
    ends: tuple[int, ...]


def nets(form: Form, work: Work) -> Iterator[Net]:
    """A net for every choice of values of the variables that several units share.

    Raises:
        TooMuchWork: the form is too large.
    """
    if len(form.units) > MOST_UNITS:
        raise TooMuchWork(f"too much work: columns of more than {MOST_UNITS} units")
    if any(bits(value) > MOST_BITS for values in form.values for value in values):
        raise TooMuchWork(f"too much work: columns with numbers of more than {MOST_BITS} bits")
    times = [0] * len(form.names)
    for unit in form.units:
        used = [variable for variable, _ in unit.terms] + [p.variable for p in unit.products if p.variable is not None]
        for variable in used:
            times[variable] += 1
        work.spend(1e-6 + len(used) * 3e-7)
    shared = [variable for variable, count in enumerate(times) if count > 1]
    choices = prod([len(form.values[variable]) for variable in shared])
    work.require(choices * len(form.units) * 1e-5, "every choice of shared variables")
    for values in product(*[form.values[variable] for variable in shared]):
        yield _net(form, dict(zip(shared, values, strict=True)), work)


def _net(form: Form, known: Mapping[int, Number], work: Work) -> Net:
    points = len(form.units[0].constant)
    adders = {index: _adder(form, index, known, work) for index in range(len(form.units))}
    outputs = {of for of in form.outputs if isinstance(of, int)}
    needed = set(outputs)
    for index in reversed(range(len(form.units))):
        if index not in needed:
            del adders[index]
            continue
        needed.update([what for what, _ in adders[index].summands if isinstance(what, int)])
    readers: dict[int, list[int]] = {index: [] for index in adders}
    height: dict[int, int] = {}
    for index, adder in adders.items():
        sources = {what for what, _ in adder.summands if isinstance(what, int)}
        height[index] = max([height[source] + 1 for source in sources], default=0)
        for source in sources:
            readers[source].append(index)
    ends = tuple([index for index in adders if not readers[index]])
    stages = []
    for stage in range(max([height[index] + 1 for index in adders if readers[index]], default=0)):
        units = [index for index in adders if readers[index] and height[index] == stage]
        later = {index for index in adders if not readers[index] or height[index] > stage}
        passed = [
            index
            for index in adders
            if readers[index] and height[index] < stage and (index in outputs or later.intersection(readers[index]))
        ]
        groups = _groups(adders, readers, units, outputs)
        mirrored = [group[0] not in outputs and _symmetric(adders, readers, group[0]) for group in groups]
        classes = _alike(points, [adders[index] for index in later])
        stages.append(Stage(groups, tuple(mirrored), tuple(passed), classes))
        work.spend(1e-5 * len(adders) * (1 + points * 0.01))
    return Net(adders, tuple(stages), ends)


def _adder(form: Form, index: int, known: Mapping[int, Number], work: Work) -> Adder:
    unit = form.units[index]
    constant = unit.constant
    summands: list[Summand] = []
    for variable, column in unit.terms:
        if variable in known:
            factor = known[variable]
            constant = tuple([add(a, multiply(factor, b, work), work) for a, b in zip(constant, column, strict=True)])
        else:
            summands.append((column, form.values[variable]))
        work.spend(len(column) * 1e-6)
    weights: dict[int, Number] = {}
    for item in unit.products:
        if item.variable is None or item.variable in known:
            factor = item.factor if item.variable is None else multiply(item.factor, known[item.variable], work)
            weights[item.source] = add(weights.get(item.source, 0), factor, work)
        else:
            factors = [multiply(item.factor, value, work) for value in form.values[item.variable]]
            summands.append((item.source, tuple(sorted(factors))))
            work.spend(len(factors) * 1e-6)
    summands += [(source, (factor,)) for source, factor in weights.items() if factor]
    return Adder(unit.activation, constant, tuple(summands))


def _groups(
    adders: Mapping[int, Adder], readers: Mapping[int, list[int]], units: list[int], outputs: set[int]
) -> tuple[tuple[int, ...], ...]:
    """Units that add up the same and are read in the same way, together; an output is always alone.

    Exchanging two of them, with their variables and those by which they are read, changes no output and no other unit.
    """
    groups: list[list[int]] = []
    for unit in units:
        for group in groups:
            if _exchangeable(adders, readers, group[0], unit, outputs):
                group.append(unit)
                break
        else:
            groups.append([unit])
    return tuple([tuple(group) for group in groups])


def _exchangeable(
    adders: Mapping[int, Adder], readers: Mapping[int, list[int]], first: int, second: int, outputs: set[int]
) -> bool:
    one, two = adders[first], adders[second]
    if first in outputs or second in outputs or one.activation != two.activation or one.constant != two.constant:
        return False
    if len(one.summands) != len(two.summands) or readers[first] != readers[second]:
        return False
    left = list(two.summands)
    for summand in one.summands:
        if summand not in left:
            return False
        left.remove(summand)
    return all(adders[reader].factors_of(first) == adders[reader].factors_of(second) for reader in readers[first])


def _symmetric(adders: Mapping[int, Adder], readers: Mapping[int, list[int]], unit: int) -> bool:
    """Is the unit multiplied by sets of factors alone that contain the negative of each?"""
    return all(
        tuple([-factor for factor in reversed(factors)]) == factors
        for reader in readers[unit]
        for factors in adders[reader].factors_of(unit)
    )


def _alike(points: int, adders: list[Adder]) -> tuple[int, ...]:
    """Masks of the points at which constants and columns of these units agree."""
    masks = [(1 << points) - 1]
    for adder in adders:
        for row in (adder.constant, *[what for what, _ in adder.summands if not isinstance(what, int)]):
            if row.count(row[0]) < points:
                masks = [mask & part for mask in masks for part in parts_of(row) if mask & part]
    return tuple(masks)


def parts_of(values: Vector) -> tuple[int, ...]:
    """For each value the mask of the points that have it, in order of first appearance."""
    parts: dict[Number, int] = {}
    for point, value in enumerate(values):
        parts[value] = parts.get(value, 0) | 1 << point
    return tuple(parts.values())
