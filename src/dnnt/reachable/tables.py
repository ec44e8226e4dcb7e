"""Tables over the digits of keys: what each digit of each coordinate is worth, added up for every key of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dnnt.reachable.packing import Packing


@dataclass(frozen=True, slots=True)
class Linear(Mapping[int, int]):
    """The table digit -> slope · digit + offset of the digits 0 … count - 1 (never listed)."""

    slope: int
    offset: int
    count: int

    def __getitem__(self, digit: int) -> int:
        return self.slope * digit + self.offset

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.count))

    def __len__(self) -> int:
        return self.count


def mapped(keys: list[int], packing: Packing, tables: Sequence[Mapping[int, int]]) -> list[int]:
    """For each key, in order, the sum of what the tables give for its digits."""
    axes = [(s, a.count, t) for s, a, t in zip(packing.strides, packing.axes, tables, strict=True) if a.count > 1]
    base = sum(t[0] for a, t in zip(packing.axes, tables, strict=True) if a.count == 1)
    found = looked_up(keys, axes)
    return [base + value for value in found] if base else found


Table = Mapping[int, int] | list[int]
"""Digit -> number."""


def looked_up(keys: list[int], axes: Sequence[tuple[int, int, Table]]) -> list[int]:
    """For each key the sum of what the tables give for its digits; `axes` has (stride, count, table)."""
    listed: list[tuple[int, int, Table]] = [
        (s, c, [t[d] for d in range(c)] if isinstance(t, Linear) and c <= len(keys) else t) for s, c, t in axes
    ]
    # A loop over the axes of each key would take longer than all the rest.
    if len(listed) == 1:
        ((s, c, t),) = listed
        return [t[k // s % c] for k in keys]
    if len(listed) == 2:
        (s, c, t), (s2, c2, t2) = listed
        return [t[k // s % c] + t2[k // s2 % c2] for k in keys]
    if len(listed) == 3:
        (s, c, t), (s2, c2, t2), (s3, c3, t3) = listed
        return [t[k // s % c] + t2[k // s2 % c2] + t3[k // s3 % c3] for k in keys]
    if len(listed) == 4:
        (s, c, t), (s2, c2, t2), (s3, c3, t3), (s4, c4, t4) = listed
        return [t[k // s % c] + t2[k // s2 % c2] + t3[k // s3 % c3] + t4[k // s4 % c4] for k in keys]
    return [sum([t[k // s % c] for s, c, t in listed]) for k in keys]
