"""Zero or not, by residues modulo random primes.

A residue other than 0 proves that a number is not 0. If all residues are 0, the number is 0 but for an error whose
probability is bounded here: a number of at most B bits has at most B / (b - 1) prime divisors of exactly b bits, and
there are more than 2^(b - 2) / b primes of b bits (Rosser and Schoenfeld, 1962: more than 3x / (5 log x) between x and
2x, for x >= 21).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from dnnt.signs.circuit import Node, Product, Sum

LONGEST = 5_000
"""The most bits of a prime: finding and proving longer ones probable takes too long for one call."""

PRIMES = 2


def prime_bits(bound: int) -> int:
    """The bits of the primes for numbers of at most `bound` bits."""
    return max(bound.bit_length() + 64, 128)


def error_bits(bound: int, bits: int) -> int:
    """E such that all residues of a number other than 0 (of at most `bound` bits) are 0 with probability < 2^-E."""
    # (bound / (bits - 1)) / (2^(bits - 2) / bits) < 2^(length of bound + 1 - (bits - 2)), for each of the primes.
    return PRIMES * (bits - bound.bit_length() - 3)


def is_zero(nodes: Sequence[Node], bits: int, random: Random, poll: Callable[[], None]) -> bool:
    """Whether the last node (of a circuit of integers) is 0 modulo all of `PRIMES` random primes of so many bits.

    False is a proof that it is not 0.
    """
    return all(residue(nodes, random_prime(bits, random, poll), poll) == 0 for _ in range(PRIMES))


def residue(nodes: Sequence[Node], modulus: int, poll: Callable[[], None]) -> int:
    """The last node modulo a number. All constants of the circuit are integers."""
    values: list[int] = []
    for index, node in enumerate(nodes):
        if index % 256 == 0:
            poll()
        if isinstance(node, Product):
            values.append(int(node.factor) * values[node.j] * values[node.k] % modulus)
        else:
            values.append(int(node.constant + sum(int(c) * values[child] for child, c in node.terms)) % modulus)
    return values[-1] if values else 0


def random_prime(bits: int, random: Random, poll: Callable[[], None]) -> int:
    """A random (probable, by Baillie, Pomerance, Selfridge and Wagstaff) prime of exactly so many bits."""
    from flint import fmpz

    small = _product_of_small_primes(bits)
    while True:
        poll()
        candidate = fmpz(random.getrandbits(bits) | 1 | 1 << (bits - 1))
        if small.gcd(candidate) == 1 and candidate.is_probable_prime():
            return int(candidate)


def _product_of_small_primes(bits: int) -> Any:
    from flint import fmpz

    most = min(20 * bits, 1 << (bits // 2 - 1))
    sieve = bytearray([1]) * (most + 1)
    result = fmpz(1)
    for n in range(3, most + 1, 2):
        if sieve[n]:
            result *= n
            sieve[n * n :: 2 * n] = bytes(len(range(n * n, most + 1, 2 * n)))
    return result


def is_integral(nodes: Sequence[Node]) -> bool:
    """Whether all numbers in the circuit are integers."""
    for node in nodes:
        if isinstance(node, Sum):
            if type(node.constant) is not int or any(type(c) is not int for _, c in node.terms):
                return False
        elif type(node.factor) is not int:
            return False
    return True


def seconds(count: int, bits: int) -> float:
    """About how long the residues of so many nodes take: finding the primes, and the arithmetic."""
    primes: float = 8e-4 * bits * (bits / 3000) ** 2.6
    return PRIMES * (primes + count * (1e-6 + 3e-9 * bits))
