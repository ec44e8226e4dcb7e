"""The last step for convex losses: everything that the hull of all states tells, before any large set is formed.

1. The point of the hull nearest to what the loss wants gives a cut, and with it a lower bound; vertices mixed in its
   proportions give a state close by.
2. The states between the bound and what is found, that no cut and no residue forbids, are listed in order of loss.
3. Each is tried by exchanging a few units; those that resist are put to an exact test: against halves made of sums near
   the face of the cut, against windows of powers, or against whole halves, whichever is predicted quickest.
4. Where there are too many, all states in a box around what the loss wants are listed, if they are few.

So the sets are as small as the question allows, and so is what the checker has to do: it lists the same states, and
tests those below the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import inf, log2
from typing import TYPE_CHECKING

from dnnt.exact import Number
from dnnt.reachable.clouds import LARGEST_CLOUD, MOST_AXES, Cloud, clouds_of
from dnnt.reachable.cut_bounds import along_lines, in_values, lower_bound, wanted_point
from dnnt.reachable.face import Slack, excess_of, log_count, slacks_of
from dnnt.reachable.folding_cost import fold_seconds, total_log
from dnnt.reachable.found import Found, Grounds, Searched, Way, way_of_halves, way_of_mixture
from dnnt.reachable.halves import Halves, Parts, halves_of
from dnnt.reachable.key_kinds import split as split_key
from dnnt.reachable.listing import Costs, costs_of, listed
from dnnt.reachable.membership import membership
from dnnt.reachable.mixtures import Exchanges, Mixture, rounded
from dnnt.reachable.projection import Cut, Nearest, cut_in, nearest
from dnnt.reachable.residues import Residues, residues_of
from dnnt.reachable.terms import Term
from dnnt.running import Run

if TYPE_CHECKING:
    from dnnt.reachable.window import Window

MOST_TARGETS = 3_000
"""The most states that are listed between what is found and what is bounded."""

FEW_TARGETS = 40
"""So many states are tested; more are a reason to look for further cuts first."""

MOST_CUTS = 16

MOST_CROWDS = 8
"""How often too many states may be met before this way is given up."""

MOST_NEAR = 17.0
"""Ways (a logarithm to base 2) to make states near a face up to which they are formed."""

QUICKLY_NEAR = 9.0
"""The same where units are equal and states in order of loss were not tried: sums are formed pair by pair there."""

STATE_SECONDS = 2e-6
"""What one of them takes."""

PAIR_SECONDS = 2e-8
"""What a pair takes where sums are formed."""

WINDOW_CHECK = 30
"""How much longer the checker takes for a window than we do; with other sets it keeps up."""

POLLED = 1000
"""States whose cost is computed between two polls."""

QUICK = 0.05
"""Predicted seconds up to which sets near a face are formed before anything else is tried."""

Improved = Callable[[Found], None]
Excluded = Callable[[Number, Grounds], None]


def by_hull(
    parts: Parts, terms: list[Term], threshold: Number | None, run: Run, improved: Improved, excluded: Excluded
) -> Searched | None:
    """The cheapest state (with a threshold: any at or below it); None where this way does not lead to the end.

    What it found and proved until then is told all the same.
    """
    used = [i for i, axis in enumerate(parts.packing.axes) if axis.count > 1]
    if not 0 < len(used) <= MOST_AXES or any(part.keys.at_most > LARGEST_CLOUD for part in parts.all):
        return None
    costs = costs_of(terms, parts.packing)
    if (
        costs is None
        or sorted(at.axis for at in costs.coordinates) != used
        or any(at.is_free for at in costs.coordinates)
    ):
        return None
    run.progress("the hull of all states", 0.1)
    clouds = clouds_of(parts.all, parts.keys, parts.counts, parts.packing)
    width = len(parts.packing.axes)
    near = along_lines(clouds, costs, width) or nearest(clouds, *wanted_point(costs, width), run.poll)
    return _Search(parts, clouds, costs, used, near, threshold, run, improved, excluded).search()


@dataclass(frozen=True, slots=True)
class _Tested:
    """An exact test of listed states: which is the first that is reachable, if any, and how the checker repeats it."""

    index: int | None
    way: Way | None
    left: tuple[int, ...]
    left_size: int
    right_size: int
    window: bool = False


class _Search:
    """One search: the hull, what is found, and what is known to be out of reach."""

    def __init__(
        self,
        parts: Parts,
        clouds: tuple[Cloud, ...],
        costs: Costs,
        used: list[int],
        near: Nearest,
        threshold: Number | None,
        run: Run,
        improved: Improved,
        excluded: Excluded,
    ) -> None:
        self.parts, self.clouds, self.costs, self.run = parts, clouds, costs, run
        self.threshold, self.improved, self.excluded = threshold, improved, excluded
        self.cuts: tuple[Cut, ...] = ()
        self.root = costs.least
        if near.direction is not None:
            cut = cut_in(near.direction, clouds)
            bound = lower_bound(costs, cut)
            if bound is not None:
                self.cuts, self.root = (cut,), max(self.root, bound)
        self.slacks = slacks_of(clouds, self.cuts[0]) if self.cuts else []
        self.residues: Residues = residues_of(clouds, used, run.poll)
        self.exchanges = Exchanges(clouds, run)
        self.mixture: Mixture = rounded(clouds, near.vertices)
        self.best = self._cost(self.mixture.key)
        self.halves: Halves | None = None
        self.crowded: int | None = None
        self.inside: set[int] = set()
        self.tested: _Tested | None = None

    def _cost(self, key: int) -> int:
        return sum(at.cost(key // at.stride % at.count) for at in self.costs.coordinates)

    def _found(self, cost: int, way: Way) -> Found:
        return Found(self.costs.loss(cost), way)

    def search(self) -> Searched | None:
        """See `by_hull`."""
        run = self.run
        found = self._found(self.best, way_of_mixture(self.parts, self.mixture.frozen()))
        self.improved(found)
        if self.threshold is not None and found.loss <= self.threshold:
            return Searched(found, self._grounds(0))
        top = self.best - 1 if self.threshold is None else self.costs.budget(self.threshold, True)
        equal = any(cloud.times > 1 for cloud in self.clouds)
        near_face = self._by_face(top, QUICKLY_NEAR if equal else MOST_NEAR)
        if near_face is not None:
            return near_face
        if top < self.root:
            return Searched(found if self.threshold is None else None, self._grounds(0))
        step = max(
            (at.cost(min(at.best + 1, at.count - 1)) - at.cost(at.best) for at in self.costs.coordinates), default=1
        )
        done, step = self.root - 1, max(step, 1)
        budget, crowds = min(top, self.root), 0
        while True:
            run.progress("states in order of loss", 0.5)
            targets = self._listed(budget)
            if targets is None:
                crowds += 1
                boxed = self._boxed(top) if crowds == 1 else None
                if boxed is not None:
                    cheapest, grounds = boxed
                    return Searched(cheapest or (found if self.threshold is None else None), grounds)
                if budget <= done + 1 or crowds > MOST_CROWDS:
                    return self._by_face(top, MOST_NEAR) if equal else None
                budget, step = (done + budget) // 2, max(step // 4, 1)
                continue
            known = sum(cost <= done for cost, _ in targets)
            fresh = targets[known:]
            hit, way = self._resolved(targets, known)
            if hit is not None and way is not None:
                cost = fresh[hit][0]
                return Searched(self._found(cost, way), self._grounds(sum(c < cost for c, _ in targets)))
            done = budget
            if budget >= top:
                return Searched(found if self.threshold is None else None, self._grounds(len(targets)))
            self.excluded(self.costs.loss(done + 1), self._grounds(len(targets)))
            budget, step = min(top, budget + step), step * 4

    def _boxed(self, top: int) -> tuple[Found | None, Grounds] | None:
        """All states in a box around what the loss wants."""
        from dnnt.reachable.one_box import by_one_box  # Most searches have few targets, and do not pay for it.

        return by_one_box(self.parts, self.clouds, self.costs, top, self.run)

    def _listed(self, budget: int) -> list[tuple[int, int]] | None:
        """All targets within the budget; None where they stay too many with all the cuts that are found."""
        if budget == self.crowded:
            return None
        while True:
            targets, all_ = listed(
                self.costs, self.parts.packing, self.cuts, self.residues, budget, MOST_TARGETS, self.run.poll
            )
            if (all_ and len(targets) <= FEW_TARGETS) or not self._separated(targets):
                break
        self.crowded = None if all_ else budget
        return targets if all_ else None

    def _separated(self, targets: list[tuple[int, int]]) -> bool:
        """Add cuts through targets that lie outside the hull; False where there are none, or cuts enough."""
        if not self.cuts or len(self.cuts) >= MOST_CUTS:
            return False
        width = len(self.parts.packing.axes)
        _, weights = wanted_point(self.costs, width)
        before = len(self.cuts)
        for _, key in (targets[0], targets[len(targets) // 2], targets[-1]) if targets else ():
            point = [0] * width
            for at in self.costs.coordinates:
                point[at.axis] = key // at.stride % at.count
            if any(_value(cut, point) > cut.most for cut in self.cuts[before:]) or key in self.inside:
                continue
            near = nearest(self.clouds, [Fraction(p) for p in point], weights, self.run.poll)
            cut = None if near.direction is None else cut_in(near.direction, self.clouds)
            if cut is not None and _value(cut, point) > cut.most:
                self.cuts = (*self.cuts, cut)
            else:
                self.inside.add(key)
        return len(self.cuts) > before

    def _resolved(self, all_: list[tuple[int, int]], known: int) -> tuple[int | None, Way | None]:
        """The first target from number `known` on that is reachable, counted from there, and the way to it."""
        targets = all_[known:]
        hit: int | None = None
        mixture: Mixture | None = None
        if targets and self._near_face(all_) < QUICK:
            self.tested = self._exactly(all_, known)
            return self.tested.index, self.tested.way
        for index, (_, key) in enumerate(targets):
            mixture = self.exchanges.reach(self.mixture, key)
            if mixture is not None:
                hit = index
                break
        way = None if mixture is None else way_of_mixture(self.parts, mixture.frozen())
        open_ = targets[:hit]
        if not open_:
            return hit, way
        if hit is not None and way is not None and self.threshold is None:
            self.improved(self._found(targets[hit][0], way))
        self.tested = self._exactly(all_[: known + len(open_)], known)
        return (hit, way) if self.tested.index is None else (self.tested.index, self.tested.way)

    def _near_face(self, targets: list[tuple[int, int]]) -> float:
        """The predicted seconds of sums near the face of the cut that serve all targets; infinite without a cut."""
        if not self.cuts:
            return inf
        count = log_count(self.clouds, self.slacks, self._most_slack(targets))
        if count >= 60:
            return inf
        # Sums of equal units are formed of two sets of about half as many.
        pairs = 4.0 ** (count - 2) if any(cloud.times > 1 for cloud in self.clouds) else 0.0
        return STATE_SECONDS * 2**count + PAIR_SECONDS * pairs

    def _by_face(self, top: int, few: float) -> Searched | None:
        """All states near the face of the cut, as long as they are few (a logarithm), from the bound up to what is
        found.

        Where squares tell that all states with more slack cost more than what is found, these are all that count.
        """
        excess = excess_of(self.costs, self.cuts[0]) if self.cuts else None
        if excess is None:
            return None
        cut, step, low = self.cuts[0], max(1, (top + 1 - self.root) // 64), self.root
        while True:
            trial = min(top + 1, low)
            most = excess.slack(trial)
            if log_count(self.clouds, self.slacks, most) > few:
                return None
            self.run.progress("states near a face of the hull", 0.5)
            halves = halves_of(self.parts, self.parts.times, self.run, Slack(cut, most, self.parts.packing).near)
            ended = self._cheapest_near(halves, trial, top)
            if ended is not None or trial > top:
                cost, found = ended or (top + 1, self._best() if self.threshold is None else None)
                final = excess.slack(cost if found is None or self.threshold is None or cost <= top else top + 1)
                near = halves_of(self.parts, self.parts.times, self.run, Slack(cut, final, self.parts.packing).near)
                return Searched(found, self._face_grounds(near, cut, final))
            self.excluded(self.costs.loss(trial), self._face_grounds(halves, cut, most))
            low, step = low + step, step * 4

    def _cheapest_near(self, halves: Halves, trial: int, top: int) -> tuple[int, Found] | None:
        """The cheapest state of these halves, if it costs at most the trial (and what is asked for)."""
        best: tuple[int, int, int] | None = None
        rights = halves.right_fold.result.listed()
        for left in halves.left_fold.result.listed():
            for start in range(0, len(rights), POLLED):
                self.run.poll()
                for right in rights[start : start + POLLED]:
                    cost = self._cost(left + right)
                    if best is None or cost < best[0]:
                        best = cost, left, right
        if best is None:
            return None
        found = self._found(best[0], way_of_halves(halves, best[1], best[2]))
        if best[0] < self.best:
            self.improved(found)
        return (best[0], found) if best[0] <= min(trial, top) else None

    def _best(self) -> Found:
        return self._found(self.best, way_of_mixture(self.parts, self.mixture.frozen()))

    def _face_grounds(self, halves: Halves, cut: Cut, most: int) -> Grounds:
        left, right = halves.left_fold.result.size, halves.right_fold.result.size
        direction, factor = in_values(cut.direction, self.parts.packing, 1)
        return Grounds("points", halves.left, left, right, left * right, (direction,), slack=most * factor)

    def _most_slack(self, targets: list[tuple[int, int]]) -> int:
        cut = self.cuts[0]
        return max(cut.most - self._along(cut, key) for _, key in targets)

    def _exactly(self, targets: list[tuple[int, int]], known: int) -> _Tested:
        """The first of the targets from number `known` on that is reachable, for certain. The sets serve all."""

        def whole_halves() -> _Tested:
            if self.halves is None:
                left = self.parts.split([keys.size for keys in self.parts.keys])
                self.halves = halves_of(self.parts, left, self.run)
            return self._against(self.halves, targets[known:])

        def near_face() -> _Tested:
            left = self.parts.split(sizes)
            near = Slack(self.cuts[0], self._most_slack(targets), self.parts.packing).near
            return self._against(halves_of(self.parts, left, self.run, near), targets[known:])

        def in_window() -> _Tested:
            assert window is not None, "a window that was planned"
            formed = window.formed(self.run)
            hit = formed.first([key for _, key in targets[known:]], self.run)
            left = tuple(t if g == window.group else 0 for g, t in enumerate(self.parts.times))
            index, way = (None, None) if hit is None else hit
            return _Tested(index, way, left, formed.size, formed.rest_size, True)

        ways: list[tuple[float, Callable[[], _Tested]]] = [
            (0.0 if self.halves is not None else self._predicted([cloud.size for cloud in self.clouds]), whole_halves)
        ]
        if self.cuts:
            most = self._most_slack(targets)
            sizes = [sum(value <= most for value in values) for values in self.slacks]
            ways.append((min(self._near_face(targets), self._predicted(sizes)), near_face))
        window = self._window([key for _, key in targets])
        if window is not None:
            ways.append((WINDOW_CHECK * window.seconds, in_window))
        return min(ways, key=lambda way: way[0])[1]()

    def _window(self, targets: list[int]) -> Window | None:
        """A plan for a window of a power; only many equal units have one."""
        if not self.parts.has_powers:
            return None
        from dnnt.reachable.window import Window  # Few units do not pay for it.

        return Window.planned(self.parts, self.clouds, targets)

    def _along(self, cut: Cut, key: int) -> int:
        return sum(cut.direction[at.axis] * (key // at.stride % at.count) for at in self.costs.coordinates)

    def _predicted(self, sizes: list[int]) -> float:
        """The seconds that halves of sets of these sizes take, about."""
        if not all(sizes):
            return 0.0
        left = self.parts.split(sizes)
        logs = [log2(size) for size in sizes]
        cells = log2(self.parts.packing.span) if self.parts.packing.span.bit_length() < 900 else inf
        right = [t - c for t, c in zip(self.parts.times, left, strict=True)]
        one, two = list(zip(logs, left, strict=False)), list(zip(logs, [*right, 1], strict=True))
        if max(total_log(one, cells), total_log(two, cells)) > 40:
            return inf
        return fold_seconds(one, cells, cells) + fold_seconds(two, cells, cells)

    def _against(self, halves: Halves, targets: list[tuple[int, int]]) -> _Tested:
        left, right = halves.left_fold.result, halves.right_fold.result
        index: int | None = None
        way: Way | None = None
        if left.size and right.size:
            first, _ = membership(halves, self.run, len(targets))
            index = first([key for _, key in targets])
            if index is not None:
                pair = split_key(left, right, targets[index][1])
                assert pair is not None, "a state that is no sum of its halves"
                way = way_of_halves(halves, *pair)
        return _Tested(index, way, halves.left, left.size, right.size)

    def _grounds(self, count: int) -> Grounds:
        tested = self.tested or _Tested(None, None, self.parts.times, 1, 1)
        packing = self.parts.packing
        return Grounds(
            "targets",
            tested.left,
            max(tested.left_size, 1),
            max(tested.right_size, 1),
            count,
            tuple(in_values(cut.direction, packing, 1)[0] for cut in self.cuts),
            tuple(in_values(c, packing, m) for c, m in self.residues.pairs),
            tested.window and count > 0,
        )


def _value(cut: Cut, point: list[int]) -> int:
    return sum(c * p for c, p in zip(cut.direction, point, strict=True))
