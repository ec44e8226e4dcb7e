"""Interval arithmetic against fractions: what is enclosed stays enclosed, and balls stay short."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from dnnt_check import intervals, polynomials
from dnnt_check.budget import Invalid, Work
from dnnt_check.intervals import ZERO, Ball, Intervals, compare_dyadic, compare_dyadics
from dnnt_check.numbers import Number, normal
from dnnt_check.polynomials import Polynomial

Q = Fraction


def arithmetic(bits: int = 16) -> Intervals:
    return Intervals(bits, Work())


def ends(ball: Ball) -> tuple[Fraction, Fraction]:
    unit = Q(2) ** ball.exponent
    return (ball.mid - ball.radius) * unit, (ball.mid + ball.radius) * unit


def holds(ball: Ball, value: Number) -> bool:
    low, high = ends(ball)
    return low <= value <= high


def random_number(rng: random.Random) -> Number:
    kind = rng.random()
    if kind < 0.2:
        small: list[Number] = [0, 1, -1, 2, 3, Q(1, 3)]
        return rng.choice(small)
    size = rng.choice([3, 30, 300, 900])
    top = rng.randint(-(2**size), 2**size)
    if kind < 0.5:
        return top
    if kind < 0.7:
        return normal(Q(top, 2 ** rng.randint(0, 500)))
    return normal(Q(top, rng.randint(1, 2 ** rng.choice([3, 60, 400]))))


def random_member(rng: random.Random, ball: Ball) -> Fraction:
    """A member of a ball, often an end."""
    low, high = ends(ball)
    share = rng.choice([Q(0), Q(1), Q(rng.randint(0, 1000), 1000)])
    return low + (high - low) * share


def short(ball: Ball, bits: int) -> bool:
    return ball.mid.bit_length() <= bits + intervals.GUARD and ball.radius <= 2**intervals.RADIUS_BITS


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("bits", [16, 100, 700])
def test_operations_enclose_all_members(seed: int, bits: int) -> None:
    rng = random.Random(seed)
    this = arithmetic(bits)
    pool: list[Ball] = []
    for _ in range(6):
        number = random_number(rng)
        ball = this.ball(number)
        assert holds(ball, number)
        assert short(ball, bits)
        pool.append(ball)
        pool.append(this.rounded(rng.randint(-(2**200), 2**200), rng.randint(0, 2**190), rng.randint(-300, 300)))
    for _ in range(60):
        first, second = rng.choice(pool), rng.choice(pool)
        a, b = random_member(rng, first), random_member(rng, second)
        factor = random_number(rng) or 1
        power = rng.randint(1, 9)
        results = [
            (this.add(first, second), a + b),
            (this.multiply(first, second), a * b if first is not second else a * a),
            (this.square(first), a * a),
            (this.scale(first, factor), a * factor),
            (this.power(first, power), a**power),
        ]
        for ball, value in results:
            assert holds(ball, value)
            assert short(ball, bits)
            if abs(ball.exponent) < 5000:
                pool.append(ball)
        pool = pool[-20:]


def test_factors_are_trimmed_outward() -> None:
    """A factor with many more good bits than the other loses them, into its radius."""
    this = arithmetic(700)
    rng = random.Random(3)
    trimmed = 0
    for _ in range(200):
        value = this.rounded(rng.randint(-(2**700), 2**700) | 1, rng.choice([0, 0, 1, 5]), 7)
        rough = Ball(rng.randint(0, 1000), rng.randint(1, 100), 0)
        found = this._trimmed(value, rough)
        trimmed += found != value
        for end in ends(value):
            assert holds(found, end)
    assert trimmed > 100


def test_the_more_accurate_enclosure_is_kept() -> None:
    this = arithmetic(100)
    good, bad = Ball(5, 1, -3), Ball(1, 3, -2)
    assert this.better(good, bad) == this.better(bad, good) == good
    assert this.better(good, Q(5, 8)) == this.better(Q(5, 8), good) == Q(5, 8)
    assert this.better(Ball(1, 0, 10**9), Ball(1, 1, -(10**9))) == Ball(1, 0, 10**9)


def test_results_are_tight() -> None:
    """Without cancellation almost all bits are right."""
    this = arithmetic(100)
    third = this.ball(Q(1, 3))
    for ball, value in (
        (this.multiply(third, third), Q(1, 9)),
        (this.add(third, this.ball(Q(1, 7))), Q(10, 21)),
        (this.scale(third, Q(22, 7)), Q(22, 21)),
        (this.power(third, 1000), Q(1, 3**1000)),
    ):
        low, high = ends(ball)
        assert (high - low) / value < Q(1, 2**110)


def test_short_numbers_stay_exact() -> None:
    this = arithmetic(100)
    power = this.ball(2)
    for _ in range(5000):
        power = this.square(power)
    assert power == Ball(1, 0, 2**5000)
    assert this.add(power, this.scale(power, -1)) == ZERO
    three = this.ball(3)
    minus = this.scale(power, -1)
    assert this.total([three, power, this.ball(Q(1, 2)), minus]) == Ball(7, 0, -1)
    assert this.ball(Q(-5, 8)) == Ball(-5, 0, -3)


@pytest.mark.parametrize("gap", [0, 1, 100, 150, 180, 250, 400, 10**4, 10**30])
def test_sums_of_very_different_numbers(gap: int) -> None:
    """A summand that is too small to be seen becomes a radius."""
    this = arithmetic(64)
    for radius in (0, 1):
        for sign in (1, -1):
            large = Ball(2**100 + 1, radius, gap)
            found = this.add(Ball(sign * 3, 1, 0), large)
            assert found == this.add(large, Ball(sign * 3, 1, 0))
            assert short(found, 64)
            if gap < 10**5:
                for delta in (-radius, radius):
                    assert holds(found, Q((2**100 + 1 + delta) << gap) + sign * 3 + 1)
                    assert holds(found, Q((2**100 + 1 + delta) << gap) + sign * 3 - 1)
            else:
                assert this.order(found, 1) == (1, 1)


@pytest.mark.parametrize("seed", range(20))
def test_comparisons(seed: int) -> None:
    rng = random.Random(seed)
    work = Work()
    this = arithmetic()
    for _ in range(300):
        mantissa, exponent = rng.randint(-50, 50) * rng.choice([1, 2**70 + 1]), rng.randint(-200, 200)
        value = mantissa * Q(2) ** exponent
        number = rng.choice([random_number(rng), normal(value), normal(value + Q(1, 2**260)), normal(-value)])
        assert compare_dyadic(mantissa, exponent, number, work) == (value > number) - (value < number)
        other, place = rng.randint(-50, 50), rng.randint(-200, 200)
        second = other * Q(2) ** place
        assert compare_dyadics(mantissa, exponent, other, place, work) == (value > second) - (value < second)
        ball = Ball(mantissa, rng.randint(0, 60), exponent)
        low, high = ends(ball)
        assert this.order(ball, number) == ((low > number) - (low < number), (high > number) - (high < number))
        assert this.order(number, 1) == ((number > 1) - (number < 1),) * 2


def test_comparisons_of_numbers_that_nobody_could_write() -> None:
    work = Work()
    huge = 2**5000
    assert compare_dyadic(1, huge, 10**1000, work) == 1
    assert compare_dyadic(-1, huge, -(10**1000), work) == -1
    assert compare_dyadic(1, -huge, Q(1, 10**1000), work) == -1
    assert compare_dyadic(1, -huge, 0, work) == 1
    assert compare_dyadic(-1, -huge, 0, work) == -1
    assert compare_dyadics(3, huge, 5, huge, work) == -1
    assert compare_dyadics(3, huge + 1, 5, huge, work) == 1
    assert compare_dyadics(-3, huge + 1, 5, huge, work) == -1


@pytest.mark.parametrize("seed", range(20))
def test_values(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums and products of numbers and balls; whether a number is exact depends on its length alone."""
    monkeypatch.setattr(intervals, "ALWAYS_EXACT", 0)
    rng = random.Random(seed)
    this = arithmetic(64)
    for _ in range(50):
        numbers = [random_number(rng) for _ in range(rng.randint(0, 4))]
        factors = [random_number(rng) or 1 for _ in numbers]
        constant = random_number(rng)
        value = normal(constant + sum((a * b for a, b in zip(factors, numbers, strict=True)), Q(0)))
        exact = this.linear(constant, zip(factors, numbers, strict=True))
        mixed = [this.ball(number) if rng.random() < 0.5 else number for number in numbers]
        for found in (exact, this.linear(constant, zip(factors, mixed, strict=True))):
            if isinstance(found, Ball):
                assert holds(found, value)
                assert short(found, 64)
            else:
                assert found == value
                assert type(found) is type(value)
        if len(numbers) >= 2:
            value = normal(factors[0] * numbers[0] * numbers[1])
            found = this.product(factors[0], mixed[0], mixed[1])
            assert holds(this.ball(found), value)
    assert this.linear(2**100, [(1, 5)]) == 2**100 + 5
    assert isinstance(this.linear(3**200, [(1, 5)]), Ball)
    assert this.product(1, 0, Ball(1, 5, 7)) == 0
    assert this.product(3, 5, 7) == 105


