"""The cheapest state for targets out of reach, where a unit has too many value vectors to form them all.

As in `hull`: the point of the hull nearest to the target gives a cut, and squares tell which states near its face
can be cheaper than what is found. Of such units (`thin_unit`) only vectors near the face are ever formed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dnnt.certificate import ReachableStates, ThinGrounds
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.reachable.assemble import Solution
from dnnt.reachable.clouds import IN_PYTHON, MOST_AXES, Cloud, Digits
from dnnt.reachable.cut_bounds import in_values, lower_bound, wanted_point
from dnnt.reachable.execute import Executed, Fold, execute, fold_sum, repacked, vector_of_part
from dnnt.reachable.face import Excess, Slack, excess_of, log_count, slacks_of
from dnnt.reachable.found import Found, Way
from dnnt.reachable.hull_program import HullProgram
from dnnt.reachable.key_kinds import Keys, PythonKeys
from dnnt.reachable.lines import DigitBox, Lined, lined
from dnnt.reachable.listing import Costs, costs_of, moderate
from dnnt.reachable.mixtures import rounded
from dnnt.reachable.packing import packing_sum
from dnnt.reachable.program import Program, joined
from dnnt.reachable.projection import Cut, Share, Vertex, cut_in, nearest
from dnnt.reachable.recover import recover, used_keys
from dnnt.reachable.terms import terms_of
from dnnt.reachable.thin_cells import FINE
from dnnt.reachable.thin_cloud import ThinCloud
from dnnt.reachable.thin_rugged import Rugged, rugged_of, search_rugged
from dnnt.reachable.thin_size import is_large
from dnnt.reachable.thin_unit import Thick, ThinUnit
from dnnt.reachable.wanted import is_sum_over_coordinates
from dnnt.running import Run

if TYPE_CHECKING:
    from dnnt.reachable.by_cases import ByCases

MOST_NEAR = 18.0
"""Ways (a logarithm to base 2) to make states near a face up to which they are formed."""

SPARE = 2
"""How much larger than ours the checker's sets of partial sums may be: slots that tell equally much have no order."""


Ended = tuple[Found | None, ReachableStates | None, dict[str, Any]]
Improved = Callable[[Found], None]
Excluded = Callable[[Number, ReachableStates], None]


def by_thin_units(instance: Instance, program: Program, threshold: Number | None, run: Run) -> ThinSearch | None:
    """The search, prepared; None where no unit is large, or where this way does not apply."""
    width = program.width
    if not 0 < width <= MOST_AXES or not any(is_large(unit.node.part.part) for unit in program.units):
        return None
    if not is_sum_over_coordinates(instance):
        return None
    try:
        run.progress("hidden units, from afar", 0.1)
        units: list[ThinUnit | Executed] = [
            ThinUnit(unit, run) if is_large(unit.node.part.part) else execute(unit.node, run) for unit in program.units
        ]
        search = ThinSearch(instance, program, units, threshold, run)
        return search if search.ready() else None
    except Thick:
        return None


