"""A limit at any moment: what is reported then is true, checked, and no more than was proved.

The run is stopped at a given number of polls, not after a time, so that every test is the same each time.
"""

from __future__ import annotations

from random import Random

import pytest

import dnnt
from dnnt import Answer
from dnnt.certificate import Nonnegative
from dnnt.methods.base import DECIDE, MINIMIZE
from dnnt.pipeline import solve
from dnnt.running import Run, Stop
from dnnt.testing import Oracle, forced, oracle, random_any, random_two_layer, takers


class Counted(Run):
    """A run that stops at its poll number `last`."""

    def __init__(self, last: int | None, kind: str) -> None:
        super().__init__()
        self.polls = 0
        self.last = last
        self.kind = kind

    def poll(self) -> None:
        """Count, and stop when it is time."""
        self.polls += 1
        if self.last is not None and self.polls >= self.last:
            raise Stop(self.kind)


def check_stopped(instance: dnnt.Instance, truth: Oracle, answer: Answer, kind: str) -> None:
    """What an answer must be whose run was stopped."""
    least, gamma = truth.least, instance.gamma
    assert least is not None
    assert answer.parameters is not None
    said = dnnt.evaluate(instance, answer.parameters)
    assert said.inside
    assert answer.loss == said.total
    assert answer.loss >= least
    assert answer.bound is None or answer.bound <= least
    assert answer.assurance == "checked"
    assert answer.bound_assurance in ("checked", None)
    if answer.stop == "proved":
        # The goal was reached all the same: by the first parameters, or at the very end.
        assert answer.exit_code == 0
        assert answer.status in ("optimal", "feasible", "infeasible")
        assert answer.answer == (None if gamma is None else "yes" if least <= gamma else "no")
        return
    assert answer.stop == kind
    assert answer.exit_code == 3
    if answer.goal == DECIDE:
        assert (answer.status, answer.answer) == ("unknown", "unknown")
        assert gamma is not None
        assert answer.loss > gamma
    else:
        assert answer.status == "feasible"
        if gamma is None:
            assert answer.answer is None
        else:
            assert answer.answer in ("unknown", "yes" if least <= gamma else "no")
        assert (answer.answer == "yes") == (gamma is not None and answer.loss <= gamma)
    assert answer.bound is not None
    assert answer.bound_assurance == "checked"


@pytest.mark.parametrize("kind", ["time", "memory", "interrupt"])
@pytest.mark.parametrize("seed", range(16))
def test_stopped_at_any_poll(seed: int, kind: str) -> None:
    rng = Random(seed)
    instance = (random_two_layer if seed % 3 else random_any)(rng)
    while instance.has_empty_space:  # Without parameters nothing is searched.
        instance = random_two_layer(rng)
    truth = oracle(instance)
    with forced(targets=seed % 2 == 0):
        for method in takers(instance):
            for goal in (MINIMIZE,) if instance.gamma is None else (MINIMIZE, DECIDE):
                whole = Counted(None, kind)
                solve(instance, goal, method, whole)
                for last in sorted({1, 2, 3, whole.polls, *rng.sample(range(1, whole.polls + 1), min(4, whole.polls))}):
                    answer = solve(instance, goal, method, Counted(last, kind))
                    check_stopped(instance, truth, answer, kind)


def test_bounds_grow_while_targets_are_listed() -> None:
    """Method `reachable` proves bounds above 0 on its way, and the checker passes them."""
    found = set()
    for seed in range(30):
        instance = random_two_layer(Random(seed))
        truth = oracle(instance)
        if not truth.least:
            continue
        with forced(targets=True):
            whole = Counted(None, "time")
            solve(instance, MINIMIZE, "reachable", whole)
            answer = solve(instance, MINIMIZE, "reachable", Counted(whole.polls, "time"))
        check_stopped(instance, truth, answer, "time")
        assert answer.certificate is not None
        assert answer.certificate.lower is not None
        found.add(isinstance(answer.certificate.lower.grounds, Nonnegative))
    assert False in found


def test_need_is_refused_in_time() -> None:
    run = Run(memory_limit=1)
    with pytest.raises(Stop, match="memory"):
        run.need(1 << 30, "a table")
    with pytest.raises(Stop, match="memory"):
        Run().need(1 << 60, "a table")
    Run().need(1, "next to nothing")
