"""What is carried with every vector: a count of parameter choices, or the least cost of one.

Both are semirings: `add` joins different ways to the same vector, `times` joins independent parts of one way. Counts
use + and ×, costs min and + (the tropical semiring). A reading of the expression tree in a semiring is exact for any
size of numbers: annotations are Python integers, costs are scaled so that they are whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from dnnt.exact import Number, normal
from dnnt.simplify.prices import SMALLEST, check_kind, price_of
from dnnt.spaces import Finite, Values, preferred


class Semiring(ABC):
    """How annotations are made, added and multiplied. `one` belongs to the empty choice."""

    one: int
    counts: bool

    @abstractmethod
    def add(self, left: int, right: int) -> int:
        """The annotation of what can be made in either way."""

    @abstractmethod
    def times(self, left: int, right: int) -> int:
        """The annotation of two independent parts together."""

    @abstractmethod
    def value(self, chosen: Number, weight: bool) -> int:
        """The annotation of one parameter that has this value; `weight` tells weights from biases."""

    @abstractmethod
    def whole(self, of: Finite, weight: bool) -> int:
        """The annotation of a parameter that may have any value of a (non-empty) space."""

    def power(self, base: int, exponent: int) -> int:
        """`times` of so many equal annotations."""
        return base**exponent if self.counts else base * exponent

    def bound(self, entries: list[int]) -> int:
        """An upper bound on every annotation that equals these or a sum of some: their sum, or the greatest."""
        return sum(entries) if self.counts else max(entries)

    def bound_times(self, left: int, right: int) -> int:
        """The bound of a product of sets with these bounds."""
        return left * right if self.counts else left + right


@dataclass(frozen=True, slots=True)
class Counts(Semiring):
    """How many choices of parameters make the vector."""

    one = 1
    counts = True

    def add(self, left: int, right: int) -> int:
        """Their sum."""
        return left + right

    def times(self, left: int, right: int) -> int:
        """Their product."""
        return left * right

    def value(self, chosen: Number, weight: bool) -> int:
        """One choice."""
        return 1

    def whole(self, of: Finite, weight: bool) -> int:
        """As many choices as the space has values."""
        return of.size


@dataclass(frozen=True, slots=True)
class Costs(Semiring):
    """The least cost of the weights that make the vector; a cost is an integer, `scale` times the true one."""

    kind: str
    scale: int = 1

    one = 0
    counts = False

    def __post_init__(self) -> None:
        check_kind(self.kind)

    def add(self, left: int, right: int) -> int:
        """The lesser one."""
        return min(left, right)

    def times(self, left: int, right: int) -> int:
        """Their sum."""
        return left + right

    def value(self, chosen: Number, weight: bool) -> int:
        """What one value costs: nothing if it is a bias."""
        cost = normal(price_of(chosen, self.kind) * self.scale) if weight else 0
        assert isinstance(cost, int), "the scale makes costs whole"
        return cost

    def whole(self, of: Finite, weight: bool) -> int:
        """What the cheapest value of the space costs."""
        return self.value(self.cheapest(of, weight), weight)

    def cheapest(self, of: Finite, weight: bool) -> Number:
        """A cheapest value of the space: the one closest to 0."""
        return preferred(of)

    def unscaled(self, cost: int) -> Number:
        """The true cost."""
        return normal(Fraction(cost, self.scale))


def costs_of(kind: str, spaces: list[Finite]) -> Costs:
    """The semiring of costs of a kind for weights from the given spaces."""
    if kind != SMALLEST:
        return Costs(kind)
    scale = 1
    for of in spaces:
        numbers = of.values if isinstance(of, Values) else (of.start, of.step)
        scale = lcm(scale, *(q.denominator for q in numbers))
    return Costs(kind, scale)
