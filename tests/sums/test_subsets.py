"""Questions about random sumsets against the list of all sums."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from random import Random

import pytest

from dnnt.running import Run, Stop
from dnnt.sums import subsets
from dnnt.sums.parts import atoms_of
from dnnt.sums.subsets import Subsets, predicted
from tests.sums.cases import all_sums, is_made, random_problem, targets_of, written_out


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_against_all_sums(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(start, start + 20):
        rng = Random(seed)
        items, choices = random_problem(rng)
        sums = all_sums(written_out(items, choices))
        # As if every algorithm were slow, so that dense parts are looked for first.
        monkeypatch.setattr(subsets, "QUICK", -1.0 if seed % 2 else 0.02)
        asked = Subsets(items, choices, Run())
        assert asked.total == sums[-1]
        for ready in (False, True):
            for target in targets_of(rng, sums):
                found = asked.find(target)
                assert (found is not None) == (target in sums), (items, choices, target)
                assert found is None or is_made(items, choices, found, target), (items, choices, target)
                if ready:
                    below = bisect_right(sums, target) - 1
                    assert asked.below(target) == (sums[below] if below >= 0 else -1)
                    above = bisect_left(sums, target)
                    assert asked.above(target) == (sums[above] if above < len(sums) else sums[-1] + 1)
            assert ready or asked.prepare_all()


def test_copies_beyond_counting() -> None:
    """Copies are few parts, whatever their number: 10^100 copies of 3 and of 5, and one 1."""
    many = 10**100
    items = [(3, many), (5, many), (1, 1)]
    asked = Subsets(items, [], Run())
    top = 8 * many + 1
    assert asked.total == top
    for target in (*range(12), *range(top - 11, top + 1), 3 * many + 7):
        found = asked.find(target)
        # 2 is no sum; from the other end it is what is left out.
        assert (found is not None) == (target not in (2, top - 2)), target
        assert found is None or is_made(items, [], found, target)


@pytest.mark.parametrize("seed", range(40))
def test_atoms(seed: int) -> None:
    """At most two atoms of each value, the same sums, and a way back."""
    rng = Random(seed)
    copies = {rng.randint(1, 12): rng.randint(0, 9) for _ in range(rng.randint(0, 4))}
    atoms = atoms_of(copies)
    assert all(atoms.values.count(value) <= 2 for value in atoms.values)
    sums = all_sums([(0, value) for value in atoms.values])
    assert sums == all_sums([tuple(v * i for i in range(c + 1)) for v, c in copies.items()])
    taken = [value for value in atoms.values if rng.random() < 0.5]
    spent = atoms.copies_of(taken)
    assert sum(value * count for value, count in spent.items()) == sum(taken)
    assert all(count <= copies[value] for value, count in spent.items())


def test_many_equal_questions_are_one_preparation() -> None:
    asked = Subsets([(2, 5), (7, 3)], [], Run())
    assert [target for target in range(32) if asked.find(target)] == all_sums([tuple(range(0, 11, 2)), (0, 7, 14, 21)])


def test_predictions() -> None:
    room = 1 << 30
    assert predicted([], [], room) is not None
    small, large = predicted([(5, 3)], [], room), predicted([(2**300 + i, 1) for i in range(40)], [], room)
    assert small is not None and large is not None
    assert small.name == "integers" and large.name == "joining" and small.seconds < large.seconds
    # Longer than anything but an interval of sums, which is seen: 1, 1, 2, 2, 4, …
    powers = predicted([(1, 10**100)], [], room)
    assert powers is not None and powers.name in ("interval", "integers")
    # Too many for lists, too long for the rest.
    assert predicted([(2**300 + 3**i, 1) for i in range(180)], [], room) is None


def test_limits_bite() -> None:
    run = Run(time_limit=0.2)
    run.interrupt()
    rng = Random(1)
    asked = Subsets([(2 * rng.randint(2**58, 2**59), 1) for _ in range(48)] + [(1, 1)], [], run)
    with pytest.raises(Stop):
        asked.find(asked.total // 2)
