"""Local search in Python's own numbers: for numbers of any size, functions given from Python, and small instances.

Late acceptance: a move is made if it is no worse than what was had some moves ago, which needs comparisons alone, and
no temperature. Source: E. K. Burke, Y. Bykov, The late acceptance hill-climbing heuristic, European Journal of
Operational Research 258 (2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from random import Random

from dnnt.exact import Number, bits, normal
from dnnt.running import Stop
from dnnt.simplify.form import Form, Unit, Vector

MAX_BITS = 10**6
"""Values longer than this end the search: one multiplication of them would outlast a poll."""

LATE = 30
"""How many moves ago the loss is that a move is compared with."""

Poll = Callable[[], None]


class Plain:
    """The values of variables, of units over the points, and the losses of points, with moves of one variable."""

    def __init__(self, form: Form, poll: Poll) -> None:
        self.form = form
        self.poll = poll
        self.movable = [k for k, variable in enumerate(form.variables) if len(variable.values) > 1]
        self._affected = _affected(form)
        self.values: list[Number] = []
        self.columns: list[Vector] = []
        self.losses: list[Number] = []
        self.loss: Number = 0

    def start(self, values: Sequence[Number]) -> None:
        """Begin at values of all variables."""
        self.values = list(values)
        self.columns = [()] * len(self.form.units)
        for u in range(len(self.form.units)):
            self.columns[u] = self._column(self.form.units[u], self.columns)
        self.losses = [self._point_loss(i, self.columns) for i in range(len(self.form.points))]
        self.loss = normal(sum(self.losses))

    def move(self, k: int, value: Number, most: Number) -> bool:
        """Give variable k another value if the loss is at most `most` then."""
        before = self.values[k]
        self.values[k] = value
        columns = list(self.columns)
        changed: set[int] = set()
        for u in self._affected[k]:
            columns[u] = self._column(self.form.units[u], columns)
            if u in self._outputs:
                changed.update([i for i, (a, b) in enumerate(zip(columns[u], self.columns[u], strict=True)) if a != b])
        losses = list(self.losses)
        for i in sorted(changed):
            losses[i] = self._point_loss(i, columns)
        loss = normal(sum(losses))
        if loss > most:
            self.values[k] = before
            return False
        self.columns, self.losses, self.loss = columns, losses, loss
        return True

    @property
    def _outputs(self) -> tuple[int | Vector, ...]:
        return self.form.outputs

    def _column(self, unit: Unit, columns: Sequence[Vector]) -> Vector:
        self.poll()
        pre = list(unit.constant)
        for k, column in unit.terms:
            value = self.values[k]
            if value:
                pre = [a + value * x for a, x in zip(pre, column, strict=True)]
        for times in unit.products:
            factor = times.factor if times.variable is None else times.factor * self.values[times.variable]
            if factor:
                pre = [a + factor * z for a, z in zip(pre, columns[times.source], strict=True)]
        if unit.activation.doubles and max(map(bits, pre), default=0) > MAX_BITS:
            raise Stop("memory", f"values of more than {MAX_BITS:,} bits")
        return tuple([unit.activation(normal(z)) for z in pre])

    def _point_loss(self, i: int, columns: Sequence[Vector]) -> Number:
        f = tuple([columns[of][i] if isinstance(of, int) else of[i] for of in self.form.outputs])
        return self.form.point_loss(i, f)


def _affected(form: Form) -> list[list[int]]:
    """For every variable the units that depend on it, in order."""
    direct: list[set[int]] = [set() for _ in form.variables]
    heads: list[set[int]] = [set() for _ in form.units]
    for u, unit in enumerate(form.units):
        for k, _ in unit.terms:
            direct[k].add(u)
        for times in unit.products:
            heads[times.source].add(u)
            if times.variable is not None:
                direct[times.variable].add(u)
    made = []
    below: dict[frozenset[int], list[int]] = {}  # Variables of one unit share it.
    for units in map(frozenset, direct):
        if units not in below:
            reached = set(units)
            for u in range(len(form.units)):
                if u in reached:
                    reached |= heads[u]
            below[units] = sorted(reached)
        made.append(below[units])
    return made


def move_seconds(form: Form) -> float:
    """What a move takes, about."""
    n = len(form.points)
    sums = sum(len(unit.terms) + len(unit.products) + 3 for unit in form.units)
    depth = 1 + sum(1 for unit in form.units if unit.products)
    share = depth / max(1, len(form.units))
    return 5e-6 + n * (1e-7 * sums * min(1.0, share) + 1e-6 * (1 + len(form.outputs) / 4))


def every_choice(form: Form, poll: Poll) -> Iterator[tuple[tuple[Number, ...], Number]]:
    """All values of all variables with their losses; for a few."""
    search = Plain(form, poll)
    for values in product(*[variable.values for variable in form.variables]):
        poll()
        search.start(values)
        yield values, search.loss


def late_acceptance(
    search: Plain, moves: int, random: Random, found: Callable[[Plain], bool], limit: Callable[[], bool]
) -> None:
    """So many moves from where the search is; `found` is told of every loss below all before, and says whether that is
    enough; `limit` says whether it has to end.
    """
    if not search.movable:
        return
    late = [search.loss] * LATE
    best = search.loss
    for move in range(moves):
        search.poll()
        if limit():
            return
        k = random.choice(search.movable)
        values = search.form.variables[k].values
        place = random.randrange(len(values) - 1)
        value = values[place] if values[place] < search.values[k] else values[place + 1]
        search.move(k, value, max(late[move % LATE], search.loss))
        late[move % LATE] = search.loss
        if search.loss < best:
            best = search.loss
            if found(search):
                return