# ---------------------------------------------------------------- polynomials


def polynomial(values: dict[int, Number] | None = None) -> Polynomial:
    return Polynomial((values or {}).get, Work())


def test_what_cancels_vanishes() -> None:
    """(a + 1)(a - 1) - a a, with a = node 0."""
    this = polynomial()
    this.start(0, [(1, 3), (-1, 4)])
    this.substitute_product(4, 1, 0, 0)
    this.substitute_product(3, 1, 1, 2)
    this.substitute_sum(2, -1, [(1, 0)])
    assert this.constant is None
    this.substitute_sum(1, 1, [(1, 0)])
    assert this.constant == -1
    assert this.terms == {(): -1}


def test_exact_nodes_are_numbers() -> None:
    this = polynomial({1: 3, 2: Q(1, 2)})
    this.start(1, [(2, 1), (4, 2), (5, 3)])
    assert this.terms == {((3, 1),): 5, (): 9}
    this.substitute_product(3, 2, 2, 4)
    assert this.terms == {((4, 1),): 5, (): 9}
    this.substitute_sum(4, Q(1, 5), [(1, 1)])
    assert this.constant == 25


def test_a_product_with_zero_vanishes() -> None:
    this = polynomial({1: 0})
    this.start(2, [(1, 3)])
    this.substitute_product(3, 1, 1, 2)
    assert this.constant == 2
    this.start(2, [(1, 3)])
    this.substitute_sum(3, 0, [])
    assert this.constant == 2


