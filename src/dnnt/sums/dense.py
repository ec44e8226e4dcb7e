"""Dense sums: most numbers are sums, and few of the items show it.

Let the items be d · b_1, …, d · b_n and *others*. If the sums of some of the b (the *core*) contain every integer from
a to e, then a further b up to e - a + 1 makes this interval longer: all integers from a to e + b are sums, and so on
with the next b in order of size. (The argument behind the algorithms for dense subset sum of Chaimovich, Freiman,
Galil and Margalit, 1989, and Bringmann and Wellnitz, 2021; here the interval is not derived from the number of items,
but found, so nothing has to be assumed.) Then a target t is a sum

- if some sum s of the others has s = t modulo d, and (t - s) / d lies in the interval;
- not, if no sum of the others has s = t modulo d: that does not even need the interval.

What is between the two stays open, for other algorithms. d is found by dividing by small primes while few items are
not divisible; the core is the smallest items, or a small random sample (seeded).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from dnnt.running import Run
from dnnt.sums.bits import MOST_BITS, PYTHON_BYTES, Reached, by_integers, by_words, python_bytes
from dnnt.sums.parts import Part, Picks

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)

MOST_DIVISOR = 5000
"""Residues are looked at for divisors up to this."""

MOST_OTHERS = 400_000
"""The most steps (divisor times elements of the others) for the residues."""

SMALLEST = 48, 1 << 18
"""The most items, and the greatest sum, of a core of the smallest items."""

PYTHON_CORE = 1 << 30
"""Bits times parts up to which the sums of the core are formed by Python's long integers (about 0.2 s)."""

MOST_CORE = 1 << 37
"""Bits times parts above which no core is tried (about 2 s)."""


