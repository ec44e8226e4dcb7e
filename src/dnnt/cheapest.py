"""Of all parameters with a loss that is low enough the cheapest: which search finds them, as an ordered table.

Independent parts are searched one by one where each must have its least loss: then their costs add up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from dnnt.annotations.cheapest import cheapest_parameters
from dnnt.clausal.cheapest import cheapest as by_clauses, suits as clauses_suit
from dnnt.columns.cheapest import cheapest as by_columns
from dnnt.evaluation import loss_of
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.local_search.cheaper import sparsify
from dnnt.methods import method
from dnnt.methods.base import Cost
from dnnt.neuron.cheapest import cheapest as by_branching
from dnnt.parameters import Parameters, first_choice
from dnnt.running import Incumbent, Run, Stop
from dnnt.simplify.parts import Parts, parts_of
from dnnt.simplify.prices import cost_of

Better = Callable[[Number, Parameters], None]
"""Told of cheaper choices on the way: what they cost, and the parameters."""

AtLeast = Callable[[Number], None]
"""Told of bounds: what all choices cost at least."""

Found = tuple[Number, Parameters] | None
"""The least cost, and parameters that have it; None where no parameters have a loss that is low enough."""

QUICK = 0.5
"""Seconds below which sets of states, or trying every choice, are preferred."""

FIRST_TRY = 0.5
"""Seconds of the first local search; each of the next ones takes twice as long, from the best that was found."""

PATIENCE = 100.0
"""Seconds that a search over columns may be predicted to take, if there is another one."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A row of the table: whether the search suits an instance, the search, and seconds of local search before it."""

    name: str
    suits: Callable[[Instance], bool]
    search: Callable[[Instance, str, Number, Run, Better, AtLeast], Found]
    luck: float = 0.0


def _seconds(name: str, instance: Instance) -> float:
    """What a method would take to find the least loss; infinity where it does not take the instance."""
    said = method(name).assess(instance)
    return said.seconds if isinstance(said, Cost) else float("inf")


def _by_annotations(
    instance: Instance, kind: str, threshold: Number, run: Run, better: Better, at_least: AtLeast
) -> Found:
    return cheapest_parameters(instance, kind, threshold, run)


def _by_branching(
    instance: Instance, kind: str, threshold: Number, run: Run, better: Better, at_least: AtLeast
) -> Found:
    return by_branching(instance, kind, threshold, run, better, at_least)


def _by_columns(instance: Instance, kind: str, threshold: Number, run: Run, better: Better, at_least: AtLeast) -> Found:
    return by_columns(instance, kind, threshold, run, at_least)


ENGINES = (
    Engine(
        "states or every choice",
        lambda instance: min(_seconds("reachable", instance), _seconds("brute-force", instance)) <= QUICK,
        _by_annotations,
    ),
    Engine("branch", lambda instance: _seconds("branch", instance) < float("inf"), _by_branching),
    Engine("columns", lambda instance: _seconds("columns", instance) <= PATIENCE, _by_columns),
    Engine("clauses", clauses_suit, by_clauses, 3.0),
    Engine("states or every choice", lambda instance: True, _by_annotations, 60.0),
)
"""In the order in which they are asked; the last one takes everything, and may refuse it for its size."""


def cheapest(
    instance: Instance, kind: str, threshold: Number, tight: bool, run: Run, better: Better, at_least: AtLeast
) -> Found:
    """The cheapest parameters with a loss of at most `threshold`; `tight` says that none have a smaller loss.

    The run's incumbent, if its loss is low enough, is where searches begin. `better` is told of cheaper parameters on
    the way, `at_least` of bounds. Raises `MethodUnsuitable`, `TooLarge` and `Stop`.
    """
    parts = parts_of(instance) if tight and run.incumbent is not None else None
    if parts is not None and (parts.additive or threshold == 0):
        return _InParts(instance, parts, kind, run, better, at_least).found()
    return _searched(instance, kind, threshold, run, better, at_least)


def _searched(instance: Instance, kind: str, threshold: Number, run: Run, better: Better, at_least: AtLeast) -> Found:
    """By the first search that suits; where that may take long, local search makes its beginning cheaper."""
    engine = next(engine for engine in ENGINES if engine.suits(instance))
    if not engine.luck or run.incumbent is None or run.incumbent.loss > threshold:
        return engine.search(instance, kind, threshold, run, better, at_least)
    lucky = run.part(run.observer)
    run.follow(lucky)
    lucky.incumbent = run.incumbent
    end = monotonic() + engine.luck
    seconds = FIRST_TRY
    value = cost_of(run.incumbent.parameters, kind)
    while monotonic() < end:
        found = sparsify(instance, kind, threshold, lucky, min(seconds, end - monotonic()))
        seconds *= 2
        if found is not None and found[0] < value:
            value = found[0]
            better(*found)
            lucky.incumbent = Incumbent(found[1], loss_of(instance, found[1]))
        lucky.seed += 1
    return engine.search(instance, kind, threshold, lucky, better, at_least)


class _InParts:
    """Parts one by one: each has its least loss, or the whole would not have. What is proved of their costs adds up."""

    def __init__(
        self, instance: Instance, parts: Parts, kind: str, run: Run, better: Better, at_least: AtLeast
    ) -> None:
        assert run.incumbent is not None, "what is least has been found"
        self.parts = parts
        self.kind = kind
        self.run = run
        self.better = better
        self.at_least = at_least
        self.chosen = [run.incumbent.parameters] * len(parts.parts)
        # A part has all slots of the whole; those that it does not need are as cheap as can be.
        self.floor = cost_of(first_choice(instance.network), kind)
        self.bounds = [self.floor] * len(parts.parts)

    def found(self) -> Found:
        """The cheapest parameters. Where there is a time limit each part has its share first, then what is left."""
        left = list(range(len(self.parts.parts)))
        if self.run.time_limit is not None:
            left = [k for place, k in enumerate(left) if not self._ended(k, len(left) - place + 1)]
        for k in left:
            self._ended(k, 1)
        # What no part needs is as cheap as can be in each of them.
        made = self.parts.assembled(self.chosen[0], self.chosen)
        return cost_of(made, self.kind), made

    def _ended(self, k: int, shares: int) -> bool:
        """Whether the search in a part ends within one of so many shares of the time."""
        part, run = self.parts.parts[k], self.run
        incumbent = run.incumbent
        assert incumbent is not None, "there was one before"
        alone = run.part(run.observer)
        run.follow(alone)
        least = loss_of(part.instance, incumbent.parameters)
        start = self.chosen[k]
        alone.offer(start, least)
        if run.time_limit is not None and shares > 1:
            alone.time_limit = run.seconds + (run.time_limit - run.reserve - run.seconds) / shares + run.reserve

        def told(value: Number, parameters: Parameters) -> None:
            self.chosen[k] = parameters
            made = self.parts.assembled(incumbent.parameters, self.chosen)
            self.better(cost_of(made, self.kind), made)

        def bounded(bound: Number) -> None:
            if bound > self.bounds[k]:
                self.bounds[k] = bound
                self.at_least(normal(self.floor + sum([each - self.floor for each in self.bounds])))

        run.progress(f"part {k + 1} of {len(self.parts.parts)}", k / len(self.parts.parts))
        try:
            found = _searched(part.instance, self.kind, least, alone, told, bounded)
        except Stop as stop:
            if stop.kind != "time" or shares == 1:
                raise
            run.check()
            return False
        assert found is not None, "the part has parameters of that loss"
        told(*found)
        bounded(found[0])
        return True
