"""Sizes of a reduction: declared as formulas in the sizes of the source, and measured on the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dnnt.instance import Instance

MEASURED = ("inputs", "units", "edges", "outputs", "samples")
"""The names of the sizes of a target."""


@dataclass(frozen=True, slots=True)
class Formula:
    """What one size of the target is: exactly (`=`) or at most (`<=`) an expression in the source's letters."""

    relation: str
    text: str

    def value(self, letters: Mapping[str, int]) -> int:
        """The expression's value."""
        # The expressions are constants of this package, written once to be shown and to be computed.
        return int(eval(self.text, {"__builtins__": {}}, {"max": max, "min": min, **letters}))

    def admits(self, measured: int, letters: Mapping[str, int]) -> bool:
        """Whether a measured size is what the formula declares."""
        declared = self.value(letters)
        return measured == declared if self.relation == "=" else measured <= declared

    def __str__(self) -> str:
        return self.text if self.relation == "=" else f"<= {self.text}"


@dataclass(frozen=True, slots=True)
class Sizes:
    """The declared sizes of a target: input coordinates, vertices without s, edges, outputs, samples."""

    inputs: Formula
    units: Formula
    edges: Formula
    outputs: Formula
    samples: Formula

    def formulas(self) -> Mapping[str, Formula]:
        """The formulas by name."""
        return {name: getattr(self, name) for name in MEASURED}


def exactly(text: str) -> Formula:
    """A size that is exactly this."""
    return Formula("=", text)


def at_most(text: str) -> Formula:
    """A size that is at most this."""
    return Formula("<=", text)


def measured(target: Instance) -> dict[str, int]:
    """The sizes of an instance, by the names in `MEASURED`."""
    network = target.network
    return {
        "inputs": network.inputs,
        "units": network.unit_count,
        "edges": network.edge_count,
        "outputs": network.output_count,
        "samples": len(target.samples),
    }
