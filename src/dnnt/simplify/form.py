"""The normal form of an instance: what is left to choose once everything that makes no difference is gone.

Equal inputs are merged, vertices whose values are known are computed, parameters with the same column are added up to
one variable, units that are linear with known weights dissolve into those that they feed, and what no output needs is
dropped. docs/certificates.md ("The normal form") is the specification; the checker builds the same by its own code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from operator import add

from dnnt.activations import Activation
from dnnt.exact import Number, all_whole, magnitude, normal
from dnnt.losses import Loss
from dnnt.network import Network
from dnnt.parameters import Parameters, of_edges
from dnnt.spaces import Finite, preferred

Vector = tuple[Number, ...]

Samples = tuple[tuple[tuple[Number, Vector], ...], ...]
"""For each point its samples: pairs (weight, targets)."""

Address = tuple[int, int]
"""A slot: (edge, place), the weights of an edge in order and then its bias."""

Name = tuple[int, int]
"""What a variable is called in certificates."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A free sum of parameters: its values in increasing order, and the slots that add up to it.

    `id` is (position of the vertex that they lead into, place of the first of them among all slots of its edges).
    """

    id: Name
    values: tuple[Number, ...]
    slots: tuple[Address, ...]

    def place(self, value: Number) -> int:
        """The index of a value, which must be one of them."""
        found = bisect_left(self.values, value)
        assert found < len(self.values) and self.values[found] == value, "a value that its variable does not have"
        return found


@dataclass(frozen=True, slots=True)
class Product:
    """`factor` times the value of unit `source`, times a variable unless that is None (both are indices)."""

    source: int
    variable: int | None
    factor: Number


@dataclass(frozen=True, slots=True)
class Unit:
    """A vertex with a choice: over the points, its pre-activation is constant + sum of variable · column + products.

    `position` is that of the vertex, `terms` are pairs (variable, column).
    """

    position: int
    activation: Activation
    constant: Vector
    terms: tuple[tuple[int, Vector], ...]
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class Gift:
    """What a bias has too much is added, times `factor` and the value of `weight` (unless that is None), to `bias`."""

    factor: Number
    weight: int | None
    bias: int


@dataclass(frozen=True, slots=True)
class Trim:
    """A variable of which only the values from `low` to `high` are left. Others become the nearer of these; `gifts` are
    where what is above goes to.
    """

    variable: int
    low: Number
    high: Number
    gifts: tuple[Gift, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The normal form: distinct inputs with their samples (weight, targets), variables, units in topological order,
    and for each output the index of its unit or its known values. `spaces` are those of the variables' slots, trimmed
    as `trims` says.
    """

    points: tuple[Vector, ...]
    samples: Samples
    variables: tuple[Variable, ...]
    units: tuple[Unit, ...]
    outputs: tuple[int | Vector, ...]
    loss: Loss
    spaces: Mapping[Address, Finite]
    trims: tuple[Trim, ...]
    network: Network

    @property
    def choices(self) -> int:
        """The number of choices of values for all variables."""
        return prod(len(variable.values) for variable in self.variables)

    def parameters(self, chosen: Sequence[Number]) -> Parameters:
        """Parameters in which each variable has the value given for it; slots that make no difference get one close
        to 0.
        """
        known: dict[Address, Number] = {}
        for variable, value in zip(self.variables, chosen, strict=True):
            variable.place(value)
            known.update(zip(variable.slots, _split(value, [self.spaces[a] for a in variable.slots]), strict=True))
        return self.filled(known)

    def filled(self, known: Mapping[Address, Number]) -> Parameters:
        """Parameters with these values of slots; the others get one close to 0."""
        edges = []
        for e, edge in enumerate(self.network.edges):
            slots = [known[e, i] if (e, i) in known else preferred(of) for i, of in enumerate(edge.slots)]
            edges.append((tuple(slots[:-1]), slots[-1]))
        return of_edges(edges)

    def values_of(self, given: Parameters) -> tuple[Number, ...]:
        """The value that parameters give to each variable; where some are trimmed away, others of no greater loss."""
        edges = [run.slots for run in given.edges()]
        values = [normal(sum(edges[e][i] for e, i in variable.slots)) for variable in self.variables]
        for trim in self.trims:
            value = values[trim.variable]
            values[trim.variable] = kept = min(max(value, trim.low), trim.high)
            if value > kept:
                for gift in trim.gifts:
                    weight = gift.factor if gift.weight is None else gift.factor * values[gift.weight]
                    values[gift.bias] = normal(values[gift.bias] + weight * (value - kept))
        return tuple(values)

    def columns(self, chosen: Sequence[Number]) -> tuple[Vector, ...]:
        """The values of every unit over the points, for a value of each variable."""
        known: list[Vector] = []
        for unit in self.units:
            pre = list(unit.constant)
            for variable, column in unit.terms:
                if chosen[variable]:
                    pre = plus(pre, column, chosen[variable])
            for product in unit.products:
                factor = product.factor if product.variable is None else product.factor * chosen[product.variable]
                pre = plus(pre, known[product.source], factor)
            known.append(tuple([unit.activation(z) for z in pre]))
        return tuple(known)

    def total(self, chosen: Sequence[Number]) -> Number:
        """The total loss, for a value of each variable."""
        known = self.columns(chosen)
        rows = [known[of] if isinstance(of, int) else of for of in self.outputs]
        return normal(sum(self.point_loss(i, tuple([row[i] for row in rows])) for i in range(len(self.points))))

    def point_loss(self, point: int, f: Vector) -> Number:
        """The weighted loss of outputs f at a point, over all its samples."""
        return normal(sum(weight * self.loss(f, y) for weight, y in self.samples[point]))


