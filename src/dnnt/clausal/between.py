"""A search for the least cost from both sides: models of clauses lower the best cost, refutations raise a bound.

The cost is a sum of groups. What each group costs at least is tried first, which takes little, and helps to prove what
all of them cost. Each attempt has a limit on conflicts; attempts take turns. All refutations are about choices that are
cheaper than the best one, so they stay true when a better one is found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dnnt.clausal.solver import Solver
from dnnt.encodings.clauses.encoder import Encoding
from dnnt.encodings.clauses.quantities import Quantity
from dnnt.errors import InternalError
from dnnt.exact import Number, normal
from dnnt.parameters import Parameters
from dnnt.running import Run

Found = Callable[[Number, Parameters], None]
AtLeast = Callable[[Number], None]

LEAST_GROUP = 10_000
"""Conflicts of an attempt at one group, at the least."""

STEPS = 50
"""A bound is raised by one part in so many of the gap at first."""


class Known:
    """The cheapest choice so far, and what every choice costs at least; those who listen are told of both."""

    def __init__(self, found: Found, at_least: AtLeast) -> None:
        self.best: tuple[Number, Parameters] | None = None
        self.bound: Number = 0
        self.none = False
        self._found = found
        self._at_least = at_least

    def better(self, value: Number, parameters: Parameters) -> None:
        """Keep a cheaper choice."""
        if self.best is None or value < self.best[0]:
            self.best = value, parameters
            self._found(value, parameters)

    def at_least(self, bound: Number) -> None:
        """Keep a higher bound: no choice is cheaper than that, nor than the best one."""
        if self.best is not None:
            bound = min(bound, self.best[0])
        if bound > self.bound:
            self.bound = normal(bound)
            self._at_least(self.bound)

    @property
    def closed(self) -> bool:
        """Whether nothing is left to look for."""
        return self.none or (self.best is not None and self.bound >= self.best[0])


@dataclass(frozen=True, slots=True)
class Model:
    """Clauses for all choices with a loss that is low enough, and what they cost: `base`, and the groups of `total`
    (None: no choice makes a difference).

    `choice` reads a model: the cost and the parameters of a choice, None where the model stands for no known one.
    `parts` are about what each group costs in a choice. `exact`: the cost is that of the model.
    """

    encoding: Encoding
    base: Number
    total: Quantity | None
    groups: tuple[Quantity, ...]
    choice: Callable[[Sequence[int]], tuple[Number, Parameters] | None]
    parts: Callable[[Parameters], Sequence[Number]]
    exact: bool


class Between:
    """The search in one model; use it in a `with` block of its solver."""

    def __init__(self, model: Model, known: Known, solver: Solver, run: Run, name: str) -> None:
        self.model = model
        self.known = known
        self.solver = solver
        self.run = run
        self.name = name
        self.done = False
        self._sent = 0
        self._below: Number | None = None
        self._lows = [0] * len(model.groups)
        self._tried = [0] * len(model.groups)
        self._steps = STEPS
        self._above = True

    def turn(self, conflicts: int) -> None:
        """Attempts from below, in the middle, and from above; each with so many conflicts at most."""
        if self.known.best is not None:
            self._from_below(conflicts)
        if self._above and not self._over:
            self._in_the_middle(conflicts)
        if self._above and not self._over:
            self._attempt((), conflicts)

    @property
    def _over(self) -> bool:
        return self.done or self.known.closed

    def _from_below(self, conflicts: int) -> None:
        self._floor()
        each = max(LEAST_GROUP, conflicts // max(1, len(self.model.groups)))
        assert self.known.best is not None, "bounds are raised towards a best cost"
        parts = self.model.parts(self.known.best[1])
        for place, (group, most) in enumerate(zip(self.model.groups, parts, strict=True)):
            # That a group costs more than in the best choice is not to be expected: that much is tried first.
            top = min(bisect_left(group.values, most), len(group.values) - 1)
            wanted = top
            while each >= 2 * self._tried[place] and self._lows[place] < top and not self._over:
                quick = wanted > self._lows[place] + 1
                if self._refuted(group.lower(group.values[wanted]), each // 2 if quick else each) is True:
                    self._lows[place] = wanted
                    self._floor()
                elif not quick:
                    self._tried[place] = each
                    break
                wanted = self._lows[place] + 1
        while not self._over:
            costs = self._open()
            if not costs:
                return
            place = (len(costs) - 1) // self._steps
            said = self._raised(costs[place], conflicts)
            if said is not True:
                self._steps *= 2
                # Where a cheaper model stands for no choice, this is all that the model can say.
                self.done = said is False and not place and not self._above
                return

    def _in_the_middle(self, conflicts: int) -> None:
        """Halve the gap, from one side or the other."""
        costs = self._open() if self.known.best is not None else ()
        if len(costs) > 2:
            self._raised(costs[len(costs) // 2], conflicts)

    def _open(self) -> Sequence[Number]:
        """The costs (without `base`) that may be bounds yet: above the bound, and up to the best cost."""
        total, best = self.model.total, self.known.best
        if total is None or best is None:
            return ()
        first = bisect_left(total.values, self.known.bound - self.model.base) + 1
        return total.values[first : bisect_left(total.values, best[0] - self.model.base) + 1]

    def _raised(self, cost: Number, conflicts: int) -> bool | None:
        """Whether nothing costs less (None: not known)."""
        assert self.model.total is not None, "there are costs"
        said = self._refuted(self.model.total.lower(cost), conflicts)
        if said is True:
            self.known.at_least(self.model.base + cost)
        return said

    def _floor(self) -> None:
        """The bound that the groups have together."""
        lows = [group.values[low] for group, low in zip(self.model.groups, self._lows, strict=True)]
        self.known.at_least(normal(self.model.base + sum(lows)))

    def _refuted(self, literal: int, conflicts: int) -> bool | None:
        """Whether the literal's negation is refuted (None: not known); from then on the literal holds."""
        said = self._attempt((-literal,), conflicts)
        if said:
            self.model.encoding.book.clause("t", (literal,))
        return said

    def _attempt(self, assumptions: Sequence[int], conflicts: int) -> bool | None:
        """Whether there is no model (None: not known); one that is found is kept."""
        self._send()
        known, model = self.solver.limited(conflicts, assumptions)
        if not known:
            return None
        if model is None:
            if not assumptions:
                self.done = True
                if self.known.best is None:
                    self.known.none = True
                else:
                    self.known.at_least(self.known.best[0])
            return True
        self._take(model)
        return False

    def _take(self, model: Sequence[int]) -> None:
        chosen = self.model.choice(model)
        best = self.known.best
        if chosen is not None and (best is None or chosen[0] < best[0]):
            self.known.better(*chosen)
        elif self.model.exact:
            raise InternalError("a model of the clauses has another cost; please report the instance file")
        else:
            # Cheap only because it is not known what it costs: more of these are of no use.
            self._above = False

    def _send(self) -> None:
        """Send all clauses, with the one that asks for less than the best cost."""
        encoding, best, total = self.model.encoding, self.known.best, self.model.total
        if best is not None and total is not None and best[0] != self._below:
            self._below = best[0]
            encoding.book.clause("t", (-total.lower(normal(best[0] - self.model.base)),))
        encoding.finish()
        flat = encoding.book.flat
        self.run.progress(f"{self.name}: {len(encoding.book):,} clauses")
        self.solver.add(flat[self._sent :])
        self._sent = len(flat)
