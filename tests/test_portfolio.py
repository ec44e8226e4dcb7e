"""Methods side by side: incumbents and proofs go both ways, the first proof ends the rest, and no process is left."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

import dnnt
from dnnt import attempt, portfolio
from dnnt.analysis.plan import Plan
from dnnt.certificate import Enumeration
from dnnt.choice import Choice
from dnnt.errors import InternalError
from dnnt.evaluation import loss_of
from dnnt.instance import Instance
from dnnt.methods.base import Cost, Goal, Method
from dnnt.methods.brute_force import METHOD as BRUTE_FORCE
from dnnt.running import MIB, Run, resident_bytes
from dnnt.running.children import Child
from dnnt.testing.oracle import all_parameters, oracle

EDGES = [{"from": "s", "to": "t", "weights": [[1, 2, 3, 4], [0, 1, 2]], "bias": [5, 6]}]
INSTANCE = dnnt.graph(2, [("t", "relu")], ["t"], EDGES, [((1, 2), (3,)), ((2, -1), (9,))])
LEAST = oracle(INSTANCE).least

Work = Callable[[Instance, Goal, Run], None]


class Played(Method):
    """A method that does what a test says."""

    summary = "for tests"

    def __init__(self, name: str, work: Work) -> None:
        self.name = name
        self.work = work

    def assess(self, instance: Instance) -> Cost | str:
        return Cost(1.0, 1.0, "none")

    def plan(self, instance: Instance, run: Run) -> Plan:
        return Plan("none", "none")

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        self.work(instance, goal, run)
        return {"played": self.name}


def forever(instance: Instance, goal: Goal, run: Run) -> None:
    """Work that ends only from outside."""
    while True:
        run.poll()
        sleep(0.005)


def nothing(instance: Instance, goal: Goal, run: Run) -> None:
    """No work."""


def find(instance: Instance, goal: Goal, run: Run) -> None:
    """Offer the best parameters, and go on for ever."""
    for chosen in all_parameters(instance):
        run.offer(chosen, loss_of(instance, chosen))
    forever(instance, goal, run)


def prove_when_found(instance: Instance, goal: Goal, run: Run) -> None:
    """Wait for the best parameters from elsewhere, then prove that none are better."""
    while run.incumbent is None or run.incumbent.loss != LEAST:
        run.poll()
        sleep(0.005)
    run.prove(run.incumbent.loss, False, Enumeration())


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Sets what the first method does and what others do; no process may be left at the end."""

    def set_up(first: Work, *others: Work) -> None:
        made = {f"other{i}": Played(f"other{i}", work) for i, work in enumerate(others)}
        choice = Choice(Played("first", first), "a test", tuple(made))
        monkeypatch.setattr(attempt, "choose", lambda instance, wanted, room: choice)
        monkeypatch.setattr(attempt, "_probe", lambda instance, run: None)
        monkeypatch.setattr(portfolio, "method", made.__getitem__)
        monkeypatch.setattr(portfolio, "PATIENCE", 0.05)

    yield set_up
    assert not multiprocessing.active_children()


def solved(**more: Any) -> dnnt.Answer:
    return dnnt.solve(INSTANCE, goal="minimize", **more)


def test_a_proof_from_beside_ends_the_rest(play: Callable[..., None]) -> None:
    play(forever, BRUTE_FORCE.solve)
    answer = solved(time_limit=30)
    assert (answer.status, answer.loss, answer.assurance, answer.method) == ("optimal", LEAST, "checked", "other0")
    assert "beside" in answer.reason


def test_incumbents_come_from_beside(play: Callable[..., None]) -> None:
    play(prove_when_found, find)
    answer = solved(time_limit=30)
    assert (answer.status, answer.loss, answer.method, answer.stop) == ("optimal", LEAST, "first", "proved")


def test_incumbents_go_there(play: Callable[..., None]) -> None:
    play(find, prove_when_found)
    answer = solved(time_limit=30)
    assert (answer.status, answer.loss, answer.method) == ("optimal", LEAST, "other0")


def test_others_come_one_after_the_other(play: Callable[..., None]) -> None:
    """Also after the first method has ended without the goal."""
    play(nothing, nothing, nothing, BRUTE_FORCE.solve)
    answer = solved(time_limit=30)
    assert (answer.status, answer.method) == ("optimal", "other2")


