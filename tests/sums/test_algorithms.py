"""Each algorithm by itself, against the list of all sums and against the others, on yes- and no-instances."""

from __future__ import annotations

from random import Random

import pytest

from dnnt.running import Run
from dnnt.sums import bits, joining
from dnnt.sums.balancing import by_balancing
from dnnt.sums.bits import by_integers, by_words
from dnnt.sums.dense import dense_of
from dnnt.sums.joining import by_joining
from dnnt.sums.lattice import by_lattice
from dnnt.sums.parts import Part, Picks, common_divisor, total_of
from dnnt.sums.plan import ALGORITHMS, LATTICE_ROW, choose, predictions
from dnnt.sums.sorted_lists import SortedLists
from dnnt.sums.subsets import Subsets
from tests.sums.cases import all_sums, random_problem, written_out


def holds(parts: list[Part], picks: Picks | None, target: int) -> bool:
    """Whether picks are one element of each part with this sum."""
    return picks is not None and sum(picks) == target and all(p in of for p, of in zip(picks, parts, strict=True))


def cases(start: int, count: int, pairs: bool) -> list[tuple[list[Part], int, bool]]:
    """Parts, a target strictly between 0 and their total, and whether it is a sum."""
    made = []
    for seed in range(start, start + count):
        rng = Random(seed)
        items, choices = random_problem(rng)
        parts: list[Part] = [(0, size) for size, _ in items] if pairs else written_out(items, choices)
        sums = all_sums(parts)
        for target in {rng.choice(sums), rng.choice(sums) + 1, rng.randint(0, sums[-1])}:
            if 0 < target < sums[-1]:
                made.append((parts, target, target in sums))
    return made


@pytest.mark.parametrize("row", [*ALGORITHMS, LATTICE_ROW], ids=lambda row: row.name)
def test_against_all_sums(row: object) -> None:
    run = Run()
    taken = 0
    for pairs in (True, False):
        for parts, target, truth in cases(1000, 80, pairs):
            if target > 10**7 and row.name in ("integers", "words"):  # type: ignore[attr-defined]
                continue
            if row.predict(parts, target) is None:  # type: ignore[attr-defined]
                continue
            picks = row.solve(parts, target, run)  # type: ignore[attr-defined]
            taken += 1
            assert picks is None or holds(parts, picks, target), (parts, target)
            # Lattice reduction proves yes alone.
            if row.name != "lattice" or picks is not None:  # type: ignore[attr-defined]
                assert (picks is not None) == truth, (parts, target)
    assert taken > 10


def test_words_with_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide and conquer instead of first-layer numbers, and two parts in one pass."""
    monkeypatch.setattr(bits, "LAYER_BYTES", 300)
    monkeypatch.setattr(bits, "FUSED_WORDS", 1)
    monkeypatch.setattr(bits, "CHUNK_WORDS", 7)
    rng = Random(7)
    for _ in range(12):
        parts: list[Part] = [(0, rng.randint(1, 400)) for _ in range(rng.randint(2, 14))]
        parts.append((0, *sorted(rng.sample(range(1, 300), 3))))
        for target in (rng.randint(1, total_of(parts)), total_of(parts) // 2):
            one, other = by_words(parts, target, Run()), by_integers(parts, target, Run())
            assert (one is None) == (other is None), (parts, target)
            assert one is None or holds(parts, one, target)


def test_balancing_without_room_for_moves() -> None:
    rng = Random(8)
    for _ in range(40):
        parts: list[Part] = [(0, rng.randint(1, 300)) for _ in range(rng.randint(2, 25))]
        target = rng.randint(1, total_of(parts))
        truth = by_integers(parts, target, Run())
        for most in (2, 20, 1 << 16):
            picks = by_balancing(parts, target, Run(), most)
            assert (picks is None) == (truth is None), (parts, target, most)
            assert picks is None or holds(parts, picks, target)


def test_joining_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that must grow, pieces of one residue, and more meetings than are told apart (all of them real)."""
    monkeypatch.setattr(joining, "CHUNK_PAIRS", 1)
    monkeypatch.setattr(joining, "MOST_ALARMS", 2)
    parts: list[Part] = [(0, 1 << 70)] * 12
    assert holds(parts, by_joining(parts, 5 << 70, Run()), 5 << 70)
    assert by_joining(parts, (5 << 70) + 1, Run()) is None
    assert by_joining([(0, 3)], 2, Run()) is None


