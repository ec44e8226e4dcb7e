"""Networks whose numbers nobody can write, with guides made by hand; shared by the tests of guided certificates."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import dnnt_check
from tests.dnnt_check.cases import certificate, encode


class Net:
    """A restricted network that grows vertex by vertex; the input is one number."""

    def __init__(self) -> None:
        """Begin with a vertex that is 1."""
        self.vertices: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self.one = self.add("identity", ("s", 1))

    def add(self, activation: Any, *incoming: tuple[Any, Any], bias: Any = 0) -> int:
        """A vertex with edges from vertices, and its position; the bias is that of the first edge."""
        position = len(self.vertices)
        self.vertices.append({"id": f"v{position}", "activation": activation})
        for source, weight in incoming:
            name = source if source == "s" else f"v{source}"
            self.edges.append({"from": name, "to": f"v{position}", "weights": [[weight]], "bias": [bias]})
            bias = 0
        return position

    def times(self, first: int, second: int) -> int:
        """A product by quarter squares (R1b): with a copy of the second factor, as reductions make it."""
        copy = self.add("identity", (second, 1))
        plus = self.add("quarter_square", (first, 1), (copy, 1))
        minus = self.add("quarter_square", (first, 1), (copy, -1))
        return self.add("identity", (plus, 1), (minus, -1))

    def coded_times(self, first: int, second: int) -> int:
        """A product by digit codes (R1a)."""
        code = self.add("digit_code", (second, 1))
        return self.add("digit_product", (first, 1), (code, 1))

    def tower(self, base: Any, squarings: int) -> int:
        """A vertex that is base^(2^squarings)."""
        last = self.add("identity", (self.one, base))
        for _ in range(squarings):
            last = self.add("quarter_square", (last, 2))
        return last

    def instance(self, outputs: list[int], y: list[Any] | None = None, loss: Any = "positive", x: Any = 1) -> Any:
        """The instance with one sample."""
        return {
            "format": "dnnt-instance",
            "version": 1,
            "inputs": 1,
            "vertices": self.vertices,
            "outputs": [f"v{item}" for item in outputs],
            "edges": self.edges,
            "samples": [{"x": [x], "y": y or [1] * len(outputs)}],
            "loss": loss,
        }


def backwards(last: int, first: int) -> list[int]:
    """The nodes of the vertices first ... last, latest first."""
    return [node for vertex in range(last, first - 1, -1) for node in (2 * vertex + 1, 2 * vertex)]


def parameters(instance: Any) -> list[list[Fraction]]:
    """The only choice of parameters."""
    return [[Fraction(str(space[0])) for space in (*edge["weights"], edge["bias"])] for edge in instance["edges"]]


def guide(bits: int, *expand: list[Any]) -> dict[str, Any]:
    return {"bits": bits, "expand": list(expand)}


def claims(instance: Any, loss: Any, signs: Any = None, parts: str = "both", strict: bool = False) -> dict[str, Any]:
    """A certificate that the only choice has this loss: "upper", "lower" or "both"."""
    data = encode(instance)
    grounds = {"kind": "restricted"} if signs is None else {"kind": "restricted", "signs": signs}
    upper = None if parts == "lower" else (parameters(instance), Fraction(loss))
    lower = None if parts == "upper" else (Fraction(loss), strict, grounds)
    result = certificate(data, upper, lower)
    if upper is not None and signs is not None:
        result["upper"]["signs"] = signs
    return result


def line(instance: Any, claim: Any, budget: float = 120) -> str:
    return dnnt_check.check(encode(instance), encode(claim), budget=budget).line


def both(instance: Any, loss: Any, signs: Any = None) -> set[str]:
    """What the checker says of both parts together and of each by itself; one word if all are valid."""
    found = [line(instance, claims(instance, loss, signs, parts)) for parts in ("both", "upper", "lower")]
    expected = [f"VALID {claim} {loss}" for claim in ("optimal", "loss <=", "loss >=")]
    return {"valid"} if found == expected else set(found)
