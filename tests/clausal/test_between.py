"""What is known of a cost from both sides."""

from __future__ import annotations

from dnnt.clausal.between import Known
from dnnt.exact import Number
from dnnt.parameters import Parameters


def test_both_sides_meet() -> None:
    """Only what is better is told, and no bound is above the best cost."""
    costs: list[Number] = []
    bounds: list[Number] = []
    known = Known(lambda value, parameters: costs.append(value), bounds.append)
    for value in (9, 9, 12, 7):
        known.better(value, Parameters())
    for bound in (2, 1, 5):
        known.at_least(bound)
        assert not known.closed
    known.at_least(8)
    assert costs == [9, 7] and bounds == [2, 5, 7] and known.closed


def test_nothing_is_there() -> None:
    """No bound ends the search where there is no choice, but that there is none does."""
    known = Known(lambda value, parameters: None, lambda bound: None)
    known.at_least(3)
    assert not known.closed
    known.none = True
    assert known.closed and known.best is None
