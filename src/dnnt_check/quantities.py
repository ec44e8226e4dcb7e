"""The quantities that clauses speak of: where each of them lies, and what it is a sum of.

All quantities are functions of the variables' values. Their grids hold for all values of the variables whose total loss
satisfies the assumption (below the bound; with `strict`: at most the bound); only costs make use of that. Expansions
are identities: a constant, and coefficients of quantities that are not taken apart any further.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dnnt_check.budget import Invalid, Work
from dnnt_check.form import Form, Unit
from dnnt_check.grids import Grid, Images, around, check_bits, grid, single, sum_is_long, total
from dnnt_check.instance import Instance
from dnnt_check.losses import Loss, Vector
from dnnt_check.numbers import Number, add, multiply, normal, shown
from dnnt_check.point_costs import JointCost, OutputCost, Region, joint_grid

#: A letter and indices.
Key = tuple[str | int, ...]

#: A constant, and coefficients of quantities.
Expansion = tuple[Number, dict[Key, Number]]

#: Letters, with how many indices follow.
LETTERS = {"v": 1, "z": 2, "m": 3, "p": 2, "o": 2, "c": 1, "t": 0, "s": 1}

#: Those that sums may be made of.
ATOMS = ("v", "z", "m", "o", "c")

#: Bytes of an entry of an expansion.
ENTRY = 150


class Quantity:
    """A quantity that a clause may restrict.

    Its values are counted: `size` digits, of its grid, or of a variable of its list of values. `places` are then the
    digits on the grid that go with the list's, None where they are the same.
    """

    __slots__ = ("grid", "index", "key", "letter", "places", "size", "starts", "values")

    def __init__(self, key: Key, index: int, of: Grid, values: tuple[Number, ...] | None = None) -> None:
        self.key = key
        self.letter = str(key[0])
        self.index = index
        self.grid = of
        self.values = values
        self.places: list[int] | None = None
        self.size = of.top + 1
        self.starts: tuple[int, ...] | None = None
        if values is not None and len(values) < self.size:
            self.places = [int((value - of.low) // of.step) for value in values]
            self.size = len(values)

    def value(self, digit: int) -> Number:
        """The value of a digit."""
        return normal(self.grid.low + self.grid.step * digit) if self.values is None else self.values[digit]


class Model:
    """The normal form with an assumption: grids and costs of everything, found where they are asked for.

    Attributes:
        variables: the grids of the variables.
        outputs: for every unit that is an output, which one.
        hopeless: no total loss satisfies the assumption, so that the claim is proved already.
    """

    def __init__(self, instance: Instance, form: Form, bound: Number, strict: bool, work: Work) -> None:
        """Find the least cost of every point.

        Raises:
            Invalid: numbers are too long, or too little is known of an activation or of the loss.
        """
        self.form = form
        self.loss: Loss = instance.loss
        self.samples = instance.samples
        self.points = len(instance.points)
        self.work = work
        self.bound = bound
        self.strict = strict
        check_lengths(instance, form, work)
        self.variables = [around(values) for values in form.values]
        # Units of one layer share their activation.
        images: dict[int, Images] = {}
        for unit in form.units:
            if id(unit.activation) not in images:
                images[id(unit.activation)] = Images(unit.activation, work)
                work.spend(len(unit.activation.points) * 1e-6)
        self.images = [images[id(unit.activation)] for unit in form.units]
        self.units: list[list[Grid]] = [[] for _ in range(self.points)]
        self.outputs = {of: place for place, of in enumerate(form.outputs) if type(of) is int}
        self.split = self.loss.separable or len(form.outputs) == 1
        self.output_costs: list[list[OutputCost]] = []
        self.joint_costs: list[JointCost] = []
        self.cost_grids: list[Grid] = []
        self.output_grids: list[list[Grid]] = []
        self._sums: list[tuple[Expansion, Grid]] = []
        self._reach: dict[tuple[int, int], frozenset[int]] = {}
        self._readers: list[list[tuple[int, Vector | None]]] = []
        self._following: list[list[int]] = [[] for _ in form.units]
        for index, unit in enumerate(form.units):
            for source in {product.source for product in unit.products}:
                self._following[source].append(index)
        size = sum(1 + len(unit.terms) + len(unit.products) for unit in form.units)
        work.require(self.points * size * 1e-6, "the least and the greatest value of every unit")
        self._find_costs()
        self._assume()

    # ---------------------------------------------------------------- units

    def unit_grid(self, unit: int, point: int) -> Grid:
        """Where the value of a unit lies."""
        known = self.units[point]
        while len(known) <= unit:
            index = len(known)
            known.append(self.images[index].image(self.pre_grid(index, point, {}, {})))
        return known[unit]

    def pre_grid(self, index: int, point: int, variables: Mapping[int, Grid], units: Mapping[int, Grid]) -> Grid:
        """Where a unit's pre-activation lies, if some variables and units lie on these grids."""
        unit: Unit = self.form.units[index]
        work = self.work
        parts = [
            (column[point], variables.get(variable) or self.variables[variable])
            for variable, column in unit.terms
            if column[point]
        ]
        for product in unit.products:
            of = units.get(product.source) or self.unit_grid(product.source, point)
            if product.variable is not None:
                of = of.by(variables.get(product.variable) or self.variables[product.variable], work)
            parts.append((product.factor, of))
        work.spend(2e-6 + len(unit.terms) * 1e-7 + len(parts) * 1e-6 + len(unit.products) * 1e-5)
        return total(unit.constant[point], parts)

    def region(self, output: int, point: int) -> Region:
        """Where an output lies."""
        of = self.form.outputs[output]
        return Region(self.unit_grid(of, point) if isinstance(of, int) else single(of[point]))

    def reached(self, variable: int, point: int) -> frozenset[int]:
        """The units whose value at a point may depend on a variable."""
        key = variable, point
        found = self._reach.get(key)
        if found is None:
            if not self._readers:
                self._find_readers()
            readers = self._readers[variable]
            self.work.spend(2e-6 + len(readers) * 3e-7)
            waiting = [unit for unit, column in readers if column is None or column[point]]
            seen = set(waiting)
            while waiting:
                for after in self._following[waiting.pop()]:
                    if after not in seen:
                        seen.add(after)
                        waiting.append(after)
                self.work.spend(1e-6)
            found = frozenset(seen)
            self.work.hold((len(self._reach) + 1) * (len(found) + 4) * 64, "what depends on variables")
            self._reach[key] = found
        return found

    def _find_readers(self) -> None:
        """For each variable the units that it feeds, with its column, None in a product."""
        self._readers = [[] for _ in self.variables]
        for index, unit in enumerate(self.form.units):
            for variable, column in unit.terms:
                self._readers[variable].append((index, column))
            for product in unit.products:
                if product.variable is not None:
                    self._readers[product.variable].append((index, None))
            self.work.spend(1e-6 + (len(unit.terms) + len(unit.products)) * 2e-7)

    # ---------------------------------------------------------------- costs

    def _find_costs(self) -> None:
        """Least costs and grids of all points, without the assumption."""
        outputs = len(self.form.outputs)
        self.work.require(self.points * outputs * 2e-5, "the least cost of every output")
        self.work.hold(self.points * outputs * 1500, "the costs of every output")
        for point, samples in enumerate(self.samples):
            regions = [self.region(output, point) for output in range(outputs)]
            if self.split:
                costs = [OutputCost(self.loss, output, outputs, samples, self.work) for output in range(outputs)]
                grids = [cost.grid(region.grid) for cost, region in zip(costs, regions, strict=True)]
                self.output_costs.append(costs)
                self.output_grids.append(grids)
                self.cost_grids.append(total(0, [(1, each) for each in grids]))
            else:
                joint = JointCost(self.loss, samples, regions, self.work)
                self.joint_costs.append(joint)
                known = joint.known({})
                if known is not None:
                    self.cost_grids.append(single(known))
                else:
                    self.cost_grids.append(joint_grid(self.loss, samples, regions, joint.least({}), self.work))
            self.work.spend(1e-5 * (outputs + 1))

    def _assume(self) -> None:
        """Cut off what the assumption does not allow: of the total, of each point, of each output."""
        whole = total(0, [(1, each) for each in self.cost_grids])
        high = _greatest(whole, self.bound, self.strict)
        self.hopeless = high is None
        self.whole = whole if high is None else grid(whole.low, high, whole.step)
        self.least_costs = [each.low for each in self.cost_grids]
        if self.hopeless:
            return
        spare = self.whole.high - self.whole.low
        self.cost_grids = [_cut(each, spare) for each in self.cost_grids]
        self.output_grids = [[_cut(each, spare) for each in grids] for grids in self.output_grids]

    def least_with(self, point: int, regions: Mapping[int, Region]) -> Number:
        """A lower bound on the total loss, if some outputs at a point are in these regions."""
        least: Number = normal(self.whole.low - self.least_costs[point])
        if not self.split:
            return add(least, self.joint_costs[point].least(regions), self.work)
        for output, cost in enumerate(self.output_costs[point]):
            region = regions.get(output)
            own = self.output_grids[point][output].low if region is None else cost.extremes(region)[0]
            least = add(least, own, self.work)
        self.work.spend(len(self.output_costs[point]) * 3e-7)
        return least

    # ---------------------------------------------------------------- quantities

    def add_sum(self, parts: Sequence[tuple[Number, Key]]) -> None:
        """Define the next sum."""
        of = total(0, [(coefficient, self.grid_of(key)) for coefficient, key in parts])
        self._sums.append((self.combined(parts), of))
        self.work.spend(len(parts) * 8e-6)

    def check(self, key: Key) -> None:
        """Refuse a quantity that there is not."""
        letter = key[0]
        form = self.form
        limits: tuple[int, ...]
        if letter == "v":
            limits = (len(form.values),)
        elif letter in ("z", "p"):
            limits = (len(form.units), self.points)
        elif letter == "m":
            limits = (len(form.values), len(form.units), self.points)
        elif letter == "o":
            limits = (len(form.outputs) if self.split else 0, self.points)
        else:
            limits = {"c": (self.points,), "s": (len(self._sums),)}.get(str(letter), ())
        for index, limit in zip(key[1:], limits, strict=True):
            if type(index) is not int or index >= limit:
                raise Invalid(f"lower: there is no quantity [{', '.join(map(shown, key))}]")

    def grid_of(self, key: Key) -> Grid:
        """Where a quantity lies; it has to be there."""
        letter = key[0]
        first, second, third = (*[int(index) for index in key[1:]], 0, 0, 0)[:3]
        if letter == "v":
            return self.variables[first]
        if letter == "z":
            return self.unit_grid(first, second)
        if letter == "m":
            return self.unit_grid(second, third).by(self.variables[first], self.work)
        if letter == "p":
            return self.pre_grid(first, second, {}, {})
        if letter == "o":
            return self.output_grids[second][first]
        if letter == "c":
            return self.cost_grids[first]
        return self.whole if letter == "t" else self._sums[first][1]

    def quantity(self, key: Key, index: int) -> Quantity:
        """A quantity with its values."""
        self.check(key)
        self.work.spend(1e-5)
        return Quantity(key, index, self.grid_of(key), self.form.values[int(key[1])] if key[0] == "v" else None)

    def expansion(self, key: Key) -> Expansion:
        """What a quantity is a sum of."""
        letter = key[0]
        first, second = (*[int(index) for index in key[1:]], 0, 0)[:2]
        if letter == "p":
            return self._pre_expansion(first, second)
        if letter == "z":
            activation = self.form.units[first].activation
            if activation.kind in ("identity", "scale"):
                # Linear: a multiple of the pre-activation.
                factor = activation.values[0] if activation.values else 1
                constant, parts = self._pre_expansion(first, second)
                return multiply(factor, constant, self.work), {
                    part: multiply(factor, coefficient, self.work) for part, coefficient in parts.items()
                }
        elif letter == "o":
            of = self.form.outputs[first]
            if not isinstance(of, int):
                return self.output_costs[second][first].cost(of[second]), {}
        elif letter == "c":
            if self.split:
                return self.combined([(1, ("o", output, first)) for output in range(len(self.form.outputs))])
        elif letter == "t":
            return self.combined([(1, ("c", point)) for point in range(self.points)])
        elif letter == "s":
            return self._sums[first][0]
        return 0, {key: 1}

    def _pre_expansion(self, index: int, point: int) -> Expansion:
        unit = self.form.units[index]
        self.work.hold((len(unit.terms) + len(unit.products)) * ENTRY, "the terms of a unit")
        parts: list[tuple[Number, Key]] = []
        for variable, column in unit.terms:
            if column[point]:
                parts.append((column[point], ("v", variable)))
        for product in unit.products:
            if product.variable is None:
                parts.append((product.factor, ("z", product.source, point)))
            else:
                parts.append((product.factor, ("m", product.variable, product.source, point)))
        constant, found = self.combined(parts)
        return add(constant, unit.constant[point], self.work), found

    def combined(self, parts: Iterable[tuple[Number, Key]]) -> Expansion:
        """The expansion of a sum of multiples."""
        constant: Number = 0
        found: dict[Key, Number] = {}
        work = self.work
        for factor, key in parts:
            if key[0] in ("v", "m"):
                found[key] = add(found.get(key, 0), factor, work)
                work.spend(8e-7)
                continue
            more, inside = self.expansion(key)
            if more:
                constant = add(constant, multiply(factor, more, work), work)
            for part, coefficient in inside.items():
                found[part] = add(found.get(part, 0), multiply(factor, coefficient, work), work)
                if sum_is_long(found[part]):
                    raise Invalid("lower: clauses do not apply to coefficients of so many digits")
            work.spend(2e-6 + len(inside) * 1e-6)
        work.hold(len(found) * ENTRY, "a sum of quantities")
        return constant, found


