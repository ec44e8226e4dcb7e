"""Simulated annealing over the values of variables of a network, in exact integers.

The network is given as arrays (`Program`): the values of variables, units in topological order with their columns over
the points, products of a variable and an earlier unit's value, and the cost of outputs. A move changes one variable, or
two that lead into one unit; only what depends on them is computed again. The exact loss is kept in integers, for which
the caller proves that nothing wraps; what steers the search is a float (`guide`): wrong outputs count `flat`, and by
`slope` how far a sum is from the side where it should be, so that there is a way downhill where the loss is a plain.

Source: S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, Optimization by simulated annealing, Science 220 (1983).
"""

from __future__ import annotations

from math import exp, log

import numpy as np
from numpy.typing import NDArray

from dnnt.kernels.annealing_arrays import (
    ABSOLUTE, ACCEPTED, ALL, BEST, BEST_COST, CLIP, COST, DENSE, DIRTY, EQUAL, FLOOR, GUIDE, HINGE, JOINT, LARGEST, LINES, LOSS,
    MADE, MAXIMUM, MOVING, NEW_COST, NEW_LOSS, PARTS, POINTS, SIDE, SPARSE, SQUARE, SQUARED, STAMP, TABLE, TEMPERATURE, TWO, WORK,
    Aim, Ints, Program, State,
)  # fmt: skip
from dnnt.kernels.loading import compiled