def test_all_may_end_without_the_goal(play: Callable[..., None]) -> None:
    play(nothing, nothing)
    answer = solved(time_limit=30)
    assert (answer.status, answer.stop, answer.method, answer.exit_code) == ("feasible", "exhausted", "first", 3)


def test_one_thread_is_one_process(play: Callable[..., None]) -> None:
    play(nothing, BRUTE_FORCE.solve)
    assert solved(threads=1).stop == "exhausted"


def test_limits_and_interrupts_end_both(play: Callable[..., None]) -> None:
    play(forever, forever)
    answer = solved(time_limit=1.0)
    assert (answer.stop, answer.status) == ("time", "feasible")
    assert answer.seconds < 10


def test_a_fault_beside_is_reported(play: Callable[..., None]) -> None:
    def fails(instance: Instance, goal: Goal, run: Run) -> None:
        raise ZeroDivisionError("oh")

    play(forever, fails)
    with pytest.raises(InternalError, match="ZeroDivisionError: oh"):
        solved(time_limit=30)


def test_a_process_that_is_killed_is_not_waited_for(play: Callable[..., None]) -> None:
    def dies(instance: Instance, goal: Goal, run: Run) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    play(BRUTE_FORCE.solve, dies)
    assert solved().status == "optimal"
    play(nothing, dies)
    assert solved(time_limit=30).stop == "exhausted"


def enough() -> float:
    """MiB that suffice for this process and one that is forked from it, however large it has become."""
    return 3 * resident_bytes() / MIB + 600


def test_memory_of_both_counts(play: Callable[..., None]) -> None:
    def grows(instance: Instance, goal: Goal, run: Run) -> None:
        kept = []
        while True:
            kept.append(b"1" * (16 << 20))
            sleep(0.02)

    play(forever, grows)
    answer = solved(memory_limit=enough(), time_limit=60)
    assert (answer.stop, answer.status) == ("memory", "feasible")


def test_memory_ends_the_process_beside_alone(play: Callable[..., None]) -> None:
    """It has a share of the limit, and the first method goes on without it."""

    def takes(instance: Instance, goal: Goal, run: Run) -> None:
        run.need(1 << 40, "a test")

    def waits(instance: Instance, goal: Goal, run: Run) -> None:
        while not run.children:
            run.poll()
        while run.children:
            run.poll()

    play(waits, takes)
    assert solved(memory_limit=enough(), time_limit=60).stop == "exhausted"


def test_large_words_do_not_block(play: Callable[..., None]) -> None:
    """Parameters longer than what a pipe holds, in both directions at once."""
    count = 30_000
    edges = [{"from": "s", "to": "t", "weights": [[0, 1, 2]] * count, "bias": [0, 1, 2, 3]}]
    wide = dnnt.graph(count, [("t", "relu")], ["t"], edges, [((1,) * count, (-1,))])

    def descend(instance: Instance, goal: Goal, run: Run) -> None:
        network = instance.network.graph()
        for bias in (3, 2, 1, 0) * 5:
            weights = tuple([(index * bias) % 3 for index in range(count)])
            chosen = dnnt.parameters.of_edges([(weights, bias)])
            run.incumbent = None
            run.offer(chosen, loss_of(instance, chosen))
            run.poll()
        assert network.edge_count == 1

    play(descend, descend)
    started = monotonic()
    answer = dnnt.solve(wide, goal="minimize", time_limit=60)
    assert answer.stop == "exhausted"
    assert monotonic() - started < 50


def test_children_end_with_their_parent(tmp_path: Path) -> None:
    """A parent that is killed leaves nobody behind."""

    def parent(pipe: Any) -> None:
        child = Child(lambda inner: sleep(60))
        pipe.send(child.id)
        sleep(60)

    process = Child(parent)
    grandchild = process.pipe.recv()
    os.kill(process.id, signal.SIGKILL)
    process.end()
    for _ in range(200):
        if not Path(f"/proc/{grandchild}").exists() or "Z" in Path(f"/proc/{grandchild}/stat").read_text().split()[2]:
            return
        sleep(0.02)
    pytest.fail("the grandchild is still there")