def plus(total: Sequence[Number], more: Sequence[Number], factor: Number) -> list[Number]:
    """A column plus a multiple of another one."""
    sums = list(map(add, total, more if factor == 1 else [factor * b for b in more]))
    return sums if all_whole(sums) else list(map(normal, sums))


@dataclass(frozen=True, slots=True)
class Splits:
    """Ways of writing numbers as sums of one element of each slot: `slots` lists pairs (element, price), and `least`
    has for each slot, and after the last, the sums of elements from there on with their least prices.
    """

    slots: tuple[tuple[tuple[Number, Number], ...], ...]
    least: tuple[Mapping[Number, Number], ...]

    def way(self, value: Number) -> tuple[Number, ...]:
        """The elements of a cheapest way, close to 0 if prices leave a choice. The value must be a sum."""
        chosen: list[Number] = []
        for slot, here, after in zip(self.slots[:-1], self.least, self.least[1:], strict=False):
            least = here[value]
            options = [(w, normal(value - w)) for w, price in slot if after.get(normal(value - w)) == least - price]
            w, value = min(options, key=lambda option: magnitude(option[0]))
            chosen.append(w)
        return (*chosen, value)


def splits_of(slots: Sequence[Sequence[tuple[Number, Number]]]) -> Splits:
    """The ways of adding up elements of slots (one at least), each a list of (element, price)."""
    least: list[dict[Number, Number]] = [{0: 0}]
    for slot in reversed(slots):
        layer: dict[Number, Number] = {}
        for total, paid in least[-1].items():
            for w, price in slot:
                key, cost = normal(total + w), normal(paid + price)
                if key not in layer or cost < layer[key]:
                    layer[key] = cost
        least.append(layer)
    return Splits(tuple(map(tuple, slots)), tuple(reversed(least)))


def _split(value: Number, spaces: Sequence[Finite]) -> tuple[Number, ...]:
    """One element of each space, adding up to `value`, as many as possible close to 0. The value must be a sum."""
    if sum(of.size > 1 for of in spaces) == 1:
        others = sum(of.low for of in spaces if of.size == 1)
        return tuple([of.low if of.size == 1 else normal(value - others) for of in spaces])
    closest = [preferred(of) for of in spaces]
    return splits_of([[(w, int(w != best)) for w in of] for of, best in zip(spaces, closest, strict=True)]).way(value)
