"""What ways of spoiling a certificate have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from dnnt.exact import normal, number, to_json
from dnnt.instance import Instance
from dnnt.testing.certificates import Body, Case, Spoiled

EPSILON = Fraction(1, 10**40)


@dataclass(frozen=True, slots=True)
class Spot:
    """What a way of spoiling may use: the case, a random state, and another instance."""

    case: Case
    rng: Random
    other: Instance


Made = Body | bytes | Spoiled | None
"""A spoiled object, the bytes of a spoiled file, a file for another instance, or None: the way does not apply."""

Make = Callable[[Body, Spot], Made]


def moved(value: Any, by: Fraction | int) -> Any:
    """A number of a file, plus `by`, as a file has it."""
    return to_json(normal(number(value) + by))


def part_of(body: Body, path: str) -> Any:
    """The object at a path such as `lower.grounds` ("" is the whole), or None."""
    at: Any = body
    for name in filter(None, path.split(".")):
        at = at.get(name) if isinstance(at, dict) else None
    return at
