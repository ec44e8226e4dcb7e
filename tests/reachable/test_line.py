"""Sums of k vectors on a line by the structure theorem, and the choice between it and windows."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from dnnt.exact import Number
from dnnt.reachable import line as lines
from dnnt.reachable.execute import execute
from dnnt.reachable.expression import Choose, Sum
from dnnt.reachable.line import Line, least_sums, threshold
from dnnt.reachable.packing import packing_sum
from dnnt.reachable.powers import digit_vectors, digits_of, key_of, power_window, predicted, vector_of_digits
from dnnt.running import Run
from dnnt.spaces import finite, space
from tests.reachable.test_windows import all_sums, summed

Point = tuple[int, ...]


def random_line(random: Random) -> tuple[list[Point], list[int]]:
    """Vectors on a line, and their positions 0 … m."""
    m = random.randint(1, 12)
    positions = sorted({0, m} | {random.randint(0, m) for _ in range(random.randint(0, 5))})
    direction = random.choice([(1,), (3,), (-2,), (1, -1), (2, 0, -4)])
    start = [random.randint(-9, 9) for _ in direction]
    vectors: list[Point] = [tuple(p * x + s for x, s in zip(direction, start, strict=True)) for p in positions]
    random.shuffle(vectors)
    return vectors, positions


@pytest.mark.parametrize("seed", range(10))
def test_against_all_sums(seed: int) -> None:
    """Whatever k, below the theorem's threshold too."""
    random = Random(seed)
    for _ in range(120):
        vectors, _ = random_line(random)
        count = random.randint(1, 18)
        sums = all_sums(vectors, count)
        centre, reach = random.choice(sorted(sums)), random.choice([0, 1, 5, 50, 1000])
        low = tuple(x - random.randint(0, reach) for x in centre)
        high = tuple(x + random.randint(0, reach) for x in centre)
        right = {s for s in sums if all(a <= x <= b for a, x, b in zip(low, s, high, strict=True))}
        power = power_window(vectors, count, low, high, Run())
        assert power.size == len(right)
        listed = list(power.members())
        assert set(listed) == right and len(listed) == len(right)
        for vector in random.sample(sorted(right), min(6, len(right))):
            used = power.parts(vector, Run())
            assert power.contains(vector) and set(used) <= set(vectors) and min(used.values()) > 0
            assert used.total() == count and summed(used) == vector
        away = tuple(x + random.randint(-3, 3) for x in centre)
        assert power.contains(away) == (away in right)
        if away not in right:
            with pytest.raises(KeyError):
                power.parts(away, Run())


def test_the_theorem_is_used_from_its_threshold_on() -> None:
    vectors = [(0,), (4,), (9,), (10,)]
    assert threshold([0, 4, 9, 10]) == 8
    assert not isinstance(power_window(vectors, 7, (0,), (70,), Run()), Line)
    assert isinstance(power_window(vectors, 8, (0,), (80,), Run()), Line)


def test_least_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to make the table against the sums themselves."""
    random = Random(1)
    for numpy_steps in (200_000, 0, 30):
        monkeypatch.setattr(lines, "NUMPY_STEPS", numpy_steps)
        for _ in range(60):
            m = random.randint(1, 14)
            elements = sorted({0, m, random.choice([1, m - 1])} | {random.randint(0, m) for _ in range(2)})
            reached, frontier = {0}, {0}
            while frontier:
                frontier = {v + a for v in frontier for a in elements if v + a <= m * m} - reached
                reached |= frontier
            assert list(least_sums(elements, Run())) == [min(v for v in reached if v % m == r) for r in range(m)]


@pytest.mark.parametrize("count", [10**6, 10**100])
def test_huge_counts(count: int) -> None:
    """In the middle everything is a sum; at the ends what the semigroup leaves out is not."""
    vectors = [(0,), (6,), (10,), (15,)]
    power = power_window(vectors, count, (0,), (15 * count,), Run())
    assert isinstance(power, Line)
    gaps = [v for v in range(40) if not power.contains((v,))]
    # The numbers that 6, 10 and 15 do not make, of which 29 is the greatest (Frobenius).
    assert gaps == [1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 14, 17, 19, 23, 29]
    missed = [v for v in range(40) if not power.contains((15 * count - v,))]
    # 15 - A is 0, 5, 9, 15.
    assert missed == [1, 2, 3, 4, 6, 7, 8, 11, 12, 13, 16, 17, 21, 22, 26, 31]
    assert power.size == 15 * count + 1 - len(gaps) - len(missed)
    for v in (0, 6, 29 + 1, 15 * count // 2, 15 * count // 3 + 1, 15 * count - 5, 15 * count):
        used = power.parts((v,), Run())
        assert used.total() == count and summed(used) == (v,)


def test_recovery_between_the_threshold_and_twice_the_span() -> None:
    """Where neither side's least sums leave enough room, windows are asked."""
    random = Random(2)
    asked = 0
    for _ in range(200):
        _, positions = random_line(random)
        if threshold(positions) > 2 * positions[-1]:
            continue
        count = random.randint(threshold(positions), max(threshold(positions), 2 * positions[-1]))
        vectors: list[Point] = [(p,) for p in positions]
        power = power_window(vectors, count, (0,), (count * positions[-1],), Run())
        for vector in islice(power.members(), 0, None, 3):
            used = power.parts(vector, Run())
            asked += 1
            assert used.total() == count and summed(used) == vector
    assert asked > 500


def test_arguments() -> None:
    for vectors, count, low in (([], 1, (0,)), ([(1,)], 0, (0,)), ([(1, 2)], 1, (0,))):
        with pytest.raises(ValueError, match="sums of at least one"):
            power_window(vectors, count, low, (1,), Run())


def test_digits_of_units() -> None:
    """The digits of a unit's vectors add up to those of the sum, whatever the steps are."""
    first = execute(Sum(((Choose(finite(space([-1, 0, 2])), (3, -1)), 1),), 2), Run())
    other = execute(Sum(((Choose(finite(space(["-1/2", 1])), (1, 0)), 1),), 2), Run())
    count = 7
    whole = packing_sum([(first.packing, count), (other.packing, 1)], 2)
    vectors = digit_vectors(first, whole)
    exact: dict[Point, tuple[Number, ...]] = {v: vector_of_digits(first, whole, v) for v in vectors}
    assert sorted(exact.values()) == [(-3, 1), (0, 0), (6, -2)]
    shift = digit_vectors(other, whole)[0]
    power = power_window(vectors, count, (0, 0), tuple(axis.count - 1 for axis in whole.axes), Run())
    values = set()
    for member in power.members():
        digits = tuple(x + y for x, y in zip(member, shift, strict=True))
        assert digits_of(whole, key_of(whole, digits)) == digits
        values.add(whole.decode(key_of(whole, digits)))
        used = [(exact[v], times) for v, times in power.parts(member, Run()).items()]
        made = tuple(
            sum(v[c] * times for v, times in used) + vector_of_digits(other, whole, shift)[c] for c in range(2)
        )
        assert made == whole.decode(key_of(whole, digits))
    low = vector_of_digits(other, whole, shift)
    exact_sums = all_sums([(-3, 1), (0, 0), (6, -2)], count)
    assert values == {tuple(x + y for x, y in zip(s, low, strict=True)) for s in exact_sums}


def test_predictions_grow_with_the_work() -> None:
    small = predicted((30, 30), 100, 10**6, (0, 0))
    larger = predicted((200, 200), 100, 10**6, (0, 0))
    assert 0 < small[0] < larger[0] and 0 < small[1] < larger[1]
    assert predicted((30, 30), 100, 10**100, (0, 0))[0] < 5
