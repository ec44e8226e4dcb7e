"""The second goal: among all parameters of a loss that is low enough, the sparsest or the smallest (`--then`)."""

from __future__ import annotations

from dnnt.annotations import deep, walk, windows
from dnnt.annotations.assembling import is_grouped, of_groups
from dnnt.annotations.semirings import costs_of
from dnnt.annotations.subject import DEEP, EMPTY, NO_SAMPLES, subject_of
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.parameters import Parameters, first_choice
from dnnt.running import Run
from dnnt.simplify.prices import check_kind, cost_of
from dnnt.spaces import Finite, finite


def cheapest_parameters(instance: Instance, kind: str, threshold: Number, run: Run) -> tuple[Number, Parameters] | None:
    """Among all parameters with a total loss of at most `threshold` the least cost, and a choice that has it.

    `kind` is `sparsest` (the number of weights other than 0) or `smallest` (the sum of the absolute values of all
    weights); biases cost nothing. None where no parameters have such a loss. Any network is taken: two-layer ones by
    the expression tree with costs, others by trying every choice. Raises `MethodUnsuitable` for continuous instances,
    `TooLarge` where parameters are too many to write down, and `Stop` where a limit comes, a set would not fit, or
    trying every choice is hopeless.
    """
    check_kind(kind)
    subject = subject_of(instance)
    if subject.kind == EMPTY or threshold < 0:
        return None
    if subject.kind == NO_SAMPLES:
        chosen = first_choice(instance.network)  # Every value is closest to 0.
        return cost_of(chosen, kind), chosen
    if subject.kind == DEEP:
        deep.check_hope(instance)
        return deep.cheapest(instance, kind, threshold, run)
    semiring = costs_of(kind, _weight_spaces(instance))
    two = subject.read(semiring, run, threshold)
    best: tuple[int, int] | None = None
    for loss, key, cost in two.states.by_loss():
        if loss > threshold:
            break
        if best is None or cost < best[0]:
            best = (cost, key)
    if best is None:
        return None
    cost, key = best
    run.progress("parameters of least cost")
    root = walk.Root(two.reading.left, two.reading.right)
    a, b = walk.cheapest_way(root, key, cost, semiring)
    rest = walk.cheapest(two.reading.right, b, semiring, run)
    total = semiring.unscaled(semiring.times(cost, two.free.annotation(semiring)))
    if two.reading.windowed is not None:
        _, unit = two.reading.windowed
        counted = windows.counted_units(two.reading.left, unit, a, semiring, run)
        units = [(walk.cheapest(unit, each, semiring, run), times) for each, times in sorted(counted.items())]
        if is_grouped(instance.network, two.reading.program):
            return total, of_groups(instance.network, two.reading, units, rest)
        values = [value for chosen, times in units for _ in range(times) for value in chosen]
    else:
        values = walk.cheapest(two.reading.left, a, semiring, run)
    free = [semiring.cheapest(of, weight) for of, weight in zip(two.free.spaces, two.free.weights, strict=True)]
    return total, two.assembler(values + rest, free)


def _weight_spaces(instance: Instance) -> list[Finite]:
    return list({finite(of) for of, count, _ in instance.network.slot_groups() if count})
