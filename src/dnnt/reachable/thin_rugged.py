"""Losses that are not convex, for units that are too large to form: coordinate by coordinate, and by squares instead.

What each coordinate costs at least is found by looking at all its digits; if a state that costs no more is found, that
is the proof. Otherwise squares around the digits that are wanted lead to states near by, and say whether the wanted
state is reachable at all. If it is not, and is the only one that costs so little, some coordinate costs its second
least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import TYPE_CHECKING

from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.evaluation import evaluate
from dnnt.exact import Number, magnitude, normal
from dnnt.instance import Instance, Sample
from dnnt.reachable.assemble import parameters_of
from dnnt.reachable.found import Found
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.listing import Costs, costs_of
from dnnt.reachable.packing import Packing
from dnnt.reachable.probe import probe
from dnnt.reachable.program import Program
from dnnt.reachable.terms import Square, Term
from dnnt.reachable.thin_unit import Thick
from dnnt.running import Run

if TYPE_CHECKING:
    from dnnt.reachable.by_cases import ByCases
    from dnnt.reachable.thin import Ended, Excluded, ThinSearch

MOST_DIGITS = 300_000
"""Digits of one coordinate that are looked at."""

MOST_SUBSETS = 24
"""Choices of samples that are left out."""


@dataclass(frozen=True, slots=True)
class Rugged:
    """The least total loss that coordinates allow, and what any other state than the wanted one costs at least (no
    more than the least where others cost as little); squares around the wanted state.
    """

    least: Number
    others: Number
    squares: Costs


def rugged_of(terms: Sequence[Term], packing: Packing, poll: Callable[[], None]) -> Rugged | None:
    """The loss coordinate by coordinate; None where terms depend on several, or on too many digits."""
    least: Number = 0
    gaps: list[Number] = []
    squares = []
    for term in terms:
        if all(packing.axes[a].count == 1 for a in term.axes):
            least += term.cost((0,) * len(term.axes))
            continue
        if len(term.axes) != 1 or packing.axes[term.axes[0]].count > MOST_DIGITS:
            return None
        axis = packing.axes[term.axes[0]]
        costs = []
        for digit in range(axis.count):
            if not digit & 1023:
                poll()
            costs.append(term.cost((digit,)))
        low = min(costs)
        good = [digit for digit, cost in enumerate(costs) if cost == low]
        gaps.append(0 if len(good) > 1 else min(cost for cost in costs if cost != low) - low)
        wanted = min(good, key=lambda digit: magnitude(axis.value(digit)))
        least += low
        squares.append(_square(term.axes, axis.value(wanted)))
    made = costs_of(squares, packing)
    if made is None or not squares:
        return None
    return Rugged(normal(least), normal(least + min(gaps)), made)


def _square(axes: tuple[int, ...], center: Number) -> Term:
    return Term(axes, lambda digits: 0, True, 1, Square(1, center, 0))


def offer(instance: Instance, program: Program, found: Found, run: Run) -> None:
    """Keep a state's parameters by their own loss."""
    parameters = parameters_of(instance.network, program, found.way(run))
    run.offer(parameters, evaluate(instance, parameters).total)


def probe_without_some(instance: Instance, run: Run) -> None:
    """Leave out samples, as few and as light ones as will do, and look for parameters that are best for the others."""
    used = [k for k, sample in enumerate(instance.samples) if sample.weight]
    for left_out in islice(_subsets(instance, used), MOST_SUBSETS):
        run.poll()
        if run.incumbent is not None and run.incumbent.loss == 0:
            return
        samples = tuple(
            [Sample(sample.x, sample.y, 0) if k in left_out else sample for k, sample in enumerate(instance.samples)]
        )
        reduced = replace(instance, samples=samples)
        try:
            found = probe(reduced, program_of(reduced), run.poll)
        except (MethodUnsuitable, TooLarge):
            return
        if found is not None:
            run.offer(found, evaluate(instance, found).total)
            return


def _subsets(instance: Instance, used: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Samples to leave out: single ones, the lightest first, then pairs, and so on, but never all."""
    order = sorted(used, key=lambda k: instance.samples[k].weight)
    for size in range(1, len(order)):
        yield from combinations(order, size)


def search_rugged(afar: ThinSearch, rugged: Rugged, cases: type[ByCases], excluded: Excluded) -> Ended | None:
    """States of a loss that is not convex, by squares around the one that is wanted."""
    ended = afar.at_least(rugged.least, cases, excluded)
    if ended is not None:
        return ended
    probe_without_some(afar.instance, afar.run)
    ended = afar.at_least(rugged.least, cases, excluded)
    if ended is not None:
        return ended
    wanted, afar.threshold = afar.threshold, 0
    start = Found(1, afar.way_of([dict(counter) for counter in afar.mixture.used]))
    by_squares = None
    try:
        offer(afar.instance, afar.program, start, afar.run)
        by_squares = cases(afar).search(
            start,
            afar.cost_of(afar.mixture.key),
            lambda found: offer(afar.instance, afar.program, found, afar.run),
            lambda loss, grounds: None,
        )
    except Thick:
        pass
    afar.threshold = wanted
    ended = afar.at_least(rugged.least, cases, excluded)
    if ended is not None:
        return ended
    if rugged.least > 0:
        afar.at_least(rugged.least, cases, excluded, True)
    if by_squares is None:
        return None
    _, grounds, stats = by_squares
    if grounds is None or rugged.others <= rugged.least:
        return None
    excluded(rugged.others, grounds)
    known = afar.run.incumbent
    return (None, None, stats) if known is not None and known.loss <= rugged.others else None
