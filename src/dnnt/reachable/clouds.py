"""The vectors of each summand as points: their greatest value in a direction, and where it is taken.

A state is one vector of each group of units, `times` of them where units are equal, plus the rest. Vectors are digits
of the packing of the whole, from the lowest corner of their own set, so a state's digits are the plain sum.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import mul
from typing import TYPE_CHECKING, Any

from dnnt.reachable.execute import Executed
from dnnt.reachable.key_kinds import NUMPY_SPAN, Keys, as_numpy
from dnnt.reachable.packing import Packing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IN_PYTHON, IN_PYTHON_WARM = 60_000, 600
"""Up to so many coordinates of all sets NumPy is not imported for them: it costs a tenth of a second. If it is there,
sets with more than so many coordinates are looked at by it."""

LARGEST_CLOUD = 3_000_000
"""Sets above this are not looked at vector by vector."""

MOST_AXES = 12
"""More coordinates than this are not looked at as a space with a hull."""

Digits = tuple[int, ...]


@dataclass(frozen=True)
class Cloud:
    """One summand, `times` times: its executed part, its keys in the packing of the whole."""

    part: Executed
    times: int
    packing: Packing
    keys: Keys
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", self.keys.size)

    @cached_property
    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return self.keys.listed()

    @cached_property
    def members(self) -> frozenset[int]:
        """The keys as a set."""
        return frozenset(self.listed)

    @cached_property
    def vectors(self) -> list[Digits]:
        """The digits of each key."""
        axes = [(s, a.count) for s, a in zip(self.packing.strides, self.packing.axes, strict=True)]
        return [tuple([key // s % c for s, c in axes]) for key in self.listed]

    @cached_property
    def _matrix(self) -> NDArray[np.float64] | None:
        """The digits as floats, one row a coordinate; None where the set is small or its keys are wide."""
        small = self.size * len(self.packing.axes) <= IN_PYTHON_WARM
        if small or "numpy" not in sys.modules or self.packing.span > NUMPY_SPAN:
            return None
        import numpy as np

        keys = as_numpy(self.keys).keys
        rows = [keys // s % a.count for s, a in zip(self.packing.strides, self.packing.axes, strict=True)]
        return np.array(rows, np.float64)

    def digits(self, index: int) -> Digits:
        """The digits of key number `index`."""
        key = self.key(index)
        return tuple([key // s % a.count for s, a in zip(self.packing.strides, self.packing.axes, strict=True)])

    def key(self, index: int) -> int:
        """Key number `index`."""
        return self.listed[index] if self._matrix is None else int(as_numpy(self.keys).keys[index])

    def along(self, direction: Sequence[Any]) -> tuple[int, list[int]]:
        """The index of a vector that is (by floats, about) greatest in a direction, as a list of near ties too."""
        matrix = self._matrix
        if matrix is None:
            best = max(range(self.size), key=[sum(map(mul, direction, v)) for v in self.vectors].__getitem__)
            return best, [best]
        import numpy as np

        scale = max(1, *(abs(c) for c in direction))
        values = np.array([float(c / scale) for c in direction]) @ matrix
        best = int(values.argmax())
        slack = 1e-9 * (float(np.abs(matrix[:, best]).sum()) + 1.0)
        return best, [int(i) for i in (values >= values[best] - slack).nonzero()[0][:1000].tolist()]

    def greatest(self, direction: Sequence[int]) -> int:
        """The greatest value of direction · vector, exactly."""
        return max(self.values(direction))

    def values(self, direction: Sequence[int]) -> list[int]:
        """Direction · vector for each key in order, exactly."""
        matrix = self._matrix
        if matrix is None:
            return [sum(map(mul, direction, v)) for v in self.vectors]
        import numpy as np

        bound = sum(abs(c) * a.count for c, a in zip(direction, self.packing.axes, strict=True))
        # Floats hold integers below 2^53 exactly, sums of products that stay below it too.
        if bound < 1 << 53:
            return [int(v) for v in (np.array(direction, np.float64) @ matrix).tolist()]
        columns = [row.astype(np.int64).tolist() for row in matrix]
        return [sum(map(mul, direction, v)) for v in zip(*columns, strict=True)]


def clouds_of(
    parts: Sequence[Executed], keys: Sequence[Keys], times: Sequence[int], packing: Packing
) -> tuple[Cloud, ...]:
    """The summands as clouds; `keys` are their sets in the packing of the whole."""
    if packing.span <= NUMPY_SPAN and len(packing.axes) * sum(each.at_most for each in keys) > IN_PYTHON:
        import numpy as np  # noqa: F401  # Loaded here, it serves small sets too.
    return tuple(Cloud(part, t, packing, each) for part, each, t in zip(parts, keys, times, strict=True))
