"""What stops a run: ticks inside work that does not poll, and interrupts that come once or again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dnnt import interrupts
from dnnt.interrupts import Latch
from dnnt.running import Run, Stop, ticking


def busy(seconds: float = 60.0) -> int:
    """One expression that polls nothing, for at most about so long."""
    run = Run()
    return sum(1 for _ in iter(lambda: run.seconds < seconds, False))


@pytest.fixture
def timer() -> Iterator[None]:
    """The timer and its signal are left as they were found."""
    yield
    assert signal.getsignal(signal.SIGVTALRM) == signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_a_limit_ends_work_that_does_not_poll(timer: None) -> None:
    run = Run(time_limit=0.1)
    with pytest.raises(Stop) as stopped, ticking(run.check):
        busy()
    assert stopped.value.kind == "time"
    assert run.seconds < 30


def test_an_interrupt_ends_work_that_does_not_poll(timer: None) -> None:
    run = Run()
    run.interrupt()
    with pytest.raises(Stop) as stopped, ticking(run.check):
        busy()
    assert stopped.value.kind == "interrupt"


def test_what_a_tick_raises_comes_once(timer: None) -> None:
    """So that whoever handles it is left in peace."""
    run = Run(time_limit=0)
    with ticking(run.check):
        with pytest.raises(Stop):
            busy()
        busy(0.3)


def test_nothing_is_raised_inside_a_compiler(timer: None) -> None:
    """What is raised while LLVM calls back would be lost, or worse: the tick after it counts."""
    from numba import njit

    def loop(n: int) -> float:
        total = 0.0
        for k in range(n):
            total += k**0.5 if k % 3 else max(total, 2.0)
        return total

    jit: Any = njit
    made: list[float] = []
    with pytest.raises(Stop), ticking(Run(time_limit=0).check):
        made.append(jit(loop)(3))
        busy()
    assert made == [loop(3)]


def test_work_that_ends_in_time_is_not_disturbed(timer: None) -> None:
    run = Run(time_limit=1000)
    with ticking(run.check):
        assert busy(0.2) > 0


def test_somebody_elses_timer_is_left_alone() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGVTALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.02)
        with ticking(Run(time_limit=0).check):
            busy(0.3)
        assert rung == [signal.SIGVTALRM]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_other_threads_run_on() -> None:
    """Signals are for the main thread alone."""
    done: list[int] = []

    def work() -> None:
        with ticking(Run(time_limit=0).check):
            done.append(busy(0.1))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert done


def test_limits_of_any_size() -> None:
    """A limit that no machine has is none; what is left is never below 0."""
    for limit in (1e308, float("inf"), 10**400, None):
        assert Run(memory_limit=limit).memory_limit is None
        assert Run(memory_limit=limit).room > 0
    assert Run(memory_limit=0).room == 0
    with pytest.raises(Stop):
        Run(memory_limit=0).check()
    Run(memory_limit=0).check_first()


def test_interrupts_that_come_together_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one within a second changes nothing; a later one is impatience."""
    now, asked = [100.0], []
    monkeypatch.setattr(interrupts, "monotonic", lambda: now[0])
    latch = Latch()
    latch.ask()
    latch.forward(lambda: asked.append(1))
    assert asked == [1]
    now[0] += 0.9
    latch.ask()
    assert asked == [1]
    now[0] += 0.2
    with pytest.raises(KeyboardInterrupt):
        latch.ask()
