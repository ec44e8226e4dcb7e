"""A group of units that is asked for its ends only, with the interface of a cloud of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dnnt.reachable.clouds import Digits
from dnnt.reachable.packing import Packing
from dnnt.reachable.thin_unit import ThinUnit

SCALE = 1 << 24
"""Directions that are given in floats are rounded to integers up to this."""


@dataclass
class ThinCloud:
    """A group of units that is asked for its ends only; the interface is that of `Cloud`."""

    part: ThinUnit
    times: int
    packing: Packing
    seen: dict[Digits, tuple[int, Digits]] = field(default_factory=dict)
    """The ends that were asked for: their numbers, and a direction (of the unit) at whose end they are."""

    @cached_property
    def ratios(self) -> Digits:
        """How many steps of the whole are a step of the unit's own packing."""
        pairs = zip(self.part.packing.axes, self.packing.axes, strict=True)
        return tuple([int(mine.step // theirs.step) if mine.step else 0 for mine, theirs in pairs])

    def own(self, direction: Sequence[int]) -> Digits:
        """A direction over the digits of the whole as one over those of the unit."""
        return tuple([c * r for c, r in zip(direction, self.ratios, strict=True)])

    def whole(self, digits: Digits) -> Digits:
        """Digits of the unit's own packing as digits of the whole."""
        return tuple([d * r for d, r in zip(digits, self.ratios, strict=True)])

    def along(self, direction: Sequence[Any]) -> tuple[int, list[int]]:
        """A vector that is greatest in a direction, about: the first of those seen has number 0, and so on."""
        largest = max(map(abs, direction))
        rounded_ = [int(SCALE * c / largest) if largest else 0 for c in direction]
        own = self.own(rounded_)
        digits = self.whole(self.part.contribution(*self.part.direction(own).best))
        index, _ = self.seen.setdefault(digits, (len(self.seen), own))
        return index, [index]

    def digits(self, index: int) -> Digits:
        """The digits of vector number `index` of those seen."""
        return list(self.seen)[index]

    def key(self, index: int) -> int:
        """Its key in the packing of the whole."""
        return self.key_of(self.digits(index))

    def key_of(self, digits: Digits) -> int:
        """The key of digits of the whole."""
        return sum(d * s for d, s in zip(digits, self.packing.strides, strict=True))

    def greatest(self, direction: Sequence[int]) -> int:
        """The greatest value of direction · vector, exactly."""
        return self.part.direction(self.own(direction)).most
