"""Finite sets of integers >= 0, and their sumsets.

A vector of a box is packed into one integer, its key, in mixed radix, so that adding keys adds vectors. A set of keys
is kept as a Python set, or as one long integer whose bit k says whether k is in the set: then adding a number to all
elements is a shift, a union is an `or`, and a sumset is a few shifts for every run of consecutive summands. Which of
the two is used is decided step by step, by predicted time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress

from dnnt_check.budget import Invalid, Work, describe

#: Bits of the largest set that is kept as one integer.
MAXIMUM_DENSE = 2**28

#: Predicted seconds: for an element that is added to a set, for one that is marked in a long integer, and for a byte
#: of a shift with an `or`.
ELEMENT = 1.6e-7
MARK = 1.5e-7
BYTE = 2.5e-9

#: Bytes of memory for an element of a Python set of keys, with a share for the other sets that exist meanwhile.
ELEMENT_BYTES = 200

#: Elements of a summand that are looked at to find its runs.
MAXIMUM_RUNS = 300_000

#: Elements that are handled between two reports of work.
CHUNK = 5_000

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_DIGITS = bytes.maketrans(b"01", b"\0\1")


class SizeExceeded(Invalid):
    """A set is larger than the certificate declares."""


def too_many_targets(limit: int) -> SizeExceeded:
    """The error for more targets than are declared."""
    return SizeExceeded(f"lower.grounds.sizes.last: at most {describe(limit)} targets are declared, there are more")


@dataclass(slots=True)
class Keys:
    """A set of integers from 0 to `top`; exactly one of the two forms is there.

    Attributes:
        top: no element is greater.
        sparse: the elements, in any order and each once.
        dense: the elements as bits.
    """

    top: int
    sparse: set[int] | None = None
    dense: int | None = None

    @property
    def count(self) -> int:
        """How many elements there are."""
        if self.sparse is not None:
            return len(self.sparse)
        return (self.dense or 0).bit_count()

    def elements(self, work: Work) -> Iterator[int]:
        """The elements, in increasing order if the set is dense."""
        if self.sparse is not None:
            return iter(self.sparse)
        return positions(self.dense or 0, work)


def single(key: int = 0) -> Keys:
    """The set of one key."""
    return Keys(key, {key})


def positions(bits: int, work: Work) -> Iterator[int]:
    """The places of the ones of a long integer, in increasing order."""
    data = bits.to_bytes(bits.bit_length() // 8 + 1, "little")
    for start in range(0, len(data), 4096):
        piece = int.from_bytes(data[start : start + 4096], "little")
        if piece:
            text = f"{piece:b}"[::-1].encode().translate(_DIGITS)
            work.spend(len(text) * 1e-8)
            yield from compress(range(8 * start, 8 * start + len(text)), text)


def reverse(bits: int, size: int) -> int:
    """Bit k of the result is bit 8 * size - 1 - k of the argument."""
    return int.from_bytes(bits.to_bytes(size, "little").translate(_REVERSED), "big")


def to_dense(keys: Keys, work: Work) -> int:
    """The set as one long integer."""
    if keys.dense is not None:
        return keys.dense
    data = bytearray(keys.top // 8 + 1)
    for done, key in enumerate(keys.sparse or ()):
        data[key >> 3] |= 1 << (key & 7)
        if done % CHUNK == CHUNK - 1:
            work.spend(CHUNK * MARK)
    work.spend(len(data) * 1e-9)
    return int.from_bytes(data, "little")


def to_sparse(keys: Keys, work: Work) -> set[int]:
    """The set as a Python set."""
    if keys.sparse is not None:
        return keys.sparse
    work.hold(keys.count * ELEMENT_BYTES, "a set of vectors")
    return set(positions(keys.dense or 0, work))


def runs(offsets: Iterable[int]) -> dict[int, list[int]]:
    """Consecutive integers as runs: length -> where runs of this length begin."""
    result: dict[int, list[int]] = {}
    first = following = -1
    for offset in sorted(offsets):
        if offset != following:
            if first >= 0:
                result.setdefault(following - first, []).append(first)
            first = offset
        following = offset + 1
    if first >= 0:
        result.setdefault(following - first, []).append(first)
    return result


def _run_cost(found: dict[int, list[int]]) -> int:
    """Shifts that a sumset with these runs takes."""
    return sum(len(starts) for starts in found.values()) + sum(length.bit_length() for length in found)


def add_set(keys: Keys, others: Keys, limit: int, name: str, work: Work) -> Keys:
    """The sums of an element of each set.

    Raises:
        SizeExceeded: there are more than `limit`.
        TooMuchWork: it would take too long, or too much memory.
    """
    if keys.count < others.count:
        keys, others = others, keys
    if others.count == 0:
        return Keys(0, set())
    if others.count == 1:
        _check_size(keys.count, limit, name)
        (offset,) = others.elements(work)
        return shift(keys, offset, work)
    top = keys.top + others.top
    pairs = keys.count * others.count
    sparse_seconds = pairs * ELEMENT + _conversion(keys, work)
    if _may_be_dense(top, work) and others.count <= MAXIMUM_RUNS:
        found = runs(others.elements(work))
        work.spend(others.count * 2e-7)
        dense_seconds = _dense_seconds(keys, _run_cost(found), top)
        if dense_seconds < sparse_seconds:
            work.require(dense_seconds, f"the sums of {name}")
            return _dense_sum(keys, found, top, limit, name, work)
    work.require(sparse_seconds, f"the sums of {name}")
    base = to_sparse(keys, work)
    return _sparse_sum(base, others.elements(work), top, limit, name, work)


def _may_be_dense(top: int, work: Work) -> bool:
    return top < MAXIMUM_DENSE and top < work.memory


def _conversion(keys: Keys, work: Work) -> float:
    """Predicted time to make a set sparse."""
    if keys.sparse is not None:
        return 0.0
    return keys.top * 1e-8 + keys.count * ELEMENT


def _dense_seconds(keys: Keys, shifts: int, top: int) -> float:
    conversion = keys.count * MARK if keys.dense is None else 0.0
    return conversion + shifts * (top // 8 * BYTE + 3e-7) + top // 8 * BYTE


def _check_size(count: int, limit: int, name: str) -> None:
    if count > limit:
        raise SizeExceeded(f"lower.grounds.sizes.{name}: at most {describe(limit)} are declared, there are more")


def _dense_sum(keys: Keys, found: dict[int, list[int]], top: int, limit: int, name: str, work: Work) -> Keys:
    smeared = to_dense(keys, work)
    cost = top // 8 * BYTE + 3e-7
    length = 1
    result = 0
    for target in sorted(found):
        while length < target:
            step = min(length, target - length)
            smeared |= smeared << step
            length += step
            work.spend(cost)
        for start in found[target]:
            result |= smeared << start
            work.spend(cost)
    _check_size(result.bit_count(), limit, name)
    return Keys(top, dense=result)


def _sparse_sum(base: set[int], offsets: Iterable[int], top: int, limit: int, name: str, work: Work) -> Keys:
    result: set[int] = set()
    elements = list(base)
    for offset in offsets:
        for start in range(0, len(elements), CHUNK):
            piece = elements[start : start + CHUNK]
            result.update(map(offset.__add__, piece))
            work.spend(len(piece) * ELEMENT + 3e-7)
        if len(result) > limit:
            _check_size(len(result), limit, name)
        work.hold(len(result) * ELEMENT_BYTES, "a set of vectors")
    _check_size(len(result), limit, name)
    return Keys(top, result)


def shift(keys: Keys, offset: int, work: Work) -> Keys:
    """The set with a number added to every element."""
    if offset == 0:
        return keys
    if keys.dense is not None and _may_be_dense(keys.top + offset, work):
        work.spend(keys.top // 8 * BYTE)
        return Keys(keys.top + offset, dense=keys.dense << offset)
    elements = to_sparse(keys, work)
    work.spend(len(elements) * ELEMENT)
    return Keys(keys.top + offset, set(map(offset.__add__, elements)))


def add_progression(keys: Keys, step: int, count: int, limit: int, name: str, work: Work) -> Keys:
    """The sums of an element and one of 0, step, ..., (count - 1) * step, by doubling.

    The result has at least keys.count + count - 1 elements, so a count above the limit ends it at once.
    """
    if step == 0 or count <= 1:
        return keys
    _check_size(keys.count + count - 1, limit, name)
    top = keys.top + step * (count - 1)
    length = 1
    dense_possible = _may_be_dense(top, work)
    while length < count:
        move = min(length, count - length) * step
        size = keys.count
        dense_seconds = _dense_seconds(keys, 1, keys.top + move) if dense_possible else 0.0
        if dense_possible and (keys.dense is not None or size * ELEMENT > dense_seconds):
            work.require(dense_seconds, f"the sums of {name}")
            bits = to_dense(keys, work)
            keys = Keys(keys.top + move, dense=bits | bits << move)
            work.spend(dense_seconds)
        else:
            work.require(size * ELEMENT, f"the sums of {name}")
            elements = to_sparse(keys, work)
            result = set(elements)
            listed = list(elements)
            for start in range(0, size, CHUNK):
                result.update(map(move.__add__, listed[start : start + CHUNK]))
                work.spend(CHUNK * ELEMENT)
                work.hold(len(result) * ELEMENT_BYTES, "a set of vectors")
            keys = Keys(keys.top + move, result)
        _check_size(keys.count, limit, name)
        length += move // step
    return keys


def add_copies(keys: Keys, summand: Keys, copies: int, limit: int, name: str, work: Work) -> Keys:
    """The sums of an element and `copies` elements of the summand, which may be equal.

    k copies of a set of m elements have at least k (m - 1) + 1 sums, so a count that is too large ends it at once.
    """
    if copies == 0 or keys.count == 0:
        return keys
    size = summand.count
    if size == 0:
        return Keys(0, set())
    _check_size(copies * (size - 1) + keys.count, limit, name)
    if size == 1:
        (offset,) = summand.elements(work)
        return shift(keys, offset * copies, work)
    if copies <= 6:
        for _ in range(copies):
            keys = add_set(keys, summand, limit, name, work)
        return keys
    return add_set(keys, _multiple(summand, copies, limit, name, work), limit, name, work)


def _multiple(summand: Keys, copies: int, limit: int, name: str, work: Work) -> Keys:
    """The sums of so many elements: doubled where that is cheaper than adding one after another."""
    result, done = summand, 1
    for bit in bin(copies)[3:]:
        if result.count <= done * summand.count or done > 1000:
            result = add_set(result, result, limit, name, work)
        else:
            for _ in range(done):
                result = add_set(result, summand, limit, name, work)
        done *= 2
        if bit == "1":
            result = add_set(result, summand, limit, name, work)
            done += 1
    return result
