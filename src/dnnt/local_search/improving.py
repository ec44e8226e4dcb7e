"""Better values from given ones, for anybody who wants good parameters quickly: no proof, every loss exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from random import Random
from time import monotonic
from typing import Any

from dnnt.exact import Number, magnitude
from dnnt.kernels.loading import beside
from dnnt.local_search.plain import Plain, every_choice, late_acceptance, move_seconds
from dnnt.running import Run
from dnnt.simplify.form import Form

FEW = 512
"""Choices up to which all are tried."""

PLAIN_SECONDS = 0.1
"""What the search in Python may take before compiled loops are loaded, as predicted."""

PER_CHOICE = 10
"""Moves for each choice of values at most: so few choices have been seen by then."""

FEWEST_ROUNDS = 8
"""Rounds of compiled loops at least, however few the choices: one may end where no move leads on."""

WORK = 1_000_000_000
"""Numbers that compiled loops compute at most where there is no limit of time: some ten seconds."""

PLAIN_WORK = 10.0
"""Predicted seconds of the search in Python where it is all there is and there is no limit of time."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best values, their loss, and what it took."""

    values: tuple[Number, ...]
    loss: Number
    moves: int
    rounds: int
    way: str


@dataclass(frozen=True, slots=True)
class Wish:
    """`better` is told of better values and their loss; a loss of `enough` ends the search, and so does `over`, which
    is asked often; `until` is when to end it (a `monotonic` time), None: once the stated work is done, which `endless`
    puts off for ever.
    """

    better: Callable[[tuple[Number, ...], Number], None] = lambda values, loss: None
    enough: Number = 0
    over: Callable[[], bool] = lambda: False
    until: float | None = None
    endless: bool = False

    def late(self) -> bool:
        """Whether it is time to end."""
        return (self.until is not None and monotonic() >= self.until) or self.over()


def improve(form: Form, start: Sequence[Number], run: Run, seconds: float, seed: int | None = None) -> Found:
    """Search for at most so many seconds from values of the variables; never worse than these. May raise `Stop`."""
    return search(form, start, run, Wish(until=monotonic() + seconds), run.seed if seed is None else seed)


def search(form: Form, start: Sequence[Number] | None, run: Run, wish: Wish, seed: int) -> Found:
    """Search until the wish is fulfilled, its time is over, or the stated work is done. May raise `Stop`."""
    return _Searching(form, run, wish, seed).found(start)


class _Searching:
    def __init__(self, form: Form, run: Run, wish: Wish, seed: int) -> None:
        self.form = form
        self.run = run
        self.wish = wish
        self.seed = seed
        self.best: tuple[tuple[Number, ...], Number] | None = None
        self.done = False
        self.moves = 0
        self.rounds = 0

    def found(self, start: Sequence[Number] | None) -> Found:
        form = self.form
        choices = form.choices
        if choices <= max(1, FEW):
            for values, loss in every_choice(form, self.run.poll):
                if self._better(values, loss) or self.wish.late():
                    break
            return self._found("every choice")
        if start is None:
            start = tuple([min(variable.values, key=magnitude) for variable in form.variables])
        most = PER_CHOICE * choices
        each = move_seconds(form)
        moves = int(min(most, PLAIN_SECONDS / each))
        if moves >= 200 or self.best is None:
            self._plainly(start, moves)
        if self.done or moves == most or self.wish.late():
            return self._found("plain")
        made = self._compiled()
        if made is None:
            while not self.done and not self.wish.late() and self.moves < most:
                if not self.wish.endless and self.wish.until is None and self.moves * each > PLAIN_WORK:
                    break
                self._plainly(None, max(300, 20 * moves))
            return self._found("plain")
        self._quickly(made, most)
        return self._found("compiled")

    def _found(self, way: str) -> Found:
        assert self.best is not None, "every way begins with some values"
        return Found(*self.best, self.moves, self.rounds, way)

    def _better(self, values: Sequence[Number], loss: Number) -> bool:
        """Note these values if they are better; whether they will do."""
        if self.best is None or loss < self.best[1]:
            self.best = (tuple(values), loss)
            self.wish.better(*self.best)
            self.done = loss <= self.wish.enough
        return self.done

    def _plainly(self, start: Sequence[Number] | None, moves: int) -> None:
        """Three restarts in Python, the first from `start`."""
        random = Random(f"{self.seed} {self.rounds}")
        search = Plain(self.form, self.run.poll)
        for restart in range(3):
            if start is None or restart:
                search.start([random.choice(variable.values) for variable in self.form.variables])
            else:
                search.start(start)
            self.rounds += 1
            if self._better(search.values, search.loss) or self.wish.late():
                return
            late_acceptance(search, moves // 3, random, lambda at: self._better(at.values, at.loss), self.wish.late)
            self.moves += moves // 3
            if self.done:
                return

    def _compiled(self) -> Any:
        """A search by compiled loops; None where they do not take the form."""
        from dnnt.local_search.arrays import compiled, size
        from dnnt.local_search.grids import Unfit

        self.run.need(size(self.form), "the arrays of a local search")
        try:
            made = compiled(self.form)
        except Unfit:
            return None
        self.run.progress("local search: loading compiled loops")
        return beside(lambda: loaded(made, self.seed, self.run.poll), self.run.poll)

    def _quickly(self, search: Any, most: int) -> None:
        assert self.best is not None, "the plain search comes first"
        threshold = floor(self.wish.enough * Fraction(search.compiled.denominator))
        start: Sequence[Number] | None = self.best[0]
        before = self.rounds
        plain_moves = self.moves

        def improved() -> bool:
            best = search.best
            if best is not None and self.best is not None and best < self.best[1]:
                self._better(search.best_values, best)
            return self.done or self.wish.late()

        while not self.done and not self.wish.late():
            search.round(threshold, improved, start)
            start = None
            self.rounds = before + search.rounds
            self.moves = plain_moves + search.moves
            self.run.progress(f"local search: {self.rounds:,} restarts, {self.moves:,} moves")
            if search.moves >= most and search.rounds >= FEWEST_ROUNDS:
                break
            if self.wish.until is None and not self.wish.endless and search.work >= WORK:
                break


def loaded(made: Any, seed: int, poll: Callable[[], None]) -> Any:
    """A search (see `dnnt.local_search.searching`) on a compiled form, with its loops loaded."""
    from dnnt.local_search.searching import Search  # Loads the compiler.

    search = Search(made, seed, poll)
    search.load()
    return search
