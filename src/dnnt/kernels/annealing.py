"""Simulated annealing over the values of variables of a network, in exact integers.

The network is given as arrays (`Program`): the values of variables, units in topological order with their columns over
the points, products of a variable and an earlier unit's value, and the cost of outputs. A move changes one variable, or
two that lead into one unit; only what depends on them is computed again. The exact loss is kept in integers, for which
the caller proves that nothing wraps; what steers the search is a float (`guide`): wrong outputs count `flat`, and by
`slope` how far a sum is from the side where it should be, so that there is a way downhill where the loss is a plain.

All of it is in one file, since the compiler's cache does not notice when loops of other files change.

Source: S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, Optimization by simulated annealing, Science 220 (1983).
"""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnt.kernels.annealing_arrays import (
    ABSOLUTE,
    ACCEPTED,
    ALL,
    BEST,
    BEST_COST,
    CLIP,
    COST,
    DENSE,
    EQUAL,
    FLOOR,
    GUIDE,
    HINGE,
    JOINT,
    LARGEST,
    LINES,
    LOSS,
    MADE,
    MAXIMUM,
    PARTS,
    SIDE,
    SPARSE,
    SQUARE,
    SQUARED,
    STAMP,
    TABLE,
    TEMPERATURE,
    TWO,
    WORK,
    Aim,
    Floats,
    Ints,
    Program,
    State,
)
from dnnt.kernels.loading import compiled


@compiled
def _copy(source: Ints, target: Ints) -> None:
    """An assignment of whole arrays, which compiles many times as fast as one by slices."""
    for e in range(len(source)):
        target[e] = source[e]


@compiled
def _next(state: NDArray[np.uint64]) -> Any:
    """xorshift64*."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(2685821657736338717)


@compiled
def _below(state: NDArray[np.uint64], limit: int) -> Any:
    """A random integer from 0 to limit - 1 (limit below 2^31)."""
    return np.int64(((_next(state) >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32))


@compiled
def _unit_interval(state: NDArray[np.uint64]) -> Any:
    return np.float64(_next(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def _activated(kind: int, a: int, b: int, start: int, stop: int, table: Ints, pre: int) -> Any:
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
def _part(
    part: int, z: int, scale: int, margin: int, start: int, stop: int, targets: Ints, weights: Ints, j: int
) -> Any:
    """The loss of one output at one point, over the samples from start to stop."""
    total = 0
    for s in range(start, stop):
        y = targets[j, s]
        if part == SQUARED:
            d = z * scale - y
            total += weights[j, s] * d * d
        elif part == ABSOLUTE:
            total += weights[j, s] * abs(z * scale - y)
        elif part == HINGE:
            d = margin - y * z
            if d > 0:
                total += weights[j, s] * d
        elif part == SIDE:
            if not ((y > 0 and z > 0) or (y < 0 and z < 0)):
                total += weights[j, s]
        elif z * scale != y:
            total += weights[j, s]
    return total


@compiled
def _distance(part: int, z: int, scale: int, start: int, stop: int, targets: Ints, weights: Ints, j: int) -> float:
    """How far the value of an output is from where its loss is 0, for SIDE and EQUAL."""
    total = 0.0
    for s in range(start, stop):
        y = targets[j, s]
        if part == EQUAL:
            total += weights[j, s] * abs(z - y / scale)
        elif not ((y > 0 and z > 0) or (y < 0 and z < 0)):
            total += weights[j, s] * (abs(z) + 1.0)
    return total


@compiled
def _joint(
    i: int, values: Ints, part: int, one: float, steps: Floats, scale: Ints, sample_start: Ints, targets: Ints,
    weights: Ints, stride: Ints, least: Ints, losses: Ints, flat: float, slope: float
) -> tuple[int, float]:  # fmt: skip
    """The loss and the guide of a point by the values of all its outputs, for JOINT."""
    outputs = len(values)
    loss = 0
    guide = 0.0
    if part == TABLE:
        place = 0
        for j in range(outputs):
            place += (values[j] - least[j]) * stride[j]
        loss = losses[i, place]
        return loss, loss * one
    for s in range(sample_start[i], sample_start[i + 1]):
        weight = weights[0, s]
        if part == LARGEST:
            hot = 0
            for j in range(outputs):
                if targets[j, s] > 0:
                    hot = j
            top = values[hot] * scale[hot]
            wrong = 0.0
            for j in range(outputs):
                value = values[j] * scale[j]
                if j != hot and value >= top:
                    wrong += (value - top + 1.0) / steps[j]
            if wrong > 0.0:
                loss += weight
                guide += weight * one * (flat + slope * wrong)
            continue
        most = 0
        missed = 0
        total = 0.0
        for j in range(outputs):
            d = abs(values[j] * scale[j] - targets[j, s])
            if d != 0:
                missed += 1
                total += d / steps[j]
                most = max(most, d)
        if part == MAXIMUM:
            loss += weight * most
            guide += one * weight * (flat * most + slope * total * steps[0] / outputs)
        elif missed > 0:
            loss += weight
            guide += one * weight * (flat * missed + slope * total)
    return loss, guide


@compiled
def _piece(
    part: int, kind: int, ends: int, pre: int, z: int, scale: int, margin: int, start: int, stop: int, targets: Ints,
    weights: Ints, j: int, one: float, flat: float, slope: float, unit_step: float, step: float
) -> tuple[int, float]:  # fmt: skip
    """The loss and the guide of output j at one point, for PARTS and ALL; `ends` is the sum of a unit's two values."""
    loss = _part(part, z, scale, margin, start, stop, targets, weights, j)
    if loss == 0:
        return 0, 0.0
    if kind == TWO:
        other = _part(part, ends - z, scale, margin, start, stop, targets, weights, j)
        if loss <= other:
            return loss, 0.0
        distance = -pre if pre < 0 else pre + 1
        return loss, (loss - other) * one * (flat + slope * distance / unit_step)
    if part >= SIDE:
        far = _distance(part, z, scale, start, stop, targets, weights, j)
        return loss, one * (flat * loss + slope * far * scale / step)
    return loss, one * loss


