"""Residues: every reachable state has them, and they are those of the lattice of all differences."""

from __future__ import annotations

from random import Random
from unittest.mock import patch

from dnnt.reachable import residues as module
from dnnt.reachable.residues import residues_of
from tests.reachable.hulls import made_clouds, points_of, random_clouds


def nothing() -> None:
    """No poll."""


def test_all_states_have_them() -> None:
    some = 0
    for seed in range(150):
        clouds = random_clouds(Random(seed))
        axes = clouds[0].packing.axes
        used = [i for i, axis in enumerate(axes) if axis.count > 1]
        said = residues_of(clouds, used, nothing)
        some += bool(said.pairs)
        for point in points_of(clouds):
            assert said.allows(point), seed
        for direction, modulus in said.pairs:
            assert modulus > 1
            assert all(0 <= c < modulus for c in direction)
            assert any(direction)
            assert not any(c for i, c in enumerate(direction) if i not in used)
    assert some > 10


def test_they_tell_the_lattice() -> None:
    """The lattice of (2, 0), (1, 3) has six classes, and residues allow one of them."""
    clouds = made_clouds([[(0, 0), (2, 0)], [(0, 0), (1, 3)]], [5, 10**100])
    said = residues_of(clouds, [0, 1], nothing)
    inside = {(2 * a + b, 3 * b) for a in range(-20, 20) for b in range(-20, 20)}
    for x in range(12):
        for y in range(12):
            assert said.allows((x, y)) == ((x, y) in inside)


def test_nothing_is_said_of_lines_and_of_very_many() -> None:
    assert residues_of(made_clouds([[(0, 0), (2, 2)]], [3]), [0, 1], nothing).pairs == ()
    with patch.object(module, "MOST_VECTORS", 2):
        assert residues_of(made_clouds([[(0,), (2,), (4,)]], [3]), [0], nothing).pairs == ()
    assert residues_of((), [], nothing).pairs == ()
