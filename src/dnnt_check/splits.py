"""The grounds "splits": all boxes of values, split until each is too dear by interval arithmetic.

A box has a first and a last value for every variable. The tree says how the box of all values is split in halves, again
and again; in each box that is not split any more the loss must be too large, whatever the values in it are, or some
exchange of variables must make all of them lexicographically greater (`exchanging`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import add
from typing import Any

from dnnt_check.budget import Invalid, Work
from dnnt_check.clause_reading import read_integers, read_swaps
from dnnt_check.exchanging import Exchanges, Pair
from dnnt_check.form import Form, Product, Unit
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, multiply, normal
from dnnt_check.quantities import check_lengths
from dnnt_check.reading import Place, array, fault, record

#: The least and the greatest numbers at the points.
Intervals = tuple[Sequence[Number], Sequence[Number]]

#: First and last place of each variable among its values, as one integer.
Box = list[int]

#: A place is less than this.
PLACES = 1 << 20

#: Intervals that are remembered of each part of a sum.
REMEMBERED = 20_000

#: Seconds for a box that is not split, and for a number in it.
BOX = 6e-6
NUMBER = 5e-8


@dataclass(frozen=True, slots=True)
class Splits:
    """What the grounds say: for each box, before its halves, -1 or twice the variable that is split (and 1 more if the
    half of the greater values comes first); and exchanges.
    """

    tree: Sequence[int]
    swaps: tuple[tuple[Pair, ...], ...]


def read_splits(value: Any, place: Place, work: Work) -> Splits:
    """The grounds from their JSON form."""
    record(value, place, ("kind", "tree"), ("swaps",))
    tree = read_integers(array(value["tree"], (place, "tree")), (place, "tree"), work)
    if tree and min(tree) < -1:
        raise fault((place, "tree"), "entries are -1 or more")
    return Splits(tree, read_swaps(value.get("swaps", []), (place, "swaps"), work))


def check_splits(instance: Instance, form: Form, given: Splits, bound: Number, strict: bool, work: Work) -> None:
    """Prove that no parameters have a loss below the bound (with `strict`: nor equal to it).

    Raises:
        Invalid: the tree does not fit, or a box that it leaves may hold such parameters.
    """
    check_lengths(instance, form, work)
    exchanges = Exchanges(form, len(instance.points), given.swaps, work)
    intervals = _Intervals(instance, form, work)
    numbers = sum([len(unit.terms) + len(unit.products) + 2 for unit in form.units]) * len(instance.points)
    each = BOX + NUMBER * numbers
    open_boxes: list[Box] = [[len(values) - 1 for values in form.values]]
    for entry in given.tree:
        if not open_boxes:
            raise Invalid("lower.grounds.tree: there are entries after the last box")
        box = open_boxes.pop()
        work.spend(1e-6)
        if entry >= 0:
            variable, greater_first = divmod(entry, 2)
            if variable >= len(box):
                raise Invalid("lower.grounds.tree: there is no such variable")
            first, last = divmod(box[variable], PLACES)
            if first == last:
                raise Invalid("lower.grounds.tree: one value cannot be split")
            middle = (first + last) // 2
            lesser, greater = box.copy(), box
            lesser[variable] = first * PLACES + middle
            greater[variable] = (middle + 1) * PLACES + last
            open_boxes.extend((lesser, greater) if greater_first else (greater, lesser))
            continue
        work.spend(each)
        loss = intervals.loss(box)
        if loss > bound or (loss == bound and not strict):
            continue
        places = {k: divmod(code, PLACES) for k, code in enumerate(box)}
        work.spend(len(box) * 1e-6)
        if not any(exchanges.refutes(swap, places) for swap in range(len(given.swaps))):
            raise Invalid("lower.grounds.tree: a box may hold parameters with too small a loss")
    if open_boxes:
        raise Invalid("lower.grounds.tree: it ends before the last box")


class _Intervals:
    """Interval arithmetic over boxes. Parts of sums are remembered: neighbouring boxes have most of them in common."""

    def __init__(self, instance: Instance, form: Form, work: Work) -> None:
        self.form = form
        self.work = work
        self.points = len(instance.points)
        self.units = [_Sum(unit, form, work) for unit in form.units]
        self.cost = _cost(instance, form)

    def loss(self, box: Box) -> Number:
        """What the loss is at least."""
        values: list[Intervals] = []
        names: list[int] = []
        for unit in self.units:
            name, found = unit.values(box, names, values)
            names.append(name)
            values.append(found)
        outputs = [values[of] if isinstance(of, int) else (of, of) for of in self.form.outputs]
        return self.cost(outputs)


class _Sum:
    """A unit. Its intervals get a name (an integer), for those that read them to remember."""

    def __init__(self, unit: Unit, form: Form, work: Work) -> None:
        self.unit = unit
        self.form = form
        self.work = work
        self.function = unit.activation.function(work)
        self.plain = unit.activation.kind == "identity"
        self.variables = sorted(
            {k for k, _ in unit.terms} | {p.variable for p in unit.products if p.variable is not None}
        )
        self.known: dict[tuple[int, ...], tuple[int, Intervals]] = {}
        self.terms: list[dict[int, Intervals]] = [{} for _ in unit.terms]
        self.products: list[dict[tuple[int, int], Intervals]] = [{} for _ in unit.products]
        self.names = 0

    def values(self, box: Box, names: Sequence[int], values: Sequence[Intervals]) -> tuple[int, Intervals]:
        """The intervals of the unit's values, and their name."""
        key = (*[box[k] for k in self.variables], *[names[product.source] for product in self.unit.products])
        found = self.known.get(key)
        if found is None:
            self.names += 1
            found = self.names, self._values(box, names, values)
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            self.known[key] = found
        return found

    def _values(self, box: Box, names: Sequence[int], values: Sequence[Intervals]) -> Intervals:
        lows: Sequence[Number] = self.unit.constant
        highs: Sequence[Number] = self.unit.constant
        for (k, column), memory in zip(self.unit.terms, self.terms, strict=True):
            part = memory.get(box[k])
            if part is None:
                part = memory[box[k]] = self._multiples(k, box[k], 1, (column, column))
            lows, highs = list(map(add, lows, part[0])), list(map(add, highs, part[1]))
        for product, known in zip(self.unit.products, self.products, strict=True):
            part = self._product(product, known, box, names, values)
            lows, highs = list(map(add, lows, part[0])), list(map(add, highs, part[1]))
        return (lows, highs) if self.plain else self._activated(lows, highs)

    def _product(
        self,
        product: Product,
        memory: dict[tuple[int, int], Intervals],
        box: Box,
        names: Sequence[int],
        values: Sequence[Intervals],
    ) -> Intervals:
        code = -1 if product.variable is None else box[product.variable]
        key = code, names[product.source]
        part = memory.get(key)
        if part is None:
            if len(memory) >= REMEMBERED:
                memory.clear()
            part = memory[key] = self._multiples(product.variable, code, product.factor, values[product.source])
        return part

    def _multiples(self, variable: int | None, code: int, factor: Number, of: Intervals) -> Intervals:
        """A variable's values times a factor times some intervals."""
        least = most = factor
        if variable is not None:
            known = self.form.values[variable]
            least, most = sorted([multiply(factor, known[place], self.work) for place in divmod(code, PLACES)])
        lows, highs = [], []
        for low, high in zip(*of, strict=True):
            ends = (least * low, least * high, most * low, most * high)
            lows.append(min(ends))
            highs.append(max(ends))
        return lows, highs

    def _activated(self, lows: Sequence[Number], highs: Sequence[Number]) -> Intervals:
        activation, function = self.unit.activation, self.function
        least, most = [], []
        for low, high in zip(map(normal, lows), map(normal, highs), strict=True):
            ends = [function(low)]
            if low != high:
                if not activation.has_breaks:
                    raise Invalid(f'lower: nothing is known of the activation "{activation.kind}" over intervals')
                ends.append(function(high))
                ends.extend([function(z) for z in activation.breaks() if low < z < high])
                if activation.kind == "table":
                    ends.append(activation.values[0])
            least.append(min(ends))
            most.append(max(ends))
        return least, most


