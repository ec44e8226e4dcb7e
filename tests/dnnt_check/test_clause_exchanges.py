"""Exchanges of variables in grounds of the kind "clauses": what is accepted changes no loss, and no order is lost."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import pytest

from dnnt.encodings.clauses.exchanges import swaps
from dnnt.exact import Number
from dnnt.formats import instance_file
from dnnt.instance import Instance
from dnnt.simplify.building import form_of
from dnnt.testing import random_any
from dnnt_check.budget import Invalid, Work
from dnnt_check.exchanging import Exchanges
from tests.dnnt_check.cases import encode
from tests.dnnt_check.clause_oracle import Literal, Meaning, checked, clause_holds, holds, reasons_of
from tests.dnnt_check.lower import line

Pairs = list[tuple[int, int]]


def layered(rng: random.Random) -> Instance:
    """A network of two equal hidden units."""
    outputs = rng.choice((1, 2))
    layers = [
        {"units": 2, "activation": rng.choice(("sign", "relu", "abs")), "weights": [-1, 1], "bias": [0]},
        {"units": outputs, "activation": rng.choice(("identity", "step")), "weights": [0, 1], "bias": [0]},
    ]
    samples = []
    for _ in range(2):
        x = [rng.choice((1, 2)), rng.choice((-1, 0, 1))]
        samples.append({"x": x, "y": [rng.choice((0, 1, 3)) for _ in range(outputs)]})
    loss = rng.choice(("squared", "zero_one", "maximum"))
    body = {"format": "dnnt-instance", "version": 1, "inputs": 2, "layers": layers, "samples": samples, "loss": loss}
    return instance_file.parse(encode(body))


def exchanged(values: tuple[Number, ...], pairs: Pairs) -> tuple[Number, ...]:
    """The values with those of each pair exchanged."""
    made = list(values)
    for a, b in pairs:
        made[a], made[b] = values[b], values[a]
    return tuple(made)


def accepted(instance: Instance, pairs: Pairs) -> bool:
    """Does the checker take the exchange for a symmetry?"""
    found, form = checked(instance, Work())
    try:
        Exchanges(form, len(found.points), [pairs], Work())
    except Invalid:
        return False
    return True


def random_pairs(rng: random.Random, count: int, given: Pairs) -> Pairs:
    """Pairs like the given ones, or any."""
    pairs = list(given)
    if pairs and rng.random() < 0.5:
        del pairs[rng.randrange(len(pairs))]
    free = sorted(set(range(count)) - {member for pair in pairs for member in pair})
    rng.shuffle(free)
    for a, b in zip(free[::2], free[1::2], strict=False):
        if rng.random() < 0.3:
            pairs.append((a, b))
    return pairs


def test_what_is_accepted_changes_no_loss() -> None:
    good = 0
    for seed in range(120):
        rng = random.Random(seed)
        instance = layered(rng) if seed % 2 else random_any(rng)
        form = form_of(instance)
        if not len(form.variables) >= 2 or form.choices > 300:
            continue
        whole = [list(swap) for swap in swaps(form, lambda a, b: True)]
        for given in [*whole, *([[]] * 3)]:
            for pairs in (given, *(random_pairs(rng, len(form.variables), given) for _ in range(4))):
                if pairs and accepted(instance, pairs):
                    good += 1
                    spaces = [variable.values for variable in form.variables]
                    for values in itertools.product(*spaces):
                        assert form.total(values) == form.total(exchanged(values, pairs))
    assert good > 60


def test_clauses_hold_where_no_exchange_is_greater() -> None:
    """All that is accepted holds at once for the greatest parameters among those that exchanges lead to."""
    total = 0
    for seed in range(40):
        rng = random.Random(1000 + seed)
        instance = layered(rng)
        meaning = Meaning(instance)
        variables = len(meaning.form.variables)
        found = [list(swap) for swap in swaps(meaning.form, lambda a, b: True)]
        if not found:
            continue
        literals: list[Literal] = []
        for k, variable in enumerate(meaning.form.variables):
            for low, high in itertools.combinations_with_replacement(variable.values, 2):
                literals.append((("v", k), low, high))
        _, reasons = reasons_of(instance, 10**6, True, literals, [], swaps=found)
        assert reasons is not None
        greatest = [
            values
            for values, chosen in zip(meaning.values, meaning.choices, strict=True)
            if all(chosen >= exchanged(chosen, pairs) for pairs in found)
        ]
        assert greatest
        for _ in range(400):
            size = rng.randint(1, min(5, 2 * variables))
            clause = tuple(rng.choice((1, -1)) * k for k in rng.sample(range(1, len(literals) + 1), size))
            for place in range(len(found)):
                if reasons.check(("u", place), clause):
                    assert all(clause_holds(clause, literals, values) for values in greatest)
                    total += not reasons.check("d", clause)
    assert total > 100


UNITS: dict[str, Any] = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 1,
    "layers": [
        {"units": 2, "activation": "relu", "weights": [-1, 1], "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ],
    "samples": [{"x": [1], "y": [3]}, {"x": [-1], "y": [3]}],
    "loss": "squared",
}
"""Variables 0 and 1 are the first layer's weights, 2 and 3 those behind the units."""