@pytest.mark.parametrize("seed", range(12))
def test_dense_parts(seed: int) -> None:
    """Most items multiples of a number, few others: the verdicts where there are some."""
    rng = Random(seed)
    divisor = rng.choice([1, 2, 3, 6, 10])
    parts: list[Part] = [(0, divisor * rng.randint(1, 40)) for _ in range(60)]
    parts += [(0, rng.randint(1, 100)) for _ in range(rng.randint(0, 2))]
    run = Run()
    found = dense_of(parts, run)
    assert found is not None
    sums = set(all_sums(parts))
    open_targets = 0
    for target in range(total_of(parts) + 1):
        verdict = found.verdict(target)
        open_targets += verdict is None
        assert verdict in (None, target in sums), (parts, target)
        if verdict and target % 7 == 0:
            assert holds(parts, found.picks(parts, target, run), target)
    assert open_targets < total_of(parts) // 2


def test_sorted_lists() -> None:
    run = Run()
    for parts, target, truth in cases(3000, 60, False):
        lists = SortedLists(parts, run)
        sums = all_sums(parts)
        assert lists.below(target) == max(s for s in sums if s <= target)
        assert lists.above(target) == min(s for s in sums if s >= target)
        if truth:
            assert holds(parts, lists.picks(target), target)


def test_sorted_lists_of_long_numbers() -> None:
    run, rng = Run(), Random(3)
    for short, _, _ in cases(3000, 60, False):
        factor = rng.randint(2**61, 2**90)
        parts: list[Part] = [tuple(factor * value for value in part) for part in short]
        sums = all_sums(parts)
        if len(sums) == 1:
            continue
        lists = SortedLists(parts, run)
        for target in {0, 1, sums[-1] // 2, sums[-1] - 1, sums[-1], rng.choice(sums), rng.choice(sums[:-1]) + 1}:
            assert lists.below(target) == max(s for s in sums if s <= target)
            assert lists.above(target) == min(s for s in sums if s >= target)
            if target in sums:
                assert holds(parts, lists.picks(target), target)


@pytest.mark.parametrize(("count", "length"), [(30, 60), (50, 150), (60, 200)])
def test_lattices_find_what_is_planted(count: int, length: int) -> None:
    rng = Random(count)
    parts: list[Part] = sorted((0, rng.randint(2 ** (length - 1), 2**length)) for _ in range(count))
    target = sum(part[1] for part in rng.sample(parts, count // 2))
    assert holds(parts, by_lattice(parts, target, Run()), target)
    asked = Subsets([(part[1], 1) for part in parts], [], Run())
    assert asked.find(target) is not None and asked.used == ["lattice"]


@pytest.mark.parametrize(("count", "greatest"), [(300, 2000), (2000, 300), (40, 10**5)])
def test_large_ones_against_each_other(count: int, greatest: int) -> None:
    """Bellman, balancing, and what shows that parts are dense, on the same targets: half of them no sums."""
    rng = Random(count)
    run = Run()
    # Between n/2 and n items of one size: sums with gaps between them.
    parts: list[Part] = sorted((0, 20 * greatest + rng.randint(0, greatest // 100)) for _ in range(count // 10))
    parts += [(0, 4 * rng.randint(1, greatest)) for _ in range(count // 10)]
    for _ in range(4):
        target = rng.randint(1, total_of(parts))
        quick = [row for predicted, row in predictions(parts, target) if predicted.seconds < 1]
        answers = [row.solve(parts, target, run) is not None for row in quick]
        assert len(answers) > 1 and len(set(answers)) == 1, (parts, target)
        dense = dense_of(parts, run)
        assert dense is None or dense.verdict(target) in (None, answers[0])


def test_divisors_and_the_choice() -> None:
    assert common_divisor([]) == 0
    assert common_divisor([(0, 6), (0, 4, 10)]) == 2
    chosen = choose([(0, 1 << 80)] * 20, 5 << 80, 1 << 30)
    assert chosen is not None and chosen[1].name == "joining"
    # Without memory for any, the one that takes least.
    least = choose([(0, 3)] * 20, 30, 0)
    assert least is not None and least[1].name == "integers"