def _cost(instance: Instance, form: Form) -> Callable[[Sequence[Intervals]], Number]:
    """What the loss is at least, by the intervals of all outputs."""
    kind = instance.loss.kind
    samples = [(i, weight, y) for i, each in enumerate(instance.samples) for weight, y in each]
    if kind in ("squared", "absolute", "hinge") or (kind == "misclassified" and len(form.outputs) == 1):
        of_one = {"squared": _squared, "absolute": _distance, "misclassified": _side}.get(kind)
        margin = instance.loss.value

        def summed(outputs: Sequence[Intervals]) -> Number:
            total: Number = 0
            for j, (lows, highs) in enumerate(outputs):
                for i, weight, labels in samples:
                    low, high, y = lows[i], highs[i], labels[j]
                    if of_one is not None:
                        total += weight * of_one(low, high, y)
                    else:
                        total += weight * max(0, margin - (y * high if y > 0 else y * low))
            return total

        return summed
    jointly = {"zero_one": _zero_one, "misclassified": _misclassified, "maximum": _maximum}.get(kind)
    if jointly is None:
        raise Invalid(f'lower: the grounds "splits" are not for the loss "{kind}"')

    def joint(outputs: Sequence[Intervals]) -> Number:
        total: Number = 0
        for i, weight, labels in samples:
            total += weight * jointly([lows[i] for lows, _ in outputs], [highs[i] for _, highs in outputs], labels)
        return total

    return joint


def _distance(low: Number, high: Number, y: Number) -> Number:
    return low - y if low > y else y - high if high < y else 0


def _squared(low: Number, high: Number, y: Number) -> Number:
    distance = _distance(low, high, y)
    return distance * distance


def _side(low: Number, high: Number, y: Number) -> Number:
    return 0 if (high > 0 if y > 0 else low < 0) else 1


def _zero_one(lows: Sequence[Number], highs: Sequence[Number], labels: Vector) -> Number:
    return int(any(not low <= y <= high for low, high, y in zip(lows, highs, labels, strict=True)))


def _misclassified(lows: Sequence[Number], highs: Sequence[Number], labels: Vector) -> Number:
    hot = labels.index(1)
    return int(any(low >= highs[hot] for j, low in enumerate(lows) if j != hot))


def _maximum(lows: Sequence[Number], highs: Sequence[Number], labels: Vector) -> Number:
    return max(map(_distance, lows, highs, labels), default=0)
