"""Why a clause holds: the falsehood of its literals contradicts the meaning of the quantities, or the assumption.

The falsehood of a clause leaves a *box* of every quantity: the digits from a first to a last one, perhaps without some
ranges of digits (*holes*); ends never lie in holes. Each reason shows that there are no values in these boxes.
"""

from __future__ import annotations

from collections.abc import Sequence

from dnnt_check.budget import Invalid, Work
from dnnt_check.clause_reading import Parts, Reason
from dnnt_check.exchanging import Exchanges
from dnnt_check.grids import Grid, around, digit_of, single
from dnnt_check.numbers import Number, normal, shown
from dnnt_check.point_costs import Region
from dnnt_check.quantities import Key, Model, Quantity
from dnnt_check.relations import Relation, between, relation_of, tight
from dnnt_check.renaming import Renaming

#: On so few digits of a pre-activation every value is tried.
FEW = 12

#: Up to so many values of a variable are tried one by one.
MOST_TRIED = 200

#: So many holes of one quantity are looked at one by one.
MOST_HOLES = 1000

#: What a literal that is false leaves of its quantity: its index, the first and last digit, and a hole or None.
Cut = tuple[int, int, int, tuple[int, int] | None]

Hole = tuple[int, int]


class Reasons:
    """Judges clauses.

    Args:
        model: what the quantities are.
        literals: quantity, least and greatest value of each.
        relations: sums that are said to be constant.
        renaming: the rule of symmetry of values, if there is one.
        work: what the check may cost.
        exchanges: symmetries of units, if there are some.
    """

    def __init__(
        self,
        model: Model,
        literals: Sequence[tuple[Key, Number | None, Number | None]],
        relations: Sequence[Parts],
        renaming: Renaming | None,
        work: Work,
        exchanges: Exchanges | None = None,
    ) -> None:
        self.model = model
        self.work = work
        self.known: dict[Key, Quantity] = {}
        self.quantities: list[Quantity] = []
        cuts: list[Cut] = []
        outside: list[Cut] = []
        for key, low, high in literals:
            quantity = self.known.get(key)
            if quantity is None:
                quantity = self.known[key] = model.quantity(key, len(self.quantities))
                self.quantities.append(quantity)
            first, last = _digits(quantity, low, high)
            cuts.append((quantity.index, first, last, None))
            outside.append(_outside(quantity, first, last))
            work.spend(2e-6)
        # Literal k is found at k and -k at -k, from the end: the falsehood of -k is that k is true.
        self.cuts: list[Cut] = [(0, 0, 0, None), *outside, *reversed(cuts)]
        self.relations: list[Relation] = []
        for place, parts in enumerate(relations):
            self.relations.append(relation_of(parts, place, model, self.known, work))
            work.hold(sum([len(each.factors) for each in self.relations[-1:]]) * 200, "a relation")
        self.exchanges = exchanges
        self.renaming = renaming
        self.ranks = renaming.ranks(self.known) if renaming is not None else {}

    def check(self, reason: Reason, literals: tuple[int, ...]) -> bool:
        """Is it shown that the clause holds?"""
        holes: dict[int, list[Hole]] = {}
        boxes: dict[int, tuple[int, int]] = {}
        for literal in literals:
            index, first, last, hole = self.cuts[literal]
            box = boxes.get(index)
            if box is not None:
                first, last = max(first, box[0]), min(last, box[1])
            if first > last:
                return True
            boxes[index] = first, last
            if hole is not None:
                holes.setdefault(index, []).append(hole)
        for index, gone in holes.items():
            self.work.spend(len(gone) * 1e-6)
            first, last = boxes[index] = tight(*boxes[index], gone)
            if first > last:
                return True
        self.work.spend(2e-6 + len(literals) * 5e-7)
        if type(reason) is int:
            self.work.spend(len(boxes) * 3e-7 + len(self.relations[reason].factors) * 1e-7)
            return self.relations[reason].refutes(boxes, holes)
        falsehood = _Falsehood(self, boxes, holes)
        if type(reason) is tuple:
            if len(reason) == 1:
                return falsehood.at_point(reason[0])
            return self.exchanges is not None and self.exchanges.refutes(reason[1], falsehood.variables())
        if reason == "m":
            return falsehood.of_products()
        if reason == "z":
            return falsehood.of_activations()
        if reason == "o":
            return falsehood.of_costs()
        if reason == "y":
            assert self.renaming is not None
            return self.renaming.refutes(self.ranks, boxes, holes)
        # What is left for "d" and "t" is an empty box: that of the total ends at the assumption.
        return False