BODY: dict[str, Any] = {
    "kind": "clauses",
    "sums": [],
    "literals": [[["v", 0], 1, 1], [["v", 1], 1, 1]],
    "relations": [],
}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([[[0, 1], [2, 3]]], "INVALID lower.grounds.proof: the last line is not the empty clause"),
        ([[[1, 0], [3, 2]]], "INVALID lower.grounds.proof: the last line is not the empty clause"),
        ([[[0, 1]]], "INVALID lower.grounds.swaps[0]: exchanging these variables changes the normal form"),
        ([[], [[2, 3]]], "INVALID lower.grounds.swaps[1]: exchanging these variables changes the normal form"),
        ([[[0, 2], [1, 3]]], "INVALID lower.grounds.swaps[0]: exchanging these variables changes the normal form"),
        ([[[0, 4]]], "INVALID lower.grounds.swaps[0]: there is no variable 4"),
        ([[[0, 0]]], "INVALID certificate: lower.grounds.swaps[0]: a variable is repeated"),
        ([[[0, 1], [1, 2]]], "INVALID certificate: lower.grounds.swaps[0]: a variable is repeated"),
        ([[[0, 1, 2]]], "INVALID certificate: lower.grounds.swaps[0][0]: a pair of variables is expected"),
        ([[3]], "INVALID certificate: lower.grounds.swaps[0][0]: a list is expected, not 3"),
        (3, "INVALID certificate: lower.grounds.swaps: a list is expected, not 3"),
    ],
)
def test_exchanges_that_are_none(given: Any, why: str) -> None:
    clauses: list[Any] = [[["u", 0], 1, -2]] if why.endswith("empty clause") else []
    assert line(UNITS, Fraction(9), False, {**BODY, "clauses": clauses, "proof": [], "swaps": given}) == why


def test_order_and_swaps_do_not_go_together() -> None:
    both = {"order": [[0], [-1, 1]], "swaps": [[[0, 1], [2, 3]]]}
    said = line(UNITS, Fraction(9), False, {**BODY, "clauses": [], "proof": [], **both})
    assert said == "INVALID certificate: lower.grounds: order and swaps do not go together"
    for reason in (["u", 0], ["u", -1], ["u"], ["u", 0, 0], ["w", 0]):
        said = line(UNITS, Fraction(9), False, {**BODY, "clauses": [[reason, 1]], "proof": []})
        assert said.startswith("INVALID certificate: lower.grounds.clauses[0]")


def test_literals_mean_what_they_say() -> None:
    """Of equal units the first has the greater weight: [1, -1] or equal, so clauses against (-1, 1) alone hold."""
    instance = instance_file.parse(encode(UNITS))
    literals: list[Literal] = [(("v", 0), 1, 1), (("v", 1), 1, 1), (("v", 2), 1, 1), (("v", 3), 1, 1)]
    _, reasons = reasons_of(instance, 100, True, literals, [], swaps=[[(0, 1), (2, 3)]])
    assert reasons is not None
    assert holds(literals[0], {("v", 0): 1})
    assert reasons.check(("u", 0), (1, -2))
    assert not reasons.check(("u", 0), (-1, 2))
    assert not reasons.check(("u", 0), (3, -4)), "the first pair may decide"
    assert reasons.check(("u", 0), (1, 3, -4)), "if it does not, the second one counts"
    assert not reasons.check(("u", 0), (-1, 3, -4))
    assert reasons.check(("u", 0), (-1, -2, 1, 3, -4)), "a tautology"
    assert reasons.check(("u", 0), (2, 3, -4)) is False
