"""What is tried to reach a goal, in this order: one choice of parameters, luck, independent parts, and the method that
the table of `dnnt.choice` names, with others beside it.

All that is found and proved goes into the run; limits unwind everything by `Stop`, and what is there stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from dnnt import portfolio
from dnnt.certificate import Certificate, Empty, InParts, Lower, Nonnegative, PartBound
from dnnt.checking import load, verdict
from dnnt.choice import Choice, choose, instead, parts_for
from dnnt.errors import InvalidInput, MethodUnsuitable, TooLarge
from dnnt.evaluation import loss_of
from dnnt.exact import Number, normal
from dnnt.formats import certificate_file
from dnnt.formats.instance_file import sha256, to_bytes
from dnnt.instance import Instance
from dnnt.methods.base import DECIDE, MINIMIZE, Goal
from dnnt.parameters import Parameters, first_choice
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.probe import probe
from dnnt.running import Observer, Run, Stop, ticking
from dnnt.simplify.conflicts import conflict_bound, grounds as conflicts
from dnnt.simplify.parts import Parts

MOST_PROBED = 16
"""Samples up to which outputs are likely to be met by chance."""

SETTLED = "the first parameters tried (all closest to 0) and the fact that no loss is negative settle it"

KNOWN = "what an earlier run has left in the checkpoint settles it"

PROBED = "parameters drawn at random and completed exactly, and the fact that no loss is negative, settle it"

ONLY = "brute-force"
"""What proves the loss of outputs without a choice."""

TELLING = 0.2
"""Seconds between two looks at what parts have found, while one of them is worked on."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a method ended: which one and why, how it stopped, its figures, and whether it was refused for its memory."""

    method: str
    reason: str
    stop: str
    stats: Mapping[str, Any]
    refused: bool = False


@dataclass
class _Named:
    """Which method is at work, and why, while that may still change."""

    method: str
    reason: str


def attempt(
    instance: Instance,
    goal: Goal,
    wanted: str,
    run: Run,
    check: bool,
    start: Parameters | None = None,
    known: bool = False,
    given: Instance | None = None,
) -> Finished:
    """Work until the goal is reached, all is tried, or a limit comes; `start` are parameters to begin with, `known`
    says that the run holds what an earlier one has found, `given` is the instance as it was read.
    """
    if instance.has_empty_space:
        run.prove(None, False, Empty())
        name = "none" if wanted == "auto" else wanted
        return Finished(name, "a space is empty: there are no parameters", "proved", {})
    if instance.is_continuous:
        raise MethodUnsuitable("a parameter may be any real number (continuous training): no method takes it")
    said = _Named(wanted, "no method had been chosen yet" if wanted == "auto" else "asked for by name")
    try:
        _first(instance, run)
        if start is not None:
            run.offer(start, loss_of(instance, start, poll=run.check_first))
            run.first = run.incumbent
        if check:
            load()
            _conflicts(instance, given, run)
        if known and goal.reached(run):
            return Finished("checkpoint", KNOWN, "proved", {})
        if wanted == "auto" and goal.reached(run):
            return Finished("evaluate", SETTLED, "proved", {})
        return _reach(instance, goal, wanted, run, said)
    except Stop as stop:
        detail = f"{said.reason}; {stop.detail}" if stop.detail else said.reason
        if stop.predicted:
            detail += _instead(instance, said.method, run)
        return Finished(said.method, detail, stop.kind, {}, stop.predicted)
    except TooLarge as error:
        return Finished(said.method, f"{said.reason}; {error}", "memory", {})
    except MemoryError:
        return Finished(said.method, f"{said.reason}; memory ran out", "memory", {})


def _reach(instance: Instance, goal: Goal, wanted: str, run: Run, said: _Named) -> Finished:
    """Luck, parts, methods: what is tried once one choice of parameters has been looked at."""
    if wanted in ("auto", "reachable"):
        with ticking(run.check):
            _probe(instance, run)
        if goal.reached(run):
            return Finished("reachable", PROBED, "proved", {"last": "probe"})
    with ticking(run.check):
        parts = parts_for(instance, wanted)
    if parts is not None:
        finished = _Apart(instance, parts, goal, wanted, run, said).finished()
        if goal.reached(run) or parts.additive:
            return finished
    return _by_methods(instance, goal, wanted, run, said)


