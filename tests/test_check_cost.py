"""How long a check will take: predicted from the sizes that a certificate declares, told, and kept within limits."""

from __future__ import annotations

from random import Random
from time import monotonic, perf_counter
from typing import Any

import pytest

import dnnt
from dnnt import check_cost, confirming, pipeline
from dnnt.certificate import Nonnegative, ReachableStates
from dnnt.checking import Verdict
from dnnt.instance import Instance
from dnnt.running import Observer, Run

SIZES = (("pre", 9), ("unit", 9), ("left", 80), ("right", 80), ("last", 5))


def _far() -> Instance:
    """Targets that no parameters meet, so that the lower part has sets to rebuild."""
    rng = Random(5)
    hidden = {"units": 4, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
    last = {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [-1, 0, 1]}
    samples = [(tuple(rng.randint(-3, 3) for _ in range(3)), (rng.choice((-30, 30)) + index,)) for index in range(4)]
    return dnnt.layered(3, [hidden, last], samples)


def test_small_checks_are_not_predicted() -> None:
    """What is over soon costs a glance at the sizes."""
    small = ReachableStates(((0, 2),), "targets", SIZES)
    assert check_cost.is_small(small) and check_cost.is_small(Nonnegative())
    assert not check_cost.is_small(ReachableStates(((0, 2),), "targets", (*SIZES[:-1], ("last", 10**6))))
    least = 1.0
    for _ in range(100):
        started = perf_counter()
        check_cost.is_small(small)
        least = min(least, perf_counter() - started)
    assert least < 2e-5


def test_figure_and_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seconds are among the figures and in the progress line, and no check takes far longer."""
    monkeypatch.setattr(check_cost, "SMALL", 0)
    told: list[str] = []
    for method in ("auto", "reachable"):
        watched = Run(observer=Observer(state=lambda now: told.append(now.doing)))
        answer = pipeline.solve(_far(), method=method, run=watched)
        assert (answer.status, answer.assurance) == ("optimal", "checked")
        assert 0 < answer.stats["check_seconds"] < 60
        assert any(doing.startswith("checking the certificate, about ") for doing in told)
        started = monotonic()
        assert dnnt.check(_far(), answer.certificate).valid
        assert monotonic() - started < 20 * answer.stats["check_seconds"] + 1
    without = dnnt.solve(_far(), check=False)
    assert "check_seconds" not in without.stats


@pytest.mark.parametrize("size", [10**6, 10**400])
def test_any_size(size: int) -> None:
    """Sizes that nothing could handle are predicted to take for ever, and many groups are not looked at one by one."""
    from dnnt.reachable.from_layers import program_of

    program = program_of(_far())
    grounds = ReachableStates(((0, 2),), "points", tuple((name, size) for name, _ in SIZES))
    assert check_cost.check_seconds(program, grounds, 1000) > 0.1
    window = ReachableStates(((0, 2),), "targets", SIZES, window=True, cuts=((1, 1, 1, 1),))
    assert check_cost.check_seconds(program, window, 1000) > 0
    items = dnnt.SubsetSum(tuple(3 * i + 1 for i in range(300)), 1000)
    many = program_of(dnnt.reduce("subset-sum-to-dnnt", items).target)
    assert len(many.units) == 300
    assert check_cost.check_seconds(many, grounds, 1000) > 0


def test_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that does not fit ends with the limit; what was found stays, and the reason says why."""

    def slow(raw: bytes, claim: bytes, budget: float, memory: int | None, watch: Any) -> Verdict:
        started = monotonic()
        while monotonic() - started < budget:
            watch()
        return Verdict(False, "", None, None, False, "INVALID too much work")

    monkeypatch.setattr(check_cost, "SMALL", 0)
    monkeypatch.setattr(confirming, "check_seconds", lambda *_: 1e3)
    monkeypatch.setattr(confirming, "verdict", slow)
    started = monotonic()
    answer = dnnt.solve(_far(), time_limit=1.5)
    assert monotonic() - started < 2.5
    assert (answer.status, answer.stop, answer.assurance) == ("optimal", "time", "claimed")
    assert answer.loss == answer.bound and answer.parameters is not None
    assert "its check, of about 1e+03 s at most, did not fit" in answer.reason
    assert answer.stats["check_seconds"] == 1000


@pytest.mark.parametrize(("method", "stop", "code"), [("auto", "exhausted", 3), ("reachable", "claimed", 0)])
def test_too_much_work_without_a_limit(method: str, stop: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit came, so none is named: `auto` has nothing left to try, a method asked for by name claims its answer."""
    refused = Verdict(False, "", None, None, False, "INVALID too much work: a set of 10^30 vectors")
    monkeypatch.setattr(confirming, "verdict", lambda *_: refused)
    answer = dnnt.solve(_far(), method=method)
    assert (answer.status, answer.stop, answer.assurance, answer.exit_code) == ("optimal", stop, "claimed", code)
    assert "more work than dnnt_check takes on" in answer.reason
    assert "did not fit" not in answer.reason
    limited = dnnt.solve(_far(), method=method, time_limit=60)
    assert (limited.status, limited.stop, limited.assurance, limited.exit_code) == ("optimal", "time", "claimed", 3)


def test_too_much_work_after_an_interrupt() -> None:
    """The little time that an interrupt leaves for the check is not the time limit's."""
    run = Run()
    run.interrupt()
    assert confirming._blamed(run) == "interrupt"
    assert confirming._blamed(Run(5.0)) == "time"
    assert confirming._blamed(Run()) is None
