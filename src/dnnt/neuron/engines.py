"""The ways of searching a neuron's values behind one interface, each with its prediction and its grounds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import inf, prod
from random import Random
from time import monotonic
from typing import TYPE_CHECKING

from dnnt.certificate import OfForm
from dnnt.exact import Number, magnitude
from dnnt.neuron import search, sphere
from dnnt.neuron.bounds import bounds_of
from dnnt.neuron.levels import levels_of
from dnnt.neuron.neuron import Neuron
from dnnt.neuron.quadratic import factor_of, quadratic_of

if TYPE_CHECKING:
    from dnnt.neuron.planes import Linear

Values = tuple[Number, ...]
Found = Callable[[Values, Number], Number]
"""Takes values and their loss; gives the loss that is to be beaten (or met) from now on."""
Poll = Callable[[], Number]
"""Gives the loss that is to be beaten (or met): another search may have found something."""
Proved = Callable[[Number, OfForm], None]
"""Takes a bound on the way and its grounds."""

STARTS = 8
DIVES = 20
"""Local optima that are looked for, and random dives; a quarter as many where there are very many levels."""

VERY_MANY = 100

MOST_STARTS = 2000
"""Local optima that are looked for before a long search."""

MOST_NODES = 300_000
"""Nodes of sphere decoding that are visited only for what they find."""

ENTRIES = 30_000_000
"""Contributions of values to points that are kept at most."""

MANY = 400_000
"""Nodes from which on it is asked whether the other way has fewer."""

ROOM = 4
"""Grounds allow so many times the nodes of the search, and some: the checker may build its bounds in another way."""


QUICK = 0.02
"""A search that is predicted to take fewer seconds needs no planes."""

FEW_CHOICES = 10_000
"""Choices of values up to which box bounds are soon asked."""

SOON = 1.0
"""A search by planes that is predicted to take more seconds is compared with box bounds."""

PROBE = 0.2
"""Seconds in which a search by planes shows how far it comes."""

TURN = 16
"""Boxes of a search by planes between two looks at the clock, at first; its bounds are told ever less often."""

GUESSED = 10_000.0
"""Times as long as so far a search by planes is taken to last, where its dives say nothing."""


class Engine(ABC):
    """A complete search. `loss` is that of `chosen`, found beforehand; `least` is proved before the search.

    `staged`: losses far below the best one are to be ruled out first, as the search gives no bounds on its way. `begun`
    nodes have been visited beforehand.
    """

    name: str
    staged = True
    begun = 0
    loss: Number
    chosen: Values
    least: Number
    nodes: float
    node_seconds: float

    @property
    def seconds(self) -> float:
        """What the search is predicted to take."""
        return 0.001 + self.nodes * self.node_seconds if self.nodes < inf else inf

    @property
    @abstractmethod
    def bytes(self) -> int:
        """What is kept in memory."""

    @abstractmethod
    def improve(self, enough: Number, poll: Callable[[], object]) -> None:
        """Look longer for a small loss (`enough` ends it), where the search will take long."""

    @abstractmethod
    def predict(self, cap: Number) -> float:
        """About how many nodes there are whose bound is below a loss."""

    @abstractmethod
    def explore(self, cap: Number, strict: bool, found: Found, poll: Poll, proved: Proved) -> int:
        """All choices with a loss of at most `cap` (with `strict`: below it). Returns the number of nodes."""

    @abstractmethod
    def grounds(self, nodes: int) -> OfForm:
        """Grounds for what a search of so many nodes has shown."""


class BoxEngine(Engine):
    """Levels and box bounds: any activation, any loss."""

    name = "box bounds"

    def __init__(self, neuron: Neuron) -> None:
        levels = levels_of(neuron)
        self.box = search.Box(neuron, levels, bounds_of(neuron, levels))
        self.node_seconds = self.box.bounds.seconds
        self.share = 1 if len(levels) < VERY_MANY else 4
        self.loss, choices = search.descent(self.box, STARTS // self.share, Random(1), self.box.least)
        self.chosen = self.box.values(choices)
        self.least = self.box.least
        self.nodes = self.predict(self.loss)

    @property
    def bytes(self) -> int:
        """See `Engine`."""
        return sum(len(level.offsets) for level in self.box.levels) * len(self.box.neuron.points) * 60

    def improve(self, enough: Number, poll: Callable[[], object]) -> None:
        """See `Engine`: more local optima, for about a twentieth of the time of the search."""
        each = 3 * sum(len(level.offsets) for level in self.box.levels)
        starts = int(min(self.nodes / 20 / each, MOST_STARTS))
        if starts > STARTS:
            loss, choices = search.descent(self.box, starts, Random(3), enough, poll)
            if loss < self.loss:
                self.loss, self.chosen = loss, self.box.values(choices)

    def predict(self, cap: Number) -> float:
        """See `Engine`."""
        return search.predicted_nodes(self.box, cap, DIVES // self.share, Random(2))

    def explore(self, cap: Number, strict: bool, found: Found, poll: Poll, proved: Proved) -> int:
        """See `Engine`."""
        return search.explore(self.box, cap, strict, found, poll)

    def grounds(self, nodes: int) -> OfForm:
        """See `Engine`."""
        levels = self.box.levels
        body = {"levels": [[level.variable, level.size] for level in levels], "nodes": ROOM * nodes + 1000}
        points = len(self.box.neuron.points)
        setting = 1e-3 + points * (1.5e-4 + 2e-6 * sum(len(level.offsets) for level in levels))
        return OfForm("branch", body, setting + nodes * self.node_seconds * 1.3)


class SphereEngine(Engine):
    """Sphere decoding: the squared loss of a linear unit."""

    name = "sphere decoding"

    def __init__(self, made: sphere.Sphere, points: int) -> None:
        self.sphere = made
        self.points = points
        self.node_seconds = made.seconds
        quadratic = made.quadratic
        form, steps = sphere.descent(quadratic, Random(1))
        self.loss, self.chosen = quadratic.loss(form), quadratic.values(steps)
        factor = made.factor
        lowest = factor.rows[0][0] ** 2 - factor.slack
        self.least = quadratic.loss(max(0, -(-lowest >> (2 * factor.bits))))
        self.nodes = self.predict(self.loss)

    def improve(self, enough: Number, poll: Callable[[], object]) -> None:
        """See `Engine`: the beginning of the search, which finds more than descents do."""
        quadratic = self.sphere.quadratic

        def found(steps: sphere.Steps, form: int) -> int:
            self.loss, self.chosen = quadratic.loss(form), quadratic.values(steps)
            return quadratic.most(self.loss, True) if self.loss > enough else -1

        def on_poll() -> int:
            poll()
            return quadratic.most(self.loss, True)

        sphere.explore(self.sphere, quadratic.most(self.loss, True), found, on_poll, min(self.nodes / 20, MOST_NODES))

    @property
    def bytes(self) -> int:
        """See `Engine`."""
        return sum(map(len, self.sphere.moves)) * (self.sphere.width * len(self.sphere.moves) // 7 + 60)

    def predict(self, cap: Number) -> float:
        """See `Engine`."""
        # Few dives reach the parts that have most nodes; a smaller cap may be predicted to have more than a larger one.
        least = self.least
        caps = (cap, least + (cap - least) * Fraction(3, 4))
        most = [self.sphere.quadratic.most(each, True) for each in caps]
        return max([sphere.predicted_nodes(self.sphere, each, 2 * DIVES, Random(2)) for each in most])

    def explore(self, cap: Number, strict: bool, found: Found, poll: Poll, proved: Proved) -> int:
        """See `Engine`."""
        quadratic = self.sphere.quadratic

        def on_found(steps: sphere.Steps, form: int) -> int:
            return quadratic.most(found(quadratic.values(steps), quadratic.loss(form)), strict)

        def on_poll() -> int:
            return quadratic.most(poll(), strict)

        return sphere.explore(self.sphere, quadratic.most(cap, strict), on_found, on_poll)

    def grounds(self, nodes: int) -> OfForm:
        """See `Engine`."""
        factor = self.sphere.factor
        body = {
            "order": list(factor.order),
            "bits": factor.bits,
            "factor": [list(row) for row in factor.rows],
            "nodes": ROOM * nodes + 1000,
        }
        size = len(factor.rows)
        setting = 1e-3 + self.points * size * (6e-6 + size * 1e-7) + size**3 * 1e-7
        return OfForm("branch", body, setting + nodes * self.node_seconds * 1.3)


class _OutOfTime(Exception):
    """The probe has taken its time."""


class PlaneEngine(Engine):
    """Planes below a convex loss: best first, with bounds on the way. The search begins at once, and goes on later."""

    name = "planes"
    staged = False

    def __init__(self, linear: Linear, loss: Number, chosen: Values) -> None:
        from dnnt.neuron.best_first import Tree

        self.loss, self.chosen = loss, chosen
        self.linear = linear
        self.tree = Tree(linear)
        self._telling = 0.0
        started = monotonic()

        def in_time() -> Number:
            if monotonic() > started + PROBE:
                raise _OutOfTime
            return self.loss

        try:
            self.tree.advance(loss, True, self._found, in_time, inf)
            self.nodes = 0.0
        except _OutOfTime:
            self.nodes = (
                self.tree.predicted_nodes(self.loss, Random(2), monotonic() + PROBE) or GUESSED * self.tree.nodes
            )
        self.node_seconds = (monotonic() - started) / (self.tree.nodes + 1)
        self.begun = self._told = self.tree.nodes

    @property
    def least(self) -> Number:  # type: ignore[override]  # It grows with the tree.
        """What the boxes that are open leave."""
        bound = self.tree.bound
        return self.loss if bound is None else min(self.loss, self.linear.loss(bound))

    @property
    def bytes(self) -> int:
        """See `Engine`."""
        return len(self.linear.neuron.points) * len(self.linear.steps) * 200

    def improve(self, enough: Number, poll: Callable[[], object]) -> None:
        """See `Engine`: the search itself improves what it finds."""

    def predict(self, cap: Number) -> float:
        """See `Engine`."""
        return self.nodes

    def explore(self, cap: Number, strict: bool, found: Found, poll: Poll, proved: Proved) -> int:
        """See `Engine`."""
        turn, told = TURN, monotonic()
        while not self.tree.advance(cap, strict, found, poll, turn):
            now = monotonic()
            if now - told > 0.5 + 20 * self._telling:
                proved(self.least, self.grounds(0))
                self._telling = monotonic() - now
                told = monotonic()
        new, self._told = self.tree.nodes - self._told, self.tree.nodes
        return new

    def grounds(self, nodes: int) -> OfForm:
        """See `Engine`: the tree as it is."""
        planes, tree = self.tree.flattened()
        linear = self.linear
        body = {
            "scale": linear.denominator * linear.scale,
            "slopes": [list(plane.slopes) for plane in planes],
            "tree": tree,
        }
        points, variables = len(linear.neuron.points), len(linear.steps)
        setting = 1e-3 + points * (1e-4 + variables * 4e-6)
        seconds = len(planes) * points * (6e-6 + variables * 2.2e-7) + len(tree) * (2e-6 + variables * 3e-7)
        return OfForm("branch", body, setting + seconds)

    def _found(self, values: Values, loss: Number) -> Number:
        self.loss, self.chosen = loss, values
        return loss


def engine_of(neuron: Neuron) -> Engine | str:
    """The way that is predicted to be quickest, or why there is none.

    Ways are asked in the order of what asking takes: box bounds of many samples with rational costs take seconds.
    """
    spherical = _sphere(neuron)
    if spherical is not None and spherical.seconds <= QUICK:
        return spherical
    boxed = _boxed(neuron) if prod(map(len, neuron.values)) <= FEW_CHOICES else None
    if isinstance(boxed, BoxEngine) and boxed.seconds <= QUICK:
        return boxed
    from dnnt.neuron.planes import linear_of  # Loads NumPy.

    linear = linear_of(neuron)
    known: list[Engine] = [each for each in (spherical, boxed) if isinstance(each, Engine)]
    if linear is not None:
        known.append(_planes(neuron, linear, known))
    if linear is None or known[-1].seconds > SOON:
        boxed = boxed or (None if spherical is not None and spherical.nodes <= MANY else _boxed(neuron))
        known += [boxed] if isinstance(boxed, Engine) and boxed not in known else []
    if not known:
        assert isinstance(boxed, str), "there is no way, and a reason"
        return boxed
    return min(known, key=lambda each: each.seconds)


def _planes(neuron: Neuron, linear: Linear, known: Sequence[Engine]) -> PlaneEngine:
    """A search by planes from the best that is known."""
    best = min(known, key=lambda each: each.loss, default=None)
    if best is not None:
        return PlaneEngine(linear, best.loss, best.chosen)
    chosen = tuple([min(of, key=magnitude) for of in neuron.values])
    return PlaneEngine(linear, neuron.total(chosen), chosen)


def _boxed(neuron: Neuron) -> BoxEngine | str:
    if sum(map(len, neuron.values)) * len(neuron.points) > ENTRIES:
        return f"more than {ENTRIES:,} contributions of values to samples would have to be kept"
    return BoxEngine(neuron)


def _sphere(neuron: Neuron) -> SphereEngine | None:
    size = len(neuron.values)
    if size > 400 or sum(map(len, neuron.values)) * size > ENTRIES:
        return None
    quadratic = quadratic_of(neuron)
    if quadratic is None:
        return None
    return SphereEngine(sphere.sphere_of(quadratic, factor_of(quadratic)), len(neuron.points))
