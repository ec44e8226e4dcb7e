"""The activations and losses that reductions need, straight from their definitions, with decimal digits as text."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

Q = Fraction
Activate = Callable[[Any, Fraction], Fraction]
Loss = Callable[[Any, list[Fraction], list[Fraction]], Fraction]

DIGIT_KINDS = ("digit_code", "digit_product", "printed_code", "printed_product")


def decimals(fraction: Fraction) -> str | None:
    """The digits behind the point of a fraction below 1, without zeros at the end; None if they do not end."""
    text = ""
    seen = set()
    while fraction and fraction not in seen:
        seen.add(fraction)
        fraction *= 10
        text += str(int(fraction))
        fraction -= int(fraction)
    return None if fraction else text


def digits(kind: str, z: Fraction) -> Fraction:
    """One of the four functions of decimal digits."""
    if kind == "digit_code":
        if z.denominator != 1 or z == 0:
            return Q(0)
        return Q("0." + str(abs(z.numerator)) + ("1" if z > 0 else "2"))
    if kind == "printed_code":
        return z / Q(10) ** len(str(int(abs(z))))
    whole = z.numerator // z.denominator
    text = decimals(z - whole)
    if not text:
        return Q(0)
    if kind == "printed_product":
        return Q(whole * int(text))
    return Q(whole * int(text[:-1] or "0") * (1 if text[-1] == "1" else -1))


def windows(activation: Any, z: Fraction, activate: Activate) -> Fraction:
    """A function inside windows."""
    if abs(z) < Q(str(activation["bound"])):
        return activate(activation["inside"], z)
    if any(Q(str(low)) <= abs(z) <= Q(str(high)) for low, high in activation["zero"]):
        return Q(0)
    return z


def holds(check: Any, f: list[Fraction], x: list[Fraction], activate: Activate) -> bool:
    """One check of a guarded loss."""
    value = f[check["output"]]
    if "in" in check:
        space = check["in"]
        if isinstance(space, list):
            return bool(value in [Q(str(item)) for item in space])
        low, step = Q(str(space["from"])), Q(str(space.get("step", 1)))
        return bool(low <= value <= Q(str(space["to"])) and ((value - low) / step).denominator == 1)
    total = Q(0)
    for coefficient, outputs, places in check["terms"]:
        product = Q(str(coefficient))
        for place in outputs:
            product *= f[place]
        for place in places:
            product *= x[place]
        total += product
    return bool(value == activate(check["activation"], total))


def reduction_loss(loss: Any, f: list[Fraction], y: list[Fraction], activate: Activate, inner: Loss) -> Fraction:
    """One of the losses of reductions."""
    kind = loss if isinstance(loss, str) else loss["kind"]
    if f == y and kind != "printed_pairs":
        return Q(0)
    if kind == "positive":
        return Q(1 if all(value > 0 for value in f) else 2)
    if kind in ("pairs", "printed_pairs"):
        size = loss["size"]
        pairs = zip(f, loss["allowed"], strict=True)
        return Q(
            1
            if all(any(value == left + 2 * size * right for left, right in allowed) for value, allowed in pairs)
            else 2
        )
    tag = y[loss["tag"]]
    if tag.denominator != 1 or not 1 <= tag <= len(loss["cases"]):
        return Q(str(loss["penalty"]))
    case = loss["cases"][tag.numerator - 1]
    x = [Q(str(value)) for value in case["x"]]
    if not all(holds(check, f, x, activate) for check in (*loss["checks"], *case["checks"])):
        return Q(str(loss["penalty"]))
    base, weight = Q(str(case["base"])), Q(str(case["weight"]))
    if weight:
        base += weight * inner(loss["loss"], [f[o] for o in loss["outputs"]], [y[o] for o in loss["outputs"]])
    return base


def random_digits(rng: random.Random, inside: Callable[[random.Random], Any]) -> Any:
    """An activation without breaks."""
    if rng.random() < 0.7:
        return rng.choice(DIGIT_KINDS)
    chosen = inside(rng)
    while isinstance(chosen, dict) and chosen["kind"] == "windows":
        chosen = inside(rng)
    pairs = [sorted([Q(rng.randint(0, 8), 2), Q(rng.randint(0, 8), 2)]) for _ in range(rng.randint(0, 2))]
    return {
        "kind": "windows",
        "inside": chosen,
        "bound": rng.choice([0, 1, 2, "3/2"]),
        "zero": [[str(low), str(high)] for low, high in pairs],
    }


def random_reduction_loss(rng: random.Random, outputs: int, number: Callable[[random.Random], Any]) -> Any:
    """A loss of reductions for so many outputs."""
    kind = rng.choice(["positive", "pairs", "printed_pairs", "guarded"])
    if kind == "positive":
        return kind
    if kind != "guarded" or not outputs:
        size = rng.choice([0, 1, 1, 2])
        kind = "pairs" if kind == "guarded" else kind
        pairs = [[left, right] for left in range(1, size + 1) for right in range(1, size + 1)]
        allowed = [rng.sample(pairs, rng.randint(0, len(pairs))) for _ in range(outputs)]
        return {"kind": kind, "size": size, "allowed": allowed}

    def check(inputs: int) -> Any:
        output = rng.randrange(outputs)
        if rng.random() < 0.5:
            space = rng.choice([[0, 1, "1/2"], {"from": -2, "to": 3}, {"from": -3, "to": 3, "step": "1/2"}])
            return {"output": output, "in": space}
        factors = [rng.randrange(outputs) for _ in range(rng.randint(0, 2))]
        places = [rng.randrange(inputs) for _ in range(rng.randint(0, 1))] if inputs else []
        terms = [[number(rng), factors, places], [1, [output], []]][rng.randint(0, 1) :]
        return {"output": output, "activation": rng.choice(["identity", "relu", "abs"]), "terms": terms}

    def checks(inputs: int) -> list[Any]:
        return [check(inputs) for _ in range(rng.choice([0, 0, 1, 1, 2]))]

    chosen = rng.sample(range(outputs), rng.randint(0, outputs))
    cases = []
    for _ in range(rng.randint(0, 3)):
        inputs = rng.randint(1, 2)
        weight = rng.choice([0, 1, "1/2"])
        x = [number(rng) for _ in range(inputs)]
        cases.append({"base": rng.choice([0, 1]), "weight": weight, "x": x, "checks": checks(inputs)})
    return {
        "kind": "guarded",
        "tag": rng.randrange(outputs),
        "penalty": rng.choice([0, 2, "5/2"]),
        "outputs": chosen,
        "loss": rng.choice(["squared", "absolute", "zero_one", "positive"]),
        "checks": checks(1),
        "cases": cases,
    }