def _greatest(of: Grid, bound: Number, strict: bool) -> Number | None:
    """The greatest number of a grid that is below the bound (with `strict`: not above it)."""
    if of.high < bound or (strict and of.high == bound):
        return of.high
    if of.low > bound or (not strict and of.low == bound):
        return None
    if not of.step:
        return of.low
    digit, rest = divmod(bound - of.low, of.step)
    return normal(of.low + of.step * (int(digit) - (0 if rest or strict else 1)))


def _cut(of: Grid, spare: Number) -> Grid:
    """The grid without what is more than so much above its least number."""
    if of.high - of.low <= spare:
        return of
    return grid(of.low, normal(of.low + spare // of.step * of.step), of.step)


def check_lengths(instance: Instance, form: Form, work: Work) -> None:
    """Refuse long numbers, of which sums and products would take long."""

    def check(values: Iterable[Number], count: int) -> None:
        check_bits(values)
        work.spend(count * 3e-7)

    for values in form.values:
        check(values, len(values))
    for unit in form.units:
        check(unit.constant, len(unit.constant))
        for _, column in unit.terms:
            check(column, len(column))
        check([product.factor for product in unit.products], len(unit.products))
        check(unit.activation.values, 1)
        for pair in unit.activation.points:
            check(pair, 2)
    for known in form.outputs:
        if not isinstance(known, int):
            check(known, len(known))
    for samples in instance.samples:
        for weight, labels in samples:
            check((weight, *labels), len(labels) + 1)
    check((instance.loss.value,), 1)
    for allowed in instance.loss.allowed:
        check(allowed, len(allowed))
    for labels, entries in (instance.loss.table or {}).items():
        check(labels, len(labels))
        for f, value in entries.items():
            check((*f, value), len(f) + 1)