@pytest.mark.parametrize("seed", range(40))
def test_substitution_keeps_the_value(seed: int) -> None:
    """Random circuits: every polynomial has the value of the node it stands for, exactly and in intervals."""
    rng = random.Random(seed)
    starts: list[Number] = [2, -3, Q(1, 2), 5]
    values = [rng.choice(starts)]
    definitions: list[tuple[str, list[object]]] = [("input", [])]
    for node in range(1, 12):
        if rng.random() < 0.4:
            factor, i, j = Q(rng.choice(["1", "1/4", "-2"])), rng.randrange(node), rng.randrange(node)
            values.append(normal(factor * values[i] * values[j]))
            definitions.append(("product", [factor, i, j]))
        else:
            chosen = rng.sample(range(node), rng.randint(0, min(node, 3)))
            terms = [(normal(Q(rng.choice(["1", "-1", "2/3"]))), item) for item in chosen]
            constant = normal(Q(rng.choice(["0", "1", "-1/2"])))
            values.append(normal(Q(constant) + sum((Q(c) * values[item] for c, item in terms), Q(0))))
            definitions.append(("sum", [constant, terms]))
    this = arithmetic(64)
    result = polynomial()
    result.start(0, [(1, 11)])
    for node in range(11, 0, -1):
        if node in result.variables:
            kind, arguments = definitions[node]
            getattr(result, f"substitute_{kind}")(node, *arguments)
        found = result.evaluate(values.__getitem__, this)
        assert holds(this.ball(found), values[11])
        exact = sum((c * product(monomial, values) for monomial, c in result.terms.items()), Q(0))
        assert exact == values[11]
    assert result.variables <= {0}


def product(monomial: tuple[tuple[int, int], ...], values: list[Number]) -> Fraction:
    result = Q(1)
    for node, exponent in monomial:
        result *= Q(values[node]) ** exponent
    return result


def test_exponents_of_any_size() -> None:
    this = polynomial()
    this.start(0, [(1, 5000)])
    for node in range(5000, 0, -1):
        this.substitute_product(node, 1, node - 1, node - 1)
    assert this.terms == {((0, 2**5000),): 1}
    found = this.evaluate({0: 3}.__getitem__, arithmetic(11_000))
    assert isinstance(found, Ball)
    assert compare_dyadic(found.mid - found.radius, found.exponent, 10**10_000, Work()) == 1
    this.substitute_sum(0, 0, [(-1, 1)])
    assert this.terms == {((1, 2**5000),): 1}
    with pytest.raises(Invalid, match="too long"):
        this.substitute_sum(1, 0, [(2, 0)])
    with pytest.raises(Invalid, match="power"):
        this.substitute_sum(1, 1, [(2, 0)])


def test_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polynomials, "MAXIMUM_TERMS", 3000)
    this = polynomial()
    this.start(0, [(1, 1000)])
    this.substitute_product(1000, 1, 1001, 1001)
    this.substitute_product(1001, 1, 1002, 1002)
    with pytest.raises(Invalid, match="more than 3000 terms"):
        this.substitute_sum(1002, 1, [(1, node) for node in range(100)])
    this = Polynomial(lambda node: None, Work(memory=10**6))
    this.start(0, [(1, 1000)])
    this.substitute_product(1000, 1, 1001, 1001)
    with pytest.raises(Invalid, match="too much memory"):
        this.substitute_sum(1001, 1, [(1, node) for node in range(100)])