class ThinSearch:
    """One search: the cut, then states of little slack from the bound up to what is found."""

    def __init__(
        self,
        instance: Instance,
        program: Program,
        units: list[ThinUnit | Executed],
        threshold: Number | None,
        run: Run,
    ) -> None:
        self.program, self.units, self.threshold, self.run = program, units, threshold, run
        self.times = [unit.count for unit in program.units]
        self.rest = execute(program.rest.node, run)
        self.packing = packing_sum(
            [*((unit.packing, t) for unit, t in zip(units, self.times, strict=True)), (self.rest.packing, 1)],
            program.width,
        )
        terms = terms_of(instance, program, self.packing)
        self.instance = instance
        self.costs = costs_of(terms, self.packing)
        self.rugged: Rugged | None = None
        if self.costs is None and (rugged := rugged_of(terms, self.packing, run.poll)) is not None:
            self.rugged, self.costs = rugged, rugged.squares
        self.lined = lined(terms, self.packing)
        self.lines: tuple[Lined, ...] = ()
        """The loss as lines, where it is no sum of squares."""
        self.keys = {
            i: repacked(part, self.packing, run)
            for i, part in enumerate((*units, self.rest))
            if isinstance(part, Executed)
        }

    def ready(self) -> bool:
        """Look at the hull; False where it says nothing."""
        used = [i for i, axis in enumerate(self.packing.axes) if axis.count > 1]
        costs = self.costs
        if costs is None or not used or sorted(at.axis for at in costs.coordinates) != used:
            return False
        squares = all(at.square is not None for at in costs.coordinates)
        if not costs.plain or not (squares or self.lined is not None):
            return False
        if not squares and self.lined is not None:
            self.lines = self.lined.coordinates
            costs = moderate(costs)
        if any(keys.at_most * len(self.packing.axes) > IN_PYTHON for keys in self.keys.values()):
            return False
        self.costs_: Costs = costs
        self.clouds: list[Any] = [
            ThinCloud(part, t, self.packing)
            if isinstance(part, ThinUnit)
            else Cloud(part, t, self.packing, self.keys[i])
            for i, (part, t) in enumerate(zip((*self.units, self.rest), (*self.times, 1), strict=True))
        ]
        self.cut: Cut | None = None
        self.root = costs.least
        self.excess: Excess | None = None
        if self.lines:
            box = DigitBox((0,) * len(used), tuple([at.count - 1 for at in self.lines]))
            vertices: Sequence[tuple[Vertex, Digits, Share]] = (
                HullProgram(self.clouds, self.lines, self.run.poll).bounded(box, None).vertices
            )
        else:
            wanted, weights = wanted_point(costs, len(self.packing.axes))
            near = nearest(self.clouds, wanted, weights, self.run.poll)
            vertices = near.vertices
            if near.direction is not None:
                self.cut = cut_in(near.direction, self.clouds)
                bound, self.excess = lower_bound(costs, self.cut), excess_of(costs, self.cut)
                if bound is None or self.excess is None:
                    return False
                self.root = max(costs.least, bound)
        self.mixture = rounded(self.clouds, vertices)
        return True

    # ------------------------------------------------------------ the search

    def search(self, improved: Improved, excluded: Excluded) -> Ended | None:
        """The cheapest state and the grounds (with a threshold any state at or below it, perhaps without grounds).

        None where neither the states near the face nor the cases come to an end.
        """
        from dnnt.reachable.by_cases import ByCases  # It needs NumPy.

        costs, cost = self.costs_, self.cost_of(self.mixture.key)
        if self.rugged is not None:
            return search_rugged(self, self.rugged, ByCases, excluded)
        ended = self.at_least(costs.loss(costs.least), ByCases, excluded)
        if ended is not None:
            return ended
        started = self._started(costs.loss(cost))
        if started is None:
            return None
        found, cost = started, costs.budget(started.loss, True)
        improved(found)
        if self.threshold is not None and cost <= costs.budget(self.threshold, True):
            return found, None, {"last": "points"}
        self.best = found, cost
        try:
            near = self._near_face(improved, excluded)
        except Thick:
            near = None
        if near is not None:
            return near
        try:
            return ByCases(self).search(*self.best, improved, excluded)
        except Thick:
            return None

    def _started(self, loss: Number) -> Found | None:
        """What the search begins with: the state that the hull says, or what is known, if that is better or the way
        back from the state would take too much; None where nothing is known.
        """
        known = self.run.incumbent
        way = self.way_of([dict(counter) for counter in self.mixture.used])
        if known is None or loss < known.loss:
            try:
                solution = way(self.run)
                return Found(loss, lambda run: solution)
            except Thick:
                pass
        return None if known is None else Found(known.loss, way)

    def at_least(self, least: Number, cases: type[ByCases], excluded: Excluded, anyway: bool = False) -> Ended | None:
        """The grounds that no coordinate costs less than its least, if that is what is needed, or anyway."""
        known, threshold = self.run.incumbent, self.threshold
        if known is not None and threshold is not None and known.loss <= threshold:
            return None, None, {"last": "probe"}
        if anyway or (known is not None and known.loss == least) or (threshold is not None and threshold < least):
            try:
                grounds = cases(self).least()
            except Thick:
                return None
            if grounds is not None:
                excluded(least, grounds)
                return None, None, {"last": "targets", **dict(grounds.sizes)}
        return None

    def _near_face(self, improved: Improved, excluded: Excluded) -> Ended | None:
        """All states near the face, from the bound up to what is found; None where they are too many."""
        if self.cut is None or self.excess is None:
            return None
        costs, (found, best) = self.costs_, self.best
        top = best - 1 if self.threshold is None else costs.budget(self.threshold, True)
        step, low = max(1, (top + 1 - self.root) // 64), self.root
        while True:
            trial = min(top + 1, low)
            most = self.excess.slack(trial)
            folds = self._near(self.cut, most)
            if folds is None:
                return None
            self.run.progress("states near a face of the hull", 0.5)
            cost, pair = self._cheapest(*folds)
            if cost < best:
                best, found = cost, Found(costs.loss(cost), self._way(folds, pair, self.cut))
                self.best = found, best
                improved(found)
                if self.threshold is None:
                    top = best - 1
            if cost <= min(trial, costs.budget(self.threshold, True) if self.threshold is not None else trial):
                return self._ended(found, self.cut, self.excess.slack(cost))
            if trial > top:
                return self._ended(found if self.threshold is None else None, self.cut, self.excess.slack(top + 1))
            excluded(costs.loss(trial), self._grounds(self.cut, most, *folds))
            low, step = low + step, step * 4

    def _ended(self, found: Found | None, cut: Cut, most: int) -> Ended | None:
        folds = self._near(cut, most)
        if folds is None:
            return None
        left, right = folds[0].result.size, folds[1].result.size
        return found, self._grounds(cut, most, *folds), {"last": "points", "left": left, "right": right}

    def cost_of(self, key: int) -> int:
        """The scaled cost of a state."""
        return sum(at.cost(key // at.stride % at.count) for at in self.costs_.coordinates)

    def _near(self, cut: Cut, most: int) -> tuple[Fold, Fold] | None:
        """The sums of the units, and the rest, of slack at most `most`; None where they are too many."""
        sets: list[Keys] = []
        slacks: list[list[int]] = []
        for i, cloud in enumerate(self.clouds):
            if isinstance(cloud, ThinCloud):
                own = cloud.own(cut.direction)
                formed = [cloud.whole(digits) for digits in cloud.part.near(own, most)]
                sets.append(PythonKeys(frozenset(map(cloud.key_of, formed))))
                greatest = cut.greatest[i]
                slacks.append([greatest - sum(c * d for c, d in zip(cut.direction, v, strict=True)) for v in formed])
            else:
                sets.append(self.keys[i])
                slacks += slacks_of([cloud], Cut(cut.direction, 0, (cut.greatest[i],)))
        if log_count(self.clouds, slacks, most) > MOST_NEAR:
            return None
        self.sizes = [keys.size for keys in sets]
        near = Slack(cut, most, self.packing)
        # The rest is the last part of the sets, as it is of the cut.
        left = fold_sum(sets, [*self.times, 0], self.packing, self.run, near.near)
        right = fold_sum(sets, [*([0] * len(self.times)), 1], self.packing, self.run, near.near)
        return left, right

    def _cheapest(self, left: Fold, right: Fold) -> tuple[int, tuple[int, int]]:
        best: tuple[int, tuple[int, int]] | None = None
        for one in left.result.listed():
            for two in right.result.listed():
                cost = self.cost_of(one + two)
                if best is None or cost < best[0]:
                    best = cost, (one, two)
            self.run.poll()
        assert best is not None, "some state has no slack"
        return best

    # ------------------------------------------------------------ the way back

    def _way(self, folds: tuple[Fold, Fold], pair: tuple[int, int], cut: Cut) -> Way:
        def way(run: Run) -> Solution:
            one, two = (used_keys(fold, key, run) for fold, key in zip(folds, pair, strict=True))
            return self.way_of([dict(a + b) for a, b in zip(one, two, strict=True)], cut)(run)

        return way

    def way_of(self, used: list[dict[int, int]], cut: Cut | None = None) -> Way:
        """The way back from keys with multiplicities for every group, and one of the rest."""

        def way(run: Run) -> Solution:
            made = []
            for i, (part, counted) in enumerate(zip((*self.units, self.rest), used, strict=True)):
                if isinstance(part, Executed):
                    vectors = [(vector_of_part(part, self.packing, key), n) for key, n in sorted(counted.items())]
                    made.append(tuple([(recover(part, vector, run), n) for vector, n in vectors]))
                else:
                    made.append(tuple([(self._recovered(i, part, key, cut), n) for key, n in sorted(counted.items())]))
            *units, ((rest, _),) = made
            return Solution(tuple(units), rest)

        return way

    def _recovered(self, i: int, part: ThinUnit, key: int, cut: Cut | None) -> Any:
        """What the slots of a unit are for a vector of this key: an end of some direction, or one near the face."""
        cloud = self.clouds[i]
        ends_ = {cloud.key_of(digits): direction for digits, (_, direction) in cloud.seen.items()}
        if key in ends_:
            for digits, (cell, z) in part.near(ends_[key], 0).items():
                if cloud.key_of(cloud.whole(digits)) == key:
                    return part.recovered(ends_[key], cell, z)
        assert cut is not None, "a vector that is no end"
        direction = cloud.own(cut.direction)
        value = sum(
            c * (key // s % a.count)
            for c, s, a in zip(cut.direction, self.packing.strides, self.packing.axes, strict=True)
        )
        for digits, (cell, z) in part.near(direction, cut.greatest[i] - value).items():
            if cloud.key_of(cloud.whole(digits)) == key:
                return part.recovered(direction, cell, z)
        raise AssertionError("a vector that is not there")

    # ------------------------------------------------------------ the grounds

    def _grounds(self, cut: Cut, most: int, left: Fold, right: Fold) -> ReachableStates:
        direction, factor = in_values(cut.direction, self.packing, 1)
        thin, partial, sent = [], [1], [1]
        for i, part in enumerate(self.units):
            if not isinstance(part, ThinUnit):
                partial.append(part.parts[0].parts[0].keys.size)
                continue
            known = part.direction(self.clouds[i].own(cut.direction))
            best = part.packing.axes
            value = sum(
                (c * axis.value(d) for c, axis, d in zip(direction, best, part.contribution(*known.best), strict=True)),
                start=0,
            )
            steps = [Fraction(axis.step) if axis.step else None for axis in part.pre.axes]
            slopes = tuple(
                tuple(
                    normal(Fraction(b * factor, FINE) / step) if step else 0
                    for b, step in zip(cell.slopes, steps, strict=True)
                )
                for cell in known.cells
            )
            thin.append(ThinGrounds(self.program.units[i].members[0][0], normal(value), slopes))
            partial.append(SPARE * part.partial + 100)
            # The checker adds up the spaces of parallel edges before it leaves anything out.
            sent += [line.keys.size for line in part.outgoing if line is not None]
        sizes = {
            "pre": max(partial),
            "unit": max(*self.sizes, *sent),
            "left": left.result.size,
            "right": max(right.result.size, self.rest.keys.size),
            "last": left.result.size * right.result.size,
        }
        members = joined([run for unit in self.program.units for run in unit.members])
        return ReachableStates(
            members,
            "points",
            tuple(sizes.items()),
            (direction,),
            slack=most * factor,
            thin=tuple(thin),
        )