def _by_methods(instance: Instance, goal: Goal, wanted: str, run: Run, said: _Named) -> Finished:
    """The chosen method, with others beside it where it was chosen and not asked for."""
    with ticking(run.check):
        choice = choose(instance, wanted, run.room)
    said.method, said.reason = choice.method.name, choice.reason
    with portfolio.beside(instance, goal, choice.others, run) as partner:
        try:
            with ticking(run.check):
                stats = choice.method.solve(instance, goal, run)
            if partner is not None and not goal.reached(run):
                partner.wait()
        except Stop as stop:
            if stop.predicted and partner is not None:
                return _alone(goal, run, choice, partner, stop)
            if stop.kind != portfolio.REACHED or partner is None:
                raise
            reason = f"{choice.reason}; {partner.reached} beside it came first"
            return Finished(partner.reached, reason, "proved", {})
    return Finished(choice.method.name, choice.reason, "proved", stats)


def _alone(goal: Goal, run: Run, choice: Choice, partner: portfolio.Partner, refused: Stop) -> Finished:
    """The others go on alone where the memory does not suffice for the chosen method."""
    try:
        partner.wait()
    except Stop as stop:
        if stop.kind != portfolio.REACHED:
            raise
    if not goal.reached(run):
        if partner.ended is None:  # It never began: there was no memory for it either.
            raise refused
        reason = f"{choice.reason}; {refused.detail}; what was tried beside it found no proof"
        return Finished(choice.method.name, reason, refused.kind, {})
    reason = f"{choice.reason}; {refused.detail}; {partner.reached} beside it came through"
    return Finished(partner.reached or choice.method.name, reason, "proved", {})


class _Apart:
    """Solves the parts of an instance one after the other, and puts together what they find and prove."""

    def __init__(self, instance: Instance, parts: Parts, goal: Goal, wanted: str, run: Run, said: _Named) -> None:
        self.instance = instance
        self.parts = parts
        self.goal = goal
        self.wanted = wanted
        self.run = run
        self.said = said
        self.runs: list[Run] = []
        self.reports: list[Finished] = []
        self.next_look = 0.0

    def finished(self) -> Finished:
        """Solve the parts as far as the goal needs them."""
        try:
            self._begin()
            if self.goal.kind == DECIDE and self.goal.gamma is not None:
                for index in range(len(self.parts.parts)):
                    self._solve(index, self._share(index))
            if not self.goal.reached(self.run):
                for index in range(len(self.parts.parts)):
                    if not self._done(index):
                        self._solve(index, None)
        finally:
            self._tell()
        names = list(dict.fromkeys(report.method for report in self.reports)) or [self.wanted]
        count = len(self.parts.parts)
        reasons = list(dict.fromkeys(report.reason for report in self.reports))
        reason = f"{count} independent parts, each by itself ({'; '.join(reasons)})"
        return Finished("+".join(names), reason, "proved", {"parts": count})

    def _begin(self) -> None:
        """A run for each part, with the parameters that are known."""
        for part in self.parts.parts:
            run = self.run.part(Observer(state=self._state))
            run.prove(0, False, Nonnegative())
            if self.run.incumbent is not None:
                known = self.run.incumbent.parameters
                run.offer(known, loss_of(part.instance, known))
                run.first = run.incumbent
            self.runs.append(run)

    def _share(self, index: int) -> Number:
        """What is left of gamma for a part, when the others have what is proved of them at least."""
        gamma = self.goal.gamma
        assert gamma is not None, "asked for where there is a gamma"
        if not self.parts.additive:
            return gamma
        others = [self._bound(i) for i in range(len(self.runs)) if i != index]
        return normal(gamma - sum(others))

    def _bound(self, index: int) -> Number:
        proof = self.runs[index].proof
        return 0 if proof is None or proof.bound is None else proof.bound

    def _done(self, index: int) -> bool:
        incumbent = self.runs[index].incumbent
        return incumbent is not None and incumbent.loss == self._bound(index)

    def _solve(self, index: int, gamma: Number | None) -> None:
        """Decide (or minimise) one part, unless what is known settles the whole already."""
        if self.goal.reached(self.run):
            return
        part, run = self.parts.parts[index], self.runs[index]
        goal = Goal(MINIMIZE, None) if gamma is None else Goal(DECIDE, gamma)
        if not goal.reached(run):
            self.run.progress(f"part {index + 1} of {len(self.parts.parts)}", index / len(self.parts.parts))
            self.run.follow(run)
            report = _reach(part.instance, goal, self.wanted if part.slots else ONLY, run, self.said)
            self.reports += [report] if part.slots else []
            if gamma is None and run.incumbent is not None and run.incumbent.loss == 0:
                run.prove(0, False, Nonnegative())
        self._tell()

    def _state(self, run: Run) -> None:
        """What a part's run has found or is doing now, while it is worked on."""
        now = monotonic()
        if now >= self.next_look:
            self._tell()
            self.next_look = monotonic() + TELLING
        self.run.doing = run.doing
        self.run.observer.state(self.run)

    def _tell(self) -> None:
        """Put together what the parts have, and offer and prove it of the whole."""
        if len(self.runs) < len(self.parts.parts):
            return
        chosen = [run.incumbent for run in self.runs]
        known = self.run.incumbent
        found = [each for each in chosen if each is not None]
        if len(found) == len(chosen) and known is not None:
            total = normal(sum(each.loss for each in found)) if self.parts.additive else None
            if total is None or total < known.loss:
                parameters = self.parts.assembled(known.parameters, [each.parameters for each in found])
                self.run.offer(parameters, loss_of(self.instance, parameters) if total is None else total)
        bounds = [
            PartBound(part.outputs, run.proof.bound, run.proof.strict, run.proof.grounds)
            for part, run in zip(self.parts.parts, self.runs, strict=True)
            if run.proof is not None and run.proof.bound is not None and (run.proof.bound > 0 or run.proof.strict)
        ]
        if bounds:
            self._prove(bounds)
        if any(run.claimed is not None for run in self.runs):
            self._claim()

    def _claim(self) -> None:
        """Claim of the whole what is proved, or claimed by a library, of the parts."""
        said = []
        for run in self.runs:
            proved = (0, False) if run.proof is None or run.proof.bound is None else (run.proof.bound, run.proof.strict)
            claimed = proved if run.claimed is None else (run.claimed.bound, run.claimed.strict)
            said.append(max(proved, claimed))
        if self.parts.additive:
            self.run.claim(normal(sum(bound for bound, _ in said)), any(strict for _, strict in said))
        else:
            self.run.claim(*max(said))

    def _prove(self, bounds: Sequence[PartBound]) -> None:
        if self.parts.additive:
            total = normal(sum(each.bound for each in bounds))
            self.run.prove(total, any(each.strict for each in bounds), InParts(tuple(bounds)))
            return
        best = max(bounds, key=lambda each: (each.bound, each.strict))
        self.run.prove(best.bound, best.strict, InParts((best,)))


