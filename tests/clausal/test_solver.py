"""The solver's process: models, assumptions, and an end at any moment."""

from __future__ import annotations

import os
import threading
import time

import pytest

from dnnt.clausal.solver import Solver
from dnnt.running import Run, Stop
from tests.clausal.test_proof import flat, pigeons


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_models_and_assumptions() -> None:
    with Solver(Run(), False) as solver:
        solver.add(flat([[1, 2], [-1, 3], [-2, 3]]))
        model = solver.solve()
        assert model is not None and 3 in model
        assert solver.solve([-3]) is None
        solver.add(flat([[-1]]))
        solver.prefer([2])
        assert solver.solve() == [-1, 2, 3]
        solver.add(flat([[-3]]))
        assert solver.solve() is None


def hard(run: Run) -> int:
    """Work that takes hours, in another process; its number after a limit has come."""
    with Solver(run, True) as solver:
        process = solver._process.pid
        solver.add(flat(pigeons(14)))
        with pytest.raises(Stop) as stop:
            solver.solve()
    assert gone(process)
    assert stop.value.kind in ("time", "memory", "interrupt")
    return ("time", "memory", "interrupt").index(stop.value.kind)


def test_a_time_limit_ends_it() -> None:
    started = time.monotonic()
    assert hard(Run(time_limit=0.3)) == 0
    assert time.monotonic() - started < 5


def test_an_interrupt_ends_it() -> None:
    run = Run()
    threading.Timer(0.3, run.interrupt).start()
    assert hard(run) == 2


def test_the_memory_of_the_process_counts() -> None:
    from dnnt.running.run import MIB, resident_bytes

    assert hard(Run(memory_limit=resident_bytes() / MIB + 10)) == 1


def test_a_process_that_ends_by_itself_is_out_of_memory() -> None:
    with Solver(Run(), False) as solver:
        solver._process.kill()
        with pytest.raises(Stop) as stop:
            solver.add(flat(pigeons(4)))
            solver.solve()
    assert stop.value.kind == "memory"


def test_two_solvers_beside_each_other() -> None:
    with Solver(Run(), True) as one, Solver(Run(), False, ("seed=3", "phase=1")) as other:
        one.add(flat(pigeons(12)))
        other.add(flat(pigeons(7)))
        one.begin()
        other.begin()
        while (said := other.ended(one)) is None:
            pass
        assert said == (True, None)
        assert one.ended() is None
    with Solver(Run(), False) as limited:
        limited.add(flat(pigeons(12)))
        limited.begin(10)
        while (said := limited.ended()) is None:
            pass
        assert said == (False, None)