@compiled
def evaluate(program: Program, state: State, aim: Aim) -> None:
    """Compute everything anew for the values that `state.places` says."""
    units, n = program.constant.shape
    places, pre, z = state.places, state.pre, state.z
    for u in range(units):
        for i in range(n):
            pre[u, i] = program.constant[u, i]
    cost = 0
    for k in range(len(places)):
        place = program.value_start[k] + places[k]
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
                factor *= program.values[program.value_start[k] + places[k]]
            s = program.source[p]
            if factor != 0:
                for i in range(n):
                    pre[u, i] += factor * z[s, i]
        kind, a, b = program.kind[u], program.a[u], program.b[u]
        start, stop = program.table_start[u], program.table_start[u + 1]
        for i in range(n):
            z[u, i] = _activated(kind, a, b, start, stop, program.table, pre[u, i])
            state.new_z[u, i] = z[u, i]
    loss = 0
    guide = 0.0
    mode, part, one = program.mode[0], program.part[0], program.one[0]
    outputs = len(program.outputs)
    for i in range(n):
        start, stop = program.sample_start[i], program.sample_start[i + 1]
        bad = 0
        for j in range(outputs):
            u = program.outputs[j]
            value = program.known[j, i] if u < 0 else z[u, i]
            if mode == JOINT:
                state.values[j] = value
                continue
            kind, ends, before, step = LINES, 0, 0, 1.0
            if u >= 0:
                kind, ends, before = program.kind[u], program.a[u] + program.b[u], pre[u, i]
                step = program.unit_steps[u]
            piece, push = _piece(
                part, kind, ends, before, value, program.scale[j], program.margins[j], start, stop, program.targets,
                program.weights, j, one, aim.flat, aim.slope, step, program.steps[j]
            )  # fmt: skip
            state.pieces[j, i] = piece
            state.guides[j, i] = push
            guide += push
            if mode == PARTS:
                loss += piece
            elif piece > 0:
                bad += 1
        if mode == JOINT:
            state.bad[i], state.point_guides[i] = _joint(
                i, state.values, part, one, program.steps, program.scale, program.sample_start, program.targets,
                program.weights, program.stride, program.least, program.losses, aim.flat, aim.slope
            )  # fmt: skip
            loss += state.bad[i]
            guide += state.point_guides[i]
            continue
        state.bad[i] = bad
        if bad > 0:
            loss += program.weights[0, start]
            guide += aim.whole * program.weights[0, start] * one
    state.numbers[LOSS] = loss
    state.numbers[COST] = cost
    state.floats[GUIDE] = guide + aim.price * cost


