"""The numbers of a circuit as far as their signs need them: exactly while short, else as balls that enclose them.

Nodes are added one by one; each gets a ball (python-flint's `arb`: a mantissa of `bits` bits, an exponent of any
size, a proved radius) from those of its operands. A ball whose sign is not clear is settled only when somebody asks:
first the nodes that it depends on, then, where a sum cancels, by expansion (`expansion.py`). What was expanded is
recorded, so that a certificate can say it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dnnt.exact import Number, bits as bits_of, normal
from dnnt.signs.circuit import Node, Product, Sum
from dnnt.signs.expansion import Expansion, Failed, Limits, Replacement, Wanted
from dnnt.signs.polynomial import Polynomial

GOOD = 24
"""Good bits that a ball must have to count as accurate."""

FREE = (
    Limits(24, 200),
    Limits(24, 200, pairs=True),
    Limits(24, 200, factored=True),
    Limits(100, 3_000, pairs=True),
    Limits(100, 3_000, factored=True),
    Limits(100, 3_000),
    Limits(200, 20_000, pairs=True, dropping=True),
    Limits(200, 20_000, factored=True, dropping=True),
    Limits(1_000, 100_000, pairs=True),
    Limits(1_000, 100_000, pairs=True, factored=True),
    Limits(1_000, 100_000),
)
"""Expansions to try, one after the other."""

EFFORT = 1_000_000
"""The most work (terms made) that may be in vain before no other sum is expanded."""

SHORT = 8
"""Terms of a polynomial that is kept as a node's new definition."""


