"""Affine pieces of activations."""

from __future__ import annotations

from dnnt.reachable.kinds import affine_pieces


def test_affine_pieces() -> None:
    relu = [max(0, d - 3) for d in range(8)]
    assert affine_pieces(relu) == [(0, 3), (4, 7)]
    assert affine_pieces([-1, -1, 1, 1, 1]) == [(0, 1), (2, 4)]
    assert affine_pieces([5]) == [(0, 0)]
    assert affine_pieces(list(range(6))) == [(0, 5)]
    assert affine_pieces([d * d for d in range(5)]) == [(0, 1), (2, 3), (4, 4)]
