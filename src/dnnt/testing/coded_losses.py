"""Random losses of the kinds that reductions need: pairs that sometimes match, checks that often hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random
from typing import Any

INSIDE = ("squared", "absolute", "maximum", "zero_one", "positive", "hinge", "misclassified")
TAGS = (1, 1, 1, 2, 2, 3, 0, "1/2", 4.0)
"""Targets that name a case, and some that do not."""

CHECKS = (0, 0, 1, 1, 2)
"""How many checks a case has."""


def random_pairs(rng: Random, kind: str, outputs: int, reached: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Loss `pairs` or `printed_pairs`, of the size by which most reached outputs are pairs, some of them allowed."""

    def letters(value: Any, size: int) -> list[int] | None:
        high, low = divmod(Fraction(str(value)), 2 * size)
        return [int(low), high] if low.denominator == 1 and 1 <= low <= size and 1 <= high <= size else None

    size = max((1, 2, 3, 5), key=lambda n: (sum(letters(v, n) is not None for f in reached for v in f), rng.random()))
    allowed: list[list[list[int]]] = [[] for _ in range(outputs)]
    for f in reached:
        for of, value in zip(allowed, f, strict=True):
            pair = letters(value, size)
            if pair is not None and rng.random() < 0.6:
                of.append(pair)
    for of in allowed:
        of += [[rng.randint(1, size), rng.randint(1, size)] for _ in range(rng.choice((0, 0, 1, 3)))]
    return {"kind": kind, "size": rng.choice((size, float(size))), "allowed": allowed}


def random_guarded(
    rng: Random,
    tag: int,
    samples: Sequence[dict[str, Any]],
    reached: Sequence[Sequence[Any]],
    number: Callable[[], Any],
    activation: Callable[[], Any],
) -> dict[str, Any]:
    """Loss `guarded` with a few cases; its checks hold for what was reached more often than not."""
    count = len(samples[0]["y"]) if samples else tag + 1
    outputs = rng.sample(range(count), rng.randint(0, min(count, 2)))
    targets = [[sample["y"][o] for o in outputs] for sample in samples]
    inside: Any = rng.choice(INSIDE)
    if inside == "hinge":
        inside = {"kind": "hinge", "margin": number()}
    if inside == "misclassified" and not (outputs and all(map(_label, targets))):
        inside = "squared"
    shortest = rng.choice((0, 0, 1, 2))

    def checks(x: int) -> list[dict[str, Any]]:
        many = rng.choice(CHECKS)
        return [_check(rng, rng.randrange(count), count, x, reached, number, activation) for _ in range(many)]

    cases = []
    for _ in range(rng.randint(0 if rng.random() < 0.1 else 1, 3)):
        x = [number() for _ in range(shortest + rng.choice((0, 0, 1)))]
        base, weight = rng.choice((0, 0, 1, "1/2")), rng.choice((1, 1, 2, 0, "1/3"))
        cases.append({"base": base, "weight": weight, "x": x, "checks": checks(len(x))})
    return {
        "kind": "guarded",
        "tag": tag,
        "penalty": rng.choice((0, 3, 9, 2.5)),
        "outputs": outputs,
        "loss": inside,
        "checks": checks(shortest),
        "cases": cases,
    }


def _label(y: Sequence[Any]) -> bool:
    """Whether `misclassified` allows these targets."""
    values = sorted(Fraction(str(v)) for v in y)
    return values[0] in (-1, 1) if len(values) == 1 else values == [0] * (len(values) - 1) + [1]


def _check(
    rng: Random,
    output: int,
    count: int,
    x: int,
    reached: Sequence[Sequence[Any]],
    number: Callable[[], Any],
    activation: Callable[[], Any],
) -> dict[str, Any]:
    values = [f[output] for f in reached]
    way = rng.random()
    if way < 0.3:
        return {"output": output, "in": [*values, number()]}
    if way < 0.5:
        return {"output": output, "in": {"from": -4, "to": rng.choice((9, 2)), "step": rng.choice(("1/2", 1, 0.25))}}
    if way < 0.7:  # The output itself: true wherever the activation leaves it as it is.
        return {"output": output, "activation": rng.choice(("identity", "relu", "floor")), "terms": [[1, [output], []]]}
    terms = []
    for _ in range(rng.choice((0, 1, 1, 2))):
        factors = [rng.randrange(count) for _ in range(rng.choice((0, 1, 1, 2)))]
        terms.append([number(), factors, [rng.randrange(x) for _ in range(rng.choice((0, 1, 2)))] if x else []])
    return {"output": output, "activation": activation(), "terms": terms}
