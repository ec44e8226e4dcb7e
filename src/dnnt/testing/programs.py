"""Random straight-line programs of many kinds: easy ones, ones that cancel, and ones that compute a thing twice.

Operands drawn from few recent values make numbers of 2^l bits; a step is drawn again where its value is one that was
there already (by a residue), since programs drawn at random soon collapse to 0. The others plant identities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

Step = tuple[str, int, int]
Steps = list[Step]
Generator = Callable[[Random, int], Steps]

MODULUS = (1 << 127) - 1
"""A prime."""

TRIES = 60


class Writer:
    """Writes steps and returns the values that they make."""

    def __init__(self) -> None:
        self.steps: Steps = []

    def __call__(self, operator: str, j: int, k: int) -> int:
        """Write a step; returns the value that it makes."""
        self.steps.append((operator, j, k))
        return len(self.steps)


def uniform(random: Random, length: int) -> Steps:
    """Operands are any earlier values, whatever comes of it."""
    return [(random.choice("+-*"), random.randrange(i), random.randrange(i)) for i in range(1, length + 1)]


def lively(window: int, operators: str) -> Generator:
    """Operands are among the last `window` values; every value is new."""

    def make(random: Random, length: int) -> Steps:
        steps: Steps = []
        residues = [1]
        seen = {0, 1, MODULUS - 1}
        for i in range(1, length + 1):
            for _ in range(TRIES):
                operator = random.choice(operators)
                j, k = (random.randrange(max(0, i - window), i) for _ in range(2))
                a, b = residues[j], residues[k]
                value = (a * b if operator == "*" else a + b if operator == "+" else a - b) % MODULUS
                if value not in seen:
                    break
            steps.append((operator, j, k))
            residues.append(value)
            seen.add(value)
        return steps

    return make


def planted(random: Random, length: int) -> Steps:
    """A soup of operations with identities in it, plus or minus something small or large."""
    write, values = Writer(), [0]
    while len(write.steps) < length:
        x, y = random.choice(values[-8:]), random.choice(values[-8:])
        if random.random() < 0.85:
            values.append(write(random.choice("+-*"), x, y))
            continue
        t = random.choice(IDENTITIES)(write, x, y)
        values.append(write(random.choice("+-"), t, random.choice([0, 0, x, y, *values[-3:]])))
    return write.steps


def difference_of_squares(write: Writer, x: int, y: int) -> int:
    """(x + y)(x - y) - x² + y²: 0."""
    product = write("*", write("+", x, y), write("-", x, y))
    return write("+", write("-", product, write("*", x, x)), write("*", y, y))


def binomial(write: Writer, x: int, y: int) -> int:
    """(x + y)² - (x - y)² - 4xy: 0."""
    plus, minus = write("+", x, y), write("-", x, y)
    square = write("-", write("*", plus, plus), write("*", minus, minus))
    product = write("*", x, y)
    twice = write("+", product, product)
    return write("-", square, write("+", twice, twice))


def neighbours(write: Writer, x: int, y: int) -> int:
    """(x + 1)(x - 1) - x²: -1."""
    return write("-", write("*", write("+", x, 0), write("-", x, 0)), write("*", x, x))


IDENTITIES = (difference_of_squares, binomial, neighbours)


def cancelling(random: Random, length: int) -> Steps:
    """An identity in two of the large numbers that half of the steps make, perhaps plus or minus 1 or one of them."""
    write, values = Writer(), [0]
    for _ in range(max(4, length // 2)):
        values.append(write(random.choice("++-***"), random.choice(values[-6:]), random.choice(values[-12:])))
    x, y = random.choice(values[-4:]), random.choice(values[-4:])
    t = random.choice(IDENTITIES)(write, x, y)
    if random.random() < 0.75:
        write(random.choice("+-"), t, random.choice([0, 0, x, y]))
    return write.steps


def powers(random: Random, length: int) -> Steps:
    """(x + s)^k - x^k, or the power of a square written in two ways."""
    write, x = Writer(), 0
    for _ in range(random.randrange(3, max(4, length // 3))):
        x = write(random.choice("++*"), x, random.choice([0, x]))
    if random.random() < 0.5:
        a, b = write(random.choice("+-"), x, 0), x
    else:
        y = write("+", x, 0)
        plus, product = write("+", x, y), write("*", x, y)
        a = write("*", plus, plus)
        b = write("+", write("+", write("*", x, x), write("+", product, product)), write("*", y, y))
    while len(write.steps) < length - 1:
        a, b = write("*", a, a), write("*", b, b)
    write("-", a, b)
    return write.steps


def telescope(random: Random, length: int) -> Steps:
    """(x - 1)(x + 1)(x² + 1)(x⁴ + 1)… - x^(2^k), perhaps plus 1."""
    write, x = Writer(), 0
    for _ in range(random.randrange(1, max(2, length // 3))):
        x = write(random.choice("++*"), x, random.choice([0, x]))
    product, power = write("-", x, 0), x
    while len(write.steps) < length - 3:
        product = write("*", product, write("+", power, 0))
        power = write("*", power, power)
    t = write("-", product, power)
    if random.random() < 0.5:
        write("+", t, 0)
    return write.steps


def twice(random: Random, length: int) -> Steps:
    """One computation from x and again from x + s, and the difference of the results."""
    write, x = Writer(), 0
    for _ in range(random.randrange(2, max(3, length // 4))):
        x = write(random.choice("++*"), x, random.choice([0, x, x]))
    shift = 0
    for _ in range(random.randrange(0, 4)):
        shift = write("+", shift, random.choice([0, shift]))
    one, other = [x], [write(random.choice("+-"), x, shift)]
    while len(write.steps) < length - 1:
        operator = random.choice("***+-")
        i = random.randrange(len(one)) if random.random() < 0.6 else len(one) - 1
        one.append(write(operator, one[-1], one[i]))
        other.append(write(operator, other[-1], other[i]))
    write("-", one[-1], other[-1])
    return write.steps


KINDS: Mapping[str, Generator] = {
    "any earlier values": uniform,
    "the last 2 values": lively(2, "+-*"),
    "the last 3 values": lively(3, "+-*"),
    "the last 10 values": lively(10, "+-*"),
    "the last 30 values": lively(30, "+-*"),
    "mostly differences": lively(8, "+----*"),
    "mostly products": lively(8, "+-****"),
    "identities in a soup": planted,
    "identities of large numbers": cancelling,
    "powers of near numbers": powers,
    "a telescoping product": telescope,
    "one computation twice": twice,
}
"""The generators by what they draw."""


def neighbours_of_a_power(squarings: int, plus: int = 0) -> Steps:
    """(a + 1)(a - 1) - a² + plus for a = 3^(2^squarings) and plus >= 0: its value is plus - 1."""
    write = Writer()
    a = write("+", write("+", 0, 0), 0)
    for _ in range(squarings):
        a = write("*", a, a)
    t = neighbours(write, a, 0)
    for _ in range(plus):
        t = write("+", t, 0)
    return write.steps