def _instead(instance: Instance, name: str, run: Run) -> str:
    """What to do where a method was refused for its memory, as far as the time allows to say it.

    Advice may overrun the limits a little, as the first evaluation may: it takes ten MiB where little is left.
    """
    try:
        with ticking(run.check_first):
            return f"; {instead(instance, name, run.room)}"
    except Stop:
        return ""


def _first(instance: Instance, run: Run) -> None:
    """Evaluate one choice of parameters before anything else, so that a limit always has something to report."""
    run.prove(0, False, Nonnegative())
    started = monotonic()
    chosen = first_choice(instance.network)
    try:
        loss = loss_of(instance, chosen, max_bits=10**6, poll=run.check_first)
    except TooLarge:
        # Numbers too long to look at: the method may do better, and if not, it says so.
        return
    finally:
        spent = monotonic() - started
        if run.time_limit is not None:
            run.reserve = min(0.5 * run.time_limit, 0.3 + 5 * spent)
    run.offer(chosen, loss)
    if run.incumbent is not None and run.incumbent.parameters is chosen:
        run.first = run.incumbent


def _conflicts(instance: Instance, given: Instance | None, run: Run) -> None:
    """Prove what targets that contradict each other cost, if the checker sees it too."""
    bound = conflict_bound(instance)
    if not bound or given is None:
        return
    proof = conflicts(bound)
    try:
        claim = Certificate(sha256(given), None, Lower(bound, False, proof))
    except InvalidInput:  # No file can hold the instance.
        return
    if verdict(to_bytes(given), certificate_file.to_bytes(claim), 5.0, None, run.check_first).valid:
        run.prove(bound, False, proof)


def _probe(instance: Instance, run: Run) -> None:
    """A quick look for parameters with the wanted outputs, where two layers of few samples make that likely."""
    if len(instance.samples) > MOST_PROBED:
        return
    try:
        found = probe(instance, program_of(instance), run.poll)
    except (MethodUnsuitable, TooLarge):
        return
    if found is not None:
        run.offer(found, loss_of(instance, found))
        run.first = run.incumbent
