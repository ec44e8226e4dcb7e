"""Method `subset-sum`: two-layer networks whose states are single numbers (one distinct input, one free output).

Their reachable states are a sumset of finite sets of numbers, so that training them is subset sum (Theorem 1.3 read
backwards), and the algorithms for that apply (`dnnt.sums`): outputs are tried in order of increasing loss, each is a
target. Bounds are certified by the grounds `reachable`, with halves that the checker can afford.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from dnnt.analysis.plan import Plan
from dnnt.analysis.reachable_cost import estimate
from dnnt.errors import MethodUnsuitable, TooLarge
from dnnt.exact import Number, normal, several
from dnnt.instance import Instance
from dnnt.methods.base import CONTINUOUS, Cost, Goal, Method
from dnnt.reachable.as_sums import Line, line_of
from dnnt.reachable.assemble import parameters_of
from dnnt.reachable.expression import Node
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.line_halves import grounds_of
from dnnt.reachable.ordered import ascending, increasing
from dnnt.reachable.program import distinct_inputs
from dnnt.reachable.search import CELL_SECONDS
from dnnt.reachable.terms import Term, terms_of
from dnnt.running import MIB, Run, Stop
from dnnt.running.run import available_bytes
from dnnt.sums.parts import Chosen
from dnnt.sums.plan import Prediction
from dnnt.sums.subsets import QUICK, Subsets, predicted

READING = 3e-5
"""Seconds to make a subset sum of one unit, and parameters of it again."""

MOST_CELLS = 200_000
"""The most outputs whose losses are tabulated; losses that are convex in the output need no table."""

COSTLY_SECONDS, COSTLY_SIZE = 0.2, 17.0
"""Units that are predicted to take longer, or to have more values (a logarithm), are left to method `reachable`."""

MOST_COPIES = 1_000_000
"""Equal units beyond which the halves of a certificate may be too long; windows (of method reachable) are not."""

SLOW_TARGET, MANY_TARGETS = 0.05, 8
"""After a target of so many seconds, or so many targets, the sums next to one are looked for at once."""


class SubsetSum(Method):
    """Subset-sum algorithms for networks whose states are single numbers."""

    name = "subset-sum"
    summary = "two-layer networks with one distinct input and one output: algorithms for subset sum (Theorem 1.3)"

    def __init__(self) -> None:
        # What `assess` has read, for the `solve` that mostly follows: reading takes as long as solving.
        self._read: tuple[Instance, Line] | None = None

    def assess(self, instance: Instance) -> Cost | str:
        """Takes two-layer networks with one distinct input and one block of the state, whose units have few values or
        progressions of values, and losses that are convex or on a short axis.
        """
        self._read = None
        if instance.is_continuous:
            return CONTINUOUS
        if len(distinct_inputs(instance)) != 1:
            return "it takes exactly one distinct input"
        try:
            line = _line(instance, Run())
        except (MethodUnsuitable, TooLarge) as error:
            return str(error)
        except Stop as stop:
            return f"its units take too much memory: {stop.detail}"
        term = _term(instance, line)
        if not term.convex and line.axis.count > MOST_CELLS:
            return f"the loss is not known to be convex in the output, which has {_shown(line.axis.count)} values"
        items, choices = _problem(line)
        prediction = predicted(items, choices, available_bytes())
        if (prediction is None or prediction.seconds > QUICK) and _excluded(instance, line, term):
            prediction = Prediction("no output of a small loss on the axis", 0.0, 0.0)
        if prediction is None:
            many = several(len(items) + len(choices), "item")
            return f"no algorithm for subset sums takes {many} with a sum of {_shown(line.axis.count)}"
        seconds = prediction.seconds + READING * len(line.summands)
        seconds += 0.0 if term.convex else line.axis.count * CELL_SECONDS
        self._read = instance, line
        basis = f"{several(len(items) + len(choices), 'item')}, sums up to {_shown(line.axis.count)}, {prediction.name}"
        copies = max((summand.count for summand in line.summands), default=0)
        return Cost(seconds, prediction.bytes / MIB, basis, unwieldy=copies > MOST_COPIES)

    def plan(self, instance: Instance, run: Run) -> Plan:
        """The algorithms for its targets."""
        from dnnt.analysis.plan.of_sums import plan_of_sums  # Only those who look at plans pay for it.

        known = self._read
        line = known[1] if known is not None and known[0] is instance else _line(instance, run)
        return plan_of_sums(line, run.room)

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Try outputs in order of increasing loss until one is a sum."""
        known, self._read = self._read, None
        run.progress("units as items")
        line = known[1] if known is not None and known[0] is instance else _line(instance, run)
        items, choices = _problem(line)
        search = _Search(instance, goal, run, line, _term(instance, line), Subsets(items, choices, run))
        search.run_through()
        return {
            "items": len(items) + len(choices),
            "sums": line.axis.count if line.axis.count < 1 << 62 else _shown(line.axis.count),
            "algorithm": ", ".join(search.subsets.used),
            "targets": search.tested,
        }


