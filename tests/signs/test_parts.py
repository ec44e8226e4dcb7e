"""The parts that signs are found with: circuits, polynomials, exact arithmetic, residues, and rational circuits."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from dnnt.exact import Number, normal
from dnnt.signs import exactly, polynomial, residues
from dnnt.signs.circuit import Node, Product, Sum, heights, linear, of_steps
from dnnt.signs.engine import Engine
from dnnt.testing.programs import KINDS, neighbours_of_a_power


def values(nodes: tuple[Node, ...]) -> list[Number]:
    """All values of a circuit."""
    result: list[Number] = []
    for node in nodes:
        if isinstance(node, Product):
            result.append(normal(node.factor * result[node.j] * result[node.k]))
        else:
            result.append(normal(node.constant + sum(c * result[child] for child, c in node.terms)))
    return result


def test_what_is_not_needed_is_left_out() -> None:
    nodes = of_steps([("+", 0, 0), ("*", 1, 1), ("-", 1, 0), ("-", 3, 3)])
    assert values(nodes)[-1] == 0
    assert len(of_steps([("+", 0, 0), ("+", 0, 0), ("*", 1, 2), ("*", 2, 1), ("+", 3, 4)])) == 4


def test_the_last_value_may_be_an_earlier_one() -> None:
    assert values(of_steps([("*", 0, 0), ("+", 0, 0), ("-", 2, 1), ("+", 0, 0)]))[-1] == 2


def test_terms_of_one_node_are_added() -> None:
    assert linear(3, [(0, 2), (1, 1), (0, -2)]) == Sum(3, ((1, 1),))


def test_heights_count_products() -> None:
    nodes = of_steps([("+", 0, 0), ("*", 1, 1), ("*", 2, 1), ("+", 3, 0)])
    assert heights(nodes)[:2] == [2, 2] and heights(nodes)[-1] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_on_lengths_hold(kind: str) -> None:
    random = Random(f"{kind} lengths")
    for _ in range(30):
        nodes = of_steps(KINDS[kind](random, random.randrange(3, 20)))
        bounds = exactly.lengths(nodes, 1 << 60)
        known = values(nodes)
        assert all(value.numerator.bit_length() <= bound for value, bound in zip(known, bounds, strict=True))
        assert int(exactly.last_value(nodes, lambda: None)) == known[-1]


def test_products_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from flint import fmpz

    monkeypatch.setattr(exactly, "PIECE", 64)
    random = Random(5)
    for _ in range(200):
        a, b = (random.choice([-1, 1]) * random.getrandbits(random.randrange(1, 3000)) for _ in range(2))
        assert int(exactly.product(fmpz(a), fmpz(b), lambda: None)) == a * b


@pytest.mark.parametrize("bound", [1, 100, 10**6, 2**300, 2**3000])
def test_the_error_of_residues(bound: int) -> None:
    assert residues.error_bits(bound, residues.prime_bits(bound)) >= 100


def test_residues() -> None:
    random = Random(1)
    for plus in range(3):
        nodes = of_steps(neighbours_of_a_power(80, plus))
        assert residues.is_zero(nodes, 192, random, lambda: None) == (plus == 1)
        assert residues.residue(nodes, 1_000_003, lambda: None) == (plus - 1) % 1_000_003


@pytest.mark.parametrize("bits", [128, 200, 700])
def test_random_primes(bits: int) -> None:
    prime = residues.random_prime(bits, Random(bits), lambda: None)
    assert prime.bit_length() == bits
    assert all(pow(a, prime - 1, prime) == 1 for a in (2, 3, 5, 7))


def test_powers_of_polynomials() -> None:
    p: polynomial.Polynomial = {((2, 1),): 1, ((1, 1),): Fraction(1, 2), (): -3}
    power = polynomial.power(p, 5, 100)
    assert power is not None
    for x, y in ((2, 3), (-1, Fraction(1, 3))):
        total = sum(c * Fraction(x) ** dict(m).get(1, 0) * Fraction(y) ** dict(m).get(2, 0) for m, c in power.items())
        assert total == (y + Fraction(x) / 2 - 3) ** 5
    assert polynomial.power(p, 10**40, 100) is None
    assert polynomial.power({((1, 2),): -1}, 10**40, 100) == {((1, 2 * 10**40),): 1}
    assert polynomial.power({((1, 2),): 3}, 10**40, 100) is None


def random_circuit(random: Random, length: int) -> tuple[Node, ...]:
    """A rational circuit in which sums often cancel."""

    def one_of(*numbers: Number) -> Number:
        return random.choice(numbers)

    nodes: list[Node] = [Sum(one_of(1, -2, Fraction(1, 3), 5))]
    for n in range(1, length):
        pick = [random.randrange(max(0, n - 5), n) for _ in range(3)]
        if random.random() < 0.5:
            nodes.append(Product(one_of(1, -1, Fraction(1, 4), 3), pick[0], pick[1]))
        else:
            terms = [(child, one_of(1, -1, 1, -1, Fraction(1, 2), -3)) for child in pick]
            nodes.append(linear(one_of(0, 0, 1, Fraction(-1, 4)), terms))
    return tuple(nodes)


@pytest.mark.parametrize("seed", range(20))
def test_rational_circuits(seed: int) -> None:
    random = Random(seed)
    for _ in range(20):
        nodes = random_circuit(random, random.randrange(3, 22))
        known = values(nodes)
        engine = Engine(32, derives=False)
        for node in nodes:
            engine.add(node)
        for n in range(len(nodes)):
            assert engine.sign(n) in ((known[n] > 0) - (known[n] < 0), None)
            exact = engine.exact(n)
            assert exact is None or exact == known[n]
