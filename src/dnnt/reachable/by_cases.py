"""From afar, case by case: what `cases` finds and proves, as parameters and as a certificate's grounds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dnnt.certificate import CaseGrounds, CaseSplit, ReachableStates
from dnnt.exact import Number, normal
from dnnt.reachable.assemble import Solution
from dnnt.reachable.case_tree import Best, Proved, Tree
from dnnt.reachable.cases import MOST_UNITS, CaseSearch
from dnnt.reachable.clouds import Cloud, Digits
from dnnt.reachable.cut_bounds import in_values
from dnnt.reachable.execute import Executed, vector_of_part
from dnnt.reachable.found import Found, Way
from dnnt.reachable.kinds import Kinds, PlainKinds, Top, UnitKinds
from dnnt.reachable.program import joined
from dnnt.reachable.recover import recover
from dnnt.reachable.thin_cells import FINE
from dnnt.reachable.thin_unit import Thick
from dnnt.running import Run

if TYPE_CHECKING:
    from dnnt.reachable.thin import ThinSearch

SPARE = 4
"""How much larger than ours the checker's sets of partial sums may be: slots that tell equally much have no order."""

ANYTHING = 1 << 300
"""More than any loss may cost here."""

KindTop = tuple[Number, tuple[Number, ...]]
Ended = tuple[Found | None, ReachableStates | None, dict[str, Any]]
Improved = Callable[[Found], None]
Excluded = Callable[[Number, ReachableStates], None]


class ByCases:
    """One search by cases, for the units of a search from afar. Raises `Thick` where it does not apply."""

    def __init__(self, afar: ThinSearch) -> None:
        self.afar, self.run = afar, afar.run
        if sum(afar.times) > MOST_UNITS:
            raise Thick
        self.groups: list[Kinds] = [
            PlainKinds(cloud, cloud.times) if isinstance(cloud, Cloud) else UnitKinds(cloud) for cloud in afar.clouds
        ]

    def search(self, best: Found, cost: int, improved: Improved, excluded: Excluded) -> Ended | None:
        """The cheapest state and the grounds, or with a threshold a state at or below it; None where it has no end."""
        afar, costs = self.afar, self.afar.costs_
        found = best

        def better(cost: int, made: list[list[tuple[Any, int]]]) -> None:
            nonlocal found
            found = Found(costs.loss(cost), self._way(made))
            improved(found)

        threshold = afar.threshold
        top = ANYTHING if threshold is None else costs.budget(threshold, True)
        stop = threshold is not None
        search = CaseSearch(self.groups, afar.packing, costs, self.run, better, stop, afar.lines)
        known = Best(cost)
        tree = search.search(known, top, lambda cost, tree: excluded(costs.loss(cost), self._grounds(tree)))
        if threshold is not None and known.cost <= top:
            return found, None, {"last": "targets"}
        if tree is None:
            return None
        grounds = self._grounds(tree)
        return (found if threshold is None else None), grounds, {"last": "targets", **dict(grounds.sizes)}

    def least(self) -> ReachableStates | None:
        """The grounds that no state costs less than the best one of the box."""
        afar = self.afar
        search = CaseSearch(self.groups, afar.packing, afar.costs_, self.run, lambda cost, made: None)
        tree = search.least()
        return None if tree is None else self._grounds(tree)

    # ------------------------------------------------------------ the way back

    def _way(self, made: list[list[tuple[Any, int]]]) -> Way:
        def way(run: Run) -> Solution:
            units = [
                tuple([(self._recovered(group, each, run), n) for (_, each), n in chosen])
                for group, chosen in zip(self.groups, made, strict=True)
            ]
            ((rest, _),) = units[-1]
            return Solution(tuple(units[:-1]), rest)

        return way

    def _recovered(self, group: Kinds, way: Any, run: Run) -> Any:
        if isinstance(group, UnitKinds):
            return group.recovered(way)
        cloud = group.cloud
        key = sum(d * s for d, s in zip(way, cloud.packing.strides, strict=True))
        return recover(cloud.part, vector_of_part(cloud.part, cloud.packing, key), run)

    # ------------------------------------------------------------ the grounds

    def _grounds(self, tree: Tree) -> ReachableStates:
        program = self.afar.program
        entries: list[CaseSplit | CaseGrounds] = []
        proofs: list[Proved] = []
        starts = [0]
        for group in self.groups:
            starts.append(starts[-1] + group.count)
        for each in tree.preorder():
            if each.split is not None:
                t, count = each.split
                g = next(g for g in range(len(self.groups)) if t < starts[g + 1])
                entries.append(CaseSplit(program.units[g].members[0][0], t - starts[g], count))
            else:
                assert each.proved is not None, "all cases are proved"
                proofs.append(each.proved)
                entries.append(self._case(each.proved, starts))
        partial, vectors, sums, targets = (max(proof.sizes[i] for proof in proofs) for i in range(4))
        pre, unit = [SPARE * partial + 100], [SPARE * vectors + 100]
        for part in (*self.afar.units, self.afar.rest):
            if isinstance(part, Executed):
                unit.append(part.keys.size)
                if part is not self.afar.rest:
                    pre.append(part.parts[0].parts[0].keys.size)
            else:
                # The checker adds up the spaces of parallel edges before it leaves anything out.
                unit += [line.keys.size for line in part.outgoing if line is not None]
        many = SPARE * sums + 100
        sizes = {
            "pre": max(pre),
            "unit": max(unit),
            "left": many,
            "right": max(many, self.afar.rest.keys.size),
            "last": targets,
        }
        members = joined([run for unit in program.units for run in unit.members])
        return ReachableStates(members, "targets", tuple(sizes.items()), cases=tuple(entries))

    def _case(self, proof: Proved, starts: list[int]) -> CaseGrounds:
        packing = self.afar.packing
        cut, factor = in_values(proof.direction, packing, 1)
        kinds = []
        for g, group in enumerate(self.groups):
            if isinstance(group, UnitKinds):
                tops = proof.tops[starts[g] : starts[g + 1]]
                position = self.afar.program.units[g].members[0][0]
                kinds.append((position, tuple(self._top(group, top, cut, factor) for top in tops)))
        return CaseGrounds(cut, tuple(kinds))

    def _top(self, group: UnitKinds, top: Top | None, cut: Digits, factor: int) -> KindTop | None:
        """In values: a digit counts from the lowest corner of the unit's own box."""
        if top is None:
            return None
        part = group.part
        low = sum((c * axis.low for c, axis in zip(cut, part.packing.axes, strict=True)), start=0)
        steps = [axis.step for axis in part.pre.axes]
        slopes = [
            normal(Fraction(b * factor, FINE) / Fraction(step)) if step else 0
            for b, step in zip(top.slopes, steps, strict=False)
        ]
        return normal(low + factor * top.value), tuple(slopes)