@dataclass(frozen=True, slots=True)
class Dense:
    """The divisor d; positions of the others; positions of the core, and the interval first … last of the sums of its
    items divided by d; `further`: positions of the other divisible items, in order of size, and `reach` their sum
    divided by d. `least[r]`: the least sum of the
    others that is r modulo d, with its picks (by position), or None where there is none.
    """

    divisor: int
    core: tuple[int, ...]
    interval: tuple[int, int] | None
    further: tuple[int, ...]
    reach: int
    least: tuple[tuple[int, dict[int, int]] | None, ...]

    def verdict(self, target: int) -> bool | None:
        """Whether the target is a sum; None where that stays open."""
        known = self.least[target % self.divisor]
        if known is None:
            return False
        if self.interval is None:
            return None
        rest = (target - known[0]) // self.divisor
        return True if self.interval[0] <= rest <= self.interval[1] + self.reach else None

    def picks(self, parts: Sequence[Part], target: int, run: Run) -> Picks:
        """How the parts make a target of which `verdict` says yes."""
        known = self.least[target % self.divisor]
        assert known is not None and self.interval is not None, "a target that stays open"
        picks = [0] * len(parts)
        for position, value in known[1].items():
            picks[position] = value
        rest = (target - known[0]) // self.divisor
        end = self.interval[1] + self.reach
        for position in reversed(self.further):
            # Without this item the interval ends earlier; what is beyond needs it, and is then not below the interval.
            value = parts[position][1] // self.divisor
            end -= value
            if rest > end:
                picks[position] = parts[position][1]
                rest -= value
        core = [(0, parts[position][1] // self.divisor) for position in self.core]
        plain = python_bytes(core, rest) <= PYTHON_BYTES
        found = by_integers(core, rest, run) if plain else by_words(core, rest, run)
        assert found is not None, "a number of the interval that is no sum"
        for position, value in zip(self.core, found, strict=True):
            picks[position] = value * self.divisor
        return picks


def dense_of(parts: Sequence[Part], run: Run) -> Dense | None:
    """What can be seen of dense parts; None where that is too much work or nothing can be seen."""
    divisor, divisible, others = _divided(parts)
    least = _least(parts, others, divisor, run)
    if least is None:
        return None
    if len(divisible) < 8:
        return None
    divisible.sort(key=lambda position: parts[position][1])
    sizes = [parts[position][1] // divisor for position in divisible]
    small = smallest_core(sizes)
    if small is not None:
        first = tuple(divisible[:small])
        return Dense(divisor, first, _longest(sizes[:small]), tuple(divisible[small:]), sum(sizes[small:]), least)
    greatest = sizes[-1]
    random = Random(len(parts))
    count = max(16, greatest.bit_length() + 8)
    while True:
        count = min(count, len(divisible))
        # Sums spread over about count · greatest / 2 bits.
        if count * greatest > min(MOST_BITS, run.room) or count * count * greatest // 2 > MOST_CORE:
            break
        core = sorted(random.sample(range(len(divisible)), count))
        inside = set(core)
        further = [index for index in range(len(divisible)) if index not in inside]
        interval = _interval([sizes[index] for index in core], sizes[further[-1]] if further else 1, run)
        if interval is not None:
            reach = sum(sizes[index] for index in further)
            positions = tuple(divisible[index] for index in core), tuple(divisible[index] for index in further)
            return Dense(divisor, positions[0], interval, positions[1], reach, least)
        if count == len(divisible):
            break
        count *= 4
    return Dense(divisor, (), None, (), 0, least) if divisor > 1 else None


def smallest_core(sizes: Sequence[int]) -> int | None:
    """How many of the smallest items (given in increasing order) are a core for all others; None where none are."""
    count = total = 0
    while count < min(len(sizes), SMALLEST[0]) and total + sizes[count] <= SMALLEST[1]:
        total += sizes[count]
        count += 1
    first, last = _longest(sizes[:count])
    length = last - first + 1
    for size in sizes[count:]:
        if size > length:
            return None
        length += size
    return count


def _longest(values: Sequence[int]) -> tuple[int, int]:
    """First and last of the longest run of consecutive sums of some values."""
    bits = 1
    for value in values:
        bits |= bits << value
    text = f"{bits:b}"[::-1]
    longest = max(text.split("0"), key=len)
    first = text.index(longest)
    return first, first + len(longest) - 1


def _divided(parts: Sequence[Part]) -> tuple[int, list[int], list[int]]:
    """The divisor, the positions of items that it divides, and of all other parts."""
    divisor = 1
    divisible = [position for position, part in enumerate(parts) if len(part) == 2]
    found = True
    while found and divisor <= MOST_DIVISOR:
        found = False
        sample = divisible[:: max(1, len(divisible) // 256)]
        for prime in PRIMES:
            factor = divisor * prime
            if sum(parts[position][1] % factor != 0 for position in sample) > len(sample) // 6:
                continue
            kept = [position for position in divisible if parts[position][1] % factor == 0]
            if factor <= MOST_DIVISOR and len(divisible) - len(kept) <= len(divisible) // 6:
                divisor, divisible, found = factor, kept, True
    inside = set(divisible)
    return divisor, divisible, [position for position in range(len(parts)) if position not in inside]


def _least(
    parts: Sequence[Part], others: list[int], divisor: int, run: Run
) -> tuple[tuple[int, dict[int, int]] | None, ...] | None:
    """For each residue the least sum of the others and how it is made; None where that is too much work."""
    if divisor * sum(len(parts[position]) - 1 for position in others) > MOST_OTHERS:
        return None
    # A chain of links (position, value, the link before) for each residue.
    best: list[tuple[int, tuple[int, int, object] | None] | None] = [None] * divisor
    best[0] = (0, None)
    for position in others:
        run.poll()
        following = list(best)
        for value in parts[position][1:]:
            for here in best:
                if here is None:
                    continue
                total = here[0] + value
                there = following[total % divisor]
                if there is None or total < there[0]:
                    following[total % divisor] = (total, (position, value, here[1]))
        best = following
    made: list[tuple[int, dict[int, int]] | None] = []
    for entry in best:
        if entry is None:
            made.append(None)
            continue
        chosen: dict[int, int] = {}
        link: object = entry[1]
        while isinstance(link, tuple):
            position, value, link = link
            chosen[position] = value
        made.append((entry[0], chosen))
    return tuple(made)


def _interval(values: list[int], length: int, run: Run) -> tuple[int, int] | None:
    """First and last of `length` or more consecutive sums of some values; None where there are none."""
    total = sum(values)
    if total + 1 < length:
        return None
    if total * len(values) <= PYTHON_CORE:
        bits = 1
        for value in values:
            run.poll()
            bits |= bits << value
    else:
        reached = Reached(total, run)
        reached.add_all([(0, value) for value in values])
        run.need(6 * (total // 8), "runs of sums")
        bits = int.from_bytes(reached.words.tobytes(), "little")
        del reached
    runs, covered = bits, 1
    while covered < length and runs:
        run.poll()
        step = min(covered, length - covered)
        runs &= runs >> step
        covered += step
    if not runs:
        return None
    first = (runs & -runs).bit_length() - 1
    after = bits >> first
    gap = (~after & (after + 1)).bit_length() - 1
    return first, first + gap - 1
