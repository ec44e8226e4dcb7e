"""The sign of a straight-line program: against exact integers, on numbers that cannot be written, and honestly."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from dnnt.problems.straight_line import StraightLineProgram
from dnnt.running import Run, Stop
from dnnt.signs import decide as module, exactly
from dnnt.signs.circuit import of_steps
from dnnt.signs.decide import Decision, SignVerdict, decide, decide_within
from dnnt.signs.engine import Engine
from dnnt.testing.programs import KINDS, Steps, Writer, neighbours_of_a_power


def signum(value: int) -> int:
    return (value > 0) - (value < 0)


def truth(steps: Steps) -> int:
    return signum(StraightLineProgram(tuple(steps)).value(1 << 26))


def test_without_steps_the_value_is_1() -> None:
    verdict = decide([])
    assert (verdict.sign, verdict.positive, verdict.proved, verdict.bits) == (1, True, True, 1)


def test_all_programs_of_two_steps() -> None:
    for first in product("+-*", [0], [0]):
        for second in product("+-*", range(2), range(2)):
            steps = [first, second]
            verdict = decide(steps)
            assert (verdict.sign, verdict.proved) == (truth(steps), True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("derives", [True, False])
def test_balls_agree_with_integers(kind: str, derives: bool) -> None:
    """With balls of few bits nearly everything rests on expansion."""
    random = Random(f"{kind} 1")
    for _ in range(60):
        steps = KINDS[kind](random, random.randrange(4, 26))
        nodes = of_steps(steps)
        engine = Engine(40, derives=derives)
        for node in nodes:
            engine.add(node)
        assert engine.sign(len(nodes) - 1) in (truth(steps), None)


@pytest.mark.parametrize("kind", KINDS)
def test_long_programs_are_decided(kind: str) -> None:
    random = Random(f"{kind} 2")
    for length in (100, 300, 1000):
        verdict = decide(KINDS[kind](random, length))
        assert verdict.proved and verdict.sign in (1, 0, -1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_agrees(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact arithmetic is left out: what balls say is what integers say."""
    monkeypatch.setattr(module, "SHORT", 0)
    random = Random(f"{kind} 3")
    for _ in range(40):
        steps = KINDS[kind](random, random.randrange(4, 30))
        verdict = decide(steps)
        assert (verdict.sign, verdict.proved) == (truth(steps), True)


def test_neighbours_of_a_power() -> None:
    """(a + 1)(a - 1) - a² is -1 for a = 3^(2^4000) too, and plus 1 it is 0."""
    assert [decide(neighbours_of_a_power(4000, plus)).sign for plus in (0, 1, 2)] == [-1, 0, 1]


def test_zeros_and_ones_of_any_depth() -> None:
    for first, sign in (("-", 0), ("*", 1), ("+", 1)):
        write = Writer()
        value = write(first, 0, 0)
        for _ in range(10_000):
            value = write("*", value, value)
        assert decide(write.steps).sign == sign


def test_a_product_multiplied_out() -> None:
    """(a + b)(c + d)… from the left, minus the same from the right with every sum multiplied out: 2^24 terms."""
    write = Writer()
    numbers, value = [], 0
    for index in range(48):
        value = write("*", write("+", value, 0), write("+", value, value if index % 3 else 0))
        numbers.append(value)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    left = right = 0
    for a, b in pairs:
        left = write("*", left, write("+", a, b))
    for a, b in reversed(pairs):
        right = write("+", write("*", a, right), write("*", b, right))
    write("-", left, right)
    assert decide(write.steps).sign == 0


def test_residues_alone_prove_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FREE", ())
    monkeypatch.setattr(module, "LONG", 0)
    zero, one = (decide(neighbours_of_a_power(60, plus)) for plus in (1, 0))
    assert (zero.sign, zero.positive, zero.proved, zero.error) == (0, False, False, "2^-100")
    assert "primes" in zero.method
    assert (one.nonzero, one.proved, one.error) == (True, one.sign is not None, None)


def test_what_cannot_be_found_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FREE", ())
    monkeypatch.setattr(module, "PRECISE", 0)
    verdict = decide(neighbours_of_a_power(60))
    assert (verdict.sign, verdict.positive, verdict.proved, verdict.nonzero) == (None, None, False, True)
    assert verdict.to_json()["sign"] is None


def test_long_numbers_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FREE", ())
    monkeypatch.setattr(module, "PRECISE", 0)
    monkeypatch.setattr(exactly, "PIECE", 1 << 12)
    verdict = decide(neighbours_of_a_power(20))
    assert (verdict.sign, verdict.method) == (-1, "exact arithmetic")


def test_a_limit_gives_what_is_known() -> None:
    verdict = decide_within(KINDS["the last 3 values"](Random(1), 3000), Run(time_limit=0))
    assert (verdict.sign, verdict.stop, verdict.proved) == (None, "time", False)
    run = Run()
    run.interrupt()
    assert decide_within(neighbours_of_a_power(3000), run).stop == "interrupt"


def test_no_room_for_balls() -> None:
    verdict = decide(neighbours_of_a_power(500), room=lambda: 1000)
    assert verdict.sign in (0, None) or verdict.proved


def test_poll_is_called_and_may_raise() -> None:
    def poll() -> None:
        raise Stop("time")

    with pytest.raises(Stop):
        decide(neighbours_of_a_power(500), poll)


def test_the_json_fields() -> None:
    body = Decision([("-", 0, 0)]).run().to_json()
    assert list(body) == ["sign", "positive", "proved", "error", "nonzero", "method", "bits", "seconds"]
    assert (body["sign"], body["positive"], body["proved"], body["error"], body["nonzero"]) == (
        0,
        False,
        True,
        None,
        False,
    )


def test_the_length_of_the_value() -> None:
    write = Writer()
    value = write("+", 0, 0)
    for _ in range(50):
        value = write("*", value, value)
    assert decide(write.steps).bits == 2**50 + 1


def test_verdicts_are_values() -> None:
    verdict = SignVerdict(None, False, None, True, "none", 5, 0.0)
    assert verdict.positive is None
    with pytest.raises(AttributeError):
        verdict.sign = 1  # type: ignore[misc]
