"""Plain clauses about small instances, one literal for each value of each quantity; and refutations by search.

As direct as possible, and far too long for anything but tests: every quantity has a literal for every value that it
can take, sums are added up part by part, and a refutation tries both values of a literal until unit propagation
contradicts.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from dnnt.exact import Number, normal, to_json
from tests.dnnt_check.clause_oracle import Key, Meaning, written

MOST = 800
"""The most clauses of an encoding."""


class TooLong(Exception):
    """The encoding has too many clauses for a test."""


class Maker:
    """The clauses of an instance for a bound."""

    def __init__(self, meaning: Meaning, bound: Number, strict: bool) -> None:
        self.meaning = meaning
        self.bound, self.strict = bound, strict
        self.literals: dict[tuple[Key, Number], int] = {}
        self.domains: dict[Key, list[Number]] = {}
        self.sums: list[list[tuple[Number, Key]]] = []
        self.relations: list[list[tuple[Number, Key]]] = []
        self.clauses: list[list[Any]] = []
        form = meaning.form
        for k, variable in enumerate(form.variables):
            self.domain(("v", k), variable.values)
        for i in range(meaning.points):
            for u in range(len(form.units)):
                self.unit(u, i)
            self.point(i)
        parts: list[tuple[Number, Key]] = [(1, ("c", i)) for i in range(meaning.points)]
        self.total(parts, ("t",), 0)
        for value in self.domains["t",]:
            if value > bound or (value == bound and not strict):
                self.add("t", -self.is_(("t",), value))

    def add(self, reason: Any, *literals: int) -> None:
        """One more clause."""
        self.clauses.append([reason, *literals])
        if len(self.clauses) > MOST:
            raise TooLong

    def is_(self, key: Key, value: Number) -> int:
        """The literal that a quantity has a value."""
        return self.literals.setdefault((key, normal(value)), len(self.literals) + 1)

    def domain(self, key: Key, values: Sequence[Number]) -> None:
        """A quantity has one of these values, and not two."""
        if key in self.domains:
            return
        self.domains[key] = sorted(set(values))
        names = [self.is_(key, value) for value in self.domains[key]]
        for first, second in itertools.combinations(names, 2):
            self.add("d", -first, -second)

    def total(self, parts: Sequence[tuple[Number, Key]], key: Key, constant: Number) -> None:
        """A quantity is a constant plus a sum of multiples, added up part by part."""
        if not parts:
            self.domain(key, [constant])
            self.relations.append([(1, key)])
            self.add(len(self.relations) - 1, self.is_(key, constant))
            return
        before: Key | None = None
        for place, (factor, part) in enumerate(parts):
            last = place + 1 == len(parts)
            here: Key = key if last else ("s", len(self.sums))
            if not last:
                self.sums.append([(c, k) for c, k in parts[: place + 1]])
            shift = constant if last else 0
            known: Sequence[Number | None] = [None] if before is None else self.domains[before]
            sums = {
                (a, b): normal((a or 0) + factor * b + shift) for a, b in itertools.product(known, self.domains[part])
            }
            self.domain(here, list(sums.values()))
            self.relations.append([(1, here), (-factor, part), *([] if before is None else [(-1, before)])])
            for (a, b), value in sums.items():
                first = [] if before is None or a is None else [-self.is_(before, a)]
                self.add(len(self.relations) - 1, *first, -self.is_(part, b), self.is_(here, value))
            before = here

    def unit(self, u: int, i: int) -> None:
        """The pre-activation and the value of a unit."""
        unit = self.meaning.form.units[u]
        parts: list[tuple[Number, Key]] = [(column[i], ("v", k)) for k, column in unit.terms if column[i]]
        for product in unit.products:
            source: Key = ("z", product.source, i)
            if product.variable is not None:
                made: Key = ("m", product.variable, product.source, i)
                pairs = list(itertools.product(self.domains["v", product.variable], self.domains[source]))
                if made not in self.domains:
                    self.domain(made, [normal(a * b) for a, b in pairs])
                    for a, b in pairs:
                        self.add(
                            "m", -self.is_(("v", product.variable), a), -self.is_(source, b), self.is_(made, a * b)
                        )
                source = made
            parts.append((product.factor, source))
        pre, value = ("p", u, i), ("z", u, i)
        self.total(parts, pre, unit.constant[i])
        self.domain(value, [unit.activation(x) for x in self.domains[pre]])
        for x in self.domains[pre]:
            self.add("z", -self.is_(pre, x), self.is_(value, unit.activation(x)))

    def point(self, i: int) -> None:
        """The cost of a point: of each output by itself, or of all together."""
        meaning = self.meaning
        outputs = meaning.form.outputs
        keys: list[Key | None] = [("z", of, i) if isinstance(of, int) else None for of in outputs]
        rows = [[of[i]] if not isinstance(of, int) else self.domains["z", of, i] for of in outputs]
        if meaning.split:
            for j, key in enumerate(keys):
                costs = {y: meaning.output_cost(j, i, y) for y in rows[j]}
                self.domain(("o", j, i), list(costs.values()))
                for y, cost in costs.items():
                    self.add("o", *([] if key is None else [-self.is_(key, y)]), self.is_(("o", j, i), cost))
            self.total([(1, ("o", j, i)) for j in range(len(keys))], ("c", i), 0)
            return
        found = {f: meaning.form.point_loss(i, f) for f in itertools.product(*rows)}
        self.domain(("c", i), list(found.values()))
        for f, cost in found.items():
            given = [-self.is_(key, y) for key, y in zip(keys, f, strict=True) if key is not None]
            self.add("o", *given, self.is_(("c", i), cost))

    def body(self) -> dict[str, Any]:
        """The grounds, with a refutation if there is one (else with an empty proof)."""
        for key, values in list(self.domains.items()):
            if key[0] == "v":
                self.add("d", *[self.is_(key, value) for value in values])
        return {
            "kind": "clauses",
            "sums": [[[to_json(c), list(k)] for c, k in parts] for parts in self.sums],
            "literals": [written((key, value, value)) for key, value in self.literals],
            "relations": [[[to_json(c), list(k)] for c, k in parts] for parts in self.relations],
            "clauses": self.clauses,
            "proof": refutation([clause[1:] for clause in self.clauses]) or [],
        }


def refutation(clauses: Sequence[Sequence[int]]) -> list[int] | None:
    """Lines of literals and hints that end in the empty clause, by trying both values of a literal; None if the clauses
    can be satisfied.
    """
    lines: list[int] = []
    count = len(clauses)

    def solve(decisions: list[int]) -> int | None:
        """The number of a clause that forbids these decisions."""
        nonlocal count
        true: set[int] = set(decisions)
        hints = []
        while True:
            change = False
            for number, clause in enumerate(clauses, 1):
                if any(literal in true for literal in clause):
                    continue
                left = {literal for literal in clause if -literal not in true}
                if len(left) < 2:
                    hints.append(number)
                    if not left:
                        break
                    true |= left
                    change = True
            else:
                if change:
                    continue
                free = [k for clause in clauses if not true & set(clause) for k in clause if -k not in true]
                if not free:
                    return None
                for literal in (free[0], -free[0]):
                    found = solve([*decisions, literal])
                    if found is None:
                        return None
                    hints.append(found)
            break
        count += 1
        lines.extend([*[-literal for literal in decisions], 0, *hints, 0])
        return count

    return None if solve([]) is None else lines
