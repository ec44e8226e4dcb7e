"""Certificates over all kinds of grounds, and an independent judge of what the checker says of spoiled ones.

`certificates` makes sound certificates for a small instance; `corruptions` spoils them; `outcome` has the checker look
at the result and compares its verdict with the truth, found by the oracle and by `evaluate`. A spoiled certificate
may still claim something true; then it may pass, with the numbers that are true.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Any

from dnnt.answer import Answer
from dnnt.certificate import Certificate
from dnnt.checking import verdict
from dnnt.errors import InvalidInput
from dnnt.evaluation import evaluate
from dnnt.exact import Number, normal, text, to_json
from dnnt.formats import certificate_file, instance_file, json_text
from dnnt.instance import Instance
from dnnt.methods.base import MINIMIZE
from dnnt.network import Network
from dnnt.pipeline import solve
from dnnt.reachable.from_layers import program_of
from dnnt.spaces import Values
from dnnt.testing.contract import forced
from dnnt.testing.state_oracle import has_many, known_losses

Body = dict[str, Any]

BUDGET = 20.0
"""Seconds that the checker may take on one small certificate."""


@dataclass(frozen=True, slots=True)
class Case:
    """A certificate as a JSON object, and its instance; `grounds` says what its lower part rests on."""

    instance: Instance
    grounds: str
    body: Body

    @property
    def raw(self) -> bytes:
        """The bytes of the instance file."""
        return instance_file.to_bytes(self.instance)


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A spoiled certificate file, with the instance that it is now checked against."""

    instance: Instance
    raw: bytes


# ---------------------------------------------------------------- certificates to begin with


def certificates(instance: Instance, rng: Random) -> Iterator[Case]:
    """Sound certificates of a small two-layer instance over all kinds of grounds that go with it."""
    least = known_losses(instance).least
    if least is None:
        yield _case(instance, "empty", solve(instance, MINIMIZE, check=False))
        return
    if has_many(instance):
        yield from _of_many(instance, least, rng)
        return
    made = {"enumeration": solve(instance, MINIMIZE, "brute-force", check=False)}
    made["reachable points"] = solve(instance, MINIMIZE, "reachable", check=False)
    with forced(targets=True):
        made["reachable targets"] = solve(instance, MINIMIZE, "reachable", check=False)
    with forced(last="face"):
        near = _case(instance, "reachable slack", solve(instance, MINIMIZE, "reachable", check=False))
    cases = [_case(instance, grounds, answer) for grounds, answer in made.items()]
    cases += _with_cuts(instance, cases[-1], rng)
    if "slack" in near.body.get("lower", {}).get("grounds", {}):
        cases.append(near)
    for closed in cases:
        if least > 0:  # For a loss of 0 dnnt itself takes the grounds `nonnegative`.
            yield closed
            head = {key: closed.body[key] for key in ("format", "version", "sha256")}
            strict = rng.random() < 0.5
            lower = {**closed.body["lower"], "bound": to_json(_below(least)), "strict": strict}
            yield replace(closed, body={**closed.body, "lower": lower})
            yield replace(closed, body={**head, "lower": {**lower, "strict": not strict}})
            yield replace(closed, body={**head, "lower": closed.body["lower"]})
    closed = _case(instance, "nonnegative", made["enumeration"])
    lower = {"bound": 0, "strict": False, "grounds": {"kind": "nonnegative"}}
    yield replace(closed, body={**closed.body, "lower": lower})
    yield replace(closed, body={**closed.body, "lower": {**lower, "bound": "-1/2", "strict": True}})
    yield replace(closed, grounds="upper alone", body={k: v for k, v in closed.body.items() if k != "lower"})
    yield from _with_fixed(instance, rng)


def _of_many(instance: Instance, least: Number, rng: Random) -> Iterator[Case]:
    """Those of an instance with too many choices of parameters to try them: mostly by boxes of states."""
    answer = solve(instance, MINIMIZE, "reachable", check=False)
    closed = _case(instance, "upper alone", answer)
    yield replace(closed, body={key: value for key, value in closed.body.items() if key != "lower"})
    last = closed.body["lower"]["grounds"].get("last", "")
    if last:
        yield replace(closed, grounds=f"reachable {last}")
        lower = {**closed.body["lower"], "bound": to_json(_below(least)), "strict": rng.random() < 0.5}
        yield replace(closed, grounds=f"reachable {last}", body={**closed.body, "lower": lower})


def _case(instance: Instance, grounds: str, answer: Answer) -> Case:
    assert answer.certificate is not None, "an answer without a certificate"
    return Case(instance, grounds, json.loads(certificate_file.to_bytes(answer.certificate)))


def _with_cuts(instance: Instance, closed: Case, rng: Random) -> Iterator[Case]:
    """The certificate with one or two random cuts: every cut holds, whatever it is."""
    grounds = closed.body.get("lower", {}).get("grounds", {})
    width = coordinates(instance)
    if grounds.get("last") == "targets" and width:
        cuts = [direction(width, rng) for _ in range(rng.randint(1, 2))]
        lower = {**closed.body["lower"], "grounds": {**grounds, "cuts": cuts}}
        yield Case(instance, "reachable cuts", {**closed.body, "lower": lower})