@compiled
def _next(state: NDArray[np.uint64]) -> np.uint64:
    """xorshift64*."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(2685821657736338717)


@compiled
def _below(state: NDArray[np.uint64], limit: int) -> int:
    """A random integer from 0 to limit - 1 (limit below 2^31)."""
    return np.int64(((_next(state) >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32))


@compiled
def _unit_interval(state: NDArray[np.uint64]) -> float:
    return np.float64(_next(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def _activated(kind: int, a: int, b: int, start: int, stop: int, table: Ints, pre: int) -> int:
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
    # By halves: the last row whose argument is not above `pre`.
    low, high = start, stop
    while high - low > 1:
        middle = (low + high) >> 1
        if table[middle, 0] <= pre:
            low = middle
        else:
            high = middle
    if kind == SPARSE:
        return table[low, 1] if table[low, 0] == pre else a
    return table[low, 1] + table[low, 2] * (pre - table[low, 0])


@compiled
def _part(part: int, z: int, scale: int, margin: int, start: int, stop: int, targets: Ints, weights: Ints) -> int:
    """The loss of one output at one point, over the samples from start to stop."""
    total = 0
    for s in range(start, stop):
        y = targets[s]
        if part == SQUARED:
            d = z * scale - y
            total += weights[s] * d * d
        elif part == ABSOLUTE:
            total += weights[s] * abs(z * scale - y)
        elif part == HINGE:
            d = margin - y * z
            if d > 0:
                total += weights[s] * d
        elif part == SIDE:
            if not ((y > 0 and z > 0) or (y < 0 and z < 0)):
                total += weights[s]
        elif z * scale != y:
            total += weights[s]
    return total


@compiled
def _distance(part: int, z: int, scale: int, start: int, stop: int, targets: Ints, weights: Ints) -> float:
    """How far the value of an output is from where its loss is 0, for SIDE and EQUAL."""
    total = 0.0
    for s in range(start, stop):
        y = targets[s]
        if part == EQUAL:
            total += weights[s] * abs(z - y / scale)
        elif not ((y > 0 and z > 0) or (y < 0 and z < 0)):
            total += weights[s] * (abs(z) + 1.0)
    return total


@compiled
def _joint(program: Program, state: State, i: int, flat: float, slope: float) -> tuple[int, float]:
    """The loss and the guide of a point by the values of all its outputs, for JOINT."""
    values = state.values
    part = program.part[0]
    one = program.one[0]
    outputs = len(program.outputs)
    for j in range(outputs):
        u = program.outputs[j]
        values[j] = program.known[j, i] if u < 0 else state.new_z[u, i]
    loss = 0
    guide = 0.0
    if part == TABLE:
        place = 0
        for j in range(outputs):
            place += (values[j] - program.least[j]) * program.stride[j]
        loss = program.losses[i, place]
        return loss, loss * one
    for s in range(program.sample_start[i], program.sample_start[i + 1]):
        weight = program.weights[0, s]
        if part == LARGEST:
            hot = 0
            for j in range(outputs):
                if program.targets[j, s] > 0:
                    hot = j
            top = values[hot] * program.scale[hot]
            wrong = 0.0
            for j in range(outputs):
                if j != hot and values[j] * program.scale[j] >= top:
                    wrong += (values[j] * program.scale[j] - top + 1.0) / program.steps[j]
            if wrong > 0.0:
                loss += weight
                guide += weight * one * (flat + slope * wrong)
            continue
        most = 0
        missed = 0
        total = 0.0
        for j in range(outputs):
            d = abs(values[j] * program.scale[j] - program.targets[j, s])
            if d != 0:
                missed += 1
                total += d / program.steps[j]
                most = max(most, d)
        if part == MAXIMUM:
            loss += weight * most
            guide += one * weight * (flat * most + slope * total * program.steps[0] / outputs)
        elif missed > 0:
            loss += weight
            guide += one * weight * (flat * missed + slope * total)
    return loss, guide


@compiled
def _piece(program: Program, j: int, u: int, i: int, pre: int, z: int, flat: float, slope: float) -> tuple[int, float]:
    """The loss and the guide of output j, which is unit u (-1: none), at point i; for PARTS and ALL."""
    part = program.part[0]
    start = program.sample_start[i]
    stop = program.sample_start[i + 1]
    targets = program.targets[j]
    weights = program.weights[j]
    scale = program.scale[j]
    loss = _part(part, z, scale, program.margins[j], start, stop, targets, weights)
    if loss == 0:
        return 0, 0.0
    one = program.one[0]
    if u >= 0 and program.kind[u] == TWO:
        other = _part(part, program.a[u] + program.b[u] - z, scale, program.margins[j], start, stop, targets, weights)
        if loss <= other:
            return loss, 0.0
        distance = -pre if pre < 0 else pre + 1
        return loss, (loss - other) * one * (flat + slope * distance / program.unit_steps[u])
    if part == SIDE or part == EQUAL:
        far = _distance(part, z, scale, start, stop, targets, weights)
        return loss, one * (flat * loss + slope * far * scale / program.steps[j])
    return loss, one * loss


@compiled
def evaluate(program: Program, state: State, aim: Aim) -> None:
    """Compute everything anew for the values that `state.index` says."""
    units, n = program.constant.shape
    index, pre, z = state.index, state.pre, state.z
    pre[:, :] = program.constant
    cost = 0
    for k in range(len(index)):
        place = program.value_start[k] + index[k]
        cost += program.value_costs[place]
        value = program.values[place]
        for t in range(program.use_start[k], program.use_start[k + 1]):
            u = program.term_unit[t]
            for e in range(program.term_start[t], program.term_start[t + 1]):
                pre[u, program.term_point[e]] += value * program.term_value[e]
    for u in range(units):
        for p in range(program.product_start[u], program.product_start[u + 1]):
            k = program.variable[p]
            factor = program.factor[p]
            if k >= 0:
                factor *= program.values[program.value_start[k] + index[k]]
            s = program.source[p]
            if factor != 0:
                for i in range(n):
                    pre[u, i] += factor * z[s, i]
        start, stop = program.table_start[u], program.table_start[u + 1]
        for i in range(n):
            z[u, i] = _activated(program.kind[u], program.a[u], program.b[u], start, stop, program.table, pre[u, i])
            state.new_z[u, i] = z[u, i]
    loss = 0
    guide = 0.0
    mode = program.mode[0]
    for i in range(n):
        if mode == JOINT:
            state.bad[i], state.point_guides[i] = _joint(program, state, i, aim.flat, aim.slope)
            loss += state.bad[i]
            guide += state.point_guides[i]
            continue
        bad = 0
        for j in range(len(program.outputs)):
            u = program.outputs[j]
            before = pre[u, i] if u >= 0 else 0
            value = z[u, i] if u >= 0 else program.known[j, i]
            state.pieces[j, i], state.guides[j, i] = _piece(program, j, u, i, before, value, aim.flat, aim.slope)
            guide += state.guides[j, i]
            if mode == PARTS:
                loss += state.pieces[j, i]
            elif state.pieces[j, i] > 0:
                bad += 1
        state.bad[i] = bad
        if bad > 0:
            weight = program.weights[0, program.sample_start[i]]
            loss += weight
            guide += aim.whole * weight * program.one[0]
    state.numbers[LOSS] = loss
    state.numbers[COST] = cost
    state.floats[GUIDE] = guide + aim.price * cost


@compiled
def _touch(state: State, u: int, i: int, change: int, stamp: int) -> None:
    if state.mark[u, i] != stamp:
        state.mark[u, i] = stamp
        state.new_pre[u, i] = state.pre[u, i]
        state.touched[u, state.counts[u, 1]] = i
        state.counts[u, 1] += 1
    state.new_pre[u, i] += change


@compiled
def _pending(state: State, u: int) -> None:
    if state.counts[u, 0] == 0:
        state.counts[u, 0] = 1
        state.counts[u, 1] = 0
        state.counts[u, 2] = 0


@compiled
def _propose(program: Program, state: State, aim: Aim) -> float:
    """Try the move in `moving` and `moved`: what depends on it goes to the `new_` arrays. Returns the change of the guide.

    `_accept` or `_reject` must follow.
    """
    units, n = program.constant.shape
    numbers = state.numbers
    numbers[STAMP] += 1
    stamp = numbers[STAMP]
    counts = state.counts
    first = units
    cost = numbers[COST]
    work = 0
    for m in range(numbers[MOVING]):
        k = state.moving[m]
        before = program.value_start[k] + state.index[k]
        after = program.value_start[k] + state.moved[k]
        change = program.values[after] - program.values[before]
        cost += program.value_costs[after] - program.value_costs[before]
        for t in range(program.use_start[k], program.use_start[k + 1]):
            u = program.term_unit[t]
            _pending(state, u)
            first = min(first, u)
            for e in range(program.term_start[t], program.term_start[t + 1]):
                _touch(state, u, program.term_point[e], change * program.term_value[e], stamp)
        for q in range(program.times_start[k], program.times_start[k + 1]):
            u = program.target[program.times[q]]
            _pending(state, u)
            first = min(first, u)
    mode = program.mode[0]
    dirty = 0
    points = 0
    loss = numbers[LOSS]
    guide = aim.price * (cost - numbers[COST])
    for u in range(first, units):
        if counts[u, 0] == 0:
            continue
        state.dirty[dirty] = u
        dirty += 1
        # Products with a moving variable, now that their sources are known.
        for m in range(numbers[MOVING]):
            k = state.moving[m]
            before = program.values[program.value_start[k] + state.index[k]]
            after = program.values[program.value_start[k] + state.moved[k]]
            for q in range(program.times_start[k], program.times_start[k + 1]):
                p = program.times[q]
                if program.target[p] == u:
                    s = program.source[p]
                    factor = program.factor[p]
                    for i in range(n):
                        change = factor * (after * state.new_z[s, i] - before * state.z[s, i])
                        if change != 0:
                            _touch(state, u, i, change, stamp)
        kind, a, b = program.kind[u], program.a[u], program.b[u]
        start, stop = program.table_start[u], program.table_start[u + 1]
        j = program.output_of[u]
        changed = 0
        kept = 0
        for e in range(counts[u, 1]):
            i = state.touched[u, e]
            pre = state.new_pre[u, i]
            if pre == state.pre[u, i]:
                continue
            state.touched[u, kept] = i
            kept += 1
            z = _activated(kind, a, b, start, stop, program.table, pre)
            is_new = z != state.z[u, i]
            if is_new:
                state.new_z[u, i] = z
                state.changed[u, changed] = i
                changed += 1
            if j < 0:
                continue
            if mode == JOINT:
                if is_new and state.point_mark[i] != stamp:
                    state.point_mark[i] = stamp
                    state.point_list[points] = i
                    points += 1
                continue
            piece, part = _piece(program, j, u, i, pre, z, aim.flat, aim.slope)
            state.new_pieces[j, i] = piece
            state.new_guides[j, i] = part
            guide += part - state.guides[j, i]
            if mode == PARTS:
                loss += piece - state.pieces[j, i]
            elif (piece > 0) != (state.pieces[j, i] > 0):
                if state.point_mark[i] != stamp:
                    state.point_mark[i] = stamp
                    state.point_list[points] = i
                    points += 1
                    state.new_bad[i] = state.bad[i]
                state.new_bad[i] += 1 if piece > 0 else -1
        work += counts[u, 1] + 2
        counts[u, 1] = kept
        counts[u, 2] = changed
        if changed == 0:
            continue
        for q in range(program.feeds_start[u], program.feeds_start[u + 1]):
            p = program.feeds[q]
            factor = program.factor[p]
            k = program.variable[p]
            if k >= 0:
                if state.moved[k] >= 0:
                    continue
                factor *= program.values[program.value_start[k] + state.index[k]]
            if factor == 0:
                continue
            v = program.target[p]
            _pending(state, v)
            for e in range(changed):
                i = state.changed[u, e]
                _touch(state, v, i, factor * (state.new_z[u, i] - state.z[u, i]), stamp)
    if mode == JOINT:
        for e in range(points):
            i = state.point_list[e]
            state.new_bad[i], state.new_point_guides[i] = _joint(program, state, i, aim.flat, aim.slope)
            loss += state.new_bad[i] - state.bad[i]
            guide += state.new_point_guides[i] - state.point_guides[i]
        work += points * len(program.outputs)
    elif mode == ALL:
        for e in range(points):
            i = state.point_list[e]
            if (state.new_bad[i] > 0) != (state.bad[i] > 0):
                weight = program.weights[0, program.sample_start[i]]
                if state.new_bad[i] == 0:
                    weight = -weight
                loss += weight
                guide += aim.whole * weight * program.one[0]
    numbers[NEW_LOSS] = loss
    numbers[NEW_COST] = cost
    numbers[POINTS] = points
    numbers[DIRTY] = dirty
    numbers[WORK] += work + 10
    return guide


@compiled
def _accept(program: Program, state: State, change: float) -> None:
    numbers = state.numbers
    mode = program.mode[0]
    for d in range(numbers[DIRTY]):
        u = state.dirty[d]
        j = program.output_of[u]
        for e in range(state.counts[u, 1]):
            i = state.touched[u, e]
            state.pre[u, i] = state.new_pre[u, i]
            if j >= 0 and mode != JOINT:
                state.pieces[j, i] = state.new_pieces[j, i]
                state.guides[j, i] = state.new_guides[j, i]
        for e in range(state.counts[u, 2]):
            i = state.changed[u, e]
            state.z[u, i] = state.new_z[u, i]
        state.counts[u, 0] = 0
    for e in range(numbers[POINTS]):
        i = state.point_list[e]
        state.bad[i] = state.new_bad[i]
        if mode == JOINT:
            state.point_guides[i] = state.new_point_guides[i]
    for m in range(numbers[MOVING]):
        k = state.moving[m]
        state.index[k] = state.moved[k]
        state.moved[k] = -1
    numbers[LOSS] = numbers[NEW_LOSS]
    numbers[COST] = numbers[NEW_COST]
    state.floats[GUIDE] += change


@compiled
def _reject(state: State) -> None:
    numbers = state.numbers
    for d in range(numbers[DIRTY]):
        u = state.dirty[d]
        for e in range(state.counts[u, 2]):
            i = state.changed[u, e]
            state.new_z[u, i] = state.z[u, i]
        state.counts[u, 0] = 0
    for m in range(numbers[MOVING]):
        state.moved[state.moving[m]] = -1


@compiled
def _pick(program: Program, state: State, k: int) -> None:
    """Let variable k move to another value: a neighbour half the time, else anywhere, at any scale."""
    size = program.value_start[k + 1] - program.value_start[k]
    now = state.index[k]
    random = state.random
    draw = _below(random, 4)
    if size == 2:
        new = 1 - now
    elif draw < 2 or size == 3:
        new = now + 1 if draw & 1 else now - 1
        if size == 3:  # Any of the two others.
            new = now + 1 + (draw & 1)
            new = new - 3 if new > 2 else new
        elif new < 0:
            new = 1
        elif new >= size:
            new = size - 2
    else:
        reach = size - 1
        if size > 8:
            width = 1
            while width < reach and _below(random, 3) > 0:
                width *= 2
            reach = min(reach, width)
        new = now + 1 + _below(random, reach) if draw & 1 else now - 1 - _below(random, reach)
        if new < 0:
            new += size
        elif new >= size:
            new -= size
    state.moved[k] = new
    state.moving[state.numbers[MOVING]] = k
    state.numbers[MOVING] += 1


@compiled
def _draw(program: Program, state: State, pairs: float) -> None:
    """Choose a move: a variable of any unit, or any variable; by chance another one of its unit with it."""
    random = state.random
    state.numbers[MOVING] = 0
    k = program.movable[_below(random, len(program.movable))]
    if _next(random) >> np.uint64(63):
        u = program.movable_units[_below(random, len(program.movable_units))]
        size = program.mates_start[u + 1] - program.mates_start[u]
        k = program.mates[program.mates_start[u] + _below(random, size)]
    _pick(program, state, k)
    if pairs > 0.0 and _unit_interval(random) < pairs:
        u = program.home[k]
        size = program.mates_start[u + 1] - program.mates_start[u]
        other = program.mates[program.mates_start[u] + _below(random, size)]
        if other != k:
            _pick(program, state, other)


@compiled
def anneal(
    program: Program, state: State, aim: Aim, moves: int, hottest: float, coldest: float, total: int, pairs: float
) -> bool:
    """Make so many moves more of `total`, with temperatures that fall from hottest to coldest; True at the goal.

    `numbers[MADE]` is where it is. The best is kept in `best`.
    """
    numbers = state.numbers
    floats = state.floats
    rate = log(coldest / hottest) / max(1, total)
    made = numbers[MADE]
    end = min(total, made + moves)
    while made < end:
        if made & 63 == 0:
            floats[TEMPERATURE] = hottest * exp(rate * made)
        made += 1
        _draw(program, state, pairs)
        change = _propose(program, state, aim)
        if change > 0.0 and _unit_interval(state.random) >= exp(-change / floats[TEMPERATURE]):
            _reject(state)
            continue
        _accept(program, state, change)
        numbers[ACCEPTED] += 1
        if aim.price > 0.0:
            if numbers[LOSS] <= aim.threshold and numbers[COST] < numbers[BEST_COST]:
                numbers[BEST_COST] = numbers[COST]
                numbers[BEST] = numbers[LOSS]
                state.best[:] = state.index
        elif numbers[LOSS] < numbers[BEST]:
            numbers[BEST] = numbers[LOSS]
            state.best[:] = state.index
            if numbers[BEST] <= aim.threshold:
                numbers[MADE] = made
                return True
    numbers[MADE] = made
    return False


@compiled
def changes(program: Program, state: State, aim: Aim, moves: int, pairs: float) -> tuple[float, float]:
    """(mean, least) increase of the guide over random moves from here, of which none is made; 0 where none increases."""
    total = 0.0
    least = 0.0
    count = 0
    for _ in range(moves):
        _draw(program, state, pairs)
        change = _propose(program, state, aim)
        _reject(state)
        if change > 1e-12:
            count += 1
            total += change
            if least == 0.0 or change < least:
                least = change
    return (total / count if count else 0.0), least