def _line(instance: Instance, run: Run) -> Line:
    program = program_of(instance)
    if program.width != 1:
        raise MethodUnsuitable(f"its states are vectors of {program.width} numbers, not single numbers")
    return line_of(program, run, _costly)


def _costly(node: Node) -> bool:
    found = estimate(node)
    return found.seconds > COSTLY_SECONDS or found.peak > COSTLY_SIZE


def _problem(line: Line) -> tuple[list[tuple[int, int]], list[tuple[int, ...]]]:
    return [(size, most) for _, size, most in line.items], [digits for _, digits in line.choices]


def _term(instance: Instance, line: Line) -> Term:
    terms = terms_of(instance, line.program, line.packing)
    if len(terms) == 1 and terms[0].axes:
        return terms[0]

    def cost(digits: tuple[int, ...]) -> Number:
        return normal(sum(term.cost(digits if term.axes else ()) for term in terms))

    # Outputs with fixed values cost the same always.
    return Term((0,), cost, all(term.convex or not term.axes for term in terms))


def _excluded(instance: Instance, line: Line, term: Term) -> bool:
    """Whether no number of the axis has a loss up to gamma, so that no sum need be looked for."""
    if instance.gamma is None or not term.convex:
        return False
    least = ascending(term, line.packing, Run().poll).at(0)
    return least is not None and least[0] > instance.gamma


def _shown(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"2^{count.bit_length() - 1}"


@dataclass(slots=True)
class _Search:
    """One solve: outputs by increasing loss, each a target; `tested` counts those that are no sums."""

    instance: Instance
    goal: Goal
    run: Run
    line: Line
    term: Term
    subsets: Subsets
    tested: int = 0
    slowest: float = field(init=False, default=0.0)

    def run_through(self) -> None:
        """Until a target is a sum, or no loss within the threshold is left; limits leave the bound that was reached."""
        threshold = self.goal.threshold
        bound: Number | None = None
        centre: int | None = None
        listed = ascending(self.term, self.line.packing, self.run.poll)
        try:
            for loss, digit in increasing([listed]):
                if threshold is not None and loss > threshold:
                    self._prove(threshold, True, self.tested)
                    return
                bound = loss
                centre = digit if centre is None else centre
                if self._jumps():
                    if self.term.convex and self._nearest(centre):
                        return
                    self.subsets.prepare_all()
                if self._found(loss, digit):
                    self._prove(loss, False, self.tested)
                    return
                self.tested += 1
        except Stop:
            if bound is not None and self.tested:
                self._prove(bound, False, self.tested)
            raise
        raise AssertionError("no number of the axis is a sum")

    def _jumps(self) -> bool:
        """Whether it is time to look for the nearest sums instead of asking for one target after the other."""
        return self.tested > 0 and (self.slowest > SLOW_TARGET or self.tested == MANY_TARGETS)

    def _found(self, loss: Number, digit: int) -> bool:
        started = monotonic()
        chosen = self.subsets.find(digit)
        self.slowest = max(self.slowest, monotonic() - started)
        if chosen is None:
            return False
        self._offer(loss, chosen)
        return True

    def _offer(self, loss: Number, chosen: Chosen) -> None:
        if self.run.incumbent is None or loss < self.run.incumbent.loss:
            solution = self.line.solution(chosen.copies, chosen.picks)
            self.run.offer(parameters_of(self.instance.network, self.line.program, solution), loss)

    def _nearest(self, digit: int) -> bool:
        """Finish with the sums next to the digit of least loss, which is none, if they can be had: the loss is convex,
        so that it is least at one of them.
        """
        self.slowest = 0.0
        below, above = self.subsets.below(digit), self.subsets.above(digit)
        if below is None or above is None:
            return False
        cost, last = self.term.cost, self.line.axis.count - 1
        loss, best = min((cost((d,)), d) for d in (below, above) if 0 <= d <= last)
        threshold = self.goal.threshold
        if threshold is not None and loss > threshold:
            self._prove(threshold, True, self._count(digit, lambda found: found <= threshold))
        else:
            assert self._found(loss, best), "a sum that cannot be made"
            self._prove(loss, False, self._count(digit, lambda found: found < loss))
        return True

    def _count(self, digit: int, within: Callable[[Number], bool]) -> int:
        """How many digits have a loss within a bound: an interval around that of least loss, for the loss is convex."""
        if not within(self.term.cost((digit,))):
            return 0
        ends = []
        for towards in (0, self.line.axis.count - 1):
            inside, outside = digit, towards
            if within(self.term.cost((towards,))):
                ends.append(towards)
                continue
            while abs(outside - inside) > 1:
                middle = (inside + outside) // 2
                if within(self.term.cost((middle,))):
                    inside = middle
                else:
                    outside = middle
            ends.append(inside)
        self.tested = ends[1] - ends[0] + 1
        return self.tested

    def _prove(self, bound: Number, strict: bool, targets: int) -> None:
        self.run.prove(bound, strict, grounds_of(self.instance, self.line, self.term.convex, targets))


METHOD = SubsetSum()
