"""What a loss can be, if the outputs are known only as numbers or as balls.

The answer is a pair of values: the least member of the first is not above the loss, the greatest member of the second
is not below it (None: nothing is known above). Where all outputs are exact numbers both are the loss itself. Losses
with few values are decided by proved comparisons; where one cannot be decided, both outcomes are possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dnnt_check.budget import Work
from dnnt_check.intervals import Ball, Intervals, Value, compare_dyadics
from dnnt_check.losses import Loss, Vector, listed
from dnnt_check.numbers import Number

#: From below and from above.
Bounds = tuple[Value, Value | None]


class LossBounds:
    """Bounds on the loss of one sample."""

    def __init__(self, loss: Loss, intervals: Intervals, work: Work) -> None:
        """Prepare the exact function."""
        self.loss = loss
        self.intervals = intervals
        self.work = work
        self.exact = loss.function(work)

    def bounds(self, outputs: Sequence[Value], labels: Vector) -> Bounds:
        """Bounds on the loss of these outputs for these labels."""
        known = [value for value in outputs if not isinstance(value, Ball)]
        self.work.spend(1e-6 + len(outputs) * 3e-6)
        if len(known) == len(outputs):
            value = self.exact(tuple(known), labels)
            return value, value
        kind = self.loss.kind
        if kind in ("squared", "absolute", "hinge", "maximum"):
            parts = [self._distance(value, label) for value, label in zip(outputs, labels, strict=True)]
            return self._maximum(parts) if kind == "maximum" else self._sum(parts)
        if kind == "zero_one":
            return _hull(self._equal(outputs, labels), (0,), (1,))
        if kind == "misclassified":
            return _hull(self._right(outputs, labels), (0,), (1,))
        if kind == "positive":
            rest = _outcomes(_all(self._above(value) for value in outputs), (1,), (2,))
            return _hull(self._equal(outputs, labels), (0,), rest)
        if kind in ("pairs", "printed_pairs"):
            decoded = _all(self._allowed(t, value) for t, value in enumerate(outputs))
            rest = _outcomes(decoded, (1,), (2,))
            equal = False if kind == "printed_pairs" else self._equal(outputs, labels)
            return _hull(equal, (0,), rest)
        if kind == "table":
            return self._table(outputs, labels)
        # What a guarded loss checks is known only of exact outputs.
        return 0, None

    # ------------------------------------------------------------ sums of parts

    def _distance(self, output: Value, label: Number) -> Bounds:
        """Bounds on what one output contributes to a loss of distances or margins."""
        kind, intervals = self.loss.kind, self.intervals
        if kind == "hinge":
            gap = intervals.linear(self.loss.value, [(-label, output)] if label else [])
            low, high = intervals.order(gap, 0)
            return (gap if low >= 0 else 0), (gap if high >= 0 else 0)
        distance = intervals.linear(-label, [(1, output)])
        low, high = intervals.order(distance, 0)
        if kind == "squared":
            square = intervals.product(1, distance, distance)
            return (square if low >= 0 or high <= 0 else 0), square
        if low >= 0:
            return distance, distance
        negative = intervals.linear(0, [(-1, distance)])
        return (negative, negative) if high <= 0 else (0, self._largest([distance, negative], True))

    def _sum(self, parts: Sequence[Bounds]) -> Bounds:
        low = self.intervals.linear(0, [(1, part[0]) for part in parts])
        if self.intervals.order(low, 0)[0] < 0:
            # Rounding has gone below what no loss goes below.
            low = 0
        return low, self.intervals.linear(0, [(1, part[1]) for part in parts if part[1] is not None])

    def _maximum(self, parts: Sequence[Bounds]) -> Bounds:
        highs = [part[1] for part in parts if part[1] is not None]
        return self._largest([0, *[part[0] for part in parts]], False), self._largest(highs, True)

    def _largest(self, values: Sequence[Value], upper: bool) -> Value:
        """The greatest value, or one with the greatest upper (or lower) end where balls overlap.

        Exact numbers are compared exactly. One that a ball may exceed is no upper end by itself: rounding took part.
        """
        exact = [value for value in values if not isinstance(value, Ball)]
        balls = [value for value in values if isinstance(value, Ball)]
        if exact:
            top = max(exact)
            balls = [ball for ball in balls if self.intervals.order(ball, top)[1] > 0]
            if not balls:
                return top
            balls.append(self.intervals.ball(top))
        result = balls[0]
        for ball in balls[1:]:
            if self._compare_ends(ball, upper, result, upper) > 0:
                result = ball
        return result

    def _compare_ends(self, first: Value, upper: bool, second: Value, second_upper: bool) -> int:
        """The sign of an end of one value minus an end of another."""
        one, other = self.intervals.ball(first), self.intervals.ball(second)
        return compare_dyadics(
            one.mid + (one.radius if upper else -one.radius),
            one.exponent,
            other.mid + (other.radius if second_upper else -other.radius),
            other.exponent,
            self.work,
        )

    # ------------------------------------------------------------ three answers: yes, no, or None

    def _equals(self, value: Value, number: Number) -> bool | None:
        low, high = self.intervals.order(value, number)
        if low > 0 or high < 0:
            return False
        return True if low == 0 and high == 0 else None

    def _equal(self, outputs: Sequence[Value], labels: Vector) -> bool | None:
        return _all(self._equals(value, label) for value, label in zip(outputs, labels, strict=True))

    def _above(self, value: Value) -> bool | None:
        low, high = self.intervals.order(value, 0)
        return True if low > 0 else False if high <= 0 else None

    def _right(self, outputs: Sequence[Value], labels: Vector) -> bool | None:
        if len(outputs) == 1:
            return self._above(self.intervals.linear(0, [(labels[0], outputs[0])]))
        place = labels.index(1)
        hot = outputs[place]
        answers: list[bool | None] = []
        for t, other in enumerate(outputs):
            if t != place:
                if self._compare_ends(hot, False, other, True) > 0:
                    answers.append(True)
                else:
                    answers.append(False if self._compare_ends(hot, True, other, False) <= 0 else None)
        return _all(answers)

    def _allowed(self, t: int, value: Value) -> bool | None:
        """Is the output one of the numbers that decode to allowed pairs?"""
        allowed = self.loss.allowed[t]
        if not isinstance(value, Ball):
            return listed(allowed, value)
        first, last = 0, len(allowed)
        while first < last:
            middle = (first + last) // 2
            if self.intervals.order(value, allowed[middle])[0] > 0:
                first = middle + 1
            else:
                last = middle
        # The first number that is not below the ball: no member is listed if it lies above it.
        return None if first < len(allowed) and self.intervals.order(value, allowed[first])[1] >= 0 else False

    def _table(self, outputs: Sequence[Value], labels: Vector) -> Bounds:
        possible: list[Number] = [self.loss.value]
        for listed_outputs, loss in (self.loss.table or {}).get(labels, {}).items():
            self.work.spend(len(outputs) * 2e-6)
            if self._equal(outputs, listed_outputs) is not False:
                possible.append(loss)
        return min(possible), max(possible)


def _all(answers: Iterable[bool | None]) -> bool | None:
    """Yes if all are, no if one is not, else unknown."""
    result: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def _outcomes(answer: bool | None, yes: tuple[Number, ...], no: tuple[Number, ...]) -> tuple[Number, ...]:
    """What is possible."""
    return yes if answer else no if answer is False else (*yes, *no)


def _hull(answer: bool | None, yes: tuple[Number, ...], no: tuple[Number, ...]) -> Bounds:
    """The least and the greatest of what is possible."""
    possible = _outcomes(answer, yes, no)
    return min(possible), max(possible)
