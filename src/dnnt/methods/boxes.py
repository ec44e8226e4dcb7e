"""Method `boxes`: any network by branch and bound over boxes of parameters, with interval arithmetic.

Depth first, the half with the lesser bound first. Long searches rule out parts of the gap before all of it, so that a
limit leaves a bound. The tree of splits is the certificate; where it grows too long to be kept, bounds are claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from time import monotonic
from typing import TYPE_CHECKING, Any

from dnnt.analysis.plan import Plan
from dnnt.certificate import OfForm
from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number, brief, several
from dnnt.instance import Instance
from dnnt.methods.base import Cost, Goal, Method, form_or_refusal, one_step
from dnnt.running import MIB, Run
from dnnt.simplify.form import Form

if TYPE_CHECKING:
    from dnnt.splitting.boxes import Boxes

MOST_WORK = 20_000
"""Parameters times distinct inputs up to which boxes are looked at: a box takes a tenth of a millisecond there."""

FEW, VERY_FEW = 30_000, 1_000
"""Choices up to which a prediction loads no compiled loops, and up to which nothing does: each choice is a box then."""

HOPELESS_BITS = 400
"""Bits of the number of choices past which no prediction is made, which would have to load (or compile) loops."""

LOSSES = ("squared", "absolute", "maximum", "hinge", "zero_one", "misclassified")
"""Losses whose bounds over intervals are known."""

MOST_ENTRIES = 20_000_000
"""Entries of a tree that is kept."""

SHORT = 3.0
"""A search that is predicted to take fewer seconds needs no bounds on the way."""

FRACTIONS = tuple(Fraction(n, 64) for n in (1, 2, 4, 8, 16, 32, 48))
"""Parts of the gap that are closed first in longer searches."""

SLICE = 0.02
"""Seconds between polls."""

CHECK_SECONDS, TERM_SECONDS = 8e-6, 7.5e-8
"""What the checker takes for a box at most, and for each term of the network at a point."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What both the prediction and the search start from."""

    instance: Instance
    form: Form
    boxes: Boxes | None
    nodes: float
    seconds: float
    values: tuple[Number, ...] | None = None
    loss: Number | None = None


