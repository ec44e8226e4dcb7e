"""Branch and bound over boxes of parameters of a network, in exact integers.

A box has for each variable a first and a last place among its values. Interval arithmetic along the network (`Program`,
as for annealing) bounds what units compute, and so the loss, from below; what is below the cap is split at the middle
of one variable, that which widens the outputs most. The caller proves that nothing wraps.

All of it is in one file, since the compiler's cache does not notice when loops of other files change.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnt.kernels.annealing_arrays import (
    ABSOLUTE,
    CLIP,
    DENSE,
    FLOOR,
    HINGE,
    JOINT,
    LARGEST,
    LINES,
    MATCH,
    PARTS,
    PIECES,
    SIDE,
    SPARSE,
    SQUARE,
    SQUARED,
    TWO,
    Floats,
    Ints,
    Program,
)
from dnnt.kernels.loading import compiled

TOP, NODES, WRITTEN, BEST, FULL = range(5)
"""Numbers of a search: boxes that are open, boxes seen, entries of the tree, least loss found, whether room ran out."""


class Shape(NamedTuple):
    """What a search needs beside the program."""

    extremes: Ints  # Of units: the least and the greatest value, for activations that are only listed.
    swap_start: Ints  # Of exchanges of variables: where their pairs begin.
    swap_pairs: Ints  # Rows of two: the pair's lesser and greater member.


class Open(NamedTuple):
    """Boxes that are not done, the last one next, and what the search has found."""

    low: Ints  # Rows: the first place of each variable.
    high: Ints
    bound: Ints
    split: Ints  # The variable to split, or -1 where there is one choice.
    tree: NDArray[np.int32]  # What became of each box, in the order in which they are seen; see `explore`.
    best: Ints  # The places of the best choice.
    numbers: Ints


class Space(NamedTuple):
    """Room for the interval arithmetic of one box: units times points."""

    low: Ints
    high: Ints
    z_low: Ints
    z_high: Ints
    gain: Floats
    score: Floats


@compiled
def _at(kind: int, a: int, b: int, start: int, stop: int, table: Ints, pre: int) -> Any:
    """The activation at one place."""
    if kind == TWO:
        return b if pre >= 0 else a
    if kind == LINES:
        return b * pre if pre >= 0 else a * pre
    if kind == SQUARE:
        return pre * pre
    if kind == CLIP:
        return a if pre < a else b if pre > b else pre
    if kind == FLOOR:
        return pre // a
    if kind == DENSE:
        return table[start + pre - a, 0]
    low, high = start, stop
    while high - low > 1:
        middle = (low + high) >> 1
        if table[middle, 0] <= pre:
            low = middle
        else:
            high = middle
    if kind == PIECES:
        return table[low, 1] + table[low, 2] * (pre - table[low, 0])
    return table[low, 1] if table[low, 0] == pre else a


@compiled
def _propagate(program: Program, extremes: Ints, first: Ints, last: Ints, space: Space) -> None:
    """The intervals of all units at all points."""
    units, points = program.constant.shape
    low, high, z_low, z_high = space.low, space.high, space.z_low, space.z_high
    for u in range(units):
        for i in range(points):
            low[u, i] = high[u, i] = program.constant[u, i]
    values = program.values
    for k in range(len(program.value_start) - 1):
        least = values[program.value_start[k] + first[k]]
        most = values[program.value_start[k] + last[k]]
        for t in range(program.use_start[k], program.use_start[k + 1]):
            u = program.term_unit[t]
            for e in range(program.term_start[t], program.term_start[t + 1]):
                x = program.term_value[e]
                i = program.term_point[e]
                if x > 0:
                    low[u, i] += least * x
                    high[u, i] += most * x
                else:
                    low[u, i] += most * x
                    high[u, i] += least * x
    for u in range(units):
        for p in range(program.product_start[u], program.product_start[u + 1]):
            s = program.source[p]
            k = program.variable[p]
            least = most = program.factor[p]
            if k >= 0:
                least *= values[program.value_start[k] + first[k]]
                most *= values[program.value_start[k] + last[k]]
                if least > most:
                    least, most = most, least
            for i in range(points):
                c, d = z_low[s, i], z_high[s, i]
                # The least is at the least weight where the value is not negative, and so on.
                if c >= 0:
                    low[u, i] += least * c if least >= 0 else least * d
                    high[u, i] += most * d if most >= 0 else most * c
                elif d <= 0:
                    low[u, i] += most * c if most >= 0 else most * d
                    high[u, i] += least * d if least >= 0 else least * c
                else:
                    low[u, i] += min(least * d, most * c)
                    high[u, i] += max(least * c, most * d)
        kind, a, b = program.kind[u], program.a[u], program.b[u]
        start, stop = program.table_start[u], program.table_start[u + 1]
        for i in range(points):
            x, y = low[u, i], high[u, i]
            c = _at(kind, a, b, start, stop, program.table, x)
            if x == y:
                z_low[u, i] = z_high[u, i] = c
                continue
            d = _at(kind, a, b, start, stop, program.table, y)
            if c > d:
                c, d = d, c
            if kind == PIECES:
                for row in range(start, stop):
                    if x < program.table[row, 0] < y:
                        c = min(c, program.table[row, 1])
                        d = max(d, program.table[row, 1])
            elif kind in (LINES, SQUARE) and x < 0 < y:
                c, d = min(c, 0), max(d, 0)
            elif kind in (DENSE, SPARSE):
                c, d = extremes[u, 0], extremes[u, 1]
            z_low[u, i], z_high[u, i] = c, d


@compiled
def _bound(program: Program, space: Space) -> Any:
    """What the loss is at least."""
    mode, part = program.mode[0], program.part[0]
    outputs = len(program.outputs)
    total = 0
    for i in range(len(program.sample_start) - 1):
        for s in range(program.sample_start[i], program.sample_start[i + 1]):
            wrong = False
            farthest = 0
            hot_high, cold_low = 0, -(1 << 62)
            for j in range(outputs):
                u = program.outputs[j]
                c = program.known[j, i] if u < 0 else space.z_low[u, i]
                d = program.known[j, i] if u < 0 else space.z_high[u, i]
                y = program.targets[j, s]
                scale = program.scale[j]
                if mode == PARTS and part == HINGE:
                    gap = program.margins[j] - (y * d if y > 0 else y * c)
                    if gap > 0:
                        total += program.weights[j, s] * gap
                    continue
                if mode == PARTS and part == SIDE:
                    if not ((y > 0 and d > 0) or (y < 0 and c < 0)):
                        total += program.weights[j, s]
                    continue
                c, d = c * scale, d * scale
                if mode == JOINT and part == LARGEST:
                    if y == 1:
                        hot_high = d
                    else:
                        cold_low = max(cold_low, c)
                    continue
                gap = c - y if c > y else y - d if d < y else 0
                if mode == PARTS and part == SQUARED:
                    total += program.weights[j, s] * gap * gap
                elif mode == PARTS and part == ABSOLUTE:
                    total += program.weights[j, s] * gap
                else:
                    wrong = wrong or gap > 0
                    farthest = max(farthest, gap)
            if mode == PARTS:
                continue
            if mode == JOINT and part == LARGEST:
                if hot_high <= cold_low:
                    total += program.weights[0, s]
            elif mode == JOINT and part != MATCH:
                total += program.weights[0, s] * farthest
            elif wrong:
                total += program.weights[0, s]
    return total


@compiled
def _choice(program: Program, first: Ints, last: Ints, space: Space) -> Any:
    """The variable that widens the outputs most; -1 where there is one choice."""
    units, points = program.constant.shape
    mode, part = program.mode[0], program.part[0]
    low, high, z_low, z_high, gain, score = space
    for u in range(units):
        for i in range(points):
            gain[u, i] = 0.0
    for k in range(len(score)):
        score[k] = 0.0
    sides = (mode == PARTS and part == SIDE) or (mode == JOINT and part == LARGEST)
    for j in range(len(program.outputs)):
        u = program.outputs[j]
        if u < 0:
            continue
        for i in range(points):
            settled = sides and (z_low[u, i] > 0 or z_high[u, i] < 0) and len(program.outputs) == 1
            gain[u, i] += 0.0 if settled else float(program.scale[j])
    values = program.values
    for back in range(units):
        u = units - 1 - back
        for i in range(points):
            # What a unit of width before the activation widens the outputs by.
            wide = high[u, i] - low[u, i]
            gain[u, i] *= (z_high[u, i] - z_low[u, i]) / wide if wide > 0 else 0.0
        for p in range(program.product_start[u], program.product_start[u + 1]):
            s, k, factor = program.source[p], program.variable[p], abs(float(program.factor[p]))
            least = most = 1
            if k >= 0:
                least = values[program.value_start[k] + first[k]]
                most = values[program.value_start[k] + last[k]]
            large = max(abs(least), abs(most))
            for i in range(points):
                gain[s, i] += gain[u, i] * factor * large
                if k >= 0 and most > least:
                    score[k] += gain[u, i] * factor * (most - least) * max(abs(z_low[s, i]), abs(z_high[s, i]))
    best, found = -1.0, -1
    for k in range(len(program.value_start) - 1):
        if first[k] == last[k]:
            continue
        wide = values[program.value_start[k] + last[k]] - values[program.value_start[k] + first[k]]
        for t in range(program.use_start[k], program.use_start[k + 1]):
            u = program.term_unit[t]
            for e in range(program.term_start[t], program.term_start[t + 1]):
                score[k] += gain[u, program.term_point[e]] * abs(program.term_value[e]) * wide
        if score[k] > best:
            best, found = score[k], k
    return found


@compiled
def _ordered(shape: Shape, first: Ints, last: Ints) -> Any:
    """Whether the box may hold a choice that no exchange makes lexicographically greater."""
    for swap in range(len(shape.swap_start) - 1):
        for row in range(shape.swap_start[swap], shape.swap_start[swap + 1]):
            most, least = last[shape.swap_pairs[row, 0]], first[shape.swap_pairs[row, 1]]
            if most < least:
                return False
            if most > least:
                break
    return True


@compiled
def begin(program: Program, shape: Shape, state: Open, space: Space) -> Any:
    """Open the box of all choices; what its loss is at least."""
    for k in range(state.low.shape[1]):
        state.low[0, k] = 0
        state.high[0, k] = program.value_start[k + 1] - program.value_start[k] - 1
    _propagate(program, shape.extremes, state.low[0], state.high[0], space)
    state.bound[0] = _bound(program, space)
    state.split[0] = _choice(program, state.low[0], state.high[0], space)
    state.numbers[TOP] = 1
    return state.bound[0]


@compiled
def explore(program: Program, shape: Shape, state: Open, space: Space, cap: int, boxes: int) -> None:
    """See so many boxes: those with a bound below the cap, and below the best loss, are split, depth first.

    Of each box an entry of the tree is kept: -1 if it is done, 2·variable if the half of the lesser values comes next,
    2·variable + 1 if that of the greater ones does.
    """
    low, high, bound, split, tree, best, numbers = state
    top = numbers[TOP]
    cap = min(cap, numbers[BEST])
    for _ in range(boxes):
        if top == 0:
            break
        if numbers[WRITTEN] >= len(tree) or top + 2 > len(bound):
            numbers[FULL] = 1
            break
        top -= 1
        numbers[NODES] += 1
        k = split[top]
        if bound[top] >= cap or k < 0:
            if bound[top] < cap:
                # One choice: the bound is its loss.
                cap = numbers[BEST] = bound[top]
                for e in range(len(best)):
                    best[e] = low[top, e]
            tree[numbers[WRITTEN]] = -1
            numbers[WRITTEN] += 1
            continue
        middle = (low[top, k] + high[top, k]) // 2
        for e in range(low.shape[1]):
            low[top + 1, e] = low[top, e]
            high[top + 1, e] = high[top, e]
        high[top, k] = middle
        low[top + 1, k] = middle + 1
        for row in (top, top + 1):
            if _ordered(shape, low[row], high[row]):
                _propagate(program, shape.extremes, low[row], high[row], space)
                bound[row] = _bound(program, space)
                split[row] = _choice(program, low[row], high[row], space) if bound[row] < cap else -1
            else:
                bound[row] = 1 << 62
                split[row] = -1
        code = 2 * k
        if bound[top + 1] < bound[top]:
            code += 1
        else:
            for e in range(low.shape[1]):
                low[top, e], low[top + 1, e] = low[top + 1, e], low[top, e]
                high[top, e], high[top + 1, e] = high[top + 1, e], high[top, e]
            bound[top], bound[top + 1] = bound[top + 1], bound[top]
            split[top], split[top + 1] = split[top + 1], split[top]
        tree[numbers[WRITTEN]] = code
        numbers[WRITTEN] += 1
        top += 2
    numbers[TOP] = top


@compiled
def dive(program: Program, shape: Shape, state: Open, space: Space, cap: int, random: NDArray[np.uint64]) -> float:
    """About how many boxes a search below the cap would see, from one random way down (D. E. Knuth, Estimating the
    efficiency of backtrack programs, Mathematics of Computation 29, 1975).
    """
    begin(program, shape, state, space)
    low, high = state.low, state.high
    seen, weight = 1.0, 1.0
    now, k = state.bound[0], state.split[0]
    while now < cap and k >= 0:
        weight *= 2.0
        seen += weight
        x = random[0]
        x ^= x >> np.uint64(12)
        x ^= x << np.uint64(25)
        x ^= x >> np.uint64(27)
        random[0] = x
        middle = (low[0, k] + high[0, k]) // 2
        if (x * np.uint64(2685821657736338717)) >> np.uint64(63):
            high[0, k] = middle
        else:
            low[0, k] = middle + 1
        if not _ordered(shape, low[0], high[0]):
            break
        _propagate(program, shape.extremes, low[0], high[0], space)
        now = _bound(program, space)
        k = _choice(program, low[0], high[0], space) if now < cap else -1
    return seen
