"""Choosing one vector for every unit so that the sum is a given state: a start near it, and a few exchanges.

A mixture says how often each vector of each summand is used. Exchanges are exact: one, two or three units get other
vectors such that the sum is just the target. That finds most reachable states at once, however many units there are,
and proves nothing where it fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations_with_replacement
from random import Random

from dnnt.reachable.clouds import Cloud, Digits
from dnnt.reachable.projection import Share, Vertex
from dnnt.running import Run

MOST_MEMBERS = 400_000
"""Sets above this are not listed for exchanges."""

LOOKUPS = 400_000
"""Look-ups that the search for one target may take."""


@dataclass(slots=True)
class Mixture:
    """How often each key of each summand is used; `key` is the key of the sum."""

    used: list[Counter[int]]
    key: int = field(init=False)

    def __post_init__(self) -> None:
        self.key = sum(key * count for counter in self.used for key, count in counter.items())

    def frozen(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each summand its keys with multiplicities."""
        return tuple(tuple(sorted(counter.items())) for counter in self.used)


def rounded(clouds: Sequence[Cloud], vertices: Sequence[tuple[Vertex, Digits, Share]]) -> Mixture:
    """A mixture of vertices with about the given weights, each unit at one of them."""
    used: list[Counter[int]] = []
    owed = [0.0] * len(vertices)
    for index, cloud in enumerate(clouds):
        counter: Counter[int] = Counter()
        left = cloud.times
        if cloud.times == 1:
            for j, (_, _, share) in enumerate(vertices):
                owed[j] += float(share)
            best = max(range(len(vertices)), key=owed.__getitem__)
            owed[best] -= 1.0
            counter[cloud.key(vertices[best][0][index])] = 1
        else:
            for j, (at, _, share) in enumerate(vertices):
                take = left if j == len(vertices) - 1 else min(left, _part(cloud.times, share))
                if take:
                    counter[cloud.key(at[index])] += take
                left -= take
        used.append(counter)
    return Mixture(used)


def _part(times: int, share: Share) -> int:
    if isinstance(share, Fraction):
        return round(times * share)
    return round(times * share) if times < 1 << 50 else times * int(share * (1 << 50)) >> 50


class Exchanges:
    """Exchanges of up to three units, with what was computed for them."""

    def __init__(self, clouds: Sequence[Cloud], run: Run) -> None:
        self.clouds = clouds
        self.run = run
        self.possible = all(cloud.size <= MOST_MEMBERS for cloud in clouds)
        self._pairs: dict[tuple[int, int], dict[int, int]] = {}

    def reach(self, start: Mixture, key: int) -> Mixture | None:
        """A mixture near `start` whose sum has this key; None where no exchange was found."""
        if start.key == key:
            return start
        if not self.possible:
            return None
        return self._by_one(start, key) or self._by_two(start, key) or self._by_three(start, key)

    def _by_one(self, start: Mixture, key: int) -> Mixture | None:
        move = key - start.key
        for g, counter in enumerate(start.used):
            members = self.clouds[g].members
            for a in counter:
                if a + move in members:
                    return _exchanged(start, [(g, a, a + move)])
        return None

    def _places(self, start: Mixture) -> list[tuple[int, int]]:
        """The used vectors as (summand, key), a few of each."""
        return [(g, a) for g, counter in enumerate(start.used) if self.clouds[g].size > 1 for a in counter]

    def _by_two(self, start: Mixture, key: int) -> Mixture | None:
        move = key - start.key
        left = LOOKUPS
        for (g, a), (h, b) in self._some_pairs(start):
            small, large = (g, h) if self.clouds[g].size <= self.clouds[h].size else (h, g)
            members = self.clouds[large].members
            whole = a + b + move
            left -= self.clouds[small].size
            if left < 0:
                return None
            self.run.poll()
            for x in self.clouds[small].listed:
                if whole - x in members:
                    ends = [(g, a, x), (h, b, whole - x)] if small == g else [(g, a, whole - x), (h, b, x)]
                    return _exchanged(start, ends)
        return None

    def _some_pairs(self, start: Mixture) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        places = self._places(start)
        pairs = [
            (p, q)
            for p, q in combinations_with_replacement(places, 2)
            if (p != q or start.used[p[0]][p[1]] > 1) and (p[0] != q[0] or self.clouds[p[0]].times > 1)
        ]
        Random(1).shuffle(pairs)
        yield from pairs

    def _by_three(self, start: Mixture, key: int) -> Mixture | None:
        move = key - start.key
        left = LOOKUPS
        places = self._places(start)
        for (g, a), (h, b) in self._some_pairs(start):
            sums = self._sums(g, h)
            if sums is None:
                continue
            for f, c in places:
                if (f == g and start.used[g][c] - (c == a) - (h == g and c == b) < 1) or (
                    f == h and f != g and start.used[h][c] - (c == b) < 1
                ):
                    continue
                whole = a + b + c + move
                left -= self.clouds[f].size
                if left < 0:
                    return None
                self.run.poll()
                for x in self.clouds[f].listed:
                    first = sums.get(whole - x)
                    if first is not None:
                        return _exchanged(start, [(f, c, x), (g, a, first), (h, b, whole - x - first)])
        return None

    def _sums(self, g: int, h: int) -> dict[int, int] | None:
        """Sums of two members with the first of them; None where they are too many."""
        at = (g, h)
        if at not in self._pairs:
            one, two = self.clouds[g], self.clouds[h]
            if one.size * two.size > LOOKUPS or len(self._pairs) >= 3:
                return None
            self._pairs[at] = {x + y: x for x in one.listed for y in two.listed}
        return self._pairs[at]


def _exchanged(start: Mixture, moves: list[tuple[int, int, int]]) -> Mixture:
    """The mixture with (summand, old key, new key) exchanged."""
    used = [Counter(counter) for counter in start.used]
    for g, old, new in moves:
        used[g][old] -= 1
        if not used[g][old]:
            del used[g][old]
        used[g][new] += 1
    made = Mixture(used)
    assert all(count > 0 for counter in used for count in counter.values()), "an exchange of a unit that is not there"
    return made
