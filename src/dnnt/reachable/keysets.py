"""Sums, unions and cheapest elements of sets of packed keys, each held in the way that is predicted cheapest.

The costs below were measured on one machine; they steer the choice and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from dnnt.kernels import loading, threads
from dnnt.reachable.key_kinds import (
    NUMPY_SPAN,
    BitKeys,
    Keys,
    NumpyKeys,
    PythonKeys,
    WordKeys,
    as_bits,
    as_numpy,
    as_words,
    unique,
)

if TYPE_CHECKING:
    from dnnt.reachable.key_kinds import Array

SMALL_PAIRS = 60_000
"""Up to this many pairs a sumset is formed without NumPy; importing it costs as much."""

CHUNK_PAIRS = 4_000_000
"""Pairs formed between two polls."""

BITMAP_SPAN = 1 << 30
"""The largest box for which a byte a cell is held."""

BITSET_SPAN = 1 << 32
"""The largest box for which a bit a cell is held."""

PYTHON_BYTES = 110
"""What a key takes in a frozenset, for predictions."""

WORDS_SPAN = 1 << 35
"""The largest box for which a bit a cell is held in words."""

CACHED_SPAN = 1 << 27
"""Up to this span two bitsets stay in the caches of a core."""

LEAST_COMPILED = 1e6
"""Nanoseconds: for less, compiled loops are not thought of unless they are loaded."""

SPARSE = 50
"""Sums are sorted where there is less than one pair in so many cells (`dnnt.kernels.sorted_keys.DENSE`)."""

WAYS = ("bits", "map", "sort", "frozenset", "tiles", "windows")
"""How sumsets are formed: shifts of an integer; a byte a cell; NumPy's sort; a frozenset; and by compiled loops, shifts
of words block by block, and sorted keys window by window."""

COMPILED = ("tiles", "windows")
"""The ways that load compiled loops."""

NANOSECONDS = {"bits, a shift": 120.0, "bits, a cell": 0.06, "map, a pair": 2.0, "map, a cell": 1.0}
NANOSECONDS |= {"sort, a pair": 80.0, "sort": 20_000.0, "frozenset, a pair": 90.0, "frozenset, a far pair": 250.0}
NANOSECONDS |= {"tiles": 10_000.0, "tiles, a shift": 40.0, "tiles, a cell": 0.02}
NANOSECONDS |= {"tiles, a word": 0.16, "tiles, a far word": 0.28}
NANOSECONDS |= {"windows": 10_000.0, "windows, a pair": 1.5, "windows, a gap": 0.15, "windows, a sorted pair": 9.0}
"""Measured by benchmarks/calibrate.py."""

Poll = Callable[[], None]


def of(values: Any, poll: Poll) -> Keys:
    """The set of the given keys: an array, or any iterable of integers."""
    if hasattr(values, "dtype"):
        return NumpyKeys(_unique(values, poll))
    return PythonKeys(frozenset(values))


def progression(size: int, slope: int, offset: int, span: int) -> Keys:
    """The keys slope · i + offset for i = 0, …, size - 1, of a packing with this span; slope is not 0."""
    if size <= SMALL_PAIRS or span > NUMPY_SPAN:
        return PythonKeys(frozenset(slope * i + offset for i in range(size)))
    import numpy as np

    keys = np.arange(size, dtype=np.int64) * slope + offset
    return NumpyKeys(keys if slope > 0 else keys[::-1].copy())


def _unique(values: Array, poll: Poll) -> Array:
    """`unique`; a long sort runs beside the polls, so that limits need not wait for it."""
    if len(values) <= CHUNK_PAIRS:
        return unique(values)
    # NumPy sorts without the interpreter's lock.
    return threads.beside(lambda: unique(values), poll)


def union(parts: Iterable[Any], poll: Poll) -> Keys:
    """The union of arrays or lists of keys of one packing."""
    parts = list(parts)
    if any(hasattr(part, "dtype") for part in parts):
        import numpy as np

        return NumpyKeys(_unique(np.concatenate([np.asarray(part, np.int64) for part in parts]), poll))
    keys: set[int] = set()
    keys.update(*parts)
    return PythonKeys(frozenset(keys))


def bytes_of(count: int, span: int) -> int:
    """What a set of that many keys of a packing of that span takes in memory at most."""
    if span > NUMPY_SPAN:
        return count * (PYTHON_BYTES + span.bit_length() // 8)
    return count * (8 if count > SMALL_PAIRS else PYTHON_BYTES)


def _nanoseconds(left: int, right: int, span: int) -> dict[str, float]:
    """The predicted time of each way to form a sumset of sets of these sizes, as far as the way is open."""
    large, small = max(left, right), min(left, right)
    pairs = large * small
    near = pairs <= SMALL_PAIRS
    # A set that is larger than the caches takes several times as long.
    costs = {"frozenset": NANOSECONDS["frozenset, a pair" if near else "frozenset, a far pair"] * pairs}
    if span <= BITSET_SPAN:
        costs["bits"] = small * (NANOSECONDS["bits, a shift"] + NANOSECONDS["bits, a cell"] * span)
    if span <= NUMPY_SPAN and not near:
        costs["sort"] = NANOSECONDS["sort"] + NANOSECONDS["sort, a pair"] * pairs
        if span <= BITMAP_SPAN:
            costs["map"] = NANOSECONDS["map, a pair"] * pairs + NANOSECONDS["map, a cell"] * span
    if min(costs.values()) > LEAST_COMPILED or loading.loaded():
        costs |= _compiled_nanoseconds(large, small, span, loading.seconds() * 1e9)
    return costs


def _compiled_nanoseconds(large: int, small: int, span: int, loading_cost: float) -> dict[str, float]:
    """The predicted times of the compiled ways."""
    costs = {}
    if span <= WORDS_SPAN:
        word = "tiles, a word" if span <= CACHED_SPAN else "tiles, a far word"
        each = NANOSECONDS["tiles, a shift"] + NANOSECONDS[word] * (span >> 6)
        costs["tiles"] = loading_cost + NANOSECONDS["tiles"] + NANOSECONDS["tiles, a cell"] * span + each * small
    if span <= NUMPY_SPAN:
        pairs = large * small
        each = NANOSECONDS["windows, a sorted pair"]
        if pairs * SPARSE > span:
            full = min(1.0, pairs / span)
            each = min(each, NANOSECONDS["windows, a pair"] + NANOSECONDS["windows, a gap"] / full)
        costs["windows"] = loading_cost + NANOSECONDS["windows"] + each * pairs
    return costs


def way(left: int, right: int, span: int) -> str:
    """How a sumset of sets of these sizes is formed: one of `WAYS`."""
    costs = _nanoseconds(left, right, span)
    return min(costs, key=lambda name: costs[name])


def ways_seconds(left: int, right: int, span: int) -> dict[str, float]:
    """The predicted time of each of `WAYS` that is open for sets of these sizes."""
    return {name: nanoseconds * 1e-9 for name, nanoseconds in _nanoseconds(left, right, span).items()}


def sumset_seconds(left: int, right: int, span: int) -> float:
    """The predicted time of forming a sumset of sets of these sizes."""
    return min(_nanoseconds(left, right, span).values()) * 1e-9


def sumset_bytes(left: int, right: int, span: int) -> int:
    """The memory that forming a sumset of sets of these sizes takes at its peak."""
    pairs = left * right
    chosen = way(left, right, span)
    if chosen == "bits":
        return span // 2
    if chosen == "tiles":
        # The output, and a set that is held in another way.
        return span // 4 + 8 * min(left, right) + (1 << 16)
    if chosen == "map":
        return span + 8 * min(pairs, span) + 16 * max(left, right)
    if chosen == "sort":
        return 24 * (min(pairs, CHUNK_PAIRS) + min(pairs, span))
    if chosen == "windows":
        # The buffers of sorted windows have two rows of twice the smaller set.
        return 12 * min(pairs, span) + 8 * (left + right) + 32 * min(left, right) + (1 << 21)
    return bytes_of(min(pairs, span), span)


def sumset(left: Keys, right: Keys, span: int, poll: Poll) -> Keys:
    """All sums of a key of `left` and a key of `right`, keys of a packing with this span."""
    if left.at_most < right.at_most:
        left, right = right, left
    large, small = left.at_most, right.at_most
    if sumset_seconds(large, small, span) * 1e9 > LEAST_COMPILED:
        # Keys of bitsets are counted only now: loops are not loaded for sets that merely might be large.
        large, small = left.size, right.size
    chosen = way(large, small, span)
    if chosen in COMPILED:
        return _by_compiled(chosen, left, right, span, poll)
    _count_missed(large, small, span)
    if chosen == "bits":
        return _by_bits(as_bits(left).bits, right.listed(), poll)
    if chosen == "map":
        return _by_map(as_numpy(left).keys, right.listed(), span, poll)
    if chosen == "sort":
        return _by_sort(as_numpy(left).keys, as_numpy(right).keys, poll)
    return _by_frozenset(left.listed(), right.listed(), poll)


def _count_missed(left: int, right: int, span: int) -> None:
    """Tell `loading` what the compiled ways would have saved."""
    if loading.loaded() or not left or not right:
        return
    costs = _nanoseconds(left, right, span)
    compiled = _compiled_nanoseconds(max(left, right), min(left, right), span, 0.0)
    if compiled:
        loading.missed((min(costs.values()) - min(compiled.values())) * 1e-9)


def _by_compiled(chosen: str, left: Keys, right: Keys, span: int, poll: Poll) -> Keys:
    """By the loops of `dnnt.kernels`, which are loaded beside the polls if this is their first use."""
    if not left.at_most or not right.at_most:
        return PythonKeys(frozenset())
    if chosen not in _started:
        loading.beside(lambda: _start(chosen), poll)
        _started.add(chosen)
    return _by_tiles(left, right, span, poll) if chosen == "tiles" else _by_windows(left, right, poll)


_started: set[str] = set()


def _start(chosen: str) -> None:
    from dnnt.kernels import starting

    if chosen == "tiles":
        starting.start_words()
    else:
        starting.start_sorted()


def _by_tiles(left: Keys, right: Keys, span: int, poll: Poll) -> Keys:
    from dnnt.kernels import bits

    for mine, theirs in ((left, right), (right, left)):
        step = _step(theirs)
        # By doubling, a progression costs as much as a few shifts for every doubling of its length.
        if step and (mine is left or 4 * theirs.size.bit_length() < mine.size):
            line = as_numpy(theirs).keys
            poll()
            words = as_words(mine, span).words
            first = int(line[0])
            if first:
                words = bits.sumset(words, line[:1], span, poll=poll)
            return WordKeys(bits.progression(words, step, len(line), span, poll))
    words = as_words(left, span).words
    return WordKeys(bits.sumset(words, as_numpy(right).keys, span, poll=poll))


def _step(keys: Keys) -> int:
    """The step of a progression that is held as a list or an array, of three keys or more; 0 for other sets."""
    if not isinstance(keys, PythonKeys | NumpyKeys) or keys.size < 3:
        return 0
    line = as_numpy(keys).keys
    step = int(line[1] - line[0])
    return (
        step if int(line[-1] - line[0]) == step * (len(line) - 1) and bool((line[1:] - line[:-1] == step).all()) else 0
    )


def _by_windows(left: Keys, right: Keys, poll: Poll) -> Keys:
    from dnnt.kernels import sorted_keys

    return NumpyKeys(sorted_keys.sumset(as_numpy(left).keys, as_numpy(right).keys, poll))


def _by_bits(bits: int, shifts: list[int], poll: Poll) -> BitKeys:
    step = shifts[1] - shifts[0] if len(shifts) > 1 else 0
    if shifts[-1] - shifts[0] == step * (len(shifts) - 1) and shifts == list(
        range(shifts[0], shifts[-1] + 1, step or 1)
    ):
        # A progression is added by doubling: log many shifts.
        bits <<= shifts[0]
        have = 1
        while have < len(shifts):
            poll()
            more = min(have, len(shifts) - have)
            bits |= bits << step * more
            have += more
        return BitKeys(bits)
    total = 0
    for shift in shifts:
        poll()
        total |= bits << shift
    return BitKeys(total)


def _by_frozenset(mine: list[int], shifts: list[int], poll: Poll) -> PythonKeys:
    made: set[int] = set()
    since = 0
    for shift in shifts:
        made.update([key + shift for key in mine])
        since += len(mine)
        if since > 100_000:
            poll()
            since = 0
    return PythonKeys(frozenset(made))


def _by_map(mine: Array, shifts: list[int], span: int, poll: Poll) -> Keys:
    import numpy as np

    cells = np.zeros(span, bool)
    for shift in shifts:
        cells[mine + shift] = True
        poll()
    if 8 * int(np.count_nonzero(cells)) > span // 8:
        return BitKeys(int.from_bytes(np.packbits(cells, bitorder="little").tobytes(), "little"))
    return NumpyKeys(cells.nonzero()[0].astype(np.int64, copy=False))


def _by_sort(mine: Array, theirs: Array, poll: Poll) -> NumpyKeys:
    import numpy as np

    rows = max(1, CHUNK_PAIRS // len(mine))
    made: Array = np.empty(0, np.int64)
    pending: list[Array] = []
    waiting = 0
    for start in range(0, len(theirs), rows):
        poll()
        pending.append(_unique((mine[None, :] + theirs[start : start + rows, None]).ravel(), poll))
        waiting += len(pending[-1])
        if waiting > len(made):
            made, pending, waiting = _unique(np.concatenate([made, *pending]), poll), [], 0
    return NumpyKeys(_unique(np.concatenate([made, *pending]), poll) if pending else made)
