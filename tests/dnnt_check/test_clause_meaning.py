"""Each clause that a reason accepts is true wherever the assumption holds: random clauses, by trying all parameters."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from dnnt.exact import Number
from dnnt.simplify.building import form_of
from dnnt.testing import oracle, random_any, random_two_layer
from dnnt_check.budget import Invalid
from tests.dnnt_check.clause_oracle import (
    Key,
    Literal,
    Meaning,
    clause_holds,
    natural_relations,
    random_literal,
    reasons_of,
)


def close(meaning: Meaning, relations: list[list[tuple[Number, Key]]]) -> list[list[Key]]:
    """Groups of quantities that have to do with each other."""
    groups = [[key for _, key in parts] for parts in relations]
    for key in meaning.keys:
        if key[0] == "m":
            groups.append([key, ("v", key[1]), ("z", key[2], key[3])])
        elif key[0] == "z":
            groups.append([key, ("p", key[1], key[2])])
        elif key[0] in ("o", "c"):
            units = [of for of in meaning.form.outputs if isinstance(of, int)]
            groups.append([key, *(("z", of, key[-1]) for of in units)])
    variables = [key for key in meaning.keys if key[0] == "v"]
    return [*groups, meaning.keys, [("t",)], *[variables] * 3]


def add_sums(rng: random.Random, meaning: Meaning, relations: list[list[tuple[Number, Key]]]) -> Any:
    """Some sums, with their values and relations."""
    sums: list[list[tuple[Number, Key]]] = []
    atoms = [key for key in meaning.keys if key[0] in "vzmoc"]
    for number in range(rng.randint(0, 2) if atoms else 0):
        factors: list[Number] = [1, -1, 2, Fraction(1, 2)]
        parts = [(rng.choice(factors), rng.choice(atoms)) for _ in range(rng.randint(0, 4))]
        sums.append(parts)
        for values in meaning.values:
            values["s", number] = sum(factor * values[key] for factor, key in parts)
    for number, parts in enumerate(sums):
        meaning.keys.append(("s", number))
        relations.append([(1, ("s", number)), *((-factor, key) for factor, key in parts)])
    return sums


def judged(seed: int, count: int) -> Counter[str]:
    """Random clauses about a random instance: which reasons accept them, checked by all parameters."""
    rng = random.Random(seed)
    instance = random_any(rng) if rng.random() < 0.7 else random_two_layer(rng)
    found: Counter[str] = Counter()
    if oracle(instance).least is None or form_of(instance).choices > 100:
        return found
    meaning = Meaning(instance)
    losses = sorted({values["t",] for values in meaning.values})
    bound = rng.choice([*losses, losses[-1] + 1]) + rng.choice((Fraction(0), Fraction(1, 3)))
    strict = rng.random() < 0.5
    relations = natural_relations(meaning)
    sums = add_sums(rng, meaning, relations)
    groups = [group for group in close(meaning, relations) if group]
    literals: list[Literal] = []
    clauses = []
    for _ in range(count):
        group = rng.choice(groups)
        size = rng.randint(1, 4)
        clauses.append(tuple(rng.choice((1, -1)) * (len(literals) + k + 1) for k in range(size)))
        literals += [random_literal(rng, meaning, group) for _ in range(size)]
    try:
        model, reasons = reasons_of(instance, bound, strict, literals, relations, sums)
    except Invalid as error:
        assert str(error).endswith(("clauses do not apply", "of several outputs"))
        return found
    allowed = meaning.allowed(bound, strict)
    if reasons is None:
        assert not allowed
        return found
    for key in meaning.keys:
        grid = model.grid_of(key)
        for values in allowed:
            assert grid.low <= values[key] <= grid.high
            assert values[key] == grid.low or (values[key] - grid.low) % grid.step == 0
    named: list[tuple[str, Any]] = [(reason, reason) for reason in "dmzot"]
    named += [("r", r) for r in range(len(relations))] + [("e", (i,)) for i in range(meaning.points)]
    for clause in clauses:
        true = all(clause_holds(clause, literals, values) for values in allowed)
        plain = reasons.check("d", clause)
        for name, reason in named:
            if reasons.check(reason, clause):
                assert true, (seed, reason, [literals[abs(k) - 1] for k in clause])
                found[name] += not plain or name == "d"
        found["false"] += not true
    return found


@pytest.mark.parametrize("start", range(0, 150, 25))
def test_accepted_clauses_are_true(start: int) -> None:
    found: Counter[str] = Counter()
    for seed in range(start, start + 25):
        found += judged(seed, 60)
    assert all(found[name] for name in ("d", "r", "z", "o", "e", "false"))


def test_products_are_judged_too() -> None:
    found: Counter[str] = Counter()
    for seed in range(200, 260):
        found += judged(seed, 30)
    assert found["m"]
