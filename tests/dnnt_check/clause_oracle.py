"""What quantities of clauses mean, by plain evaluation; and random literals and clauses about an instance."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

from dnnt.exact import Number, normal, to_json
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.simplify.building import form_of
from dnnt_check.budget import Work
from dnnt_check.clause_reading import read_clauses
from dnnt_check.clause_reasons import Reasons
from dnnt_check.exchanging import Exchanges
from dnnt_check.form import Form
from dnnt_check.forming import form_of as checked_form
from dnnt_check.instance import Instance as Checked, read_instance
from dnnt_check.network import Graph, from_graph, from_layers
from dnnt_check.quantities import Model
from dnnt_check.reading import unpack
from dnnt_check.renaming import Renaming

Key = tuple[Any, ...]
Literal = tuple[Key, Number | None, Number | None]

SUMS = ("squared", "absolute", "hinge")


class Meaning:
    """The values of all quantities for every choice of the variables, from the solver's own normal form."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.form = form = form_of(instance)
        self.points = len(form.points)
        self.split = form.loss.kind in SUMS or len(form.outputs) == 1
        self.keys: list[Key] = [("t",), *(("c", i) for i in range(self.points))]
        self.keys += [("v", k) for k in range(len(form.variables))]
        for i in range(self.points):
            if self.split:
                self.keys += [("o", j, i) for j in range(len(form.outputs))]
            for u in range(len(form.units)):
                self.keys += [("z", u, i), ("p", u, i)]
                self.keys += [("m", k, u, i) for k in range(len(form.variables))]
        self.choices = list(itertools.product(*(variable.values for variable in form.variables)))
        self.values: list[dict[Key, Number]] = [self._values(chosen) for chosen in self.choices]

    def _values(self, chosen: tuple[Number, ...]) -> dict[Key, Number]:
        form = self.form
        found: dict[Key, Number] = {("v", k): value for k, value in enumerate(chosen)}
        rows = []
        for i in range(self.points):
            for u, unit in enumerate(form.units):
                total: Number = unit.constant[i]
                for k, column in unit.terms:
                    total += chosen[k] * column[i]
                for product in unit.products:
                    factor = product.factor * (1 if product.variable is None else chosen[product.variable])
                    total += factor * found["z", product.source, i]
                found["p", u, i] = total
                found["z", u, i] = unit.activation(total)
                for k, value in enumerate(chosen):
                    found["m", k, u, i] = value * found["z", u, i]
            rows.append(tuple(found["z", of, i] if isinstance(of, int) else of[i] for of in form.outputs))
        for i, f in enumerate(rows):
            found["c", i] = form.point_loss(i, f)
            if self.split:
                for j, value in enumerate(f):
                    found["o", j, i] = self.output_cost(j, i, value)
        found["t",] = form.total(chosen)
        return found

    def output_cost(self, j: int, i: int, value: Number) -> Number:
        """What an output costs at a point."""
        form = self.form
        if len(form.outputs) == 1:
            return form.point_loss(i, (value,))
        total: Number = 0
        for weight, labels in form.samples[i]:
            total += weight * form.loss((value,), (labels[j],))
        return normal(total)

    def allowed(self, bound: Number, strict: bool) -> list[dict[Key, Number]]:
        """The choices that the assumption allows."""
        return [values for values in self.values if values["t",] < bound or (strict and values["t",] == bound)]


def holds(literal: Literal, values: dict[Key, Number]) -> bool:
    """Is a literal true?"""
    key, low, high = literal
    return (low is None or low <= values[key]) and (high is None or values[key] <= high)


def clause_holds(clause: tuple[int, ...], literals: list[Literal], values: dict[Key, Number]) -> bool:
    """Is a clause true?"""
    return any(holds(literals[abs(k) - 1], values) == (k > 0) for k in clause)


def written(literal: Literal) -> list[Any]:
    """A literal as certificates have it."""
    key, low, high = literal
    return [list(key), None if low is None else to_json(low), None if high is None else to_json(high)]


def checked(instance: Instance, work: Work) -> tuple[Checked, Form]:
    """The checker's instance and normal form."""
    data, digest = unpack(instance_file.to_bytes(instance), "instance", work)
    found, _ = read_instance(data, digest, work)
    structure = found.structure
    network = (
        from_graph(structure, {}, work)
        if isinstance(structure, Graph)
        else from_layers(structure, {}, work, written_out=True)
    )
    return found, checked_form(found, network, work)


def reasons_of(
    instance: Instance,
    bound: Number,
    strict: bool,
    literals: list[Literal],
    relations: list[list[tuple[Number, Key]]],
    sums: list[list[tuple[Number, Key]]] | None = None,
    order: Any = None,
    swaps: Any = None,
) -> tuple[Model, Reasons | None]:
    """The judge of the checker; None where there is nothing to judge, because the least costs are enough."""
    work = Work()
    own, form = checked(instance, work)
    body = {
        "kind": "clauses",
        "sums": [[[to_json(c), list(key)] for c, key in parts] for parts in sums or []],
        "literals": [written(literal) for literal in literals],
        "relations": [[[to_json(c), list(key)] for c, key in parts] for parts in relations],
        "clauses": [],
        "proof": [],
        **({} if order is None else {"order": order}),
        **({} if swaps is None else {"swaps": [[list(pair) for pair in swap] for swap in swaps]}),
    }
    read = read_clauses(body, "lower.grounds", work)
    model = Model(own, form, bound, strict, work)
    if model.hopeless:
        return model, None
    for parts in read.sums:
        model.add_sum(parts)
    renaming = None if read.order is None else Renaming(model, *read.order, work)
    exchanges = Exchanges(form, len(own.points), read.swaps, work)
    return model, Reasons(model, read.literals, read.relations, renaming, work, exchanges)


def random_literal(rng: random.Random, meaning: Meaning, keys: list[Key]) -> Literal:
    """A literal about one of the quantities, with ends at or near its values."""
    key = rng.choice(keys)
    values = sorted({values[key] for values in meaning.values})
    near: list[Number] = [0, 0, 0, 0, Fraction(1, 3), Fraction(-1, 3), 1, -1]

    def end() -> Number:
        return normal(rng.choice(values) + rng.choice(near))

    kind = rng.random()
    if kind < 0.3:
        return key, end(), None
    if kind < 0.6:
        return key, None, end()
    low = end()
    return key, low, low if kind < 0.8 else max(low, end())


def natural_relations(meaning: Meaning) -> list[list[tuple[Number, Key]]]:
    """The relations that define pre-activations and sums of costs."""
    form = meaning.form
    found: list[list[tuple[Number, Key]]] = []
    for i in range(meaning.points):
        for u, unit in enumerate(form.units):
            parts: list[tuple[Number, Key]] = [(-1, ("p", u, i))]
            parts += [(column[i], ("v", k)) for k, column in unit.terms]
            for product in unit.products:
                if product.variable is None:
                    parts.append((product.factor, ("z", product.source, i)))
                else:
                    parts.append((product.factor, ("m", product.variable, product.source, i)))
            found.append(parts)
        if meaning.split:
            found.append([(-1, ("c", i)), *((1, ("o", j, i)) for j in range(len(form.outputs)))])
    found.append([(2, ("t",)), *((-2, ("c", i)) for i in range(meaning.points))])
    return found
