"""How many parameters are good enough, draws among them, and a list of them.

*Good enough* means a total loss of at most gamma; without a gamma it means the least loss. All three questions read the
same expression tree with counts; none of them holds the choices.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from random import Random

from dnnt.annotations import deep, walk
from dnnt.annotations.assembling import Assembler, check_size
from dnnt.annotations.free import choices as all_choices
from dnnt.annotations.results import Chosen, Count
from dnnt.annotations.semirings import Counts
from dnnt.annotations.states import State
from dnnt.annotations.subject import DEEP, EMPTY, NO_SAMPLES, Subject, TwoLayers, subject_of
from dnnt.errors import InvalidInput, TooLarge
from dnnt.exact import Number
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.running import Run, Stop, ticking


class _Tally:
    """Counts by increasing loss, up to gamma (or the least loss), as far as they have come."""

    def __init__(self, gamma: Number | None) -> None:
        self.gamma = gamma
        self.loss: Number | None = None
        self.count = 0

    def wants(self, loss: Number) -> bool:
        """Whether choices of this loss are counted; losses are given in increasing order."""
        if self.loss is None:
            self.loss = loss
        return loss <= (self.loss if self.gamma is None else self.gamma)


def count_within(
    instance: Instance, run: Run, gamma: Number | None = None, histogram: bool = False, file: str | None = None
) -> Count:
    """Count the choices of parameters with a loss of at most gamma (None: of the least loss), under a run's limits.

    Raises `MethodUnsuitable` for continuous instances; limits make a `Count` without a count.
    """
    try:
        sha256 = instance_file.sha256(instance)
    except InvalidInput:
        sha256 = ""
    tally = _Tally(gamma)
    bars: Counter[Number] = Counter()
    try:
        with ticking(run.check):
            subject = subject_of(instance)
            _count(subject, tally, bars if histogram else None, run)
    except (Stop, TooLarge, MemoryError) as error:
        stop, reason = _why(error, run)
        return Count(file, sha256, gamma, tally.loss, None, None, stop=stop, reason=reason, at_least=tally.count)
    made = tuple(sorted(bars.items())) if histogram else None
    return Count(file, sha256, gamma, tally.loss, tally.count, made)


UNSUITABLE = "unsuitable"
"""No limit came, but what was asked would take so long that it was not begun."""


def _why(error: Stop | TooLarge | MemoryError, run: Run) -> tuple[str, str]:
    """What came first, and the reason in words."""
    if not isinstance(error, Stop):
        return "memory", str(error) or "memory ran out"
    if error.predicted:
        return UNSUITABLE if error.kind == "time" else error.kind, error.detail
    if error.detail:
        return error.kind, error.detail
    limit = "" if run.time_limit is None else f" of {run.time_limit:g} s"
    return error.kind, {"time": f"the time limit{limit} came first", "interrupt": "an interrupt came first"}.get(
        error.kind, f"the {error.kind} limit came first"
    )


def _count(subject: Subject, tally: _Tally, bars: Counter[Number] | None, run: Run) -> None:
    instance = subject.instance
    if subject.kind == EMPTY:
        return
    if subject.kind == NO_SAMPLES:
        total = all_choices(instance.network)
        if tally.wants(0):
            tally.count = total
        if bars is not None:
            bars[0] = total
        return
    if subject.kind == DEEP:
        _count_deep(instance, tally, bars, run)
        return
    two = subject.read(Counts(), run)
    times = two.free.choices
    if bars is not None:
        for loss, ways in sorted(two.states.histogram().items()):
            bars[loss] = ways * times
            if tally.wants(loss):
                tally.count += ways * times
        return
    for loss, _, ways in two.states.by_loss():
        if not tally.wants(loss):
            break
        tally.count += ways * times


def _count_deep(instance: Instance, tally: _Tally, bars: Counter[Number] | None, run: Run) -> None:
    times = deep.dead_of(instance.network.graph()).choices
    losses: Counter[Number] = Counter()
    try:
        _deep_histogram(instance, None if bars is not None else tally.gamma, bars is None, run, losses)
    except Stop:
        if tally.gamma is not None:
            tally.count = times * sum(count for loss, count in losses.items() if loss <= tally.gamma)
        raise
    for loss in sorted(losses):
        if tally.wants(loss):
            tally.count += losses[loss] * times
        if bars is not None:
            bars[loss] += losses[loss] * times


def _deep_histogram(
    instance: Instance, gamma: Number | None, few: bool, run: Run, losses: Counter[Number]
) -> Counter[Number]:
    """Count losses of choices of live parameters. `few`: the least, and those at most gamma, will do."""
    deep.check_hope(instance)
    least: Number | None = None
    for loss in deep.histogram(instance, run):
        if least is None or loss < least:
            if few and least is not None and (gamma is None or least > gamma):
                del losses[least]
            least = loss
        if not few or loss == least or (gamma is not None and loss <= gamma):
            losses[loss] += 1
    return losses


def _good(two: TwoLayers, gamma: Number | None) -> Iterator[State]:
    """The states that are good enough, by increasing loss."""
    tally = _Tally(gamma)
    for state in two.states.by_loss():
        if not tally.wants(state[0]):
            return
        yield state


def sample_within(instance: Instance, draws: int, seed: int, run: Run, gamma: Number | None = None) -> Iterator[Chosen]:
    """Independent uniform draws among the good parameters; none where there are none. The same for the same seed.

    Raises `MethodUnsuitable`, `TooLarge`, and `Stop` where a limit comes.
    """
    return _draws(subject_of(instance), draws, Random(seed), run, gamma)


def _draws(subject: Subject, draws: int, rng: Random, run: Run, gamma: Number | None) -> Iterator[Chosen]:
    instance = subject.instance
    if subject.kind == EMPTY or draws <= 0:
        return
    check_size(instance.network)
    if subject.kind == NO_SAMPLES:
        if gamma is None or gamma >= 0:
            made = Assembler(instance.network, None, subject.free)
            for _ in range(draws):
                run.poll()
                yield Chosen(0, made((), subject.free.draw(rng)))
        return
    if subject.kind == DEEP:
        yield from _sample_deep(instance, draws, rng, run, gamma)
        return
    two = subject.read(Counts(), run)
    states = list(_good(two, gamma))
    if not states:
        return
    sums = list(accumulate(state[2] for state in states))
    sampler = walk.Sampler(two.reading.semiring, rng, run)
    root = walk.Root(two.reading.left, two.reading.right)
    for _ in range(draws):
        run.poll()
        loss, key, _ = states[bisect_right(sums, rng.randrange(sums[-1]))]
        values = sampler.draw((root, key))
        yield Chosen(loss, two.assembler(values, two.free.draw(rng)))


def _sample_deep(instance: Instance, draws: int, rng: Random, run: Run, gamma: Number | None) -> Iterator[Chosen]:
    losses = _deep_histogram(instance, gamma, True, run, Counter())
    limit = min(losses) if gamma is None else gamma
    total = sum(count for loss, count in losses.items() if loss <= limit)
    if not total:
        return
    free = deep.dead_of(instance.network.graph())
    for loss, parameters in deep.drawn(instance, limit, total, draws, rng, run):
        yield Chosen(loss, deep.replaced(parameters, free, free.draw(rng)))


def enumerate_within(instance: Instance, run: Run, gamma: Number | None = None) -> Iterator[Chosen]:
    """Every choice of good parameters once, by increasing loss, always in the same order; made as they are asked for.

    Raises `MethodUnsuitable`, `TooLarge`, and `Stop` where a limit comes.
    """
    return _listed(subject_of(instance), run, gamma)


def _listed(subject: Subject, run: Run, gamma: Number | None) -> Iterator[Chosen]:
    instance = subject.instance
    if subject.kind == EMPTY:
        return
    check_size(instance.network)
    if subject.kind == NO_SAMPLES:
        if gamma is None or gamma >= 0:
            made = Assembler(instance.network, None, subject.free)
            for values in subject.free.listed():
                run.poll()
                yield Chosen(0, made((), values))
        return
    if subject.kind == DEEP:
        losses = _deep_histogram(instance, gamma, True, run, Counter())
        limit = min(losses) if gamma is None else gamma
        free = deep.dead_of(instance.network.graph())
        good = {loss: count for loss, count in losses.items() if loss <= limit}
        for loss, parameters in deep.by_loss(instance, good, run):
            for each in deep.with_free(parameters, free):
                run.poll()
                yield Chosen(loss, each)
        return
    two = subject.read(Counts(), run)
    root = walk.Root(two.reading.left, two.reading.right)
    for loss, key, _ in _good(two, gamma):
        for values in walk.listed([(root, key)], run):
            for others in two.free.listed():
                run.poll()
                yield Chosen(loss, two.assembler(values, others))