def coordinates(instance: Instance) -> int:
    """How many coordinates a state of a small two-layer instance has."""
    return program_of(instance).width


def direction(width: int, rng: Random) -> list[int]:
    """A random vector of small integers that is not zero; there is at least one coordinate."""
    vector = [rng.randint(-3, 3) for _ in range(width)]
    if not any(vector):
        vector[rng.randrange(width)] = rng.choice((-1, 1))
    return vector


def _below(least: Number) -> Number:
    return normal(least - Fraction(1, 3))


def _with_fixed(instance: Instance, rng: Random) -> Iterator[Case]:
    """A certificate with a value fixed: that of the instance in which the slot has this one value."""
    edges = instance.network.graph().edges
    if not edges:
        return
    edge = rng.randrange(len(edges))
    slot = rng.randrange(len(edges[edge].slots))
    value = rng.choice([*edges[edge].slots[slot]])  # type: ignore[misc] # random instances have no real spaces
    narrow = restricted(instance, ((edge, slot, value),))
    grounds, method = rng.choice((("enumeration", "brute-force"), ("reachable points", "reachable")))
    body = _case(narrow, grounds, solve(narrow, MINIMIZE, method, check=False)).body
    digest = hashlib.sha256(instance_file.to_bytes(instance)).hexdigest()
    yield Case(
        instance,
        "fixed, " + grounds,
        {**body, "sha256": digest, "fixed": [[edge, slot, to_json(value)]]},
    )


def restricted(instance: Instance, fixed: tuple[tuple[int, int, Number], ...]) -> Instance:
    """The instance, written out as a graph, in which the slots have the fixed values only."""
    network = instance.network.graph()
    edges = list(network.edges)
    for edge, slot, value in fixed:
        slots = list(edges[edge].slots)
        slots[slot] = Values((value,))
        edges[edge] = replace(edges[edge], weights=tuple(slots[:-1]), bias=slots[-1])
    narrow = Network(network.inputs, network.vertices, network.outputs, tuple(edges))
    return replace(instance, network=narrow)


# ---------------------------------------------------------------- the judge


def outcome(spoiled: Spoiled, readable: bool) -> str:
    """How the checker takes a spoiled certificate: `rejected`, `true, passed`, `true, rejected`, or `WRONG: ...`.

    `readable` tells whether the file still follows the format; if not, it must be rejected.
    """
    said = verdict(instance_file.to_bytes(spoiled.instance), spoiled.raw, BUDGET)
    truth = true_claim(spoiled)
    if not said.valid:
        return "true, rejected" if readable and truth is not None else "rejected"
    if not readable:
        return f"WRONG: passed a file that is no certificate ({said.line})"
    if truth is None:
        return f"WRONG: passed a false claim ({said.line})"
    if (said.line, said.upper, said.lower, said.strict) != truth:
        return f"WRONG: {said.line} where the truth is {truth}"
    return "true, passed"


def true_claim(spoiled: Spoiled) -> tuple[str, Number | None, Number | None, bool] | None:
    """What the checker may say of the certificate if all that it claims is true, and None if not."""
    instance = spoiled.instance
    try:
        claimed = certificate_file.from_json(json_text.parse(json_text.decompressed(spoiled.raw)))
        if claimed.sha256.lower() != instance_file.sha256(instance) or not _fixed_fit(instance, claimed):
            return None
        narrow = restricted(instance, claimed.fixed) if claimed.fixed else instance
        if claimed.upper is not None:
            said = evaluate(narrow, claimed.upper.parameters)
            if not said.inside or said.total != claimed.upper.loss:
                return None
    except (InvalidInput, KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None
    least, lower = known_losses(narrow).least, claimed.lower
    if lower is None or least is None:
        return _words(claimed)
    if lower.bound is None or lower.bound > least or (lower.strict and lower.bound == least):
        return None
    return _words(claimed)


def _fixed_fit(instance: Instance, claimed: Certificate) -> bool:
    edges = instance.network.graph().edges
    return all(value in edges[edge].slots[slot] for edge, slot, value in claimed.fixed)


def _words(claimed: Certificate) -> tuple[str, Number | None, Number | None, bool]:
    """The checker's line and numbers for the claims of a certificate (docs/certificates.md)."""
    upper = None if claimed.upper is None else claimed.upper.loss
    lower = None if claimed.lower is None else claimed.lower.bound
    strict = claimed.lower is not None and claimed.lower.strict
    if claimed.lower is not None and lower is None:
        words = "infeasible"
    elif lower is None:
        words = f"loss <= {text(upper or 0)}"
    elif upper is None:
        words = f"loss {'>' if strict else '>='} {text(lower)}"
    elif upper == lower:
        words = f"optimal {text(upper)}"
    else:
        words = f"{text(lower)} {'<' if strict else '<='} loss <= {text(upper)}"
    count = len(claimed.fixed)
    return f"VALID {words}" + (f" with {count} values fixed" if count else ""), upper, lower, strict
