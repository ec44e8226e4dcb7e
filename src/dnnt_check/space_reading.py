"""Reading a finite space that is written out: a list of numbers, or a range."""

from __future__ import annotations

from typing import Any

from dnnt_check.budget import Work
from dnnt_check.numbers import charge_quotient, ratio
from dnnt_check.reading import Place, fault, number, numbers, record
from dnnt_check.spaces import Space, listed, ranged


def read_finite_space(value: Any, place: Place, work: Work) -> Space:
    """The space with this JSON form."""
    work.spend(1e-6)
    if isinstance(value, list):
        if len(value) <= 4 and set(map(type, value)) == {int}:
            return listed(value)
        return listed(numbers(value, place, work))
    if not isinstance(value, dict):
        raise fault(place, "a space is a list of numbers or a range")
    record(value, place, ("from", "to"), ("step",))
    low = number(value["from"], (place, "from"), work)
    high = number(value["to"], (place, "to"), work)
    step = number(value.get("step", 1), (place, "step"), work)
    if low > high:
        raise fault(place, "from is greater than to")
    if step <= 0:
        raise fault(place, "the step has to be greater than 0")
    charge_quotient(high - low, step, work)
    length = ratio(high - low, step)
    return ranged(low, step, length.numerator // length.denominator + 1)
