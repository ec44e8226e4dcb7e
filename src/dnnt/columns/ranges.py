"""Which values a unit may have at any point, as long as they are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dnnt.activations import TWO_VALUED
from dnnt.columns.problem import Problem, Unit
from dnnt.exact import Number, normal

MOST_VALUES, MOST_STEPS = 64, 20_000
"""Values of a unit that are listed, and the work that finding them may take."""


class Ranges:
    """Values of units by sums of all values of what they add up, whatever belongs together."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.steps = 0
        self.known: dict[int, tuple[Number, ...] | None] = {}

    def of(self, index: int) -> tuple[Number, ...] | None:
        """All values that a unit may have at any point, perhaps more; None where they are many."""
        if index not in self.known:
            self.known[index] = self._of(self.problem.units[index])
        return self.known[index]

    def _of(self, unit: Unit) -> tuple[Number, ...] | None:
        activation = unit.activation
        if activation.kind in TWO_VALUED:
            return TWO_VALUED[activation.kind]
        if activation.kind == "table":
            arguments: Mapping[str, Sequence[tuple[Number, Number]]] = dict(activation.arguments)
            values = {value for _, value in arguments["values"]} | {dict(activation.arguments)["otherwise"]}
            return tuple(sorted(values)) if len(values) <= MOST_VALUES else None
        found: set[Number] = set()
        for point, start in enumerate(unit.constant):
            options = [[normal(x * term.column[point]) for x in term.values] for term in unit.terms]
            for link in unit.links:
                source = self.of(link.source)
                if source is None:
                    return None
                options.append([normal(x * z) for x in link.values for z in source])
            sums: set[Number] = {start}
            for more in options:
                self.steps += len(sums) * len(more)
                if self.steps > MOST_STEPS or len(sums) > MOST_STEPS:
                    return None
                sums = {normal(s + x) for s in sums for x in more}
            found.update([activation(z) for z in sums])
            if len(found) > MOST_VALUES:
                return None
        return tuple(sorted(found))