class Engine:
    """Nodes 0, 1, 2, … and what is known of them. `expansions` lists (node, nodes that were substituted in it)."""

    def __init__(
        self,
        bits: int,
        poll: Callable[[], None] = lambda: None,
        tries: tuple[Limits, ...] = FREE,
        derives: bool = True,
    ) -> None:
        """`derives`: short polynomials that expansions end in replace definitions; a certificate cannot say that."""
        self.bits = bits
        self.poll = poll
        self.tries = tries
        self.derives = derives
        self.nodes: list[Node] = []
        self.numbers: list[Number | None] = []
        self.balls: list[Any] = []
        self.fine: list[bool] = []
        self.needs: list[int] = []
        self.rank: list[int] = []
        self.expansions: list[tuple[int, tuple[Replacement, ...]]] = []
        self.derived: dict[int, Polynomial] = {}
        self.differences: dict[int, tuple[int, int, int]] = {}
        self._made: dict[tuple[int, int, int], int] = {}
        self._tried: dict[int, int] = {}
        self._effort = EFFORT
        self._pending: set[int] = set()

    def add(self, node: Node, need: int = GOOD, closed: bool = False) -> int:
        """Add a node (its operands are earlier ones); returns its number.

        `need`: the good bits that make its ball accurate; `closed`: it is not to be expanded itself.
        """
        n = self._append(node, 2 * len(self.nodes), need)
        if closed:
            self._tried[n] = len(self.tries)
        return n

    def _append(self, node: Node, rank: int, need: int) -> int:
        from flint import ctx

        n = len(self.nodes)
        self.nodes.append(node)
        self.numbers.append(None)
        self.balls.append(None)
        self.fine.append(False)
        self.needs.append(need)
        self.rank.append(rank)
        with ctx.workprec(self.bits):
            self._evaluate(n)
        return n

    def difference(self, v: int, u: int, sign: int) -> int:
        """The node v - sign · u of two nodes, made where it is not there."""
        key = (v, sign, u)
        if key not in self._made:
            # It comes just before v: what replaces v is to be made of earlier nodes.
            d = self._append(Sum(0, ((v, 1), (u, -sign))), self.rank[v] - 1, self.needs[v])
            # Definitions alone would go over the same ground again.
            self._tried[d] = next((i for i, limits in enumerate(self.tries) if limits.pairs), 0)
            self._made[key] = d
            self.differences[d] = key
        return self._made[key]

    def is_hopeless(self, n: int) -> bool:
        """Whether all tries at a node have failed, or it waits itself for what asks."""
        return n in self._pending or self._effort < 0 or self._tried.get(n, 0) >= len(self.tries)

    def sign(self, n: int) -> int | None:
        """The sign of a node: 1, 0 or -1, proved; None where it could not be found."""
        self.settle(n)
        return signum(self.balls[n])

    def exact(self, n: int) -> Number | None:
        """The node's value, where it is known exactly and short."""
        self.settle(n)
        return self.numbers[n]

    def length(self, n: int) -> int:
        """About how many bits the integer part of the node has."""
        value = self.numbers[n]
        if value is not None:
            return (abs(value.numerator) // value.denominator).bit_length()
        mantissa, exponent = self.balls[n].mid().man_exp()
        return max(int(exponent) + int(mantissa).bit_length(), 0)

    def settle(self, n: int) -> bool:
        """Make the node's ball accurate, or its value exact, if that can be done; returns whether it is."""
        from flint import ctx

        if self.fine[n]:
            return True
        for m in self._unclear(n):
            self.poll()
            with ctx.workprec(self.bits):
                self._evaluate(m)
                if not self.fine[m] and isinstance(self.nodes[m], Sum):
                    self._expand(m)
        return self.fine[n]

    def _expand(self, n: int) -> None:
        """Try to settle a sum whose operands are; differences that it waits for come first."""
        from flint import ctx

        waiting = [n]
        begun: dict[int, Expansion] = {}
        self._pending.add(n)
        while waiting:
            m = waiting[-1]
            tried = self._tried.get(m, 0)
            if self.fine[m] or self._effort < 0 or tried >= len(self.tries):
                self._pending.discard(waiting.pop())
                continue
            try:
                with ctx.workprec(self.bits):
                    if m not in begun:
                        begun[m] = Expansion(self, m, self.tries[tried])
                    found = begun[m].run()
            except Failed as failed:
                self._tried[m] = tried + 1
                del begun[m]
                self._effort -= failed.work
            except Wanted as wanted:
                waiting.append(wanted.node)
                self._pending.add(wanted.node)
            else:
                self.learn(m, found.value, found.ball)
                # It gets no better than that.
                self._tried[m] = len(self.tries)
                if self.derives and found.polynomial is not None and len(found.polynomial) <= SHORT:
                    self.derived[m] = found.polynomial
                self.expansions.append((m, found.substituted))

    def learn(self, n: int, value: Number | None, ball: Any = None) -> None:
        """Keep what was proved of a node: its exact value, or a better ball."""
        if value is not None and (value == 0 or bits_of(value) <= self.bits):
            self.numbers[n], self.balls[n], self.fine[n] = value, as_ball(value), True
        else:
            self.balls[n] = as_ball(value) if ball is None else ball
            self.fine[n] = is_good(self.balls[n], self.needs[n])

    def _unclear(self, n: int) -> list[int]:
        """The nodes without an accurate ball that n depends on through such nodes, and n, earlier ones first."""
        found, left = {n}, [n]
        while left:
            for child in operands(self.nodes[left.pop()]):
                if not self.fine[child] and child not in found:
                    found.add(child)
                    left.append(child)
        return sorted(found)

    def _evaluate(self, n: int) -> None:
        """The value of a node from those of its operands."""
        node = self.nodes[n]
        if isinstance(node, Product):
            a, b = self.numbers[node.j], self.numbers[node.k]
            if a == 0 or b == 0:
                self.learn(n, 0)
                return
            if a is not None and b is not None and bits_of(a) + bits_of(b) <= self.bits + 2:
                self.learn(n, normal(node.factor * a * b))
                return
            ball = self.balls[node.j] * self.balls[node.k]
            self.learn(n, None, ball if node.factor == 1 else ball * as_ball(node.factor))
            return
        if node.constant == 0 and len(node.terms) == 1 and node.terms[0][1] == 1:
            child = node.terms[0][0]
            self.learn(n, self.numbers[child], self.balls[child])
            return
        values = [self.numbers[child] for child, _ in node.terms]
        if None not in values:
            total = sum((c * v for (_, c), v in zip(node.terms, values, strict=True)), node.constant)  # type: ignore[operator]  # All are exact.
            self.learn(n, normal(total))
            return
        ball = as_ball(node.constant)
        for child, c in node.terms:
            x = self.balls[child]
            ball = ball + x if c == 1 else ball - x if c == -1 else ball + as_ball(c) * x
        self.learn(n, 0 if ball.is_zero() else None, ball)


def operands(node: Node) -> tuple[int, ...]:
    """The nodes that a node is made of."""
    return (node.j, node.k) if isinstance(node, Product) else tuple(child for child, _ in node.terms)


def is_good(ball: Any, need: int) -> bool:
    """Whether a ball has so many good bits (and so a clear sign), or is a number."""
    return bool(ball.is_exact() or ball.rel_accuracy_bits() >= need)


def signum(ball: Any) -> int | None:
    """The sign of everything in a ball, if it is one."""
    return 1 if ball > 0 else -1 if ball < 0 else 0 if ball.is_zero() else None


def as_ball(value: Number | None) -> Any:
    """An exact number as a ball."""
    from flint import arb, fmpq

    return arb(fmpq(value.numerator, value.denominator)) if isinstance(value, Fraction) else arb(value)
