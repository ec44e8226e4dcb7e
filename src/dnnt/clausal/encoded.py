"""A search for parameters below a threshold that falls: encoding, solver and proof together."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from dnnt.clausal.solver import Solver
from dnnt.encodings.book import body_of
from dnnt.encodings.encoder import Encoding
from dnnt.errors import InternalError
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.running import Run
from dnnt.simplify.form import Form, form_of

CHECK_SECONDS, PROOF_SECONDS, CLAUSE_SECONDS = 0.2, 1e-6, 1e-4
"""What a check takes at most: by itself, for a number of the proof, for a clause."""

_last: list[tuple[Instance, Form]] = []


def form_for(instance: Instance) -> Form:
    """The normal form; that of the last instance is kept, since predictions and the search both ask for it."""
    if not _last or _last[0][0] is not instance:
        _last[:] = [(instance, form_of(instance))]
    return _last[0][1]


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
        self._sent = 0
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
        return {"clauses": len(book), "literals": len(book.literals), "solves": self.rounds}

    def next(self) -> list[Number] | None:
        """The variables' values in the next model, None where there is none."""
        if self.gamma is None:
            self.lower()
        book = self.encoding.book
        self._send()
        self.run.progress(f"{len(book):,} clauses, {self.rounds} solved")
        model = self._solver.solve()
        self.rounds += 1
        if model is None:
            return None
        holds = {literal for literal in model if literal > 0}
        values = self.encoding.values(holds.__contains__)
        loss = self.form.total(values)
        if loss > self.threshold or (self.gamma is None and loss == self.threshold):
            raise InternalError("a model of the clauses has another loss; please report the instance file")
        return values

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
        book = self.encoding.book
        clauses: list[list[int]] = []
        clause: list[int] = []
        for literal in book.flat:
            if literal:
                clause.append(literal)
            else:
                clauses.append(clause)
                clause = []
        empty = next((k for k, each in enumerate(clauses) if not each), None)
        if empty is not None:
            used, size = [empty], 0
            body = body_of(book, used, [[]], lambda number: [])
        else:
            from dnnt.clausal.proof import trimmed  # Only a refutation pays for it.

            found = trimmed(self._solver.proof(), len(clauses), self.run.poll)
            used, size = found.used.tolist(), len(found.proof)
            body = body_of(book, used, [clauses[k] for k in used], found.renamed)
        return body, CHECK_SECONDS + size * PROOF_SECONDS + len(used) * CLAUSE_SECONDS
