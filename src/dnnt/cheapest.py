"""Of all parameters with a loss that is low enough the cheapest: which search finds them, as an ordered table.

Independent parts are searched one by one where each must have its least loss: then their costs add up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from dnnt.annotations.cheapest import cheapest_parameters
from dnnt.clausal.cheapest import cheapest as by_clauses
from dnnt.columns.cheapest import cheapest as by_columns
from dnnt.evaluation import loss_of
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.local_search.cheaper import sparsify
from dnnt.methods import method
from dnnt.methods.base import Cost
from dnnt.neuron.cheapest import cheapest as by_branching
from dnnt.parameters import Parameters
from dnnt.running import Incumbent, Run
from dnnt.simplify.parts import Parts, parts_of
from dnnt.simplify.prices import cost_of

Better = Callable[[Number, Parameters], None]
"""Told of cheaper choices on the way: what they cost, and the parameters."""

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
    search: Callable[[Instance, str, Number, Run, Better], Found]
    luck: float = 0.0


def _seconds(name: str, instance: Instance) -> float:
    """What a method would take to find the least loss; infinity where it does not take the instance."""
    said = method(name).assess(instance)
    return said.seconds if isinstance(said, Cost) else float("inf")


def _by_annotations(instance: Instance, kind: str, threshold: Number, run: Run, better: Better) -> Found:
    return cheapest_parameters(instance, kind, threshold, run)


def _by_columns(instance: Instance, kind: str, threshold: Number, run: Run, better: Better) -> Found:
    return by_columns(instance, kind, threshold, run)


ENGINES = (
    Engine(
        "states or every choice",
        lambda instance: min(_seconds("reachable", instance), _seconds("brute-force", instance)) <= QUICK,
        _by_annotations,
    ),
    Engine("branch", lambda instance: _seconds("branch", instance) < float("inf"), by_branching),
    Engine("columns", lambda instance: _seconds("columns", instance) <= PATIENCE, _by_columns),
    Engine("clauses", lambda instance: _seconds("sat", instance) < float("inf"), by_clauses, 3.0),
    Engine("states or every choice", lambda instance: True, _by_annotations, 60.0),
)
"""In the order in which they are asked; the last one takes everything, and may refuse it for its size."""


def cheapest(instance: Instance, kind: str, threshold: Number, tight: bool, run: Run, better: Better) -> Found:
    """The cheapest parameters with a loss of at most `threshold`; `tight` says that none have a smaller loss.

    The run's incumbent, if its loss is low enough, is where searches begin. Raises `MethodUnsuitable`, `TooLarge` and
    `Stop`.
    """
    parts = parts_of(instance) if tight and run.incumbent is not None else None
    if parts is not None and (parts.additive or threshold == 0):
        return _in_parts(instance, parts, kind, run, better)
    return _searched(instance, kind, threshold, run, better)


def _searched(instance: Instance, kind: str, threshold: Number, run: Run, better: Better) -> Found:
    """By the first search that suits; where that may take long, local search makes its beginning cheaper."""
    engine = next(engine for engine in ENGINES if engine.suits(instance))
    if not engine.luck or run.incumbent is None or run.incumbent.loss > threshold:
        return engine.search(instance, kind, threshold, run, better)
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
    return engine.search(instance, kind, threshold, lucky, better)


def _in_parts(instance: Instance, parts: Parts, kind: str, run: Run, better: Better) -> Found:
    """Each part has its least loss, or the whole would not have."""
    incumbent = run.incumbent
    assert incumbent is not None, "what is least has been found"
    chosen: list[Parameters] = []
    for number, part in enumerate(parts.parts):
        alone = run.part(run.observer)
        run.follow(alone)
        least = loss_of(part.instance, incumbent.parameters)
        alone.offer(incumbent.parameters, least)

        def told(value: Number, parameters: Parameters, number: int = number) -> None:
            made = _assembled(parts, [*chosen, parameters], incumbent.parameters)
            better(cost_of(made, kind), made)

        run.progress(f"the {kind} parameters: part {number + 1} of {len(parts.parts)}", number / len(parts.parts))
        found = _searched(part.instance, kind, least, alone, told)
        if found is None:
            return None
        told(*found)
        chosen.append(found[1])
    # What no part needs is as cheap as can be in each of them.
    made = _assembled(parts, chosen, chosen[0])
    return cost_of(made, kind), made


def _assembled(parts: Parts, chosen: list[Parameters], others: Parameters) -> Parameters:
    """Parameters with the first parts as chosen, and the other ones as in `others`."""
    return parts.assembled(chosen[0], chosen + [others] * (len(parts.parts) - len(chosen)))
