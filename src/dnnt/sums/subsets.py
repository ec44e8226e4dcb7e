"""Questions about one sumset: is this number a sum, and of what; which sums are next to it.

Before any algorithm runs, a target is made easy: bounds, the complement of what is more than half of everything,
items that are too large, copies as few parts, the greatest common divisor (of the items that are left), what dense
parts show at once. What then stays open is decided by the cheapest algorithm (`plan`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from dnnt.running import Run, Stop
from dnnt.sums.bits import Reached
from dnnt.sums.dense import Dense, dense_of, smallest_core
from dnnt.sums.parts import Atoms, Chosen, Part, Picks, atoms_of, common_divisor, total_of
from dnnt.sums.plan import LATTICE_ROW, WORD, Prediction, choose, lattice_prediction
from dnnt.sums.sorted_lists import WIDEST, SortedLists, half_sizes

QUICK = 0.02
"""Algorithms predicted to take less than this many seconds are run at once; else dense parts are looked for first."""

NEAREST_SECONDS = 20.0
"""The sums next to a target are looked for in a structure of all sums where that is predicted to take less."""

LISTED = 25.0, 22.0
"""Logarithms of the most sums of half the parts in sorted lists: short numbers, and long ones."""

LISTED_SECONDS = 3e-8, 1e-6
"""Seconds for each of them, with a walk."""


@dataclass(slots=True)
class _Prepared:
    """Parts without those that are too large for a target, divided by their common divisor."""

    parts: list[Part]
    divisor: int
    top: int
    dense: Dense | None = None
    looked: bool = False


@dataclass(slots=True)
class Subsets:
    """All sums of up to `copies` times `size` for each item (size > 0), and one element of each choice (a `Part`).

    `used` names the algorithms that decided, in order, each once.
    """

    items: Sequence[tuple[int, int]]
    choices: Sequence[Part]
    run: Run
    total: int = field(init=False)
    used: list[str] = field(init=False, default_factory=list)
    _atoms: Atoms = field(init=False)
    _values: tuple[int, ...] = field(init=False)
    _prepared: dict[tuple[bool, int], _Prepared] = field(init=False, default_factory=dict)
    _all: Reached | SortedLists | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.total = sum(size * copies for size, copies in self.items) + total_of(self.choices)
        copies: dict[int, int] = {}
        for size, count in self.items:
            copies[size] = copies.get(size, 0) + count
        self._atoms = atoms_of(copies)
        self._values = self._atoms.values

    def find(self, target: int) -> Chosen | None:
        """How the target is made, or None where it is no sum."""
        if not 0 <= target <= self.total:
            return None
        if self._all is not None and not self._listed(target):
            return None
        if isinstance(self._all, SortedLists):
            parts = self._parts()
            return self._chosen(_Prepared(parts, 1, self.total), self._all.picks(target), False)
        mirrored = 2 * target > self.total
        wanted = self.total - target if mirrored else target
        prepared = self._prepare(wanted, mirrored)
        share, rest = divmod(wanted, prepared.divisor) if prepared.divisor else (0, wanted)
        if rest or share > prepared.top:
            self._note("divisor" if rest else "bounds")
            return None
        picks = self._solved(prepared, share)
        return None if picks is None else self._chosen(prepared, picks, mirrored)

    def below(self, target: int) -> int | None:
        """The greatest sum up to the target, where a structure of all sums can be had; else None."""
        if not self.prepare_all():
            return None
        return self._all.below(min(target, self.total)) if self._all is not None and target >= 0 else -1

    def above(self, target: int) -> int | None:
        """The least sum from the target on, where a structure of all sums can be had; else None."""
        if not self.prepare_all():
            return None
        return self._all.above(max(target, 0)) if self._all is not None and target <= self.total else self.total + 1

    def prepare_all(self) -> bool:
        """Form a structure of all sums, where that is predicted to be affordable."""
        if self._all is not None:
            return True
        parts = self._parts()
        seconds = len(parts) * (self.total / 64 * WORD + 1e-5) if self.total < 1 << 36 else 1e9
        longest = max(half_sizes(parts)) if len(parts) < 200 else 1e9
        wide = self.total >= WIDEST
        listed = 2.0**longest * LISTED_SECONDS[wide] if longest <= LISTED[wide] else 1e9
        if min(seconds, listed) > NEAREST_SECONDS:
            return False
        try:
            if seconds <= listed:
                reached = Reached(self.total, self.run)
                reached.add_all(parts)
                self._all = reached
            else:
                self._all = SortedLists(parts, self.run)
        except Stop as stop:
            if stop.predicted:
                return False
            raise
        self._note("all sums as bits" if seconds <= listed else "all sums of halves")
        return True

    def _parts(self) -> list[Part]:
        return [*((0, value) for value in self._values), *self.choices]

    def _listed(self, target: int) -> bool:
        return self._all is not None and self._all.below(target) == target

    def _note(self, name: str) -> None:
        if name not in self.used:
            self.used.append(name)

    def _prepare(self, wanted: int, mirrored: bool) -> _Prepared:
        mirrored = mirrored and bool(self.choices)
        count = bisect_right(self._values, wanted)
        choices = [_mirrored(part) if mirrored else part for part in self.choices]
        largest = max((part[-1] for part in choices), default=0)
        key = (mirrored, count)
        if largest <= wanted and key in self._prepared:
            return self._prepared[key]
        parts: list[Part] = [(0, value) for value in self._values[:count]]
        parts += [tuple(value for value in part if value <= wanted) for part in choices]
        divisor = common_divisor(parts)
        if divisor > 1:
            parts = [tuple(value // divisor for value in part) for part in parts]
        made = _Prepared(parts, divisor, total_of(parts))
        if largest <= wanted:
            self._prepared[key] = made
        return made

    def _solved(self, prepared: _Prepared, target: int) -> Picks | None:
        parts = prepared.parts
        if target in (0, prepared.top):
            self._note("bounds")
            return [part[-1] if target else 0 for part in parts]
        chosen = choose(parts, target, self.run.room)
        if chosen is None or chosen[0].seconds > QUICK:
            if not prepared.looked:
                prepared.looked = True
                self.run.progress("looking for an interval of sums")
                prepared.dense = dense_of(parts, self.run)
            verdict = None if prepared.dense is None else prepared.dense.verdict(target)
            if verdict is not None and prepared.dense is not None:
                self._note("interval" if verdict else "residues")
                return prepared.dense.picks(parts, target, self.run) if verdict else None
        lattice = lattice_prediction(parts)
        if lattice is not None and (chosen is None or 2 * lattice.seconds < chosen[0].seconds):
            self.run.progress("lattice reduction")
            picks = LATTICE_ROW.solve(parts, target, self.run)
            if picks is not None:
                self._note("lattice")
                return picks
        if chosen is None:
            raise Stop("memory", f"no algorithm decides a sum of {len(parts):,} parts of this length", predicted=True)
        prediction, algorithm = chosen
        self.run.need(int(prediction.bytes), f"subset sums by {algorithm.name}")
        self.run.progress(f"subset sums by {algorithm.name}")
        self._note(algorithm.name)
        return algorithm.solve(parts, target, self.run)

    def _chosen(self, prepared: _Prepared, picks: Picks, mirrored: bool) -> Chosen:
        """The copies of each item and the element of each choice that the picks stand for."""
        count = len(prepared.parts) - len(self.choices)
        taken = [value * prepared.divisor for value in picks[:count] if value]
        spent = self._atoms.copies_of(taken)
        copies = []
        for size, most in self.items:
            used = min(most, spent.get(size, 0))
            if used:
                spent[size] -= used
            copies.append(most - used if mirrored else used)
        chosen = [value * prepared.divisor for value in picks[count:]]
        if mirrored:
            chosen = [part[-1] - value for part, value in zip(self.choices, chosen, strict=True)]
        return Chosen(tuple(copies), tuple(chosen))


def _mirrored(part: Part) -> Part:
    return tuple(part[-1] - value for value in reversed(part))


def predicted(items: Sequence[tuple[int, int]], choices: Sequence[Part], room: int) -> Prediction | None:
    """What a target in the middle would cost at most; None where no algorithm takes it."""
    copies: dict[int, int] = {}
    for size, count in items:
        copies[size] = copies.get(size, 0) + count
    parts = [*((0, value) for value in atoms_of(copies).values), *choices]
    divisor = max(1, common_divisor(parts))
    parts = [tuple(value // divisor for value in part) for part in parts]
    chosen = choose(parts, total_of(parts) // 2, room)
    if chosen is not None:
        return chosen[0]
    if not choices and smallest_core([part[1] for part in parts]) is not None:
        return Prediction("interval", 1e-5 * len(parts), 1e6)
    return lattice_prediction(parts)