def _digits(quantity: Quantity, low: Number | None, high: Number | None) -> tuple[int, int]:
    """The digits inside an interval, from the first to the last; (0, -1) or the like if there are none."""
    of = quantity.grid
    first, last = 0, of.top
    if low is not None and low > of.low:
        first = int(-((of.low - low) // of.step)) if of.step and low <= of.high else of.top + 1
    if high is not None and high < of.high:
        last = int((high - of.low) // of.step) if of.step and high >= of.low else -1
    places = quantity.places
    if places is not None:
        # From digits on the grid to places in the list.
        inside = [place for place, digit in enumerate(places) if first <= digit <= last]
        return (inside[0], inside[-1]) if inside else (0, -1)
    return first, last


def _outside(quantity: Quantity, first: int, last: int) -> Cut:
    """What is left outside of these digits."""
    index, top = quantity.index, quantity.size - 1
    if first > last:
        return index, 0, top, None
    if first <= 0:
        return index, last + 1, top, None
    if last >= top:
        return index, 0, first - 1, None
    return index, 0, top, (first, last)


class _Falsehood:
    """What the falsehood of a clause leaves of the quantities."""

    def __init__(self, reasons: Reasons, boxes: dict[int, tuple[int, int]], holes: dict[int, list[Hole]]) -> None:
        self.reasons = reasons
        self.model = reasons.model
        self.work = reasons.work
        self.boxes = boxes
        self.holes = holes

    def _box(self, key: Key) -> tuple[Quantity | None, Grid, list[Hole]]:
        """Of a quantity other than a variable: itself if literals speak of it, its box as a grid, and its holes as
        digits of that grid. Holes may be left out, and very many are.
        """
        quantity = self.reasons.known.get(key)
        if quantity is None:
            return None, self.model.grid_of(key), []
        box = self.boxes.get(quantity.index)
        if box is None:
            return quantity, quantity.grid, []
        first, last = box
        holes = self.holes.get(quantity.index, [])
        if len(holes) > MOST_HOLES:
            holes = []
        elif holes:
            holes = [(max(a, first) - first, min(b, last) - first) for a, b in holes if a <= last and b >= first]
        return quantity, quantity.grid.part(first, last), holes

    def _values(self, variable: int) -> list[Number]:
        """The values that are left of a variable."""
        values = self.model.form.values[variable]
        quantity = self.reasons.known.get(("v", variable))
        box = None if quantity is None else self.boxes.get(quantity.index)
        if quantity is None or box is None:
            self.work.spend(len(values) * 2e-8)
            return list(values)
        first, last = box
        holes = self.holes.get(quantity.index, [])
        self.work.spend((last - first) * 2e-8 + len(holes) * 1e-6)
        return [value for a, b in between(first, last, holes) for value in values[a : b + 1]]

    def _of(self, letters: str) -> list[Key]:
        """The quantities of these letters that the clause speaks of."""
        quantities = self.reasons.quantities
        return [quantities[index].key for index in self.boxes if quantities[index].letter in letters]

    def variables(self) -> dict[int, tuple[int, int]]:
        """The boxes of the variables, as places in their lists of values."""
        quantities = self.reasons.quantities
        made = {}
        for index, box in self.boxes.items():
            quantity = quantities[index]
            if quantity.letter == "v":
                made[int(quantity.key[1])] = box
        return made

    # ---------------------------------------------------------------- products

    def of_products(self) -> bool:
        """Is there a product that cannot be one?"""
        return any(self._no_product(key) for key in self._of("m"))

    def _no_product(self, key: Key) -> bool:
        _, product, holes = self._box(key)
        _, unit, gone = self._box(("z", *key[2:]))
        variable = int(key[1])
        values = self._values(variable)
        if len(values) > MOST_TRIED:
            # By intervals alone.
            whole = around(values).by(unit, self.work)
            self.work.spend(len(values) * 1e-6)
            return whole.low > product.high or whole.high < product.low
        self.work.spend(len(values) * 3e-6)
        return not any(self._is_product(product, holes, value, unit, gone) for value in values)

    def _is_product(self, product: Grid, holes: list[Hole], value: Number, unit: Grid, gone: list[Hole]) -> bool:
        """Can a value in the box of the product be this value times one in the box of the unit?"""
        if not value:
            return _may_be(0, product, holes)
        step = unit.step
        if not step:
            return _may_be(value * unit.low, product, holes)
        # The digits of the unit whose products lie between the ends of the other box.
        start, each = value * unit.low, value * step
        if each > 0:
            first, last = -((start - product.low) // each), (product.high - start) // each
        else:
            first, last = -((start - product.high) // each), (product.low - start) // each
        first, last = tight(max(int(first), 0), min(int(last), unit.top), gone)
        if first > last:
            return False
        if last - first < FEW:
            self.work.spend((last - first + 1) * (1 + len(gone) + len(holes)) * 1e-6)
            return any(
                _may_be(start + each * digit, product, holes)
                for digit in range(first, last + 1)
                if not any(a <= digit <= b for a, b in gone)
            )
        return True

    # ---------------------------------------------------------------- activations

    def of_activations(self) -> bool:
        """Is there a unit whose value cannot be that of its pre-activation?"""
        return any(self._no_value(key) for key in self._of("z"))

    def _no_value(self, key: Key) -> bool:
        """Each piece of the activation on the box of the pre-activation misses the box of the value."""
        _, value, holes = self._box(key)
        quantity, pre, gone = self._box(("p", *key[1:]))
        images = self.model.images[int(key[1])]
        low, step = pre.low, pre.step
        function = images.function
        if pre.top < FEW:
            self.work.spend((pre.top + 1) * (1 + len(gone) + len(holes)) * 1e-6)
            return not any(
                _may_be(function(normal(low + step * digit)), value, holes)
                for digit in range(pre.top + 1)
                if not any(a <= digit <= b for a, b in gone)
            )
        if quantity is None:
            starts = images.pieces(pre)
            offset = 0
        else:
            if quantity.starts is None:
                quantity.starts = images.pieces(quantity.grid)
            starts = quantity.starts
            offset = self.boxes.get(quantity.index, (0, 0))[0]
        self.work.spend(len(starts) * 3e-6)
        for place, start in enumerate(starts):
            first = max(start - offset, 0)
            last = min(starts[place + 1] - 1 - offset, pre.top) if place + 1 < len(starts) else pre.top
            if gone and first <= last:
                first, last = tight(first, last, gone)
            if first <= last:
                ends = function(normal(low + step * first)), function(normal(low + step * last))
                if _may_be_between(min(ends), max(ends), value, holes):
                    return False
        return True

    # ---------------------------------------------------------------- costs

    def of_costs(self) -> bool:
        """Is there a cost that the outputs do not allow?"""
        for key in self._of("oc"):
            if key[0] == "o":
                found = self._no_output_cost(int(key[1]), int(key[2]), key)
            else:
                found = self._no_point_cost(int(key[1]), key)
            if found:
                return True
        return False

    def _region(self, output: int, point: int) -> Region:
        of = self.model.form.outputs[output]
        if not isinstance(of, int):
            return Region(single(of[point]))
        _, box, holes = self._box(("z", of, point))
        return Region(box, tuple(holes))

    def _no_output_cost(self, output: int, point: int, key: Key) -> bool:
        _, cost, holes = self._box(key)
        region = self._region(output, point)
        costs = self.model.output_costs[point][output]
        of = region.grid
        if of.top < FEW:
            self.work.spend((of.top + 1) * (2 + len(holes) + len(region.holes)) * 1e-6)
            return not any(
                _may_be(costs.cost(normal(of.low + of.step * digit)), cost, holes)
                for digit in range(of.top + 1)
                if region.has_digit(digit)
            )
        least, most = costs.extremes(region)
        return not _may_be_between(least, most, cost, holes)

    def _no_point_cost(self, point: int, key: Key) -> bool:
        model = self.model
        _, cost, holes = self._box(key)
        places = [
            place
            for place, of in enumerate(model.form.outputs)
            if isinstance(of, int)
            and (quantity := self.reasons.known.get(("z", of, point))) is not None
            and quantity.index in self.boxes
        ]
        self.work.spend(len(model.form.outputs) * 2e-7)
        if model.split:
            least: Number = 0
            most: Number = 0
            for output, costs in enumerate(model.output_costs[point]):
                low, high = costs.extremes(self._region(output, point))
                least, most = normal(least + low), normal(most + high)
            return not _may_be_between(least, most, cost, holes)
        regions = {place: self._region(place, point) for place in places}
        joint = model.joint_costs[point]
        known = joint.known(regions)
        if known is not None:
            return not _may_be(known, cost, holes)
        least = joint.least(regions)
        return not _may_be_between(least, max(least, cost.high), cost, holes)

    # ---------------------------------------------------------------- the whole network at a point

    def at_point(self, point: int) -> bool:
        """Is the total loss too large, by the boxes of variables at one point and the least costs of all others?"""
        model = self.model
        if point >= model.points:
            raise Invalid(f"lower: there is no point {shown(point)}")
        variables: dict[int, Grid] = {}
        changed: set[int] = set()
        for key in self._of("v"):
            variable = int(key[1])
            values = self._values(variable)
            self.work.spend(len(values) * 1e-6)
            variables[variable] = around(values)
            changed |= model.reached(variable, point)
        units: dict[int, Grid] = {}
        for unit in sorted(changed):
            units[unit] = model.images[unit].image(model.pre_grid(unit, point, variables, units))
            self.work.spend(3e-6)
        regions = {model.outputs[unit]: Region(of) for unit, of in units.items() if unit in model.outputs}
        return model.least_with(point, regions) > model.whole.high


def _may_be(value: Number, of: Grid, holes: list[Hole]) -> bool:
    """Does the number lie in the box?"""
    digit = digit_of(value, of)
    return digit is not None and (not of.step or not any(a <= digit <= b for a, b in holes))


def _may_be_between(low: Number, high: Number, of: Grid, holes: list[Hole]) -> bool:
    """Does some number of the box lie between these ends?"""
    if high < of.low or low > of.high:
        return False
    if not of.step:
        return True
    first = 0 if low <= of.low else int(-((of.low - low) // of.step))
    last = of.top if high >= of.high else int((high - of.low) // of.step)
    first, last = tight(first, last, holes)
    return first <= last