class Splitting(Method):
    """Branch and bound over boxes of parameters."""

    name = "boxes"
    summary = "any network: over boxes of parameters, by interval arithmetic"

    def __init__(self) -> None:
        self._last: Prepared | None = None

    def assess(self, instance: Instance) -> Cost | str:
        """Takes networks whose numbers fit into 64 bits; boxes are predicted by random ways down."""
        prepared = self._prepared(instance)
        if isinstance(prepared, str):
            return prepared
        form = prepared.form
        tree = min(4 * prepared.nodes, 4.0 * MOST_ENTRIES)
        rest = 0 if prepared.boxes is None else prepared.boxes.bytes
        return Cost(
            prepared.seconds,
            1.0 + (rest + tree) / MIB,
            f"about {_count(prepared.nodes)} boxes, {several(len(form.variables), 'variable')}, "
            f"{several(len(form.points), 'distinct input')}",
        )

    def plan(self, instance: Instance, run: Run) -> Plan:
        """One line."""
        return one_step("search", "boxes of parameters, by interval arithmetic", self.assess(instance))

    def solve(self, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        """Search all boxes whose bound is below the best loss (for `decide`: not above gamma)."""
        prepared = self._prepared(instance)
        if isinstance(prepared, str):
            raise MethodUnsuitable(prepared)
        if prepared.boxes is None and prepared.form.choices > VERY_FEW:
            ready = _compiled(instance, prepared.form)
            prepared = self._last = prepared if isinstance(ready, str) else ready
        if prepared.boxes is None:
            return _every_choice(prepared.form, goal, run)
        return _Solving(prepared, prepared.boxes, goal, run).solve()

    def _prepared(self, instance: Instance) -> Prepared | str:
        """Prepared once for an instance: whoever asks for the cost often solves it next."""
        if self._last is None or self._last.instance is not instance:
            made = _prepare(instance)
            if isinstance(made, str):
                return made
            self._last = made
        return self._last


def _prepare(instance: Instance) -> Prepared | str:
    form = form_or_refusal(instance)
    if isinstance(form, str):
        return form
    if form.loss.kind not in LOSSES:
        return f"bounds of loss {form.loss.kind} over intervals are not known"
    if form.choices <= FEW:
        return Prepared(instance, form, None, 2.0 * form.choices, 2e-5 * form.choices * (1 + len(form.points)))
    if len(form.variables) * len(form.points) > MOST_WORK:
        return (
            f"{several(len(form.variables), 'variable')} on {several(len(form.points), 'distinct input')} are too many"
        )
    if form.choices.bit_length() > HOPELESS_BITS:
        boxes = float(min(form.choices, 10**300))
        return Prepared(instance, form, None, boxes, 1e-6 * boxes)
    return _compiled(instance, form)


def _compiled(instance: Instance, form: Form) -> Prepared | str:
    """Ready for compiled loops, or why they do not take it.

    The loops are loaded in another thread: ticks are heard in this one, unless a compiler is at work in it.
    """
    from dnnt.kernels.loading import beside
    from dnnt.local_search.grids import Unfit

    def loaded() -> Boxes:
        from dnnt.splitting.boxes import Boxes

        boxes = Boxes(form)
        boxes.load()
        return boxes

    try:
        boxes = beside(loaded, lambda: None)
    except Unfit as unfit:
        return str(unfit)
    return Prepared(instance, form, boxes, *boxes.predicted())


def _every_choice(form: Form, goal: Goal, run: Run) -> Mapping[str, Any]:
    """Split down to single choices."""
    places = [[(0, len(variable.values) - 1) for variable in form.variables]]
    tree: list[int] = []
    least: Number | None = None
    while places:
        run.poll()
        box = places.pop()
        wide = next((k for k, (first, last) in enumerate(box) if first < last), None)
        if wide is None:
            values = tuple([of.values[first] for of, (first, _) in zip(form.variables, box, strict=True)])
            loss = form.total(values)
            least = loss if least is None else min(least, loss)
            if run.incumbent is None or loss < run.incumbent.loss:
                run.offer(form.parameters(values), loss)
            if goal.threshold is not None and loss <= goal.threshold:
                return {"boxes": len(tree) + 1}
            tree.append(-1)
            continue
        first, last = box[wide]
        middle = (first + last) // 2
        places += [[*box[:wide], ends, *box[wide + 1 :]] for ends in ((middle + 1, last), (first, middle))]
        tree.append(2 * wide)
    assert least is not None, "there is a choice"
    grounds = OfForm("splits", {"tree": tree})
    run.prove(least if goal.threshold is None else goal.threshold, goal.threshold is not None, grounds)
    return {"boxes": len(tree)}


class _Solving:
    """One solve."""

    def __init__(self, prepared: Prepared, boxes: Boxes, goal: Goal, run: Run) -> None:
        self.prepared = prepared
        self.boxes = boxes
        self.form = prepared.form
        self.goal = goal
        self.run = run
        self.seen = 0

    def solve(self) -> Mapping[str, Any]:
        """Offer what the trial has found, then rule out losses in rising order: of the gap first a small part."""
        run, goal, prepared = self.run, self.goal, self.prepared
        run.need(self.boxes.bytes, "boxes of parameters")
        if prepared.values is not None and prepared.loss is not None:
            self._offer(prepared.values, prepared.loss)
        if not goal.reached(run) and goal.threshold is None and prepared.seconds > SHORT:
            for part in FRACTIONS:
                if not goal.reached(run):
                    self._rule_out(self.boxes.integer(self._best() * part))
        if not goal.reached(run):
            limit = goal.threshold
            self._rule_out(None if limit is None else int(limit * self.boxes.compiled.denominator // 1) + 1)
        return {"boxes": self.seen}

    def _best(self) -> Number:
        assert self.run.incumbent is not None, "one choice has been evaluated"
        return self.run.incumbent.loss

    def _offer(self, values: tuple[Number, ...], loss: Number) -> None:
        if self.run.incumbent is None or loss < self.run.incumbent.loss:
            self.run.offer(self.form.parameters(values), loss)

    def _rule_out(self, cap: int | None) -> None:
        """Search everything with an integer loss below the cap, or below the best; what is not found is ruled out."""
        from dnnt.kernels import splitting as loops

        boxes, run, goal = self.boxes, self.run, self.goal
        state = boxes.open()
        most = boxes.integer(self._best()) if cap is None else cap
        run.progress(f"losses below {brief(boxes.loss(most))}: boxes of parameters")
        if state.bound[0] > 0:
            run.prove(boxes.loss(min(int(state.bound[0]), most)), False, self._grounds([_leaf()], 1))
        tree: list[Any] | None = []
        step = 500
        while state.numbers[loops.TOP] and not goal.reached(run):
            run.poll()
            state.numbers[loops.BEST] = min(int(state.numbers[loops.BEST]), boxes.integer(self._best()))
            before = int(state.numbers[loops.BEST])
            started = monotonic()
            loops.explore(boxes.compiled.program, boxes.shape, state, boxes.space, most, step)
            spent = monotonic() - started
            step = max(100, int(step * min(2.0, SLICE / max(spent, 1e-6))))
            if state.numbers[loops.BEST] < before:
                self._offer(boxes.compiled.values(state.best), boxes.loss(int(state.numbers[loops.BEST])))
            if state.numbers[loops.FULL] or not state.numbers[loops.TOP]:
                written = int(state.numbers[loops.WRITTEN])
                if tree is not None:
                    run.need(written * 4, "the tree of boxes")
                    tree.append(state.tree[:written].copy())
                    if sum(map(len, tree)) > MOST_ENTRIES:
                        tree = None
                state.numbers[[loops.WRITTEN, loops.FULL]] = 0
        self.seen += int(state.numbers[loops.NODES])
        if goal.reached(run):
            return
        strict = goal.threshold is not None
        bound = boxes.loss(min(most, int(state.numbers[loops.BEST]))) if goal.threshold is None else goal.threshold
        if tree is None:
            run.claim(bound, strict)
            return
        grounds = self._grounds(tree, int(state.numbers[loops.NODES]))
        if cap is not None and not strict and run.time_limit is not None:
            # A bound on the way that cannot be checked in time is worth less than the last one that can.
            needed = grounds.seconds or 0.0
            if needed > run.time_limit / 2:
                return
            run.reserve = max(run.reserve, needed)
        run.prove(bound, strict, grounds)

    def _grounds(self, tree: list[Any], nodes: int) -> OfForm:
        from dnnt.splitting.boxes import texts

        terms = sum(len(unit.terms) + len(unit.products) for unit in self.form.units) * len(self.form.points)
        body: dict[str, Any] = {"tree": list(texts(tree))}
        if self.boxes.swaps:
            body["swaps"] = [[list(pair) for pair in swap] for swap in self.boxes.swaps]
        return OfForm("splits", body, nodes * (CHECK_SECONDS + terms * TERM_SECONDS))


def _leaf() -> Any:
    import numpy as np

    return np.array([-1], np.int32)


def _count(boxes: float) -> str:
    return f"{boxes:,.0f}" if boxes < 1e6 else f"{boxes:.1e}"


METHOD = Splitting()