@compiled
def _other(random: NDArray[np.uint64], size: int, now: int) -> Any:
    """Another place of `size` than `now`: a neighbour half the time, else anywhere, at any scale."""
    if size == 2:
        return 1 - now
    draw = _below(random, 4)
    if size == 3:
        new = now + 1 + (draw & 1)
        return new - 3 if new > 2 else new
    if draw < 2:
        new = now + 1 if draw & 1 else now - 1
        return 1 if new < 0 else size - 2 if new >= size else new
    reach = size - 1
    if size > 8:
        width = 1
        while width < reach and _below(random, 3) > 0:
            width *= 2
        reach = min(reach, width)
    new = now + 1 + _below(random, reach) if draw & 1 else now - 1 - _below(random, reach)
    return new + size if new < 0 else new - size if new >= size else new


@compiled
def anneal(
    program: Program, state: State, aim: Aim, moves: int, hottest: float, coldest: float, total: int, pairs: float
) -> tuple[bool, float]:
    """Make so many moves more of `total`, with temperatures that fall from hottest to coldest.

    Returns whether the goal is reached, and the mean increase of the guide by the moves that increase it (0 where none
    does). `numbers[MADE]` is where it is. With `hottest` 0 moves are tried, and none is made. The best is kept in
    `best`. One long function: its arrays are taken out of the tuples once, not for every move.
    """
    value_start, values, value_costs = program.value_start, program.values, program.value_costs
    use_start, term_unit, term_start = program.use_start, program.term_unit, program.term_start
    term_point, term_value = program.term_point, program.term_value
    times_start, times = program.times_start, program.times
    source, target, variable, factors = program.source, program.target, program.variable, program.factor
    feeds_start, feeds = program.feeds_start, program.feeds
    kinds, low, high, table_start, table = program.kind, program.a, program.b, program.table_start, program.table
    output_of, outputs, known, scale = program.output_of, program.outputs, program.known, program.scale
    sample_start, targets, weights, margins = program.sample_start, program.targets, program.weights, program.margins
    stride, least, losses = program.stride, program.least, program.losses
    unit_steps, steps = program.unit_steps, program.steps
    mates_start, mates, home = program.mates_start, program.mates, program.home
    movable, movable_units = program.movable, program.movable_units
    places, pre, z, new_pre, new_z, mark = state.places, state.pre, state.z, state.new_pre, state.new_z, state.mark
    touched, changed, pieces, guides = state.touched, state.changed, state.pieces, state.guides
    new_pieces, new_guides, bad, new_bad = state.new_pieces, state.new_guides, state.bad, state.new_bad
    point_guides, new_point_guides = state.point_guides, state.new_point_guides
    point_mark, point_list = state.point_mark, state.point_list
    pending, touches, changes = state.pending, state.touches, state.changes
    dirty, moved, moving, joint_values = state.dirty, state.moved, state.moving, state.values
    numbers, floats, random = state.numbers, state.floats, state.random
    units, n = program.constant.shape
    mode, part, one = program.mode[0], program.part[0], program.one[0]
    flat, slope, whole, price, threshold = aim.flat, aim.slope, aim.whole, aim.price, aim.threshold
    rate = log(coldest / hottest) / max(1, total) if hottest > 0.0 else 0.0
    stamp = numbers[STAMP]
    made = numbers[MADE]
    end = min(total, made + moves)
    work = 0
    increases, increase = 0, 0.0
    reached = False
    while made < end and not reached:
        if made & 63 == 0:
            floats[TEMPERATURE] = hottest * exp(rate * made)
        made += 1
        stamp += 1

        # The move: any variable, or one of any unit; by chance another one of its unit with it.
        k = movable[_below(random, len(movable))]
        if _next(random) >> np.uint64(63):
            u = movable_units[_below(random, len(movable_units))]
            k = mates[mates_start[u] + _below(random, mates_start[u + 1] - mates_start[u])]
        moved[k] = _other(random, value_start[k + 1] - value_start[k], places[k])
        moving[0] = k
        count = 1
        if pairs > 0.0 and _unit_interval(random) < pairs:
            u = home[k]
            k = mates[mates_start[u] + _below(random, mates_start[u + 1] - mates_start[u])]
            if moved[k] < 0:
                moved[k] = _other(random, value_start[k + 1] - value_start[k], places[k])
                moving[1] = k
                count = 2

        # What it changes in the sums that the variables are in.
        first = units
        cost = numbers[COST]
        for m in range(count):
            k = moving[m]
            before = value_start[k] + places[k]
            after = value_start[k] + moved[k]
            change = values[after] - values[before]
            cost += value_costs[after] - value_costs[before]
            for t in range(use_start[k], use_start[k + 1]):
                u = term_unit[t]
                if not pending[u]:
                    pending[u] = 1
                    touches[u] = 0
                first = min(first, u)
                for e in range(term_start[t], term_start[t + 1]):
                    i = term_point[e]
                    if mark[u, i] != stamp:
                        mark[u, i] = stamp
                        new_pre[u, i] = pre[u, i]
                        touched[u, touches[u]] = i
                        touches[u] += 1
                    new_pre[u, i] += change * term_value[e]
            for q in range(times_start[k], times_start[k + 1]):
                u = target[times[q]]
                if not pending[u]:
                    pending[u] = 1
                    touches[u] = 0
                first = min(first, u)

        # Along the units, in order.
        dirty_count = 0
        points = 0
        loss = numbers[LOSS]
        guide = price * (cost - numbers[COST])
        for u in range(first, units):
            if not pending[u]:
                continue
            dirty[dirty_count] = u
            dirty_count += 1
            for m in range(count):  # Products with a moving variable, now that their sources are known.
                k = moving[m]
                for q in range(times_start[k], times_start[k + 1]):
                    p = times[q]
                    if target[p] != u:
                        continue
                    s = source[p]
                    before = factors[p] * values[value_start[k] + places[k]]
                    after = factors[p] * values[value_start[k] + moved[k]]
                    for i in range(n):
                        change = after * new_z[s, i] - before * z[s, i]
                        if change != 0:
                            if mark[u, i] != stamp:
                                mark[u, i] = stamp
                                new_pre[u, i] = pre[u, i]
                                touched[u, touches[u]] = i
                                touches[u] += 1
                            new_pre[u, i] += change
            kind, a, b = kinds[u], low[u], high[u]
            start, stop = table_start[u], table_start[u + 1]
            j = output_of[u]
            is_part = j >= 0 and mode != JOINT
            kept, different = 0, 0
            work += touches[u] + 2
            for e in range(touches[u]):
                i = touched[u, e]
                now = new_pre[u, i]
                if now == pre[u, i]:
                    continue
                touched[u, kept] = i
                kept += 1
                value = _activated(kind, a, b, start, stop, table, now)
                if value != z[u, i]:
                    new_z[u, i] = value
                    changed[u, different] = i
                    different += 1
                    if j >= 0 and mode == JOINT and point_mark[i] != stamp:
                        point_mark[i] = stamp
                        point_list[points] = i
                        points += 1
                if not is_part:
                    continue
                piece, push = _piece(
                    part, kind, a + b, now, value, scale[j], margins[j], sample_start[i], sample_start[i + 1], targets,
                    weights, j, one, flat, slope, unit_steps[u], steps[j]
                )  # fmt: skip
                new_pieces[j, i] = piece
                new_guides[j, i] = push
                guide += push - guides[j, i]
                if mode == PARTS:
                    loss += piece - pieces[j, i]
                elif (piece > 0) != (pieces[j, i] > 0):
                    if point_mark[i] != stamp:
                        point_mark[i] = stamp
                        point_list[points] = i
                        points += 1
                        new_bad[i] = bad[i]
                    new_bad[i] += 1 if piece > 0 else -1
            touches[u] = kept
            changes[u] = different
            if different == 0:
                continue
            for q in range(feeds_start[u], feeds_start[u + 1]):
                p = feeds[q]
                factor = factors[p]
                k = variable[p]
                if k >= 0:
                    if moved[k] >= 0:
                        continue
                    factor *= values[value_start[k] + places[k]]
                if factor == 0:
                    continue
                v = target[p]
                if not pending[v]:
                    pending[v] = 1
                    touches[v] = 0
                for e in range(different):
                    i = changed[u, e]
                    if mark[v, i] != stamp:
                        mark[v, i] = stamp
                        new_pre[v, i] = pre[v, i]
                        touched[v, touches[v]] = i
                        touches[v] += 1
                    new_pre[v, i] += factor * (new_z[u, i] - z[u, i])

        # The points.
        if mode == JOINT:
            for e in range(points):
                i = point_list[e]
                for j in range(len(outputs)):
                    joint_values[j] = known[j, i] if outputs[j] < 0 else new_z[outputs[j], i]
                new_bad[i], new_point_guides[i] = _joint(
                    i, joint_values, part, one, steps, scale, sample_start, targets, weights, stride, least, losses,
                    flat, slope
                )  # fmt: skip
                loss += new_bad[i] - bad[i]
                guide += new_point_guides[i] - point_guides[i]
            work += points * len(outputs)
        elif mode == ALL:
            for e in range(points):
                i = point_list[e]
                if (new_bad[i] > 0) != (bad[i] > 0):
                    weight = weights[0, sample_start[i]]
                    if new_bad[i] == 0:
                        weight = -weight
                    loss += weight
                    guide += whole * weight * one

        # Take it or leave it.
        if guide > 0.0:
            increases += 1
            increase += guide
        if hottest <= 0.0 or (guide > 0.0 and _unit_interval(random) >= exp(-guide / floats[TEMPERATURE])):
            for d in range(dirty_count):
                u = dirty[d]
                for e in range(changes[u]):
                    i = changed[u, e]
                    new_z[u, i] = z[u, i]
                pending[u] = 0
            for m in range(count):
                moved[moving[m]] = -1
            continue
        numbers[ACCEPTED] += 1
        for d in range(dirty_count):
            u = dirty[d]
            j = output_of[u]
            is_part = j >= 0 and mode != JOINT
            for e in range(touches[u]):
                i = touched[u, e]
                pre[u, i] = new_pre[u, i]
                if is_part:
                    pieces[j, i] = new_pieces[j, i]
                    guides[j, i] = new_guides[j, i]
            for e in range(changes[u]):
                i = changed[u, e]
                z[u, i] = new_z[u, i]
            pending[u] = 0
        for e in range(points):
            i = point_list[e]
            bad[i] = new_bad[i]
            if mode == JOINT:
                point_guides[i] = new_point_guides[i]
        for m in range(count):
            places[moving[m]] = moved[moving[m]]
            moved[moving[m]] = -1
        numbers[LOSS] = loss
        numbers[COST] = cost
        floats[GUIDE] += guide
        if price > 0.0:
            if loss <= threshold and cost < numbers[BEST_COST]:
                numbers[BEST_COST] = cost
                _copy(places, state.best)
        elif loss < numbers[BEST]:
            numbers[BEST] = loss
            _copy(places, state.best)
            reached = loss <= threshold
    numbers[STAMP] = stamp
    numbers[MADE] = made
    numbers[WORK] += work + 10 * moves
    return reached, increase / max(1, increases)
