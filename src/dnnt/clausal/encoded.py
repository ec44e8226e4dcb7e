"""A search for parameters below a threshold that falls: encoding, solver and proof together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import count
from time import monotonic
from types import TracebackType
from typing import Any

from dnnt.certificate import OfForm
from dnnt.clausal.solver import Solver
from dnnt.encodings.clauses.book import Reason, body_of, written
from dnnt.encodings.clauses.encoder import Encoding
from dnnt.errors import InternalError
from dnnt.exact import Number
from dnnt.kernels import threads
from dnnt.running import Run
from dnnt.simplify.form import Form

CHECK_SECONDS, PROOF_SECONDS, CLAUSE_SECONDS = 0.2, 1e-6, 1e-4
"""What a check takes at most: by itself, for a number of the proof, for a clause."""

CONFLICTS, GROWTH = 2000.0, 1.5
"""Conflicts after which the other side of the gap has its turn, and how they grow."""

FIRST_CONFLICTS = 5000
"""Conflicts after which scouts are sent out."""

SCOUT = ("stabilizeonly=1", "phase=1")
"""Options of CaDiCaL that suit the search for a model."""

SCOUT_CONFLICTS, SCOUT_GROWTH = 20_000, 1.1
"""Conflicts of a scout, and how they grow."""

SHARE = 10
"""Certificates on the way take one part in so many of the time."""


class Search:
    """Parameters of a loss of at most gamma; without gamma always better ones than those known. Use it in a `with`
    block.
    """

    def __init__(self, form: Form, run: Run, gamma: Number | None, proof: bool = True) -> None:
        self.form = form
        self.run = run
        self.gamma = gamma
        if gamma is None:
            if run.incumbent is None:
                chosen = [variable.values[0] for variable in form.variables]
                run.offer(form.parameters(chosen), form.total(chosen))
            assert run.incumbent is not None, "parameters have been offered"
            self.threshold = run.incumbent.loss
        else:
            self.threshold = gamma
        run.progress("clauses")
        self.encoding = Encoding(form, self.threshold, gamma is not None, run.poll)
        self.encoding.forbid(self.threshold)
        self.rounds = 0
        self.scouts = 0
        self._sent = 0
        self._conflicts = CONFLICTS
        self._part = 0.5
        self._bound: Number = 0
        self._reported = self._reporting = 0.0
        self._solver = Solver(run, proof)

    def __enter__(self) -> Search:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._solver.__exit__(kind, error, trace)

    @property
    def claim(self) -> tuple[Number, bool]:
        """What there is no model for: no loss below (strict: nor equal to) this."""
        return self.threshold, self.gamma is not None

    @property
    def stats(self) -> Mapping[str, Any]:
        """Figures of the search."""
        book = self.encoding.book
        return {"clauses": len(book), "literals": len(book.literals), "solves": self.rounds, "scouts": self.scouts}

    def next(self) -> list[Number] | None:
        """The variables' values in the next model, None where there is none."""
        if self.gamma is not None:
            return self._model(self._decided())
        if self.encoding.total is None:
            self.lower()
            return self._model(self._solve())
        while True:
            self.lower()
            values = self._from_below()
            if values is not None:
                return values
            known, model = self._solve(conflicts=int(self._conflicts))
            if known:
                return self._model((known, model))
            self._conflicts *= GROWTH

    def _decided(self) -> tuple[bool, list[int] | None]:
        """Solve; after a while beside scouts, which look for a model alone and begin anew every so often."""
        known, model = self._solve(conflicts=FIRST_CONFLICTS)
        if known:
            return known, model
        self._solver.begin()
        conflicts = float(SCOUT_CONFLICTS)
        for seed in count(1) if threads.allowed() > 1 else ():
            self.scouts = seed
            with Solver(self.run, False, (f"seed={seed}", *SCOUT)) as scout:
                scout.add(self.encoding.book.flat[: self._sent])
                scout.begin(int(conflicts))
                while True:
                    said = self._solver.ended(scout)
                    if said is not None:
                        return said
                    found = scout.ended(self._solver)
                    if found is not None:
                        break
            if found[0] and found[1] is not None:
                return found
            if found[0]:
                break
            conflicts *= SCOUT_GROWTH
        while True:  # There is no model, or nobody looks for one: the proof is to come.
            said = self._solver.ended()
            if said is not None:
                return said

    def _solve(self, assumptions: Sequence[int] = (), conflicts: int = 0) -> tuple[bool, list[int] | None]:
        """(whether it is known, model): CaDiCaL with all clauses, and at most so many conflicts unless that is 0."""
        self._send()
        self.rounds += 1
        self.run.progress(f"{len(self.encoding.book):,} clauses, {self.rounds} solved")
        if conflicts:
            return self._solver.limited(conflicts, assumptions)
        return True, self._solver.solve(assumptions)

    def _model(self, said: tuple[bool, list[int] | None]) -> list[Number] | None:
        """The variables' values in a model, whose loss is below the threshold."""
        model = said[1]
        if model is None:
            return None
        holds = {literal for literal in model if literal > 0}
        values = self.encoding.values(holds.__contains__)
        loss = self.form.total(values)
        if loss > self.threshold or (self.gamma is None and loss == self.threshold):
            raise InternalError("a model of the clauses has another loss; please report the instance file")
        return values

    def _from_below(self) -> list[Number] | None:
        """Try to raise the bound by a part of the gap, within a limit; what is found instead is a better model."""
        total = self.encoding.total
        assert total is not None, "there are costs"
        proof = self.run.proof
        self._bound = max(self._bound, 0 if proof is None or proof.bound is None else proof.bound)
        first, end = bisect_right(total.values, self._bound), bisect_left(total.values, self.threshold)
        if first >= end:
            return None
        wanted = total.values[first + int((end - 1 - first) * self._part)]
        literal = total.lower(wanted)
        self.encoding.finish()
        known, model = self._solve((-literal,), int(self._conflicts))
        if not known:
            self._part /= 2
            return None
        if model is not None:
            return self._model((known, model))
        self._part = min(0.5, self._part * 2)
        self._bound = wanted
        self._prove(wanted, literal)
        return None

    def _prove(self, bound: Number, literal: int) -> None:
        """Report a bound on the way, unless making its certificate takes too large a part of the time."""
        started = monotonic()
        if started - self._reported < SHARE * self._reporting:
            return
        made = self._grounds(literal)
        if made is not None:
            self.run.prove(bound, False, OfForm("clauses", *made))
        self._reported = monotonic()
        self._reporting = self._reported - started

    def lower(self) -> None:
        """Lower the threshold to the loss of the best parameters known."""
        incumbent = self.run.incumbent
        assert incumbent is not None, "parameters have been offered"
        if incumbent.loss < self.threshold:
            self.threshold = incumbent.loss
            self.encoding.forbid(self.threshold)

    def _send(self) -> None:
        flat = self.encoding.book.flat
        self._solver.add(flat[self._sent :])
        self._sent = len(flat)

    def grounds(self) -> tuple[dict[str, Any], float]:
        """The certificate's part once there is no model, and about how long its check takes."""
        self.run.progress("the proof")
        made = self._grounds(0)
        if made is None:
            # The numbers of clauses were mixed up by failed assumptions: once more without any.
            self._solver.__exit__(None, None, None)
            self._solver = Solver(self.run, True)
            self._sent = 0
            self._solve()
            made = self._grounds(0)
        if made is None:
            raise InternalError("the solver's proof is none; please report the instance file")
        return made

    def _grounds(self, literal: int) -> tuple[dict[str, Any], float] | None:
        """The same for a literal that follows and contradicts the bound by itself (0: nothing is left to contradict);
        None where the solver has not written down how it follows.
        """
        book = self.encoding.book
        clauses: list[list[int]] = []
        clause: list[int] = []
        for each in book.flat:
            if each:
                clause.append(each)
            else:
                clauses.append(clause)
                clause = []
        empty = next((k for k, each in enumerate(clauses) if not each), None)
        if empty is not None:
            return body_of(book, [empty], [[]], lambda number: []), CHECK_SECONDS
        from dnnt.clausal.proof import trimmed  # Only a refutation pays for it.

        found = trimmed(self._solver.proof(), book.flat[: self._sent], self.run.poll, literal, self._solver.gaps)
        if found is None:
            return None
        extra: list[tuple[Reason, list[int]]] = [("t", [-literal])] if literal else []
        used, size = found.used.tolist(), len(found.proof)
        steps = int((found.proof == 0).sum()) // 2
        last = [0, len(used) + 1, len(used) + 1 + steps, 0] if literal and found.ends_in_a_clause else []
        body = body_of(
            book, used, [clauses[k] for k in used], lambda number: written([*found.renamed(number), *last]), extra
        )
        return body, CHECK_SECONDS + size * PROOF_SECONDS + len(used) * CLAUSE_SECONDS
