"""Four ways to hold a finite set of packed keys, with the same questions answered by each.

`PythonKeys` (a frozenset: small or wide), `BitKeys` (an integer with bit k set for key k: dense), `WordKeys` (the same
bits as an array of 64-bit words, made by compiled loops: dense and large) and `NumpyKeys` (a sorted int64 array: large
and sparse). NumPy is imported only where a set is large. int64 arithmetic never wraps: keys of NumPy sets lie below
`NUMPY_SPAN`, and so do the sums formed of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING

from dnnt.reachable.packing import Packing
from dnnt.reachable.tables import Linear, mapped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64]
    Words = NDArray[np.uint64]

NUMPY_SPAN = 1 << 62
"""Keys of packings with a larger span are Python integers in frozensets."""

LISTED_CELLS = 200_000
"""Bitsets up to this length are listed in Python; longer ones by NumPy."""

SPLIT_BY_KEY = 256
"""Sets up to this size are searched key by key for a split of a sum."""

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class PythonKeys:
    """A set of keys as a frozenset."""

    keys: frozenset[int]

    @property
    def size(self) -> int:
        """The number of keys."""
        return len(self.keys)

    @property
    def at_most(self) -> int:
        """The number of keys."""
        return len(self.keys)

    def __contains__(self, key: int) -> bool:
        return key in self.keys

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return sorted(self.keys)

    def digits(self, packing: Packing, axis: int) -> list[int]:
        """The distinct digits of one coordinate."""
        stride, count = packing.strides[axis], packing.axes[axis].count
        return sorted({key // stride % count for key in self.keys})

    def mapped(self, packing: Packing, tables: Sequence[Mapping[int, int]]) -> list[int]:
        """For each key, in increasing order, the sum of what the tables give for its digits."""
        return mapped(self.listed(), packing, tables)


@dataclass(frozen=True, slots=True)
class BitKeys:
    """A set of keys as the bits of an integer. They are counted when somebody asks: it takes as long as a sumset."""

    bits: int
    _counted: list[int] = field(init=False, default_factory=list, compare=False, repr=False)
    _listed: list[list[int]] = field(init=False, default_factory=list, compare=False, repr=False)

    @property
    def size(self) -> int:
        """The number of keys."""
        if not self._counted:
            self._counted.append(self.bits.bit_count())
        return self._counted[0]

    @property
    def at_most(self) -> int:
        """A quick upper bound on the number of keys."""
        return self._counted[0] if self._counted else self.bits.bit_length()

    def __contains__(self, key: int) -> bool:
        return key >= 0 and bool(self.bits >> key & 1)

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        if not self._listed:
            long = self.bits.bit_length() > LISTED_CELLS
            self._listed.append([int(key) for key in self.array().tolist()] if long else _ones(self.bits))
        return list(self._listed[0])

    def array(self) -> Array:
        """The keys in increasing order, as an array."""
        import numpy as np

        raw = self.bits.to_bytes(self.bits.bit_length() // 8 + 1, "little")
        octets = np.frombuffer(raw, np.uint8)
        filled = octets.nonzero()[0].astype(np.int64, copy=False)
        row, bit = np.unpackbits(octets[filled].reshape(-1, 1), axis=1, bitorder="little").nonzero()
        found: Array = 8 * filled[row] + bit
        return found

    def digits(self, packing: Packing, axis: int) -> list[int]:
        """The distinct digits of one coordinate."""
        return self._other().digits(packing, axis)

    def mapped(self, packing: Packing, tables: Sequence[Mapping[int, int]]) -> list[int] | Array:
        """For each key, in increasing order, the sum of what the tables give for its digits."""
        return self._other().mapped(packing, tables)

    def _other(self) -> PythonKeys | NumpyKeys:
        if self.bits.bit_length() > LISTED_CELLS:
            return NumpyKeys(self.array())
        return PythonKeys(frozenset(self.listed()))

    def reversed(self) -> tuple[int, int]:
        """(bits, length): bit length - 1 - k of the bits is set for key k."""
        count = self.bits.bit_length() // 8 + 1
        raw = self.bits.to_bytes(count, "little")[::-1].translate(_REVERSED)
        return int.from_bytes(raw, "little"), 8 * count


@dataclass(frozen=True, slots=True)
class NumpyKeys:
    """A set of keys as a sorted int64 array without repeats."""

    keys: Array

    @property
    def size(self) -> int:
        """The number of keys."""
        return len(self.keys)

    @property
    def at_most(self) -> int:
        """The number of keys."""
        return len(self.keys)

    def __contains__(self, key: int) -> bool:
        if not 0 <= key < NUMPY_SPAN:
            return False
        at = int(self.keys.searchsorted(key))
        return at < len(self.keys) and int(self.keys[at]) == key

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return [int(key) for key in self.keys.tolist()]

    def digits(self, packing: Packing, axis: int) -> list[int]:
        """The distinct digits of one coordinate."""
        return [int(d) for d in unique(self._digit(packing, axis)).tolist()]

    def _digit(self, packing: Packing, axis: int) -> Array:
        digits: Array = self.keys // packing.strides[axis] % packing.axes[axis].count
        return digits

    def mapped(self, packing: Packing, tables: Sequence[Mapping[int, int]]) -> Array:
        """For each key, in increasing order, the sum of what the tables give for its digits."""
        import numpy as np

        total = np.zeros(len(self.keys), np.int64)
        for axis, table in enumerate(tables):
            if packing.axes[axis].count == 1:
                total += table[0]
            elif isinstance(table, Linear):
                total += table.slope * self._digit(packing, axis) + table.offset
            else:
                known = np.fromiter(table.keys(), np.int64, len(table))
                given = np.fromiter(table.values(), np.int64, len(table))
                order = known.argsort()
                total += given[order][known[order].searchsorted(self._digit(packing, axis))]
        return total


@dataclass(frozen=True, slots=True, eq=False)
class WordKeys:
    """A set of keys as bits: key k is bit k & 63 of word k >> 6. Made where compiled loops are in use."""

    words: Words
    _counted: list[int] = field(init=False, default_factory=list, repr=False)

    @property
    def size(self) -> int:
        """The number of keys. Counted when first asked for, at the speed of memory."""
        if not self._counted:
            from dnnt.kernels import members

            self._counted.append(members.count(self.words))
        return self._counted[0]

    @property
    def at_most(self) -> int:
        """The number of keys."""
        return self.size

    def __contains__(self, key: int) -> bool:
        return 0 <= key < 64 * len(self.words) and bool(int(self.words[key >> 6]) >> (key & 63) & 1)

    def listed(self) -> list[int]:
        """The keys in increasing order."""
        return [int(key) for key in self.array().tolist()]

    def array(self) -> Array:
        """The keys in increasing order, as an array."""
        from dnnt.kernels import members

        return members.extract(self.words)

    def digits(self, packing: Packing, axis: int) -> list[int]:
        """The distinct digits of one coordinate."""
        return NumpyKeys(self.array()).digits(packing, axis)

    def mapped(self, packing: Packing, tables: Sequence[Mapping[int, int]]) -> Array:
        """For each key, in increasing order, the sum of what the tables give for its digits."""
        return NumpyKeys(self.array()).mapped(packing, tables)


Keys = PythonKeys | BitKeys | WordKeys | NumpyKeys


def _ones(bits: int) -> list[int]:
    """The places of the ones of an integer, in increasing order."""
    text = bin(bits)[:1:-1]
    if 8 * bits.bit_count() > len(text):
        return list(compress(range(len(text)), text.encode().translate(_DIGITS)))
    places = []
    place = text.find("1")
    while place >= 0:
        places.append(place)
        place = text.find("1", place + 1)
    return places


_DIGITS = bytes.maketrans(b"01", b"\0\1")


def held_bytes(keys: Keys) -> int:
    """About what a set takes in memory."""
    if isinstance(keys, BitKeys):
        return keys.bits.bit_length() // 8
    if isinstance(keys, WordKeys):
        return int(keys.words.nbytes)
    return keys.size * (8 if isinstance(keys, NumpyKeys) else 110)


def unique(values: Array) -> Array:
    """Sorted distinct values (np.unique is slow on integers since NumPy 2.3)."""
    import numpy as np

    values = np.sort(values)
    keep = np.ones(len(values), bool)
    keep[1:] = values[1:] != values[:-1]
    return values[keep]


def as_numpy(keys: Keys) -> NumpyKeys:
    """The same set as a sorted array. Its keys must lie below `NUMPY_SPAN`."""
    if isinstance(keys, NumpyKeys):
        return keys
    if isinstance(keys, BitKeys | WordKeys):
        return NumpyKeys(keys.array())
    import numpy as np

    return NumpyKeys(np.array(sorted(keys.keys), np.int64))


def as_bits(keys: Keys) -> BitKeys:
    """The same set as the bits of an integer. Its keys must be small enough for that."""
    if isinstance(keys, BitKeys):
        return keys
    if isinstance(keys, WordKeys):
        return BitKeys(int.from_bytes(keys.words.tobytes(), "little"))
    if isinstance(keys, NumpyKeys) and keys.size > 2000:
        import numpy as np

        # Keys are sorted, so those of one byte are neighbours.
        places = keys.keys >> 3
        starts = np.concatenate([[0], (places[1:] != places[:-1]).nonzero()[0] + 1])
        filled = np.zeros(int(places[-1]) + 1, np.uint8)
        filled[places[starts]] = np.bitwise_or.reduceat((1 << (keys.keys & 7)).astype(np.uint8), starts)
        return BitKeys(int.from_bytes(filled.tobytes(), "little"))
    listed = keys.listed()
    raw = bytearray(listed[-1] // 8 + 1 if listed else 1)
    for key in listed:
        raw[key >> 3] |= 1 << (key & 7)
    return BitKeys(int.from_bytes(raw, "little"))


def as_words(keys: Keys, span: int) -> WordKeys:
    """The same set as words. Its keys lie below the span, which must be small enough for that. Loads compiled loops."""
    if isinstance(keys, WordKeys):
        return keys
    from dnnt.kernels import members

    if isinstance(keys, BitKeys):
        return WordKeys(members.from_int(keys.bits, span))
    return WordKeys(members.scatter(as_numpy(keys).keys, span))


def split(left: Keys, right: Keys, key: int) -> tuple[int, int] | None:
    """Keys a of `left` and b of `right` with a + b = key, the one with the least a; None where there are none."""
    if isinstance(left, BitKeys) and isinstance(right, BitKeys) and min(left.at_most, right.at_most) > SPLIT_BY_KEY:
        hits = meeting(left.bits, *right.reversed(), key)
        a = (hits & -hits).bit_length() - 1
        return (a, key - a) if hits else None
    if isinstance(left, WordKeys) or isinstance(right, WordKeys):
        return _split_words(left, right, key)
    if isinstance(left, NumpyKeys) and isinstance(right, NumpyKeys):
        rest = key - right.keys[right.keys <= key][::-1]
        at = left.keys.searchsorted(rest)
        at[at == len(left.keys)] = 0
        found = (left.keys[at] == rest).nonzero()[0]
        return (int(rest[found[0]]), key - int(rest[found[0]])) if len(found) else None
    if left.at_most <= right.at_most:
        a = next((a for a in left.listed() if key - a in right), -1)
        return (a, key - a) if a >= 0 else None
    b = next((b for b in reversed(right.listed()) if key - b in left), -1)
    return (key - b, b) if b >= 0 else None


def _split_words(left: Keys, right: Keys, key: int) -> tuple[int, int] | None:
    """`split` where one set at least is held in words."""
    if isinstance(left, WordKeys) and isinstance(right, WordKeys):
        from dnnt.kernels import members

        span = 64 * len(right.words)
        a = members.meets(left.words, members.reverse(right.words, span), span, key)
        return (a, key - a) if a >= 0 else None
    if isinstance(left, WordKeys):
        # Keys of the right from the greatest down: the least on the left first.
        rest = key - as_numpy(right).keys[::-1]
        found = rest[_members(left, rest)]
    else:
        assert isinstance(right, WordKeys)
        mine = as_numpy(left).keys
        found = mine[_members(right, key - mine)]
    return (int(found[0]), key - int(found[0])) if len(found) else None


def _members(keys: WordKeys, asked: Array) -> NDArray[np.bool_]:
    """For each number whether it is in the set."""
    import numpy as np

    inside = (asked >= 0) & (asked < 64 * len(keys.words))
    place = np.where(inside, asked, 0)
    bit = keys.words[place >> 6] >> (place & 63).astype(np.uint64) & np.uint64(1) if len(keys.words) else place
    found: NDArray[np.bool_] = inside & (bit != 0)
    return found


def meeting(left: int, reversed_right: int, length: int, key: int) -> int:
    """The bits a of `left` with key - a in the set that was reversed (see `BitKeys.reversed`)."""
    shift = length - 1 - key
    return left & (reversed_right >> shift if shift >= 0 else reversed_right << -shift)
