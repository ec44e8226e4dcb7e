"""Rounds of annealing in compiled loops: restarts of growing length, by turns with several aims and temperatures.

The first round begins where the caller says, every third one at the best so far, the others anywhere. What a round does
follows from the seed and its number alone: cutting it into pieces for polls changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from time import perf_counter

import numpy as np

from dnnt.exact import Number
from dnnt.kernels import annealing
from dnnt.kernels.annealing_arrays import BEST, BEST_COST, COST, GUIDE, LOSS, MADE, PARTS, TWO, WORK, Aim, Ints
from dnnt.local_search.arrays import NEVER, Compiled, state_of

AIMS = ((1.0, 0.3), (1.0, 0.3), (1.0, 0.0), (1.0, 0.05))
"""(flat, slope) by turns: see `dnnt.kernels.annealing`. Where the loss has no plains, all are the same."""

HEATS = ((0.5, 0.02), (0.1, 0.01), (0.15, 0.03), (0.3, 0.01))
"""(first, last) temperature by turns, as parts of what a move that makes it worse adds in the mean."""

COOL = (0.1, 0.01)
"""The same for rounds that begin at good values."""

PAIRS = 0.1
"""How many of the moves change two variables."""

SHORTEST, PER_VARIABLE, LONGEST = 2000, 20, 128
"""Moves of the first rounds: at least, for each variable; and how many times longer the last are."""

SAMPLED = 200
"""Moves that are tried, and not made, to find the temperatures of a round."""

CHUNK_SECONDS = 0.03

START_PRICE, LEAST_PRICE, MOST_PRICE, RISE, FALL = 0.3, 0.01, 100.0, 1.25, 0.85
"""What a usual step in the second cost counts at first, at least, at most, where a loss of 1 counts 1; and what that is
multiplied by after rounds that end within the threshold, or above it.
"""

CHEAPER_HOT, CHEAPER_COLD = 0.3, 0.05
"""First and last temperature of a round for the second cost, as parts of what a usual step counts."""

CHEAPER_SHORTEST, CHEAPER_PER_VARIABLE, CHEAPER_LONGEST = 20_000, 100, 64
"""Moves of its first rounds: at least, for each variable; and how many times longer the last are."""

CHEAPER_PAIRS = 0.5
"""How many of its moves change two variables: one weight takes the place of another."""

CHEAPER_WORK = 20_000_000_000
"""Numbers that are computed for it at most."""


class Search:
    """Rounds on one compiled form."""

    def __init__(self, compiled: Compiled, seed: int, poll: Callable[[], None]) -> None:
        self.compiled = compiled
        self.program = compiled.program
        self.poll = poll
        self.random = Random(seed)
        self.state = state_of(self.program, seed)
        self.rounds = 0
        self.moves = 0
        self.sizes = np.diff(self.program.value_start).tolist()
        self._chunk = 2000
        outputs = [u for u in self.program.outputs.tolist() if u >= 0]
        self.plain = self.program.mode[0] == PARTS and all(self.program.kind[u] != TWO for u in outputs)

    def load(self) -> None:
        """Load the loops, or compile them, by calls that do nothing."""
        aim = Aim(1.0, 0.0, 0.0, 0.0, 0)
        annealing.evaluate(self.program, self.state, aim)
        annealing.anneal(self.program, self.state, aim, 0, 1.0, 1.0, 0, PAIRS)

    @property
    def best(self) -> Number | None:
        """The least loss so far."""
        best = int(self.state.numbers[BEST])
        return None if best >= NEVER else self.compiled.loss(best)

    @property
    def best_values(self) -> tuple[Number, ...]:
        """The values of variables with the least loss so far."""
        return self.compiled.values(self.state.best)

    @property
    def work(self) -> int:
        """Numbers computed so far."""
        return int(self.state.numbers[WORK])

    @property
    def length(self) -> int:
        """Moves of the next round."""
        base = max(SHORTEST, PER_VARIABLE * len(self.program.movable))
        return base * min(LONGEST, 1 << (self.rounds // 2))

    def round(self, threshold: int, enough: Callable[[], bool], start: Sequence[Number] | None = None) -> bool:
        """One round, from `start` if given; True once the integer loss is at most `threshold`, or `enough`, which is
        asked again and again, says so.
        """
        index, (hot, cold) = self._begin(start)
        flat, slope = (1.0, 0.0) if self.plain else AIMS[self.rounds % len(AIMS)]
        aim = Aim(flat, slope, 0.0 if self.rounds % 2 else 1.0, 0.0, threshold)
        length = self.length
        self.rounds += 1
        return self.anneal(index, aim, length, hot, cold, enough)

    def _begin(self, start: Sequence[Number] | None) -> tuple[Ints, tuple[float, float]]:
        if start is not None:
            return self.compiled.index(start), COOL
        if self.rounds % 3 == 2 and self.best is not None:
            return self.state.best.copy(), COOL
        drawn = [self.random.randrange(size) for size in self.sizes]
        return np.array(drawn, np.int64), HEATS[self.rounds % len(HEATS)]

    def anneal(self, index: Ints, aim: Aim, length: int, hot: float, cold: float, enough: Callable[[], bool]) -> bool:
        """Begin at these places of values and make so many moves; see `round`. With a price, `hot` and `cold` are
        temperatures, not parts of one.
        """
        program, state = self.program, self.state
        state.places[:] = index
        annealing.evaluate(program, state, aim)
        if aim.price > 0.0:
            if state.numbers[LOSS] <= aim.threshold and state.numbers[COST] < state.numbers[BEST_COST]:
                state.numbers[BEST_COST] = state.numbers[COST]
                state.best[:] = state.places
        elif state.numbers[LOSS] < state.numbers[BEST]:
            state.numbers[BEST] = state.numbers[LOSS]
            state.best[:] = state.places
        self.poll()
        if enough() or not len(program.movable):
            return enough()
        mean, pairs = 1.0, PAIRS if aim.price == 0.0 else CHEAPER_PAIRS
        if aim.price == 0.0:
            state.numbers[MADE] = 0
            _, mean = annealing.anneal(program, state, aim, SAMPLED, 0.0, 0.0, SAMPLED, PAIRS)
        if mean <= 0.0:
            mean = max(float(program.one[0]), float(state.floats[GUIDE]) / max(1, len(state.bad)))
        state.numbers[MADE] = 0
        done = False
        while not done and state.numbers[MADE] < length:
            began = perf_counter()
            made = int(state.numbers[MADE])
            done, _ = annealing.anneal(program, state, aim, self._chunk, mean * hot, mean * cold, length, pairs)
            spent = max(1e-6, perf_counter() - began)
            made = int(state.numbers[MADE]) - made
            self.moves += made
            self._chunk = max(100, min(1 << 20, int(made * min(2.0, CHUNK_SECONDS / spent))))
            done = enough() or done
            self.poll()
        return done

    def cheapest(
        self, start: Ints | None, threshold: int, unit: Number, enough: Callable[[], bool]
    ) -> tuple[Number, ...] | None:
        """Values of low second cost and an integer loss of at most `threshold`, from these places if given; until
        `enough` says so, or the stated work is done. `unit` is a usual step in cost.
        """
        state, numbers = self.state, self.state.numbers
        price = START_PRICE / float(unit)
        places = start
        base = max(CHEAPER_SHORTEST, CHEAPER_PER_VARIABLE * len(self.program.movable))
        rounds = 0
        while not enough() and self.work < CHEAPER_WORK:
            known = int(numbers[BEST_COST])
            if places is None:
                places = np.array([self.random.randrange(size) for size in self.sizes], np.int64)
            flat, slope = (1.0, 0.0) if self.plain else AIMS[rounds % len(AIMS)]
            aim = Aim(flat, slope, 0.0, price, threshold)
            step = price * float(unit)
            length = base * min(CHEAPER_LONGEST, 1 << (rounds // 4))
            self.anneal(places, aim, length, CHEAPER_HOT * step, CHEAPER_COLD * step, enough)
            rounds += 1
            within = numbers[LOSS] <= threshold
            price = min(max(price * (RISE if within else FALL), LEAST_PRICE / float(unit)), MOST_PRICE / float(unit))
            best = numbers[BEST_COST] < NEVER
            again = best and (int(numbers[BEST_COST]) < known or rounds % 4 != 3)
            places = state.best.copy() if again else state.places.copy()
            if not len(self.program.movable):
                break
        return self.best_values if numbers[BEST_COST] < NEVER else None
